import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dhcpv6Message, dhcpv6RelayMessage } from '../../../dissectors/dhcpv6/message.ts';
import { dhcpv6Options } from '../../../dissectors/dhcpv6/options.ts';
import { ipv6Packet, udpDatagram } from '../../../dissectors/ipv6/build.ts';
import { summarize } from '../../../dissectors/summary.ts';
import { octetsOf } from '../hex.ts';
import { codes, find, layers, raw } from '../trees.ts';
import { ip } from '../vectors.ts';

const ENDS = { source: ip('fe80::1'), destination: ip('ff02::1:2') };

function packet(payload: Uint8Array): Uint8Array {
  const udp = udpDatagram({ ...ENDS, sourcePort: 546, destinationPort: 547, payload });
  return ipv6Packet({ ...ENDS, protocol: 17, payload: udp });
}

const name = (text: string): Uint8Array =>
  Uint8Array.from(text.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]));

/** One option of every kind. */
const OPTIONS: Parameters<typeof dhcpv6Options.encode>[0] = [
  {
    kind: 'client-identifier',
    duidType: 1,
    timedHardwareType: 1,
    time: 5,
    timedLinkLayerAddress: octetsOf('02005e005301'),
  },
  { kind: 'server-identifier', duidType: 2, enterprise: 9, identifier: octetsOf('abcd') },
  {
    kind: 'client-identifier',
    duidType: 3,
    hardwareType: 1,
    linkLayerAddress: octetsOf('02005e005302'),
  },
  { kind: 'client-identifier', duidType: 4, uuid: new Uint8Array(16).fill(7) },
  { kind: 'client-identifier', duidType: 9, unknownIdentifier: octetsOf('01') },
  {
    kind: 'ia-na',
    identifier: 9,
    t1: 100,
    t2: 200,
    options: [
      {
        kind: 'ia-address',
        address: ip('2001:db8::9'),
        preferredLifetime: 5,
        validLifetime: 6,
        options: [{ kind: 'status-code', status: 2, message: octetsOf('6e6f') }],
      },
    ],
  },
  { kind: 'ia-ta', identifier: 4, options: [] },
  { kind: 'option-request', codes: [{ code: 23 }, { code: 49 }, { code: 999 }] },
  { kind: 'preference', preference: 255 },
  { kind: 'elapsed-time', elapsed: 3 },
  { kind: 'server-unicast', server: ip('2001:db8::1') },
  { kind: 'status-code', status: 0, message: octetsOf('') },
  { kind: 'rapid-commit' },
  { kind: 'interface-id', interface: octetsOf('65746830') },
  { kind: 'reconfigure-message', messageType: 5 },
  { kind: 'dns-servers', servers: [ip('2001:db8::53')] },
  { kind: 'domain-search-list', names: Uint8Array.of(...name('example.org'), 0) },
  {
    kind: 'ia-pd',
    identifier: 3,
    t1: 1,
    t2: 2,
    options: [
      {
        kind: 'ia-prefix',
        preferredLifetime: 1,
        validLifetime: 2,
        prefixLength: 56,
        prefix: ip('2001:db8:5::'),
        options: [],
      },
    ],
  },
  { kind: 'home-network-identifier', fqdn: Uint8Array.of(...name('home.example'), 0) },
  {
    kind: 'visited-home-network',
    options: [
      { kind: 'home-network-prefix', prefixLength: 64, prefix: ip('2001:db8:7::') },
      { kind: 'home-agent-address', homeAgent: ip('64:ff9b::192.0.2.33') },
      { kind: 'home-agent-fqdn', fqdn: Uint8Array.of(...name('ha.example'), 0) },
    ],
  },
  { kind: 'identified-home-network', options: [] },
  {
    kind: 'unrestricted-home-network',
    options: [{ kind: 'home-agent-address', homeAgent: ip('2001:db8::aa') }],
  },
  { kind: 'unknown', type: 16, data: octetsOf('00000009') },
];

