import { defineRule, formatAddress, formatSpi } from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1806',
  title: 'Security association used for another home address',
  severity: 'critical',
  category: 'ipsec',
  references: ['RFC 3776 section 4.2', 'RFC 6275 section 15.3', 'RFC 4877 section 10'],
  needs: ['security-associations', 'home-agents'],
  verdict: 'drop',
  precedence: 'ipsec',
  explanation:
    'Each home address has a security association of its own, and the policy must tie the two together. Here the ' +
    'SPI is that of one home address while the Home Address option or type 2 routing header names another. When ' +
    'the keys fit as well, a node with valid keys speaks for a neighbour; a home agent that does not compare takes ' +
    'the registration. When the keys do not fit, the SPI may have been given away again: partial.',
  advice:
    'Find the node that owns the association: it, or whoever has its keys, attacks. Check that the home agent ' +
    'compares the home address with the selectors of the association (RFC 4301 section 5.2).',
  on: ['ipsec'],
  params: {},
  evaluate(event) {
    const { finding, context, spi, sequence } = event;
    if (finding.kind !== 'other-home-address') return undefined;
    const owner = formatAddress(finding.owner);
    const used = formatAddress(finding.used);
    const { packet, link, source, destination } = context;
    const isToAgent = event.layout === 'home-address-option';
    return {
      object: `${formatSpi(spi)} of ${owner} for ${used}`,
      message: `the association ${formatSpi(spi)} of ${owner} is used for ${used}`,
      packet,
      evidence: [
        {
          packet,
          text: `ESP with SPI ${formatSpi(spi)}, sequence ${sequence}, from ${formatAddress(source)} to ${formatAddress(destination)} names home address ${used}; the SPI belongs to ${owner}, whose keys ${finding.isVerified ? 'fit' : 'do not fit'}`,
          link,
        },
      ],
      confidence: finding.isVerified ? 'certain' : 'partial',
      ...(finding.isVerified ? {} : { severity: 'medium' }),
      stage: 'policy-breach',
      homeAddress: finding.used,
      homeAgent: isToAgent ? destination : source,
      attacker: isToAgent ? source : destination,
    };
  },
});
