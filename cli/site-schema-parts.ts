/**
 * Parts of which schemas of settings are made.
 *
 * The `error` of each part says what is expected there, to follow the word "expected". Loads zod, which start-up must
 * not pay for.
 */
import { z } from 'zod';
import { parseAddress, parsePrefix } from '../dissectors/core/address.ts';
import type { SitePrefix } from '../engine/site.ts';
import { safeText } from './report/safe-text.ts';

/** Longest name, in characters: it stands in lines of reports. */
const MAX_NAME = 64;

const NAME = `a name of 1 to ${MAX_NAME} characters on one line`;
/** A name that stands in reports. */
export const name = (description: string) =>
  z
    .string({ error: NAME })
    .min(1, { error: NAME })
    .max(MAX_NAME, { error: NAME })
    .refine((text) => safeText(text) === text && text.trim() === text, { error: NAME })
    .meta({ description });

/**
 * Text that becomes octets; `parse` returns undefined when it cannot.
 * @param meant what a text that cannot was probably meant to be; issues carry it as `params.meant`
 */
export function parsed<T>(
  meta: { expected: string; description: string; format?: string; examples: string[] },
  parse: (text: string) => T | undefined,
  meant: (text: string) => string | undefined = () => undefined,
) {
  const { expected, ...rest } = meta;
  return z
    .string({ error: expected })
    .meta(rest)
    .transform((text, context): T => {
      const value = parse(text);
      if (value !== undefined) return value;
      context.addIssue({ code: 'custom', message: expected, params: { meant: meant(text) } });
      return z.NEVER;
    });
}

/** The 16 octets of an IPv6 address in text, or undefined. */
export function parseIpv6(text: string): Uint8Array | undefined {
  const bytes = parseAddress(text);
  return bytes?.length === 16 ? bytes : undefined;
}

/** A prefix as it is written: with a length from 1, and no bits set behind it. */
export function parseHomePrefix(text: string): SitePrefix | undefined {
  const slash = text.indexOf('/');
  const address = slash < 0 ? undefined : parseIpv6(text.slice(0, slash));
  const prefix = parsePrefix(text);
  if (address === undefined || prefix === undefined || prefix.length === 0) return undefined;
  const hasRest = prefix.bytes.some((octet, i) => octet !== address[i]);
  return hasRest ? undefined : { prefix: prefix.bytes, length: prefix.length };
}

/** An IPv6 address or prefix, as a prefix. */
export const addressOrPrefix = parsed(
  {
    expected: 'an IPv6 address, or a prefix with its length and no bits set behind it',
    description: 'IPv6 address or prefix',
    examples: ['2001:db8:9::53', '2001:db8:9::/64'],
  },
  (text) => parseHomePrefix(text.includes('/') ? text : `${text}/128`),
);

/** A list that is empty when it is absent. */
export const list = <T extends z.ZodType>(item: T, of: string, description: string) =>
  z
    .array(item, { error: `a list of ${of}` })
    .default([])
    .meta({ description });

/** One of several words. */
export const oneOf = <const T extends readonly string[]>(values: T, description: string) =>
  z.enum(values, { error: `one of ${values.join(', ')}` }).meta({ description });

/** true or false. */
export const flag = (description: string) =>
  z.boolean({ error: 'true or false' }).meta({ description });
