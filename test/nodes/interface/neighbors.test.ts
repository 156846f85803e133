import { describe, expect, it } from 'vitest';
import { formatAddress, formatMac } from '../../../dissectors/core/address.ts';
import { findNdOption } from '../../../dissectors/icmpv6/index.ts';
import { ipv6Packet } from '../../../dissectors/ipv6/build.ts';
import { MAX_NEIGHBORS, NeighborCache } from '../../../nodes/interface/neighbor-cache.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';
import { VirtualScheduler } from '../../../nodes/simulation/virtual-scheduler.ts';
import {
  FLAG,
  TestLink,
  advertisement,
  ip,
  routerAdvertisement,
  solicitation,
} from './test-link.ts';
import type { Stranger, TestNode } from './test-link.ts';

const NODE = '2001:db8::a';
const PEER = '2001:db8::b';

/** A packet without anything in it. */
function packet(source: string, destination: string, trafficClass = 0): Uint8Array {
  return ipv6Packet({ source: ip(source), destination: ip(destination), trafficClass });
}

/** A link with a node that has a global address, and somebody else. */
function network(): { net: TestLink; node: TestNode; stranger: Stranger } {
  const net = new TestLink();
  const node = net.node('node');
  node.link.addAddress(ip(NODE), { detection: 'skip' });
  const stranger = net.stranger();
  net.advance(10);
  net.forget();
  return { net, node, stranger };
}

/** The node knows the peer at the stranger's port. */
function acquaint(): ReturnType<typeof network> {
  const all = network();
  const { net, node, stranger } = all;
  node.link.transmit(packet(NODE, PEER), ip(PEER));
  stranger.send(advertisement(PEER, FLAG.solicited | FLAG.override, stranger.linkLayerAddress), {
    source: PEER,
    destination: NODE,
    to: node.link.linkLayerAddress,
  });
  net.advance(10);
  net.forget();
  return all;
}

