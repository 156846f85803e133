import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DROP_INTERVAL, DropLog, MAX_DROP_OBJECTS } from '../../../cli/gateway/drop-log.ts';
import type { DropReason } from '../../../engine/inline/index.ts';
import type { DropRecord } from '../../../io/export/records.ts';
import { captureInterface, packetRecord } from '../../engine/packet-records.ts';
import { attackOf } from '../sensor/sensor-bench.ts';

const SOURCE = {
  inputs: [{ name: 'queue 600', packets: 0 }],
  interfaces: [{ ...captureInterface(), name: 'eth0' }],
};

function reasonOf(object: string, more: Partial<DropReason> = {}): DropReason {
  return {
    ...{ ruleId: 'MIP6-1106', title: 'Relay', severity: 'critical', verdict: 'drop' },
    ...{ confidence: 'certain', object, message: `about ${object}` },
    packet: { input: 0, number: 1, time: 0, nanoseconds: 0 },
    ...{ evidence: [], stage: undefined, attacker: undefined, homeAddress: undefined },
    ...{ homeAgent: undefined, homePrefix: undefined, related: [], wouldDrop: false },
    ...more,
  };
}

function bench(): { log: DropLog; records: DropRecord[]; clock: { now: number } } {
  const records: DropRecord[] = [];
  const clock = { now: 0 };
  const log = new DropLog(
    SOURCE,
    (record) => records.push(record),
    () => clock.now,
  );
  return { log, records, clock };
}

describe('records of drops', () => {
  it('tell the first of an object at once, and the others of an interval together', () => {
    const { log, records, clock } = bench();
    for (let i = 0; i < 10; i++) {
      log.note(reasonOf('a'), packetRecord(attackOf(1), i + 1, i));
      log.tellDue();
    }
    expect(records.map(({ count, total }) => [count, total])).toEqual([[1, 1]]);
    clock.now = DROP_INTERVAL;
    log.tellDue();
    expect(records.map(({ count, total }) => [count, total])).toEqual([
      [1, 1],
      [9, 10],
    ]);
    expect(records[1]).toMatchObject({
      head: { pcap_cnt: 10, src_ip: '2001:db8:66::1', in_iface: 'eth0' },
      message: 'about a',
    });
    expect(records[1]?.first.localeCompare(records[1].head.timestamp)).toBe(-1);
  });

  it('never tell what was dropped and what would have been in one', () => {
    const { log, records } = bench();
    const wouldDrop = [false, false, true, true, false];
    for (const [i, each] of wouldDrop.entries()) {
      log.note(reasonOf('a', { wouldDrop: each }), packetRecord(attackOf(1), i + 1, i));
    }
    log.tellDue(true);
    expect(records.map(({ action, count }) => [action, count])).toEqual([
      ['drop', 1],
      ['drop', 1],
      ['would_drop', 2],
      ['drop', 1],
    ]);
    expect([log.dropped, log.wouldDrop]).toEqual([3, 2]);
  });

  it('stand for every packet, however many objects there are', () => {
    const { log, records } = bench();
    const objects = MAX_DROP_OBJECTS + 500;
    const record = packetRecord(attackOf(1), 1, 0);
    for (let i = 0; i < objects; i++) log.note(reasonOf(`object ${i}`), record);
    log.tellDue(true);
    expect(records.reduce((sum, { count }) => sum + count, 0)).toBe(objects);
    expect(records.length).toBeLessThan(objects);
  });

  it('sum up to the counters, whatever comes when', () => {
    const step = fc.record({
      object: fc.constantFrom('a', 'b', 'c'),
      rule: fc.constantFrom('MIP6-1106', 'MIP6-1107'),
      verdict: fc.constantFrom('drop', 'rate-limit'),
      wouldDrop: fc.boolean(),
      later: fc.nat(DROP_INTERVAL),
      isTold: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { log, records, clock } = bench();
        for (const [i, { object, rule, verdict, wouldDrop, later, isTold }] of steps.entries()) {
          clock.now += later;
          const reason = reasonOf(object, { ruleId: rule, verdict, wouldDrop });
          log.note(reason, packetRecord(attackOf(1), i + 1, i));
          if (isTold) log.tellDue();
        }
        log.tellDue(true);
        for (const action of ['drop', 'would_drop'] as const) {
          const told = records.filter((record) => record.action === action);
          const sum = told.reduce((all, { count }) => all + count, 0);
          expect(sum).toBe(action === 'drop' ? log.dropped : log.wouldDrop);
        }
        const limited = steps.filter(({ verdict }) => verdict === 'rate-limit').length;
        const byRule = [...log.byRule.values()];
        expect(byRule.reduce((sum, { rateLimited }) => sum + rateLimited, 0)).toBe(limited);
      }),
      { numRuns: 100 },
    );
  });
});
