import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openGatewayStore } from '../../../io/store/gateway-store.ts';
import { openNodeStore } from '../../../io/store/node-store.ts';
import { openDatabase } from './open-database.ts';

let folder = '';
let file = '';
let said: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-gateway-store-'));
  file = path.join(folder, 'state.db');
  said = [];
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function open(): ReturnType<typeof openGatewayStore> {
  return openGatewayStore(file, (sentence) => said.push(sentence));
}

describe.skipIf(openDatabase === undefined)('the state of a gateway (needs better-sqlite3)', () => {
  it('is what was saved last, with the time of it', async () => {
    const first = await open();
    expect(first.left).toBe(undefined);
    first.save({ version: 1, bindings: [1, 2, 3], name: 'x' }, 1000);
    first.save({ version: 1, bindings: [2, 3], name: 'y', ring: [] }, 2000);
    first.close();
    const second = await open();
    expect(second.left).toEqual({
      state: { version: 1, bindings: [2, 3], name: 'y', ring: [] },
      savedAt: 2000,
    });
    second.close();
    expect(said).toEqual([]);
  });

  it('comes back whole, whatever it holds and however it changes', async () => {
    const value = fc.oneof(
      fc.string(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
    );
    const field = fc.oneof(value, fc.array(value, { maxLength: 700 }), fc.constant(null));
    const names = fc.constantFrom('a', 'b', 'links', 'with space');
    const states = fc.array(fc.dictionary(names, field), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(states, async (all) => {
        rmSync(file, { force: true });
        rmSync(`${file}-wal`, { force: true });
        rmSync(`${file}-shm`, { force: true });
        const store = await open();
        for (const state of all) store.save(state, 1);
        store.close();
        const again = await open();
        expect(again.left?.state).toEqual(JSON.parse(JSON.stringify(all.at(-1))));
        again.close();
      }),
      { numRuns: 15 },
    );
  });

  it('is moved aside when it is damaged, and nothing is lost but what was in it', async () => {
    writeFileSync(file, 'this is no database, and long enough to be looked at as one');
    const store = await open();
    expect(store.left).toBe(undefined);
    store.save({ version: 1 }, 5);
    store.close();
    expect(existsSync(`${file}.unusable-1`)).toBe(true);
    expect(said).toEqual([
      `state ${file}: it is no SQLite database, or damaged; it was moved to ${file}.unusable-1, and nothing is known of before`,
    ]);
  });

  it('is moved aside when it is that of something else', async () => {
    const other = await openNodeStore(file, () => undefined);
    other.close();
    const store = await open();
    store.close();
    expect(said[0]).toContain('it is not the state of a gateway');
    expect(readdirSync(folder)).toContain('state.db.unusable-1');
  });

  it('is moved aside when parts of it are missing, or are no JSON', async () => {
    const store = await open();
    store.save({ version: 1, bindings: [1] }, 5);
    store.close();
    const database = openDatabase?.(file);
    database?.exec("UPDATE pieces SET value = '{' WHERE field = 'bindings'");
    database?.close();
    (await open()).close();
    expect(said[0]).toContain('it holds something that is no JSON');
    const next = await open();
    next.save({ version: 1, bindings: [1] }, 5);
    next.close();
    const again = openDatabase?.(file);
    again?.exec("DELETE FROM pieces WHERE field = 'bindings'");
    again?.close();
    (await open()).close();
    expect(said[1]).toContain('parts of it are missing');
  });

  it('tells once that it cannot be saved, and once that it can again', async () => {
    const store = await open();
    const other = openDatabase?.(file);
    other?.exec('BEGIN EXCLUSIVE');
    store.save({ version: 1 }, 1);
    store.save({ version: 2 }, 2);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('another program holds it');
    other?.exec('ROLLBACK');
    other?.close();
    store.save({ version: 3 }, 3);
    expect(said[1]).toBe(`state ${file}: it is saved again`);
    expect(store.failures).toBe(2);
    store.close();
  });

  it('needs a folder that is there', async () => {
    await expect(
      openGatewayStore(path.join(folder, 'none', 'state.db'), () => undefined),
    ).rejects.toThrow('there is no directory');
  });
});
