import { describe, expect, test } from 'vitest';
import { encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import {
  hopByHop,
  ipv6Packet,
  routing,
  type2RoutingHeader,
} from '../../../dissectors/ipv6/build.ts';
import type { ExtensionHeader } from '../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';
import { ip, onesComplementSum, readPacket } from '../wire-peer.ts';
import {
  AGENT,
  ALL_NODES,
  CARE_OF_ONE,
  CARE_OF_TWO,
  CORRESPONDENT,
  HOME,
  LINK_LOCAL,
  MobileNodeBench,
  OTHER_HOME,
  echo,
  echoPacket,
  text,
} from './bench.ts';
import type { BenchOptions } from './bench.ts';

const GROUP = ip('ff0e::1234');
const STRANGER = ip('2001:db8:c::666');
const IPV6_IN_IPV6 = 41;
const CLEAR: BenchOptions = { protection: 'none' };

function registered(options: BenchOptions = {}): MobileNodeBench {
  const bench = new MobileNodeBench(options);
  bench.register();
  return bench;
}

/** An echo request to the care-of address with headers in front; the checksum is that of the home address. */
function routed(
  headers: readonly ExtensionHeader[],
  final = HOME,
  source = CORRESPONDENT,
): Uint8Array {
  const payload = encodeIcmpv6(echo('echo-request'), { source, destination: final });
  return ipv6Packet({
    source,
    destination: CARE_OF_ONE,
    headers,
    protocol: NEXT_HEADER.icmpv6,
    payload,
  });
}

/** Kinds and sources of what the node answers, out of its tunnel. */
function answers(bench: MobileNodeBench): string[] {
  return bench.packets().map((seen) => {
    const { inner } = bench.open(seen);
    const packet = inner === undefined ? seen : readPacket(inner);
    return `${packet.icmpv6?.kind ?? packet.protocol} ${packet.source}`;
  });
}

describe('packets that leave', () => {
  test('MN-PKT-01 the home address goes through the tunnel: care-of address to home agent, home address inside', () => {
    const bench = registered();
    const [sent, ...more] = bench.ping(HOME);
    expect(more).toEqual([]);
    if (sent === undefined) throw new Error('nothing');
    expect(sent).toMatchObject({
      source: text(CARE_OF_ONE),
      destination: text(AGENT),
      headers: [],
      protocol: 50,
    });
    const { inner, isProtected } = bench.open(sent);
    expect(isProtected).toBe(true);
    expect(readPacket(inner ?? new Uint8Array())).toMatchObject({
      source: text(HOME),
      destination: text(CORRESPONDENT),
      headers: [],
    });
  });

  test('MN-PKT-01 without protection the tunnel is IPv6 in IPv6', () => {
    const bench = registered(CLEAR);
    const [sent] = bench.ping(HOME);
    expect(sent).toMatchObject({
      source: text(CARE_OF_ONE),
      destination: text(AGENT),
      protocol: IPV6_IN_IPV6,
    });
  });

  test('the care-of address needs nothing special', () => {
    const bench = registered();
    expect(bench.ping(CARE_OF_ONE)).toMatchObject([
      { source: text(CARE_OF_ONE), destination: text(CORRESPONDENT), headers: [], protocol: 58 },
    ]);
  });

  test('MN-PKT-03 neither neighbors nor neighbor discovery see a Home Address option', () => {
    const bench = registered(CLEAR);
    const peer = bench.links.one.router.linkLocal;
    expect(bench.ping(HOME, peer)).toEqual([]);
    expect(bench.ping(LINK_LOCAL, peer)).toMatchObject([{ source: text(LINK_LOCAL), headers: [] }]);
    bench.take();
    bench.move('two');
    bench.scheduler.advance(60_000);
    const discovery = bench
      .seen()
      .filter(({ icmpv6 }) => icmpv6?.kind.startsWith('neighbor') === true);
    expect(discovery.length).toBeGreaterThan(3);
    expect(discovery.filter(({ homeAddressOption }) => homeAddressOption !== undefined)).toEqual(
      [],
    );
  });

  test('MN-PKT-05 with a Home Address option the source is an address of the interface that is used', () => {
    const bench = registered({
      secondInterface: 'two',
      configuration: { interfacePreferences: ['eth0'] },
    });
    bench.secondPort?.setUp(false);
    bench.scheduler.advance(3000);
    bench.node.refresh();
    bench.scheduler.advance(10);
    const withOption = bench
      .seen()
      .filter(({ homeAddressOption }) => homeAddressOption !== undefined);
    expect(withOption.length).toBeGreaterThan(1);
    for (const { source, link } of withOption) {
      const [first, second] = bench.host.interfaces;
      expect((link === 'one' ? first : second)?.owns(ip(source))).toBe(true);
    }
  });

  test('MN-PKT-14 a type 2 routing header is not reversed into the answer', () => {
    const bench = registered();
    bench.take();
    bench.deliver(routed([type2RoutingHeader(HOME)]));
    const [answer] = bench.packets();
    expect(answer).toMatchObject({
      type2RoutingHeader: undefined,
      headers: [],
      source: text(CARE_OF_ONE),
    });
    expect(answers(bench)).toEqual([`echo-reply ${text(HOME)}`]);
  });

  test('where whoever does route optimisation knows a way, it is taken, and the tunnel for all others', () => {
    const bench = registered(CLEAR);
    bench.node.context.correspondents = {
      path: ({ destination }) =>
        text(destination) === text(CORRESPONDENT)
          ? { kind: 'optimised', careOfSource: CARE_OF_ONE }
          : undefined,
      acknowledgement: () => undefined,
      bindingError: () => undefined,
      refreshRequest: () => undefined,
      error: () => undefined,
    };
    const [sent] = bench.ping(HOME);
    expect(sent).toMatchObject({
      source: text(CARE_OF_ONE),
      destination: text(CORRESPONDENT),
      homeAddressOption: text(HOME),
    });
    expect(onesComplementSum(HOME, CORRESPONDENT, 58, sent?.payload ?? new Uint8Array())).toBe(
      0xffff,
    );
    expect(bench.ping(HOME, STRANGER)[0]?.protocol).toBe(IPV6_IN_IPV6);
  });
});

describe('packets that come', () => {
  test('MN-PKT-06 a tunnel of somebody else is not believed', () => {
    const bench = registered(CLEAR);
    bench.take();
    bench.tunnel(echoPacket(CORRESPONDENT, HOME), { source: STRANGER });
    expect(bench.packets()).toEqual([]);
    bench.tunnel(echoPacket(CORRESPONDENT, HOME));
    expect(answers(bench)).toHaveLength(1);
  });

  test('MN-PKT-06 nor is one without the protection that policy wants', () => {
    const bench = registered();
    bench.take();
    bench.tunnel(echoPacket(CORRESPONDENT, HOME), { isProtected: false });
    expect(bench.packets()).toEqual([]);
  });

  test('MN-PKT-06 nor what is inside for anything but the home address, or from the node itself', () => {
    const bench = registered(CLEAR);
    bench.take();
    bench.tunnel(echoPacket(CORRESPONDENT, CARE_OF_ONE));
    bench.tunnel(echoPacket(CORRESPONDENT, LINK_LOCAL));
    bench.tunnel(echoPacket(HOME, HOME));
    expect(bench.packets()).toEqual([]);
  });

  test('MN-PKT-07 what the home agent tunnels to the home address arrives', () => {
    const bench = registered();
    bench.take();
    bench.tunnel(echoPacket(CORRESPONDENT, HOME));
    expect(answers(bench)).toEqual([`echo-reply ${text(HOME)}`]);
    expect(bench.told('tunnelled')).toHaveLength(1);
  });

  test('away, a packet straight to the home address is not taken', () => {
    const bench = registered(CLEAR);
    bench.take();
    bench.deliver(echoPacket(CORRESPONDENT, HOME));
    expect(bench.packets()).toEqual([]);
    bench.deliver(echoPacket(CORRESPONDENT, CARE_OF_ONE));
    expect(answers(bench)).toEqual([`echo-reply ${text(CARE_OF_ONE)}`]);
  });

  test('MN-PKT-08 MN-PKT-12 a type 2 routing header with the home address, whatever is in its reserved field', () => {
    const bench = registered(CLEAR);
    bench.take();
    bench.deliver(routed([type2RoutingHeader(HOME)]));
    expect(answers(bench)).toEqual([`echo-reply ${text(HOME)}`]);
    bench.take();
    const header = type2RoutingHeader(HOME);
    header.bytes.set([1, 2, 3, 4], 4);
    bench.deliver(routed([header]));
    expect(answers(bench)).toEqual([`echo-reply ${text(HOME)}`]);
  });

  const type2 = (data: Uint8Array, segmentsLeft: number): ExtensionHeader =>
    routing(2, segmentsLeft, data);
  const reserved = new Uint8Array(4);
  const data = (...addresses: readonly Uint8Array[]): Uint8Array =>
    Uint8Array.from([...reserved, ...addresses.flatMap((each) => [...each])]);

  test.each([
    ['MN-PKT-09 of another length: 4', type2(data(HOME, HOME), 1)],
    ['MN-PKT-09 of another length: 0', type2(reserved, 1)],
    ['MN-PKT-10 with no segments left', type2(data(HOME), 0)],
    ['MN-PKT-10 with two segments left', type2(data(HOME), 2)],
    ['MN-PKT-11 with an address of somebody else', type2(data(STRANGER), 1)],
    ['MN-PKT-11 with the care-of address', type2(data(CARE_OF_ONE), 1)],
    ['MN-PKT-11 with a group', type2(data(ALL_NODES), 1)],
    ['MN-PKT-11 MN-PKT-13 with the link-local address', type2(data(LINK_LOCAL), 1)],
  ])('%s: silence, and nothing is forwarded', (_, header) => {
    const bench = registered(CLEAR);
    bench.take();
    bench.deliver(routed([header]));
    expect(bench.packets()).toEqual([]);
    bench.deliver(routed([type2(data(HOME), 1)]));
    expect(answers(bench)).toHaveLength(1);
  });

  test('MN-PKT-15 a type 0 routing header with segments left draws Parameter Problem 0', () => {
    const bench = registered(CLEAR);
    bench.take();
    const type0 = (segmentsLeft: number) => routing(0, segmentsLeft, data(HOME));
    bench.deliver(routed([type0(1)], CARE_OF_ONE));
    expect(bench.packets().map(({ icmpv6 }) => icmpv6)).toMatchObject([
      { kind: 'parameter-problem', code: 0, pointer: 42 },
    ]);
    bench.take();
    bench.deliver(routed([type0(0)], CARE_OF_ONE));
    expect(answers(bench)).toEqual([`echo-reply ${text(CARE_OF_ONE)}`]);
  });

  test('packets for a home address that was refused are not taken', () => {
    const bench = new MobileNodeBench({ homes: [HOME, OTHER_HOME], protection: 'none' });
    bench.answer = ({ homeAddress }) => (text(homeAddress) === text(HOME) ? { status: 134 } : {});
    bench.start();
    bench.take();
    bench.deliver(routed([type2RoutingHeader(HOME)]));
    bench.tunnel(echoPacket(CORRESPONDENT, HOME));
    expect(bench.packets()).toEqual([]);
    bench.deliver(routed([type2RoutingHeader(OTHER_HOME)], OTHER_HOME));
    expect(answers(bench)).toEqual([`echo-reply ${text(OTHER_HOME)}`]);
  });

  test('after a move the tunnel follows at once: sent from the new address, taken at it', () => {
    const bench = registered();
    bench.move('two', 1300);
    expect(bench.ping(HOME)[0]?.source).toBe(text(CARE_OF_TWO));
    bench.take();
    bench.tunnel(echoPacket(CORRESPONDENT, HOME));
    expect(answers(bench)).toEqual([`echo-reply ${text(HOME)}`]);
  });
});

describe('groups', () => {
  const query = (): Uint8Array => listenerPacket(bench_query(), ip('fe80::a:1'), ALL_NODES);

  function bench_query() {
    return {
      kind: 'multicast-listener-query',
      code: 0,
      maximumResponseDelay: 1000,
      multicastAddress: new Uint8Array(16),
    } as const;
  }

  function listenerPacket(
    message: Parameters<typeof encodeIcmpv6>[0],
    source: Uint8Array,
    destination: Uint8Array,
  ): Uint8Array {
    return ipv6Packet({
      source,
      destination,
      hopLimit: 1,
      headers: [hopByHop([{ kind: 'router-alert', value: 0 }])],
      protocol: NEXT_HEADER.icmpv6,
      payload: encodeIcmpv6(message, { source, destination }),
    });
  }

  /** Groups of the reports in tunnelled packets. */
  function reported(bench: MobileNodeBench): string[] {
    return bench.packets().flatMap((seen) => {
      const { inner } = bench.open(seen);
      const message = inner === undefined ? undefined : readPacket(inner).icmpv6;
      return message?.kind === 'multicast-listener-report-v2'
        ? message.records.map(({ group, recordType }) => `${recordType} ${text(group)}`)
        : [];
    });
  }

  test('MN-MC-01 joined on the visited link: reported there, without a Home Address option', () => {
    const bench = registered();
    bench.link.join(GROUP);
    bench.scheduler.advance(3000);
    const reports = bench.messages('multicast-listener-report-v2');
    expect(reports.length).toBeGreaterThan(0);
    for (const { source, homeAddressOption } of reports) {
      expect(homeAddressOption).toBeUndefined();
      expect(source).toBe(text(LINK_LOCAL));
    }
    expect(bench.packets()).toEqual([]);
  });

  test('MN-MC-02 joined through the home agent: reported in the tunnel once it has asked through it', () => {
    const bench = registered();
    bench.take();
    expect(bench.node.joinGroup(GROUP)).toBe(true);
    bench.scheduler.advance(5000);
    expect(
      bench.seen().filter(({ icmpv6 }) => icmpv6?.kind === 'multicast-listener-report-v2'),
    ).toEqual([]);
    expect(bench.packets()).toEqual([]);
    bench.tunnel(query());
    expect(reported(bench)).toEqual([`2 ${text(GROUP)}`]);
    bench.take();
    bench.node.leaveGroup(GROUP);
    expect(reported(bench)).toEqual([`3 ${text(GROUP)}`]);
  });

  test('MN-MC-02 a query of somebody else does not count, nor one before the binding', () => {
    const bench = new MobileNodeBench(CLEAR);
    bench.answer = () => undefined;
    bench.start(1500);
    bench.node.joinGroup(GROUP);
    bench.take();
    bench.tunnel(query());
    expect(bench.packets()).toEqual([]);
    bench.answer = () => ({});
    bench.scheduler.advance(10_000);
    bench.take();
    bench.tunnel(query(), { source: STRANGER });
    expect(bench.packets()).toEqual([]);
    bench.tunnel(query());
    expect(reported(bench)).toEqual([`2 ${text(GROUP)}`]);
  });

  test('MN-MC-02 packets to the group are taken from the tunnel alone', () => {
    const bench = registered(CLEAR);
    const taken: string[] = [];
    bench.host.protocols.set(17, ({ destination }) => taken.push(text(destination)));
    const datagram = ipv6Packet({
      source: CORRESPONDENT,
      destination: GROUP,
      protocol: 17,
      payload: new Uint8Array(8),
    });
    bench.tunnel(datagram);
    expect(taken).toEqual([]);
    bench.node.joinGroup(GROUP);
    bench.deliver(datagram);
    expect(taken).toEqual([]);
    bench.tunnel(datagram);
    expect(taken).toEqual([text(GROUP)]);
  });

  test('MN-MC-03 sent through the home agent a group sees the home address', () => {
    const bench = registered();
    const [sent] = bench.ping(HOME, GROUP);
    if (sent === undefined) throw new Error('nothing');
    expect(sent).toMatchObject({ source: text(CARE_OF_ONE), destination: text(AGENT) });
    const { inner } = bench.open(sent);
    expect(readPacket(inner ?? new Uint8Array())).toMatchObject({
      source: text(HOME),
      destination: text(GROUP),
    });
  });

  test('MN-MC-04 sent on the visited link it sees the care-of address, without a Home Address option', () => {
    const bench = registered();
    expect(bench.ping(CARE_OF_ONE, GROUP)).toMatchObject([
      { source: text(CARE_OF_ONE), destination: text(GROUP), headers: [] },
    ]);
    expect(bench.ping(HOME, ALL_NODES)).toEqual([]);
  });

  test('groups are bounded', () => {
    const bench = registered();
    let joined = 0;
    for (let i = 0; i < 1000; i++)
      if (bench.node.joinGroup(ip(`ff0e::${(i + 1).toString(16)}`))) joined++;
    expect(joined).toBe(256);
  });
});
