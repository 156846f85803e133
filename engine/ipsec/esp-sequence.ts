/**
 * Sequence numbers of ESP as an observer sees them, with keys and without: copies, restarts and jumps of one flow,
 * which is a destination and SPI on a link (RFC 4303 sections 3.3.3 and 3.4.3).
 *
 * Each link has flows of its own: the same packet on the next link is no replay. Bounded: the flow seen first goes
 * first. Nothing is allocated for a packet of a known flow.
 */
import { sameAddress } from '../../dissectors/core/address.ts';
import { copyOctets, u32, u8 } from '../../dissectors/core/bytes.ts';

/** Keys of link and SPI remembered, 1.6 KiB a flow. */
const MAX_KEYS = 4096;
/** Flows of one key: destinations that share an SPI. */
const MAX_DESTINATIONS = 4;
const TWO_32 = 2 ** 32;
/** Packets remembered of a flow: a replay window of the common size. */
export const WINDOW = 64;
/** Copies of one packet this close together come from a mirror port. Microseconds. */
const MIRROR = 20_000;
/** A copy with fewer hops left this close behind was forwarded past the capture again. Microseconds. */
const FORWARDED = 1e6;
/** A number behind the window counts when the number ahead of it is at least this old. Microseconds. */
const REORDERING = 1e6;
/** Sequence numbers a sender does not skip. */
export const JUMP = 2 ** 20;
/** Octets at the end of an ESP packet that identify it. */
const TAIL = 12;

/** What a sequence number says about the packets before it. */
export const SequenceVerdict = {
  /** In order, or nothing to compare it with. */
  FINE: 0,
  /** The very packet was on this link before, too long ago for a mirror port. */
  COPY: 1,
  /** Behind the window: an old packet, or a counter set back. */
  BEHIND: 2,
  /** The counter starts again, or a number comes twice with another content. */
  RESTART: 3,
  /** More than {@link JUMP} numbers ahead. */
  AHEAD: 4,
} as const;
export type SequenceVerdict = (typeof SequenceVerdict)[keyof typeof SequenceVerdict];

/** Half of all numbers: what is less far ahead is ahead. */
const HALF = 2 ** 31;
/** First numbers of a counter that starts again. */
const FIRST_NUMBERS = 16;

/** One packet as the flows see it; the caller fills the same object again. */
export interface EspSighted {
  bytes: Uint8Array;
  /** Offset of the ESP header, and end of the ESP packet. */
  esp: number;
  end: number;
  /** Offset of the destination: that of the type 2 routing header where there is one. */
  destination: number;
  linkId: number;
  hopLimit: number;
  /** 0 = plain, 1 = Home Address option, 2 = type 2 routing header. */
  layout: number;
  /** False when the number has 32 bits and no more: behind the last one come new keys. RFC 4303 section 3.3.3. */
  mayWrap: boolean;
  /** Microseconds since 1970. */
  time: number;
  input: number;
  number: number;
}

/** Packets of one flow, by sequence number modulo the window. */
export class Flow {
  readonly destination: Uint8Array;
  packets = 0;
  highest = 0;
  /** Time at which it was raised. */
  raised = 0;
  /** Highest number a while ago, at least {@link REORDERING}, and as it was at `checked`. */
  settled = 0;
  candidate = 0;
  checked = 0;
  readonly sequences = new Uint32Array(WINDOW);
  readonly tails = new Int32Array(WINDOW);
  readonly times = new Float64Array(WINDOW);
  readonly numbers = new Uint32Array(WINDOW);
  readonly inputs = new Uint16Array(WINDOW);
  readonly hops = new Uint8Array(WINDOW);
  readonly layouts = new Uint8Array(WINDOW);

  constructor(destination: Uint8Array) {
    this.destination = destination;
  }
}

/** A flow as it was before a packet, with the place that the packet takes. */
interface Entry {
  flow: Flow;
  slot: number;
  packets: number;
  highest: number;
  raised: number;
  settled: number;
  candidate: number;
  checked: number;
  sequence: number;
  tail: number;
  time: number;
  number: number;
  input: number;
  hops: number;
  layout: number;
}

