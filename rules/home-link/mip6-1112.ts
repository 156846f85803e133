import {
  EPISODE_BOUNDS,
  addressKey,
  awayProofOf,
  defineRule,
  episodeOf,
  formatAddress,
  formatMac,
  isMulticast,
  isSameLinkLayer,
  observeEpisode,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  EventOf,
  Evidence,
  HomeStyleEpisode,
  PacketReference,
  RuleContext,
} from '../../engine/rule-api.ts';

/** Whether a bare packet from the home address comes from the node itself, as far as the link layer tells. */
function isOwnPacket(event: EventOf<'home-address-traffic'>, episode: HomeStyleEpisode): boolean {
  const { linkSource, protection, destination } = event.context;
  if (protection !== 'none' || isMulticast(destination)) return false;
  // Sent by another neighbour: a router that forwards what the home agent took out of the tunnel.
  return (
    episode.mobileNode === undefined ||
    linkSource === undefined ||
    isSameLinkLayer(episode.mobileNode, linkSource)
  );
}

function alertOf(
  episode: HomeStyleEpisode,
  outbound: { readonly packet: PacketReference; readonly text: string },
  context: RuleContext,
): AlertDraft | undefined {
  const proof = awayProofOf(episode);
  if (proof === undefined) return undefined;
  // Without a site file only a relay proves the place, and a node that is answered directly is at home by now.
  if (proof !== 'site' && episode.answer !== undefined) return undefined;
  const { homeAddress, homeAgent, link, first, relay, stripped, answer } = episode;
  const isAcknowledged = stripped !== undefined || answer !== undefined;
  const binding = context.binding(homeAddress, homeAgent);
  const hadTunnel = binding !== undefined && binding.tunnelPackets > 0;
  const when = isAcknowledged ? 'after the acknowledgement' : 'before any acknowledgement';
  const evidence: Evidence[] = [{ packet: first, text: 'the de-registration as if at home', link }];
  if (episode.earlyInbound !== undefined) {
    evidence.push({
      packet: episode.earlyInbound,
      text: `bare packet to ${formatAddress(homeAddress)}`,
      link,
    });
  }
  evidence.push({ packet: outbound.packet, text: outbound.text, link });
  const isSure = proof === 'site' || (proof === 'relay' && relay?.isOneLink !== true);
  return {
    object: `${addressKey(homeAddress)}/${link.id}`,
    message: `${formatAddress(homeAddress)} sends without tunnel on link ${link.name}, which is not its home link, ${when} of its de-registration${hadTunnel ? '; its traffic went through a tunnel before' : ''}`,
    packet: outbound.packet,
    evidence,
    confidence: isSure ? 'certain' : 'partial',
    stage: 'unprotected-traffic',
    homeAddress,
    homeAgent,
  };
}

export default defineRule({
  id: 'MIP6-1112',
  title: 'Traffic of a home address in clear on a foreign link after a de-registration',
  severity: 'critical',
  category: 'home-link',
  references: [
    'draft-ebalard-mext-hld-security-00 sections 4.2, 5.1 and 5.2 and appendix A.5',
    'RFC 6275 section 11.5.5',
  ],
  needs: ['foreign-link'],
  verdict: 'drop',
  explanation:
    'This is what the attack is for. A node away from home sends everything through a tunnel to its home agent, ' +
    'as a rule protected by IPsec. After a de-registration as if at home it sends from its home address, bare, ' +
    'into a network that is not its own: whoever sits there reads and changes it. Some stacks do so at once ' +
    '(optimistic handover), others when the relayed acknowledgement arrives. Neighbor discovery for the home ' +
    'address and multicast group reports are no finding.',
  advice:
    'Take what this node sent and received since as read by others. Drop packets with home addresses as source ' +
    'at the edge of visited networks. Configure mobile nodes not to give up the tunnel when coming home (draft ' +
    'section 6.3), at least not before the acknowledgement.',
  on: ['esp', 'mobility', 'relay', 'binding', 'home-address-traffic'],
  messages: ['binding-update', 'binding-acknowledgement'],
  asksOnly: {
    'binding-update': ['unnamed'],
    'binding-acknowledgement': ['holding episodes'],
    esp: ['plain', 'holding episodes'],
    binding: ['holding episodes'],
  },
  params: {},
  evaluate(event, context) {
    const episodes = context.table<HomeStyleEpisode>('episodes', EPISODE_BOUNDS);
    if (event.kind !== 'home-address-traffic') {
      observeEpisode(episodes, event, context);
      if (event.kind !== 'relay') return undefined;
      const episode = episodeOf(episodes, event.homeAddress);
      const early = episode?.earlyOutbound;
      if (episode === undefined || early === undefined) return undefined;
      const text = `bare packet from ${formatAddress(episode.homeAddress)}`;
      const draft = alertOf(episode, { packet: early, text }, context);
      if (draft !== undefined) episode.earlyOutbound = undefined;
      return draft;
    }
    if (episodes.size === 0) return undefined;
    const { homeAddress, direction, protocol } = event;
    const episode = episodeOf(episodes, homeAddress);
    const { link, packet, destination, linkSource } = event.context;
    if (episode?.link.id !== link.id || packet.time < episode.first.time) return undefined;
    if (direction === 'to') {
      episode.earlyInbound ??= packet;
      return undefined;
    }
    if (!isOwnPacket(event, episode)) return undefined;
    if (awayProofOf(episode) === undefined) {
      episode.earlyOutbound ??= packet;
      return undefined;
    }
    const by = linkSource === undefined ? '' : `, link-layer source ${formatMac(linkSource)}`;
    const text = `bare packet from ${formatAddress(homeAddress)} to ${formatAddress(destination)}, protocol ${protocol}${by}`;
    return alertOf(episode, { packet, text }, context);
  },
});
