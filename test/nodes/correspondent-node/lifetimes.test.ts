/**
 * Lifetimes, deletion, and updates that come again. RFC 6275 sections 5.2.6, 5.2.8, 9.5.2, 9.5.3, 9.6.
 */
import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { NonceTable } from '../../../nodes/correspondent-node/nonces.ts';
import { ReplayMemory } from '../../../nodes/correspondent-node/replay-memory.ts';
import { VirtualScheduler } from '../../../nodes/simulation/virtual-scheduler.ts';
import { ip } from '../wire-peer.ts';
import {
  CARE_OF,
  CorrespondentBench,
  HOME,
  NEW_CARE_OF,
  RecordingRandom,
  echoPacket,
  only,
} from './bench.ts';
import { MobilePeer, acknowledgementOf, statusOf } from './mobile-peer.ts';

describe('lifetimes', () => {
  test('CN-LIFE-01 420 seconds are granted', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    expect(acknowledgementOf(mobile.register({ lifetime: 105 })).lifetime).toBe(105);
    bench.scheduler.advance(419_000);
    expect(bench.bindingOf()).toBe(formatAddress(CARE_OF));
    bench.close();
  });

  test('CN-LIFE-02 more than 420 seconds become 420, and the acknowledgement says so', () => {
    for (const lifetime of [106, 0xffff]) {
      const bench = new CorrespondentBench();
      const answer = new MobilePeer(bench).tests().register({ lifetime });
      expect(acknowledgementOf(answer).lifetime).toBe(105);
      bench.scheduler.advance(419_000);
      expect(bench.pingHome()?.type2RoutingHeader).toBe(formatAddress(HOME));
      bench.scheduler.advance(1000);
      expect(bench.pingHome()?.type2RoutingHeader).toBeUndefined();
      bench.close();
    }
  });

  test('CN-LIFE-03 a lifetime of one unit is over after 4 seconds', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    expect(acknowledgementOf(mobile.register({ lifetime: 1 })).lifetime).toBe(1);
    bench.scheduler.advance(3900);
    expect(bench.bindingOf()).toBe(formatAddress(CARE_OF));
    bench.scheduler.advance(100);
    expect(bench.bindingOf()).toBeUndefined();
    bench.close();
  });

  test('CN-LIFE-04 a later update starts the lifetime anew, longer or shorter', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    mobile.register({ lifetime: 2 });
    bench.scheduler.advance(6000);
    mobile.register({ lifetime: 10 });
    bench.scheduler.advance(39_000);
    expect(bench.bindingOf()).toBe(formatAddress(CARE_OF));
    mobile.register({ lifetime: 1 });
    bench.scheduler.advance(4000);
    expect(bench.bindingOf()).toBeUndefined();
    bench.close();
  });

  test('CN-LIFE-05 after its lifetime a binding is used for nothing', () => {
    const bench = new CorrespondentBench();
    new MobilePeer(bench).tests().register({ lifetime: 5 });
    const packet = echoPacket({ source: CARE_OF, home: HOME });
    expect(bench.deliver(packet)[0]?.icmpv6?.kind).toBe('echo-reply');
    bench.scheduler.advance(20_000);
    expect(bench.pingHome()).toMatchObject({ destination: formatAddress(HOME), headers: [] });
    expect(only(bench.deliver(packet), 'binding-error')).toMatchObject({ status: 1 });
    bench.scheduler.advance(1000);
    expect(bench.host.bindings.correspondents).toBe(0);
    bench.close();
  });
});

