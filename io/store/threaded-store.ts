/**
 * A store that works in a thread of its own.
 */
import { Worker } from 'node:worker_threads';
import { StoreError } from './sqlite.ts';
import type { StoredRun } from './sqlite.ts';
import type { StoreOperation } from './store-executor.ts';
import type { FromStore, StoreStart, ToStore } from './store-messages.ts';
import { StoreQueue } from './store-queue.ts';
import type { StorePort, StoreQueueOptions } from './store-queue.ts';

/** A store that is open. */
export interface OpenedStore {
  readonly queue: StoreQueue;
  /** Runs that were found killed, and marked so. */
  readonly killed: readonly number[];
}

/**
 * Opens a store in a thread and begins a run in it.
 * @throws StoreError as `SqliteStore.open`
 */
export async function openThreadedStore(
  run: StoredRun,
  options: StoreQueueOptions,
): Promise<OpenedStore> {
  const start: StoreStart = { file: options.name, run };
  const worker = new Worker(new URL('./store-thread.js', import.meta.url), { workerData: start });
  const port = new ThreadPort(worker);
  const queue = new StoreQueue(port, options);
  const killed = await port.opened(queue);
  return { queue, killed };
}

class ThreadPort implements StorePort {
  readonly #worker: Worker;
  #isEnded = false;
  #ended: (() => void) | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    worker.on('exit', () => {
      this.#isEnded = true;
      this.#ended?.();
    });
  }

  /** Until the store is open. Reports go to `queue` from then on. Throws StoreError. */
  opened(queue: StoreQueue): Promise<readonly number[]> {
    return new Promise((resolve, reject) => {
      this.#worker.on('error', (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        const message = `the thread of the store ended: ${reason}`;
        // A thread that ends later takes no more rows: the queue fills up, and counts what it loses.
        queue.report({ done: 0, fault: message, removed: 0 });
        reject(new StoreError('environment', message, error));
      });
      this.#worker.on('message', (message: FromStore) => {
        switch (message.kind) {
          case 'opened':
            resolve(message.killed);
            return;
          case 'failed':
            reject(new StoreError(message.error, message.message));
            return;
          case 'report':
            queue.report(message.report);
            return;
          case 'tidied':
            queue.tidied(message.report);
        }
      });
    });
  }

  post(operations: readonly StoreOperation[]): void {
    this.#send({ kind: 'operations', operations });
  }

  tidy(time: string): void {
    this.#send({ kind: 'tidy', time });
  }

  close(): Promise<void> {
    if (this.#isEnded) return Promise.resolve();
    return new Promise((resolve) => {
      this.#ended = resolve;
      this.#send({ kind: 'close' });
    });
  }

  #send(message: ToStore): void {
    this.#worker.postMessage(message);
  }
}
