import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateLarge } from '../../bench/generate-large.ts';
import { MixedTraffic, mixedTrafficAssociations } from '../../bench/mixed-traffic.ts';
import { loadRules } from '../../cli/rules-directory.ts';
import { keyFile } from '../../fixtures/scenario/security.ts';
import { auditMixedTraffic } from './mixed-audit.ts';

const PACKETS = 30_000;
const traffic = new MixedTraffic();
const frames = Array.from({ length: PACKETS }, () => traffic.next());
const rules = await loadRules();

const audit = (keys: string) => auditMixedTraffic(frames, rules, keys);

describe('mixed traffic', () => {
  const summary = audit(keyFile(mixedTrafficAssociations()));
  const { counters } = summary;

  it('is the same each time', () => {
    const again = new MixedTraffic();
    const differing = frames
      .slice(0, 2000)
      .filter((bytes) => Buffer.compare(bytes, again.next()) !== 0);
    expect(differing).toEqual([]);
  });

  it('has the shares that the measurements speak of', () => {
    const signalling = counters.mobility + counters.espNoKey;
    const share = (count: number): number => (100 * count) / PACKETS;
    expect(share(signalling)).toBeCloseTo(18, 0);
    expect(share(counters.espOpened)).toBeCloseTo(10, 0);
    const perMessage = (type: number): number => counters.mobilityByType[type] ?? 0;
    const inTunnels = counters.tunnelled - counters.espOpened;
    // Home Test Init and Home Test are tunnelled as well.
    expect(share(inTunnels - perMessage(1) - perMessage(3))).toBeCloseTo(14, 0);
    expect(counters.espIcvMismatch).toBe(0);
    expect(counters.diagnostics).toEqual(new Map());
  });

  it('has ESP packets of 512 to 1400 octets in its tunnels', () => {
    const lengths = frames
      .filter((bytes) => bytes[20] === 50)
      .map((bytes) => ((bytes[18] ?? 0) << 8) | (bytes[19] ?? 0));
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(512 - 16);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(1400 + 16);
  });

  it.each([
    ['with keys', summary],
    ['without keys', audit('')],
  ])('raises no alert, %s', (_, { alerts, internalErrors }) => {
    // That tables of the sensor were full (MIP6-2906) is information about the sensor.
    const found = alerts.filter(({ severity }) => severity !== 'info');
    expect(found.map(({ rule, draft }) => `${rule.id}: ${draft.message}`)).toEqual([]);
    expect(internalErrors).toEqual([]);
  });
});

describe('the command that writes large captures', () => {
  it('writes a capture and its keys, and keeps a capture that is there', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-large-'));
    try {
      const file = path.join(folder, 'mixed.pcap');
      const { capture, keys, tsharkOptions } = generateLarge(file, 100);
      const octets = frames.slice(0, 100).reduce((sum, bytes) => sum + 16 + bytes.length, 24);
      expect(readFileSync(capture).length).toBe(octets);
      expect(
        readFileSync(keys, 'utf8')
          .split('\n')
          .filter((line) => line.startsWith('"')),
      ).toHaveLength(12);
      expect(tsharkOptions.filter((option) => option.startsWith('uat:esp_sa:"IPv6"'))).toHaveLength(
        12,
      );
      writeFileSync(file, 'mine');
      generateLarge(file, 100);
      expect(readFileSync(file, 'utf8')).toBe('mine');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
