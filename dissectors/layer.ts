/**
 * What the layer dissectors share: where they are in the packet, what they found, what comes next.
 *
 * A layer dissector adds its node to the tree and names the next layer by table and key; `dissect` goes on
 * until nobody names one. No layer knows another.
 */
import type { Diagnostic, DiagnosticCode, DiagnosticList } from './core/diagnostic.ts';
import { groupNode, hexText } from './core/layout.ts';
import type { Layout } from './core/layout.ts';
import type { ByteSource, FieldNode } from './core/node.ts';
import type { Verifier } from './verification.ts';
import type { Ipv6View } from './walk.ts';

/** Tables of layer dissectors: LINKTYPE_ values, Ethertypes, IP protocol numbers, PPP protocols, UDP ports. */
export type LayerTable = 'link-type' | 'ethertype' | 'ip-protocol' | 'ppp-protocol' | 'udp-port';

/** Octets to dissect, and by which entry of which table. */
export interface LayerInput {
  readonly table: LayerTable;
  readonly key: number;
  /** Key to look up when the table has no `key`: the other port. */
  readonly otherKey?: number;
  readonly offset: number;
  readonly end: number;
}

/** Adds the nodes of one layer to `context` and says what follows; undefined = nothing. Never throws. */
export type LayerDissector = (context: LayerContext, input: LayerInput) => LayerInput | undefined;

/** What a caller with keys makes of an ESP packet. */
export interface OpenedEsp {
  /**
   * Payload Data, Padding, Pad Length and Next Header in the clear, without initialization vector and ICV
   * (RFC 4303 section 2). May be empty when `icv` is `bad`.
   */
  readonly bytes: Uint8Array;
  /** Octets of the initialization vector after the sequence number. */
  readonly ivLength: number;
  /** Octets of the integrity check value at the end. */
  readonly icvLength: number;
  readonly icv: 'good' | 'bad' | 'not-checked';
  /** Name of the security association, as the user gave it; never a key. */
  readonly association?: string;
  /** Without a key: whose checksum showed that the packet is not encrypted. */
  readonly recognisedBy?: string;
}

/**
 * Opens the ESP packet at `bytes[offset, end)`, or returns undefined when no key fits.
 * @param source normalised source address: home address under a Home Address option; 16 or 4 octets.
 * @param destination normalised destination: home address under a type 2 routing header.
 */
export type OpenEsp = (
  bytes: Uint8Array,
  offset: number,
  end: number,
  source: Uint8Array,
  destination: Uint8Array,
) => OpenedEsp | undefined;

/** What a caller with keys makes of an encrypted payload of IKEv2 (RFC 7296 section 3.14). */
export interface OpenedIke {
  /** Payloads, Padding and Pad Length in the clear. Empty when `icv` is `bad` and nothing can be read. */
  readonly bytes: Uint8Array;
  /** Octets of the initialization vector at the start. */
  readonly ivLength: number;
  /** Octets of the integrity check value at the end. */
  readonly icvLength: number;
  readonly icv: 'good' | 'bad' | 'not-checked';
  /** Payloads of all fragments, when this one is the last that was missing. RFC 7383 section 2.6. */
  readonly reassembled?: { readonly firstPayload: number; readonly bytes: Uint8Array };
  /** Name of the keys, as the user gave them; never a key. */
  readonly association?: string;
}

/**
 * Sees every IKE message at `bytes[offset, end)`, in order, and opens its encrypted payload when a key fits.
 * @param source normalised source address as for `OpenEsp`.
 * @param destination normalised destination.
 */
export type OpenIke = (
  bytes: Uint8Array,
  offset: number,
  end: number,
  source: Uint8Array,
  destination: Uint8Array,
) => OpenedIke | undefined;

/** The innermost IP header met so far. */
export interface IpLayer {
  readonly version: 4 | 6;
  readonly node: FieldNode;
  readonly hopLimit: number;
  /** Source of checksums and security associations: the home address where an option says so. */
  source: Uint8Array;
  /** Final destination; undefined when a routing header hides it in a way that is not decoded. */
  destination: Uint8Array | undefined;
  /** Next header values of the extension headers so far, in order; ESP that was opened is one of them. */
  readonly extensions: number[];
  /** Extension headers so far, as the header walk counts them. */
  extensionCount: number;
  /** Walk of the header chain: its diagnostics are those of this packet. IPv6 only. */
  readonly view: Ipv6View | undefined;
}

