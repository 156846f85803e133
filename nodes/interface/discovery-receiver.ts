/**
 * What received neighbor discovery messages and listener queries do to an interface. RFC 4861 sections 6 and 7,
 * RFC 4862 section 5, RFC 3810 section 6.2.
 */
import {
  addressKey,
  formatAddress,
  formatMac,
  isLinkLocal,
  isUnspecified,
} from '../../dissectors/core/address.ts';
import { findNdOption } from '../../dissectors/icmpv6/index.ts';
import type { Icmpv6Message, Icmpv6MessageOf } from '../../dissectors/icmpv6/index.ts';
import type { RandomSource, Scheduler } from '../../engine/ports.ts';
import { TokenBucket } from '../node-log.ts';
import type { LogLevel, NodeLog } from '../node-log.ts';
import type { AddressTable } from './address-table.ts';
import { Autoconfiguration } from './autoconfiguration.ts';
import type { DuplicateDetection } from './duplicate-detection.ts';
import { isNodeLinkAddress } from './link-address.ts';
import type { MulticastMembership } from './multicast-membership.ts';
import type { NeighborCache } from './neighbor-cache.ts';
import {
  NA_OVERRIDE,
  NA_ROUTER,
  NA_SOLICITED,
  hasFlag,
  isChecksumRight,
  linkAddressOption,
  validDiscovery,
} from './neighbor-discovery.ts';
import type {
  AdvertisementListener,
  LinkMessage,
  NeighborAdvertisementListener,
} from './network-interface.ts';
import { advertisedPrefixes } from './router-list.ts';
import type { RouterList } from './router-list.ts';
import type { RouterSolicitations } from './router-solicitations.ts';
import type { SolicitationResponder } from './solicitation-responder.ts';

/** RFC 4861 section 10; RFC 1700's hop limit. */
const RETRANS_TIMER = 1000;
const DEFAULT_HOP_LIMIT = 64;
const MIN_MTU = 1280;
/** What a router may advertise of RetransTimer, milliseconds: others would flood the link, or stop detection. */
const LEAST_RETRANS_TIMER = 10;
const MOST_RETRANS_TIMER = 60_000;
/** AdvReachableTime, milliseconds. RFC 4861 section 6.2.1. */
const MOST_REACHABLE_TIME = 3_600_000;
/** Lines that strangers can cause: at once, and in a second. */
const LOG_BURST = 20;
const LOG_RATE = 1;

/** The parts of an interface that messages change. */
export interface DiscoveryReceiverOptions {
  readonly scheduler: Scheduler;
  readonly random: RandomSource;
  readonly log: NodeLog;
  /** Name of the interface. */
  readonly name: string;
  readonly isRouter: boolean;
  readonly usesDelays: boolean;
  /** Interface identifier of formed addresses. */
  readonly identifier: Uint8Array;
  readonly portMtu: number;
  readonly table: AddressTable;
  readonly detection: DuplicateDetection;
  readonly neighbors: NeighborCache;
  readonly routers: RouterList;
  readonly responder: SolicitationResponder;
  readonly membership: MulticastMembership;
  readonly solicitations: RouterSolicitations;
  readonly isAutoconfiguring: () => boolean;
  readonly acceptsAdvertisement: (packet: LinkMessage) => boolean;
}

/** Receiver of one interface, and the variables that routers set. */
export class DiscoveryReceiver {
  readonly advertisementListeners: AdvertisementListener[] = [];
  readonly solicitationListeners: ((packet: LinkMessage) => void)[] = [];
  readonly neighborListeners: NeighborAdvertisementListener[] = [];
  readonly #options: DiscoveryReceiverOptions;
  readonly #autoconfiguration: Autoconfiguration;
  readonly #logLimit: TokenBucket;
  #mtu: number;
  #hopLimit = DEFAULT_HOP_LIMIT;
  #retransTimer = RETRANS_TIMER;

