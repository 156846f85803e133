import { describe, expect, it } from 'vitest';
import type { MobilityEvent } from '../../engine/events.ts';
import type { Binding } from '../../engine/state/binding-cache.ts';
import mip61301 from '../../rules/replay/mip6-1301.ts';
import mip61302 from '../../rules/replay/mip6-1302.ts';
import mip61303 from '../../rules/replay/mip6-1303.ts';
import mip61304 from '../../rules/replay/mip6-1304.ts';
import mip61305 from '../../rules/replay/mip6-1305.ts';
import mip61306 from '../../rules/replay/mip6-1306.ts';
import mip61307 from '../../rules/replay/mip6-1307.ts';
import mip61308 from '../../rules/replay/mip6-1308.ts';
import mip61309 from '../../rules/replay/mip6-1309.ts';
import {
  ATTACKER,
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  OTHER_CARE_OF_ADDRESS,
  OTHER_HOME_ADDRESS,
  START_TIME,
  bindingAcknowledgementEvent,
  bindingEvent,
  bindingUpdateEvent,
  espEvent,
  makeBinding,
  makeLink,
  only,
  packetAt,
  packetContext,
  tickEvent,
  tunnelledEvent,
  underTest,
} from './event-builders.ts';
import {
  FOREIGN,
  HOST_MAC,
  NODE_MAC,
  ROGUE_MAC,
  ROUTER_MAC,
  neighborAdvertisement,
  neighborSolicitation,
  routerAdvertisement,
} from './neighbor-events.ts';
import { cookie, inits } from './routability-events.ts';

/** A Binding Update for the home agent at `second`. */
function update(sequence: number, second: number, source = CARE_OF_ADDRESS): MobilityEvent {
  const packet = packetAt(Math.round(second * 1000) + 1, second);
  return bindingUpdateEvent({ sequence }, { context: { packet, source } });
}

/** The answer of the home agent at `second`. */
function answer(sequence: number, status: number, second: number, destination = CARE_OF_ADDRESS) {
  const packet = packetAt(Math.round(second * 1000) + 2, second);
  return bindingAcknowledgementEvent({ sequence, status }, { context: { packet, destination } });
}

/** A binding for an hour whose last accepted number is 500. */
function bound(overrides: Partial<Binding> = {}): Binding {
  return makeBinding({
    sequence: 500,
    lifetime: 3600,
    expiresAt: START_TIME + 3600e6,
    ...overrides,
  });
}

describe('MIP6-1301: an old sequence number', () => {
  const rule = (binding = bound()) => underTest(mip61301, { bindings: [binding] });

  it('is reported when nobody corrects it, for certain when the receiver refused it', () => {
    const tested = rule();
    tested.feedAll([update(440, 20, ATTACKER), answer(500, 135, 20.1, ATTACKER)]);
    expect(tested.feed(tickEvent(25))).toEqual([]);
    const draft = only(tested.feed(tickEvent(31)));
    expect(draft).toMatchObject({ confidence: 'certain', attacker: ATTACKER });
    expect(tested.feed(tickEvent(40))).toEqual([]);
  });

  it('weighs little when it comes from where the node is registered', () => {
    const tested = rule();
    tested.feed(update(440, 20));
    expect(only(tested.feed(tickEvent(31)))).toMatchObject({
      severity: 'low',
      confidence: 'partial',
    });
  });

  it.each([
    ['the largest number that is not greater', (500 - 0x8000) & 0xffff, 1],
    ['the smallest number that is greater', (500 - 0x8000 + 0xffff) & 0xffff, 0],
    ['the last number with another content', 500, 1],
    ['the next number', 501, 0],
  ])('is judged modulo 65536: %s', (_, sequence, alerts) => {
    const tested = rule();
    tested.feed(update(sequence, 20, ATTACKER));
    expect(tested.feed(tickEvent(40))).toHaveLength(alerts);
  });

  it.each<[string, MobilityEvent[], Partial<Binding>]>([
    [
      'a restarted node that is told its number',
      [update(3, 20), answer(500, 135, 20.1), update(501, 21)],
      {},
    ],
    [
      'an accepted one, which is another rule',
      [update(440, 20, ATTACKER), answer(440, 0, 20.1)],
      {},
    ],
    ['one that was overtaken', [update(499, 1, ATTACKER)], {}],
    ['a binding that has run out', [update(3, 20, ATTACKER)], { expiresAt: START_TIME + 10e6 }],
    ['a binding that was deleted', [update(3, 20, ATTACKER)], { phase: 'deregistered' }],
  ])('raises nothing for %s', (_, events, overrides) => {
    const tested = rule(bound(overrides));
    tested.feedAll(events);
    expect(tested.feed(tickEvent(60, true))).toEqual([]);
  });

  it('of one node is found while thousands of made-up ones are refused', () => {
    const tested = rule();
    tested.feedAll([update(440, 20, ATTACKER), answer(500, 135, 20.1, ATTACKER)]);
    for (let i = 0; i < 6000; i++) {
      const home = OTHER_HOME_ADDRESS.slice();
      home[12] = i >>> 8;
      home[13] = i & 0xff;
      const context = { packet: packetAt(100 + i, 21), homeAddressOption: home, source: ATTACKER };
      tested.feed(bindingUpdateEvent({ sequence: 1 }, { context }));
    }
    expect(tested.feed(tickEvent(31))).toHaveLength(1);
  });
});

