/**
 * Capture file formats: pcap and pcapng, read without I/O and written.
 */
import type { CaptureDecoder, DecoderHooks } from './decoder.ts';
import type { CaptureFormat } from './magic.ts';
import { PcapDecoder } from './pcap.ts';
import { PcapngDecoder } from './pcapng.ts';
import type { OctetWindow } from './window.ts';

export * from './capture-writer.ts';
export * from './decoder.ts';
export * from './faults.ts';
export * from './magic.ts';
export * from './packet-comments.ts';
export * from './window.ts';

/**
 * Makes the decoder of a capture format.
 * @param window will hold the file from its first octet on
 */
export function createCaptureDecoder(
  format: CaptureFormat,
  window: OctetWindow,
  hooks: DecoderHooks,
): CaptureDecoder {
  return format === 'pcap' ? new PcapDecoder(window, hooks) : new PcapngDecoder(window, hooks);
}
