/**
 * De-registrations as RFC 6275 has them. Conformance group HA-DER; layouts are in group DRG.
 */
import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../../dissectors/core/address.ts';
import { ipv6Packet } from '../../../../dissectors/ipv6/build.ts';
import { encodeIcmpv6 } from '../../../../dissectors/icmpv6/index.ts';
import { NEXT_HEADER } from '../../../../dissectors/ipv6/header.ts';
import { linkLocalOfHome } from '../../../../nodes/home-agent/registration/address-defence.ts';
import { encodePlain } from '../../../../nodes/ip/wire.ts';
import { ip } from '../../wire-peer.ts';
import {
  AGENT,
  CARE_OF,
  HomeAgentBench,
  NEW_CARE_OF,
  advertisements,
  hex,
  prefixOf,
} from '../bench.ts';
import type { BenchOptions } from '../bench.ts';
import { FLAG, fromHome } from '../mobile-side.ts';
import type { UpdateFields } from '../mobile-side.ts';
import { homeKeygen, returnRoutabilityUpdate } from '../return-routability.ts';

/** A home agent with a binding of mobile node 1, some time old. */
function registered(options: BenchOptions = {}, flags = FLAG.A | FLAG.H): HomeAgentBench {
  const bench = new HomeAgentBench(options);
  bench.register({ sequence: 10, flags });
  bench.run(10_000);
  return bench;
}

/** Both ways to de-register. */
function waysOf(bench: HomeAgentBench, sequence: number): readonly UpdateFields[] {
  return [fromHome(bench.mobile().home, sequence), { sequence, lifetime: 0 }];
}

/** A payload packet in the reverse tunnel. @returns whether it was forwarded */
function reverseTunnels(bench: HomeAgentBench): boolean {
  const destination = ip('2001:db8:c::9');
  const source = bench.mobile().home;
  const payload = encodeIcmpv6(
    { kind: 'echo-request', code: 0, identifier: 1, sequence: 1, data: new Uint8Array(8) },
    { source, destination },
  );
  const inner = ipv6Packet({
    source,
    destination,
    hopLimit: 60,
    protocol: NEXT_HEADER.icmpv6,
    payload,
  });
  const sent = bench.deliver(encodePlain(CARE_OF, AGENT, NEXT_HEADER.ipv6, inner, 60));
  return sent.some(({ packet }) => packet.destination === '2001:db8:c::9');
}

