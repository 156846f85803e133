/**
 * Files of the project as JavaScript in a folder of their own, so that a test can run them in a process: Node 20 takes
 * no types. Only what the entry needs is made.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { transformSync } from 'rolldown/utils';

const ROOT = path.join(import.meta.dirname, '..', '..');

/** Imports of JavaScript that are files, not packages. */
const RELATIVE = /(?:from|import)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g;

const OPTIONS: Parameters<typeof transformSync>[2] = {
  target: 'es2023',
  jsx: { runtime: 'automatic', development: false },
  typescript: { onlyRemoveTypeImports: true, rewriteImportExtensions: 'rewrite' },
};

/** A made program. */
export interface Transpiled {
  /** The entry. */
  readonly file: string;
  readonly remove: () => void;
}

/** The source of a made file. */
function sourceOf(file: string): string {
  for (const extension of ['.ts', '.tsx']) {
    const source = file.replace(/\.js$/, extension);
    if (existsSync(source)) return source;
  }
  throw new Error(`${file} has no source`);
}

/** Makes an entry and all it imports. @param entry relative to the root, `test/ui/terminal-entry.ts` */
export function transpile(entry: string): Transpiled {
  const folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-ui-'));
  const waiting = [path.join(ROOT, entry)];
  const seen = new Set(waiting);
  for (let source = waiting.pop(); source !== undefined; source = waiting.pop()) {
    const text = readFileSync(source, 'utf8');
    const { code, errors } = transformSync(source, text, OPTIONS);
    if (errors.length > 0) throw new Error(`${source}: ${String(errors[0])}`);
    const target = path.join(folder, path.relative(ROOT, source)).replace(/\.tsx?$/, '.js');
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, code);
    for (const [, imported = ''] of code.matchAll(RELATIVE)) {
      const next = sourceOf(path.join(path.dirname(source), imported));
      if (seen.has(next)) continue;
      seen.add(next);
      waiting.push(next);
    }
  }
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  symlinkSync(path.join(ROOT, 'package.json'), path.join(folder, 'package.json'));
  return {
    file: path.join(folder, entry).replace(/\.tsx?$/, '.js'),
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
