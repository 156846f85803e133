/**
 * A rule that finds something in every packet, before a whole engine: what is done with findings can be seen.
 */
import { build } from '../../../dissectors/index.ts';
import type { EngineOptions } from '../../../engine/engine.ts';
import { Engine } from '../../../engine/pipeline.ts';
import { defineRule, formatAddress } from '../../../engine/rule-api.ts';
import type { RuleDefinition } from '../../../engine/rule-api.ts';
import type { Site } from '../../../engine/site.ts';
import { CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, makeSite } from '../../rules/site.ts';
import { captureInterface, packetRecord } from '../packet-records.ts';

/**
 * A rule that finds something in every packet with a type 2 routing header of two segments: about the source, for the
 * home address, once a source was seen `least` times.
 */
export function noisyRule(id: string): RuleDefinition {
  return defineRule({
    id,
    title: 'Every packet',
    severity: 'low',
    category: 'integrity',
    references: ['none section 1'],
    needs: [],
    verdict: 'alert',
    explanation: 'A test.',
    advice: 'None.',
    on: ['malformed'],
    params: { least: { default: 1, min: 1, max: 100, unit: 'packets', doc: 'packets before' } },
    evaluate({ context: packet }, context) {
      const seen = context.table<number>('seen', { maxEntries: 1000, ttlSeconds: 10_000 });
      const source = formatAddress(packet.source);
      const count = (seen.get(source) ?? 0) + 1;
      seen.set(source, count);
      if (count < context.params.least) return undefined;
      return {
        object: source,
        message: `packet of ${source}, ${count} so far`,
        packet: packet.packet,
        evidence: [{ packet: packet.packet, text: 'it' }],
        confidence: 'certain',
        homeAddress: HOME_ADDRESS,
      };
    },
  });
}

/** An engine and a way to give it packets. */
export interface Bench {
  readonly engine: Engine;
  /** Gives a packet. @param second of the capture */
  readonly send: (second: number, source?: Uint8Array, destination?: Uint8Array) => void;
}

/** An engine with rules and settings of a site. */
export function bench(
  rules: readonly RuleDefinition[],
  site: Partial<Site> = {},
  options: Partial<EngineOptions> = {},
): Bench {
  const engine = new Engine({
    site: makeSite(site),
    rules,
    associations: [],
    inputs: [{ name: 'a', packets: 0 }],
    interfaces: [captureInterface()],
    seed: 1,
    ...options,
  });
  let number = 0;
  return {
    engine,
    send(second, source = CORRESPONDENT, destination = HOME_AGENT) {
      const headers = [build.type2RoutingHeader(HOME_ADDRESS, 2)];
      const bytes = build.ipv6Packet({ source, destination, headers });
      number++;
      engine.feed(packetRecord(bytes, number, second));
    },
  };
}
