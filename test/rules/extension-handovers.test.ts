import { describe, expect, it } from 'vitest';
import type { Icmpv6Message } from '../../dissectors/icmpv6/index.ts';
import { concatenate } from '../../dissectors/core/layout.ts';
import type { MobilityOption } from '../../dissectors/mobility/options/index.ts';
import type { Verification } from '../../dissectors/verification.ts';
import type { MobilityEvent, PacketContext } from '../../engine/events.ts';
import { UNKNOWN_SITE } from '../../engine/site.ts';
import rule2601 from '../../rules/extension/mip6-2601.ts';
import rule2602 from '../../rules/extension/mip6-2602.ts';
import rule2603 from '../../rules/extension/mip6-2603.ts';
import rule2604 from '../../rules/extension/mip6-2604.ts';
import rule2605 from '../../rules/extension/mip6-2605.ts';
import rule2606 from '../../rules/extension/mip6-2606.ts';
import rule2607 from '../../rules/extension/mip6-2607.ts';
import rule2608 from '../../rules/extension/mip6-2608.ts';
import rule2609 from '../../rules/extension/mip6-2609.ts';
import {
  ATTACKER,
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  HOME_AGENT,
  OTHER_CARE_OF_ADDRESS,
  bindingAcknowledgementEvent,
  bindingEvent,
  bindingUpdateEvent,
  icmpv6Event,
  makeBinding,
  makeLink,
  makeSite,
  mobilityEvent,
  only,
  packetAt,
  tunnelledEvent,
  underTest,
} from './event-builders.ts';
import {
  DOMAIN_SITE,
  GATEWAY,
  OTHER_GATEWAY,
  STRANGER,
  nai,
  proxyUpdate,
  registered,
} from './extension-messages.ts';
import { address, linkLayer, prefix } from './site.ts';

const NODE_MAC = linkLayer('02:00:00:00:00:01');
const OTHER_MAC = linkLayer('02:00:00:00:00:66');
const ROUTER = address('fe80::1');
const ROGUE = address('fe80::66');
const ALL_NODES = address('ff02::1');

function verdict(fields: Partial<Verification>): readonly Verification[] {
  return [
    {
      offset: 12,
      label: 'status',
      name: 'mip6.auth.status',
      status: 'wrong',
      detail: 'with the supplied key of SPI 256',
      code: 'MESSAGE_AUTHENTICATION',
      ...fields,
    },
  ];
}

describe('MIP6-2601', () => {
  const fast = (
    options: readonly MobilityOption[] = [],
    context: Partial<PacketContext> = {},
  ): MobilityEvent =>
    mobilityEvent(
      { kind: 'fast-binding-update', sequence: 1, flags: 0x80, lifetime: 40 },
      { options, context: { destination: GATEWAY, linkSource: NODE_MAC, ...context } },
    );
  const data: MobilityOption = {
    kind: 'fmip-authorization-data',
    spi: 256,
    authenticator: new Uint8Array(12),
  };

  it('reports one without authorisation data', () => {
    const draft = only(underTest(rule2601).feed(fast()));
    expect([draft.confidence, draft.attacker]).toEqual(['certain', NODE_MAC]);
  });

  it('reports an authenticator that is wrong under a given key, and none that nobody can check', () => {
    const tested = underTest(rule2601);
    const code = { name: 'mip6.badff.auth.status', code: 'AUTHENTICATOR' } as const;
    expect(tested.feed({ ...fast([data]), verdicts: verdict(code) })).toHaveLength(1);
    const unknown = verdict({ ...code, status: 'not-verified' });
    expect(tested.feed({ ...fast([data]), verdicts: unknown })).toEqual([]);
  });

  it('reports another link-layer address than neighbor discovery has', () => {
    const tested = underTest(rule2601);
    tested.feed(
      icmpv6Event(
        {
          kind: 'neighbor-solicitation',
          code: 0,
          targetAddress: ROUTER,
          options: [],
        },
        { context: { destination: ROUTER, linkSource: NODE_MAC } },
      ),
    );
    expect(tested.feed(fast([data]))).toEqual([]);
    expect(only(tested.feed(fast([data], { linkSource: OTHER_MAC }))).confidence).toBe('partial');
  });

  it('accepts ESP and what a cut frame hides', () => {
    const tested = underTest(rule2601);
    tested.feed(fast([], { protection: 'esp-transport' }));
    tested.feed({ ...fast(), checksum: 'unknown' });
    expect(tested.alerts).toEqual([]);
  });
});

