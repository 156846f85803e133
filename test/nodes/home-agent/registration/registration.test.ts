/**
 * Home registrations that are accepted. Conformance group HA-REG.
 */
import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../../dissectors/core/address.ts';
import type { KeyManagement } from '../../../../nodes/home-agent/home-agent-parts.ts';
import { linkLocalOfHome } from '../../../../nodes/home-agent/registration/address-defence.ts';
import { CARE_OF, HomeAgentBench, NEW_CARE_OF, onlyOne, probes } from '../bench.ts';
import type { BenchOptions } from '../bench.ts';
import { FLAG } from '../mobile-side.ts';

const K_FLAG = 0x80;

describe('first registration', () => {
  test('HA-REG-01 a first registration is accepted after duplicate address detection', () => {
    const bench = new HomeAgentBench();
    expect(bench.ping()).toBe('error');
    const sent = bench.deliver(bench.mobile().update({ sequence: 1 }), 'upstream', 900);
    // Nobody has answered the solicitation yet: no acknowledgement, no binding.
    expect(probes(sent).map(({ target }) => target)).toEqual(['2001:db8:a::100']);
    expect(bench.mobile().acknowledgements(sent)).toEqual([]);
    expect(bench.careOf()).toBeUndefined();
    const answer = onlyOne(bench.mobile().acknowledgements(bench.run(200)));
    expect(answer).toMatchObject({ status: 0, sequence: 1, lifetime: 240 });
    expect(bench.careOf()).toBe('2001:db8:b::100');
    expect(bench.ping()).toBe('routed');
    expect(bench.intercepted()).toBe('2001:db8:b::100');
  });

  test('HA-REG-02 an update that asks for no acknowledgement gets one all the same', () => {
    const bench = new HomeAgentBench();
    expect(bench.answer({ sequence: 1, flags: FLAG.H })).toMatchObject({ status: 0 });
    expect(bench.careOf()).toBe('2001:db8:b::100');
  });

  test('HA-REG-03 the care-of address is that of the option, the answer goes to the wire source', () => {
    const bench = new HomeAgentBench();
    const answer = bench.answer({ sequence: 1, source: NEW_CARE_OF, alternate: CARE_OF });
    expect(answer.status).toBe(0);
    expect(answer.wire.destination).toBe('2001:db8:d::100');
    expect(bench.careOf()).toBe('2001:db8:b::100');
    expect(bench.ping(NEW_CARE_OF)).toBe('error');
    expect(bench.ping(CARE_OF)).toBe('routed');
  });

  test.each([
    ['AH', { bindingUpdates: 'ah-transport' }],
    ['an ESP tunnel', { bindingUpdates: 'esp-tunnel' }],
  ] as const)(
    'HA-REG-04 without Alternate Care-of Address, the wire source of %s counts',
    (_, protection) => {
      const bench = new HomeAgentBench({ protection });
      const fields = { sequence: 1, alternate: 'none', source: NEW_CARE_OF } as const;
      expect(bench.answer(fields)).toMatchObject({ status: 0 });
      expect(bench.careOf()).toBe('2001:db8:d::100');
    },
  );

  test('HA-REG-05 reserved flags count as zero', () => {
    const bench = new HomeAgentBench();
    // All but A, H, L, K, R and those of further documents that are proxies' (M, P, F, T, B) or name options.
    expect(bench.answer({ sequence: 1, flags: FLAG.A | FLAG.H | 0x000f })).toMatchObject({
      status: 0,
      flags: 0,
    });
    const entry = bench.host.bindings.find(bench.mobile().home);
    expect(entry).toMatchObject({ hasLinkLocal: false, isMobileRouter: false });
  });

  test('HA-REG-12 two home addresses have bindings, sequences and lifetimes of their own', () => {
    const bench = new HomeAgentBench();
    bench.register({ sequence: 1000, lifetime: 400 });
    const second = bench.answer({ sequence: 5, lifetime: 100, careOf: NEW_CARE_OF }, 2);
    expect(second).toMatchObject({ status: 0, sequence: 5, lifetime: 100 });
    expect([bench.careOf(1), bench.careOf(2)]).toEqual(['2001:db8:b::100', '2001:db8:d::100']);
    bench.run(101_000);
    expect([bench.careOf(1), bench.careOf(2)]).toEqual(['2001:db8:b::100', undefined]);
    expect(bench.answer({ sequence: 1000 })).toMatchObject({ status: 135, sequence: 1000 });
  });

  test('HA-REG-13 HA-REG-14 with L the derived link-local address is checked and defended, without L not', () => {
    for (const [flags, expected] of [
      [FLAG.A | FLAG.H | FLAG.L, ['2001:db8:a::100', 'fe80::100']],
      [FLAG.A | FLAG.H, ['2001:db8:a::100']],
    ] as const) {
      const bench = new HomeAgentBench();
      const { home } = bench.mobile();
      const sent = bench.deliver(bench.mobile().update({ sequence: 1, flags }), 'upstream', 2000);
      expect(probes(sent).map(({ target }) => target)).toEqual(expected);
      expect(bench.mobile().acknowledgements(sent)[0]?.status).toBe(0);
      expect(bench.probe(home)).toHaveLength(1);
      expect(bench.probe(linkLocalOfHome(home))).toHaveLength(expected.length - 1);
    }
  });

  test('HA-REG-15 on a virtual home link the answer is the same, without duplicate address detection', () => {
    const bench = new HomeAgentBench({ isVirtual: true });
    const sent = bench.deliver(bench.mobile().update({ sequence: 1, flags: 0xe000 }));
    expect(probes(sent)).toEqual([]);
    const answer = onlyOne(bench.mobile().acknowledgements(sent));
    expect(answer).toMatchObject({ status: 0, lifetime: 240 });
    expect(answer.wire.type2RoutingHeader).toBe('2001:db8:a::100');
    expect(bench.ping()).toBe('routed');
    expect(bench.intercepted()).toBe('2001:db8:b::100');
  });

  test('HA-REG-16 what comes again during duplicate address detection has one answer, to the latest', () => {
    const bench = new HomeAgentBench();
    const mobile = bench.mobile();
    const updates = [
      { sequence: 7 },
      { sequence: 7 },
      { sequence: 8, careOf: NEW_CARE_OF },
      { sequence: 6 },
    ];
    let sent = updates.flatMap((fields) => bench.deliver(mobile.update(fields), 'upstream', 100));
    expect(mobile.acknowledgements(sent)).toEqual([]);
    sent = [...sent, ...bench.run(3000)];
    expect(probes(sent)).toHaveLength(1);
    const answer = onlyOne(mobile.acknowledgements(sent));
    expect(answer).toMatchObject({ status: 0, sequence: 8 });
    expect(answer.wire.destination).toBe('2001:db8:d::100');
    expect(bench.careOf()).toBe('2001:db8:d::100');
    // The last is the last one accepted.
    expect(bench.answer({ sequence: 8 })).toMatchObject({ status: 135, sequence: 8 });
  });
});

