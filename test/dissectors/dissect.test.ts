import { describe, expect, it } from 'vitest';
import { MAX_LAYERS } from '../../dissectors/dissect.ts';
import { encodeIcmpv6 } from '../../dissectors/icmpv6/index.ts';
import {
  authentication,
  destinationOptions,
  fragment,
  fragmentPacket,
  homeAddressOption,
  hopByHop,
  ipv4Packet,
  ipv6Packet,
  padN,
  routing,
  type0RoutingHeader,
  type2RoutingHeader,
  udpDatagram,
  unknownOption,
} from '../../dissectors/ipv6/build.ts';
import type { ExtensionHeader } from '../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import { encodeMobilityHeader } from '../../dissectors/mobility/header.ts';
import { octetsOf } from './hex.ts';
import { codes, find, homeTestInit, layers, raw } from './trees.ts';
import {
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  HOME_AGENT,
  ICMPV6_VECTORS,
  MOBILITY_VECTORS,
  ip,
} from './vectors.ts';

function update(headers: readonly ExtensionHeader[], source = CARE_OF_ADDRESS): Uint8Array {
  const message = { kind: 'binding-update', sequence: 1, flags: 0xc000, lifetime: 60 } as const;
  const payload = encodeMobilityHeader(message, [], {
    source: HOME_ADDRESS,
    destination: HOME_AGENT,
  });
  return ipv6Packet({
    source,
    destination: HOME_AGENT,
    headers,
    protocol: NEXT_HEADER.mobility,
    payload,
  });
}

const HAO = destinationOptions([homeAddressOption(HOME_ADDRESS)]);

describe('extension headers', () => {
  it.each([
    [
      'hop-by-hop options not first (RFC 8200 section 4.1)',
      update([HAO, hopByHop([padN(4)])]),
      ['EXTENSION_ORDER'],
    ],
    [
      'destination options twice in a row',
      update([destinationOptions([padN(4)]), HAO]),
      ['EXTENSION_ORDER'],
    ],
    [
      'Home Address option before a routing header (RFC 6275 section 6.3)',
      update([HAO, routing(253, 0, octetsOf('00000000'))]),
      ['HAO_POSITION'],
    ],
    [
      'Home Address option after a fragment header',
      update([fragment({ offset: 0, more: false, identification: 1 }), HAO]),
      ['FRAGMENT_ATOMIC', 'HAO_POSITION'],
    ],
    [
      'Home Address option after AH',
      update([authentication({ spi: 300, sequence: 1, icv: new Uint8Array(12) }), HAO]),
      ['HAO_POSITION'],
    ],
    [
      'two Home Address options',
      update([
        destinationOptions([homeAddressOption(HOME_ADDRESS), homeAddressOption(HOME_AGENT)]),
      ]),
      ['HAO_DUPLICATE'],
    ],
    [
      'Home Address option of a wrong length',
      update([destinationOptions([unknownOption(0xc9, new Uint8Array(15))])]),
      ['HAO_LENGTH', 'MH_CHECKSUM'],
    ],
    [
      'two routing headers, type 2 last (RFC 6275 section 6.4.1)',
      update([routing(253, 0, octetsOf('00000000')), type2RoutingHeader(HOME_AGENT), HAO]),
      [],
    ],
  ] as const)('%s', (_, bytes, expected) => {
    expect(codes(raw(bytes))).toEqual(expected);
  });

  it('shows what a Home Address option of a wrong length holds as unknown octets', () => {
    const bytes = update([destinationOptions([unknownOption(0xc9, new Uint8Array(15))])]);
    const { nodes } = raw(bytes);
    expect(find(nodes, 'ipv6.opt.unknown')?.length).toBe(15);
    expect(find(nodes, 'ipv6.opt.mipv6.home_address')).toBeUndefined();
  });

  it('takes the end of a type 0 route for the final destination (RFC 8200 section 8.1)', () => {
    const payload = homeTestInit(HOME_ADDRESS, CORRESPONDENT);
    const bytes = ipv6Packet({
      source: HOME_ADDRESS,
      destination: HOME_AGENT,
      headers: [type0RoutingHeader([CARE_OF_ADDRESS, CORRESPONDENT])],
      protocol: NEXT_HEADER.mobility,
      payload,
    });
    const found = raw(bytes);
    expect(codes(found)).toEqual(['RH0_DEPRECATED']);
    expect(find(found.nodes, 'mip6.csum.status')?.value).toBe(1);
    expect(find(found.nodes, 'mip6guard.dst')?.text).toBe('2001:db8:0:3::3');
  });

  it('gives no checksum verdict under a routing header it cannot read', () => {
    const bytes = ipv6Packet({
      source: HOME_ADDRESS,
      destination: HOME_AGENT,
      headers: [routing(253, 1, new Uint8Array(20))],
      protocol: NEXT_HEADER.mobility,
      payload: homeTestInit(HOME_ADDRESS, CORRESPONDENT),
    });
    const found = raw(bytes);
    expect(codes(found)).toEqual([]);
    expect(find(found.nodes, 'mip6.csum.status')).toBeUndefined();
    expect(find(found.nodes, 'ipv6.routing.unknown_data')?.length).toBe(20);
  });

  it('stops at too many extension headers and shows the rest as data', () => {
    const many = Array.from({ length: 30 }, () => destinationOptions([padN(4)]));
    const found = raw(update(many));
    expect(codes(found)).toContain('EXTENSION_LIMIT');
    expect(layers(found).filter((name) => name === 'ipv6.dstopts')).toHaveLength(16);
    expect(layers(found).at(-1)).toBe('data');
  });

  it('stops at too many tunnels and shows the rest as data', () => {
    let bytes = homeTestInit(HOME_ADDRESS, CORRESPONDENT);
    let protocol: number = NEXT_HEADER.mobility;
    for (let i = 0; i < 40; i++) {
      bytes = ipv6Packet({
        source: HOME_ADDRESS,
        destination: HOME_AGENT,
        protocol,
        payload: bytes,
      });
      protocol = NEXT_HEADER.ipv6;
    }
    const found = raw(bytes);
    expect(codes(found)).toContain('EXTENSION_LIMIT');
    expect(found.nodes.length).toBeLessThanOrEqual(MAX_LAYERS + 1);
    expect(layers(found).at(-1)).toBe('data');
  });
});

