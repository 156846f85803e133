/**
 * What a command needs before packets flow: site, keys, rules and captures, with all complaints made at once.
 */
import { statSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseEntry } from '../engine/ipsec/policy-database.ts';
import { describeAssociations } from '../engine/ipsec/sad.ts';
import { notationEntries } from '../engine/ipsec/policy.ts';
import { formatKeyProblem } from '../engine/keys/key-problem.ts';
import type { KeyProblem } from '../engine/keys/key-problem.ts';
import type { AnyIkeSecret } from '../engine/ike/secret.ts';
import { secretOfKey } from '../engine/ike/secret.ts';
import type { AssociationEntry, IkeKey } from '../engine/keys/key-file.ts';
import { databaseEntries, fileConflicts } from '../engine/keys/key-policies.ts';
import { parsedKeys, readKeyText as parseKeyFile } from '../engine/keys/key-text.ts';
import type { KeyText } from '../engine/keys/key-text.ts';
import type { RuleDefinition } from '../engine/rule-api.ts';
import { UNKNOWN_SITE } from '../engine/site.ts';
import type { Site } from '../engine/site.ts';
import type { SecurityAssociation } from '../engine/state/security-association.ts';
import { NO_VERIFICATION_KEYS } from '../engine/verification/keys.ts';
import type { VerificationKeys } from '../engine/verification/keys.ts';
import { openCaptures } from '../io/capture/file.ts';
import type { OpenedCaptures } from '../io/capture/file.ts';
import type { InputError } from '../io/capture/input-error.ts';
import { expandInputs } from '../io/capture/inputs.ts';
import { KeyFileError, loadKeyFiles, readKeyText } from '../io/keys.ts';
import { CliError, EXIT } from './exit-codes.ts';
import { packageRoot } from './package-root.ts';
import type { LocalRule } from './rules/rule-file.ts';
import type { Terminal } from './terminal.ts';

/** What the user named. */
export interface SessionOptions {
  readonly inputs: readonly string[];
  readonly config?: string | undefined;
  readonly keys: readonly string[];
  /** Folders and files of rules of the operator. */
  readonly rules?: readonly string[];
  readonly recursive: boolean;
  /** Threads that read inputs, 1..64; results do not depend on it. */
  readonly workers: number;
}

/** Everything a run needs. */
export interface Session {
  readonly site: Site;
  readonly siteFile: string | undefined;
  /** Those of the program and those of the operator. */
  readonly rules: readonly RuleDefinition[];
  readonly localRules: readonly LocalRule[];
  readonly keyFiles: readonly string[];
  readonly associations: readonly SecurityAssociation[];
  readonly ike: readonly AnyIkeSecret[];
  readonly verification: VerificationKeys;
  /** Security policies, in the order of the look-up. */
  readonly policies: readonly DatabaseEntry[];
  /** Rows of key files that are not used. */
  readonly unusedKeys: readonly KeyProblem[];
  readonly captures: OpenedCaptures;
  /** Inputs as the user named them. */
  readonly inputs: readonly string[];
  readonly recursive: boolean;
}

/** What key files hold. */
export interface LoadedKeys {
  /** For ESP. */
  readonly associations: readonly SecurityAssociation[];
  /** For IKE, and ESP that follows from it. */
  readonly ike: readonly AnyIkeSecret[];
  /** For authenticators and signatures of messages. */
  readonly verification: VerificationKeys;
  /** What the site protects, in the order of the look-up. */
  readonly policies: readonly DatabaseEntry[];
  /** Rows that are not used, because something is wrong with them; a warning told of each. */
  readonly unusedKeys: readonly KeyProblem[];
}

const NO_KEYS: LoadedKeys = {
  associations: [],
  ike: [],
  verification: NO_VERIFICATION_KEYS,
  policies: [],
  unusedKeys: [],
};

/** Rows that the user cannot mend: the machine lacks an algorithm. The other rows still help. */
const NOT_THE_USERS_FAULT = 'KEYS_NOT_AVAILABLE';
/** No association in a file. */
const EMPTY = 'KEYS_EMPTY';
/** Others may read the file. */
const FILE_MODE = 'KEYS_FILE_MODE';

/** Whether a file came with the package: its keys are no secret. */
function isBundled(file: string): boolean {
  return path.resolve(file).startsWith(path.join(packageRoot(), 'fixtures') + path.sep);
}

/** Key files in YAML may hold keys of every kind; all others hold keys for ESP or IKE. */
function isYaml(file: string): boolean {
  return /\.ya?ml$/i.test(file);
}

/**
 * Reads key files. A row that cannot be used is told and left out, and the others count; a file with none that can be
 * used ends the run, because whoever names a key file wants it used.
 * @throws CliError (2) that lists what is wrong with a file of which nothing can be used, or says which cannot be read
 */
