/**
 * Interception and tunnelling by the home agent, with what errors do on the way. RFC 6275 section 10.4.2, RFC 2473.
 */
import { expect, test } from 'vitest';
import { formatAddress } from '../../../../dissectors/core/address.ts';
import { NEXT_HEADER } from '../../../../dissectors/ipv6/header.ts';
import { linkLocalOfHome } from '../../../../nodes/home-agent/registration/address-defence.ts';
import { solicitedNodeGroup } from '../../../../nodes/interface/link-address.ts';
import { ip, readPacket } from '../../wire-peer.ts';
import { AGENT, CARE_OF, NEW_CARE_OF, echoRequest, neighborDiscovery } from '../bench.ts';
import { FLAG } from '../mobile-side.ts';
import {
  CORRESPONDENT,
  HOME_HOST,
  delivered,
  encapsulated,
  forwarded,
  icmpv6Packet,
  icmpv6Sent,
  mobilityPacket,
  networkBench,
  payloadPacket,
} from './traffic.ts';

const A_H = FLAG.A | FLAG.H;

/** Everything but the hop limit. */
function withoutHopLimit(packet: Uint8Array): number[] {
  return [...packet.subarray(0, 7), ...packet.subarray(8)];
}

test('HA-TUN-01 a packet on the home link for a bound home address goes through the tunnel, whole but for its hop limit', () => {
  const bench = networkBench();
  const { home } = bench.mobile();
  const packet = payloadPacket({ source: HOME_HOST, destination: home });
  expect(delivered(bench.deliver(packet, 'home'))).toEqual([]);
  bench.register();
  const [sent, ...others] = delivered(bench.deliver(packet, 'home'));
  expect(others).toEqual([]);
  expect(sent?.outer.source).toBe(formatAddress(AGENT));
  expect(sent?.outer.destination).toBe(formatAddress(CARE_OF));
  expect(sent?.outer.protocol).toBe(NEXT_HEADER.ipv6);
  expect(sent?.inner.hopLimit).toBe(29);
  expect(withoutHopLimit(sent?.inner.bytes ?? new Uint8Array())).toEqual(withoutHopLimit(packet));
});

test('HA-TUN-02 a routed packet for the home address is tunnelled likewise; one for its neighbour is forwarded', () => {
  const bench = networkBench();
  bench.register();
  bench.homePeer.answerFor(HOME_HOST);
  const [sent] = delivered(bench.deliver(payloadPacket({ destination: bench.mobile().home })));
  expect(sent?.outer.destination).toBe(formatAddress(CARE_OF));
  expect(sent?.seen.link).toBe('upstream');
  const neighbor = bench.deliver(payloadPacket({ destination: HOME_HOST }), 'upstream', 100);
  expect(delivered(neighbor)).toEqual([]);
  expect(forwarded(neighbor, HOME_HOST).map(({ link }) => link)).toEqual(['home']);
});

test('HA-TUN-02 a packet whose hop limit is used up is told of and not tunnelled', () => {
  const bench = networkBench();
  bench.register();
  const destination = bench.mobile().home;
  expect(delivered(bench.deliver(payloadPacket({ destination, hopLimit: 2 })))).toHaveLength(1);
  const seen = bench.deliver(payloadPacket({ destination, hopLimit: 1 }));
  expect(delivered(seen)).toEqual([]);
  const [error] = icmpv6Sent(seen, 'time-exceeded');
  expect(error?.packet.destination).toBe(formatAddress(CORRESPONDENT));
});

test('HA-TUN-03 after a move the next packet goes to the new care-of address and nothing to the old one', () => {
  const bench = networkBench();
  bench.register();
  const packet = payloadPacket({ destination: bench.mobile().home });
  const to = (): (string | undefined)[] =>
    delivered(bench.deliver(packet)).map(({ outer }) => outer.destination);
  expect(to()).toEqual([formatAddress(CARE_OF)]);
  bench.register({ sequence: 2, careOf: NEW_CARE_OF });
  expect(to()).toEqual([formatAddress(NEW_CARE_OF)]);
});

