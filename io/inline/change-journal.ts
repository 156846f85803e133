/**
 * What was changed on this machine, written down before it is changed, so that the next start can undo it when this process
 * was killed. One line of JSON for each change, after a line that says whose they are.
 */
import {
  appendFileSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  closeSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { HostError } from '../native/host-error.ts';

/** Interface names and numbers: one that was removed and made again has another number, and nothing to be undone. */
const onInterface = { name: z.string().max(15), index: z.int() };

/** A setting of IPv6, of an interface or of all, or of the packet filter of bridges: below /proc/sys. */
export const SETTING_FILE =
  /^net\/(?:ipv6\/conf\/(?!\.{1,2}\/)[^/]+\/[a-z0-9_]+|bridge\/bridge-nf-[a-z0-9-]+)$/;

const change = z.discriminatedUnion('kind', [
  /** A file below /proc/sys had this value. */
  z.object({
    kind: z.literal('setting'),
    file: z.string().regex(SETTING_FILE),
    value: z.string().max(100),
    on: z.object(onInterface).optional(),
  }),
  /** An interface was so. */
  z.object({ kind: z.literal('link'), ...onInterface, isUp: z.boolean(), mtu: z.int() }),
  /** An interface had these IPv6 addresses and routes: input of `ip address restore` and `ip route restore`, in base64. */
  z.object({
    kind: z.literal('addresses'),
    ...onInterface,
    addresses: z.base64(),
    routes: z.base64(),
  }),
  /** An address or a route was not there: arguments of `ip -6 address del` or `ip -6 route del`. */
  z.object({
    kind: z.literal('added'),
    ...onInterface,
    what: z.enum(['address', 'route']),
    args: z.array(z.string()),
  }),
]);

/** A change, as what was before. */
export type Change = z.infer<typeof change>;

const header = z.object({
  format: z.literal(1),
  process: z.int(),
  /** When it started, so that another process of this number is not taken for it. */
  started: z.string(),
  boot: z.string(),
  networkNamespace: z.string(),
});

/** Whose journal it is. */
export type JournalOwner = z.infer<typeof header>;

/** What this process would write. */
export function journalOwner(): JournalOwner {
  return {
    format: 1,
    process: process.pid,
    started: startOf(process.pid) ?? '',
    boot: textOf('/proc/sys/kernel/random/boot_id') ?? '',
    networkNamespace: namespaceOf('self') ?? '',
  };
}

/** A journal that is written. */
export class ChangeJournal {
  readonly #file: string;

  /**
   * Begins a file, which must not be there.
   * @throws HostError
   */
  constructor(file: string) {
    this.#file = file;
    const owner = `${JSON.stringify(journalOwner())}\n`;
    try {
      mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
      const descriptor = openSync(file, flags, 0o600);
      writeFileSync(descriptor, owner);
      closeSync(descriptor);
    } catch (error) {
      throw journalError(file, 'cannot be written', error);
    }
  }

  /** Writes down a change that is about to be made. Throws HostError. */
  add(entry: Change): void {
    try {
      appendFileSync(this.#file, `${JSON.stringify(entry)}\n`);
    } catch (error) {
      throw journalError(this.#file, 'cannot be written', error);
    }
  }

  /** Everything is undone. */
  remove(): void {
    rmSync(this.#file, { force: true });
  }
}

/**
 * Reads what an earlier process has left to be undone, oldest first, and leaves the file there.
 * @returns undefined when there is no file; no changes when it is of an earlier start of the machine, or of a network that is gone
 * @throws HostError when its process runs still, it belongs to another network that is still there, or it cannot be trusted or
 *   read
 */
export function leftChanges(file: string): Change[] | undefined {
  const text = trustedText(file);
  if (text === undefined) return undefined;
  const lines = text.split('\n');
  // What has no line feed was not written to its end, and the change not made.
  lines.pop();
  const owner = parsed(header, lines.shift() ?? '');
  if (owner === undefined) {
    throw new HostError('ERR_HOST_JOURNAL', `${file}: line 1 is not that of a journal`, {
      hint: `If no node runs here: rm ${file}`,
    });
  }
  const here = journalOwner();
  if (owner.boot !== here.boot) return [];
  if (startOf(owner.process) === owner.started) {
    throw new HostError(
      'ERR_HOST_JOURNAL',
      `${file}: process ${owner.process} runs with these interfaces`,
      { hint: `Stop it first: kill ${owner.process}` },
    );
  }
  if (owner.networkNamespace !== here.networkNamespace) {
    if (!isNamespaceThere(owner.networkNamespace)) return [];
    throw new HostError(
      'ERR_HOST_JOURNAL',
      `${file}: it is of the network namespace ${owner.networkNamespace}, this is ${here.networkNamespace}`,
      { hint: 'Start the node in that one once, or give this one a run directory of its own.' },
    );
  }
  return lines.map((line, i) => {
    const entry = parsed(change, line);
    if (entry !== undefined) return entry;
    throw new HostError('ERR_HOST_JOURNAL', `${file}: line ${i + 2} is no change`, {
      hint: `Undo the others by hand, then: rm ${file}`,
    });
  });
}

/** Text of a file that nobody else could have written. */
function trustedText(file: string): string | undefined {
  try {
    const { mode, uid } = lstatSync(file);
    const isOwn = (mode & constants.S_IFMT) === constants.S_IFREG && uid === process.getuid?.();
    if (isOwn && (mode & 0o022) === 0) return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw journalError(file, 'cannot be read', error);
  }
  throw new HostError(
    'ERR_HOST_JOURNAL',
    `${file}: it is not a file that only this user can write`,
    { hint: 'Give the node a run directory that belongs to its user, of mode 0700.' },
  );
}

function journalError(file: string, what: string, cause: unknown): HostError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new HostError('ERR_HOST_JOURNAL', `${file} ${what}: ${reason}`, {
    hint: 'Give the node a run directory that belongs to its user, as /run/mip6guard.',
    cause,
  });
}

function parsed<T>(schema: z.ZodType<T>, line: string): T | undefined {
  try {
    return schema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}

/** Start time of a process, in ticks since the machine started; undefined when there is none. */
function startOf(pid: number): string | undefined {
  const stat = textOf(`/proc/${pid}/stat`);
  // Fields are counted behind the name, which may hold anything.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

function namespaceOf(pid: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

/** Whether a process is in a network namespace, or `ip netns` keeps it. @param name `net:[4026531840]` */
function isNamespaceThere(name: string): boolean {
  const processes = namesIn('/proc').filter((entry) => /^\d+$/.test(entry));
  if (processes.some((pid) => namespaceOf(pid) === name)) return true;
  return namesIn('/run/netns').some((entry) => {
    try {
      return `net:[${statSync(`/run/netns/${entry}`).ino}]` === name;
    } catch {
      return false;
    }
  });
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1').trim();
  } catch {
    return undefined;
  }
}
