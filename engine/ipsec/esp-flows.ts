/**
 * Flows of ESP in IPv6 as an observer sees them: SPI, normalised source and normalised destination; what each carries,
 * and whether it is in the clear.
 *
 * Fixed memory: sets of four flows; in a full set a flow of one packet goes first, else the one seen least recently.
 * Requests and answers are brought together by two rings. Nothing is allocated for a packet of a known flow.
 */
import { sameAddress } from '../../dissectors/core/address.ts';
import { u32 } from '../../dissectors/core/bytes.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import type { AssociationFacts } from './association-facts.ts';
import { BUSY, RoleEvidence, roleOf } from './association-role.ts';
import type { AssociationVerdict, FlowEnds } from './association-role.ts';
import { NullGuess } from './esp-null.ts';
import { transformsFor } from './esp-sizes.ts';

/** Sets, a power of two, and flows in each. */
const SETS = 1024;
const WAYS = 4;
/** Flows found without a hash, by the low bits of their SPI; a power of two. */
const RECENT = 64;
/** Words of two addresses. */
const WORDS = 8;
/** Requests remembered until they are answered; the oldest is forgotten. */
const REQUESTS = 64;
/** A Binding Update or Mobile Prefix Solicitation is answered in that time. Microseconds. */
const ANSWER_TIME = 10e6;
/** A Home Test has been to the correspondent and back. Microseconds. */
const HOME_TEST_TIME = 3e6;
/** Home Test Init and Care-of Test Init go at once. RFC 6275 section 11.6.1. Microseconds. */
const TEST_INIT_TIME = 1e6;

/** Where packets of a flow stand. */
export const FlowLayout = { PLAIN: 0, OPTION: 1, ROUTING: 2 } as const;
export type FlowLayout = (typeof FlowLayout)[keyof typeof FlowLayout];

/** Facts about one flow at the end of a run. */
export interface EspFlowFacts extends AssociationVerdict {
  readonly spi: number;
  /** Normalised addresses: the home address where a header names it. 16 octets. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly packets: number;
  /** Octets of its ESP packets on the wire. */
  readonly octets: number;
  /** Packets that a key opened. */
  readonly openedWithKey: number;
  /** Microseconds since 1970. */
  readonly firstTime: number;
  readonly lastTime: number;
  /** Present when it was recognised as being in the clear, without a key. */
  readonly nullEncryption?: {
    readonly ivLength: number;
    readonly icvLength: number;
    /** Packets that were read, and packets since the first of them that are not in the clear. */
    readonly packets: number;
    readonly misfits: number;
    /** What was verified in the first of them. */
    readonly proof: string;
  };
}

/** One flow. The table uses it again for another one after {@link reset}. */
export class EspFlow {
  spi = 0;
  /** Source and destination. */
  readonly addresses = new Uint8Array(32);
  /** The same in words. */
  readonly words = new Int32Array(WORDS);
  packets = 0;
  octets = 0;
  openedWithKey = 0;
  /** Packets read without a key. */
  openedAsNull = 0;
  firstTime = 0;
  lastTime = 0;
  readonly guess = new NullGuess();
  readonly evidence = new RoleEvidence();
  /** Made for the first packet read without a key. */
  security: AssociationFacts | undefined = undefined;
  /** Which use of this object it is. */
  generation = 0;

  /** Makes it a new flow. */
  reset(spi: number, time: number): void {
    this.spi = spi;
    this.packets = this.octets = 0;
    this.openedWithKey = this.openedAsNull = 0;
    this.firstTime = time;
    this.guess.reset();
    this.evidence.reset();
    this.security = undefined;
    this.generation++;
  }

  /** Counts what was read in a packet; types of Mobility Headers and ICMPv6, -1 when there is none. */
  noteContent(protocol: number, type: number, isTunnel: boolean): void {
    const { evidence } = this;
    if (protocol === NEXT_HEADER.mobility) {
      // Home Test Init and Home Test; else what goes between node and agent. RFC 6275 section 6.1.
      if (type === 1 || type === 3) evidence.homeTests++;
      else evidence.bindingMessages++;
    } else if (!isTunnel && protocol === NEXT_HEADER.icmpv6 && (type === 146 || type === 147)) {
      evidence.prefixMessages++;
    } else if (protocol !== NEXT_HEADER.none) evidence.otherContent++;
  }
}

/** A packet that waits for its counterpart. */
interface Request {
  flow: EspFlow | undefined;
  generation: number;
  size: number;
  time: number;
}

function ringOf(length: number): Request[] {
  return Array.from({ length }, () => ({ flow: undefined, generation: 0, size: 0, time: 0 }));
}

