import { describe, expect, it } from 'vitest';
import { encodeMobilityHeader } from '../../../dissectors/mobility/header.ts';
import type { MessageOf } from '../../../dissectors/mobility/header.ts';
import type { MobilityEvent } from '../../../engine/events.ts';
import {
  bindingAuthenticator,
  bindingManagementKey,
} from '../../../engine/mobility/authenticator.ts';
import { OptimisedTraffic } from '../../../engine/state/optimised-traffic.ts';
import { ReturnRoutability } from '../../../engine/state/return-routability.ts';
import { MAX_TESTED_ADDRESSES } from '../../../engine/state/routability-tests.ts';
import {
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  address,
  bindingEvent,
  makeBinding,
  mobilityEventOf,
  packetAt,
} from '../../rules/event-builders.ts';
import {
  bothTests,
  careOfTest,
  cookie,
  correspondentUpdate,
  homeTest,
  inits,
  registration,
} from '../../rules/routability-events.ts';

const MESSAGE: MessageOf<'binding-update'> = {
  kind: 'binding-update',
  sequence: 1,
  flags: 0x8000,
  lifetime: 105,
};

function observed(...events: readonly MobilityEvent[]): ReturnRoutability {
  const state = new ReturnRoutability(1);
  for (const event of events) state.observe(event);
  return state;
}

/** What a Binding Update made with these tokens verifies as. */
function verified(
  state: ReturnRoutability,
  tokens: readonly [Uint8Array, Uint8Array | undefined],
  second: number,
): string {
  const isDeletion = tokens[1] === undefined;
  const message = isDeletion ? { ...MESSAGE, lifetime: 0 } : MESSAGE;
  const encode = (authenticator: Uint8Array): Uint8Array =>
    encodeMobilityHeader(
      message,
      [
        { kind: 'nonce-indices', homeNonceIndex: 5, careOfNonceIndex: 5 },
        { kind: 'binding-authorization-data', authenticator },
      ],
      { source: HOME_ADDRESS, destination: CORRESPONDENT },
    );
  const draft = encode(new Uint8Array(12));
  const data = draft.slice(0, draft.length - 12);
  data.fill(0, 4, 6);
  const careOf = isDeletion ? HOME_ADDRESS : CARE_OF_ADDRESS;
  const key = bindingManagementKey(...tokens);
  const octets = encode(bindingAuthenticator(key, careOf, CORRESPONDENT, data));
  const { context } = correspondentUpdate({ second });
  const event = mobilityEventOf(octets, { context });
  return state.verify(event, message, octets, 0);
}

const HOME_TOKEN = cookie(111);
const CARE_OF_TOKEN = cookie(112);

describe('an authenticator', () => {
  it('is right with the tokens that were issued, and wrong with others', () => {
    const state = observed(...bothTests({ second: 1 }));
    expect(verified(state, [HOME_TOKEN, CARE_OF_TOKEN], 2)).toBe('right');
    expect(verified(state, [HOME_TOKEN, cookie(9)], 2)).toBe('wrong');
    expect(verified(state, [HOME_TOKEN, undefined], 2)).toBe('right');
    expect(verified(state, [cookie(9), undefined], 2)).toBe('wrong');
  });

  it('is unknown without tokens, after 240 s, and when nobody was seen to ask for them', () => {
    expect(verified(observed(), [HOME_TOKEN, CARE_OF_TOKEN], 2)).toBe('unknown');
    const old = observed(...bothTests({ second: 1 }));
    expect(verified(old, [HOME_TOKEN, CARE_OF_TOKEN], 242)).toBe('unknown');
    const unasked = observed(homeTest({ second: 1 }), careOfTest({ second: 1 }));
    expect(verified(unasked, [HOME_TOKEN, CARE_OF_TOKEN], 2)).toBe('right');
    expect(verified(unasked, [HOME_TOKEN, cookie(9)], 2)).toBe('unknown');
  });

  it('stays right under a flood of forged tests with its nonce index', () => {
    const state = observed(...bothTests({ second: 1 }));
    for (let n = 0; n < 200; n++) {
      state.observe(homeTest({ second: 2 }, { cookie: cookie(n), token: cookie(n + 7) }));
    }
    expect(verified(state, [HOME_TOKEN, CARE_OF_TOKEN], 3)).toBe('right');
  });
});

