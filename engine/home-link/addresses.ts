/**
 * Comparisons and map keys of addresses, as rules about home registrations need them.
 */
import { addressKey, prefixMatches } from '../../dissectors/core/address.ts';
import { equalBytes } from '../../dissectors/core/bytes.ts';

export { isSameAddress } from '../../dissectors/core/address.ts';

/** Whether two link-layer addresses of one length are equal; false when one is missing. */
export function isSameLinkLayer(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return (
    a !== undefined && b !== undefined && a.length === b.length && equalBytes(a, 0, b, 0, a.length)
  );
}

/** Map key of the registration of a home address at a home agent. */
export function registrationKey(homeAddress: Uint8Array, homeAgent: Uint8Array): string {
  return `${addressKey(homeAddress)}${addressKey(homeAgent)}`;
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
