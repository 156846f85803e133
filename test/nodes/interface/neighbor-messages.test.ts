import { describe, expect, it } from 'vitest';
import { formatAddress, formatMac } from '../../../dissectors/core/address.ts';
import { encodeIcmpv6, findNdOption } from '../../../dissectors/icmpv6/index.ts';
import { ipv6Packet } from '../../../dissectors/ipv6/build.ts';
import { FLAG, inboundPacket, TestLink, advertisement, ip, solicitation } from './test-link.ts';
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

describe('neighbor advertisements', () => {
  const OTHER = Uint8Array.of(2, 9, 9, 9, 9, 9);

  /** State and link-layer address after an advertisement for a neighbor that was reachable, or became stale. */
  function after(flags: number, address: Uint8Array | undefined, isStale = false): string {
    const { net, node, stranger } = acquaint();
    if (isStale) net.advance(46_000);
    const isSolicited = (flags & FLAG.solicited) !== 0;
    stranger.send(advertisement(PEER, flags >>> 0, address), {
      source: PEER,
      destination: isSolicited ? NODE : 'ff02::1',
      ...(isSolicited ? { to: node.link.linkLayerAddress } : {}),
    });
    net.advance(10);
    const found = node.link.neighbor(ip(PEER));
    const isOther = formatMac(found?.linkLayerAddress ?? new Uint8Array(6)) === formatMac(OTHER);
    return `${found?.state} ${isOther ? 'new' : 'old'}`;
  }

  it('change an entry as the table of RFC 4861 appendix C says', () => {
    const { solicited, override } = FLAG;
    expect(after(0, OTHER)).toBe('stale old');
    expect(after(solicited, OTHER)).toBe('stale old');
    expect(after(solicited | override, OTHER)).toBe('reachable new');
    expect(after(override, OTHER)).toBe('stale new');
    expect(after(0, undefined)).toBe('reachable old');
    expect(after(override, undefined)).toBe('reachable old');
    expect(after(solicited, OTHER, true)).toBe('stale old');
    expect(after(solicited, undefined, true)).toBe('reachable old');
    expect(after(solicited | override, OTHER, true)).toBe('reachable new');
    expect(after(override, OTHER, true)).toBe('stale new');
  });

  it('make no entry for a neighbor that nobody asked for', () => {
    const { net, node, stranger } = network();
    stranger.send(advertisement(PEER, FLAG.override, stranger.linkLayerAddress), {
      source: PEER,
      destination: 'ff02::1',
    });
    net.advance(10);
    expect(node.link.neighbor(ip(PEER))).toBeUndefined();
  });

  it('without a link-layer address resolve nothing', () => {
    const { net, node, stranger } = network();
    node.link.transmit(packet(NODE, PEER), ip(PEER));
    stranger.send(advertisement(PEER, FLAG.solicited), {
      source: PEER,
      destination: NODE,
      to: node.link.linkLayerAddress,
    });
    net.advance(10);
    expect(node.link.neighbor(ip(PEER))?.state).toBe('incomplete');
  });

  it('are reported to listeners once they are valid', () => {
    const { net, node, stranger } = network();
    const heard: string[] = [];
    node.link.onNeighborAdvertisement((_, message) =>
      heard.push(formatAddress(message.targetAddress)),
    );
    stranger.send(advertisement(PEER, FLAG.override), { source: PEER, destination: 'ff02::1' });
    stranger.send(advertisement(PEER, FLAG.override), {
      source: PEER,
      destination: 'ff02::1',
      hopLimit: 254,
    });
    net.advance(10);
    expect(heard).toEqual([PEER]);
  });

  it('for an own address raise an alarm and change nothing', () => {
    const { net, node, stranger } = network();
    stranger.send(advertisement(NODE, FLAG.override, stranger.linkLayerAddress), {
      source: PEER,
      destination: 'ff02::1',
    });
    net.advance(10);
    expect(node.log).toContainEqual(
      expect.objectContaining({ level: 'alarm', event: 'address-conflict' }),
    );
    expect(node.link.owns(ip(NODE))).toBe(true);
  });
});

