import { describe, expect, test } from 'vitest';
import { encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import { ipv6Packet, type2RoutingHeader } from '../../../dissectors/ipv6/build.ts';
import { encodeMobilityHeader } from '../../../dissectors/mobility/header.ts';
import { BindingUpdateList } from '../../../nodes/mobile-node/binding-update-list.ts';
import { HomeAgents, MAX_HOME_AGENTS } from '../../../nodes/mobile-node/home-agents.ts';
import { MessageRateLimiter } from '../../../nodes/mobile-node/message-rate.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';
import { VirtualScheduler } from '../../../nodes/simulation/virtual-scheduler.ts';
import { ip } from '../wire-peer.ts';
import { AGENT, CARE_OF_ONE, HOME, MobileNodeBench, text } from './bench.ts';
import { ScriptedRouter } from './scripted-link.ts';

const numbered = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => ip(`2001:db8:f::${(i + 1).toString(16)}`));

describe('bounds', () => {
  test('the rate limiter remembers the pairs used last, and lets three a second through', () => {
    const scheduler = new VirtualScheduler();
    const limiter = new MessageRateLimiter(scheduler);
    expect([1, 2, 3, 4].map(() => limiter.take(5, AGENT))).toEqual([true, true, true, false]);
    expect(limiter.take(1, AGENT)).toBe(true);
    expect(limiter.take(5, HOME)).toBe(true);
    expect(limiter.wait(5, AGENT)).toBe(1000);
    scheduler.advance(999);
    expect(limiter.take(5, AGENT)).toBe(false);
    scheduler.advance(1);
    expect(limiter.take(5, AGENT)).toBe(true);
    for (const each of numbered(5000)) limiter.note(5, each);
    expect(limiter.size).toBe(4096);
  });

  test('the binding update list forgets the correspondent told longest ago, home agents never', () => {
    const scheduler = new VirtualScheduler();
    const list = new BindingUpdateList({ scheduler, random: new SeededRandom(1), capacity: 10 });
    const home = list.obtain(AGENT, HOME, true);
    const [first, second, ...others] = numbered(12);
    if (first === undefined || second === undefined) throw new Error('addresses');
    list.obtain(first, HOME, false);
    list.obtain(second, HOME, false);
    list.noteSent(list.obtain(first, HOME, false), CARE_OF_ONE, 60);
    for (const each of others.slice(0, 9)) list.obtain(each, HOME, false);
    expect(list.size).toBe(11);
    expect(list.find(second, HOME)).toBeUndefined();
    expect(list.find(first, HOME)).toBeDefined();
    expect(list.find(AGENT, HOME)).toBe(home);
  });

  test('updates that wait for an answer are bounded', () => {
    const scheduler = new VirtualScheduler();
    const list = new BindingUpdateList({ scheduler, random: new SeededRandom(1) });
    const entry = list.obtain(AGENT, HOME, true);
    for (let i = 0; i < 100; i++) list.noteSent(entry, CARE_OF_ONE, 60);
    expect(entry.outstanding).toHaveLength(16);
    expect(entry.outstanding.at(-1)?.sequence).toBe(entry.sequence);
  });

  test('a list of home agents is bounded, without repetitions and unusable addresses', () => {
    const agents = new HomeAgents([], () => ({ bytes: HOME, length: 64 }));
    agents.discovered([ip('::'), ip('ff02::1'), AGENT, AGENT, ...numbered(100)], false);
    expect(agents.list).toHaveLength(MAX_HOME_AGENTS);
    expect(agents.current).toEqual(AGENT);
  });

  test('routers without number make neither entries nor updates', () => {
    const bench = new MobileNodeBench();
    bench.register();
    const rogue = new ScriptedRouter(bench.links.one, 'rogue', ip('fe80::bad'), {});
    for (let i = 0; i < 500; i++) {
      const source = ip(`fe80::bad:${i.toString(16)}`);
      const prefix = ip(`2001:db8:${(0x100 + i).toString(16)}::`);
      rogue.discover(
        {
          kind: 'router-advertisement',
          code: 0,
          currentHopLimit: 64,
          flags: 0,
          routerLifetime: 1800,
          reachableTime: 0,
          retransTimer: 0,
          options: [
            {
              kind: 'prefix-information',
              prefixLength: 64,
              flags: 0xc0,
              validLifetime: 86400,
              preferredLifetime: 86400,
              prefix,
            },
          ],
        },
        source,
        ip('ff02::1'),
      );
      bench.scheduler.advance(20);
    }
    bench.scheduler.advance(2000);
    expect(bench.updates()).toEqual([]);
    expect(text(bench.careOf)).toBe(text(CARE_OF_ONE));
    expect(bench.link.addresses.length).toBeLessThan(12);
  });

  test('prefixes without number make eight care-of addresses', () => {
    const bench = new MobileNodeBench();
    bench.links.one.router.says = {
      prefixes: Array.from({ length: 30 }, (_, i) => ({
        prefix: ip(`2001:db8:${(0x100 + i).toString(16)}::`),
      })),
    };
    bench.start();
    expect(bench.home.state).toBe('registered');
    expect(bench.node.movement.careOfAddresses).toHaveLength(8);
  });
});

