import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import type {
  CaptureFault,
  CaptureInput,
  CaptureInterface,
  PacketRecord,
  PacketSource,
  RunOptions,
  SourceProgress,
} from '../../engine/ports.ts';
import {
  NEXT_END,
  NEXT_MORE,
  NEXT_PACKET,
  type DecodedInterface,
} from '../../dissectors/capture-file/index.ts';
import { AheadOctets } from './ahead-octets.ts';
import type { InputError } from './input-error.ts';
import { FollowedOctets } from './followed-octets.ts';
import { expandInputs, type InputPath } from './inputs.ts';
import { isBefore, MergeQueue, type Timed } from './merge-queue.ts';
import { FileOctets, StreamOctets, type RawOctets } from './octets.ts';
import { CaptureReader, type ReaderFaultCode } from './reader.ts';
import { CHUNK_LENGTH } from './stage.ts';

/** Faults kept of one input; the number of further ones is told at its end. */
export const FAULTS_PER_INPUT = 100;
/** Code of the fault that tells how many further faults an input had. */
export const FAULTS_OMITTED = 'CAPTURE_FAULTS_OMITTED';

/** Milliseconds of work after which signals and timers get their turn. */
const SLICE_MS = 20;
/** Packets between two looks at the clock. */
const PACKETS_PER_LOOK = 256;
/** Least milliseconds between two reports of progress. */
const PROGRESS_MS = 250;
/** With more files open than this no descriptors are held, and buffers shrink so that all take {@link BUFFER_BUDGET}. */
const MAX_DESCRIPTORS = 128;
const BUFFER_BUDGET = 32 * 1024 * 1024;
const LEAST_CHUNK_LENGTH = 16 * 1024;

/** How {@link openCaptures} opens. */
export interface OpenOptions {
  /** Also take captures in directories below a directory. */
  readonly recursive?: boolean;
  /**
   * Files are followed: at its end a file is waited for to grow, until the run is stopped. Called whenever an end is
   * reached. For one file: of several the others would wait with it.
   */
  readonly onEnd?: (() => void) | undefined;
  /**
   * Files are read ahead by other threads, so that a slow disk does not hold this one up. Costs a little more than
   * reading them here.
   */
  readonly readsAhead?: boolean | undefined;
  /** What `-` reads; standard input of the process when left out. */
  readonly stdin?: Readable & { readonly isTTY?: boolean };
}

/** What {@link openCaptures} opened. */
export interface OpenedCaptures {
  /**
   * All inputs that look readable, merged by capture time. Without inputs its `run` gives nothing. Its faults have
   * the codes of `CAPTURE_FAULTS`, `STAGE_FAULTS`, {@link FAULTS_OMITTED}, and for what is found out only
   * while reading (pipes, files that vanish) `INPUT_ERRORS`.
   */
  readonly source: PacketSource;
  /** Inputs that cannot be read. The others can; the run as a whole still ends with exit code 3. */
  readonly errors: readonly InputError[];
}

/**
 * Opens the INPUT arguments of a command (see `expandInputs`) as one source of packets.
 *
 * Packets come in order of capture time, ties in input order. Within one file they keep the order of the file,
 * also where its times step back. A file is opened when its first packet is due and closed at its
 * end, so a directory of rotated files needs one descriptor and one buffer at a time.
 */
export async function openCaptures(
  args: readonly string[],
  options: OpenOptions = {},
): Promise<OpenedCaptures> {
  // The stream of the process is made at the first touch: leave it alone when nobody asks for it.
  const stdin = args.includes('-') ? (options.stdin ?? process.stdin) : undefined;
  const { inputs, errors } = await expandInputs(args, {
    recursive: options.recursive ?? false,
    stdinIsTerminal: stdin?.isTTY === true,
  });
  return { source: new CaptureSource(inputs, { ...options, stdin }), errors };
}

/** One source of packets of regular files that `expandInputs` found; the same otherwise as that of {@link openCaptures}. */
export function openFiles(files: readonly InputPath[]): PacketSource {
  return new CaptureSource(files, {});
}

/** An input that is not open yet, with the time its first packet is due. */
interface Pending extends Timed {
  readonly path: InputPath;
}

/** What came of advancing a reader; a promise when it has no packet yet and must be waited for. */
type Advance = typeof NEXT_PACKET | typeof NEXT_END | Promise<void>;

/** How a source opens its inputs. */
interface SourceOptions extends Pick<OpenOptions, 'onEnd' | 'readsAhead'> {
  readonly stdin?: Readable | undefined;
}

class CaptureSource implements PacketSource {
  readonly inputs: CaptureInput[] = [];
  readonly interfaces: CaptureInterface[] = [];
  readonly faults: CaptureFault[] = [];

