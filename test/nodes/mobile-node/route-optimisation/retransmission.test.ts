import { describe, expect, test } from 'vitest';
import { ip } from '../../wire-peer.ts';
import { CORRESPONDENT, HOME, OTHER_HOME, echoPacket, text } from '../bench.ts';
import { RouteBench } from './scripted-correspondent.ts';
import type { Message } from './correspondent-messages.ts';

const SECOND = 1000;

/** Cookie of an Init as text. */
function cookieOf({ message }: Message): string {
  if (message.kind === 'home-test-init') return Buffer.from(message.homeInitCookie).toString('hex');
  if (message.kind === 'care-of-test-init') {
    return Buffer.from(message.careOfInitCookie).toString('hex');
  }
  throw new Error(message.kind);
}

/** Seconds from each message to the next. */
function intervals(messages: readonly Message[]): number[] {
  return messages.slice(1).map(({ at }, index) => (at - (messages[index]?.at ?? 0)) / SECOND);
}

function first<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined) throw new Error('nothing there');
  return item;
}

/** Away, with tests that nobody answers by itself. */
function asking(): { bench: RouteBench; home: Message; careOf: Message } {
  const bench = RouteBench.away();
  bench.answerHome = () => undefined;
  bench.answerCareOf = () => undefined;
  bench.trigger();
  bench.advance(5);
  return {
    bench,
    home: first(bench.of('home-test-init')),
    careOf: first(bench.of('care-of-test-init')),
  };
}

describe('retransmission of Inits', () => {
  test('MN-RTX-06 each has a new cookie, after 1, 2, 4 ... 32 s', () => {
    const { bench } = asking();
    bench.advance(200 * SECOND);
    for (const kind of ['home-test-init', 'care-of-test-init'] as const) {
      const messages = bench.of(kind);
      expect(intervals(messages)).toEqual([1, 2, 4, 8, 16]);
      expect(new Set(messages.map(cookieOf)).size).toBe(messages.length);
    }
  });

  test('MN-RTX-06 the answer to an earlier Init does not count, that to the last one does', () => {
    const { bench, home, careOf } = asking();
    bench.advance(1100);
    bench.giveHomeTest(home);
    bench.giveCareOfTest(careOf);
    bench.advance(50);
    expect(bench.updates).toEqual([]);
    bench.giveHomeTest(bench.of('home-test-init')[1] ?? home);
    bench.giveCareOfTest(bench.of('care-of-test-init')[1] ?? careOf);
    bench.advance(50);
    expect(bench.updates).toHaveLength(1);
  });

  test('MN-RTX-09 three of each kind in a second to one correspondent, over all home addresses', () => {
    const homes = [
      HOME,
      OTHER_HOME,
      ip('2001:db8:a::201'),
      ip('2001:db8:a::202'),
      ip('2001:db8:a::203'),
    ];
    const bench = RouteBench.away({ homes });
    bench.answerHome = () => undefined;
    bench.answerCareOf = () => undefined;
    for (const home of homes) bench.routes?.optimise(CORRESPONDENT, home);
    bench.advance(30 * SECOND);
    for (const kind of ['home-test-init', 'care-of-test-init'] as const) {
      const times = bench.of(kind).map(({ at }) => at);
      expect(times.length).toBeGreaterThan(10);
      for (const [index, at] of times.entries()) {
        const later = times[index + 3];
        if (later !== undefined) expect(later - at).toBeGreaterThanOrEqual(SECOND);
      }
      expect(new Set(bench.of('home-test-init').map(({ packet }) => packet.source)).size).toBe(5);
    }
  });

  test('MN-RTX-10 the back-off of each kind and each home address is its own', () => {
    const bench = RouteBench.away({ homes: [HOME, OTHER_HOME] });
    bench.answerHome = () => undefined;
    bench.routes?.optimise(CORRESPONDENT, HOME);
    bench.advance(5 * SECOND);
    bench.routes?.optimise(CORRESPONDENT, OTHER_HOME);
    bench.advance(12 * SECOND);
    const of = (home: Uint8Array): Message[] =>
      bench.of('home-test-init').filter(({ packet }) => packet.source === text(home));
    expect(intervals(of(HOME))).toEqual([1, 2, 4, 8]);
    expect(intervals(of(OTHER_HOME))).toEqual([1, 2, 4]);
    // The other kind was answered at once, and is not repeated.
    expect(bench.of('care-of-test-init')).toHaveLength(2);
  });

  test('MN-RTX-11 after three retries packets take the tunnel, although the binding is not over', () => {
    const bench = RouteBench.optimised();
    bench.advance(300 * SECOND);
    expect(bench.way()).toBe('optimised');
    bench.answerHome = () => undefined;
    bench.forget();
    bench.advance(15.5 * SECOND);
    expect(bench.of('home-test-init')).toHaveLength(1);
    expect(bench.way()).toBe('optimised');
    bench.advance(15 * SECOND);
    expect(bench.of('home-test-init')).toHaveLength(4 + 1);
    expect(bench.now).toBeLessThan(420 * SECOND);
    expect(bench.way()).toBe('tunnel');
  });

  test('MN-RTX-11 a correspondent that is silent is left alone for ten minutes', () => {
    const { bench } = asking();
    bench.advance(70 * SECOND);
    bench.forget();
    for (let i = 0; i < 9; i++) {
      bench.advance(60 * SECOND);
      bench.tunnel(echoPacket(CORRESPONDENT, HOME));
    }
    expect(bench.messages).toEqual([]);
    bench.advance(120 * SECOND);
    bench.trigger();
    bench.advance(5);
    expect(bench.of('home-test-init')).toHaveLength(1);
  });
});
