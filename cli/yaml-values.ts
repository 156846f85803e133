/**
 * Values of the YAML key file that text stands for. Loads zod: imported by the readers of its parts.
 */
import { z } from 'zod';

/**
 * Text that becomes a value; what is said of a text that does not never holds the text, because it may be a key.
 * @param expected words after "expected"
 */
export function parsed<T>(expected: string, parse: (text: string) => T | undefined) {
  return z.string({ error: expected }).transform((text, context): T => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: expected });
    return z.NEVER;
  });
}

/** Octets of `0x` and an even number of hexadecimal digits; undefined for other text, or more than `most` octets. */
export function hexOctets(text: string, most = Number.POSITIVE_INFINITY): Uint8Array | undefined {
  const digits = /^0x((?:[0-9a-f]{2})+)$/i.exec(text)?.[1];
  if (digits === undefined || digits.length > 2 * most) return undefined;
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
}
