/**
 * Rules MIP6-2005 to 2008, 2012, 2104 and 2105: who is router and home agent of a link.
 */
import { describe, expect, it } from 'vitest';
import rule2104 from '../../rules/discovery/mip6-2104.ts';
import rule2105 from '../../rules/discovery/mip6-2105.ts';
import rule2005 from '../../rules/neighbor-discovery/mip6-2005.ts';
import rule2006 from '../../rules/neighbor-discovery/mip6-2006.ts';
import rule2007 from '../../rules/neighbor-discovery/mip6-2007.ts';
import rule2008 from '../../rules/neighbor-discovery/mip6-2008.ts';
import rule2012 from '../../rules/neighbor-discovery/mip6-2012.ts';
import {
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  HOME_AGENT,
  HOME_PREFIX,
  address,
  bindingEvent,
  bindingUpdateEvent,
  icmpv6Event,
  linkLayer,
  makeBinding,
  only,
  packetAt,
  underTest,
} from './event-builders.ts';
import {
  AGENT_LINK_LOCAL,
  AGENT_MAC,
  FOREIGN,
  HOME_AGENT_FLAG,
  ROGUE,
  ROGUE_MAC,
  ROUTER,
  ROUTER_MAC,
  homeAgentInformation,
  neighborAdvertisement,
  prefixInformation,
  routerAdvertisement,
  toldSite,
} from './neighbor-events.ts';
import type { RouterFields, Said } from './neighbor-events.ts';

const site = toldSite();
const told = { site };
const PREFIX = address('2001:db8:3::');

/** Router Advertisement on the visited link. */
const visited = (said: Said = {}, fields: RouterFields = {}) =>
  routerAdvertisement({ link: FOREIGN, ...said }, fields);
/** The router of the visited link itself. */
const own = (at: number, fields: RouterFields = {}) => visited({ mac: ROUTER_MAC, at }, fields);

describe('MIP6-2005', () => {
  it('alerts when somebody else announces the end of a router', () => {
    const rule = underTest(rule2005, told);
    rule.feed(own(1));
    const alert = only(rule.feed(visited({ at: 2 }, { routerLifetime: 0 })));
    expect(alert.attacker).toEqual(ROGUE_MAC);
    expect(alert.confidence).toBe('partial');
  });

  it('is certain when the site file names the router, even without having seen it', () => {
    const router = {
      name: 'ar',
      addresses: [ROUTER],
      linkLayerAddresses: [ROUTER_MAC],
      prefixes: [],
    };
    const rule = underTest(rule2005, { site: toldSite({ routers: [router] }) });
    expect(only(rule.feed(visited({}, { routerLifetime: 0 }))).confidence).toBe('certain');
  });

  it('reports a router that is withdrawn and back again and again', () => {
    const rule = underTest(rule2005, told);
    for (let i = 0; i < 4; i++) {
      rule.feed(own(1 + i * 4));
      rule.feed(own(3 + i * 4, { routerLifetime: 0 }));
    }
    expect(only(rule.feed(own(20))).severity).toBe('medium');
  });

  it('leaves a shutdown, a restart, an unknown router and the home agent alone', () => {
    const rule = underTest(rule2005, told);
    rule.feed(own(1));
    expect(rule.feed(own(2, { routerLifetime: 0 }))).toEqual([]);
    expect(rule.feed(own(3))).toEqual([]);
    expect(rule.feed(visited({ source: ROGUE, at: 4 }, { routerLifetime: 0 }))).toEqual([]);
    const agent = routerAdvertisement({ source: AGENT_LINK_LOCAL, at: 5 }, { routerLifetime: 0 });
    expect(rule.feed(agent)).toEqual([]);
  });
});

describe('MIP6-2006', () => {
  const redirect = (
    source: Uint8Array,
    mac: Uint8Array,
    targetAddress = ROGUE,
    destinationAddress = CORRESPONDENT,
  ) =>
    icmpv6Event(
      { kind: 'redirect', code: 0, targetAddress, destinationAddress, options: [] },
      {
        context: {
          packet: packetAt(5, 5),
          link: FOREIGN,
          source,
          destination: CARE_OF_ADDRESS,
          linkSource: mac,
        },
      },
    );

  it('alerts on the name of the router with another link-layer address, and on a stranger', () => {
    const rule = underTest(rule2006, told);
    rule.feed(own(1));
    expect(only(rule.feed(redirect(ROUTER, ROGUE_MAC))).confidence).toBe('certain');
    expect(rule.feed(redirect(ROGUE, ROGUE_MAC))).toHaveLength(1);
    expect(rule.feed(redirect(CARE_OF_ADDRESS, ROUTER_MAC))).toHaveLength(1);
  });

  it('alerts on packets for the home network that are led to a node that is no router', () => {
    const rule = underTest(rule2006, told);
    rule.feed(own(1));
    expect(rule.feed(redirect(ROUTER, ROUTER_MAC, ROGUE, HOME_AGENT))).toHaveLength(1);
    expect(rule.feed(redirect(ROUTER, ROUTER_MAC, HOME_AGENT, HOME_AGENT))).toHaveLength(1);
  });

  it('makes one alert for a flood at one victim', () => {
    const rule = underTest(rule2006, told);
    rule.feed(own(1));
    for (let i = 0; i < 300; i++) {
      const source = address(`fe80::${(i + 0x1000).toString(16)}`);
      rule.feed(redirect(source, linkLayer('02:00:00:00:00:09')));
    }
    expect(rule.alerts).toHaveLength(1);
  });

  it('leaves the router, its second address, and a link without known routers alone', () => {
    const rule = underTest(rule2006, told);
    expect(rule.feed(redirect(ROGUE, ROGUE_MAC))).toEqual([]);
    rule.feed(own(1));
    expect(rule.feed(redirect(ROUTER, ROUTER_MAC))).toEqual([]);
    expect(rule.feed(redirect(address('fe80::32'), ROUTER_MAC))).toEqual([]);
  });
});

