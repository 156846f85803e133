/**
 * What the kernel says of packet sockets: libpcap tells neither when an interface goes down nor when it comes back.
 */
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** State of the interface of a packet socket; undefined when the system does not tell. */
export type SocketState = 'up' | 'down' | 'gone' | undefined;

/** Inode numbers of the sockets of this process; empty when the system does not tell. */
export function ownSockets(): ReadonlySet<string> {
  const found = new Set<string>();
  try {
    for (const name of readdirSync('/proc/self/fd')) {
      const inode = inodeOf(name);
      if (inode !== undefined) found.add(inode);
    }
  } catch {
    // No such list here, or not for us: then nothing is known.
  }
  return found;
}

function inodeOf(descriptor: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${descriptor}`))?.[1];
  } catch {
    // Closed since it was listed.
    return undefined;
  }
}

/** Rows of `/proc/net/packet` by inode; undefined where there is no such file. */
export function packetSockets(): ReadonlyMap<string, SocketState> | undefined {
  try {
    return socketStates(readFileSync('/proc/net/packet', 'latin1'));
  } catch {
    return undefined;
  }
}

/**
 * States of packet sockets by inode.
 * @param text of `/proc/net/packet`: `sk RefCnt Type Proto Iface R Rmem User Inode`; R is 1 while the socket receives,
 *   Iface -1 after its interface was removed
 */
export function socketStates(text: string): ReadonlyMap<string, SocketState> {
  const states = new Map<string, SocketState>();
  for (const line of text.split('\n').slice(1)) {
    const [, , , , interfaceIndex, running, , , inode] = line.trim().split(/\s+/);
    if (inode === undefined) continue;
    const isUp = running !== '0';
    states.set(inode, interfaceIndex === '-1' ? 'gone' : isUp ? 'up' : 'down');
  }
  return states;
}