describe('address resolution', () => {
  it('asks the group of the target with its own link-layer address, from the source of the packet', () => {
    const { net, node } = network();
    node.link.addAddress(ip('2001:db8:1::a'), { detection: 'skip' });
    node.link.transmit(packet('2001:db8:1::a', PEER), ip(PEER));
    const [asked] = net.of('neighbor-solicitation');
    expect(asked?.source).toBe('2001:db8:1::a');
    expect(asked?.destination).toBe('ff02::1:ff00:b');
    expect(asked?.linkDestination).toBe('33:33:ff:00:00:0b');
    expect(asked?.hopLimit).toBe(255);
    const option = findNdOption(asked?.message.options ?? [], 'source-link-layer-address');
    expect(option?.address).toEqual(node.link.linkLayerAddress);
    expect(node.link.neighbor(ip(PEER))?.state).toBe('incomplete');
  });

  it('takes another address as source when the packet is not from one of the interface', () => {
    const { net, node } = network();
    node.link.transmit(packet('2001:db8:ffff::1', PEER), ip(PEER));
    expect(net.of('neighbor-solicitation')[0]?.source).toBe(NODE);
  });

  it('never resolves from the unspecified address', () => {
    const net = new TestLink();
    const node = net.node('node', { linkLocalDetection: 'probe' });
    node.link.transmit(packet('::', 'fe80::b'), ip('fe80::b'));
    expect(
      net.of('neighbor-solicitation').filter(({ destination }) => destination === 'ff02::1:ff00:b'),
    ).toEqual([]);
    net.advance(2500);
    const asked = net
      .of('neighbor-solicitation')
      .filter(({ destination }) => destination === 'ff02::1:ff00:b');
    expect(asked.map(({ source }) => source)).toEqual([
      formatAddress(node.link.linkLocal),
      formatAddress(node.link.linkLocal),
    ]);
  });

  it('sends what waited, in order, when the answer comes', () => {
    const net = new TestLink();
    const [a, b] = [net.node('a'), net.node('b')];
    a.link.addAddress(ip(NODE), { detection: 'skip' });
    b.link.addAddress(ip(PEER), { detection: 'skip' });
    for (const trafficClass of [1, 2, 3]) {
      a.link.transmit(packet(NODE, PEER, trafficClass), ip(PEER));
    }
    net.advance(10);
    expect(b.received).toEqual([1, 2, 3].map((each) => packet(NODE, PEER, each)));
    expect(a.link.neighbor(ip(PEER))?.state).toBe('reachable');
    // The other learns from the solicitation, without knowing whether it reaches the node.
    expect(b.link.neighbor(ip(NODE))?.state).toBe('stale');
    expect(net.of('neighbor-solicitation').filter(({ source }) => source === NODE)).toHaveLength(1);
  });

  it('keeps three packets at most, the newest ones', () => {
    const { net, node, stranger } = network();
    const heard: number[] = [];
    stranger.port.onFrame = (frame) => {
      if (frame[0] === stranger.linkLayerAddress[0])
        heard.push((((frame[14] ?? 0) << 4) & 0xf0) | ((frame[15] ?? 0) >> 4));
    };
    for (const each of [1, 2, 3, 4, 5]) node.link.transmit(packet(NODE, PEER, each), ip(PEER));
    stranger.send(advertisement(PEER, FLAG.solicited, stranger.linkLayerAddress), {
      source: PEER,
      destination: NODE,
      to: node.link.linkLayerAddress,
    });
    net.advance(10);
    expect(heard).toEqual([3, 4, 5]);
  });

  it('gives up after three solicitations a second apart and hands the packets back', () => {
    const { net, node } = network();
    const told: { address: string; octets: number; at: number }[] = [];
    node.link.onUnreachable = (address, undelivered) =>
      told.push({
        address: formatAddress(address),
        octets: undelivered.length,
        at: net.scheduler.now,
      });
    const start = net.scheduler.now;
    node.link.transmit(packet(NODE, PEER, 1), ip(PEER));
    node.link.transmit(packet(NODE, PEER, 2), ip(PEER));
    net.advance(10_000);
    expect(net.of('neighbor-solicitation').map(({ at }) => at - start)).toEqual([0, 1000, 2000]);
    expect(told).toEqual([{ address: PEER, octets: 2, at: start + 3000 }]);
    expect(node.link.neighbor(ip(PEER))).toBeUndefined();
  });

  it('maps groups to their link-layer addresses and sends to a known one without asking', () => {
    const { net, node, stranger } = network();
    const to: string[] = [];
    stranger.port.onFrame = (frame) => to.push(formatMac(frame));
    node.link.transmit(packet(NODE, 'ff0e::1234:5678'), ip('ff0e::1234:5678'));
    node.link.transmit(packet(NODE, PEER), ip(PEER), stranger.linkLayerAddress);
    net.advance(10);
    expect(to).toEqual(['33:33:12:34:56:78', formatMac(stranger.linkLayerAddress)]);
    expect(net.of('neighbor-solicitation')).toEqual([]);
  });
});

