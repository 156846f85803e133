/**
 * Mobility messages of the documents after RFC 6275, made octet by octet from their figures by a few lines of
 * Python, and the values they are made of.
 */
import { octetsOf } from '../hex.ts';
import { CARE_OF_ADDRESS, CORRESPONDENT, HAO, HOME_ADDRESS, HOME_AGENT, ip } from '../vectors.ts';
import type { MobilityVector } from '../vectors.ts';

const padN = (octets: number) => ({ kind: 'padn', padding: new Uint8Array(octets) }) as const;
const identifier = (nai: string) =>
  ({
    kind: 'mobile-node-identifier',
    subtype: 1,
    identifier: new TextEncoder().encode(nai),
  }) as const;
const LINK_LAYER_ADDRESS = {
  kind: 'mobility-header-link-layer-address',
  code: 2,
  linkLayerAddress: octetsOf('02005e005302'),
} as const;
const AUTHORIZATION = {
  kind: 'fmip-authorization-data',
  spi: 0,
  authenticator: octetsOf('0102030405060708090a0b0c'),
} as const;
const prefix = (text: string) =>
  ({ kind: 'home-network-prefix', flags: 0, prefixLength: 64, prefix: ip(text) }) as const;
const BETWEEN_AGENTS = { source: HOME_AGENT, destination: CORRESPONDENT };
const BACK = { source: CORRESPONDENT, destination: HOME_AGENT };

