import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, mip6guard } from './command.ts';

const BASE = path.join(ROOT, 'fixtures/captures/relay-attack');
const [CAPTURE, KEYS, SITE] = [`${BASE}.pcapng`, `${BASE}.esp_sa`, `${BASE}.site.yaml`];

let folder = '';
const inFolder = (name: string): string => path.join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-keys-'));
  // Every key with its first octet changed, and one association for nobody.
  const wrong = readFileSync(KEYS, 'latin1').replaceAll(
    /"0x([0-9a-f]{2})([0-9a-f]{20,})"/g,
    (_, first: string, rest: string) => `"0x${first === '00' ? '01' : '00'}${rest}"`,
  );
  writeFileSync(inFolder('wrong.esp_sa'), wrong, { mode: 0o600 });
  const nobody =
    '"IPv6","2001:db8:dead::1","2001:db8:dead::2","0x00000777","NULL","","HMAC-SHA-1-96 [RFC2404]","0x000102030405060708090a0b0c0d0e0f10111213"\n';
  writeFileSync(inFolder('nobody.esp_sa'), nobody, { mode: 0o600 });
  writeFileSync(inFolder('open.esp_sa'), nobody, { mode: 0o644 });
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('keys', () => {
  it('open what they fit', () => {
    const { stdout } = mip6guard(['audit', '--config', SITE, '--keys', KEYS, CAPTURE]);
    expect(stdout).toContain('known: decrypted with a key');
    expect(stdout).toMatch(/\d+ packets opened/);
    expect(stdout).not.toContain('the key is wrong');
  });

  it('that are wrong are said to be, and the attack is found all the same', () => {
    const keys = inFolder('wrong.esp_sa');
    const { code, stdout } = mip6guard(['audit', '--config', SITE, '--keys', keys, CAPTURE]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/the key is wrong: (\d+) of \1 packets failed the integrity check/);
    expect(stdout).toContain('MIP6-1106');
    expect(stdout).toMatch(/could not be judged because .*ESP/);
  });

  it('that no packet asked for are said to be unused', () => {
    const { stdout } = mip6guard(['audit', '--keys', inFolder('nobody.esp_sa'), CAPTURE]);
    expect(stdout).toContain('1 never matched a packet: 0x00000777 (line 1)');
  });

  it('that others may read are warned about on standard error', () => {
    const { stderr } = mip6guard(['audit', '--keys', inFolder('open.esp_sa'), CAPTURE]);
    expect(stderr).toContain('chmod 600');
    expect(mip6guard(['audit', '--keys', inFolder('nobody.esp_sa'), CAPTURE]).stderr).toBe('');
  });

  it('reach no output', () => {
    const secrets = [...readFileSync(KEYS, 'latin1').matchAll(/0x([0-9a-f]{20,})/g)].map(
      (match) => match[1] ?? '',
    );
    expect(secrets.length).toBeGreaterThan(2);
    const db = inFolder('runs.db');
    const args = ['--config', SITE, '--keys', KEYS, '--db', db, CAPTURE];
    const outputs = ['text', 'eve', 'json'].map((format) => {
      const { stdout, stderr } = mip6guard(['audit', '--format', format, ...args]);
      return stdout + stderr;
    });
    outputs.push(mip6guard(['read', '-V', '-x', '--keys', KEYS, CAPTURE]).stdout);
    if (existsSync(db)) outputs.push(readFileSync(db, 'latin1'));
    for (const output of outputs) {
      expect(output.length).toBeGreaterThan(1000);
      for (const secret of secrets) expect(output.toLowerCase().includes(secret)).toBe(false);
    }
  });

  it('open ESP in the tree, and say when they do not fit', () => {
    const args = ['read', '-V', '-c', '14', CAPTURE, '--keys'];
    const right = mip6guard([...args, KEYS]).stdout;
    expect(right).toContain('ICV: good');
    expect(right).toMatch(/Mobility Header Type: 5 \(Binding Update\) \[Decrypted ESP \d+\]/);
    const wrong = mip6guard([...args, inFolder('wrong.esp_sa')]).stdout;
    expect(wrong).toContain('ICV: bad');
    expect(wrong).toContain('ERROR ESP_ICV');
    expect(wrong).not.toContain('Binding Update');
  });
});
