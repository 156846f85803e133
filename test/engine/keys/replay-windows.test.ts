/**
 * Replay windows as key files say them: one for each association, of 32 to 4096 numbers, with extended numbers.
 */
import { describe, expect, it } from 'vitest';
import { readKeyText } from '../../../engine/keys/key-text.ts';
import { checkReplay, updateReplay } from '../../../engine/state/security-association.ts';
import type { SecurityAssociation } from '../../../engine/state/security-association.ts';
import { HOME_ADDRESS, HOME_AGENT, key } from './key-texts.ts';

const KEYS = `-E null -A hmac-sha1 ${key(20)}`;

function setkey(...octets: readonly (number | undefined)[]): SecurityAssociation[] {
  const text = octets.map((size, i) => {
    const window = size === undefined ? '' : `-r ${size} `;
    return `add ${HOME_ADDRESS} ${HOME_AGENT} esp ${0x100 + i} ${window}${KEYS};\n`;
  });
  const { entries, problems } = readKeyText(text.join(''), 'setkey.conf');
  expect(problems).toEqual([]);
  return entries.map(({ association }) => association);
}

function xfrm(more: string): SecurityAssociation {
  const text = `ip xfrm state add src ${HOME_ADDRESS} dst ${HOME_AGENT} proto esp spi 0x100 mode transport ${more} auth-trunc 'hmac(sha1)' ${key(20)} 96 enc 'ecb(cipher_null)' ''\n`;
  const { entries, problems } = readKeyText(text, 'xfrm');
  expect(problems).toEqual([]);
  const [entry] = entries;
  if (entry === undefined) throw new Error('no association');
  return entry.association;
}

describe('replay windows of key files', () => {
  it.each([
    ['-r 4', 4, 32],
    ['-r 8', 8, 64],
    ['-r 512', 512, 4096],
    ['-r 1, less than RFC 4303 allows', 1, 32],
    ['-r 4096, more than is kept', 4096, 4096],
    ['nothing', undefined, 64],
  ])('of setkey with %s', (_, octets, size) => {
    expect(setkey(octets).map(({ replay }) => replay.size)).toEqual([size]);
  });

  it('of ip xfrm are numbers, up to 4096 with the bit map of extended ones', () => {
    expect(xfrm('replay-window 32').replay.size).toBe(32);
    expect(xfrm('replay-window 128 flag esn').replay.size).toBe(128);
    expect(xfrm('replay-window 4096 flag esn').replay.size).toBe(4096);
  });

  it('that are larger than what is kept are noted', () => {
    const text = `add ${HOME_ADDRESS} ${HOME_AGENT} esp 256 -r 1024 ${KEYS};\n`;
    const { notes } = readKeyText(text, 'setkey.conf');
    expect(notes.map(({ line, message }) => [line, message])).toEqual([
      [1, 'a replay window of 8192 sequence numbers; 4096 are kept'],
    ]);
  });

  it('are kept for each association on its own', () => {
    const [small, large, other] = setkey(4, 512, 4);
    if (small === undefined || large === undefined || other === undefined) throw new Error('none');
    for (const association of [small, large]) {
      updateReplay(association, 1000);
      updateReplay(association, 990);
    }
    expect(checkReplay(small, 990)).toBe('replay');
    expect(checkReplay(small, 969)).toBe('new');
    expect(checkReplay(small, 968)).toBe('too-old');
    expect(checkReplay(large, 990)).toBe('replay');
    expect(checkReplay(large, 968)).toBe('new');
    expect(checkReplay(other, 990)).toBe('new');
    expect(other.replay.highest).toBe(0);
  });

  it.each([32, 64, 1024, 4096])('of %d go on over the wrap of extended numbers', (size) => {
    const association = xfrm(`replay-window ${size} flag esn replay-seq-hi 0x7`);
    expect(association).toMatchObject({ extendedSequence: true, replay: { size, highestHigh: 7 } });
    for (const sequence of [0x8000_0000, 0xffff_fff0, 5]) updateReplay(association, sequence);
    expect(association.replay).toMatchObject({ highest: 5, highestHigh: 8 });
    expect(checkReplay(association, 5)).toBe('replay');
    expect(checkReplay(association, 0xffff_fff0)).toBe('replay');
    expect(checkReplay(association, 0xffff_fff1)).toBe('new');
    expect(checkReplay(association, 6)).toBe('new');
    // What is behind the window is taken for the next upper half, which its ICV then refuses.
    expect(association.sequenceHigh((5 - size) >>> 0)).toBe(8);
    expect(association.sequenceHigh((6 - size) >>> 0)).toBe(7);
  });

  it('of numbers of 32 bits end at the last one', () => {
    const [association] = setkey(8);
    if (association === undefined) throw new Error('none');
    updateReplay(association, 0xffff_ffff);
    for (const sequence of [0, 1, 100]) expect(checkReplay(association, sequence)).toBe('too-old');
  });
});
