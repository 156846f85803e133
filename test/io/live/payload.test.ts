import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { build } from '../../../dissectors/index.ts';
import { ethernetFrame } from '../../../dissectors/ipv6/build.ts';
import {
  homeAddress,
  mobility,
  tcp,
  tunnelled,
  type2Routing,
  udp,
  ipv6,
} from '../../../fixtures/scenario/packet.ts';
import type { Ends } from '../../../fixtures/scenario/packet.ts';
import { ip } from '../../../fixtures/scenario/network.ts';
import { isPayload } from '../../../io/capture/live/payload.ts';

const RAW = 101;
const ETHERNET = 1;
const SLL = 113;
const SLL2 = 276;
const NODE = ip('2001:db8:1::10');
const PEER = ip('2001:db8:9::5');
const ENDS: Ends = { source: NODE, destination: PEER };

const DATAGRAM = udp(ENDS, { from: 5004, to: 5004 }, new Uint8Array(100));
const SEGMENT = tcp(
  ENDS,
  { from: 40_000, to: 443 },
  { flags: 16, sequence: 1, acknowledgment: 1 },
  new Uint8Array(10),
);
const MESSAGE = mobility(ENDS, { kind: 'home-test-init', homeInitCookie: new Uint8Array(8) });

function plain(protocol: number, payload: Uint8Array): Uint8Array {
  return build.ipv6Packet({ source: NODE, destination: PEER, protocol, payload });
}

function datagram(from: number, to: number, payload: Uint8Array): Uint8Array {
  return ipv6(ENDS, udp(ENDS, { from, to }, payload));
}

function esp(octets: number): Uint8Array {
  const payload = new Uint8Array(octets);
  payload[3] = 1;
  return payload;
}

function isIt(packet: Uint8Array, linkType = RAW): boolean {
  return isPayload(packet, 0, packet.length, linkType);
}

/** IPv4 header of 20 octets in front of a payload. */
function ipv4(protocol: number, payload: Uint8Array, fragment = 0): Uint8Array {
  const packet = new Uint8Array(20 + payload.length);
  packet.set([
    0x45,
    0,
    packet.length >> 8,
    packet.length & 0xff,
    0,
    0,
    fragment >> 8,
    fragment & 0xff,
    64,
    protocol,
  ]);
  packet.set(payload, 20);
  return packet;
}

const PAYLOAD: readonly (readonly [string, Uint8Array])[] = [
  ['TCP', ipv6(ENDS, SEGMENT)],
  ['UDP', ipv6(ENDS, DATAGRAM)],
  ['route-optimised UDP from a node', ipv6(ENDS, homeAddress(NODE), DATAGRAM)],
  ['route-optimised UDP to a node', ipv6(ENDS, type2Routing(NODE), DATAGRAM)],
  ['tunnelled UDP', ipv6(ENDS, tunnelled(ipv6(ENDS, DATAGRAM)))],
  ['ESP of the size of data', plain(50, esp(600))],
  ['ESP of the size of data in UDP', datagram(4500, 4500, esp(600))],
  ['SCTP', plain(132, new Uint8Array(20))],
  ['TCP over IPv4', ipv4(6, new Uint8Array(20))],
  ['UDP in IPv6 in IPv4', ipv4(41, ipv6(ENDS, DATAGRAM))],
  [
    'UDP in IPv6 in GRE',
    plain(47, Uint8Array.of(0x20, 0, 0x86, 0xdd, 0, 0, 0, 7, ...ipv6(ENDS, DATAGRAM))),
  ],
  ['UDP in IPv6 in UDP', datagram(4191, 4191, ipv6(ENDS, DATAGRAM))],
];

const SIGNALLING: readonly (readonly [string, Uint8Array])[] = [
  ['Mobility Header', ipv6(ENDS, MESSAGE)],
  ['Mobility Header behind a Home Address option', ipv6(ENDS, homeAddress(NODE), MESSAGE)],
  ['Mobility Header in a tunnel', ipv6(ENDS, tunnelled(ipv6(ENDS, MESSAGE)))],
  ['Mobility Header in IPv6 in UDP', datagram(4191, 4191, ipv6(ENDS, MESSAGE))],
  ['Mobility Header in IPv6 in IPv4', ipv4(41, ipv6(ENDS, MESSAGE))],
  ['Mobility Header in GRE', plain(47, Uint8Array.of(0, 0, 0x86, 0xdd, ...ipv6(ENDS, MESSAGE)))],
  ['ICMPv6', plain(58, new Uint8Array(8))],
  [
    'ESP behind a Home Address option',
    ipv6(ENDS, homeAddress(NODE), { protocol: 50, bytes: esp(600) }),
  ],
  [
    'ESP behind a type 2 routing header',
    ipv6(ENDS, type2Routing(NODE), { protocol: 50, bytes: esp(600) }),
  ],
  ['ESP of the size of signalling', plain(50, esp(140))],
  ['AH', plain(51, new Uint8Array(24))],
  ['IKE', datagram(500, 500, new Uint8Array(100))],
  ['IKE on port 4500', datagram(4500, 4500, new Uint8Array(600))],
  ['DHCPv6', datagram(546, 547, new Uint8Array(60))],
  ['Proxy Mobile IPv6 control', datagram(5436, 5436, new Uint8Array(60))],
  ['a fragment', plain(44, new Uint8Array(64))],
  ['a fragment of IPv4', ipv4(6, new Uint8Array(64), 0x2000)],
  ['an unknown protocol', plain(200, new Uint8Array(20))],
  [
    'UDP behind a routing header of type 0',
    plain(43, Uint8Array.of(17, 0, 0, 1, 0, 0, 0, 0, ...new Uint8Array(20))),
  ],
  ['nothing', new Uint8Array()],
  ['a cut header', ipv6(ENDS, SEGMENT).subarray(0, 39)],
];

describe('what may be left out first', () => {
  it.each(PAYLOAD)('is %s', (_, packet) => {
    expect(isIt(packet)).toBe(true);
  });

  it.each(SIGNALLING)('is not %s', (_, packet) => {
    expect(isIt(packet)).toBe(false);
  });

  it('is told behind every link header', () => {
    const macs = { source: new Uint8Array(6), destination: new Uint8Array(6) };
    for (const [packet, expected] of [
      [ipv6(ENDS, SEGMENT), true],
      [ipv6(ENDS, MESSAGE), false],
    ] as const) {
      const frame = ethernetFrame({ ...macs, payload: packet });
      const tagged = Uint8Array.of(...frame.subarray(0, 12), 0x81, 0, 0, 5, ...frame.subarray(12));
      const cooked = Uint8Array.of(...new Uint8Array(14), 0x86, 0xdd, ...packet);
      const cooked2 = Uint8Array.of(0x86, 0xdd, ...new Uint8Array(18), ...packet);
      expect(isIt(frame, ETHERNET)).toBe(expected);
      expect(isIt(tagged, ETHERNET)).toBe(expected);
      expect(isIt(cooked, SLL)).toBe(expected);
      expect(isIt(cooked2, SLL2)).toBe(expected);
    }
  });

  it('is not decided by octets behind the end', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.uint8Array({ maxLength: 80 }),
        fc.constantFrom(RAW, ETHERNET, SLL, SLL2, 0, 999),
        (packet, after, linkType) => {
          const longer = Uint8Array.of(...packet, ...after);
          expect(isPayload(longer, 0, packet.length, linkType)).toBe(isIt(packet, linkType));
        },
      ),
    );
  });
});
