import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, test } from 'vitest';
import path from 'node:path';
import { z } from 'zod';
import { parseAddress } from '../../dissectors/core/address.ts';
import { encodeMobilityHeader } from '../../dissectors/mobility/header.ts';
import { readProxyFile } from '../../cli/gateway/proxy/proxy-file.ts';
import { proxyAssociations } from '../../cli/gateway/proxy/proxy-associations.ts';
import { encodePacket } from '../../nodes/ip/wire.ts';
import { NodeIpsec } from '../../nodes/ipsec/node-ipsec.ts';
import { sealedPacket } from '../../nodes/proxy-home-agent/sealed-packet.ts';
import { SeededRandom } from '../../nodes/simulation/seeded-random.ts';
import { IS_ENDURANCE } from '../endurance.ts';
import { ROOT, mip6guard } from './command.ts';
import { ended } from './node-network.ts';
import {
  ATTACKER,
  CORRESPONDENT,
  HOME_ADDRESS,
  HOME_AGENT,
  PROXY_NEEDS,
  ProxyNetwork,
  canProxy,
} from './proxy-network.ts';

const bindingsAnswer = z.object({
  bindings: z.array(z.object({ careOfAddress: z.string(), sequence: z.int() })),
});

/** Sends whole IPv6 packets. */
const SEND = `
import socket, sys
raw = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
packet = bytes.fromhex(sys.argv[1])
raw.sendto(packet, (socket.inet_ntop(socket.AF_INET6, packet[24:40]), 0))
`;
/** Answers each connection with as many octets as it asks for. */
const SERVE = `
import socket
server = socket.create_server(('::', 8080), family=socket.AF_INET6)
print('listens', flush=True)
while True:
    client, _ = server.accept()
    client.sendall(b'x' * int(client.recv(64)))
    client.close()
`;
const FETCH = `
import socket, sys
client = socket.create_connection(('${CORRESPONDENT}', 8080), 60, ('${HOME_ADDRESS}', 0))
client.settimeout(60)
client.sendall(sys.argv[1].encode())
count = 0
while True:
    part = client.recv(65536)
    if not part: break
    count += len(part)
print(count)
`;

function ip(text: string): Uint8Array {
  const address = parseAddress(text);
  if (address?.length !== 16) throw new Error(`no IPv6 address: ${text}`);
  return address;
}

