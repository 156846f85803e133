import { describe, expect, test } from 'vitest';
import { parsePrefix } from '../../../dissectors/core/address.ts';
import { u16, u8 } from '../../../dissectors/core/bytes.ts';
import { ip, onesComplementSum, readPacket } from '../wire-peer.ts';
import {
  AGENT,
  CARE_OF_ONE,
  CARE_OF_TWO,
  FLAG,
  HOME,
  MobileNodeBench,
  OTHER_AGENT,
  OTHER_HOME,
  text,
} from './bench.ts';
import type { BenchOptions, Update } from './bench.ts';

const ESP = 50;
const DESTINATION_OPTIONS = 60;

/** Intervals between updates, seconds. */
function intervals(updates: readonly Update[]): number[] {
  return updates.slice(1).map(({ at }, index) => (at - (updates[index]?.at ?? 0)) / 1000);
}

function registered(options: BenchOptions = {}): { bench: MobileNodeBench; update: Update } {
  const bench = new MobileNodeBench(options);
  const update = bench.register();
  return { bench, update };
}

describe('a home registration away from home', () => {
  test('MN-BU-01 has H and A, a lifetime, the home address in its option, from the care-of address to the home agent', () => {
    const { update } = registered();
    expect(update.message.flags & (FLAG.A | FLAG.H)).toBe(FLAG.A | FLAG.H);
    expect(update.lifetime).toBeGreaterThan(0);
    expect(update).toMatchObject({
      source: text(CARE_OF_ONE),
      destination: text(AGENT),
      homeAddressOption: text(HOME),
    });
  });

  test('MN-BU-02 with ESP the care-of address is also in its option', () => {
    const { update } = registered();
    expect(update.isProtected).toBe(true);
    expect(update.alternateCareOf).toBe(text(CARE_OF_ONE));
  });

  test('MN-BU-03 headers: destination options with the home address, ESP, and the update inside', () => {
    const { bench, update } = registered();
    expect(update.seen.headers).toEqual([DESTINATION_OPTIONS]);
    expect(update.seen.protocol).toBe(ESP);
    expect(update.seen.homeAddressOption).toBe(text(HOME));
    const { inbound } = bench.open(update.seen);
    expect(inbound.protection?.mode).toBe('transport');
    // RFC 6275 section 6.3: the checksum is that of the home address.
    expect(onesComplementSum(HOME, AGENT, 135, inbound.payload)).toBe(0xffff);
  });

  test('MN-BU-04 L is set when the link-local address has the identifier of the home address', () => {
    const { update } = registered();
    expect(update.message.flags & FLAG.L).toBe(FLAG.L);
    const { update: other } = registered({ homes: [OTHER_HOME] });
    expect(other.message.flags & FLAG.L).toBe(0);
  });

  test('MN-BU-05 L is not set for a temporary home address', () => {
    const { update } = registered({
      configuration: { homeAddresses: [{ address: HOME, homeAgents: [AGENT], isTemporary: true }] },
    });
    expect(update.message.flags & FLAG.L).toBe(0);
  });

  test('MN-BU-06 MN-BU-07 K is set with key management that can move, and not with manual keys', () => {
    expect(registered().update.message.flags & FLAG.K).toBe(0);
    const keyManagement = { canMove: true, move: () => undefined, discard: () => undefined };
    const { update } = registered({ configuration: { keyManagement } });
    expect(update.message.flags & FLAG.K).toBe(FLAG.K);
    const fixed = registered({
      configuration: { keyManagement: { ...keyManagement, canMove: false } },
    });
    expect(fixed.update.message.flags & FLAG.K).toBe(0);
  });

  test('MN-BU-08 the lifetime ends with the care-of address at the latest', () => {
    const bench = new MobileNodeBench({ configuration: { lifetime: 7200 } });
    bench.links.one.router.says = {
      prefixes: [{ prefix: ip('2001:db8:1::'), valid: 600, preferred: 600 }],
    };
    expect(bench.register().lifetime).toBeLessThanOrEqual(600);
    expect(registered({ configuration: { lifetime: 7200 } }).update.lifetime).toBe(7200);
  });

  test('MN-BU-08 the lifetime ends with the home prefix at the latest', () => {
    const { bench } = registered();
    bench.answer = () => ({ status: 1 });
    bench.node.refresh();
    bench.scheduler.advance(10);
    const solicitation = bench.seen().find((seen) => bench.open(seen).inbound.payload[0] === 146);
    if (solicitation === undefined) throw new Error('no solicitation');
    const { inbound } = bench.open(solicitation);
    bench.sendIcmpv6(
      {
        kind: 'mobile-prefix-advertisement',
        code: 0,
        identifier: u16(inbound.payload, 4),
        flags: 0,
        options: [
          {
            kind: 'prefix-information',
            prefixLength: 64,
            flags: 0xc0,
            validLifetime: 900,
            preferredLifetime: 900,
            prefix: ip('2001:db8:a::'),
          },
        ],
      },
      { destination: bench.careOf, routing: HOME },
    );
    bench.scheduler.advance(100_000);
    bench.take();
    bench.node.refresh();
    bench.scheduler.advance(10);
    expect(bench.updates()[0]?.lifetime).toBeLessThanOrEqual(800);
    expect(bench.updates()[0]?.lifetime).toBeGreaterThan(700);
  });

  test('MN-BU-09 MN-BU-15 has neither nonce indices nor an authenticator, and no flag that nobody asked for', () => {
    const { bench, update } = registered();
    expect(update.options.map(({ kind }) => kind).filter((kind) => kind !== 'padn')).toEqual([
      'alternate-care-of-address',
    ]);
    expect(update.message.flags).toBe(FLAG.A | FLAG.H | FLAG.L);
    const { payload } = bench.open(update.seen).inbound;
    expect([u8(payload, 3), u8(payload, 8) & 0x0f, u8(payload, 9)]).toEqual([0, 0, 0]);
  });

  test('MN-BU-10 MN-RTX-10 each home address has an update and a back-off of its own', () => {
    const bench = new MobileNodeBench({ homes: [HOME, OTHER_HOME] });
    bench.answer = ({ homeAddress }) => (text(homeAddress) === text(HOME) ? {} : undefined);
    bench.start(12_000);
    const of = (home: Uint8Array) =>
      bench.updates().filter(({ homeAddress }) => text(homeAddress) === text(home));
    expect(of(HOME)).toHaveLength(1);
    expect(intervals(of(OTHER_HOME))).toEqual([1.5, 3, 6]);
  });

  test('MN-BU-11 is renewed before it ends, again and again', () => {
    const { bench } = registered({ configuration: { lifetime: 100 } });
    bench.scheduler.advance(1_000_000);
    expect(bench.told('homeRegistrationLost')).toEqual([]);
    const updates = bench.updates();
    expect(updates.length).toBeGreaterThan(10);
    for (const each of intervals(updates)) expect(each).toBeLessThan(90);
  });

  test('MN-BU-11 has time for lost updates before it ends', () => {
    const { bench } = registered({ configuration: { lifetime: 100 } });
    let left = 3;
    bench.answer = () => (left-- > 0 ? undefined : {});
    bench.scheduler.advance(110_000);
    expect(bench.updates().length).toBeGreaterThanOrEqual(4);
    expect(bench.told('homeRegistrationLost')).toEqual([]);
    expect(bench.home.state).toBe('registered');
  });

  test('MN-BU-12 is renewed as the home agent advises', () => {
    const bench = new MobileNodeBench();
    bench.answer = () => ({ options: [{ kind: 'binding-refresh-advice', refreshInterval: 10 }] });
    bench.start(130_000);
    const between = intervals(bench.updates());
    expect(between).toHaveLength(3);
    for (const each of between) {
      expect(each).toBeLessThanOrEqual(40.1);
      expect(each).toBeGreaterThan(38);
    }
  });

  test('MN-BU-13 status 1: prefixes are solicited, and nothing is renewed before they are known', () => {
    const bench = new MobileNodeBench({ configuration: { lifetime: 200 } });
    bench.answer = () => ({ status: 1 });
    bench.start();
    expect(bench.home.state).toBe('registered');
    const solicitations = () =>
      bench
        .seen()
        .map((seen) => bench.open(seen).inbound)
        .filter(({ protocol, payload }) => protocol === 58 && payload[0] === 146);
    expect(solicitations().length).toBeGreaterThan(0);
    bench.scheduler.advance(170_000);
    expect(bench.updates()).toHaveLength(1);
    bench.answer = () => ({});
    const last = solicitations().at(-1);
    if (last === undefined) throw new Error('no solicitation');
    bench.sendIcmpv6(
      {
        kind: 'mobile-prefix-advertisement',
        code: 0,
        identifier: u16(last.payload, 4),
        flags: 0,
        options: [],
      },
      { destination: bench.careOf, routing: HOME },
    );
    bench.scheduler.advance(10);
    expect(bench.updates()).toHaveLength(2);
  });

  test('MN-BU-14 MN-SEQ-01 every update is in the binding update list, with a first number that nobody can guess', () => {
    const { bench, update } = registered();
    const entry = bench.node.context.bindingUpdateList.find(AGENT, HOME);
    expect(entry).toMatchObject({
      sequence: update.sequence,
      lifetime: update.lifetime,
      isHomeRegistration: true,
    });
    expect(entry?.careOfAddress).toEqual(CARE_OF_ONE);
    bench.move('two');
    expect(bench.node.context.bindingUpdateList.size).toBe(1);
    expect(entry?.careOfAddress).toEqual(CARE_OF_TWO);
    expect(entry?.sequence).toBe(bench.updates().at(-1)?.sequence);
  });

  test('MN-SEQ-01 other nodes start elsewhere', async () => {
    const { SeededRandom } = await import('../../../nodes/simulation/seeded-random.ts');
    const starts = [1, 2, 3, 4].map(
      (seed) => registered({ random: new SeededRandom(seed) }).update.sequence,
    );
    expect(new Set(starts).size).toBe(4);
  });

  test('MN-BU-15 R is set for a mobile router alone, and then with H', () => {
    const prefix = parsePrefix('2001:db8:77::/64');
    if (prefix === undefined) throw new Error('prefix');
    const bench = new MobileNodeBench({ configuration: { mobileRouter: { prefixes: [prefix] } } });
    bench.answer = () => ({ flags: 0x40 });
    const { message, options } = bench.register();
    expect(message.flags & (FLAG.R | FLAG.H)).toBe(FLAG.R | FLAG.H);
    expect(options.map(({ kind }) => kind)).toContain('mobile-network-prefix');
  });

  test('the layout of RFC 4877: the update is in an ESP tunnel between care-of address and home agent', () => {
    const bench = new MobileNodeBench({ protection: { bindingUpdates: 'esp-tunnel' } });
    bench.answer = () => undefined;
    bench.start();
    const [seen] = bench.packets();
    if (seen === undefined) throw new Error('nothing');
    expect(seen).toMatchObject({ source: text(CARE_OF_ONE), headers: [], protocol: ESP });
    const { inner } = bench.open(seen);
    const update = readPacket(inner ?? new Uint8Array());
    expect(update.source).toBe(text(HOME));
    expect(update.mobility?.message.kind).toBe('binding-update');
    expect(update.mobility?.options.map(({ kind }) => kind)).toContain('alternate-care-of-address');
  });
});

