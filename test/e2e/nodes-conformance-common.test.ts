/**
 * Cases of every node against a process: Mobility Headers, their options, and the Home Address option, at a correspondent;
 * and the correspondent's payload.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatAddress } from '../../dissectors/core/address.ts';
import { concatenate } from '../../dissectors/core/layout.ts';
import { encodeIcmpv6 } from '../../dissectors/icmpv6/index.ts';
import {
  destinationOptions,
  fragmentPacket,
  homeAddressOption,
  routing,
  type2RoutingHeader,
} from '../../dissectors/ipv6/build.ts';
import { encodeMobilityHeader } from '../../dissectors/mobility/header.ts';
import type { MobilityOption } from '../../dissectors/mobility/options/index.ts';
import { COOKIE, MESSAGES, UNKNOWN } from '../nodes/common/messages.ts';
import {
  CORRESPONDENT,
  FLAG,
  authenticatorOf,
  echoPacket,
  echoRequest,
  envelope,
  mobilityPacket,
  only,
} from '../nodes/correspondent-node/bench.ts';
import {
  acknowledgementOf,
  kindsOf,
  setChecksum,
  statusOf,
} from '../nodes/correspondent-node/mobile-peer.ts';
import { ip, onesComplementSum } from '../nodes/wire-peer.ts';
import type { WirePacket } from '../nodes/wire-peer.ts';
import { WiredCorrespondent } from './wired-correspondent.ts';
import { canRun } from './wired-node.ts';

const INIT = MESSAGES[1] ?? UNKNOWN;
const PAYLOAD_AT = 40;
const BEHIND_OPTION = 64;

function problemOf(packets: readonly WirePacket[]): unknown {
  const [packet] = packets;
  if (packets.length !== 1 || packet?.icmpv6?.kind !== 'parameter-problem') return packets;
  const { code, pointer } = packet.icmpv6;
  return { code, pointer, to: packet.destination, headers: packet.headers };
}

describe.skipIf(!canRun)(
  'every node as a process (needs root, network namespaces and the package koffi)',
  () => {
    let cn: WiredCorrespondent;
    beforeAll(async () => {
      cn = new WiredCorrespondent();
      await cn.start();
    });
    afterAll(() => cn.remove());

    const bound = (): ReturnType<WiredCorrespondent['mobile']> => {
      const mobile = cn.mobile();
      expect(statusOf(mobile.tests().register())).toBe(0);
      return mobile;
    };

    describe('checksums', () => {
      test('COM-MH-01 a wrong one makes any message nothing', () => {
        const source = cn.stranger();
        for (const message of [...MESSAGES, UNKNOWN]) {
          const packet = mobilityPacket({ source }, message);
          const spoiled = packet.slice();
          spoiled[44] = (spoiled[44] ?? 0) ^ 0x40;
          expect(cn.deliver(spoiled)).toEqual([]);
          expect(cn.deliver(packet)).toHaveLength(1);
        }
      });

      test('COM-MH-02 without option they are of the wire addresses, the whole length and 135', () => {
        const [source, other] = [cn.stranger(), cn.stranger()];
        const octets = encodeMobilityHeader(INIT, [], { source, destination: CORRESPONDENT });
        const packet = (ends: { source: Uint8Array; destination: Uint8Array }): Uint8Array => {
          const own = octets.slice();
          setChecksum(own, ends);
          return envelope({ source }, 135, own);
        };
        expect(cn.deliver(packet({ source: other, destination: CORRESPONDENT }))).toEqual([]);
        expect(cn.deliver(packet({ source, destination: other }))).toEqual([]);
        const answer = cn.deliver(packet({ source, destination: CORRESPONDENT }));
        expect(only(answer, 'home-test').homeInitCookie).toEqual(COOKIE);
        const payload = answer[0]?.payload ?? new Uint8Array();
        expect(onesComplementSum(CORRESPONDENT, source, 135, payload)).toBe(0xffff);
      });

      test('COM-MH-03 COM-MH-04 with a Home Address option or a type 2 routing header they are of the home address', () => {
        const mobile = cn.mobile();
        const { homeAddress: home, careOfAddress } = mobile.tests();
        const update = mobile.update();
        const spoiled = update.slice();
        setChecksum(spoiled.subarray(BEHIND_OPTION), {
          source: careOfAddress,
          destination: CORRESPONDENT,
        });
        expect(cn.deliver(spoiled)).toEqual([]);
        expect(cn.careOf(home)).toBeUndefined();
        const answer = cn.deliver(update);
        expect(statusOf(answer)).toBe(0);
        const payload = answer[0]?.payload ?? new Uint8Array();
        expect(answer[0]?.type2RoutingHeader).toBe(formatAddress(home));
        expect(onesComplementSum(CORRESPONDENT, home, 135, payload)).toBe(0xffff);
        expect(onesComplementSum(CORRESPONDENT, careOfAddress, 135, payload)).not.toBe(0xffff);
      });
    });

    describe('messages that are malformed', () => {
      test('COM-MH-06 COM-MH-07 another Payload Proto than 59 draws Parameter Problem 0 at that octet, to the wire source directly', () => {
        const mobile = cn.mobile().tests();
        const { homeAddress: home, careOfAddress: source } = mobile;
        const ends = { source: home, destination: CORRESPONDENT };
        const echo = encodeIcmpv6(echoRequest(1), ends);
        const octets = concatenate([mobile.update().subarray(BEHIND_OPTION), echo]);
        octets[0] = 58;
        setChecksum(octets, ends);
        const problem = { code: 0, headers: [] };
        const away = { ...problem, pointer: BEHIND_OPTION, to: formatAddress(source) };
        expect(problemOf(cn.deliver(envelope({ source, home }, 135, octets)))).toEqual(away);
        expect(cn.careOf(home)).toBeUndefined();
        expect(statusOf(mobile.register())).toBe(0);
        // While there is a binding: it stays, and what goes to the home address does not take it.
        const piggybacked = { payloadProto: 6 };
        const fromHome = cn.deliver(mobilityPacket({ source: home }, INIT, [], piggybacked));
        const atHome = { ...problem, pointer: PAYLOAD_AT, to: formatAddress(home) };
        expect(problemOf(fromHome)).toEqual(atHome);
        const fromAway = cn.deliver(mobilityPacket({ source, home }, INIT, [], piggybacked));
        expect(problemOf(fromAway)).toEqual(away);
        expect(cn.careOf(home)).toBe(formatAddress(source));
      });

      test('COM-MH-08 a Header Len below that of the type draws Parameter Problem 0 at that octet', () => {
        const source = cn.stranger();
        for (const [type, length] of [0, 1, 1, 2, 2, 1, 1, 2].entries()) {
          for (let headerLength = 0; headerLength < length; headerLength++) {
            const octets = new Uint8Array((headerLength + 1) * 8);
            octets.set([59, headerLength, type]);
            setChecksum(octets, { source, destination: CORRESPONDENT });
            const to = formatAddress(source);
            const problem = { code: 0, pointer: 41, to, headers: [] };
            expect(problemOf(cn.deliver(envelope({ source }, 135, octets)))).toEqual(problem);
          }
        }
      });

      test('COM-MH-09 a Header Len past the end of the packet makes it nothing', () => {
        const source = cn.stranger();
        for (const message of [...MESSAGES, UNKNOWN]) {
          const packet = mobilityPacket({ source }, message, [], { headerLength: 30 });
          expect(cn.deliver(packet)).toEqual([]);
        }
        expect(cn.deliver(mobilityPacket({ source }, INIT))).toHaveLength(1);
      });
    });

    describe('Binding Errors', () => {
      test('COM-MH-10 a type that the node does not know draws status 2, with no home address', () => {
        const source = cn.stranger();
        // Of those that exist a correspondent takes test inits and updates only.
        for (const message of [UNKNOWN, MESSAGES[3], MESSAGES[6], MESSAGES[0]]) {
          const answer = cn.deliver(mobilityPacket({ source }, message ?? UNKNOWN));
          const { status, homeAddress } = only(answer, 'binding-error');
          expect([status, formatAddress(homeAddress)]).toEqual([2, '::']);
          expect(answer[0]?.destination).toBe(formatAddress(source));
        }
      });

      test('COM-MH-11 with a Home Address option it goes to the wire source and quotes the option', () => {
        const { homeAddress: home, careOfAddress: source } = cn.mobile();
        const answer = cn.deliver(mobilityPacket({ source, home }, UNKNOWN));
        const { status, homeAddress } = only(answer, 'binding-error');
        expect([status, formatAddress(homeAddress)]).toEqual([2, formatAddress(home)]);
        expect(answer[0]).toMatchObject({ destination: formatAddress(source), headers: [] });
      });

      test('COM-MH-12 COM-HAO-10 none goes to a group or to nobody', () => {
        const { homeAddress: home } = cn.mobile();
        for (const source of [ip('ff0e::1'), ip('ff02::1'), ip('::')]) {
          expect(cn.deliver(mobilityPacket({ source }, UNKNOWN))).toEqual([]);
          expect(cn.deliver(mobilityPacket({ source, home }, UNKNOWN))).toEqual([]);
          expect(cn.deliver(echoPacket({ source, home }))).toEqual([]);
        }
        const source = cn.stranger();
        const unknown = cn.deliver(mobilityPacket({ source }, UNKNOWN));
        expect(only(unknown, 'binding-error').status).toBe(2);
        const option = cn.deliver(echoPacket({ source, home }));
        expect(only(option, 'binding-error').status).toBe(1);
      });

      test('COM-MH-14 COM-MH-26 COM-MH-28 they have type 7, Header Len 2 and no header in front, whatever the cache says', () => {
        const { homeAddress: home, careOfAddress } = bound();
        const source = cn.stranger();
        const answers = [
          ...cn.deliver(mobilityPacket({ source: home }, UNKNOWN)),
          ...cn.deliver(echoPacket({ source, home })),
        ];
        expect(
          answers.map(({ payload }) => [...payload.subarray(0, 4), ...payload.subarray(6, 8)]),
        ).toEqual([
          [59, 2, 7, 0, 2, 0],
          [59, 2, 7, 0, 1, 0],
        ]);
        expect(answers.map(({ destination, headers }) => [destination, headers])).toEqual([
          [formatAddress(home), []],
          [formatAddress(source), []],
        ]);
        // The same destination with payload: by the care-of address.
        expect(cn.careOf(home)).toBe(formatAddress(careOfAddress));
      });

      test('COM-MH-13 a burst of packets draws few of them, and later ones draw some again', () => {
        const source = cn.stranger();
        const { homeAddress: home } = cn.mobile();
        const burst = Array.from({ length: 100 }, () => [
          mobilityPacket({ source }, UNKNOWN),
          echoPacket({ source, home }),
        ]).flat();
        for (let round = 0; round < 2; round++) {
          const begin = performance.now();
          const answers = cn.deliverAll(burst);
          const seconds = (performance.now() - begin) / 1000;
          expect(answers.every(({ mobility }) => mobility?.mhType === 7)).toBe(true);
          expect(answers.length).toBeGreaterThan(0);
          expect(answers.length).toBeLessThanOrEqual(11 + 10 * seconds);
        }
      });
    });

    describe('what is sent', () => {
      test('COM-MH-05 COM-MH-24 COM-MH-25 Payload Proto 59, a zero reserved octet, whole units of 8 octets, and no more padding than that', () => {
        const mobile = cn.mobile();
        const { homeAddress: home, careOfAddress: source } = mobile;
        const tests = [...mobile.homeTest(), ...mobile.careOfTest()];
        const bare = mobile.register({
          flags: FLAG.A | FLAG.H,
          hasNonceIndices: false,
          hasAuthorization: false,
        });
        const error = cn.deliver(mobilityPacket({ source, home }, UNKNOWN));
        const own = [...tests, ...bare, ...mobile.register(), ...error];
        expect(own.map(({ mobility }) => mobility?.mhType)).toEqual([3, 4, 6, 6, 7]);
        for (const { payload, payloadOffset, ends } of own) {
          expect([payload[0], payload[3]]).toEqual([59, 0]);
          expect(payload.length).toBe(((payload[1] ?? 0) + 1) * 8);
          expect(payloadOffset % 8).toBe(0);
          expect(onesComplementSum(ends.source, ends.destination, 135, payload)).toBe(0xffff);
        }
        expect(tests.map(({ payload }) => payload.length)).toEqual([24, 24]);
        expect(statusOf(bare)).toBe(131);
        expect([...(bare[0]?.payload.subarray(12) ?? [])]).toEqual([1, 2, 0, 0]);
        // Authorization Data of an acknowledgement: at 8n+2, and last.
        const octets = own[3]?.payload ?? new Uint8Array();
        expect([(octets.length - 14) % 8, octets.at(-14), octets.at(-13)]).toEqual([2, 5, 12]);
      });
    });

    describe('fields that mean nothing yet', () => {
      test('COM-MH-15 COM-MH-16 reserved octets and bits are ignored and not echoed', () => {
        const source = cn.stranger();
        for (const at of [3, 6, 7]) {
          const packet = mobilityPacket({ source }, INIT).slice();
          packet[PAYLOAD_AT + at] = 0xff;
          setChecksum(packet.subarray(PAYLOAD_AT), { source, destination: CORRESPONDENT });
          expect(only(cn.deliver(packet), 'home-test').homeInitCookie).toEqual(COOKIE);
        }
        const mark = (octets: Uint8Array): void => {
          octets[3] = 0xff;
        };
        const mobile = cn.mobile().tests();
        const answer = mobile.register({ mark, flags: FLAG.A | 0x000f });
        expect(acknowledgementOf(answer)).toMatchObject({ status: 0, flags: 0 });
      });
    });

    describe('mobility options', () => {
      const unknown: MobilityOption = {
        kind: 'unknown',
        type: 250,
        data: new Uint8Array(9).fill(3),
      };

      test('COM-MH-17 an unknown one between two known ones: both take effect', () => {
        const mobile = cn.mobile();
        mobile.homeTest();
        mobile.careOfTest(mobile.next);
        const alternate: MobilityOption = {
          kind: 'alternate-care-of-address',
          careOfAddress: mobile.next,
        };
        const answer = mobile.register({
          before: [alternate, unknown],
          signedCareOf: mobile.next,
        });
        expect(statusOf(answer)).toBe(0);
        expect(cn.careOf(mobile.homeAddress)).toBe(formatAddress(mobile.next));
      });

      test('COM-MH-18 COM-MH-19 PadN whose octets are not zero, and several Pad1 one after another, are padding', () => {
        const source = cn.stranger();
        const padn: MobilityOption = { kind: 'padn', padding: Uint8Array.of(9, 8, 7, 6, 5, 4) };
        const pad1 = Array.from({ length: 8 }, (): MobilityOption => ({ kind: 'pad1' }));
        for (const padding of [[padn], pad1]) {
          const packet = mobilityPacket({ source }, INIT, padding);
          expect(only(cn.deliver(packet), 'home-test').homeInitCookie).toEqual(COOKIE);
          expect(statusOf(cn.mobile().tests().register({ between: padding }))).toBe(0);
        }
      });

      test('COM-MH-20 COM-MH-21 lengths past the end, and wrong ones of known options, make the message nothing', () => {
        const source = cn.stranger();
        const packet = mobilityPacket({ source }, INIT, [
          { kind: 'unknown', type: 250, data: new Uint8Array(6) },
        ]);
        const spoiled = packet.slice();
        spoiled[spoiled.length - 7] = 7;
        setChecksum(spoiled.subarray(PAYLOAD_AT), { source, destination: CORRESPONDENT });
        expect(cn.deliver(spoiled)).toEqual([]);
        expect(only(cn.deliver(packet), 'home-test').kind).toBe('home-test');
        const mobile = cn.mobile().tests();
        const wrong = [
          [2, 3],
          [2, 4],
          [3, 15],
          [3, 18],
          [4, 3],
          [4, 6],
        ] as const;
        for (const [type, octets] of wrong) {
          const option: MobilityOption = { kind: 'unknown', type, data: new Uint8Array(octets) };
          expect(mobile.register({ before: [option] })).toEqual([]);
        }
        for (const authenticatorOctets of [20, 28]) {
          expect(mobile.register({ authenticatorOctets })).toEqual([]);
        }
        expect(cn.careOf(mobile.homeAddress)).toBeUndefined();
        expect(statusOf(mobile.register())).toBe(0);
      });

      test('octets at the end that look like Authorization Data and belong to another option authorize nothing', () => {
        const mobile = cn.mobile().tests();
        const data = Uint8Array.from([...new Uint8Array(8), 5, 12, ...new Uint8Array(12)]);
        const authenticator = new Uint8Array(12);
        const spoil = (octets: Uint8Array): void => {
          const signed = authenticatorOf(mobile.key(), mobile.careOfAddress, CORRESPONDENT, octets);
          octets.set(signed, octets.length - 12);
        };
        const own: MobilityOption = { kind: 'binding-authorization-data', authenticator };
        const hidden: MobilityOption[] = [own, { kind: 'unknown', type: 250, data }];
        const shown: MobilityOption[] = [
          { kind: 'unknown', type: 250, data: new Uint8Array(6) },
          own,
        ];
        const fields = { hasAuthorization: false, spoil };
        expect(mobile.register({ ...fields, between: hidden })).toEqual([]);
        expect(statusOf(mobile.register({ ...fields, between: shown }))).toBe(0);
      });
    });

    describe('the Home Address option', () => {
      const update = { kind: 'binding-update', sequence: 1, flags: 0xc000, lifetime: 9 } as const;

      test('COM-HAO-04 COM-HAO-05 with a group, an address of a link or none in it: dropped in silence, payload and updates alike', () => {
        const { homeAddress, careOfAddress: source } = cn.mobile();
        for (const text of ['ff0e::1', 'ff02::1', 'fe80::1', '::1', '::']) {
          const where = { source, home: ip(text) };
          expect(cn.deliver(echoPacket(where))).toEqual([]);
          expect(cn.deliver(mobilityPacket(where, update))).toEqual([]);
        }
        const control = mobilityPacket({ source, home: homeAddress }, update);
        expect(statusOf(cn.deliver(control))).toBe(131);
      });

      test('COM-HAO-06 COM-HAO-07 with payload and no binding, or one of another care-of address, it draws Binding Error 1', () => {
        const away = bound();
        const nobody = cn.mobile();
        const cases = [
          [nobody.homeAddress, nobody.careOfAddress],
          [away.homeAddress, away.next],
        ] as const;
        for (const [home, source] of cases) {
          const answer = cn.deliver(echoPacket({ source, home }));
          const { status, homeAddress } = only(answer, 'binding-error');
          expect([status, formatAddress(homeAddress)]).toEqual([1, formatAddress(home)]);
          expect(answer[0]).toMatchObject({
            source: formatAddress(CORRESPONDENT),
            destination: formatAddress(source),
            headers: [],
          });
        }
      });

      test('COM-HAO-08 with the binding it is accepted, and upper layers see the home address', () => {
        const { homeAddress: home, careOfAddress: source } = bound();
        const answer = cn.deliver(echoPacket({ source, home }, 77));
        expect(answer[0]).toMatchObject({
          icmpv6: { kind: 'echo-reply', sequence: 77 },
          destination: formatAddress(source),
          type2RoutingHeader: formatAddress(home),
        });
      });

      test('COM-HAO-09 in front of ESP, AH and Mobility Headers no binding is asked for', () => {
        const { homeAddress: home, careOfAddress: source } = cn.mobile();
        for (const protocol of [50, 51]) {
          const sealed = envelope({ source, home }, protocol, new Uint8Array(32));
          expect(cn.deliver(sealed)).toEqual([]);
        }
        expect(statusOf(cn.deliver(mobilityPacket({ source, home }, update)))).toBe(131);
        const payload = cn.deliver(echoPacket({ source, home }));
        expect(only(payload, 'binding-error').status).toBe(1);
      });

      test('COM-HAO-12 twice, in one header or in two, it makes the packet nothing', () => {
        const { homeAddress: home, careOfAddress: source } = bound();
        const payload = encodeIcmpv6(echoRequest(1), { source: home, destination: CORRESPONDENT });
        const option = homeAddressOption(home);
        const twice = [
          [destinationOptions([option, option])],
          [destinationOptions([option]), destinationOptions([option])],
        ];
        for (const headers of twice) {
          expect(cn.deliver(envelope({ source, headers }, 58, payload))).toEqual([]);
        }
        const once = { source, headers: [destinationOptions([option])] };
        expect(kindsOf(cn.deliver(envelope(once, 58, payload)))).toEqual(['echo-reply']);
      });
    });

    describe('payload', () => {
      test('CN-PKT-01 packets take the care-of address with a type 2 routing header; checksums are of the home address', () => {
        const mobile = bound();
        const { homeAddress: home, careOfAddress } = mobile;
        const [sent] = cn.deliver(echoPacket({ source: home }));
        expect(sent).toMatchObject({
          source: formatAddress(CORRESPONDENT),
          destination: formatAddress(careOfAddress),
          type2RoutingHeader: formatAddress(home),
          headers: [43],
        });
        expect([...(sent?.bytes.subarray(41, 44) ?? [])]).toEqual([2, 2, 1]);
        const payload = sent?.payload ?? new Uint8Array();
        expect(onesComplementSum(CORRESPONDENT, home, 58, payload)).toBe(0xffff);
        expect(onesComplementSum(CORRESPONDENT, careOfAddress, 58, payload)).not.toBe(0xffff);
      });

      test('CN-PKT-03 they go to the home address while there is no binding', () => {
        const mobile = cn.mobile().tests();
        const plain = { destination: formatAddress(mobile.homeAddress), headers: [] };
        expect(cn.route(mobile.homeAddress)).toMatchObject(plain);
        bound();
        expect(cn.route(mobile.homeAddress)).toMatchObject(plain);
        mobile.register();
        expect(cn.route(mobile.homeAddress)).toMatchObject({ headers: [43] });
      });

      test('CN-PKT-05 with a type 2 routing header they draw nothing from a node that is no mobile node', () => {
        const { homeAddress: source } = bound();
        for (const address of [CORRESPONDENT, source, ip('2001:db8:e::1')]) {
          const payload = encodeIcmpv6(echoRequest(1), { source, destination: address });
          const headers = [type2RoutingHeader(address)];
          expect(cn.deliver(envelope({ source, headers }, 58, payload))).toEqual([]);
        }
        expect(kindsOf(cn.deliver(echoPacket({ source })))).toEqual(['echo-reply']);
      });

      test('CN-PKT-06 in fragments behind the Home Address option they are accepted', () => {
        const { homeAddress: home, careOfAddress: source } = bound();
        const message = { kind: 'echo-request', code: 0, identifier: 1, sequence: 9 } as const;
        const ends = { source: home, destination: CORRESPONDENT };
        const payload = encodeIcmpv6({ ...message, data: new Uint8Array(2000) }, ends);
        const pieces = fragmentPacket(envelope({ source, home }, 58, payload), 1280, 0x1234);
        expect(pieces).toHaveLength(2);
        const answer = cn.deliverAll(pieces);
        expect(answer.length).toBeGreaterThan(1);
        for (const piece of answer) {
          expect(piece).toMatchObject({
            destination: formatAddress(source),
            type2RoutingHeader: formatAddress(home),
          });
          expect(piece.bytes.length).toBeLessThanOrEqual(1500);
        }
      });

      test('CN-PKT-09 COM-HAO-11 with a Home Address option they never change where packets go', () => {
        const mobile = bound();
        const { homeAddress: home } = mobile;
        for (const source of [mobile.careOfAddress, mobile.next, cn.stranger()]) {
          cn.deliver(echoPacket({ source, home }));
          cn.deliver(envelope({ source, home }, 50, new Uint8Array(32)));
          expect(cn.careOf(home)).toBe(formatAddress(mobile.careOfAddress));
        }
      });

      test('CN-PKT-10 with a type 0 routing header they draw Parameter Problem 0 when segments are left', () => {
        const source = cn.stranger();
        const payload = encodeIcmpv6(echoRequest(1), { source, destination: CORRESPONDENT });
        const packet = (segmentsLeft: number): Uint8Array =>
          envelope(
            { source, headers: [routing(0, segmentsLeft, new Uint8Array(20))] },
            58,
            payload,
          );
        const to = formatAddress(source);
        expect(problemOf(cn.deliver(packet(1)))).toEqual({ code: 0, pointer: 42, to, headers: [] });
        expect(kindsOf(cn.deliver(packet(0)))).toEqual(['echo-reply']);
      });
    });
  },
);
