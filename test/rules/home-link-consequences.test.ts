/**
 * Rules MIP6-1112 to 1117: what follows from a de-registration, and what must not look like it.
 */
import { describe, expect, it } from 'vitest';
import type {
  BindingEvent,
  EngineEvent,
  EspEvent,
  Link,
  PacketContext,
} from '../../engine/events.ts';
import type { RuleDefinition } from '../../engine/rule-api.ts';
import type { Binding } from '../../engine/state/binding-cache.ts';
import rule1112 from '../../rules/home-link/mip6-1112.ts';
import rule1113 from '../../rules/home-link/mip6-1113.ts';
import rule1114 from '../../rules/home-link/mip6-1114.ts';
import rule1115 from '../../rules/home-link/mip6-1115.ts';
import rule1116 from '../../rules/home-link/mip6-1116.ts';
import rule1117 from '../../rules/home-link/mip6-1117.ts';
import {
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  HOME_AGENT,
  OTHER_HOME_ADDRESS,
  START_TIME,
  address,
  alternateCareOfAddress,
  bindingEvent,
  bindingUpdateEvent,
  espEvent,
  homeAddressTrafficEvent,
  linkLayer,
  makeBinding,
  makeLink,
  packetAt,
  relayEvent,
  tickEvent,
  underTest,
} from './event-builders.ts';
import type { RuleUnderTest } from './event-builders.ts';

const NODE_MAC = linkLayer('02:00:00:00:00:02');
const OTHER_MAC = linkLayer('02:00:00:00:00:66');
const HOME = makeLink('home');
const FOREIGN = makeLink('foreign');
const UNKNOWN = makeLink('unknown');

/** What a node sends when it believes it is at home, encrypted. */
function atHome(seconds: number, link: Link, context: Partial<PacketContext> = {}): EspEvent {
  return espEvent({
    layout: 'plain',
    sequence: Math.round(seconds * 10),
    context: {
      source: HOME_ADDRESS,
      destination: HOME_AGENT,
      linkSource: NODE_MAC,
      packet: packetAt(Math.round(seconds * 10), seconds),
      link,
      ...context,
    },
  });
}

/** What the home agent answers a node at home, encrypted. */
function answer(seconds: number, link: Link, homeAddress = HOME_ADDRESS): EspEvent {
  return espEvent({
    layout: 'plain',
    sequence: Math.round(seconds * 10),
    context: {
      source: HOME_AGENT,
      destination: homeAddress,
      linkSource: OTHER_MAC,
      packet: packetAt(Math.round(seconds * 10), seconds),
      link,
    },
  });
}

/** A bare packet of the home address. */
function bare(
  seconds: number,
  link: Link,
  direction: 'from' | 'to' = 'from',
  context: Partial<PacketContext> = {},
): EngineEvent {
  return homeAddressTrafficEvent({
    direction,
    protocol: 17,
    context: {
      packet: packetAt(Math.round(seconds * 10), seconds),
      link,
      linkSource: direction === 'from' ? NODE_MAC : OTHER_MAC,
      ...context,
    },
  });
}

/** A relay of the de-registration of second 1. */
function relayed(plainLink: Link, extendedLink: Link): EngineEvent {
  return relayEvent({
    plainLink,
    extendedLink,
    sequence: 10,
    plain: packetAt(10, 1),
    extended: packetAt(11, 1.1),
    context: { packet: packetAt(11, 1.1), link: extendedLink },
  });
}

/** A registration of a node from away, as the binding cache tells it. */
function away(seconds: number, overrides: Partial<Binding> = {}): BindingEvent {
  return bindingEvent('registered', {
    binding: makeBinding(overrides),
    packet: packetAt(Math.round(seconds * 10), seconds),
  });
}

const bindings = [makeBinding({ lifetime: 420, expiresAt: START_TIME + 900e6, tunnelPackets: 8 })];
const CONSEQUENCES: readonly RuleDefinition[] = [rule1112, rule1113, rule1114, rule1115];

