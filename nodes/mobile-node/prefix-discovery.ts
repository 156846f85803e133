/**
 * Mobile prefix discovery, the mobile node's side: what has become of the home prefix. RFC 6275 sections 6.7, 6.8, 11.4.2
 * and 11.4.3.
 */
import { formatAddress, isSameAddress } from '../../dissectors/core/address.ts';
import { u16 } from '../../dissectors/core/bytes.ts';
import type { Icmpv6MessageOf } from '../../dissectors/icmpv6/index.ts';
import type { ScheduledAction } from '../../engine/ports.ts';
import type { AdvertisedPrefix } from '../interface/network-interface.ts';
import { advertisedPrefixes } from '../interface/router-list.ts';
import type { InboundPacket } from '../ip/packet.ts';
import { TokenBucket } from '../node-log.ts';
import { INITIAL_SOLICIT_TIMER, MAX_BINDACK_TIMEOUT } from './constants.ts';
import type { HomeAddress } from './home-address.ts';
import { isProtected } from './mobile-node-parts.ts';
import type { MobileNodeContext } from './mobile-node-parts.ts';

/** Advertisements nobody asked for prompt so many solicitations at once and in a second. */
const PROMPTED_BURST = 1;
const PROMPTED_RATE = 1 / 60;

/** What prefix discovery is made of. */
export interface PrefixDiscoveryOptions {
  readonly context: MobileNodeContext;
  readonly home: HomeAddress;
  /** Prefixes of a solicited advertisement. */
  readonly onPrefixes: (prefixes: readonly AdvertisedPrefix[]) => void;
}

/** Prefix discovery with the home agent of one home address. */
export class PrefixDiscovery {
  readonly #options: PrefixDiscoveryOptions;
  readonly #prompted: TokenBucket;
  /** Of the solicitation that waits for its advertisement. */
  #identifier: number | undefined;
  #timeout = INITIAL_SOLICIT_TIMER;
  #timer: ScheduledAction | undefined;

  constructor(options: PrefixDiscoveryOptions) {
    this.#options = options;
    const { now } = options.context.host.scheduler;
    this.#prompted = new TokenBucket(PROMPTED_BURST, PROMPTED_RATE, now);
  }

  get isUnderWay(): boolean {
    return this.#identifier !== undefined;
  }

  /** Asks, until there is an answer. */
  solicit(): void {
    if (this.isUnderWay || this.#options.home.state !== 'registered') return;
    this.#timeout = INITIAL_SOLICIT_TIMER;
    this.#send();
  }

  stop(): void {
    this.#identifier = undefined;
    this.#timer?.cancel();
  }

  /** An advertisement to this home address. @returns whether it counts */
  receive(packet: InboundPacket, message: Icmpv6MessageOf<'mobile-prefix-advertisement'>): boolean {
    const { context, home } = this.#options;
    // RFC 6275 section 11.4.3: from the home agent of the registration, to the home address behind the care-of address.
    const isFromHomeAgent =
      home.state === 'registered' && isSameAddress(packet.source, home.homeAgent);
    const isRouted = packet.type2RoutingHeader !== undefined || isTunnelProtected(packet);
    if (!isFromHomeAgent || !isRouted) return false;
    if (context.configuration.requiresProtection !== false && !isProtected(packet)) {
      context.alarm('prefix-advertisement-unprotected', {
        source: formatAddress(packet.wireSource),
      });
      return false;
    }
    if (this.#identifier === undefined || message.identifier !== this.#identifier) {
      // Nobody asked for it: it is not believed, but it may be a reason to ask.
      if (this.#prompted.take(context.host.scheduler.now)) this.solicit();
      return false;
    }
    this.stop();
    this.#options.onPrefixes(advertisedPrefixes(message.options));
    return true;
  }

  #send(): void {
    const { context, home } = this.#options;
    const { host } = context;
    const careOfSource = home.tunnelCareOfAddress;
    const destination = home.homeAgent;
    if (home.state !== 'registered' || careOfSource === undefined || destination === undefined) {
      this.stop();
      return;
    }
    // RFC 6275 section 11.4.2: a random number; each solicitation has its own, so that the latest is known.
    this.#identifier = u16(host.random.octets(2), 0);
    host.icmpv6.send(
      { kind: 'mobile-prefix-solicitation', code: 0, identifier: this.#identifier, options: [] },
      { source: home.address, destination, careOfSource, bypassesBindings: true },
    );
    const timeout = this.#timeout;
    this.#timeout = Math.min(MAX_BINDACK_TIMEOUT, 2 * timeout);
    this.#timer = host.scheduler.after(timeout, () => {
      this.#send();
    });
  }
}

/** RFC 4877 section 3: in ESP tunnel mode the home address is in the inner header, and there is no routing header. */
function isTunnelProtected(packet: InboundPacket): boolean {
  return packet.tunnels.at(-1)?.protection !== undefined;
}
