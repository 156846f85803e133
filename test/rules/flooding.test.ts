import { describe, expect, it } from 'vitest';
import type { MobilityOption } from '../../dissectors/mobility/options/index.ts';
import type { BindingTraffic, MobilityEvent } from '../../engine/events.ts';
import type { Binding } from '../../engine/state/binding-cache.ts';
import mip61401 from '../../rules/flooding/mip6-1401.ts';
import mip61402 from '../../rules/flooding/mip6-1402.ts';
import mip61403 from '../../rules/flooding/mip6-1403.ts';
import mip61404 from '../../rules/flooding/mip6-1404.ts';
import mip61405 from '../../rules/flooding/mip6-1405.ts';
import mip61406 from '../../rules/flooding/mip6-1406.ts';
import mip61407 from '../../rules/flooding/mip6-1407.ts';
import mip61408 from '../../rules/flooding/mip6-1408.ts';
import {
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_AGENT,
  OTHER_CARE_OF_ADDRESS,
  START_TIME,
  address,
  alternateCareOfAddress,
  bindingAcknowledgementEvent,
  bindingEvent,
  bindingUpdateEvent,
  makeBinding,
  makeSite,
  only,
  packetAt,
  prefix,
  underTest,
} from './event-builders.ts';
import {
  FOREIGN,
  HOST_MAC,
  ROGUE_MAC,
  ROUTER_MAC,
  neighborAdvertisement,
  routerAdvertisement,
} from './neighbor-events.ts';
import { bothTests, careOfTest, correspondentUpdate, inits } from './routability-events.ts';
import { bindingTrafficEvent } from './traffic-events.ts';

/** A binding at the correspondent for an hour, registered at second 0. */
function atCorrespondent(overrides: Partial<Binding> = {}): Binding {
  return makeBinding({
    role: 'correspondent',
    peer: CORRESPONDENT,
    lifetime: 3600,
    expiresAt: START_TIME + 3600e6,
    ...overrides,
  });
}

/** Traffic of a binding in each of some seconds. */
function seconds(binding: Binding, from: number, to: number, counted: Partial<BindingTraffic>) {
  const events = [];
  for (let second = from; second <= to; second++) {
    events.push(bindingTrafficEvent(binding, second, counted));
  }
  return events;
}

const STREAM = { toByRouting: 30, toOctets: 30_000 };

describe('MIP6-1401: a stream to a care-of address that never answers', () => {
  const judge = (events: readonly ReturnType<typeof bindingTrafficEvent>[]) =>
    underTest(mip61401).feedAll(events);

  it.each([
    ['is refused with errors', { errors: 2 }, 'certain', undefined],
    ['is acknowledged by others', { bareAcknowledgements: 5 }, 'certain', undefined],
    ['is TCP', { tcpData: 30 }, 'partial', 'high'],
  ])('is reported when it %s', (_, more, confidence, severity) => {
    const draft = judge(seconds(atCorrespondent(), 1, 4, { ...STREAM, ...more }))[0];
    expect(draft?.confidence).toBe(confidence);
    expect(draft?.severity).toBe(severity);
  });

  it('is reported when the node answered where it was before', () => {
    const binding = atCorrespondent();
    const before = seconds(binding, 1, 2, { ...STREAM, fromByOption: 10 });
    const moved = atCorrespondent({
      careOfAddress: OTHER_CARE_OF_ADDRESS,
      lastChange: packetAt(30, 3),
    });
    expect(judge([...before, ...seconds(moved, 4, 8, STREAM)]).length).toBeGreaterThan(0);
  });

  it.each<[string, readonly ReturnType<typeof bindingTrafficEvent>[]]>([
    ['one-way media', seconds(atCorrespondent(), 1, 20, STREAM)],
    [
      'a node that answers',
      seconds(atCorrespondent(), 1, 20, { ...STREAM, tcpData: 30, fromByOption: 1 }),
    ],
    [
      'a node that leaves without a word after it has answered',
      [
        ...seconds(atCorrespondent(), 1, 1, { ...STREAM, fromByOption: 1 }),
        ...seconds(atCorrespondent(), 2, 20, { ...STREAM, errors: 3 }),
      ],
    ],
    ['a trickle', seconds(atCorrespondent(), 1, 20, { toByRouting: 3, errors: 1 })],
    ['two seconds of it', seconds(atCorrespondent(), 1, 2, { ...STREAM, errors: 1 })],
    [
      'a binding that has ended',
      seconds(atCorrespondent({ phase: 'expired' }), 1, 20, { ...STREAM, errors: 1 }),
    ],
  ])('is no finding for %s', (_, events) => {
    expect(judge(events)).toEqual([]);
  });
});

