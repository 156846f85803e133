import { beforeEach, describe, expect, it } from 'vitest';
import { KeyDispatcher } from '../../../ui/frame/dispatcher.ts';
import type { KeyBinding } from '../../../ui/keymap.ts';

const ROWS: readonly KeyBinding[] = [
  { action: 'down', keys: ['j', 'down'], description: '', isRepeatable: true },
  { action: 'first', keys: ['gg', 'home'], description: '' },
  { action: 'last', keys: ['G'], description: '' },
  { action: 'bindings', keys: ['2'], description: '' },
  { action: 'follow', keys: ['f'], description: '' },
  {
    action: 'mark',
    keys: ['m'],
    description: '',
    argument: { name: 'letter', kind: 'letter' },
  },
];

describe('from keys to actions', () => {
  const ran: unknown[] = [];
  const timers = new Set<() => void>();
  let pending = '';
  let dispatcher: KeyDispatcher;
  const press = (...keys: readonly string[]): void => {
    for (const key of keys) if (dispatcher.press(key) === 'again') dispatcher.press(key);
  };

  beforeEach(() => {
    ran.length = 0;
    timers.clear();
    dispatcher = new KeyDispatcher({
      rows: () => ROWS,
      run: (action, { count, argument }) => {
        ran.push([action, count, argument]);
      },
      onPending: (text) => {
        pending = text;
      },
      after: (_milliseconds, then) => {
        timers.add(then);
        return () => timers.delete(then);
      },
    });
  });

  it('a key does what its row says', () => {
    press('j', 'down', 'f');
    expect(ran).toEqual([
      ['down', undefined, undefined],
      ['down', undefined, undefined],
      ['follow', undefined, undefined],
    ]);
  });

  it('a key without a row does nothing', () => {
    press('Q', 'pgup', 'enter');
    expect(ran).toEqual([]);
  });

  it('g waits for another g, and is forgotten when something else comes', () => {
    press('g');
    expect(pending).toBe('g');
    press('g', 'g', 'j');
    expect(ran).toEqual([
      ['first', undefined, undefined],
      ['down', undefined, undefined],
    ]);
    expect(pending).toBe('');
  });

  it('a number before G or gg is a line', () => {
    press('1', '2', 'G', '7', 'G', '3', '0', 'g', 'g');
    expect(ran).toEqual([
      ['goto', 12, undefined],
      ['goto', 7, undefined],
      ['goto', 30, undefined],
    ]);
  });

  it('a number of two digits before a movement is how often', () => {
    press('1', '5', 'j');
    expect(ran).toEqual([['down', 15, undefined]]);
  });

  it('a digit that stands alone is a key of its own, at once when another key comes', () => {
    press('2', 'j');
    expect(ran).toEqual([
      ['bindings', undefined, undefined],
      ['down', undefined, undefined],
    ]);
  });

  it('a digit that stands alone is a key of its own, after a moment when none comes', () => {
    press('2');
    expect(ran).toEqual([]);
    expect(pending).toBe('2');
    for (const then of timers) then();
    expect(ran).toEqual([['bindings', undefined, undefined]]);
    expect(pending).toBe('');
  });

  it('a second digit keeps the first from being a key', () => {
    press('2', '2');
    expect(timers.size).toBe(0);
    press('esc');
    expect(ran).toEqual([]);
    expect(dispatcher.isPending).toBe(false);
  });

  it('a mark takes the letter behind it, and nothing else', () => {
    press('m', 'a', 'm', 'esc', 'm', 'enter', 'm', 'j', 'f');
    expect(ran).toEqual([
      ['mark', undefined, 'a'],
      ['mark', undefined, 'j'],
      ['follow', undefined, undefined],
    ]);
  });

  it('keys that were pressed several times are told once, with a count', () => {
    dispatcher.press('j', 9);
    dispatcher.press('f', 1);
    expect(ran).toEqual([
      ['down', 9, undefined],
      ['follow', undefined, undefined],
    ]);
  });

  it('a number that is typed without end stays a number that can be told', () => {
    press(...Array.from({ length: 40 }, () => '9'), 'G');
    expect(ran).toEqual([['goto', 999_999_999, undefined]]);
  });
});
