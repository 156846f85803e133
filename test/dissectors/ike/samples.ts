/**
 * Messages with every payload of both versions, for round trips and for other dissectors.
 */
import { parseAddress } from '../../../dissectors/core/address.ts';
import { concatenate } from '../../../dissectors/core/layout.ts';
import {
  IKEV1_VERSION,
  IKEV2_VERSION,
  mip6HomePrefix,
  redirectData,
} from '../../../dissectors/ike/index.ts';
import type {
  IkeAttribute,
  IkeHeaderInput,
  IkeMessageInput,
  Ikev2Transform,
} from '../../../dissectors/ike/index.ts';
import { octetsOf } from '../hex.ts';

/** Octets of an address. */
export function addressOf(text: string): Uint8Array {
  const octets = parseAddress(text);
  if (octets === undefined) throw new Error(`${text} is no address`);
  return octets;
}

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Header of a message. */
export function headerOf(version: number, exchangeType: number, flags: number): IkeHeaderInput {
  return {
    initiatorSpi: octetsOf('0102030405060708'),
    responderSpi: octetsOf('1112131415161718'),
    version,
    exchangeType,
    flags,
    messageId: 1,
  };
}

const shortAttribute = (type: number, value: string): IkeAttribute => ({
  type,
  format: true,
  value: octetsOf(value),
});
const longAttribute = (type: number, value: Uint8Array): IkeAttribute => ({
  type,
  format: false,
  value,
});
const transform = (type: number, id: number, attributes: IkeAttribute[] = []): Ikev2Transform => ({
  kind: 'transform',
  type,
  id,
  attributes,
});

const homeAddress = addressOf('2001:db8:1::10');
const anyEnd = addressOf('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff');
const ethernetNonce = octetsOf('000102030405060708090a0b0c0d0e0f');

