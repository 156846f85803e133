/**
 * Values of all packets of a run for display filters, in segments, so that old packets can be forgotten.
 *
 * Packets that hold mobility, IPsec or ICMPv6 are indexed as soon as possible; the others ("plain" ones) only when a
 * filter asks for what they may have. Within a segment each kind has an index of its own.
 */
import type { ByteSource, FieldNode } from '../../dissectors/core/node.ts';
import type { CompiledFilter } from '../../engine/filter/filter.ts';
import type { FieldSource, ValueForm } from '../../engine/filter/source.ts';
import type { ValueList } from '../../engine/filter/values.ts';
import { PacketIndex } from '../../engine/views/packet-index.ts';
import { PacketSet } from '../../engine/views/packet-set.ts';

/** Packets of a segment. */
export const SEGMENT_PACKETS = 65_536;
/** Octets that the values of one kind of packets of a segment may take. */
const SEGMENT_MEMORY = 9 * 2 ** 20;
/** Tests whose answers a segment remembers. */
const MAX_TESTS = 24;
const FIRST_CAPACITY = 1024;

/** Which packets an index is of. */
export type PacketKind = 'signalling' | 'plain';

/** Packets of one kind in a segment. */
class SegmentPart {
  readonly index = new PacketIndex({ maxMemory: SEGMENT_MEMORY, maxTests: MAX_TESTS });
  /** Places in the segment of the packets of the index, rising. */
  #places = new Uint16Array(FIRST_CAPACITY);

  add(place: number, nodes: readonly FieldNode[], sources: readonly ByteSource[]): void {
    const at = this.index.length;
    if (at === this.#places.length) {
      const larger = new Uint16Array(Math.min(at * 2, SEGMENT_PACKETS));
      larger.set(this.#places);
      this.#places = larger;
    }
    this.#places[at] = place;
    this.index.add(nodes, sources);
  }

  placeOf(packet: number): number {
    return this.#places[packet] ?? 0;
  }

  /** Number in the index of the packet at a place, or -1. */
  at(place: number): number {
    let low = 0;
    let high = this.index.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#places[middle] ?? 0) < place) low = middle + 1;
      else high = middle;
    }
    return low < this.index.length && this.#places[low] === place ? low : -1;
  }
}

type Segment = Partial<Record<PacketKind, SegmentPart>>;

/** What a filter chose of a segment: places in it. */
export interface SegmentResult {
  readonly matched: PacketSet;
  /** Packets that must be dissected to tell. */
  readonly undecided: PacketSet;
}

/** Index of a run. Packets of each kind are added in order. */
export class ValueIndex {
  readonly #segments: (Segment | undefined)[] = [];

  /** Octets of memory that values take, about. */
  get memory(): number {
    let sum = 0;
    for (const segment of this.#segments) {
      sum += segment?.signalling?.index.memory ?? 0;
      sum += segment?.plain?.index.memory ?? 0;
    }
    return sum;
  }

  /** Adds a packet. */
  add(
    kind: PacketKind,
    position: number,
    nodes: readonly FieldNode[],
    sources: readonly ByteSource[],
  ): void {
    const number = Math.floor(position / SEGMENT_PACKETS);
    const segment = (this.#segments[number] ??= {});
    const part = (segment[kind] ??= new SegmentPart());
    part.add(position % SEGMENT_PACKETS, nodes, sources);
  }

  /** As `PacketIndex.prepare`, for a segment. */
  prepare(
    segment: number,
    filter: CompiledFilter,
    kinds: readonly PacketKind[],
    isOver: () => boolean,
  ): boolean {
    return kinds.every((kind) => {
      const part = this.#segments[segment]?.[kind];
      return part === undefined || part.index.prepare(filter, isOver);
    });
  }

  /** What a filter chooses of a segment by values alone; what the engine knows is left out. */
  evaluate(segment: number, filter: CompiledFilter, kinds: readonly PacketKind[]): SegmentResult {
    const matched = new PacketSet();
    const undecided = new PacketSet();
    for (const kind of kinds) {
      const part = this.#segments[segment]?.[kind];
      if (part === undefined) continue;
      const result = part.index.evaluate(filter);
      for (const packet of result.matched) matched.add(part.placeOf(packet));
      for (const packet of result.undecided) undecided.add(part.placeOf(packet));
    }
    return { matched, undecided };
  }

  /** Remembers for a packet that `evaluate` left undecided what a filter makes of it. */
  settle(kind: PacketKind, position: number, filter: CompiledFilter, source: FieldSource): void {
    const part = this.#partOf(kind, position);
    const packet = part?.at(position % SEGMENT_PACKETS) ?? -1;
    if (packet >= 0) part?.index.settle(filter, packet, source);
  }

  /** Asks a filter about one packet; undefined when its kept values cannot tell. */
  test(
    kind: PacketKind,
    position: number,
    filter: CompiledFilter,
    state: FieldSource | undefined,
  ): boolean | undefined {
    const part = this.#partOf(kind, position);
    const packet = part?.at(position % SEGMENT_PACKETS) ?? -1;
    return packet < 0 ? undefined : part?.index.test(filter, packet, state);
  }

  /** Adds the values of a field of a packet. @returns false when they are not kept */
  collect(
    kind: PacketKind,
    position: number,
    name: string,
    form: ValueForm,
    into: ValueList,
  ): boolean {
    const part = this.#partOf(kind, position);
    const packet = part?.at(position % SEGMENT_PACKETS) ?? -1;
    return packet >= 0 && part?.index.collect(packet, name, form, into) === true;
  }

  /** Segments so far. */
  get segments(): number {
    return this.#segments.length;
  }

  /** The index of one kind of packets of a segment, for who goes through all values. */
  part(segment: number, kind: PacketKind): PacketIndex | undefined {
    return this.#segments[segment]?.[kind]?.index;
  }

  /** Forgets segments whose packets are all below a position. @returns whether there was one */
  forget(first: number): boolean {
    const end = Math.floor(first / SEGMENT_PACKETS);
    let isGone = false;
    for (let i = end - 1; i >= 0 && this.#segments[i] !== undefined; i--) {
      this.#segments[i] = undefined;
      isGone = true;
    }
    return isGone;
  }

  #partOf(kind: PacketKind, position: number): SegmentPart | undefined {
    return this.#segments[Math.floor(position / SEGMENT_PACKETS)]?.[kind];
  }
}
