/**
 * Where every packet of a run lies, in few octets: any of them can be read again.
 *
 * 38 octets a packet, in pieces of `CHUNK_PACKETS`, so that growing copies nothing and old packets can be forgotten.
 */
import type { CaptureInterface, PacketRecord } from '../../engine/ports.ts';

/** Packets of a piece. */
export const CHUNK_PACKETS = 4096;
/** Octets of a packet in the catalogue. */
export const PACKET_OCTETS = 38;

/** What is marked about a packet. */
export const MARK = {
  /** Its octets are in the spool, else in the input itself. */
  spooled: 1,
  /** Byte order of what surrounds it in the file. */
  littleEndian: 2,
  /** Its headers tell that it holds nothing of mobility, IPsec or ICMPv6. */
  plain: 4,
  /** Its octets could not be kept. */
  lost: 8,
  /** Something in it was opened or put together: its tree has more octets than the frame. */
  opened: 16,
} as const;

/** Numbers of the packets of one input in a piece. */
interface Span {
  readonly first: number;
  last: number;
}

interface Chunk {
  readonly offsets: Float64Array;
  readonly seconds: Float64Array;
  readonly nanoseconds: Uint32Array;
  readonly captured: Uint32Array;
  readonly lengths: Uint32Array;
  readonly numbers: Uint32Array;
  readonly interfaces: Uint32Array;
  readonly marks: Uint8Array;
  /** Layout that ESP with NULL encryption was recognised in; see `OrderedAnswers`. */
  readonly layouts: Uint8Array;
  readonly spans: Map<number, Span>;
}

function newChunk(): Chunk {
  const buffer = new ArrayBuffer(CHUNK_PACKETS * PACKET_OCTETS);
  let at = 0;
  const place = (octets: number): number => {
    const start = at;
    at += octets * CHUNK_PACKETS;
    return start;
  };
  return {
    offsets: new Float64Array(buffer, place(8), CHUNK_PACKETS),
    seconds: new Float64Array(buffer, place(8), CHUNK_PACKETS),
    nanoseconds: new Uint32Array(buffer, place(4), CHUNK_PACKETS),
    captured: new Uint32Array(buffer, place(4), CHUNK_PACKETS),
    lengths: new Uint32Array(buffer, place(4), CHUNK_PACKETS),
    numbers: new Uint32Array(buffer, place(4), CHUNK_PACKETS),
    interfaces: new Uint32Array(buffer, place(4), CHUNK_PACKETS),
    marks: new Uint8Array(buffer, place(1), CHUNK_PACKETS),
    layouts: new Uint8Array(buffer, place(1), CHUNK_PACKETS),
    spans: new Map(),
  };
}

/** All packets of a run by position, from 0. Positions below `first` are forgotten. */
export class PacketCatalogue {
  /** Packets so far, forgotten ones included. */
  length = 0;
  /** Position of the first packet that is not forgotten. */
  first = 0;
  readonly #interfaces: readonly CaptureInterface[];
  readonly #chunks: (Chunk | undefined)[] = [];

  /** @param interfaces of the source; may grow */
  constructor(interfaces: readonly CaptureInterface[]) {
    this.#interfaces = interfaces;
  }

  /** Octets of memory. */
  get memory(): number {
    const chunks = this.#chunks.length - Math.floor(this.first / CHUNK_PACKETS);
    return chunks * CHUNK_PACKETS * PACKET_OCTETS;
  }

  /**
   * Adds the next packet.
   * @param offset where its record lies, in its input or in the spool
   * @returns its position
   */
  add(record: PacketRecord, offset: number, marks: number): number {
    const position = this.length++;
    const at = position % CHUNK_PACKETS;
    if (at === 0) this.#chunks.push(newChunk());
    const chunk = this.#chunks.at(-1);
    if (chunk === undefined) return position;
    chunk.offsets[at] = offset;
    chunk.seconds[at] = record.seconds;
    chunk.nanoseconds[at] = record.nanoseconds;
    chunk.captured[at] = record.end - record.offset;
    chunk.lengths[at] = record.originalLength;
    chunk.numbers[at] = record.number;
    chunk.interfaces[at] = record.interfaceIndex;
    chunk.marks[at] = marks;
    const span = chunk.spans.get(record.inputIndex);
    if (span === undefined) {
      chunk.spans.set(record.inputIndex, { first: record.number, last: record.number });
    } else span.last = record.number;
    return position;
  }

  /** Whether the packet of a position is known. */
  has(position: number): boolean {
    return Number.isInteger(position) && position >= this.first && position < this.length;
  }

