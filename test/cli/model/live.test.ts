import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CHUNK_PACKETS } from '../../../cli/model/catalogue.ts';
import { LocalModel } from '../../../cli/model/local-model.ts';
import type { LiveBounds } from '../../../cli/model/model-run.ts';
import { SEGMENT_PACKETS } from '../../../cli/model/value-index.ts';
import { prepareWithoutCaptures } from '../../../cli/session.ts';
import { emptyPacketRecord } from '../../../engine/ports.ts';
import type { CaptureInterface, PacketRecord, RunOptions } from '../../../engine/ports.ts';
import { openCaptures } from '../../../io/capture/file.ts';
import type { InterfaceCounts, LiveSource } from '../../../io/capture/live-source.ts';
import { CAPTURES } from '../read/run.ts';
import { quietTerminal, settled, statusWhen } from './models.ts';

/** A live capture of two interfaces that delivers what a test tells it to. */
class FakeCapture implements LiveSource {
  readonly inputs = [{ name: 'eth0, eth1', packets: 0 }];
  readonly interfaces: CaptureInterface[] = ['eth0', 'eth1'].map((name) => ({
    inputIndex: 0,
    name,
    description: undefined,
    linkType: 1,
    snapLength: 0,
  }));
  readonly faults = [];
  readonly counts: InterfaceCounts[] = ['eth0', 'eth1'].map((name) => ({
    name,
    received: 0,
    dropped: 0,
    droppedByInterface: 0,
    shedPayload: 0,
    shedSignalling: 0,
    fault: undefined,
    recoveries: 0,
  }));
  readonly fill = { octets: 0, size: 1 };
  readonly lag = 0;
  isCapturing = true;
  isClosed = false;
  #onPacket: ((record: PacketRecord) => void) | undefined;
  readonly #record = emptyPacketRecord();

  run(onPacket: (record: PacketRecord) => void, options: RunOptions = {}): Promise<void> {
    this.#onPacket = onPacket;
    return new Promise((resolve) => {
      options.signal?.addEventListener('abort', () => {
        resolve();
      });
    });
  }

  setCapturing(isOn: boolean): void {
    this.isCapturing = isOn;
  }

  close(): void {
    this.isClosed = true;
  }

  deliver(bytes: Uint8Array, seconds: number, interfaceIndex = 0): void {
    const record = this.#record;
    Object.assign(record, { bytes, offset: 0, end: bytes.length, originalLength: bytes.length });
    Object.assign(record, { seconds, nanoseconds: 0, linkType: 1, interfaceIndex });
    record.number = ++(this.inputs[0] ?? { packets: 0 }).packets;
    this.#onPacket?.(record);
  }
}

async function liveModel(
  bounds?: LiveBounds,
): Promise<{ model: LocalModel; capture: FakeCapture }> {
  const terminal = quietTerminal();
  const named = { inputs: [], keys: [path.join(CAPTURES, 'relay-attack.esp_sa')] };
  const session = await prepareWithoutCaptures(
    { ...named, recursive: false, workers: 1 },
    terminal,
  );
  const capture = new FakeCapture();
  const model = new LocalModel({ session, source: capture, live: capture, bounds, terminal });
  onTestFinished(() => model.close());
  void model.start();
  return { model, capture };
}

/** Frames of the relay attack. */
async function frames(): Promise<Uint8Array[]> {
  const { source } = await openCaptures([path.join(CAPTURES, 'relay-attack.pcapng')]);
  const found: Uint8Array[] = [];
  await source.run(({ bytes, offset, end }) => {
    found.push(bytes.slice(offset, end));
  });
  return found;
}

