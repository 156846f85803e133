/**
 * ICMPv6 of a node: echo, errors with their limits, and messages handed on to who wants them. RFC 4443.
 */
import { DiagnosticList } from '../../dissectors/core/diagnostic.ts';
import { isMulticast } from '../../dissectors/core/address.ts';
import { decodeIcmpv6, encodeIcmpv6, icmpv6Checksum } from '../../dissectors/icmpv6/index.ts';
import type { Icmpv6Message, Icmpv6MessageOf } from '../../dissectors/icmpv6/index.ts';
import { concatenate } from '../../dissectors/core/layout.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import type { Scheduler } from '../../engine/ports.ts';
import { TokenBucket } from '../node-log.ts';
import type { ParameterFault } from './header-walk.ts';
import { isUnanswerable } from './header-walk.ts';
import type { InboundPacket, OutboundPacket } from './packet.ts';
import { encodePlain, inboundPacket, nextHeaderPointer } from './wire.ts';

/** An error quotes as much as fits the smallest link. RFC 4443 section 2.4 (c). */
const MAX_ERROR_OCTETS = 1280 - 40 - 8;
/** Errors at once and a second: RFC 4443 section 2.4 (f) suggests ten. */
const ERROR_BURST = 10;
const ERRORS_PER_SECOND = 10;
const ICMPV6_INFORMATIONAL = 128;
const DEFAULT_HOP_LIMIT = 64;

const NEIGHBOR_DISCOVERY: readonly string[] = [
  'router-solicitation',
  'router-advertisement',
  'neighbor-solicitation',
  'neighbor-advertisement',
  'redirect',
];

/** Asked on the link, an interface answers for its groups; in a tunnel the role does. RFC 3810 section 6.2. */
const LISTENER_QUERIES: readonly string[] = [
  'multicast-listener-query',
  'multicast-listener-query-v2',
];

type Kind = Icmpv6Message['kind'];
type AnyHandler = (packet: InboundPacket, message: Icmpv6Message) => void;

/** What the endpoint needs of its node. */
export interface Icmpv6Host {
  readonly scheduler: Scheduler;
  send(packet: OutboundPacket): boolean;
  owns(address: Uint8Array): boolean;
  /** Address to answer from when the packet came to a group. */
  sourceFor(destination: Uint8Array, packet: InboundPacket): Uint8Array | undefined;
}

/** An error that a packet of this node drew. */
export type ErrorListener = (
  packet: InboundPacket,
  message: Icmpv6Message,
  quoted: Uint8Array,
) => void;

/** Receives and sends ICMPv6. */
export class Icmpv6Endpoint {
  readonly #host: Icmpv6Host;
  readonly #handlers = new Map<Kind, AnyHandler>();
  readonly #errorListeners: ErrorListener[] = [];
  readonly #errors: TokenBucket;
  /** Errors that were not sent because of the limit. */
  suppressedErrors = 0;

  constructor(host: Icmpv6Host) {
    this.#host = host;
    this.#errors = new TokenBucket(ERROR_BURST, ERRORS_PER_SECOND, host.scheduler.now);
  }

