import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { MemoryLink } from '../../../nodes/simulation/memory-link.ts';
import { FLAG, TestLink, TestNode, advertisement, ip, mac, solicitation } from './test-link.ts';

const ADDRESS = '2001:db8::a';
const GROUP = 'ff02::1:ff00:a';

/** A node with the link-layer address 02:00:00:00:00:01, so that its identifier is ::ff:fe00:1. */
function plainNode(
  net: TestLink,
  options: ConstructorParameters<typeof TestNode>[2] = {},
): TestNode {
  return new TestNode(net.link.attach('node', mac('02:00:00:00:00:01')), net, options);
}

describe('the link-local address', () => {
  it('is formed from the link-layer address and asked for before it is used', () => {
    const net = new TestLink();
    const node = plainNode(net, { linkLocalDetection: 'probe' });
    expect(formatAddress(node.link.linkLocal)).toBe('fe80::ff:fe00:1');
    expect(node.states).toEqual({ 'fe80::ff:fe00:1': 'tentative' });
    expect(node.link.sourceFor(ip('fe80::9'))).toBeUndefined();
    net.advance(1000);
    expect(node.states).toEqual({ 'fe80::ff:fe00:1': 'preferred' });
    expect(node.link.sourceFor(ip('fe80::9'))).toEqual(node.link.linkLocal);
  });

  it('is asked for after a random delay where that is wanted', () => {
    const net = new TestLink();
    const node = plainNode(net, { linkLocalDetection: 'probe', usesStartDelays: true });
    net.advance(0);
    expect(net.seen).toEqual([]);
    net.advance(1000);
    expect(net.of('neighbor-solicitation')).toHaveLength(1);
    net.advance(1000);
    expect(node.states).toEqual({ 'fe80::ff:fe00:1': 'preferred' });
  });

  it('may be another one, taken at once', () => {
    const net = new TestLink();
    const node = plainNode(net, { linkLocal: ip('fe80::5') });
    expect(node.link.owns(ip('fe80::5'))).toBe(true);
    expect(net.of('neighbor-solicitation')).toEqual([]);
  });
});

