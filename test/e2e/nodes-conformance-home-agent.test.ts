/**
 * Cases of home registrations against the process, with ESP.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatAddress } from '../../dissectors/core/address.ts';
import {
  AGENT,
  ATTACKER,
  hex,
  neighborDiscovery,
  onlyOne,
  probes,
  advertisements,
} from '../nodes/home-agent/bench.ts';
import { FLAG, fromHome } from '../nodes/home-agent/mobile-side.ts';
import type { Acknowledgement, Seen, UpdateFields } from '../nodes/home-agent/mobile-side.ts';
import { solicitedNodeGroup } from '../../nodes/interface/link-address.ts';
import { ip } from '../nodes/wire-peer.ts';
import { WiredHomeAgent, linkLocalOf } from './wired-home-agent.ts';
import type { WiredMobile } from './wired-home-agent.ts';
import { canRun } from './wired-node.ts';

const BOTH = FLAG.A | FLAG.H;
const WITH_LINK_LOCAL = BOTH | FLAG.L;
const text = formatAddress;

/** First updates, all sent at the same time; each has a mobile node of its own. */
const FIRST = {
  plain: (): UpdateFields => ({ sequence: 1 }),
  withoutA: () => ({ sequence: 1, flags: FLAG.H }),
  reserved: () => ({ sequence: 1, flags: BOTH | 0x000f }),
  keyMobility: () => ({ sequence: 1, flags: BOTH | FLAG.K }),
  linkLocal: () => ({ sequence: 1, flags: WITH_LINK_LOCAL }),
  alternate: ({ next, careOf }: WiredMobile) => ({ sequence: 1, source: next, alternate: careOf }),
  number0: () => ({ sequence: 0 }),
  number32767: () => ({ sequence: 32_767 }),
  number32768: () => ({ sequence: 32_768 }),
  number65535: () => ({ sequence: 65_535 }),
  long: () => ({ sequence: 1, lifetime: 262_140 }),
  again: () => ({ sequence: 1 }),
  owned: () => ({ sequence: 1 }),
  probed: () => ({ sequence: 1 }),
  linkLocalOwned: () => ({ sequence: 1, flags: WITH_LINK_LOCAL }),
} satisfies Record<string, (mobile: WiredMobile) => UpdateFields>;

/** First updates that must draw nothing. */
const SPOILED = {
  'HA-REJ-01 in the clear': () => ({ sequence: 1, isPlain: true }),
  'HA-REJ-03 with Nonce Indices': () => ({
    sequence: 1,
    options: [{ kind: 'nonce-indices', homeNonceIndex: 1, careOfNonceIndex: 1 }],
  }),
  'HA-REJ-10 without Home Address option': ({ home, careOf }) => ({
    sequence: 1,
    option: 'none',
    source: home,
    alternate: careOf,
  }),
  'HA-REJ-11 with a multicast care-of address': () => ({ sequence: 1, alternate: ip('ff0e::1') }),
  'HA-REJ-11 with a link-local care-of address': () => ({ sequence: 1, alternate: ip('fe80::77') }),
  'HA-REJ-11 with the loopback address': () => ({ sequence: 1, alternate: ip('::1') }),
  'HA-REJ-11 with the unspecified address': () => ({ sequence: 1, alternate: ip('::') }),
  'HA-REJ-15 from a multicast source': ({ careOf }) => ({
    sequence: 1,
    source: ip('ff02::5'),
    alternate: careOf,
  }),
  'HA-REJ-15 from nobody': ({ careOf }) => ({ sequence: 1, source: ip('::'), alternate: careOf }),
  'HA-REJ-16 with a multicast Home Address option': () => ({
    sequence: 1,
    option: ip('ff0e::100'),
    home: ip('ff0e::100'),
  }),
  'HA-REJ-17 with a link-local Home Address option': () => ({
    sequence: 1,
    option: ip('fe80::100'),
    home: ip('fe80::100'),
  }),
  'HA-REJ-17 with a link-local Home Address option and L': () => ({
    sequence: 1,
    option: ip('fe80::100'),
    home: ip('fe80::100'),
    flags: WITH_LINK_LOCAL,
  }),
} satisfies Record<string, (mobile: WiredMobile) => UpdateFields>;

type Name = keyof typeof FIRST;
type Fault = keyof typeof SPOILED;

