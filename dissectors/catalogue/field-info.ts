/**
 * What is known of a field by its name: made of the rows of format tables.
 */
import type { BytesField, Field, FlagBit, Layout, NamedValue, TlvCodec } from '../core/field.ts';
import type { Spec } from '../core/spec.ts';

/**
 * Kind of value of a field. `protocol`: a header with the octets it covers; `none`: a group or an option that is
 * there or not; `number`: also with 64 bits, then held as 8 octets; `boolean`: 0 or 1; `address`: IPv6 or IPv4.
 */
export type FieldType =
  | 'protocol'
  | 'number'
  | 'boolean'
  | 'octets'
  | 'address'
  | 'mac'
  | 'text'
  | 'none';

/** One filter field. */
export interface FieldInfo {
  /** Filter field and JSON name. */
  readonly name: string;
  readonly label: string;
  readonly type: FieldType;
  /** Unit of the number, for example `4 s` or `ms`. */
  readonly unit?: string;
  readonly spec?: Spec;
  /** Names of values. */
  readonly values?: readonly NamedValue[];
  /** Formats it appears in. */
  readonly formats: readonly string[];
  /** Octets of the value where they are always the same. */
  readonly octets?: number;
  /** Least and largest number that the field can hold; undefined = not known. */
  readonly min?: number;
  readonly max?: number;
  /** Whether the number may have a fraction (times in seconds). */
  readonly isFraction?: boolean;
}

/** A field as one format declares it. */
export type FieldRow = Omit<FieldInfo, 'formats'>;

/** Whether the mask is one bit. */
function isFlag(mask: number): boolean {
  return (mask & (mask - 1)) === 0;
}

function bitRow(bit: FlagBit, spec: Spec | undefined): FieldRow {
  const { filter: name, label, mask, values } = bit;
  const width = mask >>> 0;
  // Octets are shifted down to bit 0.
  const max = (width >>> (31 - Math.clz32(width & -width))) >>> 0;
  return {
    name,
    label,
    type: isFlag(mask) ? 'boolean' : 'number',
    max,
    ...specOf(bit.spec ?? spec),
    ...(values === undefined ? {} : { values }),
  };
}

function specOf(spec: Spec | undefined): { spec?: Spec } {
  return spec === undefined ? {} : { spec };
}

function bytesType({ show }: BytesField<string>): FieldType {
  switch (show) {
    case 'text':
    case 'dns':
      return 'text';
    case 'mac':
      return 'mac';
    case 'address':
    case 'prefix':
      return 'address';
    case 'uint64':
      return 'number';
    default:
      return 'octets';
  }
}

function addField(field: Field, spec: Spec | undefined, add: (row: FieldRow) => void): void {
  const { filter: name, label, unit } = field;
  const base = {
    name,
    label,
    ...(unit === undefined ? {} : { unit }),
    ...specOf(field.spec ?? spec),
  };
  switch (field.type) {
    case 'uint': {
      const { octets, values, signed = false } = field;
      const range = 2 ** (8 * octets);
      const [min, max] = signed ? [-range / 2, range / 2 - 1] : [0, range - 1];
      add({
        ...base,
        type: 'number',
        octets,
        min,
        max,
        ...(values === undefined ? {} : { values }),
      });
      break;
    }
    case 'flags':
      add({
        ...base,
        type: 'number',
        octets: field.octets,
        min: 0,
        max: 2 ** (8 * field.octets) - 1,
      });
      for (const bit of Object.values(field.bits)) add(bitRow(bit, field.spec ?? spec));
      break;
    case 'reserved': {
      const { octets } = field;
      if (octets > 4) add({ ...base, type: 'octets', octets });
      else add({ ...base, type: 'number', octets, min: 0, max: 2 ** (8 * octets) - 1 });
      break;
    }
    case 'bytes':
      add({
        ...base,
        type: bytesType(field),
        ...(typeof field.octets === 'number' ? { octets: field.octets } : {}),
      });
      break;
    case 'address':
    case 'addresses':
      add({ ...base, type: 'address', octets: 16 });
      break;
    case 'list':
      // Records without a filter field have the fields of theirs only.
      if (name !== '') add({ ...base, type: 'none' });
      if (field.record !== undefined) add({ ...base, name: field.record, type: 'none' });
      layoutRows(field.of, add);
      break;
    case 'tlvs':
      if (name !== '') add({ ...base, type: 'none' });
      tlvRows(field.codec, add);
      break;
  }
}

