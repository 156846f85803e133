import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeIcmpv6 } from '../../../dissectors/icmpv6/index.ts';
import type { Icmpv6Message } from '../../../dissectors/icmpv6/index.ts';
import { ethernetFrame, ipv6Packet } from '../../../dissectors/ipv6/build.ts';
import { MAX_AUTOCONFIGURED } from '../../../nodes/interface/autoconfiguration.ts';
import { groupLinkAddress } from '../../../nodes/interface/link-address.ts';
import { RouterAdvertiser } from '../../../nodes/interface/router-advertiser.ts';
import { MAX_PREFIXES, MAX_ROUTERS } from '../../../nodes/interface/router-list.ts';
import { FLAG, TestLink, TestNode, ip, mac } from './test-link.ts';

const NODE_MAC = mac('02:00:00:00:00:01');
const ADDRESSES = [
  '::',
  'fe80::ff:fe00:1',
  'fe80::1',
  'fe80::2',
  'ff02::1',
  'ff02::2',
  'ff02::1:ff00:a',
  'ff02::1:ff00:1',
  '2001:db8::a',
  '2001:db8::b',
  '2001:db8::c',
  '2001:db8:1::1',
].map(ip);

const address = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...ADDRESSES) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 16, maxLength: 16 }) },
);
const uint8 = fc.integer({ min: 0, max: 0xff });
const uint16 = fc.integer({ min: 0, max: 0xffff });
const uint32 = fc.oneof(
  fc.constantFrom(0, 1, 10, 1000, 7200, 0xffffffff),
  fc.integer({ min: 0, max: 0xffffffff }),
);
const linkLayerAddress = fc.oneof(
  fc.constantFrom(mac('02:00:00:00:00:02'), mac('33:33:00:00:00:01'), NODE_MAC),
  fc.uint8Array({ minLength: 6, maxLength: 6 }),
  fc.uint8Array({ minLength: 0, maxLength: 14 }),
);

const option = fc.oneof(
  fc.record({ kind: fc.constant('source-link-layer-address' as const), address: linkLayerAddress }),
  fc.record({ kind: fc.constant('target-link-layer-address' as const), address: linkLayerAddress }),
  fc.record({
    kind: fc.constant('prefix-information' as const),
    prefixLength: fc.oneof(fc.constant(64), uint8),
    flags: uint8,
    validLifetime: uint32,
    preferredLifetime: uint32,
    prefix: address,
  }),
  fc.record({ kind: fc.constant('mtu' as const), mtu: uint32 }),
  fc.record({ kind: fc.constant('advertisement-interval' as const), interval: uint32 }),
  fc.record({
    kind: fc.constant('malformed' as const),
    data: fc.uint8Array({ minLength: 1, maxLength: 8 }),
  }),
);
const options = fc.array(option, { maxLength: 6 });
const code = fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: uint8 });

const message: fc.Arbitrary<Icmpv6Message> = fc.oneof(
  fc.record({
    kind: fc.constant('router-advertisement' as const),
    code,
    currentHopLimit: uint8,
    flags: uint8,
    routerLifetime: uint16,
    reachableTime: uint32,
    retransTimer: uint32,
    options,
  }),
  fc.record({ kind: fc.constant('router-solicitation' as const), code, options }),
  fc.record({
    kind: fc.constant('neighbor-solicitation' as const),
    code,
    targetAddress: address,
    options,
  }),
  fc.record({
    kind: fc.constant('neighbor-advertisement' as const),
    code,
    flags: fc.constantFrom(0, FLAG.router, FLAG.solicited, FLAG.override, 0xe0000000),
    targetAddress: address,
    options,
  }),
  fc.record({
    kind: fc.constant('multicast-listener-query' as const),
    code,
    maximumResponseDelay: uint16,
    multicastAddress: address,
  }),
  fc.record({
    kind: fc.constant('redirect' as const),
    code,
    targetAddress: address,
    destinationAddress: address,
    options,
  }),
  fc.record({
    kind: fc.constant('unknown-icmpv6' as const),
    type: fc.integer({ min: 125, max: 160 }),
    code,
    data: fc.uint8Array({ maxLength: 60 }),
  }),
);

/** A frame with a neighbor discovery message, most of them right. */
const discovery = fc
  .record({
    message,
    source: address,
    destination: address,
    hopLimit: fc.constantFrom(255, 255, 255, 255, 1, 64),
    linkSource: fc.constantFrom(mac('02:00:00:00:00:02'), mac('02:00:00:00:00:03'), NODE_MAC),
  })
  .map(({ message: body, source, destination, hopLimit, linkSource }) =>
    ethernetFrame({
      destination: destination[0] === 0xff ? groupLinkAddress(destination) : NODE_MAC,
      source: linkSource,
      payload: ipv6Packet({
        source,
        destination,
        hopLimit,
        protocol: 58,
        payload: encodeIcmpv6(body, { source, destination }),
      }),
    }),
  );

