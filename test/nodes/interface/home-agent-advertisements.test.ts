import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { findNdOption } from '../../../dissectors/icmpv6/index.ts';
import type { Icmpv6MessageOf } from '../../../dissectors/icmpv6/index.ts';
import type { RouterConfiguration } from '../../../nodes/interface/advertised-configuration.ts';
import type { AdvertisedPrefix } from '../../../nodes/interface/network-interface.ts';
import { RouterAdvertiser } from '../../../nodes/interface/router-advertiser.ts';
import { TestLink, ip } from './test-link.ts';
import type { Seen, Stranger, TestNode } from './test-link.ts';

type Advertised = Seen<Icmpv6MessageOf<'router-advertisement'>>;

const HOME_AGENT_FLAG = 0x20;

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

/** A home agent's network, with what it advertised in the first 20 seconds. */
function homeAgent(configuration: Partial<RouterConfiguration> = {}): Network & {
  readonly sent: Advertised[];
} {
  const built = network({ homeAgent: {}, ...configuration });
  built.net.advance(20_000);
  return { ...built, sent: built.net.of('router-advertisement') };
}

/** Times between messages, milliseconds. */
function gaps(sent: readonly Advertised[]): number[] {
  return sent.slice(1).map(({ at }, index) => at - (sent[index]?.at ?? 0));
}

