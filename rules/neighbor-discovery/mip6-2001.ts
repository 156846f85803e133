import {
  addressKey,
  defineRule,
  formatAddress,
  formatMac,
  homeAddressClaimOf,
} from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-2001',
  title: 'Another node than the home agent claims the address of a node that is away',
  severity: 'critical',
  category: 'neighbor-discovery',
  references: ['RFC 3756 section 4.1.1', 'RFC 6275 section 10.4.1'],
  needs: ['home-link', 'home-agents'],
  verdict: 'drop',
  explanation:
    'While a mobile node is away, its home agent answers for it on the home link: Neighbor Advertisements with the ' +
    "home agent's link-layer address bring its packets to the home agent, which tunnels them. An advertisement with " +
    'any other link-layer address takes the packets away: whoever sends it reads and answers what was meant for the ' +
    'mobile node, or makes it unreachable. Nothing in neighbor discovery stops this. The node itself is told apart: ' +
    'by the link-layer address it had at home, by the one its address is made of, and by the de-registration it ' +
    'sends when it is back.',
  advice:
    'Find the port behind the link-layer address named here and shut it. Let switches of the home link filter ' +
    'Neighbor Advertisements (RFC 6620, RFC 7513), or use SEND (RFC 3971). If the link-layer address belongs to your ' +
    'own home agent, for example after a failover, add it to linkLayerAddresses in the site file.',
  on: ['icmpv6'],
  messages: [
    'router-solicitation',
    'router-advertisement',
    'neighbor-solicitation',
    'neighbor-advertisement',
  ],
  params: {},
  evaluate(event, context) {
    const claim = homeAddressClaimOf(event, context);
    if (claim === undefined || event.message.kind !== 'neighbor-advertisement') return undefined;
    if (claim.isOwn || claim.isDeregistering) return undefined;
    const { homeAddress, binding, linkLayerAddress, expected } = claim;
    const { packet, link, source } = event.context;
    const home = formatAddress(homeAddress);
    const mac = formatMac(linkLayerAddress, 0, linkLayerAddress.length);
    const agents = expected.addresses.map((item) => formatMac(item, 0, item.length)).join(', ');
    return {
      object: addressKey(homeAddress),
      message: `${mac} claims home address ${home} on link ${link.name}, whose node is registered from ${formatAddress(binding.careOfAddress)}: its packets go there instead of to home agent ${formatAddress(binding.peer)}`,
      packet,
      evidence: [
        {
          packet,
          text: `Neighbor Advertisement from ${formatAddress(source)}: ${home} is at ${mac}; the home agent that answers for it is at ${agents}`,
          link,
        },
        {
          packet: binding.lastChange,
          text: `binding of ${home} to ${formatAddress(binding.careOfAddress)} in force`,
        },
      ],
      confidence: expected.isTold ? 'certain' : 'partial',
      stage: 'denial-of-service',
      homeAddress,
      homeAgent: binding.peer,
      attacker: linkLayerAddress,
    };
  },
});
