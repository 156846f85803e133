import { constants, crc32, createInflateRaw } from 'node:zlib';
import { OctetWindow } from '../../dissectors/capture-file/index.ts';
import type { RawOctets } from './octets.ts';
import type { OctetStage, ReportStageFault } from './stage.ts';

/** Octets of one write to the inflater grow from the first to the second; see {@link GunzipStage}. */
const FIRST_SLICE = 1024;
const LAST_SLICE = 32 * 1024;
/** Octets the inflater hands out at once. */
const OUTPUT_LENGTH = 128 * 1024;
/** Longest member header that is believed: fixed part, extra field, name and comment. */
const HEADER_LIMIT = 256 * 1024;

/** Bits of FLG. RFC 1952 section 2.3.1. */
const FHCRC = 0x02;
const FEXTRA = 0x04;
const FNAME = 0x08;
const FCOMMENT = 0x10;
/** Octets of CRC32 and ISIZE behind the deflate data. */
const TRAILER_LENGTH = 8;

/**
 * One deflate stream on the thread pool of Node. Octets that come out wait in `output`; the caller writes a
 * slice only when it has taken all of them, so what waits is bounded by the slice (deflate grows at most
 * 1032 times).
 */
class Inflater {
  readonly output: Uint8Array[] = [];
  failure: Error | undefined = undefined;
  finished = false;
  private readonly stream = createInflateRaw({
    chunkSize: OUTPUT_LENGTH,
    flush: constants.Z_SYNC_FLUSH,
  });
  private wake: () => void = () => undefined;

  constructor() {
    this.stream.on('data', (chunk: Uint8Array) => this.output.push(chunk));
    this.stream.on('error', (error) => {
      this.failure = error;
      this.wake();
    });
    this.stream.on('end', () => {
      this.finished = true;
      this.wake();
    });
    this.stream.on('close', () => {
      this.wake();
    });
  }

  /** @returns octets of the slice that belong to the stream; fewer than it has when the stream is over */
  async write(slice: Uint8Array): Promise<number> {
    const before = this.stream.bytesWritten;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      this.stream.write(slice, () => {
        resolve();
      });
    });
    if (this.failure !== undefined) return slice.length;
    const used = this.stream.bytesWritten - before;
    // Node ends the readable side as soon as octets are left over: wait for the last data.
    if (used < slice.length && !this.finished) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    return used;
  }

  close(): void {
    this.stream.destroy();
  }
}

/**
 * Undoes gzip (RFC 1952): any number of members one after the other, as parallel and block-wise compressors
 * write them.
 *
 * The members are taken apart here and only their deflate data goes to zlib, because zlib drops what it had ready
 * when a checksum is wrong or the file is cut. So everything before a cut is delivered, damage of a
 * checksum loses nothing, and damage inside of deflate data loses what came out of one slice: slices
 * begin small and grow, so that little of a small file is lost.
 */
export class GunzipStage implements OctetStage {
  isCut = false;
  private readonly raw: RawOctets;
  private readonly report: ReportStageFault;
  private readonly input: OctetWindow;
  private inputEnded = false;
  private inflater: Inflater | undefined = undefined;
  private sliceLength = FIRST_SLICE;
  private state: 'header' | 'body' | 'trailer' | 'failed' | 'ended' = 'header';
  private closed = false;
  private members = 0;
  private checksum = 0;
  /** Octets of the member so far, modulo 2**32. */
  private size = 0;

  /** @param first octets already read from `raw` */
  constructor(raw: RawOctets, first: Uint8Array, report: ReportStageFault) {
    this.raw = raw;
    this.report = report;
    this.input = new OctetWindow(LAST_SLICE);
    this.input.append(first);
  }

  async fill(window: OctetWindow): Promise<number> {
    for (;;) {
      const ready = this.inflater?.output.shift();
      if (ready !== undefined) {
        this.checksum = crc32(ready, this.checksum);
        this.size = (this.size + ready.length) >>> 0;
        window.append(ready);
        return ready.length;
      }
      if (this.closed || this.state === 'ended') return 0;
      if (this.state === 'header') await this.readHeader();
      else if (this.state === 'body') await this.inflate();
      else if (this.state === 'trailer') await this.readTrailer();
      else this.fail(this.inflater?.failure?.message ?? 'unknown reason');
    }
  }

  close(): void {
    this.closed = true;
    this.inflater?.close();
    this.raw.close();
  }