/** State of one dissection. */
export interface LayerContext {
  readonly sources: ByteSource[];
  readonly nodes: FieldNode[];
  /** Nodes of octets after the packet, shown last. */
  readonly trailers: FieldNode[];
  readonly diagnostics: DiagnosticList;
  /** Octets dissected now, and their index in `sources`. */
  bytes: Uint8Array;
  source: number;
  /** The capture holds less of the frame than was on the wire. */
  readonly isCut: boolean;
  /** The end of the upper layer is missing: cut, first fragment, or quoted in an error message. */
  isPartial: boolean;
  /** Node of the link header, and the filter field of octets after the packet in it. */
  link: { readonly node: FieldNode; readonly trailer: string } | undefined;
  ip: IpLayer | undefined;
  readonly openEsp: OpenEsp | undefined;
  readonly openIke: OpenIke | undefined;
  readonly verifier: Verifier | undefined;
  /** Whole packet that the fragment met first belongs to; used once. */
  reassembled: Uint8Array | undefined;
  /** The octets dissected now were put together from fragments. */
  isReassembled: boolean;
  /** Nodes of a packet quoted in an error message; undefined inside such a packet. */
  readonly dissectQuoted: ((offset: number, end: number) => FieldNode[]) | undefined;
}

/** Goes on in octets that are not those of the frame. */
export function switchSource(context: LayerContext, label: string, bytes: Uint8Array): void {
  context.source = context.sources.length;
  context.sources.push({ label, bytes });
  context.bytes = bytes;
  context.diagnostics.source = context.source;
}

/** Adds a diagnostic about octets of the current source. */
export function report(
  context: LayerContext,
  code: DiagnosticCode,
  offset: number,
  length: number,
  detail?: string,
): void {
  context.diagnostics.add(code, offset, Math.max(0, length), detail);
}

/**
 * Reports that a link header ends early; of a frame cut by the capture that says nothing.
 * @returns undefined: nothing can follow.
 */
export function reportLinkEnd(
  context: LayerContext,
  name: string,
  offset: number,
  end: number,
): LayerInput | undefined {
  if (!context.isCut && !context.isPartial) {
    report(context, 'LINK_TRUNCATED', offset, end - offset, `${end - offset} octets of ${name}`);
  }
  return undefined;
}

/** Codes that say "ends early": of no meaning where octets are missing. */
const ENDS_EARLY = new Set<DiagnosticCode>([
  'MH_TRUNCATED',
  'MH_LENGTH',
  'OPTION_TRUNCATED',
  'ICMPV6_TRUNCATED',
  'ND_OPTION_LENGTH',
  'MLD_QUERY_LENGTH',
  'MPA_PREFIX_MISSING',
  'IND_OPTION_MISSING',
  'SEND_UNSIGNED',
  'FMIPV6_OPTION_MISSING',
  'ESP_TRUNCATED',
  'UDP_TRUNCATED',
  'TCP_TRUNCATED',
  'SUBOPTION_TRUNCATED',
]);

/** Takes over the diagnostics of a decoder, without those that only say that octets are missing. */
export function adoptDiagnostics(context: LayerContext, items: readonly Diagnostic[]): void {
  for (const { code, offset, length, detail } of items) {
    if (context.isPartial && ENDS_EARLY.has(code)) continue;
    context.diagnostics.add(code, offset, length, detail);
  }
}

/** A line that no octet says directly. */
export function generatedNode(
  context: LayerContext,
  line: {
    label: string;
    name: string;
    text: string;
    value: FieldNode['value'] & {};
    offset: number;
  },
): FieldNode {
  const { label, name, text, value, offset } = line;
  const { source } = context;
  const length = 0;
  return { label, name, text, value, offset, length, source, generated: true, children: [] };
}

