import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { MAX_UPDATE_RATE } from '../../../engine/mobility/constants.ts';
import { ip } from '../wire-peer.ts';
import {
  AGENT,
  ALL_NODES,
  CARE_OF_ONE,
  CARE_OF_TWO,
  HOME,
  LINK_LOCAL,
  MobileNodeBench,
  NODE_IDENTIFIER,
  echoPacket,
  text,
} from './bench.ts';
import { ScriptedRouter, isOfLink } from './scripted-link.ts';

const PREFIX_THREE = ip('2001:db8:3::');
const CARE_OF_THREE = ip(`2001:db8:3:0:${NODE_IDENTIFIER}`);

/** A second router on the first foreign link. */
function secondRouter(
  bench: MobileNodeBench,
  prefix: Uint8Array,
  linkLocal = ip('fe80::1:2'),
): ScriptedRouter {
  return new ScriptedRouter(bench.links.one, 'second', linkLocal, { prefixes: [{ prefix }] });
}

describe('movement detection', () => {
  test('MN-MD-01 on a new link a new care-of address is formed and the link-local address checked again', () => {
    const bench = new MobileNodeBench();
    bench.register();
    bench.move('two');
    const probes = bench
      .messages('neighbor-solicitation')
      .filter(({ link, source }) => link === 'two' && source === '::')
      .map(({ message }) => formatAddress(message.targetAddress));
    expect(probes).toEqual(expect.arrayContaining([text(LINK_LOCAL), text(CARE_OF_TWO)]));
    expect(text(bench.careOf)).toBe(text(CARE_OF_TWO));
    expect(bench.updates().map(({ alternateCareOf }) => alternateCareOf)).toEqual([
      text(CARE_OF_TWO),
    ]);
    expect(bench.link.owns(LINK_LOCAL)).toBe(true);
  });

  test('MN-MD-01 the same without any word of the link: the old router does not answer', () => {
    const bench = new MobileNodeBench();
    bench.register();
    bench.move('two', 500, false);
    expect(bench.updates()).toEqual([]);
    bench.links.two.router.advertise();
    bench.scheduler.advance(5000);
    expect(bench.updates().map(({ alternateCareOf }) => alternateCareOf)).toEqual([
      text(CARE_OF_TWO),
    ]);
  });

  test('MN-MD-02 a new router is not moved to while the old one answers', () => {
    const bench = new MobileNodeBench();
    bench.register();
    const other = secondRouter(bench, PREFIX_THREE);
    for (let i = 0; i < 5; i++) {
      other.advertise();
      bench.scheduler.advance(3000);
    }
    const asked = bench
      .messages('neighbor-solicitation')
      .filter(({ destination }) => destination === 'fe80::1:1');
    expect(asked.length).toBeGreaterThan(0);
    expect(bench.updates()).toEqual([]);
    expect(text(bench.careOf)).toBe(text(CARE_OF_ONE));
    // The control: when the old one falls silent, the other is taken.
    bench.links.one.router.answersNeighborSolicitations = false;
    other.advertise();
    bench.scheduler.advance(5000);
    expect(text(bench.careOf)).toBe(text(CARE_OF_THREE));
  });

  test('MN-MD-03 intervals without an advertisement are counted, and the router asked when there were two', () => {
    const bench = new MobileNodeBench();
    bench.links.one.router.says = { prefixes: [{ prefix: ip('2001:db8:1::') }], interval: 1000 };
    bench.node.start();
    bench.scheduler.advance(10);
    const from = bench.scheduler.now;
    bench.take();
    bench.links.one.router.answersNeighborSolicitations = false;
    bench.scheduler.advance(980);
    const missed = () => bench.log.filter(({ event }) => event === 'advertisement-missed').length;
    expect(missed()).toBe(0);
    bench.scheduler.advance(20);
    expect(missed()).toBe(1);
    const asked = () =>
      bench
        .messages('neighbor-solicitation')
        .filter(({ destination }) => destination === 'fe80::1:1');
    expect(asked()).toEqual([]);
    bench.scheduler.advance(1000);
    expect(missed()).toBe(2);
    expect(asked()).toHaveLength(1);
    bench.scheduler.advance(1000);
    const solicitations = bench.messages('router-solicitation');
    expect(solicitations[0]?.at).toBeGreaterThan(from + 2000);
  });

  test('MN-MD-03 advertisements that come in time are no reason to ask', () => {
    const bench = new MobileNodeBench();
    bench.links.one.router.says = { prefixes: [{ prefix: ip('2001:db8:1::') }], interval: 1000 };
    bench.start(10);
    for (let i = 0; i < 20; i++) {
      if (i === 10) bench.take();
      bench.links.one.router.advertise();
      bench.scheduler.advance(900);
    }
    expect(bench.messages('neighbor-solicitation')).toEqual([]);
    expect(bench.log.filter(({ event }) => event === 'advertisement-missed')).toHaveLength(0);
  });

  test('MN-MD-04 a router that cannot be reached is followed by solicitations and another care-of address', () => {
    const bench = new MobileNodeBench();
    bench.register();
    bench.move('two', 0, false);
    bench.links.two.router.answersRouterSolicitations = false;
    // Payload makes neighbor unreachability detection look.
    for (let i = 0; i < 60; i++) {
      bench.host.send({
        source: bench.careOf,
        destination: AGENT,
        protocol: 59,
        payload: new Uint8Array(),
      });
      bench.scheduler.advance(1000);
      if (bench.messages('router-solicitation').length > 0) break;
    }
    expect(bench.messages('router-solicitation').length).toBeGreaterThan(0);
    expect(bench.updates()).toEqual([]);
    bench.links.two.router.advertise();
    bench.scheduler.advance(3000);
    expect(bench.updates().at(-1)?.alternateCareOf).toBe(text(CARE_OF_TWO));
  });

  test('MN-MD-05 a hint of the link asks the router first, and solicits others when it does not answer', () => {
    const bench = new MobileNodeBench();
    bench.register();
    bench.move('two', 0);
    bench.links.two.router.answersRouterSolicitations = false;
    bench.scheduler.advance(3000);
    const [first, ...rest] = bench
      .seen()
      .filter(
        ({ icmpv6, source }) =>
          icmpv6?.kind === 'router-solicitation' ||
          (icmpv6?.kind === 'neighbor-solicitation' && source !== '::'),
      );
    expect(first?.icmpv6?.kind).toBe('neighbor-solicitation');
    expect(first?.to).toBe(bench.links.one.router.linkLayerAddress);
    expect(rest.some(({ icmpv6 }) => icmpv6?.kind === 'router-solicitation')).toBe(true);
  });

  test('MN-MD-05 when the router answers, nothing else happens', () => {
    const bench = new MobileNodeBench();
    bench.register();
    bench.port.setUp(false);
    bench.scheduler.advance(100);
    bench.port.setUp(true);
    bench.scheduler.advance(5000);
    const asked = bench
      .messages('neighbor-solicitation')
      .filter(({ destination }) => destination === 'fe80::1:1');
    expect(asked).toHaveLength(1);
    expect(bench.messages('router-solicitation')).toEqual([]);
    expect(bench.careOf).toEqual(CARE_OF_ONE);
  });

  test('MN-MD-06 a second router of the link, with a prefix in common, causes nothing', () => {
    const bench = new MobileNodeBench();
    // Neighbor unreachability detection has looked once by then, and is content.
    bench.register(10_000);
    const other = secondRouter(bench, ip('2001:db8:1::'));
    for (let i = 0; i < 3; i++) {
      other.advertise();
      bench.scheduler.advance(2000);
    }
    expect(bench.updates()).toEqual([]);
    expect(bench.messages('neighbor-solicitation')).toEqual([]);
    // The present one goes: the other one of the link takes over, the care-of address stays.
    bench.links.one.router.advertise({ lifetime: 0, prefixes: [{ prefix: ip('2001:db8:1::') }] });
    bench.scheduler.advance(3000);
    expect(bench.link.defaultRouter()?.address).toEqual(ip('fe80::1:2'));
    expect(bench.updates()).toEqual([]);
    expect(text(bench.careOf)).toBe(text(CARE_OF_ONE));
  });

  test.each([
    [
      'R names another global address',
      { prefixes: [{ prefix: ip('2001:db8:2::99'), flags: 0xe0 }] },
      { prefixes: [{ prefix: ip('2001:db8:1::99'), flags: 0xe0 }] },
    ],
    [
      'without R, another link-layer address and other prefixes',
      { prefixes: [{ prefix: ip('2001:db8:2::') }] },
      { prefixes: [{ prefix: ip('2001:db8:1::') }] },
    ],
  ])(
    'MN-MD-06 a router of the same link-local address on another link is another router: %s',
    (_, there, here) => {
      const bench = new MobileNodeBench();
      bench.links.one.router.says = here;
      bench.register();
      bench.port.moveTo(bench.links.two.link, { isNoticed: false });
      const twin = new ScriptedRouter(bench.links.two, 'twin', ip('fe80::1:1'), there);
      bench.scheduler.advance(10);
      twin.advertise();
      bench.scheduler.advance(3000);
      expect(text(bench.careOf)).toBe(text(CARE_OF_TWO));
    },
  );

  test('MN-MD-06 R with the same global address is the same router, whatever its prefixes', () => {
    const bench = new MobileNodeBench();
    const own = { prefix: ip('2001:db8:1::99'), flags: 0xe0 };
    bench.links.one.router.says = { prefixes: [own] };
    bench.register();
    bench.links.one.router.advertise({ prefixes: [own, { prefix: PREFIX_THREE }] });
    bench.scheduler.advance(3000);
    expect(text(bench.careOf)).toBe(text(CARE_OF_ONE));
    expect(bench.updates()).toEqual([]);
  });

  test('MN-MD-06 lazily, another router is not even a reason to ask', () => {
    const bench = new MobileNodeBench({ configuration: { movement: { strategy: 'lazy' } } });
    bench.register(10_000);
    const other = secondRouter(bench, PREFIX_THREE);
    other.advertise();
    bench.scheduler.advance(5000);
    expect(bench.messages('neighbor-solicitation')).toEqual([]);
    bench.links.one.router.advertise({ lifetime: 0 });
    bench.scheduler.advance(5000);
    expect(text(bench.careOf)).toBe(text(CARE_OF_THREE));
  });

  test('MN-MD-07 the home prefix and its length on the link are the home link, another length is not', () => {
    const bench = new MobileNodeBench();
    bench.register();
    bench.links.home.router.says = { prefixes: [{ prefix: ip('2001:db8:a::'), length: 80 }] };
    bench.move('home', 8000);
    expect(bench.node.movement.isAtHome).toBe(false);
    bench.links.home.router.advertise({ prefixes: [{ prefix: ip('2001:db8:a::1'), flags: 0xe0 }] });
    bench.scheduler.advance(3000);
    expect(bench.node.movement.isAtHome).toBe(true);
    expect(bench.updates().at(-1)).toMatchObject({ source: text(HOME), lifetime: 0 });
    expect(bench.home.state).toBe('home');
  });

  test('MN-MD-08 what is sent while addresses are formed comes from no address or from the link-local one', () => {
    const bench = new MobileNodeBench();
    bench.register();
    bench.move('two');
    const sources = new Set(
      bench
        .seen()
        .filter(isOfLink)
        .map(({ source }) => source),
    );
    expect(sources).toContain('::');
    expect(sources).not.toContain(text(HOME));
    for (const source of sources) expect(['::', text(LINK_LOCAL)]).toContain(source);
  });

  test('MN-MD-09 an address that somebody has is not registered; another one is', () => {
    const bench = new MobileNodeBench();
    bench.links.one.router.defend(CARE_OF_ONE);
    bench.start(8000);
    expect(bench.link.owns(CARE_OF_ONE)).toBe(false);
    const registered = bench.updates().map(({ alternateCareOf }) => alternateCareOf);
    expect(registered).toHaveLength(1);
    expect(registered[0]).toMatch(/^2001:db8:1:/);
    expect(registered[0]).not.toBe(text(CARE_OF_ONE));
    expect(bench.seen().some(({ source }) => source === text(CARE_OF_ONE))).toBe(false);
  });

  test('MN-MD-10 the primary care-of address is of a prefix of the router in use', () => {
    const bench = new MobileNodeBench();
    bench.links.one.router.says = {
      prefixes: [{ prefix: PREFIX_THREE, flags: 0x80 }, { prefix: ip('2001:db8:1::') }],
    };
    const other = secondRouter(bench, PREFIX_THREE);
    bench.register();
    other.advertise();
    bench.scheduler.advance(2000);
    expect(text(bench.careOf)).toBe(text(CARE_OF_ONE));
    // Its prefix ends: an address of what else the router advertises.
    const bench2 = new MobileNodeBench();
    bench2.links.one.router.says = {
      prefixes: [{ prefix: ip('2001:db8:1::') }, { prefix: PREFIX_THREE }],
    };
    bench2.register();
    bench2.links.one.router.advertise({
      prefixes: [{ prefix: ip('2001:db8:1::'), valid: 0, preferred: 0 }, { prefix: PREFIX_THREE }],
    });
    bench2.scheduler.advance(2000);
    expect(text(bench2.careOf)).toBe(text(CARE_OF_THREE));
    expect(bench2.updates().at(-1)?.source).toBe(text(CARE_OF_THREE));
  });

  test('MN-MD-11 packets to the old care-of address are taken while it can be reached', () => {
    const bench = new MobileNodeBench({
      secondInterface: 'two',
      configuration: { interfacePreferences: ['eth0', 'wlan0'] },
    });
    bench.secondPort?.setUp(false);
    bench.register();
    expect(text(bench.careOf)).toBe(text(CARE_OF_ONE));
    bench.secondPort?.setUp(true);
    bench.scheduler.advance(5000);
    expect(text(bench.careOf)).toMatch(/^2001:db8:2:/);
    bench.take();
    bench.deliver(echoPacket(ip('2001:db8:c::10'), CARE_OF_ONE), 'one');
    expect(bench.packets().map(({ source, icmpv6 }) => [source, icmpv6?.kind])).toEqual([
      [text(CARE_OF_ONE), 'echo-reply'],
    ]);
  });

  test('MN-MD-12 addresses of a link that is gone are given up', () => {
    const bench = new MobileNodeBench();
    bench.register();
    bench.move('two');
    expect(bench.link.owns(CARE_OF_TWO)).toBe(true);
    expect(bench.link.owns(CARE_OF_ONE)).toBe(false);
    bench.links.two.router.answersRouterSolicitations = false;
    bench.links.two.router.answersNeighborSolicitations = false;
    bench.port.setUp(false);
    bench.port.setUp(true);
    bench.scheduler.advance(10_000);
    expect(bench.link.owns(CARE_OF_TWO)).toBe(false);
    expect(bench.node.movement.interface).toBeUndefined();
  });

  test('MN-MD-13 however fast it moves, at most three updates leave in a second', () => {
    const bench = new MobileNodeBench({ configuration: { duplicateDetection: 'optimistic' } });
    bench.register();
    for (let i = 0; i < 40; i++) bench.move(i % 2 === 0 ? 'two' : 'one', 250);
    bench.scheduler.advance(3000);
    const times = bench.updates().map(({ at }) => at);
    expect(times.length).toBeGreaterThan(12);
    for (const [index, time] of times.entries()) {
      const before = times[index - MAX_UPDATE_RATE];
      if (before !== undefined) expect(time - before).toBeGreaterThanOrEqual(1000);
    }
    expect(bench.home.state).toBe('registered');
  });

  test('MN-MD-13 moved on while addresses are still being checked, it registers where it is in the end', () => {
    const bench = new MobileNodeBench();
    bench.register();
    bench.move('two', 500);
    bench.move('one', 500);
    bench.move('two', 5000);
    expect(text(bench.careOf)).toBe(text(CARE_OF_TWO));
    expect(bench.updates().map(({ alternateCareOf }) => alternateCareOf)).toEqual([
      text(CARE_OF_TWO),
    ]);
  });

  test('MN-MD-14 DRG-MN-01 the home prefix on a link changes nothing about protection before an acknowledgement', () => {
    const bench = new MobileNodeBench();
    bench.register();
    bench.answer = () => undefined;
    bench.links.one.router.answerFor(ALL_NODES);
    const rogue = secondRouter(bench, ip('2001:db8:a::'));
    rogue.defend(HOME);
    rogue.advertise();
    bench.scheduler.advance(2000);
    expect(bench.home.state).toBe('deregistering');
    expect(bench.updates().at(-1)).toMatchObject({
      source: text(HOME),
      lifetime: 0,
      isProtected: true,
    });
    expect(bench.ipsec?.tunnelOf(HOME)?.local).toEqual(CARE_OF_ONE);
    // Sending: protected through the tunnel, from the care-of address that is still there.
    const [sent] = bench.ping(HOME);
    expect(sent).toMatchObject({
      source: text(CARE_OF_ONE),
      destination: text(AGENT),
      protocol: 50,
    });
    // Receiving: nothing but the tunnel.
    bench.take();
    rogue.send(echoPacket(ip('2001:db8:c::10'), HOME));
    bench.scheduler.advance(10);
    expect(bench.packets()).toEqual([]);
    bench.tunnel(echoPacket(ip('2001:db8:c::10'), HOME), { careOf: CARE_OF_ONE });
    expect(bench.packets().map(({ protocol }) => protocol)).toEqual([50]);
  });
});

describe('several interfaces', () => {
  test('the preferred interface is used, and the other one when it goes', () => {
    const bench = new MobileNodeBench({
      secondInterface: 'two',
      configuration: { interfacePreferences: ['eth0'] },
    });
    bench.start();
    expect(text(bench.careOf)).toMatch(/^2001:db8:2:/);
    bench.take();
    bench.secondPort?.setUp(false);
    bench.scheduler.advance(3000);
    expect(text(bench.careOf)).toBe(text(CARE_OF_ONE));
    expect(bench.updates().map(({ source, seen }) => [source, seen.link])).toEqual([
      [text(CARE_OF_ONE), 'one'],
    ]);
  });
});
