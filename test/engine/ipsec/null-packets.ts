/**
 * ESP packets with NULL encryption, and random ones, made without keys: who recognises them looks at no ICV.
 */
import { putU16, putU32 } from '../../../dissectors/core/bytes.ts';
import { foldChecksum, pseudoHeaderChecksum } from '../../../dissectors/core/checksum.ts';
import { concatenate } from '../../../dissectors/core/layout.ts';
import { ipv6Packet, udpDatagram } from '../../../dissectors/ipv6/build.ts';
import type { EspSight } from '../../../engine/ipsec/esp-null.ts';
import { CORRESPONDENT, HOME_ADDRESS, HOME_AGENT } from '../../rules/site.ts';

/** Source and destination. */
export interface Ends {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
}

export const TO_AGENT: Ends = { source: HOME_ADDRESS, destination: HOME_AGENT };
export const TO_CORRESPONDENT: Ends = { source: HOME_ADDRESS, destination: CORRESPONDENT };

/** Octets that look random and are the same in every run (xorshift32). */
export class RandomOctets {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 1;
  }

  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }

  fill(bytes: Uint8Array): Uint8Array {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.next() >>> 24;
    return bytes;
  }
}

/** A message whose checksum, at `at`, is right. */
export function summed(
  { source, destination }: Ends,
  protocol: number,
  bytes: Uint8Array,
  at: number,
): Uint8Array {
  const message = bytes.slice();
  putU16(message, at, 0);
  const { length } = message;
  putU16(
    message,
    at,
    pseudoHeaderChecksum(source, 0, destination, 0, protocol, message, 0, length),
  );
  return message;
}

/** A Mobility Header of the type with `units` times 8 octets. RFC 6275 section 6.1.1. */
export function mobilityHeader(type: number, units: number, ends = TO_AGENT): Uint8Array {
  const bytes = new Uint8Array(8 * units);
  bytes.set([59, units - 1, type]);
  // Behind the fields: padding as one PadN option.
  if (units > 1) bytes.set([1, bytes.length - 14], 12);
  return summed(ends, 135, bytes, 4);
}

/** An ICMPv6 message with `octets` octets of body. */
export function icmpv6(type: number, octets: number, ends = TO_AGENT): Uint8Array {
  const bytes = new Uint8Array(4 + octets).fill(0x42, 4);
  bytes[0] = type;
  return summed(ends, 58, bytes, 2);
}

/** A UDP datagram. */
export function udp(octets: number, ends = TO_CORRESPONDENT): Uint8Array {
  const payload = new Uint8Array(octets).fill(7);
  return udpDatagram({ ...ends, sourcePort: 1234, destinationPort: 5678, payload });
}

/** A TCP segment. RFC 9293 section 3.1. */
export function tcp(octets: number, ends = TO_CORRESPONDENT): Uint8Array {
  const bytes = new Uint8Array(20 + octets).fill(0x61, 20);
  bytes[12] = 0x50;
  bytes[13] = 0x18;
  return summed(ends, 6, bytes, 16);
}

/** The packet that a tunnel takes. */
export function inner(protocol: number, payload: Uint8Array, ends = TO_CORRESPONDENT): Uint8Array {
  return ipv6Packet({ ...ends, protocol, payload });
}

/** An IPv4 packet with a right header checksum. */
export function ipv4(octets: number): Uint8Array {
  const bytes = new Uint8Array(20 + octets);
  bytes[0] = 0x45;
  putU16(bytes, 2, bytes.length);
  bytes.set([64, 17], 8);
  bytes.set([192, 0, 2, 1, 192, 0, 2, 2], 12);
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  putU16(bytes, 10, foldChecksum(sum));
  return bytes;
}

/** How an ESP packet is made. */
export interface NullEsp {
  readonly nextHeader: number;
  readonly payload: Uint8Array;
  readonly iv?: number;
  /** Default 12. */
  readonly icv?: number;
  readonly spi?: number;
  readonly sequence?: number;
}

const octets = new RandomOctets(20_260_302);

/** ESP with NULL encryption; IV and ICV are random. RFC 4303 section 2. */
export function nullEsp(fields: NullEsp): Uint8Array {
  const { nextHeader, payload, iv = 0, icv = 12, spi = 0x1000, sequence = 1 } = fields;
  const header = new Uint8Array(8);
  putU32(header, 0, spi);
  putU32(header, 4, sequence);
  const padding = (4 - ((payload.length + 2) % 4)) % 4;
  const trailer = Uint8Array.from([1, 2, 3].slice(0, padding).concat(padding, nextHeader));
  const random = (length: number): Uint8Array => octets.fill(new Uint8Array(length));
  return concatenate([header, random(iv), payload, trailer, random(icv)]);
}

/** ESP whose payload is random, as under any cipher, of `length` octets behind the header. */
export function randomEsp(random: RandomOctets, length: number, spi = 0x1000): Uint8Array {
  const bytes = random.fill(new Uint8Array(8 + length));
  putU32(bytes, 0, spi);
  return bytes;
}

/** A packet as the guess takes it. */
export function sight(bytes: Uint8Array, { source, destination }: Ends = TO_AGENT): EspSight {
  const sourceBytes = source;
  const destinationBytes = destination;
  return {
    bytes,
    esp: 0,
    end: bytes.length,
    sourceBytes,
    source: 0,
    destinationBytes,
    destination: 0,
  };
}
