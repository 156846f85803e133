/**
 * Mobility options: the TLVs after the fixed part of a mobility message. RFC 6275 section 6.2.1.
 */
import { copyOctets, u8 } from '../core/bytes.ts';
import type { DiagnosticCode, DiagnosticList } from '../core/diagnostic.ts';
import { bytesField, concatenate, groupNode, layout, valueNode } from '../core/layout.ts';
import type { Field, Layout, ValueOf } from '../core/layout.ts';
import type { FieldNode, Spec } from '../core/node.ts';

/** MH types an option may appear in; `any` = every message. */
type AllowedIn = readonly number[] | 'any';

/** xn+y, octets from the start of the Mobility Header. RFC 6275 section 6.2.1. */
export type Alignment = readonly [x: number, y: number];

/** Row of an option table. */
export interface OptionDefinition<
  Kind extends string = string,
  F extends readonly Field[] = readonly Field[],
> {
  readonly kind: Kind;
  /** Option Type. */
  readonly type: number;
  readonly name: string;
  /** Filter field of the whole option, where Wireshark has one. */
  readonly filter: string | undefined;
  readonly spec: Spec;
  /** Alignment xn+y of the Type octet, from the start of the Mobility Header; undefined = none. */
  readonly align: Alignment | ((octets: number) => Alignment) | undefined;
  /** Lengths the RFC allows, without the Type and Length octets; undefined = any. */
  readonly lengths: readonly number[] | undefined;
  readonly allowedIn: AllowedIn;
  /** May the option appear more than once in a message? */
  readonly repeatable: boolean;
  /** Nothing, not even padding, may follow. */
  readonly isLast: boolean;
  /** Types of the options that must not come before this one. */
  readonly precedes: readonly number[];
  /** For an option whose Length does not simply count the octets after it. */
  readonly framing: OptionFraming | undefined;
  /** What is wrong with a value that has the right form, in a message of a type; undefined = nothing. */
  readonly check:
    | ((value: Readonly<Record<string, unknown>>, mhType: number) => string | undefined)
    | undefined;
  readonly layout: Layout<F>;
}

/** How many octets of data an option has. */
export interface OptionExtent {
  /** -1 = it has no Length. */
  readonly octets: number;
  /** Whether they are counted as the document of the option says. */
  readonly isRegular: boolean;
  /** How they are counted, shown behind the Length. */
  readonly rule?: string;
}

/** How long an option is, where documents do not agree with RFC 6275 section 6.2.1. */
export interface OptionFraming {
  /**
   * Octets of data of the option at `at`, and whether they are counted as the document of the option says; an
   * option that is not keeps its octets when decoded, and says so.
   */
  measure(bytes: Uint8Array, at: number, end: number): OptionExtent;
  /** Length to write for that many octets of data. */
  length(octets: number): number;
}

/** Value of an option of one table row. */
export type OptionValueOf<D extends OptionDefinition> =
  D extends OptionDefinition<infer Kind, infer F> ? { readonly kind: Kind } & ValueOf<F> : never;

/** Pad1: one zero octet without a Length. RFC 6275 section 6.2.2. */
export interface Pad1 {
  readonly kind: 'pad1';
}

/** An option no table row knows, or whose length the row cannot take: kept as it came. */
export interface UnknownOption {
  readonly kind: 'unknown';
  readonly type: number;
  readonly data: Uint8Array;
  /** Length as it came, where it does not count the octets of `data`. */
  readonly length?: number;
}

/** Declares one option. */
export function option<const Kind extends string, const F extends readonly Field[]>(row: {
  kind: Kind;
  type: number;
  name: string;
  filter?: string;
  spec: Spec;
  align?: Alignment | ((octets: number) => Alignment);
  lengths?: readonly number[];
  allowedIn?: AllowedIn;
  repeatable?: boolean;
  isLast?: boolean;
  precedes?: readonly number[];
  framing?: OptionFraming;
  check?: (value: ValueOf<F>, mhType: number) => string | undefined;
  fields: F;
}): OptionDefinition<Kind, F> {
  const { check } = row;
  return {
    kind: row.kind,
    type: row.type,
    name: row.name,
    filter: row.filter,
    spec: row.spec,
    align: row.align,
    lengths: row.lengths,
    allowedIn: row.allowedIn ?? 'any',
    repeatable: row.repeatable ?? false,
    isLast: row.isLast ?? false,
    precedes: row.precedes ?? [],
    framing: row.framing,
    // The codec hands the value of this row.
    check: check === undefined ? undefined : (value, mhType) => check(value as ValueOf<F>, mhType),
    layout: layout({ name: row.name, spec: row.spec, fields: row.fields }),
  };
}

/** Most options walked in one message: 2040 octets hold more Pad1, none of them worth more. */
export const MAX_OPTIONS = 255;

/** Options as decoded, with the place of each (offset of the Type octet). */
export interface OptionWalk<O> {
  readonly options: O[];
  readonly offsets: number[];
}

interface AnyOption {
  readonly kind: string;
}

