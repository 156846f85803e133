import { describe, expect, it } from 'vitest';
import { MAX_TRACKED } from '../../../engine/rules/thresholds.ts';
import type { RateFilter, RuleThreshold, Suppression } from '../../../engine/rules/settings.ts';
import { ATTACKER, CORRESPONDENT, prefix } from '../../rules/site.ts';
import { bench, noisyRule } from './noisy-rule.ts';

const RULE = 'MIP6-9901';
const rules = [noisyRule(RULE)];

/** Times of findings that got through. */
function passed(
  threshold: Partial<RuleThreshold>,
  packets: readonly (number | readonly [second: number, source: Uint8Array])[],
): { count: number; held: number; alerts: number } {
  const { engine, send } = bench(rules, {
    thresholds: [
      { rules: [RULE], type: 'threshold', track: 'by_src', count: 3, seconds: 10, ...threshold },
    ],
  });
  for (const item of packets) {
    if (typeof item === 'number') send(item);
    else send(item[0], item[1]);
  }
  const { alerts, heldBack } = engine.finish();
  const count = alerts.reduce((sum, alert) => sum + alert.count, 0);
  return { count, held: heldBack, alerts: alerts.length };
}

describe('a threshold', () => {
  it('of type threshold lets every third finding of a period through', () => {
    expect(passed({ type: 'threshold' }, [0, 1, 2, 3, 4, 5, 6])).toEqual({
      count: 2,
      held: 5,
      alerts: 1,
    });
  });

  it('of type threshold begins to count anew when the period is over', () => {
    expect(passed({ type: 'threshold' }, [0, 1, 10, 11])).toMatchObject({ count: 0, held: 4 });
    expect(passed({ type: 'threshold' }, [0, 1, 10, 11, 12])).toMatchObject({ count: 1 });
  });

  it('of type limit lets the first findings of each period through', () => {
    expect(passed({ type: 'limit', count: 2 }, [0, 1, 2, 3, 10, 11, 12])).toMatchObject({
      count: 4,
      held: 3,
    });
  });

  it('of type both lets one finding of a period through, once there were enough', () => {
    expect(passed({ type: 'both' }, [0, 1, 2, 3, 4, 5, 10, 11, 12])).toMatchObject({ count: 2 });
    expect(passed({ type: 'both' }, [0, 1, 10, 11])).toMatchObject({ count: 0 });
  });

  it('counts by what it tracks', () => {
    const mixed = [
      [0, CORRESPONDENT],
      [1, ATTACKER],
      [2, CORRESPONDENT],
    ] as const;
    expect(passed({ track: 'by_src' }, mixed)).toMatchObject({ count: 0 });
    expect(passed({ track: 'by_dst' }, mixed)).toMatchObject({ count: 1 });
    expect(passed({ track: 'by_both' }, mixed)).toMatchObject({ count: 0 });
    expect(passed({ track: 'by_rule' }, mixed)).toMatchObject({ count: 1 });
    expect(passed({ track: 'by_home_address' }, mixed)).toMatchObject({ count: 1 });
  });

  it('leaves other rules alone', () => {
    expect(passed({ rules: ['MIP6-9902'] }, [0, 1])).toMatchObject({ count: 2, held: 0 });
    expect(passed({ rules: 'all' }, [0, 1])).toMatchObject({ count: 0, held: 2 });
  });

  it('cannot be made to forget by addresses that are made up', () => {
    const { engine, send } = bench(rules, {
      thresholds: [
        { rules: 'all', type: 'threshold', track: 'by_src', count: 3, seconds: 100_000 },
      ],
    });
    const made = new Uint8Array(ATTACKER);
    for (let i = 0; i < MAX_TRACKED + 10; i++) {
      made[12] = i >> 16;
      made[13] = i >> 8;
      made[14] = i & 0xff;
      send(0, made);
    }
    for (const second of [1, 2, 3]) send(second);
    const { alerts } = engine.finish();
    expect(alerts.filter(({ draft }) => draft.object === '2001:db8:9::5')).toHaveLength(1);
  });
});

