import { defineRule, formatAddress, formatSpi } from '../../engine/rule-api.ts';

/** Names of protocols that matter here. */
const PROTOCOLS: Readonly<Record<number, string>> = {
  6: 'TCP',
  17: 'UDP',
  58: 'ICMPv6',
  135: 'Mobility Header',
};

export default defineRule({
  id: 'MIP6-1822',
  title: 'Decrypted packet outside what its security association is for',
  severity: 'critical',
  category: 'ipsec',
  references: ['RFC 4301 section 5.2', 'RFC 3776 section 4.2', 'RFC 5846 section 13'],
  needs: ['security-associations', 'readable-signalling'],
  verdict: 'drop',
  precedence: 'ipsec',
  explanation:
    'A security association is for certain traffic: Binding Updates of one home address, its home tests, its ' +
    'payload. After opening a packet the receiver must look whether it is such traffic. This packet is not: a node ' +
    'with valid keys uses them for something else, for example to speak for another address or to reach the home ' +
    'agent past its filters. Where the key file does not say what the association is for and it carried Mobility ' +
    'Headers alone before, the finding is partial and medium: the association may be meant for more.',
  advice:
    'Look at what the packet is and who has the keys. Check that the home agent compares opened packets with the ' +
    'selectors.',
  on: ['ipsec'],
  params: {},
  evaluate({ finding, context, spi, sequence }) {
    if (finding.kind !== 'outside-selector') return undefined;
    const { packet, link } = context;
    const source = context.homeAddressOption ?? context.source;
    const destination = context.routingHomeAddress ?? context.destination;
    const name = PROTOCOLS[finding.protocol] ?? `protocol ${finding.protocol}`;
    const what = finding.type === undefined ? name : `${name} type ${finding.type}`;
    const homeAddress = context.homeAddressOption ?? context.routingHomeAddress;
    return {
      object: `${formatSpi(spi)}: ${formatAddress(source)} to ${formatAddress(destination)} ${what}`,
      message: `${what} from ${formatAddress(source)} to ${formatAddress(destination)} came under an association that is not for it`,
      packet,
      evidence: [
        {
          packet,
          text: `ESP with SPI ${formatSpi(spi)}, sequence ${sequence}, holds ${what}; expected ${finding.expected}`,
          link,
        },
      ],
      confidence: finding.isInferred ? 'partial' : 'certain',
      ...(finding.isInferred ? { severity: 'medium' } : {}),
      stage: 'policy-breach',
      ...(homeAddress === undefined ? {} : { homeAddress }),
      attacker: context.source,
    };
  },
});
