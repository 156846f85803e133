import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAddress } from '../../../dissectors/core/address.ts';
import { putU16, putU32 } from '../../../dissectors/core/bytes.ts';
import { sealEsp } from '../../../engine/crypto/esp.ts';
import { ENCRYPTION_TRANSFORMS, INTEGRITY_TRANSFORMS } from '../../../engine/crypto/transforms.ts';
import { parseEspSa } from '../../../engine/keys/esp-sa.ts';
import type { SecurityAssociation } from '../../../engine/state/security-association.ts';

const hasTshark = spawnSync('tshark', ['--version']).status === 0;

/** Rows that the oldest supported tshark does not know. */
const UNKNOWN_TO_TSHARK = /RFC4312|RFC7634|RFC4309|RFC4543|RFC3566|RFC4494/;

const SOURCE = '2001:db8:1::10';
const DESTINATION = '2001:db8:1::1';
const PAYLOAD = 'de9aca8cab1e0001';

/** Packets as a capture of raw IPv6 (LINKTYPE_RAW). */
function capture(packets: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(101, 20);
  const records = packets.flatMap((packet) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(packet.length, 8);
    record.writeUInt32LE(packet.length, 12);
    return [record, packet];
  });
  return Buffer.concat([header, ...records]);
}

function ipv6(nextHeader: number, payload: Uint8Array): Uint8Array {
  const packet = new Uint8Array(40 + payload.length);
  packet[0] = 0x60;
  putU16(packet, 4, payload.length);
  packet[6] = nextHeader;
  packet[7] = 64;
  packet.set(parseAddress(SOURCE) ?? [], 8);
  packet.set(parseAddress(DESTINATION) ?? [], 24);
  packet.set(payload, 40);
  return packet;
}

/** UDP between ports of no protocol tshark knows; an exception in there would hide what it says of the ICV. */
function udp(port: number): Uint8Array {
  const data = Buffer.from(PAYLOAD, 'hex');
  const datagram = new Uint8Array(8 + data.length);
  putU16(datagram, 0, 40_001);
  putU16(datagram, 2, port);
  putU16(datagram, 4, datagram.length);
  datagram.set(data, 8);
  return datagram;
}

interface Case {
  readonly name: string;
  readonly row: string;
  readonly port: number;
  readonly spi: number;
  /** What tshark says of the ICV: checked and good, or not checked. */
  readonly isChecked: boolean;
}

function key(length: number, seed: number): string {
  const octets = Array.from({ length }, (_, i) => (seed + 11 * i) & 0xff);
  return length === 0 ? '' : `0x${Buffer.from(octets).toString('hex')}`;
}

/** Every encryption with every key length beside one integrity, and every integrity beside one encryption. */
function cases(): Case[] {
  const pairs = [
    ...ENCRYPTION_TRANSFORMS.flatMap((encryption) =>
      (encryption.keyLengths.length === 0 ? [0] : encryption.keyLengths).map((keyLength) => ({
        encryption,
        keyLength,
        integrity:
          INTEGRITY_TRANSFORMS[encryption.icvLength > 0 ? 0 : 1] ?? INTEGRITY_TRANSFORMS[0],
      })),
    ),
    ...INTEGRITY_TRANSFORMS.map((integrity) => ({
      encryption: ENCRYPTION_TRANSFORMS.find(({ rfc }) => rfc === 3602),
      keyLength: 16,
      integrity,
    })),
  ];
  return pairs.flatMap(({ encryption, keyLength, integrity }, index) => {
    if (encryption === undefined || integrity === undefined) return [];
    if (UNKNOWN_TO_TSHARK.test(encryption.name + integrity.name)) return [];
    const spi = 0x1000 + index;
    const fields = [
      'IPv6',
      SOURCE,
      index % 2 === 0 ? DESTINATION : '*',
      `0x${spi.toString(16).padStart(8, '0')}`,
      encryption.name,
      key(keyLength, index),
      integrity.name,
      key(integrity.create === undefined ? 0 : integrity.keyLength, 100 + index),
    ];
    return [
      {
        name: `${encryption.name} (${keyLength}) with ${integrity.name}`,
        row: fields.map((field) => `"${field}"`).join(','),
        port: 41_000 + index,
        spi,
        isChecked: integrity.create !== undefined || encryption.icvLength > 0,
      },
    ];
  });
}

describe('packets sealed here', () => {
  const all = cases();
  const results = new Map<number, string[]>();
  let folder = '';

  function associationOf(row: string): SecurityAssociation {
    const [association] = parseEspSa(row, 'esp_sa').associations;
    if (association === undefined) throw new Error(`no association: ${row}`);
    return association;
  }

  beforeAll(() => {
    if (!hasTshark) return;
    folder = mkdtempSync(path.join(tmpdir(), 'esp-'));
    const file = path.join(folder, 'esp.pcap');
    const packets = all.map(({ row, port }) => {
      const association = associationOf(row);
      const iv = new Uint8Array(association.esp.encryption.ivLength).fill(0x42);
      if (iv.length > 0) putU32(iv, 0, port);
      return ipv6(
        50,
        sealEsp(association, { sequence: 7, iv, nextHeader: 17, payload: udp(port) }),
      );
    });
    writeFileSync(file, capture(packets));
    const output = execFileSync(
      'tshark',
      [
        ...['-n', '-r', file, '-o', 'esp.enable_encryption_decode:TRUE'],
        ...['-o', 'esp.enable_authentication_check:TRUE', '-T', 'fields'],
        ...['esp.spi', 'esp.sequence', 'esp.icv_good', 'udp.dstport', 'udp.payload'].flatMap(
          (field) => ['-e', field],
        ),
        ...all.flatMap(({ row }) => ['-o', `uat:esp_sa:${row}`]),
      ],
      // Not the user's own settings and keys.
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        env: { ...process.env, HOME: folder },
      },
    );
    for (const line of output.trim().split('\n')) {
      const [spi = '', ...rest] = line.split('\t');
      results.set(Number(spi), rest);
    }
  });
  afterAll(() => {
    if (folder !== '') rmSync(folder, { recursive: true });
  });

  it.skipIf(!hasTshark).each(all)(
    'are opened by tshark with the same key file row: $name (needs tshark)',
    ({ spi, port, isChecked }) => {
      const [sequence, icvGood, destinationPort, payload] = results.get(spi) ?? [];
      expect({ sequence, destinationPort, payload }).toEqual({
        sequence: '7',
        destinationPort: String(port),
        payload: PAYLOAD,
      });
      expect(icvGood === '1').toBe(isChecked);
    },
  );

  it('cover every encryption and integrity that tshark has', () => {
    expect(all.length).toBeGreaterThanOrEqual(25);
  });
});
