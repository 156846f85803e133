/**
 * IKEv1 with the encryption key alone: a session of strongSwan, with main mode, quick modes and a new ISAKMP SA.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packetOpeners } from '../../../cli/openers.ts';
import { dissect } from '../../../dissectors/index.ts';
import type { FieldNode } from '../../../dissectors/index.ts';
import { IkeSessions } from '../../../engine/ike/sessions.ts';
import type { AnyIkeSecret } from '../../../engine/ike/secret.ts';
import { KeyMaterial } from '../../../engine/keys/key-material.ts';
import { readIkev1Table } from '../../../engine/keys/ike-tables.ts';
import { collect } from '../../dissectors/capture-file/collect.ts';
import { octetsOf } from '../../dissectors/hex.ts';
import { hasTshark } from '../../dissectors/oracle/tshark.ts';

const FOLDER = path.join(import.meta.dirname, 'strongswan');
const CAPTURE = path.join(FOLDER, 'ikev1.pcap');
const TABLE = readFileSync(path.join(FOLDER, 'ikev1_decryption_table'), 'latin1');
const PACKETS = collect(new Uint8Array(readFileSync(CAPTURE))).packets.map(
  ({ data, linkType }) => ({ bytes: octetsOf(data), linkType }),
);
const KEYS = readIkev1Table(TABLE, 'ikev1_decryption_table').ikeKeys.filter(
  (key) => key.version === 1,
);
/** Ethernet, IPv6, UDP, and on port 4500 the marker. */
const PORT_OFFSET = 56;
const MESSAGE_OFFSET = 62;

interface Found {
  readonly decrypted: number;
  readonly encrypted: number;
  readonly codes: readonly string[];
  /** Payload types of each packet that was decrypted. */
  readonly types: readonly string[];
}

function readAll(packets: typeof PACKETS, keys: readonly AnyIkeSecret[]): Found {
  const { notices, ...openers } = packetOpeners([], keys);
  let decrypted = 0;
  let encrypted = 0;
  const codes: string[] = [];
  const types: string[] = [];
  const typesIn = (nodes: readonly FieldNode[]): string[] =>
    nodes.flatMap(({ name, value, children }) => [
      ...(name === 'isakmp.typepayload' ? [String(value)] : []),
      ...typesIn(children),
    ]);
  for (const { bytes, linkType } of packets) {
    const { nodes, diagnostics } = dissect(bytes, 0, bytes.length, { linkType, ...openers });
    codes.push(...diagnostics.map(({ code }) => code).filter((code) => code.startsWith('IKE_')));
    const message = nodes.find(({ name }) => name === 'isakmp');
    const children = message?.children ?? [];
    if (children.some(({ name }) => name === 'isakmp.enc.data')) encrypted++;
    const inside = children.find(({ name }) => name === 'isakmp.enc.decrypted');
    if (inside === undefined) continue;
    decrypted++;
    types.push(typesIn([inside]).join(','));
  }
  codes.push(...notices().map(({ code }) => code));
  return { decrypted, encrypted, codes, types };
}

describe('IKEv1', () => {
  it('opens in phase 1 and phase 2, after a new ISAKMP SA as well', () => {
    const found = readAll(PACKETS, KEYS);
    // A row of the table has no SKEYID_d, and a notice says so for each ISAKMP SA.
    const codes = ['IKE_NO_SKEYID_D', 'IKE_NO_SKEYID_D'];
    expect(found).toMatchObject({ decrypted: 16, encrypted: 16, codes });
  });

  it('opens when every packet is seen twice', () => {
    const twice = PACKETS.flatMap((packet) => [packet, packet]);
    expect(readAll(twice, KEYS)).toMatchObject({ decrypted: 32, encrypted: 32 });
  });

  it('stays closed with a wrong key, one of a wrong length, and without the messages in clear', () => {
    const withKey = (octets: Uint8Array): AnyIkeSecret[] =>
      KEYS.map((key) => ({ ...key, encryptionKey: new KeyMaterial(octets) }));
    expect(readAll(PACKETS, withKey(new Uint8Array(32))).decrypted).toBe(0);
    const short = readAll(PACKETS, withKey(new Uint8Array(17)));
    expect(short).toMatchObject({ decrypted: 0, codes: ['IKE_KEY', 'IKE_KEY'] });
    expect(readAll(PACKETS.slice(4, 27), KEYS).decrypted).toBe(0);
  });

  it.skipIf(!hasTshark)('shows the payloads that tshark shows (needs tshark)', () => {
    const rows = TABLE.trim().split('\n');
    const text = execFileSync(
      'tshark',
      [
        ...['-r', CAPTURE, '-T', 'fields', '-e', 'isakmp.typepayload'],
        ...['-Y', 'isakmp.flag_e == 1', '-E', 'aggregator=,'],
        ...rows.flatMap((row) => ['-o', `uat:ikev1_decryption_table:${row}`]),
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
    expect(readAll(PACKETS, KEYS).types).toEqual(text.trim().split('\n'));
  });

  it('of any octets is never an exception', () => {
    const sessions = new IkeSessions(KEYS, () => {
      throw new Error('IKEv1 derives nothing');
    });
    const [first] = PACKETS;
    const source = first?.bytes.slice(22, 38) ?? new Uint8Array(16);
    fc.assert(
      fc.property(
        fc.nat({ max: PACKETS.length - 1 }),
        fc.array(fc.tuple(fc.nat({ max: 300 }), fc.nat({ max: 255 })), { maxLength: 3 }),
        fc.nat({ max: 500 }),
        (index, changes, cut) => {
          const bytes = PACKETS[index]?.bytes ?? new Uint8Array();
          const isEncapsulated = bytes[PORT_OFFSET] === 0x11;
          const message = bytes.slice(MESSAGE_OFFSET + (isEncapsulated ? 4 : 0)).slice(0, cut);
          for (const [at, value] of changes) if (at < message.length) message[at] = value;
          sessions.open(message, 0, message.length, source, source);
        },
      ),
      { numRuns: 400 },
    );
  });
});
