import { describe, expect, it } from 'vitest';
import { formatMac } from '../../../dissectors/core/address.ts';
import { findNdOption } from '../../../dissectors/icmpv6/index.ts';
import type { Icmpv6MessageOf } from '../../../dissectors/icmpv6/index.ts';
import type { RouterConfiguration } from '../../../nodes/interface/advertised-configuration.ts';
import type { AdvertisedPrefix } from '../../../nodes/interface/network-interface.ts';
import { RouterAdvertiser } from '../../../nodes/interface/router-advertiser.ts';
import {
  FLAG,
  TestLink,
  advertisement,
  ip,
  prefixOption,
  routerAdvertisement,
} from './test-link.ts';
import type { Seen, Stranger, TestNode } from './test-link.ts';

type Advertised = Seen<Icmpv6MessageOf<'router-advertisement'>>;

function prefix(address: string, fields: Partial<AdvertisedPrefix> = {}): AdvertisedPrefix {
  return {
    address: ip(address),
    prefixLength: 64,
    isOnLink: true,
    isAutonomous: true,
    isRouterAddress: false,
    preferredLifetime: 604_800,
    validLifetime: 2_592_000,
    ...fields,
  };
}

const HOME_PREFIX = prefix('2001:db8::1', { isRouterAddress: true });

interface Network {
  readonly net: TestLink;
  readonly router: TestNode;
  readonly advertiser: RouterAdvertiser;
  readonly host: Stranger;
}

function network(
  configuration: Partial<RouterConfiguration> = {},
  options: ConstructorParameters<typeof TestNode>[2] = {},
): Network {
  const net = new TestLink();
  const router = net.node('router', { isRouter: true, linkLocal: ip('fe80::1'), ...options });
  const { scheduler, random } = net;
  const advertiser = new RouterAdvertiser({
    interface: router.link,
    scheduler,
    random,
    log: (entry) => router.log.push(entry),
    configuration: { prefixes: [HOME_PREFIX], ...configuration },
  });
  return { net, router, advertiser, host: net.stranger('host') };
}

function solicit(host: Stranger, source = 'fe80::9'): void {
  host.send(
    {
      kind: 'router-solicitation',
      code: 0,
      options:
        source === '::'
          ? []
          : [{ kind: 'source-link-layer-address', address: host.linkLayerAddress }],
    },
    { source, destination: 'ff02::2' },
  );
}

/** Times between messages, milliseconds. */
function gaps(sent: readonly Advertised[]): number[] {
  return sent.slice(1).map(({ at }, index) => at - (sent[index]?.at ?? 0));
}

describe('periodic advertisements', () => {
  it('come soon three times and then at random times between the limits', () => {
    const { net } = network({ maxInterval: 100, minInterval: 50 });
    net.advance(3_600_000);
    const times = gaps(net.of('router-advertisement'));
    expect(net.of('router-advertisement')[0]?.at).toBe(0);
    expect(times.slice(0, 2)).toEqual([16_000, 16_000]);
    const later = times.slice(2);
    expect(Math.min(...later)).toBeGreaterThanOrEqual(50_000);
    expect(Math.max(...later)).toBeLessThanOrEqual(100_000);
    expect(new Set(later).size).toBeGreaterThan(10);
  });

  it('begin when the link-local address is there, and never for a duplicate', () => {
    const { net } = network({}, { linkLocalDetection: 'probe' });
    net.advance(999);
    expect(net.of('router-advertisement')).toEqual([]);
    net.advance(1);
    expect(net.of('router-advertisement')).toHaveLength(1);
    const taken = network({}, { linkLocalDetection: 'probe' });
    taken.host.send(advertisement('fe80::1', FLAG.override), {
      source: 'fe80::1',
      destination: 'ff02::1',
    });
    taken.net.advance(60_000);
    expect(taken.router.events).toContain('duplicate-address');
    expect(taken.net.of('router-advertisement')).toEqual([]);
  });

  it('carry what is configured', () => {
    const { net } = network({
      currentHopLimit: 32,
      isManaged: true,
      isOther: true,
      reachableTime: 20_000,
      retransTimer: 500,
      lifetime: 0,
      mtu: 1400,
    });
    net.advance(0);
    const [sent] = net.of('router-advertisement');
    expect(sent?.message).toMatchObject({
      currentHopLimit: 32,
      flags: 0xc0,
      reachableTime: 20_000,
      retransTimer: 500,
      routerLifetime: 0,
    });
    expect(findNdOption(sent?.message.options ?? [], 'mtu')?.mtu).toBe(1400);
  });

  it('change soon when the configuration does, a few times, not faster than allowed', () => {
    const { net, advertiser } = network();
    net.advance(3_000_000);
    net.forget();
    const start = net.scheduler.now;
    advertiser.reconfigure({ prefixes: [], currentHopLimit: 1 });
    advertiser.reconfigure({ prefixes: [], currentHopLimit: 2 });
    net.advance(60_000);
    const sent = net.of('router-advertisement');
    expect(sent.map(({ at }) => at - start)).toEqual([0, 16_000, 32_000]);
    expect(sent[0]?.message.currentHopLimit).toBe(2);
    expect(() => {
      advertiser.reconfigure({ prefixes: [], maxInterval: 0 });
    }).toThrow(RangeError);
    net.forget();
    advertiser.reconfigure({ prefixes: [] });
    net.advance(0);
    advertiser.reconfigure({ prefixes: [] });
    net.advance(2999);
    expect(net.of('router-advertisement')).toHaveLength(1);
    net.advance(1);
    expect(net.of('router-advertisement')).toHaveLength(2);
  });

  it('can be left out', () => {
    const { net, host } = network({ isUnsolicited: false });
    net.advance(3_600_000);
    expect(net.of('router-advertisement')).toEqual([]);
    solicit(host);
    net.advance(3_600_000);
    expect(net.of('router-advertisement')).toHaveLength(1);
  });

  it('begin again when the link comes back', () => {
    const { net, router } = network();
    net.advance(3_000_000);
    router.port.setUp(false);
    net.advance(10_000);
    net.forget();
    router.port.setUp(true);
    net.advance(0);
    expect(net.of('router-advertisement')).toHaveLength(1);
  });
});

