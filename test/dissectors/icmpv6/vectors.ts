/**
 * ICMPv6 packets that an independent encoder (Scapy) made, octet by octet, and the values they are made of.
 */
import type { Icmpv6Message } from '../../../dissectors/icmpv6/index.ts';
import { octetsOf } from '../hex.ts';
import { ip } from '../vectors.ts';

const GROUP = ip('ff02::1:ff00:100');
const nonce = octetsOf('0102030405060708');
const HOST_MAC = octetsOf('02005e005302');
const ROUTER_MAC = octetsOf('02005e005301');

/** A packet with an ICMPv6 message, and its line in a packet list. */
export interface Vector {
  readonly name: string;
  readonly hex: string;
  readonly line: string;
  readonly message: Icmpv6Message;
}

export const VECTORS: readonly Vector[] = [
  {
    name: 'general query of version 1 (RFC 3810 section 8.1)',
    hex: '6000000000200001fe800000000000000000000000000001ff0200000000000000000000000000013a00050200000100820059172710000000000000000000000000000000000000',
    line: 'Multicast Listener Query',
    message: {
      kind: 'multicast-listener-query',
      code: 0,
      maximumResponseDelay: 10_000,
      multicastAddress: ip('::'),
    },
  },
  {
    name: 'report of version 1 (RFC 3810 section 8)',
    hex: '6000000000200001fe800000000000000000000000000002ff0200000000000000000001ff0001003a000502000001008300802000000000ff0200000000000000000001ff000100',
    line: 'Multicast Listener Report group ff02::1:ff00:100',
    message: {
      kind: 'multicast-listener-report',
      code: 0,
      maximumResponseDelay: 0,
      multicastAddress: GROUP,
    },
  },
  {
    name: 'done of version 1 (RFC 3810 section 8)',
    hex: '6000000000200001fe800000000000000000000000000002ff0200000000000000000000000000023a0005020000010084007f2000000000ff0200000000000000000001ff000100',
    line: 'Multicast Listener Done group ff02::1:ff00:100',
    message: {
      kind: 'multicast-listener-done',
      code: 0,
      maximumResponseDelay: 0,
      multicastAddress: GROUP,
    },
  },
  {
    name: 'query of version 2 for sources of a group (RFC 3810 section 5.1)',
    hex: '6000000000440001fe800000000000000000000000000001ff1e00000000000000000000000000993a000502000001008200987281230000ff1e00000000000000000000000000990a8a000220010db800000000000000000000000120010db8000000000000000000000002',
    line: 'Multicast Listener Query Version 2 group ff1e::99 2 sources',
    message: {
      kind: 'multicast-listener-query-v2',
      code: 0,
      maximumResponseCode: 0x8123,
      multicastAddress: ip('ff1e::99'),
      flags: 0x0a,
      queryIntervalCode: 0x8a,
      numberOfSources: 2,
      sources: [{ address: ip('2001:db8::1') }, { address: ip('2001:db8::2') }],
    },
  },
  {
    name: 'report of version 2 (RFC 3810 section 5.2)',
    hex: '6000000000480001fe800000000000000000000000000002ff0200000000000000000000000000163a000502000001008f003d6f0000000204000000ff0200000000000000000001ff00010005000001ff1e000000000000000000000000009920010db8000000000000000000000001',
    line: 'Multicast Listener Report Version 2 CHANGE_TO_EXCLUDE_MODE ff02::1:ff00:100, ALLOW_NEW_SOURCES ff1e::99',
    message: {
      kind: 'multicast-listener-report-v2',
      code: 0,
      numberOfRecords: 2,
      records: [
        {
          recordType: 4,
          auxDataLength: 0,
          numberOfSources: 0,
          group: GROUP,
          sources: [],
          auxData: new Uint8Array(),
        },
        {
          recordType: 5,
          auxDataLength: 0,
          numberOfSources: 1,
          group: ip('ff1e::99'),
          sources: [{ address: ip('2001:db8::1') }],
          auxData: new Uint8Array(),
        },
      ],
    },
  },
  {
    name: 'inverse solicitation (RFC 3122 section 2.1)',
    hex: '6000000000303afffe800000000000000000000000000002ff0200000000000000000000000000018d00d44a00000000010102005e005302020102005e005301090300000000000020010db8000000010000000000000100',
    line: 'Inverse Neighbor Discovery Solicitation',
    message: {
      kind: 'inverse-neighbor-discovery-solicitation',
      code: 0,
      options: [
        { kind: 'source-link-layer-address', address: HOST_MAC },
        { kind: 'target-link-layer-address', address: ROUTER_MAC },
        { kind: 'source-address-list', addresses: [ip('2001:db8:0:1::100')] },
      ],
    },
  },
  {
    name: 'inverse advertisement (RFC 3122 section 2.2)',
    hex: '6000000000403afffe800000000000000000000000000001fe8000000000000000000000000000028e00a5fd00000000010102005e005301020102005e0053020a0500000000000020010db800000001000000000000000120010db8000000010000000000000002',
    line: 'Inverse Neighbor Discovery Advertisement 2001:db8:0:1::1, 2001:db8:0:1::2',
    message: {
      kind: 'inverse-neighbor-discovery-advertisement',
      code: 0,
      options: [
        { kind: 'source-link-layer-address', address: ROUTER_MAC },
        { kind: 'target-link-layer-address', address: HOST_MAC },
        {
          kind: 'target-address-list',
          addresses: [ip('2001:db8:0:1::1'), ip('2001:db8:0:1::2')],
        },
      ],
    },
  },
  {
    name: 'node information query about an address (RFC 4620 section 4)',
    hex: '6000000000203afffe800000000000000000000000000002fe8000000000000000000000000000018b0039cf00020000010203040506070820010db8000000010000000000000001',
    line: 'Node Information Query Node Name',
    message: {
      kind: 'node-information-query-address',
      code: 0,
      queryType: 2,
      flags: 0,
      nonce,
      subject: ip('2001:db8:0:1::1'),
    },
  },
  {
    name: 'node information query about a name (RFC 4620 section 4)',
    hex: '60000000001e3afffe800000000000000000000000000002fe8000000000000000000000000000018b01e3160003003e010203040506070804686f7374076578616d706c6500',
    line: 'Node Information Query Node Addresses',
    message: {
      kind: 'node-information-query-name',
      code: 1,
      queryType: 3,
      flags: 0x3e,
      nonce,
      subject: new TextEncoder().encode('\x04host\x07example\0'),
    },
  },
  {
    name: 'node information query about an IPv4 address (RFC 4620 section 4)',
    hex: '6000000000143afffe800000000000000000000000000002fe8000000000000000000000000000018b02a590000400000102030405060708c0000201',
    line: 'Node Information Query IPv4 Addresses',
    message: {
      kind: 'node-information-query-ipv4',
      code: 2,
      queryType: 4,
      flags: 0,
      nonce,
      subject: octetsOf('c0000201'),
    },
  },
  {
    name: 'node information reply with addresses (RFC 4620 section 6.3)',
    hex: '6000000000383afffe800000000000000000000000000001fe8000000000000000000000000000028c003a340003000001020304050607080000000020010db800000001000000000000000100000000fe800000000000000000000000000001',
    line: 'Node Information Reply Node Addresses',
    message: {
      kind: 'node-information-reply',
      code: 0,
      queryType: 3,
      flags: 0,
      nonce,
      addresses: [
        { timeToLive: 0, address: ip('2001:db8:0:1::1') },
        { timeToLive: 0, address: ip('fe80::1') },
      ],
    },
  },
  {
    name: 'node information reply with a name (RFC 4620 section 6.2)',
    hex: '6000000000223afffe800000000000000000000000000001fe8000000000000000000000000000028c00e2520002000001020304050607080000000004686f7374076578616d706c6500',
    line: 'Node Information Reply Node Name host.example',
    message: {
      kind: 'node-information-reply',
      code: 0,
      queryType: 2,
      flags: 0,
      nonce,
      timeToLive: 0,
      names: new TextEncoder().encode('\x04host\x07example\0'),
    },
  },
  {
    name: 'node information reply with an IPv4 address (RFC 4620 section 6.4)',
    hex: '6000000000183afffe800000000000000000000000000001fe8000000000000000000000000000028c00a48e00040000010203040506070800000000c0000201',
    line: 'Node Information Reply IPv4 Addresses',
    message: {
      kind: 'node-information-reply',
      code: 0,
      queryType: 4,
      flags: 0,
      nonce,
      ipv4Addresses: [{ timeToLive: 0, address: octetsOf('c0000201') }],
    },
  },
];