test('HA-TUN-04 packets for the link-local address of a mobile node (L) are refused with code 3, never tunnelled', () => {
  const bench = networkBench();
  bench.register({ flags: A_H | FLAG.L });
  bench.register({}, 2);
  const neighbor = ip('fe80::aaaa');
  const stray = (number: number): Uint8Array =>
    payloadPacket({ source: neighbor, destination: linkLocalOfHome(bench.mobile(number).home) });
  const seen = bench.deliver(stray(1), 'home');
  expect(delivered(seen)).toEqual([]);
  const [error] = icmpv6Sent(seen, 'destination-unreachable');
  expect(error?.message.code).toBe(3);
  expect(error?.packet.destination).toBe('fe80::aaaa');
  expect(error?.link).toBe('home');
  // Without L the address is nobody's that this home agent knows.
  expect(icmpv6Sent(bench.deliver(stray(2), 'home'), 'destination-unreachable')).toEqual([]);
  // Nobody is told at a multicast source; such packets are malformed.
  const group = payloadPacket({
    source: ip('ff02::1:3'),
    destination: linkLocalOfHome(bench.mobile(1).home),
  });
  expect(icmpv6Sent(bench.deliver(group, 'home'), 'destination-unreachable')).toEqual([]);
});

test('HA-TUN-05 what the home agent originates goes to the care-of address with a type 2 routing header', () => {
  const bench = networkBench();
  bench.register();
  const { home } = bench.mobile();
  const ping = icmpv6Packet(echoRequest(), home, AGENT);
  const seen = bench.deliver(encapsulated(ping, CARE_OF, AGENT));
  expect(delivered(seen)).toEqual([]);
  const [reply] = icmpv6Sent(seen, 'echo-reply');
  expect(reply?.packet.destination).toBe(formatAddress(CARE_OF));
  expect(reply?.packet.type2RoutingHeader).toBe(formatAddress(home));
  expect(reply?.packet.headers).toEqual([NEXT_HEADER.routing]);
});

test('HA-TUN-06 neighbor discovery of the home agent has no routing header', () => {
  const bench = networkBench();
  bench.register();
  const { home } = bench.mobile();
  // Asked from the bound home address itself: the answer stays on the link, as every answer of neighbor discovery.
  const message = {
    kind: 'neighbor-solicitation',
    code: 0,
    targetAddress: AGENT,
    options: [{ kind: 'source-link-layer-address', address: Uint8Array.of(2, 0, 0, 0, 9, 9) }],
  } as const;
  const asked = neighborDiscovery(message, home, solicitedNodeGroup(AGENT));
  const [answer] = icmpv6Sent(bench.deliver(asked, 'home'), 'neighbor-advertisement');
  expect(answer?.packet).toMatchObject({ destination: formatAddress(home), headers: [] });
  // A packet of its own to the same address has one.
  expect(bench.ping()).toBe('routed');
  const all = bench.run(5000).filter(({ packet }) => packet.icmpv6?.kind.startsWith('neighbor'));
  for (const { packet } of all) expect(packet.headers).toEqual([]);
});

test('HA-TUN-07 IPS-RR-02 a Home Test for the mobile node leaves in ESP only where the policy says so, and plain without', () => {
  const homeTest = {
    kind: 'home-test',
    homeNonceIndex: 3,
    homeInitCookie: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    homeKeygenToken: Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1),
  } as const;
  const open = networkBench();
  open.register();
  const packet = mobilityPacket(homeTest, CORRESPONDENT, open.mobile().home);
  expect(delivered(open.deliver(packet)).map(({ protocol }) => protocol)).toEqual([41]);
  const bench = networkBench({}, { protection: { homeTests: 'esp' } });
  bench.register();
  const seen = bench.deliver(packet);
  expect(delivered(seen)).toEqual([]);
  const [sent] = delivered(seen, bench.mobile());
  expect(sent?.protocol).toBe(NEXT_HEADER.esp);
  expect(sent?.outer.source).toBe(formatAddress(AGENT));
  expect(sent?.outer.destination).toBe(formatAddress(CARE_OF));
  expect(sent?.outer.headers).toEqual([]);
  expect(sent?.inner.source).toBe(formatAddress(CORRESPONDENT));
  expect(sent?.inner.mobility?.message).toMatchObject(homeTest);
  // Payload is not protected by that policy.
  const payload = payloadPacket({ destination: bench.mobile().home });
  expect(delivered(bench.deliver(payload)).map(({ protocol }) => protocol)).toEqual([41]);
});

