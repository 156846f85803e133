/**
 * Sessions of strongSwan, of which nothing is known but the Diffie-Hellman secrets of its log: captured once, and
 * made anew where charon is installed.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readIkeSecrets } from '../../../cli/ike-keys.ts';
import type { IkeSecret } from '../../../engine/ike/secret.ts';
import { KeyMaterial } from '../../../engine/keys/key-material.ts';
import {
  FOLDER,
  auditAll,
  canHaveSession,
  haveSession,
  logged,
  packetsOf,
  readAll,
} from './strongswan-session.ts';

/** Every Diffie-Hellman secret of a log, in the order of the log, without saying what it is for. */
function secretsOfLog(log: string, initiatorSpi: Uint8Array): IkeSecret[] {
  const names = ['shared Diffie Hellman secret', 'DH secret', 'shared key exchange secret'];
  const sharedSecrets = logged(log, names).map((secret) => ({
    publicValue: undefined,
    secret: new KeyMaterial(secret),
  }));
  const origin = { file: 'charon.log', line: 1 };
  return [{ origin, initiatorSpi, responderSpi: undefined, sharedSecrets }];
}

describe('a session that strongSwan has had', () => {
  it.each([
    ['with a new IKE SA and new child SAs', 'rekeyed', { ike: 24, esp: 16, inside: 16 }],
    ['with fragments, AES-GCM and SHA-384', 'fragments', { ike: 23, esp: 12, inside: 12 }],
    ['with AES-XCBC-PRF, AES-CTR and 3DES', 'xcbc', { ike: 24, esp: 12, inside: 12 }],
  ])('%s opens from Diffie-Hellman secrets alone', (_name, name, { ike, esp }) => {
    const packets = packetsOf(path.join(FOLDER, `${name}.pcap`));
    const text = readFileSync(path.join(FOLDER, `${name}.yaml`), 'utf8');
    const secrets = readIkeSecrets(text, `${name}.yaml`).secrets;
    const tally = readAll(packets, secrets);
    expect(tally).toMatchObject({ ike, ikeGood: ike, esp, espGood: esp, codes: [] });
    expect(tally.reassembled).toBe(name === 'fragments' ? 1 : 0);
    expect(tally.inside).toBeGreaterThanOrEqual(esp / 2);
    const audited = auditAll(packets, secrets);
    expect(audited).toMatchObject({ esp, opened: esp, notices: [], wrong: 0 });
    // Nothing opens without, or with the secrets of another session.
    const other = secrets.map((secret) => ({ ...secret, sharedSecrets: [] }));
    expect(readAll(packets, other).espGood).toBe(0);
    expect(auditAll(packets, []).opened).toBe(0);
  });
});

describe('a session of strongSwan here and now', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-charon-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.skipIf(!canHaveSession).each([
    ['aes256-sha512-ecp256', 'aes128gcm16', 'aes256-sha384-ecp256', 1280],
    ['chacha20poly1305-prfsha256-ecp384', 'chacha20poly1305', 'aes128-sha1-ecp256', 500],
  ])(
    'with %s, %s and %s opens end to end (needs charon, swanctl, tcpdump and namespaces)',
    (ike, esp, pfs, fragment) => {
      const settings = [ike, esp, pfs, String(fragment)];
      const { packets, log } = haveSession(folder, settings);
      const first = packets.find(({ bytes }) => bytes.length > 100)?.bytes ?? new Uint8Array();
      // Ethernet, IPv6 and UDP are in front of the first IKE message.
      const secrets = secretsOfLog(log, first.slice(62, 70));
      const tally = readAll(packets, secrets);
      expect(tally.codes).toEqual([]);
      expect(tally.ike).toBeGreaterThan(10);
      expect(tally.ikeGood).toBe(tally.ike);
      expect(tally.esp).toBeGreaterThanOrEqual(8);
      expect(tally.espGood).toBe(tally.esp);
      const audited = auditAll(packets, secrets);
      expect(audited).toMatchObject({ esp: tally.esp, opened: tally.esp, notices: [], wrong: 0 });
    },
  );
});
