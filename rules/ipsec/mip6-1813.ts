import {
  agentEndsOf,
  defineRule,
  formatAddress,
  formatSpi,
  isSameAddress,
} from '../../engine/rule-api.ts';
import type { AlertDraft, EventOf, MessageKind, RuleContext } from '../../engine/rule-api.ts';

/** Types of messages that an away node sends and gets in transport mode. RFC 3776 sections 3.1 and 3.3. */
const KINDS: readonly MessageKind[] = [
  'binding-update',
  'binding-acknowledgement',
  'mobile-prefix-solicitation',
  'mobile-prefix-advertisement',
];

/** Registered home address that has this care-of address. */
function ownerOf(careOfAddress: Uint8Array, context: RuleContext): Uint8Array | undefined {
  for (const binding of context.homeBindings()) {
    if (isSameAddress(binding.careOfAddress, careOfAddress)) return binding.homeAddress;
  }
  return undefined;
}

function draftOf(
  event: EventOf<'ipsec' | 'mobility' | 'icmpv6'>,
  isToAgent: boolean,
  owner: Uint8Array | undefined,
): AlertDraft {
  const { packet, link, source, destination, esp } = event.context;
  const header = isToAgent ? 'Home Address option' : 'type 2 routing header';
  const far = formatAddress(isToAgent ? source : destination);
  const agent = formatAddress(isToAgent ? destination : source);
  const of = owner === undefined ? '' : ` of ${formatAddress(owner)}`;
  return {
    object: `${far} and ${agent}: ${header}`,
    message: isToAgent
      ? `${far} sent ${agent} protected signalling${of} without Home Address option`
      : `${agent} sent ${far} protected signalling${of} without type 2 routing header`,
    packet,
    evidence: [
      {
        packet,
        text: `ESP${esp === undefined ? '' : ` with SPI ${formatSpi(esp.spi)}, sequence ${esp.sequence},`} between ${far} and ${agent}; expected a ${header} in front of it`,
        link,
      },
    ],
    confidence: 'certain',
    stage: 'policy-breach',
    ...(owner === undefined ? {} : { homeAddress: owner }),
    homeAgent: isToAgent ? destination : source,
  };
}

export default defineRule({
  id: 'MIP6-1813',
  title: 'Protected signalling without the header that names the home address',
  severity: 'high',
  category: 'ipsec',
  references: ['RFC 3776 sections 3.1, 3.3 and 4.2'],
  needs: ['security-associations', 'home-agents'],
  verdict: 'drop',
  precedence: 'ipsec',
  explanation:
    'Between home agent and a node away, signalling names the home address in front of ESP: in a Home Address ' +
    'option one way, in a type 2 routing header the other way. Without it the policy sees a care-of address, for ' +
    'which it has no rule. The keys of the association fit this packet, so it is no mistake about who sent it: ' +
    'somebody took the header away or never set it. A tunnel has the same look from outside; only a packet that ' +
    'was opened, or whose keys fit, is judged.',
  advice:
    'Compare with a capture on the other side to see whether the header was taken away on the way. If not, the ' +
    'stack of the sender is wrong and has to be mended.',
  on: ['ipsec', 'mobility', 'icmpv6'],
  messages: KINDS,
  asksOnly: { 'binding-update': ['protected'], 'binding-acknowledgement': ['protected'] },
  params: {},
  evaluate(event, context) {
    if (event.kind === 'ipsec') {
      if (event.finding.kind !== 'missing-home-address') return undefined;
      return draftOf(event, context.isHomeAgent(event.context.destination), event.finding.owner);
    }
    const { protection, outer, homeAddressOption, routingHomeAddress } = event.context;
    if (protection !== 'esp-transport' || outer !== undefined) return undefined;
    const kind = event.kind === 'mobility' ? event.header.message.kind : event.message.kind;
    const found = KINDS.includes(kind) ? agentEndsOf(event, context) : undefined;
    if (found === undefined) return undefined;
    const named = found.isToAgent ? homeAddressOption : routingHomeAddress;
    if (named !== undefined) return undefined;
    const { homeAddress: far } = found;
    // From its home address a node speaks as at home, wherever it is: rules on the home link judge that.
    if (context.isHomeAddress(far) || context.homePrefixOf(far) !== undefined) return undefined;
    return draftOf(event, found.isToAgent, ownerOf(far, context));
  },
});
