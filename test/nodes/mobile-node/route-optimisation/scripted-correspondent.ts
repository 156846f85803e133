/**
 * A correspondent made of octets, somewhere behind the routers of the mobile node's bench: its tokens and authenticators are
 * computed with node:crypto, and it answers as a test tells it to.
 */
import { formatAddress, isSameAddress } from '../../../../dissectors/core/address.ts';
import { u16 } from '../../../../dissectors/core/bytes.ts';
import { encodeIcmpv6 } from '../../../../dissectors/icmpv6/index.ts';
import type { Icmpv6Message } from '../../../../dissectors/icmpv6/index.ts';
import { ipv6Packet } from '../../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../../../dissectors/ipv6/header.ts';
import { encodeMobilityHeader } from '../../../../dissectors/mobility/header.ts';
import type { MobilityMessage } from '../../../../dissectors/mobility/header.ts';
import type { MobilityOption } from '../../../../dissectors/mobility/options/index.ts';
import { CorrespondentNode } from '../../../../nodes/correspondent-node/correspondent-node.ts';
import { encodePacket, selectorsOf } from '../../../../nodes/ip/wire.ts';
import {
  installRouteOptimisation,
  messageTunnel,
} from '../../../../nodes/mobile-node/route-optimisation/install.ts';
import type { RouteOptimisation } from '../../../../nodes/mobile-node/route-optimisation/route-optimisation.ts';
import type { CorrespondentLimits } from '../../../../nodes/mobile-node/route-optimisation/correspondent-table.ts';
import { receiveBindingUpdates } from '../../../../nodes/mobility/binding-update.ts';
import { authenticatorOf, sha1 } from '../../correspondent-node/bench.ts';
import { ip, readPacket } from '../../wire-peer.ts';
import { AGENT, CORRESPONDENT, HOME, MobileNodeBench, NODE_LINK, echoPacket } from '../bench.ts';
import type { BenchOptions, LinkName } from '../bench.ts';
import { AUTHENTICATOR_OCTETS, acknowledgementOctets } from './correspondent-messages.ts';
import type { AnswerFields, Message, TestFields, UpdateMessage } from './correspondent-messages.ts';

const IPV6_OCTETS = 40;
const NO_OCTETS = new Uint8Array();

interface GivenToken {
  readonly token: Uint8Array;
  readonly address: string;
}

/** Options of the bench. */
export interface RouteBenchOptions extends BenchOptions {
  readonly limits?: CorrespondentLimits;
}

/** The mobile node with route optimisation, its home agent, and correspondents. */
export class RouteBench {
  readonly node: MobileNodeBench;
  readonly routes: RouteOptimisation | undefined;
  /** The correspondent that the mobile node is. */
  readonly own: CorrespondentNode;
  readonly messages: Message[] = [];
  readonly updates: UpdateMessage[] = [];
  /** undefined = no answer. */
  answerHome: (message: Message) => TestFields | undefined = () => ({});
  answerCareOf: (message: Message) => TestFields | undefined = () => ({});
  answerUpdate: (update: UpdateMessage) => AnswerFields | undefined = () => ({});
  /** By nonce index: home tokens have even ones, care-of tokens odd ones. */
  readonly #given = new Map<number, GivenToken>();
  #next = 10;

  constructor(options: RouteBenchOptions = {}) {
    this.node = new MobileNodeBench(options);
    const { host } = this.node;
    this.own = new CorrespondentNode({
      host,
      installsPath: false,
      tunnelFor: messageTunnel(this.node.node),
    });
    receiveBindingUpdates(host, { home: undefined, correspondent: this.own.registrar });
    this.routes = installRouteOptimisation(this.node.node, {
      correspondent: this.own,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    });
    for (const name of ['one', 'two', 'home'] as const) {
      this.node.links[name].link.tap((frame, at) => {
        if (u16(frame, 12) !== 0x86dd || !isSameAddress(frame.subarray(6, 12), NODE_LINK)) return;
        this.#take(frame.slice(14, 14 + IPV6_OCTETS + u16(frame, 18)), name, at);
      });
    }
  }

