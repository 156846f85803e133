import { describe, expect, test } from 'vitest';
import { sha1 } from '../../correspondent-node/bench.ts';
import {
  AGENT,
  CARE_OF_ONE,
  CARE_OF_TWO,
  CORRESPONDENT,
  HOME,
  OTHER_HOME,
  text,
} from '../bench.ts';
import { ip } from '../../wire-peer.ts';
import { RouteBench } from './scripted-correspondent.ts';
import type { Message } from './correspondent-messages.ts';

const SECOND = 1000;
const STRANGER = ip('2001:db8:e::666');

/** Cookie of an Init as text. */
function cookieOf({ message }: Message): string {
  if (message.kind === 'home-test-init') return Buffer.from(message.homeInitCookie).toString('hex');
  if (message.kind === 'care-of-test-init') {
    return Buffer.from(message.careOfInitCookie).toString('hex');
  }
  throw new Error(message.kind);
}

function first<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined) throw new Error('nothing there');
  return item;
}

/** Away, with tests that nobody answers by itself. */
function asking(): { bench: RouteBench; home: Message; careOf: Message } {
  const bench = RouteBench.away();
  bench.answerHome = () => undefined;
  bench.answerCareOf = () => undefined;
  bench.trigger();
  bench.advance(5);
  return {
    bench,
    home: first(bench.of('home-test-init')),
    careOf: first(bench.of('care-of-test-init')),
  };
}

