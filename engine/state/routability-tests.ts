/**
 * Home tests and care-of tests: which cookies are out, which nonce indices and tokens were issued to whom.
 * RFC 6275 sections 5.2.5, 5.2.7 and 11.6.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import { equalBytes, i32, putU32 } from '../../dissectors/core/bytes.ts';
import type { MobilityMessage } from '../../dissectors/mobility/header.ts';
import type { Link, PacketContext, PacketReference } from '../events.ts';
import { AddressTable } from './address-table.ts';
import { AskedTests } from './asked-tests.ts';

/** Addresses of mobile nodes remembered for each kind of test. */
export const MAX_TESTED_ADDRESSES = 16_384;
/** Correspondents remembered of one address. */
const MAX_PEERS = 32;
/** Cookies and issued tokens remembered of one pair. */
const MAX_INITS = 8;
const MAX_ISSUED = 8;
/** Ways (link, inside or outside of tunnels) remembered on which a cookie was seen. */
const MAX_WAYS = 16;
/** Inits remembered of one address, to whomever they went, and tokens of one correspondent. */
export const MAX_RECENT = 16;
/** A mirror port shows a frame twice within this time, microseconds. */
const MIRROR_TIME = 20_000;
/** Octets of a cookie and of a token. RFC 6275 sections 6.1.3 and 6.1.5. */
const COOKIE_OCTETS = 8;
/** MAX_NONCE_LIFETIME in microseconds. RFC 6275 section 12. */
export const NONCE_AGE = 240e6;
/**
 * Microseconds after its last test when an address is forgotten: a node that moves leaves one care-of address after another,
 * and no token or nonce lives as long.
 */
const IDLE = 900e6;
/** Addresses looked at for a new one, so that their number goes down. */
const REMOVED_AT_ONCE = 2;
/** MAX_TOKEN_LIFETIME in microseconds: as long a cookie is taken for outstanding. RFC 6275 section 12. */
export const TOKEN_AGE = 210e6;

/** Steps of a counter are smaller, also when not each of its values was seen or is remembered. */
const SMALL_STEP = 0x100000;
/** Microseconds. */
const SECOND = 1e6;

export type TestKind = 'home' | 'care-of';

/** On which link, and whether outside of tunnels, an init and its answers were seen. */
export interface TestWay {
  readonly link: number;
  readonly isBare: boolean;
  sent: number;
  /** Answers, copies of one frame left out; of the last one what tells a copy. */
  answers: number;
  lastAnswer: PacketReference | undefined;
  nonceIndex: number;
  token: Uint8Array;
  /** Further ways hang on the first: most have one. */
  next: TestWay | undefined;
}

/** A Home Test Init or Care-of Test Init. */
export interface TestInit {
  /** 8 octets. */
  readonly cookie: Uint8Array;
  /** The cookie as two signed numbers of 32 bits: such numbers need no memory of their own. */
  readonly high: number;
  readonly low: number;
  /** Who asked whom. */
  readonly address: Uint8Array;
  readonly peer: Uint8Array;
  /** Octets of its Mobility Header. */
  readonly length: number;
  /** Where it was seen first. */
  readonly packet: PacketReference;
  readonly link: Link;
  /** Ways it was seen on first and later, at most 16. */
  readonly ways: TestWay;
  /** Microseconds since 1970; 0 = not answered yet. */
  answeredAt: number;
}

/** A token that a correspondent issued, or that somebody sent in its name. */
export interface IssuedToken {
  readonly nonceIndex: number;
  /** The token as two signed numbers of 32 bits: such numbers need no memory of their own. */
  readonly high: number;
  readonly low: number;
  /** Of what test, and for whom. */
  readonly kind: TestKind;
  readonly address: Uint8Array;
  readonly packet: PacketReference;
  readonly link: Link;
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
  /** Link of the last init, and whether a tunnel was around it. */
  lastLink: number;
  lastInTunnel: boolean;
  lastTest: number;
  /** When an outstanding cookie was forgotten or a message could not be read: what is missing proves nothing then. */
  gapAt: number;
  /** A Binding Update rested on it. */
  isSettled: boolean;
}

/** What an address of mobile nodes has asked for, with tests of one kind. */
export interface TestedAddress {
  /** At most 32. */
  readonly pairs: TestPair[];
  /** Its last cookies to whomever, newest last, at most 16, each as often as it was new; and their low halves. */
  readonly recent: TestInit[];
  readonly lows: number[];
  /** The last init; undefined when only answers were seen. */
  last: LastInit | undefined;
}

