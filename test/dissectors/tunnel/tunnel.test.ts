import { describe, expect, it } from 'vitest';
import { MAX_LAYERS } from '../../../dissectors/dissect.ts';
import {
  destinationOptions,
  ethernetFrame,
  gre,
  homeAddressOption,
  ipv4Packet,
  ipv6Packet,
  mip6Tls,
  ppp,
  udpDatagram,
  withTlvHeader,
} from '../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';
import { summarize } from '../../../dissectors/summary.ts';
import { Ipv6View, walkIpv6 } from '../../../dissectors/walk.ts';
import { octetsOf } from '../hex.ts';
import { codes, find, homeTestInit, layers, raw } from '../trees.ts';
import { CARE_OF_ADDRESS, CORRESPONDENT, HOME_ADDRESS, HOME_AGENT } from '../vectors.ts';

const NODE = octetsOf('c0000201');
const AGENT = octetsOf('c6336401');

/** A Home Test Init from the home address: what tunnels to home agents carry. */
const INNER = ipv6Packet({
  source: HOME_ADDRESS,
  destination: CORRESPONDENT,
  protocol: NEXT_HEADER.mobility,
  payload: homeTestInit(HOME_ADDRESS, CORRESPONDENT),
});
const INNER_LAYERS = ['ipv6', 'mip6'];

function inIpv4(protocol: number, payload: Uint8Array): Uint8Array {
  return ipv4Packet({ source: NODE, destination: AGENT, protocol, payload });
}

function inIpv6(protocol: number, payload: Uint8Array): Uint8Array {
  return ipv6Packet({ source: CARE_OF_ADDRESS, destination: HOME_AGENT, protocol, payload });
}

function inUdp(port: number, payload: Uint8Array, sourcePort = 40_000): Uint8Array {
  const ends = { source: NODE, destination: AGENT };
  return inIpv4(17, udpDatagram({ ...ends, sourcePort, destinationPort: port, payload }));
}

