/**
 * Home registrations that are refused, aloud or in silence. Conformance group HA-REJ.
 */
import { describe, expect, test } from 'vitest';
import { Host } from '../../../../nodes/ip/host.ts';
import { CorrespondentNode } from '../../../../nodes/correspondent-node/correspondent-node.ts';
import { receiveBindingUpdates } from '../../../../nodes/mobility/binding-update.ts';
import { MemoryLink } from '../../../../nodes/simulation/memory-link.ts';
import { SeededRandom } from '../../../../nodes/simulation/seeded-random.ts';
import { VirtualScheduler } from '../../../../nodes/simulation/virtual-scheduler.ts';
import { DECLARATION, protect } from '../../ipsec/protected-pair.ts';
import { NodeIpsec } from '../../../../nodes/ipsec/node-ipsec.ts';
import { WirePeer, ip } from '../../wire-peer.ts';
import {
  AGENT,
  ATTACKER,
  CARE_OF,
  HOMES,
  HomeAgentBench,
  NEW_CARE_OF,
  advertisements,
  probes,
} from '../bench.ts';
import type { BenchOptions } from '../bench.ts';
import { FLAG, MobileSide } from '../mobile-side.ts';
import type { UpdateFields } from '../mobile-side.ts';
import { homeKeygen, returnRoutabilityUpdate } from '../return-routability.ts';

/**
 * An update that must draw nothing: no answer to anybody, no probe, no binding. Then the same unspoiled, which is accepted.
 */
function expectSilence(bench: HomeAgentBench, spoiled: UpdateFields, number = 1): void {
  const sent = bench.deliver(
    bench.mobile(number).update(spoiled),
    spoiled.link ?? 'upstream',
    3000,
  );
  expect(sent.map(({ packet }) => packet.protocol)).toEqual([]);
  expect(bench.careOf(number)).toBeUndefined();
  expect(bench.agent.registrations.pending).toBe(0);
  expect(bench.answer({ sequence: spoiled.sequence + 1 }, number)).toMatchObject({ status: 0 });
}

/** HA-REJ-18: no binding, no proxy, nothing intercepted. */
function expectNoTrace(bench: HomeAgentBench, number = 1): void {
  expect(bench.careOf(number)).toBeUndefined();
  expect(bench.ping(CARE_OF, number)).toBe('error');
  expect(bench.probe(bench.mobile(number).home)).toEqual([]);
  expect(bench.intercepted(number)).not.toBe('2001:db8:b::100');
}

describe('in silence', () => {
  test('HA-REJ-01 IPS-BU-05 an update in the clear', () => {
    const bench = new HomeAgentBench();
    expectSilence(bench, { sequence: 1, isPlain: true });
  });

  test('HA-REJ-02 IPS-BU-10 an update under the association of another home address', () => {
    const bench = new HomeAgentBench();
    bench.register({ sequence: 1 }, 2);
    bench.run(5000);
    const { home } = bench.mobile(2);
    expectSilence(bench, { sequence: 50, home, careOf: ATTACKER });
    expect(bench.careOf(2)).toBe('2001:db8:b::100');
  });

  test('HA-REJ-03 an update with H and Nonce Indices', () => {
    const bench = new HomeAgentBench();
    expectSilence(bench, {
      sequence: 1,
      options: [{ kind: 'nonce-indices', homeNonceIndex: 1, careOfNonceIndex: 1 }],
    });
    expect(bench.alarms()).toEqual(['binding-update-nonce-indices']);
  });

  test('HA-REJ-10 a registration without Home Address option', () => {
    const bench = new HomeAgentBench();
    const { home } = bench.mobile();
    const fields = { sequence: 1, option: 'none', source: home, alternate: CARE_OF } as const;
    expectSilence(bench, { ...fields, link: 'home' });
    expectSilence(new HomeAgentBench(), fields);
    expect(bench.alarms()).toEqual(['binding-update-home-address-option-missing']);
  });

  test.each([
    ['multicast', 'ff0e::1'],
    ['link-local', 'fe80::77'],
    ['loopback', '::1'],
    ['unspecified', '::'],
  ])('HA-REJ-11 a care-of address that is %s', (_, text) => {
    expectSilence(new HomeAgentBench(), { sequence: 1, alternate: ip(text) });
    // As wire source, where that counts.
    const bench = new HomeAgentBench({ protection: { bindingUpdates: 'ah-transport' } });
    expectSilence(bench, { sequence: 1, alternate: 'none', source: ip(text) });
  });

  test.each([
    ['multicast', 'ff02::5'],
    ['unspecified', '::'],
  ])('HA-REJ-15 a wire source that is %s', (_, text) => {
    expectSilence(new HomeAgentBench(), { sequence: 1, source: ip(text), alternate: CARE_OF });
  });

  test('HA-REJ-16 a multicast Home Address option', () => {
    const option = ip('ff0e::100');
    expectSilence(new HomeAgentBench(), { sequence: 1, option, home: option });
  });

  test('HA-REJ-17 a link-local Home Address option, with and without L', () => {
    const option = ip('fe80::100');
    for (const flags of [FLAG.A | FLAG.H, FLAG.A | FLAG.H | FLAG.L]) {
      const bench = new HomeAgentBench();
      expectSilence(bench, { sequence: 1, option, home: option, flags });
      expect(bench.host.bindings.find(option)).toBeUndefined();
    }
  });

  test('an update whose care-of address nothing protects', () => {
    // RFC 3776 section 4.3: with ESP in transport mode it has to be in the message.
    const bench = new HomeAgentBench();
    expectSilence(bench, { sequence: 1, alternate: 'none' });
    expect(bench.alarms()).toEqual(['binding-update-care-of-address-unprotected']);
    const lax = new HomeAgentBench({
      agent: { registration: { alternateCareOfAddress: 'optional' } },
    });
    expect(lax.answer({ sequence: 1, alternate: 'none' })).toMatchObject({ status: 0 });
    const tunnelled: BenchOptions = { protection: { bindingUpdates: 'esp-tunnel' } };
    const strict = new HomeAgentBench({
      ...tunnelled,
      agent: { registration: { alternateCareOfAddress: 'required' } },
    });
    expectSilence(strict, { sequence: 1, alternate: 'none' });
  });

  test('an update by an association that the policy of the mobile node does not name', () => {
    const named = (name: string): HomeAgentBench =>
      new HomeAgentBench({ policies: { 1: { associations: [name] } } });
    const refused = named('another');
    expect(refused.update({ sequence: 1 })).toEqual([]);
    expect(refused.alarms()).toEqual(['binding-update-other-association']);
    const own = refused.ipsec.describe().find(({ homeAddress }) => homeAddress === HOMES[0])?.name;
    expect(named(own ?? '').answer({ sequence: 1 })).toMatchObject({ status: 0 });
  });

  test('alarms of refused updates are few, however many updates there are', () => {
    const bench = new HomeAgentBench();
    for (let sequence = 1; sequence <= 200; sequence++) {
      bench.deliver(bench.mobile().update({ sequence, alternate: 'none' }), 'upstream', 5);
    }
    expect(bench.alarms().length).toBeGreaterThan(0);
    expect(bench.alarms().length).toBeLessThan(20);
    expect(bench.agent.registrations.answers.discarded.get('care-of-address-unprotected')).toBe(
      200,
    );
  });
});

