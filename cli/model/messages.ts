/**
 * What the process with a model and the one that shows it say to each other. Plain values; addresses of memory and keys
 * are in none.
 */
import type { ModelStatus } from '../../engine/views/model/index.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { NotedModel } from './noted-model.ts';
import type { ModelOptions } from './open-local.ts';

/** Requests by name: those of the model that are answered by promises. */
export type RequestName = Exclude<
  keyof NotedModel,
  'status' | 'subscribe' | 'checkFilter' | 'close'
>;

/** Arguments of a request. */
export type RequestArguments<N extends RequestName> = Parameters<NotedModel[N]>;

/** Answer to a request. */
export type RequestAnswer<N extends RequestName> = Awaited<ReturnType<NotedModel[N]>>;

/** One request. */
export type Request = {
  readonly [N in RequestName]: {
    readonly kind: 'request';
    readonly id: number;
    readonly name: N;
    readonly arguments: RequestArguments<N>;
  };
}[RequestName];

/** To the process with the model. `open` comes first. */
export type HostMessage = { readonly kind: 'open'; readonly options: ModelOptions } | Request;

/** From the process with the model. */
export type ClientMessage =
  /** The process listens. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'opened'; readonly status: ModelStatus }
  /** It could not be opened. `exitCode` undefined: a bug. */
  | { readonly kind: 'refused'; readonly message: string; readonly exitCode: ExitCode | undefined }
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'status'; readonly status: ModelStatus }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly message: string };
