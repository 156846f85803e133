/**
 * Nonces and the lifetimes of tokens. RFC 6275 sections 5.2.7, 9.5.1, 9.5.4.
 */
import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { NonceTable } from '../../../nodes/correspondent-node/nonces.ts';
import { VirtualScheduler } from '../../../nodes/simulation/virtual-scheduler.ts';
import { CARE_OF, CorrespondentBench, FLAG, NEW_CARE_OF, RecordingRandom } from './bench.ts';
import { MobilePeer, acknowledgementOf, statusOf } from './mobile-peer.ts';

/** Number of a status that says that nonces are too old. */
const EXPIRED_HOME = 136;
const EXPIRED_CARE_OF = 137;
const EXPIRED_BOTH = 138;

function bareAcknowledgement(packets: ReturnType<MobilePeer['register']>): number {
  const { options, headerLength } = packets[0]?.mobility ?? {};
  expect(options?.some(({ kind }) => kind === 'binding-authorization-data')).toBe(false);
  expect(headerLength).toBe(1);
  return statusOf(packets);
}

describe('age of nonces', () => {
  test('their timer comes to an end at whatever fraction of a millisecond they were first used', () => {
    for (let i = 0; i < 500; i++) {
      const scheduler = new VirtualScheduler();
      const nonces = new NonceTable({ scheduler, random: new RecordingRandom(1) });
      scheduler.advance(51_703.288_281_943_3 + i * 0.123_456_7);
      nonces.current();
      // The clock refuses to go on when actions without delay call each other.
      scheduler.advance(241_000);
      expect(nonces.valid).toEqual([]);
    }
  });

  test('CN-NON-01 tokens are good for 210 seconds wherever in the life of the nonce they were given out', () => {
    // The nonce of the token is new, or was first used 29 seconds ago by somebody else.
    for (const usedBefore of [0, 29_000]) {
      const bench = new CorrespondentBench();
      new MobilePeer(bench).tests();
      bench.scheduler.advance(usedBefore);
      const mobile = new MobilePeer(bench).tests();
      bench.scheduler.advance(209_900);
      expect(statusOf(mobile.register())).toBe(0);
      bench.close();
    }
  });

  test('CN-NON-02 a nonce is refused 240 seconds after its first use, whatever was asked meanwhile', () => {
    for (const isAskedMeanwhile of [false, true]) {
      const bench = new CorrespondentBench();
      const mobile = new MobilePeer(bench).tests();
      for (let second = 0; second < 239; second++) {
        if (isAskedMeanwhile && second % 10 === 0) new MobilePeer(bench).homeTest();
        bench.scheduler.advance(1000 - (isAskedMeanwhile && second % 10 === 0 ? 5 : 0));
      }
      expect(statusOf(mobile.register())).toBe(0);
      bench.scheduler.advance(1100);
      expect(bareAcknowledgement(mobile.register())).toBe(EXPIRED_BOTH);
      bench.close();
    }
  });

  test('CN-NON-03 there is a new nonce every 30 seconds of use, eight are kept, and Kcn changes with each', () => {
    const scheduler = new VirtualScheduler();
    const random = new RecordingRandom(3);
    const nonces = new NonceTable({ scheduler, random });
    const seen: number[] = [];
    const keys = new Set<string>();
    for (let second = 0; second < 600; second++) {
      if (second > 0) scheduler.advance(1000);
      const { index, nodeKey } = nonces.current();
      if (seen.at(-1) !== index) seen.push(index);
      keys.add(nodeKey.join());
    }
    expect(seen).toHaveLength(20);
    expect(new Set(seen).size).toBe(20);
    expect(keys.size).toBe(20);
    expect(nonces.valid).toHaveLength(8);
    expect(nonces.valid.map(({ index }) => index)).toEqual(seen.slice(-8));
    nonces.close();
    expect(scheduler.pending).toBe(0);
  });

  test('an idle node has no nonces, and the secrets of those that ended are wiped', () => {
    const scheduler = new VirtualScheduler();
    const nonces = new NonceTable({ scheduler, random: new RecordingRandom(4) });
    expect(nonces.valid).toEqual([]);
    const nonce = nonces.current();
    expect(nonce.nodeKey.some((octet) => octet !== 0)).toBe(true);
    scheduler.advance(240_000);
    expect(nonce.nodeKey.every((octet) => octet === 0)).toBe(true);
    expect(nonce.octets.every((octet) => octet === 0)).toBe(true);
    expect(nonces.valid).toEqual([]);
    expect(scheduler.pending).toBe(0);
  });

  test('CN-NON-04 an older pair of nonces that is still valid is accepted', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench);
    mobile.homeTest();
    bench.scheduler.advance(70_000);
    mobile.careOfTest();
    bench.scheduler.advance(70_000);
    new MobilePeer(bench).tests();
    expect(mobile.homeToken?.index).not.toBe(mobile.careOfToken?.index);
    const answer = mobile.register();
    expect(statusOf(answer)).toBe(0);
    expect(mobile.verifies(answer[0])).toBe(true);
    bench.close();
  });
});

