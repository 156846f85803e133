import { describe, expect, it } from 'vitest';
import { describeOctets, detectMagic } from '../../../dissectors/capture-file/index.ts';

function bytes(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
}

describe('detectMagic', () => {
  for (const [name, text, expected] of [
    ['pcap, microseconds, big-endian', 'a1b2c3d4 0002 0004 00000000', 'pcap'],
    ['pcap, microseconds, little-endian', 'd4c3b2a1 0200 0400 00000000', 'pcap'],
    ['pcap, nanoseconds, big-endian', 'a1b23c4d 0002 0004 00000000', 'pcap'],
    ['pcap, nanoseconds, little-endian', '4d3cb2a1 0200 0400 00000000', 'pcap'],
    ['modified pcap', '34cdb2a1 0200 0400 00000000', 'pcap'],
    ['pcap cut after the magic', 'd4c3b2a1', 'pcap'],
    ['pcapng, little-endian', '0a0d0d0a 1c000000 4d3c2b1a', 'pcapng'],
    ['pcapng, big-endian', '0a0d0d0a 0000001c 1a2b3c4d', 'pcapng'],
    ['pcapng cut before the byte-order magic', '0a0d0d0a 0000', 'pcapng'],
    ['pcapng with a wrong byte-order magic', '0a0d0d0a 0000001c 1a2b3c4e', undefined],
    ['gzip', '1f8b08 00 00000000 00 03 00 00', 'gzip'],
    ['gzip of an unknown method', '1f8b07 00 00000000 00 03 00 00', undefined],
    ['zstd', '28b52ffd 04 00 00 00 00 00 00 00', 'zstd'],
    ['zstd behind a skippable frame', '5a2a4d18 04 00 00 00 00 00 00 00', 'zstd'],
    ['text', '68656c6c6f20776f726c640a', undefined],
    ['three octets of a pcap', 'd4c3b2', undefined],
    ['nothing', '', undefined],
  ] as const) {
    it(`knows ${name}`, () => {
      const file = bytes(text);
      expect(detectMagic(file, 0, file.length)).toBe(expected);
      const shifted = Uint8Array.of(1, 2, 3, ...file);
      expect(detectMagic(shifted, 3, shifted.length)).toBe(expected);
    });
  }
});

describe('describeOctets', () => {
  for (const [text, expected] of [
    ['', 'nothing'],
    ['fd377a585a000004', 'xz-compressed data'],
    ['425a6839', 'bzip2'],
    ['504b0304aaaa', 'ZIP archive'],
    ['736e6f6f70000000', 'snoop'],
    ['0000000000000000', 'zero octets'],
    ['2320524541444d450a6d6f7265', 'printable text ("# README more")'],
    ['1b5b33316d41', 'unknown data (first octets 1b 5b 33 31 6d 41)'],
  ] as const) {
    it(`says ${expected}`, () => {
      const file = bytes(text);
      expect(describeOctets(file, 0, file.length)).toContain(expected);
    });
  }

  it('gives only printable ASCII back', () => {
    for (let octet = 0; octet < 256; octet++) {
      const text = describeOctets(Uint8Array.of(octet, 65, 66), 0, 3);
      expect(text).toMatch(/^[\x20-\x7e]+$/u);
    }
  });
});
