/**
 * The mobile node of the bench: return routability and Binding Updates, right ones and ones that are wrong on purpose.
 */
import { encodeMobilityHeader } from '../../../dissectors/mobility/header.ts';
import type { MessageOf, MobilityMessage } from '../../../dissectors/mobility/header.ts';
import type { MobilityOption } from '../../../dissectors/mobility/options/index.ts';
import type { WirePacket } from '../wire-peer.ts';
import {
  CARE_OF,
  CORRESPONDENT,
  CorrespondentBench,
  FLAG,
  HOME,
  authenticatorOf,
  envelope,
  hmacSha1,
  mobilityPacket,
  only,
  sha1,
} from './bench.ts';

/** A token as the correspondent gave it. */
export interface Token {
  readonly index: number;
  readonly octets: Uint8Array;
  /** Address that it was given to. */
  readonly address: Uint8Array;
}

/** A Binding Update; what is not given is right. */
export interface UpdateFields {
  readonly sequence?: number;
  /** Lifetime field, units of 4 seconds; default 105. */
  readonly lifetime?: number;
  /** Default A. */
  readonly flags?: number;
  /** Wire source; default the care-of address. */
  readonly source?: Uint8Array;
  /** Home Address option; default the home address unless the source is it; null = none. */
  readonly home?: Uint8Array | null;
  readonly destination?: Uint8Array;
  readonly alternate?: Uint8Array;
  readonly homeIndex?: number;
  readonly careOfIndex?: number;
  readonly hasNonceIndices?: boolean;
  readonly hasAuthorization?: boolean;
  /** Kbm; default that of the tokens, or for a deletion of the home token alone. */
  readonly key?: Uint8Array;
  /** Care-of address and correspondent in the authenticator. */
  readonly signedCareOf?: Uint8Array;
  readonly signedCorrespondent?: Uint8Array;
  /** Options in front of the Nonce Indices. */
  readonly before?: readonly MobilityOption[];
  /** Options between Nonce Indices and authenticator. */
  readonly between?: readonly MobilityOption[];
  /** Options behind the authenticator. */
  readonly after?: readonly MobilityOption[];
  /** Default 12. */
  readonly authenticatorOctets?: number;
  /** Changes the Mobility Header before it is signed. */
  readonly mark?: (mobilityHeader: Uint8Array) => void;
  /** Changes the Mobility Header after it was signed; the checksum is made right again. */
  readonly spoil?: (mobilityHeader: Uint8Array) => void;
}

/** A way to a correspondent: takes a packet and has what the correspondent sent because of it. */
export type PacketExchange = Pick<CorrespondentBench, 'deliver'>;

/** A mobile node away from home. */
export class MobilePeer {
  readonly bench: PacketExchange;
  readonly homeAddress: Uint8Array;
  careOfAddress: Uint8Array;
  readonly correspondent: Uint8Array;
  homeToken: Token | undefined;
  careOfToken: Token | undefined;
  sequence = 100;
  #cookies = 0;

  constructor(
    bench: PacketExchange,
    { home = HOME, careOf = CARE_OF, correspondent = CORRESPONDENT } = {},
  ) {
    this.bench = bench;
    this.homeAddress = home;
    this.careOfAddress = careOf;
    this.correspondent = correspondent;
  }

