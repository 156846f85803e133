/**
 * Messages between a queue of the packet filter and the process that judges (linux/netfilter/nfnetlink_queue.h). Numbers in
 * attributes are in network order.
 */
import { u16, u32 } from '../../dissectors/core/bytes.ts';
import {
  ATTRIBUTE_HEADER,
  AttributeCursor,
  MESSAGE_HEADER,
  NLM_F_REQUEST,
  aligned,
} from '../native/netlink.ts';
import type { MessageCursor, MessageWriter } from '../native/netlink.ts';

/** NFNL_SUBSYS_QUEUE, in the upper octet of a message's kind. */
const SUBSYSTEM = 3 << 8;
/** Kinds of messages. */
export const QUEUE_PACKET = SUBSYSTEM;
const QUEUE_CONFIG = SUBSYSTEM | 2;
const QUEUE_VERDICT_BATCH = SUBSYSTEM | 3;
/** struct nfgenmsg: family, version, and the number of the queue in network order. */
const FAMILY_HEADER = 4;

/** Attributes of a packet. */
const NFQA_PACKET_HDR = 1;
const NFQA_VERDICT_HDR = 2;
const NFQA_TIMESTAMP = 4;
const NFQA_IFINDEX_INDEV = 5;
const NFQA_IFINDEX_PHYSINDEV = 7;
const NFQA_HWADDR = 9;
const NFQA_PAYLOAD = 10;
const NFQA_CAP_LEN = 13;

/** Attributes of a configuration. */
const NFQA_CFG_CMD = 1;
const NFQA_CFG_PARAMS = 2;
const NFQA_CFG_QUEUE_MAXLEN = 3;
const NFQA_CFG_MASK = 4;
const NFQA_CFG_FLAGS = 5;
const NFQNL_CFG_CMD_BIND = 1;
const NFQNL_COPY_PACKET = 2;
const NFQA_CFG_F_FAIL_OPEN = 1;
/** Whole packets with open checksums, which would be fewer but need not be what was on the wire. */
const NFQA_CFG_F_GSO = 4;

const NF_DROP = 0;
const NF_ACCEPT = 1;

const ETHERNET = 14;
const ETH_P_IPV6 = 0x86dd;
/** Offset of the destination address in an IPv6 header (RFC 8200 section 3). */
const IPV6_DESTINATION = 24;
const IPV6 = 40;

/** Octets that the kernel puts around a packet at most, all attributes that it knows among them. */
export const MESSAGE_OVERHEAD = 512;
/** Octets of one message with a verdict. */
export const VERDICT_OCTETS = MESSAGE_HEADER + FAMILY_HEADER + ATTRIBUTE_HEADER + 8;
/** Largest part of a packet that the kernel copies: what an attribute can hold. */
export const MAX_COPY_RANGE = 0xffff - ATTRIBUTE_HEADER;

/** How a queue is set up. */
export interface QueueSettings {
  readonly number: number;
  /** Packets that may wait. */
  readonly length: number;
  /** Octets of a packet that are handed over. */
  readonly copyRange: number;
  /** What finds no room passes. */
  readonly failOpen: boolean;
}

function begin(writer: MessageWriter, type: number, sequence: number, queue: number): void {
  writer.begin(type, NLM_F_REQUEST, sequence);
  // Family AF_UNSPEC, version 0.
  const at = writer.room(FAMILY_HEADER);
  writer.memory.view.setUint16(at + 2, queue);
}

/**
 * Writes the message that binds a queue and sets it up, in one: it has its settings from its first packet on. (Kernels before
 * 3.8 wanted a protocol family bound first; Node.js does not run there.)
 */
export function writeBind(writer: MessageWriter, sequence: number, settings: QueueSettings): void {
  const { view } = writer.memory;
  begin(writer, QUEUE_CONFIG, sequence, settings.number);
  view.setUint8(writer.attribute(NFQA_CFG_CMD, 4), NFQNL_CFG_CMD_BIND);
  const parameters = writer.attribute(NFQA_CFG_PARAMS, 5);
  view.setUint32(parameters, settings.copyRange);
  view.setUint8(parameters + 4, NFQNL_COPY_PACKET);
  view.setUint32(writer.attribute(NFQA_CFG_QUEUE_MAXLEN, 4), settings.length);
  // The mask says which flags are set or cleared.
  view.setUint32(writer.attribute(NFQA_CFG_FLAGS, 4), settings.failOpen ? NFQA_CFG_F_FAIL_OPEN : 0);
  view.setUint32(writer.attribute(NFQA_CFG_MASK, 4), NFQA_CFG_F_FAIL_OPEN | NFQA_CFG_F_GSO);
}

/** Writes the message that leaves no room for further packets. */
export function writeFull(writer: MessageWriter, sequence: number, queue: number): void {
  begin(writer, QUEUE_CONFIG, sequence, queue);
  writer.attribute(NFQA_CFG_QUEUE_MAXLEN, 4);
}

