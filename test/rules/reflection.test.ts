import { describe, expect, it } from 'vitest';
import type { MobilityMessage } from '../../dissectors/mobility/header.ts';
import mip61601 from '../../rules/reflection/mip6-1601.ts';
import mip61602 from '../../rules/reflection/mip6-1602.ts';
import mip61603 from '../../rules/reflection/mip6-1603.ts';
import mip61604 from '../../rules/reflection/mip6-1604.ts';
import mip61605 from '../../rules/reflection/mip6-1605.ts';
import mip61606 from '../../rules/reflection/mip6-1606.ts';
import mip61607 from '../../rules/reflection/mip6-1607.ts';
import mip61608 from '../../rules/reflection/mip6-1608.ts';
import mip61609 from '../../rules/reflection/mip6-1609.ts';
import {
  VICTIM,
  loopEvent,
  noticeEvent,
  optionEvent,
  reflectedEvent,
  routingEvent,
} from './address-header-events.ts';
import {
  ATTACKER,
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  HOME_AGENT,
  OTHER_CARE_OF_ADDRESS,
  OTHER_HOME_ADDRESS,
  address,
  makeBinding,
  makeLink,
  makeSite,
  mobilityEvent,
  only,
  packetAt,
  packetContext,
  prefix,
  tunnelledEvent,
  underTest,
} from './event-builders.ts';

const GROUP = address('ff02::1');
const FIXED = makeSite({
  infrastructure: [{ name: 'name server', addresses: [prefix('2001:db8:7::/64')] }],
});

/** Options of one sender at one-second steps. */
function options(count: number, from = 1): ReturnType<typeof optionEvent>[] {
  return Array.from({ length: count }, (_, i) =>
    optionEvent({ context: { packet: packetAt(from + i) } }),
  );
}

function bindingError(number: number, home = VICTIM): ReturnType<typeof mobilityEvent> {
  const message: MobilityMessage = { kind: 'binding-error', status: 1, homeAddress: home };
  return mobilityEvent(message, {
    context: { source: CORRESPONDENT, destination: ATTACKER, packet: packetAt(number) },
  });
}

describe('MIP6-1601', () => {
  it('says nothing of a missing binding alone: the capture may have begun later', () => {
    expect(underTest(mip61601).feedAll(options(20))).toEqual([]);
  });

  it('alerts when the receiver answers to the home address', () => {
    const draft = only(underTest(mip61601).feedAll([...options(1), reflectedEvent(2)]));
    expect(draft).toMatchObject({ confidence: 'certain', attacker: ATTACKER, homeAddress: VICTIM });
  });

  it('alerts when the sender goes on after a Binding Error, not when it stops', () => {
    const test = underTest(mip61601);
    expect(test.feedAll([...options(1), bindingError(2), ...options(2, 3)])).toEqual([]);
    expect(only(test.feedAll(options(1, 6))).confidence).toBe('partial');
  });

  it('alerts when the home address is registered elsewhere, or belongs to a fixed node', () => {
    const home = { homeAddress: HOME_ADDRESS };
    const away = underTest(mip61601, { bindings: [makeBinding()] });
    expect(only(away.feed(optionEvent(home))).confidence).toBe('partial');
    const own = optionEvent({ ...home, context: { source: CARE_OF_ADDRESS } });
    expect(underTest(mip61601, { bindings: [makeBinding()] }).feed(own)).toEqual([]);
    expect(only(underTest(mip61601, { site: FIXED }).feed(optionEvent())).confidence).toBe(
      'certain',
    );
  });

  it('alerts without any further fact once the link was watched for longer than a binding lives', () => {
    const late = options(3).map((event) => ({ ...event, watched: 421e6 }));
    expect(only(underTest(mip61601).feedAll(late)).confidence).toBe('partial');
    const early = options(3).map((event) => ({ ...event, watched: 400e6 }));
    expect(underTest(mip61601).feedAll(early)).toEqual([]);
  });

  it('leaves bindings that just ended, other relations and groups alone', () => {
    const ended = makeBinding({
      peer: CORRESPONDENT,
      role: 'correspondent',
      phase: 'expired',
      homeAddress: VICTIM,
    });
    const fixed = { site: FIXED, bindings: [ended] };
    expect(underTest(mip61601, fixed).feed(optionEvent())).toEqual([]);
    const test = underTest(mip61601, { site: FIXED });
    expect(test.feed(optionEvent({ relation: 'bound' }))).toEqual([]);
    expect(test.feed(optionEvent({ relation: 'previous' }))).toEqual([]);
    expect(test.feed(optionEvent({ context: { destination: GROUP } }))).toEqual([]);
  });

  it('takes answers to a node that is where it says for its own', () => {
    const bindings = [makeBinding()];
    const own = { victim: HOME_ADDRESS, requester: CARE_OF_ADDRESS };
    expect(underTest(mip61601, { bindings }).feed(reflectedEvent(2, own))).toEqual([]);
  });

  it('makes one object of a flood with made-up senders, and keeps another receiver apart', () => {
    const test = underTest(mip61601, { site: FIXED });
    for (let i = 1; i <= 500; i++) {
      test.feed(
        optionEvent({
          context: {
            source: address(`2001:db8:66::${i.toString(16)}`),
            packet: packetAt(i, i / 500),
          },
        }),
      );
    }
    expect(test.alerts.length).toBeLessThanOrEqual(5);
    test.feed(optionEvent({ context: { destination: HOME_AGENT, packet: packetAt(501, 2) } }));
    expect(test.alerts.at(-1)?.object).toContain('2001:db8:1::1');
  });

  it('makes one object of a sweep over many receivers', () => {
    const test = underTest(mip61601, { site: FIXED });
    for (let i = 1; i <= 500; i++) {
      const destination = address(`2001:db8:9::${i.toString(16)}`);
      test.feed(optionEvent({ context: { destination, packet: packetAt(i, i / 500) } }));
    }
    expect(test.alerts.length).toBeLessThanOrEqual(5);
  });
});

