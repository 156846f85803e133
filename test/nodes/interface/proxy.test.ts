import { describe, expect, it } from 'vitest';
import { formatAddress, formatMac } from '../../../dissectors/core/address.ts';
import { findNdOption } from '../../../dissectors/icmpv6/index.ts';
import { FLAG, TestLink, advertisement, ip, solicitation } from './test-link.ts';
import type { Seen, Stranger, TestNode } from './test-link.ts';
import type { Icmpv6MessageOf } from '../../../dissectors/icmpv6/index.ts';

const HOME_AGENT = '2001:db8::1';
const HOME_ADDRESS = '2001:db8::a';
const GROUP = 'ff02::1:ff00:a';

/** A home agent that defends a home address, and a neighbor. */
function defended(isDefending = true): { net: TestLink; agent: TestNode; neighbor: Stranger } {
  const net = new TestLink();
  const agent = net.node('agent', { isRouter: true });
  agent.link.addAddress(ip(HOME_AGENT), { detection: 'skip' });
  if (isDefending) agent.link.defend(ip(HOME_ADDRESS));
  const neighbor = net.stranger();
  net.advance(5000);
  net.forget();
  return { net, agent, neighbor };
}

function told(seen: Seen<Icmpv6MessageOf<'neighbor-advertisement'>> | undefined): string {
  const { options = [] } = seen?.message ?? {};
  const address = findNdOption(options, 'target-link-layer-address')?.address;
  return address === undefined ? 'none' : formatMac(address);
}

describe('proxy defence of a home agent', () => {
  it('HA-ND-05: answers a multicast solicitation with its own link-layer address, R=0, S=1, O=0', () => {
    const { net, agent, neighbor } = defended();
    neighbor.send(solicitation(HOME_ADDRESS, neighbor.linkLayerAddress), {
      source: '2001:db8::b',
      destination: GROUP,
    });
    net.advance(10);
    const [answer] = net.of('neighbor-advertisement');
    expect(answer).toMatchObject({
      source: HOME_AGENT,
      destination: '2001:db8::b',
      linkDestination: formatMac(neighbor.linkLayerAddress),
    });
    expect(answer?.message.targetAddress).toEqual(ip(HOME_ADDRESS));
    expect(answer?.message.flags).toBe(FLAG.solicited);
    expect(told(answer)).toBe(formatMac(agent.link.linkLayerAddress));
  });

  it('HA-ND-06: answers a unicast solicitation in the same way', () => {
    const { net, agent, neighbor } = defended();
    neighbor.send(solicitation(HOME_ADDRESS), {
      source: '2001:db8::b',
      destination: HOME_ADDRESS,
      to: agent.link.linkLayerAddress,
    });
    net.advance(10);
    const [answer] = net.of('neighbor-advertisement');
    expect(answer).toMatchObject({
      source: HOME_AGENT,
      destination: '2001:db8::b',
      linkDestination: formatMac(neighbor.linkLayerAddress),
    });
    expect(answer?.message.flags).toBe(FLAG.solicited);
    expect(told(answer)).toBe(formatMac(agent.link.linkLayerAddress));
  });

  it('HA-ND-07, HA-DAD-08: answers a probe from the unspecified address to all nodes, S=0', () => {
    const { net, agent, neighbor } = defended();
    neighbor.send(solicitation(HOME_ADDRESS), { source: '::', destination: GROUP });
    net.advance(10);
    const [answer] = net.of('neighbor-advertisement');
    expect(answer).toMatchObject({ source: HOME_AGENT, destination: 'ff02::1' });
    expect(answer?.message.flags).toBe(0);
    expect(told(answer)).toBe(formatMac(agent.link.linkLayerAddress));
  });

  it('HA-DAD-08: keeps another node from taking the address', () => {
    const { net } = defended();
    const other = net.node('other');
    other.link.addAddress(ip(HOME_ADDRESS));
    net.advance(5000);
    expect(other.states[HOME_ADDRESS]).toBe('duplicate');
  });

  it('HA-ND-08, HA-DAD-09, HA-DAD-10: answers for a link-local address only while it defends it', () => {
    const { net, agent, neighbor } = defended();
    const ask = (): number => {
      net.forget();
      neighbor.send(solicitation('fe80::a', neighbor.linkLayerAddress), {
        source: 'fe80::b',
        destination: GROUP,
      });
      net.advance(10);
      return net.of('neighbor-advertisement').length;
    };
    expect(ask()).toBe(0);
    agent.link.defend(ip('fe80::a'));
    expect(ask()).toBe(1);
    expect(net.of('neighbor-advertisement')[0]?.source).toBe(formatAddress(agent.link.linkLocal));
    agent.link.stopDefending(ip('fe80::a'));
    expect(ask()).toBe(0);
  });

  it('HA-ND-09: says nothing for an address that it does not defend', () => {
    const { net, neighbor } = defended(false);
    neighbor.send(solicitation(HOME_ADDRESS, neighbor.linkLayerAddress), {
      source: '2001:db8::b',
      destination: GROUP,
    });
    net.advance(2000);
    expect(net.of('neighbor-advertisement')).toEqual([]);
  });

  it('HA-ND-10: joins the solicited-node group of the address and leaves it afterwards', () => {
    const { net, agent } = defended(false);
    agent.link.defend(ip(HOME_ADDRESS));
    agent.link.defend(ip(HOME_ADDRESS));
    const [report] = net.of('multicast-listener-report-v2');
    expect(report?.message.records.map(({ group }) => formatAddress(group))).toEqual([GROUP]);
    expect(agent.link.isMember(ip(GROUP))).toBe(true);
    agent.link.stopDefending(ip(HOME_ADDRESS));
    expect(agent.link.isMember(ip(GROUP))).toBe(false);
    expect(agent.link.isDefending(ip(HOME_ADDRESS))).toBe(false);
  });

  it('HA-ND-11: sets R for a mobile router', () => {
    const { net, agent, neighbor } = defended(false);
    agent.link.defend(ip(HOME_ADDRESS), true);
    neighbor.send(solicitation(HOME_ADDRESS, neighbor.linkLayerAddress), {
      source: '2001:db8::b',
      destination: GROUP,
    });
    net.advance(10);
    expect(net.of('neighbor-advertisement')[0]?.message.flags).toBe(
      (FLAG.router | FLAG.solicited) >>> 0,
    );
  });

  it('HA-ND-01 piece: advertises the address to all nodes, R=0, S=0, O=1, from its own address', () => {
    const { net, agent } = defended();
    agent.link.advertise({ target: ip(HOME_ADDRESS) });
    const [sent] = net.of('neighbor-advertisement');
    expect(sent).toMatchObject({
      source: HOME_AGENT,
      destination: 'ff02::1',
      linkDestination: '33:33:00:00:00:01',
    });
    expect(sent?.message.flags).toBe(FLAG.override);
    expect(told(sent)).toBe(formatMac(agent.link.linkLayerAddress));
  });

  it('does not own the address that it defends, nor send from it', () => {
    const { agent } = defended();
    expect(agent.link.owns(ip(HOME_ADDRESS))).toBe(false);
    expect(agent.link.sourceFor(ip('2001:db8::b'))).toEqual(ip(HOME_AGENT));
  });
});

