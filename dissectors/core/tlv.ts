/**
 * Lists of sub-options: Type, Length (of the data alone) and data, one after another. Used inside options
 * and messages; mobility and neighbor discovery options have codecs of their own.
 */
import { copyOctets } from './bytes.ts';
import type { DiagnosticCode, DiagnosticList } from './diagnostic.ts';
import { bytesField, uint16, uint8 } from './field.ts';
import type { Field, NamedValue, TlvCodec, TlvDefinition, ValueOf } from './field.ts';
import { groupNode, readUint } from './field-tree.ts';
import { concatenate, layout } from './layout.ts';
import type { FieldNode, Spec } from './node.ts';

/** A sub-option no row knows, or of a length its row cannot take: kept as it came. */
export interface UnknownTlv {
  readonly kind: 'unknown';
  readonly type: number;
  readonly data: Uint8Array;
}

/** What is left when a sub-option exceeds its container. */
export interface MalformedTlv {
  readonly kind: 'malformed';
  readonly data: Uint8Array;
}

/** Padding of one octet without a Length. */
export interface Pad1Tlv {
  readonly kind: 'pad1';
}

/** Value of a sub-option of one table row. */
export type TlvValueOf<D extends TlvDefinition> =
  D extends TlvDefinition<infer Kind, infer F> ? { readonly kind: Kind } & ValueOf<F> : never;

/** Declares one sub-option. */
export function tlv<const Kind extends string, const F extends readonly Field[]>(row: {
  kind: Kind;
  type: number;
  name: string;
  filter?: string;
  spec: Spec;
  lengths?: readonly number[];
  repeatable?: boolean;
  check?: (value: ValueOf<F>) => string | undefined;
  fields: F;
}): TlvDefinition<Kind, F> {
  const { kind, type, name, filter, spec, lengths, repeatable = true, check, fields } = row;
  const format = layout({ name, spec, fields });
  const base = { kind, type, name, filter, spec, lengths, repeatable, layout: format };
  // The codec hands the value of this row.
  return check === undefined ? base : { ...base, check: (value) => check(value as ValueOf<F>) };
}

/** Sub-options walked in one list. */
export const MAX_TLVS = 256;

/** How sub-options of a kind are framed and named. */
export interface TlvFraming {
  /** What one is called: `Flow identification sub-option`. */
  readonly name: string;
  readonly spec: Spec;
  /** Filter fields of Type and Length. */
  readonly typeFilter: string;
  readonly lengthFilter: string;
  /** Filter field of the data of unknown ones. */
  readonly dataFilter: string;
  /** Octets of Type and of Length each; default 1. */
  readonly octets?: 1 | 2;
  /** Whether type 0 is one octet of padding. */
  readonly hasPad1?: boolean;
  /** Names of types that have no row: shown as data. */
  readonly names?: readonly NamedValue[];
}

type Item<D extends TlvDefinition> = TlvValueOf<D> | Pad1Tlv | UnknownTlv | MalformedTlv;

