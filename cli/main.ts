#!/usr/bin/env node
/**
 * Entry point of the command: the program in few files, which start faster, where they were made; else file by file.
 */
import { existsSync } from 'node:fs';

if (process.argv[2] === 'gateway') {
  const { SHORT_PAUSES, runBeforeOthers } = await import('./gateway/short-pauses.ts');
  const { restartWith } = await import('../io/native/replace-process.ts');
  restartWith(SHORT_PAUSES);
  runBeforeOthers();
}
const bundled = new URL('../program/cli/start.js', import.meta.url);
if (existsSync(bundled)) await import(bundled.href);
else await import('./start.ts');
