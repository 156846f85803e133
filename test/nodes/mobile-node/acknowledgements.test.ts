import { describe, expect, test } from 'vitest';
import { ip } from '../wire-peer.ts';
import {
  AGENT,
  CARE_OF_ONE,
  CARE_OF_TWO,
  CORRESPONDENT,
  HOME,
  MobileNodeBench,
  OTHER_AGENT,
  OTHER_HOME,
  text,
} from './bench.ts';
import type { AcknowledgementFields, BenchOptions, Update } from './bench.ts';

const STRANGER = ip('2001:db8:c::666');

/** A node whose first update waits for its answer. */
function waiting(options: BenchOptions = {}): { bench: MobileNodeBench; update: Update } {
  const bench = new MobileNodeBench(options);
  bench.answer = () => undefined;
  bench.start(1500);
  const [update] = bench.updates();
  if (update === undefined) throw new Error('no update');
  return { bench, update };
}

/** State after an answer. */
function stateAfter(fields: AcknowledgementFields, options: BenchOptions = {}): string {
  const { bench, update } = waiting(options);
  bench.acknowledge(update, fields);
  bench.scheduler.advance(10);
  return bench.home.state;
}

describe('which acknowledgements count', () => {
  test('the right one does', () => {
    expect(stateAfter({})).toBe('registered');
  });

  test('MN-BA-01 one without protection does not, whatever it says, and is reported', () => {
    expect(stateAfter({ isProtected: false })).toBe('registering');
    expect(stateAfter({ isProtected: false, status: 134 })).toBe('registering');
    // Also where no policy asks for it: the mobile node itself does.
    const { bench, update } = waiting({
      protection: 'none',
      configuration: { requiresProtection: true },
    });
    bench.acknowledge(update);
    bench.scheduler.advance(10);
    expect(bench.home.state).toBe('registering');
    expect(bench.events('alarm')).toContain('binding-acknowledgement-unprotected');
    expect(stateAfter({}, { protection: 'none' })).toBe('registered');
  });

  test('MN-BA-01 one from somebody else does not', () => {
    expect(stateAfter({ source: STRANGER, isProtected: false }, { protection: 'none' })).toBe(
      'registering',
    );
  });

  test('MN-BA-04 a sequence number that was not sent does not count', () => {
    const { update } = waiting();
    for (const sequence of [update.sequence + 1, update.sequence - 1, 0]) {
      expect(stateAfter({ sequence: sequence & 0xffff })).toBe('registering');
    }
    expect(stateAfter({ sequence: (update.sequence + 1) & 0xffff, status: 134 })).toBe(
      'registering',
    );
  });

  test('MN-BA-04 nor does one that was answered already', () => {
    const { bench, update } = waiting();
    bench.acknowledge(update, { lifetime: 400 });
    bench.scheduler.advance(10);
    const endsAt = bench.home.registrationEndsAt;
    bench.acknowledge(update, { lifetime: 40 });
    bench.acknowledge(update, { status: 134 });
    bench.scheduler.advance(10);
    expect(bench.home).toMatchObject({ state: 'registered', registrationEndsAt: endsAt });
  });

  test('MN-BA-04 nor one for the care-of address before the last move', () => {
    const { bench, update } = waiting();
    bench.move('two', 2000);
    bench.acknowledge(update, { destination: CARE_OF_TWO });
    bench.scheduler.advance(5);
    expect(bench.home.state).toBe('registering');
  });

  test.each([
    ['without a type 2 routing header', { routing: 'none' }],
    ['to the home address itself', { routing: 'none', destination: HOME }],
    ['with another home address of the node', { routing: OTHER_HOME }],
    ['with an address that is none of its own', { routing: STRANGER }],
  ] as const)('MN-BA-16 one %s is no answer', (_, fields) => {
    const options: BenchOptions = { homes: [HOME, OTHER_HOME], protection: 'none' };
    expect(stateAfter(fields, options)).toBe('registering');
    expect(stateAfter({}, options)).toBe('registered');
  });

  test('MN-BA-13 unknown options are passed over', () => {
    const options = [{ kind: 'unknown', type: 200, data: Uint8Array.of(1, 2, 3) }] as const;
    expect(stateAfter({ options })).toBe('registered');
  });
});

