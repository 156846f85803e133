/**
 * Names of the flags that are set in a word.
 */
import type { FlagBit } from '../../dissectors/core/layout.ts';

/** Words remembered for each table; signalling uses a handful, a hostile sender all of them. */
const MAX_WORDS = 256;

const known = new WeakMap<object, Map<number, readonly string[]>>();

/**
 * Names of the flags set in `word`, as `home_registration`. Numbers of several bits are left out. The same word
 * gives the same array, because the same few words come again and again.
 */
export function flagNames(
  bits: Readonly<Record<string, FlagBit>>,
  word: number,
): readonly string[] {
  let words = known.get(bits);
  if (words === undefined) known.set(bits, (words = new Map<number, readonly string[]>()));
  let names = words.get(word);
  if (names === undefined) {
    names = Object.entries(bits)
      .filter(
        ([, { mask, when }]) =>
          (mask & (mask - 1)) === 0 && (word & mask) !== 0 && when?.(word) !== false,
      )
      .map(([name]) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
    if (words.size >= MAX_WORDS) words.clear();
    words.set(word, names);
  }
  return names;
}
