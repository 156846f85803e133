/**
 * What the page shows of a packet: headers in a line, octets, and the fields that prove something.
 */
import { formatMac } from '../../../dissectors/core/address.ts';
import { find } from '../../../dissectors/core/node-text.ts';
import { summarize } from '../../../dissectors/index.ts';
import type { ByteSource, FieldNode, PacketSummary } from '../../../dissectors/index.ts';
import type { PacketView } from '../../read/packet-view.ts';
import { layoutOf } from './layout.ts';
import { LIMITS } from './limits.ts';

/** What a highlighted field is about; a colour for each. */
export type MarkKind = 'link' | 'address' | 'home' | 'esp' | 'message';

/** Highlighted octets: those of a source. */
export interface Mark {
  readonly kind: MarkKind;
  readonly offset: number;
  readonly length: number;
}

/** Octets of a packet, or what was decrypted or put together from it. */
export interface Octets {
  readonly label: string;
  /** The first of them, at most `LIMITS.octets`. */
  readonly bytes: Uint8Array;
  /** How many there are. */
  readonly total: number;
  readonly marks: readonly Mark[];
}

/** A field beside the octets. */
export interface ShownMark {
  readonly kind: MarkKind;
  readonly label: string;
  /** Name in display filters. */
  readonly name: string;
  readonly text: string;
}

/** A packet of the page. */
export interface PacketFacts {
  readonly pcap_filename: string;
  readonly pcap_cnt: number;
  readonly timestamp: string;
  /** Interface it was captured on. */
  readonly link: string | undefined;
  readonly summary: PacketSummary;
  readonly layout: string;
  /** Link-layer addresses, when there are. */
  readonly linkSource: string | undefined;
  readonly linkDestination: string | undefined;
  /** Octets on the wire. */
  readonly length: number;
  /** Empty for a packet that stands in a ladder only. */
  readonly octets: readonly Octets[];
  readonly fields: readonly ShownMark[];
}

/** Fields that tell who, to whom, for whom, under which protection and what. */
const KINDS: readonly (readonly [MarkKind, RegExp])[] = [
  ['link', /^eth\.(src|dst)$/],
  ['address', /^ipv6\.(src|dst)$/],
  [
    'home',
    /^(ipv6\.opt\.mipv6\.home_address|ipv6\.routing\.mipv6\.home_address|mip6\.acoa\.acoa)$/,
  ],
  ['esp', /^(esp\.(spi|sequence|icv)|ah\.(spi|sequence|icv))$/],
  [
    'message',
    /^(mip6\.mhtype|mip6\.(nemo\.)?(bu|ba|be|hoti|coti|hot|cot|brr)\.[a-z_.]+|mip6\.bad\.[a-z]+|icmpv6\.(type|nd\.ra\.(router_lifetime|flag\.[a-z]+)|nd\.[a-z]+\.target_address|opt\.prefix(\.[a-z_]+)?|opt\.linkaddr|mip6\.[a-z_]+))$/,
  ],
];

/** Deeper fields than any real packet has are left out. */
const MAX_DEPTH = 24;
/** Marks of one packet. */
const MAX_MARKS = 200;

function kindOf(name: string): MarkKind | undefined {
  return KINDS.find(([, pattern]) => pattern.test(name))?.[0];
}

/**
 * Facts of a packet. What they hold are copies.
 * @param withOctets false for a packet that only stands in a ladder
 */
export function packetFacts(
  { record, dissection }: PacketView,
  place: { readonly file: string; readonly link: string | undefined; readonly timestamp: string },
  withOctets: boolean,
): PacketFacts {
  const { nodes, sources } = dissection;
  const marks = withOctets ? marksOf(nodes) : [];
  return {
    pcap_filename: place.file,
    pcap_cnt: record.number,
    timestamp: place.timestamp,
    link: place.link,
    summary: summarize(dissection),
    layout: layoutOf(nodes),
    linkSource: macOf(nodes, 'eth.src'),
    linkDestination: macOf(nodes, 'eth.dst'),
    length: record.originalLength,
    octets: withOctets ? sources.map((source, i) => octetsOf(source, i, marks)) : [],
    fields: shownMarks(marks),
  };
}

interface MarkedField extends Mark {
  readonly node: FieldNode;
}

/** Marked fields in the order of the tree. */
function marksOf(nodes: readonly FieldNode[]): MarkedField[] {
  const found: MarkedField[] = [];
  const visit = (list: readonly FieldNode[], depth: number): void => {
    for (const node of list) {
      if (found.length >= MAX_MARKS) return;
      const kind = node.name === undefined ? undefined : kindOf(node.name);
      if (kind !== undefined && node.length > 0 && node.generated !== true) {
        found.push({ kind, offset: node.offset, length: node.length, node });
      }
      if (depth < MAX_DEPTH) visit(node.children, depth + 1);
    }
  };
  visit(nodes, 0);
  return found;
}

function octetsOf(
  { label, bytes }: ByteSource,
  index: number,
  marks: readonly MarkedField[],
): Octets {
  return {
    label,
    bytes: bytes.slice(0, LIMITS.octets),
    total: bytes.length,
    marks: marks
      .filter(({ node }) => node.source === index)
      .map(({ kind, offset, length }) => ({ kind, offset, length })),
  };
}

/** Fields in words, each once; flags that are not set say nothing. */
function shownMarks(marks: readonly MarkedField[]): ShownMark[] {
  const shown = new Map<string, ShownMark>();
  for (const { kind, node } of marks) {
    if (node.mask !== undefined && node.value === 0) continue;
    const { name = '', label, text } = node;
    const key = `${name} ${text}`;
    if (shown.size < LIMITS.fields && !shown.has(key)) shown.set(key, { kind, label, name, text });
  }
  return [...shown.values()];
}

function macOf(nodes: readonly FieldNode[], name: string): string | undefined {
  const value = find(nodes, name)?.value;
  return value instanceof Uint8Array && value.length === 6 ? formatMac(value, 0, 6) : undefined;
}
