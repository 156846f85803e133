/**
 * Packets that an independent encoder (Scapy) made, octet by octet, and the values they are made of.
 * The addresses: mobile node at home and away, home agent, correspondent node.
 */
import { parseAddress } from '../../dissectors/core/address.ts';
import type { Icmpv6Message } from '../../dissectors/icmpv6/index.ts';
import { encodeIcmpv6 } from '../../dissectors/icmpv6/index.ts';
import {
  destinationOptions,
  homeAddressOption,
  ipv6Packet,
  tcpSegment,
  type2RoutingHeader,
  udpDatagram,
} from '../../dissectors/ipv6/build.ts';
import type { ExtensionHeader } from '../../dissectors/ipv6/build.ts';
import type { MobilityMessage } from '../../dissectors/mobility/header.ts';
import { encodeMobilityHeader } from '../../dissectors/mobility/header.ts';
import type { MobilityOption } from '../../dissectors/mobility/options/index.ts';
import { TCP_FLAGS } from '../../dissectors/transport/tcp.ts';
import { octetsOf } from './hex.ts';

/** Octets of an address in text form. */
export function ip(text: string): Uint8Array {
  const bytes = parseAddress(text);
  if (bytes === undefined) throw new Error(`not an address: ${text}`);
  return bytes;
}

export const HOME_ADDRESS = ip('2001:db8:0:1::100');
export const CARE_OF_ADDRESS = ip('2001:db8:0:2::200');
export const HOME_AGENT = ip('2001:db8:0:1::1');
export const CORRESPONDENT = ip('2001:db8:0:3::3');
const ALL_NODES = ip('ff02::1');
const ROUTER = ip('fe80::1');
const HOST = ip('fe80::2');
const ROUTER_MAC = octetsOf('02005e005301');
const HOST_MAC = octetsOf('02005e005302');

export const HAO = destinationOptions([homeAddressOption(HOME_ADDRESS)]);
const RH2 = type2RoutingHeader(HOME_ADDRESS);

interface Addresses {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** Home Address option or type 2 routing header; the home address then is the checksum address. */
  readonly header?: ExtensionHeader;
  readonly hopLimit?: number;
}

function checksumAddresses({ source, destination, header }: Addresses) {
  return {
    source: header === HAO ? HOME_ADDRESS : source,
    destination: header === RH2 ? HOME_ADDRESS : destination,
  };
}

function packet(sent: Addresses, protocol: number, payload: Uint8Array): Uint8Array {
  const { source, destination, header, hopLimit = 64 } = sent;
  const headers = header === undefined ? [] : [header];
  return ipv6Packet({ source, destination, hopLimit, headers, protocol, payload });
}

/** A packet with a Mobility Header. */
export interface MobilityVector {
  /** What it is, and the section that defines it. */
  readonly name: string;
  readonly hex: string;
  readonly sent: Addresses;
  readonly message: MobilityMessage;
  readonly options: readonly MobilityOption[];
}

/** A packet with an ICMPv6 message. */
export interface Icmpv6Vector {
  readonly name: string;
  readonly hex: string;
  readonly sent: Addresses;
  readonly message: Icmpv6Message;
}

/** Builds the packet of a vector with our encoders. */
export function buildMobility({ sent, message, options }: MobilityVector): Uint8Array {
  // Vectors give padding where Scapy puts it: the option list says it all.
  return packet(sent, 135, encodeMobilityHeader(message, options, checksumAddresses(sent)));
}

/** Builds the packet of a vector with our encoders. */
export function buildIcmpv6({ sent, message }: Icmpv6Vector): Uint8Array {
  return packet(sent, 58, encodeIcmpv6(message, checksumAddresses(sent)));
}

