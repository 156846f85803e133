import { describe, expect, test, vi } from 'vitest';
import { encodeIcmpv6 } from '../../../../dissectors/icmpv6/index.ts';
import { concatenate } from '../../../../dissectors/core/layout.ts';
import type { Selectors } from '../../../../nodes/ip/packet.ts';
import { ip, onesComplementSum } from '../../wire-peer.ts';
import {
  AGENT,
  CARE_OF_ONE,
  CARE_OF_TWO,
  CORRESPONDENT,
  HOME,
  echo,
  echoPacket,
  text,
} from '../bench.ts';
import type { Seen } from '../scripted-link.ts';
import { RouteBench } from './scripted-correspondent.ts';

const SECOND = 1000;
const ICMPV6 = 58;
const UDP = 17;
const ESP = 50;
const ROUTING = 43;
const DESTINATION_OPTIONS = 60;
const ELSEWHERE = ip('2001:db8:d::77');
const OTHER = ip('2001:db8:e::5');

function only(packets: readonly Seen[]): Seen {
  const [packet] = packets;
  if (packet === undefined || packets.length > 1) throw new Error(`${packets.length} packets`);
  return packet;
}

describe('packets to a correspondent', () => {
  test('MN-PKT-02 MN-PKT-05 with an acknowledged binding: from the care-of address, home address in the option and in the checksum', () => {
    const bench = RouteBench.optimised();
    const packet = only(bench.node.ping(HOME));
    expect(packet).toMatchObject({
      source: text(CARE_OF_ONE),
      destination: text(CORRESPONDENT),
      homeAddressOption: text(HOME),
      type2RoutingHeader: undefined,
      headers: [DESTINATION_OPTIONS],
    });
    expect(onesComplementSum(HOME, CORRESPONDENT, ICMPV6, packet.payload)).toBe(0xffff);
    expect(bench.node.link.owns(ip(packet.source))).toBe(true);
  });

  test('MN-PKT-02 not before it is acknowledged, not for others, and not after it has ended', () => {
    const bench = RouteBench.away();
    bench.answerUpdate = () => undefined;
    bench.trigger();
    bench.advance(500);
    expect(bench.updates).toHaveLength(1);
    expect(bench.way()).toBe('tunnel');
    bench.answerUpdate = () => ({});
    bench.advance(SECOND);
    expect(bench.way()).toBe('optimised');
    expect(bench.way(OTHER)).toBe('tunnel');
    bench.answerHome = () => undefined;
    bench.advance(420 * SECOND);
    expect(bench.way()).toBe('tunnel');
  });

  test('MN-PKT-02 MN-PKT-05 after a move they take the tunnel until the correspondent knows the new care-of address', () => {
    const bench = RouteBench.optimised();
    bench.answerUpdate = () => undefined;
    bench.node.move('two');
    expect(bench.updates.length).toBeGreaterThan(1);
    expect(bench.way()).toBe('tunnel');
    bench.answerUpdate = () => ({});
    bench.advance(10 * SECOND);
    expect(bench.way()).toBe('optimised');
    expect(only(bench.node.ping(HOME)).source).toBe(text(CARE_OF_TWO));
  });

  test('MN-PKT-02 a mobile correspondent gets both headers, the routing header first', () => {
    const bench = RouteBench.optimised();
    bench.bindOther(ELSEWHERE);
    const packet = only(bench.node.ping(HOME));
    expect(packet).toMatchObject({
      source: text(CARE_OF_ONE),
      destination: text(ELSEWHERE),
      homeAddressOption: text(HOME),
      type2RoutingHeader: text(CORRESPONDENT),
      headers: [ROUTING, DESTINATION_OPTIONS],
    });
    expect(onesComplementSum(HOME, CORRESPONDENT, ICMPV6, packet.payload)).toBe(0xffff);
  });

  test('a mobile correspondent without a binding of this node there is spoken to through the tunnel', () => {
    const bench = RouteBench.away();
    bench.bindOther(ELSEWHERE);
    expect(bench.way()).toBe('tunnel');
    // From a care-of address the routing header is enough.
    const packet = only(bench.node.ping(CARE_OF_ONE));
    expect(packet).toMatchObject({
      source: text(CARE_OF_ONE),
      destination: text(ELSEWHERE),
      homeAddressOption: undefined,
      type2RoutingHeader: text(CORRESPONDENT),
    });
  });

  test('at home a mobile correspondent gets the routing header alone', () => {
    const bench = new RouteBench({ start: 'home' });
    bench.node.start(10_000);
    expect(bench.node.home.state).toBe('home');
    expect(bench.way()).toBe('direct');
    bench.bindOther(ELSEWHERE);
    expect(only(bench.node.ping(HOME))).toMatchObject({
      source: text(HOME),
      destination: text(ELSEWHERE),
      homeAddressOption: undefined,
      type2RoutingHeader: text(CORRESPONDENT),
    });
  });

  test('the home agent is never a correspondent: what goes to it takes the tunnel', () => {
    const bench = RouteBench.away();
    expect(bench.routes?.optimise(AGENT, HOME)).toBe(false);
    bench.tunnel(echoPacket(AGENT, HOME));
    bench.advance(SECOND);
    expect(bench.messages).toEqual([]);
    expect(bench.way(AGENT)).toBe('tunnel');
  });

  test('MN-PKT-14 the routing header of a packet is not reversed into the answer; the binding update list decides', () => {
    const bench = RouteBench.optimised();
    bench.node.take();
    bench.sendRouted();
    bench.advance(5);
    expect(only(bench.node.packets())).toMatchObject({
      destination: text(CORRESPONDENT),
      homeAddressOption: text(HOME),
      type2RoutingHeader: undefined,
      icmpv6: { kind: 'echo-reply' },
    });
    // Without a binding there the answer takes the tunnel.
    bench.sendRouted(OTHER);
    bench.node.take();
    bench.advance(5);
    const reply = only(bench.node.packets());
    expect(reply.homeAddressOption).toBeUndefined();
    expect(bench.node.open(reply).inner).toBeDefined();
  });

  test('MN-PKT-08 packets by the routing header arrive as packets to the home address', () => {
    const bench = RouteBench.optimised();
    const received: string[] = [];
    const before = bench.node.host.onReceived;
    bench.node.host.onReceived = (packet) => {
      before?.(packet);
      received.push(text(packet.destination));
    };
    bench.sendRouted();
    bench.advance(5);
    expect(received).toEqual([text(HOME)]);
  });

  test('MN-PKT-16 policies see the home address, and the option stands in front of ESP', () => {
    const bench = RouteBench.optimised();
    const { ipsec } = bench.node;
    if (ipsec === undefined) throw new Error('no IPsec');
    const asked: Selectors[] = [];
    const outbound = ipsec.outbound.bind(ipsec);
    vi.spyOn(ipsec, 'outbound').mockImplementation((selectors) => {
      if (selectors.protocol !== UDP) return outbound(selectors);
      asked.push(selectors);
      return {
        kind: 'transport',
        protect: (protocol, octets) => ({
          protocol: ESP,
          payload: concatenate([
            Uint8Array.of(0, 0, 9, 9, 0, 0, 0, 1),
            octets,
            Uint8Array.of(1, 2, 2, protocol),
          ]),
        }),
      };
    });
    bench.node.take();
    const payload = Uint8Array.of(0, 9, 0, 9, 0, 8, 0, 0);
    bench.node.host.send({ source: HOME, destination: CORRESPONDENT, protocol: UDP, payload });
    bench.advance(5);
    expect(asked).toMatchObject([
      { source: HOME, destination: CORRESPONDENT, protocol: UDP, isTunnelled: false },
    ]);
    expect(only(bench.node.packets())).toMatchObject({
      source: text(CARE_OF_ONE),
      headers: [DESTINATION_OPTIONS],
      protocol: ESP,
      homeAddressOption: text(HOME),
    });
  });

  test('MN-PKT-16 what a policy forbids does not leave the direct way either', () => {
    const bench = RouteBench.optimised();
    const { ipsec } = bench.node;
    if (ipsec === undefined) throw new Error('no IPsec');
    expect(bench.way()).toBe('optimised');
    vi.spyOn(ipsec, 'outbound').mockImplementation(() => ({ kind: 'discard', reason: 'test' }));
    expect(bench.way()).toBe('none');
  });

  test('the answer of the node as a correspondent takes the tunnel of its home address', () => {
    const bench = RouteBench.away();
    const message = { kind: 'home-test-init', homeInitCookie: new Uint8Array(8) } as const;
    bench.sendMessage(message, [], { source: OTHER, destination: HOME, isTunnelled: true });
    bench.advance(5);
    expect(bench.of('home-test')).toMatchObject([
      {
        isTunnelled: true,
        isProtected: true,
        packet: { source: text(HOME), destination: text(OTHER) },
      },
    ]);
  });

  test('a large packet is cut with the option in every piece', () => {
    const bench = RouteBench.optimised();
    bench.node.take();
    const message = { ...echo('echo-request'), data: new Uint8Array(1480) } as const;
    const payload = encodeIcmpv6(message, { source: HOME, destination: CORRESPONDENT });
    bench.node.host.send({ source: HOME, destination: CORRESPONDENT, protocol: ICMPV6, payload });
    bench.advance(5);
    const pieces = bench.node.packets();
    expect(pieces.length).toBe(2);
    for (const piece of pieces) {
      expect(piece.source).toBe(text(CARE_OF_ONE));
      expect(piece.bytes.length).toBeLessThanOrEqual(1500);
    }
  });
});
