import { describe, expect, it } from 'vitest';
import { IKEV2_EXCHANGE } from '../../dissectors/ike/names/message.ts';
import type { BindingEvent, IkeEvent, MobilityEvent, TunnelledEvent } from '../../engine/events.ts';
import { UNKNOWN_PARTIES } from '../../engine/ike/said.ts';
import mip61501 from '../../rules/exhaustion/mip6-1501.ts';
import mip61502 from '../../rules/exhaustion/mip6-1502.ts';
import mip61503 from '../../rules/exhaustion/mip6-1503.ts';
import mip61504 from '../../rules/exhaustion/mip6-1504.ts';
import mip61505 from '../../rules/exhaustion/mip6-1505.ts';
import mip61506 from '../../rules/exhaustion/mip6-1506.ts';
import mip61507 from '../../rules/exhaustion/mip6-1507.ts';
import mip61508 from '../../rules/exhaustion/mip6-1508.ts';
import mip61509 from '../../rules/exhaustion/mip6-1509.ts';
import mip61510 from '../../rules/exhaustion/mip6-1510.ts';
import {
  ATTACKER,
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  HOME_AGENT,
  OTHER_CARE_OF_ADDRESS,
  address,
  bindingAcknowledgementEvent,
  bindingEvent,
  bindingUpdateEvent,
  homeAddressTrafficEvent,
  makeBinding,
  makeSite,
  mobileNode,
  mobilityEvent,
  only,
  packetAt,
  packetContext,
  tickEvent,
  tunnelledEvent,
  underTest,
} from './event-builders.ts';
import {
  AGENT_MAC,
  FOREIGN,
  ROGUE_MAC,
  neighborSolicitation,
  toldSite,
} from './neighbor-events.ts';
import { cookie, correspondentAnswer, correspondentUpdate, inits } from './routability-events.ts';
import { espRefusalsEvent } from './traffic-events.ts';

/** The `i`th address of a network. */
function host(network: string, i: number): Uint8Array {
  return address(`2001:db8:${network}::${(i + 1).toString(16)}`);
}

function many<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

describe('MIP6-1501: a node driven to many correspondents', () => {
  const test = (i: number, careOfAddress = CARE_OF_ADDRESS) =>
    inits({ second: 1 + i * 0.2, peer: host('77', i), link: FOREIGN, careOfAddress }, cookie(i))[1];
  const call = (i: number): TunnelledEvent =>
    tunnelledEvent({
      direction: 'from-home-agent',
      context: {
        source: host('77', i),
        destination: HOME_ADDRESS,
        packet: packetAt(i + 1, 1 + i * 0.2),
      },
      outer: { source: HOME_AGENT, destination: CARE_OF_ADDRESS },
    });

  it('is medium when as many strangers came through its tunnel', () => {
    const tested = underTest(mip61501);
    const found = tested.feedAll(many(21, (i) => [call(i), test(i)]).flat());
    expect(only(found).severity).toBeUndefined();
  });

  it('is low when they were not seen', () => {
    expect(only(underTest(mip61501).feedAll(many(21, (i) => test(i)))).severity).toBe('low');
  });

  it.each([
    ['twenty correspondents', many(20, (i) => test(i))],
    ['the same one again and again', many(60, () => test(0))],
    ['many nodes with one each', many(60, (i) => test(0, host('3', i)))],
    ['as many in half a minute', many(40, (i) => test(i * 8))],
  ])('is no finding for %s', (_, events) => {
    expect(underTest(mip61501).feedAll(events)).toEqual([]);
  });

  it('is found behind a flood of packets to other nodes', () => {
    const tested = underTest(mip61501);
    tested.feedAll(many(21, call));
    for (let i = 0; i < 6000; i++) {
      const other = host('55', i);
      const outer = { source: HOME_AGENT, destination: other };
      const context = { source: ATTACKER, destination: other, packet: packetAt(30 + i, 5.3) };
      tested.feed(tunnelledEvent({ direction: 'from-home-agent', context, outer }));
    }
    expect(only(tested.feedAll(many(21, (i) => test(i + 22)))).severity).toBeUndefined();
  });
});

