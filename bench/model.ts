/**
 * `npm run bench:model`: what the terminal UI waits for, on a large file. Loading, first lines, jumps while it loads and
 * afterwards, filters, and memory for 100,000 packets of the list.
 *
 * Options: `--packets N` (1000000), `--directory DIR` (the system's temporary one), `--plain` (also a filter that needs
 * the values of every packet). With `--expose-gc`: memory of the list is what the model takes beyond an engine alone.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openLocalModel } from '../cli/model/open-local.ts';
import { RemoteModel, openRemoteModel } from '../cli/model/remote-model.ts';
import { prepareSession } from '../cli/session.ts';
import { processTerminal } from '../cli/terminal.ts';
import { Engine } from '../engine/pipeline.ts';
import type { PacketModel } from '../engine/views/model/index.ts';
import { generateLarge } from './generate-large.ts';

const { values } = parseArgs({
  options: {
    packets: { type: 'string', default: '1000000' },
    directory: { type: 'string', default: join(tmpdir(), 'mip6guard-bench') },
    plain: { type: 'boolean', default: false },
  },
});

const count = Number(values.packets);
/** Lines of a screen. */
const LINES = 50;
/** Milliseconds between two jumps. */
const REST = 50;
const FILTERS = ['mip6', 'mip6.mhtype == 5', 'esp.spi and ipv6.addr == 2001:db8::/32'];

mkdirSync(values.directory, { recursive: true });
const { capture, keys } = generateLarge(join(values.directory, `mixed-${count}.pcap`), count);
const options = { inputs: [capture], keys: [keys] };
const terminal = { ...processTerminal(), say: () => undefined };

/** MiB of objects and arrays in use. */
function inUse(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 2 ** 20;
}

function print(name: string, text: string): void {
  process.stdout.write(`${name.padEnd(44)} ${text}\n`);
}

function spread(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(share * sorted.length)] ?? 0).toFixed(1);
  return `median ${at(0.5)}  p95 ${at(0.95)}  max ${(sorted.at(-1) ?? 0).toFixed(1)} ms (${sorted.length})`;
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(2)} s`;
}

const rest = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });

/** MiB in use by an engine that has seen the file. */
async function engineAlone(): Promise<number> {
  const session = await prepareSession({ ...options, recursive: false, workers: 1 }, terminal);
  const { source } = session.captures;
  const { inputs, interfaces } = source;
  const engine = new Engine({ ...session, inputs, interfaces });
  const start = performance.now();
  await source.run((record) => {
    engine.feed(record);
  });
  print('engine alone', seconds(start));
  const used = inUse();
  engine.finish();
  return used;
}

/** Milliseconds of a jump to a random place: its lines and the tree of one of them. */
async function jump(model: PacketModel): Promise<number> {
  const start = performance.now();
  const [row] = await model.rows(Math.floor(Math.random() * model.status.shown), LINES);
  if (row !== undefined) await model.detail(row.packet);
  return performance.now() - start;
}

/** Jumps until the model is as wanted. */
async function jumpsUntil(model: PacketModel, isDone: () => boolean): Promise<number[]> {
  const times: number[] = [];
  while (!isDone()) {
    if (model.status.shown > 0) times.push(await jump(model));
    await rest(REST);
  }
  return times;
}

async function run(open: () => Promise<PacketModel>): Promise<PacketModel> {
  const start = performance.now();
  const model = await open();
  model.subscribe(() => undefined);
  print('  opened', seconds(start));
  while (model.status.packets < LINES) await rest(5);
  await model.rows(0, LINES);
  print('  first lines', seconds(start));
  const times = await jumpsUntil(model, () => model.status.phase !== 'loading');
  print('  loaded and indexed', seconds(start));
  print('  jumps while it loads', spread(times));
  const after: number[] = [];
  for (let i = 0; i < 100; i++) after.push(await jump(model));
  print('  jumps afterwards', spread(after));
  for (const filter of FILTERS) {
    const began = performance.now();
    await model.setFilter(filter);
    await jumpsUntil(model, () => !model.status.isFiltering);
    print(`  filter ${filter}`, `${model.status.shown} packets, ${seconds(began)}`);
  }
  await model.setFilter('');
  return model;
}

const alone = await engineAlone();
print('model in this process', '');
const local = await run(() => openLocalModel(options, terminal));
const perPackets = (mebibytes: number): string =>
  `${((mebibytes * 100_000) / count).toFixed(1)} MiB for 100,000 packets`;
if (globalThis.gc !== undefined) print('  memory of the list', perPackets(inUse() - alone));
if (values.plain) {
  const began = performance.now();
  await local.setFilter('tcp.port == 80');
  const times = await jumpsUntil(local, () => !local.status.isFiltering);
  print('  filter tcp.port == 80', `${local.status.shown} packets, ${seconds(began)}`);
  print('  jumps meanwhile', spread(times));
  if (globalThis.gc !== undefined) print('  memory of the list', perPackets(inUse() - alone));
}
await local.close();

print('model in a process of its own', '');
const host = join(import.meta.dirname, '../cli/model/host.js');
const remote = await run(() => openRemoteModel(options, terminal, host));
if (remote instanceof RemoteModel) {
  const status = readFileSync(`/proc/${remote.pid ?? 0}/status`, 'latin1');
  const resident = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  print('  resident memory of the process', `${resident.toFixed(0)} MiB`);
}
await remote.close();
