/**
 * Looks for text, patterns and octets in packets.
 */
import { FilterError } from '../../engine/filter/error.ts';
import { Pattern } from '../../engine/filter/pattern.ts';
import type { ByteSource, FieldNode } from '../../dissectors/core/node.ts';
import { summarize } from '../../dissectors/index.ts';
import type { SearchQuery } from '../../engine/views/model/index.ts';
import { allNodes } from '../read/packet-view.ts';
import { MARK } from './catalogue.ts';
import type { PacketCatalogue } from './catalogue.ts';
import type { PacketLooker } from './packet-looker.ts';

/** Longest text and octets that are looked for. */
const MAX_QUERY = 4096;

/** Whether the packet of a position has what is looked for. */
export type PacketTest = (position: number) => boolean;

/** Parts of a run that are searched. */
export interface SearchParts {
  readonly catalogue: PacketCatalogue;
  readonly looker: PacketLooker;
}

/**
 * The test of a query; undefined for one that nothing has: it is empty, too long, or no regular expression. Upper and
 * lower case are the same. Patterns take time linear in the text, whatever they are.
 */
export function searchTest(query: SearchQuery, parts: SearchParts): PacketTest | undefined {
  if (query.kind === 'hex') {
    const { octets } = query;
    if (octets.length === 0 || octets.length > MAX_QUERY) return undefined;
    return octetTest(octets, parts);
  }
  const { text } = query;
  if (text === '' || text.length > MAX_QUERY) return undefined;
  if (query.kind === 'text') {
    const wanted = text.toLowerCase();
    return textTest((shown) => shown.toLowerCase().includes(wanted), parts);
  }
  try {
    const pattern = new Pattern(text, { filter: text, offset: 0, length: text.length });
    return textTest((shown) => pattern.isInText(shown), parts);
  } catch (error) {
    if (error instanceof FilterError) return undefined;
    throw error;
  }
}

function octetTest(octets: Uint8Array, { catalogue, looker }: SearchParts): PacketTest {
  return (position) => {
    const record = looker.record(position);
    if (record === undefined) return false;
    const { bytes, offset, end } = record;
    if (isIn(bytes.subarray(offset, end), octets)) return true;
    // What was decrypted or put together is looked through as well.
    if ((catalogue.marks(position) & MARK.opened) === 0) return false;
    const sources = looker.view(position)?.dissection.sources ?? [];
    return sources.some((source: ByteSource) => isIn(source.bytes, octets));
  };
}

function isIn(bytes: Uint8Array, octets: Uint8Array): boolean {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return all.includes(Buffer.from(octets.buffer, octets.byteOffset, octets.length));
}

function textTest(isFound: (text: string) => boolean, { looker }: SearchParts): PacketTest {
  const isInTree = (nodes: readonly FieldNode[]): boolean =>
    nodes.some(({ label, text, children }) => {
      return isFound(`${label}: ${text}`) || (children.length > 0 && isInTree(children));
    });
  return (position) => {
    const view = looker.view(position);
    if (view === undefined) return false;
    const { source, destination, protocol, info } = summarize(view.dissection);
    return isFound(`${source} ${destination} ${protocol} ${info}`) || isInTree(allNodes(view));
  };
}
