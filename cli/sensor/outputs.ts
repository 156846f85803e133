/**
 * Where what a sensor finds goes: a file of lines, and a history.
 */
import type { CaptureInput } from '../../engine/ports.ts';
import { EveFile } from '../../io/export/eve-file.ts';
import { OutputError } from '../../io/output.ts';
import type { StoreQueue } from '../../io/store/store-queue.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { packageVersion } from '../package-root.ts';
import { outputExitCode } from '../report-output.ts';
import type { ConfigurationFiles } from './configuration.ts';

const MEBIBYTE = 1024 * 1024;

/** The file of lines. */
export interface EveSettings {
  readonly file: string;
  /** MiB from which on a new file is begun; 0 = never. */
  readonly size: number;
  /** Older files kept. */
  readonly files: number;
}

/**
 * Opens the file of lines, and says when its last line was torn.
 * @param hint what to do when it cannot be opened
 * @throws CliError (2, 4)
 */
export function openEve(
  { file, size, files }: EveSettings,
  say: (text: string) => void,
  hint: string,
): EveFile {
  try {
    const eve = new EveFile(file, {
      ...{ files, say },
      size: size === 0 ? undefined : size * MEBIBYTE,
    });
    if (eve.repair !== undefined) {
      const { kind, octets } = eve.repair;
      const done = kind === 'cut' ? `${octets} octets were cut off` : 'its end was added';
      say(`${eve.name}: the last line was torn: ${done}`);
    }
    return eve;
  } catch (error) {
    if (!(error instanceof OutputError)) throw error;
    throw new CliError(outputExitCode(error), error.message, { hint });
  }
}

/**
 * Opens the history, in a thread of its own.
 * @param run files and inputs of the run
 * @throws CliError (2, 4)
 */
export async function openHistory(
  file: string,
  {
    files,
    inputs,
  }: { readonly files: ConfigurationFiles; readonly inputs: readonly CaptureInput[] },
  eve: EveFile,
  say: (text: string) => void,
): Promise<StoreQueue> {
  const [{ openThreadedStore }, { StoreError }, { ownProcess }] = await Promise.all([
    import('../../io/store/threaded-store.ts'),
    import('../../io/store/sqlite.ts'),
    import('../../io/store/running-process.ts'),
  ]);
  const run = {
    startedAt: new Date().toISOString(),
    version: packageVersion(),
    site: files.config,
    keyFiles: files.keys,
    failOn: 'high',
    inputs: inputs.map(({ name }) => name),
    process: ownProcess(),
  };
  const beforePost = (): void => {
    eve.flush();
  };
  try {
    const { queue, killed } = await openThreadedStore(run, { name: file, beforePost, say });
    if (killed.length > 0) say(`${file}: marked as killed: run ${killed.join(', ')}`);
    return queue;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    const code = error.kind === 'usage' ? EXIT.usage : EXIT.environment;
    throw new CliError(code, error.message, { cause: error });
  }
}
