/**
 * Proxy neighbor discovery for mobile nodes that are away. Conformance group HA-ND.
 */
import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../../dissectors/core/address.ts';
import { solicitedNodeGroup } from '../../../../nodes/interface/link-address.ts';
import { linkLocalOfHome } from '../../../../nodes/home-agent/registration/address-defence.ts';
import { HomeAgentBench, NEW_CARE_OF, advertisements, hex, prefixOf, probes } from '../bench.ts';
import type { Advertisement, BenchOptions } from '../bench.ts';
import { FLAG } from '../mobile-side.ts';

const L_FLAGS = FLAG.A | FLAG.H | FLAG.L;

/** Registers. @returns the advertisements of the next ten seconds, and the probes before them */
function register(
  bench: HomeAgentBench,
  flags: number,
): { readonly sent: Advertisement[]; readonly probed: { target: string; at: number }[] } {
  const seen = bench.deliver(bench.mobile().update({ sequence: 1, flags }), 'upstream', 10_000);
  return { sent: advertisements(seen), probed: [...probes(seen)] };
}

const firstOf = (sent: readonly Advertisement[], target: string): Advertisement | undefined =>
  sent.find((each) => each.target === target);

describe('when a binding is accepted', () => {
  test('HA-ND-01 HA-ND-02 HA-ND-03 all nodes are told: home address, and with L the link-local address', () => {
    for (const [flags, targets] of [
      [FLAG.A | FLAG.H, ['2001:db8:a::100']],
      [L_FLAGS, ['2001:db8:a::100', 'fe80::100']],
    ] as const) {
      const bench = new HomeAgentBench();
      const { sent, probed } = register(bench, flags);
      expect([...new Set(sent.map(({ target }) => target))]).toEqual(targets);
      for (const target of targets) {
        const first = firstOf(sent, target);
        expect(first).toMatchObject({
          link: 'home',
          destination: 'ff02::1',
          linkLayerAddress: hex(bench.home.linkLayerAddress),
          isRouter: false,
          isSolicited: false,
          isOverride: true,
        });
        const own = [formatAddress(bench.home.linkLocal), '2001:db8:a::1'];
        expect(own).toContain(first?.source);
        // Not before duplicate address detection is over.
        const probe = probed.find((each) => each.target === target);
        expect((first?.at ?? 0) - (probe?.at ?? 0)).toBeGreaterThanOrEqual(1000);
      }
    }
  });

  test('HA-ND-04 three times at most, as configured', () => {
    const count = (advertise?: number): number => {
      const registration = advertise === undefined ? {} : { advertisements: advertise };
      const options: BenchOptions = { agent: { registration } };
      return register(new HomeAgentBench(options), FLAG.A | FLAG.H).sent.length;
    };
    expect([count(), count(1), count(2), count(9)]).toEqual([3, 1, 2, 3]);
    const times = register(new HomeAgentBench(), FLAG.A | FLAG.H).sent.map(({ at }) => at);
    expect(times.map((at) => at - (times[0] ?? 0))).toEqual([0, 1000, 2000]);
  });

  test('what the home agent knew of the mobile node as its neighbor is forgotten', () => {
    const bench = new HomeAgentBench();
    const { home } = bench.mobile();
    bench.home.setNeighbor(home, bench.homePeer.port.linkLayerAddress);
    register(bench, FLAG.A | FLAG.H);
    expect(bench.home.neighbor(home)).toBeUndefined();
  });

  test('a refresh and a move are not told of', () => {
    const bench = new HomeAgentBench();
    register(bench, L_FLAGS);
    for (const fields of [{ sequence: 2 }, { sequence: 3, careOf: NEW_CARE_OF }]) {
      const update = bench.mobile().update({ ...fields, flags: L_FLAGS });
      expect(advertisements(bench.deliver(update, 'upstream', 5000))).toEqual([]);
    }
  });

  test('HA-ND-11 for a mobile router with R, in answers too', () => {
    const bench = new HomeAgentBench({
      agent: { network: { supportsMobileRouters: true } },
      policies: {
        1: { isMobileRouter: true, mobileNetworks: [prefixOf('2001:db8:77::/48')] },
      },
    });
    const { sent } = register(bench, FLAG.A | FLAG.H | FLAG.R);
    expect(sent.map(({ isRouter }) => isRouter)).toEqual([true, true, true]);
    expect(bench.solicit(bench.mobile().home)).toMatchObject([{ isRouter: true }]);
    bench.register({}, 2);
    expect(bench.solicit(bench.mobile(2).home)).toMatchObject([{ isRouter: false }]);
  });
});

describe('who asks', () => {
  const linkLayerAddress = (bench: HomeAgentBench): string => hex(bench.home.linkLayerAddress);

  test('HA-ND-05 HA-ND-06 HA-ND-09 is answered, by group and by address, for bound home addresses only', () => {
    const bench = new HomeAgentBench();
    const { home } = bench.mobile();
    expect(bench.solicit(home)).toEqual([]);
    register(bench, FLAG.A | FLAG.H);
    for (const how of [{}, { destination: home }]) {
      expect(bench.solicit(home, how)).toMatchObject([
        {
          target: '2001:db8:a::100',
          destination: 'fe80::aaaa',
          linkLayerAddress: linkLayerAddress(bench),
          isRouter: false,
          isSolicited: true,
          isOverride: false,
        },
      ]);
      const stranger = bench.mobile(2).home;
      expect(
        bench.solicit(stranger, 'destination' in how ? { destination: stranger } : {}),
      ).toEqual([]);
    }
  });

  test('HA-ND-07 with duplicate address detection: all nodes hear it', () => {
    const bench = new HomeAgentBench();
    register(bench, FLAG.A | FLAG.H);
    expect(bench.probe(bench.mobile().home)).toMatchObject([
      {
        target: '2001:db8:a::100',
        destination: 'ff02::1',
        isSolicited: false,
        linkLayerAddress: linkLayerAddress(bench),
      },
    ]);
    expect(bench.probe(bench.mobile(2).home)).toEqual([]);
  });

  test('HA-ND-08 for the derived link-local address with L, and not without', () => {
    for (const [flags, count] of [
      [L_FLAGS, 1],
      [FLAG.A | FLAG.H, 0],
    ] as const) {
      const bench = new HomeAgentBench();
      register(bench, flags);
      const linkLocal = linkLocalOfHome(bench.mobile().home);
      expect(bench.solicit(linkLocal)).toHaveLength(count);
      expect(bench.solicit(linkLocal, { destination: linkLocal })).toHaveLength(count);
    }
  });
});

test('HA-ND-10 the home agent is a member of the solicited-node group of every address that it defends', () => {
  const bench = new HomeAgentBench();
  const group = solicitedNodeGroup(bench.mobile().home);
  expect(bench.home.isMember(group)).toBe(false);
  const seen = bench.deliver(bench.mobile().update({ sequence: 1 }), 'upstream', 10_000);
  expect(bench.home.isMember(group)).toBe(true);
  // Switches that snoop are told.
  const reports = seen.filter(
    ({ packet, link }) =>
      link === 'home' &&
      packet.icmpv6?.kind === 'multicast-listener-report-v2' &&
      hex(packet.payload).includes(hex(group)),
  );
  expect(reports.length).toBeGreaterThan(0);
  expect(bench.answer({ sequence: 2, lifetime: 0 })).toMatchObject({ status: 0 });
  expect(bench.home.isMember(group)).toBe(false);
});
