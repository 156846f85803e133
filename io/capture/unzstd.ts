import { Decompress } from 'fzstd';
import { OctetWindow } from '../../dissectors/capture-file/index.ts';
import type { RawOctets } from './octets.ts';
import type { OctetStage, ReportStageFault } from './stage.ts';

/** RFC 8878 section 3.1.1 and 3.1.2. */
const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;
/** Longest frame header, octets. RFC 8878 section 3.1.1.1. */
const FRAME_HEADER_LIMIT = 18;
/** RFC 8878 section 3.1.1.2.4. */
const BLOCK_LIMIT = 128 * 1024;
/** Largest window that is allocated, octets: what the zstd command takes without --memory or --long. */
const WINDOW_LIMIT = 128 * 1024 * 1024;
const BLOCK_HEADER_LENGTH = 3;
const RLE_BLOCK = 1;

/**
 * Undoes Zstandard (RFC 8878): any number of frames, skippable ones among them. The same decoder on every Node
 * version, so that damaged input behaves the same everywhere.
 *
 * Frames are taken apart here and the decompressor gets whole blocks: so a window that would take too
 * much memory is refused before it is allocated, the octets that wait are bounded by one block, and a
 * cut file gives everything before the cut. The content checksum is not verified; the
 * capture format behind it finds most damage.
 */
export class UnzstdStage implements OctetStage {
  isCut = false;
  private readonly raw: RawOctets;
  private readonly report: ReportStageFault;
  private readonly input: OctetWindow;
  private inputEnded = false;
  private readonly output: Uint8Array[] = [];
  private decompressor: Decompress | undefined = undefined;
  /** Octets of the frame header that wait for the first block, which the decompressor gets with it. */
  private headerLength = 0;
  private checksumLength = 0;
  private skipLeft = 0;
  private frames = 0;
  private state: 'frame' | 'block' | 'skip' | 'ended' = 'frame';
  private closed = false;

  /** @param first octets already read from `raw` */
  constructor(raw: RawOctets, first: Uint8Array, report: ReportStageFault) {
    this.raw = raw;
    this.report = report;
    this.input = new OctetWindow(BLOCK_LIMIT * 2);
    this.input.append(first);
  }

  async fill(window: OctetWindow): Promise<number> {
    for (;;) {
      const ready = this.output.shift();
      if (ready !== undefined) {
        if (ready.length === 0) continue;
        window.append(ready);
        return ready.length;
      }
      if (this.closed || this.state === 'ended') return 0;
      if (this.state === 'frame') await this.beginFrame();
      else if (this.state === 'block') await this.readBlock();
      else await this.skip();
    }
  }

  close(): void {
    this.closed = true;
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
      'the zstd data is cut off before its end; everything before was read. Get the complete file if the rest matters',
    );
  }

  private fail(reason: string): void {
    this.isCut = true;
    this.state = 'ended';
    this.report(
      'CAPTURE_COMPRESSION',
      `the zstd data cannot be decompressed at octet ${this.input.base + this.input.start} of the compressed file (${reason}); what follows is not read`,
    );
  }

  private async beginFrame(): Promise<void> {
    const { input } = this;
    if (!(await this.want(1))) {
      this.state = 'ended';
      return;
    }
    if (!(await this.want(4))) {
      this.cut();
      return;
    }
    const magic = input.u32le(0);
    if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
      if (!(await this.want(8))) {
        this.cut();
        return;
      }
      this.skipLeft = input.u32le(4);
      input.start += 8;
      this.state = 'skip';
    } else if (magic === FRAME_MAGIC) await this.readFrameHeader();
    else if (this.frames === 0) this.fail('it does not begin with a frame');
    else {
      this.state = 'ended';
      this.report(
        'CAPTURE_COMPRESSION',
        `octets that are no zstd frame follow the zstd data, from octet ${input.base + input.start} of the compressed file on; they are not read`,
      );
    }
  }

  /** Frame header. RFC 8878 section 3.1.1.1. */
  private async readFrameHeader(): Promise<void> {
    const { input } = this;
    await this.want(FRAME_HEADER_LIMIT);
    const descriptor = input.u8(4);
    const singleSegment = (descriptor & 0x20) !== 0;
    const dictionaryLength = [0, 1, 2, 4][descriptor & 3] ?? 0;
    const sizeLength = [singleSegment ? 1 : 0, 2, 4, 8][descriptor >>> 6] ?? 0;
    const sizeAt = 5 + (singleSegment ? 0 : 1) + dictionaryLength;
    const length = sizeAt + sizeLength;
    if (input.end - input.start < length) {
      this.cut();
      return;
    }
    if ((descriptor & 0x08) !== 0) {
      this.fail('its frame header has a reserved bit set');
      return;
    }
    for (let i = 0; i < dictionaryLength; i++) {
      if (input.u8(sizeAt - 1 - i) === 0) continue;
      this.fail('it needs a dictionary; decompress it with zstd -d -D first');
      return;
    }
    const window = singleSegment ? this.contentSize(sizeAt, sizeLength) : windowSize(input.u8(5));
    if (window > WINDOW_LIMIT) {
      this.fail(
        `it needs a window of ${window} octets, ${WINDOW_LIMIT} are allowed; decompress it with zstd -d --long=31 first`,
      );
      return;
    }
    this.headerLength = length;
    this.checksumLength = (descriptor & 0x04) === 0 ? 0 : 4;
    this.decompressor = new Decompress((octets) => this.output.push(octets));
    this.frames++;
    this.state = 'block';
  }

  /** Frame_Content_Size of a single segment, which is its window. RFC 8878 section 3.1.1.1.4. */
  private contentSize(at: number, length: number): number {
    const { input } = this;
    if (length === 1) return input.u8(at);
    if (length === 2) return input.u16le(at) + 256;
    return input.u32le(at) + (length === 8 ? input.u32le(at + 4) * 2 ** 32 : 0);
  }

  /** Block. RFC 8878 section 3.1.1.2. */
  private async readBlock(): Promise<void> {
    const { input } = this;
    const at = this.headerLength;
    if (!(await this.want(at + BLOCK_HEADER_LENGTH))) {
      this.cut();
      return;
    }
    const header = input.u16le(at) | (input.u8(at + 2) << 16);
    const isLast = (header & 1) !== 0;
    const size = header >>> 3;
    if (size > BLOCK_LIMIT) {
      this.fail(`a block of ${size} octets, ${BLOCK_LIMIT} are allowed`);
      return;
    }
    const content = ((header >>> 1) & 3) === RLE_BLOCK ? 1 : size;
    const length = at + BLOCK_HEADER_LENGTH + content + (isLast ? this.checksumLength : 0);
    if (!(await this.want(length))) {
      this.cut();
      return;
    }
    try {
      // The decompressor may keep what it gets: a copy, as the window moves on.
      this.decompressor?.push(input.bytes.slice(input.start, input.start + length), isLast);
    } catch (error) {
      this.fail(error instanceof Error ? error.message : 'unknown reason');
      return;
    }
    input.start += length;
    this.headerLength = 0;
    if (isLast) this.state = 'frame';
  }

  private async skip(): Promise<void> {
    const { input } = this;
    if (this.skipLeft > 0 && !(await this.want(1))) {
      this.cut();
      return;
    }
    const step = Math.min(this.skipLeft, input.end - input.start);
    input.start += step;
    this.skipLeft -= step;
    if (this.skipLeft === 0) this.state = 'frame';
  }
}

/** Window_Descriptor in octets. RFC 8878 section 3.1.1.1.2. */
function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3));
  return base + (base / 8) * (descriptor & 7);
}
