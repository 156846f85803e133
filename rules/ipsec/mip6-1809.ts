import { defineRule, formatAddress, formatSpi } from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-1809',
  title: 'ESP replay',
  severity: 'high',
  category: 'ipsec',
  references: ['RFC 4303 section 3.4.3', 'RFC 3776 section 4.4'],
  needs: [],
  verdict: 'drop',
  precedence: 'ipsec',
  explanation:
    'Each packet of an association has a number of its own and is sent once. The same packet with the same number ' +
    'again on the same link is a recorded one that somebody plays back. A home agent with manual keys may have no ' +
    'protection against that. Copies within 20 ms come from mirror ports, and copies with a lower hop limit within ' +
    'a second from another place of the capture: neither is reported. A number far behind all others is partial: ' +
    'the sender may have started again.',
  advice:
    'Find where on the link the copy was sent. Use dynamic keys with replay protection; manual keys cannot have ' +
    'it (RFC 3776 section 4.4).',
  on: ['ipsec'],
  params: {},
  evaluate({ finding, context, spi, sequence }) {
    if (finding.kind !== 'copy' && finding.kind !== 'behind') return undefined;
    const { packet, link, source, destination } = context;
    const to = formatAddress(context.routingHomeAddress ?? destination);
    const isCopy = finding.kind === 'copy';
    const homeAddress = context.homeAddressOption ?? context.routingHomeAddress;
    const found = `ESP with SPI ${formatSpi(spi)}, sequence ${sequence}, from ${formatAddress(source)}`;
    return {
      object: `${formatSpi(spi)} to ${to}${isCopy ? '' : ': behind the window'}`,
      message: isCopy
        ? `an ESP packet to ${to} was played back`
        : `an ESP packet to ${to} has a number far behind those before it`,
      packet,
      evidence: isCopy
        ? [
            { packet: finding.earlier, text: `${found}, the first time`, link },
            { packet, text: `${found}, octet by octet the same`, link },
          ]
        : [{ packet, text: `${found}; highest before ${finding.highest}`, link }],
      confidence: isCopy ? 'certain' : 'partial',
      ...(isCopy ? {} : { severity: 'medium' }),
      stage: 'policy-breach',
      ...(homeAddress === undefined ? {} : { homeAddress }),
      attacker: source,
    };
  },
});
