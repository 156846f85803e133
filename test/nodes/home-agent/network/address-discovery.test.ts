/**
 * Home agents list and dynamic home agent address discovery. RFC 6275 sections 10.1 and 10.5.1, RFC 3963 section 7,
 * RFC 2526.
 */
import { expect, test } from 'vitest';
import { formatAddress } from '../../../../dissectors/core/address.ts';
import type { HomeNetworkOptions } from '../../../../nodes/home-agent/network/network-options.ts';
import { homeAgentsAnycast } from '../../../../nodes/home-agent/network/address-discovery.ts';
import { HomeAgent } from '../../../../nodes/home-agent/home-agent.ts';
import { HomeAgentsList } from '../../../../nodes/home-agent/network/home-agents-list.ts';
import { VirtualScheduler } from '../../../../nodes/simulation/virtual-scheduler.ts';
import { ip } from '../../wire-peer.ts';
import type { WirePacket } from '../../wire-peer.ts';
import { AGENT, CARE_OF, HomeAgentBench, prefixOf } from '../bench.ts';
import type { Seen } from '../mobile-side.ts';
import { H, otherAgent } from './other-agent.ts';
import type { OtherAdvertisement } from './other-agent.ts';
import { icmpv6Packet, icmpv6Sent, networkBench } from './traffic.ts';

const ANYCAST = ip('2001:db8:a:0:fdff:ffff:ffff:fffe');
const OWN = formatAddress(AGENT);
const OTHER = '2001:db8:a::b';
const MOBILE_ROUTERS = 0x8000;

/** Home Agent Address Discovery Request from a care-of address. */
function request(flags = 0, identifier = 0x1234, destination = ANYCAST): Uint8Array {
  return icmpv6Packet(
    { kind: 'home-agent-discovery-request', code: 0, identifier, flags },
    CARE_OF,
    destination,
  );
}

interface Reply {
  readonly addresses: readonly string[];
  readonly flags: number;
  readonly identifier: number;
  readonly packet: WirePacket;
}

function replies(seen: readonly Seen[]): Reply[] {
  return icmpv6Sent(seen, 'home-agent-discovery-reply').map(({ message, packet }) => ({
    addresses: message.homeAgentAddresses.map((address) => formatAddress(address)),
    flags: message.flags,
    identifier: message.identifier,
    packet,
  }));
}

/** Addresses that a request is answered with, in order. */
function discover(bench: HomeAgentBench, flags = 0): readonly string[] {
  const [reply] = replies(bench.deliver(request(flags)));
  if (reply === undefined) throw new Error('no reply');
  return reply.addresses;
}

function hear(bench: HomeAgentBench, fields: OtherAdvertisement = {}): void {
  bench.deliver(otherAgent(fields), 'home');
}

const bench = (network: HomeNetworkOptions = {}): HomeAgentBench => networkBench(network);

test('HA-DHA-01 HA-DHA-03 HA-DHA-04 a request to the anycast address is answered straight to its source with the own address', () => {
  const one = bench();
  one.register();
  const [reply, ...others] = replies(one.deliver(request()));
  expect(others).toEqual([]);
  expect(reply?.packet).toMatchObject({
    source: OWN,
    destination: formatAddress(CARE_OF),
    headers: [],
    protocol: 58,
  });
  expect(reply?.addresses).toEqual([OWN]);
});

test('HA-DHA-02 a reply copies the identifier, has nothing reserved and 16 octets for each address', () => {
  const one = bench();
  hear(one);
  const [reply] = replies(one.deliver(request(0, 0xbeef)));
  expect(reply?.identifier).toBe(0xbeef);
  const payload = reply?.packet.payload ?? new Uint8Array();
  expect([...payload.subarray(0, 2), ...payload.subarray(4, 8)]).toEqual([
    145, 0, 0xbe, 0xef, 0, 0,
  ]);
  expect(payload).toHaveLength(8 + 2 * 16);
});

test('HA-DHA-05 addresses come by decreasing preference, the own one among them by its own', () => {
  const one = bench({ preference: 5 });
  hear(one, {
    linkLocal: ip('fe80::c'),
    information: { preference: 3, lifetime: 100 },
    prefixes: [{ address: '2001:db8:a::c' }],
  });
  hear(one, { information: { preference: 9, lifetime: 100 } });
  hear(one, { linkLocal: ip('fe80::d'), prefixes: [{ address: '2001:db8:a::d' }] });
  expect(discover(one)).toEqual([OTHER, OWN, '2001:db8:a::c', '2001:db8:a::d']);
});

test('HA-DHA-06 equals, and several addresses of one home agent, come in an order of chance in each reply', () => {
  const one = bench();
  hear(one, { prefixes: [{ address: OTHER }, { address: '2001:db8:a:1::b' }] });
  const orders = new Set(
    Array.from({ length: 60 }, () => {
      one.run(1000);
      return discover(one).join();
    }),
  );
  const [a, b] = [OTHER, '2001:db8:a:1::b'];
  for (const order of [
    [OWN, a, b],
    [OWN, b, a],
    [a, b, OWN],
    [b, a, OWN],
  ]) {
    expect(orders).toContain(order.join());
  }
});

