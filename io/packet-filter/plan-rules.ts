/**
 * The rules of each place, with their reasons.
 *
 * Headers are looked for wherever they stand in the chain. Destination Options are taken as such and not by the Home Address
 * option: packet filters look at the first option of the first such header, which is padding in most packets (RFC 6275
 * section 6.3 asks for 8n+6), and behind which anything could hide. So are routing headers of all types.
 */
import type {
  GroupAddress,
  GroupName,
  PacketMatch,
  QueueGroup,
  QueuePlanOptions,
  QueueRule,
} from './queue-plan.ts';

/** Octets above which a packet of a tunnel is payload and not signalling: the longest signalling is below. */
const SIGNALLING_OCTETS = 600;

/** Ports: IKE (RFC 7296 section 2), IKE and ESP in UDP (RFC 3948), DSMIPv6 (RFC 5555 section 8), DHCPv6 server (RFC 8415). */
const IKE = 500;
const IKE_ENCAPSULATED = 4500;
const DSMIPV6 = 4191;
const DHCPV6_SERVER = 547;

/** ICMPv6 of mobility, which nobody else sends: RFC 6275 sections 6.5 to 6.8, RFC 5568 section 6.1. */
const MOBILITY_ICMPV6: readonly (readonly [type: number, name: string])[] = [
  [144, 'Home Agent Address Discovery Request'],
  [145, 'Home Agent Address Discovery Reply'],
  [146, 'Mobile Prefix Solicitation'],
  [147, 'Mobile Prefix Advertisement'],
  [154, 'fast handover and proxy advertisement'],
];

/** RFC 4861 section 4. */
const NEIGHBOR_DISCOVERY: readonly (readonly [type: number, name: string])[] = [
  [133, 'Router Solicitation: who asks for routers'],
  [134, 'Router Advertisement: home prefixes must not be advertised on other links'],
  [135, 'Neighbor Solicitation: claims of home addresses and agents'],
  [136, 'Neighbor Advertisement: claims of home addresses and agents'],
  [137, 'Redirect: leads mobility traffic astray'],
];

/** RFC 4443 section 3. */
const ERRORS: readonly (readonly [type: number, name: string])[] = [
  [1, 'Destination Unreachable'],
  [2, 'Packet Too Big'],
  [3, 'Time Exceeded'],
  [4, 'Parameter Problem'],
];

type Draft = Omit<QueueRule, 'number'>;

function first(match: PacketMatch, reason: string): Draft {
  return { match, queue: 'first', reason };
}

/**
 * Groups of a plan, without those that no packet would reach.
 *
 * Headers come before upper layers: ip6tables drops a packet that has no upper layer to be found as soon as a rule asks for
 * one, so the judge must have got it before. Agents come before home addresses in clear: they often have such addresses.
 * @param options checked ones
 */
export function planGroups(options: QueuePlanOptions): QueueGroup[] {
  const { place, protectedAgents: agents, homePrefixes, correspondents = [] } = options;
  const isLink = place.includes('access-link');
  const groups: readonly (readonly [GroupName, GroupAddress[] | undefined, Draft[]])[] = [
    ['link', undefined, linkRules(options)],
    ['agent', bothWays(agents), agentRules(options.queues.count > 1)],
    ...(place.includes('correspondent')
      ? ([
          ['into', towards(correspondents), intoCorrespondentRules()],
          ['peer', bothWays(correspondents), correspondentRules()],
        ] as const)
      : []),
    // On an access link every packet of a home address is taken.
    ['home', place.includes('home-agent') && !isLink ? bothWays(homePrefixes) : [], homeRules()],
    ['every', undefined, everywhereRules()],
    ['clear', undefined, isLink ? clearRules(homePrefixes) : []],
  ];
  let number = 0;
  return groups
    .filter(([, addresses, rules]) => rules.length > 0 && addresses?.length !== 0)
    .map(([name, addresses = [], rules]) => ({
      name,
      addresses,
      rules: rules.map((rule) => ({ number: ++number, ...rule })),
    }));
}

/** What only a link has: neighbor discovery, and all that it can hide behind. */
function linkRules({ place, hook }: QueuePlanOptions): Draft[] {
  const rules: Draft[] = [];
  const isLink = place.includes('access-link');
  if (isLink) {
    rules.push(
      first(
        { kind: 'header', header: 'fragment' },
        'any fragment, first or later: an advertisement must not hide in fragments, RFC 6980',
      ),
      first(
        { kind: 'header', header: 'hop-by-hop' },
        'Hop-by-Hop Options: an advertisement must not hide behind them, RFC 7113',
      ),
      first(
        { kind: 'header', header: 'destination-options' },
        'Destination Options: Home Address option, or something hidden behind them, RFC 7113',
      ),
      first(
        { kind: 'header', header: 'routing' },
        'routing header: of type 2 or illegal, or something hidden behind it, RFC 7113',
      ),
    );
  }
  // Routers forward none: RFC 4861 section 6.1 wants a Hop Limit of 255.
  if (hook === 'bridge') {
    for (const [type, name] of NEIGHBOR_DISCOVERY)
      rules.push(first({ kind: 'icmpv6', type }, name));
  }
  if (isLink) {
    rules.push(
      first(
        { kind: 'udp', port: DHCPV6_SERVER, side: 'source' },
        'DHCPv6 server: which home agent it tells nodes of, RFC 6610',
      ),
    );
  }
  return rules;
}

