import { defineRule, formatAddress } from '../../engine/rule-api.ts';

/** Fast Neighbor Advertisement of RFC 4068: an IPv6 packet may follow it. */
const FAST_NEIGHBOR_ADVERTISEMENT = 10;
const IPV6 = 41;
/** No Next Header, the only value RFC 6275 section 6.1.1 lets a sender use. */
const NO_NEXT_HEADER = 59;

export default defineRule({
  id: 'MIP6-1002',
  title: 'Payload Proto is not 59: data hidden behind a Mobility Header',
  severity: 'medium',
  category: 'integrity',
  references: ['RFC 6275 section 6.1.1', 'RFC 6275 section 9.2'],
  needs: [],
  verdict: 'drop',
  precedence: 'header',
  explanation:
    'A mobility message is always the last thing in a packet; its first octet has to say so (59, No Next ' +
    'Header). Here it announces another protocol. Receivers of mobility messages must discard the packet, but a ' +
    'firewall or router that follows the announcement reads on and may let through, or act upon, what the ' +
    'end node will never look at. No conforming mobility stack sends this.',
  advice:
    'Drop such packets at the border. Inspect what follows the Mobility Header in the packet named here, and ' +
    'check that the filters on the path stop at the Mobility Header.',
  on: ['mobility'],
  asksOnly: { mobility: ['other-payload'] },
  params: {},
  evaluate({ context, header }) {
    const { payloadProto, mhType, length } = header;
    if (payloadProto === NO_NEXT_HEADER) return undefined;
    if (mhType === FAST_NEIGHBOR_ADVERTISEMENT && payloadProto === IPV6) return undefined;
    const source = formatAddress(context.source);
    const destination = formatAddress(context.destination);
    return {
      object: `${source} to ${destination}`,
      message: `${source} sent ${destination} a mobility message that announces protocol ${payloadProto} behind it`,
      packet: context.packet,
      evidence: [
        {
          packet: context.packet,
          text: `Payload Proto is ${payloadProto}, expected ${NO_NEXT_HEADER}; MH Type ${mhType}, ${length} octets`,
          link: context.link,
        },
      ],
      confidence: 'certain',
      stage: 'evasion',
      attacker: context.source,
    };
  },
});
