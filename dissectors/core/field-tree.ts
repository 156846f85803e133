/**
 * Tree lines of fields: their values as text.
 */
import { formatAddress } from './address.ts';
import { u16, u32, u8 } from './bytes.ts';
import type {
  Field,
  FieldNumbers,
  FlagBit,
  FlagsField,
  ListField,
  NamedValue,
  UintField,
} from './field.ts';
import type { FieldNode, NodeValue, Spec } from './node.ts';
import { hexText, showOctets } from './show.ts';

export { hexText } from './show.ts';

/** Unsigned number of `octets` octets, big-endian. */
export function readUint(bytes: Uint8Array, offset: number, octets: number): number {
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

/** Name of a value in a table, or undefined. */
export function nameOfValue(values: readonly NamedValue[] | undefined, value: number) {
  return values?.find((row) => row.value === value)?.name;
}

/** Value of a number field: signed where the row says so. */
export function readNumber(field: UintField<string>, bytes: Uint8Array, offset: number): number {
  const value = readUint(bytes, offset, field.octets);
  const limit = 2 ** (8 * field.octets);
  return field.signed === true && value >= limit / 2 ? value - limit : value;
}

/** Fields that count octets in words: octets of a word, and words that are there and not counted. */
const WORDS: ReadonlyMap<string, readonly [octets: number, uncounted: number]> = new Map([
  ['8 octets', [8, 0]],
  ['8 octets, without the first 8', [8, 1]],
  ['4 octets', [4, 0]],
  ['4 octets, minus 2', [4, 2]],
]);

function uintText(field: UintField<string>, value: number, numbers: FieldNumbers): string {
  if (field.format !== undefined) return field.format(value, numbers);
  const number =
    field.hex === true ? `0x${value.toString(16).padStart(field.octets * 2, '0')}` : `${value}`;
  if (field.values !== undefined) {
    return `${number} (${nameOfValue(field.values, value) ?? 'unknown'})`;
  }
  if (field.unit === '4 s') return `${number} (${value * 4} s)`;
  if (field.unit === undefined) return number;
  const words = WORDS.get(field.unit);
  if (words === undefined) return `${number} ${field.unit}`;
  const [octets, uncounted] = words;
  return `${number} (${(value + uncounted) * octets} octets)`;
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

function flagsText(field: FlagsField<string>, bits: readonly FlagBit[], value: number): string {
  let set = '';
  for (const bit of bits) {
    if ((value & bit.mask) === 0 || bit.when?.(value) === false) continue;
    if (set !== '') set += ', ';
    set += isFlag(bit.mask) ? bit.label : `${bit.label} ${bitsOf(value, bit.mask)}`;
  }
  const number = `0x${value.toString(16).padStart(field.octets * 2, '0')}`;
  return set === '' ? number : `${number} (${set})`;
}

/**
 * A line of the tree with a value. Lines are made here, in few shapes: trees are made of many packets, and
 * objects put together with spread cost several times as much.
 */
export function valueNode(
  label: string,
  name: string,
  text: string,
  value: NodeValue,
  offset: number,
  length: number,
  source: number,
  spec: Spec | undefined,
  children: FieldNode[],
): FieldNode {
  return spec === undefined
    ? { label, name, text, value, offset, length, source, children }
    : { label, name, text, value, offset, length, source, spec, children };
}

/** A line of the tree that stands for what is under it. */
export function groupNode(
  label: string,
  name: string | undefined,
  text: string,
  offset: number,
  length: number,
  source: number,
  spec: Spec | undefined,
  children: FieldNode[],
): FieldNode {
  if (name === undefined) {
    return spec === undefined
      ? { label, text, offset, length, source, children }
      : { label, text, offset, length, source, spec, children };
  }
  return spec === undefined
    ? { label, name, text, offset, length, source, children }
    : { label, name, text, offset, length, source, spec, children };
}

function bitLine(
  bit: FlagBit,
  word: number,
  offset: number,
  length: number,
  source: number,
): FieldNode {
  const { label, filter: name, mask, spec } = bit;
  const value = bitsOf(word, mask);
  const text = bitsText(bit, value);
  return spec === undefined
    ? { label, name, text, value, offset, length, mask, source, children: [] }
    : { label, name, text, value, offset, length, mask, source, spec, children: [] };
}

function addressListNode(
  field: Field,
  bytes: Uint8Array,
  offset: number,
  length: number,
  source: number,
): FieldNode {
  const { label, filter, spec } = field;
  const children: FieldNode[] = [];
  for (let at = offset; at + 16 <= offset + length; at += 16) {
    const value = bytes.slice(at, at + 16);
    const text = formatAddress(bytes, at);
    children.push(valueNode(label, filter, text, value, at, 16, source, undefined, []));
  }
  // A group has no name of its own: the filter field is that of each address.
  const count = `${children.length}`;
  return groupNode(label, undefined, count, offset, length, source, spec, children);
}

/** Records of a list, one after another as far as they fit. */
function listNode(
  field: ListField<string>,
  bytes: Uint8Array,
  offset: number,
  length: number,
  source: number,
): FieldNode {
  const { label, filter, spec, of: item } = field;
  const end = offset + length;
  const children: FieldNode[] = [];
  let at = offset;
  while (at < end) {
    const octets = item.measure(bytes, at, end);
    if (octets <= 0) break;
    const fields = item.tree(bytes, at, at + octets, source);
    const [only] = fields;
    // A record of one field needs no line of its own.
    if (fields.length === 1 && only !== undefined) children.push(only);
    else {
      children.push(groupNode(item.name, field.record, '', at, octets, source, item.spec, fields));
    }
    at += octets;
  }
  const name = filter === '' ? undefined : filter;
  return groupNode(label, name, `${children.length}`, offset, length, source, spec, children);
}

/**
 * Line of the field at `bytes[offset, offset + length)`.
 * @param numbers earlier numbers of the format.
 */
export function fieldNode(
  field: Field,
  bytes: Uint8Array,
  offset: number,
  length: number,
  source: number,
  numbers: FieldNumbers,
): FieldNode {
  const { label, filter, spec } = field;
  let text: string;
  let value: NodeValue;
  const children: FieldNode[] = [];
  switch (field.type) {
    case 'uint':
      value = readNumber(field, bytes, offset);
      text = uintText(field, value, numbers);
      break;
    case 'flags': {
      value = readUint(bytes, offset, length);
      const bits = Object.values(field.bits);
      text = flagsText(field, bits, value);
      for (const bit of bits) {
        if (bit.when?.(value) === false) continue;
        children.push(bitLine(bit, value, offset, length, source));
      }
      break;
    }
    case 'address':
      value = bytes.slice(offset, offset + 16);
      text = formatAddress(bytes, offset);
      break;
    case 'bytes':
      value = bytes.slice(offset, offset + length);
      text = showOctets(field.show, bytes, offset, length, numbers);
      break;
    case 'reserved':
      value = length <= 4 ? readUint(bytes, offset, length) : bytes.slice(offset, offset + length);
      text = hexText(bytes, offset, length);
      break;
    case 'addresses':
      return addressListNode(field, bytes, offset, length, source);
    case 'list':
      return listNode(field, bytes, offset, length, source);
    case 'tlvs': {
      const items = field.codec.tree(bytes, offset, offset + length, source);
      const name = filter === '' ? undefined : filter;
      return groupNode(label, name, `${items.length}`, offset, length, source, spec, items);
    }
  }
  return valueNode(label, filter, text, value, offset, length, source, spec, children);
}
