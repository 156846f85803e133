/**
 * Lifetimes of home registrations. Conformance group HA-LIFE.
 */
import { describe, expect, test } from 'vitest';
import { MemoryBindingStore } from '../../../../nodes/home-agent/binding-store.ts';
import { ip } from '../../wire-peer.ts';
import { AGENT, HomeAgentBench, NEW_CARE_OF, prefixOf } from '../bench.ts';
import type { BenchOptions } from '../bench.ts';
import type { Acknowledgement } from '../mobile-side.ts';

/** Sets the lifetimes of the home prefix, in seconds from now. */
function setPrefix(bench: HomeAgentBench, validLifetime: number, preferredLifetime: number): void {
  bench.agent.prefixes.set({
    prefix: prefixOf('2001:db8:a::/64'),
    interface: bench.home,
    agentAddress: AGENT,
    validLifetime,
    preferredLifetime,
  });
}

/** A home agent that answers at once, so that lifetimes are what they are when the update is sent. */
function immediate(options: BenchOptions = {}): HomeAgentBench {
  const registration = { duplicateAddressDetectionTransmits: 0, ...options.agent?.registration };
  return new HomeAgentBench({ ...options, agent: { ...options.agent, registration } });
}

/** Registers for so long with a prefix that lasts so long. */
function granted(
  lifetime: number,
  valid: number,
  preferred: number,
): Pick<Acknowledgement, 'status' | 'lifetime'> {
  const bench = immediate();
  setPrefix(bench, valid, preferred);
  const { status, lifetime: answered } = bench.answer({ sequence: 1, lifetime });
  return { status, lifetime: answered };
}

/** The interval of the Binding Refresh Advice, in seconds. */
function advised({ options }: Acknowledgement): number | undefined {
  const advice = options.find(({ kind }) => kind === 'binding-refresh-advice');
  return advice?.kind === 'binding-refresh-advice' ? advice.refreshInterval * 4 : undefined;
}

describe('what is granted', () => {
  test('HA-LIFE-01 no more than was asked for, and the binding lasts as long as that', () => {
    const bench = immediate();
    expect(bench.answer({ sequence: 1, lifetime: 44 })).toMatchObject({ status: 0, lifetime: 44 });
    bench.run(44_000 - 2000 - 100);
    expect(bench.careOf()).toBe('2001:db8:b::100');
    bench.run(200);
    expect(bench.careOf()).toBeUndefined();
  });

  test('HA-LIFE-02 the largest lifetime does not overflow', () => {
    const bench = immediate();
    const lifetime = 0xffff * 4;
    expect(bench.answer({ sequence: 1, lifetime })).toMatchObject({ status: 0, lifetime });
    const entry = bench.host.bindings.find(bench.mobile().home);
    expect(entry?.expiresAt).toBe((entry?.registeredAt ?? 0) + lifetime * 1000);
  });

  test('HA-LIFE-03 no more than is left of the home prefix', () => {
    expect(granted(400, 100, 100)).toEqual({ status: 1, lifetime: 100 });
    // What is left, not what it was.
    const bench = immediate();
    setPrefix(bench, 100, 100);
    bench.run(30_000);
    expect(bench.answer({ sequence: 1, lifetime: 400 }).lifetime).toBeLessThanOrEqual(70);
    expect(granted(100, 400, 400)).toEqual({ status: 0, lifetime: 100 });
  });

  test('HA-LIFE-04 the preferred lifetime does not shorten it', () => {
    expect(granted(400, 1000, 100)).toEqual({ status: 1, lifetime: 400 });
  });

  test.each([
    ['HA-LIFE-05', 'a deprecated prefix', 400, 1000, 0, { status: 1, lifetime: 400 }],
    ['HA-LIFE-06', 'a prefix deprecated meanwhile', 400, 1000, 399, { status: 1, lifetime: 400 }],
    ['HA-LIFE-07', 'a prefix that ends with it', 400, 400, 400, { status: 1, lifetime: 400 }],
    ['HA-LIFE-08', 'a prefix that outlives it', 400, 404, 404, { status: 0, lifetime: 400 }],
    ['HA-LIFE-08', 'a prefix without end', 400, Infinity, Infinity, { status: 0, lifetime: 400 }],
  ] as const)('%s %s', (_, __, lifetime, valid, preferred, expected) => {
    expect(granted(lifetime, valid, preferred)).toEqual(expected);
  });

  test('HA-LIFE-09 seconds of the prefix are rounded down to units of four', () => {
    expect(granted(400, 103.9, 103.9)).toEqual({ status: 1, lifetime: 100 });
    expect(granted(104, 107.9, 107.9)).toEqual({ status: 1, lifetime: 104 });
    expect(granted(104, 108, 108)).toEqual({ status: 0, lifetime: 104 });
    // In units: 26 of the binding, 25 and 26 of the preferred lifetime.
    expect(granted(104, 1000, 103.9)).toEqual({ status: 1, lifetime: 104 });
    expect(granted(104, 1000, 104)).toEqual({ status: 0, lifetime: 104 });
  });

  test('a prefix with less than a unit left is none: status 132', () => {
    expect(granted(400, 3.9, 3.9)).toEqual({ status: 132, lifetime: 0 });
    expect(granted(400, 4, 4)).toEqual({ status: 1, lifetime: 4 });
  });

  test('HA-LIFE-12 a lower maximum of the home agent, or of the mobile node, counts', () => {
    const bench = immediate({
      agent: { registration: { maximumLifetime: 60 } },
      policies: { 2: { maximumLifetime: 20 } },
    });
    expect(bench.answer({ sequence: 1, lifetime: 400 })).toMatchObject({ lifetime: 60 });
    expect(bench.answer({ sequence: 1, lifetime: 400 }, 2)).toMatchObject({ lifetime: 20 });
    bench.run(21_000);
    expect([bench.careOf(1), bench.careOf(2)]).toEqual(['2001:db8:b::100', undefined]);
    bench.run(40_000);
    expect(bench.careOf(1)).toBeUndefined();
  });
});

