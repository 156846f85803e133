import {
  addressKey,
  defineRule,
  evidenceOf,
  formatAddress,
  isSecondsApart,
} from '../../engine/rule-api.ts';
import type { AlertDraft, PacketContext, RuleContext } from '../../engine/rule-api.ts';

/** Targets counted. */
const TARGETS = { maxEntries: 8192, windowSeconds: 1 };
/** Sources of several messages within a second. */
const SOURCES = { maxEntries: 8192, ttlSeconds: 2 };
/** A second is counted in so many parts, each so many microseconds long. */
const PARTS = 8;
const PART = 1e6 / PARTS;

/** Messages of a source: the last one, the part of time it was in, and how many there were in it and those before. */
interface Rate {
  last: number;
  part: number;
  readonly counts: number[];
}

/** Kind of test, link, and whether it is inside a tunnel. */
function placeOf(isHome: boolean, link: number, isInTunnel: boolean): number {
  return link * 4 + (isHome ? 1 : 0) + (isInTunnel ? 2 : 0);
}

/** Counts a message; what comes late counts as if it came now. @returns how many there were within a second */
function count(rate: Rate, time: number): number {
  const { counts } = rate;
  const part = Math.floor(time / PART);
  const gone = Math.min(part - rate.part, PARTS);
  for (let i = 0; i < gone; i++) {
    counts.pop();
    counts.unshift(0);
  }
  if (gone > 0) rate.part = part;
  rate.last = Math.max(rate.last, time);
  counts[0] = (counts[0] ?? 0) + 1;
  return counts.reduce((sum, item) => sum + item, 0);
}

/** How many messages of one kind a source has sent in one place within a second, with this one. */
function countOfSource(
  isHome: boolean,
  wire: PacketContext,
  isKept: boolean,
  context: RuleContext,
): number {
  const { source, packet, link, outer } = wire;
  const place = placeOf(isHome, link.id, outer !== undefined);
  const table = context.tableOf<Rate>('sources', SOURCES);
  const known = table.size === 0 ? undefined : table.get(source, undefined, place);
  const before = context.testsOf(isHome ? 'home' : 'care-of', source)?.last;
  const isAlone = before === undefined || isSecondsApart(packet.time, before.packet.time);
  // The engine keeps it: the next one finds it there.
  if (known === undefined && isAlone && isKept) return 1;
  const rateIn = (where: number): Rate => {
    const rate = table.get(source, undefined, where) ?? {
      last: -Infinity,
      part: -Infinity,
      counts: new Array<number>(PARTS).fill(0),
    };
    table.set(rate, source, undefined, where);
    return rate;
  };
  if (!isAlone) {
    // The message before, unless it was counted when it came.
    const { time } = before.packet;
    const rate = rateIn(placeOf(isHome, before.link.id, before.tunnelFrom !== undefined));
    if (rate.last < time) count(rate, time);
  }
  return count(rateIn(place), packet.time);
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
    const fromSource = countOfSource(isHome, wire, event.checksum !== 'wrong', context);
    const toTarget = context.countsOf('targets', TARGETS).add(destination, place);
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
