/**
 * `npm run bench:esp`: how fast ESP is opened, for each pair of transforms and size, against node:crypto alone on the
 * same octets. Four things take turns in one process, each on every batch of fresh packets:
 *
 * - raw: node:crypto as one would call it by hand, and nothing else;
 * - open: `openEsp` of the engine: the ICV, the plaintext and its trailer;
 * - path: header walk, look-up of the association, replay, open, header walk of what was inside;
 * - engine: all that an audit does with such a packet, with all rules.
 *
 * Rates are raw time over own time: 100 % is as fast as raw. At the end the memory of the engine is compared after a
 * collection, before and after many more packets.
 *
 * Options: `--rounds N` (25), `--packets N` of a batch (600), `--sizes LIST` (84,512,1400), `--only TEXT` of the name.
 */
import { parseArgs } from 'node:util';
import { loadRules } from '../cli/rules-directory.ts';
import type { RuleDefinition } from '../engine/rule-api.ts';
import { ESP_CASES } from './esp-cases.ts';
import type { EspCase } from './esp-cases.ts';
import { engineRun, openRun, pathRun, rawRun } from './esp-runs.ts';
import { EspTraffic } from './esp-traffic.ts';
import { median } from './measure.ts';

/** What the path shall reach of the raw rate at the largest size. */
const TARGET = 0.7;
/** Packets one side opens before the next has its turn: short, so that all meet the same load of the machine. */
const TURN = 100;
/** Rounds nobody looks at: code becomes fast only when it has run. */
const WARM_UP = 4;
/** Packets before memory is looked at first; nine times as many follow. */
const FEW = 10_000;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '25' },
    packets: { type: 'string', default: '600' },
    sizes: { type: 'string', default: '84,512,1400' },
    only: { type: 'string', default: '' },
  },
});
const rounds = Number(values.rounds);
const batchPackets = Number(values.packets);
const sizes = values.sizes.split(',').map(Number);

/** CPU microseconds of all threads of the process. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** CPU microseconds a packet in each round, one list for each of raw, open, path and engine. */
function measureCase(
  espCase: EspCase,
  size: number,
  rules: readonly RuleDefinition[],
): readonly (readonly number[])[] {
  const traffic = new EspTraffic(espCase);
  const runs = [rawRun(traffic), openRun(traffic), pathRun(traffic), engineRun(traffic, rules)];
  const times: number[][] = runs.map(() => []);
  for (let round = -WARM_UP; round < rounds; round++) {
    const { bytes, frames } = traffic.batch(batchPackets, size);
    // What making the batch left behind is nobody's cost.
    globalThis.gc?.({ type: 'minor', execution: 'sync' });
    const spent = runs.map(() => 0);
    for (let from = 0, turn = 0; from < batchPackets; from += TURN, turn++) {
      const part = { bytes, frames: frames.slice(from, from + TURN) };
      // Each has every place in turn: what comes later finds the octets in the caches, and a collection comes after
      // the same number of packets each time.
      for (let i = 0; i < runs.length; i++) {
        const index = (i + turn + round + WARM_UP) % runs.length;
        const start = cpu();
        runs[index]?.(part);
        spent[index] = (spent[index] ?? 0) + cpu() - start;
      }
    }
    if (round < 0) continue;
    for (const [i, all] of spent.entries()) times[i]?.push(all / batchPackets);
  }
  return times;
}

/** Value below which a quarter, half or three quarters of the values are. */
function quartile(numbers: readonly number[], part: 1 | 2 | 3): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(((sorted.length - 1) * part) / 4)] ?? Number.NaN;
}

function percent(ratios: readonly number[]): string {
  const [low = '', middle = '', high = ''] = ([1, 2, 3] as const).map((part) =>
    (100 * quartile(ratios, part)).toFixed(0),
  );
  return `${middle.padStart(4)} % (${low} to ${high})`.padEnd(20);
}

/** Measures one case at one size and prints its row. @returns what the path reaches of the raw rate */
function report(espCase: EspCase, size: number, rules: readonly RuleDefinition[]): number {
  const [raw = [], ...sides] = measureCase(espCase, size, rules);
  const ratios = sides.map((side) => raw.map((time, i) => time / (side[i] ?? Number.NaN)));
  const times = [raw, ...sides].map((side) => median(side).toFixed(2).padStart(7));
  console.log(
    `${espCase.name.padEnd(31)}${String(size).padStart(5)} ${times.join(' ')}  ${ratios.map(percent).join(' ')}`,
  );
  return quartile(ratios[1] ?? [], 2);
}

/** Octets in use after a collection: the heap, and buffers outside it. */
function octetsInUse(collect: () => void): number {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Memory before and after ten times as many packets through the engine. */
function measureMemory(
  espCase: EspCase,
  rules: readonly RuleDefinition[],
  collect: () => void,
): string {
  const traffic = new EspTraffic(espCase);
  const run = engineRun(traffic, rules);
  const feed = (packets: number): void => {
    for (let fed = 0; fed < packets; fed += batchPackets) run(traffic.batch(batchPackets, 512));
  };
  feed(FEW);
  const before = octetsInUse(collect);
  feed(9 * FEW);
  const growth = octetsInUse(collect) - before;
  return `${espCase.name.padEnd(31)} ${(growth / 1024).toFixed(0).padStart(6)} KiB more after ${9 * FEW} more packets`;
}

const rules = await loadRules();
const cases = ESP_CASES.filter(({ name }) => name.includes(values.only));
const columns = ['raw', 'open', 'path', 'engine'].map((name) => name.padStart(7)).join(' ');
console.log(
  `${rounds} rounds of ${batchPackets} packets, 12 associations, ${rules.length} rules, Node ${process.version}\n\n` +
    `${'CPU microseconds a packet'.padEnd(31)} size ${columns}  ` +
    ['open', 'path', 'engine'].map((name) => `rate of ${name}`.padEnd(20)).join(' '),
);
const short: string[] = [];
const largest = Math.max(...sizes);
for (const espCase of cases) {
  for (const size of sizes) {
    const rate = report(espCase, size, rules);
    if (size === largest && rate < TARGET) short.push(espCase.name);
  }
}
console.log(
  short.length === 0
    ? `\nAt ${largest} octets the path reaches ${100 * TARGET} % of the raw rate with all of them.\n`
    : `\nBelow ${100 * TARGET} % of the raw rate at ${largest} octets: ${short.join('; ')}.\n`,
);
const { gc } = globalThis;
if (gc === undefined) console.log('Memory: not measured; start Node.js with --expose-gc.');
else {
  for (const espCase of cases) {
    console.log(
      measureMemory(espCase, rules, () => {
        gc();
      }),
    );
  }
}