/** An update at `second` that was seen before. */
function copy(
  second: number,
  earlier: {
    source?: Uint8Array;
    second?: number;
    hopLimit?: number;
    foreign?: boolean;
    mac?: Uint8Array;
  },
  source = CARE_OF_ADDRESS,
): MobilityEvent {
  const first = earlier.second ?? 1;
  const context = {
    packet: packetAt(9, second),
    link: makeLink('transit'),
    source,
    hopLimit: 60,
    linkSource: ROUTER_MAC,
  };
  return {
    ...bindingUpdateEvent({ sequence: 7 }, { context }),
    earlier: {
      packet: packetAt(1, first),
      link: makeLink(earlier.foreign === true ? 'foreign' : 'transit'),
      source: earlier.source ?? CARE_OF_ADDRESS,
      linkSource: earlier.mac ?? ROUTER_MAC,
      hopLimit: earlier.hopLimit ?? 60,
      lastSeen: packetAt(1, first).time,
    },
  };
}

describe('MIP6-1302: the same octets again', () => {
  it.each([
    ['after more than the longest back-off', copy(40, {}), 'certain'],
    ['from another address', copy(1.5, {}, ATTACKER), 'certain'],
    ['from another neighbour', copy(4, { mac: ROGUE_MAC }), 'partial'],
    ['over a path of another length', copy(4, { hopLimit: 62 }), 'partial'],
  ])('are reported %s', (_, event, confidence) => {
    const draft = only(underTest(mip61302).feed(event));
    expect(draft).toMatchObject({ confidence, homeAddress: HOME_ADDRESS });
    expect(draft.evidence).toHaveLength(2);
  });

  it.each([
    ['a node that repeats itself', copy(17, {})],
    ['a mirror port', copy(1.01, { hopLimit: 62 })],
    ['the next link', copy(1.02, { foreign: true, hopLimit: 64, mac: NODE_MAC })],
    ['a capture with another clock', copy(4.2, { foreign: true, hopLimit: 64, mac: NODE_MAC })],
    ['the first of its kind', update(7, 1)],
  ])('are no finding from %s', (_, event) => {
    expect(underTest(mip61302).feed(event)).toEqual([]);
  });

  it('are not judged for proxy registrations, which are ordered by timestamps', () => {
    const event = copy(40, {});
    const proxy = bindingUpdateEvent({
      flags: ['acknowledge', 'homeRegistration', 'proxyRegistration'],
    });
    expect(underTest(mip61302).feed({ ...event, header: proxy.header })).toEqual([]);
  });

  it.each([
    ['home-address-option', 1],
    ['type-2-routing-header', 1],
    ['plain', 0],
  ] as const)('under ESP are mobility in the layout %s or not', (layout, alerts) => {
    const isOut = layout === 'home-address-option';
    const found = underTest(mip61302).feed({
      kind: 'ipsec',
      context: packetContext({
        homeAddressOption: isOut ? HOME_ADDRESS : undefined,
        routingHomeAddress: layout === 'type-2-routing-header' ? HOME_ADDRESS : undefined,
      }),
      layout,
      spi: 0x1000,
      sequence: 3,
      finding: { kind: 'copy', earlier: packetAt(1) },
    });
    expect(found).toHaveLength(alerts);
  });
});