test('HA-DHA-07 a reply fits 1280 octets: 77 addresses, those of the highest preference', () => {
  const one = bench();
  for (let agent = 0; agent < 10; agent++) {
    hear(one, {
      linkLocal: ip(`fe80::f:${agent}`),
      information: { preference: 100 - agent, lifetime: 1000 },
      prefixes: Array.from({ length: 9 }, (_, at) => ({ address: `2001:db8:a:${at}::f:${agent}` })),
    });
  }
  const [reply] = replies(one.deliver(request()));
  expect(reply?.addresses).toHaveLength(77);
  expect(reply?.packet.bytes.length).toBeLessThanOrEqual(1280);
  expect(reply?.addresses.filter((address) => /::f:[0-7]$/.test(address))).toHaveLength(72);
  expect(reply?.addresses.some((address) => address.endsWith('::f:9'))).toBe(false);
});

test('HA-DHA-09 HA-DHA-12 other anycast addresses are not answered; what is reserved does not matter', () => {
  const one = bench();
  const elsewhere = ip('2001:db8:bad:0:fdff:ffff:ffff:fffe');
  expect(replies(one.deliver(request(0, 1, elsewhere)))).toEqual([]);
  expect(replies(one.deliver(request(0, 1, AGENT)))).toEqual([]);
  const [reply] = replies(one.deliver(request(0x7fff)));
  expect(reply).toMatchObject({ addresses: [OWN], flags: 0 });
});

test('HA-DHA-10 with R only home agents for mobile routers are listed, and R is set', () => {
  const one = bench({ supportsMobileRouters: true });
  hear(one, { information: { preference: 9, lifetime: 100 } });
  const routers = { preference: 2, lifetime: 100, isForRouters: true };
  const prefixes = [{ address: '2001:db8:a::c' }];
  hear(one, { linkLocal: ip('fe80::c'), information: routers, prefixes });
  const [reply] = replies(one.deliver(request(MOBILE_ROUTERS)));
  expect(reply).toMatchObject({ addresses: ['2001:db8:a::c', OWN], flags: MOBILE_ROUTERS });
  const [plain] = replies(one.deliver(request()));
  expect(plain).toMatchObject({ addresses: [OTHER, '2001:db8:a::c', OWN], flags: 0 });
});

test('HA-DHA-11 with R and none for mobile routers the others are listed, and R is clear', () => {
  const one = bench();
  hear(one, { information: { preference: 9, lifetime: 100 } });
  const [reply] = replies(one.deliver(request(MOBILE_ROUTERS)));
  expect(reply).toMatchObject({ addresses: [OTHER, OWN], flags: 0 });
});

test('address discovery can be switched off, and its replies are limited', () => {
  const off = bench({ addressDiscovery: false });
  expect(replies(off.deliver(request()))).toEqual([]);
  const one = bench();
  expect(discover(one)).toEqual([OWN]);
  one.run(1000);
  for (let asked = 0; asked < 200; asked++) one.upstreamPeer.send(request());
  one.scheduler.advance(0);
  expect(replies(one.take())).toHaveLength(50);
});

test('HA-DHA-01 the anycast address of a prefix ends in 126 of 128, with the universal bit clear for 64 bits', () => {
  expect(formatAddress(homeAgentsAnycast(prefixOf('2001:db8:a::/64')))).toBe(
    formatAddress(ANYCAST),
  );
  expect(formatAddress(homeAgentsAnycast(prefixOf('2001:db8::/48')))).toBe(
    '2001:db8:0:ffff:ffff:ffff:ffff:fffe',
  );
});

test('HA-HAL-01 a router that advertises itself as home agent is listed with link-local, preference, lifetime and addresses', () => {
  const one = bench();
  hear(one, {
    information: { preference: 7, lifetime: 300 },
    prefixes: [
      { address: OTHER },
      { address: '2001:db8:a:9::b' },
      { address: '2001:db8:77::', flags: 0xc0 },
    ],
  });
  const [listed, ...others] = one.agent.network.links[0]?.homeAgents.agents ?? [];
  expect(others).toEqual([]);
  expect(formatAddress(listed?.linkLocal ?? AGENT)).toBe('fe80::b');
  expect(listed).toMatchObject({ preference: 7 });
  expect((listed?.expiresAt ?? 0) - one.scheduler.now).toBeGreaterThan(299_000);
  expect((listed?.expiresAt ?? 0) - one.scheduler.now).toBeLessThanOrEqual(300_000);
  expect(listed?.addresses.map((each) => formatAddress(each))).toEqual([OTHER, '2001:db8:a:9::b']);
  expect(discover(one)).toEqual(expect.arrayContaining([OTHER, '2001:db8:a:9::b', OWN]));
});