  private readonly stdin: Readable | undefined;
  private readonly onEnd: (() => void) | undefined;
  private readonly readsAhead: boolean;
  /** Sorted so that the next one due is the last. */
  private readonly pending: Pending[];
  private readonly queue = new MergeQueue<CaptureReader>();
  private readonly open = new Set<CaptureReader>();
  private readonly faultCounts: number[] = [];
  private readonly octetsTotal: number;
  private octetsOfClosed = 0;
  private packets = 0;
  private started = false;
  private stopped = false;
  private onPacket: (record: PacketRecord) => void = () => undefined;
  private backPressure: (() => Promise<void> | undefined) | undefined = undefined;
  private onProgress: ((progress: SourceProgress) => void) | undefined = undefined;
  /** What to wait for before the next packet: the end of the time slice, or the consumer. */
  private pause: Promise<void> | undefined = undefined;
  private looksLeft = PACKETS_PER_LOOK;
  private sliceStart = 0;
  private lastProgress = 0;

  constructor(paths: readonly InputPath[], options: SourceOptions) {
    const { stdin, onEnd, readsAhead = false } = options;
    this.stdin = stdin;
    this.onEnd = onEnd;
    this.readsAhead = readsAhead;
    this.pending = paths.map((path, inputIndex) => ({
      path,
      inputIndex,
      // What has no known time is opened at once.
      seconds: path.first?.seconds ?? -1,
      nanoseconds: path.first?.nanoseconds ?? 0,
    }));
    this.pending.sort((a, b) => (isBefore(a, b) ? 1 : -1));
    for (const path of paths) {
      this.inputs.push({ name: path.name, packets: 0 });
      this.faultCounts.push(0);
    }
    const isKnown = paths.every((path) => path.kind === 'file');
    this.octetsTotal = isKnown ? paths.reduce((sum, path) => sum + path.size, 0) : 0;
  }

  async run(onPacket: (record: PacketRecord) => void, options: RunOptions = {}): Promise<void> {
    if (this.started) throw new Error('a packet source runs once; open the captures again');
    this.started = true;
    this.onPacket = onPacket;
    this.onProgress = options.onProgress;
    this.backPressure = options.backPressure;
    const stop = (): void => {
      this.stopped = true;
      // What waits for a pipe must not wait on.
      for (const reader of this.open) reader.close();
    };
    options.signal?.addEventListener('abort', stop, { once: true });
    if (options.signal?.aborted === true) stop();
    this.sliceStart = performance.now();
    this.lastProgress = this.sliceStart;
    try {
      await this.merge();
      this.reportProgress();
    } finally {
      options.signal?.removeEventListener('abort', stop);
      for (const reader of [...this.open]) this.closeReader(reader);
    }
  }

  private async merge(): Promise<void> {
    while (!this.stopped) {
      await this.openDue();
      const reader = this.queue.pop();
      if (reader === undefined) return;
      const advance = this.deliver(reader);
      if (typeof advance === 'number') this.settle(reader, advance);
      else await this.waitFor(reader, advance);
      if (this.pause !== undefined) await this.pause;
      this.pause = undefined;
    }
  }

  /** Opens every input whose first packet is due before all packets at hand. */
  private async openDue(): Promise<void> {
    for (;;) {
      const next = this.pending.at(-1);
      const first = this.queue.peek();
      if (this.stopped || next === undefined) return;
      if (first !== undefined && !isBefore(next, first.record)) return;
      this.pending.pop();
      const reader = this.openReader(next);
      await this.waitFor(reader, this.advance(reader));
    }
  }

  /** Waits until the reader has a packet or is at its end. */
  private async waitFor(reader: CaptureReader, first: Advance): Promise<void> {
    let advance = first;
    while (typeof advance !== 'number') {
      await advance;
      // What was waited for may have been ready at once: then nobody else had a turn.
      await this.look();
      advance = this.advance(reader);
    }
    this.settle(reader, advance);
  }

  private settle(reader: CaptureReader, status: typeof NEXT_PACKET | typeof NEXT_END): void {
    if (status === NEXT_PACKET) this.queue.push(reader);
    else this.closeReader(reader);
  }