export const MOBILITY_VECTORS: readonly MobilityVector[] = [
  {
    name: 'Binding Refresh Request (RFC 6275 section 6.1.2)',
    hex: '600000000008874020010db800000003000000000000000320010db80000000100000000000001003b00000067f70000',
    sent: { source: CORRESPONDENT, destination: HOME_ADDRESS },
    message: { kind: 'binding-refresh-request' },
    options: [],
  },
  {
    name: 'Home Test Init (RFC 6275 section 6.1.3)',
    hex: '600000000010874020010db800000001000000000000010020010db80000000300000000000000033b01010056da00000102030405060708',
    sent: { source: HOME_ADDRESS, destination: CORRESPONDENT },
    message: { kind: 'home-test-init', homeInitCookie: octetsOf('0102030405060708') },
    options: [],
  },
  {
    name: 'Care-of Test Init (RFC 6275 section 6.1.4)',
    hex: '600000000010874020010db800000002000000000000020020010db80000000300000000000000033b010200149900001112131415161718',
    sent: { source: CARE_OF_ADDRESS, destination: CORRESPONDENT },
    message: { kind: 'care-of-test-init', careOfInitCookie: octetsOf('1112131415161718') },
    options: [],
  },
  {
    name: 'Home Test (RFC 6275 section 6.1.5)',
    hex: '600000000018874020010db800000003000000000000000320010db80000000100000000000001003b020300c435000701020304050607082122232425262728',
    sent: { source: CORRESPONDENT, destination: HOME_ADDRESS },
    message: {
      kind: 'home-test',
      homeNonceIndex: 7,
      homeInitCookie: octetsOf('0102030405060708'),
      homeKeygenToken: octetsOf('2122232425262728'),
    },
    options: [],
  },
  {
    name: 'Care-of Test (RFC 6275 section 6.1.6)',
    hex: '600000000018874020010db800000003000000000000000320010db80000000200000000000002003b02040041b2000911121314151617183132333435363738',
    sent: { source: CORRESPONDENT, destination: CARE_OF_ADDRESS },
    message: {
      kind: 'care-of-test',
      careOfNonceIndex: 9,
      careOfInitCookie: octetsOf('1112131415161718'),
      careOfKeygenToken: octetsOf('3132333435363738'),
    },
    options: [],
  },
  {
    name: 'Binding Update to the home agent under a Home Address option (RFC 6275 sections 6.1.7 and 6.3)',
    hex: '6000000000383c4020010db800000002000000000000020020010db8000000010000000000000001870201020000c91020010db80000000100000000000001003b0305002ca41234f000003c0100031020010db8000000020000000000000200',
    sent: { source: CARE_OF_ADDRESS, destination: HOME_AGENT, header: HAO },
    message: { kind: 'binding-update', sequence: 0x1234, flags: 0xf000, lifetime: 60 },
    options: [
      { kind: 'padn', padding: new Uint8Array(0) },
      { kind: 'alternate-care-of-address', careOfAddress: CARE_OF_ADDRESS },
    ],
  },
  {
    // Scapy writes a wrong length for option 4; this one is by hand, its checksum by a few lines of Python.
    name: 'Binding Update to a correspondent with authenticator (RFC 6275 sections 6.2.6 and 6.2.7)',
    hex: '6000000000383c4020010db800000002000000000000020020010db8000000030000000000000003870201020000c91020010db80000000100000000000001003b030500b526000280000069040400070009050c0102030405060708090a0b0c',
    sent: { source: CARE_OF_ADDRESS, destination: CORRESPONDENT, header: HAO },
    message: { kind: 'binding-update', sequence: 2, flags: 0x8000, lifetime: 105 },
    options: [
      { kind: 'nonce-indices', homeNonceIndex: 7, careOfNonceIndex: 9 },
      { kind: 'binding-authorization-data', authenticator: octetsOf('0102030405060708090a0b0c') },
    ],
  },
  {
    name: 'Binding Acknowledgement under a type 2 routing header (RFC 6275 sections 6.1.8 and 6.4)',
    hex: '6000000000282b4020010db800000001000000000000000120010db8000000020000000000000200870202010000000020010db80000000100000000000001003b0106004ce200801234003c0202001e',
    sent: { source: HOME_AGENT, destination: CARE_OF_ADDRESS, header: RH2 },
    message: {
      kind: 'binding-acknowledgement',
      status: 0,
      flags: 0x80,
      sequence: 0x1234,
      lifetime: 60,
    },
    options: [{ kind: 'binding-refresh-advice', refreshInterval: 30 }],
  },
  {
    name: 'Binding Error (RFC 6275 section 6.1.9)',
    hex: '600000000018874020010db800000003000000000000000320010db80000000200000000000002003b020700302a010020010db8000000010000000000000100',
    sent: { source: CORRESPONDENT, destination: CARE_OF_ADDRESS },
    message: { kind: 'binding-error', status: 1, homeAddress: HOME_ADDRESS },
    options: [],
  },
];

const invokingPacket = octetsOf(
  '6000000000203c4020010db800000002000000000000020020010db8000000030000000000000003110201020000c91020010db8000000010000000000000100000100020008a362',
);

