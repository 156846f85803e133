/**
 * Mobility options as every node takes them. RFC 6275 section 6.2.
 */
import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import type { MobilityMessage } from '../../../dissectors/mobility/header.ts';
import type { MobilityOption } from '../../../dissectors/mobility/options/index.ts';
import { ip } from '../wire-peer.ts';
import {
  CORRESPONDENT,
  CorrespondentBench,
  NEW_CARE_OF,
  mobilityPacket,
  only,
} from '../correspondent-node/bench.ts';
import { MobilePeer, setChecksum, statusOf } from '../correspondent-node/mobile-peer.ts';

const STRANGER = ip('2001:db8:66::6');
const COOKIE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const HOME_TEST_INIT: MobilityMessage = { kind: 'home-test-init', homeInitCookie: COOKIE };
const UNKNOWN: MobilityOption = { kind: 'unknown', type: 250, data: new Uint8Array(9).fill(3) };

describe('options that are skipped', () => {
  test('COM-MH-17 an unknown one between two known ones: both take effect', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench);
    mobile.homeTest();
    mobile.careOfTest(NEW_CARE_OF);
    const alternate: MobilityOption = {
      kind: 'alternate-care-of-address',
      careOfAddress: NEW_CARE_OF,
    };
    // Alternate Care-of Address, unknown, Nonce Indices, Authorization Data.
    const answer = mobile.register({ before: [alternate, UNKNOWN], signedCareOf: NEW_CARE_OF });
    expect(statusOf(answer)).toBe(0);
    expect(bench.bindingOf()).toBe(formatAddress(NEW_CARE_OF));
    bench.close();
  });

  test('COM-MH-18 PadN whose octets are not zero', () => {
    const bench = new CorrespondentBench();
    const padding: MobilityOption = { kind: 'padn', padding: Uint8Array.of(9, 8, 7, 6, 5, 4) };
    const packet = mobilityPacket({ source: STRANGER }, HOME_TEST_INIT, [padding]);
    expect(only(bench.deliver(packet), 'home-test').homeInitCookie).toEqual(COOKIE);
    const mobile = new MobilePeer(bench).tests();
    expect(statusOf(mobile.register({ between: [padding] }))).toBe(0);
    bench.close();
  });

  test('COM-MH-19 several Pad1 one after another', () => {
    const bench = new CorrespondentBench();
    const padding = Array.from({ length: 8 }, (): MobilityOption => ({ kind: 'pad1' }));
    const packet = mobilityPacket({ source: STRANGER }, HOME_TEST_INIT, padding);
    expect([...packet.subarray(-8)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    expect(only(bench.deliver(packet), 'home-test').homeInitCookie).toEqual(COOKIE);
    const mobile = new MobilePeer(bench).tests();
    expect(statusOf(mobile.register({ before: padding }))).toBe(0);
    bench.close();
  });
});

describe('options that cannot be read', () => {
  test('COM-MH-20 a length past the end makes the message nothing, with an alarm', () => {
    const bench = new CorrespondentBench();
    const packet = mobilityPacket({ source: STRANGER }, HOME_TEST_INIT, [
      { kind: 'unknown', type: 250, data: new Uint8Array(6) },
    ]);
    const spoiled = packet.slice();
    const at = spoiled.length - 7;
    expect(spoiled[at]).toBe(6);
    spoiled[at] = 7;
    setChecksum(spoiled.subarray(40), { source: STRANGER, destination: CORRESPONDENT });
    expect(bench.deliver(spoiled)).toEqual([]);
    expect(bench.events('alarm')).toEqual(['mobility-message-malformed']);
    expect(only(bench.deliver(packet), 'home-test').kind).toBe('home-test');
    bench.close();
  });

  test('COM-MH-21 a known option of a wrong length makes the message nothing', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    const ofLength = (type: number, octets: number): MobilityOption => ({
      kind: 'unknown',
      type,
      data: new Uint8Array(octets),
    });
    const wrong: MobilityOption[] = [
      ofLength(2, 3),
      ofLength(2, 4),
      ofLength(3, 15),
      ofLength(3, 18),
      ofLength(4, 3),
      ofLength(4, 6),
    ];
    for (const option of wrong) {
      expect(mobile.register({ before: [option] })).toEqual([]);
      expect(bench.bindingOf()).toBeUndefined();
    }
    // Longer or shorter than return routability makes it; the last 12 octets would be right.
    for (const authenticatorOctets of [20, 28]) {
      expect(mobile.register({ authenticatorOctets })).toEqual([]);
    }
    expect(bench.bindingOf()).toBeUndefined();
    expect(statusOf(mobile.register())).toBe(0);
    bench.close();
  });
});
