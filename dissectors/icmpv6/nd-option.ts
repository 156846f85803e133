/**
 * Neighbor discovery options: the TLVs after the fixed part of a message. RFC 4861 section 4.6.
 * Length counts units of 8 octets, Type and Length included.
 */
import { copyOctets, u8 } from '../core/bytes.ts';
import type { DiagnosticCode, DiagnosticList } from '../core/diagnostic.ts';
import { bytesField, concatenate, groupNode, layout, uint8 } from '../core/layout.ts';
import type { Field, Layout, NamedValue, ValueOf } from '../core/layout.ts';
import type { FieldNode, Spec } from '../core/node.ts';
import type { Parts } from './options/parts.ts';

/** Lengths an option may have, in units of 8 octets. */
export interface UnitRange {
  readonly from: number;
  readonly to?: number;
  readonly step?: number;
}

/** Takes what is wrong with an option or message of the right form. */
export type ReportFault = (code: DiagnosticCode, detail?: string) => void;

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
  /** Keys of the messages it may stand in: see `messageKey`. */
  readonly allowedIn: readonly number[];
  /** Whether a message may have more than one. */
  readonly repeatable: boolean;
  /** Reports what is wrong with a value that has the right form. */
  readonly check:
    | ((value: Readonly<Record<string, unknown>>, report: ReportFault) => void)
    | undefined;
  /** A field, by its filter field, whose octets are several things in the tree. */
  readonly parts: { readonly filter: string; readonly with: Parts } | undefined;
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
  allowedIn: readonly number[];
  repeatable?: boolean;
  check?: (value: ValueOf<F>, report: ReportFault) => void;
  parts?: { of: F[number]['name']; with: Parts };
  fields: F;
}): NdOptionDefinition<Kind, F> {
  const { kind, type, name, spec, check, parts, fields } = row;
  const filter = fields.find((field) => field.name === parts?.of)?.filter ?? '';
  return {
    kind,
    type,
    name,
    spec,
    units: row.units,
    allowedIn: row.allowedIn,
    repeatable: row.repeatable ?? true,
    // The codec hands the value of this row.
    check:
      check === undefined
        ? undefined
        : (value, report) => {
            check(value as ValueOf<F>, report);
          },
    parts: parts === undefined ? undefined : { filter, with: parts.with },
    layout: layout({ name, spec, fields }),
  };
}

/** Options as decoded, with the place of each (offset of the Type octet). */
export interface NdOptionWalk<O> {
  readonly options: O[];
  readonly offsets: number[];
}

/** Codec of the options of a table. */
export interface NdOptionCodec<O> {
  readonly definitions: ReadonlyMap<number, NdOptionDefinition>;
  /** Fields of Type and Length, and of the data of options that no row takes. */
  readonly header: Layout;
  readonly unknown: Layout;
  /** Formats of what fields of options are made of. */
  readonly parts: readonly Layout[];
  /**
   * Options at `[offset, end)` and where they are; never throws.
   * @param message key of the message they stand in (see `messageKey`); undefined = not judged.
   */
  walk(
    bytes: Uint8Array,
    offset: number,
    end: number,
    diagnostics: DiagnosticList,
    message?: number,
  ): NdOptionWalk<O>;
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

/** Options that are named and not decoded. */
const UNDECODED_OPTIONS: readonly NamedValue[] = [
  { value: 6, name: 'NBMA Shortcut Limit' },
  { value: 32, name: 'Proxy Signature' },
  { value: 33, name: 'Address Registration' },
  { value: 34, name: '6LoWPAN Context' },
  { value: 35, name: 'Authoritative Border Router' },
  { value: 36, name: '6LoWPAN Capability Indication' },
  { value: 37, name: 'Captive Portal' },
  { value: 38, name: 'PREF64' },
  { value: 253, name: 'Experiment 1' },
  { value: 254, name: 'Experiment 2' },
];

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
  const typeNames: NamedValue[] = [
    ...rows.map((row) => ({ value: row.type, name: row.name, spec: row.spec })),
    ...UNDECODED_OPTIONS,
  ];
  const names = new Map(typeNames.map(({ value, name }) => [value, name]));
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

