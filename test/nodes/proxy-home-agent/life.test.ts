/**
 * Everything else that goes through the tunnel and past it, over links that lose and turn round.
 */
import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import { ipv6Packet } from '../../../dissectors/ipv6/build.ts';
import { CorrespondentNode } from '../../../nodes/correspondent-node/correspondent-node.ts';
import {
  installRouteOptimisation,
  messageTunnel,
} from '../../../nodes/mobile-node/route-optimisation/install.ts';
import { receiveBindingUpdates } from '../../../nodes/mobility/binding-update.ts';
import { encodePlain } from '../../../nodes/ip/wire.ts';
import { AGENT, CORRESPONDENT, HOME, echo } from '../mobile-node/bench.ts';
import { ip } from '../wire-peer.ts';
import { ProxiedNetwork, registered } from './proxied-network.ts';
import type { ProxiedOptions } from './proxied-network.ts';

const BOTH: readonly [string, ProxiedOptions][] = [
  ['the same associations', {}],
  ['other associations', { associations: 'other' }],
];

/** Correspondent and mobile node go the direct way when they can. */
function optimised(proxied: ProxiedNetwork): CorrespondentNode {
  const { correspondent, mobileHost, node } = proxied.network;
  const peer = new CorrespondentNode({ host: correspondent });
  receiveBindingUpdates(correspondent, { home: undefined, correspondent: peer.registrar });
  const own = new CorrespondentNode({
    host: mobileHost,
    installsPath: false,
    tunnelFor: messageTunnel(node),
  });
  receiveBindingUpdates(mobileHost, { home: undefined, correspondent: own.registrar });
  installRouteOptimisation(node, { correspondent: own });
  return peer;
}

describe.each(BOTH)('with %s', (_, options) => {
  test('return routability goes through the tunnel, and payload the direct way afterwards', () => {
    const proxied = new ProxiedNetwork(options);
    optimised(proxied);
    proxied.advance(8000);
    proxied.ping();
    proxied.advance(3000);
    const binding = proxied.network.correspondent.bindings.find(HOME);
    expect(formatAddress(binding?.careOfAddress ?? AGENT)).toBe(proxied.careOf().proxy);
    proxied.takeInside();
    expect(proxied.ping().replies).toBe(2);
    expect(proxied.takeInside().filter(({ protocol }) => protocol === 50)).toEqual([]);
    expect(proxied.alarms()).toEqual([]);
  });

  test('prefixes are told and asked for, protected', () => {
    const proxied = registered(options);
    const { mobileHost, agentHost, agent } = proxied.network;
    const types: number[] = [];
    for (const host of [mobileHost, agentHost]) {
      host.onReceived = ({ protocol, payload, protection }) => {
        const type = payload[0] ?? 0;
        if (protocol === 58 && type > 145 && protection !== undefined) types.push(type);
      };
    }
    const [prefix] = agent.prefixes.all;
    if (prefix === undefined) throw new Error('no home prefix');
    agent.prefixes.set({ ...prefix, validLifetime: 7200, preferredLifetime: 3600 });
    proxied.advance(7_200_000);
    expect(types).toContain(146);
    expect(types).toContain(147);
    expect(proxied.alarms()).toEqual([]);
  });

  test('packets to a group joined through the tunnel come from the home link', () => {
    const proxied = registered(options);
    const { network } = proxied;
    const neighbor = network.addHost('neighbor', 'home', ip('2001:db8:a::77'));
    const group = ip('ff0e::1234');
    let taken = 0;
    network.mobileHost.protocols.set(17, () => {
      taken++;
    });
    network.node.joinGroup(group);
    proxied.advance(300_000);
    neighbor.send({
      source: ip('2001:db8:a::77'),
      destination: group,
      protocol: 17,
      payload: new Uint8Array(8),
    });
    proxied.advance(1000);
    expect(taken).toBe(1);
    expect(proxied.alarms()).toEqual([]);
  });

  test('over links that lose, double and turn round, the mobile node gets where it goes', () => {
    const bad = { loss: 0.1, duplication: 0.1, reordering: 0.2, delay: 5 };
    const proxied = new ProxiedNetwork({ ...options, insideLink: bad });
    const { network } = proxied;
    proxied.advance(60_000);
    for (const link of ['two', 'one', 'home', 'two'] as const) {
      network.move(link, 120_000);
      expect(network.state).toBe(link === 'home' ? 'home' : 'registered');
      expect(proxied.careOf().proxy).toBe(proxied.careOf().legacy);
    }
    expect(proxied.proxy.sizes.exchanges).toBe(0);
    // The home agent of this project says nothing twice that would alarm.
    expect(proxied.alarms().filter((event) => event !== 'legacy-home-agent-silent')).toEqual([]);
  });
});

test('what the seal makes too large for a link, or for the path that a router has told of, goes in pieces', () => {
  const proxied = registered({ associations: 'other', legacyProtection: { payload: 'none' } });
  const { network } = proxied;
  let taken = 0;
  network.mobileHost.protocols.set(17, () => {
    taken++;
  });
  /** A datagram to the mobile node. @returns pieces of it on the visited link */
  const send = (octets: number): number => {
    network.take();
    network.correspondent.send({
      ...{ source: CORRESPONDENT, destination: HOME, protocol: 17 },
      payload: new Uint8Array(octets),
    });
    proxied.advance(2000);
    return network.take().filter(({ link, source, headers }) => {
      return link === 'one' && source === formatAddress(AGENT) && headers.includes(44);
    }).length;
  };
  expect(send(1300)).toBe(0);
  expect(send(1410)).toBe(2);
  expect(taken).toBe(2);
  const careOf = network.agentHost.bindings.find(HOME)?.careOfAddress ?? AGENT;
  const quoted = encodePlain(AGENT, careOf, 50, new Uint8Array(1100), 64);
  const ends = { source: ip('2001:db8:c::1'), destination: AGENT };
  const payload = encodeIcmpv6(
    { kind: 'packet-too-big', code: 0, mtu: 1280, invokingPacket: quoted },
    ends,
  );
  proxied.inject(ipv6Packet({ ...ends, protocol: 58, payload }), 'core');
  expect(send(1240)).toBe(2);
  expect(taken).toBe(3);
});

test('what is not mobility of the home agent passes as it is: neighbours, other hosts, pings of the home agent', () => {
  const proxied = registered();
  const { network } = proxied;
  const neighbor = network.addHost('neighbor', 'home', ip('2001:db8:a::77'));
  let replies = 0;
  for (const host of [neighbor, network.correspondent]) {
    host.icmpv6.handle('echo-reply', () => {
      replies++;
    });
  }
  const hosts = [
    [neighbor, ip('2001:db8:a::77'), AGENT],
    [neighbor, ip('2001:db8:a::77'), CORRESPONDENT],
    [network.correspondent, CORRESPONDENT, AGENT],
    [network.correspondent, CORRESPONDENT, ip('2001:db8:a::77')],
  ] as const;
  for (const [host, source, destination] of hosts) {
    const ends = { source, destination };
    host.send({ ...ends, protocol: 58, payload: encodeIcmpv6(echo('echo-request'), ends) });
    proxied.advance(2000);
  }
  expect(replies).toBe(4);
  expect(proxied.alarms()).toEqual([]);
});