describe('MIP6-1502: many nodes driven to one correspondent', () => {
  const homeTest = (i: number) =>
    inits({ second: 1 + i * 0.1, homeAddress: host('1', i + 100) }, cookie(i))[0];
  const site = makeSite({ mobileNodes: many(60, (i) => mobileNode(`mn${i}`, host('1', i + 100))) });

  it('is medium for known nodes and low for others', () => {
    const known = underTest(mip61502, { site }).feedAll(many(31, homeTest));
    expect(only(known).severity).toBeUndefined();
    expect(only(underTest(mip61502).feedAll(many(31, homeTest))).severity).toBe('low');
  });

  it('is no finding for nodes that the correspondent has talked to', () => {
    const tested = underTest(mip61502, { site });
    const traffic = many(60, (i) =>
      homeAddressTrafficEvent({
        direction: 'to',
        homeAddress: host('1', i + 100),
        context: { packet: packetAt(i + 1, 0.5) },
      }),
    );
    expect(tested.feedAll([...traffic, ...many(60, homeTest)])).toEqual([]);
  });

  it('is no finding for nodes that move their bindings, as after a mass handover', () => {
    const bindings = many(60, (i) =>
      makeBinding({ role: 'correspondent', peer: CORRESPONDENT, homeAddress: host('1', i + 100) }),
    );
    expect(underTest(mip61502, { site, bindings }).feedAll(many(60, homeTest))).toEqual([]);
  });

  it('is no finding for thirty nodes', () => {
    expect(underTest(mip61502, { site }).feedAll(many(30, homeTest))).toEqual([]);
  });
});

describe('MIP6-1503: a flood of init messages', () => {
  const test = (i: number, gap: number, careOfAddress = ATTACKER) =>
    inits({ second: 1 + i * gap, careOfAddress }, cookie(i))[1];

  it('is one alert for its source', () => {
    const tested = underTest(mip61503);
    tested.feedAll(many(60, (i) => test(i, 0.01)));
    expect(only(tested.alerts)).toMatchObject({ attacker: ATTACKER, confidence: 'certain' });
  });

  it('with made-up sources is one alert for its target', () => {
    const tested = underTest(mip61503);
    tested.feedAll(many(300, (i) => test(i, 0.001, host('66', i))));
    expect(only(tested.alerts).attacker).toBeUndefined();
  });

  it('with made-up sources does not hide a source that floods', () => {
    const tested = underTest(mip61503, { params: { perTarget: 1_000_000 } });
    for (let i = 0; i < 20_000; i++) {
      tested.feed(test(i, 0.00002, host('66', i)));
      if (i % 800 === 0) tested.feed(test(i, 0.00002));
    }
    expect(only(tested.alerts).attacker).toEqual(ATTACKER);
  });

  it('is none at three a second', () => {
    expect(underTest(mip61503).feedAll(many(90, (i) => test(i, 0.33)))).toEqual([]);
  });
});

describe('MIP6-1504: a flood of updates that fail', () => {
  const update = (i: number, more: Parameters<typeof correspondentUpdate>[1] = {}): MobilityEvent =>
    correspondentUpdate({ second: 1 + i * 0.5 }, { sequence: i, ...more });
  const answer = (i: number, status: number): MobilityEvent =>
    correspondentAnswer({ second: 1.1 + i * 0.5 }, { sequence: i, status });

  it.each([
    ['their authenticators are wrong', many(11, (i) => [update(i, { authentication: 'wrong' })])],
    ['their nonces are refused', many(11, (i) => [update(i), answer(i, 136 + (i % 3))])],
  ])('is reported when %s', (_, pairs) => {
    expect(only(underTest(mip61504).feedAll(pairs.flat())).attacker).toEqual(CARE_OF_ADDRESS);
  });

  it('is reported when the receiver, which answers others, is silent', () => {
    const tested = underTest(mip61504);
    tested.feedAll([update(0), answer(0, 0), ...many(11, (i) => update(i + 1))]);
    expect(tested.feed(tickEvent(20))).toHaveLength(1);
  });

  it.each([
    ['the sensor sees no answers at all', many(40, (i) => update(i))],
    ['they are accepted', many(40, (i) => [update(i), answer(i, 0)]).flat()],
    ['a correspondent was restarted', many(9, (i) => [update(i), answer(i, 138)]).flat()],
  ])('is none when %s', (_, events) => {
    const tested = underTest(mip61504);
    expect([...tested.feedAll(events), ...tested.feed(tickEvent(60))]).toEqual([]);
  });

  it('with made-up sources is one alert for its target', () => {
    const tested = underTest(mip61504);
    for (let i = 0; i < 300; i++) {
      const seen = {
        second: 1 + i * 0.01,
        careOfAddress: host('66', i),
        homeAddress: host('1', i),
      };
      tested.feed(correspondentUpdate(seen, { authentication: 'wrong' }));
    }
    expect(only(tested.alerts).attacker).toBeUndefined();
  });
});

