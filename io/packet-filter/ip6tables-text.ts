/**
 * A plan as input of `ip6tables-restore --noflush`: one transaction in the table mangle.
 *
 * Why mangle: its FORWARD comes before the table filter, where other people accept and drop, and unlike raw it knows where a
 * packet goes, so that only packets between the ports are taken. A packet that passes goes on to the tables behind, so other
 * people's filter rules still hold for it; it does not come back into mangle, so their rules behind ours there are skipped.
 */
import type { PacketMatch, QueueGroup, QueuePlan, QueueRule } from './queue-plan.ts';

/** The table that everything stands in. */
export const IP6TABLES_TABLE = 'mangle';

/** Name of the chain of an instance; its other chains begin with it and `-`. */
export function chainName(id: string): string {
  return `MIP6GUARD-${id}`;
}

/** Whether a chain belongs to an instance. */
export function isOwnChain(chain: string, id: string): boolean {
  const name = chainName(id);
  return chain === name || chain.startsWith(`${name}-`);
}

/** What stands already, to be replaced in the same transaction. */
export interface Leftovers {
  /** Chains of this instance. */
  readonly chains: readonly string[];
  /** Rules that lead into them from chains of the kernel, as `ip6tables-save` writes them: `-A FORWARD ...`. */
  readonly jumps: readonly string[];
}

const HEADERS = {
  'destination-options': '-m ipv6header --header dst --soft',
  routing: '-m ipv6header --header route --soft',
  'hop-by-hop': '-m ipv6header --header hop --soft',
  authentication: '-m ipv6header --header ah --soft',
  // That of ipv6header fails where the chain of a first fragment is cut between two headers.
  fragment: '-m frag',
};

/** Protocol numbers, which need no file of names. */
const UPPER_LAYERS = { mobility: 135, esp: 50, ipv6: 41, ipv4: 4, gre: 47 };

/** Match modules of a plan, as `ip6tables -m` names them, each with a rule that needs nothing else. */
export function neededMatches(plan: QueuePlan): Map<string, string> {
  const needed = new Map<string, string>();
  for (const line of planLines(plan)) {
    for (const [, name = ''] of line.matchAll(/ -m (\S+)/g)) {
      if (!needed.has(name)) needed.set(name, sampleOf(name, line));
    }
  }
  return needed;
}

/**
 * Renders a plan.
 * @param leftovers what an earlier start has left: replaced without a moment between
 */
export function renderIp6tables(plan: QueuePlan, leftovers?: Leftovers): string {
  const chains = ownChains(plan);
  const stale = leftovers?.chains.filter((chain) => !chains.includes(chain)) ?? [];
  return [
    `# mip6guard ${plan.id}: ip6tables-restore --noflush`,
    `*${IP6TABLES_TABLE}`,
    ...(leftovers?.jumps ?? []).map((jump) => jump.replace(/^-A/, '-D')),
    ...[...chains, ...stale].map((chain) => `:${chain} - [0:0]`),
    ...stale.map((chain) => `-X ${chain}`),
    ...planLines(plan),
    'COMMIT',
    '',
  ].join('\n');
}

/** The transaction that takes away what stands; undefined when nothing does. */
export function renderIp6tablesRemoval({ chains, jumps }: Leftovers): string | undefined {
  if (chains.length === 0 && jumps.length === 0) return undefined;
  return [
    `*${IP6TABLES_TABLE}`,
    ...jumps.map((jump) => jump.replace(/^-A/, '-D')),
    // Empty all, then remove: they lead into each other.
    ...chains.map((chain) => `-F ${chain}`),
    ...chains.map((chain) => `-X ${chain}`),
    'COMMIT',
    '',
  ].join('\n');
}

/** Where the kernel calls the chains of a plan. */
function hooksOf({ id, hook }: QueuePlan): { hook: string; chain: string }[] {
  const name = chainName(id);
  if (hook !== 'local') return [{ hook: 'FORWARD', chain: name }];
  return [
    { hook: 'INPUT', chain: `${name}-in` },
    { hook: 'OUTPUT', chain: `${name}-out` },
  ];
}

function ownChains(plan: QueuePlan): string[] {
  const name = chainName(plan.id);
  return [
    ...hooksOf(plan).map(({ chain }) => chain),
    judge(plan),
    ...plan.groups.map((group) => `${name}-${group.name}`),
  ];
}

