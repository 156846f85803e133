/**
 * Events about traffic of bindings and about ESP of no use, made by hand.
 */
import type { BindingTraffic, BindingTrafficEvent, EspRefusalsEvent } from '../../engine/events.ts';
import type { Binding } from '../../engine/state/binding-cache.ts';
import { ATTACKER, HOME_AGENT, START_TIME, packetAt } from './event-builders.ts';

const NOTHING: BindingTraffic = {
  toByRouting: 0,
  toByTunnel: 0,
  toOctets: 0,
  tcpData: 0,
  fromByOption: 0,
  fromByTunnel: 0,
  fromCareOf: 0,
  fromHome: 0,
  bareAcknowledgements: 0,
  aheadAcknowledgements: 0,
  errors: 0,
  toHome: 0,
  toHomeOctets: 0,
  lastTo: undefined,
  lastToHome: undefined,
  lastBare: undefined,
  lastError: undefined,
};

/** Traffic of a binding, told `seconds` after the start; last packets are filled in where there were any. */
export function bindingTrafficEvent(
  binding: Binding,
  seconds: number,
  counted: Partial<BindingTraffic>,
): BindingTrafficEvent {
  const traffic = { ...NOTHING, ...counted };
  const packet = packetAt(Math.round(seconds * 10), seconds);
  const bare = traffic.bareAcknowledgements + traffic.aheadAcknowledgements;
  return {
    kind: 'binding-traffic',
    time: START_TIME + Math.round(seconds * 1e6),
    binding,
    traffic: {
      ...traffic,
      lastTo: traffic.toByRouting + traffic.toByTunnel > 0 ? packet : undefined,
      lastToHome: traffic.toHome > 0 ? packet : undefined,
      lastBare: bare > 0 ? packet : undefined,
      lastError:
        traffic.errors > 0
          ? { packet, source: binding.careOfAddress, type: 4, code: 0 }
          : undefined,
    },
  };
}

/** ESP that HOME_AGENT cannot use, told `seconds` after the start. */
export function espRefusalsEvent(
  seconds: number,
  counted: Partial<Pick<EspRefusalsEvent, 'failed' | 'fresh' | 'settled'>>,
): EspRefusalsEvent {
  return {
    kind: 'esp-refusals',
    time: START_TIME + Math.round(seconds * 1e6),
    homeAgent: HOME_AGENT,
    failed: 0,
    fresh: 0,
    settled: 0,
    source: ATTACKER,
    packet: packetAt(Math.round(seconds * 10), seconds),
    ...counted,
  };
}
