/**
 * What is wrong with a file of settings: everything at once, each with its place.
 */
import { CliError, EXIT } from './exit-codes.ts';
import { safeText } from './report/safe-text.ts';

/** One thing wrong with a configuration file. */
export interface ConfigurationProblem {
  /** 1-based; 0 when the file as a whole is meant. */
  readonly line: number;
  readonly column: number;
  /** Where in the structure: `homeAgents[0].addresses[1]`; empty for the file as a whole. */
  readonly path: string;
  /** What was expected, what was found and, where it can be told, what was meant. */
  readonly message: string;
  /** Lines shown under the message: the text in question and marks under what is wrong. */
  readonly shown?: readonly string[];
}

/** Problems told; a file with more of them has usually one cause. */
const MAX_TOLD = 50;

/**
 * A configuration file that cannot be used. The message has one line for each problem,
 * `file:line:column: path: what is wrong`, in order of the file, and their number above when there are several.
 * Exit code 2.
 */
export class ConfigurationError extends CliError {
  readonly code = 'ERR_CONFIG';
  /** Name of the file as the user gave it. */
  readonly file: string;
  /** In order of the file. */
  readonly problems: readonly ConfigurationProblem[];

  constructor(
    file: string,
    problems: readonly ConfigurationProblem[],
    options?: { hint?: string; cause?: unknown },
  ) {
    const sorted = [...problems].sort((a, b) => a.line - b.line || a.column - b.column);
    const lines = sorted.slice(0, MAX_TOLD).map((problem) => lineOf(file, problem));
    if (sorted.length > MAX_TOLD) lines.push(`and ${sorted.length - MAX_TOLD} more`);
    if (sorted.length > 1) lines.unshift(`${sorted.length} problems in ${safeText(file)}`);
    super(EXIT.usage, lines.join('\n'), options);
    this.name = 'ConfigurationError';
    this.file = file;
    this.problems = sorted;
  }
}

function lineOf(
  file: string,
  { line, column, path, message, shown = [] }: ConfigurationProblem,
): string {
  const place = line > 0 ? `${file}:${line}:${column}` : file;
  const first = [place, ...(path === '' ? [] : [path]), message].join(': ');
  return [first, ...shown].map(safeText).join('\n');
}
