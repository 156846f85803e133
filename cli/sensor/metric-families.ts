/**
 * The numbers of a sensor by the names that Prometheus knows them by: `mip6_<noun>_<unit>_total`.
 */
import type { InterfaceCounts } from '../../io/capture/live-source.ts';
import type { MetricFamily, Sample } from '../../io/metrics.ts';
import type { SensorFacts } from './sensor-facts.ts';
import { bindingCounts } from './status.ts';

type Type = MetricFamily['type'];

/** Everything that is served. */
export function metricFamilies(sensor: SensorFacts): readonly MetricFamily[] {
  return [...captureFamilies(sensor), ...watchFamilies(sensor)];
}

/** What does not depend on where packets come from. */
export function watchFamilies(sensor: SensorFacts): readonly MetricFamily[] {
  return [...engineFamilies(sensor), ...outputFamilies(sensor), ...processFamilies(sensor)];
}

/** A family of one number. */
export function one(type: Type, name: string, help: string, value: () => number): MetricFamily {
  return { name, help, type, samples: () => [{ value: value() }] };
}

/** A family of numbers with labels. */
export function many(
  type: Type,
  name: string,
  help: string,
  labels: readonly string[],
  samples: () => Iterable<Sample>,
): MetricFamily {
  return { name, help, type, labels, samples };
}

function captureFamilies({ parts, overload }: SensorFacts): MetricFamily[] {
  const { source } = parts;
  const byInterface = (value: (counts: InterfaceCounts) => number) => (): Sample[] =>
    (source.counts ?? []).map((counts) => ({
      labels: { interface: counts.name },
      value: value(counts),
    }));
  const ofInterface = (
    type: Type,
    name: string,
    help: string,
    value: (counts: InterfaceCounts) => number,
  ): MetricFamily => many(type, name, help, ['interface'], byInterface(value));
  const shed = (): Sample[] =>
    (source.counts ?? []).flatMap(({ name, shedPayload, shedSignalling }) => [
      { labels: { interface: name, kind: 'payload' }, value: shedPayload },
      { labels: { interface: name, kind: 'signalling' }, value: shedSignalling },
    ]);
  return [
    ofInterface(
      'counter',
      'mip6_received_packets_total',
      'Packets that passed the capture filter, those dropped by the kernel included.',
      ({ received }) => received,
    ),
    ofInterface(
      'counter',
      'mip6_kernel_dropped_packets_total',
      'Packets that the kernel dropped because its ring was full.',
      ({ dropped }) => dropped,
    ),
    ofInterface(
      'counter',
      'mip6_interface_dropped_packets_total',
      'Packets that the interface dropped.',
      ({ droppedByInterface }) => droppedByInterface,
    ),
    ofInterface(
      'counter',
      'mip6_interface_recoveries_total',
      'How often the interface went away or down and came back.',
      ({ recoveries }) => recoveries,
    ),
    ofInterface('gauge', 'mip6_interface_up', '1 while the interface works.', ({ fault }) =>
      fault === undefined ? 1 : 0,
    ),
    many(
      'counter',
      'mip6_shed_packets_total',
      'Packets left out because they came faster than they are judged: payload first, then signalling.',
      ['interface', 'kind'],
      shed,
    ),
    one(
      'gauge',
      'mip6_lag_seconds',
      'How far the engine is behind the capture.',
      () => (source.lag ?? 0) / 1000,
    ),
    one(
      'gauge',
      'mip6_ring_used_octets',
      'Octets that wait in the ring of the sensor.',
      () => source.fill?.octets ?? 0,
    ),
    one(
      'gauge',
      'mip6_ring_size_octets',
      'Size of the ring of the sensor.',
      () => source.fill?.size ?? 0,
    ),
    one('gauge', 'mip6_overloaded', '1 while packets are dropped or left out.', () =>
      overload.state === 'none' ? 0 : 1,
    ),
  ];
}