describe('MIP6-1303: numbers all over', () => {
  const at = (sequences: readonly number[], gap: number) =>
    underTest(mip61303).feedAll(
      sequences.map((sequence, i) => update(sequence, i * gap, ATTACKER)),
    );

  it('are reported with the third within a second', () => {
    const found = at([0x0002, 0x4002, 0x8002, 0xc002], 0.2);
    expect(found).toHaveLength(2);
    expect(found[0]?.evidence).toHaveLength(3);
  });

  it.each([
    ['follow each other', [0xfffe, 0xffff, 0, 1], 0.1],
    ['come seconds apart', [0x0002, 0x4002, 0x8002, 0xc002], 0.9],
    ['are two, as of a node that was restarted', [0x0002, 0x8002], 0.1],
  ])('are no finding when they %s', (_, sequences, gap) => {
    expect(at(sequences, gap)).toEqual([]);
  });
});

describe('MIP6-1304: the counter asked out', () => {
  it('is reported with the third refusal within a minute on one link', () => {
    const tested = underTest(mip61304, { bindings: [bound()] });
    const edge = makeLink('transit');
    const found = [10, 20, 30].flatMap((second) => {
      const there = answer(500, 135, second);
      const here = answer(500, 135, second);
      return tested.feedAll([{ ...there, context: { ...there.context, link: edge } }, here]);
    });
    expect(found).toHaveLength(2);
    expect(new Set(found.map(({ object }) => object)).size).toBe(1);
  });

  it('is no finding for one refusal after a restart', () => {
    const tested = underTest(mip61304, { bindings: [bound()] });
    expect(tested.feedAll([update(3, 20), answer(500, 135, 20.1), update(501, 21)])).toEqual([]);
  });

  it('is reported once a home agent tells it in clear to an address where the node never was', () => {
    const tested = underTest(mip61304, { bindings: [bound()] });
    expect(only(tested.feed(answer(500, 135, 20, ATTACKER)))).toMatchObject({ attacker: ATTACKER });
  });
});

describe('MIP6-1305: an old number accepted', () => {
  const pending = (sequence: number, overrides: Partial<Binding> = {}) =>
    bound({
      pending: {
        careOfAddress: CARE_OF_ADDRESS,
        sequence,
        lifetime: 60,
        isHomeStyle: false,
        relay: undefined,
        packet: packetAt(5),
      },
      ...overrides,
    });

  it('is reported while the binding lasts', () => {
    const tested = underTest(mip61305, { bindings: [pending(40)] });
    expect(only(tested.feed(answer(40, 0, 20))).evidence).toHaveLength(2);
  });

  it.each([
    ['a greater number', pending(501), answer(501, 0, 20)],
    ['a refusal', pending(40), answer(40, 135, 20)],
    ['a binding that has run out', pending(40, { expiresAt: START_TIME + 5e6 }), answer(40, 0, 20)],
    ['a binding that was deleted', pending(40, { phase: 'deregistered' }), answer(40, 0, 20)],
    ['an answer to another update', pending(40), answer(41, 0, 20)],
  ])('is no finding for %s', (_, binding, event) => {
    expect(underTest(mip61305, { bindings: [binding] }).feed(event)).toEqual([]);
  });
});

