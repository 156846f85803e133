/**
 * tshark as an independent dissector: its fields of a capture, with their octet ranges.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PcapWriter } from '../../../dissectors/capture-file/capture-writer.ts';
import { LINKTYPE } from '../../../dissectors/walk.ts';

const version = spawnSync('tshark', ['--version'], { encoding: 'utf8' });

/** Whether tshark can be run. */
export const hasTshark = version.status === 0;

/** `4.0.17`; undefined where tshark cannot be run. */
export const tsharkVersion = hasTshark ? /\d+\.\d+\.\d+/.exec(version.stdout)?.[0] : undefined;

/** One field as tshark shows it. */
export interface OracleField {
  readonly name: string;
  readonly value: string;
  readonly offset: number;
  readonly length: number;
  readonly mask: number;
  /** What the value is called, where tshark tells. */
  readonly valueName?: string;
  /** Whether it is a finding of tshark, not a field of the packet. */
  readonly isExpert?: boolean;
}

/** What tshark shows of one packet. */
export interface OraclePacket {
  readonly fields: OracleField[];
  /** Whether tshark gave up before the end. */
  readonly gaveUp: boolean;
}

type Raw = readonly [hex: string, offset: number, length: number, mask: number, type: number];

function isRaw(value: unknown): value is Raw {
  return Array.isArray(value) && value.length === 5 && typeof value[1] === 'number';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Fields of one layer tree of `-T json -x --no-duplicate-keys`, in depth. */
function collect(tree: Record<string, unknown>, into: OracleField[], isExpert = false): void {
  for (const [key, value] of Object.entries(tree)) {
    if (key.endsWith('_raw')) {
      const name = key.slice(0, -4);
      const raws = isRaw(value) ? [value] : Array.isArray(value) ? value.filter(isRaw) : [];
      const shown = tree[name];
      const values = Array.isArray(shown) ? shown : [shown];
      raws.forEach(([, offset, length, mask], i) => {
        const text: unknown = values[i];
        const field = { name, offset, length, mask, value: typeof text === 'string' ? text : '' };
        into.push(isExpert ? { ...field, isExpert } : field);
      });
    } else {
      const inExpert = isExpert || key === '_ws.expert';
      for (const item of Array.isArray(value) ? value : [value]) {
        if (isRecord(item)) collect(item, into, inExpert);
      }
    }
  }
}

/** What tshark shows of every packet, out of the text of `-T json -x --no-duplicate-keys`. */
export function packetsOfJson(json: string): OraclePacket[] {
  const packets: unknown = JSON.parse(json);
  if (!Array.isArray(packets)) throw new Error('not the JSON of tshark');
  return packets.map((packet: unknown) => {
    const fields: OracleField[] = [];
    const source = isRecord(packet) ? packet['_source'] : undefined;
    const layers = isRecord(source) ? source['layers'] : undefined;
    if (!isRecord(layers)) return { fields, gaveUp: false };
    collect(layers, fields);
    const gaveUp = ['_ws.malformed', '_ws.short'].some((key) => key in layers);
    return { fields, gaveUp };
  });
}

/** Fields of every packet, out of the text of `-T json -x --no-duplicate-keys`. */
export function fieldsOfJson(json: string): OracleField[][] {
  return packetsOfJson(json).map(({ fields }) => fields);
}

/** Fields of the packets of a capture file. */
export function dissectFileByOracle(path: string): OracleField[][] {
  const json = execFileSync(
    'tshark',
    ['-n', '-r', path, '-T', 'json', '-x', '--no-duplicate-keys'],
    { encoding: 'utf8', maxBuffer: 2 ** 30, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return fieldsOfJson(json);
}

/** Runs `use` with the path of a capture of IPv6 packets. */
function withCapture<T>(packets: readonly Uint8Array[], use: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'oracle-'));
  try {
    const path = join(folder, 'packets.pcap');
    const writer = new PcapWriter({ linkType: LINKTYPE.raw });
    packets.forEach((bytes, i) => {
      writer.write({ bytes, seconds: 1_700_000_000 + i, nanoseconds: 0 });
    });
    writeFileSync(path, writer.take());
    return use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Fields of IPv6 packets. */
export function dissectByOracle(packets: readonly Uint8Array[]): OracleField[][] {
  return withCapture(packets, dissectFileByOracle);
}

/** The values of one field, a line for each of the packets. */
export function columnByOracle(packets: readonly Uint8Array[], field: string): string[] {
  const text = withCapture(packets, (path) =>
    execFileSync('tshark', ['-n', '-r', path, '-T', 'fields', '-e', field], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  return text.trimEnd().split('\n');
}
