/**
 * What the engine says of ICMPv6 messages that are no signalling and no ordinary life either.
 */
import type { PacketContext } from './packet-context.ts';

/**
 * An ICMPv6 message that no `icmpv6` event speaks of and that is not an echo, a report of multicast listeners, or one of
 * the errors Destination Unreachable, Packet Too Big and Time Exceeded with a code that is assigned: Parameter Problems,
 * unassigned types and codes. At most one event a second for each sender, receiver, type and code, and at most 256 a
 * second for each receiver. Its checksum is not looked at.
 */
export interface Icmpv6NoticeEvent {
  readonly kind: 'icmpv6-notice';
  readonly context: PacketContext;
  readonly type: number;
  readonly code: number;
  /** Messages like this since the last event of them, this one included. */
  readonly packets: number;
}
