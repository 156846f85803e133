/**
 * Prefix length of an IPv4 address in the upper six bits of a flag word. RFC 5555 section 3, RFC 5844 section 3.3.
 */
import type { FlagBit } from '../../core/layout.ts';

/** Prefix length at the start of a word of 16 bits. */
export const IPV4_PREFIX_16 = {
  mask: 0xfc00,
  label: 'Prefix length',
  filter: 'mip6.ipv4ha.preflen',
} as const satisfies FlagBit;

/** Prefix length at the start of an octet. */
export const IPV4_PREFIX_8 = { ...IPV4_PREFIX_16, mask: 0xfc } as const satisfies FlagBit;

/** What is wrong with the length of an IPv4 prefix; undefined = nothing. */
export function checkIpv4PrefixLength(length: number): string | undefined {
  return length > 32 ? `prefix length ${length} exceeds 32` : undefined;
}