describe('noise', () => {
  /** Random messages of everybody to the node: in clear, and with wrong protection. */
  function noise(bench: MobileNodeBench, seed: number, rounds: number): void {
    const random = new SeededRandom(seed);
    const pick = <T>(from: readonly [T, ...T[]]): T =>
      from[(random.octets(1)[0] ?? 0) % from.length] ?? from[0];
    for (let i = 0; i < rounds; i++) {
      const source = pick([AGENT, ip('2001:db8:c::666'), ip('fe80::1:1'), HOME]);
      const isRouted = pick([true, false]);
      const destination = isRouted ? HOME : CARE_OF_ONE;
      const kind = pick(['mobility', 'icmpv6', 'esp', 'tunnel', 'raw'] as const);
      const octets = random.octets(8 * (1 + ((random.octets(1)[0] ?? 0) % 12)));
      let protocol = 135;
      let payload = octets;
      if (kind === 'mobility') {
        payload = encodeMobilityHeader(
          {
            kind: 'unknown-message',
            mhType: (octets[0] ?? 0) % 24,
            data: octets.slice(0, octets.length - 6),
          },
          [],
          { source, destination, padding: 'as-given' },
        );
      } else if (kind === 'icmpv6') {
        protocol = 58;
        payload = encodeIcmpv6(
          {
            kind: 'unknown-icmpv6',
            type: pick([1, 4, 130, 134, 135, 136, 145, 147]),
            code: 0,
            data: octets,
          },
          { source, destination },
        );
      } else if (kind === 'esp') protocol = 50;
      else if (kind === 'tunnel') protocol = 41;
      bench.links.one.router.send(
        ipv6Packet({
          source,
          destination: CARE_OF_ONE,
          hopLimit: pick([255, 64, 1]),
          headers: isRouted ? [type2RoutingHeader(HOME)] : [],
          protocol,
          payload,
        }),
      );
      if (i % 50 === 0) bench.scheduler.advance(10);
    }
    bench.scheduler.advance(100);
  }

  test.each([1, 2, 3])('thousands of random messages change nothing (seed %d)', (seed) => {
    const bench = new MobileNodeBench();
    bench.register();
    const { registrationEndsAt } = bench.home;
    noise(bench, seed, 3000);
    expect(bench.home).toMatchObject({ state: 'registered', registrationEndsAt, homeAgent: AGENT });
    expect(bench.node.context.bindingUpdateList.size).toBe(1);
    expect(bench.updates()).toEqual([]);
    expect(bench.events('alarm').length).toBeLessThan(40);
    // It still works.
    bench.node.refresh();
    bench.scheduler.advance(100);
    expect(bench.home.registrationEndsAt).toBeGreaterThan(registrationEndsAt);
  });
});
