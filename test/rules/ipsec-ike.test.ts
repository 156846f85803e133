import { describe, expect, it } from 'vitest';
import { identityKey, identityOf } from '../../engine/ike/identity.ts';
import type { IkeIdentity } from '../../engine/ike/identity.ts';
import { UNKNOWN_PARTIES } from '../../engine/ike/said.ts';
import type { EngineEvent, IkeEvent, PacketContext } from '../../engine/events.ts';
import type { RuleDefinition } from '../../engine/rule-api.ts';
import type { Site } from '../../engine/site.ts';
import mip61820 from '../../rules/ipsec/mip6-1820.ts';
import mip61821 from '../../rules/ipsec/mip6-1821.ts';
import {
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  HOME_AGENT,
  OTHER_CARE_OF_ADDRESS,
  OTHER_HOME_ADDRESS,
  bindingAcknowledgementEvent,
  bindingEvent,
  makeBinding,
  makeLink,
  makeSite,
  mobileNode,
  only,
  packetAt,
  packetContext,
  underTest,
} from './event-builders.ts';
import { address } from './site.ts';

const FQDN = 2;
const ALICE = identityOf(FQDN, new TextEncoder().encode('alice.example.org'));
const BOB = identityOf(FQDN, new TextEncoder().encode('bob.example.org'));

function ikeEvent(
  fields: Partial<Omit<IkeEvent, 'context'>> & { context?: Partial<PacketContext> } = {},
): IkeEvent {
  const { context, ...rest } = fields;
  return {
    kind: 'ike',
    context: packetContext({
      source: HOME_AGENT,
      destination: CARE_OF_ADDRESS,
      link: makeLink('transit'),
      ...context,
    }),
    version: 2,
    exchange: 35,
    initiatorSpi: new Uint8Array(8).fill(1),
    responderSpi: new Uint8Array(8).fill(2),
    messageId: 1,
    isInitiator: false,
    isResponse: true,
    reading: 'verified',
    authenticationMethods: [],
    parties: UNKNOWN_PARTIES,
    negotiated: undefined,
    moved: undefined,
    ...rest,
  };
}

const range = (start: Uint8Array, end = start) => ({ start, end });

/** IKE_AUTH of a node that speaks for `identity` and gets an association for `homeAddress`. */
function negotiation(
  identity: IkeIdentity,
  homeAddress: Uint8Array,
  fields: Parameters<typeof ikeEvent>[0] = {},
  outcome: 'accepted' | 'refused' = 'accepted',
): IkeEvent {
  return ikeEvent({
    negotiated: {
      outcome,
      ofInitiator: [range(homeAddress)],
      ofResponder: [range(HOME_AGENT)],
    },
    ...fields,
    parties: { ...UNKNOWN_PARTIES, initiator: identity, ...fields.parties },
  });
}

/** Alice has HOME_ADDRESS, Bob OTHER_HOME_ADDRESS. */
const site = (alice: readonly string[], bob: readonly string[]): Site =>
  makeSite({
    mobileNodes: [
      { ...mobileNode('alice', HOME_ADDRESS), identities: alice.map(identityKey) },
      { ...mobileNode('bob', OTHER_HOME_ADDRESS), identities: bob.map(identityKey) },
    ],
  });
const BOTH = site(['alice.example.org'], ['bob.example.org']);

