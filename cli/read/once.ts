/**
 * Inputs that can be read only once.
 */
import { statSync } from 'node:fs';
import { CliError, EXIT } from '../exit-codes.ts';

/** Whether an input can be read only once: standard input, a pipe, a device. */
function isReadOnce(input: string): boolean {
  if (input === '-') return true;
  const stats = statSync(input, { throwIfNoEntry: false });
  return stats !== undefined && !stats.isFile() && !stats.isDirectory();
}

/**
 * For what reads its inputs twice.
 * @throws CliError (2) when one can be read only once
 */
export function requireFiles(inputs: readonly string[]): void {
  const once = inputs.find(isReadOnce);
  if (once === undefined) return;
  const what = once === '-' ? 'standard input' : once;
  throw new CliError(
    EXIT.usage,
    `what mip6guard finds (mip6guard.* fields, --findings, comments of -w) takes two readings, and ${what} can be read once`,
    { hint: 'Save it to a file first: cat > capture.pcapng. For -w alone: add --no-findings.' },
  );
}
