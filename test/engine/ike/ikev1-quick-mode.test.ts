/**
 * Quick mode of IKEv1 as payloads: which associations come of which proposal, attributes and identities.
 */
import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { formatPrefix } from '../../../dissectors/core/address.ts';
import { ID_TYPE } from '../../../dissectors/ike/index.ts';
import type { Ikev1Payload, Ikev1SecurityAssociation } from '../../../dissectors/ike/index.ts';
import { findPrf } from '../../../engine/crypto/prf.ts';
import {
  deriveQuickMode,
  keyMaterial,
  quickModeOffer,
} from '../../../engine/ike/ikev1-quick-mode.ts';
import type { ChildSa } from '../../../engine/ike/child-sa.ts';
import { addressOf } from './peers.ts';

const HOME_ADDRESS = addressOf('2001:db8:1::10');
const CARE_OF_ADDRESS = addressOf('2001:db8:2::10');
const HOME_AGENT = addressOf('2001:db8:1::1');
const IPV4_NODE = Uint8Array.of(192, 0, 2, 10);
const IPV4_AGENT = Uint8Array.of(198, 51, 100, 1);
const MOBILITY_HEADER = 135;
const SKEYID_D = new Uint8Array(20).fill(0x5d);
const [NI, NR] = [new Uint8Array(16).fill(1), new Uint8Array(20).fill(2)];
const [SPI_I, SPI_R] = [0xf0000001, 0x00000102];
const ORIGIN = { file: 'k.yaml', line: 3 };

/** Attributes by type: encapsulation mode 4, authentication 5, key length 6, extended sequence numbers 11. */
type Attributes = Readonly<Record<number, number>>;

interface Chosen {
  readonly id?: number;
  readonly attributes?: Attributes;
  readonly protocolId?: number;
  readonly number?: number;
}

function octetsOfSpi(spi: number): Uint8Array {
  return Uint8Array.of(spi >>> 24, spi >>> 16, spi >>> 8, spi);
}

function association(spi: number, chosen: Chosen): Ikev1SecurityAssociation {
  const { id = 12, attributes = { 4: 2, 5: 2, 6: 128 }, protocolId = 3, number = 1 } = chosen;
  const rows = Object.entries(attributes).map(([type, value]) => ({
    type: Number(type),
    format: true,
    value: Uint8Array.of(value >>> 8, value),
  }));
  const transform = { kind: 'transform', number: 1, id, attributes: rows } as const;
  return {
    doi: 1,
    situation: 1,
    proposals: [
      { kind: 'proposal', number, protocolId, spi: octetsOfSpi(spi), transforms: [transform] },
    ],
  };
}

interface Identity {
  readonly idType: number;
  readonly data: Uint8Array;
  readonly protocolId?: number;
  readonly port?: number;
}

function payloads(
  spi: number,
  nonce: Uint8Array,
  chosen: Chosen,
  identities: readonly Identity[],
): Ikev1Payload[] {
  return [
    { kind: 'securityAssociation', type: 1, ...association(spi, chosen) },
    { kind: 'nonce', type: 10, data: nonce },
    ...identities.map(
      ({ idType, data, protocolId = 0, port = 0 }) =>
        ({ kind: 'identification', type: 5, idType, protocolId, port, data }) as const,
    ),
  ];
}

/** What comes of a quick mode of a node with a home agent. */
function derived(
  chosen: Chosen,
  identities: readonly Identity[] = [],
  [node, agent]: readonly [Uint8Array, Uint8Array] = [CARE_OF_ADDRESS, HOME_AGENT],
  offered: Chosen = chosen,
): ChildSa | string {
  const offer = quickModeOffer(payloads(SPI_I, NI, offered, identities), node, agent);
  const accepted = quickModeOffer(payloads(SPI_R, NR, chosen, identities), agent, node);
  const prf = findPrf('HMAC-SHA1');
  if (offer === undefined || accepted === undefined || prf === undefined) throw new Error('none');
  const keys = { prf, derivation: SKEYID_D, sharedSecret: undefined, origin: ORIGIN };
  const [first] = deriveQuickMode(offer, accepted, keys);
  return first ?? 'nothing';
}

