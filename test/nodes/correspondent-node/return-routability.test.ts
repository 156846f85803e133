/**
 * Return routability of a correspondent. RFC 6275 sections 5.2, 9.4.
 */
import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import type { MobilityMessage } from '../../../dissectors/mobility/header.ts';
import { ip } from '../wire-peer.ts';
import type { WirePacket } from '../wire-peer.ts';
import { CARE_OF, CORRESPONDENT, CorrespondentBench, HOME, mobilityPacket, only } from './bench.ts';
import { MobilePeer, expectedToken, statusOf } from './mobile-peer.ts';

const COOKIE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const HOME_TEST_INIT: MobilityMessage = { kind: 'home-test-init', homeInitCookie: COOKIE };
const CARE_OF_TEST_INIT: MobilityMessage = { kind: 'care-of-test-init', careOfInitCookie: COOKIE };
const TESTS = [
  ['Home Test Init', HOME, HOME_TEST_INIT, 'home-test'],
  ['Care-of Test Init', CARE_OF, CARE_OF_TEST_INIT, 'care-of-test'],
] as const;

/** Key and nonce that the bench's node drew last: the last random octets of these lengths. */
function secretsOf(bench: CorrespondentBench): { key: Uint8Array; nonce: Uint8Array } {
  const lengths = bench.random.asked.map(({ length }) => length);
  const key = bench.random.asked[lengths.lastIndexOf(20)];
  const nonce = bench.random.asked[lengths.lastIndexOf(8)];
  if (key === undefined || nonce === undefined) throw new Error('no key, no nonce');
  return { key, nonce };
}

function problemOf([packet]: readonly WirePacket[]): unknown {
  const message = packet?.icmpv6;
  if (message?.kind !== 'parameter-problem') return undefined;
  return { code: message.code, pointer: message.pointer, to: packet?.destination };
}