  cookie(): Uint8Array {
    this.#cookies++;
    return Uint8Array.of(0xc0, 0, 0, 0, 0, 0, this.#cookies >> 8, this.#cookies & 0xff);
  }

  /** Home Test Init, and the token of the answer. */
  homeTest(): WirePacket[] {
    const where = { source: this.homeAddress, destination: this.correspondent };
    const homeInitCookie = this.cookie();
    const answer = this.bench.deliver(
      mobilityPacket(where, { kind: 'home-test-init', homeInitCookie }),
    );
    const { homeNonceIndex: index, homeKeygenToken: octets } = only(answer, 'home-test');
    this.homeToken = { index, octets, address: this.homeAddress };
    return answer;
  }

  /** Care-of Test Init, and the token of the answer. */
  careOfTest(address = this.careOfAddress): WirePacket[] {
    const where = { source: address, destination: this.correspondent };
    const careOfInitCookie = this.cookie();
    const answer = this.bench.deliver(
      mobilityPacket(where, { kind: 'care-of-test-init', careOfInitCookie }),
    );
    const { careOfNonceIndex: index, careOfKeygenToken: octets } = only(answer, 'care-of-test');
    this.careOfToken = { index, octets, address };
    return answer;
  }

  /** Both tests. */
  tests(): this {
    this.homeTest();
    this.careOfTest();
    return this;
  }

  /** Moves and tests the new care-of address. */
  moveTo(careOf: Uint8Array): void {
    this.careOfAddress = careOf;
    this.careOfTest();
  }

  /** Kbm. RFC 6275 section 5.2.5. */
  key(isDeletion = false): Uint8Array {
    const { homeToken, careOfToken } = this;
    if (homeToken === undefined) throw new Error('no home test');
    if (isDeletion) return sha1(homeToken.octets);
    if (careOfToken === undefined) throw new Error('no care-of test');
    return sha1(homeToken.octets, careOfToken.octets);
  }

  /** A Binding Update as a packet. */
  update(fields: UpdateFields = {}): Uint8Array {
    const { lifetime = 105, flags = FLAG.A, destination = this.correspondent, alternate } = fields;
    const { source = this.careOfAddress, hasNonceIndices = true } = fields;
    const isDeletion = lifetime === 0;
    const sequence = fields.sequence ?? ++this.sequence;
    this.sequence = sequence;
    const isAtHome = source === this.homeAddress;
    const homeOption =
      fields.home === null ? undefined : (fields.home ?? (isAtHome ? undefined : this.homeAddress));
    const ends = { source: homeOption ?? source, destination };
    const message: MobilityMessage = { kind: 'binding-update', sequence, flags, lifetime };
    const options: MobilityOption[] = [...(fields.before ?? [])];
    if (alternate !== undefined) {
      options.push({ kind: 'alternate-care-of-address', careOfAddress: alternate });
    }
    if (hasNonceIndices) {
      options.push({
        kind: 'nonce-indices',
        homeNonceIndex: fields.homeIndex ?? this.homeToken?.index ?? 0,
        careOfNonceIndex: fields.careOfIndex ?? (isDeletion ? 0 : (this.careOfToken?.index ?? 0)),
      });
    }
    options.push(...(fields.between ?? []));
    let octets: Uint8Array;
    if (fields.hasAuthorization === false) {
      octets = encodeMobilityHeader(message, options, ends);
    } else {
      const key = fields.key ?? this.key(isDeletion);
      const careOf = fields.signedCareOf ?? (isDeletion ? this.homeAddress : (alternate ?? source));
      const correspondent = fields.signedCorrespondent ?? destination;
      const authorization: MobilityOption = {
        kind: 'binding-authorization-data',
        authenticator: new Uint8Array(fields.authenticatorOctets ?? 12),
      };
      const signed = [...options, authorization];
      // With options behind it, the authenticator ends where the message without them does.
      const end = encodeMobilityHeader(message, signed, ends).length;
      octets = encodeMobilityHeader(message, [...signed, ...(fields.after ?? [])], ends);
      fields.mark?.(octets);
      octets.set(authenticatorOf(key, careOf, correspondent, octets, end), end - 12);
      setChecksum(octets, ends);
    }
    if (fields.spoil !== undefined) {
      fields.spoil(octets);
      setChecksum(octets, ends);
    }
    return envelope({ source, destination, home: homeOption }, 135, octets);
  }

  /** Sends a Binding Update. @returns what the correspondent answered */
  register(fields: UpdateFields = {}): WirePacket[] {
    return this.bench.deliver(this.update(fields));
  }

  /** Whether the authenticator of an acknowledgement is right. RFC 6275 section 6.2.7. */
  verifies(packet: WirePacket | undefined, careOf = this.careOfAddress, key = this.key()): boolean {
    const payload = packet?.payload;
    if (payload === undefined) return false;
    const found = payload.slice(-12);
    const isOption = payload.at(-14) === 5 && payload.at(-13) === 12;
    const expected = authenticatorOf(key, careOf, this.correspondent, payload);
    return isOption && expected.every((octet, at) => octet === found[at]);
  }
}

/** Writes the checksum of a Mobility Header, by RFC 1071. */
export function setChecksum(
  octets: Uint8Array,
  { source, destination }: { readonly source: Uint8Array; readonly destination: Uint8Array },
): void {
  octets[4] = 0;
  octets[5] = 0;
  const all = [...source, ...destination, 0, 0, octets.length >> 8, octets.length & 0xff];
  all.push(0, 0, 0, 135, ...octets);
  let sum = 0;
  for (let i = 0; i < all.length; i += 2) {
    sum += (all[i] ?? 0) * 256 + (all[i + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  const checksum = 0xffff - sum;
  octets[4] = checksum >> 8;
  octets[5] = checksum & 0xff;
}

/** Keygen token by RFC 6275 section 5.2.5. */
export function expectedToken(
  nodeKey: Uint8Array,
  address: Uint8Array,
  nonce: Uint8Array,
  last: 0 | 1,
): Uint8Array {
  return hmacSha1(nodeKey, address, nonce, Uint8Array.of(last)).slice(0, 8);
}

/** Status of the only acknowledgement. */
export function statusOf(packets: readonly WirePacket[]): number {
  return only(packets, 'binding-acknowledgement').status;
}

/** The only acknowledgement. */
export function acknowledgementOf(
  packets: readonly WirePacket[],
): MessageOf<'binding-acknowledgement'> {
  return only(packets, 'binding-acknowledgement');
}

/** A bench with a binding. @param lifetime units of 4 seconds */
export function bound(lifetime = 105): { bench: CorrespondentBench; mobile: MobilePeer } {
  const bench = new CorrespondentBench();
  const mobile = new MobilePeer(bench).tests();
  if (statusOf(mobile.register({ lifetime })) !== 0) throw new Error('no binding');
  return { bench, mobile };
}

/** Kinds of the messages in packets. */
export function kindsOf(packets: readonly WirePacket[]): (string | undefined)[] {
  return packets.map(({ mobility, icmpv6 }) => mobility?.message.kind ?? icmpv6?.kind);
}
