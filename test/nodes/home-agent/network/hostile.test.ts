/**
 * What anybody can throw at the network side of a home agent: no crash, no state, and a restart that keeps the tunnels.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatAddress } from '../../../../dissectors/core/address.ts';
import { MemoryBindingStore } from '../../../../nodes/home-agent/binding-store.ts';
import { ip } from '../../wire-peer.ts';
import { AGENT, ATTACKER, CARE_OF, HomeAgentBench, echoRequest, prefixOf } from '../bench.ts';
import { FLAG } from '../mobile-side.ts';
import { otherAgent } from './other-agent.ts';
import {
  CORRESPONDENT,
  ROUTER_ALERT,
  delivered,
  encapsulated,
  forwarded,
  icmpv6Packet,
  icmpv6Sent,
  networkBench,
  payloadPacket,
} from './traffic.ts';

/** Packets of all kinds that the network side looks into. */
function specimens(bench: HomeAgentBench): Uint8Array[] {
  const { home } = bench.mobile();
  const group = ip('ff1e::1');
  const report = icmpv6Packet(
    {
      kind: 'multicast-listener-report',
      code: 0,
      maximumResponseDelay: 0,
      multicastAddress: group,
    },
    ip('fe80::77'),
    group,
    { hopLimit: 1, headers: [ROUTER_ALERT] },
  );
  const inner = payloadPacket({ source: home, destination: CORRESPONDENT });
  const unreachable = { kind: 'destination-unreachable', code: 0, length: 0 } as const;
  const tunnelled = encapsulated(payloadPacket({ destination: home }), AGENT, CARE_OF);
  return [
    encapsulated(report, CARE_OF, AGENT),
    encapsulated(inner, CARE_OF, AGENT),
    encapsulated(encapsulated(inner, CARE_OF, AGENT), CARE_OF, AGENT),
    icmpv6Packet({ ...unreachable, invokingPacket: tunnelled }, ATTACKER, AGENT),
    icmpv6Packet(
      { kind: 'home-agent-discovery-request', code: 0, identifier: 1, flags: 0 },
      ATTACKER,
      ip('2001:db8:a:0:fdff:ffff:ffff:fffe'),
    ),
    icmpv6Packet(
      { kind: 'mobile-prefix-solicitation', code: 0, identifier: 1, options: [] },
      home,
      AGENT,
    ),
    otherAgent(),
    payloadPacket({ destination: home }),
    icmpv6Packet(echoRequest(), ATTACKER, AGENT),
  ];
}

test('spoiled packets of every kind are survived, bring no binding and end none', () => {
  const bench = networkBench({ multicast: {}, supportsMobileRouters: true });
  bench.register({ lifetime: 200_000 });
  const all = specimens(bench);
  const spoiled = fc.record({
    which: fc.nat(all.length - 1),
    at: fc.nat(200),
    value: fc.nat(255),
    cut: fc.option(fc.nat(160)),
    link: fc.constantFrom<'home' | 'upstream'>('home', 'upstream'),
  });
  fc.assert(
    fc.property(spoiled, ({ which, at, value, cut, link }) => {
      const packet = (all[which] ?? new Uint8Array(40)).slice();
      packet[at % packet.length] = value;
      bench.deliver(cut === null ? packet : packet.slice(0, Math.max(40, cut)), link, 2);
      return bench.host.bindings.homeRegistrations === 1;
    }),
    { numRuns: 1500 },
  );
  expect(bench.careOf()).toBe(formatAddress(CARE_OF));
  expect(bench.agent.network.multicast?.size ?? 0).toBeLessThanOrEqual(32);
  const inner = payloadPacket({ source: bench.mobile().home, destination: CORRESPONDENT });
  expect(forwarded(bench.deliver(encapsulated(inner, CARE_OF, AGENT)), CORRESPONDENT)).toHaveLength(
    1,
  );
});