describe('the end', () => {
  test('HA-LIFE-10 a binding goes with its prefix', () => {
    const bench = new HomeAgentBench();
    bench.register({ lifetime: 4000 });
    setPrefix(bench, 100, 50);
    bench.run(99_000);
    expect(bench.careOf()).toBe('2001:db8:b::100');
    bench.run(2000);
    expect(bench.careOf()).toBeUndefined();
    expect(bench.probe(bench.mobile().home)).toEqual([]);
    expect(bench.answer({ sequence: 5 })).toMatchObject({ status: 132 });
    setPrefix(bench, 4000, 4000);
    expect(bench.answer({ sequence: 6 })).toMatchObject({ status: 0 });
    // At once, when it is withdrawn.
    setPrefix(bench, 0, 0);
    expect(bench.careOf()).toBeUndefined();
  });

  test('HA-LIFE-11 after the end Binding Error 1, no proxy, no tunnel', () => {
    const bench = new HomeAgentBench();
    bench.register({ lifetime: 40 });
    const { home } = bench.mobile();
    expect(bench.ping()).toBe('routed');
    expect(bench.probe(home)).toHaveLength(1);
    expect(bench.intercepted()).toBe('2001:db8:b::100');
    bench.run(41_000);
    expect(bench.ping()).toBe('error');
    expect(bench.probe(home)).toEqual([]);
    expect(bench.solicit(home)).toEqual([]);
    expect(bench.intercepted()).toBeUndefined();
    expect(bench.ipsec.tunnelOf(home)).toBeUndefined();
  });

  test('a registration in the moment after the end is a new one, and nothing is left of the old', () => {
    const bench = immediate();
    const told: string[] = [];
    bench.agent.events.onRegistered(() => told.push('registered'));
    bench.agent.events.onDeregistered((_, reason) => told.push(reason));
    bench.run(300);
    bench.deliver(bench.mobile().update({ sequence: 1, lifetime: 40, flags: 0xe000 }));
    const end = bench.host.bindings.find(bench.mobile().home)?.expiresAt ?? 0;
    bench.run(end - bench.scheduler.now + 1);
    // Past its end, and not yet swept away.
    expect(told).toEqual(['registered']);
    expect(bench.update({ sequence: 1 }, 1, 10)).toMatchObject([{ status: 0 }]);
    expect(told).toEqual(['registered', 'expired', 'registered']);
    expect(bench.probe(bench.mobile().home)).toHaveLength(1);
    expect(bench.probe(ip('fe80::100'))).toEqual([]);
  });

  test('HA-LIFE-15 who does not refresh when advised keeps the binding to its end', () => {
    const bench = new HomeAgentBench({ agent: { registration: { refreshInterval: 20 } } });
    expect(advised(bench.register({ lifetime: 100 }))).toBe(20);
    bench.run(95_000);
    expect(bench.careOf()).toBe('2001:db8:b::100');
    bench.run(6000);
    expect(bench.careOf()).toBeUndefined();
  });
});

describe('refresh advice', () => {
  test('HA-LIFE-13 it is less than the lifetime, and only in accepted registrations', () => {
    const bench = immediate();
    const answers = [400, 8, 4].map((lifetime, at) => bench.answer({ sequence: at, lifetime }));
    expect(answers.map(advised)).toEqual([200, 4, undefined]);
    expect(advised(bench.answer({ sequence: 0 }))).toBeUndefined();
    expect(advised(bench.answer({ sequence: 9, lifetime: 0 }))).toBeUndefined();
    const long = immediate({ agent: { registration: { refreshInterval: 10_000 } } });
    expect(advised(long.answer({ sequence: 1, lifetime: 100 }))).toBe(96);
    const none = immediate({ agent: { registration: { advisesRefresh: false } } });
    expect(advised(none.answer({ sequence: 1, lifetime: 100 }))).toBeUndefined();
  });

  test('HA-LIFE-14 it is left out with a store that lasts', () => {
    const lasting = immediate({ agent: { store: new MemoryBindingStore(true) } });
    expect(advised(lasting.answer({ sequence: 1, careOf: NEW_CARE_OF }))).toBeUndefined();
    const passing = immediate({ agent: { store: new MemoryBindingStore() } });
    expect(advised(passing.answer({ sequence: 1, careOf: NEW_CARE_OF }))).toBe(120);
  });
});