describe('what an acknowledgement does', () => {
  test('MN-BA-05 a shorter lifetime counts from when the update was sent', () => {
    const { bench, update } = waiting({ configuration: { lifetime: 1000 } });
    bench.scheduler.advance(400);
    bench.acknowledge(update, { lifetime: 600 });
    bench.scheduler.advance(10);
    expect(bench.home.registrationEndsAt).toBe(update.at + 600_000);
  });

  test('MN-BA-05 a longer lifetime than asked for is not believed', () => {
    const { bench, update } = waiting({ configuration: { lifetime: 1000 } });
    bench.acknowledge(update, { lifetime: 6000 });
    bench.scheduler.advance(10);
    expect(bench.home.registrationEndsAt).toBe(update.at + 1_000_000);
  });

  test('MN-BA-05 no time at all is no registration', () => {
    const { bench, update } = waiting();
    bench.acknowledge(update, { lifetime: 0 });
    bench.scheduler.advance(10);
    expect(bench.home.state).toBe('none');
  });

  test('MN-BA-06 the tunnel may be used from then on, not before', () => {
    const { bench, update } = waiting();
    expect(bench.ping(HOME)).toEqual([]);
    bench.acknowledge(update);
    bench.scheduler.advance(10);
    expect(bench.node.context.bindingUpdateList.find(AGENT, HOME)?.isAcknowledged).toBe(true);
    const [sent] = bench.ping(HOME);
    expect(sent).toMatchObject({ source: text(CARE_OF_ONE), destination: text(AGENT) });
    expect(bench.told('homeRegistered')).toHaveLength(1);
  });

  test('MN-BA-07 MN-RET-12 status 135: the number of the home agent is taken, the next update has the one after it', () => {
    const { bench, update } = waiting();
    bench.take();
    bench.acknowledge(update, { status: 135, sequence: 4711 });
    bench.scheduler.advance(10);
    expect(bench.updates().map(({ sequence }) => sequence)).toEqual([4712]);
  });

  test('MN-BA-07 a home agent that says so for ever does not make it send for ever', () => {
    const { bench } = waiting();
    bench.take();
    bench.answer = ({ sequence }) => ({ status: 135, sequence: (sequence + 1000) & 0xffff });
    bench.scheduler.advance(60_000);
    expect(bench.updates().length).toBeLessThan(15);
  });

  test('MN-BA-08 status 135 without protection changes nothing', () => {
    const { bench, update } = waiting();
    const entry = bench.node.context.bindingUpdateList.find(AGENT, HOME);
    bench.acknowledge(update, { status: 135, sequence: 4711, isProtected: false });
    bench.scheduler.advance(10);
    expect(entry?.sequence).toBe(update.sequence);
  });

  test.each([128, 129, 130, 131, 132, 133, 139, 145])(
    'MN-BA-09 status %d: no further update for a while, then one with a new number',
    (status) => {
      const { bench, update } = waiting();
      bench.take();
      bench.acknowledge(update, { status });
      bench.scheduler.advance(30_000);
      expect(bench.updates()).toEqual([]);
      expect(bench.home.state).toBe('none');
      expect(bench.events('warn')).toContain('binding-update-rejected');
      bench.answer = () => ({});
      bench.scheduler.advance(600_000);
      expect(bench.updates()).toHaveLength(1);
      expect(bench.updates()[0]?.sequence).toBe((update.sequence + 1) & 0xffff);
      expect(bench.home.state).toBe('registered');
    },
  );

  test('MN-BA-09 with another home agent, that one is asked, 1.5 s after the first at the earliest', () => {
    const { bench, update } = waiting({ agents: [AGENT, OTHER_AGENT], protection: 'none' });
    bench.take();
    bench.answer = () => ({});
    bench.acknowledge(update, { status: 129 });
    bench.scheduler.advance(3000);
    const [next] = bench.updates();
    expect(next?.destination).toBe(text(OTHER_AGENT));
    expect((next?.at ?? 0) - update.at).toBeGreaterThanOrEqual(1500);
    expect(bench.home.state).toBe('registered');
  });

  test('MN-BA-09 status 174: another care-of address is registered', () => {
    const bench = new MobileNodeBench();
    bench.links.one.router.says = {
      prefixes: [{ prefix: ip('2001:db8:1::') }, { prefix: ip('2001:db8:3::') }],
    };
    bench.answer = ({ alternateCareOf }) =>
      alternateCareOf === text(CARE_OF_ONE) ? { status: 174 } : {};
    bench.start();
    expect(bench.home.state).toBe('registered');
    expect(text(bench.careOf)).toMatch(/^2001:db8:3:/);
  });

  test('MN-BA-09 a move that is rejected leaves the tunnel where it was', () => {
    const bench = new MobileNodeBench({
      secondInterface: 'two',
      configuration: { interfacePreferences: ['eth0'] },
    });
    bench.secondPort?.setUp(false);
    bench.register();
    bench.answer = () => ({ status: 130 });
    bench.secondPort?.setUp(true);
    bench.scheduler.advance(5000);
    expect(bench.home.state).toBe('registered');
    expect(bench.ping(HOME)[0]?.source).toBe(text(CARE_OF_ONE));
  });

  test('MN-BA-10 status 134: that home address is not used again, others are', () => {
    const bench = new MobileNodeBench({ homes: [HOME, OTHER_HOME] });
    bench.answer = ({ homeAddress }) => (text(homeAddress) === text(HOME) ? { status: 134 } : {});
    bench.start();
    expect(bench.node.homeAddresses.map(({ state }) => state)).toEqual(['refused', 'registered']);
    expect(bench.events('alarm')).toContain('home-address-duplicate');
    bench.take();
    bench.move('two', 700_000);
    const homes = bench.updates().map(({ homeAddress }) => text(homeAddress));
    expect(new Set(homes)).toEqual(new Set([text(OTHER_HOME)]));
    expect(bench.ping(HOME)).toEqual([]);
  });

  test('MN-BA-14 MN-BA-15 K says whether the key management moves or is given up', () => {
    const calls: string[] = [];
    const keyManagement = {
      canMove: true,
      move: (home: Uint8Array, careOf: Uint8Array) =>
        calls.push(`move ${text(home)} ${text(careOf)}`),
      discard: (home: Uint8Array, agent: Uint8Array) =>
        calls.push(`discard ${text(home)} ${text(agent)}`),
    };
    const { bench, update } = waiting({ configuration: { keyManagement } });
    bench.acknowledge(update, { flags: 0x80 });
    bench.scheduler.advance(10);
    expect(calls).toEqual([`move ${text(HOME)} ${text(CARE_OF_ONE)}`]);
    bench.answer = () => ({ flags: 0 });
    bench.move('two');
    expect(calls.at(-1)).toBe(`discard ${text(HOME)} ${text(AGENT)}`);
  });

  test('MN-BA-17 a home agent without R is left: de-registered there, another one asked', () => {
    const bench = new MobileNodeBench({
      agents: [AGENT, OTHER_AGENT],
      protection: 'none',
      configuration: { mobileRouter: { prefixes: [] } },
    });
    bench.answer = ({ destination }) => ({ flags: destination === text(OTHER_AGENT) ? 0x40 : 0 });
    bench.start(8000);
    const updates = bench.updates().map(({ destination, lifetime }) => [destination, lifetime > 0]);
    expect(updates).toEqual([
      [text(AGENT), true],
      [text(AGENT), false],
      [text(OTHER_AGENT), true],
    ]);
    expect(bench.home).toMatchObject({ state: 'registered', homeAgent: OTHER_AGENT });
  });

  test('MN-BA-17 without another one, it is not asked over and over', () => {
    const bench = new MobileNodeBench({ configuration: { mobileRouter: { prefixes: [] } } });
    bench.start(60_000);
    expect(bench.updates().map(({ lifetime }) => lifetime > 0)).toEqual([true, false]);
    expect(bench.home.state).not.toBe('registered');
  });

  test('an expired registration is told, and packets are thrown away', () => {
    const { bench, update } = waiting({ configuration: { lifetime: 40 } });
    bench.acknowledge(update);
    bench.scheduler.advance(60_000);
    expect(bench.told('homeRegistrationLost')).toEqual([{ homeAddress: HOME, reason: 'expired' }]);
    expect(bench.ping(HOME, CORRESPONDENT)).toEqual([]);
    bench.answer = () => ({});
    bench.scheduler.advance(40_000);
    expect(bench.home.state).toBe('registered');
  });
});