describe('MIP6-1820 with identities in the site file', () => {
  it('reports a home address that is provisioned for another identity', () => {
    const rule = underTest(mip61820, { site: BOTH });
    expect(rule.feed(negotiation(ALICE, HOME_ADDRESS))).toEqual([]);
    const draft = only(rule.feed(negotiation(ALICE, OTHER_HOME_ADDRESS)));
    expect([draft.severity, draft.confidence]).toEqual([undefined, 'certain']);
    expect(draft.evidence[0]?.text).toContain('for alice, not for bob');
    expect(draft.homeAddress).toEqual(OTHER_HOME_ADDRESS);
  });

  it('reports an identity that no node has', () => {
    const stranger = identityOf(FQDN, new TextEncoder().encode('x.example.org'));
    const rule = underTest(mip61820, { site: BOTH });
    expect(only(rule.feed(negotiation(stranger, HOME_ADDRESS))).confidence).toBe('certain');
  });

  it('lets nodes share credentials that are listed at each', () => {
    const shared = site(['alice.example.org'], ['bob.example.org', 'alice.example.org']);
    const rule = underTest(mip61820, { site: shared });
    expect(rule.feed(negotiation(ALICE, OTHER_HOME_ADDRESS))).toEqual([]);
  });

  it('takes a home address as identity for that node alone', () => {
    const self = identityOf(5, OTHER_HOME_ADDRESS);
    const rule = underTest(mip61820, { site: BOTH });
    expect(rule.feed(negotiation(self, OTHER_HOME_ADDRESS))).toEqual([]);
    expect(rule.feed(negotiation(self, HOME_ADDRESS))).toHaveLength(1);
  });

  it('weighs less what EAP may explain, and what was not verified', () => {
    const rule = underTest(mip61820, { site: BOTH });
    const parties = { ...UNKNOWN_PARTIES, initiator: ALICE, usesEap: true };
    const eap = only(rule.feed(negotiation(ALICE, OTHER_HOME_ADDRESS, { parties })));
    expect([eap.severity, eap.confidence]).toEqual(['high', 'partial']);
    const unchecked = negotiation(ALICE, OTHER_HOME_ADDRESS, { reading: 'unchecked' });
    expect(only(rule.feed(unchecked)).confidence).toBe('partial');
  });

  it('reports what was refused as medium, as something else', () => {
    const rule = underTest(mip61820, { site: BOTH });
    const refused = only(rule.feed(negotiation(ALICE, OTHER_HOME_ADDRESS, {}, 'refused')));
    const accepted = only(rule.feed(negotiation(ALICE, OTHER_HOME_ADDRESS)));
    expect(refused.severity).toBe('medium');
    expect(refused.object).not.toBe(accepted.object);
  });

  it('reports a configuration payload with the address of another node, not one out of the pool', () => {
    const given = (assigned: Uint8Array): IkeEvent =>
      ikeEvent({
        negotiated: { outcome: 'accepted', ofInitiator: [range(assigned)], ofResponder: [] },
        parties: { ...UNKNOWN_PARTIES, initiator: ALICE, assigned: [assigned] },
      });
    const rule = underTest(mip61820, { site: BOTH });
    expect(rule.feed(given(address('2001:db8:1::99')))).toEqual([]);
    expect(only(rule.feed(given(OTHER_HOME_ADDRESS))).message).toContain('was given');
  });

  it('finds the node where the home agent began', () => {
    const rule = underTest(mip61820, { site: BOTH });
    const event = ikeEvent({
      isInitiator: true,
      parties: { ...UNKNOWN_PARTIES, initiator: BOB, responder: ALICE },
      negotiated: {
        outcome: 'accepted',
        ofInitiator: [range(HOME_AGENT)],
        ofResponder: [range(OTHER_HOME_ADDRESS)],
      },
    });
    expect(only(rule.feed(event)).message).toContain('alice.example.org');
  });

  it('reports a selector that covers another node as well, as partial', () => {
    const rule = underTest(mip61820, { site: BOTH });
    const wide = [range(address('2001:db8:1::'), address('2001:db8:1::ffff'))];
    const event = negotiation(ALICE, HOME_ADDRESS, {
      negotiated: { outcome: 'accepted', ofInitiator: wide, ofResponder: [] },
    });
    expect(only(rule.feed(event)).confidence).toBe('partial');
    const own = [range(address('2001:db8:1::'), HOME_ADDRESS)];
    const narrow = negotiation(ALICE, HOME_ADDRESS, {
      negotiated: { outcome: 'accepted', ofInitiator: own, ofResponder: [] },
    });
    expect(rule.feed(narrow)).toEqual([]);
  });

  it('leaves addresses outside the home network alone', () => {
    const rule = underTest(mip61820, { site: BOTH });
    expect(rule.feed(negotiation(ALICE, CORRESPONDENT))).toEqual([]);
  });
});

describe('MIP6-1820 without identities in the site file', () => {
  it('reports a home address that two identities negotiate, as partial', () => {
    const rule = underTest(mip61820);
    expect(rule.feed(negotiation(ALICE, HOME_ADDRESS))).toEqual([]);
    expect(rule.feed(negotiation(ALICE, HOME_ADDRESS))).toEqual([]);
    expect(rule.feed(negotiation(BOB, OTHER_HOME_ADDRESS))).toEqual([]);
    const draft = only(rule.feed(negotiation(BOB, HOME_ADDRESS)));
    expect([draft.severity, draft.confidence]).toEqual(['medium', 'partial']);
  });

  it('lets the home agent give an address to one after the other, and EAP hide who it is', () => {
    const rule = underTest(mip61820);
    const as = (initiator: IkeIdentity, usesEap: boolean): IkeEvent =>
      negotiation(initiator, HOME_ADDRESS, {
        parties: {
          ...UNKNOWN_PARTIES,
          initiator,
          usesEap,
          assigned: usesEap ? [] : [HOME_ADDRESS],
        },
      });
    expect(
      rule.feedAll([as(ALICE, false), as(BOB, false), as(ALICE, true), as(BOB, true)]),
    ).toEqual([]);
  });
});