describe('a binding that is there already', () => {
  test('HA-REG-06 another care-of address is accepted at once, and takes all packets', () => {
    const bench = new HomeAgentBench();
    bench.register();
    const sent = bench.deliver(bench.mobile().update({ sequence: 2, careOf: NEW_CARE_OF }));
    expect(probes(sent)).toEqual([]);
    expect(onlyOne(bench.mobile().acknowledgements(sent))).toMatchObject({ status: 0 });
    expect(bench.intercepted()).toBe('2001:db8:d::100');
    expect([bench.ping(CARE_OF), bench.ping(NEW_CARE_OF)]).toEqual(['error', 'routed']);
  });

  test('HA-REG-07 a refresh starts the lifetime anew', () => {
    const bench = new HomeAgentBench();
    bench.register({ lifetime: 100 });
    bench.run(90_000);
    expect(bench.answer({ sequence: 2, lifetime: 200 })).toMatchObject({ lifetime: 200 });
    bench.run(190_000);
    expect(bench.careOf()).toBe('2001:db8:b::100');
    bench.run(10_000);
    expect(bench.careOf()).toBeUndefined();
  });

  test('HA-REG-08 a full cache refuses newcomers and keeps what it has to its end', () => {
    const bench = new HomeAgentBench({ host: { bindings: { homeCapacity: 1 } } });
    bench.register({ lifetime: 100 });
    expect(bench.answer({ sequence: 1 }, 2)).toMatchObject({ status: 130 });
    expect([bench.careOf(1), bench.careOf(2)]).toEqual(['2001:db8:b::100', undefined]);
    // Its own refresh needs no room.
    expect(bench.answer({ sequence: 2, lifetime: 100 })).toMatchObject({ status: 0 });
    bench.run(101_000);
    expect(bench.answer({ sequence: 2 }, 2)).toMatchObject({ status: 0 });
  });
});

