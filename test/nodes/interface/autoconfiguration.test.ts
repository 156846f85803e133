import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { MAX_AUTOCONFIGURED } from '../../../nodes/interface/autoconfiguration.ts';
import { TestLink, TestNode, ip, mac, prefixOption, routerAdvertisement } from './test-link.ts';
import type { Stranger } from './test-link.ts';

const ROUTER = 'fe80::1';
const HOUR = 3_600_000;

/** Sends a prefix to all nodes. */
function announce(
  router: Stranger,
  prefix: string,
  fields: Parameters<typeof prefixOption>[1] = {},
  source = ROUTER,
): void {
  router.send(routerAdvertisement({ options: [prefixOption(prefix, fields)] }), {
    source,
    destination: 'ff02::1',
  });
}

/** A node with the link-layer address 02:00:00:00:00:01, so that its identifier is ::ff:fe00:1. */
function plainNode(
  net: TestLink,
  options: ConstructorParameters<typeof TestNode>[2] = {},
): TestNode {
  return new TestNode(net.link.attach('node', mac('02:00:00:00:00:01')), net, options);
}

describe('stateless autoconfiguration', () => {
  const FORMED = '2001:db8:1::ff:fe00:1';

  /** A node with an address from a prefix, and its router. */
  function configured(fields: Parameters<typeof prefixOption>[1] = {}): {
    net: TestLink;
    node: TestNode;
    router: Stranger;
  } {
    const net = new TestLink();
    const node = plainNode(net);
    const router = net.stranger('router');
    announce(router, '2001:db8:1::', fields);
    net.advance(5000);
    return { net, node, router };
  }

  it('MN-MD-01 piece: forms an address from an autonomous prefix, after detection', () => {
    const net = new TestLink();
    const node = plainNode(net);
    const router = net.stranger('router');
    const told: unknown[] = [];
    node.link.onAddressChange((address, state, isAutoconfigured) =>
      told.push([formatAddress(address), state, isAutoconfigured, net.scheduler.now]),
    );
    announce(router, '2001:db8:1::');
    net.advance(1);
    expect(node.states[FORMED]).toBe('tentative');
    net.advance(5000);
    expect(told).toContainEqual([FORMED, 'preferred', true, 1001]);
    expect(node.link.isOnLink(ip('2001:db8:1::99'))).toBe(true);
    expect(node.link.sourceFor(ip('2001:db8:9::1'))).toEqual(ip(FORMED));
    const [address] = node.link.addresses.filter((each) => each.isAutoconfigured);
    expect(address).toMatchObject({ prefixLength: 64, state: 'preferred' });
    expect(Math.round(address?.validLifetime ?? 0)).toBe(2_592_000 - 5);
  });

  it('MN-MD-09 piece: does not use what somebody else has', () => {
    const net = new TestLink();
    const node = plainNode(net);
    const router = net.stranger('router');
    const owner = net.node('owner');
    owner.link.addAddress(ip(FORMED), { detection: 'skip' });
    announce(router, '2001:db8:1::');
    net.advance(5000);
    announce(router, '2001:db8:1::');
    net.advance(5000);
    expect(node.states[FORMED]).toBe('duplicate');
    expect(node.link.owns(ip(FORMED))).toBe(false);
    expect(node.link.sourceFor(ip('2001:db8:1::5'))).toBeUndefined();
  });

  it('does not form addresses of prefixes that are not for it', () => {
    const { node, router, net } = configured({ flags: 0x80 });
    announce(router, '2001:db8:2::', { prefixLength: 48 });
    announce(router, '2001:db8:3::', { preferredLifetime: 100, validLifetime: 99 });
    announce(router, '2001:db8:4::', { preferredLifetime: 0, validLifetime: 0 });
    announce(router, 'fe80::');
    announce(router, 'ff0e::');
    announce(router, '2001:db8:5::', { prefixLength: 200 });
    net.advance(5000);
    expect(Object.keys(node.states)).toEqual(['fe80::ff:fe00:1']);
    expect(node.link.isOnLink(ip('2001:db8:1::5'))).toBe(true);
  });

  it('is off for routers, and for who does not want it', () => {
    const net = new TestLink();
    const nodes = [net.node('router', { isRouter: true }), net.node('host')];
    for (const node of nodes.slice(1)) node.link.isAutoconfiguring = false;
    announce(net.stranger(), '2001:db8:1::');
    net.advance(5000);
    for (const node of nodes) expect(Object.keys(node.states)).toHaveLength(1);
  });

  it('lets an address be deprecated, then removed, as its lifetimes say', () => {
    const { net, node } = configured({ preferredLifetime: 100, validLifetime: 200 });
    const told: unknown[] = [];
    node.link.onAddressChange((address, state) => told.push([formatAddress(address), state]));
    net.advance(94_999);
    expect(node.states[FORMED]).toBe('preferred');
    net.advance(2);
    expect(node.states[FORMED]).toBe('deprecated');
    expect(node.link.owns(ip(FORMED))).toBe(true);
    net.advance(100_000);
    expect(node.states[FORMED]).toBeUndefined();
    expect(node.link.owns(ip(FORMED))).toBe(false);
    expect(node.link.isMember(ip('ff02::1:ff00:1'))).toBe(true);
    expect(told).toEqual([
      [FORMED, 'deprecated'],
      [FORMED, 'removed'],
    ]);
  });

  it('gives a deprecated address new life', () => {
    const { net, node, router } = configured({ preferredLifetime: 10, validLifetime: 20_000 });
    net.advance(20_000);
    expect(node.states[FORMED]).toBe('deprecated');
    const told: string[] = [];
    node.link.onAddressChange((_, state) => told.push(state));
    announce(router, '2001:db8:1::', { preferredLifetime: 100, validLifetime: 20_000 });
    net.advance(10);
    expect(node.states[FORMED]).toBe('preferred');
    expect(told).toEqual(['preferred']);
  });

  it('does not let a router take an address away in less than two hours', () => {
    const seconds = (node: TestNode): number =>
      Math.round(
        node.link.addresses.find(({ isAutoconfigured }) => isAutoconfigured)?.validLifetime ?? -1,
      );
    const { net, node, router } = configured({ validLifetime: 20_000, preferredLifetime: 10_000 });
    // (e) 3: more than two hours left, the router says one minute.
    announce(router, '2001:db8:1::', { validLifetime: 60, preferredLifetime: 60 });
    net.advance(1);
    expect(seconds(node)).toBe(7200);
    // The preferred lifetime is always taken.
    net.advance(61_000);
    expect(node.states[FORMED]).toBe('deprecated');
    // (e) 2: less than two hours left: ignored.
    announce(router, '2001:db8:1::', { validLifetime: 0, preferredLifetime: 0 });
    net.advance(1);
    expect(seconds(node)).toBe(7200 - 61);
    // (e) 1: more than is left.
    announce(router, '2001:db8:1::', { validLifetime: 7190, preferredLifetime: 0 });
    net.advance(1);
    expect(seconds(node)).toBe(7190);
    net.advance(2 * HOUR);
    expect(seconds(node)).toBe(-1);
  });

  it('keeps an address without end through a message with an end within limits', () => {
    const { net, node, router } = configured({
      validLifetime: 0xffffffff,
      preferredLifetime: 0xffffffff,
    });
    expect(node.link.addresses[1]?.validLifetime).toBe(Infinity);
    announce(router, '2001:db8:1::', { validLifetime: 0, preferredLifetime: 0 });
    net.advance(1);
    expect(Math.round(node.link.addresses[1]?.validLifetime ?? 0)).toBe(7200);
  });

  it('waits a random time before detection where that is wanted and everybody was told', () => {
    const net = new TestLink();
    plainNode(net, { usesStartDelays: true });
    net.forget();
    announce(net.stranger(), '2001:db8:1::');
    net.advance(1);
    expect(net.of('neighbor-solicitation')).toEqual([]);
    expect(net.of('multicast-listener-report-v2')).toEqual([]);
    net.advance(1000);
    expect(net.of('neighbor-solicitation')).toHaveLength(1);
    // Without the option nothing is waited for.
    expect(net.of('neighbor-solicitation')[0]?.at).toBeGreaterThan(1);
  });

  it('leaves an address alone that was configured', () => {
    const net = new TestLink();
    const node = plainNode(net);
    node.link.addAddress(ip(FORMED), { detection: 'skip', prefixLength: 128 });
    announce(net.stranger(), '2001:db8:1::', { validLifetime: 10, preferredLifetime: 10 });
    net.advance(HOUR);
    expect(node.states[FORMED]).toBe('preferred');
  });

  it('stays within its limit, and leaves it to routers that answer who gets an address', () => {
    const { net, node, router } = configured();
    for (let i = 0; i < 100; i++) announce(router, `2001:db8:2:${i.toString(16)}::`);
    net.advance(5000);
    const formed = (): string[] =>
      node.link.addresses
        .filter(({ isAutoconfigured }) => isAutoconfigured)
        .map(({ address }) => formatAddress(address));
    expect(formed()).toHaveLength(MAX_AUTOCONFIGURED);
    // First come, first served among those of whom nothing is known.
    expect(formed()).toContain(FORMED);
    // The router that answers solicitations comes late and gets its address all the same.
    const good = net.stranger('good');
    node.link.setNeighbor(ip('fe80::2'), good.linkLayerAddress, true);
    announce(good, '2001:db8:7::', {}, 'fe80::2');
    net.advance(5000);
    expect(formed()).toHaveLength(MAX_AUTOCONFIGURED);
    expect(formed()).toContain('2001:db8:7::ff:fe00:1');
    // And keeps it.
    for (let i = 0; i < 100; i++) announce(router, `2001:db8:3:${i.toString(16)}::`);
    net.advance(5000);
    expect(formed()).toContain('2001:db8:7::ff:fe00:1');
  });
});
