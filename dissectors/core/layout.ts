/**
 * One table of fields per format: decode, encode, the tree and the list of filter fields follow from it.
 */
import { copyOctets, u8 } from './bytes.ts';
import type { DiagnosticList } from './diagnostic.ts';
import type { Field, FieldNumbers, Layout, ValueOf } from './field.ts';
import { fieldNode, readNumber, readUint } from './field-tree.ts';
import type { FieldNode, Spec } from './node.ts';

export * from './field.ts';
export { bitsOf, groupNode, hexText, nameOfValue, valueNode } from './field-tree.ts';

/** The field is not there. */
const ABSENT = -2;
/** The field does not fit. */
const MISFIT = -1;

type Numbers = Record<string, number>;

/** Octets of `count` records at `[offset, end)`, or of all up to the end; MISFIT when one does not fit. */
function recordOctets(
  item: Layout,
  count: number | undefined,
  bytes: Uint8Array,
  offset: number,
  end: number,
): number {
  let at = offset;
  for (let i = 0; count === undefined ? at < end : i < count; i++) {
    const octets = item.measure(bytes, at, end);
    // A record without octets would never end.
    if (octets <= 0) return MISFIT;
    at += octets;
  }
  return at - offset;
}

/** Octets of the records at `[offset, end)` before the first that does not fit. */
function wholeRecords(item: Layout, bytes: Uint8Array, offset: number, end: number): number {
  let at = offset;
  while (at < end) {
    const octets = item.measure(bytes, at, end);
    if (octets <= 0) break;
    at += octets;
  }
  return at - offset;
}

/** Octets of the fields after a `rest` field that are always there, as numbers before it count them. */
function octetsAfter(fields: readonly Field[], index: number, numbers: FieldNumbers): number {
  let sum = 0;
  for (let i = index + 1; i < fields.length; i++) {
    const field = fields[i];
    if (field === undefined || field.when !== undefined || field.optional === true) continue;
    if (typeof field.octets === 'number') sum += field.octets;
    else if (field.octets !== 'rest') {
      const { by, unit = 1, less = 0 } = field.octets;
      sum += (numbers[by] ?? 0) * unit - less;
    }
  }
  return sum;
}

/**
 * Octets of a field at `[offset, end)`, ABSENT or MISFIT.
 * @param after octets at the end that belong to later fields.
 */
function lengthOf(
  field: Field,
  bytes: Uint8Array,
  offset: number,
  end: number,
  numbers: FieldNumbers,
  after: number,
): number {
  if (field.when?.(numbers, end - offset, bytes, offset) === false) return ABSENT;
  const { octets } = field;
  let length: number;
  if (typeof octets === 'number') length = octets;
  // Part of an address is none: the field after the addresses takes it.
  else if (field.type === 'addresses') length = (end - offset - after) & ~15;
  else if (octets === 'rest') length = end - offset - after;
  else length = (numbers[octets.by] ?? 0) * (octets.unit ?? 1) - (octets.less ?? 0);
  if (length < 0 || offset + length > end) return MISFIT;
  if (field.type === 'list') {
    const count = field.count === undefined ? undefined : (numbers[field.count] ?? 0);
    const records = recordOctets(field.of, count, bytes, offset, offset + length);
    return count !== undefined && octets === 'rest'
      ? records
      : records === length
        ? length
        : MISFIT;
  }
  return field.optional === true && length === 0 ? ABSENT : length;
}

function readRecords(
  item: Layout,
  bytes: Uint8Array,
  offset: number,
  end: number,
  diagnostics: DiagnosticList | undefined,
): Record<string, unknown>[] {
  const records: Record<string, unknown>[] = [];
  for (let at = offset; at < end;) {
    const record: Record<string, unknown> = {};
    const octets = item.decodeInto(record, bytes, at, end, diagnostics);
    if (octets <= 0) break;
    records.push(record);
    at += octets;
  }
  return records;
}

function readField(
  field: Field,
  bytes: Uint8Array,
  offset: number,
  length: number,
  diagnostics: DiagnosticList | undefined,
): unknown {
  switch (field.type) {
    case 'uint':
      return readNumber(field, bytes, offset);
    case 'flags':
      return readUint(bytes, offset, length);
    case 'addresses': {
      const addresses: Uint8Array[] = [];
      for (let at = offset; at + 16 <= offset + length; at += 16)
        addresses.push(copyOctets(bytes, at, at + 16));
      return addresses;
    }
    case 'reserved':
    case 'bytes':
    case 'address':
      return copyOctets(bytes, offset, offset + length);
    case 'list':
      return readRecords(field.of, bytes, offset, offset + length, diagnostics);
    case 'tlvs':
      return field.codec.decode(bytes, offset, offset + length, diagnostics);
  }
}

