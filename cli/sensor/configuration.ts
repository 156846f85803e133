/**
 * What a sensor is told by files: site, rules of the operator, keys. Loaded at the start and again while it runs.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RuleDefinition } from '../../engine/rule-api.ts';
import { UNKNOWN_SITE } from '../../engine/site.ts';
import type { Site } from '../../engine/site.ts';
import type { LocalRule } from '../rules/rule-file.ts';
import { loadKeys } from '../session.ts';
import type { LoadedKeys } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** Files as the user named them. */
export interface ConfigurationFiles {
  readonly config: string | undefined;
  readonly keys: readonly string[];
  /** Folders and files of rules of the operator. */
  readonly rules: readonly string[];
}

/** What the files say. */
export interface SensorConfiguration {
  readonly files: ConfigurationFiles;
  readonly site: Site;
  /** Those of the program and those of the operator. */
  readonly rules: readonly RuleDefinition[];
  readonly localRules: readonly LocalRule[];
  readonly keys: LoadedKeys;
  /** Digest of each key file, in their order; undefined for one that cannot be read. */
  readonly keyDigests: readonly (string | undefined)[];
}

/**
 * Loads everything.
 * @throws CliError (2) with the places of all that is wrong with a file
 */
export async function loadConfiguration(
  files: ConfigurationFiles,
  terminal: Terminal,
): Promise<SensorConfiguration> {
  const named = await loadSiteAndRules(files);
  const keyDigests = digestsOf(files.keys);
  const keys = await loadKeys(files.keys, terminal);
  return { ...named, keys, keyDigests };
}

/** What files other than key files say. */
export type NamedSettings = Pick<SensorConfiguration, 'files' | 'site' | 'rules' | 'localRules'>;

/** Site and rules. Throws CliError (2). */
export async function loadSiteAndRules(files: ConfigurationFiles): Promise<NamedSettings> {
  const { rules, localRules } = await loadAllRules(files.rules);
  return { files, site: await loadSite(files.config, rules), rules, localRules };
}

/** Rules of the program, and those of the operator. Throws CliError (2). */
export async function loadAllRules(
  places: readonly string[],
): Promise<Pick<NamedSettings, 'rules' | 'localRules'>> {
  const { loadRules } = await import('../rules-directory.ts');
  const localRules = await loadOwnRules(places);
  return {
    rules: [...(await loadRules()), ...localRules.map(({ definition }) => definition)],
    localRules,
  };
}

async function loadOwnRules(places: readonly string[]): Promise<readonly LocalRule[]> {
  if (places.length === 0) return [];
  const { loadLocalRules } = await import('../rules/rule-file.ts');
  return loadLocalRules(places);
}

async function loadSite(file: string | undefined, rules: readonly RuleDefinition[]): Promise<Site> {
  if (file === undefined) return UNKNOWN_SITE;
  const { readSiteFile } = await import('../site-file.ts');
  return readSiteFile(file, rules);
}

/** Digests of files, to tell which have changed. */
export function digestsOf(files: readonly string[]): readonly (string | undefined)[] {
  return files.map((file) => {
    try {
      return createHash('sha256').update(readFileSync(file)).digest('hex');
    } catch {
      // Root alone may read it, and the sensor gave root up.
      return undefined;
    }
  });
}
