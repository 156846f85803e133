import type { OctetWindow } from '../../dissectors/capture-file/index.ts';
import type { RawOctets } from './octets.ts';

/** Octets of one read of a file: chunks that stay in the second-level cache are the fastest. */
export const CHUNK_LENGTH = 256 * 1024;

/** Codes of what can go wrong between the disk and the capture format. */
export const STAGE_FAULTS = {
  CAPTURE_READ: 'the operating system reported an error while reading',
  CAPTURE_COMPRESSION: 'the compressed data is damaged or not supported',
  CAPTURE_TRUNCATED: 'the compressed data ends too early',
} as const;

/** One of the codes of {@link STAGE_FAULTS}. */
export type StageFaultCode = keyof typeof STAGE_FAULTS;

/** Tells a fault at the place reached in the decompressed data. */
export type ReportStageFault = (code: StageFaultCode, message: string) => void;

/** Turns raw octets into the octets of the capture file. */
export interface OctetStage {
  /** The data ended before its real end; a fault was reported. */
  readonly isCut: boolean;
  /**
   * Adds octets to the window.
   * @param need octets that must fit into the window, counted from its start
   * @returns how many were added, at least 1; 0 at the end
   */
  fill(window: OctetWindow, need: number): number | Promise<number>;
  close(): void;
}

/** Octets as they are: read straight into the window. */
export class PlainStage implements OctetStage {
  readonly isCut = false;
  private readonly raw: RawOctets;
  private readonly chunkLength: number;

  constructor(raw: RawOctets, chunkLength: number) {
    this.raw = raw;
    this.chunkLength = chunkLength;
  }

  fill(window: OctetWindow, need: number): number | Promise<number> {
    const room = Math.min(window.makeRoom(need), this.chunkLength);
    const count = this.raw.readInto(window.bytes, window.end, room);
    if (typeof count !== 'number') return this.finishFill(window, count);
    window.end += count;
    return count;
  }

  close(): void {
    this.raw.close();
  }

  private async finishFill(window: OctetWindow, reading: Promise<number>): Promise<number> {
    const count = await reading;
    window.end += count;
    return count;
  }
}
