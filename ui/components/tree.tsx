/**
 * Fields of a packet as lines that fold.
 */
import type { FC } from 'react';
import type { FieldNode } from '../../dissectors/core/node.ts';
import type { ScreenSize } from '../screen.ts';
import { safeText } from '../text.ts';
import type { Segment } from './line.tsx';
import { List } from './list.tsx';

/** One line of a tree. */
export interface TreeLine {
  readonly node: FieldNode;
  /** Names from the root on: the same field of another packet has the same path. */
  readonly path: string;
  readonly depth: number;
  /** Undefined for a field without children. */
  readonly isOpen: boolean | undefined;
}

/** Deepest nesting shown; a dissection has less. */
const MAX_DEPTH = 64;

/** Paths of siblings: by name, numbered where a name comes again. */
function pathsOf(nodes: readonly FieldNode[], parent: string): readonly string[] {
  const seen = new Map<string, number>();
  return nodes.map(({ name, label }) => {
    const own = name ?? label;
    const times = seen.get(own) ?? 0;
    seen.set(own, times + 1);
    return `${parent}/${own}${times === 0 ? '' : `#${times}`}`;
  });
}

/** Lines of a tree, with the children of what is open. */
export function treeLines(
  nodes: readonly FieldNode[],
  isOpen: (path: string, node: FieldNode, depth: number) => boolean,
): readonly TreeLine[] {
  const lines: TreeLine[] = [];
  const add = (siblings: readonly FieldNode[], parent: string, depth: number): void => {
    const paths = pathsOf(siblings, parent);
    siblings.forEach((node, index) => {
      const path = paths[index] ?? parent;
      const canOpen = node.children.length > 0 && depth < MAX_DEPTH;
      const open = canOpen ? isOpen(path, node, depth) : undefined;
      lines.push({ node, path, depth, isOpen: open });
      if (open === true) add(node.children, path, depth + 1);
    });
  };
  add(nodes, '', 0);
  return lines;
}

/** Path of the smallest field that an octet belongs to; undefined when none has it. */
export function pathOfOctet(
  nodes: readonly FieldNode[],
  source: number,
  octet: number,
): string | undefined {
  let best: { readonly path: string; readonly length: number } | undefined;
  const look = (siblings: readonly FieldNode[], parent: string, depth: number): void => {
    const paths = pathsOf(siblings, parent);
    siblings.forEach((node, index) => {
      const path = paths[index] ?? parent;
      const covers =
        node.source === source && octet >= node.offset && octet < node.offset + node.length;
      // Of equals the deeper one, but not a single bit of it.
      const isBetter =
        best === undefined ||
        node.length < best.length ||
        (node.length === best.length && node.mask === undefined);
      if (covers && isBetter) best = { path, length: node.length };
      if (depth < MAX_DEPTH) look(node.children, path, depth + 1);
    });
  };
  look(nodes, '', 0);
  return best?.path;
}

/** Paths of all that a path lies in, the outermost first. */
export function ancestors(path: string): readonly string[] {
  const parts = path.split('/').slice(1, -1);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`);
}

/** A line as text: `▸ Flags: 0xc000`. */
export function treeText({ node, depth, isOpen }: TreeLine): string {
  const mark = isOpen === undefined ? ' ' : isOpen ? '▾' : '▸';
  const text = node.text === '' ? '' : `: ${safeText(node.text)}`;
  return `${'  '.repeat(depth)}${mark} ${safeText(node.label)}${text}`;
}

function segmentsOf(line: TreeLine): Segment[] {
  const { node, depth } = line;
  const isWrong = node.name?.startsWith('_ws.expert') === true;
  const isFound = node.name?.startsWith('mip6guard') === true;
  const tone = isWrong ? 'warning' : isFound || depth === 0 ? 'strong' : 'plain';
  const derived: Segment[] = node.generated === true ? [{ text: '  [derived]', tone: 'dim' }] : [];
  return [{ text: treeText(line), tone }, ...derived];
}

/** The window of a tree. */
export const Tree: FC<{
  readonly lines: readonly TreeLine[];
  readonly cursor: number;
  readonly top: number;
  readonly size: ScreenSize;
  readonly isFocused: boolean;
  readonly empty: string;
}> = ({ lines, cursor, top, size, isFocused, empty }) => (
  <List
    count={lines.length}
    cursor={cursor}
    top={top}
    size={size}
    isFocused={isFocused}
    empty={empty}
    line={(index) => {
      const line = lines[index];
      return line === undefined ? undefined : segmentsOf(line);
    }}
  />
);
