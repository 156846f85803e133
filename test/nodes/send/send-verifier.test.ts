import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findNdOption } from '../../../dissectors/icmpv6/index.ts';
import { decodeTimestamp, encodeTimestamp } from '../../../nodes/send/freshness.ts';
import { ip } from '../wire-peer.ts';
import { PREFIX, SendBench, addressOfKey } from './bench.ts';
import type { AdvertisementFields } from './bench.ts';
import { TestAuthorities, testKey } from './certificates.ts';

const authorities = new TestAuthorities();
const otherKey = testKey();
const REFUSED = 'send-advertisement-refused';
const NONCE = Uint8Array.of(1, 2, 3, 4, 5, 6);

/** The path of the router is known. */
const informed = () => new SendBench(authorities, { path: 'none' }).know(...authorities.path);

/** An advertisement with one fault is refused for the reason, and without the fault accepted. */
function refuses(fields: AdvertisementFields, reason: RegExp, bench = informed()): void {
  expect(bench.judge(bench.packet(fields))).toBe(false);
  const reasons = bench.reasons(REFUSED);
  expect(reasons).toHaveLength(1);
  expect(reasons[0]).toMatch(reason);
  expect(bench.judge(bench.packet())).toBe(true);
}

/** The nonce of the last solicitation of the node. */
function solicited(bench: SendBench): Uint8Array {
  bench.link.solicitRouters();
  bench.scheduler.advance(1);
  const message = bench.sent('router-solicitation').at(-1)?.message;
  const nonce =
    message?.kind === 'router-solicitation'
      ? findNdOption(message.options, 'nonce')?.nonce
      : undefined;
  if (nonce === undefined) throw new Error('no nonce');
  return nonce;
}

