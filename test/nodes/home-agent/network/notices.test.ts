/**
 * What a home agent tells mobile nodes of their bindings: switch (RFC 5142), revocation (RFC 5846), refresh request
 * (RFC 6275 section 9.5.5).
 */
import { expect, test } from 'vitest';
import { formatAddress } from '../../../../dissectors/core/address.ts';
import { DiagnosticList } from '../../../../dissectors/core/diagnostic.ts';
import {
  decodeMobilityHeader,
  encodeMobilityHeader,
} from '../../../../dissectors/mobility/header.ts';
import type { MobilityHeader, MobilityMessage } from '../../../../dissectors/mobility/header.ts';
import { NEXT_HEADER } from '../../../../dissectors/ipv6/header.ts';
import { walkHeaders } from '../../../../nodes/ip/header-walk.ts';
import { encodePacket, inboundPacket } from '../../../../nodes/ip/wire.ts';
import { ip } from '../../wire-peer.ts';
import type { WirePacket } from '../../wire-peer.ts';
import { AGENT, CARE_OF, HOMES, HomeAgentBench } from '../bench.ts';
import { fromHome } from '../mobile-side.ts';
import type { MobileSide, Seen } from '../mobile-side.ts';
import { delivered, networkBench, payloadPacket } from './traffic.ts';

interface Told {
  readonly header: MobilityHeader;
  readonly message: MobilityMessage;
  readonly wire: WirePacket;
  readonly at: number;
}

/** Mobility messages of a kind to a mobile node, opened with its associations. */
function told(mobile: MobileSide, seen: readonly Seen[], kind: MobilityMessage['kind']): Told[] {
  return seen.flatMap(({ packet: wire, at }) => {
    if (wire.type2RoutingHeader !== mobile.name) return [];
    const packet = inboundPacket(wire.bytes, undefined, undefined, []);
    const walked = walkHeaders(packet, {
      knowsHomeAddressOption: true,
      hasBinding: () => true,
      isHomeAddress: () => true,
      open: (inbound, protocol, offset) => mobile.ipsec.open(inbound, protocol, offset),
    });
    if (walked.kind !== 'upper-layer' || packet.protocol !== NEXT_HEADER.mobility) return [];
    const { payload } = packet;
    const header = decodeMobilityHeader(payload, 0, payload.length, new DiagnosticList());
    return header?.message.kind === kind ? [{ header, message: header.message, wire, at }] : [];
  });
}

/** A mobility message of a mobile node to the home agent, protected as its policies say. */
function fromMobile(mobile: MobileSide, message: MobilityMessage, isPlain = false): Uint8Array {
  const payload = encodeMobilityHeader(message, [], { source: mobile.home, destination: AGENT });
  const wire = {
    source: CARE_OF,
    destination: AGENT,
    homeAddressOption: mobile.home,
    type2RoutingHeader: undefined,
  };
  if (isPlain) return encodePacket(wire, NEXT_HEADER.mobility, payload, 64);
  const decision = mobile.ipsec.outbound({
    source: mobile.home,
    destination: AGENT,
    protocol: NEXT_HEADER.mobility,
    type: 16,
    isTunnelled: false,
  });
  if (decision.kind !== 'transport') throw new Error(`expected transport mode: ${decision.kind}`);
  const sealed = decision.protect(NEXT_HEADER.mobility, payload, wire);
  return encodePacket(wire, sealed.protocol, sealed.payload, 64);
}

function acknowledgement(sequence: number, status = 0): MobilityMessage {
  return { kind: 'binding-revocation', type: 2, status, sequence, acknowledgementFlags: 0 };
}

function sequenceOf({ message }: Told): number {
  return message.kind === 'binding-revocation' ? message.sequence : -1;
}

function revoked(bench: HomeAgentBench, trigger?: number): Told {
  bench.take();
  bench.agent.network.revocation.revoke(bench.mobile().home, trigger);
  bench.scheduler.advance(20);
  const [first, ...others] = told(bench.mobile(), bench.take(), 'binding-revocation');
  if (first === undefined || others.length > 0) throw new Error('expected one indication');
  return first;
}

test('RFC 5846 section 7 an indication goes to the care-of address with routing header, protected as acknowledgements are', () => {
  const bench = networkBench();
  bench.register();
  const { message, wire } = revoked(bench);
  expect(message).toMatchObject({ type: 1, trigger: 1, indicationFlags: 0 });
  expect(wire).toMatchObject({
    source: formatAddress(AGENT),
    destination: formatAddress(CARE_OF),
    headers: [NEXT_HEADER.routing],
    protocol: NEXT_HEADER.esp,
  });
  // Until it is acknowledged the binding stays.
  expect(bench.careOf()).toBe(formatAddress(CARE_OF));
});

