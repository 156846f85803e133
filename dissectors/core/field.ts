/**
 * Rows of format tables: what a field is, and the value it stands for.
 */
import type { DiagnosticList } from './diagnostic.ts';
import type { FieldNode, Spec } from './node.ts';

/** A format: its fields and what follows from them. Made by `layout`. */
export interface Layout<F extends readonly Field[] = readonly Field[]> {
  readonly name: string;
  /** Where the format is defined; undefined for formats that no RFC defines. */
  readonly spec: Spec | undefined;
  readonly fields: F;
  /** Octets that are always there (without optional, conditional, counted and `rest` fields). */
  readonly fixedOctets: number;
  /** Offset of a field from the start of the format. Throws RangeError for a field after one of variable length. */
  offsetOf(name: F[number]['name']): number;
  /** Octets the format takes at `[offset, end)`, or -1 when it does not fit. */
  measure(bytes: Uint8Array, offset: number, end: number): number;
  /**
   * Reads a value at `[offset, end)`. Returns undefined when it does not fit; never throws.
   * Addresses and octets are copies, so the value may outlive the packet.
   */
  decode(
    bytes: Uint8Array,
    offset: number,
    end: number,
    diagnostics?: DiagnosticList,
  ): ValueOf<F> | undefined;
  /**
   * `decode` that adds the fields to an object.
   * @param diagnostics takes what is wrong in lists of sub-options.
   * @returns the octets taken, or -1 when the format does not fit: what was added then is not to be used.
   */
  decodeInto(
    value: Record<string, unknown>,
    bytes: Uint8Array,
    offset: number,
    end: number,
    diagnostics?: DiagnosticList,
  ): number;
  /** Octets of `value`. Throws RangeError that names the filter field when a number or a length does not fit. */
  encode(value: ValueOf<F>): Uint8Array;
  /** `encode` for a caller who holds the value as one of a union; the same checks at run time. */
  encodeFields(values: Readonly<Record<string, unknown>>): Uint8Array;
  /** Nodes of the fields present at `[offset, end)`, also when the format is cut short. Never throws. */
  tree(bytes: Uint8Array, offset: number, end: number, source: number): FieldNode[];
  /** Whether all reserved octets, and the bits without a name in flag words, are zero. */
  reservedIsZero(bytes: Uint8Array, offset: number, end: number): boolean;
}

/** Numbers of the format decoded so far, by name of the field. */
export type FieldNumbers = Readonly<Record<string, number>>;

/**
 * Whether a field is there.
 * @param room octets from the field to the end of the format.
 * @param bytes for the few formats where the octets of the field alone tell what they are: those that hold the
 *   field, at `at`; absent where a value is encoded.
 */
export type Condition = (
  numbers: FieldNumbers,
  room: number,
  bytes?: Uint8Array,
  at?: number,
) => boolean;

/** Octets as an earlier field counts them: `value * unit - less`. */
export interface CountedBy {
  readonly by: string;
  /** Octets of one count; default 1. */
  readonly unit?: number;
  /** Octets that the count includes and the field does not; default 0. */
  readonly less?: number;
}

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
  /** For bits that two documents use: when they mean this. */
  readonly when?: (word: number) => boolean;
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
  /** For a field that other fields, or the room left, say is there. */
  readonly when?: Condition;
}

interface UintMeta extends FieldMeta {
  readonly values?: readonly NamedValue[];
  /** Show as 0x.. */
  readonly hex?: boolean;
  /** Two's complement. */
  readonly signed?: boolean;
  /** Text of the value where name, unit and base do not say it. */
  readonly format?: (value: number, numbers: FieldNumbers) => string;
}

interface BaseField<Name extends string> extends FieldMeta {
  readonly name: Name;
}

