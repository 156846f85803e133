/**
 * Mobility Headers as every node takes them. RFC 6275 sections 6.1, 9.2, 9.3.3.
 */
import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { concatenate } from '../../../dissectors/core/layout.ts';
import { encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import { type2RoutingHeader } from '../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';
import { encodeMobilityHeader } from '../../../dissectors/mobility/header.ts';
import { ip, onesComplementSum } from '../wire-peer.ts';
import type { WirePacket } from '../wire-peer.ts';
import {
  CARE_OF,
  CORRESPONDENT,
  CorrespondentBench,
  FLAG,
  HOME,
  echoPacket,
  echoRequest,
  envelope,
  mobilityPacket,
  only,
} from '../correspondent-node/bench.ts';
import {
  MobilePeer,
  acknowledgementOf,
  setChecksum,
  statusOf,
} from '../correspondent-node/mobile-peer.ts';
import { COOKIE, MESSAGES, NO_COOKIE, STRANGER, UNKNOWN } from './messages.ts';

const UNSPECIFIED = '::';

/** A bench whose node also takes the messages that mobile nodes take, and writes down what came. */
function listening(): { bench: CorrespondentBench; heard: string[] } {
  const bench = new CorrespondentBench();
  const heard: string[] = [];
  const kinds = [
    'binding-refresh-request',
    'home-test',
    'care-of-test',
    'binding-acknowledgement',
    'binding-error',
  ] as const;
  for (const kind of kinds) bench.host.mobility.handle(kind, () => heard.push(kind));
  return { bench, heard };
}

/** What a message set off: answers, and what was heard. */
function effectOf(
  { bench, heard }: ReturnType<typeof listening>,
  packet: Uint8Array,
): readonly (string | undefined)[] {
  heard.length = 0;
  const answers = bench.deliver(packet);
  return [
    ...answers.map(({ mobility, icmpv6 }) => mobility?.message.kind ?? icmpv6?.kind),
    ...heard,
  ];
}

function problemOf(packets: readonly WirePacket[]): unknown {
  const [packet] = packets;
  if (packets.length !== 1 || packet?.icmpv6?.kind !== 'parameter-problem') return packets;
  const { code, pointer } = packet.icmpv6;
  return { code, pointer, to: packet.destination, headers: packet.headers };
}

describe('checksums', () => {
  test('COM-MH-01 a wrong one makes any message nothing', () => {
    const both = listening();
    for (const message of [...MESSAGES, UNKNOWN]) {
      const packet = mobilityPacket({ source: STRANGER }, message);
      const spoiled = packet.slice();
      spoiled[44] = (spoiled[44] ?? 0) ^ 0x40;
      expect(effectOf(both, spoiled)).toEqual([]);
      expect(effectOf(both, packet)).toHaveLength(1);
    }
    expect(both.bench.host.bindings.correspondents).toBe(0);
    both.bench.close();
  });

  test('COM-MH-02 without option they are of the wire addresses, the whole length and 135', () => {
    const { bench } = listening();
    const octets = encodeMobilityHeader(MESSAGES[1] ?? UNKNOWN, [], {
      source: STRANGER,
      destination: CORRESPONDENT,
    });
    const packet = (ends: { source: Uint8Array; destination: Uint8Array }): Uint8Array => {
      const own = octets.slice();
      setChecksum(own, ends);
      return envelope({ source: STRANGER }, NEXT_HEADER.mobility, own);
    };
    expect(bench.deliver(packet({ source: HOME, destination: CORRESPONDENT }))).toEqual([]);
    expect(bench.deliver(packet({ source: STRANGER, destination: HOME }))).toEqual([]);
    const answer = bench.deliver(packet({ source: STRANGER, destination: CORRESPONDENT }));
    expect(only(answer, 'home-test').homeInitCookie).toEqual(COOKIE);
    const payload = answer[0]?.payload ?? NO_COOKIE;
    expect(onesComplementSum(CORRESPONDENT, STRANGER, 135, payload)).toBe(0xffff);
    bench.close();
  });

  test('COM-MH-03 with a Home Address option they are of the home address', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    const update = mobile.update();
    const spoiled = update.slice();
    const octets = spoiled.subarray(64);
    setChecksum(octets, { source: CARE_OF, destination: CORRESPONDENT });
    expect(bench.deliver(spoiled)).toEqual([]);
    expect(bench.bindingOf()).toBeUndefined();
    expect(statusOf(bench.deliver(update))).toBe(0);
    bench.close();
  });

  test('COM-MH-04 with a type 2 routing header they are of the home address, sent and received', () => {
    const both = listening();
    const { bench } = both;
    const answer = new MobilePeer(bench).tests().register();
    const payload = answer[0]?.payload ?? NO_COOKIE;
    expect(answer[0]?.type2RoutingHeader).toBe(formatAddress(HOME));
    expect(onesComplementSum(CORRESPONDENT, HOME, 135, payload)).toBe(0xffff);
    expect(onesComplementSum(CORRESPONDENT, CARE_OF, 135, payload)).not.toBe(0xffff);
    // The node as a mobile node.
    const ownHome = ip('2001:db8:e::1');
    bench.host.isHomeAddress = (address) => formatAddress(address) === formatAddress(ownHome);
    const packet = (destination: Uint8Array): Uint8Array => {
      const ends = { source: STRANGER, destination };
      const octets = encodeMobilityHeader(MESSAGES[6] ?? UNKNOWN, [], ends);
      const headers = [type2RoutingHeader(ownHome)];
      return envelope({ source: STRANGER, headers }, NEXT_HEADER.mobility, octets);
    };
    expect(effectOf(both, packet(CORRESPONDENT))).toEqual([]);
    expect(effectOf(both, packet(ownHome))).toEqual(['binding-acknowledgement']);
    bench.close();
  });
});