describe('neighbor unreachability detection', () => {
  it('is quiet while a neighbor is reachable, and probes it after delay when it is used again', () => {
    const { net, node, stranger } = acquaint();
    expect(node.link.neighbor(ip(PEER))?.state).toBe('reachable');
    net.advance(46_000);
    expect(node.link.neighbor(ip(PEER))?.state).toBe('stale');
    expect(net.of('neighbor-solicitation')).toEqual([]);
    const start = net.scheduler.now;
    node.link.transmit(packet(NODE, PEER), ip(PEER));
    expect(node.link.neighbor(ip(PEER))?.state).toBe('delay');
    net.advance(5000);
    expect(node.link.neighbor(ip(PEER))?.state).toBe('probe');
    net.advance(3000);
    const probes = net.of('neighbor-solicitation');
    expect(probes.map(({ at }) => at - start)).toEqual([5000, 6000, 7000]);
    expect(probes[0]?.destination).toBe(PEER);
    expect(probes[0]?.linkDestination).toBe(formatMac(stranger.linkLayerAddress));
    expect(node.link.neighbor(ip(PEER))).toBeUndefined();
  });

  it('goes on with a neighbor that answers the probe', () => {
    const { net, node, stranger } = acquaint();
    net.advance(46_000);
    node.link.transmit(packet(NODE, PEER), ip(PEER));
    net.advance(5500);
    stranger.send(advertisement(PEER, FLAG.solicited), {
      source: PEER,
      destination: NODE,
      to: node.link.linkLayerAddress,
    });
    net.advance(10_000);
    expect(node.link.neighbor(ip(PEER))?.state).toBe('reachable');
    expect(net.of('neighbor-solicitation')).toHaveLength(1);
  });

  it('tells on demand whether a neighbor answers', () => {
    const { net, node, stranger } = acquaint();
    const told: boolean[] = [];
    node.link.checkReachable(ip(PEER), (isReachable) => told.push(isReachable));
    net.advance(1);
    stranger.send(advertisement(PEER, FLAG.solicited), {
      source: PEER,
      destination: NODE,
      to: node.link.linkLayerAddress,
    });
    net.advance(10);
    expect(told).toEqual([true]);
    net.advance(1000);
    const start = net.scheduler.now;
    let failedAt = 0;
    node.link.checkReachable(
      ip(PEER),
      (isReachable) => {
        told.push(isReachable);
        failedAt = net.scheduler.now - start;
      },
      1,
    );
    net.advance(10_000);
    expect(told).toEqual([true, false]);
    expect(failedAt).toBe(1000);
    node.link.checkReachable(ip('2001:db8::dead'), (isReachable) => told.push(isReachable));
    net.advance(10_000);
    expect(told).toEqual([true, false, false]);
  });

  it('does not solicit one neighbor more than once in a RetransTimer', () => {
    const { net, node } = network();
    for (let i = 0; i < 19; i++) {
      node.link.checkReachable(ip(PEER), () => undefined);
      node.link.transmit(packet(NODE, PEER), ip(PEER));
      net.advance(50);
    }
    expect(net.of('neighbor-solicitation')).toHaveLength(1);
  });

  it('waits with a check of a neighbor that was solicited just now', () => {
    const { net, node, stranger } = acquaint();
    stranger.port.onFrame = () => {
      stranger.send(advertisement(PEER, FLAG.solicited), {
        source: PEER,
        destination: NODE,
        to: node.link.linkLayerAddress,
      });
    };
    net.advance(1000);
    const start = net.scheduler.now;
    const told: number[] = [];
    const check = (): void => {
      node.link.checkReachable(ip(PEER), () => told.push(net.scheduler.now - start));
    };
    check();
    net.advance(10);
    check();
    net.advance(3000);
    expect(net.of('neighbor-solicitation').map(({ at }) => at - start)).toEqual([0, 1000]);
    expect(told).toEqual([2, 1002]);
  });

  it('doubts everybody when the link comes back', () => {
    const { node } = acquaint();
    const states: boolean[] = [];
    node.link.onLinkChange((isUp) => states.push(isUp));
    node.port.setUp(false);
    node.port.setUp(true);
    expect(states).toEqual([false, true]);
    expect(node.link.neighbor(ip(PEER))?.state).toBe('stale');
  });
});

