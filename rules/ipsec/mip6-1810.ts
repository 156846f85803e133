import { defineRule, formatAddress, formatSpi } from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1810',
  title: 'ESP sequence numbers start again or jump without new keys',
  severity: 'medium',
  category: 'ipsec',
  references: ['RFC 4303 section 3.3.3', 'RFC 3776 section 4.4'],
  needs: [],
  verdict: 'alert',
  precedence: 'ipsec',
  explanation:
    'The sequence number of an association only grows, by one a packet, and never starts again under the same ' +
    'keys. When it does, either a node with manual keys was restarted, which opens it to replays and, with counter ' +
    'modes, gives its key stream away, or somebody guesses numbers. A jump by more than a million pushes the window ' +
    'of the receiver away, so that it drops all that is right.',
  advice:
    'If the node was restarted, give it new keys, better dynamic ones. If not, find out who else sends with this ' +
    'SPI.',
  on: ['ipsec'],
  params: {},
  evaluate({ finding, context, spi, sequence }) {
    if (finding.kind !== 'restart' && finding.kind !== 'ahead') return undefined;
    const { packet, link, source, destination } = context;
    const to = formatAddress(context.routingHomeAddress ?? destination);
    const homeAddress = context.homeAddressOption ?? context.routingHomeAddress;
    const isRestart = finding.kind === 'restart';
    return {
      object: `${formatSpi(spi)} to ${to}: ${finding.kind}`,
      message: `sequence numbers of ESP to ${to} ${isRestart ? 'start again' : 'jump ahead'} under one SPI`,
      packet,
      evidence: [
        {
          packet,
          text: `ESP with SPI ${formatSpi(spi)}, sequence ${sequence}, from ${formatAddress(source)}; highest before ${finding.highest}`,
          link,
        },
      ],
      confidence: 'partial',
      stage: 'policy-breach',
      ...(homeAddress === undefined ? {} : { homeAddress }),
    };
  },
});