/** Fields of a format, with those of its records and sub-options. */
export function layoutRows(layout: Layout, add: (row: FieldRow, format: string) => void): void {
  for (const field of layout.fields) {
    addField(field, layout.spec, (row) => {
      add(row, layout.name);
    });
  }
}

/** An option with a filter field of its own. */
export interface NamedFormat {
  readonly name: string;
  readonly filter?: string | undefined;
  readonly spec: Spec;
  readonly layout: Layout;
}

/** Fields of an option, and the one of the option as a whole. */
export function optionRows(
  option: NamedFormat,
  add: (row: FieldRow, format: string) => void,
): void {
  const { name, filter, spec } = option;
  if (filter !== undefined) add({ name: filter, label: name, type: 'none', spec }, name);
  layoutRows(option.layout, add);
}

/** Fields of a list of sub-options. */
export function tlvRows(codec: TlvCodec, add: (row: FieldRow, format: string) => void): void {
  layoutRows(codec.header, add);
  layoutRows(codec.unknown, add);
  for (const row of codec.definitions.values()) optionRows(row, add);
}

/** Types of two formats that use one name. Octets of any length stand for those of a few as well. */
function commonType(a: FieldType, b: FieldType): FieldType | undefined {
  if (a === b) return a;
  const pair = new Set([a, b]);
  if (pair.has('number') && pair.has('octets')) return 'octets';
  if (pair.has('number') && pair.has('boolean')) return 'number';
  return undefined;
}

function sameOr<T>(a: T | undefined, b: T | undefined): T | undefined {
  return a === b ? a : undefined;
}

/** One field out of what two formats say of it; undefined when they do not go together. */
export function mergeInfo(known: FieldInfo, row: FieldRow, format: string): FieldInfo | undefined {
  const type = commonType(known.type, row.type);
  if (type === undefined) return undefined;
  const formats = known.formats.includes(format) ? known.formats : [...known.formats, format];
  const { name, label, unit, spec, isFraction } = known;
  const octets = sameOr(known.octets, row.octets);
  const isNumber = type === 'number' || type === 'boolean';
  const min = isNumber ? bothOf(Math.min, known.min, row.min) : undefined;
  const max = isNumber ? bothOf(Math.max, known.max, row.max) : undefined;
  const values = mergeValues(known.values, row.values);
  return {
    name,
    label,
    type,
    formats,
    ...(unit === undefined ? {} : { unit }),
    ...(spec === undefined ? {} : { spec }),
    ...(isFraction === undefined ? {} : { isFraction }),
    ...(octets === undefined ? {} : { octets }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(values === undefined ? {} : { values }),
  };
}

/** What two bounds have in common; undefined when one is not known. */
function bothOf(
  pick: (a: number, b: number) => number,
  a: number | undefined,
  b: number | undefined,
): number | undefined {
  return a === undefined || b === undefined ? undefined : pick(a, b);
}

function mergeValues(
  a: readonly NamedValue[] | undefined,
  b: readonly NamedValue[] | undefined,
): readonly NamedValue[] | undefined {
  if (a === undefined || b === undefined || a === b) return a ?? b;
  const added = b.filter(
    (row) => !a.some(({ value, name }) => value === row.value && name === row.name),
  );
  return added.length === 0 ? a : [...a, ...added];
}
