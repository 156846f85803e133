import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { putU32 } from '../../../dissectors/core/bytes.ts';
import { IKEV2_EXCHANGE, IKEV2_NOTIFY, mip6HomePrefix } from '../../../dissectors/ike/index.ts';
import type { Ikev2Payload } from '../../../dissectors/ike/index.ts';
import { EspScratch, createEspResult, isOpen, openEsp } from '../../../engine/crypto/esp.ts';
import type { EspContext } from '../../../engine/crypto/esp.ts';
import { findEncryption, findIntegrity } from '../../../engine/crypto/transforms.ts';
import { prfOfId } from '../../../engine/crypto/prf.ts';
import { MAX_FRAGMENTS } from '../../../engine/ike/fragments.ts';
import { IkeSessions } from '../../../engine/ike/sessions.ts';
import type { IkeSecret } from '../../../engine/ike/secret.ts';
import { KeyMaterial } from '../../../engine/keys/key-material.ts';
import type { SecurityAssociation } from '../../../engine/state/security-association.ts';
import { AES_CBC_SHA256, AES_GCM, Peers, addressOf, notify, selector, spiOctets } from './peers.ts';
import type { Algorithms, WireMessage } from './peers.ts';

const ORIGIN = { file: 'keys.yaml', line: 3 };
const HOME_ADDRESS = addressOf('2001:db8:1::10');

/** What a user may have. */
const SECRETS = {
  skeyseed: (peers: Peers): Partial<IkeSecret> => ({ skeyseed: new KeyMaterial(peers.skeyseed) }),
  sharedSecret: (peers: Peers): Partial<IkeSecret> => ({
    sharedSecrets: [{ publicValue: undefined, secret: new KeyMaterial(peers.sharedSecret) }],
  }),
  'SK_d, SK_e and SK_a': (peers: Peers): Partial<IkeSecret> => ({
    ...messageKeys(peers),
    derivation: new KeyMaterial(peers.keys.skD),
  }),
};

function messageKeys({ keys }: Peers): Partial<IkeSecret> {
  return {
    initiatorEncryption: new KeyMaterial(keys.skEi),
    responderEncryption: new KeyMaterial(keys.skEr),
    initiatorIntegrity: new KeyMaterial(keys.skAi),
    responderIntegrity: new KeyMaterial(keys.skAr),
  };
}

function secretOf({ spiI }: Peers, more: Partial<IkeSecret>): IkeSecret {
  return { origin: ORIGIN, initiatorSpi: spiI, responderSpi: undefined, ...more };
}

/** Feeds messages. @returns verdicts on their checksums; undefined where nothing was opened */
function feed(sessions: IkeSessions, messages: readonly WireMessage[]): (string | undefined)[] {
  return messages.map(
    ({ bytes, source, destination }) =>
      sessions.open(bytes, 0, bytes.length, source, destination)?.icv,
  );
}

function follow(secrets: readonly IkeSecret[]) {
  const found: SecurityAssociation[] = [];
  const sessions = new IkeSessions(secrets, (association) => {
    found.push(association);
  });
  return { sessions, found };
}

/** Whether the association with the SPI opens what the sender sealed. */
function opens(found: readonly SecurityAssociation[], spi: number, sender: EspContext): boolean {
  const association = found.findLast((item) => item.spi === spi);
  if (association === undefined) return false;
  const packet = sender.seal({
    spi,
    sequence: 1,
    iv: new Uint8Array(sender.encryption.ivLength).fill(4),
    nextHeader: 135,
    payload: Uint8Array.from([59, 1, 5, 0, 0, 0, 0, 1]),
  });
  const result = createEspResult();
  openEsp(association, packet, 0, packet.length, new EspScratch(), result);
  return result.integrityVerified && isOpen(result) && result.nextHeader === 135;
}

const ends = ({ source, destination }: SecurityAssociation): string =>
  `${formatAddress(source.bytes)} > ${formatAddress(destination.bytes)}`;

const CHILD = { initiatorSpi: 0xc0000001, responderSpi: 0xc0000002 };
/** The association of Binding Updates: home address in the selectors, care-of address under IKE. */
const BINDING_CHILD = {
  ...CHILD,
  isTransport: true,
  selectors: [
    selector(44, HOME_ADDRESS, 135, 0x0500),
    selector(45, addressOf('2001:db8:1::1'), 135, 0x0500),
  ] as const,
};

