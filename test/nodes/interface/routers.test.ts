import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { TestLink, ip, prefixOption, routerAdvertisement } from './test-link.ts';
import type { Advertisement, Stranger, TestNode } from './test-link.ts';

function announce(router: Stranger, source: string, fields: Advertisement = {}): void {
  router.send(
    routerAdvertisement({
      options: [{ kind: 'source-link-layer-address', address: router.linkLayerAddress }],
      ...fields,
    }),
    { source, destination: 'ff02::1' },
  );
}

function network(): { net: TestLink; node: TestNode; router: Stranger } {
  const net = new TestLink();
  const node = net.node('node');
  return { net, node, router: net.stranger('router') };
}

/** Text of the default router. */
function chosen(node: TestNode): string | undefined {
  const router = node.link.defaultRouter();
  return router === undefined ? undefined : formatAddress(router.address);
}

describe('router advertisements', () => {
  it('set what they say, and change nothing where they say 0', () => {
    const { net, node, router } = network();
    expect([node.link.hopLimit, node.link.retransTimer, node.link.mtu]).toEqual([64, 1000, 1500]);
    announce(router, 'fe80::1', {
      currentHopLimit: 30,
      retransTimer: 500,
      reachableTime: 10_000,
      options: [{ kind: 'mtu', mtu: 1400 }],
    });
    net.advance(10);
    expect([node.link.hopLimit, node.link.retransTimer, node.link.mtu]).toEqual([30, 500, 1400]);
    announce(router, 'fe80::1', { currentHopLimit: 0, retransTimer: 0 });
    net.advance(10);
    expect([node.link.hopLimit, node.link.retransTimer, node.link.mtu]).toEqual([30, 500, 1400]);
    node.link.setNeighbor(ip('2001:db8::b'), router.linkLayerAddress);
    net.advance(15_001);
    expect(node.link.neighbor(ip('2001:db8::b'))?.state).toBe('stale');
  });

  it('cannot stop detection, flood the link or make packets too small', () => {
    const { net, node, router } = network();
    for (const retransTimer of [1, 9, 60_001, 0xffffffff]) {
      announce(router, 'fe80::1', { retransTimer });
    }
    for (const mtu of [0, 1279, 1501, 0xffffffff]) {
      announce(router, 'fe80::1', { options: [{ kind: 'mtu', mtu }] });
    }
    announce(router, 'fe80::1', { reachableTime: 0xffffffff });
    net.advance(10);
    expect([node.link.retransTimer, node.link.mtu]).toEqual([1000, 1500]);
    expect(node.events).toContain('retrans-timer-refused');
    node.link.setNeighbor(ip('2001:db8::b'), router.linkLayerAddress);
    net.advance(45_001);
    expect(node.link.neighbor(ip('2001:db8::b'))?.state).toBe('stale');
  });

  it('are not taken from other than link-local addresses, through routers, or with faults', () => {
    const { net, node, router } = network();
    announce(router, '2001:db8::1');
    const good = routerAdvertisement({});
    const usual = { source: 'fe80::1', destination: 'ff02::1' };
    router.send(good, { ...usual, hopLimit: 64 });
    router.send(good, { ...usual, checksum: 1 });
    router.send({ ...good, code: 1 }, usual);
    router.send(
      routerAdvertisement({ options: [{ kind: 'malformed', data: new Uint8Array(8) }] }),
      usual,
    );
    net.advance(10);
    expect(node.link.routers).toEqual([]);
  });

  it('are not even looked at when the node does not accept them', () => {
    const { net, node, router } = network();
    const heard: string[] = [];
    node.link.onRouterAdvertisement((packet) => heard.push(formatAddress(packet.wireSource)));
    node.link.acceptsAdvertisement = (packet) => formatAddress(packet.wireSource) === 'fe80::2';
    const options = [prefixOption('2001:db8:1::')];
    announce(router, 'fe80::1', { options, currentHopLimit: 9 });
    announce(router, 'fe80::2');
    net.advance(10);
    expect(heard).toEqual(['fe80::2']);
    expect(node.link.routers).toHaveLength(1);
    expect(node.link.hopLimit).toBe(64);
    expect(Object.keys(node.states)).toHaveLength(1);
  });

  it('list what routers say, with their link-layer addresses', () => {
    const { net, node, router } = network();
    announce(router, 'fe80::1', {
      flags: 0x20,
      routerLifetime: 100,
      options: [
        { kind: 'source-link-layer-address', address: router.linkLayerAddress },
        prefixOption('2001:db8:1::1', { flags: 0xe0, validLifetime: 0xffffffff }),
        { kind: 'advertisement-interval', interval: 1500 },
      ],
    });
    net.advance(1001);
    expect(node.link.routers).toEqual([
      {
        address: ip('fe80::1'),
        linkLayerAddress: router.linkLayerAddress,
        lifetime: 99,
        isHomeAgent: true,
        advertisementInterval: 1500,
        lastHeard: 1,
        prefixes: [
          {
            address: ip('2001:db8:1::1'),
            prefixLength: 64,
            isOnLink: true,
            isAutonomous: true,
            isRouterAddress: true,
            preferredLifetime: 604_800,
            validLifetime: Infinity,
          },
        ],
      },
    ]);
    expect(node.link.neighbor(ip('fe80::1'))).toMatchObject({ state: 'stale', isRouter: true });
  });

  it('MN-RET-03 piece: tell the link-layer address of the home agent', () => {
    const { net, node, router } = network();
    announce(router, 'fe80::1', { flags: 0x20 });
    net.advance(10);
    expect(node.link.routers[0]?.linkLayerAddress).toEqual(router.linkLayerAddress);
  });

  it('are heard by routers too, which form no default route of them', () => {
    const net = new TestLink();
    const node = net.node('agent', { isRouter: true });
    const router = net.stranger();
    let heard = 0;
    node.link.onRouterAdvertisement(() => heard++);
    announce(router, 'fe80::1', { flags: 0x20, currentHopLimit: 9 });
    net.advance(10);
    expect(heard).toBe(1);
    expect(node.link.routers).toHaveLength(1);
    expect(node.link.defaultRouter()).toBeUndefined();
    expect(node.link.hopLimit).toBe(64);
    node.link.setStaticRouter(ip('fe80::1'));
    expect(chosen(node)).toBe('fe80::1');
  });
});

