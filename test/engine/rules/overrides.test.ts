import { describe, expect, it } from 'vitest';
import type { RuleOverride } from '../../../engine/rules/settings.ts';
import type { RuleSettings, Site } from '../../../engine/site.ts';
import { ATTACKER, CORRESPONDENT, address, prefix } from '../../rules/site.ts';
import { bench, noisyRule } from './noisy-rule.ts';

const RULE = 'MIP6-9901';
const ATTACKERS = prefix('2001:db8:6::/48');

/** Alerts as `source severity xcount`, of three packets of CORRESPONDENT and three of ATTACKER. */
function found(overrides: readonly RuleOverride[], settings: RuleSettings = {}): string[] {
  const { engine, send } = bench([noisyRule(RULE)], { overrides, rules: { [RULE]: settings } });
  for (const second of [0, 1, 2]) {
    send(second, CORRESPONDENT);
    send(second, ATTACKER);
  }
  return engine
    .finish()
    .alerts.map(({ draft, severity, count }) => `${draft.object} ${severity} x${count}`)
    .sort();
}

describe('an override', () => {
  it('switches rules off for an address', () => {
    expect(found([{ rules: [RULE], address: ATTACKERS, enabled: false }])).toEqual([
      '2001:db8:9::5 low x3',
    ]);
  });

  it('changes the severity for an address, over that of the whole site', () => {
    const overrides = [{ rules: 'all', address: ATTACKERS, severity: 'high' }] as const;
    expect(found(overrides, { severity: 'medium' })).toEqual([
      '2001:db8:6::66 high x3',
      '2001:db8:9::5 medium x3',
    ]);
  });

  it('with parameters makes the rule run once more, each for its part of the network', () => {
    const overrides = [{ rules: [RULE], address: ATTACKERS, params: { least: 3 } }];
    expect(found(overrides)).toEqual(['2001:db8:6::66 low x1', '2001:db8:9::5 low x3']);
    expect(found(overrides, { params: { least: 2 } })).toEqual([
      '2001:db8:6::66 low x1',
      '2001:db8:9::5 low x2',
    ]);
  });

  it('lets a rule that is off run in one part only', () => {
    const overrides = [{ rules: [RULE], address: ATTACKERS, enabled: true }];
    expect(found(overrides, { enabled: false })).toEqual(['2001:db8:6::66 low x3']);
    expect(found([], { enabled: false })).toEqual([]);
  });

  it('is the first of those that fit', () => {
    expect(
      found([
        { rules: [RULE], address: prefix('2001:db8:6::66/128'), severity: 'info' },
        { rules: [RULE], address: ATTACKERS, enabled: false },
      ]),
    ).toEqual(['2001:db8:6::66 info x3', '2001:db8:9::5 low x3']);
  });

  it('fits a home agent by the nodes that it serves', () => {
    expect(found([{ rules: [RULE], homeAgent: 'agent', enabled: false }])).toEqual([]);
  });

  it('does not fit another home agent', () => {
    const other: Site['homeAgents'][number] = {
      name: 'other',
      addresses: [address('2001:db8:2::1')],
      homePrefixes: [prefix('2001:db8:2::/64')],
      linkLayerAddresses: [],
    };
    const { engine, send } = bench([noisyRule(RULE)], {
      homeAgents: [other],
      overrides: [{ rules: [RULE], homeAgent: 'other', enabled: false }],
    });
    send(0);
    expect(engine.finish().alerts).toHaveLength(1);
  });

  it('for a home agent that the site does not have is refused', () => {
    expect(() => found([{ rules: [RULE], homeAgent: 'nobody', enabled: false }])).toThrow('nobody');
  });
});