describe('messages that are malformed', () => {
  test('COM-MH-06 another Payload Proto than 59 draws Parameter Problem 0 at that octet, and what is behind is not read', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    const ends = { source: HOME, destination: CORRESPONDENT };
    const echo = encodeIcmpv6(echoRequest(1), ends);
    const update = mobile.update().subarray(64);
    const octets = concatenate([update, echo]);
    octets[0] = NEXT_HEADER.icmpv6;
    setChecksum(octets, ends);
    const packet = envelope({ source: CARE_OF, home: HOME }, NEXT_HEADER.mobility, octets);
    const to = formatAddress(CARE_OF);
    expect(problemOf(bench.deliver(packet))).toEqual({ code: 0, pointer: 64, to, headers: [] });
    expect(bench.bindingOf()).toBeUndefined();
    expect(statusOf(mobile.register())).toBe(0);
    bench.close();
  });

  test('COM-MH-07 the same while there is a binding: it stays, and the problem goes to the wire source directly', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    mobile.register();
    const before = { ...bench.host.bindings.find(HOME) };
    const init = MESSAGES[1] ?? UNKNOWN;
    // From the home address: a packet to it would take the care-of address.
    const fromHome = bench.deliver(mobilityPacket({ source: HOME }, init, [], { payloadProto: 6 }));
    const problem = { code: 0, headers: [] };
    expect(problemOf(fromHome)).toEqual({ ...problem, pointer: 40, to: formatAddress(HOME) });
    const away = { source: CARE_OF, home: HOME };
    const fromAway = bench.deliver(mobilityPacket(away, init, [], { payloadProto: 6 }));
    expect(problemOf(fromAway)).toEqual({ ...problem, pointer: 64, to: formatAddress(CARE_OF) });
    expect(bench.host.bindings.find(HOME)).toEqual(before);
    bench.close();
  });

  test('COM-MH-08 a Header Len below that of the type draws Parameter Problem 0 at that octet', () => {
    const least = [0, 1, 1, 2, 2, 1, 1, 2];
    for (const [type, length] of least.entries()) {
      const both = listening();
      const { bench, heard } = both;
      for (let headerLength = 0; headerLength < length; headerLength++) {
        const octets = new Uint8Array((headerLength + 1) * 8);
        octets.set([59, headerLength, type]);
        setChecksum(octets, { source: STRANGER, destination: CORRESPONDENT });
        const problem = bench.deliver(envelope({ source: STRANGER }, 135, octets));
        const to = formatAddress(STRANGER);
        expect(problemOf(problem)).toEqual({ code: 0, pointer: 41, to, headers: [] });
        expect(heard).toEqual([]);
      }
      const sound = mobilityPacket({ source: STRANGER }, MESSAGES[type] ?? UNKNOWN);
      expect(sound[41]).toBe(length);
      expect(effectOf(both, sound)).toHaveLength(1);
      bench.close();
    }
  });

  test('COM-MH-09 a Header Len past the end of the packet makes it nothing', () => {
    const both = listening();
    for (const message of [...MESSAGES, UNKNOWN]) {
      const packet = mobilityPacket({ source: STRANGER }, message, [], { headerLength: 30 });
      expect(effectOf(both, packet)).toEqual([]);
      expect(effectOf(both, mobilityPacket({ source: STRANGER }, message))).toHaveLength(1);
    }
    both.bench.close();
  });
});

