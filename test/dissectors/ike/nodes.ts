/**
 * Fields of a tree, in depth.
 */
import type { FieldNode } from '../../../dissectors/core/node.ts';

/** All nodes in depth. */
export function allNodes(root: FieldNode): FieldNode[] {
  return [root, ...root.children.flatMap(allNodes)];
}

/** Texts of all nodes of that name. */
export function textsOf(root: FieldNode, name: string): string[] {
  return allNodes(root)
    .filter((node) => node.name === name)
    .map(({ text }) => text);
}
