/**
 * Rules MIP6-1105 to 1107 and 1110: provoked de-registrations and their relay.
 */
import { describe, expect, it } from 'vitest';
import type { EngineEvent, EspEvent, Link, PacketContext } from '../../engine/events.ts';
import type { Binding } from '../../engine/state/binding-cache.ts';
import rule1105 from '../../rules/home-link/mip6-1105.ts';
import rule1106 from '../../rules/home-link/mip6-1106.ts';
import rule1107 from '../../rules/home-link/mip6-1107.ts';
import rule1110 from '../../rules/home-link/mip6-1110.ts';
import {
  ATTACKER,
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  HOME_AGENT,
  OTHER_CARE_OF_ADDRESS,
  START_TIME,
  alternateCareOfAddress,
  bindingAcknowledgementEvent,
  bindingUpdateEvent,
  espEvent,
  homeAddressTrafficEvent,
  icmpv6Event,
  linkLayer,
  makeBinding,
  makeLink,
  makeSite,
  packetAt,
  packetContext,
  relayEvent,
  tickEvent,
  underTest,
  address,
} from './event-builders.ts';
import type { RuleUnderTest } from './event-builders.ts';
import { mobileNode } from './site.ts';

const MAC = linkLayer('02:00:00:00:00:02');

/** ESP from the home address to the home agent, nothing in front of it. */
function plainEsp(context: Partial<PacketContext> = {}, fields: Partial<EspEvent> = {}): EspEvent {
  return espEvent({
    ...fields,
    layout: 'plain',
    context: { source: HOME_ADDRESS, destination: HOME_AGENT, linkSource: MAC, ...context },
  });
}

/** ESP from the home agent to the home address, nothing in front of it. */
function plainAnswer(context: Partial<PacketContext> = {}): EspEvent {
  return espEvent({
    layout: 'plain',
    context: { source: HOME_AGENT, destination: HOME_ADDRESS, linkSource: MAC, ...context },
  });
}

/** A live binding of a node whose tunnel was seen. */
function tunnelled(overrides: Partial<Binding> = {}): Binding {
  return makeBinding({
    lifetime: 420,
    expiresAt: START_TIME + 1000e6,
    tunnelPackets: 20,
    lastTunnelFrom: START_TIME + 95e6,
    lastTunnelTo: START_TIME + 95e6,
    ...overrides,
  });
}

describe('rule 1105, a de-registration as if at home', () => {
  const bindings = [makeBinding()];

  it('alerts on a foreign link, readable or not', () => {
    const encrypted = underTest(rule1105, { bindings }).feed(plainEsp());
    const clear = underTest(rule1105, { bindings }).feed(
      bindingUpdateEvent(
        { lifetime: 0 },
        { context: { source: HOME_ADDRESS, homeAddressOption: undefined } },
      ),
    );
    for (const alerts of [encrypted, clear]) {
      expect(alerts).toMatchObject([
        { confidence: 'certain', stage: 'deregistration-provoked', homeAddress: HOME_ADDRESS },
      ]);
    }
  });

  it('is partial without anything that confirms it, and certain after a false advertisement', () => {
    const site = makeSite({ mobileNodes: [mobileNode('node', HOME_ADDRESS)] });
    const rule = underTest(rule1105, { site });
    expect(rule.feed(plainEsp())).toMatchObject([{ confidence: 'partial' }]);
    rule.feed(
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
              kind: 'prefix-information',
              prefixLength: 64,
              flags: 0xc0,
              validLifetime: 9000,
              preferredLifetime: 9000,
              prefix: HOME_ADDRESS,
            },
          ],
        },
        { context: { packet: packetAt(20) } },
      ),
    );
    const alerts = rule.feed(plainEsp({ packet: packetAt(30) }));
    expect(alerts).toMatchObject([{ confidence: 'certain' }]);
    expect(alerts[0]?.evidence.map(({ packet }) => packet.number)).toEqual([20, 30]);
  });

  const silent: readonly (readonly [string, EngineEvent])[] = [
    ['on the home link', plainEsp({ link: makeLink('home') })],
    ['on a link of unknown role', plainEsp({ link: makeLink('unknown') })],
    ['through a tunnel', plainEsp({ outer: packetContext() })],
    ['over UDP and IPv4', plainEsp({ encapsulation: ['udp:4191'] })],
    ['that is a tunnel packet from the care-of address', plainEsp({ source: CARE_OF_ADDRESS })],
    ['of another home agent', plainEsp({ destination: CORRESPONDENT })],
    ['with a Home Address option', espEvent()],
    [
      'that registers',
      bindingUpdateEvent({}, { context: { source: HOME_ADDRESS, homeAddressOption: undefined } }),
    ],
    ['as an answer', plainAnswer()],
  ];

  it.each(silent)('is silent %s', (_name, event) => {
    expect(underTest(rule1105, { bindings }).feed(event)).toEqual([]);
  });

  it('learns from a relay where it happened, and counts one packet once', () => {
    const link = makeLink('unknown', { id: 7 });
    const rule = underTest(rule1105, { bindings, site: makeSite({ homeAgents: [] }) });
    rule.feed(plainEsp({ link, packet: packetAt(1) }));
    const relay = relayEvent({ plainLink: link, plain: packetAt(1) });
    expect(rule.feed(relay)).toMatchObject([{ confidence: 'certain' }]);
    expect(rule.feed(relay)).toEqual([]);
    expect(
      underTest(rule1105, { bindings }).feed(relayEvent({ plainLink: makeLink('home') })),
    ).toEqual([]);
  });
});

