import {
  addressKey,
  defineRule,
  formatAddress,
  formatMac,
  isAcceptedOnLink,
  isMulticast,
  routerClaimOf,
  senderKey,
  senderOf,
  withdrawalOf,
} from '../../engine/rule-api.ts';
import type {
  AlertDraft,
  EventOf,
  PacketReference,
  RouterClaim,
  RuleContext,
  RuleDefinition,
} from '../../engine/rule-api.ts';

/** Smallest MTU of a link. RFC 8200 section 5. */
const MINIMUM_MTU = 1280;
/** Longest reachable time of a router that follows the standard, milliseconds. RFC 4861 section 6.2.1. */
const MAX_REACHABLE_TIME = 3_600_000;
/** Managed and other flags: address configuration by DHCP. RFC 4861 section 4.2. */
const CONFIGURATION_FLAGS = 0xc0;
/** Links and routers counted. */
const COUNT_BOUNDS = { maxEntries: 256, ttlSeconds: 60 };

const params = {
  minHopLimit: {
    default: 16,
    min: 2,
    max: 64,
    unit: 'hops',
    doc: 'a hop limit below this keeps packets from leaving the region',
  },
  maxPrefixes: {
    default: 30,
    min: 4,
    max: 200,
    unit: 'options',
    doc: 'more Prefix and Route Information options in one advertisement fill the tables of hosts',
  },
  maxPerSecond: {
    default: 40,
    min: 5,
    max: 1000,
    unit: 'advertisements per second',
    doc: 'more than this of one router: fast advertisements of RFC 6275 section 7.5 are fewer',
  },
  floodSeconds: {
    default: 3,
    min: 1,
    max: 60,
    unit: 'seconds',
    doc: 'how many seconds one after the other the rate has to last',
  },
  maxNewRouters: {
    default: 16,
    min: 4,
    max: 200,
    unit: 'routers',
    doc: 'more routers than this that appear on one link within ten seconds are made up',
  },
} satisfies RuleDefinition['params'];

type Params = { [N in keyof typeof params]: number };
type Context = RuleContext<Params>;

/** Advertisements of one router, second by second. */
interface Rate {
  second: number;
  count: number;
  /** Seconds one after the other that were over the limit. */
  over: number;
  first: PacketReference;
}

/** Routers new on a link. */
interface Newcomers {
  readonly start: number;
  count: number;
  readonly first: PacketReference;
}

/** Values that no router has a reason for. */
function extremes({ message, profile }: RouterClaim, { params: limits }: Context): string[] {
  const found: string[] = [];
  const { hopLimit, mtu, reachableTime } = profile;
  if (hopLimit > 0 && hopLimit < limits.minHopLimit) found.push(`hop limit ${hopLimit}`);
  if (mtu !== undefined && mtu < MINIMUM_MTU) {
    found.push(`MTU ${mtu}, less than the ${MINIMUM_MTU} of every link`);
  }
  if (reachableTime > MAX_REACHABLE_TIME) found.push(`reachable time ${reachableTime} ms`);
  const prefixes = message.options.filter(
    ({ kind }) => kind === 'prefix-information' || kind === 'route-information',
  ).length;
  if (prefixes > limits.maxPrefixes) found.push(`${prefixes} prefixes`);
  return found;
}

/** What an advertisement in a router's name says otherwise than the router itself. */
function differences({ known, profile }: RouterClaim): string[] {
  if (known === undefined) return [];
  const own = known.profile;
  const found: string[] = [];
  if (own.hopLimit !== profile.hopLimit) {
    found.push(`hop limit ${profile.hopLimit} instead of ${own.hopLimit}`);
  }
  if (own.mtu !== profile.mtu) {
    found.push(`MTU ${profile.mtu ?? 'none'} instead of ${own.mtu ?? 'none'}`);
  }
  if (((own.flags ^ profile.flags) & CONFIGURATION_FLAGS) !== 0) {
    found.push('other M and O flags: addresses or name servers from another source');
  }
  if (own.reachableTime !== profile.reachableTime) {
    found.push(`reachable time ${profile.reachableTime} instead of ${own.reachableTime} ms`);
  }
  if (own.retransTimer !== profile.retransTimer) {
    found.push(`retransmission time ${profile.retransTimer} instead of ${own.retransTimer} ms`);
  }
  return found;
}

