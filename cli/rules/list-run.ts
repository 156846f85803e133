/**
 * Lists rules.
 */
import { SEVERITIES } from '../../engine/rule-api.ts';
import type { RuleDefinition, Severity } from '../../engine/rule-api.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { plural } from '../report/numbers.ts';
import { Page } from '../report/page.ts';
import { SEVERITY_STYLE } from '../report/palette.ts';
import type { ColourChoice } from '../report/palette.ts';
import { safeValue } from '../report/safe-text.ts';
import { isAtLeast } from '../report/verdict.ts';
import { reportStyle } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { ruleRecord } from './rule-record.ts';

/** Which rules, and how. */
export interface ListOptions {
  /** Words that a rule must have in id, title, category, explanation or references; all of them. */
  readonly words: readonly string[];
  readonly category: RuleDefinition['category'] | undefined;
  /** Least severity. */
  readonly severity: Severity | undefined;
  readonly isJson: boolean;
  readonly colour: ColourChoice;
}

/** Lists the rules that fit. */
export function listRules(
  rules: readonly RuleDefinition[],
  options: ListOptions,
  terminal: Terminal,
): ExitCode {
  const found = rules.filter((rule) => fits(rule, options));
  if (options.isJson) {
    terminal.output.write(`${JSON.stringify(found.map(ruleRecord), undefined, 2)}\n`);
    return EXIT.clean;
  }
  const { paint, width } = reportStyle(terminal, options.colour, false);
  const page = new Page(width, paint);
  page.table(
    0,
    safeValue(
      found.map(({ id, severity, category, title }) => ({ id, severity, category, title })),
    ).map(({ id, severity, category, title }) => [
      { text: id, style: 'name' },
      { text: severity, style: SEVERITY_STYLE[severity] },
      { text: category, style: 'dim' },
      title,
    ]),
  );
  page.blank();
  page.line(0, { text: countsText(found, rules.length), style: 'dim' });
  terminal.output.write(page.toString());
  return EXIT.clean;
}

function fits(rule: RuleDefinition, { words, category, severity }: ListOptions): boolean {
  if (category !== undefined && rule.category !== category) return false;
  if (severity !== undefined && !isAtLeast(rule.severity, severity)) return false;
  const { id, title, explanation, references } = rule;
  const text = [id, title, rule.category, explanation, ...references].join(' ').toLowerCase();
  return words.every((word) => text.includes(word.toLowerCase()));
}

function countsText(found: readonly RuleDefinition[], total: number): string {
  const counts = [...SEVERITIES].reverse().flatMap((severity) => {
    const count = found.filter((rule) => rule.severity === severity).length;
    return count === 0 ? [] : [`${count} ${severity}`];
  });
  const all = found.length === total ? '' : ` of ${total}`;
  const by = counts.length === 0 ? '' : `: ${counts.join(', ')}`;
  return `${plural(found.length, 'rule')}${all}${by}. More of one: mip6guard rules explain ID`;
}
