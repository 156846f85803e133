/**
 * The packet filter of the kernel as `nft` sees it.
 */
import { HostError } from '../native/host-error.ts';
import { FilterCommand, isRefused, privilegeError, saidBy } from './filter-command.ts';
import type { FilterBackend, FilterState } from './filter-backend.ts';
import { possibleTables, renderNftables } from './nftables-text.ts';
import type { QueueHook, QueuePlan } from './queue-plan.ts';

const PROGRAM = 'nft';
const INSTALL = 'Install it (Debian): sudo apt-get install nftables';
/** A table of nobody, checked and never loaded. */
const PROBE = 'mip6guard_probe { chain c { type filter hook forward priority 0;';

/** nftables. */
export class Nftables implements FilterBackend {
  readonly kind = 'nftables';
  readonly name = 'nftables';
  readonly #command: FilterCommand;

  constructor(command: FilterCommand) {
    this.#command = command;
  }

  /** Why it cannot queue packets on this machine, with what to do; undefined when it can. */
  lack(hook: QueueHook): HostError | undefined {
    const result = this.#command.run(PROGRAM, ['--version']);
    if (result === undefined) {
      return new HostError('ERR_HOST_FILTER', 'the program nft is not installed', {
        hint: INSTALL,
      });
    }
    const table = `table ${hook === 'bridge' ? 'bridge' : 'ip6'} ${PROBE}`;
    const refusal = this.#check(`${table} counter accept; }\n}\n`);
    if (refusal !== undefined) return refusal;
    if (this.#check(`${table} counter queue to 0; }\n}\n`) === undefined) return undefined;
    return new HostError('ERR_HOST_FILTER', 'nftables of this kernel has no `queue`', {
      hint: 'Load it: sudo modprobe nft_queue; where the kernel has it not, use ip6tables: sudo apt-get install iptables',
    });
  }

  /** Whether the program and the kernel have it. Throws HostError when privileges are missing. */
  get isReadable(): boolean {
    const result = this.#command.run(PROGRAM, ['list', 'tables']);
    if (result === undefined) return false;
    if (isRefused(result)) throw privilegeError(PROGRAM, result);
    return result.code === 0;
  }

  render(plan: QueuePlan): string {
    return renderNftables(plan);
  }

  install(plan: QueuePlan): void {
    const replaced = this.#standing(plan.id);
    const result = this.#run(['-f', '-'], renderNftables(plan, { replaced }));
    if (result === undefined) return;
    throw result;
  }

  remove(id: string): void {
    const standing = this.#standing(id);
    if (standing.length === 0) return;
    const script = standing.map((table) => `delete table ${table}\n`).join('');
    const error = this.#run(['-f', '-'], script);
    if (error !== undefined) throw error;
  }

  isThere(id: string): boolean {
    return this.#standing(id).length > 0;
  }

  text(id: string): string {
    return this.#listed(id).map(withoutCounters).join('');
  }

  async state(id: string): Promise<FilterState> {
    let text = '';
    const packets = new Map<number, number>();
    for (const table of possibleTables(id)) {
      const result = await this.#command.start(PROGRAM, ['list', 'table', ...table.split(' ')]);
      if (result === undefined) throw absentError();
      if (result.code !== 0) {
        if (isUnknown(result.stderr)) continue;
        throw new HostError('ERR_HOST_FILTER', `nft: ${saidBy(result)}`);
      }
      const listed = result.stdout.toString();
      addCounters(packets, listed);
      text += withoutCounters(listed);
    }
    // Its chains are its own: nobody is in front of it in them.
    return { text, packets, ahead: [] };
  }

  /** Tables of an instance that are there. */
  #standing(id: string): string[] {
    return possibleTables(id).filter((table) => this.#list(table) !== undefined);
  }

  #listed(id: string): string[] {
    return possibleTables(id).flatMap((table) => this.#list(table) ?? []);
  }

  #list(table: string): string | undefined {
    const args = ['list', 'table', ...table.split(' ')];
    const result = this.#command.run(PROGRAM, args);
    if (result === undefined) throw absentError();
    if (result.code === 0) return result.stdout.toString();
    if (isUnknown(result.stderr)) return undefined;
    if (isRefused(result)) throw privilegeError(PROGRAM, result);
    throw failure(result.stderr, args, saidBy(result));
  }

  #check(script: string): HostError | undefined {
    return this.#run(['-c', '-f', '-'], script);
  }

  #run(args: readonly string[], script: string): HostError | undefined {
    const result = this.#command.run(PROGRAM, args, script);
    if (result === undefined) return absentError();
    if (result.code === 0) return undefined;
    if (isRefused(result)) return privilegeError(PROGRAM, result);
    return failure(result.stderr, args, saidBy(result));
  }
}

function failure(stderr: string, args: readonly string[], said: string): HostError {
  const isKernel = /not supported|no such file|unknown/i.test(stderr);
  return new HostError('ERR_HOST_FILTER', `nft ${args.join(' ')}: ${said}`, {
    hint: isKernel
      ? 'Load it: sudo modprobe -a nf_tables nft_queue; or use ip6tables: sudo apt-get install iptables'
      : 'To see the rules that were refused: mip6guard gateway --dry-run',
  });
}

function absentError(): HostError {
  return new HostError('ERR_HOST_FILTER', 'the program nft is not installed', { hint: INSTALL });
}

function isUnknown(stderr: string): boolean {
  return /no such file or directory|does not exist/i.test(stderr);
}

function addCounters(packets: Map<number, number>, listed: string): void {
  for (const [, count = '0', number = ''] of listed.matchAll(
    /counter packets (\d+) bytes \d+ .*comment "r(\d+) /g,
  )) {
    packets.set(Number(number), (packets.get(Number(number)) ?? 0) + Number(count));
  }
}

/** What stays the same while packets come. */
function withoutCounters(listed: string): string {
  return listed.replace(/counter packets \d+ bytes \d+/g, 'counter');
}
