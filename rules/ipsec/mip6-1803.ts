import { defineRule, formatAddress, formatSpi } from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1803',
  title: 'Wrong header order around ESP',
  severity: 'high',
  category: 'ipsec',
  references: ['RFC 3776 sections 3.1, 3.3 and 4.2', 'RFC 6275 section 6.3'],
  needs: ['readable-signalling', 'security-associations'],
  verdict: 'drop',
  precedence: 'ipsec',
  explanation:
    'The Home Address option stands in front of ESP, because the home address chooses the policy and the security ' +
    'association. Behind ESP it comes too late: the packet was judged by its care-of address, and the home address ' +
    'inside takes effect without any check that the key belongs to it. No conforming node sends this.',
  advice:
    'Let the home agent drop Home Address options that it finds inside ESP, and find the node that sent this: it ' +
    'holds keys.',
  on: ['malformed'],
  params: {},
  evaluate({ context, diagnostics }) {
    const { esp, packet, link, source, destination } = context;
    const misplaced = diagnostics.find(
      ({ code, detail }) => code === 'HAO_POSITION' && detail === 'inside ESP',
    );
    if (misplaced === undefined || esp === undefined) return undefined;
    const from = formatAddress(source);
    const to = formatAddress(destination);
    return {
      object: `${from} to ${to}`,
      message: `${from} sent ${to} a Home Address option inside ESP`,
      packet,
      evidence: [
        {
          packet,
          text: `Home Address option behind ESP with SPI ${formatSpi(esp.spi)}, sequence ${esp.sequence}${esp.integrityVerified ? ', integrity verified' : ''}; expected in front of it`,
          link,
        },
      ],
      confidence: 'certain',
      stage: 'policy-breach',
      attacker: source,
    };
  },
});
