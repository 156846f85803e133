import {
  addressKey,
  defineRule,
  formatAddress,
  formatMac,
  includesLinkLayer,
  isAcceptedOnLink,
  isLiveFromAway,
  isMulticast,
  isSameLinkLayer,
  isUnspecified,
  linkLayerOfHomeAgent,
  neighborStatementOf,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  EventOf,
  Link,
  PacketReference,
  RuleContext,
  RuleDefinition,
} from '../../engine/rule-api.ts';

const NODE_BOUNDS = { maxEntries: 1024, ttlSeconds: 120 };
const LINK_BOUNDS = { maxEntries: 64, ttlSeconds: 24 * 3600 };
/** Microseconds within which the probe of a home agent belongs to a registration. */
const REGISTRATION = 30e6;
/** Microseconds an answer may take. RFC 4861 section 10: RETRANS_TIMER. */
const ANSWER = 2e6;

const params = {
  unanswered: {
    default: 3,
    min: 2,
    max: 20,
    unit: 'solicitations',
    doc: 'solicitations for a registered home address, at most a minute apart, that stay without answer',
  },
  announceSeconds: {
    default: 10,
    min: 2,
    max: 120,
    unit: 'seconds',
    doc: 'how long after a first registration the home agent has to announce the home address',
  },
} satisfies RuleDefinition['params'];

type Context = RuleContext<{ [N in keyof typeof params]: number }>;

/** Solicitations for a home address that were not answered. */
interface Question {
  readonly homeAddress: Uint8Array;
  readonly homeAgent: Uint8Array;
  readonly link: Link;
  readonly first: PacketReference;
  last: PacketReference;
  count: number;
}

/** A first registration: the home agent has probed the home address. */
interface Takeover {
  readonly homeAddress: Uint8Array;
  readonly link: Link;
  readonly probe: PacketReference;
  registered: { readonly packet: PacketReference; readonly homeAgent: Uint8Array } | undefined;
}

/** Last answer of a home agent for a home address. */
interface Defence {
  readonly linkLayerAddress: Uint8Array;
  readonly agent: string;
  readonly packet: PacketReference;
}

const questionsOf = (context: Context) => context.table<Question>('questions', NODE_BOUNDS);
const takeoversOf = (context: Context) => context.table<Takeover>('takeovers', NODE_BOUNDS);

/** Name of the home agent of the site file that has a link-layer address. */
function agentWith(linkLayerAddress: Uint8Array, context: Context): string | undefined {
  return context.site.homeAgents.find(({ linkLayerAddresses }) =>
    linkLayerAddresses.some((item) => isSameLinkLayer(item, linkLayerAddress)),
  )?.name;
}

function noteSolicitation(event: EventOf<'icmpv6'>, target: Uint8Array, context: Context): void {
  const { source, link, linkSource, packet } = event.context;
  const key = addressKey(target);
  if (isUnspecified(source)) {
    const isAgent = linkSource !== undefined && isAgentLinkLayer(link, linkSource, context);
    if (isAgent) {
      const probe = { homeAddress: target, link, probe: packet, registered: undefined };
      takeoversOf(context).set(key, probe);
    }
    return;
  }
  const binding = context.homeBinding(target);
  if (!isLiveFromAway(binding, context.now)) return;
  const expected = linkLayerOfHomeAgent(link, binding.peer, context);
  // Without a packet of the home agent on this link it has no link-layer address here: a virtual home link.
  if (expected === undefined || includesLinkLayer(expected, linkSource)) return;
  const questions = questionsOf(context);
  const known = questions.get(key);
  if (known === undefined || packet.time - known.last.time > 60e6) {
    const { peer: homeAgent } = binding;
    const first = { homeAddress: target, homeAgent, link, first: packet, last: packet, count: 1 };
    questions.set(key, first);
    return;
  }
  // A mirrored copy, and questions of several nodes at once, are one question.
  if (packet.time - known.last.time < ANSWER / 4) return;
  known.last = packet;
  known.count++;
  questions.set(key, known);
}

