import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressKey } from '../../../dissectors/core/address.ts';
import type { Icmpv6Event } from '../../../engine/events.ts';
import { DiscoveryRequests, MAX_REQUESTERS } from '../../../engine/state/discovery-requests.ts';
import { LinkState } from '../../../engine/state/link-state.ts';
import { MAX_CLAIMS, MAX_NEIGHBORS_PER_LINK } from '../../../engine/state/neighbors.ts';
import { MAX_ROUTERS_PER_LINK } from '../../../engine/state/routers.ts';
import {
  CARE_OF_ADDRESS,
  HOME_AGENT,
  START_TIME,
  address,
  icmpv6Event,
  linkLayer,
  makeLink,
  packetAt,
} from '../../rules/event-builders.ts';
import {
  AGENT_MAC,
  FOREIGN,
  HOME,
  HOST,
  HOST_MAC,
  NODE_MAC,
  ROGUE_MAC,
  ROUTER,
  ROUTER_MAC,
  homeAgentInformation,
  neighborAdvertisement,
  neighborSolicitation,
  prefixInformation,
  routerAdvertisement,
} from '../../rules/neighbor-events.ts';

const made = (i: number) => address(`2001:db8:1::${(i + 0x1000).toString(16)}`);
const mac = (i: number) => linkLayer(`02:00:00:00:00:${i.toString(16).padStart(2, '0')}`);

function state(events: readonly Icmpv6Event[] = []): LinkState {
  const links = new LinkState(1);
  for (const event of events) links.observe(event);
  return links;
}

describe('neighbors of a link', () => {
  it('are known by every link-layer address that was given for them, oldest first', () => {
    const { neighbors } = state([
      neighborAdvertisement(HOST, { mac: HOST_MAC, at: 1 }),
      neighborAdvertisement(HOST, { mac: ROGUE_MAC, at: 2 }),
      neighborSolicitation(HOME_AGENT, { source: HOST, mac: HOST_MAC, at: 3 }),
    ]);
    const found = neighbors.find(HOME, HOST);
    expect(found?.claims.map(({ linkLayerAddress }) => linkLayerAddress)).toEqual([
      HOST_MAC,
      ROGUE_MAC,
    ]);
    expect(found?.claims[0]).toMatchObject({ count: 2, lastSeen: START_TIME + 3e6 });
    expect(neighbors.find(FOREIGN, HOST)).toBeUndefined();
  });

  it('keep the first claimant and at most four', () => {
    const events = Array.from({ length: 20 }, (_, i) =>
      neighborAdvertisement(HOST, { mac: mac(i), at: i + 1 }),
    );
    const claims = state(events).neighbors.find(HOME, HOST)?.claims ?? [];
    expect(claims).toHaveLength(MAX_CLAIMS);
    expect(claims[0]?.linkLayerAddress).toEqual(mac(0));
    expect(claims.at(-1)?.linkLayerAddress).toEqual(mac(19));
  });

  it('forget a first claimant that has been silent for an hour', () => {
    const { neighbors } = state([
      neighborAdvertisement(HOST, { mac: HOST_MAC, at: 1 }),
      neighborAdvertisement(HOST, { mac: NODE_MAC, at: 2 }),
      neighborAdvertisement(HOST, { mac: NODE_MAC, at: 4000 }),
    ]);
    expect(neighbors.find(HOME, HOST)?.claims).toHaveLength(1);
  });

  it('are not learned from what receivers drop', () => {
    const { neighbors } = state([
      neighborAdvertisement(HOST, { context: { hopLimit: 64 } }),
      neighborAdvertisement(HOST, { context: { encapsulation: ['gre'] } }),
    ]);
    expect(neighbors.find(HOME, HOST)).toBeUndefined();
  });

  it('stay known through a flood of made-up addresses, which is counted', () => {
    const links = state();
    for (let i = 0; i < 4; i++) links.observe(neighborAdvertisement(HOST, { mac: HOST_MAC }));
    for (let i = 0; i < MAX_NEIGHBORS_PER_LINK * 2; i++) {
      links.observe(neighborAdvertisement(made(i), { at: 2 }));
    }
    expect(links.neighbors.find(HOME, HOST)).toBeDefined();
    expect(links.neighbors.evictions).toBeGreaterThan(MAX_NEIGHBORS_PER_LINK / 2);
  });

  it('are bounded in links', () => {
    const links = state();
    for (let id = 0; id < 100; id++) {
      links.observe(neighborAdvertisement(HOST, { link: makeLink('home', { id }) }));
    }
    expect(links.neighbors.evictions).toBe(36);
  });

  it('are probed for: the last probe is known with who made it', () => {
    const { neighbors } = state([neighborSolicitation(HOST, { mac: AGENT_MAC })]);
    expect(neighbors.probe(HOME, HOST)?.linkLayerAddress).toEqual(AGENT_MAC);
    expect(neighbors.find(HOME, HOST)).toBeUndefined();
  });
});

