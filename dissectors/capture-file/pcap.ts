import { u16, u16le, u32, u32le } from '../core/bytes.ts';
import {
  MAX_CAPTURED_LENGTH,
  NEXT_END,
  NEXT_MORE,
  NEXT_PACKET,
  SEARCH_LIMIT,
  USUAL_CAPTURED_LENGTH,
  type CaptureDecoder,
  type CapturedPacket,
  type DecoderHooks,
  type NextStatus,
} from './decoder.ts';
import type { CaptureFaultCode } from './faults.ts';
import { PCAP_MODIFIED, PCAP_NANOSECONDS } from './magic.ts';
import type { OctetWindow } from './window.ts';

/** Octets of the pcap file header. draft-ietf-opsawg-pcap section 4. */
const FILE_HEADER_LENGTH = 24;
/** Octets of a record header, draft-ietf-opsawg-pcap section 5; the modified format has 8 more. */
const RECORD_HEADER_LENGTH = 16;
const MODIFIED_RECORD_HEADER_LENGTH = 24;

/** Plausible record headers in a row that end a search. */
const HEADERS_IN_A_ROW = 3;
/** A record found by searching was captured at most this long before or after the last good one, seconds. */
const SEARCH_BEFORE = 86_400;
const SEARCH_AFTER = 30 * 86_400;

const FILE_HEADER = 0;
const WALK = 1;
const SEARCH = 2;
const ENDED = 3;

const YES = 0;
const NO = 1;
const WAIT = 2;
type Verdict = typeof YES | typeof NO | typeof WAIT;

/**
 * Reads pcap files: micro- and nanoseconds, both byte orders, the modified format of old Linux tools.
 *
 * A record header that looks wrong (captured more than was on the wire, more than anybody captures, a
 * fraction of a second beyond one second, all zero) is believed only when a sensible header or the end of
 * the file follows the record. Otherwise a fault is told and the next place is searched where
 * three sensible headers follow each other (or one and then exactly the end of the file), captured near
 * the last good packet.
 */
export class PcapDecoder implements CaptureDecoder {
  need = FILE_HEADER_LENGTH;
  packets = 0;

  private readonly window: OctetWindow;
  private readonly hooks: DecoderHooks;
  private state: typeof FILE_HEADER | typeof WALK | typeof SEARCH | typeof ENDED = FILE_HEADER;
  private finished = false;
  private cutIsKnown = false;

  private littleEndian = false;
  private headerLength = RECORD_HEADER_LENGTH;
  private unitsPerSecond = 1_000_000;
  private nanosecondsPerUnit = 1000;
  /** Captured lengths up to this need no second look. */
  private usualLength = USUAL_CAPTURED_LENGTH;
  private linkType = 0;
  private interfaceIndex = 0;
  /** Files before version 2.3 have the two lengths swapped; those of 2.3 may have. */
  private minorVersion = 4;
  /** Times of the last packet, and of the one before: what led into damage may itself be damaged. */
  private lastSeconds = 0;
  private confirmedSeconds = 0;

  /** File offset of the record that made the search necessary, and what was wrong with it. */
  private damageAt = 0;
  private damageCode: CaptureFaultCode = 'CAPTURE_RECORD_LENGTH';
  private damageText = '';

  /** @param window holds the file from its first octet on */
  constructor(window: OctetWindow, hooks: DecoderHooks) {
    this.window = window;
    this.hooks = hooks;
  }

  finish(cutIsKnown = false): void {
    this.finished = true;
    this.cutIsKnown = cutIsKnown;
  }

  next(packet: CapturedPacket): NextStatus {
    const window = this.window;
    for (;;) {
      if (this.state !== WALK) {
        if (this.state === ENDED) return NEXT_END;
        const ready = this.state === FILE_HEADER ? this.readFileHeader() : this.search();
        if (!ready) return this.stalled();
      }
      const bytes = window.bytes;
      const at = window.start;
      const have = window.end - at;
      const headerLength = this.headerLength;
      if (have < headerLength) return this.starve(headerLength);

      let seconds: number;
      let fraction: number;
      let captured: number;
      let original: number;
      if (this.littleEndian) {
        seconds = u32le(bytes, at);
        fraction = u32le(bytes, at + 4);
        captured = u32le(bytes, at + 8);
        original = u32le(bytes, at + 12);
      } else {
        seconds = u32(bytes, at);
        fraction = u32(bytes, at + 4);
        captured = u32(bytes, at + 8);
        original = u32(bytes, at + 12);
      }
      if (this.minorVersion < 4 && this.lengthsAreSwapped(captured, original)) {
        const swap = captured;
        captured = original;
        original = swap;
      }
      const length = headerLength + captured;
      const isOdd =
        captured > this.usualLength ||
        captured > original ||
        fraction >= this.unitsPerSecond ||
        (original === 0 && seconds === 0);
      const last = this.lastSeconds;
      const isFar =
        this.packets > 0 && (seconds < last - SEARCH_BEFORE || seconds > last + SEARCH_AFTER);
      if (isOdd || isFar) {
        const verdict = isOdd ? this.judge(length, seconds) : this.judgeTime(length);
        if (verdict === WAIT) return NEXT_MORE;
        if (verdict === NO) {
          this.damage(seconds, fraction, captured, original);
          continue;
        }
        if (fraction >= this.unitsPerSecond && have >= length) {
          this.hooks.onFault(
            'CAPTURE_TIME_RANGE',
            `the capture time has ${fraction} units of 1/${this.unitsPerSecond} second; what is beyond one second was added to the seconds`,
            window.base + at + 4,
          );
          seconds += Math.floor(fraction / this.unitsPerSecond);
          fraction %= this.unitsPerSecond;
        }
        original = Math.max(original, captured);
      }
      if (have < length) return this.starve(length);

      packet.bytes = bytes;
      packet.offset = at + headerLength;
      packet.end = at + length;
      packet.originalLength = original;
      packet.seconds = seconds;
      packet.nanoseconds = fraction * this.nanosecondsPerUnit;
      packet.linkType = this.linkType;
      packet.interfaceIndex = this.interfaceIndex;
      packet.number = ++this.packets;
      packet.fileOffset = window.base + at;
      this.confirmedSeconds = last;
      this.lastSeconds = seconds;
      window.start = at + length;
      return NEXT_PACKET;
    }
  }