describe('a router advertisement', () => {
  test('with everything right is accepted', () => {
    const bench = informed();
    expect(bench.judge(bench.packet())).toBe(true);
    expect(bench.reasons(REFUSED)).toEqual([]);
  });

  test('without a signature is refused', () => {
    refuses({ isSigned: false }, /not signed/);
  });

  test('without CGA parameters is refused', () => {
    refuses({ hasParameters: false }, /no CGA parameters/);
  });

  test('from an address that is not generated from the key is refused', () => {
    refuses({ source: ip('fe80::1') }, /not generated from its key: the interface identifier/);
  });

  test('with a collision count of three is refused', () => {
    const { parameters, address } = addressOfKey(authorities.routerKey);
    refuses({ parameters: parameters.with(24, 3), source: address }, /collision count is 3/);
  });

  test('from an address that claims a Sec its parameters do not have is refused', () => {
    const { parameters, address } = addressOfKey(authorities.routerKey);
    const claimed = address.with(8, (address[8] ?? 0) | 0x20);
    refuses({ parameters, source: claimed }, /Hash2 does not start with 16 zero bits/);
  });

  test('with a signature by another key than that of the address is refused', () => {
    refuses({ key: otherKey, addressKey: authorities.routerKey }, /another key/);
  });

  test('whose signature does not fit what it says is refused', () => {
    const bench = informed();
    const packet = bench.packet();
    // Router lifetime.
    const spoiled = packet.with(46, (packet[46] ?? 0) ^ 1);
    expect(bench.judge(spoiled)).toBe(false);
    expect(bench.reasons(REFUSED)).toEqual(['the signature is wrong']);
    expect(bench.judge(packet)).toBe(true);
  });

  test('whose signature was made for another destination is refused', () => {
    const bench = informed();
    const packet = bench.packet({ nonce: solicited(bench), destination: bench.link.linkLocal });
    const forAll = packet.slice();
    forAll.set(ip('ff02::1'), 24);
    expect(bench.judge(forAll)).toBe(false);
    expect(bench.reasons(REFUSED)).toEqual(['the signature is wrong']);
    expect(bench.judge(packet)).toBe(true);
  });

  test('with options behind the signature is refused, as they would be used and nobody has signed them', () => {
    const rogue = ip('2001:db8:bad::');
    refuses(
      {
        after: [
          {
            kind: 'prefix-information',
            prefixLength: 64,
            flags: 0xc0,
            validLifetime: 1,
            preferredLifetime: 1,
            prefix: rogue,
          },
        ],
      },
      /options follow the signature/,
    );
  });

  test('with two of an option of SEND is refused', () => {
    const timestamp = encodeTimestamp(1_700_000_000);
    const bench = informed();
    const twice = { kind: 'timestamp' as const, timestamp };
    refuses({ after: [twice] }, /twice/, bench);
  });

  test('whose certificate does not allow the prefix is refused', () => {
    refuses({ prefixes: [{ prefix: '2001:db8:b::' }] }, /does not allow its prefixes/);
    refuses({ prefixes: [{ prefix: PREFIX, length: 63 }] }, /does not allow its prefixes/);
    // One right, one wrong.
    refuses(
      { prefixes: [{ prefix: PREFIX }, { prefix: '2001:db8:b::' }] },
      /does not allow its prefixes/,
    );
  });

  test('with a key of less than 1024 bits is refused, whoever has certified it', () => {
    const short = testKey(768);
    const bench = informed().know(authorities.certify({ key: short, subject: 'short' }));
    refuses({ key: short }, /less than 1024 bits/, bench);
  });

  test('whose certificate is expired by now is not believed any more', () => {
    const soon = authorities.certify({ until: '20231114221325Z' });
    const bench = new SendBench(authorities, { path: 'none' }).know(authorities.operator, soon);
    expect(bench.judge(bench.packet())).toBe(true);
    bench.scheduler.advance(10_000);
    expect(bench.judge(bench.packet())).toBe('later');
  });

  test('octets that somebody has changed never throw, and are never accepted', () => {
    const bench = informed();
    const packet = bench.packet();
    fc.assert(
      fc.property(
        fc.integer({ min: 40, max: packet.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        (at, bits) => {
          // Checksum and reserved fields are in no signature.
          const spoiled = packet.with(at, (packet[at] ?? 0) ^ bits);
          const verdict = bench.judge(spoiled);
          if (verdict === true) expect(unsigned(packet)).toContain(at);
        },
      ),
      { numRuns: 150 },
    );
  });
});

/** Octets that the signature does not cover: checksum, and of its own option the reserved field and the padding. */
function unsigned(packet: Uint8Array): number[] {
  // 1024 bits: 4 + 16 + 128 octets, and 4 of padding.
  const option = packet.length - 152;
  return [42, 43, option + 2, option + 3, ...[4, 3, 2, 1].map((back) => packet.length - back)];
}

describe('the time of an advertisement', () => {
  test('without a timestamp it is refused', () => {
    refuses({ timestamp: 'none' }, /no timestamp/);
  });

  test('a sender that is not known may be off by less than 300 seconds', () => {
    for (const [off, isRight] of [
      [-299, true],
      [-301, false],
      [299, true],
      [301, false],
    ] as const) {
      const bench = informed();
      const packet = bench.packet({ timestamp: bench.scheduler.wallClock + off });
      expect([off, bench.judge(packet)]).toEqual([off, isRight]);
    }
  });

  test('what was recorded is refused when it is sent again, though it is less than 300 seconds old', () => {
    const bench = informed();
    const recorded = bench.packet();
    expect(bench.judge(recorded)).toBe(true);
    bench.scheduler.advance(10_000);
    expect(bench.judge(recorded)).toBe(false);
    expect(bench.reasons(REFUSED)).toEqual(['the timestamp is that of an old message']);
    expect(bench.judge(bench.packet())).toBe(true);
  });

  test('a known sender may be a little late, and its clock a little slow', () => {
    const bench = informed();
    const start = bench.scheduler.wallClock;
    expect(bench.judge(bench.packet({ timestamp: start - 250 }))).toBe(true);
    bench.scheduler.advance(100_000);
    // 100 s later: 1 % of drift and twice a second of fuzz are 3 s.
    expect(bench.judge(bench.packet({ timestamp: start - 250 + 96.9 }))).toBe(false);
    expect(bench.judge(bench.packet({ timestamp: start - 250 + 97.1 }))).toBe(true);
  });

  test('an older message within the fuzz does not set the clock back', () => {
    const bench = informed();
    const start = bench.scheduler.wallClock;
    expect(bench.judge(bench.packet({ timestamp: start }))).toBe(true);
    expect(bench.judge(bench.packet({ timestamp: start - 1.9 }))).toBe(true);
    expect(bench.judge(bench.packet({ timestamp: start - 3.7 }))).toBe(false);
  });

  test('what is refused leaves no trace in the table of clocks', () => {
    const bench = informed();
    for (let i = 0; i < 20; i++) bench.judge(bench.packet({ key: otherKey }));
    expect(bench.verifier.clocks.size).toBe(0);
    bench.judge(bench.packet());
    expect(bench.verifier.clocks.size).toBe(1);
  });

  test('timestamps are 48 bits of seconds and 16 of fractions', () => {
    expect([...encodeTimestamp(1_700_000_000.5)]).toEqual([0, 0, 0x65, 0x53, 0xf1, 0, 0x80, 0]);
    expect(decodeTimestamp(encodeTimestamp(2 ** 33 + 0.25), 0)).toBe(2 ** 33 + 0.25);
  });
});

describe('the nonce of an advertisement', () => {
  test('solicitations have nonce and timestamp, and leave from nobody, as they are not signed', () => {
    const bench = informed();
    const nonce = solicited(bench);
    expect(nonce).toHaveLength(6);
    const [solicitation] = bench.sent('router-solicitation');
    expect(solicitation).toMatchObject({ source: '::', destination: 'ff02::2', hopLimit: 255 });
    const kinds =
      solicitation?.message.kind === 'router-solicitation'
        ? solicitation.message.options.map(({ kind }) => kind)
        : [];
    expect(kinds).toEqual(['timestamp', 'nonce']);
    expect(solicited(bench)).not.toEqual(nonce);
  });

  test('an answer with the nonce is accepted whatever its clock says', () => {
    const bench = informed();
    const { linkLocal: destination } = bench.link;
    const off = bench.scheduler.wallClock - 4000;
    expect(bench.judge(bench.packet({ destination, timestamp: off }))).toBe(false);
    const nonce = solicited(bench);
    expect(bench.judge(bench.packet({ destination, timestamp: off, nonce }))).toBe(true);
    // Its clock is known now.
    bench.scheduler.advance(20_000);
    expect(bench.judge(bench.packet({ timestamp: off + 20 }))).toBe(true);
  });

  test('an answer to this node alone with another nonce is refused', () => {
    const bench = informed();
    solicited(bench);
    refuses({ nonce: NONCE, destination: bench.link.linkLocal }, /nonce is not/, bench);
  });

  test('a nonce is of no use after a while', () => {
    const bench = informed();
    const nonce = solicited(bench);
    bench.scheduler.advance(30_000);
    refuses({ nonce, destination: bench.link.linkLocal }, /nonce is not/, bench);
  });

  test('an answer to somebody else that goes to all nodes is judged by its timestamp', () => {
    const bench = informed();
    const old = bench.scheduler.wallClock - 4000;
    expect(bench.judge(bench.packet({ nonce: NONCE, timestamp: old }))).toBe(false);
    expect(bench.judge(bench.packet({ nonce: NONCE }))).toBe(true);
  });
});