export const ICMPV6_VECTORS: readonly Icmpv6Vector[] = [
  {
    name: 'Parameter Problem about a Home Address option (RFC 4443 section 3.4)',
    hex: '6000000000503a4020010db800000003000000000000000320010db80000000200000000000002000402f6b30000002e6000000000203c4020010db800000002000000000000020020010db8000000030000000000000003110201020000c91020010db8000000010000000000000100000100020008a362',
    sent: { source: CORRESPONDENT, destination: CARE_OF_ADDRESS },
    message: { kind: 'parameter-problem', code: 2, pointer: 46, invokingPacket },
  },
  {
    name: 'Echo Request (RFC 4443 section 4.1)',
    hex: '6000000000103a4020010db800000001000000000000010020010db800000003000000000000000380007f6b123400076162636465666768',
    sent: { source: HOME_ADDRESS, destination: CORRESPONDENT },
    message: {
      kind: 'echo-request',
      code: 0,
      identifier: 0x1234,
      sequence: 7,
      data: new TextEncoder().encode('abcdefgh'),
    },
  },
  {
    name: 'Router Solicitation (RFC 4861 section 4.1)',
    hex: '6000000000103afffe800000000000000000000000000002ff0200000000000000000000000000028500c92900000000010102005e005302',
    sent: { source: HOST, destination: ip('ff02::2'), hopLimit: 255 },
    message: {
      kind: 'router-solicitation',
      code: 0,
      options: [{ kind: 'source-link-layer-address', address: HOST_MAC }],
    },
  },
  {
    name: 'Router Advertisement of a home agent (RFC 4861 section 4.2, RFC 6275 section 7)',
    hex: '6000000000503afffe800000000000000000000000000001ff0200000000000000000000000000018600cd1b406807080000000000000000010102005e00530105010000000005dc030440e000000e10000007080000000020010db80000000100000000000000010701000000000bb808010000000a0708',
    sent: { source: ROUTER, destination: ALL_NODES, hopLimit: 255 },
    message: {
      kind: 'router-advertisement',
      code: 0,
      currentHopLimit: 64,
      flags: 0x68,
      routerLifetime: 1800,
      reachableTime: 0,
      retransTimer: 0,
      options: [
        { kind: 'source-link-layer-address', address: ROUTER_MAC },
        { kind: 'mtu', mtu: 1500 },
        {
          kind: 'prefix-information',
          prefixLength: 64,
          flags: 0xe0,
          validLifetime: 3600,
          preferredLifetime: 1800,
          prefix: HOME_AGENT,
        },
        { kind: 'advertisement-interval', interval: 3000 },
        { kind: 'home-agent-information', flags: 0, preference: 10, lifetime: 1800 },
      ],
    },
  },
  {
    name: 'Router Advertisement with route information and DNS server (RFC 4191 section 2.3, RFC 8106 section 5.1)',
    hex: '6000000000403afffe800000000000000000000000000001ff0200000000000000000000000000018600bb8a001800000000000000000000180330080000025820010db8000500000000000000000000190300000000012c20010db8000000000000000000000053',
    sent: { source: ROUTER, destination: ALL_NODES, hopLimit: 255 },
    message: {
      kind: 'router-advertisement',
      code: 0,
      currentHopLimit: 0,
      flags: 0x18,
      routerLifetime: 0,
      reachableTime: 0,
      retransTimer: 0,
      options: [
        {
          kind: 'route-information',
          prefixLength: 48,
          flags: 0x08,
          lifetime: 600,
          prefix: ip('2001:db8:5::'),
        },
        { kind: 'recursive-dns-server', lifetime: 300, addresses: [ip('2001:db8::53')] },
      ],
    },
  },
  {
    name: 'Neighbor Solicitation (RFC 4861 section 4.3)',
    hex: '6000000000203afffe800000000000000000000000000002ff0200000000000000000001ff0001008700985f0000000020010db8000000010000000000000100010102005e005302',
    sent: { source: HOST, destination: ip('ff02::1:ff00:100'), hopLimit: 255 },
    message: {
      kind: 'neighbor-solicitation',
      code: 0,
      targetAddress: HOME_ADDRESS,
      options: [{ kind: 'source-link-layer-address', address: HOST_MAC }],
    },
  },
  {
    name: 'Neighbor Advertisement of a home agent for a mobile node (RFC 4861 section 4.4)',
    hex: '6000000000203aff20010db8000000010000000000000001ff0200000000000000000000000000018800c728a000000020010db8000000010000000000000100020102005e005301',
    sent: { source: HOME_AGENT, destination: ALL_NODES, hopLimit: 255 },
    message: {
      kind: 'neighbor-advertisement',
      code: 0,
      flags: 0xa0000000,
      targetAddress: HOME_ADDRESS,
      options: [{ kind: 'target-link-layer-address', address: ROUTER_MAC }],
    },
  },
  {
    name: 'Redirect (RFC 4861 section 4.5)',
    hex: '6000000000283afffe80000000000000000000000000000120010db800000002000000000000020089001c1d00000000fe80000000000000000000000000000320010db8000000030000000000000003',
    sent: { source: ROUTER, destination: CARE_OF_ADDRESS, hopLimit: 255 },
    message: {
      kind: 'redirect',
      code: 0,
      targetAddress: ip('fe80::3'),
      destinationAddress: CORRESPONDENT,
      options: [],
    },
  },
  {
    name: 'Home Agent Address Discovery Request of a mobile router (RFC 6275 section 6.5, RFC 3963 section 7.1)',
    hex: '6000000000083a4020010db800000002000000000000020020010db800000001fdfffffffffffffe90003e9e55aa8000',
    sent: { source: CARE_OF_ADDRESS, destination: ip('2001:db8:0:1:fdff:ffff:ffff:fffe') },
    message: { kind: 'home-agent-discovery-request', code: 0, identifier: 0x55aa, flags: 0x8000 },
  },
  {
    name: 'Home Agent Address Discovery Reply (RFC 6275 section 6.6)',
    hex: '6000000000283a4020010db800000001000000000000000120010db80000000200000000000002009100e00455aa800020010db800000001000000000000000120010db8000000010000000000000002',
    sent: { source: HOME_AGENT, destination: CARE_OF_ADDRESS },
    message: {
      kind: 'home-agent-discovery-reply',
      code: 0,
      identifier: 0x55aa,
      flags: 0x8000,
      homeAgentAddresses: [HOME_AGENT, ip('2001:db8:0:1::2')],
    },
  },
  {
    name: 'Mobile Prefix Solicitation under a Home Address option (RFC 6275 section 6.7)',
    hex: '6000000000203c4020010db800000002000000000000020020010db80000000100000000000000013a0201020000c91020010db80000000100000000000001009200ce2643210000',
    sent: { source: CARE_OF_ADDRESS, destination: HOME_AGENT, header: HAO },
    message: { kind: 'mobile-prefix-solicitation', code: 0, identifier: 0x4321, options: [] },
  },
  {
    name: 'Mobile Prefix Advertisement under a type 2 routing header (RFC 6275 section 6.8)',
    hex: '6000000000402b4020010db800000001000000000000000120010db80000000200000000000002003a0202010000000020010db8000000010000000000000100930051a543218000030440e000015180000038400000000020010db8000000010000000000000001',
    sent: { source: HOME_AGENT, destination: CARE_OF_ADDRESS, header: RH2 },
    message: {
      kind: 'mobile-prefix-advertisement',
      code: 0,
      identifier: 0x4321,
      flags: 0x8000,
      options: [
        {
          kind: 'prefix-information',
          prefixLength: 64,
          flags: 0xe0,
          validLifetime: 86_400,
          preferredLifetime: 14_400,
          prefix: HOME_AGENT,
        },
      ],
    },
  },
];

