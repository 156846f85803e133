import { defineRule, formatAddress, formatSpi } from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1817',
  title: 'ESP integrity failure',
  severity: 'high',
  category: 'ipsec',
  references: ['RFC 4303 section 3.4.4'],
  needs: ['security-associations'],
  verdict: 'drop',
  precedence: 'ipsec',
  explanation:
    'The integrity check value of ESP fits only if nobody changed a bit and the sender had the key. This packet ' +
    'fails under an association with which others before it were verified: it was changed on the way, or made by ' +
    'somebody who knows the SPI and not the key. When no packet ever fitted, the key file is wrong and nothing is ' +
    'reported. Where a row of the key file may stand for several associations the finding is partial.',
  advice:
    'Look whether the packet was changed between two captures. A single one may be a fault of the line; several ' +
    'are somebody who tries.',
  on: ['ipsec'],
  params: {},
  evaluate({ finding, context, spi, sequence }) {
    if (finding.kind !== 'integrity') return undefined;
    const { packet, link, source, destination, esp } = context;
    const to = formatAddress(context.routingHomeAddress ?? destination);
    const homeAddress = context.homeAddressOption ?? context.routingHomeAddress;
    const isShared = esp?.security?.isShared === true;
    return {
      object: `${formatSpi(spi)} to ${to}`,
      message: `ESP from ${formatAddress(source)} to ${to} fails the integrity check`,
      packet,
      evidence: [
        {
          packet,
          text: `ESP with SPI ${formatSpi(spi)}, sequence ${sequence}: integrity check value wrong; ${finding.verified} packets of this association were right before`,
          link,
        },
      ],
      confidence: isShared ? 'partial' : 'certain',
      stage: 'policy-breach',
      ...(homeAddress === undefined ? {} : { homeAddress }),
      attacker: source,
    };
  },
});
