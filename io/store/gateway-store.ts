/**
 * What a gateway knows, in SQLite: bindings, rings and replay windows outlast a restart. Keys are never stored.
 *
 * The state is a plain object; its lists are kept in pieces, and only the pieces that changed are written, all in one
 * transaction.
 */
import { createHash } from 'node:crypto';
import { existsSync, renameSync } from 'node:fs';
import type Sqlite from 'better-sqlite3';
import { StoreError, checkPlace, loadSqlite, storeError } from './sqlite-file.ts';

/** `PRAGMA application_id`: `MIPG` in ASCII. */
const APPLICATION_ID = 0x4d495047;
const SCHEMA_VERSION = 1;
/** Milliseconds to wait for another program that holds the file: packets wait meanwhile. */
const BUSY_MILLISECONDS = 200;
/** Items of a list in one piece. */
const PIECE_ITEMS = 256;
/** SQLite's own names for what may be there beside the file. */
const BESIDE = ['', '-wal', '-shm'];

const SCHEMA = `
CREATE TABLE pieces (
  -- Field of the state, and place of the piece in its list; -1 = the field is no list.
  field TEXT NOT NULL,
  place INTEGER NOT NULL,
  -- JSON
  value TEXT NOT NULL,
  PRIMARY KEY (field, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE saved (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  -- Milliseconds since 1970.
  at INTEGER NOT NULL,
  -- Pieces that belong together.
  pieces INTEGER NOT NULL
) STRICT;
`;

/** A state as it was saved. */
export interface SavedState {
  /** Not checked. */
  readonly state: unknown;
  /** Milliseconds since 1970. */
  readonly savedAt: number;
}

/** State of a gateway that outlasts it. */
export interface GatewayStore {
  /** What the last process has saved; undefined = nothing. */
  readonly left: SavedState | undefined;
  /** Times that saving failed. */
  readonly failures: number;
  /**
   * Replaces what is saved, all or nothing. Never throws: what cannot be written is told once, and once it can be again.
   * @param state plain values that JSON can hold
   * @param now milliseconds since 1970
   */
  save(state: object, now: number): void;
  close(): void;
}

/**
 * Opens the database, creating it when it is not there. A file that is damaged or none of a gateway is moved aside.
 * @param say told what was moved aside, and what cannot be written
 * @throws StoreError when the package is missing, or there can be no file
 */
export async function openGatewayStore(
  file: string,
  say: (sentence: string) => void,
): Promise<GatewayStore> {
  const { default: Database } = await loadSqlite('state');
  checkPlace(file);
  const open = (): GatewayStore => {
    const database = new Database(file, { timeout: BUSY_MILLISECONDS });
    try {
      prepare(database);
      return new SqliteGatewayStore(file, database, say);
    } catch (error) {
      database.close();
      throw error;
    }
  };
  try {
    return open();
  } catch (error) {
    const reason = unusable(error);
    if (reason === undefined) throw error instanceof StoreError ? error : storeError(file, error);
    const aside = moveAside(file);
    say(`state ${file}: ${reason}; it was moved to ${aside}, and nothing is known of before`);
    return open();
  }
}

/** What is wrong with the file itself; undefined when it is something else. */
function unusable(error: unknown): string | undefined {
  if (error instanceof UnusableState) return error.message;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const isDamaged = code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT');
  return isDamaged ? 'it is no SQLite database, or damaged' : undefined;
}

class UnusableState extends Error {}

/** Renames the file and what SQLite has beside it. @returns the new name */
function moveAside(file: string): string {
  let number = 1;
  while (existsSync(`${file}.unusable-${number}`)) number++;
  const aside = `${file}.unusable-${number}`;
  try {
    for (const end of BESIDE) if (existsSync(file + end)) renameSync(file + end, aside + end);
  } catch (error) {
    throw storeError(file, error);
  }
  return aside;
}

function prepare(database: Sqlite.Database): void {
  const number = (pragma: string): number => Number(database.pragma(pragma, { simple: true }));
  const tables = Number(database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get());
  if (tables > 0 && number('application_id') !== APPLICATION_ID) {
    throw new UnusableState('it is not the state of a gateway');
  }
  if (tables > 0 && number('user_version') !== SCHEMA_VERSION) {
    throw new UnusableState('it was made by another version of mip6guard');
  }
  // A process that is killed loses nothing; a machine without power loses the last moments.
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = NORMAL');
  if (tables > 0) return;
  database.transaction(() => {
    database.exec(SCHEMA);
    database.pragma(`application_id = ${APPLICATION_ID}`);
    database.pragma(`user_version = ${SCHEMA_VERSION}`);
  })();
}

/** A piece of the state with its place. */
interface Piece {
  readonly field: string;
  readonly place: number;
  readonly value: string;
}