  constructor(options: DiscoveryReceiverOptions) {
    const { scheduler, random, table, identifier, usesDelays, neighbors } = options;
    this.#options = options;
    this.#mtu = options.portMtu;
    this.#logLimit = new TokenBucket(LOG_BURST, LOG_RATE, scheduler.now);
    this.#autoconfiguration = new Autoconfiguration({
      scheduler,
      random,
      table,
      identifier,
      usesDelays,
      isConfirmed: (key) => neighbors.isConfirmed(key),
    });
  }

  /** LinkMTU, octets. */
  get mtu(): number {
    return this.#mtu;
  }

  /** CurHopLimit. */
  get hopLimit(): number {
    return this.#hopLimit;
  }

  /** RetransTimer, milliseconds. */
  get retransTimer(): number {
    return this.#retransTimer;
  }

  /** Takes a message, checks it and does what it says. */
  receive(packet: LinkMessage, message: Icmpv6Message): void {
    if (
      message.kind === 'multicast-listener-query' ||
      message.kind === 'multicast-listener-query-v2'
    ) {
      this.#query(packet, message);
      return;
    }
    const valid = validDiscovery(packet, message);
    if (valid === undefined) return;
    if (this.#options.table.owns(packet.wireSource)) {
      this.#tellConflict('address-conflict', packet.wireSource, packet);
      return;
    }
    switch (valid.kind) {
      case 'neighbor-solicitation':
        this.#neighborSolicitation(packet, valid);
        break;
      case 'neighbor-advertisement':
        this.#neighborAdvertisement(packet, valid);
        break;
      case 'router-advertisement':
        this.#routerAdvertisement(packet, valid);
        break;
      case 'router-solicitation':
        this.#routerSolicitation(packet, valid);
        break;
    }
  }

  /** An address turned out to be somebody else's. RFC 4862 section 5.4.5. */
  tellDuplicate(address: Uint8Array): void {
    this.#tell('warn', 'duplicate-address', { address: formatAddress(address) });
  }

  /** RFC 3810 section 6.2: from a link-local address, hop limit 1. */
  #query(
    packet: LinkMessage,
    message: Icmpv6MessageOf<'multicast-listener-query' | 'multicast-listener-query-v2'>,
  ): void {
    const isValid =
      packet.hopLimit === 1 &&
      packet.tunnels.length === 0 &&
      isLinkLocal(packet.wireSource) &&
      isChecksumRight(packet);
    if (isValid) this.#options.membership.query(message);
  }

  #neighborSolicitation(
    packet: LinkMessage,
    message: Icmpv6MessageOf<'neighbor-solicitation'>,
  ): void {
    const { detection, responder, neighbors } = this.#options;
    const { targetAddress: target } = message;
    const { wireSource: source } = packet;
    const isProbe = isUnspecified(source);
    // RFC 4862 section 5.4.3: who asks from `::` wants the address too; own frames never come back to here.
    if (isProbe && detection.conflict(addressKey(target))) return;
    // Tentative addresses are answered for by nobody.
    if (!responder.answersFor(target)) return;
    const told = linkAddressOption(message.options, 'source-link-layer-address');
    if (!isProbe && told !== undefined) neighbors.heard(source, told, undefined);
    const linkSource =
      told ?? neighbors.view(source)?.linkLayerAddress ?? nodeLinkAddress(packet.linkSource);
    responder.answer({ target, source, linkSource });
  }

  #neighborAdvertisement(
    packet: LinkMessage,
    message: Icmpv6MessageOf<'neighbor-advertisement'>,
  ): void {
    const { detection, neighbors, routers, table } = this.#options;
    const { targetAddress: target, flags } = message;
    if (detection.conflict(addressKey(target))) return;
    if (table.owns(target)) {
      this.#tellConflict('address-conflict', target, packet);
      return;
    }
    const hasBecomeHost = neighbors.advertised(target, {
      linkLayerAddress: linkAddressOption(message.options, 'target-link-layer-address'),
      isRouter: hasFlag(flags, NA_ROUTER),
      isSolicited: hasFlag(flags, NA_SOLICITED),
      isOverride: hasFlag(flags, NA_OVERRIDE),
    });
    if (hasBecomeHost) routers.remove(target);
    for (const listener of this.neighborListeners) listener(packet, message);
  }

  #routerSolicitation(packet: LinkMessage, message: Icmpv6MessageOf<'router-solicitation'>): void {
    const { isRouter, neighbors } = this.#options;
    // RFC 4861 section 6.2.6: hosts silently discard them.
    if (!isRouter) return;
    const { wireSource: source } = packet;
    if (!isUnspecified(source)) {
      const told = linkAddressOption(message.options, 'source-link-layer-address');
      if (told === undefined) neighbors.heardRole(source, false);
      else neighbors.heard(source, told, false);
    }
    for (const listener of this.solicitationListeners) listener(packet);
  }

  /** RFC 4861 section 6.3.4. */
  #routerAdvertisement(
    packet: LinkMessage,
    message: Icmpv6MessageOf<'router-advertisement'>,
  ): void {
    const { isRouter, neighbors, routers, solicitations } = this.#options;
    if (!this.#options.acceptsAdvertisement(packet)) return;
    const { wireSource: router } = packet;
    if (!isRouter) this.#setVariables(message);
    const told = linkAddressOption(message.options, 'source-link-layer-address');
    if (told === undefined) neighbors.heardRole(router, true);
    else neighbors.heard(router, told, true);
    const prefixes = advertisedPrefixes(message.options);
    routers.heard(router, message, prefixes);
    if (this.#options.isAutoconfiguring()) {
      const isMulticast = packet.wireDestination[0] === 0xff;
      this.#autoconfiguration.heard(prefixes, router, isMulticast);
    }
    if (message.routerLifetime > 0) solicitations.stop();
    for (const listener of this.advertisementListeners) listener(packet, message);
  }

  #setVariables(message: Icmpv6MessageOf<'router-advertisement'>): void {
    const { currentHopLimit, reachableTime, retransTimer } = message;
    const { neighbors, portMtu } = this.#options;
    if (currentHopLimit !== 0) this.#hopLimit = currentHopLimit;
    if (reachableTime !== 0 && reachableTime <= MOST_REACHABLE_TIME) {
      neighbors.setBaseReachableTime(reachableTime);
    }
    if (retransTimer >= LEAST_RETRANS_TIMER && retransTimer <= MOST_RETRANS_TIMER) {
      this.#retransTimer = retransTimer;
    } else if (retransTimer !== 0) {
      this.#tell('warn', 'retrans-timer-refused', { milliseconds: retransTimer });
    }
    const mtu = findNdOption(message.options, 'mtu')?.mtu;
    if (mtu !== undefined && mtu >= MIN_MTU && mtu <= portMtu) this.#mtu = mtu;
  }

  /** Somebody else uses an address of this interface, or claims to. RFC 4862 section 5.4.4. */
  #tellConflict(event: string, address: Uint8Array, packet: LinkMessage): void {
    this.#tell('alarm', event, {
      address: formatAddress(address),
      by: packet.linkSource === undefined ? 'unknown' : formatMac(packet.linkSource),
    });
  }

  /** Logs what strangers can cause, not more often than is useful. */
  #tell(level: LogLevel, event: string, details: Record<string, string | number>): void {
    const { log, name, scheduler } = this.#options;
    if (!this.#logLimit.take(scheduler.now)) return;
    log({ level, event, details: { interface: name, ...details } });
  }
}

function nodeLinkAddress(octets: Uint8Array | undefined): Uint8Array | undefined {
  return octets !== undefined && isNodeLinkAddress(octets) ? octets : undefined;
}
