/**
 * All mobility option tables; a further RFC is one import and one entry.
 */
import { optionCodec } from '../option.ts';
import type { OptionCodec } from '../option.ts';
import { rfc3963Options } from './rfc3963.ts';
import { rfc4283Options } from './rfc4283.ts';
import { rfc4285Options } from './rfc4285.ts';
import { rfc4866Options } from './rfc4866.ts';
import { rfc5026Options } from './rfc5026.ts';
import { rfc5094Options } from './rfc5094.ts';
import { rfc5096Options } from './rfc5096.ts';
import { rfc5149Options } from './rfc5149.ts';
import { rfc5213Options } from './rfc5213.ts';
import { rfc5555Options } from './rfc5555.ts';
import { rfc5568Options } from './rfc5568.ts';
import { rfc5648Options } from './rfc5648.ts';
import { rfc5844Options } from './rfc5844.ts';
import { rfc5845Options } from './rfc5845.ts';
import { rfc5847Options } from './rfc5847.ts';
import { contextRequest, rfc5949Options } from './rfc5949.ts';
import { rfc6058Options } from './rfc6058.ts';
import { rfc6089Options } from './rfc6089.ts';
import { rfc6275Options } from './rfc6275.ts';
import { rfc6463Options } from './rfc6463.ts';
import { rfc6602Options } from './rfc6602.ts';
import { rfc6705Options } from './rfc6705.ts';
import { rfc6757Options } from './rfc6757.ts';
import { rfc6909Options } from './rfc6909.ts';
import { rfc7028Options } from './rfc7028.ts';
import { rfc7148Options } from './rfc7148.ts';
import { rfc7161Options } from './rfc7161.ts';
import { rfc7222Options } from './rfc7222.ts';
import { rfc7389Options } from './rfc7389.ts';
import { rfc7411Options } from './rfc7411.ts';
import { rfc8127Options } from './rfc8127.ts';
import { rfc8278Options } from './rfc8278.ts';
import { rfc8885Options } from './rfc8885.ts';

const tables = [
  rfc3963Options,
  rfc4283Options,
  rfc4285Options,
  rfc4866Options,
  rfc5026Options,
  rfc5094Options,
  rfc5096Options,
  rfc5149Options,
  rfc5213Options,
  rfc5555Options,
  rfc5568Options,
  rfc5648Options,
  rfc5844Options,
  rfc5845Options,
  rfc5847Options,
  rfc5949Options,
  rfc6058Options,
  rfc6089Options,
  rfc6275Options,
  rfc6463Options,
  rfc6602Options,
  rfc6705Options,
  rfc6757Options,
  rfc6909Options,
  rfc7028Options,
  rfc7148Options,
  rfc7161Options,
  rfc7222Options,
  rfc7389Options,
  rfc7411Options,
  rfc8127Options,
  rfc8278Options,
  rfc8885Options,
] as const;

/** A Context Request names options of all tables. */
const requestable = tables.flat().map(({ type, name, spec }) => ({ value: type, name, spec }));

/** Codec of all known mobility options. */
export const mobilityOptions = optionCodec([...tables, [contextRequest(requestable)]]);

/** Any mobility option, told apart by `kind`. */
export type MobilityOption = typeof mobilityOptions extends OptionCodec<infer O> ? O : never;

/** The first option of a kind, or undefined. */
export function findOption<K extends MobilityOption['kind']>(
  options: readonly MobilityOption[],
  kind: K,
): Extract<MobilityOption, { kind: K }> | undefined {
  return options.find((item): item is Extract<MobilityOption, { kind: K }> => item.kind === kind);
}
