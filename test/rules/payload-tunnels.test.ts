import { describe, expect, it } from 'vitest';
import { BINDING_UPDATE_FLAGS } from '../../dissectors/mobility/messages/binding.ts';
import type { Binding } from '../../engine/state/binding-cache.ts';
import mip62201 from '../../rules/tunnel/mip6-2201.ts';
import mip62202 from '../../rules/tunnel/mip6-2202.ts';
import mip62203 from '../../rules/tunnel/mip6-2203.ts';
import mip62204 from '../../rules/tunnel/mip6-2204.ts';
import mip62205 from '../../rules/tunnel/mip6-2205.ts';
import mip62206 from '../../rules/tunnel/mip6-2206.ts';
import { VICTIM, optionEvent, routingEvent } from './address-header-events.ts';
import {
  ATTACKER,
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  HOME_AGENT,
  OTHER_CARE_OF_ADDRESS,
  OTHER_HOME_ADDRESS,
  START_TIME,
  address,
  bindingUpdateEvent,
  homeAddressTrafficEvent,
  makeBinding,
  makeLink,
  makeSite,
  only,
  packetAt,
  tickEvent,
  tunnelledEvent,
  underTest,
} from './event-builders.ts';

const { acknowledge, homeRegistration, mobileRouter } = BINDING_UPDATE_FLAGS;
const NODE = Uint8Array.of(0x00, 0x0d, 0x93, 0x55, 0x8f, 0x79);
const NEIGHBOR = Uint8Array.of(0x00, 0x07, 0x40, 0x53, 0xe1, 0xe5);

/** A Binding Update that waits for its acknowledgement. */
function pending(careOfAddress: Uint8Array, lifetime = 60): Binding['pending'] {
  return {
    careOfAddress,
    sequence: 2,
    lifetime,
    isHomeStyle: lifetime === 0,
    relay: undefined,
    packet: packetAt(2),
  };
}

/** A binding that was seen long before the packets of the test. */
function settled(overrides: Partial<Binding> = {}): Binding {
  return makeBinding({ firstSeen: START_TIME - 60e6, ...overrides });
}

describe('MIP6-2201', () => {
  const stranger = tunnelledEvent({ outer: { source: ATTACKER } });

  it('alerts on a tunnel that does not begin at the care-of address', () => {
    const test = underTest(mip62201, { bindings: [settled()] });
    expect(test.feed(stranger)).toEqual([]);
    const draft = only(test.feed(tickEvent(4)));
    expect(draft).toMatchObject({ confidence: 'certain', attacker: ATTACKER });
    expect(test.feed(tickEvent(5))).toEqual([]);
  });

  it('says nothing when the Binding Update comes right after the packet', () => {
    const binding = settled();
    const test = underTest(mip62201, { bindings: [binding] });
    test.feed(stranger);
    binding.pending = pending(ATTACKER);
    expect(test.feed(tickEvent(4))).toEqual([]);
  });

  it('takes packets of the former care-of address for late ones, and weighs later ones less', () => {
    const binding = settled({
      careOfAddress: OTHER_CARE_OF_ADDRESS,
      previousCareOfAddresses: [CARE_OF_ADDRESS],
    });
    const test = underTest(mip62201, { bindings: [binding] });
    expect(test.feedAll([tunnelledEvent(), tickEvent(4)])).toEqual([]);
    const late = tunnelledEvent({ context: { packet: packetAt(20) } });
    expect(only(test.feedAll([late, tickEvent(23)]))).toMatchObject({ severity: 'low' });
  });

  it('leaves tunnels under ESP, unknown home addresses and bindings that are over alone', () => {
    const under = tunnelledEvent({
      outer: { source: ATTACKER },
      context: { protection: 'esp-tunnel' },
    });
    const known = { bindings: [settled()] };
    expect(underTest(mip62201, known).feedAll([under, tickEvent(4)])).toEqual([]);
    expect(underTest(mip62201).feedAll([stranger, tickEvent(4)])).toEqual([]);
    const over = { bindings: [settled({ phase: 'deregistered' })] };
    expect(underTest(mip62201, over).feedAll([stranger, tickEvent(4)])).toEqual([]);
  });

  it('weighs it less while a care-of address of before the capture may be in use, or is answered', () => {
    const early = underTest(mip62201, { bindings: [makeBinding()] });
    expect(only(early.feedAll([stranger, tickEvent(4)]))).toMatchObject({ severity: 'low' });
    const back = tunnelledEvent({
      direction: 'from-home-agent',
      context: { source: CORRESPONDENT, destination: HOME_ADDRESS },
      outer: { source: HOME_AGENT, destination: ATTACKER },
    });
    const agreed = underTest(mip62201, { bindings: [settled()] });
    expect(only(agreed.feedAll([stranger, back, tickEvent(4)]))).toMatchObject({ severity: 'low' });
  });

  it('leaves the care-of address of another node to MIP6-2202', () => {
    const other = settled({ homeAddress: OTHER_HOME_ADDRESS, careOfAddress: ATTACKER });
    const test = underTest(mip62201, { bindings: [settled(), other] });
    expect(test.feedAll([stranger, tickEvent(4)])).toEqual([]);
  });

  it('makes one alert of a flood from made-up addresses, and another for another home address', () => {
    const other = settled({
      homeAddress: OTHER_HOME_ADDRESS,
      careOfAddress: OTHER_CARE_OF_ADDRESS,
    });
    const test = underTest(mip62201, { bindings: [settled(), other] });
    for (let i = 1; i <= 3000; i++) {
      const source = address(`2001:db8:66::${i.toString(16)}`);
      test.feed(tunnelledEvent({ outer: { source } }));
    }
    const victim = { source: OTHER_HOME_ADDRESS };
    test.feed(tunnelledEvent({ context: victim, outer: { source: ATTACKER } }));
    expect(test.feed(tickEvent(5))).toHaveLength(2);
  });
});

