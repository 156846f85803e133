/**
 * `mip6guard rules`: list and explain rules, check files of settings, tell what rules cost.
 */
import { Option } from 'commander';
import type { Command } from 'commander';
import type { RuleDefinition, Severity } from '../../engine/rule-api.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { ColourChoice } from '../report/palette.ts';
import type { LocalRule } from '../rules/rule-file.ts';
import type { Terminal } from '../terminal.ts';
import { colourOption, keysOption, rulesOption } from './options.ts';

type Format = 'text' | 'json';

interface Common {
  readonly format: Format;
  readonly rules: readonly string[];
  readonly color: ColourChoice;
}

const EXAMPLES = `Examples:
  mip6guard rules list --severity critical
  mip6guard rules explain MIP6-1106
  mip6guard rules check site.yaml own.rule.yaml
  mip6guard rules stats capture.pcapng
`;

const LIST_EXAMPLES = `Examples:
  mip6guard rules list
  mip6guard rules list --category home-link --severity high
  mip6guard rules list router advertisement
  mip6guard rules list --format json | jq -r '.[] | [.rule, .severity] | @tsv'
`;

const EXPLAIN_EXAMPLES = `Examples:
  mip6guard rules explain MIP6-1106
  mip6guard rules explain 1101 1112
  mip6guard rules explain --rules own/ LOCAL-0001
`;

const CHECK_EXAMPLES = `Examples:
  mip6guard rules check site.yaml
  mip6guard rules check site.yaml own/*.rule.yaml
  mip6guard rules check --rules own/ site.yaml
`;

const CHECK_NOTES = `
What is wrong is told with file, line and column, what was expected, and what was meant; of a filter the
very word is marked. A site file may speak of rules in the rule files beside it and of those of --rules.
Formats: docs/site.md, docs/custom-rules.md.

Exit codes: 0 nothing wrong; 2 something is; 4 environment; 5 internal error.
`;

const STATS_EXAMPLES = `Examples:
  mip6guard rules stats capture.pcapng
  mip6guard rules stats --config site.yaml --keys esp_sa --rules own/ captures/
`;

const CATEGORIES: readonly RuleDefinition['category'][] = [
  'integrity',
  'home-link',
  'forged-binding',
  'replay',
  'flooding',
  'exhaustion',
  'reflection',
  'return-routability',
  'ipsec',
  'neighbor-discovery',
  'discovery',
  'tunnel',
  'extension',
  'reconnaissance',
  'local',
];

function formatOption(): Option {
  return new Option('-f, --format <format>', 'text or json')
    .choices(['text', 'json'] satisfies Format[])
    .default('text');
}

/** Adds the commands. @param end takes the exit code */
export function addRules(
  program: Command,
  terminal: Terminal,
  end: (code: ExitCode) => void,
): void {
  const rules = program
    .command('rules')
    .summary('list and explain rules, check files of settings')
    .description('Works with the rules: those of the program and your own.')
    .helpCommand(false)
    .addHelpText('before', EXAMPLES);
  addList(rules, terminal, end);
  addExplain(rules, terminal, end);
  addCheck(rules, terminal, end);
  addStats(rules, terminal, end);
}

/** Rules of the program and of `--rules`. */
async function allRules(
  places: readonly string[],
): Promise<{ rules: readonly RuleDefinition[]; localRules: readonly LocalRule[] }> {
  const { loadRules } = await import('../rules-directory.ts');
  const builtIn = await loadRules();
  if (places.length === 0) return { rules: builtIn, localRules: [] };
  const { loadLocalRules } = await import('../rules/rule-file.ts');
  const localRules = await loadLocalRules(places);
  return { rules: [...builtIn, ...localRules.map(({ definition }) => definition)], localRules };
}

function addList(rules: Command, terminal: Terminal, end: (code: ExitCode) => void): void {
  rules
    .command('list')
    .summary('list rules')
    .description('Lists rules: id, severity, category, title.')
    .argument('[word...]', 'only rules with all these words in title, explanation or references')
    .addOption(new Option('--category <category>', 'only rules of a category').choices(CATEGORIES))
    .addOption(
      new Option('--severity <severity>', 'only rules of this severity or worse').choices([
        'info',
        'low',
        'medium',
        'high',
        'critical',
      ] satisfies Severity[]),
    )
    .addOption(rulesOption())
    .addOption(formatOption())
    .addOption(colourOption())
    .addHelpText('before', LIST_EXAMPLES)
    .action(
      async (
        words: string[],
        values: Common & {
          readonly category?: RuleDefinition['category'];
          readonly severity?: Severity;
        },
      ) => {
        const { listRules } = await import('../rules/list-run.ts');
        const { category, severity, format, color: colour } = values;
        const isJson = format === 'json';
        const all = await allRules(values.rules);
        end(listRules(all.rules, { words, category, severity, isJson, colour }, terminal));
      },
    );
}

function addExplain(rules: Command, terminal: Terminal, end: (code: ExitCode) => void): void {
  rules
    .command('explain')
    .summary('what an attack is, what proves it, what to do')
    .description(
      'Explains rules: the attack, why the evidence proves it, what the sensor needs, what to do, and captures to try.',
    )
    .argument('<id...>', 'ids of rules: MIP6-1106 or 1106')
    .addOption(rulesOption())
    .addOption(formatOption())
    .addOption(colourOption())
    .addHelpText('before', EXPLAIN_EXAMPLES)
    .action(async (words: string[], values: Common) => {
      const { explainRules } = await import('../rules/explain-run.ts');
      const { format, color: colour } = values;
      const all = await allRules(values.rules);
      const how = { isJson: format === 'json', colour };
      end(await explainRules(words, all.rules, all.localRules, how, terminal));
    });
}

function addCheck(rules: Command, terminal: Terminal, end: (code: ExitCode) => void): void {
  rules
    .command('check')
    .summary('check site files and rule files')
    .description('Checks site files and files of rules (*.rule.yaml) without a capture.')
    .argument('<file...>', 'site files and rule files')
    .addOption(rulesOption())
    .addOption(formatOption())
    .addHelpText('before', CHECK_EXAMPLES)
    .addHelpText('after', CHECK_NOTES)
    .action(async (files: string[], values: Common) => {
      const { checkFiles } = await import('../rules/check-run.ts');
      const all = await allRules(values.rules);
      end(await checkFiles(files, all.rules, values.format === 'json', terminal));
    });
}

function addStats(rules: Command, terminal: Terminal, end: (code: ExitCode) => void): void {
  rules
    .command('stats')
    .summary('what rules cost over captures')
    .description('Runs all rules over captures and tells of each: evaluations, alerts, time.')
    .argument('<capture...>', 'captures, directories, patterns, or - for standard input')
    .option('-c, --config <file>', 'site file')
    .addOption(keysOption())
    .addOption(rulesOption())
    .option('-r, --recursive', 'also captures in directories below a directory')
    .addOption(formatOption())
    .addOption(colourOption())
    .addHelpText('before', STATS_EXAMPLES)
    .action(
      async (
        inputs: string[],
        values: Common & {
          readonly config?: string;
          readonly keys: readonly string[];
          readonly recursive?: boolean;
        },
      ) => {
        const [{ prepareSession }, { ruleStats }] = await Promise.all([
          import('../session.ts'),
          import('../rules/stats-run.ts'),
        ]);
        const { config, keys, rules: places, recursive = false, format, color: colour } = values;
        const named = { inputs, config, keys, rules: places, recursive, workers: 1 };
        const session = await prepareSession(named, terminal);
        end(await ruleStats(session, { isJson: format === 'json', colour }, terminal));
      },
    );
}
