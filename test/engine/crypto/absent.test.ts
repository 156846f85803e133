/**
 * A build of Node.js without an algorithm: FIPS providers and forks of OpenSSL lack Camellia.
 */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';

// Other tests have loaded the module before, with all algorithms.
beforeEach(() => {
  vi.resetModules();
  vi.doMock('node:crypto', async (importOriginal) => {
    const original = await importOriginal<typeof import('node:crypto')>();
    const createDecipheriv = (...args: Parameters<typeof original.createDecipheriv>) => {
      if (args[0].startsWith('camellia')) throw new Error('error:0308010C: unsupported');
      return original.createDecipheriv(...args);
    };
    return { ...original, createDecipheriv };
  });
});
afterEach(() => {
  vi.doUnmock('node:crypto');
  vi.resetModules();
});

const row = (spi: number, name: string): string =>
  `"IPv6","::1","::2","${spi}","${name}","0x${'42'.repeat(16)}","NULL",""`;

it('a key of Camellia in a build without it is told, and the other rows count', async () => {
  const { readKeyText } = await import('../../../engine/keys/key-text.ts');
  const text = [row(1, 'AES-CBC'), row(2, 'Camellia-CBC'), row(3, 'AES-CBC')].join('\n');
  const { entries, problems } = readKeyText(text, 'esp_sa');
  expect(entries.map(({ association }) => association.spi)).toEqual([1, 3]);
  expect(problems.map(({ line, severity, code }) => [line, severity, code])).toEqual([
    [2, 'error', 'KEYS_NOT_AVAILABLE'],
  ]);
});