function isAgentLinkLayer(link: Link, item: Uint8Array, context: Context): boolean {
  if (agentWith(item, context) !== undefined) return true;
  return context.site.homeAgents.some(({ addresses }) =>
    addresses.some((address) => {
      const known = linkLayerOfHomeAgent(link, address, context);
      return known !== undefined && includesLinkLayer(known, item);
    }),
  );
}

function noteAnswer(event: EventOf<'icmpv6'>, context: Context): AlertDraft | undefined {
  const said = neighborStatementOf(event);
  if (said === undefined) return undefined;
  const { address, linkLayerAddress } = said;
  const { link, packet, destination } = event.context;
  if (!isMulticast(destination))
    context.table<true>('unicast', LINK_BOUNDS).set(`${link.id}`, true);
  if (!context.isHomeAddress(address)) return undefined;
  const key = addressKey(address);
  const binding = context.homeBinding(address);
  const agent = agentWith(linkLayerAddress, context);
  const expected =
    binding === undefined ? undefined : linkLayerOfHomeAgent(link, binding.peer, context);
  const isDefended =
    agent !== undefined ||
    (expected !== undefined && includesLinkLayer(expected, linkLayerAddress));
  // Any answer ends the question: who answered in place of the home agent is rule 2001.
  questionsOf(context).delete(key);
  if (!isDefended) return undefined;
  takeoversOf(context).delete(key);
  if (agent === undefined || !isLiveFromAway(binding, context.now)) return undefined;
  const defences = context.table<Defence>('defences', NODE_BOUNDS);
  const other = defences.get(key);
  defences.set(key, { linkLayerAddress, agent, packet });
  if (other === undefined || other.agent === agent) return undefined;
  if (packet.time - other.packet.time > 60e6) return undefined;
  const home = formatAddress(address);
  return {
    object: `${key}/two`,
    message: `two home agents, ${other.agent} and ${agent}, answer for home address ${home} on link ${link.name}`,
    packet,
    evidence: [
      {
        packet: other.packet,
        text: `Neighbor Advertisement: ${home} is at ${formatMac(other.linkLayerAddress)}, ${other.agent}`,
        link,
      },
      {
        packet,
        text: `Neighbor Advertisement: ${home} is at ${formatMac(linkLayerAddress)}, ${agent}`,
        link,
      },
    ],
    confidence: 'certain',
    stage: 'denial-of-service',
    homeAddress: address,
    homeAgent: binding.peer,
  };
}

/** What has been waited for long enough. */
function judgeSilence(now: number, context: Context): AlertDraft[] {
  const found: AlertDraft[] = [];
  const { unanswered, announceSeconds } = context.params;
  const questions = questionsOf(context);
  const proofs = context.table<true>('unicast', LINK_BOUNDS);
  for (const item of [...questions.values()]) {
    if (item.count < unanswered || now - item.last.time < ANSWER) continue;
    questions.delete(addressKey(item.homeAddress));
    // Answers go to single nodes: without having seen any, the sensor does not see them.
    if (proofs.get(`${item.link.id}`) === undefined) continue;
    const binding = context.homeBinding(item.homeAddress);
    if (!isLiveFromAway(binding, now)) continue;
    const home = formatAddress(item.homeAddress);
    found.push({
      object: addressKey(item.homeAddress),
      message: `home agent ${formatAddress(item.homeAgent)} does not answer for ${home} on link ${item.link.name}, whose node is registered from ${formatAddress(binding.careOfAddress)}`,
      packet: item.last,
      evidence: [
        { packet: item.first, text: `first Neighbor Solicitation for ${home}`, link: item.link },
        {
          packet: item.last,
          text: `Neighbor Solicitation number ${item.count} for ${home} without an answer between`,
          link: item.link,
        },
      ],
      confidence: 'partial',
      stage: 'denial-of-service',
      homeAddress: item.homeAddress,
      homeAgent: item.homeAgent,
    });
  }
  const takeovers = takeoversOf(context);
  for (const item of [...takeovers.values()]) {
    const { registered } = item;
    if (registered === undefined) continue;
    if (now - registered.packet.time < announceSeconds * 1e6) continue;
    takeovers.delete(addressKey(item.homeAddress));
    if (wasAnnounced(item, registered.homeAgent, context)) continue;
    const home = formatAddress(item.homeAddress);
    found.push({
      object: `${addressKey(item.homeAddress)}/announcement`,
      message: `home agent ${formatAddress(registered.homeAgent)} accepted the registration of ${home} and did not announce it on link ${item.link.name}`,
      packet: registered.packet,
      evidence: [
        { packet: item.probe, text: `the home agent probes for ${home}`, link: item.link },
        {
          packet: registered.packet,
          text: `registration accepted; no Neighbor Advertisement for ${home} within ${announceSeconds} s`,
        },
      ],
      confidence: 'partial',
      // One advertisement that the capture has missed looks the same.
      severity: 'low',
      stage: 'denial-of-service',
      homeAddress: item.homeAddress,
      homeAgent: registered.homeAgent,
    });
  }
  return found;
}

