import { u32, u32le } from '../core/bytes.ts';
import { BYTE_ORDER_MAGIC, SECTION_HEADER_BLOCK } from './magic.ts';

/** Block types. draft-ietf-opsawg-pcapng section 10.1 (registry) and section 4. */
export const INTERFACE_DESCRIPTION_BLOCK = 1;
export const PACKET_BLOCK = 2;
export const SIMPLE_PACKET_BLOCK = 3;
export const NAME_RESOLUTION_BLOCK = 4;
export const INTERFACE_STATISTICS_BLOCK = 5;
export const ENHANCED_PACKET_BLOCK = 6;
const SYSTEMD_JOURNAL_EXPORT_BLOCK = 9;
const DECRYPTION_SECRETS_BLOCK = 10;
const CUSTOM_BLOCK = 0x00000bad;
const CUSTOM_BLOCK_NOT_COPIED = 0x40000bad;

/** Octets of type, length and the second length. */
export const BLOCK_OVERHEAD = 12;
/** Octets of a Section Header Block without options. */
export const SECTION_HEADER_LENGTH = 28;
/** Octets of an Enhanced Packet Block (and the obsolete Packet Block) without data and options. */
export const PACKET_OVERHEAD = 32;
/** Room for the options of a packet that is believed, octets. */
export const PACKET_OPTIONS_LIMIT = 65_536;
/** Largest block that is passed over; larger lengths are taken for damage. */
export const MAX_BLOCK_LENGTH = 256 * 1024 * 1024;
/** Largest block a search believes: a candidate must be buffered to see its second length. */
const MAX_SEARCHED_LENGTH = 1024 * 1024;

/** Byte order of a section by the magic behind the length of its header, undefined when it is neither. */
export function sectionIsLittleEndian(bytes: Uint8Array, blockAt: number): boolean | undefined {
  if (u32le(bytes, blockAt + 8) === BYTE_ORDER_MAGIC) return true;
  return u32(bytes, blockAt + 8) === BYTE_ORDER_MAGIC ? false : undefined;
}

/** Whether a type stands in the registry and is not for local use only; section headers aside. */
export function isKnownType(type: number): boolean {
  return (
    (type >= INTERFACE_DESCRIPTION_BLOCK && type <= ENHANCED_PACKET_BLOCK) ||
    type === SYSTEMD_JOURNAL_EXPORT_BLOCK ||
    type === DECRYPTION_SECRETS_BLOCK ||
    type === CUSTOM_BLOCK ||
    type === CUSTOM_BLOCK_NOT_COPIED
  );
}

/**
 * Whether a whole block of a known type with two equal lengths lies at `at`, for searching behind damage.
 * @param littleEndian byte order of the current section; a section header brings its own
 * @param aligned other blocks than section headers are accepted
 * @returns 0 no; otherwise the octets that must be there, counted from `at`: yes when there are so many
 */
export function probeBlock(
  bytes: Uint8Array,
  at: number,
  end: number,
  littleEndian: boolean,
  aligned: boolean,
): number {
  if (at + BLOCK_OVERHEAD > end) return BLOCK_OVERHEAD;
  let order = littleEndian;
  const type = order ? u32le(bytes, at) : u32(bytes, at);
  const isSection = type === SECTION_HEADER_BLOCK;
  if (isSection) {
    const own = sectionIsLittleEndian(bytes, at);
    if (own === undefined) return 0;
    order = own;
  } else if (!aligned || !isKnownType(type)) return 0;
  const length = order ? u32le(bytes, at + 4) : u32(bytes, at + 4);
  const least = isSection ? SECTION_HEADER_LENGTH : BLOCK_OVERHEAD;
  if (length < least || length > MAX_SEARCHED_LENGTH || (length & 3) !== 0) return 0;
  if (at + length > end) return length;
  const second = order ? u32le(bytes, at + length - 4) : u32(bytes, at + length - 4);
  return second === length ? length : 0;
}

/** Length that the Enhanced or obsolete Packet Block at `at` has if it has no options. */
function bareLength(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  const captured = littleEndian ? u32le(bytes, at + 20) : u32(bytes, at + 20);
  return PACKET_OVERHEAD + captured + (-captured & 3);
}

function hasPacketLayout(bytes: Uint8Array, at: number, littleEndian: boolean): boolean {
  const type = littleEndian ? u32le(bytes, at) : u32(bytes, at);
  return type === ENHANCED_PACKET_BLOCK || type === PACKET_BLOCK;
}

/** Octets that `lengthIsContradicted` looks at to tell; 0 when it does not depend on how many are there. */
export function octetsToContradict(bytes: Uint8Array, at: number, littleEndian: boolean): number {
  if (!hasPacketLayout(bytes, at, littleEndian)) return 0;
  const bare = bareLength(bytes, at, littleEndian);
  return bare > MAX_SEARCHED_LENGTH ? 0 : bare;
}

/**
 * Whether a packet block at `at` contradicts its own first length: a second length stands where the block ends
 * without options, and fits that place.
 */
export function lengthIsContradicted(
  bytes: Uint8Array,
  at: number,
  end: number,
  littleEndian: boolean,
): boolean {
  if (!hasPacketLayout(bytes, at, littleEndian)) return false;
  const bare = bareLength(bytes, at, littleEndian);
  if (bare > MAX_SEARCHED_LENGTH || at + bare > end) return false;
  const first = littleEndian ? u32le(bytes, at + 4) : u32(bytes, at + 4);
  const second = littleEndian ? u32le(bytes, at + bare - 4) : u32(bytes, at + bare - 4);
  return first !== bare && second === bare;
}

/**
 * Whether the block at `at`, which is longer than the rest of the file up to `end`, is a cut-off block rather
 * than one with a damaged length. Packet data is anybody's and may look like blocks: so there the length is
 * believed unless the block itself contradicts it.
 */
export function cutIsBelievable(
  bytes: Uint8Array,
  at: number,
  end: number,
  littleEndian: boolean,
): boolean {
  const type = littleEndian ? u32le(bytes, at) : u32(bytes, at);
  if (type === SIMPLE_PACKET_BLOCK) return true;
  if (!hasPacketLayout(bytes, at, littleEndian)) return false;
  if (end - at < PACKET_OVERHEAD - 4) return true;
  const length = littleEndian ? u32le(bytes, at + 4) : u32(bytes, at + 4);
  const bare = bareLength(bytes, at, littleEndian);
  if (length < bare || length > bare + PACKET_OPTIONS_LIMIT) return false;
  return !lengthIsContradicted(bytes, at, end, littleEndian);
}
