/**
 * One mobility option in octets, read as in a message of a type, at a place of a given alignment.
 */
import { DiagnosticList } from '../../../dissectors/core/diagnostic.ts';
import type { DiagnosticCode } from '../../../dissectors/core/diagnostic.ts';
import type { FieldNode } from '../../../dissectors/core/node.ts';
import { mobilityOptions } from '../../../dissectors/mobility/options/index.ts';
import type { MobilityOption } from '../../../dissectors/mobility/options/index.ts';
import { octetsOf } from '../hex.ts';

/** What became of the octets. */
export interface ReadOption {
  readonly option: MobilityOption | undefined;
  readonly codes: readonly DiagnosticCode[];
  readonly details: readonly string[];
  /** Lines with a name, in depth, as `name: text`. */
  readonly lines: readonly string[];
}

function namedLines(nodes: readonly FieldNode[]): string[] {
  return nodes.flatMap(({ name, text, children }) => [
    ...(name === undefined ? [] : [`${name}: ${text}`]),
    ...namedLines(children),
  ]);
}

/**
 * Reads an option.
 * @param hex octets from Type on.
 * @param place offset of the Type octet from the start of the Mobility Header.
 */
export function readOption(hex: string, mhType: number, place = 0): ReadOption {
  const bytes = octetsOf(hex);
  const found = new DiagnosticList();
  const { options } = mobilityOptions.decode(bytes, 0, bytes.length, -place, mhType, found);
  const [node] = mobilityOptions.tree(bytes, 0, bytes.length, 0);
  // Type and Length are the same lines in every option.
  const lines = namedLines(node?.children ?? []).filter(
    (line) => !/^mip6\.mobility_opt(\.len)?:/.test(line),
  );
  return {
    option: options[0],
    codes: found.items.map(({ code }) => code),
    details: found.items.map(({ detail }) => detail ?? ''),
    lines,
  };
}