describe('duplicate address detection', () => {
  it('joins the group, asks once from the unspecified address and waits a RetransTimer', () => {
    const net = new TestLink();
    const node = net.node('node');
    net.forget();
    const told: string[] = [];
    node.link.addAddress(ip(ADDRESS), {
      onPreferred: () => told.push(`preferred ${net.scheduler.now}`),
      onDuplicate: () => told.push('duplicate'),
    });
    expect(node.states[ADDRESS]).toBe('tentative');
    expect(node.link.owns(ip(ADDRESS))).toBe(false);
    expect(node.link.isMember(ip(GROUP))).toBe(true);
    expect(net.seen.map(({ message }) => message.kind)).toEqual([
      'multicast-listener-report-v2',
      'neighbor-solicitation',
    ]);
    const [asked] = net.of('neighbor-solicitation');
    expect(asked).toMatchObject({ source: '::', destination: GROUP, hopLimit: 255 });
    expect(asked?.message.options).toEqual([]);
    net.advance(10_000);
    expect(told).toEqual(['preferred 1000']);
    expect(node.link.owns(ip(ADDRESS))).toBe(true);
    expect(net.of('neighbor-solicitation')).toHaveLength(1);
  });

  it('asks as often as it is told to, and not at all for 0', () => {
    const net = new TestLink();
    const [three, none] = [
      net.node('three', { duplicateTransmits: 3 }),
      net.node('none', { duplicateTransmits: 0 }),
    ];
    three.link.addAddress(ip(ADDRESS));
    none.link.addAddress(ip('2001:db8::b'));
    net.advance(0);
    expect(none.link.owns(ip('2001:db8::b'))).toBe(true);
    net.advance(2999);
    expect(three.link.owns(ip(ADDRESS))).toBe(false);
    net.advance(1);
    expect(three.link.owns(ip(ADDRESS))).toBe(true);
    expect(net.of('neighbor-solicitation').map(({ at }) => at)).toEqual([0, 1000, 2000]);
  });

  it('takes an advertisement for a duplicate', () => {
    const net = new TestLink();
    const node = net.node('node');
    const owner = net.node('owner');
    owner.link.addAddress(ip(ADDRESS), { detection: 'skip' });
    net.advance(1);
    const told: string[] = [];
    node.link.addAddress(ip(ADDRESS), {
      onPreferred: () => told.push('preferred'),
      onDuplicate: () => told.push('duplicate'),
    });
    net.advance(10_000);
    expect(told).toEqual(['duplicate']);
    expect(node.states[ADDRESS]).toBe('duplicate');
    expect(node.link.isMember(ip(GROUP))).toBe(false);
    expect(node.events).toContain('duplicate-address');
    expect(owner.link.owns(ip(ADDRESS))).toBe(true);
  });

  it('takes a probe of another node for a duplicate, on both sides', () => {
    const net = new TestLink();
    const [a, b] = [net.node('a'), net.node('b')];
    a.link.addAddress(ip(ADDRESS));
    b.link.addAddress(ip(ADDRESS));
    net.advance(10_000);
    expect([a.states[ADDRESS], b.states[ADDRESS]]).toEqual(['duplicate', 'duplicate']);
  });

  it('does not take its own solicitation, looped back, for a duplicate', () => {
    const net = new TestLink();
    const node = net.node('node');
    const echo = net.stranger();
    echo.port.onFrame = (frame) => {
      echo.port.send(frame.slice());
    };
    node.link.addAddress(ip(ADDRESS));
    net.advance(2000);
    expect(node.states[ADDRESS]).toBe('preferred');
  });

  it('neither answers nor counts who resolves the tentative address', () => {
    const net = new TestLink();
    const node = net.node('node');
    const stranger = net.stranger();
    node.link.addAddress(ip(ADDRESS));
    stranger.send(solicitation(ADDRESS, stranger.linkLayerAddress), {
      source: '2001:db8::b',
      destination: GROUP,
    });
    net.advance(2000);
    expect(net.of('neighbor-advertisement')).toEqual([]);
    expect(node.states[ADDRESS]).toBe('preferred');
  });

  it('gives one answer to all that ask for an address, and none to who gave up', () => {
    const net = new TestLink();
    const node = net.node('node');
    net.advance(2000);
    net.forget();
    const told: string[] = [];
    node.link.probe(ip(ADDRESS), (isUnique) => told.push(`a ${isUnique}`));
    const second = node.link.probe(ip(ADDRESS), (isUnique) => told.push(`b ${isUnique}`));
    node.link.probe(ip(ADDRESS), (isUnique) => told.push(`c ${isUnique}`));
    second.cancel();
    net.advance(2000);
    expect(told).toEqual(['a true', 'c true']);
    expect(net.of('neighbor-solicitation')).toHaveLength(1);
    const last = node.link.probe(ip(ADDRESS), () => told.push('last'));
    expect(node.link.isMember(ip(GROUP))).toBe(true);
    last.cancel();
    expect(node.link.isMember(ip(GROUP))).toBe(false);
    net.advance(2000);
    expect(told).toHaveLength(2);
  });

  it('finds an address that the node has itself not unique', () => {
    const net = new TestLink();
    const node = net.node('node');
    node.link.addAddress(ip(ADDRESS), { detection: 'skip' });
    const told: boolean[] = [];
    node.link.probe(ip(ADDRESS), (isUnique) => told.push(isUnique));
    node.link.addAnycast(ip('2001:db8::ffff'));
    node.link.probe(ip('2001:db8::ffff'), (isUnique) => told.push(isUnique));
    net.advance(2000);
    expect(told).toEqual([false, false]);
  });

  it('begins anew for an address that was a duplicate and is taken again', () => {
    const net = new TestLink();
    const node = net.node('node');
    const stranger = net.stranger();
    node.link.addAddress(ip(ADDRESS));
    stranger.send(advertisement(ADDRESS, FLAG.override), {
      source: 'fe80::9',
      destination: 'ff02::1',
    });
    net.advance(2000);
    expect(node.states[ADDRESS]).toBe('duplicate');
    node.link.addAddress(ip(ADDRESS));
    expect(node.states[ADDRESS]).toBe('tentative');
    net.advance(2000);
    expect(node.states[ADDRESS]).toBe('preferred');
  });

  it('MN-RET-06 piece: is left out for an address that is taken with `skip`', () => {
    const net = new TestLink();
    const node = net.node('node');
    const told: string[] = [];
    node.link.addAddress(ip(ADDRESS), {
      detection: 'skip',
      onPreferred: () => told.push('preferred'),
    });
    expect(node.link.owns(ip(ADDRESS))).toBe(true);
    expect(told).toEqual([]);
    net.advance(0);
    expect(told).toEqual(['preferred']);
    expect(net.of('neighbor-solicitation')).toEqual([]);
  });

  it('stops when the address is taken with `skip` meanwhile, or given back', () => {
    const net = new TestLink();
    const node = net.node('node');
    node.link.addAddress(ip(ADDRESS));
    node.link.addAddress(ip(ADDRESS), { detection: 'skip' });
    expect(node.states[ADDRESS]).toBe('preferred');
    const told: string[] = [];
    node.link.addAddress(ip('2001:db8::b'), { onPreferred: () => told.push('b') });
    node.link.removeAddress(ip('2001:db8::b'));
    net.advance(5000);
    expect(told).toEqual([]);
    expect(node.states['2001:db8::b']).toBeUndefined();
    expect(node.link.isMember(ip('ff02::1:ff00:b'))).toBe(false);
    expect(node.link.isMember(ip(GROUP))).toBe(true);
  });
});

