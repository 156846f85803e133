/**
 * Octets of any packet of a run: read again from its input, or from the spool.
 */
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { u32, u32le } from '../../dissectors/core/bytes.ts';
import { MAGIC_LENGTH, PCAP_MODIFIED, detectMagic } from '../../dissectors/capture-file/index.ts';
import type { PacketRecord } from '../../engine/ports.ts';
import { MARK } from './catalogue.ts';
import type { PacketCatalogue } from './catalogue.ts';
import { Spool } from './spool.ts';
import type { StoredPlace } from './spool.ts';

/** Files held open at once; the one used longest ago is closed. */
const MAX_OPEN = 64;
/** Octets read at once, and what their offset is a multiple of. */
const BLOCK_OCTETS = 64 * 1024;
/** Octets of a pcap record header, and of the modified format. draft-ietf-opsawg-pcap section 5. */
const PCAP_HEADER = 16;
const PCAP_MODIFIED_HEADER = 24;
/** Octets in front of the packet in blocks of pcapng. draft-ietf-opsawg-pcapng sections 4.3, 4.4 and appendix. */
const PACKET_BLOCK_HEADER = 28;
const SIMPLE_PACKET_HEADER = 12;
const SIMPLE_PACKET_BLOCK = 3;
/** Octets of a block that are neither packet nor options: header, and length at the end. */
const PACKET_BLOCK_OVERHEAD = 32;

/** How packets lie in an input. */
type Layout = 'pcap' | 'pcap-modified' | 'pcapng' | 'spool';

interface StoredInput {
  readonly name: string;
  layout: Layout;
  descriptor: number | undefined;
  /** Octets up to the end of the last packet. */
  known: number;
  isShort: boolean;
}

/** How a store keeps packets. */
export interface StoreOptions {
  /** Everything goes to the spool: live capture. */
  readonly isLive: boolean;
  /** Octets of the spool of a live capture. */
  readonly spoolLimit: number;
  /** Told in words when something is wrong with an input. */
  readonly onTrouble: (text: string) => void;
}

/** Reads packets again. */
export class PacketStore {
  readonly spool: Spool;
  readonly #catalogue: PacketCatalogue;
  readonly #options: StoreOptions;
  readonly #inputs: StoredInput[];
  /** Inputs with open files, the one used last at the end. */
  readonly #open: StoredInput[] = [];
  #window = new Uint8Array(2 * BLOCK_OCTETS);
  #windowOf: StoredInput | undefined;
  #windowStart = 0;
  #windowEnd = 0;
  #hasToldSpool = false;

