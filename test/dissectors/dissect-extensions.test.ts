import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../dissectors/core/address.ts';
import { dissect } from '../../dissectors/dissect.ts';
import {
  authentication,
  destinationOptions,
  ethernetFrame,
  fragment,
  hopByHop,
  ipv4Packet,
  ipv6Packet,
  padN,
  routing,
  unknownOption,
} from '../../dissectors/ipv6/build.ts';
import type { ExtensionHeader } from '../../dissectors/ipv6/build.ts';
import { NEXT_HEADER, authenticationHeader } from '../../dissectors/ipv6/header.ts';
import { IPV6_OPTIONS } from '../../dissectors/ipv6/options.ts';
import type { Ipv6Option } from '../../dissectors/ipv6/options.ts';
import {
  rplRoutingData,
  segmentRoutingData,
  segmentRoutingTlvs,
} from '../../dissectors/ipv6/routing.ts';
import { FrameView, Ipv6View, LINKTYPE, walkIpv6, walkLink } from '../../dissectors/walk.ts';
import { octetsOf } from './hex.ts';
import { codes, find, homeTestInit, layers, raw } from './trees.ts';
import { CARE_OF_ADDRESS, CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, ip } from './vectors.ts';

/** A Home Test Init whose checksum is that of `final`, behind extension headers. */
function behind(headers: readonly ExtensionHeader[], final: Uint8Array): Uint8Array {
  return ipv6Packet({
    source: HOME_ADDRESS,
    destination: HOME_AGENT,
    headers,
    protocol: NEXT_HEADER.mobility,
    payload: homeTestInit(HOME_ADDRESS, final),
  });
}

describe('routing headers', () => {
  it('expand the addresses of type 3 with the destination (RFC 6554 section 3)', () => {
    // Both addresses share the first 8 octets with the destination.
    const data = rplRoutingData.encode({
      compression: 0x88000000,
      addresses: octetsOf('0000000000000005' + '0000000000000006'),
    });
    const final = ip('2001:db8:0:1::6');
    const found = raw(behind([routing(3, 2, data)], final));
    expect(codes(found)).toEqual([]);
    expect(find(found.nodes, 'mip6.csum.status')?.value).toBe(1);
    expect(find(found.nodes, 'mip6guard.dst')?.text).toBe(formatAddress(final));
    expect(find(found.nodes, 'ipv6.routing.rpl.addr_count')?.value).toBe(2);
    expect(find(found.nodes, 'ipv6.routing.rpl.full_address')?.text).toBe('2001:db8:0:1::5');
    expect(find(found.nodes, 'ipv6.routing.rpl.address')?.length).toBe(8);
  });

  it('show segments, flags, tag and TLVs of type 4 (RFC 8754 section 2)', () => {
    const segments = [CORRESPONDENT, CARE_OF_ADDRESS];
    const tlvs = segmentRoutingTlvs.encode([
      { kind: 'hmac', flags: 0x8000, key: 7, hmac: new Uint8Array(32).fill(1) },
      { kind: 'pad1' },
      { kind: 'padn', padding: new Uint8Array(5) },
    ]);
    const fields = segmentRoutingData.encode({ lastEntry: 1, flags: 0x20, tag: 0xabcd, segments });
    const found = raw(behind([routing(4, 1, Uint8Array.of(...fields, ...tlvs))], CORRESPONDENT));
    expect(codes(found)).toEqual([]);
    expect(find(found.nodes, 'mip6.csum.status')?.value).toBe(1);
    expect(find(found.nodes, 'ipv6.routing.srh.flag.o')?.value).toBe(1);
    expect(find(found.nodes, 'ipv6.routing.srh.tlv.hmac.key_id')?.value).toBe(7);
    expect(find(found.nodes, 'ipv6.routing.srh.tlv.hmac.d')?.value).toBe(1);
    expect(find(found.nodes, 'ipv6.routing.srh.tlv.padn')?.length).toBe(5);
  });

  it.each([
    [
      'type 0 with half an address',
      routing(0, 0, new Uint8Array(12)),
      ['RH0_DEPRECATED', 'ROUTING_MALFORMED'],
    ],
    [
      'type 0 with more segments left than addresses',
      routing(0, 2, new Uint8Array(20)),
      ['RH0_DEPRECATED', 'ROUTING_MALFORMED', 'MH_CHECKSUM'],
    ],
    [
      'type 3 whose numbers do not fit',
      routing(3, 0, octetsOf('00f00000' + '00'.repeat(16))),
      ['ROUTING_MALFORMED'],
    ],
    [
      'type 3 with reserved bits',
      routing(3, 0, octetsOf('00000001' + '00'.repeat(16))),
      ['RESERVED_NOT_ZERO'],
    ],
    [
      'type 4 with more entries than octets',
      routing(4, 0, octetsOf('05000000' + '00'.repeat(16))),
      ['ROUTING_MALFORMED'],
    ],
    [
      'type 4 with a TLV past the end',
      routing(4, 0, octetsOf('00000000' + '00'.repeat(16) + '0526' + '00'.repeat(6))),
      ['SUBOPTION_TRUNCATED'],
    ],
    [
      'type 2 with reserved octets',
      routing(2, 0, octetsOf('00000001' + '20010db8000000010000000000000100')),
      ['RH2_MALFORMED', 'RESERVED_NOT_ZERO'],
    ],
  ] as const)('report %s', (_, header, expected) => {
    expect(codes(raw(behind([header], HOME_AGENT)))).toEqual(expected);
  });
});