export const MOBILITY_EXTENSION_VECTORS: readonly MobilityVector[] = [
  {
    name: 'Fast Binding Update (RFC 5568 section 6.2.2)',
    hex: '6000000000403c4020010db800000002000000000000020020010db8000000010000000000000001870201020000c91020010db80000000100000000000001003b04080047911234c000001e07070202005e0053021510000000000102030405060708090a0b0c00',
    sent: { source: CARE_OF_ADDRESS, destination: HOME_AGENT, header: HAO },
    message: { kind: 'fast-binding-update', sequence: 0x1234, flags: 0xc0, lifetime: 30 },
    options: [LINK_LAYER_ADDRESS, AUTHORIZATION, { kind: 'pad1' }],
  },
  {
    name: 'Fast Binding Acknowledgment with a new care-of address (RFC 5568 section 6.2.3)',
    hex: '600000000038874020010db800000001000000000000000120010db80000000200000000000002003b060900dc6801001234001e0100031020010db80000000200000000000002001510000000000102030405060708090a0b0c010400000000',
    sent: { source: HOME_AGENT, destination: CARE_OF_ADDRESS },
    message: {
      kind: 'fast-binding-acknowledgment',
      status: 1,
      flags: 0,
      sequence: 0x1234,
      lifetime: 30,
    },
    options: [
      padN(0),
      { kind: 'alternate-care-of-address', careOfAddress: CARE_OF_ADDRESS },
      AUTHORIZATION,
      padN(4),
    ],
  },
  {
    name: 'Fast Neighbor Advertisement (RFC 5568 section 8)',
    hex: '600000000018874020010db800000002000000000000020020010db80000000100000000000000013b020a004c2d000007070202005e00530201050000000000',
    sent: { source: CARE_OF_ADDRESS, destination: HOME_AGENT },
    message: { kind: 'fast-neighbor-advertisement' },
    options: [LINK_LAYER_ADDRESS, padN(5)],
  },
  {
    name: 'Experimental Mobility Header (RFC 5096 section 3)',
    hex: '600000000010874020010db800000001000000000000000120010db80000000300000000000000033b010b0049d400010203040506070809',
    sent: BETWEEN_AGENTS,
    message: { kind: 'experimental', data: octetsOf('00010203040506070809') },
    options: [],
  },
  {
    name: 'Home Agent Switch (RFC 5142 section 4)',
    hex: '600000000020874020010db800000001000000000000000120010db80000000100000000000001003b030c0029ff010020010db80000000300000000000000030202001e01020000',
    sent: { source: HOME_AGENT, destination: HOME_ADDRESS },
    message: {
      kind: 'home-agent-switch',
      numberOfAddresses: 1,
      homeAgents: [{ address: CORRESPONDENT }],
    },
    options: [{ kind: 'binding-refresh-advice', refreshInterval: 30 }, padN(2)],
  },
  {
    name: 'Heartbeat response (RFC 5847 section 3.3)',
    hex: '600000000018874020010db800000001000000000000000120010db80000000300000000000000033b020d0039d000010102030401001c040000000701020000',
    sent: BETWEEN_AGENTS,
    message: { kind: 'heartbeat', flags: 1, sequence: 0x01020304 },
    options: [padN(0), { kind: 'restart-counter', restartCounter: 7 }, padN(2)],
  },
  {
    name: 'Handover Initiate (RFC 5568 section 6.2.1.1)',
    hex: '600000000028874020010db800000001000000000000000120010db80000000300000000000000033b040e0028961234c00007070202005e005302002212028020010db8000000020000000000000200',
    sent: BETWEEN_AGENTS,
    message: { kind: 'handover-initiate', sequence: 0x1234, flags: 0xc0, code: 0 },
    options: [
      LINK_LAYER_ADDRESS,
      { kind: 'pad1' },
      {
        kind: 'mobility-header-address-prefix',
        code: 2,
        prefixLength: 128,
        address: CARE_OF_ADDRESS,
      },
    ],
  },
  {
    name: 'Handover Acknowledge between access gateways (RFC 5949 section 6.1.2)',
    hex: '600000000020874020010db800000003000000000000000320010db80000000100000000000000013b030f00fff312346005080f016d6e406578616d706c652e636f6d0103000000',
    sent: BACK,
    message: { kind: 'handover-acknowledge', sequence: 0x1234, flags: 0x60, code: 5 },
    options: [identifier('mn@example.com'), padN(3)],
  },
  {
    name: 'Binding Revocation Indication (RFC 5846 section 5.1)',
    hex: '600000000020874020010db800000001000000000000000120010db80000000300000000000000033b031000dff7010112348000080f016d6e406578616d706c652e636f6d010100',
    sent: BETWEEN_AGENTS,
    message: {
      kind: 'binding-revocation',
      type: 1,
      trigger: 1,
      sequence: 0x1234,
      indicationFlags: 0x8000,
    },
    options: [identifier('mn@example.com'), padN(1)],
  },
  {
    name: 'Binding Revocation Acknowledgement (RFC 5846 section 5.2)',
    hex: '600000000010874020010db800000003000000000000000320010db80000000100000000000000013b011000c33602801234800001020000',
    sent: BACK,
    message: {
      kind: 'binding-revocation',
      type: 2,
      status: 128,
      sequence: 0x1234,
      acknowledgementFlags: 0x8000,
    },
    options: [padN(2)],
  },
  {
    name: 'Localized Routing Initiation (RFC 6705 section 10.1)',
    hex: '600000000060874020010db800000001000000000000000120010db80000000300000000000000033b0b110029ea12340000ffff080f016d6e406578616d706c652e636f6d010500000000001612004020010db8000100000000000000000000080f016d32406578616d706c652e636f6d0101001612004020010db8000200000000000000000000',
    sent: BETWEEN_AGENTS,
    message: { kind: 'localized-routing-initiation', sequence: 0x1234, lifetime: 0xffff },
    options: [
      identifier('mn@example.com'),
      padN(5),
      prefix('2001:db8:1::'),
      identifier('m2@example.com'),
      padN(1),
      prefix('2001:db8:2::'),
    ],
  },
  {
    name: 'Localized Routing Acknowledgment (RFC 6705 section 10.2)',
    hex: '600000000010874020010db800000003000000000000000320010db80000000100000000000000013b011200c2fa12348080003c01020000',
    sent: BACK,
    message: {
      kind: 'localized-routing-acknowledgment',
      sequence: 0x1234,
      flags: 0x80,
      status: 128,
      lifetime: 60,
    },
    options: [padN(2)],
  },
  {
    name: 'Update Notification (RFC 7077 section 4.1)',
    hex: '600000000010874020010db800000001000000000000000120010db80000000300000000000000033b011300c2b512340001800001020000',
    sent: BETWEEN_AGENTS,
    message: { kind: 'update-notification', sequence: 0x1234, reason: 1, flags: 0x8000 },
    options: [padN(2)],
  },
  {
    name: 'Update Notification Acknowledgement (RFC 7077 section 4.2)',
    hex: '600000000010874020010db800000003000000000000000320010db80000000100000000000000013b011400c1b612348000000001020000',
    sent: BACK,
    message: { kind: 'update-notification-acknowledgement', sequence: 0x1234, status: 128 },
    options: [padN(2)],
  },
  {
    name: 'Flow Binding Indication (RFC 7109 section 6.1.1)',
    hex: '600000000010874020010db800000001000000000000000120010db80000000200000000000002003b0115003c3a00011234028001020000',
    sent: { source: HOME_AGENT, destination: CARE_OF_ADDRESS },
    message: { kind: 'flow-binding', type: 1, sequence: 0x1234, trigger: 2, indicationFlags: 0x80 },
    options: [padN(2)],
  },
  {
    name: 'Flow Binding Acknowledgement (RFC 7109 section 6.1.2)',
    hex: '600000000010874020010db800000002000000000000020020010db80000000100000000000000013b011500beb800021234800001020000',
    sent: { source: CARE_OF_ADDRESS, destination: HOME_AGENT },
    message: { kind: 'flow-binding', type: 2, sequence: 0x1234, status: 128 },
    options: [padN(2)],
  },
  {
    name: 'Subscription Query (RFC 7161 section 4.3.1)',
    hex: '600000000020874020010db800000001000000000000000120010db80000000300000000000000033b031600a12cc800080f016d6e406578616d706c652e636f6d01050000000000',
    sent: BETWEEN_AGENTS,
    message: { kind: 'subscription-query', sequence: 200 },
    options: [identifier('mn@example.com'), padN(5)],
  },
  {
    name: 'Subscription Response (RFC 7161 section 4.3.2)',
    hex: '600000000020874020010db800000003000000000000000320010db80000000100000000000000013b031700a02cc800080f016d6e406578616d706c652e636f6d01050000000000',
    sent: BACK,
    message: { kind: 'subscription-response', sequence: 200, flags: 0 },
    options: [identifier('mn@example.com'), padN(5)],
  },
];