/** The de-registration that the mobile node makes at a false home, relayed with a Home Address option. */
async function relayedDeregistration(file: string, sequence: number): Promise<Uint8Array> {
  const { proxy } = await readProxyFile(file);
  const { legacy } = await proxyAssociations(proxy, () => undefined);
  const [side] = legacy;
  if (side === undefined) throw new Error('no mobile node');
  const ipsec = new NodeIpsec({ random: new SeededRandom(4) });
  ipsec.addPolicies(side.policies);
  for (const association of side.associations) ipsec.add(association);
  const ends = { source: ip(HOME_ADDRESS), destination: ip(HOME_AGENT) };
  const payload = encodeMobilityHeader(
    { kind: 'binding-update', sequence, flags: 0xc000, lifetime: 0 },
    [],
    ends,
  );
  const sealed = sealedPacket(ipsec, { ...ends, protocol: 135, payload });
  if (sealed.kind === 'refused') throw new Error(sealed.reason);
  const wire = {
    source: ip(ATTACKER),
    destination: ends.destination,
    homeAddressOption: ends.source,
    type2RoutingHeader: undefined,
  };
  return encodePacket(wire, 50, sealed.bytes.slice(40), 64);
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('mip6guard gateway with as: proxy', () => {
  test('--check tells what it would be, without privileges', () => {
    const file = path.join(ROOT, 'docs/examples/gateway-proxy.yaml');
    const { code, stdout } = mip6guard(['gateway', '--config', file, '--check']);
    expect([code, stdout]).toEqual([
      0,
      'proxy of home agent 2001:db8:1::1 between eth0 and eth1: 1 mobile nodes, 8 associations\n',
    ]);
  });
});

describe.skipIf(!IS_ENDURANCE || !canProxy)(
  `a proxy in the cable of a legacy home agent (${PROXY_NEEDS})`,
  () => {
    let network: ProxyNetwork | undefined;
    afterEach(() => {
      network?.remove();
      network = undefined;
    });

    /** Bindings of a process, when it has any within a time. */
    async function binding(
      built: ProxyNetwork,
      socket: string,
    ): Promise<{ careOfAddress: string; sequence: number }> {
      for (let tries = 0; tries < 180; tries++) {
        const { code, stdout } = mip6guard(['ctl', built.file(socket), 'bindings']);
        const [first] = code === 0 ? bindingsAnswer.parse(JSON.parse(stdout)).bindings : [];
        if (first !== undefined) return first;
        await pause(500);
      }
      throw new Error(`no binding at ${socket}`);
    }

    function bindings(built: ProxyNetwork, socket: string): number {
      const { stdout } = mip6guard(['ctl', built.file(socket), 'bindings']);
      return bindingsAnswer.parse(JSON.parse(stdout)).bindings.length;
    }

    async function attack(built: ProxyNetwork, sequence: number): Promise<void> {
      const packet = await relayedDeregistration(built.file('gw.yaml'), sequence);
      const { code, text } = built.run(
        'rt',
        'python3',
        '-c',
        SEND,
        Buffer.from(packet).toString('hex'),
      );
      expect(code, text).toBe(0);
      await pause(1000);
    }

    it('without it a relayed de-registration ends the binding; with it the binding stays, and TCP and ping go on', async () => {
      const built = new ProxyNetwork();
      network = built;
      // First without: the cable is whole.
      built.bridge(true);
      await built.startNode('ha');
      const first = await built.startNode('mn');
      const before = await binding(built, 'ha.sock');
      expect(before.careOfAddress).toMatch(/^2001:db8:2:/);
      await attack(built, (before.sequence + 50) & 0xffff);
      expect(bindings(built, 'ha.sock')).toBe(0);
      first.child.kill('SIGKILL');
      await ended(first.child);
      built.bridge(false);

      const gateway = await built.startNode('gw');
      const mobile = await built.startNode('mn');
      const { sequence, careOfAddress } = await binding(built, 'proxy.sock');
      expect((await binding(built, 'ha.sock')).careOfAddress).toBe(careOfAddress);
      const ping = ['ping', '-6', '-c', '5', '-i', '0.3', '-I', HOME_ADDRESS, CORRESPONDENT];
      expect(built.run('mn', ...ping), mobile.said()).toMatchObject({ code: 0 });
      // What is not IPv6 passes by.
      expect(built.run('rt', 'ping', '-4', '-c', '2', '-i', '0.3', '192.0.2.1').code).toBe(0);
      const server = built.start('cn', 'python3', '-c', SERVE);
      await new Promise((resolve) => server.stdout.once('data', resolve));
      expect(built.run('mn', 'python3', '-c', FETCH, '1000000').text).toBe('1000000\n');

      await attack(built, (sequence + 50) & 0xffff);
      expect(bindings(built, 'ha.sock')).toBe(1);
      expect(bindings(built, 'proxy.sock')).toBe(1);
      expect(gateway.said()).toContain('binding-update-deregistration-layout');
      expect(built.run('mn', 'python3', '-c', FETCH, '200000').text).toBe('200000\n');

      // A restart that was not asked for: nothing is lost but the time between.
      gateway.child.kill('SIGKILL');
      await ended(gateway.child);
      const again = await built.startNode('gw');
      expect(bindings(built, 'proxy.sock')).toBe(1);
      expect(built.run('mn', 'python3', '-c', FETCH, '200000').text).toBe('200000\n');
      await attack(built, (sequence + 60) & 0xffff);
      expect(bindings(built, 'ha.sock')).toBe(1);

      mobile.child.kill('SIGTERM');
      expect(await ended(mobile.child), mobile.said()).toBe(0);
      expect(bindings(built, 'ha.sock')).toBe(0);
      again.child.kill('SIGTERM');
      expect(await ended(again.child), again.said()).toBe(0);
    });

    it('a home agent that is a gateway itself drops the same de-registration before it sees it, and tells the incident', async () => {
      const built = new ProxyNetwork();
      network = built;
      built.bridge(true);
      const agent = await built.startNode('guarded');
      const mobile = await built.startNode('mn');
      const { sequence } = await binding(built, 'ha.sock');
      const ping = ['ping', '-6', '-c', '5', '-i', '0.3', '-I', HOME_ADDRESS, CORRESPONDENT];
      expect(built.run('mn', ...ping), mobile.said()).toMatchObject({ code: 0 });
      const before = mip6guard(['ctl', built.file('guarded.sock'), 'drops']);
      expect(JSON.parse(before.stdout)).toMatchObject({ ok: true, mode: 'enforce', dropped: 0 });
      await attack(built, (sequence + 50) & 0xffff);
      expect(bindings(built, 'ha.sock')).toBe(1);
      const after = mip6guard(['ctl', built.file('guarded.sock'), 'drops']);
      expect(JSON.parse(after.stdout)).toMatchObject({ ok: true, dropped: 1 });
      expect(agent.said()).not.toContain('binding-removed');
      expect(built.run('mn', ...ping)).toMatchObject({ code: 0 });
      mobile.child.kill('SIGTERM');
      expect(await ended(mobile.child), mobile.said()).toBe(0);
      agent.child.kill('SIGTERM');
      expect(await ended(agent.child), agent.said()).toBe(0);
      const lines = readFileSync(built.file('eve.json'), 'utf8');
      expect(lines).toContain('"event_type":"drop"');
      expect(lines).toContain('"event_type":"incident"');
    });
  },
);
