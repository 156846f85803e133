/**
 * How a sensor is, for its control socket, its lines of numbers and its health.
 */
import { formatAddress } from '../../dissectors/core/address.ts';
import type { InterfaceCounts } from '../../io/capture/live-source.ts';
import { eveTimestamp } from '../../io/export/timestamp.ts';
import { safeText } from '../report/safe-text.ts';
import { isoTime, muteRecord } from './mutes.ts';
import { captureTotals } from './overload.ts';
import type { SensorFacts } from './sensor-facts.ts';

/** An interface as status and lines show it. */
export function interfaceRecord(counts: InterfaceCounts): object {
  return {
    name: counts.name,
    state: counts.fault ?? 'up',
    packets: counts.received,
    kernel_drops: counts.dropped,
    interface_drops: counts.droppedByInterface,
    shed_payload: counts.shedPayload,
    shed_signalling: counts.shedSignalling,
    recoveries: counts.recoveries,
  };
}

/** What only a sensor has to say of itself; `uptime` and lag are seconds. */
export function sensorRecord(sensor: SensorFacts): object {
  const { source, eve, store } = sensor.parts;
  const { counts = [], fill, lag = 0 } = source;
  const { lines, lost, failures, rotations } = eve.counts;
  return {
    overload: sensor.overload.state,
    lag: Math.round(lag) / 1000,
    ...(fill === undefined ? {} : { ring: { octets: fill.octets, size: fill.size } }),
    interfaces: counts.map(interfaceRecord),
    tables: sensor.engine.fill,
    mutes: sensor.mutes.all.length,
    muted_alerts: sensor.mutes.held,
    reloads: { ...sensor.reloads },
    internal_errors: sensor.internalErrors,
    eve: { lines, lost, failures, rotations },
    ...(store === undefined ? {} : { database: { ...store.counts, waiting: store.waiting } }),
    resident_octets: process.memoryUsage.rss(),
  };
}

/** The answer to `status`. */
export function statusRecord(sensor: SensorFacts): object {
  const { parts, engine, observer, startedAt } = sensor;
  const { packets, octets, esp, espOpened } = engine.counters;
  const { lastTime } = engine.knowledge;
  const { drops, sheds } = lossesOf(sensor);
  return {
    version: parts.version,
    pid: process.pid,
    started: isoTime(startedAt),
    uptime: Math.round((parts.now() - startedAt) / 1e6),
    healthy: troublesOf(sensor).length === 0,
    troubles: troublesOf(sensor),
    packets,
    octets,
    ...(packets === 0 ? {} : { last_packet: eveTimestamp(lastTime) }),
    drops,
    sheds,
    esp: { packets: esp, opened: espOpened },
    alerts: {
      total: observer.told,
      by_rule: [...observer.counts.values()],
      recent: observer.recent.map((alert) => ({
        alert_id: alert.id,
        rule: alert.rule.id,
        severity: alert.severity,
        timestamp: eveTimestamp(alert.draft.packet.time),
        message: safeText(alert.draft.message),
        count: alert.count,
      })),
    },
    incidents: sensor.incidents.count,
    bindings: bindingCounts(sensor),
    ...sensorRecord(sensor),
  };
}

/** Why the sensor does not do all it should; empty when it does. */
export function troublesOf(sensor: SensorFacts): readonly string[] {
  const { source, eve, store } = sensor.parts;
  return [
    ...(source.counts ?? []).flatMap(({ name, fault }) =>
      fault === undefined ? [] : [`${name}: ${fault}`],
    ),
    ...(eve.fault === undefined ? [] : [eve.fault]),
    ...(store?.fault === undefined ? [] : [store.fault]),
    ...(sensor.overload.state === 'none' ? [] : [`overload: ${sensor.overload.state}`]),
  ];
}

/** Bindings by phase. */
export function bindingCounts(sensor: SensorFacts): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { phase } of sensor.engine.knowledge.bindings()) {
    counts[phase] = (counts[phase] ?? 0) + 1;
  }
  return counts;
}

/** Which bindings to show. */
export interface BindingQuestion {
  readonly homeAddress: Uint8Array | undefined;
  readonly phase: string | undefined;
  readonly limit: number;
}

/** The answer to `dump-bindings`. */
export function bindingRecords(sensor: SensorFacts, question: BindingQuestion): object {
  const { homeAddress, phase, limit } = question;
  const wanted = homeAddress === undefined ? undefined : formatAddress(homeAddress);
  const bindings: object[] = [];
  let total = 0;
  for (const binding of sensor.engine.knowledge.bindings()) {
    if (phase !== undefined && binding.phase !== phase) continue;
    if (wanted !== undefined && formatAddress(binding.homeAddress) !== wanted) continue;
    if (++total > limit) continue;
    bindings.push({ ...sensor.recordOf(binding) });
  }
  return { total, bindings };
}

/** Mutes in force. */
export function muteRecords(sensor: SensorFacts): readonly object[] {
  return sensor.mutes.all.map(muteRecord);
}

function lossesOf({ parts }: SensorFacts): { drops: object; sheds: object } {
  const totals = captureTotals(parts.source.counts ?? []);
  return {
    drops: { kernel: totals.dropped, interface: totals.droppedByInterface },
    sheds: { payload: totals.shedPayload, signalling: totals.shedSignalling },
  };
}
