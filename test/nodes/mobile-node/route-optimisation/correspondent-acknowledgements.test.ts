import { describe, expect, test } from 'vitest';
import { isSequenceGreater } from '../../../../engine/mobility/sequence.ts';
import { AGENT, CORRESPONDENT, HOME, OTHER_HOME } from '../bench.ts';
import { RouteBench } from './scripted-correspondent.ts';
import type { UpdateMessage } from './correspondent-messages.ts';

const SECOND = 1000;

function last(bench: RouteBench): UpdateMessage {
  const update = bench.updates.at(-1);
  if (update === undefined) throw new Error('no update');
  return update;
}

describe('sequence numbers towards correspondents', () => {
  test('MN-SEQ-01 begin somewhere, MN-SEQ-02 MN-SEQ-03 grow with each update and each care-of address', () => {
    const bench = RouteBench.optimised();
    for (const link of ['two', 'one', 'two'] as const) bench.node.move(link);
    const numbers = bench.updates.map(({ sequence }) => sequence);
    expect(numbers).toHaveLength(4);
    for (const [index, number] of numbers.slice(1).entries()) {
      expect(isSequenceGreater(number, numbers[index] ?? 0)).toBe(true);
    }
    expect(numbers[0]).not.toBe(0);
    expect(numbers[0]).not.toBe(1);
  });

  test('MN-SEQ-03 updates that are repeated after a move differ too', () => {
    const bench = RouteBench.optimised();
    bench.answerUpdate = () => undefined;
    bench.node.move('two', 10 * SECOND);
    const numbers = bench.updates.map(({ sequence }) => sequence);
    expect(numbers.length).toBeGreaterThan(3);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  test('MN-SEQ-04 those of home agent and correspondents, and of home addresses, do not depend on each other', () => {
    const bench = RouteBench.away({ homes: [HOME, OTHER_HOME] });
    bench.routes?.optimise(CORRESPONDENT, HOME);
    bench.routes?.optimise(CORRESPONDENT, OTHER_HOME);
    bench.advance(50);
    const { bindingUpdateList } = bench.node.node.context;
    const before = bindingUpdateList.find(AGENT, HOME)?.sequence ?? -1;
    const numbers = bench.updates.map(({ sequence }) => sequence);
    expect(numbers).toHaveLength(2);
    expect(Math.abs((numbers[0] ?? 0) - (numbers[1] ?? 0))).toBeGreaterThan(1);
    expect(bindingUpdateList.find(AGENT, HOME)?.sequence).toBe(before);
    bench.node.node.refresh();
    bench.advance(50);
    expect(bindingUpdateList.find(AGENT, HOME)?.sequence).toBe((before + 1) & 0xffff);
    expect(bindingUpdateList.find(CORRESPONDENT, HOME)?.sequence).toBe(numbers[0]);
  });

  test('MN-SEQ-05 after 65535 comes 0', () => {
    const bench = RouteBench.optimised();
    const entry = bench.node.node.context.bindingUpdateList.find(CORRESPONDENT, HOME);
    if (entry === undefined) throw new Error('no entry');
    entry.sequence = 0xffff;
    bench.node.move('two');
    expect(last(bench).sequence).toBe(0);
    expect(bench.way()).toBe('optimised');
  });
});

describe('an acknowledgement of a correspondent', () => {
  /** Registered, with the acknowledgement still to come. */
  function waiting(): { bench: RouteBench; update: UpdateMessage } {
    const bench = RouteBench.away();
    bench.answerUpdate = () => undefined;
    bench.trigger();
    bench.advance(50);
    return { bench, update: last(bench) };
  }

  test.each([
    ['MN-BA-02 without authenticator', { authenticator: 'none' }],
    ['MN-BA-02 with a wrong authenticator', { authenticator: 'wrong' }],
    ['MN-BA-03 with an option behind the authenticator', { authenticator: 'early' }],
    ['MN-BA-03 with padding behind the authenticator', { authenticator: 'padded' }],
    ['MN-BA-04 with another sequence number', { sequence: 7 }],
    ['MN-BA-16 without routing header', { routing: 'none' }],
    ['MN-BA-02 a refusal without authenticator', { status: 130, authenticator: 'none' }],
    [
      'MN-BA-08 status 135 with a wrong authenticator',
      { status: 135, sequence: 4000, authenticator: 'wrong' },
    ],
  ] as const)('%s is passed over', (_, fields) => {
    const { bench, update } = waiting();
    bench.acknowledge(update, fields);
    bench.advance(50);
    expect(bench.way()).toBe('tunnel');
    const entry = bench.node.node.context.bindingUpdateList.find(CORRESPONDENT, HOME);
    expect(entry).toMatchObject({ sequence: update.sequence, blockedUntil: 0 });
    bench.acknowledge(update);
    bench.advance(50);
    expect(bench.way()).toBe('optimised');
  });

  test('MN-BA-05 a shorter lifetime counts from when the update was sent', () => {
    const { bench, update } = waiting();
    bench.acknowledge(update, { lifetime: 40 });
    bench.advance(29 * SECOND);
    bench.answerUpdate = () => undefined;
    expect(bench.way()).toBe('optimised');
    bench.answerHome = () => undefined;
    bench.advance(update.at + 40 * SECOND - bench.now + 1);
    expect(bench.way()).toBe('tunnel');
  });

  test('MN-BA-07 status 135 with the right authenticator: the next update has the number after it', () => {
    const { bench, update } = waiting();
    bench.acknowledge(update, { status: 135, sequence: 4000 });
    bench.advance(50);
    expect(last(bench)).toMatchObject({ sequence: 4001, isAuthentic: true });
    bench.acknowledge(last(bench));
    bench.advance(50);
    expect(bench.way()).toBe('optimised');
  });

  test.each([
    [128, 40],
    [130, 40],
    [129, 610],
    [132, 610],
    [139, 610],
  ])('MN-BA-09 status %d: packets take the tunnel, no updates for a while', (status, seconds) => {
    const { bench, update } = waiting();
    bench.acknowledge(update, { status });
    bench.advance(50);
    bench.forget();
    bench.trigger();
    bench.advance(25 * SECOND);
    expect(bench.messages).toEqual([]);
    expect(bench.way()).toBe('tunnel');
    bench.advance(seconds * SECOND);
    bench.trigger();
    bench.advance(50);
    expect(bench.updates).toMatchObject([{ isAuthentic: true }]);
    expect(bench.updates[0]?.sequence).not.toBe(update.sequence);
  });

  test.each([
    [136, ['home-test-init']],
    [137, ['care-of-test-init']],
    [138, ['care-of-test-init', 'home-test-init']],
  ])('MN-BA-11 status %d: the tests are run again, then comes another update', (status, kinds) => {
    const { bench, update } = waiting();
    bench.advance(SECOND / 2);
    bench.forget();
    bench.answerUpdate = () => ({});
    bench.acknowledge(update, { status, authenticator: 'none' });
    bench.advance(50);
    expect(bench.messages.map(({ kind }) => kind).sort()).toEqual(
      ['binding-update', ...kinds].sort(),
    );
    expect(last(bench)).toMatchObject({ isAuthentic: true });
    expect(last(bench).sequence).not.toBe(update.sequence);
    expect(bench.way()).toBe('optimised');
  });

  test('MN-BA-11 whoever says so for ever does not make it ask for ever', () => {
    const { bench, update } = waiting();
    bench.answerUpdate = () => ({ status: 138, authenticator: 'none' });
    bench.acknowledge(update, { status: 138, authenticator: 'none' });
    bench.advance(100 * SECOND);
    expect(bench.updates.length).toBeLessThan(6);
    expect(bench.way()).toBe('tunnel');
  });

  test('MN-BA-12 a Binding Refresh Advice in it is not looked at', () => {
    const { bench, update } = waiting();
    bench.acknowledge(update, {
      options: [{ kind: 'binding-refresh-advice', refreshInterval: 2 }],
    });
    bench.advance(50);
    expect(bench.way()).toBe('optimised');
    bench.forget();
    bench.advance(100 * SECOND);
    expect(bench.messages).toEqual([]);
  });
});
