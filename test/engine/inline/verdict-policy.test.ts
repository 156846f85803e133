import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../../engine/rule-api.ts';
import type { Site } from '../../../engine/site.ts';
import { loadRules } from '../../../cli/rules-directory.ts';
import { PacketJudge } from '../../../engine/inline/index.ts';
import { UNKNOWN_SITE } from '../../../engine/site.ts';
import { judgeCaptures } from './judged-captures.ts';
import type { CaptureSet, JudgedCapture, JudgingOptions } from './judged-captures.ts';

/** A Binding Update in clear: one finding, certain, of one rule. */
const CLEAR: CaptureSet = {
  folder: 'rules/mip6-1801',
  files: ['alert.pcapng'],
  site: '../site.yaml',
  keys: '../keys.esp_sa',
};
const RULE = 'MIP6-1801';
/** An advertisement of another router: partial. */
const PARTIAL: CaptureSet = {
  folder: 'rules/mip6-2005',
  files: ['alert.pcapng'],
  site: '../site.yaml',
  keys: '../keys.esp_sa',
};
/** More Binding Refresh Requests than there may be. */
const FLOOD: CaptureSet = {
  folder: 'rules/mip6-1213',
  files: ['alert.pcapng'],
  site: '../site.yaml',
  keys: '../keys.esp_sa',
};

const ALL_OF_IT = { prefix: new Uint8Array(16), length: 0 };
const NOWHERE = { prefix: new Uint8Array(16).fill(0xfd, 0, 1), length: 16 };

function refusedBy({ objections }: JudgedCapture, ruleId: string): number {
  return objections.filter(({ passed, reason }) => !passed && reason.ruleId === ruleId).length;
}

async function refused(
  capture: CaptureSet,
  ruleId: string,
  options: JudgingOptions,
): Promise<number> {
  return refusedBy(await judgeCaptures(capture, options), ruleId);
}

function site(changes: Partial<Site>): Pick<JudgingOptions, 'site'> {
  return { site: (before) => ({ ...before, ...changes }) };
}

describe('the verdict on a packet', () => {
  const always = 1;

  it('is that of the rule when nobody says another', async () => {
    expect(await refused(CLEAR, RULE, {})).toBe(always);
  });

  it('is the gateway’s own for a rule', async () => {
    const verdicts = new Map<string, Verdict>([[RULE, 'alert']]);
    expect(await refused(CLEAR, RULE, { verdicts })).toBe(0);
  });

  it('is what the site says of a rule', async () => {
    const rules = { [RULE]: { verdict: 'alert' } } as const;
    const judged = await judgeCaptures(CLEAR, site({ rules }));
    expect(refusedBy(judged, RULE)).toBe(0);
    expect(judged.summary.alerts.find(({ rule }) => rule.id === RULE)?.verdict).toBe('alert');
  });

  it('is the gateway’s rather than that of the site for the whole rule', async () => {
    const rules = { [RULE]: { verdict: 'alert' } } as const;
    const verdicts = new Map<string, Verdict>([[RULE, 'drop']]);
    expect(await refused(CLEAR, RULE, { ...site({ rules }), verdicts })).toBe(always);
  });

  it('is that of an override for its part of the network, whatever the gateway says', async () => {
    const verdicts = new Map<string, Verdict>([[RULE, 'drop']]);
    const override = { rules: [RULE], verdict: 'alert' } as const;
    const here = site({ overrides: [{ ...override, address: ALL_OF_IT }] });
    const elsewhere = site({ overrides: [{ ...override, address: NOWHERE }] });
    expect(await refused(CLEAR, RULE, { ...here, verdicts })).toBe(0);
    expect(await refused(CLEAR, RULE, { ...elsewhere, verdicts })).toBe(always);
  });

  it('is nothing where an override switches the rule off', async () => {
    const off = { rules: [RULE], enabled: false } as const;
    const overrides = [{ ...off, address: ALL_OF_IT }];
    expect(await refused(CLEAR, RULE, site({ overrides }))).toBe(0);
    const others = [{ ...off, address: NOWHERE }];
    expect(await refused(CLEAR, RULE, site({ overrides: others }))).toBe(always);
  });

  it('is that of a rate filter from the finding on that exceeds it', async () => {
    const filter = {
      rules: ['MIP6-1213'],
      track: 'by_dst',
      count: 2,
      seconds: 60,
      timeout: 60,
      verdict: 'drop',
    } as const;
    const before = await judgeCaptures(FLOOD, { dropsPartial: true });
    expect(before.objections).toEqual([]);
    const judged = await judgeCaptures(FLOOD, {
      dropsPartial: true,
      ...site({ rateFilters: [filter] }),
    });
    const findings = before.summary.alerts.reduce((sum, { count }) => sum + count, 0);
    expect(refusedBy(judged, 'MIP6-1213')).toBe(findings - 2);
  });

  it('stays where a suppression hides the alert', async () => {
    const judged = await judgeCaptures(CLEAR, site({ suppressions: [{ rules: 'all' }] }));
    expect(judged.summary.alerts).toEqual([]);
    expect(refusedBy(judged, RULE)).toBe(always);
  });

  it('stays where a threshold holds the alert back', async () => {
    const thresholds = [
      { rules: 'all', type: 'threshold', track: 'by_rule', count: 100, seconds: 9 },
    ] as const;
    const judged = await judgeCaptures(CLEAR, site({ thresholds }));
    expect(judged.summary.alerts).toEqual([]);
    expect(refusedBy(judged, RULE)).toBe(always);
  });

  it('needs certainty, unless partial findings are to drop as well', async () => {
    expect(await refused(PARTIAL, 'MIP6-2005', {})).toBe(0);
    expect(await refused(PARTIAL, 'MIP6-2005', { dropsPartial: true })).toBe(1);
  });
});

