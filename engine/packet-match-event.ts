/**
 * A packet that a rule of the operator is about.
 */
import type { PacketContext } from './packet-context.ts';

/** The display filter of a rule that is data selects a packet: one event for each such rule. */
export interface PacketMatchEvent {
  readonly kind: 'packet-match';
  /** Addresses of the outermost header; those of IPv4 are IPv4-mapped, and `::` where there is no IP. */
  readonly context: PacketContext;
  readonly ruleId: string;
  /** What the rule counts by, where that is a field: its first value as text, empty without one. */
  readonly value: string;
}
