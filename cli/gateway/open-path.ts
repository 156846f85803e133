/**
 * Opens the place in the path of packets: a queue of the kernel, or two interfaces that are joined.
 */
import type { VerdictSource } from '../../engine/ports.ts';
import { HostError } from '../../io/native/host-error.ts';
import { openPacketQueue, openPortPair } from '../../io/inline/index.ts';
import type { HostConfiguration, PacketQueue } from '../../io/inline/index.ts';
import { queueRow } from '../../io/inline/packet-queue-table.ts';
import { conflicts, planInterfaces, selfChecks, thisHost } from '../../io/packet-filter/index.ts';
import type { QueuePlan } from '../../io/packet-filter/index.ts';
import type { GatewaySettings } from './gateway-file.ts';
import { pairSelection } from './pair-selection.ts';

/** A place that is open. */
export interface OpenedPath {
  readonly source: VerdictSource;
  /** Undefined for two joined interfaces. */
  readonly queue: PacketQueue | undefined;
  readonly isOwned: () => boolean;
}

/**
 * Opens it. Packets come as soon as control goes back to the event loop.
 * @param host changes the interfaces of a pair
 * @throws HostError
 */
export function openPath(
  settings: GatewaySettings,
  host: HostConfiguration | undefined,
): OpenedPath {
  const { failMode, deadline, path } = settings;
  const { pair, queue: wish } = path;
  if (pair !== undefined) {
    // The kernel keeps out: frames pass through this process alone.
    for (const name of pair) host?.takeLink(name);
    const needsJudging = pairSelection(settings);
    const source = openPortPair({ ports: pair, failMode, deadline, needsJudging });
    return { source, queue: undefined, isOwned: () => source.isUp };
  }
  const { first: number, length } = wish;
  const queue = openPacketQueue({ number, failMode, deadline, length });
  return { source: queue, queue, isOwned: () => queueRow(number) !== undefined };
}

/**
 * What is not as it has to be, or in the way: looked at before anything is opened.
 * @returns sentences
 * @throws HostError for an interface that is not there
 */
export function lookedAt(
  settings: GatewaySettings,
  plan: QueuePlan | undefined,
): readonly string[] {
  const { pair, firewall } = settings.path;
  const host = thisHost();
  const known = host.interfaces.map(({ name }) => name);
  const names = plan === undefined ? (pair ?? []) : planInterfaces(plan);
  for (const name of names) {
    if (known.includes(name)) continue;
    throw new HostError('ERR_HOST_INTERFACE_UNKNOWN', `path: there is no interface ${name}`, {
      ...{ interfaceName: name, known },
    });
  }
  if (plan === undefined) {
    return [
      'A pair of interfaces is joined by this process alone: when it is gone nothing passes, whatever failMode says.',
    ];
  }
  return [
    ...selfChecks(plan, host),
    ...conflicts(plan, { backend: firewall }).map(({ sentence }) => sentence),
  ];
}
