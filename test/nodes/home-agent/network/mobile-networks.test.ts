/**
 * Mobile routers and the networks behind them. RFC 3963.
 */
import { expect, test } from 'vitest';
import { formatAddress } from '../../../../dissectors/core/address.ts';
import { encodeMobilityHeader } from '../../../../dissectors/mobility/header.ts';
import type { MobilityOption } from '../../../../dissectors/mobility/options/index.ts';
import { NEXT_HEADER } from '../../../../dissectors/ipv6/header.ts';
import { PrefixTable } from '../../../../nodes/home-agent/network/prefix-table.ts';
import { ip } from '../../wire-peer.ts';
import {
  AGENT,
  ATTACKER,
  CARE_OF,
  HomeAgentBench,
  NEW_CARE_OF,
  echoRequest,
  prefixOf,
} from '../bench.ts';
import type { BenchOptions } from '../bench.ts';
import { FLAG } from '../mobile-side.ts';
import type { UpdateFields } from '../mobile-side.ts';
import {
  CORRESPONDENT,
  delivered,
  encapsulated,
  forwarded,
  icmpv6Packet,
  icmpv6Sent,
  networkBench,
  payloadPacket,
  reverseTunnelled,
} from './traffic.ts';

const ROUTER = FLAG.A | FLAG.H | FLAG.R;
const R_OF_ACKNOWLEDGEMENT = 0x40;
const FIRST = '2001:db8:7:1::/64';
const SECOND = '2001:db8:7:2::/64';
const FOREIGN = '2001:db8:8::/64';
const BEHIND_FIRST = ip('2001:db8:7:1::5');
const BEHIND_SECOND = ip('2001:db8:7:2::5');
const BEHIND_FOREIGN = ip('2001:db8:8::5');

/** Mobile Network Prefix options. */
function prefixes(...texts: readonly string[]): MobilityOption[] {
  return texts.map((text) => {
    const { bytes, length } = prefixOf(text);
    return { kind: 'mobile-network-prefix', prefixLength: length, prefix: bytes };
  });
}

/** A home agent of mobile routers; number 1 has two prefixes. */
function routerBench(options: BenchOptions = {}, supportsMobileRouters = true): HomeAgentBench {
  const mobileNetworks = [FIRST, SECOND].map(prefixOf);
  return networkBench(
    { supportsMobileRouters },
    { policies: { 1: { isMobileRouter: true, mobileNetworks } }, ...options },
  );
}

function asRouter(fields: Partial<UpdateFields> = {}): UpdateFields {
  return { sequence: 1, flags: ROUTER, ...fields };
}

/** Care-of addresses that a packet for an address is tunnelled to. */
function tunnelledTo(bench: HomeAgentBench, destination: Uint8Array): string[] {
  const seen = bench.deliver(payloadPacket({ destination }));
  return delivered(seen).map(({ outer }) => outer.destination);
}

const TO_CARE_OF = [formatAddress(CARE_OF)];

test('HA-NEMO-01 explicit prefixes that are all authorised are accepted with R, and each is forwarded through the tunnel', () => {
  const bench = routerBench();
  expect(tunnelledTo(bench, BEHIND_FIRST)).toEqual([]);
  const acknowledgement = bench.answer(asRouter({ options: prefixes(FIRST, SECOND) }));
  expect(acknowledgement.status).toBe(0);
  expect(acknowledgement.flags & R_OF_ACKNOWLEDGEMENT).toBe(R_OF_ACKNOWLEDGEMENT);
  for (const address of [BEHIND_FIRST, BEHIND_SECOND, bench.mobile().home]) {
    expect(tunnelledTo(bench, address)).toEqual(TO_CARE_OF);
  }
  expect(tunnelledTo(bench, BEHIND_FOREIGN)).toEqual([]);
  // And back: RFC 3963 section 6.4.
  const inner = payloadPacket({ source: BEHIND_FIRST, destination: CORRESPONDENT });
  const back = bench.deliver(encapsulated(inner, CARE_OF, AGENT));
  expect(forwarded(back, CORRESPONDENT).map(({ packet }) => packet.source)).toEqual([
    formatAddress(BEHIND_FIRST),
  ]);
  expect(forwarded(bench.deliver(encapsulated(inner, ATTACKER, AGENT)), CORRESPONDENT)).toEqual([]);
  const foreign = payloadPacket({ source: BEHIND_FOREIGN, destination: CORRESPONDENT });
  expect(forwarded(bench.deliver(encapsulated(foreign, CARE_OF, AGENT)), CORRESPONDENT)).toEqual(
    [],
  );
});