describe('deletion', () => {
  test('CN-LIFE-06 from home it is acknowledged to the home address without routing header', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    mobile.register();
    const answer = mobile.register({ source: HOME, lifetime: 0 });
    expect(acknowledgementOf(answer)).toMatchObject({ status: 0, lifetime: 0 });
    expect(answer[0]).toMatchObject({ destination: formatAddress(HOME), headers: [] });
    expect(mobile.verifies(answer[0], HOME, mobile.key(true))).toBe(true);
    expect(bench.bindingOf()).toBeUndefined();
    // Without the A bit nobody hears of it.
    mobile.register();
    expect(mobile.register({ source: HOME, lifetime: 0, flags: 0 })).toEqual([]);
    expect(bench.bindingOf()).toBeUndefined();
    bench.close();
  });

  test('CN-LIFE-07 from a foreign link it is acknowledged to the wire source with a routing header', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    mobile.register();
    const answer = mobile.register({ source: NEW_CARE_OF, lifetime: 0 });
    expect(acknowledgementOf(answer)).toMatchObject({ status: 0, lifetime: 0 });
    expect(answer[0]).toMatchObject({
      destination: formatAddress(NEW_CARE_OF),
      type2RoutingHeader: formatAddress(HOME),
    });
    expect(bench.bindingOf()).toBeUndefined();
    bench.close();
  });

  test('CN-LIFE-08 it is signed with SHA-1 of the home token, over the home address; the care-of address is taken too', () => {
    for (const signedCareOf of [HOME, CARE_OF]) {
      const bench = new CorrespondentBench();
      const mobile = new MobilePeer(bench).tests();
      mobile.register();
      expect(mobile.register({ lifetime: 0, signedCareOf: NEW_CARE_OF })).toEqual([]);
      expect(bench.bindingOf()).toBe(formatAddress(CARE_OF));
      const answer = mobile.register({ lifetime: 0, signedCareOf });
      expect(statusOf(answer)).toBe(0);
      expect(mobile.verifies(answer[0], signedCareOf, mobile.key(true))).toBe(true);
      expect(bench.bindingOf()).toBeUndefined();
      bench.close();
    }
  });

  test('CN-LIFE-09 signed with the key of both tokens it is thrown away', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    mobile.register();
    const careOfIndex = mobile.careOfToken?.index ?? 0;
    expect(mobile.register({ lifetime: 0, key: mobile.key(), careOfIndex })).toEqual([]);
    expect(bench.bindingOf()).toBe(formatAddress(CARE_OF));
    expect(statusOf(mobile.register({ lifetime: 0 }))).toBe(0);
    bench.close();
  });

  test('CN-LIFE-10 of what is not there it is accepted with status 0, and nothing comes of it', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    expect(acknowledgementOf(mobile.register({ lifetime: 0 }))).toMatchObject({
      status: 0,
      lifetime: 0,
    });
    expect(bench.bindingOf()).toBeUndefined();
    expect(bench.host.bindings.correspondents).toBe(0);
    bench.close();
  });

  test('CN-LIFE-11 with a sequence number that is not greater it draws 135 and the binding stays', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    mobile.register({ sequence: 77 });
    const answer = mobile.register({ sequence: 77, lifetime: 0 });
    expect(acknowledgementOf(answer)).toMatchObject({ status: 135, sequence: 77 });
    expect(mobile.verifies(answer[0], HOME, mobile.key(true))).toBe(true);
    expect(bench.bindingOf()).toBe(formatAddress(CARE_OF));
    expect(statusOf(mobile.register({ sequence: 78, lifetime: 0 }))).toBe(0);
    bench.close();
  });

  test('CN-LIFE-13 a care-of address that is the home address deletes, whatever the lifetime', () => {
    for (const fields of [{ source: HOME }, { alternate: HOME }]) {
      const bench = new CorrespondentBench();
      const mobile = new MobilePeer(bench).tests();
      mobile.register();
      const answer = mobile.register({
        ...fields,
        lifetime: 105,
        key: mobile.key(true),
        signedCareOf: HOME,
      });
      expect(acknowledgementOf(answer)).toMatchObject({ status: 0, lifetime: 0 });
      expect(bench.bindingOf()).toBeUndefined();
      expect(bench.pingHome()?.headers).toEqual([]);
      bench.close();
    }
  });
});

