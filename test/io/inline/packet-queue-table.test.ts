import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQueueTable, portHolder } from '../../../io/inline/packet-queue-table.ts';

describe('the table of queues', () => {
  it('is read column by column', () => {
    const text =
      '    5  15721     3 2 65531    10    11 4294967295  1\n65535 4294963200     0 2    40     0     0        0  1\n';
    expect(parseQueueTable(text)).toEqual([
      { number: 5, port: 15_721, waiting: 3, dropped: 10, notTaken: 11, lastId: 4_294_967_295 },
      { number: 65_535, port: 4_294_963_200, waiting: 0, dropped: 0, notTaken: 0, lastId: 0 },
    ]);
  });

  it('has no rows where there is no table', () => {
    expect(parseQueueTable('')).toEqual([]);
  });

  it('has only rows of numbers, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('0', '1', '7', '9', ' ', ' ', '-', 'x', '\n') }),
        (text) => {
          for (const row of parseQueueTable(text)) {
            expect(Object.values(row).every((value) => Number.isSafeInteger(value))).toBe(true);
          }
        },
      ),
    );
  });

  it('names the port where the process is not known', () => {
    expect(portHolder(4_294_000_000)).toBe('netlink port 4294000000');
  });
});