/** Rules that alert about a course of events. */
function alerting(events: readonly EngineEvent[], known: readonly Binding[] = bindings): string[] {
  return CONSEQUENCES.filter(
    (rule) => underTest(rule, { bindings: known }).feedAll(events).length > 0,
  ).map(({ id }) => id);
}

describe('a node that returns home', () => {
  it('raises nothing on the home link', () => {
    const events = [
      atHome(1, HOME),
      answer(1.1, HOME),
      bare(2, HOME),
      bare(3, HOME, 'to'),
      tickEvent(30),
    ];
    expect(alerting(events)).toEqual([]);
  });

  it('raises nothing on a link of unknown role, acknowledged at the third attempt', () => {
    const events = [
      atHome(1, UNKNOWN),
      atHome(2, UNKNOWN),
      atHome(4, UNKNOWN),
      answer(4.1, UNKNOWN),
      bare(5, UNKNOWN),
      bare(6, UNKNOWN, 'to'),
      tickEvent(30),
    ];
    expect(alerting(events)).toEqual([]);
  });

  it('raises nothing after it was misled before, once it is on its home link', () => {
    const events = [atHome(1, FOREIGN), atHome(60, HOME), answer(60.1, HOME), bare(61, HOME)];
    expect(alerting(events)).toEqual([]);
  });
});

