/**
 * Cases of de-registrations against the process, with ESP: the two strict layouts, and everything else.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatAddress } from '../../dissectors/core/address.ts';
import { destinationOptions, homeAddressOption, ipv6Packet } from '../../dissectors/ipv6/build.ts';
import { AGENT, ATTACKER, hex, probes } from '../nodes/home-agent/bench.ts';
import { FLAG, fromHome } from '../nodes/home-agent/mobile-side.ts';
import type { Acknowledgement, Seen, UpdateFields } from '../nodes/home-agent/mobile-side.ts';
import { encapsulated, payloadPacket } from '../nodes/home-agent/network/traffic.ts';
import { ip } from '../nodes/wire-peer.ts';
import { WiredHomeAgent, linkLocalOf } from './wired-home-agent.ts';
import type { WiredMobile } from './wired-home-agent.ts';
import { canRun } from './wired-node.ts';

const BOTH = FLAG.A | FLAG.H;
const IPV6_OCTETS = 40;
const LAYOUT = 'binding-update-deregistration-layout';
const text = formatAddress;
/** Mobile nodes with modes of their own, and one that registers its link-local address too. */
const UMIP = 1;
const LAX = 2;
const LOCAL = 3;
/** Mobile nodes that are registered before the cases begin. */
const REGISTERED = 35;

