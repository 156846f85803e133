/**
 * What builders of views need to say where and when.
 */
import type { PacketReference } from '../packet.ts';

/** Position in rows of a packet that is not kept. */
export const NOT_KEPT = -1;

/** Where packets of a run stand in its list. */
export interface RowPlace {
  /** Capture time of the first packet, microseconds since 1970. */
  readonly firstTime: number;
  /** Position of a packet; undefined when it is not kept. */
  readonly positionOf: (packet: PacketReference) => number | undefined;
}

/** Seconds since the first packet of a time in microseconds since 1970. */
export function secondsAt(time: number, { firstTime }: Pick<RowPlace, 'firstTime'>): number {
  return (time - firstTime) / 1e6;
}

/** The last `most` of what is told, in its order. */
export function lastOf<T>(items: Iterable<T>, most: number): T[] {
  const all = [...items];
  return all.length <= most ? all : all.slice(all.length - most);
}