/** Writes a verdict for every packet that waits, up to the one with this identifier. */
export function writeVerdict(
  writer: MessageWriter,
  queue: number,
  lastId: number,
  mayPass: boolean,
): void {
  begin(writer, QUEUE_VERDICT_BATCH, 0, queue);
  const at = writer.attribute(NFQA_VERDICT_HDR, 8);
  writer.memory.view.setUint32(at, mayPass ? NF_ACCEPT : NF_DROP);
  writer.memory.view.setUint32(at + 4, lastId);
}

/** Reads messages with packets. The same object is filled again for each; nothing is allocated. */
export class QueueMessage {
  /** Identifier of the packet, 0..2**32-1: one more than that of the packet before, whatever became of it. */
  id = 0;
  /** Index of the interface that it came in by, the port when there is a bridge; 0 = made on this machine. */
  interfaceIndex = 0;
  /** Time that it came, microseconds since 1970; 0 = the kernel does not tell. */
  arrival = 0;
  /** Octets of the packet without the header of the link. */
  originalLength = 0;
  /** The packet behind a header of Ethernet: `[start, end)`. */
  start = 0;
  end = 0;
  readonly #bytes: Uint8Array;
  readonly #attributes: AttributeCursor;

  /** @param bytes memory that messages are in; the header of Ethernet is written into it */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#attributes = new AttributeCursor(
      new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    );
  }

  /**
   * Reads the message that the cursor stands on, which is of the kind `QUEUE_PACKET`.
   *
   * What the kernel tells of the link becomes a header of Ethernet: the sender it tells; the receiver follows from the
   * destination address where that is a group (RFC 2464 section 7) and is zeros otherwise.
   * @param queue number that it must be for
   * @returns whether it holds a packet
   */
  read(cursor: MessageCursor, queue: number): boolean {
    const bytes = this.#bytes;
    const body = cursor.start + MESSAGE_HEADER;
    const { end } = cursor;
    if (body + FAMILY_HEADER > end || u16(bytes, body + 2) !== queue) return false;
    let header = 0;
    let hardware = 0;
    let payload = 0;
    let captured = 0;
    let inIndex = 0;
    let portIndex = 0;
    this.arrival = 0;
    this.originalLength = 0;
    const attributes = this.#attributes;
    attributes.begin(body + FAMILY_HEADER, end);
    while (attributes.next()) {
      const at = attributes.start;
      const length = attributes.end - at;
      switch (attributes.type) {
        case NFQA_PACKET_HDR:
          if (length >= 7) header = at;
          break;
        case NFQA_TIMESTAMP:
          if (length >= 16) this.arrival = microseconds(bytes, at);
          break;
        case NFQA_IFINDEX_INDEV:
          if (length >= 4) inIndex = u32(bytes, at);
          break;
        case NFQA_IFINDEX_PHYSINDEV:
          if (length >= 4) portIndex = u32(bytes, at);
          break;
        case NFQA_HWADDR:
          if (length >= 10 && u16(bytes, at) === 6) hardware = at + 4;
          break;
        case NFQA_PAYLOAD:
          payload = at;
          captured = length;
          break;
        case NFQA_CAP_LEN:
          if (length >= 4) this.originalLength = u32(bytes, at);
          break;
      }
    }
    if (header === 0) return false;
    this.id = u32(bytes, header);
    this.interfaceIndex = portIndex === 0 ? inIndex : portIndex;
    if (payload === 0) return false;
    this.originalLength = Math.max(this.originalLength, captured);
    this.start = payload - ETHERNET;
    this.end = payload + captured;
    const protocol = u16(bytes, header + 4);
    // The headers of message, family and attribute before the payload are more than those of Ethernet.
    const destination = payload + IPV6_DESTINATION;
    const isGroup = captured >= IPV6 && bytes[destination] === 0xff;
    // The sender first: it may stand where the header comes to be.
    if (hardware === 0) bytes.fill(0, payload - 8, payload - 2);
    else bytes.copyWithin(payload - 8, hardware, hardware + 6);
    if (isGroup) {
      bytes.fill(0x33, payload - 14, payload - 12);
      bytes.copyWithin(payload - 12, destination + 12, destination + 16);
    } else bytes.fill(0, payload - 14, payload - 8);
    const type = protocol === 0 ? ETH_P_IPV6 : protocol;
    bytes[payload - 2] = type >>> 8;
    bytes[payload - 1] = type;
    return true;
  }
}

/** struct nfqnl_msg_packet_timestamp; 0 when it is no time. */
function microseconds(bytes: Uint8Array, at: number): number {
  const seconds = u32(bytes, at) * 2 ** 32 + u32(bytes, at + 4);
  const rest = u32(bytes, at + 12);
  // Whole microseconds fit a number until the year 2255.
  return seconds > 2 ** 33 || rest >= 1_000_000 ? 0 : seconds * 1_000_000 + rest;
}

/** Slot for one message, octets: a multiple of 64. */
export function messageSlot(copyRange: number): number {
  return (aligned(copyRange + MESSAGE_OVERHEAD) + 63) & ~63;
}
