/**
 * Bindings that outlast a home agent, and bounds of what it keeps.
 */
import { describe, expect, test } from 'vitest';
import { addressKey } from '../../../../dissectors/core/address.ts';
import { MemoryBindingStore } from '../../../../nodes/home-agent/binding-store.ts';
import type { StoredBinding } from '../../../../nodes/home-agent/binding-store.ts';
import { FormerBindings } from '../../../../nodes/home-agent/registration/former-bindings.ts';
import { PendingRegistrations } from '../../../../nodes/home-agent/registration/pending-registrations.ts';
import { encodePlain, inboundPacket } from '../../../../nodes/ip/wire.ts';
import { VirtualScheduler } from '../../../../nodes/simulation/virtual-scheduler.ts';
import { ip } from '../../wire-peer.ts';
import {
  AGENT,
  CARE_OF,
  HomeAgentBench,
  NEW_CARE_OF,
  advertisements,
  receivedUpdate,
} from '../bench.ts';
import type { BenchOptions } from '../bench.ts';
import { FLAG, fromHome } from '../mobile-side.ts';

/** A home agent with a store. */
function withStore(store: MemoryBindingStore, options: BenchOptions = {}): HomeAgentBench {
  return new HomeAgentBench({ ...options, agent: { ...options.agent, store } });
}

/** Another home agent on the same store; so many seconds after the first one stopped. */
function restart(
  before: HomeAgentBench,
  store: MemoryBindingStore,
  seconds = 0,
  options: BenchOptions = {},
): HomeAgentBench {
  before.close();
  // The bench itself takes five seconds before it starts the home agent.
  const scheduler = new VirtualScheduler(before.scheduler.wallClock + seconds - 5);
  return withStore(store, { ...options, scheduler });
}

const recordsOf = (store: MemoryBindingStore): StoredBinding[] => [...store.load()];

