/**
 * One table of fields per format: decode, encode, the tree and the list of filter fields follow from it.
 */
import { u16, u32, u8 } from './bytes.ts';
import { formatAddress, formatIpv4, formatMac } from './address.ts';
import type { FieldNode, Spec } from './node.ts';
import { printable } from './text.ts';

/** One name of a numeric value. */
export interface NamedValue {
  readonly value: number;
  readonly name: string;
  readonly spec?: Spec;
}

/** One flag of a flag word: its bits and names. A mask of several bits is a number, shifted down. */
export interface FlagBit {
  readonly mask: number;
  readonly label: string;
  readonly filter: string;
  readonly spec?: Spec;
  /** Names of the values of a number of several bits. */
  readonly values?: readonly NamedValue[];
}

/** What every field may say about itself. */
interface FieldMeta {
  readonly label: string;
  /** Filter field and JSON name; Wireshark's where it has one. */
  readonly filter: string;
  /** Unit of the number on the wire, for example `4 s` or `ms`. */
  readonly unit?: string;
  readonly spec?: Spec;
  /** True when the message may end before this field. */
  readonly optional?: boolean;
}

interface UintMeta extends FieldMeta {
  readonly values?: readonly NamedValue[];
  /** Show as 0x.. */
  readonly hex?: boolean;
}

interface BaseField<Name extends string> extends FieldMeta {
  readonly name: Name;
}

/** Unsigned number of 1 to 4 octets. */
export interface UintField<Name extends string> extends BaseField<Name> {
  readonly type: 'uint';
  readonly octets: 1 | 2 | 3 | 4;
  readonly values?: readonly NamedValue[];
  readonly hex?: boolean;
}

/** Word of flags; the value is the whole word, so reserved bits survive. */
export interface FlagsField<Name extends string> extends BaseField<Name> {
  readonly type: 'flags';
  readonly octets: 1 | 2 | 3 | 4;
  readonly bits: Readonly<Record<string, FlagBit>>;
}

/** Octets a sender sets to zero and a receiver ignores; kept so that re-encoding is exact. */
export interface ReservedField<Name extends string> extends BaseField<Name> {
  readonly type: 'reserved';
  readonly octets: number;
}

/** Octets: a fixed number, or all that is left. */
export interface BytesField<Name extends string> extends BaseField<Name> {
  readonly type: 'bytes';
  readonly octets: number | 'rest';
  /** `prefix`: the first octets of an IPv6 address whose other octets are zero. */
  readonly show: 'hex' | 'text' | 'mac' | 'address' | 'prefix';
}

/** IPv6 address, 16 octets. */
export interface AddressField<Name extends string> extends BaseField<Name> {
  readonly type: 'address';
  readonly octets: 16;
}

/** IPv6 addresses up to the end. */
export interface AddressListField<Name extends string> extends BaseField<Name> {
  readonly type: 'addresses';
  readonly octets: 'rest';
}

export type Field<Name extends string = string> =
  | UintField<Name>
  | FlagsField<Name>
  | ReservedField<Name>
  | BytesField<Name>
  | AddressField<Name>
  | AddressListField<Name>;

type ValueOfField<F extends Field> = F extends { type: 'uint' | 'flags' }
  ? number
  : F extends { type: 'addresses' }
    ? Uint8Array[]
    : Uint8Array;

type Named<F extends readonly Field[]> = Exclude<
  F[number],
  { type: 'reserved' } | { optional: true }
>;
type Optional<F extends readonly Field[]> = Extract<F[number], { optional: true }>;
type Reserved<F extends readonly Field[]> = Extract<F[number], { type: 'reserved' }>;

/** Value that a table decodes to and encodes from. Reserved octets appear only when they are not zero. */
export type ValueOf<F extends readonly Field[]> = {
  [K in Named<F> as K['name']]: ValueOfField<K>;
} & { [K in Optional<F> as K['name']]?: ValueOfField<K> } & {
  [K in Reserved<F> as K['name']]?: Uint8Array;
};

// --- rows ---------------------------------------------------------------------------------------

function uint<const N extends string, const M extends UintMeta>(
  octets: 1 | 2 | 3 | 4,
  name: N,
  meta: M,
): UintField<N> & M {
  return { type: 'uint', name, octets, ...meta };
}

/** Unsigned 8-bit number. */
export const uint8 = <const N extends string, const M extends UintMeta>(name: N, meta: M) =>
  uint(1, name, meta);
/** Unsigned 16-bit number, big-endian. */
export const uint16 = <const N extends string, const M extends UintMeta>(name: N, meta: M) =>
  uint(2, name, meta);