describe('GRE (RFC 2784, RFC 2890)', () => {
  it.each([
    ['IPv6', inIpv4(47, gre({ protocol: 0x86dd, payload: INNER })), ['ip', 'gre', ...INNER_LAYERS]],
    [
      'IPv6 over IPv6',
      inIpv6(47, gre({ protocol: 0x86dd, payload: INNER })),
      ['ipv6', 'gre', ...INNER_LAYERS],
    ],
    [
      'IPv4',
      inIpv6(47, gre({ protocol: 0x0800, payload: inIpv4(41, INNER) })),
      ['ipv6', 'gre', 'ip', ...INNER_LAYERS],
    ],
    [
      'Ethernet',
      inIpv4(
        47,
        gre({
          protocol: 0x6558,
          payload: ethernetFrame({
            destination: octetsOf('02005e005301'),
            source: octetsOf('02005e005302'),
            payload: INNER,
          }),
        }),
      ),
      ['ip', 'gre', 'eth', ...INNER_LAYERS],
    ],
  ] as const)('leads to %s by its Ethertype', (_, bytes, expected) => {
    const found = raw(bytes);
    expect(codes(found)).toEqual([]);
    expect(layers(found)).toEqual(expected);
    expect(find(found.nodes, 'mip6.csum.status')?.value).toBe(1);
  });

  it('shows key, sequence number and checksum, and verifies the checksum over the whole packet', () => {
    const packet = { protocol: 0x86dd, key: 0xdeadbeef, sequence: 7, payload: INNER };
    const right = raw(inIpv4(47, gre({ ...packet, checksum: true })));
    expect(codes(right)).toEqual([]);
    expect(find(right.nodes, 'gre.key')?.text).toBe('0xdeadbeef');
    expect(find(right.nodes, 'gre.sequence_number')?.value).toBe(7);
    expect(find(right.nodes, 'gre.checksum.status')?.value).toBe(1);
    const wrong = raw(inIpv4(47, gre({ ...packet, checksum: 0x1234 })));
    expect(codes(wrong)).toEqual(['GRE_CHECKSUM']);
    expect(layers(wrong)).toEqual(['ip', 'gre', ...INNER_LAYERS]);
  });

  it('reports reserved flags (RFC 2784 section 2.3) and other versions', () => {
    expect(
      codes(raw(inIpv4(47, gre({ protocol: 0x86dd, flags: 0x0100, payload: INNER })))),
    ).toEqual(['RESERVED_NOT_ZERO']);
    const other = raw(inIpv4(47, gre({ protocol: 0x86dd, flags: 2, payload: INNER })));
    expect(codes(other)).toEqual(['GRE_VERSION']);
    expect(layers(other)).toEqual(['ip', 'gre', 'data']);
  });

  it('shows the source route of RFC 1701 and finds the packet behind it', () => {
    const route = octetsOf('40008' + '6dd00000000' + '08000004c0000209' + '00000000');
    const found = raw(inIpv4(47, Uint8Array.of(...route, ...INNER)));
    expect(codes(found)).toEqual(['GRE_ROUTING']);
    expect(layers(found)).toEqual(['ip', 'gre', ...INNER_LAYERS]);
    expect(find(found.nodes, 'gre.routing.information')?.text).toBe('c0000209');
    // A route without its end leads nowhere.
    const endless = raw(inIpv4(47, route.slice(0, -4)));
    expect(codes(endless)).toEqual(['GRE_TRUNCATED']);
  });

  it('shows version 1 with its call, and the PPP in it (RFC 2637)', () => {
    const header = octetsOf('3081880b002000050000000900000008');
    const found = raw(inIpv4(47, Uint8Array.of(...header, ...ppp({ payload: INNER }))));
    expect(codes(found)).toEqual([]);
    expect(layers(found)).toEqual(['ip', 'gre', 'ppp', ...INNER_LAYERS]);
    expect(find(found.nodes, 'gre.key.call_id')?.value).toBe(5);
    expect(find(found.nodes, 'gre.ack_number')?.value).toBe(8);
    expect(find(found.nodes, 'gre.key')).toBeUndefined();
  });

  it('is reported when it ends before what its flags announce', () => {
    const whole = gre({
      protocol: 0x86dd,
      key: 1,
      sequence: 2,
      checksum: true,
      payload: new Uint8Array(),
    });
    for (let end = 0; end < whole.length; end++) {
      expect(codes(raw(inIpv4(47, whole.slice(0, end))))).toEqual(['GRE_TRUNCATED']);
    }
  });
});

