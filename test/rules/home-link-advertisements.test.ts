/**
 * Rules MIP6-1101 to 1104: advertisements of what belongs to the home link.
 */
import { describe, expect, it } from 'vitest';
import type { Icmpv6Event, Link, PacketContext } from '../../engine/events.ts';
import type { AlertDraft, RuleDefinition } from '../../engine/rule-api.ts';
import type { NdOption } from '../../dissectors/icmpv6/index.ts';
import rule1101 from '../../rules/home-link/mip6-1101.ts';
import rule1102 from '../../rules/home-link/mip6-1102.ts';
import rule1103 from '../../rules/home-link/mip6-1103.ts';
import rule1104 from '../../rules/home-link/mip6-1104.ts';
import {
  HOME_AGENT,
  HOME_PREFIX,
  START_TIME,
  address,
  icmpv6Event,
  linkLayer,
  makeBinding,
  makeLink,
  makeSite,
  packetAt,
  packetContext,
  prefix,
  relayEvent,
  underTest,
} from './event-builders.ts';
import type { Known } from './event-builders.ts';

const RULES: readonly RuleDefinition[] = [rule1101, rule1102, rule1103, rule1104];
const ROGUE_MAC = linkLayer('02:00:00:00:00:66');
const ROUTER = address('fe80::66');
const OTHER_ROUTER = address('fe80::1');

/** Prefix Information: L and A set. */
function prefixOption(
  text: string,
  fields: { flags?: number; validLifetime?: number } = {},
): NdOption {
  const { prefix: bytes, length } = prefix(text);
  const { flags = 0xc0, validLifetime = 9000 } = fields;
  return {
    kind: 'prefix-information',
    prefixLength: length,
    flags,
    validLifetime,
    preferredLifetime: validLifetime,
    prefix: bytes,
  };
}

/** Prefix Information with R flag and a full address. */
function addressOption(bytes: Uint8Array, length = 64): NdOption {
  return {
    kind: 'prefix-information',
    prefixLength: length,
    flags: 0xe0,
    validLifetime: 9000,
    preferredLifetime: 9000,
    prefix: bytes,
  };
}

function routeOption(text: string, octets: number): NdOption {
  const { prefix: bytes, length } = prefix(text);
  return {
    kind: 'route-information',
    prefixLength: length,
    flags: 0,
    lifetime: 1800,
    prefix: bytes.slice(0, octets),
  };
}

const AGENT_INFORMATION: NdOption = {
  kind: 'home-agent-information',
  flags: 0,
  preference: 10,
  lifetime: 1800,
};

/** A Router Advertisement, from ROUTER on the foreign link unless told otherwise. */
function advertisement(
  options: readonly NdOption[],
  context: Partial<PacketContext> = {},
  flags = 0,
): Icmpv6Event {
  return icmpv6Event(
    {
      kind: 'router-advertisement',
      code: 0,
      currentHopLimit: 64,
      flags,
      routerLifetime: 1800,
      reachableTime: 0,
      retransTimer: 0,
      options,
    },
    { context: { source: ROUTER, linkSource: ROGUE_MAC, ...context } },
  );
}

/** Rules that alert about one event. */
function alerting(event: Icmpv6Event, known: Known = {}): string[] {
  return RULES.filter((rule) => underTest(rule, known).feed(event).length > 0).map(({ id }) => id);
}

const HOME = prefixOption('2001:db8:1::/64');
const VISITED = prefixOption('2001:db8:3::/64');
const NEAR_VISITED = prefixOption('2001:db8:1:5::/64');

