/**
 * Fields as the exports take them, made for tests.
 */
import type { ShownField, ShownPacket } from '../../../io/export/shown-field.ts';

/** A field; a number unless told otherwise. */
export function field(
  key: string,
  value: string | undefined,
  rest: Partial<ShownField> = {},
): ShownField {
  return {
    key,
    kind: 'number',
    value,
    line: `${key}: ${value ?? ''}`,
    raw: undefined,
    children: [],
    ...rest,
  };
}

/** A protocol with fields. */
export function protocol(key: string, children: readonly ShownField[]): ShownField {
  return field(key, undefined, { kind: 'protocol', children });
}

/** A packet of 2026-03-02 08:00:05.005005005. */
export function packet(layers: readonly ShownField[]): ShownPacket {
  return { seconds: 1_772_438_405, nanoseconds: 5_005_005, layers };
}

/**
 * Text as hostile as text can be: escape sequence, line feeds, quotes, commas, tab, DEL, C1 controls, bidirectional
 * override, line separator, byte order mark, lone surrogate.
 */
export const HOSTILE = 'a\u001b[31m\n\r"\',\t\\\u007f\u0085\u009b\u202e\u2066\u2028\ufeff\ud800z\0';

/** Characters that move a cursor, break a line or turn the direction. */
export const DANGEROUS =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])/u;
