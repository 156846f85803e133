import {
  defineRule,
  formatAddress,
  formatMac,
  homeStyleSignallingOf,
  isSamePacket,
  registeredCareOfAddress,
  registrationKey,
  rogueAdvertisements,
} from '../../engine/rule-api.ts';
import type { AlertDraft, Evidence, PacketReference, RuleContext } from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 1024, ttlSeconds: 3600 };

/** Advertisement of a home prefix on the link at most this long before: part of the evidence, seconds. */
const ADVERTISEMENT_SECONDS = 60;

/** Notes home-prefix advertisements by link, and gives the last one as evidence. */
function lastAdvertisement(
  linkId: number,
  time: number,
  context: RuleContext,
): Evidence | undefined {
  const last = context.table<Evidence>('last-advertisement', BOUNDS).get(String(linkId));
  if (last === undefined || time - last.packet.time > ADVERTISEMENT_SECONDS * 1e6) return undefined;
  return last;
}

export default defineRule({
  id: 'MIP6-1105',
  title: 'De-registration as if at home, sent on a foreign link',
  severity: 'critical',
  category: 'home-link',
  references: [
    'draft-ebalard-mext-hld-security-00 section 4.1 and appendix A.2',
    'RFC 6275 section 11.5.5',
  ],
  needs: ['foreign-link'],
  verdict: 'alert',
  explanation:
    'A mobile node that comes home tells its home agent to forget its care-of address, and sends this Binding ' +
    'Update from its home address. Here that happens on a link that is not its home link: the node has been made ' +
    'to believe that it is at home. From now on it may give up its IPsec tunnel. The packet itself is what an ' +
    'attacker needs: it is authentic, and can be carried to the home agent from another place. Where the update ' +
    'is encrypted its layout gives it away: only a node at home signals without Home Address option.',
  advice:
    'Look for the Router Advertisement that misled the node (rules 1101 to 1104) and remove its sender. Do not ' +
    'forward packets with a home address as source from visited links: ingress filtering (BCP 38) stops the ' +
    'direct way. Configure mobile nodes to keep the IPsec tunnel until the home agent has acknowledged.',
  on: ['icmpv6', 'esp', 'mobility', 'relay'],
  messages: ['router-advertisement', 'binding-update'],
  asksOnly: { 'binding-update': ['on-foreign-link'], esp: ['on-foreign-link'] },
  params: {},
  evaluate(event, context): AlertDraft | undefined {
    if (event.kind === 'icmpv6') {
      const { link, packet } = event.context;
      const [found] = rogueAdvertisements(
        event,
        context,
        ADVERTISEMENT_SECONDS,
        (item) => context.homePrefixOf(item.prefix)?.length === item.length,
      );
      if (found !== undefined) {
        const { prefix, length, router } = found.item;
        const text = `Router Advertisement from ${formatAddress(router)} with the home prefix ${formatAddress(prefix)}/${length} on this link`;
        context.table<Evidence>('last-advertisement', BOUNDS).set(String(link.id), {
          packet,
          text,
          link,
        });
      }
      return undefined;
    }
    if (event.kind === 'relay') {
      const judged = context.table<PacketReference>('judged', BOUNDS);
      const { homeAddress, homeAgent, plain, plainLink, relay, extended, extendedLink } = event;
      if (event.direction !== 'to-home-agent') return undefined;
      if (plainLink.role === 'home' || plainLink.role === 'transit') return undefined;
      const key = registrationKey(homeAddress, homeAgent);
      const before = judged.get(key);
      if (before !== undefined && isSamePacket(before, plain)) return undefined;
      judged.set(key, plain);
      return {
        object: key,
        message: `${formatAddress(homeAddress)} sent its home agent ${formatAddress(homeAgent)} a de-registration as if at home, on link ${plainLink.name}, where a relay took it`,
        packet: event.context.packet,
        evidence: [
          {
            packet: plain,
            text: `ESP ${formatAddress(homeAddress)} to ${formatAddress(homeAgent)} without Home Address option: how a node at home signals`,
            link: plainLink,
          },
          {
            packet: extended,
            text: `the same ESP packet from ${formatAddress(relay)} with a Home Address option: the link of the first is not the home link`,
            link: extendedLink,
          },
        ],
        confidence: 'certain',
        stage: 'deregistration-provoked',
        homeAddress,
        homeAgent,
      };
    }

    const { link, packet, linkSource } = event.context;
    if (link.effectiveRole !== 'foreign') return undefined;
    const signalling = homeStyleSignallingOf(event, context);
    if (signalling === undefined || signalling.isDeregistration === false) return undefined;
    const { homeAddress, homeAgent } = signalling;
    const judged = context.table<PacketReference>('judged', BOUNDS);
    const key = registrationKey(homeAddress, homeAgent);
    const before = judged.get(key);
    if (before !== undefined && isSamePacket(before, packet)) return undefined;
    judged.set(key, packet);
    const careOfAddress = registeredCareOfAddress(
      context.binding(homeAddress, homeAgent),
      context.now,
    );
    const advertisement = lastAdvertisement(link.id, context.now, context);
    const isRead = signalling.isDeregistration === true;
    const what = isRead ? 'Binding Update with lifetime 0' : 'ESP without Home Address option';
    const by = linkSource === undefined ? '' : ` by ${formatMac(linkSource)}`;
    const away =
      careOfAddress === undefined
        ? ''
        : `; its registered care-of address is ${formatAddress(careOfAddress)}`;
    const isProved =
      link.roleKnownBy === 'site' &&
      (isRead || careOfAddress !== undefined || advertisement !== undefined);
    return {
      object: key,
      message: `${formatAddress(homeAddress)} sent its home agent ${formatAddress(homeAgent)} a de-registration as if at home, on link ${link.name}, which is not its home link`,
      packet,
      evidence: [
        ...(advertisement === undefined ? [] : [advertisement]),
        {
          packet,
          text: `${what} ${formatAddress(homeAddress)} to ${formatAddress(homeAgent)}, sent${by} on link ${link.name}${away}`,
          link,
        },
      ],
      confidence: isProved ? 'certain' : 'partial',
      stage: 'deregistration-provoked',
      homeAddress,
      homeAgent,
    };
  },
});
