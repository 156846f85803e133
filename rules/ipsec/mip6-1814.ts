import {
  agentSignallingOf,
  defineRule,
  formatAddress,
  protectionText,
} from '../../engine/rule-api.ts';

/** ICMPv6 types. RFC 6275 sections 6.7 and 6.8. */
const SOLICITATION = 146;
const ADVERTISEMENT = 147;

export default defineRule({
  id: 'MIP6-1814',
  title: 'Unprotected mobile prefix discovery',
  severity: 'high',
  category: 'ipsec',
  references: ['RFC 3776 sections 3.3 and 4.1', 'RFC 6275 section 15.6'],
  needs: ['home-agents'],
  verdict: 'drop',
  precedence: 'ipsec',
  explanation:
    'A Mobile Prefix Advertisement gives a node away from home the prefixes of its home link, from which it makes ' +
    'home addresses. In clear it can be forged: the node takes a home address where the attacker wants it. RFC ' +
    '3776 has these messages protected by ESP (SHOULD). A solicitation in clear only tells where a node is and is ' +
    'reported as medium.',
  advice:
    'Give home agent and nodes associations for ICMPv6 (RFC 3776 section 5.2.3), and drop such messages in clear. ' +
    'If the site does without on purpose, say ipsec.signalling: optional in the site file.',
  on: ['icmpv6'],
  messages: ['mobile-prefix-solicitation', 'mobile-prefix-advertisement'],
  params: {},
  evaluate(event, context) {
    const { message } = event;
    const isAdvertisement = message.kind === 'mobile-prefix-advertisement';
    if (!isAdvertisement && message.kind !== 'mobile-prefix-solicitation') return undefined;
    const { protection, hasAuthenticationHeader, packet, link, source } = event.context;
    if (protection !== 'none' || hasAuthenticationHeader === true) return undefined;
    const type = isAdvertisement ? ADVERTISEMENT : SOLICITATION;
    const found = agentSignallingOf(event, type, context);
    if (found?.policy.kind !== 'protect' || found.isToAgent === isAdvertisement) return undefined;
    const home = formatAddress(found.homeAddress);
    const agent = formatAddress(found.homeAgent);
    const name = isAdvertisement ? 'Mobile Prefix Advertisement' : 'Mobile Prefix Solicitation';
    return {
      object: `${home} and ${agent}: ${name}`,
      message: `a ${name} between ${home} and home agent ${agent} came ${protectionText(event.context)}`,
      packet,
      evidence: [
        {
          packet,
          text: `ICMPv6 type ${type} from ${formatAddress(source)} ${protectionText(event.context)}; expected ESP in transport mode`,
          link,
        },
      ],
      confidence: 'certain',
      ...(isAdvertisement ? {} : { severity: 'medium' }),
      stage: 'policy-breach',
      homeAddress: found.homeAddress,
      homeAgent: found.homeAgent,
      attacker: source,
    };
  },
});
