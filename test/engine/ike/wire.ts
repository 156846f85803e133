/**
 * IKE and ESP as packets and as a capture file of raw IP (LINKTYPE_RAW).
 */
import { build } from '../../../dissectors/index.ts';
import type { WireMessage } from './peers.ts';

export const LINKTYPE_RAW = 101;
const UDP = 17;

/** A message as an IPv6 packet. @param port 500, or 4500 with the non-ESP marker */
export function ikePacket({ bytes, source, destination }: WireMessage, port = 500): Uint8Array {
  const payload = port === 500 ? bytes : new Uint8Array([0, 0, 0, 0, ...bytes]);
  const datagram = { source, destination, sourcePort: port, destinationPort: port, payload };
  return build.ipv6Packet({
    source,
    destination,
    protocol: UDP,
    payload: build.udpDatagram(datagram),
  });
}

/** A capture of packets, one a second. */
export function capture(packets: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(LINKTYPE_RAW, 20);
  const records = packets.flatMap((packet, second) => {
    const record = Buffer.alloc(16);
    record.writeUInt32LE(1_700_000_000 + second, 0);
    record.writeUInt32LE(packet.length, 8);
    record.writeUInt32LE(packet.length, 12);
    return [record, packet];
  });
  return Buffer.concat([header, ...records]);
}
