/**
 * Runs of records that say their own length: payloads, proposals, transforms, attributes, selectors.
 */
import type { DiagnosticCode, DiagnosticList } from '../core/diagnostic.ts';

/** Where the records of a run are. */
export interface RecordRun {
  /** First octet of each record, and of what follows the last one. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** First octet that belongs to no record; `end` of the run when all do. */
  readonly rest: number;
  /** Why the run stops before its end: a length that does not fit, the limit, or a record that says it is last. */
  readonly stop: 'end' | 'length' | 'limit' | 'last';
}

/** How records of a kind are found. */
export interface RecordKind {
  /** Octets of the record at `at`, or -1 when its length does not fit before `end`. Never 0. */
  octets(bytes: Uint8Array, at: number, end: number): number;
  /** Most records taken. */
  readonly limit: number;
  /** Whether the record at `at` says that none follows. */
  isLast?(bytes: Uint8Array, at: number): boolean;
}

/** Finds the records at `[offset, end)`. Linear: each record takes at least one octet. */
export function findRecords(
  kind: RecordKind,
  bytes: Uint8Array,
  offset: number,
  end: number,
): RecordRun {
  const starts: number[] = [];
  const ends: number[] = [];
  let at = offset;
  while (at < end) {
    if (starts.length >= kind.limit) return { starts, ends, rest: at, stop: 'limit' };
    const octets = kind.octets(bytes, at, end);
    if (octets <= 0) return { starts, ends, rest: at, stop: 'length' };
    starts.push(at);
    ends.push(at + octets);
    const isLast = kind.isLast?.(bytes, at) === true;
    at += octets;
    if (isLast) return { starts, ends, rest: at, stop: at < end ? 'last' : 'end' };
  }
  return { starts, ends, rest: at, stop: 'end' };
}

/** Reports why a run stopped early. @param last code for octets behind the record that said it is the last. */
export function reportRun(
  run: RecordRun,
  end: number,
  what: string,
  diagnostics: DiagnosticList,
  last: DiagnosticCode = 'IKE_NEXT',
): void {
  const length = end - run.rest;
  if (run.stop === 'length') {
    diagnostics.add('IKE_SUBSTRUCTURE_LENGTH', run.rest, length, `${what}, ${length} octets left`);
  } else if (run.stop === 'limit') {
    diagnostics.add('IKE_LIMIT', run.rest, length, `${run.starts.length} of ${what}`);
  } else if (run.stop === 'last') {
    diagnostics.add(last, run.rest, length, `${length} octets after the last ${what}`);
  }
}
