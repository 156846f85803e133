/**
 * IKE messages: told as events, and followed with the secrets that were given, so that ESP of their child SAs can be
 * opened.
 */
import { copyOctets, u16, u32, u8 } from '../dissectors/core/bytes.ts';
import {
  IKEV1_FLAG,
  IKEV2_FLAG,
  IKE_HEADER_OCTETS,
  findEncryptedPayload,
  ikev2Header,
} from '../dissectors/ike/index.ts';
import type { IkeHeader } from '../dissectors/ike/index.ts';
import { NEXT_HEADER } from '../dissectors/ipv6/header.ts';
import type { OpenedIke } from '../dissectors/layer.ts';
import type { EngineEvent, IkeEvent, PacketContext } from './events.ts';
import { PhaseOneTable } from './ike/phase-one.ts';
import { UNKNOWN_PARTIES } from './ike/said.ts';
import type { IkeSessions } from './ike/sessions.ts';
import type { Level, PacketState } from './packet-state.ts';

/** RFC 7296 section 2: port of IKE; RFC 3948 section 2.2: port of IKE behind a marker. */
const IKE_PORT = 500;
const ENCAPSULATION_PORT = 4500;
const UDP_OCTETS = 8;
const MARKER_OCTETS = 4;
const IPV4_OCTETS = 20;

const NO_ENCAPSULATION: readonly string[] = [];

/** Finds IKE in UDP. */
export class IkeStage {
  /** Encrypted messages that could be read, and those that could not. */
  readable = 0;
  unreadable = 0;
  readonly #sessions: IkeSessions | undefined;
  readonly #packet: PacketState;
  readonly #emit: (event: EngineEvent) => void;
  readonly #phases = new PhaseOneTable();

  /** @param parts.sessions undefined without secrets */
  constructor(parts: {
    sessions: IkeSessions | undefined;
    packet: PacketState;
    emit: (event: EngineEvent) => void;
  }) {
    this.#sessions = parts.sessions;
    this.#packet = parts.packet;
    this.#emit = parts.emit;
  }

  /** The upper layer of `level` is UDP. */
  ipv6(level: Level): void {
    const { view } = level;
    const { bytes, effectiveSource, effectiveDestination, upperBytes, upperOffset, upperEnd } =
      view;
    if (view.isCut) return;
    const message = messageAt(upperBytes, upperOffset, upperEnd);
    if (message < 0) return;
    const end = datagramEnd(upperBytes, upperOffset, upperEnd);
    const header = headerAt(upperBytes, message, end);
    if (header === undefined) return;
    // RFC 3776 section 3.1: a home address in an option is the address of the sender.
    const source = copyOctets(bytes, effectiveSource, effectiveSource + 16);
    const destination = copyOctets(bytes, effectiveDestination, effectiveDestination + 16);
    const context = this.#packet.contextOf(level);
    this.#message(header, upperBytes, message, end, source, destination, context);
  }

  /** An IPv4 header is at `offset`: nodes with IPv4 care-of addresses run IKE there (RFC 5555 section 4.2). */
  ipv4(bytes: Uint8Array, offset: number, end: number): void {
    if (u8(bytes, offset + 9) !== NEXT_HEADER.udp) return;
    const headerLength = (u8(bytes, offset) & 0x0f) * 4;
    const packetEnd = offset + u16(bytes, offset + 2);
    const isFragment = (u16(bytes, offset + 6) & 0x3fff) !== 0;
    if (headerLength < IPV4_OCTETS || packetEnd > end || isFragment) return;
    const datagram = offset + headerLength;
    const message = messageAt(bytes, datagram, packetEnd);
    if (message < 0) return;
    const to = datagramEnd(bytes, datagram, packetEnd);
    const header = headerAt(bytes, message, to);
    if (header === undefined) return;
    const source = copyOctets(bytes, offset + 12, offset + 16);
    const destination = copyOctets(bytes, offset + 16, offset + 20);
    const context = this.#ipv4Context(source, destination, u8(bytes, offset + 8));
    this.#message(header, bytes, message, to, source, destination, context);
  }

