/**
 * `npm run soak`: a sensor on a link with mixed traffic for a long time, in a network namespace made for it. Shows CPU time
 * and memory over the run; ends with 1 when one of them grows.
 *
 * Options: `--minutes N` (5), `--rate N` packets a second (1500), `--tolerance N` per cent (25). Needs root, unshare, ip and
 * the package pcap; without one of them it says so and ends with 4.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { MixedTraffic } from './mixed-traffic.ts';
import { frameSender, runWithLink } from './one-link.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    rate: { type: 'string', default: '1500' },
    tolerance: { type: 'string', default: '25' },
    inside: { type: 'boolean', default: false },
    send: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.minutes) * 60;
const rate = Number(values.rate);
const tolerance = Number(values.tolerance) / 100;
const SELF = fileURLToPath(import.meta.url);
const MAIN = path.join(path.dirname(SELF), '../cli/main.js');
/** Clock ticks a second in /proc/PID/stat. */
const TICKS = 100;
/** The first part of the run does not count: code is compiled, tables fill. */
const WARM_UP = 0.3;
/** Few enough that tables are full after the warm-up: what grows then grows for ever. */
const POPULATION = { nodes: 1024, hosts: 512, servers: 16 };
/** Packets that are put on the link in one go. */
const BURST = 15;

/** Sends mixed traffic until it is ended. */
async function send(): Promise<void> {
  const inject = frameSender();
  const traffic = new MixedTraffic(POPULATION);
  const start = performance.now();
  for (let sent = 0; ; sent += BURST) {
    for (let i = 0; i < BURST; i++) inject(Buffer.from(traffic.next()));
    await wait(Math.max(0, start + ((sent + BURST) * 1000) / rate - performance.now()));
  }
}

/** CPU seconds and resident MiB of a process so far. */
function usage(pid: number): { readonly cpu: number; readonly memory: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /, '')
    .split(' ');
  const resident = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return {
    cpu: (Number(fields[11]) + Number(fields[12])) / TICKS,
    memory: Number(resident?.[1] ?? 0) / 1024,
  };
}

const mean = (list: readonly number[]): number =>
  list.reduce((sum, each) => sum + each, 0) / Math.max(1, list.length);

/** How much the mean of the last third of what counts lies above that of its first third; 0.1 = 10 %. */
function growth(list: readonly number[]): number {
  const counted = list.slice(Math.floor(list.length * WARM_UP));
  const third = Math.max(1, Math.floor(counted.length / 3));
  return mean(counted.slice(-third)) / mean(counted.slice(0, third)) - 1;
}

async function run(sensor: ChildProcess, sender: ChildProcess): Promise<boolean> {
  const pid = sensor.pid ?? 0;
  const interval = Math.max(2, seconds / 60);
  const shares: number[] = [];
  const memories: number[] = [];
  let before = usage(pid);
  const begin = performance.now();
  let last = begin;
  while (performance.now() - begin < seconds * 1000) {
    await wait(interval * 1000);
    if (sensor.exitCode !== null || sender.exitCode !== null) {
      console.log('the sensor or the sender has ended');
      return false;
    }
    const now = usage(pid);
    const at = performance.now();
    shares.push((100 * (now.cpu - before.cpu) * 1000) / (at - last));
    memories.push(now.memory);
    console.log(
      `${Math.round((at - begin) / 1000)} s: ${(shares.at(-1) ?? 0).toFixed(1)} % of a core, ${now.memory.toFixed(0)} MiB`,
    );
    before = now;
    last = at;
  }
  const cpu = growth(shares);
  const memory = growth(memories);
  console.log(
    `${rate} packets a second for ${values.minutes} minutes: CPU ${mean(shares).toFixed(1)} % of a core, last third against first ${(100 * cpu).toFixed(1)} %; ` +
      `memory at most ${Math.max(...memories).toFixed(0)} MiB, last third against first ${(100 * memory).toFixed(1)} %`,
  );
  return cpu <= tolerance && memory <= tolerance;
}

async function inside(): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-soak-'));
  const eve = path.join(folder, 'eve.json');
  const sensor = spawn(
    process.execPath,
    [MAIN, 'sensor', '-i', 'tap', '--eve', eve, '--db', path.join(folder, 'runs.db')],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const sender = spawn(process.execPath, [SELF, ...process.argv.slice(2), '--send'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let isFlat = false;
  try {
    await wait(2000);
    isFlat = await run(sensor, sender);
  } finally {
    sender.kill('SIGKILL');
    sensor.kill('SIGTERM');
    if (sensor.exitCode === null) await once(sensor, 'exit');
    console.log(
      `${statSync(eve).size} octets of EVE, sensor ended with ${sensor.exitCode ?? 'a signal'}`,
    );
    rmSync(folder, { recursive: true });
  }
  process.exitCode = isFlat && sensor.exitCode === 0 ? 0 : 1;
}

if (values.send) await send();
else if (values.inside) await inside();
else process.exitCode = runWithLink(SELF, ['--inside', ...process.argv.slice(2)]);
