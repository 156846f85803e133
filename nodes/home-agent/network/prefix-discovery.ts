/**
 * Mobile prefix discovery: prefixes of the home link for mobile nodes away from it, asked for or not.
 * RFC 6275 sections 6.7, 6.8 and 10.6.
 */
import { addressKey, isSameAddress } from '../../../dissectors/core/address.ts';
import type { AddressKey } from '../../../dissectors/core/address.ts';
import { u16 } from '../../../dissectors/core/bytes.ts';
import { MOBILE_PREFIX_ADVERTISEMENT_FLAGS } from '../../../dissectors/icmpv6/index.ts';
import type { Icmpv6MessageOf } from '../../../dissectors/icmpv6/index.ts';
import type { ScheduledAction } from '../../../engine/ports.ts';
import { prefixInformation } from '../../interface/router-advertisement.ts';
import type { InboundPacket } from '../../ip/packet.ts';
import { randomFraction } from '../../random-number.ts';
import type { HomeAgentContext } from '../home-agent-parts.ts';
import type { HomePrefix } from '../home-prefixes.ts';
import {
  MAX_MOB_PFX_ADV_INTERVAL,
  MIN_MOB_PFX_ADV_INTERVAL,
  PREFIX_ADVERTISEMENT_SPACING,
  PREFIX_ADV_RETRIES,
  PREFIX_ADV_TIMEOUT,
} from './constants.ts';
import type { HomeLink } from './home-link.ts';

/** Between looks for mobile nodes that have not been told anything for long. */
const SWEEP_INTERVAL = 3_600_000;
/** Home addresses without binding whose last answer is remembered; the oldest goes first. */
const MAX_STRANGERS = 1024;
/** Option octets that fit the smallest link behind IPv6, routing header, ESP and the fixed part. */
const MAX_PREFIX_OPTIONS = 34;

interface Delivery {
  readonly homeAddress: Uint8Array;
  /** Milliseconds; the time of the registration, before anything was sent. */
  lastSent: number;
  /** Unsolicited advertisement at its time of chance. */
  scheduled: ScheduledAction | undefined;
  retransmission: ScheduledAction | undefined;
  retries: number;
  /** An unsolicited advertisement has drawn no solicitation yet. */
  isUnacknowledged: boolean;
  /** A solicitation that came too soon after an advertisement. */
  deferred: ScheduledAction | undefined;
}

/** Sends Mobile Prefix Advertisements. One delivery for each home registration. */
export class PrefixDiscovery {
  readonly #context: HomeAgentContext;
  readonly #linkOf: (prefix: HomePrefix) => HomeLink | undefined;
  readonly #deliveries = new Map<AddressKey, Delivery>();
  readonly #strangers = new Map<AddressKey, number>();
  #sweep: ScheduledAction | undefined;

  constructor(
    context: HomeAgentContext,
    links: readonly HomeLink[],
    linkOf: (prefix: HomePrefix) => HomeLink | undefined,
  ) {
    const { host, events, prefixes } = context;
    this.#context = context;
    this.#linkOf = linkOf;
    for (const entry of host.bindings.entries()) {
      if (entry.isHomeRegistration) this.#begin(entry.homeAddress);
    }
    host.icmpv6.handle('mobile-prefix-solicitation', (packet, message) => {
      this.#solicited(packet, message);
    });
    events.onRegistered(({ homeAddress }) => {
      this.#begin(homeAddress);
    });
    events.onRefreshed(({ homeAddress }) => {
      this.#refreshed(homeAddress);
    });
    events.onDeregistered(({ homeAddress }) => {
      this.#end(homeAddress);
    });
    prefixes.onChange((prefix, before) => {
      this.#changed(prefix, before);
    });
    for (const link of links) {
      link.onNewPrefix = () => {
        this.#scheduleAll((prefix) => this.#linkOf(prefix) === link);
      };
    }
  }

