/**
 * A model whose log takes lines from outside.
 */
import type { PacketModel } from '../../engine/views/model/index.ts';

/** What the models of this program can do besides. */
export interface NotedModel extends PacketModel {
  /** Puts a warning into the log. */
  note: (text: string) => Promise<void>;
}
