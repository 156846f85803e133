/**
 * What mobile nodes send through the tunnel, and who may not. RFC 6275 section 10.4.5, RFC 3776 sections 3.2, 3.4 and 4.
 */
import { expect, test } from 'vitest';
import { formatAddress } from '../../../../dissectors/core/address.ts';
import { NEXT_HEADER } from '../../../../dissectors/ipv6/header.ts';
import { linkLocalOfHome } from '../../../../nodes/home-agent/registration/address-defence.ts';
import { selectorsOf } from '../../../../nodes/ip/wire.ts';
import type { TunnelOrigin } from '../../../../nodes/ip/packet.ts';
import { ip, readPacket } from '../../wire-peer.ts';
import { AGENT, ATTACKER, CARE_OF, HomeAgentBench, NEW_CARE_OF, echoRequest } from '../bench.ts';
import { FLAG, fromHome } from '../mobile-side.ts';
import type { Seen } from '../mobile-side.ts';
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
  reverseTunnelled,
} from './traffic.ts';

const HOME_TEST_INIT = {
  kind: 'home-test-init',
  homeInitCookie: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
} as const;

/** A packet of a mobile node to the correspondent. */
function outbound(bench: HomeAgentBench, number = 1): Uint8Array {
  return payloadPacket({ source: bench.mobile(number).home, destination: CORRESPONDENT });
}

/** What reached the correspondent. */
function arrived(seen: readonly Seen[]): Seen[] {
  return forwarded(seen, CORRESPONDENT);
}

test('HA-REV-01 HA-REV-02 from the registered care-of address the inner packet goes on; from any other it does not', () => {
  const bench = networkBench();
  bench.register();
  const inner = outbound(bench);
  const [sent, ...others] = arrived(bench.deliver(encapsulated(inner, CARE_OF, AGENT)));
  expect(others).toEqual([]);
  expect(sent?.packet.source).toBe(bench.mobile().name);
  expect(sent?.packet.hopLimit).toBe(29);
  expect(sent?.packet.payload).toEqual(readPacket(inner).payload);
  expect(bench.deliver(encapsulated(inner, ATTACKER, AGENT))).toEqual([]);
  expect(bench.alarms()).toContain('reverse-tunnel-refused');
});

test('HA-REV-03 after a move the old care-of address counts no more', () => {
  const bench = networkBench();
  bench.register();
  bench.register({ sequence: 2, careOf: NEW_CARE_OF });
  const inner = outbound(bench);
  expect(arrived(bench.deliver(encapsulated(inner, NEW_CARE_OF, AGENT)))).toHaveLength(1);
  expect(bench.deliver(encapsulated(inner, CARE_OF, AGENT))).toEqual([]);
});

test('HA-REV-04 a mobile node cannot send as another one, nor as anybody else', () => {
  const bench = networkBench();
  bench.register();
  bench.register({ careOf: NEW_CARE_OF }, 2);
  expect(bench.deliver(encapsulated(outbound(bench, 2), CARE_OF, AGENT))).toEqual([]);
  const stranger = payloadPacket({ source: HOME_HOST, destination: CORRESPONDENT });
  expect(bench.deliver(encapsulated(stranger, CARE_OF, AGENT))).toEqual([]);
  expect(arrived(bench.deliver(encapsulated(outbound(bench, 1), CARE_OF, AGENT)))).toHaveLength(1);
  const own = bench.deliver(encapsulated(outbound(bench, 2), NEW_CARE_OF, AGENT));
  expect(arrived(own)).toHaveLength(1);
});

test('HA-REV-05 without a binding nothing is decapsulated, before the registration and after its end', () => {
  const bench = networkBench();
  const packet = encapsulated(outbound(bench), CARE_OF, AGENT);
  expect(bench.deliver(packet)).toEqual([]);
  bench.register({ lifetime: 40 });
  expect(arrived(bench.deliver(packet))).toHaveLength(1);
  bench.run(40_000);
  expect(bench.deliver(packet)).toEqual([]);
});

