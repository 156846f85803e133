/**
 * Router advertisements of a router or home agent. RFC 4861 section 6.2, RFC 6275 sections 7 and 10.
 */
import { isUnspecified } from '../../dissectors/core/address.ts';
import type { Icmpv6Message, Icmpv6MessageOf } from '../../dissectors/icmpv6/index.ts';
import type { RandomSource, ScheduledAction, Scheduler } from '../../engine/ports.ts';
import { TokenBucket } from '../node-log.ts';
import type { NodeLog } from '../node-log.ts';
import { randomBetween } from '../random-number.ts';
import { advertisedConfiguration, inconsistencies } from './advertised-configuration.ts';
import type { AdvertisedConfiguration, RouterConfiguration } from './advertised-configuration.ts';
import { ALL_NODES } from './link-address.ts';
import { discoveryPacket } from './neighbor-discovery.ts';
import type { LinkMessage, NetworkInterface } from './network-interface.ts';
import { routerAdvertisements } from './router-advertisement.ts';

/** RFC 4861 section 10; milliseconds. */
const MAX_INITIAL_RTR_ADVERT_INTERVAL = 16_000;
const MAX_INITIAL_RTR_ADVERTISEMENTS = 3;
const MAX_RA_DELAY_TIME = 500;
/** Answers to single hosts at once and in a second; others are answered together. */
const UNICAST_BURST = 10;
const UNICAST_RATE = 10;
/** Remarks on other routers in a minute. */
const REMARKS = 1;

/** Signs advertisements. RFC 3971. */
export interface AdvertisementSigner {
  /** Octets that a message grows by at most. */
  readonly addedOctets: number;
  /** Whether it can sign what leaves from an address: only those generated from its key. */
  canSignFor(address: Uint8Array): boolean;
  /**
   * The packet of an advertisement.
   * @param solicitation what it answers; undefined = nothing
   */
  packet(
    message: Icmpv6MessageOf<'router-advertisement'>,
    source: Uint8Array,
    destination: Uint8Array,
    solicitation: LinkMessage | undefined,
  ): Uint8Array;
}

/** What an advertiser is made of. */
export interface RouterAdvertiserOptions {
  readonly interface: NetworkInterface;
  readonly scheduler: Scheduler;
  readonly random: RandomSource;
  readonly log: NodeLog;
  readonly configuration: RouterConfiguration;
  /** Default: nothing is signed. The link-local address of the interface has to be one that it can sign for. */
  readonly signer?: AdvertisementSigner | undefined;
}

/** Advertises a router on one link, as soon as its link-local address is assigned. */
export class RouterAdvertiser {
  readonly #options: RouterAdvertiserOptions;
  readonly #unicastLimit: TokenBucket;
  readonly #remarkLimit: TokenBucket;
  /** Solicitation that the next multicast advertisement answers, when it is one of a host without an address. */
  #asked: LinkMessage | undefined;
  #configuration: AdvertisedConfiguration;
  /** Advertisements left that come at short intervals. */
  #initial = MAX_INITIAL_RTR_ADVERTISEMENTS;
  #lastMulticast = -Infinity;
  #next: { readonly action: ScheduledAction; readonly at: number } | undefined;
  #isClosed = false;

