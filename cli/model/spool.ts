/**
 * Packets that cannot be read again where they came from (pipes, compressed files, live capture), written to a file
 * without a name: it is gone when the process is.
 */
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { putU32, u32 } from '../../dissectors/core/bytes.ts';
import type { PacketRecord } from '../../engine/ports.ts';

/** Octets collected before they are written. */
const BUFFER_OCTETS = 512 * 1024;
/** In front of each packet: octets of its options, and their byte order. */
const HEADER_OCTETS = 8;

/** Octets in a file that are read for a packet. */
export interface StoredPlace {
  readonly descriptor: number;
  readonly start: number;
  readonly end: number;
}

/** A file of packets. With a limit the newest write over the oldest. */
export class Spool {
  /** Octets were refused by the system: further packets are not kept. */
  failure: string | undefined;
  readonly #limit: number;
  readonly #directory: string;
  #descriptor: number | undefined;
  /** Octets so far, those written over included: where the next packet goes. */
  #end = 0;
  /** What is not written yet, from offset `#flushed` on. */
  readonly #buffer = new Uint8Array(BUFFER_OCTETS);
  #flushed = 0;

  /**
   * @param limit octets of the file; Infinity = none
   * @param directory for the file
   */
  constructor(limit = Number.POSITIVE_INFINITY, directory = tmpdir()) {
    this.#limit = limit === Number.POSITIVE_INFINITY ? limit : Math.max(limit, 4 * BUFFER_OCTETS);
    this.#directory = directory;
  }

  /** Offsets below this one are written over. */
  get oldest(): number {
    return Math.max(0, this.#end - this.#limit);
  }

  /** Adds a packet with its options. @returns its offset; -1 when it could not be kept */
  add(record: PacketRecord): number {
    const { bytes, offset, end, optionsLength = 0, isLittleEndian = true } = record;
    const captured = end - offset;
    const padding = optionsLength > 0 ? -captured & 3 : 0;
    const length = HEADER_OCTETS + captured + padding + optionsLength;
    if (this.failure !== undefined || length > this.#limit) return -1;
    // A packet lies in one piece: what is left at the end of the ring stays empty.
    const left = this.#limit - (this.#end % this.#limit);
    if (length > left && !this.#skip(left)) return -1;
    const at = this.#end;
    const header = new Uint8Array(HEADER_OCTETS);
    putU32(header, 0, optionsLength);
    header[4] = isLittleEndian ? 1 : 0;
    const body = bytes.subarray(offset, end + padding + optionsLength);
    return this.#append(header) && this.#append(body) ? at : -1;
  }

  /**
   * Reads a packet.
   * @param captured its octets
   * @param record gets the octets, valid as long as nobody changes them, and the options
   * @returns false when it is written over or cannot be read
   */
  read(at: number, captured: number, record: PacketRecord): boolean {
    if (at < this.oldest || at >= this.#end) return false;
    const header = new Uint8Array(HEADER_OCTETS);
    if (!this.#copy(at, header)) return false;
    const optionsLength = u32(header, 0);
    const padding = optionsLength > 0 ? -captured & 3 : 0;
    const bytes = new Uint8Array(captured + padding + optionsLength);
    if (!this.#copy(at + HEADER_OCTETS, bytes)) return false;
    record.bytes = bytes;
    record.offset = 0;
    record.end = captured;
    record.optionsLength = optionsLength;
    record.isLittleEndian = header[4] === 1;
    return true;
  }

  /** Where octets lie in the file, when they do. What is kept of a live capture was written just now: nowhere. */
  placeOf(start: number, end: number): StoredPlace | undefined {
    const isOld = this.#limit === Number.POSITIVE_INFINITY && start < this.#flushed;
    if (this.#descriptor === undefined || !isOld) return undefined;
    return { descriptor: this.#descriptor, start, end };
  }

  /** Gives the file back. */
  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    this.failure ??= 'closed';
  }

  #skip(octets: number): boolean {
    if (!this.#flush()) return false;
    this.#end += octets;
    this.#flushed = this.#end;
    return true;
  }

  #append(octets: Uint8Array): boolean {
    let done = 0;
    while (done < octets.length) {
      const used = this.#end - this.#flushed;
      if (used === BUFFER_OCTETS) {
        if (!this.#flush()) return false;
        continue;
      }
      const count = Math.min(octets.length - done, BUFFER_OCTETS - used);
      this.#buffer.set(octets.subarray(done, done + count), used);
      this.#end += count;
      done += count;
    }
    return true;
  }

  #flush(): boolean {
    try {
      this.#descriptor ??= openNameless(this.#directory);
      let done = 0;
      const length = this.#end - this.#flushed;
      while (done < length) {
        const place = (this.#flushed + done) % this.#limit;
        done += writeSync(this.#descriptor, this.#buffer, done, length - done, place);
      }
      this.#flushed = this.#end;
      return true;
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error);
      // What was collected is lost; what is in the file stays.
      this.#end = this.#flushed;
      return false;
    }
  }

  /** Copies octets from file and buffer. */
  #copy(at: number, into: Uint8Array): boolean {
    const inFile = Math.max(0, Math.min(into.length, this.#flushed - at));
    if (inFile > 0) {
      if (this.#descriptor === undefined) return false;
      try {
        let done = 0;
        while (done < inFile) {
          const place = (at + done) % this.#limit;
          const count = readSync(this.#descriptor, into, done, inFile - done, place);
          if (count === 0) return false;
          done += count;
        }
      } catch {
        return false;
      }
    }
    if (inFile === into.length) return true;
    const start = Math.max(0, at - this.#flushed);
    const rest = into.length - inFile;
    if (this.#flushed + start + rest > this.#end) return false;
    into.set(this.#buffer.subarray(start, start + rest), inFile);
    return true;
  }
}

/** A new file that only this process has, without a name. Throws what the system says. */
function openNameless(directory: string): number {
  const file = path.join(directory, `mip6guard-${randomUUID()}.spool`);
  const descriptor = openSync(file, 'wx+', 0o600);
  unlinkSync(file);
  return descriptor;
}