describe('the reason of a drop', () => {
  it('says what an alert says, and names the packet', async () => {
    const { objections, summary } = await judgeCaptures(CLEAR);
    const [objection] = objections;
    const alert = summary.alerts.find(({ rule }) => rule.id === RULE);
    expect(objection?.reason).toMatchObject({
      ruleId: RULE,
      title: alert?.rule.title,
      severity: alert?.severity,
      verdict: 'drop',
      confidence: 'certain',
      object: alert?.draft.object,
      message: alert?.draft.message,
      evidence: alert?.draft.evidence,
      attacker: alert?.draft.attacker,
      homeAddress: alert?.draft.homeAddress,
      wouldDrop: false,
    });
    expect(objection?.reason.packet.number).toBe(objection?.packet);
  });

  it('is that of the most specific rule, with the others beside it', async () => {
    const { objections } = await judgeCaptures({
      folder: 'captures',
      files: ['relay-attack.pcapng'],
      site: 'relay-attack.site.yaml',
      keys: 'relay-attack.esp_sa',
    });
    const relayed = objections.find(({ reason }) => reason.ruleId === 'MIP6-1106');
    expect(relayed?.reason.related.map(({ ruleId }) => ruleId)).toContain('MIP6-1108');
  });

  it('is gone with the next packet', async () => {
    const reasons: boolean[] = [];
    await judgeCaptures(CLEAR, {
      before: (_record, judge) => {
        reasons.push(judge.reason !== undefined);
        return true;
      },
    });
    expect(reasons[0]).toBe(false);
  });
});

describe('a judge', () => {
  const parts = {
    engine: { site: UNKNOWN_SITE, rules: [], associations: [], inputs: [], interfaces: [] },
    mode: 'monitor',
    verdicts: new Map(),
    dropsPartial: false,
  } as const;

  it.each([
    { perSecond: 0, burst: 1 },
    { perSecond: Number.NaN, burst: 1 },
    { perSecond: 1, burst: 0.5 },
  ])('refuses a limit that lets nothing pass: %o', (rateLimit) => {
    expect(() => new PacketJudge({ ...parts, rateLimit })).toThrow(RangeError);
  });

  it('changes its mode and its verdicts while packets go through', async () => {
    let number = 0;
    const judged = await judgeCaptures(CLEAR, {
      mode: 'monitor',
      before(_record, judge) {
        number++;
        if (number === 1) {
          judge.mode = 'enforce';
          judge.reconfigure({ verdicts: new Map([[RULE, 'alert']]) });
        }
        return true;
      },
    });
    expect(judged.objections).toEqual([]);
    expect(judged.judge.mode).toBe('enforce');
  });

  it('keeps all its settings when one of the new ones cannot be used', async () => {
    const rules = await loadRules();
    const [first] = rules;
    if (first === undefined) throw new Error('no rules');
    const { judge } = await judgeCaptures(CLEAR);
    const engine = { rules: [first, first], site: UNKNOWN_SITE };
    expect(() => judge.reconfigure({ dropsPartial: true, engine })).toThrow(first.id);
    expect(judge.policy.dropsPartial).toBe(false);
  });
});
