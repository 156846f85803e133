/**
 * Options of IPv4 and TCP: a kind, a length that counts itself and the kind, and data. RFC 791 section 3.1,
 * RFC 9293 section 3.1.
 */
import { u8 } from '../core/bytes.ts';
import { groupNode } from '../core/layout.ts';
import type { Layout } from '../core/layout.ts';
import type { FieldNode } from '../core/node.ts';

const END_OF_LIST = 0;
const NO_OPERATION = 1;
const HEADER_OCTETS = 2;

/** What the options of one protocol are. */
export interface KindLengthTable {
  /** What one is called: `IP option`. */
  readonly name: string;
  /** Kind, and Length where there is one. */
  readonly header: Layout;
  /** Formats of the data, by kind. */
  readonly options: ReadonlyMap<number, Layout>;
  /** Names of kinds without a format. */
  readonly names: ReadonlyMap<number, string>;
  /** Filter fields of whole options, where Wireshark has them. */
  readonly filters: ReadonlyMap<number, string>;
  /** Data of kinds without a format, or of a length their format cannot take. */
  readonly unknown: Layout;
}

/**
 * One node for each option at `[offset, end)`; octets after the end of the list are its padding.
 * @param onFault called with the place of an option that exceeds the header; the list ends there.
 */
export function kindLengthTree(
  table: KindLengthTable,
  bytes: Uint8Array,
  offset: number,
  end: number,
  source: number,
  onFault: (at: number) => void,
): FieldNode[] {
  const { header, options, names, filters, unknown } = table;
  const nodes: FieldNode[] = [];
  const push = (name: string, at: number, to: number, children: FieldNode[]): void => {
    const spec = options.get(u8(bytes, at))?.spec ?? header.spec;
    const label = `${table.name}: ${name}`;
    nodes.push(
      groupNode(label, filters.get(u8(bytes, at)), '', at, to - at, source, spec, children),
    );
  };
  for (let at = offset; at < end;) {
    const kind = u8(bytes, at);
    const row = options.get(kind);
    const name = row?.name ?? names.get(kind) ?? `unknown (${kind})`;
    if (kind === END_OF_LIST || kind === NO_OPERATION) {
      push(name, at, at + 1, header.tree(bytes, at, at + 1, source));
      if (kind === END_OF_LIST) break;
      at++;
      continue;
    }
    const length = at + 1 < end ? u8(bytes, at + 1) : 0;
    const to = at + length;
    if (length < HEADER_OCTETS || to > end) {
      onFault(at);
      push(name, at, end, header.tree(bytes, at, end, source));
      break;
    }
    const data = at + HEADER_OCTETS;
    const children = header.tree(bytes, at, data, source);
    const octets = row?.measure(bytes, data, to) ?? -1;
    const fields = row !== undefined && octets === to - data ? row : unknown;
    children.push(...fields.tree(bytes, data, to, source));
    push(name, at, to, children);
    at = to;
  }
  return nodes;
}