describe('rule 1112, clear traffic on a foreign link', () => {
  it.each([
    ['before the acknowledgement', [atHome(1, FOREIGN), bare(2, FOREIGN)], 'before any'],
    [
      'after the acknowledgement',
      [atHome(1, FOREIGN), answer(1.5, FOREIGN), bare(2, FOREIGN)],
      'after the',
    ],
  ])('alerts %s', (_name, events, words) => {
    const alerts = underTest(rule1112, { bindings }).feedAll(events);
    expect(alerts).toMatchObject([{ confidence: 'certain', stage: 'unprotected-traffic' }]);
    expect(alerts[0]?.message).toContain(words);
  });

  it('ends when the node registers from away again', () => {
    const events = [atHome(1, FOREIGN), away(10), bare(11, FOREIGN)];
    expect(underTest(rule1112, { bindings }).feedAll(events)).toEqual([]);
  });

  it('ends when encrypted signalling in the away layout is answered', () => {
    const to = { source: CARE_OF_ADDRESS, packet: packetAt(100, 10) };
    const from = { destination: CARE_OF_ADDRESS, packet: packetAt(101, 10.1) };
    const events = [
      atHome(1, FOREIGN),
      espEvent({ sequence: 900, context: to }),
      espEvent({ layout: 'type-2-routing-header', context: from }),
      bare(11, FOREIGN),
    ];
    expect(underTest(rule1112, { bindings }).feedAll(events)).toEqual([]);
  });

  const silent: readonly (readonly [string, readonly EngineEvent[]])[] = [
    ['without a de-registration', [bare(2, FOREIGN)]],
    ['on another link', [atHome(1, FOREIGN), bare(2, makeLink('foreign', { id: 9 }))]],
    [
      'that a router forwards to a host of the visited network',
      [atHome(1, FOREIGN), bare(2, FOREIGN, 'from', { linkSource: OTHER_MAC })],
    ],
    [
      'to a multicast group',
      [atHome(1, FOREIGN), bare(2, FOREIGN, 'from', { destination: address('ff02::16') })],
    ],
  ];

  it.each(silent)('is silent about traffic %s', (_name, events) => {
    expect(underTest(rule1112, { bindings }).feedAll(events)).toEqual([]);
  });

  it('needs no site file where a relay was caught, also for what came before it', () => {
    const link = makeLink('unknown', { id: 7 });
    const uplink = makeLink('unknown', { id: 8 });
    const after = [atHome(1, link), relayed(link, uplink), bare(2, link)];
    expect(underTest(rule1112, { bindings }).feedAll(after)).toMatchObject([
      { confidence: 'certain' },
    ]);
    const before = [atHome(1, link), bare(1.05, link), relayed(link, uplink)];
    expect(underTest(rule1112, { bindings }).feedAll(before)).toHaveLength(1);
  });

  it('judges only packets of the node itself where all links were captured as one', () => {
    const events = [atHome(1, UNKNOWN), relayed(UNKNOWN, UNKNOWN)];
    const rule = underTest(rule1112, { bindings });
    rule.feedAll(events);
    expect(rule.feed(bare(2, UNKNOWN, 'from', { linkSource: OTHER_MAC }))).toEqual([]);
    expect(rule.feed(bare(3, UNKNOWN))).toMatchObject([{ confidence: 'partial' }]);
  });

  it('is silent about another node that returns home in the same capture', () => {
    const other = { source: OTHER_HOME_ADDRESS, linkSource: OTHER_MAC };
    const known = [...bindings, makeBinding({ homeAddress: OTHER_HOME_ADDRESS })];
    const rule = underTest(rule1112, { bindings: known });
    const events = [
      atHome(1, UNKNOWN),
      relayed(UNKNOWN, UNKNOWN),
      atHome(5, UNKNOWN, other),
      answer(5.1, UNKNOWN, OTHER_HOME_ADDRESS),
      homeAddressTrafficEvent({
        homeAddress: OTHER_HOME_ADDRESS,
        context: { packet: packetAt(60, 6), link: UNKNOWN, linkSource: OTHER_MAC },
      }),
    ];
    expect(rule.feedAll(events)).toEqual([]);
  });

  it('takes an answer that was stripped for no sign that the node is at home', () => {
    const link = makeLink('unknown', { id: 7 });
    const uplink = makeLink('unknown', { id: 8 });
    const stripped = relayEvent({
      direction: 'from-home-agent',
      plainLink: link,
      extendedLink: uplink,
      plain: packetAt(15, 1.5),
      extended: packetAt(14, 1.4),
      context: { packet: packetAt(15, 1.5), link, source: HOME_AGENT, destination: HOME_ADDRESS },
    });
    const events = [
      atHome(1, link),
      relayed(link, uplink),
      stripped,
      answer(1.5, link),
      bare(2, link),
    ];
    expect(underTest(rule1112, { bindings }).feedAll(events)).toHaveLength(1);
    // A mirror port shows the stripped answer a second time.
    const second = espEvent({
      layout: 'plain',
      sequence: stripped.sequence,
      context: { packet: packetAt(16, 1.6), link, source: HOME_AGENT, destination: HOME_ADDRESS },
    });
    const mirrored = [atHome(1, link), relayed(link, uplink), stripped, second, bare(2, link)];
    expect(underTest(rule1112, { bindings }).feedAll(mirrored)).toHaveLength(1);
  });

  it('finds traffic that the clock of another capture put before the relayed update', () => {
    const link = makeLink('unknown', { id: 7 });
    const uplink = makeLink('unknown', { id: 8 });
    const stripped = relayEvent({
      direction: 'from-home-agent',
      plainLink: link,
      extendedLink: uplink,
      plain: packetAt(11, 1.1),
      extended: packetAt(45, 4.5),
      context: { packet: packetAt(45, 4.5), link: uplink, routingHomeAddress: HOME_ADDRESS },
    });
    const update = relayEvent({
      plainLink: link,
      extendedLink: uplink,
      sequence: 10,
      plain: packetAt(10, 1),
      extended: packetAt(44, 4.4),
      context: { packet: packetAt(44, 4.4), link: uplink },
    });
    const events = [atHome(1, link), answer(1.1, link), bare(2, link), update, stripped];
    expect(underTest(rule1112, { bindings }).feedAll(events)).toMatchObject([
      { packet: { time: START_TIME + 2e6 } },
    ]);
  });
});

