/**
 * Form and addressing of Binding Acknowledgements. Conformance group HA-BA.
 */
import { expect, test } from 'vitest';
import { ATTACKER, CARE_OF, HomeAgentBench, NEW_CARE_OF, hex } from '../bench.ts';
import { fromHome } from '../mobile-side.ts';

const ROUTING = 43;
const ESP = 50;

test('HA-BA-01 HA-BA-04 HA-BA-05 IPS-BU-02 away from home: wire source, type 2 routing header, ESP', () => {
  const bench = new HomeAgentBench();
  const { wire } = bench.register();
  expect(wire).toMatchObject({
    source: '2001:db8:a::1',
    destination: '2001:db8:b::100',
    headers: [ROUTING],
    type2RoutingHeader: '2001:db8:a::100',
    homeAddressOption: undefined,
    protocol: ESP,
  });
  // Next header, Hdr Ext Len 2, type 2, segments left 1, reserved, address.
  expect(hex(wire.bytes.subarray(40, 64))).toBe(
    `${hex(Uint8Array.of(ESP, 2, 2, 1, 0, 0, 0, 0))}20010db8000a00000000000000000100`,
  );
});

test('HA-BA-02 IPS-BU-03 IPS-BU-04 at home: to the home address, without routing header, ESP', () => {
  const bench = new HomeAgentBench();
  bench.register();
  const { wire, link } = bench.answer(fromHome(bench.mobile().home, 2));
  expect(link).toBe('home');
  expect(wire).toMatchObject({
    source: '2001:db8:a::1',
    destination: '2001:db8:a::100',
    headers: [],
    protocol: ESP,
  });
});

test('HA-BA-03 an older binding does not say where the answer goes', () => {
  const bench = new HomeAgentBench();
  bench.register();
  const moved = bench.answer({ sequence: 2, careOf: NEW_CARE_OF });
  expect(moved.wire.destination).toBe('2001:db8:d::100');
  // Refused, from where the mobile node has never been.
  const late = bench.answer({ sequence: 1, source: ATTACKER, alternate: CARE_OF });
  expect(late).toMatchObject({ status: 135 });
  expect(late.wire.destination).toBe('2001:db8:e::666');
});

test('HA-BA-05 the answer comes from the address that was asked', () => {
  const bench = new HomeAgentBench();
  expect(bench.register().wire.source).toBe('2001:db8:a::1');
  // Not at all, to an update for an address that is none of the home agent's own: the anycast address of home agents.
  const anycast = Uint8Array.of(
    0x20,
    1,
    0xd,
    0xb8,
    0,
    0xa,
    0,
    0,
    0xfd,
    255,
    255,
    255,
    255,
    255,
    255,
    0xfe,
  );
  bench.upstream.addAnycast(anycast);
  expect(bench.update({ sequence: 2, destination: anycast })).toEqual([]);
  expect(bench.update({ sequence: 2 })).toMatchObject([{ status: 0 }]);
});

test('HA-BA-06 a status of 128 or more is a refusal, and nothing else is', () => {
  const bench = new HomeAgentBench({ policies: { 2: { isAllowed: false } } });
  const statuses = [1, 2, 3].map((number) => {
    const { status } = bench.answer({ sequence: 1 }, number);
    return { isRefused: status >= 128, isBound: bench.careOf(number) !== undefined };
  });
  expect(statuses).toEqual([
    { isRefused: false, isBound: true },
    { isRefused: true, isBound: false },
    { isRefused: true, isBound: false },
  ]);
});

test('HA-BA-07 an update that fails its checks is not answered, not even with an error', () => {
  const bench = new HomeAgentBench();
  const whole = bench.mobile().update({ sequence: 1 });
  const spoiled = whole.slice();
  // The last octet of the ICV.
  spoiled[spoiled.length - 1] = (spoiled.at(-1) ?? 0) ^ 1;
  expect(bench.deliver(spoiled, 'upstream', 3000)).toEqual([]);
  expect(bench.mobile().acknowledgements(bench.deliver(whole, 'upstream', 3000))).toMatchObject([
    { status: 0 },
  ]);
});

test('HA-BA-08 IPsec protects it: no Binding Authorization Data', () => {
  const bench = new HomeAgentBench();
  const { options, protection } = bench.register();
  expect(protection).toBe(ESP);
  expect(options.map(({ kind }) => kind)).toEqual(['binding-refresh-advice']);
});

test('HA-BA-09 a refusal to a mobile node at home goes to its link-layer address', () => {
  const bench = new HomeAgentBench();
  bench.register({ sequence: 10 });
  const { home } = bench.mobile();
  // The home agent still defends the address: neighbor discovery would find itself.
  const answer = bench.answer(fromHome(home, 9));
  expect(answer).toMatchObject({ status: 135, sequence: 10, link: 'home' });
  expect(answer.wire.destination).toBe('2001:db8:a::100');
  expect(answer.linkDestination).toBe(hex(bench.homePeer.port.linkLayerAddress));
  expect(bench.careOf()).toBe('2001:db8:b::100');
});
