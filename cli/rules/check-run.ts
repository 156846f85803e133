/**
 * Checks site files and rule files, without a capture.
 */
import type { RuleDefinition } from '../../engine/rule-api.ts';
import type { Site } from '../../engine/site.ts';
import { ConfigurationError } from '../configuration-error.ts';
import type { ConfigurationProblem } from '../configuration-error.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { plural } from '../report/numbers.ts';
import { readSettingsText } from '../settings-file.ts';
import { MAX_SITE_FILE_OCTETS, parseSite } from '../site-file.ts';
import type { Terminal } from '../terminal.ts';
import { isRuleFile, parseRules } from './rule-file.ts';
import type { LocalRule } from './rule-file.ts';

/** What was found of one file. */
interface Checked {
  readonly file: string;
  readonly kind: 'site' | 'rules';
  readonly problems: readonly ConfigurationProblem[];
  /** What it holds, when nothing is wrong. */
  readonly summary: string;
  /** All that is wrong, as text. */
  readonly text: string;
}

/**
 * Checks files; those of rules first, so that site files may speak of these rules.
 * @param rules of the program and of `--rules`
 */
export async function checkFiles(
  files: readonly string[],
  rules: readonly RuleDefinition[],
  isJson: boolean,
  terminal: Terminal,
): Promise<ExitCode> {
  const texts = await Promise.all(files.map(readText));
  const checked = new Map<string, Checked>();
  const all = [...rules];
  const byId = new Map<string, string>();
  for (const { file, text, failure } of texts) {
    if (failure !== undefined) checked.set(file, failed(file, 'site', failure));
    else if (await isOfRules(file, text)) {
      const { result, found } = await checkRules(file, text, byId);
      checked.set(file, result);
      for (const { definition } of found) {
        if (!all.some(({ id }) => id === definition.id)) all.push(definition);
      }
    }
  }
  for (const { file, text } of texts) {
    if (!checked.has(file)) checked.set(file, await checkSite(file, text, all));
  }
  const results = files.flatMap((file) => checked.get(file) ?? []);
  if (isJson) {
    const records = results.map(({ file, kind, problems }) => ({
      file,
      kind,
      is_valid: problems.length === 0,
      problems: problems.map(({ line, column, path, message }) => ({
        line,
        column,
        path,
        message,
      })),
    }));
    terminal.output.write(`${JSON.stringify(records, undefined, 2)}\n`);
  } else {
    for (const { file, summary, text, problems } of results) {
      if (problems.length > 0) terminal.say(text);
      else terminal.output.write(`${file}: ${summary}\n`);
    }
  }
  return results.some(({ problems }) => problems.length > 0) ? EXIT.usage : EXIT.clean;
}

async function readText(
  file: string,
): Promise<{ file: string; text: string; failure?: ConfigurationError }> {
  try {
    return { file, text: await readSettingsText(file, MAX_SITE_FILE_OCTETS) };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { file, text: '', failure: error };
  }
}

/** Rule files are told by their name, else by a list of rules where a site file has a mapping. */
async function isOfRules(file: string, text: string): Promise<boolean> {
  if (isRuleFile(file)) return true;
  const { readYaml } = await import('../yaml-document.ts');
  const document = readYaml(text);
  if ('length' in document) return false;
  const { value } = document;
  return (
    typeof value === 'object' && value !== null && 'rules' in value && Array.isArray(value.rules)
  );
}

async function checkRules(
  file: string,
  text: string,
  byId: Map<string, string>,
): Promise<{ result: Checked; found: readonly LocalRule[] }> {
  try {
    const found = await parseRules(text, file);
    const problems = found.flatMap(({ definition: { id } }) => {
      const other = byId.get(id);
      byId.set(id, file);
      const message = `${id} is also given in ${other ?? ''}`;
      return other === undefined ? [] : [{ line: 0, column: 0, path: '', message }];
    });
    if (problems.length > 0) throw new ConfigurationError(file, problems);
    const summary = `rule file, ${plural(found.length, 'rule')}: nothing wrong`;
    return { result: { file, kind: 'rules', problems: [], summary, text: '' }, found };
  } catch (error) {
    return { result: failed(file, 'rules', error), found: [] };
  }
}

async function checkSite(
  file: string,
  text: string,
  rules: readonly RuleDefinition[],
): Promise<Checked> {
  try {
    const site = await parseSite(text, file, rules);
    const summary = `site file, ${contents(site)}: nothing wrong`;
    return { file, kind: 'site', problems: [], summary, text: '' };
  } catch (error) {
    return failed(file, 'site', error);
  }
}

function failed(file: string, kind: Checked['kind'], error: unknown): Checked {
  if (!(error instanceof ConfigurationError)) throw error;
  return { file, kind, problems: error.problems, summary: '', text: error.message };
}

/** What a site file tells, in short. */
function contents(site: Site): string {
  const { homeAgents, links, mobileNodes, routers, rules, overrides = [] } = site;
  const { thresholds = [], rateFilters = [], suppressions = [] } = site;
  const parts = [
    [homeAgents.length, 'home agent'],
    [links.length, 'link'],
    [mobileNodes.length, 'mobile node'],
    [routers.length, 'router'],
    [Object.keys(rules).length, 'changed rule'],
    [overrides.length, 'override'],
    [thresholds.length, 'threshold'],
    [rateFilters.length, 'rate filter'],
    [suppressions.length, 'suppression'],
  ] as const;
  const told = parts.filter(([count]) => count > 0).map(([count, name]) => plural(count, name));
  return told.length === 0 ? 'which tells nothing' : told.join(', ');
}
