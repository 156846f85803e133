import { describe, expect, it } from 'vitest';
import { putU32 } from '../../../dissectors/core/bytes.ts';
import { ripngRoutes } from '../../../engine/tunnel-routes.ts';
import type { ProxyAcknowledgement, ProxyUpdate } from '../../../engine/extension/index.ts';
import { overlaps } from '../../../engine/extension/index.ts';
import { DualStackNodes } from '../../../engine/state/dual-stack.ts';
import { MobileNetworks } from '../../../engine/state/mobile-networks.ts';
import { MAX_PROXY_BINDINGS, ProxyBindings } from '../../../engine/state/proxy-bindings.ts';
import {
  bindingAcknowledgementEvent,
  bindingUpdateEvent,
  packetAt,
} from '../../rules/event-builders.ts';
import { ANCHOR, GATEWAY, NODE_PREFIX, OTHER_GATEWAY } from '../../rules/extension-messages.ts';
import { address, prefix } from '../../rules/site.ts';

function updateOf(node: string, sequence: number, more: Partial<ProxyUpdate> = {}): ProxyUpdate {
  return {
    gateway: GATEWAY,
    anchor: ANCHOR,
    sequence,
    lifetime: 300,
    node: { key: node, text: node },
    prefixes: [],
    timestamp: undefined,
    handoffIndicator: 1,
    greKey: undefined,
    ...more,
  };
}

function answerOf(
  sequence: number,
  more: Partial<ProxyAcknowledgement> = {},
): ProxyAcknowledgement {
  return {
    anchor: ANCHOR,
    gateway: GATEWAY,
    sequence,
    status: 0,
    lifetime: 300,
    node: undefined,
    prefixes: [],
    greKey: undefined,
    ...more,
  };
}

describe('proxy bindings', () => {
  it('are made by acknowledged updates alone', () => {
    const proxies = new ProxyBindings();
    proxies.acknowledgement(answerOf(1, { node: { key: 'a', text: 'a' } }), packetAt(1));
    proxies.update(updateOf('b', 2), packetAt(2));
    proxies.update(updateOf('c', 3), packetAt(3));
    proxies.acknowledgement(answerOf(3, { status: 154 }), packetAt(4));
    expect(proxies.size).toBe(0);
    expect(proxies.isGateway(GATEWAY)).toBe(false);
    proxies.acknowledgement(answerOf(2), packetAt(5));
    expect(proxies.find(ANCHOR, 'b')?.isRegistered).toBe(true);
    expect(proxies.arePeers(ANCHOR, GATEWAY)).toBe(true);
  });

  it('stay with the new gateway when the old one gives up late', () => {
    const proxies = new ProxyBindings();
    const register = (gateway: Uint8Array, sequence: number, lifetime: number): void => {
      proxies.update(updateOf('a', sequence, { gateway, lifetime }), packetAt(sequence));
      proxies.acknowledgement(answerOf(sequence, { gateway, lifetime }), packetAt(sequence));
    };
    register(GATEWAY, 1, 300);
    register(OTHER_GATEWAY, 2, 300);
    register(GATEWAY, 3, 0);
    const binding = proxies.find(ANCHOR, 'a');
    expect([binding?.isRegistered, binding?.gateway]).toEqual([true, OTHER_GATEWAY]);
    expect(binding?.earlier).toEqual([GATEWAY]);
    register(OTHER_GATEWAY, 4, 0);
    expect(proxies.find(ANCHOR, 'a')?.isRegistered).toBe(false);
  });

  it('are not pushed out by a flood of updates that nobody acknowledges', () => {
    const proxies = new ProxyBindings();
    proxies.update(updateOf('victim', 1, { prefixes: [NODE_PREFIX] }), packetAt(1));
    proxies.acknowledgement(answerOf(1), packetAt(1));
    for (let i = 0; i < 20_000; i++) {
      proxies.update(updateOf(`flood ${i}`, i + 2), packetAt(2));
    }
    expect(proxies.find(ANCHOR, 'victim')).toBeDefined();
    expect(proxies.owner(ANCHOR, NODE_PREFIX, packetAt(3).time)?.node).toBe('victim');
    expect(proxies.size).toBe(1);
  });

  it('are bounded; those that are over go first and live ones are counted', () => {
    const proxies = new ProxyBindings();
    const register = (i: number, lifetime: number, second: number): void => {
      proxies.update(updateOf(`node ${i}`, i, { lifetime }), packetAt(i, second));
      proxies.acknowledgement(answerOf(i, { lifetime }), packetAt(i, second));
    };
    register(0, 30_000, 0);
    for (let i = 1; i <= 10; i++) register(i, 4, 0);
    for (let i = 11; i < MAX_PROXY_BINDINGS; i++) register(i, 30_000, 10);
    expect(proxies.size).toBe(MAX_PROXY_BINDINGS);
    for (let i = 0; i < 10; i++) register(MAX_PROXY_BINDINGS + i, 30_000, 10);
    expect([proxies.size, proxies.evictions]).toEqual([MAX_PROXY_BINDINGS, 0]);
    expect(proxies.find(ANCHOR, 'node 0')).toBeDefined();
    register(70_000, 30_000, 10);
    expect([proxies.size, proxies.evictions]).toEqual([MAX_PROXY_BINDINGS, 1]);
  });
});

