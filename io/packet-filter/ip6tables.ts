/**
 * The packet filter of the kernel as `ip6tables` sees it.
 */
import { HostError } from '../native/host-error.ts';
import { FilterCommand, isRefused, privilegeError, saidBy } from './filter-command.ts';
import type { FilterBackend, FilterState } from './filter-backend.ts';
import {
  IP6TABLES_TABLE,
  neededMatches,
  renderIp6tables,
  renderIp6tablesRemoval,
} from './ip6tables-text.ts';
import type { QueuePlan } from './queue-plan.ts';
import { leftoversOf, ownCounters, ownText, parseSavedRules } from './saved-rules.ts';
import type { SavedRules } from './saved-rules.ts';

/** Both keep rules apart from each other; packets meet those of both. */
export type Ip6tablesVariant = 'legacy' | 'nft';

/** How often a transaction is tried when somebody else changed the rules at the same time. */
const ATTEMPTS = 3;
/** Seconds to wait for others who change rules. */
const WAIT = ['-w', '5'];

/** One variant of `ip6tables`. */
export class Ip6tables implements FilterBackend {
  readonly kind = 'ip6tables';
  readonly name: string;
  readonly variant: Ip6tablesVariant;
  readonly #command: FilterCommand;
  /** Names of `-save` and `-restore`. */
  readonly #prefix: string;

  private constructor(command: FilterCommand, variant: Ip6tablesVariant, prefix: string) {
    this.#command = command;
    this.variant = variant;
    this.#prefix = prefix;
    this.name = `ip6tables (${variant})`;
  }

  /** Variants whose programs are on this machine; the one that `ip6tables` stands for first. */
  static all(command: FilterCommand): Ip6tables[] {
    const version = command.run('ip6tables', ['--version']);
    const usual = version === undefined ? undefined : variantOf(version.stdout.toString());
    const variants: Ip6tablesVariant[] = usual === 'legacy' ? ['legacy', 'nft'] : ['nft', 'legacy'];
    return variants.flatMap((variant) => {
      const named = `ip6tables-${variant}`;
      if (command.run(named, ['--version'])?.code === 0) {
        return [new Ip6tables(command, variant, named)];
      }
      return usual === variant ? [new Ip6tables(command, variant, 'ip6tables')] : [];
    });
  }

  render(plan: QueuePlan): string {
    return renderIp6tables(plan);
  }

  /** Rules of all tables. Throws HostError. */
  saved(withCounters = false): SavedRules {
    const program = `${this.#prefix}-save`;
    const result = this.#command.run(program, withCounters ? ['-c'] : []);
    if (result === undefined) throw absentError(program);
    if (result.code === 0) return parseSavedRules(result.stdout.toString());
    if (isRefused(result)) throw privilegeError(program, result);
    throw new HostError('ERR_HOST_FILTER', `${program}: ${saidBy(result)}`, {
      hint: 'Load it: sudo modprobe ip6_tables; or install it: sudo apt-get install iptables',
    });
  }

  /** Whether the kernel has it. Throws HostError when privileges are missing. */
  get isReadable(): boolean {
    try {
      this.saved();
      return true;
    } catch (error) {
      if (error instanceof HostError && error.code === 'ERR_HOST_FILTER') return false;
      throw error;
    }
  }

  /** Whether it holds rules, or chains that drop. */
  get isInUse(): boolean {
    const { rules, chains } = this.saved();
    return rules.length > 0 || chains.some(({ policy }) => policy === 'DROP');
  }

  install(plan: QueuePlan): void {
    this.#change(plan.id, (saved) => renderIp6tables(plan, leftoversOf(saved, plan.id)), plan);
  }

  remove(id: string): void {
    this.#change(id, (saved) => renderIp6tablesRemoval(leftoversOf(saved, id)));
  }

  isThere(id: string): boolean {
    const { chains, jumps } = leftoversOf(this.saved(), id);
    return chains.length > 0 || jumps.length > 0;
  }

  text(id: string): string {
    return ownText(this.saved(), id);
  }

  async state(id: string): Promise<FilterState> {
    const program = `${this.#prefix}-save`;
    const result = await this.#command.start(program, ['-c', '-t', IP6TABLES_TABLE]);
    if (result === undefined) throw absentError(program);
    if (result.code !== 0) {
      throw new HostError('ERR_HOST_FILTER', `${program}: ${saidBy(result)}`);
    }
    const saved = parseSavedRules(result.stdout.toString());
    return { text: ownText(saved, id), packets: ownCounters(saved, id), ahead: ahead(saved, id) };
  }

