import { existsSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askSensor, requestOf } from '../../../cli/sensor/control-client.ts';
import { CONTROL_COMMANDS, controlAnswer } from '../../../cli/sensor/control-commands.ts';
import {
  MAX_CLIENTS,
  MAX_REQUEST_OCTETS,
  serveControl,
} from '../../../cli/sensor/control-server.ts';
import type { ControlServer } from '../../../cli/sensor/control-server.ts';
import { openCaptures } from '../../../io/capture/file.ts';
import { capturedTerminal } from '../captured-terminal.ts';
import { attackOf, endSensors, startSensor } from './sensor-bench.ts';

const CAPTURES = path.join(import.meta.dirname, '../../../fixtures/captures');

let folder = '';
let file = '';
const servers: ControlServer[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-control-'));
  file = path.join(folder, 'control');
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  await endSensors();
  rmSync(folder, { recursive: true, force: true });
});

async function serve(answer: (line: string) => Promise<object>): Promise<ControlServer> {
  const server = await serveControl(file, answer);
  servers.push(server);
  return server;
}

/** What a client gets for what it sends, until the server or the client ends. */
function talk(text: string | Uint8Array, options: { isEnded?: boolean } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    let got = '';
    const socket: Socket = connect(file, () => {
      if (options.isEnded === false) socket.write(text);
      else socket.end(text);
    });
    socket.setEncoding('utf8').on('data', (chunk: string) => (got += chunk));
    socket.on('error', reject);
    socket.on('end', () => {
      resolve(got);
    });
  });
}

const echo = (line: string): Promise<object> => Promise.resolve({ line });
type Answer = Readonly<Record<string, unknown>>;

describe('the socket', () => {
  it('is for its owner alone, and goes with the sensor', async () => {
    const server = await serve(echo);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await server.close();
    expect(existsSync(file)).toBe(false);
  });

  it('answers line by line, in order, also the last one without its end', async () => {
    let turn = 0;
    await serve(async (line) => {
      // The first one takes longest.
      for (let i = 0; i < 5 - turn; i++) await Promise.resolve();
      turn++;
      return { line };
    });
    const got = await talk('1\n\n2\r\n3');
    expect(got.split('\n').filter(Boolean)).toEqual([
      '{"line":"1"}',
      '{"line":"2\\r"}',
      '{"line":"3"}',
    ]);
  });

  it('sends away who sends a line without an end', async () => {
    await serve(echo);
    const got = await talk('x'.repeat(MAX_REQUEST_OCTETS + 1), { isEnded: false });
    expect(JSON.parse(got)).toEqual({ ok: false, error: 'a line has at most 65536 octets' });
    // The next one is served.
    expect(await talk('y\n')).toBe('{"line":"y"}\n');
  });

  it('sends away who comes when there are too many', async () => {
    await serve(echo);
    const sockets = await Promise.all(
      Array.from(
        { length: MAX_CLIENTS },
        () =>
          new Promise<Socket>((resolve) => {
            const socket = connect(file);
            socket.once('data', () => {
              resolve(socket);
            });
            socket.write('hello\n');
          }),
      ),
    );
    expect(await talk('z\n')).toContain('there are 16 clients already');
    for (const socket of sockets) socket.destroy();
  });

  it('takes the place of one that a kill left behind', async () => {
    const left = createServer();
    await new Promise<void>((resolve) => left.listen(`${file}x`, resolve));
    // A socket file that nobody listens at.
    renameSync(`${file}x`, file);
    await new Promise((resolve) => left.close(resolve));
    expect(existsSync(file)).toBe(true);
    await serve(echo);
    expect(await talk('1\n')).toBe('{"line":"1"}\n');
  });

  it('takes the place neither of another sensor nor of a file', async () => {
    await serve(echo);
    await expect(serveControl(file, echo)).rejects.toThrow('another sensor listens there');
    writeFileSync(`${file}.txt`, 'mine');
    await expect(serveControl(`${file}.txt`, echo)).rejects.toThrow('something else is there');
    await expect(serveControl(path.join(folder, 'none', 'x'), echo)).rejects.toThrow(/--control/);
  });
});