describe('rule 1113, a de-registration that is never acknowledged', () => {
  const backOff = (link: Link): EspEvent[] => [1, 2, 4, 8].map((at) => atHome(at, link));

  it('alerts at the third transmission on a foreign link', () => {
    const rule = underTest(rule1113, { bindings });
    const [first, second, third] = backOff(FOREIGN).map((event) => rule.feed(event).length);
    expect([first, second, third]).toEqual([0, 0, 1]);
    expect(rule.alerts).toMatchObject([{ confidence: 'certain', stage: 'denial-of-service' }]);
  });

  it('does not take copies of one packet for transmissions', () => {
    const copies = [atHome(1, FOREIGN), atHome(1, FOREIGN), atHome(1, FOREIGN), atHome(2, FOREIGN)];
    expect(underTest(rule1113, { bindings }).feedAll(copies)).toEqual([]);
  });

  it('is silent while the tunnel is used', () => {
    const using = [makeBinding({ lastTunnelFrom: START_TIME + 3e6 })];
    expect(underTest(rule1113, { bindings: using }).feedAll(backOff(FOREIGN))).toEqual([]);
  });

  it('is silent about a home agent that is down', () => {
    const other = { source: OTHER_HOME_ADDRESS };
    const outage = [
      ...backOff(UNKNOWN),
      ...[1.5, 2.5, 4.5, 8.5].map((at) => atHome(at, UNKNOWN, other)),
      tickEvent(60, true),
    ];
    expect(alerting(outage)).toEqual([]);
    expect(alerting([...backOff(HOME), tickEvent(60, true)])).toEqual([]);
  });

  const toOthers = (seconds: number): EspEvent =>
    espEvent({
      layout: 'type-2-routing-header',
      context: {
        routingHomeAddress: OTHER_HOME_ADDRESS,
        packet: packetAt(10 * seconds, seconds),
        link: UNKNOWN,
      },
    });

  it('is silent about a home agent that comes back and answers others first', () => {
    const events = [...backOff(UNKNOWN), toOthers(15), atHome(16, UNKNOWN), answer(16.1, UNKNOWN)];
    expect(underTest(rule1113, { bindings }).feedAll(events)).toEqual([]);
  });

  it('alerts on a link of unknown role when the home agent answers others', () => {
    const others = toOthers(3);
    const [one, two, three, four] = backOff(UNKNOWN);
    const events = [one, two, others, three, four].filter((event) => event !== undefined);
    expect(underTest(rule1113, { bindings }).feedAll(events)).toMatchObject([
      { confidence: 'partial' },
    ]);
  });
});

describe('rule 1114, unprotected packets to a home address', () => {
  it('alerts after a de-registration as if at home, on a foreign link', () => {
    const events = [atHome(1, FOREIGN), bare(2, FOREIGN, 'to')];
    expect(underTest(rule1114, { bindings }).feedAll(events)).toMatchObject([
      { confidence: 'certain', attacker: OTHER_MAC },
    ]);
    expect(underTest(rule1114, { bindings }).feed(bare(2, FOREIGN))).toEqual([]);
  });

  it('alerts while the node is registered, unless a host of the visited network may have sent it', () => {
    const neighbour = { source: address('2001:db8:3::7') };
    expect(underTest(rule1114, { bindings }).feed(bare(2, FOREIGN, 'to'))).toMatchObject([
      { confidence: 'partial' },
    ]);
    expect(underTest(rule1114, { bindings }).feed(bare(2, FOREIGN, 'to', neighbour))).toEqual([]);
    expect(underTest(rule1114).feed(bare(2, FOREIGN, 'to'))).toEqual([]);
    for (const link of [HOME, UNKNOWN, makeLink('transit')]) {
      expect(underTest(rule1114, { bindings }).feed(bare(2, link, 'to'))).toEqual([]);
    }
  });

  it('is silent where all links were captured as one and nothing names the sender', () => {
    const events = [atHome(1, UNKNOWN), relayed(UNKNOWN, UNKNOWN), bare(2, UNKNOWN, 'to')];
    expect(underTest(rule1114, { bindings }).feedAll(events)).toEqual([]);
  });
});