/** Where an init was seen. */
export interface LastInit {
  readonly packet: PacketReference;
  readonly link: Link;
  /** Source of the tunnel around it; undefined without. */
  readonly tunnelFrom: Uint8Array | undefined;
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
  putU32(octets, 0, high >>> 0);
  putU32(octets, 4, low >>> 0);
  return octets;
}

/** The outstanding or answered init of a cookie, at most `MAX_TOKEN_LIFETIME` before `now` (microseconds). */
export function initOf(
  pair: Readonly<TestPair> | undefined,
  cookie: Uint8Array,
  now: number,
): Readonly<TestInit> | undefined {
  if (pair === undefined) return undefined;
  const low = i32(cookie, 4);
  for (const item of pair.inits) {
    if (item.low !== low || !equalBytes(item.cookie, 0, cookie, 0, COOKIE_OCTETS)) continue;
    if (now - item.packet.time <= TOKEN_AGE) return item;
  }
  return undefined;
}

/** The tests of an address with a correspondent. */
export function testPairOf(
  tested: Readonly<TestedAddress> | undefined,
  peer: Uint8Array,
): TestPair | undefined {
  if (tested === undefined) return undefined;
  for (const pair of tested.pairs) if (isSameAddress(pair.peer, peer)) return pair;
  return undefined;
}

/** Cookies of a node or tokens of a correspondent, newest last, and their low halves: most comparisons end there. */
export interface RecentValues {
  readonly recent: readonly { readonly high: number; readonly low: number }[];
  readonly lows: readonly number[];
}

/**
 * Whether a cookie or token looks random beside those before: not one of them, not a few more or less than the last one,
 * and not one octet over and over.
 */
export function isFreshValue(values: RecentValues | undefined, octets: Uint8Array): boolean {
  const high = i32(octets, 0);
  const low = i32(octets, 4);
  if (high === low && high >>> 0 === (high >>> 24) * 0x01010101) return false;
  if (values === undefined) return true;
  const { recent, lows } = values;
  for (const known of lows) if (known === low) return false;
  const last = recent.at(-1);
  if (last === undefined) return true;
  const highs = (high >>> 0) - (last.high >>> 0);
  const step = highs * 0x1_0000_0000 + ((low >>> 0) - (last.low >>> 0));
  return step > SMALL_STEP || step < -SMALL_STEP;
}

/** Whether a cookie is fresh beside those of its node, to whomever they went. */
export function isFreshCookie(
  tested: Readonly<TestedAddress> | undefined,
  peer: Uint8Array,
  cookie: Uint8Array,
  now: number,
): boolean {
  if (!isFreshValue(tested, cookie)) return false;
  if (tested === undefined || tested.recent.length < MAX_RECENT) return true;
  // Of an address with many cookies those of one correspondent may have left the list.
  return initOf(testPairOf(tested, peer), cookie, now) === undefined;
}

/** Whether two times lie so far apart, the first one later, that no rate limit by the second counts both. */
export function isSecondsApart(now: number, before: number): boolean {
  return now - before > SECOND;
}

/** The way of an init by link, and inside or outside of tunnels; undefined when it was not seen there. */
export function wayOf(
  init: Readonly<TestInit>,
  link: number,
  isBare: boolean,
): Readonly<TestWay> | undefined {
  return findWay(init.ways, link, isBare);
}

/** Whether an init was seen on a link. */
export function wasSentOn({ ways }: Readonly<TestInit>, link: number): boolean {
  for (let way: TestWay | undefined = ways; way !== undefined; way = way.next) {
    if (way.link === link && way.sent > 0) return true;
  }
  return false;
}