describe('rule 1106 with both copies of an ESP packet', () => {
  it('is certain, and names both packets and the relay', () => {
    const alerts = underTest(rule1106).feed(relayEvent());
    expect(alerts).toMatchObject([
      { confidence: 'certain', attacker: ATTACKER, stage: 'binding-update-relayed' },
    ]);
    expect(alerts[0]?.evidence.map(({ packet }) => packet.number)).toEqual([1, 2]);
  });

  it("does not accuse the node itself when the relay borrows the node's care-of address", () => {
    const [alert] = underTest(rule1106, { bindings: [makeBinding()] }).feed(
      relayEvent({ relay: CARE_OF_ADDRESS }),
    );
    expect(alert?.confidence).toBe('certain');
    expect(alert).not.toHaveProperty('attacker');
  });

  it('leaves acknowledgements to rule 1107', () => {
    const event = relayEvent({ direction: 'from-home-agent' });
    expect(underTest(rule1106).feed(event)).toEqual([]);
    expect(underTest(rule1107).feed(event)).toHaveLength(1);
    expect(underTest(rule1107).feed(relayEvent())).toEqual([]);
  });
});

describe('rule 1106 without keys, from the side of the home agent', () => {
  const edge: Link = makeLink('transit');
  const AT = START_TIME + 100e6;

  /** An encrypted update from an address, its answer after 20 ms; the binding moves as the engine would say. */
  function handover(
    rule: RuleUnderTest,
    binding: Binding,
    to: Uint8Array,
    fields: { length?: number; seconds?: number; isAnswered?: boolean } = {},
  ): number {
    const { length = 84, seconds = 100, isAnswered = true } = fields;
    let alerts = rule.feed(
      espEvent({ length, context: { source: to, packet: packetAt(50, seconds), link: edge } }),
    ).length;
    if (!isAnswered) return alerts;
    const answer = espEvent({
      layout: 'type-2-routing-header',
      context: { destination: to, packet: packetAt(51, seconds + 0.02), link: edge },
    });
    alerts += rule.feed(answer).length;
    binding.previousCareOfAddresses.push(binding.careOfAddress);
    binding.careOfAddress = to;
    binding.registeredAt = START_TIME + (seconds + 0.02) * 1e6;
    binding.lastTunnelFrom = 0;
    binding.lastTunnelTo = 0;
    binding.lastTunnelFromPrevious = 0;
    return alerts;
  }

  function watched(binding: Binding): RuleUnderTest {
    const rule = underTest(rule1106, { bindings: [binding] });
    // The usual length of its updates.
    rule.feed(espEvent({ length: 84, context: { packet: packetAt(40, 40), link: edge } }));
    return rule;
  }

  it('is silent about the handover of an idle node', () => {
    const binding = tunnelled();
    const rule = watched(binding);
    expect(handover(rule, binding, OTHER_CARE_OF_ADDRESS)).toBe(0);
    expect(rule.feed(tickEvent(112))).toEqual([]);
    expect(rule.feed(tickEvent(300, true))).toEqual([]);
  });

  it('is silent about a handover whose traffic follows, late packets from the old address included', () => {
    const binding = tunnelled();
    const rule = watched(binding);
    handover(rule, binding, OTHER_CARE_OF_ADDRESS);
    binding.lastTunnelFromPrevious = AT + 3e6;
    binding.lastTunnelFrom = AT + 4e6;
    expect(rule.feed(tickEvent(112))).toEqual([]);
  });

  it('is silent about a node that moves on and back within seconds', () => {
    const binding = tunnelled();
    const rule = watched(binding);
    expect(handover(rule, binding, OTHER_CARE_OF_ADDRESS)).toBe(0);
    expect(handover(rule, binding, CARE_OF_ADDRESS, { seconds: 102 })).toBe(0);
    expect(handover(rule, binding, OTHER_CARE_OF_ADDRESS, { seconds: 104 })).toBe(0);
    binding.lastTunnelFrom = AT + 5e6;
    expect(rule.feed(tickEvent(120, true))).toEqual([]);
  });

  it('alerts when the old care-of address goes on and the new one never speaks', () => {
    const binding = tunnelled();
    const rule = watched(binding);
    handover(rule, binding, ATTACKER);
    binding.lastTunnelFromPrevious = AT + 6e6;
    expect(rule.feed(tickEvent(105))).toEqual([]);
    expect(rule.feed(tickEvent(112))).toMatchObject([
      { confidence: 'partial', attacker: ATTACKER, homeAddress: HOME_ADDRESS },
    ]);
    expect(rule.feed(tickEvent(113))).toEqual([]);
  });

  it('alerts when the update is shorter by an Alternate Care-of Address and is answered', () => {
    const binding = tunnelled();
    const rule = watched(binding);
    expect(handover(rule, binding, ATTACKER, { length: 68 })).toBe(1);
    const other = tunnelled();
    expect(handover(watched(other), other, ATTACKER, { length: 68, isAnswered: false })).toBe(0);
  });

  it('is silent about an update over UDP, which has no Alternate Care-of Address', () => {
    const binding = tunnelled();
    const rule = watched(binding);
    const context = { link: edge, encapsulation: ['udp:4191'] };
    const mapped = address('::ffff:198.51.100.7');
    const update = { source: mapped, packet: packetAt(50, 100), ...context };
    const answered = { destination: mapped, packet: packetAt(51, 100.02), ...context };
    const events = [
      espEvent({ length: 68, context: update }),
      espEvent({ layout: 'type-2-routing-header', context: answered }),
    ];
    expect(rule.feedAll(events)).toEqual([]);
  });

  it('alerts when packets for the node are not tunnelled to where it seems to have registered', () => {
    const inbound = homeAddressTrafficEvent({
      direction: 'to',
      context: { packet: packetAt(60, 104), link: edge },
    });
    const binding = tunnelled();
    const rule = watched(binding);
    handover(rule, binding, ATTACKER);
    rule.feed(inbound);
    expect(rule.feed(tickEvent(112))).toHaveLength(1);

    const moved = tunnelled();
    const quiet = watched(moved);
    handover(quiet, moved, OTHER_CARE_OF_ADDRESS);
    quiet.feed(inbound);
    moved.lastTunnelTo = AT + 4.01e6;
    expect(quiet.feed(tickEvent(112))).toEqual([]);

    const home = tunnelled();
    const returned = watched(home);
    handover(returned, home, OTHER_CARE_OF_ADDRESS);
    returned.feed(inbound);
    returned.feed(homeAddressTrafficEvent({ context: { packet: packetAt(61, 105), link: edge } }));
    expect(returned.feed(tickEvent(112))).toEqual([]);
  });

  it('alerts when the node sends bare from a foreign link', () => {
    const binding = tunnelled();
    const rule = watched(binding);
    handover(rule, binding, ATTACKER);
    rule.feed(homeAddressTrafficEvent({ context: { packet: packetAt(60, 103) } }));
    expect(rule.feed(tickEvent(112))).toHaveLength(1);
  });

  it('does not take home-address traffic of the home agent for a sign', () => {
    const binding = tunnelled();
    const rule = watched(binding);
    handover(rule, binding, OTHER_CARE_OF_ADDRESS);
    const forwarded = { packet: packetAt(60, 103), link: edge };
    rule.feed(homeAddressTrafficEvent({ context: forwarded }));
    expect(rule.feed(tickEvent(112))).toEqual([]);
  });

  it('is silent when the node signals as at home afterwards, or the address is known', () => {
    const binding = tunnelled();
    const rule = watched(binding);
    handover(rule, binding, OTHER_CARE_OF_ADDRESS);
    binding.lastTunnelFromPrevious = AT + 6e6;
    rule.feed(plainEsp({ packet: packetAt(60, 104), link: makeLink('home') }));
    expect(rule.feed(tickEvent(112))).toEqual([]);

    const back = tunnelled({ previousCareOfAddresses: [OTHER_CARE_OF_ADDRESS] });
    const known = watched(back);
    handover(known, back, OTHER_CARE_OF_ADDRESS, { length: 68 });
    back.lastTunnelFromPrevious = AT + 6e6;
    expect(known.feed(tickEvent(112))).toEqual([]);
  });

  it('adds nothing where the relay was caught with both copies', () => {
    const binding = tunnelled();
    const rule = watched(binding);
    rule.feed(relayEvent({ extended: packetAt(50, 100), context: { packet: packetAt(50, 100) } }));
    handover(rule, binding, ATTACKER);
    binding.lastTunnelFromPrevious = AT + 6e6;
    expect(rule.feed(tickEvent(112))).toEqual([]);
  });
});

