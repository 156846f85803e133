/**
 * The tree of a packet's fields and its octets, as text.
 */
import { DIAGNOSTICS } from '../../dissectors/core/diagnostic.ts';
import { u8 } from '../../dissectors/core/bytes.ts';
import type { ByteSource, Dissection, FieldNode } from '../../dissectors/index.ts';
import type { Paint, Style } from './palette.ts';

const OCTETS_PER_LINE = 16;
/** Deeper nodes are not indented further: a hostile packet must not make lines of megabytes. */
const MAX_DEPTH = 24;

const SEVERITY: Readonly<Record<string, Style>> = { error: 'bad', warn: 'warning' };

/** The tree and what is wrong with the packet, each line ended by a line feed. */
export function treeText(dissection: Dissection, paint: Paint): string {
  const { sources, nodes, diagnostics } = dissection;
  let text = '';
  const add = (node: FieldNode, depth: number): void => {
    text += nodeLine(node, depth, sources, paint);
    for (const child of node.children) add(child, Math.min(depth + 1, MAX_DEPTH));
  };
  for (const node of nodes) add(node, 0);
  for (const { code, offset, length, source, detail } of diagnostics) {
    const { severity, text: meaning, ...rest } = DIAGNOSTICS[code];
    const said = detail === undefined ? meaning : `${meaning}: ${detail}`;
    const spec = 'spec' in rest ? `, RFC ${rest.spec.rfc} section ${rest.spec.section}` : '';
    const line = `${severity.toUpperCase()} ${code}: ${said}${spec}`;
    const place = rangeText(offset, length, source, sources);
    text += `  ${paint(SEVERITY[severity] ?? 'dim', line)}${paint('dim', place)}\n`;
  }
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
  return `${indent}${paint(isHeader ? 'bold' : 'plain', label)}${value}${paint('dim', where + document)}\n`;
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

/** The octets of the frame and of everything made from it, 16 a line. */
export function hexText(sources: readonly ByteSource[], paint: Paint): string {
  let text = '';
  for (const { label, bytes } of sources) {
    text += `  ${paint('dim', `${label}, ${bytes.length} octets`)}\n`;
    for (let at = 0; at < bytes.length; at += OCTETS_PER_LINE) {
      text += `  ${hexLine(bytes, at, paint)}\n`;
    }
  }
  return text;
}

function hexLine(bytes: Uint8Array, at: number, paint: Paint): string {
  let hex = '';
  let characters = '';
  for (let i = 0; i < OCTETS_PER_LINE; i++) {
    if (i === OCTETS_PER_LINE / 2) hex += ' ';
    if (at + i >= bytes.length) {
      hex += '   ';
      continue;
    }
    const octet = u8(bytes, at + i);
    hex += `${octet.toString(16).padStart(2, '0')} `;
    characters += octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : '.';
  }
  return `${paint('dim', at.toString(16).padStart(4, '0'))}  ${hex} ${characters}`;
}