describe('MIP6-1602', () => {
  it('alerts when answers become many, also spread over one network', () => {
    const test = underTest(mip61602);
    expect(test.feed(reflectedEvent(1))).toEqual([]);
    const other = { victim: address('2001:db8:7::8') };
    expect(only(test.feed(reflectedEvent(2, other)))).toMatchObject({ confidence: 'certain' });
  });

  it('does not count what came longer ago, nor answers to a node that is where it says', () => {
    const test = underTest(mip61602);
    expect(test.feedAll([reflectedEvent(1), reflectedEvent(20), reflectedEvent(40)])).toEqual([]);
    const own = { victim: HOME_ADDRESS, requester: CARE_OF_ADDRESS, packets: 100 };
    expect(underTest(mip61602, { bindings: [makeBinding()] }).feed(reflectedEvent(1, own))).toEqual(
      [],
    );
  });

  it('is less sure within a home network', () => {
    const event = reflectedEvent(1, { victim: OTHER_HOME_ADDRESS, packets: 20 });
    expect(only(underTest(mip61602).feed(event)).confidence).toBe('partial');
  });
});

describe('MIP6-1603', () => {
  const type0 = { types: [0], relation: undefined, context: { routingHomeAddress: undefined } };

  it('alerts on a type 0 routing header, and notes one that is spent', () => {
    const test = underTest(mip61603);
    expect(only(test.feed(routingEvent({ ...type0, segmentsLeft: 2 }))).severity).toBeUndefined();
    const spent = routingEvent({ ...type0, segmentsLeft: 0 });
    expect(only(test.feed(spent)).severity).toBe('info');
    expect(test.alerts).toHaveLength(2);
  });

  it('leaves type 2, segment routing and several headers alone', () => {
    const test = underTest(mip61603);
    expect(test.feed(routingEvent())).toEqual([]);
    expect(test.feed(routingEvent({ types: [4] }))).toEqual([]);
    expect(test.feed(routingEvent({ types: [0, 2], headers: 2 }))).toEqual([]);
  });
});

