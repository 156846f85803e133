import {
  EPISODE_BOUNDS,
  awayProofOf,
  defineRule,
  formatAddress,
  isBare,
  isSameAddress,
  observeEpisode,
  registrationKey,
} from '../../engine/rule-api.ts';
import type {
  EventOf,
  Evidence,
  HomeStyleEpisode,
  RuleContext,
  RuleDefinition,
} from '../../engine/rule-api.ts';

const AGENT_BOUNDS = { maxEntries: 256, ttlSeconds: 600 };
/** Times remembered at which an agent was heard, and how far apart they are, microseconds. */
const MAX_HEARD = 64;
const HEARD_INTERVAL = 500e3;

/** An interval may be this much shorter than the one before: timers are not exact. */
const TOLERANCE = 0.75;
/** Copies of one packet come closer than this, microseconds. */
const SHORTEST_INTERVAL = 300e3;

const params = {
  transmissions: {
    default: 3,
    min: 3,
    max: 8,
    unit: 'packets',
    doc: 'unanswered de-registrations on a link that is known not to be the home link',
  },
  transmissionsUnknownLink: {
    default: 4,
    min: 3,
    max: 8,
    unit: 'packets',
    doc: 'the same on a link of unknown role, where the home agent must also be seen alive',
  },
} satisfies RuleDefinition['params'];

/** Notes when a home agent was heard of, apart from answers to nodes at home. */
function noteAgent(event: EventOf<'esp' | 'mobility'>, context: RuleContext): void {
  const { source, packet, routingHomeAddress } = event.context;
  if (!isBare(event.context) || !context.isHomeAgent(source)) return;
  if (event.kind === 'esp' && routingHomeAddress === undefined) return;
  const agents = context.tableOf<number[]>('agents', AGENT_BOUNDS);
  const heard = agents.get(source) ?? [];
  if (packet.time - (heard.at(-1) ?? 0) < HEARD_INTERVAL) return;
  heard.push(packet.time);
  if (heard.length > MAX_HEARD) heard.shift();
  agents.set(heard, source);
}

/**
 * Whether the home agent works and does not answer this node all the same: two requests went unanswered after
 * it was heard of, or it goes on tunnelling for the binding that the node wants to end. An agent that comes
 * back from an outage answers the next request.
 */
function isAgentAlive(episode: HomeStyleEpisode, context: RuleContext): boolean {
  const { homeAddress, homeAgent, first, transmissions } = episode;
  const binding = context.binding(homeAddress, homeAgent);
  if ((binding?.lastTunnelTo ?? 0) > first.time) return true;
  const heard = context.tableOf<number[]>('agents', AGENT_BOUNDS).get(homeAgent) ?? [];
  const alive = heard.find((time) => time > first.time);
  return (
    alive !== undefined && transmissions.filter(({ packet }) => packet.time > alive).length >= 2
  );
}

/** Whether the intervals between transmissions grow or stay, as retransmission timers do. */
function isBackOff({ transmissions }: HomeStyleEpisode): boolean {
  let last = 0;
  for (let i = 1; i < transmissions.length; i++) {
    const interval =
      (transmissions[i]?.packet.time ?? 0) - (transmissions[i - 1]?.packet.time ?? 0);
    if (interval < SHORTEST_INTERVAL || interval < last * TOLERANCE) return false;
    last = interval;
  }
  return true;
}

export default defineRule({
  id: 'MIP6-1113',
  title: 'De-registration that is never acknowledged',
  severity: 'high',
  category: 'home-link',
  references: [
    'draft-ebalard-mext-hld-security-00 sections 5.2 and 5.4.1',
    'RFC 6275 section 11.8',
  ],
  needs: [],
  verdict: 'alert',
  explanation:
    'A node that was made to believe it is at home asks its home agent to delete its binding. On a foreign link ' +
    'that request gets nowhere: it has a source address that does not belong there, and nobody relays it. The node ' +
    'repeats it, after 1, 2, 4 and up to 32 seconds, and sends nothing else meanwhile: it is cut off. That is what ' +
    'a false advertisement of the home prefix does to a careful node. A home agent that is down looks alike from ' +
    'one node; so on links of unknown role this is reported only while the home agent is seen at work for others.',
  advice:
    'If the node is at home, see why its home agent does not answer this node. If it is not, remove whoever ' +
    'advertises the home prefix on its link (rules 1101 to 1104); the node recovers when that stops.',
  on: ['esp', 'mobility', 'relay', 'binding'],
  asksOnly: {
    mobility: ['bare-from-home-agent'],
    'binding-update': ['bare-from-home-agent', 'unnamed'],
    'binding-acknowledgement': ['bare-from-home-agent', 'holding episodes'],
    esp: ['plain', 'routing-header', 'holding episodes'],
    binding: ['holding episodes'],
  },
  params,
  evaluate(event, context) {
    if (event.kind === 'esp' || event.kind === 'mobility') noteAgent(event, context);
    const episodes = context.table<HomeStyleEpisode>('episodes', EPISODE_BOUNDS);
    const episode = observeEpisode(episodes, event, context);
    if (episode === undefined) return undefined;
    const { homeAddress, homeAgent, link, first, last, answer, stripped, transmissions } = episode;
    if (answer !== undefined || stripped !== undefined) return undefined;
    const proof = awayProofOf(episode);
    const needed =
      proof === undefined ? context.params.transmissionsUnknownLink : context.params.transmissions;
    if (episode.count < needed || !isBackOff(episode)) return undefined;
    const binding = context.binding(homeAddress, homeAgent);
    const isTunnelling =
      binding !== undefined &&
      !isSameAddress(binding.careOfAddress, homeAddress) &&
      binding.lastTunnelFrom > first.time;
    if (isTunnelling) return undefined;
    if (proof === undefined && !isAgentAlive(episode, context)) return undefined;
    const seconds = ((last.time - first.time) / 1e6).toFixed(1);
    const where = proof === undefined ? '' : ', which is not its home link';
    const evidence = transmissions.map(({ packet, sequence }): Evidence => ({
      packet,
      text: `de-registration as if at home, sequence number ${sequence}, not answered`,
      link,
    }));
    return {
      object: registrationKey(homeAddress, homeAgent),
      message: `${formatAddress(homeAddress)} asked its home agent ${formatAddress(homeAgent)} ${episode.count} times within ${seconds} s to de-register it and got no answer, on link ${link.name}${where}: it is cut off`,
      packet: last,
      evidence,
      confidence: proof === 'site' ? 'certain' : 'partial',
      stage: 'denial-of-service',
      homeAddress,
      homeAgent,
    };
  },
});