describe('probes of a home agent', () => {
  it('HA-DAD-01 piece: ask from the unspecified address and tell after a RetransTimer', () => {
    const { net, agent } = defended(false);
    const start = net.scheduler.now;
    let result = '';
    agent.link.probe(ip(HOME_ADDRESS), (isUnique) => {
      result = `${isUnique} after ${net.scheduler.now - start}`;
    });
    expect(net.of('neighbor-solicitation')[0]).toMatchObject({ source: '::', destination: GROUP });
    net.advance(2000);
    expect(result).toBe('true after 1000');
    expect(agent.link.isMember(ip(GROUP))).toBe(false);
  });

  it('HA-DAD-03 piece: an advertisement of the owner makes it a duplicate at once', () => {
    const { net, agent, neighbor } = defended(false);
    const results: boolean[] = [];
    agent.link.probe(ip(HOME_ADDRESS), (isUnique) => results.push(isUnique));
    neighbor.send(advertisement(HOME_ADDRESS, FLAG.override, neighbor.linkLayerAddress), {
      source: HOME_ADDRESS,
      destination: 'ff02::1',
    });
    net.advance(5);
    expect(results).toEqual([false]);
  });

  it('HA-DAD-05: a probe of another node at the same time makes it a duplicate', () => {
    const { net, agent, neighbor } = defended(false);
    const results: boolean[] = [];
    agent.link.probe(ip(HOME_ADDRESS), (isUnique) => results.push(isUnique));
    neighbor.send(solicitation(HOME_ADDRESS), { source: '::', destination: GROUP });
    net.advance(2000);
    expect(results).toEqual([false]);
    expect(net.of('neighbor-advertisement')).toEqual([]);
  });
});

