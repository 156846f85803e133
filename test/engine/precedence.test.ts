import { describe, expect, it } from 'vitest';
import { resolvePrecedence } from '../../engine/precedence.ts';
import type { Finding } from '../../engine/precedence.ts';
import { PRECEDENCE } from '../../engine/rule-api.ts';
import type { AlertDraft, RuleDefinition } from '../../engine/rule-api.ts';
import { HOME_ADDRESS, OTHER_HOME_ADDRESS, packetAt } from '../rules/event-builders.ts';

type Class = (typeof PRECEDENCE)[number];

function finding(
  id: string,
  precedence: Class | undefined,
  draft: Partial<AlertDraft> = { homeAddress: HOME_ADDRESS },
): Finding {
  const rule: RuleDefinition = {
    id,
    title: id,
    severity: 'high',
    category: 'home-link',
    references: [],
    needs: [],
    verdict: 'alert',
    ...(precedence === undefined ? {} : { precedence }),
    explanation: '',
    advice: '',
    on: ['tick'],
    params: {},
    evaluate: () => undefined,
  };
  return {
    rule,
    draft: {
      object: id,
      message: `what ${id} says`,
      packet: packetAt(1),
      evidence: [],
      confidence: 'certain',
      ...draft,
    },
  };
}

/** Ids that remain, each with those that became part of it. */
function settled(...findings: readonly Finding[]): Record<string, string[]> {
  return Object.fromEntries(
    resolvePrecedence(findings).map(({ rule, related }) => [
      rule.id,
      related.map(({ ruleId }) => ruleId),
    ]),
  );
}

describe('findings of one packet', () => {
  it('are reduced to the most specific class, in whatever order they come', () => {
    const all = PRECEDENCE.map((name) => finding(name, name));
    expect(settled(...all)).toEqual({ relay: ['layout', 'sequence', 'ipsec', 'header'] });
    expect(settled(...all.slice(1).reverse())).toEqual({ layout: ['header', 'ipsec', 'sequence'] });
  });

  it('stand beside each other when they are of one class', () => {
    const a = finding('a', 'header');
    const b = finding('b', 'header');
    expect(settled(a, b)).toEqual({ a: [], b: [] });
    expect(settled(a, finding('relay', 'relay'), finding('relay 2', 'relay'), b)).toEqual({
      relay: ['a', 'b'],
      'relay 2': [],
    });
  });

  it('do not touch those of other home addresses, nor those about nobody', () => {
    const other = finding('other', 'header', { homeAddress: OTHER_HOME_ADDRESS });
    const nobody = finding('nobody', 'header', {});
    expect(settled(finding('relay', 'relay'), other, nobody)).toEqual({
      relay: [],
      other: [],
      nobody: [],
    });
  });

  it('leave rules without a class alone', () => {
    expect(settled(finding('free', undefined), finding('relay', 'relay'))).toEqual({
      free: [],
      relay: [],
    });
  });

  it('carry the message of what became part of them', () => {
    const [first] = resolvePrecedence([finding('layout', 'layout'), finding('relay', 'relay')]);
    expect(first?.related).toEqual([{ ruleId: 'layout', message: 'what layout says' }]);
  });

  it('count once when one rule finds the same object twice', () => {
    const twice = [finding('relay', 'relay'), finding('relay', 'relay')];
    expect(resolvePrecedence(twice)).toHaveLength(1);
    const objects = ['one', 'two'].map((object) => finding('relay', 'relay', { object }));
    expect(resolvePrecedence(objects)).toHaveLength(2);
  });

  it('may be none', () => {
    expect(resolvePrecedence([])).toEqual([]);
  });
});
