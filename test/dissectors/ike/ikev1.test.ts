/**
 * IKEv1 messages written by hand.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../../dissectors/core/diagnostic.ts';
import {
  attributeNumber,
  decodeIke,
  encodeIke,
  ikeTree,
  ikev1Payloads,
  vendorName,
} from '../../../dissectors/ike/index.ts';
import { hexOf, octetsOf } from '../hex.ts';
import { textsOf } from './nodes.ts';

// HDR: main mode. SA: DOI IPsec, identity only; proposal 1, ISAKMP, one transform KEY_IKE with AES-CBC of
// 256 bits, SHA, pre-shared key, group 14, 28800 seconds. Vendor ID of RFC 3947.
const MAIN_MODE = octetsOf(`
  0102030405060708 0000000000000000
  01 10 02 00 00000000 00000070
  0d 00 0040 00000001 00000001
    00 00 0034 01 01 00 01
      00 00 002c 01 01 0000
        8001 0007  800e 0100  8002 0002  8003 0001  8004 000e  800b 0001
        000c 0004 00007080  800d 0000
  00 00 0014 4a131c81070358455c5728f20e95452f
`);

describe('main mode', () => {
  it('is decoded with its proposals and attributes', () => {
    const diagnostics = new DiagnosticList();
    const message = decodeIke(MAIN_MODE, 0, MAIN_MODE.length, diagnostics);
    expect(diagnostics.items).toEqual([]);
    if (message?.version !== 1) throw new Error('not IKEv1');
    const [sa, vendor] = message.payloads;
    if (sa?.kind !== 'securityAssociation') throw new Error('no SA');
    expect(sa).toMatchObject({ doi: 1, situation: 1 });
    const [proposal] = sa.proposals;
    if (proposal?.kind !== 'proposal') throw new Error('no proposal');
    const [transform] = proposal.transforms;
    if (transform?.kind !== 'transform') throw new Error('no transform');
    const values = transform.attributes.map((item) => [item.type, attributeNumber(item)]);
    expect(values).toEqual([
      [1, 7],
      [14, 256],
      [2, 2],
      [3, 1],
      [4, 14],
      [11, 1],
      [12, 28_800],
      [13, 0],
    ]);
    expect(vendor?.kind).toBe('vendorId');
    expect(hexOf(encodeIke(message))).toBe(hexOf(MAIN_MODE));
  });

  it('is shown with the names of algorithms and vendors', () => {
    const tree = ikeTree(MAIN_MODE, 0, MAIN_MODE.length, 0);
    expect(tree.text).toBe('Identity Protection (Main Mode)');
    expect(textsOf(tree, 'isakmp.ike.attr.encryption_algorithm')).toEqual(['7 (AES-CBC)']);
    expect(textsOf(tree, 'isakmp.ike.attr.life_duration')).toEqual(['28800']);
    expect(textsOf(tree, 'isakmp.trans.id')).toEqual(['1 (KEY_IKE)']);
    expect(textsOf(tree, 'isakmp.vid_string')).toEqual([
      'RFC 3947 Negotiation of NAT-Traversal in the IKE',
    ]);
  });
});

describe('other messages of IKEv1', () => {
  it('are opaque when the Encryption flag is set', () => {
    const octets = octetsOf(
      '0102030405060708 1112131415161718 08 10 20 01 0f2b7862 00000024 aabbccddeeff0011',
    );
    const message = decodeIke(octets, 0, octets.length, new DiagnosticList());
    expect(message).toMatchObject({
      version: 1,
      payloads: [],
      encrypted: octetsOf('aabbccddeeff0011'),
    });
    const tree = ikeTree(octets, 0, octets.length, 0);
    expect(tree.text).toBe('Quick Mode, encrypted');
    expect(textsOf(tree, 'isakmp.enc.data')).toEqual(['aabbccddeeff0011']);
    expect(message === undefined ? '' : hexOf(encodeIke(message))).toBe(hexOf(octets));
  });

  it('have NAT-D and NAT-OA under the numbers of RFC 3947 and of its drafts', () => {
    for (const type of [20, 130, 15]) {
      const octets = octetsOf('00 00 0008 aabbccdd');
      const { payloads } = ikev1Payloads.decode(type, octets, 0, 8, new DiagnosticList());
      expect(payloads).toEqual([{ kind: 'natDiscovery', type, hash: octetsOf('aabbccdd') }]);
    }
    for (const type of [21, 131, 16]) {
      const octets = octetsOf('00 00 000c 01000000 c0000201');
      const { payloads } = ikev1Payloads.decode(type, octets, 0, 12, new DiagnosticList());
      expect(payloads).toEqual([
        { kind: 'natOriginalAddress', type, idType: 1, ipv4Address: octetsOf('c0000201') },
      ]);
    }
  });

  it('keep a situation with labels as octets (RFC 2407 section 4.6.1)', () => {
    const octets = octetsOf('00 00 0010 00000001 00000003 0000002a');
    const diagnostics = new DiagnosticList();
    const chain = ikev1Payloads.decode(1, octets, 0, octets.length, diagnostics);
    expect(chain.payloads).toEqual([
      {
        kind: 'securityAssociation',
        type: 1,
        doi: 1,
        situation: 3,
        proposals: [],
        opaque: octetsOf('0000002a'),
      },
    ]);
    expect(diagnostics.items.map(({ code }) => code)).toEqual(['IKE_PAYLOAD_UNKNOWN']);
    expect(hexOf(ikev1Payloads.encode(chain))).toBe(hexOf(octets));
  });
});

describe('vendor IDs', () => {
  const md5 = (text: string): Uint8Array =>
    new Uint8Array(createHash('md5').update(text, 'latin1').digest());

  it.each([
    ['RFC 3947', 'RFC 3947 Negotiation of NAT-Traversal in the IKE'],
    ['draft-ietf-ipsec-nat-t-ike-00', 'draft-ietf-ipsec-nat-t-ike-00'],
    ['draft-ietf-ipsec-nat-t-ike-02', 'draft-ietf-ipsec-nat-t-ike-02'],
    ['draft-ietf-ipsec-nat-t-ike-02\n', 'draft-ietf-ipsec-nat-t-ike-02 (with a line feed)'],
    ['draft-ietf-ipsec-nat-t-ike-03', 'draft-ietf-ipsec-nat-t-ike-03'],
    ['draft-ietf-ipsec-nat-t-ike-07', 'draft-ietf-ipsec-nat-t-ike-07'],
    ['FRAGMENTATION', 'Fragmentation'],
  ])('are the MD5 hash of %j', (text, name) => {
    expect(vendorName(md5(text))).toBe(name);
  });

  it('without a known name have none', () => {
    expect(vendorName(md5('somebody'))).toBeUndefined();
    expect(vendorName(new Uint8Array())).toBeUndefined();
  });
});