describe('return routability of a mobile node', () => {
  test('MN-RR-01 both Inits leave at once, one through the tunnel, one directly, with cookies of their own', () => {
    const { home, careOf } = asking();
    expect(home.at).toBe(careOf.at);
    expect(home).toMatchObject({
      isTunnelled: true,
      outer: { source: text(CARE_OF_ONE), destination: text(AGENT) },
      packet: { source: text(HOME), destination: text(CORRESPONDENT) },
    });
    expect(careOf).toMatchObject({
      isTunnelled: false,
      packet: { source: text(CARE_OF_ONE), destination: text(CORRESPONDENT) },
    });
    expect(cookieOf(home)).toHaveLength(16);
    expect(cookieOf(home)).not.toBe(cookieOf(careOf));
    expect(cookieOf(home)).not.toBe('0'.repeat(16));
  });

  test('MN-RR-02 neither has a Home Address option or a routing header; they go to the home address of a mobile correspondent', () => {
    const bench = RouteBench.away();
    // The correspondent is bound at this node: its packets have a Home Address option.
    const elsewhere = ip('2001:db8:d::77');
    bench.bindOther(elsewhere);
    bench.trigger();
    bench.advance(5);
    for (const kind of ['home-test-init', 'care-of-test-init'] as const) {
      const [message] = bench.of(kind);
      expect(message?.packet).toMatchObject({
        headers: [],
        homeAddressOption: undefined,
        type2RoutingHeader: undefined,
        destination: text(CORRESPONDENT),
      });
    }
  });

  test('MN-RR-03 MN-RR-05 MN-RR-07 tokens and indices of both tests make the key of the update', () => {
    const bench = RouteBench.optimised();
    const update = first(bench.updates);
    expect(update.isAuthentic).toBe(true);
    // Even indices are those of home tests, odd ones of care-of tests.
    expect([update.homeIndex % 2, update.careOfIndex % 2]).toEqual([0, 1]);
    expect(bench.keyOf(update)).toHaveLength(sha1(new Uint8Array(0)).length);
    expect(bench.way()).toBe('optimised');
  });

  test.each<[string, (bench: RouteBench, home: Message) => void]>([
    [
      'not through the tunnel',
      (bench, home) => {
        bench.giveHomeTest(home, { isMisrouted: true });
      },
    ],
    [
      'of a stranger',
      (bench, home) => {
        bench.giveHomeTest(home, { source: STRANGER });
      },
    ],
    [
      'with another cookie',
      (bench, home) => {
        bench.giveHomeTest(home, { cookie: new Uint8Array(8) });
      },
    ],
    [
      'to another address',
      (bench, home) => {
        bench.giveHomeTest(home, { destination: OTHER_HOME });
      },
    ],
  ])('MN-RR-04 a Home Test %s is passed over', (_, give) => {
    const { bench, home, careOf } = asking();
    give(bench, home);
    bench.giveCareOfTest(careOf);
    bench.advance(100);
    expect(bench.updates).toEqual([]);
    bench.giveHomeTest(home);
    bench.advance(100);
    expect(bench.updates).toHaveLength(1);
  });

  test('MN-RR-04 a second Home Test changes nothing', () => {
    const { bench, home, careOf } = asking();
    bench.giveHomeTest(home);
    bench.advance(5);
    bench.giveHomeTest(home);
    bench.advance(5);
    bench.giveCareOfTest(careOf);
    bench.advance(100);
    expect(bench.updates).toMatchObject([{ homeIndex: 20, isAuthentic: true }]);
  });

  test.each<[string, (bench: RouteBench, careOf: Message) => void]>([
    [
      'of a stranger',
      (bench, careOf) => {
        bench.giveCareOfTest(careOf, { source: STRANGER });
      },
    ],
    [
      'with another cookie',
      (bench, careOf) => {
        bench.giveCareOfTest(careOf, { cookie: new Uint8Array(8) });
      },
    ],
    [
      'to the home address',
      (bench, careOf) => {
        bench.giveCareOfTest(careOf, { destination: HOME, isMisrouted: true });
      },
    ],
  ])('MN-RR-06 a Care-of Test %s is passed over', (_, give) => {
    const { bench, home, careOf } = asking();
    give(bench, careOf);
    bench.giveHomeTest(home);
    bench.advance(100);
    expect(bench.updates).toEqual([]);
    bench.giveCareOfTest(careOf);
    bench.advance(100);
    expect(bench.updates).toHaveLength(1);
  });

  test('MN-RR-06 a Care-of Test to the care-of address before the move, and a second one, are passed over', () => {
    const { bench, home, careOf } = asking();
    bench.giveHomeTest(home);
    bench.advance(5);
    bench.node.move('two');
    bench.trigger();
    bench.advance(5);
    bench.giveCareOfTest(careOf);
    bench.advance(100);
    expect(bench.updates).toEqual([]);
    const latest = bench.of('care-of-test-init').at(-1);
    if (latest === undefined) throw new Error('no Care-of Test Init after the move');
    expect(latest.packet.source).toBe(text(CARE_OF_TWO));
    bench.giveCareOfTest(latest);
    bench.giveCareOfTest(latest);
    bench.advance(100);
    expect(bench.updates).toHaveLength(1);
    expect(bench.updates).toMatchObject([
      { isAuthentic: true, packet: { source: text(CARE_OF_TWO) } },
    ]);
  });

  test.each(['home first', 'care-of first'])('MN-RR-08 either order works: %s', (order) => {
    const { bench, home, careOf } = asking();
    const steps = [
      () => {
        bench.giveHomeTest(home);
      },
      () => {
        bench.giveCareOfTest(careOf);
      },
    ];
    if (order !== 'home first') steps.reverse();
    for (const step of steps) {
      expect(bench.updates).toEqual([]);
      step();
      bench.advance(50);
    }
    expect(bench.updates).toMatchObject([{ isAuthentic: true }]);
  });

  test('MN-RR-09 after a move within 210 s only the care-of test is run', () => {
    const bench = RouteBench.optimised();
    const before = first(bench.updates);
    bench.forget();
    bench.advance(100 * SECOND);
    bench.node.move('two');
    expect(bench.of('home-test-init')).toEqual([]);
    expect(bench.of('care-of-test-init')).toHaveLength(1);
    expect(bench.updates).toMatchObject([
      { homeIndex: before.homeIndex, isAuthentic: true, packet: { source: text(CARE_OF_TWO) } },
    ]);
  });

  test('MN-RR-10 a token older than 210 s is not used', () => {
    const bench = RouteBench.optimised();
    const before = first(bench.updates);
    bench.forget();
    bench.advance(211 * SECOND);
    bench.node.move('two');
    expect(bench.of('home-test-init')).toHaveLength(1);
    const [update] = bench.updates;
    expect(update?.isAuthentic).toBe(true);
    expect(update?.homeIndex).not.toBe(before.homeIndex);
  });

  test('MN-RR-10 nor when it grows old while updates are not answered', () => {
    const bench = RouteBench.optimised();
    bench.advance(195 * SECOND);
    bench.answerUpdate = () => undefined;
    expect(bench.way()).toBe('optimised');
    bench.forget();
    bench.refreshRequest();
    bench.advance(60 * SECOND);
    expect(bench.updates.length).toBeGreaterThan(2);
    expect(bench.of('home-test-init')).not.toEqual([]);
    const oldest = bench.updates[0]?.homeIndex;
    for (const update of bench.updates) {
      expect(update.isAuthentic).toBe(true);
      if (update.homeIndex === oldest) expect(update.at - bench.now).toBeLessThan(-40 * SECOND);
    }
  });

  test.each(['home-test-init', 'care-of-test-init', 'binding-update'] as const)(
    'MN-RR-11 MN-BE-08 Parameter Problem 1 about a %s ends it for a while, and packets take the tunnel',
    (kind) => {
      const bench = RouteBench.away();
      if (kind === 'binding-update') bench.answerUpdate = () => undefined;
      else {
        bench.answerHome = () => undefined;
        bench.answerCareOf = () => undefined;
      }
      bench.trigger();
      bench.advance(50);
      bench.refuse(first(bench.of(kind)));
      bench.forget();
      for (let i = 0; i < 50; i++) {
        bench.trigger();
        bench.advance(10 * SECOND);
        expect(bench.way()).toBe('tunnel');
      }
      expect(bench.messages).toEqual([]);
      bench.answerHome = () => ({});
      bench.answerCareOf = () => ({});
      bench.answerUpdate = () => ({});
      bench.advance(200 * SECOND);
      bench.trigger();
      bench.advance(50);
      expect(bench.updates).toHaveLength(1);
      expect(bench.way()).toBe('optimised');
    },
  );

  test('MN-RR-11 who has not seen the message cannot end it', () => {
    const { bench, home, careOf } = asking();
    const other = { ...careOf, packet: { ...careOf.packet, bytes: careOf.packet.bytes.slice() } };
    other.packet.bytes[50] = (other.packet.bytes[50] ?? 0) ^ 1;
    bench.refuse(other);
    bench.refuse(careOf, { source: STRANGER });
    bench.giveHomeTest(home);
    bench.giveCareOfTest(careOf);
    bench.advance(50);
    expect(bench.updates).toHaveLength(1);
  });

  test('MN-RR-12 with a policy for home tests the Init leaves in ESP, and only a protected Home Test counts', () => {
    const { bench, home, careOf } = asking();
    expect(home).toMatchObject({ isTunnelled: true, isProtected: true });
    expect(home.outer?.source).toBe(text(CARE_OF_ONE));
    // The same test, but in clear inside the tunnel.
    const protectedTunnel = bench.tunnel.bind(bench);
    bench.tunnel = (inner) => {
      protectedTunnel(inner, { isProtected: false });
    };
    bench.giveHomeTest(home);
    bench.giveCareOfTest(careOf);
    bench.advance(50);
    expect(bench.updates).toEqual([]);
    bench.tunnel = protectedTunnel;
    bench.giveHomeTest(home);
    bench.advance(50);
    expect(bench.updates).toMatchObject([{ isAuthentic: true }]);
  });

  test('MN-RR-12 without one it leaves in the plain tunnel', () => {
    const bench = RouteBench.away({ protection: 'none' });
    bench.trigger();
    bench.advance(5);
    expect(bench.of('home-test-init')).toMatchObject([{ isTunnelled: true, isProtected: false }]);
  });

  test('MN-RR-13 the tested care-of address is the one that is registered', () => {
    const bench = RouteBench.optimised();
    const careOf = first(bench.of('care-of-test-init'));
    const update = first(bench.updates);
    expect(update.packet.source).toBe(careOf.packet.source);
    // No other care-of address is ever named.
    expect(update.options.map(({ kind }) => kind)).not.toContain('alternate-care-of-address');
    bench.node.move('two');
    expect(bench.updates.at(-1)?.packet.source).toBe(
      bench.of('care-of-test-init').at(-1)?.packet.source,
    );
  });
});