describe('routers of a link', () => {
  const own = (at: number, fields: Parameters<typeof routerAdvertisement>[1] = {}) =>
    routerAdvertisement({ mac: ROUTER_MAC, at }, fields);

  it('are known with what they advertise', () => {
    const options = [
      prefixInformation(HOME_AGENT, { flags: 0xe0 }),
      homeAgentInformation(9, 600),
      { kind: 'advertisement-interval', interval: 1500 } as const,
    ];
    const router = state([own(1, { flags: 0x20, options })]).routers.find(HOME, ROUTER);
    expect(router?.profile).toMatchObject({
      isHomeAgent: true,
      homeAgentPreference: 9,
      homeAgentLifetime: 600,
      interval: 1500,
    });
    expect(router?.addresses).toEqual([HOME_AGENT]);
    expect(router?.prefixes[0]?.prefix).toEqual(address('2001:db8:1::'));
  });

  it('are not changed by somebody else, who is noted as rival', () => {
    const { routers } = state([
      own(1),
      routerAdvertisement({ at: 2 }, { routerLifetime: 0, currentHopLimit: 2 }),
    ]);
    const router = routers.find(HOME, ROUTER);
    expect(router?.profile.lifetime).toBe(1800);
    expect(router?.rivals.map(({ linkLayerAddress }) => linkLayerAddress)).toEqual([ROGUE_MAC]);
    expect(router?.withdrawals).toEqual([]);
  });

  it('are replaced by another machine after half an hour of silence', () => {
    const { routers } = state([own(1), routerAdvertisement({ mac: NODE_MAC, at: 2000 })]);
    expect(routers.find(HOME, ROUTER)?.linkLayerAddress).toEqual(NODE_MAC);
  });

  it('tell what they were before, and when they were withdrawn', () => {
    const router = state([own(1), own(2, { routerLifetime: 0 })]).routers.find(HOME, ROUTER);
    expect(router?.previous?.lifetime).toBe(1800);
    expect(router?.withdrawals).toEqual([START_TIME + 2e6]);
  });

  it('stay known through a flood of made-up routers', () => {
    const links = state([own(1), own(1.1), own(1.2)]);
    for (let i = 0; i < MAX_ROUTERS_PER_LINK * 3; i++) {
      links.observe(routerAdvertisement({ source: made(i), at: 2 }));
    }
    expect(links.routers.find(HOME, ROUTER)?.advertisements).toBe(3);
    expect([...links.routers.of(HOME)]).toHaveLength(MAX_ROUTERS_PER_LINK);
    expect(links.routers.evictions).toBe(MAX_ROUTERS_PER_LINK * 2 + 1);
  });

  it('hold few prefixes of an advertisement with many', () => {
    const options = Array.from({ length: 60 }, (_, i) =>
      prefixInformation(address(`2001:db8:${(i + 1).toString(16)}::`)),
    );
    const router = state([own(1, { options }), own(2, { options })]).routers.find(HOME, ROUTER);
    expect(router?.prefixes).toHaveLength(32);
  });
});

describe('requests of discovery', () => {
  const ask = (source: Uint8Array, identifier: number, at: number) =>
    icmpv6Event(
      { kind: 'home-agent-discovery-request', code: 0, identifier, flags: 0 },
      { context: { packet: packetAt(1, at), source } },
    );

  it('are found by requester and identifier for a minute, each kind by itself', () => {
    const requests = new DiscoveryRequests(1);
    requests.observe(ask(CARE_OF_ADDRESS, 7, 1));
    const now = (seconds: number) => START_TIME + seconds * 1e6;
    expect(requests.find('home-agents', CARE_OF_ADDRESS, 7, now(30))?.answers).toBe(0);
    expect(requests.find('home-agents', CARE_OF_ADDRESS, 8, now(30))).toBeUndefined();
    expect(requests.find('prefixes', CARE_OF_ADDRESS, 7, now(30))).toBeUndefined();
    expect(requests.find('home-agents', CARE_OF_ADDRESS, 7, now(90))).toBeUndefined();
  });

  it('are bounded for one node and for all', () => {
    const requests = new DiscoveryRequests(1);
    for (let i = 0; i < 50; i++) requests.observe(ask(CARE_OF_ADDRESS, i, 1));
    expect(requests.find('home-agents', CARE_OF_ADDRESS, 49, START_TIME + 2e6)).toBeDefined();
    expect(requests.find('home-agents', CARE_OF_ADDRESS, 0, START_TIME + 2e6)).toBeUndefined();
    for (let i = 0; i < MAX_REQUESTERS + 10; i++) requests.observe(ask(made(i), 1, 2));
    expect(requests.evictions).toBe(11);
  });
});

describe('the state of links', () => {
  it('knows of every address the link-layer address that was said last, in any order of messages', () => {
    const steps = fc.array(fc.tuple(fc.nat(5), fc.nat(7)), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (list) => {
        const links = state();
        const last = new Map<string, number>();
        for (const [i, [who, hardware]] of list.entries()) {
          links.observe(neighborAdvertisement(made(who), { mac: mac(hardware), at: i + 1 }));
          last.set(addressKey(made(who)), hardware);
        }
        for (let who = 0; who < 6; who++) {
          const claims = links.neighbors.find(HOME, made(who))?.claims ?? [];
          const newest = [...claims].sort((a, b) => b.lastSeen - a.lastSeen)[0];
          const expected = last.get(addressKey(made(who)));
          expect(newest?.linkLayerAddress).toEqual(
            expected === undefined ? undefined : mac(expected),
          );
          expect(claims.length).toBeLessThanOrEqual(MAX_CLAIMS);
        }
      }),
    );
  });
});
