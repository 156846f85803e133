/**
 * Inputs to start from: the packets and files of the project's own fixtures, and public captures.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  createCaptureDecoder,
  detectMagic,
  emptyPacket,
  NEXT_PACKET,
  OctetWindow,
} from '../../dissectors/capture-file/index.ts';

/** Root of the package, from the sources or from `dist`. */
export const ROOT = fileURLToPath(
  new URL(import.meta.url.includes('/dist/') ? '../../../' : '../../', import.meta.url),
);

/** A frame of a fixture. */
export interface SeedFrame {
  readonly bytes: Uint8Array;
  readonly linkType: number;
}

function filesBelow(folder: string, pattern: RegExp): string[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => path.join(ROOT, folder, name));
}

/** Octets of the fixture files with such names. */
export function fixtureFiles(folder: string, pattern: RegExp): Uint8Array[] {
  return filesBelow(folder, pattern).map((file) => new Uint8Array(readFileSync(file)));
}

function framesOf(file: Uint8Array): SeedFrame[] {
  const format = detectMagic(file, 0, file.length);
  if (format !== 'pcap' && format !== 'pcapng') return [];
  const window = new OctetWindow(file.length);
  window.append(file);
  const linkTypes: number[] = [];
  const decoder = createCaptureDecoder(format, window, {
    onInterface: ({ linkType }) => linkTypes.push(linkType) - 1,
    onFault: () => undefined,
  });
  decoder.finish();
  const frames: SeedFrame[] = [];
  const packet = emptyPacket();
  while (decoder.next(packet) === NEXT_PACKET) {
    const { bytes, offset, end, linkType } = packet;
    frames.push({ bytes: bytes.slice(offset, end), linkType });
  }
  return frames;
}

/** Public captures, where they are beside the project: protocols that no fixture has. */
function sharedFiles(): Uint8Array[] {
  const shared = path.join('..', 'shared', 'captures');
  return existsSync(path.join(ROOT, shared)) ? fixtureFiles(shared, /\.pcap(ng)?$/) : [];
}

/** Frames of all captures, each length and first octets once. */
export function fixtureFrames(): SeedFrame[] {
  const seen = new Set<string>();
  const frames: SeedFrame[] = [];
  for (const file of [...fixtureFiles('fixtures', /\.pcap(ng)?$/), ...sharedFiles()]) {
    for (const frame of framesOf(file)) {
      const key = `${frame.linkType} ${frame.bytes.length} ${[...frame.bytes.subarray(12, 60)].join()}`;
      if (seen.has(key) || frame.bytes.length > 512) continue;
      seen.add(key);
      frames.push(frame);
    }
  }
  return frames.sort((a, b) => a.bytes.length - b.bytes.length);
}