describe('what was issued', () => {
  it('tells answers to a question from others', () => {
    const queries = observed(
      ...bothTests({ second: 1 }),
      homeTest({ second: 2 }, { cookie: cookie(8), index: 6 }),
    ).queries();
    const pair = queries.routabilityTests('home', HOME_ADDRESS, CORRESPONDENT);
    expect(pair?.issued.map(({ nonceIndex, isSolicited }) => [nonceIndex, isSolicited])).toEqual([
      [5, true],
      [6, false],
    ]);
    expect(queries.correspondent(CORRESPONDENT)?.indices.map(({ index }) => index)).toEqual([5]);
  });

  it('covers a pair after a registration from away with both tests', () => {
    const state = observed(...bothTests({ second: 1 }));
    const isCovered = () =>
      state.queries().seenUpdates(HOME_ADDRESS, CORRESPONDENT)?.isCovered ?? false;
    state.observe(correspondentUpdate({ second: 2 }, { nonces: [7, 7] }));
    expect(isCovered()).toBe(false);
    state.observe(correspondentUpdate({ second: 3 }, { sequence: 2 }));
    expect(isCovered()).toBe(true);
  });

  it('remembers what a removed binding rested on', () => {
    const state = observed(...registration());
    const binding = makeBinding({ role: 'correspondent', peer: CORRESPONDENT });
    state.binding(bindingEvent('deregistered', { binding, packet: packetAt(60) }));
    const removed = state.queries().seenUpdates(HOME_ADDRESS, CORRESPONDENT)?.removed;
    expect(
      removed?.updates.map(({ sequence, homeNonceIndex }) => [sequence, homeNonceIndex]),
    ).toEqual([[1, 5]]);
  });

  it('counts updates whose authenticator is wrong for nothing', () => {
    const state = observed(correspondentUpdate({ second: 1 }, { authentication: 'wrong' }));
    expect(state.queries().seenUpdates(HOME_ADDRESS, CORRESPONDENT)).toBeUndefined();
  });
});

describe('bounds', () => {
  it('a flood of made-up addresses pushes out itself, and it is known that something was forgotten', () => {
    const state = observed(...registration());
    const flood = MAX_TESTED_ADDRESSES + 500;
    for (let n = 0; n < flood; n++) {
      const homeAddress = address(
        `2001:db8:66:${(n >> 8).toString(16)}::${(n & 255).toString(16)}`,
      );
      const [init] = inits({ second: 10, homeAddress }, cookie(n & 255));
      state.observe(init);
    }
    const queries = state.queries();
    expect(state.evictions).toBeGreaterThanOrEqual(500);
    expect(queries.routabilityForgottenAt()).toBe(packetAt(0, 10).time);
    expect(queries.routabilityTests('home', HOME_ADDRESS, CORRESPONDENT)?.issued).toHaveLength(1);
    expect(queries.seenUpdates(HOME_ADDRESS, CORRESPONDENT)?.isCovered).toBe(true);
  });

  it('an address of which nothing was heard for a quarter of an hour is forgotten for a new one, without loss', () => {
    const known = (seconds: number): boolean => {
      const state = observed(...registration());
      const [init] = inits({ second: seconds, homeAddress: address('2001:db8:66::1') });
      state.observe(init);
      expect(state.evictions).toBe(0);
      return state.queries().routabilityTests('home', HOME_ADDRESS, CORRESPONDENT) !== undefined;
    };
    expect(known(850)).toBe(true);
    expect(known(950)).toBe(false);
  });

  it('questions of one pair are eight at most, and a forgotten one is a gap', () => {
    const state = observed();
    for (let n = 0; n < 30; n++) {
      const [init] = inits({ second: n }, cookie(n));
      state.observe(init);
    }
    const pair = state.queries().routabilityTests('home', HOME_ADDRESS, CORRESPONDENT);
    expect(pair?.inits).toHaveLength(8);
    expect(pair?.gapAt).toBe(packetAt(0, 29).time);
  });

  it('a home address floods its own correspondents alone', () => {
    const state = observed(...registration());
    for (let n = 0; n < 200; n++) {
      const peer = address(`2001:db8:99::${n.toString(16)}`);
      const [init] = inits({ second: 5, peer }, cookie(n));
      state.observe(init);
      state.observe(correspondentUpdate({ second: 5, peer }));
    }
    const queries = state.queries();
    expect(queries.routabilityTests('home', HOME_ADDRESS, CORRESPONDENT)?.isSettled).toBe(true);
    expect(queries.seenUpdates(HOME_ADDRESS, CORRESPONDENT)?.isCovered).toBe(true);
    expect(queries.seenUpdatesOf(HOME_ADDRESS).length).toBeLessThanOrEqual(32);
  });
});