describe('answers to nonce indices that are not known', () => {
  test('CN-NON-05 an expired home index draws 136 without Binding Authorization Data', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench);
    mobile.homeTest();
    bench.scheduler.advance(240_000);
    mobile.careOfTest();
    expect(bareAcknowledgement(mobile.register())).toBe(EXPIRED_HOME);
    mobile.homeTest();
    expect(statusOf(mobile.register())).toBe(0);
    bench.close();
  });

  test('CN-NON-06 an expired care-of index draws 137 without Binding Authorization Data', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench);
    mobile.careOfTest();
    bench.scheduler.advance(240_000);
    mobile.homeTest();
    expect(bareAcknowledgement(mobile.register())).toBe(EXPIRED_CARE_OF);
    mobile.careOfTest();
    expect(statusOf(mobile.register())).toBe(0);
    bench.close();
  });

  test('CN-NON-07 two expired indices draw 138 without Binding Authorization Data', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    bench.scheduler.advance(240_000);
    expect(bareAcknowledgement(mobile.register())).toBe(EXPIRED_BOTH);
    expect(statusOf(mobile.tests().register())).toBe(0);
    bench.close();
  });

  test('CN-NON-08 indices that were never given out draw the same answers as expired ones', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    const unknown = ((mobile.homeToken?.index ?? 0) + 1000) & 0xffff;
    expect(bareAcknowledgement(mobile.register({ homeIndex: unknown }))).toBe(EXPIRED_HOME);
    expect(bareAcknowledgement(mobile.register({ careOfIndex: unknown }))).toBe(EXPIRED_CARE_OF);
    const both = { homeIndex: unknown, careOfIndex: unknown };
    expect(bareAcknowledgement(mobile.register(both))).toBe(EXPIRED_BOTH);
    expect(bench.bindingOf()).toBeUndefined();
    expect(statusOf(mobile.register())).toBe(0);
    bench.close();
  });

  test('CN-NON-09 an expired index is answered without the A bit too', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    expect(mobile.register({ flags: 0 })).toEqual([]);
    expect(bench.bindingOf()).toBe(formatAddress(CARE_OF));
    bench.scheduler.advance(240_000);
    expect(bareAcknowledgement(mobile.register({ flags: 0 }))).toBe(EXPIRED_BOTH);
    bench.close();
  });

  test('CN-NON-10 a deletion with an expired home index draws 136 and the binding stays', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    mobile.register();
    bench.scheduler.advance(240_000);
    expect(bareAcknowledgement(mobile.register({ lifetime: 0 }))).toBe(EXPIRED_HOME);
    expect(bench.bindingOf()).toBe(formatAddress(CARE_OF));
    mobile.homeTest();
    expect(statusOf(mobile.register({ lifetime: 0 }))).toBe(0);
    expect(bench.bindingOf()).toBeUndefined();
    bench.close();
  });

  test('CN-NON-11 the care-of index of a deletion is not looked at', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    for (const careOfIndex of [0, 0xffff, ((mobile.homeToken?.index ?? 0) + 1) & 0xffff]) {
      expect(statusOf(mobile.register())).toBe(0);
      expect(bench.bindingOf()).toBe(formatAddress(CARE_OF));
      expect(statusOf(mobile.register({ lifetime: 0, careOfIndex }))).toBe(0);
      expect(bench.bindingOf()).toBeUndefined();
    }
    bench.close();
  });

  test('CN-NON-12 after a restart old indices are refused, and a new test mends it', () => {
    const before = new CorrespondentBench({ seed: 5 });
    const past = new MobilePeer(before).tests();
    before.close();
    const after = new CorrespondentBench({ seed: 6 });
    const mobile = new MobilePeer(after);
    mobile.homeToken = past.homeToken;
    mobile.careOfToken = past.careOfToken;
    expect(bareAcknowledgement(mobile.register())).toBe(EXPIRED_BOTH);
    mobile.homeTest();
    expect(bareAcknowledgement(mobile.register())).toBe(EXPIRED_CARE_OF);
    mobile.careOfTest();
    const answer = mobile.register({ flags: FLAG.A });
    expect(acknowledgementOf(answer).status).toBe(0);
    after.close();
  });

  test('a home token is good for several care-of addresses', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    mobile.register();
    bench.scheduler.advance(60_000);
    mobile.moveTo(NEW_CARE_OF);
    expect(statusOf(mobile.register())).toBe(0);
    expect(bench.bindingOf()).toBe(formatAddress(NEW_CARE_OF));
    bench.close();
  });
});
