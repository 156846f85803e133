import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ethernetFrame } from '../../dissectors/link/ethernet.ts';
import type { Dissection, FieldNode } from '../../dissectors/core/node.ts';
import { MAX_LAYERS, dissect } from '../../dissectors/dissect.ts';
import type { DissectOptions } from '../../dissectors/dissect.ts';
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
  nullLoopback,
  padN,
  routing,
  sll,
  sll2,
  type0RoutingHeader,
  type2RoutingHeader,
  udpDatagram,
  unknownOption,
  vlan,
} from '../../dissectors/ipv6/build.ts';
import type { ExtensionHeader } from '../../dissectors/ipv6/build.ts';
import { NEXT_HEADER, espHeader } from '../../dissectors/ipv6/header.ts';
import type { OpenEsp } from '../../dissectors/layer.ts';
import { encodeMobilityHeader } from '../../dissectors/mobility/header.ts';
import { summarize } from '../../dissectors/summary.ts';
import { LINKTYPE } from '../../dissectors/walk.ts';
import { hexOf, octetsOf } from './hex.ts';
import {
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  HOME_AGENT,
  ICMPV6_VECTORS,
  MOBILITY_VECTORS,
  TRANSPORT_VECTORS,
  ip,
} from './vectors.ts';

const MAC_A = octetsOf('02005e005301');
const MAC_B = octetsOf('02005e005302');

function raw(bytes: Uint8Array, options: Partial<DissectOptions> = {}): Dissection {
  return dissect(bytes, 0, bytes.length, { linkType: LINKTYPE.raw, ...options });
}

function codes({ diagnostics }: Dissection): string[] {
  return diagnostics.map(({ code }) => code);
}

function layers({ nodes }: Dissection): (string | undefined)[] {
  return nodes.map(({ name }) => name);
}

