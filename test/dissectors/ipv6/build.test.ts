import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { u16, u8 } from '../../../dissectors/core/bytes.ts';
import { concatenate } from '../../../dissectors/core/layout.ts';
import {
  authentication,
  destinationOptions,
  ethernetFrame,
  fragment,
  fragmentPacket,
  homeAddressOption,
  hopByHop,
  ipv6Packet,
  padN,
  routing,
  tcpSegment,
  type0RoutingHeader,
  type2RoutingHeader,
  udpDatagram,
  unknownOption,
  vlan,
} from '../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';
import { Ipv6View, walkIpv6 } from '../../../dissectors/walk.ts';
import { hexOf, octetsOf } from '../hex.ts';
import { CARE_OF_ADDRESS, CORRESPONDENT, HOME_ADDRESS, HOME_AGENT } from '../vectors.ts';

const HOME = hexOf(HOME_ADDRESS);

function walked(bytes: Uint8Array): Ipv6View {
  const view = new Ipv6View();
  walkIpv6(bytes, 0, bytes.length, false, view);
  return view;
}

describe('options headers', () => {
  it('puts PadN with two octets in front of a Home Address option (RFC 6275 section 6.3: 8n+6)', () => {
    const header = destinationOptions([homeAddressOption(HOME_ADDRESS)]);
    // The same octets as Scapy: the Next Header is written when the packet is put together.
    expect(hexOf(header.bytes)).toBe(`000201020000c910${HOME}`);
    expect(header.protocol).toBe(60);
  });

  it('aligns a Home Address option behind any other options', () => {
    const other = fc.record({
      type: fc.constantFrom(0x1e, 0x3e, 0x9e),
      data: fc.uint8Array({ maxLength: 20 }),
    });
    fc.assert(
      fc.property(fc.array(other, { maxLength: 4 }), (others) => {
        const list = others.map(({ type, data }) => unknownOption(type, data));
        const { bytes } = destinationOptions([...list, homeAddressOption(HOME_ADDRESS)]);
        expect(bytes.length % 8).toBe(0);
        expect(u8(bytes, 1)).toBe(bytes.length / 8 - 1);
        const at = hexOf(bytes).lastIndexOf(`c910${HOME}`) / 2;
        expect(at % 8).toBe(6);
      }),
    );
  });

  it('writes options as given when asked to, misaligned ones too', () => {
    const options = [homeAddressOption(HOME_ADDRESS), padN(2)];
    const { bytes } = destinationOptions(options, { padding: 'as-given' });
    expect(hexOf(bytes)).toBe(`0002c910${HOME}01020000`);
    expect(() => destinationOptions([padN(3)], { padding: 'as-given' })).toThrow(
      'expected a multiple of 8 octets, got 7',
    );
    const wrong = destinationOptions([padN(3)], { padding: 'as-given', headerLength: 9 });
    expect(hexOf(wrong.bytes)).toBe('00090103000000');
  });

  it('makes hop-by-hop options with a router alert (RFC 2711 section 2.1)', () => {
    const { bytes, protocol } = hopByHop([{ kind: 'router-alert', value: 0 }]);
    expect(hexOf(bytes)).toBe('0000050200000100');
    expect(protocol).toBe(0);
  });
});

describe('routing headers', () => {
  it('makes a type 2 routing header (RFC 6275 section 6.4.1)', () => {
    expect(hexOf(type2RoutingHeader(HOME_ADDRESS).bytes)).toBe(`0002020100000000${HOME}`);
    expect(hexOf(type2RoutingHeader(HOME_ADDRESS, 0).bytes)).toBe(`0002020000000000${HOME}`);
    const wrong = type2RoutingHeader(HOME_ADDRESS, 2, { headerLength: 4, nextHeader: 59 });
    const bytes = ipv6Packet({
      source: HOME_AGENT,
      destination: CARE_OF_ADDRESS,
      headers: [wrong],
      protocol: 58,
    });
    expect(hexOf(bytes.slice(40, 48))).toBe('3b04020200000000');
  });

  it('makes a type 0 routing header and one of any type', () => {
    const { bytes } = type0RoutingHeader([HOME_ADDRESS, CORRESPONDENT]);
    expect(hexOf(bytes)).toBe(`0004000200000000${HOME}${hexOf(CORRESPONDENT)}`);
    expect(hexOf(routing(253, 1, octetsOf('01020304')).bytes)).toBe('0000fd0101020304');
    expect(() => routing(253, 1, octetsOf('01'))).toThrow('expected a multiple of 8 octets, got 5');
  });
});

