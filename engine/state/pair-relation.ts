/**
 * How a pair of home address and care-of address stands to the binding cache.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import type { PairRelation } from '../address-header-event.ts';
import { isBindingValid } from '../registration/messages.ts';
import type { Binding } from './binding-cache.ts';
import type { Bindings } from './bindings.ts';

type Cache = Pick<Bindings, 'find' | 'home'>;

function relationTo(
  binding: Readonly<Binding> | undefined,
  careOfAddress: Uint8Array,
  now: number,
): PairRelation {
  if (binding === undefined) return 'none';
  const { pending, previousCareOfAddresses } = binding;
  if (pending !== undefined && isSameAddress(pending.careOfAddress, careOfAddress)) return 'bound';
  const isLive = isBindingValid(binding, now);
  if (isLive && isSameAddress(binding.careOfAddress, careOfAddress)) return 'bound';
  const wasCareOf =
    previousCareOfAddresses.some((item) => isSameAddress(item, careOfAddress)) ||
    isSameAddress(binding.careOfAddress, careOfAddress);
  if (wasCareOf) return 'previous';
  return isLive ? 'other-care-of-address' : 'none';
}

/**
 * Relation of a sender with a Home Address option to the binding of its receiver. RFC 6275 section 9.3.1.
 * @param now microseconds since 1970
 */
export function optionRelation(
  bindings: Cache,
  homeAddress: Uint8Array,
  careOfAddress: Uint8Array,
  receiver: Uint8Array,
  now: number,
): PairRelation {
  return relationTo(bindings.find(homeAddress, receiver), careOfAddress, now);
}

/**
 * Relation of a receiver to the address of a type 2 routing header: by the binding of the sender, else by that of the
 * home agent, which says as well whether it is one node. RFC 6275 section 11.3.3.
 * @param now microseconds since 1970
 */
export function routingRelation(
  bindings: Cache,
  homeAddress: Uint8Array,
  careOfAddress: Uint8Array,
  sender: Uint8Array,
  now: number,
): PairRelation {
  const direct = relationTo(bindings.find(homeAddress, sender), careOfAddress, now);
  if (direct === 'bound' || direct === 'previous') return direct;
  const home = relationTo(bindings.home(homeAddress), careOfAddress, now);
  return home === 'none' ? direct : home;
}
