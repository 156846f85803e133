import {
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
  octetsText,
  testMessageOf,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  Evidence,
  PacketContext,
  RuleContext,
  TestMessage,
} from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 4096, ttlSeconds: 3600 };
/** Values remembered of one node. */
const MAX_VALUES = 16;
/** Differences this small, again and again, are those of a counter. */
const MAX_STEP = 0x10000n;
/** Steps of one size in a row that make a counter. */
const STEPS = 4;
/** Microseconds in which the same message is taken for a copy or a retransmission. */
const COPY = 10e6;

/** A cookie or token of a node. */
interface Value {
  readonly text: string;
  readonly number: bigint;
  /** Peer of a cookie; address and nonce index of a token. */
  readonly of: string;
  readonly time: number;
  readonly evidence: Evidence;
}

interface History {
  readonly values: Value[];
  /** The same value again for something that asks for another. */
  repeats: number;
}

/** Why a value could have been guessed; undefined when it looks random. */
function predictable(history: History, value: Value, kind: 'cookie' | 'token'): string | undefined {
  const { values } = history;
  const last = values.at(-1);
  if (/^(..)\1{7}$/.test(value.text)) return 'all its octets are the same';
  const same = values.find(({ text }) => text === value.text);
  if (same !== undefined) {
    const isOther = same.of !== value.of;
    // A correspondent without state makes the same token for the same address and nonce; nodes repeat questions.
    if (kind === 'token') {
      return isOther
        ? `it is the same as for ${same.of}, and here it is for ${value.of}`
        : undefined;
    }
    if (!isOther && value.time - same.time < COPY) return undefined;
    history.repeats++;
    return isOther ? 'another node got the same' : `it was used ${history.repeats + 1} times`;
  }
  if (last === undefined || values.length < STEPS) return undefined;
  const step = value.number - last.number;
  if (step === 0n || step > MAX_STEP || step < -MAX_STEP) return undefined;
  const recent = [...values.slice(-STEPS), value];
  const isCounter = recent.every((item, i) => {
    const before = recent[i - 1];
    return before === undefined || item.number - before.number === step;
  });
  return isCounter ? `it counts by ${step}` : undefined;
}

function judge(
  owner: Uint8Array,
  kind: 'cookie' | 'token',
  octets: Uint8Array,
  of: string,
  wire: PacketContext,
  context: RuleContext<{ repeats: number }>,
): AlertDraft | undefined {
  const table = context.table<History>(kind, BOUNDS);
  const key = addressKey(owner);
  const history = table.get(key) ?? { values: [], repeats: 0 };
  const text = octetsText(octets);
  // Tokens are keys: they are compared and never shown.
  const shown = kind === 'cookie' ? `cookie ${text}` : 'a token';
  const value: Value = {
    text,
    number: BigInt(`0x${text}`),
    of,
    time: wire.packet.time,
    evidence: evidenceOf(wire, `${shown} for ${of}`),
  };
  const isCopy = history.values.some(
    (item) => item.text === text && item.of === of && value.time - item.time < COPY,
  );
  const why = isCopy ? undefined : predictable(history, value, kind);
  const first = history.values.findLast((item) => item.text === text) ?? history.values.at(-1);
  if (!isCopy) {
    history.values.push(value);
    if (history.values.length > MAX_VALUES) history.values.shift();
  }
  table.set(key, history);
  if (why === undefined) return undefined;
  const isRepeat = kind === 'cookie' && why.startsWith('it was used');
  if (isRepeat && history.repeats < context.params.repeats) return undefined;
  return {
    object: `${kind}/${key}`,
    message: `${formatAddress(owner)} uses ${kind}s that can be guessed: ${why}`,
    packet: wire.packet,
    evidence: [
      ...(first === undefined ? [] : [first.evidence]),
      evidenceOf(wire, `${shown} for ${of}: ${why}`),
    ],
    confidence: 'partial',
  };
}

function judgeMessage(
  message: TestMessage,
  wire: PacketContext,
  context: RuleContext<{ repeats: number }>,
): AlertDraft | undefined {
  const { source, destination } = wire;
  if (message.isInit) {
    return judge(source, 'cookie', message.cookie, formatAddress(destination), wire, context);
  }
  // A forged answer says nothing about the correspondent.
  const pair = context.routabilityTests(message.kind, destination, source);
  const isAsked = pair?.inits.some(
    ({ cookie }) => octetsText(cookie) === octetsText(message.cookie),
  );
  if (isAsked !== true) return undefined;
  const of = `${message.kind === 'home' ? 'home' : 'care-of'} address ${formatAddress(destination)} and nonce index ${message.nonceIndex}`;
  return judge(source, 'token', message.token, of, wire, context);
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
