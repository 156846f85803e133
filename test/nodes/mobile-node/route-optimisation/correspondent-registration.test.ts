import { describe, expect, test } from 'vitest';
import { u16, u8 } from '../../../../dissectors/core/bytes.ts';
import { sha1 } from '../../correspondent-node/bench.ts';
import { ip, onesComplementSum } from '../../wire-peer.ts';
import {
  AGENT,
  CARE_OF_ONE,
  CARE_OF_TWO,
  CORRESPONDENT,
  FLAG,
  HOME,
  OTHER_HOME,
  echoPacket,
  text,
} from '../bench.ts';
import { RouteBench } from './scripted-correspondent.ts';
import type { UpdateMessage } from './correspondent-messages.ts';

const SECOND = 1000;
const MOBILITY = 135;
const ICMPV6 = 58;
const SOLICITATION = 146;
const DESTINATION_OPTIONS = 60;
const OTHER = ip('2001:db8:e::5');
const ELSEWHERE = ip('2001:db8:d::77');

function last(bench: RouteBench): UpdateMessage {
  const update = bench.updates.at(-1);
  if (update === undefined) throw new Error('no update');
  return update;
}

/** Home again, acknowledged by the home agent. */
function goHome(bench: RouteBench): void {
  bench.node.links.home.router.defend(HOME);
  const accept = bench.node.answer;
  bench.node.answer = (update) => {
    bench.node.links.home.router.stopDefending(HOME);
    return accept(update);
  };
  bench.node.move('home', 8 * SECOND);
  if (bench.node.home.state !== 'home') throw new Error(bench.node.home.state);
}

/** A Mobile Prefix Advertisement: the home prefix ends in 100 s. */
function advertisePrefix(bench: RouteBench, identifier: number): void {
  bench.node.sendIcmpv6(
    {
      kind: 'mobile-prefix-advertisement',
      code: 0,
      identifier,
      flags: 0,
      options: [
        {
          kind: 'prefix-information',
          prefixLength: 64,
          flags: 0xe0,
          validLifetime: 100,
          preferredLifetime: 100,
          prefix: AGENT,
        },
      ],
    },
    { destination: CARE_OF_ONE, routing: HOME },
  );
}

/** Identifier of the Mobile Prefix Solicitation that was sent last. */
function solicitedWith(bench: RouteBench): number {
  for (const seen of bench.node.packets().reverse()) {
    const { protocol, payload } = bench.node.open(seen).inbound;
    if (protocol === ICMPV6 && u8(payload, 0) === SOLICITATION) return u16(payload, 4);
  }
  throw new Error('no solicitation');
}

