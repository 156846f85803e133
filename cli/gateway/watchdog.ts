/**
 * Ends the process when its main thread hangs: the kernel then treats packets as the fail mode says, instead of waiting.
 */
import { Worker } from 'node:worker_threads';

/** How often a beat is looked for in the time that it may be absent. */
const LOOKS = 8;

/** What the thread is given. */
export interface WatchdogData {
  /** One counter of 32 bits that grows as long as the main thread lives. */
  readonly beats: SharedArrayBuffer;
  /** Milliseconds between two looks, and looks without a beat after which the process ends. */
  readonly interval: number;
  readonly looks: number;
  /** Written to standard error before the end. */
  readonly sentence: string;
}

/** A watched main thread. */
export interface Watchdog {
  /** Ends the watching. */
  close(): Promise<void>;
}

/** The thread: of code in text, because it must run from the source tree of a test as well as from the built package. */
const THREAD = `
const { workerData } = require('node:worker_threads');
const { writeSync } = require('node:fs');
const { beats, interval, looks, sentence } = workerData;
const counter = new Int32Array(beats);
const rest = new Int32Array(new SharedArrayBuffer(4));
let last = Atomics.load(counter, 0);
let missed = 0;
for (;;) {
  Atomics.wait(rest, 0, 0, interval);
  const now = Atomics.load(counter, 0);
  if (now < 0) break;
  // Looks are counted, not time: while the whole process is stopped nobody looks.
  missed = now === last ? missed + 1 : 0;
  last = now;
  if (missed < looks) continue;
  try { writeSync(2, sentence); } catch {}
  process.kill(process.pid, 'SIGKILL');
}
`;

/**
 * Watches this thread from another one.
 * @param milliseconds for which it may hang
 * @param sentence what is said before the process is killed
 */
export function startWatchdog(milliseconds: number, sentence: string): Watchdog {
  const interval = Math.max(1, Math.floor(milliseconds / LOOKS));
  const beats = new SharedArrayBuffer(4);
  const counter = new Int32Array(beats);
  const data: WatchdogData = { beats, interval, looks: LOOKS, sentence };
  const worker = new Worker(THREAD, { eval: true, workerData: data, stdin: false });
  worker.unref();
  const timer = setInterval(() => {
    // Never below 0, which says that all is over.
    Atomics.store(counter, 0, ((counter[0] ?? 0) + 1) & 0x7fff_ffff);
  }, interval);
  timer.unref();
  return {
    async close() {
      clearInterval(timer);
      Atomics.store(counter, 0, -1);
      await worker.terminate();
    },
  };
}
