/**
 * The correspondent in a home agent or a mobile node: tunnels for its messages, and a role of its own for home registrations.
 */
import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import {
  destinationOptions,
  homeAddressOption,
  type2RoutingHeader,
} from '../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../../dissectors/ipv6/header.ts';
import { CorrespondentNode } from '../../../nodes/correspondent-node/correspondent-node.ts';
import { receiveBindingUpdates } from '../../../nodes/mobility/binding-update.ts';
import type { ReceivedBindingUpdate } from '../../../nodes/mobility/binding-update.ts';
import { ip, readPacket } from '../wire-peer.ts';
import type { WirePacket } from '../wire-peer.ts';
import {
  CARE_OF,
  CORRESPONDENT,
  CorrespondentBench,
  FLAG,
  HOME,
  envelope,
  mobilityPacket,
} from './bench.ts';
import { MobilePeer, statusOf } from './mobile-peer.ts';

const HOME_AGENT = ip('2001:db8:e::a');
const OWN_HOME = ip('2001:db8:e::1');
const COOKIE = new Uint8Array(8).fill(5);

/** The packet in the only packet. */
function inner(packets: readonly WirePacket[]): WirePacket {
  const [outer] = packets;
  if (packets.length !== 1 || outer?.protocol !== NEXT_HEADER.ipv6) throw new Error('no tunnel');
  return readPacket(outer.payload);
}

describe('a correspondent that is a mobile node away from home', () => {
  function mobileCorrespondent(): CorrespondentBench {
    const bench: CorrespondentBench = new CorrespondentBench({
      correspondent: {
        tunnelFor: ({ source }) =>
          formatAddress(source) === formatAddress(OWN_HOME)
            ? { local: CORRESPONDENT, remote: HOME_AGENT, homeAddress: OWN_HOME }
            : undefined,
      },
    });
    bench.host.addLocalAddress(OWN_HOME);
    return bench;
  }

  test('answers from its home address through its tunnel, and from its other addresses directly', () => {
    const bench = mobileCorrespondent();
    const init = { kind: 'home-test-init', homeInitCookie: COOKIE } as const;
    const answer = bench.deliver(mobilityPacket({ source: HOME, destination: OWN_HOME }, init));
    expect(answer[0]).toMatchObject({
      source: formatAddress(CORRESPONDENT),
      destination: formatAddress(HOME_AGENT),
    });
    expect(inner(answer)).toMatchObject({
      source: formatAddress(OWN_HOME),
      destination: formatAddress(HOME),
      headers: [],
      mobility: { message: { kind: 'home-test', homeInitCookie: COOKIE } },
    });
    const direct = bench.deliver(mobilityPacket({ source: HOME }, init));
    expect(direct[0]?.mobility?.message.kind).toBe('home-test');
    bench.close();
  });

  test('signs with its home address and acknowledges with a routing header inside the tunnel', () => {
    const bench = mobileCorrespondent();
    const mobile = new MobilePeer(bench, { correspondent: OWN_HOME });
    const where = { destination: OWN_HOME };
    const home = inner(
      bench.deliver(
        mobilityPacket(
          { source: HOME, ...where },
          { kind: 'home-test-init', homeInitCookie: COOKIE },
        ),
      ),
    ).mobility?.message;
    const careOf = inner(
      bench.deliver(
        mobilityPacket(
          { source: CARE_OF, ...where },
          { kind: 'care-of-test-init', careOfInitCookie: COOKIE },
        ),
      ),
    ).mobility?.message;
    if (home?.kind !== 'home-test' || careOf?.kind !== 'care-of-test') throw new Error('no tests');
    const { homeNonceIndex, homeKeygenToken } = home;
    const { careOfNonceIndex, careOfKeygenToken } = careOf;
    mobile.homeToken = { index: homeNonceIndex, octets: homeKeygenToken, address: HOME };
    mobile.careOfToken = { index: careOfNonceIndex, octets: careOfKeygenToken, address: CARE_OF };
    const acknowledgement = inner(mobile.register());
    expect(acknowledgement).toMatchObject({
      source: formatAddress(OWN_HOME),
      destination: formatAddress(CARE_OF),
      type2RoutingHeader: formatAddress(HOME),
      mobility: { message: { kind: 'binding-acknowledgement', status: 0 } },
    });
    expect(mobile.verifies(acknowledgement)).toBe(true);
    expect(bench.bindingOf()).toBe(formatAddress(CARE_OF));
    bench.close();
  });

  test('an update by way of its care-of address is signed with its home address', () => {
    const bench = new CorrespondentBench();
    bench.host.addLocalAddress(OWN_HOME);
    bench.host.isHomeAddress = (address) => formatAddress(address) === formatAddress(OWN_HOME);
    const mobile = new MobilePeer(bench, { correspondent: OWN_HOME }).tests();
    const byCareOf = (signedCorrespondent: Uint8Array): Uint8Array => {
      const octets = mobile.update({ signedCorrespondent }).slice(64);
      const headers = [
        type2RoutingHeader(OWN_HOME),
        destinationOptions([homeAddressOption(HOME)]),
      ] as const;
      return envelope({ source: CARE_OF, headers }, NEXT_HEADER.mobility, octets);
    };
    expect(bench.deliver(byCareOf(CORRESPONDENT))).toEqual([]);
    const answer = bench.deliver(byCareOf(OWN_HOME));
    expect(statusOf(answer)).toBe(0);
    expect(answer[0]?.source).toBe(formatAddress(OWN_HOME));
    expect(mobile.verifies(answer[0])).toBe(true);
    bench.close();
  });

  test('tells its own path where the other mobile node is, and installs none when it is told not to', () => {
    const bench = new CorrespondentBench({ correspondent: { installsPath: false } });
    new MobilePeer(bench).tests().register();
    expect(bench.pingHome()?.headers).toEqual([]);
    bench.host.paths.push((packet) => {
      const careOfDestination = bench.node.careOfAddressFor(packet);
      return { kind: 'optimised', careOfSource: OWN_HOME, careOfDestination };
    });
    expect(bench.pingHome()).toMatchObject({
      headers: [43, 60],
      homeAddressOption: formatAddress(CORRESPONDENT),
      type2RoutingHeader: formatAddress(HOME),
    });
    bench.close();
  });
});

