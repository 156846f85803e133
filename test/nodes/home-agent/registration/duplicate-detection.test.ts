/**
 * Duplicate address detection on behalf of mobile nodes. Conformance group HA-DAD.
 */
import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../../dissectors/core/address.ts';
import type { Icmpv6Message } from '../../../../dissectors/icmpv6/index.ts';
import { solicitedNodeGroup } from '../../../../nodes/interface/link-address.ts';
import { linkLocalOfHome } from '../../../../nodes/home-agent/registration/address-defence.ts';
import {
  HomeAgentBench,
  NEW_CARE_OF,
  advertisements,
  neighborDiscovery,
  onlyOne,
  probes,
} from '../bench.ts';
import type { BenchOptions } from '../bench.ts';
import { FLAG, fromHome } from '../mobile-side.ts';
import type { Acknowledgement } from '../mobile-side.ts';

const L_FLAGS = FLAG.A | FLAG.H | FLAG.L;

/** Registers while somebody on the home link answers after 300 ms. */
function registerAgainst(
  answer: (bench: HomeAgentBench) => void,
  flags: number,
): { readonly bench: HomeAgentBench; readonly answered: Acknowledgement } {
  const bench = new HomeAgentBench();
  bench.deliver(bench.mobile().update({ sequence: 1, flags }), 'upstream', 300);
  answer(bench);
  const sent = bench.run(3000);
  // Never an advertisement for an address that failed.
  expect(advertisements(sent)).toEqual([]);
  return { bench, answered: onlyOne(bench.mobile().acknowledgements(sent)) };
}

function expectNoBinding(bench: HomeAgentBench): void {
  const { home } = bench.mobile();
  expect(bench.careOf()).toBeUndefined();
  expect(bench.probe(home)).toEqual([]);
  expect(bench.probe(linkLocalOfHome(home))).toEqual([]);
}

describe('before the acknowledgement', () => {
  test.each([
    ['HA-DAD-01', FLAG.A | FLAG.H, ['2001:db8:a::100']],
    ['HA-DAD-02', L_FLAGS, ['2001:db8:a::100', 'fe80::100']],
  ] as const)('%s solicitations from :: to the solicited-node group', (_, flags, targets) => {
    const bench = new HomeAgentBench();
    const before = bench.scheduler.now;
    const sent = bench.deliver(bench.mobile().update({ sequence: 1, flags }), 'upstream', 3000);
    expect(probes(sent)).toEqual(targets.map((target) => ({ target, at: before })));
    const solicitation = sent.find(({ packet }) => packet.icmpv6?.kind === 'neighbor-solicitation');
    expect(solicitation?.packet).toMatchObject({
      source: '::',
      destination: formatAddress(solicitedNodeGroup(bench.mobile().home)),
      hopLimit: 255,
      icmpv6: { options: [] },
    });
    // RetransTimer times DupAddrDetectTransmits.
    const answer = onlyOne(bench.mobile().acknowledgements(sent));
    expect(answer.status).toBe(0);
    expect(answer.at - before).toBeGreaterThanOrEqual(1000);
    expect(answer.at - before).toBeLessThan(1100);
  });

  test('the number of solicitations is an option', () => {
    const withTransmits = (count: number): BenchOptions => ({
      agent: { registration: { duplicateAddressDetectionTransmits: count } },
    });
    for (const count of [0, 1, 3]) {
      const bench = new HomeAgentBench(withTransmits(count));
      const before = bench.scheduler.now;
      const sent = bench.deliver(bench.mobile().update({ sequence: 1 }), 'upstream', 5000);
      expect(probes(sent)).toHaveLength(count);
      const { at } = onlyOne(bench.mobile().acknowledgements(sent));
      expect(Math.floor((at - before) / 1000)).toBe(count);
    }
  });
});

