/**
 * Bindings of a home agent and sequence numbers of associations in SQLite, so that replay protection holds over a restart.
 * RFC 6275 section 10.3.1. Keys are never stored.
 */
import type Sqlite from 'better-sqlite3';
import { z } from 'zod';
import type { AssociationState, BindingStore, StoredBinding } from '../../engine/ports.ts';
import { StoreError, checkPlace, loadSqlite, storeError } from './sqlite-file.ts';

/** `PRAGMA application_id`: `MIPN` in ASCII. */
const APPLICATION_ID = 0x4d49504e;
const SCHEMA_VERSION = 1;
/** Milliseconds to wait for another program that holds the file. */
const BUSY_MILLISECONDS = 5000;

const SCHEMA = `
CREATE TABLE bindings (
  home_address BLOB PRIMARY KEY,
  care_of_address BLOB NOT NULL,
  local_address BLOB NOT NULL,
  sequence INTEGER NOT NULL,
  lifetime INTEGER NOT NULL,
  -- Seconds since 1970.
  expires_at REAL NOT NULL,
  -- L, K, R in this order from the lowest bit, then: de-registered.
  flags INTEGER NOT NULL,
  -- By Binding Identifier (RFC 5648), as JSON: [[1, "base64"], ...].
  care_of_addresses TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE associations (
  name TEXT PRIMARY KEY,
  protocol TEXT NOT NULL,
  direction TEXT NOT NULL,
  spi INTEGER NOT NULL,
  sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;

const FLAG = { linkLocal: 1, keyMobility: 2, mobileRouter: 4, deleted: 8 } as const;
const ADDRESS_OCTETS = 16;

const address = z.custom<Uint8Array>(
  (value) => value instanceof Uint8Array && value.length === ADDRESS_OCTETS,
);
const bindingRow = z.object({
  home_address: address,
  care_of_address: address,
  local_address: address,
  sequence: z.int().min(0).max(0xffff),
  lifetime: z.int().min(0),
  expires_at: z.number(),
  flags: z.int(),
  care_of_addresses: z.string().nullable(),
});
const careOfRow = z.array(z.tuple([z.int(), z.string()]));
const associationRow = z.object({
  name: z.string(),
  protocol: z.enum(['esp', 'ah']),
  direction: z.enum(['in', 'out']),
  spi: z.int(),
  sequence: z.int().min(0),
});

/** State of a node that outlasts it. What cannot be written is told once, and the node goes on. */
export interface NodeStore extends BindingStore {
  saveAssociations(states: readonly AssociationState[]): void;
  loadAssociations(): AssociationState[];
  close(): void;
}

/**
 * Opens the database, creating it when it is not there.
 * @param onFailure told once when something cannot be written, and again after it could be in between
 * @throws StoreError when the package is missing, or the file is another one
 */
export async function openNodeStore(
  file: string,
  onFailure: (message: string) => void,
): Promise<NodeStore> {
  const { default: Database } = await loadSqlite('state');
  checkPlace(file);
  let database: Sqlite.Database | undefined;
  try {
    database = new Database(file, { timeout: BUSY_MILLISECONDS });
    prepare(file, database);
    return new SqliteNodeStore(file, database, onFailure);
  } catch (error) {
    database?.close();
    throw error instanceof StoreError ? error : storeError(file, error);
  }
}

function prepare(file: string, database: Sqlite.Database): void {
  const number = (pragma: string): number => Number(database.pragma(pragma, { simple: true }));
  const tables = Number(database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get());
  if (tables > 0 && number('application_id') !== APPLICATION_ID) {
    throw new StoreError('usage', `${file}: not the state of a node; give the name of a new file`);
  }
  if (number('user_version') > SCHEMA_VERSION) {
    throw new StoreError('usage', `${file}: made by a newer version of mip6guard`);
  }
  // A process that is killed loses nothing; a machine without power loses the last moments.
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = NORMAL');
  if (tables > 0) return;
  database.exec(SCHEMA);
  database.pragma(`application_id = ${APPLICATION_ID}`);
  database.pragma(`user_version = ${SCHEMA_VERSION}`);
}

class SqliteNodeStore implements NodeStore {
  readonly isNonVolatile = true;
  readonly #file: string;
  readonly #database: Sqlite.Database;
  readonly #onFailure: (message: string) => void;
  readonly #save: Sqlite.Statement;
  readonly #remove: Sqlite.Statement;
  readonly #saveAssociation: Sqlite.Statement;
  #hasFailed = false;

  constructor(file: string, database: Sqlite.Database, onFailure: (message: string) => void) {
    this.#file = file;
    this.#database = database;
    this.#onFailure = onFailure;
    this.#save = database.prepare(
      'INSERT OR REPLACE INTO bindings VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#remove = database.prepare('DELETE FROM bindings WHERE home_address = ?');
    this.#saveAssociation = database.prepare(
      'INSERT OR REPLACE INTO associations VALUES (?, ?, ?, ?, ?)',
    );
  }

  save(binding: StoredBinding): void {
    const { careOfAddresses } = binding;
    const flags =
      (binding.hasLinkLocal ? FLAG.linkLocal : 0) |
      (binding.hasKeyMobility ? FLAG.keyMobility : 0) |
      (binding.isMobileRouter ? FLAG.mobileRouter : 0) |
      (binding.isDeleted ? FLAG.deleted : 0);
    const others =
      careOfAddresses === undefined
        ? null
        : JSON.stringify(
            [...careOfAddresses].map(([id, octets]) => [
              id,
              Buffer.from(octets).toString('base64'),
            ]),
          );
    this.#write(() =>
      this.#save.run(
        ...[binding.homeAddress, binding.careOfAddress, binding.localAddress],
        ...[binding.sequence, binding.lifetime, binding.expiresAt, flags, others],
      ),
    );
  }

  remove(homeAddress: Uint8Array): void {
    this.#write(() => this.#remove.run(homeAddress));
  }

  *load(): Iterable<StoredBinding> {
    for (const value of this.#database.prepare('SELECT * FROM bindings').iterate()) {
      const { data: row } = bindingRow.safeParse(value);
      if (row === undefined) continue;
      const has = (flag: number): boolean => (row.flags & flag) !== 0;
      yield {
        homeAddress: Uint8Array.from(row.home_address),
        careOfAddress: Uint8Array.from(row.care_of_address),
        localAddress: Uint8Array.from(row.local_address),
        sequence: row.sequence,
        lifetime: row.lifetime,
        expiresAt: row.expires_at,
        hasLinkLocal: has(FLAG.linkLocal),
        hasKeyMobility: has(FLAG.keyMobility),
        isMobileRouter: has(FLAG.mobileRouter),
        careOfAddresses: careOfAddresses(row.care_of_addresses),
        isDeleted: has(FLAG.deleted),
      };
    }
  }

  saveAssociations(states: readonly AssociationState[]): void {
    this.#write(
      this.#database.transaction(() => {
        for (const { name, protocol, direction, spi, sequence } of states) {
          this.#saveAssociation.run(name, protocol, direction, spi, sequence);
        }
      }),
    );
  }

  loadAssociations(): AssociationState[] {
    const rows = this.#database.prepare('SELECT * FROM associations').all();
    return rows.flatMap((row) => associationRow.safeParse(row).data ?? []);
  }

  close(): void {
    this.#database.close();
  }

  #write(write: () => unknown): void {
    try {
      write();
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) this.#onFailure(storeError(this.#file, error).message);
      this.#hasFailed = true;
    }
  }
}

function careOfAddresses(text: string | null): ReadonlyMap<number, Uint8Array> | undefined {
  if (text === null) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { data: rows } = careOfRow.safeParse(value);
  return rows === undefined
    ? undefined
    : new Map(
        rows.map(([id, octets]) => [id, Uint8Array.from(Buffer.from(octets, 'base64'))] as const),
      );
}
