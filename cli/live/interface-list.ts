/**
 * `-D`: interfaces that can be captured on.
 */
import { liveInterfaces } from '../../io/capture/live/index.ts';
import { liveFailure } from './live-failure.ts';

/** Names, in the order of their numbers. Throws CliError (4) when the package is missing. */
export function interfaceNames(): readonly string[] {
  try {
    return liveInterfaces();
  } catch (error) {
    throw liveFailure(error);
  }
}

/** A line an interface, as tshark lists them. Throws CliError (4). */
export function interfaceList(): string {
  return interfaceNames()
    .map((name, index) => `${index + 1}. ${name}\n`)
    .join('');
}