describe('checks of neighbor discovery messages', () => {
  const group = 'ff02::1:ff00:a';

  it('discard solicitations with a wrong hop limit, checksum, code, target or option', () => {
    const { net, node, stranger } = network();
    const good = solicitation(NODE, stranger.linkLayerAddress);
    const usual = { source: PEER, destination: group };
    stranger.send(good, { ...usual, hopLimit: 254 });
    stranger.send(good, { ...usual, checksum: 0x1234 });
    stranger.send({ ...good, code: 1 }, usual);
    stranger.send(solicitation('ff02::1'), usual);
    stranger.send(
      {
        ...solicitation(NODE),
        options: [{ kind: 'malformed', data: Uint8Array.of(1, 0) }],
      } as typeof good,
      usual,
    );
    // From nobody: to the group only, and without a link-layer address.
    stranger.send(solicitation(NODE), { source: '::', destination: 'ff02::1' });
    stranger.send(good, { source: '::', destination: group });
    // Too short for its kind.
    stranger.send({ kind: 'unknown-icmpv6', type: 135, code: 0, data: new Uint8Array(12) }, usual);
    net.advance(10);
    expect(net.of('neighbor-advertisement')).toEqual([]);
    expect(node.link.neighbor(ip(PEER))).toBeUndefined();
    stranger.send(good, usual);
    net.advance(10);
    expect(net.of('neighbor-advertisement')).toHaveLength(1);
  });

  it('discard what came through a tunnel, or with headers for mobility', () => {
    const { net, node, stranger } = network();
    const message = solicitation(NODE, stranger.linkLayerAddress);
    const [source, destination] = [ip(PEER), ip(group)];
    const payload = encodeIcmpv6(message, { source, destination });
    const whole = ipv6Packet({ source, destination, hopLimit: 255, protocol: 58, payload });
    const inbound = inboundPacket(node.link, whole, stranger.linkLayerAddress);
    const origin = { source, destination, protection: undefined };
    for (const wrong of [
      { ...inbound, tunnels: [origin] },
      { ...inbound, homeAddressOption: ip('2001:db8::99') },
      { ...inbound, type2RoutingHeader: ip('2001:db8::99') },
    ]) {
      node.link.receiveNeighborDiscovery(wrong, message);
    }
    expect(net.of('neighbor-advertisement')).toEqual([]);
    node.link.receiveNeighborDiscovery(inbound, message);
    expect(net.of('neighbor-advertisement')).toHaveLength(1);
  });

  it('discard a solicited advertisement to a group', () => {
    const { net, node, stranger } = network();
    node.link.transmit(packet(NODE, PEER), ip(PEER));
    stranger.send(advertisement(PEER, FLAG.solicited, stranger.linkLayerAddress), {
      source: PEER,
      destination: 'ff02::1',
    });
    net.advance(10);
    expect(node.link.neighbor(ip(PEER))?.state).toBe('incomplete');
  });

  it('ignore link-layer addresses that are no node’s', () => {
    const { net, node, stranger } = network();
    stranger.send(solicitation(NODE, Uint8Array.of(0x33, 0x33, 0, 0, 0, 1)), {
      source: PEER,
      destination: group,
    });
    stranger.send(solicitation(NODE, new Uint8Array(14)), { source: PEER, destination: group });
    net.advance(10);
    expect(node.link.neighbor(ip(PEER))).toBeUndefined();
    // Answered where the frame came from.
    const answers = net.of('neighbor-advertisement');
    expect(answers.map(({ linkDestination }) => linkDestination)).toEqual([
      formatMac(stranger.linkLayerAddress),
      formatMac(stranger.linkLayerAddress),
    ]);
  });

  it('ignore solicitations for addresses of others', () => {
    const { net, node, stranger } = network();
    stranger.send(solicitation('2001:db8:1::a', stranger.linkLayerAddress), {
      source: PEER,
      destination: group,
    });
    net.advance(10);
    expect(net.of('neighbor-advertisement')).toEqual([]);
    expect(node.link.neighbor(ip(PEER))).toBeUndefined();
  });

  it('take a solicitation from an own address for what it is: somebody else uses it', () => {
    const { net, node, stranger } = network();
    stranger.send(solicitation(NODE, stranger.linkLayerAddress), {
      source: NODE,
      destination: group,
    });
    net.advance(10);
    expect(node.events).toEqual(['address-conflict']);
    expect(net.of('neighbor-advertisement')).toEqual([]);
  });
});

