/**
 * tcpdump as an independent dissector: its lines, taken apart into values of fields.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { encodePcap } from '../../../dissectors/capture-file/capture-writer.ts';
import { LINKTYPE } from '../../../dissectors/walk.ts';
import { SHARED, keysOf } from './captures.ts';
import type { SamplePacket } from './generated/index.ts';
import type { Statement } from './statements.ts';
import { statementsOfLine } from './tcpdump-line.ts';

/** Whether tcpdump can be run. */
export const hasTcpdump = spawnSync('tcpdump', ['--version']).status === 0;

/** Texts of the packets, with the lines that belong to them. */
function packetTexts(output: string): string[] {
  const texts: string[] = [];
  let text = '';
  for (const line of output.split('\n')) {
    // A packet starts with its number or its time; its further lines are indented by a tab or four blanks.
    const isFirst = /^ *\d+ +(?:\d{4}-|\[)|^\d\d:\d\d:\d\d\.|^\[Invalid/.test(line);
    if (isFirst && text !== '') texts.push(text);
    text = isFirst ? line : `${text}\n${line}`;
  }
  texts.push(text);
  return texts;
}

/** An output that tcpdump's own tests expect. */
export interface ExpectedOutput {
  /** Capture below the shared captures. */
  readonly name: string;
  readonly file: string;
  /** Key file rows, where the test gave keys. */
  readonly keys: string;
  readonly packets: readonly (readonly Statement[])[];
}

/** Captures of the outputs whose names are not theirs. */
const CAPTURE_OF = new Map([
  ['esp0', '02-sunrise-sunset-esp'],
  ['esp1', '02-sunrise-sunset-esp'],
  ['esp2', '08-sunrise-sunset-esp2'],
  ['esp5', '08-sunrise-sunset-aes'],
  ['icmpv6_opt24-v', 'icmpv6_opt24'],
  ['ikev2fourv', 'ikev2four'],
  ['ipv6_mobility_1-v', 'ipv6_mobility_1'],
]);
const WITH_KEYS = new Set(['esp1', 'esp2', 'esp5']);

const OUTPUTS = [
  ...['esp0', 'esp1', 'esp2', 'esp5', 'esp_truncated', 'espudp1', 'icmp6_mobileprefix_asan'],
  ...['icmpv6', 'icmpv6_opt24-v', 'ikev2four', 'ikev2fourv', 'ikev2pI2'],
  ...['ipv6-mobility-header-oobr', 'ipv6-routing-header', 'ipv6_mobility_1', 'ipv6_mobility_1-v'],
  ...['', '_2', '_3', '_4', '_5', '_6', '_7', '_8'].map((tail) => `mobility_opt_asan${tail}`),
];

/** All outputs that are there. */
export function expectedOutputs(): ExpectedOutput[] {
  return OUTPUTS.flatMap((output) => {
    const file = path.join(SHARED, 'tcpdump/expected', `${output}.out`);
    const name = `${CAPTURE_OF.get(output) ?? output}.pcap`;
    if (!existsSync(file)) return [];
    return [
      {
        name: `tcpdump/expected/${output}.out`,
        file: path.join(SHARED, 'tcpdump', name),
        keys: WITH_KEYS.has(output) ? keysOf(name) : '',
        packets: packetTexts(readFileSync(file, 'latin1')).map(statementsOfLine),
      },
    ];
  });
}

/** What tcpdump says of IPv6 packets. */
export function readByTcpdump(packets: readonly SamplePacket[]): Statement[][] {
  const folder = mkdtempSync(path.join(tmpdir(), 'oracle-'));
  try {
    const file = path.join(folder, 'packets.pcap');
    const records = packets.map(({ bytes }, i) => ({ bytes, seconds: i, nanoseconds: 0 }));
    writeFileSync(file, encodePcap(records, { linkType: LINKTYPE.raw }));
    const text = execFileSync('tcpdump', ['-n', '-v', '-r', file], {
      encoding: 'latin1',
      maxBuffer: 2 ** 28,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return packetTexts(text).map(statementsOfLine);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