function isZero(bytes: Uint8Array, offset: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (u8(bytes, offset + i) !== 0) return false;
  return true;
}
function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function encodeNumber(
  octets: number,
  signed: boolean,
  value: unknown,
  fail: (expected: string) => never,
): Uint8Array {
  const limit = 2 ** (8 * octets);
  const [from, to] = signed ? [-limit / 2, limit / 2 - 1] : [0, limit - 1];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < from || value > to) {
    return fail(`an integer from ${from} to ${to}`);
  }
  const out = new Uint8Array(octets);
  const unsigned = value < 0 ? value + limit : value;
  for (let i = 0; i < octets; i++) out[i] = unsigned / 2 ** (8 * (octets - 1 - i));
  return out;
}

/** Octets of a field whose length the value, the row or an earlier number says. */
function encodeField(field: Field, value: unknown, numbers: FieldNumbers): Uint8Array {
  const fail = (expected: string): never => {
    throw new RangeError(
      `${field.filter === '' ? field.label : field.filter}: expected ${expected}`,
    );
  };
  /** The octets, held against the length that the format says. */
  const fitting = (out: Uint8Array): Uint8Array => {
    const { octets } = field;
    if (octets === 'rest') return out;
    const wanted =
      typeof octets === 'number'
        ? octets
        : (numbers[octets.by] ?? 0) * (octets.unit ?? 1) - (octets.less ?? 0);
    return out.length === wanted ? out : fail(`${wanted} octets, got ${out.length}`);
  };
  switch (field.type) {
    case 'uint':
      return encodeNumber(field.octets, field.signed === true, value, fail);
    case 'flags':
      return encodeNumber(field.octets, false, value, fail);
    case 'reserved':
      if (value === undefined) return new Uint8Array(field.octets);
      return value instanceof Uint8Array ? fitting(value) : fail(`${field.octets} octets`);
    case 'address':
    case 'bytes':
      return value instanceof Uint8Array ? fitting(value) : fail('octets');
    case 'addresses': {
      if (!Array.isArray(value)) return fail('a list of addresses');
      const parts: Uint8Array[] = value.map((item: unknown) =>
        item instanceof Uint8Array && item.length === 16 ? item : fail('addresses of 16 octets'),
      );
      return concatenate(parts);
    }
    case 'list': {
      if (!Array.isArray(value)) return fail('a list of records');
      const count = field.count === undefined ? value.length : (numbers[field.count] ?? 0);
      if (count !== value.length) return fail(`${count} records, got ${value.length}`);
      const parts: Uint8Array[] = value.map((item: unknown) =>
        isRecord(item) ? field.of.encodeFields(item) : fail('records'),
      );
      return fitting(concatenate(parts));
    }
    case 'tlvs':
      return Array.isArray(value)
        ? fitting(field.codec.encode(value))
        : fail('a list of sub-options');
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
  const fixedOctets = fields.reduce(
    (sum, { octets, optional, when }) =>
      typeof octets === 'number' && optional !== true && when === undefined ? sum + octets : sum,
    0,
  );
  /** Bits of each flag word that no row names. */
  const unnamed = fields.map((field) =>
    field.type === 'flags'
      ? Object.values(field.bits).reduce((mask, bit) => mask & ~bit.mask, ~0)
      : 0,
  );
  /** Fields up to the end of the format that others follow. */
  const leavesRoom = fields.map(
    ({ octets }, index) => octets === 'rest' && index < fields.length - 1,
  );
  /** Whether later fields depend on earlier numbers. */
  const isDynamic = fields.some(
    (field) =>
      field.when !== undefined ||
      typeof field.octets === 'object' ||
      (field.type === 'list' && field.count !== undefined) ||
      (field.type === 'uint' && field.format !== undefined) ||
      (field.type === 'bytes' && typeof field.show === 'function'),
  );

  const note = (numbers: Numbers, field: Field, bytes: Uint8Array, at: number): void => {
    if (field.type === 'uint') numbers[field.name] = readNumber(field, bytes, at);
    else if (field.type === 'flags') numbers[field.name] = readUint(bytes, at, field.octets);
  };

  /**
   * Calls `visit` for each field that is there.
   * @returns the octets taken, MISFIT when a field does not fit.
   */
  const walk = (
    bytes: Uint8Array,
    offset: number,
    end: number,
    visit?: (field: Field, at: number, length: number, numbers: Numbers, index: number) => void,
    misfit?: (field: Field, at: number, numbers: Numbers) => void,
  ): number => {
    const numbers: Numbers = {};
    let at = offset;
    for (const [index, field] of fields.entries()) {
      const after = leavesRoom[index] === true ? octetsAfter(fields, index, numbers) : 0;
      const length = lengthOf(field, bytes, at, end, numbers, after);
      if (length === ABSENT) continue;
      // The message may end before an optional field.
      if (length === MISFIT) {
        misfit?.(field, at, numbers);
        return field.optional === true ? at - offset : MISFIT;
      }
      if (isDynamic) note(numbers, field, bytes, at);
      visit?.(field, at, length, numbers, index);
      at += length;
    }
    return at - offset;
  };

  return {
    name,
    spec,
    fields,
    fixedOctets,

    offsetOf(wanted) {
      let offset = 0;
      for (const field of fields) {
        if (field.name === wanted) return offset;
        if (typeof field.octets !== 'number' || field.when !== undefined) break;
        offset += field.octets;
      }
      throw new RangeError(`${name} has no field ${wanted} at a fixed offset`);
    },

    measure(bytes, offset, end) {
      return offset + fixedOctets > end ? MISFIT : walk(bytes, offset, end);
    },

    decode(bytes, offset, end, diagnostics) {
      const value = {};
      // `decodeInto` fills exactly the names of `F`; the type system cannot follow it.
      return this.decodeInto(value, bytes, offset, end, diagnostics) < 0
        ? undefined
        : (value as ValueOf<F>);
    },

    decodeInto(value, bytes, offset, end, diagnostics) {
      if (offset + fixedOctets > end) return MISFIT;
      return walk(bytes, offset, end, (field, at, length) => {
        // Reserved octets are part of the value when they are not zero.
        if (field.type === 'reserved' && isZero(bytes, at, length)) return;
        value[field.name] = readField(field, bytes, at, length, diagnostics);
      });
    },

    encode(value) {
      return this.encodeFields(value);
    },

    encodeFields(values) {
      const parts: Uint8Array[] = [];
      const numbers: Numbers = {};
      for (const field of fields) {
        const item = values[field.name];
        if (item === undefined && field.optional === true) break;
        if (field.when !== undefined) {
          // Reserved octets have no value when they are zero: the numbers alone say whether they are there.
          if (field.type === 'reserved') {
            if (!field.when(numbers, Number.POSITIVE_INFINITY)) continue;
          } else if (item === undefined) continue;
        }
        if (typeof item === 'number') numbers[field.name] = item;
        parts.push(encodeField(field, item, numbers));
      }
      return concatenate(parts);
    },

    tree(bytes, offset, end, source) {
      const nodes: FieldNode[] = [];
      walk(
        bytes,
        offset,
        end,
        (field, at, length, numbers) => {
          // Octets that are not there are no line.
          if (length === 0 && (field.type === 'bytes' || field.type === 'tlvs')) return;
          nodes.push(fieldNode(field, bytes, at, length, source, numbers));
        },
        (field, at, numbers) => {
          // Records before the one that does not fit can be read.
          const octets = field.type === 'list' ? wholeRecords(field.of, bytes, at, end) : 0;
          if (octets > 0) nodes.push(fieldNode(field, bytes, at, octets, source, numbers));
        },
      );
      return nodes;
    },

    reservedIsZero(bytes, offset, end) {
      let isClean = true;
      walk(bytes, offset, end, (field, at, length, _, index) => {
        if (field.type === 'reserved') isClean &&= isZero(bytes, at, length);
        else if (field.type === 'flags')
          isClean &&= (readUint(bytes, at, length) & (unnamed[index] ?? 0)) === 0;
        else if (field.type === 'list')
          isClean &&= recordsAreZero(field.of, bytes, at, at + length);
      });
      return isClean;
    },
  };
}

/** Whether the reserved octets of all records at `[offset, end)` are zero. */
function recordsAreZero(item: Layout, bytes: Uint8Array, offset: number, end: number): boolean {
  for (let at = offset; at < end;) {
    const octets = item.measure(bytes, at, end);
    if (octets <= 0) return true;
    if (!item.reservedIsZero(bytes, at, at + octets)) return false;
    at += octets;
  }
  return true;
}
