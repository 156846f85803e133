/**
 * Malformed IKE messages: what is wrong is said, and hides nothing that follows.
 */
import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../../dissectors/core/diagnostic.ts';
import { concatenate } from '../../../dissectors/core/layout.ts';
import {
  MAX_ATTRIBUTES,
  MAX_PAYLOADS,
  MAX_PROPOSALS,
  MAX_SELECTORS,
  MAX_SPIS,
  MAX_TRANSFORMS,
  decodeIke,
  encodeIke,
  ikeTree,
} from '../../../dissectors/ike/index.ts';
import { hexOf, octetsOf } from '../hex.ts';
import { allNodes, textsOf } from './nodes.ts';

const SPIS = '0102030405060708 1112131415161718';

interface Header {
  readonly first: number;
  readonly version?: number;
  readonly exchange?: number;
  readonly flags?: number;
  readonly length?: number;
}

/** A message; Length is right unless given. */
function messageOf(header: Header, body: Uint8Array): Uint8Array {
  const { first, version = 0x20, exchange = 34, flags = 8, length = 28 + body.length } = header;
  const octets = concatenate([octetsOf(SPIS), new Uint8Array(12), body]);
  octets.set([first, version, exchange, flags], 16);
  new DataView(octets.buffer).setUint32(24, length);
  return octets;
}

/** Decodes, and checks that the octets come back. */
function check(octets: Uint8Array) {
  const diagnostics = new DiagnosticList();
  const message = decodeIke(octets, 0, octets.length, diagnostics);
  if (message !== undefined) expect(hexOf(encodeIke(message))).toBe(hexOf(octets));
  const kinds = message?.payloads.map(({ kind }) => kind) ?? [];
  const tree = ikeTree(octets, 0, octets.length, 0);
  const found = diagnostics.items.map(({ code, offset, length }) => `${code} ${offset}+${length}`);
  return { message, kinds, tree, found, codes: diagnostics.items.map(({ code }) => code) };
}

const NONCE = '00 00 0008 a0a1a2a3';
const nonceAfter = (hex: string): Uint8Array => octetsOf(`${hex} ${NONCE}`);

describe('a header', () => {
  it('that is cut short is said to be, and what is there is shown', () => {
    const octets = octetsOf(`${SPIS} 2120`);
    const { message, found, tree } = check(octets);
    expect(message).toBeUndefined();
    expect(found).toEqual(['IKE_TRUNCATED 0+18']);
    expect(textsOf(tree, 'isakmp.nextpayload')).toEqual(['33 (Security Association)']);
  });

  it('of another major version is decoded alone', () => {
    const { message, found } = check(messageOf({ first: 40, version: 0x30 }, octetsOf(NONCE)));
    expect(message).toMatchObject({ version: 'other', payloads: [], rest: octetsOf(NONCE) });
    expect(found).toEqual(['IKE_VERSION 17+1']);
  });

  it('with a Length past the datagram does not hide the payloads', () => {
    const { kinds, found } = check(messageOf({ first: 40, length: 1000 }, octetsOf(NONCE)));
    expect(kinds).toEqual(['nonce']);
    expect(found).toEqual(['IKE_LENGTH 24+4']);
  });

  it('with a Length below the header has no payloads', () => {
    const { kinds, codes, tree } = check(messageOf({ first: 40, length: 27 }, octetsOf(NONCE)));
    expect(kinds).toEqual([]);
    expect(codes).toContain('IKE_LENGTH');
    expect(textsOf(tree, 'isakmp.extradata')).toEqual(['00000008a0a1a2a3']);
  });

  it('with reserved flags is said to have them', () => {
    const { found } = check(messageOf({ first: 40, flags: 0xc8 }, octetsOf(NONCE)));
    expect(found).toEqual(['IKE_RESERVED 19+1']);
  });
});

