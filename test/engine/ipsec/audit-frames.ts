/**
 * Audits frames without keys.
 */
import { loadRules } from '../../../cli/rules-directory.ts';
import type { EngineSummary } from '../../../engine/engine.ts';
import { Engine } from '../../../engine/pipeline.ts';
import { makeSite } from '../../rules/site.ts';
import { captureInterface, packetRecord } from '../packet-records.ts';

const rules = await loadRules();

/** What an audit finds in IPv6 packets that come a second apart, of which the capture cut `cut` octets. */
export function auditFrames(frames: readonly Uint8Array[], cut = 0): EngineSummary {
  const engine = new Engine({
    site: makeSite(),
    rules,
    associations: [],
    inputs: [{ name: 'a', packets: frames.length }],
    interfaces: [captureInterface()],
    seed: 1,
  });
  for (const [i, bytes] of frames.entries()) {
    engine.feed(packetRecord(bytes, i + 1, i, { cut }));
  }
  return engine.finish();
}