/** Number of 1 to 4 octets. */
export interface UintField<Name extends string> extends UintMeta {
  readonly name: Name;
  readonly type: 'uint';
  readonly octets: 1 | 2 | 3 | 4;
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

/**
 * How octets are shown. `prefix`: the first octets of an IPv6 address whose other octets are zero; `address`:
 * by length IPv4 or IPv6; `dns`: names in DNS wire format; `timestamp`: 48 bits of seconds since 1970 and 16
 * bits of 1/65536 s; `ntp`: 32 bits of seconds since 1900 and 32 bits of fraction; `uint64`: a number.
 */
export type Show =
  | 'hex'
  | 'text'
  | 'mac'
  | 'address'
  | 'prefix'
  | 'dns'
  | 'timestamp'
  | 'ntp'
  | 'uint64'
  | ((octets: Uint8Array, numbers: FieldNumbers) => string);

/** Octets: a fixed number, as an earlier field counts, or all that is left. */
export interface BytesField<Name extends string> extends BaseField<Name> {
  readonly type: 'bytes';
  readonly octets: number | 'rest' | CountedBy;
  readonly show: Show;
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

/** Records one after another: as many as an earlier field says, else up to the end. */
export interface ListField<
  Name extends string,
  F extends readonly Field[] = readonly Field[],
> extends BaseField<Name> {
  readonly type: 'list';
  readonly octets: 'rest' | CountedBy;
  readonly of: Layout<F>;
  /** Field that holds the number of records. */
  readonly count?: string;
  /** Filter field of each record. */
  readonly record?: string;
}

/** Codec of a list of sub-options. Made by `tlvCodec`. */
export interface TlvCodec<O = unknown> {
  readonly definitions: ReadonlyMap<number, TlvDefinition>;
  /** Fields of Type and Length. */
  readonly header: Layout;
  /** Fields of the data of sub-options that no row takes. */
  readonly unknown: Layout;
  decode(bytes: Uint8Array, offset: number, end: number, diagnostics?: DiagnosticList): O[];
  /** Throws RangeError for a value that does not fit. */
  encode(items: readonly O[]): Uint8Array;
  tree(bytes: Uint8Array, offset: number, end: number, source: number): FieldNode[];
}

/** Row of a table of sub-options. */
export interface TlvDefinition<
  Kind extends string = string,
  F extends readonly Field[] = readonly Field[],
> {
  readonly kind: Kind;
  readonly type: number;
  readonly name: string;
  /** Filter field of the whole sub-option, where Wireshark has one. */
  readonly filter: string | undefined;
  readonly spec: Spec;
  /** Lengths the document allows, without Type and Length; undefined = any. */
  readonly lengths: readonly number[] | undefined;
  readonly repeatable: boolean;
  /** What is wrong with a value that has the right form; undefined = nothing. */
  readonly check?: (value: Readonly<Record<string, unknown>>) => string | undefined;
  readonly layout: Layout<F>;
}

/** Sub-options up to the end. */
export interface TlvField<Name extends string, O = unknown> extends BaseField<Name> {
  readonly type: 'tlvs';
  readonly octets: 'rest' | CountedBy;
  readonly codec: TlvCodec<O>;
}

/** A row of a format table. */
export type Field<Name extends string = string> =
  | UintField<Name>
  | FlagsField<Name>
  | ReservedField<Name>
  | BytesField<Name>
  | AddressField<Name>
  | AddressListField<Name>
  | ListField<Name>
  | TlvField<Name>;

type ValueOfField<F extends Field> = F extends { type: 'uint' | 'flags' }
  ? number
  : F extends { type: 'addresses' }
    ? Uint8Array[]
    : F extends { type: 'list'; of: Layout<infer Inner> }
      ? ValueOf<Inner>[]
      : F extends { type: 'tlvs'; codec: TlvCodec<infer O> }
        ? O[]
        : Uint8Array;

/** Fields that may be missing. */
type Missing = { optional: true } | { when: Condition };
type Named<F extends readonly Field[]> = Exclude<F[number], { type: 'reserved' } | Missing>;
type Optional<F extends readonly Field[]> = Extract<
  Exclude<F[number], { type: 'reserved' }>,
  Missing
>;
type Reserved<F extends readonly Field[]> = Extract<F[number], { type: 'reserved' }>;

/**
 * Value that a table decodes to and encodes from. Reserved octets appear only when they are not zero. Of a table
 * that is not known by its rows, all that can be said is that the fields have names.
 */
export type ValueOf<F extends readonly Field[]> = string extends F[number]['name']
  ? Record<string, unknown>
  : {
      [K in Named<F> as K['name']]: ValueOfField<K>;
    } & { [K in Optional<F> as K['name']]?: ValueOfField<K> } & {
      [K in Reserved<F> as K['name']]?: Uint8Array;
    };

/** Marks of rows whose field may be missing in a value. */
interface IsOptional {
  readonly optional: true;
}
interface IsConditional {
  readonly when: Condition;
}

/** A row that is there only on a condition; the same as `when` in the row. */
export function when<F extends Field>(condition: Condition, field: F): F & IsConditional {
  return { ...field, when: condition };
}

/** Declares a number. */
interface UintRow {
  <const N extends string>(name: N, meta: UintMeta & IsConditional): UintField<N> & IsConditional;
  <const N extends string>(name: N, meta: UintMeta & IsOptional): UintField<N> & IsOptional;
  <const N extends string>(name: N, meta: UintMeta): UintField<N>;
}

function uintRow(octets: 1 | 2 | 3 | 4): UintRow {
  const row = (name: string, meta: UintMeta): UintField<string> => ({
    type: 'uint',
    name,
    octets,
    ...meta,
  });
  // The overloads say what the spread keeps.
  return row as UintRow;
}

/** Unsigned 8-bit number. */
export const uint8 = uintRow(1);
/** Unsigned 16-bit number, big-endian. */
export const uint16 = uintRow(2);
/** Unsigned 24-bit number, big-endian. */
export const uint24 = uintRow(3);
/** Unsigned 32-bit number, big-endian. */
export const uint32 = uintRow(4);

type FlagsMeta = FieldMeta & Pick<FlagsField<string>, 'bits'>;

/** Word of `octets` octets whose bits have names. */
export function flags<const N extends string>(
  octets: 1 | 2 | 3 | 4,
  name: N,
  meta: FlagsMeta & IsConditional,
): FlagsField<N> & IsConditional;
export function flags<const N extends string>(
  octets: 1 | 2 | 3 | 4,
  name: N,
  meta: FlagsMeta & IsOptional,
): FlagsField<N> & IsOptional;
export function flags<const N extends string>(
  octets: 1 | 2 | 3 | 4,
  name: N,
  meta: FlagsMeta,
): FlagsField<N>;
export function flags(octets: 1 | 2 | 3 | 4, name: string, meta: FlagsMeta): FlagsField<string> {
  return { type: 'flags', name, octets, ...meta };
}

/** Reserved octets. */
export function reserved<const N extends string>(
  octets: number,
  name: N,
  filter: string,
  when?: Condition,
): ReservedField<N> {
  const field = { type: 'reserved', name, octets, label: 'Reserved', filter } as const;
  return when === undefined ? field : { ...field, when };
}

type BytesMeta = FieldMeta & { readonly show?: Show };
type BytesOctets = BytesField<string>['octets'];

/** Octets: a number, as an earlier field counts them, or `rest` for all that is left. */
export function bytesField<const N extends string>(
  octets: BytesOctets,
  name: N,
  meta: BytesMeta & IsConditional,
): BytesField<N> & IsConditional;
export function bytesField<const N extends string>(
  octets: BytesOctets,
  name: N,
  meta: BytesMeta & IsOptional,
): BytesField<N> & IsOptional;
export function bytesField<const N extends string>(
  octets: BytesOctets,
  name: N,
  meta: BytesMeta,
): BytesField<N>;
export function bytesField(octets: BytesOctets, name: string, meta: BytesMeta): BytesField<string> {
  return { type: 'bytes', name, octets, ...meta, show: meta.show ?? 'hex' };
}

/** IPv4 address. */
export function ipv4<const N extends string>(
  name: N,
  meta: FieldMeta & IsConditional,
): BytesField<N> & IsConditional;
export function ipv4<const N extends string>(name: N, meta: FieldMeta): BytesField<N>;
export function ipv4(name: string, meta: FieldMeta): BytesField<string> {
  return bytesField(4, name, { ...meta, show: 'address' });
}

interface ListMeta<F extends readonly Field[]> {
  readonly label: string;
  /** Filter field of the list; default: none, the records have theirs. */
  readonly filter?: string;
  readonly of: Layout<F>;
  readonly count?: string;
  /** Filter field of each record; default: none. */
  readonly record?: string;
  readonly octets?: CountedBy;
  readonly spec?: Spec;
}

/** Records up to the end, or as many as `count` says. */
export function list<const N extends string, const F extends readonly Field[]>(
  name: N,
  meta: ListMeta<F>,
): ListField<N, F> {
  return { type: 'list', name, filter: '', ...meta, octets: meta.octets ?? 'rest' };
}

interface TlvMeta<O> {
  readonly label: string;
  readonly filter?: string;
  readonly codec: TlvCodec<O>;
  readonly octets?: CountedBy;
  readonly spec?: Spec;
}

/** Sub-options up to the end. */
export function tlvs<const N extends string, O>(name: N, meta: TlvMeta<O>): TlvField<N, O> {
  return { type: 'tlvs', name, filter: '', ...meta, octets: meta.octets ?? 'rest' };
}

/** IPv6 address. */
export function address<const N extends string>(
  name: N,
  meta: FieldMeta & IsConditional,
): AddressField<N> & IsConditional;
export function address<const N extends string>(
  name: N,
  meta: FieldMeta & IsOptional,
): AddressField<N> & IsOptional;
export function address<const N extends string>(name: N, meta: FieldMeta): AddressField<N>;
export function address(name: string, meta: FieldMeta): AddressField<string> {
  return { type: 'address', name, octets: 16, ...meta };
}

/** IPv6 addresses up to the end of the message. */
export function addresses<const N extends string>(
  name: N,
  meta: FieldMeta & IsConditional,
): AddressListField<N> & IsConditional;
export function addresses<const N extends string>(
  name: N,
  meta: FieldMeta & IsOptional,
): AddressListField<N> & IsOptional;
export function addresses<const N extends string>(name: N, meta: FieldMeta): AddressListField<N>;
export function addresses(name: string, meta: FieldMeta): AddressListField<string> {
  return { type: 'addresses', name, octets: 'rest', ...meta };
}
