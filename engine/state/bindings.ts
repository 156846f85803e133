/**
 * Keeps the binding cache from what goes over the wire: readable messages where there are some, the layout
 * of encrypted ones where not. RFC 6275 sections 9.5, 10.3 and 11.7.
 */
import { isIpv4Mapped, isSameAddress, isUnicastRoutable } from '../../dissectors/core/address.ts';
import { equalBytes } from '../../dissectors/core/bytes.ts';
import { BINDING_UPDATE_FLAGS } from '../../dissectors/mobility/messages/binding.ts';
import type { MessageOf } from '../../dissectors/mobility/header.ts';
import { findOption } from '../../dissectors/mobility/options/index.ts';
import { isAccepted } from '../../dissectors/mobility/status.ts';
import type {
  BindingEvent,
  EspEvent,
  MobilityEvent,
  PacketReference,
  RelayEvent,
} from '../events.ts';
import { lifetimeSeconds } from '../mobility/lifetime.ts';
import { AddressTable } from './address-table.ts';
import {
  MAX_BINDINGS_PER_HOME_ADDRESS,
  MAX_HISTORY,
  MAX_HOME_ADDRESSES,
  MAX_PREVIOUS,
  MAX_TOTAL_HISTORY,
} from './binding-cache.ts';
import type { Binding, BindingKnowledge, PendingUpdate } from './binding-cache.ts';

const HOME_REGISTRATION = BINDING_UPDATE_FLAGS.homeRegistration.mask;
const ACKNOWLEDGE = BINDING_UPDATE_FLAGS.acknowledge.mask;
const PROXY_REGISTRATION = BINDING_UPDATE_FLAGS.proxyRegistration.mask;

/** Microseconds between looks at all bindings for expired ones. */
const SWEEP_INTERVAL = 30e6;

function isLive(binding: Binding): boolean {
  return binding.phase === 'registered' || binding.phase === 'deregistration-sent';
}

/** Whether a binding is live and its lifetime has not run out, as far as that is known. */
function isCurrent(binding: Binding, time: number): boolean {
  return isLive(binding) && (binding.lifetime === undefined || binding.expiresAt > time);
}

/**
 * Care-of address a Binding Update asks for. RFC 6275 section 9.5.1. Over IPv4 it is the IPv4 source, which a NAT may
 * have put there, as an IPv4-mapped address. RFC 5555 section 4.1.
 */
export function requestedCareOfAddress(
  event: Pick<MobilityEvent, 'header' | 'context'>,
): Uint8Array {
  const option = findOption(event.header.options, 'alternate-care-of-address');
  if (option !== undefined) return option.careOfAddress;
  // Tunnel-mode signalling (RFC 4877 section 3) has the care-of address in the outer header.
  const { context } = event;
  if (context.ipv4Outer !== undefined && context.homeAddressOption === undefined) {
    return ipv4Mapped(context.ipv4Outer.source);
  }
  return context.protection === 'esp-tunnel' && context.outer !== undefined
    ? context.outer.source
    : context.source;
}

/** IPv4-mapped address of 4 octets. RFC 4291 section 2.5.5.2. */
function ipv4Mapped(address: Uint8Array): Uint8Array {
  const mapped = new Uint8Array(16);
  mapped.fill(0xff, 10, 12);
  mapped.set(address.subarray(0, 4), 12);
  return mapped;
}

/** The observer's binding cache. Bounds: see `binding-cache.ts`; expired and never registered entries go first. */
export class Bindings {
  evictions = 0;
  /** When a tunnel packet came from a care-of address that its node has left, the last time, microseconds; 0 = never. */
  previousHeardAt = 0;
  readonly #byHomeAddress: AddressTable<Binding[]>;
  /** Registered and previous care-of addresses. */
  readonly #byCareOfAddress: AddressTable<Binding>;
  readonly #emit: (event: BindingEvent) => void;
  #historyLength = 0;
  #lastSweep = 0;
  #now: PacketReference = { input: 0, number: 0, time: 0, nanoseconds: 0 };