describe('store', () => {
  test('has what was acknowledged, when it was acknowledged', () => {
    const store = new MemoryBindingStore(true);
    const bench = withStore(store);
    expect(recordsOf(store)).toEqual([]);
    bench.register({ sequence: 7, lifetime: 400, flags: FLAG.A | FLAG.H | FLAG.L });
    const { wallClock } = bench.scheduler;
    const [record] = recordsOf(store);
    expect(record).toMatchObject({
      homeAddress: bench.mobile().home,
      careOfAddress: CARE_OF,
      sequence: 7,
      lifetime: 400,
      hasLinkLocal: true,
      isMobileRouter: false,
      isDeleted: false,
    });
    // Granted a second after the update had come.
    expect((record?.expiresAt ?? 0) - wallClock).toBeCloseTo(399, 0);
    bench.answer({ sequence: 8, careOf: NEW_CARE_OF, lifetime: 100 });
    expect(recordsOf(store)).toMatchObject([
      { careOfAddress: NEW_CARE_OF, sequence: 8, lifetime: 100 },
    ]);
    bench.run(101_000);
    expect(recordsOf(store)).toEqual([]);
  });

  test('keeps the number of a de-registered binding for ten seconds', () => {
    const store = new MemoryBindingStore(true);
    const bench = withStore(store);
    bench.register({ sequence: 7 });
    bench.answer(fromHome(bench.mobile().home, 8));
    expect(recordsOf(store)).toMatchObject([{ sequence: 8, isDeleted: true }]);
    bench.run(10_000);
    expect(recordsOf(store)).toEqual([]);
  });

  test('after a restart bindings, tunnels, defence and the order of numbers are as before', () => {
    const store = new MemoryBindingStore(true);
    const first = withStore(store, { protection: { bindingUpdates: 'esp-transport' } });
    const caught = first.mobile().update({ sequence: 7, flags: FLAG.A | FLAG.H | FLAG.L });
    first.deliver(caught, 'upstream', 2000);
    first.register({ sequence: 1, lifetime: 100 }, 2);
    const { home } = first.mobile();
    const second = restart(first, store, 30);
    expect([second.careOf(1), second.careOf(2)]).toEqual(['2001:db8:b::100', '2001:db8:b::100']);
    expect(second.ping()).toBe('routed');
    expect(second.intercepted()).toBe('2001:db8:b::100');
    expect(second.probe(home)).toHaveLength(1);
    expect(second.probe(ip('fe80::100'))).toHaveLength(1);
    expect(second.ipsec.tunnelOf(home)?.remote).toEqual(CARE_OF);
    // Caught before the restart: manual keys do not tell a replay, the number does.
    const replayed = second.mobile().acknowledgements(second.deliver(caught, 'upstream', 2000));
    expect(replayed).toMatchObject([{ status: 135, sequence: 7 }]);
    // A refresh needs no duplicate address detection.
    expect(second.update({ sequence: 8 }, 1, 50)).toMatchObject([{ status: 0 }]);
    // Its time went on while nobody served it.
    second.run(60_000);
    expect(second.careOf(2)).toBe('2001:db8:b::100');
    second.run(10_000);
    expect(second.careOf(2)).toBeUndefined();
  });

  test('without a store nothing is left after a restart', () => {
    const bench = new HomeAgentBench();
    bench.register();
    bench.close();
    expect(new HomeAgentBench().careOf()).toBeUndefined();
  });

  test('a de-registration is remembered over a restart', () => {
    const store = new MemoryBindingStore(true);
    const first = withStore(store);
    first.register({ sequence: 7 });
    expect(first.update(fromHome(first.mobile().home, 9), 1, 50)).toMatchObject([{ status: 0 }]);
    const second = restart(first, store, 1);
    expect(second.careOf()).toBeUndefined();
    expect(second.probe(second.mobile().home)).toEqual([]);
    expect(second.answer({ sequence: 8 })).toMatchObject({ status: 135, sequence: 9 });
    second.run(10_000);
    expect(recordsOf(store)).toEqual([]);
    expect(second.answer({ sequence: 8 })).toMatchObject({ status: 0 });
  });

  test('what has ended meanwhile, or is not served any more, does not come back', () => {
    const build = (options: BenchOptions, seconds = 1): HomeAgentBench => {
      const store = new MemoryBindingStore(true);
      const first = withStore(store);
      first.register({ lifetime: 100 });
      const second = restart(first, store, seconds, options);
      expect(recordsOf(store)).toHaveLength(second.careOf() === undefined ? 0 : 1);
      return second;
    };
    expect(build({}, 50).careOf()).toBe('2001:db8:b::100');
    expect(build({}, 100).careOf()).toBeUndefined();
    for (const options of [
      { policies: { 1: 'unknown' } },
      { policies: { 1: { isAllowed: false } } },
      { host: { bindings: { homeCapacity: 0 } } },
    ] as const) {
      const bench = build(options);
      expect(bench.careOf()).toBeUndefined();
      expect(bench.log.map(({ event }) => event)).toContain('stored-binding-not-served');
    }
  });

  test('a clock that was set back does not make bindings last longer than they were granted', () => {
    const store = new MemoryBindingStore(true);
    const first = withStore(store);
    first.register({ lifetime: 100 });
    const second = restart(first, store, -100_000);
    expect(second.careOf()).toBe('2001:db8:b::100');
    second.run(101_000);
    expect(second.careOf()).toBeUndefined();
  });

  test('restored bindings are advertised by and by, each once', () => {
    const store = new MemoryBindingStore(true);
    const homeAddresses = Array.from({ length: 100 }, (_, i) => `2001:db8:a::1:${i.toString(16)}`);
    const first = withStore(store, { homeAddresses });
    homeAddresses.forEach((_, i) => {
      first.deliver(first.mobile(i + 1).update({ sequence: 1 }), 'upstream', 1);
    });
    first.run(3000);
    expect(recordsOf(store)).toHaveLength(100);
    const second = new HomeAgentBench({ agent: { store }, homeAddresses });
    const told = advertisements(second.run(5000));
    // Thirty-two went with the start, before the bench looks.
    expect(told).toHaveLength(68);
    expect(new Set(told.map(({ target }) => target)).size).toBe(68);
    expect(new Set(told.map(({ at }) => at)).size).toBe(3);
  });
});

