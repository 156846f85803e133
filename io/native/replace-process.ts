/**
 * This program again with other flags of Node.js, in the same process: who watches over it sees no other.
 */
import { createRequire } from 'node:module';

/** Standard input, output and error. */
const STANDARD = [0, 1, 2];
/** fcntl(2): flags of a descriptor. */
const F_SETFD = 2;

interface Library {
  func(definition: string): (...values: readonly unknown[]) => unknown;
}

function isKoffi(value: unknown): value is { load(library: string): Library } {
  return typeof value === 'object' && value !== null && 'load' in value;
}

/**
 * Starts this program anew with flags that it was not started with, by execv(3). Does not return when that works: nothing of
 * this process stays but its number, its standard descriptors and its environment. Returns when it has the flags, and where
 * it cannot be done (no Linux, no package `koffi`).
 * @param flags of Node.js that can only be set before it starts
 */
export function restartWith(flags: readonly string[]): void {
  const missing = flags.filter((flag) => !process.execArgv.includes(flag));
  if (missing.length === 0 || process.platform !== 'linux') return;
  try {
    const koffi: unknown = createRequire(import.meta.url)('koffi');
    if (!isKoffi(koffi)) return;
    const library = koffi.load('libc.so.6');
    const fcntl = library.func('int fcntl(int descriptor, int command, int argument)');
    const execv = library.func('int execv(const char *path, const char **arguments)');
    // Node.js has them closed when another program is started.
    for (const descriptor of STANDARD) fcntl(descriptor, F_SETFD, 0);
    const program = [...missing, ...process.execArgv, ...process.argv.slice(1)];
    execv(process.execPath, [process.execPath, ...program, null]);
  } catch {
    // It goes on as it is: what is missing is said by who needs it.
  }
}