  /** @param names of the inputs, in the order of their index */
  constructor(names: readonly string[], catalogue: PacketCatalogue, options: StoreOptions) {
    this.#catalogue = catalogue;
    this.#options = options;
    this.spool = new Spool(options.isLive ? options.spoolLimit : Number.POSITIVE_INFINITY);
    this.#inputs = names.map((name) => ({
      name,
      layout: 'spool',
      descriptor: undefined,
      known: 0,
      isShort: false,
    }));
    if (options.isLive) return;
    for (const input of this.#inputs) input.layout = this.#layoutOf(input);
  }

  /** Keeps a packet as it comes. @returns its position */
  add(record: PacketRecord, marks: number): number {
    const input = this.#inputs[record.inputIndex];
    const order = record.isLittleEndian === true ? MARK.littleEndian : 0;
    if (input !== undefined && input.layout !== 'spool') {
      const { fileOffset, end, offset } = record;
      input.known = fileOffset + PACKET_BLOCK_HEADER + end - offset;
      return this.#catalogue.add(record, fileOffset, marks | order);
    }
    const at = this.spool.add(record);
    if (at < 0 && !this.#hasToldSpool) {
      this.#hasToldSpool = true;
      const reason = this.spool.failure ?? 'a packet is larger than the space for all';
      this.#options.onTrouble(
        `octets of packets are no longer kept (${reason}); their lines stay in the list`,
      );
    }
    const kept = at < 0 ? MARK.lost : MARK.spooled;
    return this.#catalogue.add(record, Math.max(at, 0), marks | order | kept);
  }

  /**
   * Reads a packet.
   * @param record gets it; its octets are valid until the next call
   * @returns false when its octets are gone; the record then has none
   */
  read(position: number, record: PacketRecord): boolean {
    const catalogue = this.#catalogue;
    catalogue.fill(position, record);
    record.bytes = NO_OCTETS;
    record.offset = record.end = 0;
    record.optionsLength = 0;
    if (!catalogue.has(position)) return false;
    const marks = catalogue.marks(position);
    if ((marks & MARK.lost) !== 0) return false;
    const captured = catalogue.captured(position);
    if ((marks & MARK.spooled) !== 0) {
      return this.spool.read(record.fileOffset, captured, record);
    }
    const input = this.#inputs[record.inputIndex];
    return input !== undefined && this.#readInput(input, captured, marks, record);
  }

  /**
   * What reading a packet would read from a file; undefined when its octets are at hand, or gone. The descriptor may be
   * given back at any time.
   */
  placeOf(position: number): StoredPlace | undefined {
    const catalogue = this.#catalogue;
    const marks = catalogue.marks(position);
    if (!catalogue.has(position) || (marks & MARK.lost) !== 0) return undefined;
    const at = catalogue.offset(position);
    const end = at + PACKET_BLOCK_HEADER + catalogue.captured(position);
    if ((marks & MARK.spooled) !== 0) return this.spool.placeOf(at, end);
    const input = this.#inputs[catalogue.input(position)];
    if (input === undefined || this.#isAtHand(input, at, end)) return undefined;
    const descriptor = this.#descriptor(input);
    return descriptor === undefined ? undefined : { descriptor, ...blocksOf(at, end) };
  }

  /** Whether the octets of a packet of a live capture are written over. */
  isGone(position: number): boolean {
    return this.#options.isLive && this.#catalogue.offset(position) < this.spool.oldest;
  }

  /** Gives all files back. */
  close(): void {
    this.spool.close();
    for (const input of this.#open.splice(0)) this.#release(input);
  }

  #readInput(input: StoredInput, captured: number, marks: number, record: PacketRecord): boolean {
    const { fileOffset } = record;
    const isPcapng = input.layout === 'pcapng';
    if (!this.#load(input, fileOffset, PACKET_BLOCK_HEADER + captured, true)) {
      // The last packet of a file may be shorter than the largest header.
      const least = (isPcapng ? SIMPLE_PACKET_HEADER : PCAP_HEADER) + captured;
      if (!this.#load(input, fileOffset, least, false)) return false;
    }
    const isLittleEndian = (marks & MARK.littleEndian) !== 0;
    let at = fileOffset - this.#windowStart;
    let header = input.layout === 'pcap' ? PCAP_HEADER : PCAP_MODIFIED_HEADER;
    let options = 0;
    if (isPcapng) {
      const word = isLittleEndian ? u32le : u32;
      const length = word(this.#window, at + 4);
      const isSimple = word(this.#window, at) === SIMPLE_PACKET_BLOCK;
      header = isSimple ? SIMPLE_PACKET_HEADER : PACKET_BLOCK_HEADER;
      options = isSimple ? 0 : length - PACKET_BLOCK_OVERHEAD - captured - (-captured & 3);
      const whole = header + captured + (-captured & 3) + Math.max(options, 0);
      if (!this.#load(input, fileOffset, whole, true)) options = 0;
      at = fileOffset - this.#windowStart;
      if (options < 0) options = 0;
    }
    record.bytes = this.#window;
    record.offset = at + header;
    record.end = record.offset + captured;
    record.optionsLength = options;
    record.isLittleEndian = isLittleEndian;
    return record.end <= this.#windowEnd - this.#windowStart;
  }

  /** Brings octets of an input into the window. @returns false when they are not there */
  #load(input: StoredInput, offset: number, length: number, isTry: boolean): boolean {
    if (this.#isAtHand(input, offset, offset + length)) return true;
    const { start, end } = blocksOf(offset, offset + length);
    const room = end - start;
    if (room > this.#window.length) this.#window = new Uint8Array(room);
    const descriptor = this.#descriptor(input);
    if (descriptor === undefined) return false;
    this.#windowOf = input;
    this.#windowStart = this.#windowEnd = start;
    try {
      while (this.#windowEnd < offset + length) {
        const have = this.#windowEnd - start;
        const count = readSync(descriptor, this.#window, have, room - have, this.#windowEnd);
        if (count === 0) break;
        this.#windowEnd += count;
      }
    } catch (error) {
      this.#tell(input, error instanceof Error ? error.message : String(error));
      return false;
    }
    if (this.#windowEnd >= offset + length) return true;
    if (!isTry) this.#lookAtSize(input, descriptor);
    return false;
  }

  #isAtHand(input: StoredInput, start: number, end: number): boolean {
    return this.#windowOf === input && start >= this.#windowStart && end <= this.#windowEnd;
  }

  #lookAtSize(input: StoredInput, descriptor: number): void {
    const { size } = fstatSync(descriptor);
    if (size < input.known)
      this.#tell(input, `it is shorter than when it was read: ${size} octets`);
  }

  #tell(input: StoredInput, reason: string): void {
    if (input.isShort) return;
    input.isShort = true;
    this.#options.onTrouble(
      `${input.name}: packets cannot be read again: ${reason}; what is known of them stays`,
    );
  }

  #descriptor(input: StoredInput): number | undefined {
    const last = this.#open.at(-1);
    if (last !== input) {
      const at = this.#open.indexOf(input);
      if (at >= 0) this.#open.splice(at, 1);
      this.#open.push(input);
    }
    if (input.descriptor === undefined) {
      try {
        input.descriptor = openSync(input.name, 'r');
      } catch (error) {
        this.#tell(input, error instanceof Error ? error.message : String(error));
        return undefined;
      }
      const oldest = this.#open.length > MAX_OPEN ? this.#open.shift() : undefined;
      if (oldest !== undefined) this.#release(oldest);
    }
    return input.descriptor;
  }

  #release(input: StoredInput): void {
    if (input.descriptor !== undefined) closeSync(input.descriptor);
    input.descriptor = undefined;
  }

  /** How packets lie in an input; what is no plain capture file can be read once. */
  #layoutOf(input: StoredInput): Layout {
    if (input.name === '-') return 'spool';
    try {
      // A pipe must not be opened: that would take its octets away.
      if (!statSync(input.name).isFile()) return 'spool';
      const descriptor = this.#descriptor(input);
      if (descriptor === undefined) return 'spool';
      const head = new Uint8Array(MAGIC_LENGTH);
      const count = readSync(descriptor, head, 0, MAGIC_LENGTH, 0);
      const magic = detectMagic(head, 0, count);
      if (magic === 'pcapng') return magic;
      if (magic !== 'pcap') return 'spool';
      const isModified = u32(head, 0) === PCAP_MODIFIED || u32le(head, 0) === PCAP_MODIFIED;
      return isModified ? 'pcap-modified' : 'pcap';
    } catch {
      // Whoever reads the input says what is wrong with it.
      return 'spool';
    }
  }
}

/** The blocks that hold octets of a file. */
function blocksOf(start: number, end: number): { readonly start: number; readonly end: number } {
  const first = Math.floor(start / BLOCK_OCTETS);
  return { start: first * BLOCK_OCTETS, end: Math.ceil(end / BLOCK_OCTETS) * BLOCK_OCTETS };
}

const NO_OCTETS = new Uint8Array();
