import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DroppedPackets, dropComment } from '../../../cli/gateway/dropped-packets.ts';
import type { DropReason } from '../../../engine/inline/index.ts';
import { openCaptures } from '../../../io/capture/file.ts';
import { packetComments } from '../../../dissectors/capture-file/index.ts';
import { captureInterface, packetRecord } from '../../engine/packet-records.ts';
import { attackOf } from '../sensor/sensor-bench.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-dropped-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const REASON: DropReason = {
  ...{ ruleId: 'MIP6-1009', title: 'Malformed', severity: 'high', verdict: 'drop' },
  ...{ confidence: 'certain', object: 'x', message: 'who did what', wouldDrop: false },
  packet: { input: 0, number: 1, time: 0, nanoseconds: 0 },
  evidence: [{ packet: { input: 0, number: 1, time: 0, nanoseconds: 0 }, text: 'the proof' }],
  ...{ stage: undefined, attacker: undefined, homeAddress: undefined, homeAgent: undefined },
  ...{ homePrefix: undefined, related: [] },
};
const INTERFACES = [{ ...captureInterface(), name: 'eth0' }];

function keeper(files = 3, size = 1, said: string[] = []): DroppedPackets {
  let now = 0;
  return new DroppedPackets(
    { directory: folder, files, size },
    'dropped-600',
    INTERFACES,
    (text) => said.push(text),
    () => (now += 20_000),
  );
}

async function comments(): Promise<string[]> {
  const { source } = await openCaptures([folder]);
  const found: string[] = [];
  await source.run((record) => {
    found.push(...packetComments(record));
  });
  return found;
}

describe('dropped packets that are kept', () => {
  it('have the reason as their comment', async () => {
    const kept = keeper();
    kept.keep(packetRecord(attackOf(1), 1, 0), REASON);
    kept.keep(packetRecord(attackOf(2), 2, 1), { ...REASON, wouldDrop: true });
    kept.tick();
    kept.close();
    expect(await comments()).toEqual([
      'MIP6-1009 dropped (certain): Malformed: who did what; the proof',
      'MIP6-1009 would be dropped (certain): Malformed: who did what; the proof',
    ]);
    expect(kept.kept).toBe(2);
  });

  it('say when they were more than a rate allows', () => {
    expect(dropComment({ ...REASON, verdict: 'rate-limit' })).toContain('dropped, over its rate');
  });

  it('are in as many files as are wanted, those of earlier runs counted', () => {
    for (const at of ['20261122000000', '20261122000001', '20261122000002']) {
      writeFileSync(path.join(folder, `dropped-600_00001_${at}.pcapng`), '');
    }
    writeFileSync(path.join(folder, 'other.pcapng'), '');
    const kept = keeper(2);
    kept.keep(packetRecord(attackOf(1), 1, 0), REASON);
    kept.close();
    const left = readdirSync(folder).sort();
    expect(left).toHaveLength(3);
    expect(left).toContain('other.pcapng');
    expect(left).not.toContain('dropped-600_00001_20261122000000.pcapng');
  });

  it('are lost and counted when they cannot be written, and kept again when they can', () => {
    const said: string[] = [];
    const kept = keeper(3, 1, said);
    rmSync(folder, { recursive: true });
    kept.keep(packetRecord(attackOf(1), 1, 0), REASON);
    kept.keep(packetRecord(attackOf(1), 2, 0), REASON);
    expect([kept.kept, kept.lost]).toEqual([0, 2]);
    expect(kept.fault).toContain('no such directory');
    expect(said).toHaveLength(1);
    kept.close();
  });
});
