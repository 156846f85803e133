/**
 * IKEv2 messages written by hand.
 */
import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../../dissectors/core/diagnostic.ts';
import {
  decodeIke,
  encodeIke,
  ikeSummary,
  ikeTree,
  ikev2Payloads,
  mip6HomePrefix,
  mobilityType,
  redirectData,
  selectorText,
  transformKeyLength,
} from '../../../dissectors/ike/index.ts';
import type { Ikev2Payload } from '../../../dissectors/ike/index.ts';
import { hexOf, octetsOf } from '../hex.ts';
import { textsOf } from './nodes.ts';
import { addressOf } from './samples.ts';

// RFC 7296 section 1.2. HDR: SPIs; next SA, version 2.0, IKE_SA_INIT, initiator; message 0; 172 octets.
// SA: proposal 1, IKE, no SPI, 4 transforms: ENCR_AES_CBC with 256 bits, PRF_HMAC_SHA2_256,
// AUTH_HMAC_SHA2_256_128, Curve25519. KE: group 31. Ni. N(NAT_DETECTION_SOURCE_IP), N(REDIRECT_SUPPORTED).
const IKE_SA_INIT = octetsOf(`
  0102030405060708 0000000000000000
  21 20 22 08 00000000 000000ac
  22 00 0030
    00 00 002c 01 01 00 04
      03 00 000c 01 00 000c  800e 0100
      03 00 0008 02 00 0005
      03 00 0008 03 00 000c
      00 00 0008 04 00 001f
  28 00 0028 001f 0000
    000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
  29 00 0014 a0a1a2a3a4a5a6a7a8a9aaabacadaeaf
  29 00 001c 00 00 4004
    b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3
  00 00 0008 00 00 4016
`);

function decoded(octets: Uint8Array) {
  const diagnostics = new DiagnosticList();
  const message = decodeIke(octets, 0, octets.length, diagnostics);
  if (message?.version !== 2) throw new Error('not IKEv2');
  return { message, codes: diagnostics.items.map(({ code }) => code) };
}

/** The one payload of a chain of decrypted octets. */
function payloadOf(type: number, hex: string): Ikev2Payload {
  const body = octetsOf(hex);
  const octets = new Uint8Array([0, 0, 0, 4 + body.length, ...body]);
  const diagnostics = new DiagnosticList();
  const { payloads } = ikev2Payloads.decode(type, octets, 0, octets.length, diagnostics);
  expect(diagnostics.items).toEqual([]);
  const [payload] = payloads;
  if (payload === undefined) throw new Error('no payload');
  expect(hexOf(ikev2Payloads.encode({ payloads: [payload] }))).toBe(hexOf(octets));
  return payload;
}

describe('IKE_SA_INIT', () => {
  it('is decoded to its header and payloads', () => {
    const { message, codes } = decoded(IKE_SA_INIT);
    expect(codes).toEqual([]);
    expect(message.header).toMatchObject({ exchangeType: 34, flags: 8, messageId: 0, length: 172 });
    expect(message.payloads.map(({ kind }) => kind)).toEqual([
      'securityAssociation',
      'keyExchange',
      'nonce',
      'notify',
      'notify',
    ]);
    expect(ikeSummary(message.header)).toBe('IKE_SA_INIT, initiator request, message 0');
    expect(hexOf(encodeIke(message))).toBe(hexOf(IKE_SA_INIT));
  });

  it('offers transforms with the length of their keys in bits', () => {
    const [sa] = decoded(IKE_SA_INIT).message.payloads;
    if (sa?.kind !== 'securityAssociation') throw new Error('no SA');
    const [proposal] = sa.proposals;
    if (proposal?.kind !== 'proposal') throw new Error('no proposal');
    const transforms = proposal.transforms.map((item) =>
      item.kind === 'transform' ? [item.type, item.id, transformKeyLength(item)] : [],
    );
    expect(transforms).toEqual([
      [1, 12, 256],
      [2, 5, undefined],
      [3, 12, undefined],
      [4, 31, undefined],
    ]);
  });

  it('is shown with the names of algorithms, groups and notifications', () => {
    const tree = ikeTree(IKE_SA_INIT, 0, IKE_SA_INIT.length, 0);
    expect(tree.text).toBe('IKE_SA_INIT, initiator request, message 0');
    expect(textsOf(tree, 'isakmp.tf.id.encr')).toEqual(['12 (ENCR_AES_CBC)']);
    expect(textsOf(tree, 'isakmp.tf.id.dh')).toEqual(['31 (Curve25519)']);
    expect(textsOf(tree, 'isakmp.ike2.attr.key_length')).toEqual(['256']);
    expect(textsOf(tree, 'isakmp.key_exchange.dh_group')).toEqual(['31 (Curve25519)']);
    expect(textsOf(tree, 'isakmp.notify.msgtype')).toEqual([
      '16388 (NAT_DETECTION_SOURCE_IP)',
      '16406 (REDIRECT_SUPPORTED)',
    ]);
    expect(textsOf(tree, 'isakmp.notify.data.nat_hash')).toEqual([
      'b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3',
    ]);
  });
});

