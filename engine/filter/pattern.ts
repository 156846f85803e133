/**
 * Regular expressions of `matches`. The engine's own: it looks at each octet once, whatever the pattern and the
 * packet are. JavaScript's would try all ways one after another, and `(a+)+$` on a hostile packet would take years.
 *
 * A pattern is compiled to a machine of states (Thompson); sets of states that occur are remembered (lazy DFA).
 * Letters match in upper and lower case, as in Wireshark.
 */
import { u8 } from '../../dissectors/core/bytes.ts';
import { FilterError } from './error.ts';
import { parsePattern } from './pattern-syntax.ts';
import type { OctetClass, PatternPart, PatternPlace } from './pattern-syntax.ts';

/** States of the machine of one pattern, counted repetitions written out. */
export const MAX_STATES = 2048;
/** Sets of states remembered at once; then all are forgotten and found again. */
const MAX_SETS = 256;
const NONE = -1;

/** Kinds of states. */
const OCTETS = 0;
const SPLIT = 1;
const START = 2;
const END = 3;
const ACCEPT = 4;

/** States of the machine: each goes on to one or two others. */
class Machine {
  readonly kinds: number[] = [];
  readonly classes: (OctetClass | undefined)[] = [];
  readonly next: number[] = [];
  readonly other: number[] = [];
  readonly #place: PatternPlace;

  constructor(place: PatternPlace) {
    this.#place = place;
  }

  add(kind: number, next: number, other = NONE, octets?: OctetClass): number {
    if (this.kinds.length >= MAX_STATES) {
      const { filter, offset, length } = this.#place;
      throw new FilterError(
        'regular expression: too long when written out',
        filter,
        offset,
        length,
      );
    }
    this.kinds.push(kind);
    this.next.push(next);
    this.other.push(other);
    this.classes.push(octets);
    return this.kinds.length - 1;
  }

  /** Adds a part in front of state `next`. @returns its first state */
  build(part: PatternPart, next: number): number {
    switch (part.kind) {
      case 'octets':
        return this.add(OCTETS, next, NONE, part.octets);
      case 'start':
        return this.add(START, next);
      case 'end':
        return this.add(END, next);
      case 'empty':
        return next;
      case 'sequence': {
        let at = next;
        for (let i = part.parts.length - 1; i >= 0; i--) {
          const item = part.parts[i];
          if (item !== undefined) at = this.build(item, at);
        }
        return at;
      }
      case 'choice': {
        let at = NONE;
        for (const item of part.parts) {
          const first = this.build(item, next);
          at = at === NONE ? first : this.add(SPLIT, at, first);
        }
        return at;
      }
      case 'repeat':
        return this.#repeat(part.of, part.least, part.most, next);
    }
  }

  #repeat(of: PatternPart, least: number, most: number, next: number): number {
    let at = next;
    if (most === Infinity) {
      const loop = this.add(SPLIT, NONE, next);
      this.next[loop] = this.build(of, loop);
      at = loop;
    } else {
      for (let i = least; i < most; i++) at = this.add(SPLIT, this.build(of, at), next);
    }
    for (let i = 0; i < least; i++) at = this.build(of, at);
    return at;
  }
}

/** A set of states that occurred, with what follows each octet. */
interface StateSet {
  /** States that take an octet, wait for the end of the input, or complete a match; in order. */
  readonly states: Int32Array;
  readonly following: (StateSet | undefined)[];
  /** A match is complete here, wherever the input ends. */
  readonly isMatch: boolean;
  /** A match is complete when the input ends here. */
  readonly isMatchAtEnd: boolean;
}

const SCRATCH = 4096;

/** A compiled regular expression. */
export class Pattern {
  readonly #machine: Machine;
  readonly #first: number;
  /** Sets by the states in them. */
  #sets = new Map<string, StateSet>();
  #initial: StateSet | undefined;
  /** Work space of `#close`. */
  readonly #seen: Int32Array;
  readonly #stack: number[] = [];
  #round = 0;
  /** Octets of texts. */
  #scratch = new Uint8Array(SCRATCH);

  /** @throws FilterError for a pattern that is wrong, too long, or needs what is not supported */
  constructor(text: string, place: PatternPlace) {
    this.#machine = new Machine(place);
    const accept = this.#machine.add(ACCEPT, NONE);
    this.#first = this.#machine.build(parsePattern(text, place), accept);
    this.#seen = new Int32Array(this.#machine.kinds.length);
  }

  /** Whether the pattern is found in the `length` octets at `bytes[start]`. Linear in them. */
  isIn(bytes: Uint8Array, start: number, length: number): boolean {
    let set = (this.#initial ??= this.#setOf([this.#first], true));
    if (set.isMatch) return true;
    for (let i = 0; i < length; i++) {
      const octet = u8(bytes, start + i);
      set = set.following[octet] ?? this.#step(set, octet);
      if (set.isMatch) return true;
    }
    return set.isMatchAtEnd;
  }

  /** Whether the pattern is found in a text, taken as its UTF-8 octets. */
  isInText(text: string): boolean {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        const bytes = new TextEncoder().encode(text);
        return this.isIn(bytes, 0, bytes.length);
      }
      if (i >= this.#scratch.length) {
        const larger = new Uint8Array(this.#scratch.length * 2);
        larger.set(this.#scratch);
        this.#scratch = larger;
      }
      this.#scratch[i] = code;
    }
    return this.isIn(this.#scratch, 0, text.length);
  }

  #step(set: StateSet, octet: number): StateSet {
    const { kinds, classes, next } = this.#machine;
    const reached: number[] = [];
    for (const state of set.states) {
      const octets = classes[state];
      if (kinds[state] === OCTETS && octets?.[octet] === 1) reached.push(next[state] ?? NONE);
    }
    // The pattern may as well begin here.
    reached.push(this.#first);
    const result = this.#setOf(reached, false);
    set.following[octet] = result;
    return result;
  }

  #setOf(from: readonly number[], isStart: boolean): StateSet {
    const states = Int32Array.from(this.#closure(from, isStart, false)).sort();
    const key = String.fromCharCode(isStart ? 1 : 0, ...states);
    const known = this.#sets.get(key);
    if (known !== undefined) return known;
    if (this.#sets.size >= MAX_SETS) {
      // Those in use stay alive through `following` no longer than they are in use.
      this.#sets = new Map();
      this.#initial = undefined;
    }
    const set: StateSet = {
      states,
      following: new Array<StateSet | undefined>(256).fill(undefined),
      isMatch: states.includes(0),
      isMatchAtEnd: this.#closure([...states], isStart, true).includes(0),
    };
    this.#sets.set(key, set);
    return set;
  }

  /** States reached from others without an octet. State 0 is the end of the pattern. */
  #closure(from: readonly number[], isStart: boolean, isEnd: boolean): number[] {
    const { kinds, next, other } = this.#machine;
    const seen = this.#seen;
    const stack = this.#stack;
    const round = ++this.#round;
    const found: number[] = [];
    stack.length = 0;
    for (const state of from) stack.push(state);
    for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
      if (state < 0 || seen[state] === round) continue;
      seen[state] = round;
      const kind = kinds[state];
      if (kind === OCTETS || kind === ACCEPT) found.push(state);
      else if (kind === SPLIT) stack.push(next[state] ?? NONE, other[state] ?? NONE);
      else if (kind === START) {
        if (isStart) stack.push(next[state] ?? NONE);
      } else if (isEnd) stack.push(next[state] ?? NONE);
      // Kept in the set: whether the end of the input completes a match is known when it comes.
      else found.push(state);
    }
    return found;
  }
}
