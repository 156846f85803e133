/**
 * The life of a mobile node as a process, from the first link over others to the home link, with the cases that show on the
 * wire on the way. Each test takes up where the one before has ended.
 */
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatAddress } from '../../dissectors/core/address.ts';
import { encodeIcmpv6 } from '../../dissectors/icmpv6/index.ts';
import { ipv6Packet, type2RoutingHeader } from '../../dissectors/ipv6/build.ts';
import { encodeMobilityHeader } from '../../dissectors/mobility/header.ts';
import { authenticatorOf, sha1 } from '../nodes/correspondent-node/bench.ts';
import { setChecksum } from '../nodes/correspondent-node/mobile-peer.ts';
import {
  AGENT,
  CARE_OF_ONE,
  CARE_OF_TWO,
  CORRESPONDENT,
  FLAG,
  HOME,
  LINK_LOCAL,
  echo,
  echoPacket,
} from '../nodes/mobile-node/bench.ts';
import { hasProgram } from './command.ts';
import { PLACES, WiredMobileNode } from './wired-mobile-node.ts';
import type { SeenPacket, SeenUpdate } from './wired-mobile-node.ts';
import { canRun } from './wired-node.ts';
import { ip, onesComplementSum } from '../nodes/wire-peer.ts';

const text = formatAddress;
const TOKEN = { home: Uint8Array.of(1, 1, 2, 3, 5, 8, 13, 21), careOf: new Uint8Array(8).fill(9) };
const INDEX = { home: 17, careOf: 18 };

interface Ping {
  readonly isAnswered: () => boolean;
  readonly ended: Promise<void>;
}

