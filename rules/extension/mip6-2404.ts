import {
  covers,
  defineRule,
  evidenceOf,
  formatAddress,
  isProtected,
  isSameAddress,
  prefixText,
} from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-2404',
  title: 'Routing protocol in the tunnel of a mobile node',
  severity: 'high',
  category: 'extension',
  references: ['RFC 3963 sections 8 and 9'],
  needs: [],
  verdict: 'drop',
  explanation:
    'A mobile router may speak a routing protocol with its home agent through the tunnel, and then must protect it ' +
    '(RFC 3963 section 9): whoever can put a packet into a tunnel without ESP can announce any network, and the home ' +
    'agent spreads the route. Here a routing protocol runs through such a tunnel, or announces under ESP a network ' +
    'that does not belong to the router.',
  advice:
    'Turn dynamic routing through tunnels off at the home agent where it is not needed; where it is, have the policy ' +
    'ask for ESP, and filter announcements by the prefixes of the router.',
  on: ['tunnelled'],
  ignoresExpectedTunnels: true,
  asksOnly: { tunnelled: ['control'] },
  params: {},
  evaluate(event, context) {
    const { context: packetContext, direction, control, protocol, routes } = event;
    const { outer, source, destination, packet } = packetContext;
    if (control !== 'routing' || outer === undefined || direction === 'other') return undefined;
    const isOut = direction === 'to-home-agent';
    const binding = context.careOfBinding(isOut ? outer.source : outer.destination);
    if (binding === undefined) return undefined;
    const { homeAddress, peer } = binding;
    const home = formatAddress(homeAddress);
    const told = context.site.mobileNodes.find((node) =>
      isSameAddress(node.homeAddress, homeAddress),
    );
    const own = [
      ...(told?.mobileNetworkPrefixes ?? []),
      ...(context.mobileRouter(homeAddress)?.prefixes ?? []),
    ];
    const foreign =
      isOut && own.length > 0
        ? routes?.find(
            (route) =>
              !own.some((item) => item.length <= route.length && covers(item, route.prefix)),
          )
        : undefined;
    const isSafe = isProtected(packetContext);
    if (isSafe && foreign === undefined) return undefined;
    const announced = foreign === undefined ? '' : ` and announces ${prefixText(foreign)}`;
    return {
      object: `${home}${foreign === undefined ? '' : `: ${prefixText(foreign)}`}`,
      message: `a routing protocol runs through the tunnel of ${home}${isSafe ? '' : ' without ESP'}${announced}`,
      packet,
      evidence: [
        evidenceOf(
          packetContext,
          `protocol ${protocol}${event.destinationPort < 0 ? '' : `, port ${event.destinationPort}`}, from ${formatAddress(source)} to ${formatAddress(destination)}${foreign === undefined ? '' : `; own prefixes ${own.map(prefixText).join(', ')}`}`,
        ),
      ],
      confidence: 'certain',
      stage: 'policy-breach',
      homeAddress,
      homeAgent: peer,
      attacker: isOut ? outer.source : outer.destination,
    };
  },
});
