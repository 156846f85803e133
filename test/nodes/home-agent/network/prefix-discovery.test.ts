/**
 * Mobile prefix discovery. RFC 6275 sections 6.7, 6.8 and 10.6, RFC 3776 section 3.3.
 */
import { expect, test } from 'vitest';
import { formatAddress } from '../../../../dissectors/core/address.ts';
import { DiagnosticList } from '../../../../dissectors/core/diagnostic.ts';
import { decodeIcmpv6, encodeIcmpv6 } from '../../../../dissectors/icmpv6/index.ts';
import type { Icmpv6MessageOf } from '../../../../dissectors/icmpv6/index.ts';
import {
  destinationOptions,
  homeAddressOption,
  ipv6Packet,
} from '../../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../../../dissectors/ipv6/header.ts';
import { encodePacket, inboundPacket } from '../../../../nodes/ip/wire.ts';
import { walkHeaders } from '../../../../nodes/ip/header-walk.ts';
import { ip } from '../../wire-peer.ts';
import type { WirePacket } from '../../wire-peer.ts';
import { AGENT, CARE_OF, HomeAgentBench, NEW_CARE_OF, prefixOf } from '../bench.ts';
import { fromHome } from '../mobile-side.ts';
import type { MobileSide, Seen } from '../mobile-side.ts';
import { otherAgent } from './other-agent.ts';
import { icmpv6Sent, networkBench } from './traffic.ts';

type Solicitation = Icmpv6MessageOf<'mobile-prefix-solicitation'>;
type Advertisement = Icmpv6MessageOf<'mobile-prefix-advertisement'>;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

interface Sent {
  readonly message: Advertisement;
  readonly packet: WirePacket;
  readonly at: number;
}

function solicitation(identifier = 0x4711, options: Solicitation['options'] = []): Solicitation {
  return { kind: 'mobile-prefix-solicitation', code: 0, identifier, options };
}

/** Solicitation of a mobile node with Home Address option, in the clear. */
function asked(mobile: MobileSide, message = solicitation(), careOf = CARE_OF): Uint8Array {
  return ipv6Packet({
    source: careOf,
    destination: AGENT,
    hopLimit: 64,
    headers: [destinationOptions([homeAddressOption(mobile.home)])],
    protocol: NEXT_HEADER.icmpv6,
    payload: encodeIcmpv6(message, { source: mobile.home, destination: AGENT }),
  });
}

function advertised(seen: readonly Seen[]): Sent[] {
  return icmpv6Sent(seen, 'mobile-prefix-advertisement');
}

/** The home prefix is configured anew. */
function reconfigure(
  bench: HomeAgentBench,
  fields: { valid?: number; preferred?: number; isAutonomous?: boolean } = {},
): void {
  bench.agent.prefixes.set({
    prefix: prefixOf('2001:db8:a::/64'),
    interface: bench.home,
    agentAddress: AGENT,
    ...(fields.valid === undefined ? {} : { validLifetime: fields.valid }),
    ...(fields.preferred === undefined ? {} : { preferredLifetime: fields.preferred }),
    ...(fields.isAutonomous === undefined ? {} : { isAutonomous: fields.isAutonomous }),
  });
}

/** A mobile node with a binding of more than two days. */
function registered(network = {}, options = {}): HomeAgentBench {
  const bench = networkBench(network, options);
  bench.register({ lifetime: 200_000 });
  return bench;
}

test('HA-MPD-01 HA-MPD-02 a solicitation is answered at once, with routing header and identifier, from the registered address', () => {
  const bench = registered();
  const [sent, ...others] = advertised(bench.deliver(asked(bench.mobile())));
  expect(others).toEqual([]);
  expect(sent?.message.identifier).toBe(0x4711);
  expect(sent?.packet).toMatchObject({
    source: formatAddress(AGENT),
    destination: formatAddress(CARE_OF),
    type2RoutingHeader: bench.mobile().name,
    headers: [NEXT_HEADER.routing],
  });
});