  /** Registered with its home agent; nothing with correspondents. */
  static away(options: RouteBenchOptions = {}): RouteBench {
    const bench = new RouteBench(options);
    bench.node.register();
    return bench;
  }

  /** Registered with a correspondent too. */
  static optimised(options: RouteBenchOptions = {}): RouteBench {
    const bench = RouteBench.away(options);
    bench.trigger();
    bench.advance(100);
    if (bench.updates.length !== 1) throw new Error('no correspondent registration');
    return bench;
  }

  advance(milliseconds: number): void {
    this.node.scheduler.advance(milliseconds);
  }

  get now(): number {
    return this.node.scheduler.now;
  }

  /** A payload packet of a correspondent through the tunnel. */
  trigger(correspondent = CORRESPONDENT, home = HOME): void {
    this.tunnel(echoPacket(correspondent, home));
    this.advance(0);
  }

  /** The correspondent is mobile, and bound at this node. */
  bindOther(careOfAddress: Uint8Array, homeAddress = CORRESPONDENT): void {
    const { bindings, scheduler } = this.node.host;
    bindings.set({
      homeAddress,
      careOfAddress,
      localAddress: HOME,
      isHomeRegistration: false,
      sequence: 1,
      lifetime: 400,
      registeredAt: scheduler.now,
      expiresAt: scheduler.now + 400_000,
      hasLinkLocal: false,
      hasKeyMobility: false,
      isMobileRouter: false,
      usedAt: scheduler.now,
    });
  }

  /** Forgets what was sent. */
  forget(): void {
    this.messages.length = 0;
    this.updates.length = 0;
    this.node.take();
  }

  of(kind: Message['kind']): Message[] {
    return this.messages.filter((each) => each.kind === kind);
  }

  /** Echo request of the node. @returns the way that it took */
  way(correspondent = CORRESPONDENT, home = HOME): 'direct' | 'tunnel' | 'optimised' | 'none' {
    const [packet] = this.node
      .ping(home, correspondent)
      .filter(({ mobility }) => mobility === undefined);
    if (packet === undefined) return 'none';
    if (packet.homeAddressOption !== undefined) return 'optimised';
    return packet.source === formatAddress(home) ? 'direct' : 'tunnel';
  }

  /** Puts a packet on the link where the node is, without letting time pass. */
  put(packet: Uint8Array, link: LinkName = this.node.whereabouts): void {
    this.node.links[link].router.send(packet);
  }

  /** A payload packet that uses the binding at the correspondent: by a type 2 routing header. */
  sendRouted(source = CORRESPONDENT, home = HOME): void {
    const message = {
      kind: 'echo-request',
      code: 0,
      identifier: 9,
      sequence: 1,
      data: NO_OCTETS,
    } as const;
    const payload = encodeIcmpv6(message, { source, destination: home });
    const wire = {
      source,
      destination: this.node.careOf,
      homeAddressOption: undefined,
      type2RoutingHeader: home,
    };
    this.put(encodePacket(wire, NEXT_HEADER.icmpv6, payload, 60));
  }

  /** Through the home agent's tunnel, protected as it should be unless told otherwise. */
  tunnel(inner: Uint8Array, { isProtected = true, source = AGENT } = {}): void {
    const { node } = this;
    const wire = {
      source,
      destination: node.careOf,
      homeAddressOption: undefined,
      type2RoutingHeader: undefined,
    };
    const decision = isProtected
      ? node.agentIpsec?.outbound(selectorsOf(inner, inner.slice(24, 40)))
      : undefined;
    const sealed =
      decision?.kind === 'tunnel'
        ? decision.protect(NEXT_HEADER.ipv6, inner, wire)
        : { protocol: NEXT_HEADER.ipv6, payload: inner };
    this.put(encodePacket(wire, sealed.protocol, sealed.payload, 60));
  }