describe('rule 1106 with keys', () => {
  it('is silent about registrations and strict de-registrations of a node that changes its address quickly', () => {
    const binding = tunnelled({ knownBy: 'decrypted' });
    const rule = underTest(rule1106, { bindings: [binding] });
    const update = (source: Uint8Array, lifetime: number, number: number): EngineEvent =>
      bindingUpdateEvent(
        { lifetime, sequence: number, options: [alternateCareOfAddress(source)] },
        { context: { source, packet: packetAt(number), protection: 'esp-transport' } },
      );
    const events = [
      update(OTHER_CARE_OF_ADDRESS, 105, 2),
      update(CARE_OF_ADDRESS, 105, 3),
      update(CARE_OF_ADDRESS, 105, 4),
      update(CARE_OF_ADDRESS, 0, 5),
      update(OTHER_CARE_OF_ADDRESS, 0, 6),
    ];
    expect(rule.feedAll(events)).toEqual([]);
  });
});

describe('rule 1107', () => {
  const bindings = [makeBinding()];

  it('is certain with both copies', () => {
    const alerts = underTest(rule1107).feed(relayEvent({ direction: 'from-home-agent' }));
    expect(alerts).toMatchObject([
      { confidence: 'certain', stage: 'acknowledgement-stripped', attacker: ATTACKER },
    ]);
  });

  it('does not count a refusal as taken effect', () => {
    const rule = underTest(rule1107);
    const esp = { spi: 0x1000, sequence: 7, integrityVerified: true };
    rule.feed(
      bindingAcknowledgementEvent(
        { status: 135, lifetime: 0 },
        { context: { destination: ATTACKER, protection: 'esp-transport', esp } },
      ),
    );
    expect(rule.feed(relayEvent({ direction: 'from-home-agent' }))).toMatchObject([
      { stage: 'binding-update-relayed' },
    ]);
  });

  it('alerts about an answer without routing header on a foreign link only', () => {
    const onLink = (role: 'home' | 'foreign' | 'unknown' | 'transit'): number =>
      underTest(rule1107, { bindings }).feed(plainAnswer({ link: makeLink(role) })).length;
    expect(onLink('foreign')).toBe(1);
    expect([onLink('home'), onLink('unknown'), onLink('transit')]).toEqual([0, 0, 0]);
  });

  it('is silent about answers with routing header, whatever the link', () => {
    const rule = underTest(rule1107, { bindings });
    expect(rule.feed(espEvent({ layout: 'type-2-routing-header' }))).toEqual([]);
    expect(rule.feed(bindingAcknowledgementEvent({ lifetime: 0 }))).toEqual([]);
    expect(rule.feed(tickEvent(100, true))).toEqual([]);
  });

  /** A readable acknowledgement of a de-registration to an address. */
  const acknowledged = (destination: Uint8Array, status = 0): EngineEvent =>
    bindingAcknowledgementEvent(
      { lifetime: 0, status },
      { context: { destination, link: makeLink('transit'), protection: 'esp-transport' } },
    );

  it('tells from the home side alone that an address never was a care-of address, after a while', () => {
    const rule = underTest(rule1107, { bindings });
    expect(rule.feed(acknowledged(ATTACKER))).toEqual([]);
    expect(rule.feed(tickEvent(3))).toEqual([]);
    expect(rule.feed(tickEvent(8))).toMatchObject([
      { confidence: 'partial', attacker: ATTACKER, packet: { number: 1 } },
    ]);
    expect(rule.feed(tickEvent(20, true))).toEqual([]);
  });

  it('prefers the stripped copy when it follows', () => {
    const rule = underTest(rule1107, { bindings });
    rule.feed(acknowledged(ATTACKER));
    expect(rule.feed(relayEvent({ direction: 'from-home-agent' }))).toHaveLength(1);
    expect(rule.feed(tickEvent(20, true))).toEqual([]);
  });

  it.each([
    ['to the registered care-of address', CARE_OF_ADDRESS, 0],
    ['that refuses', ATTACKER, 135],
  ])('is silent about an acknowledgement %s', (_name, destination, status) => {
    const rule = underTest(rule1107, { bindings });
    rule.feed(acknowledged(destination, status));
    expect(rule.feed(tickEvent(20, true))).toEqual([]);
  });

  it('is silent when no registration is known', () => {
    const rule = underTest(rule1107);
    rule.feed(acknowledged(ATTACKER));
    expect(rule.feed(tickEvent(20, true))).toEqual([]);
  });

  it('recognises a copy in clear by sequence number and checksum', () => {
    const rule = underTest(rule1107, { bindings });
    const link = makeLink('unknown');
    const context = { destination: ATTACKER, link };
    expect(rule.feed(bindingAcknowledgementEvent({ lifetime: 0 }, { context }))).toEqual([]);
    const stripped = {
      destination: HOME_ADDRESS,
      routingHomeAddress: undefined,
      link,
      packet: packetAt(2),
    };
    expect(
      rule.feed(bindingAcknowledgementEvent({ lifetime: 0 }, { context: stripped })),
    ).toMatchObject([{ confidence: 'certain', stage: 'acknowledgement-stripped' }]);
  });
});

