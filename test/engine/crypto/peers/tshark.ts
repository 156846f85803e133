/**
 * tshark opens what we seal: all packets in one capture, all keys in one esp_sa file, which we read as well.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PcapWriter } from '../../../../dissectors/capture-file/capture-writer.ts';
import { LINKTYPE } from '../../../../dissectors/walk.ts';
import { sealEsp } from '../../../../engine/crypto/esp.ts';
import { associationOf, failed, hexOf, isChecked, majorAndMinor, PASSED, skipped } from './peer.ts';
import type { Outcome, PeerColumn } from './peer.ts';
import { CARE_OF_ADDRESS, HOME_ADDRESS, HOME_AGENT, packetsOf, sentPacket } from './rows.ts';
import type { RowPacket, TransformRow } from './rows.ts';
import { collectOutput } from './run.ts';

const TITLE = 'us to tshark';
const installed = spawnSync('tshark', ['--version'], { encoding: 'utf8' });
const version = installed.status === 0 ? majorAndMinor(installed.stdout) : undefined;

/** Names that some versions do not know. */
const NOT_EVERYWHERE =
  /^(?:Camellia|AES-CCM|NULL with AES-GMAC|ChaCha20|AES-XCBC-MAC|AES-CMAC|HMAC-SHA-384|HMAC-SHA-512)/;

/** A capture file without packets. */
const NO_PACKETS = new PcapWriter({ linkType: LINKTYPE.raw }).take();

/** Those of the names, with document, that this tshark refuses in a row of esp_sa. */
async function refusedNames(rows: readonly TransformRow[]): Promise<ReadonlySet<string>> {
  const candidates = [
    ...new Set(rows.map(({ encryption }) => `"${encryption.name}","","NULL",""`)),
    ...new Set(rows.map(({ integrity }) => `"NULL","","${integrity.name}",""`)),
  ];
  const refused = new Set<string>();
  for (const candidate of candidates) {
    const name = candidate.split('"').find((part) => NOT_EVERYWHERE.test(part));
    if (name === undefined) continue;
    const row = `uat:esp_sa:"IPv6","*","*","*",${candidate}`;
    const output = await collectOutput('tshark', ['-r', '-', '-o', row], {}, NO_PACKETS).catch(
      (error: unknown) => String(error),
    );
    if (output.includes('invalid value')) refused.add(name);
  }
  return refused;
}

function keyText(key: Uint8Array): string {
  return key.length === 0 ? '' : `0x${hexOf(key)}`;
}

/** A row of esp_sa: behind a Home Address option, with the home address (RFC 3776 section 4.2). */
function keyRow(row: TransformRow): string {
  const { encryption, encryptionKey, integrity, integrityKey, mode, spi } = row;
  const source = mode === 'transport' ? HOME_ADDRESS : CARE_OF_ADDRESS;
  const fields = [
    ...['IPv6', source, HOME_AGENT, `0x${spi.toString(16).padStart(8, '0')}`],
    ...[encryption.name, keyText(encryptionKey), integrity.name, keyText(integrityKey)],
  ];
  return `${fields.map((field) => `"${field}"`).join(',')}\n`;
}

/** What tshark shows of a packet: its verdict on the ICV, and the decrypted octets, padding included. */
interface Shown {
  readonly isGood: boolean;
  readonly decrypted: string;
}

/** Packets in the output of `-x`, each with a line of our columns in front. */
function shownPackets(output: string): Shown[] {
  return output
    .split(/^[0-9]+ (?=(?:True|False|[01])?$)/m)
    .slice(1)
    .map((text) => {
      // A dump of the frame, and where ESP is opened one of what was in it.
      const [, dump = ''] = text.split(/^Decrypted Data .*$/m);
      const lines = dump.matchAll(/^[0-9a-f]{4} {2}((?:[0-9a-f]{2} )+)/gm);
      return {
        isGood: /^(?:True|1)$/m.test(text.slice(0, text.indexOf('\n'))),
        decrypted: [...lines].map(([, octets = '']) => octets.replaceAll(' ', '')).join(''),
      };
    });
}

function judge(row: TransformRow, packets: readonly RowPacket[], shown: readonly Shown[]): Outcome {
  for (const [i, { payload, nextHeader }] of packets.entries()) {
    const { isGood, decrypted } = shown[i] ?? { isGood: false, decrypted: '' };
    if (isGood !== isChecked(row)) return failed(`the ICV is ${isGood ? '' : 'not '}good`);
    const wanted = hexOf(payload);
    const trailer = decrypted.slice(wanted.length);
    const padLength = trailer.length / 2 - 2;
    const end = hexOf(Uint8Array.of(padLength, nextHeader));
    if (!decrypted.startsWith(wanted) || !trailer.endsWith(end)) {
      return failed(`${decrypted} instead of ${wanted}`);
    }
  }
  return PASSED;
}

/** The column of tshark. */
export async function tsharkColumn(rows: readonly TransformRow[]): Promise<PeerColumn> {
  if (version === undefined) return { title: TITLE, version, outcomes: [] };
  const folder = mkdtempSync(path.join(tmpdir(), 'esp-'));
  try {
    const refused = await refusedNames(rows);
    const lacking = ({ encryption, integrity, cells }: TransformRow): string | undefined => {
      if (refused.has(encryption.name)) return cells[0];
      return refused.has(integrity.name) ? cells[2] : undefined;
    };
    const known = rows.filter((row) => lacking(row) === undefined);
    const file = path.join(folder, 'esp.pcap');
    const writer = new PcapWriter({ linkType: LINKTYPE.raw });
    const packets = known.map((row) => packetsOf(row));
    known.forEach((row, i) => {
      const association = associationOf(row);
      for (const packet of packets[i] ?? []) {
        const bytes = sentPacket(packet.header, sealEsp(association, packet));
        writer.write({ bytes, seconds: 0, nanoseconds: 0 });
      }
    });
    writeFileSync(file, writer.take());
    writeFileSync(path.join(folder, 'esp_sa'), known.map(keyRow).join(''));
    const output = await collectOutput(
      'tshark',
      [
        ...['-n', '-r', file, '-x', '-P', '-o', 'esp.enable_encryption_decode:TRUE'],
        ...['-o', 'esp.enable_authentication_check:TRUE'],
        ...['-o', 'gui.column.format:"Number","%Cus:frame.number","ICV","%Cus:esp.icv_good:0:R"'],
      ],
      { HOME: folder, WIRESHARK_CONFIG_DIR: folder },
    );
    const shown = shownPackets(output);
    let at = 0;
    const outcomes = rows.map((row): Outcome => {
      const name = lacking(row);
      if (name !== undefined) return skipped(`tshark has no ${name}`);
      const own = packetsOf(row);
      at += own.length;
      return judge(row, own, shown.slice(at - own.length, at));
    });
    return { title: TITLE, version: `tshark ${version}`, outcomes };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