describe('tunnels', () => {
  const inner = ipv6Packet({
    source: HOME_ADDRESS,
    destination: CORRESPONDENT,
    protocol: NEXT_HEADER.mobility,
    payload: homeTestInit(HOME_ADDRESS, CORRESPONDENT),
  });

  it('looks into IPv6 in IPv6 (RFC 2473)', () => {
    const bytes = ipv6Packet({
      source: CARE_OF_ADDRESS,
      destination: HOME_AGENT,
      protocol: NEXT_HEADER.ipv6,
      payload: inner,
    });
    const found = raw(bytes);
    expect(codes(found)).toEqual([]);
    expect(layers(found)).toEqual(['ipv6', 'ipv6', 'mip6']);
    expect(find(found.nodes, 'mip6.csum.status')?.value).toBe(1);
  });

  it('looks into IPv6 in IPv4 (RFC 4213) and IPv4 in IPv6', () => {
    const ipv4 = ipv4Packet({
      source: octetsOf('c0000201'),
      destination: octetsOf('c0000202'),
      protocol: NEXT_HEADER.ipv6,
      payload: inner,
    });
    const sixInFour = raw(ipv4);
    expect(codes(sixInFour)).toEqual([]);
    expect(layers(sixInFour)).toEqual(['ip', 'ipv6', 'mip6']);
    expect(find(sixInFour.nodes, 'ip.hdr_len')?.value).toBe(20);
    const bytes = ipv6Packet({
      source: CARE_OF_ADDRESS,
      destination: HOME_AGENT,
      protocol: NEXT_HEADER.ipv4,
      payload: ipv4,
    });
    expect(layers(raw(bytes))).toEqual(['ipv6', 'ip', 'ipv6', 'mip6']);
  });
});

