/**
 * Binding Updates that a correspondent accepts, refuses and throws away. RFC 6275 sections 9.5.1, 9.5.2, 9.5.4.
 */
import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import type { MobilityOption } from '../../../dissectors/mobility/options/index.ts';
import { ip } from '../wire-peer.ts';
import type { WirePacket } from '../wire-peer.ts';
import {
  CARE_OF,
  CORRESPONDENT,
  CorrespondentBench,
  FLAG,
  HOME,
  NEW_CARE_OF,
  OTHER_CORRESPONDENT,
  authenticatorOf,
  echoPacket,
  mobilityPacket,
  only,
} from './bench.ts';
import { MobilePeer, acknowledgementOf, expectedToken, statusOf } from './mobile-peer.ts';
import type { UpdateFields } from './mobile-peer.ts';

const UNKNOWN_OPTION: MobilityOption = { kind: 'unknown', type: 250, data: new Uint8Array(6) };

function isAuthorized(packets: readonly WirePacket[]): boolean {
  return packets[0]?.mobility?.options.at(-1)?.kind === 'binding-authorization-data';
}

/** Nothing is sent and nothing changes, and the same update unspoiled is accepted. */
function expectSilence(spoiled: UpdateFields, unspoiled: UpdateFields = {}): void {
  const bench = new CorrespondentBench();
  const mobile = new MobilePeer(bench).tests();
  expect(mobile.register(spoiled)).toEqual([]);
  expect(bench.host.bindings.correspondents).toBe(0);
  expect(statusOf(mobile.register({ ...unspoiled, sequence: mobile.sequence }))).toBe(0);
  expect(bench.host.bindings.correspondents).toBe(1);
  bench.close();
}

describe('accepted updates', () => {
  test('CN-BU-01 a valid update is acknowledged with Authorization Data, and packets take the care-of address', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    expect(bench.pingHome()?.headers).toEqual([]);
    const answer = mobile.register();
    expect(acknowledgementOf(answer)).toMatchObject({ status: 0, sequence: mobile.sequence });
    expect(mobile.verifies(answer[0])).toBe(true);
    expect(bench.pingHome()).toMatchObject({
      destination: formatAddress(CARE_OF),
      type2RoutingHeader: formatAddress(HOME),
    });
    bench.close();
  });

  test('CN-BU-02 a valid update without the A bit is accepted in silence', () => {
    const bench = new CorrespondentBench();
    expect(new MobilePeer(bench).tests().register({ flags: 0 })).toEqual([]);
    expect(bench.bindingOf()).toBe(formatAddress(CARE_OF));
    bench.close();
  });

  test('CN-BU-09 an Alternate Care-of Address is what is signed and bound; the answer goes to the wire source', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench);
    mobile.homeTest();
    mobile.careOfTest(NEW_CARE_OF);
    const answer = mobile.register({ alternate: NEW_CARE_OF });
    expect(statusOf(answer)).toBe(0);
    expect(answer[0]?.destination).toBe(formatAddress(CARE_OF));
    expect(mobile.verifies(answer[0], NEW_CARE_OF)).toBe(true);
    expect(bench.bindingOf()).toBe(formatAddress(NEW_CARE_OF));
    // Signed for the source instead: nobody's.
    const other = { alternate: NEW_CARE_OF, signedCareOf: CARE_OF };
    expect(mobile.register(other)).toEqual([]);
    bench.close();
  });

  test('CN-BU-11 a second update with a new care-of address moves the binding', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    mobile.register();
    const old = echoPacket({ source: CARE_OF, home: HOME });
    expect(bench.deliver(old)[0]?.icmpv6?.kind).toBe('echo-reply');
    mobile.moveTo(NEW_CARE_OF);
    expect(statusOf(mobile.register())).toBe(0);
    expect(bench.pingHome()?.destination).toBe(formatAddress(NEW_CARE_OF));
    expect(only(bench.deliver(old), 'binding-error').status).toBe(1);
    const reply = bench.deliver(echoPacket({ source: NEW_CARE_OF, home: HOME }));
    expect(reply[0]).toMatchObject({
      icmpv6: { kind: 'echo-reply' },
      destination: formatAddress(NEW_CARE_OF),
      type2RoutingHeader: formatAddress(HOME),
    });
    bench.close();
  });

  test('CN-BU-16 K and L mean nothing here, and the acknowledgement has no K', () => {
    const bench = new CorrespondentBench();
    const answer = new MobilePeer(bench).tests().register({ flags: FLAG.A | FLAG.K | FLAG.L });
    expect(acknowledgementOf(answer)).toMatchObject({ status: 0, flags: 0 });
    expect(bench.host.bindings.find(HOME)).toMatchObject({
      hasKeyMobility: false,
      hasLinkLocal: false,
    });
    bench.close();
  });

  test('CN-BU-18 an option that nobody knows in front of the Authorization Data is signed and skipped', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    const spoil = (octets: Uint8Array): void => {
      const at = octets.indexOf(250, 12);
      octets[at + 2] = 0x55;
    };
    expect(mobile.register({ between: [UNKNOWN_OPTION], spoil })).toEqual([]);
    expect(statusOf(mobile.register({ between: [UNKNOWN_OPTION] }))).toBe(0);
    expect(statusOf(mobile.register({ before: [UNKNOWN_OPTION] }))).toBe(0);
    bench.close();
  });

  test('CN-BU-22 the R bit of a mobile router is ignored and no prefix is forwarded', () => {
    const bench = new CorrespondentBench();
    const prefix: MobilityOption = {
      kind: 'mobile-network-prefix',
      prefixLength: 64,
      prefix: ip('2001:db8:ee::'),
    };
    const flags = FLAG.A | FLAG.R;
    const answer = new MobilePeer(bench).tests().register({ flags, before: [prefix] });
    expect(acknowledgementOf(answer)).toMatchObject({ status: 0, flags: 0 });
    expect(bench.host.bindings.find(HOME)?.isMobileRouter).toBe(false);
    expect(bench.pingHome(ip('2001:db8:ee::5'))?.headers).toEqual([]);
    expect(bench.pingHome()?.type2RoutingHeader).toBe(formatAddress(HOME));
    bench.close();
  });
});

