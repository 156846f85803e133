/**
 * Neighbor discovery options: the TLVs after the fixed part of a message. RFC 4861 section 4.6.
 * Length counts units of 8 octets, Type and Length included.
 */
import { copyOctets, u8 } from '../core/bytes.ts';
import type { DiagnosticList } from '../core/diagnostic.ts';
import { bytesField, concatenate, layout, uint8 } from '../core/layout.ts';
import type { Field, Layout, NamedValue, ValueOf } from '../core/layout.ts';
import type { FieldNode, Spec } from '../core/node.ts';

/** Lengths an option may have, in units of 8 octets. */
export interface UnitRange {
  readonly from: number;
  readonly to?: number;
  readonly step?: number;
}

/** Row of the option table. */
export interface NdOptionDefinition<
  Kind extends string = string,
  F extends readonly Field[] = readonly Field[],
> {
  readonly kind: Kind;
  /** Option Type. */
  readonly type: number;
  readonly name: string;
  readonly spec: Spec;
  /** Lengths the RFC allows; undefined = any. */
  readonly units: UnitRange | undefined;
  /** Fields after Type and Length. */
  readonly layout: Layout<F>;
}

/** Value of an option of one table row. */
export type NdOptionValueOf<D extends NdOptionDefinition> =
  D extends NdOptionDefinition<infer Kind, infer F> ? { readonly kind: Kind } & ValueOf<F> : never;

/** An option no row knows, or of a length its row cannot take: kept as it came. */
export interface UnknownNdOption {
  readonly kind: 'unknown';
  readonly type: number;
  /** Octets after Type and Length. */
  readonly data: Uint8Array;
}

/**
 * What is left from an option of length 0, or one that ends after the message, to the end of the message.
 * RFC 4861 sections 4.6, 6.1 and 7.1: a message with one is discarded as a whole.
 */
export interface MalformedNdOption {
  readonly kind: 'malformed';
  readonly data: Uint8Array;
}

/** Declares one option. */
export function ndOption<const Kind extends string, const F extends readonly Field[]>(row: {
  kind: Kind;
  type: number;
  name: string;
  spec: Spec;
  units?: UnitRange;
  fields: F;
}): NdOptionDefinition<Kind, F> {
  const { kind, type, name, spec, units, fields } = row;
  return { kind, type, name, spec, units, layout: layout({ name, spec, fields }) };
}

/** Codec of the options of a table. */
export interface NdOptionCodec<O> {
  readonly definitions: ReadonlyMap<number, NdOptionDefinition>;
  /** Fields of Type and Length, and of the data of options that no row takes. */
  readonly header: Layout;
  readonly unknown: Layout;
  /** Options at `[offset, end)`; never throws. */
  decode(bytes: Uint8Array, offset: number, end: number, diagnostics: DiagnosticList): O[];
  /**
   * Octets of the options, each filled with zeros to a multiple of 8.
   * @throws RangeError when a value does not fit its field or the option is over 2040 octets.
   */
  encode(options: readonly O[]): Uint8Array;
  /** One node for each option at `[offset, end)`, as far as they go. */
  tree(bytes: Uint8Array, offset: number, end: number, source: number): FieldNode[];
}

const UNIT = 8;

function fits(units: UnitRange | undefined, length: number): boolean {
  if (units === undefined) return true;
  const { from, to = 255, step = 1 } = units;
  return length >= from && length <= to && (length - from) % step === 0;
}

/** Octets of the option at `at`: 0 when its Length is 0 or past the end. */
function optionOctets(bytes: Uint8Array, at: number, end: number): number {
  if (at + 2 > end) return 0;
  const octets = u8(bytes, at + 1) * UNIT;
  return at + octets > end ? 0 : octets;
}

