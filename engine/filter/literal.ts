/**
 * Values as they are written in a filter. What a word means depends on the type it is compared with.
 */
import { parseAddress, parsePrefix } from '../../dissectors/core/address.ts';
import type { FieldInfo } from '../../dissectors/catalogue.ts';
import { nearestName } from '../keys/nearest-name.ts';
import type { EntityType } from './entity-type.ts';
import { FilterError } from './error.ts';
import type { Operand } from './syntax.ts';

/** What a value is compared with. */
export interface Expected {
  /** How it is called in errors: a field, `len()`, a slice. */
  readonly label: string;
  readonly type: Exclude<EntityType, 'protocol' | 'none'>;
  /** The field, for names of values and ranges; undefined for what is computed. */
  readonly info: FieldInfo | undefined;
  /** Octets may be of any number: `contains`. */
  readonly isPartial: boolean;
}

/** A value. Octets of an address may be a prefix of `bits` bits. */
export type Literal =
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'octets'; readonly octets: Uint8Array; readonly bits: number | undefined };

/** An operand that is a value, not something of the packet. */
export type LiteralOperand = Extract<
  Operand,
  { kind: 'word' | 'string' | 'character' | 'negative' }
>;

const TRUE = /^(true|1|set)$/i;
const FALSE = /^(false|0|not set)$/i;

/** Number of a text with decimal, hexadecimal, octal or binary digits; undefined when it is none. */
function integerOf(text: string): bigint | undefined {
  if (/^0[xX][0-9a-fA-F]+$/.test(text) || /^0[bB][01]+$/.test(text)) return BigInt(text);
  if (/^0[0-7]+$/.test(text)) return BigInt(`0o${text.slice(1)}`);
  return /^(0|[1-9]\d*)$/.test(text) ? BigInt(text) : undefined;
}

/** Octets of a text where each character is one; of others their UTF-8 form. */
export function octetsOfText(text: string): Uint8Array {
  const octets = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0xff) return new TextEncoder().encode(text);
    octets[i] = code;
  }
  return octets;
}

/** `aa:bb:cc`, `aa-bb-cc`, `aabb.ccdd`, `aabbcc`; undefined when it is none of them. */
function octetString(text: string): Uint8Array | undefined {
  const isGrouped =
    /^[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2})*:?$/.test(text) ||
    /^[0-9a-fA-F]{1,2}(-[0-9a-fA-F]{1,2})+$/.test(text);
  if (isGrouped) {
    const groups = text.split(/[:-]/).filter((group) => group !== '');
    // A long run of digits without separators is not one group.
    return Uint8Array.from(groups, (group) => parseInt(group, 16));
  }
  const isDotted =
    /^[0-9a-fA-F]{4}(\.[0-9a-fA-F]{4})+$/.test(text) ||
    /^[0-9a-fA-F]{2}(\.[0-9a-fA-F]{2})+$/.test(text);
  const digits = isDotted ? text.replaceAll('.', '') : text;
  if (!/^([0-9a-fA-F]{2})+$/.test(digits)) return undefined;
  const octets = new Uint8Array(digits.length / 2);
  for (let i = 0; i < octets.length; i++) octets[i] = parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return octets;
}