describe('MIP6-2202', () => {
  const foreign = tunnelledEvent({ context: { source: VICTIM } });

  it('alerts on a packet in the tunnel of a node that is not from its home address', () => {
    const test = underTest(mip62202, { bindings: [makeBinding()] });
    expect(only(test.feed(foreign))).toMatchObject({
      confidence: 'certain',
      attacker: CARE_OF_ADDRESS,
    });
    const opened = tunnelledEvent({ context: { source: VICTIM, protection: 'esp-tunnel' } });
    expect(test.feed(opened)).toHaveLength(1);
  });

  it('is less sure when it may be a second home address of the node, and sure when it is of another', () => {
    const context = { source: OTHER_HOME_ADDRESS };
    const test = underTest(mip62202, { bindings: [makeBinding()] });
    expect(only(test.feed(tunnelledEvent({ context }))).confidence).toBe('partial');
    const other = makeBinding({
      homeAddress: OTHER_HOME_ADDRESS,
      careOfAddress: OTHER_CARE_OF_ADDRESS,
    });
    const both = underTest(mip62202, { bindings: [makeBinding(), other] });
    expect(only(both.feed(tunnelledEvent({ context }))).confidence).toBe('certain');
  });

  it('leaves the node, the tunnel itself, mobile routers and nodes that share an address alone', () => {
    const test = underTest(mip62202, { bindings: [makeBinding()] });
    expect(test.feed(tunnelledEvent())).toEqual([]);
    expect(test.feed(tunnelledEvent({ context: { source: CARE_OF_ADDRESS } }))).toEqual([]);
    expect(test.feed(tunnelledEvent({ context: { source: address('fe80::1') } }))).toEqual([]);
    expect(test.feed(tunnelledEvent({ context: { source: address('::') } }))).toEqual([]);
    const flags = acknowledge.mask | homeRegistration.mask | mobileRouter.mask;
    expect(underTest(mip62202, { bindings: [makeBinding({ flags })] }).feed(foreign)).toEqual([]);
    const shared = makeBinding({ homeAddress: OTHER_HOME_ADDRESS });
    const two = underTest(mip62202, { bindings: [makeBinding(), shared] });
    expect(two.feed(tunnelledEvent({ context: { source: OTHER_HOME_ADDRESS } }))).toEqual([]);
    expect(test.feed(tunnelledEvent({ ...foreign, direction: 'other' }))).toEqual([]);
  });
});