describe('MIP6-1505: a binding cache filled up', () => {
  const bound = (i: number, gap: number, homeAddress = host('66', i)): BindingEvent =>
    bindingEvent('registered', {
      binding: makeBinding({ role: 'correspondent', peer: CORRESPONDENT, homeAddress }),
      packet: packetAt(i + 1, i * gap),
    });
  const refused = (i: number, status = 130): MobilityEvent =>
    bindingAcknowledgementEvent(
      { status },
      { context: { routingHomeAddress: host('1', i), packet: packetAt(i + 1) } },
    );

  it('is one alert for the network of the home addresses', () => {
    const tested = underTest(mip61505);
    tested.feedAll(many(90, (i) => bound(i, 0.1)));
    expect(only(tested.alerts).homePrefix?.length).toBe(64);
  });

  it('is reported when a node refuses three home addresses for want of room', () => {
    expect(only(underTest(mip61505).feedAll(many(3, (i) => refused(i)))).homeAgent).toEqual(
      HOME_AGENT,
    );
  });

  it.each([
    ['as many in an hour', many(90, (i) => bound(i, 40))],
    ['nodes of as many networks', many(90, (i) => bound(i, 0.1, host(`${i + 10}`, 1)))],
    ['one node refused again and again', many(9, () => refused(0))],
    ['refusals for another reason', many(9, (i) => refused(i, 129))],
  ])('is no finding for %s', (_, events) => {
    expect(underTest(mip61505).feedAll(events)).toEqual([]);
  });
});

describe('MIP6-1506: messages faster than allowed', () => {
  const update = (i: number, gap: number, link = FOREIGN): MobilityEvent =>
    bindingUpdateEvent(
      { sequence: i },
      { context: { packet: packetAt(i + 1, 1 + i * gap), link } },
    );

  it('is reported with the fourth in a second', () => {
    expect(underTest(mip61506).feedAll(many(4, (i) => update(i, 0.3)))).toHaveLength(1);
  });

  it.each([
    ['three a second', many(30, (i) => update(i, 0.34))],
    [
      'three that are seen on two links',
      many(3, (i) => [update(i, 0.1), update(i, 0.1, { ...FOREIGN, id: 77 })]).flat(),
    ],
    ['both tests at once', many(3, (i) => inits({ second: 1 + i * 0.1 }, cookie(i))).flat()],
    [
      'several correspondents',
      many(9, (i) => inits({ second: 1 + i * 0.01, peer: host('9', i) })).flat(),
    ],
  ])('is no finding for %s', (_, events) => {
    expect(underTest(mip61506).feedAll(events)).toEqual([]);
  });

  it('is no finding for copies of a mirror port', () => {
    const copies = many(9, (i): MobilityEvent => {
      const event = update(1, 0.001 * i);
      const { link, source, hopLimit } = event.context;
      const earlier = { packet: packetAt(1, 1), link, source, linkSource: undefined, hopLimit };
      return { ...event, earlier: { ...earlier, lastSeen: event.context.packet.time - 1000 } };
    });
    expect(underTest(mip61506).feedAll(copies)).toEqual([]);
  });
});

describe('MIP6-1507: route optimisation broken again and again', () => {
  const established = (second: number) =>
    bindingEvent('registered', {
      binding: makeBinding({ role: 'correspondent', peer: CORRESPONDENT }),
      packet: packetAt(second),
    });
  const error = (second: number) =>
    mobilityEvent(
      { kind: 'binding-error', status: 1, homeAddress: HOME_ADDRESS },
      {
        context: { source: CORRESPONDENT, destination: CARE_OF_ADDRESS, packet: packetAt(second) },
      },
    );
  const refusal = (second: number) => correspondentAnswer({ second }, { status: 137 });

  it('is reported with the third time', () => {
    const events = [
      established(1),
      error(5),
      established(20),
      refusal(25),
      established(40),
      error(45),
    ];
    expect(only(underTest(mip61507).feedAll(events)).evidence).toHaveLength(3);
  });

  it.each([
    ['twice', [established(1), error(5), established(20), error(25)]],
    ['errors without route optimisation', many(9, (i) => error(i + 1))],
    ['copies of one error', [established(1), ...many(9, (i) => error(i + 5))]],
    [
      'three times in an hour',
      many(3, (i) => [established(i * 1500 + 1), error(i * 1500 + 9)]).flat(),
    ],
  ])('is no finding for %s', (_, events) => {
    expect(underTest(mip61507).feedAll(events)).toEqual([]);
  });
});