/** Packets of home addresses that came by no other rule. */
function clearRules(homePrefixes: readonly string[]): Draft[] {
  return bothWays(homePrefixes).map(({ side, prefix }) =>
    first(
      { kind: 'address', side, prefix },
      `${side === 'source' ? 'from' : 'to'} a home address in clear, on a link that is not its own`,
    ),
  );
}

/** What is mobility wherever it goes. */
function everywhereRules(): Draft[] {
  return [
    first(
      { kind: 'upper', upper: 'mobility' },
      'Mobility Header: bindings and return routability, RFC 6275 section 6.1',
    ),
    ...MOBILITY_ICMPV6.map(([type, name]) =>
      first({ kind: 'icmpv6', type }, `ICMPv6 of mobility: ${name}`),
    ),
  ];
}

/** To and from agents. */
function agentRules(isBalanced: boolean): Draft[] {
  return [
    // Before all else: fragments of one packet must meet in one queue.
    first(
      { kind: 'header', header: 'fragment' },
      'fragment to or from an agent: signalling may hide in it',
    ),
    first(
      { kind: 'header', header: 'destination-options' },
      'Destination Options to or from an agent: Home Address option, RFC 6275 section 6.3',
    ),
    first(
      { kind: 'header', header: 'routing' },
      'routing header to or from an agent: type 2, RFC 6275 section 6.4, or illegal, RFC 5095',
    ),
    first(
      { kind: 'header', header: 'authentication' },
      'AH to or from an agent: protected signalling, RFC 6275 section 5.1',
    ),
    ...tunnel(
      isBalanced,
      { kind: 'upper', upper: 'esp' },
      'ESP of an agent: protected signalling and tunnels, RFC 3776, RFC 4877',
    ),
    ...tunnel(
      isBalanced,
      { kind: 'upper', upper: 'ipv6' },
      'IPv6 in IPv6 of an agent: tunnels of mobile nodes, RFC 6275 section 10.4',
    ),
    ...tunnel(
      isBalanced,
      { kind: 'upper', upper: 'ipv4' },
      'IPv4 in IPv6 of an agent: tunnels of mobile nodes, RFC 5555 section 3',
    ),
    ...tunnel(isBalanced, { kind: 'upper', upper: 'gre' }, 'GRE of an agent: tunnels, RFC 5845'),
    ...tunnel(
      isBalanced,
      { kind: 'udp', port: DSMIPV6, side: 'either' },
      'UDP encapsulation of an agent, RFC 5555 section 8',
    ),
    first({ kind: 'udp', port: IKE, side: 'either' }, 'IKE of an agent, RFC 4877'),
    first(
      { kind: 'udp', port: IKE_ENCAPSULATED, side: 'either' },
      'IKE and ESP in UDP of an agent, RFC 3948',
    ),
    ...ERRORS.map(([type, name]) =>
      first({ kind: 'icmpv6', type }, `error to or from an agent: ${name}`),
    ),
  ];
}

/** Towards correspondents only. */
function intoCorrespondentRules(): Draft[] {
  return [
    first(
      { kind: 'header', header: 'fragment' },
      'fragment to a correspondent: signalling may hide in it',
    ),
  ];
}

function correspondentRules(): Draft[] {
  return [
    first(
      { kind: 'header', header: 'destination-options' },
      'Destination Options of a correspondent: Home Address option, RFC 6275 section 9.3.1',
    ),
    first(
      { kind: 'header', header: 'routing' },
      'routing header of a correspondent: type 2, RFC 6275 section 9.3.2, or illegal, RFC 5095',
    ),
    first(
      { kind: 'icmpv6', type: 4 },
      'Parameter Problem of a correspondent: answer to mobility that it does not know',
    ),
  ];
}

/** To and from home networks. */
function homeRules(): Draft[] {
  return [
    first(
      { kind: 'header', header: 'destination-options' },
      'Destination Options of the home network: Home Address option, reflection',
    ),
    first(
      { kind: 'header', header: 'routing' },
      'routing header of the home network: source routes, RFC 5095',
    ),
  ];
}

/** Payload of a tunnel goes to the other queues where there are any; what may be signalling stays in the first. */
function tunnel(
  isBalanced: boolean,
  match: Extract<PacketMatch, { kind: 'upper' | 'udp' }>,
  reason: string,
): Draft[] {
  if (!isBalanced) return [first(match, reason)];
  const long: Draft = {
    match: { ...match, longerThan: SIGNALLING_OCTETS },
    queue: 'balanced',
    reason: `longer than ${SIGNALLING_OCTETS} octets, so payload: ${reason}`,
  };
  return [long, first(match, reason)];
}

function towards(prefixes: readonly string[]): GroupAddress[] {
  return prefixes.map((prefix) => ({ side: 'destination', prefix }));
}

function bothWays(prefixes: readonly string[]): GroupAddress[] {
  return prefixes.flatMap((prefix) => [
    { side: 'destination', prefix } as const,
    { side: 'source', prefix } as const,
  ]);
}
