/**
 * `mip6guard config import`: the configuration of a node out of that of UMIP.
 */
import { ConfigurationError } from '../../configuration-error.ts';
import { EXIT } from '../../exit-codes.ts';
import type { ExitCode } from '../../exit-codes.ts';
import { safeText } from '../../report/safe-text.ts';
import { readSettingsText } from '../../settings-file.ts';
import type { Terminal } from '../../terminal.ts';
import { umipYaml } from './import-text.ts';
import { umipSettings } from './settings.ts';

/** Largest file, octets. */
const MAX_OCTETS = 1024 * 1024;

/**
 * Writes the YAML to standard output; what is left out or has to be added by hand, to standard error.
 * @param keys key files that the configuration is to name
 * @throws ConfigurationError with everything that cannot be read
 */
export async function importUmip(
  file: string,
  keys: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> {
  const settings = umipSettings(await readSettingsText(file, MAX_OCTETS));
  if ('length' in settings) throw new ConfigurationError(file, settings);
  const { text, missing } = umipYaml(settings, { file, keys });
  terminal.output.write(text);
  for (const { line, column, text: note, isUnknown } of settings.notes) {
    if (isUnknown)
      terminal.say(`mip6guard: warning: ${safeText(`${file}:${line}:${column}: ${note}`)}`);
  }
  for (const each of missing) terminal.say(`mip6guard: to be added by hand: ${safeText(each)}`);
  return EXIT.clean;
}