test('tunnels in tunnels end at four', () => {
  const bench = networkBench();
  bench.register();
  const { home } = bench.mobile();
  // Each layer comes from the care-of address, and says that it is from the home address.
  const layers = (count: number): Uint8Array => {
    let packet = payloadPacket({ source: home, destination: CORRESPONDENT });
    for (let at = 1; at < count; at++) packet = encapsulated(packet, home, AGENT);
    return encapsulated(packet, CARE_OF, AGENT);
  };
  expect(forwarded(bench.deliver(layers(1)), CORRESPONDENT)).toHaveLength(1);
  for (const count of [2, 5, 30]) {
    expect(forwarded(bench.deliver(layers(count)), CORRESPONDENT)).toEqual([]);
  }
});

test('prefixes that others advertise on the home link are bounded: further ones are not taken', () => {
  const bench = networkBench();
  for (let agent = 0; agent < 5; agent++) {
    const prefixes = Array.from({ length: 9 }, (_, at) => ({
      address: `2001:db8:${agent + 1}:${at + 1}::b`,
    }));
    bench.deliver(otherAgent({ linkLocal: ip(`fe80::${agent + 1}`), prefixes }), 'home');
  }
  expect(bench.agent.network.links[0]?.prefixes).toHaveLength(1 + 32);
});

test('a mobile router with more prefixes than sixteen is refused with 141', () => {
  const bench = networkBench(
    { supportsMobileRouters: true },
    { policies: { 1: { isMobileRouter: true, mobileNetworks: [prefixOf('2001:db8:7::/48')] } } },
  );
  const options = (count: number) =>
    Array.from({ length: count }, (_, at) => ({
      kind: 'mobile-network-prefix' as const,
      prefixLength: 64,
      prefix: ip(`2001:db8:7:${at + 1}::`),
    }));
  const flags = FLAG.A | FLAG.H | FLAG.R;
  expect(bench.answer({ sequence: 1, flags, options: options(17) }).status).toBe(141);
  expect(bench.answer({ sequence: 2, flags, options: options(16) }).status).toBe(0);
  expect(bench.agent.network.networks.size).toBe(16);
});

test('after a restart the tunnels of kept bindings are there, those of mobile networks in implicit mode', () => {
  const store = new MemoryBindingStore();
  const behind = ip('2001:db8:7:1::5');
  const made = (): HomeAgentBench =>
    networkBench(
      { supportsMobileRouters: true },
      {
        agent: { store },
        policies: { 1: { isMobileRouter: true, mobileNetworks: [prefixOf('2001:db8:7:1::/64')] } },
      },
    );
  const before = made();
  before.register({ flags: FLAG.A | FLAG.H | FLAG.R, lifetime: 4000 });
  before.close();
  const after = made();
  for (const destination of [after.mobile().home, behind]) {
    const [sent] = delivered(after.deliver(payloadPacket({ destination })));
    expect(sent?.outer.destination).toBe(formatAddress(CARE_OF));
  }
  const inner = payloadPacket({ source: behind, destination: CORRESPONDENT });
  expect(forwarded(after.deliver(encapsulated(inner, CARE_OF, AGENT)), CORRESPONDENT)).toHaveLength(
    1,
  );
});

test('alarms of refused tunnels are told, and a flood of them is not', () => {
  const bench = networkBench();
  bench.register();
  const inner = payloadPacket({ source: bench.mobile().home, destination: CORRESPONDENT });
  for (let at = 0; at < 500; at++) bench.upstreamPeer.send(encapsulated(inner, ATTACKER, AGENT));
  const seen = bench.run(100);
  expect(icmpv6Sent(seen, 'destination-unreachable')).toEqual([]);
  const alarms = bench.alarms().filter((event) => event === 'reverse-tunnel-refused');
  expect(alarms.length).toBeGreaterThan(0);
  expect(alarms.length).toBeLessThan(100);
});