test('HA-TUN-08 a packet too large for the tunnel draws Packet Too Big; one of 1280 octets is fragmented by the tunnel', () => {
  const bench = networkBench();
  bench.register();
  const destination = bench.mobile().home;
  const ofOctets = (octets: number): Uint8Array =>
    payloadPacket({ destination, data: new Uint8Array(octets - 48) });
  expect(delivered(bench.deliver(ofOctets(1460)))).toHaveLength(1);
  const seen = bench.deliver(ofOctets(1461));
  expect(delivered(seen)).toEqual([]);
  const [error] = icmpv6Sent(seen, 'packet-too-big');
  expect(error?.message.mtu).toBe(1460);
  expect(error?.packet.destination).toBe(formatAddress(CORRESPONDENT));
  // The tunnel's own path shrinks to the smallest: RFC 2473 section 7.1 (b).
  const outer = encapsulated(ofOctets(1400), AGENT, CARE_OF);
  const tooBig = { kind: 'packet-too-big', code: 0, mtu: 1280, invokingPacket: outer } as const;
  bench.deliver(icmpv6Packet(tooBig, ip('2001:db8:b::1'), AGENT));
  const pieces = bench
    .deliver(ofOctets(1280))
    .filter(({ packet }) => packet.headers.includes(NEXT_HEADER.fragment));
  expect(pieces.map(({ packet }) => packet.bytes.length <= 1280)).toEqual([true, true]);
  const [late] = icmpv6Sent(bench.deliver(ofOctets(1281)), 'packet-too-big');
  expect(late?.message.mtu).toBe(1280);
});

test('HA-TUN-09 errors from within the tunnel reach who sent the packet; forged ones do not', () => {
  const bench = networkBench();
  bench.register();
  const inner = payloadPacket({ destination: bench.mobile().home, data: new Uint8Array(1300) });
  const small = payloadPacket({ destination: bench.mobile().home });
  const router = ip('2001:db8:b::1');
  const unreachable = (quoted: Uint8Array): Uint8Array =>
    icmpv6Packet(
      { kind: 'destination-unreachable', code: 0, length: 0, invokingPacket: quoted },
      router,
      AGENT,
    );
  const [relayed] = icmpv6Sent(
    bench.deliver(unreachable(encapsulated(small, AGENT, CARE_OF))),
    'destination-unreachable',
  );
  expect(relayed?.packet.destination).toBe(formatAddress(CORRESPONDENT));
  expect(relayed?.message.code).toBe(3);
  expect(readPacket(relayed?.message.invokingPacket ?? new Uint8Array()).bytes).toEqual(small);
  const [exceeded] = icmpv6Sent(
    bench.deliver(
      icmpv6Packet(
        {
          kind: 'time-exceeded',
          code: 0,
          length: 0,
          invokingPacket: encapsulated(small, AGENT, CARE_OF),
        },
        router,
        AGENT,
      ),
    ),
    'destination-unreachable',
  );
  expect(exceeded?.message.code).toBe(3);
  const tooBig = {
    kind: 'packet-too-big',
    code: 0,
    mtu: 1330,
    invokingPacket: encapsulated(inner, AGENT, CARE_OF).slice(0, 1232),
  } as const;
  const [smaller] = icmpv6Sent(
    bench.deliver(icmpv6Packet(tooBig, router, AGENT)),
    'packet-too-big',
  );
  expect(smaller?.message.mtu).toBe(1290);
  expect(smaller?.packet.destination).toBe(formatAddress(CORRESPONDENT));
  // Not what this home agent has sent: another care-of address, another home address.
  const forged = [
    encapsulated(small, AGENT, NEW_CARE_OF),
    encapsulated(payloadPacket({ destination: bench.mobile(2).home }), AGENT, CARE_OF),
  ];
  for (const quoted of forged) {
    const seen = bench.deliver(unreachable(quoted));
    expect(icmpv6Sent(seen, 'destination-unreachable')).toEqual([]);
  }
});

