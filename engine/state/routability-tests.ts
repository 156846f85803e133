/**
 * Home tests and care-of tests: which cookies are out, which nonce indices and tokens were issued to whom.
 * RFC 6275 sections 5.2.5, 5.2.7 and 11.6.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import { equalBytes, putU32, u32 } from '../../dissectors/core/bytes.ts';
import type { MobilityMessage } from '../../dissectors/mobility/header.ts';
import type { PacketContext, PacketReference } from '../events.ts';
import { AddressTable } from './address-table.ts';

/** Addresses of mobile nodes remembered for each kind of test. */
export const MAX_TESTED_ADDRESSES = 16_384;
/** Correspondents remembered of one address. */
const MAX_PEERS = 32;
/** Cookies and issued tokens remembered of one pair. */
const MAX_INITS = 8;
const MAX_ISSUED = 8;
/** Links remembered that a cookie was seen on. */
const MAX_LINKS = 8;
/** Octets of a cookie and of a token. RFC 6275 sections 6.1.3 and 6.1.5. */
const COOKIE_OCTETS = 8;
/** MAX_NONCE_LIFETIME in microseconds. RFC 6275 section 12. */
export const NONCE_AGE = 240e6;
/** MAX_TOKEN_LIFETIME in microseconds: as long a cookie is taken for outstanding. RFC 6275 section 12. */
export const TOKEN_AGE = 210e6;

export type TestKind = 'home' | 'care-of';

/** A Home Test Init or Care-of Test Init. */
export interface TestInit {
  /** 8 octets. */
  readonly cookie: Uint8Array;
  /** Where it was seen first. */
  readonly packet: PacketReference;
  /** Links it was seen on, and of those the ones where no tunnel was around it. */
  readonly links: number[];
  readonly bareLinks: number[];
  /** Microseconds since 1970; 0 = not answered yet. */
  answeredAt: number;
}

/** A token that a correspondent issued, or that somebody sent in its name. */
export interface IssuedToken {
  readonly nonceIndex: number;
  /** The token as two numbers. */
  readonly high: number;
  readonly low: number;
  readonly packet: PacketReference;
  /** Microseconds since 1970. */
  lastSeen: number;
  /** It answered a cookie that was seen. */
  isSolicited: boolean;
  /** Both the init and the test were seen outside tunnels on one link that is not the home link. */
  isBare: boolean;
}

/** Tests of one kind between an address of a mobile node and a correspondent. */
export interface TestPair {
  readonly kind: TestKind;
  /** Home address or care-of address. */
  readonly address: Uint8Array;
  readonly peer: Uint8Array;
  /** Newest last, at most 8. */
  readonly inits: TestInit[];
  /** Newest last, at most 8; those that nobody asked for go first. */
  readonly issued: IssuedToken[];
  /** Microseconds since 1970; 0 = none seen. */
  lastInit: number;
  lastTest: number;
  /** When an outstanding cookie was forgotten or a message could not be read: what is missing proves nothing then. */
  gapAt: number;
  /** A Binding Update rested on it. */
  isSettled: boolean;
}

/** The message of a test: cookie and, of an answer, what was issued. */
export interface TestMessage {
  readonly kind: TestKind;
  readonly isInit: boolean;
  readonly cookie: Uint8Array;
  readonly nonceIndex: number;
  readonly token: Uint8Array;
}

const NO_TOKEN = new Uint8Array(8);

/** Reads the four messages of return routability; undefined for others. */
export function testMessageOf(message: MobilityMessage): TestMessage | undefined {
  if (message === lastMessage) return lastTest;
  lastTest = readTest(message);
  lastMessage = message;
  return lastTest;
}

// Many rules read the same message one after the other.
let lastMessage: MobilityMessage | undefined;
let lastTest: TestMessage | undefined;

function readTest(message: MobilityMessage): TestMessage | undefined {
  switch (message.kind) {
    case 'home-test-init':
      return init('home', message.homeInitCookie);
    case 'care-of-test-init':
      return init('care-of', message.careOfInitCookie);
    case 'home-test':
      return {
        kind: 'home',
        isInit: false,
        cookie: message.homeInitCookie,
        nonceIndex: message.homeNonceIndex,
        token: message.homeKeygenToken,
      };
    case 'care-of-test':
      return {
        kind: 'care-of',
        isInit: false,
        cookie: message.careOfInitCookie,
        nonceIndex: message.careOfNonceIndex,
        token: message.careOfKeygenToken,
      };
    default:
      return undefined;
  }
}

function init(kind: TestKind, cookie: Uint8Array): TestMessage {
  return { kind, isInit: true, cookie, nonceIndex: 0, token: NO_TOKEN };
}

/** The octets of an issued token. */
export function tokenOctets({ high, low }: IssuedToken): Uint8Array {
  const octets = new Uint8Array(8);
  putU32(octets, 0, high);
  putU32(octets, 4, low);
  return octets;
}

/** The outstanding or answered init of a cookie, at most `MAX_TOKEN_LIFETIME` before `now` (microseconds). */
export function initOf(
  pair: Readonly<TestPair> | undefined,
  cookie: Uint8Array,
  now: number,
): Readonly<TestInit> | undefined {
  if (pair === undefined) return undefined;
  for (const item of pair.inits) {
    if (!equalBytes(item.cookie, 0, cookie, 0, COOKIE_OCTETS)) continue;
    if (now - item.packet.time <= TOKEN_AGE) return item;
  }
  return undefined;
}

/** A tunnel or ESP is around the message, or was. */
export function isBareTest({ outer, protection, encapsulation }: PacketContext): boolean {
  return outer === undefined && protection === 'none' && encapsulation.length === 0;
}

