/**
 * Public captures against what tshark says of them, where they are beside the project.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { DiagnosticCode } from '../../../dissectors/core/diagnostic.ts';
import type { Dissection, FieldNode } from '../../../dissectors/core/node.ts';
import { dissect } from '../../../dissectors/dissect.ts';
import { summarize } from '../../../dissectors/summary.ts';
import { collect } from '../capture-file/collect.ts';
import { comparePacket, explain } from './compare.ts';
import type { Comparison, Difference, KnownDifference } from './compare.ts';
import { KNOWN_DIFFERENCES } from './known-differences.ts';
import { fieldsOfJson } from './tshark.ts';

const captures = new URL('../../../../shared/captures/', import.meta.url);
const hasCaptures = existsSync(captures);
const COMPARED = /^(mip6|icmpv6|ipv6|ah)\./;

/** What the options and messages of these files add to the differences on packets of our own. */
const KNOWN_IN_CAPTURES: readonly KnownDifference[] = [
  {
    names: ['icmpv6.opt.dnssl', 'icmpv6.opt.padding'],
    kinds: ['length', 'only there'],
    reason:
      'tshark shows each name of a search list and the padding; here they are one run of octets',
  },
  {
    names: ['icmpv6.mld*', 'icmpv6.data'],
    kinds: ['only there', 'only here'],
    reason: 'multicast listener messages and quoted packets are kept as octets here',
  },
  {
    names: ['ipv6.slaac_mac', 'ipv6.src_slaac_mac', 'ipv6.dst_slaac_mac'],
    kinds: ['only there'],
    reason: 'tshark computes link-layer addresses from interface identifiers',
  },
];

/** Packets with one of these are not compared: one of the two gives up early or knows no such option. */
const NOT_COMPARED: ReadonlySet<DiagnosticCode> = new Set([
  'CAPTURE_CUT',
  'OPTION_UNKNOWN',
  'OPTION_TRUNCATED',
  'OPTION_LENGTH',
  'MH_TRUNCATED',
  'MH_LENGTH',
  'ND_OPTION_LENGTH',
  'LINK_TRUNCATED',
]);

interface Frame {
  readonly bytes: Uint8Array;
  readonly tree: Dissection;
}

function framesOf(folder: string, name: string): Frame[] {
  const file = new Uint8Array(readFileSync(new URL(`${folder}/${name}`, captures)));
  return collect(file).packets.map(({ data, linkType, originalLength }) => {
    const bytes = new Uint8Array(Buffer.from(data, 'hex'));
    return { bytes, tree: dissect(bytes, 0, bytes.length, { linkType, originalLength }) };
  });
}

function namesIn(folder: string): string[] {
  if (!hasCaptures) return [];
  return readdirSync(new URL(`${folder}/`, captures)).filter((name) => /\.pcap(ng)?$/.test(name));
}

function eachNode(nodes: readonly FieldNode[], visit: (node: FieldNode) => void): void {
  for (const node of nodes) {
    visit(node);
    eachNode(node.children, visit);
  }
}

describe.skipIf(!hasCaptures)('public captures (need the shared captures)', () => {
  const all = ['tcpdump', 'scapy', 'suricata-verify', 'pcapplusplus'].flatMap((folder) =>
    namesIn(folder).map((name) => [folder, name] as const),
  );

  it.each(all)('dissects %s/%s with every range inside the frame', (folder, name) => {
    const frames = framesOf(folder, name);
    for (const { bytes, tree } of frames) {
      eachNode(tree.nodes, ({ offset, length }) => {
        expect(offset).toBeGreaterThanOrEqual(0);
        expect(offset + length).toBeLessThanOrEqual(bytes.length);
      });
      expect(summarize(tree).protocol).not.toBe('');
    }
    expect(frames.length).toBeGreaterThan(0);
  });

  const compared = [
    ...namesIn('tcpdump')
      // tshark does not look into the first fragment that rfc7112 quotes; this project does.
      .filter((name) => /mob|icmpv6|ipv6|AH/i.test(name) && !name.includes('rfc7112'))
      .map((name) => ['tcpdump', name] as const),
    ['scapy', 'inet6_uts_mobility.pcap'] as const,
  ];

  it('agrees with tshark on mobility, ICMPv6, extension headers and AH', () => {
    const result: Comparison = { packets: 0, agreed: 0, differences: [] };
    const unexplained: (Difference & { file: string })[] = [];
    let packets = 0;
    for (const [folder, name] of compared) {
      const json = new URL(`tshark/${folder}_${name}.json`, captures);
      if (!existsSync(json)) continue;
      const theirs = fieldsOfJson(readFileSync(json, 'utf8'));
      result.differences.length = 0;
      framesOf(folder, name).forEach(({ tree }, i) => {
        if (tree.diagnostics.some(({ code }) => NOT_COMPARED.has(code))) return;
        packets++;
        comparePacket(result, i, tree, theirs[i] ?? [], (field) => COMPARED.test(field));
      });
      for (const difference of result.differences) {
        const known = explain(difference, [...KNOWN_DIFFERENCES, ...KNOWN_IN_CAPTURES]);
        if (known === undefined) unexplained.push({ ...difference, file: name });
      }
    }
    expect(unexplained.slice(0, 40)).toEqual([]);
    expect(packets).toBeGreaterThan(100);
    console.info(`captures: ${packets} packets, ${result.agreed} fields agree`);
  });
});