function judgeContent(
  event: EventOf<'icmpv6'>,
  claim: RouterClaim,
  context: Context,
): AlertDraft | undefined {
  const { packet, link, source } = event.context;
  const router = formatAddress(source);
  const sender = senderOf(event.context);
  const by = sender.length === 16 ? '' : ` (${formatMac(sender, 0, sender.length)})`;
  const found = extremes(claim, context);
  if (found.length > 0) {
    return {
      object: `values/${senderKey(event.context, context)}`,
      message: `${router}${by} advertises values that break the link ${link.name}: ${found.join(', ')}`,
      packet,
      evidence: [{ packet, text: `Router Advertisement with ${found.join(', ')}`, link }],
      confidence: 'certain',
      stage: 'denial-of-service',
      attacker: sender,
    };
  }
  const { strange, expected, known, isForeign, isHomeAgent } = claim;
  // In the name of a home agent: rules 2004 and 2105; taken out of use: rule 2005.
  if (!isForeign || isHomeAgent || strange === undefined) return undefined;
  if (withdrawalOf(claim) !== undefined) return undefined;
  const other = differences(claim);
  const mac = formatMac(strange, 0, strange.length);
  const own = expected?.addresses.map((item) => formatMac(item, 0, item.length)).join(', ') ?? '';
  const says = other.length === 0 ? 'the same as the router' : other.join(', ');
  return {
    object: `${addressKey(source)}${other.length === 0 ? '' : '/other'}`,
    message: `${mac} advertises in the name of router ${router} on link ${link.name}${other.length === 0 ? '' : `: ${says}`}`,
    packet,
    evidence: [
      {
        packet,
        text: `Router Advertisement from ${router} with link-layer address ${mac}, ${says}; the router is at ${own}`,
        link,
      },
      ...(known === undefined
        ? []
        : [{ packet: known.lastPacket, text: `Router Advertisement of ${router} itself`, link }]),
    ],
    confidence: expected?.isTold === true ? 'certain' : 'partial',
    ...(other.length === 0 ? { severity: 'low' } : {}),
    stage: 'rogue-advertisement',
    attacker: strange,
  };
}

/** Too many advertisements of one router, or too many routers. */
function judgeRate(
  event: EventOf<'icmpv6'>,
  claim: RouterClaim,
  context: Context,
): AlertDraft | undefined {
  const { packet, link, source, destination } = event.context;
  const { maxPerSecond, floodSeconds, maxNewRouters } = context.params;
  const base = {
    packet,
    confidence: 'certain',
    stage: 'denial-of-service',
    attacker: senderOf(event.context),
  } as const;
  if (claim.known === undefined) {
    const links = context.table<Newcomers>('newcomers', COUNT_BOUNDS);
    const key = String(link.id);
    let newcomers = links.get(key);
    if (newcomers === undefined || context.now - newcomers.start > 10e6) {
      newcomers = { start: context.now, count: 0, first: packet };
    }
    newcomers.count++;
    links.set(key, newcomers);
    if (newcomers.count <= maxNewRouters) return undefined;
    return {
      ...base,
      object: `routers/${link.id}`,
      message: `${newcomers.count} routers appeared on link ${link.name} within ten seconds`,
      evidence: [
        { packet: newcomers.first, text: 'first of the new routers', link },
        { packet, text: `Router Advertisement from ${formatAddress(source)}`, link },
      ],
    };
  }
  // Answers to single nodes are as many as these ask for.
  if (!isMulticast(destination)) return undefined;
  const rates = context.table<Rate>('rates', COUNT_BOUNDS);
  const key = `${link.id}/${addressKey(source)}`;
  const second = Math.floor(context.now / 1e6);
  const rate = rates.get(key) ?? { second, count: 0, over: 0, first: packet };
  if (rate.second !== second) {
    const isOver = rate.count > maxPerSecond && second === rate.second + 1;
    rate.over = isOver ? rate.over + 1 : 0;
    if (!isOver) rate.first = packet;
    rate.second = second;
    rate.count = 0;
  }
  rate.count++;
  rates.set(key, rate);
  if (rate.count <= maxPerSecond || rate.over + 1 < floodSeconds) return undefined;
  return {
    ...base,
    object: `rate/${senderKey(event.context, context)}`,
    message: `${formatAddress(source)} floods link ${link.name} with Router Advertisements: more than ${maxPerSecond} a second for ${floodSeconds} s`,
    evidence: [
      { packet: rate.first, text: 'start of the flood', link },
      { packet, text: `Router Advertisement number ${rate.count} of this second`, link },
    ],
  };
}

export default defineRule({
  id: 'MIP6-2007',
  title: 'Router Advertisement with harmful values, in the name of a router, or in a flood',
  severity: 'medium',
  category: 'neighbor-discovery',
  references: ['RFC 3756 section 4.2.7', 'RFC 4861 sections 4.2 and 6.2.1', 'RFC 6275 section 7.5'],
  needs: [],
  verdict: 'rate-limit',
  explanation:
    'A Router Advertisement sets the hop limit, the MTU and the timers of every host on the link. A hop limit of a few ' +
    'hops keeps a mobile node from its home agent, an MTU below 1280 stops IPv6, and dozens of prefixes or routers fill ' +
    'the tables of hosts. Advertisements in the name of a known router, from another link-layer address, change its ' +
    'values. Fast advertisements for movement detection, one every 30 to 70 ms, are allowed by RFC 6275 and are below ' +
    'the rate that is reported.',
  advice:
    'Find the port behind the link-layer address and shut it; filter Router Advertisements on ports of hosts (RA-Guard, ' +
    'RFC 6105). Is it your own router, correct its configuration.',
  on: ['icmpv6'],
  messages: ['router-advertisement'],
  params,
  evaluate(event, context) {
    if (event.message.kind !== 'router-advertisement' || !isAcceptedOnLink(event)) return undefined;
    const claim = routerClaimOf(event, context);
    if (claim === undefined) return undefined;
    const found = [judgeRate(event, claim, context), judgeContent(event, claim, context)];
    return found.filter((item) => item !== undefined);
  },
});
