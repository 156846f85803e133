/**
 * Payload between a correspondent and a mobile node, and unreachable care-of addresses. RFC 6275 section 9.3.
 */
import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import {
  destinationOptions,
  fragmentPacket,
  homeAddressOption,
  routing,
  type2RoutingHeader,
} from '../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';
import type { MobilityMessage } from '../../../dissectors/mobility/header.ts';
import { ip, onesComplementSum } from '../wire-peer.ts';
import {
  CARE_OF,
  CORRESPONDENT,
  CorrespondentBench,
  HOME,
  NEW_CARE_OF,
  echoPacket,
  echoRequest,
  envelope,
  only,
} from './bench.ts';
import { MobilePeer, bound, kindsOf } from './mobile-peer.ts';

describe('packets to the mobile node', () => {
  test('CN-PKT-01 take the care-of address with a type 2 routing header; checksums are of the home address', () => {
    const { bench } = bound();
    const sent = bench.pingHome();
    expect(sent).toMatchObject({
      source: formatAddress(CORRESPONDENT),
      destination: formatAddress(CARE_OF),
      type2RoutingHeader: formatAddress(HOME),
      headers: [43],
      icmpv6: { kind: 'echo-request' },
    });
    // Header Len 2, type 2, segments left 1. RFC 6275 section 6.4.1.
    expect([...(sent?.bytes.subarray(41, 44) ?? [])]).toEqual([2, 2, 1]);
    const payload = sent?.payload ?? new Uint8Array();
    expect(onesComplementSum(CORRESPONDENT, HOME, 58, payload)).toBe(0xffff);
    expect(onesComplementSum(CORRESPONDENT, CARE_OF, 58, payload)).not.toBe(0xffff);
    bench.close();
  });

  test('CN-PKT-02 that are neighbor discovery or Mobility Headers have none', () => {
    const { bench } = bound();
    const where = { source: CORRESPONDENT, destination: HOME };
    const solicitation = encodeIcmpv6(
      { kind: 'neighbor-solicitation', code: 0, targetAddress: HOME, options: [] },
      where,
    );
    bench.peer.takeDiscovery();
    bench.sendFromNode({
      ...where,
      protocol: NEXT_HEADER.icmpv6,
      payload: solicitation,
      hopLimit: 255,
    });
    const discovery = bench.peer
      .takeDiscovery()
      .filter(({ icmpv6 }) => icmpv6?.kind === 'neighbor-solicitation');
    expect(
      discovery.find(({ destination }) => destination === formatAddress(HOME))?.headers,
    ).toEqual([]);
    expect(discovery.some(({ headers }) => headers.includes(43))).toBe(false);
    const messages: MobilityMessage[] = [
      { kind: 'binding-refresh-request' },
      { kind: 'binding-error', status: 2, homeAddress: HOME },
    ];
    for (const message of messages) {
      bench.peer.take();
      bench.host.mobility.send({ ...where, message });
      // Nor when a role forgets to say that bindings are not to be asked.
      const payload = bench.host.mobility.encode({ ...where, message });
      bench.host.send({ ...where, protocol: NEXT_HEADER.mobility, payload });
      bench.scheduler.advance(5);
      const sent = bench.peer.take();
      expect(sent.map(({ destination, headers }) => [destination, headers])).toEqual([
        [formatAddress(HOME), []],
        [formatAddress(HOME), []],
      ]);
    }
    expect(bench.pingHome()?.headers).toEqual([43]);
    bench.close();
  });

  test('CN-PKT-03 go to the home address while there is no binding', () => {
    const bench = new CorrespondentBench();
    expect(bench.pingHome()).toMatchObject({ destination: formatAddress(HOME), headers: [] });
    new MobilePeer(bench, { home: ip('2001:db8:a::101') }).tests().register();
    expect(bench.pingHome()).toMatchObject({ destination: formatAddress(HOME), headers: [] });
    expect(bench.pingHome(ip('2001:db8:a::101'))?.headers).toEqual([43]);
    bench.close();
  });

  test('larger than the link they are fragmented behind the routing header', () => {
    const { bench } = bound();
    const ends = { source: CORRESPONDENT, destination: HOME };
    const data = new Uint8Array(1450);
    const payload = encodeIcmpv6(
      { kind: 'echo-request', code: 0, identifier: 1, sequence: 1, data },
      ends,
    );
    const sent = bench.sendFromNode({ ...ends, protocol: NEXT_HEADER.icmpv6, payload });
    expect(sent.map(({ headers }) => headers)).toEqual([
      [43, 44],
      [43, 44],
    ]);
    expect(sent.every(({ bytes }) => bytes.length <= 1500)).toBe(true);
    bench.close();
  });
});