describe('updates that come again', () => {
  test('CN-LIFE-12 an old update is refused after the deletion for as long as its nonces are valid', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    const first = mobile.update();
    expect(statusOf(bench.deliver(first))).toBe(0);
    mobile.moveTo(NEW_CARE_OF);
    const second = mobile.update();
    expect(statusOf(bench.deliver(second))).toBe(0);
    const deletion = mobile.update({ lifetime: 0 });
    expect(statusOf(bench.deliver(deletion))).toBe(0);
    const last = mobile.sequence;
    for (let seconds = 0; seconds < 200; seconds += 20) {
      for (const old of [first, second, deletion]) {
        const answer = bench.deliver(old);
        expect(acknowledgementOf(answer)).toMatchObject({ status: 135, sequence: last });
        expect(bench.bindingOf()).toBeUndefined();
      }
      bench.scheduler.advance(20_000);
    }
    bench.scheduler.advance(50_000);
    expect(statusOf(bench.deliver(first))).toBe(138);
    expect(bench.events('alarm')).toContain('binding-update-replayed');
    // The mobile node itself goes on.
    expect(statusOf(mobile.tests().register())).toBe(0);
    bench.close();
  });

  test('CN-LIFE-14 an old update is refused after its binding was evicted, ended or became unreachable', () => {
    const ways: ((bench: CorrespondentBench) => void)[] = [
      (bench) => {
        new MobilePeer(bench, { home: ip('2001:db8:f::1') }).tests().register();
      },
      (bench) => {
        bench.host.bindings.remove(HOME, 'unreachable');
      },
      (bench) => {
        bench.scheduler.advance(40_000);
      },
    ];
    for (const remove of ways) {
      const bench = new CorrespondentBench({ host: { bindings: { correspondentCapacity: 1 } } });
      const mobile = new MobilePeer(bench).tests();
      const old = mobile.update({ lifetime: 15 });
      expect(statusOf(bench.deliver(old))).toBe(0);
      bench.scheduler.advance(20_000);
      remove(bench);
      expect(bench.bindingOf()).toBeUndefined();
      const refused = acknowledgementOf(bench.deliver(old));
      expect(refused).toMatchObject({ status: 135, sequence: mobile.sequence });
      expect(bench.bindingOf()).toBeUndefined();
      bench.close();
    }
  });

  test('a mobile node that begins its numbers anew needs a younger nonce, and its past stays dead', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    const past = mobile.update({ sequence: 500 });
    const later = mobile.update({ sequence: 501 });
    expect(statusOf(bench.deliver(past))).toBe(0);
    expect(statusOf(mobile.register({ sequence: 502, lifetime: 0 }))).toBe(0);
    // The same nonces and a small number: could be anybody's recording.
    expect(acknowledgementOf(mobile.register({ sequence: 3 }))).toMatchObject({
      status: 135,
      sequence: 502,
    });
    bench.scheduler.advance(31_000);
    mobile.tests();
    // RFC 6275 section 9.5.1: no entry, any sequence number.
    expect(statusOf(mobile.register({ sequence: 3 }))).toBe(0);
    // 501 is greater than 3 now, and its nonces are valid.
    expect(statusOf(bench.deliver(later))).toBe(138);
    expect(statusOf(bench.deliver(past))).toBe(138);
    expect(bench.host.bindings.find(HOME)?.sequence).toBe(3);
    expect(statusOf(mobile.register({ sequence: 4 }))).toBe(0);
    bench.close();
  });

  test('the memory is bounded: nonces of the oldest go when it is full, and nobody forgets what is still valid', () => {
    const scheduler = new VirtualScheduler();
    const nonces = new NonceTable({ scheduler, random: new RecordingRandom(8) });
    const memory = new ReplayMemory(nonces, 4);
    const homeOf = (n: number): Uint8Array => ip(`2001:db8:a::${n.toString(16)}`);
    const accept = (n: number): boolean =>
      memory.accept({
        homeAddress: homeOf(n),
        sequence: 9,
        generation: nonces.current().generation,
      });
    const oldest = nonces.current();
    expect([1, 2].map(accept)).toEqual([false, false]);
    scheduler.advance(30_000);
    const younger = nonces.current();
    expect([3, 4].map(accept)).toEqual([false, false]);
    expect(accept(5)).toBe(true);
    expect(memory.size).toBe(3);
    expect(nonces.find(oldest.index)).toBeUndefined();
    expect(nonces.find(younger.index)).toBe(younger);
    const old = { homeAddress: homeOf(3), sequence: 9, generation: younger.generation };
    expect(memory.judge(old)).toEqual({ kind: 'sequence', last: 9 });
    // One period alone fills it: its nonce goes, and tests get a new one.
    for (let n = 10; n < 30; n++) {
      accept(n);
      expect(memory.size).toBeLessThanOrEqual(4);
    }
    expect(nonces.find(younger.index)).toBeUndefined();
    // A known home address takes no room.
    scheduler.advance(300_000);
    nonces.current();
    accept(40);
    expect(memory.size).toBe(1);
    nonces.close();
  });
});