describe('a rate filter', () => {
  const filter: RateFilter = {
    rules: [RULE],
    track: 'by_src',
    count: 2,
    seconds: 10,
    timeout: 30,
    severity: 'high',
    verdict: 'drop',
  };
  const found = (seconds: readonly number[], changes: Partial<RateFilter> = {}) => {
    const { engine, send } = bench(rules, { rateFilters: [{ ...filter, ...changes }] });
    for (const second of seconds) send(second);
    return engine
      .finish()
      .alerts.map(({ severity, verdict, count }) => ({ severity, verdict, count }));
  };

  it('gives the findings after the count another severity and verdict, as an alert of their own', () => {
    expect(found([0, 1, 2, 3])).toEqual([
      { severity: 'low', verdict: undefined, count: 2 },
      { severity: 'high', verdict: 'drop', count: 2 },
    ]);
  });

  it('holds until its timeout and then counts anew', () => {
    expect(found([0, 1, 2, 31, 33, 34])).toEqual([
      { severity: 'low', verdict: undefined, count: 4 },
      { severity: 'high', verdict: 'drop', count: 2 },
    ]);
  });

  it('does nothing below its rate', () => {
    expect(found([0, 5, 10, 15, 20])).toEqual([{ severity: 'low', verdict: undefined, count: 5 }]);
  });
});

describe('a suppression', () => {
  const run = (suppression: Partial<Suppression>, today?: string) => {
    const { engine, send } = bench(
      rules,
      { suppressions: [{ rules: [RULE], ...suppression }] },
      today === undefined ? {} : { today },
    );
    for (const second of [0, 1]) send(second);
    send(2, ATTACKER);
    const { alerts, suppressions } = engine.finish();
    const [report] = suppressions;
    return {
      left: alerts.map(({ draft }) => draft.object),
      hidden: [report?.alerts, report?.findings],
      isExpired: report?.isExpired,
    };
  };
  const scope = (text: string) => [prefix(text)];

  it('hides and counts alerts and findings', () => {
    expect(run({})).toEqual({ left: [], hidden: [2, 3], isExpired: false });
    expect(run({ track: 'by_src', addresses: scope('2001:db8:9::/48') })).toEqual({
      left: ['2001:db8:6::66'],
      hidden: [1, 2],
      isExpired: false,
    });
    expect(run({ rules: ['MIP6-9902'] })).toMatchObject({ hidden: [0, 0] });
  });

  it.each<[Suppression['track'] & string, string, number]>([
    ['by_dst', '2001:db8:1::1/128', 2],
    ['by_dst', '2001:db8:9::/48', 0],
    ['by_either', '2001:db8:6::/48', 1],
    ['by_either', '2001:db8:1::/48', 2],
    ['by_home_address', '2001:db8:1::10/128', 2],
    ['by_home_address', '2001:db8:9::/48', 0],
  ])('%s %s hides %d alerts', (track, text, count) => {
    expect(run({ track, addresses: scope(text) }).hidden[0]).toBe(count);
  });

  it('holds through its last day and hides nothing later', () => {
    expect(run({ until: '2026-11-21' }, '2026-11-21')).toMatchObject({
      left: [],
      isExpired: false,
    });
    expect(run({ until: '2026-11-21' }, '2026-11-22')).toEqual({
      left: ['2001:db8:9::5', '2001:db8:6::66'],
      hidden: [0, 0],
      isExpired: true,
    });
  });

  it('keeps a finding from being counted by thresholds', () => {
    const { engine, send } = bench(rules, {
      suppressions: [{ rules: 'all', track: 'by_src', addresses: scope('2001:db8:6::/48') }],
      thresholds: [{ rules: 'all', type: 'threshold', track: 'by_rule', count: 2, seconds: 60 }],
    });
    send(0);
    send(1, ATTACKER);
    expect(engine.finish()).toMatchObject({ alerts: [], heldBack: 1 });
  });
});
