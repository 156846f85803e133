import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = path.join(import.meta.dirname, '..', '..');

/** Files that code starts as threads or processes, by their names beside it: `cli/model/host`. */
function startedFiles(): string[] {
  return ['cli', 'io', 'ui'].flatMap((folder) =>
    readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .flatMap((name) => {
        const file = path.join(folder, name);
        const text = readFileSync(path.join(ROOT, file), 'utf8');
        return [...text.matchAll(/new URL\('\.\/([\w-]+)\.js', import\.meta\.url\)/g)].map(
          ([, started = '']) => path.join(path.dirname(file), started),
        );
      }),
  );
}

describe('files that are started by their names', () => {
  it('are put together with the program (rolldown.config.js)', () => {
    const settings = readFileSync(path.join(ROOT, 'rolldown.config.js'), 'utf8');
    const started = startedFiles();
    expect(started).toContain('cli/model/host');
    for (const file of started) expect(settings).toContain(`'${file}',`);
  });
});
