/**
 * tshark opens what we sealed, and we open what tshark opens with the rows of its table.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packetOpeners } from '../../../cli/openers.ts';
import { dissect } from '../../../dissectors/index.ts';
import type { FieldNode } from '../../../dissectors/index.ts';
import { secretOfKey } from '../../../engine/ike/secret.ts';
import type { IkeSecret } from '../../../engine/ike/secret.ts';
import { readIkev2Table } from '../../../engine/keys/ike-tables.ts';
import { readTcpdumpSecrets } from '../../../engine/keys/tcpdump.ts';
import { collect } from '../../dissectors/capture-file/collect.ts';
import { hexOf, octetsOf } from '../../dissectors/hex.ts';
import { fieldsOfJson, hasTshark } from '../../dissectors/oracle/tshark.ts';
import { AES_CBC_SHA256, AES_GCM, Peers } from './peers.ts';
import type { Algorithms } from './peers.ts';
import { capture, ikePacket } from './wire.ts';

/** Algorithms by their names in the table. */
const ROWS: readonly (readonly [string, string, Algorithms])[] = [
  ['AES-CBC-128 [RFC3602]', 'HMAC_SHA2_256_128 [RFC4868]', AES_CBC_SHA256],
  [
    'AES-CBC-256 [RFC3602]',
    'HMAC_SHA2_512_256 [RFC4868]',
    { ...AES_CBC_SHA256, keyLength: 32, integrityId: 14, integrity: 'HMAC-SHA-512-256' },
  ],
  [
    'AES-CBC-192 [RFC3602]',
    'HMAC_SHA2_384_192 [RFC4868]',
    { ...AES_CBC_SHA256, keyLength: 24, integrityId: 13, integrity: 'HMAC-SHA-384-192' },
  ],
  [
    '3DES [RFC2451]',
    'HMAC_MD5_96 [RFC2403]',
    {
      encryptionId: 3,
      encryption: '3DES-CBC',
      keyLength: 24,
      integrityId: 1,
      integrity: 'HMAC-MD5-96',
    },
  ],
  [
    'NULL [RFC2410]',
    'HMAC_SHA1_96 [RFC2404]',
    {
      encryptionId: 11,
      encryption: 'NULL',
      keyLength: 0,
      integrityId: 2,
      integrity: 'HMAC-SHA-1-96',
    },
  ],
  ['AES-GCM-256 with 16 octet ICV [RFC5282]', 'NONE [RFC4306]', AES_GCM],
  [
    'AES-GCM-128 with 8 octet ICV [RFC5282]',
    'NONE [RFC4306]',
    { ...AES_GCM, encryptionId: 18, encryption: 'AES-GCM-8', keyLength: 20 },
  ],
  [
    'AES-CCM-128 with 16 octet ICV [RFC5282]',
    'NONE [RFC4306]',
    { ...AES_GCM, encryptionId: 16, encryption: 'AES-CCM-16', keyLength: 19 },
  ],
  [
    'AES-CCM-256 with 12 octet ICV [RFC5282]',
    'NONE [RFC4306]',
    { ...AES_GCM, encryptionId: 15, encryption: 'AES-CCM-12', keyLength: 35 },
  ],
];

const CHILD = { initiatorSpi: 0xc0000001, responderSpi: 0xc0000002 };

function rowOf({ spiI, spiR, keys }: Peers, encryption: string, integrity: string): string {
  const { skEi, skEr, skAi, skAr } = keys;
  return [
    hexOf(spiI),
    hexOf(spiR),
    hexOf(skEi),
    hexOf(skEr),
    `"${encryption}"`,
    hexOf(skAi),
    hexOf(skAr),
    `"${integrity}"`,
  ].join(',');
}

