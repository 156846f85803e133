import { describe, expect, test } from 'vitest';
import { formatMac } from '../../../dissectors/core/address.ts';
import type { Icmpv6Message } from '../../../dissectors/icmpv6/index.ts';
import { solicitedNodeGroup } from '../../../nodes/interface/link-address.ts';
import { ip } from '../wire-peer.ts';
import {
  AGENT,
  ALL_NODES,
  CARE_OF_ONE,
  CARE_OF_TWO,
  CORRESPONDENT,
  HOME,
  LINK_LOCAL,
  MobileNodeBench,
  NODE_LINK,
  OTHER_HOME,
  echoPacket,
  text,
} from './bench.ts';
import type { BenchOptions, Update } from './bench.ts';
import { ScriptedRouter } from './scripted-link.ts';

const SOLICITED = 0x4000_0000;
const OVERRIDE = 0x2000_0000;
const ESP = 50;

/** A registered node that is about to come home; the home agent defends its addresses. */
function away(options: BenchOptions = {}): MobileNodeBench {
  const bench = new MobileNodeBench(options);
  bench.register();
  const { router } = bench.links.home;
  router.defend(HOME);
  router.defend(LINK_LOCAL);
  const accept = bench.answer;
  bench.answer = (update) => {
    if (update.lifetime === 0) {
      router.stopDefending(HOME);
      router.stopDefending(LINK_LOCAL);
    }
    return accept(update);
  };
  return bench;
}

/** Home, but nobody acknowledges. */
function unconfirmed(options: BenchOptions = {}): MobileNodeBench {
  const bench = away(options);
  bench.answer = () => undefined;
  bench.move('home', 3000);
  return bench;
}

function targets(bench: MobileNodeBench, isProbe: boolean): { target: string; at: number }[] {
  return bench
    .messages('neighbor-solicitation')
    .filter(({ link, source }) => link === 'home' && (source === '::') === isProbe)
    .map(({ message, at }) => ({ target: text(message.targetAddress), at }));
}

function solicitation(bench: MobileNodeBench, asker: Uint8Array, target = HOME): void {
  const { router } = bench.links.home;
  const message: Icmpv6Message = {
    kind: 'neighbor-solicitation',
    code: 0,
    targetAddress: target,
    options: [{ kind: 'source-link-layer-address', address: router.port.linkLayerAddress }],
  };
  router.discover(message, asker, solicitedNodeGroup(target));
  bench.scheduler.advance(5);
}

const advertised = (bench: MobileNodeBench) =>
  bench.messages('neighbor-advertisement').map((each) => ({
    ...each,
    target: text(each.message.targetAddress),
    flags: each.message.flags,
  }));

const isDeregistration = ({ lifetime }: Update): boolean => lifetime === 0;

