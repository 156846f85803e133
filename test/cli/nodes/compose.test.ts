import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import { ipv6Packet } from '../../../dissectors/ipv6/build.ts';
import { parseNodeFile } from '../../../cli/nodes/node-file.ts';
import { nodeAnswer } from '../../../cli/nodes/node-control.ts';
import { nodeMetrics } from '../../../cli/nodes/node-metrics.ts';
import {
  correspondentOptions,
  homeAgentOptions,
  mobileNodeOptions,
} from '../../../cli/nodes/role-options.ts';
import type { RunningNode } from '../../../cli/nodes/running-node.ts';
import type { PacketLink } from '../../../io/inline/index.ts';
import { u8 } from '../../../dissectors/core/bytes.ts';
import { MemoryNodes, example, ip } from './memory-nodes.ts';
import type { MemoryNode } from './memory-nodes.ts';

const HOME = '2001:db8:1::10';
const AGENT = '2001:db8:1::1';
const SERVER = '2001:db8:9::5';

function ping(from: string, to: string): Uint8Array {
  const [source, destination] = [ip(from), ip(to)];
  const message = {
    kind: 'echo-request',
    code: 0,
    identifier: 7,
    sequence: 1,
    data: Uint8Array.of(1, 2, 3),
  } as const;
  const payload = encodeIcmpv6(message, { source, destination });
  return ipv6Packet({ source, destination, hopLimit: 64, protocol: 58, payload });
}

/** As a process has it, with links that count nothing. */
function running({ settings, node, ports }: MemoryNode): RunningNode {
  const counts = { received: 5, sent: 6, notSent: 7, lostUnread: 8, refused: 9 };
  const links = ports.map((port): PacketLink =>
    Object.assign(port, { counts: () => counts, close: () => undefined }),
  );
  return { settings, node, links, tun: undefined, alarms: new Map([['some-alarm', 3]]) };
}

