/**
 * Reads values that came from a store: whatever is not as it should be is named with its place, and nothing is taken.
 */
import { JudgeStateError } from './judge-state.ts';

/** Longest value quoted in an error, in characters. */
const QUOTED = 40;

/** A value and where it stands. */
export class StateReader {
  readonly #value: unknown;
  readonly #path: string;

  constructor(value: unknown, path: string) {
    this.#value = value;
    this.#path = path;
  }

  /** @throws JudgeStateError always */
  fail(expected: string): never {
    throw new JudgeStateError(
      `${this.#path} is ${quoted(this.#value)}, expected ${expected}; nothing of the state was taken`,
    );
  }

  /** A field of a mapping. */
  field(name: string): StateReader {
    const value = this.#value;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.fail('a mapping');
    }
    // Only own fields: a state has no prototype.
    const own: unknown = Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
    return new StateReader(own, `${this.#path}.${name}`);
  }

  /** Elements of a list of at most `most`. */
  list<T>(most: number, read: (item: StateReader) => T): T[] {
    const value = this.#value;
    if (!Array.isArray(value)) this.fail('a list');
    if (value.length > most) this.fail(`a list of at most ${most} entries`);
    return value.map((item: unknown, i) => read(new StateReader(item, `${this.#path}[${i}]`)));
  }

  /** Whole numbers in a list of exactly `length`. */
  numbers(length: number): number[] {
    const all = this.list(length, (item) =>
      item.whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    );
    return all.length === length ? all : this.fail(`a list of ${length} whole numbers`);
  }

  whole(least: number, most: number): number {
    const value = this.#value;
    const isRight =
      typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most;
    return isRight ? value : this.fail(`a whole number from ${least} to ${most}`);
  }

  /** Microseconds since 1970. */
  time(): number {
    return this.whole(0, Number.MAX_SAFE_INTEGER);
  }

  flag(): boolean {
    const value = this.#value;
    return typeof value === 'boolean' ? value : this.fail('true or false');
  }

  text(most: number): string {
    const value = this.#value;
    const isRight = typeof value === 'string' && value.length <= most;
    return isRight ? value : this.fail(`a text of at most ${most} characters`);
  }

  one<const T extends string>(words: readonly T[]): T {
    const found = words.find((word) => word === this.#value);
    return found ?? this.fail(`one of ${words.join(', ')}`);
  }

  /** Octets in hexadecimal. @param lengths of octets that are right */
  octets(...lengths: readonly number[]): Uint8Array {
    const value = this.#value;
    const isRight =
      typeof value === 'string' &&
      lengths.some((length) => value.length === 2 * length) &&
      /^[0-9a-f]*$/.test(value);
    if (!isRight) this.fail(`${lengths.join(' or ')} octets in lower-case hexadecimal`);
    const bytes = new Uint8Array(value.length / 2);
    for (let i = 0; i < bytes.length; i++) {
      bytes[i] = Number.parseInt(value.slice(2 * i, 2 * i + 2), 16);
    }
    return bytes;
  }

  address(): Uint8Array {
    return this.octets(16);
  }

  /** What `read` gives, or undefined for null. */
  optional<T>(read: (item: StateReader) => T): T | undefined {
    return this.#value === null ? undefined : read(this);
  }
}

function quoted(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'missing';
    case 'string':
      return JSON.stringify(value.length > QUOTED ? `${value.slice(0, QUOTED)}...` : value);
    case 'number':
    case 'boolean':
      return String(value);
    case 'object':
      if (value === null) return 'null';
      return Array.isArray(value) ? 'a list' : 'a mapping';
    default:
      return typeof value;
  }
}

/** Octets in lower-case hexadecimal. */
export function hexOf(bytes: Uint8Array): string {
  let text = '';
  for (const octet of bytes) text += octet.toString(16).padStart(2, '0');
  return text;
}
