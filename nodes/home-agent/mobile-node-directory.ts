/**
 * Mobile nodes of a configuration.
 */
import { addressKey, formatAddress } from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import type { MobileNodeDirectory, MobileNodePolicy } from './home-agent-parts.ts';

/** Policies by home address. Bounded by the configuration. */
export class MobileNodeTable implements MobileNodeDirectory {
  readonly #policies = new Map<AddressKey, MobileNodePolicy>();

  /** @throws RangeError when a home address comes twice */
  constructor(policies: Iterable<MobileNodePolicy>) {
    for (const policy of policies) {
      const key = addressKey(policy.homeAddress);
      if (this.#policies.has(key)) {
        throw new RangeError(`home address ${formatAddress(policy.homeAddress)} comes twice`);
      }
      this.#policies.set(key, policy);
    }
  }

  get size(): number {
    return this.#policies.size;
  }

  find(homeAddress: Uint8Array): MobileNodePolicy | undefined {
    return this.#policies.get(addressKey(homeAddress));
  }

  /** Another policy for a home address, or a new one. */
  set(policy: MobileNodePolicy): void {
    this.#policies.set(addressKey(policy.homeAddress), policy);
  }

  /** @returns whether there was one */
  delete(homeAddress: Uint8Array): boolean {
    return this.#policies.delete(addressKey(homeAddress));
  }
}