describe('an IKE session', () => {
  it.each(Object.entries(SECRETS))('opens from %s alone', (_name, material) => {
    const peers = new Peers();
    const { sessions, found } = follow([secretOf(peers, material(peers))]);
    const { messages, keys } = peers.auth(CHILD);
    expect(feed(sessions, peers.init())).toEqual([undefined, undefined]);
    expect(feed(sessions, messages)).toEqual(['good', 'good']);
    expect(found.map(({ spi, mode }) => [spi, mode])).toEqual([
      [CHILD.responderSpi, 'tunnel'],
      [CHILD.initiatorSpi, 'tunnel'],
    ]);
    expect(opens(found, CHILD.responderSpi, keys.toResponder)).toBe(true);
    expect(opens(found, CHILD.initiatorSpi, keys.toInitiator)).toBe(true);
    expect(found.map(ends)).toEqual([
      '2001:db8:2::10 > 2001:db8:1::1',
      '2001:db8:1::1 > 2001:db8:2::10',
    ]);
    expect(sessions.notices.all).toEqual([]);
    const [session] = sessions.all;
    expect(session?.follower.sayings.parties.initiator?.text).toBe('mn@example.org');
    expect(session?.follower.sayings.parties.responder?.text).toBe('ha@example.org');
  });

  const algorithms: Algorithms[] = [
    AES_CBC_SHA256,
    AES_GCM,
    { ...AES_CBC_SHA256, keyLength: 32, integrityId: 14, integrity: 'HMAC-SHA-512-256' },
    { ...AES_CBC_SHA256, keyLength: 24, integrityId: 13, integrity: 'HMAC-SHA-384-192' },
    { ...AES_CBC_SHA256, integrityId: 2, integrity: 'HMAC-SHA-1-96' },
    { ...AES_CBC_SHA256, integrityId: 1, integrity: 'HMAC-MD5-96' },
    { ...AES_CBC_SHA256, integrityId: 5, integrity: 'AES-XCBC-MAC-96' },
    { ...AES_CBC_SHA256, integrityId: 8, integrity: 'AES-CMAC-96' },
    { ...AES_CBC_SHA256, encryptionId: 3, encryption: '3DES-CBC', keyLength: 24 },
    { ...AES_CBC_SHA256, encryptionId: 13, encryption: 'AES-CTR', keyLength: 20 },
    { ...AES_CBC_SHA256, encryptionId: 11, encryption: 'NULL', keyLength: 0 },
    { ...AES_GCM, encryptionId: 18, encryption: 'AES-GCM-8', keyLength: 20 },
    { ...AES_GCM, encryptionId: 16, encryption: 'AES-CCM-16', keyLength: 19 },
    { ...AES_GCM, encryptionId: 14, encryption: 'AES-CCM-8', keyLength: 35 },
    { ...AES_GCM, encryptionId: 28, encryption: 'ChaCha20-Poly1305', keyLength: 36 },
  ];
  it.each(algorithms.map((row) => [row.encryption, row.integrity, row.keyLength, row] as const))(
    'opens with %s and %s and keys of %i octets, for IKE and for ESP',
    (_encryption, _integrity, _keyLength, row) => {
      for (const prfId of [1, 2, 5, 6, 7]) {
        const peers = new Peers(row, prfId);
        const { sessions, found } = follow([secretOf(peers, SECRETS.skeyseed(peers))]);
        const { messages, keys } = peers.auth({ ...CHILD, algorithms: row });
        feed(sessions, peers.init());
        expect(feed(sessions, messages)).toEqual(['good', 'good']);
        expect(opens(found, CHILD.responderSpi, keys.toResponder)).toBe(true);
        expect(opens(found, CHILD.initiatorSpi, keys.toInitiator)).toBe(true);
      }
    },
  );

  it('of a mobile node has the home address in transport mode though IKE runs on the care-of address', () => {
    const peers = new Peers();
    const { sessions, found } = follow([secretOf(peers, SECRETS.skeyseed(peers))]);
    const { messages, keys } = peers.auth(BINDING_CHILD);
    feed(sessions, [...peers.init(), ...messages]);
    expect(found.map(({ mode }) => mode)).toEqual(['transport', 'transport']);
    expect(found.map(ends)).toEqual([
      '2001:db8:1::10 > 2001:db8:1::1',
      '2001:db8:1::1 > 2001:db8:1::10',
    ]);
    expect(found[0]?.selector).toMatchObject({ protocol: 135, type: 5 });
    expect(opens(found, CHILD.responderSpi, keys.toResponder)).toBe(true);
  });

  it('goes on in further child SAs, in both directions and when they are rekeyed', () => {
    const peers = new Peers();
    const { sessions, found } = follow([secretOf(peers, SECRETS.skeyseed(peers))]);
    feed(sessions, [...peers.init(), ...peers.auth(CHILD).messages]);
    const second = peers.createChild({ initiatorSpi: 0xd1, responderSpi: 0xd2 });
    const third = peers.createChild({
      initiatorSpi: 0xe1,
      responderSpi: 0xe2,
      isReversed: true,
      rekeyOf: 0xd1,
      algorithms: AES_GCM,
    });
    expect(feed(sessions, [...second.messages, ...third.messages])).toEqual(
      new Array(4).fill('good'),
    );
    expect(opens(found, 0xd2, second.keys.toResponder)).toBe(true);
    expect(opens(found, 0xd1, second.keys.toInitiator)).toBe(true);
    expect(opens(found, 0xe2, third.keys.toResponder)).toBe(true);
    expect(opens(found, 0xe1, third.keys.toInitiator)).toBe(true);
    // The home agent began this one: it is the initiator of the exchange.
    expect(found.slice(4).map(ends)).toEqual([
      '2001:db8:1::1 > 2001:db8:2::10',
      '2001:db8:2::10 > 2001:db8:1::1',
    ]);
    expect(sessions.all[0]?.follower.children.size).toBe(3);
  });

  it('says that perfect forward secrecy needs one more secret, and opens with it', () => {
    const peers = new Peers();
    const sharedSecret = new Uint8Array(32).fill(0x5a);
    const first = peers.auth(CHILD);
    const child = peers.createChild({ initiatorSpi: 0xd1, responderSpi: 0xd2, sharedSecret });
    const messages = [...peers.init(), ...first.messages, ...child.messages];
    const closed = follow([secretOf(peers, SECRETS.skeyseed(peers))]);
    feed(closed.sessions, messages);
    expect(closed.found).toHaveLength(2);
    expect(closed.sessions.notices.all.map(({ code }) => code)).toEqual(['IKE_NO_SECRET']);
    const open = follow([
      secretOf(peers, {
        ...SECRETS.skeyseed(peers),
        sharedSecrets: [
          {
            publicValue: child.publicValue.slice(0, 8),
            secret: new KeyMaterial(sharedSecret),
          },
        ],
      }),
    ]);
    feed(open.sessions, messages);
    expect(opens(open.found, 0xd2, child.keys.toResponder)).toBe(true);
  });

  it('is followed through a new IKE SA with its Diffie-Hellman secret', () => {
    const peers = new Peers();
    const first = peers.auth(CHILD);
    const { messages, next, publicValue, sharedSecret } = peers.rekeyIke();
    const child = next.createChild({ initiatorSpi: 0xd1, responderSpi: 0xd2 });
    const deletion: Ikev2Payload = {
      kind: 'delete',
      type: 42,
      protocolId: 3,
      spiSize: 4,
      spis: [spiOctets(CHILD.initiatorSpi)],
    };
    const { sessions, found } = follow([
      secretOf(peers, {
        ...SECRETS.skeyseed(peers),
        sharedSecrets: [{ publicValue, secret: new KeyMaterial(sharedSecret) }],
      }),
    ]);
    feed(sessions, [...peers.init(), ...first.messages]);
    expect(feed(sessions, messages)).toEqual(['good', 'good']);
    expect(sessions.all.map(({ follower }) => follower.children.size)).toEqual([0, 1]);
    expect(feed(sessions, child.messages)).toEqual(['good', 'good']);
    expect(opens(found, 0xd2, child.keys.toResponder)).toBe(true);
    expect(sessions.all[1]?.follower.children.size).toBe(2);
    feed(sessions, next.informational(true, [deletion]));
    expect(sessions.all[1]?.follower.children.size).toBe(1);
  });

  it('is followed through a new IKE SA with keys of that', () => {
    const peers = new Peers();
    const { messages, next } = peers.rekeyIke();
    const child = next.createChild({ initiatorSpi: 0xd1, responderSpi: 0xd2 });
    const secrets = [secretOf(peers, SECRETS.skeyseed(peers))];
    const without = follow(secrets);
    feed(without.sessions, [...peers.init(), ...messages]);
    expect(feed(without.sessions, child.messages)).toEqual([undefined, undefined]);
    expect(without.sessions.notices.all.map(({ code }) => code)).toEqual(['IKE_NO_SECRET']);
    const { sessions, found } = follow([
      ...secrets,
      secretOf(next, SECRETS['SK_d, SK_e and SK_a'](next)),
    ]);
    feed(sessions, [...peers.init(), ...messages]);
    expect(feed(sessions, child.messages)).toEqual(['good', 'good']);
    expect(opens(found, 0xd2, child.keys.toResponder)).toBe(true);
  });

  it('moves tunnels when the initiator says so in a verified message, and nothing else does', () => {
    const peers = new Peers();
    const { sessions, found } = follow([secretOf(peers, SECRETS.skeyseed(peers))]);
    feed(sessions, [...peers.init(), ...peers.auth(CHILD).messages]);
    feed(sessions, peers.auth({ ...BINDING_CHILD, initiatorSpi: 5, responderSpi: 6 }).messages);
    peers.initiator = addressOf('2001:db8:3::10');
    const update = notify(IKEV2_NOTIFY.updateSaAddresses);
    feed(sessions, peers.informational(true, []));
    feed(sessions, peers.informational(true, [update], [notify(40)]));
    const [request, response] = peers.informational(true, [update]);
    if (request === undefined || response === undefined) throw new Error('no messages');
    const forged = { ...request, bytes: request.bytes.slice() };
    forged.bytes[60] = (forged.bytes[60] ?? 0) ^ 1;
    expect(feed(sessions, [forged])).toEqual(['bad']);
    feed(sessions, [response]);
    expect(found.map(ends)[0]).toBe('2001:db8:2::10 > 2001:db8:1::1');
    feed(sessions, [request, response]);
    expect(found.map(ends)).toEqual([
      '2001:db8:3::10 > 2001:db8:1::1',
      '2001:db8:1::1 > 2001:db8:3::10',
      // Transport mode is bound to the home address.
      '2001:db8:1::10 > 2001:db8:1::1',
      '2001:db8:1::1 > 2001:db8:1::10',
    ]);
  });

  it('knows the home prefix that the home agent gave', () => {
    const peers = new Peers();
    const { sessions } = follow([secretOf(peers, SECRETS.skeyseed(peers))]);
    const value = mip6HomePrefix.encode({
      prefixLifetime: 3600,
      homePrefix: addressOf('2001:db8:1::'),
      prefixLength: 64,
    });
    const reply: Ikev2Payload = {
      kind: 'configuration',
      type: 47,
      configurationType: 2,
      attributes: [{ type: 16, format: false, value }],
    };
    feed(sessions, [...peers.init(), ...peers.auth(CHILD, [reply]).messages]);
    expect(sessions.all[0]?.follower.homePrefixes).toEqual([
      { bytes: addressOf('2001:db8:1::'), length: 64 },
    ]);
  });

  it('opens once, however often messages are sent', () => {
    const peers = new Peers();
    const { sessions, found } = follow([secretOf(peers, SECRETS.skeyseed(peers))]);
    const all = [...peers.init(), ...peers.auth(CHILD).messages];
    feed(sessions, [...all, ...all, ...all]);
    expect(found).toHaveLength(2);
    expect(sessions.all).toHaveLength(1);
  });

  it('opens though somebody else answered IKE_SA_INIT as well', () => {
    const peers = new Peers();
    const other = new Peers(AES_CBC_SHA256, 5);
    const { sessions, found } = follow([secretOf(peers, SECRETS.skeyseed(peers))]);
    const [request, response] = peers.init();
    const [, forged] = other.init();
    if (request === undefined || response === undefined || forged === undefined) return;
    forged.bytes.set(response.bytes.subarray(0, 16), 0);
    const { messages, keys } = peers.auth(CHILD);
    feed(sessions, [request, forged, response, forged, ...messages]);
    expect(opens(found, CHILD.responderSpi, keys.toResponder)).toBe(true);
  });

  it('with SK_e and SK_a alone is readable, and says what child SAs would need', () => {
    const peers = new Peers();
    const { sessions, found } = follow([secretOf(peers, messageKeys(peers))]);
    feed(sessions, peers.init());
    expect(feed(sessions, peers.auth(CHILD).messages)).toEqual(['good', 'good']);
    expect(found).toEqual([]);
    expect(sessions.notices.all.map(({ code }) => code)).toEqual(['IKE_NO_SK_D']);
  });

  it('that begins before the capture needs algorithms, and derives all child SAs but the first', () => {
    const peers = new Peers();
    const given = {
      ...SECRETS['SK_d, SK_e and SK_a'](peers),
      encryption: findEncryption('AES-CBC'),
      integrity: findIntegrity('HMAC-SHA-256-128'),
      prf: prfOfId(5),
    };
    const { sessions, found } = follow([secretOf(peers, given)]);
    expect(feed(sessions, peers.auth(CHILD).messages)).toEqual(['good', 'good']);
    expect(sessions.notices.all.map(({ code }) => code)).toEqual(['IKE_NO_NONCES']);
    const child = peers.createChild({ initiatorSpi: 0xd1, responderSpi: 0xd2 });
    feed(sessions, child.messages);
    expect(opens(found, 0xd2, child.keys.toResponder)).toBe(true);
    expect(found).toHaveLength(2);
  });

  it('is put together from secrets of several files', () => {
    const peers = new Peers();
    const rows = [
      { ...secretOf(peers, messageKeys(peers)), responderSpi: peers.spiR },
      secretOf(peers, { derivation: new KeyMaterial(peers.keys.skD) }),
    ];
    const { sessions, found } = follow(rows);
    const { messages, keys } = peers.auth(CHILD);
    feed(sessions, [...peers.init(), ...messages]);
    expect(opens(found, CHILD.initiatorSpi, keys.toInitiator)).toBe(true);
  });

  it('is not opened by wrong keys, and they change nothing', () => {
    const peers = new Peers();
    const other = new Peers();
    const { sessions, found } = follow([secretOf(peers, SECRETS.skeyseed(other))]);
    feed(sessions, peers.init());
    expect(feed(sessions, peers.auth(CHILD).messages)).toEqual(['bad', 'bad']);
    expect(found).toEqual([]);
  });

  it('leaves no trace without a secret', () => {
    const peers = new Peers();
    const { sessions } = follow([secretOf(new Peers(), {})]);
    expect(feed(sessions, [...peers.init(), ...peers.auth(CHILD).messages])).toEqual(
      new Array(4).fill(undefined),
    );
    expect(sessions.all).toEqual([]);
  });
});

