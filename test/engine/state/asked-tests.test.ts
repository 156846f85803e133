import { describe, expect, it } from 'vitest';
import { AskedTests, MAX_ASKED } from '../../../engine/state/asked-tests.ts';
import { CARE_OF_ADDRESS, CORRESPONDENT, HOME_ADDRESS } from '../../rules/event-builders.ts';

/** 8 octets that differ by number. */
function numbered(n: number): Uint8Array {
  const cookie = new Uint8Array(8).fill(7);
  new DataView(cookie.buffer).setUint32(2, n);
  return cookie;
}

describe('inits by correspondent and cookie', () => {
  it('are found by both, the newest first', () => {
    const asked = new AskedTests(1);
    expect(asked.find(CORRESPONDENT, numbered(1))).toBeUndefined();
    const first = { peer: CORRESPONDENT, cookie: numbered(1), address: HOME_ADDRESS };
    const second = { ...first, address: CARE_OF_ADDRESS };
    asked.add(first);
    expect(asked.find(CORRESPONDENT, numbered(1))).toBe(first);
    expect(asked.find(HOME_ADDRESS, numbered(1))).toBeUndefined();
    expect(asked.find(CORRESPONDENT, numbered(2))).toBeUndefined();
    asked.add(second);
    expect(asked.find(CORRESPONDENT, numbered(1))).toBe(second);
  });

  it('are the last ones, all of them, whatever their number', () => {
    const asked = new AskedTests(2);
    for (let n = 0; n < 3 * MAX_ASKED; n++) asked.add({ peer: CORRESPONDENT, cookie: numbered(n) });
    const known = Array.from({ length: 3 * MAX_ASKED }, (_, n) => n).filter(
      (n) => asked.find(CORRESPONDENT, numbered(n)) !== undefined,
    );
    expect(known[0]).toBe(2 * MAX_ASKED);
    expect(known).toHaveLength(MAX_ASKED);
  });
});
