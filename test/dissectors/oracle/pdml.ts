/**
 * tshark's field trees as PDML: beside names, values and places it tells how values are called.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodePcapng } from '../../../dissectors/capture-file/capture-writer.ts';
import type { OracleField, OraclePacket } from './tshark.ts';

/** A packet for tshark. */
export interface PacketForOracle {
  readonly bytes: Uint8Array;
  readonly linkType: number;
  readonly originalLength?: number;
}

const ENTITIES = new Map([
  ['&lt;', '<'],
  ['&gt;', '>'],
  ['&quot;', '"'],
  ['&apos;', "'"],
  ['&#x27;', "'"],
  ['&amp;', '&'],
]);

function attribute(line: string, name: string): string {
  const from = line.indexOf(` ${name}="`);
  if (from < 0) return '';
  const start = from + name.length + 3;
  const text = line.slice(start, line.indexOf('"', start));
  return text.includes('&')
    ? text.replaceAll(/&(?:lt|gt|quot|apos|amp|#x27);/g, (entity) => ENTITIES.get(entity) ?? entity)
    : text;
}

/** `Status: Binding Update accepted (0)`, behind dots and bits for a part of an octet. */
const NAMED = /^(?:[.01 ]+ = )?[^:]*: (.+) \((?:0x[0-9a-f]+|-?\d+)\)$/i;

function fieldOf(line: string, isExpert: boolean): OracleField | undefined {
  const name = attribute(line, 'name');
  // Lines of text alone, and what is computed about the packet.
  if (name === '' || name.startsWith('_ws.')) return undefined;
  const valueName = NAMED.exec(attribute(line, 'showname'))?.[1];
  return {
    name,
    // Where nothing is shown, or nothing before a zero octet, the octets themselves.
    value: attribute(line, 'show') || attribute(line, 'value'),
    offset: Number(attribute(line, 'pos')),
    length: Number(attribute(line, 'size')),
    mask: 0,
    ...(valueName === undefined ? {} : { valueName }),
    ...(isExpert ? { isExpert } : {}),
  };
}

/** Headers that are fields as well: `ipv6.dstopts`. */
const HAS_DOT = /^<proto name="[a-z0-9]+\./;

/** Packets of the text of `-T pdml`. */
export function packetsOfPdml(text: string): OraclePacket[] {
  const packets: OraclePacket[] = [];
  let fields: OracleField[] = [];
  let gaveUp = false;
  let inExpert = false;
  for (let from = 0; from < text.length;) {
    const to = text.indexOf('\n', from);
    const line = text.slice(from, to < 0 ? text.length : to).trimStart();
    from = to < 0 ? text.length : to + 1;
    if (line.startsWith('<field name="_ws.expert"')) {
      inExpert = true;
    } else if (line === '</field>') {
      inExpert = false;
    } else if (line.startsWith('<field ') || (line.startsWith('<proto ') && HAS_DOT.test(line))) {
      const field = fieldOf(line, inExpert);
      if (field !== undefined) fields.push(field);
    } else if (
      line.startsWith('<proto name="_ws.malformed"') ||
      line.startsWith('<proto name="_ws.short"')
    ) {
      gaveUp = true;
    } else if (line === '</packet>') {
      packets.push({ fields, gaveUp });
      fields = [];
      gaveUp = false;
    }
  }
  return packets;
}

/** Reassembly off: every packet stands for itself. */
const SETTINGS = [
  'ipv6.defragment:FALSE',
  'ip.defragment:FALSE',
  'ip.check_checksum:TRUE',
  'tcp.check_checksum:TRUE',
  'udp.check_checksum:TRUE',
];

/** The capture as tshark shows it. */
function run(path: string, settings: readonly string[]): OraclePacket[] {
  const options = [...SETTINGS, ...settings].flatMap((setting) => ['-o', setting]);
  const text = execFileSync('tshark', ['-n', '-r', path, '-T', 'pdml', ...options], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    stdio: ['ignore', 'pipe', 'ignore'],
    // No configuration of the user takes part.
    env: { ...process.env, HOME: tmpdir(), XDG_CONFIG_HOME: tmpdir() },
  });
  return packetsOfPdml(text);
}

/**
 * Packets of any link types, dissected in one run.
 * @param settings further `-o` settings: keys.
 */
export function dissectByTshark(
  packets: readonly PacketForOracle[],
  settings: readonly string[] = [],
): OraclePacket[] {
  const linkTypes = [...new Set(packets.map(({ linkType }) => linkType))];
  const file = encodePcapng(
    packets.map(({ bytes, linkType, originalLength = bytes.length }, i) => ({
      bytes,
      originalLength,
      interfaceIndex: linkTypes.indexOf(linkType),
      seconds: 1_700_000_000 + i,
      nanoseconds: 0,
    })),
    linkTypes.map((linkType) => ({ linkType })),
  );
  const folder = mkdtempSync(join(tmpdir(), 'oracle-'));
  try {
    const path = join(folder, 'packets.pcapng');
    writeFileSync(path, file);
    return run(path, settings);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
