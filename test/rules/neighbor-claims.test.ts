/**
 * Rules MIP6-2001 to 2004 and 2009 to 2011: who has an address on the home link.
 */
import { describe, expect, it } from 'vitest';
import rule2001 from '../../rules/neighbor-discovery/mip6-2001.ts';
import rule2002 from '../../rules/neighbor-discovery/mip6-2002.ts';
import rule2003 from '../../rules/neighbor-discovery/mip6-2003.ts';
import rule2004 from '../../rules/neighbor-discovery/mip6-2004.ts';
import rule2009 from '../../rules/neighbor-discovery/mip6-2009.ts';
import rule2010 from '../../rules/neighbor-discovery/mip6-2010.ts';
import rule2011 from '../../rules/neighbor-discovery/mip6-2011.ts';
import {
  HOME_ADDRESS,
  HOME_AGENT,
  address,
  bindingAcknowledgementEvent,
  bindingEvent,
  linkLayer,
  makeBinding,
  mobileNode,
  only,
  packetAt,
  tickEvent,
  underTest,
} from './event-builders.ts';
import {
  AGENT_LINK_LOCAL,
  AGENT_MAC,
  FOREIGN,
  HOST,
  HOST_MAC,
  NODE_MAC,
  ROGUE,
  ROGUE_MAC,
  neighborAdvertisement,
  neighborSolicitation,
  prefixInformation,
  routerAdvertisement,
  toldSite,
} from './neighbor-events.ts';

const away = () => makeBinding({ expiresAt: 0, lifetime: undefined });
const returning = () => makeBinding({ ...away(), phase: 'deregistration-sent' });
const site = toldSite({ mobileNodes: [mobileNode('mn', HOME_ADDRESS)] });
const told = () => ({ site, bindings: [away()] });

describe('MIP6-2001', () => {
  it('alerts on an advertisement that takes the address of a node that is away', () => {
    const alert = only(underTest(rule2001, told()).feed(neighborAdvertisement(HOME_ADDRESS)));
    expect(alert.confidence).toBe('certain');
    expect(alert.attacker).toEqual(ROGUE_MAC);
  });

  it('alerts on an answer to one host as well', () => {
    const said = { destination: HOST, flags: 0x60000000 };
    expect(
      underTest(rule2001, told()).feed(neighborAdvertisement(HOME_ADDRESS, said)),
    ).toHaveLength(1);
  });

  it('knows the home agent by what the link showed when nobody told its link-layer address', () => {
    const plain = { site: toldSite({ homeAgents: [] }), bindings: [away()] };
    const rule = underTest(rule2001, plain);
    rule.feed(neighborAdvertisement(HOME_AGENT, { mac: AGENT_MAC }));
    expect(rule.feed(neighborAdvertisement(HOME_ADDRESS, { mac: AGENT_MAC, at: 2 }))).toEqual([]);
    const alert = only(rule.feed(neighborAdvertisement(HOME_ADDRESS, { at: 3 })));
    expect(alert.confidence).toBe('partial');
  });

  it('is silent when nobody knows the home agent on the link', () => {
    const plain = { site: toldSite({ homeAgents: [] }), bindings: [away()] };
    expect(underTest(rule2001, plain).feed(neighborAdvertisement(HOME_ADDRESS))).toEqual([]);
  });

  it('leaves the home agent, the node itself and a node that de-registers alone', () => {
    const rule = underTest(rule2001, told());
    expect(rule.feed(neighborAdvertisement(HOME_ADDRESS, { mac: AGENT_MAC }))).toEqual([]);
    const back = underTest(rule2001, { site, bindings: [returning()] });
    expect(back.feed(neighborAdvertisement(HOME_ADDRESS))).toEqual([]);
    const bindings = [makeBinding({ phase: 'deregistered' })];
    const known = underTest(rule2001, { site, bindings });
    known.feed(neighborSolicitation(HOST, { source: HOME_ADDRESS, mac: NODE_MAC }));
    bindings[0] = away();
    expect(known.feed(neighborAdvertisement(HOME_ADDRESS, { mac: NODE_MAC, at: 9 }))).toEqual([]);
    expect(known.feed(neighborAdvertisement(HOME_ADDRESS, { at: 10 }))).toHaveLength(1);
  });

  it('leaves a home address alone whose binding has ended, other links, and what receivers drop', () => {
    const ended = [makeBinding({ phase: 'deregistered' })];
    const gone = underTest(rule2001, { site, bindings: ended });
    expect(gone.feed(neighborAdvertisement(HOME_ADDRESS))).toEqual([]);
    const rule = underTest(rule2001, told());
    expect(rule.feed(neighborAdvertisement(HOME_ADDRESS, { link: FOREIGN }))).toEqual([]);
    const forwarded = neighborAdvertisement(HOME_ADDRESS, { context: { hopLimit: 64 } });
    expect(rule.feed(forwarded)).toEqual([]);
  });

  it('still sees the attack after a flood of advertisements for other addresses', () => {
    const rule = underTest(rule2001, told());
    for (let i = 0; i < 5000; i++) {
      const made = address(`2001:db8:1::${(i + 0x100).toString(16)}`);
      rule.feed(neighborAdvertisement(made, { mac: linkLayer('02:00:00:00:00:01') }));
    }
    expect(rule.feed(neighborAdvertisement(HOME_ADDRESS, { at: 20 }))).toHaveLength(1);
  });
});