describe('payloads for mobile nodes', () => {
  it('hold MIP6_HOME_PREFIX with lifetime, prefix and length (RFC 5026 section 8.2)', () => {
    const payload = payloadOf(
      47,
      '02 000000 0010 0015 00015180 20010db8000100000000000000000000 40 0008 0000',
    );
    if (payload.kind !== 'configuration') throw new Error('no configuration');
    const [prefix, request] = payload.attributes;
    expect(prefix?.type).toBe(16);
    const value = prefix?.value ?? new Uint8Array();
    expect(mip6HomePrefix.decode(value, 0, value.length)).toEqual({
      prefixLifetime: 86_400,
      homePrefix: addressOf('2001:db8:1::'),
      prefixLength: 64,
    });
    expect(request).toEqual({ type: 8, format: false, value: new Uint8Array() });
  });

  it('select MH Types by the upper octet of the port (RFC 4301 section 4.4.1.1)', () => {
    const home = '20010db8000100000000000000000010';
    const agent = '20010db8000000000000000000000002';
    const hex = `01 000000 08 87 0028 0500 0600 ${home} ${agent}`;
    const payload = payloadOf(44, hex);
    if (payload.kind !== 'trafficSelectorInitiator') throw new Error('no selectors');
    const [selector] = payload.selectors;
    if (selector?.kind !== 'ipv6Range') throw new Error('no range');
    expect(mobilityType(selector.startPort)).toBe(5);
    expect(mobilityType(selector.endPort)).toBe(6);
    expect(selectorText(selector)).toMatch(
      /^2001:db8:1::10 to 2001:db8::2, .*, 1280 \(MH Type 5\) to 1536 \(MH Type 6\)$/,
    );
    const octets = octetsOf(`00 00 0030 ${hex}`);
    const [node] = ikev2Payloads.tree(44, octets, 0, octets.length, 0);
    if (node === undefined) throw new Error('no node');
    expect(textsOf(node, 'isakmp.ts.start_mh_type')).toEqual(['5']);
    expect(textsOf(node, 'isakmp.ts.end_mh_type')).toEqual(['6']);
  });

  it('select ICMPv6 by type and code, ports by number, and any or opaque by their bounds', () => {
    const range = `${'00'.repeat(16)} ${'ff'.repeat(16)}`;
    const all = [
      ['3a', '9000', '9000', '36864 (type 144, code 0) to 36864 (type 144, code 0)'],
      ['11', '01f4', '01f4', '500 to 500'],
      ['87', '0000', 'ffff', 'any port or type'],
      ['3a', 'ffff', '0000', 'opaque'],
    ];
    for (const [protocol, start, end, text] of all) {
      const payload = payloadOf(45, `01 000000 08 ${protocol} 0028 ${start} ${end} ${range}`);
      if (payload.kind !== 'trafficSelectorResponder') throw new Error('no selectors');
      const [selector] = payload.selectors;
      expect(selector === undefined ? '' : selectorText(selector)).toContain(`, ${text}`);
    }
  });

  it('redirect to another home agent with an address or a name (RFC 5685 section 9.2)', () => {
    const toAddress = payloadOf(41, '00 00 4017 02 10 20010db8000000000000000000000003 a0a1a2a3');
    if (toAddress.kind !== 'notify') throw new Error('no notify');
    expect(redirectData.decode(toAddress.data, 0, toAddress.data.length)).toEqual({
      gatewayType: 2,
      gatewayLength: 16,
      gatewayIpv6: addressOf('2001:db8::3'),
      nonce: octetsOf('a0a1a2a3'),
    });
    const octets = octetsOf('00 00 0012 00 00 4017 03 08 68612e746573742e');
    const [node] = ikev2Payloads.tree(41, octets, 0, octets.length, 0);
    if (node === undefined) throw new Error('no node');
    const name = 'isakmp.notify.data.redirect.new_resp_gw_ident.fqdn';
    expect(textsOf(node, name)).toEqual(['ha.test.']);
  });

  it('name identities as addresses and text', () => {
    const home = payloadOf(35, '05 000000 20010db8000100000000000000000010');
    expect(home).toMatchObject({ kind: 'identificationInitiator', idType: 5 });
    const octets = octetsOf('00 00 000b 03 000000 401b5b');
    const [node] = ikev2Payloads.tree(35, octets, 0, octets.length, 0);
    // A name cannot put a control character on a terminal.
    expect(node?.text).toBe('Identification - Initiator (35): @\\x1b[');
  });
});

