import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasProgram } from '../e2e/command.ts';
import {
  accusations,
  auditLive,
  canIsolate,
  inNetwork,
  labFolder,
  saidIn,
  scapyPython,
} from './lab.ts';
import type { LiveAudit } from './lab.ts';

const canRun = canIsolate && scapyPython !== undefined;
const NEEDS = '(needs root, network namespaces, tcpdump, Scapy)';
const CLAIMANTS = ['atk6-fake_advertise6', 'na6'];
/** The whole attack: the advertisement, both halves of the relay, what goes out bare afterwards. */
const RELAY = ['MIP6-1101', 'MIP6-1103', 'MIP6-1105', 'MIP6-1106', 'MIP6-1107', 'MIP6-1112'];

describe('a mobile node, its home agent and an attacker made of Scapy, in three namespaces', () => {
  const folders = new Map<string, string>();

  beforeAll(async () => {
    if (!canRun) return;
    for (const kind of ['attacked', 'left-alone', 'claimed']) {
      const folder = labFolder();
      folders.set(kind, folder);
    }
    await Promise.all([...folders].map(([kind, folder]) => inNetwork('relay.sh', [folder, kind])));
  });

  afterAll(() => {
    for (const folder of folders.values()) rmSync(folder, { recursive: true, force: true });
  });

  function audit(kind: string, links: readonly string[], hasKeys: boolean): LiveAudit {
    const folder = folders.get(kind) ?? '';
    const files = links.map((link) => path.join(folder, `${link}.pcap`));
    return auditLive(files, hasKeys ? path.join(folder, 'keys.esp_sa') : undefined);
  }

  it.skipIf(!canRun).each([true, false])(
    `is found out, with keys: %s: one incident that succeeded on both ${NEEDS}`,
    (hasKeys) => {
      const { alerts, incidents } = audit('attacked', ['visited', 'edge'], hasKeys);
      const raised = alerts.map(({ rule }) => rule);
      expect(raised, saidIn(folders.get('attacked') ?? '')).toEqual(expect.arrayContaining(RELAY));
      expect(incidents.map(({ assessment }) => assessment)).toEqual(['succeeded on both']);
    },
  );

  it.skipIf(!canRun)(`is found out on the edge of the home network alone ${NEEDS}`, () => {
    const raised = audit('attacked', ['edge'], false).alerts.map(({ rule }) => rule);
    expect(raised).toContain('MIP6-1106');
  });

  it.skipIf(!canRun).each([true, false])(
    `raises nothing of medium or higher when the attacker stays away, with keys: %s ${NEEDS}`,
    (hasKeys) => {
      const result = audit('left-alone', ['visited', 'edge', 'home'], hasKeys);
      expect(result.counters.packets, saidIn(folders.get('left-alone') ?? '')).toBeGreaterThan(15);
      expect(accusations(result)).toEqual([]);
    },
  );

  it.skipIf(!canRun || !CLAIMANTS.every(hasProgram))(
    `raises MIP6-2001 when ${CLAIMANTS.join(' and ')} claim the home address meanwhile ${NEEDS}`,
    () => {
      const { alerts } = audit('claimed', ['visited', 'edge', 'home'], true);
      const raised = alerts.map(({ rule }) => rule);
      expect(raised, saidIn(folders.get('claimed') ?? '')).toContain('MIP6-2001');
    },
  );
});
