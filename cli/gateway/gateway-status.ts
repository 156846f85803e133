/**
 * How a gateway is, for its control socket, its health and its service manager.
 */
import { statusRecord } from '../sensor/status.ts';
import type { Gateway } from './gateway.ts';
import { agentProtections } from './protection.ts';

/** A queue and its counts. */
export interface QueueStatus {
  readonly name: string;
  readonly judged: number;
  readonly passed: number;
  readonly dropped: number;
  readonly passed_unjudged: number;
  readonly dropped_unjudged: number;
  readonly waiting: number;
  readonly is_ready: boolean;
}

/** Every queue; the first one is that of this process. */
export function queueStatus(gateway: Gateway): QueueStatus[] {
  const { source } = gateway.parts;
  const own = { name: source.name, counts: source.counts(), isReady: gateway.path.isOwned };
  const others = (gateway.workers?.queues ?? []).map(({ queue, counts, isReady }) => ({
    ...{ name: `queue ${queue}`, counts, isReady },
  }));
  return [own, ...others].map(({ name, counts, isReady }) => ({
    ...{ name, judged: counts.judged, passed: counts.passed, dropped: counts.dropped },
    passed_unjudged: counts.passedUnjudged,
    dropped_unjudged: counts.droppedUnjudged,
    waiting: counts.waiting,
    is_ready: isReady,
  }));
}

/** Why packets are not judged as they should be; empty when they are. */
export function troublesOf(gateway: Gateway): readonly string[] {
  const { path, parts, workers } = gateway;
  return [
    ...(path.isOwned ? [] : [`${parts.source.name} belongs to this process no more`]),
    ...(path.isRulePresent ? [] : path.problems),
    ...(path.isStalled ? [`${parts.source.name}: packets wait and none is judged`] : []),
    ...(workers?.troubles ?? []),
  ];
}

/** What is not as it should be, and keeps no packet from being judged. */
export function warningsOf(gateway: Gateway): readonly string[] {
  const { path, parts, unjudged, faults, sensor } = gateway;
  const { eve, store, keeper, state } = parts;
  const isFailing = (state?.failures ?? 0) > 0;
  return [
    ...(path.isRulePresent ? path.problems : []),
    ...(unjudged.isRecent(performance.now()) ? ['packets were not judged a moment ago'] : []),
    ...(eve.fault === undefined ? [] : [eve.fault]),
    ...(store?.fault === undefined ? [] : [store.fault]),
    ...(keeper?.fault === undefined ? [] : [keeper.fault]),
    ...(isFailing ? ['the state could not be saved at times'] : []),
    ...(sensor.internalErrors > 0 ? [`${sensor.internalErrors} internal errors: see the log`] : []),
    ...faults.keys(),
  ];
}

/** The answer of `/healthz`. */
export function healthRecord(gateway: Gateway): object {
  const troubles = troublesOf(gateway);
  const { path, filter } = gateway;
  return {
    healthy: troubles.length === 0,
    troubles,
    warnings: warningsOf(gateway),
    mode: gateway.mode,
    fail_mode: gateway.settings.failMode,
    queue_owned: path.isOwned,
    rules_present: filter === undefined ? null : path.isRulePresent,
    judge_alive: !path.isStalled,
    queues: queueStatus(gateway),
  };
}

/** The answer to `status`; counts are those of this moment. */
export async function gatewayStatus(gateway: Gateway): Promise<object> {
  await gateway.verify();
  const { settings, sensor, path, filter, parts, restored } = gateway;
  const { keys } = sensor.configuration;
  const { keeper, state } = parts;
  return {
    ...statusRecord(sensor),
    ...healthRecord(gateway),
    place: settings.place,
    path: settings.path.pair === undefined ? settings.path.hook : 'pair',
    packet_filter: filter?.backend ?? null,
    packet_filter_rules: path.counters?.rules ?? [],
    ...gateway.statsRecord(),
    agents: agentProtections(settings.homeAgents, keys).map(
      ({ address, associations, hasKeys }) => ({
        ...{ address, associations },
        judged_by: hasKeys ? 'content' : 'layout, copies and state',
      }),
    ),
    state: state === undefined ? null : { restored: restored ?? null, failures: state.failures },
    dropped_packets_kept: keeper === undefined ? null : { kept: keeper.kept, lost: keeper.lost },
    copies_lost: gateway.workers?.copiesLost ?? 0,
  };
}

/** A line for the service manager. */
export function statusLine(gateway: Gateway): string {
  const { judged, dropped, passedUnjudged, droppedUnjudged } = gateway.counts();
  const unjudged = passedUnjudged + droppedUnjudged;
  const [trouble] = troublesOf(gateway);
  const state = trouble ?? gateway.mode;
  return `${state}; ${judged} judged, ${dropped} dropped, ${unjudged} not judged`;
}
