/**
 * One link of a node over a port: neighbor discovery, autoconfiguration, proxy defence and membership of groups.
 * RFC 4861, RFC 4862, RFC 3810; RFC 6275 sections 10.4.1 and 11.5.5.
 */
import {
  addressKey,
  isLinkLocal,
  isMulticast,
  isUnspecified,
} from '../../dissectors/core/address.ts';
import type { Icmpv6Message, NdOption } from '../../dissectors/icmpv6/index.ts';
import type { LinkPort } from '../../engine/ports.ts';
import { randomBetween } from '../random-number.ts';
import { AddressTable } from './address-table.ts';
import { AdvertisementLimit } from './advertisement-limit.ts';
import { DiscoveryReceiver } from './discovery-receiver.ts';
import { DiscoverySender } from './discovery-sender.ts';
import { DuplicateDetection } from './duplicate-detection.ts';
import { frameOf, frameSource, packetFor } from './ethernet-frame.ts';
import {
  ALL_NODES,
  ALL_ROUTERS,
  UNSPECIFIED,
  groupLinkAddress,
  interfaceIdentifierOf,
  isNodeLinkAddress,
  linkLocalOf,
  solicitedNodeGroup,
} from './link-address.ts';
import type { LinkInterfaceOptions } from './link-interface-options.ts';
import { MulticastMembership } from './multicast-membership.ts';
import { NeighborCache } from './neighbor-cache.ts';
import type {
  AddressChangeListener,
  AddressOptions,
  AdvertisementFields,
  AdvertisementListener,
  AdvertisingRouter,
  DuplicateProbe,
  InterfaceAddress,
  LinkMessage,
  Neighbor,
  NeighborAdvertisementListener,
  NetworkInterface,
  SolicitationFields,
} from './network-interface.ts';
import { RouterList } from './router-list.ts';
import { RouterSolicitations } from './router-solicitations.ts';
import { SolicitationResponder } from './solicitation-responder.ts';

export type { LinkInterfaceOptions } from './link-interface-options.ts';

/** DupAddrDetectTransmits. RFC 4862 section 5.1. */
const DUP_ADDR_DETECT_TRANSMITS = 1;

/** Before the first message of an interface, milliseconds. RFC 4862 section 5.4.2. */
const MAX_START_DELAY = 1000;

/** One link of a node. Takes its link-local address and joins `ff02::1` at once. */
export class LinkInterface implements NetworkInterface {
  readonly index: number;
  readonly port: LinkPort;
  readonly linkLocal: Uint8Array;
  onUnreachable: ((address: Uint8Array, undelivered: readonly Uint8Array[]) => void) | undefined;
  acceptsAdvertisement: ((packet: LinkMessage) => boolean) | undefined;
  solicitationOptions: (() => readonly NdOption[]) | undefined;
  isAutoconfiguring: boolean;
  readonly #options: LinkInterfaceOptions;
  readonly #duplicateTransmits: number;
  readonly #membership: MulticastMembership;
  readonly #detection: DuplicateDetection;
  readonly #table: AddressTable;
  readonly #neighbors: NeighborCache;
  readonly #routers: RouterList;
  readonly #responder: SolicitationResponder;
  readonly #solicitations: RouterSolicitations;
  readonly #sender: DiscoverySender;
  readonly #receiver: DiscoveryReceiver;
  readonly #addressListeners: AddressChangeListener[] = [];
  readonly #linkListeners: ((isUp: boolean) => void)[] = [];

