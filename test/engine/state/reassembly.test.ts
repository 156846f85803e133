import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Ipv6View, walkIpv6 } from '../../../dissectors/walk.ts';
import { Reassembly } from '../../../engine/state/reassembly.ts';
import type { ReassemblyResult } from '../../../engine/state/reassembly.ts';

/** IPv6 packet with a fragment header. `offset` in octets. */
function fragment(offset: number, more: boolean, data: Uint8Array, identification = 1): Uint8Array {
  const bytes = new Uint8Array(48 + data.length);
  bytes[0] = 0x60;
  bytes[4] = (8 + data.length) >> 8;
  bytes[5] = (8 + data.length) & 0xff;
  bytes[6] = 44;
  bytes[7] = 64;
  bytes[8] = 0x20;
  bytes[23] = 1;
  bytes[24] = 0x20;
  bytes[39] = 2;
  bytes[40] = 135;
  const word = offset | (more ? 1 : 0);
  bytes[42] = word >> 8;
  bytes[43] = word & 0xff;
  bytes[47] = identification;
  bytes.set(data, 48);
  return bytes;
}

function feed(table: Reassembly, bytes: Uint8Array, time = 0, link = 0): ReassemblyResult {
  const view = new Ipv6View();
  walkIpv6(bytes, 0, bytes.length, false, view);
  return table.add(view, link, time);
}

const octets = (length: number, from = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (from + i) & 0xff);

describe('reassembly', () => {
  test('puts fragments together in any order and restores the header chain', () => {
    const payload = octets(200);
    const parts: [number, boolean][] = [
      [0, true],
      [64, true],
      [128, false],
    ];
    fc.assert(
      fc.property(fc.shuffledSubarray(parts, { minLength: 3 }), (order) => {
        const table = new Reassembly();
        const results = order.map(([offset, more]) =>
          feed(table, fragment(offset, more, payload.slice(offset, more ? offset + 64 : 200))),
        );
        const last = results.at(-1);
        expect(last?.kind).toBe('complete');
        if (last?.kind !== 'complete') return;
        expect(last.bytes.slice(40)).toEqual(payload);
        expect(last.bytes[6]).toBe(135);
        expect(table.octets).toBe(0);
      }),
    );
  });

  test('ignores an exact repeat and discards the packet when fragments overlap', () => {
    const table = new Reassembly();
    expect(feed(table, fragment(0, true, octets(64))).kind).toBe('pending');
    expect(feed(table, fragment(0, true, octets(64))).kind).toBe('pending');
    expect(feed(table, fragment(56, false, octets(20))).kind).toBe('overlap');
    expect(feed(table, fragment(64, false, octets(20))).kind).toBe('pending');
  });

  test('refuses a fragment that is not a multiple of eight or ends past 65535 octets', () => {
    const table = new Reassembly();
    expect(feed(table, fragment(0, true, octets(63))).kind).toBe('malformed');
    expect(feed(table, fragment(65_528, false, octets(64))).kind).toBe('malformed');
  });

  test('keeps links apart and gives up after 60 seconds', () => {
    const table = new Reassembly();
    feed(table, fragment(0, true, octets(64)), 0, 1);
    expect(feed(table, fragment(64, false, octets(8)), 1e6, 2).kind).toBe('pending');
    expect(feed(table, fragment(64, false, octets(8)), 61e6, 1).kind).toBe('pending');
  });

  test('holds a bounded number of octets whatever never completes', () => {
    const table = new Reassembly();
    for (let i = 0; i < 20_000; i++) {
      const bytes = fragment(0, true, octets(1024), i & 0xff);
      bytes[46] = i >> 8;
      feed(table, bytes);
    }
    expect(table.octets).toBeLessThanOrEqual(8 * 1024 * 1024);
    expect(table.evictions).toBe(20_000 - 1024);
  });
});
