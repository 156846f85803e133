/**
 * DNS answers that name the home agents of a domain: SRV records of `_mip6._ipv6`. RFC 5026 section 5.1, RFC 2782,
 * RFC 1035 section 4.
 *
 * Nothing else of DNS is read. Every loop is bounded: records by `MAX_RECORDS`, names by 255 octets, and a pointer of
 * a compressed name has to lead back.
 */
import { copyOctets, u16, u8 } from '../core/bytes.ts';

/** Records read of one message; the answer section comes first. */
export const MAX_RECORDS = 64;
/** Octets of a name. RFC 1035 section 2.3.4. */
const MAX_NAME = 255;
/** Pointers followed in one name. */
const MAX_POINTERS = 16;

const HEADER_OCTETS = 12;
const RESPONSE = 0x8000;
/** Operation and response code: both 0 in an answer to a query. */
const OPCODE_AND_RCODE = 0x780f;
const TYPE_AAAA = 28;
const TYPE_SRV = 33;
const CLASS_INTERNET = 1;
/** Type, class, time to live and length of a record. */
const RECORD_OCTETS = 10;

/** `_mip6` and `_ipv6` as labels, lower case. RFC 5026 section 9. */
const LABELS = [...label('_mip6'), ...label('_ipv6')];

function label(text: string): number[] {
  return [text.length, ...Array.from(text, (item) => item.charCodeAt(0))];
}

/** A host that offers the service. */
export interface ServiceTarget {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  /** Text, without the last dot. */
  readonly name: string;
  /** AAAA records of the same message, 16 octets each. */
  readonly addresses: readonly Uint8Array[];
}

/** An answer. */
export interface ServiceAnswer {
  /** The name that was asked for: `_mip6._ipv6.example.com`. */
  readonly name: string;
  readonly targets: readonly ServiceTarget[];
}

/**
 * Whether `[offset, end)` is a DNS response to a question for `_mip6._ipv6`; reads the header and the first labels.
 */
export function isServiceAnswer(bytes: Uint8Array, offset: number, end: number): boolean {
  if (end - offset < HEADER_OCTETS + LABELS.length) return false;
  const flags = u16(bytes, offset + 2);
  if ((flags & RESPONSE) === 0 || (flags & OPCODE_AND_RCODE) !== 0) return false;
  if (u16(bytes, offset + 4) !== 1) return false;
  for (let i = 0; i < LABELS.length; i++) {
    const octet = u8(bytes, offset + HEADER_OCTETS + i);
    const isUpper = octet >= 0x41 && octet <= 0x5a;
    if ((isUpper ? octet | 0x20 : octet) !== LABELS[i]) return false;
  }
  return true;
}

/** Octets of a label as text; what is not printable ASCII, or is a dot, becomes `?`. */
function labelText(bytes: Uint8Array, offset: number, length: number): string {
  let text = '';
  for (let i = 0; i < length; i++) {
    const octet = u8(bytes, offset + i);
    text += octet > 0x20 && octet < 0x7f && octet !== 0x2e ? String.fromCharCode(octet) : '?';
  }
  return text;
}

/** A name and where what follows it begins; `next` -1 = malformed. */
interface Name {
  readonly text: string;
  readonly next: number;
}

const MALFORMED: Name = { text: '', next: -1 };

function nameAt(bytes: Uint8Array, message: number, at: number, end: number): Name {
  const labels: string[] = [];
  let octets = 0;
  let pointers = 0;
  let next = -1;
  let limit = at;
  while (at < end) {
    const length = u8(bytes, at);
    if (length === 0) return { text: labels.join('.'), next: next < 0 ? at + 1 : next };
    if (length >= 0xc0) {
      const target = message + (u16(bytes, at) & 0x3fff);
      // Only back, and behind every place read so far: no loop.
      if (at + 2 > end || target >= limit || target < message + HEADER_OCTETS) return MALFORMED;
      if (++pointers > MAX_POINTERS) return MALFORMED;
      if (next < 0) next = at + 2;
      at = target;
      limit = target;
      continue;
    }
    octets += length + 1;
    if (length >= 0x40 || octets > MAX_NAME || at + 1 + length > end) return MALFORMED;
    labels.push(labelText(bytes, at + 1, length));
    at += length + 1;
  }
  return MALFORMED;
}

/**
 * Reads an answer for which `isServiceAnswer` holds; undefined when it is malformed before the first SRV record. What
 * is behind a malformed record is not read. Never throws.
 */
export function readServiceAnswer(
  bytes: Uint8Array,
  offset: number,
  end: number,
): ServiceAnswer | undefined {
  const question = nameAt(bytes, offset, offset + HEADER_OCTETS, end);
  if (question.next < 0 || question.next + 4 > end) return undefined;
  const records = u16(bytes, offset + 6) + u16(bytes, offset + 8) + u16(bytes, offset + 10);
  const services: Omit<ServiceTarget, 'addresses'>[] = [];
  const addresses = new Map<string, Uint8Array[]>();
  let at = question.next + 4;
  for (let i = 0; i < records && i < MAX_RECORDS; i++) {
    const owner = nameAt(bytes, offset, at, end);
    const data = owner.next + RECORD_OCTETS;
    if (owner.next < 0 || data > end) break;
    const length = u16(bytes, data - 2);
    if (data + length > end) break;
    const type = u16(bytes, owner.next);
    const isInternet = u16(bytes, owner.next + 2) === CLASS_INTERNET;
    if (isInternet && type === TYPE_SRV && length > 6) {
      const target = nameAt(bytes, offset, data + 6, data + length);
      if (target.next >= 0) {
        services.push({
          priority: u16(bytes, data),
          weight: u16(bytes, data + 2),
          port: u16(bytes, data + 4),
          name: target.text,
        });
      }
    } else if (isInternet && type === TYPE_AAAA && length === 16) {
      const key = owner.text.toLowerCase();
      const list = addresses.get(key) ?? [];
      list.push(copyOctets(bytes, data, data + 16));
      addresses.set(key, list);
    }
    at = data + length;
  }
  if (services.length === 0) return undefined;
  return {
    name: question.text,
    targets: services.map((item) => ({
      ...item,
      addresses: addresses.get(item.name.toLowerCase()) ?? [],
    })),
  };
}