function find(nodes: readonly FieldNode[], name: string): FieldNode | undefined {
  for (const node of nodes) {
    const found = node.name === name ? node : find(node.children, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A Home Test Init, the smallest mobility message with contents. */
function homeTestInit(source: Uint8Array, destination: Uint8Array): Uint8Array {
  const message = { kind: 'home-test-init', homeInitCookie: octetsOf('0102030405060708') } as const;
  return encodeMobilityHeader(message, [], { source, destination });
}

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

describe('link layers', () => {
  const packet = octetsOf(MOBILITY_VECTORS[5]?.hex ?? '');
  const ethernet = (payload: Uint8Array, etherType?: number) =>
    ethernetFrame({
      destination: MAC_B,
      source: MAC_A,
      payload,
      ...(etherType === undefined ? {} : { etherType }),
    });

  it.each([
    ['raw', LINKTYPE.raw, packet, []],
    ['IPv6', LINKTYPE.ipv6, packet, []],
    ['Ethernet', LINKTYPE.ethernet, ethernet(packet), ['eth']],
    [
      'Ethernet with a VLAN tag',
      LINKTYPE.ethernet,
      ethernet(vlan({ identifier: 100, priority: 5, payload: packet }), 0x8100),
      ['eth', 'vlan'],
    ],
    [
      'Ethernet with two VLAN tags (IEEE 802.1ad)',
      LINKTYPE.ethernet,
      ethernet(
        vlan({
          identifier: 7,
          etherType: 0x8100,
          payload: vlan({ identifier: 100, payload: packet }),
        }),
        0x88a8,
      ),
      ['eth', 'ieee8021ad', 'vlan'],
    ],
    ['Linux cooked', LINKTYPE.linuxSll, sll({ address: MAC_A, payload: packet }), ['sll']],
    ['Linux cooked v2', LINKTYPE.linuxSll2, sll2({ address: MAC_A, payload: packet }), ['sll']],
    ['BSD loopback', LINKTYPE.null, nullLoopback({ payload: packet }), ['null']],
    [
      'OpenBSD loopback',
      LINKTYPE.loop,
      nullLoopback({ family: 24, byteOrder: 'big', payload: packet }),
      ['null'],
    ],
  ] as const)('%s leads to the same Mobility Header', (_, linkType, frame, above) => {
    const found = dissect(frame, 0, frame.length, { linkType });
    expect(codes(found)).toEqual([]);
    expect(layers(found)).toEqual([...above, 'ipv6', 'ipv6.dstopts', 'mip6']);
    expect(find(found.nodes, 'mip6.csum.status')?.text).toBe('correct');
    expect(find(found.nodes, 'mip6.bu.seqnr')?.value).toBe(0x1234);
  });

  it('shows both numbers of a tag and the family of a loopback header', () => {
    const tagged = ethernet(vlan({ identifier: 100, priority: 5, payload: packet }), 0x8100);
    const { nodes } = dissect(tagged, 0, tagged.length, { linkType: LINKTYPE.ethernet });
    expect(find(nodes, 'vlan.id')?.value).toBe(100);
    expect(find(nodes, 'vlan.priority')?.value).toBe(5);
    const looped = nullLoopback({ family: 28, payload: packet });
    const { nodes: bsd } = dissect(looped, 0, looped.length, { linkType: LINKTYPE.null });
    expect(find(bsd, 'null.family')?.text).toBe('28 (IPv6 (FreeBSD))');
  });

  it('counts offsets from the start of the frame, wherever it lies in the buffer', () => {
    const frame = ethernet(packet);
    const buffer = new Uint8Array(500).fill(0xaa);
    buffer.set(frame, 123);
    const found = dissect(buffer, 123, 123 + frame.length, { linkType: LINKTYPE.ethernet });
    expect(found.sources[0]?.bytes).toEqual(frame);
    expect(found.nodes).toEqual(dissect(frame, 0, frame.length, { linkType: 1 }).nodes);
    buffer.fill(0);
    expect(found.sources[0]?.bytes).toEqual(frame);
  });

  it('shows what fills a short frame as padding of the link', () => {
    const short = ipv6Packet({
      source: HOME_ADDRESS,
      destination: CORRESPONDENT,
      payload: octetsOf('0102'),
    });
    const frame = ethernet(Uint8Array.of(...short, 0, 0, 0, 0));
    const { nodes, diagnostics } = dissect(frame, 0, frame.length, { linkType: 1 });
    expect(diagnostics).toEqual([]);
    const padding = find(nodes, 'eth.padding');
    expect(padding).toMatchObject({ offset: 56, length: 4 });
  });

  it('says which link type it does not know', () => {
    const found = raw(packet, { linkType: 147 });
    expect(found.diagnostics).toMatchObject([
      { code: 'LINK_TYPE_UNKNOWN', detail: 'link type 147' },
    ]);
    expect(layers(found)).toEqual(['data']);
  });

  it('shows frames with a length instead of a type as data (IEEE 802.3)', () => {
    const found = dissect(ethernet(packet, 0x0026), 0, 14 + packet.length, { linkType: 1 });
    expect(find(found.nodes, 'eth.len')?.value).toBe(0x26);
    expect(layers(found)).toEqual(['eth', 'data']);
  });
});

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
      update([HAO, routing(4, 0, octetsOf('00000000'))]),
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
      update([routing(4, 0, octetsOf('00000000')), type2RoutingHeader(HOME_AGENT), HAO]),
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
      headers: [routing(3, 1, new Uint8Array(20))],
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

describe('ESP', () => {
  const clear = homeTestInit(HOME_ADDRESS, HOME_AGENT);
  /** Padding 1, 2, Pad Length, Next Header. RFC 4303 section 2.4. */
  const trailer = Uint8Array.of(1, 2, 2, NEXT_HEADER.mobility);
  const data = Uint8Array.of(
    ...new Uint8Array(8).fill(0x11),
    ...clear,
    ...trailer,
    ...new Uint8Array(12),
  );
  const packet = ipv6Packet({
    source: CARE_OF_ADDRESS,
    destination: HOME_AGENT,
    headers: [HAO],
    protocol: NEXT_HEADER.esp,
    payload: espHeader.encode({ spi: 0x0990cbed, sequence: 3, data }),
  });
  const opened = {
    bytes: Uint8Array.of(...clear, ...trailer),
    ivLength: 8,
    icvLength: 12,
    icv: 'good',
    association: 'mn-ha out',
  } as const;

  it('shows SPI and sequence number without a key', () => {
    const found = raw(packet);
    expect(codes(found)).toEqual([]);
    expect(layers(found)).toEqual(['ipv6', 'ipv6.dstopts', 'esp']);
    expect(find(found.nodes, 'esp.spi')?.value).toBe(0x0990cbed);
    expect(find(found.nodes, 'esp.sequence')?.value).toBe(3);
    expect(found.sources).toHaveLength(1);
  });

  it('goes on inside with octets of their own when the caller opens it', () => {
    const asked: string[] = [];
    const openEsp: OpenEsp = (bytes, offset, end, source, destination) => {
      expect(hexOf(bytes.slice(offset, offset + 8))).toBe('0990cbed00000003');
      expect(end).toBe(packet.length);
      asked.push(hexOf(source), hexOf(destination));
      return opened;
    };
    const found = raw(packet, { openEsp });
    // The association is that of the home address (RFC 3776 section 4.2).
    expect(asked).toEqual([hexOf(HOME_ADDRESS), hexOf(HOME_AGENT)]);
    expect(codes(found)).toEqual([]);
    expect(layers(found)).toEqual(['ipv6', 'ipv6.dstopts', 'esp', 'mip6']);
    expect(found.sources.map(({ label }) => label)).toEqual(['Frame', 'Decrypted ESP']);
    const mip6 = found.nodes.at(-1);
    expect(mip6).toMatchObject({ source: 1, offset: 0, length: clear.length });
    expect(find(found.nodes, 'mip6.csum.status')?.value).toBe(1);
    expect(find(found.nodes, 'esp.iv')).toMatchObject({ source: 0, length: 8 });
    expect(find(found.nodes, 'esp.icv')).toMatchObject({ source: 0, length: 12 });
    expect(find(found.nodes, 'esp.icv_good')?.generated).toBe(true);
    expect(find(found.nodes, 'esp.pad_len')).toMatchObject({ source: 1, value: 2 });
    expect(find(found.nodes, 'esp.protocol')?.value).toBe(NEXT_HEADER.mobility);
  });

  it.each([
    ['a wrong integrity check value', { ...opened, icv: 'bad' }, ['ESP_ICV']],
    [
      'a wrong integrity check value and no octets',
      { ...opened, icv: 'bad', bytes: new Uint8Array() },
      ['ESP_ICV'],
    ],
    [
      'padding that is not 1, 2, 3 (RFC 4303 section 2.4)',
      { ...opened, bytes: Uint8Array.of(...clear, 9, 9, 2, NEXT_HEADER.mobility) },
      ['ESP_PADDING'],
    ],
    [
      'more padding than octets',
      { ...opened, bytes: Uint8Array.of(1, 2, 200, NEXT_HEADER.mobility) },
      ['ESP_PADDING'],
    ],
    ['no room for a trailer', { ...opened, bytes: Uint8Array.of(1) }, ['ESP_TRUNCATED']],
    [
      'a Home Address option inside (RFC 6275 section 6.3)',
      {
        ...opened,
        bytes: Uint8Array.of(...HAO.bytes.with(0, 59), 1, 2, 2, NEXT_HEADER.destinationOptions),
      },
      ['HAO_POSITION'],
    ],
    [
      'lengths beyond the packet',
      { ...opened, ivLength: 1e9, icvLength: 1e9, bytes: Uint8Array.of(0, 59) },
      [],
    ],
  ] as const)('reports %s', (_, answer, expected) => {
    const found = raw(packet, { openEsp: () => answer });
    expect(codes(found)).toEqual(expected);
  });

  it('reports an SPI of the reserved range (RFC 4303 section 2.1) and a short header', () => {
    const esp = espHeader.encode({ spi: 255, sequence: 0, data: new Uint8Array(16) });
    const wrap = (payload: Uint8Array) =>
      ipv6Packet({
        source: CARE_OF_ADDRESS,
        destination: HOME_AGENT,
        protocol: NEXT_HEADER.esp,
        payload,
      });
    expect(codes(raw(wrap(esp)))).toEqual(['ESP_SPI_RESERVED']);
    expect(codes(raw(wrap(esp.slice(0, 7))))).toEqual(['ESP_TRUNCATED']);
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
    expect(codes(found)).toEqual(['ND_OPTION_LENGTH']);
    expect(find(found.nodes, 'icmpv6.opt.mtu')?.value).toBe(1500);
  });

  it('reports an option of a wrong length for its type and keeps its octets', () => {
    const how = { source: ip('fe80::1'), destination: ip('ff02::1') };
    const option = { kind: 'unknown', type: 3, data: new Uint8Array(22) } as const;
    const payload = encodeIcmpv6({ kind: 'router-solicitation', code: 0, options: [option] }, how);
    const bytes = ipv6Packet({ ...how, hopLimit: 255, protocol: NEXT_HEADER.icmpv6, payload });
    const found = raw(bytes);
    expect(codes(found)).toEqual(['ND_OPTION_SIZE']);
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

describe('any octets at all', () => {
  /** The first node outside its octets, or one that has no end. */
  function outside(found: Dissection): FieldNode | undefined {
    const visit = (nodes: readonly FieldNode[]): FieldNode | undefined => {
      for (const node of nodes) {
        const room = found.sources[node.source]?.bytes.length ?? -1;
        const isInside = node.offset >= 0 && node.length >= 0 && node.offset + node.length <= room;
        const bad = isInside ? visit(node.children) : node;
        if (bad !== undefined) return bad;
      }
      return undefined;
    };
    return visit(found.nodes);
  }

  function check(bytes: Uint8Array, linkType: number, originalLength: number): void {
    const found = dissect(bytes, 0, bytes.length, {
      linkType,
      originalLength,
      reassembled: bytes,
      openEsp: (all, offset, end) => ({
        bytes: all.slice(offset, end),
        ivLength: 8,
        icvLength: 12,
        icv: 'not-checked',
      }),
    });
    expect(outside(found)).toBeUndefined();
    for (const { offset, length, source } of found.diagnostics) {
      expect(offset).toBeGreaterThanOrEqual(0);
      expect(length).toBeGreaterThanOrEqual(0);
      expect(offset + length).toBeLessThanOrEqual(found.sources[source]?.bytes.length ?? -1);
    }
    expect(found.nodes.length).toBeLessThan(400);
    // No control characters, whatever the packet held.
    expect(summarize(found).info).not.toMatch(/[\x00-\x1f\x7f]/);
  }

  const linkTypes = fc.constantFrom(0, 1, 12, 14, 101, 108, 113, 228, 229, 276, 999);

  it('random frames never throw, and no range leaves its octets', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        linkTypes,
        fc.nat(3),
        (bytes, type, missing) => {
          check(bytes, type, bytes.length + missing);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('random octets behind a right IPv6 header never throw', () => {
    const protocols = fc.constantFrom(0, 4, 6, 17, 41, 43, 44, 50, 51, 58, 59, 60, 135, 200);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 160 }), protocols, (payload, protocol) => {
        const head = { source: HOME_ADDRESS, destination: HOME_AGENT };
        const bytes = ipv6Packet({ ...head, protocol, payload });
        check(bytes, LINKTYPE.raw, bytes.length);
      }),
      { numRuns: 3000 },
    );
  });

  it('right packets cut at any octet or with any bit flipped never throw', () => {
    const all = [...MOBILITY_VECTORS, ...ICMPV6_VECTORS, ...TRANSPORT_VECTORS];
    for (const { hex } of all) {
      const bytes = octetsOf(hex);
      for (let end = 0; end < bytes.length; end++) check(bytes.slice(0, end), 101, end);
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        check(bytes.with(bit >> 3, (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))), 101, bytes.length);
      }
    }
  });
});