describe('a Router Advertisement on a foreign link', () => {
  const cases: readonly (readonly [string, Icmpv6Event, readonly string[]])[] = [
    ['with the visited prefix is silent', advertisement([VISITED]), []],
    ['with the home prefix alerts', advertisement([HOME]), ['MIP6-1101']],
    [
      'with the home prefix behind the visited one alerts',
      advertisement([VISITED, HOME]),
      ['MIP6-1101'],
    ],
    [
      'that withdraws the home prefix is silent',
      advertisement([prefixOption('2001:db8:1::/64', { validLifetime: 0 })]),
      [],
    ],
    [
      'with the home prefix and the full address of a router alerts after masking',
      advertisement([addressOption(address('2001:db8:1::77'))]),
      ['MIP6-1101'],
    ],
    [
      'with the address of the home agent alerts twice',
      advertisement([addressOption(HOME_AGENT)]),
      ['MIP6-1101', 'MIP6-1103'],
    ],
    [
      'with the home prefix and the H flag alerts twice',
      advertisement([HOME], {}, 0x20),
      ['MIP6-1101', 'MIP6-1103'],
    ],
    [
      'with the home prefix and Home Agent Information alerts twice',
      advertisement([HOME, AGENT_INFORMATION]),
      ['MIP6-1101', 'MIP6-1103'],
    ],
    [
      'of a home agent of the visited network is silent',
      advertisement([addressOption(address('2001:db8:3::1')), AGENT_INFORMATION], {}, 0x20),
      [],
    ],
    [
      'with a prefix around the home prefix alerts',
      advertisement([prefixOption('2001:db8:1::/56')]),
      ['MIP6-1102'],
    ],
    [
      'with a prefix inside the home prefix alerts',
      advertisement([prefixOption('2001:db8:1::/72', { flags: 0x80 })]),
      ['MIP6-1102'],
    ],
    [
      'with a route to a part of the home network alerts',
      advertisement([VISITED, routeOption('2001:db8:1::/80', 16)]),
      ['MIP6-1102'],
    ],
    [
      'with the aggregate of a provider is silent',
      advertisement([VISITED, routeOption('2001:db8::/32', 8)]),
      [],
    ],
    ['with a default route is silent', advertisement([VISITED, routeOption('::/0', 0)]), []],
    [
      'with a route that covers the home network and this one is silent',
      advertisement([NEAR_VISITED, routeOption('2001:db8:1::/56', 8)]),
      [],
    ],
    [
      'with the home prefix behind extension headers alerts as hidden',
      advertisement([HOME], { extensions: 1 }),
      ['MIP6-1104'],
    ],
    [
      'with the home prefix in an atomic fragment alerts as hidden',
      advertisement([HOME], { hasFragmentHeader: true }),
      ['MIP6-1104'],
    ],
    [
      'with the home prefix, reassembled of fragments, alerts as hidden',
      advertisement([addressOption(HOME_AGENT)], { isReassembled: true }),
      ['MIP6-1104'],
    ],
    ['inside a tunnel is silent', advertisement([HOME], { outer: packetContext() }), []],
  ];

  it.each(cases)('%s', (_name, event, rules) => {
    expect(alerting(event)).toEqual(rules);
  });

  it('is one alert for each router and prefix, with sender and home prefix', () => {
    const rule = underTest(rule1101);
    rule.feed(advertisement([HOME]));
    rule.feed(advertisement([HOME], { packet: packetAt(2) }));
    rule.feed(advertisement([HOME], { packet: packetAt(3), source: OTHER_ROUTER }));
    expect(rule.alerts).toHaveLength(2);
    expect(rule.alerts[0]).toMatchObject({
      confidence: 'certain',
      stage: 'rogue-advertisement',
      attacker: ROGUE_MAC,
      homePrefix: { length: 64 },
    });
  });

  it('with a prefix that is only learned alerts, unless a node has its care-of address there', () => {
    const site = makeSite({ homeAgents: [] });
    const learned = { site, learnedPrefixes: [HOME_PREFIX, prefix('2001:db8:3::/64')] };
    const bindings = [makeBinding()];
    expect(alerting(advertisement([HOME]), { ...learned, bindings })).toEqual(['MIP6-1101']);
    expect(alerting(advertisement([VISITED]), { ...learned, bindings })).toEqual([]);
  });

  it('takes the distance at which a prefix counts as related from the settings', () => {
    const event = advertisement([prefixOption('2001:db8:1::/56')]);
    expect(underTest(rule1102, { params: { maxDistanceBits: 4 } }).feed(event)).toEqual([]);
  });
});