describe('fragments', () => {
  const whole = update([HAO]);
  const data = new Uint8Array(800).map((_, i) => i);
  const large = ipv6Packet({
    source: CARE_OF_ADDRESS,
    destination: HOME_AGENT,
    headers: [HAO],
    protocol: NEXT_HEADER.udp,
    payload: udpDatagram({
      source: HOME_ADDRESS,
      destination: HOME_AGENT,
      sourcePort: 1,
      destinationPort: 2,
      payload: data,
    }),
  });
  const fragments = fragmentPacket(large, 400, 0xcafe);

  it('shows a later fragment as data and says that the rest is elsewhere', () => {
    const found = raw(fragments[1] ?? new Uint8Array());
    expect(codes(found)).toEqual(['FRAGMENT_PENDING']);
    expect(layers(found)).toEqual(['ipv6', 'ipv6.dstopts', 'ipv6.fraghdr', 'data']);
  });

  it('goes into a first fragment as far as it goes, without a verdict', () => {
    const found = raw(fragments[0] ?? new Uint8Array());
    expect(codes(found)).toEqual(['FRAGMENT_PENDING']);
    expect(layers(found)).toEqual(['ipv6', 'ipv6.dstopts', 'ipv6.fraghdr', 'udp', 'data']);
  });

  it('goes on in the whole packet when the caller has put it together', () => {
    const [, second = new Uint8Array()] = fragments;
    const found = raw(second, { reassembled: whole });
    expect(codes(found)).toEqual([]);
    expect(found.sources.map(({ label }) => label)).toEqual(['Frame', 'Reassembled IPv6']);
    expect(found.nodes.map(({ name, source }) => `${source}:${name ?? ''}`)).toEqual([
      '0:ipv6',
      '0:ipv6.dstopts',
      '0:ipv6.fraghdr',
      '0:data',
      '1:ipv6',
      '1:ipv6.dstopts',
      '1:mip6',
    ]);
    expect(find(found.nodes, 'mip6.csum.status')?.value).toBe(1);
  });

  it('reports neighbor discovery in fragments, also put together (RFC 6980 section 5)', () => {
    const solicitation = octetsOf(
      ICMPV6_VECTORS.find(({ message }) => message.kind === 'neighbor-solicitation')?.hex ?? '',
    );
    const head = { source: HOME_ADDRESS, destination: HOME_AGENT, hopLimit: 255 };
    const atomic = ipv6Packet({
      ...head,
      headers: [fragment({ offset: 0, more: false, identification: 1 })],
      protocol: NEXT_HEADER.icmpv6,
      payload: solicitation.slice(40),
    });
    expect(codes(raw(atomic))).toContain('ND_FRAGMENTED');
    const [first = new Uint8Array()] = fragmentPacket(solicitation, 56, 1);
    const found = raw(first, { reassembled: solicitation });
    expect(codes(found)).toEqual(['ND_FRAGMENTED']);
  });
});