test('HA-NEMO-01 the traffic of a mobile network follows the mobile router, protected where its payload is', () => {
  const bench = routerBench({
    protection: { payload: 'esp', mobileNetworks: [FIRST, SECOND].map(prefixOf) },
  });
  const mobile = bench.mobile();
  bench.answer(asRouter());
  const packet = payloadPacket({ destination: BEHIND_FIRST });
  const [sent] = delivered(bench.deliver(packet), mobile);
  expect(sent?.protocol).toBe(NEXT_HEADER.esp);
  const inner = payloadPacket({ source: BEHIND_FIRST, destination: CORRESPONDENT });
  expect(bench.deliver(encapsulated(inner, CARE_OF, AGENT))).toEqual([]);
  const back = bench.deliver(reverseTunnelled(mobile, inner, AGENT));
  expect(forwarded(back, CORRESPONDENT)).toHaveLength(1);
  bench.answer(asRouter({ sequence: 2, careOf: NEW_CARE_OF }));
  const [moved] = delivered(bench.deliver(packet), mobile);
  expect(moved?.outer.destination).toBe(formatAddress(NEW_CARE_OF));
});

test('HA-NEMO-02 without prefix options the configured prefixes are forwarded (implicit mode)', () => {
  const bench = routerBench();
  const acknowledgement = bench.answer(asRouter());
  expect(acknowledgement).toMatchObject({ status: 0, flags: R_OF_ACKNOWLEDGEMENT });
  expect(tunnelledTo(bench, BEHIND_FIRST)).toEqual(TO_CARE_OF);
  expect(tunnelledTo(bench, BEHIND_SECOND)).toEqual(TO_CARE_OF);
});

test('HA-NEMO-03 R without H is refused with 140', () => {
  const bench = routerBench();
  const refused = bench.answer(asRouter({ flags: FLAG.A | FLAG.R }));
  expect(refused).toMatchObject({ status: 140, protection: 50 });
  expect(bench.careOf()).toBeUndefined();
  expect(bench.answer(asRouter({ sequence: 2 })).status).toBe(0);
});

test('HA-NEMO-04 a home agent without mobile routers, and a mobile node that is none, get 140', () => {
  expect(routerBench({}, false).answer(asRouter()).status).toBe(140);
  const bench = routerBench();
  expect(bench.answer(asRouter(), 2).status).toBe(140);
  expect(bench.careOf(2)).toBeUndefined();
  expect(bench.answer({ sequence: 2 }, 2).status).toBe(0);
});

test('HA-NEMO-05 when one of the prefixes cannot be set up the status is 141, and none is forwarded', () => {
  const mobileNetworks = [FIRST, FOREIGN].map(prefixOf);
  const bench = routerBench({
    policies: {
      1: { isMobileRouter: true, mobileNetworks },
      2: { isMobileRouter: true, mobileNetworks },
    },
  });
  expect(bench.answer(asRouter({ options: prefixes(FIRST) })).status).toBe(0);
  const taken = asRouter({ options: prefixes(FOREIGN, FIRST), careOf: NEW_CARE_OF });
  expect(bench.answer(taken, 2).status).toBe(141);
  expect(bench.careOf(2)).toBeUndefined();
  expect(tunnelledTo(bench, BEHIND_FOREIGN)).toEqual([]);
  expect(tunnelledTo(bench, BEHIND_FIRST)).toEqual(TO_CARE_OF);
  const free = asRouter({ sequence: 2, options: prefixes(FOREIGN), careOf: NEW_CARE_OF });
  expect(bench.answer(free, 2).status).toBe(0);
  expect(tunnelledTo(bench, BEHIND_FOREIGN)).toEqual([formatAddress(NEW_CARE_OF)]);
});

test.each(['ff0e::/64', 'fe80::/64', '::/0'])(
  'HA-NEMO-05 %s is no prefix of a mobile network: 141',
  (text) => {
    const bench = routerBench();
    expect(bench.answer(asRouter({ options: prefixes(FIRST, text) })).status).toBe(141);
    expect(tunnelledTo(bench, BEHIND_FIRST)).toEqual([]);
  },
);

test('HA-NEMO-06 a prefix that is not authorised for the home address is refused with 142', () => {
  const bench = routerBench();
  expect(bench.answer(asRouter({ options: prefixes(FIRST, FOREIGN) })).status).toBe(142);
  // Nor one that holds an authorised one.
  const wider = asRouter({ sequence: 2, options: prefixes('2001:db8:7::/48') });
  expect(bench.answer(wider).status).toBe(142);
  expect(tunnelledTo(bench, BEHIND_FIRST)).toEqual([]);
  const part = asRouter({ sequence: 3, options: prefixes('2001:db8:7:1::/80') });
  expect(bench.answer(part).status).toBe(0);
  expect(tunnelledTo(bench, BEHIND_FIRST)).toEqual(TO_CARE_OF);
});