  /**
   * Delivers the packet of `reader` and those after it, until another input is due, the reader must be waited
   * for or ends, or the time slice is over.
   */
  private deliver(reader: CaptureReader): Advance {
    const record = reader.record;
    const input = this.inputs[record.inputIndex];
    const rival = this.rival();
    for (;;) {
      this.packets++;
      if (input !== undefined) input.packets++;
      this.onPacket(record);
      this.pause = this.backPressure?.();
      if (this.stopped) return NEXT_END;
      const status = reader.next();
      if (status !== NEXT_PACKET) return status === NEXT_END ? NEXT_END : this.advance(reader);
      if (this.pause !== undefined) return NEXT_PACKET;
      if (rival !== undefined && isBefore(rival, record)) return NEXT_PACKET;
      if (--this.looksLeft <= 0) {
        this.pause = this.look();
        if (this.pause !== undefined) return NEXT_PACKET;
      }
    }
  }

  /** The earliest of the other inputs, open or not. */
  private rival(): Timed | undefined {
    const open = this.queue.peek()?.record;
    const pending = this.pending.at(-1);
    if (open === undefined || pending === undefined) return open ?? pending;
    return isBefore(open, pending) ? open : pending;
  }

  /** Reads until the reader has a packet or is at its end; a promise when that takes time: await it, call again. */
  private advance(reader: CaptureReader): Advance {
    for (;;) {
      if (this.stopped) return NEXT_END;
      const status = reader.next();
      if (status !== NEXT_MORE) return status;
      const wait = reader.fill() ?? this.look();
      if (wait !== undefined) return wait;
    }
  }

  /** Looks at the clock. @returns what to wait for when the slice is over */
  private look(): Promise<void> | undefined {
    this.looksLeft = PACKETS_PER_LOOK;
    const now = performance.now();
    if (now - this.sliceStart < SLICE_MS) return undefined;
    if (now - this.lastProgress >= PROGRESS_MS) {
      this.lastProgress = now;
      this.reportProgress();
    }
    return new Promise((resolve) => {
      setImmediate(() => {
        this.sliceStart = performance.now();
        resolve();
      });
    });
  }

  private reportProgress(): void {
    if (this.onProgress === undefined) return;
    let octetsRead = this.octetsOfClosed;
    for (const reader of this.open) octetsRead += reader.octetsRead;
    this.onProgress({ packets: this.packets, octetsRead, octetsTotal: this.octetsTotal });
  }

  private openReader({ path, inputIndex }: Pending): CaptureReader {
    const share = Math.floor(BUFFER_BUDGET / (this.open.size + 1));
    const chunkLength = Math.max(LEAST_CHUNK_LENGTH, Math.min(CHUNK_LENGTH, share));
    const hooks = {
      onInterface: (found: DecodedInterface) => this.addInterface(inputIndex, found),
      onFault: (code: ReaderFaultCode, message: string, fileOffset: number) => {
        this.addFault(inputIndex, code, message, fileOffset);
      },
    };
    const octets = this.octetsOf(path, chunkLength);
    const reader = new CaptureReader(octets, inputIndex, hooks, chunkLength);
    this.open.add(reader);
    return reader;
  }

  private octetsOf(path: InputPath, chunkLength: number): RawOctets {
    if (path.kind === 'stdin' && this.stdin !== undefined) return new StreamOctets(this.stdin);
    if (path.kind === 'stream') return new StreamOctets(createReadStream(path.name));
    if (this.onEnd !== undefined) return new FollowedOctets(path.name, this.onEnd);
    const keepsOpen = this.open.size < MAX_DESCRIPTORS;
    if (this.readsAhead && keepsOpen) return new AheadOctets(path.name, chunkLength);
    return new FileOctets(path.name, keepsOpen);
  }

  private closeReader(reader: CaptureReader): void {
    if (!this.open.delete(reader)) return;
    this.octetsOfClosed += reader.octetsRead;
    reader.close();
    const { inputIndex } = reader.record;
    const omitted = (this.faultCounts[inputIndex] ?? 0) - FAULTS_PER_INPUT;
    if (omitted <= 0) return;
    this.faults.push({
      inputIndex,
      code: FAULTS_OMITTED,
      message: `${omitted} further faults of this input are not listed`,
      fileOffset: reader.octetsConsumed,
      packetsBefore: this.inputs[inputIndex]?.packets ?? 0,
    });
  }

  private addInterface(inputIndex: number, found: DecodedInterface): number {
    const { name, description, linkType, snapLength } = found;
    return this.interfaces.push({ inputIndex, name, description, linkType, snapLength }) - 1;
  }

  private addFault(
    inputIndex: number,
    code: ReaderFaultCode,
    message: string,
    fileOffset: number,
  ): void {
    const count = (this.faultCounts[inputIndex] ?? 0) + 1;
    this.faultCounts[inputIndex] = count;
    if (this.stopped || count > FAULTS_PER_INPUT) return;
    const packetsBefore = this.inputs[inputIndex]?.packets ?? 0;
    this.faults.push({ inputIndex, code, message, fileOffset, packetsBefore });
  }
}