describe('coming home', () => {
  test('MN-RET-01 MN-RET-10 DRG-MN-03 de-registers from the home address, with neither option, inside ESP', () => {
    const bench = away();
    bench.move('home', 3000);
    const [update, ...more] = bench.updates().filter(isDeregistration);
    expect(more).toEqual([]);
    expect(update).toMatchObject({
      source: text(HOME),
      destination: text(AGENT),
      homeAddressOption: undefined,
      alternateCareOf: undefined,
      lifetime: 0,
      isProtected: true,
    });
    expect((update?.message.flags ?? 0) & 0xc000).toBe(0xc000);
    expect(update?.seen).toMatchObject({ headers: [], protocol: ESP });
    expect(bench.home.state).toBe('home');
  });

  test('MN-RET-02 nothing is sent from the home address before that, and nothing taken', () => {
    const bench = away();
    bench.links.home.router.says = { prefixes: [{ prefix: ip('2001:db8:a::') }] };
    bench.links.home.router.stopDefending(HOME);
    bench.answer = () => undefined;
    bench.move('home', 3000);
    // Nobody tells where the home agent is: the update waits.
    expect(bench.updates()).toEqual([]);
    expect(
      bench.seen().filter(({ source, link }) => link === 'home' && source === text(HOME)),
    ).toEqual([]);
    solicitation(bench, AGENT);
    bench.deliver(echoPacket(CORRESPONDENT, HOME), 'home');
    expect(bench.packets()).toEqual([]);
    expect(advertised(bench)).toEqual([]);
    expect(bench.ping(HOME).filter(({ source }) => source === text(HOME))).toEqual([]);
    bench.links.home.router.defend(HOME);
    bench.scheduler.advance(40_000);
    expect(bench.updates().some(isDeregistration)).toBe(true);
  });

  test('MN-RET-03 the link-layer address of the home agent comes from its advertisement', () => {
    const bench = away();
    bench.move('home', 3000);
    const [update] = bench.updates().filter(isDeregistration);
    expect(update?.seen.to).toBe(bench.links.home.router.linkLayerAddress);
    expect(targets(bench, true).filter(({ target }) => target === text(HOME))).toEqual([]);
    expect(targets(bench, false).filter(({ target }) => target === text(AGENT))).toEqual([]);
  });

  test('MN-RET-04 MN-RET-05 when no advertisement tells it, the node asks from nobody for its home address', () => {
    const bench = away();
    const agent = new ScriptedRouter(bench.links.home, 'agent', ip('fe80::a:99'), {});
    agent.answersRouterSolicitations = false;
    agent.defend(HOME);
    bench.links.home.router.stopDefending(HOME);
    bench.links.home.router.says = { prefixes: [{ prefix: ip('2001:db8:a::') }] };
    bench.move('home', 3000);
    const asked = bench
      .messages('neighbor-solicitation')
      .filter(({ message, link }) => link === 'home' && text(message.targetAddress) === text(HOME));
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      source: '::',
      destination: text(solicitedNodeGroup(HOME)),
      to: '33:33:ff:00:10:01',
    });
    expect(asked[0]?.message.options).toEqual([]);
    const [update] = bench.updates().filter(isDeregistration);
    expect(update?.seen.to).toBe(agent.linkLayerAddress);
    expect(bench.link.neighbor(AGENT)).toMatchObject({ state: 'reachable' });
  });

  test('MN-RET-06 no duplicate address detection for home address and link-local address while a binding is alive', () => {
    const bench = away();
    bench.move('home', 6000);
    const probed = targets(bench, true).map(({ target }) => target);
    expect(probed).not.toContain(text(HOME));
    expect(probed).not.toContain(text(LINK_LOCAL));
    expect(bench.link.owns(HOME)).toBe(true);
    expect(bench.link.owns(LINK_LOCAL)).toBe(true);
  });

  test('MN-RET-06 the link-local address is asked for when L was not set', () => {
    const bench = away({ homes: [OTHER_HOME] });
    bench.links.home.router.stopDefending(LINK_LOCAL);
    bench.move('home', 6000);
    expect(targets(bench, true).map(({ target }) => target)).toContain(text(LINK_LOCAL));
  });

  test('MN-RET-07 duplicate address detection when all bindings are over', () => {
    const bench = new MobileNodeBench({ configuration: { lifetime: 40 } });
    bench.register();
    bench.answer = () => undefined;
    bench.port.setUp(false);
    bench.scheduler.advance(100_000);
    bench.take();
    bench.answer = () => ({});
    bench.port.setUp(true);
    bench.move('home', 6000);
    expect(targets(bench, true).map(({ target }) => target)).toContain(text(HOME));
    expect(bench.updates()).toEqual([]);
    expect(bench.home.state).toBe('home');
    expect(bench.link.owns(HOME)).toBe(true);
  });

  test('MN-RET-07 an address that somebody has is not taken', () => {
    const bench = new MobileNodeBench({ start: 'home' });
    bench.links.home.router.defend(HOME);
    bench.answer = () => ({ status: 133 });
    bench.start();
    expect(bench.home.state).toBe('refused');
    expect(bench.link.owns(HOME)).toBe(false);
    expect(bench.events('alarm')).toContain('home-address-duplicate');
  });

  test('MN-RET-07 a home agent that still has a binding from before the start lets go of it', () => {
    const bench = new MobileNodeBench({ start: 'home' });
    const { router } = bench.links.home;
    router.defend(HOME);
    bench.answer = () => {
      router.stopDefending(HOME);
      return {};
    };
    bench.start();
    expect(bench.home.state).toBe('home');
    expect(bench.link.owns(HOME)).toBe(true);
  });

  test('MN-RET-08 solicitations for the home address are answered to the asker alone', () => {
    const bench = unconfirmed();
    bench.take();
    solicitation(bench, AGENT);
    const answers = advertised(bench);
    expect(answers.map(({ target, destination, to }) => [target, destination, to])).toEqual([
      [text(HOME), text(AGENT), bench.links.home.router.linkLayerAddress],
    ]);
  });

  test('MN-RET-09 after the acknowledgement all nodes are told, three times, of home address and link-local address', () => {
    const bench = away();
    bench.move('home', 500);
    expect(bench.home.state).toBe('home');
    bench.scheduler.advance(10_000);
    const told = advertised(bench).filter(({ destination }) => destination === text(ALL_NODES));
    for (const address of [HOME, LINK_LOCAL]) {
      const about = told.filter(({ target }) => target === text(address));
      expect(about).toHaveLength(3);
      for (const { flags, message, hopLimit, source } of about) {
        expect(flags & SOLICITED).toBe(0);
        expect(flags & OVERRIDE).not.toBe(0);
        expect(message.options).toEqual([
          { kind: 'target-link-layer-address', address: NODE_LINK },
        ]);
        expect([hopLimit, source]).toEqual([255, text(address)]);
      }
    }
  });

  test('MN-RET-09 nobody is told before the acknowledgement', () => {
    const bench = unconfirmed();
    expect(advertised(bench).filter(({ destination }) => destination === text(ALL_NODES))).toEqual(
      [],
    );
  });

  test('MN-RET-11 a lost de-registration is sent again after 1 s, then twice as long, with greater numbers', () => {
    const bench = away();
    bench.answer = () => undefined;
    const { sequence: last = 0 } = bench.node.context.bindingUpdateList.find(AGENT, HOME) ?? {};
    bench.move('home', 70_000);
    const updates = bench.updates().filter(isDeregistration);
    const times = updates.map(({ at }) => (at - (updates[0]?.at ?? 0)) / 1000);
    expect(times.slice(0, 6)).toEqual([0, 1, 3, 7, 15, 31]);
    expect(updates.map(({ sequence }) => sequence)).toEqual(
      updates.map((_, index) => (last + 1 + index) & 0xffff),
    );
  });

  test('MN-RET-12 status 135 is followed by a de-registration with the right number', () => {
    const bench = away();
    let isFirst = true;
    bench.answer = ({ lifetime }) => {
      if (lifetime > 0 || !isFirst) return {};
      isFirst = false;
      return { status: 135, sequence: 900 };
    };
    bench.move('home', 3000);
    expect(bench.updates().filter(isDeregistration).at(-1)?.sequence).toBe(901);
    expect(bench.home.state).toBe('home');
  });

  test('MN-PKT-04 at home packets have neither option nor tunnel, both ways', () => {
    const bench = away();
    bench.move('home', 3000);
    expect(bench.ping(HOME)).toMatchObject([
      { source: text(HOME), destination: text(CORRESPONDENT), headers: [], protocol: 58 },
    ]);
    bench.take();
    bench.deliver(echoPacket(CORRESPONDENT, HOME), 'home');
    expect(bench.packets().map(({ icmpv6, source }) => [icmpv6?.kind, source])).toEqual([
      ['echo-reply', text(HOME)],
    ]);
  });

  test('and away again: a first registration, and the home address is not on the link any more', () => {
    const bench = away();
    bench.move('home', 3000);
    bench.take();
    bench.move('two');
    expect(bench.updates().map(({ source, lifetime }) => [source, lifetime > 0])).toEqual([
      [text(CARE_OF_TWO), true],
    ]);
    expect(bench.link.owns(HOME)).toBe(false);
    expect(bench.home.state).toBe('registered');
  });
});

