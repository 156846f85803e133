/**
 * What a legacy home agent takes and must not get: each attack succeeds without the proxy, in the same test.
 */
import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import { ethernetFrame, fragmentPacket, ipv6Packet, vlan } from '../../../dissectors/ipv6/build.ts';
import { encodeMobilityHeader } from '../../../dissectors/mobility/header.ts';
import { encodePacket } from '../../../nodes/ip/wire.ts';
import { AGENT, CORRESPONDENT, FLAG, HOME, NODE_LINK, echo } from '../mobile-node/bench.ts';
import { ip } from '../wire-peer.ts';
import { ProxiedNetwork, registered } from './proxied-network.ts';

const ATTACKER = ip('2001:db8:2::bad');

/** Sends a packet past the proxy, as if it were not there. */
function bypass(proxied: ProxiedNetwork, packet: Uint8Array): void {
  const port = proxied.network.agentHost.interfaces[1]?.port;
  if (port === undefined) throw new Error('no port');
  const source = Uint8Array.of(2, 0, 0, 0, 0xbb, 1);
  const destination = port.linkLayerAddress;
  proxied.insideLinks[1]?.carry(ethernetFrame({ destination, source, payload: packet }));
  proxied.advance(50);
}

/** A sequence number that nobody has used yet. */
function ahead(proxied: ProxiedNetwork, by = 5): number {
  return (proxied.proxy.bindings.lastSequence(HOME) ?? 0) + by;
}

/** The packet ends the binding at the home agent, does not get there through the proxy, and brings this alarm. */
function expectStopped(
  packetOf: (proxied: ProxiedNetwork) => Uint8Array,
  alarm: string,
  options: ConstructorParameters<typeof ProxiedNetwork>[0] = {},
): void {
  const unprotected = registered(options);
  bypass(unprotected, packetOf(unprotected));
  expect(unprotected.careOf().legacy).toBeUndefined();
  unprotected.close();
  const proxied = registered(options);
  const before = proxied.careOf();
  const packet = packetOf(proxied);
  proxied.takeInside();
  proxied.inject(packet, 'core');
  expect(proxied.careOf()).toEqual(before);
  expect(before.legacy).toBeDefined();
  expect(proxied.takeInside()).toEqual([]);
  expect(proxied.alarms()).toEqual([alarm]);
  expect(proxied.ping().replies).toBe(2);
  proxied.close();
}

describe('de-registrations that a mobile node made at a false home, relayed', () => {
  test('with a Home Address option in front', () => {
    expectStopped(
      (proxied) =>
        proxied.relayed(
          proxied.update({ sequence: ahead(proxied), lifetime: 0, flags: FLAG.A | FLAG.H }),
          ATTACKER,
        ),
      'binding-update-deregistration-layout',
    );
  });

  test('with the home address as Alternate Care-of Address, as UMIP says it', () => {
    expectStopped(
      (proxied) =>
        proxied.relayed(
          proxied.update({ sequence: ahead(proxied), lifetime: 0, alternate: HOME }),
          ATTACKER,
        ),
      'binding-update-deregistration-layout',
    );
  });

  test('as they are, from elsewhere than the home link', () => {
    expectStopped(
      (proxied) => proxied.update({ sequence: ahead(proxied), lifetime: 0 }),
      'binding-update-deregistration-ingress',
    );
  });

  test('hidden in a tunnel from the care-of address, where a kernel would unpack it', () => {
    const proxied = registered({ protection: { payload: 'none', homeTests: 'none' } });
    const careOf = proxied.network.agentHost.bindings.find(HOME)?.careOfAddress ?? ATTACKER;
    const tunnelled = (payload: Uint8Array): Uint8Array =>
      ipv6Packet({ source: careOf, destination: AGENT, protocol: 41, payload });
    proxied.takeInside();
    proxied.inject(tunnelled(proxied.update({ sequence: ahead(proxied), lifetime: 0 })), 'core');
    expect(proxied.takeInside()).toEqual([]);
    expect(proxied.alarms()).toEqual(['reverse-tunnel-refused']);
    const ends = { source: HOME, destination: AGENT };
    const payload = encodeIcmpv6(echo('echo-request'), ends);
    proxied.inject(tunnelled(ipv6Packet({ ...ends, protocol: 58, payload })), 'core');
    expect(proxied.takeInside().map(({ protocol }) => protocol)).toContain(41);
  });
});

