/**
 * What the kernel tells of the queues of this network namespace, and who holds one.
 */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** Queues of the network namespace of this process. */
const TABLE = '/proc/net/netfilter/nfnetlink_queue';
const SOCKETS = '/proc/net/netlink';
/** NETLINK_NETFILTER, as /proc writes it. */
const NETFILTER = '12';

/** One queue that somebody holds. Counts are of 32 bits and begin again at 0. */
export interface QueueRow {
  readonly number: number;
  /** Netlink port of the process that holds it. */
  readonly port: number;
  /** Packets that wait. */
  readonly waiting: number;
  /** Packets dropped because the queue was full; those that passed instead are not counted. */
  readonly dropped: number;
  /** Packets dropped because the process did not read; those that passed instead are not counted. */
  readonly notTaken: number;
  /** Identifier of the packet that was queued last. */
  readonly lastId: number;
}

/** Reads the table of queues; of a line that is none, nothing. */
export function parseQueueTable(text: string): QueueRow[] {
  const rows: QueueRow[] = [];
  for (const line of text.split('\n')) {
    // Queue, port, waiting, copy mode, copy range, dropped, not taken, identifier, 1.
    const fields = line.trim().split(/\s+/).map(Number);
    if (fields.length < 8 || !fields.every((field) => Number.isSafeInteger(field))) continue;
    const [number = 0, port = 0, waiting = 0, , , dropped = 0, notTaken = 0, lastId = 0] = fields;
    rows.push({ number, port, waiting, dropped, notTaken, lastId });
  }
  return rows;
}

/** The row of one queue; undefined when nobody holds it, or the kernel has no queues. */
export function queueRow(number: number): QueueRow | undefined {
  return parseQueueTable(textOf(TABLE)).find((row) => row.number === number);
}

/** Who holds a netlink port: "process 1234 (suricata)", as far as this process may see; "port 1234" otherwise. */
export function portHolder(port: number): string {
  const inode = textOf(SOCKETS)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    // Address, family, port, groups, memory to read and written, dump, locks, drops, inode.
    .find(([, family, holder]) => family === NETFILTER && Number(holder) === port)?.[9];
  const pid = inode === undefined ? undefined : holderOf(`socket:[${inode}]`);
  if (pid === undefined) return `netlink port ${port}`;
  return `process ${pid} (${textOf(`/proc/${pid}/comm`).trim()})`;
}

function holderOf(link: string): string | undefined {
  return namesIn('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((pid) =>
      namesIn(`/proc/${pid}/fd`).some((name) => {
        try {
          return readlinkSync(`/proc/${pid}/fd/${name}`) === link;
        } catch {
          return false;
        }
      }),
    );
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
