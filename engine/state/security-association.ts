/**
 * Security associations the observer has keys for, how they fared, and the table that finds them.
 *
 * RFC 3776 section 5.2 names an association by direction, SPI and destination; here the direction is in the
 * addresses. Addresses to compare are those after substitution of Home Address option and type 2 routing header
 * (RFC 3776 section 3.1), which the caller does.
 */
import { formatPrefix, prefixMatches, type Prefix } from '../../dissectors/core/address.ts';
import { EspContext, EspStatus, NO_SEQUENCE_HIGH, isOpen, type EspResult } from '../crypto/esp.ts';
import type { CryptoBackend } from '../crypto/esp-backend.ts';
import type { EncryptionTransform, IntegrityTransform } from '../crypto/transforms.ts';
import { ReplayWindow, type ReplayVerdict } from './replay-window.ts';
import type { TrafficSelector } from './traffic-selector.ts';

/** How the payload is framed, when the key file says so. RFC 4301 section 4.1. */
export type AssociationMode = 'transport' | 'tunnel' | 'any';

/** Line of a key file. */
export interface AssociationOrigin {
  /** Name as the user knows it. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

/** What a security association is made of. */
export interface SecurityAssociationParameters {
  /** 1..2**32-1; `undefined` matches any. */
  readonly spi: number | undefined;
  readonly mode?: AssociationMode;
  /** Both of 16 octets (IPv6) or both of 4 (IPv4); length 0 matches any address of that family. */
  readonly source: Prefix;
  readonly destination: Prefix;
  readonly encryption: EncryptionTransform;
  readonly encryptionKey: Uint8Array;
  readonly integrity: IntegrityTransform;
  readonly integrityKey: Uint8Array;
  /** Sequence numbers of 64 bits, of which 32 are on the wire (RFC 4303 section 2.2.1). */
  readonly extendedSequence?: boolean;
  /** Upper half of the first extended sequence number; default 0. */
  readonly initialSequenceHigh?: number;
  /** Sequence numbers, 32..4096; default 64. */
  readonly replayWindow?: number;
  /** Traffic it is for, when the key file says so. */
  readonly selector?: TrafficSelector;
  readonly origin: AssociationOrigin;
  /** Unique within a run; default: `file:line`. */
  readonly id?: string;
  /** Name for people; default: SPI and addresses. */
  readonly label?: string;
  readonly backend?: CryptoBackend;
}

/** Counters of one association. Times are microseconds since 1970. */
export interface AssociationStatistics {
  /** Packets it was tried on. */
  packets: number;
  /** Octets of those ESP packets. */
  octets: number;
  /** ICV checked and right. */
  verified: number;
  icvFailures: number;
  /** Too short, misaligned, wrong padding without an ICV to vouch for it, or the backend failed. */
  decryptErrors: number;
  /** Number of the first and last packet; 0 before any. */
  firstPacket: number;
  firstTime: number;
  lastPacket: number;
  lastTime: number;
  /** Highest sequence number of a packet that was not rejected, lower 32 bits. */
  highestSequence: number;
}

/** A packet as the statistics see it. */
export interface AssociationPacket {
  readonly number: number;
  /** Microseconds since 1970. */
  readonly time: number;
}

/** How many of the two selectors match any address; fewer is more specific. */
function wildcards(association: SecurityAssociation): number {
  return (association.source.length === 0 ? 1 : 0) + (association.destination.length === 0 ? 1 : 0);
}

/** One ESP security association. Its keys are nowhere to be read. */
export class SecurityAssociation {
  /** `file:line`, and of a derived one what tells it from others of that line; unique within a run. */
  readonly id: string;
  readonly label: string;
  readonly protocol = 'esp';
  readonly spi: number | undefined;
  #mode: AssociationMode;
  #selector: TrafficSelector | undefined;
  #source: Prefix;
  #destination: Prefix;
  readonly extendedSequence: boolean;
  readonly origin: AssociationOrigin;
  /** Transforms with the keys inside. */
  readonly esp: EspContext;
  readonly replay: ReplayWindow;
  readonly statistics: AssociationStatistics;
  /**
   * The row fits more than one destination or SPI, so several real associations may hide behind it, each with
   * its own sequence numbers: a replay verdict about it proves nothing.
   */
  readonly isShared: boolean;