describe('source addresses', () => {
  it('are of the scope of the destination, preferred before deprecated, and near it', () => {
    const net = new TestLink();
    const node = plainNode(net);
    for (const address of ['2001:db8:1::a', '2001:db8:2::a']) {
      node.link.addAddress(ip(address), { detection: 'skip' });
    }
    const source = (destination: string): string | undefined => {
      const found = node.link.sourceFor(ip(destination));
      return found === undefined ? undefined : formatAddress(found);
    };
    expect(source('fe80::1')).toBe('fe80::ff:fe00:1');
    expect(source('ff02::1')).toBe('fe80::ff:fe00:1');
    expect(source('ff0e::1')).toBe('2001:db8:1::a');
    expect(source('2001:db8:1::1')).toBe('2001:db8:1::a');
    expect(source('2001:db8:2::1')).toBe('2001:db8:2::a');
    expect(source('2001:db8:2::a')).toBe('2001:db8:2::a');
    node.link.addAddress(ip('2001:db8:2::a'), { preferredLifetime: 0 });
    net.advance(1);
    expect(source('2001:db8:2::1')).toBe('2001:db8:1::a');
    node.link.removeAddress(ip('2001:db8:1::a'));
    expect(source('2001:db8:1::1')).toBe('2001:db8:2::a');
    node.link.removeAddress(ip('2001:db8:2::a'));
    expect(source('2001:db8:1::1')).toBeUndefined();
  });

  it('are on the link as far as their prefix says', () => {
    const net = new TestLink();
    const node = plainNode(net);
    node.link.addAddress(ip('2001:db8:1::a'), { detection: 'skip' });
    node.link.addAddress(ip('2001:db8:2::a'), { detection: 'skip', prefixLength: 128 });
    expect(node.link.isOnLink(ip('2001:db8:1::5'))).toBe(true);
    expect(node.link.isOnLink(ip('2001:db8:2::5'))).toBe(false);
    expect(node.link.isOnLink(ip('fe80::5'))).toBe(true);
  });
});

describe('an interface that moved', () => {
  it('tells its groups on the new link', () => {
    const net = new TestLink();
    const node = plainNode(net);
    const foreign = new MemoryLink({
      scheduler: net.scheduler,
      random: net.random,
      name: 'foreign',
    });
    let reports = 0;
    foreign.tap(() => reports++);
    node.port.moveTo(foreign);
    expect(reports).toBe(1);
  });
});