describe('updates that are thrown away', () => {
  test('CN-BU-03 without Nonce Indices', () => {
    expectSilence({ hasNonceIndices: false });
  });

  test('CN-BU-04 without Authorization Data', () => {
    expectSilence({ hasAuthorization: false });
  });

  test('CN-BU-05 with a wrong authenticator, and the binding stays as it is', () => {
    const spoil = (octets: Uint8Array): void => {
      octets[octets.length - 1] = (octets.at(-1) ?? 0) ^ 1;
    };
    expectSilence({ spoil });
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    mobile.register();
    const before = { ...bench.host.bindings.find(HOME) };
    expect(mobile.register({ spoil })).toEqual([]);
    expect(bench.host.bindings.find(HOME)).toEqual(before);
    expect(bench.events('alarm')).toEqual(['binding-update-forged']);
    bench.close();
  });

  test('CN-BU-06 with an authenticator for another care-of address, correspondent, home address or sequence number', () => {
    expectSilence({ signedCareOf: NEW_CARE_OF });
    expectSilence({ signedCorrespondent: OTHER_CORRESPONDENT });
    // A home token of another address.
    expectSilence({ home: ip('2001:db8:a::666') });
    expectSilence({
      spoil: (octets) => {
        octets[7] = (octets[7] ?? 0) + 1;
      },
    });
    expectSilence({ source: NEW_CARE_OF, signedCareOf: NEW_CARE_OF });
  });

  test('CN-BU-07 COM-MH-22 with Authorization Data that is not last, or with padding behind it', () => {
    expectSilence({ after: [{ kind: 'padn', padding: new Uint8Array(6) }] });
    expectSilence({ after: Array.from({ length: 8 }, () => ({ kind: 'pad1' }) as const) });
    expectSilence({ after: [UNKNOWN_OPTION] });
  });

  test('with octets at the end that look like Authorization Data and belong to another option', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    const data = Uint8Array.from([...new Uint8Array(8), 5, 12, ...new Uint8Array(12)]);
    const sign = (octets: Uint8Array): void => {
      octets.set(authenticatorOf(mobile.key(), CARE_OF, CORRESPONDENT, octets), octets.length - 12);
    };
    const authenticator = new Uint8Array(12);
    const hidden: UpdateFields = {
      hasAuthorization: false,
      between: [
        { kind: 'binding-authorization-data', authenticator },
        { kind: 'unknown', type: 250, data },
      ],
      spoil: sign,
    };
    expect(mobile.register(hidden)).toEqual([]);
    const shown: UpdateFields = {
      hasAuthorization: false,
      between: [
        { kind: 'unknown', type: 250, data: new Uint8Array(6) },
        { kind: 'binding-authorization-data', authenticator },
      ],
      spoil: sign,
    };
    expect(statusOf(mobile.register(shown))).toBe(0);
    bench.close();
  });

  test('CN-BU-08 without tests: 136 to 138 for indices nobody has, silence when the indices are good and the rest is not', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench);
    const key = new Uint8Array(20).fill(7);
    expect(statusOf(mobile.register({ key, homeIndex: 3, careOfIndex: 4 }))).toBe(138);
    const other = new MobilePeer(bench, { home: ip('2001:db8:a::200') }).tests();
    const homeIndex = other.homeToken?.index ?? 0;
    expect(mobile.register({ key, homeIndex, careOfIndex: homeIndex })).toEqual([]);
    expect(bench.bindingOf()).toBeUndefined();
    expect(statusOf(other.register())).toBe(0);
    bench.close();
  });

  test('CN-BU-10 with a care-of address or home address that is not unicast routable', () => {
    for (const text of ['ff0e::1', 'fe80::5', '::1', '::', '::ffff:192.0.2.7']) {
      expectSilence({ alternate: ip(text) });
      expectSilence({ home: ip(text) });
    }
    // Addresses of the correspondent itself would loop.
    expectSilence({ alternate: OTHER_CORRESPONDENT });
    expectSilence({ home: OTHER_CORRESPONDENT });
  });

  test('for a care-of address of the correspondent itself, though the tokens are right', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    const secret = (length: number): Uint8Array => {
      const lengths = bench.random.asked.map((octets) => octets.length);
      return bench.random.asked[lengths.lastIndexOf(length)] ?? new Uint8Array();
    };
    const tokenFor = (address: Uint8Array): void => {
      const octets = expectedToken(secret(20), address, secret(8), 1);
      mobile.careOfToken = { index: mobile.homeToken?.index ?? 0, octets, address };
    };
    tokenFor(OTHER_CORRESPONDENT);
    expect(mobile.register({ alternate: OTHER_CORRESPONDENT })).toEqual([]);
    tokenFor(NEW_CARE_OF);
    expect(statusOf(mobile.register({ alternate: NEW_CARE_OF }))).toBe(0);
    bench.close();
  });

  test('CN-BU-12 a second update that fails a test leaves the binding where it was', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    mobile.register();
    mobile.moveTo(NEW_CARE_OF);
    const spoiled: UpdateFields[] = [
      { hasNonceIndices: false },
      { hasAuthorization: false },
      { key: new Uint8Array(20) },
      { signedCareOf: CARE_OF },
      { homeIndex: 1 },
      { sequence: 50 },
    ];
    for (const fields of spoiled) {
      mobile.register(fields);
      expect(bench.bindingOf()).toBe(formatAddress(CARE_OF));
    }
    mobile.sequence = 200;
    mobile.register();
    expect(bench.bindingOf()).toBe(formatAddress(NEW_CARE_OF));
    bench.close();
  });
});