describe('MIP6-2203', () => {
  function to(source: Uint8Array, context = {}): ReturnType<typeof tunnelledEvent> {
    return tunnelledEvent({
      direction: 'other',
      context: { source: CORRESPONDENT, destination: HOME_ADDRESS, ...context },
      outer: { source, destination: CARE_OF_ADDRESS },
    });
  }

  it('alerts on a tunnel to the node that its home agent did not send', () => {
    const test = underTest(mip62203, { bindings: [makeBinding()] });
    expect(only(test.feed(to(ATTACKER)))).toMatchObject({
      confidence: 'certain',
      attacker: ATTACKER,
    });
  });

  it('is less sure when nobody told the home agents', () => {
    const site = makeSite({ homeAgents: [] });
    const test = underTest(mip62203, { bindings: [makeBinding()], site });
    expect(only(test.feed(to(ATTACKER))).confidence).toBe('partial');
  });

  it('leaves home agents, told anchors, ESP and other inner addresses alone', () => {
    const anchor = address('2001:db8:3::1');
    const site = makeSite();
    const told = makeSite({ domain: { ...site.domain, mobilityAnchorPoints: [anchor] } });
    const test = underTest(mip62203, { bindings: [makeBinding()], site: told });
    expect(test.feed(to(HOME_AGENT))).toEqual([]);
    expect(test.feed(to(anchor))).toEqual([]);
    expect(test.feed(to(ATTACKER, { protection: 'esp-tunnel' }))).toEqual([]);
    expect(test.feed(to(ATTACKER, { destination: VICTIM }))).toEqual([]);
  });
});

describe('MIP6-2204', () => {
  const bound = (): Binding => settled({ peer: CORRESPONDENT, role: 'correspondent' });
  const wrong = optionEvent({ homeAddress: HOME_ADDRESS, relation: 'other-care-of-address' });
  const back = routingEvent({
    relation: 'other-care-of-address',
    context: {
      source: CORRESPONDENT,
      destination: ATTACKER,
      routingHomeAddress: HOME_ADDRESS,
      packet: packetAt(1, 1.2),
    },
  });

  it('alerts on a pair of addresses that the binding does not say', () => {
    const test = underTest(mip62204, { bindings: [bound()] });
    expect(test.feed(wrong)).toEqual([]);
    expect(only(test.feed(tickEvent(4)))).toMatchObject({
      confidence: 'certain',
      attacker: ATTACKER,
    });
  });

  it('alerts on a type 2 routing header to a care-of address of somebody else', () => {
    const test = underTest(mip62204, { bindings: [settled()] });
    const draft = only(test.feedAll([back, tickEvent(4)]));
    expect(draft).toMatchObject({ attacker: CORRESPONDENT, homeAgent: HOME_AGENT });
  });

  it('says nothing when the Binding Update comes right after the packet', () => {
    const binding = bound();
    const test = underTest(mip62204, { bindings: [binding] });
    test.feed(wrong);
    binding.pending = pending(ATTACKER);
    expect(test.feed(tickEvent(4))).toEqual([]);
  });

  it('weighs it less when both ends use the pair: the Binding Update was not captured', () => {
    const test = underTest(mip62204, { bindings: [bound()] });
    expect(only(test.feedAll([wrong, back, tickEvent(4)]))).toMatchObject({
      severity: 'low',
      confidence: 'partial',
    });
  });

  it('weighs it less right after the first registration that was seen', () => {
    const early = makeBinding({ peer: CORRESPONDENT, role: 'correspondent' });
    const test = underTest(mip62204, { bindings: [early] });
    expect(only(test.feedAll([wrong, tickEvent(4)]))).toMatchObject({ severity: 'low' });
  });

  it('takes packets around a handover for early or late ones', () => {
    const moved = settled({
      peer: CORRESPONDENT,
      role: 'correspondent',
      careOfAddress: CARE_OF_ADDRESS,
      previousCareOfAddresses: [ATTACKER],
    });
    const late = { ...wrong, relation: 'previous' } as const;
    const test = underTest(mip62204, { bindings: [moved] });
    expect(test.feedAll([late, tickEvent(4)])).toEqual([]);
  });

  it('leaves other relations and unknown bindings alone', () => {
    const test = underTest(mip62204, { bindings: [bound()] });
    expect(test.feedAll([{ ...wrong, relation: 'bound' }, tickEvent(4)])).toEqual([]);
    expect(test.feedAll([{ ...wrong, relation: 'none' }, tickEvent(8)])).toEqual([]);
    expect(underTest(mip62204).feedAll([wrong, tickEvent(4)])).toEqual([]);
  });
});