describe('tunnels in UDP', () => {
  it.each([
    [
      'dual-stack Mobile IPv6 (RFC 5555 section 4.1)',
      inUdp(4191, INNER),
      ['ip', 'udp', ...INNER_LAYERS],
    ],
    ['its answers', inUdp(40_000, INNER, 4191), ['ip', 'udp', ...INNER_LAYERS]],
    ['IPv4 in it', inUdp(4191, inIpv4(41, INNER)), ['ip', 'udp', 'ip', ...INNER_LAYERS]],
    [
      'user data of Proxy Mobile IPv6 (RFC 5844)',
      inUdp(5437, INNER),
      ['ip', 'udp', ...INNER_LAYERS],
    ],
    [
      'a TLV header (RFC 5845 section 7.2)',
      inUdp(5437, withTlvHeader({ nextHeader: 41, payload: INNER })),
      ['ip', 'udp', 'pmip6.tlv', ...INNER_LAYERS],
    ],
    [
      'GRE behind a TLV header',
      inUdp(
        4191,
        withTlvHeader({
          nextHeader: 47,
          payload: gre({ protocol: 0x86dd, key: 9, payload: INNER }),
        }),
      ),
      ['ip', 'udp', 'pmip6.tlv', 'gre', ...INNER_LAYERS],
    ],
    [
      'TLS-based Mobile IPv6 in the clear (RFC 6618 section 6.4)',
      inUdp(7872, mip6Tls({ packetType: 0, spi: 0, sequence: 0, data: INNER })),
      ['ip', 'udp', 'mip6tls', ...INNER_LAYERS],
    ],
  ] as const)('are looked into: %s', (_, bytes, expected) => {
    const found = raw(bytes);
    expect(codes(found)).toEqual([]);
    expect(layers(found)).toEqual(expected);
    expect(summarize(found)).toMatchObject({ source: '2001:db8:0:1::100', protocol: 'MIPv6' });
  });

  it.each([
    ['neither IP nor a TLV header', inUdp(4191, octetsOf('a0010203')), ['TUNNEL_PAYLOAD']],
    [
      'a TLV header of another length',
      inUdp(5437, withTlvHeader({ nextHeader: 41, payload: INNER, length: 4 })),
      ['TLV_HEADER_LENGTH'],
    ],
    ['a TLV header cut short', inUdp(5437, octetsOf('0029')), ['TLV_HEADER_LENGTH']],
    [
      'reserved bits of a TLV header',
      inUdp(5437, octetsOf('0f2f0000')),
      ['RESERVED_NOT_ZERO', 'GRE_TRUNCATED'],
    ],
    [
      'another protocol behind a TLV header',
      inUdp(5437, withTlvHeader({ nextHeader: 58, payload: octetsOf('80') })),
      ['TUNNEL_PAYLOAD'],
    ],
    [
      'a protected packet with SPI 0',
      inUdp(7872, mip6Tls({ packetType: 8, spi: 0, sequence: 1, data: octetsOf('00') })),
      ['MIP6TLS_MALFORMED'],
    ],
    [
      'a plain packet with an SPI',
      inUdp(7872, mip6Tls({ packetType: 0, spi: 5, sequence: 0, data: INNER })),
      ['MIP6TLS_MALFORMED'],
    ],
    [
      'an unknown packet type',
      inUdp(7872, mip6Tls({ packetType: 3, spi: 5, sequence: 0, data: INNER })),
      ['MIP6TLS_MALFORMED'],
    ],
    [
      'no IP packet where there must be one',
      inUdp(7872, mip6Tls({ packetType: 0, spi: 0, sequence: 0, data: octetsOf('50') })),
      ['TUNNEL_PAYLOAD'],
    ],
  ] as const)('report %s', (_, bytes, expected) => {
    expect(codes(raw(bytes))).toEqual(expected);
  });

  it('shows SPI, sequence number and octets of protected packets (RFC 6618 section 6.3)', () => {
    const found = raw(
      inUdp(7872, mip6Tls({ packetType: 8, spi: 77, sequence: 3, data: octetsOf('010203') })),
    );
    expect(codes(found)).toEqual([]);
    expect(find(found.nodes, 'mip6tls.ptype')?.text).toBe('8 (mobility header)');
    expect(find(found.nodes, 'mip6tls.spi')?.value).toBe(77);
    expect(find(found.nodes, 'mip6tls.data')?.length).toBe(3);
    expect(summarize(found)).toMatchObject({
      protocol: 'MIP6TLS',
      info: 'mobility header SPI 77 seq 3',
    });
  });

  it('reads a Mobility Header without an IPv6 header, and verifies no checksum (RFC 5844 section 4.1.3)', () => {
    const message = homeTestInit(HOME_ADDRESS, CORRESPONDENT);
    const zeroed = message.slice();
    zeroed.fill(0, 4, 6);
    const found = raw(inUdp(5436, zeroed, 5436));
    expect(codes(found)).toEqual([]);
    expect(layers(found)).toEqual(['ip', 'udp', 'mip6']);
    expect(find(found.nodes, 'mip6.csum.status')).toBeUndefined();
    expect(codes(raw(inUdp(5436, message, 5436)))).toEqual(['MH_CHECKSUM_NOT_ZERO']);
    // Over IPv6 as well: there is no pseudo-header to verify with.
    const ends = { source: CARE_OF_ADDRESS, destination: HOME_AGENT };
    const udp = udpDatagram({ ...ends, sourcePort: 5436, destinationPort: 5436, payload: zeroed });
    expect(codes(raw(inIpv6(17, udp)))).toEqual([]);
  });

  it('tells ESP, IKE and keepalives on port 4500 apart (RFC 3948 section 2)', () => {
    const esp = raw(inUdp(4500, octetsOf('0001234500000009' + '00'.repeat(24)), 4500));
    expect(codes(esp)).toEqual([]);
    expect(layers(esp)).toEqual(['ip', 'udp', 'udpencap', 'esp']);
    expect(summarize(esp)).toMatchObject({ protocol: 'ESP', info: 'SPI 0x00012345 seq 9' });
    const keepalive = raw(inUdp(4500, octetsOf('ff'), 4500));
    expect(layers(keepalive)).toEqual(['ip', 'udp', 'udpencap']);
    expect(summarize(keepalive)).toMatchObject({ protocol: 'UDPENCAP', info: 'NAT keepalive' });
    const ike = raw(
      inUdp(
        4500,
        octetsOf('00000000' + '11'.repeat(8) + '00'.repeat(8) + '00202208000000000000001c'),
        4500,
      ),
    );
    expect(layers(ike)).toEqual(['ip', 'udp', 'udpencap', 'isakmp']);
    expect(find(ike.nodes, 'udpencap.non_esp_marker')?.length).toBe(4);
  });
});