describe('MIP6-2002', () => {
  it('alerts on a solicitation in the name of the home agent', () => {
    const event = neighborSolicitation(HOST, { source: HOME_AGENT });
    const alert = only(underTest(rule2002, told()).feed(event));
    expect(alert.confidence).toBe('certain');
    expect(alert.homeAgent).toEqual(HOME_AGENT);
  });

  it('alerts on a solicitation in the name of a node that is away', () => {
    const event = neighborSolicitation(HOST, { source: HOME_ADDRESS });
    expect(underTest(rule2002, told()).feed(event)).toHaveLength(1);
  });

  it('calls a new interface of a home agent that nobody described low, and silence makes it a replacement', () => {
    const bindings = [away()];
    const rule = underTest(rule2002, { site: toldSite({ homeAgents: [] }), bindings });
    rule.feed(neighborSolicitation(HOST, { source: HOME_AGENT, mac: AGENT_MAC }));
    const late = rule.feed(neighborSolicitation(HOST, { source: HOME_AGENT, at: 500 }));
    expect(only(late).severity).toBe('low');
  });

  it('leaves the home agent, a standby machine by VRRP, and other hosts alone', () => {
    const rule = underTest(rule2002, told());
    expect(rule.feed(neighborSolicitation(HOST, { source: HOME_AGENT, mac: AGENT_MAC }))).toEqual(
      [],
    );
    expect(rule.feed(neighborSolicitation(HOME_ADDRESS, { source: HOST }))).toEqual([]);
    const plain = underTest(rule2002, { site: toldSite({ homeAgents: [] }), bindings: [away()] });
    plain.feed(neighborSolicitation(HOST, { source: HOME_AGENT, mac: AGENT_MAC }));
    const virtual = linkLayer('00:00:5e:00:02:07');
    const event = neighborSolicitation(HOST, { source: HOME_AGENT, mac: virtual, at: 2 });
    expect(plain.feed(event)).toEqual([]);
  });
});

describe('MIP6-2003', () => {
  const probe = neighborSolicitation(HOME_ADDRESS, { mac: AGENT_MAC });
  const answer = neighborAdvertisement(HOME_ADDRESS, { at: 1.5 });
  const refused = bindingAcknowledgementEvent(
    { status: 134 },
    { context: { packet: packetAt(9, 3) } },
  );

  it('alerts on an answer to the probe of the home agent, and is certain after status 134', () => {
    const rule = underTest(rule2003, { site });
    rule.feed(probe);
    expect(only(rule.feed(answer)).confidence).toBe('partial');
    expect(only(rule.feed(refused)).confidence).toBe('certain');
  });

  it('alerts on a probe at the same time', () => {
    const rule = underTest(rule2003, { site });
    rule.feed(probe);
    expect(rule.feed(neighborSolicitation(HOME_ADDRESS, { at: 1.2 }))).toHaveLength(1);
  });

  it('leaves the probe of a returning node and the answer of its home agent alone', () => {
    const rule = underTest(rule2003, { site });
    rule.feed(neighborSolicitation(HOME_ADDRESS, { mac: NODE_MAC }));
    expect(rule.feed(neighborAdvertisement(HOME_ADDRESS, { mac: AGENT_MAC, at: 1.1 }))).toEqual([]);
  });

  it('reports the node itself as low, and nothing of a late answer or a refusal alone', () => {
    const rule = underTest(rule2003, { site });
    rule.feed(neighborSolicitation(HOST, { source: HOME_ADDRESS, mac: NODE_MAC, at: 0.5 }));
    rule.feed(probe);
    const own = neighborAdvertisement(HOME_ADDRESS, { mac: NODE_MAC, at: 1.2 });
    expect(only(rule.feed(own)).severity).toBe('low');
    const other = underTest(rule2003, { site });
    other.feed(probe);
    expect(other.feed(neighborAdvertisement(HOME_ADDRESS, { at: 30 }))).toEqual([]);
    expect(other.feed(refused)).toEqual([]);
  });
});

