import { describe, expect, it } from 'vitest';
import { dissect } from '../../dissectors/dissect.ts';
import type { DissectOptions } from '../../dissectors/dissect.ts';
import {
  destinationOptions,
  ethernetFrame,
  fragmentPacket,
  homeAddressOption,
  ipv6Packet,
} from '../../dissectors/ipv6/build.ts';
import { NEXT_HEADER, espHeader } from '../../dissectors/ipv6/header.ts';
import { summarize } from '../../dissectors/summary.ts';
import type { PacketSummary } from '../../dissectors/summary.ts';
import { LINKTYPE } from '../../dissectors/walk.ts';
import { octetsOf } from './hex.ts';
import {
  CARE_OF_ADDRESS,
  HOME_ADDRESS,
  HOME_AGENT,
  ICMPV6_VECTORS,
  MOBILITY_VECTORS,
  TRANSPORT_VECTORS,
} from './vectors.ts';

function summary(bytes: Uint8Array, options: Partial<DissectOptions> = {}): PacketSummary {
  return summarize(dissect(bytes, 0, bytes.length, { linkType: LINKTYPE.raw, ...options }));
}

const ESP = ipv6Packet({
  source: CARE_OF_ADDRESS,
  destination: HOME_AGENT,
  headers: [destinationOptions([homeAddressOption(HOME_ADDRESS)])],
  protocol: NEXT_HEADER.esp,
  payload: espHeader.encode({ spi: 0x0990cbed, sequence: 3, data: new Uint8Array(24) }),
});

const expected: Readonly<Record<string, string>> = {
  'binding-refresh-request': 'MIPv6 Binding Refresh Request',
  'home-test-init': 'MIPv6 Home Test Init cookie 0102030405060708',
  'care-of-test-init': 'MIPv6 Care-of Test Init cookie 1112131415161718',
  'home-test': 'MIPv6 Home Test nonce index 7',
  'care-of-test': 'MIPv6 Care-of Test nonce index 9',
  'binding-acknowledgement':
    'MIPv6 Binding Acknowledgement status 0 (Binding Update accepted) seq 4660 lifetime 240 s [K] refresh 120 s (RH 2001:db8:0:1::100)',
  'binding-error':
    'MIPv6 Binding Error status 1 (Unknown binding for Home Address destination option) home 2001:db8:0:1::100',
  'parameter-problem': 'ICMPv6 Parameter Problem unrecognized IPv6 option encountered pointer 46',
  'echo-request': 'ICMPv6 Echo (ping) request id 0x1234 seq 7',
  'router-solicitation': 'ICMPv6 Router Solicitation',
  'neighbor-solicitation': 'ICMPv6 Neighbor Solicitation for 2001:db8:0:1::100',
  'neighbor-advertisement': 'ICMPv6 Neighbor Advertisement of 2001:db8:0:1::100 [RO]',
  redirect: 'ICMPv6 Redirect of 2001:db8:0:3::3 to fe80::3',
  'home-agent-discovery-request': 'ICMPv6 Home Agent Address Discovery Request id 21930',
  'home-agent-discovery-reply':
    'ICMPv6 Home Agent Address Discovery Reply id 21930 2001:db8:0:1::1, 2001:db8:0:1::2',
  'mobile-prefix-solicitation':
    'ICMPv6 Mobile Prefix Solicitation id 17185 (HAO 2001:db8:0:1::100)',
  'mobile-prefix-advertisement':
    'ICMPv6 Mobile Prefix Advertisement id 17185 [M] prefix 2001:db8:0:1::1/64 (RH 2001:db8:0:1::100)',
};

