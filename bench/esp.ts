/**
 * `npm run bench:esp`: how fast ESP is opened, for each pair of transforms and size, against node:crypto alone on the
 * same octets. Three things take turns in one process, each on every batch of fresh packets:
 *
 * - raw: node:crypto as one would call it by hand, and nothing else;
 * - open: `openEsp` of the engine: the ICV, the plaintext and its trailer;
 * - path: the engine with all rules: header walk, look-up, replay, open, header walk of what was inside, rules.
 *
 * Rates are raw time over the time of the other two: 100 % is as fast as raw. At the end the memory of the whole path
 * is compared after a collection, before and after many more packets.
 *
 * Options: `--rounds N` (25), `--packets N` of a batch (600), `--sizes LIST` (84,512,1400), `--only TEXT` of the name.
 */
import { parseArgs } from 'node:util';
import { createEspResult, EspScratch, isOpen, openEsp } from '../engine/crypto/esp.ts';
import { Engine } from '../engine/pipeline.ts';
import { emptyPacketRecord } from '../engine/ports.ts';
import type { RuleDefinition } from '../engine/rule-api.ts';
import { UNKNOWN_SITE } from '../engine/site.ts';
import { loadRules } from '../cli/rules-directory.ts';
import { ESP_CASES } from './esp-cases.ts';
import type { EspCase } from './esp-cases.ts';
import { EspTraffic } from './esp-traffic.ts';
import type { EspBatch } from './esp-traffic.ts';
import { median } from './measure.ts';

const LINKTYPE_ETHERNET = 1;
/** Microseconds of capture time from packet to packet. */
const INTERVAL = 200;
/** What the whole path shall reach of the raw rate at the largest size. */
const TARGET = 0.7;
/** Packets one side opens before the next has its turn: short, so that all meet the same load of the machine. */
const TURN = 100;
/** Rounds nobody looks at: code becomes fast only when it has run. */
const WARM_UP = 4;

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

/** Opens every packet of a batch; throws when one does not open. */
type Run = (batch: EspBatch) => void;

function expectAll(what: string, opened: number, batch: EspBatch): void {
  if (opened !== batch.frames.length) {
    throw new Error(`${what}: ${opened} of ${batch.frames.length} packets opened`);
  }
}

function rawRun(traffic: EspTraffic): Run {
  const openers = traffic.rawOpeners();
  return (batch) => {
    let opened = 0;
    for (const { association, parts } of batch.frames) {
      if ((openers[association]?.(parts) ?? -1) >= 0) opened++;
    }
    expectAll('raw', opened, batch);
  };
}

function openRun(traffic: EspTraffic): Run {
  const associations = traffic.associations();
  const scratch = new EspScratch();
  const result = createEspResult();
  return (batch) => {
    let opened = 0;
    for (const { association, esp, end } of batch.frames) {
      const used = associations[association];
      if (used === undefined) continue;
      openEsp(used, batch.bytes, esp, end, scratch, result);
      if (isOpen(result) && result.integrityVerified) opened++;
    }
    expectAll('open', opened, batch);
  };
}

function pathRun(traffic: EspTraffic, rules: readonly RuleDefinition[]): Run {
  const engine = new Engine({
    site: UNKNOWN_SITE,
    rules,
    associations: traffic.associations(),
    inputs: [{ name: 'bench', packets: 0 }],
    interfaces: [
      {
        inputIndex: 0,
        name: undefined,
        description: undefined,
        linkType: LINKTYPE_ETHERNET,
        snapLength: 0,
      },
    ],
    seed: 1,
  });
  const record = emptyPacketRecord();
  record.linkType = LINKTYPE_ETHERNET;
  record.seconds = 1_700_000_000;
  const run: Run = (batch) => {
    const before = engine.counters.espOpened;
    record.bytes = batch.bytes;
    for (const { offset, end } of batch.frames) {
      record.offset = offset;
      record.end = end;
      record.originalLength = end - offset;
      record.number++;
      record.nanoseconds += INTERVAL * 1000;
      if (record.nanoseconds >= 1e9) {
        record.nanoseconds -= 1e9;
        record.seconds++;
      }
      engine.feed(record);
    }
    expectAll('path', engine.counters.espOpened - before, batch);
  };
  run(traffic.registrations());
  return run;
}