describe('MIP6-1402: acknowledgements past the care-of address', () => {
  const judge = (events: readonly ReturnType<typeof bindingTrafficEvent>[]) =>
    underTest(mip61402).feedAll(events);

  it.each([
    ['come from the bare home address', { bareAcknowledgements: 5 }],
    ['are far ahead of the data', { aheadAcknowledgements: 5, fromByOption: 5 }],
  ])('are reported when they %s', (_, counted) => {
    const events = seconds(atCorrespondent(), 5, 8, { toByRouting: 20, ...counted });
    expect(judge(events).length).toBeGreaterThan(0);
  });

  it.each([
    [
      'the node sends from its care-of address as well',
      5,
      { bareAcknowledgements: 5, fromByOption: 1 },
      20,
    ],
    ['nothing goes to the care-of address', 5, { bareAcknowledgements: 5, toByRouting: 0 }, 20],
    ['the binding is new and they were under way', 1, { bareAcknowledgements: 20 }, 2],
    ['they are few', 5, { bareAcknowledgements: 1 }, 9],
  ])('are no finding when %s', (_, from, counted, to) => {
    expect(judge(seconds(atCorrespondent(), from, to, { toByRouting: 20, ...counted }))).toEqual(
      [],
    );
  });
});

describe('MIP6-1403: a stream that falls back on the home address', () => {
  const ended = (change: 'deregistered' | 'expired', binding: Binding) =>
    bindingEvent(change, { binding, packet: packetAt(10) });
  const home = { toHome: 30, toHomeOctets: 30_000 };
  const gone = () => atCorrespondent({ phase: 'deregistered' });

  it.each(['deregistered', 'expired'] as const)('is reported after a binding has %s', (change) => {
    const tested = underTest(mip61403);
    const binding = gone();
    const found = tested.feedAll([ended(change, binding), ...seconds(binding, 11, 14, home)]);
    expect(found.length).toBeGreaterThan(0);
  });

  it('is no finding when the node has come home and answers', () => {
    const binding = gone();
    const events = [
      ended('deregistered', binding),
      ...seconds(binding, 11, 11, { fromHome: 1 }),
      ...seconds(binding, 12, 30, home),
    ];
    expect(underTest(mip61403).feedAll(events)).toEqual([]);
  });

  it('is no finding when a home agent carries it on', () => {
    const binding = gone();
    const registered = makeBinding({ lifetime: 3600, expiresAt: START_TIME + 3600e6 });
    const tested = underTest(mip61403, { bindings: [registered] });
    expect(
      tested.feedAll([ended('deregistered', binding), ...seconds(binding, 11, 30, home)]),
    ).toEqual([]);
  });

  it('is no finding without the end of a binding, or once there is a new one', () => {
    const binding = gone();
    expect(underTest(mip61403).feedAll(seconds(binding, 11, 30, home))).toEqual([]);
    const again = [ended('deregistered', binding), bindingEvent('registered', { binding })];
    expect(underTest(mip61403).feedAll([...again, ...seconds(binding, 11, 30, home)])).toEqual([]);
  });
});