describe('MIP6-2007', () => {
  it.each<[string, RouterFields]>([
    ['a hop limit of 2', { currentHopLimit: 2 }],
    ['an MTU of 600', { options: [{ kind: 'mtu', mtu: 600 }] }],
    ['a reachable time of two hours', { reachableTime: 7_200_000 }],
    ['40 prefixes', { options: Array.from({ length: 40 }, () => prefixInformation(PREFIX)) }],
  ])('alerts on %s', (_, fields) => {
    expect(only(underTest(rule2007, told).feed(visited({}, fields))).confidence).toBe('certain');
  });

  it('alerts on other values in the name of a router, and reports the same ones as low', () => {
    const rule = underTest(rule2007, told);
    rule.feed(own(1));
    expect(only(rule.feed(visited({ at: 2 }, { flags: 0xc0 }))).severity).toBeUndefined();
    expect(only(rule.feed(visited({ at: 3 }))).severity).toBe('low');
  });

  it('alerts on a flood of one router and on one of made-up routers, once each', () => {
    const rule = underTest(rule2007, told);
    for (let i = 0; i < 300; i++) rule.feed(own(1 + i / 60));
    expect(rule.alerts.map(({ object }) => object.split('/')[0])).toEqual(['rate']);
    for (let i = 0; i < 100; i++) {
      const source = address(`fe80::${(i + 0x1000).toString(16)}`);
      rule.feed(visited({ source, at: 20 + i / 50 }));
    }
    expect(rule.alerts).toHaveLength(2);
  });

  it('leaves the fastest advertisements that RFC 6275 allows alone', () => {
    const rule = underTest(rule2007, told);
    const options = [{ kind: 'advertisement-interval', interval: 70 } as const];
    for (let i = 0; i < 400; i++) rule.feed(own(1 + i * 0.03, { options }));
    expect(rule.alerts).toEqual([]);
  });
});

describe('MIP6-2008', () => {
  const hidden = (context: Said['context']) => visited({ context: { ...context } });

  it.each([
    ['a forwarded one', { hopLimit: 64 }],
    ['one with a fragment header', { hasFragmentHeader: true }],
    ['one that was put together', { isReassembled: true, hasFragmentHeader: true }],
    ['one behind an extension header', { extensions: 1 }],
  ])('alerts on %s', (_, context) => {
    expect(only(underTest(rule2008, told).feed(hidden(context))).confidence).toBe('certain');
  });

  it('leaves ordinary neighbor discovery, other messages and the inside of tunnels alone', () => {
    const rule = underTest(rule2008, told);
    expect(rule.feed(visited())).toEqual([]);
    const request = icmpv6Event(
      { kind: 'home-agent-discovery-request', code: 0, identifier: 1, flags: 0 },
      { context: { hopLimit: 61 } },
    );
    expect(rule.feed(request)).toEqual([]);
    const inside = hidden({ hopLimit: 64, encapsulation: ['gre'] });
    expect(rule.feed(inside)).toEqual([]);
  });

  it('leaves a hidden home prefix on a visited link to rule 1104', () => {
    const options = [prefixInformation(HOME_PREFIX.prefix)];
    const event = visited({ context: { extensions: 1 } }, { options });
    expect(underTest(rule2008, told).feed(event)).toEqual([]);
  });

  it('names eight senders of a link and makes one of all further ones', () => {
    const rule = underTest(rule2008, told);
    for (let i = 0; i < 100; i++) {
      const mac = linkLayer(`02:00:00:00:01:${i.toString(16).padStart(2, '0')}`);
      rule.feed(visited({ mac, context: { hopLimit: 64 } }));
    }
    expect(rule.alerts).toHaveLength(9);
  });
});