describe('packets from the mobile node', () => {
  test('CN-PKT-04 with routing header and Home Address option both are processed', () => {
    const { bench } = bound();
    // The correspondent is mobile itself: an address of its own that is on none of its links.
    const ownHome = ip('2001:db8:e::1');
    bench.host.addLocalAddress(ownHome);
    bench.host.isHomeAddress = (address) => formatAddress(address) === formatAddress(ownHome);
    const ends = { source: HOME, destination: ownHome };
    const headers = [
      type2RoutingHeader(ownHome),
      destinationOptions([homeAddressOption(HOME)]),
    ] as const;
    const payload = encodeIcmpv6(echoRequest(4), ends);
    const answer = bench.deliver(envelope({ source: CARE_OF, headers }, 58, payload));
    expect(answer[0]).toMatchObject({ icmpv6: { kind: 'echo-reply', sequence: 4 } });
    expect(answer[0]?.ends).toEqual({ source: ownHome, destination: HOME });
    // What this node sends has them in the same order. RFC 6275 sections 6.3 and 6.4.
    const [sent] = bench.sendFromNode({
      ...{ source: ownHome, destination: HOME },
      careOfSource: CORRESPONDENT,
      careOfDestination: CARE_OF,
      protocol: 58,
      payload: encodeIcmpv6(echoRequest(5), { source: ownHome, destination: HOME }),
    });
    expect(sent).toMatchObject({
      headers: [43, 60],
      source: formatAddress(CORRESPONDENT),
      destination: formatAddress(CARE_OF),
      homeAddressOption: formatAddress(ownHome),
      type2RoutingHeader: formatAddress(HOME),
    });
    bench.close();
  });

  test('CN-PKT-05 with a type 2 routing header they draw nothing from a node that is no mobile node', () => {
    const { bench } = bound();
    for (const address of [CORRESPONDENT, HOME, ip('2001:db8:e::1')]) {
      const payload = encodeIcmpv6(echoRequest(1), { source: HOME, destination: address });
      const headers = [type2RoutingHeader(address)];
      expect(bench.deliver(envelope({ source: HOME, headers }, 58, payload))).toEqual([]);
    }
    expect(kindsOf(bench.deliver(echoPacket({ source: HOME })))).toEqual(['echo-reply']);
    bench.close();
  });

  test('CN-PKT-06 in fragments behind the Home Address option they are accepted', () => {
    const { bench } = bound();
    const ends = { source: HOME, destination: CORRESPONDENT };
    const message = { kind: 'echo-request', code: 0, identifier: 1, sequence: 9 } as const;
    const payload = encodeIcmpv6({ ...message, data: new Uint8Array(2000) }, ends);
    const packet = envelope({ source: CARE_OF, home: HOME }, 58, payload);
    const pieces = fragmentPacket(packet, 1280, 0x1234);
    expect(pieces).toHaveLength(2);
    for (const piece of pieces) bench.peer.send(piece);
    bench.scheduler.advance(5);
    const answer = bench.peer.take();
    expect(answer.length).toBeGreaterThan(0);
    expect(answer[0]).toMatchObject({
      destination: formatAddress(CARE_OF),
      type2RoutingHeader: formatAddress(HOME),
    });
    bench.close();
  });

  test('CN-PKT-09 COM-HAO-11 with a Home Address option they never change the binding cache', () => {
    const { bench } = bound();
    const before = { ...bench.host.bindings.find(HOME) };
    for (const source of [CARE_OF, NEW_CARE_OF, ip('2001:db8:66::6')]) {
      bench.deliver(echoPacket({ source, home: HOME }));
      bench.deliver(echoPacket({ source, home: ip('2001:db8:a::999') }));
      bench.deliver(envelope({ source, home: HOME }, 50, new Uint8Array(32)));
    }
    // Only that it was used: the echo reply to the care-of address.
    expect({ ...bench.host.bindings.find(HOME), usedAt: 0 }).toEqual({ ...before, usedAt: 0 });
    expect(bench.host.bindings.correspondents).toBe(1);
    expect(bench.pingHome()?.destination).toBe(formatAddress(CARE_OF));
    bench.close();
  });

  test('CN-PKT-10 with a type 0 routing header they draw Parameter Problem 0 when segments are left', () => {
    const { bench } = bound();
    const data = new Uint8Array(20);
    data.set(HOME, 4);
    const source = ip('2001:db8:66::6');
    const payload = encodeIcmpv6(echoRequest(1), { source, destination: CORRESPONDENT });
    const packet = (segmentsLeft: number): Uint8Array =>
      envelope({ source, headers: [routing(0, segmentsLeft, data)] }, 58, payload);
    const [problem, ...more] = bench.deliver(packet(1));
    expect(more).toEqual([]);
    expect(problem).toMatchObject({
      destination: formatAddress(source),
      icmpv6: { kind: 'parameter-problem', code: 0, pointer: 42 },
    });
    // Nothing left: passed over. RFC 5095 section 3.
    expect(kindsOf(bench.deliver(packet(0)))).toEqual(['echo-reply']);
    bench.close();
  });
});

