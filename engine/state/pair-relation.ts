/**
 * How a pair of home address and care-of address stands to the binding cache.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import type { Binding } from './binding-cache.ts';
import type { Bindings } from './bindings.ts';

/**
 * `bound`: registered, or asked for; `previous`: was registered before; `other-care-of-address`: the home address is
 * registered with another one; `none`: no registration is known.
 */
export type PairRelation = 'bound' | 'previous' | 'other-care-of-address' | 'none';

type Cache = Pick<Bindings, 'find' | 'home'>;

function relationTo(binding: Readonly<Binding> | undefined, careOfAddress: Uint8Array): PairRelation {
  if (binding === undefined) return 'none';
  const { pending, phase, previousCareOfAddresses } = binding;
  if (pending !== undefined && isSameAddress(pending.careOfAddress, careOfAddress)) return 'bound';
  const isLive = phase === 'registered' || phase === 'deregistration-sent';
  if (isLive && isSameAddress(binding.careOfAddress, careOfAddress)) return 'bound';
  const wasCareOf =
    previousCareOfAddresses.some((item) => isSameAddress(item, careOfAddress)) ||
    isSameAddress(binding.careOfAddress, careOfAddress);
  if (wasCareOf) return 'previous';
  return isLive ? 'other-care-of-address' : 'none';
}

/** Relation of a sender with a Home Address option to the binding of its receiver. RFC 6275 section 9.3.1. */
export function optionRelation(
  bindings: Cache,
  homeAddress: Uint8Array,
  careOfAddress: Uint8Array,
  receiver: Uint8Array,
): PairRelation {
  return relationTo(bindings.find(homeAddress, receiver), careOfAddress);
}

/**
 * Relation of a receiver to the address of a type 2 routing header: by the binding of the sender, else by that of the
 * home agent, which says as well whether it is one node. RFC 6275 section 11.3.3.
 */
export function routingRelation(
  bindings: Cache,
  homeAddress: Uint8Array,
  careOfAddress: Uint8Array,
  sender: Uint8Array,
): PairRelation {
  const direct = relationTo(bindings.find(homeAddress, sender), careOfAddress);
  if (direct === 'bound' || direct === 'previous') return direct;
  const home = relationTo(bindings.home(homeAddress), careOfAddress);
  return home === 'none' ? direct : home;
}
