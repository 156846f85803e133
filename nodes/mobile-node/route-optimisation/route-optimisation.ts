/**
 * Route optimisation of a mobile node: registers with those that send through the tunnel, and says which packets take the
 * direct way. In doubt they take the tunnel. RFC 6275 sections 11.3.1, 11.3.5, 11.3.6, 11.6 and 11.7.
 */
import {
  formatAddress,
  isSameAddress,
  isUnicastRoutable,
} from '../../../dissectors/core/address.ts';
import type { Icmpv6Message } from '../../../dissectors/icmpv6/index.ts';
import type { CorrespondentNode } from '../../correspondent-node/correspondent-node.ts';
import type { InboundPacket, OutboundPacket, Path } from '../../ip/packet.ts';
import type { ReceivedMessage } from '../../mobility/mobility-endpoint.ts';
import type {
  CorrespondentMessages,
  HomeAddressView,
  MobileNodeContext,
} from '../mobile-node-parts.ts';
import { RESTARTS_AT_ONCE, RESTART_INTERVAL } from './constants.ts';
import type { CorrespondentRegistration } from './correspondent-registration.ts';
import { CorrespondentTable } from './correspondent-table.ts';
import type { CorrespondentLimits } from './correspondent-table.ts';
import { isHomeRegistered } from './home-binding.ts';
import { isOptimisable, isReason } from './payload.ts';
import { quotedMessage } from './quoted-message.ts';

/** What route optimisation is made of. */
export interface RouteOptimisationOptions {
  /** The correspondent that this node is itself: says where mobile correspondents are. */
  readonly correspondent?: CorrespondentNode | undefined;
  readonly limits?: CorrespondentLimits;
}

const PARAMETER_PROBLEM_NEXT_HEADER = 1;
const PARAMETER_PROBLEM_OPTION = 2;

/** The correspondents of a mobile node. */
export class RouteOptimisation implements CorrespondentMessages {
  readonly #context: MobileNodeContext;
  readonly #correspondent: CorrespondentNode | undefined;
  readonly #table: CorrespondentTable;
  /** Care-of address that correspondents were told last, by home address. */
  readonly #told = new Map<HomeAddressView, Uint8Array>();
  #isStopping = false;

  constructor(context: MobileNodeContext, options: RouteOptimisationOptions = {}) {
    this.#context = context;
    this.#correspondent = options.correspondent;
    this.#table = new CorrespondentTable(context, options.limits);
    this.#receiveTests();
    this.#followHomeAddresses();
    this.#watchTraffic();
  }

