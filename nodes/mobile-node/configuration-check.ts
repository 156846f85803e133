/**
 * Whether a configuration makes sense.
 */
import { formatAddress, isSameAddress, isUnicastRoutable } from '../../dissectors/core/address.ts';
import { lifetimeSeconds, MAX_LIFETIME_FIELD } from '../../engine/mobility/lifetime.ts';
import type { MobileNodeConfiguration } from './mobile-node-parts.ts';

const LEAST_LIFETIME = 8;

/**
 * @throws RangeError that names the value and what was expected
 */
export function checkConfiguration({ homeAddresses, lifetime }: MobileNodeConfiguration): void {
  if (homeAddresses.length === 0) throw new RangeError('homeAddresses: expected at least one');
  for (const [at, { address, prefixLength = 64, homeAgents = [] }] of homeAddresses.entries()) {
    const name = `homeAddresses[${at}]`;
    for (const each of [address, ...homeAgents]) {
      if (each.length === 16 && isUnicastRoutable(each)) continue;
      throw new RangeError(`${name}: expected unicast addresses, got ${formatAddress(each)}`);
    }
    if (homeAddresses.slice(0, at).some((other) => isSameAddress(other.address, address))) {
      throw new RangeError(`${name}: ${formatAddress(address)} is there twice`);
    }
    const isDynamic = homeAgents.length === 0;
    if (!Number.isInteger(prefixLength) || prefixLength < 1 || prefixLength > 128) {
      throw new RangeError(`${name}: expected a prefix length from 1 to 128, got ${prefixLength}`);
    }
    // RFC 2526 section 2: the anycast identifier takes the last 64 bits of a prefix of 64.
    if (isDynamic && prefixLength > 64) {
      throw new RangeError(`${name}: discovery of home agents needs a prefix of up to 64 bits`);
    }
  }
  const most = lifetimeSeconds(MAX_LIFETIME_FIELD);
  if (lifetime !== undefined && !(lifetime >= LEAST_LIFETIME && lifetime <= most)) {
    throw new RangeError(
      `lifetime: expected ${LEAST_LIFETIME} to ${most} seconds, got ${lifetime}`,
    );
  }
}
