import {
  covers,
  defineRule,
  evidenceOf,
  formatAddress,
  isLinkLocal,
  isMulticast,
  isRouterBinding,
  isSameAddress,
  isUnspecified,
  prefixText,
} from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-2403',
  title: 'Packet from a mobile network with a source outside its prefixes',
  severity: 'high',
  category: 'extension',
  references: ['RFC 3963 sections 5.5 and 9'],
  needs: [],
  verdict: 'drop',
  explanation:
    'What a mobile router sends through its tunnel comes from its home address or from the network behind it. This ' +
    'packet has another source: the tunnel, which the home agent trusts, is used to send with addresses of others, ' +
    'past the filters that every access network has. A router that was asked to carry another one still sends with ' +
    'addresses of its own prefixes. Without told or registered prefixes (implicit mode) nothing is judged.',
  advice:
    'Have the home agent drop packets from the tunnel whose source is not in the prefixes of the router, and the router ' +
    'those of its own network. Look behind the router for the sender.',
  on: ['tunnelled'],
  ignoresExpectedTunnels: true,
  params: {},
  evaluate({ context: packetContext, direction }, context) {
    const { outer, source, destination, packet } = packetContext;
    if (direction !== 'to-home-agent' || outer === undefined) return undefined;
    const binding = context.careOfBinding(outer.source);
    if (binding?.phase !== 'registered' || !isSameAddress(binding.careOfAddress, outer.source)) {
      return undefined;
    }
    if (!isRouterBinding(binding, context.site)) return undefined;
    const { homeAddress, peer, careOfAddress } = binding;
    const told = context.site.mobileNodes.find((node) =>
      isSameAddress(node.homeAddress, homeAddress),
    );
    const router = context.mobileRouter(homeAddress);
    const own = [...(told?.mobileNetworkPrefixes ?? []), ...(router?.prefixes ?? [])];
    const isAny = isLinkLocal(source) || isUnspecified(source) || isMulticast(source);
    if (own.length === 0 || isAny) return undefined;
    const isOwn =
      isSameAddress(source, homeAddress) ||
      isSameAddress(source, careOfAddress) ||
      own.some((prefix) => covers(prefix, source));
    if (isOwn) return undefined;
    const home = formatAddress(homeAddress);
    return {
      object: home,
      message: `through the tunnel of mobile router ${home} comes a packet from ${formatAddress(source)}, which is not of its network`,
      packet,
      evidence: [
        evidenceOf(
          packetContext,
          `inner packet from ${formatAddress(source)} to ${formatAddress(destination)}, outer source ${formatAddress(outer.source)}; prefixes ${own.map(prefixText).join(', ')}`,
        ),
      ],
      confidence: 'certain',
      stage: 'policy-breach',
      homeAddress,
      homeAgent: peer,
      attacker: outer.source,
    };
  },
});
