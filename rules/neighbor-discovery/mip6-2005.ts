import {
  addressKey,
  defineRule,
  formatAddress,
  formatMac,
  routerClaimOf,
  withdrawalOf,
} from '../../engine/rule-api.ts';

export default defineRule({
  id: 'MIP6-2005',
  title: 'Router taken out of use by an advertisement with lifetime 0',
  severity: 'high',
  category: 'neighbor-discovery',
  references: ['RFC 3756 sections 4.2.1 and 4.2.2', 'RFC 4861 section 6.3.4'],
  needs: [],
  verdict: 'drop',
  explanation:
    'A Router Advertisement with router lifetime 0 tells every node to stop using that router. One in the name of a ' +
    'known router, but from another link-layer address, is no shutdown: it cuts the nodes of the link off, or leaves ' +
    'them to the router of the attacker. A router that withdraws itself and comes back at once, again and again, is ' +
    'reported as well, because the link-layer address can be forged too. The same for the home agent on its home link ' +
    'is rule 2105.',
  advice:
    'Find the port behind the link-layer address and shut it. Filter Router Advertisements on ports of hosts (RA-Guard, ' +
    'RFC 6105 and RFC 7113). Name the routers in the site file, with the link-layer addresses of redundant ones.',
  on: ['icmpv6'],
  messages: ['router-advertisement'],
  params: {
    withdrawals: {
      default: 3,
      min: 2,
      max: 8,
      unit: 'withdrawals',
      doc: 'a router that stops being one and is back this often within a minute is taken for forged; restarts are fewer',
    },
  },
  evaluate(event, context) {
    const claim = routerClaimOf(event, context);
    if (claim === undefined) return undefined;
    const { known, expected, strange, profile, isHomeAgent } = claim;
    const { source, packet, link } = event.context;
    const router = formatAddress(source);
    const base = { packet, stage: 'denial-of-service' } as const;
    const isPresent = known !== undefined || expected?.isTold === true;
    if (claim.isForeign && strange !== undefined && isPresent) {
      if (withdrawalOf(claim) !== 'default-router') return undefined;
      // A node that never was a default router loses nothing.
      if (known?.profile.lifetime === 0 && known.previous === undefined) return undefined;
      const mac = formatMac(strange, 0, strange.length);
      const own = expected?.addresses.map((item) => formatMac(item, 0, item.length)).join(', ');
      return {
        ...base,
        object: addressKey(source),
        message: `${mac} announces the end of router ${router} on link ${link.name}`,
        evidence: [
          {
            packet,
            text: `Router Advertisement from ${router} with router lifetime 0 and link-layer address ${mac}; the router is at ${own ?? 'another one'}`,
            link,
          },
          ...(known === undefined
            ? []
            : [
                {
                  packet: known.lastPacket,
                  text: `Router Advertisement of ${router} itself, router lifetime ${known.profile.lifetime} s`,
                  link,
                },
              ]),
        ],
        confidence: expected?.isTold === true ? 'certain' : 'partial',
        attacker: strange,
      };
    }
    if (known === undefined || isHomeAgent || profile.lifetime === 0) return undefined;
    const { withdrawals } = context.params;
    const recent = known.withdrawals.filter((time) => context.now - time <= 60e6);
    if (recent.length < withdrawals) return undefined;
    return {
      ...base,
      object: `${addressKey(source)}/flapping`,
      message: `router ${router} was withdrawn ${recent.length} times within a minute on link ${link.name} and is still there`,
      evidence: [
        {
          packet,
          text: `Router Advertisement from ${router} with router lifetime ${profile.lifetime} s, after ${recent.length} with lifetime 0`,
          link,
        },
      ],
      confidence: 'partial',
      severity: 'medium',
    };
  },
});