  constructor(options: LinkInterfaceOptions) {
    const { index, port, scheduler, random, isRouter } = options;
    const usesDelays = options.usesStartDelays ?? false;
    const identifier = options.interfaceIdentifier ?? interfaceIdentifierOf(port.linkLayerAddress);
    const listen = (address: Uint8Array): void => {
      this.#membership.join(solicitedNodeGroup(address));
    };
    const stopListening = (address: Uint8Array): void => {
      this.#membership.leave(solicitedNodeGroup(address));
    };
    const retransTimer = (): number => this.retransTimer;
    this.#options = options;
    this.index = index;
    this.port = port;
    this.linkLocal = (options.linkLocal ?? linkLocalOf(identifier)).slice();
    this.isAutoconfiguring = !isRouter;
    this.#duplicateTransmits = options.duplicateTransmits ?? DUP_ADDR_DETECT_TRANSMITS;
    this.#membership = new MulticastMembership({
      scheduler,
      random,
      source: () => (this.owns(this.linkLocal) ? this.linkLocal : UNSPECIFIED),
      send: (packet, group) => {
        this.#send(packet, groupLinkAddress(group));
      },
    });
    this.#detection = new DuplicateDetection({
      scheduler,
      retransTimer,
      solicit: (target) => {
        this.solicit({ target, source: UNSPECIFIED });
      },
      listen,
      stopListening,
    });
    this.#table = new AddressTable({
      scheduler,
      detection: this.#detection,
      duplicateTransmits: this.#duplicateTransmits,
      listen,
      stopListening,
      onChange: (...change) => {
        this.#addressChanged(...change);
      },
    });
    this.#neighbors = new NeighborCache({
      scheduler,
      random,
      retransTimer,
      solicit: (target, linkDestination, packet) => {
        this.#sender.solicitNeighbor(target, linkDestination, packet);
      },
      send: (packet, linkDestination) => {
        this.#send(packet, linkDestination);
      },
      onUnreachable: (address, undelivered) => {
        this.#routers.suspect(address);
        this.onUnreachable?.(address, undelivered);
      },
      isKept: (key) => this.#routers.isInUse(key),
    });
    this.#routers = new RouterList({
      scheduler,
      isConfirmed: (key) => this.#neighbors.isConfirmed(key),
      isResolved: (key) => this.#neighbors.isResolved(key),
      linkLayerAddressOf: (address) => this.#neighbors.view(address)?.linkLayerAddress,
    });
    this.#responder = new SolicitationResponder({
      scheduler,
      random,
      isRouter,
      link: this,
      listen,
      stopListening,
    });
    this.#solicitations = new RouterSolicitations({
      scheduler,
      random,
      usesDelays,
      send: () => {
        this.#sender.solicitRouter();
      },
    });
    this.#sender = new DiscoverySender({ link: this, isRouter });
    this.#receiver = new DiscoveryReceiver({
      scheduler,
      random,
      log: options.log,
      name: this.name,
      isRouter,
      usesDelays,
      identifier,
      portMtu: port.mtu,
      table: this.#table,
      detection: this.#detection,
      neighbors: this.#neighbors,
      routers: this.#routers,
      responder: this.#responder,
      membership: this.#membership,
      solicitations: this.#solicitations,
      isAutoconfiguring: () => this.isAutoconfiguring,
      acceptsAdvertisement: (packet) => this.acceptsAdvertisement?.(packet) ?? true,
    });
    const limit = new AdvertisementLimit(
      (router) => this.#neighbors.isConfirmed(router),
      scheduler.now,
    );
    port.onFrame = (frame) => {
      if (limit.admits(frame, scheduler.now)) this.#receive(frame);
    };
    port.onStateChange = (isUp) => {
      this.#linkChanged(isUp);
    };
    this.#membership.join(ALL_NODES);
    if (isRouter) this.#membership.join(ALL_ROUTERS);
    this.#table.add(this.linkLocal, {
      detection: options.linkLocalDetection ?? 'probe',
      delay: usesDelays ? randomBetween(random, 0, MAX_START_DELAY) : 0,
    });
  }

  get name(): string {
    return this.port.name;
  }

  get linkLayerAddress(): Uint8Array {
    return this.port.linkLayerAddress;
  }

  get mtu(): number {
    return this.#receiver.mtu;
  }

  get hopLimit(): number {
    return this.#receiver.hopLimit;
  }

  get retransTimer(): number {
    return this.#receiver.retransTimer;
  }

  get addresses(): readonly InterfaceAddress[] {
    return this.#table.views;
  }

  get routers(): readonly AdvertisingRouter[] {
    return this.#routers.views;
  }

  addAddress(address: Uint8Array, options: AddressOptions = {}): void {
    this.#table.add(address, options);
  }

  removeAddress(address: Uint8Array): void {
    this.#table.remove(address);
  }

  owns(address: Uint8Array): boolean {
    return this.#table.owns(address);
  }

  sourceFor(destination: Uint8Array): Uint8Array | undefined {
    return this.#table.sourceFor(destination);
  }

  isOnLink(address: Uint8Array): boolean {
    return isLinkLocal(address) || this.#table.covers(address) || this.#routers.isOnLink(address);
  }

  onAddressChange(listener: AddressChangeListener): void {
    this.#addressListeners.push(listener);
  }

  onLinkChange(listener: (isUp: boolean) => void): void {
    this.#linkListeners.push(listener);
  }

  join(group: Uint8Array): void {
    this.#membership.join(group);
  }

  leave(group: Uint8Array): void {
    this.#membership.leave(group);
  }

  isMember(group: Uint8Array): boolean {
    return this.#membership.has(group);
  }

  addAnycast(address: Uint8Array): void {
    this.#responder.addAnycast(address);
  }

  removeAnycast(address: Uint8Array): void {
    this.#responder.removeAnycast(address);
  }

  isAnycast(address: Uint8Array): boolean {
    return this.#responder.isAnycast(address);
  }

  probe(
    address: Uint8Array,
    onResult: (isUnique: boolean) => void,
    transmits = this.#duplicateTransmits,
  ): DuplicateProbe {
    // Nobody answers a node's own solicitations: it has to know by itself.
    if (this.owns(address) || this.isAnycast(address)) return this.#detection.refuse(onResult);
    return this.#detection.start(address, transmits, 0, onResult);
  }

  defend(address: Uint8Array, isRouter = false): void {
    this.#responder.defend(address, isRouter);
  }

  stopDefending(address: Uint8Array): void {
    this.#responder.stopDefending(address);
  }

  isDefending(address: Uint8Array): boolean {
    return this.#responder.isDefending(address);
  }

  advertise(fields: AdvertisementFields): void {
    this.#sender.advertise(fields);
  }

  solicit(fields: SolicitationFields): void {
    this.#sender.solicit(fields);
  }

  neighbor(address: Uint8Array): Neighbor | undefined {
    return this.#neighbors.view(address);
  }

  setNeighbor(address: Uint8Array, linkLayerAddress: Uint8Array, isRouter?: boolean): void {
    if (isNodeLinkAddress(linkLayerAddress)) {
      this.#neighbors.set(address, linkLayerAddress, isRouter);
    }
  }

  forgetNeighbor(address: Uint8Array): void {
    this.#neighbors.forget(address);
  }

  checkReachable(
    address: Uint8Array,
    onResult: (isReachable: boolean) => void,
    transmits?: number,
  ): void {
    this.#neighbors.check(address, onResult, transmits);
  }

  defaultRouter(): AdvertisingRouter | undefined {
    return this.#routers.select(this.#options.isRouter);
  }

  setStaticRouter(address: Uint8Array | undefined): void {
    this.#routers.setStatic(address);
  }

  forgetRouters(): void {
    this.#routers.clear();
  }

  solicitRouters(): void {
    this.#solicitations.start();
  }

  onRouterAdvertisement(listener: AdvertisementListener): void {
    this.#receiver.advertisementListeners.push(listener);
  }

  onRouterSolicitation(listener: (packet: LinkMessage) => void): void {
    this.#receiver.solicitationListeners.push(listener);
  }

  onNeighborAdvertisement(listener: NeighborAdvertisementListener): void {
    this.#receiver.neighborListeners.push(listener);
  }

  transmit(packet: Uint8Array, nextHop: Uint8Array, linkDestination?: Uint8Array): void {
    if (linkDestination !== undefined) this.#send(packet, linkDestination);
    else if (isMulticast(nextHop)) this.#send(packet, groupLinkAddress(nextHop));
    else if (!isUnspecified(nextHop)) this.#neighbors.transmit(packet, nextHop);
  }

  receiveNeighborDiscovery(packet: LinkMessage, message: Icmpv6Message): void {
    this.#receiver.receive(packet, message);
  }

  close(): void {
    this.port.onFrame = undefined;
    this.port.onStateChange = undefined;
    this.#solicitations.stop();
    this.#table.close();
    this.#detection.close();
    this.#neighbors.close();
    this.#responder.close();
    this.#membership.close();
  }

  #send(packet: Uint8Array, linkDestination: Uint8Array): void {
    this.port.send(frameOf(linkDestination, this.linkLayerAddress, packet));
  }

  #receive(frame: Uint8Array): void {
    const packet = packetFor(frame, this.linkLayerAddress, (linkKey) =>
      this.#membership.hasLinkKey(linkKey),
    );
    if (packet !== undefined) this.#options.receive(this, packet, frameSource(frame));
  }

  #linkChanged(isUp: boolean): void {
    if (isUp) {
      this.#neighbors.doubt();
      this.#membership.reportAll();
    }
    for (const listener of this.#linkListeners) listener(isUp);
  }

  #addressChanged(...[address, state, isAutoconfigured]: Parameters<AddressChangeListener>): void {
    if (state === 'duplicate') this.#receiver.tellDuplicate(address);
    const isLinkLocalReady =
      state === 'preferred' && addressKey(address) === addressKey(this.linkLocal);
    if (isLinkLocalReady) this.#membership.reportUnheard();
    for (const listener of this.#addressListeners) listener(address, state, isAutoconfigured);
  }
}
