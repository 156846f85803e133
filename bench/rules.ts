/**
 * `npm run bench:rules`: what all rules together cost, as a share of the CPU time of an audit, and what they say about a large
 * mix in which nothing is wrong. Audits with and without rules take turns in one process, packets come from memory.
 *
 * Options: `--packets N` (1000000), `--pairs N` (5), `--directory DIR` (the system's temporary one), `--write` (keeps the
 * figures in bench/rules-cost.json, from which docs/coverage.md is made).
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { loadRules } from '../cli/rules-directory.ts';
import type { EngineSummary } from '../engine/engine.ts';
import { parseKeyText } from '../engine/keys/key-text.ts';
import { Engine } from '../engine/pipeline.ts';
import type { RuleDefinition } from '../engine/rule-api.ts';
import { UNKNOWN_SITE } from '../engine/site.ts';
import { openCaptures } from '../io/capture/file.ts';
import { generateLarge } from './generate-large.ts';
import { median } from './measure.ts';

const { values } = parseArgs({
  options: {
    packets: { type: 'string', default: '1000000' },
    pairs: { type: 'string', default: '5' },
    directory: { type: 'string', default: path.join(tmpdir(), 'mip6guard-bench') },
    write: { type: 'boolean', default: false },
  },
});
const packets = Number(values.packets);
const pairs = Number(values.pairs);
mkdirSync(values.directory, { recursive: true });
const file = generateLarge(path.join(values.directory, `mixed-${packets}.pcap`), packets);
const { associations } = parseKeyText(readFileSync(file.keys, 'latin1'), file.keys);

/** An audit of the file; CPU seconds and what it says. */
async function audit(
  rules: readonly RuleDefinition[],
): Promise<{ readonly cpu: number; readonly summary: EngineSummary }> {
  const { source } = await openCaptures([file.capture], { recursive: false });
  const engine = new Engine({
    site: UNKNOWN_SITE,
    rules,
    associations,
    inputs: source.inputs,
    interfaces: source.interfaces,
    seed: 1,
  });
  const before = process.cpuUsage();
  await source.run((record) => {
    engine.feed(record);
  });
  const summary = engine.finish();
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / 1e6, summary };
}

const rules = await loadRules();
const shares: number[] = [];
let accusations = 0;
// The first pair warms up and does not count.
for (let pair = 0; pair <= pairs; pair++) {
  const without = await audit([]);
  const withRules = await audit(rules);
  const accused = withRules.summary.alerts.filter(({ severity }) => !/^(info|low)$/.test(severity));
  accusations = accused.length;
  for (const { rule, draft } of accused) console.log(`${rule.id}: ${draft.message}`);
  const share = (100 * (withRules.cpu - without.cpu)) / withRules.cpu;
  console.log(
    `${pair === 0 ? 'warm-up' : `pair ${pair}`}: without rules ${without.cpu.toFixed(2)} s, with ${rules.length} rules ${withRules.cpu.toFixed(2)} s: ${share.toFixed(1)} %`,
  );
  if (pair > 0) shares.push(share);
}
const rounded = (value: number): number => Math.round(value * 10) / 10;
const share = {
  median: rounded(median(shares)),
  least: rounded(Math.min(...shares)),
  most: rounded(Math.max(...shares)),
};
console.log(
  `rules take ${share.median} % of the CPU time (${share.least} to ${share.most}); ` +
    `alerts of medium or higher: ${accusations} in ${packets} packets`,
);
if (values.write) {
  const figures = {
    packets,
    rules: rules.length,
    accusations,
    share,
    pairs,
    node: process.version,
  };
  // This file runs from dist/bench; the figures belong to the source.
  const target = path.join(import.meta.dirname, '../../bench/rules-cost.json');
  writeFileSync(target, `${JSON.stringify(figures, null, 2)}\n`);
}
