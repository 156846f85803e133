/**
 * Key octets that no output shows by accident.
 */
const HEX = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'));

/** A key. JSON, `console.log` and text of it show its length at most; only {@link reveal} and {@link hex} give it. */
export class KeyMaterial {
  readonly #octets: Uint8Array;
  /** Octets. */
  readonly length: number;

  /** @param octets are copied. */
  constructor(octets: Uint8Array) {
    this.#octets = octets.slice();
    this.length = octets.length;
  }

  /** A copy of the octets. */
  reveal(): Uint8Array {
    return this.#octets.slice();
  }

  /** The octets as hex digits without `0x`; for writers of key files alone. */
  hex(): string {
    let text = '';
    for (const octet of this.#octets) text += HEX[octet] ?? '';
    return text;
  }

  toJSON(): string {
    return this.toString();
  }

  toString(): string {
    return `<${this.length} octets>`;
  }
}