describe('encrypted messages', () => {
  const header = '0102030405060708 1112131415161718';

  it('keep what is encrypted, and the type of the first payload inside', () => {
    const octets = octetsOf(`${header} 2e 20 23 08 00000001 00000028 23 00 000c aabbccddeeff0011`);
    const { message, codes } = decoded(octets);
    expect(codes).toEqual([]);
    expect(message.payloads).toEqual([
      { kind: 'encrypted', type: 46, nextPayload: 35, data: octetsOf('aabbccddeeff0011') },
    ]);
  });

  it('show the number of a fragment and how many there are (RFC 7383 section 2.5)', () => {
    const octets = octetsOf(
      `${header} 35 20 23 08 00000001 00000028 23 00 000c 0002 0003 aabbccdd`,
    );
    const { message, codes } = decoded(octets);
    expect(codes).toEqual([]);
    expect(message.payloads).toEqual([
      {
        kind: 'encryptedFragment',
        type: 53,
        nextPayload: 35,
        fragmentNumber: 2,
        totalFragments: 3,
        data: octetsOf('aabbccdd'),
      },
    ]);
    const tree = ikeTree(octets, 0, octets.length, 0);
    expect(textsOf(tree, 'isakmp.typepayload')).toEqual([
      'Encrypted and Authenticated Fragment (53): fragment 2 of 3',
    ]);
  });

  it('are decoded inside by whoever has decrypted them', () => {
    const inside = octetsOf(`
      2700000a 02000000 6d6e
      29000010 02000000 0102030405060708
      0000000c 03044009 c0ffee01
    `);
    const diagnostics = new DiagnosticList();
    const chain = ikev2Payloads.decode(35, inside, 0, inside.length, diagnostics);
    expect(diagnostics.items).toEqual([]);
    expect(chain.payloads.map(({ kind }) => kind)).toEqual([
      'identificationInitiator',
      'authentication',
      'notify',
    ]);
    expect(hexOf(ikev2Payloads.encode(chain))).toBe(hexOf(inside));
    const nodes = ikev2Payloads.tree(35, inside, 0, inside.length, 1);
    expect(nodes.map(({ text, source }) => `${source}: ${text}`)).toEqual([
      '1: Identification - Initiator (35): mn',
      '1: Authentication (39)',
      '1: Notify (41): REKEY_SA',
    ]);
  });
});