test('HA-REV-06 in a valid ESP tunnel the outer source does not matter; a broken one or another node’s does', () => {
  const bench = networkBench({}, { protection: { payload: 'esp' } });
  bench.register();
  bench.register({ careOf: NEW_CARE_OF }, 2);
  const mobile = bench.mobile();
  const inner = outbound(bench);
  const elsewhere = reverseTunnelled(mobile, inner, AGENT, ip('2001:db8:e::5'));
  expect(arrived(bench.deliver(elsewhere))).toHaveLength(1);
  const broken = reverseTunnelled(mobile, inner, AGENT);
  const last = broken.length - 1;
  broken[last] = (broken[last] ?? 0) ^ 1;
  expect(bench.deliver(broken)).toEqual([]);
  // With the association of mobile node 2 the packet of mobile node 1 is none.
  const thief = bench.mobile(2);
  reverseTunnelled(thief, outbound(bench, 2), AGENT, NEW_CARE_OF);
  const association = thief.ipsec.outbound(selectorsOf(outbound(bench, 2), thief.home));
  if (association.kind !== 'tunnel') throw new Error('expected a tunnel');
  const wire = {
    source: NEW_CARE_OF,
    destination: AGENT,
    homeAddressOption: undefined,
    type2RoutingHeader: undefined,
  };
  const sealed = association.protect(NEXT_HEADER.ipv6, inner, wire);
  const stolen = encapsulated(sealed.payload, NEW_CARE_OF, AGENT);
  stolen[6] = sealed.protocol;
  expect(bench.deliver(stolen)).toEqual([]);
  const own = reverseTunnelled(thief, outbound(bench, 2), AGENT, NEW_CARE_OF);
  expect(arrived(bench.deliver(own))).toHaveLength(1);
});

test('HA-REV-07 IPS-RR-10 where policies or the mobile node’s entry demand ESP, a plain tunnel is refused', () => {
  const bench = networkBench({}, { protection: { payload: 'esp' } });
  bench.register();
  expect(bench.deliver(encapsulated(outbound(bench), CARE_OF, AGENT))).toEqual([]);
  const sealed = reverseTunnelled(bench.mobile(), outbound(bench), AGENT);
  expect(readPacket(sealed).protocol).toBe(NEXT_HEADER.esp);
  expect(arrived(bench.deliver(sealed))).toHaveLength(1);
  // Without such a policy the entry of the mobile node alone says it.
  const strict = networkBench({}, { policies: { 1: { isPayloadProtected: true } } });
  strict.register();
  strict.register({ careOf: NEW_CARE_OF }, 2);
  expect(strict.deliver(encapsulated(outbound(strict), CARE_OF, AGENT))).toEqual([]);
  const other = encapsulated(outbound(strict, 2), NEW_CARE_OF, AGENT);
  expect(arrived(strict.deliver(other))).toHaveLength(1);
});

test('HA-REV-08 a Home Test Init in the reverse tunnel goes on to the correspondent from the home address', () => {
  const bench = networkBench();
  bench.register();
  const inner = mobilityPacket(HOME_TEST_INIT, bench.mobile().home, CORRESPONDENT);
  const [sent] = arrived(bench.deliver(encapsulated(inner, CARE_OF, AGENT)));
  expect(sent?.packet.source).toBe(bench.mobile().name);
  expect(sent?.packet.headers).toEqual([]);
  expect(sent?.packet.mobility?.message).toMatchObject(HOME_TEST_INIT);
});