describe('with a reason', () => {
  test('HA-REJ-04 a node that is no home agent: status 131', () => {
    const scheduler = new VirtualScheduler();
    const link = new MemoryLink({ scheduler, random: new SeededRandom(1), name: 'link' });
    const ipsec = new NodeIpsec({ random: new SeededRandom(2) });
    const declaration = { ...DECLARATION, homeAddress: ip('2001:db8:a::100'), homeAgent: AGENT };
    protect(ipsec, declaration, 'home-agent');
    const host = new Host({ scheduler, random: new SeededRandom(3), log: () => undefined, ipsec });
    const port = link.attach('node');
    const added = host.addInterface(port);
    added.addAddress(AGENT, { detection: 'skip' });
    const peer = new WirePeer(link, port.linkLayerAddress);
    added.setStaticRouter(peer.linkLocal);
    const correspondent = new CorrespondentNode({ host }).registrar;
    receiveBindingUpdates(host, { home: undefined, correspondent });
    scheduler.advance(5000);
    peer.take();
    const own = new NodeIpsec({ random: new SeededRandom(4) });
    protect(own, declaration, 'mobile-node');
    const mobile = new MobileSide(declaration.homeAddress, AGENT, own);
    peer.send(mobile.update({ sequence: 1 }));
    scheduler.advance(2000);
    const seen = peer
      .take()
      .map((packet) => ({ packet, link: 'upstream', at: 0, linkDestination: '' }) as const);
    expect(mobile.acknowledgements(seen)).toMatchObject([{ status: 131, sequence: 1 }]);
    expect(host.bindings.find(declaration.homeAddress)).toBeUndefined();
  });

  test('HA-REJ-05 HA-REJ-06 HA-REJ-18 a home address of no home prefix: status 132, with A and without', () => {
    for (const flags of [FLAG.A | FLAG.H, FLAG.H]) {
      const bench = new HomeAgentBench();
      expect(bench.answer({ sequence: 1, flags }, 3)).toMatchObject({ status: 132, sequence: 1 });
      expectNoTrace(bench, 3);
    }
  });

  test('HA-REJ-07 HA-REJ-18 no room for another mobile node: status 130', () => {
    const bench = new HomeAgentBench({ host: { bindings: { homeCapacity: 1 } } });
    bench.register({}, 2);
    expect(bench.answer({ sequence: 1 })).toMatchObject({ status: 130 });
    expectNoTrace(bench);
  });

  test('HA-REJ-08 HA-REJ-18 forbidden by policy: status 129', () => {
    const bench = new HomeAgentBench({ policies: { 1: { isAllowed: false } } });
    expect(bench.answer({ sequence: 1 })).toMatchObject({ status: 129 });
    expectNoTrace(bench);
    expect(bench.answer({ sequence: 1 }, 2)).toMatchObject({ status: 0 });
  });

  test('HA-REJ-09 HA-REJ-18 other reasons: status 128', () => {
    const draining = new HomeAgentBench();
    draining.register({}, 2);
    draining.agent.registrations.isDraining = true;
    expect(draining.answer({ sequence: 1 })).toMatchObject({ status: 128 });
    expectNoTrace(draining);
    // Whoever is registered may refresh.
    expect(draining.answer({ sequence: 2 }, 2)).toMatchObject({ status: 0 });
    const bench = new HomeAgentBench();
    bench.homePort.setUp(false);
    expect(bench.answer({ sequence: 1 })).toMatchObject({ status: 128 });
    bench.homePort.setUp(true);
    expect(bench.answer({ sequence: 2 })).toMatchObject({ status: 0 });
  });

  test('a mobile node that this home agent does not serve: status 133', () => {
    const bench = new HomeAgentBench({ policies: { 1: 'unknown' } });
    expect(bench.answer({ sequence: 1 })).toMatchObject({ status: 133 });
    expectNoTrace(bench);
    bench.directory.set({ homeAddress: bench.mobile().home });
    expect(bench.answer({ sequence: 2 })).toMatchObject({ status: 0 });
  });

  test('HA-REJ-12 DRG-20 a care-of address that is the home address: status 174, or a de-registration in mode rfc', () => {
    const withOption = (deregistration: 'strict' | 'rfc'): HomeAgentBench =>
      new HomeAgentBench({
        agent: { registration: { careOfAtHome: 'deregister', deregistration } },
      });
    for (const bench of [new HomeAgentBench(), withOption('strict')]) {
      const { home } = bench.mobile();
      expect(bench.answer({ sequence: 1, source: CARE_OF, careOf: home })).toMatchObject({
        status: 174,
      });
      expect(bench.careOf()).toBeUndefined();
      bench.register({ sequence: 2 });
      const again = { sequence: 3, source: CARE_OF, careOf: home };
      expect(bench.answer(again)).toMatchObject({ status: 174 });
      expect(bench.careOf()).toBe('2001:db8:b::100');
    }
    const bench = withOption('rfc');
    bench.register();
    const fields = { sequence: 2, source: CARE_OF, careOf: bench.mobile().home };
    expect(bench.answer(fields)).toMatchObject({ status: 0, lifetime: 0 });
    expect(bench.careOf()).toBeUndefined();
  });

  test('HA-REJ-13 a care-of address that is served here as home address, or is this node: status 174', () => {
    const bench = new HomeAgentBench();
    const inCircles = [bench.mobile(2).home, AGENT];
    for (const [at, alternate] of inCircles.entries()) {
      expect(bench.answer({ sequence: at, alternate })).toMatchObject({ status: 174 });
    }
    expect(bench.careOf()).toBeUndefined();
    expect(bench.answer({ sequence: 9 })).toMatchObject({ status: 0 });
  });

  test('HA-REJ-14 a binding does not change between home and correspondent registration: status 139', () => {
    const bench = new HomeAgentBench();
    bench.register();
    const tokens = homeKeygen(bench);
    const correspondent = returnRoutabilityUpdate(bench, tokens, { sequence: 2 });
    expect(bench.mobile().acknowledgements(bench.deliver(correspondent))).toMatchObject([
      { status: 139 },
    ]);
    const entry = bench.host.bindings.find(bench.mobile().home);
    expect(entry).toMatchObject({ isHomeRegistration: true, sequence: 1 });
    // The other way round: the mobile node was registered as with a correspondent first.
    const other = new HomeAgentBench();
    other.host.bindings.set({
      homeAddress: other.mobile().home,
      careOfAddress: NEW_CARE_OF,
      isHomeRegistration: false,
      localAddress: AGENT,
      sequence: 1,
      lifetime: 400,
      registeredAt: 0,
      expiresAt: other.scheduler.now + 400_000,
      hasLinkLocal: false,
      hasKeyMobility: false,
      isMobileRouter: false,
      usedAt: 0,
    });
    expect(other.answer({ sequence: 2 })).toMatchObject({ status: 139 });
    expect(other.host.bindings.find(other.mobile().home)).toMatchObject({
      isHomeRegistration: false,
      careOfAddress: NEW_CARE_OF,
    });
    other.host.bindings.remove(other.mobile().home, 'evicted');
    expect(other.answer({ sequence: 2 })).toMatchObject({ status: 0 });
  });

  test('HA-REJ-18 a duplicate home address leaves no trace either', () => {
    const bench = new HomeAgentBench();
    const sent = bench.deliver(bench.mobile().update({ sequence: 1 }), 'upstream', 100);
    expect(probes(sent)).toHaveLength(1);
    bench.claim(bench.mobile().home);
    const after = bench.run(3000);
    expect(bench.mobile().acknowledgements(after)).toMatchObject([{ status: 134 }]);
    expect(advertisements(after)).toEqual([]);
    expectNoTrace(bench);
  });
});
