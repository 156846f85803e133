import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testKey } from '../../../engine/return-routability/test-key.ts';

const address = fc.uint8Array({ minLength: 16, maxLength: 16 });
const cookie = fc.uint8Array({ minLength: 0, maxLength: 8 });
const kind = fc.constantFrom('home' as const, 'care-of' as const);
const parts = fc.record({ kind, peer: address, cookie });

describe('the key of a test', () => {
  it('is the same for an init and its answer, and for them alone', () => {
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const isSame =
          a.kind === b.kind &&
          Buffer.compare(a.peer, b.peer) === 0 &&
          Buffer.compare(a.cookie, b.cookie) === 0;
        const key = testKey(a.kind, a.peer, a.cookie);
        expect(key).toBe(testKey(a.kind, a.peer.slice(), a.cookie.slice()));
        expect(key === testKey(b.kind, b.peer, b.cookie)).toBe(isSame);
      }),
    );
  });

  it('tells home tests from care-of tests, and a cut cookie from one with zeros', () => {
    const peer = new Uint8Array(16).fill(1);
    const whole = Uint8Array.of(1, 2, 3, 4, 5, 6, 0, 0);
    const keys = [
      testKey('home', peer, whole),
      testKey('care-of', peer, whole),
      testKey('home', peer, whole.subarray(0, 6)),
      testKey('home', peer, Uint8Array.of(1, 2, 3, 4, 5, 6, 0, 1)),
      testKey('home', new Uint8Array(16).fill(2), whole),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});
