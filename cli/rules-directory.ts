/**
 * The rules of the package: found by listing `rules/` next to the running code, so that a new rule is one file.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { PRECEDENCE, SEVERITIES } from '../engine/rule-api.ts';
import type { Need, RuleDefinition, Verdict } from '../engine/rule-api.ts';
import type { EngineEvent } from '../engine/events.ts';
import { CliError, EXIT } from './exit-codes.ts';

/** `dist/rules` or `dist/program/rules` of the built package; `rules` of the source tree when a test runs. */
export const RULES_DIRECTORY = path.join(import.meta.dirname, '..', 'rules');

/** Rule files that cannot be used. They are part of the program, so this is a bug: exit code 5. */
export class RuleFilesError extends CliError {
  readonly code = 'ERR_RULE_FILES';
  /** `file: what is wrong`, one for each fault, in order of files. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(EXIT.internal, ['rules cannot be loaded:', ...problems].join('\n  '));
    this.name = 'RuleFilesError';
    this.problems = problems;
  }
}

/** Has all rules of the folder as `{ 'family/mip6-0000.js': its definition }`, where the program was put together in few files. */
const ALL_RULES = 'all.js';
const RULE_FILE = /^mip6-\d{4}\.[jt]s$/;
const SOURCE_FILE = /(?<!\.d)\.[jt]s$/;

/**
 * Loads every `mip6-NNNN.js` or `.ts` under the folder, in whatever family folder it lies.
 * @returns the rules in order of their ids
 * @throws RuleFilesError with all faults of all files: wrong names, files that do not load, definitions with
 *   missing or impossible parts, an id used twice
 */
export async function loadRules(folder = RULES_DIRECTORY): Promise<readonly RuleDefinition[]> {
  const loaded = (await together(folder)) ?? (await oneByOne(folder));
  const problems = loaded.flatMap(({ file, faults }) => faults.map((fault) => `${file}: ${fault}`));
  const byId = new Map<string, string>();
  const rules: RuleDefinition[] = [];
  for (const { file, rule } of loaded) {
    if (rule === undefined) continue;
    const other = byId.get(rule.id);
    if (other !== undefined) problems.push(`${file}: ${rule.id} is also defined in ${other}`);
    byId.set(rule.id, file);
    rules.push(rule);
  }
  if (problems.length > 0) throw new RuleFilesError(problems);
  return rules.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The rules of one file that has all; undefined when there is none. */
async function together(folder: string): Promise<readonly Named[] | undefined> {
  const file = path.join(folder, ALL_RULES);
  if (!existsSync(file)) return undefined;
  const module: unknown = await import(/* @vite-ignore */ pathToFileURL(file).href);
  const rules = isRecord(module) && isRecord(module['rules']) ? module['rules'] : {};
  return Object.entries(rules).map(([name, value]) => ({ file: name, ...checked(name, value) }));
}

async function oneByOne(folder: string): Promise<readonly Named[]> {
  const files = await ruleFiles(folder);
  return Promise.all(
    files.map(async (file) => ({ file, ...(await loadRule(path.join(folder, file))) })),
  );
}

/** Source files under the folder, relative to it, sorted. */
async function ruleFiles(folder: string): Promise<string[]> {
  let entries;
  try {
    entries = await readdir(folder, { recursive: true, withFileTypes: true });
  } catch (error) {
    throw new RuleFilesError([`${folder}: ${messageOf(error)}`]);
  }
  const files = entries
    .filter((entry) => entry.isFile() && SOURCE_FILE.test(entry.name))
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();
  if (files.length === 0) throw new RuleFilesError([`${folder}: holds no rule files`]);
  return files;
}

interface Loaded {
  readonly rule?: RuleDefinition;
  readonly faults: readonly string[];
}

/** With its file, relative to the folder. */
interface Named extends Loaded {
  readonly file: string;
}

async function loadRule(file: string): Promise<Loaded> {
  if (!RULE_FILE.test(path.basename(file))) {
    return { faults: ['a rule file is named mip6- and the four digits of its id'] };
  }
  try {
    const module: unknown = await import(/* @vite-ignore */ pathToFileURL(file).href);
    return checked(file, isRecord(module) ? module['default'] : undefined);
  } catch (error) {
    return { faults: [`does not load: ${messageOf(error)}`] };
  }
}

function checked(file: string, value: unknown): Loaded {
  const name = path.basename(file);
  const id = name.slice(0, 'mip6-0000'.length).toUpperCase();
  const faults = ruleFaults(value, id);
  // A value without faults has every part of a definition; only `evaluate` can still surprise, and is guarded.
  return faults.length > 0 ? { faults } : { faults, rule: value as RuleDefinition };
}

// --- what a definition must be ----------------------------------------------------------------------

const CATEGORIES: Readonly<Record<RuleDefinition['category'], true>> = {
  integrity: true,
  'home-link': true,
  'forged-binding': true,
  replay: true,
  flooding: true,
  exhaustion: true,
  reflection: true,
  'return-routability': true,
  ipsec: true,
  'neighbor-discovery': true,
  discovery: true,
  tunnel: true,
  extension: true,
  reconnaissance: true,
  local: true,
};
const VERDICTS: Readonly<Record<Verdict, true>> = { drop: true, alert: true, 'rate-limit': true };
const NEEDS: Readonly<Record<Need, true>> = {
  'link-roles': true,
  'home-link': true,
  'foreign-link': true,
  'transit-link': true,
  'home-prefixes': true,
  'home-agents': true,
  'readable-signalling': true,
  'readable-ike': true,
  'security-associations': true,
  'access-gateways': true,
  'mobility-anchors': true,
  'mobility-anchor-points': true,
  perimeter: true,
};
const EVENT_KINDS: Readonly<Record<EngineEvent['kind'], true>> = {
  mobility: true,
  icmpv6: true,
  bootstrapping: true,
  esp: true,
  ipsec: true,
  tunnel: true,
  tunnelled: true,
  ike: true,
  relay: true,
  binding: true,
  'binding-traffic': true,
  'esp-refusals': true,
  'home-address-traffic': true,
  'home-address-option': true,
  'routing-header': true,
  reflected: true,
  'tunnel-loop': true,
  'icmpv6-notice': true,
  malformed: true,
  'packet-match': true,
  tick: true,
};

/** What is wrong with the default export of a rule file; empty when it is a rule. */
function ruleFaults(value: unknown, id: string): string[] {
  if (!isRecord(value))
    return ['has no rule as default export: export default defineRule({ ... })'];
  const faults: string[] = [];
  const expect = (name: string, isRight: boolean, expected: string): void => {
    if (!isRight) faults.push(`${name}: expected ${expected}`);
  };
  const oneOf = (name: string, allowed: readonly string[]): void => {
    expect(name, allowed.includes(value[name] as string), `one of ${allowed.join(', ')}`);
  };
  const listOf = (name: string, allowed: readonly string[]): void => {
    const list = value[name];
    const isRight = Array.isArray(list) && list.every((item) => allowed.includes(item as string));
    expect(name, isRight, `a list of ${allowed.join(', ')}`);
  };
  expect('id', value['id'] === id, `${id}, as the file is named`);
  for (const name of ['title', 'explanation', 'advice']) expect(name, isText(value[name]), 'text');
  oneOf('severity', SEVERITIES);
  oneOf('category', Object.keys(CATEGORIES));
  oneOf('verdict', Object.keys(VERDICTS));
  if (value['precedence'] !== undefined) oneOf('precedence', PRECEDENCE);
  const references = value['references'];
  expect(
    'references',
    Array.isArray(references) && references.length > 0 && references.every(isText),
    'a list of documents with their sections',
  );
  listOf('needs', Object.keys(NEEDS));
  listOf('on', Object.keys(EVENT_KINDS));
  expect('on', !Array.isArray(value['on']) || value['on'].length > 0, 'at least one kind of event');
  for (const name of ['illustration', 'revision']) {
    expect(name, value[name] === undefined || isText(value[name]), 'text, or nothing');
  }
  expect('evaluate', typeof value['evaluate'] === 'function', 'a function');
  faults.push(...parameterFaults(value['params']));
  return faults;
}

function parameterFaults(params: unknown): string[] {
  if (!isRecord(params)) return ['params: expected an object of parameters, {} for none'];
  return Object.entries(params).flatMap(([name, parameter]) => {
    const where = `params.${name}`;
    if (!isRecord(parameter)) return [`${where}: expected { default, min, max, unit, doc }`];
    const { default: start, min, max, unit, doc } = parameter;
    const faults: string[] = [];
    if (!isNumber(start) || !isNumber(min) || !isNumber(max)) {
      faults.push(`${where}: default, min and max must be numbers`);
    } else if (min > start || start > max) {
      faults.push(`${where}: default ${start} is not within ${min} to ${max}`);
    }
    if (!isText(unit)) faults.push(`${where}: expected a unit`);
    if (!isText(doc)) faults.push(`${where}: expected a doc text`);
    return faults;
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
