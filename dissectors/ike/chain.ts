/**
 * The chain of payloads: each says the type of the next. RFC 7296 section 3.2, RFC 2408 section 3.2.
 */
import { copyOctets, u16, u8 } from '../core/bytes.ts';
import type { DiagnosticList } from '../core/diagnostic.ts';
import { concatenate, nameOfValue, valueNode } from '../core/layout.ts';
import type { Layout } from '../core/layout.ts';
import type { FieldNode, Spec } from '../core/node.ts';
import { PAYLOAD_NAMES } from './names/message.ts';
import {
  CRITICAL,
  PAYLOAD_HEADER_OCTETS,
  extraData,
  ikev2PayloadHeader,
  layoutTree,
  payloadData,
} from './payload.ts';
import type { PayloadDefinition, PayloadFrame, UnknownPayload } from './payload.ts';

/** Most payloads decoded in one message. */
export const MAX_PAYLOADS = 128;

/** A chain as decoded. */
export interface PayloadChain<P> {
  readonly payloads: readonly P[];
  /** Octets behind the last payload that could be decoded; absent when there are none. */
  readonly rest?: Uint8Array;
}

/** Payloads of one version. */
export interface ChainCodec<P> {
  readonly formats: readonly Layout[];
  /**
   * Decodes a chain at `[offset, end)`: after the header, or decrypted octets. Never throws.
   * @param first type of the first payload: Next Payload of the header or of the encrypted payload.
   */
  decode(
    first: number,
    bytes: Uint8Array,
    offset: number,
    end: number,
    diagnostics: DiagnosticList,
  ): PayloadChain<P>;
  /** Octets of a chain. Throws RangeError for a value that does not fit. */
  encode(chain: PayloadChain<P>): Uint8Array;
  /** Nodes of the payloads at `[offset, end)`. Never throws. */
  tree(first: number, bytes: Uint8Array, offset: number, end: number, source: number): FieldNode[];
}

interface Frames {
  readonly types: number[];
  readonly starts: number[];
  readonly ends: number[];
  /** First octet behind the last payload. */
  rest: number;
  /** `trailing`: the last payload says that none follows; `missing`: one is announced and does not fit. */
  stop: 'end' | 'trailing' | 'missing' | 'limit';
  /** Type announced last. */
  next: number;
}

/** Finds payloads. @param closing types that end the chain: their Next Payload is that of what is inside. */
function framesOf(
  first: number,
  bytes: Uint8Array,
  offset: number,
  end: number,
  closing: ReadonlySet<number>,
): Frames {
  const frames: Frames = {
    types: [],
    starts: [],
    ends: [],
    rest: offset,
    stop: 'end',
    next: first,
  };
  while (frames.next !== 0) {
    const at = frames.rest;
    if (frames.types.length >= MAX_PAYLOADS) {
      frames.stop = 'limit';
      return frames;
    }
    const length = at + PAYLOAD_HEADER_OCTETS > end ? 0 : u16(bytes, at + 2);
    if (length < PAYLOAD_HEADER_OCTETS || at + length > end) {
      frames.stop = 'missing';
      return frames;
    }
    const type = frames.next;
    frames.types.push(type);
    frames.starts.push(at);
    frames.ends.push(at + length);
    frames.rest = at + length;
    frames.next = closing.has(type) ? 0 : u8(bytes, at);
  }
  if (frames.rest < end) frames.stop = 'trailing';
  return frames;
}

function reportFrames(
  frames: Frames,
  bytes: Uint8Array,
  end: number,
  diagnostics: DiagnosticList,
): void {
  const { rest, stop, next } = frames;
  const left = end - rest;
  if (stop === 'trailing') diagnostics.add('IKE_TRAILING', rest, left, `${left} octets`);
  if (stop === 'limit') diagnostics.add('IKE_LIMIT', rest, left, `${MAX_PAYLOADS} payloads`);
  if (stop !== 'missing') return;
  const length = left < PAYLOAD_HEADER_OCTETS ? 'no header' : `length ${u16(bytes, rest + 2)}`;
  diagnostics.add('IKE_PAYLOAD_LENGTH', rest, left, `type ${next}, ${length}, ${left} octets left`);
}

/** What a version says about its payloads. */
interface ChainRules {
  readonly spec: Spec;
  readonly header: Layout;
  /** Whether the first bit after Next Payload is the Critical bit. */
  readonly hasCritical: boolean;
  readonly closing: readonly number[];
}

