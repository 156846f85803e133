/**
 * Room for bindings. RFC 6275 sections 9.5.2 and 9.6.
 */
import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { ip } from '../wire-peer.ts';
import { CARE_OF, CorrespondentBench, FLAG, HOME } from './bench.ts';
import { MobilePeer, acknowledgementOf, statusOf } from './mobile-peer.ts';

describe('room for bindings', () => {
  const other = ip('2001:db8:1:a::200');
  const third = ip('2001:db8:2:a::300');

  test('CN-BU-17 a cache full of bindings in use draws 130 without the A bit too; an idle one gives way', () => {
    const bench = new CorrespondentBench({ host: { bindings: { correspondentCapacity: 1 } } });
    new MobilePeer(bench).tests().register();
    const mobile = new MobilePeer(bench, { home: other }).tests();
    bench.scheduler.advance(9000);
    bench.pingHome();
    bench.scheduler.advance(9000);
    for (const flags of [FLAG.A, 0]) {
      const answer = mobile.register({ flags });
      expect(acknowledgementOf(answer)).toMatchObject({ status: 130, sequence: mobile.sequence });
      expect(mobile.verifies(answer[0])).toBe(true);
      expect(bench.bindingOf(other)).toBeUndefined();
      expect(bench.bindingOf(HOME)).toBe(formatAddress(CARE_OF));
    }
    bench.scheduler.advance(2000);
    expect(statusOf(mobile.register())).toBe(0);
    expect(bench.bindingOf(other)).toBe(formatAddress(CARE_OF));
    expect(bench.bindingOf(HOME)).toBeUndefined();
    expect(bench.host.bindings.correspondents).toBe(1);
    bench.close();
  });

  test('a cache without any room draws 130 always', () => {
    const bench = new CorrespondentBench({ host: { bindings: { correspondentCapacity: 0 } } });
    expect(statusOf(new MobilePeer(bench).tests().register())).toBe(130);
    expect(bench.bindingOf()).toBeUndefined();
    bench.close();
  });

  test('the least recently used binding goes first', () => {
    const bench = new CorrespondentBench({ host: { bindings: { correspondentCapacity: 2 } } });
    new MobilePeer(bench).tests().register();
    new MobilePeer(bench, { home: other }).tests().register();
    bench.scheduler.advance(1000);
    bench.pingHome(HOME);
    bench.scheduler.advance(15_000);
    expect(statusOf(new MobilePeer(bench, { home: third }).tests().register())).toBe(0);
    expect(bench.bindingOf(HOME)).toBe(formatAddress(CARE_OF));
    expect(bench.bindingOf(other)).toBeUndefined();
    bench.close();
  });

  test('a home prefix with a quarter of a full cache displaces nobody', () => {
    const bench = new CorrespondentBench({ host: { bindings: { correspondentCapacity: 8 } } });
    const prefix = (n: number): Uint8Array => ip(`2001:db8:a:${n.toString(16)}::1`);
    const host = (n: number): Uint8Array => ip(`2001:db8:f:f::${n.toString(16)}`);
    const homes = [0, 1, 2, 3, 4, 5].map(prefix).concat([1, 2].map(host));
    for (const home of homes) {
      expect(statusOf(new MobilePeer(bench, { home }).tests().register())).toBe(0);
      bench.scheduler.advance(1000);
    }
    bench.scheduler.advance(20_000);
    expect(statusOf(new MobilePeer(bench, { home: host(3) }).tests().register())).toBe(130);
    expect(statusOf(new MobilePeer(bench, { home: third }).tests().register())).toBe(0);
    expect(bench.host.bindings.correspondents).toBe(8);
    bench.close();
  });
});
