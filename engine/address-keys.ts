/**
 * Map keys of addresses for those who need the key of one address many times: every rule that follows nodes makes the
 * same few keys for one event.
 */
import { addressKey as keyOf } from '../dissectors/core/address.ts';

/** Keys remembered: addresses of an event, its tunnel and its binding. A power of two. */
const REMEMBERED = 8;

const addresses = Array.from({ length: REMEMBERED }, (): Uint8Array | undefined => undefined);
const keys = Array.from({ length: REMEMBERED }, () => '');
let next = 0;

/**
 * Map key of an IPv6 address of 16 octets that stands alone and does not change, as those of events. Equal keys mean equal
 * addresses and the reverse.
 */
export function addressKey(address: Uint8Array): string {
  for (let i = 0; i < REMEMBERED; i++) if (addresses[i] === address) return keys[i] ?? '';
  const key = keyOf(address);
  addresses[next] = address;
  keys[next] = key;
  next = (next + 1) & (REMEMBERED - 1);
  return key;
}
