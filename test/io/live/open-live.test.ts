import { afterEach, describe, expect, it, vi } from 'vitest';
import type { PacketRecord } from '../../../engine/ports.ts';
import { ip } from '../../../fixtures/scenario/network.ts';
import { ipv6, mobility, udp } from '../../../fixtures/scenario/packet.ts';
import { LiveError } from '../../../io/capture/live/live-error.ts';
import { openLive } from '../../../io/capture/live/open-live.ts';
import type { LiveSource } from '../../../io/capture/live-source.ts';
import { FakeBackend } from './fake-backend.ts';

const ENDS = { source: ip('2001:db8:1::10'), destination: ip('2001:db8:9::5') };
const PAYLOAD = ipv6(ENDS, udp(ENDS, { from: 5004, to: 5004 }, new Uint8Array(1000)));
const SIGNALLING = ipv6(
  ENDS,
  mobility(ENDS, { kind: 'home-test-init', homeInitCookie: new Uint8Array(8) }),
);
/** Microseconds since 1970. */
const START = 1_700_000_000_000_000;
const MEBIBYTE = 2 ** 20;

afterEach(() => {
  vi.useRealTimers();
});

/** Runs a source until its packets are through. */
async function runUntil(
  source: LiveSource,
  isDone: (records: readonly PacketRecord[]) => boolean,
  onPacket: (record: PacketRecord) => void = () => undefined,
): Promise<PacketRecord[]> {
  const records: PacketRecord[] = [];
  const controller = new AbortController();
  await source.run(
    (record) => {
      records.push({ ...record, bytes: record.bytes.slice(record.offset, record.end) });
      onPacket(record);
      if (isDone(records)) controller.abort();
    },
    { signal: controller.signal },
  );
  return records;
}