describe('nodes of the examples', () => {
  let nodes: MemoryNodes;
  let ha: MemoryNode;
  let mn: MemoryNode;
  let cn: MemoryNode;

  beforeEach(async () => {
    nodes = new MemoryNodes();
    ha = await nodes.add('ha', ['home', 'core']);
    cn = await nodes.add('cn', ['server']);
    mn = await nodes.add('mn', ['access']);
    nodes.scheduler.advance(5000);
    for (const { node } of [ha, cn, mn]) node.start();
    nodes.scheduler.advance(15_000);
  });
  afterEach(() => {
    nodes.close();
  });

  it('register with each other, and a program of the mobile node reaches the correspondent', () => {
    expect(mn.node.mobileNode?.homeAddresses.map(({ state }) => state)).toEqual(['registered']);
    const entry = ha.node.host.bindings.find(ip(HOME));
    expect(entry?.isHomeRegistration).toBe(true);
    expect(formatAddress(entry?.careOfAddress ?? ip('::'))).toMatch(/^2001:db8:ac:/);

    mn.send(ping(HOME, SERVER));
    nodes.scheduler.advance(3000);
    const replies = mn.delivered.filter((packet) => u8(packet, 40) === 129);
    expect(replies.map((packet) => formatAddress(packet.slice(8, 24)))).toEqual([SERVER]);
    expect(cn.node.host.bindings.correspondents).toBe(1);
    expect(nodes.alarms()).toEqual([]);
    // Nothing of the keys of the example in what the nodes have told.
    expect(nodes.log.length).toBeGreaterThan(3);
    expect(JSON.stringify(nodes.log).toLowerCase()).not.toMatch(/10111213|16,17,18|ebesew/);
  });

  it('say at their control sockets what they know, and do what they are told', () => {
    const ask = (node: MemoryNode, request: object): Record<string, unknown> =>
      nodeAnswer(running(node), JSON.stringify(request)) as Record<string, unknown>;
    expect(ask(mn, { command: 'status' })).toMatchObject({
      ok: true,
      role: 'mobile-node',
      alarms: { 'some-alarm': 3 },
      attachment: { interface: 'mn-wlan0', isAtHome: false },
      homeAddresses: [{ address: HOME, state: 'registered', homeAgent: AGENT }],
    });
    expect(ask(ha, { command: 'bindings' })).toMatchObject({
      ok: true,
      total: 1,
      bindings: [
        { homeAddress: HOME, localAddress: AGENT, isHomeRegistration: true, lifetime: 600 },
      ],
    });
    expect(ask(ha, { command: 'associations', home: '2001:db8:1::99' })).toMatchObject({
      total: 0,
    });
    expect(ask(ha, { command: 'associations', home: HOME })).toMatchObject({
      total: 8,
      missing: 0,
    });
    const associations = JSON.stringify(ask(ha, { command: 'associations' }));
    expect(associations).toContain('binding of 2001:db8:1::10');
    // The first key of the example, in the ways that octets are shown.
    expect(associations.toLowerCase()).not.toMatch(/10111213|16,17,18|ebesew/);

    expect(ask(mn, { command: 'refresh' })).toEqual({ ok: true });
    const before = ha.node.host.bindings.find(ip(HOME))?.sequence ?? 0;
    nodes.scheduler.advance(2000);
    expect(ha.node.host.bindings.find(ip(HOME))?.sequence).toBe(before + 1);

    expect(ask(ha, { command: 'remove', home: 'x' })).toMatchObject({ ok: false });
    expect(ask(ha, { command: 'remove', home: HOME })).toEqual({ ok: true });
    expect(ha.node.host.bindings.find(ip(HOME))).toBeUndefined();
    expect(ask(ha, { command: 'remove', home: HOME })).toMatchObject({
      ok: false,
      error: 'no binding of this home address',
    });
    expect(ask(ha, { command: 'refresh' })).toMatchObject({ ok: false });
  });

  it('go to another interface when an operator says so', async () => {
    const two = new MemoryNodes();
    const agent = await two.add('ha', ['home', 'core']);
    const moving = await two.add('mn', ['access', 'server'], (text) =>
      text.replace('  - interface: wlan0\n', '  - interface: wlan0\n  - interface: eth0\n'),
    );
    two.scheduler.advance(5000);
    agent.node.start();
    moving.node.start();
    two.scheduler.advance(15_000);
    const careOf = (): string => {
      const entry = agent.node.host.bindings.find(ip(HOME));
      return formatAddress(entry?.careOfAddress ?? ip('::'));
    };
    const ask = (node: MemoryNode, name: string): object =>
      nodeAnswer(running(node), JSON.stringify({ command: 'handover', interface: name }));
    const first = careOf().startsWith('2001:db8:ac:') ? 'mn-wlan0' : 'mn-eth0';
    const [other, prefix] =
      first === 'mn-wlan0' ? ['mn-eth0', '2001:db8:9:'] : ['mn-wlan0', '2001:db8:ac:'];
    expect(ask(moving, 'eth7')).toMatchObject({ ok: false });
    expect(ask(moving, first)).toEqual({ ok: true });
    two.scheduler.advance(3000);
    expect(careOf().startsWith(prefix)).toBe(false);
    expect(ask(moving, other)).toEqual({ ok: true });
    two.scheduler.advance(3000);
    expect(careOf().startsWith(prefix)).toBe(true);
    expect(ask(agent, 'eth0')).toMatchObject({ ok: false, error: 'a home-agent does not move' });
    two.close();
  });

  it('refuse requests that are none, in words', () => {
    const answer = (line: string): object => nodeAnswer(running(cn), line);
    expect(answer('{')).toEqual({ ok: false, error: 'expected a JSON object' });
    expect(answer('[]')).toEqual({ ok: false, error: 'expected an object with command' });
    expect(answer('{"command":"constructor"}')).toMatchObject({
      ok: false,
      error: expect.stringContaining('known: status, bindings') as string,
    });
  });

  it('give Prometheus their numbers', () => {
    const families = nodeMetrics(running(ha));
    const values = Object.fromEntries(
      families.map(({ name, samples }) => [name, [...samples()]] as const),
    );
    expect(values['mip6_node_bindings']).toEqual([
      { labels: { kind: 'home' }, value: 1 },
      { labels: { kind: 'correspondent' }, value: 0 },
    ]);
    expect(values['mip6_node_associations']).toEqual([{ value: 8 }]);
    expect(values['mip6_node_alarms_total']).toEqual([
      { labels: { event: 'some-alarm' }, value: 3 },
    ]);
    expect(values['mip6_node_frames_received_total']).toHaveLength(2);
    const states = nodeMetrics(running(mn)).find(({ name }) => name.endsWith('home_addresses'));
    expect([...(states?.samples() ?? [])]).toEqual([{ labels: { state: 'registered' }, value: 1 }]);
    for (const { name, type, help } of families) {
      expect(name).toMatch(/^mip6_node_[a-z_]+$/);
      expect(name.endsWith('_total')).toBe(type === 'counter');
      expect(help).not.toBe('');
    }
  });

  it('take their leave: a mobile node that stops is not bound any more', async () => {
    const stopped = mn.node.stop();
    nodes.scheduler.advance(8000);
    await stopped;
    expect(ha.node.host.bindings.find(ip(HOME))).toBeUndefined();
  });
});