describe('MIP6-1404: the address of a neighbour as care-of address', () => {
  const known = neighborAdvertisement(CARE_OF_ADDRESS, { at: 1, link: FOREIGN, mac: HOST_MAC });
  const from = (event: MobilityEvent, linkSource: Uint8Array): MobilityEvent => ({
    ...event,
    context: { ...event.context, link: FOREIGN, linkSource },
  });
  const test = (mac: Uint8Array) => from(inits({ second: 3 })[1], mac);

  it('is reported for a care-of test from another link-layer address', () => {
    const tested = underTest(mip61404);
    tested.feed(known);
    expect(only(tested.feed(test(ROGUE_MAC)))).toMatchObject({
      attacker: ROGUE_MAC,
      confidence: 'partial',
    });
  });

  it('is certain with an authenticator that is right', () => {
    const tested = underTest(mip61404);
    tested.feed(known);
    const update = correspondentUpdate({ second: 3 }, { authentication: 'right' });
    expect(only(tested.feed(from(update, ROGUE_MAC)))).toMatchObject({ confidence: 'certain' });
  });

  it('is reported for an Alternate Care-of Address', () => {
    const tested = underTest(mip61404);
    tested.feed(known);
    const options = [alternateCareOfAddress(CARE_OF_ADDRESS)];
    const update = correspondentUpdate(
      { second: 3, careOfAddress: OTHER_CARE_OF_ADDRESS },
      { options },
    );
    expect(tested.feed(from(update, ROGUE_MAC))).toHaveLength(1);
  });

  it.each([
    ['the neighbour itself', test(HOST_MAC)],
    ['a router that forwards it', test(ROUTER_MAC)],
    [
      'a node nobody knows',
      from(inits({ second: 3, careOfAddress: OTHER_CARE_OF_ADDRESS })[1], ROGUE_MAC),
    ],
    ['a deletion', from(correspondentUpdate({ second: 3 }, { lifetime: 0 }), ROGUE_MAC)],
  ])('is no finding for %s', (_, event) => {
    const tested = underTest(mip61404);
    tested.feedAll([routerAdvertisement({ at: 0.5, link: FOREIGN, mac: ROUTER_MAC }), known]);
    expect(tested.feed(event)).toEqual([]);
  });
});

describe('MIP6-1405: bindings that end together', () => {
  const ends = (count: number, gap: number, more: Partial<Binding> = {}) =>
    Array.from({ length: count }, (_, i) => {
      const homeAddress = address(`2001:db8:1::${(i + 100).toString(16)}`);
      const expiresAt = START_TIME + 60e6 + i * gap * 1e6;
      // They are noticed together.
      const fields = {
        binding: atCorrespondent({ homeAddress, expiresAt, phase: 'expired', ...more }),
      };
      return bindingEvent('expired', { ...fields, packet: packetAt(900 + i, 900) });
    });

  it('are one alert from the twenty-first on', () => {
    const tested = underTest(mip61405);
    tested.feedAll(ends(30, 0.1));
    expect(only(tested.alerts).homePrefix?.length).toBe(64);
  });

  it.each([
    ['one after the other', ends(60, 4)],
    ['twenty of them', ends(20, 0.1)],
    ['those of home agents', ends(60, 0.1, { role: 'home', peer: HOME_AGENT })],
  ])('are no finding: %s', (_, events) => {
    expect(underTest(mip61405).feedAll(events)).toEqual([]);
  });
});

describe('MIP6-1406: infrastructure as care-of address', () => {
  const SERVER = address('2001:db8:9::53');
  const site = makeSite({
    infrastructure: [{ name: 'name servers', addresses: [prefix('2001:db8:9::53/128')] }],
    routers: [
      {
        name: 'edge',
        addresses: [address('2001:db8:3::1')],
        linkLayerAddresses: [],
        prefixes: [],
      },
    ],
  });
  const ask = (careOf: Uint8Array, lifetime = 15) =>
    underTest(mip61406, { site }).feed(
      bindingUpdateEvent(
        { flags: ['acknowledge'], lifetime, options: [alternateCareOfAddress(careOf)] },
        {
          context: { destination: CORRESPONDENT },
        },
      ),
    );

  it.each([
    ['a server of the site file', SERVER, 'certain'],
    ['a router of the site file', address('2001:db8:3::1'), 'certain'],
    ['a home agent', HOME_AGENT, 'certain'],
    ['the correspondent itself', CORRESPONDENT, 'certain'],
    ['the subnet-router anycast address', address('2001:db8:3::'), 'partial'],
    ['the home agents anycast address', address('2001:db8:3:0:fdff:ffff:ffff:fffe'), 'partial'],
  ])('is reported for %s', (_, careOf, confidence) => {
    expect(only(ask(careOf))).toMatchObject({ confidence });
  });

  it('is no finding for a node, nor for a deletion', () => {
    expect(ask(CARE_OF_ADDRESS)).toEqual([]);
    expect(ask(SERVER, 0)).toEqual([]);
  });
});

