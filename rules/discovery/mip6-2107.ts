import {
  addressKey,
  covers,
  defineRule,
  formatAddress,
  messageOf,
  protectionText,
} from '../../engine/rule-api.ts';
import type { EventOf, RuleContext, RuleDefinition } from '../../engine/rule-api.ts';

/** Prefixes read of one advertisement; a real one has a few. */
const MAX_PREFIXES = 32;

const params = {
  shortSeconds: {
    default: 7200,
    min: 60,
    max: 86_400,
    unit: 'seconds',
    doc: 'a valid lifetime of the home prefix below this is a withdrawal; RFC 4862 has hosts ignore such in clear',
  },
} satisfies RuleDefinition['params'];

type Context = RuleContext<{ [N in keyof typeof params]: number }>;

/** What an advertisement does to the home network of a node. */
function changesOf(event: EventOf<'icmpv6'>, homeAddress: Uint8Array, context: Context): string[] {
  const message = messageOf(event, 'mobile-prefix-advertisement');
  const home = context.homePrefixOf(homeAddress);
  const isTold = context.homePrefixes().some(({ knownBy }) => knownBy === 'site');
  const found: string[] = [];
  let count = 0;
  for (const option of message?.options ?? []) {
    if (option.kind !== 'prefix-information' || option.prefixLength > 128) continue;
    if (++count > MAX_PREFIXES) break;
    const { prefix, prefixLength: length, validLifetime } = option;
    const text = `${formatAddress(prefix)}/${length}`;
    const isHome =
      home !== undefined && length <= home.length && covers({ prefix, length }, home.prefix);
    if (isHome) {
      if (validLifetime < context.params.shortSeconds) {
        found.push(`home prefix ${text} is valid for ${validLifetime} s only`);
      }
    } else if (isTold && validLifetime > 0 && context.homePrefixOf(prefix) === undefined) {
      found.push(`${text} is no prefix of the home network`);
    }
  }
  return found;
}

export default defineRule({
  id: 'MIP6-2107',
  title: 'Mobile Prefix Advertisement withdraws or replaces the home prefix',
  severity: 'critical',
  category: 'discovery',
  references: ['RFC 6275 sections 10.6.3 and 15.6', 'RFC 4862 section 5.5.3'],
  needs: ['home-prefixes', 'readable-signalling'],
  verdict: 'alert',
  explanation:
    'A Mobile Prefix Advertisement can end the life of the home prefix, and with it of the home address, or bring ' +
    'another prefix from which the node makes a new one. Forged, it cuts the node off or moves its home to the network ' +
    'of the attacker. An operator who renumbers does the same on purpose: one that came protected and could be opened is ' +
    'reported as low.',
  advice:
    'Is a renumbering under way, suppress this rule until it is over. If not, look for the sender (rule 2106) and ' +
    'protect mobile prefix discovery by ESP (RFC 3776 section 3.3).',
  on: ['icmpv6'],
  messages: ['mobile-prefix-advertisement'],
  params,
  evaluate(event, context) {
    if (event.checksum === 'wrong') return undefined;
    const message = messageOf(event, 'mobile-prefix-advertisement');
    if (message === undefined || message.code !== 0) return undefined;
    const { packet, link, source, destination, routingHomeAddress, protection } = event.context;
    const homeAddress = routingHomeAddress ?? destination;
    const changes = changesOf(event, homeAddress, context);
    if (changes.length === 0) return undefined;
    const isProtected = protection !== 'none' && context.isHomeAgent(source);
    const home = formatAddress(homeAddress);
    const isKnown = context.isHomeAddress(homeAddress);
    return {
      object: `${addressKey(homeAddress)}${isProtected ? '/protected' : ''}`,
      message: `a Mobile Prefix Advertisement ${protectionText(event.context)} changes the home network of ${home}: ${changes.slice(0, 4).join('; ')}`,
      packet,
      evidence: [
        {
          packet,
          text: `Mobile Prefix Advertisement from ${formatAddress(source)} to ${formatAddress(destination)}: ${changes.slice(0, 4).join('; ')}`,
          link,
        },
      ],
      confidence: 'partial',
      ...(isProtected ? { severity: 'low' } : {}),
      stage: 'denial-of-service',
      ...(isKnown ? { homeAddress } : {}),
      ...(context.isHomeAgent(source) ? { homeAgent: source } : {}),
    };
  },
});