export async function loadKeys(files: readonly string[], terminal: Terminal): Promise<LoadedKeys> {
  if (files.length === 0) return NO_KEYS;
  const problems: KeyProblem[] = [];
  const contents: KeyText[] = [];
  try {
    const plain = files.filter((file) => !isYaml(file));
    const loaded = await loadKeyFiles(plain, (text, file) => {
      const content = parseKeyFile(text, file);
      const parsed = parsedKeys(content, file);
      contents.push(content);
      // A file of IKE keys or policies alone is no file without keys.
      const { ikeKeys, policies, sections } = content;
      const isHelp = ikeKeys.length + policies.length + notationEntries(sections) > 0;
      const told = isHelp ? parsed.problems.filter(({ code }) => code !== EMPTY) : parsed.problems;
      failIfUseless(told, parsed.associations.length > 0 || isHelp || content.children.length > 0);
      return { ...parsed, problems: told };
    });
    problems.push(...loaded.problems);
  } catch (error) {
    throw keyFileFailure(error);
  }
  const yaml = await loadYamlKeys(files, problems);
  const entries = contents.flatMap((content) => content.entries);
  const associations = [...entries, ...yaml.entries].map(({ association }) => association);
  problems.push(...fileConflicts([...contents, yaml]));
  sayProblems(problems, terminal);
  describeAssociations(
    associations,
    contents.flatMap(({ sections }) => sections),
  );
  const rows = contents.flatMap(({ ikeKeys }) => ikeKeys);
  return {
    associations,
    ike: [...ikeSecretsOf(rows, terminal), ...yaml.ike],
    verification: yaml.verification,
    policies: contents.flatMap(databaseEntries),
    unusedKeys: problems.filter(({ severity }) => severity === 'error'),
  };
}

/** @throws CliError (2) with all that is wrong with a file, when nothing in it can be used and the user can mend it */
function failIfUseless(problems: readonly KeyProblem[], hasUse: boolean): void {
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (hasUse || errors.every(({ code }) => code === NOT_THE_USERS_FAULT)) return;
  throw new CliError(EXIT.usage, errors.map(formatKeyProblem).join('\n'));
}

/** What can be used of IKE keys; says what cannot. */
function ikeSecretsOf(rows: readonly IkeKey[], terminal: Terminal): AnyIkeSecret[] {
  return rows.flatMap((row) => {
    if (row.version === 1) return row;
    const secret = secretOfKey(row);
    if (secret === undefined) {
      const { file, line } = row.origin;
      const text = 'an algorithm of the row is not supported; it is not used';
      terminal.say(`mip6guard: warning: ${file}:${line}: ${text}`);
    }
    return secret ?? [];
  });
}

/** A key file that cannot be read is a usage error; anything else is ours. */
function keyFileFailure(error: unknown): unknown {
  return error instanceof KeyFileError ? new CliError(EXIT.usage, error.message) : error;
}

/** Says on standard error what is wrong with key files. */
function sayProblems(problems: readonly KeyProblem[], terminal: Terminal): void {
  for (const problem of problems) {
    if (problem.code === FILE_MODE && isBundled(problem.file)) continue;
    const note = problem.severity === 'error' && problem.line > 0 ? '; this row is not used' : '';
    terminal.say(`mip6guard: warning: ${formatKeyProblem(problem)}${note}`);
  }
}

/** Keys of YAML files. */
interface YamlKeys extends Pick<LoadedKeys, 'ike' | 'verification'> {
  readonly entries: readonly AssociationEntry[];
}

/**
 * Keys of the YAML files. The reader of YAML is loaded only when there is one.
 * @param problems takes what is wrong with rows, and with the files
 */
async function loadYamlKeys(files: readonly string[], problems: KeyProblem[]): Promise<YamlKeys> {
  const found = files.filter(isYaml);
  if (found.length === 0) return { entries: [], verification: NO_VERIFICATION_KEYS, ike: [] };
  const { readYamlAssociations } = await import('./yaml-associations.ts');
  const { readVerificationKeys } = await import('./verification-keys.ts');
  const { readIkeSecrets } = await import('./ike-keys.ts');
  const entries: AssociationEntry[] = [];
  const ike: AnyIkeSecret[] = [];
  const all: VerificationKeys[] = [];
  for (const file of found) {
    try {
      const { text, problems: ofFile } = await readKeyText(file);
      const content = readYamlAssociations(text, file);
      const readText = async (name: string): Promise<string> => (await readKeyText(name)).text;
      const verification = await readVerificationKeys(text, file, readText);
      const { secrets, problems: ofIke } = readIkeSecrets(text, file);
      const { mobility, publicKeys } = verification.keys;
      const found = [...content.problems, ...verification.problems, ...ofIke];
      const { length } = [...content.entries, ...secrets, ...mobility, ...publicKeys];
      failIfUseless(found, length > 0);
      problems.push(...ofFile, ...found);
      entries.push(...content.entries);
      ike.push(...secrets);
      all.push(verification.keys);
    } catch (error) {
      throw keyFileFailure(error);
    }
  }
  return {
    entries,
    verification: {
      mobility: all.flatMap(({ mobility }) => mobility),
      publicKeys: all.flatMap(({ publicKeys }) => publicKeys),
    },
    ike,
  };
}