describe('accepted', () => {
  test('HA-DER-01 at home: status 0, lifetime 0, same number, no routing header, no advice, interception ends', () => {
    const bench = registered();
    const answer = bench.answer(fromHome(bench.mobile().home, 11));
    expect(answer).toMatchObject({ status: 0, lifetime: 0, sequence: 11, options: [] });
    expect(answer.wire.type2RoutingHeader).toBeUndefined();
    expect(bench.careOf()).toBeUndefined();
    expect(bench.intercepted()).not.toBe('2001:db8:b::100');
  });

  test('HA-DER-02 from the foreign link: the same, with a routing header to the wire source', () => {
    const bench = registered();
    const answer = bench.answer({ sequence: 11, lifetime: 0 });
    expect(answer).toMatchObject({ status: 0, lifetime: 0, sequence: 11, options: [] });
    expect(answer.wire).toMatchObject({
      destination: '2001:db8:b::100',
      type2RoutingHeader: '2001:db8:a::100',
    });
    expect(bench.careOf()).toBeUndefined();
    expect(bench.intercepted()).not.toBe('2001:db8:b::100');
  });

  test('HA-DER-03 both without the A flag', () => {
    for (const way of [0, 1]) {
      const bench = registered();
      const fields = waysOf(bench, 11)[way];
      if (fields === undefined) throw new Error('no such way');
      expect(bench.answer({ ...fields, flags: FLAG.H })).toMatchObject({ status: 0, lifetime: 0 });
    }
  });

  test('HA-DER-08 the number is remembered for ten seconds, without interception', () => {
    const bench = registered();
    expect(bench.answer(fromHome(bench.mobile().home, 11))).toMatchObject({ status: 0 });
    expect(bench.agent.registrations.former).toBe(1);
    expect(bench.probe(bench.mobile().home)).toEqual([]);
    bench.run(7000);
    expect(bench.answer({ sequence: 11 })).toMatchObject({ status: 135, sequence: 11 });
    bench.run(3000);
    expect(bench.agent.registrations.former).toBe(0);
    expect(bench.answer({ sequence: 11 })).toMatchObject({ status: 0 });
  });

  test('HA-DER-09 HA-DER-10 no solicitation for its addresses is answered any more', () => {
    const bench = registered({}, FLAG.A | FLAG.H | FLAG.L);
    const { home } = bench.mobile();
    const linkLocal = linkLocalOfHome(home);
    const ask = (): number =>
      [home, linkLocal]
        .flatMap((target) => [
          bench.solicit(target),
          bench.solicit(target, { destination: target }),
        ])
        .flat().length;
    expect(ask()).toBe(4);
    expect(bench.answer(fromHome(home, 11))).toMatchObject({ status: 0 });
    expect(ask()).toBe(0);
  });

  test('HA-DER-11 packets for the home address stay on the home link', () => {
    const bench = registered();
    const { home } = bench.mobile();
    bench.homePeer.answerFor(home);
    expect(bench.intercepted()).toBe('2001:db8:b::100');
    expect(bench.answer(fromHome(home, 11))).toMatchObject({ status: 0 });
    expect(bench.intercepted()).toBe('home');
    // A neighbor on the home link finds the mobile node itself; the home agent has nothing to do with it.
    expect(bench.intercepted(1, 'home')).not.toBe('2001:db8:b::100');
  });

  test('HA-DER-12 the old reverse tunnel is closed', () => {
    const bench = registered();
    expect(reverseTunnels(bench)).toBe(true);
    expect(bench.answer(fromHome(bench.mobile().home, 11))).toMatchObject({ status: 0 });
    expect(reverseTunnels(bench)).toBe(false);
  });

  test('HA-DER-13 an echo request from the old care-of address draws Binding Error 1', () => {
    const bench = registered();
    expect(bench.ping()).toBe('routed');
    expect(bench.answer(fromHome(bench.mobile().home, 11))).toMatchObject({ status: 0 });
    expect(bench.ping()).toBe('error');
  });

  test('HA-DER-15 prefix advertisements that were scheduled are not sent after the end', () => {
    // A changed prefix is announced within a day: RFC 6275 section 10.6.2.
    const announced = (end: (bench: HomeAgentBench) => void): number => {
      const bench = registered();
      expect(bench.answer({ sequence: 11, lifetime: 200_000 })).toMatchObject({ status: 0 });
      bench.agent.prefixes.set({
        prefix: prefixOf('2001:db8:a::/64'),
        interface: bench.home,
        agentAddress: AGENT,
        validLifetime: 1_000_000,
      });
      end(bench);
      return bench
        .run(100_000_000)
        .filter(({ packet }) => packet.icmpv6?.kind === 'mobile-prefix-advertisement').length;
    };
    expect(announced(() => undefined)).toBeGreaterThan(0);
    expect(announced((bench) => bench.update(fromHome(bench.mobile().home, 12)))).toBe(0);
    expect(announced((bench) => bench.update({ sequence: 12, lifetime: 60 }))).toBe(0);
  });

  test('whatever ends a binding, those who depend on it are told once, after it is gone', () => {
    for (const [end, reason] of [
      [(bench: HomeAgentBench) => bench.update(fromHome(bench.mobile().home, 11)), 'deregistered'],
      [(bench: HomeAgentBench) => bench.run(300_000), 'expired'],
      [
        (bench: HomeAgentBench) => {
          bench.host.bindings.remove(bench.mobile().home, 'revoked');
        },
        'revoked',
      ],
    ] as const) {
      const bench = registered();
      const told: string[] = [];
      bench.agent.events.onDeregistered((entry, why) => {
        const isGone = bench.host.bindings.find(entry.homeAddress) === undefined;
        const hasTunnel = bench.ipsec.tunnelOf(entry.homeAddress) !== undefined;
        told.push(
          `${formatAddress(entry.homeAddress)} ${why} ${String(isGone)} ${String(hasTunnel)}`,
        );
      });
      end(bench);
      expect(told).toEqual([`2001:db8:a::100 ${reason} true false`]);
      expect(bench.probe(bench.mobile().home)).toEqual([]);
    }
  });

  test('HA-DER-16 before its update the returning mobile node finds its address defended', () => {
    const bench = registered();
    expect(bench.probe(bench.mobile().home)).toMatchObject([
      {
        target: '2001:db8:a::100',
        destination: 'ff02::1',
        isSolicited: false,
        linkLayerAddress: hex(bench.home.linkLayerAddress),
      },
    ]);
  });

  test('sent again, because the answer was lost, it is still accepted for ten seconds', () => {
    const bench = registered();
    const { home } = bench.mobile();
    const sequences = [11, 12, 13];
    const statuses = sequences.map((each) => bench.answer(fromHome(home, each)).status);
    expect(statuses).toEqual([0, 0, 0]);
    expect(bench.answer(fromHome(home, 13))).toMatchObject({ status: 135, sequence: 13 });
    bench.run(10_000);
    expect(bench.answer(fromHome(home, 14))).toMatchObject({ status: 133 });
  });

  test('advertisements that were to come are not sent after it', () => {
    const bench = new HomeAgentBench();
    bench.register({ sequence: 10 });
    expect(bench.answer(fromHome(bench.mobile().home, 11))).toMatchObject({ status: 0 });
    expect(advertisements(bench.run(5000))).toEqual([]);
  });
});