/** Any octets to the node. */
const anything = fc.uint8Array({ maxLength: 200 }).map((octets) => {
  const frame = new Uint8Array(14 + octets.length);
  frame.set(NODE_MAC, 0);
  frame.set([2, 0, 0, 0, 0, 2, 0x86, 0xdd], 6);
  frame.set(octets, 14);
  return frame;
});

/** A right frame with some octets changed, or cut. */
const damaged = fc
  .tuple(
    discovery,
    fc.array(fc.tuple(fc.nat(200), uint8), { minLength: 1, maxLength: 4 }),
    fc.nat(200),
  )
  .map(([frame, changes, cut]) => {
    for (const [at, value] of changes) if (at < frame.length) frame[at] = value;
    return frame.subarray(0, Math.max(0, frame.length - (cut > 100 ? 0 : cut)));
  });

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ frame: discovery, wait: fc.constantFrom(0, 1, 500, 5000) }) },
  { weight: 1, arbitrary: fc.record({ frame: anything, wait: fc.constant(0) }) },
  { weight: 2, arbitrary: fc.record({ frame: damaged, wait: fc.constantFrom(0, 100) }) },
);

/** A node of either kind that does all it can: addresses, defence, anycast, packets on their way. */
function busyNode(net: TestLink, isRouter: boolean): TestNode {
  const node = new TestNode(net.link.attach('node', NODE_MAC), net, { isRouter });
  const { link } = node;
  link.addAddress(ip('2001:db8::a'), { detection: 'skip' });
  link.addAddress(ip('2001:db8::c'));
  link.addAnycast(ip('2001:db8::ff'));
  link.probe(ip('2001:db8::d'), () => undefined);
  if (isRouter) {
    link.defend(ip('2001:db8:1::1'));
    new RouterAdvertiser({
      interface: link,
      scheduler: net.scheduler,
      random: net.random,
      log: () => undefined,
      configuration: { prefixes: [], answers: 'unicast' },
    });
  } else {
    link.solicitRouters();
  }
  link.transmit(
    ipv6Packet({ source: ip('2001:db8::a'), destination: ip('2001:db8::b') }),
    ip('2001:db8::b'),
  );
  return node;
}

describe('an interface under any frames', () => {
  it('never throws, keeps its tables bounded and its own address', () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 60 }),
        fc.boolean(),
        (steps, isRouter) => {
          const net = new TestLink({ delay: 0 });
          const node = busyNode(net, isRouter);
          const { link } = node;
          for (const { frame, wait } of steps) {
            net.link.carry(frame);
            net.advance(wait);
          }
          expect(link.owns(ip('2001:db8::a'))).toBe(true);
          expect(link.routers.length).toBeLessThanOrEqual(MAX_ROUTERS);
          for (const { prefixes } of link.routers) {
            expect(prefixes.length).toBeLessThanOrEqual(MAX_PREFIXES);
          }
          const formed = link.addresses.filter(({ isAutoconfigured }) => isAutoconfigured);
          expect(formed.length).toBeLessThanOrEqual(MAX_AUTOCONFIGURED);
          expect(link.retransTimer).toBeGreaterThanOrEqual(10);
          expect(link.retransTimer).toBeLessThanOrEqual(60_000);
          expect(link.mtu).toBeGreaterThanOrEqual(1280);
          expect(link.mtu).toBeLessThanOrEqual(1500);
          link.defaultRouter();
          link.isOnLink(ip('2001:db8::1'));
          link.close();
        },
      ),
      { numRuns: 150 },
    );
  });

  it('sends not more than it is asked for: no storm from one frame', () => {
    fc.assert(
      fc.property(discovery, fc.boolean(), (frame, isRouter) => {
        const net = new TestLink({ delay: 0 });
        const { link } = busyNode(net, isRouter);
        net.advance(20_000);
        net.forget();
        net.link.carry(frame);
        net.advance(10);
        // The frame itself, an answer, a report, and detection with its report for every prefix.
        expect(net.seen.length).toBeLessThanOrEqual(16);
        link.close();
      }),
      { numRuns: 150 },
    );
  });
});

describe('two interfaces over a bad link', () => {
  it('find each other in the end, whatever is lost, doubled or late', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 50 }), (loss, mix) => {
        const net = new TestLink({
          loss: loss / 100,
          duplication: mix / 100,
          reordering: mix / 100,
          reorderingDelay: 200,
        });
        const [a, b] = [net.node('a'), net.node('b')];
        a.link.addAddress(ip('2001:db8::a'), { detection: 'skip' });
        b.link.addAddress(ip('2001:db8::b'), { detection: 'skip' });
        const packet = ipv6Packet({ source: ip('2001:db8::a'), destination: ip('2001:db8::b') });
        let sent = 0;
        while (b.received.length === 0 && sent++ < 100) {
          a.link.transmit(packet, ip('2001:db8::b'));
          net.advance(1000);
        }
        expect(b.received[0]).toEqual(packet);
      }),
      { numRuns: 60 },
    );
  });
});
