import type { PacketRecord } from '../../engine/ports.ts';
import {
  createCaptureDecoder,
  describeOctets,
  detectMagic,
  MAGIC_LENGTH,
  NEXT_END,
  NEXT_MORE,
  OctetWindow,
  type CaptureDecoder,
  type CaptureFaultCode,
  type DecodedInterface,
  type NextStatus,
} from '../../dissectors/capture-file/index.ts';
import { GunzipStage } from './gunzip.ts';
import { explainSystemError, type InputErrorCode } from './input-error.ts';
import type { RawOctets } from './octets.ts';
import { PlainStage, type OctetStage, type StageFaultCode } from './stage.ts';
import { UnzstdStage } from './unzstd.ts';

/** Code of a fault of an input: of its format, its compression, or why it is no capture at all. */
export type ReaderFaultCode = CaptureFaultCode | StageFaultCode | InputErrorCode;

/** What a {@link CaptureReader} tells beside packets. */
export interface ReaderHooks {
  /** @returns index for `PacketRecord.interfaceIndex` */
  onInterface(found: DecodedInterface): number;
  /** @param fileOffset octets in the decompressed data */
  onFault(code: ReaderFaultCode, message: string, fileOffset: number): void;
}

/**
 * Reads one input: finds out compression and format by the first octets, then gives packet after packet.
 * Errors of the operating system become faults; nothing is thrown.
 */
export class CaptureReader {
  /** The packet of the last {@link next}. */
  readonly record: PacketRecord;
  private readonly raw: RawOctets;
  private readonly hooks: ReaderHooks;
  private readonly chunkLength: number;
  private window: OctetWindow;
  private stage: OctetStage;
  private isCompressed = false;
  private decoder: CaptureDecoder | undefined = undefined;
  private need = MAGIC_LENGTH;
  private ended = false;
  private closed = false;

  /**
   * @param inputIndex goes into the records
   * @param chunkLength octets of one read
   */
  constructor(raw: RawOctets, inputIndex: number, hooks: ReaderHooks, chunkLength: number) {
    this.raw = raw;
    this.hooks = hooks;
    this.chunkLength = chunkLength;
    this.window = new OctetWindow(chunkLength);
    this.stage = new PlainStage(raw, chunkLength);
    this.record = {
      bytes: this.window.bytes,
      offset: 0,
      end: 0,
      originalLength: 0,
      seconds: 0,
      nanoseconds: 0,
      linkType: 0,
      interfaceIndex: 0,
      inputIndex,
      number: 0,
      fileOffset: 0,
      optionsLength: 0,
      isLittleEndian: true,
    };
  }

  /** Octets read of the file as it is on disk. */
  get octetsRead(): number {
    return this.raw.octetsRead;
  }

  /** Octets of the decompressed data that were consumed. */
  get octetsConsumed(): number {
    return this.window.base + this.window.start;
  }

  /** Whether the format is known, that is the input is a capture. */
  get isCapture(): boolean {
    return this.decoder !== undefined;
  }

  /** Fills {@link record}; after `NEXT_MORE` call {@link fill} and then this again. */
  next(): NextStatus {
    if (this.decoder === undefined) {
      if (this.ended && this.closed) return NEXT_END;
      if (!this.identify()) return this.ended ? NEXT_END : NEXT_MORE;
    }
    return this.decoder === undefined ? NEXT_END : this.decoder.next(this.record);
  }

  /** Reads on. @returns undefined when that is done, else a promise to wait for; it does not reject */
  fill(): Promise<void> | undefined {
    try {
      const count = this.stage.fill(this.window, this.decoder?.need ?? this.need);
      if (typeof count !== 'number') {
        return count.then(
          (octets) => {
            this.filled(octets);
          },
          (error: unknown) => {
            this.broken(error);
          },
        );
      }
      this.filled(count);
    } catch (error) {
      this.broken(error);
    }
    return undefined;
  }

  /** Gives back descriptors and streams; a fill that waits ends. */
  close(): void {
    this.closed = true;
    this.stage.close();
  }

  private filled(count: number): void {
    if (count > 0) return;
    this.ended = true;
    this.decoder?.finish(this.stage.isCut || this.closed);
  }

  private broken(error: unknown): void {
    const { code, reason } = explainSystemError(error);
    this.ended = true;
    if (this.decoder === undefined) {
      this.tell(code, reason);
      this.close();
    } else {
      this.tell('CAPTURE_READ', `${reason}; what follows is not read`);
      this.decoder.finish(true);
    }
  }

  private tell(code: ReaderFaultCode, message: string): void {
    if (!this.closed) this.hooks.onFault(code, message, this.window.base + this.window.end);
  }

  /** Finds out compression and format. @returns whether there is a decoder now */
  private identify(): boolean {
    const { bytes, start, end } = this.window;
    if (end - start < MAGIC_LENGTH && !this.ended) return false;
    const magic = detectMagic(bytes, start, end);
    if (magic === 'pcap' || magic === 'pcapng') {
      this.decoder = createCaptureDecoder(magic, this.window, this.hooks);
      if (this.ended) this.decoder.finish(this.stage.isCut);
      return true;
    }
    if (magic !== undefined && !this.isCompressed) {
      this.isCompressed = true;
      const report = (code: StageFaultCode, message: string): void => {
        this.tell(code, message);
      };
      const first = bytes.slice(start, end);
      this.stage =
        magic === 'gzip'
          ? new GunzipStage(this.raw, first, report)
          : new UnzstdStage(this.raw, first, report);
      this.window = new OctetWindow(this.chunkLength);
      this.ended = false;
      return false;
    }
    if (!this.stage.isCut || end > start) this.tellNoCapture(magic);
    this.ended = true;
    this.close();
    return false;
  }

  private tellNoCapture(magic: string | undefined): void {
    const { bytes, start, end } = this.window;
    if (end === start && !this.isCompressed) {
      this.tell(
        'ERR_INPUT_EMPTY',
        'has no octets; the capture was not written, or another place is meant',
      );
      return;
    }
    const found = magic === undefined ? describeOctets(bytes, start, end) : `${magic} data again`;
    this.tell(
      'ERR_INPUT_NOT_A_CAPTURE',
      `is no capture: ${this.isCompressed ? 'the compressed data holds' : 'it begins with'} ${found}; ` +
        'a pcap or pcapng file is expected, plain or compressed with gzip or zstd',
    );
  }
}
