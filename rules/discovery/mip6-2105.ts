import {
  addressKey,
  defineRule,
  formatAddress,
  formatMac,
  routerClaimOf,
  withdrawalOf,
} from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-2105',
  title: 'Home agent removed from the home agents list by a forged advertisement',
  severity: 'high',
  category: 'discovery',
  references: ['RFC 6275 sections 7.4 and 10.5.1', 'RFC 3756 section 4.2.2'],
  needs: ['home-link', 'home-agents'],
  verdict: 'drop',
  explanation:
    'A home agent that advertises without the H flag, or with a home agent lifetime of 0, is taken off the lists of the ' +
    'others at once: discovery names it no more. Somebody who writes such an advertisement in its name, from another ' +
    'link-layer address, takes it out of service for new nodes, and usually puts himself in its place (rule 2104). A ' +
    'home agent that shuts down does so from its own link-layer address and is no finding; one that is withdrawn and ' +
    'back several times within a minute is.',
  advice:
    'Find the port behind the link-layer address and shut it. Filter Router Advertisements on the home link (RA-Guard), ' +
    'and name all link-layer addresses of the home agents in the site file.',
  on: ['icmpv6'],
  messages: ['router-advertisement'],
  params: {
    withdrawals: {
      default: 3,
      min: 2,
      max: 8,
      unit: 'withdrawals',
      doc: 'a home agent that is withdrawn and back this often within a minute is taken for forged; restarts are fewer',
    },
  },
  evaluate(event, context) {
    const claim = routerClaimOf(event, context);
    if (claim?.isHomeAgent !== true) return undefined;
    const { source, packet, link } = event.context;
    const { strange, expected, known, profile } = claim;
    const agent = formatAddress(source);
    const isWithdrawn = withdrawalOf(claim) === 'home-agent';
    if (claim.isForeign && strange !== undefined) {
      if (!isWithdrawn) return undefined;
      const mac = formatMac(strange, 0, strange.length);
      const own = expected?.addresses.map((item) => formatMac(item, 0, item.length)).join(', ');
      const how = profile.isHomeAgent ? 'home agent lifetime 0' : 'no H flag';
      return {
        object: addressKey(source),
        message: `${mac} withdraws home agent ${agent} on link ${link.name}`,
        packet,
        evidence: [
          {
            packet,
            text: `Router Advertisement from ${agent} with ${how} and link-layer address ${mac}; the home agent is at ${own ?? 'another one'}`,
            link,
          },
        ],
        confidence: expected?.isTold === true ? 'certain' : 'partial',
        stage: 'denial-of-service',
        homeAgent: source,
        attacker: strange,
      };
    }
    if (isWithdrawn || known === undefined) return undefined;
    const recent = known.withdrawals.filter((time) => context.now - time <= 60e6);
    if (recent.length < context.params.withdrawals) return undefined;
    return {
      object: `${addressKey(source)}/flapping`,
      message: `home agent ${agent} was withdrawn ${recent.length} times within a minute on link ${link.name} and is still there`,
      packet,
      evidence: [
        {
          packet,
          text: `Router Advertisement from ${agent} as home agent, lifetime ${profile.homeAgentLifetime} s, after ${recent.length} that withdrew it`,
          link,
        },
      ],
      confidence: 'partial',
      severity: 'medium',
      stage: 'denial-of-service',
      homeAgent: source,
    };
  },
});
