/**
 * Several care-of addresses of one mobile node, told apart by Binding Identifiers. RFC 5648 section 6.
 */
import { isUnicastRoutable } from '../../../dissectors/core/address.ts';
import { BINDING_UPDATE_FLAGS } from '../../../dissectors/mobility/messages/binding.ts';
import type { MobilityOption } from '../../../dissectors/mobility/options/index.ts';
import type { BindingCacheEntry } from '../../binding-cache.ts';
import type { ReceivedBindingUpdate } from '../../mobility/binding-update.ts';
import type {
  HomeAgentContext,
  MobileNodePolicy,
  RegistrationExtension,
  RegistrationVerdict,
} from '../home-agent-parts.ts';
import { STATUS } from './constants.ts';

/** Care-of addresses of one mobile node, where nothing else is said. */
const DEFAULT_MAXIMUM = 4;
/** Return home with a foreign binding beside. RFC 5648 section 4.3. */
const SIMULTANEOUS = 0x80;
const NONE: readonly MobilityOption[] = [];

type BindingIdentifier = Extract<MobilityOption, { kind: 'binding-identifier' }>;

interface Judged {
  readonly identifier: BindingIdentifier;
  readonly careOfAddress: Uint8Array | undefined;
  /** 0 = as the message. */
  readonly status: number;
}

function identifiersOf(options: readonly MobilityOption[]): BindingIdentifier[] {
  return options.filter((each) => each.kind === 'binding-identifier');
}

function isOverwriting(update: ReceivedBindingUpdate): boolean {
  return (update.flags & BINDING_UPDATE_FLAGS.overwrite.mask) !== 0;
}

/** Registers, replaces and deletes care-of addresses of home registrations. */
export class CareOfAddresses implements RegistrationExtension {
  readonly #maximum: number;

  constructor(context: HomeAgentContext) {
    this.#maximum = context.options.network?.maximumCareOfAddresses ?? DEFAULT_MAXIMUM;
    context.extensions.push(this);
  }

  /** RFC 5648 section 6.2. */
  examine(
    update: ReceivedBindingUpdate,
    policy: MobileNodePolicy,
    existing: BindingCacheEntry | undefined,
  ): RegistrationVerdict | undefined {
    const identifiers = identifiersOf(update.options);
    if (identifiers.length === 0) return undefined;
    if (policy.mayUseSeveralCareOfAddresses !== true || this.#maximum < 2) {
      return { status: STATUS.mcoaProhibited };
    }
    const isRegular = existing !== undefined && existing.careOfAddresses === undefined;
    if (isRegular && !isOverwriting(update)) return { status: STATUS.mcoaNonMcoaBindingExists };
    if (identifiers.some(({ flags }) => (flags & SIMULTANEOUS) !== 0)) {
      return { status: STATUS.mcoaSimultaneousHomeAndForeignProhibited };
    }
    const judged = this.#judge(update, existing);
    const first = judged.find(({ status }) => status === 0);
    if (first?.careOfAddress === undefined) {
      return { status: judged[0]?.status ?? STATUS.mcoaMalformed };
    }
    const isComplete = judged.every(({ status }) => status === 0);
    return {
      // RFC 5648 section 6.2: the options tell which ones were not taken.
      ...(isComplete ? {} : { status: STATUS.mcoaNotComplete }),
      // The tunnel's end is the first of the update: RFC 5648 section 6.1 leaves the choice.
      update: { ...update, careOfAddress: first.careOfAddress },
    };
  }

  accepted(update: ReceivedBindingUpdate, entry: BindingCacheEntry): void {
    if (identifiersOf(update.options).length === 0) {
      // RFC 5648 section 6.2: a regular registration replaces them all.
      delete entry.careOfAddresses;
      return;
    }
    const kept = isOverwriting(update) ? [] : (entry.careOfAddresses ?? []);
    const addresses = new Map(kept);
    for (const { identifier, careOfAddress, status } of this.#judge(update, entry)) {
      if (status === 0 && careOfAddress !== undefined) {
        addresses.set(identifier.bindingIdentifier, careOfAddress);
      }
    }
    entry.careOfAddresses = addresses;
  }

  /** RFC 5648 section 6.2: only the addresses of these identifiers go; with the last of them the binding. */
  deregistering(
    update: ReceivedBindingUpdate,
    entry: BindingCacheEntry,
  ): 'partial' | number | undefined {
    const identifiers = identifiersOf(update.options);
    if (identifiers.length === 0) return undefined;
    const rest = new Map(entry.careOfAddresses ?? []);
    let isKnown = true;
    for (const { bindingIdentifier } of identifiers) {
      isKnown = rest.delete(bindingIdentifier) && isKnown;
    }
    if (!isKnown) return STATUS.notHomeAgentForThisMobileNode;
    const [next] = rest.values();
    if (next === undefined) return undefined;
    entry.careOfAddresses = rest;
    if (![...rest.values()].includes(entry.careOfAddress)) entry.careOfAddress = next;
    return 'partial';
  }

  /** Every Binding Identifier comes back, without its address. RFC 5648 section 6.2. */
  acknowledging(
    update: ReceivedBindingUpdate,
    status: number,
    entry: BindingCacheEntry | undefined,
  ): readonly MobilityOption[] {
    const identifiers = identifiersOf(update.options);
    if (identifiers.length === 0) return NONE;
    const isEach = status < STATUS.unspecified && update.lifetime > 0;
    const judged = isEach ? this.#judge(update, entry) : [];
    return identifiers.map(({ bindingIdentifier }, at) => ({
      kind: 'binding-identifier',
      bindingIdentifier,
      status: judged[at]?.status ?? 0,
      flags: 0,
    }));
  }

  #judge(update: ReceivedBindingUpdate, entry: BindingCacheEntry | undefined): Judged[] {
    const before = isOverwriting(update) ? undefined : entry?.careOfAddresses;
    const known = new Set(before?.keys() ?? []);
    return identifiersOf(update.options).map((identifier) => {
      const { bindingIdentifier, careOfAddress, ipv4CareOfAddress } = identifier;
      const judged = (status: number, address?: Uint8Array): Judged => ({
        identifier,
        careOfAddress: address,
        status,
      });
      if (bindingIdentifier === 0) return judged(STATUS.mcoaMalformed);
      // IPv4 care-of addresses are those of RFC 5555, which this home agent does not serve.
      if (ipv4CareOfAddress !== undefined) return judged(STATUS.unspecified);
      const address = careOfAddress ?? entry?.careOfAddresses?.get(bindingIdentifier);
      if (address === undefined) return judged(STATUS.mcoaUnknownCoa);
      if (!isUnicastRoutable(address)) return judged(STATUS.mcoaMalformed);
      if (!known.has(bindingIdentifier)) {
        if (known.size >= this.#maximum) return judged(STATUS.mcoaProhibited);
        known.add(bindingIdentifier);
      }
      return judged(0, address);
    });
  }
}
