import {
  addressKey,
  defineRule,
  formatAddress,
  formatMac,
  isToldHomeAgentLinkLayer,
  routerClaimOf,
  senderKey,
  senderOf,
} from '../../engine/rule-api.ts';
import type { RuleContext, EventOf } from '../../engine/rule-api.ts';

/** Home agents that the link has shown, besides the one that advertises. */
interface Others {
  readonly count: number;
  readonly highest: number;
}

function othersOf(event: EventOf<'icmpv6'>, context: RuleContext): Others {
  const { link, source } = event.context;
  let count = 0;
  let highest = 0;
  for (const { profile, address } of context.routers(link)) {
    if (!profile.isHomeAgent || addressKey(address) === addressKey(source)) continue;
    count++;
    highest = Math.max(highest, profile.homeAgentPreference);
  }
  return { count, highest };
}

export default defineRule({
  id: 'MIP6-2104',
  title: 'Unknown home agent announces itself on the home link',
  severity: 'critical',
  category: 'discovery',
  references: ['RFC 6275 sections 7.4, 10.5.1 and 15.5'],
  needs: ['home-link', 'home-agents'],
  verdict: 'drop',
  explanation:
    'Home agents learn of each other from Router Advertisements with the H flag on the home link, and answer discovery ' +
    'with that list, sorted by preference. A false advertisement puts the address of the attacker into the list, with a ' +
    'high preference on top: mobile nodes that ask anywhere in the world are sent to it. The site file names the home ' +
    'agents by address or link-layer address; without such names a newcomer is reported as medium when it takes the ' +
    'first place, else as low: it may be a new home agent.',
  advice:
    'Find the port behind the link-layer address and shut it; empty the home agents lists. Filter Router Advertisements ' +
    'on the home link (RA-Guard). A home agent that is being commissioned goes into the site file first.',
  on: ['icmpv6'],
  messages: ['router-advertisement'],
  params: {},
  evaluate(event, context) {
    const { link, packet, source, linkSource } = event.context;
    if (link.effectiveRole !== 'home') return undefined;
    const claim = routerClaimOf(event, context);
    if (claim?.profile.isHomeAgent !== true || claim.profile.homeAgentLifetime === 0) {
      return undefined;
    }
    const { profile, known } = claim;
    if (context.isHomeAgent(source)) return undefined;
    const { site } = context;
    if (linkSource !== undefined && isToldHomeAgentLinkLayer(linkSource, site)) return undefined;
    const isTold = site.homeAgents.some(
      ({ addresses, linkLayerAddresses }) =>
        linkLayerAddresses.length > 0 || addresses.some((item) => item[0] === 0xfe),
    );
    const others = othersOf(event, context);
    if (!isTold) {
      // The first home agents of a link that nobody described are its own.
      if (others.count === 0 || known?.profile.isHomeAgent === true) return undefined;
      if (link.roleKnownBy !== 'site') return undefined;
    }
    const isOnTop = profile.homeAgentPreference > others.highest;
    const sender = senderOf(event.context);
    const by = sender.length === 16 ? '' : ` (${formatMac(sender, 0, sender.length)})`;
    const router = formatAddress(source);
    const rank = isOnTop ? ', above all others' : '';
    return {
      object: senderKey(event.context, context),
      message: `${router}${by} announces itself as home agent on link ${link.name} with preference ${profile.homeAgentPreference}${rank}`,
      packet,
      evidence: [
        {
          packet,
          text: `Router Advertisement from ${router}${by}: home agent, preference ${profile.homeAgentPreference}, lifetime ${profile.homeAgentLifetime} s; ${isTold ? 'the site file does not name it' : `the home agents known so far have at most ${others.highest}`}`,
          link,
        },
      ],
      confidence: isTold ? 'certain' : 'partial',
      ...(isTold ? {} : { severity: isOnTop ? 'medium' : 'low' }),
      stage: 'rogue-advertisement',
      attacker: sender,
    };
  },
});
