/**
 * Mobility Headers of a node: checked, handed on to who wants them, and sent. RFC 6275 sections 6.1, 9.2 and 9.3.3.
 */
import { formatAddress } from '../../dissectors/core/address.ts';
import { u8 } from '../../dissectors/core/bytes.ts';
import { DiagnosticList } from '../../dissectors/core/diagnostic.ts';
import { concatenate } from '../../dissectors/core/layout.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import {
  decodeMobilityHeader,
  encodeMobilityHeader,
  mobilityChecksum,
} from '../../dissectors/mobility/header.ts';
import type {
  MessageOf,
  MobilityHeader,
  MobilityMessage,
} from '../../dissectors/mobility/header.ts';
import type { MobilityOption } from '../../dissectors/mobility/options/index.ts';
import type { Scheduler } from '../../engine/ports.ts';
import { isUnanswerable } from '../ip/header-walk.ts';
import type { ParameterFault } from '../ip/header-walk.ts';
import type { InboundPacket, OutboundPacket } from '../ip/packet.ts';
import { TokenBucket } from '../node-log.ts';
import type { NodeLog } from '../node-log.ts';

/** Binding Errors at once and a second. RFC 6275 section 9.3.3: limited as ICMPv6 errors are. */
const ERROR_BURST = 10;
const ERRORS_PER_SECOND = 10;
const NO_NEXT_HEADER = 59;
const UNSPECIFIED = new Uint8Array(16);
/** Header Len that each message has at least, by MH Type. RFC 6275 sections 6.1.2 to 6.1.9. */
const LEAST_HEADER_LENGTHS: readonly number[] = [0, 1, 1, 2, 2, 1, 1, 2];
const HEADER_LENGTH_AT = 1;
const MH_TYPE_AT = 2;

type Kind = MobilityMessage['kind'];

/** A received message. */
export interface ReceivedMessage<K extends Kind = Kind> {
  readonly packet: InboundPacket;
  readonly header: MobilityHeader;
  readonly message: Extract<MobilityMessage, { kind: K }>;
  readonly options: readonly MobilityOption[];
}

/** What the endpoint needs of its node. */
export interface MobilityHost {
  readonly scheduler: Scheduler;
  readonly log: NodeLog;
  readonly icmpv6: { parameterProblem(packet: InboundPacket, fault: ParameterFault): void };
  send(packet: OutboundPacket): boolean;
  owns(address: Uint8Array): boolean;
  sourceFor(destination: Uint8Array, packet?: InboundPacket): Uint8Array | undefined;
}

/** Addresses and contents of a message to send. */
export interface MessageToSend extends Omit<OutboundPacket, 'protocol' | 'payload'> {
  readonly message: MobilityMessage;
  readonly options?: readonly MobilityOption[];
}

/** Receives and sends Mobility Headers. */
export class MobilityEndpoint {
  readonly #host: MobilityHost;
  readonly #handlers = new Map<Kind, (received: ReceivedMessage) => void>();
  readonly #errors: TokenBucket;
  /** Binding Errors that were not sent because of the limit. */
  suppressedErrors = 0;

  constructor(host: MobilityHost) {
    this.#host = host;
    this.#errors = new TokenBucket(ERROR_BURST, ERRORS_PER_SECOND, host.scheduler.now);
  }

  /** Hands messages of a kind on. One handler a kind; kinds without one are unknown to this node. */
  handle<K extends Kind>(kind: K, handler: (received: ReceivedMessage<K>) => void): void {
    this.#handlers.set(kind, (received) => {
      if (isOfKind(received, kind)) handler(received);
    });
  }

  /** Checks a packet in the order of RFC 6275 section 9.2 and hands it on. */
  receive(packet: InboundPacket): void {
    const { payload } = packet;
    const addresses = concatenate([packet.source, packet.destination]);
    const length = (u8(payload, HEADER_LENGTH_AT) + 1) * 8;
    if (
      payload.length < 8 ||
      length > payload.length ||
      mobilityChecksum(addresses, 0, 16, payload, 0, payload.length) !== 0
    ) {
      return;
    }
    const diagnostics = new DiagnosticList();
    const header = decodeMobilityHeader(payload, 0, payload.length, diagnostics);
    if (header === undefined) return;
    const isTooShort = u8(payload, HEADER_LENGTH_AT) < (LEAST_HEADER_LENGTHS[header.mhType] ?? 0);
    const isPiggybacked = header.payloadProto !== NO_NEXT_HEADER;
    const handler = this.#handlers.get(header.message.kind);
    if (handler === undefined && !isTooShort) {
      this.sendBindingError(2, packet);
      return;
    }
    if (isPiggybacked || isTooShort) {
      const at = isPiggybacked ? 0 : HEADER_LENGTH_AT;
      const pointer = packet.payloadOffset < 0 ? -1 : packet.payloadOffset + at;
      this.#host.icmpv6.parameterProblem(packet, { code: 0, pointer });
      return;
    }
    // Open points COM-MH-20 and -21: what cannot be read is not acted upon, and somebody is told.
    if (
      ['OPTION_TRUNCATED', 'OPTION_LENGTH', 'MH_TRUNCATED'].some((code) => has(diagnostics, code))
    ) {
      this.#host.log({
        level: 'alarm',
        event: 'mobility-message-malformed',
        details: { source: formatAddress(packet.wireSource), type: u8(payload, MH_TYPE_AT) },
      });
      return;
    }
    handler?.({ packet, header, message: header.message, options: header.options });
  }

  /** Octets of a message with its checksum. */
  encode({ message, options = [], source, destination }: MessageToSend): Uint8Array {
    return encodeMobilityHeader(message, options, { source, destination });
  }

  /** Sends a message, addressed as it says: bindings are not asked. RFC 6275 section 6.1. @returns whether it left. */
  send(toSend: MessageToSend): boolean {
    const { message, options = [], ...packet } = toSend;
    return this.sendEncoded(encodeMobilityHeader(message, options, packet), packet);
  }

  /** Sends octets of a message that were made already. */
  sendEncoded(payload: Uint8Array, packet: Omit<OutboundPacket, 'protocol' | 'payload'>): boolean {
    return this.#host.send({
      bypassesBindings: true,
      ...packet,
      protocol: NEXT_HEADER.mobility,
      payload,
    });
  }

  /**
   * Binding Error about a packet: to its wire source, with the home address as it was on the wire. RFC 6275 section 9.3.3.
   * @param status 1 unknown binding for the Home Address option, 2 unrecognised MH Type
   */
  sendBindingError(status: 1 | 2, packet: InboundPacket): void {
    const { wireSource, wireDestination, homeAddressOption } = packet;
    if (isUnanswerable(wireSource)) return;
    if (!this.#errors.take(this.#host.scheduler.now)) {
      this.suppressedErrors++;
      return;
    }
    const source = this.#host.owns(wireDestination)
      ? wireDestination
      : this.#host.sourceFor(wireSource, packet);
    if (source === undefined) return;
    this.send({
      source,
      destination: wireSource,
      message: {
        kind: 'binding-error',
        status,
        homeAddress: homeAddressOption ?? UNSPECIFIED,
      },
    });
  }
}

function isOfKind<K extends Kind>(
  received: ReceivedMessage,
  kind: K,
): received is ReceivedMessage & ReceivedMessage<K> {
  return received.message.kind === kind;
}

function has(diagnostics: DiagnosticList, code: string): boolean {
  return diagnostics.items.some((item) => item.code === code);
}

export type { MessageOf };
