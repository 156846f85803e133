/**
 * What it costs that packets wait for a verdict: CPU time of a judge as a ratio to that of an audit of the same packets, in
 * one process and turn by turn, and what the judge says about a large mix in which nothing is wrong.
 *
 * Options: `--packets N` (300000), `--pairs N` (5), `--directory DIR` (the system's temporary one).
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { loadRules } from '../cli/rules-directory.ts';
import { PacketJudge } from '../engine/inline/index.ts';
import { parseKeyText } from '../engine/keys/key-text.ts';
import { Engine } from '../engine/pipeline.ts';
import type { PacketRecord } from '../engine/ports.ts';
import { UNKNOWN_SITE } from '../engine/site.ts';
import { openCaptures } from '../io/capture/file.ts';
import { generateLarge } from './generate-large.ts';
import { median } from './measure.ts';

const { values } = parseArgs({
  options: {
    packets: { type: 'string', default: '300000' },
    pairs: { type: 'string', default: '5' },
    directory: { type: 'string', default: path.join(tmpdir(), 'mip6guard-bench') },
  },
});
const packets = Number(values.packets);
const pairs = Number(values.pairs);
mkdirSync(values.directory, { recursive: true });
const file = generateLarge(path.join(values.directory, `mixed-${packets}.pcap`), packets);
const rules = await loadRules();

/** Packets of the file in one of two ways; CPU seconds, and how many were objected to. */
async function run(isJudged: boolean): Promise<{ readonly cpu: number; readonly refused: number }> {
  const { source } = await openCaptures([file.capture], { recursive: false });
  const { associations } = parseKeyText(readFileSync(file.keys, 'latin1'), file.keys);
  const { inputs, interfaces } = source;
  const parts = { site: UNKNOWN_SITE, rules, associations, inputs, interfaces, seed: 1 };
  let refused = 0;
  let take: (record: PacketRecord) => void;
  if (isJudged) {
    const rateLimit = { perSecond: 10, burst: 20 };
    const policy = {
      mode: 'enforce',
      verdicts: new Map(),
      dropsPartial: false,
      rateLimit,
    } as const;
    const judge = new PacketJudge({ engine: parts, ...policy });
    take = (record) => {
      if (!judge.judge(record)) refused++;
    };
  } else {
    const engine = new Engine(parts);
    take = (record) => {
      engine.feed(record);
    };
  }
  const before = process.cpuUsage();
  await source.run(take);
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / 1e6, refused };
}

const ratios: number[] = [];
let refused = 0;
// The first pair warms up and does not count.
for (let pair = 0; pair <= pairs; pair++) {
  const audited = await run(false);
  const judged = await run(true);
  ({ refused } = judged);
  const ratio = judged.cpu / audited.cpu;
  const each = ((judged.cpu / packets) * 1e6).toFixed(2);
  console.log(
    `${pair === 0 ? 'warm-up' : `pair ${pair}`}: audit ${audited.cpu.toFixed(2)} s, judge ${judged.cpu.toFixed(2)} s (${each} us a packet): ${ratio.toFixed(2)}`,
  );
  if (pair > 0) ratios.push(ratio);
}
console.log(
  `judge to audit: ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}); ${refused} of ${packets} packets refused`,
);
