/**
 * Does what a run wants to have stored, and goes on when the store refuses for a while.
 */
import type {
  AlertRecord,
  AuditDocument,
  BindingEventRecord,
  IncidentRecord,
} from '../export/records.ts';
import type { PacketRow, RunProgress, SqliteStore } from './sqlite.ts';

/** One thing to store. */
export type StoreOperation =
  | { readonly kind: 'packet'; readonly row: PacketRow }
  | { readonly kind: 'binding-change'; readonly record: BindingEventRecord }
  | { readonly kind: 'alert'; readonly record: AlertRecord }
  | { readonly kind: 'incident'; readonly record: IncidentRecord }
  | { readonly kind: 'progress'; readonly progress: RunProgress }
  | {
      readonly kind: 'finish';
      readonly document: AuditDocument;
      readonly exitCode: number;
      readonly finishedAt: string;
    };

/** How it went. */
export interface StoreReport {
  /** Operations whose rows are stored by now, since the last report. */
  readonly done: number;
  /** Why not all are; what is left is tried again with the next call. */
  readonly fault: string | undefined;
  /** Old rows removed. */
  readonly removed: number;
}

/** Rows of a table that retention removes at a time: more would keep others waiting. */
const REMOVED_AT_ONCE = 500;

/** Works on a store that was opened with `isManual`. */
export class StoreExecutor {
  readonly #store: SqliteStore;
  /** Operations whose rows are collected, and those that follow. */
  #collected = 0;
  #waiting: StoreOperation[] = [];

  constructor(store: SqliteStore) {
    this.#store = store;
  }

  /** Stores `operations` after those that are left. */
  run(operations: readonly StoreOperation[]): StoreReport {
    this.#waiting.push(...operations);
    let done = 0;
    try {
      done += this.#flush();
      while (this.#waiting.length > 0) {
        const [operation] = this.#waiting;
        if (operation !== undefined) this.#take(operation);
        this.#waiting.shift();
        this.#collected++;
        if (this.#waiting.length === 0) done += this.#flush();
      }
      return { done, fault: undefined, removed: 0 };
    } catch (error) {
      return { done, fault: faultOf(error), removed: 0 };
    }
  }

  /**
   * Removes some rows older than `time`.
   * @returns whether there may be more
   */
  tidy(time: string): StoreReport & { readonly hasMore: boolean } {
    try {
      const removed = this.#store.removeOlderThan(time, REMOVED_AT_ONCE);
      return { done: 0, fault: undefined, removed, hasMore: removed >= REMOVED_AT_ONCE };
    } catch (error) {
      return { done: 0, fault: faultOf(error), removed: 0, hasMore: false };
    }
  }

  /** Closes the store. */
  close(): void {
    this.#store.close();
  }

  #flush(): number {
    this.#store.flush();
    const done = this.#collected;
    this.#collected = 0;
    return done;
  }

  #take(operation: StoreOperation): void {
    const store = this.#store;
    switch (operation.kind) {
      case 'packet':
        store.packet(operation.row);
        return;
      case 'binding-change':
        store.bindingChange(operation.record);
        return;
      case 'alert':
        store.alert(operation.record);
        return;
      case 'incident':
        store.incident(operation.record);
        return;
      case 'progress':
        store.progress(operation.progress);
        return;
      case 'finish':
        store.finish(operation.document, operation.exitCode, operation.finishedAt);
    }
  }
}

/** What a store says when it refuses; anything else is a bug and goes on its way. */
function faultOf(error: unknown): string {
  if (error instanceof Error && error.name === 'StoreError') return error.message;
  throw error;
}