/**
 * Opens captures and says which inputs cannot be read.
 * @throws CliError (3) when none can
 */
export async function openInputs(
  inputs: readonly string[],
  recursive: boolean,
  terminal: Terminal,
  readsAhead = false,
): Promise<OpenedCaptures> {
  const captures = await openCaptures(inputs, { recursive, readsAhead });
  complainAboutInputs(captures.source.inputs.length, captures.errors, terminal);
  return captures;
}

/** Opens files to be read by other threads; what only this thread can read (a pipe) makes it read all. */
async function openInputsInThreads(
  { inputs, keys, recursive, workers }: SessionOptions,
  terminal: Terminal,
): Promise<OpenedCaptures> {
  const { WorkerSource } = await import('./workers/worker-source.ts');
  const found = await expandInputs(inputs, {
    recursive,
    stdinIsTerminal: process.stdin.isTTY,
  });
  if (found.inputs.some(({ kind }) => kind !== 'file')) {
    return openInputs(inputs, recursive, terminal);
  }
  complainAboutInputs(found.inputs.length, found.errors, terminal);
  // What can be read only once (a pipe) was read, and threads read no YAML: then this one opens what the keys open.
  const keyFiles = keys.every((file) => !isYaml(file) && statSync(file).isFile()) ? keys : [];
  const source = new WorkerSource(found.inputs, keyFiles, workers - 1);
  return { source, errors: found.errors };
}

/** @throws CliError (3) when no input can be read */
function complainAboutInputs(
  count: number,
  errors: readonly InputError[],
  terminal: Terminal,
): void {
  if (count === 0) {
    throw new CliError(
      EXIT.input,
      errors.map((error) => error.message).join('\n') || 'there is nothing to read',
    );
  }
  for (const error of errors) terminal.say(`mip6guard: ${error.message}`);
}

/** A session without what it reads: of a live capture the interfaces are opened by somebody else. */
export type SessionWithoutCaptures = Omit<Session, 'captures'>;

/**
 * Prepares a run. The order is: configuration, keys, inputs; what is wrong with the command is said before a
 * packet is read.
 * @throws CliError
 */
export async function prepareSession(
  options: SessionOptions,
  terminal: Terminal,
): Promise<Session> {
  const session = await prepareWithoutCaptures(options, terminal);
  const captures =
    options.workers > 1
      ? await openInputsInThreads(options, terminal)
      : await openInputs(options.inputs, options.recursive, terminal);
  return { ...session, captures };
}

/**
 * Configuration and keys of a run.
 * @throws CliError
 */
export async function prepareWithoutCaptures(
  options: SessionOptions,
  terminal: Terminal,
): Promise<SessionWithoutCaptures> {
  const { loadRules } = await import('./rules-directory.ts');
  const localRules = await loadOwnRules(options.rules ?? []);
  const rules = [...(await loadRules()), ...localRules.map(({ definition }) => definition)];
  const site = await loadSite(options.config, rules);
  const { associations, ike, verification, policies, unusedKeys } = await loadKeys(
    options.keys,
    terminal,
  );
  return {
    site,
    siteFile: options.config,
    rules,
    localRules,
    keyFiles: options.keys,
    associations,
    ike,
    verification,
    policies,
    unusedKeys,
    inputs: options.inputs,
    recursive: options.recursive,
  };
}

/** Rules of the operator. What reads YAML and filters is loaded only when there are any. */
async function loadOwnRules(places: readonly string[]): Promise<readonly LocalRule[]> {
  if (places.length === 0) return [];
  const { loadLocalRules } = await import('./rules/rule-file.ts');
  return loadLocalRules(places);
}

/** The site of a file; without one nothing is told. The reader of YAML is loaded only when there is a file. */
async function loadSite(file: string | undefined, rules: readonly RuleDefinition[]): Promise<Site> {
  if (file === undefined) return UNKNOWN_SITE;
  const { readSiteFile } = await import('./site-file.ts');
  return readSiteFile(file, rules);
}
