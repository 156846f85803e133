import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FIRST_TRIES,
  LATER_TRIES,
  MAX_MISFITS,
  NullGuess,
} from '../../../engine/ipsec/esp-null.ts';
import {
  RandomOctets,
  TO_AGENT,
  TO_CORRESPONDENT,
  icmpv6,
  inner,
  ipv4,
  mobilityHeader,
  nullEsp,
  randomEsp,
  sight,
  tcp,
  udp,
} from './null-packets.ts';

const MOBILITY = 135;
const IPV6 = 41;

/** Octets of IV and ICV, and who has them. */
const LAYOUTS = [
  ['HMAC-SHA-1-96, AES-XCBC-96, AES-CMAC-96', 0, 12],
  ['HMAC-SHA-256-128', 0, 16],
  ['HMAC-SHA-384-192', 0, 24],
  ['HMAC-SHA-512-256', 0, 32],
  ['AES-GMAC', 8, 16],
  ['no integrity', 0, 0],
] as const;

const CONTENTS: readonly (readonly [string, number, Uint8Array])[] = [
  ['a Binding Update', MOBILITY, mobilityHeader(5, 4)],
  ['a Binding Acknowledgement', MOBILITY, mobilityHeader(6, 2)],
  ['a Mobile Prefix Solicitation', 58, icmpv6(146, 4)],
  ['a Home Test in a tunnel', IPV6, inner(MOBILITY, mobilityHeader(3, 3, TO_CORRESPONDENT))],
  ['UDP in a tunnel', IPV6, inner(17, udp(101))],
  ['TCP in a tunnel', IPV6, inner(6, tcp(333))],
  ['IPv4 in a tunnel', 4, ipv4(33)],
  ['UDP', 17, udp(42, TO_AGENT)],
  ['TCP', 6, tcp(42, TO_AGENT)],
];

describe.each(LAYOUTS)('NULL encryption with the ICV of %s', (_, iv, icv) => {
  it.each(CONTENTS)('is recognised around %s', (_name, nextHeader, payload) => {
    const guess = new NullGuess();
    const packet = nullEsp({ nextHeader, payload, iv, icv });
    // Where little padding vouches for it, the second packet decides.
    if (!guess.open(sight(packet))) expect(guess.open(sight(packet))).toBe(true);
    expect(guess.isConfirmed).toBe(true);
    expect([guess.ivLength, guess.icvLength]).toEqual([iv, icv]);
    expect(guess.nextHeader).toBe(nextHeader);
    expect(packet.slice(guess.payloadOffset, guess.payloadEnd)).toEqual(payload);
  });
});

describe('a guess about NULL encryption', () => {
  const update = nullEsp({ nextHeader: MOBILITY, payload: mobilityHeader(5, 4) });

  it('is sure after one Mobility Header, and says what proved it', () => {
    const guess = new NullGuess();
    expect(guess.open(sight(update))).toBe(true);
    expect(guess).toMatchObject({ isConfirmed: true, proof: 'Mobility Header', fits: 1 });
  });

  it('takes two packets without padding, where only the checksum vouches', () => {
    const guess = new NullGuess();
    const echo = nullEsp({ nextHeader: 58, payload: icmpv6(128, 10) });
    expect(guess.open(sight(echo))).toBe(false);
    expect(guess.open(sight(echo))).toBe(true);
  });

  it('needs the checksum over the addresses that the headers name', () => {
    const guess = new NullGuess();
    const other = { ...TO_AGENT, source: TO_AGENT.destination };
    for (let i = 0; i < 20; i++) expect(guess.open(sight(update, other))).toBe(false);
  });

  it.each([
    ['the checksum is wrong', 12],
    ['the padding is not 1, 2', 8 + 32],
    ['the length of the Mobility Header is not exact', 8 + 1],
    ['the Payload Proto is not 59', 8],
    ['the Next Header is another', 8 + 35],
  ])('is none when %s', (_name, at) => {
    const wrong = update.slice();
    wrong[at] = (wrong[at] ?? 0) ^ 0x40;
    const guess = new NullGuess();
    for (let i = 0; i < 20; i++) expect(guess.open(sight(wrong))).toBe(false);
    expect(guess.isConfirmed).toBe(false);
  });

  it('opens nothing random after somebody forged packets with the SPI', () => {
    const random = new RandomOctets(7);
    const guess = new NullGuess();
    expect(guess.open(sight(update))).toBe(true);
    for (let i = 0; i < 5000; i++) {
      expect(guess.open(sight(randomEsp(random, 68)))).toBe(false);
      if (i === MAX_MISFITS) expect(guess.isConfirmed).toBe(false);
    }
    expect(guess.misfits).toBeGreaterThan(MAX_MISFITS);
  });

  it('cannot be blinded: a true packet is read also after much garbage with its SPI', () => {
    const random = new RandomOctets(8);
    const guess = new NullGuess();
    expect(guess.open(sight(update))).toBe(true);
    for (let i = 0; i < 1000; i++) guess.open(sight(randomEsp(random, 68)));
    expect(guess.open(sight(update))).toBe(true);
  });

  it('looks at the first packets of an encrypted flow, and rarely at later ones', () => {
    const garbage = randomEsp(new RandomOctets(9), 68);
    const answers: number[] = [];
    for (let before = 0; before < 2 * LATER_TRIES; before++) {
      const guess = new NullGuess();
      for (let i = 0; i < before; i++) guess.open(sight(garbage));
      if (guess.open(sight(update))) answers.push(before);
    }
    const first = Array.from({ length: FIRST_TRIES }, (_, i) => i);
    expect(answers).toEqual([...first, LATER_TRIES]);
  });

  it('starts anew after a reset', () => {
    const guess = new NullGuess();
    guess.open(sight(update));
    guess.reset();
    expect(guess).toMatchObject({ isConfirmed: false, icvLength: -1, fits: 0, proof: undefined });
  });

  it('keeps within the packet, whatever is in it', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 8, maxLength: 200 }),
        fc.integer({ min: 0, max: 40 }),
        fc.constantFrom(4, 6, 17, 41, 58, 135),
        (bytes, back, protocol) => {
          const at = bytes.length - 1 - back;
          if (at >= 9) bytes.set([0, protocol], at - 1);
          const guess = new NullGuess();
          guess.open(sight(bytes));
          guess.open(sight(bytes));
          if (!guess.isConfirmed) return;
          expect(guess.payloadOffset).toBeGreaterThanOrEqual(8);
          expect(guess.payloadEnd).toBeLessThanOrEqual(bytes.length);
        },
      ),
    );
  });
});

describe('random ESP packets', () => {
  it('are never taken for NULL encryption', (context) => {
    const random = new RandomOctets(20_260_101);
    const packets = 50_000;
    let fits = 0;
    let confirmed = 0;
    let opened = 0;
    let guess = new NullGuess();
    for (let i = 0; i < packets; i++) {
      // A new flow every 16 packets: all of them are looked at in every layout.
      if (i % FIRST_TRIES === 0) guess = new NullGuess();
      const length = 24 + 4 * (random.next() % 30);
      if (guess.open(sight(randomEsp(random, length)))) opened++;
      if (i % FIRST_TRIES !== FIRST_TRIES - 1) continue;
      fits += guess.fits;
      if (guess.isConfirmed) confirmed++;
    }
    void context.annotate(
      `${packets} random ESP packets: ${fits} with a checksum right by chance, ${confirmed} flows confirmed, ${opened} opened`,
    );
    expect([confirmed, opened]).toEqual([0, 0]);
    // 2**-21 each, in six layouts.
    expect(fits).toBeLessThan(5);
  });
});