describe('DHCPv6', () => {
  const message = { messageType: 1, transaction: 0x123456, options: [...OPTIONS] };
  const bytes = dhcpv6Message.encode(message);

  it('decodes what it encodes, with an option of every kind', () => {
    const decoded = dhcpv6Message.decode(bytes, 0, bytes.length);
    expect(decoded).toEqual(message);
    const kinds = new Set(OPTIONS.map(({ kind }) => kind));
    // The relay message has a test of its own, the others stand inside options.
    const inside = [
      'ia-address',
      'ia-prefix',
      'relay-message',
      'home-network-prefix',
      'home-agent-address',
      'home-agent-fqdn',
    ];
    const missing = [...dhcpv6Options.definitions.values()].filter(
      ({ kind }) => !kinds.has(kind as never) && !inside.includes(kind),
    );
    expect(missing).toEqual([]);
  });

  it('shows the options of Mobile IPv6 bootstrapping (RFC 6610)', () => {
    const found = raw(packet(bytes));
    expect(codes(found)).toEqual([]);
    expect(layers(found)).toEqual(['ipv6', 'udp', 'dhcpv6']);
    const text = (field: string) => find(found.nodes, field)?.text;
    expect(text('dhcpv6.mip6.hnidf')).toBe('home.example');
    expect(text('dhcpv6.mip6.hnp.prefix_len')).toBe('64 bits');
    expect(text('dhcpv6.mip6.hnp.prefix')).toBe('2001:db8:7::');
    expect(text('dhcpv6.mip6.haa_ipv4')).toBe('192.0.2.33');
    expect(text('dhcpv6.mip6.haf')).toBe('ha.example');
    expect(text('dhcpv6.requested_option_code')).toBe('23 (DNS recursive name server)');
    expect(text('dhcpv6.elapsed_time')).toBe('30 ms');
    expect(text('dhcpv6.duidllt.time')).toBe('5 (2000-01-01 00:00:05 UTC)');
    expect(summarize(found)).toMatchObject({ protocol: 'DHCPv6', info: 'Solicit xid 0x123456' });
  });

  it('goes on in the message that a relay agent carries (RFC 8415 section 9)', () => {
    const relayed = dhcpv6RelayMessage.encode({
      messageType: 12,
      hopCount: 1,
      linkAddress: ip('2001:db8::1'),
      peerAddress: ip('fe80::9'),
      options: [
        { kind: 'interface-id', interface: octetsOf('01') },
        { kind: 'relay-message', message: bytes },
      ],
    });
    const found = raw(packet(relayed));
    expect(codes(found)).toEqual([]);
    expect(layers(found)).toEqual(['ipv6', 'udp', 'dhcpv6', 'dhcpv6']);
    expect(find(found.nodes, 'dhcpv6.peeraddr')?.text).toBe('fe80::9');
    expect(find(found.nodes, 'dhcpv6.xid')?.value).toBe(0x123456);
  });

  it('ends relays in relays at the bound of layers', () => {
    let inner: Uint8Array = bytes;
    for (let i = 0; i < 60; i++) {
      inner = dhcpv6RelayMessage.encode({
        messageType: 12,
        hopCount: i,
        linkAddress: new Uint8Array(16),
        peerAddress: new Uint8Array(16),
        options: [{ kind: 'relay-message', message: inner }],
      });
    }
    expect(codes(raw(packet(inner)))).toEqual(['EXTENSION_LIMIT']);
  });

  it('keeps what comes after an option of a wrong length, and reports it', () => {
    const found = raw(packet(octetsOf('01123456' + '00070002abcd' + '0008000200ff')));
    expect(codes(found)).toEqual(['SUBOPTION_LENGTH']);
    expect(find(found.nodes, 'dhcpv6.option.data')?.text).toBe('abcd');
    expect(find(found.nodes, 'dhcpv6.elapsed_time')?.value).toBe(2550);
    expect(codes(raw(packet(octetsOf('01123456' + '0007ffffabcd'))))).toEqual([
      'SUBOPTION_TRUNCATED',
    ]);
    expect(codes(raw(packet(octetsOf('0112'))))).toEqual(['DHCPV6_TRUNCATED']);
  });

  it('takes any octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(1, 12), (octets, type) => {
        const found = raw(packet(Uint8Array.of(type, ...octets)));
        expect(layers(found).slice(0, 3)).toEqual(['ipv6', 'udp', 'dhcpv6']);
      }),
      { seed: 8415 },
    );
  });
});