describe('unreachable care-of addresses', () => {
  const router = ip('2001:db8:b::1');

  /** Destination Unreachable about a packet of the node. */
  function unreachable(quoted: Uint8Array, code: number): Uint8Array {
    const ends = { source: router, destination: CORRESPONDENT };
    const message = {
      kind: 'destination-unreachable',
      code,
      length: 0,
      invokingPacket: quoted,
    } as const;
    return envelope(ends, 58, encodeIcmpv6(message, ends));
  }

  test('CN-PKT-08 persistent Destination Unreachable ends a binding; one error, or a burst of them, does not', () => {
    const { bench } = bound();
    const quoted = (): Uint8Array => bench.pingHome()?.bytes ?? new Uint8Array();
    for (let i = 0; i < 10; i++) bench.deliver(unreachable(quoted(), 3));
    expect(bench.bindingOf()).toBe(formatAddress(CARE_OF));
    bench.scheduler.advance(6000);
    expect(bench.node.state.unreachable).toBe(1);
    bench.deliver(unreachable(quoted(), 3));
    expect(bench.bindingOf()).toBeUndefined();
    expect(bench.node.state.unreachable).toBe(0);
    expect(bench.pingHome()?.headers).toEqual([]);
    bench.close();
  });

  test('errors that lie far apart, errors of ports, and errors about other packets do not count', () => {
    const { bench, mobile } = bound();
    const sent = bench.pingHome()?.bytes ?? new Uint8Array();
    for (let i = 0; i < 4; i++) {
      bench.deliver(unreachable(sent, 3));
      bench.scheduler.advance(61_000);
    }
    expect(bench.bindingOf()).toBe(formatAddress(CARE_OF));
    mobile.tests().register();
    const plain = sent.slice();
    plain.set(NEW_CARE_OF, 24);
    const foreign = sent.slice();
    foreign.set(router, 8);
    for (let i = 0; i < 8; i++) {
      bench.deliver(unreachable(sent, 4));
      bench.deliver(unreachable(plain, 3));
      bench.deliver(unreachable(foreign, 3));
      bench.deliver(unreachable(sent.slice(0, 50), 3));
      bench.scheduler.advance(2000);
    }
    expect(bench.bindingOf()).toBe(formatAddress(CARE_OF));
    bench.close();
  });

  test('two errors are too few, however far apart', () => {
    const { bench } = bound();
    const sent = bench.pingHome()?.bytes ?? new Uint8Array();
    bench.deliver(unreachable(sent, 3));
    bench.scheduler.advance(20_000);
    bench.deliver(unreachable(sent, 3));
    expect(bench.bindingOf()).toBe(formatAddress(CARE_OF));
    bench.deliver(unreachable(sent, 3));
    expect(bench.bindingOf()).toBeUndefined();
    bench.close();
  });

  test('a new registration begins to count anew', () => {
    const { bench, mobile } = bound();
    const sent = bench.pingHome()?.bytes ?? new Uint8Array();
    for (let i = 0; i < 3; i++) bench.deliver(unreachable(sent, 0));
    bench.scheduler.advance(6000);
    mobile.register();
    bench.deliver(unreachable(sent, 0));
    expect(bench.bindingOf()).toBe(formatAddress(CARE_OF));
    bench.close();
  });
});

test('a Home Address option without binding draws Binding Error 1 and no payload is answered', () => {
  const bench = new CorrespondentBench();
  const answer = bench.deliver(echoPacket({ source: CARE_OF, home: HOME }));
  expect(only(answer, 'binding-error')).toMatchObject({ status: 1 });
  bench.close();
});
