/**
 * What the rules about imports forbid and what they allow. That the source tree follows them says `npm run imports`, which
 * `npm test` runs before the tests.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';

const ROOT = path.join(import.meta.dirname, '..', '..');
const CONFIG = path.join(ROOT, '.dependency-cruiser.json');
const CRUISER = path.join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

/** `[importing file, its import]`, each file with one. */
type Import = readonly [file: string, statement: string];

/** For each rule, imports that it must report. The files they name are in TARGETS or are packages. */
const FORBIDDEN: Readonly<Record<string, readonly Import[]>> = {
  'no-cycles': [
    ['engine/views/cycle-a.ts', "import './cycle-b.ts';"],
    ['engine/views/cycle-b.ts', "import type { A } from './cycle-a.ts';"],
  ],
  'dissectors-import-only-themselves': [
    ['dissectors/to-engine.ts', "import { value } from '../engine/ports.ts';"],
    ['dissectors/to-engine-type.ts', "import type { Value } from '../engine/ports.ts';"],
    ['dissectors/to-built-in.ts', "import { readFileSync } from 'node:fs';"],
    ['dissectors/to-built-in-type.ts', "import type { Buffer } from 'node:buffer';"],
    ['dissectors/to-package.ts', "import { sha1 } from '@noble/hashes/legacy.js';"],
    ['dissectors/to-lazy.ts', "export const load = () => import('../engine/ports.ts');"],
    ['dissectors/to-reexport.ts', "export * from '../engine/ports.ts';"],
  ],
  'engine-crypto-imports-noble-and-node-crypto': [
    ['engine/crypto/to-fs.ts', "import { readFileSync } from 'node:fs';"],
    ['engine/crypto/to-package.ts', "import { parse } from 'yaml';"],
    ['engine/crypto/to-engine.ts', "import { value } from '../ports.ts';"],
  ],
  'engine-mobility-imports-dissectors-and-crypto': [
    ['engine/mobility/to-state.ts', "import { value } from '../state/security-association.ts';"],
    ['engine/mobility/to-ports.ts', "import { value } from '../ports.ts';"],
  ],
  'engine-imports-dissectors-and-itself': [
    ['engine/to-fs.ts', "import { readFileSync } from 'node:fs';"],
    ['engine/to-crypto.ts', "import { createHash } from 'node:crypto';"],
    ['engine/state/to-noble.ts', "import { sha1 } from '@noble/hashes/legacy.js';"],
    ['engine/to-package.ts', "import { parse } from 'yaml';"],
    ['engine/to-io.ts', "import { value } from '../io/file.ts';"],
    ['engine/to-rules.ts', "import { value } from '../rules/binding/one.ts';"],
    ['engine/views/to-ui.ts', "import { value } from '../../ui/theme.ts';"],
  ],
  'rules-import-only-the-rule-api': [
    ['rules/binding/to-engine.ts', "import { value } from '../../engine/events.ts';"],
    ['rules/binding/to-engine-type.ts', "import type { Value } from '../../engine/events.ts';"],
    ['rules/binding/to-rule.ts', "import { value } from './one.ts';"],
    ['rules/binding/to-built-in.ts', "import { createHash } from 'node:crypto';"],
    ['rules/binding/to-io.ts', "import { value } from '../../io/file.ts';"],
  ],
  'rules-import-only-types-of-dissectors': [
    ['rules/binding/to-dissectors.ts', "import { value } from '../../dissectors/core.ts';"],
    ['rules/binding/to-both.ts', "import { type Value, value } from '../../dissectors/core.ts';"],
    [
      'rules/binding/to-both-apart.ts',
      "import type { Value } from '../../dissectors/core.ts';\nexport { value } from '../../dissectors/core.ts';",
    ],
  ],
  'nodes-import-protocol-code-only': [
    ['nodes/to-state.ts', "import { value } from '../engine/state/bindings.ts';"],
    ['nodes/to-built-in.ts', "import { createSocket } from 'node:dgram';"],
    ['nodes/to-rules.ts', "import { value } from '../rules/binding/one.ts';"],
  ],
  'ui-imports-views-and-filter': [
    ['ui/to-state.tsx', "import { value } from '../engine/state/security-association.ts';"],
    ['ui/to-io.tsx', "import { value } from '../io/file.ts';"],
    ['ui/to-built-in.tsx', "import { readFileSync } from 'node:fs';"],
    ['ui/to-package.tsx', "import { parse } from 'yaml';"],
    ['ui/to-cli.tsx', "import { value } from '../cli/config.ts';"],
  ],
  'ui-imports-only-types-of-dissectors': [
    ['ui/to-dissectors.tsx', "import { value } from '../dissectors/core.ts';"],
  ],
  'io-imports-ports-only': [
    ['io/to-pipeline.ts', "import { value } from '../engine/pipeline.ts';"],
    ['io/to-pipeline-type.ts', "import type { Value } from '../engine/pipeline.ts';"],
    ['io/to-crypto.ts', "import { value } from '../engine/crypto/hmac.ts';"],
  ],
  'io-imports-only-types-of-the-engine': [
    ['io/to-events.ts', "import { value } from '../engine/events.ts';"],
    ['io/to-rule-api.ts', "import { value } from '../engine/rule-api.ts';"],
    ['io/to-association.ts', "import { value } from '../engine/state/security-association.ts';"],
    ['io/to-keys.ts', "import { value } from '../engine/keys/key-file.ts';"],
  ],
  'io-imports-only-types-of-dissectors': [
    ['io/to-dissectors.ts', "import { value } from '../dissectors/core.ts';"],
  ],
  'io-imports-no-upper-folder': [
    ['io/to-cli.ts', "import { value } from '../cli/config.ts';"],
    ['io/to-rules-type.ts', "import type { Value } from '../rules/binding/one.ts';"],
    ['io/to-fixtures.ts', "import { value } from '../fixtures/generate.ts';"],
  ],
  'fixtures-import-no-upper-folder': [
    ['fixtures/to-rules.ts', "import { value } from '../rules/binding/one.ts';"],
    ['fixtures/to-cli.ts', "import { value } from '../cli/config.ts';"],
  ],
  'cli-imports-no-tests': [['cli/to-test.ts', "import { value } from '../test/builder.ts';"]],
  'shipped-code-imports-no-development-package': [
    ['cli/to-development-package.ts', "import { Ajv } from 'ajv';"],
    ['io/to-development-package.ts', "import { test } from 'vitest';"],
  ],
};