  close(): void {
    this.#sweep?.cancel();
    for (const delivery of this.#deliveries.values()) stop(delivery);
    this.#deliveries.clear();
  }

  /** RFC 6275 section 10.6.2: to whom a change matters. */
  #changed(prefix: HomePrefix, before: HomePrefix | undefined): void {
    if (before === undefined) {
      this.#scheduleAll((each) => each.interface === prefix.interface);
      return;
    }
    const isSame =
      before.isOnLink === prefix.isOnLink &&
      before.isAutonomous === prefix.isAutonomous &&
      before.validUntil === prefix.validUntil &&
      before.preferredUntil === prefix.preferredUntil &&
      isSameAddress(before.agentAddress, prefix.agentAddress);
    if (!isSame) this.#scheduleAll((each) => each === prefix);
  }

  #scheduleAll(isMeant: (prefix: HomePrefix) => boolean): void {
    for (const delivery of this.#deliveries.values()) {
      const prefix = this.#context.prefixes.of(delivery.homeAddress);
      if (prefix !== undefined && isMeant(prefix)) this.#schedule(delivery, prefix);
    }
  }

  /** What is sent is made when it is sent: a later change is in it, and in place of what was not acknowledged. */
  #schedule(delivery: Delivery, prefix: HomePrefix): void {
    delivery.retransmission?.cancel();
    delivery.retransmission = undefined;
    if (delivery.scheduled?.isPending === true) return;
    const { host, prefixes } = this.#context;
    const { preferred } = prefixes.remaining(prefix);
    const most = Math.min(MAX_MOB_PFX_ADV_INTERVAL, preferred);
    const spread = Math.abs(most - MIN_MOB_PFX_ADV_INTERVAL);
    const delay = MIN_MOB_PFX_ADV_INTERVAL + randomFraction(host.random) * spread;
    delivery.scheduled = host.scheduler.after(delay * 1000, () => {
      delivery.scheduled = undefined;
      delivery.retries = 0;
      this.#sendUnsolicited(delivery);
    });
  }

  #sendUnsolicited(delivery: Delivery): void {
    const { host } = this.#context;
    const entry = host.bindings.find(delivery.homeAddress);
    if (entry === undefined) return;
    const wait = delivery.lastSent + PREFIX_ADVERTISEMENT_SPACING - host.scheduler.now;
    if (wait > 0) {
      this.#retransmitAfter(delivery, wait);
      return;
    }
    delivery.isUnacknowledged = true;
    delivery.lastSent = host.scheduler.now;
    this.#send(
      delivery.homeAddress,
      entry.localAddress,
      entry.careOfAddress,
      u16(host.random.octets(2), 0),
    );
    if (delivery.retries >= PREFIX_ADV_RETRIES) return;
    this.#retransmitAfter(delivery, PREFIX_ADV_TIMEOUT * 2 ** delivery.retries);
    delivery.retries++;
  }

  #retransmitAfter(delivery: Delivery, wait: number): void {
    delivery.retransmission?.cancel();
    delivery.retransmission = this.#context.host.scheduler.after(wait, () => {
      delivery.retransmission = undefined;
      this.#sendUnsolicited(delivery);
    });
  }

  #solicited(
    packet: InboundPacket,
    { code, identifier }: Icmpv6MessageOf<'mobile-prefix-solicitation'>,
  ): void {
    const { host, prefixes } = this.#context;
    const { homeAddressOption: homeAddress, wireSource, wireDestination } = packet;
    // Open point HA-MPD-05: without Home Address option, no answer.
    if (homeAddress === undefined || code !== 0 || !host.owns(wireDestination)) return;
    const prefix = prefixes.of(homeAddress);
    if (prefix === undefined) return;
    const delivery = this.#deliveries.get(addressKey(homeAddress));
    if (delivery === undefined) {
      this.#answerStranger(homeAddress, prefix.agentAddress, wireSource, identifier);
      return;
    }
    // RFC 6275 section 10.6.2: a solicitation acknowledges what was sent unasked.
    delivery.isUnacknowledged = false;
    delivery.retransmission?.cancel();
    delivery.retransmission = undefined;
    delivery.deferred?.cancel();
    const wait = delivery.lastSent + PREFIX_ADVERTISEMENT_SPACING - host.scheduler.now;
    const answer = (): void => {
      delivery.deferred = undefined;
      delivery.lastSent = host.scheduler.now;
      const source = host.bindings.find(homeAddress)?.localAddress ?? prefix.agentAddress;
      this.#send(homeAddress, source, wireSource, identifier);
    };
    // RFC 6275 section 6.8: never more than one a second; the last question is answered then.
    if (wait <= 0) answer();
    else delivery.deferred = host.scheduler.after(wait, answer);
  }

  /** Without binding only what is protected comes here: the host answers other Home Address options with Binding Errors. */
  #answerStranger(
    homeAddress: Uint8Array,
    source: Uint8Array,
    destination: Uint8Array,
    identifier: number,
  ): void {
    const { now } = this.#context.host.scheduler;
    const key = addressKey(homeAddress);
    if ((this.#strangers.get(key) ?? -Infinity) + PREFIX_ADVERTISEMENT_SPACING > now) return;
    this.#strangers.delete(key);
    if (this.#strangers.size >= MAX_STRANGERS) {
      const oldest = this.#strangers.keys().next();
      if (oldest.done !== true) this.#strangers.delete(oldest.value);
    }
    this.#strangers.set(key, now);
    this.#send(homeAddress, source, destination, identifier);
  }

  /** RFC 6275 section 10.6.3. */
  #send(
    homeAddress: Uint8Array,
    source: Uint8Array,
    careOfAddress: Uint8Array,
    identifier: number,
  ): void {
    const { host, prefixes, options } = this.#context;
    const prefix = prefixes.of(homeAddress);
    const link = prefix === undefined ? undefined : this.#linkOf(prefix);
    if (link === undefined) return;
    const { managed, other } = MOBILE_PREFIX_ADVERTISEMENT_FLAGS;
    // RFC 6275 section 10.4.4: clear, unless mobile nodes can reach DHCPv6.
    const hasDhcpv6 = options.network?.hasDhcpv6 === true;
    const flags =
      (hasDhcpv6 && link.isManaged ? managed.mask : 0) |
      (hasDhcpv6 && link.isOther ? other.mask : 0);
    host.icmpv6.send(
      {
        kind: 'mobile-prefix-advertisement',
        code: 0,
        identifier,
        flags,
        options: link.prefixes.slice(0, MAX_PREFIX_OPTIONS).map(prefixInformation),
      },
      { source, destination: homeAddress, careOfDestination: careOfAddress },
    );
  }

  #begin(homeAddress: Uint8Array): void {
    const key = addressKey(homeAddress);
    const before = this.#deliveries.get(key);
    if (before !== undefined) stop(before);
    const { scheduler } = this.#context.host;
    this.#deliveries.set(key, {
      homeAddress,
      lastSent: this.#strangers.get(key) ?? scheduler.now - PREFIX_ADVERTISEMENT_SPACING,
      scheduled: undefined,
      retransmission: undefined,
      retries: 0,
      isUnacknowledged: false,
      deferred: undefined,
    });
    this.#sweepLater();
  }

  /** RFC 6275 section 10.6.2: whoever registers again without an acknowledgement is told again. */
  #refreshed(homeAddress: Uint8Array): void {
    const delivery = this.#deliveries.get(addressKey(homeAddress));
    if (delivery?.isUnacknowledged !== true || delivery.retransmission !== undefined) return;
    if (delivery.scheduled !== undefined) return;
    delivery.retries = 0;
    this.#retransmitAfter(delivery, 0);
  }

  #end(homeAddress: Uint8Array): void {
    const key = addressKey(homeAddress);
    const delivery = this.#deliveries.get(key);
    if (delivery === undefined) return;
    stop(delivery);
    this.#deliveries.delete(key);
  }

  #sweepLater(): void {
    if (this.#sweep?.isPending === true) return;
    const { scheduler } = this.#context.host;
    this.#sweep = scheduler.after(SWEEP_INTERVAL, () => {
      const latest = scheduler.now - MAX_MOB_PFX_ADV_INTERVAL * 1000;
      for (const delivery of this.#deliveries.values()) {
        const prefix = this.#context.prefixes.of(delivery.homeAddress);
        if (delivery.lastSent <= latest && prefix !== undefined) this.#schedule(delivery, prefix);
      }
      if (this.#deliveries.size > 0) this.#sweepLater();
    });
  }
}

function stop(delivery: Delivery): void {
  delivery.scheduled?.cancel();
  delivery.retransmission?.cancel();
  delivery.deferred?.cancel();
  delivery.scheduled = undefined;
  delivery.retransmission = undefined;
  delivery.deferred = undefined;
}
