/**
 * Identities of IKE in one form, so that those of packets and those that an operator writes can be compared.
 * RFC 7296 section 3.5, RFC 2407 section 4.6.2.1; distinguished names: X.690, RFC 4514.
 */
import { formatAddress, formatIpv4, parseAddress } from '../../dissectors/core/address.ts';
import { u16, u8 } from '../../dissectors/core/bytes.ts';
import { hexText } from '../../dissectors/core/layout.ts';
import { printable } from '../../dissectors/core/text.ts';
import { ID_TYPE, identityText } from '../../dissectors/ike/index.ts';

/** Octets of an identity that are looked at; a longer one is told by its first octets and its length. */
export const MAX_IDENTITY_OCTETS = 1024;
/** Parts of a distinguished name that are looked at. */
const MAX_PARTS = 64;

/** Whom a peer says it is. */
export interface IkeIdentity {
  /** ID Type as on the wire. */
  readonly idType: number;
  /** For people: address, name, or distinguished name; other types as hexadecimal digits. */
  readonly text: string;
  /** Equal for what means the same; `identityKey` gives it for what an operator wrote. */
  readonly key: string;
}

/** An identity from the wire. */
export function identityOf(idType: number, data: Uint8Array): IkeIdentity {
  if (data.length > MAX_IDENTITY_OCTETS) {
    const start = hexText(data.subarray(0, 32));
    const text = `${start}... (${data.length} octets)`;
    return { idType, text, key: `long:${idType}:${data.length}:${start}` };
  }
  const isName = idType === ID_TYPE.fqdn || idType === ID_TYPE.rfc822Address;
  if (isName) {
    const text = printable(data);
    return { idType, text, key: `name:${text.toLowerCase()}` };
  }
  if (idType === ID_TYPE.ipv6Address && data.length === 16) {
    const text = formatAddress(data);
    return { idType, text, key: `address:${text}` };
  }
  if (idType === ID_TYPE.ipv4Address && data.length === 4) {
    const text = formatIpv4(data);
    return { idType, text, key: `address:${text}` };
  }
  const parts = idType === ID_TYPE.derDistinguishedName ? distinguishedName(data) : undefined;
  if (parts !== undefined) return { idType, text: nameText(parts), key: nameKey(parts) };
  const text = identityText(idType, data);
  const isKeyId = idType === ID_TYPE.keyId;
  return { idType, text, key: isKeyId ? `key:${hexDigits(data)}` : `type ${idType}:${text}` };
}

/** The identity that is the address itself. RFC 4877 section 7.3. */
export function addressIdentityKey(address: Uint8Array): string {
  return `address:${address.length === 4 ? formatIpv4(address) : formatAddress(address)}`;
}

/**
 * Key of an identity as people write it: an IPv6 or IPv4 address; a distinguished name, which has `=` in it, in either
 * order of its parts; octets of ID_KEY_ID after 0x; else a host name or user@host, with or without strongSwan's `@` in
 * front. Upper and lower case are the same.
 */
export function identityKey(text: string): string {
  const trimmed = text.trim();
  const address = parseAddress(trimmed);
  if (address !== undefined) return addressIdentityKey(address);
  if (/^0x(?:[0-9a-f]{2})+$/i.test(trimmed)) return `key:${trimmed.slice(2).toLowerCase()}`;
  if (trimmed.includes('=')) return nameKey(writtenName(trimmed));
  const name = trimmed.startsWith('@') ? trimmed.slice(1) : trimmed;
  return `name:${printable(new TextEncoder().encode(name)).toLowerCase()}`;
}

// --- distinguished names -----------------------------------------------------------------------------

/** `CN=alice`: attribute and value. */
interface NamePart {
  readonly attribute: string;
  /** As `printable` gives it. */
  readonly value: string;
}

/** Attributes by the octets of their object identifier. RFC 4519 section 2, RFC 2985 section 5.2.1. */
const ATTRIBUTES: ReadonlyMap<string, string> = new Map([
  ['550403', 'CN'],
  ['550405', 'SERIALNUMBER'],
  ['550406', 'C'],
  ['550407', 'L'],
  ['550408', 'ST'],
  ['550409', 'STREET'],
  ['55040a', 'O'],
  ['55040b', 'OU'],
  ['0992268993f22c640101', 'UID'],
  ['0992268993f22c640119', 'DC'],
  ['2a864886f70d010901', 'E'],
]);