describe('a live capture', () => {
  it('is followed, stopped and started again', async () => {
    const { model, capture } = await liveModel();
    expect(model.status.phase).toBe('following');
    await model.setCapturing(false);
    expect([model.status.phase, capture.isCapturing]).toEqual(['stopped', false]);
    await model.setCapturing(true);
    expect([model.status.phase, capture.isCapturing]).toEqual(['following', true]);
    await model.close();
    expect(capture.isClosed).toBe(true);
  });

  it('shows drops, faults and what was shed, by interface', async () => {
    const { model, capture } = await liveModel();
    const [first, second] = capture.counts;
    Object.assign(first ?? {}, { received: 10, dropped: 2, droppedByInterface: 1, shedPayload: 4 });
    Object.assign(second ?? {}, { fault: 'down', shedSignalling: 1 });
    const { inputs, shed } = model.status;
    expect(inputs).toEqual([
      { name: 'eth0', packets: 10, dropped: 3, fault: undefined },
      { name: 'eth1', packets: 0, dropped: 0, fault: 'down' },
    ]);
    expect(shed).toBe(5);
  });

  it('finds the attack while it goes on, and details of its packets', async () => {
    const { model, capture } = await liveModel();
    const all = await frames();
    all.forEach((bytes, i) => {
      capture.deliver(bytes, 1_700_000_000 + i, i % 2);
    });
    await statusWhen(model, ({ packets, incidents }) => packets === all.length && incidents > 0);
    const rows = await model.rows(0, 100);
    expect(rows.map(({ input }) => input)).toEqual(all.map((_, i) => i % 2));
    expect((await model.detail(69))?.row.protocol).toBe('MIPv6');
    expect((await model.setFilter('mip6')).ok).toBe(true);
    await settled(model);
    expect(model.status.shown).toBe(12);
    capture.deliver(all[9] ?? new Uint8Array(), 1_700_000_500);
    await statusWhen(model, ({ shown }) => shown === 13);
    const [binding] = await model.view('bindings');
    expect(binding?.history.length).toBeGreaterThan(2);
  });

  it('forgets the oldest packets when there are too many, and goes on', async () => {
    const keep = CHUNK_PACKETS * 3;
    const { model, capture } = await liveModel({ octets: 2 ** 26, packets: keep });
    const all = await frames();
    const total = SEGMENT_PACKETS + CHUNK_PACKETS * 5;
    await model.setFilter('mip6');
    for (let i = 0; i < total; i++) {
      const isMobility = i % 100 === 9;
      const bytes = (isMobility ? all[9] : all[73]) ?? new Uint8Array();
      capture.deliver(bytes, 1_700_000_000 + Math.floor(i / 100));
      if (i % 2000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const status = await statusWhen(model, ({ packets, isFiltering }) => {
      return packets === total && !isFiltering;
    });
    const { forgotten } = status;
    expect(total - forgotten).toBeLessThanOrEqual(keep);
    expect(total - forgotten).toBeGreaterThan(keep - 2000);
    const [first] = await model.rows(0, 1);
    expect(first?.packet).toBeGreaterThanOrEqual(forgotten);
    expect(first?.protocol).toBe('MIPv6');
    expect(await model.lineOf(0)).toBe(0);
    expect(await model.detail(forgotten - 1)).toBeUndefined();
    expect(await model.packetOf(1)).toBeUndefined();
    expect(await model.packetOf(total)).toBe(total - 1);
    const shown = await model.rows(0, 1000);
    const expected = Array.from({ length: total - forgotten }, (_, i) => forgotten + i).filter(
      (position) => position % 100 === 9,
    );
    expect(model.status.shown).toBe(expected.length);
    expect(shown.map(({ packet }) => packet)).toEqual(expected.slice(0, 1000));
    await model.setFilter('');
    expect((await model.rows(0, 1))[0]?.packet).toBe(forgotten);
    expect(model.status.shown).toBe(total - forgotten);
    expect(await model.lineOf(total - 1)).toBe(total - forgotten - 1);
  });

  it('keeps no more octets than it may', async () => {
    const { model, capture } = await liveModel({ octets: 2 ** 21, packets: 1e6 });
    const large = new Uint8Array(1000).fill(7);
    const total = CHUNK_PACKETS * 3;
    for (let i = 0; i < total; i++) capture.deliver(large, 1_700_000_000);
    await statusWhen(model, ({ packets }) => packets === total);
    const { forgotten } = model.status;
    expect(forgotten).toBeGreaterThan(total - 2100);
    expect((await model.detail(total - 1))?.sources[0]?.bytes).toEqual(large);
    expect((await model.detail(total - 1000))?.sources[0]?.bytes).toEqual(large);
  });
});
