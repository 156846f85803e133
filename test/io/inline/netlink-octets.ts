/**
 * Messages of netlink as the kernel writes them, and verdicts as it reads them.
 */

/** What a message tells of a packet. */
export interface QueuedPacket {
  readonly queue?: number;
  readonly id: number;
  readonly payload: Uint8Array;
  readonly inIndex?: number;
  readonly portIndex?: number;
  /** Octets of the sender's address. */
  readonly hardware?: Uint8Array;
  /** Seconds and microseconds. */
  readonly arrival?: readonly [number, number];
  readonly capturedOf?: number;
  readonly protocol?: number;
}

function attribute(type: number, value: Uint8Array): Uint8Array {
  const octets = new Uint8Array((4 + value.length + 3) & ~3);
  const view = new DataView(octets.buffer);
  view.setUint16(0, 4 + value.length, true);
  view.setUint16(2, type, true);
  octets.set(value, 4);
  return octets;
}

function numbers(
  length: number,
  ...values: readonly (readonly [number, number, number])[]
): Uint8Array {
  const octets = new Uint8Array(length);
  const view = new DataView(octets.buffer);
  for (const [offset, size, value] of values) {
    if (size === 4) view.setUint32(offset, value);
    else if (size === 2) view.setUint16(offset, value);
    else view.setUint8(offset, value);
  }
  return octets;
}

/** A message with a header of netlink. */
export function netlinkMessage(type: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 16);
  const octets = new Uint8Array(length);
  const view = new DataView(octets.buffer);
  view.setUint32(0, length, true);
  view.setUint16(4, type, true);
  let at = 16;
  for (const part of parts) {
    octets.set(part, at);
    at += part.length;
  }
  return octets;
}

/** A message with a packet. */
export function packetMessage(packet: QueuedPacket): Uint8Array {
  const { id, payload, inIndex, portIndex, hardware, arrival, capturedOf } = packet;
  const parts = [
    numbers(4, [2, 2, packet.queue ?? 7]),
    attribute(1, numbers(7, [0, 4, id], [4, 2, packet.protocol ?? 0x86dd], [6, 1, 2])),
  ];
  const add = (type: number, value: Uint8Array): void => {
    parts.push(attribute(type, value));
  };
  if (inIndex !== undefined) add(5, numbers(4, [0, 4, inIndex]));
  if (portIndex !== undefined) add(7, numbers(4, [0, 4, portIndex]));
  if (hardware !== undefined) {
    const value = numbers(12, [0, 2, hardware.length]);
    value.set(hardware, 4);
    add(9, value);
  }
  if (arrival !== undefined) {
    const [seconds, microseconds] = arrival;
    add(4, numbers(16, [4, 4, seconds], [12, 4, microseconds]));
  }
  if (capturedOf !== undefined) add(13, numbers(4, [0, 4, capturedOf]));
  add(10, payload);
  return netlinkMessage(0x300, ...parts);
}

/** An error that the kernel says of a message. */
export function errorMessage(error: number): Uint8Array {
  const value = new Uint8Array(20);
  new DataView(value.buffer).setInt32(0, error, true);
  return netlinkMessage(2, value);
}

/** A link as the kernel tells of it. */
export interface ToldLink {
  readonly index: number;
  readonly name: string;
  /** ARPHRD_ value; 1 = Ethernet. */
  readonly kind?: number;
  readonly isUp?: boolean;
}

/**
 * A message about a link.
 * @param type 16 = it is so, 17 = it is gone
 * @param sequence of the question that it answers
 */
export function linkMessage(type: number, link: ToldLink, sequence = 0): Uint8Array {
  const { index, name, kind = 1, isUp = true } = link;
  const facts = new Uint8Array(16);
  const view = new DataView(facts.buffer);
  view.setUint16(2, kind, true);
  view.setInt32(4, index, true);
  view.setUint32(8, isUp ? 0x1_0001 : 0x1, true);
  const mtu = Uint8Array.of(0xdc, 5, 0, 0);
  const address = Uint8Array.of(2, 0, 0, 0, 0, index);
  const octets = netlinkMessage(
    type,
    facts,
    attribute(3, new TextEncoder().encode(`${name}\0`)),
    attribute(4, mtu),
    attribute(1, address),
  );
  new DataView(octets.buffer).setUint32(8, sequence, true);
  return octets;
}

/** A verdict for all packets up to one. */
export interface SentVerdict {
  readonly lastId: number;
  readonly mayPass: boolean;
}

/** Reads verdicts in what was sent; other messages are left out. */
export function verdictsIn(sent: readonly Uint8Array[]): SentVerdict[] {
  const verdicts: SentVerdict[] = [];
  for (const octets of sent) {
    const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
    for (let at = 0; at < octets.length; at += view.getUint32(at, true)) {
      if (view.getUint16(at + 4, true) !== 0x303) continue;
      verdicts.push({ lastId: view.getUint32(at + 28), mayPass: view.getUint32(at + 24) === 1 });
    }
  }
  return verdicts;
}
