/**
 * What a row of the tables of diagnostics says.
 */
import type { Spec } from '../spec.ts';

/** `chat` is normal life, `note` unusual, `warn` a fault a receiver tolerates, `error` one it must not. */
export type DiagnosticSeverity = 'chat' | 'note' | 'warn' | 'error';

/** What kind of finding it is. */
export type DiagnosticGroup =
  | 'malformed'
  | 'checksum'
  | 'protocol'
  | 'reassembly'
  | 'decryption'
  | 'undecoded'
  | 'deprecated';

/** Row of a table of diagnostics; the key is the code. */
export interface DiagnosticDefinition {
  readonly severity: DiagnosticSeverity;
  readonly group: DiagnosticGroup;
  readonly text: string;
  readonly spec?: Spec;
}

/** Section of an RFC. */
export const rfc = (number: number, section: string): Spec => ({ rfc: number, section });
