import { chmodSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseKeyText } from '../../engine/keys/key-text.ts';
import { KeyFileError, loadKeyFiles } from '../../io/keys.ts';

const ROW = '"IPv6","*","*","0x00000100","NULL","","NULL",""\n';

describe('key files', () => {
  let folder = '';
  const file = (name: string, content: string, mode = 0o600): string => {
    const target = path.join(folder, name);
    writeFileSync(target, content);
    chmodSync(target, mode);
    return target;
  };
  const failure = async (target: string): Promise<unknown> =>
    loadKeyFiles([target], parseKeyText).then(
      () => undefined,
      (error: unknown) => error,
    );

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'keys-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('are read in order, with the problems of each', async () => {
    const first = file('first', ROW);
    const second = file('second', `${ROW}"IPv6"\n${ROW}`);
    const { associations, problems } = await loadKeyFiles([first, second], parseKeyText);
    expect(associations.map(({ id }) => id)).toEqual([`${first}:1`, `${second}:1`, `${second}:3`]);
    expect(problems.map(({ file: name, line, code }) => [name, line, code])).toEqual([
      [second, 2, 'KEYS_COLUMNS'],
      [second, 3, 'KEYS_DUPLICATE'],
    ]);
  });

  it('keep every octet of a key written as text', async () => {
    const target = path.join(folder, 'octets');
    const row = ROW.replace('"NULL","","NULL"', '"DES-CBC","\u00ff\u0080\u00e9abcde","NULL"');
    writeFileSync(target, row, 'latin1');
    chmodSync(target, 0o600);
    const { associations, problems } = await loadKeyFiles([target], parseKeyText);
    expect(problems).toEqual([]);
    expect(associations).toHaveLength(1);
  });

  it.skipIf(process.platform === 'win32')(
    'that others may use are read with a warning that says what to run',
    async () => {
      for (const mode of [0o640, 0o604, 0o622]) {
        const target = file('open', ROW, mode);
        const { associations, problems } = await loadKeyFiles([target], parseKeyText);
        expect(associations).toHaveLength(1);
        expect(problems.map(({ severity, code }) => [severity, code])).toEqual([
          ['warning', 'KEYS_FILE_MODE'],
        ]);
        expect(problems[0]?.message).toContain(`chmod 600 ${target}`);
      }
    },
  );

  it('of unknown content are a problem, not a failure', async () => {
    const { problems } = await loadKeyFiles([file('other', 'hello\n')], parseKeyText);
    expect(problems.map(({ code }) => code)).toEqual(['KEYS_FORMAT']);
  });

  it('that do not exist are a typed error', async () => {
    const target = path.join(folder, 'missing');
    const error = await failure(target);
    expect(error).toBeInstanceOf(KeyFileError);
    expect(error).toMatchObject({ code: 'ERR_KEYS_NOT_FOUND', path: target });
    expect(String(error)).toContain(target);
    expect(await failure(path.join(file('plain', ROW), 'below'))).toMatchObject({
      code: 'ERR_KEYS_NOT_FOUND',
    });
  });

  it('that are folders are a typed error', async () => {
    expect(await failure(folder)).toMatchObject({ code: 'ERR_KEYS_NOT_A_FILE' });
  });

  it('that are far too large are a typed error', async () => {
    const target = file('large', ROW);
    truncateSync(target, 64 * 1024 * 1024 + 1);
    expect(await failure(target)).toMatchObject({ code: 'ERR_KEYS_TOO_LARGE' });
  });

  it('that may not be read are a typed error', async () => {
    const closed = file('closed', ROW, 0);
    const isRoot = process.geteuid?.() === 0;
    // Root may read everything: be nobody for as long as it takes.
    if (isRoot) process.seteuid?.(65_534);
    try {
      expect(await failure(closed)).toMatchObject({ code: 'ERR_KEYS_PERMISSION' });
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });

  it('with an impossible name are a typed error', async () => {
    expect(await failure('x'.repeat(5000))).toMatchObject({ code: 'ERR_KEYS_UNREADABLE' });
  });
});
