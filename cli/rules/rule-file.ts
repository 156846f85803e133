/**
 * Rule files: YAML in, rules out, or every problem with its place.
 */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { compileFilter } from '../../engine/filter/filter.ts';
import type { CompiledFilter } from '../../engine/filter/filter.ts';
import { FilterError, formatFilterError } from '../../engine/filter/error.ts';
import { fieldNamed, hintFor } from '../../engine/filter/fields.ts';
import { localRule } from '../../engine/rules/local-rule.ts';
import type { RuleDefinition } from '../../engine/rule-api.ts';
import { ConfigurationError } from '../configuration-error.ts';
import type { ConfigurationProblem } from '../configuration-error.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { problemAt, readSettingsText, schemaProblems } from '../settings-file.ts';
import type { YamlDocument } from '../yaml-document.ts';
import { filterOffset } from './filter-place.ts';

/** Largest rule file, octets. */
const MAX_OCTETS = 1024 * 1024;
/** Most rules of the operator in a run: each may look at every packet. */
const MAX_LOCAL_RULES = 1024;
const RULE_FILE = /\.rule\.ya?ml$/;

/** A rule of the operator, ready to run. */
export interface LocalRule {
  readonly definition: RuleDefinition;
  readonly filter: CompiledFilter;
  /** Fields of packets that it counts by; empty when it counts by addresses. */
  readonly countedBy: readonly string[];
  /** File that it is from. */
  readonly file: string;
}

/** Whether a file is named as a rule file. */
export function isRuleFile(file: string): boolean {
  return RULE_FILE.test(file);
}

/**
 * Rules of a text.
 * @param file name for messages
 * @throws ConfigurationError with all problems
 */
export async function parseRules(text: string, file: string): Promise<readonly LocalRule[]> {
  const [{ readYaml }, { ruleFileSchema, ruleKeysAt }] = await Promise.all([
    import('../yaml-document.ts'),
    import('./rule-schema.ts'),
  ]);
  const document = readYaml(text);
  if ('length' in document) throw new ConfigurationError(file, document);
  const result = ruleFileSchema.safeParse(document.value);
  const problems: ConfigurationProblem[] = [
    ...document.problems,
    ...schemaProblems(result.error?.issues ?? [], document, ruleKeysAt),
  ];
  const rules: LocalRule[] = [];
  const first = new Map<string, number>();
  for (const [i, written] of (result.data?.rules ?? []).entries()) {
    const known = first.get(written.id);
    if (known !== undefined) {
      const message = `this id is already given at rules[${known}]`;
      problems.push(problemAt(document, ['rules', i, 'id'], message));
    } else first.set(written.id, i);
    const { threshold: { count, seconds, by } = { count: 1, seconds: 60, by: 'source' }, ...rest } =
      written;
    const countedBy = fieldsOf(by);
    if (typeof countedBy === 'string') {
      problems.push(problemAt(document, ['rules', i, 'threshold', 'by'], countedBy));
    }
    const filter = filterAt(written.filter, ['rules', i, 'filter'], document, text, problems);
    if (filter === undefined || typeof countedBy === 'string') continue;
    rules.push({ definition: localRule({ ...rest, count, seconds, by }), filter, countedBy, file });
  }
  if (problems.length > 0) throw new ConfigurationError(file, problems);
  return rules;
}

/**
 * Rules of a file.
 * @throws ConfigurationError with all problems
 */
export async function readRuleFile(file: string): Promise<readonly LocalRule[]> {
  return parseRules(await readSettingsText(file, MAX_OCTETS), file);
}

/** What a rule counts by: fields, none for addresses, or what is wrong. */
function fieldsOf(by: string): readonly string[] | string {
  if (by === 'source' || by === 'destination' || by === 'home-address') return [];
  const named = fieldNamed(by);
  const expected = 'expected source, destination, home-address or the name of a field';
  if (named === undefined) return `${expected}; ${by} is none, ${hintFor(by)}`;
  const { type } = named.info;
  if (type === 'none' || type === 'protocol') return `${expected} with a value; ${by} has none`;
  return named.fields;
}

/** The filter at a place; what is wrong with it goes to the problems, with the line and column of the very word. */
function filterAt(
  filter: string,
  place: readonly (string | number)[],
  document: YamlDocument,
  text: string,
  problems: ConfigurationProblem[],
): CompiledFilter | undefined {
  try {
    const compiled = compileFilter(filter);
    if (compiled.root === undefined) throw new FilterError('a filter that selects', filter, 0, 0);
    if (!compiled.usesState) return compiled;
    const name = [...compiled.fields].find((field) => field.startsWith('mip6guard.')) ?? '';
    const at = Math.max(0, filter.indexOf('mip6guard'));
    throw new FilterError(`${name} is what rules find: a rule cannot ask for it`, filter, at, 9);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    const problem = problemAt(document, place, '');
    const [message = '', ...shown] = formatFilterError(error).split('\n');
    const exact = filterOffset(text, problem, filter, error.offset);
    problems.push({ ...problem, ...exact, message, shown });
    return undefined;
  }
}

/**
 * Rules of folders and files.
 * @param places folders, of which all `*.rule.yaml` count, and files
 * @throws CliError (2) with all problems of all files, an id that is given twice, or a folder without rules
 */
export async function loadLocalRules(places: readonly string[]): Promise<readonly LocalRule[]> {
  const files = (await Promise.all(places.map(filesOf))).flat();
  const problems: string[] = [];
  const rules: LocalRule[] = [];
  const byId = new Map<string, string>();
  for (const file of new Set(files)) {
    try {
      for (const rule of await readRuleFile(file)) {
        const { id } = rule.definition;
        const other = byId.get(id);
        if (other !== undefined) problems.push(`${file}: ${id} is also given in ${other}`);
        byId.set(id, file);
        rules.push(rule);
      }
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      problems.push(error.message);
    }
  }
  if (rules.length > MAX_LOCAL_RULES) {
    problems.push(`${rules.length} rules of your own; at most ${MAX_LOCAL_RULES} can run`);
  }
  if (problems.length > 0) throw new CliError(EXIT.usage, problems.join('\n'));
  return rules.sort((a, b) => (a.definition.id < b.definition.id ? -1 : 1));
}

/** @throws CliError (2) when a place is not there or has no rules */
async function filesOf(place: string): Promise<readonly string[]> {
  let names: readonly string[];
  try {
    if (!(await stat(place)).isDirectory()) return [place];
    names = await readdir(place);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(EXIT.usage, `--rules ${place}: ${reason}`);
  }
  const found = names.filter(isRuleFile).sort();
  if (found.length === 0) {
    throw new CliError(EXIT.usage, `--rules ${place}: holds no *.rule.yaml`);
  }
  return found.map((name) => path.join(place, name));
}
