/**
 * The process of a gateway: started with flags that keep its pauses short, and the same process for whoever started it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SHORT_PAUSES } from '../../cli/gateway/short-pauses.ts';
import { MAIN, environment } from './command.ts';

const PATIENCE = { timeout: 60_000, interval: 25 };

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function hasKoffi(): boolean {
  try {
    createRequire(import.meta.url).resolve('koffi');
    return process.platform === 'linux';
  } catch {
    return false;
  }
}

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

describe('the process of a gateway', () => {
  it.skipIf(!hasKoffi())('keeps number, standard streams and exit code (needs koffi)', async () => {
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
    await vi.waitUntil(() => SHORT_PAUSES.every((flag) => commandLine().includes(flag)), PATIENCE);
    expect(
      commandLine()
        .split('\0')
        .slice(1 + SHORT_PAUSES.length, -1),
    ).toEqual([MAIN, 'gateway', '--config', config, '--check']);
    // Whoever may not change priorities keeps those it has.
    if (process.getuid?.() === 0) {
      await vi.waitUntil(() => String(nicenesses(pid)) === '-10', PATIENCE);
    }
    writeFileSync(config, 'nonsense: [\n');
    expect(await ended).toEqual([2, null]);
    expect(said).toContain('gw.yaml');
  });
});
