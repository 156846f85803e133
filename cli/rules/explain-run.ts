/**
 * Explains a rule to somebody who meets it for the first time.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { RuleDefinition } from '../../engine/rule-api.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { packageRoot } from '../package-root.ts';
import { Page } from '../report/page.ts';
import { SEVERITY_STYLE } from '../report/palette.ts';
import type { ColourChoice } from '../report/palette.ts';
import { safeText } from '../report/safe-text.ts';
import { nearest } from '../suggestion.ts';
import { reportStyle } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { ruleRecord } from './rule-record.ts';
import type { LocalRule } from './rule-file.ts';
import { CATEGORY_TEXTS, NEED_TEXTS, PRECEDENCE_TEXT, VERDICT_TEXTS } from './rule-texts.ts';

/** A capture that proves a rule. */
interface ProvingCapture {
  readonly file: string;
  readonly about: string;
  /** Options for an audit of it. */
  readonly options: readonly string[];
}

/** How to explain. */
export interface ExplainOptions {
  readonly isJson: boolean;
  readonly colour: ColourChoice;
}

/**
 * The rule that a word names: `MIP6-1106`, `mip6-1106` or `1106`.
 * @throws CliError (2) when no rule has the id; it names the nearest
 */
export function ruleNamed(rules: readonly RuleDefinition[], word: string): RuleDefinition {
  const upper = word.toUpperCase();
  const wanted = /^\d{4}$/.test(word) ? `MIP6-${word}` : upper;
  const found = rules.find(({ id }) => id === wanted);
  if (found !== undefined) return found;
  const meant = nearest(
    wanted,
    rules.map(({ id }) => id),
  );
  const hint =
    meant === undefined
      ? 'mip6guard rules list shows all of them; rules of your own: --rules DIR.'
      : `Did you mean ${meant}? mip6guard rules list shows all of them.`;
  throw new CliError(EXIT.usage, `no rule has the id ${safeText(word)}`, { hint });
}

/** Explains rules. @throws CliError (2) for an unknown id */
export async function explainRules(
  words: readonly string[],
  rules: readonly RuleDefinition[],
  localRules: readonly LocalRule[],
  options: ExplainOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const found = words.map((word) => ruleNamed(rules, word));
  const captures = await Promise.all(found.map(provingCaptures));
  if (options.isJson) {
    const records = found.map((rule, i) => ({
      ...ruleRecord(rule),
      captures: captures[i]?.map(({ file, about }) => ({ pcap_filename: file, about })) ?? [],
    }));
    terminal.output.write(`${JSON.stringify(records, undefined, 2)}\n`);
    return EXIT.clean;
  }
  const { paint, width } = reportStyle(terminal, options.colour, false);
  const page = new Page(width, paint);
  for (const [i, rule] of found.entries()) {
    if (i > 0) page.blank();
    const own = localRules.find(({ definition }) => definition === rule);
    writeRule(page, rule, captures[i] ?? [], own);
  }
  terminal.output.write(page.toString());
  return EXIT.clean;
}

function writeRule(
  page: Page,
  rule: RuleDefinition,
  captures: readonly ProvingCapture[],
  own: LocalRule | undefined,
): void {
  const { severity, category, verdict, precedence } = rule;
  page.line(
    0,
    { text: rule.id, style: 'name' },
    '  ',
    { text: severity.toUpperCase(), style: SEVERITY_STYLE[severity] },
    '  ',
    { text: safeText(rule.title), style: 'bold' },
  );
  page.blank();
  page.table(2, [
    [{ text: 'About', style: 'dim' }, `${category}: ${CATEGORY_TEXTS[category]}`],
    [{ text: 'Gateway', style: 'dim' }, `${verdict}: ${VERDICT_TEXTS[verdict]}`],
    ...(precedence === undefined
      ? []
      : [[{ text: 'Class', style: 'dim' as const }, `${precedence}: ${PRECEDENCE_TEXT}`]]),
    ...(own === undefined
      ? []
      : [
          [{ text: 'File', style: 'dim' as const }, safeText(own.file)],
          [{ text: 'Filter', style: 'dim' as const }, safeText(own.filter.text)],
        ]),
  ]);
  page.heading('What it is, and why this proves it');
  page.paragraph(2, safeText(rule.explanation));
  if (rule.illustration !== undefined) {
    page.heading('Step by step');
    for (const line of rule.illustration.split('\n')) page.line(2, line);
  }
  writeNeeds(page, rule);
  page.heading('What to do');
  page.paragraph(2, safeText(rule.advice));
  writeParameters(page, rule);
  writeCaptures(page, captures);
  if (rule.references.length > 0) {
    page.heading('To read on');
    for (const reference of rule.references) page.paragraph(2, safeText(reference), 'plain', '· ');
  }
}

