import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../dissectors/core/address.ts';
import { BindingCache } from '../../nodes/binding-cache.ts';
import type { BindingCacheEntry, RemovalReason } from '../../nodes/binding-cache.ts';
import { VirtualScheduler } from '../../nodes/simulation/virtual-scheduler.ts';
import { ip } from './wire-peer.ts';

const homeOf = (n: number): Uint8Array => ip(`2001:db8:a::${n.toString(16)}`);

class Bench {
  readonly scheduler = new VirtualScheduler();
  readonly removed: [string, RemovalReason][] = [];
  readonly cache: BindingCache;

  constructor(homeCapacity: number, correspondentCapacity: number) {
    const { scheduler } = this;
    this.cache = new BindingCache({ scheduler, homeCapacity, correspondentCapacity });
    this.cache.onRemoval(({ homeAddress }, reason) => {
      this.removed.push([formatAddress(homeAddress), reason]);
    });
  }

  set(n: number, isHomeRegistration: boolean, lifetime = 400): BindingCacheEntry {
    const { now } = this.scheduler;
    const entry: BindingCacheEntry = {
      homeAddress: homeOf(n),
      careOfAddress: ip('2001:db8:b::1'),
      isHomeRegistration,
      localAddress: ip('2001:db8:c::1'),
      sequence: 1,
      lifetime,
      registeredAt: now,
      expiresAt: now + lifetime * 1000,
      hasLinkLocal: false,
      hasKeyMobility: false,
      isMobileRouter: false,
      usedAt: 0,
    };
    this.cache.set(entry);
    return entry;
  }
}

describe('a binding cache', () => {
  test('evicts the correspondent used least recently, never a home registration', () => {
    const bench = new Bench(10, 3);
    for (const n of [1, 2]) bench.set(n, true);
    const entries = [11, 12, 13].map((n) => bench.set(n, false));
    const [first] = entries;
    if (first === undefined) throw new Error('no entry');
    bench.cache.touch(first);
    expect(formatAddress(bench.cache.leastRecentlyUsed()?.homeAddress ?? homeOf(0))).toBe(
      formatAddress(homeOf(12)),
    );
    bench.set(14, false);
    bench.set(13, false);
    bench.set(15, false);
    expect(bench.removed).toEqual([
      [formatAddress(homeOf(12)), 'evicted'],
      [formatAddress(homeOf(11)), 'evicted'],
    ]);
    expect(bench.cache.correspondents).toBe(3);
    expect(bench.cache.homeRegistrations).toBe(2);
    expect([1, 2, 13, 14, 15].every((n) => bench.cache.find(homeOf(n)) !== undefined)).toBe(true);
  });

  test('has room for so many home registrations and says so', () => {
    const bench = new Bench(2, 0);
    expect(bench.cache.hasRoom(true)).toBe(true);
    bench.set(1, true);
    bench.set(2, true);
    expect(bench.cache.hasRoom(true)).toBe(false);
    bench.cache.remove(homeOf(1), 'deregistered');
    expect(bench.cache.hasRoom(true)).toBe(true);
    expect(bench.cache.hasRoom(false)).toBe(false);
    expect(bench.cache.leastRecentlyUsed()).toBeUndefined();
  });

  test('ends entries with their lifetime to the millisecond, and tells of it within a second, by one timer', () => {
    const bench = new Bench(1000, 1000);
    for (let n = 1; n <= 500; n++) bench.set(n, n % 2 === 0, 10 + (n % 5));
    expect(bench.scheduler.pending).toBe(1);
    bench.scheduler.advance(9999);
    expect(bench.cache.find(homeOf(5))).toBeDefined();
    bench.scheduler.advance(1);
    expect(bench.cache.find(homeOf(5))).toBeUndefined();
    expect(bench.cache.find(homeOf(6))).toBeDefined();
    bench.scheduler.advance(6000);
    expect(bench.removed).toHaveLength(500);
    expect(new Set(bench.removed.map(([, reason]) => reason))).toEqual(new Set(['expired']));
    expect(bench.cache.correspondents + bench.cache.homeRegistrations).toBe(0);
    expect(bench.cache.leastRecentlyUsed()).toBeUndefined();
    expect(bench.scheduler.pending).toBe(0);
  });

  test('a later registration moves the end', () => {
    const bench = new Bench(10, 10);
    bench.set(1, false, 10);
    bench.scheduler.advance(8000);
    bench.set(1, false, 10);
    bench.scheduler.advance(9000);
    expect(bench.cache.find(homeOf(1))).toBeDefined();
    expect(bench.cache.correspondents).toBe(1);
    bench.scheduler.advance(2000);
    expect(bench.removed).toEqual([[formatAddress(homeOf(1)), 'expired']]);
  });
});
