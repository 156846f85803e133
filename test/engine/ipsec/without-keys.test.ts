/**
 * Audits without keys: what is in ESP with NULL encryption is read, and one relay is seen across files.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { putU32, u32 } from '../../../dissectors/core/bytes.ts';
import {
  destinationOptions,
  homeAddressOption,
  ipv6Packet,
  type2RoutingHeader,
} from '../../../dissectors/ipv6/build.ts';
import type { EngineSummary } from '../../../engine/engine.ts';
import { FIXTURES, auditFiles } from '../../fixtures/expectations.ts';
import { CARE_OF_ADDRESS, HOME_ADDRESS, HOME_AGENT } from '../../rules/site.ts';
import { auditFrames } from './audit-frames.ts';
import { RandomOctets, mobilityHeader, nullEsp, randomEsp } from './null-packets.ts';

const ESP = 50;
const MOBILITY = 135;

const capture = (name: string): string => path.join(FIXTURES, 'captures', name);

/** A Binding Update from the care-of address, in ESP. */
function update(payload: Uint8Array): Uint8Array {
  return ipv6Packet({
    source: CARE_OF_ADDRESS,
    destination: HOME_AGENT,
    headers: [destinationOptions([homeAddressOption(HOME_ADDRESS)])],
    protocol: ESP,
    payload,
  });
}

function answer(payload: Uint8Array): Uint8Array {
  return ipv6Packet({
    source: HOME_AGENT,
    destination: CARE_OF_ADDRESS,
    headers: [type2RoutingHeader(HOME_ADDRESS)],
    protocol: ESP,
    payload,
  });
}

function found(summary: EngineSummary): string[] {
  return summary.alerts.map(({ rule, confidence }) => `${rule.id} ${confidence}`);
}

/** A Binding Update with Home Registration and Acknowledge, sequence number 1 and 420 s. RFC 6275 section 6.1.7. */
function bindingUpdate(icv = 12): Uint8Array {
  const header = mobilityHeader(5, 2);
  header.set([0, 1, 0xc0, 0, 0, 105], 6);
  // The fields were zero before: the checksum gives way by what they add.
  const old = ~((header[4] ?? 0) * 256 + (header[5] ?? 0)) & 0xffff;
  let sum = old + 1 + 0xc000 + 105;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  header[4] = (~sum & 0xffff) >>> 8;
  header[5] = ~sum & 0xff;
  return nullEsp({ nextHeader: MOBILITY, payload: header, icv });
}

describe('an audit without keys of ESP with NULL encryption', () => {
  it('reads the signalling of the relay attack and finds it with its content', async () => {
    const summary = await auditFiles([capture('relay-attack-null.pcapng')]);
    const { counters, bindings, espFlows } = summary;
    expect([counters.espReadAsNull, counters.espNoKey]).toEqual([42, 0]);
    expect([counters.mobilityByType[5], counters.mobilityByType[6]]).toEqual([6, 6]);
    const [binding] = bindings;
    expect(binding).toMatchObject({
      knownBy: 'null-encryption',
      phase: 'deregistered',
      sequence: 3,
    });
    expect(binding?.history.map(({ sequence }) => sequence)).toEqual([1, 1, 2, 2, 3, 3]);
    expect(found(summary)).toContain('MIP6-1106 certain');
    // Content that nothing vouches for.
    expect(found(summary)).toContain('MIP6-1109 partial');
    expect(espFlows.map(({ role, nullEncryption }) => [role, nullEncryption?.icvLength])).toEqual([
      ['binding', 12],
      ['binding', 12],
      ['payload', 12],
      ['payload', 12],
    ]);
  });

  it('reads the same messages as with the keys', async () => {
    const file = capture('relay-attack-null.pcapng');
    const [open, keyed] = [
      await auditFiles([file]),
      await auditFiles([file], undefined, capture('relay-attack-null.esp_sa')),
    ];
    expect(open.counters.mobilityByType).toEqual(keyed.counters.mobilityByType);
    expect(keyed.counters.espReadAsNull).toBe(0);
    expect(keyed.bindings[0]?.knownBy).toBe('decrypted');
    expect(keyed.espFlows.every(({ nullEncryption }) => nullEncryption === undefined)).toBe(true);
  });

  it('says that home tests can be read, and that this is inferred', async () => {
    const summary = await auditFiles([path.join(FIXTURES, 'rules/mip6-1808/alert.pcapng')]);
    const exposed = found(summary).filter((text) => text.startsWith('MIP6-1808'));
    expect(exposed).toEqual(['MIP6-1808 partial', 'MIP6-1808 partial']);
  });

  it('finds signalling without any integrity when the layout shows that there is none', () => {
    const summary = auditFrames([update(bindingUpdate(0))]);
    expect(found(summary)).toContain('MIP6-1807 partial');
    expect(found(auditFrames([update(bindingUpdate(12))])).join()).not.toContain('MIP6-1807');
  });

  it('makes no signalling of garbage that follows a forged packet with the SPI', () => {
    const random = new RandomOctets(11);
    const frames = [update(bindingUpdate()), answer(randomEsp(random, 60, 0x2000))];
    for (let i = 0; i < 200; i++) frames.push(update(randomEsp(random, 60)));
    const { counters, bindings, espFlows } = auditFrames(frames);
    expect([counters.mobility, counters.espReadAsNull, counters.espNoKey]).toEqual([1, 1, 201]);
    expect(bindings[0]?.knownBy).not.toBe('decrypted');
    expect(espFlows[0]?.nullEncryption).toMatchObject({ packets: 1, misfits: 200 });
  });

  it('is not tried on packets that the capture cut', () => {
    // Without its last 4 octets it looks as if it had an ICV of 12.
    const frame = update(bindingUpdate(16));
    expect(auditFrames([frame]).counters.espReadAsNull).toBe(1);
    expect(auditFrames([frame], 4).counters.espReadAsNull).toBe(0);
  });
});

describe('one ESP packet under two layouts in two files', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-ring-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  /** A copy of a pcap file whose clock goes `seconds` ahead. */
  function shifted(name: string, seconds: number): string {
    const bytes = new Uint8Array(readFileSync(capture(name)));
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const isLittle = [0xd4, 0x4d].includes(bytes[0] ?? 0);
    const end = bytes.length;
    for (let at = 24; at + 16 <= end;) {
      if (isLittle) view.setUint32(at, view.getUint32(at, true) + seconds, true);
      else putU32(bytes, at, u32(bytes, at) + seconds);
      at += 16 + view.getUint32(at + 8, isLittle);
    }
    const file = path.join(folder, `${seconds}-${name}`);
    writeFileSync(file, bytes);
    return file;
  }

  // The clock of the file from home is 3.2 s ahead as it is.
  it.each([0, -3, -7, 20])(
    'is one relay when the clocks differ by 3.2 and %d s',
    async (offset) => {
      const files = [
        capture('relay-attack-foreign.pcap'),
        shifted('relay-attack-home.pcap', offset),
      ];
      const summary = await auditFiles(files);
      const relays = summary.alerts.filter(({ rule }) => rule.id === 'MIP6-1106');
      expect(relays.map(({ confidence, count }) => [confidence, count])).toEqual([['certain', 1]]);
      const inputs = relays[0]?.draft.evidence.map(({ packet }) => packet.input);
      expect(new Set(inputs)).toEqual(new Set([0, 1]));
      expect(summary.incidents.filter(({ title }) => title.startsWith('Relay'))).toHaveLength(1);
    },
  );
});