/** Unsigned 32-bit number, big-endian. */
export const uint32 = <const N extends string, const M extends UintMeta>(name: N, meta: M) =>
  uint(4, name, meta);

/** Word of `octets` octets whose bits have names. */
export function flags<
  const N extends string,
  const M extends FieldMeta & Pick<FlagsField<N>, 'bits'>,
>(octets: 1 | 2 | 3 | 4, name: N, meta: M): FlagsField<N> & M {
  return { type: 'flags', name, octets, ...meta };
}

/** Reserved octets. */
export function reserved<const N extends string>(
  octets: number,
  name: N,
  filter: string,
): ReservedField<N> {
  return { type: 'reserved', name, octets, label: 'Reserved', filter };
}

/** Octets, `rest` for all that is left. */
export function bytesField<
  const N extends string,
  const M extends FieldMeta & { show?: BytesField<N>['show'] },
>(octets: number | 'rest', name: N, meta: M): BytesField<N> & M & { show: BytesField<N>['show'] } {
  return { type: 'bytes', name, octets, ...meta, show: meta.show ?? 'hex' };
}

/** IPv6 address. */
export function address<const N extends string, const M extends FieldMeta>(
  name: N,
  meta: M,
): AddressField<N> & M {
  return { type: 'address', name, octets: 16, ...meta };
}

/** IPv6 addresses up to the end of the message. */
export function addresses<const N extends string, const M extends FieldMeta>(
  name: N,
  meta: M,
): AddressListField<N> & M {
  return { type: 'addresses', name, octets: 'rest', ...meta };
}

// --- table --------------------------------------------------------------------------------------

/** A format: its fields and what follows from them. */
export interface Layout<F extends readonly Field[] = readonly Field[]> {
  readonly name: string;
  /** Where the format is defined; undefined for formats that no RFC defines. */
  readonly spec: Spec | undefined;
  readonly fields: F;
  /** Octets of the fixed part (without optional and `rest` fields). */
  readonly fixedOctets: number;
  /** Offset of a field from the start of the format. Throws RangeError for a field after one of variable length. */
  offsetOf(name: F[number]['name']): number;
  /**
   * Reads a value at `[offset, end)`. Returns undefined when the fixed part does not fit; never throws.
   * Addresses and octets are copies, so the value may outlive the packet.
   */
  decode(bytes: Uint8Array, offset: number, end: number): ValueOf<F> | undefined;
  /** Octets of `value`. Throws RangeError that names the filter field when a number or a length does not fit. */
  encode(value: ValueOf<F>): Uint8Array;
  /** `encode` for a caller who holds the value as one of a union; the same checks at run time. */
  encodeFields(values: Readonly<Record<string, unknown>>): Uint8Array;
  /** Nodes of the fields present at `[offset, end)`, also when the format is cut short. Never throws. */
  tree(bytes: Uint8Array, offset: number, end: number, source: number): FieldNode[];
  /** Whether all reserved octets, and the bits without a name in flag words, are zero. */
  reservedIsZero(bytes: Uint8Array, offset: number, end: number): boolean;
}

/** Longest octet string shown in full in a tree line. */
const SHOWN_OCTETS = 64;

function readUint(bytes: Uint8Array, offset: number, octets: number): number {
  switch (octets) {
    case 1:
      return u8(bytes, offset);
    case 2:
      return u16(bytes, offset);
    case 3:
      return (u16(bytes, offset) << 8) | u8(bytes, offset + 2);
    default:
      return u32(bytes, offset);
  }
}

/** Octets of a field at `[offset, end)`, or -1 when it does not fit. */
function lengthOf(field: Field, offset: number, end: number): number {
  const length = field.octets === 'rest' ? end - offset : field.octets;
  return length < 0 || offset + length > end ? -1 : length;
}

function readField(field: Field, bytes: Uint8Array, offset: number, length: number) {
  switch (field.type) {
    case 'uint':
    case 'flags':
      return readUint(bytes, offset, length);
    case 'addresses': {
      const list: Uint8Array[] = [];
      for (let at = offset; at + 16 <= offset + length; at += 16)
        list.push(bytes.slice(at, at + 16));
      return list;
    }
    case 'reserved':
    case 'bytes':
    case 'address':
      return bytes.slice(offset, offset + length);
  }
}

function isZero(bytes: Uint8Array, offset: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (u8(bytes, offset + i) !== 0) return false;
  return true;
}