  /** @throws RangeError for wrong key lengths, address families that differ, or a replay window out of range. */
  constructor(parameters: SecurityAssociationParameters) {
    const { spi, source, destination, origin } = parameters;
    if (source.bytes.length !== destination.bytes.length) {
      throw new RangeError('source and destination have to be of one address family');
    }
    this.id = parameters.id ?? `${origin.file}:${origin.line}`;
    this.spi = spi;
    this.#mode = parameters.mode ?? 'any';
    this.#source = source;
    this.#destination = destination;
    this.extendedSequence = parameters.extendedSequence ?? false;
    this.#selector = parameters.selector;
    this.origin = origin;
    this.label = parameters.label ?? `${formatSpi(spi)} ${selectors(source, destination)}`;
    this.esp = new EspContext(parameters);
    this.replay = new ReplayWindow(parameters.replayWindow, parameters.initialSequenceHigh);
    this.isShared = spi === undefined || destination.length < 8 * destination.bytes.length;
    this.statistics = {
      packets: 0,
      octets: 0,
      verified: 0,
      icvFailures: 0,
      decryptErrors: 0,
      firstPacket: 0,
      firstTime: 0,
      lastPacket: 0,
      lastTime: 0,
      highestSequence: 0,
    };
  }

  get source(): Prefix {
    return this.#source;
  }

  get destination(): Prefix {
    return this.#destination;
  }

  get mode(): AssociationMode {
    return this.#mode;
  }

  /** Traffic it is for (RFC 4301 section 4.4.1.1), as far as the key file or a SAD says. */
  get selector(): TrafficSelector | undefined {
    return this.#selector;
  }

  /** Takes what a SAD says of it, where the key file said nothing. To be called before packets are opened. */
  describe(selector: TrafficSelector, mode: AssociationMode): void {
    this.#selector ??= selector;
    if (this.#mode === 'any') this.#mode = mode;
  }

  /** 16 for IPv6, 4 for IPv4. */
  get addressLength(): number {
    return this.#destination.bytes.length;
  }

  /**
   * Moves the ends of a tunnel, as a verified message of its owners says (RFC 4555 section 3.5). Prefixes must
   * be as specific as before: tables keep their order.
   * @throws RangeError for address families that differ
   */
  relocate(source: Prefix, destination: Prefix): void {
    if (source.bytes.length !== destination.bytes.length) {
      throw new RangeError('source and destination have to be of one address family');
    }
    this.#source = source;
    this.#destination = destination;
  }

  /** Upper half of the sequence number of a packet, `NO_SEQUENCE_HIGH` without extended ones. */
  sequenceHigh(sequence: number): number {
    return this.extendedSequence ? this.replay.inferHigh(sequence) : NO_SEQUENCE_HIGH;
  }

  /** Whether addresses at the offsets fit the selectors. No allocation. */
  matches(
    bytes: Uint8Array,
    sourceOffset: number,
    destinationOffset: number,
    addressLength: number,
  ): boolean {
    return (
      addressLength === this.addressLength &&
      prefixMatches(this.destination.bytes, this.destination.length, bytes, destinationOffset) &&
      prefixMatches(this.source.bytes, this.source.length, bytes, sourceOffset)
    );
  }

  /**
   * Counts one packet it was tried on.
   * @param octets of the ESP packet.
   */
  record(result: Readonly<EspResult>, octets: number, packet: AssociationPacket): void {
    const { statistics } = this;
    statistics.packets++;
    statistics.octets += octets;
    if (statistics.packets === 1) {
      statistics.firstPacket = packet.number;
      statistics.firstTime = packet.time;
    }
    statistics.lastPacket = packet.number;
    statistics.lastTime = packet.time;
    if (result.integrityVerified) statistics.verified++;
    if (result.status === EspStatus.ICV_MISMATCH) statistics.icvFailures++;
    else if (!isOpen(result)) statistics.decryptErrors++;
    else if (result.sequence > statistics.highestSequence) {
      statistics.highestSequence = result.sequence;
    }
  }
}

function formatSpi(spi: number | undefined): string {
  return spi === undefined ? '*' : `0x${spi.toString(16).padStart(8, '0')}`;
}

function selectors(source: Prefix, destination: Prefix): string {
  return `${formatSelector(source)} > ${formatSelector(destination)}`;
}

/** Text of a selector: `*`, an address, or a prefix. */
export function formatSelector(prefix: Prefix): string {
  if (prefix.length === 0) return '*';
  const text = formatPrefix(prefix);
  return prefix.length === 8 * prefix.bytes.length ? text.slice(0, text.indexOf('/')) : text;
}

/**
 * Verdict of the replay window about a sequence number as transmitted (RFC 4303 section 3.4.3). Changes nothing.
 * Judge {@link SecurityAssociation.isShared} before making anything of it.
 */
export function checkReplay(association: SecurityAssociation, sequence: number): ReplayVerdict {
  const high = association.sequenceHigh(sequence);
  return association.replay.check(sequence, Math.max(high, 0));
}

/** Marks a sequence number as seen. Only for packets that were accepted: a forged one must not move the window. */
export function updateReplay(association: SecurityAssociation, sequence: number): void {
  const high = association.sequenceHigh(sequence);
  association.replay.update(sequence, Math.max(high, 0));
}

/** Most associations a table takes. */
export const MAX_ASSOCIATIONS = 65_536;

/**
 * All associations of a run, by SPI. Filled once from key files; bounded by refusing to load more, nothing is
 * ever evicted. Look-ups do not allocate.
 */
export class SecurityAssociationTable {
  readonly #bySpi = new Map<number, SecurityAssociation[]>();
  readonly #anySpi: SecurityAssociation[] = [];
  readonly #all: SecurityAssociation[] = [];

