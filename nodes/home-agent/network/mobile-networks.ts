/**
 * Networks behind mobile routers: which prefixes a registration may bring, and where their packets go. RFC 3963 section 6.
 */
import {
  addressKey,
  isSameAddress,
  isUnicastRoutable,
  prefixMatches,
} from '../../../dissectors/core/address.ts';
import type { AddressKey, Prefix } from '../../../dissectors/core/address.ts';
import type { BindingCacheEntry } from '../../binding-cache.ts';
import type { ReceivedBindingUpdate } from '../../mobility/binding-update.ts';
import type {
  HomeAgentContext,
  MobileNodePolicy,
  RegistrationExtension,
  RegistrationVerdict,
} from '../home-agent-parts.ts';
import { STATUS } from './constants.ts';
import { PrefixTable, isSamePrefix, masked } from './prefix-table.ts';

/** Prefixes of one mobile router; an update with more is refused with 141. */
const MAX_PREFIXES = 16;
const ADDRESS_BITS = 128;
/** Prefixes of before that are remembered; further ones are not. */
const MAX_FORMER = 100_000;

interface Router {
  readonly homeAddress: Uint8Array;
  prefixes: readonly Prefix[];
}

/** Forwarding table of mobile networks, and the judge of who may have which. */
export class MobileNetworks implements RegistrationExtension {
  readonly #context: HomeAgentContext;
  readonly #routers = new Map<AddressKey, Router>();
  readonly #table = new PrefixTable<Router>();
  /** Every prefix that was forwarded once: without its mobile router it is nowhere. */
  readonly #former = new PrefixTable<true>();

  constructor(context: HomeAgentContext) {
    this.#context = context;
    context.extensions.push(this);
    // Kept bindings of mobile routers come without their prefixes: implicit mode until they refresh.
    context.events.onRegistered((entry) => {
      if (entry.isMobileRouter && !this.#routers.has(addressKey(entry.homeAddress))) {
        this.#apply(entry.homeAddress, this.#configured(entry.homeAddress));
      }
    });
    // RFC 3963 section 6.7: whatever ends the binding ends the forwarding.
    context.events.onDeregistered((entry) => {
      this.#apply(entry.homeAddress, []);
    });
  }

  /** Prefixes that are forwarded at present. */
  get size(): number {
    return this.#table.size;
  }

  /** Home address of the mobile router that a network is behind. */
  routerOf(address: Uint8Array): Uint8Array | undefined {
    return this.#table.size === 0 ? undefined : this.#table.find(address)?.homeAddress;
  }

  /** Whether an address is of a network that comes and goes with its mobile router. */
  isMobile(address: Uint8Array): boolean {
    return this.#former.size > 0 && this.#former.find(address) === true;
  }

  /** Prefixes that are forwarded to a mobile router. */
  prefixesOf(homeAddress: Uint8Array): readonly Prefix[] {
    return this.#routers.get(addressKey(homeAddress))?.prefixes ?? [];
  }

  /** RFC 3963 section 6.2. */
  examine(
    update: ReceivedBindingUpdate,
    policy: MobileNodePolicy,
    existing: BindingCacheEntry | undefined,
  ): RegistrationVerdict | undefined {
    if (existing !== undefined && existing.isMobileRouter !== update.isMobileRouter) {
      return { status: STATUS.registrationTypeChangeDisallowed };
    }
    if (!update.isMobileRouter) return undefined;
    const isServed = this.#context.options.network?.supportsMobileRouters === true;
    if (!isServed || policy.isMobileRouter !== true) {
      return { status: STATUS.mobileRouterOperationNotPermitted };
    }
    const status = this.#judge(update, policy.mobileNetworks ?? []);
    return status === undefined ? undefined : { status };
  }

  accepted(update: ReceivedBindingUpdate): void {
    if (!update.isMobileRouter) return;
    const explicit = explicitPrefixes(update);
    const { homeAddress } = update;
    // A refresh that lacks a prefix ends its forwarding. RFC 3963 section 6.2.
    this.#apply(homeAddress, explicit.length > 0 ? explicit : this.#configured(homeAddress));
  }

  #judge(update: ReceivedBindingUpdate, authorized: readonly Prefix[]): number | undefined {
    const explicit = explicitPrefixes(update);
    if (explicit.length === 0) {
      return authorized.length === 0 ? STATUS.forwardingSetupFailed : undefined;
    }
    if (explicit.length > MAX_PREFIXES || !explicit.every(isUsable)) return STATUS.invalidPrefix;
    const isAuthorized = (asked: Prefix): boolean =>
      authorized.some(
        ({ bytes, length }) =>
          length <= asked.length && prefixMatches(bytes, length, asked.bytes, 0),
      );
    if (!explicit.every(isAuthorized)) return STATUS.notAuthorizedForPrefix;
    // All or none: forwarding that would take something from another cannot be set up. RFC 3963 section 6.2.
    const isFree = (asked: Prefix): boolean => {
      const holder = this.#table.get(asked);
      if (holder !== undefined && !isSameAddress(holder.homeAddress, update.homeAddress)) {
        return false;
      }
      return !this.#context.prefixes.all.some(({ prefix }) => overlaps(prefix, asked));
    };
    return explicit.every(isFree) ? undefined : STATUS.invalidPrefix;
  }

  #configured(homeAddress: Uint8Array): readonly Prefix[] {
    return this.#context.mobileNodes.find(homeAddress)?.mobileNetworks ?? [];
  }

  #apply(homeAddress: Uint8Array, prefixes: readonly Prefix[]): void {
    const key = addressKey(homeAddress);
    const router = this.#routers.get(key) ?? { homeAddress: homeAddress.slice(), prefixes: [] };
    for (const prefix of router.prefixes) {
      if (!prefixes.some((each) => isSamePrefix(each, prefix))) this.#table.delete(prefix);
    }
    router.prefixes = prefixes;
    for (const prefix of prefixes) {
      this.#table.set(prefix, router);
      if (this.#former.size < MAX_FORMER) this.#former.set(prefix, true);
    }
    if (prefixes.length === 0) this.#routers.delete(key);
    else this.#routers.set(key, router);
  }
}

/** Prefixes of the Mobile Network Prefix options, each once. RFC 3963 section 4.3. */
function explicitPrefixes({ options }: ReceivedBindingUpdate): Prefix[] {
  const prefixes: Prefix[] = [];
  for (const option of options) {
    if (option.kind !== 'mobile-network-prefix') continue;
    const length = option.prefixLength;
    const prefix = { bytes: masked(option.prefix, Math.min(length, ADDRESS_BITS)), length };
    if (!prefixes.some((each) => isSamePrefix(each, prefix))) prefixes.push(prefix);
  }
  return prefixes;
}

function isUsable({ bytes, length }: Prefix): boolean {
  return length > 0 && length <= ADDRESS_BITS && isUnicastRoutable(bytes);
}

/** A mobile network may lie inside an aggregated home prefix (RFC 3963 section 6.3), but not be it or hold it. */
function overlaps(home: Prefix, asked: Prefix): boolean {
  return asked.length <= home.length && prefixMatches(asked.bytes, asked.length, home.bytes, 0);
}