/** All flows. */
export class EspFlows {
  evictions = 0;
  readonly #seed: number;
  readonly #flows: (EspFlow | undefined)[] = new Array<EspFlow | undefined>(SETS * WAYS).fill(
    undefined,
  );
  readonly #recent: (EspFlow | undefined)[] = new Array<EspFlow | undefined>(RECENT).fill(
    undefined,
  );
  readonly #words = new Int32Array(WORDS);
  readonly #requests = ringOf(REQUESTS);
  #nextRequest = 0;
  readonly #tests = ringOf(REQUESTS);
  #nextTest = 0;
  /** The Care-of Test Init seen last; others are found when the Home Test Init came first. */
  readonly #careOfAddress = new Uint8Array(16);
  #careOfTime = -Infinity;

  /** @param seed makes collisions unpredictable; results do not depend on it until sets are full */
  constructor(seed = 0) {
    this.#seed = seed | 0;
  }

  /**
   * Notes an ESP packet.
   * @param esp offset of the ESP header; at least 8 octets are there
   * @param source offset of the normalised source, and so on
   * @param size octets of the ESP packet on the wire
   * @param time microseconds since 1970
   */
  note(
    bytes: Uint8Array,
    esp: number,
    source: number,
    destination: number,
    layout: FlowLayout,
    size: number,
    time: number,
  ): EspFlow {
    const flow = this.#flow(bytes, u32(bytes, esp), source, destination, time);
    flow.packets++;
    flow.octets += size;
    flow.lastTime = time;
    const { evidence } = flow;
    evidence.note(layout, size, time);
    if (layout === FlowLayout.OPTION) {
      this.#nextRequest = remember(this.#requests, this.#nextRequest, flow, size, time);
    } else if (layout === FlowLayout.ROUTING) {
      const request = answered(this.#requests, flow, time, ANSWER_TIME);
      if (request !== undefined) {
        evidence.noteAnswer(request.size, size);
        request.flow?.evidence.noteAnswer(request.size, size);
        request.flow = undefined;
      }
    } else if (evidence.busiest <= BUSY && (evidence.asHomeTestInit | evidence.asHomeTest) !== 0)
      this.#homeTest(flow, size, time);
    return flow;
  }

  /** Notes a Care-of Test Init in clear from the address at `source`. */
  noteCareOfTestInit(bytes: Uint8Array, source: number, time: number): void {
    for (let i = 0; i < 16; i++) this.#careOfAddress[i] = bytes[source + i] ?? 0;
    this.#careOfTime = time;
    for (const test of this.#tests) {
      const { flow } = test;
      if (flow === undefined || test.generation !== flow.generation) continue;
      if (time - test.time > TEST_INIT_TIME || !isFrom(flow, bytes, source)) continue;
      flow.evidence.careOfTests++;
    }
  }

  /**
   * Facts about all flows, first seen first.
   * @param endsOf tells which ends of a flow are home agents; 16 octets each
   */
  facts(endsOf: (source: Uint8Array, destination: Uint8Array) => FlowEnds): EspFlowFacts[] {
    return this.#flows
      .filter((flow) => flow !== undefined)
      .sort((a, b) => a.firstTime - b.firstTime || a.spi - b.spi)
      .map((flow) => factsOf(flow, endsOf));
  }

  #homeTest(flow: EspFlow, size: number, time: number): void {
    if (transformsFor('home-test', size) !== 0) {
      const init = answered(this.#tests, flow, time, HOME_TEST_TIME);
      if (init !== undefined && isHomeTestPair(init.size, size)) {
        flow.evidence.homeTestPairs++;
        if (init.flow !== undefined) init.flow.evidence.homeTestPairs++;
        init.flow = undefined;
        return;
      }
    }
    if (transformsFor('home-test-init', size) === 0) return;
    this.#nextTest = remember(this.#tests, this.#nextTest, flow, size, time);
    const isNear = time - this.#careOfTime <= TEST_INIT_TIME;
    if (isNear && isFrom(flow, this.#careOfAddress, 0)) flow.evidence.careOfTests++;
  }

  #flow(
    bytes: Uint8Array,
    spi: number,
    source: number,
    destination: number,
    time: number,
  ): EspFlow {
    const words = this.#words;
    for (let i = 0; i < 4; i++) {
      words[i] = u32(bytes, source + 4 * i);
      words[4 + i] = u32(bytes, destination + 4 * i);
    }
    // Most packets are of few flows: these are found without a hash.
    const slot = spi & (RECENT - 1);
    const recent = this.#recent[slot];
    if (recent !== undefined && recent.spi === spi && isSame(recent.words, words)) return recent;
    const flow = this.#find(spi, words) ?? this.#begin(bytes, spi, source, destination, time);
    this.#recent[slot] = flow;
    return flow;
  }

  #find(spi: number, words: Int32Array): EspFlow | undefined {
    const first = this.#setOf(spi, words);
    const flows = this.#flows;
    for (let at = first; at < first + WAYS; at++) {
      const flow = flows[at];
      // Sets fill from the front.
      if (flow === undefined) return undefined;
      if (flow.spi === spi && isSame(flow.words, words)) return flow;
    }
    return undefined;
  }

  /** A new flow, in place of another when its set is full. */
  #begin(
    bytes: Uint8Array,
    spi: number,
    source: number,
    destination: number,
    time: number,
  ): EspFlow {
    const flows = this.#flows;
    const first = this.#setOf(spi, this.#words);
    let chosen = first;
    for (let at = first; at < first + WAYS; at++) {
      const flow = flows[at];
      const oldest = flows[chosen];
      if (oldest === undefined) break;
      if (flow === undefined || isLess(flow, oldest)) chosen = at;
    }
    let flow = flows[chosen];
    if (flow === undefined) {
      flow = new EspFlow();
      flows[chosen] = flow;
    } else this.evictions++;
    flow.reset(spi, time);
    for (let i = 0; i < 16; i++) {
      flow.addresses[i] = bytes[source + i] ?? 0;
      flow.addresses[16 + i] = bytes[destination + i] ?? 0;
    }
    flow.words.set(this.#words);
    return flow;
  }

  /** Where the set of a flow begins. */
  #setOf(spi: number, words: Int32Array): number {
    let hash = Math.imul(this.#seed ^ spi, 0x85ebca6b);
    for (let i = 0; i < WORDS; i++) {
      hash = Math.imul(hash ^ (hash >>> 15) ^ (words[i] ?? 0), 0x85ebca6b);
    }
    return ((hash ^ (hash >>> 16)) & (SETS - 1)) * WAYS;
  }
}