test('HA-MPD-03 every prefix of the home subnet is in it, in full form, as in router advertisements', () => {
  const bench = registered({}, { prefix: { validLifetime: 9000, preferredLifetime: 5000 } });
  bench.agent.prefixes.set({
    prefix: prefixOf('2001:db8:a:1::/64'),
    interface: bench.home,
    agentAddress: ip('2001:db8:a:1::1'),
    isAutonomous: false,
  });
  bench.deliver(
    otherAgent({
      prefixes: [
        { address: '2001:db8:a::b' },
        { address: '2001:db8:a:2::b', valid: 600, preferred: 300 },
      ],
    }),
    'home',
  );
  const [sent] = advertised(bench.deliver(asked(bench.mobile())));
  const prefixes = sent?.message.options.map((each) =>
    each.kind === 'prefix-information'
      ? { address: formatAddress(each.prefix), flags: each.flags, length: each.prefixLength }
      : each.kind,
  );
  expect(prefixes).toEqual([
    { address: '2001:db8:a::1', flags: 0xe0, length: 64 },
    { address: '2001:db8:a:1::1', flags: 0xa0, length: 64 },
    { address: '2001:db8:a:2::b', flags: 0xe0, length: 64 },
  ]);
  const [first, , third] = sent?.message.options ?? [];
  expect(first).toMatchObject({ kind: 'prefix-information' });
  if (first?.kind !== 'prefix-information' || third?.kind !== 'prefix-information')
    throw new Error('prefixes');
  expect(first.validLifetime - first.preferredLifetime).toBe(4000);
  expect(third.validLifetime).toBe(600);
});

test('HA-MPD-04 never more than one advertisement a second, whatever is asked; the last question is answered', () => {
  const bench = registered();
  bench.take();
  for (let at = 0; at < 30; at++) {
    bench.upstreamPeer.send(asked(bench.mobile(), solicitation(at)));
    bench.scheduler.advance(100);
  }
  bench.scheduler.advance(2000);
  const sent = advertised(bench.take());
  const times = sent.map(({ at }) => at);
  for (const [index, at] of times.slice(1).entries()) {
    expect(at - (times[index] ?? 0)).toBeGreaterThanOrEqual(1000);
  }
  expect(sent.length).toBeGreaterThanOrEqual(3);
  expect(sent.at(-1)?.message.identifier).toBe(29);
});

test('HA-MPD-05 a solicitation without Home Address option draws no answer', () => {
  const bench = registered();
  const plain = (source: Uint8Array): Uint8Array =>
    ipv6Packet({
      source,
      destination: AGENT,
      hopLimit: 64,
      protocol: NEXT_HEADER.icmpv6,
      payload: encodeIcmpv6(solicitation(), { source, destination: AGENT }),
    });
  expect(advertised(bench.deliver(plain(CARE_OF)))).toEqual([]);
  expect(advertised(bench.deliver(plain(bench.mobile().home)))).toEqual([]);
  expect(advertised(bench.deliver(asked(bench.mobile())))).toHaveLength(1);
  // With a Home Address option that no binding backs it is a Binding Error.
  const stranger = bench.deliver(asked(bench.mobile(2)));
  expect(advertised(stranger)).toEqual([]);
  expect(stranger.map(({ packet }) => packet.mobility?.message.kind)).toEqual(['binding-error']);
});

test('HA-MPD-06 IPS-RR-08 IPS-RR-09 where the policy demands ESP a plain solicitation is discarded, a protected one answered in ESP', () => {
  const bench = registered({}, { protection: { prefixDiscovery: 'esp' } });
  const mobile = bench.mobile();
  expect(bench.deliver(asked(mobile))).toEqual([]);
  const payload = encodeIcmpv6(solicitation(), { source: mobile.home, destination: AGENT });
  const decision = mobile.ipsec.outbound({
    source: mobile.home,
    destination: AGENT,
    protocol: NEXT_HEADER.icmpv6,
    type: 146,
    isTunnelled: false,
  });
  if (decision.kind !== 'transport') throw new Error(`expected transport mode: ${decision.kind}`);
  const wire = {
    source: CARE_OF,
    destination: AGENT,
    homeAddressOption: mobile.home,
    type2RoutingHeader: undefined,
  };
  const sealed = decision.protect(NEXT_HEADER.icmpv6, payload, wire);
  const seen = bench.deliver(encodePacket(wire, sealed.protocol, sealed.payload, 64));
  const [sent] = seen;
  expect(sent?.packet).toMatchObject({
    source: formatAddress(AGENT),
    destination: formatAddress(CARE_OF),
    headers: [NEXT_HEADER.routing],
    type2RoutingHeader: mobile.name,
    protocol: NEXT_HEADER.esp,
  });
  const packet = inboundPacket(sent?.packet.bytes ?? new Uint8Array(), undefined, undefined, []);
  walkHeaders(packet, {
    knowsHomeAddressOption: true,
    hasBinding: () => true,
    isHomeAddress: () => true,
    open: (inbound, protocol, offset) => mobile.ipsec.open(inbound, protocol, offset),
  });
  const message = decodeIcmpv6(packet.payload, 0, packet.payload.length, new DiagnosticList());
  expect(message).toMatchObject({ kind: 'mobile-prefix-advertisement', identifier: 0x4711 });
});