  /** A Mobility Header of a correspondent, to the home address through the tunnel or to a care-of address directly. */
  sendMessage(
    message: MobilityMessage,
    options: readonly MobilityOption[],
    {
      source = CORRESPONDENT,
      destination,
      isTunnelled,
    }: {
      readonly source?: Uint8Array;
      readonly destination: Uint8Array;
      readonly isTunnelled: boolean;
    },
  ): void {
    const payload = encodeMobilityHeader(message, options, { source, destination });
    const protocol = NEXT_HEADER.mobility;
    const packet = ipv6Packet({ source, destination, hopLimit: 60, protocol, payload });
    if (isTunnelled) this.tunnel(packet);
    else this.put(packet);
  }

  /** An ICMPv6 error. */
  sendError(
    message: Icmpv6Message,
    destination: Uint8Array,
    { source = CORRESPONDENT, isTunnelled = false } = {},
  ): void {
    const payload = encodeIcmpv6(message, { source, destination });
    const protocol = NEXT_HEADER.icmpv6;
    const packet = ipv6Packet({ source, destination, hopLimit: 60, protocol, payload });
    if (isTunnelled) this.tunnel(packet);
    else this.put(packet);
    this.advance(5);
  }

  /** Parameter Problem, code 1, about a message. */
  refuse(message: Message, fields: { readonly source?: Uint8Array } = {}): void {
    const invokingPacket = message.packet.bytes;
    const pointer = message.packet.headers.length === 0 ? 6 : 40;
    this.sendError(
      { kind: 'parameter-problem', code: 1, pointer, invokingPacket },
      ip(message.packet.source),
      { ...fields, isTunnelled: message.isTunnelled },
    );
  }

  bindingError(status: number, homeAddress = HOME, source = CORRESPONDENT): void {
    const destination = this.node.careOf;
    const isTunnelled = false;
    this.sendMessage({ kind: 'binding-error', status, homeAddress }, [], {
      source,
      destination,
      isTunnelled,
    });
    this.advance(5);
  }

  refreshRequest(source = CORRESPONDENT): void {
    const where = { source, destination: HOME, isTunnelled: true };
    this.sendMessage({ kind: 'binding-refresh-request' }, [], where);
    this.advance(5);
  }

  /** Answers a Home Test Init. */
  giveHomeTest({ packet, message }: Message, fields: TestFields = {}): void {
    if (message.kind !== 'home-test-init') throw new Error(message.kind);
    const { index, token } = this.#give(0, packet.source);
    const isAway = this.node.whereabouts !== 'home';
    this.sendMessage(
      {
        kind: 'home-test',
        homeNonceIndex: index,
        homeInitCookie: fields.cookie ?? message.homeInitCookie,
        homeKeygenToken: token,
      },
      [],
      {
        source: fields.source ?? ip(packet.destination),
        destination: fields.destination ?? ip(packet.source),
        isTunnelled: fields.isMisrouted === true ? !isAway : isAway,
      },
    );
  }

  /** Answers a Care-of Test Init. */
  giveCareOfTest({ packet, message }: Message, fields: TestFields = {}): void {
    if (message.kind !== 'care-of-test-init') throw new Error(message.kind);
    const { index, token } = this.#give(1, packet.source);
    this.sendMessage(
      {
        kind: 'care-of-test',
        careOfNonceIndex: index,
        careOfInitCookie: fields.cookie ?? message.careOfInitCookie,
        careOfKeygenToken: token,
      },
      [],
      {
        source: fields.source ?? ip(packet.destination),
        destination: fields.destination ?? ip(packet.source),
        isTunnelled: fields.isMisrouted === true,
      },
    );
  }

  /** Answers an update. */
  acknowledge(update: UpdateMessage, fields: AnswerFields = {}): void {
    const { packet } = update;
    const source = fields.source ?? ip(packet.destination);
    const home = packet.ends.source;
    const isAway = packet.homeAddressOption !== undefined;
    const routing = fields.routing ?? (isAway ? home : 'none');
    const final = routing === 'none' ? ip(packet.source) : routing;
    const ends = { source, destination: final };
    const payload = acknowledgementOctets(update, fields, this.keyOf(update), ends);
    const wire = {
      source,
      destination: ip(packet.source),
      homeAddressOption: undefined,
      type2RoutingHeader: routing === 'none' ? undefined : routing,
    };
    this.put(encodePacket(wire, NEXT_HEADER.mobility, payload, 60));
  }

