import {
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
  isBindingValid,
  isMulticast,
} from '../../engine/rule-api.ts';
import type {
  EventOf,
  PacketReference,
  RuleContext,
  RuleDefinition,
} from '../../engine/rule-api.ts';

/** Senders counted. */
const MAX_SENDERS = 1024;
/** Last MH Type that is assigned. IANA registry of Mobile IPv6 parameters. */
const LAST_TYPE = 23;
/** Parameter Problem. RFC 4443 section 3.4. */
const PARAMETER_PROBLEM = 4;

const params = {
  targets: {
    default: 16,
    min: 3,
    max: 120,
    unit: 'addresses',
    doc: 'more receivers than this of such questions of one sender within the window',
  },
  windowSeconds: {
    default: 60,
    min: 1,
    max: 3600,
    unit: 'seconds',
    doc: 'window in which they are counted',
  },
} satisfies RuleDefinition['params'];

type Context = RuleContext<{ [N in keyof typeof params]: number }>;

/** What the sender tries at an address; undefined when the packet is no question. */
function questionOf(
  event: EventOf<'mobility' | 'home-address-option'>,
  context: Context,
): string | undefined {
  const { source, destination } = event.context;
  if (event.kind === 'home-address-option') {
    if (event.relation !== 'none' || isMulticast(destination)) return undefined;
    return 'Home Address options without binding';
  }
  const { message, mhType } = event.header;
  if (mhType > LAST_TYPE) return 'mobility messages of unassigned types';
  const isHome = message.kind === 'home-test-init';
  if (!isHome && message.kind !== 'care-of-test-init') return undefined;
  // A mobile node may talk to many correspondents.
  const usual = isHome ? context.homeBinding(source) : context.careOfBinding(source);
  if (usual !== undefined && isBindingValid(usual, context.now)) return undefined;
  const other = isHome ? context.careOfBinding(source) : context.homeBinding(source);
  if (other !== undefined && isBindingValid(other, context.now)) return undefined;
  return context.isHomeAddress(source) ? undefined : 'return routability requests';
}

/** Whether a packet is what an asked node answers. */
function isAnswer(event: EventOf<'mobility' | 'icmpv6-notice'>): boolean {
  if (event.kind === 'icmpv6-notice') return event.type === PARAMETER_PROBLEM;
  const { kind } = event.header.message;
  return kind === 'binding-error' || kind === 'home-test' || kind === 'care-of-test';
}

export default defineRule({
  id: 'MIP6-2904',
  title: 'Scan for nodes that speak Mobile IPv6',
  severity: 'low',
  category: 'reconnaissance',
  references: ['RFC 6275 sections 9.2, 9.3.3 and 15.5'],
  needs: [],
  verdict: 'rate-limit',
  explanation:
    'A node that speaks Mobile IPv6 gives itself away: it answers unknown mobility messages and Home Address options ' +
    'without binding with a Binding Error, and return routability requests with a test; others answer with a Parameter ' +
    'Problem or not at all. Here one sender, which is no registered mobile node, asks many addresses in that way and so ' +
    'makes a map of correspondents and home agents. Studies of the Internet do it as well.',
  advice:
    'Limit the rate of such requests at the border. Look at what the sender does next with the nodes that answered.',
  on: ['mobility', 'home-address-option', 'icmpv6-notice'],
  messages: [
    'home-test-init',
    'care-of-test-init',
    'home-test',
    'care-of-test',
    'binding-error',
    'unknown-message',
  ],
  asksOnly: {
    'home-test-init': ['remarkable'],
    'care-of-test-init': ['remarkable'],
    'home-test': ['holding targets'],
    'care-of-test': ['holding targets'],
  },
  params,
  evaluate(event, context) {
    const { targets, windowSeconds } = context.params;
    const bounds = { windowSeconds, maxEntries: MAX_SENDERS };
    const { source, destination, packet, link } = event.context;
    if (event.kind === 'icmpv6-notice' || (event.kind === 'mobility' && isAnswer(event))) {
      if (!isAnswer(event)) return undefined;
      const questions = context.distinct('targets', bounds);
      if (questions.size === 0) return undefined;
      const asker = addressKey(destination);
      if (questions.count(asker) > 0) context.counts('answers', bounds).add(asker);
      return undefined;
    }
    const question = questionOf(event, context);
    if (question === undefined) return undefined;
    const key = addressKey(source);
    const first = context.table<PacketReference>('first', {
      maxEntries: MAX_SENDERS,
      ttlSeconds: windowSeconds,
    });
    const begin = first.get(key) ?? packet;
    first.set(key, begin);
    const asked = context.distinct('targets', bounds).add(key, addressKey(destination));
    if (asked <= targets) return undefined;
    const from = formatAddress(source);
    const answered = context.counts('answers', bounds).count(key);
    return {
      object: key,
      message: `${from} asks one address after another whether it speaks Mobile IPv6`,
      packet,
      evidence: [
        { packet: begin, text: `first question of ${from}`, link },
        evidenceOf(
          event.context,
          `${question}: ${formatAddress(destination)} is one of more than ${targets} receivers within ${windowSeconds} s; ${answered === 0 ? 'no answer was seen' : `${answered} answers were seen`}`,
        ),
      ],
      confidence: answered > 0 ? 'certain' : 'partial',
      attacker: source,
    };
  },
});
