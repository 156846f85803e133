/**
 * Thread of a store: what disks and other programs keep waiting here does not keep the capture waiting.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { isRunning } from './running-process.ts';
import { SqliteStore, StoreError } from './sqlite.ts';
import { StoreExecutor } from './store-executor.ts';
import type { FromStore, StoreStart, ToStore } from './store-messages.ts';

/** Milliseconds to wait for another program that writes; then it counts as a refusal, which is tried again. */
const BUSY_MILLISECONDS = 1000;

if (parentPort === null) throw new Error('store-thread runs as a worker thread');
const port = parentPort;

function send(message: FromStore): void {
  port.postMessage(message);
}

/** Old rows go in steps, so that rows that come are stored between them. */
function tidy(executor: StoreExecutor, time: string): void {
  const { hasMore, ...report } = executor.tidy(time);
  send({ kind: 'tidied', report });
  if (!hasMore) return;
  setImmediate(() => {
    tidy(executor, time);
  });
}

async function work({ file, run }: StoreStart): Promise<void> {
  const options = { isManual: true, busyMilliseconds: BUSY_MILLISECONDS };
  let executor: StoreExecutor;
  try {
    const store = await SqliteStore.open(file, run, options);
    send({ kind: 'opened', killed: store.markKilled(isRunning) });
    executor = new StoreExecutor(store);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    send({ kind: 'failed', error: error.kind, message: error.message });
    return;
  }
  port.on('message', (message: ToStore) => {
    switch (message.kind) {
      case 'operations':
        send({ kind: 'report', report: executor.run(message.operations) });
        return;
      case 'tidy':
        tidy(executor, message.time);
        return;
      case 'close':
        executor.close();
        port.close();
    }
  });
}

// Nobody else starts this file.
await work(workerData as StoreStart);
