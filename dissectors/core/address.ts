/**
 * IPv6, IPv4 and link-layer addresses: text form, prefixes, classes, map keys.
 *
 * Addresses stay octets at an offset until somebody wants to see them. Only the functions that make text or
 * a key allocate.
 */
import { u16, u32, u8 } from './bytes.ts';

/** Octets of an IPv6 address. */
export const IPV6_LENGTH = 16;
/** Octets of an IPv4 address. */
export const IPV4_LENGTH = 4;

declare const addressKeyBrand: unique symbol;

/**
 * Exact `Map` key of an IPv6 address: 8 UTF-16 units, one for each 16-bit group. Not for display. V8 seeds its
 * string hash, so a sender who chooses addresses cannot make keys collide.
 */
export type AddressKey = string & { readonly [addressKeyBrand]: true };

/** An address prefix. */
export interface Prefix {
  /** 16 octets (IPv6) or 4 octets (IPv4); the bits after `length` are zero. */
  readonly bytes: Uint8Array;
  /** Significant leading bits, 0..128 (IPv6) or 0..32 (IPv4). */
  readonly length: number;
}

// Text of one 16-bit group, filled on first use: start-up does not pay for 65,536 strings.
const GROUP_TEXT = new Array<string>(0x10000).fill('');

function groupText(group: number): string {
  const text = GROUP_TEXT[group] ?? '';
  if (text !== '') return text;
  return (GROUP_TEXT[group] = group.toString(16));
}

const OCTET_HEX = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'));

/**
 * Text of the IPv6 address at `offset` (RFC 5952 section 4): lower case, no leading zeros, the longest run of
 * two or more zero groups as `::`, the first one of equal runs. IPv4-mapped addresses end in dotted decimal
 * (RFC 5952 section 5). Octets past the end of `bytes` read as zero.
 */
export function formatAddress(bytes: Uint8Array, offset = 0): string {
  if (isIpv4Mapped(bytes, offset)) return `::ffff:${formatIpv4(bytes, offset + 12)}`;
  let bestStart = -1;
  let bestLength = 1;
  let length = 0;
  for (let i = 0; i < 8; i++) {
    length = u16(bytes, offset + 2 * i) === 0 ? length + 1 : 0;
    if (length > bestLength) {
      bestLength = length;
      bestStart = i - length + 1;
    }
  }
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === bestStart) {
      text += '::';
      i += bestLength - 1;
      continue;
    }
    // After `::` no further colon.
    if (i > 0 && (bestStart < 0 || i !== bestStart + bestLength)) text += ':';
    text += groupText(u16(bytes, offset + 2 * i));
  }
  return text;
}

/** Dotted decimal text of the IPv4 address at `offset`. */
export function formatIpv4(bytes: Uint8Array, offset = 0): string {
  return `${u8(bytes, offset)}.${u8(bytes, offset + 1)}.${u8(bytes, offset + 2)}.${u8(bytes, offset + 3)}`;
}

/** Text of the `length` octets (default 6) of a link-layer address at `offset`, as `02:00:5e:00:53:01`. */
export function formatMac(bytes: Uint8Array, offset = 0, length = 6): string {
  let text = '';
  for (let i = 0; i < length; i++) {
    if (i > 0) text += ':';
    text += OCTET_HEX[u8(bytes, offset + i)] ?? '';
  }
  return text;
}

/**
 * Octets of an address given as text: 16 for IPv6 in every form of RFC 4291 section 2.2 (also with an IPv4
 * address at the end), 4 for dotted decimal IPv4 without leading zeros. `undefined` for anything else,
 * zone identifiers (`%eth0`) included.
 */
export function parseAddress(text: string): Uint8Array | undefined {
  // Longest form: 6 groups of 4 digits with colons and 15 characters of IPv4.
  if (text.length > 45) return undefined;
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  if (parts.length !== IPV4_LENGTH) return undefined;
  const bytes = new Uint8Array(IPV4_LENGTH);
  for (const [i, part] of parts.entries()) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part)) return undefined;
    const octet = Number(part);
    if (octet > 255) return undefined;
    bytes[i] = octet;
  }
  return bytes;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const gap = text.indexOf('::');
  if (gap >= 0) {
    const head = parseGroups(text.slice(0, gap), false);
    const tail = parseGroups(text.slice(gap + 2), true);
    // `::` stands for at least one group (RFC 4291 section 2.2).
    if (head === undefined || tail === undefined || head.length + tail.length > 14) {
      return undefined;
    }
    const bytes = new Uint8Array(IPV6_LENGTH);
    bytes.set(head, 0);
    bytes.set(tail, IPV6_LENGTH - tail.length);
    return bytes;
  }
  const groups = parseGroups(text, true);
  return groups?.length === IPV6_LENGTH ? Uint8Array.from(groups) : undefined;
}

/** Octets of colon-separated groups without `::`. Only the end of an address may be an IPv4 address. */
function parseGroups(text: string, isEnd: boolean): number[] | undefined {
  const octets: number[] = [];
  if (text === '') return octets;
  const groups = text.split(':');
  for (const [i, group] of groups.entries()) {
    if (isEnd && i === groups.length - 1 && group.includes('.')) {
      const ipv4 = parseIpv4(group);
      if (ipv4 === undefined) return undefined;
      octets.push(...ipv4);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
      const value = parseInt(group, 16);
      octets.push(value >>> 8, value & 0xff);
    }
  }
  return octets;
}

/**
 * A prefix given as `2001:db8::/32` or `192.0.2.0/24`; an address alone is a prefix of its full length. Bits
 * after the length are cleared. `undefined` when the text is no address, or the length is no decimal number
 * in range.
 */
