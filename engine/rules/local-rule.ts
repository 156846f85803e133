/**
 * Rules of the operator: a display filter, how often it may match, and what to say then.
 */
import { formatAddress } from '../../dissectors/core/address.ts';
import type { Link, PacketReference } from '../packet.ts';
import type { PacketMatchEvent } from '../packet-match-event.ts';
import { defineRule } from '../rule-api.ts';
import type { RuleContext, RuleDefinition, Severity, Verdict } from '../rule-api.ts';

/** Things counted at the same time by one rule. */
const MAX_COUNTED = 8192;
/** Packets shown as evidence of one alert. */
const MAX_EVIDENCE = 8;
/** Longest value of a field shown, characters. */
const MAX_VALUE = 80;

/** A rule as its file has it. */
export interface LocalRuleData {
  /** `LOCAL-0001` to `LOCAL-9999`. */
  readonly id: string;
  readonly title: string;
  readonly severity: Severity;
  readonly filter: string;
  /** Packets within seconds from which on it speaks; 1 without a threshold. */
  readonly count: number;
  readonly seconds: number;
  /** What is counted by, and what an alert is about: `source`, `destination`, `home-address`, or a field. */
  readonly by: string;
  readonly verdict: Verdict;
  readonly explanation: string;
  readonly advice: string;
  readonly references: readonly string[];
}

/** A packet that counted. */
interface Seen {
  readonly packet: PacketReference;
  readonly link: Link;
}

type Params = Record<'count' | 'seconds', number>;

/** The rule that a file describes; `count` and `seconds` can be changed like parameters of other rules. */
export function localRule(data: LocalRuleData): RuleDefinition {
  const { id, title, severity, filter, by, verdict, explanation, advice, references } = data;
  return defineRule({
    id,
    title,
    severity,
    category: 'local',
    references,
    needs: [],
    verdict,
    explanation,
    advice,
    revision: JSON.stringify(data),
    on: ['packet-match'],
    params: {
      count: {
        default: data.count,
        min: 1,
        max: 1_000_000,
        unit: 'packets',
        doc: 'packets that the filter selects, from which on the rule speaks',
      },
      seconds: {
        default: data.seconds,
        min: 1,
        max: 604_800,
        unit: 'seconds',
        doc: 'time in which they come',
      },
    },
    evaluate(event, context: RuleContext<Params>) {
      if (event.ruleId !== id) return undefined;
      const { params } = context;
      const { packet, link, source, destination } = event.context;
      const seen = { packet, link };
      const homeAddress = homeAddressOf(event, context);
      const key = keyOf(by, event, homeAddress);
      const shown = key.length > MAX_VALUE ? `${key.slice(0, MAX_VALUE - 1)}…` : key;
      const counts = context.counts('matches', {
        maxEntries: MAX_COUNTED,
        windowSeconds: params.seconds,
      });
      const recent = context.table<readonly Seen[]>('recent', {
        maxEntries: MAX_COUNTED,
        ttlSeconds: params.seconds,
      });
      const packets = params.count > 1 ? [...(recent.get(key) ?? []), seen] : [seen];
      const kept = packets.slice(-MAX_EVIDENCE);
      if (params.count > 1) recent.set(key, kept);
      const count = params.count > 1 ? counts.add(key) : 1;
      if (count < params.count) return undefined;
      const parties = `from ${formatAddress(source)} to ${formatAddress(destination)}`;
      const often =
        params.count > 1
          ? `${count} packets in ${params.seconds} s (${by} ${shown}), the last`
          : 'a packet';
      return {
        object: `${by} ${key}`,
        message: `${title}: ${often} ${parties}`,
        packet,
        evidence: kept.map((item) => ({ ...item, text: `selected by: ${filter}` })),
        confidence: 'certain',
        ...(homeAddress === undefined ? {} : { homeAddress }),
      };
    },
  });
}

/** Home address that a packet names, or one that is known. */
function homeAddressOf(
  { context: { homeAddressOption, routingHomeAddress, source, destination } }: PacketMatchEvent,
  context: Pick<RuleContext, 'isHomeAddress'>,
): Uint8Array | undefined {
  const named = homeAddressOption ?? routingHomeAddress;
  if (named !== undefined) return named;
  return [source, destination].find((address) => context.isHomeAddress(address));
}

function keyOf(by: string, event: PacketMatchEvent, homeAddress: Uint8Array | undefined): string {
  switch (by) {
    case 'source':
      return formatAddress(event.context.source);
    case 'destination':
      return formatAddress(event.context.destination);
    case 'home-address':
      return homeAddress === undefined ? '' : formatAddress(homeAddress);
    default:
      return event.value;
  }
}
