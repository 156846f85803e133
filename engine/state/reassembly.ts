/**
 * Reassembly of IPv6 fragments. RFC 8200 section 4.5.
 */
import { copyOctets, u8 } from '../../dissectors/core/bytes.ts';
import { addressKey } from '../../dissectors/core/address.ts';
import type { Ipv6View } from '../../dissectors/walk.ts';

/** Seconds until an incomplete packet is given up. RFC 8200 section 4.5. */
const REASSEMBLY_TIMEOUT = 60;
/** Packets put together at the same time; the oldest goes first. */
const MAX_PACKETS = 1024;
/** Fragments of one packet: an honest sender needs 52 for 65535 octets over a 1280-octet link. */
const MAX_FRAGMENTS = 128;
/** Octets held by all incomplete packets together. */
const MAX_OCTETS = 8 * 1024 * 1024;

interface Piece {
  readonly offset: number;
  readonly data: Uint8Array;
}

interface IncompletePacket {
  readonly startedAt: number;
  readonly pieces: Piece[];
  /** IPv6 header and extension headers before the fragment header, of the first fragment. */
  head: Uint8Array | undefined;
  /** Next header of the fragmentable part. */
  nextHeader: number;
  /** Offset in `head` of the octet that named the fragment header. */
  pointer: number;
  /** Octets of the fragmentable part; -1 until the last fragment came. */
  total: number;
  octets: number;
  isBad: boolean;
}

/** What became of a fragment. */
export type ReassemblyResult =
  | { readonly kind: 'pending' }
  | { readonly kind: 'complete'; readonly bytes: Uint8Array }
  | { readonly kind: 'overlap' }
  | { readonly kind: 'malformed'; readonly detail: string };

const PENDING: ReassemblyResult = { kind: 'pending' };

/** The same for all fragments of a packet. @param link fragments of different links are never mixed */
export function fragmentKey(view: Ipv6View, link: number): string {
  const { bytes, source, destination, identification } = view;
  return `${link}/${identification}/${addressKey(bytes, source)}${addressKey(bytes, destination)}`;
}

/** Table of incomplete packets; bounded in packets, fragments, octets and time. */
export class Reassembly {
  readonly #packets = new Map<string, IncompletePacket>();
  #octets = 0;
  evictions = 0;

  /** Octets held now. */
  get octets(): number {
    return this.#octets;
  }

  /**
   * Adds one fragment.
   * @param link fragments of different links are never mixed: a mirror port repeats them.
   * @param time microseconds since 1970.
   */
  add(view: Ipv6View, link: number, time: number): ReassemblyResult {
    const { bytes, fragment } = view;
    const key = fragmentKey(view, link);
    const data = fragment + 8;
    const length = view.end - data;
    if (view.moreFragments && length % 8 !== 0) {
      return { kind: 'malformed', detail: `fragment of ${length} octets is not a multiple of 8` };
    }
    if (length <= 0 || view.fragmentOffset + length > 65_535) {
      return {
        kind: 'malformed',
        detail: `fragment at ${view.fragmentOffset} with ${length} octets`,
      };
    }
    let packet = this.#packets.get(key);
    if (packet !== undefined && time - packet.startedAt > REASSEMBLY_TIMEOUT * 1e6) {
      this.#drop(key, packet);
      packet = undefined;
    }
    if (packet === undefined) {
      packet = {
        startedAt: time,
        pieces: [],
        head: undefined,
        nextHeader: 0,
        pointer: 0,
        total: -1,
        octets: 0,
        isBad: false,
      };
      this.#packets.set(key, packet);
    }
    if (packet.isBad) return PENDING;
    const end = view.fragmentOffset + length;
    for (const piece of packet.pieces) {
      const pieceEnd = piece.offset + piece.data.length;
      if (
        piece.offset === view.fragmentOffset &&
        pieceEnd === end &&
        sameOctets(piece.data, bytes, data)
      ) {
        return PENDING;
      }
      if (view.fragmentOffset < pieceEnd && piece.offset < end) return this.#spoil(packet);
    }
    if (packet.total >= 0 && end > packet.total) return this.#spoil(packet);
    if (!view.moreFragments) {
      if (packet.total >= 0 && packet.total !== end) return this.#spoil(packet);
      packet.total = end;
    }
    if (packet.pieces.length >= MAX_FRAGMENTS) {
      this.#drop(key, packet);
      this.evictions++;
      return { kind: 'malformed', detail: `more than ${MAX_FRAGMENTS} fragments` };
    }
    packet.pieces.push({ offset: view.fragmentOffset, data: copyOctets(bytes, data, view.end) });
    packet.octets += length;
    this.#octets += length;
    if (view.fragmentOffset === 0) {
      packet.head = copyOctets(bytes, view.start, fragment);
      packet.pointer = view.fragmentPointer - view.start;
      packet.nextHeader = u8(bytes, fragment);
    }
    this.#makeRoom();
    const { head } = packet;
    if (packet.octets !== packet.total || head === undefined) return PENDING;
    this.#drop(key, packet);
    return { kind: 'complete', bytes: assemble(packet, head) };
  }

  /** RFC 8200 section 4.5: overlapping fragments spoil the whole packet, those still to come included. */
  #spoil(packet: IncompletePacket): ReassemblyResult {
    this.#octets -= packet.octets;
    packet.octets = 0;
    packet.pieces.length = 0;
    packet.isBad = true;
    return { kind: 'overlap' };
  }

  #drop(key: string, packet: IncompletePacket): void {
    this.#octets -= packet.octets;
    this.#packets.delete(key);
  }

  #makeRoom(): void {
    while (this.#packets.size > MAX_PACKETS || this.#octets > MAX_OCTETS) {
      const oldest = this.#packets.entries().next();
      if (oldest.done === true) return;
      this.#drop(oldest.value[0], oldest.value[1]);
      this.evictions++;
    }
  }
}

function sameOctets(data: Uint8Array, bytes: Uint8Array, offset: number): boolean {
  for (let i = 0; i < data.length; i++) if (data[i] !== bytes[offset + i]) return false;
  return true;
}

function assemble(packet: IncompletePacket, head: Uint8Array): Uint8Array {
  const out = new Uint8Array(head.length + packet.total);
  out.set(head);
  for (const piece of packet.pieces) out.set(piece.data, head.length + piece.offset);
  out[packet.pointer] = packet.nextHeader;
  const payload = head.length - 40 + packet.total;
  // A payload over 65535 cannot be written; the walk takes the whole buffer when the field is 0.
  const field = payload > 0xffff ? 0 : payload;
  out[4] = field >> 8;
  out[5] = field & 0xff;
  return out;
}
