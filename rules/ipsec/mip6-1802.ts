import {
  agentSignallingOf,
  defineRule,
  findOption,
  formatAddress,
  protectionText,
} from '../../engine/rule-api.ts';

/** Type of the Binding Acknowledgement. RFC 6275 section 6.1.8. */
const BINDING_ACKNOWLEDGEMENT = 6;
/** Flag P of RFC 5213 section 8.2. */
const PROXY_REGISTRATION = 0x20;

export default defineRule({
  id: 'MIP6-1802',
  title: 'Unprotected Binding Acknowledgement from the home agent',
  severity: 'high',
  category: 'ipsec',
  references: ['RFC 3776 sections 3.1 and 4.1', 'RFC 6275 section 15.3'],
  needs: ['home-agents'],
  verdict: 'drop',
  precedence: 'ipsec',
  explanation:
    'The acknowledgement tells a node whether it is registered and for how long. RFC 3776 has it protected like ' +
    'the Binding Update. In clear, anybody can tell a node that it was refused, or that it is registered where it ' +
    'is not. An acknowledgement that refuses may come in clear from a home agent that does not know the node: that ' +
    'is reported with less weight.',
  advice:
    'Configure the home agent to send acknowledgements of home registrations under ESP only, and nodes to drop ' +
    'others. Look for a forged Binding Update just before.',
  on: ['mobility'],
  messages: ['binding-acknowledgement'],
  asksOnly: { 'binding-acknowledgement': ['remarkable'] },
  params: {},
  evaluate(event, context) {
    const { message, options } = event.header;
    if (message.kind !== 'binding-acknowledgement') return undefined;
    const { protection, hasAuthenticationHeader, packet, link, source } = event.context;
    if (protection !== 'none' || hasAuthenticationHeader === true) return undefined;
    if ((message.flags & PROXY_REGISTRATION) !== 0) return undefined;
    // A home agent may be a correspondent: that acknowledgement has an authenticator. RFC 6275 section 6.1.8.
    if (findOption(options, 'binding-authorization-data') !== undefined) return undefined;
    const found = agentSignallingOf(event, BINDING_ACKNOWLEDGEMENT, context);
    if (found === undefined || found.isToAgent || found.policy.kind !== 'protect') return undefined;
    if (context.binding(found.homeAddress, found.homeAgent)?.role === 'correspondent') {
      return undefined;
    }
    const hasOption = findOption(options, 'message-authentication') !== undefined;
    const isRefusal = message.status >= 128;
    const isWeak = hasOption || isRefusal;
    const home = formatAddress(found.homeAddress);
    const agent = formatAddress(found.homeAgent);
    return {
      object: `${home} at ${agent}${isWeak ? ': refused or RFC 4285' : ''}`,
      message: `${agent} acknowledged a registration of ${home} ${protectionText(event.context)}`,
      packet,
      evidence: [
        {
          packet,
          text: `Binding Acknowledgement with status ${message.status}, sequence ${message.sequence}, ${protectionText(event.context)}; expected ESP`,
          link,
        },
      ],
      confidence: isWeak ? 'partial' : 'certain',
      ...(isWeak ? { severity: 'medium' } : {}),
      stage: 'policy-breach',
      homeAddress: found.homeAddress,
      homeAgent: found.homeAgent,
      attacker: source,
    };
  },
});
