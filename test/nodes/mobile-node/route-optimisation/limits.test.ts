import { describe, expect, test } from 'vitest';
import { ip } from '../../wire-peer.ts';
import { CORRESPONDENT, HOME, text } from '../bench.ts';
import { RouteBench } from './scripted-correspondent.ts';

const SECOND = 1000;

/** A correspondent of its own for each number. */
function stranger(number: number): Uint8Array {
  return ip(
    `2001:db8:f:${Math.floor(number / 65536).toString(16)}::${(number % 65536).toString(16)}`,
  );
}

describe('what strangers can make a mobile node do by way of the tunnel', () => {
  test('packets of a thousand sources do not make it ask a thousand nodes', () => {
    const bench = RouteBench.away();
    bench.answerHome = () => undefined;
    bench.answerCareOf = () => undefined;
    for (let i = 1; i <= 1000; i++) {
      bench.trigger(stranger(i));
      bench.advance(10);
    }
    const asked = new Set(bench.of('home-test-init').map(({ packet }) => packet.destination));
    expect(asked.size).toBeGreaterThan(8);
    expect(asked.size).toBeLessThan(8 + 1 + 11);
    expect(bench.routes?.state.suppressed).toBe(1000 - asked.size);
  });

  test('the table has room for so many; the one used longest ago goes first', () => {
    const bench = RouteBench.away({ limits: { correspondents: 3, newBurst: 100 } });
    bench.trigger();
    bench.advance(50);
    for (let i = 1; i <= 20; i++) {
      expect(bench.way()).toBe('optimised');
      bench.trigger(stranger(i));
      bench.advance(50);
      expect(bench.routes?.state.correspondents).toBeLessThanOrEqual(3);
    }
    expect(bench.way()).toBe('optimised');
    expect(bench.way(stranger(20))).toBe('optimised');
    expect(bench.way(stranger(1))).toBe('tunnel');
  });

  test('one that was pushed out leaves no messages behind', () => {
    const bench = RouteBench.away({ limits: { correspondents: 1, newBurst: 100 } });
    bench.answerHome = () => undefined;
    bench.trigger();
    bench.advance(50);
    bench.trigger(stranger(1));
    bench.advance(50);
    bench.forget();
    bench.advance(30 * SECOND);
    expect(bench.messages.length).toBeGreaterThan(2);
    for (const { packet } of bench.messages)
      expect(packet.destination).not.toBe(text(CORRESPONDENT));
  });

  test('after a move a hundred correspondents are told one after the other, all of them', () => {
    const bench = RouteBench.away({ limits: { newBurst: 200 } });
    for (let i = 1; i <= 100; i++) bench.trigger(stranger(i));
    bench.advance(SECOND);
    expect(bench.updates).toHaveLength(100);
    bench.forget();
    bench.node.move('two', 10 * SECOND);
    expect(new Set(bench.updates.map(({ packet }) => packet.destination)).size).toBe(100);
    const first = bench.messages[0]?.at ?? 0;
    const atOnce = bench.of('care-of-test-init').filter(({ at }) => at - first < 15);
    expect(atOnce.length).toBeLessThanOrEqual(17);
    for (let i = 1; i <= 100; i += 33) expect(bench.way(stranger(i))).toBe('optimised');
  });

  test('a source that cannot be a correspondent is none', () => {
    const bench = RouteBench.away();
    for (const source of ['fe80::1', '::1', '2001:db8:a::1']) bench.trigger(ip(source));
    bench.advance(SECOND);
    expect(bench.messages).toEqual([]);
    expect(bench.routes?.optimise(HOME, HOME)).toBe(false);
    expect(bench.routes?.optimise(ip('ff02::1'), HOME)).toBe(false);
  });

  test('closed, it sends nothing any more', () => {
    const bench = RouteBench.away();
    bench.answerHome = () => undefined;
    bench.trigger();
    bench.advance(50);
    bench.routes?.close();
    bench.forget();
    bench.advance(100 * SECOND);
    expect(bench.messages).toEqual([]);
  });
});
