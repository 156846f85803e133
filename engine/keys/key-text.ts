/**
 * Finds out by content which kind of key file a text is, and reads it.
 */
import { detectKeyFormat, KEY_FORMATS, type KeyFormatName } from './key-formats.ts';
import { notationEntries } from '../ipsec/policy.ts';
import type { KeyFileContent } from './key-file.ts';
import { firstRow } from './key-lines.ts';
import { policyWarnings } from './key-policies.ts';
import type { KeyProblem, ParsedKeys } from './key-problem.ts';

/** A key file as read, with what it was taken for. */
export interface KeyText extends KeyFileContent {
  /** `undefined`: no format fits, or the file is empty; a problem says so. */
  readonly format: KeyFormatName | undefined;
}

/** Key file formats, for messages. */
export const SUPPORTED_KEY_FORMATS = KEY_FORMATS.map(({ title }) => title).join('; ');

/** Reads a YAML key file: the engine has no YAML parser, so the caller brings one. Never throws. */
export type ReadYamlKeys = (text: string, file: string) => KeyFileContent;

/**
 * Reads a key file of any known format. Never throws.
 * @param text content as Latin-1.
 * @param file name as the user knows it.
 * @param readYaml reads YAML; without it a YAML file is a problem that says what to do.
 */
export function readKeyText(text: string, file: string, readYaml?: ReadYamlKeys): KeyText {
  const line = firstRow(text);
  if (line === undefined) {
    return wholeFile(
      file,
      'warning',
      'KEYS_EMPTY',
      `no security association in the file. Supported: ${SUPPORTED_KEY_FORMATS}`,
    );
  }
  const format = detectKeyFormat(line, file);
  if (format === undefined) {
    return wholeFile(
      file,
      'error',
      'KEYS_FORMAT',
      `not a key file of a known format. Supported: ${SUPPORTED_KEY_FORMATS}`,
    );
  }
  const read = format.name === 'yaml' ? readYaml : format.read;
  if (read === undefined) {
    return wholeFile(
      file,
      'error',
      'KEYS_FORMAT',
      'a YAML key file, which is not read here; write it as another one: mip6guard keys convert --to esp_sa',
    );
  }
  const content: KeyText = { ...read(text, file), format: format.name };
  for (const problem of policyWarnings(content, file)) content.problems.push(problem);
  return content;
}

/**
 * Security associations of a key file of any known format. Never throws. A file that has none, because it holds
 * policies, IKE keys or a listing, has a problem that says so.
 */
export function parseKeyText(text: string, file: string, readYaml?: ReadYamlKeys): ParsedKeys {
  return parsedKeys(readKeyText(text, file, readYaml), file);
}

/** Associations and problems of what was read. */
export function parsedKeys(content: KeyText, file: string): ParsedKeys {
  const { entries, problems, policies, sections, ikeKeys, children } = content;
  const others = [
    [policies.length + notationEntries(sections), 'policies'],
    [ikeKeys.length, 'IKE keys'],
    [children.length, 'associations listed without keys'],
  ] as const;
  const held = others.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`]));
  const isUseless = entries.length === 0 && problems.length === 0;
  const useless: KeyProblem[] = isUseless
    ? [
        {
          severity: 'warning',
          code: 'KEYS_EMPTY',
          file,
          line: 0,
          column: 0,
          field: undefined,
          message: `no security association with a key in the file${held.length === 0 ? '' : ` (${held.join(', ')})`}`,
        },
      ]
    : [];
  return {
    associations: entries.map(({ association }) => association),
    problems: [...problems, ...useless],
  };
}

function wholeFile(
  file: string,
  severity: 'error' | 'warning',
  code: string,
  message: string,
): KeyText {
  return {
    format: undefined,
    entries: [],
    policies: [],
    sections: [],
    ikeKeys: [],
    children: [],
    notes: [],
    problems: [{ severity, code, file, line: 0, column: 0, field: undefined, message }],
  };
}