describe('the Authentication Header (RFC 4302)', () => {
  const fields = { spi: 0x1000, sequence: 4, icv: new Uint8Array(12).fill(9) };

  it('shows its fields, and what follows', () => {
    const found = raw(behind([authentication(fields)], HOME_AGENT));
    expect(codes(found)).toEqual([]);
    expect(layers(found)).toEqual(['ipv6', 'ah', 'mip6']);
    expect(find(found.nodes, 'ah.length')?.text).toBe('4 (24 octets)');
    expect(find(found.nodes, 'ah.spi')?.text).toBe('0x00001000');
    expect(find(found.nodes, 'ah.icv')?.length).toBe(12);
  });

  it('is a multiple of 8 octets in IPv6 (section 2.2), of 4 in IPv4', () => {
    const odd = authenticationHeader.encode({
      nextHeader: NEXT_HEADER.none,
      payloadLength: 5,
      spi: 0x1000,
      sequence: 4,
      icv: new Uint8Array(16),
    });
    const header = { protocol: NEXT_HEADER.ah, bytes: odd };
    expect(codes(raw(behind([header], HOME_AGENT)))).toEqual(['AH_LENGTH']);
    const ends = { source: octetsOf('c0000201'), destination: octetsOf('c0000202') };
    const ipv4 = (payload: Uint8Array) =>
      codes(raw(ipv4Packet({ ...ends, protocol: 51, payload })));
    expect(ipv4(odd)).toEqual([]);
    expect(ipv4(odd.slice(0, 20))).toEqual(['AH_LENGTH']);
  });

  it('reports reserved octets and a reserved SPI', () => {
    const header = authentication({ ...fields, spi: 255 });
    header.bytes[2] = 1;
    expect(codes(raw(behind([header], HOME_AGENT)))).toEqual([
      'RESERVED_NOT_ZERO',
      'AH_SPI_RESERVED',
    ]);
  });
});

describe('options of IPv6 headers', () => {
  it('of every kind of the table are decoded from what they encode to', () => {
    const samples: Ipv6Option[] = [
      { kind: 'padn', padding: new Uint8Array(2) },
      { kind: 'tunnel-encapsulation-limit', limit: 4 },
      { kind: 'router-alert', value: 0 },
      {
        kind: 'performance-and-diagnostic-metrics',
        scaleReceived: 1,
        scaleSent: 2,
        sequence: 3,
        lastReceived: 4,
        deltaReceived: 5,
        deltaSent: 6,
      },
      { kind: 'rpl', flags: 0xa0, instance: 1, rank: 0x203, subOptions: new Uint8Array() },
      { kind: 'quick-start', functionAndRate: 0x1a, timeToLive: 64, nonceAndReserved: 0xaabbccdd },
      { kind: 'rpl-discarding', flags: 0, instance: 1, rank: 2, subOptions: octetsOf('0102') },
      { kind: 'line-identification', idLength: 3, lineId: octetsOf('616263') },
      { kind: 'home-address', homeAddress: HOME_ADDRESS },
    ];
    const known = new Set([...samples.map(({ kind }) => kind), 'jumbo-payload']);
    expect(IPV6_OPTIONS.filter(({ kind }) => !known.has(kind))).toEqual([]);
    const found = raw(behind([destinationOptions(samples)], HOME_AGENT));
    const shown = (name: string) => find(found.nodes, name);
    expect(shown('ipv6.opt.pdm.delta_last_sent')?.value).toBe(6);
    expect(shown('ipv6.opt.rpl.flag.o')?.value).toBe(1);
    expect(shown('ipv6.opt.rpl.sender_rank')?.value).toBe(0x203);
    expect(shown('ipv6.opt.qs_nonce')?.value).toBe(0xaabbccdd >>> 2);
    expect(shown('ipv6.opt.lio.line_id')?.text).toBe('abc');
  });

  it('are named where they are not decoded', () => {
    const found = raw(behind([hopByHop([unknownOption(0x31, octetsOf('0000'))])], HOME_AGENT));
    expect(find(found.nodes, 'ipv6.opt')?.text).toBe('IOAM (may change)');
    expect(find(found.nodes, 'ipv6.opt.unknown')?.text).toBe('0000');
  });
});