/** CPU microseconds of all threads of the process. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

interface Row {
  readonly raw: number;
  readonly open: number;
  readonly path: number;
  /** Raw time over own time, of each round. */
  readonly openRatios: readonly number[];
  readonly pathRatios: readonly number[];
}

/** Measures one case at one size. */
function measureCase(espCase: EspCase, size: number, rules: readonly RuleDefinition[]): Row {
  const traffic = new EspTraffic(espCase);
  const runs = [rawRun(traffic), openRun(traffic), pathRun(traffic, rules)];
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
  const [raw = [], open = [], path = []] = times;
  return {
    raw: median(raw),
    open: median(open),
    path: median(path),
    openRatios: raw.map((time, i) => time / (open[i] ?? Number.NaN)),
    pathRatios: raw.map((time, i) => time / (path[i] ?? Number.NaN)),
  };
}

/** Value below which a quarter, half or three quarters of the values are. */
function quartile(numbers: readonly number[], part: 1 | 2 | 3): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(((sorted.length - 1) * part) / 4)] ?? Number.NaN;
}

function percent(ratios: readonly number[]): string {
  const [low, middle, high] = ([1, 2, 3] as const).map((part) =>
    (100 * quartile(ratios, part)).toFixed(0),
  );
  return `${(middle ?? '').padStart(4)} % (${low ?? ''} to ${high ?? ''})`.padEnd(20);
}

function print(name: string, size: number, row: Row): void {
  const time = (value: number): string => value.toFixed(2).padStart(7);
  console.log(
    `${name.padEnd(31)}${String(size).padStart(5)} ${time(row.raw)} ${time(row.open)} ${time(row.path)}  ` +
      `${percent(row.openRatios)} ${percent(row.pathRatios)}`,
  );
}

/** Octets in use after a collection: the heap, and buffers outside it. */
function octetsInUse(collect: () => void): number {
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Memory before and after ten times as many packets through the whole path. */
function measureMemory(
  espCase: EspCase,
  rules: readonly RuleDefinition[],
  collect: () => void,
): string {
  const traffic = new EspTraffic(espCase);
  const run = pathRun(traffic, rules);
  const feed = (packets: number): void => {
    for (let fed = 0; fed < packets; fed += batchPackets) run(traffic.batch(batchPackets, 512));
  };
  const few = 10_000;
  feed(few);
  const before = octetsInUse(collect);
  feed(9 * few);
  const growth = octetsInUse(collect) - before;
  return `${espCase.name.padEnd(31)} ${(growth / 1024).toFixed(0).padStart(6)} KiB more after ${9 * few} more packets`;
}

const rules = await loadRules();
const cases = ESP_CASES.filter(({ name }) => name.includes(values.only));
console.log(
  `${rounds} rounds of ${batchPackets} packets, 12 associations, ${rules.length} rules, Node ${process.version}\n\n` +
    `${'CPU microseconds a packet'.padEnd(31)} size     raw    open    path  rate of open         rate of path`,
);
const short: string[] = [];
const largest = Math.max(...sizes);
for (const espCase of cases) {
  for (const size of sizes) {
    const row = measureCase(espCase, size, rules);
    print(espCase.name, size, row);
    if (size === largest && quartile(row.pathRatios, 2) < TARGET) short.push(espCase.name);
  }
}
console.log(
  short.length === 0
    ? `\nAt ${largest} octets the whole path reaches ${100 * TARGET} % of the raw rate with all of them.\n`
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