describe('MIP6-1306: updates that do not arrive', () => {
  const seen = (
    sequence: number,
    second: number,
    role: 'foreign' | 'transit',
    home = HOME_ADDRESS,
  ) =>
    espEvent({
      sequence,
      context: {
        packet: packetAt(sequence * 10 + (role === 'foreign' ? 1 : 2), second),
        link: makeLink(role),
        homeAddressOption: home,
        source: CARE_OF_ADDRESS,
      },
    });
  const arrives = (sequence: number, second: number, home = HOME_ADDRESS) => [
    seen(sequence, second, 'foreign', home),
    seen(sequence, second + 0.01, 'transit', home),
  ];
  const blocked = [seen(2, 100, 'foreign'), seen(3, 101, 'foreign'), seen(4, 103, 'foreign')];

  it('are reported when others from that link do arrive', () => {
    const tested = underTest(mip61306);
    const others = arrives(90, 104, OTHER_HOME_ADDRESS);
    tested.feedAll([...arrives(1, 1), ...blocked, ...others]);
    expect(tested.feed(tickEvent(105))).toEqual([]);
    const draft = only(tested.feed(tickEvent(110)));
    expect(draft.severity).toBeUndefined();
    expect(draft.evidence).toHaveLength(3);
  });

  it('weigh little when nothing arrives: that is an outage', () => {
    const tested = underTest(mip61306);
    tested.feedAll([...arrives(1, 1), ...blocked]);
    expect(only(tested.feed(tickEvent(110)))).toMatchObject({ severity: 'low' });
  });

  it('are no finding without proof that the sensor sees both ends', () => {
    const tested = underTest(mip61306);
    const tunnel = tunnelledEvent({
      context: { packet: packetAt(9, 104), link: makeLink('transit') },
    });
    tested.feedAll([...blocked, tunnel]);
    expect(tested.feed(tickEvent(110))).toEqual([]);
  });

  it.each([
    [
      'two of them',
      [...arrives(1, 1), ...blocked.slice(1), ...arrives(90, 104, OTHER_HOME_ADDRESS)],
    ],
    [
      'those that are only late',
      [...arrives(1, 1), ...blocked, ...[2, 3, 4].map((n) => seen(n, 106, 'transit'))],
    ],
  ])('are no finding for %s', (_, events) => {
    const tested = underTest(mip61306);
    tested.feedAll(events);
    expect(tested.feed(tickEvent(110))).toEqual([]);
  });
});

