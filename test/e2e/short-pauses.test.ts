/**
 * The process of a gateway: started with flags that keep its pauses short, and the same process for whoever started it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SHORT_PAUSES } from '../../cli/gateway/short-pauses.ts';
import { PATIENCE } from '../patience.ts';
import { MAIN, environment } from './command.ts';
import { hasKoffi } from './wire-link.ts';

const WAIT = { timeout: PATIENCE, interval: 25 };

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Priorities of all threads of a process, each once. */
function nicenesses(pid: number): string[] {
  const threads = readdirSync(`/proc/${pid}/task`);
  const fields = threads.map((thread) =>
    // The name of a program may have spaces in it.
    readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1')
      .replace(/^.*\) /, '')
      .split(' '),
  );
  return [...new Set(fields.map((each) => each[16] ?? ''))];
}

const canRestart = hasKoffi && process.platform === 'linux';

describe('the process of a gateway', () => {
  it.skipIf(!canRestart)('keeps number, standard streams and exit code (needs koffi)', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-pauses-'));
    folders.push(folder);
    const config = path.join(folder, 'gw.yaml');
    // It waits for its configuration, and can be looked at meanwhile.
    expect(spawnSync('mkfifo', [config]).status).toBe(0);
    const child = spawn(process.execPath, [MAIN, 'gateway', '--config', config, '--check'], {
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const ended = once(child, 'close');
    const pid = child.pid ?? 0;
    const commandLine = (): string => readFileSync(`/proc/${pid}/cmdline`, 'latin1');
    await vi.waitUntil(() => SHORT_PAUSES.every((flag) => commandLine().includes(flag)), WAIT);
    expect(
      commandLine()
        .split('\0')
        .slice(1 + SHORT_PAUSES.length, -1),
    ).toEqual([MAIN, 'gateway', '--config', config, '--check']);
    // Whoever may not change priorities keeps those it has.
    if (process.getuid?.() === 0) {
      await vi.waitUntil(() => String(nicenesses(pid)) === '-10', WAIT);
    }
    writeFileSync(config, 'nonsense: [\n');
    expect(await ended).toEqual([2, null]);
    expect(said).toContain('gw.yaml');
  });

  it('lives through full collections with its flags', () => {
    // Some flags of this kind end Node.js when memory is looked at whole, which a gateway does once a minute.
    const program = `const live = new Map();
      for (let i = 0; i < 600_000; i++) live.set(i % 60_000, { octets: new Uint8Array(200), rest: [i, 'x' + i] });`;
    const flags = [...SHORT_PAUSES, '--initial-old-space-size=8', '--trace-gc'];
    const { status, stdout } = spawnSync(process.execPath, [...flags, '-e', program], {
      encoding: 'utf8',
    });
    expect(status).toBe(0);
    expect(stdout.match(/Mark-Compact/g)?.length).toBeGreaterThan(2);
  });
});
