import {
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
  hasCareOf,
  isBindingValid,
  isLinkLocal,
  isMulticast,
  isRouterBinding,
  isSameAddress,
  isUnspecified,
} from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-2202',
  title: 'Reverse tunnel with an inner source that does not belong to the care-of address',
  severity: 'high',
  category: 'tunnel',
  references: ['RFC 6275 section 10.4.5', 'RFC 3963 section 9'],
  needs: ['home-agents'],
  verdict: 'drop',
  explanation:
    'The tunnel begins at a registered care-of address, but the packet in it is not from the home address that is registered ' +
    'with it. A node that is a member of the site uses its tunnel to send in the name of others: the home agent, trusted by ' +
    'everybody on the home link, passes the packet on. Mobile routers send for the network behind them; they are judged by ' +
    'rule MIP6-2403.',
  advice:
    'Have the home agent compare inner source and binding, under ESP as well (the selector of the association says the ' +
    'home address). Find out what the node does: it may be compromised, or route for others without being allowed to.',
  on: ['tunnelled'],
  ignoresExpectedTunnels: true,
  params: {},
  evaluate({ context: packet, direction, protocol }, context) {
    const { outer, source, destination } = packet;
    if (direction !== 'to-home-agent' || outer === undefined) return undefined;
    const binding = context.careOfBinding(outer.source);
    if (binding === undefined || !isBindingValid(binding, context.now)) return undefined;
    const { homeAddress, peer, careOfAddress } = binding;
    if (isSameAddress(source, homeAddress)) return undefined;
    if (!isSameAddress(careOfAddress, outer.source)) return undefined;
    if (isRouterBinding(binding, context.site)) return undefined;
    // Neighbor discovery and group reports of the tunnel itself.
    const isOfTunnel = isLinkLocal(source) || isUnspecified(source) || isMulticast(source);
    if (isOfTunnel || isSameAddress(source, careOfAddress)) return undefined;
    const other = context.homeBinding(source);
    if (other !== undefined && hasCareOf(other, outer.source)) return undefined;
    const isKnownNode = other !== undefined && isBindingValid(other, context.now);
    const home = formatAddress(homeAddress);
    const found = formatAddress(source);
    // A second home address of the node, of which the registration was not seen, is of a home prefix.
    const mayBeOwn = !isKnownNode && context.homePrefixOf(source) !== undefined;
    return {
      object: addressKey(homeAddress),
      message: `through the tunnel of ${home} comes a packet from ${found}, which is not registered with its care-of address`,
      packet: packet.packet,
      evidence: [
        {
          packet: binding.lastChange,
          text: `binding: care-of address ${formatAddress(careOfAddress)} belongs to ${home}`,
        },
        evidenceOf(
          packet,
          `tunnel from ${formatAddress(outer.source)} to ${formatAddress(outer.destination)}, inner packet of protocol ${protocol} from ${found} to ${formatAddress(destination)}; expected source ${home}`,
        ),
      ],
      confidence: mayBeOwn || binding.knownBy === 'inferred' ? 'partial' : 'certain',
      stage: 'policy-breach',
      homeAddress,
      homeAgent: peer,
      attacker: outer.source,
    };
  },
});