describe('commands', () => {
  async function asker(): Promise<{
    ask: (request: object) => Promise<Answer>;
    running: Awaited<ReturnType<typeof startSensor>>;
  }> {
    const running = await startSensor();
    const ask = async (request: object): Promise<Answer> => ({
      ...(await controlAnswer(running.sensor, JSON.stringify(request))),
    });
    return { ask, running };
  }

  it('tell how the sensor is', async () => {
    const { ask, running } = await asker();
    const { source } = running;
    source.give(attackOf(1), 0);
    source.give(attackOf(1), 1);
    const [counts] = source.counts;
    if (counts !== undefined) Object.assign(counts, { received: 5, dropped: 2, fault: 'down' });
    const status = await ask({ command: 'status' });
    expect(status).toMatchObject({
      ok: true,
      version: '9.9.9',
      healthy: false,
      troubles: ['eth0: down'],
      packets: 2,
      drops: { kernel: 2, interface: 0 },
      alerts: {
        total: 1,
        by_rule: [{ rule: 'MIP6-1009', severity: 'high', count: 1 }],
        recent: [{ alert_id: 1, rule: 'MIP6-1009', count: 2 }],
      },
      overload: 'none',
      interfaces: [{ name: 'eth0', state: 'down' }],
      eve: { lines: 2, lost: 0 },
    });
  });

  it('mute, list and unmute', async () => {
    const { ask, running } = await asker();
    const muted = await ask({ command: 'mute', rules: ['MIP6-1009'], for: '2h', reason: 'test' });
    expect(muted).toMatchObject({
      ok: true,
      mute: {
        id: 1,
        rules: ['MIP6-1009'],
        reason: 'test',
        since: '2023-11-14T22:13:20.000Z',
        until: '2023-11-15T00:13:20.000Z',
      },
    });
    running.source.give(attackOf(1), 0);
    expect(running.sensor.observer.told).toBe(0);
    expect(await ask({ command: 'mutes' })).toMatchObject({ mutes: [{ id: 1, alerts: 1 }] });
    expect(await ask({ command: 'unmute', id: 1 })).toMatchObject({ ended: [{ id: 1 }] });
    expect(await ask({ command: 'mutes' })).toMatchObject({ mutes: [] });
    await ask({ command: 'mute', address: '2001:db8:66::/48' });
    expect(await ask({ command: 'unmute', all: true })).toMatchObject({ ended: [{ id: 2 }] });
  });

  it('mute what concerns an address alone', async () => {
    const { ask, running } = await asker();
    await ask({ command: 'mute', rules: 'MIP6-1009', address: '2001:db8:66::7' });
    for (const sender of [6, 7, 8]) running.source.give(attackOf(sender), sender);
    expect(running.sensor.observer.told).toBe(2);
    expect(running.sensor.mutes.held).toBe(1);
  });

  it('show bindings, some of them, and how many there are', async () => {
    const { ask, running } = await asker();
    const { source } = await openCaptures([path.join(CAPTURES, 'relay-attack.pcapng')]);
    await source.run((record) => {
      running.source.giveRecord(record);
    });
    const all = await ask({ command: 'dump-bindings' });
    const bindings = all['bindings'] as { home_address: string; phase: string }[];
    expect(bindings.length).toBeGreaterThan(0);
    expect(all['total']).toBe(bindings.length);
    const [first] = bindings;
    const { home_address = '', phase = '' } = first ?? {};
    const some = await ask({ command: 'dump-bindings', home_address, phase, limit: 1 });
    expect(some).toMatchObject({ bindings: [{ home_address, phase }] });
    expect(await ask({ command: 'dump-bindings', home_address: '2001:db8:f::1' })).toMatchObject({
      total: 0,
      bindings: [],
    });
  });

  it('load the configuration again and tell what changed', async () => {
    const { ask, running } = await asker();
    expect(await ask({ command: 'reload' })).toMatchObject({
      ok: true,
      rules: { added: [], removed: [], changed: [] },
      keys: { state: 'unchanged' },
    });
    expect(running.sensor.reloads.ok).toBe(1);
  });

  it('are listed by help', async () => {
    const { ask } = await asker();
    const { commands } = await ask({ command: 'help' });
    expect(Object.keys(commands as object)).toEqual(CONTROL_COMMANDS);
  });

  it.each<[string, string, string]>([
    ['no JSON', 'status', 'no JSON'],
    ['a list', '[]', 'an object was expected'],
    ['null', 'null', 'an object was expected'],
    ['no command', '{}', '"command" is missing'],
    ['a misspelt one', '{"command":"staus"}', 'did you mean status?'],
    ['one that objects have', '{"command":"constructor"}', 'no such command'],
    ['something more', '{"command":"status","x":1}', 'x'],
    ['nothing to mute', '{"command":"mute"}', 'name rules or an address'],
    ['an unknown rule', '{"command":"mute","rules":["MIP6-109"]}', 'did you mean MIP6-1'],
    ['a wrong time', '{"command":"mute","rules":"MIP6-1009","for":"soon"}', 'for: a number and'],
    ['too long a time', '{"command":"mute","rules":"MIP6-1009","for":"91d"}', 'at most 90d'],
    ['a wrong address', '{"command":"mute","address":"here"}', 'an IPv6 address or prefix'],
    ['no mute of that number', '{"command":"unmute","id":7}', 'there is no mute 7'],
    ['a wrong home address', '{"command":"dump-bindings","home_address":"10.0.0.1"}', 'IPv6'],
    ['too many bindings', '{"command":"dump-bindings","limit":1000000}', 'limit'],
  ])('say what is wrong with %s', async (_, line, message) => {
    const { sensor } = await startSensor();
    const answer = await controlAnswer(sensor, line);
    expect(answer).toMatchObject({ ok: false });
    expect(JSON.stringify(answer)).toContain(JSON.stringify(message).slice(1, -1));
  });

  it('survive anything that is sent', async () => {
    const { sensor } = await startSensor();
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc
            .record({
              command: fc.constantFrom(...CONTROL_COMMANDS),
              id: fc.anything(),
              rules: fc.anything(),
              limit: fc.anything(),
            })
            .map((value) => JSON.stringify(value)),
        ),
        async (line) => {
          const answer = await controlAnswer(sensor, line);
          expect(typeof JSON.parse(JSON.stringify(answer))).toBe('object');
          expect('ok' in answer).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('the client', () => {
  it('makes a request of words, sends it and shows the answer', async () => {
    expect(requestOf('mute', ['rules=MIP6-1106,MIP6-1108', 'reason=a=b'])).toEqual({
      command: 'mute',
      rules: ['MIP6-1106', 'MIP6-1108'],
      reason: 'a=b',
    });
    expect(() => requestOf('mute', ['MIP6-1106'])).toThrow('name=value was expected');
    const { sensor } = await startSensor();
    await serve((line) => controlAnswer(sensor, line));
    const terminal = capturedTerminal();
    expect(await askSensor(file, requestOf('mutes', []), terminal)).toBe(0);
    expect(terminal.written.out).toBe('{"ok":true,"command":"mutes","mutes":[]}\n');
    expect(await askSensor(file, requestOf('unmute', ['id=3']), terminal)).toBe(2);
  });

  it('says that nobody answers', async () => {
    const asked = askSensor(file, { command: 'status' }, capturedTerminal());
    await expect(asked).rejects.toMatchObject({ exitCode: 4 });
  });
});
