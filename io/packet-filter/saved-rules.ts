/**
 * What `ip6tables-save` writes.
 */
import { IP6TABLES_TABLE, isOwnChain } from './ip6tables-text.ts';
import type { Leftovers } from './ip6tables-text.ts';

/** One rule. */
export interface SavedRule {
  readonly table: string;
  readonly chain: string;
  /** Without counters: `-A FORWARD -p 135 -j ACCEPT`. */
  readonly text: string;
  /** Packets, with `-c`; 0 without. */
  readonly packets: number;
  /** `ACCEPT`, `NFQUEUE`, the name of a chain; empty when it only counts. */
  readonly target: string;
}

/** All tables that hold something. */
export interface SavedRules {
  readonly chains: readonly {
    readonly table: string;
    readonly name: string;
    readonly policy: string;
  }[];
  readonly rules: readonly SavedRule[];
}

/** Reads the output of `ip6tables-save`, with or without `-c`. Lines it does not know are left out. */
export function parseSavedRules(text: string): SavedRules {
  const chains: { table: string; name: string; policy: string }[] = [];
  const rules: SavedRule[] = [];
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1).trim();
    const chain = /^:(\S+) (\S+)/.exec(line);
    if (chain) chains.push({ table, name: chain[1] ?? '', policy: chain[2] ?? '' });
    const rule = /^(?:\[(\d+):\d+\] )?(-A (\S+)(?: .*)?)$/.exec(line);
    if (rule === null) continue;
    const [, packets = '0', whole = '', name = ''] = rule;
    const target = / -[jg] (\S+)/.exec(withoutComment(whole))?.[1] ?? '';
    rules.push({ table, chain: name, text: whole.trimEnd(), packets: Number(packets), target });
  }
  return { chains, rules };
}

/** A rule without its comments, in which anything may stand. */
export function withoutComment(rule: string): string {
  return rule.replace(/ --comment (?:"(?:[^"\\]|\\.)*"|\S+)/g, '');
}

/** What belongs to an instance. */
export function leftoversOf({ chains, rules }: SavedRules, id: string): Leftovers {
  const own = chains
    .filter(({ table, name }) => table === IP6TABLES_TABLE && isOwnChain(name, id))
    .map(({ name }) => name);
  const jumps = rules
    .filter((rule) => rule.table === IP6TABLES_TABLE)
    .filter(({ chain, target }) => !isOwnChain(chain, id) && isOwnChain(target, id))
    .map(({ text }) => text);
  return { chains: own, jumps };
}

/** Text of everything that belongs to an instance, to be compared later. */
export function ownText({ rules }: SavedRules, id: string): string {
  return rules
    .filter((rule) => rule.table === IP6TABLES_TABLE)
    .filter(({ chain, target }) => isOwnChain(chain, id) || isOwnChain(target, id))
    .map(({ text }) => text)
    .join('\n');
}

/** Packets by the number of the rule, of an instance. */
export function ownCounters({ rules }: SavedRules, id: string): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { table, chain, text, packets } of rules) {
    if (table !== IP6TABLES_TABLE || !isOwnChain(chain, id)) continue;
    const number = / --comment "?r(\d+)[ "]/.exec(text)?.[1];
    if (number !== undefined) {
      counts.set(Number(number), (counts.get(Number(number)) ?? 0) + packets);
    }
  }
  return counts;
}