describe('route-optimised packets', () => {
  it('are remembered by home address and correspondent, each way', () => {
    const traffic = new OptimisedTraffic(7);
    const octets = new Uint8Array(32);
    octets.set(HOME_ADDRESS, 0);
    octets.set(CORRESPONDENT, 16);
    traffic.from(octets, 0, 16, 5e6);
    expect(traffic.lastFrom(HOME_ADDRESS, CORRESPONDENT)).toBe(5e6);
    expect(traffic.lastTo(HOME_ADDRESS, CORRESPONDENT)).toBe(0);
    expect(traffic.lastFrom(CORRESPONDENT, HOME_ADDRESS)).toBe(0);
    traffic.to(octets, 0, 16, 6e6);
    expect(traffic.lastTo(HOME_ADDRESS, CORRESPONDENT)).toBe(6e6);
  });
});

describe('what the engine keeps for rules that are not asked about the ordinary', () => {
  it('is the last cookies of an address, to whomever, and who asked with one', () => {
    const events = Array.from({ length: 20 }, (_, i) => inits({ second: 1 + i }, cookie(i))[0]);
    const queries = observed(...events).queries();
    const tested = queries.testsOf('home', HOME_ADDRESS);
    expect(tested?.recent.map(({ cookie: value }) => value)).toEqual(
      Array.from({ length: 16 }, (_, i) => cookie(i + 4)),
    );
    expect(tested?.lows).toEqual(tested?.recent.map(({ low }) => low));
    expect(tested?.last?.packet.time).toBe(packetAt(0, 20).time);
    const asked = queries.askedTest('home', CORRESPONDENT, cookie(2), packetAt(0, 25).time);
    expect(asked?.address).toEqual(HOME_ADDRESS);
    expect(
      queries.askedTest('home', CORRESPONDENT, cookie(2), packetAt(0, 300).time),
    ).toBeUndefined();
    expect(queries.askedTest('care-of', CORRESPONDENT, cookie(2), 0)).toBeUndefined();
  });

  it('is how often an init was sent and answered, copies of a mirror port left out', () => {
    const [init] = inits({ second: 1 });
    const [again] = inits({ second: 2 });
    const state = observed(init, again);
    for (const second of [3, 3.001, 4]) state.observe(homeTest({ second }));
    const pair = state.queries().routabilityTests('home', HOME_ADDRESS, CORRESPONDENT);
    expect(pair?.inits).toHaveLength(1);
    expect(pair?.inits[0]?.ways).toMatchObject({ sent: 2, answers: 2, next: undefined });
  });

  it('is the tokens that a correspondent issued to those who asked, each once', () => {
    const state = observed(...bothTests({ second: 1 }), homeTest({ second: 3 }));
    state.observe(homeTest({ second: 4 }, { cookie: cookie(9), token: cookie(77) }));
    const recent = state.queries().correspondent(CORRESPONDENT)?.recent;
    expect(recent?.map(({ kind, address: whose }) => [kind, whose])).toEqual([
      ['home', HOME_ADDRESS],
      ['care-of', CARE_OF_ADDRESS],
    ]);
  });

  it('is when an update was sent and accepted last, and whether tokens prove it', () => {
    const state = observed(correspondentUpdate({ second: 3 }));
    const binding = makeBinding({ role: 'correspondent', peer: CORRESPONDENT });
    state.binding(bindingEvent('registered', { binding, packet: packetAt(9, 5) }));
    const pair = state.queries().seenUpdates(HOME_ADDRESS, CORRESPONDENT);
    expect(pair).toMatchObject({
      lastTime: packetAt(0, 3).time,
      acceptedAt: packetAt(0, 5).time,
      lastInTunnel: false,
    });
    const { context } = correspondentUpdate({ second: 3 });
    expect(state.queries().isProvedByTokens(context)).toBe(false);
  });
});
