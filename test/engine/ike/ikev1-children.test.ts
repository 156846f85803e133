/**
 * IKEv1: with SKEYID_d the associations of quick modes are derived, so that ESP opens from secrets of IKE alone.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readIkeSecrets } from '../../../cli/ike-keys.ts';
import type { AnyIkeSecret, Ikev1Secret } from '../../../engine/ike/secret.ts';
import { isIkev1 } from '../../../engine/ike/secret.ts';
import { KeyMaterial } from '../../../engine/keys/key-material.ts';
import { readIkev1Table } from '../../../engine/keys/ike-tables.ts';
import {
  FOLDER,
  auditAll,
  canHaveSession,
  haveSession,
  logged,
  packetsOf,
  readAll,
} from './strongswan-session.ts';
import type { Packet } from './strongswan-session.ts';

/** Messages of a session that are encrypted: two main modes, four quick modes. */
const ENCRYPTED = 16;
const ESP = 16;

function recorded(name: string): { packets: Packet[]; secrets: Ikev1Secret[] } {
  const text = readFileSync(path.join(FOLDER, `${name}.yaml`), 'utf8');
  return {
    packets: packetsOf(path.join(FOLDER, `${name}.pcap`)),
    secrets: readIkeSecrets(text, `${name}.yaml`).secrets.filter(isIkev1),
  };
}

/** The same secrets with a part of them changed. */
function changed(
  secrets: readonly Ikev1Secret[],
  change: Partial<Omit<Ikev1Secret, 'origin' | 'initiatorCookie'>>,
): AnyIkeSecret[] {
  return secrets.map((secret) => ({ ...secret, ...change }));
}

