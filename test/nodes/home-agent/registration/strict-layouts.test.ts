/**
 * Layouts of de-registrations: two are taken, everything else is an attack until somebody says otherwise. Group DRG.
 */
import { describe, expect, test } from 'vitest';
import {
  destinationOptions,
  homeAddressOption,
  ipv6Packet,
} from '../../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../../../dissectors/ipv6/header.ts';
import type { DeregistrationMode } from '../../../../nodes/home-agent/home-agent-parts.ts';
import { AGENT, ATTACKER, CARE_OF, HomeAgentBench, NEW_CARE_OF } from '../bench.ts';
import type { BenchOptions } from '../bench.ts';
import { FLAG, fromHome } from '../mobile-side.ts';
import type { LinkName, UpdateFields } from '../mobile-side.ts';

const IPV6_OCTETS = 40;
const LAYOUT = 'binding-update-deregistration-layout';

function registered(options: BenchOptions = {}): HomeAgentBench {
  const bench = new HomeAgentBench(options);
  bench.register({ sequence: 10 });
  bench.run(10_000);
  return bench;
}

/** With a mode for mobile node 1. */
const inMode = (deregistration: DeregistrationMode): BenchOptions => ({
  policies: { 1: { deregistration } },
});

/**
 * Draws nothing at all: no word to anybody on any link, the binding and its interception stay, and whoever runs the home
 * agent is told. The layout that is allowed is accepted afterwards, with the same number.
 */
function expectRefused(
  bench: HomeAgentBench,
  packet: Uint8Array,
  link: LinkName = 'upstream',
): void {
  expect(bench.deliver(packet, link, 3000)).toEqual([]);
  expect(bench.careOf()).toBe('2001:db8:b::100');
  expect(bench.intercepted()).toBe('2001:db8:b::100');
  expect(bench.alarms()).toEqual([LAYOUT]);
  expect(bench.answer(fromHome(bench.mobile().home, 11))).toMatchObject({ status: 0 });
  expect(bench.careOf()).toBeUndefined();
}

function expectFieldsRefused(fields: UpdateFields): void {
  const bench = registered();
  expectRefused(bench, bench.mobile().update({ ...fields, sequence: 11 }), fields.link);
}

const { home: HOME } = new HomeAgentBench().mobile();

describe('the two layouts', () => {
  test('DRG-01 from home: home address as source, no Home Address option, no Alternate Care-of Address', () => {
    const bench = registered();
    const answer = bench.answer(fromHome(HOME, 11));
    expect(answer).toMatchObject({ status: 0, lifetime: 0 });
    expect(answer.wire).toMatchObject({ destination: '2001:db8:a::100', headers: [] });
    expect(bench.careOf()).toBeUndefined();
    expect(bench.alarms()).toEqual([]);
  });

  test('DRG-02 from the registered care-of address, which both source and Alternate Care-of Address name', () => {
    const bench = registered();
    const answer = bench.answer({ sequence: 11, lifetime: 0, careOf: CARE_OF });
    expect(answer).toMatchObject({ status: 0, lifetime: 0 });
    expect(answer.wire).toMatchObject({
      destination: '2001:db8:b::100',
      type2RoutingHeader: '2001:db8:a::100',
    });
    expect(bench.careOf()).toBeUndefined();
    expect(bench.alarms()).toEqual([]);
  });

  test('DRG-21 the second in tunnel mode', () => {
    const protection = { bindingUpdates: 'esp-tunnel' } as const;
    const bench = registered({ protection });
    const answer = bench.answer({ sequence: 11, lifetime: 0 });
    expect(answer).toMatchObject({ status: 0, lifetime: 0, isTunnelled: true });
    expect(answer.wire).toMatchObject({ destination: '2001:db8:b::100', headers: [] });
    expect(bench.careOf()).toBeUndefined();
    for (const spoiled of [
      { source: ATTACKER },
      { alternate: 'none' },
      { alternate: HOME },
      { alternate: ATTACKER },
      { source: ATTACKER, alternate: ATTACKER },
    ] as const) {
      const other = registered({ protection });
      const fields = { sequence: 11, lifetime: 0, careOf: CARE_OF, ...spoiled };
      expect(other.deliver(other.mobile().update(fields), 'upstream', 3000)).toEqual([]);
      expect(other.careOf()).toBe('2001:db8:b::100');
      expect(other.alarms()).toEqual([LAYOUT]);
    }
  });

  test('DRG-21 the first in tunnel mode, and not with a care-of address or by another link', () => {
    const protection = { bindingUpdates: 'esp-tunnel' } as const;
    const bench = registered({ protection });
    bench.update(fromHome(HOME, 11));
    expect(bench.careOf()).toBeUndefined();
    expect(bench.alarms()).toEqual([]);
    const relayed = registered({ protection });
    const fields = { ...fromHome(HOME, 11), alternate: CARE_OF };
    expect(relayed.deliver(relayed.mobile().update(fields), 'home', 3000)).toEqual([]);
    expect(relayed.careOf()).toBe('2001:db8:b::100');
    expect(relayed.alarms()).toEqual([LAYOUT]);
    const elsewhere = registered({ protection });
    const update = elsewhere.mobile().update(fromHome(HOME, 11));
    expect(elsewhere.deliver(update, 'upstream', 3000)).toEqual([]);
    expect(elsewhere.careOf()).toBe('2001:db8:b::100');
    expect(elsewhere.alarms()).toHaveLength(1);
  });

  test('DRG-22 reserved flags and unknown options change nothing', () => {
    for (const way of [fromHome(HOME, 11), { sequence: 11, lifetime: 0 }]) {
      const bench = registered();
      const fields: UpdateFields = {
        ...way,
        flags: FLAG.A | FLAG.H | 0x000f,
        options: [{ kind: 'unknown', type: 200, data: Uint8Array.of(1, 2, 3) }],
      };
      expect(bench.answer(fields)).toMatchObject({ status: 0, lifetime: 0 });
      expect(bench.careOf()).toBeUndefined();
    }
  });

  test('DRG-15 the second without a binding: status 133', () => {
    const bench = new HomeAgentBench();
    expect(bench.answer({ sequence: 11, lifetime: 0 })).toMatchObject({ status: 133 });
    // And a faulty one is not answered there either.
    expect(bench.update({ sequence: 12, lifetime: 0, source: ATTACKER })).toEqual([]);
  });

  test('DRG-16 both with a number that is not greater: status 135, the binding stays', () => {
    const bench = registered();
    for (const fields of [fromHome(HOME, 10), { sequence: 10, lifetime: 0 }]) {
      expect(bench.answer(fields)).toMatchObject({ status: 135, sequence: 10 });
      expect(bench.careOf()).toBe('2001:db8:b::100');
    }
  });
});

