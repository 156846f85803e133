import { defineRule, formatAddress, formatSpi } from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1818',
  title: 'Tunnel endpoint changed without a protected Binding Update',
  severity: 'critical',
  category: 'ipsec',
  references: ['RFC 3776 section 4.3', 'RFC 4555'],
  needs: ['security-associations'],
  verdict: 'drop',
  precedence: 'ipsec',
  explanation:
    'The outer address of the tunnel follows the care-of address, and only a Binding Update that IPsec protects ' +
    'may move it. Here ESP in tunnel mode goes to or comes from an address that no such Binding Update named, while ' +
    'the registration says another. A home agent that sends there has been told by somebody else; a sender from ' +
    'there holds the keys without having moved (less weight: its Binding Update may not have been seen). The ' +
    'finding is partial, because a capture may lose a packet, and MOBIKE moves tunnels its own way.',
  advice:
    'Compare the tunnel of the home agent with its binding cache. If they differ, take the tunnel down and look ' +
    'at what may change it: Binding Updates in clear, or an interface open to other programs.',
  on: ['tunnel'],
  params: {},
  evaluate({ context, direction, homeAddress, homeAgent, endpoint, relation, careOfAddress }) {
    if (context.protection !== 'esp-tunnel' || relation !== 'unknown') return undefined;
    const { packet, link, esp } = context;
    const home = formatAddress(homeAddress);
    const at = formatAddress(endpoint);
    const isFromAgent = direction === 'to';
    return {
      object: `${home} at ${formatAddress(homeAgent)}: ${direction} ${at}`,
      message: isFromAgent
        ? `home agent ${formatAddress(homeAgent)} tunnels for ${home} to ${at}, which no protected Binding Update named`
        : `${at} tunnels for ${home}, and no protected Binding Update named it`,
      packet,
      evidence: [
        {
          packet,
          text: `ESP in tunnel mode${esp === undefined ? '' : `, SPI ${formatSpi(esp.spi)}, sequence ${esp.sequence}`}: endpoint ${at}, registered care-of address ${formatAddress(careOfAddress)}`,
          link,
        },
      ],
      confidence: 'partial',
      ...(isFromAgent ? {} : { severity: 'high' }),
      stage: 'policy-breach',
      homeAddress,
      homeAgent,
      attacker: endpoint,
    };
  },
});
