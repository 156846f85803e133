import { addressKey, defineRule, formatAddress, senderKey } from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  EventOf,
  PacketReference,
  RuleContext,
  RuleDefinition,
} from '../../engine/rule-api.ts';

/** The four messages. */
const NAMES: Readonly<Record<string, string>> = {
  'home-agent-discovery-request': 'Home Agent Address Discovery Request',
  'home-agent-discovery-reply': 'Home Agent Address Discovery Reply',
  'mobile-prefix-solicitation': 'Mobile Prefix Solicitation',
  'mobile-prefix-advertisement': 'Mobile Prefix Advertisement',
};
/** Nodes counted. */
const BOUNDS = { maxEntries: 4096, ttlSeconds: 60 };
/** Window of the count of one sender, microseconds. */
const WINDOW = 10e6;

const params = {
  perSender: {
    default: 10,
    min: 3,
    max: 10_000,
    unit: 'messages in 10 s',
    doc: 'more requests than this of one sender to one receiver; a node makes one every three seconds at most',
  },
  perReceiver: {
    default: 100,
    min: 10,
    max: 100_000,
    unit: 'messages in 1 s',
    doc: 'more of these messages than this to one receiver, whoever sends them',
  },
} satisfies RuleDefinition['params'];

type Context = RuleContext<{ [N in keyof typeof params]: number }>;

/** Messages since `start`. */
interface Count {
  readonly start: number;
  count: number;
  readonly first: PacketReference;
}

/** Counts a message. @returns the count of the window it is in. */
function count(
  name: string,
  key: string,
  window: number,
  packet: PacketReference,
  context: Context,
): Count {
  const counts = context.table<Count>(name, BOUNDS);
  const known = counts.get(key);
  const isOver = known === undefined || packet.time - known.start >= window;
  const current = isOver ? { start: packet.time, count: 0, first: packet } : known;
  current.count++;
  // What a window began with stays its age.
  if (isOver) counts.set(key, current);
  return current;
}

function judgeRate(
  event: EventOf<'icmpv6'>,
  name: string,
  context: Context,
): AlertDraft | undefined {
  const { packet, link, source, destination } = event.context;
  const { perSender, perReceiver } = context.params;
  const receiver = `${link.id}/${addressKey(destination)}`;
  const isRequest =
    event.message.kind.endsWith('request') || event.message.kind.endsWith('solicitation');
  const total = count('receivers', receiver, 1e6, packet, context);
  const own = isRequest
    ? count('senders', `${receiver}/${addressKey(source)}`, WINDOW, packet, context)
    : undefined;
  const isOfMany = total.count > perReceiver;
  const isOfOne = own !== undefined && own.count > perSender;
  if (!isOfMany && !isOfOne) return undefined;
  const [what, first] =
    isOfOne && !isOfMany
      ? [
          `${formatAddress(source)} sends ${formatAddress(destination)} ${name}s: more than ${perSender} in 10 s`,
          own.first,
        ]
      : [
          `${formatAddress(destination)} is flooded with ${name}s: more than ${perReceiver} in a second`,
          total.first,
        ];
  return {
    object: `flood/${addressKey(destination)}`,
    message: what,
    packet,
    evidence: [
      { packet: first, text: `first ${name} of the flood`, link },
      { packet, text: `${name} from ${formatAddress(source)}`, link },
    ],
    confidence: 'certain',
    stage: 'denial-of-service',
    ...(context.isHomeAgent(destination) ? { homeAgent: destination } : {}),
    ...(isOfOne ? { attacker: source } : {}),
  };
}

export default defineRule({
  id: 'MIP6-2103',
  title: 'Flood of home agent or prefix discovery, or a message of it with a code',
  severity: 'medium',
  category: 'discovery',
  references: ['RFC 6275 sections 6.5 to 6.8, 11.4.1 and 12'],
  needs: [],
  verdict: 'rate-limit',
  explanation:
    'The messages of home agent address discovery and mobile prefix discovery have code 0 and no other; a receiver ' +
    'ignores others, and only tools send them. A node asks once every three seconds at most. More is a flood: the home ' +
    'agent makes an answer for each, a list of addresses or protected prefixes, which costs it more than the question.',
  advice:
    'Limit the rate of ICMPv6 types 144 and 146 towards the home agent, and drop codes other than 0.',
  on: ['icmpv6'],
  messages: [
    'home-agent-discovery-request',
    'home-agent-discovery-reply',
    'mobile-prefix-solicitation',
    'mobile-prefix-advertisement',
  ],
  params,
  evaluate(event, context) {
    const { message, context: wire } = event;
    const name = NAMES[message.kind];
    if (name === undefined || event.checksum === 'wrong') return undefined;
    if (message.code === 0) return judgeRate(event, name, context);
    const { packet, link, source, destination } = wire;
    return {
      object: `code/${senderKey(wire, context)}`,
      message: `${formatAddress(source)} sent ${formatAddress(destination)} a ${name} with code ${message.code}`,
      packet,
      evidence: [{ packet, text: `${name} with code ${message.code}; only 0 is defined`, link }],
      confidence: 'certain',
      stage: 'denial-of-service',
      ...(context.isHomeAgent(destination) ? { homeAgent: destination } : {}),
      attacker: source,
    };
  },
});