/** Octets as hex, shortened for display. */
export function hexText(bytes: Uint8Array, offset = 0, length = bytes.length - offset): string {
  let text = '';
  const shown = Math.min(length, SHOWN_OCTETS);
  for (let i = 0; i < shown; i++)
    text += u8(bytes, offset + i)
      .toString(16)
      .padStart(2, '0');
  return shown < length ? `${text}… (${length} octets)` : text;
}

function bytesText(
  field: BytesField<string>,
  bytes: Uint8Array,
  offset: number,
  length: number,
): string {
  if (field.show === 'text') return printable(bytes, offset, length);
  if (field.show === 'mac' && length === 6) return formatMac(bytes, offset);
  if (field.show === 'address' && length === 16) return formatAddress(bytes, offset);
  if (field.show === 'address' && length === 4) return formatIpv4(bytes, offset);
  if (field.show === 'prefix' && length <= 16) {
    const prefix = new Uint8Array(16);
    prefix.set(bytes.subarray(offset, offset + length));
    return formatAddress(prefix);
  }
  return hexText(bytes, offset, length);
}

/** Name of a value in a table, or undefined. */
export function nameOfValue(values: readonly NamedValue[] | undefined, value: number) {
  return values?.find((row) => row.value === value)?.name;
}

function uintText(field: UintField<string>, value: number): string {
  const number =
    field.hex === true ? `0x${value.toString(16).padStart(field.octets * 2, '0')}` : `${value}`;
  if (field.values !== undefined) {
    return `${number} (${nameOfValue(field.values, value) ?? 'unknown'})`;
  }
  if (field.unit === '4 s') return `${number} (${value * 4} s)`;
  return field.unit === undefined ? number : `${number} ${field.unit}`;
}

/** Bits of `mask` in `word`, shifted down to bit 0. */
export function bitsOf(word: number, mask: number): number {
  // The lowest set bit of the mask, as a shift; `>>> 0` because a 32-bit mask is negative otherwise.
  return ((word & mask) >>> 0) >>> (31 - Math.clz32(mask & -mask));
}

/** Whether the mask is one bit: a flag, not a number. */
function isFlag(mask: number): boolean {
  return (mask & (mask - 1)) === 0;
}

function bitsText(bit: FlagBit, part: number): string {
  if (bit.values !== undefined) {
    return `${part} (${nameOfValue(bit.values, part) ?? 'unknown'})`;
  }
  if (isFlag(bit.mask)) return part === 1 ? 'set' : 'not set';
  return `${part}`;
}

function flagsText(field: FlagsField<string>, value: number): string {
  const set = Object.values(field.bits).filter((bit) => (value & bit.mask) !== 0);
  const number = `0x${value.toString(16).padStart(field.octets * 2, '0')}`;
  const texts = set.map((bit) =>
    isFlag(bit.mask) ? bit.label : `${bit.label} ${bitsOf(value, bit.mask)}`,
  );
  return set.length === 0 ? number : `${number} (${texts.join(', ')})`;
}

function fieldNode(
  field: Field,
  bytes: Uint8Array,
  offset: number,
  length: number,
  source: number,
): FieldNode {
  const base = {
    label: field.label,
    name: field.filter,
    offset,
    length,
    source,
    ...(field.spec === undefined ? {} : { spec: field.spec }),
  };
  switch (field.type) {
    case 'uint': {
      const value = readUint(bytes, offset, length);
      return { ...base, value, text: uintText(field, value), children: [] };
    }
    case 'flags': {
      const value = readUint(bytes, offset, length);
      const children = Object.values(field.bits).map((bit): FieldNode => {
        const part = bitsOf(value, bit.mask);
        return {
          label: bit.label,
          name: bit.filter,
          text: bitsText(bit, part),
          value: part,
          offset,
          length,
          mask: bit.mask,
          source,
          ...(bit.spec === undefined ? {} : { spec: bit.spec }),
          children: [],
        };
      });
      return { ...base, value, text: flagsText(field, value), children };
    }
    case 'address':
      return {
        ...base,
        value: bytes.slice(offset, offset + 16),
        text: formatAddress(bytes, offset),
        children: [],
      };
    case 'addresses': {
      const children: FieldNode[] = [];
      for (let at = offset; at + 16 <= offset + length; at += 16) {
        children.push({
          label: field.label,
          name: field.filter,
          value: bytes.slice(at, at + 16),
          text: formatAddress(bytes, at),
          offset: at,
          length: 16,
          source,
          children: [],
        });
      }
      // A group has no name of its own: the filter field is that of each address.
      const { label, spec } = base;
      const group = { label, offset, length, source, ...(spec === undefined ? {} : { spec }) };
      return { ...group, text: `${children.length}`, children };
    }
    case 'bytes':
      return {
        ...base,
        value: bytes.slice(offset, offset + length),
        text: bytesText(field, bytes, offset, length),
        children: [],
      };
    case 'reserved':
      return {
        ...base,
        value: length <= 4 ? readUint(bytes, offset, length) : bytes.slice(offset, offset + length),
        text: hexText(bytes, offset, length),
        children: [],
      };
  }
}