test.each(['none', 'esp'] as const)(
  'HA-REV-09 a Home Test Init to the home agent itself is answered through the tunnel (home tests: %s)',
  (homeTests) => {
    const bench = networkBench({}, { protection: { homeTests } });
    bench.register();
    const mobile = bench.mobile();
    const inner = mobilityPacket(HOME_TEST_INIT, mobile.home, AGENT);
    const seen = bench.deliver(reverseTunnelled(mobile, inner, AGENT));
    const [sent] = delivered(seen, mobile);
    expect(sent?.protocol).toBe(homeTests === 'esp' ? NEXT_HEADER.esp : NEXT_HEADER.ipv6);
    expect(sent?.outer.destination).toBe(formatAddress(CARE_OF));
    expect(sent?.inner.source).toBe(formatAddress(AGENT));
    expect(sent?.inner.destination).toBe(mobile.name);
    expect(sent?.inner.mobility?.message).toMatchObject({
      kind: 'home-test',
      homeInitCookie: HOME_TEST_INIT.homeInitCookie,
    });
  },
);

test('HA-REV-10 the link-local address of a mobile node (L) is its own in the tunnel, and nobody else’s', () => {
  const bench = networkBench();
  const mobile = bench.mobile();
  bench.register({ flags: FLAG.A | FLAG.H | FLAG.L });
  bench.register({ careOf: NEW_CARE_OF }, 2);
  const accepted: string[] = [];
  const { acceptsTunnelled } = bench.host;
  bench.host.acceptsTunnelled = (inner: Uint8Array, origin: TunnelOrigin) => {
    const isAccepted = acceptsTunnelled?.(inner, origin) ?? false;
    if (isAccepted === true) accepted.push(readPacket(inner).source);
    return isAccepted;
  };
  const from = (source: Uint8Array, careOf: Uint8Array): void => {
    const inner = payloadPacket({ source, destination: bench.home.linkLocal });
    bench.deliver(encapsulated(inner, careOf, AGENT));
  };
  const linkLocal = linkLocalOfHome(mobile.home);
  from(linkLocal, NEW_CARE_OF);
  from(ip('fe80::dead'), CARE_OF);
  expect(accepted).toEqual([]);
  from(linkLocal, CARE_OF);
  expect(accepted).toEqual([formatAddress(linkLocal)]);
});

test('errors about packets of the reverse tunnel reach the mobile node at its care-of address', () => {
  const bench = networkBench();
  bench.register();
  const { home } = bench.mobile();
  const inner = payloadPacket({ source: home, destination: CORRESPONDENT, hopLimit: 1 });
  const seen = bench.deliver(encapsulated(inner, CARE_OF, AGENT));
  expect(arrived(seen)).toEqual([]);
  const [error] = icmpv6Sent(seen, 'time-exceeded');
  expect(error?.packet.destination).toBe(formatAddress(CARE_OF));
  expect(error?.packet.type2RoutingHeader).toBe(formatAddress(home));
});

test('IPS-RR-01 IPS-RR-03 a Home Test Init counts in the ESP tunnel only where the policy is on, encrypted and authenticated', () => {
  const bench = networkBench({}, { protection: { homeTests: 'esp' } });
  bench.register();
  const mobile = bench.mobile();
  const inner = mobilityPacket(HOME_TEST_INIT, mobile.home, CORRESPONDENT);
  expect(bench.deliver(encapsulated(inner, CARE_OF, AGENT))).toEqual([]);
  const sealed = reverseTunnelled(mobile, inner, AGENT);
  const outer = readPacket(sealed);
  expect(outer).toMatchObject({ protocol: NEXT_HEADER.esp, headers: [] });
  const used = bench.ipsec.describe().filter(({ purposes }) => purposes.includes('home-tests'));
  for (const { encryption, integrity } of used) {
    expect([encryption, integrity]).not.toContain('NULL');
  }
  expect(used.length).toBeGreaterThan(0);
  const [sent] = arrived(bench.deliver(sealed));
  expect(sent?.packet.mobility?.message.kind).toBe('home-test-init');
});

