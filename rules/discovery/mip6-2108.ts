import {
  addressKey,
  defineRule,
  formatAddress,
  messageOf,
  watchedSince,
} from '../../engine/rule-api.ts';
import type { RuleDefinition } from '../../engine/rule-api.ts';

/** Home addresses of which a registration or its end was seen. */
const BOUNDS = { maxEntries: 8192, ttlSeconds: 24 * 3600 };
/** Sources named; an attacker chooses them. */
const MAX_NAMED = 8;

const params = {
  watchSeconds: {
    default: 420,
    min: 10,
    max: 65_535,
    unit: 'seconds',
    doc: 'how long the sensor has to have watched before a registration that it did not see is taken for missing',
  },
} satisfies RuleDefinition['params'];

export default defineRule({
  id: 'MIP6-2108',
  title: 'Mobile Prefix Solicitation without registration or without Home Address option',
  severity: 'medium',
  category: 'discovery',
  references: ['RFC 6275 sections 6.7, 10.6 and 11.4.2', 'RFC 3776 section 3.3'],
  needs: ['home-agents', 'readable-signalling'],
  verdict: 'drop',
  explanation:
    'Only a node that is registered asks its home agent for the prefixes of its home link, and says with the Home ' +
    'Address option who it is. Without that option, or for a home address that has no binding, the sender is not a node ' +
    'of this home agent, or one that has lost its state; an answer would tell a stranger about the home network. A ' +
    'binding is called missing only after its end was seen, or after the sensor has watched for long enough.',
  advice:
    'Check that the home agent drops such solicitations, and that it asks for ESP on mobile prefix discovery.',
  on: ['icmpv6', 'binding', 'tick'],
  asksOnly: { binding: ['unasked', 'ended', 'holding ended'] },
  params,
  evaluate(event, context) {
    const since = watchedSince(context);
    if (event.kind === 'tick') return undefined;
    const ended = context.table<number>('ended', BOUNDS);
    if (event.kind === 'binding') {
      const { binding, change, packet } = event;
      if (change === 'deregistered' || change === 'expired') {
        ended.set(addressKey(binding.homeAddress), packet.time);
      } else if (change !== 'rejected' && ended.size > 0) {
        ended.delete(addressKey(binding.homeAddress));
      }
      return undefined;
    }
    const message = messageOf(event, 'mobile-prefix-solicitation');
    if (message === undefined || message.code !== 0 || event.checksum === 'wrong') return undefined;
    const { source, destination, homeAddressOption, link, packet, outer } = event.context;
    if (!context.isHomeAgent(destination)) return undefined;
    const homeAddress = homeAddressOption ?? source;
    let text: string;
    let isCertain = true;
    if (homeAddressOption === undefined) {
      // A node at home, or one in its tunnel, has no need of the option.
      const isAtHome = link.effectiveRole === 'home' && context.homePrefixOf(source) !== undefined;
      if (isAtHome || outer !== undefined) return undefined;
      text = 'it has no Home Address option';
    } else {
      const binding = context.homeBinding(homeAddress);
      const isAlive =
        binding !== undefined &&
        binding.phase !== 'deregistered' &&
        binding.phase !== 'expired' &&
        (binding.expiresAt === 0 || context.now < binding.expiresAt);
      if (isAlive) return undefined;
      const hasEnded = ended.get(addressKey(homeAddress)) !== undefined;
      const hasWatched = context.now - since >= context.params.watchSeconds * 1e6;
      if (!hasEnded && !hasWatched) return undefined;
      isCertain = false;
      text = hasEnded
        ? `the binding of ${formatAddress(homeAddress)} has ended`
        : `${formatAddress(homeAddress)} has no binding`;
    }
    const named = context.table<Set<string>>('named', { maxEntries: 1024, ttlSeconds: 86_400 });
    const agentKey = addressKey(destination);
    const names = named.get(agentKey) ?? new Set<string>();
    const key = addressKey(homeAddress);
    if (names.size < MAX_NAMED) names.add(key);
    named.set(agentKey, names);
    return {
      object: `${agentKey}/${names.has(key) ? key : 'further senders'}`,
      message: `${formatAddress(source)} asked home agent ${formatAddress(destination)} for prefixes: ${text}`,
      packet,
      evidence: [
        {
          packet,
          text: `Mobile Prefix Solicitation from ${formatAddress(source)} to ${formatAddress(destination)}: ${text}`,
          link,
        },
      ],
      confidence: isCertain ? 'certain' : 'partial',
      stage: 'policy-breach',
      ...(homeAddressOption === undefined ? {} : { homeAddress }),
      homeAgent: destination,
      attacker: source,
    };
  },
});
