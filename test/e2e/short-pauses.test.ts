/**
 * The process of a gateway: started with flags that keep its pauses short, and the same process for whoever started it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { SHORT_PAUSES } from '../../cli/gateway/short-pauses.ts';
import { MAIN, environment } from './command.ts';

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
    const seen = async (): Promise<string> => {
      for (let i = 0; i < 400; i++) {
        const line = readFileSync(`/proc/${child.pid ?? 0}/cmdline`, 'latin1');
        if (SHORT_PAUSES.every((flag) => line.includes(flag))) return line;
        await wait(25);
      }
      return 'never';
    };
    expect((await seen()).split('\0').slice(1 + SHORT_PAUSES.length, -1)).toEqual([
      MAIN,
      'gateway',
      '--config',
      config,
      '--check',
    ]);
    writeFileSync(config, 'nonsense: [\n');
    expect(await ended).toEqual([2, null]);
    expect(said).toContain('gw.yaml');
  });
});