describe('answers of an owner', () => {
  it('are solicited, override, and say whether it is a router', () => {
    for (const isRouter of [false, true]) {
      const net = new TestLink();
      const node = net.node('node', { isRouter });
      node.link.addAddress(ip(NODE), { detection: 'skip' });
      const stranger = net.stranger();
      stranger.send(solicitation(NODE, stranger.linkLayerAddress), {
        source: PEER,
        destination: 'ff02::1:ff00:a',
      });
      net.advance(10);
      const [answer] = net.of('neighbor-advertisement');
      const flags = FLAG.solicited | FLAG.override | (isRouter ? FLAG.router : 0);
      expect(answer?.message.flags).toBe(flags >>> 0);
      expect(answer?.source).toBe(NODE);
      expect(answer?.destination).toBe(PEER);
      expect(answer?.linkDestination).toBe(formatMac(stranger.linkLayerAddress));
      const option = findNdOption(answer?.message.options ?? [], 'target-link-layer-address');
      expect(option?.address).toEqual(node.link.linkLayerAddress);
    }
  });

  it('go to all nodes when somebody asks from the unspecified address', () => {
    const { net, stranger } = network();
    stranger.send(solicitation(NODE), { source: '::', destination: 'ff02::1:ff00:a' });
    net.advance(10);
    const [answer] = net.of('neighbor-advertisement');
    expect(answer?.destination).toBe('ff02::1');
    expect(answer?.message.flags).toBe(FLAG.override);
  });
});

describe('the frames that an interface takes', () => {
  it('are those to its address and its groups, without what fills short ones', () => {
    const { net, node, stranger } = network();
    const send = (to: Uint8Array, destination: string): void => {
      const frame = new Uint8Array(14 + 40 + 6);
      frame.set(to, 0);
      frame.set(stranger.linkLayerAddress, 6);
      frame.set([0x86, 0xdd], 12);
      frame.set(packet(PEER, destination), 14);
      stranger.port.send(frame);
    };
    node.link.join(ip('ff0e::77'));
    send(node.link.linkLayerAddress, NODE);
    send(Uint8Array.of(0x33, 0x33, 0, 0, 0, 0x77), 'ff0e::77');
    send(Uint8Array.of(0x33, 0x33, 0, 0, 0, 0x78), 'ff0e::78');
    send(Uint8Array.of(2, 7, 7, 7, 7, 7), NODE);
    send(Uint8Array.of(255, 255, 255, 255, 255, 255), NODE);
    net.advance(10);
    expect(node.received).toEqual([packet(PEER, NODE), packet(PEER, 'ff0e::77')]);
    node.link.leave(ip('ff0e::77'));
    send(Uint8Array.of(0x33, 0x33, 0, 0, 0, 0x77), 'ff0e::77');
    net.advance(10);
    expect(node.received).toHaveLength(2);
  });

  it('are none after it was closed, and no timer is left', () => {
    const { net, node, stranger } = acquaint();
    node.link.transmit(packet(NODE, '2001:db8::77'), ip('2001:db8::77'));
    node.link.addAddress(ip('2001:db8::88'));
    node.link.solicitRouters();
    node.link.close();
    net.advance(10);
    net.forget();
    stranger.send(solicitation(NODE), { source: '::', destination: 'ff02::1:ff00:a' });
    net.advance(100_000);
    expect(net.of('neighbor-advertisement')).toEqual([]);
    expect(net.seen).toHaveLength(1);
    expect(net.scheduler.pending).toBe(0);
  });
});
