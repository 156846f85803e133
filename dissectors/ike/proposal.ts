/**
 * Proposals and their transforms, which both versions frame alike. RFC 7296 sections 3.3.1 and 3.3.2,
 * RFC 2408 sections 3.5 and 3.6.
 */
import { copyOctets, u16, u8 } from '../core/bytes.ts';
import type { DiagnosticList } from '../core/diagnostic.ts';
import {
  bytesField,
  concatenate,
  layout,
  nameOfValue,
  reserved,
  uint16,
  uint8,
  valueNode,
} from '../core/layout.ts';
import type { Layout, NamedValue } from '../core/layout.ts';
import type { FieldNode, Spec } from '../core/node.ts';
import { PAYLOAD_NAMES } from './names/message.ts';
import { extraData, layoutTree, payloadData } from './payload.ts';
import { findRecords, reportRun } from './records.ts';
import type { RecordKind, RecordRun } from './records.ts';

/** Most proposals decoded in one Security Association payload. */
export const MAX_PROPOSALS = 128;
/** Most transforms decoded in one proposal: their count is one octet. */
export const MAX_TRANSFORMS = 255;

/** Octets that are framed as a proposal or transform and too short to be one: kept as they came. */
export interface MalformedSubstructure {
  readonly kind: 'malformed';
  /** The whole structure with its length. */
  readonly data: Uint8Array;
}

/** What proposals and transforms have beside their content; absent where it is what the RFC says. */
export interface SubstructureFrame {
  /** First octet, when it is not 0 in the last structure and 2 (proposals) or 3 (transforms) in others. */
  readonly next?: number;
  /** The octet after it, when not zero. */
  readonly reserved?: Uint8Array;
}

/** A proposal with transforms of type `T`. */
export interface IkeProposal<T> extends SubstructureFrame {
  readonly kind: 'proposal';
  readonly number: number;
  readonly protocolId: number;
  /** 0 octets in the first exchange of IKEv2, else 4 (AH, ESP), 8 (IKE) or as the sender likes. */
  readonly spi: Uint8Array;
  /** Number of transforms as sent, when it is not the number of those that follow. */
  readonly transformCount?: number;
  readonly transforms: readonly (T | MalformedSubstructure)[];
  /** Octets behind the last transform; absent when there are none. */
  readonly rest?: Uint8Array;
}

/** Proposals, and the octets behind them that are none. */
export interface ProposalList<T> {
  readonly proposals: readonly (IkeProposal<T> | MalformedSubstructure)[];
  readonly rest?: Uint8Array;
}

/** Rows that begin proposals and transforms. */
export const substructureRows = [
  uint8('next', {
    label: 'Last Substructure',
    filter: 'isakmp.nextpayload',
    values: PAYLOAD_NAMES,
  }),
  reserved(1, 'reserved', 'isakmp.reserved'),
  uint16('length', { label: 'Length', filter: 'isakmp.payloadlength', unit: 'octets' }),
] as const;

/** First octets, of a structure whose length does not fit. */
const frame = layout({ name: 'Substructure', fields: substructureRows });

const NEXT_PROPOSAL = 2;
const NEXT_TRANSFORM = 3;
const FRAME_OCTETS = 4;

/** Transforms of one version. */
export interface TransformCodec<T> {
  readonly formats: readonly Layout[];
  /** @returns undefined when the fixed part does not fit. */
  decode(
    bytes: Uint8Array,
    offset: number,
    end: number,
    protocolId: number,
    next: number | undefined,
    diagnostics: DiagnosticList,
  ): T | undefined;
  /** @param next first octet, for a transform that does not hold one. */
  encode(transform: T, next: number): Uint8Array;
  tree(
    bytes: Uint8Array,
    offset: number,
    end: number,
    protocolId: number,
    source: number,
  ): FieldNode[];
  /** A few words of the transform. */
  summary(bytes: Uint8Array, offset: number, end: number, protocolId: number): string;
}

/** Proposals of one version. */
export interface ProposalCodec<T> {
  readonly formats: readonly Layout[];
  decode(
    bytes: Uint8Array,
    offset: number,
    end: number,
    diagnostics: DiagnosticList,
  ): ProposalList<T>;
  encode(list: ProposalList<T>): Uint8Array;
  tree(bytes: Uint8Array, offset: number, end: number, source: number): FieldNode[];
}

