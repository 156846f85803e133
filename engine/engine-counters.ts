/**
 * The numbers of a run before its first packet.
 */
import type { EngineCounters } from './engine.ts';

/** Counters at zero. */
export function newCounters(): EngineCounters {
  return {
    packets: 0,
    octets: 0,
    ipv6: 0,
    ipv4: 0,
    undecoded: 0,
    cut: 0,
    fragments: 0,
    reassembled: 0,
    mobility: 0,
    icmpv6Signalling: 0,
    homeAddressOptions: 0,
    type2RoutingHeaders: 0,
    tunnelled: 0,
    esp: 0,
    espOpened: 0,
    espNoKey: 0,
    espReadAsNull: 0,
    espIcvMismatch: 0,
    espMalformed: 0,
    mobilityByType: new Array<number>(256).fill(0),
    diagnostics: new Map(),
    evictions: new Map(),
  };
}