describe('MIP6-2012', () => {
  const OTHER = address('2001:db8:66::99');
  const both = [prefixInformation(PREFIX), prefixInformation(address('2001:db8:66::'))] as const;
  const moved = (careOfAddress: Uint8Array, at: number) =>
    bindingEvent('moved', { binding: makeBinding({ careOfAddress }), packet: packetAt(9, at) });

  it('alerts on handovers to and fro between prefixes of one link', () => {
    const rule = underTest(rule2012, told);
    rule.feed(own(1, { options: [both[0]] }));
    rule.feed(visited({ source: ROGUE, at: 1 }, { options: [both[1]] }));
    for (let i = 0; i < 5; i++) rule.feed(moved(i % 2 === 0 ? OTHER : CARE_OF_ADDRESS, 5 + i * 4));
    expect(only(rule.alerts).homeAddress).toEqual(HOME_ADDRESS);
  });

  it('leaves handovers between links, slow ones, and several care-of addresses at once alone', () => {
    const roaming = underTest(rule2012, told);
    roaming.feed(own(1, { options: [both[0]] }));
    const slow = underTest(rule2012, told);
    slow.feed(own(1, { options: both }));
    const several = underTest(rule2012, told);
    several.feed(own(1, { options: both }));
    const options = [
      { kind: 'binding-identifier', bindingIdentifier: 1, status: 0, flags: 0 } as const,
    ];
    several.feed(bindingUpdateEvent({ options }));
    for (let i = 0; i < 6; i++) {
      const careOf = i % 2 === 0 ? OTHER : CARE_OF_ADDRESS;
      roaming.feed(moved(careOf, 5 + i));
      slow.feed(moved(careOf, 5 + i * 30));
      several.feed(moved(careOf, 5 + i));
    }
    expect(several.alerts).toEqual([]);
    expect(roaming.alerts).toEqual([]);
    expect(slow.alerts).toEqual([]);
  });
});

describe('MIP6-2104', () => {
  const claim = (said: Said, preference = 65_535) =>
    routerAdvertisement(said, {
      flags: HOME_AGENT_FLAG,
      options: [homeAgentInformation(preference)],
    });

  it('alerts on a home agent on the home link that the site file does not name', () => {
    const alert = only(underTest(rule2104, told).feed(claim({ source: ROGUE })));
    expect(alert.confidence).toBe('certain');
    expect(alert.message).toContain('65535');
  });

  it('without a description reports a newcomer by its rank', () => {
    const plain = underTest(rule2104, { site: toldSite({ homeAgents: [] }) });
    expect(plain.feed(claim({ source: AGENT_LINK_LOCAL, mac: AGENT_MAC }, 10))).toEqual([]);
    expect(only(plain.feed(claim({ source: ROGUE, at: 2 }, 20))).severity).toBe('medium');
    const humble = { source: address('fe80::67'), at: 3 };
    expect(only(plain.feed(claim(humble, 5))).severity).toBe('low');
  });

  it('leaves the home agents, plain routers and other links alone', () => {
    const rule = underTest(rule2104, told);
    expect(rule.feed(claim({ source: AGENT_LINK_LOCAL, mac: AGENT_MAC }))).toEqual([]);
    expect(rule.feed(routerAdvertisement({ source: ROGUE }))).toEqual([]);
    expect(rule.feed(claim({ source: ROGUE, link: FOREIGN }))).toEqual([]);
  });
});

describe('MIP6-2105', () => {
  const agent = (said: Said, fields: RouterFields = {}) =>
    routerAdvertisement(
      { source: AGENT_LINK_LOCAL, ...said },
      { flags: HOME_AGENT_FLAG, ...fields },
    );

  it.each<[string, RouterFields]>([
    ['without the H flag', { flags: 0 }],
    ['with home agent lifetime 0', { options: [homeAgentInformation(0, 0)] }],
    ['with router lifetime 0', { routerLifetime: 0 }],
  ])('alerts on an advertisement in the name of the home agent %s', (_, fields) => {
    const alert = only(underTest(rule2105, told).feed(agent({}, fields)));
    expect(alert.confidence).toBe('certain');
  });

  it('leaves the shutdown of the home agent itself, and what does not withdraw it, alone', () => {
    const rule = underTest(rule2105, told);
    expect(rule.feed(agent({ mac: AGENT_MAC }))).toEqual([]);
    expect(rule.feed(agent({ mac: AGENT_MAC, at: 2 }, { routerLifetime: 0 }))).toEqual([]);
    expect(rule.feed(agent({ at: 3 }))).toEqual([]);
    expect(rule.feed(neighborAdvertisement(HOME_AGENT))).toEqual([]);
  });

  it('reports a home agent that is withdrawn and back again and again', () => {
    const rule = underTest(rule2105, told);
    for (let i = 0; i < 4; i++) {
      rule.feed(agent({ mac: AGENT_MAC, at: 1 + i * 4 }));
      rule.feed(agent({ mac: AGENT_MAC, at: 3 + i * 4 }, { flags: 0 }));
    }
    expect(only(rule.feed(agent({ mac: AGENT_MAC, at: 20 }))).severity).toBe('medium');
  });
});
