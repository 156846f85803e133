/**
 * Remembers under which name rules were installed, for a start after a kill with another configuration.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const FILE = 'gateway.instance';
const ID = /^[A-Za-z0-9_]{1,12}$/;

/**
 * The name that an earlier start has used in this folder, when it is another one.
 * @param now the name of this start; its own rules are replaced when it installs them
 */
export function instanceLeft(runDirectory: string, now: string | undefined): string | undefined {
  let text: string;
  try {
    text = readFileSync(path.join(runDirectory, FILE), 'utf8').trim();
  } catch {
    return undefined;
  }
  return ID.test(text) && text !== now ? text : undefined;
}

/** Writes the name down. Throws what the system throws. */
export function noteInstance(runDirectory: string, id: string): void {
  writeFileSync(path.join(runDirectory, FILE), `${id}\n`, { mode: 0o600 });
}
