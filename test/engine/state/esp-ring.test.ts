import { describe, expect, test } from 'vitest';
import { EspRing } from '../../../engine/state/esp-ring.ts';
import type { EspSighting } from '../../../engine/state/esp-ring.ts';
import type { EspLayout } from '../../../engine/events.ts';

function sighting(layout: EspLayout, number: number): EspSighting {
  return {
    layout,
    source: new Uint8Array(16),
    destination: new Uint8Array(16),
    homeAddress: undefined,
    packet: { input: 0, number, time: number, nanoseconds: 0 },
    link: { id: 0, name: 'a', role: 'unknown', roleKnownBy: 'none', effectiveRole: 'unknown' },
  };
}

function esp(sequence: number, tail: number): Uint8Array {
  const bytes = new Uint8Array(60).fill(7);
  bytes[7] = sequence;
  bytes[59] = tail;
  return bytes;
}

describe('ESP ring', () => {
  test('tells what the same packet looked like before', () => {
    const ring = new EspRing();
    expect(ring.note(esp(3, 1), 0, 60, sighting('plain', 1))).toEqual({});
    const before = ring.note(esp(3, 1), 0, 60, sighting('home-address-option', 2));
    expect(before.plain?.packet.number).toBe(1);
    expect(before['home-address-option']).toBeUndefined();
  });

  test('a different sequence number or integrity check value is another packet', () => {
    const ring = new EspRing();
    ring.note(esp(3, 1), 0, 60, sighting('plain', 1));
    expect(ring.note(esp(4, 1), 0, 60, sighting('home-address-option', 2))).toEqual({});
    expect(ring.note(esp(3, 2), 0, 60, sighting('home-address-option', 3))).toEqual({});
  });

  test('forgets the oldest packet when full, and counts it', () => {
    const ring = new EspRing(4);
    for (let i = 0; i < 5; i++) ring.note(esp(i, 0), 0, 60, sighting('plain', i));
    expect(ring.evictions).toBe(1);
    expect(ring.note(esp(0, 0), 0, 60, sighting('home-address-option', 9))).toEqual({});
    expect(ring.note(esp(4, 0), 0, 60, sighting('home-address-option', 9)).plain).toBeDefined();
  });

  test('knows a packet that the capture cut by its start and its length on the wire', () => {
    const ring = new EspRing();
    ring.note(esp(3, 1), 0, 20, sighting('plain', 1), 60);
    const before = ring.note(esp(3, 1), 0, 14, sighting('home-address-option', 2), 60);
    expect(before.plain?.packet.number).toBe(1);
    expect(ring.note(esp(3, 1), 0, 20, sighting('home-address-option', 3), 76)).toEqual({});
    expect(ring.note(esp(4, 1), 0, 20, sighting('home-address-option', 4), 60)).toEqual({});
  });

  test('compares a whole packet with a cut one that came before it', () => {
    const ring = new EspRing();
    ring.note(esp(3, 1), 0, 20, sighting('home-address-option', 1), 60);
    const before = ring.note(esp(3, 1), 0, 60, sighting('plain', 2));
    expect(before['home-address-option']?.packet.number).toBe(1);
  });

  test('does not guess where the cut left nothing behind the sequence number', () => {
    const ring = new EspRing();
    ring.note(esp(3, 1), 0, 10, sighting('plain', 1), 60);
    expect(ring.note(esp(3, 1), 0, 10, sighting('home-address-option', 2), 60)).toEqual({});
  });
});
