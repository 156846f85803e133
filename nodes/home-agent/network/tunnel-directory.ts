/**
 * Tunnels of the mobile nodes away from home, by the addresses that packets name them with.
 */
import { addressKey, isLinkLocal, isSameAddress } from '../../../dissectors/core/address.ts';
import type { AddressKey } from '../../../dissectors/core/address.ts';
import type { BindingCacheEntry } from '../../binding-cache.ts';
import type { TunnelEnds } from '../../ip/packet.ts';
import type { HomeAgentContext } from '../home-agent-parts.ts';
import { linkLocalOfHome } from '../registration/address-defence.ts';

/** A tunnel to a mobile node. */
export interface MobileTunnel {
  readonly entry: BindingCacheEntry;
  /** Towards the primary care-of address; `isProtected`: what comes back counts with protection only, too. */
  readonly ends: TunnelEnds;
}

/** Follows registrations; as many tunnels as home registrations. */
export class TunnelDirectory {
  readonly #context: HomeAgentContext;
  readonly #tunnels = new Map<AddressKey, MobileTunnel>();
  readonly #linkLocals = new Map<AddressKey, MobileTunnel>();
  /** Home address by care-of address; a set where several mobile nodes share one. */
  readonly #atCareOf = new Map<AddressKey, AddressKey | Set<AddressKey>>();
  /** Care-of addresses that a home address stands under. */
  readonly #careOfKeys = new Map<AddressKey, readonly AddressKey[]>();

  constructor(context: HomeAgentContext) {
    this.#context = context;
    for (const entry of context.host.bindings.entries()) {
      if (entry.isHomeRegistration) this.#note(entry);
    }
    context.events.onRegistered((entry) => {
      this.#note(entry);
    });
    context.events.onRefreshed((entry) => {
      this.#note(entry);
    });
    context.events.onDeregistered((entry) => {
      this.#forget(addressKey(entry.homeAddress));
    });
  }

  get size(): number {
    return this.#tunnels.size;
  }

  all(): Iterable<MobileTunnel> {
    return this.#tunnels.values();
  }

  /** Tunnel of a home address whose binding is not over. */
  of(homeAddress: Uint8Array): MobileTunnel | undefined {
    return this.#live(this.#tunnels.get(addressKey(homeAddress)));
  }

  /** See {@link TunnelDirectory.of}. */
  byKey(key: AddressKey): MobileTunnel | undefined {
    return this.#live(this.#tunnels.get(key));
  }

  /** Tunnel of the mobile node whose link-local address is defended (L). */
  ofLinkLocal(address: Uint8Array): MobileTunnel | undefined {
    return this.#live(this.#linkLocals.get(addressKey(address)));
  }

  /**
   * Tunnel of a mobile node at a care-of address, for packets whose own source does not tell whose they are. RFC 6275
   * section 10.4.3.
   * @param source link-local address, to choose among mobile nodes that share the care-of address
   */
  atCareOf(careOfAddress: Uint8Array, source: Uint8Array): MobileTunnel | undefined {
    let found: MobileTunnel | undefined;
    const homes = this.#atCareOf.get(addressKey(careOfAddress)) ?? [];
    for (const key of typeof homes === 'string' ? [homes] : homes) {
      const tunnel = this.#live(this.#tunnels.get(key));
      if (tunnel === undefined) continue;
      if (isLinkLocal(source) && isSameAddress(linkLocalOfHome(tunnel.entry.homeAddress), source)) {
        return tunnel;
      }
      found ??= tunnel;
    }
    return found;
  }

  #live(tunnel: MobileTunnel | undefined): MobileTunnel | undefined {
    return tunnel === undefined || tunnel.entry.expiresAt <= this.#context.host.scheduler.now
      ? undefined
      : tunnel;
  }

  #note(entry: BindingCacheEntry): void {
    const { homeAddress, careOfAddress, localAddress } = entry;
    const key = addressKey(homeAddress);
    this.#forget(key);
    const policy = this.#context.mobileNodes.find(homeAddress);
    const tunnel: MobileTunnel = {
      entry,
      ends: {
        local: localAddress,
        remote: careOfAddress,
        homeAddress,
        isProtected: policy?.isPayloadProtected === true,
      },
    };
    this.#tunnels.set(key, tunnel);
    if (entry.hasLinkLocal) this.#linkLocals.set(addressKey(linkLocalOfHome(homeAddress)), tunnel);
    const careOfKeys = [
      addressKey(careOfAddress),
      ...[...(entry.careOfAddresses?.values() ?? [])].map((each) => addressKey(each)),
    ];
    this.#careOfKeys.set(key, careOfKeys);
    for (const each of careOfKeys) {
      const homes = this.#atCareOf.get(each);
      if (homes === undefined) this.#atCareOf.set(each, key);
      else if (typeof homes !== 'string') homes.add(key);
      else if (homes !== key) this.#atCareOf.set(each, new Set([homes, key]));
    }
  }

  #forget(key: AddressKey): void {
    const tunnel = this.#tunnels.get(key);
    if (tunnel === undefined) return;
    this.#tunnels.delete(key);
    const linkLocal = addressKey(linkLocalOfHome(tunnel.entry.homeAddress));
    // Of another prefix, with the same interface identifier, somebody else's may stand there.
    if (this.#linkLocals.get(linkLocal) === tunnel) this.#linkLocals.delete(linkLocal);
    for (const each of this.#careOfKeys.get(key) ?? []) {
      const homes = this.#atCareOf.get(each);
      if (typeof homes === 'object') homes.delete(key);
      if (homes === key || (typeof homes === 'object' && homes.size === 0)) {
        this.#atCareOf.delete(each);
      }
    }
    this.#careOfKeys.delete(key);
  }
}