describe('the chain of payloads', () => {
  it('ends at a length that does not fit, whose header is still shown', () => {
    const body = octetsOf('28 00 0008 b0b1b2b3 00 00 0100 c0');
    const { kinds, found, tree } = check(messageOf({ first: 40 }, body));
    expect(kinds).toEqual(['nonce']);
    expect(found).toEqual(['IKE_PAYLOAD_LENGTH 36+5']);
    expect(textsOf(tree, 'isakmp.typepayload')).toEqual([
      'Nonce (40)',
      'Nonce (40): length does not fit',
    ]);
    expect(textsOf(tree, 'isakmp.payloadlength')).toEqual(['8 octets', '256 octets']);
  });

  it('never stands still at a length of zero', () => {
    const { kinds, found } = check(messageOf({ first: 40 }, octetsOf('28 00 0000 28 00 0000')));
    expect(kinds).toEqual([]);
    expect(found).toEqual(['IKE_PAYLOAD_LENGTH 28+8']);
  });

  it('that announces a payload which is not there is said to', () => {
    const { kinds, found } = check(messageOf({ first: 40 }, octetsOf('29 00 0008 a0a1a2a3')));
    expect(kinds).toEqual(['nonce']);
    expect(found).toEqual(['IKE_PAYLOAD_LENGTH 36+0']);
  });

  it('has nothing behind its last payload, nor behind an encrypted one', () => {
    const { found } = check(messageOf({ first: 40 }, octetsOf(`${NONCE} ffff`)));
    expect(found).toEqual(['IKE_TRAILING 36+2']);
    const encrypted = octetsOf(`23 00 0008 01020304 ${NONCE}`);
    expect(check(messageOf({ first: 46 }, encrypted)).found).toEqual(['IKE_TRAILING 36+8']);
  });

  it('goes on behind unknown payloads, and says which ones are critical', () => {
    const body = nonceAfter('3d 80 0005 01 28 00 0005 02');
    const { kinds, found } = check(messageOf({ first: 60 }, body));
    expect(kinds).toEqual(['unknown', 'unknown', 'nonce']);
    expect(found).toEqual(['IKE_CRITICAL 28+1', 'IKE_PAYLOAD_UNKNOWN 33+1']);
  });

  it('has no critical bit in payloads that everybody knows', () => {
    const { found } = check(messageOf({ first: 40 }, octetsOf('00 81 0008 a0a1a2a3')));
    expect(found).toEqual(['IKE_CRITICAL_DEFINED 29+1', 'IKE_RESERVED 29+1']);
  });
});

