import {
  addressKey,
  defineRule,
  equalBytes,
  formatAddress,
  initOf,
  isFreshCookie,
  isFreshValue,
  isSameAddress,
  testMessageOf,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  Evidence,
  Link,
  PacketContext,
  PacketReference,
  RuleContext,
  TestKind,
  TestMessage,
} from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 4096, ttlSeconds: 3600 };
/** RFC 6275 section 6.1.3. */
const COOKIE_OCTETS = 8;
/** Values remembered of one node. */
const MAX_VALUES = 16;
/** Differences this small, again and again, are those of a counter. */
const MAX_STEP = 0x10000;
/** Steps of one size in a row that make a counter. */
const STEPS = 4;
/** Microseconds in which the same message is taken for a copy or a retransmission. */
const COPY = 10e6;

/** A cookie or token of a node, as two numbers of 32 bits. */
interface Value {
  readonly high: number;
  readonly low: number;
  /** Peer of a cookie; address that a token is for. */
  readonly address: Uint8Array;
  /** What test a token is of, and its nonce index; undefined and 0 of a cookie. */
  readonly test: TestKind | undefined;
  readonly nonceIndex: number;
  readonly packet: PacketReference;
  readonly link: Link;
}

interface History {
  /** Time of the last value, microseconds since 1970: cookies that nobody was asked about came later. */
  last: number;
  readonly values: Value[];
  /** The low halves of the values, side by side: most comparisons end here. */
  readonly lows: number[];
  /** The same value again for something that asks for another. */
  repeats: number;
}

/** 32 bits with a sign: such numbers need no memory of their own. */
function numberAt(octets: Uint8Array, offset: number): number {
  let number = 0;
  for (let i = 0; i < 4; i++) number = (number << 8) | (octets[offset + i] ?? 0);
  return number;
}

/** Whether two values are for the same peer, or for the same address and nonce. */
function isForSame(a: Value, b: Value): boolean {
  return a.nonceIndex === b.nonceIndex && a.test === b.test && isSameAddress(a.address, b.address);
}

/** Difference of two values; exact where it is as small as the steps of a counter. */
function stepTo(value: Value, before: Value): number {
  const high = (value.high >>> 0) - (before.high >>> 0);
  return high * 0x1_0000_0000 + ((value.low >>> 0) - (before.low >>> 0));
}

/** What a value is for, in words. */
function purposeOf({ test, address, nonceIndex }: Value): string {
  if (test === undefined) return formatAddress(address);
  return `${test} address ${formatAddress(address)} and nonce index ${nonceIndex}`;
}

/** The value in words. Tokens are keys: they are compared and never shown. */
function evidenceFor(value: Value, kind: 'cookie' | 'token', why = ''): Evidence {
  const { high, low, packet, link } = value;
  const digits = [high, low].map((number) => (number >>> 0).toString(16).padStart(8, '0')).join('');
  const shown = kind === 'cookie' ? `cookie ${digits}` : 'a token';
  return { packet, text: `${shown} for ${purposeOf(value)}${why}`, link };
}

/** Whether one octet is all that a value is made of. */
function isOneOctet({ high, low }: Value): boolean {
  return high === low && high >>> 0 === (high >>> 24) * 0x01010101;
}

function add({ values, lows }: History, value: Value): void {
  values.push(value);
  lows.push(value.low);
  if (values.length <= MAX_VALUES) return;
  values.shift();
  lows.shift();
}

/** The cookies of a node, as the engine keeps them. */
function cookiesOf(node: Uint8Array, context: RuleContext): readonly Value[] {
  return [
    ...(context.testsOf('home', node)?.recent ?? []),
    ...(context.testsOf('care-of', node)?.recent ?? []),
  ].map(({ high, low, peer: address, packet, link }) => {
    return { high, low, address, test: undefined, nonceIndex: 0, packet, link };
  });
}

/** The tokens of a correspondent, as the engine keeps them. */
function tokensOf(peer: Uint8Array, context: RuleContext): readonly Value[] {
  return (context.correspondent(peer)?.recent ?? []).map(
    ({ high, low, address, kind: test, nonceIndex, packet, link }) => {
      return { high, low, address, test, nonceIndex, packet, link };
    },
  );
}

/** Adds the values in which nothing was remarkable: nobody was asked about them. */
function addUnremarkable(history: History, all: readonly Value[], context: RuleContext): void {
  const { values, lows } = history;
  for (const value of [...all].sort((a, b) => a.packet.time - b.packet.time)) {
    const { time } = value.packet;
    if (time <= history.last) continue;
    if (time - history.last > BOUNDS.ttlSeconds * 1e6) values.length = lows.length = 0;
    history.last = time;
    add(history, value);
  }
  if (context.now - history.last > BOUNDS.ttlSeconds * 1e6) values.length = lows.length = 0;
}