describe('IPv6 packets', () => {
  it('chains the headers in the order given', () => {
    const bytes = ipv6Packet({
      source: CARE_OF_ADDRESS,
      destination: HOME_AGENT,
      hopLimit: 3,
      trafficClass: 0xb8,
      flowLabel: 0x12345,
      headers: [
        hopByHop([padN(4)]),
        type2RoutingHeader(HOME_ADDRESS),
        destinationOptions([homeAddressOption(HOME_ADDRESS)]),
        fragment({ offset: 0, more: false, identification: 7 }),
        authentication({ spi: 300, sequence: 1, icv: new Uint8Array(12) }),
      ],
      protocol: 17,
      payload: octetsOf('0102'),
    });
    expect(hexOf(bytes.slice(0, 8))).toBe('6b812345005a0003');
    const view = walked(bytes);
    expect(view).toMatchObject({ extensions: 5, upperProtocol: 17, hopLimit: 3 });
    expect(view.upperEnd - view.upperOffset).toBe(2);
    expect(u16(bytes, 4)).toBe(bytes.length - 40);
  });

  it('is No Next Header without a payload (RFC 8200 section 4.7)', () => {
    const bytes = ipv6Packet({ source: HOME_ADDRESS, destination: CORRESPONDENT });
    expect(hexOf(bytes.slice(0, 8))).toBe('6000000000003b40');
  });

  it('writes wrong numbers when asked to', () => {
    const bytes = ipv6Packet({
      source: HOME_ADDRESS,
      destination: CORRESPONDENT,
      payloadLength: 0xffff,
      nextHeader: 135,
      version: 5,
    });
    expect(hexOf(bytes.slice(0, 8))).toBe('50000000ffff8740');
  });

  it.each([
    ['a flow label over 20 bits', { flowLabel: 0x100000 }, 'ipv6.flow'],
    ['a traffic class over 8 bits', { trafficClass: -1 }, 'ipv6.tclass'],
    ['a hop limit over 8 bits', { hopLimit: 256 }, 'ipv6.hlim'],
    ['an address that is not 16 octets', { source: new Uint8Array(4) }, 'ipv6.src'],
  ])('refuses %s, and names the field', (_, fields, field) => {
    const head = { source: HOME_ADDRESS, destination: CORRESPONDENT };
    expect(() => ipv6Packet({ ...head, ...fields })).toThrow(RangeError);
    expect(() => ipv6Packet({ ...head, ...fields })).toThrow(field);
  });

  it('refuses numbers and lengths that do not fit the other headers', () => {
    expect(() => fragment({ offset: 12, more: true, identification: 1 })).toThrow('ipv6.fraghdr');
    expect(() => authentication({ spi: 1, sequence: 1, icv: new Uint8Array(10) })).toThrow(
      'ah.icv',
    );
    expect(() => vlan({ identifier: 4096, payload: new Uint8Array() })).toThrow('vlan.id');
    const mac = new Uint8Array(6);
    expect(() =>
      ethernetFrame({ source: mac, destination: mac, etherType: 70_000, payload: mac }),
    ).toThrow('eth.type');
    const ends = { source: HOME_ADDRESS, destination: CORRESPONDENT, destinationPort: 1 };
    expect(() => udpDatagram({ ...ends, sourcePort: 65_536, payload: mac })).toThrow('udp.srcport');
    expect(() => tcpSegment({ ...ends, sourcePort: 1, options: new Uint8Array(3) })).toThrow(
      'tcp.options',
    );
  });

  it('sends a UDP checksum of zero as ffff (RFC 8200 section 8.1)', () => {
    const ends = { source: HOME_ADDRESS, destination: CORRESPONDENT };
    const ports = { sourcePort: 1, destinationPort: 2 };
    const plain = udpDatagram({ ...ends, ...ports, payload: new Uint8Array(2) });
    // A payload that is the checksum of the datagram with zeros makes the sum zero.
    const payload = plain.slice(6, 8);
    expect(hexOf(udpDatagram({ ...ends, ...ports, payload }).slice(6, 8))).toBe('ffff');
    const wrong = udpDatagram({ ...ends, ...ports, payload, checksum: 0x1234 });
    expect(hexOf(wrong.slice(6, 8))).toBe('1234');
  });
});

