/**
 * Questions about care-of addresses that rules on payload ask.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import type { Binding } from '../state/binding-cache.ts';

/**
 * Whether an address is, was or is about to be the care-of address of a binding: then a packet with it may be early or
 * late, but it is of the node.
 */
export function hasCareOf(binding: Readonly<Binding>, address: Uint8Array): boolean {
  const { careOfAddress, pending, previousCareOfAddresses } = binding;
  return (
    isSameAddress(careOfAddress, address) ||
    (pending !== undefined && isSameAddress(pending.careOfAddress, address)) ||
    previousCareOfAddresses.some((item) => isSameAddress(item, address))
  );
}

/**
 * Whether the node may have moved just before the capture began: its first registration that was seen is no older than
 * this, so that late packets with a care-of address of before it cannot be told from forged ones.
 */
export function isFirstSight(
  binding: Readonly<Binding>,
  now: number,
  graceSeconds: number,
): boolean {
  return (
    binding.previousCareOfAddresses.length === 0 && now - binding.firstSeen <= graceSeconds * 1e6
  );
}

/** Whether an address is, was or is about to be the care-of address, as `hasCareOf`, but of a former one only lately. */
export function isCareOfNow(
  binding: Readonly<Binding>,
  address: Uint8Array,
  now: number,
  graceSeconds: number,
): boolean {
  const { careOfAddress, pending, previousCareOfAddresses, lastChange } = binding;
  if (isSameAddress(careOfAddress, address)) return true;
  if (pending !== undefined && isSameAddress(pending.careOfAddress, address)) return true;
  return (
    now - lastChange.time <= graceSeconds * 1e6 &&
    previousCareOfAddresses.some((item) => isSameAddress(item, address))
  );
}
