/**
 * What is wrong with a key file. A problem never contains key material: it says where to look, not what is
 * there, unless what is there cannot be a key.
 */
import type { SecurityAssociation } from '../state/security-association.ts';

/** One thing wrong with a key file. */
export interface KeyProblem {
  /** `error`: the row (or file) does not count. `warning`: it counts. */
  readonly severity: 'error' | 'warning';
  /** Stable code, for example `KEYS_SPI`. */
  readonly code: string;
  /** File as the user named it. */
  readonly file: string;
  /** 1-based; 0 when the whole file is meant. */
  readonly line: number;
  /** 1-based; 0 when the whole line is meant. */
  readonly column: number;
  /** Name of the field, as the documentation calls it. */
  readonly field: string | undefined;
  /** What was expected and what to do. */
  readonly message: string;
}

/** What a key file gave. Good rows count whatever the others are. */
export interface ParsedKeys {
  readonly associations: SecurityAssociation[];
  readonly problems: KeyProblem[];
}

/** A problem as one line: `keys.txt:4:17: spi: expected ...`. */
export function formatKeyProblem(problem: KeyProblem): string {
  const { file, line, column, field, message } = problem;
  const place = line === 0 ? file : column === 0 ? `${file}:${line}` : `${file}:${line}:${column}`;
  return `${place}: ${field === undefined ? '' : `${field}: `}${message}`;
}
