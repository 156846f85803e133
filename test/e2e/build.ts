/**
 * Builds the command before the tests that run it; does nothing when dist/ is up to date.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '..', '..');

/** Called by vitest once, before all tests of this folder. */
export function setup(): void {
  const build = spawnSync(process.execPath, [path.join(ROOT, 'cli/setup.mjs'), 'build'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (build.status !== 0) throw new Error(`the command cannot be built:\n${build.stderr}`);
}
