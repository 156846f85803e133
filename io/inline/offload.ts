/**
 * Frames as they would be on a wire.
 *
 * Between virtual interfaces, and after merging of received segments, the kernel hands over packets with checksums that
 * nobody has finished and TCP of up to 64 kilobytes at once; it says so in a header before the frame, `struct
 * virtio_net_hdr` (linux/virtio_net.h). Here such packets are finished, and cut to the segments they stand for.
 */

/** Octets of the header: flags, kind, length of headers, segment size, start of checksum, its offset. */
export const VIRTIO_HEADER = 10;
/** Flag: the checksum is left to the hardware; the field has the sum of the pseudo header. */
export const NEEDS_CHECKSUM = 1;
const KIND_NONE = 0;
const KIND_TCP6 = 4;
const KIND_UDP = 5;
/** Flag of the kind: TCP marks congestion explicitly. */
const KIND_ECN = 0x80;

const ETHERNET = 14;
const IPV6 = 40;
const HOP_BY_HOP = 0;
const IPV6_IN_IPV6 = 41;
const ROUTING = 43;
const DESTINATION_OPTIONS = 60;
const TCP = 6;
const UDP = 17;

/** Offsets in the header of TCP, and flags (RFC 9293 section 3.1). */
const TCP_SEQUENCE = 4;
const TCP_DATA_OFFSET = 12;
const TCP_FLAGS = 13;
const TCP_CHECKSUM = 16;
const TCP_MIN = 20;
const FIN_PSH = 0x09;
const CWR = 0x80;
/** Of UDP (RFC 768). */
const UDP_LENGTH = 4;
/** Offset of the checksum, which tells UDP from the rest. */
export const UDP_CHECKSUM = 6;
const UDP_HEADER = 8;

/** Headers of Ethernet, IPv6 and TCP that are copied for each segment at most, octets. */
const MAX_HEADERS = 1024;
/** IPv6 headers one in another at most. */
const MAX_NESTED = 4;

/** What was done, and what could not be. */
export interface OffloadCounts {
  /** Frames whose checksum was finished. */
  completed: number;
  /** Frames that were cut, and the segments they became. */
  cut: number;
  segments: number;
  /** Frames that were dropped because they cannot be cut, or their header is broken. */
  refused: number;
}

/** Finishes and cuts frames. */
export class FrameCompleter {
  readonly counts: OffloadCounts = { completed: 0, cut: 0, segments: 0, refused: 0 };
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Headers of the frame that is cut, as they came. */
  readonly #headers = new Uint8Array(MAX_HEADERS);
  /** Offsets of the IPv6 headers of the frame that is cut. */
  readonly #outer = new Int32Array(MAX_NESTED);

