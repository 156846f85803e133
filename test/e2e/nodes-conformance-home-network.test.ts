/**
 * Cases of the home agent's network side against the process: tunnels, reverse tunnels, discovery of home agents and
 * prefixes, advertisements.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatAddress } from '../../dissectors/core/address.ts';
import { encodeIcmpv6 } from '../../dissectors/icmpv6/index.ts';
import type { NdOption } from '../../dissectors/icmpv6/index.ts';
import { destinationOptions, homeAddressOption, ipv6Packet } from '../../dissectors/ipv6/build.ts';
import type { MobilityMessage } from '../../dissectors/mobility/header.ts';
import { AGENT, ATTACKER, echoRequest, neighborDiscovery } from '../nodes/home-agent/bench.ts';
import { FLAG, fromHome } from '../nodes/home-agent/mobile-side.ts';
import type { Seen } from '../nodes/home-agent/mobile-side.ts';
import {
  CORRESPONDENT,
  delivered,
  encapsulated,
  forwarded,
  icmpv6Packet,
  icmpv6Sent,
  mobilityPacket,
  payloadPacket,
  reverseTunnelled,
} from '../nodes/home-agent/network/traffic.ts';
import { ip, readPacket } from '../nodes/wire-peer.ts';
import { WiredHomeAgent, linkLocalOf } from './wired-home-agent.ts';
import type { WiredMobile } from './wired-home-agent.ts';
import { canRun } from './wired-node.ts';

const ANYCAST = ip('2001:db8:a:0:fdff:ffff:ffff:fffe');
const ALL_ROUTERS = ip('ff02::2');
const UNREACHABLE = 3;
const H = 0x20;
const [L, A, R] = [0x80, 0x40, 0x20];
const COOKIE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const HOME_TEST_INIT: MobilityMessage = { kind: 'home-test-init', homeInitCookie: COOKIE };
const HOME_TEST: MobilityMessage = {
  kind: 'home-test',
  homeNonceIndex: 1,
  homeInitCookie: COOKIE,
  homeKeygenToken: COOKIE,
};
const text = formatAddress;

const [PLAIN, OTHER, SEALED, TESTS, PREFIXES, LOCAL, UNBOUND] = [1, 2, 3, 4, 5, 6, 7];
const ROOM = 14;

describe.skipIf(!canRun)(
  'the network side of the home agent as a process (needs root, network namespaces and the package koffi)',
  () => {
    let ha: WiredHomeAgent;
    beforeAll(async () => {
      ha = new WiredHomeAgent(
        ROOM + 2,
        {
          [SEALED]: { protection: { payload: 'esp', homeTests: 'esp' } },
          [TESTS]: { protection: { homeTests: 'esp' } },
          [PREFIXES]: { protection: { prefixDiscovery: 'esp' } },
        },
        { maximumBindings: ROOM },
      );
      await ha.start();
      const mobiles = Array.from({ length: ROOM }, (_, at) => ha.mobile(at + 1));
      const away = mobiles.filter((_, at) => at + 1 !== UNBOUND && at + 1 !== LOCAL);
      ha.register(away);
      ha.register([ha.mobile(LOCAL)], { flags: FLAG.A | FLAG.H | FLAG.L });
    });
    afterAll(() => ha.remove());
    // Each case takes those that it changes.
    let used = UNBOUND;
    const own = (): WiredMobile => ha.mobile(++used);

    const outbound = ({ home }: WiredMobile): Uint8Array =>
      payloadPacket({ source: home, destination: CORRESPONDENT });
    const arrived = (seen: readonly Seen[]): readonly Seen[] => forwarded(seen, CORRESPONDENT);
    const withoutHopLimit = (packet: Uint8Array): number[] => [
      ...packet.subarray(0, 7),
      ...packet.subarray(8),
    ];

    describe('to mobile nodes', () => {
      test('HA-TUN-01 HA-TUN-02 packets of the home link and of elsewhere go through the tunnel, whole but for the hop limit', () => {
        const mobile = ha.mobile(PLAIN);
        for (const link of ['home', 'upstream'] as const) {
          const source = link === 'home' ? ip('2001:db8:a::fe') : CORRESPONDENT;
          const packet = payloadPacket({ source, destination: mobile.home });
          const [sent, ...others] = delivered(ha.deliver(packet, link));
          expect(others).toEqual([]);
          expect(sent?.outer).toMatchObject({
            source: text(AGENT),
            destination: text(mobile.careOf),
            protocol: 41,
          });
          expect(sent?.inner.hopLimit).toBe(29);
          expect(withoutHopLimit(sent?.inner.bytes ?? new Uint8Array())).toEqual(
            withoutHopLimit(packet),
          );
        }
        const nobody = payloadPacket({ destination: ha.mobile(UNBOUND).home });
        expect(delivered(ha.deliver(nobody))).toEqual([]);
      });

      test('HA-TUN-03 HA-REV-03 after a move packets go to the new care-of address, and the old one counts no more', () => {
        const mobile = own();
        const packet = payloadPacket({ destination: mobile.home });
        const inner = outbound(mobile);
        expect(arrived(ha.deliver(encapsulated(inner, mobile.careOf, AGENT)))).toHaveLength(1);
        const { status } = ha.answer(mobile, { sequence: 11, careOf: mobile.next });
        expect(status).toBe(0);
        const to = delivered(ha.deliver(packet)).map(({ outer }) => outer.destination);
        expect(to).toEqual([text(mobile.next)]);
        expect(ha.deliver(encapsulated(inner, mobile.careOf, AGENT))).toEqual([]);
        expect(arrived(ha.deliver(encapsulated(inner, mobile.next, AGENT)))).toHaveLength(1);
      });

      test('HA-TUN-04 packets for the link-local address of a mobile node (L) are refused with code 3, never tunnelled', () => {
        const source = ip('fe80::aaaa');
        const stray = (number: number): Uint8Array =>
          payloadPacket({ source, destination: linkLocalOf(ha.mobile(number).home) });
        // Its sender is found by neighbor discovery first.
        const seen = ha.awaitSent(
          'an error',
          (each) => icmpv6Sent(each, 'destination-unreachable').length > 0,
          ha.deliver(stray(LOCAL), 'home'),
        );
        expect(delivered(seen)).toEqual([]);
        const [error] = icmpv6Sent(seen, 'destination-unreachable');
        expect(error?.message.code).toBe(UNREACHABLE);
        expect(error).toMatchObject({ link: 'home', packet: { destination: 'fe80::aaaa' } });
        expect(ha.deliver(stray(PLAIN), 'home')).toEqual([]);
      });

      test('HA-TUN-05 what the home agent originates goes to the care-of address with a routing header', () => {
        const mobile = ha.mobile(PLAIN);
        const ping = icmpv6Packet(echoRequest(), mobile.home, AGENT);
        const seen = ha.deliverAll([ping]);
        const [reply] = icmpv6Sent(seen, 'echo-reply');
        expect(reply?.packet).toMatchObject({
          destination: text(mobile.careOf),
          type2RoutingHeader: mobile.name,
          headers: [43],
        });
        expect(delivered(seen)).toEqual([]);
      });

      test('HA-TUN-07 IPS-RR-02 a Home Test leaves in ESP where the policy says so, and plain without', () => {
        const toward = ({ home }: WiredMobile): Uint8Array =>
          mobilityPacket(HOME_TEST, CORRESPONDENT, home);
        const open = delivered(ha.deliver(toward(ha.mobile(PLAIN))));
        expect(open.map(({ protocol }) => protocol)).toEqual([41]);
        const mobile = ha.mobile(TESTS);
        const seen = ha.deliver(toward(mobile));
        expect(delivered(seen)).toEqual([]);
        const [sent] = delivered(seen, mobile);
        expect(sent?.protocol).toBe(50);
        expect(sent?.outer).toMatchObject({ destination: text(mobile.careOf), headers: [] });
        expect(sent?.inner.mobility?.message).toMatchObject(HOME_TEST);
        // Other payload of it is not protected.
        const other = delivered(ha.deliver(payloadPacket({ destination: mobile.home })));
        expect(other.map(({ protocol }) => protocol)).toEqual([41]);
      });

      test('HA-TUN-08 a packet too large for the tunnel draws Packet Too Big', () => {
        const { home: destination } = ha.mobile(PLAIN);
        const ofOctets = (octets: number): Uint8Array =>
          payloadPacket({ destination, data: new Uint8Array(octets - 48) });
        expect(delivered(ha.deliver(ofOctets(1460)))).toHaveLength(1);
        const seen = ha.deliver(ofOctets(1461));
        expect(delivered(seen)).toEqual([]);
        const [error] = icmpv6Sent(seen, 'packet-too-big');
        expect(error?.message.mtu).toBe(1460);
        expect(error?.packet.destination).toBe(text(CORRESPONDENT));
      });

      test('HA-TUN-10 IPS-RR-10 with payload protection everything in the tunnel is ESP', () => {
        const mobile = ha.mobile(SEALED);
        const packet = payloadPacket({ destination: mobile.home });
        const seen = ha.deliver(packet);
        expect(delivered(seen)).toEqual([]);
        const [sent] = delivered(seen, mobile);
        expect(sent?.protocol).toBe(50);
        expect(withoutHopLimit(sent?.inner.bytes ?? new Uint8Array())).toEqual(
          withoutHopLimit(packet),
        );
        // Nor does it hold anything of the packet in the clear.
        const clear = Buffer.from(packet.subarray(40)).toString('hex');
        expect(Buffer.from(sent?.outer.bytes ?? []).toString('hex')).not.toContain(clear);
      });

      test('HA-TUN-11 between two mobile nodes packets leave one tunnel for the other', () => {
        const [from, to] = [ha.mobile(PLAIN), ha.mobile(OTHER)];
        const inner = payloadPacket({ source: from.home, destination: to.home });
        const [sent] = delivered(ha.deliver(encapsulated(inner, from.careOf, AGENT)));
        expect(sent?.outer.destination).toBe(text(to.careOf));
        expect(withoutHopLimit(sent?.inner.bytes ?? new Uint8Array())).toEqual(
          withoutHopLimit(inner),
        );
      });
    });

    describe('from mobile nodes', () => {
      test('HA-REV-01 HA-REV-02 HA-REV-05 from the registered care-of address the inner packet goes on; from any other it does not', () => {
        const mobile = ha.mobile(PLAIN);
        const inner = outbound(mobile);
        const [sent, ...others] = arrived(ha.deliver(encapsulated(inner, mobile.careOf, AGENT)));
        expect(others).toEqual([]);
        expect(sent?.packet).toMatchObject({ source: mobile.name, hopLimit: 29 });
        expect(sent?.packet.payload).toEqual(readPacket(inner).payload);
        expect(ha.deliver(encapsulated(inner, ATTACKER, AGENT))).toEqual([]);
        const unbound = ha.mobile(UNBOUND);
        expect(ha.deliver(encapsulated(outbound(unbound), unbound.careOf, AGENT))).toEqual([]);
      });

      test('HA-REV-04 an inner source that is another home address does not go on', () => {
        const [mobile, other] = [ha.mobile(PLAIN), ha.mobile(OTHER)];
        expect(arrived(ha.deliver(encapsulated(outbound(other), mobile.careOf, AGENT)))).toEqual(
          [],
        );
        expect(
          arrived(ha.deliver(encapsulated(outbound(other), other.careOf, AGENT))),
        ).toHaveLength(1);
      });

      test('HA-REV-06 HA-REV-07 IPS-RR-10 in ESP the outer source does not matter; without ESP, where it is demanded, nothing goes on', () => {
        const mobile = ha.mobile(SEALED);
        const inner = outbound(mobile);
        expect(ha.deliver(encapsulated(inner, mobile.careOf, AGENT))).toEqual([]);
        for (const outer of [mobile.careOf, ip('2001:db8:e::5')]) {
          const sealed = reverseTunnelled(mobile, inner, AGENT, outer);
          expect(readPacket(sealed)).toMatchObject({ protocol: 50, source: text(outer) });
          expect(arrived(ha.deliver(sealed))).toHaveLength(1);
        }
        const broken = reverseTunnelled(mobile, inner, AGENT, mobile.careOf);
        broken[broken.length - 1] = (broken.at(-1) ?? 0) ^ 1;
        expect(ha.deliver(broken)).toEqual([]);
      });

      test('HA-REV-08 IPS-RR-01 a Home Test Init in the reverse tunnel goes on from the home address, in ESP alone where the policy says so', () => {
        for (const [number, isSealed] of [
          [PLAIN, false],
          [TESTS, true],
        ] as const) {
          const mobile = ha.mobile(number);
          const inner = mobilityPacket(HOME_TEST_INIT, mobile.home, CORRESPONDENT);
          const plain = arrived(ha.deliver(encapsulated(inner, mobile.careOf, AGENT)));
          expect(plain).toHaveLength(isSealed ? 0 : 1);
          const way = reverseTunnelled(mobile, inner, AGENT, mobile.careOf);
          expect(readPacket(way).protocol).toBe(isSealed ? 50 : 41);
          const [sent] = arrived(ha.deliver(way));
          expect(sent?.packet).toMatchObject({ source: mobile.name, headers: [] });
          expect(sent?.packet.mobility?.message).toMatchObject(HOME_TEST_INIT);
        }
      });

      test('HA-REV-09 a Home Test Init to the home agent itself is answered through the tunnel', () => {
        const mobile = ha.mobile(PLAIN);
        const inner = mobilityPacket(HOME_TEST_INIT, mobile.home, AGENT);
        const [answer] = delivered(ha.deliver(encapsulated(inner, mobile.careOf, AGENT)));
        expect(answer?.outer.destination).toBe(text(mobile.careOf));
        const message = answer?.inner.mobility?.message;
        expect(message).toMatchObject({ kind: 'home-test', homeInitCookie: COOKIE });
        expect(answer?.inner.destination).toBe(mobile.name);
      });
    });

    describe('discovery of home agents', () => {
      const request = (identifier: number, destination = ANYCAST, flags = 0): Uint8Array =>
        icmpv6Packet(
          { kind: 'home-agent-discovery-request', code: 0, identifier, flags },
          ip('2001:db8:b::77'),
          destination,
        );

      test('HA-DHA-01 HA-DHA-02 HA-DHA-03 HA-DHA-04 a request to the anycast address is answered straight to its source with the own address', () => {
        const [reply, ...others] = icmpv6Sent(
          ha.deliver(request(0xbeef)),
          'home-agent-discovery-reply',
        );
        expect(others).toEqual([]);
        expect(reply?.packet).toMatchObject({
          source: text(AGENT),
          destination: '2001:db8:b::77',
          headers: [],
        });
        expect(reply?.message.homeAgentAddresses.map((each) => text(each))).toEqual([text(AGENT)]);
        const payload = reply?.packet.payload ?? new Uint8Array();
        expect([...payload.subarray(0, 2), ...payload.subarray(4, 8)]).toEqual([
          145, 0, 0xbe, 0xef, 0, 0,
        ]);
        expect(payload).toHaveLength(8 + 16);
      });

      test('HA-DHA-09 HA-DHA-11 HA-DHA-12 other anycast addresses are not answered; R and what is reserved do not matter', () => {
        const elsewhere = ip('2001:db8:c:0:fdff:ffff:ffff:fffe');
        const kind = 'home-agent-discovery-reply';
        expect(icmpv6Sent(ha.deliver(request(1, elsewhere)), kind)).toEqual([]);
        for (const flags of [0x8000, 0x7fff]) {
          const [reply] = icmpv6Sent(ha.deliver(request(2, ANYCAST, flags)), kind);
          expect(reply?.message.flags).toBe(0);
          expect(reply?.message.homeAgentAddresses).toHaveLength(1);
        }
      });
    });

    describe('mobile prefix discovery', () => {
      const message = (identifier: number) =>
        ({ kind: 'mobile-prefix-solicitation', code: 0, identifier, options: [] }) as const;
      const asked = ({ home, careOf }: WiredMobile, identifier: number): Uint8Array =>
        ipv6Packet({
          source: careOf,
          destination: AGENT,
          hopLimit: 64,
          headers: [destinationOptions([homeAddressOption(home)])],
          protocol: 58,
          payload: encodeIcmpv6(message(identifier), { source: home, destination: AGENT }),
        });
      const advertised = (
        seen: readonly Seen[],
      ): ReturnType<typeof icmpv6Sent<'mobile-prefix-advertisement'>> =>
        icmpv6Sent(seen, 'mobile-prefix-advertisement');

      test('HA-MPD-01 HA-MPD-02 HA-MPD-03 HA-MPD-15 a solicitation is answered at once with every home prefix, from the registered address', () => {
        const mobile = own();
        const [sent, ...others] = advertised(ha.deliver(asked(mobile, 0x4711)));
        expect(others).toEqual([]);
        expect(sent?.message).toMatchObject({ identifier: 0x4711, flags: 0 });
        expect(sent?.packet).toMatchObject({
          source: text(AGENT),
          destination: text(mobile.careOf),
          type2RoutingHeader: mobile.name,
          headers: [43],
        });
        const prefixes = sent?.message.options.map((each) =>
          each.kind === 'prefix-information'
            ? { address: text(each.prefix), flags: each.flags, length: each.prefixLength }
            : each.kind,
        );
        expect(prefixes).toEqual([{ address: text(AGENT), flags: L | A | R, length: 64 }]);
      });

      test('HA-MPD-04 never more than one advertisement a second; the last question is answered', () => {
        const mobile = own();
        const burst = Array.from({ length: 10 }, (_, at) => asked(mobile, at));
        const both = ha.awaitSent(
          'two advertisements',
          (each) => advertised(each).length > 1,
          ha.deliverAll(burst),
        );
        const sent = advertised([...both, ...ha.run(1300)]);
        expect(sent.map(({ message: { identifier } }) => identifier)).toEqual([0, 9]);
        expect((sent[1]?.at ?? 0) - (sent[0]?.at ?? 0)).toBeGreaterThan(600);
      });

      test('HA-MPD-05 a solicitation without Home Address option draws no answer', () => {
        const mobile = own();
        const plain = (source: Uint8Array): Uint8Array => icmpv6Packet(message(1), source, AGENT);
        expect(advertised(ha.deliver(plain(mobile.careOf)))).toEqual([]);
        expect(advertised(ha.deliver(plain(mobile.home)))).toEqual([]);
        expect(advertised(ha.deliver(asked(mobile, 1)))).toHaveLength(1);
      });

      test('HA-MPD-06 where the policy demands ESP a plain solicitation is discarded', () => {
        expect(ha.deliver(asked(ha.mobile(PREFIXES), 1))).toEqual([]);
      });
    });

    describe('router advertisements', () => {
      test('HA-RA-01 HA-RA-02 HA-RA-04 HA-RA-08 of the home link have H, the interval, and a prefix with R and the whole address', () => {
        const solicitation = { kind: 'router-solicitation', code: 0, options: [] } as const;
        ha.take();
        ha.post(neighborDiscovery(solicitation, ip('fe80::aaaa'), ALL_ROUTERS), 'home');
        // MIN_DELAY_BETWEEN_RAS: 3 s after the last one.
        const seen = ha.awaitSent(
          'an advertisement',
          (each) => icmpv6Sent(each, 'router-advertisement').length > 0,
        );
        const [advertisement] = icmpv6Sent(seen, 'router-advertisement');
        const options = advertisement?.message.options ?? [];
        const option = (kind: NdOption['kind']): NdOption | undefined =>
          options.find((each) => each.kind === kind);
        expect(advertisement?.link).toBe('home');
        expect((advertisement?.message.flags ?? 0) & H).toBe(H);
        expect(option('prefix-information')).toMatchObject({
          prefix: AGENT,
          prefixLength: 64,
          flags: L | A | R,
        });
        expect(option('source-link-layer-address')).toMatchObject({
          address: ha.node.linkLayerAddress('home'),
        });
        expect(option('advertisement-interval')).toMatchObject({ interval: 600_000 });
        // It would say nothing that the router lifetime does not.
        expect(option('home-agent-information')).toBeUndefined();
      });
    });

    describe('room', () => {
      test('HA-REJ-07 HA-REG-08 HA-REJ-18 without room for another mobile node: status 130, and the others stay', () => {
        const unbound = ha.mobile(UNBOUND);
        // It takes what is left.
        ha.register([unbound]);
        const one = ha.mobile(ROOM + 1);
        expect(ha.answer(one, { sequence: 1 })).toMatchObject({ status: 130 });
        expect(ha.careOf(one)).toBeUndefined();
        expect(ha.ping(one, one.careOf)).toBe('error');
        expect(ha.probe(one.home)).toEqual([]);
        // A refresh needs no room.
        const mobile = ha.mobile(PLAIN);
        expect(ha.answer(mobile, { sequence: 11 })).toMatchObject({ status: 0 });
        expect(ha.careOf(unbound)).toBe(text(unbound.careOf));
        expect(ha.answer(unbound, fromHome(unbound.home, 11))).toMatchObject({ status: 0 });
      });
    });
  },
);