function isSame(a: Int32Array, b: Int32Array): boolean {
  // The low words differ most.
  for (let i = WORDS - 1; i >= 0; i--) if (a[i] !== b[i]) return false;
  return true;
}

/** Whether `flow` goes before `other` from a full set. */
function isLess(flow: EspFlow, other: EspFlow): boolean {
  if ((flow.packets === 1) !== (other.packets === 1)) return flow.packets === 1;
  return flow.lastTime < other.lastTime;
}

function remember(
  ring: readonly Request[],
  at: number,
  flow: EspFlow,
  size: number,
  time: number,
): number {
  const slot = ring[at];
  if (slot !== undefined) {
    slot.flow = flow;
    slot.generation = flow.generation;
    slot.size = size;
    slot.time = time;
  }
  return (at + 1) % ring.length;
}

/** The latest packet in the other direction that waits for an answer. */
function answered(
  ring: readonly Request[],
  flow: EspFlow,
  time: number,
  within: number,
): Request | undefined {
  let found: Request | undefined;
  for (let i = 0; i < ring.length; i++) {
    const request = ring[i];
    const asked = request?.flow;
    if (request === undefined || asked === undefined) continue;
    if (request.generation !== asked.generation || time - request.time > within) continue;
    if (time < request.time || (found !== undefined && request.time <= found.time)) continue;
    const isReverse =
      sameAddress(asked.addresses, 0, flow.addresses, 16) &&
      sameAddress(asked.addresses, 16, flow.addresses, 0);
    if (isReverse) found = request;
  }
  return found;
}

function isFrom({ addresses }: EspFlow, bytes: Uint8Array, source: number): boolean {
  return sameAddress(addresses, 0, bytes, source);
}

/** Whether the lengths are those of a Home Test Init and a Home Test under one transform. */
function isHomeTestPair(init: number, test: number): boolean {
  return (transformsFor('home-test-init', init) & transformsFor('home-test', test)) !== 0;
}

function factsOf(
  flow: EspFlow,
  endsOf: (source: Uint8Array, destination: Uint8Array) => FlowEnds,
): EspFlowFacts {
  const { guess, evidence } = flow;
  const source = flow.addresses.slice(0, 16);
  const destination = flow.addresses.slice(16);
  return {
    spi: flow.spi,
    source,
    destination,
    packets: flow.packets,
    octets: flow.octets,
    openedWithKey: flow.openedWithKey,
    firstTime: flow.firstTime,
    lastTime: flow.lastTime,
    ...roleOf(evidence, endsOf(source, destination)),
    ...(flow.openedAsNull === 0
      ? {}
      : {
          nullEncryption: {
            ivLength: guess.ivLength,
            icvLength: guess.icvLength,
            packets: flow.openedAsNull,
            misfits: guess.misfits,
            proof: guess.proof ?? 'IPv4 header',
          },
        }),
  };
}
