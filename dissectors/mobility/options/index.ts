/**
 * All mobility option tables; a further RFC is one import and one entry.
 */
import { optionCodec } from '../option.ts';
import type { OptionCodec } from '../option.ts';
import { rfc6275Options } from './rfc6275.ts';

/** Codec of all known mobility options. */
export const mobilityOptions = optionCodec([rfc6275Options]);

/** Any mobility option, told apart by `kind`. */
export type MobilityOption = typeof mobilityOptions extends OptionCodec<infer O> ? O : never;

/** The first option of a kind, or undefined. */
export function findOption<K extends MobilityOption['kind']>(
  options: readonly MobilityOption[],
  kind: K,
): Extract<MobilityOption, { kind: K }> | undefined {
  return options.find((item): item is Extract<MobilityOption, { kind: K }> => item.kind === kind);
}
