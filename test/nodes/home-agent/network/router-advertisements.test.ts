/**
 * Router advertisements that a home agent sends. RFC 6275 sections 7.1 to 7.5 and 13.
 */
import { expect, test } from 'vitest';
import { formatAddress } from '../../../../dissectors/core/address.ts';
import type { Icmpv6MessageOf, NdOption } from '../../../../dissectors/icmpv6/index.ts';
import type { HomeNetworkOptions } from '../../../../nodes/home-agent/network/network-options.ts';
import { ip } from '../../wire-peer.ts';
import { AGENT, HomeAgentBench, prefixOf } from '../bench.ts';
import type { BenchOptions } from '../bench.ts';
import { icmpv6Packet, icmpv6Sent, networkBench } from './traffic.ts';

type Advertisement = Icmpv6MessageOf<'router-advertisement'>;

function benchOf(network: HomeNetworkOptions, options: BenchOptions = {}): HomeAgentBench {
  return networkBench({ advertisements: {}, ...network }, options);
}

interface Sent {
  readonly message: Advertisement;
  readonly at: number;
}

/** Answer to a solicitation on the home link: what it advertises at present. */
function solicited(bench: HomeAgentBench): Advertisement[] {
  const message = { kind: 'router-solicitation', code: 0, options: [] } as const;
  const packet = icmpv6Packet(message, ip('fe80::aaaa'), ip('ff02::2'), { hopLimit: 255 });
  const seen = bench.deliver(packet, 'home', 4000);
  return icmpv6Sent(seen, 'router-advertisement').map((each) => each.message);
}

function sent(bench: HomeAgentBench, milliseconds: number): Sent[] {
  return icmpv6Sent(bench.run(milliseconds), 'router-advertisement');
}

function option<K extends NdOption['kind']>(
  advertisement: Advertisement | undefined,
  kind: K,
): Extract<NdOption, { kind: K }> | undefined {
  return advertisement?.options.find(
    (each): each is Extract<NdOption, { kind: K }> => each.kind === kind,
  );
}

const H = 0x20;
const [L, A, R] = [0x80, 0x40, 0x20];

test('HA-RA-01 advertisements of the home link have H, the source link-layer address and a prefix with R and the whole address', () => {
  const bench = benchOf({});
  const [advertisement] = solicited(bench);
  expect((advertisement?.flags ?? 0) & H).toBe(H);
  const prefix = option(advertisement, 'prefix-information');
  expect(formatAddress(prefix?.prefix ?? new Uint8Array(16))).toBe(formatAddress(AGENT));
  expect(prefix).toMatchObject({ prefixLength: 64, flags: L | A | R });
  expect(option(advertisement, 'source-link-layer-address')?.address).toEqual(
    bench.home.linkLayerAddress,
  );
  // Only the home link is one.
  const elsewhere = bench
    .run(1_000_000)
    .filter(
      ({ link, packet }) => link === 'upstream' && packet.icmpv6?.kind === 'router-advertisement',
    );
  expect(elsewhere).toEqual([]);
});

test('HA-RA-01 when another router advertises the home link, this one says nothing', () => {
  const bench = benchOf({ advertisements: false });
  expect(solicited(bench)).toEqual([]);
});

test('HA-RA-02 Home Agent Information comes with H, never with lifetime 0, and not when it says nothing new', () => {
  expect(option(solicited(benchOf({}))[0], 'home-agent-information')).toBeUndefined();
  const own = option(
    solicited(benchOf({ preference: 7, homeAgentLifetime: 600 }))[0],
    'home-agent-information',
  );
  expect(own).toMatchObject({ preference: 7, lifetime: 600, flags: 0 });
  const routers = option(
    solicited(benchOf({ supportsMobileRouters: true }))[0],
    'home-agent-information',
  );
  expect(routers).toMatchObject({ flags: 0x8000, preference: 0 });
  expect(routers?.lifetime).toBeGreaterThan(0);
  expect(() => benchOf({ homeAgentLifetime: 0 })).toThrow(/homeAgent.lifetime/);
});

