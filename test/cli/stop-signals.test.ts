import { afterEach, describe, expect, it, vi } from 'vitest';
import { StopSignals } from '../../cli/stop-signals.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('signals', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)(
    '%s stops in good order at first, and at once with %i the second time',
    (signal, code) => {
      const exit = vi.spyOn(process, 'exit').mockImplementation(() => {
        throw new Error('exit');
      });
      const seen: string[] = [];
      const stop = new StopSignals((name) => seen.push(name));
      expect(stop.signal.aborted).toBe(false);
      process.emit(signal);
      expect({ seen, isStopped: stop.isStopped, aborted: stop.signal.aborted }).toEqual({
        seen: [signal],
        isStopped: true,
        aborted: true,
      });
      expect(exit).not.toHaveBeenCalled();
      expect(() => process.emit(signal)).toThrow('exit');
      expect(exit).toHaveBeenCalledWith(code);
      stop.dispose();
    },
  );

  it('are let go when the command has ended', () => {
    const before = process.listenerCount('SIGINT');
    const stop = new StopSignals(() => undefined);
    expect(process.listenerCount('SIGINT')).toBe(before + 1);
    stop.dispose();
    expect(process.listenerCount('SIGINT')).toBe(before);
  });

  it('are told apart from a run that ends for another reason', () => {
    const stop = new StopSignals(() => undefined);
    stop.stop();
    expect({ isStopped: stop.isStopped, aborted: stop.signal.aborted }).toEqual({
      isStopped: false,
      aborted: true,
    });
    stop.dispose();
  });
});
