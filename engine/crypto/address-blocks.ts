/**
 * IPv6 addresses that a certificate delegates. RFC 3779 section 2.
 */
import { u16, u8 } from '../../dissectors/core/bytes.ts';
import { derElement, derElements } from '../../dissectors/core/der.ts';
import type { DerElement } from '../../dissectors/core/der.ts';

const ADDRESS_OCTETS = 16;
const IPV6_FAMILY = 2;
/** Blocks of one certificate; more are not read. */
const MAX_BLOCKS = 128;
const SEQUENCE = 0x30;
const OCTET_STRING = 0x04;
const BIT_STRING = 0x03;
const NULL = 0x05;

/** Addresses from the first to the last, both of 16 octets and both included. */
export interface AddressRange {
  readonly first: Uint8Array;
  readonly last: Uint8Array;
}

/** What a certificate says about IPv6 addresses; `inherit`: those of its issuer. RFC 3779 section 2.2.3.5. */
export type AddressBlocks = 'inherit' | readonly AddressRange[];

/** The addresses of a prefix, up to 128 bits long; bits behind its length do not matter. */
export function prefixRange(prefix: Uint8Array, length: number): AddressRange {
  return { first: filled(prefix, length, 0), last: filled(prefix, length, 0xff) };
}

/** Whether every address of a range is in one of the ranges. RFC 3779 section 2.3. */
export function isCovered(ranges: readonly AddressRange[], { first, last }: AddressRange): boolean {
  return ranges.some((each) => compare(each.first, first) <= 0 && compare(last, each.last) <= 0);
}

/**
 * Reads IPAddrBlocks at `[offset, end)`.
 * @returns undefined when it is malformed, or says nothing about IPv6
 */
export function readAddressBlocks(
  bytes: Uint8Array,
  offset: number,
  end: number,
): AddressBlocks | undefined {
  const outer = derElement(bytes, offset, end);
  if (outer?.tag !== SEQUENCE || outer.end !== end) return undefined;
  const families = derElements(bytes, outer.offset, outer.end);
  let found: AddressBlocks | undefined;
  for (const family of families ?? []) {
    if (family.tag !== SEQUENCE) return undefined;
    const [name, choice, more] = derElements(bytes, family.offset, family.end) ?? [];
    if (name?.tag !== OCTET_STRING || choice === undefined || more !== undefined) return undefined;
    // With a subsequent address family (three octets) it would be about something else than unicast and multicast.
    const isIpv6 = name.end - name.offset === 2 && u16(bytes, name.offset) === IPV6_FAMILY;
    if (!isIpv6) continue;
    // RFC 3779 section 2.2.3.3: one of each.
    if (found !== undefined) return undefined;
    found = readChoice(bytes, choice);
    if (found === undefined) return undefined;
  }
  return found;
}

function readChoice(bytes: Uint8Array, choice: DerElement): AddressBlocks | undefined {
  if (choice.tag === NULL) return choice.end === choice.offset ? 'inherit' : undefined;
  if (choice.tag !== SEQUENCE) return undefined;
  const elements = derElements(bytes, choice.offset, choice.end, MAX_BLOCKS);
  if (elements === undefined || elements.length === 0) return undefined;
  const ranges: AddressRange[] = [];
  for (const element of elements) {
    const range = readRange(bytes, element);
    if (range === undefined) return undefined;
    ranges.push(range);
  }
  return ranges;
}

function readRange(bytes: Uint8Array, element: DerElement): AddressRange | undefined {
  if (element.tag === BIT_STRING) {
    const first = readBits(bytes, element, 0);
    const last = readBits(bytes, element, 0xff);
    return first === undefined || last === undefined ? undefined : { first, last };
  }
  if (element.tag !== SEQUENCE) return undefined;
  const [least, most, more] = derElements(bytes, element.offset, element.end) ?? [];
  if (least === undefined || most === undefined || more !== undefined) return undefined;
  const first = readBits(bytes, least, 0);
  const last = readBits(bytes, most, 0xff);
  if (first === undefined || last === undefined || compare(first, last) > 0) return undefined;
  return { first, last };
}

/** An address out of a BIT STRING, its missing bits all zero or all one. RFC 3779 sections 2.2.3.8 and 2.2.3.9. */
function readBits(bytes: Uint8Array, element: DerElement, rest: 0 | 0xff): Uint8Array | undefined {
  const { tag, offset, end } = element;
  const octets = end - offset - 1;
  if (tag !== BIT_STRING || octets < 0 || octets > ADDRESS_OCTETS) return undefined;
  const unused = u8(bytes, offset);
  if (unused > 7 || (octets === 0 && unused !== 0)) return undefined;
  return filled(bytes.subarray(offset + 1, end), octets * 8 - unused, rest);
}

function filled(bits: Uint8Array, length: number, rest: 0 | 0xff): Uint8Array {
  const address = new Uint8Array(ADDRESS_OCTETS).fill(rest);
  const whole = length >> 3;
  address.set(bits.subarray(0, whole));
  const left = length & 7;
  if (left > 0) {
    const mask = 0xff >> left;
    address[whole] = (u8(bits, whole) & ~mask) | (rest & mask);
  }
  return address;
}

function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < ADDRESS_OCTETS; i++) {
    const difference = u8(a, i) - u8(b, i);
    if (difference !== 0) return difference;
  }
  return 0;
}
