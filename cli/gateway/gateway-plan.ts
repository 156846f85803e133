/**
 * What is queued for a gateway, as the packet filter is told.
 */
import { formatAddress, formatPrefix } from '../../dissectors/core/address.ts';
import { queuePlan } from '../../io/packet-filter/index.ts';
import type { QueuePlan } from '../../io/packet-filter/index.ts';
import type { GatewaySettings } from './gateway-file.ts';

/** Name of the rules of a gateway: by its first queue, which it shares with nobody on this machine. */
export function instanceOf({ path }: Pick<GatewaySettings, 'path'>): string {
  return `gw${path.queue.first}`;
}

/**
 * The plan; undefined for two joined interfaces, which have no packet filter.
 * @throws HostError for what cannot be told to a packet filter
 */
export function planOf(settings: GatewaySettings): QueuePlan | undefined {
  const { place, homeAgents, homePrefixes, correspondents, path, failMode } = settings;
  const { hook, ports, queue } = path;
  if (hook === undefined) return undefined;
  const isNamed = ports.outside.length + ports.inside.length > 0;
  return queuePlan({
    ...{ id: instanceOf(settings), place, hook, failMode },
    protectedAgents: homeAgents.map((address) => formatAddress(address)),
    homePrefixes: homePrefixes.map((prefix) => formatPrefix(prefix)),
    correspondents: correspondents.map((address) => formatAddress(address)),
    ...(isNamed ? { ports } : {}),
    queues: { first: queue.first, count: queue.count },
  });
}
