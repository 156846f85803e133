import { u8, u32, u32le } from '../core/bytes.ts';

/** File formats packets are read from. */
export type CaptureFormat = 'pcap' | 'pcapng';
/** Compressions that are undone while reading. */
export type CaptureCompression = 'gzip' | 'zstd';

/** Octets that decide {@link detectMagic}; fewer are enough at the end of a short file. */
export const MAGIC_LENGTH = 12;

/** pcap with microseconds. draft-ietf-opsawg-pcap section 4. */
export const PCAP_MICROSECONDS = 0xa1b2c3d4;
/** pcap with nanoseconds. draft-ietf-opsawg-pcap section 4. */
export const PCAP_NANOSECONDS = 0xa1b23c4d;
/** pcap of old Linux tools: microseconds, 8 more octets in each record header (interface index, protocol, packet type). */
export const PCAP_MODIFIED = 0xa1b2cd34;

/** Type of the pcapng Section Header Block, the same in both byte orders. draft-ietf-opsawg-pcapng section 4.1. */
export const SECTION_HEADER_BLOCK = 0x0a0d0d0a;
/** Byte-order magic of a section. draft-ietf-opsawg-pcapng section 4.1. */
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

function isPcapMagic(magic: number): boolean {
  return magic === PCAP_MICROSECONDS || magic === PCAP_NANOSECONDS || magic === PCAP_MODIFIED;
}

/**
 * Says what a file is by its first octets, not by its name.
 * @param bytes holds the first octets of the file at `[offset, end)`; {@link MAGIC_LENGTH} are enough
 * @returns undefined when it is neither a capture nor compressed
 */
export function detectMagic(
  bytes: Uint8Array,
  offset: number,
  end: number,
): CaptureFormat | CaptureCompression | undefined {
  const length = end - offset;
  // RFC 1952 section 2.3.1: ID1, ID2; CM 8 is deflate, the only one there is.
  if (length >= 3 && u8(bytes, offset) === 0x1f && u8(bytes, offset + 1) === 0x8b) {
    return u8(bytes, offset + 2) === 8 ? 'gzip' : undefined;
  }
  if (length < 4) return undefined;
  const magic = u32(bytes, offset);
  const swapped = u32le(bytes, offset);
  if (isPcapMagic(magic) || isPcapMagic(swapped)) return 'pcap';
  // RFC 8878 section 3.1.1 (frame) and 3.1.2 (skippable frame, which parallel compressors put first).
  if (swapped === 0xfd2fb528 || (swapped & 0xfffffff0) >>> 0 === 0x184d2a50) return 'zstd';
  if (magic !== SECTION_HEADER_BLOCK) return undefined;
  if (length < MAGIC_LENGTH) return 'pcapng';
  const order = u32(bytes, offset + 8);
  return order === BYTE_ORDER_MAGIC || u32le(bytes, offset + 8) === BYTE_ORDER_MAGIC
    ? 'pcapng'
    : undefined;
}

/** Formats people give by mistake, by their first octets. */
const KNOWN_FORMATS: readonly { readonly magic: readonly number[]; readonly name: string }[] = [
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], name: 'xz-compressed data (decompress it first)' },
  { magic: [0x42, 0x5a, 0x68], name: 'bzip2-compressed data (decompress it first)' },
  { magic: [0x04, 0x22, 0x4d, 0x18], name: 'lz4-compressed data (decompress it first)' },
  { magic: [0x50, 0x4b, 0x03, 0x04], name: 'a ZIP archive (unpack it first)' },
  { magic: [0x37, 0x7a, 0xbc, 0xaf], name: 'a 7z archive (unpack it first)' },
  {
    magic: [0x73, 0x6e, 0x6f, 0x6f, 0x70, 0x00],
    name: 'a snoop capture (convert it: editcap -F pcapng)',
  },
  { magic: [0x7f, 0x45, 0x4c, 0x46], name: 'an ELF program or library' },
  { magic: [0x53, 0x51, 0x4c, 0x69, 0x74, 0x65], name: 'an SQLite database' },
  { magic: [0x0a, 0x0d, 0x0d, 0x0a], name: 'a pcapng file with a damaged byte-order magic' },
];

function isPrintable(octet: number): boolean {
  return (octet >= 0x20 && octet < 0x7f) || octet === 0x09 || octet === 0x0a || octet === 0x0d;
}

/**
 * Says in words what the first octets of something that is no capture look like. Only printable ASCII comes out.
 * @param bytes first octets of the file at `[offset, end)`; 64 are enough
 */
export function describeOctets(bytes: Uint8Array, offset: number, end: number): string {
  if (end <= offset) return 'nothing';
  for (const format of KNOWN_FORMATS) {
    if (end - offset < format.magic.length) continue;
    if (format.magic.every((octet, i) => bytes[offset + i] === octet)) return format.name;
  }
  const shown = Math.min(end, offset + 64);
  let printable = true;
  let zero = true;
  for (let i = offset; i < shown; i++) {
    printable &&= isPrintable(u8(bytes, i));
    zero &&= u8(bytes, i) === 0;
  }
  if (zero) return 'zero octets only';
  let text = '';
  if (printable) {
    for (let i = offset; i < shown && text.length < 32; i++) {
      const octet = u8(bytes, i);
      text += octet < 0x20 ? ' ' : String.fromCharCode(octet);
    }
    return `printable text ("${text.trim()}")`;
  }
  for (let i = offset; i < shown && i < offset + 8; i++) {
    text += (i > offset ? ' ' : '') + u8(bytes, i).toString(16).padStart(2, '0');
  }
  return `unknown data (first octets ${text})`;
}
