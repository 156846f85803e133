/**
 * `npm run fuzz -- [--minutes N] [--target NAME]... [--seed N]`: searches for inputs that break something.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runCampaign, minimize } from './campaign.ts';
import { Coverage } from './coverage.ts';
import { ROOT } from './seeds.ts';
import { FUZZ_TARGETS } from './targets/index.ts';

const HELP = `Searches for inputs that break an entry point; what it finds becomes a regression file.

  npm run fuzz                                   all targets, 9 minutes in all
  npm run fuzz -- --minutes 120 --target dissector
  npm run fuzz -- --seed 7

  --minutes N     time for all targets together; default 9
  --target NAME   one of: ${FUZZ_TARGETS.map(({ name }) => name).join(', ')}; may be repeated
  --seed N        start of the random numbers; default: the time

Exit codes: 0 nothing found; 1 found, the files are in fixtures/regressions; 2 usage.
`;

const MINUTE = 60_000;

function usage(message: string): never {
  console.error(`fuzz: ${message}\n\n${HELP}`);
  process.exit(2);
}

function options(): { minutes: number; names: readonly string[]; seed: number } {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        minutes: { type: 'string', default: '9' },
        target: { type: 'string', multiple: true, default: [] },
        seed: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (error) {
    usage(error instanceof Error ? error.message : String(error));
  }
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  const minutes = Number(values.minutes);
  if (!(minutes > 0 && minutes <= 10_000)) usage('--minutes: expected a number from 0 to 10000');
  const unknown = values.target.find(
    (name) => !FUZZ_TARGETS.some((target) => target.name === name),
  );
  if (unknown !== undefined) usage(`--target: there is no ${unknown}`);
  const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
  if (!Number.isInteger(seed)) usage('--seed: expected a whole number');
  return { minutes, names: values.target, seed };
}

const { minutes, names, seed } = options();
const targets = FUZZ_TARGETS.filter(({ name }) => names.length === 0 || names.includes(name));
const budget = (minutes * MINUTE) / targets.length;
console.log(`seed ${seed}, ${targets.length} targets, ${(budget / 1000).toFixed(0)} s each`);
let found = 0;
for (const target of targets) {
  const coverage = new Coverage((url) => url.includes('/dist/') && !url.includes('/dist/test/'));
  const start = Date.now();
  const result = await runCampaign(target, coverage, seed, () => Date.now() - start > budget);
  coverage.stop();
  const { runs, corpus, finding } = result;
  const rate = Math.round((runs * 1000) / Math.max(1, Date.now() - start));
  console.log(
    `${target.name.padEnd(12)} ${runs} inputs (${rate}/s), ${result.coverage} characters of the program, corpus ${corpus}`,
  );
  if (finding === undefined) continue;
  found++;
  const { input, error } = await minimize(target, finding);
  const hash = createHash('sha256').update(input).digest('hex').slice(0, 12);
  const folder = path.join(ROOT, 'fixtures', 'regressions', target.name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, `${hash}.bin`), input);
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  console.error(`${target.name}: ${text}`);
  console.error(`kept as fixtures/regressions/${target.name}/${hash}.bin (${input.length} octets)`);
}
process.exit(found === 0 ? 0 : 1);
