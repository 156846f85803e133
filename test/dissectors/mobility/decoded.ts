/**
 * Mobility messages in tests: encoded, decoded again, with what is said about them.
 */
import { DiagnosticList } from '../../../dissectors/core/diagnostic.ts';
import type { Diagnostic } from '../../../dissectors/core/diagnostic.ts';
import type { FieldNode } from '../../../dissectors/core/node.ts';
import {
  decodeMobilityHeader,
  encodeMobilityHeader,
  mobilityTree,
} from '../../../dissectors/mobility/header.ts';
import type {
  MobilityEncodeOptions,
  MobilityHeader,
  MobilityMessage,
} from '../../../dissectors/mobility/header.ts';
import type { MobilityOption } from '../../../dissectors/mobility/options/index.ts';

const ANYWHERE = new Uint8Array(16);

export interface Decoded {
  readonly bytes: Uint8Array;
  readonly header: MobilityHeader | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** `CODE: detail` of each diagnostic. */
  readonly findings: readonly string[];
  readonly tree: FieldNode;
}

/** What octets decode to. */
export function decodeOctets(bytes: Uint8Array): Decoded {
  const found = new DiagnosticList();
  const header = decodeMobilityHeader(bytes, 0, bytes.length, found);
  return {
    bytes,
    header,
    diagnostics: found.items,
    findings: found.items.map(({ code, detail }) =>
      detail === undefined ? code : `${code}: ${detail}`,
    ),
    tree: mobilityTree(bytes, 0, bytes.length, 0),
  };
}

/** A message, encoded and decoded. */
export function decoded(
  message: MobilityMessage,
  options: readonly MobilityOption[] = [],
  how: Partial<MobilityEncodeOptions> = {},
): Decoded {
  return decodeOctets(
    encodeMobilityHeader(message, options, { source: ANYWHERE, destination: ANYWHERE, ...how }),
  );
}

/** All nodes of a name under a node. */
export function nodesOf(node: FieldNode, name: string): FieldNode[] {
  return node.children.flatMap((child) => [
    ...(child.name === name ? [child] : []),
    ...nodesOf(child, name),
  ]);
}

/** Text of the first field of a name. */
export function textOf(node: FieldNode, name: string): string | undefined {
  return nodesOf(node, name)[0]?.text;
}
