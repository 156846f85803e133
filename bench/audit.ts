/**
 * `npm run bench`: the whole audit against tshark printing the `mipv6` fields with the same keys on the same
 * file, in interleaved pairs; then peak memory on a file five times as long.
 *
 * Options: `--packets N` (1000000), `--pairs N` (5), `--directory DIR` (the system's temporary one).
 */
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { generateLarge } from './generate-large.ts';
import type { LargeCapture } from './generate-large.ts';
import { measure, median } from './measure.ts';
import type { Measurement } from './measure.ts';

const { values } = parseArgs({
  options: {
    packets: { type: 'string', default: '1000000' },
    pairs: { type: 'string', default: '5' },
    directory: { type: 'string', default: join(tmpdir(), 'mip6guard-bench') },
    'skip-memory': { type: 'boolean', default: false },
  },
});

const packets = Number(values.packets);
const pairs = Number(values.pairs);
const directory = values.directory;
const main = join(import.meta.dirname, '../cli/main.js');

function large(count: number): LargeCapture {
  const capture = join(directory, `mixed-${count}.pcap`);
  mkdirSync(directory, { recursive: true });
  if (!existsSync(capture)) process.stderr.write(`writing ${capture}\n`);
  return generateLarge(capture, count);
}

function row(name: string, runs: readonly Measurement[], count: number): string {
  const cpu = median(runs.map((run) => run.cpu));
  const wall = median(runs.map((run) => run.wall));
  const peak = Math.max(...runs.map((run) => run.peakMiB));
  return (
    `${name.padEnd(34)} cpu ${cpu.toFixed(2).padStart(7)} s  wall ${wall.toFixed(2).padStart(7)} s  ` +
    `peak ${peak.toFixed(0).padStart(5)} MiB  ${((cpu * 1e6) / count).toFixed(2)} us/packet`
  );
}

function expectClean(name: string, run: Measurement): void {
  if (run.exitCode !== 0) throw new Error(`${name} ended with exit code ${run.exitCode}`);
}

const file = large(packets);
const ours = [process.execPath, main, 'audit', '--keys', file.keys, file.capture];
const withoutKeys = [process.execPath, main, 'audit', file.capture];
const tshark = [
  'tshark',
  '-n',
  '-r',
  file.capture,
  ...file.tsharkOptions,
  '-Y',
  'mipv6',
  '-T',
  'fields',
  '-e',
  'frame.number',
  '-e',
  'ipv6.src',
  '-e',
  'ipv6.dst',
  '-e',
  'mip6.mhtype',
  '-e',
  'mip6.bu.seqnr',
  '-e',
  'mip6.bu.lifetime',
  '-e',
  'mip6.ba.status',
  '-e',
  'mip6.acoa.acoa',
];
const summary = ['tshark', '-n', '-r', file.capture];

/** Runs two commands in turn and prints the ratio of CPU times, B over A. */
async function compare(nameA: string, a: readonly string[], nameB: string, b: readonly string[]) {
  const runsA: Measurement[] = [];
  const runsB: Measurement[] = [];
  for (let i = 0; i < pairs; i++) {
    const runA = await measure(a);
    expectClean(nameA, runA);
    runsA.push(runA);
    const runB = await measure(b);
    expectClean(nameB, runB);
    runsB.push(runB);
  }
  const ratios = runsA.map((run, i) => (runsB[i]?.cpu ?? Number.NaN) / run.cpu);
  console.log(row(nameA, runsA, packets));
  console.log(row(nameB, runsB, packets));
  console.log(
    `  ratio of CPU time: median ${median(ratios).toFixed(1)}x ` +
      `(min ${Math.min(...ratios).toFixed(1)}, max ${Math.max(...ratios).toFixed(1)}, ${pairs} pairs)\n`,
  );
}

console.log(`${packets} packets, ${pairs} interleaved pairs, Node ${process.version}\n`);
await compare('mip6guard audit, keys', ours, 'tshark -Y mipv6 -T fields, keys', tshark);
await compare('mip6guard audit, no keys', withoutKeys, 'tshark -n summary', summary);

if (!values['skip-memory']) {
  const small = await measure(ours);
  const longer = large(packets * 5);
  const big = await measure([
    process.execPath,
    main,
    'audit',
    '--keys',
    longer.keys,
    longer.capture,
  ]);
  expectClean('audit of the longer file', big);
  console.log(row(`audit, ${packets} packets`, [small], packets));
  console.log(row(`audit, ${packets * 5} packets`, [big], packets * 5));
  console.log(`  peak memory ratio ${(big.peakMiB / small.peakMiB).toFixed(2)}`);
}