describe('fragment headers', () => {
  it('with reserved bits are reported', () => {
    const header = fragment({ offset: 0, more: false, identification: 1 });
    header.bytes[3] = 0x6;
    expect(codes(raw(behind([header], HOME_AGENT)))).toEqual([
      'FRAGMENT_ATOMIC',
      'RESERVED_NOT_ZERO',
    ]);
  });
});

describe('Payload Length 0', () => {
  const ends = { source: HOME_ADDRESS, destination: HOME_AGENT };
  const jumbo = (payloadLength: number, extra: readonly ExtensionHeader[] = [], declared = 0) =>
    ipv6Packet({
      ...ends,
      headers: [hopByHop([{ kind: 'jumbo-payload', payloadLength }]), ...extra],
      protocol: NEXT_HEADER.none,
      payload: new Uint8Array(Math.max(0, payloadLength - 8 - 8 * extra.length)),
      payloadLength: declared,
    });

  it('means none: what fills a short Ethernet frame is not its payload (RFC 8200 section 3)', () => {
    const packet = ipv6Packet({ ...ends, protocol: NEXT_HEADER.mobility });
    const frame = ethernetFrame({
      destination: octetsOf('02005e005301'),
      source: octetsOf('02005e005302'),
      payload: Uint8Array.of(...packet, 0, 0, 0, 0, 0, 0),
    });
    const found = dissect(frame, 0, frame.length, { linkType: LINKTYPE.ethernet });
    expect(find(found.nodes, 'eth.padding')).toMatchObject({ offset: 54, length: 6 });
    expect(codes(found)).toEqual(['MH_TRUNCATED']);
    const link = new FrameView();
    const view = new Ipv6View();
    walkLink(frame, 0, frame.length, LINKTYPE.ethernet, false, link);
    walkIpv6(frame, link.ipOffset, frame.length, false, view);
    expect(view).toMatchObject({ end: 54, upperOffset: 54, upperEnd: 54, isCut: false });
  });

  it('with a Jumbo Payload option means what the option says (RFC 2675 section 2)', () => {
    const bytes = jumbo(70_000);
    const found = raw(Uint8Array.of(...bytes, 1, 2, 3));
    expect(codes(found)).toEqual([]);
    expect(find(found.nodes, 'data.data')?.length).toBe(69_992);
    const view = new Ipv6View();
    walkIpv6(bytes, 0, bytes.length, false, view);
    expect(view).toMatchObject({ end: 70_040, upperProtocol: NEXT_HEADER.none });
  });

  it('of a jumbogram that the capture cut is not blamed on the packet', () => {
    const bytes = jumbo(70_000);
    for (const end of [41, 47, 48, 60_000]) {
      const found = raw(bytes.slice(0, end), { originalLength: bytes.length });
      expect(codes(found)).toEqual(['CAPTURE_CUT']);
    }
  });

  it.each([
    ['a length of the option that would fit the header', jumbo(100), ['IPV6_JUMBO']],
    [
      'no option in the hop-by-hop options',
      ipv6Packet({ ...ends, headers: [hopByHop([padN(4)])], payloadLength: 0 }),
      ['IPV6_JUMBO', 'EXTENSION_TRUNCATED'],
    ],
    ['the option beside a Payload Length', jumbo(100, [], 100), ['IPV6_JUMBO']],
    [
      'the option in a packet with a fragment header',
      jumbo(70_000, [fragment({ offset: 0, more: false, identification: 1 })]),
      ['IPV6_JUMBO', 'FRAGMENT_ATOMIC'],
    ],
  ] as const)('is reported with %s (RFC 2675 section 3)', (_, bytes, expected) => {
    expect(codes(raw(bytes))).toEqual(expected);
  });
});