/** Whether an answer on a way is a copy of the one before. */
export function isMirroredAnswer(
  way: Readonly<TestWay>,
  { nonceIndex, token }: TestMessage,
  time: number,
): boolean {
  return (
    way.lastAnswer !== undefined &&
    time - way.lastAnswer.time < MIRROR_TIME &&
    way.nonceIndex === nonceIndex &&
    way.token.length === token.length &&
    equalBytes(way.token, 0, token, 0, token.length)
  );
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
  /** The token when it is the first time that it answers a question. */
  readonly token: IssuedToken | undefined;
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
  readonly #addresses: AddressTable<TestedAddress>;
  readonly #asked: AskedTests<TestInit>;
  #now = 0;

  constructor(kind: TestKind, seed?: number) {
    this.#kind = kind;
    this.#asked = new AskedTests<TestInit>(seed);
    this.#addresses = new AddressTable<TestedAddress>({
      maxEntries: MAX_TESTED_ADDRESSES,
      ...(seed === undefined ? {} : { seed }),
      mayEvict: ({ pairs }) => !pairs.some(({ isSettled }) => isSettled),
      onEvict: ({ pairs }) => {
        for (const pair of pairs) this.#forget(pair);
      },
    });
  }

  /** What an address asked for. */
  of(address: Uint8Array): TestedAddress | undefined {
    return this.#addresses.peek(address);
  }

  /** Tests between an address and a correspondent. */
  find(address: Uint8Array, peer: Uint8Array): TestPair | undefined {
    return testPairOf(this.#addresses.peek(address), peer);
  }

  /** The newest init with a cookie to a correspondent, at most `MAX_TOKEN_LIFETIME` before `now`, whoever asked. */
  asked(peer: Uint8Array, cookie: Uint8Array, now: number): TestInit | undefined {
    const item = this.#asked.find(peer, cookie);
    return item !== undefined && now - item.packet.time <= TOKEN_AGE ? item : undefined;
  }

  /** All tests, least recently used address first. The table must not be changed meanwhile. */
  *all(): IterableIterator<Readonly<TestPair>> {
    for (const { pairs } of this.#addresses.values()) yield* pairs;
  }

  /** Notes an init from `context.source`. @param length octets of its Mobility Header */
  init({ cookie }: TestMessage, length: number, context: PacketContext): void {
    const { packet, source, destination, link, outer } = context;
    const tested = this.#open(source, packet.time);
    const pair = this.#pairOf(tested, source, destination);
    tested.last = { packet, link, tunnelFrom: outer?.source };
    pair.lastInit = packet.time;
    pair.lastLink = link.id;
    pair.lastInTunnel = outer !== undefined;
    const isBare = isBareTest(context);
    const known = newestOf(pair.inits, cookie);
    if (known !== undefined && packet.time - known.packet.time <= TOKEN_AGE) {
      const way = openWay(known.ways, link.id, isBare);
      if (way !== undefined) way.sent++;
      return;
    }
    const item: TestInit = {
      cookie,
      high: i32(cookie, 0),
      low: i32(cookie, 4),
      address: source,
      peer: destination,
      length,
      packet,
      link,
      ways: newWay(link.id, isBare, 1),
      answeredAt: 0,
    };
    this.#asked.add(item);
    const { recent, lows } = tested;
    if (recent.length >= MAX_RECENT) {
      recent.shift();
      lows.shift();
    }
    recent.push(item);
    lows.push(item.low);
    pair.inits.push(item);
    if (pair.inits.length > MAX_INITS) {
      const dropped = pair.inits.shift();
      const isOut = dropped?.answeredAt === 0 && packet.time - dropped.packet.time <= TOKEN_AGE;
      if (isOut) pair.gapAt = packet.time;
    }
  }

  /** Notes an answer to `context.destination`. */
  test(message: TestMessage, context: PacketContext): TestResult {
    const { packet, source, destination, link } = context;
    const pair = this.#pairOf(this.#open(destination, packet.time), destination, source);
    pair.lastTest = packet.time;
    const asked = initOf(pair, message.cookie, packet.time);
    const item = pair.inits.find((known) => known === asked);
    if (item !== undefined && item.answeredAt === 0) item.answeredAt = packet.time;
    const isSolicited = item !== undefined;
    const isBareHere = isBareTest(context);
    const answered = item ?? this.asked(source, message.cookie, packet.time);
    if (answered !== undefined) noteAnswer(answered, message, packet, link.id, isBareHere);
    const isBare =
      item !== undefined &&
      isBareHere &&
      (findWay(item.ways, link.id, true)?.sent ?? 0) > 0 &&
      link.effectiveRole !== 'home';
    const token = issue(pair, message, context, isSolicited, isBare);
    return { pair, isSolicited, isBare, token };
  }

  /** Something between the two could not be read. */
  gap(address: Uint8Array, peer: Uint8Array, time: number): void {
    this.#pairOf(this.#open(address, time), address, peer).gapAt = time;
  }

  #open(address: Uint8Array, time: number): TestedAddress {
    this.#now = time;
    const known = this.#addresses.get(address);
    if (known !== undefined) return known;
    for (let i = 0; i < REMOVED_AT_ONCE; i++) {
      if (!this.#addresses.deleteOldest(this.#isIdle)) break;
    }
    const tested: TestedAddress = { pairs: [], recent: [], lows: [], last: undefined };
    this.#addresses.set(address, 0, tested);
    return tested;
  }

  readonly #isIdle = ({ pairs }: TestedAddress): boolean => {
    for (const { lastInit, lastTest, gapAt } of pairs) {
      if (this.#now - Math.max(lastInit, lastTest, gapAt) <= IDLE) return false;
    }
    return true;
  };

  #pairOf(tested: TestedAddress, address: Uint8Array, peer: Uint8Array): TestPair {
    const known = testPairOf(tested, peer);
    if (known !== undefined) return known;
    const { pairs } = tested;
    if (pairs.length >= MAX_PEERS) {
      const loose = pairs.findIndex(({ isSettled }) => !isSettled);
      for (const pair of pairs.splice(Math.max(0, loose), 1)) this.#forget(pair);
    }
    const pair: TestPair = {
      kind: this.#kind,
      address,
      peer,
      inits: [],
      issued: [],
      lastInit: 0,
      lastLink: 0,
      lastInTunnel: false,
      lastTest: 0,
      gapAt: 0,
      isSettled: false,
    };
    pairs.push(pair);
    return pair;
  }

  #forget({ lastInit, lastTest }: TestPair): void {
    this.evictions++;
    if (this.#now - Math.max(lastInit, lastTest) <= NONCE_AGE) this.forgottenAt = this.#now;
  }
}

