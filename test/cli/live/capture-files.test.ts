import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CaptureFiles, ringFileName } from '../../../cli/live/capture-files.ts';
import type { CaptureFilesOptions } from '../../../cli/live/capture-files.ts';
import type { Conditions } from '../../../cli/live/conditions.ts';
import { openCaptures } from '../../../io/capture/file.ts';
import { hasProgram } from '../../e2e/command.ts';
import { HARMLESS } from '../../e2e/command.ts';
import { captureInterface, packetRecord } from '../../engine/packet-records.ts';

const NONE: Conditions = {
  duration: undefined,
  packets: undefined,
  octets: undefined,
  files: undefined,
};
const COUNTS = {
  name: 'a',
  received: 12,
  dropped: 3,
  droppedByInterface: 1,
  shedPayload: 2,
  shedSignalling: 0,
  fault: undefined,
  recoveries: 0,
};
const START = new Date(2026, 0, 2, 3, 4, 5).getTime();

let folder = '';
let now = START;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-files-'));
  now = START;
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function filesOf(changes: Partial<CaptureFilesOptions>): CaptureFiles {
  return new CaptureFiles({
    file: path.join(folder, 'ring.pcapng'),
    ring: undefined,
    stop: NONE,
    interfaces: [captureInterface()],
    counts: () => [COUNTS],
    now: () => now,
    ...changes,
  });
}

function write(files: CaptureFiles, packets: number): void {
  for (let i = 0; i < packets; i++) files.write(packetRecord(HARMLESS, i + 1, i));
}

/** Numbers of packets in the files, by name. */
async function written(): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const name of readdirSync(folder).sort()) {
    const { source, errors } = await openCaptures([path.join(folder, name)]);
    await source.run(() => undefined);
    expect([...errors, ...source.faults]).toEqual([]);
    found[name] = source.inputs[0]?.packets ?? -1;
  }
  return found;
}

describe('files of a capture', () => {
  it('have the names of dumpcap', () => {
    expect(ringFileName('/tmp/a.b/out.pcapng', 7, START)).toBe(
      '/tmp/a.b/out_00007_20260102030405.pcapng',
    );
    expect(ringFileName('out', 100_000, START)).toBe('out_100000_20260102030405');
  });

  it('are one without -b', async () => {
    const files = filesOf({});
    write(files, 5);
    files.end();
    expect(await written()).toEqual({ 'ring.pcapng': 5 });
  });

  it('change after so many packets, and only the last ones stay', async () => {
    const files = filesOf({ ring: { ...NONE, packets: 4, files: 2 } });
    write(files, 14);
    files.end();
    expect(await written()).toEqual({
      'ring_00003_20260102030405.pcapng': 4,
      'ring_00004_20260102030405.pcapng': 2,
    });
    expect(files).toMatchObject({ packets: 14, begun: 4 });
  });

  it('change when they are large enough, and never hold more than the packet that made them so', async () => {
    const files = filesOf({ ring: { ...NONE, octets: 1000 } });
    write(files, 40);
    files.end();
    const names = readdirSync(folder);
    expect(names.length).toBeGreaterThan(3);
    for (const name of names) {
      // The packet that reaches the limit, and the statistics at the end.
      const most = 1000 + HARMLESS.length + 36 + 100;
      expect(readFileSync(path.join(folder, name)).length).toBeLessThan(most);
    }
    expect(Object.values(await written()).reduce((sum, count) => sum + count, 0)).toBe(40);
  });

  it('change with time, also while nothing comes', async () => {
    const files = filesOf({ ring: { ...NONE, duration: 10 } });
    write(files, 1);
    now += 9999;
    files.tick();
    expect(files.begun).toBe(1);
    now += 1;
    files.tick();
    write(files, 2);
    files.end();
    expect(await written()).toEqual({
      'ring_00001_20260102030405.pcapng': 1,
      'ring_00002_20260102030415.pcapng': 2,
    });
  });

  it('end with -a: by size, and before one file too many', () => {
    const bySize = filesOf({ stop: { ...NONE, octets: 500 } });
    write(bySize, 2);
    expect(bySize.isFull()).toBe(false);
    write(bySize, 4);
    expect(bySize.isFull()).toBe(true);
    bySize.end();
    const byFiles = filesOf({ ring: { ...NONE, packets: 2 }, stop: { ...NONE, files: 2 } });
    write(byFiles, 3);
    expect(byFiles.isFull()).toBe(false);
    write(byFiles, 1);
    expect(byFiles.isFull()).toBe(true);
    byFiles.end();
    expect(byFiles.begun).toBe(2);
  });

  it('can be read while they grow', async () => {
    const files = filesOf({});
    write(files, 3);
    files.tick();
    expect(await written()).toEqual({ 'ring.pcapng': 3 });
    files.end();
  });

  it.skipIf(!hasProgram('tshark'))(
    'end with what was lost, as tshark reads it (needs tshark)',
    () => {
      const files = filesOf({});
      write(files, 1);
      files.end();
      // The block has no fields in tshark; it complains about one it cannot read.
      const file = path.join(folder, 'ring.pcapng');
      const run = spawnSync(
        'tshark',
        ['-n', '-r', file, '-T', 'fields', '-e', 'frame.interface_name'],
        {
          encoding: 'utf8',
        },
      );
      expect([run.status, run.stdout]).toEqual([0, 'a\n']);
      const octets = readFileSync(file);
      const block = octets.length - octets.readUInt32LE(octets.length - 4);
      expect(octets.readUInt32LE(block)).toBe(5);
      const values = new Map<number, bigint>();
      for (let at = block + 20; octets.readUInt16LE(at) !== 0; at += 12) {
        values.set(octets.readUInt16LE(at), octets.readBigUInt64LE(at + 4));
      }
      expect([...values]).toEqual([
        [4, 12n],
        [5, 4n],
        [7, 3n],
        [8, 7n],
      ]);
    },
  );
});