function* piecesOf(state: object): Generator<Piece> {
  for (const [field, value] of Object.entries(state) as [string, unknown][]) {
    if (!Array.isArray(value)) {
      yield { field, place: -1, value: JSON.stringify(value) };
      continue;
    }
    // An empty list is a list, too.
    for (let at = 0; at === 0 || at < value.length; at += PIECE_ITEMS) {
      const items = value.slice(at, at + PIECE_ITEMS);
      yield { field, place: at / PIECE_ITEMS, value: JSON.stringify(items) };
    }
  }
}

/** The state of its pieces, in order. Throws SyntaxError. */
function joined(pieces: readonly Piece[]): Readonly<Record<string, unknown>> {
  const state = new Map<string, unknown>();
  for (const { field, place, value } of pieces) {
    const part: unknown = JSON.parse(value);
    if (place < 0) {
      state.set(field, part);
      continue;
    }
    const known = state.get(field);
    const items: unknown[] = Array.isArray(known) ? known : [];
    if (Array.isArray(part)) for (const item of part) items.push(item);
    state.set(field, items);
  }
  return Object.fromEntries(state);
}

class SqliteGatewayStore implements GatewayStore {
  readonly left: SavedState | undefined;
  failures = 0;
  readonly #file: string;
  readonly #database: Sqlite.Database;
  readonly #say: (sentence: string) => void;
  /** Digests of what is in the file, by field and place. */
  #written = new Map<string, string>();
  #hasFailed = false;

  constructor(file: string, database: Sqlite.Database, say: (sentence: string) => void) {
    this.#file = file;
    this.#database = database;
    this.#say = say;
    this.left = this.#load();
  }

  save(state: object, now: number): void {
    const digests = new Map<string, string>();
    const changed: Piece[] = [];
    for (const piece of piecesOf(state)) {
      const key = `${piece.place} ${piece.field}`;
      const digest = digestOf(piece.value);
      digests.set(key, digest);
      if (this.#written.get(key) !== digest) changed.push(piece);
    }
    const gone = [...this.#written.keys()].filter((key) => !digests.has(key));
    try {
      this.#write(changed, gone, digests.size, now);
      this.#written = digests;
      if (this.#hasFailed) this.#say(`state ${this.#file}: it is saved again`);
      this.#hasFailed = false;
    } catch (error) {
      this.failures++;
      if (!this.#hasFailed) this.#say(storeError(this.#file, error).message);
      this.#hasFailed = true;
    }
  }

  close(): void {
    this.#database.close();
  }

  #write(changed: readonly Piece[], gone: readonly string[], pieces: number, now: number): void {
    const database = this.#database;
    const put = database.prepare('INSERT OR REPLACE INTO pieces VALUES (?, ?, ?)');
    const remove = database.prepare('DELETE FROM pieces WHERE field = ? AND place = ?');
    const done = database.prepare('INSERT OR REPLACE INTO saved VALUES (1, ?, ?)');
    database.transaction(() => {
      for (const { field, place, value } of changed) put.run(field, place, value);
      for (const key of gone) {
        const at = key.indexOf(' ');
        remove.run(key.slice(at + 1), Number(key.slice(0, at)));
      }
      done.run(Math.floor(now), pieces);
    })();
  }

  /** Throws UnusableState for what no gateway has saved. */
  #load(): SavedState | undefined {
    const saved = this.#database.prepare('SELECT at, pieces FROM saved').get();
    if (!isSaved(saved)) return undefined;
    const rows = this.#database
      .prepare('SELECT field, place, value FROM pieces ORDER BY field, place')
      .all();
    const pieces = rows.filter(isPiece);
    if (pieces.length !== saved.pieces) throw new UnusableState('parts of it are missing');
    for (const { field, place, value } of pieces) {
      this.#written.set(`${place} ${field}`, digestOf(value));
    }
    try {
      return { state: joined(pieces), savedAt: saved.at };
    } catch {
      throw new UnusableState('it holds something that is no JSON');
    }
  }
}

function digestOf(text: string): string {
  return createHash('sha1').update(text).digest('base64');
}

function isSaved(row: unknown): row is { at: number; pieces: number } {
  return (
    typeof row === 'object' &&
    row !== null &&
    'at' in row &&
    typeof row.at === 'number' &&
    'pieces' in row &&
    typeof row.pieces === 'number'
  );
}

function isPiece(row: unknown): row is Piece {
  return (
    typeof row === 'object' &&
    row !== null &&
    'field' in row &&
    typeof row.field === 'string' &&
    'place' in row &&
    typeof row.place === 'number' &&
    'value' in row &&
    typeof row.value === 'string'
  );
}