/** What an answer was found to be. */
export interface TestResult {
  readonly pair: TestPair;
  readonly isSolicited: boolean;
  /** Asked and answered on one link outside tunnels. */
  readonly isBare: boolean;
}

/**
 * Tests of one kind. When full, the least recently used address goes whose tests no Binding Update has used, so that a
 * flood of made-up addresses pushes out itself.
 */
export class RoutabilityTests {
  evictions = 0;
  /** Microseconds since 1970 at which something was forgotten that may be asked for; 0 = never. */
  forgottenAt = 0;
  readonly #kind: TestKind;
  readonly #pairs: AddressTable<TestPair[]>;
  #now = 0;

  constructor(kind: TestKind, seed?: number) {
    this.#kind = kind;
    this.#pairs = new AddressTable<TestPair[]>({
      maxEntries: MAX_TESTED_ADDRESSES,
      ...(seed === undefined ? {} : { seed }),
      mayEvict: (list) => !list.some(({ isSettled }) => isSettled),
      onEvict: (list) => {
        for (const pair of list) this.#forget(pair);
      },
    });
  }

  /** Tests between an address and a correspondent. */
  find(address: Uint8Array, peer: Uint8Array): TestPair | undefined {
    const list = this.#pairs.peek(address);
    if (list === undefined) return undefined;
    for (const pair of list) if (isSameAddress(pair.peer, peer)) return pair;
    return undefined;
  }

  /** All tests, least recently used address first. The table must not be changed meanwhile. */
  *all(): IterableIterator<Readonly<TestPair>> {
    for (const list of this.#pairs.values()) yield* list;
  }

  /** Notes an init from `context.source`. */
  init({ cookie }: TestMessage, context: PacketContext): void {
    const { packet, source, destination } = context;
    const pair = this.#open(source, destination, packet.time);
    pair.lastInit = packet.time;
    let item = pair.inits.find((known) => equalBytes(known.cookie, 0, cookie, 0, COOKIE_OCTETS));
    if (item === undefined || packet.time - item.packet.time > TOKEN_AGE) {
      item = { cookie, packet, links: [], bareLinks: [], answeredAt: 0 };
      pair.inits.push(item);
      if (pair.inits.length > MAX_INITS) {
        const dropped = pair.inits.shift();
        const isOut = dropped?.answeredAt === 0 && packet.time - dropped.packet.time <= TOKEN_AGE;
        if (isOut) pair.gapAt = packet.time;
      }
    }
    addLink(item.links, context);
    if (isBareTest(context)) addLink(item.bareLinks, context);
  }

  /** Notes an answer to `context.destination`. */
  test(message: TestMessage, context: PacketContext): TestResult {
    const { packet, source, destination, link } = context;
    const pair = this.#open(destination, source, packet.time);
    pair.lastTest = packet.time;
    const asked = initOf(pair, message.cookie, packet.time);
    const item = pair.inits.find((known) => known === asked);
    if (item !== undefined && item.answeredAt === 0) item.answeredAt = packet.time;
    const isSolicited = item !== undefined;
    const isBare =
      item?.bareLinks.includes(link.id) === true &&
      isBareTest(context) &&
      link.effectiveRole !== 'home';
    issue(pair, message, packet, isSolicited, isBare);
    return { pair, isSolicited, isBare };
  }

  /** Something between the two could not be read. */
  gap(address: Uint8Array, peer: Uint8Array, time: number): void {
    this.#open(address, peer, time).gapAt = time;
  }

  #open(address: Uint8Array, peer: Uint8Array, time: number): TestPair {
    this.#now = time;
    let list = this.#pairs.get(address);
    if (list === undefined) {
      list = [];
      this.#pairs.set(address, 0, list);
    }
    const known = list.find((pair) => isSameAddress(pair.peer, peer));
    if (known !== undefined) return known;
    if (list.length >= MAX_PEERS) {
      const loose = list.findIndex(({ isSettled }) => !isSettled);
      for (const pair of list.splice(Math.max(0, loose), 1)) this.#forget(pair);
    }
    const pair: TestPair = {
      kind: this.#kind,
      address,
      peer,
      inits: [],
      issued: [],
      lastInit: 0,
      lastTest: 0,
      gapAt: 0,
      isSettled: false,
    };
    list.push(pair);
    return pair;
  }

  #forget({ lastInit, lastTest }: TestPair): void {
    this.evictions++;
    if (this.#now - Math.max(lastInit, lastTest) <= NONCE_AGE) this.forgottenAt = this.#now;
  }
}

function addLink(links: number[], { link }: PacketContext): void {
  if (links.length < MAX_LINKS && !links.includes(link.id)) links.push(link.id);
}

function issue(
  pair: TestPair,
  { nonceIndex, token }: TestMessage,
  packet: PacketReference,
  isSolicited: boolean,
  isBare: boolean,
): void {
  const high = u32(token, 0);
  const low = u32(token, 4);
  const { issued } = pair;
  const known = issued.find(
    (item) => item.nonceIndex === nonceIndex && item.high === high && item.low === low,
  );
  if (known !== undefined) {
    if (isSolicited || !known.isSolicited) known.lastSeen = packet.time;
    known.isSolicited ||= isSolicited;
    known.isBare ||= isBare;
    return;
  }
  if (issued.length >= MAX_ISSUED) {
    const loose = issued.findIndex((item) => !item.isSolicited);
    issued.splice(Math.max(0, loose), 1);
  }
  issued.push({ nonceIndex, high, low, packet, lastSeen: packet.time, isSolicited, isBare });
}
