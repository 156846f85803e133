/**
 * Rows of format tables: what a field is, and the value it stands for.
 */
import type { Spec } from './node.ts';

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

/** A row of a format table. */
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