describe('the content of a payload', () => {
  it.each([
    ['Key Exchange', 34, '28 00 0006 001f', 'IKE_PAYLOAD_MALFORMED'],
    ['Notify whose SPI is missing', 41, '28 00 0008 03 04 4009', 'IKE_PAYLOAD_MALFORMED'],
    ['Notify with too little data', 41, '28 00 0009 00 00 0011 1f', 'IKE_PAYLOAD_MALFORMED'],
    ['identity of a wrong length', 35, '28 00 0009 01 000000 c0', 'IKE_PAYLOAD_MALFORMED'],
    ['identity with reserved octets', 36, '28 00 0009 02 000001 61', 'IKE_RESERVED'],
    ['EAP with a wrong length', 48, '28 00 0008 03 07 0005', 'IKE_PAYLOAD_MALFORMED'],
    ['fragment 0', 53, '00 00 0009 0000 0001 aa', 'IKE_FRAGMENT_NUMBER'],
    ['fragment above the total', 53, '00 00 0009 0003 0002 aa', 'IKE_FRAGMENT_NUMBER'],
    ['fewer SPIs than announced', 42, '28 00 000c 03 04 0002 01020304', 'IKE_COUNT'],
    ['octets behind the SPIs', 42, '28 00 000a 01 00 0000 0102', 'IKE_TRAILING'],
    ['selector of a wrong length', 44, '28 00 000c 01000000 07 00 0004', 'IKE_PAYLOAD_MALFORMED'],
    ['selector past the payload', 44, '28 00 000c 01000000 08 00 0028', 'IKE_SUBSTRUCTURE_LENGTH'],
    ['fewer selectors than announced', 45, '28 00 0008 02000000', 'IKE_COUNT'],
    ['attribute past the payload', 47, '28 00 000c 01000000 0001 0004', 'IKE_SUBSTRUCTURE_LENGTH'],
    [
      'attribute of a wrong length',
      47,
      '28 00 000d 02000000 0001 0001 c0',
      'IKE_PAYLOAD_MALFORMED',
    ],
    ['proposal past the payload', 33, '28 00 0008 00 00 0030', 'IKE_SUBSTRUCTURE_LENGTH'],
    ['proposal that is too short', 33, '28 00 0008 00 00 0004', 'IKE_PAYLOAD_MALFORMED'],
    [
      'proposal with a missing SPI',
      33,
      '28 00 000c 00 00 0008 01 03 04 00',
      'IKE_PAYLOAD_MALFORMED',
    ],
    ['fewer transforms than announced', 33, '28 00 000c 00 00 0008 01 01 00 02', 'IKE_COUNT'],
  ])('that is wrong does not hide the next payload: %s', (_, first, hex, code) => {
    const isFragment = first === 53;
    const body = isFragment ? octetsOf(hex) : nonceAfter(hex);
    const { kinds, codes, tree } = check(messageOf({ first }, body));
    expect(codes).toContain(code);
    expect(kinds).toHaveLength(isFragment ? 1 : 2);
    expect(textsOf(tree, 'isakmp.nonce')).toEqual(isFragment ? [] : ['a0a1a2a3']);
  });

  it('goes on with the next proposal behind a malformed transform', () => {
    const sa = nonceAfter(`
      28 00 0028
        02 00 0010 01 01 00 01  00 00 0020 01 00 000c
        00 00 0014 02 01 00 01  00 00 000c 01 00 000c 800e 0080
    `);
    const { codes, tree } = check(messageOf({ first: 33 }, sa));
    expect(codes).toEqual(['IKE_SUBSTRUCTURE_LENGTH', 'IKE_COUNT']);
    expect(textsOf(tree, 'isakmp.prop.number')).toEqual(['1', '2']);
    expect(textsOf(tree, 'isakmp.ike2.attr.key_length')).toEqual(['128']);
  });

  it('says when a proposal or transform denies that another one follows', () => {
    const sa = octetsOf(`
      00 00 0018
        00 00 0008 01 01 00 00
        00 00 000c 02 01 00 00 01020304
    `);
    const { codes, tree } = check(messageOf({ first: 33 }, sa));
    expect(codes).toEqual(['IKE_NEXT']);
    expect(textsOf(tree, 'isakmp.prop.number')).toEqual(['1']);
    expect(textsOf(tree, 'isakmp.extradata')).toEqual(['0000000c0201000001020304']);
    const more = octetsOf('00 00 000c 02 00 0008 01 01 00 00');
    expect(check(messageOf({ first: 33 }, more)).codes).toEqual(['IKE_NEXT']);
  });
});

describe('limits', () => {
  const repeated = (hex: string, times: number): Uint8Array =>
    concatenate(Array.from({ length: times }, () => octetsOf(hex)));
  const withHeader = (head: string, body: Uint8Array): Uint8Array => {
    const octets = concatenate([octetsOf(head), body]);
    new DataView(octets.buffer).setUint16(2, octets.length);
    return octets;
  };
  const transform = '03 00 0008 01 00 000c';
  const proposalOf = (body: Uint8Array): Uint8Array => withHeader('00 00 0000 01 01 00 ff', body);

  it.each([
    ['payloads', MAX_PAYLOADS, 40, (n: number) => repeated('28 00 0004', n)],
    [
      'proposals',
      MAX_PROPOSALS,
      33,
      (n: number) => withHeader('00 00 0000', repeated('02 00 0008 01 01 00 00', n)),
    ],
    [
      'transforms',
      MAX_TRANSFORMS,
      33,
      (n: number) => withHeader('00 00 0000', proposalOf(repeated(transform, n))),
    ],
    [
      'attributes',
      MAX_ATTRIBUTES,
      47,
      (n: number) => withHeader('00 00 0000 01000000', repeated('0001 0000', n)),
    ],
    [
      'selectors',
      MAX_SELECTORS,
      44,
      (n: number) => withHeader('00 00 0000 ff000000', repeated('f1 00 0004', n)),
    ],
    ['SPIs', MAX_SPIS, 42, (n: number) => withHeader('00 00 0000 03 01 ffff', repeated('aa', n))],
  ])('stop the decoding of %s, and say so', (_, limit, first, build) => {
    const { codes, tree } = check(messageOf({ first }, build(limit + 1)));
    expect(codes).toContain('IKE_LIMIT');
    // A node for each item, and some around them.
    expect(allNodes(tree).length).toBeLessThan(20 * limit + 100);
  });
});
