import {
  BYTE_ORDER_MAGIC,
  PCAP_MICROSECONDS,
  PCAP_NANOSECONDS,
  SECTION_HEADER_BLOCK,
} from './magic.ts';
import { ENHANCED_PACKET_BLOCK, INTERFACE_DESCRIPTION_BLOCK } from './pcapng-block.ts';
import { OutputOctets, optionText, type ByteOrder } from './output-octets.ts';

export type { ByteOrder } from './output-octets.ts';

/** A packet to write: the octets `[offset, end)` of `bytes`, by default all of them. */
export interface PacketToWrite {
  readonly bytes: Uint8Array;
  readonly offset?: number;
  readonly end?: number;
  /** Length on the wire, octets; by default what is written. */
  readonly originalLength?: number;
  /** Capture time: seconds since 1970, nanoseconds 0..999999999. */
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** How {@link PcapWriter} writes. */
export interface PcapOptions {
  /** LINKTYPE_ value, 0..65535. */
  readonly linkType: number;
  /** Octets, 0..2**32-1, default 262144. */
  readonly snapLength?: number;
  /** Nanoseconds (default) or microseconds; what is finer is cut off. */
  readonly resolution?: 'nanoseconds' | 'microseconds';
  /** Default little-endian. */
  readonly byteOrder?: ByteOrder;
}

/** An interface for {@link PcapngWriter}. */
export interface PcapngInterfaceToWrite {
  /** LINKTYPE_ value, 0..65535. */
  readonly linkType: number;
  /** if_name, at most 65535 octets of UTF-8. */
  readonly name?: string;
  /** if_description, at most 65535 octets of UTF-8. */
  readonly description?: string;
  /** Octets, 0 = no limit (default). */
  readonly snapLength?: number;
  /** Units of its timestamps: 10^-n or 2^-n seconds, n 0..127; default 10^-9. What is finer is cut off. */
  readonly resolution?: { readonly base: 10 | 2; readonly exponent: number };
  /** if_tsoffset: seconds that readers add to every timestamp, an integer; default none. */
  readonly offsetSeconds?: number;
}

/** A packet for {@link PcapngWriter}. */
export interface PcapngPacketToWrite extends PacketToWrite {
  /** Position of the interface among those given to the writer; default 0. */
  readonly interfaceIndex?: number;
  /** opt_comment, at most 65535 octets of UTF-8. */
  readonly comment?: string;
  /** Further comments, each an option of its own. */
  readonly comments?: readonly string[];
}

/** draft-ietf-opsawg-pcapng section 3.5. */
const OPT_COMMENT = 1;
const LAST_U32 = 0xffff_ffff;
const DEFAULT_SNAP_LENGTH = 262_144;

function checkRange(field: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new RangeError(`${field} is ${value}; it must be an integer from ${least} to ${most}`);
  }
}

function checkPacket(packet: PacketToWrite, lastSecond: number): void {
  const { bytes, offset = 0, end = bytes.length } = packet;
  checkRange('seconds', packet.seconds, 0, lastSecond);
  checkRange('nanoseconds', packet.nanoseconds, 0, 999_999_999);
  checkRange('end', end, 0, bytes.length);
  checkRange('offset', offset, 0, end);
  checkRange('originalLength', packet.originalLength ?? end - offset, 0, LAST_U32);
}

/**
 * Writes a pcap file (draft-ietf-opsawg-pcap). `write` adds to a buffer, `take` empties it; the header comes
 * with the first `take`.
 */
export class PcapWriter {
  private readonly out: OutputOctets;
  private readonly nanosecondsPerUnit: number;

  /** @throws RangeError when an option is out of range */
  constructor(options: PcapOptions) {
    const { linkType, snapLength = DEFAULT_SNAP_LENGTH, resolution = 'nanoseconds' } = options;
    checkRange('linkType', linkType, 0, 0xffff);
    checkRange('snapLength', snapLength, 0, LAST_U32);
    const fine = resolution === 'nanoseconds';
    this.nanosecondsPerUnit = fine ? 1 : 1000;
    this.out = new OutputOctets(options.byteOrder ?? 'little-endian');
    this.out.u32(fine ? PCAP_NANOSECONDS : PCAP_MICROSECONDS);
    this.out.u16(2);
    this.out.u16(4);
    this.out.u32(0);
    this.out.u32(0);
    this.out.u32(snapLength);
    this.out.u32(linkType);
  }

  /** Octets that wait for {@link take}. */
  get pending(): number {
    return this.out.length;
  }

  /** @throws RangeError when a field of the packet is out of range; nothing is written then */
  write(packet: PacketToWrite): void {
    checkPacket(packet, LAST_U32);
    const { bytes, offset = 0, end = bytes.length } = packet;
    this.out.u32(packet.seconds);
    this.out.u32(Math.floor(packet.nanoseconds / this.nanosecondsPerUnit));
    this.out.u32(end - offset);
    this.out.u32(packet.originalLength ?? end - offset);
    this.out.octets(bytes, offset, end);
  }

  /** What was written since the last call, as a buffer of the caller's own. */
  take(): Uint8Array {
    return this.out.take();
  }
}

/** Units per second of a resolution. */
function unitsPerSecond(description: PcapngInterfaceToWrite): bigint {
  const { base, exponent } = description.resolution ?? { base: 10, exponent: 9 };
  checkRange('resolution.exponent', exponent, 0, 127);
  return BigInt(base) ** BigInt(exponent);
}