  private stalled(): NextStatus {
    return this.state === ENDED ? NEXT_END : NEXT_MORE;
  }

  private lengthsAreSwapped(captured: number, original: number): boolean {
    return this.minorVersion < 3 || captured > original;
  }

  private u32At(offset: number): number {
    return this.littleEndian ? u32le(this.window.bytes, offset) : u32(this.window.bytes, offset);
  }

  /** Asks for `need` octets, or ends when there are none to come. */
  private starve(need: number): NextStatus {
    if (!this.finished) {
      this.need = need;
      return NEXT_MORE;
    }
    const window = this.window;
    const have = window.end - window.start;
    if (have > 0 && !this.cutIsKnown) {
      this.hooks.onFault(
        'CAPTURE_TRUNCATED',
        `the last record is cut off: it takes ${need} octets, but the file ends after ${have} of them. ` +
          'Probably the capture was stopped or copied while it was written; all packets before it were read',
        window.base + window.start,
      );
    }
    window.start = window.end;
    this.state = ENDED;
    return NEXT_END;
  }

  /** draft-ietf-opsawg-pcap section 4. @returns false when octets are missing */
  private readFileHeader(): boolean {
    const { window } = this;
    const { bytes, start: at } = window;
    if (window.end - at < FILE_HEADER_LENGTH) {
      this.need = FILE_HEADER_LENGTH;
      if (!this.finished) return false;
      if (!this.cutIsKnown) {
        this.hooks.onFault(
          'CAPTURE_TRUNCATED',
          `the file header is cut off: it takes ${FILE_HEADER_LENGTH} octets, the file has ${window.end - at}`,
          window.base + at,
        );
      }
      this.state = ENDED;
      return false;
    }
    const order = u32(bytes, at);
    this.littleEndian = order >>> 24 !== 0xa1;
    const magic = this.littleEndian ? u32le(bytes, at) : order;
    if (magic === PCAP_NANOSECONDS) {
      this.unitsPerSecond = 1_000_000_000;
      this.nanosecondsPerUnit = 1;
    }
    if (magic === PCAP_MODIFIED) this.headerLength = MODIFIED_RECORD_HEADER_LENGTH;
    const major = this.littleEndian ? u16le(bytes, at + 4) : u16(bytes, at + 4);
    const minor = this.littleEndian ? u16le(bytes, at + 6) : u16(bytes, at + 6);
    if (major !== 2) {
      this.hooks.onFault(
        'CAPTURE_VERSION',
        `the file says it is pcap version ${major}.${minor}; version 2.4 is known. It is read as if it were 2.4`,
        window.base + at + 4,
      );
    } else this.minorVersion = minor;
    const snapLength = this.u32At(at + 16);
    this.usualLength = Math.min(Math.max(snapLength, USUAL_CAPTURED_LENGTH), MAX_CAPTURED_LENGTH);
    // The upper 16 bits say whether frames end with a frame check sequence, not what the link type is.
    this.linkType = this.u32At(at + 20) & 0xffff;
    this.interfaceIndex = this.hooks.onInterface({
      name: undefined,
      description: undefined,
      linkType: this.linkType,
      snapLength,
    });
    window.start = at + FILE_HEADER_LENGTH;
    this.state = WALK;
    return true;
  }

