/**
 * Several care-of addresses of one mobile node. RFC 5648.
 */
import { expect, test } from 'vitest';
import { formatAddress } from '../../../../dissectors/core/address.ts';
import type { MobilityOption } from '../../../../dissectors/mobility/options/index.ts';
import { ip } from '../../wire-peer.ts';
import { AGENT, ATTACKER, CARE_OF, HomeAgentBench, NEW_CARE_OF } from '../bench.ts';
import type { Acknowledgement, UpdateFields } from '../mobile-side.ts';
import { FLAG } from '../mobile-side.ts';
import {
  CORRESPONDENT,
  delivered,
  encapsulated,
  forwarded,
  networkBench,
  payloadPacket,
} from './traffic.ts';

const OVERWRITE = 0x0040;
const A_H = FLAG.A | FLAG.H;
const SIMULTANEOUS = 0x80;

function identifier(
  bindingIdentifier: number,
  careOfAddress?: Uint8Array,
  flags = 0,
): MobilityOption {
  return {
    kind: 'binding-identifier',
    bindingIdentifier,
    status: 0,
    flags,
    ...(careOfAddress === undefined ? {} : { careOfAddress }),
  };
}

function benchOf(maximumCareOfAddresses?: number): HomeAgentBench {
  const network = maximumCareOfAddresses === undefined ? {} : { maximumCareOfAddresses };
  return networkBench(network, { policies: { 1: { mayUseSeveralCareOfAddresses: true } } });
}

/** Update with Binding Identifiers in place of the Alternate Care-of Address. */
function withIdentifiers(
  sequence: number,
  options: readonly MobilityOption[],
  fields: Partial<UpdateFields> = {},
): UpdateFields {
  return { sequence, options, alternate: 'none', ...fields };
}

/** Identifiers and their status in an acknowledgement. */
function statuses({ options }: Acknowledgement): [number, number][] {
  return options.flatMap((each) =>
    each.kind === 'binding-identifier' ? [[each.bindingIdentifier, each.status]] : [],
  );
}

/** Whether a packet of mobile node 1 counts from a care-of address. */
function counts(bench: HomeAgentBench, careOf: Uint8Array): boolean {
  const inner = payloadPacket({ source: bench.mobile().home, destination: CORRESPONDENT });
  return forwarded(bench.deliver(encapsulated(inner, careOf, AGENT)), CORRESPONDENT).length === 1;
}

function tunnelEnd(bench: HomeAgentBench): string | undefined {
  const seen = bench.deliver(payloadPacket({ destination: bench.mobile().home }));
  return delivered(seen)[0]?.outer.destination;
}

test('RFC 5648 section 6.2 a bulk registration registers every care-of address, and the identifiers come back without them', () => {
  const bench = benchOf();
  const accepted = bench.answer(
    withIdentifiers(1, [identifier(1, CARE_OF), identifier(2, NEW_CARE_OF)]),
  );
  expect(accepted.status).toBe(0);
  expect(statuses(accepted)).toEqual([
    [1, 0],
    [2, 0],
  ]);
  for (const option of accepted.options) expect(option).not.toHaveProperty('careOfAddress');
  expect(tunnelEnd(bench)).toBe(formatAddress(CARE_OF));
  expect(counts(bench, CARE_OF)).toBe(true);
  expect(counts(bench, NEW_CARE_OF)).toBe(true);
  expect(counts(bench, ATTACKER)).toBe(false);
  expect(bench.ping(NEW_CARE_OF)).toBe('routed');
});

test('RFC 5648 section 6.2 single registrations add up; the same identifier elsewhere moves its care-of address', () => {
  const bench = benchOf();
  bench.answer(withIdentifiers(1, [identifier(1, CARE_OF)]));
  bench.answer(withIdentifiers(2, [identifier(2, NEW_CARE_OF)], { careOf: NEW_CARE_OF }));
  expect([counts(bench, CARE_OF), counts(bench, NEW_CARE_OF)]).toEqual([true, true]);
  const third = ip('2001:db8:77::1');
  const moved = bench.answer(withIdentifiers(3, [identifier(1, third)], { careOf: third }));
  expect(moved.status).toBe(0);
  expect([CARE_OF, NEW_CARE_OF, third].map((each) => counts(bench, each))).toEqual([
    false,
    true,
    true,
  ]);
  // Known identifiers need no address.
  expect(bench.answer(withIdentifiers(4, [identifier(1)], { alternate: third })).status).toBe(0);
  expect(counts(bench, third)).toBe(true);
});