describe('MIP6-2602', () => {
  const link = makeLink('foreign');
  const advertisement = (
    source: Uint8Array,
    options: Extract<Icmpv6Message, { kind: 'proxy-router-advertisement' }>['options'] = [],
  ) =>
    icmpv6Event(
      { kind: 'proxy-router-advertisement', code: 0, flags: 0, identifier: 1, options },
      { context: { source, destination: CARE_OF_ADDRESS, link, linkSource: OTHER_MAC } },
    );
  const routerAdvertisement = icmpv6Event(
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
    { context: { source: ROUTER, destination: ALL_NODES, link, linkSource: NODE_MAC } },
  );

  it('reports a sender that is none of the routers which advertised themselves', () => {
    const tested = underTest(rule2602);
    expect(tested.feed(advertisement(ROGUE))).toEqual([]);
    tested.feed(routerAdvertisement);
    expect(only(tested.feed(advertisement(ROGUE))).confidence).toBe('partial');
    expect(tested.feed(advertisement(ROUTER))).toEqual([]);
  });

  it('reports a sender that is none of the routers of the site file', () => {
    const router = {
      name: 'r1',
      addresses: [ROUTER],
      linkLayerAddresses: [],
      prefixes: [],
    };
    const tested = underTest(rule2602, { site: makeSite({ routers: [router] }) });
    expect(only(tested.feed(advertisement(ROGUE))).confidence).toBe('certain');
    expect(tested.feed(advertisement(ROUTER))).toEqual([]);
  });

  it('reports a next router that the site does not know', () => {
    const tested = underTest(rule2602, { site: DOMAIN_SITE });
    const next = (it: Uint8Array) =>
      advertisement(ROUTER, [
        { kind: 'ip-address-or-prefix', optionCode: 3, prefixLength: 128, address: it },
      ]);
    expect(tested.feed(next(OTHER_GATEWAY))).toEqual([]);
    expect(only(tested.feed(next(STRANGER))).confidence).toBe('certain');
  });

  it('leaves alone what comes from farther away', () => {
    const tested = underTest(rule2602);
    tested.feed(routerAdvertisement);
    const { context, ...event } = advertisement(ROGUE);
    expect(tested.feed({ ...event, context: { ...context, hopLimit: 254 } })).toEqual([]);
  });
});

describe('MIP6-2603', () => {
  const initiate = (source: Uint8Array, options: readonly MobilityOption[] = []) =>
    mobilityEvent(
      { kind: 'handover-initiate', sequence: 1, flags: 0, code: 0 },
      { options, context: { source, destination: GATEWAY } },
    );
  const careOf = (it: Uint8Array): MobilityOption => ({
    kind: 'mobility-header-address-prefix',
    code: 2,
    prefixLength: 128,
    address: it,
  });

  it('reports routers that the site does not list', () => {
    const tested = underTest(rule2603, { site: DOMAIN_SITE });
    expect(only(tested.feed(initiate(STRANGER))).confidence).toBe('certain');
    expect(tested.feed(initiate(OTHER_GATEWAY))).toEqual([]);
  });

  it('reports a stranger to a learned gateway, and nobody where nothing is known', () => {
    const tested = underTest(rule2603, { site: UNKNOWN_SITE });
    expect(tested.feed(initiate(STRANGER))).toEqual([]);
    tested.feedAll(registered());
    expect(only(tested.feed(initiate(STRANGER))).confidence).toBe('partial');
  });

  it('reports an address outside the prefixes of the next router', () => {
    const routers = [
      {
        name: 'next',
        addresses: [GATEWAY],
        linkLayerAddresses: [],
        prefixes: [prefix('2001:db8:4::/64')],
      },
    ];
    const tested = underTest(rule2603, { site: { ...DOMAIN_SITE, routers } });
    expect(tested.feed(initiate(OTHER_GATEWAY, [careOf(OTHER_CARE_OF_ADDRESS)]))).toEqual([]);
    expect(tested.feed(initiate(OTHER_GATEWAY, [careOf(ATTACKER)]))).toHaveLength(1);
  });
});

