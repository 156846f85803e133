/**
 * One home address of a mobile node: its registration, its home agents, its prefix, its way home. Says which part acts when
 * the node moves. RFC 6275 sections 11.4, 11.5 and 11.7.
 */
import { formatAddress } from '../../dissectors/core/address.ts';
import type { ScheduledAction } from '../../engine/ports.ts';
import type { AdvertisedPrefix, NetworkInterface } from '../interface/network-interface.ts';
import type { HomeAddress } from './home-address.ts';
import { HomeAgentDiscovery } from './home-agent-discovery.ts';
import { HomePrefixWatch } from './home-prefix.ts';
import { HomeRegistration } from './home-registration.ts';
import type { MobileNodeContext } from './mobile-node-parts.ts';
import type { Movement } from './movement/movement.ts';
import { PrefixDiscovery } from './prefix-discovery.ts';
import { ReturningHome } from './returning-home.ts';
import { TunnelledGroups } from './tunnelled-groups.ts';

/** Discovery begins again when nobody has answered, milliseconds. */
const DISCOVERY_PAUSE = 60_000;
/** A link that did not turn out to be the home link is not believed for so long, milliseconds. */
const DISTRUST = 300_000;

/** What control is made of. */
export interface HomeAddressControlOptions {
  readonly context: MobileNodeContext;
  readonly home: HomeAddress;
  readonly movement: () => Movement;
  /** The home agent has confirmed that this is the home link. */
  readonly onHome: () => void;
  /** A de-registration from away is acknowledged. */
  readonly onDeregistered: () => void;
  readonly onNewPrefix: (home: HomeAddress, prefix: AdvertisedPrefix) => void;
}

/** One home address. */
export class HomeAddressControl {
  readonly home: HomeAddress;
  readonly registration: HomeRegistration;
  readonly prefixDiscovery: PrefixDiscovery;
  readonly discovery: HomeAgentDiscovery;
  readonly groups: TunnelledGroups;
  readonly #options: HomeAddressControlOptions;
  readonly #watch: HomePrefixWatch;
  #returning: ReturningHome | undefined;
  #pause: ScheduledAction | undefined;

  constructor(options: HomeAddressControlOptions) {
    const { context, home, movement } = options;
    this.#options = options;
    this.home = home;
    this.groups = new TunnelledGroups(context, home);
    this.registration = new HomeRegistration({
      context,
      home,
      careOfValidUntil: (careOfAddress) => movement().validUntil(careOfAddress),
      onCareOfRefused: (careOfAddress) => {
        movement().refuse(careOfAddress);
      },
      onPrefixesNeeded: () => {
        this.prefixDiscovery.solicit();
      },
      onHomeAgentNeeded: () => {
        this.discovery.start();
      },
      onDeregistered: (wasBound) => {
        if (this.#returning === undefined) options.onDeregistered();
        else this.#returning.deregistered(wasBound);
      },
    });
    this.prefixDiscovery = new PrefixDiscovery({
      context,
      home,
      onPrefixes: (prefixes) => {
        this.#watch.learned(prefixes);
        this.registration.prefixesLearned();
      },
    });
    this.#watch = new HomePrefixWatch({
      context,
      home,
      onEndNear: () => {
        this.prefixDiscovery.solicit();
      },
      onEnd: () => {
        this.prefixDiscovery.stop();
        this.registration.refuse('home-prefix-expired');
      },
      onNewPrefix: (prefix) => {
        options.onNewPrefix(home, prefix);
      },
    });
    this.discovery = new HomeAgentDiscovery({
      context,
      prefix: () => home.prefix,
      onList: (addresses) => {
        this.#discovered(addresses);
      },
      onSilence: () => {
        context.host.tell('warn', 'home-agent-not-found', {
          homeAddress: formatAddress(home.address),
        });
        this.#pause = context.host.scheduler.after(DISCOVERY_PAUSE, () => {
          if (home.agents.current === undefined) this.discovery.start();
        });
      },
    });
  }

  /** Somewhere else, away from home. */
  moved(careOfAddress: Uint8Array, through: NetworkInterface): void {
    this.#leaveHome();
    this.discovery.stop();
    this.registration.register(careOfAddress, through);
  }

  /** On a link that says to be the home link. */
  comeHome(through: NetworkInterface): void {
    const { context, home, movement } = this.#options;
    this.#leaveHome();
    this.discovery.stop();
    this.prefixDiscovery.stop();
    if (home.state === 'refused') return;
    this.registration.rest();
    this.#returning = new ReturningHome({
      context,
      registration: this.registration,
      interface: through,
      onHome: () => {
        home.cameHome();
        this.groups.unbound();
        this.#options.onHome();
        context.host.tell('info', 'returned-home', { homeAddress: formatAddress(home.address) });
        context.events.tell('returnedHome', { homeAddress: home.address });
      },
      onUnconfirmed: () => {
        movement().distrustHome(DISTRUST);
      },
    });
    this.#returning.start();
  }

  /** On no link at all. */
  gotLost(): void {
    this.#leaveHome();
    this.discovery.stop();
    this.registration.rest();
  }

  /** A neighbor advertisement, which may be the home agent's. */
  heard(...[packet, message]: Parameters<ReturningHome['heard']>): void {
    this.#returning?.heard(packet, message);
  }

  close(): void {
    this.#returning?.close();
    this.#pause?.cancel();
    this.discovery.stop();
    this.prefixDiscovery.stop();
    this.#watch.close();
    this.registration.close();
  }

  #leaveHome(): void {
    this.#returning?.close();
    this.#returning = undefined;
    if (this.home.state === 'home') this.home.lost('none');
  }

  #discovered(addresses: readonly Uint8Array[]): void {
    const { context, home, movement } = this.#options;
    const isFirst = home.agents.current === undefined;
    home.agents.discovered(addresses, home.state === 'registered');
    context.host.tell('info', 'home-agents-found', {
      homeAddress: formatAddress(home.address),
      count: home.agents.list.length,
    });
    const { primaryCareOfAddress, interface: link } = movement();
    if (!isFirst && this.registration.isBusy) return;
    if (primaryCareOfAddress !== undefined && link !== undefined) {
      this.registration.register(primaryCareOfAddress, link);
    }
  }
}