/** The newest init of a cookie. */
function newestOf(inits: readonly TestInit[], cookie: Uint8Array): TestInit | undefined {
  const low = i32(cookie, 4);
  for (let i = inits.length - 1; i >= 0; i--) {
    const item = inits[i];
    if (item?.low === low && equalBytes(item.cookie, 0, cookie, 0, COOKIE_OCTETS)) return item;
  }
  return undefined;
}

function newWay(link: number, isBare: boolean, sent: number): TestWay {
  return {
    link,
    isBare,
    sent,
    answers: 0,
    lastAnswer: undefined,
    nonceIndex: 0,
    token: NO_TOKEN,
    next: undefined,
  };
}

function findWay(first: TestWay, link: number, isBare: boolean): TestWay | undefined {
  for (let way: TestWay | undefined = first; way !== undefined; way = way.next) {
    if (way.link === link && way.isBare === isBare) return way;
  }
  return undefined;
}

/** The way, made when it is new; undefined when there is no room for another. */
function openWay(first: TestWay, link: number, isBare: boolean): TestWay | undefined {
  let count = 1;
  let way = first;
  for (;;) {
    if (way.link === link && way.isBare === isBare) return way;
    if (way.next === undefined) break;
    way = way.next;
    count++;
  }
  if (count >= MAX_WAYS) return undefined;
  way.next = newWay(link, isBare, 0);
  return way.next;
}

function noteAnswer(
  { ways }: TestInit,
  message: TestMessage,
  packet: PacketReference,
  link: number,
  isBare: boolean,
): void {
  const way = openWay(ways, link, isBare);
  if (way === undefined || isMirroredAnswer(way, message, packet.time)) return;
  way.answers++;
  way.lastAnswer = packet;
  way.nonceIndex = message.nonceIndex;
  way.token = message.token;
}

/** @returns the token when it answers a question for the first time */
function issue(
  { kind, address, issued }: TestPair,
  { nonceIndex, token }: TestMessage,
  { packet, link }: PacketContext,
  isSolicited: boolean,
  isBare: boolean,
): IssuedToken | undefined {
  const high = i32(token, 0);
  const low = i32(token, 4);
  for (const known of issued) {
    if (known.nonceIndex !== nonceIndex || known.high !== high || known.low !== low) continue;
    const isNews = isSolicited && !known.isSolicited;
    if (isSolicited || !known.isSolicited) known.lastSeen = packet.time;
    known.isSolicited ||= isSolicited;
    known.isBare ||= isBare;
    return isNews ? known : undefined;
  }
  if (issued.length >= MAX_ISSUED) {
    const loose = issued.findIndex((item) => !item.isSolicited);
    issued.splice(Math.max(0, loose), 1);
  }
  const lastSeen = packet.time;
  const item = {
    nonceIndex,
    high,
    low,
    kind,
    address,
    packet,
    link,
    lastSeen,
    isSolicited,
    isBare,
  };
  issued.push(item);
  return isSolicited ? item : undefined;
}
