/**
 * IKE messages: followed with the secrets that were given, so that ESP of their child SAs can be opened.
 */
import { copyOctets, u16, u32, u8 } from '../dissectors/core/bytes.ts';
import { NEXT_HEADER } from '../dissectors/ipv6/header.ts';
import type { IkeSessions } from './ike/sessions.ts';
import type { Level } from './packet-state.ts';

/** RFC 7296 section 2: port of IKE; RFC 3948 section 2.2: port of IKE behind a marker. */
const IKE_PORT = 500;
const ENCAPSULATION_PORT = 4500;
const UDP_OCTETS = 8;
const MARKER_OCTETS = 4;
const IPV4_OCTETS = 20;

/** Finds IKE in UDP. */
export class IkeStage {
  readonly #sessions: IkeSessions;

  constructor(sessions: IkeSessions) {
    this.#sessions = sessions;
  }

  /** The upper layer of `level` is UDP. */
  ipv6({ view }: Level): void {
    const { bytes, effectiveSource, effectiveDestination, upperBytes, upperOffset, upperEnd } =
      view;
    if (view.isCut) return;
    const message = messageAt(upperBytes, upperOffset, upperEnd);
    if (message < 0) return;
    // RFC 3776 section 3.1: a home address in an option is the address of the sender.
    const source = copyOctets(bytes, effectiveSource, effectiveSource + 16);
    const destination = copyOctets(bytes, effectiveDestination, effectiveDestination + 16);
    this.#sessions.open(
      upperBytes,
      message,
      datagramEnd(upperBytes, upperOffset, upperEnd),
      source,
      destination,
    );
  }

  /** An IPv4 header is at `offset`: nodes with IPv4 care-of addresses run IKE there (RFC 5555 section 4.2). */
  ipv4(bytes: Uint8Array, offset: number, end: number): void {
    const headerLength = (u8(bytes, offset) & 0x0f) * 4;
    const packetEnd = offset + u16(bytes, offset + 2);
    const isFragment = (u16(bytes, offset + 6) & 0x3fff) !== 0;
    if (headerLength < IPV4_OCTETS || packetEnd > end || isFragment) return;
    if (u8(bytes, offset + 9) !== NEXT_HEADER.udp) return;
    const datagram = offset + headerLength;
    const message = messageAt(bytes, datagram, packetEnd);
    if (message < 0) return;
    const source = copyOctets(bytes, offset + 12, offset + 16);
    const destination = copyOctets(bytes, offset + 16, offset + 20);
    const to = datagramEnd(bytes, datagram, packetEnd);
    this.#sessions.open(bytes, message, to, source, destination);
  }
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
