/**
 * One packet in every encapsulation and behind every link header; DHCPv6; IKE.
 */
import fc from 'fast-check';
import { dhcpv6Message } from '../../../../dissectors/dhcpv6/message.ts';
import { dhcpv6Options } from '../../../../dissectors/dhcpv6/options.ts';
import { encodeIke } from '../../../../dissectors/ike/index.ts';
import {
  ethernetFrame,
  gre,
  ipv4Packet,
  ipv6Packet,
  nullLoopback,
  ppp,
  pppoe,
  sll,
  sll2,
  snap,
  tcpSegment,
  udpDatagram,
  vlan,
} from '../../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER, espHeader } from '../../../../dissectors/ipv6/header.ts';
import { LINKTYPE } from '../../../../dissectors/walk.ts';
import { boundaryValues, octets, valuesOfLength } from '../../arbitraries.ts';
import { octetsOf } from '../../hex.ts';
import { SAMPLES } from '../../ike/samples.ts';
import { MOBILITY_VECTORS } from '../../vectors.ts';
import { PLAIN, packet, sample, wrap } from './sample.ts';
import type { SamplePacket } from './sample.ts';

const GROUP = 'tunnels, links, DHCPv6';
const OF_A_KIND = 8;
/** A Binding Update. */
const INNER = octetsOf(MOBILITY_VECTORS[5]?.hex ?? '');
/** Behind its IPv6 header and the Home Address option. */
const MOBILITY_HEADER_AT = 64;
const { source, destination } = PLAIN;
const IPV4 = { source: octetsOf('c0000201'), destination: octetsOf('c6336402') };

function udp6(sourcePort: number, destinationPort: number, payload: Uint8Array): Uint8Array {
  const datagram = udpDatagram({ source, destination, sourcePort, destinationPort, payload });
  return ipv6Packet({ source, destination, protocol: NEXT_HEADER.udp, payload: datagram });
}

function udp4(port: number, payload: Uint8Array): Uint8Array {
  const ports = { sourcePort: port, destinationPort: port };
  const datagram = udpDatagram({ ...IPV4, ...ports, payload });
  return ipv4Packet({ ...IPV4, protocol: NEXT_HEADER.udp, payload: datagram });
}

function ipv4(protocol: number, payload: Uint8Array): Uint8Array {
  return ipv4Packet({ ...IPV4, protocol, payload, identification: 7 });
}

function encapsulations(): [string, Uint8Array][] {
  const inner4 = udp4(40_000, octetsOf('00112233'));
  const esp = espHeader.encode({
    spi: 0x1234,
    sequence: 7,
    data: octetsOf('00112233445566778899'),
  });
  return [
    ['IPv6 in IPv6', wrap(PLAIN, NEXT_HEADER.ipv6, INNER)],
    ['IPv6 in IPv6 in IPv6', wrap(PLAIN, NEXT_HEADER.ipv6, wrap(PLAIN, NEXT_HEADER.ipv6, INNER))],
    ['IPv4 in IPv6', wrap(PLAIN, NEXT_HEADER.ipv4, inner4)],
    ['IPv6 in IPv4', ipv4(NEXT_HEADER.ipv6, INNER)],
    ['IPv4 in IPv4', ipv4(NEXT_HEADER.ipv4, inner4)],
    ['IPv6 in UDP 4191', udp4(4191, INNER)],
    ['IPv4 in UDP 4191', udp4(4191, inner4)],
    ['Mobility Header in UDP 5436', udp4(5436, INNER.slice(MOBILITY_HEADER_AT))],
    ['IPv6 in UDP 5437', udp4(5437, INNER)],
    ['ESP in UDP', udp4(4500, esp)],
    ['NAT keepalive', udp4(4500, Uint8Array.of(0xff))],
    ['UDP', udp6(40_000, 40_001, octetsOf('0011223344'))],
    [
      'TCP',
      wrap(
        PLAIN,
        NEXT_HEADER.tcp,
        tcpSegment({
          source,
          destination,
          sourcePort: 40_000,
          destinationPort: 40_001,
          options: octetsOf('020405a00402080a00000001000000020103030704020101'),
          flags: 0x12,
        }),
      ),
    ],
  ];
}

function grePackets(): SamplePacket[] {
  const number = fc.integer({ min: 0, max: 0xffffffff });
  const fields = fc.record(
    { key: number, sequence: number, checksum: fc.constant(true as const) },
    { requiredKeys: [] },
  );
  return sample(fields, OF_A_KIND).map((optional) => {
    const payload = gre({ protocol: 0x86dd, payload: INNER, ...optional });
    return packet(GROUP, 'valid', 'GRE', wrap(PLAIN, NEXT_HEADER.gre, payload));
  });
}