  /** Reads what stands, makes the transaction for it, and does it; again when somebody else was faster. */
  #change(id: string, make: (saved: SavedRules) => string | undefined, plan?: QueuePlan): void {
    const program = `${this.#prefix}-restore`;
    for (let attempt = 1; ; attempt++) {
      const text = make(this.saved());
      if (text === undefined) return;
      const result = this.#command.run(program, [...WAIT, '--noflush'], text);
      if (result === undefined) throw absentError(program);
      if (result.code === 0) return;
      if (isRefused(result)) throw privilegeError(program, result);
      if (attempt < ATTEMPTS) continue;
      throw plan === undefined
        ? removalError(program, id, saidBy(result))
        : this.#why(plan, result.stderr);
    }
  }

  /** Tries every match of a plan on its own, in a chain that no packet reaches, to name what is missing. */
  #why(plan: QueuePlan, said: string): HostError {
    const program = `${this.#prefix}-restore`;
    const chain = `MIP6GUARD-${plan.id}-probe`;
    const attempt = (rule: string): boolean => {
      const text = `*${IP6TABLES_TABLE}\n:${chain} - [0:0]\n-A ${chain} ${rule}\nCOMMIT\n`;
      return this.#command.run(program, [...WAIT, '--noflush'], text)?.code === 0;
    };
    const queue = `-j NFQUEUE --queue-num ${plan.queues.first}`;
    const missing = [...neededMatches(plan)]
      .filter(([, sample]) => !attempt(`${sample} -j RETURN`))
      .map(([name]) => `match ${name}`);
    if (!attempt(queue)) missing.unshift('target NFQUEUE');
    else if (plan.failMode === 'open' && !attempt(`${queue} --queue-bypass`)) {
      missing.unshift('NFQUEUE --queue-bypass');
    }
    try {
      this.#change(plan.id, () => `*${IP6TABLES_TABLE}\n-F ${chain}\n-X ${chain}\nCOMMIT\n`);
    } catch {
      // It never came to be.
    }
    if (missing.length === 0) {
      return new HostError('ERR_HOST_FILTER', `${program}: ${said.trim()}`, {
        hint: 'To see the rules that were refused: mip6guard gateway --dry-run',
      });
    }
    return new HostError('ERR_HOST_FILTER', `${this.name} lacks: ${missing.join(', ')}`, {
      hint: hintFor(missing),
    });
  }
}

function variantOf(version: string): Ip6tablesVariant {
  return version.includes('nf_tables') ? 'nft' : 'legacy';
}

/** Rules of others in front of the jump into our chain, in the same chain. */
function ahead({ rules }: SavedRules, id: string): string[] {
  const own = leftoversOf({ chains: [], rules }, id).jumps;
  const found: string[] = [];
  for (const jump of own) {
    const chain = jump.split(' ')[1] ?? '';
    const inChain = rules.filter((rule) => rule.table === IP6TABLES_TABLE && rule.chain === chain);
    const at = inChain.findIndex(({ text }) => text === jump);
    found.push(...inChain.slice(0, at).map(({ text }) => text));
  }
  return found.filter((text) => !own.includes(text));
}

function hintFor(missing: readonly string[]): string {
  const modules = missing.map((what) => {
    if (what.includes('NFQUEUE')) return 'nfnetlink_queue xt_NFQUEUE';
    const name = what.replace('match ', '');
    if (['frag', 'ipv6header', 'rt', 'mh'].includes(name)) return `ip6t_${name}`;
    // Without it the table itself is missing.
    if (['icmp6', 'udp'].includes(name)) return 'ip6_tables ip6table_mangle';
    return name === 'physdev' ? 'br_netfilter xt_physdev' : `xt_${name}`;
  });
  const names = [...new Set(modules)].join(' ');
  return `Load them: sudo modprobe -a ${names}; where the kernel has them not: sudo apt-get install linux-image-amd64`;
}

function absentError(program: string): HostError {
  return new HostError('ERR_HOST_FILTER', `the program ${program} is not installed`, {
    hint: 'Install it (Debian): sudo apt-get install iptables',
  });
}

function removalError(program: string, id: string, said: string): HostError {
  return new HostError(
    'ERR_HOST_FILTER',
    `${program}: the chains MIP6GUARD-${id} cannot be removed: ${said}`,
    { hint: `See what leads into them: sudo ip6tables-save -t ${IP6TABLES_TABLE}` },
  );
}