describe.skipIf(!canRun)(
  'de-registrations at the home agent as a process (needs root, network namespaces and the package koffi)',
  () => {
    let ha: WiredHomeAgent;
    const bindings: WiredMobile[] = [];
    beforeAll(async () => {
      ha = new WiredHomeAgent(LOCAL + REGISTERED + 2, {
        [UMIP]: { entry: { deregistration: 'umip' } },
        [LAX]: { entry: { deregistration: 'rfc' } },
      });
      await ha.start();
      const special = [UMIP, LAX, LOCAL].map(() => ha.fresh());
      bindings.push(...Array.from({ length: REGISTERED }, () => ha.fresh()));
      ha.register([...special.slice(0, -1), ...bindings]);
      ha.register(special.slice(-1), { flags: BOTH | FLAG.L });
    });
    afterAll(() => ha.remove());

    const bound = (): WiredMobile => {
      const mobile = bindings.shift();
      if (mobile === undefined) throw new Error('more mobile nodes are needed');
      return mobile;
    };
    const expectBound = (mobile: WiredMobile, careOf: Uint8Array | undefined): void => {
      expect(ha.careOf(mobile)).toBe(careOf === undefined ? undefined : text(careOf));
    };
    const moveTo = (mobile: WiredMobile, sequence: number): Acknowledgement =>
      ha.answer(mobile, { sequence, careOf: mobile.next });
    const reverseTunnels = (mobile: WiredMobile): boolean => {
      const destination = ip('2001:db8:c::9');
      const inner = payloadPacket({ source: mobile.home, destination });
      const sent = ha.deliver(encapsulated(inner, mobile.careOf, AGENT));
      return sent.some(({ packet }) => packet.destination === text(destination));
    };

    describe('de-registration', () => {
      test('HA-DER-02 DRG-02 from the foreign link: with a routing header to the wire source', () => {
        const mobile = bound();
        const answer = ha.answer(mobile, { sequence: 11, lifetime: 0 });
        expect(answer).toMatchObject({ status: 0, lifetime: 0, sequence: 11, options: [] });
        expect(answer.wire).toMatchObject({
          destination: text(mobile.careOf),
          type2RoutingHeader: mobile.name,
        });
        expectBound(mobile, undefined);
      });

      test('HA-DER-03 both are answered without the A flag', () => {
        for (const isAtHome of [true, false]) {
          const mobile = bound();
          const way = isAtHome ? fromHome(mobile.home, 11) : { sequence: 11, lifetime: 0 };
          const answer = ha.answer(mobile, { ...way, flags: FLAG.H });
          expect(answer).toMatchObject({ status: 0, lifetime: 0 });
        }
      });

      test('HA-DER-04 DRG-15 without a binding: status 133', () => {
        const mobile = ha.fresh();
        expect(ha.answer(mobile, { sequence: 5, lifetime: 0 })).toMatchObject({ status: 133 });
      });

      test('HA-DAD-07 a registration after it waits for duplicate address detection again', () => {
        const mobile = bound();
        expect(ha.answer(mobile, { sequence: 11, lifetime: 0 })).toMatchObject({ status: 0 });
        const sent = ha.deliverAll([mobile.update({ sequence: 12 })]);
        expect(mobile.acknowledgements(sent)).toEqual([]);
        expect(probes(sent).map(({ target }) => target)).toEqual([mobile.name]);
      });

      test('DRG-16 HA-DER-05 both with a number that is not greater: status 135, the binding stays', () => {
        const mobile = bound();
        for (const fields of [fromHome(mobile.home, 10), { sequence: 10, lifetime: 0 }]) {
          expect(ha.answer(mobile, fields)).toMatchObject({ status: 135, sequence: 10 });
          expectBound(mobile, mobile.careOf);
        }
      });

      test('HA-DER-07 unprotected or under the association of another: silence, the binding stays', () => {
        const [mobile, other] = [bound(), bound()];
        const plain = mobile.update({ sequence: 11, lifetime: 0, isPlain: true });
        expect(ha.deliver(plain)).toEqual([]);
        const foreign = other.update({ sequence: 11, lifetime: 0, home: mobile.home });
        expect(ha.deliver(foreign)).toEqual([]);
        expectBound(mobile, mobile.careOf);
        expect(ha.answer(mobile, { sequence: 11, lifetime: 0 })).toMatchObject({ status: 0 });
      });

      test('HA-DER-09 HA-DER-10 HA-DER-12 HA-DER-13 afterwards nothing is defended, tunnelled back or routed', () => {
        const mobile = ha.mobile(LOCAL);
        const targets = [mobile.home, linkLocalOf(mobile.home)];
        const asked = (): number =>
          targets.flatMap((target) => [
            ...ha.solicit(target),
            ...ha.solicit(target, { destination: target }),
          ]).length;
        expect(asked()).toBe(4);
        expect([reverseTunnels(mobile), ha.ping(mobile, mobile.careOf)]).toEqual([true, 'routed']);
        // HA-DER-16 HA-DAD-08: until then its own address is defended against the returning mobile node.
        expect(ha.probe(mobile.home)).toHaveLength(1);
        expect(ha.answer(mobile, fromHome(mobile.home, 11))).toMatchObject({ status: 0 });
        expect(asked()).toBe(0);
        expect([reverseTunnels(mobile), ha.ping(mobile, mobile.careOf)]).toEqual([false, 'error']);
      });

      test('HA-DER-16 before its update the returning mobile node finds its address defended', () => {
        const mobile = bound();
        expect(ha.probe(mobile.home)).toMatchObject([
          {
            destination: 'ff02::1',
            isSolicited: false,
            linkLayerAddress: hex(ha.node.linkLayerAddress('home')),
          },
        ]);
        expect(ha.answer(mobile, fromHome(mobile.home, 11))).toMatchObject({ status: 0 });
        expect(ha.probe(mobile.home)).toEqual([]);
      });

      test('HA-DER-11 afterwards packets for the home address stay on the home link', () => {
        const mobile = bound();
        ha.homePeer.answerFor(mobile.home);
        expectBound(mobile, mobile.careOf);
        expect(ha.answer(mobile, fromHome(mobile.home, 11))).toMatchObject({ status: 0 });
        const packet = payloadPacket({ destination: mobile.home });
        ha.deliver(packet);
        const isForIt = (each: Seen): boolean => each.packet.destination === mobile.name;
        const sent = ha
          .awaitSent('the packet', (seen) => seen.some(isForIt), ha.deliver(packet))
          .filter(isForIt);
        expect(new Set(sent.map(({ link }) => link))).toEqual(new Set(['home']));
      });
    });

    describe('strict de-registration', () => {
      /** Nothing is sent, the binding stays, and the layout that is allowed is accepted with the same number. */
      function expectRefused(
        mobile: WiredMobile,
        packet: Uint8Array,
        link: 'home' | 'upstream',
      ): void {
        const before = ha.alarms(LAYOUT);
        expect(ha.deliver(packet, link)).toEqual([]);
        expectBound(mobile, mobile.careOf);
        // Alarms are limited: ten at once, and one a second.
        expect(ha.alarms(LAYOUT)).toBeGreaterThanOrEqual(before);
        expect(ha.answer(mobile, fromHome(mobile.home, 11))).toMatchObject({ status: 0 });
        expectBound(mobile, undefined);
      }

      /** A de-registration from home, caught by an attacker, who puts a Home Address option in front. */
      function relayed(mobile: WiredMobile): Uint8Array {
        const caught = mobile.update(fromHome(mobile.home, 11));
        return ipv6Packet({
          source: ATTACKER,
          destination: AGENT,
          hopLimit: 60,
          headers: [destinationOptions([homeAddressOption(mobile.home)])],
          protocol: 50,
          payload: caught.slice(IPV6_OCTETS),
        });
      }

      test('DRG-03 DRG-18 an update from home, caught and sent on behind a Home Address option, draws an alarm and nothing else', () => {
        const mobile = bound();
        expect(ha.alarms(LAYOUT)).toBe(0);
        expectRefused(mobile, relayed(mobile), 'upstream');
        expect(ha.alarms(LAYOUT)).toBe(1);
      });

      test('DRG-19 in mode rfc the same attack works, and the attacker gets the acknowledgement', () => {
        const mobile = ha.mobile(LAX);
        const [answer] = mobile.acknowledgements(ha.deliver(relayed(mobile)));
        expect(answer).toMatchObject({ status: 0 });
        expect(answer?.wire.destination).toBe(text(ATTACKER));
        expectBound(mobile, undefined);
      });

      const away = { sequence: 11, lifetime: 0 } as const;
      const LAYOUTS: readonly [string, (mobile: WiredMobile) => UpdateFields][] = [
        [
          'DRG-04 attacker, home address as Alternate',
          ({ home }) => ({ ...away, source: ATTACKER, alternate: home }),
        ],
        [
          'DRG-05 attacker, care-of address as Alternate',
          ({ careOf }) => ({ ...away, source: ATTACKER, alternate: careOf }),
        ],
        [
          'DRG-05 attacker, named as Alternate too',
          () => ({ ...away, source: ATTACKER, alternate: ATTACKER }),
        ],
        ['DRG-06 no Alternate', () => ({ ...away, alternate: 'none' })],
        ['DRG-07 home address as Alternate', ({ home }) => ({ ...away, alternate: home })],
        ['DRG-08 another address as Alternate', ({ next }) => ({ ...away, alternate: next })],
        [
          'DRG-09 home address as source and in the option',
          ({ home }) => ({ ...fromHome(home, 11), option: home }),
        ],
        [
          'DRG-10 at home, home address as Alternate',
          ({ home }) => ({ ...fromHome(home, 11), alternate: home }),
        ],
        [
          'DRG-11 at home, care-of address as Alternate',
          ({ home, careOf }) => ({ ...fromHome(home, 11), alternate: careOf }),
        ],
        [
          'DRG-11 at home, any address as Alternate',
          ({ home }) => ({ ...fromHome(home, 11), alternate: ATTACKER }),
        ],
        [
          'DRG-12 home address everywhere',
          ({ home }) => ({ ...fromHome(home, 11), option: home, alternate: home }),
        ],
        [
          'DRG-13 care-of address as source, without Home Address option',
          () => ({ ...away, option: 'none' }),
        ],
        [
          'DRG-17 from the home address, but not on the home link',
          ({ home }) => ({ ...fromHome(home, 11), link: 'upstream' }),
        ],
      ];
      test.each(LAYOUTS)('%s: silence, the binding stays', (_, make) => {
        const mobile = bound();
        const fields = make(mobile);
        expectRefused(mobile, mobile.update(fields), fields.link ?? 'upstream');
      });

      test('DRG-14 a care-of address of before', () => {
        const mobile = bound();
        expect(moveTo(mobile, 11)).toMatchObject({ status: 0 });
        expect(ha.update(mobile, { sequence: 12, lifetime: 0 })).toEqual([]);
        expectBound(mobile, mobile.next);
        const current = { sequence: 12, lifetime: 0, careOf: mobile.next };
        expect(ha.answer(mobile, current)).toMatchObject({ status: 0 });
      });

      test('DRG-22 reserved flags and unknown options change nothing', () => {
        for (const isAtHome of [true, false]) {
          const mobile = bound();
          const answer = ha.answer(mobile, {
            ...(isAtHome ? fromHome(mobile.home, 11) : away),
            flags: BOTH | 0x000f,
            options: [{ kind: 'unknown', type: 200, data: Uint8Array.of(1, 2, 3) }],
          });
          expect(answer).toMatchObject({ status: 0, lifetime: 0 });
          expectBound(mobile, undefined);
        }
      });

      test('DRG-10 DRG-19 mode umip takes what UMIP sends at home, and nothing more', () => {
        const mobile = ha.mobile(UMIP);
        const { home } = mobile;
        const umip = { ...fromHome(home, 11), alternate: home };
        for (const fields of [
          { ...umip, option: home },
          { ...away, source: ATTACKER, alternate: home },
          { ...away, alternate: home },
        ]) {
          expect(ha.update(mobile, fields)).toEqual([]);
          expectBound(mobile, mobile.careOf);
        }
        expect(ha.answer(mobile, umip)).toMatchObject({ status: 0, lifetime: 0 });
        expectBound(mobile, undefined);
      });
    });
  },
);
