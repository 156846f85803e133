/**
 * Counters in fixed memory, for what rules count by sender or by victim: token buckets, numbers in a window of time,
 * and numbers of different things in a window of time.
 *
 * Each counts by a text key of at most `maxEntries`. When full, of the 32 keys used longest ago one that has nothing left
 * to say goes, else the one that counted least: a flood of made-up keys pushes out itself and not a busy key.
 */

/** Keys looked at for one that may go. */
const EVICTION_SCAN = 32;
/**
 * Microseconds after which a key that has nothing left to say is forgotten, so that there are no more keys than matter and
 * those lie close together. Packets of several captures may step back in time by less.
 */
export const LINGER = 4e6;
/** Keys forgotten for a new one, so that their number goes down. */
const FORGOTTEN_AT_ONCE = 2;
/** Parts of a window: what is older than the window by less than one part may still be counted. */
const SLOTS = 8;
/** Different things counted one by one; more are estimated. */
export const EXACT_DISTINCT = 128;
/** Parts of a window in which estimates are made. */
const GENERATIONS = 4;
/** Bits of one estimate, a power of two: good to about 4 % at 4096 things. */
const SKETCH_BITS = 8192;

/** Bounds of a counter. */
export interface CounterBounds {
  /** Keys, 1 or more. */
  readonly maxEntries: number;
}

/** A key that may go. */
interface Entry {
  /** Time of the last use, microseconds. */
  used: number;
  /** Rough size, to choose what to forget. */
  readonly weight: number;
}

/** One key between its neighbours in order of use. */
interface Node<E> {
  readonly key: string;
  readonly entry: E;
  older: Node<E> | undefined;
  newer: Node<E> | undefined;
}

/**
 * Keys in order of use, with the eviction that all counters share. The order is a list of its own: finding the first of a
 * Map that entries are taken from and put behind again takes longer the more were taken.
 */
class Keys<E extends Entry> {
  evictions = 0;
  readonly #nodes = new Map<string, Node<E>>();
  readonly #maxEntries: number;
  /** Microseconds after which an entry has nothing left to say. */
  readonly #idle: number;
  #oldest: Node<E> | undefined;
  #newest: Node<E> | undefined;

  constructor(maxEntries: number, idle: number) {
    this.#maxEntries = maxEntries;
    this.#idle = idle;
  }

  get size(): number {
    return this.#nodes.size;
  }

  peek(key: string): E | undefined {
    return this.#nodes.get(key)?.entry;
  }

  /** The entry of a key that is used now; undefined when it is new: `add` it. */
  use(key: string, now: number): E | undefined {
    const known = this.#nodes.get(key);
    if (known === undefined) return undefined;
    const { entry } = known;
    // Packets of several captures may step back in time.
    if (entry.used < now) entry.used = now;
    if (known !== this.#newest) {
      this.#unlink(known);
      this.#append(known);
    }
    return entry;
  }

  /** Adds the entry of a new key. */
  add(key: string, now: number, entry: E): E {
    this.#forgetIdle(now);
    if (this.#nodes.size >= this.#maxEntries) this.#evict(now);
    const node: Node<E> = { key, entry, older: undefined, newer: undefined };
    this.#nodes.set(key, node);
    this.#append(node);
    return entry;
  }

  #append(node: Node<E>): void {
    node.older = this.#newest;
    node.newer = undefined;
    if (this.#newest === undefined) this.#oldest = node;
    else this.#newest.newer = node;
    this.#newest = node;
  }

  #unlink({ older, newer }: Node<E>): void {
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
  }

  #forgetIdle(now: number): void {
    for (let i = 0; i < FORGOTTEN_AT_ONCE; i++) {
      const oldest = this.#oldest;
      if (oldest === undefined || now - oldest.entry.used <= this.#idle + LINGER) return;
      this.#unlink(oldest);
      this.#nodes.delete(oldest.key);
    }
  }

  #evict(now: number): void {
    let victim = this.#oldest;
    let least = Infinity;
    let node = this.#oldest;
    for (let i = 0; i < EVICTION_SCAN && node !== undefined; i++) {
      const { entry } = node;
      if (now - entry.used > this.#idle) {
        this.#unlink(node);
        this.#nodes.delete(node.key);
        return;
      }
      if (entry.weight < least) {
        least = entry.weight;
        victim = node;
      }
      node = node.newer;
    }
    if (victim === undefined) return;
    this.#unlink(victim);
    this.#nodes.delete(victim.key);
    this.evictions++;
  }
}

/** Bounds of token buckets. */
export interface TokenBounds extends CounterBounds {
  /** Tokens that come back every second, above 0. */
  readonly perSecond: number;
  /** Tokens of a full bucket, 1 or more. */
  readonly burst: number;
}

class Bucket {
  used: number;
  tokens: number;
  taken = 0;

  constructor(now: number, tokens: number) {
    this.used = now;
    this.tokens = tokens;
  }

  get weight(): number {
    return this.taken;
  }
}

