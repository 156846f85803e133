/**
 * Display filters of earlier sessions: a file of the user, one filter on a line, the newest last.
 *
 * Whatever the file is and has in it, the interface starts and goes on: what is wrong with it is told once.
 */
import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import type { KeptFilters } from '../../ui/frame/services.ts';
import { safeText } from '../report/safe-text.ts';

/** Filters kept; the oldest go. */
export const MAX_FILTERS = 100;

/** Most characters of a filter that is kept: what the filter box takes. */
const MAX_LENGTH = 4096;

/** Largest file that is read, octets: each filter at its longest, in UTF-8. */
const MAX_OCTETS = MAX_FILTERS * MAX_LENGTH * 4;

/** For the user alone: filters tell what somebody looks for. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/**
 * Where the filters are: `$XDG_STATE_HOME/mip6guard/filters`, by default in `~/.local/state` (XDG Base Directory
 * Specification 0.8; a relative path there counts as none). Undefined when there is no home either.
 */
export function filterHistoryFile(
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const { XDG_STATE_HOME: named = '' } = environment;
  if (path.isAbsolute(named)) return path.join(named, 'mip6guard', 'filters');
  const home = environment['HOME'] ?? homeOfUser();
  if (!path.isAbsolute(home)) return undefined;
  return path.join(home, '.local', 'state', 'mip6guard', 'filters');
}

/** Home directory by the user database; '' when it has none. */
function homeOfUser(): string {
  try {
    return homedir();
  } catch {
    return '';
  }
}

/** Whether a filter can be kept: one line that no terminal obeys. */
function isPlain(filter: string): boolean {
  return filter.trim() !== '' && filter.length <= MAX_LENGTH && safeText(filter) === filter;
}

/** Each once, where it comes last; the newest `MAX_FILTERS`. */
function newest(filters: readonly string[]): string[] {
  const last = new Map<string, undefined>();
  for (const filter of filters) {
    last.delete(filter);
    last.set(filter, undefined);
  }
  return [...last.keys()].slice(-MAX_FILTERS);
}

/** What a file has, and how many of its lines are no filters to keep. Throws what reading throws. */
function load(file: string): { readonly filters: string[]; readonly bad: number } {
  // A pipe in its place must not be waited for.
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new Error('it is no regular file');
    if (stats.size > MAX_OCTETS) throw new Error(`it has ${stats.size} octets`);
    const lines = readFileSync(descriptor, 'utf8').split('\n');
    const given = lines.filter((line) => line !== '');
    const filters = given.filter(isPlain);
    return { filters: newest(filters), bad: given.length - filters.length };
  } finally {
    closeSync(descriptor);
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** Puts filters into the file: beside its place first, so that there is never half of it. Throws what writing throws. */
function save(file: string, filters: readonly string[]): void {
  mkdirSync(path.dirname(file), { recursive: true, mode: FOLDER_MODE });
  const beside = `${file}.${process.pid}.tmp`;
  try {
    // A leftover of a process that had the number before.
    rmSync(beside, { force: true });
    writeFileSync(beside, `${filters.join('\n')}\n`, { mode: FILE_MODE, flag: 'wx' });
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}

/**
 * Reads the filters of earlier sessions.
 * @param file undefined: there is no place for it
 * @param tell told in words, at most once, what keeps filters from being read or kept
 * @returns those that there are; keeping one never throws
 */
export function openFilterHistory(
  file: string | undefined,
  tell: (text: string) => void,
): KeptFilters {
  let isTold = false;
  const trouble = (what: string): void => {
    if (isTold) return;
    isTold = true;
    tell(what);
  };
  if (file === undefined) {
    trouble('filters are not kept for the next session: there is no home directory');
    return { filters: [], add: () => undefined };
  }
  /** What the file has now; undefined when it cannot be read and must stay as it is. */
  const read = (): string[] | undefined => {
    try {
      const { filters, bad } = load(file);
      if (bad > 0) {
        const lines = bad === 1 ? 'one line is' : `${bad} lines are`;
        trouble(`${file}: ${lines} no filter to keep and left out`);
      }
      return filters;
    } catch (error) {
      if (isMissing(error)) return [];
      const reason = error instanceof Error ? error.message : String(error);
      trouble(`${file}: filters of earlier sessions cannot be read: ${reason}; none are kept`);
      return undefined;
    }
  };
  return {
    filters: read() ?? [],
    add: (filter) => {
      if (!isPlain(filter)) return;
      // Others may have added theirs meanwhile.
      const before = read();
      if (before === undefined) return;
      try {
        save(file, newest([...before, filter]));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        trouble(`${file}: filters are not kept for the next session: ${reason}`);
      }
    },
  };
}
