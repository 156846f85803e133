/**
 * Packets on their way from the kernel to the engine: one block of memory, taken at the start.
 */
import type { PacketRecord } from '../../../engine/ports.ts';

/** Words in front of a packet: octets kept, octets on the wire, seconds, microseconds, interface, link type, arrival. */
const HEADER_WORDS = 8;
const HEADER_OCTETS = HEADER_WORDS * 4;
/** In place of the first word: the next packet is at the start of the memory. */
const WRAP = 0xffff_ffff;
/** Shorter packets are copied octet by octet: a view of the octets costs more. */
const SHORT = 48;
/** Share of the ring above which payload is left out. */
const HIGH_WATER = 0.5;

/** A queue of packets of bounded size. Nothing in it moves, so a packet is handed over without a copy. */
export class PacketRing {
  /** Octets of the memory. */
  readonly size: number;
  /** Octets taken, headers and gaps included. */
  used = 0;
  /** Packets in it. */
  packets = 0;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  readonly #mark: number;
  /** Offsets of the oldest packet and of the place behind the newest one; multiples of 8. */
  #head = 0;
  #tail = 0;

  /** @param octets size, rounded down to a multiple of 8; at least 64 */
  constructor(octets: number) {
    this.size = octets - (octets % 8);
    const memory = new ArrayBuffer(this.size);
    this.#bytes = new Uint8Array(memory);
    this.#words = new Uint32Array(memory);
    this.#mark = this.size * HIGH_WATER;
  }

  /** Whether so much waits that payload is left out. */
  get isAboveMark(): boolean {
    return this.used > this.#mark;
  }

  /**
   * Appends a packet.
   * @param source holds its octets at `[0, length)`
   * @param arrival when it was taken from the kernel, milliseconds of any clock, below 2**32
   * @returns false when there is no room; nothing is changed then
   */
  put(
    source: Uint8Array,
    length: number,
    originalLength: number,
    seconds: number,
    microseconds: number,
    interfaceIndex: number,
    linkType: number,
    arrival: number,
  ): boolean {
    const need = HEADER_OCTETS + length + (-length & 7);
    let at = this.#tail;
    if (at + need > this.size) {
      // What is left at the end is too short, and stays unused until the head has passed it.
      const gap = this.size - at;
      if (this.used + gap + need > this.size) return false;
      if (gap > 0) this.#words[at / 4] = WRAP;
      this.used += gap;
      at = 0;
    } else if (this.used + need > this.size) return false;
    const words = this.#words;
    const word = at / 4;
    words[word] = length;
    words[word + 1] = originalLength;
    words[word + 2] = seconds;
    words[word + 3] = microseconds;
    words[word + 4] = interfaceIndex;
    words[word + 5] = linkType;
    words[word + 6] = arrival;
    const bytes = this.#bytes;
    const to = at + HEADER_OCTETS;
    if (length <= SHORT) for (let i = 0; i < length; i++) bytes[to + i] = source[i] ?? 0;
    else bytes.set(source.subarray(0, length), to);
    this.#tail = at + need;
    this.used += need;
    this.packets++;
    return true;
  }

  /** Capture time of the oldest packet, microseconds since 1970; with none in it, Infinity. */
  get oldestTime(): number {
    if (this.packets === 0) return Number.POSITIVE_INFINITY;
    const word = this.#oldest() / 4;
    return (this.#words[word + 2] ?? 0) * 1e6 + (this.#words[word + 3] ?? 0);
  }

  /** `arrival` of the oldest packet; with none in it, 0. */
  get oldestArrival(): number {
    return this.packets === 0 ? 0 : (this.#words[this.#oldest() / 4 + 6] ?? 0);
  }

  /**
   * Shows the oldest packet; its octets are valid until the next `put` after `drop`. There must be one.
   * @param record takes all fields but `inputIndex`, `number` and `fileOffset`
   */
  peek(record: PacketRecord): void {
    const at = this.#oldest();
    const words = this.#words;
    const word = at / 4;
    record.bytes = this.#bytes;
    record.offset = at + HEADER_OCTETS;
    record.end = record.offset + (words[word] ?? 0);
    record.originalLength = words[word + 1] ?? 0;
    record.seconds = words[word + 2] ?? 0;
    record.nanoseconds = (words[word + 3] ?? 0) * 1000;
    record.interfaceIndex = words[word + 4] ?? 0;
    record.linkType = words[word + 5] ?? 0;
  }

  /** Removes the oldest packet. There must be one. */
  drop(): void {
    const at = this.#oldest();
    const length = this.#words[at / 4] ?? 0;
    const taken = HEADER_OCTETS + length + (-length & 7);
    this.#head = at + taken;
    this.used -= taken;
    this.packets--;
    if (this.packets > 0) return;
    // Empty: start over, so that a quiet capture touches little memory.
    this.#head = 0;
    this.#tail = 0;
    this.used = 0;
  }

  /** Offset of the oldest packet. */
  #oldest(): number {
    const isAtEnd = this.#head >= this.size || this.#words[this.#head / 4] === WRAP;
    if (isAtEnd) {
      this.used -= this.size - this.#head;
      this.#head = 0;
    }
    return this.#head;
  }
}
