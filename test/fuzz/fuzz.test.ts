/**
 * Every input that ever broke something, and a short search of each entry point. `npm run fuzz` searches longer and
 * with coverage.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { IS_ENDURANCE } from '../endurance.ts';
import { minimize, runCampaign } from './campaign.ts';
import { Coverage } from './coverage.ts';
import { ROOT } from './seeds.ts';
import { must, runBounded } from './target.ts';
import type { FuzzTarget } from './target.ts';
import { FUZZ_TARGETS } from './targets/index.ts';

const REGRESSIONS = path.join(ROOT, 'fixtures', 'regressions');
/** Changed inputs of each entry point. */
const INPUTS = IS_ENDURANCE ? 400 : 100;

describe.each(FUZZ_TARGETS)('$name', (target) => {
  const folder = path.join(REGRESSIONS, target.name);
  const files = existsSync(folder) ? readdirSync(folder) : [];
  it.each(files)('takes %s, which broke it once', async (file) => {
    await runBounded(target, new Uint8Array(readFileSync(path.join(folder, file))));
  });

  it(`takes its seeds and ${INPUTS} changed ones`, async () => {
    const { finding, runs } = await runCampaign(target, undefined, 20_240, (done) => done > INPUTS);
    if (finding !== undefined) {
      const { input, error } = await minimize(target, finding);
      throw new Error(`broken by ${Buffer.from(input).toString('hex')}`, { cause: error });
    }
    expect(runs).toBeGreaterThan(INPUTS);
  });
});

describe('the search itself', () => {
  /** Breaks on octets that only coverage finds one after another. */
  const lock: FuzzTarget = {
    name: 'lock',
    words: [],
    seeds: () => [new Uint8Array(6)],
    run(input) {
      if (input[0] !== 0x4d) return;
      if (input[1] !== 0x36) return;
      must(input[2] !== 0x21, 'open');
    },
  };

  it.skipIf(!IS_ENDURANCE)(
    'finds what one new block after another leads to, and makes it small (npm run endurance)',
    async () => {
      const coverage = new Coverage((url) => url.includes('fuzz.test'));
      const { finding } = await runCampaign(lock, coverage, 5, (runs) => runs > 400_000);
      coverage.stop();
      expect(finding).toBeDefined();
      if (finding === undefined) return;
      const { input } = await minimize(lock, finding);
      expect([...input]).toEqual([0x4d, 0x36, 0x21]);
    },
  );

  it('finds nothing without knowing what ran', async () => {
    const { finding } = await runCampaign(lock, undefined, 5, (runs) => runs > 20_000);
    expect(finding).toBeUndefined();
  });
});