/** Imports that no rule may report: without them a rule that forbids everything would pass. */
const ALLOWED: readonly Import[] = [
  ['dissectors/ok.ts', "import { value } from './core.ts';"],
  ['engine/crypto/ok-noble.ts', "import { sha1 } from '@noble/hashes/legacy.js';"],
  ['engine/crypto/ok-ciphers.ts', "import { cbc } from '@noble/ciphers/aes.js';"],
  ['engine/crypto/ok-built-in.ts', "import { createHmac } from 'node:crypto';"],
  ['engine/crypto/ok-dissectors.ts', "import { value } from '../../dissectors/core.ts';"],
  ['engine/mobility/ok.ts', "import { value } from '../crypto/hmac.ts';"],
  ['engine/ok-dissectors.ts', "import { value } from '../dissectors/core.ts';"],
  ['engine/ok-state.ts', "import { value } from './state/security-association.ts';"],
  ['engine/ok-crypto.ts', "import { value } from './crypto/hmac.ts';"],
  ['rules/binding/ok-api.ts', "import { value } from '../../engine/rule-api.ts';"],
  ['rules/binding/ok-types.ts', "import type { Value } from '../../dissectors/core.ts';"],
  ['rules/binding/ok-inline.ts', "import { type Value } from '../../dissectors/core.ts';"],
  ['nodes/ok.ts', "import { value } from '../engine/mobility/sequence.ts';"],
  ['ui/ok-ink.tsx', "import { Box } from 'ink';"],
  ['ui/ok-react.tsx', "import { useState } from 'react';"],
  ['ui/ok-views.tsx', "import { value } from '../engine/views/packets.ts';"],
  ['ui/ok-filter.tsx', "import { value } from '../engine/filter/parser.ts';"],
  ['ui/ok-types.tsx', "import type { Value } from '../dissectors/core.ts';"],
  ['io/ok-ports.ts', "import { value } from '../engine/ports.ts';"],
  ['io/ok-capture-file.ts', "import { value } from '../dissectors/capture-file/pcap.ts';"],
  ['io/ok-types.ts', "import type { Value } from '../dissectors/core.ts';"],
  ['io/ok-events.ts', "import type { Value } from '../engine/events.ts';"],
  ['io/ok-keys.ts', "import type { Value } from '../engine/keys/key-file.ts';"],
  ['io/ok-built-in.ts', "import { readFileSync } from 'node:fs';"],
  ['io/ok-package.ts', "import { decompress } from 'fzstd';"],
  ['io/ok-absent.ts', "export const load = () => import('pcap');"],
  ['cli/ok-engine.ts', "import { value } from '../engine/pipeline.ts';"],
  ['cli/ok-ui.ts', "export const load = () => import('../ui/theme.ts');"],
  ['fixtures/ok.ts', "import { value } from '../engine/crypto/hmac.ts';"],
  ['test/ok.ts', "import { value } from '../cli/config.ts';"],
  ['test/ok-development-package.ts', "import { Ajv } from 'ajv';"],
];

