/**
 * Binding Refresh Requests. RFC 6275 section 9.5.5.
 */
import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { CARE_OF, CORRESPONDENT, CorrespondentBench, HOME } from './bench.ts';
import { MobilePeer, bound, kindsOf, statusOf } from './mobile-peer.ts';

describe('Binding Refresh Requests', () => {
  test('CN-BRR-01 a binding in use near its end draws one to the home address, never by the care-of address', () => {
    const { bench } = bound(50);
    bench.scheduler.advance(160_000);
    expect(kindsOf(bench.pingHomeAll())).toEqual(['echo-request']);
    bench.scheduler.advance(11_000);
    const [request, ping, ...more] = bench.pingHomeAll();
    expect(more).toEqual([]);
    expect(request).toMatchObject({
      source: formatAddress(CORRESPONDENT),
      destination: formatAddress(HOME),
      headers: [],
      mobility: { mhType: 0, headerLength: 0, options: [] },
    });
    expect(request?.payload).toHaveLength(8);
    expect(ping).toMatchObject({ destination: formatAddress(CARE_OF), headers: [43] });
    // Too early to ask again.
    expect(kindsOf(bench.pingHomeAll())).toEqual(['echo-request']);
    bench.close();
  });

  test('CN-BRR-02 an idle binding draws none, nor does one in use that is not near its end', () => {
    const { bench } = bound(50);
    bench.scheduler.advance(199_000);
    expect(bench.peer.take()).toEqual([]);
    bench.scheduler.advance(1000);
    expect(bench.peer.take()).toEqual([]);
    bench.close();
    const used = bound(50).bench;
    for (let second = 0; second < 168; second++) {
      expect(kindsOf(used.pingHomeAll())).toEqual(['echo-request']);
      used.scheduler.advance(995);
    }
    used.close();
  });

  test('CN-BRR-03 repeats are few and ever farther apart, and stop at a Binding Update, accepted or not', () => {
    const requests = (bench: CorrespondentBench, seconds: number): number[] => {
      const at: number[] = [];
      for (let second = 0; second < seconds; second++) {
        const before = bench.scheduler.now;
        if (kindsOf(bench.pingHomeAll()).includes('binding-refresh-request')) at.push(before);
        bench.scheduler.advance(995);
      }
      return at;
    };
    const { bench } = bound(50);
    bench.scheduler.advance(171_000);
    const times = requests(bench, 28);
    expect(times.map((time) => time - (times[0] ?? 0))).toEqual([0, 2000, 6000, 14_000]);
    bench.close();

    const stopped = bound(50);
    stopped.bench.scheduler.advance(171_000);
    expect(requests(stopped.bench, 3)).toHaveLength(2);
    expect(statusOf(stopped.mobile.register({ homeIndex: 1, careOfIndex: 1 }))).toBe(138);
    expect(requests(stopped.bench, 25)).toEqual([]);
    stopped.bench.close();

    const renewed = bound(50);
    renewed.bench.scheduler.advance(171_000);
    expect(requests(renewed.bench, 3)).toHaveLength(2);
    expect(statusOf(renewed.mobile.tests().register({ lifetime: 50 }))).toBe(0);
    expect(requests(renewed.bench, 160)).toEqual([]);
    // Near the next end it asks again.
    expect(requests(renewed.bench, 35).length).toBeGreaterThan(0);
    renewed.bench.close();
  });

  test('CN-BRR-04 unanswered, the binding ends with its lifetime', () => {
    const { bench } = bound(10);
    bench.scheduler.advance(35_000);
    bench.pingHome();
    expect(bench.node.state.refreshRequests).toBe(1);
    expect(bench.bindingOf()).toBe(formatAddress(CARE_OF));
    bench.scheduler.advance(6000);
    expect(bench.pingHome()?.headers).toEqual([]);
    expect(bench.node.state.refreshRequests).toBe(0);
    bench.close();
  });

  test('they can be switched off', () => {
    const bench = new CorrespondentBench({ correspondent: { sendsRefreshRequests: false } });
    new MobilePeer(bench).tests().register({ lifetime: 10 });
    bench.scheduler.advance(35_000);
    expect(bench.pingHome()?.headers).toEqual([43]);
    bench.scheduler.advance(100);
    expect(bench.peer.take()).toEqual([]);
    bench.close();
  });
});