test('HA-RA-02 the last advertisement has no H and no Home Agent Information', () => {
  const bench = benchOf({ preference: 7 });
  bench.take();
  bench.agent.close();
  bench.scheduler.advance(10);
  const [last] = icmpv6Sent(bench.take(), 'router-advertisement');
  expect(last?.message).toMatchObject({ flags: 0, routerLifetime: 0 });
  expect(option(last?.message, 'home-agent-information')).toBeUndefined();
});

test('HA-RA-03 several advertisements instead of a large one have the same Home Agent Information', () => {
  const bench = benchOf({ preference: 7 });
  for (let at = 1; at <= 60; at++) {
    const text = `2001:db8:a:${at.toString(16)}::`;
    bench.agent.prefixes.set({
      prefix: prefixOf(`${text}/64`),
      interface: bench.home,
      agentAddress: ip(`${text}1`),
    });
  }
  const all = solicited(bench);
  expect(all.length).toBeGreaterThan(1);
  const information = all.map((each) => option(each, 'home-agent-information'));
  for (const each of information) expect(each).toMatchObject({ preference: 7 });
  const prefixes = all.flatMap(({ options }) =>
    options.flatMap((each) =>
      each.kind === 'prefix-information' ? [formatAddress(each.prefix)] : [],
    ),
  );
  expect(new Set(prefixes).size).toBe(61);
});

test('HA-RA-04 HA-RA-05 the Advertisement Interval is MaxRtrAdvInterval in ms; below 200 ms 20 are added', () => {
  const interval = (maxInterval: number, minInterval?: number): number | undefined =>
    option(
      solicited(
        benchOf({
          advertisements:
            minInterval === undefined ? { maxInterval } : { maxInterval, minInterval },
        }),
      )[0],
      'advertisement-interval',
    )?.interval;
  expect(interval(600)).toBe(600_000);
  expect(interval(0.5)).toBe(500);
  expect(interval(0.2)).toBe(200);
  expect(interval(0.1, 0.05)).toBe(120);
});

test('HA-RA-06 advertisements are slow by default, may be as fast as 30 to 70 ms, and no faster', () => {
  const slow = benchOf({});
  slow.run(60_000);
  expect(sent(slow, 1_800_000).length).toBeLessThan(10);
  const advertisements = { maxInterval: 0.07, minInterval: 0.03, minDelayBetweenRas: 0.03 };
  const fast = sent(benchOf({ advertisements }), 10_000);
  const gaps = fast.slice(1).map(({ at }, before) => at - (fast[before]?.at ?? 0));
  expect(Math.max(...gaps)).toBeLessThanOrEqual(71);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(30);
  expect(() => benchOf({ advertisements: { maxInterval: 0.06 } })).toThrow(/maxInterval/);
  expect(() => benchOf({ advertisements: { ...advertisements, minInterval: 0.02 } })).toThrow(
    /minInterval/,
  );
});

test('HA-RA-07 with a very small interval the router lifetime stays at a second at least', () => {
  const advertisements = { maxInterval: 0.07, minInterval: 0.03 };
  const [advertisement] = sent(benchOf({ advertisements }), 100);
  expect(advertisement?.message.routerLifetime).toBeGreaterThanOrEqual(1);
});

test('HA-RA-08 R changes neither on-link, autonomous nor lifetimes of a prefix, and lifetimes run down', () => {
  const bench = benchOf(
    {},
    {
      prefix: { isOnLink: false, isAutonomous: false, validLifetime: 1000, preferredLifetime: 500 },
    },
  );
  const before = option(solicited(bench)[0], 'prefix-information');
  expect(before?.flags).toBe(R);
  expect(before?.validLifetime).toBeGreaterThan(980);
  expect(before?.validLifetime).toBeLessThanOrEqual(1000);
  expect((before?.validLifetime ?? 0) - (before?.preferredLifetime ?? 0)).toBe(500);
  bench.run(400_000);
  const after = option(solicited(bench)[0], 'prefix-information');
  expect((before?.validLifetime ?? 0) - (after?.validLifetime ?? 0)).toBeGreaterThanOrEqual(400);
  bench.agent.prefixes.set({
    prefix: prefixOf('2001:db8:a::/64'),
    interface: bench.home,
    agentAddress: AGENT,
  });
  const changed = option(solicited(bench)[0], 'prefix-information');
  expect(changed).toMatchObject({ flags: L | A | R, validLifetime: 0xffffffff });
});
