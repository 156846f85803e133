import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { BindingEvent } from '../../../engine/events.ts';
import { defineRule } from '../../../engine/rule-api.ts';
import type { Conditions, RuleContext, RuleDefinition } from '../../../engine/rule-api.ts';
import { Audiences } from '../../../engine/rules/audiences.ts';
import type { Asked } from '../../../engine/rules/audiences.ts';
import { Held } from '../../../engine/rules/guards.ts';
import { ruleInstances } from '../../../engine/rules/instances.ts';
import { UNKNOWN_SITE } from '../../../engine/site.ts';
import { bindingEvent, makeBinding } from '../../rules/event-builders.ts';

/** Conditions as they are where no type is checked. */
const conditions = z.custom<Conditions>();

const KNOWLEDGE = { isHomeAgent: () => false, isCareOfAddress: () => false };

function ruleWith(asksOnly: Conditions): RuleDefinition {
  return defineRule({
    id: 'MIP6-9999',
    title: 'a rule of a test',
    severity: 'low',
    category: 'local',
    references: [],
    needs: [],
    verdict: 'alert',
    explanation: '',
    advice: '',
    on: ['binding'],
    asksOnly,
    params: {},
    evaluate: () => undefined,
  });
}

function asked(rule: RuleDefinition, held = new Held()): Asked {
  const context: Partial<RuleContext> = {};
  return {
    rule,
    // No rule of these tests looks at it.
    state: { context: context as RuleContext, held, isBroken: false, cost: { evaluations: 0 } },
  };
}

function changed(change: BindingEvent['change'], role: 'home' | 'correspondent'): BindingEvent {
  return bindingEvent(change, { binding: makeBinding({ role }) });
}

describe('who is asked', () => {
  it('is the rule without conditions, and the one with a trait that the event has', () => {
    const rules = [ruleWith({}), ruleWith({ binding: ['home'] }), ruleWith({ binding: ['moved'] })];
    const all = rules.map((rule) => asked(rule));
    const audiences = new Audiences(all, UNKNOWN_SITE, KNOWLEDGE);
    const of = (event: BindingEvent): number[] =>
      audiences.of(event).rules.map((item) => all.indexOf(item));
    expect(of(changed('requested', 'correspondent'))).toEqual([0]);
    expect(of(changed('requested', 'home'))).toEqual([0, 1]);
    expect(of(changed('moved', 'home'))).toEqual([0, 1, 2]);
    expect(of(changed('moved', 'correspondent'))).toEqual([0, 2]);
  });

  it('is the rule that holds something, as long as it does', () => {
    const held = new Held();
    const audiences = new Audiences(
      [asked(ruleWith({ binding: ['holding waiting', 'moved'] }), held)],
      UNKNOWN_SITE,
      KNOWLEDGE,
    );
    const { guards } = audiences.of(changed('requested', 'home'));
    expect(guards[0]?.isOpen).toBe(false);
    const waiting = { entries: 0 };
    held.add('waiting', waiting);
    held.add('other', { entries: 5 });
    expect(guards[0]?.isOpen).toBe(false);
    waiting.entries = 1;
    expect(guards[0]?.isOpen).toBe(true);
    // With the trait nobody asks what it holds.
    expect(audiences.of(changed('moved', 'home')).guards).toEqual([undefined]);
  });

  it('is the rule that was not asked yet', () => {
    const held = new Held();
    const audiences = new Audiences(
      [asked(ruleWith({ binding: ['unasked'] }), held)],
      UNKNOWN_SITE,
      KNOWLEDGE,
    );
    const { guards } = audiences.of(changed('requested', 'home'));
    expect(guards[0]?.isOpen).toBe(true);
    held.wasAsked = true;
    expect(guards[0]?.isOpen).toBe(false);
  });

  it('cannot be told by a trait that such events do not have', () => {
    const rule = ruleWith({ binding: ['home', 'holding waiting', 'unasked', 'always'] });
    expect(ruleInstances([rule], UNKNOWN_SITE)).toHaveLength(1);
    const misspelt = conditions.parse(JSON.parse('{"binding":["home","plain"]}'));
    expect(() => ruleInstances([{ ...rule, asksOnly: misspelt }], UNKNOWN_SITE)).toThrow(
      'MIP6-9999: no binding is plain',
    );
  });
});
