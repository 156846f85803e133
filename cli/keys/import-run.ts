/**
 * `mip6guard keys import`: what was understood of key files.
 */
import { ruleCount } from '../../engine/ipsec/policy.ts';
import type { AnyIkeSecret } from '../../engine/ike/secret.ts';
import { formatKeyProblem } from '../../engine/keys/key-problem.ts';
import { jsonText } from '../../io/export/json-text.ts';
import { EXIT } from '../exit-codes.ts';
import type { ExitCode } from '../exit-codes.ts';
import { plural } from '../report/numbers.ts';
import { safeText } from '../report/safe-text.ts';
import type { Terminal } from '../terminal.ts';
import {
  associationFields,
  associationText,
  childFields,
  childText,
  ikeKeyFields,
  ikeKeyText,
  ikeSecretFields,
  ikeSecretText,
  policyFields,
  policyText,
  problemFields,
  sectionItems,
} from './association-text.ts';
import { formatTitle, isError, readKeySources, type KeySource } from './key-sources.ts';

/**
 * Shows what key files hold, without keys.
 * @returns 2 when something in them cannot be used, else 0
 * @throws CliError (2) when a file cannot be read
 */
export async function runKeysImport(
  files: readonly string[],
  isJson: boolean,
  terminal: Terminal,
): Promise<ExitCode> {
  const sources = await readKeySources(files);
  if (isJson) {
    terminal.output.write(`${jsonText({ files: sources.map(sourceFields) }, 2)}\n`);
  } else {
    for (const source of sources) terminal.output.write(sourceText(source));
    terminal.output.write(totalText(sources));
  }
  return sources.some(({ problems }) => problems.some(isError)) ? EXIT.usage : EXIT.clean;
}

/** Secrets of IKE that a YAML file holds; the other formats have rows of keys. */
function secretsOf({ content, ike }: KeySource): readonly AnyIkeSecret[] {
  return content.format === 'yaml' ? ike : [];
}

function sourceFields(source: KeySource): Record<string, unknown> {
  const { file, content, problems } = source;
  return {
    file,
    ...(content.format === undefined ? {} : { format: content.format }),
    associations: content.entries.map(associationFields),
    policies: content.policies.map(policyFields),
    ...(content.sections.length === 0
      ? {}
      : {
          databases: content.sections.flatMap((section) =>
            sectionItems(section).map(({ fields }) => fields),
          ),
        }),
    ike_keys: [...content.ikeKeys.map(ikeKeyFields), ...secretsOf(source).map(ikeSecretFields)],
    listed: content.children.map(childFields),
    problems: problems.map(problemFields),
    notes: content.notes.map(({ line, message }) => ({ line, message })),
  };
}

function sourceText(source: KeySource): string {
  const { file, content, problems } = source;
  const { format, entries, policies, sections, ikeKeys, children, notes } = content;
  const rows: [line: number, text: string][] = [
    ...entries.map((entry): [number, string] => [
      entry.association.origin.line,
      associationText(entry),
    ]),
    ...policies.map((policy): [number, string] => [policy.origin.line, policyText(policy)]),
    ...sections.flatMap((section) =>
      sectionItems(section).map(({ line, text }): [number, string] => [line, text]),
    ),
    ...ikeKeys.map((key): [number, string] => [key.origin.line, ikeKeyText(key)]),
    ...secretsOf(source).map((item): [number, string] => [item.origin.line, ikeSecretText(item)]),
    ...children.map((child): [number, string] => [child.origin.line, childText(child)]),
    ...notes.map(({ line, message }): [number, string] => [line, `note: ${message}`]),
  ];
  rows.sort(([a], [b]) => a - b);
  const lines = [
    `${file}: ${formatTitle(format)}`,
    ...rows.map(([line, text]) => `  line ${line}  ${text}`),
    ...problems.map((problem) => `  ${problem.severity}: ${formatKeyProblem(problem)}`),
  ];
  return lines.map((line) => `${safeText(line)}\n`).join('');
}

function totalText(sources: readonly KeySource[]): string {
  const sum = (count: (source: KeySource) => number): number =>
    sources.reduce((total, source) => total + count(source), 0);
  const parts = [
    plural(
      sum(({ content }) => content.entries.length),
      'association',
    ),
    plural(
      sum(({ content }) => content.policies.length + ruleCount(content.sections)),
      'policy',
      'policies',
    ),
    plural(
      sum((source) => source.content.ikeKeys.length + secretsOf(source).length),
      'IKE key',
    ),
    plural(
      sum(({ problems }) => problems.filter(isError).length),
      'error',
    ),
    plural(
      sum(({ problems }) => problems.filter((problem) => !isError(problem)).length),
      'warning',
    ),
  ];
  return `${parts.join(', ')}\n`;
}
