/**
 * What a correspondent answers to senders that have proved nothing.
 */
import { describe, expect, test } from 'vitest';
import { RequestLimits } from '../../../nodes/correspondent-node/request-limits.ts';
import type { RequestLimitOptions } from '../../../nodes/correspondent-node/request-limits.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';
import { ip } from '../wire-peer.ts';
import { CorrespondentBench, HOME, mobilityPacket } from './bench.ts';
import { MobilePeer, statusOf } from './mobile-peer.ts';

/** Limits on a clock that the test sets. */
class Clocked {
  now = 0;
  readonly limits: RequestLimits;

  constructor(options: RequestLimitOptions) {
    this.limits = new RequestLimits(this, new SeededRandom(1), options);
  }
}

function granted(made: RequestLimits, source: Uint8Array, times: number): number {
  let count = 0;
  for (let i = 0; i < times; i++) if (made.take(source) === 'granted') count++;
  return count;
}

const WIDE = { burst: 1_000_000, perSecond: 1_000_000 };
const hostOf = (n: number): Uint8Array => ip(`2001:db8:0:1::${n.toString(16)}`);
const prefixOf = (n: number): Uint8Array => ip(`2001:db8:${n.toString(16)}::1`);

describe('limits', () => {
  test('of a source: a burst, then so many a second; others are not touched', () => {
    const made = new Clocked({
      perSource: { burst: 5, perSecond: 2 },
      perPrefix: WIDE,
      total: WIDE,
    });
    expect(granted(made.limits, hostOf(1), 50)).toBe(5);
    expect(made.limits.take(hostOf(1))).toBe('source');
    expect(granted(made.limits, hostOf(2), 50)).toBe(5);
    made.now = 1000;
    expect(granted(made.limits, hostOf(1), 50)).toBe(2);
    made.now = 60_000;
    expect(granted(made.limits, hostOf(1), 50)).toBe(5);
  });

  test('of a /64: however many addresses share it', () => {
    const made = new Clocked({
      perSource: WIDE,
      perPrefix: { burst: 30, perSecond: 10 },
      total: WIDE,
    });
    let count = 0;
    for (let n = 1; n <= 200; n++) count += granted(made.limits, hostOf(n), 1);
    expect(count).toBe(30);
    expect(made.limits.take(hostOf(999))).toBe('prefix');
    expect(made.limits.take(prefixOf(7))).toBe('granted');
    made.now = 1000;
    expect(granted(made.limits, hostOf(1), 50)).toBe(10);
  });

  test('in total: however many prefixes there are', () => {
    const made = new Clocked({
      perSource: WIDE,
      perPrefix: WIDE,
      total: { burst: 40, perSecond: 20 },
    });
    let count = 0;
    for (let n = 1; n <= 500; n++) count += granted(made.limits, prefixOf(n), 1);
    expect(count).toBe(40);
    expect(made.limits.take(prefixOf(9))).toBe('total');
    made.now = 1000;
    expect(granted(made.limits, prefixOf(9), 50)).toBe(20);
  });

  test('a flood of made-up sources takes no memory, and leaves most others their share of it', () => {
    const made = new Clocked({ perPrefix: WIDE, total: WIDE });
    const { octets } = made.limits;
    const random = new SeededRandom(2);
    for (let i = 0; i < 2000; i++) granted(made.limits, random.octets(16), 20);
    expect(made.limits.octets).toBe(octets);
    expect(octets).toBeLessThan(128 * 1024);
    let served = 0;
    for (let n = 0; n < 200; n++) if (granted(made.limits, prefixOf(n), 4) === 4) served++;
    // Of two slots each, both would have to be taken.
    expect(served).toBeGreaterThan(120);
    made.now = 10_000;
    expect(granted(made.limits, prefixOf(1), 50)).toBe(12);
  });
});

describe('a correspondent under a flood', () => {
  test('answers a source no more than its rate, with alarms that are few', () => {
    const bench = new CorrespondentBench();
    const init = { kind: 'home-test-init', homeInitCookie: new Uint8Array(8) } as const;
    bench.peer.take();
    for (let i = 0; i < 500; i++) bench.peer.send(mobilityPacket({ source: HOME }, init));
    bench.scheduler.advance(5);
    expect(bench.peer.take()).toHaveLength(12);
    expect(bench.node.state.suppressedTests).toBe(488);
    expect(bench.events('alarm')).toEqual(Array(10).fill('return-routability-limited'));
    bench.scheduler.advance(3000);
    expect(statusOf(new MobilePeer(bench).tests().register())).toBe(0);
    bench.close();
  });

  test('refuses updates of strangers no more than that either, and none with more octets than it got', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench);
    const key = new Uint8Array(20);
    const updates = [
      mobile.update({ key, homeIndex: 1, careOfIndex: 2 }),
      mobile.update({ flags: 0xc000, hasNonceIndices: false, hasAuthorization: false }),
    ];
    for (const update of updates) {
      const [answer, ...more] = bench.deliver(update);
      expect(more).toEqual([]);
      expect(answer?.mobility?.mhType).toBe(6);
      expect(answer?.bytes.length).toBeLessThanOrEqual(update.length);
    }
    for (let i = 0; i < 200; i++) bench.peer.send(updates[i % 2] ?? key);
    bench.scheduler.advance(5);
    expect(bench.peer.take()).toHaveLength(10);
    expect(bench.events('alarm')).toContain('binding-refusals-limited');
    bench.close();
  });

  test('an acknowledgement of a registration is no larger than the update', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    const update = mobile.update();
    const [answer] = bench.deliver(update);
    expect(answer?.mobility?.mhType).toBe(6);
    expect(answer?.bytes.length).toBe(update.length);
    bench.close();
  });
});
