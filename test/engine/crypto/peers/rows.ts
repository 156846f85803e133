/**
 * Rows of the table of transforms: every encryption with every integrity that makes sense, in both modes, and
 * random packets for each. Same rows, keys and packets each time.
 */
import { parseAddress } from '../../../../dissectors/core/address.ts';
import { putU16 } from '../../../../dissectors/core/bytes.ts';
import { pseudoHeaderChecksum } from '../../../../dissectors/core/checksum.ts';
import { concatenate } from '../../../../dissectors/core/layout.ts';
import {
  ENCRYPTION_TRANSFORMS,
  INTEGRITY_TRANSFORMS,
  NULL_ENCRYPTION,
  NULL_INTEGRITY,
} from '../../../../engine/crypto/transforms.ts';
import type {
  EncryptionTransform,
  IntegrityTransform,
} from '../../../../engine/crypto/transforms.ts';

export const HOME_ADDRESS = '2001:db8:1::10';
export const CARE_OF_ADDRESS = '2001:db8:2::10';
export const HOME_AGENT = '2001:db8:1::1';
const CORRESPONDENT = '2001:db8:9::1';

const ESP = 50;
const DESTINATION_OPTIONS = 60;
const MOBILITY_HEADER = 135;
const IPV6 = 41;
const UDP = 17;

/** Numbers from a seed, equal on every machine (mulberry32). */
export function randomOctets(seed: number): (length: number) => Uint8Array {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 24;
  };
  return (length) => Uint8Array.from({ length }, next);
}

/** One row. */
export interface TransformRow {
  readonly encryption: EncryptionTransform;
  readonly encryptionKey: Uint8Array;
  readonly integrity: IntegrityTransform;
  readonly integrityKey: Uint8Array;
  readonly mode: 'transport' | 'tunnel';
  readonly spi: number;
  /** Encryption, bits of its key without salt, integrity, mode: as in the page, and no other row's. */
  readonly cells: readonly [encryption: string, bits: string, integrity: string, mode: string];
}

/** Name without the document. */
function shortName(name: string): string {
  return name.replace(/ \[.*\]$/, '');
}

function rowsOf(
  encryption: EncryptionTransform,
  keyLength: number,
  integrity: IntegrityTransform,
  firstSpi: number,
): TransformRow[] {
  const bits = keyLength === 0 ? '' : String(8 * (keyLength - encryption.saltLength));
  return (['transport', 'tunnel'] as const).map((mode, i) => {
    const octets = randomOctets(firstSpi + i);
    return {
      encryption,
      encryptionKey: octets(keyLength),
      integrity,
      integrityKey: octets(integrity.create === undefined ? 0 : integrity.keyLength),
      mode,
      spi: firstSpi + i,
      cells: [shortName(encryption.name), bits, shortName(integrity.name), mode],
    };
  });
}

/** All rows. An encryption that authenticates has no integrity; NULL with NULL is no ESP (RFC 4303 section 3.2). */
export const TRANSFORM_ROWS: readonly TransformRow[] = (() => {
  const computed = INTEGRITY_TRANSFORMS.filter(({ create }) => create !== undefined);
  const rows: TransformRow[] = [];
  for (const encryption of ENCRYPTION_TRANSFORMS) {
    const integrities = encryption === NULL_ENCRYPTION ? computed : [NULL_INTEGRITY, ...computed];
    const isCombined = encryption.icvLength > 0;
    const keyLengths = encryption.keyLengths.length === 0 ? [0] : encryption.keyLengths;
    for (const keyLength of keyLengths) {
      for (const integrity of isCombined ? [NULL_INTEGRITY] : integrities) {
        rows.push(...rowsOf(encryption, keyLength, integrity, 0x1000 + rows.length));
      }
    }
  }
  return rows;
})();

/** A packet of a row. */
export interface RowPacket {
  /** IPv6 and what else is in front of the ESP header. */
  readonly header: Uint8Array;
  readonly sequence: number;
  readonly iv: Uint8Array;
  /** What ESP protects, and its protocol number. */
  readonly payload: Uint8Array;
  readonly nextHeader: number;
  /** The packet before ESP: what is sent in transport mode, what goes into the tunnel in tunnel mode. */
  readonly plain: Uint8Array;
}

function address(text: string): Uint8Array {
  const octets = parseAddress(text);
  if (octets === undefined) throw new Error(`no address: ${text}`);
  return octets;
}

