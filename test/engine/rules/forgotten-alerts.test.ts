import { describe, expect, it } from 'vitest';
import type { Alert } from '../../../engine/alert.ts';
import { ATTACKER, CORRESPONDENT, HOME_AGENT, address, makeSite } from '../../rules/site.ts';
import { bench, noisyRule } from './noisy-rule.ts';

const RULE = noisyRule('MIP6-9901');
const summaryOf = ({ id, draft, count }: Alert): string => `${id} ${draft.object} x${count}`;

describe('alerts of a run without an end', () => {
  it('are let go when they were not seen for the time that was asked for', () => {
    const told: string[] = [];
    const gone: string[] = [];
    const { engine, send } = bench(
      [RULE],
      {},
      {
        forgetAlertsAfter: 60,
        observer: {
          onAlert: (alert) => told.push(summaryOf(alert)),
          onAlertForgotten: (alert) => gone.push(summaryOf(alert)),
        },
      },
    );
    send(0, ATTACKER);
    send(0, CORRESPONDENT);
    for (const second of [30, 60, 90]) send(second, CORRESPONDENT);
    expect(gone).toEqual(['1 2001:db8:6::66 x1']);
    expect(engine.snapshot().alerts.map(summaryOf)).toEqual(['2 2001:db8:9::5 x4']);
    send(100, ATTACKER);
    expect(told).toEqual(['1 2001:db8:6::66 x1', '2 2001:db8:9::5 x1', '3 2001:db8:6::66 x1']);
    expect(engine.finish().incidents.flatMap(({ alerts }) => alerts.map(({ id }) => id))).toEqual(
      [],
    );
  });

  it('stay where nothing of the kind was asked for', () => {
    const { engine, send } = bench([RULE]);
    send(0, ATTACKER);
    send(100_000, CORRESPONDENT);
    expect(engine.finish().alerts).toHaveLength(2);
  });

  it('make room for others of their rule, so that a flood of them blinds nobody for ever', () => {
    const { engine, send } = bench([RULE], {}, { forgetAlertsAfter: 60 });
    for (let i = 0; i < 1500; i++) send(i / 100, address(`2001:db8:66::${(i + 1).toString(16)}`));
    expect(engine.snapshot().alerts).toHaveLength(1000);
    expect(engine.counters.evictions.get('alerts')).toBe(500);
    send(90, HOME_AGENT);
    send(91, ATTACKER);
    const { alerts } = engine.finish();
    expect(alerts.map(({ draft }) => draft.object)).toContain('2001:db8:6::66');
    expect(alerts.length).toBeLessThan(5);
  });

  it('keep few at every moment, however long the run', () => {
    let most = 0;
    const { engine, send } = bench([RULE], {}, { forgetAlertsAfter: 60 });
    for (let i = 0; i < 20_000; i++) {
      send(i, address(`2001:db8:66::${(i >> 12).toString(16)}:${(i & 0xfff).toString(16)}`));
      most = Math.max(most, engine.knowledge.alerts.length);
    }
    expect(most).toBeLessThanOrEqual(72);
    expect(engine.knowledge.incidents()).toEqual([]);
    expect(engine.finish().alerts.at(-1)?.id).toBe(20_000);
  });

  it('still keep the rule from being called one that could not judge', () => {
    const needy = { ...RULE, needs: ['security-associations'] as const };
    const { engine, send } = bench([needy], {}, { forgetAlertsAfter: 60 });
    send(0);
    send(200, HOME_AGENT);
    expect(engine.finish().notJudged).toEqual([]);
  });
});

describe('a suppression that ends during a run', () => {
  it('hides nothing any more once the day is told', () => {
    const site = makeSite({
      suppressions: [{ rules: 'all', until: '2026-03-01' }],
    });
    const { engine, send } = bench([RULE], site, { today: '2026-03-01' });
    send(0);
    expect(engine.snapshot().alerts).toEqual([]);
    engine.reconfigure({ rules: [RULE], site, today: '2026-03-02' });
    send(1);
    const { alerts, suppressions } = engine.finish();
    expect(alerts).toHaveLength(1);
    expect(suppressions).toMatchObject([{ isExpired: true, findings: 1 }]);
  });
});