describe('retransmission', () => {
  test('MN-RTX-01 MN-RTX-03 a first registration is sent again after 1.5 s, then twice as long up to 32 s', () => {
    const bench = new MobileNodeBench();
    bench.answer = () => undefined;
    bench.start(160_000);
    const updates = bench.updates();
    expect(intervals(updates).slice(0, 7)).toEqual([1.5, 3, 6, 12, 24, 32, 32]);
    for (const [index, { sequence }] of updates.entries()) {
      expect(sequence).toBe(((updates[0]?.sequence ?? 0) + index) & 0xffff);
    }
  });

  test('MN-RTX-01 the first timeout can be configured', () => {
    const bench = new MobileNodeBench({ configuration: { initialBindackTimeoutFirstReg: 500 } });
    bench.answer = () => undefined;
    bench.start(10_000);
    expect(intervals(bench.updates()).slice(0, 3)).toEqual([0.5, 1, 2]);
  });

  test('MN-RTX-02 MN-SEQ-02 a later registration is sent again after 1 s, with greater numbers', () => {
    const { bench, update } = registered();
    bench.answer = () => undefined;
    bench.move('two', 140_000);
    const updates = bench.updates();
    expect(intervals(updates).slice(0, 7)).toEqual([1, 2, 4, 8, 16, 32, 32]);
    expect(updates.map(({ sequence }) => sequence)).toEqual(
      updates.map((_, index) => (update.sequence + 1 + index) & 0xffff),
    );
  });

  test('MN-RTX-04 an acknowledgement ends it', () => {
    const bench = new MobileNodeBench();
    let count = 0;
    bench.answer = () => (++count === 3 ? {} : undefined);
    bench.start(200_000);
    expect(bench.updates()).toHaveLength(3);
  });

  test('MN-RTX-04 an acknowledgement of an earlier transmission counts', () => {
    const bench = new MobileNodeBench();
    bench.answer = () => undefined;
    bench.start(3000);
    const [first, second] = bench.updates();
    if (first === undefined || second === undefined) throw new Error('no updates');
    bench.acknowledge(first);
    bench.scheduler.advance(10);
    expect(bench.home.state).toBe('registered');
    expect(bench.home.registrationEndsAt).toBe(first.at + first.lifetime * 1000);
  });

  test('MN-RTX-05 MN-DHA-03 MN-DHA-05 with several home agents the next one is tried when the longest timeout is reached', () => {
    const bench = new MobileNodeBench({ agents: [AGENT, OTHER_AGENT], protection: 'none' });
    bench.answer = ({ destination }) => (destination === text(OTHER_AGENT) ? {} : undefined);
    bench.start(60_000);
    const to = bench.updates().map(({ destination }) => destination);
    expect(to.filter((each) => each === text(AGENT))).toHaveLength(5);
    expect(to.at(-1)).toBe(text(OTHER_AGENT));
    expect(bench.home).toMatchObject({ state: 'registered', homeAgent: OTHER_AGENT });
    // MN-DHA-04: the one with the registration is asked first from then on.
    bench.take();
    bench.move('two');
    expect(bench.updates().map(({ destination }) => destination)).toEqual([text(OTHER_AGENT)]);
  });

  test('MN-RTX-09 three updates a second to one home agent, over all home addresses', () => {
    const homes = [1, 2, 3, 4, 5, 6, 7, 8].map((last) => ip(`2001:db8:a::${last}00`));
    const bench = new MobileNodeBench({ homes });
    bench.start(6000);
    const updates = bench.updates();
    expect(new Set(updates.map(({ homeAddress }) => text(homeAddress))).size).toBe(8);
    for (const [index, { at }] of updates.entries()) {
      const before = updates[index - 3];
      if (before !== undefined) expect(at - before.at).toBeGreaterThanOrEqual(1000);
    }
    expect(bench.node.homeAddresses.every(({ state }) => state === 'registered')).toBe(true);
  });

  test('MN-SEQ-04 numbers of home addresses do not depend on each other', () => {
    const bench = new MobileNodeBench({ homes: [HOME, OTHER_HOME] });
    bench.start();
    const first = bench.updates().find(({ homeAddress }) => text(homeAddress) === text(HOME));
    const second = bench
      .updates()
      .find(({ homeAddress }) => text(homeAddress) === text(OTHER_HOME));
    expect(first?.sequence).not.toBe(second?.sequence);
    bench.take();
    bench.move('two');
    const next = bench.updates().find(({ homeAddress }) => text(homeAddress) === text(HOME));
    expect(next?.sequence).toBe(((first?.sequence ?? 0) + 1) & 0xffff);
  });

  test('MN-SEQ-05 after 65535 comes 0', () => {
    const { bench } = registered();
    const entry = bench.node.context.bindingUpdateList.find(AGENT, HOME);
    if (entry === undefined) throw new Error('no entry');
    entry.sequence = 65534;
    bench.node.refresh();
    bench.scheduler.advance(10);
    bench.node.refresh();
    bench.scheduler.advance(10);
    expect(bench.updates().map(({ sequence }) => sequence)).toEqual([65535, 0]);
    expect(bench.home.state).toBe('registered');
  });
});
