/**
 * One table of fields per format: decode, encode, the tree and the list of filter fields follow from it.
 */
import { copyOctets, u8 } from './bytes.ts';
import type { Field, ValueOf } from './field.ts';
import { fieldNode, readUint } from './field-tree.ts';
import type { FieldNode, Spec } from './node.ts';

export * from './field.ts';
export { bitsOf, groupNode, hexText, nameOfValue, valueNode } from './field-tree.ts';

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
  /** `decode` that adds the fields to an object. @returns false, and adds nothing, when the fixed part does not fit. */
  decodeInto(
    value: Record<string, unknown>,
    bytes: Uint8Array,
    offset: number,
    end: number,
  ): boolean;
  /** Octets of `value`. Throws RangeError that names the filter field when a number or a length does not fit. */
  encode(value: ValueOf<F>): Uint8Array;
  /** `encode` for a caller who holds the value as one of a union; the same checks at run time. */
  encodeFields(values: Readonly<Record<string, unknown>>): Uint8Array;
  /** Nodes of the fields present at `[offset, end)`, also when the format is cut short. Never throws. */
  tree(bytes: Uint8Array, offset: number, end: number, source: number): FieldNode[];
  /** Whether all reserved octets, and the bits without a name in flag words, are zero. */
  reservedIsZero(bytes: Uint8Array, offset: number, end: number): boolean;
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
        list.push(copyOctets(bytes, at, at + 16));
      return list;
    }
    case 'reserved':
    case 'bytes':
    case 'address':
      return copyOctets(bytes, offset, offset + length);
  }
}

function isZero(bytes: Uint8Array, offset: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (u8(bytes, offset + i) !== 0) return false;
  return true;
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
  /** Bits of each flag word that no row names. */
  const unnamed = fields.map((field) =>
    field.type === 'flags'
      ? Object.values(field.bits).reduce((mask, bit) => mask & ~bit.mask, ~0)
      : 0,
  );

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
      const value = {};
      // `decodeInto` fills exactly the names of `F`; the type system cannot follow it.
      return this.decodeInto(value, bytes, offset, end) ? (value as ValueOf<F>) : undefined;
    },

    decodeInto(value, bytes, offset, end) {
      if (offset + fixedOctets > end) return false;
      let at = offset;
      for (const field of fields) {
        const length = lengthOf(field, at, end);
        if (length < 0) {
          // Only an optional field can be missing: the fixed part fits.
          break;
        }
        if (field.optional === true && length === 0) continue;
        if (field.type !== 'reserved') value[field.name] = readField(field, bytes, at, length);
        else if (!isZero(bytes, at, length)) value[field.name] = copyOctets(bytes, at, at + length);
        at += length;
      }
      return true;
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
      for (const [i, field] of fields.entries()) {
        const length = lengthOf(field, at, end);
        if (length < 0) break;
        if (field.type === 'reserved' && !isZero(bytes, at, length)) return false;
        if (field.type === 'flags' && (readUint(bytes, at, length) & (unnamed[i] ?? 0)) !== 0) {
          return false;
        }
        at += length;
      }
      return true;
    },
  };
}
