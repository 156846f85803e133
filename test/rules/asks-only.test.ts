/**
 * Rules that are asked about some events only say what they would say if they were asked about all of them.
 */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Engine } from '../../engine/pipeline.ts';
import type { RuleDefinition } from '../../engine/rule-api.ts';
import {
  FIXTURES,
  expectationFolders,
  expectedAudits,
  knowledge,
} from '../fixtures/expectations.ts';
import type { ExpectedAudit } from '../fixtures/expectations.ts';
import { IS_ENDURANCE } from '../endurance.ts';
import { MUTATIONS, holdCaptures, seedOf } from '../fixtures/mutations.ts';
import { Random } from '../fuzz/random.ts';

/** Of the audits of all captures one in so many is made, with the packets as they are and changed in one way. */
const EVERY = IS_ENDURANCE ? 10 : 30;

/** The rule as one that is asked about everything. */
function askedAlways(rule: RuleDefinition): RuleDefinition {
  return { ...rule, asksOnly: {} };
}

/** Conditions are what differs; they stand in the rules that alerts name. */
function withoutConditions(name: string, value: unknown): unknown {
  return name === 'asksOnly' ? undefined : value;
}

async function difference(audit: ExpectedAudit, way: number): Promise<readonly string[]> {
  const { folder, site, keys } = audit;
  const inFolder = (name: string | undefined): string | undefined =>
    name === undefined ? undefined : path.join(FIXTURES, folder, name);
  const known = await knowledge(inFolder(site), inFolder(keys));
  const { packets, inputs, interfaces } = await holdCaptures(audit);
  const mutation = MUTATIONS[way % MUTATIONS.length];
  const name = `${folder}/${audit.files.join('+')}`;
  const changed = mutation?.change(packets, new Random(seedOf(name))) ?? packets;
  const differing: string[] = [];
  for (const list of [packets, changed]) {
    const [some, all] = [known.rules, known.rules.map(askedAlways)].map((rules) => {
      const engine = new Engine({ ...known, rules, inputs, interfaces, seed: 1 });
      for (const packet of list) engine.feed({ ...packet });
      const { alerts, incidents, notJudged, counters, internalErrors } = engine.finish();
      const said = { alerts, incidents, notJudged, evictions: [...counters.evictions] };
      return JSON.stringify({ ...said, internalErrors }, withoutConditions);
    });
    if (some !== all) differing.push(name);
  }
  return differing;
}

describe('a rule that is asked about some events only', () => {
  it('says of captures what it says when it is asked about all', async () => {
    const audits = expectationFolders().flatMap((folder) => expectedAudits(folder));
    const differing: string[] = [];
    for (const [i, audit] of audits.entries()) {
      if (i % EVERY === 0) differing.push(...(await difference(audit, i / EVERY)));
    }
    expect(audits.length / EVERY).toBeGreaterThan(30);
    expect(differing).toEqual([]);
  });
});
