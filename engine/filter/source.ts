/**
 * Values of one packet by field name, as a filter asks for them.
 */
import type { ByteSource, FieldNode } from '../../dissectors/core/node.ts';
import type { ValueList } from './values.ts';

/**
 * In which form a filter wants the values of a field: `number` and `text` as they are, `octets` as they are on the
 * wire. The form follows from the type of the field in the catalogue.
 */
export type ValueForm = 'number' | 'text' | 'octets';

/** One packet. */
export interface FieldSource {
  /** Whether the packet has the field, with or without a value. */
  has(name: string): boolean;
  /** Adds the values of a field, in order of the packet. A field without value has octets only. */
  collect(name: string, form: ValueForm, into: ValueList): void;
}

const NO_NODES: readonly FieldNode[] = [];

/** Questions answered by walking the tree; who asks more is worth an index. */
const MAX_WALKS = 6;

/** Values of a field tree. */
class TreeSource implements FieldSource {
  readonly #nodes: readonly FieldNode[];
  readonly #sources: readonly ByteSource[];
  #walks = 0;
  #byName: Map<string, FieldNode[]> | undefined;

  constructor(nodes: readonly FieldNode[], sources: readonly ByteSource[]) {
    this.#nodes = nodes;
    this.#sources = sources;
  }

  has(name: string): boolean {
    const byName = this.#index();
    return byName === undefined ? isIn(this.#nodes, name) : byName.has(name);
  }

  collect(name: string, form: ValueForm, into: ValueList): void {
    const byName = this.#index();
    if (byName === undefined) this.#walk(this.#nodes, name, form, into);
    else for (const node of byName.get(name) ?? NO_NODES) this.#add(node, form, into);
  }

  /** The index by name, once it pays. */
  #index(): Map<string, FieldNode[]> | undefined {
    if (this.#byName !== undefined || ++this.#walks <= MAX_WALKS) return this.#byName;
    this.#byName = new Map();
    addNamed(this.#nodes, this.#byName);
    return this.#byName;
  }

  #walk(nodes: readonly FieldNode[], name: string, form: ValueForm, into: ValueList): void {
    for (const node of nodes) {
      if (node.name === name) this.#add(node, form, into);
      if (node.children.length > 0) this.#walk(node.children, name, form, into);
    }
  }

  #add(node: FieldNode, form: ValueForm, into: ValueList): void {
    const { value } = node;
    if (form === 'text') into.push(typeof value === 'string' ? value : node.text);
    else if (form === 'number') {
      if (typeof value === 'number') into.push(value);
    } else if (value instanceof Uint8Array) into.pushOctets(value, 0, value.length);
    else this.#addRange(node, into);
  }

  /** Octets that a node covers, as far as they are there. */
  #addRange({ source, offset, length }: FieldNode, into: ValueList): void {
    const bytes = this.#sources[source]?.bytes;
    if (bytes === undefined) return;
    const start = Math.min(offset, bytes.length);
    into.pushOctets(bytes, start, Math.max(0, Math.min(length, bytes.length - start)));
  }
}

function isIn(nodes: readonly FieldNode[], name: string): boolean {
  for (const node of nodes) {
    if (node.name === name || (node.children.length > 0 && isIn(node.children, name))) return true;
  }
  return false;
}

function addNamed(nodes: readonly FieldNode[], byName: Map<string, FieldNode[]>): void {
  for (const node of nodes) {
    const { name, children } = node;
    if (name !== undefined) {
      const known = byName.get(name);
      if (known === undefined) byName.set(name, [node]);
      else known.push(node);
    }
    if (children.length > 0) addNamed(children, byName);
  }
}

/**
 * The packet of a field tree.
 * @param nodes those of the dissection, with `frameNode`, `expertNodes` and `stateNode` where filters may ask for them
 * @param sources octets that the nodes refer to
 */
export function fieldSource(
  nodes: readonly FieldNode[],
  sources: readonly ByteSource[],
): FieldSource {
  return new TreeSource(nodes, sources);
}