test('RFC 5648 section 6.2 with O the registered ones replace all others', () => {
  const bench = benchOf();
  bench.answer(withIdentifiers(1, [identifier(1, CARE_OF), identifier(2, NEW_CARE_OF)]));
  const third = ip('2001:db8:77::1');
  bench.answer(
    withIdentifiers(2, [identifier(3, third)], { flags: A_H | OVERWRITE, careOf: third }),
  );
  expect([CARE_OF, NEW_CARE_OF, third].map((each) => counts(bench, each))).toEqual([
    false,
    false,
    true,
  ]);
});

test('RFC 5648 section 6.2 a regular registration replaces all; identifiers beside a regular binding get 165 without O', () => {
  const bench = benchOf();
  bench.answer(withIdentifiers(1, [identifier(1, CARE_OF), identifier(2, NEW_CARE_OF)]));
  bench.answer({ sequence: 2 });
  expect([counts(bench, CARE_OF), counts(bench, NEW_CARE_OF)]).toEqual([true, false]);
  const both = [identifier(1, CARE_OF), identifier(2, NEW_CARE_OF)];
  expect(bench.answer(withIdentifiers(3, both)).status).toBe(165);
  expect(bench.answer(withIdentifiers(4, both, { flags: A_H | OVERWRITE })).status).toBe(0);
  expect(counts(bench, NEW_CARE_OF)).toBe(true);
});

test('RFC 5648 section 6.2 in a bulk registration that is not complete the options tell which were not taken', () => {
  const bench = benchOf(2);
  const options = [
    identifier(1, CARE_OF),
    identifier(2, ip('ff02::5')),
    identifier(3),
    identifier(4, NEW_CARE_OF),
    identifier(5, ATTACKER),
  ];
  const accepted = bench.answer(withIdentifiers(1, options));
  expect(accepted.status).toBe(4);
  expect(statuses(accepted)).toEqual([
    [1, 0],
    [2, 164],
    [3, 167],
    [4, 0],
    [5, 166],
  ]);
  expect([CARE_OF, NEW_CARE_OF, ATTACKER].map((each) => counts(bench, each))).toEqual([
    true,
    true,
    false,
  ]);
  expect(bench.host.bindings.find(bench.mobile().home)?.careOfAddresses?.size).toBe(2);
});

test('RFC 5648 section 6.2 identifiers are deleted one by one, the binding with the last; an unknown one gets 133', () => {
  const bench = benchOf();
  bench.answer(withIdentifiers(1, [identifier(1, CARE_OF), identifier(2, NEW_CARE_OF)]));
  const gone = bench.answer(
    withIdentifiers(2, [identifier(1, CARE_OF)], { lifetime: 0, alternate: CARE_OF }),
  );
  expect(gone.status).toBe(0);
  expect(tunnelEnd(bench)).toBe(formatAddress(NEW_CARE_OF));
  expect([counts(bench, CARE_OF), counts(bench, NEW_CARE_OF)]).toEqual([false, true]);
  const from = { lifetime: 0, careOf: NEW_CARE_OF, alternate: NEW_CARE_OF };
  expect(bench.answer(withIdentifiers(3, [identifier(9)], from)).status).toBe(133);
  expect(bench.answer(withIdentifiers(4, [identifier(2)], from)).status).toBe(0);
  expect(bench.careOf()).toBeUndefined();
});

test('RFC 5648 section 6.2 a regular de-registration deletes all of them', () => {
  const bench = benchOf();
  bench.answer(withIdentifiers(1, [identifier(1, CARE_OF), identifier(2, NEW_CARE_OF)]));
  expect(bench.answer({ sequence: 2, lifetime: 0 }).status).toBe(0);
  expect([counts(bench, CARE_OF), counts(bench, NEW_CARE_OF)]).toEqual([false, false]);
});

test('RFC 5648 section 4.4 mobile nodes that may have one care-of address get 166, returning home beside a visit 169', () => {
  const bench = benchOf();
  bench.register({}, 2);
  const options = [identifier(1, CARE_OF)];
  expect(bench.answer(withIdentifiers(2, options), 2).status).toBe(166);
  expect(benchOf(1).answer(withIdentifiers(1, options)).status).toBe(166);
  const home = identifier(1, CARE_OF, SIMULTANEOUS);
  expect(bench.answer(withIdentifiers(1, [home])).status).toBe(169);
  expect(bench.answer(withIdentifiers(2, [identifier(0, CARE_OF)])).status).toBe(164);
  expect(bench.answer(withIdentifiers(3, options)).status).toBe(0);
});
