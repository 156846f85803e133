/**
 * A node at work, as its control socket and its metrics see it.
 */
import type { PacketLink, TunDevice } from '../../io/inline/index.ts';
import type { ComposedNode } from './compose.ts';
import type { NodeDocument } from './node-schema.ts';

/** A node with what it stands on. */
export interface RunningNode {
  readonly settings: NodeDocument;
  readonly node: ComposedNode;
  readonly links: readonly PacketLink[];
  readonly tun: TunDevice | undefined;
  /** Alarms told so far, by event. */
  readonly alarms: ReadonlyMap<string, number>;
}
