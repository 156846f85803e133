/**
 * Rows on their way to a store in another thread. Bounded: when the store is behind, rows of the packet index are left
 * out first, and then whatever comes.
 */
import type {
  AlertRecord,
  AuditDocument,
  BindingEventRecord,
  IncidentRecord,
} from '../export/records.ts';
import type { PacketRow, RunProgress } from './sqlite.ts';
import type { StoreOperation, StoreReport } from './store-executor.ts';

/** Operations handed over at a time. */
const BATCH = 1000;
/** Operations that wait at most, and how many of them there may be before packets are left out. */
const MAX_WAITING = 20_000;
const MAX_PACKETS_WAITING = 10_000;

/** Where a store works. */
export interface StorePort {
  /** Hands operations over; an empty list tries again what is left. One report follows each call. */
  post(operations: readonly StoreOperation[]): void;
  /** Removes what is older than the EVE timestamp, some rows at a time; `tidied` follows. */
  tidy(time: string): void;
  /** Closes the store and what it works in. */
  close(): Promise<void>;
}

/** What became of the rows. */
export interface StoreCounts {
  /** Operations that are stored. */
  stored: number;
  lost: number;
  /** Times that the store refused. */
  failures: number;
  /** Old rows removed. */
  removed: number;
}

/** What a queue needs. */
export interface StoreQueueOptions {
  readonly name: string;
  /** Called before anything is handed over: what the store shows has to be in the event stream. */
  readonly beforePost: () => void;
  /** Told once of each trouble, and once of its end. */
  readonly say: (text: string) => void;
}

/** Takes rows at once, always. */
export class StoreQueue {
  readonly counts: StoreCounts = { stored: 0, lost: 0, failures: 0, removed: 0 };
  readonly #port: StorePort;
  readonly #options: StoreQueueOptions;
  #waiting: StoreOperation[] = [];
  #isBusy = false;
  #fault: string | undefined;
  #idle: (() => void) | undefined;

  constructor(port: StorePort, options: StoreQueueOptions) {
    this.#port = port;
    this.#options = options;
  }

  /** Why rows are not stored at the moment; undefined while they are. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Operations that wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  packet(row: PacketRow): void {
    if (this.#waiting.length >= MAX_PACKETS_WAITING) this.counts.lost++;
    else this.#add({ kind: 'packet', row });
  }

  bindingChange(record: BindingEventRecord): void {
    this.#add({ kind: 'binding-change', record });
  }

  alert(record: AlertRecord): void {
    this.#add({ kind: 'alert', record });
  }

  incident(record: IncidentRecord): void {
    this.#add({ kind: 'incident', record });
  }

  progress(progress: RunProgress): void {
    this.#add({ kind: 'progress', progress });
  }

  finish(document: AuditDocument, exitCode: number, finishedAt: string): void {
    this.#add({ kind: 'finish', document, exitCode, finishedAt });
  }

  /** Hands over what waits, if the store is free; called every now and then, also while the store refuses. */
  pump(): void {
    if (this.#isBusy) return;
    if (this.#fault === undefined && this.#waiting.length === 0) return;
    this.#options.beforePost();
    this.#isBusy = true;
    // What the store refused it still has.
    const batch = this.#fault === undefined ? this.#waiting.slice(0, BATCH) : [];
    this.#waiting = this.#waiting.slice(batch.length);
    this.#port.post(batch);
  }

  /** Removes what is older than `time`. */
  tidy(time: string): void {
    this.#port.tidy(time);
  }

  /** Takes what the port reports. */
  report({ done, fault, removed }: StoreReport): void {
    const { counts } = this;
    counts.stored += done;
    counts.removed += removed;
    this.#isBusy = false;
    if (fault !== undefined) counts.failures++;
    this.#tell(fault);
    this.#fault = fault;
    if (fault === undefined && this.#waiting.length > 0) this.pump();
    else this.#idle?.();
  }

  /** Takes what the port reports of `tidy`. */
  tidied({ removed, fault }: StoreReport): void {
    this.counts.removed += removed;
    if (fault !== undefined) this.counts.failures++;
  }

  /**
   * Hands over everything and closes the store.
   * @param milliseconds after which it is given up
   */
  async close(milliseconds: number): Promise<void> {
    const end = new Promise<void>((resolve) => {
      this.#idle = resolve;
    });
    this.pump();
    if (this.#isBusy) await Promise.race([end, pause(milliseconds)]);
    this.counts.lost += this.#waiting.length;
    await Promise.race([this.#port.close(), pause(milliseconds)]);
  }

  #add(operation: StoreOperation): void {
    if (this.#waiting.length >= MAX_WAITING && operation.kind !== 'finish') this.counts.lost++;
    else this.#waiting.push(operation);
  }

  #tell(fault: string | undefined): void {
    const { say, name } = this.#options;
    if (fault !== undefined && this.#fault === undefined) {
      say(`${fault}; the sensor goes on, keeps ${MAX_WAITING} rows and tries again`);
    } else if (fault === undefined && this.#fault !== undefined) {
      const { lost } = this.counts;
      say(
        `${name}: rows are stored again; ${lost === 0 ? 'none was lost' : `${lost} were lost so far`}`,
      );
    }
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