  #message(
    header: IkeHeader,
    bytes: Uint8Array,
    message: number,
    end: number,
    source: Uint8Array,
    destination: Uint8Array,
    context: PacketContext,
  ): void {
    const sessions = this.#sessions;
    const opened = sessions?.open(bytes, message, end, source, destination);
    const version = header.version >>> 4 === 1 ? 1 : 2;
    const isEncrypted =
      version === 1
        ? (header.flags & IKEV1_FLAG.encryption) !== 0
        : findEncryptedPayload(bytes, message, message + header.length) !== undefined;
    const reading = isEncrypted ? readingOf(opened) : 'clear';
    if (isEncrypted) {
      if (reading === 'closed') this.unreadable++;
      else this.readable++;
    }
    const common = {
      kind: 'ike',
      context,
      exchange: header.exchangeType,
      initiatorSpi: header.initiatorSpi,
      responderSpi: header.responderSpi,
      messageId: header.messageId,
      reading,
    } as const;
    this.#emit(
      version === 1
        ? this.#first(common, header, bytes, message, source, opened)
        : second(common, header, sessions),
    );
  }

  #first(
    common: CommonFields,
    header: IkeHeader,
    bytes: Uint8Array,
    message: number,
    source: Uint8Array,
    opened: OpenedIke | undefined,
  ): IkeEvent {
    const end = message + header.length;
    const said = this.#phases.take(header, bytes, message, end, opened?.bytes, source);
    return { ...common, version: 1, isResponse: undefined, ...said, moved: undefined };
  }

  /** Addresses of IPv4 as IPv4-mapped ones: events have 16 octets. */
  #ipv4Context(source: Uint8Array, destination: Uint8Array, hopLimit: number): PacketContext {
    const packet = this.#packet;
    const { frame } = packet;
    return {
      packet: packet.packet,
      link: packet.link,
      source: mapped(source),
      destination: mapped(destination),
      homeAddressOption: undefined,
      routingHomeAddress: undefined,
      hopLimit,
      linkSource:
        frame.linkSource < 0
          ? undefined
          : copyOctets(frame.bytes, frame.linkSource, frame.linkSource + 6),
      protection: 'none',
      esp: undefined,
      outer: undefined,
      encapsulation: NO_ENCAPSULATION,
      isReassembled: false,
      extensions: 0,
      hasFragmentHeader: false,
    };
  }
}

type CommonFields = Pick<
  IkeEvent,
  'kind' | 'context' | 'exchange' | 'initiatorSpi' | 'responderSpi' | 'messageId' | 'reading'
>;

/** An event of IKEv2. */
function second(
  common: CommonFields,
  { flags }: IkeHeader,
  sessions: IkeSessions | undefined,
): IkeEvent {
  const said = sessions?.said;
  return {
    ...common,
    version: 2,
    isInitiator: (flags & IKEV2_FLAG.initiator) !== 0,
    isResponse: (flags & IKEV2_FLAG.response) !== 0,
    authenticationMethods: [],
    parties: said?.parties ?? UNKNOWN_PARTIES,
    negotiated: said?.negotiated,
    moved: said?.moved,
  };
}

function readingOf(opened: OpenedIke | undefined): 'verified' | 'unchecked' | 'closed' {
  if (opened === undefined || opened.icv === 'bad') return 'closed';
  return opened.icv === 'good' ? 'verified' : 'unchecked';
}

/** Header of a message of a version that exists, and as long as it says. RFC 7296 section 3.1. */
function headerAt(bytes: Uint8Array, message: number, end: number): IkeHeader | undefined {
  const header = ikev2Header.decode(bytes, message, end);
  if (header === undefined) return undefined;
  const major = header.version >>> 4;
  const isWhole = header.length >= IKE_HEADER_OCTETS && message + header.length <= end;
  return isWhole && (major === 1 || major === 2) ? header : undefined;
}

function datagramEnd(bytes: Uint8Array, datagram: number, end: number): number {
  return Math.min(end, datagram + u16(bytes, datagram + 4));
}

/** Where the IKE message of a UDP datagram begins; -1 when it holds none. */
function messageAt(bytes: Uint8Array, datagram: number, end: number): number {
  const payload = datagram + UDP_OCTETS;
  if (payload > end) return -1;
  const source = u16(bytes, datagram);
  const destination = u16(bytes, datagram + 2);
  if (source === IKE_PORT || destination === IKE_PORT) return payload;
  if (source !== ENCAPSULATION_PORT && destination !== ENCAPSULATION_PORT) return -1;
  const isMarked = payload + MARKER_OCTETS <= end && u32(bytes, payload) === 0;
  return isMarked ? payload + MARKER_OCTETS : -1;
}

/** IPv4-mapped address. RFC 4291 section 2.5.5.2. */
function mapped(address: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.fill(0xff, 10, 12);
  bytes.set(address, 12);
  return bytes;
}