describe('MIP6-2205', () => {
  const foreign = makeLink('foreign');

  function bare(count: number, linkSource = NODE, hopLimit = 64) {
    return Array.from({ length: count }, (_, i) =>
      homeAddressTrafficEvent({
        context: { link: foreign, linkSource, hopLimit, packet: packetAt(i + 2) },
      }),
    );
  }
  const away = bindingUpdateEvent({}, { context: { linkSource: NODE, link: foreign } });

  it('alerts when the node that is registered sends past its tunnel', () => {
    const test = underTest(mip62205, { bindings: [makeBinding()] });
    const draft = only(test.feedAll([away, ...bare(3)]));
    expect(draft).toMatchObject({ confidence: 'certain', stage: 'unprotected-traffic' });
    expect(draft.attacker).toBeUndefined();
  });

  it('names a neighbour that sends as the node', () => {
    const test = underTest(mip62205, { bindings: [makeBinding()] });
    const draft = only(test.feedAll([away, ...bare(3, NEIGHBOR)]));
    expect(draft).toMatchObject({ confidence: 'partial', attacker: NEIGHBOR });
  });

  it('says nothing of a slip after a start, and nothing spread over a long time', () => {
    const test = underTest(mip62205, {
      bindings: [makeBinding({ expiresAt: START_TIME + 3600e6 })],
    });
    expect(test.feedAll(bare(2))).toEqual([]);
    const later = bare(1).map((event) => ({
      ...event,
      context: { ...event.context, packet: packetAt(9, 120) },
    }));
    expect(test.feedAll(later)).toEqual([]);
  });

  it('leaves packets alone that a router brings onto the link', () => {
    const known = { bindings: [makeBinding()] };
    expect(underTest(mip62205, known).feedAll(bare(9, NEIGHBOR, 60))).toEqual([]);
    const site = makeSite({ outsideLinkLayerAddresses: [NEIGHBOR] });
    expect(underTest(mip62205, { ...known, site }).feedAll(bare(9, NEIGHBOR))).toEqual([]);
  });

  it('leaves nodes alone that are not registered or ask to be taken for at home', () => {
    expect(underTest(mip62205).feedAll(bare(9))).toEqual([]);
    const returning = makeBinding({ pending: pending(HOME_ADDRESS, 0) });
    expect(underTest(mip62205, { bindings: [returning] }).feedAll(bare(9))).toEqual([]);
    const sent = makeBinding({ phase: 'deregistration-sent' });
    expect(underTest(mip62205, { bindings: [sent] }).feedAll(bare(9))).toEqual([]);
  });

  it('leaves groups of the link and packets to the node alone', () => {
    const test = underTest(mip62205, { bindings: [makeBinding()] });
    const groups = bare(9).map((event) => ({
      ...event,
      context: { ...event.context, destination: address('ff02::16') },
    }));
    expect(test.feedAll(groups)).toEqual([]);
    const inbound = bare(9).map((event) => ({ ...event, direction: 'to' as const }));
    expect(test.feedAll(inbound)).toEqual([]);
  });
});

describe('MIP6-2206', () => {
  it.each(['mld', 'dhcpv6'] as const)('alerts on %s in a plain tunnel of a node', (control) => {
    const test = underTest(mip62206, { bindings: [makeBinding()] });
    const draft = only(test.feed(tunnelledEvent({ control })));
    expect(draft.severity).toBeUndefined();
    const down = tunnelledEvent({
      control,
      direction: 'from-home-agent',
      outer: { source: HOME_AGENT, destination: CARE_OF_ADDRESS },
    });
    expect(only(test.feed(down)).object).toBe(draft.object);
  });

  it('weighs it less where the site has given up IPsec', () => {
    const site = makeSite({ ipsec: { signalling: 'optional', payload: 'optional' } });
    const test = underTest(mip62206, { bindings: [makeBinding()], site });
    expect(only(test.feed(tunnelledEvent({ control: 'mld' }))).severity).toBe('low');
  });

  it('leaves ESP, payload, routing and strangers alone', () => {
    const test = underTest(mip62206, { bindings: [makeBinding()] });
    expect(test.feed(tunnelledEvent())).toEqual([]);
    expect(test.feed(tunnelledEvent({ control: 'routing' }))).toEqual([]);
    const under = tunnelledEvent({ control: 'mld', context: { protection: 'esp-tunnel' } });
    expect(test.feed(under)).toEqual([]);
    expect(underTest(mip62206).feed(tunnelledEvent({ control: 'mld' }))).toEqual([]);
  });
});