  /** Offset of the record of a packet. */
  offset(position: number): number {
    return this.#chunk(position)?.offsets[position % CHUNK_PACKETS] ?? 0;
  }

  /** Octets captured of a packet. */
  captured(position: number): number {
    return this.#chunk(position)?.captured[position % CHUNK_PACKETS] ?? 0;
  }

  /** Capture time of a packet: seconds since 1970 and nanoseconds. */
  time(position: number): { readonly seconds: number; readonly nanoseconds: number } {
    const chunk = this.#chunk(position);
    const at = position % CHUNK_PACKETS;
    return { seconds: chunk?.seconds[at] ?? 0, nanoseconds: chunk?.nanoseconds[at] ?? 0 };
  }

  /** Number of a packet in its input, 1-based. */
  number(position: number): number {
    return this.#chunk(position)?.numbers[position % CHUNK_PACKETS] ?? 0;
  }

  /** Index of the input of a packet. */
  input(position: number): number {
    const index = this.#chunk(position)?.interfaces[position % CHUNK_PACKETS] ?? 0;
    return this.#interfaces[index]?.inputIndex ?? 0;
  }

  /** Marks of a packet. */
  marks(position: number): number {
    return this.#chunk(position)?.marks[position % CHUNK_PACKETS] ?? 0;
  }

  /** Adds marks to a packet. */
  mark(position: number, marks: number): void {
    const chunk = this.#chunk(position);
    const at = position % CHUNK_PACKETS;
    if (chunk !== undefined) chunk.marks[at] = (chunk.marks[at] ?? 0) | marks;
  }

  /** Layout of ESP in the clear, 0 for none. */
  layout(position: number): number {
    return this.#chunk(position)?.layouts[position % CHUNK_PACKETS] ?? 0;
  }

  /** @param layout 1..255 */
  setLayout(position: number, layout: number): void {
    const chunk = this.#chunk(position);
    if (chunk !== undefined) chunk.layouts[position % CHUNK_PACKETS] = layout;
  }

  /** Fills a record with everything but the octets. */
  fill(position: number, record: PacketRecord): void {
    const chunk = this.#chunk(position);
    const at = position % CHUNK_PACKETS;
    const index = chunk?.interfaces[at] ?? 0;
    const from = this.#interfaces[index];
    record.originalLength = chunk?.lengths[at] ?? 0;
    record.seconds = chunk?.seconds[at] ?? 0;
    record.nanoseconds = chunk?.nanoseconds[at] ?? 0;
    record.number = chunk?.numbers[at] ?? 0;
    record.fileOffset = chunk?.offsets[at] ?? 0;
    record.interfaceIndex = index;
    record.linkType = from?.linkType ?? 0;
    record.inputIndex = from?.inputIndex ?? 0;
  }

  /** Position of the packet with a number in an input; undefined when it is not there, or not any more. */
  positionOf(input: number, number: number): number | undefined {
    for (let i = Math.floor(this.first / CHUNK_PACKETS); i < this.#chunks.length; i++) {
      const chunk = this.#chunks[i];
      const span = chunk?.spans.get(input);
      if (chunk === undefined || span === undefined || number > span.last) continue;
      if (number < span.first) return undefined;
      const position = this.#within(i * CHUNK_PACKETS, chunk, input, number);
      return position === undefined || position < this.first ? undefined : position;
    }
    return undefined;
  }

  #within(start: number, chunk: Chunk, input: number, number: number): number | undefined {
    const end = Math.min(CHUNK_PACKETS, this.length - start);
    // Packets of one input alone follow each other.
    if (chunk.spans.size === 1) {
      const at = number - (chunk.numbers[0] ?? 0);
      return at >= 0 && at < end && chunk.numbers[at] === number ? start + at : undefined;
    }
    for (let at = 0; at < end; at++) {
      if (chunk.numbers[at] !== number) continue;
      if (this.#interfaces[chunk.interfaces[at] ?? 0]?.inputIndex === input) return start + at;
    }
    return undefined;
  }

  /** Forgets the oldest packets; their memory is given back a piece at a time. */
  forget(count: number): void {
    const before = Math.floor(this.first / CHUNK_PACKETS);
    this.first = Math.min(this.first + count, this.length);
    const end = Math.floor(this.first / CHUNK_PACKETS);
    for (let i = before; i < end; i++) this.#chunks[i] = undefined;
  }

  #chunk(position: number): Chunk | undefined {
    return this.#chunks[Math.floor(position / CHUNK_PACKETS)];
  }
}