  /** Hands messages of a kind on. One handler a kind; a later one replaces it. */
  handle<K extends Kind>(
    kind: K,
    handler: (packet: InboundPacket, message: Icmpv6MessageOf<K>) => void,
  ): void {
    this.#handlers.set(kind, (packet, message) => {
      if (isKind(message, kind)) handler(packet, message);
    });
  }

  /** Told of errors; `quoted` is the packet that drew it, cut. */
  onError(listener: ErrorListener): void {
    this.#errorListeners.push(listener);
  }

  /**
   * @returns whether local programs may be told of it: echo replies and errors
   */
  receive(packet: InboundPacket): boolean {
    const { payload } = packet;
    const addresses = concatenate([packet.source, packet.destination]);
    if (icmpv6Checksum(addresses, 0, 16, payload, 0, payload.length) !== 0) return false;
    const diagnostics = new DiagnosticList();
    const message = decodeIcmpv6(payload, 0, payload.length, diagnostics);
    if (message === undefined) return false;
    if (NEIGHBOR_DISCOVERY.includes(message.kind)) {
      // RFC 4861 sections 6.1, 7.1: from the link itself, in no tunnel and with nothing in front.
      const isFromLink = packet.tunnels.length === 0 && packet.hopLimit === 255;
      const isPlain =
        packet.homeAddressOption === undefined && packet.type2RoutingHeader === undefined;
      if (isFromLink && isPlain && message.code === 0 && !diagnostics.has('ND_OPTION_LENGTH')) {
        packet.interface?.receiveNeighborDiscovery(packet, message);
      }
      return false;
    }
    if (LISTENER_QUERIES.includes(message.kind) && packet.tunnels.length === 0) {
      packet.interface?.receiveNeighborDiscovery(packet, message);
      return false;
    }
    const handler = this.#handlers.get(message.kind);
    if (handler !== undefined) {
      handler(packet, message);
      return false;
    }
    if (message.kind === 'echo-request') {
      this.#answerEcho(packet, message);
      return false;
    }
    if (typeOf(payload) >= ICMPV6_INFORMATIONAL) {
      return message.kind === 'echo-reply';
    }
    const quoted = payload.subarray(8);
    for (const listener of this.#errorListeners) listener(packet, message, quoted);
    return true;
  }

  /** Octets of a message with its checksum. */
  encode(message: Icmpv6Message, source: Uint8Array, destination: Uint8Array): Uint8Array {
    return encodeIcmpv6(message, { source, destination });
  }

  /** Sends a message; its checksum is made of the packet's addresses. */
  send(message: Icmpv6Message, packet: Omit<OutboundPacket, 'protocol' | 'payload'>): boolean {
    const { source, destination } = packet;
    const payload = this.encode(message, source, destination);
    return this.#host.send({ ...packet, protocol: NEXT_HEADER.icmpv6, payload });
  }

  /** Parameter Problem about a packet. RFC 4443 section 3.4. */
  parameterProblem(packet: InboundPacket, { code, pointer, isForMulticast }: ParameterFault): void {
    if (pointer < 0) return;
    this.error(
      packet,
      (invokingPacket) => ({ kind: 'parameter-problem', code, pointer, invokingPacket }),
      isForMulticast === true,
    );
  }

  /** Nobody takes the protocol, or the port: RFC 8200 section 4, RFC 4443 section 3.1. */
  refuseProtocol(packet: InboundPacket): void {
    if (isMulticast(packet.destination)) return;
    if (packet.protocol === NEXT_HEADER.tcp || packet.payloadOffset < 0) return;
    if (packet.protocol === NEXT_HEADER.udp) {
      this.error(packet, (invokingPacket) => ({
        kind: 'destination-unreachable',
        code: 4,
        length: 0,
        invokingPacket,
      }));
      return;
    }
    this.parameterProblem(packet, { code: 1, pointer: nextHeaderPointer(packet) });
  }

  /** The hop limit of a packet of somebody else is used up. RFC 4443 section 3.3. */
  timeExceeded(bytes: Uint8Array): void {
    this.error(inboundPacket(bytes, undefined, undefined, []), (invokingPacket) => ({
      kind: 'time-exceeded',
      code: 0,
      length: 0,
      invokingPacket,
    }));
  }

  /** A packet of somebody else is too large for where it should go. RFC 4443 section 3.2. */
  packetTooBig(bytes: Uint8Array, mtu: number): void {
    this.error(inboundPacket(bytes, undefined, undefined, []), (invokingPacket) => ({
      kind: 'packet-too-big',
      code: 0,
      mtu,
      invokingPacket,
    }));
  }

  /** The same as a whole packet, for a program of this node. */
  tooBigFor(program: Uint8Array, bytes: Uint8Array, mtu: number): Uint8Array {
    const invokingPacket = bytes.slice(0, MAX_ERROR_OCTETS);
    const payload = this.encode(
      { kind: 'packet-too-big', code: 0, mtu, invokingPacket },
      program,
      program,
    );
    return encodePlain(program, program, NEXT_HEADER.icmpv6, payload, DEFAULT_HOP_LIMIT);
  }

  /** An error about a packet, unless RFC 4443 section 2.4 (e) or its limit forbids it. */
  error(
    packet: InboundPacket,
    make: (invokingPacket: Uint8Array) => Icmpv6Message,
    isForMulticast = false,
  ): void {
    const { bytes, wireSource, wireDestination } = packet;
    if (isUnanswerable(wireSource) || isErrorMessage(packet)) return;
    if (isMulticast(wireDestination) && !isForMulticast) return;
    if (!this.#errors.take(this.#host.scheduler.now)) {
      this.suppressedErrors++;
      return;
    }
    const source = this.#host.owns(wireDestination)
      ? wireDestination
      : this.#host.sourceFor(wireSource, packet);
    if (source === undefined) return;
    this.send(make(bytes.slice(0, MAX_ERROR_OCTETS)), {
      source,
      destination: wireSource,
      // Mobility Headers: to the wire source, without a routing header (RFC 6275 section 9.2). A sender away from home is
      // told where it is (section 10.4.2).
      bypassesBindings: packet.protocol === NEXT_HEADER.mobility && packet.tunnels.length === 0,
      ...(packet.tunnels.length === 0 ? { interface: packet.interface } : {}),
    });
  }

  #answerEcho(packet: InboundPacket, message: Icmpv6MessageOf<'echo-request'>): void {
    const { source: asker, destination } = packet;
    if (isUnanswerable(asker)) return;
    const source = this.#host.owns(destination) ? destination : this.#host.sourceFor(asker, packet);
    if (source === undefined) return;
    this.send({ ...message, kind: 'echo-reply' }, { source, destination: asker });
  }
}

function isKind<K extends Kind>(
  message: Icmpv6Message,
  kind: K,
): message is Icmpv6MessageOf<K> & Icmpv6Message {
  return message.kind === kind;
}

function typeOf(payload: Uint8Array): number {
  return payload[0] ?? 0;
}

/** Errors draw no errors, nor do redirects. RFC 4443 section 2.4 (e.1). */
function isErrorMessage({ protocol, payload }: InboundPacket): boolean {
  return (
    protocol === NEXT_HEADER.icmpv6 &&
    (typeOf(payload) < ICMPV6_INFORMATIONAL || typeOf(payload) === 137)
  );
}