describe('fragments of IKE messages', () => {
  const payloads = (count: number): Ikev2Payload[] =>
    Array.from({ length: count }, () => notify(40_000, new Uint8Array(100)));
  const { informational } = IKEV2_EXCHANGE;

  it('are put together in any order, once', () => {
    const peers = new Peers();
    const { sessions } = follow([secretOf(peers, SECRETS.skeyseed(peers))]);
    feed(sessions, peers.init());
    const all = peers.fragments(informational, 5, true, false, payloads(6), 200);
    expect(all).toHaveLength(4);
    const order = [2, 0, 0, 3, 1].flatMap((i) => all[i] ?? []);
    const opened = order.map(({ bytes, source, destination }) =>
      sessions.open(bytes, 0, bytes.length, source, destination),
    );
    expect(opened.map((item) => item?.reassembled?.bytes.length)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      6 * 108,
    ]);
    expect(opened.at(-1)?.reassembled?.firstPayload).toBe(41);
  });

  it('that are forged, too many or of other totals disturb nothing', () => {
    const peers = new Peers();
    const { sessions } = follow([secretOf(peers, SECRETS.skeyseed(peers))]);
    feed(sessions, peers.init());
    const all = peers.fragments(informational, 5, true, false, payloads(6), 200);
    const forged = all.map((message) => {
      const bytes = message.bytes.slice();
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      return { ...message, bytes };
    });
    expect(feed(sessions, forged)).toEqual(new Array(4).fill('bad'));
    const odd = [0, 5, MAX_FRAGMENTS + 1].map((number) =>
      peers.sealed(informational, 5, true, false, payloads(1), {
        number,
        total: number === 5 ? 4 : MAX_FRAGMENTS + 1,
        octets: new Uint8Array(10),
      }),
    );
    expect(feed(sessions, odd)).toEqual(['good', 'good', 'good']);
    const last = feedAll(sessions, all).at(-1);
    expect(last?.reassembled?.bytes.length).toBe(6 * 108);
  });

  function feedAll(sessions: IkeSessions, messages: readonly WireMessage[]) {
    return messages.map(({ bytes, source, destination }) =>
      sessions.open(bytes, 0, bytes.length, source, destination),
    );
  }
});

