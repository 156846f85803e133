/**
 * Sets of packets as bits: what a filter chose.
 */

/** Packets by their place in an index, from 0. */
export class PacketSet {
  #words: Uint32Array;

  /** @param size packets that can be in it without growing */
  constructor(size = 0) {
    this.#words = new Uint32Array(Math.ceil(size / 32));
  }

  has(packet: number): boolean {
    return (((this.#words[packet >>> 5] ?? 0) >>> (packet & 31)) & 1) === 1;
  }

  add(packet: number): void {
    const word = packet >>> 5;
    this.#grow(word + 1);
    this.#words[word] = (this.#words[word] ?? 0) | (1 << (packet & 31));
  }

  delete(packet: number): void {
    const word = packet >>> 5;
    if (word < this.#words.length) {
      this.#words[word] = (this.#words[word] ?? 0) & ~(1 << (packet & 31));
    }
  }

  /** Adds all packets below `size`. */
  fill(size: number): void {
    const whole = size >>> 5;
    this.#grow(Math.ceil(size / 32));
    this.#words.fill(0xffffffff, 0, whole);
    const rest = size & 31;
    if (rest > 0) this.#words[whole] = (this.#words[whole] ?? 0) | (2 ** rest - 1);
  }

  /** Keeps what is in `other` too. */
  and(other: PacketSet): void {
    for (let i = 0; i < this.#words.length; i++) {
      this.#words[i] = (this.#words[i] ?? 0) & (other.#words[i] ?? 0);
    }
  }

  /** Adds what is in `other`. */
  or(other: PacketSet): void {
    this.#grow(other.#words.length);
    for (let i = 0; i < other.#words.length; i++) {
      this.#words[i] = (this.#words[i] ?? 0) | (other.#words[i] ?? 0);
    }
  }

  /** Keeps and adds what is in one of both. */
  xor(other: PacketSet): void {
    this.#grow(other.#words.length);
    for (let i = 0; i < other.#words.length; i++) {
      this.#words[i] = (this.#words[i] ?? 0) ^ (other.#words[i] ?? 0);
    }
  }

  /** Removes what is in `other`. */
  subtract(other: PacketSet): void {
    const words = Math.min(this.#words.length, other.#words.length);
    for (let i = 0; i < words; i++) {
      this.#words[i] = (this.#words[i] ?? 0) & ~(other.#words[i] ?? 0);
    }
  }

  copy(): PacketSet {
    const result = new PacketSet();
    result.#words = this.#words.slice();
    return result;
  }

  /** Packets in it. */
  get size(): number {
    let size = 0;
    for (let word of this.#words) {
      word -= (word >>> 1) & 0x55555555;
      word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
      size += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
    }
    return size;
  }

  /** The first packet in it from `packet` on; -1 when there is none. */
  next(packet: number): number {
    let word = packet >>> 5;
    let bits = (this.#words[word] ?? 0) & (0xffffffff << (packet & 31));
    for (;;) {
      if (bits !== 0) return word * 32 + 31 - Math.clz32(bits & -bits);
      if (++word >= this.#words.length) return -1;
      bits = this.#words[word] ?? 0;
    }
  }

  /** All packets in it, in order. */
  *[Symbol.iterator](): Generator<number> {
    for (let packet = this.next(0); packet >= 0; packet = this.next(packet + 1)) yield packet;
  }

  #grow(words: number): void {
    if (words <= this.#words.length) return;
    const larger = new Uint32Array(Math.max(words, this.#words.length * 2));
    larger.set(this.#words);
    this.#words = larger;
  }
}
