/**
 * The folder in which a process keeps what has to be undone after a kill.
 */
import { mkdirSync } from 'node:fs';
import { CliError, EXIT } from './exit-codes.ts';

const OWNER_ONLY = 0o700;

/** Makes it where it is missing. @throws CliError (4) */
export function makeRunDirectory(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: OWNER_ONLY });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(EXIT.environment, `runDirectory ${folder} cannot be made: ${reason}`, {
      hint: 'Run it as root, or name a folder in runDirectory that this user may write.',
      cause: error,
    });
  }
}