describe('Binding Errors', () => {
  test('COM-MH-10 a type that the node does not know draws status 2, with no home address', () => {
    // Of those that exist a correspondent takes test inits and updates only.
    for (const message of [UNKNOWN, MESSAGES[3], MESSAGES[6], MESSAGES[0]]) {
      const bench = new CorrespondentBench();
      const answer = bench.deliver(mobilityPacket({ source: STRANGER }, message ?? UNKNOWN));
      const { status, homeAddress } = only(answer, 'binding-error');
      expect([status, formatAddress(homeAddress)]).toEqual([2, UNSPECIFIED]);
      expect(answer[0]?.destination).toBe(formatAddress(STRANGER));
      bench.close();
    }
  });

  test('COM-MH-11 with a Home Address option it goes to the wire source and quotes the option', () => {
    const bench = new CorrespondentBench();
    const answer = bench.deliver(mobilityPacket({ source: CARE_OF, home: HOME }, UNKNOWN));
    const { status, homeAddress } = only(answer, 'binding-error');
    expect([status, formatAddress(homeAddress)]).toEqual([2, formatAddress(HOME)]);
    expect(answer[0]).toMatchObject({ destination: formatAddress(CARE_OF), headers: [] });
    bench.close();
  });

  test('COM-MH-12 COM-HAO-10 none goes to a group or to nobody', () => {
    const bench = new CorrespondentBench();
    for (const source of [ip('ff0e::1'), ip('ff02::1'), ip('::')]) {
      expect(bench.deliver(mobilityPacket({ source }, UNKNOWN))).toEqual([]);
      expect(bench.deliver(mobilityPacket({ source, home: HOME }, UNKNOWN))).toEqual([]);
      expect(bench.deliver(echoPacket({ source, home: HOME }))).toEqual([]);
    }
    const control = bench.deliver(mobilityPacket({ source: STRANGER }, UNKNOWN));
    expect(only(control, 'binding-error').status).toBe(2);
    const option = bench.deliver(echoPacket({ source: STRANGER, home: HOME }));
    expect(only(option, 'binding-error').status).toBe(1);
    bench.close();
  });

  test('COM-MH-13 a burst of packets draws few of them, and later ones draw some again', () => {
    const bench = new CorrespondentBench();
    for (let i = 0; i < 100; i++) {
      bench.peer.send(mobilityPacket({ source: STRANGER }, UNKNOWN));
      bench.peer.send(echoPacket({ source: STRANGER, home: HOME }));
    }
    bench.scheduler.advance(5);
    const answers = bench.peer.take();
    expect(answers).toHaveLength(10);
    expect(answers.every(({ mobility }) => mobility?.mhType === 7)).toBe(true);
    bench.scheduler.advance(1000);
    for (let i = 0; i < 100; i++) bench.peer.send(mobilityPacket({ source: STRANGER }, UNKNOWN));
    bench.scheduler.advance(5);
    expect(bench.peer.take()).toHaveLength(10);
    bench.close();
  });

  test('COM-MH-14 they have type 7, Header Len 2, a zero reserved octet and no header in front, whatever the cache says', () => {
    const bench = new CorrespondentBench();
    new MobilePeer(bench).tests().register();
    const answers = [
      ...bench.deliver(mobilityPacket({ source: HOME }, UNKNOWN)),
      ...bench.deliver(echoPacket({ source: STRANGER, home: HOME })),
    ];
    expect(
      answers.map(({ payload }) => [...payload.subarray(0, 4), ...payload.subarray(6, 8)]),
    ).toEqual([
      [59, 2, 7, 0, 2, 0],
      [59, 2, 7, 0, 1, 0],
    ]);
    expect(answers.map(({ destination, headers }) => [destination, headers])).toEqual([
      [formatAddress(HOME), []],
      [formatAddress(STRANGER), []],
    ]);
    // The same destination with payload: by the care-of address.
    expect(bench.pingHome()?.headers).toEqual([43]);
    bench.close();
  });
});

describe('fields that mean nothing yet', () => {
  test('COM-MH-15 the reserved octet of the header is ignored', () => {
    const bench = new CorrespondentBench();
    const mark = (octets: Uint8Array): void => {
      octets[3] = 0xff;
    };
    const packet = mobilityPacket({ source: STRANGER }, MESSAGES[1] ?? UNKNOWN).slice();
    mark(packet.subarray(40));
    setChecksum(packet.subarray(40), { source: STRANGER, destination: CORRESPONDENT });
    expect(only(bench.deliver(packet), 'home-test').homeInitCookie).toEqual(COOKIE);
    const mobile = new MobilePeer(bench).tests();
    expect(statusOf(mobile.register({ mark }))).toBe(0);
    bench.close();
  });

  test('COM-MH-16 reserved bits of the messages are ignored and not echoed', () => {
    const both = listening();
    const { bench } = both;
    // Offsets of reserved octets in the Mobility Header.
    const reserved = [[6, 7], [6, 7], [6, 7], [], [], [], [], [7]];
    for (const [type, offsets] of reserved.entries()) {
      if (offsets.length === 0) continue;
      const packet = mobilityPacket({ source: STRANGER }, MESSAGES[type] ?? UNKNOWN);
      for (const at of offsets) packet[40 + at] = 0xff;
      setChecksum(packet.subarray(40), { source: STRANGER, destination: CORRESPONDENT });
      expect(effectOf(both, packet)).toHaveLength(1);
    }
    const acknowledgement = mobilityPacket({ source: STRANGER }, MESSAGES[6] ?? UNKNOWN);
    acknowledgement[47] = 0x3f;
    setChecksum(acknowledgement.subarray(40), { source: STRANGER, destination: CORRESPONDENT });
    expect(effectOf(both, acknowledgement)).toEqual(['binding-acknowledgement']);
    const answer = new MobilePeer(bench).tests().register({ flags: FLAG.A | 0x000f });
    expect(acknowledgementOf(answer)).toMatchObject({ status: 0, flags: 0 });
    bench.close();
  });
});