test('HA-MPD-07 options of a solicitation are ignored', () => {
  const bench = registered();
  const options = [{ kind: 'unknown', type: 200, data: new Uint8Array(6) }] as const;
  const [sent] = advertised(bench.deliver(asked(bench.mobile(), solicitation(5, options))));
  expect(sent?.message.identifier).toBe(5);
});

test('HA-MPD-08 HA-MPD-09 other flags, other lifetimes and a new prefix are told of unasked; what is as before is not', () => {
  const cases: ((bench: HomeAgentBench) => void)[] = [
    (bench) => {
      reconfigure(bench, { isAutonomous: false });
    },
    (bench) => {
      reconfigure(bench, { valid: 900_000 });
    },
    (bench) => {
      bench.agent.prefixes.set({
        prefix: prefixOf('2001:db8:a:1::/64'),
        interface: bench.home,
        agentAddress: ip('2001:db8:a:1::1'),
      });
    },
    (bench) => {
      bench.deliver(
        otherAgent({ prefixes: [{ address: '2001:db8:a:2::b', valid: 1_000_000 }] }),
        'home',
      );
    },
  ];
  for (const change of cases) {
    const bench = registered();
    change(bench);
    const [sent] = advertised(bench.run(DAY + HOUR));
    expect(sent?.packet).toMatchObject({
      destination: formatAddress(CARE_OF),
      type2RoutingHeader: bench.mobile().name,
    });
  }
  const same = registered();
  reconfigure(same);
  same.deliver(otherAgent(), 'home');
  expect(advertised(same.run(20 * HOUR))).toEqual([]);
});

test('HA-MPD-10 the delay of a scheduled advertisement is 600 s and a share of what is left up to a day or the preferred lifetime', () => {
  const delays = (preferred: number | undefined, count: number): number[] =>
    Array.from({ length: count }, (_, seed) => {
      const bench = registered();
      bench.run(seed * 7);
      const start = bench.scheduler.now;
      // As many draws as the seed says: each bench takes another delay.
      bench.host.random.octets(4 * seed);
      reconfigure(
        bench,
        preferred === undefined ? { isAutonomous: false } : { valid: 90_000, preferred },
      );
      const [sent] = advertised(bench.run(DAY + HOUR));
      return ((sent?.at ?? 0) - start) / 1000;
    });
  const long = delays(undefined, 12);
  expect(Math.min(...long)).toBeGreaterThanOrEqual(600);
  expect(Math.max(...long)).toBeLessThanOrEqual(86_400);
  expect(Math.max(...long)).toBeGreaterThan(20_000);
  const short = delays(1000, 6);
  expect(Math.min(...short)).toBeGreaterThanOrEqual(600);
  expect(Math.max(...short)).toBeLessThanOrEqual(1000);
  expect(new Set(short).size).toBeGreaterThan(1);
  // abs(): a preferred lifetime below the minimum does not make it earlier.
  const tiny = delays(100, 4);
  expect(Math.min(...tiny)).toBeGreaterThanOrEqual(600);
  expect(Math.max(...tiny)).toBeLessThanOrEqual(1100);
});

test('HA-MPD-11 a change while one is scheduled replaces what it says, not its time', () => {
  const bench = registered();
  reconfigure(bench, { valid: 400_000, preferred: 2000 });
  const twin = registered();
  reconfigure(twin, { valid: 400_000, preferred: 2000 });
  const [expected] = advertised(twin.run(2 * HOUR));
  bench.run(60_000);
  bench.agent.prefixes.set({
    prefix: prefixOf('2001:db8:a:1::/64'),
    interface: bench.home,
    agentAddress: ip('2001:db8:a:1::1'),
  });
  const [sent] = advertised(bench.run(2 * HOUR));
  expect(sent?.at).toBe(expected?.at);
  expect(expected?.message.options).toHaveLength(1);
  expect(sent?.message.options).toHaveLength(2);
});

