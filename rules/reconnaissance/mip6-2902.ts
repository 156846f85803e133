import { addressKey, defineRule, evidenceOf, formatAddress } from '../../engine/rule-api.ts';
import type { RuleDefinition } from '../../engine/rule-api.ts';

/** Senders and receivers counted. */
const MAX_NODES = 1024;
/** Parameter Problem: what a scanned node answers. RFC 4443 section 3.4. */
const PARAMETER_PROBLEM = 4;
/** Highest code of it: RFC 9099 and the registry of ICMPv6 parameters. */
const LAST_PROBLEM_CODE = 10;

const params = {
  codes: {
    default: 8,
    min: 3,
    max: 120,
    unit: 'types and codes',
    doc: 'more different unusual pairs of type and code than this of one sender, or to one receiver, within the window',
  },
  windowSeconds: {
    default: 10,
    min: 1,
    max: 600,
    unit: 'seconds',
    doc: 'window in which they are counted',
  },
} satisfies RuleDefinition['params'];

export default defineRule({
  id: 'MIP6-2902',
  title: 'Sweep over ICMPv6 types and codes',
  severity: 'low',
  category: 'reconnaissance',
  references: ['RFC 6275 sections 6.5 to 6.8', 'RFC 4443 section 2.1'],
  needs: [],
  verdict: 'alert',
  explanation:
    'Messages of home agent and mobile prefix discovery have one code, 0; of the types of ICMPv6 a node uses a dozen. ' +
    'Here somebody tries types and codes one after another that nobody needs: to learn from the answers which software ' +
    'the other runs and which extensions it has, or to find one that it cannot bear. Programs for conformance tests do ' +
    'the same.',
  advice:
    'Ask whether a test is going on. Otherwise let the border drop unassigned types and codes other than 0 of types 144 ' +
    'to 147.',
  on: ['icmpv6', 'icmpv6-notice'],
  messages: [
    'router-solicitation',
    'router-advertisement',
    'neighbor-solicitation',
    'neighbor-advertisement',
    'redirect',
    'home-agent-discovery-request',
    'home-agent-discovery-reply',
    'mobile-prefix-solicitation',
    'mobile-prefix-advertisement',
  ],
  params,
  evaluate(event, context) {
    const { context: packet } = event;
    let type: number;
    let code: number;
    if (event.kind === 'icmpv6') {
      const found = typeOf(event.message);
      if (found === undefined) return undefined;
      type = found;
      ({ code } = event.message);
    } else {
      ({ type, code } = event);
      if (type === PARAMETER_PROBLEM && code <= LAST_PROBLEM_CODE) return undefined;
    }
    const { source, destination } = packet;
    const { codes, windowSeconds } = context.params;
    const bounds = { windowSeconds, maxEntries: MAX_NODES };
    const pair = `${type}/${code}`;
    const counts = context.distinct('codes', bounds);
    const sides = [
      { name: 'from', address: source, count: counts.add(`from ${addressKey(source)}`, pair) },
      {
        name: 'to',
        address: destination,
        count: counts.add(`to ${addressKey(destination)}`, pair),
      },
    ] as const;
    const over = sides.find(({ count }) => count > codes);
    if (over === undefined) return undefined;
    const key = `${over.name} ${addressKey(over.address)}`;
    const node = formatAddress(over.address);
    const isFrom = over.name === 'from';
    return {
      object: key,
      message: isFrom
        ? `${node} tries ICMPv6 types and codes one after another`
        : `ICMPv6 types and codes are tried at ${node} one after another`,
      packet: packet.packet,
      evidence: [
        evidenceOf(
          packet,
          `ICMPv6 type ${type}, code ${code}, from ${formatAddress(source)} to ${formatAddress(destination)}; more than ${codes} unusual pairs of type and code within ${windowSeconds} s`,
        ),
      ],
      confidence: 'certain',
      ...(isFrom ? { attacker: source } : {}),
    };
  },
});

/** Types of the messages that have events of their own, which are ordinary with code 0. */
const TYPES: ReadonlyMap<string, number> = new Map([
  ['router-solicitation', 133],
  ['router-advertisement', 134],
  ['neighbor-solicitation', 135],
  ['neighbor-advertisement', 136],
  ['redirect', 137],
  ['home-agent-discovery-request', 144],
  ['home-agent-discovery-reply', 145],
  ['mobile-prefix-solicitation', 146],
  ['mobile-prefix-advertisement', 147],
]);

/** Type of a message with a code other than 0, which only a sweep has; undefined for ordinary ones. */
function typeOf(message: { readonly kind: string; readonly code: number }): number | undefined {
  return message.code === 0 ? undefined : TYPES.get(message.kind);
}
