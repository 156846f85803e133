/**
 * Neighbor discovery options: the table of the known ones.
 */
import { ndOptionCodec } from './nd-option.ts';
import type { NdOptionCodec } from './nd-option.ts';
import { basicOptions } from './options/basic.ts';
import { fastHandoverOptions } from './options/fast-handover.ts';
import { routerOptions } from './options/router.ts';
import { sendOptions } from './options/send.ts';

export { PREFIX_INFORMATION_FLAGS } from './options/basic.ts';

/** All known options; a new one is one entry of one of the tables. */
export const ND_OPTIONS = [
  ...basicOptions,
  ...routerOptions,
  ...sendOptions,
  ...fastHandoverOptions,
] as const;

/** Codec of all known options. */
export const ndOptions = ndOptionCodec(ND_OPTIONS);

/** Any neighbor discovery option, told apart by `kind`. */
export type NdOption = typeof ndOptions extends NdOptionCodec<infer O> ? O : never;

/** The first option of a kind, or undefined. */
export function findNdOption<K extends NdOption['kind']>(
  options: readonly NdOption[],
  kind: K,
): Extract<NdOption, { kind: K }> | undefined {
  return options.find((item): item is Extract<NdOption, { kind: K }> => item.kind === kind);
}