  /** @param bytes memory that the frames are in; they are changed in place */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /**
   * Hands over the frames that one came as. Never throws for what the octets are.
   * @param header offset of the virtio header; the frame follows it
   * @param end offset behind the frame
   * @param take called for each frame; its octets are overwritten after the call
   */
  complete(header: number, end: number, take: (frame: Uint8Array) => void): void {
    const start = header + VIRTIO_HEADER;
    if (end > this.#bytes.length || start + ETHERNET > end) {
      this.counts.refused++;
      return;
    }
    const view = this.#view;
    const flags = view.getUint8(header);
    const kind = view.getUint8(header + 1) & ~KIND_ECN;
    if ((flags & NEEDS_CHECKSUM) === 0 && kind === KIND_NONE) {
      take(this.#bytes.subarray(start, end));
      return;
    }
    const transport = start + view.getUint16(header + 6, true);
    const offset = view.getUint16(header + 8, true);
    if (kind === KIND_NONE) {
      if (transport + offset + 2 > end) {
        this.counts.refused++;
        return;
      }
      finishChecksum(view, transport, end, transport + offset, offset === UDP_CHECKSUM);
      this.counts.completed++;
      take(this.#bytes.subarray(start, end));
      return;
    }
    const size = view.getUint16(header + 4, true);
    // What was merged or not yet cut has no finished checksum either.
    if ((flags & NEEDS_CHECKSUM) === 0) this.counts.refused++;
    else if (!this.#cut(start, transport, end, kind, size, take)) this.counts.refused++;
  }

  /** @returns false when it cannot be cut */
  #cut(
    start: number,
    transport: number,
    end: number,
    kind: number,
    size: number,
    take: (frame: Uint8Array) => void,
  ): boolean {
    const view = this.#view;
    const isTcp = kind === KIND_TCP6;
    if (!isTcp && kind !== KIND_UDP) return false;
    const nested = this.#walk(start + ETHERNET, transport, end, isTcp ? TCP : UDP);
    if (size === 0 || nested === 0) return false;
    let payload = transport + UDP_HEADER;
    if (isTcp) {
      if (transport + TCP_MIN > end) return false;
      payload = transport + (view.getUint8(transport + TCP_DATA_OFFSET) >> 4) * 4;
      if (payload < transport + TCP_MIN) return false;
    }
    const headers = payload - start;
    if (payload > end || headers > MAX_HEADERS) return false;
    const whole = end - payload;
    this.#headers.set(this.#bytes.subarray(start, payload));
    this.counts.cut++;
    let position = payload;
    do {
      const length = Math.min(size, end - position);
      // The headers go where the segment before ended: it has been handed over.
      const frame = position - headers;
      if (position > payload) this.#bytes.set(this.#headers.subarray(0, headers), frame);
      const moved = frame - start;
      const less = whole - length;
      for (let i = 0; i < nested; i++) {
        const field = (this.#outer[i] ?? 0) + moved + 4;
        view.setUint16(field, view.getUint16(field) - less);
      }
      const isLast = position + length === end;
      const head = transport + moved;
      if (isTcp) this.#tcp(head, position + length, position - payload, isLast, less);
      else this.#udp(head, position + length, less);
      this.counts.segments++;
      take(this.#bytes.subarray(frame, position + length));
      position += length;
    } while (position < end);
    return true;
  }

  /**
   * Finds the IPv6 headers before the transport header (RFC 8200 section 4; RFC 2473 for one in another).
   * @returns their number; 0 when what is there cannot be followed to the transport header
   */
  #walk(from: number, transport: number, end: number, protocol: number): number {
    if (transport >= end) return 0;
    const view = this.#view;
    let nested = 0;
    let next = IPV6_IN_IPV6;
    let offset = from;
    while (offset < transport) {
      if (next === IPV6_IN_IPV6) {
        if (nested === MAX_NESTED || offset + IPV6 > transport) return 0;
        this.#outer[nested++] = offset;
        next = view.getUint8(offset + 6);
        offset += IPV6;
      } else if (next === HOP_BY_HOP || next === ROUTING || next === DESTINATION_OPTIONS) {
        if (offset + 8 > transport) return 0;
        next = view.getUint8(offset);
        offset += (view.getUint8(offset + 1) + 1) * 8;
      } else return 0;
    }
    return offset === transport && next === protocol ? nested : 0;
  }

  /** RFC 9293: the sequence number moves on, FIN and PSH are for the last segment, CWR (RFC 3168) for the first. */
  #tcp(head: number, end: number, sent: number, isLast: boolean, less: number): void {
    const view = this.#view;
    if (sent > 0) {
      view.setUint32(head + TCP_SEQUENCE, (view.getUint32(head + TCP_SEQUENCE) + sent) >>> 0);
    }
    let flags = view.getUint8(head + TCP_FLAGS);
    if (!isLast) flags &= ~FIN_PSH;
    if (sent > 0) flags &= ~CWR;
    view.setUint8(head + TCP_FLAGS, flags);
    this.#shorten(head + TCP_CHECKSUM, less);
    finishChecksum(view, head, end, head + TCP_CHECKSUM, false);
  }

  #udp(head: number, end: number, less: number): void {
    const view = this.#view;
    view.setUint16(head + UDP_LENGTH, view.getUint16(head + UDP_LENGTH) - less);
    this.#shorten(head + UDP_CHECKSUM, less);
    finishChecksum(view, head, end, head + UDP_CHECKSUM, true);
  }

  /** The kernel has left the sum of the pseudo header in the field: takes the length that is cut off out of it. */
  #shorten(field: number, less: number): void {
    const sum = this.#view.getUint16(field) + (~less & 0xffff);
    this.#view.setUint16(field, (sum & 0xffff) + (sum >>> 16));
  }
}

/**
 * Finishes a checksum: adds octets to the sum that is in its field, and turns it round (RFC 1071).
 * @param from,end the octets it covers, 65 536 at most; the field is among them
 */
export function finishChecksum(
  view: DataView,
  from: number,
  end: number,
  field: number,
  isUdp: boolean,
): void {
  let sum = 0;
  const even = end - ((end - from) & 1);
  // At most 32768 words of 16 bits: no carry is lost.
  for (let i = from; i < even; i += 2) sum += view.getUint16(i);
  if (even < end) sum += view.getUint8(even) << 8;
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  const checksum = ~sum & 0xffff;
  // 0 says "no checksum" in UDP (RFC 8200 section 8.1).
  view.setUint16(field, checksum === 0 && isUdp ? 0xffff : checksum);
}
