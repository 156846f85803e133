/**
 * Every format against an independent dissector: the packets are made by our encoders, so encoder and
 * dissector are both compared, field by field, by name, octet range and value.
 */
import { describe, expect, it } from 'vitest';
import { dissect } from '../../../dissectors/dissect.ts';
import { LINKTYPE } from '../../../dissectors/walk.ts';
import { comparePacket, explain } from './compare.ts';
import type { Comparison, Difference } from './compare.ts';
import { KNOWN_DIFFERENCES } from './known-differences.ts';
import { oraclePackets } from './packets.ts';
import { columnByOracle, dissectByOracle, hasTshark } from './tshark.ts';

const COMPARED = /^(mip6|icmpv6|ipv6|esp)\./;

function compare(packets: readonly Uint8Array[]): Comparison {
  const result: Comparison = { packets: packets.length, agreed: 0, differences: [] };
  const theirs = dissectByOracle(packets);
  expect(theirs).toHaveLength(packets.length);
  packets.forEach((bytes, i) => {
    const tree = dissect(bytes, 0, bytes.length, { linkType: LINKTYPE.raw });
    comparePacket(result, i, tree, theirs[i] ?? [], (name) => COMPARED.test(name));
  });
  return result;
}

describe.skipIf(!hasTshark)('field trees against tshark (needs tshark)', () => {
  const used = new Set<string>();
  const counts: string[] = [];

  it.each([...oraclePackets()])(
    'agrees on %s but for the known differences',
    (subject, packets) => {
      const { agreed, differences } = compare(packets);
      const unexplained: Difference[] = [];
      for (const difference of differences) {
        const known = explain(difference, KNOWN_DIFFERENCES);
        if (known === undefined) unexplained.push(difference);
        else used.add(known.reason);
      }
      counts.push(`${subject}: ${packets.length} packets, ${agreed} fields agree`);
      expect(unexplained.slice(0, 10)).toEqual([]);
      expect(agreed).toBeGreaterThan(packets.length * 8);
    },
  );

  it('finds every ICMPv6 checksum right, as tshark does, with home addresses in their place', () => {
    const packets = oraclePackets().get('ICMPv6 133 to 137 and 144 to 147') ?? [];
    const ours = packets.map((bytes) => {
      const { nodes } = dissect(bytes, 0, bytes.length, { linkType: LINKTYPE.raw });
      const fields = nodes.flatMap((node) => node.children);
      return fields.find((field) => field.name === 'icmpv6.checksum.status')?.value;
    });
    expect(ours.map(String)).toEqual(columnByOracle(packets, 'icmpv6.checksum.status'));
    expect(new Set(ours)).toEqual(new Set([1]));
  });

  it('has no known difference that does not occur any more', () => {
    const unused = KNOWN_DIFFERENCES.filter(({ reason }) => !used.has(reason));
    expect(unused).toEqual([]);
    expect(counts).toHaveLength(4);
    console.info(counts.join('\n'));
  });
});
