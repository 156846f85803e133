/**
 * Loads the files of a running sensor again: what differs, and what a restart takes.
 */
import type { SecurityAssociation } from '../../engine/state/security-association.ts';
import { loadKeys } from '../session.ts';
import type { LoadedKeys } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { digestsOf, loadSiteAndRules } from './configuration.ts';
import type { NamedSettings, SensorConfiguration } from './configuration.ts';

/** What became of the keys. */
export interface KeyReload {
  readonly state: 'unchanged' | 'replaced' | 'kept';
  /** Security associations that are used from now on. */
  readonly associations: number;
  /** What is not as the files say, and why. */
  readonly notes: readonly string[];
}

/** A configuration that was loaded again, not yet in use. */
export interface Reloaded {
  readonly configuration: SensorConfiguration;
  readonly keys: KeyReload;
}

/**
 * Loads the files again.
 * @param load what files other than key files say
 * @throws CliError (2) with the places of all that is wrong; the configuration in use is as before
 */
export async function reloaded(
  current: SensorConfiguration,
  terminal: Terminal,
  load: () => Promise<NamedSettings> = () => loadSiteAndRules(current.files),
): Promise<Reloaded> {
  const named = await load();
  const { files } = named;
  const keyDigests = digestsOf(files.keys);
  const unreadable = files.keys.filter((_, i) => keyDigests[i] === undefined);
  const before = { ...current, ...named };
  const kept = (state: KeyReload['state'], notes: readonly string[]): Reloaded => ({
    configuration: before,
    keys: { state, associations: current.keys.associations.length, notes },
  });
  if (unreadable.length > 0) {
    const note = `${unreadable.join(', ')}: cannot be read any more (a sensor that gave up its privileges may not); all keys are kept`;
    return kept('kept', [note]);
  }
  const known = new Map(current.files.keys.map((file, i) => [file, current.keyDigests[i]]));
  const changed = new Set(files.keys.filter((file, i) => keyDigests[i] !== known.get(file)));
  if (changed.size === 0 && files.keys.length === current.files.keys.length) {
    return kept('unchanged', []);
  }
  const loaded = await loadKeys(files.keys, terminal);
  const associations = merged(current.keys.associations, loaded.associations, changed);
  const keys: LoadedKeys = { ...current.keys, associations, unusedKeys: loaded.unusedKeys };
  return {
    configuration: { ...before, keys, keyDigests },
    keys: { state: 'replaced', associations: associations.length, notes: restartNotes(loaded) },
  };
}

/** Associations of files that are as before keep what is known of them: counters and replay windows. */
function merged(
  before: readonly SecurityAssociation[],
  after: readonly SecurityAssociation[],
  changed: ReadonlySet<string>,
): readonly SecurityAssociation[] {
  const known = new Map(before.map((association) => [association.id, association]));
  return after.map((association) =>
    changed.has(association.origin.file) ? association : (known.get(association.id) ?? association),
  );
}

/** Kinds of keys that only a start takes. */
function restartNotes({ ike, verification, policies }: LoadedKeys): string[] {
  const kinds = [
    ...(ike.length > 0 ? ['IKE secrets'] : []),
    ...(verification.mobility.length + verification.publicKeys.length > 0
      ? ['keys of authenticators']
      : []),
    ...(policies.length > 0 ? ['security policies'] : []),
  ];
  if (kinds.length === 0) return [];
  return [`${kinds.join(', ')} of key files are those of the start; a restart takes new ones`];
}
