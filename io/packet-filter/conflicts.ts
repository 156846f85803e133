/**
 * Rules and programs of others that matter to a gateway: named, never touched.
 */
import { portHolder, queueRow } from '../inline/packet-queue-table.ts';
import type { QueueRow } from '../inline/packet-queue-table.ts';
import { HostError } from '../native/host-error.ts';
import { chooseBackend, readableVariants } from './backend-choice.ts';
import type { BackendWish } from './backend-choice.ts';
import { FilterCommand } from './filter-command.ts';
import type { FilterCommands } from './filter-command.ts';
import { IP6TABLES_TABLE, isOwnChain } from './ip6tables-text.ts';
import { parseNftRuleset, reachedRules, withoutStrings } from './nft-ruleset.ts';
import type { NftChain } from './nft-ruleset.ts';
import { possibleTables } from './nftables-text.ts';
import { queueNumbers } from './queue-plan.ts';
import type { QueuePlan } from './queue-plan.ts';
import {
  isTrackingNft,
  isTrackingSaved,
  mayMatchNft,
  mayMatchSaved,
  queuesOfNft,
  queuesOfSaved,
} from './rule-relevance.ts';
import type { SavedRule, SavedRules } from './saved-rules.ts';
import { leftoversOf } from './saved-rules.ts';

/**
 * `queue`: somebody uses a queue of the plan. `instance`: a gateway of this name runs. `dropped`: packets are dropped before
 * they are queued. `skipped`: a rule of somebody else holds no longer for queued packets. `tracking`: fragments are put
 * together before. `offload`: packets pass beside all rules.
 */
export type ConflictKind = 'queue' | 'instance' | 'dropped' | 'skipped' | 'tracking' | 'offload';

/** One thing that is in the way. */
export interface Conflict {
  readonly kind: ConflictKind;
  /** With the text of the rule. */
  readonly sentence: string;
}

/** How conflicts are looked for. */
export interface ConflictOptions {
  readonly backend?: BackendWish;
  readonly commands?: FilterCommands;
  /** Netlink ports of this process, whose queues are no conflict. */
  readonly ownPorts?: readonly number[];
  /** The row of a queue in the kernel, and who holds a port; of this machine otherwise. */
  readonly rowOf?: (queue: number) => QueueRow | undefined;
  readonly holderOf?: (port: number) => string;
}

/** Priority of our chain in the hook forward: the table mangle, one before it with nftables. */
const MANGLE = -150;
/** Where br_netfilter takes packets of a bridge to the rules for IPv6. */
const BRIDGE_FILTER = -1;
const NFT_BRIDGE = -201;
/** Tables that ip6tables (nft) shows as its own. */
const XTABLES = new Set(['ip6 filter', 'ip6 mangle', 'ip6 raw', 'ip6 nat', 'ip6 security']);

/** Looks for all of them, before rules are installed or while they are. Throws HostError when rules cannot be read. */
export function conflicts(plan: QueuePlan, options: ConflictOptions = {}): Conflict[] {
  const command = new FilterCommand(options.commands);
  const { backend } = chooseBackend(command, options.backend ?? 'auto', plan.hook);
  const variants = readableVariants(command);
  const saved = variants.map((variant) => ({ name: variant.name, saved: variant.saved() }));
  const hasVariant = variants.some(({ variant }) => variant === 'nft');
  const chains = nftChains(command).filter(({ table }) => !hasVariant || !XTABLES.has(table));
  const others = chains.filter(({ table }) => !possibleTables(plan.id).includes(table));
  const isOwn =
    chains.length > others.length ||
    saved.some(({ saved: rules }) => leftoversOf(rules, plan.id).chains.length > 0);
  return [
    ...queueConflicts(plan, options, isOwn),
    ...saved.flatMap(({ name, saved: rules }) =>
      savedConflicts(plan, name, rules, name === backend.name),
    ),
    ...nftConflicts(plan, others, backend.kind === 'nftables'),
    ...tracking(saved, others),
  ];
}