describe('the home prefix on other links', () => {
  const everything = [addressOption(HOME_AGENT), AGENT_INFORMATION];

  it.each(['home', 'unknown', 'transit'] as const)('is silent on a link of role %s', (role) => {
    const event = advertisement(everything, { link: makeLink(role) }, 0x20);
    expect(alerting(event)).toEqual([]);
  });
});

describe('a relayed de-registration without site file', () => {
  const visited: Link = makeLink('unknown', { id: 7, name: 'eth1' });
  const uplink: Link = makeLink('unknown', { id: 8, name: 'eth0' });
  const site = makeSite({ homeAgents: [] });
  const registered = makeBinding({ registeredAt: START_TIME + 1e6, expiresAt: START_TIME + 900e6 });
  const known: Known = { site, bindings: [registered], learnedPrefixes: [HOME_PREFIX] };

  /** What rule 1101 says about advertisements at given seconds and a relay at second 100. */
  function blamed(
    seen: readonly {
      readonly seconds: number;
      readonly router: Uint8Array;
      readonly link?: Link;
    }[],
    links: { readonly plainLink: Link; readonly extendedLink: Link },
    rule: RuleDefinition = rule1101,
  ): readonly AlertDraft[] {
    const tested = underTest(rule, known);
    for (const [i, { seconds, router, link = links.plainLink }] of seen.entries()) {
      const event = advertisement(
        [addressOption(HOME_AGENT)],
        { packet: packetAt(i + 1, seconds), source: router, link },
        0x20,
      );
      expect(tested.feed(event)).toEqual([]);
    }
    const relay = relayEvent({
      ...links,
      plain: packetAt(90, 100),
      extended: packetAt(91, 100.02),
      context: { packet: packetAt(91, 100.02), link: links.extendedLink },
    });
    return tested.feed(relay);
  }

  const apart = { plainLink: visited, extendedLink: uplink };
  const together = { plainLink: visited, extendedLink: visited };

  it('accuses in retrospect the advertisement that misled the node', () => {
    const alerts = blamed([{ seconds: 95, router: ROUTER }], apart);
    expect(alerts).toMatchObject([{ confidence: 'partial', stage: 'rogue-advertisement' }]);
    expect(alerts[0]?.evidence.map(({ packet }) => packet.number)).toEqual([1, 91]);
    expect(blamed([{ seconds: 95, router: ROUTER }], apart, rule1103)).toHaveLength(1);
  });

  it('does not accuse one from long before, nor one of another link', () => {
    expect(blamed([{ seconds: 20, router: ROUTER }], apart)).toEqual([]);
    expect(blamed([{ seconds: 95, router: ROUTER, link: uplink }], apart)).toEqual([]);
  });

  it('does not accuse the home agent where all links were captured as one', () => {
    const homeAgent = { router: OTHER_ROUTER };
    const seen = [
      { seconds: 0, ...homeAgent },
      { seconds: 92, ...homeAgent },
      { seconds: 95, router: ROUTER },
      { seconds: 97, ...homeAgent },
    ];
    const alerts = blamed(seen, together);
    expect(alerts.map(({ message }) => message)).toEqual([
      expect.stringContaining('fe80::66 (02:00:00:00:00:66) advertises the home prefix'),
    ]);
    expect(blamed(seen.slice(0, 2), together)).toEqual([]);
  });

  it('counts later advertisements of an accused router and accuses no other', () => {
    const tested = underTest(rule1101, known);
    const on = (number: number, router: Uint8Array): Icmpv6Event =>
      advertisement([HOME], { packet: packetAt(number), source: router, link: visited });
    tested.feed(on(50, ROUTER));
    tested.feed(relayEvent({ ...apart, plain: packetAt(60), extended: packetAt(61) }));
    visited.effectiveRole = 'foreign';
    visited.roleKnownBy = 'relay';
    expect(tested.feed(on(70, ROUTER))).toHaveLength(1);
    expect(tested.feed(on(71, OTHER_ROUTER))).toEqual([]);
    visited.effectiveRole = 'unknown';
    visited.roleKnownBy = 'none';
  });
});