  /** @throws RangeError that names everything wrong with the configuration */
  constructor(options: RouterAdvertiserOptions) {
    const { scheduler, configuration } = options;
    const link = options.interface;
    if (options.signer?.canSignFor(link.linkLocal) === false) {
      throw new RangeError('expected a link-local address that is generated from the key of SEND');
    }
    this.#options = options;
    this.#configuration = advertisedConfiguration(configuration);
    this.#unicastLimit = new TokenBucket(UNICAST_BURST, UNICAST_RATE, scheduler.now);
    this.#remarkLimit = new TokenBucket(REMARKS, REMARKS / 60, scheduler.now);
    link.onRouterSolicitation((packet) => {
      this.#solicited(packet);
    });
    link.onRouterAdvertisement((packet, message) => {
      this.#compare(packet, message);
    });
    link.onAddressChange(() => {
      if (this.#next === undefined && this.#isReady) this.#restart();
    });
    link.onLinkChange((isUp) => {
      if (isUp) this.#restart();
    });
    this.#restart();
  }

  /** What is advertised, with the defaults filled in. */
  get configuration(): AdvertisedConfiguration {
    return this.#configuration;
  }

  /**
   * Advertises something else from now on, soon and a few times. RFC 4861 section 6.2.4.
   * @throws RangeError that names everything wrong with the configuration
   */
  reconfigure(configuration: RouterConfiguration): void {
    this.#configuration = advertisedConfiguration(configuration);
    this.#restart();
  }

  /** Stops; a last advertisement says that this is no router any more, unless it is not wanted. RFC 4861 section 6.2.5. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#next?.action.cancel();
    this.#next = undefined;
    if (this.#configuration.sendsFinal && this.#isReady) this.#send(ALL_NODES, true);
  }

  get #isReady(): boolean {
    const link = this.#options.interface;
    return link.owns(link.linkLocal);
  }

  /** As when the interface becomes an advertising one. */
  #restart(): void {
    if (this.#isClosed) return;
    this.#initial = MAX_INITIAL_RTR_ADVERTISEMENTS;
    const { minDelayBetweenRas, isUnsolicited } = this.#configuration;
    const wait = this.#lastMulticast + minDelayBetweenRas * 1000 - this.#options.scheduler.now;
    if (isUnsolicited) this.#schedule(Math.max(0, wait));
  }

  #schedule(wait: number): void {
    const { scheduler } = this.#options;
    this.#next?.action.cancel();
    const action = scheduler.after(wait, () => {
      this.#next = undefined;
      this.#advertise();
    });
    this.#next = { action, at: scheduler.now + wait };
  }

  /** One multicast advertisement, and the next after a random time. RFC 4861 section 6.2.4. */
  #advertise(): void {
    const { scheduler, random } = this.#options;
    // Begins when the link-local address is there.
    if (!this.#isReady) return;
    this.#lastMulticast = scheduler.now;
    this.#send(ALL_NODES, false, this.#asked);
    this.#asked = undefined;
    const { minInterval, maxInterval, isUnsolicited } = this.#configuration;
    if (!isUnsolicited) return;
    let wait = randomBetween(random, minInterval * 1000, maxInterval * 1000);
    if (this.#initial > 0) this.#initial--;
    if (this.#initial > 0) wait = Math.min(wait, MAX_INITIAL_RTR_ADVERT_INTERVAL);
    this.#schedule(wait);
  }

  /** RFC 4861 section 6.2.6. */
  #solicited(solicitation: LinkMessage): void {
    const { wireSource } = solicitation;
    const { scheduler, random } = this.#options;
    if (this.#isClosed) return;
    const delay = randomBetween(random, 0, MAX_RA_DELAY_TIME);
    const { answers, minDelayBetweenRas } = this.#configuration;
    const isAlone = answers === 'unicast' && !isUnspecified(wireSource);
    if (isAlone && this.#unicastLimit.take(scheduler.now)) {
      scheduler.after(delay, () => {
        if (!this.#isClosed && this.#isReady) this.#send(wireSource, false, solicitation);
      });
      return;
    }
    // The first asker's: whoever asks without end must not take its place.
    this.#asked ??= solicitation;
    const { now } = scheduler;
    const earliest = this.#lastMulticast + minDelayBetweenRas * 1000;
    const at = earliest > now ? earliest + delay : now + delay;
    if (this.#next === undefined || at < this.#next.at) this.#schedule(at - now);
  }

  #send(destination: Uint8Array, isFinal: boolean, solicitation?: LinkMessage): void {
    const link = this.#options.interface;
    const source = link.linkLocal;
    const { linkLayerAddress, port } = link;
    const { signer } = this.#options;
    const room = port.mtu - (signer?.addedOctets ?? 0);
    const messages = routerAdvertisements(this.#configuration, linkLayerAddress, room, isFinal);
    for (const message of messages) {
      const packet =
        signer?.packet(message, source, destination, solicitation) ??
        discoveryPacket(message, source, destination);
      link.transmit(packet, destination);
    }
  }

  /** RFC 4861 section 6.2.7: routers of a link that say different things are worth a word. */
  #compare(
    packet: LinkMessage,
    message: Extract<Icmpv6Message, { kind: 'router-advertisement' }>,
  ): void {
    const { log, scheduler } = this.#options;
    const link = this.#options.interface;
    const details = inconsistencies(this.#configuration, packet, message);
    if (details === undefined || !this.#remarkLimit.take(scheduler.now)) return;
    log({
      level: 'warn',
      event: 'router-advertisement-inconsistent',
      details: { interface: link.name, ...details },
    });
  }
}
