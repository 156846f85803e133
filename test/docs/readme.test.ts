/**
 * What the pages show is what the command does: blocks marked `console` are run, and what stands under a command
 * is what it wrote.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { loadRules } from '../../cli/rules-directory.ts';
import { parseRules } from '../../cli/rules/rule-file.ts';
import { readSiteFile } from '../../cli/site-file.ts';
import { bash, hasProgram, mip6guard } from '../e2e/command.ts';
import {
  PAGES,
  ROOT,
  anchorsOf,
  blocksOf,
  commandsOf,
  firstDifference,
  linksOf,
  pageText,
} from './pages.ts';

/** Programs that shown commands may need beside ours. */
const TOOLS = ['jq', 'sqlite3', 'tshark', 'better-sqlite3'] as const;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-docs-'));
  for (const name of ['fixtures', 'docs'])
    symlinkSync(path.join(ROOT, name), path.join(folder, name));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Whether something a command line needs is there and works. */
function isThere(tool: (typeof TOOLS)[number]): boolean {
  if (tool !== 'better-sqlite3') return hasProgram(tool);
  const probe = "new (require('better-sqlite3'))(':memory:')";
  const args = ['--input-type=commonjs', '-e', probe];
  return spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'ignore' }).status === 0;
}

/** What the commands of a block need. */
function needsOf(text: string): readonly (typeof TOOLS)[number][] {
  return TOOLS.filter((tool) =>
    tool === 'better-sqlite3'
      ? text.includes('--db')
      : new RegExp(`(^|[|] *)${tool} `, 'm').test(text),
  );
}

/** Lines as compared: without blanks at the end, which columns leave. */
function trimmed(lines: readonly string[]): string[] {
  const all = lines.map((line) => line.trimEnd());
  while (all.at(-1) === '') all.pop();
  return all;
}

describe.each(PAGES)('the commands of %s', (page) => {
  const shown = blocksOf(page)
    .filter(({ language }) => language === 'console')
    .map((block) => ({ place: block.place, commands: commandsOf(block) }));
  for (const { place, commands } of shown) {
    const text = commands.map(({ command }) => command).join('\n');
    const needs = needsOf(text);
    const name = needs.length === 0 ? place : `${place} (needs ${needs.join(', ')})`;
    it.skipIf(!needs.every(isThere))(`write what is shown: ${name}`, () => {
      const mark = 'mark() { local code=$?; printf "\\036"; return $code; }';
      const script = commands.map(({ command }) => `${command}\nmark`).join('\n');
      const { stdout, stderr } = bash(`${mark}\n${script}`, folder);
      const outputs = stdout.split('\u001e');
      for (const [i, { command, output }] of commands.entries()) {
        const written = trimmed((outputs[i] ?? '').split('\n'));
        const missing = firstDifference(trimmed(output), written);
        const context = `${command}\nwrote\n${written.join('\n')}\n${stderr}`;
        expect(missing, context).toBe(undefined);
      }
    });
  }

  it('begin with mip6guard or with what comes with a system', () => {
    const known = /^(mip6guard|jq|sqlite3|tshark|cat|echo|head|cd) /;
    const others = shown.flatMap(({ commands }) =>
      commands.map(({ command }) => command).filter((command) => !known.test(command)),
    );
    expect(others).toEqual([]);
  });
});

describe('the comparison with what was written', () => {
  it.each([
    [['a', 'b'], ['a', 'b'], undefined],
    [['a'], ['a', 'b'], ['a']],
    [['b'], ['a', 'b'], ['b']],
    [['...', 'b'], ['a', 'b'], undefined],
    [['...', 'b'], ['a', 'b', 'c'], ['b']],
    [['a', '...', 'c', '...'], ['a', 'b', 'c', 'd'], undefined],
    [['a', '...', 'c', 'd'], ['a', 'c', 'b', 'c', 'd'], undefined],
    [
      ['a', '...', 'c', 'x'],
      ['a', 'b', 'c', 'd'],
      ['c', 'x'],
    ],
    [['...'], ['a'], undefined],
    [[], ['a'], []],
  ])('of %j with %j', (shown, written, difference) => {
    expect(firstDifference(shown, written)).toEqual(difference);
  });
});

