import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HostError } from '../../../io/native/host-error.ts';
import {
  planInterfaces,
  queueNumbers,
  queuePlan,
  queueRules,
} from '../../../io/packet-filter/index.ts';
import type { QueueHook, QueuePlace, QueuePlanOptions } from '../../../io/packet-filter/index.ts';
import { BRIDGED, LOCAL, PLANS, ROUTED } from './plans.ts';

/** What is refused, as `message | hint`. */
function refusal(options: QueuePlanOptions): string {
  try {
    queuePlan(options);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    expect(error.code).toBe('ERR_HOST_OPTION');
    expect(error.isUsage).toBe(true);
    return `${error.message} | ${error.hint ?? ''}`;
  }
  return 'accepted';
}

function reasons(options: QueuePlanOptions): string {
  return queueRules(queuePlan(options))
    .map(({ reason }) => reason)
    .join('\n');
}

describe('a plan', () => {
  it('numbers its rules one after another and gives each a short reason in plain characters', () => {
    for (const plan of Object.values(PLANS)) {
      const rules = queueRules(plan);
      expect(rules.map(({ number }) => number)).toEqual(rules.map((_, i) => i + 1));
      for (const { reason } of rules) expect(reason).toMatch(/^[A-Za-z0-9 ,.:;/-]{10,120}$/);
    }
  });

  it('looks at headers before upper layers, so that no broken chain is lost before the judge', () => {
    for (const { groups } of Object.values(PLANS)) {
      for (const { rules } of groups) {
        const kinds = rules.map(({ match }) => (match.kind === 'header' ? 0 : 1));
        expect(kinds).toEqual(kinds.toSorted((a, b) => a - b));
      }
      expect(groups.at(groups.length - 1)?.name).toMatch(/every|clear/);
    }
  });

  it('sends long payload of tunnels to the other queues, and all signalling to the first', () => {
    for (const { match, queue } of queueRules(queuePlan(ROUTED))) {
      expect(queue === 'balanced').toBe('longerThan' in match);
    }
    for (const { queue } of queueRules(queuePlan(BRIDGED))) expect(queue).toBe('first');
    expect(queueNumbers(queuePlan(ROUTED))).toEqual([600, 601, 602]);
  });

  it('queues neighbor discovery on bridges only', () => {
    expect(reasons({ ...ROUTED, hook: 'bridge' })).toContain('Router Advertisement');
    expect(reasons(ROUTED)).not.toContain('Router Advertisement');
    expect(reasons({ ...BRIDGED, hook: 'routed' })).not.toContain('Router Advertisement:');
    expect(queuePlan({ ...BRIDGED, hook: 'routed' }).notes.join()).toContain('A bridge sees them.');
  });

  it('takes home addresses in clear on access links only, after everything else', () => {
    expect(reasons(ROUTED)).not.toContain('in clear');
    expect(queuePlan(BRIDGED).groups.at(-1)?.name).toBe('clear');
    const without = queuePlan({ ...BRIDGED, homePrefixes: [] });
    expect(without.groups.some(({ name }) => name === 'clear')).toBe(false);
    expect(without.notes.join()).toContain('No home prefixes are named');
  });

  it('goes both ways between the sides, and between stations of an access link', () => {
    expect(queuePlan(ROUTED).pairs).toEqual([
      { from: 'eth0', to: 'eth1' },
      { from: 'eth1', to: 'eth0' },
    ]);
    const { pairs } = queuePlan(BRIDGED);
    expect(pairs).toHaveLength(6);
    expect(pairs).toContainEqual({ from: 'eth2', to: 'eth1' });
    expect(planInterfaces(queuePlan(BRIDGED))).toEqual(['eth0', 'eth1', 'eth2']);
    expect(queuePlan({ ...ROUTED, ports: { outside: [], inside: [] } }).pairs).toEqual([]);
  });

  it('completes prefixes and leaves out what is inside another', () => {
    const { groups } = queuePlan({
      ...LOCAL,
      protectedAgents: ['2001:db8:1::1', '2001:db8:2::/48', '2001:db8:2:3::/64', '2001:db8:1::1'],
    });
    const agent = groups.find(({ name }) => name === 'agent');
    expect(agent?.addresses.filter(({ side }) => side === 'source')).toEqual([
      { side: 'source', prefix: '2001:db8:1::1/128' },
      { side: 'source', prefix: '2001:db8:2::/48' },
    ]);
  });

  it.each<readonly [string, Partial<QueuePlanOptions>]>([
    ["'a-b' is no name of an instance", { id: 'a-b' }],
    ["'a\nb' is no name of an instance", { id: 'a\nb' }],
    ['is no name of an instance', { id: 'abcdefghijklm' }],
    ['place is empty', { place: [] }],
    ['protectedAgents is empty', { protectedAgents: [] }],
    ['the list of them is empty', { correspondents: [] }],
    ["'2001:db8::1/129' is no IPv6 address", { protectedAgents: ['2001:db8::1/129'] }],
    ["'fe80::1%eth0' is no IPv6 address", { protectedAgents: ['fe80::1%eth0'] }],
    ["'192.0.2.1' is no IPv6 address", { homePrefixes: ['192.0.2.1'] }],
    ["'::1 -j DROP' is no IPv6 address", { homePrefixes: ['::1 -j DROP'] }],
    ["'eth+' is no name of an interface", { ports: { outside: ['eth+'], inside: ['b'] } }],
    ["'a\"b' is no name of an interface", { ports: { outside: ['a"b'], inside: ['b'] } }],
    ['the interface a is named twice', { ports: { outside: ['a'], inside: ['a'] } }],
    ['for one side only', { ports: { outside: ['a'], inside: [] } }],
    ['out of range', { queues: { first: -1, count: 1 } }],
    ['out of range', { queues: { first: 0, count: 65 } }],
    ['the last queue is above 65535', { queues: { first: 65_535, count: 2 } }],
    ['has no place in packets of the machine itself', { place: ['access-link'], hook: 'local' }],
  ])('is refused: %j', (expected, change) => {
    expect(refusal({ ...ROUTED, ...change })).toContain(expected);
    expect(refusal({ ...ROUTED, ...change })).toMatch(/ \| [A-Z]/);
  });

  it('is refused with more addresses than every packet can be compared with', () => {
    const many = Array.from({ length: 1001 }, (_, i) => `2001:db8::${i.toString(16)}`);
    expect(refusal({ ...ROUTED, protectedAgents: many })).toContain('1000 are the limit');
  });

  it('is either made or refused with a reason, whatever it is made of', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom('2001:db8::1', '::/0', 'eth0', 'gw'));
    const texts = fc.array(text, { maxLength: 4 });
    fc.assert(
      fc.property(
        fc.record({
          id: text,
          place: fc.array(
            fc.constantFrom<QueuePlace>('home-agent', 'access-link', 'correspondent'),
          ),
          protectedAgents: texts,
          homePrefixes: texts,
          correspondents: texts,
          hook: fc.constantFrom<QueueHook>('routed', 'bridge', 'local'),
          ports: fc.record({ outside: texts, inside: texts }),
          queues: fc.record({ first: fc.integer(), count: fc.integer() }),
          failMode: fc.constantFrom('open' as const, 'closed' as const),
        }),
        (options) => {
          const said = refusal(options);
          expect(said === 'accepted' || said.startsWith('packet filter: ')).toBe(true);
        },
      ),
    );
  });
});