/** Builds the codec of a table; two rows of one type are refused. */
export function ndOptionCodec<const D extends NdOptionDefinition>(
  rows: readonly D[],
): NdOptionCodec<NdOptionValueOf<D> | UnknownNdOption | MalformedNdOption> {
  type Option = NdOptionValueOf<D> | UnknownNdOption | MalformedNdOption;
  const definitions = new Map<number, NdOptionDefinition>(rows.map((row) => [row.type, row]));
  const byKind = new Map<string, NdOptionDefinition>(rows.map((row) => [row.kind, row]));
  if (definitions.size !== rows.length || byKind.size !== rows.length) {
    throw new Error('a neighbor discovery option is declared twice');
  }
  const optionSpec: Spec = { rfc: 4861, section: '4.6' };
  const typeNames: NamedValue[] = rows.map((row) => ({ value: row.type, name: row.name }));
  const optionHeader = layout({
    name: 'ICMPv6 Option',
    spec: optionSpec,
    fields: [
      uint8('type', { label: 'Type', filter: 'icmpv6.opt.type', values: typeNames }),
      uint8('length', { label: 'Length', filter: 'icmpv6.opt.length', unit: '8 octets' }),
    ],
  });
  const unknownLayout = layout({
    name: 'Unknown option',
    spec: optionSpec,
    fields: [bytesField('rest', 'data', { label: 'Data', filter: 'icmpv6.data' })],
  });

  return {
    definitions,
    header: optionHeader,
    unknown: unknownLayout,

    decode(bytes, offset, end, diagnostics) {
      const options: Option[] = [];
      let at = offset;
      while (at < end) {
        const octets = optionOctets(bytes, at, end);
        if (octets === 0) {
          const found = at + 1 < end ? `length ${u8(bytes, at + 1)}` : 'no length';
          diagnostics.add('ND_OPTION_LENGTH', at, end - at, `type ${u8(bytes, at)}, ${found}`);
          options.push({ kind: 'malformed', data: copyOctets(bytes, at, end) });
          break;
        }
        const type = u8(bytes, at);
        const row = definitions.get(type);
        const value = { kind: row?.kind };
        const isFitting = row !== undefined && fits(row.units, octets / UNIT);
        const taken = isFitting
          ? row.layout.decodeInto(value, bytes, at + 2, at + octets, diagnostics)
          : -1;
        if (isFitting && taken === octets - 2) {
          if (!row.layout.reservedIsZero(bytes, at + 2, at + octets)) {
            diagnostics.add('RESERVED_NOT_ZERO', at, octets, row.name);
          }
          // `row` is one of `D`, so its value is one of the union.
          options.push(value as Option);
        } else {
          if (row !== undefined) {
            diagnostics.add('ND_OPTION_SIZE', at, octets, `${row.name}: ${octets} octets`);
          }
          options.push({ kind: 'unknown', type, data: copyOctets(bytes, at + 2, at + octets) });
        }
        at += octets;
      }
      return options;
    },

    encode(options) {
      const parts: Uint8Array[] = [];
      for (const option of options) {
        if (option.kind === 'malformed') {
          parts.push((option as MalformedNdOption).data);
          continue;
        }
        let type: number;
        let data: Uint8Array;
        if (option.kind === 'unknown') {
          ({ type, data } = option as UnknownNdOption);
        } else {
          const row = byKind.get(option.kind);
          if (row === undefined) {
            throw new RangeError(`unknown neighbor discovery option ${option.kind}`);
          }
          type = row.type;
          data = row.layout.encodeFields({ ...option });
        }
        const units = Math.ceil((2 + data.length) / UNIT);
        if (units > 255)
          throw new RangeError(`icmpv6.opt.length: expected at most 255, got ${units}`);
        const out = new Uint8Array(units * UNIT);
        out[0] = type;
        out[1] = units;
        out.set(data, 2);
        parts.push(out);
      }
      return concatenate(parts);
    },

    tree(bytes, offset, end, source) {
      const nodes: FieldNode[] = [];
      let at = offset;
      while (at < end) {
        const octets = optionOctets(bytes, at, end);
        const optionEnd = octets === 0 ? end : at + octets;
        const row = definitions.get(u8(bytes, at));
        const isDecoded = row !== undefined && octets > 0 && fits(row.units, octets / UNIT);
        nodes.push({
          label: 'ICMPv6 Option',
          name: 'icmpv6.opt',
          text: octets === 0 ? 'malformed' : (row?.name ?? `Unknown (${u8(bytes, at)})`),
          offset: at,
          length: optionEnd - at,
          source,
          spec: row?.spec ?? optionSpec,
          children: [
            ...optionHeader.tree(bytes, at, Math.min(at + 2, optionEnd), source),
            ...(at + 2 < optionEnd
              ? (isDecoded ? row.layout : unknownLayout).tree(bytes, at + 2, optionEnd, source)
              : []),
          ],
        });
        at = optionEnd;
      }
      return nodes;
    },
  };
}