test('RFC 5846 section 6.2.2 the acknowledgement ends the binding and everything that hangs on it', () => {
  const bench = networkBench();
  bench.register();
  const sequence = sequenceOf(revoked(bench));
  bench.deliver(fromMobile(bench.mobile(), acknowledgement(sequence)));
  expect(bench.careOf()).toBeUndefined();
  expect(bench.home.isDefending(bench.mobile().home)).toBe(false);
  expect(delivered(bench.deliver(payloadPacket({ destination: bench.mobile().home })))).toEqual([]);
  expect(told(bench.mobile(), bench.run(60_000), 'binding-revocation')).toEqual([]);
});

test('RFC 5846 section 6.2 acknowledgements that are not protected, not outstanding or of another mobile node change nothing', () => {
  const bench = networkBench();
  bench.register();
  bench.register({}, 2);
  const sequence = sequenceOf(revoked(bench));
  const mobile = bench.mobile();
  bench.deliver(fromMobile(mobile, acknowledgement(sequence), true));
  bench.deliver(fromMobile(mobile, acknowledgement((sequence + 1) & 0xffff)));
  bench.deliver(fromMobile(bench.mobile(2), acknowledgement(sequence)));
  bench.deliver(
    fromMobile(mobile, {
      kind: 'binding-revocation',
      type: 1,
      trigger: 1,
      sequence,
      indicationFlags: 0,
    }),
  );
  expect([bench.careOf(1), bench.careOf(2)]).toEqual([
    formatAddress(CARE_OF),
    formatAddress(CARE_OF),
  ]);
  bench.deliver(fromMobile(mobile, acknowledgement(sequence)));
  expect([bench.careOf(1), bench.careOf(2)]).toEqual([undefined, formatAddress(CARE_OF)]);
});

test('RFC 5846 section 6.3 without an acknowledgement it is sent once more after a second, and the binding ends two later', () => {
  const bench = networkBench();
  bench.register();
  const first = revoked(bench);
  const again = told(bench.mobile(), bench.run(2500), 'binding-revocation');
  expect(again.map(({ at }) => at - first.at)).toEqual([1000]);
  expect(again.map(sequenceOf)).toEqual([sequenceOf(first)]);
  expect(bench.careOf()).toBeDefined();
  bench.run(1000);
  expect(bench.careOf()).toBeUndefined();
});

test('RFC 5846 section 11 retries and the first delay are configured, with a floor of half a second', () => {
  const bench = networkBench({ revocation: { maximumRetries: 3, initialDelay: 0.1 } });
  bench.register();
  const first = revoked(bench);
  const again = told(bench.mobile(), bench.run(30_000), 'binding-revocation');
  expect(again.map(({ at }) => at - first.at)).toEqual([500, 1500, 3500]);
  expect(bench.careOf()).toBeUndefined();
});

test('RFC 5846 section 7 a mobile node that registers meanwhile keeps its binding; triggers of many are refused', () => {
  const bench = networkBench();
  bench.register();
  revoked(bench, 5);
  bench.answer({ sequence: 2 });
  bench.run(30_000);
  expect(bench.careOf()).toBe(formatAddress(CARE_OF));
  expect(() => bench.agent.network.revocation.revoke(bench.mobile().home, 128)).toThrow(/trigger/);
  expect(bench.agent.network.revocation.revoke(bench.mobile(2).home)).toBe(false);
});

test('RFC 5142 section 5.1 a switch message names other home agents in their order and how long service goes on', () => {
  const bench = networkBench();
  bench.register({ lifetime: 4000 });
  bench.take();
  const homeAgents = ['2001:db8:a::b', '2001:db8:a::c'].map(ip);
  expect(
    bench.agent.network.homeAgentSwitch.ask(bench.mobile().home, { homeAgents, serviceTime: 60 }),
  ).toBe(true);
  bench.scheduler.advance(20);
  const [sent, ...others] = told(bench.mobile(), bench.take(), 'home-agent-switch');
  expect(others).toEqual([]);
  expect(sent?.message).toMatchObject({
    numberOfAddresses: 2,
    homeAgents: homeAgents.map((address) => ({ address })),
  });
  expect(sent?.header.options).toContainEqual({
    kind: 'binding-refresh-advice',
    refreshInterval: 15,
  });
  expect(sent?.wire).toMatchObject({
    destination: formatAddress(CARE_OF),
    protocol: NEXT_HEADER.esp,
  });
  expect(bench.agent.network.homeAgentSwitch.ask(bench.mobile(2).home)).toBe(false);
});