describe('refused', () => {
  test('HA-DER-04 without a binding: status 133', () => {
    const bench = new HomeAgentBench();
    for (const fields of waysOf(bench, 11)) {
      expect(bench.answer(fields)).toMatchObject({ status: 133, sequence: 11 });
    }
    expect(bench.agent.registrations.former).toBe(0);
  });

  test('HA-DER-05 with a number that is not greater: status 135, the binding stays', () => {
    const bench = registered();
    for (const sequence of [10, 9, 32778]) {
      for (const fields of waysOf(bench, sequence)) {
        expect(bench.answer(fields)).toMatchObject({ status: 135, sequence: 10 });
      }
    }
    expect(bench.ping()).toBe('routed');
    expect(bench.answer({ sequence: 32777, lifetime: 0 })).toMatchObject({ status: 0 });
  });

  test('HA-DER-06 without H: status 139 when it is valid, 136 for an unknown nonce, else silence; it stays in every case', () => {
    const bench = registered();
    const tokens = homeKeygen(bench);
    const ways = [
      [{ isBare: true }, undefined],
      [{ isForged: true }, undefined],
      [{ homeIndex: tokens.homeIndex + 7 }, 136],
      [{}, 139],
    ] as const;
    for (const [how, status] of ways) {
      const update = returnRoutabilityUpdate(bench, tokens, { sequence: 11, lifetime: 0, ...how });
      const answers = bench.mobile().acknowledgements(bench.deliver(update));
      expect(answers.map((each) => each.status)).toEqual(status === undefined ? [] : [status]);
      expect(bench.ping()).toBe('routed');
    }
    expect(bench.host.bindings.find(bench.mobile().home)).toMatchObject({
      isHomeRegistration: true,
      sequence: 10,
    });
  });

  test('HA-DER-07 unprotected or under the association of another: silence, the binding stays', () => {
    const bench = registered();
    const { home } = bench.mobile();
    for (const fields of waysOf(bench, 11)) {
      const link = fields.link ?? 'upstream';
      const plain = bench.mobile().update({ ...fields, isPlain: true });
      const foreign = bench.mobile(2).update({ ...fields, home });
      for (const packet of [plain, foreign]) expect(bench.deliver(packet, link)).toEqual([]);
      expect(bench.ping()).toBe('routed');
    }
    for (const fields of waysOf(bench, 11).slice(0, 1)) {
      expect(bench.answer(fields)).toMatchObject({ status: 0 });
    }
  });

  test('a de-registration ends a registration that waits for duplicate address detection', () => {
    const bench = new HomeAgentBench();
    bench.deliver(bench.mobile().update({ sequence: 10 }), 'upstream', 300);
    expect(bench.agent.registrations.pending).toBe(1);
    // From elsewhere it does not.
    expect(bench.update({ sequence: 11, lifetime: 0, careOf: NEW_CARE_OF }, 1, 50)).toEqual([]);
    expect(bench.agent.registrations.pending).toBe(1);
    expect(bench.update({ sequence: 9, lifetime: 0 }, 1, 50)).toEqual([]);
    expect(bench.agent.registrations.pending).toBe(1);
    expect(bench.update({ sequence: 12, lifetime: 0 }, 1, 50)).toMatchObject([{ status: 133 }]);
    expect(bench.agent.registrations.pending).toBe(0);
    expect(bench.mobile().acknowledgements(bench.run(3000))).toEqual([]);
    expect(bench.answer({ sequence: 11 })).toMatchObject({ status: 135, sequence: 12 });
  });
});