/** UDP and TCP, whose checksums are made but not verified. */
export const TRANSPORT_VECTORS: readonly { name: string; hex: string; built: Uint8Array }[] = [
  {
    name: 'UDP datagram (RFC 768)',
    hex: '60000000000d114020010db800000001000000000000010020010db800000003000000000000000304001388000d480168656c6c6f',
    built: packet(
      { source: HOME_ADDRESS, destination: CORRESPONDENT },
      17,
      udpDatagram({
        source: HOME_ADDRESS,
        destination: CORRESPONDENT,
        sourcePort: 1024,
        destinationPort: 5000,
        payload: new TextEncoder().encode('hello'),
      }),
    ),
  },
  {
    name: 'TCP segment (RFC 9293 section 3.1)',
    hex: '600000000015064020010db800000001000000000000010020010db800000003000000000000000304000050000000010000000250122000b705000078',
    built: packet(
      { source: HOME_ADDRESS, destination: CORRESPONDENT },
      6,
      tcpSegment({
        source: HOME_ADDRESS,
        destination: CORRESPONDENT,
        sourcePort: 1024,
        destinationPort: 80,
        sequence: 1,
        acknowledgment: 2,
        flags: TCP_FLAGS.syn | TCP_FLAGS.ack,
        window: 8192,
        payload: new TextEncoder().encode('x'),
      }),
    ),
  },
];
