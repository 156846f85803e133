/**
 * Changes inputs: bits, octets, lengths, pieces, and words that the target knows.
 */
import type { Random } from './random.ts';

/** Largest input that is made. */
export const MAX_INPUT = 4096;

/** Values at which lengths, counts and types change their meaning. */
const EDGES = [0, 1, 2, 3, 4, 7, 8, 16, 31, 32, 40, 59, 63, 64, 127, 128, 135, 200, 254, 255];

type Mutation = (bytes: Uint8Array, random: Random, words: readonly Uint8Array[]) => Uint8Array;

function spliced(bytes: Uint8Array, at: number, removed: number, put: Uint8Array): Uint8Array {
  const end = Math.min(bytes.length, at + removed);
  const out = new Uint8Array(bytes.length - (end - at) + put.length);
  out.set(bytes.subarray(0, at), 0);
  out.set(put, at);
  out.set(bytes.subarray(end), at + put.length);
  return out;
}

function changed(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const out = bytes.slice();
  if (at < out.length) out[at] = value;
  return out;
}

const MUTATIONS: readonly Mutation[] = [
  (bytes, random) => {
    const at = random.below(bytes.length);
    return changed(bytes, at, (bytes[at] ?? 0) ^ (1 << random.below(8)));
  },
  (bytes, random) => changed(bytes, random.below(bytes.length), random.below(256)),
  (bytes, random) => changed(bytes, random.below(bytes.length), random.pick(EDGES) ?? 0),
  (bytes, random) => {
    const at = random.below(bytes.length);
    return changed(bytes, at, ((bytes[at] ?? 0) + random.below(17) - 8) & 0xff);
  },
  (bytes, random) =>
    spliced(bytes, random.below(bytes.length), 1 + random.below(16), new Uint8Array()),
  (bytes, random) => bytes.slice(0, random.below(bytes.length + 1)),
  (bytes, random) => {
    const put = Uint8Array.from({ length: 1 + random.below(16) }, () => random.below(256));
    return spliced(bytes, random.below(bytes.length + 1), 0, put);
  },
  (bytes, random) => {
    const from = random.below(bytes.length);
    const piece = bytes.slice(from, from + 1 + random.below(64));
    return spliced(bytes, random.below(bytes.length + 1), random.below(2) * piece.length, piece);
  },
  (bytes, random, words) => {
    const word = random.pick(words) ?? new Uint8Array();
    return spliced(bytes, random.below(bytes.length + 1), random.below(2) * word.length, word);
  },
];

/**
 * A changed copy.
 * @param other another input, for a piece of it
 * @param words octets that mean something to the target
 */
export function mutate(
  bytes: Uint8Array,
  other: Uint8Array,
  words: readonly Uint8Array[],
  random: Random,
): Uint8Array {
  let out = bytes;
  if (random.below(8) === 0 && other.length > 0) {
    const from = random.below(other.length);
    const piece = other.slice(from, from + 1 + random.below(256));
    out = spliced(out, random.below(out.length + 1), random.below(2) * piece.length, piece);
  }
  for (let count = 1 + random.below(4); count > 0; count--) {
    out = (random.pick(MUTATIONS) ?? ((same) => same))(out, random, words);
  }
  return out.length > MAX_INPUT ? out.slice(0, MAX_INPUT) : out;
}
