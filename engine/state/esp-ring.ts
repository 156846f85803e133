/**
 * Remembers ESP packets of signalling size, to recognise one packet under two layouts.
 *
 * ESP covers neither the outer addresses nor a Home Address option or routing header before it, so
 * (SPI, sequence number, integrity check value) stays the same when a relay rewrites these.
 * draft-ebalard-mext-hld-security-00 sections 4.1 and 5.3.
 */
import { u16 } from '../../dissectors/core/bytes.ts';
import type { EspLayout, Link, PacketReference } from '../events.ts';

/** One ESP packet as it was seen. */
export interface EspSighting {
  readonly layout: EspLayout;
  /** Wire addresses. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** Address of the Home Address option or type 2 routing header; undefined for `plain`. */
  readonly homeAddress: Uint8Array | undefined;
  readonly packet: PacketReference;
  readonly link: Link;
  /** The capture kept only the start of the packet. */
  readonly isCut?: boolean;
}

/** Octets at the end of an ESP packet that identify it: the ICV, or the last part of a longer one. */
const TAIL_OCTETS = 12;

/** Octets behind the sequence number by which a packet is known when the capture kept only its start. */
const HEAD_OCTETS = 4;

/** Layouts of one packet kept: one of each kind is enough. */
export type Sightings = Partial<Record<EspLayout, EspSighting>>;

const NONE: Readonly<Sightings> = {};

/** Fixed number of packets; the oldest goes first. */
export class EspRing {
  readonly maxEntries: number;
  evictions = 0;
  readonly #entries = new Map<string, Sightings>();
  /** Set by the first cut packet: from then on whole ones are known by their start as well. */
  #hasCut = false;

  constructor(maxEntries = 65_536) {
    this.maxEntries = maxEntries;
  }

  /**
   * Notes a sighting and returns what the same packet looked like before.
   * @param offset ESP header, @param end end of what was captured of the ESP packet.
   * @param length octets of the ESP packet on the wire. Of a packet that the capture cut, SPI, sequence number,
   *   length and the octets that follow are compared.
   */
  note(
    bytes: Uint8Array,
    offset: number,
    end: number,
    sighting: EspSighting,
    length = end - offset,
  ): Readonly<Sightings> {
    const isCut = length > end - offset;
    if (isCut) this.#hasCut = true;
    const before = isCut ? NONE : this.#note(keyOf(bytes, offset, end), sighting);
    if (!this.#hasCut || end - offset < 8 + HEAD_OCTETS) return before;
    return { ...this.#note(headKeyOf(bytes, offset, length), sighting), ...before };
  }

  /** Packets with their keys, oldest first. */
  entries(): Iterable<readonly [string, Readonly<Sightings>]> {
    return this.#entries;
  }

  /** Takes a packet of an earlier run; older ones first. */
  restore(key: string, sightings: readonly EspSighting[]): void {
    for (const sighting of sightings) {
      if (sighting.isCut === true) this.#hasCut = true;
      this.#note(key, sighting);
    }
  }

  #note(key: string, sighting: EspSighting): Readonly<Sightings> {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      const before = { ...known };
      known[sighting.layout] ??= sighting;
      return before;
    }
    if (this.#entries.size >= this.maxEntries) {
      const oldest = this.#entries.keys().next();
      if (oldest.done !== true) this.#entries.delete(oldest.value);
      this.evictions++;
    }
    this.#entries.set(key, { [sighting.layout]: sighting });
    return {};
  }
}

/** SPI, sequence number, length and first octets behind them as an exact key of seven UTF-16 units. */
function headKeyOf(bytes: Uint8Array, offset: number, length: number): string {
  return String.fromCharCode(
    u16(bytes, offset),
    u16(bytes, offset + 2),
    u16(bytes, offset + 4),
    u16(bytes, offset + 6),
    u16(bytes, offset + 8),
    u16(bytes, offset + 10),
    length,
  );
}

/** SPI, sequence number and tail as an exact key of ten UTF-16 units. */
function keyOf(bytes: Uint8Array, offset: number, end: number): string {
  const tail = Math.max(offset + 8, end - TAIL_OCTETS);
  return String.fromCharCode(
    u16(bytes, offset),
    u16(bytes, offset + 2),
    u16(bytes, offset + 4),
    u16(bytes, offset + 6),
    u16(bytes, tail),
    u16(bytes, tail + 2),
    u16(bytes, tail + 4),
    u16(bytes, tail + 6),
    u16(bytes, tail + 8),
    u16(bytes, tail + 10),
  );
}