describe('everything else', () => {
  test('DRG-03 DRG-18 an update from home, caught and sent on behind a Home Address option', () => {
    const bench = registered();
    const caught = bench.mobile().update(fromHome(HOME, 11));
    const relayed = ipv6Packet({
      source: ATTACKER,
      destination: AGENT,
      hopLimit: 60,
      headers: [destinationOptions([homeAddressOption(HOME)])],
      protocol: NEXT_HEADER.esp,
      payload: caught.slice(IPV6_OCTETS),
    });
    expectRefused(bench, relayed);
    // It is not the protection that refuses it: in mode rfc the attack works, and the attacker gets the acknowledgement.
    const open = registered(inMode('rfc'));
    const again = open.mobile().update(fromHome(HOME, 11));
    const octets = ipv6Packet({
      source: ATTACKER,
      destination: AGENT,
      hopLimit: 60,
      headers: [destinationOptions([homeAddressOption(HOME)])],
      protocol: NEXT_HEADER.esp,
      payload: again.slice(IPV6_OCTETS),
    });
    const [answer] = open.mobile().acknowledgements(open.deliver(octets));
    expect(answer).toMatchObject({ status: 0, wire: { destination: '2001:db8:e::666' } });
    expect(open.careOf()).toBeUndefined();
  });

  const remote = { sequence: 11, lifetime: 0 } as const;
  test.each<[string, string, UpdateFields]>([
    [
      'DRG-04',
      'attacker, home address as Alternate',
      { ...remote, source: ATTACKER, alternate: HOME },
    ],
    [
      'DRG-05',
      'attacker, registered care-of address as Alternate',
      { ...remote, source: ATTACKER, alternate: CARE_OF },
    ],
    [
      'DRG-05',
      'attacker, named as Alternate too',
      { ...remote, source: ATTACKER, alternate: ATTACKER },
    ],
    ['DRG-06', 'no Alternate', { ...remote, alternate: 'none' }],
    ['DRG-07', 'home address as Alternate', { ...remote, alternate: HOME }],
    ['DRG-08', 'another address as Alternate', { ...remote, alternate: NEW_CARE_OF }],
    ['DRG-09', 'home address as source and in the option', { ...fromHome(HOME, 11), option: HOME }],
    ['DRG-10', 'at home, home address as Alternate', { ...fromHome(HOME, 11), alternate: HOME }],
    [
      'DRG-11',
      'at home, care-of address as Alternate',
      { ...fromHome(HOME, 11), alternate: CARE_OF },
    ],
    ['DRG-11', 'at home, any address as Alternate', { ...fromHome(HOME, 11), alternate: ATTACKER }],
    ['DRG-12', 'home address everywhere', { ...fromHome(HOME, 11), option: HOME, alternate: HOME }],
  ])('%s DRG-18 %s: silence, the binding stays, an alarm', (_, __, fields) => {
    expectFieldsRefused(fields);
  });

  test('DRG-13 the care-of address as source without Home Address option has no association', () => {
    const bench = registered();
    const packet = bench.mobile().update({ ...remote, option: 'none' });
    expect(bench.deliver(packet, 'upstream', 3000)).toEqual([]);
    expect(bench.careOf()).toBe('2001:db8:b::100');
    expect(bench.answer({ sequence: 11, lifetime: 0 })).toMatchObject({ status: 0 });
  });

  test('DRG-14 a care-of address of before', () => {
    const bench = registered();
    expect(bench.answer({ sequence: 11, careOf: NEW_CARE_OF })).toMatchObject({ status: 0 });
    expect(bench.update({ sequence: 12, lifetime: 0, careOf: CARE_OF })).toEqual([]);
    expect(bench.careOf()).toBe('2001:db8:d::100');
    expect(bench.alarms()).toEqual([LAYOUT]);
    const current = { sequence: 12, lifetime: 0, careOf: NEW_CARE_OF };
    expect(bench.answer(current)).toMatchObject({ status: 0 });
  });

  test('DRG-17 from the home address, but not on the home link', () => {
    const elsewhere = { ...fromHome(HOME, 11), link: 'upstream' } as const;
    const bench = registered();
    expect(bench.update(elsewhere)).toEqual([]);
    expect(bench.careOf()).toBe('2001:db8:b::100');
    expect(bench.alarms()).toEqual(['binding-update-deregistration-ingress']);
    expect(bench.answer(fromHome(HOME, 11))).toMatchObject({ status: 0 });
    const lenient = registered({ agent: { registration: { ingress: 'alarm' } } });
    lenient.homePeer.answerFor(HOME);
    expect(lenient.answer(elsewhere)).toMatchObject({ status: 0, link: 'home' });
    expect(lenient.alarms()).toEqual(['deregistration-from-other-link']);
  });
});

