/**
 * Packets on their way from a reading thread to the engine: octets in one buffer, numbers in others, all handed
 * over without copying, and handed back to be filled again: fresh memory for each batch would cost more than
 * what is put into it.
 */
import { newPreopened } from '../../engine/preopener.ts';
import type { PacketRecord, PreopenedEsp } from '../../engine/ports.ts';

/** Octets after which a batch is sent. */
const BATCH_OCTETS = 512 * 1024;
/** Packets after which a batch is sent. */
const BATCH_PACKETS = 4096;

/** Columns of one packet. */
const COLUMN = {
  offset: 0,
  end: 1,
  originalLength: 2,
  seconds: 3,
  nanoseconds: 4,
  linkType: 5,
  interfaceIndex: 6,
  inputIndex: 7,
  number: 8,
  fileOffset: 9,
  /** Index of the packet's row of ESP outcomes, or -1. */
  esp: 10,
} as const;
const COLUMNS = 11;

/** Columns of one ESP outcome; three more for each attempt. */
const ESP_COLUMN = {
  offset: 0,
  payloadOffset: 1,
  payloadEnd: 2,
  nextHeader: 3,
  padLength: 4,
  count: 5,
} as const;
const ESP_FIXED = 6;
const ATTEMPT_COLUMNS = 3;

/** The memory of a batch. */
export interface BatchBuffers {
  readonly octets: ArrayBuffer;
  readonly rows: ArrayBuffer;
  readonly esp: ArrayBuffer;
}

/** One batch as it crosses the threads. */
export interface PacketBatch extends BatchBuffers {
  readonly count: number;
}

/** What to hand over, not copy, when a message holds these buffers. */
export function transferOf({ octets, rows, esp }: BatchBuffers): ArrayBuffer[] {
  return [octets, rows, esp];
}

/** Growing list of numbers. */
class Numbers {
  #values: Float64Array<ArrayBuffer>;
  #length = 0;

  constructor(buffer = new ArrayBuffer(4096 * 8)) {
    this.#values = new Float64Array(buffer);
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(this.#values.length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = value;
  }

  get buffer(): ArrayBuffer {
    return this.#values.buffer;
  }
}

/** Collects packets into batches. */
export class BatchWriter {
  #octets = new Uint8Array(BATCH_OCTETS * 2);
  #rows = new Numbers();
  #esp = new Numbers();
  #used = 0;
  #count = 0;
  #espRows = 0;
  /** Memory of batches that were read; no more than were sent ahead. */
  readonly #free: BatchBuffers[] = [];