function writeNeeds(page: Page, { needs }: RuleDefinition): void {
  page.heading('What the sensor needs');
  if (needs.length === 0) {
    page.paragraph(2, 'Nothing but the packets themselves.');
    return;
  }
  for (const need of needs) page.paragraph(2, NEED_TEXTS[need], 'plain', '· ');
  page.paragraph(
    2,
    'Without it the rule is not silent: the report lists it under "Could not be judged".',
    'dim',
  );
}

function writeParameters(page: Page, { id, params }: RuleDefinition): void {
  const all = Object.entries(params);
  page.heading('In the site file');
  if (all.length > 0) {
    page.table(
      2,
      all.map(([name, { default: start, min, max, unit, doc }]) => [
        { text: name, style: 'name' },
        `${start} ${unit}`,
        { text: `${min} to ${max}`, style: 'dim' },
        doc,
      ]),
    );
    page.blank();
  }
  page.line(2, { text: 'rules:', style: 'dim' });
  page.line(2, { text: `  ${id}:`, style: 'dim' });
  page.line(2, { text: '    severity: medium            # or enabled: false', style: 'dim' });
  const [first] = all;
  if (first !== undefined) {
    const [name, { default: start }] = first;
    page.line(2, { text: `    params: { ${name}: ${start} }`, style: 'dim' });
  }
  page.paragraph(
    2,
    'For one home agent or address: overrides. Less often: thresholds. Not at all: suppressions. All of it: docs/site.md.',
  );
}

function writeCaptures(page: Page, captures: readonly ProvingCapture[]): void {
  if (captures.length === 0) return;
  page.heading('Captures that prove it');
  for (const { file, about } of captures) {
    const isQuiet = path.basename(file).startsWith('quiet');
    page.line(
      2,
      { text: isQuiet ? 'must be silent  ' : 'must alert      ', style: isQuiet ? 'good' : 'bad' },
      { text: file, style: 'name' },
    );
    page.paragraph(18, about);
  }
  const alert = captures.find(({ file }) => path.basename(file).startsWith('alert'));
  if (alert === undefined) return;
  page.paragraph(2, 'See for yourself:');
  page.line(4, {
    text: ['mip6guard audit', ...alert.options, alert.file].join(' '),
    style: 'name',
  });
}

/** Captures beside the rule in the package, with what they are about; none when the package has none. */
async function provingCaptures({ id }: RuleDefinition): Promise<readonly ProvingCapture[]> {
  const name = `fixtures/rules/${id.toLowerCase()}`;
  const folder = path.join(packageRoot(), name);
  const file = path.join(folder, 'expect.yaml');
  if (!existsSync(file)) return [];
  const { parse } = await import('yaml');
  const value: unknown = parse(readFileSync(file, 'utf8'));
  const audits: unknown[] =
    isRecord(value) && Array.isArray(value['audits']) ? value['audits'] : [];
  const inFolder = (item: string): string => {
    const absolute = path.join(folder, item);
    const relative = path.relative(process.cwd(), absolute);
    return relative.length < absolute.length ? relative : absolute;
  };
  return audits.filter(isRecord).flatMap((audit) => {
    const { files, about, site, keys } = audit;
    if (!Array.isArray(files) || typeof about !== 'string') return [];
    const options = [
      ...(typeof site === 'string' ? ['--config', inFolder(site)] : []),
      ...(typeof keys === 'string' ? ['--keys', inFolder(keys)] : []),
    ];
    return files
      .filter((item) => typeof item === 'string')
      .map((item) => ({ file: inFolder(item), about, options }));
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