/** `-A` and `-I` lines. */
function planLines(plan: QueuePlan): string[] {
  const { groups } = plan;
  const lines: string[] = [];
  for (const { chain, hook } of hooksOf(plan)) {
    for (const way of waysInto(plan, hook)) lines.push(`-A ${chain}${way} -j ${judge(plan)}`);
  }
  for (const group of groups) {
    const chain = `${chainName(plan.id)}-${group.name}`;
    lines.push(...group.rules.map((rule) => ruleLine(plan, chain, rule)));
  }
  for (const group of groups) lines.push(...groupJumps(plan, group));
  for (const { hook, chain } of hooksOf(plan)) {
    lines.push(`-I ${hook} 1 -m comment --comment "mip6guard ${plan.id}" -j ${chain}`);
  }
  return lines;
}

function judge({ id }: QueuePlan): string {
  return `${chainName(id)}-judge`;
}

/** Matches for the ways that packets come by. */
function waysInto({ hook: kind, pairs, interfaces }: QueuePlan, hook: string): string[] {
  if (kind === 'local') {
    const [direction, flag] = hook === 'INPUT' ? ['in', 'i'] : ['out', 'o'];
    // Packets count as they are on the wire: before IPsec has opened them, after it has protected them.
    const policy = ` -m policy --dir ${direction} --pol none`;
    if (interfaces.length === 0) return [` ! -${flag} lo${policy}`];
    return interfaces.map((name) => ` -${flag} ${name}${policy}`);
  }
  if (kind === 'bridge') {
    const bridged = ' -m physdev --physdev-is-bridged';
    if (pairs.length === 0) return [bridged];
    return pairs.map(({ from, to }) => `${bridged} --physdev-in ${from} --physdev-out ${to}`);
  }
  return pairs.length === 0 ? [''] : pairs.map(({ from, to }) => ` -i ${from} -o ${to}`);
}

/** Shows packets of its addresses to a group. */
function groupJumps(plan: QueuePlan, { name, addresses }: QueueGroup): string[] {
  const jump = `-j ${chainName(plan.id)}-${name}`;
  if (addresses.length === 0) return [`-A ${judge(plan)} ${jump}`];
  return addresses.map(
    ({ side, prefix }) => `-A ${judge(plan)} ${side === 'source' ? '-s' : '-d'} ${prefix} ${jump}`,
  );
}

function ruleLine(plan: QueuePlan, chain: string, rule: QueueRule): string {
  const comment = `-m comment --comment "r${rule.number} ${rule.reason}"`;
  return `-A ${chain} ${matchText(rule.match)} ${comment} -j NFQUEUE ${queueText(plan, rule)}`;
}

function queueText({ queues, failMode }: QueuePlan, { queue }: QueueRule): string {
  const bypass = failMode === 'open' ? ' --queue-bypass' : '';
  const { first, count } = queues;
  if (queue === 'first') return `--queue-num ${first}${bypass}`;
  if (count === 2) return `--queue-num ${first + 1}${bypass}`;
  return `--queue-balance ${first + 1}:${first + count - 1}${bypass}`;
}

function matchText(match: PacketMatch): string {
  switch (match.kind) {
    case 'address':
      return `${match.side === 'source' ? '-s' : '-d'} ${match.prefix}`;
    case 'header':
      return HEADERS[match.header];
    case 'upper':
      return `-p ${UPPER_LAYERS[match.upper]}${lengthText(match.longerThan)}`;
    case 'icmpv6':
      return `-p 58 -m icmp6 --icmpv6-type ${match.type}`;
    case 'udp': {
      const ports = match.side === 'either' ? '-m multiport --ports' : '-m udp --sport';
      return `-p 17 ${ports} ${match.port}${lengthText(match.longerThan)}`;
    }
  }
}

function lengthText(longerThan: number | undefined): string {
  return longerThan === undefined ? '' : ` -m length --length ${longerThan + 1}:65535`;
}

/** Rules that need one match module only; for modules that a rule needs together with a protocol, with it. */
function sampleOf(name: string, line: string): string {
  const options = new RegExp(` -m ${name}((?: (?!-m |-j )\\S+)*)`).exec(line)?.[1] ?? '';
  const protocol = /-p \d+/.exec(line)?.[0];
  const isPlain = name === 'comment' || protocol === undefined;
  if (name === 'comment') return '-m comment --comment mip6guard';
  return `${isPlain ? '' : `${protocol} `}-m ${name}${options}`;
}