describe('MIP6-2004', () => {
  it('alerts on the address of the home agent at another link-layer address', () => {
    const alert = only(underTest(rule2004, told()).feed(neighborAdvertisement(HOME_AGENT)));
    expect(alert.confidence).toBe('certain');
  });

  it('alerts on a Router Advertisement in its name, and on its address in another one', () => {
    const rule = underTest(rule2004, told());
    const inName = routerAdvertisement({ source: AGENT_LINK_LOCAL }, { flags: 0x20 });
    expect(rule.feed(inName)).toHaveLength(1);
    const options = [prefixInformation(HOME_AGENT, { flags: 0xe0 })];
    expect(rule.feed(routerAdvertisement({ source: ROGUE }, { options }))).toHaveLength(1);
  });

  it('alerts on the home agent on a visited link, and not on link-local addresses there', () => {
    const rule = underTest(rule2004, told());
    expect(rule.feed(neighborAdvertisement(HOME_AGENT, { link: FOREIGN }))).toHaveLength(1);
    expect(rule.feed(neighborAdvertisement(AGENT_LINK_LOCAL, { link: FOREIGN }))).toEqual([]);
  });

  it('leaves to rule 1103 who advertises itself as the home agent on a visited link', () => {
    const rule = underTest(rule2004, told());
    const options = [prefixInformation(HOME_AGENT, { flags: 0xe0 })];
    rule.feed(routerAdvertisement({ source: ROGUE, link: FOREIGN }, { options }));
    expect(rule.feed(neighborAdvertisement(HOME_AGENT, { link: FOREIGN, at: 2 }))).toEqual([]);
  });

  it('leaves the home agent itself and a learned one on a visited link alone', () => {
    const rule = underTest(rule2004, told());
    expect(rule.feed(neighborAdvertisement(HOME_AGENT, { mac: AGENT_MAC }))).toEqual([]);
    const plain = { site: toldSite({ homeAgents: [] }), bindings: [away()] };
    const learned = underTest(rule2004, plain);
    expect(learned.feed(neighborAdvertisement(HOME_AGENT, { link: FOREIGN }))).toEqual([]);
  });
});

describe('MIP6-2009', () => {
  const ask = (at: number) =>
    neighborSolicitation(HOME_ADDRESS, { source: HOST, mac: HOST_MAC, at });
  const unicast = neighborAdvertisement(HOST, {
    mac: HOST_MAC,
    destination: HOME_AGENT,
    flags: 0x60000000,
    at: 0.5,
  });

  it('alerts when three solicitations stay without answer', () => {
    const rule = underTest(rule2009, told());
    rule.feedAll([unicast, ask(1), ask(2), ask(3)]);
    expect(only(rule.feed(tickEvent(6))).homeAddress).toEqual(HOME_ADDRESS);
  });

  it('is silent after an answer, and where no answer to a single node was ever seen', () => {
    const rule = underTest(rule2009, told());
    rule.feedAll([unicast, ask(1), ask(2), ask(3)]);
    rule.feed(neighborAdvertisement(HOME_ADDRESS, { mac: AGENT_MAC, at: 3.1 }));
    expect(rule.feed(tickEvent(6))).toEqual([]);
    const blind = underTest(rule2009, told());
    blind.feedAll([ask(1), ask(2), ask(3)]);
    expect(blind.feed(tickEvent(6))).toEqual([]);
  });

  it('reports a first registration that is not announced as low', () => {
    const rule = underTest(rule2009, told());
    rule.feed(neighborSolicitation(HOME_ADDRESS, { mac: AGENT_MAC }));
    rule.feed(bindingEvent('registered', { binding: away(), packet: packetAt(9, 2) }));
    expect(rule.feed(tickEvent(5))).toEqual([]);
    expect(only(rule.feed(tickEvent(15))).severity).toBe('low');
    const announced = underTest(rule2009, told());
    announced.feed(neighborSolicitation(HOME_ADDRESS, { mac: AGENT_MAC }));
    announced.feed(neighborAdvertisement(HOME_ADDRESS, { mac: AGENT_MAC, at: 1.5 }));
    announced.feed(bindingEvent('registered', { binding: away(), packet: packetAt(9, 2) }));
    expect(announced.feed(tickEvent(15))).toEqual([]);
  });

  it('alerts when two home agents of the site answer for one address', () => {
    const [agent] = site.homeAgents;
    const otherMac = linkLayer('00:00:5e:00:53:02');
    const other = {
      name: 'other',
      addresses: [address('2001:db8:1::2')],
      homePrefixes: [],
      linkLayerAddresses: [otherMac],
    };
    const homeAgents = agent === undefined ? [other] : [agent, other];
    const rule = underTest(rule2009, { site: { ...site, homeAgents }, bindings: [away()] });
    rule.feed(neighborAdvertisement(HOME_ADDRESS, { mac: AGENT_MAC }));
    const second = neighborAdvertisement(HOME_ADDRESS, { mac: otherMac, at: 2 });
    expect(only(rule.feed(second)).confidence).toBe('certain');
  });
});