describe('rule 1115, two views of one binding', () => {
  it('alerts when the node acts as at home while the home agent tunnels on', () => {
    const binding = makeBinding({ lastTunnelTo: START_TIME + 5e6 });
    const rule = underTest(rule1115, { bindings: [binding] });
    rule.feed(atHome(1, FOREIGN));
    expect(rule.feed(tickEvent(6))).toEqual([]);
    binding.lastTunnelTo = START_TIME + 14e6;
    expect(rule.feed(tickEvent(15))).toMatchObject([{ stage: 'denial-of-service' }]);
    expect(rule.feed(tickEvent(16))).toEqual([]);
  });

  it('is silent when the node answers through the tunnel, and on a link of unknown role', () => {
    const busy = makeBinding({
      lastTunnelTo: START_TIME + 30e6,
      lastTunnelFrom: START_TIME + 29e6,
    });
    const one = underTest(rule1115, { bindings: [busy] });
    expect(one.feedAll([atHome(1, FOREIGN), tickEvent(31)])).toEqual([]);
    const deaf = makeBinding({ lastTunnelTo: START_TIME + 30e6 });
    const other = underTest(rule1115, { bindings: [deaf] });
    expect(other.feedAll([atHome(1, UNKNOWN), tickEvent(31)])).toEqual([]);
  });

  it('alerts when the home agent has deleted the binding and the node does not know', () => {
    const binding = makeBinding({ phase: 'deregistered', careOfAddress: HOME_ADDRESS });
    const rule = underTest(rule1115, { bindings: [binding] });
    rule.feed(
      bindingEvent('deregistered', {
        binding,
        previousCareOfAddress: CARE_OF_ADDRESS,
        packet: packetAt(50, 5),
      }),
    );
    binding.lastTunnelFromPrevious = START_TIME + 6e6;
    expect(rule.feed(tickEvent(18))).toEqual([]);
    binding.lastTunnelFromPrevious = START_TIME + 18e6;
    expect(rule.feed(tickEvent(19))).toMatchObject([{ homeAddress: HOME_ADDRESS }]);
  });

  it('is silent when the node has registered again', () => {
    const binding = makeBinding({ lastTunnelFromPrevious: START_TIME + 30e6 });
    const rule = underTest(rule1115, { bindings: [binding] });
    const ended = { binding, previousCareOfAddress: CARE_OF_ADDRESS, packet: packetAt(50, 5) };
    rule.feedAll([bindingEvent('deregistered', ended), away(10), tickEvent(31)]);
    expect(rule.alerts).toEqual([]);
  });

  it('is silent when the node has asked to be registered again and the answer was not captured', () => {
    const binding = makeBinding({ phase: 'deregistered', careOfAddress: HOME_ADDRESS });
    const rule = underTest(rule1115, { bindings: [binding] });
    const ended = { binding, previousCareOfAddress: CARE_OF_ADDRESS, packet: packetAt(50, 5) };
    binding.lastTunnelFromPrevious = START_TIME + 30e6;
    const asked = bindingEvent('requested', { binding, packet: packetAt(100, 10) });
    rule.feedAll([bindingEvent('deregistered', ended), asked, tickEvent(31)]);
    expect(rule.alerts).toEqual([]);
  });
});