describe('MIP6-2604', () => {
  const POINT = address('2001:db8:4::100');
  const site = makeSite({ domain: { ...UNKNOWN_SITE.domain, mobilityAnchorPoints: [POINT] } });
  const advertisement = (globalAddress: Uint8Array, validLifetime = 3600) =>
    icmpv6Event(
      {
        kind: 'router-advertisement',
        code: 0,
        currentHopLimit: 64,
        flags: 0,
        routerLifetime: 1800,
        reachableTime: 0,
        retransTimer: 0,
        options: [
          {
            kind: 'mobility-anchor-point',
            distanceAndPreference: 0x1f,
            flags: 0x80,
            validLifetime,
            globalAddress,
          },
        ],
      },
      { context: { source: ROGUE, destination: ALL_NODES, linkSource: OTHER_MAC } },
    );
  const local = (destination: Uint8Array) =>
    bindingUpdateEvent({ flags: ['acknowledge', 'mapRegistration'] }, { context: { destination } });

  it('reports an anchor point that the site does not know, advertised or used', () => {
    const tested = underTest(rule2604, { site });
    expect(only(tested.feed(advertisement(STRANGER))).attacker).toEqual(OTHER_MAC);
    expect(only(tested.feed(local(STRANGER))).attacker).toEqual(STRANGER);
  });

  it('accepts known ones, those that end, and all where none is told', () => {
    const tested = underTest(rule2604, { site });
    tested.feedAll([advertisement(POINT), local(POINT), advertisement(STRANGER, 0)]);
    expect(tested.alerts).toEqual([]);
    expect(underTest(rule2604).feed(advertisement(STRANGER))).toEqual([]);
  });
});

describe('MIP6-2605', () => {
  const VICTIM = address('2001:db8:7::7');
  const flow: MobilityOption = {
    kind: 'flow-identification',
    flowIdentifier: 3,
    priority: 10,
    status: 0,
    subOptions: [{ kind: 'binding-reference', bindingIdentifiers: [{ bindingIdentifier: 2 }] }],
  };
  const steering = (careOfAddress: Uint8Array): MobilityEvent =>
    bindingUpdateEvent({
      options: [
        { kind: 'binding-identifier', bindingIdentifier: 2, status: 0, flags: 0, careOfAddress },
        flow,
      ],
    });
  const down = (seconds: number, destination: Uint8Array) =>
    tunnelledEvent({
      direction: 'from-home-agent',
      context: {
        source: CORRESPONDENT,
        destination: HOME_ADDRESS,
        packet: packetAt(seconds, seconds),
      },
      outer: { source: HOME_AGENT, destination },
    });
  const stream = (destination: Uint8Array, from = 10) =>
    Array.from({ length: 20 }, (_, i) => down(from + i, destination));

  it('reports flows that go where nobody ever spoke', () => {
    const tested = underTest(rule2605);
    tested.feed(steering(VICTIM));
    tested.feedAll(stream(VICTIM));
    expect(tested.alerts).toHaveLength(1);
    expect(tested.alerts[0]?.confidence).toBe('partial');
  });

  it('accepts care-of addresses that speak, before or after', () => {
    const tested = underTest(rule2605);
    tested.feed(steering(VICTIM));
    tested.feedAll(stream(VICTIM).slice(0, 3));
    tested.feed(tunnelledEvent({ outer: { source: VICTIM } }));
    tested.feedAll(stream(VICTIM, 20));
    tested.feed(steering(CARE_OF_ADDRESS));
    tested.feedAll(stream(CARE_OF_ADDRESS));
    expect(tested.alerts).toEqual([]);
  });

  it('reports flows to fixed nodes of the site at once', () => {
    const infrastructure = [{ name: 'servers', addresses: [prefix('2001:db8:7::/64')] }];
    const tested = underTest(rule2605, { site: makeSite({ infrastructure }) });
    expect(only(tested.feed(steering(VICTIM))).severity).toBe('high');
  });

  it('reports who moves flows without being the home agent', () => {
    const indication = (source: Uint8Array): MobilityEvent =>
      mobilityEvent(
        { kind: 'flow-binding', type: 1, sequence: 1, trigger: 2, indicationFlags: 0x80 },
        { context: { source, routingHomeAddress: HOME_ADDRESS, destination: CARE_OF_ADDRESS } },
      );
    const tested = underTest(rule2605, { bindings: [makeBinding()] });
    expect(tested.feed(indication(HOME_AGENT))).toEqual([]);
    expect(only(tested.feed(indication(ATTACKER))).confidence).toBe('certain');
  });
});

