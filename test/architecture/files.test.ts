import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = path.join(import.meta.dirname, '..', '..');
const SKIPPED = new Set(['node_modules', 'dist', 'coverage', '.git']);
const SOURCE = /\.(ts|tsx|mjs|js)$/;
const MAX_LINES = 600;

/** Source files of the repository, relative to its root, with `/`. */
function sourceFiles(folder = ''): string[] {
  return readdirSync(path.join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : sourceFiles(name);
    return SOURCE.test(entry.name) ? [name] : [];
  });
}

/** Lines of a text that ends with a line feed. */
const lineCount = (text: string): number => text.split('\n').length - 1;

/** True when a folder or file is named after what its content is not, or not in kebab-case. */
function isBadlyNamed(file: string): boolean {
  const isMisc = /(^|[/.-])(utils?|helpers?|misc|manager)([/.-]|$)/.test(file);
  const isKebab = file.split('/').every((part) => /^[a-z0-9]+([-.][a-z0-9]+)*$/.test(part));
  return isMisc || !isKebab;
}

describe('source files', () => {
  const files = sourceFiles();

  it('are found', () => {
    expect(files).toContain('eslint.config.js');
    expect(files).toContain('test/architecture/files.test.ts');
  });

  it('are named in kebab-case for what they hold, never utils or helpers', () => {
    expect(files.filter(isBadlyNamed)).toEqual([]);
  });

  it(`have no more than ${MAX_LINES} lines`, () => {
    const long = files
      .map((file) => ({ file, lines: lineCount(readFileSync(path.join(ROOT, file), 'utf8')) }))
      .filter(({ lines }) => lines > MAX_LINES);
    expect(long).toEqual([]);
  });
});

describe('the check of file names', () => {
  it.each([
    'engine/utils.ts',
    'engine/test-helpers.ts',
    'engine/utils/one.ts',
    'engine/string.helper.ts',
    'engine/SecurityAssociation.ts',
    'engine/security_association.ts',
  ])('refuses %s', (file) => {
    expect(isBadlyNamed(file)).toBe(true);
  });

  it.each(['engine/rule-api.ts', 'rules/binding/mip6-1004.ts', 'ui/hooks/use-key.tsx'])(
    'accepts %s',
    (file) => {
      expect(isBadlyNamed(file)).toBe(false);
    },
  );
});