  /** Whether to believe the odd record of `length` octets (header included) at the start of the window. */
  private judge(length: number, seconds: number): Verdict {
    if (length > this.headerLength + MAX_CAPTURED_LENGTH) return NO;
    const window = this.window;
    const have = window.end - window.start;
    const need = length + this.headerLength;
    const near = this.packets > 0 ? this.lastSeconds : seconds;
    if (have >= need) {
      const at = window.start + length;
      return this.isPlausible(at) && this.isNear(at, near) ? YES : NO;
    }
    if (this.finished) return have === length ? YES : NO;
    this.need = need;
    return WAIT;
  }

  /**
   * Whether to believe the record of `length` octets at the start of the window, of which only the time is odd:
   * far from the last one. Files that were put together from several have such records.
   */
  private judgeTime(length: number): Verdict {
    const window = this.window;
    const need = length + this.headerLength;
    if (window.end - window.start >= need) return this.isSound(window.start + length) ? YES : NO;
    if (this.finished) return YES;
    this.need = need;
    return WAIT;
  }

  /** Whether a record header may be at `offset` of the window. */
  private isPlausible(offset: number): boolean {
    return (
      this.u32At(offset + 4) < this.unitsPerSecond && this.capturedAt(offset) <= this.usualLength
    );
  }

  /** The same without headers that are legal but rare: for looking among arbitrary octets. */
  private isSound(offset: number): boolean {
    const captured = this.capturedAt(offset);
    if (captured === 0 || captured > this.usualLength) return false;
    const original = this.u32At(offset + 8) + this.u32At(offset + 12) - captured;
    return (
      captured <= original &&
      original <= MAX_CAPTURED_LENGTH &&
      this.u32At(offset + 4) < this.unitsPerSecond
    );
  }

  private capturedAt(offset: number): number {
    const captured = this.u32At(offset + 8);
    if (this.minorVersion >= 4) return captured;
    const original = this.u32At(offset + 12);
    return this.lengthsAreSwapped(captured, original) ? original : captured;
  }

  /** Whether the record header at `offset` of the window has a time close to `near`, seconds. */
  private isNear(offset: number, near: number): boolean {
    const seconds = this.u32At(offset);
    return seconds >= near - SEARCH_BEFORE && seconds <= near + SEARCH_AFTER;
  }

  /** Keeps what is wrong with the record at the start of the window, and begins to search behind it. */
  private damage(seconds: number, fraction: number, captured: number, original: number): void {
    const window = this.window;
    this.damageAt = window.base + window.start;
    if (captured > this.usualLength) {
      this.damageCode = 'CAPTURE_RECORD_LENGTH';
      this.damageText = `the record header gives a captured length of ${captured} octets, at most ${this.usualLength} were expected`;
    } else if (captured > original) {
      this.damageCode = 'CAPTURE_RECORD_LENGTH';
      this.damageText = `the record header gives a captured length of ${captured} octets for a packet of ${original}, and no record follows`;
    } else {
      this.damageCode = 'CAPTURE_RECORD_HEADER';
      this.damageText = `this is no record header (time ${seconds} s and ${fraction}/${this.unitsPerSecond}, ${captured} of ${original} octets)`;
    }
    window.start += 1;
    this.state = SEARCH;
  }

  /**
   * Looks for the next record, octet by octet, with a bounded look ahead at each: linear in the octets skipped.
   * @returns true when one is at the start of the window
   */
  private search(): boolean {
    const window = this.window;
    const giveUp = this.damageAt + SEARCH_LIMIT - window.base;
    for (; window.end - window.start >= this.headerLength; window.start++) {
      if (window.start >= giveUp) {
        this.endSearch(
          `no record was found in the ${SEARCH_LIMIT} octets behind it; the rest is not read`,
        );
        this.state = ENDED;
        return false;
      }
      const verdict = this.followChain(window.start);
      if (verdict === WAIT) return false;
      if (verdict === NO) continue;
      const found = window.base + window.start;
      this.endSearch(
        `${found - this.damageAt} octets were skipped, reading went on at octet ${found}`,
      );
      this.state = WALK;
      return true;
    }
    this.need = this.headerLength;
    if (this.finished) {
      this.endSearch(
        `no record was found in the ${window.base + window.end - this.damageAt} octets up to the end`,
      );
      window.start = window.end;
      this.state = ENDED;
    }
    return false;
  }

  private endSearch(outcome: string): void {
    this.hooks.onFault(this.damageCode, `${this.damageText}; ${outcome}`, this.damageAt);
  }

  /** Whether enough sensible record headers follow each other from `offset` of the window on. */
  private followChain(offset: number): Verdict {
    const window = this.window;
    const near = this.packets > 1 ? this.confirmedSeconds : this.u32At(offset);
    if (this.packets <= 1 && near === 0) return NO;
    let at = offset;
    for (let count = 0; count < HEADERS_IN_A_ROW; count++) {
      if (at + this.headerLength > window.end) {
        if (this.finished) return count > 0 && at === window.end ? YES : NO;
        this.need = at + this.headerLength - window.start;
        return WAIT;
      }
      if (!this.isSound(at) || !this.isNear(at, near)) return NO;
      at += this.headerLength + this.capturedAt(at);
    }
    return YES;
  }
}
