/**
 * Parts of summary lines, read out of a field tree by filter name.
 */
import type { FieldNode } from './node.ts';

/** The first node with a filter name, in the order of the tree. */
export function find(nodes: readonly FieldNode[], name: string): FieldNode | undefined {
  for (const node of nodes) {
    if (node.name === name) return node;
    const inner = find(node.children, name);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** All nodes with a filter name, in the order of the tree. */
export function findAll(nodes: readonly FieldNode[], name: string): FieldNode[] {
  return nodes.flatMap((node) => (node.name === name ? [node] : findAll(node.children, name)));
}

/** Value of a number field; undefined when the packet ends before it. */
export function number(node: FieldNode, name: string): number | undefined {
  const value = find(node.children, name)?.value;
  return typeof value === 'number' ? value : undefined;
}

/** Value of a field as the tree shows it. */
export function text(node: FieldNode, name: string): string | undefined {
  return find(node.children, name)?.text;
}

/** `label value`, or nothing when the packet ends before the field. */
export function part(
  label: string,
  value: number | string | undefined,
  unit = '',
): string | undefined {
  return value === undefined ? undefined : `${label} ${value}${unit}`;
}

/** The parts that are there, with blanks between. */
export function join(parts: readonly (string | undefined)[]): string {
  return parts.filter((item) => item !== undefined && item !== '').join(' ');
}

/** Letters of the set flags, as the labels give them in brackets: `[AH]`. */
export function letters(node: FieldNode, name: string): string | undefined {
  let set = '';
  for (const bit of find(node.children, name)?.children ?? []) {
    const letter = /\(([A-Z])\)$/.exec(bit.label)?.[1];
    if (bit.value === 1 && letter !== undefined) set += letter;
  }
  return set === '' ? undefined : `[${set}]`;
}

/** Name of a value, out of a text like `132 (Not home subnet)`. */
export function valueName(node: FieldNode, name: string): string | undefined {
  const shown = text(node, name);
  return shown === undefined ? undefined : (/\((.*)\)$/.exec(shown)?.[1] ?? shown);
}
