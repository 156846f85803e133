/**
 * Comparisons and map keys of addresses, as rules about home registrations need them.
 */
import { addressKey, prefixMatches } from '../../dissectors/core/address.ts';
import { equalBytes, u16 } from '../../dissectors/core/bytes.ts';

export { isSameAddress } from '../../dissectors/core/address.ts';

/** Whether two link-layer addresses of one length are equal; false when one is missing. */
export function isSameLinkLayer(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return (
    a !== undefined && b !== undefined && a.length === b.length && equalBytes(a, 0, b, 0, a.length)
  );
}

/** Map key of the registration of a home address at a home agent: both address keys, one after the other. */
export function registrationKey(homeAddress: Uint8Array, homeAgent: Uint8Array): string {
  // Made at once: two texts that are put together are copied again before a Map can look for them.
  return String.fromCharCode(
    u16(homeAddress, 0),
    u16(homeAddress, 2),
    u16(homeAddress, 4),
    u16(homeAddress, 6),
    u16(homeAddress, 8),
    u16(homeAddress, 10),
    u16(homeAddress, 12),
    u16(homeAddress, 14),
    u16(homeAgent, 0),
    u16(homeAgent, 2),
    u16(homeAgent, 4),
    u16(homeAgent, 6),
    u16(homeAgent, 8),
    u16(homeAgent, 10),
    u16(homeAgent, 12),
    u16(homeAgent, 14),
  );
}

/** The first `length` bits (0..128) of an address; the rest zero. */
export function maskedAddress(address: Uint8Array, length: number): Uint8Array {
  const masked = new Uint8Array(16);
  for (let i = 0; i < 16; i++) {
    const kept = Math.min(Math.max(length - 8 * i, 0), 8);
    masked[i] = (address[i] ?? 0) & (0xff00 >>> kept);
  }
  return masked;
}

/** Map key of a prefix. */
export function prefixKey(prefix: Uint8Array, length: number): string {
  return `${addressKey(maskedAddress(prefix, length))}/${length}`;
}

/** Whether a prefix covers an address. */
export function covers(
  { prefix, length }: { readonly prefix: Uint8Array; readonly length: number },
  address: Uint8Array,
): boolean {
  return prefixMatches(prefix, length, address, 0);
}
