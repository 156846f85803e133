import { describe, expect, it } from 'vitest';
import {
  destinationOptions,
  homeAddressOption,
  hopByHop,
  ipv4Packet,
  ipv6Packet,
  tcpSegment,
  type2RoutingHeader,
  udpDatagram,
} from '../../../dissectors/ipv6/build.ts';
import type { ExtensionHeader } from '../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';
import { octetsOf } from '../hex.ts';
import { codes, find, layers, raw } from '../trees.ts';
import { CARE_OF_ADDRESS, CORRESPONDENT, HOME_ADDRESS, HOME_AGENT } from '../vectors.ts';

const PORTS = { sourcePort: 1024, destinationPort: 5000 };
const PAYLOAD = octetsOf('010203');

function over(
  protocol: number,
  payload: Uint8Array,
  how: { source?: Uint8Array; destination?: Uint8Array; headers?: readonly ExtensionHeader[] } = {},
): Uint8Array {
  return ipv6Packet({
    source: HOME_ADDRESS,
    destination: CORRESPONDENT,
    ...how,
    protocol,
    payload,
  });
}

describe.each([
  ['UDP', NEXT_HEADER.udp, 'udp', udpDatagram],
  ['TCP', NEXT_HEADER.tcp, 'tcp', tcpSegment],
] as const)('the checksum of %s', (name, protocol, field, build) => {
  const ends = { source: HOME_ADDRESS, destination: CORRESPONDENT };
  const right = build({ ...ends, ...PORTS, payload: PAYLOAD });

  it('is verified', () => {
    const found = raw(over(protocol, right));
    expect(codes(found)).toEqual([]);
    expect(find(found.nodes, `${field}.checksum.status`)).toMatchObject({ value: 1 });
    expect(find(found.nodes, `${field}.payload`)?.length).toBe(3);
  });

  it('is that of the home address under a Home Address option and a type 2 routing header', () => {
    const withOption = over(protocol, right, {
      source: CARE_OF_ADDRESS,
      headers: [destinationOptions([homeAddressOption(HOME_ADDRESS)])],
    });
    const withRoute = over(
      protocol,
      build({ source: HOME_AGENT, destination: HOME_ADDRESS, ...PORTS, payload: PAYLOAD }),
      {
        source: HOME_AGENT,
        destination: CARE_OF_ADDRESS,
        headers: [type2RoutingHeader(HOME_ADDRESS)],
      },
    );
    for (const bytes of [withOption, withRoute]) {
      expect(codes(raw(bytes))).toEqual([]);
      expect(find(raw(bytes).nodes, `${field}.checksum.status`)?.value).toBe(1);
    }
  });

  it('is reported when wrong, with the right value and the usual reason', () => {
    const found = raw(
      over(protocol, build({ ...ends, ...PORTS, payload: PAYLOAD, checksum: 0x1234 })),
    );
    expect(codes(found)).toEqual([`${name}_CHECKSUM`]);
    const at = protocol === NEXT_HEADER.udp ? 6 : 16;
    const stated = ((right[at] ?? 0) << 8) | (right[at + 1] ?? 0);
    expect(found.diagnostics[0]?.detail).toBe(
      `should be 0x${stated.toString(16).padStart(4, '0')}`,
    );
  });

  it('is not judged where octets are missing', () => {
    const bytes = over(protocol, right);
    const found = raw(bytes.slice(0, -1), { originalLength: bytes.length });
    expect(codes(found)).toEqual(['CAPTURE_CUT']);
    expect(find(found.nodes, `${field}.checksum.status`)).toBeUndefined();
  });
});

describe('UDP', () => {
  it('may leave the checksum out over IPv4 (RFC 768), over IPv6 only in tunnels (RFC 8200 section 8.1)', () => {
    const source = octetsOf('c0000201');
    const destination = octetsOf('c0000202');
    const none = udpDatagram({ source, destination, ...PORTS, payload: PAYLOAD, checksum: 0 });
    const ipv4 = raw(ipv4Packet({ source, destination, protocol: 17, payload: none }));
    expect(codes(ipv4)).toEqual([]);
    expect(find(ipv4.nodes, 'udp.checksum.status')).toMatchObject({
      value: 3,
      text: 'not present',
    });
    expect(codes(raw(over(NEXT_HEADER.udp, none)))).toEqual(['UDP_CHECKSUM_ZERO']);
  });

  it('is too short with a length under 8, and reads on as far as there are octets', () => {
    const ends = { source: HOME_ADDRESS, destination: CORRESPONDENT };
    for (const length of [0, 7, 400]) {
      const found = raw(
        over(NEXT_HEADER.udp, udpDatagram({ ...ends, ...PORTS, payload: PAYLOAD, length })),
      );
      expect(codes(found)).toEqual(['UDP_TRUNCATED']);
      expect(layers(found)).toEqual(['ipv6', 'udp', 'data']);
    }
  });

  it('has no length in a jumbogram (RFC 2675 section 4), and the checksum counts all octets', () => {
    const ends = { source: HOME_ADDRESS, destination: CORRESPONDENT };
    const payload = new Uint8Array(70_000).map((_, i) => i % 251);
    const datagram = udpDatagram({ ...ends, ...PORTS, payload, length: 0 });
    const payloadLength = 8 + datagram.length;
    const bytes = ipv6Packet({
      ...ends,
      headers: [hopByHop([{ kind: 'jumbo-payload', payloadLength }])],
      protocol: NEXT_HEADER.udp,
      payload: datagram,
      payloadLength: 0,
    });
    const found = raw(bytes);
    expect(codes(found)).toEqual([]);
    expect(find(found.nodes, 'udp.checksum.status')?.value).toBe(1);
    expect(find(found.nodes, 'udp.payload')?.length).toBe(70_000);
  });
});

describe('TCP', () => {
  const ends = { source: HOME_ADDRESS, destination: CORRESPONDENT };
  const withOptions = (hex: string) =>
    raw(over(NEXT_HEADER.tcp, tcpSegment({ ...ends, ...PORTS, options: octetsOf(hex) })));

  it('shows its options (RFC 9293 section 3.2, RFC 7323, RFC 2018)', () => {
    const found = withOptions(
      '020405a0' + '01030307' + '0402' + '0101' + '080a0000000100000002' + '050a0000000300000004',
    );
    expect(codes(found)).toEqual([]);
    const shown = (name: string) => find(found.nodes, name)?.value;
    expect(shown('tcp.options.mss_val')).toBe(1440);
    expect(find(found.nodes, 'tcp.options.wscale.shift')?.text).toBe('7 (multiply by 128)');
    expect(shown('tcp.options.timestamp.tsval')).toBe(1);
    expect(shown('tcp.options.timestamp.tsecr')).toBe(2);
    expect(shown('tcp.options.sack_le')).toBe(3);
    expect(shown('tcp.options.sack_re')).toBe(4);
    expect(find(found.nodes, 'tcp.options.sack_perm')?.length).toBe(2);
  });

  it.each(['02000000', '02100000', '0101010f'])(
    'reports the options %s, which exceed the header',
    (hex) => {
      expect(codes(withOptions(hex))).toEqual(['TCP_OPTION_LENGTH']);
    },
  );

  it('shows options of an unknown kind, or of a wrong length, as octets', () => {
    const found = withOptions('02030000' + 'fd04abcd');
    expect(codes(found)).toEqual([]);
    expect(find(found.nodes, 'tcp.options.mss_val')).toBeUndefined();
    expect(find(found.nodes, 'tcp.options.unknown.payload')?.text).toBe('00');
  });
});