describe('home registrations at a node that is no home agent', () => {
  const homeRegistration = { flags: FLAG.A | FLAG.H, hasNonceIndices: false };

  test('CN-BU-13 draw 131 without Authorization Data', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench);
    const answer = mobile.register({ ...homeRegistration, hasAuthorization: false });
    expect(acknowledgementOf(answer)).toMatchObject({ status: 131, sequence: mobile.sequence });
    expect(isAuthorized(answer)).toBe(false);
    expect(answer[0]?.type2RoutingHeader).toBe(formatAddress(HOME));
    expect(bench.bindingOf()).toBeUndefined();
    bench.close();
  });

  test('CN-BU-14 draw nothing when they have Nonce Indices', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    expect(mobile.register({ flags: FLAG.A | FLAG.H })).toEqual([]);
    const control = mobile.register({ ...homeRegistration, hasAuthorization: false });
    expect(statusOf(control)).toBe(131);
    expect(statusOf(mobile.register())).toBe(0);
    bench.close();
  });

  test('CN-BU-15 draw 139 while there is a binding, which stays', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    mobile.register();
    const before = { ...bench.host.bindings.find(HOME) };
    const answer = mobile.register({ ...homeRegistration, hasAuthorization: false });
    expect(statusOf(answer)).toBe(139);
    expect(isAuthorized(answer)).toBe(false);
    expect(bench.host.bindings.find(HOME)).toEqual(before);
    bench.close();
  });

  test('an update by return routability for a home registration draws 139 too, signed', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    bench.host.bindings.set({
      homeAddress: HOME,
      careOfAddress: CARE_OF,
      isHomeRegistration: true,
      localAddress: CORRESPONDENT,
      sequence: 1,
      lifetime: 400,
      registeredAt: bench.scheduler.now,
      expiresAt: bench.scheduler.now + 400_000,
      hasLinkLocal: false,
      hasKeyMobility: false,
      isMobileRouter: false,
      usedAt: 0,
    });
    const answer = mobile.register();
    expect(statusOf(answer)).toBe(139);
    expect(mobile.verifies(answer[0])).toBe(true);
    expect(bench.host.bindings.find(HOME)?.isHomeRegistration).toBe(true);
    bench.close();
  });
});

