/**
 * A mobile node: notices where it is, registers its home addresses with their home agents, and sends and receives for them
 * wherever it is. RFC 6275 section 11, RFC 3776; safer than they ask for when it comes home.
 */
import { formatAddress, isSameAddress } from '../../dissectors/core/address.ts';
import type { AdvertisedPrefix } from '../interface/network-interface.ts';
import type { Host } from '../ip/host.ts';
import { AlarmLimiter } from './alarm-limiter.ts';
import { BindingUpdateList } from './binding-update-list.ts';
import { checkConfiguration } from './configuration-check.ts';
import { HomeAddress } from './home-address.ts';
import { HomeAddressControl } from './home-address-control.ts';
import { HomeAgentMessages } from './home-agent-messages.ts';
import { HomeTraffic } from './home-traffic.ts';
import { MessageRateLimiter } from './message-rate.ts';
import { MobileNodeEventSource } from './mobile-node-parts.ts';
import type {
  HomeAddressConfiguration,
  HomeAddressView,
  MobileNodeConfiguration,
  MobileNodeContext,
} from './mobile-node-parts.ts';
import { HomeLinkGuard } from './movement/home-link.ts';
import { Movement } from './movement/movement.ts';
import type { AttachmentChange } from './movement/movement.ts';

/** Time that home agents have to acknowledge the de-registrations of a node that stops: three transmissions. */
const STOP_WAIT = 7000;
/** Home addresses, formed ones included. */
const MAX_HOME_ADDRESSES = 64;

/** What a mobile node is made of. */
export interface MobileNodeOptions {
  /** With all its interfaces. */
  readonly host: Host;
  readonly configuration: MobileNodeConfiguration;
}

/** A mobile node on a host. */
export class MobileNode {
  readonly host: Host;
  readonly context: MobileNodeContext;
  readonly movement: Movement;
  readonly alarms: AlarmLimiter;
  readonly #configuration: MobileNodeConfiguration;
  readonly #guard: HomeLinkGuard;
  readonly #homes: HomeAddress[] = [];
  readonly #controls: HomeAddressControl[] = [];
  readonly #messages: HomeAgentMessages;
  #whenDeregistered: (() => void) | undefined;

