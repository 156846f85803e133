/**
 * What anybody can throw at a proxy: nothing changes, nothing grows, nothing throws.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import { ethernetFrame, fragmentPacket, ipv6Packet } from '../../../dissectors/ipv6/build.ts';
import { ProxyHomeAgent } from '../../../nodes/proxy-home-agent/proxy-home-agent.ts';
import { Stations } from '../../../nodes/proxy-home-agent/stations.ts';
import { HomeRouters } from '../../../nodes/proxy-home-agent/home-routers.ts';
import { NodeIpsec } from '../../../nodes/ipsec/node-ipsec.ts';
import { MemoryLink } from '../../../nodes/simulation/memory-link.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';
import { VirtualScheduler } from '../../../nodes/simulation/virtual-scheduler.ts';
import { AGENT, CORRESPONDENT, FLAG, HOME, echo } from '../mobile-node/bench.ts';
import { ip } from '../wire-peer.ts';
import { registered } from './proxied-network.ts';
import type { ProxiedNetwork } from './proxied-network.ts';

const ATTACKER = ip('2001:db8:2::bad');
const SOURCE = Uint8Array.of(2, 0, 0, 0, 0xbb, 1);

/** Packets of all kinds that the proxy looks into, made with the mobile node's own keys. */
function specimens(proxied: ProxiedNetwork): Uint8Array[] {
  const careOf = proxied.network.agentHost.bindings.find(HOME)?.careOfAddress ?? ATTACKER;
  const ends = { source: HOME, destination: CORRESPONDENT };
  const payload = encodeIcmpv6(echo('echo-request'), ends);
  const inner = ipv6Packet({ ...ends, protocol: 58, payload });
  const last = proxied.proxy.bindings.lastSequence(HOME) ?? 0;
  const old = { sequence: last, alternate: careOf, careOfSource: careOf };
  const update = proxied.update(old);
  return [
    update,
    proxied.update({ ...old, lifetime: 0, flags: FLAG.A | FLAG.H | FLAG.L }),
    proxied.relayed(proxied.update({ sequence: last, lifetime: 0 }), ATTACKER),
    proxied.tunnelled(inner, careOf),
    ipv6Packet({ source: careOf, destination: AGENT, protocol: 41, payload: inner }),
    ...fragmentPacket(update, 120, 9),
    ipv6Packet({
      source: ATTACKER,
      destination: AGENT,
      protocol: 41,
      payload: ipv6Packet({ source: HOME, destination: AGENT, protocol: 41, payload: inner }),
    }),
  ];
}

test('spoiled packets of every kind, on every side, change no binding', () => {
  const proxied = registered({ configuration: { lifetime: 200_000 } });
  const before = proxied.careOf();
  const all = specimens(proxied);
  const spoiled = fc.record({
    which: fc.nat(all.length - 1),
    at: fc.nat(200),
    value: fc.nat(255),
    cut: fc.option(fc.nat(160)),
    side: fc.constantFrom('home', 'core', 'inside'),
  });
  const { network } = proxied;
  const agentLink = network.agentHost.interfaces[1]?.port.linkLayerAddress ?? SOURCE;
  fc.assert(
    fc.property(spoiled, ({ which, at, value, cut, side }) => {
      const packet = (all[which] ?? new Uint8Array(40)).slice();
      packet[at % packet.length] = value;
      const payload = cut === null ? packet : packet.slice(0, Math.max(1, cut));
      // A station inside is not heard outside any more.
      const source = side === 'inside' ? agentLink : SOURCE;
      const frame = ethernetFrame({ destination: agentLink, source, payload });
      const [home, core] = proxied.pairs;
      if (side === 'home') home?.outside.onFrame?.(frame);
      else if (side === 'core') core?.outside.onFrame?.(frame);
      else core?.inside.onFrame?.(frame);
      proxied.advance(1);
      return proxied.careOf().proxy === before.proxy;
    }),
    { numRuns: 2000, seed: 8 },
  );
  expect(proxied.careOf()).toEqual(before);
  proxied.advance(10_000);
  expect(proxied.ping().replies).toBe(2);
});