  get isFull(): boolean {
    return this.#used >= BATCH_OCTETS || this.#count >= BATCH_PACKETS;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Adds a packet and what was found of its ESP header. */
  add(record: PacketRecord, opened: PreopenedEsp | undefined): void {
    const start = this.#append(record.bytes, record.offset, record.end);
    const rows = this.#rows;
    // In the order of COLUMN.
    rows.push(start);
    rows.push(this.#used);
    rows.push(record.originalLength);
    rows.push(record.seconds);
    rows.push(record.nanoseconds);
    rows.push(record.linkType);
    rows.push(record.interfaceIndex);
    rows.push(record.inputIndex);
    rows.push(record.number);
    rows.push(record.fileOffset);
    rows.push(opened === undefined ? -1 : this.#espRows++);
    if (opened !== undefined) this.#addEsp(opened, record.offset, start);
    this.#count++;
  }

  /** Takes memory to use again. */
  recycle(buffers: BatchBuffers): void {
    this.#free.push(buffers);
  }

  /** The batch; the writer starts a new one. */
  take(): PacketBatch {
    const batch = {
      count: this.#count,
      octets: this.#octets.buffer,
      rows: this.#rows.buffer,
      esp: this.#esp.buffer,
    };
    const { octets, rows, esp } = this.#free.pop() ?? {};
    this.#octets = new Uint8Array(octets ?? new ArrayBuffer(BATCH_OCTETS * 2));
    this.#rows = new Numbers(rows);
    this.#esp = new Numbers(esp);
    this.#used = 0;
    this.#count = 0;
    this.#espRows = 0;
    return batch;
  }

  #addEsp(opened: PreopenedEsp, recordOffset: number, start: number): void {
    const esp = this.#esp;
    // Plaintext with its trailer: payload, padding, pad length and next header.
    const end = opened.payloadEnd + opened.padLength + 2;
    const plaintext = this.#append(opened.bytes, opened.payloadOffset, end);
    // In the order of ESP_COLUMN.
    esp.push(opened.offset - recordOffset + start);
    esp.push(plaintext);
    esp.push(plaintext + opened.payloadEnd - opened.payloadOffset);
    esp.push(opened.nextHeader);
    esp.push(opened.padLength);
    esp.push(opened.count);
    for (const made of opened.attempts) {
      esp.push(made.association);
      esp.push(made.status);
      esp.push(made.integrityVerified ? 1 : 0);
    }
  }

  #append(bytes: Uint8Array, offset: number, end: number): number {
    const start = this.#used;
    const length = Math.max(0, Math.min(end, bytes.length) - offset);
    if (start + length > this.#octets.length) {
      const larger = new Uint8Array((start + length) * 2);
      larger.set(this.#octets.subarray(0, start));
      this.#octets = larger;
    }
    this.#octets.set(bytes.subarray(offset, offset + length), start);
    this.#used = start + length;
    return start;
  }
}

/** Reads the packets of a batch into one record. */
export class BatchReader {
  /** Given back when all packets were read; what `next` filled is gone then. */
  readonly buffers: BatchBuffers;
  readonly #octets: Uint8Array;
  readonly #rows: Float64Array;
  readonly #esp: Float64Array;
  readonly #opened = newPreopened();
  readonly #count: number;
  #next = 0;

  constructor(batch: PacketBatch) {
    const { octets, rows, esp } = batch;
    this.buffers = { octets, rows, esp };
    this.#count = batch.count;
    this.#octets = new Uint8Array(octets);
    this.#rows = new Float64Array(rows);
    this.#esp = new Float64Array(esp);
  }

  /**
   * Fills `record` with the next packet.
   * @param inputs and @param interfaces translate the reading thread's indices to those of the run.
   * @returns false at the end.
   */
  next(record: PacketRecord, inputs: readonly number[], interfaces: readonly number[]): boolean {
    if (this.#next >= this.#count) return false;
    const at = this.#next++ * COLUMNS;
    const value = (column: number): number => this.#rows[at + column] ?? 0;
    record.bytes = this.#octets;
    record.offset = value(COLUMN.offset);
    record.end = value(COLUMN.end);
    record.originalLength = value(COLUMN.originalLength);
    record.seconds = value(COLUMN.seconds);
    record.nanoseconds = value(COLUMN.nanoseconds);
    record.linkType = value(COLUMN.linkType);
    record.interfaceIndex = interfaces[value(COLUMN.interfaceIndex)] ?? 0;
    record.inputIndex = inputs[value(COLUMN.inputIndex)] ?? 0;
    record.number = value(COLUMN.number);
    record.fileOffset = value(COLUMN.fileOffset);
    const esp = value(COLUMN.esp);
    record.preopened = esp < 0 ? undefined : this.#readEsp(esp);
    return true;
  }

  #readEsp(row: number): PreopenedEsp {
    const opened = this.#opened;
    const at = row * (ESP_FIXED + ATTEMPT_COLUMNS * opened.attempts.length);
    const value = (column: number): number => this.#esp[at + column] ?? 0;
    opened.offset = value(ESP_COLUMN.offset);
    opened.bytes = this.#octets;
    opened.payloadOffset = value(ESP_COLUMN.payloadOffset);
    opened.payloadEnd = value(ESP_COLUMN.payloadEnd);
    opened.nextHeader = value(ESP_COLUMN.nextHeader);
    opened.padLength = value(ESP_COLUMN.padLength);
    opened.count = value(ESP_COLUMN.count);
    for (const [i, made] of opened.attempts.entries()) {
      const from = ESP_FIXED + ATTEMPT_COLUMNS * i;
      made.association = value(from);
      made.status = value(from + 1);
      made.integrityVerified = value(from + 2) === 1;
    }
    return opened;
  }
}
