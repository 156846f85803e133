/**
 * Keeps a command from writing over what it reads.
 */
import { statSync } from 'node:fs';
import path from 'node:path';
import { CliError, EXIT } from './exit-codes.ts';

/** Identity of a regular file, whatever its name; undefined when there is none, or it is a device or pipe. */
function identityOf(file: string): string | undefined {
  try {
    const stats = statSync(file, { bigint: true });
    return stats.isFile() ? `${stats.dev}:${stats.ino}` : undefined;
  } catch {
    // Not there, or not ours to look at: whoever opens it says so.
    return undefined;
  }
}

/**
 * @param written `[option, file]` of what will be written
 * @param read files that will be read
 * @throws CliError (2) when a file to write is read as well, or is to be written twice
 */
export function refuseToOverwrite(
  written: readonly (readonly [option: string, file: string | undefined])[],
  read: readonly string[],
): void {
  const readFiles = new Map(read.map((file) => [identityOf(file), file]));
  const places = new Map<string, string>();
  for (const [option, file] of written) {
    if (file === undefined || file === '-') continue;
    const identity = identityOf(file);
    const input = identity === undefined ? undefined : readFiles.get(identity);
    if (input !== undefined) {
      throw new CliError(EXIT.usage, `${option} ${file} would overwrite ${input}, which is read`, {
        hint: `Give ${option} the name of another file.`,
      });
    }
    const place = identity ?? path.resolve(file);
    const other = places.get(place);
    if (other !== undefined) {
      throw new CliError(EXIT.usage, `${option} and ${other} name the same file, ${file}`);
    }
    places.set(place, option);
  }
}
