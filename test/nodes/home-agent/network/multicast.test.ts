/**
 * Multicast for mobile nodes away from home. RFC 6275 sections 10.4.2 to 10.4.4, RFC 3776 section 4.1.
 */
import { expect, test } from 'vitest';
import { formatAddress } from '../../../../dissectors/core/address.ts';
import type { Icmpv6Message } from '../../../../dissectors/icmpv6/index.ts';
import { NEXT_HEADER } from '../../../../dissectors/ipv6/header.ts';
import { ip } from '../../wire-peer.ts';
import { AGENT, ATTACKER, CARE_OF, HomeAgentBench, NEW_CARE_OF } from '../bench.ts';
import type { Seen } from '../mobile-side.ts';
import {
  CORRESPONDENT,
  HOME_HOST,
  ROUTER_ALERT,
  delivered,
  encapsulated,
  icmpv6Packet,
  networkBench,
  payloadPacket,
  reverseTunnelled,
} from './traffic.ts';
import type { Delivered } from './traffic.ts';

const GROUP = ip('ff1e::4711');
const LINK_LOCAL = ip('fe80::77');
const ALL_MLDV2_ROUTERS = ip('ff02::16');
const CHANGE_TO_INCLUDE = 3;
const CHANGE_TO_EXCLUDE = 4;

/** Version 2 report of one group. */
function report(
  group: Uint8Array,
  recordType = CHANGE_TO_EXCLUDE,
  source = LINK_LOCAL,
): Uint8Array {
  const message: Icmpv6Message = {
    kind: 'multicast-listener-report-v2',
    code: 0,
    numberOfRecords: 1,
    records: [
      {
        recordType,
        auxDataLength: 0,
        numberOfSources: 0,
        group,
        sources: [],
        auxData: new Uint8Array(),
      },
    ],
  };
  return icmpv6Packet(message, source, ALL_MLDV2_ROUTERS, { hopLimit: 1, headers: [ROUTER_ALERT] });
}

/** Mobile node 1 says through its tunnel that it wants a group. */
function join(bench: HomeAgentBench, group: Uint8Array, careOf = CARE_OF): Seen[] {
  return bench.deliver(encapsulated(report(group), careOf, AGENT));
}

/** What comes out of tunnels when somebody on the home link sends to a group. */
function received(bench: HomeAgentBench, group: Uint8Array): Delivered[] {
  const packet = payloadPacket({ source: HOME_HOST, destination: group });
  return delivered(bench.deliver(packet, 'home'));
}

/** Groups that the home agent reports on its home link. */
function joinedOnLink(seen: readonly Seen[]): string[] {
  return seen.flatMap(({ packet, link }) =>
    packet.icmpv6?.kind === 'multicast-listener-report-v2' && link === 'home'
      ? packet.icmpv6.records.map(({ group }) => formatAddress(group))
      : [],
  );
}

test('HA-MC-01 without multicast support reports through the tunnel are ignored without a word', () => {
  const off = networkBench({ multicast: false });
  off.register();
  expect(join(off, GROUP)).toEqual([]);
  expect(received(off, GROUP)).toEqual([]);
  expect(delivered(off.run(200_000))).toEqual([]);
  const on = networkBench({ multicast: {} });
  on.register();
  expect(joinedOnLink(join(on, GROUP))).toEqual([formatAddress(GROUP)]);
});

test('HA-MC-02 HA-MC-03 groups of the link and of scopes below the world are not tunnelled; one of global scope is', () => {
  const bench = networkBench({ multicast: {} });
  bench.register();
  const scopes = ['ff02::4711', 'ff04::4711', 'ff05::4711', 'ff08::4711'].map(ip);
  for (const group of [...scopes, GROUP]) join(bench, group);
  for (const group of scopes) expect(received(bench, group)).toEqual([]);
  expect(received(bench, GROUP)).toHaveLength(1);
});