/** Sequence numbers of all flows. */
export class EspSequences {
  evictions = 0;
  /** How flows were before the packet at hand; kept when it may turn out that it did not arrive. */
  readonly #journal: Entry[] = [];
  #entries = 0;
  readonly #hasJournal: boolean;
  /** Of the last verdict but FINE: the packet it was compared with, and the highest number before. */
  readonly before = { input: 0, number: 0, time: 0, highest: 0 };
  readonly #flows = new Map<number, Flow[]>();

  /** @param hasJournal packets can be taken back; then `endPacket` is called after each */
  constructor(hasJournal = false) {
    this.#hasJournal = hasJournal;
  }

  /** Notes a whole ESP packet that nothing speaks against. */
  note(packet: EspSighted): SequenceVerdict {
    const { bytes, esp, end, time } = packet;
    const sequence = u32(bytes, esp + 4);
    const flow = this.#flow(packet);
    const slot = sequence & (WINDOW - 1);
    const tail = tailOf(bytes, esp, end);
    if (this.#hasJournal) this.#record(flow, slot);
    const isFirst = flow.packets === 0;
    const verdict = isFirst
      ? SequenceVerdict.FINE
      : this.#judge(packet, flow, slot, sequence, tail);
    flow.packets++;
    if (verdict === SequenceVerdict.COPY) return verdict;
    const isNewStart =
      isFirst || verdict === SequenceVerdict.RESTART || verdict === SequenceVerdict.AHEAD;
    if (isNewStart) {
      flow.settled = flow.candidate = sequence;
      flow.checked = time;
    } else if (time - flow.checked >= REORDERING) {
      flow.settled = flow.candidate;
      flow.candidate = flow.highest;
      flow.checked = time;
    }
    if (isNewStart || (sequence - flow.highest) >>> 0 < HALF) {
      flow.highest = sequence;
      flow.raised = time;
    }
    if (verdict === SequenceVerdict.BEHIND) return verdict;
    flow.sequences[slot] = sequence;
    flow.tails[slot] = tail;
    flow.times[slot] = time;
    flow.numbers[slot] = packet.number;
    flow.inputs[slot] = packet.input;
    flow.hops[slot] = packet.hopLimit;
    flow.layouts[slot] = packet.layout;
    return verdict;
  }

  /** Flows with their links and SPIs, first seen first. */
  *entries(): IterableIterator<{ linkId: number; spi: number; flow: Readonly<Flow> }> {
    for (const [key, list] of this.#flows) {
      for (const flow of list) {
        yield { linkId: Math.floor(key / TWO_32), spi: key % TWO_32, flow };
      }
    }
  }

  /** Takes a flow of an earlier run; those seen first come first. */
  restore(linkId: number, spi: number, flow: Flow): void {
    const key = linkId * TWO_32 + spi;
    const list = this.#flows.get(key) ?? [];
    if (list.length >= MAX_DESTINATIONS) return;
    list.push(flow);
    this.#flows.set(key, list);
    if (this.#flows.size > MAX_KEYS) this.#forgetOldest();
  }

  /** The packet at hand is done with. @param isLetIn false = it did not arrive: the genuine one may still come */
  endPacket(isLetIn: boolean): void {
    for (let i = this.#entries - 1; i >= 0 && !isLetIn; i--) {
      const entry = this.#journal[i];
      if (entry !== undefined) putBack(entry);
    }
    this.#entries = 0;
  }

  #record(flow: Flow, slot: number): void {
    const place = this.#entries++;
    const entry = this.#journal[place];
    const known = entry ?? newEntry(flow);
    if (entry === undefined) this.#journal.push(known);
    known.flow = flow;
    known.slot = slot;
    known.packets = flow.packets;
    known.highest = flow.highest;
    known.raised = flow.raised;
    known.settled = flow.settled;
    known.candidate = flow.candidate;
    known.checked = flow.checked;
    known.sequence = flow.sequences[slot] ?? 0;
    known.tail = flow.tails[slot] ?? 0;
    known.time = flow.times[slot] ?? 0;
    known.number = flow.numbers[slot] ?? 0;
    known.input = flow.inputs[slot] ?? 0;
    known.hops = flow.hops[slot] ?? 0;
    known.layout = flow.layouts[slot] ?? 0;
  }

  #judge(
    packet: EspSighted,
    flow: Flow,
    slot: number,
    sequence: number,
    tail: number,
  ): SequenceVerdict {
    const { before } = this;
    before.highest = flow.highest;
    before.input = flow.inputs[slot] ?? 0;
    before.number = flow.numbers[slot] ?? 0;
    before.time = flow.times[slot] ?? 0;
    if (before.number > 0 && flow.sequences[slot] === sequence) {
      if (flow.tails[slot] !== tail) return SequenceVerdict.RESTART;
      // Another layout of one packet is a relay's work, which has events of its own.
      if (flow.layouts[slot] !== packet.layout) return SequenceVerdict.FINE;
      const age = packet.time - before.time;
      const isForwarded = age < FORWARDED && packet.hopLimit < (flow.hops[slot] ?? 0);
      return age < MIRROR || isForwarded ? SequenceVerdict.FINE : SequenceVerdict.COPY;
    }
    const ahead = (sequence - flow.highest) >>> 0;
    if (ahead < HALF && sequence < flow.highest && !packet.mayWrap) return SequenceVerdict.RESTART;
    if (ahead < HALF) return ahead > JUMP ? SequenceVerdict.AHEAD : SequenceVerdict.FINE;
    const known = packet.time - flow.raised >= REORDERING ? flow.highest : flow.settled;
    const behind = (known - sequence) >>> 0;
    if (behind >= HALF || behind < WINDOW) return SequenceVerdict.FINE;
    return sequence <= FIRST_NUMBERS ? SequenceVerdict.RESTART : SequenceVerdict.BEHIND;
  }

