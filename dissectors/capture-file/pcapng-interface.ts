import { u8, u16, u16le, u32, u32le } from '../core/bytes.ts';
import type { DecodedInterface } from './decoder.ts';

/** Codes of the options of an Interface Description Block. draft-ietf-opsawg-pcapng section 4.2. */
const OPT_ENDOFOPT = 0;
const IF_NAME = 2;
const IF_DESCRIPTION = 3;
const IF_TSRESOL = 9;
const IF_TSOFFSET = 14;

/** Kept octets of an interface name or description. */
const TEXT_LIMIT = 1024;
/** Offsets beyond this, in seconds, put every packet outside of the years 1970 to 9999. */
const OFFSET_LIMIT = 2 ** 40;
/** Last second of the year 9999, the last one the usual time formats can show. */
const LAST_SECOND = 253_402_300_799;

const decoder = new TextDecoder('utf-8');

/** What is wrong with an option, and where in the buffer. */
type OptionFault = (message: string, offset: number) => void;

/**
 * An interface of a pcapng section: link type and how its 64-bit timestamps are meant.
 * draft-ietf-opsawg-pcapng section 4.2.
 */
export class PcapngInterface implements DecodedInterface {
  name: string | undefined = undefined;
  description: string | undefined = undefined;
  readonly linkType: number;
  readonly snapLength: number;
  /** Index the caller gave it. */
  index = -1;

  /** Result of the last {@link setTime}. */
  seconds = 0;
  nanoseconds = 0;

  /** Units of a timestamp in a second; 0 when it is not one that fits the fast path. */
  private units = 1_000_000;
  private nanosecondsPerUnit = 1000;
  private wideUnits = 0n;
  private offsetSeconds = 0;

  /**
   * @param linkType LINKTYPE_ value
   * @param snapLength capture length limit, octets; 0 = none
   */
  constructor(linkType: number, snapLength: number) {
    this.linkType = linkType;
    this.snapLength = snapLength;
  }

  /**
   * Reads the options of an Interface Description Block at `[offset, end)`. draft-ietf-opsawg-pcapng section 3.5.
   */
  readOptions(
    bytes: Uint8Array,
    offset: number,
    end: number,
    littleEndian: boolean,
    onFault: OptionFault,
  ): void {
    let at = offset;
    while (at + 4 <= end) {
      const code = littleEndian ? u16le(bytes, at) : u16(bytes, at);
      const length = littleEndian ? u16le(bytes, at + 2) : u16(bytes, at + 2);
      if (code === OPT_ENDOFOPT) return;
      const value = at + 4;
      if (value + length > end) {
        onFault(`option ${code} has ${length} octets, its block only ${end - value} more`, at);
        return;
      }
      this.readOption(bytes, code, value, length, littleEndian, onFault);
      at = value + length + (-length & 3);
    }
  }

  private readOption(
    bytes: Uint8Array,
    code: number,
    value: number,
    length: number,
    littleEndian: boolean,
    onFault: OptionFault,
  ): void {
    if (code === IF_NAME || code === IF_DESCRIPTION) {
      const end = value + Math.min(length, TEXT_LIMIT);
      // Some writers count a closing zero octet.
      const text = decoder.decode(bytes.subarray(value, end)).replace(/\0+$/u, '');
      if (code === IF_NAME) this.name = text;
      else this.description = text;
    } else if (code === IF_TSRESOL) {
      if (length === 1) this.setResolution(u8(bytes, value));
      else onFault(`if_tsresol has ${length} octets, not 1; microseconds are taken`, value);
    } else if (code === IF_TSOFFSET) {
      const high = littleEndian ? u32le(bytes, value + 4) : u32(bytes, value);
      const low = littleEndian ? u32le(bytes, value) : u32(bytes, value + 4);
      const seconds = (high | 0) * 0x1_0000_0000 + low;
      if (length !== 8) onFault(`if_tsoffset has ${length} octets, not 8; it is not used`, value);
      else if (Math.abs(seconds) > OFFSET_LIMIT) {
        onFault(`if_tsoffset of ${seconds} seconds cannot be meant; it is not used`, value);
      } else this.offsetSeconds = seconds;
    }
  }

  /** if_tsresol: units of 10^-n, or with the most significant bit of 2^-n, seconds. */
  private setResolution(resolution: number): void {
    const exponent = resolution & 0x7f;
    if (resolution < 0x80 && exponent <= 9) {
      this.units = 10 ** exponent;
      this.nanosecondsPerUnit = 10 ** (9 - exponent);
    } else {
      this.units = 0;
      this.wideUnits = (resolution < 0x80 ? 10n : 2n) ** BigInt(exponent);
    }
  }

  /**
   * Sets `seconds` and `nanoseconds` from the two halves of a timestamp; what is finer than a nanosecond is
   * cut off. No 64-bit number is built for the usual resolutions: a double would lose nanoseconds.
   * @returns false when the time lies outside of the years 1970 to 9999; it is then moved to the nearer end
   */
  setTime(high: number, low: number): boolean {
    const units = this.units;
    let seconds: number;
    if (units > 0) {
      // Long division by `units` < 2**30 in digits of 16 bits: every dividend stays below 2**46.
      const q1 = Math.floor(high / units);
      let rest = high - q1 * units;
      let dividend = rest * 0x1_0000 + (low >>> 16);
      const q2 = Math.floor(dividend / units);
      rest = dividend - q2 * units;
      dividend = rest * 0x1_0000 + (low & 0xffff);
      const q3 = Math.floor(dividend / units);
      rest = dividend - q3 * units;
      seconds = q1 * 0x1_0000_0000 + q2 * 0x1_0000 + q3;
      this.nanoseconds = rest * this.nanosecondsPerUnit;
    } else {
      const value = (BigInt(high) << 32n) | BigInt(low);
      seconds = Number(value / this.wideUnits);
      this.nanoseconds = Number(((value % this.wideUnits) * 1_000_000_000n) / this.wideUnits);
    }
    seconds += this.offsetSeconds;
    this.seconds = Math.min(Math.max(seconds, 0), LAST_SECOND);
    return seconds === this.seconds;
  }
}