test('RFC 5142 section 5.2 it comes again after 5, 10 and 20 s and then no more, and not at all once the binding is deleted', () => {
  const bench = networkBench();
  bench.register({ lifetime: 4000 });
  bench.take();
  bench.agent.network.homeAgentSwitch.ask(bench.mobile().home);
  bench.scheduler.advance(300_000);
  const times = told(bench.mobile(), bench.take(), 'home-agent-switch').map(({ at }) => at);
  expect(times.map((at) => (at - (times[0] ?? 0)) / 1000)).toEqual([0, 5, 15, 35]);
  const other = networkBench();
  other.register({ lifetime: 4000 });
  other.agent.network.homeAgentSwitch.ask(other.mobile().home);
  other.run(1000);
  expect(other.answer(fromHome(other.mobile().home, 2)).status).toBe(0);
  expect(told(other.mobile(), other.run(60_000), 'home-agent-switch')).toEqual([]);
  expect(other.agent.network.homeAgentSwitch.size).toBe(0);
});

test('RFC 5142 section 5.3 who was asked to go cannot extend its binding: 129', () => {
  const bench = networkBench();
  bench.register({ lifetime: 4000 });
  bench.register({}, 2);
  bench.agent.network.homeAgentSwitch.ask(bench.mobile().home);
  expect(bench.answer({ sequence: 2, lifetime: 4000 }).status).toBe(129);
  expect(bench.answer({ sequence: 2, lifetime: 4000 }, 2).status).toBe(0);
  expect(bench.careOf()).toBe(formatAddress(CARE_OF));
});

test('RFC 5142 section 7 mobile nodes are told one a second', () => {
  const homeAddresses = [...HOMES, '2001:db8:a::300', '2001:db8:a::400'];
  const bench = networkBench({}, { homeAddresses });
  for (const number of [1, 2, 4, 5]) bench.register({ lifetime: 4000 }, number);
  bench.take();
  bench.agent.network.homeAgentSwitch.askAll();
  bench.scheduler.advance(4500);
  const seen = bench.take();
  const times = [1, 2, 4, 5].map(
    (number) => told(bench.mobile(number), seen, 'home-agent-switch')[0]?.at ?? 0,
  );
  expect(times.map((at) => (at - (times[0] ?? 0)) / 1000)).toEqual([0, 1, 2, 3]);
});

test('RFC 6275 section 9.5.5 a binding refresh request comes before the end, when that is switched on', () => {
  const off = networkBench();
  off.register({ lifetime: 100 });
  expect(told(off.mobile(), off.run(100_000), 'binding-refresh-request')).toEqual([]);
  const bench = networkBench({ refreshRequestLead: 20 });
  const start = bench.scheduler.now;
  bench.register({ lifetime: 100 });
  const sent = told(bench.mobile(), bench.run(100_000), 'binding-refresh-request');
  const times = sent.map(({ at }) => Math.round((at - start) / 1000));
  expect(times).toHaveLength(2);
  expect(times[0]).toBeGreaterThanOrEqual(80);
  expect(times[1]).toBeLessThan(102);
  expect(sent[0]?.wire).toMatchObject({
    source: formatAddress(AGENT),
    destination: formatAddress(CARE_OF),
    type2RoutingHeader: bench.mobile().name,
  });
});

test('RFC 6275 section 9.5.5 a refresh in time draws no request, and short lifetimes none before their half', () => {
  const bench = networkBench({ refreshRequestLead: 20 });
  bench.register({ lifetime: 100 });
  bench.run(70_000);
  bench.answer({ sequence: 2, lifetime: 100 });
  expect(told(bench.mobile(), bench.run(60_000), 'binding-refresh-request')).toEqual([]);
  bench.answer(fromHome(bench.mobile().home, 3));
  expect(told(bench.mobile(), bench.run(60_000), 'binding-refresh-request')).toEqual([]);
  bench.register({ sequence: 4, lifetime: 20 });
  expect(told(bench.mobile(), bench.run(5000), 'binding-refresh-request')).toEqual([]);
  expect(told(bench.mobile(), bench.run(15_000), 'binding-refresh-request').length).toBeGreaterThan(
    0,
  );
});
