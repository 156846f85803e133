/**
 * What `ip address save` and `ip route save` write: a number that says which of them, then messages of rtnetlink(7).
 */

const MAGIC = 4;
const MESSAGE_HEADER = 16;
/** Offset of the protocol in a message about a route: struct nlmsghdr, then struct rtmsg. */
const ROUTE_PROTOCOL = MESSAGE_HEADER + 5;
/** Who made a route: a redirect, the kernel for an address, a router's advertisement (linux/rtnetlink.h). */
const KERNELS_OWN = new Set([1, 2, 9]);

/**
 * Addresses in the order in which they have to be added to be in the order in which they are: the kernel puts the newest first,
 * and chooses among equal source addresses by that.
 */
export function addressesToRestore(saved: Uint8Array): Uint8Array {
  return rewritten(saved, (messages) => messages.toReversed());
}

/**
 * Routes that somebody has set. Those that come with addresses come by themselves, and for those of routers the kernel asks
 * the routers: added by hand it would not know them as theirs.
 */
export function routesToRestore(saved: Uint8Array): Uint8Array {
  return rewritten(saved, (messages) =>
    messages.filter((message) => !KERNELS_OWN.has(message[ROUTE_PROTOCOL] ?? 0)),
  );
}

/** @returns nothing when there is no message */
function rewritten(
  saved: Uint8Array,
  change: (messages: Uint8Array[]) => Uint8Array[],
): Uint8Array {
  const messages = change(messagesIn(saved));
  return messages.length === 0
    ? new Uint8Array()
    : Buffer.concat([saved.subarray(0, MAGIC), ...messages]);
}

function messagesIn(saved: Uint8Array): Uint8Array[] {
  const view = new DataView(saved.buffer, saved.byteOffset, saved.byteLength);
  const messages: Uint8Array[] = [];
  let offset = MAGIC;
  while (offset + MESSAGE_HEADER <= saved.length) {
    const length = view.getUint32(offset, true);
    if (length < MESSAGE_HEADER) break;
    const end = offset + ((length + 3) & ~3);
    if (end > saved.length) break;
    messages.push(saved.subarray(offset, end));
    offset = end;
  }
  return messages;
}
