/**
 * The port through which rules with display filters see packets: the engine makes no field trees.
 */
import type { Link, PacketReference } from '../packet.ts';
import type { PacketMatchEvent } from '../packet-match-event.ts';
import type { PacketRecord } from '../ports.ts';

/** A rule whose filter selects a packet. */
export interface PacketMatch {
  readonly ruleId: string;
  readonly value: string;
}

/** Rules that select a packet, with its addresses (16 octets each, of the outermost header). */
export interface MatchedPacket {
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly homeAddressOption: Uint8Array | undefined;
  readonly routingHomeAddress: Uint8Array | undefined;
  readonly hopLimit: number;
  readonly matches: readonly PacketMatch[];
}

/** Tells which rules select a packet. */
export interface PacketMatcher {
  /** Called once for each packet in order; never throws for what it holds. Undefined when no rule selects it. */
  match(record: PacketRecord): MatchedPacket | undefined;
}

/** Events of a packet that rules select. */
export function matchEvents(
  matched: MatchedPacket,
  packet: PacketReference,
  link: Link,
): readonly PacketMatchEvent[] {
  const { source, destination, homeAddressOption, routingHomeAddress, hopLimit, matches } = matched;
  const context = {
    packet,
    link,
    source,
    destination,
    homeAddressOption,
    routingHomeAddress,
    hopLimit,
    linkSource: undefined,
    protection: 'none' as const,
    esp: undefined,
    outer: undefined,
    encapsulation: [],
    isReassembled: false,
    extensions: 0,
    hasFragmentHeader: false,
  };
  return matches.map(({ ruleId, value }) => ({ kind: 'packet-match', context, ruleId, value }));
}