/** Codec of the options of a set of tables. */
export interface OptionCodec<O extends AnyOption> {
  readonly definitions: ReadonlyMap<number, OptionDefinition>;
  decode(
    bytes: Uint8Array,
    offset: number,
    end: number,
    header: number,
    mhType: number,
    diagnostics: DiagnosticList,
  ): OptionWalk<O>;
  encode(options: readonly O[], start: number, padding: 'compute' | 'as-given'): Uint8Array;
  tree(bytes: Uint8Array, offset: number, end: number, source: number): FieldNode[];
}

const NO_LENGTH: OptionExtent = { octets: -1, isRegular: true };
const PAD1 = 0;
const PADN = 1;

/** `Pad1` for one octet, `PadN` for more. RFC 6275 sections 6.2.2 and 6.2.3. */
function padding(octets: number): Uint8Array {
  const pad = new Uint8Array(octets);
  if (octets > 1) {
    pad[0] = PADN;
    pad[1] = octets - 2;
  }
  return pad;
}

/** Data of an option that no row takes. */
export const unknownMobilityOption = layout({
  name: 'Unknown mobility option',
  spec: { rfc: 6275, section: '6.2.1' },
  fields: [bytesField('rest', 'data', { label: 'Data', filter: 'mip6.mobility_opt.data' })],
});

/** Update Notification and its Acknowledgement may carry any option. RFC 7077 sections 4.1 and 4.2. */
const CARRIES_ANY: readonly number[] = [19, 20];

function isAllowed({ allowedIn }: OptionDefinition, mhType: number): boolean {
  return allowedIn === 'any' || allowedIn.includes(mhType) || CARRIES_ANY.includes(mhType);
}

/** Octets to put before an option so that its Type octet lands on x*n + y. */
function octetsToAlign(position: number, row: OptionDefinition, octets: number): number {
  const { align } = row;
  if (align === undefined) return 0;
  const [x, y] = typeof align === 'function' ? align(octets) : align;
  return (((y - position) % x) + x) % x;
}

