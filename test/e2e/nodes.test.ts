import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { MAIN, ROOT, mip6guard } from './command.ts';
import { INTERFACE, MACHINE, NodeNetwork, canRunNodes, ended } from './node-network.ts';

const NODE = '2001:db8:9::5';
const example = (name: string): string => path.join(ROOT, 'docs/examples', name);

/** Answers each connection with what it was sent. */
const ECHO = `
import socket
server = socket.create_server(('::', 8080), family=socket.AF_INET6)
print('listens', flush=True)
while True:
    client, _ = server.accept()
    client.sendall(client.recv(1024).upper())
    client.close()
`;
const ASK = `
import socket
client = socket.create_connection(('${NODE}', 8080), 5)
client.sendall(b'hello')
print(client.recv(1024).decode())
`;
/** As if the package were not installed. */
const WITHOUT_KOFFI = `
const { Module } = require('node:module');
const resolve = Module._resolveFilename;
Module._resolveFilename = function (name, ...rest) {
  if (name === 'koffi') throw Object.assign(new Error("Cannot find module 'koffi'"), { code: 'MODULE_NOT_FOUND' });
  return resolve.call(this, name, ...rest);
};
`;

describe('mip6guard config', () => {
  test('check tells what a node would be', () => {
    const { code, stdout, stderr } = mip6guard(['config', 'check', example('cn.yaml')]);
    expect([code, stdout, stderr]).toEqual([
      0,
      'correspondent-node on eth0: 0 home addresses, 0 associations\n',
      '',
    ]);
  });

  test('check ends with 2 and all problems when the configuration cannot be used', () => {
    const { code, stderr } = mip6guard(['config', 'check', example('node-keys.yaml')]);
    expect(code).toBe(2);
    expect(stderr).toContain('node-keys.yaml:3:1: associations: unknown key');
    expect(stderr).toContain('role: missing: expected one of');
  });

  test('schema prints the schema', () => {
    const { code, stdout } = mip6guard(['config', 'schema']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ title: 'Configuration of a mip6guard node' });
  });

  test('import ends with 2 and a place when the file cannot be read', () => {
    const { code, stderr } = mip6guard(['config', 'import', example('cn.yaml')]);
    expect(code).toBe(2);
    expect(stderr).toMatch(/cn\.yaml:\d+:\d+: /);
  });

  test('ctl ends with 4 when nobody answers, and says whose socket it wants', () => {
    const { code, stderr } = mip6guard(['ctl', 'no-such.sock', 'status']);
    expect(code).toBe(4);
    expect(stderr).toContain('no answer from a node or gateway at no-such.sock');
    expect(stderr).toContain('control: in its configuration');
  });

  test('a node without configuration ends with 2', () => {
    const { code, stderr } = mip6guard(['cn', '--config', 'no-such.yaml']);
    expect(code).toBe(2);
    expect(stderr).toContain('no-such.yaml');
  });
});