describe('MIP6-1604', () => {
  it('alerts when the receiver is the care-of address of another home address', () => {
    const test = underTest(mip61604, { bindings: [makeBinding()] });
    expect(only(test.feed(routingEvent())).confidence).toBe('partial');
  });

  it('is certain when the address is that of a fixed node, or the receiver passed the packet on', () => {
    expect(only(underTest(mip61604, { site: FIXED }).feed(routingEvent())).confidence).toBe(
      'certain',
    );
    const test = underTest(mip61604);
    expect(test.feed(routingEvent())).toEqual([]);
    const onward = routingEvent({
      segmentsLeft: 0,
      context: {
        destination: VICTIM,
        routingHomeAddress: CARE_OF_ADDRESS,
        packet: packetAt(2, 1.1),
      },
    });
    expect(only(test.feed(onward)).confidence).toBe('certain');
  });

  it('leaves alone what fits a binding, what nothing is known of, and home agents', () => {
    const known = { bindings: [makeBinding()] };
    for (const relation of ['bound', 'previous', 'other-care-of-address'] as const) {
      expect(underTest(mip61604, known).feed(routingEvent({ relation }))).toEqual([]);
    }
    expect(underTest(mip61604).feed(routingEvent())).toEqual([]);
    const fromAgent = routingEvent({ context: { source: HOME_AGENT } });
    expect(underTest(mip61604, known).feed(fromAgent)).toEqual([]);
  });

  it('takes a spent header on the node itself for what the node makes of its own packet', () => {
    const test = underTest(mip61604, { bindings: [makeBinding()] });
    const home = { routingHomeAddress: HOME_ADDRESS };
    test.feed(routingEvent({ relation: 'none', context: home }));
    const inside = routingEvent({
      segmentsLeft: 0,
      context: { destination: HOME_ADDRESS, routingHomeAddress: CARE_OF_ADDRESS },
    });
    expect(test.feed(inside)).toEqual([]);
  });
});

describe('MIP6-1605', () => {
  it.each([
    [[0, 2], true],
    [[2, 2], true],
    [[2, 4], true],
    [[4, 4], true],
    [[4, 2], false],
    [[253, 2], false],
  ] as const)('judges headers of the types %j', (types, isAlert) => {
    const drafts = underTest(mip61605).feed(routingEvent({ types, headers: 2 }));
    expect(drafts).toHaveLength(isAlert ? 1 : 0);
  });

  it('alerts on three headers of any type, and not on one', () => {
    const test = underTest(mip61605);
    expect(test.feed(routingEvent())).toEqual([]);
    expect(test.feed(routingEvent({ types: [4, 4, 2], headers: 3 }))).toHaveLength(1);
  });
});

describe('MIP6-1606', () => {
  const cookie = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const token = Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1);
  const link = makeLink('transit');

  function init(number: number): ReturnType<typeof mobilityEvent> {
    return mobilityEvent(
      { kind: 'care-of-test-init', careOfInitCookie: cookie },
      { context: { destination: CORRESPONDENT, packet: packetAt(number), link } },
    );
  }

  function test(
    seconds: number,
    fields: { to?: Uint8Array; index?: number; link?: typeof link } = {},
  ): ReturnType<typeof mobilityEvent> {
    const { to = CARE_OF_ADDRESS, index = 17 } = fields;
    return mobilityEvent(
      {
        kind: 'care-of-test',
        careOfNonceIndex: index,
        careOfInitCookie: cookie,
        careOfKeygenToken: token,
      },
      {
        context: {
          source: CORRESPONDENT,
          destination: to,
          packet: packetAt(9, seconds),
          link: fields.link ?? link,
        },
      },
    );
  }

  it('alerts on an answer to another address', () => {
    const draft = only(underTest(mip61606).feedAll([init(1), test(1.1, { to: VICTIM })]));
    expect(draft).toMatchObject({ confidence: 'certain', attacker: CORRESPONDENT });
  });

  it('alerts on a second answer, and not on a copy, another link or a second request', () => {
    const twice = underTest(mip61606);
    expect(twice.feedAll([init(1), test(1.1)])).toEqual([]);
    expect(only(twice.feed(test(1.5))).confidence).toBe('partial');
    const mirror = underTest(mip61606);
    expect(mirror.feedAll([init(1), test(1.1), test(1.105)])).toEqual([]);
    const links = underTest(mip61606);
    const elsewhere = test(1.2, { link: makeLink('foreign') });
    expect(links.feedAll([init(1), test(1.1), elsewhere])).toEqual([]);
    const again = underTest(mip61606);
    expect(again.feedAll([init(1), init(2), test(2.1), test(2.5)])).toEqual([]);
  });

  it('says nothing of an answer whose request was not seen', () => {
    expect(underTest(mip61606).feed(test(1, { to: VICTIM }))).toEqual([]);
  });

  it('still pairs a request after a flood of made-up ones to another correspondent', () => {
    const rule = underTest(mip61606);
    rule.feed(init(1));
    for (let i = 0; i < 8000; i++) {
      const other = Uint8Array.of(9, 9, 9, 9, 0, i >> 16, (i >> 8) & 255, i & 255);
      rule.feed(
        mobilityEvent(
          { kind: 'care-of-test-init', careOfInitCookie: other },
          { context: { destination: HOME_AGENT, packet: packetAt(2, 1.01) } },
        ),
      );
    }
    expect(rule.feed(test(1.5, { to: VICTIM }))).toHaveLength(1);
  });
});

