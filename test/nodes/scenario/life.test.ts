import { describe, expect, test } from 'vitest';
import { formatAddress, parseAddress } from '../../../dissectors/core/address.ts';
import { ethernetFrame } from '../../../dissectors/ipv6/build.ts';
import { encodePlain } from '../../../nodes/ip/wire.ts';
import { AGENT, CORRESPONDENT, HOME, echoPacket, text } from '../mobile-node/bench.ts';
import type { Carried } from '../mobile-node/whole-network.ts';
import { readPacket } from '../wire-peer.ts';
import { AnalyzedNetwork } from './analyzed-network.ts';
import type { Analysis } from './analyzed-network.ts';

const SECOND = 1000;
const ESP = 50;
const IPV6 = 41;
const UDP = 17;
const FOREIGN = { one: '2001:db8:1:', two: '2001:db8:2:' } as const;

function careOfAt(life: AnalyzedNetwork): string | undefined {
  const entry = life.network.correspondent.bindings.find(HOME);
  return entry === undefined ? undefined : formatAddress(entry.careOfAddress);
}

/** Alerts of medium or higher, as text. */
function serious({ alerts }: Analysis): string[] {
  return alerts
    .filter(({ severity }) => !['info', 'low'].includes(severity))
    .map((each) => each.text);
}

/** Payload packets with the addresses of the correspondent at one end, as they are seen there. */
function payloadAtCore(carried: readonly Carried[]): Carried[] {
  return carried.filter(
    ({ link, protocol, icmpv6, source, destination }) =>
      link === 'core' &&
      (protocol === UDP || icmpv6?.kind.startsWith('echo') === true) &&
      [source, destination].includes(text(CORRESPONDENT)),
  );
}

/** Both ways direct: Home Address option there, routing header back, nothing by the home agent. */
function expectOptimised(life: AnalyzedNetwork, link: keyof typeof FOREIGN): void {
  expect(careOfAt(life)).toContain(FOREIGN[link]);
  const before = { ...life.arrived };
  const carried = life.converse();
  expect(life.arrived).toEqual({
    mobileNode: before.mobileNode + 2,
    correspondent: before.correspondent + 2,
  });
  const payload = payloadAtCore(carried);
  expect(payload).toHaveLength(6);
  for (const { source, homeAddressOption, type2RoutingHeader, destination } of payload) {
    if (source === text(CORRESPONDENT)) {
      expect(type2RoutingHeader).toBe(text(HOME));
      expect(destination).toContain(FOREIGN[link]);
    } else {
      expect(homeAddressOption).toBe(text(HOME));
      expect(source).toContain(FOREIGN[link]);
    }
  }
  expect(carried.filter(({ protocol }) => [ESP, IPV6].includes(protocol))).toEqual([]);
}

