/**
 * `npm run bench:screens`: how long the terminal UI keeps people waiting. From the command to the first lines of a file, and
 * from a key to the frame that answers it: on a file, and (with `--live`) while packets arrive on an interface.
 *
 * The command runs in a terminal of its own, made by script(1) of util-linux. `--live` needs root, unshare, ip and the package
 * pcap. Options: `--packets N` of the file (100000), `--keys N` (100), `--rate N` packets a second (20000), `--live`,
 * `--directory DIR`.
 */
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { generateLarge } from './generate-large.ts';
import { median } from './measure.ts';
import { runWithLink } from './one-link.ts';

const { values } = parseArgs({
  options: {
    packets: { type: 'string', default: '100000' },
    keys: { type: 'string', default: '100' },
    rate: { type: 'string', default: '20000' },
    live: { type: 'boolean', default: false },
    inside: { type: 'boolean', default: false },
    directory: { type: 'string', default: path.join(tmpdir(), 'mip6guard-bench') },
  },
});
const SELF = fileURLToPath(import.meta.url);
const FOLDER = path.dirname(SELF);
const MAIN = path.join(FOLDER, '../cli/main.js');
const SIZES = [
  { columns: 80, rows: 24 },
  { columns: 140, rows: 40 },
] as const;
/** Keys of which each moves the cursor: from the start of a file, and from the end of live packets, which it follows. */
const FILE_KEYS = ['j', 'j', 'j', 'k'] as const;
const LIVE_KEYS = ['k', 'j', 'j', 'k'] as const;
/** A line that the cursor has come to: what is refreshed besides is no answer to a key. */
const ANSWER = /\x1b\[2K(?:\x1b\[\d+m)*>/;
/** Characters of it in front of `>`, at most. */
const ANSWER_START = 16;
/** Milliseconds without output after which a frame is taken to be whole. */
const QUIET = 60;
const PATIENCE = 20_000;

/** The screens in a terminal, and what they write. */
class Screens {
  readonly #child: ChildProcessWithoutNullStreams;
  #text = '';
  #lastOutput = 0;
  #lastAnswer = 0;

  constructor(size: (typeof SIZES)[number], args: readonly string[]) {
    const { columns, rows } = size;
    const command = [process.execPath, MAIN, 'tui', ...args].map((word) => `'${word}'`).join(' ');
    this.#child = spawn(
      'script',
      ['-qfc', `stty rows ${rows} cols ${columns}; exec ${command}`, '/dev/null'],
      { env: { ...process.env, TERM: 'xterm-256color', NO_COLOR: '' } },
    );
    this.#child.stdout.on('data', (chunk: Buffer) => {
      const before = this.#text.length;
      this.#text += chunk.toString('latin1');
      this.#lastOutput = performance.now();
      // It may have come in two pieces.
      if (ANSWER.test(this.#text.slice(Math.max(0, before - ANSWER_START)))) {
        this.#lastAnswer = this.#lastOutput;
      }
    });
  }

  /** Until the output has something. */
  async until(what: RegExp): Promise<number> {
    const end = performance.now() + PATIENCE;
    while (!what.test(this.#text)) {
      if (performance.now() > end) throw new Error(`not seen in time: ${what.source}`);
      await wait(2);
    }
    return performance.now();
  }

  /** Presses a key. @returns milliseconds until the cursor has moved */
  async press(key: string): Promise<number> {
    const start = performance.now();
    this.#child.stdin.write(key);
    while (this.#lastAnswer <= start) {
      if (performance.now() - start > PATIENCE) throw new Error(`no answer to ${key}`);
      await wait(1);
    }
    return this.#lastAnswer - start;
  }

  /** Until nothing has been written for a while. */
  async settle(): Promise<void> {
    while (performance.now() - this.#lastOutput < QUIET) await wait(5);
  }

  async end(): Promise<void> {
    this.#child.kill('SIGTERM');
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
  }
}

const milliseconds = (value: number): string => `${value.toFixed(0)} ms`;

function shown(times: readonly number[]): string {
  const sorted = [...times].sort((a, b) => a - b);
  const p95 = sorted[Math.floor(sorted.length * 0.95)] ?? 0;
  return `median ${milliseconds(median(sorted))}, p95 ${milliseconds(p95)}, at most ${milliseconds(sorted.at(-1) ?? 0)}`;
}

async function keys(screens: Screens, isLive: boolean): Promise<number[]> {
  const times: number[] = [];
  const pressed = isLive ? LIVE_KEYS : FILE_KEYS;
  for (let i = 0; i < Number(values.keys); i++) {
    if (isLive) await wait(70 + (i % 7) * 5);
    else await screens.settle();
    times.push(await screens.press(pressed[i % pressed.length] ?? 'j'));
  }
  return times;
}

async function ofFile(): Promise<void> {
  mkdirSync(values.directory, { recursive: true });
  const count = Number(values.packets);
  const { capture } = generateLarge(path.join(values.directory, `mixed-${count}.pcap`), count);
  for (const size of SIZES) {
    const firsts: number[] = [];
    let times: number[] = [];
    for (let run = 0; run < 5; run++) {
      const start = performance.now();
      const screens = new Screens(size, [capture]);
      firsts.push((await screens.until(/2001:db8/)) - start);
      if (run === 4) {
        await wait(Number(values.packets) / 20);
        times = await keys(screens, false);
      }
      await screens.end();
    }
    console.log(
      `${size.columns}x${size.rows}: first lines ${shown(firsts)}; key to frame ${shown(times)}`,
    );
  }
}

async function ofInterface(): Promise<void> {
  const sender = spawn(
    process.execPath,
    [path.join(FOLDER, 'soak.js'), '--send', '--rate', values.rate],
    { stdio: 'inherit' },
  );
  for (const size of SIZES) {
    const screens = new Screens(size, ['-i', 'tap']);
    await screens.until(/2001:db8/);
    await wait(3000);
    const times = await keys(screens, true);
    await screens.end();
    console.log(
      `${size.columns}x${size.rows} at ${values.rate} packets a second: key to frame ${shown(times)}`,
    );
  }
  sender.kill('SIGKILL');
}

if (values.inside) await ofInterface();
else {
  await ofFile();
  if (values.live) process.exitCode = runWithLink(SELF, ['--inside', ...process.argv.slice(2)]);
}
process.exit();
