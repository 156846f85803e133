/**
 * Parts that the schemas of nodes share: addresses, prefixes, numbers with a unit. Loads zod, which start-up must not pay for.
 */
import { z } from 'zod';
import { isLinkLocal, isUnicastRoutable } from '../../dissectors/core/address.ts';
import type { Prefix } from '../../dissectors/core/address.ts';
import { oneOf, parseHomePrefix, parseIpv6, parsed } from '../site-schema-parts.ts';

/** An address of an interface with the length of the prefix that is on its link. */
export interface AddressWithLength {
  readonly address: Uint8Array;
  /** 1..128 */
  readonly length: number;
}

function parseAddressWithLength(text: string): AddressWithLength | undefined {
  const [before = '', after = '', ...more] = text.split('/');
  const address = parseIpv6(before);
  const length = /^[1-9][0-9]{0,2}$/.test(after) ? Number(after) : 0;
  if (address === undefined || length < 1 || length > 128 || more.length > 0) return undefined;
  return isUnicastRoutable(address) ? { address, length } : undefined;
}

/** `2001:db8:1::1/64`. */
export const addressWithLength = parsed(
  {
    expected: 'a unicast IPv6 address with the length of its prefix, like 2001:db8:1::1/64',
    description: 'IPv6 address with the length of the prefix that is on the link',
    examples: ['2001:db8:1::1/64'],
  },
  parseAddressWithLength,
);

/** Address that can be routed. */
export const routableAddress = (description: string) =>
  parsed(
    {
      expected: 'a unicast IPv6 address that can be routed',
      description,
      format: 'ipv6',
      examples: ['2001:db8:1::10'],
    },
    (text) => {
      const bytes = parseIpv6(text);
      return bytes !== undefined && isUnicastRoutable(bytes) ? bytes : undefined;
    },
  );

/** Address of a router on the link. */
export const routerAddress = (description: string) =>
  parsed(
    {
      expected: 'the link-local or global IPv6 address of a router on the link',
      description,
      format: 'ipv6',
      examples: ['fe80::1'],
    },
    (text) => {
      const bytes = parseIpv6(text);
      return bytes !== undefined && (isLinkLocal(bytes) || isUnicastRoutable(bytes))
        ? bytes
        : undefined;
    },
  );

/** A prefix with nothing behind it. */
export const prefixOf = (description: string) =>
  parsed(
    {
      expected: 'an IPv6 prefix with its length and no bits set behind it, like 2001:db8:1::/64',
      description,
      examples: ['2001:db8:1::/64'],
    },
    (text): Prefix | undefined => {
      const prefix = parseHomePrefix(text);
      return prefix === undefined ? undefined : { bytes: prefix.prefix, length: prefix.length };
    },
  );

/** `default`, or a prefix. */
export const routeOf = (description: string) =>
  parsed(
    {
      expected: 'an IPv6 prefix with its length, or default',
      description,
      examples: ['default', '2001:db8::/32'],
    },
    (text): Prefix | undefined => {
      if (text === 'default') return { bytes: new Uint8Array(16), length: 0 };
      const prefix = parseHomePrefix(text);
      return prefix === undefined ? undefined : { bytes: prefix.prefix, length: prefix.length };
    },
  );

/** Whole seconds from `least` to `most`. */
export const seconds = (least: number, most: number, description: string) => {
  const error = `seconds from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error }).meta({ description });
};

/** Seconds with fractions. */
export const moments = (least: number, most: number, description: string) => {
  const error = `seconds from ${least} to ${most}`;
  return z.number({ error }).min(least, { error }).max(most, { error }).meta({ description });
};

/** A whole number from `least` to `most`. */
export const count = (least: number, most: number, description: string) => {
  const error = `a whole number from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error }).meta({ description });
};

/** Path of a file; a relative one starts at the folder of the configuration. */
export const path = (description: string) =>
  z.string({ error: 'a path' }).min(1, { error: 'a path' }).meta({ description });

/** Name of an interface of this machine. */
export const interfaceName = z
  .string({ error: 'the name of an interface' })
  .regex(/^[^\s/]{1,15}$/, { error: 'the name of an interface, at most 15 characters' })
  .meta({ description: 'interface of this machine; the node takes it over from the kernel' });

/** Layouts in which a de-registration is taken. */
export const deregistration = oneOf(
  ['strict', 'umip', 'rfc'],
  'layouts in which a de-registration is taken: strict = the two of draft-ebalard section 5.4.2; umip = also the one of UMIP at home; rfc = all that RFC 6275 allows, which a relay attack uses',
);

/** A mapping that knows its keys. */
export const section = <T extends z.ZodRawShape>(shape: T, error: string, description: string) =>
  z.strictObject(shape, { error }).meta({ description });