describe('the life of a mobile node, seen by the analyzer', () => {
  test('away, to another link, back, home, and away again: optimised everywhere, and no alert', async () => {
    const life = new AnalyzedNetwork();
    const { network } = life;
    life.advance(10 * SECOND);
    expect(network.state).toBe('registered');
    expect(careOfAt(life)).toBeUndefined();
    // The first packets go through the home agent, in ESP on the visited link.
    const first = life.converse();
    expect(first.filter(({ link, protocol }) => link === 'one' && protocol === ESP)).not.toEqual(
      [],
    );
    expect(life.arrived).toEqual({ mobileNode: 2, correspondent: 2 });
    expectOptimised(life, 'one');
    network.move('two');
    expectOptimised(life, 'two');
    network.move('one');
    expectOptimised(life, 'one');

    network.move('home');
    life.advance(5 * SECOND);
    expect(network.state).toBe('home');
    expect(careOfAt(life)).toBeUndefined();
    const atHome = payloadAtCore(life.converse());
    expect(atHome).toHaveLength(6);
    for (const { headers } of atHome) expect(headers).toEqual([]);

    network.move('two');
    life.converse();
    expectOptimised(life, 'two');
    expect(network.alarms()).toEqual([]);

    const analysis = await life.analyze();
    expect(serious(analysis)).toEqual([]);
    expect(analysis.summary.internalErrors).toEqual([]);
    // The analyzer has read everything, and knows what happened.
    const { counters } = analysis.summary;
    expect(counters.esp).toBeGreaterThan(20);
    expect(counters.espOpened).toBe(counters.esp);
    expect(counters.undecoded).toBe(0);
    const bound = analysis.summary.bindings.map(({ careOfAddress }) =>
      formatAddress(careOfAddress),
    );
    expect(bound.some((address) => address.startsWith(FOREIGN.two))).toBe(true);
    life.close();
  });

  test('the same analyzer alerts when one of these frames comes again, and when payload leaves the tunnel in clear', async () => {
    const life = new AnalyzedNetwork();
    const { network } = life;
    life.advance(10 * SECOND);
    life.converse();
    network.move('two');
    expect(serious(await life.analyze())).toEqual([]);
    const update = life.frames.find(({ bytes, link }) => {
      const packet = readPacket(bytes.slice(14));
      return link === 'one' && packet.protocol === ESP && packet.homeAddressOption === text(HOME);
    });
    if (update === undefined) throw new Error('no Binding Update on the first link');
    life.frames.push({ ...update, at: network.scheduler.now + 1 });
    const replayed = serious(await life.analyze());
    expect(replayed.length).toBeGreaterThan(0);
    life.frames.pop();

    const careOf = parseAddress('2001:db8:2::ff:fe00:1001') ?? AGENT;
    const clear = encodePlain(careOf, AGENT, IPV6, echoPacket(HOME, CORRESPONDENT), 64);
    const frame = ethernetFrame({
      destination: update.bytes.slice(0, 6),
      source: update.bytes.slice(6, 12),
      payload: clear,
    });
    life.frames.push({ bytes: frame, at: network.scheduler.now + 1, link: 'two' });
    expect(serious(await life.analyze()).length).toBeGreaterThan(0);
    life.close();
  });

  test('with datagrams that never stop, over six moves and many renewals, until it stops', async () => {
    const life = new AnalyzedNetwork();
    const { network } = life;
    life.advance(10 * SECOND);
    life.stream();
    for (const link of ['two', 'one', 'home', 'two', 'home', 'one'] as const) {
      network.move(link, 20 * SECOND);
      expect(network.state).toBe(link === 'home' ? 'home' : 'registered');
      if (link === 'home') expect(careOfAt(life)).toBeUndefined();
      else expect(careOfAt(life)).toContain(FOREIGN[link]);
    }
    // Longer than a binding at a correspondent lasts, and than its nonces do.
    const before = life.arrived.mobileNode;
    life.advance(500 * SECOND);
    expect(careOfAt(life)).toContain(FOREIGN.one);
    expect(life.arrived.mobileNode - before).toBeGreaterThan(2495);
    network.node.stop(() => undefined);
    life.advance(10 * SECOND);
    life.endStream();
    expect(network.agentHost.bindings.find(HOME)).toBeUndefined();
    expect(network.alarms()).toEqual([]);
    const analysis = await life.analyze();
    expect(serious(analysis)).toEqual([]);
    expect(analysis.summary.counters.espOpened).toBe(analysis.summary.counters.esp);
    life.close();
  });

  test('a correspondent that has forgotten everything is registered with again, without an alert', async () => {
    const life = new AnalyzedNetwork();
    const { network } = life;
    life.advance(10 * SECOND);
    life.converse();
    expectOptimised(life, 'one');
    life.advance(20 * SECOND);
    network.correspondent.bindings.remove(HOME, 'evicted');
    life.converse();
    life.converse();
    expectOptimised(life, 'one');
    expect(serious(await life.analyze())).toEqual([]);
    life.close();
  });
});