test('a router of the home link that passes a de-registration on is not the home link', () => {
  const proxied = registered();
  const deregistration = proxied.update({ sequence: ahead(proxied), lifetime: 0 });
  const router = Uint8Array.of(2, 0, 0, 0, 0xcc, 1);
  // It advertises itself, so that it is known as a router.
  const advertisement = encodeIcmpv6(
    {
      kind: 'router-advertisement',
      code: 0,
      currentHopLimit: 64,
      flags: 0,
      routerLifetime: 1800,
      reachableTime: 0,
      retransTimer: 0,
      options: [],
    },
    { source: ip('fe80::cc'), destination: ip('ff02::1') },
  );
  const payload = ipv6Packet({
    source: ip('fe80::cc'),
    destination: ip('ff02::1'),
    hopLimit: 255,
    protocol: 58,
    payload: advertisement,
  });
  const destination = Uint8Array.of(0x33, 0x33, 0, 0, 0, 1);
  proxied.network.links.home.carry(ethernetFrame({ destination, source: router, payload }));
  proxied.advance(50);
  proxied.inject(deregistration, 'home', router);
  expect(proxied.alarms()).toEqual(['binding-update-deregistration-ingress']);
  expect(proxied.careOf().legacy).toBeDefined();
  // The mobile node itself on the home link is heard: the control.
  proxied.injectAtHome(deregistration);
  expect(proxied.careOf()).toEqual({ proxy: undefined, legacy: undefined });
});

test('a home link elsewhere: no de-registration from home is taken', () => {
  const proxied = registered({ isHomeLink: false });
  proxied.injectAtHome(proxied.update({ sequence: ahead(proxied), lifetime: 0 }));
  expect(proxied.careOf().legacy).toBeDefined();
  expect(proxied.alarms()).toEqual(['binding-update-deregistration-ingress']);
});

test('an update of before is answered with 135 and does not get to the home agent', () => {
  const proxied = registered();
  const careOfSource = ip('2001:db8:1::77');
  const fields = { alternate: careOfSource, careOfSource };
  const replayed = proxied.update({ ...fields, sequence: ahead(proxied, 0) });
  const current = proxied.careOf();
  proxied.takeInside();
  proxied.inject(replayed, 'core');
  expect(proxied.careOf()).toEqual(current);
  expect(proxied.takeInside()).toEqual([]);
  expect(proxied.proxy.registrations.refused).toEqual(new Map([[135, 1]]));
  proxied.inject(proxied.update({ ...fields, sequence: ahead(proxied, 1) }), 'core');
  expect(proxied.careOf()).toEqual({ proxy: '2001:db8:1::77', legacy: '2001:db8:1::77' });
});

test('a registration without the care-of address under its protection is none', () => {
  const proxied = registered();
  const before = proxied.careOf();
  const careOfSource = ATTACKER;
  proxied.inject(proxied.update({ sequence: ahead(proxied), careOfSource }), 'core');
  expect(proxied.careOf()).toEqual(before);
  expect(proxied.alarms()).toEqual(['binding-update-care-of-address-unprotected']);
  bypass(proxied, proxied.update({ sequence: ahead(proxied), careOfSource }));
  expect(proxied.careOf().legacy).toBe(formatAddress(ATTACKER));
});

test('an update in clear is none, whatever the home agent would make of it', () => {
  const proxied = registered();
  const ends = { source: HOME, destination: AGENT };
  const payload = encodeMobilityHeader(
    { kind: 'binding-update', sequence: ahead(proxied), flags: FLAG.A | FLAG.H, lifetime: 0 },
    [],
    ends,
  );
  proxied.takeInside();
  proxied.inject(ipv6Packet({ ...ends, protocol: 135, payload }), 'core');
  const stranger = ip('2001:db8:a::99');
  const ofStranger = { source: stranger, destination: AGENT };
  const other = encodeMobilityHeader(
    { kind: 'binding-update', sequence: 1, flags: FLAG.A | FLAG.H, lifetime: 60 },
    [],
    ofStranger,
  );
  proxied.inject(ipv6Packet({ ...ofStranger, protocol: 135, payload: other }), 'core');
  expect(proxied.takeInside()).toEqual([]);
  expect(proxied.alarms()).toEqual(['signalling-unprotected', 'binding-update-not-configured']);
});

test.each([
  ['ESP', { protection: {} }],
  ['IPv6 in IPv6', { protection: { payload: 'none', homeTests: 'none' } as const }],
])('payload in %s from an address that is not registered does not pass', (_, options) => {
  const proxied = registered(options);
  const ends = { source: HOME, destination: CORRESPONDENT };
  const payload = encodeIcmpv6(echo('echo-request'), ends);
  const inner = ipv6Packet({ ...ends, protocol: 58, payload });
  proxied.takeInside();
  proxied.inject(proxied.tunnelled(inner, ATTACKER), 'core');
  expect(proxied.takeInside()).toEqual([]);
  expect(proxied.alarms()).toEqual(['reverse-tunnel-refused']);
  const registeredAt = proxied.network.agentHost.bindings.find(HOME)?.careOfAddress ?? ATTACKER;
  proxied.inject(proxied.tunnelled(inner, registeredAt), 'core');
  expect(proxied.takeInside().length).toBeGreaterThan(0);
});

