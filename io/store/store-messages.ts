/**
 * What the thread of a store and the one that runs the engine say to each other.
 */
import type { StoredRun, StoreErrorKind } from './sqlite.ts';
import type { StoreOperation, StoreReport } from './store-executor.ts';

/** What the thread begins with. */
export interface StoreStart {
  readonly file: string;
  readonly run: StoredRun;
}

/** To the thread. */
export type ToStore =
  | { readonly kind: 'operations'; readonly operations: readonly StoreOperation[] }
  | { readonly kind: 'tidy'; readonly time: string }
  | { readonly kind: 'close' };

/** From the thread. */
export type FromStore =
  | { readonly kind: 'opened'; readonly killed: readonly number[] }
  | { readonly kind: 'failed'; readonly error: StoreErrorKind; readonly message: string }
  | { readonly kind: 'report'; readonly report: StoreReport }
  | { readonly kind: 'tidied'; readonly report: StoreReport };
