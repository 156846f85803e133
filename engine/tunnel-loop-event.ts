/**
 * What the engine says of packets that go round through tunnels.
 */
import type { PacketContext } from './packet-context.ts';

/**
 * One inner packet came again and again on one link, each time with a lower hop limit or inside more tunnels. At most one
 * event a second for each pair of tunnel ends.
 */
export interface TunnelLoopEvent {
  readonly kind: 'tunnel-loop';
  /** The inner packet; `outer` is the tunnel it came in this time. */
  readonly context: PacketContext;
  /** Times it was seen, 4 or more. */
  readonly sightings: number;
  /** Its hop limit when it was seen first. */
  readonly firstHopLimit: number;
  /** Tunnels around it then and now. */
  readonly firstDepth: number;
  readonly depth: number;
}
