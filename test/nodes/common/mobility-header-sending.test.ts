/**
 * Mobility Headers as every node makes them. RFC 6275 sections 6.1 and 6.2.
 */
import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import type { MobilityMessage } from '../../../dissectors/mobility/header.ts';
import type { MobilityOption } from '../../../dissectors/mobility/options/index.ts';
import {
  CARE_OF,
  CORRESPONDENT,
  CorrespondentBench,
  FLAG,
  HOME,
  mobilityPacket,
} from '../correspondent-node/bench.ts';
import { MobilePeer, statusOf } from '../correspondent-node/mobile-peer.ts';
import { ip, onesComplementSum } from '../wire-peer.ts';
import type { WirePacket } from '../wire-peer.ts';
import { COOKIE, MESSAGES, NO_COOKIE, UNKNOWN } from './messages.ts';

describe('messages that the node sends', () => {
  const acknowledgement: MobilityMessage = {
    kind: 'binding-acknowledgement',
    status: 0,
    flags: 0,
    sequence: 1,
    lifetime: 1,
  };

  /** Messages of all types, sent by the endpoint of the node; and those that it sends on its own. */
  function sent(bench: CorrespondentBench, options: readonly MobilityOption[] = []): WirePacket[] {
    bench.peer.take();
    for (const message of MESSAGES) {
      bench.host.mobility.send({ source: CORRESPONDENT, destination: HOME, message, options });
    }
    bench.scheduler.advance(5);
    return bench.peer.take();
  }

  test('COM-MH-05 have Payload Proto 59, a zero reserved octet, whole units of 8 octets, and begin at one', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench);
    const own = [
      ...mobile.homeTest(),
      ...mobile.careOfTest(),
      ...mobile.register({ lifetime: 10 }),
      ...mobile.register({ key: COOKIE, homeIndex: 1 }),
      ...bench.deliver(mobilityPacket({ source: CARE_OF, home: HOME }, UNKNOWN)),
      ...sent(bench),
    ];
    bench.scheduler.advance(35_000);
    own.push(...bench.pingHomeAll().filter(({ mobility }) => mobility !== undefined));
    expect(new Set(own.map(({ mobility }) => mobility?.mhType))).toEqual(
      new Set([0, 1, 2, 3, 4, 5, 6, 7]),
    );
    for (const { payload, payloadOffset, ends } of own) {
      expect([payload[0], payload[3]]).toEqual([59, 0]);
      expect(payload.length).toBe(((payload[1] ?? 0) + 1) * 8);
      expect(payloadOffset % 8).toBe(0);
      expect(onesComplementSum(ends.source, ends.destination, 135, payload)).toBe(0xffff);
    }
    bench.close();
  });

  test('COM-MH-23 align their options, end in Authorization Data, and pad with PadN', () => {
    const bench = new CorrespondentBench();
    const update = MESSAGES[5] ?? UNKNOWN;
    const nonces: MobilityOption = {
      kind: 'nonce-indices',
      homeNonceIndex: 1,
      careOfNonceIndex: 2,
    };
    const advice: MobilityOption = { kind: 'binding-refresh-advice', refreshInterval: 9 };
    const alternate: MobilityOption = { kind: 'alternate-care-of-address', careOfAddress: CARE_OF };
    const prefix: MobilityOption = {
      kind: 'mobile-network-prefix',
      prefixLength: 64,
      prefix: ip('2001:db8:ee::'),
    };
    const authorization: MobilityOption = {
      kind: 'binding-authorization-data',
      authenticator: new Uint8Array(12),
    };
    const aligned: Record<number, readonly [number, number]> = {
      2: [2, 0],
      3: [8, 6],
      4: [2, 0],
      5: [8, 2],
      6: [8, 4],
    };
    const seen = new Set<number>();
    const lists: readonly (readonly [MobilityMessage, readonly MobilityOption[]])[] = [
      [update, [nonces, authorization]],
      [update, [alternate, nonces, authorization]],
      [update, [prefix, alternate, nonces, authorization]],
      [update, [alternate]],
      [update, [prefix]],
      [acknowledgement, [advice]],
      [acknowledgement, [advice, authorization]],
      [acknowledgement, [authorization]],
    ];
    for (const [message, options] of lists) {
      const ends = { source: CORRESPONDENT, destination: HOME };
      bench.host.mobility.send({ ...ends, message, options });
      bench.scheduler.advance(5);
      const [packet] = bench.peer.take();
      const { payload = NO_COOKIE } = packet ?? {};
      let padding = 0;
      let last = -1;
      for (let at = 12; at < payload.length;) {
        const type = payload[at] ?? 0;
        padding = type === 0 ? padding + 1 : 0;
        expect(padding).toBeLessThan(2);
        const [x, y] = aligned[type] ?? [1, 0];
        expect(at % x).toBe(y);
        seen.add(type);
        last = type;
        at += type === 0 ? 1 : 2 + (payload[at + 1] ?? 0);
      }
      if (options.includes(authorization)) expect(last).toBe(5);
      expect(payload.length % 8).toBe(0);
    }
    expect([2, 3, 4, 5, 6].every((type) => seen.has(type))).toBe(true);
    bench.close();
  });

  test('COM-MH-24 updates and acknowledgements without option have 4 octets of padding and Header Len 1', () => {
    const bench = new CorrespondentBench();
    const [, , , , , update, acknowledged] = sent(bench);
    const own = new MobilePeer(bench).register({
      flags: FLAG.A | FLAG.H,
      hasNonceIndices: false,
      hasAuthorization: false,
    });
    expect(statusOf(own)).toBe(131);
    for (const payload of [update?.payload, acknowledged?.payload, own[0]?.payload]) {
      expect(payload?.[1]).toBe(1);
      expect([...(payload?.subarray(12) ?? [])]).toEqual([1, 2, 0, 0]);
    }
    bench.close();
  });

  test('COM-MH-25 the others without option have no padding', () => {
    const bench = new CorrespondentBench();
    const packets = sent(bench);
    const lengths = [0, 1, 2, 3, 4].map((type) => packets[type]?.payload.length);
    expect(lengths).toEqual([8, 16, 16, 24, 24]);
    expect([0, 1, 2, 3, 4].map((type) => packets[type]?.payload[1])).toEqual([0, 1, 1, 2, 2]);
    bench.close();
  });

  test('COM-MH-26 COM-MH-28 have no routing header, though a binding for the destination says where it is', () => {
    const bench = new CorrespondentBench();
    new MobilePeer(bench).tests().register();
    const packets = sent(bench);
    expect(packets).toHaveLength(8);
    for (const { destination, headers } of packets) {
      expect([destination, headers]).toEqual([formatAddress(HOME), []]);
    }
    expect(bench.pingHome()?.headers).toEqual([43]);
    bench.close();
  });

  test('COM-MH-27 have no Home Address option, though payload to the destination has one', () => {
    const bench = new CorrespondentBench();
    // The node as a mobile node with a binding at the destination.
    bench.host.paths.push(() => ({ kind: 'optimised', careOfSource: CARE_OF }));
    const packets = sent(bench);
    expect(packets).toHaveLength(8);
    for (const { source, headers } of packets) {
      expect([source, headers]).toEqual([formatAddress(CORRESPONDENT), []]);
    }
    expect(bench.pingHome()).toMatchObject({
      source: formatAddress(CARE_OF),
      homeAddressOption: formatAddress(CORRESPONDENT),
    });
    bench.close();
  });
});
