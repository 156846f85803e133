/**
 * ESP with NULL encryption recognised without a key. RFC 5879.
 *
 * Nothing in an ESP packet says whether it is encrypted. What can be told: a trailer that makes sense in front of an
 * ICV of a usual length (section 8.2), a header of the protocol that the trailer names, and the checksum of that
 * protocol (section 8.3), over the normalised addresses. Each counts as bits that random octets do not have; a flow
 * is believed to be in the clear from {@link CONFIRMING_BITS} on. Also then a packet is opened only when it fits by
 * itself: whoever sends packets with the SPI of an encrypted association makes nothing of those readable.
 *
 * Extension headers inside ESP are not looked through.
 */
import { foldChecksum, pseudoHeaderChecksum, sumWords } from '../../dissectors/core/checksum.ts';
import { u16, u8 } from '../../dissectors/core/bytes.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';

/** SPI and sequence number. RFC 4303 section 2. */
const ESP_HEADER = 8;
/** Pad Length and Next Header. */
const TRAILER = 2;
/** Packets of a flow looked at in every layout, and of later ones each that often. */
export const FIRST_TRIES = 16;
export const LATER_TRIES = 64;
/** Evidence from which a flow is believed: random octets reach it once in 2**40. */
export const CONFIRMING_BITS = 40;
/** So many packets that do not fit, one after the other, and a confirmed flow is believed no more. */
export const MAX_MISFITS = 8;

/** Octets of IV and ICV under NULL encryption; AES-GMAC has an IV (RFC 4543 section 3). The most common first. */
const LAYOUTS = [
  { iv: 0, icv: 12 },
  { iv: 0, icv: 16 },
  { iv: 8, icv: 16 },
  { iv: 0, icv: 24 },
  { iv: 0, icv: 32 },
  { iv: 0, icv: 0 },
] as const;

/** Bits of evidence. */
const BITS = { nextHeader: 5, padOctet: 8, checksum: 16, length: 16, version: 4 } as const;

const MISFIT = -1;
const TCP = 6;
const UDP = 17;
const PLAUSIBLE = new Uint8Array(256);
for (const protocol of [NEXT_HEADER.mobility, NEXT_HEADER.icmpv6, UDP, TCP]) {
  PLAUSIBLE[protocol] = 1;
}
PLAUSIBLE[NEXT_HEADER.ipv6] = 1;
PLAUSIBLE[NEXT_HEADER.ipv4] = 1;

const IPV6_HEADER = 40;
const IPV4_HEADER = 20;
const UDP_HEADER = 8;
const TCP_HEADER = 20;
const ICMPV6_HEADER = 4;
/** Shortest Mobility Header; the length field does not count it. RFC 6275 section 6.1.1. */
const MOBILITY_UNIT = 8;

/** One whole ESP packet; the caller fills the same object again. */
export interface EspSight {
  bytes: Uint8Array;
  /** Offset of the ESP header, and end of the ESP packet. */
  esp: number;
  end: number;
  /** 16 octets each, normalised (RFC 6275 sections 6.3 and 6.4), and where they are. */
  sourceBytes: Uint8Array;
  source: number;
  destinationBytes: Uint8Array;
  destination: number;
}

/** Whose checksum recognised a flow. */
export type NullProof =
  | 'Mobility Header'
  | 'ICMPv6 message'
  | 'UDP datagram'
  | 'TCP segment'
  | 'IPv4 header';

/** Guess about one flow of ESP, which is an SPI between two addresses. Of fixed size. */
export class NullGuess {
  /** Octets of IV and ICV found; -1 before anything fitted. */
  ivLength = -1;
  icvLength = -1;
  /** Packets tried, packets that fitted, and packets after the first of these that did not. */
  tries = 0;
  fits = 0;
  misfits = 0;
  /** The flow is believed to be in the clear. */
  isConfirmed = false;
  /** Of the packet that fitted first. */
  proof: NullProof | undefined = undefined;
  /** Of the packet opened last: where its payload begins and ends in its octets, and what it is. */
  payloadOffset = 0;
  payloadEnd = 0;
  nextHeader = 0;
  #bits = 0;
  #misfitsInARow = 0;

