import {
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
  includesAddress,
  isBindingValid,
  isProtected,
  isSameAddress,
  isToldHomeAgent,
} from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-2203',
  title: 'Tunnel to a mobile node that does not come from its home agent',
  severity: 'high',
  category: 'tunnel',
  references: ['RFC 6275 sections 11.3.3 and 15.7'],
  needs: ['home-agents'],
  verdict: 'drop',
  explanation:
    'A mobile node takes packets for its home address out of tunnels that come from its home agent. A plain tunnel from ' +
    'somebody else, with the home address inside, brings a packet into the node past every filter in front of it: the ' +
    'visited network sees a packet to the care-of address, the inner packet may claim any sender. Other addresses of a ' +
    'home agent, mobility anchor points and gateways of the site are no strangers.',
  advice:
    'Drop tunnels to mobile nodes at the visited network that do not begin at a home agent. Configure nodes to take ' +
    'packets from the tunnel under ESP alone. Name all addresses of your home agents in the site file.',
  on: ['tunnelled'],
  ignoresExpectedTunnels: true,
  params: {},
  evaluate({ context: packet, protocol }, context) {
    const { outer, source, destination } = packet;
    if (outer === undefined || isProtected(packet)) return undefined;
    if (context.isHomeAgent(outer.source)) return undefined;
    const binding = context.homeBinding(destination);
    if (binding === undefined || !isBindingValid(binding, context.now)) return undefined;
    const { homeAddress, peer, careOfAddress } = binding;
    if (!isSameAddress(careOfAddress, outer.destination)) return undefined;
    if (isSameAddress(outer.source, peer)) return undefined;
    const { mobilityAnchorPoints, accessGateways, localMobilityAnchors } = context.site.domain;
    const known = [...mobilityAnchorPoints, ...accessGateways, ...localMobilityAnchors];
    if (includesAddress(known, outer.source)) return undefined;
    const from = formatAddress(outer.source);
    const home = formatAddress(homeAddress);
    return {
      object: addressKey(homeAddress),
      message: `${from}, which is not its home agent, tunnels a packet to ${home}`,
      packet: packet.packet,
      evidence: [
        {
          packet: binding.lastChange,
          text: `binding of ${home} at home agent ${formatAddress(peer)}, care-of address ${formatAddress(careOfAddress)}`,
        },
        evidenceOf(
          packet,
          `tunnel from ${from} to ${formatAddress(outer.destination)}, inner packet of protocol ${protocol} from ${formatAddress(source)} to ${home}; expected outer source ${formatAddress(peer)}`,
        ),
      ],
      // A home agent of which nobody told may have further addresses.
      confidence: isToldHomeAgent(peer, context.site) ? 'certain' : 'partial',
      stage: 'evasion',
      homeAddress,
      homeAgent: peer,
      attacker: outer.source,
    };
  },
});