/** Token buckets by key: a burst is free, then as many as come back. */
export class TokenBuckets {
  readonly #keys: Keys<Bucket>;
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #clock: () => number;

  /** @param clock time of the event, microseconds since 1970 */
  constructor(bounds: TokenBounds, clock: () => number) {
    const { perSecond, burst, maxEntries } = bounds;
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#clock = clock;
    this.#keys = new Keys(maxEntries, (burst / perSecond) * 1e6);
  }

  /** Keys forgotten while they still counted. */
  get evictions(): number {
    return this.#keys.evictions;
  }

  /** Keys remembered. */
  get size(): number {
    return this.#keys.size;
  }

  /** The same, for whoever asks tables and counters alike. */
  get entries(): number {
    return this.#keys.size;
  }

  /** Takes a token. @returns false when none was left: the rate is exceeded. */
  take(key: string): boolean {
    const now = this.#clock();
    const known = this.#keys.peek(key);
    const elapsed = known === undefined ? 0 : Math.max(0, now - known.used) / 1e6;
    const bucket =
      this.#keys.use(key, now) ?? this.#keys.add(key, now, new Bucket(now, this.#burst));
    bucket.tokens = Math.min(this.#burst, bucket.tokens + elapsed * this.#perSecond);
    bucket.taken++;
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }
}

/** Bounds of counters over a window of time. */
export interface WindowBounds extends CounterBounds {
  /** Length of the window, above 0. */
  readonly windowSeconds: number;
}

class Slots {
  used: number;
  /** Number of the slot that `counts[slot % SLOTS]` is of. */
  slot: number;
  // A plain array: there are many of these, and a typed one takes twice the memory.
  readonly #counts = [0, 0, 0, 0, 0, 0, 0, 0];
  /** All slots together. */
  weight = 0;

  constructor(now: number, slot: number) {
    this.used = now;
    this.slot = slot;
  }

  /** What comes late counts as if it came now. */
  add(amount: number): void {
    const at = this.slot % SLOTS;
    this.#counts[at] = (this.#counts[at] ?? 0) + amount;
    this.weight += amount;
  }

  /** Moves on to a slot; what fell out of the window is forgotten. */
  advance(slot: number): void {
    if (slot <= this.slot) return;
    const last = Math.min(slot, this.slot + SLOTS);
    for (let i = this.slot + 1; i <= last; i++) {
      const at = i % SLOTS;
      this.weight -= this.#counts[at] ?? 0;
      this.#counts[at] = 0;
    }
    this.slot = slot;
  }
}

/**
 * How much there was of each key in the last `windowSeconds`, counted in eighths of the window: the oldest eighth may be
 * left out, nothing older than the window is counted.
 */
export class WindowCounts {
  readonly #keys: Keys<Slots>;
  readonly #slotLength: number;
  readonly #clock: () => number;

  /** @param clock time of the event, microseconds since 1970 */
  constructor({ windowSeconds, maxEntries }: WindowBounds, clock: () => number) {
    this.#slotLength = (windowSeconds * 1e6) / SLOTS;
    this.#clock = clock;
    this.#keys = new Keys(maxEntries, windowSeconds * 1e6);
  }

  /** Keys forgotten while they still counted. */
  get evictions(): number {
    return this.#keys.evictions;
  }

  /** Keys remembered. */
  get size(): number {
    return this.#keys.size;
  }

  /** The same, for whoever asks tables and counters alike. */
  get entries(): number {
    return this.#keys.size;
  }

