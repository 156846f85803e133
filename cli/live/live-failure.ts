/**
 * Failures of a live capture, as commands tell them.
 */
import { LiveError } from '../../io/capture/live/live-error.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { nearest } from '../suggestion.ts';

/**
 * What to throw for a failed opening: 2 for what the user typed (interface, filter, option), 4 for what the machine
 * lacks. Anything that is no LiveError comes back as it is.
 */
export function liveFailure(error: unknown): unknown {
  if (!(error instanceof LiveError)) return error;
  const { message, hint, known, interfaceName } = error;
  const meant = interfaceName === undefined ? undefined : nearest(interfaceName, known);
  const told = meant === undefined ? hint : [`Did you mean ${meant}?`, hint].join(' ');
  return new CliError(error.isUsage ? EXIT.usage : EXIT.environment, message, {
    ...(told === undefined ? {} : { hint: told }),
    cause: error,
  });
}