test('HA-MPD-12 without a solicitation it comes again after 3, 6 and 12 s and no more; with one it does not', () => {
  const bench = registered();
  reconfigure(bench, { isAutonomous: false });
  const times = advertised(bench.run(DAY + HOUR)).map(({ at }) => at);
  expect(times.map((at) => (at - (times[0] ?? 0)) / 1000)).toEqual([0, 3, 9, 21]);
  // A refresh without returning home begins anew: RFC 6275 section 10.6.2.
  const again = advertised(
    bench.deliver(bench.mobile().update({ sequence: 2, lifetime: 200_000 }), 'upstream', 5000),
  );
  expect(again.length).toBeGreaterThan(0);
  const answered = registered();
  reconfigure(answered, { isAutonomous: false });
  answered.scheduler.runUntil(() => advertised(answered.take()).length > 0, DAY);
  answered.run(1500);
  expect(advertised(answered.deliver(asked(answered.mobile())))).toHaveLength(1);
  expect(advertised(answered.run(HOUR))).toEqual([]);
  const quiet = answered.deliver(answered.mobile().update({ sequence: 2 }), 'upstream', 5000);
  expect(advertised(quiet)).toEqual([]);
});

test('HA-MPD-13 HA-MPD-14 with the end of the binding retransmissions stop, and what is scheduled is cancelled', () => {
  const bench = registered();
  reconfigure(bench, { isAutonomous: false });
  bench.scheduler.runUntil(() => advertised(bench.take()).length > 0, DAY);
  bench.answer(fromHome(bench.mobile().home, 2));
  expect(advertised(bench.run(HOUR))).toEqual([]);
  const expiring = networkBench();
  expiring.register({ lifetime: 500 });
  reconfigure(expiring, { isAutonomous: false });
  expect(advertised(expiring.run(DAY + HOUR))).toEqual([]);
  expect(expiring.careOf()).toBeUndefined();
});

test('a mobile node that has been told nothing for a day is told then', () => {
  const bench = registered();
  expect(advertised(bench.run(23 * HOUR))).toEqual([]);
  expect(advertised(bench.run(30 * HOUR)).length).toBeGreaterThan(0);
});

test('HA-MPD-15 HA-MC-07 M and O are set as in any advertisement of the link, and clear where DHCPv6 is out of reach', () => {
  const flagsOf = (network: object, heard?: number): number | undefined => {
    const bench = registered(network);
    if (heard !== undefined) bench.deliver(otherAgent({ flags: 0x20 | heard }), 'home');
    return advertised(bench.deliver(asked(bench.mobile())))[0]?.message.flags;
  };
  expect(flagsOf({ hasDhcpv6: true })).toBe(0);
  expect(flagsOf({ hasDhcpv6: true }, 0x80)).toBe(0x8000);
  expect(flagsOf({ hasDhcpv6: true }, 0x40)).toBe(0x4000);
  expect(flagsOf({ hasDhcpv6: true, advertisements: { isManaged: true } })).toBe(0x8000);
  expect(flagsOf({ advertisements: { isManaged: true, isOther: true } }, 0xc0)).toBe(0);
});

test('HA-MPD-16 with prefix discovery switched off nothing is answered and nothing is sent unasked', () => {
  const bench = registered({ prefixDiscovery: false });
  expect(bench.deliver(asked(bench.mobile()))).toEqual([]);
  reconfigure(bench, { isAutonomous: false });
  expect(advertised(bench.run(DAY + HOUR))).toEqual([]);
  expect(bench.ping()).toBe('routed');
});

test('HA-MPD-02 a protected solicitation without binding is answered from the address of the prefix, a second apart', () => {
  const bench = networkBench({}, { protection: { prefixDiscovery: 'esp' } });
  const mobile = bench.mobile();
  const protectedOne = (): Uint8Array => {
    const payload = encodeIcmpv6(solicitation(), { source: mobile.home, destination: AGENT });
    const decision = mobile.ipsec.outbound({
      source: mobile.home,
      destination: AGENT,
      protocol: NEXT_HEADER.icmpv6,
      type: 146,
      isTunnelled: false,
    });
    if (decision.kind !== 'transport') throw new Error(decision.kind);
    const wire = {
      source: NEW_CARE_OF,
      destination: AGENT,
      homeAddressOption: mobile.home,
      type2RoutingHeader: undefined,
    };
    const sealed = decision.protect(NEXT_HEADER.icmpv6, payload, wire);
    return encodePacket(wire, sealed.protocol, sealed.payload, 64);
  };
  const answers = (): WirePacket[] =>
    bench
      .deliver(protectedOne())
      .map(({ packet }) => packet)
      .filter(({ protocol }) => protocol === NEXT_HEADER.esp);
  const [sent] = answers();
  expect(sent).toMatchObject({
    source: formatAddress(AGENT),
    destination: formatAddress(NEW_CARE_OF),
    type2RoutingHeader: mobile.name,
  });
  expect(answers()).toEqual([]);
  bench.run(1000);
  expect(answers()).toHaveLength(1);
});
