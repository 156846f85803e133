/**
 * Where the package is, and what its package.json says.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Folder of package.json: above this file, which is in cli/, dist/cli/ or dist/program/cli/. */
export function packageRoot(): string {
  let folder = path.dirname(import.meta.dirname);
  while (!existsSync(path.join(folder, 'package.json')) && folder !== '/') {
    folder = path.dirname(folder);
  }
  return folder;
}

/** Version of package.json. */
export function packageVersion(): string {
  const content: unknown = JSON.parse(
    readFileSync(path.join(packageRoot(), 'package.json'), 'utf8'),
  );
  const hasVersion = typeof content === 'object' && content !== null && 'version' in content;
  return hasVersion && typeof content.version === 'string' ? content.version : 'unknown';
}
