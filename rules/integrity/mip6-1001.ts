import { defineRule, formatAddress } from '../../engine/rule-api.ts';

/** PMIPv6 over IPv4: the sender writes 0 and the receiver ignores it. RFC 5844 section 4.1.3. */
const UNCHECKED_ENCAPSULATION = 'udp:5436';

export default defineRule({
  id: 'MIP6-1001',
  title: 'Mobility Header checksum invalid',
  severity: 'low',
  category: 'integrity',
  references: ['RFC 6275 section 6.1.1', 'RFC 6275 section 9.2'],
  needs: [],
  verdict: 'drop',
  precedence: 'header',
  explanation:
    'Every mobility message carries a checksum over itself and over the addresses of the conversation, ' +
    'where the home address stands for the changing care-of address. Here the sum does not fit, so the ' +
    'message or one of these addresses is not what the sender computed it from. Each receiver throws such a ' +
    'message away. A single one is line noise; many from one sender are a home-made packet generator or a ' +
    'device on the path that rewrites addresses.',
  advice:
    'Find out whether a translator (NAT66, NPTv6, a DSMIPv6 or NAT64 gateway) sits between sender and capture ' +
    'point; it breaks mobility and has to be taken out of the path. Without one, look at the sender: a conforming ' +
    'stack does not send this.',
  on: ['mobility'],
  asksOnly: { mobility: ['wrong-checksum'] },
  params: {},
  evaluate({ context, header, checksum, diagnostics }) {
    if (checksum !== 'wrong') return undefined;
    // Octets are missing that the sum needs: that is MIP6-1004.
    if (diagnostics.some(({ code }) => code === 'MH_LENGTH')) return undefined;
    if (header.checksum === 0 && context.encapsulation.includes(UNCHECKED_ENCAPSULATION)) {
      return undefined;
    }
    const { message, mhType } = header;
    const name = message.kind === 'unknown-message' ? `message of type ${mhType}` : message.kind;
    const source = formatAddress(context.source);
    const destination = formatAddress(context.destination);
    const home = context.homeAddressOption ?? context.routingHomeAddress;
    const over = home === undefined ? '' : `, home address ${formatAddress(home)}`;
    const text = `${name.replaceAll('-', ' ')} with checksum 0x${header.checksum.toString(16).padStart(4, '0')}, which does not fit its octets and the addresses (source ${source}, destination ${destination}${over})`;
    return {
      object: `${source} to ${destination}`,
      message: `${source} sent ${destination} a mobility message with a wrong checksum`,
      packet: context.packet,
      evidence: [{ packet: context.packet, text, link: context.link }],
      confidence: 'certain',
    };
  },
});
