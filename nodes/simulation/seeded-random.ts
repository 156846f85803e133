/**
 * Random octets of a seed, so that a simulation can be repeated. Whoever knows the seed knows them all: never for a
 * node on a real link.
 */
import { putU32 } from '../../dissectors/core/bytes.ts';
import type { RandomSource } from '../../engine/ports.ts';

/** Steps that are thrown away so that seeds that differ in a bit have nothing in common. */
const WARM_UP = 16;

/** Small fast counting generator (sfc32) of a seed. */
export class SeededRandom implements RandomSource {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param seed any number; its low 32 bits count */
  constructor(seed: number) {
    this.#a = seed | 0;
    this.#b = Math.imul(seed | 0, 0x9e3779b1) ^ 0x6d697036;
    this.#c = 0x67756172;
    for (let i = 0; i < WARM_UP; i++) this.#next();
  }

  octets(count: number): Uint8Array {
    const words = new Uint8Array((count + 3) & ~3);
    for (let at = 0; at < words.length; at += 4) putU32(words, at, this.#next());
    return words.slice(0, count);
  }

  #next(): number {
    const sum = (this.#a + this.#b + this.#counter++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}
