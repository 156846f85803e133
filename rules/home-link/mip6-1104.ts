import {
  addressKey,
  covers,
  defineRule,
  formatAddress,
  formatMac,
  rogueAdvertisements,
} from '../../engine/rule-api.ts';
import type { AdvertisedPrefix, RuleContext } from '../../engine/rule-api.ts';

/** Whether a hidden advertisement carries what belongs to the home link alone. */
function isHomeClaim(item: AdvertisedPrefix, context: RuleContext): boolean {
  if (!item.isHidden || item.option !== 'prefix') return false;
  if (item.routerAddress !== undefined && context.isHomeAgent(item.routerAddress)) return true;
  return context
    .homePrefixes()
    .some(({ prefix, length }) => length === item.length && covers(item, prefix));
}

export default defineRule({
  id: 'MIP6-1104',
  title: 'Home prefix advertisement hidden behind extension headers or fragments',
  severity: 'critical',
  category: 'home-link',
  references: ['RFC 7113 sections 2 and 3', 'RFC 6980', 'RFC 6105'],
  needs: ['foreign-link', 'home-prefixes'],
  verdict: 'drop',
  explanation:
    'Switches that filter Router Advertisements often look only at the first header of a packet. An extension ' +
    'header or a fragment header in front hides the advertisement from them, while the mobile node behind reads ' +
    'it as usual. Neighbor discovery has no use for such headers and must not be fragmented, so this is no ' +
    'accident: somebody announces the home prefix on a link that is not the home link and means to get past ' +
    'RA-Guard with it.',
  advice:
    'Shut the port behind the link-layer address named here. Use filters that drop neighbor discovery with a ' +
    'fragment header and packets whose header chain is not complete in the first fragment (RFC 7113).',
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
    const found = rogueAdvertisements(event, context, context.params.misledSeconds, (item) =>
      isHomeClaim(item, context),
    );
    return found.map(({ item, relay }) => {
      const prefix = `${formatAddress(item.prefix)}/${item.length}`;
      const router = formatAddress(item.router);
      const from = item.linkSource === undefined ? '' : ` (${formatMac(item.linkSource)})`;
      const isTold = relay === undefined && item.link.roleKnownBy === 'site';
      return {
        object: `${item.link.id}/${addressKey(item.router)}`,
        message: `${router}${from} advertises the home prefix ${prefix} on link ${item.link.name}, hidden from filters that read only the first header`,
        packet: event.context.packet,
        evidence: [
          {
            packet: item.packet,
            text: `Router Advertisement from ${router}${from} with prefix ${prefix} behind extension headers or in fragments`,
            link: item.link,
          },
        ],
        confidence: isTold ? 'certain' : 'partial',
        // By a relayed de-registration an earlier advertisement is blamed.
        ...(relay === undefined ? {} : { isToPass: true }),
        stage: 'rogue-advertisement',
        attacker: item.linkSource ?? item.router,
        homePrefix: { prefix: item.prefix, length: item.length },
      };
    });
  },
});
