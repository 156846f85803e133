/**
 * Registration of one home address with its home agent: registered, kept alive, moved, de-registered.
 * RFC 6275 sections 11.5.5, 11.7.1, 11.7.3 and 11.8.
 */
import { formatAddress, isSameAddress } from '../../dissectors/core/address.ts';
import { findOption } from '../../dissectors/mobility/options/index.ts';
import { lifetimeSeconds } from '../../engine/mobility/lifetime.ts';
import type { ScheduledAction } from '../../engine/ports.ts';
import type { NetworkInterface } from '../interface/network-interface.ts';
import type { ReceivedMessage } from '../mobility/mobility-endpoint.ts';
import { UpdateExchange } from './binding-update-exchange.ts';
import type { UpdateRoute } from './binding-update-exchange.ts';
import type { BindingUpdateListEntry } from './binding-update-list.ts';
import { INITIAL_BINDACK_TIMEOUT_FIRST_REG } from './constants.ts';
import type { HomeAddress } from './home-address.ts';
import { isProtected } from './mobile-node-parts.ts';
import type { MobileNodeContext } from './mobile-node-parts.ts';
import { RegistrationLifetime } from './registration-lifetime.ts';
import { judgeStatus } from './registration-status.ts';
import {
  lifetimeToAsk,
  servesMobileRouters,
  tellKeyManagement,
  updateFlags,
  updateOptions,
} from './update-contents.ts';

/** A home agent that does not do what is needed is not asked again before, milliseconds. */
const UNSUITABLE = 600_000;
/** Corrections of the sequence number one after the other; then the back-off goes on. */
const MAX_CORRECTIONS = 3;

/** What a registration asks of the node around it. */
export interface HomeRegistrationOptions {
  readonly context: MobileNodeContext;
  readonly home: HomeAddress;
  /** When a care-of address ends, milliseconds of the scheduler. */
  readonly careOfValidUntil: (careOfAddress: Uint8Array) => number;
  /** The home agent does not take the care-of address. */
  readonly onCareOfRefused: (careOfAddress: Uint8Array) => void;
  /** Prefixes have to be learned before the registration is refreshed (status 1). */
  readonly onPrefixesNeeded: () => void;
  /** No home agent is known, or none takes the registration. */
  readonly onHomeAgentNeeded: () => void;
  /** A de-registration is acknowledged; `wasBound` false: the home agent says that there was no binding. */
  readonly onDeregistered: (wasBound: boolean) => void;
}

type Answer = ReceivedMessage<'binding-acknowledgement'>;

/** Where the home address is to be bound to. */
interface Wanted {
  readonly careOfAddress: Uint8Array;
  readonly interface: NetworkInterface;
}

/** One home address. */
export class HomeRegistration {
  readonly home: HomeAddress;
  readonly #options: HomeRegistrationOptions;
  readonly #context: MobileNodeContext;
  readonly #time: RegistrationLifetime;
  #exchange: UpdateExchange | undefined;
  /** The entry that the exchange is about. */
  #entry: BindingUpdateListEntry | undefined;
  #wanted: Wanted | undefined;
  #isDeregistering = false;
  #corrections = 0;
  #retryTimer: ScheduledAction | undefined;