describe('answers to solicitations', () => {
  it('go to all nodes within half a second', () => {
    const { net, host } = network();
    net.advance(100_000);
    net.forget();
    const start = net.scheduler.now;
    solicit(host);
    net.advance(600);
    const [answer] = net.of('router-advertisement');
    expect(answer?.destination).toBe('ff02::1');
    expect((answer?.at ?? 0) - start).toBeGreaterThan(1);
    expect((answer?.at ?? 0) - start).toBeLessThanOrEqual(501);
  });

  it('are one for many, and not more than one in three seconds', () => {
    const { net, host } = network();
    net.advance(100_000);
    net.forget();
    for (let i = 0; i < 300; i++) {
      solicit(host, i % 2 === 0 ? '::' : 'fe80::9');
      net.advance(50);
    }
    const sent = net.of('router-advertisement');
    expect(sent.length).toBeGreaterThanOrEqual(4);
    expect(Math.min(...gaps(sent))).toBeGreaterThanOrEqual(3000);
  });

  it('go to the host alone where that is wanted, and to all when it has no address', () => {
    const { net, host } = network({ answers: 'unicast' });
    net.advance(100_000);
    net.forget();
    solicit(host);
    net.advance(600);
    expect(net.of('router-advertisement')).toHaveLength(1);
    expect(net.of('router-advertisement')[0]).toMatchObject({
      source: 'fe80::1',
      destination: 'fe80::9',
      linkDestination: formatMac(host.linkLayerAddress),
    });
    net.forget();
    solicit(host, '::');
    net.advance(600);
    expect(net.of('router-advertisement')[0]?.destination).toBe('ff02::1');
  });

  it('cannot be used to flood a host', () => {
    const { net, host } = network({ answers: 'unicast' });
    net.advance(100_000);
    net.forget();
    for (let i = 0; i < 1000; i++) solicit(host);
    net.advance(1000);
    const alone = net
      .of('router-advertisement')
      .filter(({ destination }) => destination === 'fe80::9');
    expect(alone.length).toBeLessThanOrEqual(10);
  });

  it('are not given to what is no valid solicitation', () => {
    const { net, host } = network();
    net.advance(100_000);
    net.forget();
    const message = { kind: 'router-solicitation', code: 0, options: [] } as const;
    const usual = { source: 'fe80::9', destination: 'ff02::2' };
    host.send(message, { ...usual, hopLimit: 254 });
    host.send({ ...message, code: 1 }, usual);
    host.send(
      {
        ...message,
        options: [{ kind: 'source-link-layer-address', address: host.linkLayerAddress }],
      },
      { ...usual, source: '::' },
    );
    net.advance(2000);
    expect(net.of('router-advertisement')).toEqual([]);
  });
});

describe('the end', () => {
  it('is told with a lifetime of 0, once', () => {
    const { net, advertiser } = network();
    net.advance(100_000);
    net.forget();
    advertiser.close();
    advertiser.close();
    net.advance(3_600_000);
    const sent = net.of('router-advertisement');
    expect(sent).toHaveLength(1);
    expect(sent[0]?.message.routerLifetime).toBe(0);
  });

  it('is not told where that is not wanted, and nothing is answered any more', () => {
    const { net, advertiser, host } = network({ sendsFinal: false });
    net.advance(100_000);
    net.forget();
    advertiser.close();
    solicit(host);
    net.advance(3_600_000);
    expect(net.of('router-advertisement')).toEqual([]);
  });
});

describe('what other routers say', () => {
  it('is remarked when it differs, not too often', () => {
    const { net, router, host } = network();
    net.advance(100);
    const other = routerAdvertisement({
      currentHopLimit: 1,
      flags: 0x80,
      options: [prefixOption('2001:db8::1', { validLifetime: 5, preferredLifetime: 5 })],
    });
    for (let i = 0; i < 50; i++) host.send(other, { source: 'fe80::66', destination: 'ff02::1' });
    net.advance(100);
    const remarks = router.log.filter(({ event }) => event === 'router-advertisement-inconsistent');
    expect(remarks).toHaveLength(1);
    expect(remarks[0]?.details).toMatchObject({
      router: 'fe80::66',
      differing: 'hop limit, managed flag, lifetimes of 2001:db8::1',
    });
  });

  it('is no matter when it is the same, or other prefixes', () => {
    const { net, router, host } = network();
    net.advance(100);
    const options = [
      prefixOption('2001:db8::1'),
      prefixOption('2001:db8:9::', { validLifetime: 1, preferredLifetime: 1 }),
    ];
    host.send(routerAdvertisement({ options }), { source: 'fe80::66', destination: 'ff02::1' });
    net.advance(100);
    expect(router.events).not.toContain('router-advertisement-inconsistent');
  });
});
