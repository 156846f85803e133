import type Sqlite from 'better-sqlite3';

type Open = (file: string) => Sqlite.Database;

/** Opens an SQLite file; undefined without the package, which needs a compiler where no binary fits. */
export const openDatabase = await (async (): Promise<Open | undefined> => {
  try {
    const { default: Database } = await import('better-sqlite3');
    new Database(':memory:').close();
    return (file) => new Database(file);
  } catch {
    return undefined;
  }
})();
