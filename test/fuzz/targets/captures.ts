/**
 * Capture files, whole and in pieces.
 */
import {
  createCaptureDecoder,
  detectMagic,
  emptyPacket,
  NEXT_END,
  NEXT_PACKET,
  OctetWindow,
  packetComments,
} from '../../../dissectors/capture-file/index.ts';
import { encodePcap, encodePcapng } from '../../../dissectors/capture-file/index.ts';
import type { CaptureFormat } from '../../../dissectors/capture-file/index.ts';
import { fixtureFrames } from '../seeds.ts';
import { must } from '../target.ts';
import type { FuzzTarget } from '../target.ts';

function textOf(log: unknown): string {
  return JSON.stringify(log, (_, item: unknown) =>
    typeof item === 'bigint' ? String(item) : item,
  );
}

function read(file: Uint8Array, format: CaptureFormat, chunk: number): string {
  const window = new OctetWindow(64);
  const log: unknown[] = [];
  const decoder = createCaptureDecoder(format, window, {
    onInterface: (found) => log.push(found) - 1,
    onFault: (code, message, offset) => {
      must(!/[\p{Cc}]/u.test(message), 'a fault holds a control character');
      log.push([code, offset]);
    },
  });
  const packet = emptyPacket();
  let given = 0;
  let isFinished = false;
  for (;;) {
    const status = decoder.next(packet);
    if (status === NEXT_END) return textOf(log);
    if (status === NEXT_PACKET) {
      const { bytes, offset, end, originalLength, seconds, nanoseconds } = packet;
      must(offset >= 0 && end >= offset && end <= bytes.length, 'a packet leaves its octets');
      must(originalLength >= end - offset, 'a packet is longer than it was');
      must(nanoseconds >= 0 && nanoseconds < 1e9, 'a time is none');
      log.push([offset < 0, end - offset, seconds, nanoseconds, ...packetComments(packet)]);
      continue;
    }
    must(!isFinished, 'the decoder wants more after the end');
    must(decoder.need > window.end - window.start, 'the decoder has what it wants');
    const end = Math.min(file.length, given + chunk);
    window.makeRoom(Math.max(decoder.need, window.end - window.start + end - given));
    window.append(file.subarray(given, end));
    isFinished = given === file.length;
    if (isFinished) decoder.finish();
    given = end;
  }
}

function samples(): { bytes: Uint8Array; seconds: number; nanoseconds: number }[] {
  return fixtureFrames()
    .slice(0, 3)
    .map(({ bytes }, i) => ({ bytes, seconds: 1_700_000_000 + i, nanoseconds: i * 1000 }));
}

function target(format: CaptureFormat, words: readonly Uint8Array[]): FuzzTarget {
  return {
    name: format,
    words,
    seeds: () =>
      format === 'pcap'
        ? [
            encodePcap(samples(), { linkType: 1 }),
            encodePcap(samples(), { linkType: 101, byteOrder: 'big-endian' }),
          ]
        : [
            encodePcapng(samples(), [{ linkType: 1, name: 'a' }]),
            encodePcapng(samples(), [{ linkType: 101, description: 'b' }], 'big-endian'),
          ],
    run(input) {
      // Whatever the octets are, what begins as a capture is read as one.
      const isCapture = detectMagic(input, 0, input.length) === format;
      if (!isCapture) return;
      must(read(input, format, 7) === read(input, format, MAX), 'the pieces it came in matter');
    },
  };
}

const MAX = 1 << 20;

/** The old format. */
export const pcap = target('pcap', [
  Uint8Array.of(0xd4, 0xc3, 0xb2, 0xa1),
  Uint8Array.of(0xff, 0xff, 0xff, 0x7f),
]);
/** The new format. */
export const pcapng = target('pcapng', [
  Uint8Array.of(0x0a, 0x0d, 0x0d, 0x0a),
  Uint8Array.of(6, 0, 0, 0),
  Uint8Array.of(1, 0, 0, 0),
  Uint8Array.of(3, 0, 0, 0),
  Uint8Array.of(9, 0, 1, 0),
]);