describe('a correspondent that is a home agent', () => {
  test('leaves home registrations to the other role and keeps its own', () => {
    const bench = new CorrespondentBench();
    const home: ReceivedBindingUpdate[] = [];
    receiveBindingUpdates(bench.host, {
      home: { handle: (update) => home.push(update) },
      correspondent: bench.node.registrar,
    });
    const mobile = new MobilePeer(bench).tests();
    const registration = { hasNonceIndices: false, hasAuthorization: false };
    expect(mobile.register({ ...registration, flags: FLAG.A | FLAG.H })).toEqual([]);
    expect(home.map(({ isHomeRegistration }) => isHomeRegistration)).toEqual([true]);
    expect(statusOf(mobile.register())).toBe(0);
    expect(home).toHaveLength(1);
    bench.close();
  });

  test('has no routing header for a home registration: its packets take the tunnel of the other role', () => {
    const bench = new CorrespondentBench();
    const { now } = bench.scheduler;
    bench.host.bindings.set({
      homeAddress: HOME,
      careOfAddress: CARE_OF,
      isHomeRegistration: true,
      localAddress: CORRESPONDENT,
      sequence: 1,
      lifetime: 400,
      registeredAt: now,
      expiresAt: now + 400_000,
      hasLinkLocal: false,
      hasKeyMobility: false,
      isMobileRouter: false,
      usedAt: 0,
    });
    expect(bench.pingHome()?.headers).toEqual([]);
    const other = new MobilePeer(bench, { home: ip('2001:db8:a::200') });
    other.tests().register();
    expect(bench.pingHome(other.homeAddress)?.headers).toEqual([43]);
    expect(bench.pingHome()?.headers).toEqual([]);
    bench.close();
  });
});

test('keys and timers end with the node', () => {
  const bench = new CorrespondentBench();
  const node = new CorrespondentNode({ host: bench.host });
  receiveBindingUpdates(bench.host, { home: undefined, correspondent: node.registrar });
  new MobilePeer(bench).tests();
  expect(node.state.nonces).toBe(1);
  const { pending } = bench.scheduler;
  node.close();
  expect(node.state.nonces).toBe(0);
  expect(bench.scheduler.pending).toBe(pending - 1);
  bench.close();
});
