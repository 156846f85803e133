/**
 * Reads captures in other threads. Packets come in the same order as from one thread, whatever their number.
 */
import { Worker } from 'node:worker_threads';
import { emptyPacketRecord } from '../../engine/ports.ts';
import type {
  CaptureFault,
  CaptureInput,
  CaptureInterface,
  PacketRecord,
  PacketSource,
  RunOptions,
} from '../../engine/ports.ts';
import type { InputPath } from '../../io/capture/inputs.ts';
import { BatchReader, transferOf } from './packet-batch.ts';
import type { MainMessage, ReaderMessage, ReaderStart } from './messages.ts';

/** Milliseconds of work after which signals and timers get their turn. */
const SLICE_MS = 20;
/** Packets between two looks at the clock. */
const PACKETS_PER_LOOK = 256;

/** One reading thread, its batches and the packet at its head. */
class Reader {
  /** Next packet; meaningful while `hasPacket`. */
  readonly record = emptyPacketRecord();
  hasPacket = false;
  isAtEnd = false;
  octetsRead = 0;
  readonly faults: CaptureFault[] = [];
  readonly #worker: Worker;
  readonly #inputs: readonly number[];
  readonly #interfaces: number[] = [];
  readonly #queue: BatchReader[] = [];
  readonly #addInterface: (found: CaptureInterface) => number;
  #failure: string | undefined;
  #wake: (() => void) | undefined;

  constructor(
    start: ReaderStart,
    inputs: readonly number[],
    addInterface: (found: CaptureInterface) => number,
  ) {
    this.#inputs = inputs;
    this.#addInterface = addInterface;
    this.#worker = new Worker(new URL('./reader-thread.js', import.meta.url), {
      workerData: start,
    });
    this.#worker.on('message', (message: ReaderMessage) => {
      this.#take(message);
    });
    this.#worker.on('error', (error: unknown) => {
      this.#end(error instanceof Error ? error.message : String(error));
    });
    this.#worker.on('exit', () => {
      this.#end(this.isAtEnd ? undefined : 'the reading thread ended too early');
    });
  }

  /** Moves to the next packet, waiting for the thread where needed. */
  async advance(): Promise<void> {
    while (!this.next()) {
      if (this.#failure !== undefined) throw new Error(this.#failure);
      if (this.isAtEnd) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Moves to the next packet when one is here. */
  next(): boolean {
    for (;;) {
      const batch = this.#queue[0];
      this.hasPacket = batch?.next(this.record, this.#inputs, this.#interfaces) ?? false;
      if (this.hasPacket || batch === undefined) return this.hasPacket;
      this.#queue.shift();
      this.#worker.postMessage(batch.buffers, transferOf(batch.buffers));
    }
  }

  async stop(): Promise<void> {
    const message: MainMessage = 'stop';
    this.#worker.postMessage(message);
    await this.#worker.terminate();
  }

  #take(message: ReaderMessage): void {
    if (message.kind === 'batch') {
      for (const found of message.interfaces) {
        const inputIndex = this.#inputs[found.inputIndex] ?? 0;
        this.#interfaces.push(this.#addInterface({ ...found, inputIndex }));
      }
      this.octetsRead = message.octetsRead;
      this.#queue.push(new BatchReader(message.batch));
    } else if (message.kind === 'end') {
      for (const fault of message.faults) {
        this.faults.push({ ...fault, inputIndex: this.#inputs[fault.inputIndex] ?? 0 });
      }
      this.isAtEnd = true;
    } else this.#end(message.reason);
    this.#wakeUp();
  }

  #end(failure: string | undefined): void {
    this.#failure ??= failure;
    this.isAtEnd = true;
    this.#wakeUp();
  }

  #wakeUp(): void {
    this.#wake?.();
    this.#wake = undefined;
  }
}

/** Source of packets that reading threads deliver. */
export class WorkerSource implements PacketSource {
  readonly inputs: CaptureInput[];
  readonly interfaces: CaptureInterface[] = [];
  readonly faults: CaptureFault[] = [];
  readonly #files: readonly InputPath[];
  readonly #keyFiles: readonly string[];
  readonly #threads: number;
  #packets = 0;

  /**
   * @param files regular files: standard input and pipes cannot be read in another thread.
   * @param threads reading threads, at least 1.
   */
  constructor(files: readonly InputPath[], keyFiles: readonly string[], threads: number) {
    this.#files = files;
    this.#keyFiles = keyFiles;
    this.#threads = Math.max(1, Math.min(threads, files.length));
    this.inputs = files.map(({ name }) => ({ name, packets: 0 }));
  }

  async run(onPacket: (record: PacketRecord) => void, options: RunOptions = {}): Promise<void> {
    const readers = this.#start();
    try {
      await Promise.all(readers.map((reader) => reader.advance()));
      let sliceStart = performance.now();
      while (options.signal?.aborted !== true) {
        const reader = earliest(readers);
        if (reader === undefined) break;
        this.#deliver(reader, onPacket);
        const wait = options.backPressure?.();
        if (wait !== undefined) await wait;
        if (!reader.next()) await reader.advance();
        if (this.#packets % PACKETS_PER_LOOK !== 0) continue;
        if (performance.now() - sliceStart < SLICE_MS) continue;
        this.#report(readers, options.onProgress);
        await new Promise((resolve) => setImmediate(resolve));
        sliceStart = performance.now();
      }
    } finally {
      await Promise.all(readers.map((reader) => reader.stop()));
      for (const reader of readers) this.faults.push(...reader.faults);
    }
  }

  #deliver(reader: Reader, onPacket: (record: PacketRecord) => void): void {
    const { record } = reader;
    this.#packets++;
    const input = this.inputs[record.inputIndex];
    if (input !== undefined) input.packets++;
    onPacket(record);
  }

  /** Shares the files out in turn: rotated files follow each other in time, so all threads have work. */
  #start(): Reader[] {
    const addInterface = (found: CaptureInterface): number => this.interfaces.push(found) - 1;
    return Array.from({ length: this.#threads }, (_, thread) => {
      const isOwn = (_: unknown, i: number): boolean => i % this.#threads === thread;
      const inputs = this.#files.filter(isOwn);
      const indices = [...this.#files.keys()].filter((i) => isOwn(undefined, i));
      return new Reader({ inputs, keyFiles: this.#keyFiles }, indices, addInterface);
    });
  }

  #report(readers: readonly Reader[], onProgress: RunOptions['onProgress']): void {
    onProgress?.({
      packets: this.#packets,
      octetsRead: readers.reduce((sum, reader) => sum + reader.octetsRead, 0),
      octetsTotal: this.#files.reduce((sum, file) => sum + file.size, 0),
    });
  }
}

/** The reader with the earliest packet; ties go to the earlier input. */
function earliest(readers: readonly Reader[]): Reader | undefined {
  let best: Reader | undefined;
  for (const reader of readers) {
    if (!reader.hasPacket) continue;
    if (best === undefined || isBefore(reader, best)) best = reader;
  }
  return best;
}

function isBefore(a: Reader, b: Reader): boolean {
  const x = a.record;
  const y = b.record;
  if (x.seconds !== y.seconds) return x.seconds < y.seconds;
  if (x.nanoseconds !== y.nanoseconds) return x.nanoseconds < y.nanoseconds;
  return x.inputIndex < y.inputIndex;
}