/** Files that the imports above reach. */
const TARGETS = [
  'cli/config.ts',
  'dissectors/capture-file/pcap.ts',
  'dissectors/core.ts',
  'engine/crypto/hmac.ts',
  'engine/events.ts',
  'engine/filter/parser.ts',
  'engine/keys/key-file.ts',
  'engine/mobility/sequence.ts',
  'engine/pipeline.ts',
  'engine/ports.ts',
  'engine/rule-api.ts',
  'engine/state/security-association.ts',
  'engine/views/packets.ts',
  'fixtures/generate.ts',
  'io/file.ts',
  'rules/binding/one.ts',
  'test/builder.ts',
  'ui/theme.ts',
];

const Config = z.object({ forbidden: z.array(z.object({ name: z.string() })) });
const Report = z.object({
  summary: z.object({
    violations: z.array(z.object({ from: z.string(), rule: z.object({ name: z.string() }) })),
  }),
});

/** What dependency-cruiser reports for the tree at `folder` with the project's own rules: `rule: file`. */
function violationsIn(folder: string): string[] {
  const args = [CRUISER, '--config', CONFIG, '--output-type', 'json', '.'];
  const run = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (run.stdout === '') throw new Error(`dependency-cruiser gave no report: ${run.stderr}`);
  const { violations } = Report.parse(JSON.parse(run.stdout)).summary;
  return violations.map(({ from, rule }) => `${rule.name}: ${from}`);
}

const rules = Config.parse(JSON.parse(readFileSync(CONFIG, 'utf8'))).forbidden.map(
  ({ name }) => name,
);

describe('a tree of forbidden and allowed imports', () => {
  let tree = '';
  let reported: string[] = [];

  beforeAll(() => {
    tree = mkdtempSync(path.join(tmpdir(), 'mip6guard-imports-'));
    const write = (file: string, text: string): void => {
      mkdirSync(path.join(tree, path.dirname(file)), { recursive: true });
      writeFileSync(path.join(tree, file), text);
    };
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(tree, 'node_modules'));
    for (const file of ['package.json', 'tsconfig.json']) {
      write(file, readFileSync(path.join(ROOT, file), 'utf8'));
    }
    for (const file of TARGETS) write(file, 'export type Value = number;\nexport const value = 1;');
    for (const [file, statement] of [...Object.values(FORBIDDEN).flat(), ...ALLOWED]) {
      write(file, statement);
    }
    reported = violationsIn(tree);
  });

  afterAll(() => {
    rmSync(tree, { recursive: true, force: true });
  });

  it('has for every rule of the configuration an import that the rule forbids', () => {
    expect(Object.keys(FORBIDDEN).sort()).toEqual([...rules].sort());
  });

  it.each(Object.entries(FORBIDDEN))('is reported by %s', (rule, imports) => {
    // A cycle is reported once, at any of its files.
    const expected = rule === 'no-cycles' ? imports.slice(0, 1) : imports;
    for (const [file, statement] of expected) {
      expect(reported, `${file}: ${statement}`).toContain(`${rule}: ${file}`);
    }
  });

  it('is not reported for any import that the directions allow', () => {
    const allowed = new Set(ALLOWED.map(([file]) => file));
    expect(reported.filter((line) => allowed.has(line.slice(line.indexOf(': ') + 2)))).toEqual([]);
  });
});
