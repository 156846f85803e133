import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BINS, TrafficCounter, secondsOf } from '../../../../cli/report/html/traffic.ts';
import { emptyPacketRecord } from '../../../../engine/ports.ts';

function counted(times: readonly number[]): TrafficCounter {
  const counter = new TrafficCounter();
  for (const time of times) counter.add({ ...emptyPacketRecord(), seconds: time, nanoseconds: 0 });
  return counter;
}

const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);

describe('packets over time', () => {
  it('are all counted, in a fixed number of bins, whatever the length of the run', () => {
    const time = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    fc.assert(
      fc.property(fc.array(time, { maxLength: 200 }), (times) => {
        const { packets } = counted(times).result();
        expect(packets).toHaveLength(BINS);
        expect(sum(packets)).toBe(times.length);
      }),
    );
  });

  it('stand at their place', () => {
    const { packets, width, start } = counted([1000, 1000, 1060]).result();
    expect(start).toBe(1000);
    expect(packets[0]).toBe(2);
    expect(packets[Math.floor(60 / width)]).toBe(1);
  });

  it('take signalling beside them', () => {
    const counter = counted([1000]);
    counter.addSignalling(1000.5e6);
    expect(sum(counter.result().signalling)).toBe(1);
  });

  it('are nothing before the first packet', () => {
    expect(new TrafficCounter().result()).toMatchObject({ start: 0 });
  });
});

describe('the seconds of a timestamp', () => {
  it('keep its microseconds', () => {
    expect(secondsOf('1970-01-01T00:01:00.250001+0000')).toBeCloseTo(60.250001, 6);
    expect(secondsOf('')).toBe(0);
  });
});