describe('MIP6-1607', () => {
  function error(i: number, to: Uint8Array): ReturnType<typeof mobilityEvent> {
    const home = address(`2001:db8:77::${(i + 1).toString(16)}`);
    return mobilityEvent(
      { kind: 'binding-error', status: 1, homeAddress: home },
      { context: { source: CORRESPONDENT, destination: to, packet: packetAt(i + 1, i / 10) } },
    );
  }

  it('alerts on many errors to one address', () => {
    const test = underTest(mip61607);
    const drafts = Array.from({ length: 30 }, (_, i) => error(i, VICTIM)).flatMap((event) =>
      test.feed(event),
    );
    expect(drafts).toHaveLength(10);
    expect(test.alerts).toHaveLength(1);
  });

  it('counts the packets that an event of Parameter Problems stands for, and no other ICMPv6', () => {
    const to = { context: { destination: VICTIM } };
    expect(underTest(mip61607).feed(noticeEvent(4, 2, { ...to, packets: 40 }))).toHaveLength(1);
    expect(underTest(mip61607).feed(noticeEvent(200, 0, { ...to, packets: 40 }))).toEqual([]);
  });

  it('says nothing when a restart of a correspondent hits many nodes a few times each', () => {
    const test = underTest(mip61607);
    for (let i = 0; i < 60; i++) {
      const to = address(`2001:db8:3::${(i % 6) + 1}`);
      expect(test.feed(error(i, to))).toEqual([]);
    }
  });
});

describe('MIP6-1608', () => {
  function nested(levels: number, isLoop: boolean): ReturnType<typeof tunnelledEvent> {
    let outer: ReturnType<typeof packetContext> | undefined;
    for (let i = 0; i < levels; i++) {
      const end = isLoop && i % 2 === 1 ? 0 : i;
      const source = address(`2001:db8:3::${(end + 1).toString(16)}`);
      const destination = address(`2001:db8:1::${(isLoop ? 1 - (i % 2) : i + 1).toString(16)}`);
      outer = packetContext({ source, destination, outer });
    }
    return tunnelledEvent({ outer: outer ?? 'none', depth: levels });
  }

  it('alerts on more tunnels than the limit, and not on nested mobile networks', () => {
    expect(underTest(mip61608).feed(nested(3, false))).toEqual([]);
    expect(underTest(mip61608).feed(nested(4, false))).toEqual([]);
    expect(only(underTest(mip61608).feed(nested(5, false))).object).toContain('nesting');
  });

  it('alerts when one tunnel stands twice in a packet', () => {
    const there = { source: HOME_AGENT, destination: ATTACKER };
    const back = { source: ATTACKER, destination: HOME_AGENT };
    const twice = packetContext({
      ...there,
      outer: packetContext({ ...back, outer: packetContext(there) }),
    });
    expect(
      only(underTest(mip61608).feed(tunnelledEvent({ outer: twice, depth: 3 }))),
    ).toMatchObject({
      confidence: 'certain',
    });
    const once = packetContext({ ...back, outer: packetContext(there) });
    expect(underTest(mip61608).feed(tunnelledEvent({ outer: once, depth: 2 }))).toEqual([]);
  });

  it('alerts on a packet that comes round', () => {
    const test = underTest(mip61608);
    expect(only(test.feed(loopEvent())).evidence[1]?.text).toContain('60 first and 57 now');
    expect(only(test.feed(loopEvent({ depth: 4 }))).evidence[1]?.text).toContain('4 now');
    expect(test.alerts).toHaveLength(1);
  });
});

describe('MIP6-1609', () => {
  it('alerts on the option in a packet to a group, and on no other', () => {
    const test = underTest(mip61609);
    expect(only(test.feed(optionEvent({ context: { destination: GROUP } }))).confidence).toBe(
      'certain',
    );
    expect(test.feed(optionEvent())).toEqual([]);
    const other = { source: OTHER_CARE_OF_ADDRESS };
    expect(test.feed(optionEvent({ context: other }))).toEqual([]);
  });
});