describe('the prefix list', () => {
  it('ends with the lifetimes of prefixes, or when a router says so', () => {
    const { net, node, router } = network();
    const on = (): boolean => node.link.isOnLink(ip('2001:db8:1::5'));
    announce(router, 'fe80::1', {
      options: [prefixOption('2001:db8:1::', { flags: 0x80, validLifetime: 10 })],
    });
    net.advance(9000);
    expect(on()).toBe(true);
    net.advance(2000);
    expect(on()).toBe(false);
    announce(router, 'fe80::1', { options: [prefixOption('2001:db8:1::', { flags: 0x80 })] });
    net.advance(10);
    // L=0 says nothing about the link.
    announce(router, 'fe80::2', { options: [prefixOption('2001:db8:1::', { flags: 0x40 })] });
    net.advance(10);
    expect(on()).toBe(true);
    announce(router, 'fe80::2', {
      options: [
        prefixOption('2001:db8:1::', { flags: 0x80, validLifetime: 0, preferredLifetime: 0 }),
      ],
    });
    net.advance(10);
    expect(on()).toBe(false);
  });

  it('HA-RA-08 piece: is not changed by R', () => {
    const { net, node, router } = network();
    announce(router, 'fe80::1', {
      options: [
        prefixOption('2001:db8:1::1', { flags: 0xa0 }),
        prefixOption('2001:db8:2::1', { flags: 0x60 }),
      ],
    });
    net.advance(10);
    expect(node.link.isOnLink(ip('2001:db8:1::5'))).toBe(true);
    expect(node.link.isOnLink(ip('2001:db8:2::5'))).toBe(false);
    const formed = Object.keys(node.states).filter((address) => address.startsWith('2001'));
    expect(formed).toHaveLength(1);
    expect(formed[0]?.startsWith('2001:db8:2:')).toBe(true);
  });
});

describe('router solicitations', () => {
  it('are sent up to three times, four seconds apart, to all routers', () => {
    const { net, node } = network();
    net.forget();
    node.link.solicitRouters();
    net.advance(30_000);
    const sent = net.of('router-solicitation');
    expect(sent.map(({ at }) => at)).toEqual([0, 4000, 8000]);
    expect(sent[0]).toMatchObject({
      destination: 'ff02::2',
      source: formatAddress(node.link.linkLocal),
      hopLimit: 255,
    });
    expect(sent[0]?.message.options).toEqual([
      { kind: 'source-link-layer-address', address: node.link.linkLayerAddress },
    ]);
  });

  it('come from the unspecified address without an option while there is no address', () => {
    const net = new TestLink();
    const node = net.node('node', { linkLocalDetection: 'probe' });
    node.link.solicitRouters();
    expect(net.of('router-solicitation')[0]).toMatchObject({
      source: '::',
      message: { options: [] },
    });
  });

  it('end when a router with a lifetime answers', () => {
    const { net, node, router } = network();
    node.link.solicitRouters();
    net.advance(100);
    announce(router, 'fe80::1', { routerLifetime: 0 });
    net.advance(4000);
    expect(net.of('router-solicitation')).toHaveLength(2);
    announce(router, 'fe80::1');
    net.advance(30_000);
    expect(net.of('router-solicitation')).toHaveLength(2);
  });

  it('begin after a random delay where that is wanted', () => {
    const net = new TestLink();
    const node = net.node('node', { usesStartDelays: true });
    node.link.solicitRouters();
    expect(net.of('router-solicitation')).toEqual([]);
    net.advance(1000);
    expect(net.of('router-solicitation')).toHaveLength(1);
  });

  it('are heard by routers and tell them a neighbor; hosts discard them', () => {
    const net = new TestLink();
    const [router, host] = [net.node('router', { isRouter: true }), net.node('host')];
    const heard = [0, 0];
    router.link.onRouterSolicitation(() => (heard[0] = (heard[0] ?? 0) + 1));
    host.link.onRouterSolicitation(() => (heard[1] = (heard[1] ?? 0) + 1));
    const node = net.node('node');
    node.link.solicitRouters();
    net.advance(10);
    expect(heard).toEqual([1, 0]);
    expect(router.link.neighbor(node.link.linkLocal)).toMatchObject({
      state: 'stale',
      isRouter: false,
    });
    const stranger = net.stranger();
    stranger.send(
      {
        kind: 'router-solicitation',
        code: 0,
        options: [{ kind: 'source-link-layer-address', address: stranger.linkLayerAddress }],
      },
      { source: '::', destination: 'ff02::2' },
    );
    net.advance(10);
    expect(heard).toEqual([1, 0]);
  });
});
