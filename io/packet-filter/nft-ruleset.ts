/**
 * What `nft list ruleset` writes: tables, chains and their rules, as far as others are looked for in them.
 */

/** One chain. */
export interface NftChain {
  /** `inet filter`. */
  readonly table: string;
  readonly family: string;
  readonly name: string;
  /** Where the kernel calls it; undefined for a chain that rules lead into. */
  readonly hook: string | undefined;
  /** Number; names of priorities are written out for each family. 0 without a hook. */
  readonly priority: number;
  /** `accept` where it says nothing. */
  readonly policy: string;
  readonly rules: readonly string[];
}

/** Standard names of priorities; those of the family bridge differ. */
const PRIORITIES: Readonly<Record<string, number>> = {
  raw: -300,
  mangle: -150,
  dstnat: -100,
  filter: 0,
  security: 50,
  srcnat: 100,
};
const BRIDGE_PRIORITIES: Readonly<Record<string, number>> = {
  dstnat: -300,
  filter: -200,
  out: 100,
  srcnat: 300,
};

/** Reads a listing. What it does not know, as sets, maps and flow tables, is left out. */
export function parseNftRuleset(text: string): NftChain[] {
  const chains: NftChain[] = [];
  let table = '';
  let chain: { name: string; lines: string[] } | undefined;
  // Depth of braces inside a block of the table that is no chain, as a set with its elements.
  let other = 0;
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    if (other > 0) {
      other += bracesOf(line);
      continue;
    }
    const begin = /^(table|chain) (.*) \{$/.exec(line);
    if (begin?.[1] === 'table') table = begin[2] ?? '';
    else if (begin?.[1] === 'chain') chain = { name: begin[2] ?? '', lines: [] };
    else if (chain === undefined) other = line === '}' ? 0 : bracesOf(line);
    else if (line === '}') {
      chains.push(chainOf(table, chain));
      chain = undefined;
    } else chain.lines.push(line);
  }
  return chains;
}

/** Rules of a chain and of all that it leads into, each once. */
export function reachedRules(chains: readonly NftChain[], from: NftChain): string[] {
  const seen = new Set<NftChain>();
  const waiting = [from];
  for (let chain = waiting.pop(); chain !== undefined; chain = waiting.pop()) {
    if (seen.has(chain)) continue;
    seen.add(chain);
    const { table, rules } = chain;
    const names = new Set(
      rules.flatMap((rule) =>
        [...withoutStrings(rule).matchAll(/\b(?:jump|goto) (\S+?)[,}]?(?= |$)/g)].map(
          ([, name]) => name,
        ),
      ),
    );
    waiting.push(...chains.filter((other) => other.table === table && names.has(other.name)));
  }
  return [...seen].flatMap(({ rules }) => rules);
}

/** A rule without its comment and other quoted text. */
export function withoutStrings(rule: string): string {
  return rule.replace(/"[^"]*"/g, '""');
}

function bracesOf(line: string): number {
  const text = withoutStrings(line);
  return text.split('{').length - text.split('}').length;
}

function chainOf(table: string, { name, lines }: { name: string; lines: string[] }): NftChain {
  const [family = ''] = table.split(' ');
  const base = /^type \S+ hook (\S+)(?: devices? .*?)? priority (\S+)(?: ([+-]) (\d+))?;/.exec(
    lines[0] ?? '',
  );
  if (base === null) {
    return { table, family, name, hook: undefined, priority: 0, policy: 'accept', rules: lines };
  }
  const [whole, hook, word = '0', sign = '+', offset = '0'] = base;
  const names = family === 'bridge' ? BRIDGE_PRIORITIES : PRIORITIES;
  const start = names[word] ?? Number(word);
  const priority = sign === '-' ? start - Number(offset) : start + Number(offset);
  const policy = /policy (\w+)/.exec((lines[0] ?? '').slice(whole.length))?.[1] ?? 'accept';
  return { table, family, name, hook, priority, policy, rules: lines.slice(1) };
}