test('HA-NEMO-07 implicit mode without any information is refused with 143', () => {
  const bench = routerBench({ policies: { 1: { isMobileRouter: true } } });
  expect(bench.answer(asRouter()).status).toBe(143);
  expect(bench.careOf()).toBeUndefined();
});

test('HA-NEMO-08 HA-NEMO-09 R cannot change while the binding lives, and does not matter when it ends', () => {
  const bench = routerBench();
  bench.answer(asRouter());
  expect(bench.answer({ sequence: 2 }).status).toBe(139);
  expect(bench.answer(asRouter({ sequence: 3 })).status).toBe(0);
  expect(bench.answer({ sequence: 4, lifetime: 0 }).status).toBe(0);
  expect(bench.careOf()).toBeUndefined();
  bench.run(15_000);
  expect(bench.answer({ sequence: 5 }).status).toBe(0);
  expect(bench.answer(asRouter({ sequence: 6 })).status).toBe(139);
  expect(bench.answer(asRouter({ sequence: 7, lifetime: 0 })).status).toBe(0);
});

test('HA-NEMO-10 a refresh that lacks a prefix of before ends the forwarding for it', () => {
  const bench = routerBench();
  bench.answer(asRouter({ options: prefixes(FIRST, SECOND) }));
  expect(tunnelledTo(bench, BEHIND_SECOND)).toEqual(TO_CARE_OF);
  expect(bench.answer(asRouter({ sequence: 2, options: prefixes(FIRST) })).status).toBe(0);
  expect(tunnelledTo(bench, BEHIND_SECOND)).toEqual([]);
  expect(tunnelledTo(bench, BEHIND_FIRST)).toEqual(TO_CARE_OF);
  // A refused refresh changes nothing.
  const refused = asRouter({ sequence: 3, options: prefixes(FOREIGN) });
  expect(bench.answer(refused).status).toBe(142);
  expect(tunnelledTo(bench, BEHIND_FIRST)).toEqual(TO_CARE_OF);
});

test('HA-NEMO-11 a de-registration ignores prefix options, takes the routes away and the tunnel down', () => {
  const bench = routerBench();
  bench.answer(asRouter());
  const options = prefixes(FOREIGN);
  expect(bench.answer(asRouter({ sequence: 2, lifetime: 0, options })).status).toBe(0);
  expect(tunnelledTo(bench, BEHIND_FIRST)).toEqual([]);
  expect(bench.agent.network.networks.size).toBe(0);
  const inner = payloadPacket({ source: BEHIND_FIRST, destination: CORRESPONDENT });
  expect(bench.deliver(encapsulated(inner, CARE_OF, AGENT))).toEqual([]);
});

test('HA-NEMO-11 a binding that expires takes the routes away too', () => {
  const bench = routerBench();
  bench.answer(asRouter({ lifetime: 40 }));
  expect(tunnelledTo(bench, BEHIND_FIRST)).toEqual(TO_CARE_OF);
  bench.run(41_000);
  expect(tunnelledTo(bench, BEHIND_FIRST)).toEqual([]);
  expect(bench.agent.network.networks.size).toBe(0);
});

test('HA-NEMO-12 registered without R, a mobile node gets its own packets and none of its mobile network', () => {
  const bench = routerBench();
  expect(bench.answer({ sequence: 1 }).status).toBe(0);
  expect(tunnelledTo(bench, bench.mobile().home)).toEqual(TO_CARE_OF);
  expect(tunnelledTo(bench, BEHIND_FIRST)).toEqual([]);
  const inner = payloadPacket({ source: BEHIND_FIRST, destination: CORRESPONDENT });
  expect(bench.deliver(encapsulated(inner, CARE_OF, AGENT))).toEqual([]);
});

test('HA-NEMO-13 a home address of a served prefix that is on no link is accepted; one outside is refused with 132', () => {
  const bench = routerBench({
    policies: { 3: { isMobileRouter: true, mobileNetworks: [prefixOf(FIRST)] } },
  });
  expect(bench.answer(asRouter(), 3).status).toBe(132);
  bench.agent.prefixes.set({
    prefix: prefixOf('2001:db8:f::/64'),
    interface: undefined,
    agentAddress: AGENT,
  });
  expect(bench.answer(asRouter({ sequence: 2 }), 3).status).toBe(0);
  expect(tunnelledTo(bench, BEHIND_FIRST)).toEqual(TO_CARE_OF);
});