  constructor(options: HomeRegistrationOptions) {
    this.#options = options;
    this.#context = options.context;
    this.home = options.home;
    this.#time = new RegistrationLifetime({
      scheduler: options.context.host.scheduler,
      onRefresh: () => {
        this.refresh();
      },
      onExpired: () => {
        if (!this.#isDeregistering) this.#lose('expired');
      },
    });
  }

  /** Whether a home agent may have a binding: duplicate address detection would find it defending the address. */
  get mayBeBound(): boolean {
    return this.#boundEntry() !== undefined;
  }

  /** Updates wait for their acknowledgement. */
  get isBusy(): boolean {
    return this.#exchange !== undefined;
  }

  /** Registers a care-of address: the node has moved, or has a home agent at last. */
  register(careOfAddress: Uint8Array, through: NetworkInterface): void {
    this.#stopExchange();
    this.#wanted = { careOfAddress, interface: through };
    this.#isDeregistering = false;
    this.#update();
  }

  /** A Binding Error, a refresh request or an operator asks for it: the present registration again. */
  refresh(): void {
    if (this.#exchange === undefined && !this.#isDeregistering) this.#update();
  }

  /** RFC 6275 section 11.5.5: the home link is here. The home agent is asked to let go. */
  deregisterAtHome(through: NetworkInterface, linkDestination: Uint8Array): void {
    this.#deregister({ interface: through, careOfAddress: undefined, linkDestination });
  }

  /**
   * De-registers from where the node is: case 2 of the strict layouts, so only from the registered care-of address.
   * @returns whether there is something to de-register
   */
  deregisterAway(through: (careOfAddress: Uint8Array) => NetworkInterface | undefined): boolean {
    const entry = this.#boundEntry();
    const careOfAddress = entry?.acknowledgedCareOfAddress ?? entry?.careOfAddress;
    const link = careOfAddress === undefined ? undefined : through(careOfAddress);
    if (entry === undefined || careOfAddress === undefined || link === undefined) return false;
    this.#deregister({ interface: link, careOfAddress });
    return true;
  }

  /**
   * Goes to other home agents: the present one is told by a de-registration, and a registration with the next follows.
   * RFC 5142 section 6.1.
   * @param addresses as the message lists them; none = they have to be found
   */
  switchHomeAgent(
    addresses: readonly Uint8Array[],
    through: (careOfAddress: Uint8Array) => NetworkInterface | undefined,
  ): void {
    const wanted = this.#wanted;
    const isTold = this.deregisterAway(through);
    this.home.agents.switchTo(addresses);
    this.#wanted = wanted;
    if (!isTold) this.#update();
  }

  /** Nothing is wanted any more; what is registered stays until it ends. */
  rest(): void {
    this.#stopExchange();
    this.#isDeregistering = false;
    this.#wanted = undefined;
  }

  /** Prefixes were learned: what had to wait for them goes on. */
  prefixesLearned(): void {
    this.#time.prefixesLearned();
  }

  /**
   * The home agent has taken the binding back. RFC 5846 section 10.
   * @param again the two did not agree about it: it is registered anew
   */
  revoked(reason: string, again: boolean): void {
    const wanted = this.#wanted;
    const entry = this.#boundEntry();
    if (entry !== undefined) this.#context.bindingUpdateList.noteGone(entry);
    this.rest();
    this.#lose(reason);
    if (!again || wanted === undefined) return;
    this.#wanted = wanted;
    this.#retryAt(this.#context.host.scheduler.now + INITIAL_BINDACK_TIMEOUT_FIRST_REG);
  }

  /** The home agent does not know Mobility Headers, if that is to be believed. RFC 6275 section 11.3.5. */
  unsupported(): void {
    const entry = this.#entry;
    if (this.#exchange === undefined || entry === undefined || this.#isDeregistering) return;
    entry.blockedUntil = this.#context.host.scheduler.now + UNSUITABLE;
    this.#stopExchange();
    this.#goOn(entry);
  }

  /** The home address is not used again. */
  refuse(reason: string): void {
    this.rest();
    this.#lose(reason);
    this.home.state = 'refused';
  }

  /** An acknowledgement from a home agent. RFC 6275 section 11.7.3. @returns whether it was taken */
  acknowledged(received: Answer): boolean {
    const { packet, message } = received;
    const { configuration } = this.#context;
    const exchange = this.#exchange;
    const entry = this.#entry;
    if (exchange === undefined || entry === undefined || exchange.isOver) return false;
    if (!isSameAddress(packet.source, entry.destination) || !exchange.isAddressed(packet)) {
      return false;
    }
    if (configuration.requiresProtection !== false && !isProtected(packet)) {
      this.#context.alarm('binding-acknowledgement-unprotected', {
        source: formatAddress(packet.wireSource),
      });
      return false;
    }
    if (message.status === 135) return this.#correct(entry, exchange, message.sequence);
    const answered = exchange.answered(message.sequence);
    if (answered === undefined) return false;
    this.#corrections = 0;
    tellKeyManagement(configuration, entry, message.flags);
    if (message.status >= 128) this.#rejected(entry, message.status);
    else if (answered.lifetime === 0) this.#deregistered(entry, true);
    else {
      const granted = lifetimeSeconds(message.lifetime);
      this.#context.bindingUpdateList.noteAccepted(entry, answered, granted);
      this.#stopExchange();
      this.#accepted(entry, received);
    }
    return true;
  }

  close(): void {
    this.#stopExchange();
    this.#time.end();
  }

  /** The entry of the home agent that has a binding, or may have. */
  #boundEntry(): BindingUpdateListEntry | undefined {
    return this.#context.bindingUpdateList.homeBinding(this.home.address);
  }

  /** Sends the wanted registration to the present home agent. */
  #update(): void {
    const wanted = this.#wanted;
    const { home } = this;
    const { host, bindingUpdateList, configuration } = this.#context;
    if (wanted === undefined || home.state === 'refused') return;
    this.#stopExchange();
    this.#time.refreshed();
    const homeAgent = home.agents.current;
    if (homeAgent === undefined) {
      this.#options.onHomeAgentNeeded();
      return;
    }
    const entry = bindingUpdateList.obtain(homeAgent, home.address, true);
    if (entry.blockedUntil > host.scheduler.now) {
      this.#retryAt(entry.blockedUntil);
      return;
    }
    home.state = bindingUpdateList.isAlive(entry) ? 'registered' : 'registering';
    this.#exchangeFor(entry, wanted, () => {
      const careOfUntil = this.#options.careOfValidUntil(wanted.careOfAddress);
      const until = Math.min(home.validUntil, careOfUntil);
      return lifetimeToAsk(configuration, until, host.scheduler.now);
    });
  }

  #deregister(route: UpdateRoute): void {
    this.#stopExchange();
    this.#wanted = undefined;
    this.#time.refreshed();
    const { home } = this;
    const homeAgent = this.#boundEntry()?.destination ?? home.agents.current;
    if (homeAgent === undefined) return;
    const entry = this.#context.bindingUpdateList.obtain(homeAgent, home.address, true);
    this.#isDeregistering = true;
    home.state = 'deregistering';
    this.#exchangeFor(entry, route, () => 0);
  }

  #exchangeFor(entry: BindingUpdateListEntry, route: UpdateRoute, lifetime: () => number): void {
    const { home } = this;
    const { configuration } = this.#context;
    this.#entry = entry;
    this.#exchange = new UpdateExchange({
      context: this.#context,
      entry,
      route,
      lifetime,
      flags: updateFlags(configuration, home, route.interface.linkLocal),
      options: updateOptions(configuration),
      onSent: () => {
        if (route.careOfAddress !== undefined && !this.#isDeregistering) {
          home.sent(route.careOfAddress, entry.destination);
        }
      },
      onCap: () => this.#capReached(),
    });
    this.#exchange.start();
  }

  #stopExchange(): void {
    this.#exchange?.cancel();
    this.#exchange = undefined;
    this.#retryTimer?.cancel();
  }

  /** RFC 6275 section 11.7.3: the home agent's number is the last one; the next update has the one after it. */
  #correct(entry: BindingUpdateListEntry, exchange: UpdateExchange, sequence: number): boolean {
    if (entry.outstanding.length === 0) return false;
    entry.sequence = sequence;
    entry.outstanding = [];
    if (this.#corrections++ < MAX_CORRECTIONS) exchange.sendAgain();
    return true;
  }

  #accepted(entry: BindingUpdateListEntry, { message, options }: Answer): void {
    const { host, events, bindingUpdateList, configuration } = this.#context;
    const { home } = this;
    if (!bindingUpdateList.isAlive(entry)) {
      // Granted for no time at all: as good as refused for the moment.
      this.#rejected(entry, 128);
      return;
    }
    if (configuration.mobileRouter !== undefined && !servesMobileRouters(message.flags)) {
      this.#leave(entry);
      return;
    }
    home.registered(entry.careOfAddress, entry.destination, entry.expiresAt);
    const advised = findOption(options, 'binding-refresh-advice')?.refreshInterval;
    const needsPrefixes = message.status === 1;
    this.#time.begin(entry, advised, needsPrefixes);
    host.tell('info', 'home-registered', {
      homeAddress: formatAddress(home.address),
      careOfAddress: formatAddress(entry.careOfAddress),
      homeAgent: formatAddress(entry.destination),
      seconds: Math.round((entry.expiresAt - host.scheduler.now) / 1000),
    });
    // RFC 6275 section 11.7.3: status 1, prefix discovery necessary.
    if (needsPrefixes) this.#options.onPrefixesNeeded();
    events.tell('homeRegistered', {
      homeAddress: home.address,
      careOfAddress: entry.careOfAddress,
      endsAt: entry.expiresAt,
    });
  }

  /** RFC 3963 section 5.3: it does not serve mobile routers. De-registered there, another one is looked for. */
  #leave(entry: BindingUpdateListEntry): void {
    const wanted = this.#wanted;
    this.#context.host.tell('warn', 'home-agent-without-mobile-routers', {
      homeAgent: formatAddress(entry.destination),
    });
    entry.blockedUntil = this.#context.host.scheduler.now + UNSUITABLE;
    if (wanted === undefined) return;
    this.#deregister(wanted);
    this.#wanted = wanted;
  }

  #lose(reason: string): void {
    const { home } = this;
    const { host, events } = this.#context;
    this.#time.end();
    const wasRegistered = home.state === 'registered' || home.state === 'registering';
    home.lost(this.#exchange === undefined ? 'none' : 'registering');
    if (!wasRegistered) return;
    const homeAddress = formatAddress(home.address);
    host.tell('warn', 'home-registration-lost', { homeAddress, reason });
    events.tell('homeRegistrationLost', { homeAddress: home.address, reason });
  }

  #deregistered(entry: BindingUpdateListEntry, wasBound: boolean): void {
    const wanted = this.#wanted;
    this.#context.bindingUpdateList.noteGone(entry);
    this.#stopExchange();
    this.#time.end();
    this.#isDeregistering = false;
    this.home.unbound();
    if (wanted === undefined) {
      this.#options.onDeregistered(wasBound);
      return;
    }
    this.#goOn(entry);
  }

  /** RFC 6275 section 11.7.1: the next home agent; with one only, the same at this rate. */
  #capReached(): boolean {
    const { home } = this;
    const wanted = this.#wanted;
    if (this.#isDeregistering) {
      if (wanted === undefined || this.#entry === undefined) return true;
      // Nobody answers, and another home agent waits: the binding will end by itself.
      this.#isDeregistering = false;
      this.#goOn(this.#entry);
      return false;
    }
    const entry = this.#entry;
    if (entry === undefined || !this.#hasOther()) {
      if (home.agents.isDynamic) this.#options.onHomeAgentNeeded();
      return true;
    }
    this.#goOn(entry);
    return false;
  }

  #hasOther(): boolean {
    return this.home.agents.list.length > 1;
  }

  #rejected(entry: BindingUpdateListEntry, status: number): void {
    const { host, bindingUpdateList } = this.#context;
    const { home } = this;
    const judgement = judgeStatus(status, this.#isDeregistering);
    host.tell('warn', 'binding-update-rejected', {
      homeAddress: formatAddress(home.address),
      homeAgent: formatAddress(entry.destination),
      status,
    });
    const answeredCareOf = entry.careOfAddress;
    entry.outstanding = [];
    if (judgement.kind === 'no-binding') {
      this.#deregistered(entry, false);
      return;
    }
    // The timer of the exchange goes on: the home agent may change its mind.
    if (this.#isDeregistering && this.#wanted === undefined) return;
    // RFC 6275 section 11.7.1: somebody else has it. Not when another home agent still keeps it for this node.
    const bound = this.#boundEntry();
    const isElsewhere = bound !== undefined && bound !== entry && bindingUpdateList.isAlive(bound);
    if (judgement.kind === 'address-lost' && !isElsewhere) {
      bindingUpdateList.noteGone(entry);
      this.#context.alarm('home-address-duplicate', { homeAddress: formatAddress(home.address) });
      this.refuse('duplicate');
      return;
    }
    this.#stopExchange();
    if (!bindingUpdateList.isAlive(entry)) entry.mayExistUntil = 0;
    home.reverted(bound);
    const seconds = judgement.kind === 'later' ? judgement.seconds : 0;
    if (judgement.kind === 'care-of-refused') {
      this.#lose(`status-${status}`);
      this.#options.onCareOfRefused(answeredCareOf);
      return;
    }
    // RFC 6275 section 11.7.3: no further updates to this destination, for a while.
    entry.blockedUntil = host.scheduler.now + seconds * 1000;
    if (!this.#isDeregistering && !bindingUpdateList.isAlive(entry)) this.#lose(`status-${status}`);
    if (this.#hasOther()) this.#goOn(entry);
    else {
      this.#retryAt(entry.blockedUntil);
      if (home.agents.isDynamic) this.#options.onHomeAgentNeeded();
    }
  }

  /** Goes to the next home agent, InitialBindackTimeoutFirstReg after the last one at the earliest. RFC 6275 section 11.4.1. */
  #goOn(last: BindingUpdateListEntry): void {
    const { host, configuration } = this.#context;
    const least = configuration.initialBindackTimeoutFirstReg ?? INITIAL_BINDACK_TIMEOUT_FIRST_REG;
    this.#stopExchange();
    const { agents } = this.home;
    if (isSameAddress(agents.current, last.destination)) agents.next();
    this.#retryAt(Math.max(host.scheduler.now, last.sentAt + least));
    // RFC 6275 section 11.4.1: those that were found are used up; there may be others now.
    if (agents.isDynamic && isSameAddress(agents.current, last.destination)) {
      this.#options.onHomeAgentNeeded();
    }
  }

  #retryAt(time: number): void {
    const { scheduler } = this.#context.host;
    this.#retryTimer?.cancel();
    if (!Number.isFinite(time)) return;
    this.#retryTimer = scheduler.after(Math.max(0, time - scheduler.now), () => {
      if (this.#wanted !== undefined) this.#update();
    });
  }
}