  constructor(emit: (event: BindingEvent) => void, seed?: number) {
    this.#emit = emit;
    const random = seed === undefined ? {} : { seed };
    this.#byHomeAddress = new AddressTable<Binding[]>({
      maxEntries: MAX_HOME_ADDRESSES,
      ...random,
      mayEvict: (list) => !list.some(isLive),
      onEvict: (list) => {
        for (const binding of list) this.#forget(binding);
      },
    });
    this.#byCareOfAddress = new AddressTable<Binding>({
      maxEntries: MAX_HOME_ADDRESSES * 2,
      ...random,
    });
  }

  /** Binding of a home address at a home agent or correspondent node. */
  find(homeAddress: Uint8Array, peer: Uint8Array): Binding | undefined {
    const list = this.#byHomeAddress.get(homeAddress);
    if (list === undefined) return undefined;
    for (const binding of list) if (isSameAddress(binding.peer, peer)) return binding;
    return undefined;
  }

  /** Home registration of a home address; the registered one before others. */
  home(homeAddress: Uint8Array): Binding | undefined {
    const list = this.#byHomeAddress.get(homeAddress);
    if (list === undefined) return undefined;
    let first: Binding | undefined;
    for (const item of list) {
      if (item.role !== 'home') continue;
      if (isLive(item)) return item;
      first ??= item;
    }
    return first;
  }

  /** Takes a binding of an earlier run, unless one of its two ends is known. To be called in the order of `all`. */
  restore(binding: Binding): void {
    const { homeAddress, peer, careOfAddress, previousCareOfAddresses } = binding;
    const list = this.#byHomeAddress.get(homeAddress) ?? [];
    const isKnown = list.some((item) => isSameAddress(item.peer, peer));
    if (isKnown || list.length >= MAX_BINDINGS_PER_HOME_ADDRESS) return;
    list.push(binding);
    this.#byHomeAddress.set(homeAddress, 0, list);
    this.#historyLength += binding.history.length;
    if (binding.role !== 'home' || binding.registeredAt === 0) return;
    for (const address of [...previousCareOfAddresses, careOfAddress]) {
      if (!isSameAddress(address, homeAddress)) this.#byCareOfAddress.set(address, 0, binding);
    }
  }

  /** Home addresses with a binding. */
  get homeAddresses(): number {
    return this.#byHomeAddress.size;
  }

  /** All bindings, least recently used home address first. */
  *all(): IterableIterator<Binding> {
    for (const list of this.#byHomeAddress.values()) yield* list;
  }

  /** Binding that has or had this care-of address, or undefined. */
  byCareOfAddress(bytes: Uint8Array, offset: number): Binding | undefined {
    return this.#byCareOfAddress.peek(bytes, offset);
  }

  /** Notes a packet between a care-of address and a home agent that carries tunnelled octets. */
  noteTunnel(bytes: Uint8Array, source: number, destination: number, time: number): void {
    const from = this.#byCareOfAddress.peek(bytes, source);
    if (from !== undefined && equalBytes(bytes, destination, from.peer, 0, 16)) {
      from.tunnelPackets++;
      if (equalBytes(bytes, source, from.careOfAddress, 0, 16)) from.lastTunnelFrom = time;
      else {
        from.lastTunnelFromPrevious = time;
        this.previousHeardAt = time;
      }
      return;
    }
    const to = this.#byCareOfAddress.peek(bytes, destination);
    if (to !== undefined && equalBytes(bytes, source, to.peer, 0, 16)) {
      to.tunnelPackets++;
      if (equalBytes(bytes, destination, to.careOfAddress, 0, 16)) to.lastTunnelTo = time;
    }
  }

  /**
   * Applies a readable Binding Update.
   * @param isAuthenticated its Binding Authorization Data was verified.
   */
  bindingUpdate(
    event: MobilityEvent,
    message: MessageOf<'binding-update'>,
    isAuthenticated: boolean,
  ): void {
    // A proxy registration has no home address of a mobile node here. RFC 5213 section 8.1.
    if ((message.flags & PROXY_REGISTRATION) !== 0) return;
    const { context } = event;
    const homeAddress = context.homeAddressOption ?? context.source;
    const peer = context.routingHomeAddress ?? context.destination;
    const isHome = (message.flags & HOME_REGISTRATION) !== 0;
    const careOfAddress = requestedCareOfAddress(event);
    // RFC 6275 section 9.5.1: no receiver makes a binding of such addresses.
    const isOverIpv4 = context.ipv4Outer !== undefined && isIpv4Mapped(careOfAddress);
    if (!isUnicastRoutable(homeAddress)) return;
    if (!isOverIpv4 && !isUnicastRoutable(careOfAddress)) return;
    const isDeletion = message.lifetime === 0 || isSameAddress(careOfAddress, homeAddress);
    const lifetime = isDeletion ? 0 : lifetimeSeconds(message.lifetime);
    const knownBy = knowledge(event, isAuthenticated);
    const before = this.find(homeAddress, peer);
    if (before !== undefined && (before.role === 'home') !== isHome && before.registeredAt > 0) {
      const isOfCorrespondent = findOption(event.header.options, 'nonce-indices') !== undefined;
      // A home de-registration may have lost its flag.
      const isMeant = isHome || !isDeletion || isOfCorrespondent;
      const isKnown = before.flags !== undefined || before.knownBy === 'inferred';
      // RFC 6275 section 9.5.1: refused with status 139.
      if (isMeant && isKnown && isCurrent(before, context.packet.time)) return;
      if (isMeant) before.role = isHome ? 'home' : 'correspondent';
    }
    const binding = this.#open(
      homeAddress,
      peer,
      isHome ? 'home' : 'correspondent',
      context.packet,
    );
    this.#now = context.packet;
    const isCopy =
      (binding.pending?.sequence === message.sequence && binding.pending.lifetime === lifetime) ||
      (binding.sequence === message.sequence &&
        (isDeletion
          ? binding.phase === 'deregistered'
          : isSameAddress(binding.careOfAddress, careOfAddress)));
    if (isCopy) return;
    binding.flags = message.flags;
    binding.knownBy = knownBy;
    binding.pending = {
      careOfAddress,
      sequence: message.sequence,
      lifetime,
      isHomeStyle:
        context.homeAddressOption === undefined &&
        context.outer === undefined &&
        context.ipv4Outer === undefined,
      relay: undefined,
      packet: context.packet,
    };
    if (isDeletion) {
      if (binding.phase !== 'deregistered') binding.phase = 'deregistration-sent';
      this.#change(binding, 'deregistration-sent', undefined, undefined);
    } else {
      if (binding.phase !== 'registered') binding.phase = 'requested';
      this.#change(binding, 'requested', undefined, undefined);
    }
    // RFC 6275 section 9.5.4: without the A bit a correspondent stays silent when it accepts.
    if (!isHome && (message.flags & ACKNOWLEDGE) === 0) this.#accept(binding, lifetime, knownBy, 0);
  }

  /** Applies a readable Binding Acknowledgement. */
  bindingAcknowledgement(
    event: MobilityEvent,
    message: MessageOf<'binding-acknowledgement'>,
  ): void {
    const { context } = event;
    const homeAddress = context.routingHomeAddress ?? context.destination;
    const peer = context.homeAddressOption ?? context.source;
    this.#now = context.packet;
    const knownBy = knowledge(event, false);
    let binding = this.find(homeAddress, peer);
    const lifetime = lifetimeSeconds(message.lifetime);
    if (binding === undefined) {
      // The Binding Update was not seen: what the acknowledgement says stands alone.
      if (!isAccepted(message.status) || context.routingHomeAddress === undefined) return;
      const isOfCorrespondent =
        findOption(event.header.options, 'binding-authorization-data') !== undefined;
      const role = isOfCorrespondent ? 'correspondent' : 'home';
      binding = this.#open(homeAddress, peer, role, context.packet);
    }
    const { pending } = binding;
    if (pending === undefined) {
      if (binding.sequence === message.sequence) return;
      if (!isAccepted(message.status)) return;
      if (context.routingHomeAddress === undefined && lifetime > 0) return;
      binding.pending = {
        careOfAddress: lifetime === 0 ? homeAddress : context.destination,
        sequence: message.sequence,
        lifetime,
        isHomeStyle: context.routingHomeAddress === undefined,
        relay: undefined,
        packet: context.packet,
      };
    }
    if (!isAccepted(message.status)) {
      binding.pending = undefined;
      const wasRegistered = binding.registeredAt > 0 && binding.phase !== 'deregistered';
      if (wasRegistered && context.packet.time < binding.expiresAt) binding.phase = 'registered';
      this.#change(binding, 'rejected', undefined, message.status);
      return;
    }
    if (binding.pending !== undefined && binding.pending.sequence === undefined) {
      binding.pending = { ...binding.pending, sequence: message.sequence };
    }
    const better = binding.knownBy === 'authenticated' ? 'authenticated' : knownBy;
    this.#accept(binding, lifetime, better, message.status);
  }

  /** Infers from an ESP packet that could not be opened what its layout gives away. */
  encrypted(event: EspEvent): void {
    const { context, layout } = event;
    this.#now = context.packet;
    if (layout === 'home-address-option' && context.homeAddressOption !== undefined) {
      const binding = this.#open(
        context.homeAddressOption,
        context.destination,
        'home',
        context.packet,
      );
      // What a correspondent gets behind a Home Address option is payload.
      if (binding.role === 'correspondent') return;
      // The node at its registered care-of address only refreshes, unless it had asked to be deleted before.
      if (binding.phase === 'registered' && isSameAddress(binding.careOfAddress, context.source))
        return;
      if (
        binding.pending !== undefined &&
        isSameAddress(binding.pending.careOfAddress, context.source)
      )
        return;
      if (binding.pending?.relay !== undefined) return;
      binding.pending = inferredUpdate(context.source, undefined, false, context.packet);
      if (!isLive(binding)) {
        binding.phase = 'requested';
        binding.knownBy = 'inferred';
      }
      this.#change(binding, 'requested', undefined, undefined);
      return;
    }
    if (layout === 'type-2-routing-header' && context.routingHomeAddress !== undefined) {
      const { routingHomeAddress, source, destination } = context;
      const binding = this.#open(routingHomeAddress, source, 'home', context.packet);
      if (binding.role === 'correspondent') return;
      const { pending } = binding;
      if (pending?.relay !== undefined && isSameAddress(pending.relay, destination)) {
        this.#accept(binding, 0, 'inferred', undefined);
        return;
      }
      if (binding.phase === 'registered' && isSameAddress(binding.careOfAddress, destination))
        return;
      if (pending?.lifetime === undefined || binding.phase === 'requested') {
        binding.pending = inferredUpdate(destination, undefined, false, context.packet);
        this.#accept(binding, undefined, 'inferred', undefined);
      }
      return;
    }
    this.#encryptedPlain(event);
  }

  /** Plain ESP between a home address and its agent: how a node at home speaks. RFC 3776 section 3.1. */
  #encryptedPlain(event: EspEvent): void {
    const { context } = event;
    const sent = this.find(context.source, context.destination);
    if (sent?.role === 'home' && sent.phase === 'registered') {
      sent.pending = inferredUpdate(context.source, 0, true, context.packet);
      sent.phase = 'deregistration-sent';
      this.#change(sent, 'deregistration-sent', undefined, undefined);
      return;
    }
    const answered = this.find(context.destination, context.source);
    if (answered?.phase === 'deregistration-sent' && answered.pending?.sequence === undefined) {
      this.#accept(answered, 0, 'inferred', undefined);
    }
  }

  /** A Binding Update that was caught being relayed: a de-registration, wherever it came from. */
  relayed(event: RelayEvent): void {
    if (event.direction !== 'to-home-agent') return;
    const binding = this.find(event.homeAddress, event.homeAgent);
    if (binding === undefined) return;
    this.#now = event.context.packet;
    if (binding.pending?.lifetime === 0) {
      binding.pending = { ...binding.pending, relay: event.relay };
    } else if (binding.pending?.sequence === undefined) {
      binding.pending = {
        ...inferredUpdate(event.homeAddress, 0, true, event.plain),
        relay: event.relay,
      };
    }
  }

  /**
   * A Binding Update that was caught being relayed did not reach the home agent: the node has asked for its deletion, and
   * nobody has heard it.
   */
  keptFromAgent(event: RelayEvent): void {
    const binding = this.find(event.homeAddress, event.homeAgent);
    if (event.direction !== 'to-home-agent' || binding?.pending?.lifetime !== 0) return;
    const { time } = event.context.packet;
    this.#now = event.context.packet;
    binding.pending = undefined;
    const isCurrentOne = binding.registeredAt > 0 && isCurrent(binding, time);
    if (binding.phase === 'deregistration-sent' && isCurrentOne) binding.phase = 'registered';
    this.#change(binding, 'rejected', undefined, undefined);
  }

  /** Ends bindings whose lifetime ran out. @param packet the packet at which time moved on. */
  expire(packet: PacketReference, isEnd: boolean): void {
    if (!isEnd && packet.time - this.#lastSweep < SWEEP_INTERVAL) return;
    this.#lastSweep = packet.time;
    this.#now = packet;
    for (const binding of this.all()) {
      if (!isLive(binding) || binding.lifetime === undefined || packet.time < binding.expiresAt)
        continue;
      binding.phase = 'expired';
      binding.pending = undefined;
      this.#change(binding, 'expired', undefined, undefined);
    }
  }

  #open(
    homeAddress: Uint8Array,
    peer: Uint8Array,
    role: Binding['role'],
    packet: PacketReference,
  ): Binding {
    let list = this.#byHomeAddress.get(homeAddress);
    if (list === undefined) {
      list = [];
      this.#byHomeAddress.set(homeAddress, 0, list);
    }
    const known = list.find((binding) => isSameAddress(binding.peer, peer));
    if (known !== undefined) {
      return known;
    }
    if (list.length >= MAX_BINDINGS_PER_HOME_ADDRESS) {
      const index = Math.max(
        0,
        list.findIndex((binding) => !isLive(binding)),
      );
      for (const evicted of list.splice(index, 1)) this.#forget(evicted);
    }
    const binding: Binding = {
      homeAddress,
      peer,
      role,
      phase: 'requested',
      careOfAddress: homeAddress,
      sequence: undefined,
      lifetime: undefined,
      flags: undefined,
      knownBy: 'inferred',
      acceptedBy: undefined,
      acceptedIn: undefined,
      firstSeen: packet.time,
      registeredAt: 0,
      expiresAt: 0,
      lastChange: packet,
      previousCareOfAddresses: [],
      isCareOfAddressShared: false,
      pending: undefined,
      history: [],
      historyDropped: 0,
      lastTunnelFrom: 0,
      lastTunnelTo: 0,
      lastTunnelFromPrevious: 0,
      lastTunnelFromBeforeMove: 0,
      tunnelPackets: 0,
    };
    list.push(binding);
    return binding;
  }

  /** @param granted lifetime of the acknowledgement in seconds; undefined when it could not be read. */
  #accept(
    binding: Binding,
    granted: number | undefined,
    knownBy: BindingKnowledge,
    status: number | undefined,
  ): void {
    const { pending } = binding;
    if (pending === undefined) return;
    const previous = binding.careOfAddress;
    const isDeletion = pending.lifetime === 0 || granted === 0;
    const wasLive = isLive(binding);
    binding.pending = undefined;
    binding.sequence = pending.sequence ?? binding.sequence;
    binding.knownBy = knownBy;
    if (isDeletion) {
      if (binding.registeredAt > 0) this.#remember(binding, previous);
      binding.phase = 'deregistered';
      binding.careOfAddress = binding.homeAddress;
      binding.lifetime = 0;
      binding.expiresAt = this.#now.time;
      this.#change(binding, 'deregistered', previous, status);
      return;
    }
    const lifetime = granted ?? pending.lifetime;
    const moved = wasLive && !isSameAddress(previous, pending.careOfAddress);
    if (moved) this.#remember(binding, previous);
    binding.phase = 'registered';
    binding.careOfAddress = pending.careOfAddress;
    binding.lifetime = lifetime;
    binding.registeredAt = this.#now.time;
    binding.acceptedBy = knownBy;
    binding.acceptedIn = this.#now;
    binding.expiresAt = lifetime === undefined ? 0 : this.#now.time + lifetime * 1e6;
    if (moved || !wasLive) {
      binding.lastTunnelFromBeforeMove = moved ? binding.lastTunnelFrom : 0;
      binding.isCareOfAddressShared = false;
      binding.lastTunnelFrom = 0;
      binding.lastTunnelTo = 0;
      binding.lastTunnelFromPrevious = 0;
    }
    if (binding.role === 'home') this.#setCareOfAddress(binding);
    this.#change(
      binding,
      moved ? 'moved' : wasLive ? 'refreshed' : 'registered',
      wasLive ? previous : undefined,
      status,
    );
  }

  /** The binding has its care-of address now, and maybe not alone. */
  #setCareOfAddress(binding: Binding): void {
    const { careOfAddress } = binding;
    const other = this.#byCareOfAddress.get(careOfAddress);
    if (
      other !== undefined &&
      other !== binding &&
      isSameAddress(other.careOfAddress, careOfAddress)
    ) {
      other.isCareOfAddressShared = true;
      binding.isCareOfAddressShared = true;
    }
    if (other !== binding) this.#byCareOfAddress.set(careOfAddress, 0, binding);
  }

  #remember(binding: Binding, careOfAddress: Uint8Array): void {
    const list = binding.previousCareOfAddresses;
    if (list.some((item) => isSameAddress(item, careOfAddress))) return;
    if (list.length >= MAX_PREVIOUS) list.shift();
    list.push(careOfAddress);
  }

  #change(
    binding: Binding,
    change: BindingEvent['change'],
    previousCareOfAddress: Uint8Array | undefined,
    status: number | undefined,
  ): void {
    binding.lastChange = this.#now;
    const { pending } = binding;
    const isAsked =
      change === 'requested' || change === 'deregistration-sent' || change === 'rejected';
    const isFull =
      binding.history.length >= MAX_HISTORY ||
      (this.#historyLength >= MAX_TOTAL_HISTORY && binding.history.length >= 2);
    if (isFull) {
      binding.history.splice(1, 1);
      binding.historyDropped++;
    } else this.#historyLength++;
    binding.history.push({
      packet: this.#now,
      phase: isAsked ? change : binding.phase,
      careOfAddress: pending?.careOfAddress ?? binding.careOfAddress,
      sequence: pending?.sequence ?? binding.sequence,
      lifetime: pending === undefined ? binding.lifetime : pending.lifetime,
      status,
      knownBy: binding.knownBy,
    });
    this.#emit({
      kind: 'binding',
      change,
      binding,
      previousCareOfAddress,
      packet: this.#now,
    });
  }

  #forget(binding: Binding): void {
    this.#historyLength -= binding.history.length;
    for (const address of [binding.careOfAddress, ...binding.previousCareOfAddresses]) {
      if (this.#byCareOfAddress.get(address) === binding) this.#byCareOfAddress.delete(address);
    }
    if (!isLive(binding)) return;
    this.evictions++;
    this.#emit({
      kind: 'binding',
      change: 'evicted',
      binding,
      previousCareOfAddress: undefined,
      packet: this.#now,
    });
  }
}

function knowledge(event: MobilityEvent, isAuthenticated: boolean): BindingKnowledge {
  const { protection, esp } = event.context;
  if (esp?.security?.isInferred === true) return 'null-encryption';
  if (protection !== 'none') return 'decrypted';
  return isAuthenticated ? 'authenticated' : 'clear';
}

function inferredUpdate(
  careOfAddress: Uint8Array,
  lifetime: number | undefined,
  isHomeStyle: boolean,
  packet: PacketReference,
): PendingUpdate {
  return { careOfAddress, sequence: undefined, lifetime, isHomeStyle, relay: undefined, packet };
}