function nftChains(command: FilterCommand): NftChain[] {
  const result = command.run('nft', ['-s', 'list', 'ruleset']);
  if (result === undefined) return [];
  if (result.code === 0) return parseNftRuleset(result.stdout.toString());
  // A kernel without nftables has no rules of it either.
  if (!/not permitted|denied/i.test(result.stderr)) return [];
  throw new HostError('ERR_HOST_PERMISSION', `nft list ruleset: ${result.stderr.trim()}`);
}

function queueConflicts(plan: QueuePlan, options: ConflictOptions, isOwn: boolean): Conflict[] {
  const { ownPorts = [], rowOf = queueRow, holderOf = portHolder } = options;
  return queueNumbers(plan).flatMap((queue): Conflict[] => {
    const row = rowOf(queue);
    if (row === undefined || ownPorts.includes(row.port)) return [];
    const holder = holderOf(row.port);
    if (!isOwn) {
      const sentence = `Queue ${queue} is held by ${holder}: give this gateway other numbers.`;
      return [{ kind: 'queue', sentence }];
    }
    const sentence = `A gateway named ${plan.id} has rules here, and queue ${queue} is held by ${holder}: stop it, or give this one another name.`;
    return [{ kind: 'instance', sentence }];
  });
}

function savedConflicts(
  plan: QueuePlan,
  name: string,
  saved: SavedRules,
  isBackend: boolean,
): Conflict[] {
  const rules = saved.rules.filter(
    ({ chain, target }) => !isOwnChain(chain, plan.id) && !isOwnChain(target, plan.id),
  );
  const found: Conflict[] = [];
  for (const { table, text } of rules) {
    const queue = sharedQueue(plan, queuesOfSaved(text));
    if (queue === undefined) continue;
    const sentence = `Queue ${queue} gets packets of another rule in ${name}, table ${table}: ${text}`;
    found.push({ kind: 'queue', sentence });
  }
  const before = plan.hook === 'local' ? ['PREROUTING', 'OUTPUT'] : ['PREROUTING'];
  const places = before.flatMap((chain) => [
    ['raw', chain] as const,
    // In mangle ours is the first of OUTPUT.
    ...(chain === 'OUTPUT' ? [] : [[IP6TABLES_TABLE, chain] as const]),
  ]);
  for (const [table, chain] of places) {
    for (const rule of reached(rules, table, chain)) {
      if (rule.target !== 'DROP' || !mayMatchSaved(rule.text)) continue;
      const sentence = `Packets that this rule in ${name}, table ${table} drops are never judged: ${rule.text}`;
      found.push({ kind: 'dropped', sentence });
    }
    const policy = saved.chains.find(
      (other) => other.table === table && other.name === chain,
    )?.policy;
    if (policy !== 'DROP') continue;
    const sentence = `The policy of ${chain} in ${name}, table ${table} drops packets before they are judged: -P ${chain} DROP`;
    found.push({ kind: 'dropped', sentence });
  }
  if (isBackend) found.push(...skipped(plan, name, rules));
  for (const { table, text, target } of rules) {
    if (target !== 'FLOWOFFLOAD' || !plan.place.includes('access-link')) continue;
    found.push(offloaded(`${name}, table ${table}`, text));
  }
  return found;
}

/** Rules behind our jump: packets that come back from a queue go on behind the table. */
function skipped(plan: QueuePlan, name: string, rules: readonly SavedRule[]): Conflict[] {
  const chains = plan.hook === 'local' ? ['INPUT', 'OUTPUT'] : ['FORWARD'];
  return rules
    .filter(({ table, chain }) => table === IP6TABLES_TABLE && chains.includes(chain))
    .filter(({ text }) => mayMatchSaved(text))
    .map(({ text }) => ({
      kind: 'skipped',
      sentence: `Queued packets go on behind the table mangle, so this rule in ${name} no longer holds for them: ${text}`,
    }));
}