function encodeField(field: Field, value: unknown): Uint8Array {
  const fail = (expected: string): never => {
    throw new RangeError(`${field.filter}: expected ${expected}`);
  };
  switch (field.type) {
    case 'uint':
    case 'flags': {
      const limit = 2 ** (8 * field.octets);
      if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value >= limit) {
        return fail(`an integer from 0 to ${limit - 1}`);
      }
      const out = new Uint8Array(field.octets);
      for (let i = 0; i < field.octets; i++) out[i] = value / 2 ** (8 * (field.octets - 1 - i));
      return out;
    }
    case 'reserved':
      if (value === undefined) return new Uint8Array(field.octets);
      return value instanceof Uint8Array && value.length === field.octets
        ? value
        : fail(`${field.octets} octets`);
    case 'address':
    case 'bytes':
      if (!(value instanceof Uint8Array)) return fail('octets');
      if (field.octets !== 'rest' && value.length !== field.octets) {
        return fail(`${field.octets} octets, got ${value.length}`);
      }
      return value;
    case 'addresses': {
      if (!Array.isArray(value)) return fail('a list of addresses');
      const list: Uint8Array[] = value.map((item: unknown) =>
        item instanceof Uint8Array && item.length === 16 ? item : fail('addresses of 16 octets'),
      );
      return concatenate(list);
    }
  }
}

/** Joins octet strings. */
export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Makes a format of a table of fields. */
export function layout<const F extends readonly Field[]>(table: {
  name: string;
  spec?: Spec;
  fields: F;
}): Layout<F> {
  const { name, spec, fields } = table;
  const isFixed = (field: Field): boolean => field.octets !== 'rest' && field.optional !== true;
  const fixedOctets = fields
    .filter(isFixed)
    .reduce((sum, field) => sum + (field.octets === 'rest' ? 0 : field.octets), 0);

  return {
    name,
    spec,
    fields,
    fixedOctets,

    offsetOf(wanted) {
      let offset = 0;
      for (const field of fields) {
        if (field.name === wanted) return offset;
        if (field.octets === 'rest') break;
        offset += field.octets;
      }
      throw new RangeError(`${name} has no field ${wanted} at a fixed offset`);
    },

    decode(bytes, offset, end) {
      if (offset + fixedOctets > end) return undefined;
      const value: Record<string, number | Uint8Array | Uint8Array[]> = {};
      let at = offset;
      for (const field of fields) {
        const length = lengthOf(field, at, end);
        if (length < 0) {
          // Only an optional field can be missing: the fixed part fits.
          break;
        }
        if (field.optional === true && length === 0) continue;
        if (field.type !== 'reserved') value[field.name] = readField(field, bytes, at, length);
        else if (!isZero(bytes, at, length)) value[field.name] = bytes.slice(at, at + length);
        at += length;
      }
      // The loop above fills exactly the names of `F`; the type system cannot follow it.
      return value as ValueOf<F>;
    },

    encode(value) {
      return this.encodeFields(value);
    },

    encodeFields(values) {
      const parts: Uint8Array[] = [];
      for (const field of fields) {
        const item = values[field.name];
        if (item === undefined && field.optional === true) break;
        parts.push(encodeField(field, item));
      }
      return concatenate(parts);
    },

    tree(bytes, offset, end, source) {
      const nodes: FieldNode[] = [];
      let at = offset;
      for (const field of fields) {
        const length = lengthOf(field, at, end);
        if (length < 0 || (field.optional === true && length === 0)) break;
        // Octets that are not there are no line.
        if (field.type === 'bytes' && length === 0) continue;
        nodes.push(fieldNode(field, bytes, at, length, source));
        at += length;
      }
      return nodes;
    },

    reservedIsZero(bytes, offset, end) {
      let at = offset;
      for (const field of fields) {
        const length = lengthOf(field, at, end);
        if (length < 0) break;
        if (field.type === 'reserved' && !isZero(bytes, at, length)) return false;
        if (field.type === 'flags') {
          const named = Object.values(field.bits).reduce((mask, bit) => mask | bit.mask, 0);
          if ((readUint(bytes, at, length) & ~named) !== 0) return false;
        }
        at += length;
      }
      return true;
    },
  };
}