function childOf(...what: Parameters<typeof derived>): ChildSa {
  const child = derived(...what);
  if (typeof child === 'string') throw new Error(child);
  return child;
}

const endsOf = ({ toResponder: { source, destination } }: ChildSa): string =>
  `${formatPrefix(source)} > ${formatPrefix(destination)}`;

describe('KEYMAT of RFC 2409 section 5.5', () => {
  it.each([
    [undefined, 16],
    [undefined, 52],
    [new Uint8Array(96).fill(9), 61],
  ])('is what its formula says, with secret %o and %d octets', (sharedSecret, length) => {
    const prf = findPrf('HMAC-SHA1');
    if (prf === undefined) throw new Error('no prf');
    const seed = Buffer.concat([
      sharedSecret ?? new Uint8Array(),
      Uint8Array.of(3, 0xf0, 0, 0, 1),
      NI,
      NR,
    ]);
    const hmac = (...parts: Uint8Array[]): Buffer =>
      createHmac('sha1', SKEYID_D).update(Buffer.concat(parts)).digest();
    const k1 = hmac(seed);
    const k2 = hmac(k1, seed);
    const k3 = hmac(k2, seed);
    const k4 = hmac(k3, seed);
    const expected = Buffer.concat([k1, k2, k3, k4]).subarray(0, length);
    const keys = { prf, derivation: SKEYID_D, sharedSecret };
    const found = keyMaterial(keys, 3, SPI_I, NI, NR, length);
    expect(Buffer.from(found).toString('hex')).toBe(expected.toString('hex'));
  });
});

