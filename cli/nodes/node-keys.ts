/**
 * Associations of a node out of its key files.
 */
import { formatAddress } from '../../dissectors/core/address.ts';
import type { AssociationEntry } from '../../engine/keys/key-file.ts';
import { formatKeyProblem } from '../../engine/keys/key-problem.ts';
import { parsedKeys, readKeyText } from '../../engine/keys/key-text.ts';
import { KeyFileError, loadKeyFiles } from '../../io/keys.ts';
import { findAssociations } from '../../nodes/ipsec/associations.ts';
import type { AssociationDeclaration, AssociationProblem } from '../../nodes/ipsec/associations.ts';
import type { NodeAssociationParameters } from '../../nodes/ipsec/association-parameters.ts';
import type { KeyedAssociation } from '../../nodes/ipsec/key-matching.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { readYamlAssociations } from '../yaml-associations.ts';
import { readAuthenticationKeys } from './authentication-keys.ts';

/** Rows of key files with their keys. */
function keyed({
  association,
  encryptionKey,
  integrityKey,
  initialSequenceHigh,
}: AssociationEntry): KeyedAssociation {
  const { spi, mode, source, destination, extendedSequence, selector, origin, id, label, esp } =
    association;
  return {
    spi,
    mode,
    source,
    destination,
    encryption: esp.encryption,
    encryptionKey: encryptionKey.reveal(),
    integrity: esp.integrity,
    integrityKey: integrityKey.reveal(),
    extendedSequence,
    initialSequenceHigh,
    origin,
    id,
    label,
    ...(selector === undefined ? {} : { selector }),
  };
}

/**
 * Rows of the key files.
 * @throws CliError (2) when a file cannot be read, or a row of it cannot be used
 */
async function rowsOf(
  files: readonly string[],
  warn: (text: string) => void,
): Promise<KeyedAssociation[]> {
  const entries: AssociationEntry[] = [];
  const headers: KeyedAssociation[] = [];
  try {
    const { problems } = await loadKeyFiles(files, (text, file) => {
      const content = readKeyText(text, file, readYamlAssociations);
      entries.push(...content.entries);
      const keys = parsedKeys(content, file);
      if (content.format !== 'yaml') return keys;
      const { rows, problems } = readAuthenticationKeys(text, file);
      headers.push(...rows);
      return { ...keys, problems: [...keys.problems, ...problems] };
    });
    const errors = problems.filter(({ severity }) => severity === 'error');
    // A node without one of its associations would speak in clear, or not at all.
    if (errors.length > 0) throw new CliError(EXIT.usage, errors.map(formatKeyProblem).join('\n'));
    for (const problem of problems) warn(formatKeyProblem(problem));
  } catch (error) {
    throw error instanceof KeyFileError ? new CliError(EXIT.usage, error.message) : error;
  }
  return [...entries.map(keyed), ...headers];
}

const shown = ({ homeAddress, message, origins }: AssociationProblem): string => {
  const places = origins.map(({ file, line }) => `${file}:${line}`).join(', ');
  return `${formatAddress(homeAddress)}: ${message}${places === '' ? '' : ` (${places})`}`;
};

/**
 * Associations for the home addresses that a configuration declares.
 * @throws CliError (2) that names every association that is missing, ambiguous or unusable
 */
export async function nodeAssociations(
  files: readonly string[],
  declarations: readonly AssociationDeclaration[],
  warn: (text: string) => void,
): Promise<readonly NodeAssociationParameters[]> {
  if (declarations.length === 0) return [];
  const rows = await rowsOf(files, warn);
  const { associations, problems, unused } = findAssociations(rows, declarations);
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length > 0) {
    throw new CliError(EXIT.usage, errors.map(shown).join('\n'), {
      hint: 'keys: names the files; spis: of the mobile node says which SPI is for what.',
    });
  }
  for (const problem of problems) warn(shown(problem));
  for (const { file, line } of unused) warn(`${file}:${line}: no home address here has use for it`);
  return associations;
}