describe('key management mobility', () => {
  class Keys implements KeyManagement {
    readonly calls: string[] = [];
    readonly #isMovable: boolean;

    constructor(isMovable: boolean) {
      this.#isMovable = isMovable;
    }

    canMove(): boolean {
      return this.#isMovable;
    }

    moveEndpoint(_: Uint8Array, careOfAddress: Uint8Array): void {
      this.calls.push(`move to ${formatAddress(careOfAddress)}`);
    }

    discard(_: Uint8Array, peer: Uint8Array): void {
      this.calls.push(`discard ${formatAddress(peer)}`);
    }
  }

  const withKeys = (keyManagement: Keys): BenchOptions => ({ agent: { keyManagement } });
  const flags = FLAG.A | FLAG.H | FLAG.K;

  test('HA-REG-09 with manual keys K is never granted', () => {
    const bench = new HomeAgentBench();
    expect(bench.answer({ sequence: 1, flags })).toMatchObject({ status: 0, flags: 0 });
    const negotiatedOnce = new Keys(false);
    const other = new HomeAgentBench(withKeys(negotiatedOnce));
    expect(other.answer({ sequence: 1, flags })).toMatchObject({ status: 0, flags: 0 });
    expect(negotiatedOnce.calls).toEqual(['discard 2001:db8:a::100']);
  });

  test('HA-REG-10 IPS-IKE-06 with keys that can move K is granted, and their endpoint follows', () => {
    const keys = new Keys(true);
    const bench = new HomeAgentBench(withKeys(keys));
    expect(bench.answer({ sequence: 1, flags })).toMatchObject({ status: 0, flags: K_FLAG });
    expect(bench.answer({ sequence: 2, flags, careOf: NEW_CARE_OF }).flags).toBe(K_FLAG);
    expect(keys.calls).toEqual(['move to 2001:db8:b::100', 'move to 2001:db8:d::100']);
  });

  test('HA-REG-11 IPS-IKE-07 without K connections to where the mobile node was are discarded', () => {
    const keys = new Keys(true);
    const bench = new HomeAgentBench(withKeys(keys));
    expect(bench.answer({ sequence: 1 }).flags).toBe(0);
    expect(bench.answer({ sequence: 2, careOf: NEW_CARE_OF }).flags).toBe(0);
    expect(keys.calls).toEqual(['discard 2001:db8:a::100', 'discard 2001:db8:b::100']);
  });

  test('HA-DER-14 in a de-registration the home address is the new endpoint', () => {
    for (const [deregistration, call] of [
      [{ sequence: 2, lifetime: 0, flags }, 'move to 2001:db8:a::100'],
      [{ sequence: 2, lifetime: 0 }, 'discard 2001:db8:b::100'],
    ] as const) {
      const keys = new Keys(true);
      const bench = new HomeAgentBench(withKeys(keys));
      bench.register({ flags });
      const { flags: answered } = bench.answer(deregistration);
      expect(answered).toBe(call.startsWith('move') ? K_FLAG : 0);
      expect(keys.calls.at(-1)).toBe(call);
    }
  });
});
