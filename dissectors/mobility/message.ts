/**
 * Declares mobility messages: the fixed part after the Mobility Header's checksum. RFC 6275 section 6.1.
 */
import { layout } from '../core/layout.ts';
import type { Field, Layout, ValueOf } from '../core/layout.ts';
import type { Spec } from '../core/node.ts';

/** Row of the message table. */
export interface MessageDefinition<
  Kind extends string = string,
  F extends readonly Field[] = readonly Field[],
> {
  readonly kind: Kind;
  readonly mhType: number;
  readonly name: string;
  readonly spec: Spec;
  /** Whether mobility options follow the fields; if not, they hold all octets. */
  readonly hasOptions: boolean;
  readonly layout: Layout<F>;
}

/** Value of one message row, without its options. */
export type MessageValueOf<D extends MessageDefinition> =
  D extends MessageDefinition<infer Kind, infer F> ? { readonly kind: Kind } & ValueOf<F> : never;

/** Declares one message. */
export function message<const Kind extends string, const F extends readonly Field[]>(row: {
  kind: Kind;
  mhType: number;
  name: string;
  spec: Spec;
  hasOptions?: boolean;
  fields: F;
}): MessageDefinition<Kind, F> {
  const { kind, mhType, name, spec, hasOptions = true, fields } = row;
  return { kind, mhType, name, spec, hasOptions, layout: layout({ name, spec, fields }) };
}
