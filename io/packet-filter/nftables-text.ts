/**
 * A plan as a script for `nft -f`: one table of its own, in one transaction.
 *
 * Routed and local packets: family ip6, one step before the priority of the table mangle of others, so that nobody's rules for
 * forwarded packets come first and none are skipped. Bridged packets: family bridge, before the filter of bridges; it needs
 * neither br_netfilter nor a setting.
 */
import type { PacketMatch, PortPair, QueueGroup, QueuePlan, QueueRule } from './queue-plan.ts';

/** One before mangle (-150). */
const PRIORITY = -151;
/** One before the filter of bridges (-200). */
const BRIDGE_PRIORITY = -201;

/** Family and name of the table of an instance. */
export function tableName({ id, hook }: Pick<QueuePlan, 'id' | 'hook'>): string {
  return `${hook === 'bridge' ? 'bridge' : 'ip6'} mip6guard_${id}`;
}

/** Both tables that an instance may have left. */
export function possibleTables(id: string): string[] {
  return [`ip6 mip6guard_${id}`, `bridge mip6guard_${id}`];
}

/**
 * In front of every match on a bridge. Without it nft itself asks for the type of the frame, which is another one in a frame with
 * a tag of IEEE 802.1Q: an advertisement with a priority tag, which hosts take, would pass beside the gateway.
 */
const ON_BRIDGE = 'meta protocol ip6 ';

const HEADERS: Readonly<Record<string, readonly string[]>> = {
  fragment: ['exthdr frag exists'],
  'destination-options': ['exthdr dst exists'],
  routing: ['exthdr rt exists'],
  'hop-by-hop': ['exthdr hbh exists'],
  // There is no word for it: next to the IPv6 header or to each header that is not taken by a rule of its own.
  authentication: ['ip6 nexthdr 51', 'hbh nexthdr 51'],
};

const UPPER_LAYERS = { mobility: 135, esp: 50, ipv6: 41, ipv4: 4, gre: 47 };

/** How a script is made. */
export interface NftablesOptions {
  /** Tables to be replaced: those that stand already. */
  readonly replaced?: readonly string[];
  /** `accept` instead of `queue`: to try the matches where the kernel has no `queue`. */
  readonly withoutQueue?: boolean;
}

/** Renders a plan. */
export function renderNftables(plan: QueuePlan, options: NftablesOptions = {}): string {
  const { groups, id } = plan;
  const table = tableName(plan);
  return [
    `# mip6guard ${id}: nft -f`,
    ...(options.replaced ?? []).map((name) => `delete table ${name}`),
    `table ${table} {`,
    // What a chain leads into has to be there before it.
    ...groups.flatMap((group) => groupChain(plan, group, options)),
    ...chain(
      'judge',
      groups.flatMap((group) => groupJumps(plan, group)),
    ),
    ...hookChains(plan),
    '}',
    '',
  ].join('\n');
}

function groupChain(
  plan: QueuePlan,
  { name, rules }: QueueGroup,
  options: NftablesOptions,
): string[] {
  return chain(
    name,
    rules.flatMap((rule) => ruleLines(plan, rule, options)),
  );
}

/** Shows packets of its addresses to a group. */
function groupJumps(plan: QueuePlan, { name, addresses }: QueueGroup): string[] {
  if (addresses.length === 0) return [`jump ${name}`];
  return addresses.map(
    ({ side, prefix }) => `${frameText(plan)}${addressText(side, prefix)} jump ${name}`,
  );
}

function chain(name: string, lines: readonly string[]): string[] {
  return [`  chain ${name} {`, ...lines.map((line) => `    ${line}`), '  }'];
}

function hookChains(plan: QueuePlan): string[] {
  const { hook, pairs, interfaces } = plan;
  if (hook === 'local') {
    // Packets count as they are on the wire: before IPsec has opened them, after it has protected them.
    const ways = (word: string): string[] =>
      interfaces.length === 0 ? [`${word} != "lo"`] : interfaces.map((name) => `${word} "${name}"`);
    return [
      ...baseChain(
        'input',
        PRIORITY,
        ways('iifname').map((way) => `${way} meta secpath missing`),
      ),
      ...baseChain(
        'output',
        PRIORITY,
        ways('oifname').map((way) => `${way} rt ipsec missing`),
      ),
    ];
  }
  const isBridge = hook === 'bridge';
  const ways = pairs.length === 0 ? [''] : pairs.map(pairText);
  const matches = ways.map((way) => `${frameText(plan)}${way}`.trimEnd());
  return baseChain('forward', isBridge ? BRIDGE_PRIORITY : PRIORITY, matches);
}

function pairText({ from, to }: PortPair): string {
  return `iifname "${from}" oifname "${to}"`;
}

function baseChain(hook: string, priority: number, matches: readonly string[]): string[] {
  return chain(hook, [
    `type filter hook ${hook} priority ${priority}; policy accept;`,
    ...matches.map((match) => `${match === '' ? '' : `${match} `}jump judge`),
  ]);
}

function ruleLines(plan: QueuePlan, rule: QueueRule, options: NftablesOptions): string[] {
  const queue = options.withoutQueue === true ? 'accept' : queueText(plan, rule);
  return matchTexts(rule.match).map(
    (match) =>
      `${frameText(plan)}${match} counter ${queue} comment "r${rule.number} ${rule.reason}"`,
  );
}

/** Without `fanout`, which goes by processor: the queue is chosen by the pair of addresses. */
function queueText({ queues, failMode }: QueuePlan, { queue }: QueueRule): string {
  const bypass = failMode === 'open' ? 'flags bypass ' : '';
  const { first, count } = queues;
  if (queue === 'first') return `queue ${bypass}to ${first}`;
  if (count === 2) return `queue ${bypass}to ${first + 1}`;
  return `queue ${bypass}to ${first + 1}-${first + count - 1}`;
}

function matchTexts(match: PacketMatch): readonly string[] {
  switch (match.kind) {
    case 'address':
      return [addressText(match.side, match.prefix)];
    case 'header':
      return HEADERS[match.header] ?? [];
    case 'upper':
      return [`meta l4proto ${UPPER_LAYERS[match.upper]}${lengthText(match.longerThan)}`];
    case 'icmpv6':
      return [`icmpv6 type ${match.type}`];
    case 'udp': {
      const length = lengthText(match.longerThan);
      const source = `udp sport ${match.port}${length}`;
      return match.side === 'source' ? [source] : [source, `udp dport ${match.port}${length}`];
    }
  }
}

function frameText({ hook }: QueuePlan): string {
  return hook === 'bridge' ? ON_BRIDGE : '';
}

function addressText(side: 'source' | 'destination', prefix: string): string {
  return `ip6 ${side === 'source' ? 'saddr' : 'daddr'} ${prefix}`;
}

function lengthText(longerThan: number | undefined): string {
  return longerThan === undefined ? '' : ` meta length > ${longerThan}`;
}