describe('MIP6-2606', () => {
  const authentication: MobilityOption = {
    kind: 'message-authentication',
    subtype: 1,
    mobilitySpi: 256,
    authenticationData: new Uint8Array(12),
  };
  const stamp = (seconds: number): MobilityOption => {
    const timestamp = new Uint8Array(8);
    timestamp[0] = 0xee;
    timestamp[3] = seconds;
    return { kind: 'replay-protection', timestamp };
  };
  const update = (
    sequence: number,
    options: readonly MobilityOption[],
    context: Partial<PacketContext> = {},
  ): MobilityEvent =>
    bindingUpdateEvent(
      { sequence, options },
      { context: { packet: packetAt(sequence), ...context } },
    );
  const accepted = (sequence: number, knownBy: 'clear' | 'decrypted' = 'clear') =>
    bindingEvent('refreshed', {
      binding: makeBinding({ sequence, knownBy }),
      packet: packetAt(sequence, sequence + 0.1),
    });

  it('reports an update without the option that was there so far', () => {
    const tested = underTest(rule2606);
    tested.feedAll([update(1, [authentication, stamp(1)]), accepted(1)]);
    expect(only(tested.feed(update(2, []))).confidence).toBe('certain');
  });

  it('reports the option instead of IPsec', () => {
    const tested = underTest(rule2606);
    const esp = { protection: 'esp-transport' } as const;
    tested.feedAll([update(1, [], esp), accepted(1, 'decrypted')]);
    expect(only(tested.feed(update(2, [authentication]))).confidence).toBe('partial');
    expect(tested.feed(update(3, [], esp))).toEqual([]);
  });

  it('reports timestamps that were used before, and no copy of a packet', () => {
    const tested = underTest(rule2606);
    tested.feedAll([update(1, [authentication, stamp(1)]), accepted(1)]);
    tested.feedAll([update(20, [authentication, stamp(20)]), accepted(20)]);
    expect(tested.feed(update(20, [authentication, stamp(20)]))).toEqual([]);
    const again = { packet: packetAt(99) };
    expect(tested.feed(update(20, [authentication, stamp(20)], again))).toHaveLength(1);
    expect(tested.feed(update(1, [authentication, stamp(1)], again))).toHaveLength(1);
    expect(tested.alerts).toHaveLength(1);
  });

  it('does not forget the last timestamp over updates that nobody accepted', () => {
    const tested = underTest(rule2606);
    tested.feedAll([update(20, [authentication, stamp(20)]), accepted(20)]);
    tested.feed(update(30, [authentication, stamp(2)]));
    expect(tested.feed(update(31, [authentication, stamp(3)]))).toHaveLength(1);
  });

  it('reports a wrong option under a given key', () => {
    const tested = underTest(rule2606);
    const event = { ...update(1, [authentication]), verdicts: verdict({}) };
    expect(only(tested.feed(event)).confidence).toBe('certain');
    const right = { ...event, verdicts: verdict({ status: 'right' }) };
    expect(tested.feed(right)).toEqual([]);
  });

  it('accepts sites that always use one method, and registrations in clear', () => {
    const tested = underTest(rule2606);
    for (let i = 1; i < 9; i++) {
      tested.feedAll([update(i, [authentication, stamp(i)]), accepted(i)]);
    }
    const clear = underTest(rule2606);
    clear.feedAll([update(1, []), accepted(1), update(2, []), accepted(2)]);
    expect([...tested.alerts, ...clear.alerts]).toEqual([]);
  });
});