  /** Judges an option of the right form, or of one that its row cannot take. */
  const judge = (
    row: NdOptionDefinition,
    value: Readonly<Record<string, unknown>> | undefined,
    seen: Set<number>,
    message: number | undefined,
    report: ReportFault,
  ): void => {
    const { name, type } = row;
    if (message !== undefined && !row.allowedIn.includes(message)) {
      report('ND_OPTION_NOT_ALLOWED', name);
    }
    if (!row.repeatable && seen.has(type)) report('ND_OPTION_DUPLICATE', name);
    seen.add(type);
    if (value !== undefined) {
      row.check?.(value, (code, detail) => {
        report(code, detail === undefined ? name : `${name}: ${detail}`);
      });
    }
  };

  /** Lines of the data of an option, as far as they go, and of the octets that are left. */
  const dataTree = (
    row: NdOptionDefinition | undefined,
    bytes: Uint8Array,
    from: number,
    to: number,
    source: number,
  ): FieldNode[] => {
    if (from >= to) return [];
    if (row === undefined) return unknownLayout.tree(bytes, from, to, source);
    const nodes = row.layout.tree(bytes, from, to, source);
    const last = nodes.at(-1);
    const covered = last === undefined ? from : last.offset + last.length;
    if (covered < to) nodes.push(...unknownLayout.tree(bytes, covered, to, source));
    const { parts } = row;
    if (parts === undefined) return nodes;
    return nodes.flatMap((node) => {
      if (node.name !== parts.filter) return [node];
      const { label, text, offset, length, spec } = node;
      const lines = parts.with.tree(bytes, offset, offset + length, source);
      if (lines === undefined) return [node];
      // What has its own lines under it has no name: the filter field is that of each line.
      return [groupNode(label, undefined, text, offset, length, source, spec, lines)];
    });
  };

  return {
    definitions,
    header: optionHeader,
    unknown: unknownLayout,
    parts: rows.flatMap(({ parts }) => parts?.with.layouts ?? []),

    walk(bytes, offset, end, diagnostics, message) {
      const options: Option[] = [];
      const offsets: number[] = [];
      const seen = new Set<number>();
      let at = offset;
      while (at < end) {
        const octets = optionOctets(bytes, at, end);
        offsets.push(at);
        if (octets === 0) {
          const found = at + 1 < end ? `length ${u8(bytes, at + 1)}` : 'no length';
          diagnostics.add('ND_OPTION_LENGTH', at, end - at, `type ${u8(bytes, at)}, ${found}`);
          options.push({ kind: 'malformed', data: copyOctets(bytes, at, end) });
          break;
        }
        const type = u8(bytes, at);
        const place = at;
        const row = definitions.get(type);
        const value = { kind: row?.kind };
        const report: ReportFault = (code, detail) => {
          diagnostics.add(code, place, octets, detail);
        };
        const isFitting = row !== undefined && fits(row.units, octets / UNIT);
        const taken = isFitting
          ? row.layout.decodeInto(value, bytes, at + 2, at + octets, diagnostics)
          : -1;
        if (isFitting && taken === octets - 2) {
          if (!row.layout.reservedIsZero(bytes, at + 2, at + octets)) {
            report('RESERVED_NOT_ZERO', row.name);
          }
          judge(row, value, seen, message, report);
          // `row` is one of `D`, so its value is one of the union.
          options.push(value as Option);
        } else {
          if (row !== undefined) {
            report('ND_OPTION_SIZE', `${row.name}: ${octets} octets`);
            judge(row, undefined, seen, message, report);
          }
          options.push({ kind: 'unknown', type, data: copyOctets(bytes, at + 2, at + octets) });
        }
        at += octets;
      }
      return { options, offsets };
    },

    decode(bytes, offset, end, diagnostics) {
      return this.walk(bytes, offset, end, diagnostics).options;
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
        const type = u8(bytes, at);
        // Of an option that is cut the fields that are there can be read; one of Length 0 has none.
        const hasLength = at + 1 < end && u8(bytes, at + 1) > 0;
        const row = hasLength ? definitions.get(type) : undefined;
        const text = octets === 0 ? 'malformed' : (names.get(type) ?? `Unknown (${type})`);
        const data = Math.min(at + 2, optionEnd);
        const children = optionHeader.tree(bytes, at, data, source);
        children.push(...dataTree(row, bytes, data, optionEnd, source));
        const spec = definitions.get(type)?.spec ?? optionSpec;
        nodes.push(
          groupNode(
            'ICMPv6 Option',
            'icmpv6.opt',
            text,
            at,
            optionEnd - at,
            source,
            spec,
            children,
          ),
        );
        at = optionEnd;
      }
      return nodes;
    },
  };
}