describe('the switch', () => {
  const umip = { ...fromHome(HOME, 11), alternate: HOME };

  test('DRG-10 DRG-19 mode umip takes what UMIP sends at home, and nothing more', () => {
    const bench = registered(inMode('umip'));
    expect(bench.answer(umip)).toMatchObject({ status: 0, lifetime: 0 });
    expect(bench.careOf()).toBeUndefined();
    for (const fields of [
      { ...fromHome(HOME, 11), alternate: CARE_OF },
      { ...umip, option: HOME },
      { sequence: 11, lifetime: 0, source: ATTACKER, alternate: HOME },
      { sequence: 11, lifetime: 0, alternate: HOME },
    ]) {
      const other = registered(inMode('umip'));
      expect(other.update(fields)).toEqual([]);
      expect(other.careOf()).toBe('2001:db8:b::100');
    }
    // The strict ones are taken as well.
    expect(registered(inMode('umip')).answer(fromHome(HOME, 11))).toMatchObject({ status: 0 });
  });

  test.each<[string, UpdateFields]>([
    ['home address as Alternate at home', umip],
    ['home address everywhere', { ...umip, option: HOME }],
    ['no Alternate', { sequence: 11, lifetime: 0, alternate: 'none' }],
    ['home address as Alternate', { sequence: 11, lifetime: 0, alternate: HOME }],
    ['another source', { sequence: 11, lifetime: 0, source: NEW_CARE_OF, alternate: CARE_OF }],
  ])('DRG-19 mode rfc takes: %s', (_, fields) => {
    const bench = registered(inMode('rfc'));
    expect(bench.answer(fields)).toMatchObject({ status: 0, lifetime: 0 });
    expect(bench.careOf()).toBeUndefined();
  });

  test('DRG-19 it is one for each home address, over that of the home agent', () => {
    const bench = new HomeAgentBench({
      agent: { registration: { deregistration: 'rfc' } },
      policies: { 2: { deregistration: 'strict' } },
    });
    for (const number of [1, 2]) bench.register({ sequence: 10 }, number);
    const bare = { sequence: 11, lifetime: 0, alternate: 'none' } as const;
    expect(bench.update(bare, 1)).toMatchObject([{ status: 0 }]);
    expect(bench.update(bare, 2)).toEqual([]);
    expect([bench.careOf(1), bench.careOf(2)]).toEqual([undefined, '2001:db8:b::100']);
  });
});