test('ESP of associations that nobody has configured ends at the proxy, or passes where that is allowed', () => {
  const packet = ipv6Packet({
    source: ATTACKER,
    destination: AGENT,
    protocol: 50,
    payload: Uint8Array.from({ length: 64 }, (_, i) => i),
  });
  const proxied = registered();
  proxied.takeInside();
  proxied.inject(packet, 'core');
  expect(proxied.takeInside()).toEqual([]);
  const open = registered({ otherProtection: 'pass' });
  open.takeInside();
  open.inject(packet, 'core');
  expect(open.takeInside().map(({ protocol }) => protocol)).toEqual([50]);
});

test('a Home Address option from elsewhere is answered with a Binding Error and does not pass', () => {
  const proxied = registered();
  const payload = encodeIcmpv6(echo('echo-request'), { source: HOME, destination: AGENT });
  const wire = (source: Uint8Array) => ({
    source,
    destination: AGENT,
    homeAddressOption: HOME,
    type2RoutingHeader: undefined,
  });
  proxied.takeInside();
  proxied.network.take();
  proxied.inject(encodePacket(wire(ATTACKER), 58, payload, 64), 'core');
  expect(proxied.takeInside()).toEqual([]);
  const errors = proxied.network
    .take()
    .filter(({ mobility, link }) => mobility?.message.kind === 'binding-error' && link === 'core');
  expect(errors.map(({ destination }) => destination)).toContain(formatAddress(ATTACKER));
  const at = proxied.network.agentHost.bindings.find(HOME)?.careOfAddress ?? ATTACKER;
  proxied.inject(encodePacket(wire(at), 58, payload, 64), 'core');
  const through = proxied.takeInside().filter(({ icmpv6 }) => icmpv6?.kind === 'echo-request');
  expect(through).toHaveLength(1);
});

test('fragments are put together before they are judged', () => {
  const proxied = registered();
  const before = proxied.careOf();
  const pieces = (packet: Uint8Array): Uint8Array[] => fragmentPacket(packet, 120, 7);
  const relayed = pieces(
    proxied.relayed(proxied.update({ sequence: ahead(proxied), lifetime: 0 }), ATTACKER),
  );
  expect(relayed.length).toBeGreaterThan(1);
  proxied.takeInside();
  for (const piece of relayed) proxied.inject(piece, 'core');
  expect(proxied.takeInside()).toEqual([]);
  expect(proxied.careOf()).toEqual(before);
  expect(proxied.alarms()).toEqual(['binding-update-deregistration-layout']);
  const careOfSource = ip('2001:db8:1::77');
  const sound = proxied.update({ sequence: ahead(proxied), alternate: careOfSource, careOfSource });
  for (const piece of pieces(sound)) proxied.inject(piece, 'core');
  expect(proxied.careOf().legacy).toBe('2001:db8:1::77');
});

test('neither tags nor other addresses of the home agent lead round the judge', () => {
  const other = ip('2001:db8:c::a');
  const proxied = registered({ otherAddresses: [other] });
  const port = proxied.network.agentHost.interfaces[1]?.port;
  if (port === undefined) throw new Error('no port');
  const deregistration = proxied.relayed(
    proxied.update({ sequence: ahead(proxied), lifetime: 0 }),
    ATTACKER,
  );
  const before = proxied.careOf();
  proxied.takeInside();
  const source = Uint8Array.of(2, 0, 0, 0, 0xbb, 1);
  const plain = ethernetFrame({
    destination: port.linkLayerAddress,
    source,
    payload: deregistration,
  });
  const tag = vlan({ identifier: 0, etherType: 0x86dd, payload: deregistration });
  const tagged = ethernetFrame({
    destination: port.linkLayerAddress,
    source,
    etherType: 0x8100,
    payload: tag,
  });
  proxied.network.links.core.carry(tagged);
  proxied.advance(50);
  proxied.inject(
    ipv6Packet({ source: ATTACKER, destination: other, protocol: 41, payload: deregistration }),
    'core',
  );
  const nested = ipv6Packet({
    source: ATTACKER,
    destination: other,
    protocol: 41,
    payload: deregistration,
  });
  proxied.inject(
    ipv6Packet({
      source: ATTACKER,
      destination: ip('2001:db8:a::5'),
      protocol: 41,
      payload: nested,
    }),
    'core',
  );
  expect(proxied.takeInside()).toEqual([]);
  expect(proxied.careOf()).toEqual(before);
  expect(proxied.alarms()).toEqual(['packet-refused', 'packet-refused', 'packet-refused']);
  expect(plain.length).toBe(tagged.length - 4);
});

test('nobody outside takes the link-layer address of the home agent', () => {
  const proxied = registered();
  const port = proxied.network.agentHost.interfaces[1]?.port;
  if (port === undefined) throw new Error('no port');
  const payload = ipv6Packet({ source: ATTACKER, destination: CORRESPONDENT, protocol: 59 });
  const frame = ethernetFrame({
    destination: NODE_LINK,
    source: port.linkLayerAddress,
    payload,
  });
  proxied.network.links.core.carry(frame);
  proxied.advance(50);
  expect(proxied.proxy.drops.get('link-address-of-inside')).toBe(1);
  expect(proxied.ping().replies).toBe(2);
});