function secretsOf(text: string, isTable: boolean): IkeSecret[] {
  const { ikeKeys, problems } = (isTable ? readIkev2Table : readTcpdumpSecrets)(text, 'keys');
  expect(problems).toEqual([]);
  return ikeKeys.flatMap((key) => (key.version === 2 ? (secretOfKey(key) ?? []) : []));
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-ike-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Fields of isakmp of every packet, as tshark has them with the rows. */
function byTshark(file: string, rows: readonly string[]): (readonly [string, string])[][] {
  const options = rows.flatMap((row) => ['-o', `uat:ikev2_decryption_table:${row}`]);
  const json = execFileSync(
    'tshark',
    ['-r', file, '-T', 'json', '-x', '--no-duplicate-keys', ...options],
    { encoding: 'utf8', maxBuffer: 1e8, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return fieldsOfJson(json).map((fields) =>
    fields
      .filter(({ name }) => name.startsWith('isakmp.'))
      .map(({ name, value }) => [name, value] as const),
  );
}

/** Names and values of our fields. */
function byUs(packets: readonly (readonly [Uint8Array, number])[], secrets: IkeSecret[]) {
  const { openEsp, openIke } = packetOpeners([], secrets);
  return packets.map(([bytes, linkType]) => {
    const { nodes, diagnostics } = dissect(bytes, 0, bytes.length, {
      linkType,
      openEsp,
      ...(openIke === undefined ? {} : { openIke }),
    });
    const names: string[] = [];
    const visit = (list: readonly FieldNode[]): void => {
      for (const { name, children } of list) {
        if (name?.startsWith('isakmp.') === true) names.push(name);
        visit(children);
      }
    };
    visit(nodes);
    return { names, codes: diagnostics.map(({ code }) => code) };
  });
}

/** How often each of the names occurs. */
function counts(names: readonly string[]): Record<string, number> {
  const compared = [
    'isakmp.typepayload',
    'isakmp.payloadlength',
    'isakmp.enc.iv',
    'isakmp.enc.icd',
    'isakmp.enc.contained',
    'isakmp.enc.decrypted',
    'isakmp.enc.pad_length',
    'isakmp.id.type',
    'isakmp.auth.method',
    'isakmp.tf.id.encr',
    'isakmp.tf.id.integ',
    'isakmp.ts.start_port',
    'isakmp.ts.start_ipv6',
  ];
  return Object.fromEntries(
    compared.map((name) => [name, names.filter((item) => item === name).length]),
  );
}

describe('IKEv2 between us and tshark', () => {
  it.skipIf(!hasTshark)(
    'shows the same payloads inside, with every algorithm (needs tshark)',
    () => {
      const sessions = ROWS.map(([encryption, integrity, algorithms]) => {
        const peers = new Peers(algorithms);
        const messages = [...peers.init(), ...peers.auth(CHILD).messages];
        return {
          row: rowOf(peers, encryption, integrity),
          packets: messages.map((item) => ikePacket(item)),
        };
      });
      const packets = sessions.flatMap((item) => item.packets);
      const rows = sessions.map(({ row }) => row);
      const file = path.join(folder, 'all.pcap');
      writeFileSync(file, capture(packets));
      const theirs = byTshark(file, rows);
      const ours = byUs(
        packets.map((packet) => [packet, 101] as const),
        secretsOf(rows.join('\n'), true),
      );
      expect(theirs).toHaveLength(packets.length);
      ours.forEach(({ names, codes }, i) => {
        const there = counts((theirs[i] ?? []).map(([name]) => name));
        const isEncrypted = i % 4 > 1;
        expect(codes).toEqual([]);
        expect(counts(names), `packet ${i + 1}`).toEqual(there);
        expect(there['isakmp.enc.decrypted']).toBe(isEncrypted ? 1 : 0);
      });
      const all = execFileSync(
        'tshark',
        ['-r', file, '-V', ...rows.flatMap((row) => ['-o', `uat:ikev2_decryption_table:${row}`])],
        { encoding: 'utf8', maxBuffer: 1e8, stdio: ['ignore', 'pipe', 'ignore'] },
      );
      expect(all).not.toContain('incorrect');
      expect(all.match(/Integrity Checksum Data.*\[correct\]/g) ?? []).toHaveLength(
        2 * ROWS.length,
      );
    },
  );

  const pcap = new URL('../../../../shared/captures/tcpdump/ikev2pI2.pcap', import.meta.url);
  const hasCapture = existsSync(pcap);

  it.skipIf(!hasCapture || !hasTshark)(
    'of the public capture is what tshark makes of it, wrong checksum included (needs tshark and the capture)',
    () => {
      const secrets = readFileSync(new URL('ikev2pI2-secrets.txt', pcap), 'latin1');
      const { packets } = collect(new Uint8Array(readFileSync(pcap)));
      const ours = byUs(
        packets.map(({ data, linkType }) => [octetsOf(data), linkType] as const),
        secretsOf(secrets, false),
      );
      const [ei, er] = [...secrets.matchAll(/aes128:0x([0-9a-f]+)/g)].map((match) => match[1]);
      const [ai, ar] = [...secrets.matchAll(/sha1:0x([0-9a-f]+)/g)].map((match) => match[1]);
      const row = `0001020304050607,c02e7a3031a03188,${ei},${er},"AES-CBC-128 [RFC3602]",${ai},${ar},"HMAC_SHA1_96 [RFC2404]"`;
      const theirs = byTshark(pcap.pathname, [row]);
      expect(counts(ours[1]?.names ?? [])).toEqual(counts((theirs[1] ?? []).map(([name]) => name)));
      expect(counts(ours[1]?.names ?? [])['isakmp.enc.decrypted']).toBe(1);
      // The capture was made by hand: tcpdump does not check.
      expect(ours[1]?.codes).toContain('IKE_ICV');
    },
  );
});