describe('a duplicate', () => {
  test('HA-DAD-03 another node has the home address: status 134', () => {
    const { bench, answered } = registerAgainst((each) => {
      each.claim(each.mobile().home);
    }, FLAG.A | FLAG.H);
    expect(answered).toMatchObject({ status: 134, sequence: 1 });
    expectNoBinding(bench);
    expect(bench.answer({ sequence: 2 })).toMatchObject({ status: 0 });
  });

  test('HA-DAD-04 another node has the link-local address alone: status 134 for the whole update', () => {
    const { bench, answered } = registerAgainst((each) => {
      each.claim(linkLocalOfHome(each.mobile().home));
    }, L_FLAGS);
    expect(answered).toMatchObject({ status: 134 });
    expectNoBinding(bench);
    // Without L nobody minds.
    expect(bench.answer({ sequence: 2 })).toMatchObject({ status: 0 });
  });

  test('HA-DAD-05 another node probes the same address at the same time: status 134', () => {
    const { bench, answered } = registerAgainst((each) => {
      const target = each.mobile().home;
      const message: Icmpv6Message = {
        kind: 'neighbor-solicitation',
        code: 0,
        targetAddress: target,
        options: [],
      };
      const unspecified = new Uint8Array(16);
      each.homePeer.send(neighborDiscovery(message, unspecified, solicitedNodeGroup(target)));
    }, FLAG.A | FLAG.H);
    expect(answered).toMatchObject({ status: 134 });
    expectNoBinding(bench);
  });

  test('an own address of the home agent is nobody else’s home address: status 134', () => {
    const bench = new HomeAgentBench({ homeAddresses: ['2001:db8:a::100'] });
    bench.home.addAddress(bench.mobile().home, { detection: 'skip' });
    expect(bench.answer({ sequence: 1 })).toMatchObject({ status: 134 });
  });
});

describe('with a binding', () => {
  test('HA-DAD-06 refresh and move are answered at once', () => {
    const bench = new HomeAgentBench();
    bench.register();
    for (const fields of [{ sequence: 2 }, { sequence: 3, careOf: NEW_CARE_OF }]) {
      const sent = bench.deliver(bench.mobile().update(fields));
      expect(probes(sent)).toEqual([]);
      expect(onlyOne(bench.mobile().acknowledgements(sent))).toMatchObject({ status: 0 });
    }
  });

  test('HA-DAD-07 after expiry and after de-registration it is done again', () => {
    const bench = new HomeAgentBench();
    const register = (sequence: number): number =>
      probes(bench.deliver(bench.mobile().update({ sequence, lifetime: 40 }), 'upstream', 2000))
        .length;
    expect(register(1)).toBe(1);
    bench.run(41_000);
    expect(register(2)).toBe(1);
    expect(bench.answer(fromHome(bench.mobile().home, 3))).toMatchObject({ status: 0 });
    expect(register(4)).toBe(1);
    expect(register(5)).toBe(0);
  });

  test('HA-DAD-08 HA-DAD-09 HA-DAD-10 the probes of others are answered for what is defended', () => {
    for (const [flags, count] of [
      [L_FLAGS, 1],
      [FLAG.A | FLAG.H, 0],
    ] as const) {
      const bench = new HomeAgentBench();
      const { home } = bench.mobile();
      expect(bench.probe(home)).toEqual([]);
      bench.register({ flags });
      expect(bench.probe(home)).toMatchObject([
        { target: '2001:db8:a::100', destination: 'ff02::1', isSolicited: false },
      ]);
      expect(bench.probe(linkLocalOfHome(home))).toHaveLength(count);
    }
  });

  test('L that comes later has the link-local address checked, and a duplicate leaves the binding as it was', () => {
    const bench = new HomeAgentBench();
    const { home } = bench.mobile();
    const linkLocal = linkLocalOfHome(home);
    bench.register();
    bench.deliver(bench.mobile().update({ sequence: 2, flags: L_FLAGS }), 'upstream', 300);
    bench.claim(linkLocal);
    const refused = bench.mobile().acknowledgements(bench.run(2000));
    expect(refused).toMatchObject([{ status: 134 }]);
    expect(bench.careOf()).toBe('2001:db8:b::100');
    expect(bench.probe(home)).toHaveLength(1);
    const sent = bench.deliver(
      bench.mobile().update({ sequence: 3, flags: L_FLAGS }),
      'upstream',
      2000,
    );
    expect(probes(sent).map(({ target }) => target)).toEqual(['fe80::100']);
    expect(bench.probe(linkLocal)).toHaveLength(1);
    // And goes with L.
    expect(bench.answer({ sequence: 4 })).toMatchObject({ status: 0 });
    expect(bench.probe(linkLocal)).toEqual([]);
    expect(bench.probe(home)).toHaveLength(1);
  });

  test('L that comes while the home address is checked has both checked', () => {
    const bench = new HomeAgentBench();
    bench.deliver(bench.mobile().update({ sequence: 1 }), 'upstream', 300);
    const sent = bench.deliver(
      bench.mobile().update({ sequence: 2, flags: L_FLAGS }),
      'upstream',
      2000,
    );
    expect(probes(sent).map(({ target }) => target)).toEqual(['2001:db8:a::100', 'fe80::100']);
    expect(bench.mobile().acknowledgements(sent)).toMatchObject([{ status: 0, sequence: 2 }]);
  });
});
