/**
 * Movement detection on one interface: which router it is attached to, and when it is not any more.
 * RFC 6275 sections 11.5.1, 11.5.2 and 11.5.4.
 */
import { addressKey, formatAddress, isSameAddress } from '../../../dissectors/core/address.ts';
import type { AddressKey } from '../../../dissectors/core/address.ts';
import type { ScheduledAction } from '../../../engine/ports.ts';
import type { NetworkInterface } from '../../interface/network-interface.ts';
import type { MovementConfiguration } from '../mobile-node-parts.ts';
import { CareOfAddresses } from './care-of-addresses.ts';
import type { CareOfAddressesOptions } from './care-of-addresses.ts';
import { CurrentRouter, heardAdvertisement, sharesPrefix } from './current-router.ts';
import type { HeardAdvertisement } from './current-router.ts';
import type { HomeLinkGuard } from './home-link.ts';

/** Other routers that are remembered; who was not heard for longest goes first. */
const MAX_CANDIDATES = 8;
const DEFAULT_MISSED = 2;
const DEFAULT_ANSWER_WAIT = 120;
/** Time between solicitations of one neighbor, milliseconds. RFC 4861 section 10. */
const RETRANS_TIMER = 1000;
/** Time that routers have to answer solicitations before a link without an answering router is given up, milliseconds. */
const LINK_LOSS_WAIT = 4000;

/** What an attachment is made of. */
export interface LinkAttachmentOptions extends CareOfAddressesOptions {
  readonly guard: HomeLinkGuard;
  readonly movement: MovementConfiguration;
  /** The link-local address must not be asked for on the home link: the home agent answers for it. */
  readonly keepsLinkLocal: () => boolean;
}

/** One interface. */
export class LinkAttachment {
  readonly interface: NetworkInterface;
  readonly careOf: CareOfAddresses;
  readonly #options: LinkAttachmentOptions;
  readonly #candidates = new Map<AddressKey, HeardAdvertisement>();
  #router: CurrentRouter | undefined;
  /** The router before, while there is none. */
  #last: CurrentRouter | undefined;
  #isReplaying = false;
  #isAsking = false;
  /** Home prefixes on this link are not believed before, milliseconds of the scheduler. */
  #distrustedUntil = 0;
  #intervalTimer: ScheduledAction | undefined;
  #lifetimeTimer: ScheduledAction | undefined;
  #askTimer: ScheduledAction | undefined;
  #lossTimer: ScheduledAction | undefined;
  #isClosed = false;