  /** Forgets everything. */
  reset(): void {
    this.ivLength = -1;
    this.icvLength = -1;
    this.tries = 0;
    this.fits = 0;
    this.misfits = 0;
    this.isConfirmed = false;
    this.proof = undefined;
    this.#bits = 0;
    this.#misfitsInARow = 0;
  }

  /**
   * Looks at the next packet of the flow. No allocation. At most six layouts are tried, and of those only one with a
   * sensible trailer costs a checksum.
   * @returns true when the packet is in the clear; {@link payloadOffset} and what follows it say what is inside
   */
  open(sight: Readonly<EspSight>): boolean {
    const tries = this.tries++;
    const isKnown = this.icvLength >= 0;
    if (isKnown && this.#fits(sight, this.ivLength, this.icvLength)) return this.isConfirmed;
    if (isKnown) this.#misfit();
    if (this.isConfirmed || (tries >= FIRST_TRIES && tries % LATER_TRIES !== 0)) return false;
    for (let i = 0; i < LAYOUTS.length; i++) {
      const layout = LAYOUTS[i];
      if (layout === undefined) break;
      const { iv, icv } = layout;
      if (iv === this.ivLength && icv === this.icvLength) continue;
      // A layout found first is given up for another only by what has a checksum.
      if (this.#fits(sight, iv, icv)) return this.isConfirmed;
    }
    return false;
  }

  #misfit(): void {
    this.misfits++;
    if (++this.#misfitsInARow < MAX_MISFITS) return;
    this.#misfitsInARow = 0;
    this.#bits = 0;
    if (!this.isConfirmed) return;
    this.isConfirmed = false;
    // Somebody sends other packets under this SPI: the true ones are soon recognised again.
    this.tries = 0;
  }

  /** Whether the packet makes sense with IV and ICV of these lengths; evidence counts for the flow. */
  #fits(sight: Readonly<EspSight>, ivLength: number, icvLength: number): boolean {
    const { bytes, esp, end } = sight;
    const start = esp + ESP_HEADER + ivLength;
    const trailer = end - icvLength - TRAILER;
    // RFC 4303 section 2.4: the next header ends on a boundary of 4 octets.
    if (trailer < start || ((trailer + TRAILER - start) & 3) !== 0) return false;
    const nextHeader = u8(bytes, trailer + 1);
    if (PLAUSIBLE[nextHeader] !== 1) return false;
    const padLength = u8(bytes, trailer);
    const payloadEnd = trailer - padLength;
    if (payloadEnd < start) return false;
    for (let i = 0; i < padLength; i++) if (u8(bytes, payloadEnd + i) !== i + 1) return false;

    const bits = contentBits(sight, start, payloadEnd, nextHeader, this.isConfirmed);
    const hasChecksum = bits >= BITS.checksum;
    const isSame = ivLength === this.ivLength && icvLength === this.icvLength;
    if (bits < 0 || (!hasChecksum && !(isSame && this.isConfirmed))) return false;
    if (!isSame) {
      this.#bits = 0;
      this.ivLength = ivLength;
      this.icvLength = icvLength;
    }
    this.fits++;
    this.#misfitsInARow = 0;
    this.proof ??= proofOf(nextHeader, bytes, start);
    this.#bits += BITS.nextHeader + BITS.padOctet * padLength + bits;
    if (this.#bits >= CONFIRMING_BITS) this.isConfirmed = true;
    this.payloadOffset = start;
    this.payloadEnd = payloadEnd;
    this.nextHeader = nextHeader;
    return true;
  }
}

function proofOf(nextHeader: number, bytes: Uint8Array, start: number): NullProof {
  if (nextHeader === NEXT_HEADER.ipv4) return 'IPv4 header';
  const protocol = nextHeader === NEXT_HEADER.ipv6 ? u8(bytes, start + 6) : nextHeader;
  if (protocol === NEXT_HEADER.mobility) return 'Mobility Header';
  if (protocol === NEXT_HEADER.icmpv6) return 'ICMPv6 message';
  return protocol === UDP ? 'UDP datagram' : 'TCP segment';
}

/**
 * What the payload `[start, end)` has that random octets do not have, in bits.
 * @returns at least `BITS.checksum` when a checksum is right, less when none could be verified, negative when the
 *   payload is not what the trailer says
 */
function contentBits(
  sight: Readonly<EspSight>,
  start: number,
  end: number,
  nextHeader: number,
  isConfirmed: boolean,
): number {
  const { bytes } = sight;
  if (nextHeader === NEXT_HEADER.ipv6) return ipv6Bits(bytes, start, end, isConfirmed);
  if (nextHeader === NEXT_HEADER.ipv4) return ipv4Bits(bytes, start, end);
  const bits = upperBits(bytes, start, end, nextHeader);
  if (bits < 0) return bits;
  const { sourceBytes, source, destinationBytes, destination } = sight;
  return pseudoHeaderChecksum(
    sourceBytes,
    source,
    destinationBytes,
    destination,
    nextHeader,
    bytes,
    start,
    end,
  ) === 0
    ? bits + BITS.checksum
    : MISFIT;
}

/** A tunnelled packet: its length has to be exact. RFC 5879 section 8.3.1. */
function ipv6Bits(bytes: Uint8Array, start: number, end: number, isConfirmed: boolean): number {
  if (end - start < IPV6_HEADER || u8(bytes, start) >>> 4 !== 6) return MISFIT;
  const upper = start + IPV6_HEADER;
  if (u16(bytes, start + 4) !== end - upper) return MISFIT;
  const protocol = u8(bytes, start + 6);
  // In a confirmed flow that is enough; payload of a tunnel is not summed again and again.
  if (isConfirmed || PLAUSIBLE[protocol] !== 1) return 0;
  if (protocol === NEXT_HEADER.ipv6 || protocol === NEXT_HEADER.ipv4) return 0;
  const bits = upperBits(bytes, upper, end, protocol);
  if (bits < 0) return bits;
  const sum = pseudoHeaderChecksum(
    bytes,
    start + 8,
    bytes,
    start + 24,
    protocol,
    bytes,
    upper,
    end,
  );
  return sum === 0 ? bits + BITS.version + BITS.length + BITS.checksum : MISFIT;
}

function ipv4Bits(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < IPV4_HEADER || u8(bytes, start) >>> 4 !== 4) return MISFIT;
  const length = (u8(bytes, start) & 15) * 4;
  if (length < IPV4_HEADER || length > end - start) return MISFIT;
  if (u16(bytes, start + 2) !== end - start) return MISFIT;
  return foldChecksum(sumWords(bytes, start, start + length)) === 0
    ? BITS.version + BITS.length + BITS.checksum
    : MISFIT;
}

/** Bits of the fixed parts of an upper-layer header, without its checksum; negative when it cannot be one. */
function upperBits(bytes: Uint8Array, start: number, end: number, protocol: number): number {
  const length = end - start;
  switch (protocol) {
    case NEXT_HEADER.mobility:
      // RFC 6275 section 6.1.1: Payload Proto is 59, and the length is exact.
      return length >= MOBILITY_UNIT &&
        u8(bytes, start) === NEXT_HEADER.none &&
        (u8(bytes, start + 1) + 1) * MOBILITY_UNIT === length
        ? BITS.length
        : MISFIT;
    case UDP:
      // RFC 8200 section 8.1: a checksum of zero is none.
      return length >= UDP_HEADER && u16(bytes, start + 4) === length && u16(bytes, start + 6) !== 0
        ? BITS.length
        : MISFIT;
    case TCP: {
      const header = (u8(bytes, start + 12) >>> 4) * 4;
      return length >= TCP_HEADER && header >= TCP_HEADER && header <= length ? 0 : MISFIT;
    }
    case NEXT_HEADER.icmpv6:
      return length >= ICMPV6_HEADER ? 0 : MISFIT;
    default:
      return MISFIT;
  }
}
