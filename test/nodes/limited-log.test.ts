import { describe, expect, test } from 'vitest';
import { limitedLog } from '../../nodes/limited-log.ts';
import type { LogEntry, LogLevel } from '../../nodes/node-log.ts';

function logged(): {
  readonly clock: { now: number };
  readonly lines: LogEntry[];
  readonly tell: (level: LogLevel, event: string, times?: number) => void;
} {
  const clock = { now: 0 };
  const lines: LogEntry[] = [];
  const log = limitedLog((entry) => lines.push(entry), clock);
  return {
    clock,
    lines,
    tell: (level, event, times = 1) => {
      for (let i = 0; i < times; i++) log({ level, event, details: { source: '2001:db8::1' } });
    },
  };
}

describe('a limited log', () => {
  test('hands ten alarms of an event on at once, and says later how many it left out', () => {
    const { clock, lines, tell } = logged();
    tell('alarm', 'forged', 1000);
    expect(lines).toHaveLength(10);
    clock.now = 1000;
    tell('alarm', 'forged');
    expect(lines).toHaveLength(11);
    expect(lines.at(-1)?.details).toEqual({ source: '2001:db8::1', suppressed: 990 });
    clock.now = 2000;
    tell('alarm', 'forged');
    expect(lines.at(-1)?.details).toEqual({ source: '2001:db8::1' });
  });

  test('limits each event of its own, warnings too, and no other level', () => {
    const { lines, tell } = logged();
    tell('alarm', 'forged', 50);
    tell('warn', 'strange', 50);
    tell('info', 'accepted', 50);
    tell('debug', 'dropped', 50);
    const counts = ['forged', 'strange', 'accepted', 'dropped'].map(
      (name) => lines.filter(({ event }) => event === name).length,
    );
    expect(counts).toEqual([10, 10, 50, 50]);
  });

  test('keeps a bounded number of limits, however many events there are', () => {
    const { lines, tell } = logged();
    for (let i = 0; i < 1000; i++) tell('alarm', `event ${i}`);
    // 256 with a limit of their own, then ten that share one.
    expect(lines).toHaveLength(266);
  });
});
