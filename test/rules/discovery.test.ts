/**
 * Rules MIP6-2101 to 2103 and 2106 to 2110: discovery of home agents and prefixes.
 */
import { describe, expect, it } from 'vitest';
import type { Icmpv6Message } from '../../dissectors/icmpv6/index.ts';
import type { BootstrappingEvent, HomeAgentOffer, PacketContext } from '../../engine/events.ts';
import { UNKNOWN_SITE } from '../../engine/site.ts';
import rule2101 from '../../rules/discovery/mip6-2101.ts';
import rule2102 from '../../rules/discovery/mip6-2102.ts';
import rule2103 from '../../rules/discovery/mip6-2103.ts';
import rule2106 from '../../rules/discovery/mip6-2106.ts';
import rule2107 from '../../rules/discovery/mip6-2107.ts';
import rule2108 from '../../rules/discovery/mip6-2108.ts';
import rule2109 from '../../rules/discovery/mip6-2109.ts';
import rule2110 from '../../rules/discovery/mip6-2110.ts';
import {
  ATTACKER,
  CARE_OF_ADDRESS,
  HOME_ADDRESS,
  HOME_AGENT,
  HOME_PREFIX,
  address,
  bindingEvent,
  bindingUpdateEvent,
  icmpv6Event,
  makeBinding,
  makeLink,
  mobilityEvent,
  only,
  packetAt,
  packetContext,
  tickEvent,
  underTest,
} from './event-builders.ts';
import { prefixInformation } from './neighbor-events.ts';

const ANYCAST = address('2001:db8:1:0:fdff:ffff:ffff:fffe');
const PROTECTED = {
  protection: 'esp-transport',
  esp: { spi: 0x10, sequence: 1, integrityVerified: true },
} as const;

function at(seconds: number, context: Partial<PacketContext>): Partial<PacketContext> {
  return { packet: packetAt(Math.round(seconds * 1000), seconds), ...context };
}

const request = (seconds: number, context: Partial<PacketContext> = {}, code = 0) =>
  icmpv6Event(
    { kind: 'home-agent-discovery-request', code, identifier: 7, flags: 0 },
    { context: at(seconds, { source: CARE_OF_ADDRESS, destination: ANYCAST, ...context }) },
  );

const reply = (
  seconds: number,
  homeAgentAddresses: Uint8Array[],
  context: Partial<PacketContext> = {},
  identifier = 7,
) =>
  icmpv6Event(
    { kind: 'home-agent-discovery-reply', code: 0, identifier, flags: 0, homeAgentAddresses },
    { context: at(seconds, { source: HOME_AGENT, destination: CARE_OF_ADDRESS, ...context }) },
  );

describe('MIP6-2101', () => {
  it('alerts on a reply of a stranger, and is certain when he lists himself', () => {
    const rule = underTest(rule2101);
    rule.feed(request(1));
    const alert = only(rule.feed(reply(2, [ATTACKER], { source: ATTACKER })));
    expect(alert.confidence).toBe('certain');
    expect(alert.attacker).toEqual(ATTACKER);
  });

  it('alerts on a foreign address in the name of the home agent', () => {
    const rule = underTest(rule2101);
    rule.feed(request(1));
    expect(only(rule.feed(reply(2, [HOME_AGENT, ATTACKER]))).confidence).toBe('partial');
  });

  it('without a site file takes the network that was asked as measure', () => {
    const rule = underTest(rule2101, { site: UNKNOWN_SITE });
    rule.feed(request(1));
    expect(rule.feed(reply(2, [HOME_AGENT]))).toEqual([]);
    expect(rule.feed(reply(3, [ATTACKER], { source: ATTACKER }))).toHaveLength(1);
  });

  it('reports an unasked reply and a home agent that is not named as low', () => {
    const rule = underTest(rule2101);
    rule.feed(tickEvent(0));
    expect(rule.feed(reply(2, [HOME_AGENT]))).toEqual([]);
    expect(only(rule.feed(reply(100, [HOME_AGENT]))).severity).toBe('low');
    const known = underTest(rule2101);
    known.feed(request(1));
    const near = address('2001:db8:1::2');
    expect(only(known.feed(reply(2, [HOME_AGENT, near]))).severity).toBe('low');
  });

  it('leaves an ordinary discovery alone', () => {
    const rule = underTest(rule2101);
    rule.feed(tickEvent(0));
    rule.feed(request(100));
    expect(rule.feed(reply(101, [HOME_AGENT]))).toEqual([]);
  });
});

