import { readdirSync, statSync, type Dirent, type Stats } from 'node:fs';
import { join, parse, sep } from 'node:path';

/** Characters that make an argument a pattern. */
const PATTERN_CHARACTERS = /[*?[]/u;

/** Whether `text` holds a character that {@link expandGlob} gives a meaning. */
export function isGlob(text: string): boolean {
  return PATTERN_CHARACTERS.test(text);
}

/**
 * Whether a name matches one pattern segment: `*` any characters, `?` one, `[a-z]` one of, `[!a-z]` one not of.
 * A leading dot must be matched by a dot. Time is at most the product of the two lengths.
 */
export function matchSegment(pattern: string, name: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false;
  let at = 0;
  let from = 0;
  // Where to go on after the last star, and the first character it has not swallowed yet.
  let starNext = -1;
  let starFrom = 0;
  while (from < name.length) {
    if (pattern[at] === '*') {
      starNext = ++at;
      starFrom = from;
      continue;
    }
    const step = at < pattern.length ? matchOne(pattern, at, name.charAt(from)) : 0;
    if (step > 0) {
      at += step;
      from++;
    } else if (starNext >= 0) {
      at = starNext;
      from = ++starFrom;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}

/** @returns characters of the pattern used up when `character` matches, else 0 */
function matchOne(pattern: string, at: number, character: string): number {
  const token = pattern[at];
  if (token === '?') return 1;
  if (token !== '[') return token === character ? 1 : 0;
  const negated = pattern[at + 1] === '!' || pattern[at + 1] === '^';
  const first = at + (negated ? 2 : 1);
  // A bracket right behind the opening one stands for itself; without an end the opening one does.
  const close = pattern.indexOf(']', first + 1);
  if (close < 0) return token === character ? 1 : 0;
  let inside = false;
  for (let i = first; i < close; i++) {
    const low = pattern.charAt(i);
    let high = low;
    if (pattern[i + 1] === '-' && i + 2 < close) {
      high = pattern.charAt(i + 2);
      i += 2;
    }
    if (character >= low && character <= high) inside = true;
  }
  return inside === negated ? 0 : close - at + 1;
}

/** Entries of a directory sorted by name; none when it cannot be read. */
function entriesOf(directory: string): Dirent[] {
  try {
    const entries = readdirSync(directory === '' ? '.' : directory, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  } catch {
    return [];
  }
}

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function isDirectory(path: string, entry: Dirent): boolean {
  if (entry.isDirectory()) return true;
  return entry.isSymbolicLink() && statsOf(path)?.isDirectory() === true;
}

/** Adds `directory` and all directories below it; links are not followed, so there are no loops. */
function addTree(directory: string, found: string[]): void {
  found.push(directory);
  for (const entry of entriesOf(directory)) {
    if (entry.isDirectory() && !entry.name.startsWith('.'))
      addTree(join(directory, entry.name), found);
  }
}

/**
 * Paths that match a pattern, sorted by name: `*`, `?`, `[...]` within a name, `**` any number of directories.
 * Names with a leading dot need a dot in the pattern. A pattern that ends with `**` gives all files below.
 */
export function expandGlob(pattern: string): string[] {
  const { root } = parse(pattern);
  const rest = pattern.slice(root.length);
  const segments = rest
    .split(sep === '\\' ? /[\\/]+/u : /\/+/u)
    .filter((segment) => segment !== '');
  if (segments.at(-1) === '**') segments.push('*');
  let bases = [root];
  segments.forEach((segment, i) => {
    const last = i === segments.length - 1;
    const next: string[] = [];
    for (const base of bases) {
      if (segment === '**') addTree(base, next);
      else if (!isGlob(segment)) {
        const path = join(base, segment);
        if (statsOf(path) !== undefined) next.push(path);
      } else {
        for (const entry of entriesOf(base)) {
          const path = join(base, entry.name);
          if (matchSegment(segment, entry.name) && (last || isDirectory(path, entry)))
            next.push(path);
        }
      }
    }
    bases = [...new Set(next)];
  });
  // Behind `**` the directories are there only to be looked into.
  const found =
    segments.at(-2) === '**'
      ? bases.filter((path) => statsOf(path)?.isDirectory() !== true)
      : bases;
  return found;
}
