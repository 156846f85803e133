/**
 * The ESP of the Linux kernel, given keys with ip xfrm: it seals, we open.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import path from 'node:path';
import { u32, u8 } from '../../../../dissectors/core/bytes.ts';
import { NULL_ENCRYPTION, NULL_INTEGRITY } from '../../../../engine/crypto/transforms.ts';
import { ENCRYPTION_NAMES, INTEGRITY_NAMES } from '../../../../engine/keys/algorithm-names.ts';
import { packetsOf } from '../../ike/strongswan-session.ts';
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
import { CARE_OF_ADDRESS, datagramsOf, HOME_AGENT } from './rows.ts';
import type { TransformRow } from './rows.ts';
import { collectOutput } from './run.ts';

const TITLE = 'Linux to us';
const SCRIPT = path.join(import.meta.dirname, 'linux.sh');
const ISOLATED = ['--net', '--mount', '--propagation', 'private'] as const;
/** Ethernet and IPv6 are in front of ESP. */
const ESP_OFFSET = 54;
/** IPv6 and UDP headers, in hex digits. */
const [IPV6_DIGITS, UDP_DIGITS] = [80, 16];

/** Whether the kernel has ESP and lets us try: for root alone, and not in every container. */
function hasKernelEsp(): boolean {
  const key = `0x${'42'.repeat(16)}`;
  const state = `ip xfrm state add src ::1 dst ::2 proto esp spi 1 mode transport enc 'cbc(aes)' ${key}`;
  const script = `ip link add va type veth peer name vb && command -v tcpdump && ${state}`;
  return spawnSync('unshare', [...ISOLATED, 'sh', '-c', script], { stdio: 'ignore' }).status === 0;
}

function keyText(key: Uint8Array): string {
  return key.length === 0 ? '""' : `0x${hexOf(key)}`;
}

/** Algorithms of a row in words of ip xfrm. */
function algorithmsOf(row: TransformRow): string {
  const { encryption, encryptionKey, integrity, integrityKey } = row;
  const cipher = ENCRYPTION_NAMES.find(({ transform }) => transform === encryption)?.kernel[0];
  const mac = INTEGRITY_NAMES.find(({ transform }) => transform === integrity)?.kernel[0];
  if (encryption.icvLength > 0) {
    return `aead ${cipher ?? ''} ${keyText(encryptionKey)} ${encryption.icvLength * 8}`;
  }
  const enc = `enc ${cipher ?? ''} ${keyText(encryptionKey)}`;
  if (integrity === NULL_INTEGRITY) return enc;
  return `auth-trunc ${mac ?? ''} ${keyText(integrityKey)} ${integrity.icvLength * 8} ${enc}`;
}

/** Commands for a row: an association, and a policy that wants it. */
function commandsOf(row: TransformRow, number: string): string {
  const destination = `2001:db8:9::${number}`;
  const end = row.mode === 'tunnel' ? HOME_AGENT : destination;
  const ends = `src ${CARE_OF_ADDRESS} dst ${end} proto esp`;
  const rest = `mode ${row.mode} reqid ${row.spi}`;
  return [
    `xfrm policy add dir out src ${CARE_OF_ADDRESS} dst ${destination} tmpl ${ends} ${rest}`,
    `xfrm state add ${ends} spi ${row.spi} ${rest} ${algorithmsOf(row)}`,
    '',
  ].join('\n');
}

function judge(row: TransformRow, packets: readonly Uint8Array[]): Outcome {
  const association = associationOf(row);
  const inFront = (row.mode === 'tunnel' ? IPV6_DIGITS : 0) + UDP_DIGITS;
  const opened = packets.map((packet) =>
    openedPayload(association, packet, ESP_OFFSET, isChecked(row)).slice(inFront),
  );
  const wanted = datagramsOf(row).map(hexOf);
  return opened.join() === wanted.join()
    ? PASSED
    : failed(`${opened.length} packets: ${opened.join()} instead of ${wanted.join()}`);
}

/** Words for a transform that the kernel did not take. */
function refusal(
  { encryption, integrity, cells }: TransformRow,
  taken: ReadonlySet<string>,
): string {
  const isTaken = encryption === NULL_ENCRYPTION || taken.has(cells[0]);
  return isTaken && integrity !== NULL_INTEGRITY ? cells[2] : cells[0];
}

/** The column of the kernel. */
export async function linuxColumn(rows: readonly TransformRow[]): Promise<PeerColumn> {
  if (!hasKernelEsp()) return { title: TITLE, version: undefined, outcomes: [] };
  const folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-xfrm-'));
  try {
    const numbers = rows.map((_, i) => (i + 1).toString(16));
    writeFileSync(
      path.join(folder, 'xfrm'),
      rows.map((row, i) => commandsOf(row, numbers[i] ?? '')).join(''),
    );
    rows.forEach((row, i) => {
      datagramsOf(row).forEach((octets, k) => {
        writeFileSync(path.join(folder, `${numbers[i] ?? ''}-${k}`), octets);
      });
    });
    await collectOutput('unshare', [...ISOLATED, 'bash', SCRIPT, folder], {});
    const states = readFileSync(path.join(folder, 'states'), 'latin1');
    const spis = new Set([...states.matchAll(/spi (0x[0-9a-f]+)/g)].map(([, spi]) => Number(spi)));
    const taken = new Set(rows.filter(({ spi }) => spis.has(spi)).map(({ cells }) => cells[0]));
    const packets = packetsOf(path.join(folder, 'session.pcap'))
      .map(({ bytes }) => bytes)
      .filter((bytes) => u8(bytes, 20) === 50);
    const outcomes = rows.map((row): Outcome => {
      if (!spis.has(row.spi)) return skipped(`Linux has no ${refusal(row, taken)}`);
      return judge(
        row,
        packets.filter((bytes) => u32(bytes, ESP_OFFSET) === row.spi),
      );
    });
    return { title: TITLE, version: `Linux ${majorAndMinor(release())}`, outcomes };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