describe('quick mode', () => {
  it('in transport mode is for the home address that the identities name (RFC 3776 section 4.4)', () => {
    const mobility = { protocolId: MOBILITY_HEADER };
    const child = childOf({}, [
      { idType: ID_TYPE.ipv6Address, data: HOME_ADDRESS, ...mobility },
      { idType: ID_TYPE.ipv6Address, data: HOME_AGENT, ...mobility },
    ]);
    expect(endsOf(child)).toBe('2001:db8:1::10/128 > 2001:db8:1::1/128');
    expect(child.toResponder).toMatchObject({ spi: SPI_R, mode: 'transport' });
    expect(child.toInitiator).toMatchObject({ spi: SPI_I, mode: 'transport' });
    expect(child.toResponder.selector).toMatchObject({ protocol: MOBILITY_HEADER });
    expect(child.toResponder.origin).toEqual(ORIGIN);
  });

  it('in tunnel mode ends where IKE does, and its selectors are the identities', () => {
    const prefix = new Uint8Array(32);
    prefix.set(HOME_ADDRESS);
    prefix.fill(0xff, 16, 24);
    const child = childOf({ attributes: { 4: 1, 5: 2 }, id: 3 }, [
      { idType: ID_TYPE.ipv6Subnet, data: prefix },
      { idType: ID_TYPE.ipv6Subnet, data: new Uint8Array(32) },
    ]);
    expect(endsOf(child)).toBe('2001:db8:2::10/128 > 2001:db8:1::1/128');
    const { source, destination } = child.toResponder.selector ?? {};
    expect(source && formatPrefix(source)).toBe('2001:db8:1::/64');
    expect(destination && formatPrefix(destination)).toBe('::/0');
  });

  it('without identities is for the peers', () => {
    expect(endsOf(childOf({}))).toBe('2001:db8:2::10/128 > 2001:db8:1::1/128');
  });

  it('over IPv4 in UDP is for the addresses of the packets, which a NAT may have changed', () => {
    const inside = Uint8Array.of(10, 0, 0, 2);
    const identities = [
      { idType: ID_TYPE.ipv4Address, data: inside },
      { idType: ID_TYPE.ipv4Address, data: IPV4_AGENT },
    ];
    const ends = [IPV4_NODE, IPV4_AGENT] as const;
    const inUdp = childOf({ attributes: { 4: 4, 5: 2 } }, identities, ends);
    expect(endsOf(inUdp)).toBe('192.0.2.10/32 > 198.51.100.1/32');
    const plain = childOf({ attributes: { 4: 2, 5: 2 } }, identities, ends);
    expect(endsOf(plain)).toBe('10.0.0.2/32 > 198.51.100.1/32');
  });

  it.each([
    [2, { 4: 1, 5: 1 }, 'DES-CBC', 'HMAC-MD5-96'],
    [3, { 4: 1, 5: 2 }, 'TripleDES-CBC', 'HMAC-SHA-1-96'],
    [11, { 4: 1, 5: 5 }, 'NULL', 'HMAC-SHA-256-128'],
    [12, { 4: 61_443, 5: 6, 6: 256 }, 'AES-CBC', 'HMAC-SHA-384-192'],
    [12, { 4: 61_444, 5: 7, 6: 192 }, 'AES-CBC', 'HMAC-SHA-512-256'],
    [13, { 4: 3, 5: 9, 6: 128 }, 'AES-CTR', 'AES-XCBC-MAC-96'],
    [20, { 4: 2, 6: 256 }, 'AES-GCM', 'NULL'],
    [23, { 4: 2, 6: 128 }, 'AES-GMAC', 'NULL'],
  ])('with ESP transform %d and attributes %o agrees on %s and %s', (id, attributes, one, two) => {
    const { encryption, integrity } = childOf({ id, attributes }).toResponder.esp;
    expect(encryption.name).toContain(one);
    expect(integrity.name).toContain(two);
  });

  it('may agree on extended sequence numbers', () => {
    const { toInitiator } = childOf({ attributes: { 4: 2, 5: 2, 11: 1 } });
    expect(toInitiator.extendedSequence).toBe(true);
  });

  it('of a responder that does not give the number of the proposal back is followed', () => {
    const child = childOf({ number: 1 }, [], undefined, { number: 4 });
    expect(child.initiatorSpi).toBe(SPI_I);
  });

  it.each([
    [{ id: 7 }, 'ESP transform 7: not supported'],
    [{ id: 12, attributes: { 4: 1, 5: 2, 6: 100 } }, 'ESP transform 12: not supported'],
    [{ attributes: { 4: 1, 5: 4 } }, 'authentication algorithm 4: not supported'],
    [{ attributes: { 5: 2 } }, 'encapsulation mode 0: not supported'],
    [{ protocolId: 2 }, 'protocol 2 is not ESP'],
    [{ protocolId: 4 }, 'protocol 4 is not ESP'],
  ])('with %o says why there is no association', (chosen, words) => {
    expect(derived(chosen)).toBe(words);
  });

  it('without an SPI, a nonce or proposals gives nothing', () => {
    const none = quickModeOffer(
      payloads(SPI_I, NI, {}, []).slice(0, 1),
      CARE_OF_ADDRESS,
      HOME_AGENT,
    );
    expect(none).toBeUndefined();
    const empty: Ikev1Payload[] = [
      { kind: 'securityAssociation', type: 1, doi: 1, situation: 1, proposals: [] },
      { kind: 'nonce', type: 10, data: NI },
    ];
    const offer = quickModeOffer(empty, CARE_OF_ADDRESS, HOME_AGENT);
    const prf = findPrf('HMAC-MD5');
    if (offer === undefined || prf === undefined) throw new Error('none');
    const keys = { prf, derivation: SKEYID_D, sharedSecret: undefined, origin: ORIGIN };
    expect(deriveQuickMode(offer, offer, keys)).toEqual(['the response has no proposal']);
  });
});
