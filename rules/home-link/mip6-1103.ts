import {
  addressKey,
  covers,
  defineRule,
  formatAddress,
  formatMac,
  isSameLinkLayer,
  rogueAdvertisements,
} from '../../engine/rule-api.ts';
import type { AdvertisedPrefix, RuleContext } from '../../engine/rule-api.ts';

/** How an advertisement pretends to be the home agent's; undefined when it does not. */
function pretence(item: AdvertisedPrefix, context: RuleContext): string | undefined {
  if (item.option !== 'prefix' || item.isHidden) return undefined;
  const { routerAddress } = item;
  if (routerAddress !== undefined && context.isHomeAgent(routerAddress)) {
    return `gives the home agent's address ${formatAddress(routerAddress)} as its own (Prefix Information with R flag)`;
  }
  const isHome = context
    .homePrefixes()
    .some(({ prefix, length }) => length === item.length && covers(item, prefix));
  return isHome && item.isHomeAgent
    ? `advertises the home prefix ${formatAddress(item.prefix)}/${item.length} and says it is a home agent (H flag or Home Agent Information)`
    : undefined;
}

export default defineRule({
  id: 'MIP6-1103',
  title: 'Router on a foreign link pretends to be the home agent',
  severity: 'critical',
  category: 'home-link',
  references: [
    'draft-ebalard-mext-hld-security-00 sections 5.2 and 5.3',
    'RFC 6275 sections 7.1, 7.2 and 7.4',
  ],
  needs: ['foreign-link', 'home-agents'],
  verdict: 'drop',
  explanation:
    'On the home link the home agent announces itself: its Router Advertisements carry the H flag and its own ' +
    'address. A mobile node that believes it is at home takes the link-layer address for its de-registration ' +
    'from there. A sender on another link that announces the address of this home agent, or the home prefix ' +
    'together with the claim to be a home agent, gets the de-registration delivered to itself and can relay it. ' +
    'A home agent of the visited network that announces its own prefix is no finding.',
  advice:
    'Find the port behind the link-layer address named here and shut it. Filter Router Advertisements on visited ' +
    'links (RA-Guard, RFC 6105), and let mobile nodes accept the home link only where the home agent proves ' +
    'itself, for example by SEND (RFC 3971).',
  on: ['icmpv6', 'relay'],
  messages: ['router-advertisement'],
  params: {
    misledSeconds: {
      default: 60,
      min: 1,
      max: 3600,
      unit: 'seconds',
      doc: 'an advertisement is blamed when a relayed de-registration follows within this time',
    },
  },
  evaluate(event, context) {
    const found = rogueAdvertisements(
      event,
      context,
      context.params.misledSeconds,
      (item) => pretence(item, context) !== undefined,
    );
    return found.map(({ item, relay }) => {
      const router = formatAddress(item.router);
      const from = item.linkSource === undefined ? '' : ` (${formatMac(item.linkSource)})`;
      const claim = pretence(item, context) ?? 'says it is the home agent';
      const agent = context.site.homeAgents.find((known) =>
        known.linkLayerAddresses.some((mac) => isSameLinkLayer(mac, item.linkSource)),
      );
      const asAgent =
        agent === undefined ? '' : `; it also uses the link-layer address of ${agent.name}`;
      const isTold = relay === undefined && item.link.roleKnownBy === 'site';
      const claimed = item.routerAddress;
      return {
        object: `${item.link.id}/${addressKey(item.router)}`,
        message: `${router}${from} pretends to be the home agent on link ${item.link.name}: it ${claim}`,
        packet: event.context.packet,
        evidence: [
          {
            packet: item.packet,
            text: `Router Advertisement from ${router}${from} ${claim}${asAgent}`,
            link: item.link,
          },
        ],
        confidence: isTold ? 'certain' : 'partial',
        // By a relayed de-registration an earlier advertisement is blamed.
        ...(relay === undefined ? {} : { isToPass: true }),
        stage: 'rogue-advertisement',
        attacker: item.linkSource ?? item.router,
        homePrefix: { prefix: item.prefix, length: item.length },
        ...(claimed !== undefined && context.isHomeAgent(claimed) ? { homeAgent: claimed } : {}),
      };
    });
  },
});
