/**
 * Text of captures, file names and system messages, made safe for a terminal.
 */

/** Controls, direction marks and overrides, separators that break lines, lone surrogates. */
const UNSAFE =
  /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu;
const PLAIN = /^[ -~]*$/;

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

/** The text with every character that could move a cursor, break a line or turn the direction as `\x1b`. */
export function safeText(text: string): string {
  return PLAIN.test(text) ? text : text.replace(UNSAFE, escaped);
}

/** A value of strings, numbers, booleans, arrays and plain objects with all its strings made safe. */
export function safeValue<T>(value: T): T;
export function safeValue(value: unknown): unknown {
  if (typeof value === 'string') return safeText(value);
  if (Array.isArray(value)) return value.map((item: unknown) => safeValue(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, safeValue(item)]));
}
