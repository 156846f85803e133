/**
 * IPsec of home registrations, at a running home agent. Conformance groups IPS-BU and IPS-RR, as far as they are about it.
 */
import { describe, expect, test } from 'vitest';
import { encodeMobilityHeader } from '../../../../dissectors/mobility/header.ts';
import {
  destinationOptions,
  homeAddressOption,
  ipv6Packet,
} from '../../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../../../dissectors/ipv6/header.ts';
import { encodePlain, selectorsOf } from '../../../../nodes/ip/wire.ts';
import { readPacket } from '../../wire-peer.ts';
import { AGENT, ATTACKER, CARE_OF, HomeAgentBench, NEW_CARE_OF, hex } from '../bench.ts';
import { fromHome } from '../mobile-side.ts';
import { homeKeygen, returnRoutabilityUpdate } from '../return-routability.ts';

const ESP = 50;
const DESTINATION_OPTIONS = 60;
/** IPv6 header and Home Address option. */
const BEFORE_ESP = 64;

/** SPI of an ESP packet without extension headers, or with those of so many octets. */
function spiOf(packet: Uint8Array, at = 40): string {
  return hex(packet.subarray(at, at + 4));
}

describe('updates', () => {
  test('IPS-BU-01 IPS-BU-08 Home Address option, ESP in transport mode, Alternate Care-of Address: the option tells whose association it is', () => {
    const bench = new HomeAgentBench();
    const packet = bench.mobile().update({ sequence: 1 });
    expect(readPacket(packet)).toMatchObject({
      source: '2001:db8:b::100',
      destination: '2001:db8:a::1',
      headers: [DESTINATION_OPTIONS],
      homeAddressOption: '2001:db8:a::100',
      protocol: ESP,
    });
    // The same octets under the name of another mobile node are thrown away.
    const renamed = packet.slice();
    renamed.set(bench.mobile(2).home, 48);
    expect(readPacket(renamed).homeAddressOption).toBe('2001:db8:a::200');
    expect(bench.deliver(renamed, 'upstream', 3000)).toEqual([]);
    const [answer] = bench.mobile().acknowledgements(bench.deliver(packet, 'upstream', 3000));
    expect(answer).toMatchObject({ status: 0 });
  });

  test('IPS-BU-09 the acknowledgement is protected by the association of the address in its routing header', () => {
    const bench = new HomeAgentBench();
    for (const number of [1, 2]) {
      const { wire } = bench.register({}, number);
      const out = bench.ipsec
        .describe()
        .find(
          ({ homeAddress, direction }) =>
            homeAddress === bench.mobile(number).name && direction === 'out',
        );
      expect(wire.type2RoutingHeader).toBe(bench.mobile(number).name);
      expect(Number.parseInt(spiOf(wire.bytes, wire.payloadOffset), 16)).toBe(out?.spi);
    }
  });

  test('IPS-BU-06 an association without integrity cannot be configured', () => {
    const build = (transforms: string) => (): unknown =>
      new HomeAgentBench({ keying: { transforms } });
    expect(build('AES-CBC NULL')).toThrow(/integrity/);
    expect(build('NULL HMAC-SHA1')).not.toThrow();
  });

  test('IPS-BU-07 a wrong integrity check value draws nothing', () => {
    const bench = new HomeAgentBench();
    const packet = bench.mobile().update({ sequence: 1 });
    for (const at of [packet.length - 1, BEFORE_ESP + 9, BEFORE_ESP + 30]) {
      const spoiled = packet.slice();
      spoiled[at] = (spoiled[at] ?? 0) ^ 0x80;
      expect(bench.deliver(spoiled, 'upstream', 3000)).toEqual([]);
    }
    expect(bench.careOf()).toBeUndefined();
    expect(bench.mobile().acknowledgements(bench.deliver(packet, 'upstream', 3000))).toMatchObject([
      { status: 0 },
    ]);
  });

  test('IPS-BU-11 who sends an update on from elsewhere does not become the care-of address', () => {
    const bench = new HomeAgentBench();
    const caught = bench.mobile().update({ sequence: 1 });
    const relayed = ipv6Packet({
      source: ATTACKER,
      destination: AGENT,
      hopLimit: 60,
      headers: [destinationOptions([homeAddressOption(bench.mobile().home)])],
      protocol: ESP,
      payload: caught.slice(BEFORE_ESP),
    });
    const [answer] = bench.mobile().acknowledgements(bench.deliver(relayed, 'upstream', 3000));
    expect(answer).toMatchObject({ status: 0 });
    expect(bench.careOf()).toBe('2001:db8:b::100');
    expect(bench.intercepted()).toBe('2001:db8:b::100');
  });

  test('IPS-BU-12 manual associations stay the same from move to move, home and away again', () => {
    const bench = new HomeAgentBench();
    const { home } = bench.mobile();
    const answers = [
      bench.answer({ sequence: 1 }),
      bench.answer({ sequence: 2, careOf: NEW_CARE_OF }),
      bench.answer(fromHome(home, 3)),
      bench.answer({ sequence: 4 }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([0, 0, 0, 0]);
    const spis = answers.map(({ wire }) => spiOf(wire.bytes, wire.payloadOffset));
    expect(new Set(spis).size).toBe(1);
  });

  test('IPS-BU-13 IPS-BU-14 in tunnel mode: no option, no routing header, and a new outer source does not matter', () => {
    const bench = new HomeAgentBench({ protection: { bindingUpdates: 'esp-tunnel' } });
    for (const [sequence, careOf, name] of [
      [1, CARE_OF, '2001:db8:b::100'],
      [2, NEW_CARE_OF, '2001:db8:d::100'],
    ] as const) {
      const answer = bench.answer({ sequence, careOf });
      expect(answer).toMatchObject({ status: 0, isTunnelled: true, protection: ESP });
      expect(answer.wire).toMatchObject({
        source: '2001:db8:a::1',
        destination: name,
        headers: [],
        protocol: ESP,
      });
      expect(bench.careOf()).toBe(name);
    }
    // Transport mode is not what was agreed upon.
    const other = new HomeAgentBench();
    const packet = bench.mobile().update({ sequence: 3 });
    expect(other.deliver(packet, 'upstream', 3000)).toEqual([]);
  });

  test('IPS-BU-15 updates need protection where other Mobility Headers of the same two addresses need none', () => {
    const bench = new HomeAgentBench();
    const { home } = bench.mobile();
    bench.homePeer.answerFor(home);
    const cookie = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const plain = (payload: Uint8Array): Uint8Array =>
      ipv6Packet({
        source: home,
        destination: AGENT,
        hopLimit: 60,
        protocol: NEXT_HEADER.mobility,
        payload,
      });
    const ends = { source: home, destination: AGENT };
    const init = encodeMobilityHeader({ kind: 'home-test-init', homeInitCookie: cookie }, [], ends);
    const kinds = bench
      .deliver(plain(init), 'home')
      .flatMap(({ packet }) => packet.mobility?.message.kind ?? []);
    expect(kinds).toEqual(['home-test']);
    const update = { kind: 'binding-update', sequence: 1, flags: 0xc000, lifetime: 0 } as const;
    const sent = bench.deliver(plain(encodeMobilityHeader(update, [], ends)), 'home', 3000);
    expect(sent.filter(({ packet }) => packet.mobility !== undefined)).toEqual([]);
    expect(bench.answer(fromHome(home, 1))).toMatchObject({ status: 133 });
  });

  test('IPS-BU-17 IPS-BU-18 a replay is silent where IPsec counts, and out of sequence where it does not', () => {
    const counting = new HomeAgentBench({ keying: { keying: 'negotiated', replayWindow: 64 } });
    const manual = new HomeAgentBench();
    for (const [bench, statuses] of [
      [counting, []],
      [manual, [135]],
    ] as const) {
      const packet = bench.mobile().update({ sequence: 1 });
      expect(
        bench.mobile().acknowledgements(bench.deliver(packet, 'upstream', 3000)),
      ).toMatchObject([{ status: 0 }]);
      expect(bench.answer({ sequence: 2, careOf: NEW_CARE_OF })).toMatchObject({ status: 0 });
      const again = bench.mobile().acknowledgements(bench.deliver(packet, 'upstream', 3000));
      expect(again.map(({ status }) => status)).toEqual(statuses);
      expect(bench.careOf()).toBe('2001:db8:d::100');
    }
  });
});

describe('home tests', () => {
  test('IPS-BU-16 a Home Test Init to the home agent and one through it are told apart by destination', () => {
    const bench = new HomeAgentBench({ protection: { homeTests: 'esp' } });
    bench.register();
    const mobile = bench.mobile();
    const { home, ipsec } = mobile;
    ipsec.moveTunnel(home, { local: CARE_OF, remote: AGENT, homeAddress: home });
    const init = (destination: Uint8Array): Uint8Array => {
      const payload = encodeMobilityHeader(
        { kind: 'home-test-init', homeInitCookie: new Uint8Array(8).fill(7) },
        [],
        { source: home, destination },
      );
      const inner = encodePlain(home, destination, NEXT_HEADER.mobility, payload, 60);
      const decision = ipsec.outbound(selectorsOf(inner));
      if (decision.kind !== 'tunnel') throw new Error(`no tunnel: ${decision.kind}`);
      const wire = {
        source: CARE_OF,
        destination: AGENT,
        homeAddressOption: undefined,
        type2RoutingHeader: undefined,
      };
      const sealed = decision.protect(NEXT_HEADER.ipv6, inner, wire);
      return encodePlain(CARE_OF, AGENT, sealed.protocol, sealed.payload, 60);
    };
    const through = bench.deliver(init(ATTACKER));
    expect(
      through.map(({ packet }) => [packet.destination, packet.mobility?.message.kind]),
    ).toEqual([['2001:db8:e::666', 'home-test-init']]);
    // For itself, it answers as a correspondent does: through the tunnel, protected.
    const own = bench.deliver(init(AGENT));
    expect(own.map(({ packet }) => [packet.destination, packet.protocol])).toEqual([
      ['2001:db8:b::100', ESP],
    ]);
  });
});

describe('the tunnel', () => {
  /** Outer destination and SPI of a payload packet to the home address; undefined when it leaves in no ESP tunnel. */
  function tunnelled(bench: HomeAgentBench): { to: string; spi: string } | undefined {
    const payload = new Uint8Array(16);
    const packet = ipv6Packet({
      source: ATTACKER,
      destination: bench.mobile().home,
      hopLimit: 60,
      protocol: 253,
      payload,
    });
    const sent = bench
      .deliver(packet)
      .find((each) => each.packet.protocol === ESP && each.link === 'upstream');
    return sent === undefined
      ? undefined
      : { to: sent.packet.destination, spi: spiOf(sent.packet.bytes) };
  }

  test('IPS-RR-05 an accepted update moves its end for the next packet, under the same SPI; a refused one does not', () => {
    const bench = new HomeAgentBench({ protection: { payload: 'esp' } });
    bench.register({ sequence: 10 });
    const before = tunnelled(bench);
    expect(before?.to).toBe('2001:db8:b::100');
    expect(bench.answer({ sequence: 9, careOf: NEW_CARE_OF })).toMatchObject({ status: 135 });
    const plain = bench.mobile().update({ sequence: 11, careOf: NEW_CARE_OF, isPlain: true });
    bench.deliver(plain, 'upstream', 3000);
    expect(tunnelled(bench)).toEqual(before);
    const { home } = bench.mobile();
    expect(bench.ipsec.tunnelOf(home)?.remote).toEqual(CARE_OF);
    expect(bench.answer({ sequence: 11, careOf: NEW_CARE_OF })).toMatchObject({ status: 0 });
    expect(bench.ipsec.tunnelOf(home)?.remote).toEqual(NEW_CARE_OF);
    expect(tunnelled(bench)).toEqual({ to: '2001:db8:d::100', spi: before?.spi });
  });

  test('IPS-RR-07 an update by return routability never moves or makes a tunnel', () => {
    const bench = new HomeAgentBench();
    bench.register();
    const { home } = bench.mobile();
    const before = bench.ipsec.tunnelOf(home);
    expect(before?.remote).toEqual(CARE_OF);
    const tokens = homeKeygen(bench);
    const refused = returnRoutabilityUpdate(bench, tokens, { sequence: 2 });
    expect(bench.mobile().acknowledgements(bench.deliver(refused))).toMatchObject([
      { status: 139 },
    ]);
    expect(bench.ipsec.tunnelOf(home)).toEqual(before);
    // One that is accepted, by the correspondent in this node.
    const others = homeKeygen(bench, 3);
    const accepted = returnRoutabilityUpdate(bench, others, { sequence: 2, number: 3 });
    bench.deliver(accepted);
    expect(bench.careOf(3)).toBe('2001:db8:b::100');
    expect(bench.ipsec.tunnelOf(bench.mobile(3).home)).toBeUndefined();
  });

  test('IPS-RR-12 after a de-registration its policies rest and its associations stay', () => {
    const bench = new HomeAgentBench({ protection: { payload: 'esp' } });
    bench.register();
    const { home } = bench.mobile();
    const before = tunnelled(bench);
    const names = bench.ipsec.describe().map(({ name }) => name);
    expect(bench.answer(fromHome(home, 2))).toMatchObject({ status: 0 });
    expect(bench.ipsec.tunnelOf(home)).toBeUndefined();
    expect(tunnelled(bench)).toBeUndefined();
    expect(bench.ipsec.describe().map(({ name }) => name)).toEqual(names);
    expect(bench.answer({ sequence: 3 })).toMatchObject({ status: 0 });
    expect(tunnelled(bench)).toEqual(before);
  });
});
