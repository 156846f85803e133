/**
 * Scapy's IPsec layer, all rows in one process: it seals and we open, and the reverse.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { z } from 'zod';
import { sealEsp } from '../../../../engine/crypto/esp.ts';
import {
  associationOf,
  failed,
  hexOf,
  isChecked,
  majorAndMinor,
  openedPayload,
  PASSED,
  skipped,
} from './peer.ts';
import type { Outcome, PeerColumn } from './peer.ts';
import { CARE_OF_ADDRESS, HOME_AGENT, packetsOf, sentPacket } from './rows.ts';
import type { TransformRow } from './rows.ts';
import { collectOutput } from './run.ts';

const SCRIPT = path.join(import.meta.dirname, 'scapy-esp.py');
/** Distributions install it for the system's own Python. */
const python = ['python3', '/usr/bin/python3'].find(
  (command) =>
    spawnSync(command, ['-c', 'import scapy.layers.ipsec, cryptography'], { stdio: 'ignore' })
      .status === 0,
);

/** Names of Scapy, by ours without the document; those of IKEv2 in its tables. */
const ENCRYPTION: ReadonlyMap<string, string> = new Map([
  ['NULL', 'NULL'],
  ['DES-CBC', 'DES'],
  ['TripleDES-CBC', '3DES'],
  ['AES-CBC', 'AES-CBC'],
  ['AES-CTR', 'AES-CTR'],
  ['ChaCha20 with Poly1305', 'CHACHA20-POLY1305'],
  ...[8, 12, 16].flatMap((octets): [string, string][] => [
    [`AES-GCM with ${octets} octet ICV`, 'AES-GCM'],
    [`AES-CCM with ${octets} octet ICV`, 'AES-CCM'],
  ]),
]);
const INTEGRITY: ReadonlyMap<string, string> = new Map([
  ['NULL', 'NULL'],
  ['HMAC-SHA-1-96', 'HMAC-SHA1-96'],
  ['HMAC-MD5-96', 'HMAC-MD5-96'],
  ['HMAC-SHA-256-128', 'SHA2-256-128'],
  ['HMAC-SHA-384-192', 'SHA2-384-192'],
  ['HMAC-SHA-512-256', 'SHA2-512-256'],
  ['AES-CMAC-96', 'AES-CMAC-96'],
]);

const Answers = z.object({
  version: z.string(),
  rows: z.array(
    z.union([
      z.object({ lacking: z.string() }),
      z.object({ sealed: z.array(z.string()), opened: z.array(z.string()) }),
    ]),
  ),
});

function question(row: TransformRow): object {
  const [encryption, , integrity, mode] = row.cells;
  const association = associationOf(row);
  return {
    encryption,
    integrity,
    mode,
    source: CARE_OF_ADDRESS,
    destination: HOME_AGENT,
    spi: row.spi,
    crypt: ENCRYPTION.get(encryption) ?? null,
    auth: INTEGRITY.get(integrity) ?? null,
    encryptionKey: hexOf(row.encryptionKey),
    integrityKey: hexOf(row.integrityKey),
    icv: row.encryption.icvLength,
    packets: packetsOf(row).map((packet) => ({
      plain: hexOf(packet.plain),
      iv: hexOf(packet.iv),
      sequence: packet.sequence,
      sent: hexOf(sentPacket(packet.header, sealEsp(association, packet))),
    })),
  };
}

/** Opens what Scapy sealed: the same octets as ours, and the payload it was given. */
function judgeSealed(row: TransformRow, sealed: readonly string[]): Outcome {
  const association = associationOf(row);
  for (const [i, packet] of packetsOf(row).entries()) {
    const text = sealed[i] ?? '';
    const bytes = new Uint8Array(Buffer.from(text, 'hex'));
    const payload = openedPayload(association, bytes, packet.header.length, isChecked(row));
    if (payload !== hexOf(packet.payload)) return failed(`${payload} of ${text}`);
  }
  return PASSED;
}

function judgeOpened(row: TransformRow, opened: readonly string[]): Outcome {
  for (const [i, { plain }] of packetsOf(row).entries()) {
    if (opened[i] !== hexOf(plain)) return failed(`${opened[i] ?? ''} instead of ${hexOf(plain)}`);
  }
  return PASSED;
}

/** Both columns of Scapy. */
export async function scapyColumns(rows: readonly TransformRow[]): Promise<readonly PeerColumn[]> {
  const titles = ['Scapy to us', 'us to Scapy'] as const;
  if (python === undefined) {
    return titles.map((title) => ({ title, version: undefined, outcomes: [] }));
  }
  const output = await collectOutput(python, [SCRIPT], {}, JSON.stringify(rows.map(question)));
  const answers = Answers.parse(JSON.parse(output));
  const name = `Scapy ${majorAndMinor(answers.version)}`;
  const judge = (
    judged: (row: TransformRow, texts: readonly string[]) => Outcome,
    part: 'sealed' | 'opened',
  ): Outcome[] =>
    rows.map((row, i) => {
      const answer = answers.rows[i];
      if (answer === undefined) return failed('no answer');
      return 'lacking' in answer ? skipped(`Scapy ${answer.lacking}`) : judged(row, answer[part]);
    });
  return [
    { title: titles[0], version: name, outcomes: judge(judgeSealed, 'sealed') },
    { title: titles[1], version: name, outcomes: judge(judgeOpened, 'opened') },
  ];
}