test('HA-HAL-02 without Home Agent Information preference is 0 and the lifetime that of the router', () => {
  const one = bench({ preference: 1 });
  hear(one, { routerLifetime: 60 });
  expect(discover(one)).toEqual([OWN, OTHER]);
  one.run(59_000);
  expect(discover(one)).toEqual([OWN, OTHER]);
  one.run(1000);
  expect(discover(one)).toEqual([OWN]);
});

test('HA-HAL-03 HA-HAL-04 HA-HAL-05 H = 0 and lifetime 0 delete an entry at once; lifetime 0 makes none', () => {
  const one = bench();
  hear(one, { information: { preference: 0, lifetime: 0 } });
  hear(one, { routerLifetime: 0 });
  expect(discover(one)).toEqual([OWN]);
  hear(one);
  expect(discover(one)).toHaveLength(2);
  hear(one, { flags: 0 });
  expect(discover(one)).toEqual([OWN]);
  hear(one);
  expect(discover(one)).toHaveLength(2);
  hear(one, { information: { preference: 3, lifetime: 0 } });
  expect(discover(one)).toEqual([OWN]);
});

test('HA-HAL-06 HA-HAL-07 HA-DHA-08 a later advertisement updates the entry; at the end of its lifetime it is gone', () => {
  const one = bench({ preference: 5 });
  hear(one, { information: { preference: 9, lifetime: 30 } });
  expect(discover(one)).toEqual([OTHER, OWN]);
  one.run(20_000);
  hear(one, { information: { preference: 1, lifetime: 30 } });
  expect(discover(one)).toEqual([OWN, OTHER]);
  one.run(20_000);
  expect(discover(one)).toEqual([OWN, OTHER]);
  one.run(10_000);
  expect(discover(one)).toEqual([OWN]);
});

test('HA-HAL-08 an address whose prefix is valid no longer leaves the entry, which stays', () => {
  const one = bench();
  hear(one, {
    prefixes: [
      { address: OTHER, valid: 30 },
      { address: '2001:db8:a:1::b', valid: 600 },
    ],
  });
  expect(discover(one)).toHaveLength(3);
  one.run(30_000);
  expect(discover(one).toSorted()).toEqual([OWN, '2001:db8:a:1::b'].toSorted());
  hear(one, { prefixes: [{ address: '2001:db8:a:1::b', valid: 0 }] });
  expect(discover(one)).toEqual([OWN]);
  expect(one.agent.network.links[0]?.homeAgents.agents).toHaveLength(1);
});

test('HA-HAL-09 a home agent of two links has a list for each', () => {
  const one = bench();
  const both = new HomeAgent({
    host: one.host,
    mobileNodes: one.directory,
    network: { advertisements: false, multicast: false },
    prefixes: [
      { prefix: prefixOf('2001:db8:a::/64'), interface: one.home, agentAddress: AGENT },
      {
        prefix: prefixOf('2001:db8:9::/64'),
        interface: one.upstream,
        agentAddress: ip('2001:db8:9::2'),
      },
    ],
  });
  hear(one);
  one.deliver(otherAgent({ prefixes: [{ address: '2001:db8:9::b' }] }), 'upstream');
  expect(discover(one).toSorted()).toEqual([OWN, OTHER].toSorted());
  const anycast = ip('2001:db8:9:0:fdff:ffff:ffff:fffe');
  const [reply] = replies(one.deliver(request(0, 1, anycast)));
  expect(reply?.addresses.toSorted()).toEqual(['2001:db8:9::2', '2001:db8:9::b']);
  expect(reply?.packet.source).toBe('2001:db8:9::2');
  both.close();
});

test('HA-HAL-10 advertisements that are no valid neighbor discovery change nothing', () => {
  const one = bench();
  hear(one, { hopLimit: 254 });
  hear(one, { linkLocal: ip('2001:db8:a::b') });
  const broken = otherAgent();
  broken[42] = (broken[42] ?? 0) ^ 1;
  one.deliver(broken, 'home');
  expect(discover(one)).toEqual([OWN]);
  hear(one);
  expect(discover(one)).toHaveLength(2);
  hear(one, { hopLimit: 1, flags: 0 });
  expect(discover(one)).toHaveLength(2);
});

test('the list is bounded: who is known stays, further home agents are not taken', () => {
  const list = new HomeAgentsList(new VirtualScheduler());
  for (let at = 0; at < 200; at++) {
    list.hear(ip(`fe80::1:${at.toString(16)}`), {
      kind: 'router-advertisement',
      code: 0,
      currentHopLimit: 64,
      flags: H,
      routerLifetime: 1000,
      reachableTime: 0,
      retransTimer: 0,
      options: [],
    });
  }
  expect(list.agents).toHaveLength(128);
  expect(formatAddress(list.agents[0]?.linkLocal ?? AGENT)).toBe('fe80::1:0');
});
