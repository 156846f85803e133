/**
 * Declares ICMPv6 messages: what follows the common header (type, code, checksum). RFC 4443 section 2.1.
 */
import { layout } from '../core/layout.ts';
import type { Field, Layout, NamedValue, ValueOf } from '../core/layout.ts';
import type { Spec } from '../core/node.ts';

/** Row of the ICMPv6 message table. */
export interface Icmpv6Definition<
  Kind extends string = string,
  F extends readonly Field[] = readonly Field[],
  HasOptions extends boolean = boolean,
> {
  readonly kind: Kind;
  readonly type: number;
  /** First octet after the checksum where it tells messages of one type apart; not part of `layout`. */
  readonly subtype: number | undefined;
  /** Codes that mean this message where other codes mean another one. */
  readonly forCodes: readonly number[] | undefined;
  /** Octets of the whole message, type to end, that mean this one where other lengths mean another one. */
  readonly forLengths: { readonly from: number; readonly to: number } | undefined;
  readonly name: string;
  readonly spec: Spec;
  /** Names of the codes. */
  readonly codes: readonly NamedValue[];
  /** Whether neighbor discovery options follow the fixed part. */
  readonly hasOptions: HasOptions;
  /** Whether the last field holds the packet that the message is about. */
  readonly quotesPacket: boolean;
  /** Fixed part after the 4 octets of the common header and, where it is declared, the subtype. */
  readonly layout: Layout<F>;
}

/** Value of one message row, without its options. */
export type Icmpv6ValueOf<D extends Icmpv6Definition, Option> =
  D extends Icmpv6Definition<infer Kind, infer F, infer HasOptions>
    ? { readonly kind: Kind; readonly code: number } & ValueOf<F> &
        (HasOptions extends true ? { readonly options: readonly Option[] } : unknown)
    : never;

interface Row<Kind extends string, F extends readonly Field[]> {
  kind: Kind;
  type: number;
  subtype?: number;
  forCodes?: readonly number[];
  forLengths?: { from: number; to: number };
  name: string;
  spec: Spec;
  codes?: readonly NamedValue[];
  fields: F;
}

/** Codes of the messages that have only code 0. */
const CODE_ZERO: readonly NamedValue[] = [{ value: 0, name: 'none' }];

function definition<const Kind extends string, const F extends readonly Field[], H extends boolean>(
  row: Row<Kind, F>,
  hasOptions: H,
  quotesPacket: boolean,
): Icmpv6Definition<Kind, F, H> {
  const { kind, type, name, spec, codes = CODE_ZERO, fields } = row;
  return {
    kind,
    type,
    subtype: row.subtype,
    forCodes: row.forCodes,
    forLengths: row.forLengths,
    name,
    spec,
    codes,
    hasOptions,
    quotesPacket,
    layout: layout({ name, spec, fields }),
  };
}

/** Declares a message without options. */
export function icmpv6Message<const Kind extends string, const F extends readonly Field[]>(
  row: Row<Kind, F> & { quotesPacket?: boolean },
): Icmpv6Definition<Kind, F, false> {
  return definition(row, false, row.quotesPacket ?? false);
}

/** Declares a message that ends in neighbor discovery options. RFC 4861 section 4. */
export function icmpv6MessageWithOptions<
  const Kind extends string,
  const F extends readonly Field[],
>(row: Row<Kind, F>): Icmpv6Definition<Kind, F, true> {
  return definition(row, true, false);
}
