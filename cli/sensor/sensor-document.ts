/**
 * The end of a sensor's run as the document that the store takes.
 */
import type { EngineSummary } from '../../engine/engine.ts';
import type { AuditDocument } from '../../io/export/records.ts';
import { auditDocument } from '../report/document.ts';
import { faultRecords } from '../report/faults.ts';
import { shownSummary } from '../report/shown-findings.ts';
import type { SensorFacts } from './sensor-facts.ts';

/** What is known at the end. Muted alerts nobody heard of are left out; incidents were stored as they came. */
export function sensorDocument(sensor: SensorFacts, found: EngineSummary): AuditDocument {
  const { source, version } = sensor.parts;
  const { files, keys, rules } = sensor.configuration;
  const summary = shownSummary(found, (alert) => !sensor.mutes.isSilent(alert));
  return auditDocument(
    { ...summary, incidents: [] },
    {
      version,
      inputs: source.inputs,
      faults: faultRecords(source, []),
      crashes: [],
      site: files.config,
      keyFiles: files.keys,
      policies: keys.policies.length,
      unusedKeys: keys.unusedKeys,
      rules: rules.length,
      failOn: 'high',
      isStopped: true,
    },
  );
}
