import {
  addressKey,
  covers,
  defineRule,
  formatAddress,
  formatMac,
  prefixKey,
  rogueAdvertisements,
} from '../../engine/rule-api.ts';
import type { RogueAdvertisement, RuleContext } from '../../engine/rule-api.ts';

/** Registrations looked at to tell a home prefix from a visited one. */
const MAX_BINDINGS = 1024;

/** The home prefix an advertised prefix equals, unless it is one where nodes are visiting. */
function advertisedHomePrefix(
  item: RogueAdvertisement['item'],
  context: RuleContext,
): ReturnType<RuleContext['homePrefixOf']> {
  if (item.option !== 'prefix' || item.isHidden) return undefined;
  const home = context
    .homePrefixes()
    .find(({ prefix, length }) => length === item.length && covers(item, prefix));
  if (home?.knownBy !== 'learned') return home;
  let count = 0;
  for (const { careOfAddress } of context.homeBindings()) {
    // A learned prefix in which a node has its care-of address is somebody's visited network.
    if (covers(item, careOfAddress)) return undefined;
    if (++count >= MAX_BINDINGS) break;
  }
  return home;
}

export default defineRule({
  id: 'MIP6-1101',
  title: 'Home prefix advertised on a link that is not the home link',
  severity: 'critical',
  category: 'home-link',
  references: [
    'draft-ebalard-mext-hld-security-00 sections 3.1, 4.1 and 5.2',
    'RFC 6275 sections 11.5.2 and 11.5.5',
    'RFC 6105',
  ],
  needs: ['foreign-link', 'home-prefixes'],
  verdict: 'drop',
  explanation:
    'A mobile node decides that it is at home when a Router Advertisement carries the prefix of its home ' +
    'network. Nothing protects that advertisement: whoever is on the same link can send one. Seen on a link ' +
    'that is not the home link it is a lie, and its effect is that the node stops tunnelling to its home ' +
    'agent, gives up IPsec for its traffic and asks the home agent to forget where it is. It is the first ' +
    'step of the de-registration attack. Which links are not the home link comes from the site file, or from ' +
    'a relayed packet that proves it.',
  advice:
    'Find the port behind the link-layer address named here and shut it. Let the switches of visited links ' +
    'drop Router Advertisements that do not come from their routers (RA-Guard, RFC 6105). Treat every mobile ' +
    'node that was on this link since as possibly de-registered.',
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
      (item) => advertisedHomePrefix(item, context) !== undefined,
    );
    return found.map(({ item, relay }) => {
      const prefix = `${formatAddress(item.prefix)}/${item.length}`;
      const router = formatAddress(item.router);
      const from = item.linkSource === undefined ? '' : ` (${formatMac(item.linkSource)})`;
      const evidence = [
        {
          packet: item.packet,
          text: `Router Advertisement from ${router}${from} with Prefix Information ${prefix}, a home prefix`,
          link: item.link,
        },
      ];
      if (relay !== undefined) {
        evidence.push({
          packet: relay.extended,
          text:
            `de-registration of ${formatAddress(relay.homeAddress)} sent on link ${item.link.name} and relayed ` +
            `from ${formatAddress(relay.relay)}: the link is not its home link`,
          link: relay.extendedLink,
        });
      }
      // A prefix that is learned comes from an acknowledged registration, and is nobody's visited network.
      const isTold = relay === undefined && item.link.roleKnownBy === 'site';
      return {
        object: `${item.link.id}/${addressKey(item.router)}/${prefixKey(item.prefix, item.length)}`,
        message: `${router}${from} advertises the home prefix ${prefix} on link ${item.link.name}, which is not the home link`,
        packet: event.context.packet,
        evidence,
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