describe('bounds', () => {
  test('registrations that wait are bounded: more are refused with 130, none is given up for them', () => {
    const bench = new HomeAgentBench({ agent: { registration: { pendingCapacity: 1 } } });
    bench.deliver(bench.mobile().update({ sequence: 1 }), 'upstream', 10);
    expect(bench.agent.registrations.pending).toBe(1);
    expect(bench.update({ sequence: 1 }, 2, 10)).toMatchObject([{ status: 130 }]);
    // Its own retransmission is no further one.
    expect(bench.update({ sequence: 2 }, 1, 10)).toEqual([]);
    expect(bench.mobile().acknowledgements(bench.run(2000))).toMatchObject([{ status: 0 }]);
    expect(bench.answer({ sequence: 2 }, 2)).toMatchObject({ status: 0 });
  });

  test('with two addresses a registration waits for the answer about both', () => {
    const answers: ((isUnique: boolean) => void)[] = [];
    const outcomes: string[] = [];
    // A link that answers when it is told to.
    const link = {
      probe: (_: Uint8Array, onResult: (isUnique: boolean) => void) => {
        answers.push(onResult);
        return { cancel: () => outcomes.push('cancelled') };
      },
    };
    const pending = new PendingRegistrations({
      capacity: 2,
      transmits: 1,
      onUnique: () => outcomes.push('unique'),
      onDuplicate: () => outcomes.push('duplicate'),
    });
    const octets = encodePlain(CARE_OF, AGENT, 135, new Uint8Array(8), 60);
    const packet = inboundPacket(octets, undefined, undefined, []);
    const update = receivedUpdate(ip('2001:db8:a::100'), packet);
    pending.start(update, link, [update.homeAddress, CARE_OF]);
    answers[0]?.(true);
    expect(outcomes).toEqual([]);
    expect(pending.size).toBe(1);
    answers[1]?.(false);
    expect(outcomes).toEqual(['cancelled', 'cancelled', 'duplicate']);
    expect(pending.size).toBe(0);
    // Too late, of one that is over.
    answers[0]?.(true);
    expect(outcomes).toHaveLength(3);
  });

  test('those that wait count against the room of the cache', () => {
    const bench = new HomeAgentBench({ host: { bindings: { homeCapacity: 1 } } });
    bench.deliver(bench.mobile().update({ sequence: 1 }), 'upstream', 10);
    expect(bench.update({ sequence: 1 }, 2, 10)).toMatchObject([{ status: 130 }]);
    bench.run(2000);
    expect(bench.careOf(1)).toBe('2001:db8:b::100');
  });

  test('strangers leave nothing behind', () => {
    const store = new MemoryBindingStore();
    const bench = withStore(store);
    for (let i = 0; i < 300; i++) {
      const source = ip(`2001:db8:e::${(i + 1).toString(16)}`);
      const fields = { sequence: i, source, isPlain: true, lifetime: i % 2 === 0 ? 400 : 0 };
      const packet = bench.mobile((i % 3) + 1).update(fields);
      bench.deliver(packet, 'upstream', 1);
    }
    expect(bench.host.bindings.homeRegistrations).toBe(0);
    expect(bench.agent.registrations).toMatchObject({ pending: 0, former: 0 });
    expect(store.size).toBe(0);
    expect(bench.answer({ sequence: 1000 })).toMatchObject({ status: 0 });
  });

  test('of remembered de-registrations the oldest goes when there are too many', () => {
    const scheduler = new VirtualScheduler();
    const forgotten: string[] = [];
    const former = new FormerBindings(scheduler, 2, (address) => {
      forgotten.push(addressKey(address));
    });
    const addresses = ['2001:db8::1', '2001:db8::2', '2001:db8::3'].map(ip);
    addresses.forEach((address, at) => {
      former.remember(address, at);
      scheduler.advance(100);
    });
    expect(former.size).toBe(2);
    expect(addresses.map((address) => former.find(address)?.sequence)).toEqual([undefined, 1, 2]);
    scheduler.advance(10_000);
    expect(former.size).toBe(0);
    expect(forgotten).toEqual(addresses.map((address) => addressKey(address)));
    expect(scheduler.pending).toBe(0);
  });
});