describe('hostile IKE', () => {
  it('of any octets is never an exception and derives nothing', () => {
    const peers = new Peers();
    const { sessions, found } = follow([secretOf(peers, SECRETS.skeyseed(peers))]);
    const real = [...peers.init(), ...peers.auth(CHILD).messages];
    feed(sessions, real.slice(0, 2));
    fc.assert(
      fc.property(
        fc.nat({ max: 3 }),
        fc.array(fc.tuple(fc.nat({ max: 400 }), fc.nat({ max: 255 })), { maxLength: 4 }),
        fc.integer({ min: 0, max: 500 }),
        fc.uint8Array({ maxLength: 64 }),
        (index, changes, cut, tail) => {
          const message = real[index];
          if (message === undefined) return;
          const bytes = new Uint8Array([...message.bytes.slice(0, cut), ...tail]);
          for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
          // Octets of the lengths may say anything.
          if (bytes.length >= 28 && changes.length > 2) putU32(bytes, 24, bytes.length);
          if (message.bytes.every((octet, i) => bytes[i] === octet)) return;
          sessions.open(bytes, 0, bytes.length, message.source, message.destination);
        },
      ),
      { numRuns: 500 },
    );
    expect(found).toEqual([]);
    expect(sessions.all.length).toBeLessThanOrEqual(8);
  });

  it('with invented responders neither fills the memory nor hides the real one', () => {
    const peers = new Peers();
    const { sessions, found } = follow([secretOf(peers, SECRETS.skeyseed(peers))]);
    const [request, response] = peers.init();
    const { messages, keys } = peers.auth(CHILD);
    const [first, second] = messages;
    if (!request || !response || !first || !second) throw new Error('no messages');
    const invent = (): void => {
      for (let i = 0; i < 100; i++) {
        const bytes = first.bytes.slice();
        putU32(bytes, 8, i);
        feed(sessions, [{ ...first, bytes }]);
      }
    };
    invent();
    expect(sessions.all).toHaveLength(8);
    feed(sessions, [request, response, first]);
    invent();
    feed(sessions, [second]);
    expect(opens(found, CHILD.responderSpi, keys.toResponder)).toBe(true);
    expect(sessions.all).toHaveLength(9);
  });

  it('decrypted with the right keys is never an exception, whatever the peer encrypted', () => {
    const peers = new Peers();
    const { sessions, found } = follow([secretOf(peers, SECRETS.skeyseed(peers))]);
    feed(sessions, peers.init());
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(35, 36, 37, 99),
        fc.boolean(),
        fc.boolean(),
        fc.nat({ max: 3 }),
        (octets, exchange, isInitiator, isResponse, id) => {
          const message = peers.sealed(exchange, id, isInitiator, isResponse, [notify(1)], {
            number: 1,
            total: 1,
            octets,
          });
          expect(feed(sessions, [message])).toEqual(['good']);
        },
      ),
      { numRuns: 300 },
    );
    expect(found).toEqual([]);
  });
});