describe('advertisements of a home agent', () => {
  it('HA-RA-01: have H, a prefix with R and the whole address, and the link-layer address', () => {
    const { sent, router } = homeAgent();
    expect(sent.length).toBeGreaterThan(0);
    for (const { message, source, destination, hopLimit } of sent) {
      expect([source, destination, hopLimit]).toEqual(['fe80::1', 'ff02::1', 255]);
      expect(message.flags).toBe(HOME_AGENT_FLAG);
      expect(findNdOption(message.options, 'source-link-layer-address')?.address).toEqual(
        router.link.linkLayerAddress,
      );
      const information = findNdOption(message.options, 'prefix-information');
      expect(information?.flags).toBe(0xe0);
      expect(information?.prefix).toEqual(ip('2001:db8::1'));
    }
  });

  it('HA-RA-01: are refused without a prefix with R', () => {
    expect(() => network({ homeAgent: {}, prefixes: [prefix('2001:db8::')] })).toThrow(/R/);
  });

  it('HA-RA-02: leave the home agent information out when it says nothing new', () => {
    const [usual] = homeAgent().sent;
    expect(findNdOption(usual?.message.options ?? [], 'home-agent-information')).toBeUndefined();
    const [preferred] = homeAgent({ homeAgent: { preference: 5 } }).sent;
    expect(findNdOption(preferred?.message.options ?? [], 'home-agent-information')).toMatchObject({
      preference: 5,
      lifetime: 1800,
    });
    const [brief] = homeAgent({ homeAgent: { lifetime: 60 } }).sent;
    expect(findNdOption(brief?.message.options ?? [], 'home-agent-information')).toMatchObject({
      preference: 0,
      lifetime: 60,
    });
    const [nemo] = homeAgent({ homeAgent: { supportsMobileRouters: true } }).sent;
    expect(findNdOption(nemo?.message.options ?? [], 'home-agent-information')?.flags).toBe(0x8000);
  });

  it('HA-RA-02: refuse a lifetime of 0, and send the information only with H', () => {
    expect(() => network({ homeAgent: { lifetime: 0 } })).toThrow(/homeAgent.lifetime/);
    expect(() => network({ homeAgent: {}, lifetime: 0 })).toThrow(/homeAgent.lifetime/);
    expect(() => network({ homeAgent: { preference: 65_536 } })).toThrow(/preference/);
    const { net, advertiser } = homeAgent({ homeAgent: { preference: 5 } });
    net.forget();
    advertiser.close();
    const [final] = net.of('router-advertisement');
    expect(final?.message.flags).toBe(0);
    expect(findNdOption(final?.message.options ?? [], 'home-agent-information')).toBeUndefined();
  });

  it('HA-RA-03: have the same information in each of several', () => {
    const prefixes = [
      ...Array.from({ length: 60 }, (_, i) => prefix(`2001:db8:${(i + 1).toString(16)}::`)),
      HOME_PREFIX,
    ];
    const { sent, net } = homeAgent({ prefixes, homeAgent: { preference: 5 } });
    const first = sent.filter(({ at }) => at === sent[0]?.at);
    expect(first.length).toBe(2);
    const told = new Set<string>();
    for (const { message } of first) {
      expect(findNdOption(message.options, 'home-agent-information')).toMatchObject({
        preference: 5,
      });
      // RFC 6275 section 7.2: one router address that stays the same.
      expect(findNdOption(message.options, 'prefix-information')?.prefix).toEqual(
        ip('2001:db8::1'),
      );
      for (const option of message.options) {
        if (option.kind === 'prefix-information') told.add(formatAddress(option.prefix));
      }
    }
    expect(told.size).toBe(61);
    const octets: number[] = [];
    net.link.tap((frame) => octets.push(frame.length - 14));
    net.advance(700_000);
    expect(Math.max(...octets)).toBeLessThanOrEqual(1500);
  });

  it('HA-RA-04: tell their longest interval in milliseconds', () => {
    const interval = (maxInterval: number): number | undefined => {
      const [sent] = homeAgent({ maxInterval, sendsInterval: true }).sent;
      return findNdOption(sent?.message.options ?? [], 'advertisement-interval')?.interval;
    };
    expect(interval(600)).toBe(600_000);
    expect(interval(1.5)).toBe(1500);
    expect(interval(0.2)).toBe(200);
    const [without] = homeAgent().sent;
    expect(findNdOption(without?.message.options ?? [], 'advertisement-interval')).toBeUndefined();
  });

  it('HA-RA-05: tell 20 ms more when that is less than 200 ms', () => {
    const [sent] = homeAgent({ maxInterval: 0.07, sendsInterval: true }).sent;
    const { options = [] } = sent?.message ?? {};
    expect(findNdOption(options, 'advertisement-interval')?.interval).toBe(90);
  });

  it('HA-RA-06: come as often as every 30 to 70 ms when asked to, and not by default', () => {
    const { sent, advertiser } = homeAgent({ minInterval: 0.03, maxInterval: 0.07 });
    const times = gaps(sent);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(30);
    expect(Math.max(...times)).toBeLessThanOrEqual(70);
    const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
    expect(mean).toBeGreaterThan(47);
    expect(mean).toBeLessThan(53);
    expect(advertiser.configuration.minDelayBetweenRas).toBe(0.03);
    expect(homeAgent().advertiser.configuration).toMatchObject({
      maxInterval: 600,
      minInterval: 200,
      minDelayBetweenRas: 3,
    });
  });

  it('HA-RA-06: refuse what is below the floors, all faults at once', () => {
    expect(() => network({ minInterval: 0.029, maxInterval: 0.07 })).toThrow(/minInterval/);
    expect(() => network({ maxInterval: 0.069 })).toThrow(/maxInterval/);
    expect(() => network({ minDelayBetweenRas: 0.02 })).toThrow(/minDelayBetweenRas/);
    expect(() => network({ minInterval: 9, maxInterval: 10 })).toThrow(/minInterval/);
    expect(() => network({ minInterval: 1, minDelayBetweenRas: 3 })).toThrow(/minDelayBetweenRas/);
    expect(() =>
      network({
        maxInterval: 5000,
        currentHopLimit: 300,
        lifetime: 10_000,
        reachableTime: 1e9,
        prefixes: [prefix('2001:db8::', { preferredLifetime: 20, validLifetime: 10 })],
      }),
    ).toThrow(/lifetime.*maxInterval.*lifetime.*currentHopLimit.*reachableTime/);
  });

  it('HA-RA-07: keep the router lifetime at a second or more', () => {
    const [sent] = homeAgent({ maxInterval: 0.07 }).sent;
    expect(sent?.message.routerLifetime).toBe(1);
    const [usual] = homeAgent().sent;
    expect(usual?.message.routerLifetime).toBe(1800);
  });

  it('HA-RA-08: let R change neither L nor A nor the lifetimes', () => {
    const { sent } = homeAgent({
      prefixes: [
        prefix('2001:db8::1', {
          isRouterAddress: true,
          isOnLink: false,
          isAutonomous: true,
          validLifetime: Infinity,
        }),
        prefix('2001:db8:1::', { isAutonomous: false, preferredLifetime: 10, validLifetime: 20 }),
      ],
    });
    const options = (sent[0]?.message.options ?? []).filter(
      (option) => option.kind === 'prefix-information',
    );
    expect(options.map(({ flags }) => flags)).toEqual([0x60, 0x80]);
    expect(options.map(({ validLifetime }) => validLifetime)).toEqual([0xffffffff, 20]);
    expect(options.map(({ preferredLifetime }) => preferredLifetime)).toEqual([604_800, 10]);
  });
});
