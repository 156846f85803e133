/**
 * Mobile network prefixes of mobile routers, as accepted registrations tell them. RFC 3963 sections 5.2 and 6.1.
 */
import { addressKey, isSameAddress } from '../../dissectors/core/address.ts';
import {
  BINDING_ACKNOWLEDGEMENT_FLAGS,
  BINDING_UPDATE_FLAGS,
} from '../../dissectors/mobility/messages/binding.ts';
import { isAccepted } from '../../dissectors/mobility/status.ts';
import type { MobilityEvent } from '../events.ts';
import { overlaps } from '../extension/proxy-messages.ts';
import { prefixKey } from '../home-link/addresses.ts';
import type { SitePrefix } from '../site.ts';

/** Mobile nodes followed; the one that registered longest ago is forgotten. */
const MAX_ROUTERS = 8192;
/** Updates whose acknowledgement may come. */
const MAX_REQUESTS = 8192;
/** Prefixes of one router. */
const MAX_PREFIXES = 16;
/** Routers looked at for prefixes inside a shorter one; the latest are looked at. */
const MAX_SCAN = 1024;

/** A mobile node that registered at least once as a router. */
export interface MobileRouter {
  readonly homeAddress: Uint8Array;
  readonly homeAgent: Uint8Array;
  /** The R flag of the last accepted registration. */
  isRouter: boolean;
  /** Prefixes of the last accepted registration in explicit mode; empty in implicit mode. */
  prefixes: readonly SitePrefix[];
}

interface Request {
  readonly sequence: number;
  readonly isRouter: boolean;
  readonly isDeletion: boolean;
  readonly prefixes: readonly SitePrefix[];
}

/** Mobile network prefixes that options name; at most 16. */
export function mobileNetworkPrefixesOf(event: MobilityEvent): SitePrefix[] {
  const found: SitePrefix[] = [];
  for (const option of event.header.options) {
    if (option.kind !== 'mobile-network-prefix' || found.length >= MAX_PREFIXES) continue;
    const { prefix, prefixLength: length } = option;
    if (length > 0 && length <= 128) found.push({ prefix, length });
  }
  return found;
}

/** Mobile routers by home address, and whose a prefix is. */
export class MobileNetworks {
  evictions = 0;
  readonly #routers = new Map<string, MobileRouter>();
  readonly #requests = new Map<string, Request>();
  readonly #owners = new Map<string, MobileRouter>();
  /** How many prefixes of each length are owned. */
  readonly #lengths = new Map<number, number>();

  find(homeAddress: Uint8Array): MobileRouter | undefined {
    return this.#routers.get(addressKey(homeAddress));
  }

  /** Another router whose prefix covers, equals or lies in this one; whether it is registered now is not asked. */
  owner(wanted: SitePrefix, except: Uint8Array): MobileRouter | undefined {
    for (const length of this.#lengths.keys()) {
      if (length > wanted.length) continue;
      const owner = this.#owners.get(prefixKey(wanted.prefix, length));
      if (owner !== undefined && !isSameAddress(owner.homeAddress, except)) return owner;
    }
    let looked = 0;
    for (const router of this.#owners.values()) {
      if (++looked > MAX_SCAN) return undefined;
      if (isSameAddress(router.homeAddress, except)) continue;
      if (router.prefixes.some((item) => overlaps(item, wanted))) return router;
    }
    return undefined;
  }

  observe(event: MobilityEvent): void {
    const { header, context, checksum } = event;
    if (checksum === 'wrong') return;
    const { message } = header;
    if (message.kind === 'binding-update') {
      const { homeRegistration, mobileRouter, proxyRegistration } = BINDING_UPDATE_FLAGS;
      if ((message.flags & proxyRegistration.mask) !== 0) return;
      if ((message.flags & homeRegistration.mask) === 0) return;
      const homeAddress = context.homeAddressOption ?? context.source;
      const isRouter = (message.flags & mobileRouter.mask) !== 0;
      // Nodes that never were routers cost no room.
      if (!isRouter && this.find(homeAddress) === undefined) return;
      const key = `${addressKey(homeAddress)}${addressKey(context.destination)}`;
      this.#requests.delete(key);
      this.#requests.set(key, {
        sequence: message.sequence,
        isRouter,
        isDeletion: message.lifetime === 0,
        prefixes: isRouter ? mobileNetworkPrefixesOf(event) : [],
      });
      if (this.#requests.size > MAX_REQUESTS) {
        const oldest = this.#requests.keys().next();
        if (oldest.done !== true) this.#requests.delete(oldest.value);
      }
    } else if (message.kind === 'binding-acknowledgement') {
      if ((message.flags & BINDING_ACKNOWLEDGEMENT_FLAGS.proxyRegistration.mask) !== 0) return;
      const homeAddress = context.routingHomeAddress ?? context.destination;
      const key = `${addressKey(homeAddress)}${addressKey(context.source)}`;
      const request = this.#requests.get(key);
      if (request?.sequence !== message.sequence) return;
      this.#requests.delete(key);
      if (isAccepted(message.status)) this.#accept(homeAddress, context.source, request);
    }
  }

  #accept(homeAddress: Uint8Array, homeAgent: Uint8Array, request: Request): void {
    const key = addressKey(homeAddress);
    const known = this.#routers.get(key);
    if (known !== undefined) {
      this.#disown(known);
      this.#routers.delete(key);
    }
    if (request.isDeletion) {
      // The prefixes are free again; that it was a router stays known.
      if (known !== undefined) this.#routers.set(key, { ...known, prefixes: [] });
      return;
    }
    const router: MobileRouter = {
      homeAddress,
      homeAgent,
      isRouter: request.isRouter,
      prefixes: request.prefixes,
    };
    this.#routers.set(key, router);
    for (const { prefix, length } of router.prefixes) {
      this.#owners.set(prefixKey(prefix, length), router);
      this.#lengths.set(length, (this.#lengths.get(length) ?? 0) + 1);
    }
    if (this.#routers.size <= MAX_ROUTERS) return;
    const oldest = this.#routers.entries().next();
    if (oldest.done === true) return;
    this.#routers.delete(oldest.value[0]);
    this.#disown(oldest.value[1]);
    this.evictions++;
  }

  #disown(router: MobileRouter): void {
    for (const { prefix, length } of router.prefixes) {
      const key = prefixKey(prefix, length);
      if (this.#owners.get(key) === router) this.#owners.delete(key);
      const left = (this.#lengths.get(length) ?? 1) - 1;
      if (left > 0) this.#lengths.set(length, left);
      else this.#lengths.delete(length);
    }
  }
}