describe('limits of the neighbor cache', () => {
  it('do not let a flood of solicitations grow it, nor throw out a neighbor that answered', () => {
    const { net, node, stranger } = acquaint();
    for (let i = 0; i < 5000; i++) {
      const source = `2001:db8:2::${(i + 1).toString(16)}`;
      stranger.send(solicitation(NODE, stranger.linkLayerAddress), {
        source,
        destination: 'ff02::1:ff00:a',
      });
      // An answer that nobody asked for makes it reachable, not confirmed.
      stranger.send(advertisement(source, FLAG.solicited, stranger.linkLayerAddress), {
        source,
        destination: NODE,
        to: node.link.linkLayerAddress,
      });
    }
    net.advance(100);
    expect(node.link.neighbor(ip('2001:db8:2::1388'))?.state).toBe('reachable');
    expect(node.link.neighbor(ip('2001:db8:2::1'))).toBeUndefined();
    expect(node.link.neighbor(ip(PEER))?.state).toBe('reachable');
  });

  it('hold against packets to addresses that nobody has', () => {
    const { net, node } = acquaint();
    for (let i = 0; i < 3000; i++) {
      const target = `2001:db8:3::${(i + 1).toString(16)}`;
      node.link.transmit(packet(NODE, target), ip(target));
    }
    expect(node.link.neighbor(ip(PEER))?.state).toBe('reachable');
    net.advance(10_000);
    expect(net.scheduler.pending).toBeLessThan(20);
  });

  it('never throw out the router in use, answering or not', () => {
    const { net, node, stranger } = network();
    const router = net.stranger('router');
    router.send(
      routerAdvertisement({
        options: [{ kind: 'source-link-layer-address', address: router.linkLayerAddress }],
      }),
      { source: 'fe80::1', destination: 'ff02::1' },
    );
    net.advance(10);
    expect(node.link.defaultRouter()?.address).toEqual(ip('fe80::1'));
    for (let i = 0; i < 2000; i++) {
      stranger.send(solicitation(NODE, stranger.linkLayerAddress), {
        source: `2001:db8:2::${(i + 1).toString(16)}`,
        destination: 'ff02::1:ff00:a',
      });
    }
    net.advance(100);
    expect(node.link.neighbor(ip('fe80::1'))?.linkLayerAddress).toEqual(router.linkLayerAddress);
  });

  it('count exactly', () => {
    const scheduler = new VirtualScheduler();
    const cache = new NeighborCache({
      scheduler,
      random: new SeededRandom(1),
      retransTimer: () => 1000,
      solicit: () => undefined,
      send: () => undefined,
      onUnreachable: () => undefined,
      isKept: () => false,
    });
    const lladdr = Uint8Array.of(2, 0, 0, 0, 0, 1);
    for (let i = 0; i < 3 * MAX_NEIGHBORS; i++) {
      const address = ip(`2001:db8::${i.toString(16)}`);
      if (i % 3 === 0) cache.set(address, lladdr, false);
      else if (i % 3 === 1) cache.heard(address, lladdr, undefined);
      else cache.transmit(new Uint8Array(40), address);
      expect(cache.size).toBeLessThanOrEqual(MAX_NEIGHBORS);
    }
    expect(cache.size).toBe(MAX_NEIGHBORS);
    cache.close();
    expect(cache.size).toBe(0);
    expect(scheduler.pending).toBe(0);
  });

  it('lets a caller use the cache again from within what it is told', () => {
    const { net, node } = network();
    let calls = 0;
    const again = (): void => {
      calls++;
      if (calls < 5) node.link.checkReachable(ip(PEER), again);
    };
    node.link.checkReachable(ip(PEER), again);
    net.advance(60_000);
    expect(calls).toBe(5);
    expect(node.link.neighbor(ip(PEER))).toBeUndefined();
  });
});

describe('entries written by hand', () => {
  it('are reachable at once and can be forgotten', () => {
    const { net, node, stranger } = network();
    const heard: string[] = [];
    stranger.port.onFrame = (frame) => heard.push(formatMac(frame));
    node.link.setNeighbor(ip(PEER), stranger.linkLayerAddress, true);
    expect(node.link.neighbor(ip(PEER))).toMatchObject({ state: 'reachable', isRouter: true });
    node.link.transmit(packet(NODE, PEER), ip(PEER));
    net.advance(10);
    expect(heard).toEqual([formatMac(stranger.linkLayerAddress)]);
    node.link.forgetNeighbor(ip(PEER));
    expect(node.link.neighbor(ip(PEER))).toBeUndefined();
    node.link.setNeighbor(ip(PEER), Uint8Array.of(0x33, 0x33, 0, 0, 0, 1));
    expect(node.link.neighbor(ip(PEER))).toBeUndefined();
  });
});