export function parsePrefix(text: string): Prefix | undefined {
  const slash = text.indexOf('/');
  const bytes = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (bytes === undefined) return undefined;
  const bits = bytes.length * 8;
  if (slash < 0) return { bytes, length: bits };
  const lengthText = text.slice(slash + 1);
  if (!/^(0|[1-9][0-9]{0,2})$/.test(lengthText) || Number(lengthText) > bits) return undefined;
  const length = Number(lengthText);
  for (let i = 0; i < bytes.length; i++) {
    const kept = Math.min(Math.max(length - 8 * i, 0), 8);
    bytes[i] = u8(bytes, i) & (0xff00 >>> kept);
  }
  return { bytes, length };
}

/** Text of a prefix: `2001:db8::/32`. */
export function formatPrefix(prefix: Prefix): string {
  const { bytes, length } = prefix;
  const address = bytes.length === IPV4_LENGTH ? formatIpv4(bytes) : formatAddress(bytes);
  return `${address}/${length}`;
}

/**
 * Whether the first `length` bits of the address at `bytes[offset]` are those of `prefix`.
 * The caller compares IPv6 with IPv6 and IPv4 with IPv4. No allocation.
 */
export function prefixMatches(
  prefix: Uint8Array,
  length: number,
  bytes: Uint8Array,
  offset: number,
): boolean {
  const whole = length >>> 3;
  for (let i = 0; i < whole; i++) if (prefix[i] !== bytes[offset + i]) return false;
  const rest = length & 7;
  if (rest === 0) return true;
  return ((u8(prefix, whole) ^ u8(bytes, offset + whole)) & (0xff00 >>> rest) & 0xff) === 0;
}

/** Whether two IPv6 addresses are equal. */
export function sameAddress(
  a: Uint8Array,
  aOffset: number,
  b: Uint8Array,
  bOffset: number,
): boolean {
  for (let i = 0; i < IPV6_LENGTH; i++) if (a[aOffset + i] !== b[bOffset + i]) return false;
  return true;
}

/** Whether two IPv6 addresses that stand alone, 16 octets each, are equal; false when one is missing. */
export function isSameAddress(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && sameAddress(a, 0, b, 0);
}

/** Map key of the IPv6 address at `offset`. Equal keys mean equal addresses and the reverse. */
export function addressKey(bytes: Uint8Array, offset = 0): AddressKey {
  return String.fromCharCode(
    u16(bytes, offset),
    u16(bytes, offset + 2),
    u16(bytes, offset + 4),
    u16(bytes, offset + 6),
    u16(bytes, offset + 8),
    u16(bytes, offset + 10),
    u16(bytes, offset + 12),
    u16(bytes, offset + 14),
  ) as AddressKey;
}

/** The 16 octets a key was made of, in a new array. */
export function addressOfKey(key: AddressKey): Uint8Array {
  const bytes = new Uint8Array(IPV6_LENGTH);
  for (let i = 0; i < 8; i++) {
    const group = key.charCodeAt(i);
    bytes[2 * i] = group >>> 8;
    bytes[2 * i + 1] = group;
  }
  return bytes;
}

/** `::` (RFC 4291 section 2.5.2). */
export function isUnspecified(bytes: Uint8Array, offset = 0): boolean {
  return hasZeros(bytes, offset, 12) && u32(bytes, offset + 12) === 0;
}

/** `::1` (RFC 4291 section 2.5.3). */
export function isLoopback(bytes: Uint8Array, offset = 0): boolean {
  return hasZeros(bytes, offset, 12) && u32(bytes, offset + 12) === 1;
}

/** `ff00::/8` (RFC 4291 section 2.7). */
export function isMulticast(bytes: Uint8Array, offset = 0): boolean {
  return u8(bytes, offset) === 0xff;
}

/** `fe80::/10` (RFC 4291 section 2.4; section 2.5.6 wants the next 54 bits zero, receivers do not check it). */
export function isLinkLocal(bytes: Uint8Array, offset = 0): boolean {
  return (u16(bytes, offset) & 0xffc0) === 0xfe80;
}

/** `::ffff:0:0/96` (RFC 4291 section 2.5.5.2). */
export function isIpv4Mapped(bytes: Uint8Array, offset = 0): boolean {
  return u16(bytes, offset + 10) === 0xffff && hasZeros(bytes, offset, 10);
}

/** `fc00::/7` (RFC 4193 section 3.1). */
export function isUniqueLocal(bytes: Uint8Array, offset = 0): boolean {
  return (u8(bytes, offset) & 0xfe) === 0xfc;
}

/** `2001:db8::/32` (RFC 3849) or `3fff::/20` (RFC 9637). */
export function isDocumentation(bytes: Uint8Array, offset = 0): boolean {
  const first = u16(bytes, offset);
  return (
    (first === 0x2001 && u16(bytes, offset + 2) === 0x0db8) ||
    (first === 0x3fff && (u16(bytes, offset + 2) & 0xf000) === 0)
  );
}

/**
 * "Unicast routable address" (RFC 6275 section 3.1: "an identifier for a single interface such that a packet
 * sent to it from another IPv6 subnet is delivered"): not multicast, unspecified, loopback, link-local or
 * IPv4-mapped. Home and care-of addresses have to be one (RFC 6275 sections 6.1.7, 9.3.1, 9.5.1).
 */
export function isUnicastRoutable(bytes: Uint8Array, offset = 0): boolean {
  return !(
    isMulticast(bytes, offset) ||
    isLinkLocal(bytes, offset) ||
    isUnspecified(bytes, offset) ||
    isLoopback(bytes, offset) ||
    isIpv4Mapped(bytes, offset)
  );
}

function hasZeros(bytes: Uint8Array, offset: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (u8(bytes, offset + i) !== 0) return false;
  return true;
}
