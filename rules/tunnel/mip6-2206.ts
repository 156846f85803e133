import {
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
  isBindingValid,
  isProtected,
} from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-2206',
  title: 'Group membership or address control in the tunnel without protection',
  severity: 'medium',
  category: 'tunnel',
  references: ['RFC 3776 section 4.1', 'RFC 6275 sections 5.1, 10.4.3 and 10.4.4'],
  needs: ['home-agents'],
  verdict: 'alert',
  explanation:
    'Through its tunnel a node joins multicast groups of the home link (MLD) and gets addresses and settings there (DHCPv6). ' +
    'Whoever can put such a message into the tunnel directs a multicast stream at the node, or hands it an address or a name ' +
    'server; the specification asks for ESP here even where other payload goes in clear. A site that has given up IPsec ' +
    'altogether (ipsec.signalling: optional) is told with less weight.',
  advice:
    'Add policies for ICMPv6 types 130 to 132 and 143 and for UDP ports 546 and 547 to the tunnel, or use ESP for all of ' +
    'its payload. If neither service is used through the tunnel, drop it at the home agent.',
  on: ['tunnelled'],
  ignoresExpectedTunnels: true,
  asksOnly: { tunnelled: ['control'] },
  params: {},
  evaluate({ context: packet, direction, control, destinationPort }, context) {
    const { outer, source, destination } = packet;
    if (control !== 'mld' && control !== 'dhcpv6') return undefined;
    if (outer === undefined || direction === 'other' || isProtected(packet)) return undefined;
    const isOut = direction === 'to-home-agent';
    const binding = context.careOfBinding(isOut ? outer.source : outer.destination);
    if (binding === undefined || !isBindingValid(binding, context.now)) return undefined;
    const { homeAddress, peer } = binding;
    const name = control === 'mld' ? 'Multicast Listener Discovery' : 'DHCPv6';
    return {
      object: `${addressKey(homeAddress)}: ${control}`,
      message: `${name} of ${formatAddress(homeAddress)} goes through its tunnel without ESP`,
      packet: packet.packet,
      evidence: [
        evidenceOf(
          packet,
          `${name}${destinationPort < 0 ? '' : ` to port ${destinationPort}`} from ${formatAddress(source)} to ${formatAddress(destination)}, in a plain tunnel from ${formatAddress(outer.source)} to ${formatAddress(outer.destination)}; expected ESP`,
        ),
      ],
      confidence: 'certain',
      ...(context.site.ipsec.signalling === 'optional' ? { severity: 'low' } : {}),
      stage: 'policy-breach',
      homeAddress,
      homeAgent: peer,
    };
  },
});