/** Builds the codec from all option tables; two rows of one type are refused. */
export function optionCodec<const T extends readonly (readonly OptionDefinition[])[]>(
  tables: T,
): OptionCodec<OptionValueOf<T[number][number]> | Pad1 | UnknownOption> {
  type Option = OptionValueOf<T[number][number]> | Pad1 | UnknownOption;
  const definitions = new Map<number, OptionDefinition>();
  const byKind = new Map<string, OptionDefinition>();
  for (const row of tables.flat()) {
    if (definitions.has(row.type) || byKind.has(row.kind)) {
      throw new Error(`mobility option ${row.type} (${row.kind}) is declared twice`);
    }
    definitions.set(row.type, row);
    byKind.set(row.kind, row);
  }

  /** Number of the walk in which an option type was seen last: spares a set for each message. */
  const seen = new Float64Array(256);
  let walk = 0;

  const unknown = (
    type: number,
    bytes: Uint8Array,
    from: number,
    to: number,
    length = to - from,
  ): UnknownOption => {
    const data = copyOctets(bytes, from, to);
    return length === to - from
      ? { kind: 'unknown', type, data }
      : { kind: 'unknown', type, data, length };
  };

  /** Octets of data of the option at `at`; -1 when it has no Length. */
  const dataOf = (
    row: OptionDefinition | undefined,
    bytes: Uint8Array,
    at: number,
    end: number,
  ): OptionExtent => {
    if (at + 1 >= end) return NO_LENGTH;
    if (row?.framing !== undefined) return row.framing.measure(bytes, at, end);
    return { octets: u8(bytes, at + 1), isRegular: true };
  };

  /** Fields of an option as far as they go, and the octets that are left. */
  const dataTree = (
    row: OptionDefinition | undefined,
    bytes: Uint8Array,
    from: number,
    to: number,
    source: number,
  ): FieldNode[] => {
    const fields = row?.layout.tree(bytes, from, to, source) ?? [];
    const last = fields.at(-1);
    const covered = last === undefined ? from : last.offset + last.length;
    if (covered < to) fields.push(...unknownMobilityOption.tree(bytes, covered, to, source));
    return fields;
  };

  return {
    definitions,

    decode(bytes, offset, end, header, mhType, diagnostics) {
      const options: Option[] = [];
      const offsets: number[] = [];
      walk++;
      let last: OptionDefinition | undefined;
      let at = offset;
      while (at < end && options.length < MAX_OPTIONS) {
        const type = u8(bytes, at);
        if (last !== undefined) {
          diagnostics.add('OPTION_NOT_LAST', offsets.at(-1) ?? at, 2, last.name);
          last = undefined;
        }
        if (type === PAD1) {
          options.push({ kind: 'pad1' });
          offsets.push(at++);
          continue;
        }
        const row = definitions.get(type);
        const { octets: length, isRegular } = dataOf(row, bytes, at, end);
        const dataEnd = at + 2 + length;
        if (length < 0 || dataEnd > end) {
          diagnostics.add('OPTION_TRUNCATED', at, end - at, `option type ${type}`);
          break;
        }
        offsets.push(at);
        if (row === undefined) {
          diagnostics.add('OPTION_UNKNOWN', at, 2 + length, `option type ${type}`);
          options.push(unknown(type, bytes, at + 2, dataEnd));
          at = dataEnd;
          continue;
        }
        const report = (code: DiagnosticCode, detail = row.name): void => {
          diagnostics.add(code, at, 2 + length, detail);
        };
        const value = { kind: row.kind };
        const isFitting = row.lengths === undefined || row.lengths.includes(length);
        if (
          isFitting &&
          row.layout.decodeInto(value, bytes, at + 2, dataEnd, diagnostics) === length
        ) {
          if (!row.layout.reservedIsZero(bytes, at + 2, dataEnd)) report('RESERVED_NOT_ZERO');
          const wrong = row.check?.(value, mhType);
          if (wrong !== undefined) report('OPTION_VALUE', `${row.name}: ${wrong}`);
          if (!isRegular) report('OPTION_FRAMING');
          // `row` is one of `T`, so its value is one of the union.
          options.push(
            isRegular
              ? (value as Option)
              : unknown(type, bytes, at + 2, dataEnd, u8(bytes, at + 1)),
          );
        } else {
          report('OPTION_LENGTH', `${row.name}: length ${u8(bytes, at + 1)}`);
          options.push(unknown(type, bytes, at + 2, dataEnd, u8(bytes, at + 1)));
        }
        if (octetsToAlign(at - header, row, length) !== 0) report('OPTION_ALIGNMENT');
        if (!row.repeatable && seen[type] === walk) report('OPTION_DUPLICATE');
        if (!isAllowed(row, mhType)) report('OPTION_NOT_ALLOWED');
        if (row.precedes.some((other) => seen[other] === walk)) report('OPTION_ORDER');
        seen[type] = walk;
        if (row.isLast) last = row;
        at = dataEnd;
      }
      return { options, offsets };
    },

    encode(options, start, mode) {
      const parts: Uint8Array[] = [];
      let position = start;
      const push = (part: Uint8Array): void => {
        parts.push(part);
        position += part.length;
      };
      for (const item of options) {
        if (item.kind === 'pad1') {
          push(new Uint8Array(1));
          continue;
        }
        let type: number;
        let data: Uint8Array;
        let length: number;
        if (item.kind === 'unknown') {
          const raw = item as UnknownOption;
          type = raw.type;
          data = raw.data;
          length = raw.length ?? data.length;
        } else {
          const row = byKind.get(item.kind);
          if (row === undefined) throw new RangeError(`unknown mobility option ${item.kind}`);
          type = row.type;
          data = row.layout.encodeFields({ ...item });
          length = row.framing?.length(data.length) ?? data.length;
          if (mode === 'compute') push(padding(octetsToAlign(position, row, data.length)));
        }
        if (!(Number.isInteger(length) && length >= 0 && length <= 255)) {
          throw new RangeError(
            `mobility option ${item.kind}: length ${length} is not an integer from 0 to 255`,
          );
        }
        push(concatenate([Uint8Array.of(type, length), data]));
      }
      // RFC 6275 section 6.1.1: a Mobility Header is a multiple of 8 octets.
      if (mode === 'compute') push(padding((8 - (position % 8)) % 8));
      return concatenate(parts);
    },

    tree(bytes, offset, end, source) {
      const nodes: FieldNode[] = [];
      let at = offset;
      while (at < end && nodes.length < MAX_OPTIONS) {
        const type = u8(bytes, at);
        const hasLength = type !== PAD1 && at + 1 < end;
        const row = definitions.get(type);
        const { octets: data, rule }: OptionExtent =
          type === PAD1 ? NO_LENGTH : dataOf(row, bytes, at, end);
        const octets = Math.min(end - at, data < 0 ? 1 : 2 + data);
        const name = type === PAD1 ? 'Pad1' : (row?.name ?? `Unknown option ${type}`);
        const filter = type === PAD1 ? 'mip6.options.pad1' : row?.filter;
        const octet = (label: string, field: string, place: number, note = ''): FieldNode => {
          const value = u8(bytes, place);
          return valueNode(label, field, `${value}${note}`, value, place, 1, source, undefined, []);
        };
        const children = [
          octet(
            'Type',
            'mip6.mobility_opt',
            at,
            ` (${row?.name ?? (type === PAD1 ? 'Pad1' : 'unknown')})`,
          ),
        ];
        if (hasLength) {
          const note = rule === undefined ? '' : ` (${rule})`;
          children.push(octet('Length', 'mip6.mobility_opt.len', at + 1, note));
        }
        if (octets > 2) children.push(...dataTree(row, bytes, at + 2, at + octets, source));
        const label = `Mobility option: ${name}`;
        nodes.push(groupNode(label, filter, '', at, octets, source, row?.spec, children));
        at += octets;
      }
      return nodes;
    },
  };
}