describe('MIP6-1508: half-open IKE', () => {
  const message = (i: number, isFirst: boolean, source = host('66', i)): IkeEvent => ({
    kind: 'ike',
    context: packetContext({
      source,
      destination: HOME_AGENT,
      packet: packetAt(i + 1, 1 + i * 0.02),
    }),
    version: 2,
    exchange: isFirst ? IKEV2_EXCHANGE.ikeSaInit : IKEV2_EXCHANGE.ikeAuth,
    initiatorSpi: cookie(i),
    responderSpi: isFirst ? new Uint8Array(8) : cookie(i + 1),
    messageId: isFirst ? 0 : 1,
    isInitiator: true,
    isResponse: false,
    reading: isFirst ? 'clear' : 'closed',
    authenticationMethods: [],
    parties: UNKNOWN_PARTIES,
    negotiated: undefined,
    moved: undefined,
  });

  it('is one alert for the home agent', () => {
    const tested = underTest(mip61508);
    tested.feedAll(many(60, (i) => message(i, true)));
    expect(tested.feed(tickEvent(2.5))).toEqual([]);
    tested.feed(tickEvent(6));
    expect(only(tested.alerts)).toMatchObject({ homeAgent: HOME_AGENT });
  });

  it.each([
    ['nodes that go on', many(90, (i) => [message(i, true), message(i, false)]).flat()],
    ['fifty that do not', many(50, (i) => message(i, true))],
    ['one first message sent again and again', many(90, () => message(0, true))],
  ])('is no finding for %s', (_, events) => {
    const tested = underTest(mip61508);
    tested.feedAll(events);
    expect(tested.feed(tickEvent(10, true))).toEqual([]);
  });

  it('leaves open what a capture that ends could still show', () => {
    const tested = underTest(mip61508);
    tested.feedAll(many(60, (i) => message(i, true)));
    expect(tested.feed(tickEvent(3, true))).toEqual([]);
  });
});

describe('MIP6-1509: ESP of no use', () => {
  it.each([
    ['SPIs that come once', { fresh: 20 }, 'partial'],
    ['checks that fail', { failed: 20 }, 'certain'],
  ])('is reported for %s', (_, counted, confidence) => {
    const tested = underTest(mip61509);
    const found = tested.feedAll(many(3, (i) => espRefusalsEvent(i + 1, counted)));
    expect(only(found)).toMatchObject({ confidence, homeAgent: HOME_AGENT });
  });

  it.each([
    [
      'new associations that are used',
      many(20, (i) => espRefusalsEvent(i + 1, { fresh: 20, settled: 18 })),
    ],
    ['a few a second', many(60, (i) => espRefusalsEvent(i + 1, { fresh: 2, failed: 2 }))],
  ])('is no finding for %s', (_, events) => {
    expect(underTest(mip61509).feedAll(events)).toEqual([]);
  });
});

describe('MIP6-1510: a storm of duplicate address detection', () => {
  const site = toldSite();
  const probe = (i: number, mac = AGENT_MAC) =>
    neighborSolicitation(host('1', i + 100), { at: 1 + i * 0.1, mac });
  const update = (i: number, source: Uint8Array) =>
    bindingUpdateEvent(
      {},
      {
        context: {
          source,
          homeAddressOption: host('1', i + 100),
          packet: packetAt(i + 1, 1 + i * 0.1),
        },
      },
    );

  it('is medium when the updates for it come from few sources', () => {
    const tested = underTest(mip61510, { site });
    const events = many(25, (i) => [
      update(i, i % 2 === 0 ? ATTACKER : OTHER_CARE_OF_ADDRESS),
      probe(i),
    ]);
    tested.feedAll(events.flat());
    expect(only(tested.alerts).severity).toBeUndefined();
  });

  it('is low when every node registers from its own address, as after a restart', () => {
    const tested = underTest(mip61510, { site });
    tested.feedAll(many(25, (i) => [update(i, host('3', i)), probe(i)]).flat());
    expect(only(tested.alerts).severity).toBe('low');
  });

  it.each([
    ['twenty addresses', many(20, (i) => probe(i))],
    ['hosts that start', many(40, (i) => probe(i, ROGUE_MAC))],
    ['one address again and again', many(40, () => probe(0))],
  ])('is no finding for %s', (_, events) => {
    expect(underTest(mip61510, { site }).feedAll(events)).toEqual([]);
  });
});
