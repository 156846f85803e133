import { describe, expect, it } from 'vitest';
import { ipv4Packet, udpDatagram } from '../../../dissectors/ipv6/build.ts';
import { octetsOf } from '../hex.ts';
import { codes, find, layers, raw } from '../trees.ts';

const SOURCE = octetsOf('c0000201');
const DESTINATION = octetsOf('c0000202');
const UDP = 17;

function datagram(destination = DESTINATION): Uint8Array {
  return udpDatagram({
    source: SOURCE,
    destination,
    sourcePort: 1024,
    destinationPort: 5000,
    payload: octetsOf('0102'),
  });
}

describe('IPv4', () => {
  const packet = { source: SOURCE, destination: DESTINATION, protocol: UDP, payload: datagram() };

  it('verifies the header checksum and says why a wrong one may mean nothing', () => {
    const right = raw(ipv4Packet(packet));
    expect(codes(right)).toEqual([]);
    expect(find(right.nodes, 'ip.checksum.status')).toMatchObject({ value: 1, text: 'correct' });
    const wrong = raw(ipv4Packet({ ...packet, checksum: 0 }));
    expect(wrong.diagnostics).toMatchObject([{ code: 'IPV4_CHECKSUM', offset: 10, length: 2 }]);
    expect(find(wrong.nodes, 'ip.checksum.status')?.value).toBe(0);
    // The value that the diagnostic names is the right one.
    const stated = /0x([0-9a-f]{4})/.exec(wrong.diagnostics[0]?.detail ?? '')?.[1] ?? '';
    expect(codes(raw(ipv4Packet({ ...packet, checksum: parseInt(stated, 16) })))).toEqual([]);
  });

  it.each([
    ['router alert', '94040000', 'ip.opt.ra', 0],
    ['record route', '0707040102030401', 'ip.opt.ptr', 4],
    ['stream identifier', '88040009', 'ip.opt.sid', 9],
    ['timestamp', '44080500000000ff', 'ip.opt.ptr', 5],
  ] as const)('shows the %s option', (_, hex, name, value) => {
    const found = raw(ipv4Packet({ ...packet, options: octetsOf(hex) }));
    expect(codes(found)).toEqual([]);
    expect(find(found.nodes, name)?.value).toBe(value);
    expect(find(found.nodes, 'udp.checksum.status')?.value).toBe(1);
  });

  it('takes the end of a source route for the destination of checksums (RFC 1122 section 3.2.1.8)', () => {
    const last = octetsOf('cb007109');
    const options = Uint8Array.of(131, 11, 4, 203, 0, 113, 1, ...last, 0);
    const found = raw(ipv4Packet({ ...packet, payload: datagram(last), options }));
    expect(codes(found)).toEqual([]);
    expect(find(found.nodes, 'udp.checksum.status')?.value).toBe(1);
    // All of it used: the address in the header is the last one.
    options[2] = 12;
    expect(codes(raw(ipv4Packet({ ...packet, options })))).toEqual([]);
  });

  it.each(['83000000', '8309040102030400', '94010000'])(
    'reports the option %s, which exceeds the header or says no length, and keeps its octets',
    (hex) => {
      const found = raw(ipv4Packet({ ...packet, options: octetsOf(hex) }));
      expect(codes(found)).toEqual(['IPV4_OPTION_LENGTH']);
      expect(layers(found)).toEqual(['ip', 'udp', 'data']);
    },
  );

  it('goes into a first fragment without a verdict, and shows a later one as data', () => {
    const first = raw(ipv4Packet({ ...packet, flagsAndOffset: 0x2000 }));
    expect(codes(first)).toEqual(['FRAGMENT_PENDING']);
    expect(layers(first)).toEqual(['ip', 'udp', 'data']);
    expect(find(first.nodes, 'udp.checksum.status')).toBeUndefined();
    expect(find(first.nodes, 'ip.flags.mf')?.value).toBe(1);
    const later = raw(ipv4Packet({ ...packet, flagsAndOffset: 185 }));
    expect(layers(later)).toEqual(['ip', 'data']);
    expect(find(later.nodes, 'ip.frag_offset')?.value).toBe(185);
  });

  it('refuses to build options that do not fit', () => {
    expect(() => ipv4Packet({ ...packet, options: octetsOf('010101') })).toThrow(
      'ip.opt: expected a multiple of 4 octets, at most 40',
    );
  });
});