describe('safer than RFC 6275', () => {
  test('DRG-MN-01 while the de-registration is not confirmed, the tunnel protects as before', () => {
    const bench = unconfirmed();
    expect(bench.home.state).toBe('deregistering');
    expect(bench.ipsec?.tunnelOf(HOME)?.local).toEqual(CARE_OF_ONE);
    const update = unanswered(bench);
    bench.take();
    bench.deliver(echoPacket(CORRESPONDENT, HOME), 'home');
    expect(bench.packets()).toEqual([]);
    expect(bench.ping(HOME).filter(({ source }) => source === text(HOME))).toEqual([]);
    // The control: with the acknowledgement it is home, and answers.
    bench.acknowledge(update);
    bench.scheduler.advance(5);
    expect(bench.home.state).toBe('home');
    expect(bench.ipsec?.tunnelOf(HOME)).toBeUndefined();
    bench.take();
    bench.deliver(echoPacket(CORRESPONDENT, HOME), 'home');
    expect(bench.packets()).toHaveLength(1);
  });

  test('DRG-MN-02 the optimistic option uses the tunnel early, and changes nothing about coming home', () => {
    const early = new MobileNodeBench({ configuration: { isOptimistic: true } });
    early.answer = () => undefined;
    early.start(1500);
    expect(early.ping(HOME)).toHaveLength(1);
    const bench = unconfirmed({ configuration: { isOptimistic: true } });
    bench.take();
    bench.deliver(echoPacket(CORRESPONDENT, HOME), 'home');
    expect(bench.packets()).toEqual([]);
    expect(bench.ping(HOME).filter(({ source }) => source === text(HOME))).toEqual([]);
  });

  test('DRG-MN-04 from away it de-registers with both options, from the registered care-of address', () => {
    const bench = new MobileNodeBench();
    bench.register();
    let isDone = false;
    bench.node.stop(() => {
      isDone = true;
    });
    bench.scheduler.advance(100);
    expect(bench.updates()).toMatchObject([
      {
        lifetime: 0,
        source: text(CARE_OF_ONE),
        homeAddressOption: text(HOME),
        alternateCareOf: text(CARE_OF_ONE),
        isProtected: true,
      },
    ]);
    expect(isDone).toBe(true);
  });

  test('DRG-MN-04 from a care-of address that was never registered it does not', () => {
    const bench = new MobileNodeBench();
    bench.register();
    bench.answer = () => undefined;
    bench.move('two', 1500);
    bench.take();
    bench.node.stop(() => undefined);
    bench.scheduler.advance(10_000);
    expect(bench.updates()).toEqual([]);
  });

  test('DRG-MN-05 an acknowledgement whose routing header somebody took off is a good one at home, never without protection', () => {
    const bench = unconfirmed();
    const update = unanswered(bench);
    bench.acknowledge(update, { isProtected: false });
    bench.scheduler.advance(5);
    expect(bench.home.state).toBe('deregistering');
    bench.acknowledge(update, { routing: 'none', destination: HOME });
    bench.scheduler.advance(5);
    expect(bench.home.state).toBe('home');
  });

  test('DRG-MN-06 home prefix from a router that is not known: reported', () => {
    const bench = away({ configuration: { homeRouters: [ip('fe80::a:1')] } });
    bench.move('home', 3000);
    expect(bench.events('alarm')).toEqual([]);
    const other = new ScriptedRouter(bench.links.home, 'other', ip('fe80::bad'), {
      prefixes: [{ prefix: ip('2001:db8:a::') }],
    });
    other.advertise();
    bench.scheduler.advance(10);
    expect(bench.events('alarm')).toEqual(['home-prefix-from-unknown-router']);
    expect(bench.log.find(({ level }) => level === 'alarm')?.details).toMatchObject({
      router: 'fe80::bad',
      linkLayerAddress: formatMac(other.port.linkLayerAddress),
    });
  });

  test('DRG-MN-06 with SEND demanded, what the verifier does not accept brings nobody home', () => {
    const trusted = { isSigned: false };
    const bench = away({
      configuration: { homeLink: 'send', homeLinkVerifier: { accepts: () => trusted.isSigned } },
    });
    bench.move('home', 8000);
    expect(bench.node.movement.isAtHome).toBe(false);
    expect(bench.updates().filter(isDeregistration)).toEqual([]);
    expect(bench.events('alarm')).toContain('home-prefix-not-verified');
    expect(bench.link.routers).toEqual([]);
    trusted.isSigned = true;
    bench.links.home.router.advertise();
    bench.scheduler.advance(3000);
    expect(bench.home.state).toBe('home');
  });

  test('without a home link, which is the default, the home prefix is an attack', () => {
    const bench = away({ hasDefaultTrust: true });
    const rogue = new ScriptedRouter(bench.links.one, 'rogue', ip('fe80::bad'), {});
    for (const [prefix, length] of [
      ['2001:db8:a::', 64],
      ['2001:db8::', 32],
      ['2001:db8:a::', 128],
    ] as const) {
      bench.log.length = 0;
      rogue.advertise({ prefixes: [{ prefix: ip(prefix), length }] });
      bench.scheduler.advance(100);
      expect(bench.events('alarm')).toEqual(['home-prefix-advertised']);
    }
    expect(bench.updates()).toEqual([]);
    expect(bench.link.isOnLink(AGENT)).toBe(false);
    expect(bench.ping(HOME)[0]).toMatchObject({ source: text(CARE_OF_ONE), protocol: ESP });
  });

  test('alarms are rate limited', () => {
    const bench = away({ configuration: { homeLink: 'never' } });
    const rogue = new ScriptedRouter(bench.links.one, 'rogue', ip('fe80::bad'), {});
    for (let i = 0; i < 1000; i++) rogue.advertise({ prefixes: [{ prefix: HOME }] });
    bench.scheduler.advance(1000);
    expect(bench.events('alarm').length).toBeLessThan(10);
    expect(bench.node.alarms.suppressed).toBeGreaterThan(150);
  });

  test('a link that does not turn out to be the home link is left, where there is another router', () => {
    const bench = away();
    bench.answer = () => undefined;
    const rogue = new ScriptedRouter(bench.links.one, 'rogue', ip('fe80::bad'), {
      prefixes: [{ prefix: ip('2001:db8:a::') }],
    });
    rogue.defend(HOME);
    rogue.advertise();
    bench.scheduler.advance(5000);
    expect(bench.node.movement.isAtHome).toBe(true);
    bench.links.one.router.advertise();
    bench.answer = ({ lifetime }) => (lifetime === 0 ? undefined : {});
    bench.scheduler.advance(40_000);
    expect(bench.events('alarm')).toContain('home-link-not-confirmed');
    expect(bench.node.movement.isAtHome).toBe(false);
    expect(bench.home.state).toBe('registered');
  });

  test('DRG-MN-09 the tunnel is kept at home, and nothing is taken outside of it', () => {
    const bench = away({
      configuration: { keepIpsecAtHome: true },
      protection: { keepIpsecAtHome: true },
    });
    bench.move('home', 3000);
    expect(bench.home.state).toBe('home');
    const [sent] = bench.ping(HOME);
    expect(sent).toMatchObject({ source: text(HOME), destination: text(AGENT), protocol: ESP });
    bench.take();
    bench.deliver(echoPacket(CORRESPONDENT, HOME), 'home');
    expect(bench.packets()).toEqual([]);
    bench.tunnel(echoPacket(CORRESPONDENT, HOME), { careOf: HOME, link: 'home' });
    expect(bench.packets()).toMatchObject([{ source: text(HOME), protocol: ESP }]);
  });
});

/** The last de-registration. */
function unanswered(bench: MobileNodeBench): Update {
  const update = bench.updates().filter(isDeregistration).at(-1);
  if (update === undefined) throw new Error('no de-registration');
  return update;
}
