import {
  addressKey,
  covers,
  defineRule,
  formatAddress,
  homeBindingUpdateOf,
  prefixKey,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  EventOf,
  Link,
  PacketReference,
  RuleContext,
  RuleDefinition,
} from '../../engine/rule-api.ts';

const NODE_BOUNDS = { maxEntries: 1024, ttlSeconds: 600 };
const LINK_BOUNDS = { maxEntries: 64, ttlSeconds: 24 * 3600 };
/** Moves remembered of one node. */
const MAX_MOVES = 64;
/** Routers looked through for the prefixes of a link. */
const MAX_ROUTERS = 256;

const params = {
  moves: {
    default: 5,
    min: 3,
    max: 60,
    unit: 'handovers',
    doc: 'handovers within a minute between prefixes of one link that no node makes by itself',
  },
} satisfies RuleDefinition['params'];

type Context = RuleContext<{ [N in keyof typeof params]: number }>;

/** A handover. */
interface Move {
  readonly packet: PacketReference;
  readonly careOfAddress: Uint8Array;
}

/** A prefix of a link and who advertises it. */
interface Origin {
  readonly prefix: string;
  readonly router: Uint8Array;
}

function originOf(careOfAddress: Uint8Array, link: Link, context: Context): Origin | undefined {
  let count = 0;
  for (const { prefixes, address } of context.routers(link)) {
    if (++count > MAX_ROUTERS) return undefined;
    const found = prefixes.find((item) => item.length > 0 && covers(item, careOfAddress));
    if (found !== undefined) {
      return { prefix: prefixKey(found.prefix, found.length), router: address };
    }
  }
  return undefined;
}

/** Whether the handovers lead to and fro between prefixes of one link. */
function judge(
  moves: readonly Move[],
  event: EventOf<'binding'>,
  link: Link,
  context: Context,
): AlertDraft | undefined {
  const routers = new Map<string, Uint8Array>();
  const prefixes = new Set<string>();
  let count = 0;
  for (const { careOfAddress } of moves) {
    const origin = originOf(careOfAddress, link, context);
    if (origin === undefined) continue;
    count++;
    prefixes.add(origin.prefix);
    routers.set(addressKey(origin.router), origin.router);
  }
  // To and fro: more handovers than places.
  if (prefixes.size < 2 || count < context.params.moves || count <= prefixes.size) return undefined;
  const { homeAddress, peer } = event.binding;
  const [first] = moves;
  const names = [...routers.values()].map((item) => formatAddress(item)).join(', ');
  return {
    object: addressKey(homeAddress),
    message: `${formatAddress(homeAddress)} made ${count} handovers within a minute between ${prefixes.size} prefixes of link ${link.name}, advertised by ${names}`,
    packet: event.packet,
    evidence: moves.slice(0, 8).map(({ packet, careOfAddress }) => ({
      packet,
      text: `binding moved to ${formatAddress(careOfAddress)}${packet === first?.packet ? ': first handover' : ''}`,
      link,
    })),
    confidence: 'partial',
    stage: 'denial-of-service',
    homeAddress,
    homeAgent: peer,
  };
}

export default defineRule({
  id: 'MIP6-2012',
  title: 'Mobile node driven to and fro by alternating Router Advertisements',
  severity: 'medium',
  category: 'neighbor-discovery',
  references: ['RFC 6275 section 11.5.1', 'RFC 3756 section 4.2.6'],
  needs: ['foreign-link'],
  verdict: 'alert',
  explanation:
    'A mobile node takes a new prefix for a new place and registers a new care-of address. Two routers on one link that ' +
    'take turns, or one sender that plays both, drive it from handover to handover: it signals all the time, its tunnel ' +
    'never comes to rest, and the home agent works for nothing. Handovers between cells lead to other links; the rule ' +
    'counts those between prefixes of one link. Nodes with several care-of addresses at once (RFC 5648) are left out.',
  advice:
    'Find which of the routers named here is not yours and shut its port (RA-Guard, RFC 6105). If all are yours, put ' +
    'them on separate links, or have them advertise both prefixes.',
  on: ['binding', 'icmpv6', 'mobility'],
  messages: ['router-advertisement', 'binding-update'],
  asksOnly: { 'binding-update': ['rare-option'], binding: ['moved'] },
  params,
  evaluate(event, context) {
    if (event.kind === 'icmpv6') {
      const { link } = event.context;
      const isForeign = link.effectiveRole === 'foreign';
      if (isForeign && event.message.kind === 'router-advertisement') {
        context.table<Link>('links', LINK_BOUNDS).set(`${link.id}`, link);
      }
      return undefined;
    }
    if (event.kind === 'mobility') {
      const update = homeBindingUpdateOf(event, context);
      if (update?.hasBindingIdentifier === true) {
        context.table<true>('several', NODE_BOUNDS).set(addressKey(update.homeAddress), true);
      }
      return undefined;
    }
    const { binding, change, packet } = event;
    if (change !== 'moved' || binding.role !== 'home') return undefined;
    const key = addressKey(binding.homeAddress);
    if (context.table<true>('several', NODE_BOUNDS).get(key) !== undefined) return undefined;
    const table = context.table<Move[]>('moves', NODE_BOUNDS);
    const since = context.now - 60e6;
    const moves = (table.get(key) ?? []).filter((item) => item.packet.time >= since);
    moves.push({ packet, careOfAddress: binding.careOfAddress });
    table.set(key, moves.slice(-MAX_MOVES));
    if (moves.length < context.params.moves) return undefined;
    for (const link of context.table<Link>('links', LINK_BOUNDS).values()) {
      const found = judge(moves, event, link, context);
      if (found !== undefined) return found;
    }
    return undefined;
  },
});