/** Payloads of IKEv2 in one message: more than any exchange has. */
export const EVERY_IKEV2_PAYLOAD: IkeMessageInput = {
  version: 2,
  header: headerOf(IKEV2_VERSION, 35, 0x08),
  payloads: [
    {
      kind: 'securityAssociation',
      type: 33,
      proposals: [
        {
          kind: 'proposal',
          number: 1,
          protocolId: 3,
          spi: octetsOf('c0ffee01'),
          transforms: [
            transform(1, 12, [shortAttribute(14, '0080')]),
            transform(1, 20, [shortAttribute(14, '0100')]),
            transform(3, 12),
            transform(5, 0),
          ],
        },
        {
          kind: 'proposal',
          number: 2,
          protocolId: 2,
          spi: octetsOf('c0ffee02'),
          transforms: [transform(3, 2), transform(4, 31), transform(2, 5), transform(6, 36)],
        },
      ],
    },
    { kind: 'keyExchange', type: 34, group: 31, data: new Uint8Array(32).fill(7) },
    { kind: 'identificationInitiator', type: 35, idType: 5, data: homeAddress },
    { kind: 'identificationResponder', type: 36, idType: 2, data: ascii('ha.example') },
    { kind: 'identificationInitiator', type: 35, idType: 3, data: ascii('mn@home.example') },
    { kind: 'identificationInitiator', type: 35, idType: 1, data: addressOf('192.0.2.1') },
    { kind: 'identificationInitiator', type: 35, idType: 11, data: octetsOf('cafe') },
    { kind: 'certificate', type: 37, certificateEncoding: 11, data: octetsOf('300a0203010001') },
    {
      kind: 'certificate',
      type: 37,
      certificateEncoding: 12,
      data: concatenate([new Uint8Array(20).fill(9), ascii('http://ca.example/mn')]),
    },
    {
      kind: 'certificateRequest',
      type: 38,
      certificateEncoding: 4,
      authorities: new Uint8Array(40).fill(3),
    },
    { kind: 'authentication', type: 39, method: 2, data: new Uint8Array(20).fill(5) },
    {
      kind: 'authentication',
      type: 39,
      method: 14,
      data: octetsOf('05 0102030405 aabbccdd'),
    },
    { kind: 'nonce', type: 40, nonce: ethernetNonce },
    ...[
      { notifyType: 16384, data: '' },
      { notifyType: 16390, data: '0011223344556677' },
      { notifyType: 16388, data: '00112233445566778899aabbccddeeff00112233' },
      { notifyType: 17, data: '001f' },
      { notifyType: 1, data: '3c' },
      { notifyType: 5, data: '02' },
      { notifyType: 9, data: '00000007' },
      { notifyType: 42, data: '' },
      { notifyType: 16385, data: '00000010' },
      { notifyType: 16387, data: '123402' },
      { notifyType: 16396, data: '' },
      { notifyType: 16397, data: 'c0000201' },
      { notifyType: 16398, data: '20010db8000000000000000000000001' },
      { notifyType: 16401, data: '0102030405060708' },
      { notifyType: 16403, data: '00000e10' },
      { notifyType: 16406, data: '' },
      { notifyType: 16408, data: '0104c0000202' },
      { notifyType: 16407, data: '030a68612e6578616d706c650102' },
      { notifyType: 16431, data: '00010002' },
      { notifyType: 16430, data: '' },
    ].map(
      ({ notifyType, data }) =>
        ({
          kind: 'notify',
          type: 41,
          protocolId: 0,
          spiSize: 0,
          notifyType,
          spi: octetsOf(''),
          data: octetsOf(data),
        }) as const,
    ),
    {
      kind: 'notify',
      type: 41,
      protocolId: 0,
      spiSize: 0,
      notifyType: 16407,
      spi: octetsOf(''),
      data: redirectData.encode({
        gatewayType: 2,
        gatewayLength: 16,
        gatewayIpv6: addressOf('2001:db8::2'),
        nonce: ethernetNonce,
      }),
    },
    {
      kind: 'notify',
      type: 41,
      protocolId: 3,
      spiSize: 4,
      notifyType: 16393,
      spi: octetsOf('c0ffee01'),
      data: octetsOf(''),
    },
    {
      kind: 'delete',
      type: 42,
      protocolId: 3,
      spiSize: 4,
      spis: [octetsOf('c0ffee01'), octetsOf('c0ffee02')],
    },
    { kind: 'delete', type: 42, protocolId: 1, spiSize: 0, spis: [] },
    { kind: 'vendorId', type: 43, vendorId: octetsOf('4048b7d56ebce88525e7de7f00d6c2d3c0000000') },
    {
      kind: 'trafficSelectorInitiator',
      type: 44,
      selectors: [
        {
          kind: 'ipv6Range',
          protocolId: 135,
          startPort: 0x0500,
          endPort: 0x0500,
          startAddress: homeAddress,
          endAddress: homeAddress,
        },
        {
          kind: 'ipv4Range',
          protocolId: 17,
          startPort: 0,
          endPort: 65535,
          startAddress: addressOf('192.0.2.0'),
          endAddress: addressOf('192.0.2.255'),
        },
      ],
    },
    {
      kind: 'trafficSelectorResponder',
      type: 45,
      selectors: [
        {
          kind: 'ipv6Range',
          protocolId: 58,
          startPort: 0x9000,
          endPort: 0x90ff,
          startAddress: addressOf('::'),
          endAddress: anyEnd,
        },
        { kind: 'unknown', selectorType: 241, protocolId: 0, data: octetsOf('00010203') },
      ],
    },
    {
      kind: 'configuration',
      type: 47,
      configurationType: 2,
      attributes: [
        longAttribute(1, addressOf('192.0.2.10')),
        longAttribute(8, concatenate([homeAddress, octetsOf('40')])),
        longAttribute(10, addressOf('2001:db8::53')),
        longAttribute(3, addressOf('192.0.2.53')),
        longAttribute(7, ascii('version 1')),
        longAttribute(13, octetsOf('c0000200ffffff00')),
        longAttribute(14, octetsOf('000800100013')),
        longAttribute(15, concatenate([homeAddress, octetsOf('40')])),
        longAttribute(
          16,
          mip6HomePrefix.encode({
            prefixLifetime: 86_400,
            homePrefix: addressOf('2001:db8:1::'),
            prefixLength: 64,
          }),
        ),
        longAttribute(19, addressOf('2001:db8::2')),
        longAttribute(8, octetsOf('')),
      ],
    },
    {
      kind: 'eap',
      type: 48,
      code: 2,
      identifier: 7,
      length: 7,
      eapType: 1,
      identity: ascii('mn'),
    },
    { kind: 'eap', type: 48, code: 3, identifier: 7, length: 4 },
    {
      kind: 'eap',
      type: 48,
      code: 1,
      identifier: 8,
      length: 8,
      eapType: 23,
      data: octetsOf('010000'),
    },
    { kind: 'unknown', type: 60, data: octetsOf('aabb') },
    { kind: 'encrypted', type: 46, nextPayload: 35, data: new Uint8Array(64).fill(0xee) },
  ],
};

/** One fragment of an encrypted message. */
export const IKEV2_FRAGMENT: IkeMessageInput = {
  version: 2,
  header: headerOf(IKEV2_VERSION, 35, 0x20),
  payloads: [
    {
      kind: 'encryptedFragment',
      type: 53,
      nextPayload: 36,
      fragmentNumber: 1,
      totalFragments: 3,
      data: new Uint8Array(48).fill(0xdd),
    },
  ],
};