describe('MIP6-2607', () => {
  const signed = (verdicts: readonly Verification[]): MobilityEvent => ({
    ...bindingUpdateEvent({ flags: ['acknowledge'] }, { context: { destination: CORRESPONDENT } }),
    verdicts,
  });

  it('reports a proof that is wrong, and none that is right', () => {
    const tested = underTest(rule2607);
    const wrong = verdict({ code: 'CGA_SIGNATURE', detail: 'the hash differs' });
    expect(only(tested.feed(signed(wrong))).homeAddress).toEqual(HOME_ADDRESS);
    expect(tested.feed(signed(verdict({ code: 'CGA_SIGNATURE', status: 'right' })))).toEqual([]);
    expect(tested.feed(signed(verdict({})))).toEqual([]);
  });

  it('reports a refusal as low', () => {
    const refused = bindingAcknowledgementEvent({ status: 148 });
    expect(only(underTest(rule2607).feed(refused)).severity).toBe('low');
  });
});

describe('MIP6-2608', () => {
  it('reports identities in clear, once for all nodes of an agent', () => {
    const tested = underTest(rule2608);
    tested.feed(bindingUpdateEvent({ options: [nai('alice@example.net')] }));
    tested.feed(bindingUpdateEvent({ options: [nai('bob@example.net')] }));
    tested.feed(bindingAcknowledgementEvent({}, { options: [nai('bob@example.net')] }));
    expect(tested.alerts).toHaveLength(1);
    expect(JSON.stringify(tested.alerts[0])).not.toMatch(/alice/);
  });

  it('reports a selected service', () => {
    const identifier = Uint8Array.of(105, 109, 115);
    const options = [{ kind: 'service-selection', identifier } as const];
    expect(underTest(rule2608).feed(bindingUpdateEvent({ options }))).toHaveLength(1);
  });

  it('accepts ESP, the home link, IPv6 addresses as identifiers, and addresses alone', () => {
    const tested = underTest(rule2608);
    const options = [nai('alice@example.net')];
    tested.feed(bindingUpdateEvent({ options }, { context: { protection: 'esp-transport' } }));
    tested.feed(bindingUpdateEvent({ options }, { context: { link: makeLink('home') } }));
    const identifier = HOME_ADDRESS;
    tested.feed(
      bindingUpdateEvent({ options: [{ kind: 'mobile-node-identifier', subtype: 2, identifier }] }),
    );
    tested.feed(bindingUpdateEvent());
    expect(tested.alerts).toEqual([]);
  });
});

describe('MIP6-2609', () => {
  const vendor = (vendorId: number): MobilityOption => ({
    kind: 'vendor-specific',
    vendorId,
    subType: 1,
    data: concatenate([Uint8Array.of(1, 2)]),
  });

  it('reports experimental messages and vendor options, once for one receiver', () => {
    const tested = underTest(rule2609);
    tested.feed(mobilityEvent({ kind: 'experimental', data: new Uint8Array(10) }));
    tested.feed(bindingUpdateEvent({ options: [vendor(9)] }));
    tested.feed(bindingUpdateEvent({ options: [vendor(11)] }));
    expect(tested.alerts).toHaveLength(2);
  });

  it('accepts what is expected, and options of 3GPP in proxy registrations', () => {
    const params = { expectedVendor: 9, allowExperimental: 1 };
    const tested = underTest(rule2609, { params });
    tested.feed(mobilityEvent({ kind: 'experimental', data: new Uint8Array(10) }));
    tested.feed(bindingUpdateEvent({ options: [vendor(9)] }));
    tested.feed(proxyUpdate({ more: [vendor(10_415)] }));
    expect(tested.alerts).toEqual([]);
    expect(tested.feed(bindingUpdateEvent({ options: [vendor(10_415)] }))).toHaveLength(1);
  });
});