function structures(limit: number): RecordKind {
  return {
    limit,
    octets(bytes, at, end) {
      if (at + FRAME_OCTETS > end) return -1;
      const octets = u16(bytes, at + 2);
      return octets < FRAME_OCTETS || at + octets > end ? -1 : octets;
    },
    isLast: (bytes, at) => u8(bytes, at) === 0,
  };
}

const proposalRun = structures(MAX_PROPOSALS);
const transformRun = structures(MAX_TRANSFORMS);

/** First octets that are not what the place of the structure says; undefined for the right ones. */
function unexpectedNext(
  run: RecordRun,
  index: number,
  more: number,
  bytes: Uint8Array,
  diagnostics: DiagnosticList,
): number | undefined {
  const at = run.starts[index] ?? 0;
  const next = u8(bytes, at);
  const isLast = index === run.starts.length - 1;
  if (next === (isLast ? 0 : more)) return undefined;
  // The last structure may say that more follow when those could not be read: that is reported already.
  if (!isLast || next !== more || run.stop === 'end') {
    diagnostics.add('IKE_NEXT', at, 1, `${next}, expected ${isLast ? 0 : more}`);
  }
  return next;
}

const malformed = (bytes: Uint8Array, from: number, to: number): MalformedSubstructure => ({
  kind: 'malformed',
  data: copyOctets(bytes, from, to),
});