test('IPS-RR-04 what does not enter the tunnel is not protected by its policies: care-of tests, updates to correspondents', () => {
  const bench = networkBench({}, { protection: { homeTests: 'esp', payload: 'esp' } });
  bench.register();
  // A care-of test with the home agent as correspondent: straight from and to the care-of address.
  const init = { kind: 'care-of-test-init', careOfInitCookie: new Uint8Array(8) } as const;
  const seen = bench.deliver(mobilityPacket(init, CARE_OF, AGENT));
  const [test] = seen.filter(({ packet }) => packet.mobility?.message.kind === 'care-of-test');
  expect(test?.packet).toMatchObject({ destination: formatAddress(CARE_OF), headers: [] });
  // The home agent forwards a mobile node's binding update to somebody else as any payload, not as its own signalling.
  const update = mobilityPacket(
    { kind: 'binding-update', sequence: 1, flags: 0x8000, lifetime: 60 },
    CARE_OF,
    HOME_HOST,
  );
  bench.homePeer.answerFor(HOME_HOST);
  const passed = forwarded(bench.deliver(update, 'upstream', 100), HOME_HOST);
  expect(passed.map(({ packet }) => packet.mobility?.message.kind)).toEqual(['binding-update']);
});

test('IPS-RR-05 an accepted update moves the outer destination of the tunnel associations; SPI and keys stay', () => {
  const bench = networkBench({}, { protection: { payload: 'esp' } });
  const mobile = bench.mobile();
  bench.register();
  const packet = payloadPacket({ destination: mobile.home });
  const [before] = delivered(bench.deliver(packet), mobile);
  bench.register({ sequence: 2, careOf: NEW_CARE_OF });
  const [after] = delivered(bench.deliver(packet), mobile);
  expect(before?.outer.destination).toBe(formatAddress(CARE_OF));
  expect(after?.outer.destination).toBe(formatAddress(NEW_CARE_OF));
  expect(after?.outer.payload.slice(0, 4)).toEqual(before?.outer.payload.slice(0, 4));
});

test('IPS-RR-07 an update of the correspondent’s kind never moves a tunnel', () => {
  const bench = networkBench({}, { protection: { payload: 'esp' } });
  const mobile = bench.mobile();
  bench.register();
  bench.update({ sequence: 2, flags: FLAG.A, careOf: NEW_CARE_OF, isPlain: true });
  bench.update({ sequence: 3, flags: FLAG.A, careOf: NEW_CARE_OF });
  const [sent] = delivered(bench.deliver(payloadPacket({ destination: mobile.home })), mobile);
  expect(sent?.outer.destination).toBe(formatAddress(CARE_OF));
});

test('IPS-RR-12 de-registered, the tunnel policies rest and everything stays for the next registration', () => {
  const bench = networkBench({}, { protection: { payload: 'esp' } });
  const mobile = bench.mobile();
  bench.register();
  bench.answer(fromHome(mobile.home, 2));
  bench.homePeer.answerFor(mobile.home);
  const names = bench.ipsec.describe().map(({ name }) => name);
  // At home packets are forwarded in the clear, as on any link.
  const seen = bench.deliver(payloadPacket({ destination: mobile.home }), 'upstream', 100);
  expect(forwarded(seen, mobile.home).map(({ packet }) => packet.protocol)).toEqual([17]);
  bench.run(15_000);
  bench.register({ sequence: 3 });
  const [sent] = delivered(bench.deliver(payloadPacket({ destination: mobile.home })), mobile);
  expect(sent?.protocol).toBe(NEXT_HEADER.esp);
  expect(bench.ipsec.describe().map(({ name }) => name)).toEqual(names);
});

test('a ping of a mobile node to the home agent is answered where it is, an echo from nobody’s tunnel is not', () => {
  const bench = networkBench();
  bench.register();
  const ping = icmpv6Packet(echoRequest(), bench.mobile().home, AGENT);
  const answered = bench.deliver(encapsulated(ping, CARE_OF, AGENT));
  expect(icmpv6Sent(answered, 'echo-reply')).toHaveLength(1);
  expect(bench.deliver(encapsulated(ping, ATTACKER, AGENT))).toEqual([]);
});