describe.skipIf(!canRun || !hasProgram('ping'))(
  'the mobile node as a process (needs root, network namespaces, ping and the package koffi)',
  () => {
    let mn: WiredMobileNode;
    let careOf = CARE_OF_ONE;
    /** All that the correspondent and the home agent as a way to it have got. */
    let heard: SeenPacket[] = [];
    /** Number of the first update to the correspondent. */
    let told = -1;
    beforeAll(async () => {
      mn = new WiredMobileNode();
      mn.answers = false;
      mn.onPacket = correspond;
      await mn.start();
    });
    afterAll(() => mn.remove());

    /** The correspondent, and the home agent where it hands packets on. */
    function correspond(packet: SeenPacket): void {
      const inner = packet.inner ?? packet.wire;
      if (inner.destination !== text(CORRESPONDENT)) return;
      heard.push(packet);
      const isTunnelled = packet.inner !== undefined;
      const message = inner.mobility?.message;
      const ends = { source: CORRESPONDENT, destination: ip(inner.source) };
      const reply = (protocol: number, payload: Uint8Array, routing?: Uint8Array): void => {
        const out = ipv6Packet({
          ...ends,
          hopLimit: 60,
          headers: routing === undefined ? [] : [type2RoutingHeader(routing)],
          protocol,
          payload,
        });
        if (isTunnelled) mn.tunnel(out, careOf);
        else mn.send(out);
      };
      if (message?.kind === 'home-test-init') {
        const homeTest = {
          kind: 'home-test',
          homeNonceIndex: INDEX.home,
          homeInitCookie: message.homeInitCookie,
          homeKeygenToken: TOKEN.home,
        } as const;
        reply(135, encodeMobilityHeader(homeTest, [], ends));
      } else if (message?.kind === 'care-of-test-init') {
        const careOfTest = {
          kind: 'care-of-test',
          careOfNonceIndex: INDEX.careOf,
          careOfInitCookie: message.careOfInitCookie,
          careOfKeygenToken: TOKEN.careOf,
        } as const;
        reply(135, encodeMobilityHeader(careOfTest, [], ends));
      } else if (message?.kind === 'binding-update' && (message.flags & FLAG.A) !== 0) {
        acknowledgeCorrespondent(packet, message.sequence, message.lifetime);
      } else if (inner.icmpv6?.kind === 'echo-request') {
        const { identifier, sequence, data } = inner.icmpv6;
        const home =
          inner.homeAddressOption === undefined ? undefined : ip(inner.homeAddressOption);
        const answer = { kind: 'echo-reply', code: 0, identifier, sequence, data } as const;
        const upper = { source: CORRESPONDENT, destination: home ?? ends.destination };
        reply(58, encodeIcmpv6(answer, upper), home);
      }
    }

    function acknowledgeCorrespondent(
      { wire }: SeenPacket,
      sequence: number,
      lifetime: number,
    ): void {
      const home = wire.homeAddressOption === undefined ? undefined : ip(wire.homeAddressOption);
      const destination = ip(wire.source);
      const upper = { source: CORRESPONDENT, destination: home ?? destination };
      const octets = encodeMobilityHeader(
        {
          kind: 'binding-acknowledgement',
          status: 0,
          flags: 0,
          sequence,
          lifetime: Math.min(lifetime, 105),
        },
        [{ kind: 'binding-authorization-data', authenticator: new Uint8Array(12) }],
        upper,
      );
      const signedFor = lifetime === 0 ? HOME : destination;
      const authenticator = authenticatorOf(keyFor(lifetime), signedFor, CORRESPONDENT, octets);
      octets.set(authenticator, octets.length - 12);
      setChecksum(octets, upper);
      mn.send(
        ipv6Packet({
          source: CORRESPONDENT,
          destination,
          hopLimit: 60,
          headers: home === undefined ? [] : [type2RoutingHeader(home)],
          protocol: 135,
          payload: octets,
        }),
      );
    }

    const keyFor = (lifetime: number): Uint8Array =>
      lifetime === 0 ? sha1(TOKEN.home) : sha1(TOKEN.home, TOKEN.careOf);

    /** Messages of a kind that the correspondent has got. */
    const heardOf = (kind: string): SeenPacket[] =>
      heard.filter((each) => (each.inner ?? each.wire).mobility?.message.kind === kind);

    /** A program of the machine that asks the correspondent for an echo, and again each half second. */
    function ping(count = 1): Ping {
      const command = ['ping', '-6', '-i', '0.5', '-W', '3', '-c', String(count)];
      const child = spawn(
        'ip',
        ['netns', 'exec', mn.node.namespace, ...command, text(CORRESPONDENT)],
        { stdio: 'ignore' },
      );
      let code: number | undefined;
      const ended = new Promise<void>((resolve) => {
        child.on('exit', (exit) => {
          code = exit ?? 255;
          resolve();
        });
      });
      return { isAnswered: () => code === 0, ended };
    }

    /** Waits for a program while the wire goes on. */
    async function pinged(count = 1): Promise<boolean> {
      const one = ping(count);
      const isOver = one.ended.then(() => true);
      const isNotYet = (): Promise<boolean> =>
        new Promise((resolve) => {
          setTimeout(resolve, 2, false);
        });
      while (!(await Promise.race([isOver, isNotYet()]))) mn.node.collect();
      return one.isAnswered();
    }

    /** Whether the node answers an echo request with other headers. @returns the answers */
    function answersTo(packet: Uint8Array): SeenPacket[] {
      mn.take();
      mn.send(packet);
      // Asks the care-of address itself, so that everything before has been worked on.
      mn.send(echoPacket(ip('2001:db8:fe::1'), careOf));
      const seen: SeenPacket[] = [];
      mn.await('an answer to the fence', (each) => {
        if (each.wire.destination === '2001:db8:fe::1') return true;
        seen.push(each);
        return undefined;
      });
      return seen.filter(({ wire }) => wire.icmpv6?.kind.startsWith('neighbor') !== true);
    }

    describe('the first registration', () => {
      let first: SeenUpdate;

      test('MN-BU-01 MN-BU-02 MN-BU-03 MN-BU-04 MN-BU-06 MN-BU-09 MN-BU-15 MN-MD-08 has Home Address option, ESP around it and the care-of address within', () => {
        const before: SeenPacket[] = [];
        first = mn.await('the first update', (packet) => {
          before.push(packet);
          const message = packet.mobility?.message;
          return message?.kind === 'binding-update'
            ? { ...packet, message, options: packet.mobility?.options ?? [] }
            : undefined;
        });
        expect(first.isProtected).toBe(true);
        expect(first.wire).toMatchObject({
          source: text(CARE_OF_ONE),
          destination: text(AGENT),
          headers: [60],
          homeAddressOption: text(HOME),
          protocol: 50,
        });
        expect(first.message.flags).toBe(FLAG.A | FLAG.H | FLAG.L);
        expect(first.message.lifetime).toBe(900);
        const kinds = first.options
          .map(({ kind }) => kind)
          .filter((kind) => !kind.startsWith('pad'));
        expect(kinds).toEqual(['alternate-care-of-address']);
        expect(
          first.options.find(({ kind }) => kind === 'alternate-care-of-address'),
        ).toMatchObject({ careOfAddress: CARE_OF_ONE });
        const sources = before.slice(0, -1).map(({ wire }) => wire.source);
        expect(sources).not.toContain(text(HOME));
        expect(sources).toContain('::');
      });

      test('MN-RTX-01 MN-RTX-03 MN-BA-01 unanswered, or answered without protection, it comes again after 1.5 s with a greater number', () => {
        mn.acknowledge(first, { isProtected: false });
        const second = mn.awaitUpdate();
        expect(second.at - first.at).toBeGreaterThan(1100);
        const step = (second.message.sequence - first.message.sequence) & 0xffff;
        expect(step).toBeGreaterThan(0);
        expect(step).toBeLessThan(0x8000);
        // Of another number, and without routing header.
        mn.acknowledge(second, { sequence: (second.message.sequence + 100) & 0xffff });
        mn.acknowledge(second, { routing: 'none' });
        first = second;
      });

      test('MN-BA-04 MN-BA-16 an answer of another number, or without routing header, is none: again after 3 s', () => {
        const third = mn.awaitUpdate();
        expect(third.at - first.at).toBeGreaterThan(2200);
        first = third;
      });

      test('MN-BA-07 MN-BA-08 status 135 corrects the number at once, if it is authentic', () => {
        const next = (first.message.sequence + 5000) & 0xffff;
        mn.acknowledge(first, { status: 135, sequence: next, isProtected: false });
        expect(mn.run(300)).toEqual([]);
        mn.acknowledge(first, { status: 135, sequence: next });
        const corrected = mn.awaitUpdate();
        expect(corrected.message.sequence).toBe((next + 1) & 0xffff);
        mn.acknowledge(corrected);
        mn.answers = true;
      });
    });

    describe('payload and correspondents', () => {
      test('MN-BA-06 MN-RTX-04 MN-PKT-01 MN-PKT-07 MN-RR-01 MN-RR-02 MN-RR-12 a program’s ping goes through the tunnel in ESP, and both test inits leave', async () => {
        heard = [];
        expect(await pinged()).toBe(true);
        const echo = heard.find(({ inner }) => inner?.icmpv6?.kind === 'echo-request');
        expect(echo).toMatchObject({
          isProtected: true,
          wire: { source: text(CARE_OF_ONE), destination: text(AGENT), headers: [], protocol: 50 },
          inner: { source: text(HOME), headers: [] },
        });
        mn.node.waitFor('an update', () => heardOf('binding-update').length > 0);
        const [home] = heardOf('home-test-init');
        const [away] = heardOf('care-of-test-init');
        expect(home).toMatchObject({
          isProtected: true,
          wire: { protocol: 50, headers: [] },
          inner: { source: text(HOME), headers: [] },
        });
        expect(away).toMatchObject({
          isProtected: false,
          inner: undefined,
          wire: { source: text(CARE_OF_ONE), headers: [] },
        });
        // Together: the one does not wait for the other.
        expect(Math.abs((home?.at ?? 0) - (away?.at ?? 0))).toBeLessThan(5000);
        const cookies = [home?.inner?.payload, away?.wire.payload].map((octets) =>
          octets?.slice(8, 16).join(),
        );
        expect(cookies[0]).not.toBe(cookies[1]);
      });

      test('COM-MH-25 MN-RR-03 MN-RR-05 MN-RR-07 MN-CR-01 MN-CR-02 MN-CR-03 the update to the correspondent is signed with both tokens', () => {
        const lengths = [
          heardOf('home-test-init')[0]?.inner,
          heardOf('care-of-test-init')[0]?.wire,
        ];
        expect(lengths.map((each) => each?.payload.length)).toEqual([16, 16]);
        const [update] = heardOf('binding-update');
        expect(update?.wire).toMatchObject({
          source: text(CARE_OF_ONE),
          destination: text(CORRESPONDENT),
          headers: [60],
          homeAddressOption: text(HOME),
        });
        const { mobility, payload = new Uint8Array() } = update?.wire ?? {};
        if (mobility?.message.kind !== 'binding-update') throw new Error('no update');
        told = mobility.message.sequence;
        expect(mobility.message.flags & (FLAG.H | FLAG.K)).toBe(0);
        expect(mobility.message.lifetime).toBeGreaterThan(0);
        expect(mobility.message.lifetime).toBeLessThanOrEqual(900);
        expect(mobility.options.find(({ kind }) => kind === 'nonce-indices')).toMatchObject({
          homeNonceIndex: INDEX.home,
          careOfNonceIndex: INDEX.careOf,
        });
        expect(mobility.options.at(-1)?.kind).toBe('binding-authorization-data');
        const expected = authenticatorOf(keyFor(1), CARE_OF_ONE, CORRESPONDENT, payload);
        expect(payload.slice(-12)).toEqual(expected);
        expect(onesComplementSum(HOME, CORRESPONDENT, 135, payload)).toBe(0xffff);
      });

      test('MN-PKT-02 MN-PKT-05 MN-PKT-08 COM-MH-04 COM-HAO-01 with the binding acknowledged, pings go straight with a Home Address option', async () => {
        heard = [];
        expect(await pinged()).toBe(true);
        const echo = heard.find(({ wire }) => wire.icmpv6?.kind === 'echo-request');
        expect(echo?.inner).toBeUndefined();
        expect(echo?.wire).toMatchObject({
          source: text(CARE_OF_ONE),
          headers: [60],
          homeAddressOption: text(HOME),
        });
        const { bytes = new Uint8Array(), payload = new Uint8Array() } = echo?.wire ?? {};
        expect(onesComplementSum(HOME, CORRESPONDENT, 58, payload)).toBe(0xffff);
        // Option 201 of 16 octets at 8n+6.
        expect([bytes[46], bytes[47], (46 - 40) % 8]).toEqual([201, 16, 6]);
        expect(bytes.slice(48, 64)).toEqual(HOME);
      });
    });

    describe('headers of packets that come', () => {
      const stranger = ip('2001:db8:77::7');
      const routed = (address: Uint8Array, segmentsLeft = 1): Uint8Array =>
        ipv6Packet({
          source: stranger,
          destination: careOf,
          hopLimit: 60,
          headers: [type2RoutingHeader(address, segmentsLeft)],
          protocol: 58,
          payload: encodeIcmpv6(echo('echo-request'), { source: stranger, destination: address }),
        });
      const replies = (packet: Uint8Array): SeenPacket[] =>
        answersTo(packet).filter(
          ({ wire, inner }) => (inner ?? wire).destination === text(stranger),
        );

      test('MN-PKT-08 MN-PKT-12 MN-PKT-14 a type 2 routing header with the home address is taken, and not turned round in the answer', () => {
        const packet = routed(HOME);
        packet[44] = 0xff;
        for (const each of [packet, routed(HOME)]) {
          mn.take();
          mn.send(each);
          const answer = mn.await('a reply', (seen) =>
            (seen.inner ?? seen.wire).destination === text(stranger) &&
            (seen.inner ?? seen.wire).icmpv6?.kind === 'echo-reply'
              ? seen
              : undefined,
          );
          expect(answer.inner).toMatchObject({ source: text(HOME), headers: [] });
          expect(answer.isProtected).toBe(true);
        }
      });

      test('MN-PKT-09 MN-PKT-10 MN-PKT-11 another length, other segments left, or the address of somebody else draw nothing', () => {
        const long = ipv6Packet({
          source: stranger,
          destination: careOf,
          hopLimit: 60,
          headers: [],
          protocol: 43,
          payload: Uint8Array.from([
            ...[58, 4, 2, 1, 0, 0, 0, 0],
            ...HOME,
            ...HOME,
            ...encodeIcmpv6(echo('echo-request'), { source: stranger, destination: HOME }),
          ]),
        });
        for (const packet of [
          long,
          routed(HOME, 0),
          routed(HOME, 2),
          routed(ip('2001:db8:a::99')),
          routed(ip('ff0e::1')),
          routed(LINK_LOCAL),
        ]) {
          expect(
            replies(packet).filter(({ wire, inner }) =>
              ['echo-reply', 'echo-request'].includes((inner ?? wire).icmpv6?.kind ?? ''),
            ),
          ).toEqual([]);
        }
      });

      test('MN-PKT-06 tunnelled packets are taken from the home agent alone, and in ESP alone', () => {
        const inner = echoPacket(stranger, HOME);
        for (const fields of [
          { source: ip('2001:db8:66::6'), isProtected: false },
          { isProtected: false },
        ]) {
          mn.take();
          mn.tunnel(inner, careOf, fields);
          const seen = answersTo(echoPacket(stranger, careOf));
          expect(seen.filter((each) => each.inner !== undefined)).toEqual([]);
        }
        mn.take();
        mn.tunnel(inner, careOf);
        const answer = mn.await('a reply', (seen) =>
          seen.inner?.icmpv6?.kind === 'echo-reply' ? seen : undefined,
        );
        expect(answer.inner).toMatchObject({ source: text(HOME), destination: text(stranger) });
      });
    });

    describe('movement', () => {
      test('MN-MD-01 MN-SEQ-02 MN-RTX-02 a new link means a new care-of address and an update with a greater number', () => {
        heard = [];
        mn.answers = false;
        mn.take();
        careOf = CARE_OF_TWO;
        mn.move(PLACES.two);
        const update = mn.awaitUpdate(AGENT);
        expect(update.wire).toMatchObject({
          source: text(CARE_OF_TWO),
          homeAddressOption: text(HOME),
          protocol: 50,
        });
        expect(update.message.flags).toBe(FLAG.A | FLAG.H | FLAG.L);
        // It comes again after INITIAL_BINDACK_TIMEOUT.
        const again = mn.awaitUpdate();
        expect(again.at - update.at).toBeGreaterThan(600);
        expect((again.message.sequence - update.message.sequence) & 0xffff).toBeLessThan(0x8000);
        mn.acknowledge(again);
        mn.answers = true;
      });

      test('MN-CR-09 MN-RR-09 MN-SEQ-03 the correspondent is told after it, with the home token of before', async () => {
        mn.node.waitFor('an update', () => heardOf('binding-update').length > 0);
        const [update] = heardOf('binding-update');
        expect(update?.wire).toMatchObject({
          source: text(CARE_OF_TWO),
          homeAddressOption: text(HOME),
        });
        const payload = update?.wire.payload ?? new Uint8Array();
        const message = update?.wire.mobility?.message;
        if (message?.kind !== 'binding-update') throw new Error('no update');
        const step = (message.sequence - told) & 0xffff;
        expect([step > 0, step < 0x8000]).toEqual([true, true]);
        const expected = authenticatorOf(keyFor(1), CARE_OF_TWO, CORRESPONDENT, payload);
        expect(payload.slice(-12)).toEqual(expected);
        expect(heardOf('home-test-init')).toEqual([]);
        expect(heardOf('care-of-test-init').map(({ wire }) => wire.source)).toEqual([
          text(CARE_OF_TWO),
        ]);
        heard = [];
        expect(await pinged()).toBe(true);
        expect(heard.find(({ wire }) => wire.icmpv6?.kind === 'echo-request')?.wire.source).toBe(
          text(CARE_OF_TWO),
        );
      });
    });

    describe('home', () => {
      test('MN-MD-07 MN-RET-01 MN-RET-02 MN-RET-06 MN-RET-10 MN-RET-11 DRG-MN-03 on the home link it de-registers in the strict layout', () => {
        heard = [];
        mn.answers = false;
        mn.take();
        mn.move(PLACES.home);
        const before: SeenPacket[] = [];
        const update = mn.await('the de-registration', (packet) => {
          before.push(packet);
          const message = packet.mobility?.message;
          return message?.kind === 'binding-update'
            ? { ...packet, message, options: packet.mobility?.options ?? [] }
            : undefined;
        });
        expect(update.wire).toMatchObject({
          source: text(HOME),
          destination: text(AGENT),
          headers: [],
          protocol: 50,
        });
        expect(update.isProtected).toBe(true);
        expect(update.message).toMatchObject({ lifetime: 0 });
        expect(update.message.flags & (FLAG.A | FLAG.H)).toBe(FLAG.A | FLAG.H);
        expect(update.options.filter(({ kind }) => !kind.startsWith('pad'))).toEqual([]);
        // Nothing of the home address before: neither as a source, nor in duplicate address detection.
        expect(before.slice(0, -1).filter(({ wire }) => wire.source === text(HOME))).toEqual([]);
        const probed = before.filter(
          ({ wire }) =>
            wire.source === '::' &&
            wire.icmpv6?.kind === 'neighbor-solicitation' &&
            text(wire.icmpv6.targetAddress) === text(HOME),
        );
        // The home agent's link-layer address was in its advertisement.
        expect(probed).toEqual([]);
        const again = mn.awaitUpdate();
        expect(again.at - update.at).toBeGreaterThan(600);
        expect((again.message.sequence - update.message.sequence) & 0xffff).toBeLessThan(0x8000);
        mn.take();
        mn.acknowledge(again);
        mn.answers = true;
      });

      test('MN-RET-09 acknowledged, all nodes are told of home address and link-local address', () => {
        const advertised = new Map<string, SeenPacket>();
        mn.await('advertisements', (packet) => {
          const message = packet.wire.icmpv6;
          if (message?.kind !== 'neighbor-advertisement') return undefined;
          if (packet.wire.destination === 'ff02::1')
            advertised.set(text(message.targetAddress), packet);
          return advertised.size === 2 ? true : undefined;
        });
        expect([...advertised.keys()].sort()).toEqual([text(HOME), text(LINK_LOCAL)].sort());
        for (const { wire } of advertised.values()) {
          const message = wire.icmpv6;
          if (message?.kind !== 'neighbor-advertisement') throw new Error('no advertisement');
          // O alone.
          expect((message.flags >>> 0) & 0xe000_0000).toBe(0x2000_0000);
          expect(message.options.map(({ kind }) => kind)).toEqual(['target-link-layer-address']);
        }
      });

      test('MN-RET-13 MN-CR-07 the correspondent is told with the home token alone', () => {
        mn.node.waitFor('a deletion', () => heardOf('binding-update').length > 0);
        const [deletion] = heardOf('binding-update');
        const { mobility, payload = new Uint8Array() } = deletion?.wire ?? {};
        expect(deletion?.wire).toMatchObject({ source: text(HOME), headers: [] });
        expect(mobility?.message).toMatchObject({ kind: 'binding-update', lifetime: 0 });
        expect(mobility?.options.find(({ kind }) => kind === 'nonce-indices')).toMatchObject({
          homeNonceIndex: INDEX.home,
          careOfNonceIndex: 0,
        });
        expect(payload.slice(-12)).toEqual(
          authenticatorOf(keyFor(0), HOME, CORRESPONDENT, payload),
        );
        expect(heardOf('care-of-test-init')).toEqual([]);
      });

      test('MN-PKT-04 pings have neither tunnel nor Home Address option', async () => {
        heard = [];
        expect(await pinged()).toBe(true);
        const echo = heard.find(({ wire }) => wire.icmpv6?.kind === 'echo-request');
        expect(echo?.inner).toBeUndefined();
        expect(echo?.wire).toMatchObject({ source: text(HOME), headers: [] });
      });
    });

    test('ended, it leaves the machine as it was', async () => {
      expect(mn.node.inside('ip', '-o', 'link')).toContain('mip0');
      expect(await mn.node.stop()).toBe(0);
      expect(mn.node.inside('ip', '-o', 'link')).not.toContain('mip0');
      const setting = mn.node.inside('sysctl', '-n', 'net.ipv6.conf.w0.disable_ipv6');
      expect(setting.trim()).toBe('0');
    });
  },
);
