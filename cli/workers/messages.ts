/**
 * What reading threads and the main thread say to each other.
 */
import type { CaptureFault, CaptureInterface } from '../../engine/ports.ts';
import type { InputPath } from '../../io/capture/inputs.ts';
import type { BatchBuffers, PacketBatch } from './packet-batch.ts';

/** What a reading thread is started with. Keys are not sent: the thread reads the key files itself. */
export interface ReaderStart {
  /** Regular files. */
  readonly inputs: readonly InputPath[];
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

/** To a reading thread: it may send one more batch, in the memory of one that was read; or it shall stop. */
export type MainMessage = BatchBuffers | 'stop';

/** Batches a reading thread may send before one comes back: bounds the memory of a fast reader. */
export const BATCHES_AHEAD = 4;