describe.skipIf(!canRunNodes)('mip6guard cn (needs root, koffi, ping and python3)', () => {
  let network: NodeNetwork;
  let file = '';
  const configuration = (on: string): string => `version: 1
role: correspondent-node
links: [{ interface: ${on}, addresses: ["${NODE}/64"] }]
tun: { name: mip0, routes: ["2001:db8:9::/64"] }
control: cn.sock
runDirectory: run
`;
  beforeAll(() => {
    network = new NodeNetwork();
    file = network.write('cn.yaml', configuration(INTERFACE));
  });
  afterAll(() => {
    network.remove();
  });

  it('answers ping, serves TCP through its device, says what it is, and puts everything back', async () => {
    expect(network.setting('disable_ipv6')).toBe('0');
    const before = network.addresses();
    expect(before).toContain('2001:db8:7::7/64');
    const { child, said } = await network.startNode(file);
    expect(network.setting('disable_ipv6')).toBe('1');
    const { code, stdout } = network.run('machine', ['ping', '-6', '-c', '6', '-i', '0.5', NODE]);
    expect(code, stdout).toBe(0);

    const server = network.start('node', ['python3', '-c', ECHO]);
    await new Promise((resolve) => server.stdout.once('data', resolve));
    expect(network.run('machine', ['python3', '-c', ASK]).stdout).toBe('HELLO\n');
    server.kill('SIGKILL');

    const socket = path.join(network.folder, 'cn.sock');
    const status = mip6guard(['ctl', socket, 'status']);
    expect(status.code).toBe(0);
    expect(JSON.parse(status.stdout)).toMatchObject({
      ok: true,
      role: 'correspondent-node',
      links: [{ interface: INTERFACE, isUp: true }],
    });
    expect(mip6guard(['ctl', socket, 'refresh']).code).toBe(2);
    expect(mip6guard(['ctl', socket, 'nonsense']).stdout).toContain('unknown command');

    child.kill('SIGTERM');
    expect(await ended(child), said()).toBe(0);
    expect(network.setting('disable_ipv6')).toBe('0');
    expect(network.addresses()).toContain('2001:db8:7::7/64');
    expect(network.run('node', ['ip', 'link', 'show', 'mip0']).code).not.toBe(0);
    expect(existsSync(socket)).toBe(false);
  });

  it('puts back at its next start what a kill has left', async () => {
    const first = await network.startNode(file);
    first.child.kill('SIGKILL');
    await ended(first.child);
    expect(network.setting('disable_ipv6')).toBe('1');
    const second = await network.startNode(file);
    expect(second.said()).toMatch(/put back \d+ changes that an earlier process had left/);
    second.child.kill('SIGTERM');
    expect(await ended(second.child)).toBe(0);
    expect(network.setting('disable_ipv6')).toBe('0');
    expect(network.addresses()).toContain('2001:db8:7::7/64');
  });

  it('names the interface that was meant, and ends with 2', () => {
    const wrong = network.write('wrong.yaml', configuration('wire1'));
    const { code, stderr } = network.run('node', [process.execPath, MAIN, 'cn', '-c', wrong]);
    expect(code).toBe(2);
    expect(stderr).toContain(`Did you mean ${INTERFACE}?`);
  });

  it('says what to do without privileges, and ends with 4', () => {
    const open = network.write(
      'open.yaml',
      configuration(INTERFACE).replace('runDirectory: run', 'runDirectory: /dev/shm'),
    );
    network.run('node', ['chmod', '-R', 'a+rX', network.folder]);
    const as = [
      'setpriv',
      '--reuid=65534',
      '--clear-groups',
      '--inh-caps=-all',
      '--bounding-set=-all',
    ];
    const command = [process.execPath, MAIN, 'cn', '-c', open];
    const { code, stderr } = network.run('node', [...as, ...command]);
    expect(code, stderr).toBe(4);
    expect(stderr).toContain(
      'Run it as root, or in a systemd unit with AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW.',
    );
  });

  it('runs as a user of its own with the two capabilities of the unit of systemd', async () => {
    const text = configuration(INTERFACE).replace('cn.sock', 'own.sock');
    const own = network.write('own.yaml', text.replace('runDirectory: run', 'runDirectory: own'));
    network.run('node', ['chmod', 'a+rwx', network.folder]);
    const only = '-all,+net_admin,+net_raw';
    const { child } = await network.startNode(own, [
      ...['setpriv', '--reuid=65534', '--clear-groups', '--no-new-privs'],
      ...[`--inh-caps=${only}`, `--ambient-caps=${only}`, `--bounding-set=${only}`],
    ]);
    expect(network.setting('disable_ipv6')).toBe('1');
    // The first ones meet an address that duplicate address detection is at.
    expect(network.run('machine', ['ping', '-6', '-c', '6', '-i', '0.5', NODE]).code).toBe(0);
    child.kill('SIGTERM');
    expect(await ended(child)).toBe(0);
    expect(network.setting('disable_ipv6')).toBe('0');
    expect(network.addresses()).toContain('2001:db8:7::7/64');
  });

  it('says which package is missing, and ends with 4', () => {
    const preload = network.write('without-koffi.cjs', WITHOUT_KOFFI);
    const { code, stderr } = network.run('node', [process.execPath, MAIN, 'cn', '-c', file], {
      NODE_OPTIONS: `--require=${preload}`,
    });
    expect(code).toBe(4);
    expect(stderr).toContain('npm install --no-save koffi@');
    expect(network.setting('disable_ipv6')).toBe('0');
  });

  it('is not reached any more when it has ended: the machine above was no other', () => {
    expect(network.run('machine', ['ping', '-6', '-c', '1', '-W', '1', NODE]).code).not.toBe(0);
    expect(network.run('machine', ['ping', '-6', '-c', '1', '-W', '1', MACHINE]).code).toBe(0);
  });
});
