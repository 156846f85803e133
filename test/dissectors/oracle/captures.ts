/**
 * Packets of capture files for the comparison: the fixtures of this project, and public captures where they are
 * beside it.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { espOpener } from '../../../cli/esp-opener.ts';
import { FragmentStore } from '../../../cli/fragment-store.ts';
import type { Dissection } from '../../../dissectors/core/node.ts';
import { dissect } from '../../../dissectors/dissect.ts';
import { parseKeyText } from '../../../engine/keys/key-text.ts';
import { openCaptures } from '../../../io/capture/file.ts';
import type { PacketForOracle } from './pdml.ts';

const ROOT = path.join(import.meta.dirname, '../../..');
const FIXTURES = path.join(ROOT, 'fixtures');
/** Public captures, where they are beside the project. */
export const SHARED = path.join(ROOT, '../shared/captures');
export const hasShared = existsSync(SHARED);

/** A packet of a file, as both are to dissect it. */
export interface CapturedPacket extends PacketForOracle {
  /** File below its folder. */
  readonly file: string;
  readonly tree: Dissection;
}

/** Packets that one run of tshark reads. */
export interface KeyedPackets {
  /** Settings for tshark. */
  readonly settings: readonly string[];
  readonly packets: CapturedPacket[];
}

/** Captures below a folder. */
function capturesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.pcap(ng)?(\.gz|\.zst)?$/.test(name))
    .sort();
}

/** The packets of a file, dissected with the keys. */
export async function packetsOf(
  file: string,
  name: string,
  keys: string,
  reassemble: boolean,
): Promise<CapturedPacket[]> {
  const { source } = await openCaptures([file], { recursive: false });
  const { associations } = parseKeyText(keys, 'keys');
  const openEsp = espOpener(associations);
  const fragments = new FragmentStore();
  const packets: CapturedPacket[] = [];
  await source.run((record) => {
    const { bytes, offset, end, linkType, originalLength } = record;
    const reassembled = reassemble ? fragments.add(record) : undefined;
    const tree = dissect(bytes, offset, end, {
      linkType,
      originalLength,
      ...(associations.length === 0 ? {} : { openEsp }),
      ...(reassembled === undefined ? {} : { reassembled }),
    });
    const octets = Uint8Array.from(bytes.subarray(offset, end));
    packets.push({ file: name, bytes: octets, linkType, originalLength, tree });
  });
  return packets;
}

/** Rows of a key file as settings of tshark. */
export function keySettings(keys: string): string[] {
  const rows = keys.split('\n').filter((line) => line.startsWith('"'));
  return rows.length === 0
    ? []
    : [
        'esp.enable_encryption_decode:TRUE',
        'esp.enable_authentication_check:TRUE',
        ...rows.map((row) => `uat:esp_sa:${row}`),
      ];
}

/** The key file that belongs to a capture, if any. */
function keyFileOf(name: string): string | undefined {
  const folder = path.dirname(name);
  const own = name.replace(/\.pcap(ng)?$/, '.esp_sa');
  const candidates = [own, path.join(folder, 'keys.esp_sa'), path.join(folder, '../keys.esp_sa')];
  return candidates.find((candidate) => existsSync(path.join(FIXTURES, candidate)));
}

/** Files with octets that are no capture at all, or with link types that nobody knows. */
const NOT_COMPARED = /broken-no-capture|link-unknown|empty/;

/** All fixtures, by the settings that tshark opens them with. */
export async function fixturePackets(): Promise<KeyedPackets[]> {
  const byKeys = new Map<string, string[]>();
  for (const name of capturesBelow(FIXTURES)) {
    if (NOT_COMPARED.test(name)) continue;
    const keyFile = keyFileOf(name);
    const keys = keyFile === undefined ? '' : readFileSync(path.join(FIXTURES, keyFile), 'latin1');
    byKeys.set(keys, [...(byKeys.get(keys) ?? []), name]);
  }
  // Keys that tshark knows nothing of make no difference to it; each of its starts costs as much as reading a thousand packets.
  const groups = new Map<string, KeyedPackets>();
  for (const [keys, names] of byKeys) {
    const settings = keySettings(keys);
    const group = groups.get(settings.join()) ?? { settings, packets: [] };
    groups.set(settings.join(), group);
    for (const name of names) {
      group.packets.push(...(await packetsOf(path.join(FIXTURES, name), name, keys, false)));
    }
  }
  return [...groups.values()];
}

/** A public capture with what tshark showed of it. */
export interface SharedCapture {
  /** `tcpdump/icmpv6.pcap`. */
  readonly name: string;
  readonly file: string;
  readonly json: string;
  /** Key file rows, where tshark had keys. */
  readonly keys: string;
}

/** A row of an ESP key file: no integrity key, the length of the ICV alone. */
function keyRow(destination: string, spi: string, cipher: string, key: string): string {
  const fields = ['IPv4', '*', destination, spi, cipher, key];
  const integrity = ['ANY 96 bit authentication [no checking]', ''];
  return [...fields, ...integrity].map((field) => `"${field}"`).join(',');
}

const TRIPLE_DES = 'TripleDES-CBC [RFC2451]';

/** Keys of the public captures of ESP, as their own tests give them. */
const SHARED_KEYS = new Map([
  [
    '08-sunrise-sunset-esp2.pcap',
    [
      keyRow(
        '192.1.2.45',
        '0x12345678',
        TRIPLE_DES,
        '0x43434545464649494a4a4c4c4f4f51515252545457575840',
      ),
      keyRow(
        '192.0.1.1',
        '0xabcdabcd',
        TRIPLE_DES,
        '0x434545464649494a4a4c4c4f4f5151525254545757584043',
      ),
    ],
  ],
  [
    '08-sunrise-sunset-aes.pcap',
    [
      keyRow(
        '192.1.2.45',
        '0xd1234567',
        'AES-CBC [RFC3602]',
        '0xaaaabbbbccccdddd4043434545464649494a4a4c4c4f4f515152525454575758',
      ),
    ],
  ],
]);
/** Key of the captures that are older than the file of keys. */
const FIRST_KEY = keyRow(
  '192.1.2.45',
  '0x12345678',
  TRIPLE_DES,
  '0x4043434545464649494a4a4c4c4f4f515152525454575758',
);

/** Key file rows for a public capture. */
export function keysOf(name: string): string {
  return (SHARED_KEYS.get(name) ?? [FIRST_KEY]).join('\n');
}

/** All public captures that tshark's fields are recorded of. */
export function sharedCaptures(): SharedCapture[] {
  if (!hasShared) return [];
  return ['tcpdump', 'scapy', 'suricata-verify', 'pcapplusplus'].flatMap((folder) =>
    capturesBelow(path.join(SHARED, folder)).flatMap((name) => {
      const file = path.join(SHARED, folder, name);
      const bare = path.join(SHARED, 'tshark', `${folder}_${name}.json`);
      const opened = path.join(
        SHARED,
        'tshark',
        `${folder}_${name.replace(/\.pcap$/, '')}.decrypted.json`,
      );
      const base = { name: `${folder}/${name}`, file };
      return [
        ...(existsSync(bare) ? [{ ...base, json: bare, keys: '' }] : []),
        ...(existsSync(opened)
          ? [{ ...base, name: `${base.name} with keys`, json: opened, keys: keysOf(name) }]
          : []),
      ];
    }),
  );
}