/** The announcement was there, before the probe: packets of several captures may change places. */
function wasAnnounced(item: Takeover, homeAgent: Uint8Array, context: Context): boolean {
  const expected = linkLayerOfHomeAgent(item.link, homeAgent, context);
  const claims = context.neighbor(item.link, item.homeAddress)?.claims ?? [];
  return claims.some(
    ({ linkLayerAddress, lastSeen }) =>
      Math.abs(lastSeen - item.probe.time) <= REGISTRATION &&
      expected !== undefined &&
      includesLinkLayer(expected, linkLayerAddress),
  );
}

function noteBinding(event: EventOf<'binding'>, context: Context): void {
  const { binding, change, packet } = event;
  if (binding.role !== 'home') return;
  if (change === 'registered') {
    const takeovers = takeoversOf(context);
    if (takeovers.size === 0) return;
    const key = addressKey(binding.homeAddress);
    const takeover = takeovers.get(key);
    if (takeover === undefined || packet.time - takeover.probe.time > REGISTRATION) return;
    takeover.registered = { packet, homeAgent: binding.peer };
    takeovers.set(key, takeover);
  } else if (change === 'deregistered' || change === 'expired' || change === 'rejected') {
    const key = addressKey(binding.homeAddress);
    takeoversOf(context).delete(key);
    questionsOf(context).delete(key);
  }
}

export default defineRule({
  id: 'MIP6-2009',
  title: 'Home agent does not defend a registered home address, or two do',
  severity: 'medium',
  category: 'neighbor-discovery',
  references: ['RFC 6275 sections 10.3.1 and 10.4.1'],
  needs: ['home-link', 'home-agents'],
  verdict: 'alert',
  explanation:
    'With the first registration the home agent announces the home address on the home link, and answers for it as long ' +
    'as the binding lives. One that does neither leaves the node without packets from its home link, and anybody there ' +
    'can take the address. When two home agents answer, packets go now to one, now to the other. The rule asks for ' +
    'proof that the sensor sees answers to single nodes on this link; a home link that exists in the home agent alone ' +
    'shows no neighbor discovery and is not judged.',
  advice:
    'Check that proxy neighbor discovery is on at the home agent, that it is on the right interface, and that only one ' +
    'home agent has the binding.',
  on: ['icmpv6', 'binding', 'tick'],
  messages: ['neighbor-solicitation', 'neighbor-advertisement'],
  asksOnly: { binding: ['ended', 'rejected', 'holding takeovers'] },
  params,
  evaluate(event, context) {
    if (event.kind === 'tick') return judgeSilence(event.time, context);
    if (event.kind === 'binding') {
      noteBinding(event, context);
      return undefined;
    }
    if (event.context.link.effectiveRole !== 'home' || !isAcceptedOnLink(event)) return undefined;
    const { message } = event;
    if (message.kind === 'neighbor-advertisement') return noteAnswer(event, context);
    if (message.kind !== 'neighbor-solicitation') return undefined;
    const target = message.targetAddress;
    if (context.isHomeAddress(target)) noteSolicitation(event, target, context);
    return undefined;
  },
});
