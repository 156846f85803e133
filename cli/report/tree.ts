/**
 * The tree of a packet's fields and its octets, as text.
 */
import { DIAGNOSTICS } from '../../dissectors/core/diagnostic.ts';
import { u8 } from '../../dissectors/core/bytes.ts';
import type { ByteSource, Dissection, FieldNode } from '../../dissectors/index.ts';
import type { Paint, Style } from './palette.ts';
import { safeText } from './safe-text.ts';

const OCTETS_PER_LINE = 16;
/** Deeper nodes are not indented further: a hostile packet must not make lines of megabytes. */
const MAX_DEPTH = 24;

const SEVERITY: Readonly<Record<string, Style>> = { error: 'bad', warn: 'warning' };

/** What to show beside the dissected headers, and of which to leave out the fields. */
export interface TreeOptions {
  /** Shown first: the frame as captured. */
  readonly before?: readonly FieldNode[];
  /** Shown after the headers: what was found about the packet. */
  readonly after?: readonly FieldNode[];
  /** Names of the layers whose fields are shown; the others are one line each. Default: all. */
  readonly only?: ReadonlySet<string> | undefined;
}

/** The tree and what is wrong with the packet, each line ended by a line feed. */
export function treeText(dissection: Dissection, paint: Paint, options: TreeOptions = {}): string {
  const { sources, nodes, diagnostics } = dissection;
  const { before = [], after = [], only } = options;
  let text = '';
  const add = (node: FieldNode, depth: number): void => {
    text += nodeLine(node, depth, sources, paint);
    for (const child of node.children) add(child, Math.min(depth + 1, MAX_DEPTH));
  };
  const addLayer = (node: FieldNode): void => {
    if (only === undefined || only.has(node.name ?? '')) add(node, 0);
    else text += nodeLine(node, 0, sources, paint);
  };
  for (const node of before) addLayer(node);
  for (const node of nodes) addLayer(node);
  for (const { code, offset, length, source, detail } of diagnostics) {
    const { severity, text: meaning, ...rest } = DIAGNOSTICS[code];
    const said = detail === undefined ? meaning : `${meaning}: ${detail}`;
    const spec = 'spec' in rest ? `, RFC ${rest.spec.rfc} section ${rest.spec.section}` : '';
    const line = safeText(`${severity.toUpperCase()} ${code}: ${said}${spec}`);
    const place = rangeText(offset, length, source, sources);
    text += `  ${paint(SEVERITY[severity] ?? 'dim', line)}${paint('dim', place)}\n`;
  }
  for (const node of after) addLayer(node);
  return text;
}

function nodeLine(
  node: FieldNode,
  depth: number,
  sources: readonly ByteSource[],
  paint: Paint,
): string {
  const { label, text, offset, length, source, spec } = node;
  const isHeader = depth === 0;
  const value = text === '' ? '' : `: ${text}`;
  const where = node.generated === true ? ' [derived]' : rangeText(offset, length, source, sources);
  const document = isHeader && spec !== undefined ? ` RFC ${spec.rfc} section ${spec.section}` : '';
  const indent = '  '.repeat(depth + 1);
  const name = paint(isHeader ? 'bold' : 'plain', safeText(label));
  return `${indent}${name}${safeText(value)}${paint('dim', where + document)}\n`;
}

/** ` [14-53]`; other octets than the frame's are named. */
function rangeText(
  offset: number,
  length: number,
  source: number,
  sources: readonly ByteSource[],
): string {
  if (length === 0) return '';
  const name = source === 0 ? '' : `${sources[source]?.label ?? `source ${source}`} `;
  const range = length === 1 ? `${offset}` : `${offset}-${offset + length - 1}`;
  return ` [${name}${range}]`;
}

/** Octets to mark in a dump. */
export interface OctetRange {
  readonly source: number;
  readonly offset: number;
  readonly length: number;
}

/** How octets are marked: in colour where there is colour, otherwise with brackets. */
export interface Marks {
  readonly ranges: readonly OctetRange[];
  readonly brackets: boolean;
}

const NO_MARKS: Marks = { ranges: [], brackets: false };

/** The octets of the frame and of everything made from it, 16 a line. */
export function hexText(sources: readonly ByteSource[], paint: Paint, marks = NO_MARKS): string {
  let text = '';
  sources.forEach(({ label, bytes }, source) => {
    text += `  ${paint('dim', `${safeText(label)}, ${bytes.length} octets`)}\n`;
    const ranges = marks.ranges.filter((range) => range.source === source);
    for (let at = 0; at < bytes.length; at += OCTETS_PER_LINE) {
      const touching = ranges.filter(
        ({ offset, length }) => offset < at + OCTETS_PER_LINE && offset + length > at,
      );
      text += `  ${hexLine(bytes, at, paint, { ...marks, ranges: touching })}\n`;
    }
  });
  return text;
}

function hexLine(bytes: Uint8Array, at: number, paint: Paint, marks: Marks): string {
  const { ranges, brackets } = marks;
  const isMarked = (octet: number): boolean =>
    ranges.some(({ offset, length }) => octet >= offset && octet < offset + length);
  let hex = '';
  let characters = '';
  let wasMarked = false;
  for (let i = 0; i <= OCTETS_PER_LINE; i++) {
    const isOctet = i < OCTETS_PER_LINE && at + i < bytes.length;
    const isNow = isOctet && isMarked(at + i);
    const closing = brackets && wasMarked && !isNow ? ']' : ' ';
    const opening = brackets && isNow && !wasMarked ? '[' : ' ';
    // Between two octets one column, in the middle of the line two.
    if (i === OCTETS_PER_LINE / 2) hex += `${closing}${opening}`;
    else hex += closing === ']' ? closing : opening;
    wasMarked = isNow;
    if (i === OCTETS_PER_LINE) break;
    if (!isOctet) {
      hex += '  ';
      continue;
    }
    const octet = u8(bytes, at + i);
    const digits = octet.toString(16).padStart(2, '0');
    hex += isNow && !brackets ? paint('mark', digits) : digits;
    characters += octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : '.';
  }
  return `${paint('dim', at.toString(16).padStart(4, '0'))} ${hex} ${characters}`;
}

/** A line for each selected field: where its octets are, and what they say. */
export function selectionText(
  fields: readonly FieldNode[],
  sources: readonly ByteSource[],
  paint: Paint,
): string {
  return fields
    .map(({ name = '', label, text, offset, length, source }) => {
      const place = rangeText(offset, length, source, sources);
      return `  ${paint('bold', safeText(name))}${paint('dim', place)} ${safeText(`${label}: ${text}`)}\n`;
    })
    .join('');
}
