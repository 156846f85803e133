import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { MAX_PREFIXES, MAX_ROUTERS } from '../../../nodes/interface/router-list.ts';
import { ipv6Packet } from '../../../dissectors/ipv6/build.ts';
import {
  FLAG,
  TestLink,
  advertisement,
  ip,
  prefixOption,
  routerAdvertisement,
} from './test-link.ts';
import type { Advertisement, Stranger, TestNode } from './test-link.ts';

const HIGH = 0x08;
const LOW = 0x18;

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

/** Makes a router answer a check. */
function confirm(net: TestLink, node: TestNode, router: Stranger, address: string): void {
  node.link.checkReachable(ip(address), () => undefined);
  router.send(advertisement(address, (FLAG.router | FLAG.solicited) >>> 0), {
    source: address,
    destination: formatAddress(node.link.linkLocal),
    to: node.link.linkLayerAddress,
  });
  net.advance(10);
}

describe('the default router', () => {
  it('is one with a lifetime; it goes with its lifetime, or when it says 0', () => {
    const { net, node, router } = network();
    announce(router, 'fe80::1', { routerLifetime: 0, options: [prefixOption('2001:db8:1::')] });
    net.advance(10);
    expect(chosen(node)).toBeUndefined();
    expect(node.link.routers).toHaveLength(1);
    announce(router, 'fe80::2', { routerLifetime: 10 });
    net.advance(10);
    expect(chosen(node)).toBe('fe80::2');
    net.advance(10_000);
    expect(chosen(node)).toBeUndefined();
    announce(router, 'fe80::3');
    net.advance(10);
    expect(chosen(node)).toBe('fe80::3');
    announce(router, 'fe80::3', { routerLifetime: 0 });
    net.advance(10);
    expect(chosen(node)).toBeUndefined();
    expect(node.link.routers.map(({ address }) => formatAddress(address))).toEqual(['fe80::1']);
  });

  it('MN-MD-02 piece: stays the same while it answers, whatever others say of themselves', () => {
    const { net, node, router } = network();
    announce(router, 'fe80::1');
    net.advance(10);
    expect(chosen(node)).toBe('fe80::1');
    confirm(net, node, router, 'fe80::1');
    announce(router, 'fe80::2', { flags: HIGH });
    net.advance(10);
    expect(chosen(node)).toBe('fe80::1');
  });

  it('is the one with the better preference among those that were not tried', () => {
    const { net, node, router } = network();
    announce(router, 'fe80::1', { flags: LOW });
    announce(router, 'fe80::2');
    announce(router, 'fe80::3', { flags: HIGH });
    net.advance(10);
    expect(chosen(node)).toBe('fe80::3');
  });

  it('MN-MD-04 piece: is another one when it does not answer any more, and all in turn when none does', () => {
    const { net, node, router } = network();
    const given: string[] = [];
    node.link.onUnreachable = (address) => given.push(formatAddress(address));
    for (const address of ['fe80::1', 'fe80::2', 'fe80::3']) announce(router, address);
    net.advance(10);
    const tried: (string | undefined)[] = [];
    for (let i = 0; i < 4; i++) {
      const router = node.link.defaultRouter();
      if (router === undefined) break;
      tried.push(formatAddress(router.address));
      const packet = ipv6Packet({ source: node.link.linkLocal, destination: ip('2001:db8::99') });
      node.link.transmit(packet, router.address);
      net.advance(9000);
    }
    expect(tried).toEqual(['fe80::1', 'fe80::2', 'fe80::3', 'fe80::1']);
    expect(given).toEqual(tried);
    announce(router, 'fe80::2');
    net.advance(10);
    expect(chosen(node)).toBe('fe80::2');
  });

  it('is none any more when it says in an advertisement of an address that it is a host', () => {
    const { net, node, router } = network();
    announce(router, 'fe80::1');
    net.advance(10);
    expect(chosen(node)).toBe('fe80::1');
    router.send(advertisement('fe80::1', FLAG.override, router.linkLayerAddress), {
      source: 'fe80::1',
      destination: 'ff02::1',
    });
    net.advance(10);
    expect(chosen(node)).toBeUndefined();
  });

  it('may be configured, and forgotten', () => {
    const { net, node, router } = network();
    node.link.setStaticRouter(ip('fe80::99'));
    announce(router, 'fe80::1');
    net.advance(10);
    expect(chosen(node)).toBe('fe80::99');
    expect(node.link.defaultRouter()?.lifetime).toBe(Infinity);
    node.link.setStaticRouter(undefined);
    expect(chosen(node)).toBe('fe80::1');
    node.link.forgetRouters();
    expect(chosen(node)).toBeUndefined();
  });
});

describe('limits of the router list', () => {
  it('hold against a flood of advertisements, which does not throw out a router that answered', () => {
    const { net, node, router } = network();
    announce(router, 'fe80::1', { options: [prefixOption('2001:db8:1::', { flags: 0x80 })] });
    net.advance(10);
    node.link.setNeighbor(ip('fe80::1'), router.linkLayerAddress, true);
    expect(chosen(node)).toBe('fe80::1');
    const attacker = net.stranger('attacker');
    for (let i = 0; i < 2000; i++) {
      announce(attacker, `fe80::2:${i.toString(16)}`, {
        flags: HIGH,
        options: [
          { kind: 'source-link-layer-address', address: attacker.linkLayerAddress },
          ...Array.from({ length: 5 }, (_, prefix) =>
            prefixOption(`2001:db8:${(0x100 + i).toString(16)}:${prefix}::`),
          ),
        ],
      });
    }
    net.advance(10_000);
    expect(node.link.routers).toHaveLength(MAX_ROUTERS);
    expect(chosen(node)).toBe('fe80::1');
    expect(node.link.isOnLink(ip('2001:db8:1::5'))).toBe(true);
    expect(net.scheduler.pending).toBeLessThan(100);
  });

  it('hold for the prefixes of one router', () => {
    const { net, node, router } = network();
    for (let i = 0; i < 10; i++) {
      announce(router, 'fe80::1', {
        options: Array.from({ length: 40 }, (_, prefix) =>
          prefixOption(`2001:db8:${i.toString(16)}:${prefix.toString(16)}::`),
        ),
      });
    }
    net.advance(10);
    expect(node.link.routers[0]?.prefixes).toHaveLength(MAX_PREFIXES);
  });

  it('refuse a newcomer when all routers answered', () => {
    const { net, node, router } = network();
    for (let i = 0; i < MAX_ROUTERS; i++) {
      const address = `fe80::1:${i.toString(16)}`;
      announce(router, address);
      net.advance(10);
      node.link.setNeighbor(ip(address), router.linkLayerAddress, true);
    }
    announce(router, 'fe80::2');
    net.advance(10);
    expect(node.link.routers).toHaveLength(MAX_ROUTERS);
    expect(node.link.routers.some(({ address }) => formatAddress(address) === 'fe80::2')).toBe(
      false,
    );
  });
});
