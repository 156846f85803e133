import { describe, expect, test } from 'vitest';
import { formatAddress, formatMac } from '../../../dissectors/core/address.ts';
import { encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import { ip } from '../wire-peer.ts';
import { AGENT, CORRESPONDENT, HOME, NODE_LINK, echo, text } from './bench.ts';
import { WholeNetwork } from './whole-network.ts';
import type { NetworkOptions } from './whole-network.ts';

/** Sends an echo request from one to the other. @returns links on which it and its reply were seen in clear */
function ping(
  network: WholeNetwork,
  from: 'mobile-node' | 'correspondent',
): { replies: number; clear: string[] } {
  const host = from === 'correspondent' ? network.correspondent : network.mobileHost;
  const [source, destination] =
    from === 'correspondent' ? [CORRESPONDENT, HOME] : [HOME, CORRESPONDENT];
  let replies = 0;
  host.icmpv6.handle('echo-reply', () => {
    replies++;
  });
  network.take();
  const payload = encodeIcmpv6(echo('echo-request'), { source, destination });
  host.send({ source, destination, protocol: 58, payload });
  network.scheduler.advance(2500);
  const clear = network
    .take()
    .filter(({ icmpv6 }) => icmpv6?.kind.startsWith('echo') === true)
    .map(({ link }) => link);
  return { replies, clear: [...new Set(clear)] };
}

function registered(options: NetworkOptions = {}): WholeNetwork {
  const network = new WholeNetwork(options);
  network.scheduler.advance(8000);
  return network;
}

describe('mobile node and home agent of this project', () => {
  test('a registration through ESP, and payload both ways that nobody on the visited link can read', () => {
    const network = registered();
    expect(network.state).toBe('registered');
    expect(formatAddress(network.agentHost.bindings.find(HOME)?.careOfAddress ?? HOME)).toMatch(
      /^2001:db8:1:/,
    );
    for (const from of ['mobile-node', 'correspondent'] as const) {
      const { replies, clear } = ping(network, from);
      expect(replies).toBe(1);
      expect(clear).not.toContain('one');
    }
    expect(network.alarms()).toEqual([]);
  });

  test.each(['all', 'none'] as const)(
    'registrations in ESP tunnel mode, before there is a tunnel, over a move and home; payload in ESP: %s',
    (payload) => {
      const form = { homeTests: 'none', payload: payload === 'all' ? 'esp' : 'none' } as const;
      const network = registered({ protection: { bindingUpdates: 'esp-tunnel', ...form } });
      expect(network.state).toBe('registered');
      network.move('two');
      expect(network.state).toBe('registered');
      expect(ping(network, 'correspondent').replies).toBe(1);
      network.move('home');
      expect(network.state).toBe('home');
      expect(network.agentHost.bindings.find(HOME)).toBeUndefined();
      network.move('one');
      expect(network.state).toBe('registered');
      expect(ping(network, 'mobile-node').replies).toBe(1);
    },
  );

  test('from one foreign link to the other, with payload on both', () => {
    const network = registered();
    network.move('two');
    expect(network.state).toBe('registered');
    expect(formatAddress(network.agentHost.bindings.find(HOME)?.careOfAddress ?? HOME)).toMatch(
      /^2001:db8:2:/,
    );
    expect(ping(network, 'correspondent').replies).toBe(1);
    expect(ping(network, 'mobile-node').replies).toBe(1);
  });

  test('home and away again: the home agent lets go, defends again, and payload goes on', () => {
    const network = registered();
    network.take();
    network.move('home');
    expect(network.state).toBe('home');
    expect(network.agentHost.bindings.find(HOME)).toBeUndefined();
    const updates = network
      .take()
      .filter(
        ({ link, by, source, protocol }) =>
          link === 'home' &&
          by === formatMac(NODE_LINK) &&
          source === text(HOME) &&
          protocol === 50,
      );
    expect(updates).toHaveLength(1);
    expect(ping(network, 'correspondent')).toMatchObject({ replies: 1 });
    expect(ping(network, 'mobile-node')).toMatchObject({ replies: 1 });
    network.move('two');
    expect(network.state).toBe('registered');
    expect(ping(network, 'correspondent').replies).toBe(1);
    expect(network.alarms()).toEqual([]);
  });

  test('the registration outlives its lifetime many times', () => {
    const network = registered({ configuration: { lifetime: 60 } });
    network.scheduler.advance(3_600_000);
    expect(network.state).toBe('registered');
    expect(network.log.filter(({ event }) => event === 'home-registration-lost')).toEqual([]);
    expect(ping(network, 'correspondent').replies).toBe(1);
  });

  test('found by discovery when no home agent is configured', () => {
    const network = registered({ configuration: { homeAddresses: [{ address: HOME }] } });
    expect(network.state).toBe('registered');
    expect(network.node.homeAddresses[0]?.homeAgent).toEqual(AGENT);
  });

  test('stopped, it leaves no binding behind', () => {
    const network = registered();
    let isDone = false;
    network.node.stop(() => {
      isDone = true;
    });
    network.scheduler.advance(1000);
    expect(isDone).toBe(true);
    expect(network.agentHost.bindings.find(HOME)).toBeUndefined();
  });

  test('with the tunnel kept at home, payload stays protected on the home link', () => {
    const network = registered({
      configuration: { keepIpsecAtHome: true },
      protection: { keepIpsecAtHome: true },
    });
    network.move('home');
    expect(network.state).toBe('home');
    network.take();
    expect(ping(network, 'mobile-node').clear).not.toContain('home');
  });

  test('packets to a group joined through the home agent come from the home link', () => {
    const network = registered();
    const neighbor = network.addHost('neighbor', 'home', ip('2001:db8:a::77'));
    const group = ip('ff0e::1234');
    const taken: string[] = [];
    network.mobileHost.protocols.set(17, ({ destination }) => taken.push(text(destination)));
    const send = (): void => {
      neighbor.send({
        source: ip('2001:db8:a::77'),
        destination: group,
        protocol: 17,
        payload: new Uint8Array(8),
      });
      network.scheduler.advance(1000);
    };
    send();
    expect(taken).toEqual([]);
    network.node.joinGroup(group);
    // The home agent asks through the tunnel now and then.
    network.scheduler.advance(300_000);
    send();
    expect(taken).toEqual([text(group)]);
  });
});
