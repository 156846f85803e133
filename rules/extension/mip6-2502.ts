import {
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
  formatIpv4,
  ipv4OuterOf,
  isFirstSight,
  isSameIpv4,
} from '../../engine/rule-api.ts';

const MOBILITY_HEADER = 135;
const ESP = 50;
/** Addresses from which something came that could not be read. */
const BOUNDS = { maxEntries: 8192, ttlSeconds: 3600 };
/** Microseconds in which packets from the end before still come. */
const ON_THEIR_WAY = 10e6;

export default defineRule({
  id: 'MIP6-2502',
  title: 'Tunnel over IPv4 moves without a Binding Update',
  severity: 'critical',
  category: 'extension',
  references: ['RFC 5555 sections 5.1 and 5.4'],
  needs: ['readable-signalling'],
  verdict: 'drop',
  explanation:
    'A dual-stack node has its tunnel where its last Binding Update came from. The IPv4 header around the tunnel is not ' +
    'protected by anything. Here packets of the node come from, or go to, another IPv4 address, and no Binding Update ' +
    'came from there: somebody sends in the name of the node, or the home agent was made to follow rewritten headers ' +
    'and sends the traffic of the node to a stranger. A NAT that changes the port of the node raises nothing; one that ' +
    'changes its address looks the same as the attack, so that the finding is partial.',
  advice:
    'Check that the home agent moves tunnels by Binding Updates alone (RFC 5555 section 5.1), and ask the node where it ' +
    'is. Protect payload with ESP, so that such packets are dropped.',
  on: ['tunnelled'],
  ignoresExpectedTunnels: true,
  asksOnly: { tunnelled: ['over-ipv4'] },
  params: {},
  evaluate({ context: packetContext, direction, protocol }, context) {
    const outer = ipv4OuterOf(packetContext);
    if (outer?.sourcePort === undefined || direction === 'other') return undefined;
    const isOut = direction === 'to-home-agent';
    const homeAddress = isOut ? packetContext.source : packetContext.destination;
    // Signalling is what moves the tunnel; what cannot be read may be signalling.
    if (protocol === MOBILITY_HEADER) return undefined;
    const unread = context.table<true>('unread', BOUNDS);
    const at = isOut ? outer.source : outer.destination;
    const key = `${addressKey(homeAddress)}${at.join('.')}`;
    if (protocol === ESP) {
      if (isOut) unread.set(key, true);
      return undefined;
    }
    const node = context.dualStackNode(homeAddress);
    const binding = context.homeBinding(homeAddress);
    if (node?.endpoint === undefined || binding?.phase !== 'registered') return undefined;
    if (unread.get(key) !== undefined) return undefined;
    const { endpoint, earlier } = node;
    if (isSameIpv4(at, endpoint.address)) return undefined;
    if (isSameIpv4(at, context.announcedIpv4(homeAddress)?.address)) return undefined;
    const wasHere = earlier.some(({ address }) => isSameIpv4(at, address));
    if (wasHere && context.now - binding.registeredAt < ON_THEIR_WAY) return undefined;
    const home = formatAddress(homeAddress);
    // It may be where the tunnel was before the capture began.
    const isEarly = earlier.length === 0 && isFirstSight(binding, context.now, ON_THEIR_WAY / 1e6);
    const port = isOut ? outer.sourcePort : outer.destinationPort;
    return {
      object: `${home}: ${isOut ? 'from' : 'to'}${isEarly ? ', early' : ''}`,
      message: isOut
        ? `packets of ${home} come through the tunnel from ${formatIpv4(at)}, and no Binding Update came from there`
        : `the tunnel of ${home} goes to ${formatIpv4(at)}, and no Binding Update came from there`,
      packet: packetContext.packet,
      evidence: [
        evidenceOf(
          packetContext,
          `UDP over IPv4 ${isOut ? 'from' : 'to'} ${formatIpv4(at)} port ${port ?? 0}; registered is ${formatIpv4(endpoint.address)} port ${endpoint.port ?? 0}`,
        ),
        { packet: binding.lastChange, text: 'last accepted Binding Update' },
      ],
      confidence: 'partial',
      ...(isEarly ? { severity: 'low' } : {}),
      stage: 'policy-breach',
      homeAddress,
      homeAgent: binding.peer,
    };
  },
});