describe('the header walk', () => {
  it('finds ESP in UDP over IPv6, and neither IKE nor keepalives', () => {
    const ends = { source: CARE_OF_ADDRESS, destination: HOME_AGENT };
    const view = new Ipv6View();
    const walk = (payload: Uint8Array): Ipv6View => {
      const udp = udpDatagram({ ...ends, sourcePort: 4500, destinationPort: 4500, payload });
      const headers = [destinationOptions([homeAddressOption(HOME_ADDRESS)])];
      const bytes = ipv6Packet({ ...ends, headers, protocol: NEXT_HEADER.udp, payload: udp });
      walkIpv6(bytes, 0, bytes.length, false, view);
      return view;
    };
    expect(walk(octetsOf('000123450000000900000000'))).toMatchObject({
      upperProtocol: NEXT_HEADER.esp,
      esp: 72,
      upperOffset: 72,
    });
    expect(walk(octetsOf('00000000aabbccdd00000000')).esp).toBe(-1);
    expect(walk(octetsOf('ff'))).toMatchObject({ esp: -1, upperProtocol: NEXT_HEADER.udp });
  });
});

describe('nested tunnels', () => {
  /** 50 tunnels of alternating kinds around the packet. */
  function nested(): Uint8Array {
    let bytes = INNER;
    for (let i = 0; i < 50; i++) {
      const isIpv6 = (bytes[0] ?? 0) >> 4 === 6;
      const protocol = isIpv6 ? NEXT_HEADER.ipv6 : NEXT_HEADER.ipv4;
      const inGre = gre({ protocol: isIpv6 ? 0x86dd : 0x0800, checksum: true, payload: bytes });
      if (i % 4 === 0) bytes = inIpv4(protocol, bytes);
      else if (i % 4 === 1) bytes = inIpv6(protocol, bytes);
      else if (i % 4 === 2) bytes = inIpv4(NEXT_HEADER.gre, inGre);
      else bytes = inUdp(4191, bytes);
    }
    return bytes;
  }

  it('end at the stated bound, and the rest is data', () => {
    const found = raw(nested());
    expect(codes(found)).toContain('EXTENSION_LIMIT');
    expect(found.nodes.length).toBeGreaterThan(MAX_LAYERS / 2);
    expect(found.nodes.length).toBeLessThanOrEqual(MAX_LAYERS + 1);
    expect(layers(found).at(-1)).toBe('data');
    expect(summarize(found).protocol).not.toBe('');
  });
});