  /** @throws RangeError for a configuration that makes no sense */
  constructor({ host, configuration }: MobileNodeOptions) {
    checkConfiguration(configuration);
    this.host = host;
    this.#configuration = configuration;
    this.alarms = new AlarmLimiter(host.scheduler, host.log);
    this.#guard = new HomeLinkGuard({
      trust: configuration.homeLink ?? 'never',
      verifier: configuration.homeLinkVerifier,
      routers: configuration.homeRouters ?? [],
      homePrefixes: () => this.#homes.map(({ prefix }) => prefix),
      alarm: (event, details) => {
        this.alarms.tell(event, details);
      },
    });
    this.movement = new Movement({
      host,
      configuration,
      guard: this.#guard,
      keepsLinkLocal: () =>
        this.#controls.some(
          ({ home, registration }) => home.isLinkLocalRegistered && registration.mayBeBound,
        ),
      onChange: (change) => {
        this.#attachmentChanged(change);
      },
    });
    this.context = this.#makeContext();
    for (const each of configuration.homeAddresses) this.#add(each);
    this.#messages = new HomeAgentMessages({
      context: this.context,
      registrations: () => this.#controls.map(({ registration }) => registration),
      interfaceOf: (careOfAddress) => this.movement.interfaceOf(careOfAddress),
    });
    this.#hangIn();
    if (configuration.homeLink === 'prefix') {
      host.tell('warn', 'home-link-unprotected', {
        advice: 'anybody on a visited link can claim to be the home link; use never or send',
      });
    }
  }

  get homeAddresses(): readonly HomeAddressView[] {
    return this.#homes;
  }

  /** Looks for routers, and goes on from there. */
  start(): void {
    this.movement.start();
  }

  /** Registers again now; for operators. */
  refresh(): void {
    for (const { registration } of this.#controls) registration.refresh();
  }

  /**
   * Joins a group through the home agent of a home address (default: the first). For groups of the visited link:
   * `join` of its interface. RFC 6275 section 11.3.4.
   * @returns false when the home address is not known, or there are too many groups
   */
  joinGroup(group: Uint8Array, homeAddress?: Uint8Array): boolean {
    return this.#controlOf(homeAddress)?.groups.join(group) ?? false;
  }

  leaveGroup(group: Uint8Array, homeAddress?: Uint8Array): void {
    this.#controlOf(homeAddress)?.groups.leave(group);
  }

  /**
   * Ends: de-registers, or keeps bindings until they end, as configured. Then everything is closed.
   * @param onDone called when home agents have acknowledged, or were given time enough
   */
  stop(onDone: () => void): void {
    const deregisters = this.#configuration.onStop !== 'keep';
    this.context.events.tell('stopping', { deregisters });
    const pending = deregisters
      ? this.#controls.filter(({ registration }) =>
          registration.deregisterAway((careOf) => this.movement.interfaceOf(careOf)),
        ).length
      : 0;
    let left = pending;
    const end = (): void => {
      deadline.cancel();
      this.#whenDeregistered = undefined;
      this.close();
      onDone();
    };
    const deadline = this.host.scheduler.after(left === 0 ? 0 : STOP_WAIT, () => {
      if (pending > 0) this.host.tell('warn', 'de-registration-unanswered');
      end();
    });
    this.#whenDeregistered = () => {
      if (--left === 0) end();
    };
  }

  /** Stops all timers. Nothing is told to anybody. */
  close(): void {
    this.movement.close();
    this.#messages.close();
    for (const control of this.#controls) control.close();
  }

  #makeContext(): MobileNodeContext {
    const { host, alarms } = this;
    const bindingUpdateList = new BindingUpdateList(host);
    return {
      host,
      configuration: this.#configuration,
      limiter: new MessageRateLimiter(host.scheduler),
      bindingUpdateList,
      attachment: this.movement,
      events: new MobileNodeEventSource(),
      homeAddresses: this.#homes,
      correspondents: undefined,
      homeAddress: (address) => this.#homes.find((each) => isSameAddress(each.address, address)),
      isHomeAgent: (address) =>
        this.#homes.some(
          (home) => isSameAddress(home.homeAgent, address) || home.agents.has(address),
        ) || isBound(bindingUpdateList, address),
      alarm: (event, details) => {
        alarms.tell(event, details);
      },
    };
  }

  #add(configuration: HomeAddressConfiguration): HomeAddressControl {
    const { isOptimistic = false, keepIpsecAtHome = false } = this.#configuration;
    const home = new HomeAddress({ host: this.host, configuration, isOptimistic, keepIpsecAtHome });
    const control = new HomeAddressControl({
      context: this.context,
      home,
      movement: () => this.movement,
      onHome: () => {
        const router = this.movement.homeRouter;
        if (router !== undefined) this.#guard.learnRouter(router);
      },
      onDeregistered: () => {
        this.#whenDeregistered?.();
      },
      onNewPrefix: (from, prefix) => {
        this.#newPrefix(from, prefix);
      },
    });
    this.#homes.push(home);
    this.#controls.push(control);
    this.host.addLocalAddress(home.address);
    return control;
  }

  /** Everything that the host asks its role. */
  #hangIn(): void {
    const { host } = this;
    const traffic = new HomeTraffic({
      context: this.context,
      homeAddresses: this.#homes,
      isReachable: (careOfAddress) => this.movement.interfaceOf(careOfAddress) !== undefined,
      isTunnelledGroup: (group) => this.#controls.some(({ groups }) => groups.has(group)),
      onListenerQuery: (home) => {
        this.#controlOf(home.address)?.groups.queried();
      },
    });
    host.paths.push((packet) => traffic.path(packet));
    host.acceptsTunnelled = (inner, origin) => traffic.acceptsTunnelled(inner, origin);
    host.admits = (packet) => traffic.admits(packet);
    host.acceptsGroup = ({ wireDestination, tunnels }) =>
      tunnels.length > 0 && this.#controls.some(({ groups }) => groups.has(wireDestination));
    host.isHomeAddress = (address) => {
      const home = traffic.find(address);
      return home !== undefined && home.state !== 'refused';
    };
    for (const link of host.interfaces) {
      link.onNeighborAdvertisement((packet, message) => {
        for (const control of this.#controls) control.heard(packet, message);
      });
    }
    host.icmpv6.handle('home-agent-discovery-reply', (packet, message) => {
      for (const { discovery } of this.#controls) {
        if (discovery.receive(packet, message)) return;
      }
    });
    host.icmpv6.handle('mobile-prefix-advertisement', (packet, message) => {
      this.#controlOf(packet.destination)?.prefixDiscovery.receive(packet, message);
    });
    this.context.events.on('homeRegistrationLost', ({ homeAddress }) => {
      this.#controlOf(homeAddress)?.groups.unbound();
    });
  }

  #controlOf(homeAddress: Uint8Array | undefined): HomeAddressControl | undefined {
    return homeAddress === undefined
      ? this.#controls[0]
      : this.#controls.find(({ home }) => isSameAddress(home.address, homeAddress));
  }

  #attachmentChanged(change: AttachmentChange): void {
    const { interface: link } = this.movement;
    if (change.kind === 'nowhere' || link === undefined) {
      for (const control of this.#controls) control.gotLost();
      return;
    }
    if (change.kind === 'home') {
      for (const control of this.#controls) control.comeHome(link);
      return;
    }
    const { from, to } = change;
    for (const control of this.#controls) control.moved(to, link);
    this.context.events.tell('moved', { from, to });
  }

  /** A home prefix that is new: another home address, where that is wanted. RFC 6275 section 11.4.3. */
  #newPrefix(from: HomeAddress, { address, prefixLength, validLifetime }: AdvertisedPrefix): void {
    this.host.tell('info', 'home-prefix-new', { prefix: formatAddress(address), prefixLength });
    const isFormable = prefixLength === 64 && from.prefixLength === 64;
    const { followsRenumbering = false } = this.#configuration;
    if (!followsRenumbering || !isFormable || this.#homes.length >= MAX_HOME_ADDRESSES) return;
    const formed = from.address.slice();
    formed.set(address.subarray(0, 8));
    const homeAgent = from.homeAgent;
    const control = this.#add({
      address: formed,
      prefixLength,
      homeAgents: homeAgent === undefined ? [] : [homeAgent],
    });
    control.home.validUntil = this.host.scheduler.now + validLifetime * 1000;
    const { primaryCareOfAddress, interface: link } = this.movement;
    if (primaryCareOfAddress !== undefined && link !== undefined) {
      control.moved(primaryCareOfAddress, link);
    }
  }
}

/** Whether a home agent has a binding of this node, or may have. */
function isBound(list: BindingUpdateList, address: Uint8Array): boolean {
  for (const entry of list.entries()) {
    if (!entry.isHomeRegistration || !isSameAddress(entry.destination, address)) continue;
    if (list.mayExist(entry)) return true;
  }
  return false;
}