describe('one line for a packet', () => {
  const vectors = [...MOBILITY_VECTORS, ...ICMPV6_VECTORS].filter(
    ({ message }) => message.kind in expected,
  );

  it.each(vectors)('says what a $message.kind holds', ({ hex, message }) => {
    const { protocol, info } = summary(octetsOf(hex));
    expect(`${protocol} ${info}`).toBe(expected[message.kind]);
  });

  it('has a line for every message of the vectors', () => {
    expect(new Set(vectors.map(({ message }) => message.kind)).size).toBe(
      Object.keys(expected).length,
    );
  });

  it.each([
    [
      'to the home agent',
      5,
      'Binding Update seq 4660 lifetime 240 s [AHLK] alt-coa 2001:db8:0:2::200 (HAO 2001:db8:0:1::100)',
    ],
    [
      'to a correspondent',
      6,
      'Binding Update seq 2 lifetime 420 s [A] nonces 7/9 authenticated (HAO 2001:db8:0:1::100)',
    ],
  ])('tells a Binding Update %s', (_, index, info) => {
    expect(summary(octetsOf(MOBILITY_VECTORS[index]?.hex ?? ''))).toEqual({
      source: '2001:db8:0:2::200',
      destination: index === 5 ? '2001:db8:0:1::1' : '2001:db8:0:3::3',
      protocol: 'MIPv6',
      info,
    });
  });

  it('names flags, lifetime, prefixes and preference of a home agent', () => {
    const advertisement = ICMPV6_VECTORS.find(({ name }) =>
      name.includes('of a home agent (RFC 4861 section 4.2'),
    );
    expect(summary(octetsOf(advertisement?.hex ?? '')).info).toBe(
      'Router Advertisement [OH] lifetime 1800 s prefix 2001:db8:0:1::1/64 preference 10',
    );
  });

  it('shows ESP closed, and what is in it when it is opened', () => {
    expect(summary(ESP)).toMatchObject({
      protocol: 'ESP',
      info: 'SPI 0x0990cbed seq 3 (HAO 2001:db8:0:1::100)',
    });
    const test = octetsOf(MOBILITY_VECTORS[1]?.hex ?? '');
    const clear = Uint8Array.of(...test, 0, NEXT_HEADER.ipv6);
    const openEsp = () => ({ bytes: clear, ivLength: 0, icvLength: 12, icv: 'good' }) as const;
    expect(summary(ESP, { openEsp })).toEqual({
      source: '2001:db8:0:1::100',
      destination: '2001:db8:0:3::3',
      protocol: 'MIPv6',
      info: 'Home Test Init cookie 0102030405060708 (tunnel 2001:db8:0:2::200 > 2001:db8:0:1::1, ESP SPI 0x0990cbed seq 3)',
    });
  });

  it('names the ports, flags and lengths of transport', () => {
    const [udp, tcp] = TRANSPORT_VECTORS.map(({ hex }) => summary(octetsOf(hex)));
    expect(udp).toMatchObject({ protocol: 'UDP', info: '1024 > 5000 length 13' });
    expect(tcp).toMatchObject({ protocol: 'TCP', info: '1024 > 80 [ACK, SYN] seq 1 ack 2' });
  });

  it('tells a tunnel, a fragment, a cut packet and a frame that is not IP', () => {
    const inner = octetsOf(TRANSPORT_VECTORS[0]?.hex ?? '');
    const tunnel = ipv6Packet({
      source: CARE_OF_ADDRESS,
      destination: HOME_AGENT,
      protocol: NEXT_HEADER.ipv6,
      payload: inner,
    });
    expect(summary(tunnel).info).toBe(
      '1024 > 5000 length 13 (tunnel 2001:db8:0:2::200 > 2001:db8:0:1::1)',
    );
    const [, second = new Uint8Array()] = fragmentPacket(tunnel, 88, 0xcafe);
    expect(summary(second)).toMatchObject({
      protocol: 'IPv6',
      info: 'fragment offset 40 last id 0x0000cafe',
    });
    expect(summary(inner.slice(0, 45), { originalLength: inner.length }).info).toMatch(/\[cut\]$/);
    const mac = octetsOf('02005e005301');
    const arp = ethernetFrame({
      source: mac,
      destination: mac,
      etherType: 0x0806,
      payload: new Uint8Array(28),
    });
    expect(summary(arp, { linkType: LINKTYPE.ethernet })).toEqual({
      source: '02:00:5e:00:53:01',
      destination: '02:00:5e:00:53:01',
      protocol: 'Ethernet',
      info: '0x0806 (ARP)',
    });
    expect(summary(new Uint8Array())).toMatchObject({ protocol: 'data' });
  });
});