test('HA-MC-04 a group of global scope joined through the tunnel is tunnelled, until it is left or the binding ends', () => {
  const bench = networkBench({ multicast: {} });
  bench.register();
  expect(received(bench, GROUP)).toEqual([]);
  join(bench, GROUP);
  const [sent, ...others] = received(bench, GROUP);
  expect(others).toEqual([]);
  expect(sent?.outer.destination).toBe(formatAddress(CARE_OF));
  expect(sent?.inner).toMatchObject({
    source: formatAddress(HOME_HOST),
    destination: formatAddress(GROUP),
    hopLimit: 29,
  });
  bench.register({ sequence: 2, careOf: NEW_CARE_OF });
  expect(received(bench, GROUP)[0]?.outer.destination).toBe(formatAddress(NEW_CARE_OF));
  const leave = encapsulated(report(GROUP, CHANGE_TO_INCLUDE), NEW_CARE_OF, AGENT);
  bench.deliver(leave);
  expect(received(bench, GROUP)).toEqual([]);
  join(bench, GROUP, NEW_CARE_OF);
  expect(received(bench, GROUP)).toHaveLength(1);
  bench.run(240_000);
  expect(bench.careOf()).toBeUndefined();
  expect(received(bench, GROUP)).toEqual([]);
  expect(bench.agent.network.multicast?.size).toBe(0);
});

test('HA-MC-04 version 1 reports and done messages count too; reports from anywhere but the tunnel do not', () => {
  const bench = networkBench({ multicast: {} });
  bench.register();
  const version1 = (kind: 'multicast-listener-report' | 'multicast-listener-done'): Uint8Array =>
    icmpv6Packet(
      { kind, code: 0, maximumResponseDelay: 0, multicastAddress: GROUP },
      LINK_LOCAL,
      GROUP,
      { hopLimit: 1, headers: [ROUTER_ALERT] },
    );
  bench.deliver(encapsulated(version1('multicast-listener-report'), ATTACKER, AGENT));
  bench.deliver(version1('multicast-listener-report'), 'home');
  bench.deliver(report(GROUP), 'home');
  expect(received(bench, GROUP)).toEqual([]);
  const far = encapsulated(version1('multicast-listener-report'), CARE_OF, AGENT);
  // Not of hop limit 1: it may have come from anywhere.
  const forged = far.slice();
  forged[47] = 2;
  bench.deliver(forged);
  expect(received(bench, GROUP)).toEqual([]);
  bench.deliver(far);
  expect(received(bench, GROUP)).toHaveLength(1);
  bench.deliver(encapsulated(version1('multicast-listener-done'), CARE_OF, AGENT));
  expect(received(bench, GROUP)).toEqual([]);
});

test('HA-MC-05 queries go into each tunnel with hop limit 1, and reports are attributed by tunnel, not by source', () => {
  const bench = networkBench({ multicast: {} });
  const seen = bench.deliver(bench.mobile().update({ sequence: 1 }), 'upstream', 2000);
  const queries = (sent: readonly Seen[]): Delivered[] =>
    delivered(sent).filter(({ inner }) => inner.icmpv6?.kind === 'multicast-listener-query-v2');
  const [first] = queries(seen);
  expect(first?.outer.destination).toBe(formatAddress(CARE_OF));
  expect(first?.inner).toMatchObject({
    hopLimit: 1,
    source: formatAddress(bench.home.linkLocal),
    destination: 'ff02::1',
    headers: [NEXT_HEADER.hopByHop],
  });
  bench.register({ careOf: NEW_CARE_OF }, 2);
  const targets = queries(bench.run(126_000)).map(({ outer }) => outer.destination);
  expect(targets.toSorted()).toEqual([formatAddress(CARE_OF), formatAddress(NEW_CARE_OF)]);
  // Both mobile nodes have the same link-local address; only the second one joins.
  join(bench, GROUP, NEW_CARE_OF);
  expect(received(bench, GROUP).map(({ outer }) => outer.destination)).toEqual([
    formatAddress(NEW_CARE_OF),
  ]);
});

