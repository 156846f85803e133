/**
 * Audits frames without keys.
 */
import { loadRules } from '../../../cli/rules-directory.ts';
import type { EngineSummary } from '../../../engine/engine.ts';
import { Engine } from '../../../engine/pipeline.ts';
import { makeSite } from '../../rules/site.ts';

const LINK_TYPE_RAW = 101;
const rules = await loadRules();

/** What an audit finds in IPv6 packets that come a second apart, of which the capture cut `cut` octets. */
export function auditFrames(frames: readonly Uint8Array[], cut = 0): EngineSummary {
  const link = { inputIndex: 0, name: 'a', description: undefined, linkType: LINK_TYPE_RAW };
  const engine = new Engine({
    site: makeSite(),
    rules,
    associations: [],
    inputs: [{ name: 'a', packets: frames.length }],
    interfaces: [{ ...link, snapLength: 0 }],
    seed: 1,
  });
  for (const [i, bytes] of frames.entries()) {
    engine.feed({
      bytes,
      offset: 0,
      end: bytes.length - cut,
      originalLength: bytes.length,
      seconds: 1_700_000_000 + i,
      nanoseconds: 0,
      linkType: LINK_TYPE_RAW,
      interfaceIndex: 0,
      inputIndex: 0,
      number: i + 1,
      fileOffset: 0,
    });
  }
  return engine.finish();
}