describe('MIP6-1407: an Alternate Care-of Address that was never tested', () => {
  const options = [alternateCareOfAddress(OTHER_CARE_OF_ADDRESS)];

  it('is reported where the sensor sees such tests', () => {
    const tested = underTest(mip61407);
    tested.feedAll([...bothTests({ second: 1 }), ...bothTests({ second: 299 })]);
    const draft = only(tested.feed(correspondentUpdate({ second: 300 }, { options })));
    expect(draft).toMatchObject({ confidence: 'certain', attacker: CARE_OF_ADDRESS });
    expect(draft.severity).toBeUndefined();
  });

  it('weighs little as long as the test may have been before the capture', () => {
    const tested = underTest(mip61407);
    tested.feedAll(bothTests({ second: 1 }));
    const draft = only(tested.feed(correspondentUpdate({ second: 3 }, { options })));
    expect(draft).toMatchObject({ confidence: 'partial', severity: 'low' });
  });

  it.each([
    ['the sensor sees no tests', [], {}],
    [
      'it was tested',
      [
        ...bothTests({ second: 1 }),
        inits({ second: 1, careOfAddress: OTHER_CARE_OF_ADDRESS })[1],
        careOfTest({ second: 1.2, careOfAddress: OTHER_CARE_OF_ADDRESS }),
      ],
      {},
    ],
    ['the authenticator is right', bothTests({ second: 1 }), { authentication: 'right' as const }],
    ['it is a deletion', bothTests({ second: 1 }), { lifetime: 0 }],
  ])('is no finding when %s', (_, events, fields) => {
    const tested = underTest(mip61407);
    tested.feedAll(events);
    expect(tested.feed(correspondentUpdate({ second: 3 }, { options, ...fields }))).toEqual([]);
  });

  it('is no finding when it is the source, as UMIP writes it', () => {
    const tested = underTest(mip61407);
    tested.feedAll(bothTests({ second: 1 }));
    const same = [alternateCareOfAddress(CARE_OF_ADDRESS)];
    expect(tested.feed(correspondentUpdate({ second: 3 }, { options: same }))).toEqual([]);
  });
});

describe('MIP6-1408: several care-of addresses at once', () => {
  const identifier = (bindingIdentifier: number, careOf: string): MobilityOption => ({
    kind: 'binding-identifier',
    bindingIdentifier,
    status: 0,
    flags: 0,
    careOfAddress: address(careOf),
  });
  const bulk = (networks: readonly number[]) =>
    bindingUpdateEvent({
      options: networks.map((network, i) =>
        identifier(i + 1, `2001:db8:${network.toString(16)}::7`),
      ),
    });

  it('are reported in more networks than a node has interfaces', () => {
    expect(only(underTest(mip61408).feed(bulk([0xa1, 0xa2, 0xa3, 0xa4])))).toMatchObject({
      confidence: 'partial',
      attacker: CARE_OF_ADDRESS,
    });
  });

  it.each([
    ['two interfaces', [0xa1, 0xa2]],
    ['many addresses in one network', [0xa1, 0xa1, 0xa1, 0xa1, 0xa1]],
  ])('are no finding for %s', (_, networks) => {
    expect(underTest(mip61408).feed(bulk(networks))).toEqual([]);
  });

  it('are no finding when the node has sent from all of them', () => {
    const tested = underTest(mip61408);
    const networks = [0xa1, 0xa2, 0xa3, 0xa4, 0xa5];
    for (const network of networks) {
      const source = address(`2001:db8:${network.toString(16)}::7`);
      tested.feed(bindingUpdateEvent({}, { context: { source } }));
    }
    expect(tested.feed(bulk(networks))).toEqual([]);
  });

  it('weigh little when the home agent refuses them', () => {
    const refused = bindingAcknowledgementEvent({ status: 168 });
    expect(only(underTest(mip61408).feed(refused))).toMatchObject({ severity: 'low' });
    expect(underTest(mip61408).feed(bindingAcknowledgementEvent({ status: 0 }))).toEqual([]);
  });

  it('weigh little when a flow goes to a binding nobody registered', () => {
    const flow = (reference: number): MobilityOption => ({
      kind: 'flow-identification',
      flowIdentifier: 1,
      priority: 10,
      reserved: new Uint8Array(1),
      status: 0,
      subOptions: [
        { kind: 'binding-reference', bindingIdentifiers: [{ bindingIdentifier: reference }] },
      ],
    });
    const event = (reference: number) =>
      bindingUpdateEvent({ options: [identifier(1, '2001:db8:a1::7'), flow(reference)] });
    expect(only(underTest(mip61408).feed(event(7)))).toMatchObject({ severity: 'low' });
    expect(underTest(mip61408).feed(event(1))).toEqual([]);
  });
});