test('HA-MC-05 a group that no report renews is forgotten', () => {
  const bench = networkBench({ multicast: {} });
  bench.register({ lifetime: 4000 });
  join(bench, GROUP);
  bench.run(130_000);
  join(bench, GROUP);
  bench.run(250_000);
  expect(received(bench, GROUP)).toHaveLength(1);
  bench.run(140_000);
  expect(received(bench, GROUP)).toEqual([]);
});

test('HA-MC-05 groups of one mobile node are bounded: further ones are ignored', () => {
  const bench = networkBench({ multicast: { groupsPerMobileNode: 2 } });
  bench.register();
  const groups = ['ff1e::1', 'ff1e::2', 'ff1e::3'].map(ip);
  for (const group of groups) join(bench, group);
  expect(groups.map((group) => received(bench, group).length)).toEqual([1, 1, 0]);
  expect(bench.agent.network.multicast?.size).toBe(2);
});

test.each(['groups', 'esp'] as const)(
  'HA-MC-06 group membership and its queries are protected where the policy says so (payload: %s)',
  (payload) => {
    const bench = networkBench({ multicast: {} }, { protection: { payload } });
    const mobile = bench.mobile();
    const seen = bench.deliver(mobile.update({ sequence: 1 }), 'upstream', 2000);
    expect(delivered(seen)).toEqual([]);
    const [query] = delivered(seen, mobile);
    expect(query?.protocol).toBe(NEXT_HEADER.esp);
    expect(query?.inner.icmpv6?.kind).toBe('multicast-listener-query-v2');
    join(bench, GROUP);
    expect(bench.agent.network.multicast?.size).toBe(0);
    bench.deliver(reverseTunnelled(mobile, report(GROUP), AGENT));
    expect(bench.agent.network.multicast?.size).toBe(1);
    const packet = payloadPacket({ source: HOME_HOST, destination: GROUP });
    const [sent] = delivered(bench.deliver(packet, 'home'), mobile);
    expect(sent?.protocol).toBe(payload === 'esp' ? NEXT_HEADER.esp : NEXT_HEADER.ipv6);
  },
);

test('what a mobile node sends to a group reaches its home link and the other listeners, not itself', () => {
  const bench = networkBench({ multicast: {} });
  bench.register();
  bench.register({ careOf: NEW_CARE_OF }, 2);
  join(bench, GROUP);
  join(bench, GROUP, NEW_CARE_OF);
  const inner = payloadPacket({ source: bench.mobile().home, destination: GROUP });
  const seen = bench.deliver(encapsulated(inner, CARE_OF, AGENT));
  const onLink = seen.filter(({ packet }) => packet.destination === formatAddress(GROUP));
  expect(onLink.map(({ link }) => link)).toEqual(['home']);
  expect(onLink[0]?.linkDestination).toBe('33330000' + '4711');
  expect(delivered(seen).map(({ outer }) => outer.destination)).toEqual([
    formatAddress(NEW_CARE_OF),
  ]);
  // From its link-local address nothing leaves a link: RFC 4291 section 2.5.6.
  const local = payloadPacket({ source: LINK_LOCAL, destination: GROUP });
  expect(bench.deliver(encapsulated(local, CARE_OF, AGENT))).toEqual([]);
});

test('packets to a group that come from away are not the home link’s', () => {
  const bench = networkBench({ multicast: {} });
  bench.register();
  join(bench, GROUP);
  const packet = payloadPacket({ source: CORRESPONDENT, destination: GROUP });
  expect(delivered(bench.deliver(packet, 'upstream'))).toEqual([]);
  expect(delivered(bench.deliver(packet, 'home'))).toHaveLength(1);
});

test('HA-MC-07 DHCPv6 in the tunnel draws no answer', () => {
  const bench = networkBench({ multicast: {} });
  bench.register();
  const solicit = payloadPacket({
    source: LINK_LOCAL,
    destination: ip('ff02::1:2'),
    hopLimit: 1,
  });
  expect(bench.deliver(encapsulated(solicit, CARE_OF, AGENT))).toEqual([]);
});
