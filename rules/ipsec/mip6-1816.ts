import { defineRule, formatAddress, formatSpi } from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1816',
  title: 'ESP with an SPI that no security association has',
  severity: 'medium',
  category: 'ipsec',
  references: ['RFC 4303 section 3.4.2', 'RFC 4301 section 4.1'],
  needs: ['security-associations', 'home-agents'],
  verdict: 'alert',
  precedence: 'ipsec',
  explanation:
    'The receiver chooses the SPI and knows all that are in use. ESP to or from a home agent with another one is ' +
    'somebody who guesses, an old association, or a flood that costs the home agent look-ups. It can be judged only ' +
    'when the key files hold every association of the home agent, which nobody can see from the packets: the ' +
    'parameter says so, and without it this rule is silent.',
  advice:
    'Compare the SPI with those of the home agent. If it is in use there, add its keys; if not, find the sender.',
  on: ['ipsec'],
  params: {
    keysAreComplete: {
      default: 0,
      min: 0,
      max: 1,
      unit: '0 or 1',
      doc: '1 = the key files hold every association of the home agents, so that any other SPI is wrong',
    },
  },
  evaluate({ finding, context, spi, sequence }, { params }) {
    if (finding.kind !== 'unknown-spi' || params.keysAreComplete !== 1) return undefined;
    const { packet, link, source, destination } = context;
    const from = formatAddress(source);
    const to = formatAddress(destination);
    const homeAddress = context.homeAddressOption ?? context.routingHomeAddress;
    return {
      object: `${from} to ${to}`,
      message: `${from} sent ${to} ESP with an SPI that no association has`,
      packet,
      evidence: [
        {
          packet,
          text: `ESP with SPI ${formatSpi(spi)}, sequence ${sequence}; no association has that SPI`,
          link,
        },
      ],
      confidence: 'partial',
      stage: 'policy-breach',
      ...(homeAddress === undefined ? {} : { homeAddress }),
      attacker: source,
    };
  },
});