  /** Correspondents at present, and new ones that the rate left to the tunnel. */
  get state(): { readonly correspondents: number; readonly suppressed: number } {
    return { correspondents: this.#table.size, suppressed: this.#table.suppressed };
  }

  /** Registers with a correspondent now, for operators and programs. @returns whether that was possible */
  optimise(correspondent: Uint8Array, homeAddress: Uint8Array): boolean {
    const home = this.#context.homeAddress(homeAddress);
    if (home === undefined || !this.#isPossible(correspondent, home)) return false;
    const registration =
      this.#table.find(correspondent, home) ?? this.#table.add(correspondent, home);
    registration?.registerAgain();
    return registration?.isBusy === true;
  }

  path(packet: OutboundPacket, home: HomeAddressView): Path | undefined {
    const registration = this.#table.find(packet.destination, home);
    if (registration === undefined || !isOptimisable(packet)) return undefined;
    registration.noteUse();
    const careOfSource = registration.usableCareOfAddress;
    if (careOfSource === undefined || this.#isStopping) return undefined;
    const careOfDestination = this.#correspondent?.careOfAddressFor(packet);
    return { kind: 'optimised', careOfSource, careOfDestination };
  }

  acknowledgement(received: ReceivedMessage<'binding-acknowledgement'>): void {
    this.#of(received.packet)?.acknowledgement(received);
  }

  /** RFC 6275 section 11.3.6. */
  bindingError({ packet, message }: ReceivedMessage<'binding-error'>): void {
    for (const each of this.#table.of(packet.source)) {
      if (message.status === 1) {
        if (isSameAddress(each.home.address, message.homeAddress)) each.unknownBinding();
      } else if (message.status === 2 && each.isBusy) each.unsupported();
    }
  }

  /** RFC 6275 section 11.7.4. */
  refreshRequest({ packet }: ReceivedMessage<'binding-refresh-request'>): void {
    this.#of(packet)?.refreshRequested();
  }

  /** RFC 6275 section 11.3.5. */
  error(packet: InboundPacket, message: Icmpv6Message, quoted: Uint8Array): void {
    if (message.kind !== 'parameter-problem') return;
    const source = formatAddress(packet.source);
    if (message.code === PARAMETER_PROBLEM_OPTION) {
      // Logged and discarded.
      this.#context.host.tell('warn', 'home-address-option-refused', { source });
      return;
    }
    if (message.code !== PARAMETER_PROBLEM_NEXT_HEADER) return;
    // Anybody can claim to be the correspondent; only it has seen what it quotes.
    const about = quotedMessage(quoted);
    if (about === undefined || !isSameAddress(about.destination, packet.source)) return;
    for (const each of this.#table.of(packet.source)) {
      if (each.isAwaiting(about)) each.unsupported();
    }
  }

  /** Stops timers; bindings at correspondents end by themselves. */
  close(): void {
    this.#isStopping = true;
    this.#table.close();
  }

  #of(packet: InboundPacket): CorrespondentRegistration | undefined {
    const home = this.#context.homeAddress(packet.destination);
    return home === undefined ? undefined : this.#table.find(packet.source, home);
  }

  #receiveTests(): void {
    const { mobility } = this.#context.host;
    mobility.handle('home-test', (received) => {
      this.#of(received.packet)?.homeTest(received);
    });
    mobility.handle('care-of-test', (received) => {
      for (const each of this.#table.of(received.packet.source)) each.careOfTest(received);
    });
  }

  #followHomeAddresses(): void {
    const { events } = this.#context;
    events.on('moved', () => {
      for (const each of this.#table) each.interrupt();
      this.#told.clear();
    });
    events.on('homeRegistered', ({ homeAddress, careOfAddress }) => {
      const home = this.#context.homeAddress(homeAddress);
      if (home === undefined || isSameAddress(this.#told.get(home), careOfAddress)) return;
      this.#told.set(home, careOfAddress.slice());
      this.#registerAll(home);
    });
    events.on('homeRegistrationLost', ({ homeAddress }) => {
      this.#forget(homeAddress);
    });
    events.on('returningHome', ({ homeAddress }) => {
      this.#forget(homeAddress);
    });
    events.on('returnedHome', ({ homeAddress }) => {
      for (const each of this.#ofHome(homeAddress)) each.deleteAtHome();
    });
    events.on('homePrefixChanged', ({ homeAddress, validUntil }) => {
      // RFC 6275 section 11.4.2: no correspondent keeps it longer than the prefix.
      for (const each of this.#ofHome(homeAddress)) if (each.endsAt > validUntil) each.register();
    });
    events.on('stopping', ({ deregisters }) => {
      if (deregisters) for (const each of this.#table) each.deleteAway();
      this.#isStopping = true;
    });
  }

  #ofHome(homeAddress: Uint8Array): CorrespondentRegistration[] {
    return [...this.#table].filter(({ home }) => isSameAddress(home.address, homeAddress));
  }

  #forget(homeAddress: Uint8Array): void {
    const registrations = this.#ofHome(homeAddress);
    for (const each of registrations) each.interrupt();
    const [first] = registrations;
    if (first !== undefined) this.#told.delete(first.home);
  }

  /** RFC 6275 section 11.7.2: with every correspondent of the list, not all in one burst. */
  #registerAll(home: HomeAddressView): void {
    const { scheduler } = this.#context.host;
    const registrations = this.#ofHome(home.address).sort((a, b) => b.lastUsedAt - a.lastUsedAt);
    for (const [index, each] of registrations.entries()) {
      if (index < RESTARTS_AT_ONCE) each.register();
      else {
        scheduler.after((index - RESTARTS_AT_ONCE + 1) * RESTART_INTERVAL, () => {
          if (!each.isBusy && this.#table.of(each.correspondent).includes(each)) each.register();
        });
      }
    }
  }

  /** RFC 6275 section 11.7.2: packets that came through the tunnel, and whose headers were found good. */
  #watchTraffic(): void {
    const { host } = this.#context;
    const before = host.onReceived;
    host.onReceived = (packet) => {
      before?.(packet);
      this.#received(packet);
    };
  }

  #received(packet: InboundPacket): void {
    const home = this.#context.homeAddress(packet.destination);
    if (home === undefined) return;
    const { source: correspondent } = packet;
    const known = this.#table.find(correspondent, home);
    if (packet.type2RoutingHeader !== undefined) {
      if (isOptimisable(packet)) known?.noteProgress();
      return;
    }
    if (packet.tunnels.length === 0 || !isReason(packet)) return;
    if (known !== undefined) {
      known.noteUse();
      if (!known.mayBeBound) known.registerAgain();
      return;
    }
    if (!this.#isPossible(correspondent, home)) return;
    const outer = packet.tunnels.at(-1)?.source;
    if (isSameAddress(outer, packet.wireSource)) return;
    this.#table.add(correspondent, home)?.register();
  }

  #isPossible(correspondent: Uint8Array, home: HomeAddressView): boolean {
    const { host } = this.#context;
    return (
      !this.#isStopping &&
      isHomeRegistered(this.#context, home) &&
      isUnicastRoutable(correspondent) &&
      !host.owns(correspondent) &&
      !this.#context.isHomeAgent(correspondent)
    );
  }
}
