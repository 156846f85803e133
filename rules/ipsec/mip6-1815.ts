import { defineRule, formatAddress } from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1815',
  title: 'Payload tunnel in clear although the policy requires ESP',
  severity: 'high',
  category: 'ipsec',
  references: ['RFC 3776 sections 3.4 and 4.1', 'draft-ebalard-mext-hld-security-00 section 2.2'],
  needs: [],
  verdict: 'drop',
  precedence: 'ipsec',
  explanation:
    'Payload between a node and its home agent may go through a plain IPv6 tunnel or under ESP; the site file ' +
    '(ipsec.payload) or the policies of a key file say whether ESP is wanted. Here it goes in clear: the policy of node or home agent is not what it should be, ' +
    'or was switched off, and everybody on the way reads and forges the traffic of the node.',
  advice:
    'Look at the policies of both ends (RFC 3776 section 5.2.4): each must have an entry for the tunnel interface ' +
    'and must drop what comes without ESP.',
  on: ['tunnel'],
  params: {},
  evaluate({ context, direction, homeAddress, homeAgent, endpoint, protocol }) {
    if (context.protection !== 'none' || context.outer === undefined) return undefined;
    if (context.outer.hasAuthenticationHeader === true) return undefined;
    const { packet, link } = context;
    const home = formatAddress(homeAddress);
    const agent = formatAddress(homeAgent);
    return {
      object: `${home} at ${agent}: ${direction}`,
      message: `payload ${direction} ${home} goes through the tunnel between ${formatAddress(endpoint)} and ${agent} in clear`,
      packet,
      evidence: [
        {
          packet,
          text: `IPv6 in IPv6 without ESP: from ${formatAddress(context.source)} to ${formatAddress(context.destination)}, protocol ${protocol}; the policy asks for ESP`,
          link,
        },
      ],
      confidence: 'certain',
      stage: 'policy-breach',
      homeAddress,
      homeAgent,
    };
  },
});
