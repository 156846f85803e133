import {
  defineRule,
  evidenceOf,
  formatAddress,
  includesAddress,
  isSameAddress,
} from '../../engine/rule-api.ts';

/** Microseconds in which packets with keys of before a handover still come. */
const ON_THEIR_WAY = 10e6;

export default defineRule({
  id: 'MIP6-2311',
  title: 'Tunnel to a mobility anchor with a false end or a false GRE key',
  severity: 'medium',
  category: 'extension',
  references: ['RFC 5845 sections 3.3 and 8', 'RFC 5213 section 6.10.5'],
  needs: [],
  verdict: 'drop',
  explanation:
    'Between gateway and anchor the traffic of a node goes through a tunnel whose ends, and GRE keys if there are, were ' +
    'agreed on in its registration. This packet carries an address of a registered node, but comes from or goes to an ' +
    'end that is not its gateway, or has another key: it was put into the tunnel from outside, so that the anchor ' +
    'forwards it as if the node had sent it. Ends and keys of before a handover are accepted for some seconds.',
  advice:
    'Have the anchor compare the outer source of tunnelled packets with the gateway of the binding. Let the border of ' +
    'the domain drop tunnels from outside.',
  on: ['tunnelled'],
  ignoresExpectedTunnels: true,
  params: {},
  evaluate({ context: packetContext }, context) {
    const { outer, source, destination, greKey, encapsulation, packet } = packetContext;
    if (outer === undefined) return undefined;
    const isUp = context.mobilityAnchor(outer.destination) !== undefined;
    if (!isUp && context.mobilityAnchor(outer.source) === undefined) return undefined;
    const anchor = isUp ? outer.destination : outer.source;
    const end = isUp ? outer.source : outer.destination;
    const inner = isUp ? source : destination;
    const binding = context.proxyBindingAt(anchor, inner);
    const isTold = context.site.domain.accessGateways.length > 0;
    const about = { packet, stage: 'policy-breach', attacker: end } as const;
    const path = isUp
      ? `from ${formatAddress(end)} to anchor ${formatAddress(anchor)}`
      : `from anchor ${formatAddress(anchor)} to ${formatAddress(end)}`;
    // A mobile node of its own has a tunnel to its home agent, which may be the anchor too.
    const isClient = context.careOfBinding(end) !== undefined;
    // Its registration may not have been seen.
    const isPerhapsClient = binding === undefined && context.isHomeAgent(anchor);
    if (isUp && isTold && !isClient && context.accessGateway(end) !== 'site') {
      return {
        ...about,
        object: `${formatAddress(end)} at ${formatAddress(anchor)}${isPerhapsClient ? ', perhaps a mobile node' : ''}`,
        message: `${formatAddress(end)}, which is no access gateway, tunnels to anchor ${formatAddress(anchor)}`,
        evidence: [
          evidenceOf(
            packetContext,
            `inner packet from ${formatAddress(source)} to ${formatAddress(destination)}${binding === undefined ? '' : `; gateway of that node is ${formatAddress(binding.gateway)}`}`,
          ),
        ],
        confidence: isPerhapsClient ? 'partial' : 'certain',
        ...(isPerhapsClient ? { severity: 'low' } : {}),
      };
    }
    if (binding === undefined) return undefined;
    const isRecent = context.now - binding.movedAt < ON_THEIR_WAY;
    if (!isSameAddress(binding.gateway, end)) {
      // A gateway may have registered the node and wait for the answer.
      if (includesAddress(binding.earlier, end) && isRecent) return undefined;
      if (isClient || context.accessGateway(end) !== undefined) return undefined;
      return {
        ...about,
        object: `${formatAddress(end)} at ${formatAddress(anchor)}`,
        message: `tunnel ${path} carries a packet of ${binding.nodeText}, whose gateway is ${formatAddress(binding.gateway)}`,
        evidence: [
          evidenceOf(
            packetContext,
            `inner ${isUp ? 'source' : 'destination'} ${formatAddress(inner)}; ${formatAddress(end)} never was an access gateway`,
          ),
          { packet: binding.lastPacket, text: `registered by ${formatAddress(binding.gateway)}` },
        ],
        confidence: 'partial',
      };
    }
    const agreed = isUp ? binding.uplinkKey : binding.downlinkKey;
    if (agreed === undefined || encapsulation.at(-1) !== 'gre' || greKey === agreed) {
      return undefined;
    }
    const wasAgreed = greKey !== undefined && binding.earlierKeys.includes(greKey);
    if (wasAgreed && context.now - binding.lastPacket.time < ON_THEIR_WAY) return undefined;
    return {
      ...about,
      object: `${binding.nodeText} at ${formatAddress(anchor)}: ${isUp ? 'uplink' : 'downlink'} key`,
      message: `GRE ${path} for ${binding.nodeText} ${greKey === undefined ? 'has no key' : `has key ${greKey}`}, agreed is ${agreed}`,
      evidence: [
        evidenceOf(
          packetContext,
          `inner ${isUp ? 'source' : 'destination'} ${formatAddress(inner)}`,
        ),
        { packet: binding.lastPacket, text: `GRE key ${agreed} was agreed on` },
      ],
      confidence: wasAgreed ? 'partial' : 'certain',
    };
  },
});
