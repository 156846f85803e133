import { u16, u16le, u32, u32le } from '../core/bytes.ts';
import {
  MAX_CAPTURED_LENGTH,
  NEXT_END,
  NEXT_MORE,
  NEXT_PACKET,
  SEARCH_LIMIT,
  type CaptureDecoder,
  type CapturedPacket,
  type DecoderHooks,
  type NextStatus,
} from './decoder.ts';
import type { CaptureFaultCode } from './faults.ts';
import { SECTION_HEADER_BLOCK } from './magic.ts';
import {
  BLOCK_OVERHEAD,
  ENHANCED_PACKET_BLOCK,
  INTERFACE_DESCRIPTION_BLOCK,
  MAX_BLOCK_LENGTH,
  PACKET_BLOCK,
  PACKET_OPTIONS_LIMIT,
  PACKET_OVERHEAD,
  SECTION_HEADER_LENGTH,
  SIMPLE_PACKET_BLOCK,
  cutIsBelievable,
  isKnownType,
  lengthIsContradicted,
  octetsToContradict,
  probeBlock,
  sectionIsLittleEndian,
} from './pcapng-block.ts';
import { PcapngInterface } from './pcapng-interface.ts';
import type { OctetWindow } from './window.ts';

/** Octets of a Simple Packet Block without data. */
const SIMPLE_OVERHEAD = 16;
/** Octets of an Interface Description Block without options. */
const INTERFACE_OVERHEAD = 20;
/**
 * Blocks up to this length are checked as a whole before they are used. Longer ones are passed over when their
 * type is known, and taken for damage otherwise.
 */
const BUFFERED_LIMIT = MAX_CAPTURED_LENGTH + PACKET_OVERHEAD + PACKET_OPTIONS_LIMIT;
/** Interface descriptions kept of one file; packets of further interfaces are not read. */
export const MAX_INTERFACES = 4096;

const WALK = 0;
const SKIP = 1;
const SEARCH = 2;
const ENDED = 3;

/**
 * Reads pcapng files (draft-ietf-opsawg-pcapng): any number of sections in either byte order, Interface
 * Description, Enhanced, Simple and the obsolete Packet Blocks; other blocks are passed over.
 *
 * The framing is checked before anything of a block is used: both lengths must agree. After damage the next
 * block of a known type with two equal lengths is searched; a section header at any octet, others at
 * multiples of four octets from the damage.
 *
 * A Simple Packet Block has no time; its packet gets the time of the packet before it, or 0.
 */
export class PcapngDecoder implements CaptureDecoder {
  need = BLOCK_OVERHEAD;
  packets = 0;

  private readonly window: OctetWindow;
  private readonly hooks: DecoderHooks;
  private state: typeof WALK | typeof SKIP | typeof SEARCH | typeof ENDED = WALK;
  private finished = false;
  private cutIsKnown = false;

  private littleEndian = false;
  private inSection = false;
  /** A section of an unknown version: its blocks are walked but not used. */
  private sectionIsForeign = false;
  /** Interfaces of the section by their id; undefined where the description could not be read. */
  private interfaces: (PcapngInterface | undefined)[] = [];
  /** Index by id and description, so that sections that repeat an interface do not add to the list. */
  private readonly known = new Map<string, number>();
  private seconds = 0;
  private nanoseconds = 0;

  /** Octets of a passed-over block still to come, and where it is. */
  private skipLeft = 0;
  private skipLength = 0;
  private skipAt = 0;

