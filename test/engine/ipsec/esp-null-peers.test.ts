/**
 * ESP that Scapy made, and tshark's guess about NULL encryption beside ours.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { formatAddress } from '../../../dissectors/core/address.ts';
import type { EngineSummary } from '../../../engine/engine.ts';
import { FIXTURES, auditFiles } from '../../fixtures/expectations.ts';
import { CARE_OF_ADDRESS, CORRESPONDENT, HOME_ADDRESS, HOME_AGENT } from '../../rules/site.ts';
import { auditFrames } from './audit-frames.ts';

const SCRIPT = path.join(import.meta.dirname, 'scapy-null.py');
/** Distributions install it for the system's own Python. */
const python = ['python3', '/usr/bin/python3'].find(
  (command) =>
    spawnSync(command, ['-c', 'import scapy.layers.ipsec, cryptography'], { stdio: 'ignore' })
      .status === 0,
);
const hasTshark = spawnSync('tshark', ['--version']).status === 0;

/** One of each association that packets are made for; the octets of keys. */
interface Algorithms {
  readonly crypt: string;
  readonly cryptKey: number;
  readonly auth: string;
  readonly authKey: number;
  /** Octets of the ICV under NULL encryption. */
  readonly icv?: number;
}

function row(
  crypt: string,
  cryptKey: number,
  auth: string,
  authKey: number,
  icv?: number,
): Algorithms {
  return { crypt, cryptKey, auth, authKey, ...(icv === undefined ? {} : { icv }) };
}

const IN_CLEAR = [
  row('NULL', 0, 'HMAC-SHA1-96', 20, 12),
  row('NULL', 0, 'HMAC-MD5-96', 16, 12),
  row('NULL', 0, 'AES-CMAC-96', 16, 12),
  row('NULL', 0, 'SHA2-256-128', 32, 16),
  row('NULL', 0, 'SHA2-384-192', 48, 24),
  row('NULL', 0, 'SHA2-512-256', 64, 32),
  row('NULL', 0, 'NULL', 0, 0),
];
const ENCRYPTED = [
  row('AES-CBC', 16, 'HMAC-SHA1-96', 20),
  row('AES-CBC', 32, 'SHA2-256-128', 32),
  row('3DES', 24, 'HMAC-SHA1-96', 20),
  row('AES-GCM', 20, 'NULL', 0),
];

/** A key of octets that differ. */
function keyOf(octets: number): string {
  return Buffer.from(Array.from({ length: octets }, (_, i) => (17 * i + 3) % 256)).toString('hex');
}

/** Packets of all rows, in their order; none without Scapy. */
function made(): Uint8Array[][] {
  if (python === undefined) return [];
  const rows = [...IN_CLEAR, ...ENCRYPTED].map(({ crypt, cryptKey, auth, authKey }) => {
    return { crypt, cryptKey: keyOf(cryptKey), auth, authKey: keyOf(authKey) };
  });
  const input = JSON.stringify({
    rows,
    homeAddress: formatAddress(HOME_ADDRESS),
    careOfAddress: formatAddress(CARE_OF_ADDRESS),
    homeAgent: formatAddress(HOME_AGENT),
    correspondent: formatAddress(CORRESPONDENT),
  });
  const run = spawnSync(python, [SCRIPT], { input, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(run.stderr);
  const found = z.array(z.array(z.string())).parse(JSON.parse(run.stdout));
  return found.map((packets) => packets.map((hex) => new Uint8Array(Buffer.from(hex, 'hex'))));
}

const packetsOf = made();

function rolesOf({ espFlows }: EngineSummary): Record<number, string> {
  return Object.fromEntries(espFlows.map(({ spi, role }) => [spi, role]));
}

const ROLES = {
  1: 'binding',
  2: 'binding',
  3: 'return-routability',
  4: 'return-routability',
  5: 'payload',
  6: 'payload',
  7: 'prefix-discovery',
};

describe.skipIf(python === undefined)('ESP that Scapy made (needs Scapy)', () => {
  it.each(IN_CLEAR.map((item, i) => [item.auth, item, i] as const))(
    'is read without a key when it has NULL encryption and %s',
    (_auth, { icv }, i) => {
      const packets = packetsOf[i] ?? [];
      const summary = auditFrames(packets);
      const { counters, espFlows } = summary;
      expect(packets).toHaveLength(32);
      // Where there is no padding the second packet of a flow confirms the first.
      expect(counters.espNoKey).toBeLessThanOrEqual(2);
      expect(counters.espReadAsNull).toBe(packets.length - counters.espNoKey);
      expect([1, 3, 5, 6].map((type) => counters.mobilityByType[type])).toEqual([4, 4, 4, 4]);
      expect(espFlows.map(({ nullEncryption }) => nullEncryption?.icvLength)).toEqual(
        espFlows.map(() => icv),
      );
      expect(espFlows.every(({ basis }) => basis === 'content')).toBe(true);
      expect(rolesOf(summary)).toEqual(ROLES);
    },
  );

  it.each(ENCRYPTED.map((item, i) => [`${item.crypt} and ${item.auth}`, i] as const))(
    'stays closed under %s, and its roles are inferred',
    (_name, i) => {
      const summary = auditFrames(packetsOf[IN_CLEAR.length + i] ?? []);
      expect(summary.counters.esp).toBe(32);
      expect(summary.counters.espReadAsNull).toBe(0);
      expect(summary.espFlows.every(({ basis }) => basis === 'inferred')).toBe(true);
      const { 7: solicited = '', ...roles } = rolesOf(summary);
      const { 1: update, 2: answer, 3: init, 4: test, 5: out, 6: back } = ROLES;
      expect(roles).toEqual({ 1: update, 2: answer, 3: init, 4: test, 5: out, 6: back });
      // No answer was sent: the length alone may not tell.
      expect(['prefix-discovery', 'unknown']).toContain(solicited);
    },
  );
});

describe.skipIf(!hasTshark)('tshark (needs tshark)', () => {
  it('guesses NULL encryption of the same Mobility Headers', async () => {
    const file = path.join(FIXTURES, 'captures', 'relay-attack-null.pcapng');
    const run = spawnSync(
      'tshark',
      [
        ...['-n', '-r', file, '-Y', 'mipv6', '-T', 'fields', '-e', 'frame.number'],
        ...['-o', 'esp.enable_null_encryption_decode_heuristic:TRUE'],
      ],
      // No configuration of the user takes part.
      { encoding: 'utf8', env: { ...process.env, HOME: FIXTURES, XDG_CONFIG_HOME: FIXTURES } },
    );
    const numbers = run.stdout.split('\n').filter((line) => line !== '');
    const { counters } = await auditFiles([file]);
    expect(numbers).toHaveLength(12);
    expect(counters.mobility).toBe(numbers.length);
  });
});
