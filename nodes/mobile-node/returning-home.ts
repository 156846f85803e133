/**
 * Coming home: the steps on the home link that keep node and home agent from claiming one address both.
 * RFC 6275 section 11.5.5; draft-ebalard-mext-hld-security-00 section 5.4.2.
 */
import { formatAddress, isSameAddress } from '../../dissectors/core/address.ts';
import { findNdOption } from '../../dissectors/icmpv6/index.ts';
import type { Icmpv6MessageOf } from '../../dissectors/icmpv6/index.ts';
import type { ScheduledAction } from '../../engine/ports.ts';
import { ALL_NODES, UNSPECIFIED, solicitedNodeGroup } from '../interface/link-address.ts';
import type { LinkMessage, NetworkInterface } from '../interface/network-interface.ts';
import { MAX_BINDACK_TIMEOUT, MAX_NEIGHBOR_ADVERTISEMENT, RETRANS_TIMER } from './constants.ts';
import type { HomeRegistration } from './home-registration.ts';
import type { MobileNodeContext } from './mobile-node-parts.ts';

/** Time that the home agent has to acknowledge before the link is reported as suspicious, milliseconds. */
const CONFIRMATION_WAIT = 15_000;

/** What coming home is made of. */
export interface ReturningHomeOptions {
  readonly context: MobileNodeContext;
  readonly registration: HomeRegistration;
  /** Interface on the home link. */
  readonly interface: NetworkInterface;
  /** The home agent has confirmed, or there was nothing to confirm. */
  readonly onHome: () => void;
  /** Nobody has confirmed anything for a while. */
  readonly onUnconfirmed: () => void;
}

/** One home address comes home over one interface. */
export class ReturningHome {
  readonly #options: ReturningHomeOptions;
  #timer: ScheduledAction | undefined;
  #suspicionTimer: ScheduledAction | undefined;
  #isSeeking = false;
  #isSent = false;
  #isDuplicate = false;
  #isHome = false;
  #isOver = false;

  constructor(options: ReturningHomeOptions) {
    this.#options = options;
  }

  /**
   * Binding Updates for this home address have left from the home link, so that the home agent may answer to it.
   */
  get isAwaited(): boolean {
    return this.#isSent && !this.#isHome;
  }

  start(): void {
    // The home agent of a binding that may exist; without one, duplicate address detection (section 11.5.5).
    if (!this.#options.registration.mayBeBound) {
      this.#takeAddress();
      return;
    }
    this.#seekHomeAgent();
  }

  /** A neighbor advertisement on the home link: the home agent's, when it is about the home address. */
  heard(packet: LinkMessage, message: Icmpv6MessageOf<'neighbor-advertisement'>): void {
    const { home } = this.#options.registration;
    const isAnswer = this.#isSeeking && isSameAddress(message.targetAddress, home.address);
    if (this.#isOver || !isAnswer) return;
    const told = findNdOption(message.options, 'target-link-layer-address')?.address;
    this.#found(told ?? packet.linkSource);
  }

  #seekHomeAgent(): void {
    const { context, registration, interface: link } = this.#options;
    this.#isSeeking = true;
    this.#suspicionTimer = context.host.scheduler.after(CONFIRMATION_WAIT, () => {
      context.alarm('home-link-not-confirmed', {
        interface: link.name,
        homeAddress: formatAddress(registration.home.address),
      });
      this.#options.onUnconfirmed();
    });
    const known = this.#linkLayerAddressOfHomeAgent();
    if (known === undefined) this.#look(RETRANS_TIMER);
    else this.#found(known);
  }

  /** The home agent has acknowledged, or said that there was no binding. */
  deregistered(wasBound: boolean): void {
    if (this.#isOver || this.#isHome) return;
    if (this.#isDuplicate && !wasBound) {
      // Not the home agent answered for the address, but somebody else.
      this.#refuse();
      return;
    }
    this.#isHome = true;
    this.#suspicionTimer?.cancel();
    this.#options.onHome();
    this.#advertise(MAX_NEIGHBOR_ADVERTISEMENT);
  }

  /** The node leaves the link again. */
  close(): void {
    this.#isOver = true;
    this.#timer?.cancel();
    this.#suspicionTimer?.cancel();
    this.#options.interface.removeAddress(this.#options.registration.home.address);
  }

  /** From the advertisement of the router that says to be the home agent. RFC 6275 section 11.5.5. */
  #linkLayerAddressOfHomeAgent(): Uint8Array | undefined {
    const { registration, interface: link } = this.#options;
    const { homeAgent } = registration.home;
    const router = link.routers.find(({ prefixes }) =>
      prefixes.some((each) => each.isRouterAddress && isSameAddress(each.address, homeAgent)),
    );
    return router?.linkLayerAddress;
  }

  /**
   * Asks who answers for the home address: from nobody, to the group of the home address. Its own address may not be used,
   * for the home agent defends it. RFC 6275 section 11.5.5.
   */
  #look(wait: number): void {
    const { context, registration, interface: link } = this.#options;
    const target = registration.home.address;
    if (this.#isOver || this.#isSent) return;
    link.solicit({ target, source: UNSPECIFIED, destination: solicitedNodeGroup(target) });
    this.#timer = context.host.scheduler.after(wait, () => {
      this.#look(Math.min(MAX_BINDACK_TIMEOUT, 2 * wait));
    });
  }

  #found(linkLayerAddress: Uint8Array | undefined): void {
    const { context, registration, interface: link } = this.#options;
    const { home } = registration;
    const { homeAgent } = home;
    if (this.#isSent || linkLayerAddress === undefined || homeAgent === undefined) return;
    this.#isSent = true;
    this.#timer?.cancel();
    link.setNeighbor(homeAgent, linkLayerAddress, true);
    registration.deregisterAtHome(link, linkLayerAddress);
    // Section 11.5.5: after the update, and without duplicate address detection; solicitations are answered from now on.
    link.addAddress(home.address, { prefixLength: home.prefixLength, detection: 'skip' });
    context.events.tell('returningHome', { homeAddress: home.address });
  }

  /** No binding: the address may be anybody's. RFC 6275 section 11.5.5, last sentence about detection. */
  #takeAddress(): void {
    const { registration, interface: link } = this.#options;
    const { home } = registration;
    link.addAddress(home.address, {
      prefixLength: home.prefixLength,
      detection: 'probe',
      onPreferred: () => {
        if (this.#isOver) return;
        this.#isHome = true;
        this.#options.onHome();
      },
      onDuplicate: () => {
        if (this.#isOver) return;
        link.removeAddress(home.address);
        this.#isDuplicate = true;
        // A binding from before this node started would look like this: the home agent knows.
        if (home.homeAgent === undefined) this.#refuse();
        else this.#seekHomeAgent();
      },
    });
  }

  #refuse(): void {
    const { context, registration, interface: link } = this.#options;
    const { address } = registration.home;
    context.alarm('home-address-duplicate', { homeAddress: formatAddress(address) });
    this.#suspicionTimer?.cancel();
    link.removeAddress(address);
    registration.refuse('duplicate');
  }

  /** RFC 6275 section 11.5.5: to all nodes, for the home address and the link-local address, not solicited, overriding. */
  #advertise(times: number): void {
    const { context, registration, interface: link } = this.#options;
    if (this.#isOver || times === 0) return;
    for (const target of [registration.home.address, link.linkLocal]) {
      link.advertise({
        target,
        source: target,
        destination: ALL_NODES,
        isSolicited: false,
        isOverride: true,
      });
    }
    this.#timer = context.host.scheduler.after(RETRANS_TIMER, () => {
      this.#advertise(times - 1);
    });
  }
}