  private damageAt = 0;
  private damageCode: CaptureFaultCode = 'CAPTURE_RECORD_LENGTH';
  private damageText = '';
  /** Where the search began, and the length of the block if it may also be one that the end of the file cuts off. */
  private searchFrom = 0;
  private cutLength = 0;

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
        const ready = this.state === SKIP ? this.skip() : this.search();
        if (!ready) return this.stalled();
        continue;
      }
      const at = window.start;
      const have = window.end - at;
      if (have < BLOCK_OVERHEAD) return this.starve(BLOCK_OVERHEAD);
      const type = this.u32At(at);
      if (type === SECTION_HEADER_BLOCK) {
        const order = sectionIsLittleEndian(window.bytes, at);
        if (order === undefined) {
          this.damage('CAPTURE_BYTE_ORDER', 'the section header has no valid byte-order magic');
          continue;
        }
        this.littleEndian = order;
      } else if (!this.inSection) {
        this.damage('CAPTURE_BYTE_ORDER', 'no section header stands before this block');
        continue;
      }
      const length = this.u32At(at + 4);
      const least = this.leastLength(type);
      if (length < least || length > MAX_BLOCK_LENGTH || (length & 3) !== 0) {
        this.damage(
          'CAPTURE_RECORD_LENGTH',
          `the block of type ${type} gives its length as ${length} octets; it must be a multiple of 4, ` +
            `at least ${least} and at most ${MAX_BLOCK_LENGTH}`,
        );
        continue;
      }
      if (length > BUFFERED_LIMIT) {
        if (least > BLOCK_OVERHEAD || !isKnownType(type)) {
          this.damage(
            'CAPTURE_RECORD_LENGTH',
            `the block of type ${type} gives its length as ${length} octets, at most ${BUFFERED_LIMIT} were expected`,
          );
        } else this.beginSkip(length);
        continue;
      }
      if (have < length) {
        if (!this.finished) return this.starve(length);
        if (cutIsBelievable(window.bytes, at, window.end, this.littleEndian)) {
          return this.starve(length);
        }
        this.damage(
          'CAPTURE_RECORD_LENGTH',
          `the block of type ${type} gives its length as ${length} octets, but the file ends after ${have} of them`,
        );
        this.cutLength = length;
        continue;
      }
      if (this.u32At(at + length - 4) !== length) {
        const verdict = this.checkFollower(length);
        if (verdict === undefined) return NEXT_MORE;
        if (!verdict) continue;
      }
      window.start = at + length;
      if (type === ENHANCED_PACKET_BLOCK || type === PACKET_BLOCK || type === SIMPLE_PACKET_BLOCK) {
        if (!this.sectionIsForeign && this.readPacket(packet, type, at, length)) return NEXT_PACKET;
      } else if (type === INTERFACE_DESCRIPTION_BLOCK) {
        if (!this.sectionIsForeign) this.readInterface(at, length);
      } else if (type === SECTION_HEADER_BLOCK) this.readSection(at);
    }
  }

  private stalled(): NextStatus {
    return this.state === ENDED ? NEXT_END : NEXT_MORE;
  }

  private u32At(offset: number): number {
    return this.littleEndian ? u32le(this.window.bytes, offset) : u32(this.window.bytes, offset);
  }

  private u16At(offset: number): number {
    return this.littleEndian ? u16le(this.window.bytes, offset) : u16(this.window.bytes, offset);
  }

  /** Octets of the fixed part of a block; {@link BLOCK_OVERHEAD} for blocks that are not looked into. */
  private leastLength(type: number): number {
    if (type === ENHANCED_PACKET_BLOCK || type === PACKET_BLOCK) return PACKET_OVERHEAD;
    if (type === SIMPLE_PACKET_BLOCK) return SIMPLE_OVERHEAD;
    if (type === INTERFACE_DESCRIPTION_BLOCK) return INTERFACE_OVERHEAD;
    return type === SECTION_HEADER_BLOCK ? SECTION_HEADER_LENGTH : BLOCK_OVERHEAD;
  }

  /** Asks for `need` octets, or ends when there are none to come. */
  private starve(need: number): NextStatus {
    if (!this.finished) {
      this.need = need;
      return NEXT_MORE;
    }
    const window = this.window;
    if (window.end > window.start)
      this.reportCut(window.base + window.start, window.base + window.end, need);
    window.start = window.end;
    this.state = ENDED;
    return NEXT_END;
  }

  private reportCut(at: number, fileEnd: number, need: number): void {
    if (this.cutIsKnown) return;
    this.hooks.onFault(
      'CAPTURE_TRUNCATED',
      `the last block is cut off: it takes ${need} octets, but the file ends after ${fileEnd - at} of them. ` +
        'Probably the capture was stopped or copied while it was written; all packets before it were read',
      at,
    );
  }

  /**
   * The two lengths of the block at the start of the window differ. When a block (or the end of the file)
   * follows where the first says, only the second is wrong, unless the block itself contradicts the first.
   * @returns whether the block can be used; undefined when octets are missing to tell
   */
  private checkFollower(length: number): boolean | undefined {
    const window = this.window;
    const { start: at, end } = window;
    const second = this.u32At(at + length - 4);
    const wanted = probeBlock(window.bytes, at + length, end, this.littleEndian, true);
    const present = at + length + wanted <= end;
    const needed = Math.max(
      wanted > 0 ? length + wanted : 0,
      octetsToContradict(window.bytes, at, this.littleEndian),
    );
    if (at + needed > end && !this.finished) {
      this.need = needed;
      return undefined;
    }
    const text = `the block gives its length as ${length} octets at its start and as ${second} at its end`;
    if (lengthIsContradicted(window.bytes, at, end, this.littleEndian)) {
      this.damage('CAPTURE_RECORD_LENGTH', text);
      return false;
    }
    if ((wanted > 0 && present) || (this.finished && at + length === end)) {
      this.hooks.onFault(
        'CAPTURE_BLOCK_TRAILER',
        `${text}; a block follows where the first says, so the second is taken for damaged`,
        window.base + at,
      );
      return true;
    }
    this.damage('CAPTURE_BLOCK_TRAILER', text);
    return false;
  }

  private beginSkip(length: number): void {
    this.skipAt = this.window.base + this.window.start;
    this.skipLength = length;
    this.skipLeft = length - 4;
    this.state = SKIP;
  }

  /** Passes over a long block without holding it. @returns false when octets are missing */
  private skip(): boolean {
    const window = this.window;
    const step = Math.min(this.skipLeft, window.end - window.start);
    window.start += step;
    this.skipLeft -= step;
    this.need = Math.min(this.skipLeft + 4, 65_536);
    if (this.skipLeft > 0 || window.end - window.start < 4) {
      if (!this.finished) return false;
      this.reportCut(this.skipAt, window.base + window.end, this.skipLength);
      window.start = window.end;
      this.state = ENDED;
      return false;
    }
    const second = this.u32At(window.start);
    this.state = WALK;
    if (second === this.skipLength) window.start += 4;
    else {
      this.damage(
        'CAPTURE_BLOCK_TRAILER',
        `the block gives its length as ${this.skipLength} octets at its start and as ${second} at its end`,
        this.skipAt,
      );
    }
    return true;
  }

  /** Keeps what is wrong with the block at the start of the window, and begins to search behind it. */
  private damage(code: CaptureFaultCode, text: string, fileOffset?: number): void {
    const window = this.window;
    const type = this.u32At(window.start);
    if (fileOffset === undefined) {
      // Ids count descriptions: where one is lost, the later ones must not take its number.
      if (type === SECTION_HEADER_BLOCK) this.interfaces = [];
      else if (type === INTERFACE_DESCRIPTION_BLOCK) this.addInterface(undefined);
    }
    this.damageAt = fileOffset ?? window.base + window.start;
    this.damageCode = code;
    this.damageText = text;
    this.cutLength = 0;
    if (fileOffset === undefined) window.start += 1;
    this.searchFrom = window.base + window.start;
    this.state = SEARCH;
  }

  /** Looks for the next block, octet by octet. @returns true when one is at the start of the window */
  private search(): boolean {
    const window = this.window;
    const giveUp = this.searchFrom + SEARCH_LIMIT - window.base;
    for (; window.end - window.start >= BLOCK_OVERHEAD; window.start++) {
      if (window.start >= giveUp) break;
      const at = window.start;
      const aligned = this.inSection && ((window.base + at - this.damageAt) & 3) === 0;
      const wanted = probeBlock(window.bytes, at, window.end, this.littleEndian, aligned);
      if (wanted === 0) continue;
      if (at + wanted > window.end) {
        if (this.finished) continue;
        this.need = wanted;
        return false;
      }
      const found = window.base + at;
      this.endSearch(
        `${found - this.damageAt} octets were skipped, reading went on at octet ${found}`,
      );
      this.state = WALK;
      return true;
    }
    if (window.start >= giveUp) {
      this.endSearch(
        `no block was found in the ${SEARCH_LIMIT} octets behind it; the rest is not read`,
      );
      this.state = ENDED;
    } else if (this.finished) {
      this.endSearchAtEnd();
      window.start = window.end;
      this.state = ENDED;
    } else this.need = BLOCK_OVERHEAD;
    return false;
  }

  private endSearch(outcome: string): void {
    this.hooks.onFault(this.damageCode, `${this.damageText}; ${outcome}`, this.damageAt);
  }

  private endSearchAtEnd(): void {
    const fileEnd = this.window.base + this.window.end;
    if (this.cutLength > 0) this.reportCut(this.damageAt, fileEnd, this.cutLength);
    else
      this.endSearch(`no block was found in the ${fileEnd - this.damageAt} octets up to the end`);
  }

  /** Section Header Block. draft-ietf-opsawg-pcapng section 4.1. */
  private readSection(at: number): void {
    this.inSection = true;
    this.interfaces = [];
    const major = this.u16At(at + 12);
    this.sectionIsForeign = major !== 1;
    if (major !== 1) {
      this.hooks.onFault(
        'CAPTURE_VERSION',
        `the section says it is pcapng version ${major}.${this.u16At(at + 14)}; version 1 is known. Its packets are not read`,
        this.window.base + at + 12,
      );
    }
  }

  /** Interface Description Block. draft-ietf-opsawg-pcapng section 4.2. */
  private readInterface(at: number, length: number): void {
    const base = this.window.base;
    const found = new PcapngInterface(this.u16At(at + 8), this.u32At(at + 12));
    const { bytes } = this.window;
    found.readOptions(bytes, at + 16, at + length - 4, this.littleEndian, (message, offset) => {
      this.hooks.onFault('CAPTURE_INTERFACE_OPTION', message, base + offset);
    });
    const key = JSON.stringify([
      this.interfaces.length,
      found.linkType,
      found.snapLength,
      found.name,
      found.description,
    ]);
    const index = this.known.get(key);
    if (index !== undefined) found.index = index;
    else if (this.known.size < MAX_INTERFACES) {
      found.index = this.hooks.onInterface(found);
      this.known.set(key, found.index);
    } else {
      this.hooks.onFault(
        'CAPTURE_INTERFACE_LIMIT',
        `the file describes more than ${MAX_INTERFACES} interfaces; packets of further ones are not read`,
        base + at,
      );
      this.addInterface(undefined);
      return;
    }
    this.addInterface(found);
  }

  private addInterface(found: PcapngInterface | undefined): void {
    if (this.interfaces.length < MAX_INTERFACES) this.interfaces.push(found);
  }

  /**
   * Enhanced (section 4.3), Simple (section 4.4) and obsolete Packet Block (appendix A) of
   * draft-ietf-opsawg-pcapng. @returns whether there is a packet
   */
  private readPacket(packet: CapturedPacket, type: number, at: number, length: number): boolean {
    const window = this.window;
    let id = 0;
    let original: number;
    let captured: number;
    let offset: number;
    let room: number;
    if (type === SIMPLE_PACKET_BLOCK) {
      offset = at + 12;
      room = length - SIMPLE_OVERHEAD;
      original = this.u32At(at + 8);
      captured = Math.min(original, room);
    } else {
      id = type === PACKET_BLOCK ? this.u16At(at + 8) : this.u32At(at + 8);
      offset = at + 28;
      room = length - PACKET_OVERHEAD;
      captured = this.u32At(at + 20);
      original = this.u32At(at + 24);
    }
    const from = id < this.interfaces.length ? this.interfaces[id] : undefined;
    if (from === undefined) {
      this.hooks.onFault(
        'CAPTURE_INTERFACE_UNKNOWN',
        `the packet names interface ${id}, which no readable description before it has; it is not read, as its link type is unknown`,
        window.base + at,
      );
      return false;
    }
    if (captured > room) {
      this.hooks.onFault(
        'CAPTURE_RECORD_LENGTH',
        `the packet gives its captured length as ${captured} octets, its block has room for ${room}; it is not read`,
        window.base + at,
      );
      return false;
    }
    if (type === SIMPLE_PACKET_BLOCK) {
      // draft-ietf-opsawg-pcapng section 4.4: the captured length is what the snapshot length allows.
      if (from.snapLength > 0) captured = Math.min(captured, from.snapLength);
    } else {
      if (!from.setTime(this.u32At(at + 12), this.u32At(at + 16))) {
        this.hooks.onFault(
          'CAPTURE_TIME_RANGE',
          'the capture time lies outside of the years 1970 to 9999; the nearer end was taken',
          window.base + at + 12,
        );
      }
      this.seconds = from.seconds;
      this.nanoseconds = from.nanoseconds;
    }
    packet.bytes = window.bytes;
    packet.offset = offset;
    packet.end = offset + captured;
    packet.originalLength = original > captured ? original : captured;
    packet.seconds = this.seconds;
    packet.nanoseconds = this.nanoseconds;
    packet.linkType = from.linkType;
    packet.interfaceIndex = from.index;
    packet.number = ++this.packets;
    packet.fileOffset = window.base + at;
    // Options follow the octets, filled up to four: draft-ietf-opsawg-pcapng section 4.3.
    packet.optionsLength =
      type === SIMPLE_PACKET_BLOCK ? 0 : length - PACKET_OVERHEAD - captured - (-captured & 3);
    packet.isLittleEndian = this.littleEndian;
    return true;
  }
}
