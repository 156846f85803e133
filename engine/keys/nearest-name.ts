/**
 * Which known name somebody may have meant.
 */
import { normalizedName } from '../crypto/transforms.ts';

/** Longest text worth comparing. */
const MAX_LENGTH = 60;

/** So many hexadecimal digits in a row are in no name; they may be a key in a shifted column. */
const KEY_DIGITS = /[0-9a-f]{12}/i;

/**
 * The known name nearest to a misspelt one; `undefined` when none is near: more than a third of the characters
 * would have to change, or part of the text may be a key. Only a text with a near name is fit to be shown.
 */
export function nearestName(text: string, names: readonly string[]): string | undefined {
  if (KEY_DIGITS.test(text)) return undefined;
  const wanted = normalizedName(text);
  if (wanted === '' || wanted.length > MAX_LENGTH) return undefined;
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const name of names) {
    const distance = editDistance(wanted, normalizedName(name));
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return bestDistance <= Math.ceil(wanted.length / 3) ? best : undefined;
}

/** Levenshtein distance; both texts are short. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
