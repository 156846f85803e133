/**
 * `-w`: one file, standard output, or a ring of files as dumpcap names them.
 */
import { unlinkSync } from 'node:fs';
import path from 'node:path';
import type { CaptureInterface, PacketRecord } from '../../engine/ports.ts';
import type { InterfaceCounts } from '../../io/capture/live-source.ts';
import { DescriptorSink, OutputFile } from '../../io/output.ts';
import type { OctetSink } from '../../io/output.ts';
import type { Conditions } from './conditions.ts';
import { PcapngStream } from './pcapng-stream.ts';

/** What is written, and where. */
export interface CaptureFilesOptions {
  /** Path, or `-` for standard output. */
  readonly file: string;
  /** When the next file begins, and how many are kept; undefined = one file. */
  readonly ring: Conditions | undefined;
  /** When the last file ends. */
  readonly stop: Conditions;
  /** Of the source; may grow. */
  readonly interfaces: readonly CaptureInterface[];
  /** Counts of the interfaces since the start of the capture. */
  readonly counts: () => readonly InterfaceCounts[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A file being written. */
interface Open {
  readonly stream: PcapngStream;
  readonly sink: OctetSink;
  readonly file: OutputFile | undefined;
  readonly openedAt: number;
}

/**
 * Name of a file of a ring: `capture_00001_20261231235959.pcapng` for `capture.pcapng`.
 * @param number 1 for the first
 * @param time milliseconds since 1970; the name has the local time
 */
export function ringFileName(file: string, number: number, time: number): string {
  const { dir, name, ext } = path.parse(file);
  const at = new Date(time);
  const parts = [at.getMonth() + 1, at.getDate(), at.getHours(), at.getMinutes(), at.getSeconds()];
  const stamp = `${at.getFullYear()}${parts.map((part) => String(part).padStart(2, '0')).join('')}`;
  return path.join(dir, `${name}_${String(number).padStart(5, '0')}_${stamp}${ext}`);
}

/** Writes packets to files. Its methods throw OutputError. */
export class CaptureFiles {
  /** Packets written, files begun, and those that are there. */
  packets = 0;
  begun = 0;
  readonly names: string[] = [];
  readonly #options: CaptureFilesOptions;
  #open: Open;

  /** Opens the first file. */
  constructor(options: CaptureFilesOptions) {
    this.#options = options;
    this.#open = this.#next();
  }

  /** Whether the reader of standard output went away. */
  get isClosed(): boolean {
    return this.#open.sink.isClosed;
  }

  /** Whether the last file that is wanted has all it takes. */
  isFull(): boolean {
    const { octets = Number.POSITIVE_INFINITY, files } = this.#options.stop;
    if (this.#open.stream.length >= octets) return true;
    return files !== undefined && this.begun >= files && this.#isDue();
  }

  /** @param comments of the packet */
  write(record: PacketRecord, comments?: readonly string[]): void {
    this.#rotateWhenDue();
    this.#open.stream.write(record, comments);
    this.packets++;
  }

  /** Makes what was written readable for others, and begins the next file when its time has come. */
  tick(): void {
    if (!this.#rotateWhenDue()) this.#open.stream.flush();
  }

  /** Ends the last file. */
  end(): void {
    this.#end(this.#open);
  }

  /** Keeps what is written, after a failure. Never throws. */
  abandon(): void {
    this.#open.file?.abandon();
  }

  #rotateWhenDue(): boolean {
    if (!this.#isDue() || this.isFull()) return false;
    this.#end(this.#open);
    this.#open = this.#next();
    return true;
  }

  #isDue(): boolean {
    const { ring, now } = this.#options;
    if (ring === undefined) return false;
    const { stream, openedAt } = this.#open;
    return (
      stream.length >= (ring.octets ?? Number.POSITIVE_INFINITY) ||
      stream.packets >= (ring.packets ?? Number.POSITIVE_INFINITY) ||
      now() - openedAt >= (ring.duration ?? Number.POSITIVE_INFINITY) * 1000
    );
  }

  #next(): Open {
    const { file, ring, interfaces, now } = this.#options;
    const openedAt = now();
    this.begun++;
    if (file === '-') {
      const sink = new DescriptorSink(1, 'standard output');
      return { sink, stream: new PcapngStream(sink, interfaces), file: undefined, openedAt };
    }
    const name = ring === undefined ? file : ringFileName(file, this.begun, openedAt);
    const output = new OutputFile(name, 'stream');
    this.names.push(name);
    if (this.names.length > (ring?.files ?? Number.POSITIVE_INFINITY)) this.#removeOldest();
    const { sink } = output;
    return { sink, stream: new PcapngStream(sink, interfaces), file: output, openedAt };
  }

  #removeOldest(): void {
    const oldest = this.names.shift();
    try {
      if (oldest !== undefined) unlinkSync(oldest);
    } catch {
      // Somebody else moved or removed it: it is not in the way.
    }
  }

  #end({ stream, file }: Open): void {
    const { counts, now } = this.#options;
    stream.end(counts(), now() * 1000);
    file?.commit();
  }
}
