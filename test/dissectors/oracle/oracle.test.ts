/**
 * The field trees against independent dissectors, field by field, by name, place, value and name of the value:
 * tshark on generated packets of every format, on the fixtures and on public captures; Scapy, which also builds
 * packets of its own; tcpdump, also by the outputs that its own tests expect.
 *
 * Every difference is one of the lists in `known/`, with the reason, and the document where it proves us right.
 */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { u16, u8 } from '../../../dissectors/core/bytes.ts';
import { DiagnosticList } from '../../../dissectors/core/diagnostic.ts';
import type { Dissection } from '../../../dissectors/core/node.ts';
import { dissect } from '../../../dissectors/dissect.ts';
import { decodeIcmpv6, encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import { decodeMobilityHeader, encodeMobilityHeader } from '../../../dissectors/mobility/header.ts';
import { LINKTYPE } from '../../../dissectors/walk.ts';
import { hexOf } from '../hex.ts';
import { fixturePackets, hasShared, packetsOf, sharedCaptures } from './captures.ts';
import { generatedPackets } from './generated/index.ts';
import type { SamplePacket } from './generated/index.ts';
import { Entries } from './judge.ts';
import { ENTRIES } from './known/index.ts';
import { scapyEntries, tcpdumpEntries } from './known/others.ts';
import { dissectByTshark } from './pdml.ts';
import { builtByScapy, hasScapy, readByScapy } from './scapy.ts';
import { compareStatements } from './statements.ts';
import { Tally, tableOf } from './tally.ts';
import { expectedOutputs, hasTcpdump, readByTcpdump } from './tcpdump.ts';
import { hasTshark, packetsOfJson, tsharkVersion } from './tshark.ts';

/** The version that the list is about. */
const isReference = tsharkVersion?.startsWith('4.0.') === true;

/** Fields of the packet; the capture's own are not dissected. */
const isCompared = (name: string): boolean => name.includes('.') && !name.startsWith('frame.');

const entries = new Entries(ENTRIES);
const tshark = new Tally(entries);
/** Of public captures, as recorded of the version that the list is about. */
const recorded = new Tally(entries);
const scapy = new Tally(new Entries(scapyEntries));
const tcpdump = new Tally(new Entries(tcpdumpEntries));

/** Differences that another version may have beyond those of the list. */
const SHARE_OF_OTHER_VERSIONS = 0.05;

/** Nothing is left unexplained; of another version than that of the list, little. */
function expectAgreement(tally: Tally): void {
  if (isReference) expect(tally.unexplained()).toEqual([]);
  else expect(tally.openShare()).toBeLessThan(SHARE_OF_OTHER_VERSIONS);
}

function tree({ bytes, linkType, originalLength = bytes.length }: SamplePacket): Dissection {
  return dissect(bytes, 0, bytes.length, { linkType, originalLength });
}

const generated = generatedPackets();

/** Groups that Scapy and tcpdump decode as well; packets with faults only confuse them. */
const READ_BY_ALL = new Set([
  'mobility messages',
  'mobility options',
  'ICMPv6',
  'IPv6 and extension headers',
]);
const readByAll = generated.filter(
  ({ group, make, linkType, bytes }) =>
    READ_BY_ALL.has(group) &&
    make !== 'mutated' &&
    linkType === LINKTYPE.raw &&
    u8(bytes, 0) >> 4 === 6,
);

afterAll(() => {
  const versions = `tshark ${tsharkVersion ?? 'is missing'}`;
  console.info(`${tableOf([tshark, recorded, scapy, tcpdump])}\n(${versions})`);
});

describe.skipIf(!hasTshark)('tshark (needs tshark)', () => {
  it('agrees on generated packets: valid, at the limits of their fields, and mutated', () => {
    const theirs = dissectByTshark(generated);
    expect(theirs).toHaveLength(generated.length);
    generated.forEach((packet, i) => {
      const group = `${packet.group}, ${packet.make}`;
      tshark.compare(group, tree(packet), theirs[i], isCompared, packet.subject);
    });
    expectAgreement(tshark);
    expect(generated.length).toBeGreaterThan(5000);
  });

  it('agrees on every fixture, opened with its keys', async () => {
    for (const { settings, packets } of await fixturePackets()) {
      const theirs = dissectByTshark(packets, settings);
      expect(theirs).toHaveLength(packets.length);
      packets.forEach((packet, i) => {
        tshark.compare('fixtures', packet.tree, theirs[i], isCompared, packet.file);
      });
    }
    expectAgreement(tshark);
    expect(tshark.row('fixtures').packets).toBeGreaterThan(1000);
  });
});

describe.skipIf(!hasShared)('public captures (need the shared captures)', () => {
  it.each(sharedCaptures())(
    'of $name the tree shows at least what tshark shows',
    async ({ name, file, json, keys }) => {
      const theirs = packetsOfJson(readFileSync(json, 'utf8'));
      const packets = await packetsOf(file, name, keys, true);
      packets.forEach((packet, i) => {
        recorded.compare('public captures', packet.tree, theirs[i], isCompared, name);
      });
      expect(recorded.unexplained()).toEqual([]);
      expect(packets.length).toBeGreaterThan(0);
    },
  );
});

describe.skipIf(!hasScapy)('Scapy (needs Scapy)', () => {
  it('reads the packets made here as they are read here', () => {
    const theirs = readByScapy(readByAll.map(({ bytes }) => bytes));
    expect(theirs).toHaveLength(readByAll.length);
    readByAll.forEach((packet, i) => {
      compareStatements(scapy, 'Scapy, read', tree(packet), theirs[i] ?? [], packet.subject);
    });
    expect(scapy.unexplained()).toEqual([]);
  });

  const built = hasScapy ? builtByScapy() : [];

  it('builds packets that are read here as Scapy means them', () => {
    const theirs = readByScapy(built);
    built.forEach((bytes, i) => {
      const dissection = dissect(bytes, 0, bytes.length, { linkType: LINKTYPE.raw });
      compareStatements(scapy, 'Scapy, built', dissection, theirs[i] ?? [], 'built by Scapy');
    });
    expect(scapy.unexplained()).toEqual([]);
    expect(built.length).toBeGreaterThan(60);
  });

  it('builds packets that are encoded again to the same octets', () => {
    let messages = 0;
    for (const bytes of built) {
      const protocol = u8(bytes, 6);
      const end = bytes.length;
      const ends = { source: bytes.slice(8, 24), destination: bytes.slice(24, 40) };
      let again: Uint8Array | undefined;
      if (protocol === 135) {
        const header = decodeMobilityHeader(bytes, 40, end, new DiagnosticList());
        if (header !== undefined) {
          const { message, options, ...rest } = header;
          again = encodeMobilityHeader(message, options, { ...rest, ...ends, padding: 'as-given' });
        }
      } else if (protocol === 58) {
        const message = decodeIcmpv6(bytes, 40, end, new DiagnosticList());
        if (message !== undefined) {
          again = encodeIcmpv6(message, { ...ends, checksum: u16(bytes, 42) });
        }
      } else continue;
      messages++;
      // What an option past the end of its header holds is no value: such a header is not made again.
      const isWhole = again !== undefined && 40 + again.length === end;
      if (isWhole || protocol !== 135)
        expect(hexOf(again ?? new Uint8Array())).toBe(hexOf(bytes.slice(40)));
    }
    expect(messages).toBe(built.length - 2);
  });
});

describe('tcpdump', () => {
  it.skipIf(!hasShared)(
    'expects in its own tests what is shown here (needs the shared captures)',
    async () => {
      for (const { name, file, keys, packets: theirs } of expectedOutputs()) {
        const packets = await packetsOf(file, name, keys, true);
        expect(packets, name).toHaveLength(theirs.length);
        packets.forEach((packet, i) => {
          compareStatements(tcpdump, 'tcpdump, expected', packet.tree, theirs[i] ?? [], name);
        });
      }
      expect(tcpdump.unexplained()).toEqual([]);
      expect(tcpdump.row('tcpdump, expected').equal).toBeGreaterThan(1000);
    },
  );

  it.skipIf(!hasTcpdump)('prints what is shown here (needs tcpdump)', () => {
    const theirs = readByTcpdump(readByAll);
    expect(theirs).toHaveLength(readByAll.length);
    readByAll.forEach((packet, i) => {
      compareStatements(tcpdump, 'tcpdump, run', tree(packet), theirs[i] ?? [], packet.subject);
    });
    expect(tcpdump.unexplained()).toEqual([]);
  });
});

describe('the lists of differences', () => {
  it('leave none in which the other is right', () => {
    const tallies = [...(isReference ? [tshark] : []), recorded, scapy, tcpdump];
    for (const tally of tallies) expect(tally.unexplained()).toEqual([]);
  });

  it.skipIf(!isReference || !hasScapy || !hasTcpdump)(
    'have no name and no kind that explains nothing (needs tshark 4.0, Scapy and tcpdump)',
    () => {
      const unused = [entries, scapy.entries, tcpdump.entries].flatMap((list) =>
        list.unused(({ needsSharedCaptures }) => hasShared || needsSharedCaptures !== true),
      );
      expect(unused).toEqual([]);
    },
  );
});