describe('answers to test inits', () => {
  test('CN-RR-01 a Home Test Init is answered to the home address, without routing header though there is a binding', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    expect(statusOf(mobile.register())).toBe(0);
    expect(bench.pingHome()?.type2RoutingHeader).toBe(formatAddress(HOME));
    const answer = bench.deliver(mobilityPacket({ source: HOME }, HOME_TEST_INIT));
    const homeTest = only(answer, 'home-test');
    expect(homeTest.homeInitCookie).toEqual(COOKIE);
    expect(homeTest.homeKeygenToken).toHaveLength(8);
    expect(answer[0]).toMatchObject({
      source: formatAddress(CORRESPONDENT),
      destination: formatAddress(HOME),
      headers: [],
    });
    bench.close();
  });

  test('CN-RR-02 a Care-of Test Init is answered to the care-of address', () => {
    const bench = new CorrespondentBench();
    const answer = bench.deliver(mobilityPacket({ source: CARE_OF }, CARE_OF_TEST_INIT));
    expect(only(answer, 'care-of-test').careOfInitCookie).toEqual(COOKIE);
    expect(answer[0]).toMatchObject({
      source: formatAddress(CORRESPONDENT),
      destination: formatAddress(CARE_OF),
      headers: [],
    });
    bench.close();
  });

  test('CN-RR-03 CN-RR-04 test inits with a Home Address option draw nothing', () => {
    const bench = new CorrespondentBench();
    for (const [, , message, kind] of TESTS) {
      const spoiled = mobilityPacket({ source: CARE_OF, home: HOME }, message);
      expect(bench.deliver(spoiled)).toEqual([]);
      const control = bench.deliver(mobilityPacket({ source: CARE_OF }, message));
      expect(only(control, kind).kind).toBe(kind);
    }
    bench.close();
  });

  test('CN-RR-05 test inits with a wrong checksum draw nothing', () => {
    const bench = new CorrespondentBench();
    for (const [, source, message, kind] of TESTS) {
      const packet = mobilityPacket({ source }, message);
      const spoiled = packet.slice();
      spoiled[45] = (spoiled[45] ?? 0) ^ 1;
      expect(bench.deliver(spoiled)).toEqual([]);
      expect(only(bench.deliver(packet), kind).kind).toBe(kind);
    }
    bench.close();
  });

  test('CN-RR-06 a test init with another Payload Proto than 59 draws Parameter Problem 0 at that octet', () => {
    const bench = new CorrespondentBench();
    for (const [, source, message] of TESTS) {
      const packet = mobilityPacket({ source }, message, [], { payloadProto: 17 });
      const problem = { code: 0, pointer: 40, to: formatAddress(source) };
      expect(problemOf(bench.deliver(packet))).toEqual(problem);
    }
    bench.close();
  });

  test('CN-RR-07 a test init with Header Len 0 draws Parameter Problem 0 at that octet', () => {
    const bench = new CorrespondentBench();
    for (const [, source, message] of TESTS) {
      const packet = mobilityPacket({ source }, message, [], { headerLength: 0 });
      const problem = { code: 0, pointer: 41, to: formatAddress(source) };
      expect(problemOf(bench.deliver(packet))).toEqual(problem);
    }
    bench.close();
  });

  test('CN-RR-08 the home keygen token is First(64, HMAC_SHA1(Kcn, home address | nonce | 0))', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench);
    mobile.homeTest();
    const { key, nonce } = secretsOf(bench);
    expect(mobile.homeToken?.octets).toEqual(expectedToken(key, HOME, nonce, 0));
    expect(mobile.homeToken?.octets).not.toEqual(expectedToken(key, HOME, nonce, 1));
    bench.close();
  });

  test('CN-RR-09 the care-of keygen token is First(64, HMAC_SHA1(Kcn, care-of address | nonce | 1))', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench);
    mobile.careOfTest();
    const { key, nonce } = secretsOf(bench);
    expect(mobile.careOfToken?.octets).toEqual(expectedToken(key, CARE_OF, nonce, 1));
    expect(mobile.careOfToken?.octets).not.toEqual(expectedToken(key, CARE_OF, nonce, 0));
    bench.close();
  });

  test('CN-RR-10 Kcn is 20 random octets of each node and a nonce 8, and neither is ever told', () => {
    const benches = [1, 2].map((seed) => new CorrespondentBench({ seed }));
    const sent: string[] = [];
    const secrets = benches.map((bench) => {
      bench.link.tap((frame) => sent.push(Buffer.from(frame).toString('hex')));
      new MobilePeer(bench).tests().register();
      return secretsOf(bench);
    });
    expect(secrets[0]?.key).toHaveLength(20);
    expect(secrets[0]?.nonce).toHaveLength(8);
    expect(secrets[0]?.key).not.toEqual(secrets[1]?.key);
    expect(secrets[0]?.nonce).not.toEqual(secrets[1]?.nonce);
    const told = `${sent.join('\n')} ${JSON.stringify(benches.map(({ log }) => log))}`;
    expect(told).toContain(Buffer.from(HOME).toString('hex'));
    for (const bench of benches) {
      const { key, nonce } = secretsOf(bench);
      expect(told).not.toContain(Buffer.from(key).toString('hex'));
      expect(told).not.toContain(Buffer.from(nonce).toString('hex'));
      bench.close();
    }
  });

  test('CN-RR-11 test inits leave no state of their senders behind, however many there are', () => {
    const bench = new CorrespondentBench();
    new MobilePeer(bench).tests();
    const before = bench.node.state;
    const pending = bench.scheduler.pending;
    for (let i = 0; i < 500; i++) {
      const source = ip(`2001:db8:${(0x100 + i).toString(16)}::1`);
      bench.peer.send(mobilityPacket({ source }, HOME_TEST_INIT));
      bench.peer.send(mobilityPacket({ source }, CARE_OF_TEST_INIT));
    }
    bench.scheduler.advance(5);
    expect(bench.peer.take()).toHaveLength(1000);
    expect(bench.node.state).toEqual(before);
    expect(bench.host.bindings.correspondents).toBe(0);
    expect(bench.scheduler.pending).toBe(pending);
    // The tests were good all the same.
    const mobile = new MobilePeer(bench).tests();
    expect(statusOf(mobile.register())).toBe(0);
    bench.close();
  });

  test('CN-RR-12 test inits are answered while there is a binding for their sender', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    mobile.register();
    expect(bench.bindingOf()).toBe(formatAddress(CARE_OF));
    expect(only(mobile.homeTest(), 'home-test').kind).toBe('home-test');
    const [answer] = mobile.careOfTest();
    expect(answer).toMatchObject({ destination: formatAddress(CARE_OF), headers: [] });
    bench.close();
  });

  test('CN-RR-13 test inits with a mobility option that nobody knows are answered', () => {
    const bench = new CorrespondentBench();
    const option = { kind: 'unknown', type: 250, data: new Uint8Array(6) } as const;
    for (const [, source, message, kind] of TESTS) {
      const answer = bench.deliver(mobilityPacket({ source }, message, [option]));
      expect(only(answer, kind).kind).toBe(kind);
    }
    bench.close();
  });

  test('CN-RR-14 switched off, route optimisation draws Parameter Problem 1 and leaves no binding', () => {
    const bench = new CorrespondentBench({ correspondent: { isRouteOptimisationEnabled: false } });
    for (const [, source, message] of TESTS) {
      const problem = { code: 1, pointer: 6, to: formatAddress(source) };
      expect(problemOf(bench.deliver(mobilityPacket({ source }, message)))).toEqual(problem);
    }
    const mobile = new MobilePeer(bench);
    mobile.homeToken = { index: 1, octets: COOKIE, address: HOME };
    mobile.careOfToken = { index: 1, octets: COOKIE, address: CARE_OF };
    const problem = { code: 1, pointer: 40, to: formatAddress(CARE_OF) };
    expect(problemOf(mobile.register())).toEqual(problem);
    expect(bench.bindingOf()).toBeUndefined();
    expect(bench.pingHome()?.headers).toEqual([]);
    bench.close();
    // Default: on. RFC 6275 section 8.2.
    const control = new CorrespondentBench();
    expect(statusOf(new MobilePeer(control).tests().register())).toBe(0);
    control.close();
  });

  test('CN-RR-15 test inits of one nonce period share the nonce', () => {
    const bench = new CorrespondentBench();
    const indices = new Set<number>();
    const drawn = (): number => bench.random.asked.filter(({ length }) => length === 20).length;
    const mobile = new MobilePeer(bench);
    for (let i = 0; i < 20; i++) {
      mobile.tests();
      indices.add(mobile.homeToken?.index ?? -1).add(mobile.careOfToken?.index ?? -1);
      bench.scheduler.advance(1400);
    }
    expect(indices.size).toBe(1);
    expect(drawn()).toBe(1);
    bench.scheduler.advance(2000);
    mobile.tests();
    expect(indices.has(mobile.homeToken?.index ?? -1)).toBe(false);
    expect(drawn()).toBe(2);
    bench.close();
  });
});

describe('whom test inits are answered', () => {
  test('only addresses that a packet from elsewhere reaches, and only for addresses of this node', () => {
    const bench = new CorrespondentBench();
    const sources = ['fe80::77', '::1', 'ff02::1', '::', '::ffff:192.0.2.1'];
    for (const source of [...sources.map(ip), CORRESPONDENT]) {
      expect(bench.deliver(mobilityPacket({ source }, HOME_TEST_INIT))).toEqual([]);
    }
    const group = { source: HOME, destination: ip('ff02::1') };
    expect(bench.deliver(mobilityPacket(group, HOME_TEST_INIT))).toEqual([]);
    const control = bench.deliver(mobilityPacket({ source: HOME }, HOME_TEST_INIT));
    expect(only(control, 'home-test').kind).toBe('home-test');
    bench.close();
  });

  test('one packet for one, at most the 8 octets longer that RFC 6275 makes it', () => {
    const bench = new CorrespondentBench();
    for (const [, source, message] of TESTS) {
      const packet = mobilityPacket({ source }, message);
      const answer = bench.deliver(packet);
      expect(answer).toHaveLength(1);
      expect((answer[0]?.bytes.length ?? 0) - packet.length).toBe(8);
    }
    bench.close();
  });
});