describe('mobile networks', () => {
  const home = (i: number): Uint8Array => {
    const octets = address('2001:db8:1::');
    putU32(octets, 12, i + 16);
    return octets;
  };
  const network = (i: number): Uint8Array => {
    const octets = address('2001:db8::');
    putU32(octets, 4, i + 0x0001_0000);
    return octets;
  };
  const register = (networks: MobileNetworks, i: number, isAnswered = true): void => {
    networks.observe(
      bindingUpdateEvent(
        {
          sequence: 5,
          flags: ['acknowledge', 'homeRegistration', 'mobileRouter'],
          options: [{ kind: 'mobile-network-prefix', prefixLength: 64, prefix: network(i) }],
        },
        { context: { homeAddressOption: home(i) } },
      ),
    );
    if (!isAnswered) return;
    networks.observe(
      bindingAcknowledgementEvent(
        { sequence: 5, flags: 0x40 },
        { context: { routingHomeAddress: home(i) } },
      ),
    );
  };

  it('belong to acknowledged routers, also where prefixes cover each other', () => {
    const networks = new MobileNetworks();
    register(networks, 1);
    register(networks, 2, false);
    const owner = (length: number, i = 1): unknown =>
      networks.owner({ prefix: network(i), length }, home(9))?.homeAddress;
    expect([owner(64), owner(80), owner(40)]).toEqual([home(1), home(1), home(1)]);
    expect(owner(64, 2)).toBeUndefined();
    expect(networks.owner({ prefix: network(1), length: 64 }, home(1))).toBeUndefined();
  });

  it('are not pushed out by updates that nobody acknowledges', () => {
    const networks = new MobileNetworks();
    register(networks, 1);
    for (let i = 2; i < 9000; i++) register(networks, i, false);
    expect(networks.find(home(1))?.prefixes).toHaveLength(1);
    expect(networks.evictions).toBe(0);
  });

  it('are bounded, and what is forgotten is counted and owned by nobody', () => {
    const networks = new MobileNetworks();
    for (let i = 0; i < 8193; i++) register(networks, i);
    expect(networks.evictions).toBe(1);
    expect(networks.owner({ prefix: network(0), length: 64 }, home(9))).toBeUndefined();
  });
});

describe('dual-stack nodes', () => {
  it('are known by acknowledged registrations, and forget the IPv4 end over IPv6', () => {
    const nodes = new DualStackNodes();
    const outer = { source: Uint8Array.of(198, 51, 100, 7), destination: new Uint8Array(4) };
    const update = (sequence: number, isOver: boolean): void => {
      const ipv4Outer = { ...outer, sourcePort: 4191, destinationPort: 4191 };
      nodes.observe(bindingUpdateEvent({ sequence }, isOver ? { context: { ipv4Outer } } : {}));
    };
    const { homeAddressOption } = bindingUpdateEvent().context;
    const homeAddress = homeAddressOption ?? new Uint8Array(16);
    update(1, true);
    expect(nodes.find(homeAddress)).toBeUndefined();
    expect(nodes.announced(homeAddress, packetAt(1).time)?.address).toEqual(outer.source);
    expect(nodes.announced(homeAddress, packetAt(60).time)).toBeUndefined();
    nodes.observe(bindingAcknowledgementEvent({ sequence: 1 }));
    expect(nodes.find(homeAddress)?.endpoint?.address).toEqual(outer.source);
    update(2, false);
    nodes.observe(bindingAcknowledgementEvent({ sequence: 2 }));
    expect(nodes.find(homeAddress)?.endpoint).toBeUndefined();
    expect(nodes.find(homeAddress)?.earlier).toHaveLength(1);
  });
});

describe('prefixes and routes', () => {
  it('overlap when one lies in the other', () => {
    const a = prefix('2001:db8:5::/45');
    expect(overlaps(a, prefix('2001:db8:7::/48'))).toBe(true);
    expect(overlaps(a, prefix('2001:db8:8::/48'))).toBe(false);
    expect(overlaps(prefix('::/0'), a)).toBe(true);
  });

  it('are read from RIPng responses, without next hops and unreachable ones', () => {
    const entry = (length: number, metric: number): number[] => [
      ...prefix('2001:db8:5::/48').prefix,
      ...[0, 0, length, metric],
    ];
    const octets = Uint8Array.from([
      ...[2, 9, 2, 9, 0, 0, 0, 0],
      ...[2, 1, 0, 0],
      ...entry(48, 1),
      ...entry(0, 255),
      ...entry(64, 16),
      ...entry(200, 1),
      ...entry(56, 3),
    ]);
    expect(ripngRoutes(octets, 0, octets.length)?.map(({ length }) => length)).toEqual([48, 56]);
    expect(ripngRoutes(octets, 0, 40)).toHaveLength(1);
    octets[8] = 1;
    expect(ripngRoutes(octets, 0, octets.length)).toBeUndefined();
  });
});
