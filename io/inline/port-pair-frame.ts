/**
 * Frames between two ports: as they came from the kernel, so that they can go on as they are.
 */
import { putU16, u16, u16le, u32le, u8 } from '../../dissectors/core/bytes.ts';
import {
  ETH_P_8021AD,
  ETH_P_8021Q,
  ETH_P_IPV6,
  PACKET_AUXDATA,
  SOL_PACKET,
  SOL_SOCKET,
  SO_TIMESTAMPNS,
  TP_STATUS_VLAN_TPID_VALID,
  TP_STATUS_VLAN_VALID,
} from '../native/linux.ts';
import { NEEDS_CHECKSUM, UDP_CHECKSUM, VIRTIO_HEADER, finishChecksum } from './offload.ts';

/** Octets that are kept free before each frame, for a tag that is put back. */
export const HEADROOM = 16;
/** Room for what comes with a frame: struct tpacket_auxdata, struct timespec, and their headers. */
export const CONTROL_ROOM = 96;

/** struct cmsghdr: length with this header in 8 octets, level, kind. */
const CONTROL_HEADER = 16;
const TIMESPEC = 16;
/** struct tpacket_auxdata: offsets of status, tag and its kind. */
const AUXDATA = 20;
const AUXDATA_TCI = 16;
const AUXDATA_TPID = 18;

const ADDRESSES = 12;
const ETHERNET = 14;
const TAG = 4;
/** Offsets in the virtio header. */
const VIRTIO_KIND = 1;
const VIRTIO_HEADERS = 2;
const VIRTIO_START = 6;
const VIRTIO_OFFSET = 8;

/** Reads frames. The same object is filled again for each; nothing is allocated. */
export class PortFrame {
  /** What is to be sent: `[start, end)`, a virtio header and the frame. */
  start = 0;
  end = 0;
  /** Offset of the frame. */
  frame = 0;
  /** Offset of the IPv6 header, behind all tags; 0 = it is no frame of IPv6. */
  packet = 0;
  /** Time that it came, microseconds since 1970; 0 = unknown. */
  arrival = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #control: Uint8Array;
  #tag = -1;
  #tagType = ETH_P_8021Q;
  /** Offset of a checksum that is finished for now, and what was there; 0 = none. */
  #field = 0;
  #open = 0;

  /**
   * @param bytes memory of the frames; tags are put back in place
   * @param control memory of what comes with them
   */
  constructor(bytes: Uint8Array, control: DataView) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#control = new Uint8Array(control.buffer, control.byteOffset, control.byteLength);
  }

  /**
   * Reads a frame.
   * @param header offset of the virtio header, with `HEADROOM` before it
   * @param length octets of header and frame
   * @param control,controlLength what came with it
   * @returns whether it is a frame
   */
  read(header: number, length: number, control: number, controlLength: number): boolean {
    this.#field = 0;
    this.#beside(control, Math.min(control + controlLength, this.#control.length));
    const bytes = this.#bytes;
    this.start = header;
    this.end = header + length;
    if (length < VIRTIO_HEADER + ETHERNET || this.end > bytes.length) return false;
    if (this.#tag >= 0) this.#putBack();
    this.frame = this.start + VIRTIO_HEADER;
    // Every step goes on by a tag; a frame ends some day.
    let type = this.frame + ADDRESSES;
    while (type + TAG + 2 <= this.end && isTag(u16(bytes, type))) type += TAG;
    this.packet = u16(bytes, type) === ETH_P_IPV6 ? type + 2 : 0;
    return true;
  }

  /**
   * Finishes a checksum that is left to the hardware, so that the judge sees what a wire would carry; `reopen` before the frame
   * is sent. Of segments that are merged it is that of a packet which holds them all.
   */
  finish(): void {
    const view = this.#view;
    if ((u8(this.#bytes, this.start) & NEEDS_CHECKSUM) === 0) return;
    const from = this.frame + u16le(this.#bytes, this.start + VIRTIO_START);
    const offset = u16le(this.#bytes, this.start + VIRTIO_OFFSET);
    const field = from + offset;
    if (field + 2 > this.end || this.end - from > 0x1_0000) return;
    this.#field = field;
    this.#open = view.getUint16(field);
    finishChecksum(view, from, this.end, field, offset === UDP_CHECKSUM);
  }

  /** Leaves the checksum to the hardware again. */
  reopen(): void {
    if (this.#field !== 0) this.#view.setUint16(this.#field, this.#open);
    this.#field = 0;
  }

  /** What came with the frame (cmsg(3)). */
  #beside(offset: number, end: number): void {
    const control = this.#control;
    this.#tag = -1;
    this.arrival = 0;
    while (offset + CONTROL_HEADER <= end) {
      const length = u32le(control, offset);
      // The upper half of the length is 0, or it is none.
      if (length < CONTROL_HEADER || length > end - offset || u32le(control, offset + 4) !== 0) {
        return;
      }
      const level = u32le(control, offset + 8);
      const kind = u32le(control, offset + 12);
      const value = offset + CONTROL_HEADER;
      const size = length - CONTROL_HEADER;
      if (level === SOL_SOCKET && kind === SO_TIMESTAMPNS && size >= TIMESPEC) {
        const seconds = u32le(control, value) + u32le(control, value + 4) * 2 ** 32;
        const nanoseconds = u32le(control, value + 8);
        if (seconds < 2 ** 33 && nanoseconds < 1e9) {
          this.arrival = seconds * 1_000_000 + Math.floor(nanoseconds / 1000);
        }
      } else if (level === SOL_PACKET && kind === PACKET_AUXDATA && size >= AUXDATA) {
        const status = u32le(control, value);
        if ((status & TP_STATUS_VLAN_VALID) !== 0) {
          this.#tag = u16le(control, value + AUXDATA_TCI);
          const hasType = (status & TP_STATUS_VLAN_TPID_VALID) !== 0;
          this.#tagType = hasType ? u16le(control, value + AUXDATA_TPID) : ETH_P_8021Q;
        }
      }
      // Each begins at a multiple of eight octets.
      offset += (length + 7) & ~7;
    }
  }

  /** Puts the tag back that the kernel took off: what is before it moves. */
  #putBack(): void {
    const bytes = this.#bytes;
    const view = this.#view;
    const from = this.start;
    const to = from - TAG;
    if (to < 0) return;
    bytes.copyWithin(to, from, from + VIRTIO_HEADER + ADDRESSES);
    const tag = to + VIRTIO_HEADER + ADDRESSES;
    putU16(bytes, tag, this.#tagType);
    putU16(bytes, tag + 2, this.#tag);
    this.start = to;
    // What the header says of places counts from the start of the frame.
    if ((u8(bytes, to) & NEEDS_CHECKSUM) !== 0) {
      view.setUint16(to + VIRTIO_START, u16le(bytes, to + VIRTIO_START) + TAG, true);
    }
    if (u8(bytes, to + VIRTIO_KIND) !== 0) {
      view.setUint16(to + VIRTIO_HEADERS, u16le(bytes, to + VIRTIO_HEADERS) + TAG, true);
    }
  }
}

function isTag(type: number): boolean {
  return type === ETH_P_8021Q || type === ETH_P_8021AD;
}