describe('MIP6-1307: an old care-of address taken over', () => {
  const correspondent = (): Binding =>
    bound({ role: 'correspondent', peer: CORRESPONDENT, registeredAt: START_TIME });
  const move = (binding: Binding) => [
    bindingEvent('registered', { binding }),
    bindingEvent('moved', {
      binding: bound({ careOfAddress: OTHER_CARE_OF_ADDRESS }),
      previousCareOfAddress: CARE_OF_ADDRESS,
      packet: packetAt(20),
    }),
  ];
  const own = { at: 2, link: FOREIGN, mac: NODE_MAC };
  const other = { at: 25, link: FOREIGN, mac: ROGUE_MAC };

  it.each([
    ['advertises it', neighborAdvertisement(CARE_OF_ADDRESS, other)],
    ['asks whether it is free', neighborSolicitation(CARE_OF_ADDRESS, other)],
    ['asks for a care-of test from it', inits({ second: 25, link: FOREIGN })[1]],
  ])('is reported when another node %s', (_, event) => {
    const tested = underTest(mip61307);
    tested.feed(neighborAdvertisement(CARE_OF_ADDRESS, own));
    tested.feedAll(move(correspondent()));
    const seen =
      event.kind === 'mobility'
        ? { ...event, context: { ...event.context, linkSource: ROGUE_MAC } }
        : event;
    expect(only(tested.feed(seen))).toMatchObject({
      attacker: ROGUE_MAC,
      homeAddress: HOME_ADDRESS,
    });
  });

  it('is no finding when the node itself comes back', () => {
    const tested = underTest(mip61307);
    tested.feed(neighborAdvertisement(CARE_OF_ADDRESS, own));
    tested.feedAll(move(correspondent()));
    expect(tested.feed(neighborAdvertisement(CARE_OF_ADDRESS, { ...own, at: 25 }))).toEqual([]);
  });

  it.each([
    ['the correspondent has been told', { careOfAddress: OTHER_CARE_OF_ADDRESS }],
    ['its binding has run out', { expiresAt: START_TIME + 10e6 }],
  ])('is no finding once %s', (_, change) => {
    const binding = correspondent();
    const tested = underTest(mip61307);
    tested.feed(neighborAdvertisement(CARE_OF_ADDRESS, own));
    tested.feedAll(move(binding));
    Object.assign(binding, change);
    expect(tested.feed(neighborAdvertisement(CARE_OF_ADDRESS, other))).toEqual([]);
  });

  it('is no finding when the access router defends it', () => {
    const tested = underTest(mip61307);
    tested.feed(routerAdvertisement({ at: 1, link: FOREIGN, mac: ROUTER_MAC }));
    tested.feed(neighborAdvertisement(CARE_OF_ADDRESS, own));
    tested.feedAll(move(correspondent()));
    const proxy = neighborAdvertisement(CARE_OF_ADDRESS, { ...other, mac: ROUTER_MAC });
    expect(tested.feed(proxy)).toEqual([]);
  });

  it('is no finding for an address whose node was never seen', () => {
    const tested = underTest(mip61307);
    tested.feedAll(move(correspondent()));
    expect(
      tested.feed(neighborAdvertisement(CARE_OF_ADDRESS, { ...other, mac: HOST_MAC })),
    ).toEqual([]);
  });
});

describe('MIP6-1308: a cookie used again', () => {
  it.each([0, 1])('is reported for either test', (which) => {
    const tested = underTest(mip61308);
    const [first, second] = [inits({ second: 1 })[which], inits({ second: 3 })[which]];
    if (first === undefined || second === undefined) throw new Error('two tests');
    expect(tested.feed(first)).toEqual([]);
    expect(tested.feed(second)).toHaveLength(1);
  });

  it.each([
    ['a new cookie', inits({ second: 3 }, cookie(2))],
    ['a copy of a mirror port', inits({ second: 1.01 })],
    ['another link', inits({ second: 3, link: makeLink('foreign') })],
  ])('is no finding for %s', (_, events) => {
    const tested = underTest(mip61308);
    tested.feedAll(inits({ second: 1 }));
    expect(tested.feedAll(events)).toEqual([]);
  });
});

describe('MIP6-1309: a counter that starts over', () => {
  const under = (spi: number, sequence: number, second: number): MobilityEvent[] => {
    const event = update(sequence, second);
    const esp = { spi, sequence: second, integrityVerified: true };
    return [
      { ...event, context: { ...event.context, protection: 'esp-transport', esp } },
      answer(sequence, 0, second + 0.1),
    ];
  };

  it('is reported when the number behind 65535 is accepted under the same SPI', () => {
    const tested = underTest(mip61309);
    expect(tested.feedAll([...under(0x1000, 0xffff, 1), ...under(0x1000, 0, 60)])).toHaveLength(1);
  });

  it.each([
    ['new keys', [...under(0x1000, 0xffff, 1), ...under(0x2000, 0, 60)]],
    ['a number that goes on', [...under(0x1000, 0x7fff, 1), ...under(0x1000, 0x8000, 60)]],
    ['a number that goes back', [...under(0x1000, 500, 1), ...under(0x1000, 3, 60)]],
    [
      'clear updates',
      [update(0xffff, 1), answer(0xffff, 0, 1.1), update(0, 60), answer(0, 0, 60.1)],
    ],
  ])('is no finding for %s', (_, events) => {
    expect(underTest(mip61309).feedAll(events)).toEqual([]);
  });
});