describe('live source', () => {
  it('numbers packets of all interfaces together, in order of capture time', async () => {
    const backend = new FakeBackend(['a', 'b']);
    const source = await openLive({ interfaces: ['a', 'b'] }, backend);
    for (const step of [1, 3, 5]) backend.get('a').add(PAYLOAD, START + step);
    for (const step of [0, 2, 4]) backend.get('b').add(SIGNALLING, START + step);
    const records = await runUntil(source, ({ length }) => length === 6);
    expect(records.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(records.map(({ nanoseconds }) => nanoseconds)).toEqual(
      [0, 1, 2, 3, 4, 5].map((n) => n * 1000),
    );
    expect(records.map(({ interfaceIndex }) => interfaceIndex)).toEqual([1, 0, 1, 0, 1, 0]);
    expect(source.interfaces.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(source.inputs).toEqual([{ name: 'a, b', packets: 6 }]);
    expect(backend.get('a').closed).toBe(1);
  });

  it('leaves payload out when half of the ring is full, and no signalling', async () => {
    const backend = new FakeBackend(['a']);
    const source = await openLive({ interfaces: ['a'], buffer: 1 }, backend);
    const card = backend.get('a');
    for (let i = 0; i < 1000; i++) {
      card.add(PAYLOAD, START);
      card.add(SIGNALLING, START);
    }
    const records = await runUntil(source, () => true);
    const [counts] = source.counts;
    const kept = records.filter(({ bytes }) => bytes.length === PAYLOAD.length).length;
    expect(counts).toMatchObject({
      received: 2000,
      dropped: 0,
      shedSignalling: 0,
      shedPayload: 1000 - kept,
    });
    expect(records.length - kept).toBe(1000);
    // What was there before the mark was reached is kept.
    expect(kept * PAYLOAD.length).toBeGreaterThan(0.3 * MEBIBYTE);
    expect(kept).toBeLessThan(600);
  });

  it('leaves signalling out only when the ring is full', async () => {
    const backend = new FakeBackend(['a']);
    const source = await openLive({ interfaces: ['a'], buffer: 1 }, backend);
    const card = backend.get('a');
    for (let i = 0; i < 20_000; i++) card.add(SIGNALLING, START);
    for (let i = 0; i < 100; i++) card.add(PAYLOAD, START);
    const records = await runUntil(source, () => true);
    const [counts] = source.counts;
    expect(counts?.shedPayload).toBe(100);
    expect(counts?.shedSignalling).toBe(20_000 - records.length);
    expect(counts?.shedSignalling).toBeGreaterThan(0);
    expect(records.length * (SIGNALLING.length + 32)).toBeGreaterThan(0.95 * MEBIBYTE);
  });

  it('serves timers while packets wait', async () => {
    const backend = new FakeBackend(['a']);
    const source = await openLive({ interfaces: ['a'] }, backend);
    for (let i = 0; i < 3000; i++) backend.get('a').add(SIGNALLING, START + i);
    let served = 0;
    const timer = setInterval(() => served++, 1);
    let end = performance.now();
    const records = await runUntil(
      source,
      ({ length }) => length === 3000,
      () => {
        // 0.05 ms of work for each packet.
        end = Math.max(end, performance.now()) + 0.05;
        while (performance.now() < end);
      },
    );
    clearInterval(timer);
    expect(records).toHaveLength(3000);
    // 150 ms in slices of 5 ms: at least half of the 30 turns.
    expect(served).toBeGreaterThan(15);
  });

  it('waits for a consumer that asks for it', async () => {
    const backend = new FakeBackend(['a']);
    const source = await openLive({ interfaces: ['a'] }, backend);
    for (let i = 0; i < 3; i++) backend.get('a').add(SIGNALLING, START + i);
    const order: string[] = [];
    const controller = new AbortController();
    await source.run(
      ({ number }) => {
        order.push(`packet ${number}`);
        if (number === 3) controller.abort();
      },
      {
        signal: controller.signal,
        backPressure: () =>
          new Promise((resolve) => {
            setImmediate(() => {
              order.push('go on');
              resolve();
            });
          }),
      },
    );
    expect(order.slice(0, 4)).toEqual(['packet 1', 'go on', 'packet 2', 'go on']);
  });

  it('leaves out and does not count what comes while capturing is off', async () => {
    const backend = new FakeBackend(['a']);
    const source = await openLive({ interfaces: ['a'] }, backend);
    const card = backend.get('a');
    card.add(SIGNALLING, START);
    source.setCapturing(false);
    card.add(SIGNALLING, START + 1);
    source.setCapturing(true);
    card.add(SIGNALLING, START + 2);
    const records = await runUntil(source, ({ length }) => length === 2);
    expect(records.map(({ nanoseconds }) => nanoseconds)).toEqual([0, 2000]);
    expect(source.counts[0]?.received).toBe(2);
  });

  it('delivers what the kernel still had when the run was ended', async () => {
    const backend = new FakeBackend(['a']);
    const source = await openLive({ interfaces: ['a'] }, backend);
    backend.get('a').add(SIGNALLING, START);
    const records = await runUntil(
      source,
      () => true,
      ({ number }) => {
        if (number === 1) backend.get('a').add(SIGNALLING, START + 1);
      },
    );
    expect(records).toHaveLength(2);
    expect(source.lag).toBe(0);
    expect(source.fill.octets).toBe(0);
  });

  it('adds up the losses of the kernel', async () => {
    const backend = new FakeBackend(['a']);
    const source = await openLive({ interfaces: ['a'] }, backend);
    backend.get('a').dropped = 7;
    backend.get('a').add(SIGNALLING, START);
    await runUntil(source, () => true);
    expect(source.counts[0]).toMatchObject({ received: 8, dropped: 7 });
  });

  it('opens none when one of the interfaces cannot be opened', async () => {
    const backend = new FakeBackend(['a']);
    await expect(openLive({ interfaces: ['a', 'nope'] }, backend)).rejects.toMatchObject({
      code: 'ERR_LIVE_INTERFACE_UNKNOWN',
    });
    expect(backend.get('a')).toMatchObject({ opened: 1, closed: 1 });
  });

  it.each([
    [{ interfaces: [] }, /no interface/],
    [{ interfaces: ['a', 'a'] }, /named twice/],
    [{ interfaces: ['a'], snapLength: 63 }, /snapLength is 63; .* from 64 to 262144/],
    [{ interfaces: ['a'], kernelBuffer: 2048 }, /kernelBuffer/],
    [{ interfaces: ['a'], buffer: 0.5 }, /buffer is 0\.5/],
  ])('refuses %j', async (options, message) => {
    const failed = openLive(options, new FakeBackend(['a']));
    await expect(failed).rejects.toThrow(message);
    await expect(failed).rejects.toBeInstanceOf(LiveError);
  });
});

describe('an interface that goes', () => {
  /** Lets the clock of a running source go on. */
  async function pass(milliseconds: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(milliseconds);
  }

  async function running(): Promise<{
    backend: FakeBackend;
    source: LiveSource;
    stop: () => Promise<void>;
  }> {
    vi.useFakeTimers();
    const backend = new FakeBackend(['a']);
    const source = await openLive({ interfaces: ['a'] }, backend);
    const controller = new AbortController();
    const ended = source.run(() => undefined, { signal: controller.signal });
    return {
      backend,
      source,
      async stop() {
        controller.abort();
        await pass(1000);
        await ended;
      },
    };
  }

  it('down is said once, and said to be back when it is', async () => {
    const { backend, source, stop } = await running();
    backend.get('a').state = 'down';
    await pass(2000);
    expect(source.counts[0]?.fault).toBe('down');
    backend.get('a').state = 'up';
    await pass(1000);
    expect(source.counts[0]).toMatchObject({ fault: undefined, recoveries: 1 });
    expect(source.faults.map(({ code }) => code)).toEqual([
      'LIVE_INTERFACE_DOWN',
      'LIVE_INTERFACE_BACK',
    ]);
    expect(backend.get('a').opened).toBe(1);
    await stop();
  });

  it('away is opened again when it is back', async () => {
    const { backend, source, stop } = await running();
    const card = backend.get('a');
    card.isThere = false;
    await pass(60_000);
    expect(source.counts[0]?.fault).toBe('gone');
    expect(card).toMatchObject({ opened: 1, closed: 1 });
    card.isThere = true;
    card.add(SIGNALLING, START);
    await pass(5000);
    expect(source.counts[0]).toMatchObject({ fault: undefined, recoveries: 1, received: 1 });
    expect(card.opened).toBe(2);
    await stop();
  });

  it('away and not to be opened any more is told once, with the reason', async () => {
    const { backend, source, stop } = await running();
    const card = backend.get('a');
    card.isThere = false;
    await pass(1000);
    card.isThere = true;
    card.refusal = new LiveError('ERR_LIVE_PERMISSION', 'a: this user may not capture');
    await pass(60_000);
    expect(source.counts[0]?.fault).toContain('gave up the privileges');
    expect(source.faults.map(({ code }) => code)).toEqual([
      'LIVE_INTERFACE_GONE',
      'LIVE_INTERFACE_REFUSED',
    ]);
    await stop();
  });
});