describe('a mobile node that comes home', () => {
  it('MN-RET-04: solicits its home address from the unspecified address, multicast', () => {
    const net = new TestLink();
    const mobile = net.node('mobile');
    net.forget();
    mobile.link.solicit({ target: ip(HOME_ADDRESS), source: ip('::') });
    const [asked] = net.of('neighbor-solicitation');
    expect(asked).toMatchObject({
      source: '::',
      destination: GROUP,
      linkDestination: '33:33:ff:00:00:0a',
    });
    expect(asked?.message.targetAddress).toEqual(ip(HOME_ADDRESS));
    expect(asked?.message.options).toEqual([]);
  });

  it('MN-RET-05: hears the answer of its home agent and can write it down as reachable', () => {
    const { net, agent } = defended();
    const mobile = net.node('mobile');
    mobile.link.onNeighborAdvertisement((_, { targetAddress, options }) => {
      const address = findNdOption(options, 'target-link-layer-address')?.address;
      if (address !== undefined && formatAddress(targetAddress) === HOME_ADDRESS) {
        mobile.link.setNeighbor(ip(HOME_AGENT), address, true);
      }
    });
    mobile.link.solicit({ target: ip(HOME_ADDRESS), source: ip('::') });
    net.advance(10);
    expect(net.of('neighbor-advertisement')[0]?.message.flags).toBe(0);
    expect(mobile.link.neighbor(ip(HOME_AGENT))).toMatchObject({
      state: 'reachable',
      linkLayerAddress: agent.link.linkLayerAddress,
    });
  });

  it('MN-RET-08: answers solicitations for its home address to the asker’s link-layer address', () => {
    const { net, agent } = defended();
    const mobile = net.node('mobile');
    mobile.link.addAddress(ip(HOME_ADDRESS), { detection: 'skip' });
    net.advance(10);
    net.forget();
    agent.link.solicit({ target: ip(HOME_ADDRESS) });
    net.advance(10);
    const answers = net.of('neighbor-advertisement');
    expect(answers).toHaveLength(1);
    expect(answers[0]).toMatchObject({
      source: HOME_ADDRESS,
      destination: HOME_AGENT,
      linkDestination: formatMac(agent.link.linkLayerAddress),
    });
  });

  it('MN-RET-09 piece: advertises its home address to all nodes, S=0, O=1', () => {
    const net = new TestLink();
    const mobile = net.node('mobile');
    mobile.link.addAddress(ip(HOME_ADDRESS), { detection: 'skip' });
    mobile.link.advertise({ target: ip(HOME_ADDRESS) });
    const [sent] = net.of('neighbor-advertisement');
    expect(sent).toMatchObject({ source: HOME_ADDRESS, destination: 'ff02::1' });
    expect(sent?.message.flags).toBe(FLAG.override);
    expect(told(sent)).toBe(formatMac(mobile.link.linkLayerAddress));
  });
});

describe('anycast addresses', () => {
  it('are answered for after a random delay, without override', () => {
    const { net, agent, neighbor } = defended(false);
    const anycast = '2001:db8::fdff:ffff:ffff:fffe';
    agent.link.addAnycast(ip(anycast));
    expect(agent.link.isAnycast(ip(anycast))).toBe(true);
    const start = net.scheduler.now;
    neighbor.send(solicitation(anycast, neighbor.linkLayerAddress), {
      source: '2001:db8::b',
      destination: 'ff02::1:ffff:fffe',
    });
    net.advance(1500);
    const [answer] = net.of('neighbor-advertisement');
    expect(answer?.source).toBe(HOME_AGENT);
    expect(answer?.message.flags).toBe((FLAG.router | FLAG.solicited) >>> 0);
    expect(answer?.at).toBeGreaterThan(start + 1);
    agent.link.removeAnycast(ip(anycast));
    expect(agent.link.isMember(ip('ff02::1:ffff:fffe'))).toBe(false);
  });

  it('cannot be made to hold more than a few answers back', () => {
    const { net, agent, neighbor } = defended(false);
    agent.link.addAnycast(ip('2001:db8::ffff'));
    for (let i = 0; i < 1000; i++) {
      neighbor.send(solicitation('2001:db8::ffff', neighbor.linkLayerAddress), {
        source: '2001:db8::b',
        destination: 'ff02::1:ff00:ffff',
      });
    }
    net.advance(2000);
    expect(net.of('neighbor-advertisement').length).toBeGreaterThan(0);
    expect(net.of('neighbor-advertisement').length).toBeLessThanOrEqual(64);
  });
});
