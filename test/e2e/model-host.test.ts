import { spawn } from 'node:child_process';
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openLocalModel } from '../../cli/model/open-local.ts';
import type { ModelOptions } from '../../cli/model/open-local.ts';
import { openRemoteModel } from '../../cli/model/remote-model.ts';
import type { RemoteModel } from '../../cli/model/remote-model.ts';
import type { ViewName } from '../../engine/views/model/index.ts';
import { bundled, quietTerminal, settled, statusWhen } from '../cli/model/models.ts';
import { PATIENCE } from '../patience.ts';
import { ROOT } from './command.ts';

/** As the command starts it. */
const HOST = path.join(ROOT, 'dist/program/cli/host.js');
const RELAY = bundled('relay-attack.pcapng');

async function remote(options: ModelOptions, said: string[] = []): Promise<RemoteModel> {
  const model = await openRemoteModel(options, quietTerminal(said), HOST);
  onTestFinished(() => model.close());
  return model;
}

/** Whether a process runs. */
function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a model in a process of its own', () => {
  it('answers as one in this process', async () => {
    const own = await openLocalModel(RELAY, quietTerminal());
    onTestFinished(() => own.close());
    await settled(own);
    const model = await remote(RELAY);
    await statusWhen(model, ({ phase }) => phase === 'complete');
    const { versions, ...status } = model.status;
    expect({ ...own.status, versions }).toEqual({ ...status, versions });
    expect(await model.rows(0, 1000)).toEqual(await own.rows(0, 1000));
    for (const packet of [0, 13, 69, 88]) {
      const [there, here] = [await model.detail(packet), await own.detail(packet)];
      expect(there).toEqual(here);
      expect(there?.sources[0]?.bytes).toBeInstanceOf(Uint8Array);
    }
    expect(await model.detail(4000)).toBeUndefined();
    expect(await model.setFilter('mip6.mhtype == 5')).toEqual({ ok: true, matched: 6 });
    expect(await model.lineOf(10)).toBe(1);
    expect(await model.packetOf(70)).toBe(69);
    expect(model.checkFilter('mip6.')).toEqual(own.checkFilter('mip6.'));
    expect(await model.setFilter('nothing')).toMatchObject({ ok: false });
    expect(await model.setFilter('')).toMatchObject({ ok: true });
    expect(await model.valuesOf('mip6.mhtype', '', 5)).toEqual(['5', '6']);
    const octets = Uint8Array.of(59, 1, 6, 0);
    expect(await model.search({ kind: 'hex', octets }, 0, false)).toBe(13);
    const names: ViewName[] = ['bindings', 'associations', 'routability', 'incidents', 'topology'];
    for (const name of names) expect(await model.view(name)).toEqual(await own.view(name));
    const subject = { kind: 'incident', incident: 1 } as const;
    expect(await model.ladder(subject)).toEqual(await own.ladder(subject));
    await model.mute({ rule: 'MIP6-1101', until: Date.now() + 60_000 });
    await statusWhen(model, ({ alerts }) => alerts.critical === 5);
    await model.setCapturing(false);
    await expect(model.write('/no/such/place.pcapng', { kind: 'all' })).rejects.toThrow('cannot');
  });

  it('tells what cannot be opened as a model in this process does', async () => {
    const wrong: ModelOptions[] = [
      { inputs: ['no-such-file.pcap'] },
      { ...RELAY, config: 'no-site.yaml' },
      { ...RELAY, keys: ['no-keys'] },
      { ...RELAY, filter: 'mip6.mhtype = 5' },
      { capture: { interfaces: ['no-such-interface'] } },
    ];
    for (const options of wrong) {
      const here = await openLocalModel(options, quietTerminal()).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(here).toBeInstanceOf(Error);
      const { message, exitCode } = Object.assign({ message: '', exitCode: -1 }, here, {
        message: here instanceof Error ? here.message : '',
      });
      await expect(remote(options)).rejects.toMatchObject({ message, exitCode });
    }
  });

  it('fails with the reason when its process is killed', async () => {
    const model = await remote(RELAY);
    const waiting = model.search({ kind: 'text', text: 'not there' }, 0, false);
    process.kill(model.pid ?? 0, 'SIGKILL');
    await expect(Promise.all([waiting, model.rows(0, 1), model.view('log')])).rejects.toThrow();
    const { failure } = await statusWhen(model, ({ phase }) => phase === 'failed');
    expect(failure).toContain('SIGKILL');
    await expect(model.rows(0, 1)).rejects.toThrow('SIGKILL');
  });

  it('ends its process when it is closed', async () => {
    const model = await remote(RELAY);
    const pid = model.pid ?? 0;
    expect(runs(pid)).toBe(true);
    await model.close();
    expect(runs(pid)).toBe(false);
    await expect(model.rows(0, 1)).rejects.toThrow('closed');
  });

  it('does not outlive who started it', async () => {
    const script = `
      import { openRemoteModel } from ${JSON.stringify(path.join(ROOT, 'dist/cli/model/remote-model.js'))};
      const terminal = { say() {}, sayRaw() {} };
      const model = await openRemoteModel(${JSON.stringify(RELAY)}, terminal, ${JSON.stringify(HOST)});
      console.log(model.pid);
      process.kill(process.pid, 'SIGKILL');`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script]);
    let said = '';
    parent.stdout.on('data', (text: Buffer) => {
      said += text.toString();
    });
    await new Promise((resolve) => parent.once('close', resolve));
    const pid = Number(said);
    expect(pid).toBeGreaterThan(1);
    await expect.poll(() => runs(pid), { timeout: PATIENCE }).toBe(false);
  });

  it('reads standard input of who started it', async () => {
    const script = `
      import { openRemoteModel } from ${JSON.stringify(path.join(ROOT, 'dist/cli/model/remote-model.js'))};
      const terminal = { say() {}, sayRaw() {} };
      const model = await openRemoteModel({ inputs: ['-'] }, terminal, ${JSON.stringify(HOST)});
      while (model.status.phase !== 'complete') await new Promise((r) => model.subscribe(r));
      const detail = await model.detail(70);
      console.log(model.status.packets, detail.row.number);
      await model.close();`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script]);
    let said = '';
    parent.stdout.on('data', (text: Buffer) => {
      said += text.toString();
    });
    createReadStream(RELAY.inputs?.[0] ?? '').pipe(parent.stdin);
    await new Promise((resolve) => parent.once('close', resolve));
    expect(said).toBe('89 71\n');
  });
});
