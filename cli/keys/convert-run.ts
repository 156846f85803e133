/**
 * `mip6guard keys convert`: key files written in another format. The one place where keys are written.
 */
import { formatKeyProblem } from '../../engine/keys/key-problem.ts';
import type { WritableFormat } from '../../engine/keys/writable-formats.ts';
import { writeKeys, type WriteLoss, type WrittenKeys } from '../../engine/keys/write-keys.ts';
import { OutputError, OutputFile } from '../../io/output.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { refuseToOverwrite } from '../own-files.ts';
import { outputExitCode } from '../report-output.ts';
import type { Terminal } from '../terminal.ts';
import { isError, readKeySources, type KeySource } from './key-sources.ts';

/** What the user named. */
export interface KeysConvertOptions {
  readonly files: readonly string[];
  readonly to: WritableFormat;
  /** File to write; `-` or undefined is standard output, which must then be no terminal unless `-` was given. */
  readonly output: string | undefined;
}

/** Lines named in one note. */
const MAX_LINES = 10;

/**
 * Converts key files. What the format has no place for is said on standard error.
 * @returns 2 when a row could not be read, 1 when one could not be written, else 0
 * @throws CliError (2) for a file that cannot be read, or a terminal that would show keys
 */
export async function runKeysConvert(
  { files, to, output }: KeysConvertOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  if (output === undefined && terminal.isOutputTerminal && to !== 'spd') {
    throw new CliError(EXIT.usage, 'keys are not written to a terminal', {
      hint: 'Name a file with --output FILE, which only you can read then; or --output - to see them.',
    });
  }
  refuseToOverwrite([['--output', output]], files);
  const sources = await readKeySources(files);
  for (const { problems } of sources) {
    for (const problem of problems) {
      terminal.say(`mip6guard: ${problem.severity}: ${formatKeyProblem(problem)}`);
    }
  }
  const written = writeKeys(
    to,
    sources.map(({ file, content }) => ({ ...content, file })),
  );
  for (const note of notesOf(written.losses)) terminal.say(`mip6guard: note: ${note}`);
  if (isEmpty(written, sources)) {
    throw new CliError(EXIT.usage, `nothing that ${to} could hold was found; nothing is written`);
  }
  write(written.text, output, terminal);
  if (sources.some(({ problems }) => problems.some(isError))) return EXIT.usage;
  return written.losses.some(({ isLeftOut }) => isLeftOut) ? EXIT.findings : EXIT.clean;
}

function isEmpty({ text, associations }: WrittenKeys, sources: readonly KeySource[]): boolean {
  if (associations > 0) return false;
  const others = sources.some(
    ({ content }) =>
      content.policies.length > 0 || content.sections.length > 0 || content.ikeKeys.length > 0,
  );
  return !others || text === '' || text.endsWith('associations:\n');
}

/** Losses of one kind in one file together: `home.conf:3,7: esp_sa has no place for mode`. */
function notesOf(losses: readonly WriteLoss[]): string[] {
  const groups = new Map<string, { file: string; message: string; lines: number[] }>();
  for (const { origin, message } of losses) {
    const key = JSON.stringify([origin.file, message]);
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, { file: origin.file, message, lines: [origin.line] });
    } else group.lines.push(origin.line);
  }
  return [...groups.values()].map(({ file, message, lines }) => {
    const more = lines.length > MAX_LINES ? ` and ${lines.length - MAX_LINES} more` : '';
    return `${file}:${lines.slice(0, MAX_LINES).join(',')}${more}: ${message}`;
  });
}

function write(text: string, output: string | undefined, terminal: Terminal): void {
  if (output === undefined || output === '-') {
    terminal.output.write(text);
    return;
  }
  let file: OutputFile | undefined;
  try {
    file = new OutputFile(output, 'replace', { isPrivate: true });
    file.sink.write(text);
    file.commit();
  } catch (error) {
    file?.abandon();
    if (!(error instanceof OutputError)) throw error;
    throw new CliError(outputExitCode(error), error.message);
  }
}