interface Outcome {
  readonly mobile: WiredMobile;
  readonly answers: readonly Acknowledgement[];
  readonly sentAt: number;
}

/** Mobile nodes that are registered before the cases begin. */
const REGISTERED = 40;
const COUNT = REGISTERED + Object.keys(FIRST).length + Object.keys(SPOILED).length + 12;

describe.skipIf(!canRun)(
  'the home agent as a process (needs root, network namespaces and the package koffi)',
  () => {
    let ha: WiredHomeAgent;
    const bindings: WiredMobile[] = [];
    const first = new Map<Name, Outcome>();
    const spoiled = new Map<Fault, WiredMobile>();
    /** All that was sent while the first updates were worked on. */
    let seen: Seen[] = [];

    beforeAll(async () => {
      ha = new WiredHomeAgent(COUNT);
      await ha.start();
      bindings.push(...Array.from({ length: REGISTERED }, () => ha.fresh()));
      ha.register(bindings);
      runFirst();
    });
    afterAll(() => ha.remove());

    function runFirst(): void {
      const begun = Object.entries(FIRST).map(([name, make]) => {
        const mobile = ha.fresh();
        const sentAt = performance.now();
        ha.post(mobile.update(make(mobile)), 'upstream');
        return { name: name as Name, mobile, sentAt };
      });
      for (const [name, make] of Object.entries(SPOILED)) {
        const mobile = ha.fresh();
        spoiled.set(name as Fault, mobile);
        const fields: UpdateFields = (make as (mobile: WiredMobile) => UpdateFields)(mobile);
        ha.post(mobile.update(fields), 'upstream');
      }
      const of = (name: Name): WiredMobile => {
        const found = begun.find((each) => each.name === name)?.mobile;
        if (found === undefined) throw new Error(name);
        return found;
      };
      // While duplicate address detection goes on.
      const disturbed = [of('owned').home, linkLocalOf(of('linkLocalOwned').home)];
      disturbed.push(of('probed').home, of('again').home);
      seen = ha.awaitSent('probes', (each) => {
        const targets = probes(each).map(({ target }) => target);
        return disturbed.every((address) => targets.includes(text(address)));
      });
      claim(of('owned').home);
      claim(linkLocalOf(of('linkLocalOwned').home));
      const probed = of('probed').home;
      const solicitation = {
        kind: 'neighbor-solicitation',
        code: 0,
        targetAddress: probed,
        options: [],
      } as const;
      const group = solicitedNodeGroup(probed);
      ha.post(neighborDiscovery(solicitation, new Uint8Array(16), group), 'home');
      ha.post(of('again').update({ sequence: 2 }), 'upstream');
      seen = ha.awaitSent(
        'answers, and what all nodes are told',
        (each) => {
          const told = (target: Uint8Array): number =>
            advertisements(each).filter((one) => one.target === text(target)).length;
          const [plain, linkLocal] = [of('plain').home, of('linkLocal').home];
          return (
            begun.every(({ mobile: { careOf, next } }) =>
              each.some(({ packet }) => [text(careOf), text(next)].includes(packet.destination)),
            ) && [plain, linkLocal, linkLocalOf(linkLocal)].every((target) => told(target) >= 3)
          );
        },
        seen,
      );
      // Nothing more is due.
      seen.push(...ha.run(1500));
      for (const { name, mobile, sentAt } of begun) {
        first.set(name, { mobile, sentAt, answers: mobile.acknowledgements(seen) });
      }
    }

    /** Somebody else on the home link has the address. */
    function claim(target: Uint8Array): void {
      const message = {
        kind: 'neighbor-advertisement',
        code: 0,
        flags: 0x2000_0000,
        targetAddress: target,
        options: [{ kind: 'target-link-layer-address', address: Uint8Array.of(2, 0, 0, 0, 9, 9) }],
      } as const;
      ha.post(neighborDiscovery(message, target, ip('ff02::1')), 'home');
    }

    const outcome = (name: Name): Outcome & { readonly answer: Acknowledgement } => {
      const found = first.get(name);
      if (found === undefined) throw new Error(name);
      return { ...found, answer: onlyOne(found.answers) };
    };
    const bound = (): WiredMobile => {
      const mobile = bindings.shift();
      if (mobile === undefined) throw new Error('more mobile nodes are needed');
      return mobile;
    };
    const expectBound = (mobile: WiredMobile, careOf: Uint8Array | undefined): void => {
      expect(ha.careOf(mobile)).toBe(careOf === undefined ? undefined : text(careOf));
    };

    const moveTo = (mobile: WiredMobile, sequence: number, flags = BOTH): Acknowledgement =>
      ha.answer(mobile, { sequence, flags, careOf: mobile.next });
    describe('first registrations', () => {
      test('HA-REG-01 HA-LIFE-01 one is accepted after duplicate address detection', () => {
        const { mobile, answer, sentAt } = outcome('plain');
        expect(answer).toMatchObject({ status: 0, sequence: 1, lifetime: 240 });
        expect(answer.at - sentAt).toBeGreaterThan(600);
        expectBound(mobile, mobile.careOf);
        expect(ha.ping(mobile, mobile.careOf)).toBe('routed');
        expect(ha.ping(mobile, mobile.next)).toBe('error');
      });

      test('HA-REG-02 HA-REG-05 HA-REG-09 without A there is an answer too; reserved flags and K count as zero', () => {
        for (const name of ['withoutA', 'reserved', 'keyMobility'] as const) {
          const { mobile, answer } = outcome(name);
          expect(answer).toMatchObject({ status: 0, flags: 0 });
          expectBound(mobile, mobile.careOf);
        }
      });

      test('HA-REG-03 the care-of address is that of the option, the answer goes to the wire source', () => {
        const { mobile, answer } = outcome('alternate');
        expect(answer.wire.destination).toBe(text(mobile.next));
        expectBound(mobile, mobile.careOf);
        expect([ha.ping(mobile, mobile.next), ha.ping(mobile, mobile.careOf)]).toEqual([
          'error',
          'routed',
        ]);
      });

      test('HA-REG-12 each home address has a binding and sequence numbers of its own', () => {
        const [one, other] = [bound(), bound()];
        expect(ha.answer(one, { sequence: 1000, lifetime: 400 })).toMatchObject({ lifetime: 400 });
        expect(ha.answer(other, { sequence: 15, lifetime: 100 })).toMatchObject({
          status: 0,
          lifetime: 100,
        });
        expect(ha.answer(one, { sequence: 16 })).toMatchObject({ status: 135, sequence: 1000 });
        expectBound(one, one.careOf);
        expectBound(other, other.careOf);
      });

      test('HA-REG-16 what comes again during duplicate address detection has one answer, to the latest', () => {
        const { mobile, answer } = outcome('again');
        expect(answer).toMatchObject({ status: 0, sequence: 2 });
        const probed = probes(seen).filter(({ target }) => target === mobile.name);
        expect(probed).toHaveLength(1);
      });

      test('HA-SEQ-01 HA-SEQ-14 without a binding every number is accepted, and the answer has it', () => {
        for (const number of [0, 32_767, 32_768, 65_535] as const) {
          expect(outcome(`number${number}`).answer).toMatchObject({ status: 0, sequence: number });
        }
      });

      test('HA-LIFE-02 HA-LIFE-13 the largest lifetime does not overflow, and a refresh is advised before its end', () => {
        const { answer } = outcome('long');
        expect(answer.lifetime).toBe(262_140);
        const [advice] = answer.options;
        if (advice?.kind !== 'binding-refresh-advice') throw new Error('no advice');
        expect(advice.refreshInterval * 4).toBeLessThan(262_140);
        expect(advice.refreshInterval).toBeGreaterThan(0);
      });
    });

    describe('duplicate address detection and proxy', () => {
      const probesOf = (target: Uint8Array): readonly { readonly at: number }[] =>
        probes(seen).filter((each) => each.target === text(target));

      test('HA-DAD-01 HA-DAD-02 HA-REG-13 HA-REG-14 solicitations from :: for the home address, with L for the link-local address too', () => {
        for (const [name, count] of [
          ['plain', 0],
          ['linkLocal', 1],
        ] as const) {
          const { mobile, answer } = outcome(name);
          const [probe, ...more] = probesOf(mobile.home);
          expect(more).toEqual([]);
          expect(answer.at - (probe?.at ?? 0)).toBeGreaterThan(600);
          expect(probesOf(linkLocalOf(mobile.home))).toHaveLength(count);
        }
        const { mobile } = outcome('plain');
        const solicitation = seen.find(
          ({ packet }) =>
            packet.icmpv6?.kind === 'neighbor-solicitation' &&
            text(packet.icmpv6.targetAddress) === mobile.name,
        );
        expect(solicitation?.packet).toMatchObject({
          source: '::',
          destination: text(solicitedNodeGroup(mobile.home)),
          hopLimit: 255,
        });
      });

      test('HA-DAD-03 HA-DAD-04 HA-DAD-05 HA-REJ-18 who has or probes one of the addresses draws 134 for the whole update', () => {
        for (const name of ['owned', 'probed', 'linkLocalOwned'] as const) {
          const { mobile, answer } = outcome(name);
          expect(answer).toMatchObject({ status: 134, sequence: 1 });
          expectBound(mobile, undefined);
          expect(ha.ping(mobile, mobile.careOf)).toBe('error');
          for (const target of [mobile.home, linkLocalOf(mobile.home)]) {
            expect(ha.probe(target)).toEqual([]);
            const told = advertisements(seen).filter((each) => each.target === text(target));
            expect(told).toEqual([]);
          }
        }
      });

      test('HA-DAD-06 HA-REG-06 with a binding refresh and move are answered at once, and packets follow', () => {
        const mobile = bound();
        for (const fields of [{ sequence: 11 }, { sequence: 12, careOf: mobile.next }]) {
          const sent = ha.deliverAll([mobile.update({ ...fields, lifetime: 300 })]);
          expect(probes(sent)).toEqual([]);
          const answer = onlyOne(mobile.acknowledgements(sent));
          expect(answer).toMatchObject({ status: 0, lifetime: 300 });
        }
        expectBound(mobile, mobile.next);
        expect([ha.ping(mobile, mobile.careOf), ha.ping(mobile, mobile.next)]).toEqual([
          'error',
          'routed',
        ]);
      });

      test('HA-ND-01 HA-ND-02 HA-ND-03 HA-ND-04 all nodes are told three times, after detection: home address, and with L the link-local one', () => {
        for (const [name, hasLinkLocal] of [
          ['plain', false],
          ['linkLocal', true],
        ] as const) {
          const { mobile } = outcome(name);
          const linkLocal = linkLocalOf(mobile.home);
          const told = (target: Uint8Array): ReturnType<typeof advertisements> =>
            advertisements(seen).filter(
              (each) => each.target === text(target) && !each.isSolicited,
            );
          expect(told(mobile.home)).toHaveLength(3);
          expect(told(linkLocal)).toHaveLength(hasLinkLocal ? 3 : 0);
          expect(told(mobile.home)[0]).toMatchObject({
            link: 'home',
            destination: 'ff02::1',
            linkLayerAddress: hex(ha.node.linkLayerAddress('home')),
            isRouter: false,
            isOverride: true,
          });
          const probe = probesOf(mobile.home)[0]?.at ?? 0;
          expect((told(mobile.home)[0]?.at ?? 0) - probe).toBeGreaterThan(600);
        }
      });

      test('HA-ND-05 HA-ND-06 HA-ND-09 who asks is answered, by group and by address, for bound home addresses only', () => {
        const { home } = bound();
        const stranger = ip('2001:db8:a::9999');
        for (const isUnicast of [false, true]) {
          const how = (target: Uint8Array): { destination?: Uint8Array } =>
            isUnicast ? { destination: target } : {};
          expect(ha.solicit(home, how(home))).toMatchObject([
            {
              destination: 'fe80::aaaa',
              linkLayerAddress: hex(ha.node.linkLayerAddress('home')),
              isRouter: false,
              isSolicited: true,
              isOverride: false,
            },
          ]);
          expect(ha.solicit(stranger, how(stranger))).toEqual([]);
        }
      });

      test('HA-ND-07 HA-ND-08 HA-DAD-08 HA-DAD-09 HA-DAD-10 probes are answered to all nodes, for the link-local address with L alone', () => {
        const withL = outcome('linkLocal').mobile;
        const without = outcome('plain').mobile;
        for (const { home } of [withL, without]) {
          expect(ha.probe(home)).toMatchObject([{ destination: 'ff02::1', isSolicited: false }]);
        }
        for (const [{ home }, count] of [
          [withL, 1],
          [without, 0],
        ] as const) {
          const target = linkLocalOf(home);
          expect(ha.probe(target)).toHaveLength(count);
          expect(ha.solicit(target)).toHaveLength(count);
          expect(ha.solicit(target, { destination: target })).toHaveLength(count);
        }
      });
    });

    describe('refusals', () => {
      test.each(Object.keys(SPOILED) as Fault[])(
        '%s: nothing is sent and nothing is bound',
        (fault) => {
          const mobile = spoiled.get(fault);
          if (mobile === undefined) throw new Error(fault);
          expect(mobile.acknowledgements(seen)).toEqual([]);
          expect(probes(seen).filter(({ target }) => target === mobile.name)).toEqual([]);
          expectBound(mobile, undefined);
          expect(ha.ping(mobile, mobile.careOf)).toBe('error');
          expect(ha.probe(mobile.home)).toEqual([]);
        },
      );

      test('updates that were spoiled are accepted unspoiled', () => {
        ha.register([...spoiled.values()], { sequence: 3 });
        for (const mobile of [...spoiled.values()].slice(0, 3)) expectBound(mobile, mobile.careOf);
      });

      test('HA-REJ-02 an update under the association of another home address changes nothing', () => {
        const [mobile, victim] = [bound(), bound()];
        const packet = mobile.update({ sequence: 50, home: victim.home, careOf: ATTACKER });
        expect(ha.deliver(packet)).toEqual([]);
        expectBound(victim, victim.careOf);
        expectBound(mobile, mobile.careOf);
        expect(ha.answer(mobile, { sequence: 50 })).toMatchObject({ status: 0 });
      });

      test('HA-REJ-12 HA-REJ-13 DRG-20 a care-of address that is a home address is refused with 174', () => {
        const [mobile, other] = [bound(), bound()];
        for (const [sequence, { home }] of [
          [11, mobile],
          [12, other],
        ] as const) {
          const fields = { sequence, alternate: home };
          expect(ha.answer(mobile, fields)).toMatchObject({ status: 174 });
          expectBound(mobile, mobile.careOf);
        }
      });

      test('without H, and signed by nobody, an update of a home registration changes nothing', () => {
        const mobile = bound();
        const answers = ha.update(mobile, { sequence: 11, flags: FLAG.A, careOf: mobile.next });
        expect(answers.filter(({ status }) => status < 128)).toEqual([]);
        expectBound(mobile, mobile.careOf);
      });
    });

    describe('sequence numbers', () => {
      test.each([
        ['HA-SEQ-02', 15, 16],
        ['HA-SEQ-03', 15, 32_782],
        ['HA-SEQ-08', 65_535, 0],
        ['HA-SEQ-09', 32_783, 32_784],
        ['HA-SEQ-10', 32_783, 14],
      ])('%s HA-SEQ-14 after %d comes %d', (_, last, next) => {
        const mobile = bound();
        numberOf(mobile, last);
        expect(moveTo(mobile, next)).toMatchObject({ status: 0, sequence: next });
        expectBound(mobile, mobile.next);
      });

      test.each([
        ['HA-SEQ-04', 15, 32_783],
        ['HA-SEQ-05', 15, 15],
        ['HA-SEQ-06', 15, 14],
        ['HA-SEQ-07', 15, 65_535],
        ['HA-SEQ-11', 32_783, 15],
        ['HA-SEQ-11', 32_783, 16],
        ['HA-SEQ-12', 32_783, 32_782],
      ])(
        '%s HA-SEQ-15 HA-SEQ-16 after %d does not come %d: status 135 with the last number, nothing changes',
        (_, last, next) => {
          const mobile = bound();
          numberOf(mobile, last);
          expect(moveTo(mobile, next)).toMatchObject({ status: 135, sequence: last });
          expectBound(mobile, mobile.careOf);
        },
      );

      test('HA-SEQ-13 a number out of window is answered without the A flag too', () => {
        expect(moveTo(bound(), 9, FLAG.H)).toMatchObject({ status: 135, sequence: 10 });
      });

      test('HA-SEQ-17 HA-DER-08 an update that was overtaken by the de-registration at home makes no binding', () => {
        const mobile = bound();
        const delayed = mobile.update({ sequence: 11 });
        expect(ha.answer(mobile, fromHome(mobile.home, 12))).toMatchObject({ status: 0 });
        const answer = onlyOne(mobile.acknowledgements(ha.deliver(delayed)));
        expect(answer).toMatchObject({ status: 135, sequence: 12 });
        expect(answer.wire.destination).toBe(text(mobile.careOf));
        expectBound(mobile, undefined);
      });

      /** Brings the last number to a value, in steps that are in the window. */
      function numberOf(mobile: WiredMobile, last: number): void {
        for (const step of last > 32_767 ? [32_000, 60_000 % 65_536, last] : [last]) {
          if (step > last && last !== 65_535) continue;
          expect(ha.answer(mobile, { sequence: step })).toMatchObject({ status: 0 });
        }
      }
    });

    describe('acknowledgements', () => {
      test('HA-BA-01 HA-BA-04 HA-BA-05 HA-BA-08 away: to the wire source, with routing header and ESP behind it, from the address that was asked', () => {
        const { mobile, answer } = outcome('plain');
        expect(answer.protection).toBe(50);
        expect(answer.options.map(({ kind }) => kind)).toEqual(['binding-refresh-advice']);
        expect(answer.wire).toMatchObject({
          source: text(AGENT),
          destination: text(mobile.careOf),
          headers: [43],
          type2RoutingHeader: mobile.name,
          protocol: 50,
        });
        const header = `${hex(Uint8Array.of(50, 2, 2, 1, 0, 0, 0, 0))}${hex(mobile.home)}`;
        expect(hex(answer.wire.bytes.subarray(40, 64))).toBe(header);
      });

      test('HA-BA-02 HA-DER-01 DRG-01 at home: to the home address, without routing header, ESP; lifetime 0, no advice', () => {
        const mobile = bound();
        const answer = ha.answer(mobile, fromHome(mobile.home, 11));
        expect(answer).toMatchObject({ status: 0, lifetime: 0, sequence: 11, options: [] });
        expect(answer).toMatchObject({ link: 'home', protection: 50 });
        expect(answer.wire).toMatchObject({
          source: text(AGENT),
          destination: mobile.name,
          headers: [],
        });
        expectBound(mobile, undefined);
      });

      test('HA-BA-03 an older binding does not say where the answer goes', () => {
        const mobile = bound();
        expect(moveTo(mobile, 11).wire.destination).toBe(text(mobile.next));
        const late = ha.answer(mobile, { sequence: 1, source: ATTACKER, alternate: mobile.careOf });
        expect(late).toMatchObject({ status: 135 });
        expect(late.wire.destination).toBe(text(ATTACKER));
      });

      test('HA-BA-06 HA-BA-07 what fails its checks is not answered; what is refused has a status of 128 or more', () => {
        const mobile = bound();
        const whole = mobile.update({ sequence: 11, careOf: mobile.next });
        const broken = whole.slice();
        // The last octet of the ICV.
        broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
        expect(ha.deliver(broken)).toEqual([]);
        expectBound(mobile, mobile.careOf);
        expect(mobile.acknowledgements(ha.deliver(whole))).toMatchObject([{ status: 0 }]);
        expectBound(mobile, mobile.next);
        expect(ha.answer(mobile, { sequence: 11 }).status).toBeGreaterThanOrEqual(128);
        expectBound(mobile, mobile.next);
      });

      test('HA-BA-09 HA-DER-05 a refusal to a mobile node at home goes to its link-layer address', () => {
        const mobile = bound();
        const answer = ha.answer(mobile, fromHome(mobile.home, 9));
        expect(answer).toMatchObject({ status: 135, sequence: 10, link: 'home' });
        expect(answer.wire.destination).toBe(mobile.name);
        expect(answer.linkDestination).toBe(hex(ha.homePeer.port.linkLayerAddress));
        expectBound(mobile, mobile.careOf);
      });
    });

    test('keys are in no line that the process has written', () => {
      expect(ha.node.said).toContain('binding-registered');
      for (const number of [1, 2, 10]) {
        const { home } = ha.mobile(number);
        const key = ha.keyOf(number);
        expect(ha.node.said).not.toContain(key.slice(2));
        expect(ha.node.said).toContain(text(home));
      }
    });
  },
);
