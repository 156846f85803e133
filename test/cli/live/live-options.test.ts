import { describe, expect, it } from 'vitest';
import { liveFailure } from '../../../cli/live/live-failure.ts';
import { captureOptions, liveRunOptions } from '../../../cli/live/live-options.ts';
import type { LiveValues } from '../../../cli/live/live-options.ts';
import { LiveError } from '../../../io/capture/live/live-error.ts';

function values(changes: Partial<LiveValues> = {}): LiveValues {
  return {
    interface: ['eth0'],
    promiscuous: true,
    until: [],
    rotate: [],
    select: [],
    e: [],
    E: [],
    keys: [],
    duplicateKeys: true,
    color: 'auto',
    ...changes,
  };
}

describe('options of live', () => {
  it('take interfaces by name or by the number of -D', () => {
    const known = (): string[] => ['eth0', 'lo', '7'];
    const named = captureOptions(values({ interface: ['2', '7', '9', 'wlan0'] }), known);
    expect(named.interfaces).toEqual(['lo', '7', '9', 'wlan0']);
  });

  it('take 0 as the default snap length', () => {
    const options = captureOptions(
      values({ snapLength: 0, ring: 8, promiscuous: false }),
      () => [],
    );
    expect(options).toEqual({
      interfaces: ['eth0'],
      filter: undefined,
      isPromiscuous: false,
      buffer: 8,
    });
  });

  it.each<[string, Partial<LiveValues>, RegExp]>([
    ['findings', { filter: 'mip6guard.severity >= high' }, /mip6guard\.\* fields/],
    ['-b without -w', { rotate: ['files:2'] }, /-b is about the file of -w/],
    ['-P without -w', { print: true }, /-P is about the file of -w/],
    ['-b with -w -', { write: '-', rotate: ['duration:1'] }, /standard output/],
    ['-b files alone', { write: 'a', rotate: ['files:2'] }, /never begins a new file/],
    ['-a filesize without -w', { until: ['filesize:1'] }, /-a filesize/],
    ['-a files without -b', { write: 'a', until: ['files:1'] }, /-a files/],
    ['-V with -w', { write: 'a', tree: true }, /Add -P/],
    ['an unknown format', { T: 'pdml' }, /no format/],
  ])('refuse %s', (_, changes, message) => {
    expect(() => liveRunOptions(values(changes))).toThrow(message);
  });

  it('show packets unless they are written, or both with -P', () => {
    expect(liveRunOptions(values()).isShown).toBe(true);
    expect(liveRunOptions(values({ write: 'a' })).isShown).toBe(false);
    expect(liveRunOptions(values({ write: 'a', print: true })).isShown).toBe(true);
  });
});

describe('failures of a live capture', () => {
  it('end with 2 for what was typed, and name what was meant', () => {
    const error = new LiveError('ERR_LIVE_INTERFACE_UNKNOWN', "there is no interface 'eth01'", {
      interfaceName: 'eth01',
      known: ['lo', 'eth0'],
      hint: 'There is: lo, eth0',
    });
    expect(liveFailure(error)).toMatchObject({
      exitCode: 2,
      message: "there is no interface 'eth01'\n  Did you mean eth0? There is: lo, eth0",
    });
  });

  it('end with 4 for what the machine lacks', () => {
    expect(liveFailure(new LiveError('ERR_LIVE_PERMISSION', 'no'))).toMatchObject({ exitCode: 4 });
  });
});
