import {
  EPISODE_BOUNDS,
  awayProofOf,
  defineRule,
  formatAddress,
  isSameAddress,
  observeEpisode,
  registrationKey,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  EventOf,
  HomeStyleEpisode,
  PacketReference,
  RuleContext,
  RuleDefinition,
} from '../../engine/rule-api.ts';

const ENDED_BOUNDS = { maxEntries: 1024, ttlSeconds: 300 };
/** Home-style updates that show the node's belief on a link of unknown role. */
const REPEATED = 4;

const params = {
  graceSeconds: {
    default: 12,
    min: 2,
    max: 120,
    unit: 'seconds',
    doc: 'how long both sides may disagree: round trip and MAX_DELETE_BCE_TIMEOUT (10 s, RFC 6275 section 12)',
  },
} satisfies RuleDefinition['params'];

/** A binding that ended at the home agent. */
interface Ended {
  readonly homeAddress: Uint8Array;
  readonly homeAgent: Uint8Array;
  readonly careOfAddress: Uint8Array;
  readonly packet: PacketReference;
}

/** The node acts as at home, and the home agent still tunnels to its care-of address. */
function judgeNode(
  episode: HomeStyleEpisode,
  grace: number,
  context: RuleContext,
): AlertDraft | undefined {
  const { homeAddress, homeAgent, link, first } = episode;
  const binding = context.binding(homeAddress, homeAgent);
  if (binding === undefined || episode.answer !== undefined) return undefined;
  const proof = awayProofOf(episode);
  if (proof === undefined && episode.count < REPEATED) return undefined;
  if (isSameAddress(binding.careOfAddress, homeAddress)) return undefined;
  if (isSameAddress(binding.careOfAddress, episode.relay?.address)) return undefined;
  if (binding.lastTunnelFrom > first.time || binding.lastTunnelTo < first.time + grace) {
    return undefined;
  }
  const careOfAddress = formatAddress(binding.careOfAddress);
  return {
    object: registrationKey(homeAddress, homeAgent),
    message: `${formatAddress(homeAddress)} acts as if at home on link ${link.name} while home agent ${formatAddress(homeAgent)} goes on tunnelling to ${careOfAddress}`,
    packet: episode.last,
    evidence: [
      {
        packet: first,
        text: `de-registration as if at home; no tunnel packet from ${careOfAddress} since`,
        link,
      },
      {
        packet: episode.last,
        text: `the home agent tunnelled to ${careOfAddress} until ${((binding.lastTunnelTo - first.time) / 1e6).toFixed(1)} s after the first de-registration`,
        link,
      },
    ],
    confidence: proof === 'site' ? 'certain' : 'partial',
    stage: 'denial-of-service',
    homeAddress,
    homeAgent,
  };
}

/** The home agent has deleted the binding, and the node still sends through the tunnel. */
function judgeAgent(ended: Ended, grace: number, context: RuleContext): AlertDraft | undefined {
  const { homeAddress, homeAgent, packet } = ended;
  const binding = context.binding(homeAddress, homeAgent);
  if (binding?.phase !== 'deregistered') return undefined;
  const last = binding.lastTunnelFromPrevious;
  if (last < packet.time + grace) return undefined;
  const careOfAddress = formatAddress(ended.careOfAddress);
  return {
    object: registrationKey(homeAddress, homeAgent),
    message: `${formatAddress(homeAddress)} goes on sending through the tunnel from ${careOfAddress} although home agent ${formatAddress(homeAgent)} has deleted its binding`,
    packet,
    evidence: [
      {
        packet,
        text: `the home agent accepted the de-registration; tunnel packets from ${careOfAddress} went on until ${((last - packet.time) / 1e6).toFixed(1)} s later`,
      },
    ],
    confidence: 'partial',
    stage: 'denial-of-service',
    homeAddress,
    homeAgent,
  };
}

/** Keeps the bindings that ended at their home agent. */
function noteBinding(event: EventOf<'binding'>, context: RuleContext): void {
  const { binding, change, previousCareOfAddress, packet } = event;
  if (binding.role !== 'home') return;
  if (change !== 'deregistered') {
    // A node that asks anew knows where it stands; its acknowledgement may not have been captured.
    if (change !== 'registered' && change !== 'requested') return;
    const ended = context.table<Ended>('ended', ENDED_BOUNDS);
    if (ended.size > 0) ended.delete(registrationKey(binding.homeAddress, binding.peer));
    return;
  }
  if (previousCareOfAddress === undefined) return;
  if (isSameAddress(previousCareOfAddress, binding.homeAddress)) return;
  const ended = context.table<Ended>('ended', ENDED_BOUNDS);
  ended.set(registrationKey(binding.homeAddress, binding.peer), {
    homeAddress: binding.homeAddress,
    homeAgent: binding.peer,
    careOfAddress: previousCareOfAddress,
    packet,
  });
}

export default defineRule({
  id: 'MIP6-1115',
  title: 'Mobile node and home agent disagree about the binding',
  severity: 'high',
  category: 'home-link',
  references: ['draft-ebalard-mext-hld-security-00 sections 4.1 to 4.3', 'RFC 6275 section 10.3.2'],
  needs: [],
  verdict: 'alert',
  explanation:
    'Both sides keep the same binding, and messages that are lost make them differ for a few seconds at most. Here ' +
    'they differ for longer: either the node acts as at home while its home agent goes on tunnelling to it, or the ' +
    'home agent has deleted the binding and the node goes on using the tunnel. The first is what a false home ' +
    'prefix does, the second is what remains when a de-registration was relayed to the home agent and its ' +
    'acknowledgement never came to the node. Either way packets are lost.',
  advice:
    'Make the node register again, and look at what ended the binding: the packet named here, and alerts of rules ' +
    '1101, 1105 and 1106 for the same home address.',
  on: ['esp', 'mobility', 'relay', 'binding', 'tick'],
  messages: ['binding-update', 'binding-acknowledgement'],
  asksOnly: {
    'binding-update': ['unnamed'],
    'binding-acknowledgement': ['holding episodes'],
    esp: ['plain', 'holding episodes'],
    binding: ['ended', 'holding episodes', 'holding ended'],
  },
  params,
  evaluate(event, context) {
    const episodes = context.table<HomeStyleEpisode>('episodes', EPISODE_BOUNDS);
    if (event.kind !== 'tick') {
      observeEpisode(episodes, event, context);
      if (event.kind === 'binding') noteBinding(event, context);
      return undefined;
    }
    const grace = context.params.graceSeconds * 1e6;
    const ended = context.table<Ended>('ended', ENDED_BOUNDS);
    const found: AlertDraft[] = [];
    const judged = context.table<true>('judged', ENDED_BOUNDS);
    const report = (draft: AlertDraft | undefined): void => {
      // The state lasts; one alert says it.
      if (draft === undefined || judged.get(draft.object) !== undefined) return;
      judged.set(draft.object, true);
      found.push(draft);
    };
    for (const episode of episodes.values()) report(judgeNode(episode, grace, context));
    for (const item of ended.values()) report(judgeAgent(item, grace, context));
    return found;
  },
});
