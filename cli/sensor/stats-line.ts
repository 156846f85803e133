/**
 * The line of numbers that a sensor writes every now and then: `event_type` `stats`.
 */
import { jsonText } from '../../io/export/json-text.ts';
import { eveTimestamp } from '../../io/export/timestamp.ts';
import { counterRecord } from '../report/document.ts';
import { captureTotals } from './overload.ts';
import type { SensorFacts } from './sensor-facts.ts';
import { bindingCounts, sensorRecord } from './status.ts';

/** The line with its line feed. `capture` and `decoder` are named as Suricata names them. */
export function statsLine(sensor: SensorFacts): string {
  const { parts, engine, observer, incidents, startedAt } = sensor;
  const counters = counterRecord(engine.counters);
  const totals = captureTotals(parts.source.counts ?? []);
  const phases = bindingCounts(sensor);
  const stats = {
    uptime: Math.max(0, Math.round((parts.now() - startedAt) / 1e6)),
    capture: {
      kernel_packets: totals.received,
      kernel_drops: totals.dropped,
      interface_drops: totals.droppedByInterface,
      shed_payload: totals.shedPayload,
      shed_signalling: totals.shedSignalling,
    },
    decoder: {
      pkts: counters.packets,
      bytes: counters.octets,
      ipv4: counters.ipv4,
      ipv6: counters.ipv6,
      undecoded: counters.undecoded,
    },
    detect: { alert: observer.told, incident: incidents.count },
    mip6: { ...counters, bindings: Object.values(phases).reduce((sum, count) => sum + count, 0) },
    sensor: { bindings_by_phase: phases, ...sensorRecord(sensor) },
    ...parts.moreStats?.(),
  };
  return `{"timestamp":"${eveTimestamp(parts.now())}","event_type":"stats","stats":${jsonText(stats)}}\n`;
}
