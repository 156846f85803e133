/**
 * Which of the Diffie-Hellman secrets that were given may be that of an exchange.
 */
import { equalBytes } from '../../dissectors/core/bytes.ts';
import type { SharedSecret } from './secret.ts';

/** Fewest octets of a public value that say for which exchange a secret is. */
export const MIN_PUBLIC_OCTETS = 8;
/** Secrets tried that do not say for which exchange they are. */
export const MAX_TRIED_SECRETS = 16;

/** Key Exchange Data of an exchange. */
export interface PublicValues {
  readonly initiator: Uint8Array | undefined;
  readonly responder: Uint8Array | undefined;
}

function startsWith(value: Uint8Array | undefined, start: Uint8Array): boolean {
  return (
    value !== undefined &&
    start.length >= MIN_PUBLIC_OCTETS &&
    start.length <= value.length &&
    equalBytes(value, 0, start, 0, start.length)
  );
}

/**
 * Secrets that may be that of an exchange: those that name a public value of it; else those that name none and
 * were not found to be that of another one, at most MAX_TRIED_SECRETS, to be told apart by what they open.
 */
export function fittingSecrets(
  secrets: readonly SharedSecret[],
  { initiator, responder }: PublicValues,
  used: ReadonlySet<SharedSecret>,
): readonly SharedSecret[] {
  const named = secrets.filter(
    ({ publicValue }) =>
      publicValue !== undefined &&
      (startsWith(initiator, publicValue) || startsWith(responder, publicValue)),
  );
  if (named.length > 0) return named.slice(0, 1);
  return secrets
    .filter((secret) => secret.publicValue === undefined && !used.has(secret))
    .slice(0, MAX_TRIED_SECRETS);
}
