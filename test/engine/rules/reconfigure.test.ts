import { describe, expect, it } from 'vitest';
import { makeSite } from '../../rules/site.ts';
import { bench, noisyRule } from './noisy-rule.ts';

const FIRST = noisyRule('MIP6-9901');
const SECOND = noisyRule('MIP6-9902');
const THIRD = noisyRule('MIP6-9903');

describe('another set of rules between two packets', () => {
  it('is told as added, removed and changed', () => {
    const { engine } = bench([FIRST, SECOND]);
    const site = makeSite({ rules: { 'MIP6-9901': { params: { least: 2 } } } });
    expect(engine.reconfigure({ rules: [FIRST, THIRD], site })).toEqual({
      added: ['MIP6-9903'],
      removed: ['MIP6-9902'],
      changed: ['MIP6-9901'],
      unchanged: 0,
    });
    expect(engine.reconfigure({ rules: [FIRST, THIRD], site })).toMatchObject({ unchanged: 2 });
  });

  it('tells a rule that is switched off as removed, and one with another severity as changed', () => {
    const { engine } = bench([FIRST, SECOND]);
    const site = makeSite({
      rules: { 'MIP6-9901': { enabled: false }, 'MIP6-9902': { severity: 'high' } },
    });
    expect(engine.reconfigure({ rules: [FIRST, SECOND], site })).toEqual({
      added: [],
      removed: ['MIP6-9901'],
      changed: ['MIP6-9902'],
      unchanged: 0,
    });
  });

  it('leaves the tables and alerts of rules as they were that did not change', () => {
    const site = makeSite({ rules: { 'MIP6-9901': { params: { least: 3 } } } });
    const { engine, send } = bench([FIRST], site);
    send(0);
    send(1);
    engine.reconfigure({ rules: [FIRST, SECOND], site });
    send(2);
    expect(engine.finish().alerts.map(({ rule, draft }) => `${rule.id}: ${draft.message}`)).toEqual(
      [
        'MIP6-9901: packet of 2001:db8:9::5, 3 so far',
        'MIP6-9902: packet of 2001:db8:9::5, 1 so far',
      ],
    );
  });

  it('begins anew with a rule whose parameters changed', () => {
    const { engine, send } = bench([FIRST]);
    send(0);
    const site = makeSite({ rules: { 'MIP6-9901': { params: { least: 2 } } } });
    engine.reconfigure({ rules: [FIRST], site });
    send(1);
    send(2);
    const { alerts } = engine.finish();
    // One alert for each rule and object, also across the change.
    expect(alerts.map(({ count }) => count)).toEqual([2]);
  });

  it('takes rules that are data as the same when their texts are', () => {
    const { engine, send } = bench([{ ...FIRST, revision: 'a' }]);
    send(0);
    const site = makeSite();
    expect(engine.reconfigure({ rules: [{ ...FIRST, revision: 'a' }], site }).unchanged).toBe(1);
    expect(engine.reconfigure({ rules: [{ ...FIRST, revision: 'b' }], site }).changed).toEqual([
      'MIP6-9901',
    ]);
  });

  it.each<[string, Parameters<ReturnType<typeof bench>['engine']['reconfigure']>[0], string]>([
    ['one id twice', { rules: [SECOND, noisyRule('MIP6-9902')], site: makeSite() }, 'MIP6-9902'],
    [
      'a parameter out of its range',
      { rules: [FIRST], site: makeSite({ rules: { 'MIP6-9901': { params: { least: 101 } } } }) },
      'least',
    ],
    [
      'an override of an unknown home agent',
      {
        rules: [FIRST],
        site: makeSite({ overrides: [{ rules: 'all', homeAgent: 'x', enabled: false }] }),
      },
      'home agent',
    ],
  ])('with %s is refused, and the old one goes on', (_name, next, message) => {
    const { engine, send } = bench([FIRST]);
    send(0);
    expect(() => engine.reconfigure(next)).toThrow(message);
    send(1);
    const { alerts } = engine.finish();
    expect(alerts.map(({ rule, count }) => [rule.id, count])).toEqual([['MIP6-9901', 2]]);
  });

  it('knows the home agents of the new site, and not those of the old one', () => {
    const { engine, send } = bench([FIRST]);
    const before = engine.finish().notJudged;
    expect(before).toEqual([]);
    const needy = { ...noisyRule('MIP6-9904'), needs: ['home-agents' as const] };
    engine.reconfigure({ rules: [needy], site: makeSite({ homeAgents: [] }) });
    expect(engine.finish().notJudged.map(({ ruleId }) => ruleId)).toEqual(['MIP6-9904']);
    engine.reconfigure({ rules: [needy], site: makeSite() });
    expect(engine.finish().notJudged).toEqual([]);
    send(0);
    expect(engine.finish().alerts).toHaveLength(1);
  });

  it('counts suppressions on that stay as they are', () => {
    const suppressions = [{ rules: 'all' as const }];
    const { engine, send } = bench([FIRST], { suppressions });
    send(0);
    engine.reconfigure({ rules: [FIRST], site: makeSite({ suppressions }) });
    send(1);
    expect(engine.finish().suppressions).toMatchObject([{ alerts: 1, findings: 2 }]);
    engine.reconfigure({ rules: [FIRST], site: makeSite() });
    send(2);
    expect(engine.finish()).toMatchObject({ suppressions: [], alerts: [{ count: 1 }] });
  });
});