/** Builds the codec of a table of sub-options; two rows of one type are refused. */
export function tlvCodec<const D extends TlvDefinition>(
  framing: TlvFraming,
  rows: readonly D[],
): TlvCodec<Item<D>> {
  const { name, spec, octets: width = 1, hasPad1 = false } = framing;
  const definitions = new Map<number, TlvDefinition>(rows.map((row) => [row.type, row]));
  const byKind = new Map<string, TlvDefinition>(rows.map((row) => [row.kind, row]));
  if (definitions.size !== rows.length || byKind.size !== rows.length) {
    throw new Error(`a ${name} is declared twice`);
  }
  const values: NamedValue[] = [
    ...rows.map((row) => ({ value: row.type, name: row.name, spec: row.spec })),
    ...(framing.names ?? []),
  ];
  const uint = width === 1 ? uint8 : uint16;
  const header = layout({
    name,
    spec,
    fields: [
      uint('type', { label: 'Type', filter: framing.typeFilter, values }),
      uint('length', { label: 'Length', filter: framing.lengthFilter, unit: 'octets' }),
    ],
  });
  const unknownLayout = layout({
    name: `Unknown ${name}`,
    spec,
    fields: [bytesField('rest', 'data', { label: 'Data', filter: framing.dataFilter })],
  });
  const headerOctets = 2 * width;

  /** End of the sub-option at `at`, or -1 when it exceeds `end`. */
  const endOf = (bytes: Uint8Array, at: number, end: number): number => {
    if (at + headerOctets > end) return -1;
    const to = at + headerOctets + readUint(bytes, at + width, width);
    return to > end ? -1 : to;
  };

  return {
    definitions,
    header,
    unknown: unknownLayout,

    decode(bytes, offset, end, diagnostics?: DiagnosticList) {
      const items: Item<D>[] = [];
      const seen = new Set<number>();
      const report = (code: DiagnosticCode, at: number, to: number, detail: string): void => {
        diagnostics?.add(code, at, to - at, `${name}: ${detail}`);
      };
      let at = offset;
      while (at < end) {
        const type = readUint(bytes, at, Math.min(width, end - at));
        if (hasPad1 && type === 0) {
          items.push({ kind: 'pad1' });
          at++;
          continue;
        }
        const to = endOf(bytes, at, end);
        if (to < 0 || items.length >= MAX_TLVS) {
          report('SUBOPTION_TRUNCATED', at, end, `type ${type}`);
          items.push({ kind: 'malformed', data: copyOctets(bytes, at, end) });
          break;
        }
        const data = at + headerOctets;
        const row = definitions.get(type);
        const value = { kind: row?.kind };
        const fits = row?.lengths === undefined || row.lengths.includes(to - data);
        if (
          row !== undefined &&
          fits &&
          row.layout.decodeInto(value, bytes, data, to, diagnostics) === to - data
        ) {
          if (!row.layout.reservedIsZero(bytes, data, to))
            report('RESERVED_NOT_ZERO', at, to, row.name);
          if (!row.repeatable && seen.has(type)) report('SUBOPTION_DUPLICATE', at, to, row.name);
          const wrong = row.check?.(value);
          if (wrong !== undefined) report('OPTION_VALUE', at, to, `${row.name}: ${wrong}`);
          seen.add(type);
          // `row` is one of `D`, so its value is one of the union.
          items.push(value as TlvValueOf<D>);
        } else {
          if (row === undefined) report('SUBOPTION_UNKNOWN', at, to, `type ${type}`);
          else report('SUBOPTION_LENGTH', at, to, `${row.name}, length ${to - data}`);
          items.push({ kind: 'unknown', type, data: copyOctets(bytes, data, to) });
        }
        at = to;
      }
      return items;
    },

    encode(items) {
      const parts: Uint8Array[] = [];
      for (const item of items) {
        if (item.kind === 'pad1') {
          parts.push(new Uint8Array(1));
          continue;
        }
        if (item.kind === 'malformed') {
          parts.push((item as MalformedTlv).data);
          continue;
        }
        let type: number;
        let data: Uint8Array;
        if (item.kind === 'unknown') {
          ({ type, data } = item as UnknownTlv);
        } else {
          const row = byKind.get(item.kind);
          if (row === undefined) throw new RangeError(`unknown ${name} ${item.kind}`);
          type = row.type;
          data = row.layout.encodeFields({ ...item });
        }
        parts.push(header.encodeFields({ type, length: data.length }), data);
      }
      return concatenate(parts);
    },

    tree(bytes, offset, end, source) {
      const nodes: FieldNode[] = [];
      let at = offset;
      while (at < end) {
        const type = readUint(bytes, at, Math.min(width, end - at));
        if (hasPad1 && type === 0) {
          nodes.push(groupNode('Pad1', undefined, '', at, 1, source, spec, []));
          at++;
          continue;
        }
        const found = endOf(bytes, at, end);
        const to = found < 0 || nodes.length >= MAX_TLVS ? end : found;
        const row = definitions.get(type);
        const label = row?.name ?? values.find(({ value }) => value === type)?.name;
        const children = header.tree(bytes, at, Math.min(to, at + headerOctets), source);
        const data = at + headerOctets;
        if (data < to) children.push(...dataNodes(row, bytes, data, to));
        const text = found < 0 ? 'malformed' : '';
        const title = `${name}: ${label ?? `unknown (${type})`}`;
        nodes.push(
          groupNode(title, row?.filter, text, at, to - at, source, row?.spec ?? spec, children),
        );
        at = to;
      }
      return nodes;

      function dataNodes(
        row: TlvDefinition | undefined,
        octets: Uint8Array,
        from: number,
        to: number,
      ): FieldNode[] {
        const fits =
          row !== undefined && (row.lengths === undefined || row.lengths.includes(to - from));
        if (!fits) return unknownLayout.tree(octets, from, to, source);
        const fields = row.layout.tree(octets, from, to, source);
        const last = fields.at(-1);
        const covered = last === undefined ? from : last.offset + last.length;
        if (covered < to) fields.push(...unknownLayout.tree(octets, covered, to, source));
        return fields;
      }
    },
  };
}