describe('MIP6-2102', () => {
  const network = (i: number) => address(`2001:db8:${(i + 1).toString(16)}:0:fdff:ffff:ffff:fffe`);

  it('alerts when one source asks several networks, and asks one without end', () => {
    const rule = underTest(rule2102);
    for (let i = 0; i < 4; i++) rule.feed(request(1 + i, { destination: network(i) }));
    expect(only(rule.alerts).confidence).toBe('certain');
    const persistent = underTest(rule2102);
    for (let i = 0; i < 6; i++) persistent.feed(request(1 + i * 2));
    expect(only(persistent.alerts).confidence).toBe('partial');
  });

  it('leaves five tries with back-off, and a node that registers, alone', () => {
    const rule = underTest(rule2102);
    for (const seconds of [1, 4, 10, 22, 46, 94]) rule.feed(request(seconds));
    expect(rule.alerts).toEqual([]);
    const registered = underTest(rule2102);
    registered.feed(request(1));
    registered.feed(bindingUpdateEvent());
    for (let i = 1; i < 8; i++) registered.feed(request(1 + i * 2));
    expect(registered.alerts).toEqual([]);
  });

  it('does not count one packet twice that two links show', () => {
    const rule = underTest(rule2102);
    for (let i = 0; i < 5; i++) {
      rule.feed(request(1 + i * 2, { link: makeLink('foreign') }));
      rule.feed(request(1 + i * 2, { link: makeLink('transit') }));
    }
    expect(rule.alerts).toEqual([]);
  });

  it('names eight senders of a link and makes one of all further ones', () => {
    const rule = underTest(rule2102);
    for (let source = 0; source < 40; source++) {
      const from = address(`2001:db8:6::${(source + 1).toString(16)}`);
      for (let i = 0; i < 5; i++) rule.feed(request(1, { source: from, destination: network(i) }));
    }
    expect(rule.alerts).toHaveLength(9);
  });
});

describe('MIP6-2103', () => {
  it('alerts on a code, and on a flood of one sender', () => {
    const rule = underTest(rule2103);
    expect(only(rule.feed(request(1, {}, 17))).confidence).toBe('certain');
    for (let i = 0; i < 30; i++) rule.feed(request(2 + i / 10));
    expect(rule.alerts).toHaveLength(2);
  });

  it('makes one alert of a flood from made-up sources', () => {
    const rule = underTest(rule2103);
    for (let i = 0; i < 500; i++) {
      rule.feed(request(2 + i / 1000, { source: address(`2001:db8:6::${(i + 1).toString(16)}`) }));
    }
    expect(rule.alerts).toHaveLength(1);
  });

  it('leaves many nodes at an ordinary rate alone', () => {
    const rule = underTest(rule2103);
    for (let i = 0; i < 300; i++) {
      const source = address(`2001:db8:6::${((i % 50) + 1).toString(16)}`);
      rule.feed(request(2 + i / 15, { source }));
    }
    expect(rule.alerts).toEqual([]);
  });
});

const advertisement = (
  seconds: number,
  context: Partial<PacketContext> = {},
  options = [prefixInformation(HOME_PREFIX.prefix)],
) =>
  icmpv6Event(
    { kind: 'mobile-prefix-advertisement', code: 0, identifier: 3, flags: 0, options },
    {
      context: at(seconds, {
        source: HOME_AGENT,
        destination: CARE_OF_ADDRESS,
        routingHomeAddress: HOME_ADDRESS,
        ...context,
      }),
    },
  );

