import { describe, expect, it } from 'vitest';
import { EspSequences, SequenceVerdict } from '../../../engine/ipsec/esp-sequence.ts';
import type { EspSighted } from '../../../engine/ipsec/esp-sequence.ts';

const { FINE, COPY, BEHIND, RESTART, AHEAD } = SequenceVerdict;

/** A packet: 16 octets of destination, then ESP of 32 octets. */
function packet(
  sequence: number,
  seconds: number,
  fields: Partial<EspSighted> & { content?: number; to?: number; spi?: number } = {},
): EspSighted {
  const { content = sequence, to = 1, spi = 0x1000, ...rest } = fields;
  const bytes = new Uint8Array(48);
  bytes[15] = to;
  const view = new DataView(bytes.buffer);
  view.setUint32(16, spi);
  view.setUint32(20, sequence);
  view.setUint32(44, content);
  return {
    bytes,
    esp: 16,
    end: 48,
    destination: 0,
    linkId: 0,
    hopLimit: 60,
    layout: 1,
    mayWrap: true,
    time: 1e15 + seconds * 1e6,
    input: 0,
    number: Math.round(seconds * 1000) + 1,
    ...rest,
  };
}

function verdicts(...packets: readonly EspSighted[]): SequenceVerdict[] {
  const sequences = new EspSequences();
  return packets.map((item) => sequences.note(item));
}

describe('sequence numbers of ESP', () => {
  it('are fine in order, with gaps, and a little out of order', () => {
    const order = [1, 2, 5, 4, 3, 70, 69, 130];
    const all = order.map((sequence, i) => packet(sequence, i / 10));
    expect(verdicts(...all)).toEqual(order.map(() => FINE));
  });

  it('tell a copy that comes later than a mirror port makes it', () => {
    expect(verdicts(packet(1, 0), packet(1, 0.01))).toEqual([FINE, FINE]);
    expect(verdicts(packet(1, 0), packet(1, 0.03))).toEqual([FINE, COPY]);
    expect(verdicts(packet(1, 0), packet(2, 1), packet(3, 2), packet(1, 60))).toEqual([
      FINE,
      FINE,
      FINE,
      COPY,
    ]);
  });

  it('take a copy with fewer hops left for the same packet further on, for a second', () => {
    expect(verdicts(packet(1, 0), packet(1, 0.5, { hopLimit: 59 }))).toEqual([FINE, FINE]);
    expect(verdicts(packet(1, 0), packet(1, 1.5, { hopLimit: 59 }))).toEqual([FINE, COPY]);
    expect(verdicts(packet(1, 0), packet(1, 0.5, { hopLimit: 61 }))).toEqual([FINE, COPY]);
  });

  it('leave the same packet on another link and under another layout alone', () => {
    expect(verdicts(packet(1, 0), packet(1, 5, { linkId: 1 }))).toEqual([FINE, FINE]);
    expect(verdicts(packet(1, 0), packet(1, 5, { layout: 0 }))).toEqual([FINE, FINE]);
  });

  it('are kept apart by destination and SPI', () => {
    expect(verdicts(packet(1, 0), packet(1, 5, { to: 2 }), packet(1, 6, { spi: 7 }))).toEqual([
      FINE,
      FINE,
      FINE,
    ]);
  });

  it('tell a counter that starts again', () => {
    expect(verdicts(packet(1, 0), packet(2, 1), packet(1, 60, { content: 99 }))).toEqual([
      FINE,
      FINE,
      RESTART,
    ]);
    const sequences = new EspSequences();
    for (let i = 1; i <= 200; i++) sequences.note(packet(i, i));
    expect(sequences.note(packet(1, 300, { content: 99 }))).toBe(RESTART);
    expect(sequences.before.highest).toBe(200);
    expect(sequences.note(packet(2, 301, { content: 98 }))).toBe(FINE);
  });

  it('tell an old number, but not one that was only overtaken a moment ago', () => {
    const sequences = new EspSequences();
    for (let i = 1; i <= 200; i++) sequences.note(packet(i, i / 100));
    expect(sequences.note(packet(100, 500, { content: 7 }))).toBe(BEHIND);
    const burst = new EspSequences();
    burst.note(packet(1000, 0));
    burst.note(packet(1200, 0.001));
    expect(burst.note(packet(1050, 0.002))).toBe(FINE);
  });

  it('tell a jump of more than 2**20, and go on from there', () => {
    expect(
      verdicts(packet(1, 0), packet(1 + 2 ** 20, 1), packet(2 + 2 ** 20, 2), packet(2 ** 22, 3)),
    ).toEqual([FINE, FINE, FINE, AHEAD]);
  });

  it('wrap around with extended sequence numbers', () => {
    expect(verdicts(packet(0xffff_ffff, 0), packet(0, 1), packet(1, 2))).toEqual([
      FINE,
      FINE,
      FINE,
    ]);
  });

  it('start again where 32-bit numbers wrap, because new keys are due then', () => {
    const short = (sequence: number, seconds: number): EspSighted =>
      packet(sequence, seconds, { mayWrap: false });
    expect(verdicts(short(0xffff_fffe, 0), short(0xffff_ffff, 1), short(0, 2))).toEqual([
      FINE,
      FINE,
      RESTART,
    ]);
    // Told once, and what was only overtaken is no second wrap.
    expect(
      verdicts(short(0xffff_fffe, 0), short(3, 1), short(0xffff_ffff, 1.1), short(4, 1.2)),
    ).toEqual([FINE, RESTART, FINE, FINE]);
  });

  it('remember a bounded number of flows and count those forgotten', () => {
    const sequences = new EspSequences();
    for (let spi = 1; spi <= 5000; spi++) sequences.note(packet(1, 0, { spi }));
    expect(sequences.evictions).toBe(5000 - 4096);
    for (let to = 1; to <= 6; to++) sequences.note(packet(1, 0, { spi: 5000, to }));
    expect(sequences.evictions).toBe(5000 - 4096 + 2);
  });
});