describe('options of the roles', () => {
  const read = (name: 'ha' | 'mn' | 'cn', from: string, to: string) => {
    const text = example(name);
    if (!text.includes(from)) throw new Error(`no ${from} in the example`);
    return parseNodeFile(text.replace(from, to), `${name}.yaml`);
  };

  it('of a home agent are those of its section, in the units of the options', async () => {
    const settings = await read(
      'ha',
      '  advertisements:\n    maximumInterval: 3\n',
      `  deregistration: umip
  deregistrationIngress: alarm
  alternateCareOfAddress: required
  careOfAtHome: deregister
  maximumLifetime: 400
  pendingRegistrations: 7
  refreshAdvice: false
  refreshInterval: 30
  refreshRequestLead: 12
  duplicateAddressDetection: 2
  neighborAdvertisements: 1
  maximumCareOfAddresses: 3
  preference: 9
  homeAgentLifetime: 77
  mobileRouters: true
  prefixDiscovery: false
  addressDiscovery: false
  dhcpv6: true
  multicast: { groupsPerMobileNode: 5, queryInterval: 60 }
  revocation: { maximumRetries: 2, initialDelay: 3 }
  advertisements:
    maximumInterval: 3
    minimumDelay: 0.5
    routerLifetime: 30
    hopLimit: 12
    managed: true
    other: true
    reachableTime: 1.5
    retransmissionTimer: 2
    mtu: 1400
    interval: false
    unsolicited: false
    answers: unicast
    farewell: false
`,
    );
    if (settings.homeAgent === undefined) throw new Error('no home agent');
    const { registration, network, mobileNodes } = homeAgentOptions(
      settings.homeAgent,
      settings.ipsec,
      new Map(),
    );
    expect(registration).toEqual({
      deregistration: 'umip',
      ingress: 'alarm',
      alternateCareOfAddress: 'required',
      careOfAtHome: 'deregister',
      maximumLifetime: 400,
      pendingCapacity: 7,
      advisesRefresh: false,
      refreshInterval: 30,
      duplicateAddressDetectionTransmits: 2,
      advertisements: 1,
    });
    expect(network).toEqual({
      preference: 9,
      homeAgentLifetime: 77,
      supportsMobileRouters: true,
      prefixDiscovery: false,
      addressDiscovery: false,
      hasDhcpv6: true,
      multicast: { groupsPerMobileNode: 5, queryInterval: 60 },
      maximumCareOfAddresses: 3,
      refreshRequestLead: 12,
      revocation: { maximumRetries: 2, initialDelay: 3 },
      advertisements: {
        maxInterval: 3,
        minInterval: 1,
        minDelayBetweenRas: 0.5,
        lifetime: 30,
        currentHopLimit: 12,
        isManaged: true,
        isOther: true,
        reachableTime: 1500,
        retransTimer: 2000,
        mtu: 1400,
        sendsInterval: false,
        isUnsolicited: false,
        answers: 'unicast',
        sendsFinal: false,
      },
    });
    expect(mobileNodes.find(ip(HOME))).toMatchObject({ name: 'laptop', isPayloadProtected: true });
  });

  it('switch off what is switched off', async () => {
    const settings = await read(
      'ha',
      '  advertisements:\n    maximumInterval: 3\n    minimumInterval: 1\n',
      '  advertisements: { enabled: false }\n  multicast: { enabled: false }\n',
    );
    if (settings.homeAgent === undefined) throw new Error('no home agent');
    const { network } = homeAgentOptions(settings.homeAgent, settings.ipsec, new Map());
    expect(network).toMatchObject({ advertisements: false, multicast: false });
  });

  it('of a mobile node are those of its section, in the units of the options', async () => {
    const settings = await read(
      'mn',
      '  homeLink: never\n  lifetime: 600\n',
      `  homeLink: prefix
  homeRouters: [fe80::5]
  keepIpsecAtHome: true
  lifetime: 60
  firstRegistrationTimeout: 2.5
  optimistic: true
  routeOptimisation: false
  interfacePreferences: [wlan0]
  movement: lazy
  missedAdvertisements: 4
  routerAnswerTime: 0.3
  careOfIdentifiers: random
  duplicateDetection: optimistic
  onStop: keep
  followsRenumbering: true
  ignoresHomeAgentErrors: false
  mobileRouter: implicit
  mobileNetworks: ["2001:db8:50::/64"]
`,
    );
    if (settings.mobileNode === undefined) throw new Error('no mobile node');
    const { homeAddresses, ...options } = mobileNodeOptions(settings.mobileNode, undefined);
    expect(options).toEqual({
      homeLink: 'prefix',
      homeRouters: [ip('fe80::5')],
      keepIpsecAtHome: true,
      lifetime: 60,
      initialBindackTimeoutFirstReg: 2500,
      isOptimistic: true,
      routeOptimisation: false,
      interfacePreferences: ['wlan0'],
      movement: { strategy: 'lazy', missedAdvertisements: 4, answerWait: 300 },
      careOfIdentifiers: 'random',
      duplicateDetection: 'optimistic',
      onStop: 'keep',
      followsRenumbering: true,
      ignoresHomeAgentErrors: false,
      mobileRouter: { prefixes: [] },
    });
    expect(homeAddresses).toEqual([
      { address: ip(HOME), prefixLength: 64, homeAgents: [ip(AGENT)], isTemporary: false },
    ]);
  });

  it('of a correspondent are those of its section', async () => {
    const { correspondent } = await read(
      'cn',
      '  maximumBindings: 4096\n',
      `  routeOptimisation: false
  replayMemory: 50
  refreshRequests: false
  limits: { perSource: { burst: 1, perSecond: 2 } }
`,
    );
    expect(correspondentOptions(correspondent)).toEqual({
      isRouteOptimisationEnabled: false,
      replayCapacity: 50,
      sendsRefreshRequests: false,
      limits: { perSource: { burst: 1, perSecond: 2 } },
    });
  });
});