  constructor(options: LinkAttachmentOptions) {
    const { interface: link, guard, scheduler } = options;
    this.#options = options;
    this.interface = link;
    // Addresses are formed here: of the router in use alone, and never the home address.
    link.isAutoconfiguring = false;
    this.careOf = new CareOfAddresses(options);
    link.acceptsAdvertisement = (packet) => guard.accepts(packet, link);
    link.onRouterAdvertisement((packet, message) => {
      if (!this.#isReplaying) this.#heard(heardAdvertisement(packet, message, scheduler.now));
    });
    link.onLinkChange((isUp) => {
      if (isUp) this.#linkCame();
      else options.onChange();
    });
    const before = link.onUnreachable;
    link.onUnreachable = (address, undelivered) => {
      before?.(address, undelivered);
      if (isSameAddress(address, this.#router?.address)) this.#unreachable();
    };
  }

  /** The router in use; undefined = not attached. */
  get router(): CurrentRouter | undefined {
    return this.#router;
  }

  /** Attached to the home link, as far as advertisements say. */
  get isHome(): boolean {
    return this.#router?.isHome === true && this.interface.port.isUp;
  }

  /** Looks for routers. */
  start(): void {
    if (this.interface.port.isUp) this.interface.solicitRouters();
  }

  /**
   * The home agent was not found behind an advertised home prefix: another router is used for a while.
   * @param isElsewhere another interface takes over
   * @returns whether there is anything better
   */
  distrustHome(milliseconds: number, isElsewhere: boolean): boolean {
    const other = [...this.#candidates.values()].find(
      (each) => this.#isDefaultRouter(each) && !this.#saysHome(each),
    );
    if (other === undefined && !isElsewhere) return false;
    this.#distrustedUntil = this.#options.scheduler.now + milliseconds;
    if (other === undefined) this.#detach('home-link-not-confirmed');
    else this.#attach(other);
    return true;
  }

  close(): void {
    this.#isClosed = true;
    this.#stopTimers();
    this.#askTimer?.cancel();
    this.#lossTimer?.cancel();
  }

  #heard(heard: HeardAdvertisement): void {
    if (this.#isClosed) return;
    const isHome = this.#saysHome(heard);
    if (isHome && this.#options.scheduler.now < this.#distrustedUntil) return;
    const current = this.#router;
    if (current === undefined) {
      if (this.#isDefaultRouter(heard)) this.#attach(heard);
      else if (isHome) this.#attach(heard);
      return;
    }
    if (current.isSame(heard) && current.isHome === isHome) {
      this.#refresh(current, heard);
      return;
    }
    if (isSameAddress(heard.packet.wireSource, current.address)) {
      // Nobody else on the old link can have its link-local address: this is another link, or home again.
      this.#attach(heard);
      return;
    }
    this.#remember(heard);
    // RFC 6275 section 11.5.5: the home prefix is on the link again.
    if (isHome && !current.isHome) {
      this.#attach(heard);
      return;
    }
    // RFC 6275 section 11.5.1: several routers of one link, told by a prefix in common.
    if (sharesPrefix(heard.prefixes, current.prefixes)) return;
    const canAsk = this.interface.owns(this.interface.linkLocal);
    if (current.isDoubted || (current.isUnverified && !canAsk)) {
      this.#attach(heard);
      return;
    }
    // RFC 6275 section 11.5.1: as long as the present router can be reached, it stays.
    if (!canAsk || (this.#options.movement.strategy === 'lazy' && !this.#isAsking)) return;
    // It has just answered: whoever advertises without end gets nowhere.
    if (this.#options.scheduler.now - current.confirmedAt < RETRANS_TIMER) return;
    this.#ask(1);
  }

  #saysHome({ prefixes }: HeardAdvertisement): boolean {
    return this.#options.guard.isHome(prefixes);
  }

  #isDefaultRouter({ message, at }: HeardAdvertisement): boolean {
    return at + message.routerLifetime * 1000 > this.#options.scheduler.now;
  }

  #remember(heard: HeardAdvertisement): void {
    const key = addressKey(heard.packet.wireSource);
    this.#candidates.delete(key);
    if (!this.#isDefaultRouter(heard)) return;
    if (this.#candidates.size >= MAX_CANDIDATES) {
      const oldest = this.#candidates.keys().next();
      if (oldest.done !== true) this.#candidates.delete(oldest.value);
    }
    this.#candidates.set(key, heard);
  }

  #refresh(router: CurrentRouter, heard: HeardAdvertisement): void {
    const wasUncertain = router.isDoubted || router.isUnverified;
    router.refresh(heard);
    this.#lossTimer?.cancel();
    this.#arm(router);
    if (!router.isHome) this.careOf.heard(heard.prefixes);
    if (heard.message.routerLifetime === 0 && !router.isHome) this.#replace('router-ceased');
    else if (wasUncertain) this.#options.onChange();
  }

  /** RFC 6275 section 11.5.1: a new default router, its prefixes, and care-of addresses of them. */
  #attach(heard: HeardAdvertisement): void {
    const { interface: link, tell, keepsLinkLocal } = this.#options;
    const before = this.#router ?? this.#last;
    const isHome = this.#saysHome(heard);
    const isSameLink =
      before !== undefined &&
      before.isHome === isHome &&
      sharesPrefix(before.prefixes, heard.prefixes);
    const router = new CurrentRouter(heard, isHome);
    this.#router = router;
    this.#candidates.delete(addressKey(router.address));
    this.#lossTimer?.cancel();
    this.#askTimer?.cancel();
    this.#isAsking = false;
    if (before !== undefined && !isSameLink) {
      // Routers and prefixes of the old link are not on this one. The router in use is learned again.
      link.forgetRouters();
      if (!isSameAddress(before.address, router.address)) link.forgetNeighbor(before.address);
      this.#isReplaying = true;
      link.receiveNeighborDiscovery(heard.packet, heard.message);
      this.#isReplaying = false;
      if (!isHome || !keepsLinkLocal()) this.#checkLinkLocal();
    }
    link.setStaticRouter(router.address);
    tell('info', 'attached', {
      interface: link.name,
      router: formatAddress(router.address),
      isHome,
      isSameLink,
    });
    this.#arm(router);
    if (!isHome) {
      // RFC 6275 section 11.5.4: the old link is gone, and its addresses with it.
      this.careOf.keepOnly(heard.prefixes);
      this.careOf.heard(heard.prefixes);
    }
    this.#options.onChange();
  }

  /** RFC 6275 section 11.5.1: a new link, so the link-local address may be somebody else's there. */
  #checkLinkLocal(): void {
    const { interface: link, detection } = this.#options;
    if (detection === 'optimistic') return;
    link.removeAddress(link.linkLocal);
    link.addAddress(link.linkLocal);
  }

  #linkCame(): void {
    // RFC 6275 section 11.5.1: first ask the router whether it is still there, then solicit others.
    if (this.#router === undefined) this.interface.solicitRouters();
    else {
      this.#router.isUnverified = true;
      this.#ask(1);
    }
    this.#options.onChange();
  }

  /** Asks the present router whether it is there. Another one that is heard meanwhile takes its place if it does not answer. */
  #ask(transmits: number): void {
    const router = this.#router;
    if (router === undefined || this.#isAsking) return;
    if (!this.interface.owns(this.interface.linkLocal)) {
      // Nothing to ask from: the link-local address is being checked itself.
      this.interface.solicitRouters();
      return;
    }
    const { scheduler, movement } = this.#options;
    this.#isAsking = true;
    const half = (movement.answerWait ?? DEFAULT_ANSWER_WAIT) / 2;
    const ifSilent = (action: () => void): void => {
      this.#askTimer = scheduler.after(half, () => {
        if (this.#router === router && this.#isAsking) action();
      });
    };
    // The whole answer time of neighbor discovery is long when another router waits. Its solicitations are limited to one
    // a second, so that the first may not have left yet: one more makes sure that the router was asked.
    ifSilent(() => {
      this.interface.solicit({ target: router.address, destination: router.address });
      ifSilent(() => {
        this.#replace('router-does-not-answer');
      });
    });
    this.interface.checkReachable(
      router.address,
      (isReachable) => {
        if (this.#router !== router || this.#isClosed) return;
        this.#askTimer?.cancel();
        this.#isAsking = false;
        if (isReachable) this.#reached(router);
        else this.#unreachable();
      },
      transmits,
    );
  }

  #reached(router: CurrentRouter): void {
    const wasUncertain = router.isDoubted || router.isUnverified;
    router.confirm(this.#options.scheduler.now);
    this.#lossTimer?.cancel();
    this.#arm(router);
    if (wasUncertain) this.#options.onChange();
  }

  #unreachable(): void {
    const router = this.#router;
    if (router === undefined) return;
    this.#askTimer?.cancel();
    this.#isAsking = false;
    if (router.isDoubted) return;
    this.#replace('router-unreachable');
  }

  /** Takes another router, or solicits one. */
  #replace(reason: string): void {
    const router = this.#router;
    if (router === undefined) return;
    const { tell, scheduler, onChange } = this.#options;
    const others = [...this.#candidates.values()].filter((each) => this.#isDefaultRouter(each));
    const next =
      others.find(({ prefixes }) => sharesPrefix(prefixes, router.prefixes)) ?? others.at(-1);
    if (next !== undefined) {
      this.#attach(next);
      return;
    }
    if (router.isDoubted) return;
    router.isDoubted = true;
    tell('info', 'router-doubted', { interface: this.interface.name, reason });
    this.interface.solicitRouters();
    this.#lossTimer?.cancel();
    this.#lossTimer = scheduler.after(LINK_LOSS_WAIT, () => {
      if (this.#router === router && router.isDoubted) this.#detach(reason);
    });
    onChange();
  }

  /** RFC 6275 section 11.5.4: addresses of a link that is not there are given up. */
  #detach(reason: string): void {
    const { tell, onChange } = this.#options;
    this.#stopTimers();
    this.#last = this.#router;
    this.#router = undefined;
    this.interface.setStaticRouter(undefined);
    this.interface.forgetRouters();
    this.careOf.keepOnly([]);
    tell('info', 'detached', { interface: this.interface.name, reason });
    onChange();
  }

  #arm(router: CurrentRouter): void {
    const { scheduler } = this.#options;
    this.#stopTimers();
    const left = router.until - scheduler.now;
    if (left > 0) {
      this.#lifetimeTimer = scheduler.after(left, () => {
        if (this.#router === router) this.#replace('router-lifetime-over');
      });
    }
    if (router.interval !== undefined) this.#awaitAdvertisement(router, router.interval);
  }

  /** RFC 6275 section 11.5.1: each interval without an advertisement is one that was lost. */
  #awaitAdvertisement(router: CurrentRouter, interval: number): void {
    const { scheduler, movement, tell } = this.#options;
    this.#intervalTimer = scheduler.after(interval, () => {
      if (this.#router !== router) return;
      router.missed++;
      tell('debug', 'advertisement-missed', {
        interface: this.interface.name,
        count: router.missed,
      });
      this.#awaitAdvertisement(router, interval);
      if (router.missed % (movement.missedAdvertisements ?? DEFAULT_MISSED) === 0) this.#ask(1);
    });
  }

  #stopTimers(): void {
    this.#intervalTimer?.cancel();
    this.#lifetimeTimer?.cancel();
  }
}
