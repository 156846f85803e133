/**
 * Field trees in tests: made of raw IPv6 packets, searched by name.
 */
import type { Dissection, FieldNode } from '../../dissectors/core/node.ts';
import { dissect } from '../../dissectors/dissect.ts';
import type { DissectOptions } from '../../dissectors/dissect.ts';
import { encodeMobilityHeader } from '../../dissectors/mobility/header.ts';
import { LINKTYPE } from '../../dissectors/walk.ts';
import { octetsOf } from './hex.ts';

/** Tree of a packet without a link header. */
export function raw(bytes: Uint8Array, options: Partial<DissectOptions> = {}): Dissection {
  return dissect(bytes, 0, bytes.length, { linkType: LINKTYPE.raw, ...options });
}

/** Codes of the diagnostics, in order. */
export function codes({ diagnostics }: Dissection): string[] {
  return diagnostics.map(({ code }) => code);
}

/** Filter names of the layers, in order. */
export function layers({ nodes }: Dissection): (string | undefined)[] {
  return nodes.map(({ name }) => name);
}

/** The first node of a name, in the order of the tree. */
export function find(nodes: readonly FieldNode[], name: string): FieldNode | undefined {
  for (const node of nodes) {
    const found = node.name === name ? node : find(node.children, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A Home Test Init, the smallest mobility message with contents. */
export function homeTestInit(source: Uint8Array, destination: Uint8Array): Uint8Array {
  const message = { kind: 'home-test-init', homeInitCookie: octetsOf('0102030405060708') } as const;
  return encodeMobilityHeader(message, [], { source, destination });
}
