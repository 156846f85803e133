import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AssociationState, StoredBinding } from '../../../engine/ports.ts';
import { openNodeStore } from '../../../io/store/node-store.ts';
import { StoreError } from '../../../io/store/sqlite-file.ts';
import { MemoryNodes, ip } from '../../cli/nodes/memory-nodes.ts';
import { openDatabase } from './open-database.ts';

const HOME = '2001:db8:1::10';
let folder = '';
let file = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6-node-store-'));
  file = path.join(folder, 'ha.db');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const told: string[] = [];
const open = (name = file) => {
  told.length = 0;
  return openNodeStore(name, (message) => told.push(message));
};

const BINDING: StoredBinding = {
  homeAddress: ip(HOME),
  careOfAddress: ip('2001:db8:2::10'),
  localAddress: ip('2001:db8:1::1'),
  sequence: 65_535,
  lifetime: 600,
  expiresAt: 1_700_000_600.25,
  hasLinkLocal: true,
  hasKeyMobility: false,
  isMobileRouter: true,
  careOfAddresses: new Map([[7, ip('2001:db8:3::10')]]),
  isDeleted: false,
};

const STATE: AssociationState = {
  name: 'binding of 2001:db8:1::10 in 0x00001001',
  protocol: 'esp',
  direction: 'in',
  spi: 0xffff_ffff,
  sequence: 2 ** 40,
};

describe.skipIf(openDatabase === undefined)('the state of a node (needs better-sqlite3)', () => {
  it('is there again when the file is opened anew, to the last bit', async () => {
    const before = await open();
    before.save(BINDING);
    const gone = { ...BINDING, homeAddress: ip('2001:db8:1::11') };
    before.save(gone);
    before.save({ ...gone, isDeleted: true, careOfAddresses: undefined });
    before.save({ ...BINDING, homeAddress: ip('2001:db8:1::12') });
    before.remove(ip('2001:db8:1::12'));
    before.saveAssociations([STATE, { ...STATE, name: 'b', direction: 'out', protocol: 'ah' }]);
    before.saveAssociations([{ ...STATE, sequence: 2 ** 40 + 1 }]);
    before.close();

    const after = await open();
    expect([...after.load()]).toEqual([
      BINDING,
      { ...gone, isDeleted: true, careOfAddresses: undefined },
    ]);
    expect(after.loadAssociations()).toEqual([
      { ...STATE, name: 'b', direction: 'out', protocol: 'ah' },
      { ...STATE, sequence: 2 ** 40 + 1 },
    ]);
    after.close();
    expect(told).toEqual([]);
  });

  it('is kept in a file that was made for it, and no other', async () => {
    const text = path.join(folder, 'text.db');
    writeFileSync(text, 'this is no database at all, but long enough to have a header'.repeat(20));
    const other = path.join(folder, 'other.db');
    const database = openDatabase?.(other);
    database?.exec('CREATE TABLE a (b)');
    database?.close();
    for (const name of [text, other, folder, path.join(folder, 'no/such/folder.db')]) {
      const error = await open(name).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(StoreError);
      expect(error).toMatchObject({ kind: 'usage' });
      expect(String(error)).toContain(name);
    }
  });

  it('of a newer version is left alone', async () => {
    (await open()).close();
    const database = openDatabase?.(file);
    database?.pragma('user_version = 99');
    database?.close();
    await expect(open()).rejects.toThrow('made by a newer version of mip6guard');
  });

  it('is gone on with when it cannot be written, which is told once', async () => {
    const store = await open();
    const database = openDatabase?.(file);
    database?.exec(
      "CREATE TRIGGER full BEFORE INSERT ON bindings BEGIN SELECT RAISE(ABORT, 'no room'); END",
    );
    for (let i = 0; i < 3; i++) store.save(BINDING);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(file);
    expect([...store.load()]).toEqual([]);
    database?.exec('DROP TRIGGER full');
    store.save(BINDING);
    expect([...store.load()]).toHaveLength(1);
    database?.exec(
      "CREATE TRIGGER full BEFORE INSERT ON bindings BEGIN SELECT RAISE(ABORT, 'no room'); END",
    );
    store.save(BINDING);
    expect(told).toHaveLength(2);
    database?.close();
    store.close();
  });

  it('leaves out rows that somebody has spoilt', async () => {
    const store = await open();
    store.save(BINDING);
    store.save({ ...BINDING, homeAddress: ip('2001:db8:1::11') });
    const database = openDatabase?.(file);
    database?.prepare('UPDATE bindings SET sequence = 70000 WHERE home_address = ?').run(ip(HOME));
    database?.prepare("UPDATE bindings SET care_of_addresses = '[[1' ").run();
    database?.close();
    expect([...store.load()].map(({ careOfAddresses }) => careOfAddresses)).toEqual([undefined]);
    store.close();
  });

  it('lets a home agent go on after a restart: binding and sequence number are known', async () => {
    const nodes = new MemoryNodes();
    const store = await open();
    const ha = await nodes.add('ha', ['home', 'core'], undefined, { store });
    const mn = await nodes.add('mn', ['access']);
    nodes.scheduler.advance(5000);
    ha.node.start();
    mn.node.start();
    nodes.scheduler.advance(15_000);
    const known = ha.node.host.bindings.find(ip(HOME));
    expect(known?.isHomeRegistration).toBe(true);
    ha.node.close();
    for (const port of ha.ports) port.setUp(false);
    store.close();

    const again = await open();
    const after = await nodes.add('ha', ['home', 'core'], undefined, { store: again });
    after.node.start();
    nodes.scheduler.advance(5000);
    const restored = after.node.host.bindings.find(ip(HOME));
    expect(restored?.sequence).toBe(known?.sequence);
    expect(restored?.careOfAddress).toEqual(known?.careOfAddress);
    // The mobile node notices nothing, and its next update counts on.
    mn.node.mobileNode?.refresh();
    nodes.scheduler.advance(5000);
    expect(after.node.host.bindings.find(ip(HOME))?.sequence).toBe((known?.sequence ?? 0) + 1);
    nodes.close();
    again.close();
  });
});
