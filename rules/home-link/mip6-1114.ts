import {
  EPISODE_BOUNDS,
  addressKey,
  awayProofOf,
  defineRule,
  episodeOf,
  formatAddress,
  formatMac,
  isSameLinkLayer,
  observeEpisode,
  prefixMatches,
  registeredCareOfAddress,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  EventOf,
  HomeStyleEpisode,
  PacketReference,
  RuleContext,
} from '../../engine/rule-api.ts';

/** Length of the prefix of one visited network, bits. */
const VISITED_LENGTH = 64;

/** Whether a bare packet to the home address can have been delivered to the misled node. */
function isDelivery(episode: HomeStyleEpisode, linkSource: Uint8Array | undefined): boolean {
  // The node's own packet to itself, or one of its link partner's: not from outside.
  if (isSameLinkLayer(episode.mobileNode, linkSource)) return false;
  if (episode.relay?.isOneLink !== true || awayProofOf(episode) === 'site') return true;
  // Several links may have been captured as one, and before the home agent packets are bare by right.
  return isSameLinkLayer(episode.stripped?.linkSource, linkSource);
}

function alertOf(
  episode: HomeStyleEpisode,
  inbound: { readonly packet: PacketReference; readonly text: string },
  linkSource: Uint8Array | undefined,
): AlertDraft | undefined {
  const proof = awayProofOf(episode);
  if (proof === undefined || (proof !== 'site' && episode.answer !== undefined)) return undefined;
  const { homeAddress, homeAgent, link, first } = episode;
  return {
    object: `${addressKey(homeAddress)}/${link.id}`,
    message: `${formatAddress(homeAddress)} is sent unprotected packets on link ${link.name}, which is not its home link, after its de-registration`,
    packet: inbound.packet,
    evidence: [
      { packet: first, text: 'the de-registration as if at home', link },
      { packet: inbound.packet, text: inbound.text, link },
    ],
    confidence: proof === 'site' ? 'certain' : 'partial',
    stage: 'unprotected-traffic',
    homeAddress,
    homeAgent,
    ...(linkSource === undefined ? {} : { attacker: linkSource }),
  };
}

/** A bare packet to a node that is registered from this link, by one who cannot be a neighbour of it. */
function judgeRegistered(
  event: EventOf<'home-address-traffic'>,
  context: RuleContext,
): AlertDraft | undefined {
  const { homeAddress, protocol } = event;
  const { link, packet, source, linkSource } = event.context;
  if (link.role !== 'foreign') return undefined;
  const binding = context.homeBinding(homeAddress);
  const careOfAddress = registeredCareOfAddress(binding, context.now);
  if (binding === undefined || careOfAddress === undefined) return undefined;
  // A host of the visited network sends to the home network over this link, and may.
  if (prefixMatches(careOfAddress, VISITED_LENGTH, source, 0)) return undefined;
  const by = linkSource === undefined ? '' : `, link-layer source ${formatMac(linkSource)}`;
  return {
    object: `${addressKey(homeAddress)}/${link.id}`,
    message: `${formatAddress(homeAddress)} is sent unprotected packets on link ${link.name}, which is not its home link, while it is registered with ${formatAddress(careOfAddress)}`,
    packet,
    evidence: [
      {
        packet,
        text: `bare packet from ${formatAddress(source)} to ${formatAddress(homeAddress)}, protocol ${protocol}${by}; through the home agent it would come in a tunnel`,
        link,
      },
    ],
    confidence: 'partial',
    stage: 'unprotected-traffic',
    homeAddress,
    homeAgent: binding.peer,
    ...(linkSource === undefined ? {} : { attacker: linkSource }),
  };
}

export default defineRule({
  id: 'MIP6-1114',
  title: 'Unprotected packets delivered to a home address on a foreign link',
  severity: 'high',
  category: 'home-link',
  references: ['draft-ebalard-mext-hld-security-00 section 5.2'],
  needs: ['foreign-link'],
  verdict: 'drop',
  explanation:
    'Away from home, packets for the home address reach a node only through the tunnel of its home agent. After a ' +
    'de-registration as if at home the node also takes them bare, from anyone on the link. So an attacker next to ' +
    'it can speak to services that are reachable at home only, even while the node cannot answer yet. What the ' +
    'node itself sends in clear is rule 1112.',
  advice:
    'Find the sender behind the link-layer address named here. Let mobile nodes filter what comes for the home ' +
    'address outside the tunnel, at home as well, where payload protection is the policy.',
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
      const early = episode?.earlyInbound;
      if (episode === undefined || early === undefined) return undefined;
      if (episode.relay?.isOneLink === true) {
        episode.earlyInbound = undefined;
        return undefined;
      }
      const text = `bare packet to ${formatAddress(episode.homeAddress)}`;
      const draft = alertOf(episode, { packet: early, text }, undefined);
      if (draft !== undefined) episode.earlyInbound = undefined;
      return draft;
    }
    if (event.direction !== 'to' || event.context.protection !== 'none') return undefined;
    const { homeAddress, protocol } = event;
    const episode = episodes.size === 0 ? undefined : episodeOf(episodes, homeAddress);
    const { link, packet, source, linkSource } = event.context;
    if (episode?.link.id !== link.id || packet.time < episode.first.time) {
      return judgeRegistered(event, context);
    }
    if (!isDelivery(episode, linkSource)) return undefined;
    if (awayProofOf(episode) === undefined) {
      episode.earlyInbound ??= packet;
      return undefined;
    }
    const by = linkSource === undefined ? '' : `, link-layer source ${formatMac(linkSource)}`;
    const text = `bare packet from ${formatAddress(source)} to ${formatAddress(homeAddress)}, protocol ${protocol}${by}`;
    return alertOf(episode, { packet, text }, linkSource);
  },
});
