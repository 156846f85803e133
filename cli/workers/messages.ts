/**
 * What reading threads and the main thread say to each other.
 */
import type { CaptureFault, CaptureInterface } from '../../engine/ports.ts';
import type { PacketBatch } from './packet-batch.ts';

/** What a reading thread is started with. Keys are not sent: the thread reads the key files itself. */
export interface ReaderStart {
  /** Files, as `expandInputs` named them. */
  readonly inputs: readonly string[];
  readonly keyFiles: readonly string[];
}

/** From a reading thread. */
export type ReaderMessage =
  | {
      readonly kind: 'batch';
      readonly batch: PacketBatch;
      /** Interfaces found since the last message; indices are the thread's own. */
      readonly interfaces: readonly CaptureInterface[];
      readonly octetsRead: number;
    }
  | {
      readonly kind: 'end';
      readonly faults: readonly CaptureFault[];
    }
  | { readonly kind: 'failed'; readonly reason: string };

/** To a reading thread: it may send one more batch, or shall stop. */
export type MainMessage = 'more' | 'stop';

/** Batches a reading thread may send before it hears `more`: bounds the memory of a fast reader. */
export const BATCHES_AHEAD = 4;