const [homeAddress, careOfAddress, homeAgent, correspondent] = [
  address(HOME_ADDRESS),
  address(CARE_OF_ADDRESS),
  address(HOME_AGENT),
  address(CORRESPONDENT),
];

function ipv6(
  source: Uint8Array,
  destination: Uint8Array,
  nextHeader: number,
  length: number,
): Uint8Array {
  const header = new Uint8Array(40);
  header[0] = 0x60;
  putU16(header, 4, length);
  header[6] = nextHeader;
  header[7] = 64;
  header.set(source, 8);
  header.set(destination, 24);
  return header;
}

/** Destination Options with the home address, which stands in front of ESP (RFC 3776 section 4.1). */
function homeAddressOption(nextHeader: number): Uint8Array {
  return Uint8Array.of(nextHeader, 2, 1, 2, 0, 0, 0xc9, 16, ...homeAddress);
}

/** A Binding Update of at least so many octets, with random octets in its padding. RFC 6275 section 6.1.7. */
function bindingUpdate(least: number, octets: (length: number) => Uint8Array): Uint8Array {
  const message = new Uint8Array(Math.max(16, 8 * Math.ceil(least / 8)));
  message.set([59, message.length / 8 - 1, 5, 0]);
  message.set(octets(2), 6);
  message.set([0xc0, 0, 0, 3], 8);
  for (let at = 12; at < message.length;) {
    const length = Math.min(message.length - at, 257);
    // Pad1 where no more than one octet is left.
    if (length > 1) message.set([1, length - 2, ...octets(length - 2)], at);
    at += length;
  }
  const checksum = pseudoHeaderChecksum(
    homeAddress,
    0,
    homeAgent,
    0,
    MOBILITY_HEADER,
    message,
    0,
    message.length,
  );
  putU16(message, 4, checksum);
  return message;
}

/** UDP of the mobile node to a correspondent, between ports of no protocol that others know. */
function datagram(data: Uint8Array): Uint8Array {
  const message = new Uint8Array(8 + data.length);
  putU16(message, 0, 40_001);
  putU16(message, 2, 40_002);
  putU16(message, 4, message.length);
  message.set(data, 8);
  const checksum = pseudoHeaderChecksum(
    homeAddress,
    0,
    correspondent,
    0,
    UDP,
    message,
    0,
    message.length,
  );
  putU16(message, 6, checksum === 0 ? 0xffff : checksum);
  return concatenate([ipv6(homeAddress, correspondent, UDP, message.length), message]);
}

function packetOf(
  row: TransformRow,
  sequence: number,
  size: number,
  octets: (length: number) => Uint8Array,
): RowPacket {
  const iv = octets(row.encryption.ivLength);
  // The length of the outer header is put in when there is a packet.
  if (row.mode === 'tunnel') {
    const payload = datagram(octets(size));
    const header = ipv6(careOfAddress, homeAgent, ESP, 0);
    return { header, sequence, iv, payload, nextHeader: IPV6, plain: payload };
  }
  const payload = bindingUpdate(size, octets);
  const header = concatenate([
    ipv6(careOfAddress, homeAgent, DESTINATION_OPTIONS, 0),
    homeAddressOption(ESP),
  ]);
  const plain = concatenate([
    ipv6(careOfAddress, homeAgent, DESTINATION_OPTIONS, 24 + payload.length),
    homeAddressOption(MOBILITY_HEADER),
    payload,
  ]);
  return { header, sequence, iv, payload, nextHeader: MOBILITY_HEADER, plain };
}

/** Three packets: at most 15 octets, some, and nearly as many as a link takes. */
export function packetsOf(row: TransformRow): readonly RowPacket[] {
  const octets = randomOctets(row.spi << 8);
  const [small = 0, some = 0, large = 0] = octets(3);
  return [small & 15, 16 + some, 1100 + large].map((size, i) => packetOf(row, 1 + i, size, octets));
}

/** Data for a peer that makes packets itself: hardly anything, some, and nearly as much as a tunnel takes. */
export function datagramsOf({ spi }: TransformRow): readonly Uint8Array[] {
  const octets = randomOctets(spi * 3 + 1);
  const [small = 0, some = 0, large = 0] = octets(3);
  return [1 + (small & 15), 16 + some, 900 + large].map(octets);
}

/** The header of a packet and the ESP packet behind it. */
export function sentPacket(header: Uint8Array, esp: Uint8Array): Uint8Array {
  const packet = concatenate([header, esp]);
  putU16(packet, 4, packet.length - 40);
  return packet;
}
