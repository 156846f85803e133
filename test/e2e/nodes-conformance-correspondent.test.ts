/**
 * Cases of the correspondent node against the process, judged by what is on the wire. What takes minutes, or looks into the
 * node, stays with the state machines.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatAddress } from '../../dissectors/core/address.ts';
import type { MobilityMessage } from '../../dissectors/mobility/header.ts';
import type { MobilityOption } from '../../dissectors/mobility/options/index.ts';
import { COOKIE } from '../nodes/common/messages.ts';
import {
  CORRESPONDENT,
  FLAG,
  OTHER_CORRESPONDENT,
  echoPacket,
  mobilityPacket,
  only,
} from '../nodes/correspondent-node/bench.ts';
import { acknowledgementOf, kindsOf, statusOf } from '../nodes/correspondent-node/mobile-peer.ts';
import type { MobilePeer, UpdateFields } from '../nodes/correspondent-node/mobile-peer.ts';
import { ip } from '../nodes/wire-peer.ts';
import type { WirePacket } from '../nodes/wire-peer.ts';
import { WiredCorrespondent } from './wired-correspondent.ts';
import { canRun } from './wired-node.ts';

const UNKNOWN_OPTION: MobilityOption = { kind: 'unknown', type: 250, data: new Uint8Array(6) };
const HOME_TEST_INIT: MobilityMessage = { kind: 'home-test-init', homeInitCookie: COOKIE };
const CARE_OF_TEST_INIT: MobilityMessage = { kind: 'care-of-test-init', careOfInitCookie: COOKIE };
const INITS = [
  [HOME_TEST_INIT, 'home-test'],
  [CARE_OF_TEST_INIT, 'care-of-test'],
] as const;

function problemOf(packets: readonly WirePacket[]): unknown {
  const [packet] = packets;
  const message = packet?.icmpv6;
  if (packets.length !== 1 || message?.kind !== 'parameter-problem') return packets;
  return { code: message.code, pointer: message.pointer, to: packet?.destination };
}

function isAuthorized(packets: readonly WirePacket[]): boolean {
  return packets[0]?.mobility?.options.at(-1)?.kind === 'binding-authorization-data';
}

describe.skipIf(!canRun)(
  'the correspondent node as a process (needs root, network namespaces and the package koffi)',
  () => {
    let cn: WiredCorrespondent;
    beforeAll(async () => {
      cn = new WiredCorrespondent();
      await cn.start();
    });
    afterAll(() => cn.remove());

    const tested = (): ReturnType<WiredCorrespondent['mobile']> => {
      const mobile = cn.mobile();
      mobile.tests();
      return mobile;
    };
    const bound = (fields: UpdateFields = {}): ReturnType<WiredCorrespondent['mobile']> => {
      const mobile = tested();
      expect(statusOf(mobile.register(fields))).toBe(0);
      return mobile;
    };
    const careOf = ({ homeAddress }: MobilePeer): string | undefined => cn.careOf(homeAddress);

    /** Nothing is sent and nothing is bound, and the same update unspoiled is accepted. */
    function expectSilence(spoil: (mobile: ReturnType<typeof tested>) => UpdateFields): void {
      const mobile = tested();
      expect(mobile.register(spoil(mobile))).toEqual([]);
      expect(careOf(mobile)).toBeUndefined();
      expect(statusOf(mobile.register({ sequence: mobile.sequence }))).toBe(0);
      expect(careOf(mobile)).toBe(formatAddress(mobile.careOfAddress));
    }

    describe('return routability', () => {
      test('CN-RR-01 CN-RR-12 a Home Test Init is answered to the home address, also while there is a binding', () => {
        const mobile = bound();
        expect(careOf(mobile)).toBe(formatAddress(mobile.careOfAddress));
        const source = mobile.homeAddress;
        const answer = cn.deliver(mobilityPacket({ source }, HOME_TEST_INIT));
        expect(only(answer, 'home-test').homeInitCookie).toEqual(COOKIE);
        expect(answer[0]).toMatchObject({
          source: formatAddress(CORRESPONDENT),
          destination: formatAddress(source),
          headers: [],
        });
      });

      test('CN-RR-02 CN-RR-12 a Care-of Test Init is answered to the care-of address, also while there is a binding', () => {
        for (const mobile of [cn.mobile(), bound()]) {
          const source = mobile.careOfAddress;
          const answer = cn.deliver(mobilityPacket({ source }, CARE_OF_TEST_INIT));
          const message = only(answer, 'care-of-test');
          expect(message.careOfInitCookie).toEqual(COOKIE);
          expect(message.careOfKeygenToken).toHaveLength(8);
          expect(answer[0]).toMatchObject({ destination: formatAddress(source), headers: [] });
        }
      });

      test('CN-RR-03 CN-RR-04 test inits with a Home Address option draw nothing', () => {
        const { homeAddress: home, careOfAddress: source } = cn.mobile();
        for (const [message, kind] of INITS) {
          expect(cn.deliver(mobilityPacket({ source, home }, message))).toEqual([]);
          expect(only(cn.deliver(mobilityPacket({ source }, message)), kind).kind).toBe(kind);
        }
      });

      test('CN-RR-05 test inits with a wrong checksum draw nothing', () => {
        const source = cn.stranger();
        for (const [message, kind] of INITS) {
          const packet = mobilityPacket({ source }, message);
          const spoiled = packet.slice();
          spoiled[45] = (spoiled[45] ?? 0) ^ 1;
          expect(cn.deliver(spoiled)).toEqual([]);
          expect(only(cn.deliver(packet), kind).kind).toBe(kind);
        }
      });

      test('CN-RR-06 CN-RR-07 another Payload Proto than 59, or Header Len 0, draws Parameter Problem 0 there', () => {
        const source = cn.stranger();
        const to = formatAddress(source);
        for (const [message] of INITS) {
          const piggybacked = mobilityPacket({ source }, message, [], { payloadProto: 17 });
          expect(problemOf(cn.deliver(piggybacked))).toEqual({ code: 0, pointer: 40, to });
          const short = mobilityPacket({ source }, message, [], { headerLength: 0 });
          expect(problemOf(cn.deliver(short))).toEqual({ code: 0, pointer: 41, to });
        }
      });

      test('CN-RR-13 test inits with a mobility option that nobody knows are answered', () => {
        const source = cn.stranger();
        for (const [message, kind] of INITS) {
          const answer = cn.deliver(mobilityPacket({ source }, message, [UNKNOWN_OPTION]));
          expect(only(answer, kind).kind).toBe(kind);
        }
      });

      test('CN-RR-15 test inits of one nonce period share the nonce', () => {
        const indices = new Set<number>();
        const mobiles = Array.from({ length: 30 }, () => tested());
        for (const { homeToken, careOfToken } of mobiles) {
          indices.add(homeToken?.index ?? -1).add(careOfToken?.index ?? -1);
        }
        // The period may have ended meanwhile, once.
        expect(indices.size).toBeLessThanOrEqual(2);
        expect(indices.has(-1)).toBe(false);
        const tokens = new Set(mobiles.map(({ homeToken }) => homeToken?.octets.join()));
        expect(tokens.size).toBe(mobiles.length);
      });
    });

    describe('updates that are accepted', () => {
      test('CN-BU-01 CN-BU-20 a valid update is acknowledged with Authorization Data, and packets take the care-of address', () => {
        const mobile = tested();
        expect(cn.route(mobile.homeAddress)).toMatchObject({ headers: [] });
        const answer = mobile.register();
        expect(acknowledgementOf(answer)).toMatchObject({ status: 0, sequence: mobile.sequence });
        expect(isAuthorized(answer)).toBe(true);
        expect(mobile.verifies(answer[0])).toBe(true);
        expect(mobile.verifies(answer[0], mobile.next)).toBe(false);
        expect(careOf(mobile)).toBe(formatAddress(mobile.careOfAddress));
      });

      test('CN-BU-02 a valid update without the A bit is accepted in silence', () => {
        const mobile = tested();
        expect(mobile.register({ flags: 0 })).toEqual([]);
        expect(careOf(mobile)).toBe(formatAddress(mobile.careOfAddress));
      });

      test('CN-BU-09 an Alternate Care-of Address is signed and bound; the answer goes to the wire source', () => {
        const mobile = cn.mobile();
        mobile.homeTest();
        mobile.careOfTest(mobile.next);
        expect(
          mobile.register({ alternate: mobile.next, signedCareOf: mobile.careOfAddress }),
        ).toEqual([]);
        const answer = mobile.register({ alternate: mobile.next });
        expect(statusOf(answer)).toBe(0);
        expect(answer[0]?.destination).toBe(formatAddress(mobile.careOfAddress));
        expect(mobile.verifies(answer[0], mobile.next)).toBe(true);
        expect(careOf(mobile)).toBe(formatAddress(mobile.next));
      });

      test('CN-BU-11 a second update with a new care-of address moves the binding', () => {
        const mobile = bound();
        const { homeAddress: home } = mobile;
        const old = echoPacket({ source: mobile.careOfAddress, home });
        expect(kindsOf(cn.deliver(old))).toEqual(['echo-reply']);
        mobile.moveTo(mobile.next);
        expect(statusOf(mobile.register())).toBe(0);
        expect(careOf(mobile)).toBe(formatAddress(mobile.next));
        expect(only(cn.deliver(old), 'binding-error').status).toBe(1);
        expect(cn.deliver(echoPacket({ source: mobile.next, home }))[0]).toMatchObject({
          icmpv6: { kind: 'echo-reply' },
          destination: formatAddress(mobile.next),
          type2RoutingHeader: formatAddress(home),
        });
      });

      test('CN-BU-16 CN-BU-22 K, L and R mean nothing here, and no prefix is forwarded', () => {
        const mobile = tested();
        const prefix: MobilityOption = {
          kind: 'mobile-network-prefix',
          prefixLength: 64,
          prefix: ip('2001:db8:ee::'),
        };
        const flags = FLAG.A | FLAG.K | FLAG.L | FLAG.R;
        const answer = mobile.register({ flags, before: [prefix] });
        expect(acknowledgementOf(answer)).toMatchObject({ status: 0, flags: 0 });
        expect(cn.careOf(ip('2001:db8:ee::5'))).toBeUndefined();
        expect(careOf(mobile)).toBe(formatAddress(mobile.careOfAddress));
      });

      test('CN-BU-18 an option that nobody knows in front of the Authorization Data is signed and skipped', () => {
        const mobile = tested();
        const spoil = (octets: Uint8Array): void => {
          octets[octets.indexOf(250, 12) + 2] = 0x55;
        };
        expect(mobile.register({ between: [UNKNOWN_OPTION], spoil })).toEqual([]);
        expect(statusOf(mobile.register({ between: [UNKNOWN_OPTION] }))).toBe(0);
        expect(statusOf(mobile.register({ before: [UNKNOWN_OPTION] }))).toBe(0);
      });

      test('CN-BU-19 acknowledgements have the routing header unless the update came from the home address without option', () => {
        const mobile = tested();
        const [away] = mobile.register({ flags: FLAG.A | FLAG.K });
        expect(away).toMatchObject({
          source: formatAddress(CORRESPONDENT),
          destination: formatAddress(mobile.careOfAddress),
          type2RoutingHeader: formatAddress(mobile.homeAddress),
          headers: [43],
          mobility: { message: { flags: 0 } },
        });
        const [home] = mobile.register({ source: mobile.homeAddress, lifetime: 0 });
        expect(home).toMatchObject({ destination: formatAddress(mobile.homeAddress), headers: [] });
        expect(home?.mobility?.message).toMatchObject({ status: 0, flags: 0 });
      });

      test('CN-BU-21 a sequence number that is not greater draws 135 with the last one, signed, A bit or not', () => {
        const mobile = bound({ sequence: 15 });
        const first = formatAddress(mobile.careOfAddress);
        mobile.moveTo(mobile.next);
        for (const sequence of [15, 14, 0, 65_535, 32_783]) {
          const answer = mobile.register({ sequence, flags: sequence === 14 ? 0 : FLAG.A });
          expect(acknowledgementOf(answer)).toMatchObject({ status: 135, sequence: 15 });
          expect(mobile.verifies(answer[0])).toBe(true);
          expect(careOf(mobile)).toBe(first);
        }
        expect(statusOf(mobile.register({ sequence: 32_782 }))).toBe(0);
        expect(careOf(mobile)).toBe(formatAddress(mobile.next));
        expect(statusOf(mobile.register({ sequence: 65_535 }))).toBe(0);
        expect(statusOf(mobile.register({ sequence: 0 }))).toBe(0);
      });
    });

    describe('updates that are thrown away', () => {
      test('CN-BU-03 CN-BU-04 without Nonce Indices, or without Authorization Data', () => {
        expectSilence(() => ({ hasNonceIndices: false }));
        expectSilence(() => ({ hasAuthorization: false }));
      });

      test('CN-BU-05 with a wrong authenticator, and the binding stays as it is', () => {
        const spoil = (octets: Uint8Array): void => {
          octets[octets.length - 1] = (octets.at(-1) ?? 0) ^ 1;
        };
        expectSilence(() => ({ spoil }));
        const mobile = bound();
        const first = formatAddress(mobile.careOfAddress);
        mobile.moveTo(mobile.next);
        expect(mobile.register({ spoil })).toEqual([]);
        expect(careOf(mobile)).toBe(first);
      });

      test('CN-BU-06 with an authenticator for another care-of address, correspondent, home address or sequence number', () => {
        expectSilence(({ next }) => ({ signedCareOf: next }));
        expectSilence(() => ({ signedCorrespondent: OTHER_CORRESPONDENT }));
        expectSilence(() => ({ home: cn.mobile().homeAddress }));
        expectSilence(() => ({
          spoil: (octets) => {
            octets[7] = (octets[7] ?? 0) + 1;
          },
        }));
        expectSilence(({ next }) => ({ source: next, signedCareOf: next }));
      });

      test('CN-BU-07 COM-MH-22 with Authorization Data that is not last, or with padding behind it', () => {
        expectSilence(() => ({ after: [{ kind: 'padn', padding: new Uint8Array(6) }] }));
        expectSilence(() => ({
          after: Array.from({ length: 8 }, () => ({ kind: 'pad1' }) as const),
        }));
        expectSilence(() => ({ after: [UNKNOWN_OPTION] }));
      });

      test('CN-BU-08 without tests: 136 to 138 for indices nobody has, silence when the indices are good and the rest is not', () => {
        const mobile = cn.mobile();
        const key = new Uint8Array(20).fill(7);
        const other = tested();
        const homeIndex = other.homeToken?.index ?? 0;
        const unknown = (homeIndex + 1000) & 0xffff;
        const nobodys = { key, homeIndex: unknown, careOfIndex: unknown };
        expect(statusOf(mobile.register(nobodys))).toBe(138);
        expect(mobile.register({ key, homeIndex, careOfIndex: homeIndex })).toEqual([]);
        expect(careOf(mobile)).toBeUndefined();
        expect(statusOf(other.register())).toBe(0);
      });

      test('CN-BU-10 with a care-of address or home address that is not unicast routable', () => {
        for (const text of ['ff0e::1', 'fe80::5', '::1', '::', '::ffff:192.0.2.7']) {
          expectSilence(() => ({ alternate: ip(text) }));
          expectSilence(() => ({ home: ip(text) }));
        }
        // Addresses of the correspondent itself would loop.
        expectSilence(() => ({ alternate: OTHER_CORRESPONDENT }));
        expectSilence(() => ({ home: OTHER_CORRESPONDENT }));
      });

      test('CN-BU-12 a second update that fails a test leaves the binding where it was', () => {
        const mobile = bound();
        const first = formatAddress(mobile.careOfAddress);
        mobile.moveTo(mobile.next);
        const unknown = ((mobile.homeToken?.index ?? 0) + 1000) & 0xffff;
        const spoiled: UpdateFields[] = [
          { hasNonceIndices: false },
          { hasAuthorization: false },
          { key: new Uint8Array(20) },
          { signedCareOf: mobile.homeAddress },
          { homeIndex: unknown },
          { sequence: 50 },
        ];
        for (const fields of spoiled) {
          mobile.register(fields);
          expect(careOf(mobile)).toBe(first);
        }
        mobile.sequence = 200;
        mobile.register();
        expect(careOf(mobile)).toBe(formatAddress(mobile.next));
      });
    });

    describe('home registrations at a node that is no home agent', () => {
      const asHome = {
        flags: FLAG.A | FLAG.H,
        hasNonceIndices: false,
        hasAuthorization: false,
      } as const;

      test('CN-BU-13 draw 131 without Authorization Data', () => {
        const mobile = cn.mobile();
        const answer = mobile.register(asHome);
        expect(acknowledgementOf(answer)).toMatchObject({ status: 131, sequence: mobile.sequence });
        expect(isAuthorized(answer)).toBe(false);
        expect(careOf(mobile)).toBeUndefined();
      });

      test('CN-BU-14 draw nothing when they have Nonce Indices', () => {
        const mobile = tested();
        expect(mobile.register({ flags: FLAG.A | FLAG.H })).toEqual([]);
        expect(statusOf(mobile.register(asHome))).toBe(131);
        expect(statusOf(mobile.register())).toBe(0);
      });

      test('CN-BU-15 draw 139 while there is a binding, which stays', () => {
        const mobile = bound();
        const answer = mobile.register(asHome);
        expect(statusOf(answer)).toBe(139);
        expect(isAuthorized(answer)).toBe(false);
        expect(careOf(mobile)).toBe(formatAddress(mobile.careOfAddress));
      });
    });

    describe('nonces', () => {
      const unknownOf = ({ homeToken }: MobilePeer): number =>
        ((homeToken?.index ?? 0) + 1000) & 0xffff;

      test('CN-NON-08 indices that were never given out draw 136, 137 and 138 without Authorization Data', () => {
        const mobile = tested();
        const unknown = unknownOf(mobile);
        const cases = [
          [{ homeIndex: unknown }, 136],
          [{ careOfIndex: unknown }, 137],
          [{ homeIndex: unknown, careOfIndex: unknown }, 138],
        ] as const;
        for (const [fields, status] of cases) {
          for (const flags of [FLAG.A, 0]) {
            const answer = mobile.register({ ...fields, flags });
            expect([statusOf(answer), isAuthorized(answer)]).toEqual([status, false]);
          }
        }
        expect(careOf(mobile)).toBeUndefined();
        expect(statusOf(mobile.register())).toBe(0);
      });

      test('CN-NON-11 the care-of index of a deletion is not looked at', () => {
        const mobile = bound();
        for (const careOfIndex of [0, 0xffff, unknownOf(mobile)]) {
          expect(statusOf(mobile.register())).toBe(0);
          expect(statusOf(mobile.register({ lifetime: 0, careOfIndex }))).toBe(0);
          expect(careOf(mobile)).toBeUndefined();
        }
      });
    });

    describe('lifetimes and deletion', () => {
      test('CN-LIFE-01 CN-LIFE-02 420 seconds are granted, and no more', () => {
        for (const lifetime of [105, 106, 0xffff]) {
          expect(acknowledgementOf(tested().register({ lifetime })).lifetime).toBe(105);
        }
      });

      test('CN-LIFE-06 from home it is acknowledged to the home address without routing header', () => {
        const mobile = bound();
        const { homeAddress: source } = mobile;
        const answer = mobile.register({ source, lifetime: 0 });
        expect(acknowledgementOf(answer)).toMatchObject({ status: 0, lifetime: 0 });
        expect(answer[0]).toMatchObject({ destination: formatAddress(source), headers: [] });
        expect(mobile.verifies(answer[0], source, mobile.key(true))).toBe(true);
        expect(careOf(mobile)).toBeUndefined();
        mobile.register();
        expect(careOf(mobile)).toBeDefined();
        expect(mobile.register({ source, lifetime: 0, flags: 0 })).toEqual([]);
        expect(careOf(mobile)).toBeUndefined();
      });

      test('CN-LIFE-07 from a foreign link it is acknowledged to the wire source with a routing header', () => {
        const mobile = bound();
        const answer = mobile.register({ source: mobile.next, lifetime: 0 });
        expect(acknowledgementOf(answer)).toMatchObject({ status: 0, lifetime: 0 });
        expect(answer[0]).toMatchObject({
          destination: formatAddress(mobile.next),
          type2RoutingHeader: formatAddress(mobile.homeAddress),
        });
        expect(careOf(mobile)).toBeUndefined();
      });

      test('CN-LIFE-08 it is signed with SHA-1 of the home token, over the home address; the care-of address is taken too', () => {
        for (const isHome of [true, false]) {
          const mobile = bound();
          const signedCareOf = isHome ? mobile.homeAddress : mobile.careOfAddress;
          expect(mobile.register({ lifetime: 0, signedCareOf: mobile.next })).toEqual([]);
          expect(careOf(mobile)).toBe(formatAddress(mobile.careOfAddress));
          const answer = mobile.register({ lifetime: 0, signedCareOf });
          expect(statusOf(answer)).toBe(0);
          expect(mobile.verifies(answer[0], signedCareOf, mobile.key(true))).toBe(true);
          expect(careOf(mobile)).toBeUndefined();
        }
      });

      test('CN-LIFE-09 signed with the key of both tokens it is thrown away', () => {
        const mobile = bound();
        const careOfIndex = mobile.careOfToken?.index ?? 0;
        expect(mobile.register({ lifetime: 0, key: mobile.key(), careOfIndex })).toEqual([]);
        expect(careOf(mobile)).toBeDefined();
        expect(statusOf(mobile.register({ lifetime: 0 }))).toBe(0);
      });

      test('CN-LIFE-10 of what is not there it is accepted with status 0, and nothing comes of it', () => {
        const mobile = tested();
        const answer = acknowledgementOf(mobile.register({ lifetime: 0 }));
        expect(answer).toMatchObject({ status: 0, lifetime: 0 });
        expect(careOf(mobile)).toBeUndefined();
      });

      test('CN-LIFE-11 with a sequence number that is not greater it draws 135 and the binding stays', () => {
        const mobile = bound({ sequence: 77 });
        const answer = mobile.register({ sequence: 77, lifetime: 0 });
        expect(acknowledgementOf(answer)).toMatchObject({ status: 135, sequence: 77 });
        expect(careOf(mobile)).toBeDefined();
        expect(statusOf(mobile.register({ sequence: 78, lifetime: 0 }))).toBe(0);
      });

      test('CN-LIFE-12 an old update is refused after the deletion', () => {
        const mobile = tested();
        const first = mobile.update();
        expect(statusOf(cn.deliver(first))).toBe(0);
        const deletion = mobile.update({ lifetime: 0 });
        expect(statusOf(cn.deliver(deletion))).toBe(0);
        for (const old of [first, deletion]) {
          const answer = acknowledgementOf(cn.deliver(old));
          expect(answer).toMatchObject({ status: 135, sequence: mobile.sequence });
          expect(careOf(mobile)).toBeUndefined();
        }
      });

      test('CN-LIFE-13 a care-of address that is the home address deletes, whatever the lifetime', () => {
        for (const name of ['source', 'alternate'] as const) {
          const mobile = bound();
          const home = mobile.homeAddress;
          const fields = { [name]: home, key: mobile.key(true), signedCareOf: home };
          const answer = mobile.register({ ...fields, lifetime: 105 });
          expect(acknowledgementOf(answer)).toMatchObject({ status: 0, lifetime: 0 });
          expect(careOf(mobile)).toBeUndefined();
        }
      });

      test(
        'CN-LIFE-03 CN-LIFE-04 CN-LIFE-05 CN-BRR-01 CN-BRR-02 CN-BRR-04 the last of four seconds',
        { retry: 2 },
        () => {
          const [used, idle, longer] = [1, 1, 1].map((lifetime) => bound({ lifetime }));
          const begin = performance.now();
          if (used === undefined || idle === undefined || longer === undefined) throw new Error();
          const home = formatAddress(used.homeAddress);
          const packet = echoPacket({ source: used.careOfAddress, home: used.homeAddress });
          expect(kindsOf(cn.deliver(packet))).toEqual(['echo-reply']);
          expect(acknowledgementOf(longer.register({ lifetime: 3 })).lifetime).toBe(3);
          cn.node.run(3300 - (performance.now() - begin));
          cn.peer.take();
          const late = cn.deliver(packet);
          expect(kindsOf(late).sort()).toEqual(['binding-refresh-request', 'echo-reply']);
          const request = late.find(({ mobility }) => mobility?.mhType === 0);
          expect(request).toMatchObject({
            source: formatAddress(CORRESPONDENT),
            destination: home,
            headers: [],
            mobility: { headerLength: 0, options: [] },
          });
          // Too early to ask again.
          expect(kindsOf(cn.deliver(packet))).toEqual(['echo-reply']);
          cn.node.run(4100 - (performance.now() - begin));
          // The idle one was never asked.
          expect(cn.peer.take()).toEqual([]);
          expect(only(cn.deliver(packet), 'binding-error').status).toBe(1);
          expect([used, idle].map(careOf)).toEqual([undefined, undefined]);
          expect(careOf(longer)).toBe(formatAddress(longer.careOfAddress));
        },
      );
    });
  },
);
