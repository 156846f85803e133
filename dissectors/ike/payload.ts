/**
 * Declares payloads: a row says type, name and body; the generic payload header is the same for all.
 * RFC 7296 section 3.2, RFC 2408 section 3.2.
 */
import type { DiagnosticList } from '../core/diagnostic.ts';
import { bytesField, flags, layout, reserved, uint16, uint8 } from '../core/layout.ts';
import type { Field, Layout, ValueOf } from '../core/layout.ts';
import type { FieldNode, Spec } from '../core/node.ts';
import { PAYLOAD_NAMES } from './names/message.ts';

/** Octets of the generic payload header. */
export const PAYLOAD_HEADER_OCTETS = 4;
/** Bit of the octet after Next Payload. RFC 7296 section 3.2. */
export const CRITICAL = 0x80;

const nextPayload = uint8('nextPayload', {
  label: 'Next Payload',
  filter: 'isakmp.nextpayload',
  values: PAYLOAD_NAMES,
});
const payloadLength = uint16('length', {
  label: 'Payload Length',
  filter: 'isakmp.payloadlength',
  unit: 'octets',
});

/** Generic payload header of IKEv2. */
export const ikev2PayloadHeader = layout({
  name: 'Payload header',
  spec: { rfc: 7296, section: '3.2' },
  fields: [
    nextPayload,
    flags(1, 'flags', {
      label: 'Payload flags',
      filter: 'isakmp.payload_flags',
      bits: {
        critical: { mask: CRITICAL, label: 'Critical', filter: 'isakmp.criticalpayload' },
        reserved: { mask: 0x7f, label: 'Reserved', filter: 'isakmp.reserved7' },
      },
    }),
    payloadLength,
  ],
});

/** Generic payload header of IKEv1. */
export const ikev1PayloadHeader = layout({
  name: 'Payload header',
  spec: { rfc: 2408, section: '3.2' },
  fields: [nextPayload, reserved(1, 'reserved', 'isakmp.reserved'), payloadLength],
});

/** Octets of a payload that nothing decodes. */
export const payloadData = layout({
  name: 'Payload data',
  fields: [bytesField('rest', 'data', { label: 'Data', filter: 'isakmp.datapayload' })],
});

/** Octets behind what is decoded. */
export const extraData = layout({
  name: 'Extra data',
  fields: [bytesField('rest', 'data', { label: 'Extra data', filter: 'isakmp.extradata' })],
});

/** What follows the generic header. `V` is its value. */
export interface PayloadBody<V> {
  /** Every format in it, for the list of fields. */
  readonly formats: readonly Layout[];
  /**
   * Reads `[offset, end)`; undefined when it does not hold the fixed part, or holds octets that the value
   * cannot: the payload is then kept as octets. Never throws.
   */
  decode(
    bytes: Uint8Array,
    offset: number,
    end: number,
    diagnostics: DiagnosticList,
  ): V | undefined;
  /** Throws RangeError for a value that does not fit. */
  encode(value: V): Uint8Array;
  /** Nodes of what is there, also when it is cut short. Never throws. */
  tree(bytes: Uint8Array, offset: number, end: number, source: number): FieldNode[];
  /** A few words behind the name of the payload. */
  summary?(bytes: Uint8Array, offset: number, end: number): string;
}

/** Row of a payload table. */
export interface PayloadDefinition<Kind extends string = string, V = unknown> {
  readonly kind: Kind;
  /** Payload types; several where the format has moved. */
  readonly types: readonly number[];
  readonly spec: Spec;
  readonly body: PayloadBody<V>;
}

/** What every payload has. */
export interface PayloadFrame {
  /** Payload Type, as the payload before it or the header says. */
  readonly type: number;
  /** Octet after Next Payload: Critical bit (IKEv2 only) and reserved bits; absent when zero. */
  readonly flags?: number;
  /**
   * Next Payload of the last payload, absent when zero: the type of the first payload inside an encrypted one
   * (RFC 7296 section 3.14), or of octets that could not be decoded. For others the next payload says it.
   */
  readonly nextPayload?: number;
}

/** A payload of no known type, or whose body is malformed: kept as it came. */
export interface UnknownPayload extends PayloadFrame {
  readonly kind: 'unknown';
  readonly data: Uint8Array;
}

/** Value of the payloads of a table row. */
export type PayloadOf<D extends PayloadDefinition> =
  D extends PayloadDefinition<infer Kind, infer V>
    ? { readonly kind: Kind } & PayloadFrame & V
    : never;

/** Declares a payload. */
export function payload<const Kind extends string, V>(row: {
  kind: Kind;
  types: readonly number[];
  spec: Spec;
  body: PayloadBody<V>;
}): PayloadDefinition<Kind, V> {
  return row;
}

/** Nodes of a layout, and of the octets it does not take. */
export function layoutTree(
  format: Layout,
  bytes: Uint8Array,
  offset: number,
  end: number,
  source: number,
): FieldNode[] {
  const nodes = format.tree(bytes, offset, end, source);
  const last = nodes.at(-1);
  const covered = last === undefined ? offset : last.offset + last.length;
  if (covered < end) nodes.push(...payloadData.tree(bytes, covered, end, source));
  return nodes;
}

/** A check of a decoded body beyond its layout. */
type Check<V> = (value: V, offset: number, end: number, diagnostics: DiagnosticList) => void;

/** Body that is one layout. */
export function layoutBody<const F extends readonly Field[]>(
  format: Layout<F>,
  extra: {
    /** Formats inside its octets. */
    readonly formats?: readonly Layout[];
    readonly check?: Check<ValueOf<F>>;
    /** Adds nodes under those of the layout. */
    readonly refine?: (nodes: FieldNode[], bytes: Uint8Array, source: number) => void;
    readonly summary?: (value: ValueOf<F>) => string;
  } = {},
): PayloadBody<ValueOf<F>> {
  const { formats = [], check, refine, summary } = extra;
  const body: PayloadBody<ValueOf<F>> = {
    formats: [format, ...formats],
    decode(bytes, offset, end, diagnostics) {
      if (format.measure(bytes, offset, end) !== end - offset) return undefined;
      if (!format.reservedIsZero(bytes, offset, end)) {
        diagnostics.add('IKE_RESERVED', offset, end - offset, format.name);
      }
      const value = format.decode(bytes, offset, end, diagnostics);
      if (value !== undefined) check?.(value, offset, end, diagnostics);
      return value;
    },
    // The value has the fields of every payload as well.
    encode: (value) => format.encode(value),
    tree(bytes, offset, end, source) {
      const nodes = layoutTree(format, bytes, offset, end, source);
      refine?.(nodes, bytes, source);
      return nodes;
    },
  };
  if (summary === undefined) return body;
  return {
    ...body,
    summary(bytes, offset, end) {
      const value = format.decode(bytes, offset, end);
      return value === undefined ? '' : summary(value);
    },
  };
}

/** Puts the fields of `format` under the node named `name`, when all its octets are fields of the format. */
export function refineNode(
  nodes: readonly FieldNode[],
  name: string,
  format: Layout | undefined,
  bytes: Uint8Array,
  source: number,
): void {
  const node = nodes.find((item) => item.name === name);
  if (node === undefined || format === undefined) return;
  const { offset, length } = node;
  if (format.measure(bytes, offset, offset + length) !== length) return;
  node.children.push(...format.tree(bytes, offset, offset + length, source));
}

/** Number of the first node of that name; -1 when there is none. */
export function numberOf(nodes: readonly FieldNode[], name: string): number {
  const value = nodes.find((node) => node.name === name)?.value;
  return typeof value === 'number' ? value : -1;
}
