/**
 * Tables of named values in short: all values of one section of a document.
 */
import { nameOfValue } from '../core/layout.ts';
import type { NamedValue } from '../core/layout.ts';

/** Values that one section of an RFC names. */
export function named(
  rfc: number,
  section: string,
  values: readonly (readonly [value: number, name: string])[],
): NamedValue[] {
  const spec = { rfc, section };
  return values.map(([value, name]) => ({ value, name, spec }));
}

/** Every value of a range that has one meaning, ends included. */
export function namedRange(
  rfc: number,
  section: string,
  from: number,
  to: number,
  name: string,
): NamedValue[] {
  const spec = { rfc, section };
  return Array.from({ length: to - from + 1 }, (_, i) => ({ value: from + i, name, spec }));
}

/** `132 (Not home subnet)`, as number fields show values of a table. */
export function namedText(values: readonly NamedValue[], value: number): string {
  return `${value} (${nameOfValue(values, value) ?? 'unknown'})`;
}

/** A lifetime in plain seconds of which all ones have no end, as text. */
export function secondsOrInfinity(value: number): string {
  return value === 0xffff ? `${value} (infinity)` : `${value} s`;
}