const solicitation: Icmpv6Message = {
  kind: 'mobile-prefix-solicitation',
  code: 0,
  identifier: 3,
  options: [],
};
const solicit = (seconds: number, context: Partial<PacketContext> = {}) =>
  icmpv6Event(solicitation, {
    context: at(seconds, { homeAddressOption: HOME_ADDRESS, ...context }),
  });

describe('MIP6-2106', () => {
  it('alerts on an advertisement of a stranger, even a protected one', () => {
    const alert = only(underTest(rule2106).feed(advertisement(1, { source: ATTACKER })));
    expect(alert.confidence).toBe('certain');
  });

  it('alerts without a type 2 routing header, and from another home agent than the serving one', () => {
    const bare = advertisement(1, { routingHomeAddress: undefined });
    expect(underTest(rule2106).feed(bare)).toHaveLength(1);
    const peer = address('2001:db8:1::2');
    const rule = underTest(rule2106, { bindings: [makeBinding({ peer })] });
    expect(rule.feed(advertisement(1, PROTECTED))).toHaveLength(1);
  });

  it('reports one that nobody asked for in clear as low, and a protected one not at all', () => {
    const rule = underTest(rule2106);
    rule.feed(tickEvent(0));
    expect(only(rule.feed(advertisement(100))).severity).toBe('low');
    expect(rule.feed(advertisement(101, PROTECTED))).toEqual([]);
  });

  it('leaves an answer, and home agents of which nobody told, alone', () => {
    const rule = underTest(rule2106);
    rule.feed(tickEvent(0));
    rule.feed(solicit(100));
    expect(rule.feed(advertisement(101))).toEqual([]);
    const unknown = underTest(rule2106, { site: UNKNOWN_SITE });
    expect(unknown.feed(advertisement(1))).toEqual([]);
  });
});

describe('MIP6-2107', () => {
  const other = prefixInformation(address('2001:db8:666::'));
  const ended = prefixInformation(HOME_PREFIX.prefix, { validLifetime: 0 });

  it('alerts when the home prefix ends or another one comes', () => {
    expect(underTest(rule2107).feed(advertisement(1, {}, [ended]))).toHaveLength(1);
    expect(underTest(rule2107).feed(advertisement(1, {}, [other]))).toHaveLength(1);
  });

  it('reports a renumbering under ESP as low', () => {
    expect(only(underTest(rule2107).feed(advertisement(1, PROTECTED, [ended]))).severity).toBe(
      'low',
    );
  });

  it('leaves the home prefix with ordinary lifetimes, and unknown home networks, alone', () => {
    expect(underTest(rule2107).feed(advertisement(1))).toEqual([]);
    const unknown = underTest(rule2107, { site: UNKNOWN_SITE });
    expect(unknown.feed(advertisement(1, {}, [other]))).toEqual([]);
  });
});

describe('MIP6-2108', () => {
  it('alerts on a solicitation without Home Address option', () => {
    const event = solicit(1, { homeAddressOption: undefined });
    expect(only(underTest(rule2108).feed(event)).confidence).toBe('certain');
  });

  it('alerts after the end of the binding, or when it was watched for long', () => {
    const rule = underTest(rule2108);
    rule.feed(bindingEvent('deregistered'));
    expect(rule.feed(solicit(20))).toHaveLength(1);
    const patient = underTest(rule2108);
    patient.feed(tickEvent(0));
    expect(patient.feed(solicit(20))).toEqual([]);
    expect(only(patient.feed(solicit(500))).confidence).toBe('partial');
  });

  it('leaves registered nodes, the first registration and a node at home alone', () => {
    const rule = underTest(rule2108, { bindings: [makeBinding({ expiresAt: 0 })] });
    rule.feed(tickEvent(0));
    expect(rule.feed(solicit(500))).toEqual([]);
    const asking = [makeBinding({ phase: 'requested', expiresAt: 0, registeredAt: 0 })];
    const first = underTest(rule2108, { bindings: asking });
    first.feed(tickEvent(0));
    expect(first.feed(solicit(500))).toEqual([]);
    const home = { homeAddressOption: undefined, source: HOME_ADDRESS, link: makeLink('home') };
    expect(underTest(rule2108).feed(solicit(1, home))).toEqual([]);
  });

  it('makes nine alerts of a flood from made-up addresses', () => {
    const rule = underTest(rule2108);
    for (let i = 0; i < 200; i++) {
      const source = address(`2001:db8:6::${(i + 1).toString(16)}`);
      rule.feed(solicit(1, { homeAddressOption: undefined, source }));
    }
    expect(rule.alerts).toHaveLength(9);
  });
});

