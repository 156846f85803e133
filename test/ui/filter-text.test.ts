import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { expertNodes, frameNode } from '../../dissectors/frame.ts';
import { dissect } from '../../dissectors/index.ts';
import type { ByteSource, FieldNode } from '../../dissectors/core/node.ts';
import { compileFilter, fieldSource, filterProblem } from '../../engine/filter/index.ts';
import { openCaptures } from '../../io/capture/file.ts';
import {
  bindingFilter,
  excludeFilter,
  filterOfNode,
  joinFilters,
  quoted,
} from '../../ui/filter-text.ts';
import { fakeDetail } from './fake-packets.ts';
import { HOME_ADDRESS, HOSTILE } from './fake-state.ts';

const CAPTURES = path.join(import.meta.dirname, '../../fixtures/captures');

interface Packet {
  readonly nodes: readonly FieldNode[];
  readonly sources: readonly ByteSource[];
}

function allNodes(nodes: readonly FieldNode[]): readonly FieldNode[] {
  return nodes.flatMap((node) => [node, ...allNodes(node.children)]);
}

/** Every packet of a capture with all its fields. */
async function packetsOf(file: string): Promise<readonly Packet[]> {
  const { source } = await openCaptures([path.join(CAPTURES, file)]);
  const packets: Packet[] = [];
  await source.run((record) => {
    const { bytes, offset, end, linkType, originalLength, number, seconds, nanoseconds } = record;
    const dissection = dissect(bytes, offset, end, { linkType, originalLength });
    const facts = { number, seconds, nanoseconds, originalLength, linkType, comments: [] };
    const first = { seconds, nanoseconds };
    const frame = frameNode({ ...facts, first, previous: first }, dissection);
    packets.push({
      nodes: [frame, ...dissection.nodes, ...expertNodes(dissection)],
      sources: dissection.sources,
    });
  });
  return packets;
}

/** Holds every field of packets against the filter made of it. @returns filters that were tried */
function tryFields(packets: readonly Packet[]): number {
  const tried = new Set<string>();
  for (const { nodes, sources } of packets) {
    for (const node of allNodes(nodes)) {
      const filter = filterOfNode(node, sources);
      if (node.name === undefined) {
        expect(filter).toBeUndefined();
        continue;
      }
      if (filter === undefined) throw new Error(`there is no filter of ${node.name}`);
      tried.add(filter);
      if (!compileFilter(filter).matches(fieldSource(nodes, sources))) {
        throw new Error(`${filter} does not select the packet it was made of`);
      }
    }
  }
  return tried.size;
}

describe('filters out of fields', () => {
  it('select the packet that the field is of, with hostile text as well', () => {
    expect(tryFields([0, 1, 2, 3, 4, 5, 6].map(fakeDetail))).toBeGreaterThan(40);
  });

  it.each(readdirSync(CAPTURES).filter((name) => /\.pcap(ng)?$/.test(name)))(
    'select the packet that the field is of, for every field of %s',
    async (file) => {
      expect(tryFields(await packetsOf(file))).toBeGreaterThan(100);
    },
  );

  const [home] = [new Uint8Array([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 5])];
  const node = (name: string, text: string, value: FieldNode['value']): FieldNode => ({
    label: name,
    name,
    text,
    ...(value === undefined ? {} : { value }),
    offset: 0,
    length: 1,
    source: 0,
    children: [],
  });
  it.each([
    [node('ipv6.src', '2001:db8::1:0:5', home), 'ipv6.src == 2001:db8::1:0:5'],
    [node('ipv6.src', '::', new Uint8Array(16)), 'ipv6.src == ::'],
    [node('eth.src', '', new Uint8Array([2, 0, 0, 0, 0, 9])), 'eth.src == 02:00:00:00:00:09'],
    [node('mip6.bu.seqnr', '7', 7), 'mip6.bu.seqnr == 7'],
    [node('esp.spi', '0x0990cbed', 0x990cbed), 'esp.spi == 0x990cbed'],
    [node('mip6.bu.a_flag', 'set', 1), 'mip6.bu.a_flag == 1'],
    [node('mip6', 'Mobile IPv6', undefined), 'mip6'],
    [node('frame.time_relative', '1e-7', 0.0000001), 'frame.time_relative == 0.0000001'],
  ])('are written as a person would write them: %#', (field, filter) => {
    expect(filterOfNode(field, [])).toBe(filter);
  });

  it('compare the start of what is too long to be typed', () => {
    const value = new Uint8Array(5000).fill(0xab);
    const filter = filterOfNode(node('data.data', '', value), []) ?? '';
    expect(filter).toMatch(/^data\.data\[0:64\] == ab:/);
    expect(filterProblem(filter)).toBeUndefined();
  });

  it('are none for a line without a name, or with one that filters do not know', () => {
    expect(filterOfNode({ ...node('x', '', 1), name: 'no.such.field' }, [])).toBeUndefined();
  });

  it('quote any text so that the filter is safe to show and finds that text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant(HOSTILE)), (text) => {
        const filter = `mip6guard.assessment == ${quoted(text)}`;
        expect(filter).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        const field = node('mip6guard.assessment', text, text);
        expect(compileFilter(filter).matches(fieldSource([field], []))).toBe(true);
      }),
    );
  });

  it('are joined so that each keeps its meaning', () => {
    expect(joinFilters('', 'and', 'esp')).toBe('esp');
    expect(joinFilters('mip6', 'or', '')).toBe('mip6');
    expect(joinFilters('mip6 or esp', 'and', 'ipv6')).toBe('(mip6 or esp) and ipv6');
    expect(joinFilters('ipv6.src != ::', 'or', 'esp')).toBe('ipv6.src != :: or esp');
    expect(excludeFilter('', 'esp')).toBe('!(esp)');
    expect(excludeFilter('a || b', 'esp')).toBe('(a || b) and (!(esp))');
  });

  it('find all packets of a binding', () => {
    expect(filterProblem(bindingFilter(HOME_ADDRESS))).toBeUndefined();
  });
});