  /** Reads until `need` octets are in the input. @returns whether they are */
  private async want(need: number): Promise<boolean> {
    const { input } = this;
    while (input.end - input.start < need && !this.inputEnded) {
      const room = input.makeRoom(need);
      const count = await this.raw.readInto(input.bytes, input.end, room);
      input.end += count;
      this.inputEnded = count === 0;
    }
    return input.end - input.start >= need;
  }

  private cut(): void {
    this.isCut = true;
    this.state = 'ended';
    this.report(
      'CAPTURE_TRUNCATED',
      'the gzip data is cut off before its end; everything before was read. Get the complete file if the rest matters',
    );
  }

  private fail(reason: string): void {
    this.isCut = true;
    this.state = 'ended';
    this.report(
      'CAPTURE_COMPRESSION',
      `the gzip data is damaged (${reason}); what follows is not read`,
    );
  }

  /** Member header. RFC 1952 section 2.3. */
  private async readHeader(): Promise<void> {
    const { input } = this;
    if (!(await this.want(1))) {
      this.state = 'ended';
      return;
    }
    const isGzip =
      (await this.want(3)) && input.u8(0) === 0x1f && input.u8(1) === 0x8b && input.u8(2) === 8;
    if (!isGzip) {
      await this.passOverTail();
      return;
    }
    const length = await this.headerLength();
    if (length === 0) return;
    input.start += length;
    this.members++;
    this.checksum = 0;
    this.size = 0;
    this.inflater = new Inflater();
    this.state = 'body';
  }

  /** Octets of the member header at the start of the input; 0 when the data ended or failed. */
  private async headerLength(): Promise<number> {
    let length = 10;
    if (await this.want(length)) {
      const flags = this.input.u8(3);
      let complete = true;
      if ((flags & FEXTRA) !== 0) {
        complete = await this.want(length + 2);
        length += 2 + this.input.u16le(length);
      }
      for (const flag of [FNAME, FCOMMENT]) {
        if (!complete || (flags & flag) === 0) continue;
        length = await this.zeroBehind(length);
        complete = length > 0;
      }
      if ((flags & FHCRC) !== 0) length += 2;
      if (complete && (await this.want(length))) return length;
    }
    if (this.state === 'header') this.cut();
    return 0;
  }

  /** Position behind the next zero octet at or behind `from`; 0 when there is none. */
  private async zeroBehind(from: number): Promise<number> {
    const { input } = this;
    for (let at = from; at < HEADER_LIMIT; at++) {
      if (!(await this.want(at + 1))) return 0;
      if (input.u8(at) === 0) return at + 1;
    }
    this.fail(`a member header is longer than ${HEADER_LIMIT} octets`);
    return 0;
  }

  /** What follows the last member is no member: zero octets pad it to a block size, all else is told. */
  private async passOverTail(): Promise<void> {
    const { input } = this;
    if (this.members === 0) {
      this.cut();
      return;
    }
    while (await this.want(1)) {
      for (; input.start < input.end; input.start++) {
        if (input.u8(0) === 0) continue;
        this.state = 'ended';
        this.report(
          'CAPTURE_COMPRESSION',
          `octets that are no gzip data follow the gzip data, from octet ${input.base + input.start} of the compressed file on; they are not read`,
        );
        return;
      }
    }
    this.state = 'ended';
  }

  private async inflate(): Promise<void> {
    const { input, inflater } = this;
    if (inflater === undefined) return;
    if (!(await this.want(1))) {
      this.cut();
      return;
    }
    const end = Math.min(input.end, input.start + this.sliceLength);
    const given = end - input.start;
    const used = await inflater.write(input.bytes.subarray(input.start, end));
    input.start += used;
    this.sliceLength = Math.min(this.sliceLength * 2, LAST_SLICE);
    // Told when what came out before has been taken.
    if (inflater.failure !== undefined) this.state = 'failed';
    else if (used < given) this.state = 'trailer';
  }

  /** CRC32 and ISIZE. RFC 1952 section 2.3.1. */
  private async readTrailer(): Promise<void> {
    const { input } = this;
    this.inflater?.close();
    if (!(await this.want(TRAILER_LENGTH))) {
      this.cut();
      return;
    }
    const checksum = input.u32le(0);
    const size = input.u32le(4);
    input.start += TRAILER_LENGTH;
    this.state = 'header';
    if (checksum !== this.checksum || size !== this.size) {
      this.report(
        'CAPTURE_COMPRESSION',
        `the checksum or length of gzip member ${this.members} does not fit its contents: some octets before this place are damaged`,
      );
    }
  }
}
