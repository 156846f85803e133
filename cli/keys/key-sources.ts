/**
 * Key files as the `keys` commands need them: everything they hold, file by file.
 */
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { readKeyText, type KeyText, type ReadYamlKeys } from '../../engine/keys/key-text.ts';
import { KEY_FORMATS, type KeyFormatName } from '../../engine/keys/key-formats.ts';
import { secretOfKey, type AnyIkeSecret } from '../../engine/ike/secret.ts';
import type { IkeKey } from '../../engine/keys/key-file.ts';
import { fileConflicts } from '../../engine/keys/key-policies.ts';
import type { KeyProblem } from '../../engine/keys/key-problem.ts';
import { KeyFileError, loadKeyFiles } from '../../io/keys.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { readIkeSecrets } from '../ike-keys.ts';
import { packageRoot } from '../package-root.ts';
import { readYamlAssociations } from '../yaml-associations.ts';

/** One key file. */
export interface KeySource {
  readonly file: string;
  readonly content: KeyText;
  /** Secrets of IKE SAs that can be used, those of `content` among them. */
  readonly ike: readonly AnyIkeSecret[];
  /** Of the content and of the file itself, such as its mode. */
  readonly problems: readonly KeyProblem[];
}

/** Whether a file came with the package, under whatever name: its keys are no secret. */
function isBundled(file: string): boolean {
  try {
    const folder = realpathSync(path.join(packageRoot(), 'fixtures'));
    return realpathSync(file).startsWith(folder + path.sep);
  } catch {
    // No fixtures here, or the file went away: then it did not come with the package.
    return false;
  }
}

/** Key files come as Latin-1, so that keys of any octets survive; YAML is UTF-8. */
function utf8Of(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}

const readYamlOctets: ReadYamlKeys = (latin1, file) => readYamlAssociations(utf8Of(latin1), file);

/** Secrets of IKE rows; those whose algorithm this program lacks are problems. */
function secretsOfRows(rows: readonly IkeKey[], problems: KeyProblem[]): AnyIkeSecret[] {
  return rows.flatMap((row) => {
    const secret = row.version === 1 ? row : secretOfKey(row);
    if (secret !== undefined) return secret;
    const message = 'an algorithm of the row is not supported; it is not used';
    problems.push({
      severity: 'warning',
      code: 'KEYS_NOT_AVAILABLE',
      ...row.origin,
      column: 0,
      field: undefined,
      message,
    });
    return [];
  });
}

/**
 * Reads key files of any format, in order.
 * @throws CliError (2) when one cannot be read at all
 */
export async function readKeySources(files: readonly string[]): Promise<readonly KeySource[]> {
  const sources: KeySource[] = [];
  for (const file of files) {
    let content: KeyText | undefined;
    let ike: AnyIkeSecret[] = [];
    const found: KeyProblem[] = [];
    try {
      const { problems } = await loadKeyFiles([file], (text, name) => {
        content = readKeyText(text, name, readYamlOctets);
        ike = secretsOfRows(content.ikeKeys, found);
        if (content.format === 'yaml') {
          const { secrets, problems: ofIke } = readIkeSecrets(utf8Of(text), name);
          ike.push(...secrets);
          found.push(...ofIke);
        }
        return { associations: [], problems: [] };
      });
      if (content === undefined) continue;
      const ofFile = isBundled(file) ? [] : problems;
      sources.push({ file, content, ike, problems: [...ofFile, ...content.problems, ...found] });
    } catch (error) {
      if (error instanceof KeyFileError) throw new CliError(EXIT.usage, error.message);
      throw error;
    }
  }
  const conflicts = fileConflicts(sources.map(({ content }) => content));
  if (conflicts.length === 0) return sources;
  return sources.map((source) => ({
    ...source,
    problems: [...source.problems, ...conflicts.filter(({ file }) => file === source.file)],
  }));
}

/** What a format is called for people. */
export function formatTitle(name: KeyFormatName | undefined): string {
  return KEY_FORMATS.find((format) => format.name === name)?.title ?? 'unknown format';
}

/** Whether a problem keeps something in the file from being used. */
export function isError({ severity }: KeyProblem): boolean {
  return severity === 'error';
}