function engineFamilies(sensor: SensorFacts): MetricFamily[] {
  const { engine, observer, mutes, incidents } = sensor;
  const { counters } = engine;
  const decryption = (): Sample[] => [
    { labels: { reason: 'no-key' }, value: counters.espNoKey },
    { labels: { reason: 'icv-mismatch' }, value: counters.espIcvMismatch },
    { labels: { reason: 'malformed' }, value: counters.espMalformed },
  ];
  return [
    one('counter', 'mip6_packets_total', 'Packets judged.', () => counters.packets),
    one('counter', 'mip6_octets_total', 'Octets on the wire of them.', () => counters.octets),
    one('counter', 'mip6_mobility_packets_total', 'Mobility Headers.', () => counters.mobility),
    one(
      'counter',
      'mip6_icmpv6_packets_total',
      'Signalling ICMPv6 messages.',
      () => counters.icmpv6Signalling,
    ),
    one(
      'counter',
      'mip6_undecoded_packets_total',
      'Packets that are no IP.',
      () => counters.undecoded,
    ),
    one('counter', 'mip6_esp_packets_total', 'ESP packets.', () => counters.esp),
    one(
      'counter',
      'mip6_opened_esp_packets_total',
      'ESP packets that were decrypted.',
      () => counters.espOpened,
    ),
    many(
      'counter',
      'mip6_decrypt_failures_total',
      'ESP packets that could not be decrypted.',
      ['reason'],
      decryption,
    ),
    many('counter', 'mip6_alerts_total', 'Alerts told.', ['rule', 'severity'], () =>
      [...observer.counts.values()].map(({ rule, severity, count }) => ({
        labels: { rule, severity },
        value: count,
      })),
    ),
    one('counter', 'mip6_muted_alerts_total', 'Alerts held back by mutes.', () => mutes.held),
    one('counter', 'mip6_incidents_total', 'Incidents told.', () => incidents.count),
    many('gauge', 'mip6_bindings', 'Bindings in the table.', ['phase'], () =>
      Object.entries(bindingCounts(sensor)).map(([phase, value]) => ({
        labels: { phase },
        value,
      })),
    ),
    many('gauge', 'mip6_table_entries', 'Entries of a table.', ['table'], () =>
      engine.fill.map(({ table, entries }) => ({ labels: { table }, value: entries })),
    ),
    many('gauge', 'mip6_table_limit_entries', 'Entries that a table holds.', ['table'], () =>
      engine.fill.map(({ table, limit }) => ({ labels: { table }, value: limit })),
    ),
    many(
      'counter',
      'mip6_table_evictions_total',
      'Live entries that a full table forgot; brought up to date every second of traffic.',
      ['table'],
      () => [...counters.evictions].map(([table, value]) => ({ labels: { table }, value })),
    ),
  ];
}

function outputFamilies({ parts, reloads }: SensorFacts): MetricFamily[] {
  const { eve, store } = parts;
  const eveFamilies = [
    one('counter', 'mip6_eve_lines_total', 'EVE lines written.', () => eve.counts.lines),
    one(
      'counter',
      'mip6_eve_lost_lines_total',
      'EVE lines that could not be written.',
      () => eve.counts.lost,
    ),
    one(
      'counter',
      'mip6_eve_write_failures_total',
      'Attempts to write EVE lines refused.',
      () => eve.counts.failures,
    ),
    one(
      'counter',
      'mip6_eve_rotations_total',
      'Files begun because of their size.',
      () => eve.counts.rotations,
    ),
    many('counter', 'mip6_reloads_total', 'Configurations loaded again.', ['result'], () => [
      { labels: { result: 'ok' }, value: reloads.ok },
      { labels: { result: 'failed' }, value: reloads.failed },
    ]),
  ];
  if (store === undefined) return eveFamilies;
  return [
    ...eveFamilies,
    one(
      'counter',
      'mip6_database_rows_total',
      'Things stored in the database.',
      () => store.counts.stored,
    ),
    one(
      'counter',
      'mip6_database_lost_rows_total',
      'Things not stored in the database.',
      () => store.counts.lost,
    ),
    one(
      'counter',
      'mip6_database_write_failures_total',
      'Times that it refused.',
      () => store.counts.failures,
    ),
    one(
      'counter',
      'mip6_database_removed_rows_total',
      'Rows removed by --retention.',
      () => store.counts.removed,
    ),
    one(
      'gauge',
      'mip6_database_waiting_rows',
      'Things that wait to be stored.',
      () => store.waiting,
    ),
  ];
}

function processFamilies(sensor: SensorFacts): MetricFamily[] {
  const { parts, startedAt } = sensor;
  return [
    one(
      'counter',
      'mip6_internal_errors_total',
      'Packets at which mip6guard failed: bugs.',
      () => sensor.internalErrors,
    ),
    one('gauge', 'mip6_resident_memory_octets', 'Memory of the process.', () =>
      process.memoryUsage.rss(),
    ),
    one('counter', 'mip6_cpu_seconds_total', 'Processor time of all threads.', () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    }),
    one('gauge', 'mip6_start_time_seconds', 'Start, since 1970.', () => startedAt / 1e6),
    many('gauge', 'mip6_build_info', 'Version of mip6guard.', ['version'], () => [
      { labels: { version: parts.version }, value: 1 },
    ]),
  ];
}