describe('fragmentPacket', () => {
  const repeated = destinationOptions([homeAddressOption(HOME_ADDRESS)]);

  function packetOf(octets: number, headers = [repeated]): Uint8Array {
    return ipv6Packet({
      source: CARE_OF_ADDRESS,
      destination: HOME_AGENT,
      headers,
      protocol: NEXT_HEADER.none,
      payload: new Uint8Array(octets).map((_, i) => i % 251),
    });
  }

  /** The packet that fragments make, by RFC 8200 section 4.5. */
  function reassemble(fragments: readonly Uint8Array[]): Uint8Array {
    const [first = new Uint8Array()] = fragments;
    const view = walked(first);
    const head = first.slice(0, view.fragment);
    head[view.fragmentPointer] = u8(first, view.fragment);
    const parts = fragments.map((bytes) => {
      const { fragment: at, end } = walked(bytes);
      return bytes.slice(at + 8, end);
    });
    const whole = concatenate([head, ...parts]);
    whole[4] = (whole.length - 40) >> 8;
    whole[5] = (whole.length - 40) & 0xff;
    return whole;
  }

  it('makes fragments that fit and give the packet again', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4000 }),
        fc.integer({ min: 80, max: 1500 }),
        (octets, mtu) => {
          const packet = packetOf(octets);
          const fragments = fragmentPacket(packet, mtu, 0xabcdef01);
          expect(fragments.every((bytes) => bytes.length <= mtu)).toBe(true);
          if (packet.length <= mtu) {
            expect(fragments).toEqual([packet]);
            return;
          }
          let offset = 0;
          for (const bytes of fragments) {
            const view = walked(bytes);
            expect(view.diagnostics.items).toEqual([]);
            expect(view.identification).toBe(0xabcdef01);
            expect(view.fragmentOffset).toBe(offset);
            expect(view.moreFragments).toBe(bytes !== fragments.at(-1));
            offset += view.end - view.fragment - 8;
          }
          expect(hexOf(reassemble(fragments))).toBe(hexOf(packet));
        },
      ),
    );
  });

  it('repeats the Home Address option in every fragment (RFC 6275 section 6.3)', () => {
    for (const bytes of fragmentPacket(packetOf(1000), 400, 1)) {
      expect(walked(bytes).homeAddress).toBe(48);
    }
  });

  it('repeats hop-by-hop options and routing header, not the destination options behind them', () => {
    const headers = [
      hopByHop([padN(4)]),
      destinationOptions([padN(4)]),
      type2RoutingHeader(HOME_ADDRESS),
      destinationOptions([padN(12)]),
    ];
    const [, second = new Uint8Array()] = fragmentPacket(packetOf(1000, headers), 400, 1);
    const view = walked(second);
    // 40 + 8 + 8 + 24: then the fragment header.
    expect(view.fragment).toBe(80);
    expect(view.routingHomeAddress).toBeGreaterThan(0);
  });

  it('refuses an MTU that leaves no room', () => {
    expect(() => fragmentPacket(packetOf(1000), 79, 1)).toThrow('expected at least 80 octets');
  });
});