/** Why a value could have been guessed; undefined when it looks random. */
function predictable(
  history: History,
  value: Value,
  same: Value | undefined,
  kind: 'cookie' | 'token',
): string | undefined {
  const { values } = history;
  if (isOneOctet(value)) return 'all its octets are the same';
  if (same !== undefined) {
    const isOther = !isForSame(same, value);
    // A correspondent without state makes the same token for the same address and nonce; nodes repeat questions.
    if (kind === 'token') {
      return isOther
        ? `it is the same as for ${purposeOf(same)}, and here it is for ${purposeOf(value)}`
        : undefined;
    }
    if (!isOther && value.packet.time - same.packet.time < COPY) return undefined;
    history.repeats++;
    return isOther ? 'another node got the same' : `it was used ${history.repeats + 1} times`;
  }
  const last = values.at(-1);
  if (last === undefined || values.length < STEPS) return undefined;
  const step = stepTo(value, last);
  if (step === 0 || step > MAX_STEP || step < -MAX_STEP) return undefined;
  const recent = [...values.slice(-STEPS), value];
  const isCounter = recent.every((item, i) => {
    const before = recent[i - 1];
    return before === undefined || stepTo(item, before) === step;
  });
  return isCounter ? `it counts by ${step}` : undefined;
}

function judge(
  owner: Uint8Array,
  kind: 'cookie' | 'token',
  value: Value,
  context: RuleContext<{ repeats: number }>,
): AlertDraft | undefined {
  const table = context.tableOf<History>(kind, BOUNDS);
  const history = table.get(owner) ?? { last: 0, values: [], lows: [], repeats: 0 };
  const { values, lows } = history;
  const { packet } = value;
  const unremarkable = kind === 'cookie' ? cookiesOf(owner, context) : tokensOf(owner, context);
  addUnremarkable(history, unremarkable, context);
  history.last = packet.time;
  let same: Value | undefined;
  let last: Value | undefined;
  let isCopy = false;
  for (let i = 0; i < lows.length; i++) {
    const item = lows[i] === value.low ? values[i] : undefined;
    if (item?.high !== value.high) continue;
    same ??= item;
    last = item;
    isCopy ||= packet.time - item.packet.time < COPY && isForSame(item, value);
  }
  const why = isCopy ? undefined : predictable(history, value, same, kind);
  const first = last ?? values.at(-1);
  if (!isCopy) add(history, value);
  table.set(history, owner);
  if (why === undefined) return undefined;
  const isRepeat = kind === 'cookie' && why.startsWith('it was used');
  if (isRepeat && history.repeats < context.params.repeats) return undefined;
  return {
    object: `${kind}/${addressKey(owner)}`,
    message: `${formatAddress(owner)} uses ${kind}s that can be guessed: ${why}`,
    packet,
    evidence: [
      ...(first === undefined ? [] : [evidenceFor(first, kind)]),
      evidenceFor(value, kind, `: ${why}`),
    ],
    confidence: 'partial',
  };
}

function judgeMessage(
  { kind, isInit, cookie, token, nonceIndex }: TestMessage,
  { source, destination, packet, link }: PacketContext,
  context: RuleContext<{ repeats: number }>,
): AlertDraft | undefined {
  if (isInit) {
    const isFresh =
      isFreshCookie(context.testsOf('home', source), destination, cookie, packet.time) &&
      isFreshCookie(context.testsOf('care-of', source), destination, cookie, packet.time);
    if (isFresh) return undefined;
  } else {
    // A forged answer says nothing about the correspondent.
    const pair = context.routabilityTests(kind, destination, source);
    const low = numberAt(cookie, 4);
    const isAsked = pair?.inits.some(
      (item) => item.low === low && equalBytes(item.cookie, 0, cookie, 0, COOKIE_OCTETS),
    );
    if (isAsked !== true) return undefined;
    const isKept = initOf(pair, cookie, packet.time) !== undefined;
    if (isKept && isFreshValue(context.correspondent(source), token)) return undefined;
  }
  const octets = isInit ? cookie : token;
  const value: Value = {
    high: numberAt(octets, 0),
    low: numberAt(octets, 4),
    address: destination,
    test: isInit ? undefined : kind,
    nonceIndex,
    packet,
    link,
  };
  return judge(source, isInit ? 'cookie' : 'token', value, context);
}

export default defineRule({
  id: 'MIP6-1708',
  title: 'Cookies or tokens that can be guessed',
  severity: 'low',
  category: 'return-routability',
  references: ['RFC 6275 sections 5.2.2, 5.2.5, 11.8 and 15.4.6'],
  needs: [],
  verdict: 'alert',
  explanation:
    'Cookies show a mobile node that an answer comes from somebody who saw its question, and tokens show a correspondent ' +
    'that a node received its answer. Both work because nobody can guess them. Here a node uses the same cookie for ' +
    'several nodes or again and again, or values that count, or octets that are all alike; or a correspondent makes the ' +
    'same token for another address or nonce. The same token for the same address and nonce is right: correspondents keep ' +
    'no state. Retransmissions with the same cookie happen and are not counted within ten seconds.',
  advice:
    'Update the software of that node: its source of random numbers is broken, or a tool speaks for it.',
  on: ['mobility'],
  messages: ['home-test-init', 'care-of-test-init', 'home-test', 'care-of-test'],
  asksOnly: {
    'home-test-init': ['remarkable'],
    'care-of-test-init': ['remarkable'],
    'home-test': ['remarkable'],
    'care-of-test': ['remarkable'],
  },
  params: {
    repeats: {
      default: 4,
      min: 2,
      max: 1000,
      unit: 'repetitions in an hour',
      doc: 'how often a node may use one cookie again for the same node',
    },
  },
  evaluate(event, context) {
    const message = testMessageOf(event.header.message);
    if (message === undefined || event.checksum === 'wrong') return undefined;
    return judgeMessage(message, event.context, context);
  },
});