describe('MIP6-1820 on main mode', () => {
  const chosen = (method: number, fields: Parameters<typeof ikeEvent>[0] = {}): IkeEvent =>
    ikeEvent({
      version: 1,
      exchange: 2,
      reading: 'clear',
      isResponse: undefined,
      authenticationMethods: [method],
      ...fields,
    });
  const registered = bindingEvent('registered');

  it('reports a preshared key once the peer is a mobile node', () => {
    const rule = underTest(mip61820);
    expect(rule.feed(chosen(1))).toEqual([]);
    expect(only(rule.feed(registered)).severity).toBe('medium');
    expect(rule.feed(chosen(1))).toHaveLength(1);
  });

  it('takes signatures, offers that were not chosen, aggressive mode and other peers as they are', () => {
    const rule = underTest(mip61820);
    const elsewhere = { destination: CORRESPONDENT, source: HOME_AGENT };
    const offered = {
      responderSpi: new Uint8Array(8),
      isInitiator: true,
      context: { source: CARE_OF_ADDRESS, destination: HOME_AGENT },
    };
    const events = [
      chosen(3),
      chosen(1, { exchange: 4 }),
      chosen(1, offered),
      chosen(1, { context: elsewhere }),
      registered,
    ];
    expect(rule.feedAll(events)).toEqual([]);
  });
});

// --- MIP6-1821 -------------------------------------------------------------------------------------------

const rule1821: RuleDefinition = mip61821;

const acknowledged = (seconds: number, isSet: boolean): EngineEvent =>
  bindingAcknowledgementEvent(
    { flags: isSet ? 0x80 : 0 },
    { context: { packet: packetAt(Math.round(seconds), seconds) } },
  );
const movedTo = (careOfAddress: Uint8Array, seconds: number): EngineEvent =>
  bindingEvent('moved', {
    binding: makeBinding({ careOfAddress }),
    packet: packetAt(Math.round(seconds), seconds),
  });

/** IKE from scratch, begun by the node at an address. */
function run(node: Uint8Array, seconds: number, number: number): IkeEvent[] {
  const spis = { initiatorSpi: new Uint8Array(8).fill(number) };
  const at = (offset: number) => packetAt(Math.round(seconds), seconds + offset);
  return [
    ikeEvent({
      ...spis,
      exchange: 34,
      responderSpi: new Uint8Array(8),
      isInitiator: true,
      isResponse: false,
      reading: 'clear',
      context: { source: node, destination: HOME_AGENT, packet: at(0) },
    }),
    ikeEvent({ ...spis, reading: 'closed', context: { destination: node, packet: at(0.1) } }),
  ];
}

const first = [
  ...run(CARE_OF_ADDRESS, 1, 1),
  acknowledged(2, true),
  bindingEvent('registered', { packet: packetAt(2, 2) }),
];

describe('MIP6-1821 on IKE after a move', () => {
  it('reports one run when the IKE SA before was young, and is certain of two', () => {
    const rule = underTest(rule1821);
    rule.feedAll([...first, acknowledged(60, true), movedTo(OTHER_CARE_OF_ADDRESS, 60)]);
    const once = only(rule.feedAll(run(OTHER_CARE_OF_ADDRESS, 62, 2)));
    expect([once.severity, once.confidence]).toEqual([undefined, 'partial']);
    rule.feedAll([acknowledged(120, true), movedTo(CARE_OF_ADDRESS, 120)]);
    expect(only(rule.feedAll(run(CARE_OF_ADDRESS, 121, 3))).confidence).toBe('certain');
  });

  it('counts IKE before the Binding Update as well, also at an address from before', () => {
    const rule = underTest(rule1821);
    rule.feedAll([...first, acknowledged(60, true), movedTo(OTHER_CARE_OF_ADDRESS, 60)]);
    expect(rule.feedAll(run(CARE_OF_ADDRESS, 118, 3))).toEqual([]);
    const events = [acknowledged(120, true), movedTo(CARE_OF_ADDRESS, 120)];
    expect(rule.feedAll(events)).toHaveLength(1);
    // The same packets on another link.
    expect(rule.feedAll([...run(CARE_OF_ADDRESS, 118, 3), ...events])).toEqual([]);
  });

  it('needs two runs when the IKE SA before may have come to its end', () => {
    const rule = underTest(rule1821);
    const later = [acknowledged(9000, true), movedTo(OTHER_CARE_OF_ADDRESS, 9000)];
    expect(rule.feedAll([...first, ...later, ...run(OTHER_CARE_OF_ADDRESS, 9001, 2)])).toEqual([]);
    const again = [acknowledged(18_000, true), movedTo(CARE_OF_ADDRESS, 18_000)];
    expect(rule.feedAll([...again, ...run(CARE_OF_ADDRESS, 18_001, 3)])).toHaveLength(1);
  });

  it.each<[string, readonly EngineEvent[]]>([
    ['K is clear', [acknowledged(60, false), movedTo(OTHER_CARE_OF_ADDRESS, 60)]],
    ['nobody acknowledged K', [movedTo(OTHER_CARE_OF_ADDRESS, 60)]],
    ['the move was long ago', [acknowledged(30, true), movedTo(OTHER_CARE_OF_ADDRESS, 30)]],
  ])('is silent when %s', (_name, events) => {
    const rule = underTest(rule1821);
    const start = run(CARE_OF_ADDRESS, 1, 1);
    expect(rule.feedAll([...start, ...events, ...run(OTHER_CARE_OF_ADDRESS, 62, 2)])).toEqual([]);
  });

  it('takes no first message for a run: anybody can send one', () => {
    const rule = underTest(rule1821);
    rule.feedAll([...first, acknowledged(60, true), movedTo(OTHER_CARE_OF_ADDRESS, 60)]);
    expect(rule.feedAll(run(OTHER_CARE_OF_ADDRESS, 62, 2).slice(0, 1))).toEqual([]);
  });
});