test('HA-NEMO-14 the prefix option has type 6, length 18 and stands at 8n+4; another length is no registration', () => {
  const source = ip('2001:db8:a::100');
  const payload = encodeMobilityHeader(
    { kind: 'binding-update', sequence: 1, flags: ROUTER, lifetime: 60 },
    prefixes(FIRST),
    { source, destination: AGENT },
  );
  const at = payload.indexOf(6, 12);
  expect(at % 8).toBe(4);
  expect([...payload.subarray(at, at + 4)]).toEqual([6, 18, 0, 64]);
  const bench = routerBench();
  const wrong = asRouter({ options: [{ kind: 'unknown', type: 6, data: new Uint8Array(17) }] });
  expect(bench.update(wrong)).toEqual([]);
  expect(bench.careOf()).toBeUndefined();
  expect(bench.answer(asRouter({ sequence: 2, options: prefixes(FIRST) })).status).toBe(0);
});

test('RFC 3963 section 6.5 the home agent’s own packets reach a mobile network through the tunnel', () => {
  const bench = routerBench();
  bench.answer(asRouter());
  const ping = icmpv6Packet(echoRequest(), BEHIND_FIRST, AGENT);
  const seen = bench.deliver(encapsulated(ping, CARE_OF, AGENT));
  const [sent] = delivered(seen);
  expect(sent?.outer.destination).toBe(formatAddress(CARE_OF));
  expect(sent?.inner).toMatchObject({ destination: formatAddress(BEHIND_FIRST), headers: [] });
  expect(sent?.inner.icmpv6?.kind).toBe('echo-reply');
});

test('a mobile node in a mobile network of the same home agent registers and is reached through both tunnels', () => {
  const bench = routerBench();
  bench.answer(asRouter());
  const visitor = bench.mobile(2);
  const update = visitor.update({ sequence: 1, careOf: BEHIND_FIRST });
  const seen = bench.deliver(encapsulated(update, CARE_OF, AGENT), 'upstream', 2000);
  expect(bench.careOf(2)).toBe(formatAddress(BEHIND_FIRST));
  // The acknowledgement goes into the mobile network, so through the tunnel of its router.
  const [acknowledged] = delivered(seen);
  expect(acknowledged?.outer.destination).toBe(formatAddress(CARE_OF));
  expect(acknowledged?.inner).toMatchObject({
    destination: formatAddress(BEHIND_FIRST),
    type2RoutingHeader: visitor.name,
  });
  const [nested] = delivered(bench.deliver(payloadPacket({ destination: visitor.home })));
  expect(nested?.outer.destination).toBe(formatAddress(CARE_OF));
  expect(nested?.inner).toMatchObject({ destination: formatAddress(BEHIND_FIRST), protocol: 41 });
  // And back: out of the one tunnel, then out of the other.
  const inner = payloadPacket({ source: visitor.home, destination: CORRESPONDENT });
  const both = encapsulated(encapsulated(inner, BEHIND_FIRST, AGENT), CARE_OF, AGENT);
  expect(forwarded(bench.deliver(both), CORRESPONDENT)).toHaveLength(1);
});

test('a mobile network that is at none of its places is refused, not sent round', () => {
  const bench = routerBench();
  bench.answer(asRouter({ lifetime: 40 }));
  bench.run(41_000);
  const seen = bench.deliver(payloadPacket({ destination: BEHIND_FIRST }));
  expect(forwarded(seen, BEHIND_FIRST)).toEqual([]);
  const [error] = icmpv6Sent(seen, 'destination-unreachable');
  expect(error?.packet.destination).toBe(formatAddress(CORRESPONDENT));
  const elsewhere = bench.deliver(payloadPacket({ destination: BEHIND_FOREIGN }));
  expect(forwarded(elsewhere, BEHIND_FOREIGN).map(({ link }) => link)).toEqual(['upstream']);
});

test('the longest prefix of a table counts, and deleting forgets only its own', () => {
  const table = new PrefixTable<string>();
  table.set(prefixOf('2001:db8::/32'), 'wide');
  table.set(prefixOf('2001:db8:7::/48'), 'middle');
  table.set(prefixOf('2001:db8:7:1:8000::/65'), 'narrow');
  expect(table.find(ip('2001:db8:7:1:8000::1'))).toBe('narrow');
  expect(table.find(ip('2001:db8:7:1:7fff::1'))).toBe('middle');
  expect(table.find(ip('2001:db8:1::1'))).toBe('wide');
  expect(table.find(ip('2001:db9::1'))).toBeUndefined();
  table.delete(prefixOf('2001:db8:7::/48'));
  table.delete(prefixOf('2001:db8:7::/47'));
  expect(table.find(ip('2001:db8:7:1:7fff::1'))).toBe('wide');
  expect(table.size).toBe(2);
});
