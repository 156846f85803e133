import { readdirSync, statSync, type BigIntStats, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { expandGlob, isGlob } from './glob.ts';
import { InputError, inputErrorFrom, type InputErrorCode } from './input-error.ts';
import { peekCapture, type CaptureTime } from './peek.ts';

/** One input after expansion. */
export interface InputPath {
  /** Path as the user can find it again, `-` for standard input. */
  readonly name: string;
  /** `file` can be opened again and again; `stream` (a named pipe, a device) and `stdin` are read once. */
  readonly kind: 'file' | 'stream' | 'stdin';
  /** Octets on disk; 0 when unknown. */
  readonly size: number;
  /** Time of the first packet of a file; undefined when unknown. */
  readonly first: CaptureTime | undefined;
}

/** What {@link expandInputs} found. */
export interface ExpandedInputs {
  /** In the order of the arguments, within a directory or pattern sorted by name; no file twice. */
  readonly inputs: readonly InputPath[];
  /** One for each argument (or file) that cannot be read; the others are not affected. */
  readonly errors: readonly InputError[];
}

/** How {@link expandInputs} expands. */
export interface ExpandOptions {
  /** Also take captures in directories below a directory; links to directories are not followed. */
  readonly recursive?: boolean;
  /** Standard input is a terminal: nobody can type a capture. */
  readonly stdinIsTerminal?: boolean;
}

/**
 * Turns the INPUT arguments of a command into the list of things to read.
 *
 * - a file must be a capture (pcap or pcapng, plain or compressed with gzip or zstd, decided by its octets);
 * - a directory stands for the captures in it, other files in it are passed over, as are names with a leading dot;
 * - a pattern (`*`, `?`, `[...]`, `**`) is expanded when nothing has that very name;
 * - `-` is standard input.
 *
 * A file that is reached twice (by a link, or by two arguments) is taken once: packets read twice would look
 * like replayed ones.
 */
export async function expandInputs(
  args: readonly string[],
  options: ExpandOptions = {},
): Promise<ExpandedInputs> {
  const expansion = new Expansion(options);
  for (const arg of args) await expansion.add(arg);
  return expansion;
}

class Expansion implements ExpandedInputs {
  readonly inputs: InputPath[] = [];
  readonly errors: InputError[] = [];
  private readonly options: ExpandOptions;
  private readonly seen = new Set<string>();

  constructor(options: ExpandOptions) {
    this.options = options;
  }

  async add(arg: string): Promise<void> {
    if (arg === '-') {
      this.addStandardInput();
      return;
    }
    const stats = this.statsOf(arg, isGlob(arg));
    if (stats === undefined) {
      if (isGlob(arg)) await this.addPattern(arg);
    } else if (!stats.isDirectory()) await this.addFile(arg, stats, true);
    else if (!(await this.addDirectory(arg))) {
      this.fail(
        'ERR_INPUT_NO_CAPTURES',
        arg,
        this.options.recursive === true
          ? 'neither the directory nor one below it holds a pcap or pcapng file'
          : 'the directory holds no pcap or pcapng file (directories below it are not looked into unless asked for)',
      );
    }
  }

  private fail(code: InputErrorCode, input: string, message: string): void {
    this.errors.push(new InputError(code, input, `${input}: ${message}`));
  }

  /** Follows links. Keeps an error, unless nothing is there and `mayBeAbsent`. */
  private statsOf(path: string, mayBeAbsent: boolean): BigIntStats | undefined {
    try {
      return statSync(path, { bigint: true });
    } catch (error) {
      const failure = inputErrorFrom(error, path);
      if (!mayBeAbsent || failure.code !== 'ERR_INPUT_NOT_FOUND') this.errors.push(failure);
      return undefined;
    }
  }

  private addStandardInput(): void {
    if (this.options.stdinIsTerminal === true) {
      this.fail(
        'ERR_INPUT_TERMINAL',
        '-',
        'standard input is a terminal; pipe a capture into it, or name a file',
      );
    } else if (this.inputs.some((input) => input.kind === 'stdin')) {
      this.fail('ERR_INPUT_REPEATED', '-', 'standard input is named more than once; name it once');
    } else this.inputs.push({ name: '-', kind: 'stdin', size: 0, first: undefined });
  }

  private async addPattern(pattern: string): Promise<void> {
    let found = false;
    for (const path of expandGlob(pattern)) {
      const stats = this.statsOf(path, false);
      if (stats === undefined) found = true;
      else if (stats.isDirectory()) found = (await this.addDirectory(path)) || found;
      else {
        await this.addFile(path, stats, true);
        found = true;
      }
    }
    if (found) return;
    this.fail(
      'ERR_INPUT_NO_MATCH',
      pattern,
      'no file has this name, and as a pattern it matches no capture; check it and the directory it is meant for',
    );
  }

  /** @param isNamed the user means this file: then it must be a capture */
  private async addFile(path: string, stats: BigIntStats, isNamed: boolean): Promise<void> {
    if (stats.ino !== 0n) {
      const key = `${stats.dev}:${stats.ino}`;
      if (this.seen.has(key)) return;
      this.seen.add(key);
    }
    if (!stats.isFile()) {
      this.inputs.push({ name: path, kind: 'stream', size: 0, first: undefined });
      return;
    }
    const { problem, first } = await peekCapture(path);
    if (problem === undefined) {
      this.inputs.push({ name: path, kind: 'file', size: Number(stats.size), first });
    } else if (isNamed || isFailureToLook(problem)) this.errors.push(problem);
  }

  /** @returns whether a capture is in it, or something that may be one could not be looked at */
  private async addDirectory(directory: string): Promise<boolean> {
    const before = this.inputs.length + this.errors.length;
    let repeated = false;
    const below: string[] = [];
    for (const entry of this.entriesOf(directory)) {
      if (entry.name.startsWith('.')) continue;
      const path = join(directory, entry.name);
      if (entry.isDirectory()) {
        below.push(path);
        continue;
      }
      const stats = this.statsOf(path, true);
      if (stats?.isFile() !== true) continue;
      repeated ||= this.seen.has(`${stats.dev}:${stats.ino}`);
      await this.addFile(path, stats, false);
    }
    let found = repeated || this.inputs.length + this.errors.length > before;
    if (this.options.recursive === true) {
      for (const path of below) found = (await this.addDirectory(path)) || found;
    }
    return found;
  }

  private entriesOf(directory: string): Dirent[] {
    try {
      const entries = readdirSync(directory, { withFileTypes: true });
      return entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    } catch (error) {
      this.errors.push(inputErrorFrom(error, directory));
      return [];
    }
  }
}

/** Whether it is not known what the file is, as opposed to known not to be a capture. */
function isFailureToLook(problem: InputError): boolean {
  return problem.code === 'ERR_INPUT_PERMISSION' || problem.code === 'ERR_INPUT_READ';
}