function nftConflicts(
  plan: QueuePlan,
  chains: readonly NftChain[],
  isNftables: boolean,
): Conflict[] {
  const found: Conflict[] = [];
  for (const { table, name, rules } of chains) {
    for (const rule of rules) {
      const queue = sharedQueue(plan, queuesOfNft(rule));
      if (queue !== undefined) {
        const sentence = `Queue ${queue} gets packets of another rule in nftables, table ${table}, chain ${name}: ${rule}`;
        found.push({ kind: 'queue', sentence });
      }
      if (
        plan.place.includes('access-link') &&
        /\bflow (?:add|offload)\b/.test(withoutStrings(rule))
      ) {
        found.push(offloaded(`nftables, table ${table}`, rule));
      }
    }
  }
  for (const chain of chains.filter((base) => isEarlier(plan, base, isNftables))) {
    const { table, name, policy } = chain;
    const where = `nftables, table ${table}, chain ${name}, priority ${chain.priority}`;
    if (policy === 'drop') {
      const sentence = `The policy of ${where} drops packets before they are judged: policy drop`;
      found.push({ kind: 'dropped', sentence });
    }
    for (const rule of reachedRules(chains, chain)) {
      if (!/\b(?:drop|reject)\b/.test(withoutStrings(rule)) || !mayMatchNft(rule)) continue;
      const sentence = `Packets that this rule in ${where} drops are never judged: ${rule}`;
      found.push({ kind: 'dropped', sentence });
    }
  }
  return found;
}

/** Whether packets meet a base chain before ours. */
function isEarlier({ hook }: QueuePlan, chain: NftChain, isNftables: boolean): boolean {
  const { family, priority } = chain;
  if (chain.hook === undefined) return false;
  if (family === 'netdev') return chain.hook === 'ingress';
  if (family === 'bridge') {
    if (hook !== 'bridge') return false;
    return (
      chain.hook === 'prerouting' ||
      (chain.hook === 'forward' && priority < (isNftables ? NFT_BRIDGE : BRIDGE_FILTER))
    );
  }
  if (family !== 'ip6' && family !== 'inet') return false;
  // Bridged packets that nftables takes on the bridge never come by here.
  if (hook === 'bridge' && isNftables) return false;
  if (chain.hook === 'ingress' || chain.hook === 'prerouting') return true;
  const hooks = hook === 'local' ? ['input', 'output'] : ['forward'];
  return hooks.includes(chain.hook) && priority < (isNftables ? MANGLE - 1 : MANGLE);
}

/** One sentence, whatever makes the kernel do it. */
function tracking(
  saved: readonly { readonly name: string; readonly saved: SavedRules }[],
  chains: readonly NftChain[],
): Conflict[] {
  const rule =
    saved.flatMap(({ saved: { rules } }) => rules).find(({ text }) => isTrackingSaved(text))
      ?.text ??
    chains
      .filter(({ family }) => ['ip6', 'inet', 'bridge'].includes(family))
      .flatMap(({ rules }) => rules)
      .find(isTrackingNft);
  if (rule === undefined) return [];
  return [
    {
      kind: 'tracking',
      sentence: `Connection tracking is on, which puts fragments together before they are queued: packets are judged whole, rules about fragments see none, and what cannot be put together is dropped by the kernel: ${rule}`,
    },
  ];
}

function offloaded(where: string, rule: string): Conflict {
  return {
    kind: 'offload',
    sentence: `Connections that this rule in ${where} hands to a flow table pass beside all rules, those of home addresses in clear as well: ${rule}`,
  };
}

/** The first number of a plan that a rule uses too. */
function sharedQueue(
  plan: QueuePlan,
  used: readonly [first: number, last: number] | undefined,
): number | undefined {
  if (used === undefined) return undefined;
  const [first, last] = used;
  return queueNumbers(plan).find((queue) => queue >= first && queue <= last);
}

/** Rules of a chain of the kernel and of all that it leads into, each once. */
function reached(rules: readonly SavedRule[], table: string, chain: string): SavedRule[] {
  const seen = new Set<string>();
  const waiting = [chain];
  const found: SavedRule[] = [];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const inChain = rules.filter((rule) => rule.table === table && rule.chain === name);
    found.push(...inChain);
    waiting.push(...inChain.map(({ target }) => target));
  }
  return found;
}