/** Big-endian octets of a number; undefined when it does not fit. */
function octetsOfNumber(value: bigint, octets: number): Uint8Array | undefined {
  if (value < 0n || value >> BigInt(8 * octets) !== 0n) return undefined;
  const out = new Uint8Array(octets);
  let rest = value;
  for (let i = octets - 1; i >= 0; i--) {
    out[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return out;
}

/** Reads values for one side of a comparison. */
class LiteralReader {
  readonly #filter: string;
  readonly #operand: LiteralOperand;
  readonly #expected: Expected;

  constructor(filter: string, operand: LiteralOperand, expected: Expected) {
    this.#filter = filter;
    this.#operand = operand;
    this.#expected = expected;
  }

  #fail(message: string, hint?: string): never {
    const { offset, length } = this.#operand;
    throw new FilterError(message, this.#filter, offset, length, hint);
  }

  /** What was written. */
  get #shown(): string {
    const { offset, length } = this.#operand;
    return this.#filter.slice(offset, offset + length);
  }

  read(): Literal {
    switch (this.#expected.type) {
      case 'number':
        return this.#number();
      case 'wide':
        return this.#wide();
      case 'boolean':
        return this.#boolean();
      case 'octets':
        return { kind: 'octets', octets: this.#octets(), bits: undefined };
      case 'mac':
        return { kind: 'octets', octets: this.#mac(), bits: undefined };
      case 'address':
        return this.#address();
      case 'text':
        return { kind: 'text', text: this.#text() };
    }
  }

  #text(): string {
    const operand = this.#operand;
    return operand.kind === 'negative' ? this.#shown : operand.text;
  }

  /** Number that a value name of the field stands for. */
  #named(text: string): number | undefined {
    const wanted = text.toLowerCase();
    const { info } = this.#expected;
    return info?.values?.find(({ name }) => name.toLowerCase() === wanted)?.value;
  }

  /** What to write instead of a name that no value has. */
  #nameHint(text: string): string | undefined {
    const { info } = this.#expected;
    if (info?.values === undefined) return undefined;
    const names = info.values.map(({ name }) => name);
    const start = names.find((name) => name.toLowerCase().startsWith(text.toLowerCase()));
    const near = start ?? nearestName(text, names);
    return near === undefined
      ? `mip6guard fields --values ${info.name} lists the names`
      : `did you mean "${near}"?`;
  }

  #noNumber(text: string): never {
    const { label, info } = this.#expected;
    if (info?.values !== undefined && !/^[-\d]/.test(text)) {
      this.#fail(`'${text}' is none of the values of ${label}`, this.#nameHint(text));
    }
    this.#fail(`'${this.#shown}' is not a number, as ${label} is`);
  }

  #integer(): bigint {
    const operand = this.#operand;
    if (operand.kind === 'character') return BigInt(operand.text.charCodeAt(0));
    if (operand.kind === 'negative') {
      const { of } = operand;
      const value = of.kind === 'word' ? integerOf(of.text) : undefined;
      return value === undefined ? this.#noNumber(this.#shown) : -value;
    }
    const named = this.#named(operand.text);
    if (named !== undefined) return BigInt(named);
    const value = operand.kind === 'word' ? integerOf(operand.text) : undefined;
    return value ?? this.#noNumber(operand.text);
  }

  #number(): Literal {
    const { info, label } = this.#expected;
    const fraction = info?.isFraction === true ? this.#fraction() : undefined;
    if (fraction !== undefined) return { kind: 'number', number: fraction };
    const number = Number(this.#integer());
    const { max = Number.MAX_SAFE_INTEGER, min = -Number.MAX_SAFE_INTEGER } = info ?? {};
    if (number > max) this.#fail(`${number} is too large for ${label}: at most ${max}`);
    if (number < min) this.#fail(`${number} is too small for ${label}: at least ${min}`);
    return { kind: 'number', number };
  }

  #fraction(): number | undefined {
    const operand = this.#operand;
    const inner = operand.kind === 'negative' ? operand.of : operand;
    if (inner.kind !== 'word' || !/^\d+(\.\d+)?$/.test(inner.text)) return undefined;
    return operand.kind === 'negative' ? -Number(inner.text) : Number(inner.text);
  }

  #wide(): Literal {
    const value = this.#integer();
    const octets = octetsOfNumber(value, 8);
    if (octets === undefined) this.#fail(`${value} does not fit in 8 octets`);
    return { kind: 'octets', octets, bits: undefined };
  }

  #boolean(): Literal {
    const operand = this.#operand;
    const text = operand.kind === 'word' || operand.kind === 'string' ? operand.text : '';
    if (TRUE.test(text)) return { kind: 'number', number: 1 };
    if (FALSE.test(text)) return { kind: 'number', number: 0 };
    const value = this.#named(text);
    if (value !== undefined) return { kind: 'number', number: value };
    const number = operand.kind === 'word' ? integerOf(text) : undefined;
    // As in Wireshark: what is not zero is true.
    if (number !== undefined) return { kind: 'number', number: number === 0n ? 0 : 1 };
    this.#fail(`${this.#expected.label} is true or false, not '${this.#shown}'`, 'write 1 or 0');
  }

  #octets(): Uint8Array {
    const operand = this.#operand;
    const { info, label } = this.#expected;
    if (operand.kind === 'string' || operand.kind === 'character') {
      return octetsOfText(operand.text);
    }
    if (operand.kind === 'word') {
      const { text } = operand;
      const number = /^0[xX]/.test(text) ? integerOf(text) : undefined;
      // `0x20` is one octet, or as many as the field has.
      const size = info?.octets ?? 1;
      if (number !== undefined && size <= 8) {
        const octets = octetsOfNumber(number, size);
        if (octets !== undefined) return octets;
      }
      if (/^[0-9a-fA-F]$/.test(text)) return Uint8Array.of(parseInt(text, 16));
      const octets = octetString(text);
      if (octets !== undefined) return octets;
    }
    this.#fail(`'${this.#shown}' is not octets, as ${label} has`, 'octets are written aa:bb:cc');
  }

  #mac(): Uint8Array {
    const octets = this.#octets();
    const { info, isPartial, label } = this.#expected;
    const wanted = info?.octets;
    if (!isPartial && wanted !== undefined && octets.length !== wanted) {
      const hint = 'a part of an address is compared with a slice: eth.src[0:3] == 02:00:00';
      this.#fail(`${label} has ${wanted} octets, '${this.#shown}' has ${octets.length}`, hint);
    }
    return octets;
  }

  #address(): Literal {
    const operand = this.#operand;
    const { info, label } = this.#expected;
    const family = info?.octets === 4 ? 'IPv4' : info?.octets === 16 ? 'IPv6' : 'IP';
    // A word alone, or a quoted one: Wireshark takes no quotes here, but nothing else can be meant.
    const text = operand.kind === 'word' || operand.kind === 'string' ? operand.text : '';
    const prefix = parsePrefix(text);
    const octets = parseAddress(text.includes('/') ? text.slice(0, text.indexOf('/')) : text);
    if (prefix === undefined || octets === undefined) {
      this.#fail(`'${this.#shown}' is not an ${family} address, as ${label} is`);
    }
    if (info?.octets !== undefined && octets.length !== info.octets) {
      this.#fail(`'${this.#shown}' is not an ${family} address, as ${label} is`);
    }
    return { kind: 'octets', octets, bits: text.includes('/') ? prefix.length : undefined };
  }
}

/**
 * The value of an operand.
 * @throws FilterError when it is none of the type
 */
export function literalOf(filter: string, operand: LiteralOperand, expected: Expected): Literal {
  return new LiteralReader(filter, operand, expected).read();
}
