/**
 * Values by prefix; the longest that matches an address counts.
 */
import { addressKey, isSameAddress } from '../../../dissectors/core/address.ts';
import type { AddressKey, Prefix } from '../../../dissectors/core/address.ts';

const ADDRESS_OCTETS = 16;

/** Whether two prefixes are the same. */
export function isSamePrefix(a: Prefix, b: Prefix): boolean {
  return a.length === b.length && isSameAddress(a.bytes, b.bytes);
}

/** An address with the bits behind a length cleared. */
export function masked(address: Uint8Array, length: number): Uint8Array {
  const result = new Uint8Array(ADDRESS_OCTETS);
  const whole = length >> 3;
  result.set(address.subarray(0, whole));
  if ((length & 7) !== 0) result[whole] = (address[whole] ?? 0) & (0xff00 >> (length & 7));
  return result;
}

/** One map for each length in use: a look-up costs as many map look-ups as there are lengths, not prefixes. */
export class PrefixTable<Value> {
  /** Longest first. */
  #lengths: readonly number[] = [];
  readonly #values = new Map<number, Map<AddressKey, Value>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get({ bytes, length }: Prefix): Value | undefined {
    return this.#values.get(length)?.get(addressKey(masked(bytes, length)));
  }

  set({ bytes, length }: Prefix, value: Value): void {
    let values = this.#values.get(length);
    if (values === undefined) {
      values = new Map();
      this.#values.set(length, values);
      this.#lengths = [...this.#lengths, length].sort((a, b) => b - a);
    }
    const key = addressKey(masked(bytes, length));
    if (!values.has(key)) this.#size++;
    values.set(key, value);
  }

  delete({ bytes, length }: Prefix): void {
    const values = this.#values.get(length);
    if (values?.delete(addressKey(masked(bytes, length))) !== true) return;
    this.#size--;
    if (values.size > 0) return;
    this.#values.delete(length);
    this.#lengths = this.#lengths.filter((each) => each !== length);
  }

  /** Value of the longest prefix that an address belongs to. */
  find(address: Uint8Array): Value | undefined {
    for (const length of this.#lengths) {
      const value = this.#values.get(length)?.get(addressKey(masked(address, length)));
      if (value !== undefined) return value;
    }
    return undefined;
  }
}