  /** Adds to a key. @returns what it has in the window with that. */
  add(key: string, amount = 1): number {
    const now = this.#clock();
    const slot = Math.floor(now / this.#slotLength);
    const entry = this.#keys.use(key, now) ?? this.#keys.add(key, now, new Slots(now, slot));
    entry.advance(slot);
    entry.add(amount);
    return entry.weight;
  }

  /** What a key has in the window. */
  count(key: string): number {
    const entry = this.#keys.peek(key);
    if (entry === undefined) return 0;
    entry.advance(Math.floor(this.#clock() / this.#slotLength));
    return entry.weight;
  }
}

/** Estimates how many different texts it was given, by the bits that they left at zero ("linear counting"). */
class Sketch {
  readonly bits = new Uint32Array(SKETCH_BITS / 32);

  /** @returns whether it was not there */
  add(hash: number): boolean {
    const bit = hash & (SKETCH_BITS - 1);
    const word = this.bits[bit >>> 5] ?? 0;
    const mask = 1 << (bit & 31);
    this.bits[bit >>> 5] = word | mask;
    return (word & mask) === 0;
  }
}

/** How many different texts the sketches were given together. */
function estimate(sketches: readonly Sketch[]): number {
  let zeros = 0;
  for (let i = 0; i < SKETCH_BITS / 32; i++) {
    let word = 0;
    for (const sketch of sketches) word |= sketch.bits[i] ?? 0;
    zeros += 32 - ones(word);
  }
  return Math.round(-SKETCH_BITS * Math.log(Math.max(1, zeros) / SKETCH_BITS));
}

/** Bits that are set in a word. */
function ones(word: number): number {
  let count = word - ((word >>> 1) & 0x55555555);
  count = (count & 0x33333333) + ((count >>> 2) & 0x33333333);
  return Math.imul((count + (count >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Hash of a text that a seed makes unpredictable. */
function hashOf(text: string, seed: number): number {
  let hash = seed | 0;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x85ebca6b);
    hash ^= hash >>> 13;
  }
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** The different things of one key. */
export class Different {
  /** The last sight. */
  used: number;
  /** The thing seen last. Most keys never have another, and need no map. */
  last: string;
  /** Time of the last sight of each, oldest first; undefined while `last` is the only one. */
  exact: Map<string, number> | undefined;
  /** There are too many to count one by one. */
  sketches: Sketch[] | undefined;
  generation = 0;
  estimated = 0;

  constructor(now: number, item: string) {
    this.used = now;
    this.last = item;
  }

  get weight(): number {
    return this.sketches === undefined ? (this.exact?.size ?? 1) : this.estimated;
  }

  /**
   * Adds a thing.
   * @param before when the last one was seen
   * @param window microseconds
   * @returns how many different ones there are in the window with that
   */
  add(item: string, now: number, before: number, window: number, seed: number): number {
    if (now - before > window) {
      this.last = item;
      this.exact = undefined;
      this.sketches = undefined;
      return 1;
    }
    if (this.sketches !== undefined) return this.#estimate(this.sketches, item, now, window, seed);
    const { last } = this;
    this.last = item;
    let { exact } = this;
    if (exact === undefined) {
      if (item === last) return 1;
      exact = new Map([[last, before]]);
      this.exact = exact;
    } else if (item !== last) exact.delete(item);
    exact.set(item, now);
    for (const [old, time] of exact) {
      if (now - time <= window) break;
      exact.delete(old);
    }
    if (exact.size <= EXACT_DISTINCT) return exact.size;
    const sketches: Sketch[] = [];
    this.sketches = sketches;
    this.exact = undefined;
    for (const old of exact.keys()) this.#estimate(sketches, old, now, window, seed);
    return this.estimated;
  }

  /** How many different things there are in the window. */
  count(now: number, window: number): number {
    if (now - this.used > window) return 0;
    const { exact, sketches } = this;
    if (sketches !== undefined) return this.estimated;
    if (exact === undefined) return 1;
    let size = 0;
    for (const time of exact.values()) if (now - time <= window) size++;
    return size;
  }

  /** Adds a thing where there are too many to count one by one. */
  #estimate(sketches: Sketch[], item: string, now: number, window: number, seed: number): number {
    const isAdvanced = this.#advance(sketches, now, window);
    const isNew = sketches[0]?.add(hashOf(item, seed)) === true;
    if (isAdvanced || isNew) this.estimated = Math.max(estimate(sketches), 1);
    return this.estimated;
  }

  /** Makes room for what is seen now: the newest sketch is the first. @returns whether it made any */
  #advance(sketches: Sketch[], now: number, window: number): boolean {
    const generation = Math.floor((now * GENERATIONS) / window);
    if (sketches.length > 0 && generation <= this.generation) return false;
    const passed = sketches.length === 0 ? 1 : generation - this.generation;
    for (let i = 0; i < Math.min(passed, GENERATIONS); i++) sketches.unshift(new Sketch());
    sketches.length = Math.min(sketches.length, GENERATIONS);
    this.generation = generation;
    return true;
  }
}

/**
 * How many different things each key had in the last `windowSeconds`. Up to {@link EXACT_DISTINCT} are counted one by one;
 * more are estimated to some per cent in quarters of the window, and the estimate depends on the seed: compare it, do not
 * print it.
 */
export class DistinctCounts {
  readonly #keys: Keys<Different>;
  readonly #window: number;
  readonly #seed: number;
  readonly #clock: () => number;

  /** @param clock time of the event, microseconds since 1970 */
  constructor({ windowSeconds, maxEntries }: WindowBounds, clock: () => number, seed = 0x5bd1e995) {
    this.#window = windowSeconds * 1e6;
    this.#clock = clock;
    this.#seed = seed;
    this.#keys = new Keys(maxEntries, this.#window);
  }

  /** Keys forgotten while they still counted. */
  get evictions(): number {
    return this.#keys.evictions;
  }

  /** Keys remembered. */
  get size(): number {
    return this.#keys.size;
  }

  /** The same, for whoever asks tables and counters alike. */
  get entries(): number {
    return this.#keys.size;
  }

  /** Adds a thing to a key. @returns how many different ones it has in the window with that. */
  add(key: string, item: string): number {
    const now = this.#clock();
    const known = this.#keys.peek(key);
    if (known === undefined) {
      this.#keys.add(key, now, new Different(now, item));
      return 1;
    }
    const before = known.used;
    this.#keys.use(key, now);
    return known.add(item, now, before, this.#window, this.#seed);
  }

  /** How many different things a key has in the window. */
  count(key: string): number {
    return this.#keys.peek(key)?.count(this.#clock(), this.#window) ?? 0;
  }
}