describe('ICMPv6', () => {
  it('shows the packet an error quotes, and judges nothing in it (RFC 4443 section 3)', () => {
    const problem = ICMPV6_VECTORS.find(({ message }) => message.kind === 'parameter-problem');
    const found = raw(octetsOf(problem?.hex ?? ''));
    expect(codes(found)).toEqual([]);
    expect(layers(found)).toEqual(['ipv6', 'icmpv6']);
    const quoted = find(found.nodes, 'icmpv6.data');
    expect(quoted?.children.map(({ name }) => name)).toEqual(['ipv6', 'ipv6.dstopts', 'udp']);
    expect(find(quoted?.children ?? [], 'ipv6.opt.mipv6.home_address')?.text).toBe(
      '2001:db8:0:1::100',
    );
    expect(find(found.nodes, 'icmpv6.code')?.text).toBe('2 (unrecognized IPv6 option encountered)');
  });

  it('does not follow quotes in quotes', () => {
    let quoted = ipv6Packet({ source: HOME_ADDRESS, destination: CORRESPONDENT });
    for (let i = 0; i < 30; i++) {
      const how = { source: CORRESPONDENT, destination: HOME_ADDRESS };
      const message = {
        kind: 'packet-too-big',
        code: 0,
        mtu: 1280,
        invokingPacket: quoted,
      } as const;
      quoted = ipv6Packet({
        ...how,
        protocol: NEXT_HEADER.icmpv6,
        payload: encodeIcmpv6(message, how),
      });
    }
    let depth = 0;
    let node = find(raw(quoted).nodes, 'icmpv6');
    while (node !== undefined) {
      depth++;
      node = find(node.children, 'icmpv6');
    }
    expect(depth).toBe(2);
  });

  it('reports neighbor discovery that came through a router (RFC 4861 section 6.1)', () => {
    const bytes = octetsOf(
      ICMPV6_VECTORS.find(({ message }) => message.kind === 'router-advertisement')?.hex ?? '',
    );
    bytes[7] = 254;
    expect(raw(bytes).diagnostics).toMatchObject([
      { code: 'ND_HOP_LIMIT', detail: 'hop limit 254' },
    ]);
  });

  it('keeps what came before an option of length 0, and reports it (RFC 4861 section 4.6)', () => {
    const how = { source: ip('fe80::1'), destination: ip('ff02::1') };
    const payload = encodeIcmpv6(
      {
        kind: 'router-solicitation',
        code: 0,
        options: [
          { kind: 'mtu', mtu: 1500 },
          { kind: 'malformed', data: octetsOf('0100aabbccddeeff') },
        ],
      },
      how,
    );
    const bytes = ipv6Packet({ ...how, hopLimit: 255, protocol: NEXT_HEADER.icmpv6, payload });
    const found = raw(bytes);
    expect(codes(found)).toEqual(['ND_OPTION_NOT_ALLOWED', 'ND_OPTION_LENGTH']);
    expect(find(found.nodes, 'icmpv6.opt.mtu')?.value).toBe(1500);
  });

  it('reports an option of a wrong length for its type and keeps its octets', () => {
    const how = { source: ip('fe80::1'), destination: ip('ff02::1') };
    const option = { kind: 'unknown', type: 3, data: new Uint8Array(22) } as const;
    const payload = encodeIcmpv6({ kind: 'router-solicitation', code: 0, options: [option] }, how);
    const bytes = ipv6Packet({ ...how, hopLimit: 255, protocol: NEXT_HEADER.icmpv6, payload });
    const found = raw(bytes);
    expect(codes(found)).toEqual(['ND_OPTION_SIZE', 'ND_OPTION_NOT_ALLOWED']);
    expect(find(found.nodes, 'icmpv6.opt.prefix')).toBeUndefined();
  });

  it('keeps a message it does not know', () => {
    const how = { source: HOME_ADDRESS, destination: CORRESPONDENT };
    const payload = encodeIcmpv6(
      { kind: 'unknown-icmpv6', type: 200, code: 1, data: octetsOf('01020304') },
      how,
    );
    const found = raw(ipv6Packet({ ...how, protocol: NEXT_HEADER.icmpv6, payload }));
    expect(codes(found)).toEqual([]);
    expect(find(found.nodes, 'icmpv6.data')?.text).toBe('01020304');
    expect(find(found.nodes, 'icmpv6.checksum.status')?.value).toBe(1);
  });
});

describe('packets that end early', () => {
  const packet = octetsOf(MOBILITY_VECTORS[5]?.hex ?? '');

  it('says that the capture cut the packet, and judges neither lengths nor checksum', () => {
    for (let end = 1; end < packet.length; end++) {
      const found = raw(packet.slice(0, end), { originalLength: packet.length });
      expect(codes(found)).toEqual(['CAPTURE_CUT']);
      expect(find(found.nodes, 'mip6.csum.status')).toBeUndefined();
    }
  });

  it('blames the packet when the capture is whole (RFC 8200 section 3)', () => {
    expect(codes(raw(packet.slice(0, 39)))).toEqual(['IPV6_TRUNCATED']);
    expect(codes(raw(packet.slice(0, 80)))).toContain('IPV6_PAYLOAD_LENGTH');
    const bytes = packet.slice();
    bytes[0] = 0x50;
    expect(codes(raw(bytes))).toEqual(['LINK_TRUNCATED']);
  });

  it('shows octets after No Next Header (RFC 8200 section 4.7)', () => {
    const bytes = ipv6Packet({
      source: HOME_ADDRESS,
      destination: CORRESPONDENT,
      payload: octetsOf('0102'),
    });
    const found = raw(bytes);
    expect(codes(found)).toEqual([]);
    expect(find(found.nodes, 'data.data')).toMatchObject({ offset: 40, length: 2 });
  });
});