describe('MIP6-2010', () => {
  /** The node was at home with its link-layer address, and is away now. */
  function known(binding = away()) {
    const bindings = [makeBinding({ phase: 'deregistered' })];
    const rule = underTest(rule2010, { site, bindings });
    rule.feed(neighborSolicitation(HOST, { source: HOME_ADDRESS, mac: NODE_MAC, at: 0.1 }));
    bindings[0] = binding;
    return rule;
  }
  const announced = neighborAdvertisement(HOME_ADDRESS, { mac: NODE_MAC, at: 1 });
  const defence = neighborAdvertisement(HOME_ADDRESS, { mac: AGENT_MAC, at: 5 });

  it('alerts when the home agent goes on defending the address', () => {
    const rule = known();
    expect(rule.feed(announced)).toEqual([]);
    const alert = only(rule.feed(defence));
    expect(alert.severity).toBeUndefined();
    expect(alert.evidence).toHaveLength(2);
  });

  it('reports low when the node is registered from away again, or nothing follows', () => {
    const again = known();
    again.feed(announced);
    const change = bindingEvent('refreshed', { binding: away(), packet: packetAt(9, 8) });
    expect(only(again.feed(change)).severity).toBe('low');
    const nothing = known();
    nothing.feed(announced);
    expect(nothing.feed(tickEvent(30))).toEqual([]);
    expect(only(nothing.feed(tickEvent(70))).severity).toBe('low');
  });

  it('is silent when the binding ends, and on answers to single nodes', () => {
    const rule = known(returning());
    rule.feed(announced);
    rule.feed(bindingEvent('deregistered', { packet: packetAt(9, 2) }));
    expect(rule.feed(tickEvent(70))).toEqual([]);
    const unicast = known(returning());
    unicast.feed(neighborAdvertisement(HOME_ADDRESS, { mac: NODE_MAC, destination: HOME_AGENT }));
    expect(unicast.feed(tickEvent(70))).toEqual([]);
  });

  it('leaves other link-layer addresses to rule 2001', () => {
    const rule = known();
    rule.feed(neighborAdvertisement(HOME_ADDRESS, { at: 1 }));
    expect(rule.feed(defence)).toEqual([]);
  });
});

describe('MIP6-2011', () => {
  const target = (i: number) => address(`2001:db8:1::${(0x1000 + i).toString(16)}`);
  const look = (i: number, at: number) =>
    neighborSolicitation(target(i), { source: HOME_AGENT, mac: AGENT_MAC, at });

  it('alerts when a router looks for more addresses than the limit, once', () => {
    const rule = underTest(rule2011, told());
    for (let i = 0; i < 200; i++) rule.feed(look(i, 1 + i / 50));
    expect(rule.alerts).toHaveLength(1);
  });

  it('is silent when they answer, when they are few, and when a host looks', () => {
    const rule = underTest(rule2011, told());
    for (let i = 0; i < 100; i++) {
      rule.feed(look(i, 1 + i / 50));
      const said = { mac: HOST_MAC, destination: HOME_AGENT, at: 1 + i / 50 };
      rule.feed(neighborAdvertisement(target(i), said));
    }
    for (let i = 0; i < 200; i++) rule.feed(look(i, 100 + i));
    for (let i = 0; i < 200; i++) {
      rule.feed(neighborSolicitation(target(i), { source: HOST, mac: HOST_MAC, at: 400 + i / 50 }));
    }
    expect(rule.alerts).toEqual([]);
  });
});
