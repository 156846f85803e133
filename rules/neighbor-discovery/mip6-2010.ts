import {
  addressKey,
  defineRule,
  formatAddress,
  formatMac,
  homeAddressClaimOf,
  includesLinkLayer,
  isAcceptedOnLink,
  isSameAddress,
  isToldHomeAgentLinkLayer,
  linkLayerOfHomeAgent,
  neighborStatementOf,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  EventOf,
  Evidence,
  Link,
  PacketReference,
  RuleContext,
  RuleDefinition,
} from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 1024, ttlSeconds: 600 };
/** Microseconds within which the home agent's answer may have crossed the announcement. */
const CROSSING = 2e6;

const params = {
  waitSeconds: {
    default: 60,
    min: 5,
    max: 300,
    unit: 'seconds',
    doc: 'how long after the announcement the end of the binding, or its contradiction, is waited for',
  },
} satisfies RuleDefinition['params'];

type Context = RuleContext<{ [N in keyof typeof params]: number }>;

/** An announcement that a node is back, while its binding lives. */
interface Announcement {
  readonly homeAddress: Uint8Array;
  readonly homeAgent: Uint8Array;
  readonly linkLayerAddress: Uint8Array;
  readonly link: Link;
  readonly packet: PacketReference;
  readonly isDeregistering: boolean;
}

/** @param isProven the home agent itself contradicts; without that the acknowledgement may be missing from the capture */
function draftOf(item: Announcement, isProven: boolean, proof: Evidence | undefined): AlertDraft {
  const home = formatAddress(item.homeAddress);
  const mac = formatMac(item.linkLayerAddress, 0, item.linkLayerAddress.length);
  const asked = item.isDeregistering
    ? 'its de-registration was sent and not accepted'
    : 'no de-registration was seen';
  return {
    object: addressKey(item.homeAddress),
    message: `${mac} announced to all nodes of link ${item.link.name} that ${home} is home, while the binding at ${formatAddress(item.homeAgent)} is in force: ${asked}`,
    packet: proof?.packet ?? item.packet,
    evidence: [
      {
        packet: item.packet,
        text: `Neighbor Advertisement to all nodes with the Override flag: ${home} is at ${mac}; ${asked}`,
        link: item.link,
      },
      ...(proof === undefined ? [] : [proof]),
    ],
    confidence: 'partial',
    ...(isProven ? {} : { severity: 'low' }),
    stage: 'denial-of-service',
    homeAddress: item.homeAddress,
    homeAgent: item.homeAgent,
    attacker: item.linkLayerAddress,
  };
}

/** The home agent goes on defending the address: it knows of no de-registration. */
function judgeDefence(event: EventOf<'icmpv6'>, context: Context): AlertDraft | undefined {
  const { message, context: wire } = event;
  if (message.kind !== 'neighbor-advertisement' || !isAcceptedOnLink(event)) return undefined;
  const said = neighborStatementOf(event);
  if (said === undefined) return undefined;
  const items = context.table<Announcement>('announcements', BOUNDS);
  const item = items.get(addressKey(said.address));
  if (item === undefined || wire.packet.time - item.packet.time < CROSSING) return undefined;
  const expected = linkLayerOfHomeAgent(wire.link, item.homeAgent, context);
  const isAgent =
    isToldHomeAgentLinkLayer(said.linkLayerAddress, context.site) ||
    (expected !== undefined && includesLinkLayer(expected, said.linkLayerAddress));
  if (!isAgent) return undefined;
  items.delete(addressKey(said.address));
  return draftOf(item, !item.isDeregistering, {
    packet: wire.packet,
    text: `the home agent still answers for ${formatAddress(said.address)}`,
    link: wire.link,
  });
}

function judgeBinding(event: EventOf<'binding'>, context: Context): AlertDraft | undefined {
  const { binding, change, packet } = event;
  if (binding.role !== 'home') return undefined;
  const items = context.table<Announcement>('announcements', BOUNDS);
  if (items.size === 0) return undefined;
  const key = addressKey(binding.homeAddress);
  const item = items.get(key);
  if (item === undefined) return undefined;
  if (change === 'deregistered' || change === 'expired' || change === 'evicted') {
    items.delete(key);
    return undefined;
  }
  const isAway =
    (change === 'refreshed' || change === 'moved' || change === 'registered') &&
    !isSameAddress(binding.careOfAddress, binding.homeAddress);
  if (!isAway) return undefined;
  // Still away, or away again: a short visit home whose messages were not captured looks the same.
  items.delete(key);
  return draftOf(item, false, {
    packet,
    text: `the binding is ${change} from ${formatAddress(binding.careOfAddress)}`,
  });
}

export default defineRule({
  id: 'MIP6-2010',
  title: 'Return home announced without an accepted de-registration',
  severity: 'high',
  category: 'neighbor-discovery',
  references: ['RFC 6275 section 11.5.5', 'draft-ebalard-mext-hld-security-00 appendix A.5'],
  needs: ['home-link', 'home-agents'],
  verdict: 'alert',
  explanation:
    'A node that comes home asks its home agent to end the binding, and only after the acknowledgement tells the link ' +
    'with a Neighbor Advertisement that it has its address back. One that tells all nodes before takes packets from the ' +
    'home agent that still tunnels for it: either the node breaks the order, or somebody uses its link-layer address. ' +
    'Answers to single nodes are allowed after the Binding Update. The home agent that goes on defending the address is ' +
    'the proof; without it the rule reports low, because the messages of a return may be missing from the capture. ' +
    'Other link-layer addresses are rule 2001.',
  advice:
    'Ask where the mobile node is. If it is away, find who uses its link-layer address on the home link. If it is at ' +
    'home, have its stack wait for the Binding Acknowledgement.',
  on: ['icmpv6', 'binding', 'tick'],
  messages: [
    'router-solicitation',
    'router-advertisement',
    'neighbor-solicitation',
    'neighbor-advertisement',
  ],
  asksOnly: { binding: ['holding announcements'] },
  params,
  evaluate(event, context) {
    if (event.kind === 'binding') return judgeBinding(event, context);
    const items = context.table<Announcement>('announcements', BOUNDS);
    if (event.kind === 'tick') {
      const found: AlertDraft[] = [];
      for (const item of [...items.values()]) {
        const isDue = event.time - item.packet.time >= context.params.waitSeconds * 1e6;
        if (!isDue && !event.isEnd) continue;
        items.delete(addressKey(item.homeAddress));
        if (isDue) found.push(draftOf(item, false, undefined));
      }
      return found;
    }
    const claim = homeAddressClaimOf(event, context);
    if (claim === undefined) return judgeDefence(event, context);
    if (!claim.isOwn && !claim.isDeregistering) return undefined;
    if (!claim.isMulticast || !claim.isOverriding) return undefined;
    const { homeAddress, linkLayerAddress, isDeregistering, binding } = claim;
    const { link, packet } = event.context;
    const key = addressKey(homeAddress);
    if (items.get(key) !== undefined) return undefined;
    items.set(key, {
      homeAddress,
      homeAgent: binding.peer,
      linkLayerAddress,
      link,
      packet,
      isDeregistering,
    });
    return undefined;
  },
});
