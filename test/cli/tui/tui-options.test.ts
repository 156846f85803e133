import { describe, expect, it } from 'vitest';
import { CliError } from '../../../cli/exit-codes.ts';
import { tuiOptions } from '../../../cli/tui/tui-options.ts';
import type { TuiValues } from '../../../cli/tui/tui-options.ts';

const NOTHING: TuiValues = {
  readFile: [],
  interface: [],
  promiscuous: true,
  keys: [],
  rules: [],
  color: 'auto',
};

/** The refusal of a command line. */
function refusal(captures: readonly string[], values: Partial<TuiValues>): CliError {
  try {
    tuiOptions(captures, { ...NOTHING, ...values });
  } catch (error) {
    if (error instanceof CliError) return error;
    throw error;
  }
  throw new Error('the command line was taken');
}

describe('the command line of tui', () => {
  it('takes captures by -r and as arguments', () => {
    const options = tuiOptions(['b.pcap'], { ...NOTHING, readFile: ['a.pcap'] });
    expect(options).toMatchObject({
      name: 'a.pcap, b.pcap',
      isInputCapture: false,
      instead: 'mip6guard read a.pcap',
    });
  });

  it('knows that the capture comes through standard input', () => {
    expect(tuiOptions(['-'], NOTHING)).toMatchObject({
      name: 'standard input',
      isInputCapture: true,
    });
  });

  it('keeps filters for later sessions unless told otherwise', () => {
    expect(tuiOptions(['a.pcap'], NOTHING).keepsFilters).toBe(true);
    expect(tuiOptions(['a.pcap'], { ...NOTHING, history: false }).keepsFilters).toBe(false);
  });

  it('takes interfaces, each once', () => {
    expect(tuiOptions([], { ...NOTHING, interface: ['eth0', 'eth1', 'eth0'] })).toMatchObject({
      name: 'eth0, eth1',
      isInputCapture: false,
      instead: 'mip6guard live -i eth0',
    });
  });

  it.each([
    [[], {}, 'there is nothing to show'],
    [['a.pcap'], { interface: ['eth0'] }, 'a capture (a.pcap) and interfaces (-i) at once'],
    [['a.pcap'], { captureFilter: 'ip6' }, '-f is about a live capture'],
    [['a.pcap'], { promiscuous: false }, '-p is about a live capture'],
    [['a.pcap'], { snapLength: 100 }, '-s is about a live capture'],
    [['a.pcap'], { user: 'nobody' }, '--user is about a live capture'],
    [['a.pcap'], { filter: 'mip6.bx' }, '-Y: mip6.bx is neither a field nor a protocol'],
  ] satisfies [string[], Partial<TuiValues>, string][])(
    'refuses %j with %j before anything is opened',
    (captures, values, message) => {
      const error = refusal(captures, values);
      expect(error.exitCode).toBe(2);
      expect(error.message).toContain(message);
    },
  );

  it('shows names of files so that a terminal does not obey them', () => {
    expect(tuiOptions(['a\x1b[2J.pcap'], NOTHING).name).toBe('a\\x1b[2J.pcap');
  });
});