/** Builds the codec of all payloads of a version; two rows of one type are refused. */
export function chainCodec<P extends PayloadFrame & { readonly kind: string }>(
  definitions: readonly PayloadDefinition[],
  rules: ChainRules,
): ChainCodec<P> {
  const { spec, header, hasCritical } = rules;
  const closing = new Set(rules.closing);
  const byType = new Map<number, PayloadDefinition>();
  const byKind = new Map<string, PayloadDefinition>();
  for (const row of definitions) {
    byKind.set(row.kind, row);
    for (const type of row.types) {
      if (byType.has(type)) throw new Error(`payload ${type} is declared twice`);
      byType.set(type, row);
    }
  }
  if (byKind.size !== definitions.length) throw new Error('a kind of payload is declared twice');

  function reportFlags(
    isKnown: boolean,
    type: number,
    octet: number,
    at: number,
    diagnostics: DiagnosticList,
  ): void {
    const isCritical = hasCritical && (octet & CRITICAL) !== 0;
    if (!isKnown) {
      diagnostics.add(isCritical ? 'IKE_CRITICAL' : 'IKE_PAYLOAD_UNKNOWN', at, 1, `type ${type}`);
    } else if (isCritical) diagnostics.add('IKE_CRITICAL_DEFINED', at + 1, 1, `type ${type}`);
    const reservedBits = hasCritical ? octet & ~CRITICAL : octet;
    if (reservedBits !== 0) diagnostics.add('IKE_RESERVED', at + 1, 1, `payload type ${type}`);
  }

  function decodePayload(
    type: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    isLast: boolean,
    diagnostics: DiagnosticList,
  ): P {
    const row = byType.get(type);
    const octet = u8(bytes, start + 1);
    const next = u8(bytes, start);
    reportFlags(row !== undefined, type, octet, start, diagnostics);
    const frame: PayloadFrame = {
      type,
      ...(octet === 0 ? {} : { flags: octet }),
      ...(isLast && next !== 0 ? { nextPayload: next } : {}),
    };
    const from = start + PAYLOAD_HEADER_OCTETS;
    const body = row?.body.decode(bytes, from, end, diagnostics);
    const isDecoded = row !== undefined && typeof body === 'object';
    if (row !== undefined && !isDecoded) {
      const name = nameOfValue(PAYLOAD_NAMES, type) ?? row.kind;
      diagnostics.add('IKE_PAYLOAD_MALFORMED', start, end - start, `${name}: ${end - from} octets`);
    }
    const value: PayloadFrame & { readonly kind: string } = isDecoded
      ? { ...frame, kind: row.kind, ...body }
      : { ...frame, kind: 'unknown', ...{ data: copyOctets(bytes, from, end) } };
    // Rows are those of `P`: body and kind are of one row.
    return value as P;
  }

  function bodyOf(item: PayloadFrame & { readonly kind: string }): Uint8Array {
    if (item.kind === 'unknown') return (item as UnknownPayload).data;
    const row = byKind.get(item.kind);
    if (row?.types.includes(item.type) !== true) {
      throw new RangeError(`isakmp.typepayload: ${item.type} is not the type of ${item.kind}`);
    }
    return row.body.encode(item);
  }

  function payloadNode(
    type: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    source: number,
  ): FieldNode {
    const row = byType.get(type);
    const from = start + PAYLOAD_HEADER_OCTETS;
    const children = header.tree(bytes, start, from, source);
    children.push(...(row === undefined ? payloadData : row.body).tree(bytes, from, end, source));
    const words = row?.body.summary?.(bytes, from, end) ?? '';
    const name = `${nameOfValue(PAYLOAD_NAMES, type) ?? 'unknown'} (${type})`;
    const text = words === '' ? name : `${name}: ${words}`;
    const length = end - start;
    const rule = row?.spec ?? spec;
    return valueNode(
      'Payload',
      'isakmp.typepayload',
      text,
      type,
      start,
      length,
      source,
      rule,
      children,
    );
  }

  return {
    formats: [header, payloadData, extraData, ...definitions.flatMap(({ body }) => body.formats)],

    decode(first, bytes, offset, end, diagnostics) {
      const frames = framesOf(first, bytes, offset, end, closing);
      const payloads = frames.types.map((type, i) => {
        const start = frames.starts[i] ?? offset;
        const isLast = i === frames.types.length - 1;
        return decodePayload(type, bytes, start, frames.ends[i] ?? start, isLast, diagnostics);
      });
      reportFrames(frames, bytes, end, diagnostics);
      const { rest } = frames;
      return rest < end ? { payloads, rest: copyOctets(bytes, rest, end) } : { payloads };
    },

    encode({ payloads, rest }) {
      const parts: Uint8Array[] = [];
      payloads.forEach((item, i) => {
        const octets = bodyOf(item);
        // Both versions have the same four octets here.
        const start = ikev2PayloadHeader.encode({
          nextPayload: payloads[i + 1]?.type ?? item.nextPayload ?? 0,
          flags: item.flags ?? 0,
          length: PAYLOAD_HEADER_OCTETS + octets.length,
        });
        parts.push(start, octets);
      });
      return concatenate(rest === undefined ? parts : [...parts, rest]);
    },

    tree(first, bytes, offset, end, source) {
      const frames = framesOf(first, bytes, offset, end, closing);
      const nodes = frames.types.map((type, i) => {
        const start = frames.starts[i] ?? offset;
        return payloadNode(type, bytes, start, frames.ends[i] ?? start, source);
      });
      const { rest, stop, next } = frames;
      if (rest >= end) return nodes;
      if (stop === 'missing' && end - rest >= PAYLOAD_HEADER_OCTETS) {
        // A payload whose length does not fit: its header can be read.
        const from = rest + PAYLOAD_HEADER_OCTETS;
        const children = header.tree(bytes, rest, from, source);
        children.push(...layoutTree(payloadData, bytes, from, end, source));
        const text = `${nameOfValue(PAYLOAD_NAMES, next) ?? 'unknown'} (${next}): length does not fit`;
        const length = end - rest;
        nodes.push(
          valueNode(
            'Payload',
            'isakmp.typepayload',
            text,
            next,
            rest,
            length,
            source,
            spec,
            children,
          ),
        );
      } else nodes.push(...extraData.tree(bytes, rest, end, source));
      return nodes;
    },
  };
}
