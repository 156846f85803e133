import { describe, expect, it } from 'vitest';
import { conditionsOf } from '../../../cli/live/conditions.ts';

describe('conditions of -a and -b', () => {
  it('have the units of dumpcap', () => {
    const values = ['duration:2.5', 'packets:10', 'filesize:100', 'files:3'];
    expect(conditionsOf('-b', values)).toEqual({
      duration: 2.5,
      packets: 10,
      octets: 100_000,
      files: 3,
    });
    expect(conditionsOf('-a', [])).toEqual({
      duration: undefined,
      packets: undefined,
      octets: undefined,
      files: undefined,
    });
  });

  it.each([
    '',
    'duration',
    'duration:',
    'duration:0',
    'duration:-1',
    'packets:1.5',
    'files:0',
    'size:1',
    'files:1e3',
    'duration:99999999',
  ])('refuses %j and says what there is', (value) => {
    expect(() => conditionsOf('-b', [value])).toThrow(/-b takes duration:SECONDS/);
  });
});