describe('MIP6-2109', () => {
  const homeAgentSwitch = (addresses: Uint8Array[], context: Partial<PacketContext> = {}) =>
    mobilityEvent(
      {
        kind: 'home-agent-switch',
        numberOfAddresses: addresses.length,
        homeAgents: addresses.map((item) => ({ address: item })),
      },
      {
        context: {
          source: HOME_AGENT,
          destination: CARE_OF_ADDRESS,
          routingHomeAddress: HOME_ADDRESS,
          ...context,
        },
      },
    );

  it('alerts in clear, from a stranger, and from another home agent', () => {
    expect(only(underTest(rule2109).feed(homeAgentSwitch([]))).confidence).toBe('certain');
    const strange = homeAgentSwitch([], { ...PROTECTED, source: ATTACKER });
    expect(underTest(rule2109).feed(strange)).toHaveLength(1);
    const peer = address('2001:db8:1::2');
    const rule = underTest(rule2109, { bindings: [makeBinding({ peer })] });
    expect(rule.feed(homeAgentSwitch([], PROTECTED))).toHaveLength(1);
  });

  it('reports an address that the site file does not name as medium when all else is right', () => {
    const alert = only(underTest(rule2109).feed(homeAgentSwitch([ATTACKER], PROTECTED)));
    expect(alert.severity).toBe('medium');
  });

  it('leaves a drain to a known home agent, and unknown sites, alone', () => {
    expect(underTest(rule2109).feed(homeAgentSwitch([HOME_AGENT], PROTECTED))).toEqual([]);
    const unknown = underTest(rule2109, { site: UNKNOWN_SITE });
    expect(unknown.feed(homeAgentSwitch([ATTACKER], PROTECTED))).toEqual([]);
  });
});

describe('MIP6-2110', () => {
  const offer = (
    network: HomeAgentOffer['network'],
    homeAgents: Uint8Array[],
    protocol: BootstrappingEvent['protocol'] = 'dhcpv6',
  ): BootstrappingEvent => ({
    kind: 'bootstrapping',
    context: packetContext({ source: ATTACKER, destination: CARE_OF_ADDRESS }),
    protocol,
    question: protocol === 'dns' ? '_mip6._ipv6.example.net' : undefined,
    offers: [
      {
        network,
        homeAgents,
        prefixes: [],
        name: protocol === 'dns' ? 'ha.example.net' : undefined,
      },
    ],
  });

  it('alerts on a foreign home agent by DHCPv6 and by DNS', () => {
    expect(underTest(rule2110).feed(offer('identified', [ATTACKER]))).toHaveLength(1);
    const dns = only(underTest(rule2110).feed(offer('service', [ATTACKER], 'dns')));
    expect(dns.message).toContain('_mip6._ipv6.example.net');
  });

  it('reports a home agent of the visited network as low', () => {
    expect(only(underTest(rule2110).feed(offer('visited', [ATTACKER]))).severity).toBe('low');
  });

  it('leaves the home agent of the site, and sites of which nothing is told, alone', () => {
    expect(underTest(rule2110).feed(offer('identified', [HOME_AGENT]))).toEqual([]);
    const unknown = underTest(rule2110, { site: UNKNOWN_SITE });
    expect(unknown.feed(offer('identified', [ATTACKER]))).toEqual([]);
  });
});