describe('acknowledgements', () => {
  test('CN-BU-19 have the routing header unless the update came from the home address without option, and no K', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    const [away] = mobile.register({ flags: FLAG.A | FLAG.K });
    expect(away).toMatchObject({
      source: formatAddress(CORRESPONDENT),
      destination: formatAddress(CARE_OF),
      type2RoutingHeader: formatAddress(HOME),
      headers: [43],
      mobility: { message: { flags: 0 } },
    });
    const [home] = mobile.register({ source: HOME, lifetime: 0 });
    expect(home).toMatchObject({ destination: formatAddress(HOME), headers: [] });
    expect(home?.mobility?.message).toMatchObject({ status: 0, flags: 0 });
    bench.close();
  });

  test('CN-BU-20 are signed with Kbm over care-of address, correspondent and message', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    const answer = mobile.register();
    expect(answer[0]?.mobility?.options.at(-1)).toMatchObject({
      kind: 'binding-authorization-data',
    });
    expect(mobile.verifies(answer[0], CARE_OF)).toBe(true);
    expect(mobile.verifies(answer[0], NEW_CARE_OF)).toBe(false);
    expect(mobile.verifies(answer[0], CARE_OF, mobile.key(true))).toBe(false);
    bench.close();
  });

  test('CN-BU-21 a sequence number that is not greater draws 135 with the last one, signed, A bit or not', () => {
    const bench = new CorrespondentBench();
    const mobile = new MobilePeer(bench).tests();
    expect(statusOf(mobile.register({ sequence: 15 }))).toBe(0);
    mobile.moveTo(NEW_CARE_OF);
    for (const sequence of [15, 14, 0, 65_535, 32_783]) {
      const answer = mobile.register({ sequence, flags: sequence === 14 ? 0 : FLAG.A });
      expect(acknowledgementOf(answer)).toMatchObject({ status: 135, sequence: 15 });
      expect(mobile.verifies(answer[0])).toBe(true);
      expect(bench.bindingOf()).toBe(formatAddress(CARE_OF));
    }
    const answer = mobile.register({ sequence: 32_782 });
    expect(acknowledgementOf(answer)).toMatchObject({ status: 0, sequence: 32_782 });
    expect(bench.bindingOf()).toBe(formatAddress(NEW_CARE_OF));
    expect(statusOf(mobile.register({ sequence: 65_535 }))).toBe(0);
    expect(statusOf(mobile.register({ sequence: 0 }))).toBe(0);
    bench.close();
  });
});

test('updates to a group are nobody’s', () => {
  const bench = new CorrespondentBench();
  const update = mobilityPacket(
    { source: CARE_OF, home: HOME, destination: ip('ff02::1') },
    { kind: 'binding-update', sequence: 1, flags: FLAG.A | FLAG.H, lifetime: 10 },
  );
  expect(bench.deliver(update)).toEqual([]);
  const control = mobilityPacket(
    { source: CARE_OF, home: HOME },
    { kind: 'binding-update', sequence: 1, flags: FLAG.A | FLAG.H, lifetime: 10 },
  );
  expect(statusOf(bench.deliver(control))).toBe(131);
  bench.close();
});
