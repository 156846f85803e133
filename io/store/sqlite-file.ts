/**
 * Files of SQLite databases: the package that opens them, where they may be, and what is wrong with one in words.
 */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import type Sqlite from 'better-sqlite3';

/** What a store error is about: the file that was named, or the machine. */
export type StoreErrorKind = 'usage' | 'environment';

/** The store cannot be opened or written. The message says what, where and what to do. */
export class StoreError extends Error {
  readonly kind: StoreErrorKind;

  constructor(kind: StoreErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StoreError';
    this.kind = kind;
  }
}

/** The native package is optional and costs time to load: only who asks for a store pays. */
export async function loadSqlite(option: string): Promise<{ default: typeof Sqlite }> {
  try {
    return await import('better-sqlite3');
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new StoreError(
      'environment',
      `${option} needs the package better-sqlite3, which is not installed or does not load (${reason})\n` +
        '  In the folder of mip6guard run: npm install --include=optional (it needs python3, make and g++)',
      error,
    );
  }
}

/** Refuses places at which SQLite would fail in words that help nobody. */
export function checkPlace(file: string): void {
  const directory = path.dirname(file);
  if (!existsSync(directory)) {
    throw new StoreError(
      'usage',
      `cannot open the store ${file}: there is no directory ${directory}`,
    );
  }
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw new StoreError('usage', `cannot open the store ${file}: it is a directory, not a file`);
  }
}

/** Plain words for what SQLite says. */
export function storeError(file: string, error: unknown): StoreError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const problem = (kind: StoreErrorKind, text: string): StoreError =>
    new StoreError(kind, `cannot write the store ${file}: ${text}`, error);
  if (code === 'SQLITE_NOTADB' || code === 'SQLITE_CORRUPT') {
    return problem(
      'usage',
      'it is not an SQLite database, or damaged; give the name of a new file',
    );
  }
  if (code === 'SQLITE_FULL') return problem('environment', 'no space left on the device');
  if (code.startsWith('SQLITE_BUSY')) {
    return problem('environment', 'another program holds it; try again when that has ended');
  }
  if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_CANTOPEN')) {
    return problem('environment', 'no permission to write it, or the file system is read-only');
  }
  return problem('environment', error instanceof Error ? error.message : String(error));
}
