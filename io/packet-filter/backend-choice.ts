/**
 * Which packet filter of a machine the rules go into.
 */
import { HostError } from '../native/host-error.ts';
import type { FilterBackend } from './filter-backend.ts';
import type { FilterCommand } from './filter-command.ts';
import { Ip6tables } from './ip6tables.ts';
import { Nftables } from './nftables.ts';
import type { QueueHook } from './queue-plan.ts';

/** What the user asked for. */
export type BackendWish = 'auto' | 'ip6tables' | 'nftables';

/** What was chosen. */
export interface BackendChoice {
  readonly backend: FilterBackend;
  /** A sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Packet filters that are there, with their programs and in the kernel.
 * @throws HostError when privileges are missing
 */
export function presentBackends(command: FilterCommand): FilterBackend[] {
  const nftables = new Nftables(command);
  return [...(nftables.isReadable ? [nftables] : []), ...readableVariants(command)];
}

/** Those of ip6tables; the usual one first. Throws HostError. */
export function readableVariants(command: FilterCommand): Ip6tables[] {
  return Ip6tables.all(command).filter(({ isReadable }) => isReadable);
}

/**
 * nftables where the kernel has `queue` for it, else the variant of ip6tables that holds rules already.
 * @throws HostError with what is missing and what to do
 */
export function chooseBackend(
  command: FilterCommand,
  wish: BackendWish,
  hook: QueueHook,
): BackendChoice {
  const nftables = new Nftables(command);
  const lack = wish === 'ip6tables' ? undefined : nftables.lack(hook);
  if (wish !== 'ip6tables' && lack === undefined) return { backend: nftables, warnings: [] };
  if (lack !== undefined && (wish === 'nftables' || lack.code === 'ERR_HOST_PERMISSION'))
    throw lack;
  const variants = readableVariants(command);
  const [usual] = variants;
  if (usual === undefined) throw noVariant(command, lack);
  const used = variants.filter((variant) => variant.isInUse);
  if (used.length < 2) return { backend: used[0] ?? usual, warnings: [] };
  const names = used.map(({ name }) => name).join(' and ');
  return {
    backend: usual,
    warnings: [
      `Both ${names} hold rules, and packets meet those of both; ours go into ${usual.name}. See them: ip6tables-legacy-save, ip6tables-nft-save.`,
    ],
  };
}

function noVariant(command: FilterCommand, lack: HostError | undefined): HostError {
  const also = lack === undefined ? '' : `, and ${lack.message}`;
  const isInstalled = Ip6tables.all(command).length > 0;
  const what = isInstalled ? 'the kernel has no ip6tables' : 'ip6tables is not installed';
  const hint = isInstalled
    ? 'Load it: sudo modprobe -a ip6_tables ip6table_mangle nfnetlink_queue'
    : 'Install it (Debian): sudo apt-get install iptables';
  return new HostError('ERR_HOST_FILTER', `${what}${also}`, { hint, cause: lack });
}
