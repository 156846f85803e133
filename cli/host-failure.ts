/**
 * What the machine refuses, as a command tells it.
 */
import { HostError } from '../io/native/host-error.ts';
import { StoreError } from '../io/store/sqlite-file.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { nearest } from './suggestion.ts';

/** Errors of the host and of stores as CliError (2 for what was typed, else 4); others as they are. */
export function hostFailure(error: unknown): unknown {
  if (error instanceof StoreError) {
    const code = error.kind === 'usage' ? EXIT.usage : EXIT.environment;
    return new CliError(code, error.message, { cause: error });
  }
  if (!(error instanceof HostError)) return error;
  const { interfaceName, known, hint, isUsage } = error;
  const meant = interfaceName === undefined ? undefined : nearest(interfaceName, known);
  const hints = [
    ...(meant === undefined ? [] : [`Did you mean ${meant}?`]),
    ...(known.length === 0 ? [] : [`Interfaces here: ${known.join(', ')}.`]),
    ...(hint === undefined ? [] : [hint]),
  ];
  return new CliError(isUsage ? EXIT.usage : EXIT.environment, error.message, {
    cause: error,
    ...(hints.length === 0 ? {} : { hint: hints.join(' ') }),
  });
}