/** Builds the codec of proposals. */
export function proposalCodec<T extends { readonly kind: 'transform' }>(row: {
  spec: Spec;
  protocols: readonly NamedValue[];
  transform: TransformCodec<T>;
}): ProposalCodec<T> {
  const { spec, protocols, transform: codec } = row;
  const head = layout({
    name: 'Proposal',
    spec,
    fields: [
      ...substructureRows,
      uint8('number', { label: 'Proposal Number', filter: 'isakmp.prop.number' }),
      uint8('protocolId', {
        label: 'Protocol ID',
        filter: 'isakmp.prop.protoid',
        values: protocols,
      }),
      uint8('spiSize', { label: 'SPI Size', filter: 'isakmp.spisize', unit: 'octets' }),
      uint8('transformCount', {
        label: 'Number of Transforms',
        filter: 'isakmp.prop.transforms',
      }),
      bytesField({ by: 'spiSize' }, 'spi', { label: 'SPI', filter: 'isakmp.spi' }),
    ],
  });
  const PROTOCOL = head.offsetOf('protocolId');

  function decodeProposal(
    bytes: Uint8Array,
    offset: number,
    end: number,
    next: number | undefined,
    diagnostics: DiagnosticList,
  ): IkeProposal<T> | MalformedSubstructure {
    const value = head.decode(bytes, offset, end);
    if (value === undefined) {
      diagnostics.add('IKE_PAYLOAD_MALFORMED', offset, end - offset, 'proposal');
      return malformed(bytes, offset, end);
    }
    const { number, protocolId, spi, transformCount } = value;
    if (value.reserved !== undefined) diagnostics.add('IKE_RESERVED', offset + 1, 1, 'proposal');
    const from = offset + head.fixedOctets + spi.length;
    const run = findRecords(transformRun, bytes, from, end);
    reportRun(run, end, 'transform', diagnostics);
    const transforms = run.starts.map((at, i) => {
      const to = run.ends[i] ?? at;
      const found = unexpectedNext(run, i, NEXT_TRANSFORM, bytes, diagnostics);
      const decoded = codec.decode(bytes, at, to, protocolId, found, diagnostics);
      if (decoded === undefined) {
        diagnostics.add('IKE_PAYLOAD_MALFORMED', at, to - at, 'transform');
      }
      return decoded ?? malformed(bytes, at, to);
    });
    const isCounted = transformCount === transforms.length;
    if (!isCounted) {
      const text = `${transformCount} transforms announced, ${transforms.length} found`;
      diagnostics.add('IKE_COUNT', offset, head.fixedOctets, text);
    }
    return {
      kind: 'proposal',
      number,
      protocolId,
      spi,
      transforms,
      ...(isCounted ? {} : { transformCount }),
      ...(next === undefined ? {} : { next }),
      ...(value.reserved === undefined ? {} : { reserved: value.reserved }),
      ...(run.rest < end ? { rest: copyOctets(bytes, run.rest, end) } : {}),
    };
  }

  function encodeProposal(
    proposal: IkeProposal<T> | MalformedSubstructure,
    isLast: boolean,
  ): Uint8Array {
    if (proposal.kind === 'malformed') return proposal.data;
    const { spi, transforms } = proposal;
    const body = transforms.map((item, i) =>
      item.kind === 'malformed'
        ? item.data
        : codec.encode(item, i === transforms.length - 1 ? 0 : NEXT_TRANSFORM),
    );
    if (proposal.rest !== undefined) body.push(proposal.rest);
    const octets = concatenate(body);
    const start = head.encode({
      next: proposal.next ?? (isLast ? 0 : NEXT_PROPOSAL),
      length: head.fixedOctets + spi.length + octets.length,
      number: proposal.number,
      protocolId: proposal.protocolId,
      spiSize: spi.length,
      transformCount: proposal.transformCount ?? transforms.length,
      spi,
      ...(proposal.reserved === undefined ? {} : { reserved: proposal.reserved }),
    });
    return concatenate([start, octets]);
  }

  function proposalNode(bytes: Uint8Array, offset: number, end: number, source: number): FieldNode {
    const octets = head.measure(bytes, offset, end);
    const headEnd = octets < 0 ? end : offset + octets;
    const children = layoutTree(head, bytes, offset, headEnd, source);
    let words = 'malformed';
    if (octets >= 0) {
      const protocolId = u8(bytes, offset + PROTOCOL);
      const run = findRecords(transformRun, bytes, headEnd, end);
      const texts: string[] = [];
      for (const [i, at] of run.starts.entries()) {
        const to = run.ends[i] ?? at;
        const text = codec.summary(bytes, at, to, protocolId);
        texts.push(text);
        const fields = codec.tree(bytes, at, to, protocolId, source);
        children.push(
          substructureNode(NEXT_TRANSFORM, `Transform: ${text}`, at, to, source, spec, fields),
        );
      }
      children.push(...restNodes(run, NEXT_TRANSFORM, bytes, end, source, spec));
      const protocol = nameOfValue(protocols, protocolId) ?? `protocol ${protocolId}`;
      words = `${u8(bytes, offset + FRAME_OCTETS)}, ${protocol}: ${texts.join(', ')}`;
    }
    return substructureNode(
      NEXT_PROPOSAL,
      `Proposal ${words}`,
      offset,
      end,
      source,
      spec,
      children,
    );
  }

  return {
    formats: [head, ...codec.formats],

    decode(bytes, offset, end, diagnostics) {
      const run = findRecords(proposalRun, bytes, offset, end);
      reportRun(run, end, 'proposal', diagnostics);
      const proposals = run.starts.map((at, i) => {
        const next = unexpectedNext(run, i, NEXT_PROPOSAL, bytes, diagnostics);
        return decodeProposal(bytes, at, run.ends[i] ?? at, next, diagnostics);
      });
      return run.rest < end ? { proposals, rest: copyOctets(bytes, run.rest, end) } : { proposals };
    },

    encode({ proposals, rest }) {
      const parts = proposals.map((item, i) => encodeProposal(item, i === proposals.length - 1));
      return concatenate(rest === undefined ? parts : [...parts, rest]);
    },

    tree(bytes, offset, end, source) {
      const run = findRecords(proposalRun, bytes, offset, end);
      const nodes = run.starts.map((at, i) => proposalNode(bytes, at, run.ends[i] ?? at, source));
      nodes.push(...restNodes(run, NEXT_PROPOSAL, bytes, end, source, spec));
      return nodes;
    },
  };
}

/** Proposals and transforms are shown as payloads of types 2 and 3, as Wireshark does. */
function substructureNode(
  type: number,
  text: string,
  offset: number,
  end: number,
  source: number,
  spec: Spec,
  children: FieldNode[],
): FieldNode {
  const length = end - offset;
  return valueNode(
    'Payload',
    'isakmp.typepayload',
    text,
    type,
    offset,
    length,
    source,
    spec,
    children,
  );
}

/** Octets behind the structures; of one whose length does not fit the first fields can be read. */
function restNodes(
  run: RecordRun,
  type: number,
  bytes: Uint8Array,
  end: number,
  source: number,
  spec: Spec,
): FieldNode[] {
  const { rest, stop } = run;
  if (rest >= end) return [];
  const from = rest + FRAME_OCTETS;
  if (stop !== 'length' || from > end) return extraData.tree(bytes, rest, end, source);
  const fields = frame.tree(bytes, rest, from, source);
  fields.push(...payloadData.tree(bytes, from, end, source));
  const name = type === NEXT_PROPOSAL ? 'Proposal' : 'Transform';
  return [substructureNode(type, `${name}: length does not fit`, rest, end, source, spec, fields)];
}