describe.each(PAGES)('the links of %s', (page) => {
  it('lead somewhere', () => {
    const broken = linksOf(page)
      .filter((link) => !/^https?:/.test(link))
      .filter((link) => {
        const [file = '', anchor] = link.split('#');
        const target = file === '' ? page : path.join(path.dirname(page), file);
        if (!existsSync(path.join(ROOT, target))) return true;
        return anchor !== undefined && !anchorsOf(target).includes(anchor);
      });
    expect(broken).toEqual([]);
  });

  it('and names of npm scripts are those of package.json', () => {
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')));
    const named = [...pageText(page).matchAll(/\bnpm run ([a-z:]+)/g)].map(
      (match) => match[1] ?? '',
    );
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it('tell nothing of the machine they were written on', () => {
    expect(pageText(page)).not.toMatch(/\/(root|home|tmp|work)\/\w/);
  });
});

describe('the reference of the command', () => {
  it.each(['audit', 'read'])('names every option of %s', (command) => {
    const { stdout } = mip6guard([command, '--help']);
    const options = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(
      (match) => match[1] ?? '',
    );
    expect(options.length).toBeGreaterThan(5);
    const text = pageText('README.md');
    expect(
      options.filter((option) => option !== '--help' && !text.includes(`\`${option}`)),
    ).toEqual([]);
  });

  it('has the exit codes of the help', () => {
    const codes = [...mip6guard(['help', 'exit-codes']).stdout.matchAll(/^ {2}(\d+(?:, \d+)*) /gm)];
    expect(codes.length).toBeGreaterThan(5);
    const rows = codes.map((match) => `| ${match[1] ?? ''} |`);
    expect(rows.filter((row) => !pageText('README.md').includes(row))).toEqual([]);
  });
});

describe('the site files shown', async () => {
  const rules = await loadRules();
  const yaml = PAGES.flatMap((page) => blocksOf(page)).filter(
    ({ language }) => language === 'yaml',
  );
  const isOfRules = ({ lines }: (typeof yaml)[number]): boolean =>
    lines.some((line) => /^ +filter: /.test(line));
  const shown = yaml.filter((block) => !isOfRules(block));

  it.each(yaml.filter(isOfRules))('with rules at $place are accepted', async ({ lines, place }) => {
    await expect(parseRules(lines.join('\n'), place)).resolves.toBeDefined();
  });

  it('are there', () => {
    expect(shown.length).toBeGreaterThan(1);
  });

  it.each(shown)('at $place are accepted', async ({ lines }) => {
    const file = path.join(folder, 'site.yaml');
    writeFileSync(file, `${lines.join('\n')}\n`);
    await expect(readSiteFile(file, rules)).resolves.toBeDefined();
  });

  it('have among them every key, in docs/site.md', () => {
    const schema = JSON.parse(pageText('docs/site.schema.json')) as unknown;
    const all = keysOf(schema).filter((key) => !key.startsWith('MIP6-'));
    expect(all.length).toBeGreaterThan(20);
    const complete = shown
      .filter(({ place }) => place.startsWith('docs/site.md'))
      .flatMap(({ lines }) => lines)
      .join('\n');
    expect(all.filter((key) => !complete.includes(`${key}:`))).toEqual([]);
  });
});

const part = z
  .object({ properties: z.record(z.string(), z.unknown()), items: z.unknown() })
  .partial();

/** Names of all keys that a JSON Schema knows; of rules only `enabled`, `severity` and `params`. */
function keysOf(schema: unknown): string[] {
  const { properties = {}, items } = part.parse(schema);
  const below = Object.entries(properties).flatMap(([key, value]) =>
    key === 'params' ? [key] : [key, ...keysOf(value)],
  );
  return [...new Set([...below, ...(items === undefined ? [] : keysOf(items))])];
}