  /** Kbm by the indices of an update. */
  keyOf({ homeIndex, careOfIndex, lifetime }: UpdateMessage): Uint8Array {
    const home = this.#given.get(homeIndex)?.token ?? new Uint8Array(8);
    const careOf = this.#given.get(careOfIndex)?.token ?? new Uint8Array(8);
    return lifetime === 0 ? sha1(home) : sha1(home, careOf);
  }

  close(): void {
    this.routes?.close();
    this.own.close();
    this.node.close();
  }

  #give(parity: 0 | 1, address: string): { readonly index: number; readonly token: Uint8Array } {
    const index = this.#next * 2 + parity;
    this.#next++;
    const token = sha1(Uint8Array.of(index & 0xff, index >> 8, 77)).slice(0, 8);
    this.#given.set(index, { token, address });
    return { index, token };
  }

  #take(bytes: Uint8Array, link: LinkName, at: number): void {
    const wire = readPacket(bytes);
    const opened =
      wire.mobility === undefined ? this.node.open({ ...wire, link, at, to: '' }) : undefined;
    const packet = opened?.inner === undefined ? wire : readPacket(opened.inner);
    const { mobility } = packet;
    if (mobility === undefined || packet.destination === formatAddress(AGENT)) return;
    const message: Message = {
      kind: mobility.message.kind,
      at,
      link,
      packet,
      message: mobility.message,
      options: mobility.options,
      isTunnelled: opened !== undefined,
      isProtected: opened?.isProtected === true,
      outer:
        opened === undefined ? undefined : { source: wire.source, destination: wire.destination },
    };
    this.messages.push(message);
    this.node.scheduler.after(1, () => {
      this.#answer(message);
    });
  }

  #answer(message: Message): void {
    if (message.kind === 'home-test-init') {
      const fields = this.answerHome(message);
      if (fields !== undefined) this.giveHomeTest(message, fields);
    } else if (message.kind === 'care-of-test-init') {
      const fields = this.answerCareOf(message);
      if (fields !== undefined) this.giveCareOfTest(message, fields);
    } else if (message.message.kind === 'binding-update') {
      const update = this.#update(message);
      this.updates.push(update);
      const fields = this.answerUpdate(update);
      if (fields !== undefined) this.acknowledge(update, fields);
    }
  }

  #update(message: Message): UpdateMessage {
    const { packet, options } = message;
    if (message.message.kind !== 'binding-update') throw new Error(message.kind);
    const { sequence, lifetime, flags } = message.message;
    const indices = options.find((each) => each.kind === 'nonce-indices');
    const update = {
      ...message,
      sequence,
      lifetime: lifetime * 4,
      flags,
      homeIndex: indices?.kind === 'nonce-indices' ? indices.homeNonceIndex : -1,
      careOfIndex: indices?.kind === 'nonce-indices' ? indices.careOfNonceIndex : -1,
      isAuthentic: false,
    };
    const isDeletion = lifetime === 0;
    const careOf = isDeletion ? packet.ends.source : ip(packet.source);
    const expected = authenticatorOf(
      this.keyOf(update),
      careOf,
      packet.ends.destination,
      packet.payload,
    );
    const last = options.at(-1);
    const home = this.#given.get(update.homeIndex)?.address;
    const at = this.#given.get(update.careOfIndex)?.address;
    return {
      ...update,
      isAuthentic:
        last?.kind === 'binding-authorization-data' &&
        Buffer.from(expected).equals(Buffer.from(packet.payload.slice(-AUTHENTICATOR_OCTETS))) &&
        home === formatAddress(packet.ends.source) &&
        (isDeletion || at === packet.source),
    };
  }
}