function linkPackets(): SamplePacket[] {
  const from = octetsOf('02005e005301');
  const to = octetsOf('02005e005302');
  const ethernet = (etherType: number, payload: Uint8Array): Uint8Array =>
    ethernetFrame({ source: from, destination: to, etherType, payload });
  const session = pppoe({
    sessionIdentifier: 42,
    payload: ppp({ hasFraming: false, payload: INNER }),
  });
  const tagged = vlan({ identifier: 100, priority: 5, payload: INNER });
  const cooked = { address: from, payload: INNER };
  const frames: [string, number, Uint8Array][] = [
    ['Ethernet', LINKTYPE.ethernet, ethernet(0x86dd, INNER)],
    ['VLAN', LINKTYPE.ethernet, ethernet(0x8100, tagged)],
    [
      'two VLAN tags',
      LINKTYPE.ethernet,
      ethernet(0x88a8, vlan({ identifier: 7, etherType: 0x8100, payload: tagged })),
    ],
    ['PPPoE', LINKTYPE.ethernet, ethernet(0x8864, session)],
    ['SNAP', LINKTYPE.ethernet, ethernet(snap(0x86dd, INNER).length, snap(0x86dd, INNER))],
    ['PPP', LINKTYPE.ppp, ppp({ payload: INNER })],
    ['PPP in HDLC framing', LINKTYPE.pppHdlc, ppp({ payload: INNER })],
    ['Linux cooked', LINKTYPE.linuxSll, sll(cooked)],
    ['Linux cooked 2', LINKTYPE.linuxSll2, sll2(cooked)],
    ['loopback', LINKTYPE.null, nullLoopback({ payload: INNER })],
    ['OpenBSD loopback', LINKTYPE.loop, nullLoopback({ byteOrder: 'big', payload: INNER })],
    ['IPv6 alone', LINKTYPE.ipv6, INNER],
  ];
  return frames.map(([subject, linkType, bytes]) =>
    packet(GROUP, 'valid', subject, bytes, linkType),
  );
}

function dhcpv6Packets(): SamplePacket[] {
  const rows = [...dhcpv6Options.definitions.values()];
  const message = (option: unknown): Uint8Array =>
    udp6(
      546,
      547,
      dhcpv6Message.encodeFields({ messageType: 1, transaction: 0x123456, options: [option] }),
    );
  return rows.flatMap((row) => {
    const lengths = row.lengths ?? Array.from({ length: 40 }, (_, i) => row.layout.fixedOctets + i);
    const valid = sample(valuesOfLength(row.layout, lengths), OF_A_KIND);
    const limits = boundaryValues(row.layout, lengths);
    return [
      ...valid.map((value) =>
        packet(GROUP, 'valid', row.kind, message({ kind: row.kind, ...value })),
      ),
      ...limits.map((value) =>
        packet(GROUP, 'boundary', row.kind, message({ kind: row.kind, ...value })),
      ),
    ];
  });
}

/** Encapsulations, links and DHCPv6. */
export function tunnelPackets(): SamplePacket[] {
  return [
    ...encapsulations().map(([subject, bytes]) => packet(GROUP, 'valid', subject, bytes)),
    ...grePackets(),
    ...linkPackets(),
    ...dhcpv6Packets(),
  ];
}

/** Every payload of both versions of IKE. */
export function ikePackets(): SamplePacket[] {
  const limits = [new Uint8Array(28), new Uint8Array(28).fill(0xff)];
  const random = sample(octets(16), OF_A_KIND).map((data) => {
    const [first] = SAMPLES;
    if (first === undefined) throw new Error('no IKE message');
    const bytes = encodeIke(first);
    bytes.set(data, 0);
    return bytes;
  });
  return [
    ...SAMPLES.map((message) => packet('IKE', 'valid', 'IKE', udp6(500, 500, encodeIke(message)))),
    ...random.map((bytes) => packet('IKE', 'valid', 'IKE with other SPIs', udp6(500, 500, bytes))),
    ...SAMPLES.map((message) => {
      const marked = Uint8Array.of(0, 0, 0, 0, ...encodeIke(message));
      return packet('IKE', 'valid', 'IKE on port 4500', udp6(4500, 4500, marked));
    }),
    ...limits.map((bytes) => packet('IKE', 'boundary', 'IKE header', udp6(500, 500, bytes))),
  ];
}
