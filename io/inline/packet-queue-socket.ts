/**
 * The socket of a queue: bound, set up, and whose the queue is when it is not to be had.
 */
import { HostError } from '../native/host-error.ts';
import { callError } from '../native/kernel.ts';
import type { Kernel } from '../native/kernel.ts';
import {
  EBUSY,
  EPERM,
  MSG_DONTWAIT,
  MSG_PEEK,
  NETLINK_NETFILTER,
  NETLINK_NO_ENOBUFS,
  SOL_NETLINK,
  SOL_SOCKET,
  SO_RCVBUFFORCE,
  SO_TIMESTAMPNS,
} from '../native/linux.ts';
import { MessageCursor, NLMSG_ERROR, openNetlink } from '../native/netlink.ts';
import type { MessageWriter } from '../native/netlink.ts';
import { writeBind } from './packet-queue-message.ts';
import type { QueueSettings } from './packet-queue-message.ts';
import { portHolder } from './packet-queue-table.ts';
import type { QueueRow } from './packet-queue-table.ts';

/** Octets for configurations and for what the kernel says of them. */
export const CONTROL_OCTETS = 512;

/** Octets that a waiting packet takes of the socket's room at most, as the kernel counts it twice. */
const ROOM_PER_PACKET = 2048;
const LARGEST_ROOM = 2 ** 29;

/**
 * Opens a socket and binds the queue to it. Packets come at once.
 * @param control of `CONTROL_OCTETS`
 * @returns descriptor
 * @throws HostError
 */
export function openQueueSocket(
  kernel: Kernel,
  settings: QueueSettings,
  control: MessageWriter,
  table: (number: number) => QueueRow | undefined,
): number {
  const name = `queue ${settings.number}`;
  const descriptor = openNetlink(kernel, NETLINK_NETFILTER, 0, `open ${name}`);
  const value = kernel.allocate(4);
  const set = (level: number, option: number, number: number): void => {
    value.view.setUint32(0, number, true);
    kernel.setOption(descriptor, level, option, value, 4);
  };
  // Takes no error number from the next call: losses are counted by identifiers.
  set(SOL_NETLINK, NETLINK_NO_ENOBUFS, 1);
  // From now on the kernel notes when packets come, for all of this machine, and messages tell it.
  set(SOL_SOCKET, SO_TIMESTAMPNS, 1);
  set(SOL_SOCKET, SO_RCVBUFFORCE, Math.min(settings.length * ROOM_PER_PACKET, LARGEST_ROOM));
  control.clear();
  writeBind(control, 1, settings);
  const sent = sendControl(kernel, descriptor, control);
  const result = sent < 0 ? sent : refusal(kernel, descriptor, control);
  if (result >= 0) return descriptor;
  kernel.close(descriptor);
  const row = result === EBUSY || result === EPERM ? table(settings.number) : undefined;
  if (row === undefined) throw callError('ERR_HOST_OPEN', `open ${name}`, result);
  throw new HostError(
    'ERR_HOST_OPEN',
    `${name} belongs to another program: ${portHolder(row.port)}`,
    { hint: 'End it, or choose another number here and in the rules.' },
  );
}

/** Sends what was written. @returns an error number below 0 when it was not sent */
export function sendControl(kernel: Kernel, descriptor: number, control: MessageWriter): number {
  return kernel.send(descriptor, control.memory, 0, control.length, MSG_DONTWAIT);
}

/** What the kernel says against the first message: nothing when it has done it, and packets may come already. */
function refusal(kernel: Kernel, descriptor: number, { memory }: MessageWriter): number {
  const room = memory.bytes.length;
  const length = kernel.receive(descriptor, memory, 0, room, MSG_DONTWAIT | MSG_PEEK);
  const cursor = new MessageCursor(memory.view);
  cursor.begin(0, Math.max(0, length));
  return cursor.next() && cursor.type === NLMSG_ERROR ? (cursor.error() ?? 0) : 0;
}