describe('rule 1116, many nodes at once', () => {
  const nodes = Array.from({ length: 5 }, (_, i) => address(`2001:db8:1::1${i}`));
  const registered = nodes.map((homeAddress, i) =>
    makeBinding({ homeAddress, careOfAddress: address(`2001:db8:3::9${i}`) }),
  );

  function relayOf(homeAddress: Uint8Array, seconds: number): EngineEvent {
    const number = Math.round(seconds * 10);
    return relayEvent({
      homeAddress,
      plain: packetAt(number, seconds),
      extended: packetAt(number + 1, seconds),
      context: { packet: packetAt(number + 1, seconds) },
    });
  }

  function alertsOf(events: readonly EngineEvent[]): RuleUnderTest['alerts'] {
    const rule = underTest(rule1116, { bindings: registered });
    rule.feedAll(events);
    return rule.alerts;
  }

  it('alerts at the fourth home address of one visited network within the time', () => {
    const alerts = alertsOf(nodes.map((node, i) => relayOf(node, 10 + i)));
    expect(alerts).toMatchObject([{ confidence: 'certain', homeAgent: HOME_AGENT }]);
    expect(alerts[0]?.evidence).toHaveLength(4);
  });

  it('is silent about three, about one node again and again, and about slow ones', () => {
    expect(alertsOf(nodes.slice(0, 3).map((node, i) => relayOf(node, 10 + i)))).toEqual([]);
    const same = [1, 2, 3, 4, 5].map((at) => relayOf(HOME_ADDRESS, at));
    expect(alertsOf(same)).toEqual([]);
    expect(alertsOf(nodes.map((node, i) => relayOf(node, 10 + 5 * i)))).toEqual([]);
  });

  it('is silent about nodes that come home together', () => {
    for (const link of [HOME, UNKNOWN]) {
      const arriving = nodes.map((source, i) => atHome(10 + i, link, { source }));
      expect(alertsOf(arriving)).toEqual([]);
    }
    const misled = nodes.map((source, i) => atHome(10 + i, FOREIGN, { source }));
    expect(alertsOf(misled)).toHaveLength(1);
  });

  it('is partial about strict de-registrations from one visited network', () => {
    const leaving = nodes.map((homeAddress, i) => {
      const source = address(`2001:db8:3::9${i}`);
      return bindingUpdateEvent(
        { lifetime: 0, options: [alternateCareOfAddress(source)] },
        { context: { source, homeAddressOption: homeAddress, packet: packetAt(10 + i) } },
      );
    });
    expect(alertsOf(leaving)).toMatchObject([{ confidence: 'partial' }]);
  });
});

describe('rule 1117, home and away again and again', () => {
  function flapping(times: number, seconds: number): number {
    const rule = underTest(rule1117);
    for (let i = 0; i < times; i++) {
      const at = 1 + 2 * i * seconds;
      rule.feed(away(at));
      const packet = packetAt(10 * at + 1, at + seconds);
      rule.feed(bindingEvent('deregistration-sent', { packet }));
      rule.feed(bindingEvent('deregistered', { packet }));
    }
    return rule.alerts.length;
  }

  it('alerts after more than four changes in a minute', () => {
    expect(flapping(3, 3)).toBe(1);
    expect(flapping(2, 3)).toBe(0);
  });

  it('is silent about slow changes and about a node that only moves', () => {
    expect(flapping(6, 30)).toBe(0);
    const rule = underTest(rule1117);
    const moves = [1, 2, 3, 4, 5, 6, 7].map((at) =>
      bindingEvent('moved', { packet: packetAt(at) }),
    );
    expect(rule.feedAll(moves)).toEqual([]);
  });
});

describe('two nodes', () => {
  it('do not share an episode', () => {
    const known = [...bindings, makeBinding({ homeAddress: OTHER_HOME_ADDRESS })];
    const rule = underTest(rule1112, { bindings: known });
    rule.feed(atHome(1, FOREIGN));
    const other = homeAddressTrafficEvent({
      homeAddress: OTHER_HOME_ADDRESS,
      context: { packet: packetAt(20, 2), link: FOREIGN, destination: CORRESPONDENT },
    });
    expect(rule.feed(other)).toEqual([]);
    expect(rule.feed(bare(3, FOREIGN))).toHaveLength(1);
  });
});