  /** @throws RangeError for more than {@link MAX_ASSOCIATIONS}. */
  constructor(associations: Iterable<SecurityAssociation> = []) {
    for (const association of associations) this.add(association);
  }

  /** All, in the order they were added. */
  get all(): readonly SecurityAssociation[] {
    return this.#all;
  }

  get size(): number {
    return this.#all.length;
  }

  /** @throws RangeError for more than {@link MAX_ASSOCIATIONS}. */
  add(association: SecurityAssociation): void {
    if (this.#all.length >= MAX_ASSOCIATIONS) {
      throw new RangeError(
        `more than ${MAX_ASSOCIATIONS} security associations; leave out those the capture does not need`,
      );
    }
    this.#all.push(association);
    if (association.spi === undefined) {
      insert(this.#anySpi, association);
      return;
    }
    const bucket = this.#bySpi.get(association.spi);
    if (bucket === undefined) this.#bySpi.set(association.spi, [association]);
    else insert(bucket, association);
  }

  /**
   * Best association for a packet: exact SPI before any SPI, then fewest wildcards, then longest prefixes, then
   * order of the file.
   * @param addressLength 16 for IPv6, 4 for IPv4.
   */
  find(
    spi: number,
    bytes: Uint8Array,
    sourceOffset: number,
    destinationOffset: number,
    addressLength: number,
  ): SecurityAssociation | undefined {
    return (
      firstMatch(this.#bySpi.get(spi), bytes, sourceOffset, destinationOffset, addressLength) ??
      firstMatch(this.#anySpi, bytes, sourceOffset, destinationOffset, addressLength)
    );
  }

  /**
   * All associations for a packet in the order of {@link find}, so that the ICV can decide between them.
   * @param into filled from index 0; its old content is overwritten.
   * @returns how many there are, at most `limit`.
   */
  candidates(
    spi: number,
    bytes: Uint8Array,
    sourceOffset: number,
    destinationOffset: number,
    addressLength: number,
    into: SecurityAssociation[],
    limit = 8,
  ): number {
    let count = 0;
    for (let pass = 0; pass < 2; pass++) {
      const bucket = pass === 0 ? this.#bySpi.get(spi) : this.#anySpi;
      if (bucket === undefined) continue;
      for (let i = 0; i < bucket.length && count < limit; i++) {
        const association = bucket[i];
        if (association?.matches(bytes, sourceOffset, destinationOffset, addressLength) === true) {
          into[count++] = association;
        }
      }
    }
    return count;
  }

  /**
   * Associations with this very SPI whatever the addresses: to explain why none was found, never to accept a
   * packet.
   */
  findBySpi(spi: number): readonly SecurityAssociation[] {
    return this.#bySpi.get(spi) ?? NONE;
  }
}

const NONE: readonly SecurityAssociation[] = [];

function firstMatch(
  bucket: readonly SecurityAssociation[] | undefined,
  bytes: Uint8Array,
  sourceOffset: number,
  destinationOffset: number,
  addressLength: number,
): SecurityAssociation | undefined {
  if (bucket === undefined) return undefined;
  for (let i = 0; i < bucket.length; i++) {
    const association = bucket[i];
    if (association?.matches(bytes, sourceOffset, destinationOffset, addressLength) === true) {
      return association;
    }
  }
  return undefined;
}

/** Puts an association behind all that are as specific or more. */
function insert(bucket: SecurityAssociation[], association: SecurityAssociation): void {
  const bits = association.source.length + association.destination.length;
  // Binary search: 65,536 rows with one SPI must not take minutes to load.
  let low = 0;
  let high = bucket.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const other = bucket[middle];
    const isBefore =
      other !== undefined &&
      (wildcards(other) < wildcards(association) ||
        (wildcards(other) === wildcards(association) &&
          other.source.length + other.destination.length >= bits));
    if (isBefore) low = middle + 1;
    else high = middle;
  }
  bucket.splice(low, 0, association);
}