describe('an update to a correspondent', () => {
  test('MN-CR-01 has neither H nor K, a Home Address option, Nonce Indices, the authenticator last, and no ESP', () => {
    const update = last(RouteBench.optimised());
    expect(update.flags).toBe(FLAG.A);
    expect(update).toMatchObject({
      isTunnelled: false,
      packet: {
        source: text(CARE_OF_ONE),
        destination: text(CORRESPONDENT),
        homeAddressOption: text(HOME),
        headers: [DESTINATION_OPTIONS],
        protocol: MOBILITY,
      },
    });
    expect(update.options.filter(({ kind }) => kind !== 'padn' && kind !== 'pad1')).toMatchObject([
      { kind: 'nonce-indices' },
      { kind: 'binding-authorization-data' },
    ]);
  });

  test('MN-CR-02 MN-CR-03 the authenticator is over care-of address, correspondent and header, the checksum over all', () => {
    const bench = RouteBench.optimised();
    const update = last(bench);
    expect(update.isAuthentic).toBe(true);
    expect(onesComplementSum(HOME, CORRESPONDENT, MOBILITY, update.packet.payload)).toBe(0xffff);
  });

  test('MN-CR-04 towards a mobile correspondent it goes to the home address, which is the address in the authenticator', () => {
    const bench = RouteBench.away();
    bench.bindOther(ELSEWHERE);
    bench.trigger();
    bench.advance(50);
    expect(last(bench)).toMatchObject({
      isAuthentic: true,
      packet: { destination: text(CORRESPONDENT), type2RoutingHeader: undefined },
    });
  });

  test('MN-CR-05 the lifetime is 420 s at most, and not longer than the home registration', () => {
    expect(last(RouteBench.optimised()).lifetime).toBe(420);
    const bench = RouteBench.away({ configuration: { lifetime: 200 } });
    bench.advance(100 * SECOND);
    bench.trigger();
    bench.advance(50);
    const left = (bench.node.home.registrationEndsAt - last(bench).at) / SECOND;
    expect(left).toBeLessThan(110);
    expect(last(bench).lifetime).toBeLessThanOrEqual(left);
    expect(last(bench).lifetime).toBeGreaterThan(left - 5);
  });

  test('MN-CR-06 none before the home agent has accepted the care-of address', () => {
    const bench = RouteBench.optimised();
    bench.node.answer = () => undefined;
    bench.forget();
    bench.node.move('two', 10 * SECOND);
    bench.trigger();
    bench.advance(5 * SECOND);
    expect(bench.messages).toEqual([]);
    bench.node.answer = () => ({ status: 128 });
    bench.advance(20 * SECOND);
    expect(bench.messages).toEqual([]);
    bench.node.answer = () => ({});
    bench.advance(60 * SECOND);
    expect(last(bench)).toMatchObject({ packet: { source: text(CARE_OF_TWO) }, isAuthentic: true });
  });

  test('MN-CR-06 nor at the beginning', () => {
    const bench = new RouteBench({ configuration: { isOptimistic: true } });
    bench.node.answer = () => undefined;
    bench.node.start();
    bench.trigger();
    bench.routes?.optimise(CORRESPONDENT, HOME);
    bench.advance(20 * SECOND);
    expect(bench.messages).toEqual([]);
    bench.node.answer = () => ({});
    bench.advance(60 * SECOND);
    bench.trigger();
    bench.advance(50);
    expect(bench.updates).toHaveLength(1);
  });

  test('MN-CR-07 MN-RET-13 at home it deletes: from the home address, with the home token alone', () => {
    const bench = RouteBench.optimised();
    bench.advance(250 * SECOND);
    bench.forget();
    goHome(bench);
    bench.advance(2 * SECOND);
    expect(bench.of('home-test-init')).toMatchObject([
      { isTunnelled: false, link: 'home', packet: { source: text(HOME), headers: [] } },
    ]);
    expect(bench.of('care-of-test-init')).toEqual([]);
    expect(bench.updates).toMatchObject([
      {
        lifetime: 0,
        careOfIndex: 0,
        isAuthentic: true,
        flags: FLAG.A,
        packet: { source: text(HOME), homeAddressOption: undefined, headers: [] },
      },
    ]);
    expect(bench.keyOf(last(bench))).not.toEqual(sha1(new Uint8Array(8)));
    expect(bench.routes?.state.correspondents).toBe(0);
    expect(bench.way()).toBe('direct');
  });

  test('MN-CR-07 a recent home token is used again, and a deletion that is lost is repeated', () => {
    const bench = RouteBench.optimised();
    bench.answerUpdate = () => undefined;
    bench.forget();
    goHome(bench);
    bench.advance(8 * SECOND);
    expect(bench.messages[0]?.kind).toBe('binding-update');
    expect(bench.updates.length).toBeGreaterThanOrEqual(3);
    for (const update of bench.updates)
      expect(update).toMatchObject({ lifetime: 0, isAuthentic: true });
    bench.answerUpdate = () => ({});
    bench.advance(60 * SECOND);
    const count = bench.updates.length;
    bench.advance(100 * SECOND);
    expect(bench.updates).toHaveLength(count);
  });

  test('MN-CR-07 DRG-MN-01 nothing is said to correspondents before the home agent has confirmed the return', () => {
    const bench = RouteBench.optimised();
    bench.node.answer = () => undefined;
    bench.forget();
    bench.node.move('home', 20 * SECOND);
    expect(bench.node.home.state).toBe('deregistering');
    expect(bench.messages).toEqual([]);
    expect(bench.way()).not.toBe('optimised');
    expect(bench.way()).not.toBe('direct');
  });

  test('MN-CR-08 from away it deletes with the home token alone and a Home Address option, when the node stops', () => {
    const bench = RouteBench.optimised();
    bench.forget();
    bench.node.node.stop(() => undefined);
    bench.advance(SECOND / 2);
    expect(bench.messages.map(({ kind }) => kind)).toEqual(['binding-update']);
    expect(bench.updates).toMatchObject([
      {
        lifetime: 0,
        careOfIndex: 0,
        isAuthentic: true,
        packet: { source: text(CARE_OF_ONE), homeAddressOption: text(HOME) },
      },
    ]);
  });

  test('MN-CR-08 bindings are kept when the node stops that way', () => {
    const bench = RouteBench.optimised({ configuration: { onStop: 'keep' } });
    bench.forget();
    bench.node.node.stop(() => undefined);
    bench.advance(5 * SECOND);
    expect(bench.messages).toEqual([]);
  });

  test('MN-CR-09 after a move every correspondent is told', () => {
    const bench = RouteBench.optimised();
    bench.trigger(OTHER);
    bench.advance(50);
    bench.forget();
    bench.node.move('two');
    expect(bench.updates.map(({ packet }) => packet.destination).sort()).toEqual(
      [text(CORRESPONDENT), text(OTHER)].sort(),
    );
    for (const update of bench.updates) {
      expect(update).toMatchObject({ isAuthentic: true, lifetime: 420 });
      expect(update.packet.source).toBe(text(CARE_OF_TWO));
    }
    expect(bench.way()).toBe('optimised');
  });

  test('MN-CR-09 a renewal of the same care-of address is no reason', () => {
    const bench = RouteBench.optimised();
    bench.forget();
    bench.node.node.refresh();
    bench.advance(5 * SECOND);
    expect(bench.node.updates()).toHaveLength(1);
    expect(bench.messages).toEqual([]);
  });

  test('MN-CR-10 a tunnelled packet of a correspondent begins it: inner source and inner destination are the two', () => {
    const bench = RouteBench.away({ homes: [HOME, OTHER_HOME] });
    bench.trigger(OTHER, HOME);
    bench.advance(50);
    expect(bench.updates).toMatchObject([
      { packet: { destination: text(OTHER), homeAddressOption: text(HOME) } },
    ]);
  });

  test('MN-CR-10 not one of the home agent itself, nor one that came directly', () => {
    const bench = RouteBench.away();
    bench.tunnel(echoPacket(AGENT, HOME));
    bench.sendRouted();
    bench.advance(SECOND);
    expect(bench.messages).toEqual([]);
    bench.trigger();
    bench.advance(50);
    expect(bench.updates).toHaveLength(1);
  });

  test.each([
    [
      'home-test',
      {
        kind: 'home-test',
        homeNonceIndex: 1,
        homeInitCookie: new Uint8Array(8),
        homeKeygenToken: new Uint8Array(8),
      },
    ],
    ['home-test-init', { kind: 'home-test-init', homeInitCookie: new Uint8Array(8) }],
    [
      'care-of-test',
      {
        kind: 'care-of-test',
        careOfNonceIndex: 1,
        careOfInitCookie: new Uint8Array(8),
        careOfKeygenToken: new Uint8Array(8),
      },
    ],
    ['care-of-test-init', { kind: 'care-of-test-init', careOfInitCookie: new Uint8Array(8) }],
  ] as const)('MN-CR-11 a %s begins nothing', (_, message) => {
    const bench = RouteBench.away();
    bench.sendMessage(message, [], { source: OTHER, destination: HOME, isTunnelled: true });
    bench.advance(SECOND);
    // Its own answers as a correspondent are no registration.
    expect(bench.of('binding-update')).toEqual([]);
    expect(bench.routes?.state.correspondents).toBe(0);
    bench.trigger(OTHER);
    bench.advance(50);
    expect(bench.updates).toHaveLength(1);
  });

  test('MN-CR-12 switched off, nothing is sent', () => {
    const bench = RouteBench.away({ configuration: { routeOptimisation: false } });
    expect(bench.routes).toBeUndefined();
    bench.trigger();
    bench.refreshRequest();
    bench.bindingError(1);
    bench.advance(10 * SECOND);
    expect(bench.way()).toBe('tunnel');
    bench.node.move('two');
    expect(bench.messages).toEqual([]);
  });

  test('MN-CR-13 when the home prefix ends earlier, correspondents are told', () => {
    const bench = RouteBench.optimised();
    bench.forget();
    // The first one prompts a question, the second one answers it.
    advertisePrefix(bench, 0);
    bench.advance(50);
    advertisePrefix(bench, solicitedWith(bench));
    bench.advance(5 * SECOND);
    expect(bench.node.home.validUntil - bench.now).toBeLessThan(100 * SECOND);
    const update = last(bench);
    expect(update.lifetime).toBeLessThanOrEqual(100);
    expect(update.lifetime).toBeGreaterThan(80);
    expect(bench.way()).toBe('optimised');
  });

  test('is renewed before it ends while it is used, and not when nobody uses it', () => {
    const used = RouteBench.optimised();
    for (let i = 0; i < 40; i++) {
      used.advance(60 * SECOND);
      expect(used.way()).toBe('optimised');
    }
    const unused = RouteBench.optimised();
    unused.forget();
    unused.advance(2000 * SECOND);
    expect(unused.messages).toEqual([]);
    expect(unused.way()).toBe('tunnel');
    expect(unused.routes?.state.correspondents).toBe(0);
  });

  test('a move while the tests run starts them again from the new care-of address', () => {
    const bench = RouteBench.away();
    bench.answerCareOf = () => undefined;
    bench.trigger();
    bench.advance(50);
    bench.answerCareOf = () => ({});
    bench.node.move('two');
    expect(bench.updates).toMatchObject([
      { packet: { source: text(CARE_OF_TWO) }, isAuthentic: true },
    ]);
  });
});
