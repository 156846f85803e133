/**
 * Audits the mixed traffic of the benchmarks.
 */
import type { EngineSummary } from '../../engine/engine.ts';
import { parseKeyText } from '../../engine/keys/key-text.ts';
import { Engine } from '../../engine/pipeline.ts';
import type { RuleDefinition } from '../../engine/rule-api.ts';
import { UNKNOWN_SITE } from '../../engine/site.ts';
import { captureInterface, packetRecord } from '../engine/packet-records.ts';

/** Ethernet. */
const LINK_TYPE = 1;
const PACKETS_A_SECOND = 5000;

/**
 * What an audit finds in the frames, 5000 a second.
 * @param keys text of a key file
 */
export function auditMixedTraffic(
  frames: readonly Uint8Array[],
  rules: readonly RuleDefinition[],
  keys: string,
): EngineSummary {
  const engine = new Engine({
    site: UNKNOWN_SITE,
    rules,
    associations: parseKeyText(keys, 'keys').associations,
    inputs: [{ name: 'mixed', packets: frames.length }],
    interfaces: [captureInterface(LINK_TYPE)],
    seed: 1,
  });
  for (const [i, bytes] of frames.entries()) {
    engine.feed(packetRecord(bytes, i + 1, i / PACKETS_A_SECOND, { linkType: LINK_TYPE }));
  }
  return engine.finish();
}
