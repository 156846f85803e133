import { addressKey, defineRule, evidenceOf, formatAddress } from '../../engine/rule-api.ts';
import type { AlertDraft } from '../../engine/rule-api.ts';

/** Sources and targets counted. */
const BOUNDS = { maxEntries: 8192, windowSeconds: 1 };

/** Kind of test, link, and whether it is inside a tunnel. */
function placeOf(isHome: boolean, link: number, isInTunnel: boolean): number {
  return link * 4 + (isHome ? 1 : 0) + (isInTunnel ? 2 : 0);
}

export default defineRule({
  id: 'MIP6-1503',
  title: 'Flood of Home Test Init or Care-of Test Init messages',
  severity: 'medium',
  category: 'exhaustion',
  references: ['RFC 6275 sections 11.8 and 15.4.5', 'RFC 4225 section 4.2'],
  needs: [],
  verdict: 'rate-limit',
  explanation:
    'A correspondent answers each init message with a computed token, to whatever source it came from. A node sends at ' +
    'most three a second of each kind to one correspondent. Many more come from a source that floods, or, with sources ' +
    'that are made up, against one correspondent: its time, and the path to whoever gets the answers, are used up.',
  advice:
    'Limit init messages at the correspondent. Correspondents may stop answering them for a while: traffic then goes ' +
    'through the home agent.',
  on: ['mobility'],
  messages: ['home-test-init', 'care-of-test-init'],
  params: {
    perSource: {
      default: 20,
      min: 4,
      max: 100_000,
      unit: 'messages per second',
      doc: 'init messages of one kind from one source on one link',
    },
    perTarget: {
      default: 100,
      min: 4,
      max: 1_000_000,
      unit: 'messages per second',
      doc: 'init messages of one kind from all sources to one correspondent on one link',
    },
  },
  evaluate(event, context) {
    const { kind } = event.header.message;
    const isHome = kind === 'home-test-init';
    if (!isHome && kind !== 'care-of-test-init') return undefined;
    const { context: wire } = event;
    const { source, destination, packet, link, outer } = wire;
    // The same message in and behind a tunnel is one.
    const place = placeOf(isHome, link.id, outer !== undefined);
    const { perSource, perTarget } = context.params;
    const fromSource = context.countsOf('sources', BOUNDS).add(source, place);
    const toTarget = context.countsOf('targets', BOUNDS).add(destination, place);
    if (fromSource <= perSource && toTarget <= perTarget) return undefined;
    const name = isHome ? 'Home Test Init' : 'Care-of Test Init';
    const test = isHome ? 'home' : 'care-of';
    const found: AlertDraft[] = [];
    if (fromSource > perSource) {
      found.push({
        object: `${test} from ${addressKey(source)}`,
        message: `${formatAddress(source)} sends more than ${perSource} ${name} messages a second`,
        packet,
        evidence: [
          evidenceOf(
            wire,
            `${name} to ${formatAddress(destination)}, the ${fromSource}th within a second`,
          ),
        ],
        confidence: 'certain',
        stage: 'denial-of-service',
        attacker: source,
      });
    }
    if (toTarget > perTarget) {
      found.push({
        object: `${test} to ${addressKey(destination)}`,
        message: `${formatAddress(destination)} gets more than ${perTarget} ${name} messages a second`,
        packet,
        evidence: [
          evidenceOf(
            wire,
            `${name} from ${formatAddress(source)}, the ${toTarget}th within a second`,
          ),
        ],
        confidence: 'certain',
        stage: 'denial-of-service',
      });
    }
    return found;
  },
});