describe('a session of IKEv1 that strongSwan has had', () => {
  it.each(['ikev1-aes', 'ikev1-3des'])(
    '(%s) opens end to end: rekeyed, with perfect forward secrecy, with a new ISAKMP SA',
    (name) => {
      const { packets, secrets } = recorded(name);
      const tally = readAll(packets, secrets);
      expect(tally).toMatchObject({ decrypted: ENCRYPTED, esp: ESP, espGood: ESP, codes: [] });
      expect(tally.inside).toBeGreaterThanOrEqual(ESP / 2);
      const audited = auditAll(packets, secrets);
      expect(audited).toMatchObject({ esp: ESP, opened: ESP, notices: [], wrong: 0, used: 8 });
    },
  );

  it('opens when every packet is seen twice', () => {
    const { packets, secrets } = recorded('ikev1-aes');
    const twice = packets.flatMap((packet) => [packet, packet]);
    expect(readAll(twice, secrets)).toMatchObject({ esp: 2 * ESP, espGood: 2 * ESP, codes: [] });
    expect(auditAll(twice, secrets)).toMatchObject({ opened: 2 * ESP, used: 8 });
  });

  it('says that SKEYID_d is missing, once for each ISAKMP SA', () => {
    const { packets, secrets } = recorded('ikev1-aes');
    const { opened, notices } = auditAll(packets, changed(secrets, { derivation: undefined }));
    expect(opened).toBe(0);
    expect(notices.map(({ code, origin }) => `${code} ${origin.line}`)).toEqual([
      'IKE_NO_SKEYID_D 4',
      'IKE_NO_SKEYID_D 9',
    ]);
  });

  it('says that the secret of a quick mode with perfect forward secrecy is missing', () => {
    const { packets, secrets } = recorded('ikev1-aes');
    const { opened, notices } = auditAll(packets, changed(secrets, { sharedSecrets: [] }));
    // Eight packets in each direction of the others; the last quick modes overlap.
    expect(opened).toBe(12);
    expect(notices.map(({ code }) => code)).toEqual(['IKE_NO_SECRET']);
  });

  it('finds the right one of several secrets by the ICV of the packets', () => {
    const { packets, secrets } = recorded('ikev1-aes');
    const more = secrets.map((secret) => ({
      ...secret,
      sharedSecrets: [
        { publicValue: undefined, secret: new KeyMaterial(new Uint8Array(256).fill(7)) },
        ...(secret.sharedSecrets ?? []),
      ],
    }));
    expect(auditAll(packets, more)).toMatchObject({ opened: ESP, notices: [] });
  });

  it('takes the encryption key from a row of Wireshark and SKEYID_d from the YAML file', () => {
    const { packets, secrets } = recorded('ikev1-aes');
    const rows = secrets.map(({ initiatorCookie, encryptionKey }) => {
      const cookie = new KeyMaterial(initiatorCookie).hex();
      return `${cookie},${encryptionKey?.hex() ?? ''}\n`;
    });
    const table = readIkev1Table(rows.join(''), 'ikev1_decryption_table').ikeKeys;
    const both = [
      ...table.filter((key) => key.version === 1),
      ...changed(secrets, { encryptionKey: undefined }),
    ];
    expect(auditAll(packets, both)).toMatchObject({ opened: ESP, notices: [], used: 8 });
    const alone = auditAll(packets, changed(secrets, { encryptionKey: undefined }));
    expect(alone.opened).toBe(0);
    expect(alone.notices.map(({ code }) => code)).toEqual(['IKE_NO_KEY', 'IKE_NO_KEY']);
  });

  it('stays closed with a wrong SKEYID_d, whose associations verify nothing', () => {
    const { packets, secrets } = recorded('ikev1-aes');
    const wrong = changed(secrets, { derivation: new KeyMaterial(new Uint8Array(32)) });
    expect(auditAll(packets, wrong)).toMatchObject({ opened: 0, used: 0, wrong: 8 });
  });

  it('of changed octets is never an exception', () => {
    const { packets, secrets } = recorded('ikev1-3des');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(packets.length - 1), fc.nat(600), fc.nat(255)), { maxLength: 8 }),
        (changes) => {
          const copies = packets.map(({ bytes, linkType }) => ({ bytes: bytes.slice(), linkType }));
          for (const [index, at, value] of changes) {
            const bytes = copies[index]?.bytes;
            if (bytes !== undefined && at < bytes.length) bytes[at] = value;
          }
          expect(auditAll(copies, secrets).opened).toBeLessThanOrEqual(ESP);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('a session of IKEv1 with strongSwan here and now', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-charon-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.skipIf(!canHaveSession).each([
    ['aes128-sha512-modp2048', 'aes192-sha512', 'aes128-sha1-modp1024', ''],
    ['aes256-sha1-ecp256', 'aes256gcm16', 'aes128-sha256-ecp256', 'ecp256'],
  ])(
    'with %s, %s and %s opens end to end (needs charon, swanctl, tcpdump and namespaces)',
    (ike, esp, pfs, group) => {
      const { packets, log } = haveSession(folder, [ike, esp, pfs, '1280', '1', group]);
      const [keys, derivations] = [logged(log, ['encryption key Ka']), logged(log, ['SKEYID_d'])];
      const sharedSecrets = logged(log, ['DH secret']).map((secret) => ({
        publicValue: undefined,
        secret: new KeyMaterial(secret),
      }));
      const secrets = cookiesOf(packets).map((initiatorCookie, i): Ikev1Secret => {
        const [key, derivation] = [keys[i], derivations[i]];
        if (key === undefined || derivation === undefined) throw new Error('no secret in the log');
        return {
          origin: { file: 'charon.log', line: i + 1 },
          initiatorCookie,
          encryptionKey: new KeyMaterial(key),
          derivation: new KeyMaterial(derivation),
          sharedSecrets,
        };
      });
      const tally = readAll(packets, secrets);
      expect(tally.codes).toEqual([]);
      expect(tally.decrypted).toBeGreaterThan(10);
      expect(tally.esp).toBeGreaterThanOrEqual(8);
      expect(tally.espGood).toBe(tally.esp);
      const { opened, notices } = auditAll(packets, secrets);
      expect(opened).toBe(tally.esp);
      expect(notices).toEqual([]);
    },
  );
});

/** Cookies of initiators in the order of main modes: messages on port 500 without the other cookie. */
function cookiesOf(packets: readonly Packet[]): Uint8Array[] {
  const found = new Map<string, Uint8Array>();
  for (const { bytes } of packets) {
    const isEncapsulated = bytes[56] === 0x11;
    const message = bytes.slice(62 + (isEncapsulated ? 4 : 0));
    const isMain = message[18] === 2 && message[17] === 0x10;
    if (isMain) found.set(message.slice(0, 8).join(), message.slice(0, 8));
  }
  return [...found.values()];
}