test('frames of any octets at all are survived', () => {
  const proxied = registered();
  const before = proxied.careOf();
  const prefix = fc.constantFrom(
    [],
    [...SOURCE, ...SOURCE, 0x86, 0xdd],
    [...SOURCE, ...SOURCE, 0x81, 0x00, 0, 0, 0x86, 0xdd, 0x60],
    [...SOURCE, ...SOURCE, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 64, 0, 64, ...ATTACKER, ...AGENT],
    [...SOURCE, ...SOURCE, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 64, 60, 64, ...ATTACKER, ...AGENT],
    [...SOURCE, ...SOURCE, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 64, 43, 64, ...AGENT, ...ATTACKER],
    [...SOURCE, ...SOURCE, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 64, 41, 64, ...ATTACKER, ...HOME],
  );
  const frames = fc.tuple(prefix, fc.uint8Array({ maxLength: 140 }), fc.boolean());
  fc.assert(
    fc.property(frames, ([head, rest, isInside]) => {
      const frame = Uint8Array.from([...head, ...rest]);
      const [pair] = proxied.pairs;
      (isInside ? pair?.inside : pair?.outside)?.onFrame?.(frame);
      return true;
    }),
    { numRuns: 3000, seed: 9 },
  );
  expect(proxied.careOf()).toEqual(before);
});

test('tables stay small, whoever speaks', () => {
  const scheduler = new VirtualScheduler();
  const stations = new Stations(scheduler);
  const routers = new HomeRouters([]);
  const frame = new Uint8Array(14);
  const advertisement = new Uint8Array(60);
  advertisement.set([0x60, 0, 0, 0, 0, 20, 58, 255], 0);
  advertisement[40] = 134;
  for (let i = 0; i < 20_000; i++) {
    frame.set([2, 0, 0, i >> 16, i >> 8, i], 6);
    stations.route(frame, i % 2 === 0);
    routers.hear(advertisement, frame.subarray(6, 12));
  }
  expect(stations.size).toBeLessThanOrEqual(4096 + 256);
  expect(routers.size).toBe(64);
});

test('a flood of sound updates of one mobile node is cut to what RFC 6275 allows it', () => {
  const proxied = registered();
  const { forwarded } = proxied.proxy.registrations;
  const last = proxied.proxy.bindings.lastSequence(HOME) ?? 0;
  const at = proxied.network.agentHost.bindings.find(HOME)?.careOfAddress ?? ATTACKER;
  for (let i = 1; i <= 200; i++) {
    const packet = proxied.update({ sequence: last + i, alternate: at, careOfSource: at });
    proxied.inject(packet, 'core');
  }
  // 10 at once and 3 a second, for 10 seconds.
  expect(proxied.proxy.registrations.forwarded - forwarded).toBeLessThanOrEqual(41);
  expect(proxied.proxy.registrations.discarded.get('too-many')).toBeGreaterThan(150);
  expect(proxied.proxy.sizes.exchanges).toBeLessThanOrEqual(4);
  // A line or two of log, not two hundred.
  expect(proxied.alarms().length).toBeLessThan(30);
});

test('a flood of fragments and of bindings that are none leaves no more than its bound', () => {
  const proxied = registered();
  const big = ipv6Packet({
    source: ATTACKER,
    destination: AGENT,
    protocol: 17,
    payload: new Uint8Array(1400),
  });
  for (let i = 0; i < 5000; i++) {
    const [first] = fragmentPacket(big, 1280, i);
    const [pair] = proxied.pairs;
    if (first === undefined || pair === undefined) throw new Error('no piece');
    const source = Uint8Array.of(2, 1, 0, 0, i >> 8, i & 0xff);
    const destination = proxied.network.agentHost.interfaces[0]?.port.linkLayerAddress ?? source;
    pair.outside.onFrame?.(ethernetFrame({ destination, source, payload: first }));
  }
  const { sizes } = proxied.proxy;
  expect(sizes.fragmentOctets).toBeLessThanOrEqual(8 * 1024 * 1024);
  expect(sizes.stations).toBeLessThanOrEqual(2 * (4096 + 256));
  expect(sizes.bindings).toBe(1);
});

test('a home address that comes twice, or is the home agent, is refused', () => {
  const scheduler = new VirtualScheduler();
  const random = new SeededRandom(1);
  const link = new MemoryLink({ scheduler, random, name: 'link' });
  const node = (homeAddress: Uint8Array) => ({
    policy: { homeAddress },
    legacy: new NodeIpsec({ random }),
    hasSameAssociations: true,
  });
  const proxy = (mobileNodes: readonly ReturnType<typeof node>[]) => () =>
    new ProxyHomeAgent({
      ...{ scheduler, random, mobileNodes },
      log: () => undefined,
      pairs: [{ outside: link.attach('o'), inside: link.attach('i'), isHomeLink: true }],
      homeAgent: AGENT,
      outside: new NodeIpsec({ random }),
      homeAddressOf: () => undefined,
    });
  expect(proxy([node(HOME), node(HOME)])).toThrow(RangeError);
  expect(proxy([node(AGENT)])).toThrow(RangeError);
  expect(proxy([node(HOME)])).not.toThrow();
});