/**
 * Adds the node of a header at `[offset, end)`, as far as it goes.
 * @param name filter name of the protocol.
 * @param octets length of the header; default: of its fixed part.
 */
export function addHeader(
  context: LayerContext,
  header: Layout,
  name: string,
  offset: number,
  end: number,
  text = '',
  octets = header.fixedOctets,
): FieldNode {
  const { bytes, source } = context;
  const headerEnd = Math.max(offset, Math.min(end, offset + octets));
  const fields = header.tree(bytes, offset, headerEnd, source);
  const length = headerEnd - offset;
  const node = groupNode(header.name, name, text, offset, length, source, header.spec, fields);
  context.nodes.push(node);
  return node;
}

/** Gives a field that means something else here its other name. @param text default: the number in octets. */
export function renameField(
  node: FieldNode,
  from: string,
  name: string,
  label: string,
  text?: string,
): void {
  const index = node.children.findIndex((child) => child.name === from);
  const field = node.children[index];
  if (field === undefined) return;
  node.children[index] = { ...field, name, label, text: text ?? `${String(field.value)} octets` };
}

/** Shows a number in octets that the wire counts in units of `factor` octets, as Wireshark does. */
export function scaleField(node: FieldNode, name: string, factor: number): void {
  for (const parent of node.children) {
    const index = parent.children.findIndex((child) => child.name === name);
    const field = parent.children[index];
    if (field === undefined || typeof field.value !== 'number') continue;
    const value = field.value * factor;
    parent.children[index] = { ...field, value, text: `${value} octets` };
  }
}

/** Octets that nothing decodes, as a layer of their own. */
export function addData(context: LayerContext, offset: number, end: number, label = 'Data'): void {
  if (offset >= end) return;
  const { bytes, source } = context;
  const length = end - offset;
  context.nodes.push({
    label,
    name: 'data',
    text: `${length} octets`,
    offset,
    length,
    source,
    children: [
      {
        label: 'Data',
        name: 'data.data',
        text: hexText(bytes, offset, length),
        value: bytes.subarray(offset, end),
        offset,
        length,
        source,
        children: [],
      },
    ],
  });
}

/** Octets behind an IP packet, inside what carries it. */
export function addTrailer(context: LayerContext, offset: number, end: number): void {
  if (offset >= end) return;
  const { bytes, source } = context;
  const isInLink = context.ip === undefined && context.link !== undefined;
  const node: FieldNode = {
    label: 'Octets after the packet',
    name: isInLink ? (context.link?.trailer ?? 'data.data') : 'data.data',
    text: hexText(bytes, offset, end - offset),
    value: bytes.subarray(offset, end),
    offset,
    length: end - offset,
    source,
    children: [],
  };
  if (isInLink) context.link?.node.children.push(node);
  else context.trailers.push(node);
}

/**
 * Right value of a checksum field.
 * @param stored value of the field, part of the sum.
 * @param rest what the sum over pseudo-header and message leaves: 0 when `stored` is right.
 */
export function rightChecksum(stored: number, rest: number): number {
  const sum = stored + rest;
  return sum > 0xffff ? sum - 0xffff : sum;
}

/**
 * Puts the verdict on a checksum behind its field.
 * @param checksumField filter field of the checksum; the verdict is `<field>.status`: 1 correct, 0 wrong,
 *   as in Wireshark.
 */
export function addChecksumVerdict(
  context: LayerContext,
  node: FieldNode,
  checksumField: string,
  rest: number,
): string | undefined {
  const index = node.children.findIndex((child) => child.name === checksumField);
  const field = node.children[index];
  if (field === undefined || typeof field.value !== 'number') return undefined;
  const right = `0x${rightChecksum(field.value, rest).toString(16).padStart(4, '0')}`;
  const fault = rest === 0 ? undefined : `should be ${right}`;
  node.children.splice(
    index + 1,
    0,
    generatedNode(context, {
      label: 'Checksum status',
      name: `${checksumField}.status`,
      text: fault === undefined ? 'correct' : `wrong, ${fault}`,
      value: fault === undefined ? 1 : 0,
      offset: field.offset,
    }),
  );
  return fault;
}
