/**
 * Becomes another user for good, once what needs privileges is open.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { LiveError } from './live-error.ts';

/** Numbers of a user. */
interface User {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
}

/**
 * Runs on as `name`: groups, group and user are those of the user, and no capability is left. Checks that there is no
 * way back.
 *
 * Call it after the interfaces are open: what was opened stays open. An interface that is removed and comes back
 * afterwards cannot be opened again, which the capture tells as a fault; one that goes down and up goes on.
 *
 * @param name of a user other than root; the user of this process changes nothing
 * @throws LiveError `ERR_LIVE_USER` when there is no such user, this process may not change its user, or privileges
 *   are left
 */
export function dropPrivileges(name: string): void {
  const user = userNamed(name);
  if (user.uid === 0) throw failure(`user '${name}' is root`, 'Name a user without privileges.');
  if (process.getuid?.() === user.uid) return;
  if (!process.setgroups || !process.setgid || !process.setuid) {
    throw failure('this system has no users to change to', 'Leave --user out.');
  }
  try {
    process.setgroups([...user.groups]);
    process.setgid(user.gid);
    process.setuid(user.uid);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw failure(
      `this process cannot become '${name}': ${reason}`,
      'Only root can: start it with sudo, or leave --user out.',
      error,
    );
  }
  check(name, user);
}

function userNamed(name: string): User {
  const uid = asked('-u', name)?.[0];
  const gid = asked('-g', name)?.[0];
  const groups = asked('-G', name);
  if (uid !== undefined && gid !== undefined && groups !== undefined) return { uid, gid, groups };
  throw failure(
    `there is no user '${name}'`,
    'Make one: sudo useradd --system --shell /usr/sbin/nologin mip6guard',
  );
}

/**
 * Numbers that `id` prints: it asks whatever the system is set up to ask, be it files or a directory of users.
 * @returns undefined when there is no such user
 */
function asked(option: string, name: string): number[] | undefined {
  try {
    const text = execFileSync('id', [option, '--', name], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const found = text.trim().split(/\s+/).map(Number);
    return found.every(Number.isInteger) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Throws when anything of the privileges is left. */
function check(name: string, { uid, gid, groups }: User): void {
  const left = process.getgroups?.() ?? [];
  const isChanged =
    process.getuid?.() === uid &&
    process.geteuid?.() === uid &&
    process.getgid?.() === gid &&
    process.getegid?.() === gid &&
    left.every((group) => group === gid || groups.includes(group));
  if (!isChanged || hasCapabilities() || canReturn()) {
    throw failure(`privileges are left after the change to '${name}'`, 'Do not use --user here.');
  }
}

function hasCapabilities(): boolean {
  try {
    const text = readFileSync('/proc/self/status', 'latin1');
    return /^Cap(?:Prm|Eff|Amb):\s*0*[1-9a-f]/m.test(text);
  } catch {
    // Not Linux: there are no capabilities.
    return false;
  }
}

function canReturn(): boolean {
  try {
    process.setuid?.(0);
    return true;
  } catch {
    return false;
  }
}

function failure(message: string, hint: string, cause?: unknown): LiveError {
  return new LiveError('ERR_LIVE_USER', message, { hint, cause });
}