  /** Flow of a packet; a new one is empty. */
  #flow({ bytes, esp, destination, linkId }: EspSighted): Flow {
    const key = linkId * TWO_32 + u32(bytes, esp);
    let list = this.#flows.get(key);
    if (list === undefined) {
      list = [];
      this.#flows.set(key, list);
      if (this.#flows.size > MAX_KEYS) this.#forgetOldest();
    }
    for (const flow of list) {
      if (sameAddress(bytes, destination, flow.destination, 0)) return flow;
    }
    if (list.length >= MAX_DESTINATIONS) {
      list.shift();
      this.evictions++;
    }
    const flow = new Flow(copyOctets(bytes, destination, destination + 16));
    list.push(flow);
    return flow;
  }

  #forgetOldest(): void {
    const oldest = this.#flows.keys().next();
    if (oldest.done === true) return;
    this.#flows.delete(oldest.value);
    this.evictions++;
  }
}

function newEntry(flow: Flow): Entry {
  return {
    flow,
    slot: 0,
    packets: 0,
    highest: 0,
    raised: 0,
    settled: 0,
    candidate: 0,
    checked: 0,
    sequence: 0,
    tail: 0,
    time: 0,
    number: 0,
    input: 0,
    hops: 0,
    layout: 0,
  };
}

function putBack({ flow, slot, ...before }: Entry): void {
  flow.packets = before.packets;
  flow.highest = before.highest;
  flow.raised = before.raised;
  flow.settled = before.settled;
  flow.candidate = before.candidate;
  flow.checked = before.checked;
  flow.sequences[slot] = before.sequence;
  flow.tails[slot] = before.tail;
  flow.times[slot] = before.time;
  flow.numbers[slot] = before.number;
  flow.inputs[slot] = before.input;
  flow.hops[slot] = before.hops;
  flow.layouts[slot] = before.layout;
}

/** Hash of the last octets: the ICV, or the last part of a longer one. */
function tailOf(bytes: Uint8Array, esp: number, end: number): number {
  let hash = end - esp;
  for (let at = Math.max(esp + 8, end - TAIL); at < end; at++) {
    hash = Math.imul(hash ^ u8(bytes, at), 0x01000193);
  }
  return hash;
}