describe('MIP6-1821 on manual keys', () => {
  const answer = (sequence: number, seconds = 60): EngineEvent =>
    bindingAcknowledgementEvent(
      { flags: 0x80 },
      {
        context: {
          packet: packetAt(60, seconds),
          protection: 'esp-transport',
          esp: { spi: 0x100, sequence, integrityVerified: true },
        },
      },
    );
  const begin: EngineEvent = { kind: 'tick', time: packetAt(1, 0).time, isEnd: false };

  it('reports K at the first packet of an association when only others run IKE', () => {
    const rule = underTest(rule1821);
    rule.feedAll([begin, ...run(OTHER_CARE_OF_ADDRESS, 1, 1)]);
    expect(only(rule.feed(answer(1))).confidence).toBe('partial');
  });

  it.each<[string, readonly EngineEvent[], EngineEvent]>([
    ['nobody runs IKE', [begin], answer(1)],
    ['the node runs IKE', [begin, ...run(CARE_OF_ADDRESS, 1, 1)], answer(1)],
    ['the association is older', [begin, ...run(OTHER_CARE_OF_ADDRESS, 1, 1)], answer(7)],
    ['the capture has just begun', [begin, ...run(OTHER_CARE_OF_ADDRESS, 1, 1)], answer(1, 3)],
  ])('is silent when %s', (_name, events, last) => {
    const rule = underTest(rule1821);
    rule.feedAll(events);
    expect(rule.feed(last)).toEqual([]);
  });

  it('reports K under an association whose counter starts again', () => {
    const rule = underTest(rule1821);
    const message = answer(1);
    if (message.kind !== 'mobility') throw new Error('no message');
    const { context } = message;
    rule.feed({
      kind: 'ipsec',
      context,
      layout: 'type-2-routing-header',
      spi: 0x100,
      sequence: 1,
      finding: { kind: 'restart', highest: 900 },
    });
    expect(rule.feed(message)).toHaveLength(1);
  });
});

describe('MIP6-1821 on the home address', () => {
  const bindings = [makeBinding()];
  const from = (context: Partial<PacketContext>): IkeEvent =>
    ikeEvent({ isInitiator: true, context: { destination: HOME_AGENT, ...context } });

  it('reports IKE in a Home Address option, in the tunnel and as source of a node away', () => {
    const known = { bindings };
    const option = from({ source: CARE_OF_ADDRESS, homeAddressOption: HOME_ADDRESS });
    expect(only(underTest(rule1821, known).feed(option)).confidence).toBe('certain');
    const outer = packetContext({ source: CARE_OF_ADDRESS, destination: HOME_AGENT });
    const inside = from({ source: HOME_ADDRESS, outer });
    expect(only(underTest(rule1821, known).feed(inside)).confidence).toBe('certain');
    const draft = only(underTest(rule1821, known).feed(from({ source: HOME_ADDRESS })));
    expect([draft.severity, draft.confidence]).toEqual(['medium', 'partial']);
  });

  it('reports a type 2 routing header in front of IKE', () => {
    const event = ikeEvent({ context: { routingHomeAddress: HOME_ADDRESS } });
    expect(underTest(rule1821, { bindings }).feed(event)).toHaveLength(1);
  });

  it.each<[string, IkeEvent, boolean]>([
    ['the node is at home', from({ source: HOME_ADDRESS }), false],
    ['it is the home link', from({ source: HOME_ADDRESS, link: makeLink('home') }), true],
    ['it runs on the care-of address', from({ source: CARE_OF_ADDRESS }), true],
    ['it is between others', from({ source: HOME_ADDRESS, destination: CORRESPONDENT }), true],
    ['an answer is under way', ikeEvent({ context: { destination: HOME_ADDRESS } }), true],
  ])('is silent when %s', (_name, event, isAway) => {
    expect(underTest(rule1821, isAway ? { bindings } : {}).feed(event)).toEqual([]);
  });
});