/** Other names of attributes. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['EMAILADDRESS', 'E'],
  ['EMAIL', 'E'],
  ['S', 'ST'],
  ['SN', 'SERIALNUMBER'],
  ['USERID', 'UID'],
]);

const SEQUENCE = 0x30;
const SET = 0x31;
const OBJECT_IDENTIFIER = 0x06;
const BMP_STRING = 0x1e;

/** An element of DER. */
interface Element {
  readonly tag: number;
  /** Content at `[from, to)`. */
  readonly from: number;
  readonly to: number;
}

function elementAt(bytes: Uint8Array, at: number, end: number): Element | undefined {
  if (at + 2 > end) return undefined;
  let length = u8(bytes, at + 1);
  let from = at + 2;
  if (length === 0x81 && from + 1 <= end) {
    length = u8(bytes, from);
    from += 1;
  } else if (length === 0x82 && from + 2 <= end) {
    length = u16(bytes, from);
    from += 2;
  } else if (length >= 0x80) return undefined;
  return from + length > end ? undefined : { tag: u8(bytes, at), from, to: from + length };
}

/** Parts of a distinguished name in the order of the octets; undefined when it is none. */
function distinguishedName(data: Uint8Array): NamePart[] | undefined {
  const whole = elementAt(data, 0, data.length);
  if (whole?.tag !== SEQUENCE || whole.to !== data.length) return undefined;
  const parts: NamePart[] = [];
  for (let at = whole.from; at < whole.to;) {
    const set = elementAt(data, at, whole.to);
    if (set?.tag !== SET) return undefined;
    at = set.to;
    for (let inside = set.from; inside < set.to;) {
      const pair = elementAt(data, inside, set.to);
      if (pair?.tag !== SEQUENCE || parts.length >= MAX_PARTS) return undefined;
      inside = pair.to;
      const type = elementAt(data, pair.from, pair.to);
      const value = type === undefined ? undefined : elementAt(data, type.to, pair.to);
      if (type?.tag !== OBJECT_IDENTIFIER || value === undefined) return undefined;
      const digits = hexDigits(data.subarray(type.from, type.to));
      parts.push({
        attribute: ATTRIBUTES.get(digits) ?? `OID ${digits}`,
        value: stringValue(data, value),
      });
    }
  }
  return parts.length === 0 ? undefined : parts;
}

function stringValue(data: Uint8Array, { tag, from, to }: Element): string {
  if (tag !== BMP_STRING) return printable(data, from, to - from);
  let text = '';
  for (let at = from; at + 2 <= to; at += 2) text += String.fromCharCode(u16(data, at));
  return printable(new TextEncoder().encode(text));
}

/** Parts of a name that somebody wrote: `C=CH, CN=alice`, `CN=alice,C=CH` or `/C=CH/CN=alice`. */
function writtenName(text: string): NamePart[] {
  const isSlashed = text.startsWith('/');
  const parts = (isSlashed ? text.slice(1) : text).match(
    isSlashed ? /(?:\\.|[^\\/])+/g : /(?:\\.|"[^"]*"|[^\\,+"])+/g,
  );
  return (parts ?? []).slice(0, MAX_PARTS).map((part) => {
    const equals = part.indexOf('=');
    const name = part.slice(0, Math.max(0, equals)).trim().toUpperCase();
    const value = part
      .slice(equals + 1)
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .replace(/\\(.)/g, '$1');
    return {
      attribute: OTHER_NAMES.get(name) ?? name,
      value: printable(new TextEncoder().encode(value)),
    };
  });
}

function nameText(parts: readonly NamePart[]): string {
  return parts
    .map(({ attribute, value }) => `${attribute}=${value.replace(/([,+])/g, '\\$1')}`)
    .join(', ');
}

/** RFC 4518 section 2.6.1: runs of spaces count as one. Sorted, for the order in which people write differs. */
function nameKey(parts: readonly NamePart[]): string {
  const written = parts.map(({ attribute, value }) =>
    `${attribute}=${value.trim().replace(/ +/g, ' ')}`.toLowerCase(),
  );
  return `dn:${JSON.stringify(written.sort())}`;
}

function hexDigits(octets: Uint8Array): string {
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join('');
}
