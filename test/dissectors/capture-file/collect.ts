import {
  createCaptureDecoder,
  detectMagic,
  emptyPacket,
  NEXT_END,
  NEXT_PACKET,
  OctetWindow,
  packetComments,
  type DecodedInterface,
} from '../../../dissectors/capture-file/index.ts';

/** A packet with its octets copied out, for comparing. */
export interface CollectedPacket {
  readonly data: string;
  readonly originalLength: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly linkType: number;
  readonly interfaceIndex: number;
  readonly number: number;
  readonly fileOffset: number;
}

export interface CollectedFault {
  readonly code: string;
  readonly message: string;
  readonly fileOffset: number;
  readonly packetsBefore: number;
}

export interface Collected {
  readonly packets: CollectedPacket[];
  /** Comments of each packet. */
  readonly comments: string[][];
  readonly faults: CollectedFault[];
  readonly interfaces: DecodedInterface[];
}

/** Hexadecimal text of octets. */
export function hex(bytes: Uint8Array, offset = 0, end = bytes.length): string {
  return Buffer.from(bytes.subarray(offset, end)).toString('hex');
}

/** Octets one after the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/**
 * Decodes a whole file that arrives in pieces of `chunk` octets. Fails when the decoder asks for what it has
 * already, or does not come to an end.
 */
export function collect(file: Uint8Array, chunk = 65_536, capacity = 16): Collected {
  const format = detectMagic(file, 0, file.length);
  if (format !== 'pcap' && format !== 'pcapng') throw new Error('the test gave no capture');
  const result: Collected = { packets: [], comments: [], faults: [], interfaces: [] };
  const window = new OctetWindow(capacity);
  const decoder = createCaptureDecoder(format, window, {
    onInterface: ({ name, description, linkType, snapLength }) =>
      result.interfaces.push({ name, description, linkType, snapLength }) - 1,
    onFault: (code, message, fileOffset) => {
      result.faults.push({ code, message, fileOffset, packetsBefore: decoder.packets });
    },
  });
  const packet = emptyPacket();
  let given = 0;
  let finished = false;
  for (;;) {
    const status = decoder.next(packet);
    if (status === NEXT_END) return result;
    if (status === NEXT_PACKET) {
      const { bytes, offset, end, originalLength, seconds, nanoseconds } = packet;
      const { linkType, interfaceIndex, number, fileOffset } = packet;
      const data = hex(bytes, offset, end);
      result.packets.push({
        data,
        originalLength,
        seconds,
        nanoseconds,
        linkType,
        interfaceIndex,
        number,
        fileOffset,
      });
      result.comments.push(packetComments(packet));
      continue;
    }
    if (finished) throw new Error('the decoder wants more after the end');
    if (decoder.need <= window.end - window.start) throw new Error('the decoder has what it wants');
    const end = Math.min(file.length, given + chunk);
    window.makeRoom(Math.max(decoder.need, window.end - window.start + end - given));
    window.append(file.subarray(given, end));
    finished = given === file.length;
    if (finished) decoder.finish();
    given = end;
  }
}