/** Payloads of IKEv1 in one message. */
export const EVERY_IKEV1_PAYLOAD: IkeMessageInput = {
  version: 1,
  header: headerOf(IKEV1_VERSION, 4, 0),
  payloads: [
    {
      kind: 'securityAssociation',
      type: 1,
      doi: 1,
      situation: 1,
      proposals: [
        {
          kind: 'proposal',
          number: 1,
          protocolId: 1,
          spi: octetsOf('0102030405060708'),
          transforms: [
            {
              kind: 'transform',
              number: 1,
              id: 1,
              attributes: [
                shortAttribute(1, '0007'),
                shortAttribute(14, '0100'),
                shortAttribute(2, '0002'),
                shortAttribute(3, '0001'),
                shortAttribute(4, '000e'),
                shortAttribute(11, '0001'),
                longAttribute(12, octetsOf('00007080')),
                longAttribute(6, octetsOf('0102030405')),
              ],
            },
          ],
        },
        {
          kind: 'proposal',
          number: 2,
          protocolId: 3,
          spi: octetsOf('c0ffee01'),
          transforms: [
            {
              kind: 'transform',
              number: 1,
              id: 12,
              attributes: [
                shortAttribute(1, '0001'),
                longAttribute(2, octetsOf('00000e10')),
                shortAttribute(4, '0002'),
                shortAttribute(5, '0002'),
                shortAttribute(6, '0080'),
                shortAttribute(3, '0005'),
              ],
            },
          ],
        },
      ],
    },
    { kind: 'keyExchange', type: 4, data: new Uint8Array(16).fill(1) },
    ...[
      { idType: 1, data: 'c0000201' },
      { idType: 2, data: '68612e6578616d706c65' },
      { idType: 3, data: '6d6e40686f6d65' },
      { idType: 4, data: 'c0000200ffffff00' },
      { idType: 5, data: '20010db8000000000000000000000001' },
      { idType: 6, data: '20010db8000000000000000000000000ffffffffffffffff0000000000000000' },
      { idType: 7, data: 'c0000200c00002ff' },
      { idType: 8, data: '20010db800000000000000000000000020010db80000000000000000000000ff' },
      { idType: 11, data: 'cafe' },
    ].map(
      ({ idType, data }) =>
        ({
          kind: 'identification',
          type: 5,
          idType,
          protocolId: 17,
          port: 500,
          data: octetsOf(data),
        }) as const,
    ),
    { kind: 'certificate', type: 6, certificateEncoding: 11, data: octetsOf('0102') },
    { kind: 'certificateRequest', type: 7, certificateEncoding: 11, authority: octetsOf('03') },
    { kind: 'hash', type: 8, data: new Uint8Array(20).fill(2) },
    { kind: 'signature', type: 9, data: new Uint8Array(8).fill(3) },
    { kind: 'nonce', type: 10, data: ethernetNonce },
    ...[
      { notifyType: 14, protocolId: 1, data: '' },
      { notifyType: 24576, protocolId: 1, data: '800b0001000c000400007080' },
      { notifyType: 24576, protocolId: 3, data: '800100010002000400000e10' },
      { notifyType: 24577, protocolId: 3, data: '00000001' },
      { notifyType: 24578, protocolId: 1, data: '' },
      { notifyType: 36136, protocolId: 1, data: '00000009' },
      { notifyType: 36137, protocolId: 1, data: '00000009' },
    ].map(
      ({ notifyType, protocolId, data }) =>
        ({
          kind: 'notification',
          type: 11,
          doi: 1,
          protocolId,
          spiSize: 4,
          notifyType,
          spi: octetsOf('01020304'),
          data: octetsOf(data),
        }) as const,
    ),
    {
      kind: 'delete',
      type: 12,
      doi: 1,
      protocolId: 3,
      spiSize: 4,
      spis: [octetsOf('c0ffee01')],
    },
    { kind: 'vendorId', type: 13, vendorId: octetsOf('4a131c81070358455c5728f20e95452f') },
    {
      kind: 'configuration',
      type: 14,
      configurationType: 1,
      identifier: 3,
      attributes: [longAttribute(1, octetsOf('')), longAttribute(8, homeAddress)],
    },
    { kind: 'natDiscovery', type: 20, hash: new Uint8Array(20).fill(4) },
    { kind: 'natDiscovery', type: 130, hash: new Uint8Array(16).fill(4) },
    { kind: 'natOriginalAddress', type: 21, idType: 1, ipv4Address: addressOf('192.0.2.1') },
    { kind: 'natOriginalAddress', type: 131, idType: 5, ipv6Address: homeAddress },
    {
      kind: 'vendorFragment',
      type: 132,
      fragmentId: 1,
      sequence: 1,
      last: 1,
      data: octetsOf('0102'),
    },
  ],
};

/** An encrypted message of IKEv1. */
export const ENCRYPTED_IKEV1: IkeMessageInput = {
  version: 1,
  header: { ...headerOf(IKEV1_VERSION, 32, 0x01), nextPayload: 8 },
  payloads: [],
  encrypted: new Uint8Array(40).fill(0xab),
};

/** All of them. */
export const SAMPLES: readonly IkeMessageInput[] = [
  EVERY_IKEV2_PAYLOAD,
  IKEV2_FRAGMENT,
  EVERY_IKEV1_PAYLOAD,
  ENCRYPTED_IKEV1,
];