/**
 * Writes one section of a pcapng file (draft-ietf-opsawg-pcapng) with Enhanced Packet Blocks. `write` adds to a
 * buffer, `take` empties it; the section header and the interfaces come with the first `take`.
 * The outputs of several writers one after the other are a file of several sections.
 */
export class PcapngWriter {
  private readonly out: OutputOctets;
  private readonly units: bigint[] = [];
  private readonly offsets: number[] = [];

  /**
   * @param interfaces those known at the start; {@link addInterface} takes further ones
   * @param byteOrder default little-endian
   * @throws RangeError when a field of an interface is out of range
   */
  constructor(
    interfaces: readonly PcapngInterfaceToWrite[],
    byteOrder: ByteOrder = 'little-endian',
  ) {
    this.out = new OutputOctets(byteOrder);
    this.section();
    for (const description of interfaces) this.addInterface(description);
  }

  /**
   * Describes an interface; its packets come behind.
   * @returns its position, for `interfaceIndex`
   * @throws RangeError when a field is out of range
   */
  addInterface(description: PcapngInterfaceToWrite): number {
    const units = unitsPerSecond(description);
    this.interface(description);
    this.offsets.push(description.offsetSeconds ?? 0);
    return this.units.push(units) - 1;
  }

  /** Octets that wait for {@link take}. */
  get pending(): number {
    return this.out.length;
  }

  /** @throws RangeError when a field of the packet is out of range; nothing is written then */
  write(packet: PcapngPacketToWrite): void {
    checkPacket(packet, Number.MAX_SAFE_INTEGER);
    const { bytes, offset = 0, end = bytes.length, interfaceIndex = 0 } = packet;
    checkRange('interfaceIndex', interfaceIndex, 0, this.units.length - 1);
    const units = this.units[interfaceIndex] ?? 0n;
    const seconds = BigInt(packet.seconds - (this.offsets[interfaceIndex] ?? 0));
    const time = seconds * units + (BigInt(packet.nanoseconds) * units) / 1_000_000_000n;
    if (time < 0n || time >= 1n << 64n) {
      throw new RangeError(
        `the time ${packet.seconds} s does not fit the resolution and offset of interface ${interfaceIndex}`,
      );
    }
    const { comment, comments = [] } = packet;
    const texts = (comment === undefined ? comments : [comment, ...comments]).map(optionText);
    const block = this.out.beginBlock(ENHANCED_PACKET_BLOCK);
    this.out.u32(interfaceIndex);
    this.out.u32(Number(time >> 32n));
    this.out.u32(Number(time & 0xffff_ffffn));
    this.out.u32(end - offset);
    this.out.u32(packet.originalLength ?? end - offset);
    this.out.octets(bytes, offset, end);
    this.out.pad4();
    for (const text of texts) this.out.option(OPT_COMMENT, text);
    if (texts.length > 0) this.out.endOptions();
    this.out.endBlock(block);
  }

  /** What was written since the last call, as a buffer of the caller's own. */
  take(): Uint8Array {
    return this.out.take();
  }

  /** Section Header Block. draft-ietf-opsawg-pcapng section 4.1. */
  private section(): void {
    const block = this.out.beginBlock(SECTION_HEADER_BLOCK);
    this.out.u32(BYTE_ORDER_MAGIC);
    this.out.u16(1);
    this.out.u16(0);
    // Length of the section: not known.
    this.out.u32(LAST_U32);
    this.out.u32(LAST_U32);
    this.out.endBlock(block);
  }

  /** Interface Description Block. draft-ietf-opsawg-pcapng section 4.2. */
  private interface(description: PcapngInterfaceToWrite): void {
    const { linkType, snapLength = 0, resolution, offsetSeconds } = description;
    checkRange('linkType', linkType, 0, 0xffff);
    checkRange('snapLength', snapLength, 0, LAST_U32);
    const out = this.out;
    const block = out.beginBlock(INTERFACE_DESCRIPTION_BLOCK);
    out.u16(linkType);
    out.u16(0);
    out.u32(snapLength);
    if (description.name !== undefined) out.option(2, optionText(description.name));
    if (description.description !== undefined) out.option(3, optionText(description.description));
    out.u16(9);
    out.u16(1);
    out.u8((resolution?.base === 2 ? 0x80 : 0) | (resolution?.exponent ?? 9));
    out.pad4();
    if (offsetSeconds !== undefined) {
      checkRange('offsetSeconds', offsetSeconds, -(2 ** 40), 2 ** 40);
      out.u16(14);
      out.u16(8);
      out.u64(BigInt.asUintN(64, BigInt(offsetSeconds)));
    }
    out.endOptions();
    out.endBlock(block);
  }
}

/**
 * A whole pcap file.
 * @throws RangeError when a value is out of range
 */
export function encodePcap(packets: Iterable<PacketToWrite>, options: PcapOptions): Uint8Array {
  const writer = new PcapWriter(options);
  for (const packet of packets) writer.write(packet);
  return writer.take();
}

/**
 * A whole pcapng file of one section.
 * @throws RangeError when a value is out of range
 */
export function encodePcapng(
  packets: Iterable<PcapngPacketToWrite>,
  interfaces: readonly PcapngInterfaceToWrite[],
  byteOrder: ByteOrder = 'little-endian',
): Uint8Array {
  const writer = new PcapngWriter(interfaces, byteOrder);
  for (const packet of packets) writer.write(packet);
  return writer.take();
}
