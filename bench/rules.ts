/**
 * `npm run bench:rules`: what all rules together cost, as a share of the CPU time of an audit, and what they say about a large
 * mix in which nothing is wrong. Measured in two ways, with and without rules in turn:
 *
 * - of the audit: the whole command as a user starts it, `audit --keys FILE --format eve`; without rules they are switched off
 *   by a site file
 * - of the engine: nothing but packets from a file through the engine, in one process; no report, no start
 *
 * Options: `--packets N` (1000000), `--pairs N` (5), `--directory DIR` (the system's temporary one), `--write` (keeps the
 * figures in bench/rules-cost.json, from which docs/coverage.md is made).
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadRules } from '../cli/rules-directory.ts';
import { parseKeyText } from '../engine/keys/key-text.ts';
import { Engine } from '../engine/pipeline.ts';
import { UNKNOWN_SITE } from '../engine/site.ts';
import { openCaptures } from '../io/capture/file.ts';
import { generateLarge } from './generate-large.ts';
import { measure, median } from './measure.ts';

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

const rules = await loadRules();

/** CPU seconds without and with rules. */
interface Pair {
  readonly without: number;
  readonly with: number;
}

/** What rules take of the time of an audit, of a hundred. */
interface Share {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

const shareOf = ({ without, with: all }: Pair): number => (100 * (all - without)) / all;

/** CPU seconds of one run. */
type Run = (withRules: boolean) => Promise<number>;

/** A run without and one with rules; which comes first changes from pair to pair. */
async function pairOf(run: Run, isWithFirst: boolean): Promise<Pair> {
  const first = await run(isWithFirst);
  const second = await run(!isWithFirst);
  return isWithFirst ? { with: first, without: second } : { with: second, without: first };
}

/** Pairs of one way to measure; each is told when it is done. */
async function shareIn(name: string, run: Run): Promise<Share> {
  const shares: number[] = [];
  for (let i = 1; i <= pairs; i++) {
    const times = await pairOf(run, i % 2 === 0);
    const share = shareOf(times);
    console.log(
      `${name}, pair ${i}: without rules ${times.without.toFixed(2)} s, with ${rules.length} rules ${times.with.toFixed(2)} s: ${share.toFixed(1)} %`,
    );
    shares.push(share);
  }
  const rounded = (value: number): number => Math.round(value * 10) / 10;
  const share = {
    median: rounded(median(shares)),
    least: rounded(Math.min(...shares)),
    most: rounded(Math.max(...shares)),
  };
  console.log(`rules take ${share.median} % of ${name} (${share.least} to ${share.most})\n`);
  return share;
}

/** The command as a user starts it. */
async function auditRun(withRules: boolean): Promise<number> {
  const main = fileURLToPath(new URL('../cli/main.js', import.meta.url));
  const audit = [process.execPath, main, 'audit', '--keys', file.keys, '--format', 'eve'];
  const run = await measure([
    ...audit,
    ...(withRules ? [] : ['--config', siteWithoutRules]),
    file.capture,
  ]);
  if (run.exitCode !== 0) throw new Error(`the audit ended with exit code ${run.exitCode}`);
  return run.cpu;
}

let accusations = 0;
/** Packets of the file through an engine. */
async function engineRun(withRules: boolean): Promise<number> {
  const { source } = await openCaptures([file.capture], { recursive: false });
  const engine = new Engine({
    site: UNKNOWN_SITE,
    rules: withRules ? rules : [],
    associations,
    inputs: source.inputs,
    interfaces: source.interfaces,
    seed: 1,
  });
  const before = process.cpuUsage();
  await source.run((record) => {
    engine.feed(record);
  });
  const { alerts } = engine.finish();
  const { user, system } = process.cpuUsage(before);
  const accused = alerts.filter(({ severity }) => !/^(info|low)$/.test(severity));
  accusations = Math.max(accusations, accused.length);
  for (const { rule, draft } of accused) console.log(`${rule.id}: ${draft.message}`);
  return (user + system) / 1e6;
}

const siteWithoutRules = path.join(values.directory, 'without-rules.yaml');
writeFileSync(
  siteWithoutRules,
  `version: 1\nrules:\n${rules.map(({ id }) => `  ${id}: { enabled: false }\n`).join('')}`,
);
const share = await shareIn('the audit', auditRun);
// For nothing: code is compiled.
await pairOf(engineRun, false);
const shareOfEngine = await shareIn('the engine alone', engineRun);
console.log(`alerts of medium or higher: ${accusations} in ${packets} packets`);
if (values.write) {
  const figures = {
    packets,
    rules: rules.length,
    accusations,
    share,
    shareOfEngine,
    pairs,
    node: process.version,
  };
  // This file runs from dist/bench; the figures belong to the source.
  const target = path.join(import.meta.dirname, '../../bench/rules-cost.json');
  writeFileSync(target, `${JSON.stringify(figures, null, 2)}\n`);
}
