/**
 * Cases of correspondent nodes that are configured in other ways, and of one that is started again, against the processes.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatAddress } from '../../dissectors/core/address.ts';
import type { MobilityMessage } from '../../dissectors/mobility/header.ts';
import { COOKIE } from '../nodes/common/messages.ts';
import { mobilityPacket } from '../nodes/correspondent-node/bench.ts';
import { statusOf } from '../nodes/correspondent-node/mobile-peer.ts';
import type { WirePacket } from '../nodes/wire-peer.ts';
import { WiredCorrespondent } from './wired-correspondent.ts';
import { canRun } from './wired-node.ts';

const INITS: readonly MobilityMessage[] = [
  { kind: 'home-test-init', homeInitCookie: COOKIE },
  { kind: 'care-of-test-init', careOfInitCookie: COOKIE },
];

function problemOf(packets: readonly WirePacket[]): unknown {
  const [packet] = packets;
  const message = packet?.icmpv6;
  if (packets.length !== 1 || message?.kind !== 'parameter-problem') return packets;
  return { code: message.code, pointer: message.pointer, to: packet?.destination };
}

describe.skipIf(!canRun)(
  'other correspondent nodes as processes (needs root, network namespaces and the package koffi)',
  () => {
    let without: WiredCorrespondent;
    let small: WiredCorrespondent;
    beforeAll(async () => {
      without = new WiredCorrespondent({ routeOptimisation: false });
      small = new WiredCorrespondent({ maximumBindings: 1 });
      await Promise.all([without.start(), small.start()]);
    });
    afterAll(() => Promise.all([without.remove(), small.remove()]));

    test('CN-RR-14 switched off, route optimisation draws Parameter Problem 1 and leaves no binding', () => {
      const mobile = without.mobile();
      for (const message of INITS) {
        const to = formatAddress(mobile.homeAddress);
        const answer = without.deliver(mobilityPacket({ source: mobile.homeAddress }, message));
        expect(problemOf(answer)).toEqual({ code: 1, pointer: 6, to });
      }
      mobile.homeToken = { index: 1, octets: COOKIE, address: mobile.homeAddress };
      mobile.careOfToken = { index: 1, octets: COOKIE, address: mobile.careOfAddress };
      const to = formatAddress(mobile.careOfAddress);
      expect(problemOf(mobile.register())).toEqual({ code: 1, pointer: 40, to });
      expect(without.careOf(mobile.homeAddress)).toBeUndefined();
    });

    test('CN-BU-17 a cache full of bindings in use draws 130', () => {
      const first = small.mobile();
      const old = first.tests().update();
      expect(statusOf(small.deliver(old))).toBe(0);
      const second = small.mobile();
      const status = statusOf(second.tests().register());
      // Used a moment ago: it stays, and the newcomer is told.
      expect(status).toBe(130);
      expect(small.careOf(first.homeAddress)).toBe(formatAddress(first.careOfAddress));
      expect(small.careOf(second.homeAddress)).toBeUndefined();
      expect(statusOf(small.deliver(old))).toBe(135);
    });

    test('CN-NON-12 after a restart old indices are refused, and a new test mends it', async () => {
      const mobile = small.mobile();
      mobile.tests();
      expect(await small.node.stop()).toBe(0);
      await small.start();
      const homeIndex = mobile.homeToken?.index;
      expect(homeIndex).toBeDefined();
      expect(statusOf(mobile.register())).toBe(138);
      mobile.homeTest();
      expect(statusOf(mobile.register())).toBe(137);
      mobile.careOfTest();
      expect(statusOf(mobile.register())).toBe(0);
    });
  },
);