describe('rule 1110, a home address from outside', () => {
  const bindings = [makeBinding()];

  it('alerts on a transit link and behind an outside router', () => {
    const transit = underTest(rule1110, { bindings });
    expect(transit.feed(plainEsp({ link: makeLink('transit') }))).toHaveLength(1);
    const site = makeSite({ outsideLinkLayerAddresses: [MAC] });
    const behind = underTest(rule1110, { bindings, site });
    expect(behind.feed(plainEsp({ link: makeLink('home') }))).toHaveLength(1);
  });

  it('alerts about any Binding Update in clear', () => {
    const event = bindingUpdateEvent(
      {},
      {
        context: { source: HOME_ADDRESS, homeAddressOption: undefined, link: makeLink('transit') },
      },
    );
    expect(underTest(rule1110, { bindings }).feed(event)).toHaveLength(1);
  });

  it.each([
    ['of a node at home', plainEsp({ link: makeLink('home') })],
    ['of a node that is away', espEvent({ context: { link: makeLink('transit') } })],
    ['in a tunnel', plainEsp({ link: makeLink('transit'), outer: packetContext() })],
    ['from the home agent', plainAnswer({ link: makeLink('transit') })],
    [
      'between home agents',
      plainEsp({ link: makeLink('transit'), source: HOME_AGENT, destination: HOME_AGENT }),
    ],
  ])('is silent about signalling %s', (_name, event) => {
    expect(underTest(rule1110, { bindings }).feed(event)).toEqual([]);
  });
});
