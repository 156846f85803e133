/**
 * `npm run bench:model`: what the terminal UI waits for, on a large file. Loading, first lines, jumps while it loads and
 * afterwards, pages one after another, filters, and memory for 100,000 packets of the list. Of the longest waits it says
 * what they waited for: the model's work, a core for it (others use the machine), or others (disk, messages).
 *
 * Options: `--packets N` (1000000), `--directory DIR` (the system's temporary one), `--plain` (also a filter that needs
 * the values of every packet), `--typing` (also a run in which filters are typed while it loads), `--cold` (files are
 * not in the memory of the system when a run begins; needs root), `--remote` (only the model in a process of its own).
 * With `--expose-gc`: memory of the list is what the model takes beyond an engine alone.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
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
import { Waits } from './waits.ts';

const { values } = parseArgs({
  options: {
    packets: { type: 'string', default: '1000000' },
    directory: { type: 'string', default: join(tmpdir(), 'mip6guard-bench') },
    plain: { type: 'boolean', default: false },
    typing: { type: 'boolean', default: false },
    cold: { type: 'boolean', default: false },
    remote: { type: 'boolean', default: false },
  },
});

const count = Number(values.packets);
/** Lines of a screen. */
const LINES = 50;
/** Milliseconds between two jumps. */
const REST = 50;
/** Milliseconds between two pages while a key is held, and pages of one go. */
const REPEAT = 33;
const PAGES = 20;
/** Milliseconds between two letters of a filter. */
const TYPING = 300;
/** Jumps between two goes. */
const JUMPS = 10;
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

/** The process that a model works in. */
function pidOf(model: PacketModel): number {
  return model instanceof RemoteModel ? (model.pid ?? 0) : process.pid;
}

/** What is asked of a model under way, and how long that takes. */
class Asker {
  readonly jumps: Waits;
  readonly pages: Waits;
  readonly #model: PacketModel;
  #asked = 0;

  constructor(model: PacketModel) {
    const pid = pidOf(model);
    this.#model = model;
    this.jumps = new Waits(pid);
    this.pages = new Waits(pid);
  }

  /** Jumps to a random place: its lines and the tree of one of them. */
  jump(): Promise<void> {
    const model = this.#model;
    return this.jumps.note(async () => {
      const [row] = await model.rows(Math.floor(Math.random() * model.status.shown), LINES);
      if (row !== undefined) await model.detail(row.packet);
    });
  }

  /** Asks until the model is as wanted: jumps, and now and then a key is held. */
  async until(isDone: () => boolean): Promise<void> {
    while (!isDone()) {
      if (this.#model.status.shown > 0) {
        await this.jump();
        if (++this.#asked % JUMPS === 0) await this.#scroll(isDone);
      }
      await rest(REST);
    }
  }

  async #scroll(isDone: () => boolean): Promise<void> {
    const model = this.#model;
    let line = Math.floor(Math.random() * model.status.shown);
    for (let page = 0; page < PAGES && !isDone(); page++, line += LINES) {
      await this.pages.note(() => model.rows(line, LINES));
      await rest(REPEAT);
    }
  }

  print(when: string): void {
    for (const [name, waits] of [
      ['jumps', this.jumps],
      ['pages', this.pages],
    ] as const) {
      print(`  ${name} ${when}`, waits.spread);
      for (const text of waits.longest) print('', `  ${text}`);
    }
  }
}

/** Takes files out of the memory of the system. */
function forgetFiles(): void {
  try {
    writeFileSync('/proc/sys/vm/drop_caches', '3');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`--cold needs root: ${reason}`, { cause: error });
  }
}

async function opened(open: () => Promise<PacketModel>, start: number): Promise<PacketModel> {
  if (values.cold) forgetFiles();
  const model = await open();
  model.subscribe(() => undefined);
  print('  opened', seconds(start));
  while (model.status.packets < LINES) await rest(5);
  await model.rows(0, LINES);
  print('  first lines', seconds(start));
  return model;
}

async function run(open: () => Promise<PacketModel>): Promise<PacketModel> {
  const start = performance.now();
  const model = await opened(open, start);
  const asker = new Asker(model);
  await asker.until(() => model.status.phase !== 'loading');
  print('  loaded and indexed', seconds(start));
  asker.print('while it loads');
  const after = new Asker(model);
  for (let i = 0; i < 100; i++) await after.jump();
  print('  jumps afterwards', after.jumps.spread);
  for (const filter of FILTERS) {
    const began = performance.now();
    await model.setFilter(filter);
    await new Asker(model).until(() => !model.status.isFiltering);
    print(`  filter ${filter}`, `${model.status.shown} packets, ${seconds(began)}`);
  }
  await model.setFilter('');
  return model;
}

/** Types filters, one after another and letter by letter, while a model loads. */
async function type(open: () => Promise<PacketModel>): Promise<PacketModel> {
  const start = performance.now();
  const model = await opened(open, start);
  const isLoaded = (): boolean => model.status.phase !== 'loading';
  const asker = new Asker(model);
  const letters = new Waits(pidOf(model));
  const texts = FILTERS.flatMap((text) =>
    Array.from({ length: text.length }, (_, i) => text.slice(0, i + 1)),
  ).filter((text) => model.checkFilter(text).ok);
  for (let i = 0; !isLoaded(); i++) {
    const text = texts[i % texts.length] ?? '';
    await letters.note(() => model.setFilter(text));
    const began = performance.now();
    await asker.until(() => isLoaded() || performance.now() - began > TYPING);
  }
  print('  loaded and indexed', seconds(start));
  print('  filters set (told after 100 ms at the latest)', letters.spread);
  asker.print('meanwhile');
  return model;
}

async function inThisProcess(): Promise<void> {
  const alone = await engineAlone();
  print('model in this process', '');
  const local = await run(() => openLocalModel(options, terminal));
  const perPackets = (mebibytes: number): string =>
    `${((mebibytes * 100_000) / count).toFixed(1)} MiB for 100,000 packets`;
  if (globalThis.gc !== undefined) print('  memory of the list', perPackets(inUse() - alone));
  if (values.plain) {
    const began = performance.now();
    await local.setFilter('tcp.port == 80');
    const asker = new Asker(local);
    await asker.until(() => !local.status.isFiltering);
    print('  filter tcp.port == 80', `${local.status.shown} packets, ${seconds(began)}`);
    asker.print('meanwhile');
    if (globalThis.gc !== undefined) print('  memory of the list', perPackets(inUse() - alone));
  }
  await local.close();
}

const host = join(import.meta.dirname, '../cli/model/host.js');
const openRemote = (): Promise<RemoteModel> => openRemoteModel(options, terminal, host);

async function inItsOwn(): Promise<void> {
  print('model in a process of its own', '');
  const remote = await run(openRemote);
  if (remote instanceof RemoteModel) {
    const status = readFileSync(`/proc/${remote.pid ?? 0}/status`, 'latin1');
    const resident = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
    print('  resident memory of the process', `${resident.toFixed(0)} MiB`);
  }
  await remote.close();
}

if (!values.remote) await inThisProcess();
await inItsOwn();
if (values.typing) {
  print('filters typed while it loads', '');
  const typed = await type(openRemote);
  await typed.close();
}