test('HA-TUN-10 IPS-RR-10 IPS-RR-11 with payload protection everything in the tunnel is ESP, and binding messages keep their own', () => {
  const bench = networkBench({}, { protection: { homeTests: 'esp', payload: 'esp' } });
  const [acknowledgement] = bench.update({ sequence: 1 });
  // The catch-all payload policy does not take binding messages: transport mode with the routing header.
  expect(acknowledgement).toMatchObject({ status: 0, isTunnelled: false, protection: 50 });
  const mobile = bench.mobile();
  const seen = bench.deliver(payloadPacket({ destination: mobile.home }));
  expect(delivered(seen)).toEqual([]);
  const [sent] = delivered(seen, mobile);
  expect(sent?.protocol).toBe(NEXT_HEADER.esp);
  expect(sent?.inner.source).toBe(formatAddress(CORRESPONDENT));
  // Home Test by its own association, payload by another.
  const spi = (each: typeof sent): string => String(each?.outer.payload.slice(0, 4));
  const homeTest = mobilityPacket(
    {
      kind: 'home-test',
      homeNonceIndex: 1,
      homeInitCookie: new Uint8Array(8),
      homeKeygenToken: new Uint8Array(8),
    },
    CORRESPONDENT,
    mobile.home,
  );
  const [tested] = delivered(bench.deliver(homeTest), mobile);
  expect(tested?.inner.mobility?.message.kind).toBe('home-test');
  expect(spi(tested)).not.toBe(spi(sent));
});

test('HA-TUN-10 nothing leaves through the tunnel of a mobile node with protected payload when its association is missing', () => {
  const bench = networkBench({}, { policies: { 1: { isPayloadProtected: true } } });
  bench.register();
  bench.register({}, 2);
  expect(delivered(bench.deliver(payloadPacket({ destination: bench.mobile(1).home })))).toEqual(
    [],
  );
  const other = bench.deliver(payloadPacket({ destination: bench.mobile(2).home }));
  expect(delivered(other)).toHaveLength(1);
});

test('HA-TUN-11 between two mobile nodes of this home agent packets leave one tunnel for the other', () => {
  const bench = networkBench();
  bench.register();
  bench.register({ careOf: NEW_CARE_OF }, 2);
  const [one, two] = bench.mobiles;
  const inner = payloadPacket({
    source: one?.home ?? AGENT,
    destination: two?.home ?? AGENT,
  });
  const [sent] = delivered(bench.deliver(encapsulated(inner, CARE_OF, AGENT)));
  expect(sent?.outer.destination).toBe(formatAddress(NEW_CARE_OF));
  expect(withoutHopLimit(sent?.inner.bytes ?? new Uint8Array())).toEqual(withoutHopLimit(inner));
});

test('HA-TUN-12 when the binding has expired packets are no longer tunnelled, and the home link is asked', () => {
  const bench = networkBench();
  bench.register({ lifetime: 40 });
  const packet = payloadPacket({ destination: bench.mobile().home });
  expect(delivered(bench.deliver(packet))).toHaveLength(1);
  bench.run(40_000);
  bench.homePeer.answerFor(bench.mobile().home);
  const seen = bench.deliver(packet, 'upstream', 100);
  expect(delivered(seen)).toEqual([]);
  expect(forwarded(seen, bench.mobile().home).map(({ link }) => link)).toEqual(['home']);
});

test('HA-TUN-12 on a virtual home link a packet for a home address without binding is refused, not sent round', () => {
  const bench = networkBench({}, { isVirtual: true });
  bench.register();
  expect(
    delivered(bench.deliver(payloadPacket({ destination: bench.mobile().home }))),
  ).toHaveLength(1);
  const seen = bench.deliver(payloadPacket({ destination: bench.mobile(2).home }));
  expect(forwarded(seen, bench.mobile(2).home)).toEqual([]);
  expect(icmpv6Sent(seen, 'destination-unreachable').map(({ message }) => message.code)).toEqual([
    3,
  ]);
});

test('HA-ND-09 HA-ND-10 only registered home addresses are intercepted, and their multicast solicitations reach the home agent', () => {
  const bench = networkBench();
  bench.register();
  expect(bench.solicit(bench.mobile(2).home)).toEqual([]);
  expect(bench.solicit(bench.mobile(1).home)).toHaveLength(1);
  const packet = payloadPacket({ source: HOME_HOST, destination: bench.mobile(2).home });
  expect(delivered(bench.deliver(packet, 'home'))).toEqual([]);
});
