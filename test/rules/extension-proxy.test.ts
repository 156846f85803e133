import { describe, expect, it } from 'vitest';
import type { MobilityEvent } from '../../engine/events.ts';
import { UNKNOWN_SITE } from '../../engine/site.ts';
import rule2301 from '../../rules/extension/mip6-2301.ts';
import rule2302 from '../../rules/extension/mip6-2302.ts';
import rule2303 from '../../rules/extension/mip6-2303.ts';
import rule2304 from '../../rules/extension/mip6-2304.ts';
import rule2305 from '../../rules/extension/mip6-2305.ts';
import rule2306 from '../../rules/extension/mip6-2306.ts';
import rule2307 from '../../rules/extension/mip6-2307.ts';
import rule2308 from '../../rules/extension/mip6-2308.ts';
import rule2309 from '../../rules/extension/mip6-2309.ts';
import rule2310 from '../../rules/extension/mip6-2310.ts';
import rule2311 from '../../rules/extension/mip6-2311.ts';
import rule2312 from '../../rules/extension/mip6-2312.ts';
import rule2313 from '../../rules/extension/mip6-2313.ts';
import rule2314 from '../../rules/extension/mip6-2314.ts';
import {
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  HOME_AGENT,
  bindingEvent,
  bindingUpdateEvent,
  makeBinding,
  makeSite,
  mobilityEvent,
  only,
  packetAt,
  tickEvent,
  tunnelledEvent,
  underTest,
} from './event-builders.ts';
import {
  ANCHOR,
  DOMAIN_SITE,
  GATEWAY,
  NODE_ADDRESS,
  OTHER_ANCHOR,
  OTHER_GATEWAY,
  OTHER_NODE_PREFIX,
  STRANGER,
  homeNetworkPrefix,
  nai,
  proxyAnswer,
  proxyUpdate,
  registered,
} from './extension-messages.ts';
import { prefix } from './site.ts';

describe('MIP6-2301', () => {
  it('reports updates of senders that the site does not list as gateways', () => {
    const tested = underTest(rule2301, { site: DOMAIN_SITE });
    const draft = only(tested.feed(proxyUpdate({ gateway: STRANGER })));
    expect([draft.confidence, draft.attacker]).toEqual(['certain', STRANGER]);
    tested.feed(proxyUpdate({ gateway: STRANGER, node: 'mn2@example.net', seconds: 2 }));
    expect(tested.alerts).toHaveLength(1);
  });

  it('accepts listed gateways, and judges nobody where none are listed', () => {
    expect(underTest(rule2301, { site: DOMAIN_SITE }).feed(proxyUpdate())).toEqual([]);
    expect(underTest(rule2301).feed(proxyUpdate({ gateway: STRANGER }))).toEqual([]);
  });

  it('reports the refusal of an anchor with less weight, also where nothing is told', () => {
    const tested = underTest(rule2301);
    expect(only(tested.feed(proxyAnswer({ status: 154 }))).confidence).toBe('partial');
    tested.feed(proxyUpdate({ sequence: 2 }));
    const draft = only(tested.feed(proxyAnswer({ status: 154, sequence: 2 })));
    expect([draft.severity, draft.confidence]).toEqual(['medium', 'certain']);
    expect(tested.feed(proxyAnswer({ status: 128 }))).toEqual([]);
  });
});

describe('MIP6-2302', () => {
  const esp = { protection: 'esp-transport' } as const;

  it('reports updates and acknowledgements in clear, once for two nodes', () => {
    const tested = underTest(rule2302, { site: DOMAIN_SITE });
    const draft = only(tested.feed(proxyUpdate()));
    expect([draft.severity, draft.confidence, draft.attacker]).toEqual([
      undefined,
      'certain',
      undefined,
    ]);
    tested.feed(proxyAnswer());
    expect(tested.alerts).toHaveLength(1);
    expect(only(tested.feed(proxyUpdate({ gateway: STRANGER }))).attacker).toEqual(STRANGER);
  });

  it('weighs less where nobody told the domain', () => {
    const draft = only(underTest(rule2302, { site: UNKNOWN_SITE }).feed(proxyUpdate()));
    expect([draft.severity, draft.confidence]).toEqual(['medium', 'partial']);
  });

  it('accepts ESP, AH, registrations of mobile nodes, and sites without protection', () => {
    const tested = underTest(rule2302, { site: DOMAIN_SITE });
    tested.feed(proxyUpdate({ context: esp }));
    tested.feed(proxyAnswer({ context: { hasAuthenticationHeader: true } }));
    tested.feed(bindingUpdateEvent());
    expect(tested.alerts).toEqual([]);
    const site = {
      ...DOMAIN_SITE,
      ipsec: { signalling: 'optional', payload: 'optional' },
    } as const;
    expect(underTest(rule2302, { site }).feed(proxyUpdate())).toEqual([]);
  });
});

describe('MIP6-2303', () => {
  it('names the options that are missing', () => {
    const draft = only(underTest(rule2303).feed(proxyUpdate({ options: [] })));
    expect(draft.message).toMatch(/Identifier, Home Network Prefix, Handoff Indicator, Access/);
  });

  it('accepts complete updates, groups, IPv4 alone, and cut frames', () => {
    const tested = underTest(rule2303);
    tested.feed(proxyUpdate());
    tested.feed(
      proxyUpdate({
        options: [{ kind: 'mobile-node-group-identifier', subType: 1, groupIdentifier: 7 }],
      }),
    );
    const ipv4 = proxyUpdate({
      options: [
        nai('mn1@example.net'),
        { kind: 'ipv4-home-address-request', flags: 0, homeAddress: new Uint8Array(4) },
        { kind: 'handoff-indicator', indicator: 1 },
        { kind: 'access-technology-type', technology: 4 },
      ],
    });
    tested.feed(ipv4);
    tested.feed({ ...proxyUpdate({ options: [] }), checksum: 'unknown' });
    expect(tested.alerts).toEqual([]);
  });

  it('reports the refusal for a missing option as low', () => {
    expect(only(underTest(rule2303).feed(proxyAnswer({ status: 161 }))).severity).toBe('low');
  });
});

describe('MIP6-2304', () => {
  it('reports a timestamp before the last accepted one, from whatever gateway', () => {
    const tested = underTest(rule2304);
    tested.feedAll(registered({ seconds: 10 }));
    tested.feedAll(registered({ seconds: 20, sequence: 2, gateway: OTHER_GATEWAY, handoff: 3 }));
    const draft = only(tested.feed(proxyUpdate({ seconds: 30, stamp: 10, sequence: 1 })));
    expect([draft.confidence, draft.severity, draft.attacker]).toEqual([
      'certain',
      undefined,
      GATEWAY,
    ]);
  });

  it('reports the last update sent again later, and no copy of it', () => {
    const tested = underTest(rule2304);
    tested.feedAll(registered({ seconds: 10 }));
    expect(tested.feed(proxyUpdate({ seconds: 10.5, stamp: 10 }))).toEqual([]);
    expect(tested.feed(proxyUpdate({ seconds: 60, stamp: 10 }))).toHaveLength(1);
  });

  it('accepts refreshes, and messages that overtook each other', () => {
    const tested = underTest(rule2304);
    tested.feedAll(registered({ seconds: 10 }));
    tested.feedAll(registered({ seconds: 40, sequence: 2, handoff: 5 }));
    expect(tested.feed(proxyUpdate({ seconds: 40.3, stamp: 39.8, sequence: 3 }))).toEqual([]);
    expect(tested.alerts).toEqual([]);
  });

  it('reports a wrong clock of a gateway once and as low', () => {
    const tested = underTest(rule2304);
    tested.feedAll(registered({ seconds: 10 }));
    const drafts = [1, 2, 3].flatMap((each) =>
      tested.feed(
        proxyUpdate({
          seconds: 20 + each,
          stamp: each - 3600,
          node: `new${each}@example.net`,
          gateway: OTHER_GATEWAY,
        }),
      ),
    );
    expect(drafts.map(({ severity }) => severity)).toEqual(['low', 'low', 'low']);
    expect(tested.alerts).toHaveLength(1);
  });

  it('reports refusals for timestamps when they go on', () => {
    const tested = underTest(rule2304);
    const answers = [1, 2, 3].map((each) =>
      tested.feed(proxyAnswer({ seconds: each, sequence: each, status: 156 })),
    );
    expect(answers.map(({ length }) => length)).toEqual([0, 0, 1]);
  });
});

describe('MIP6-2305', () => {
  it('reports gateways that take a node from each other without giving it up', () => {
    const tested = underTest(rule2305);
    const drafts = [GATEWAY, OTHER_GATEWAY, GATEWAY, OTHER_GATEWAY].flatMap((gateway, i) =>
      tested.feedAll(registered({ gateway, seconds: 5 * i + 1, sequence: i + 1, handoff: 5 })),
    );
    expect(only(drafts).confidence).toBe('partial');
  });

  it('accepts a node that changes to and fro and is given up each time', () => {
    const tested = underTest(rule2305);
    for (const [i, gateway] of [
      GATEWAY,
      OTHER_GATEWAY,
      GATEWAY,
      OTHER_GATEWAY,
      GATEWAY,
    ].entries()) {
      const left = gateway === GATEWAY ? OTHER_GATEWAY : GATEWAY;
      tested.feedAll(registered({ gateway, seconds: 5 * i + 1, sequence: i + 1, handoff: 3 }));
      tested.feed(
        proxyUpdate({ gateway: left, seconds: 5 * i + 2, lifetime: 0, sequence: 90 + i }),
      );
    }
    expect(tested.alerts).toEqual([]);
  });

  it('accepts refreshes of one gateway and transient bindings', () => {
    const tested = underTest(rule2305);
    for (let i = 0; i < 6; i++) {
      tested.feedAll(registered({ seconds: 5 * i + 1, sequence: i + 1, handoff: 5 }));
    }
    const more = [{ kind: 'transient-binding', flags: 0, lifetime: 5 }] as const;
    for (const [i, gateway] of [OTHER_GATEWAY, GATEWAY, OTHER_GATEWAY, GATEWAY].entries()) {
      tested.feedAll(registered({ gateway, seconds: 40 + i, sequence: 50 + i, more }));
    }
    expect(tested.alerts).toEqual([]);
  });
});

describe('MIP6-2306', () => {
  it('reports answers of nodes that are no anchors', () => {
    const tested = underTest(rule2306, { site: DOMAIN_SITE });
    const draft = only(tested.feed(proxyAnswer({ anchor: STRANGER })));
    expect([draft.confidence, draft.severity]).toEqual(['certain', undefined]);
  });

  it('reports a prefix from which the anchors do not assign', () => {
    const tested = underTest(rule2306, { site: DOMAIN_SITE });
    tested.feed(proxyUpdate());
    const foreign = prefix('2001:db8:666::/64');
    expect(only(tested.feed(proxyAnswer({ prefix: foreign }))).message).toMatch(/2001:db8:666::/);
    expect(tested.feed(proxyAnswer({ prefix: foreign, status: 155, sequence: 1 }))).toEqual([]);
  });

  it('reports an answer to no update, once updates of that gateway were seen', () => {
    const tested = underTest(rule2306, { site: UNKNOWN_SITE });
    expect(tested.feed(proxyAnswer({ sequence: 77 }))).toEqual([]);
    tested.feedAll(registered());
    const draft = only(tested.feed(proxyAnswer({ sequence: 77, seconds: 2 })));
    expect([draft.severity, draft.confidence]).toEqual(['high', 'partial']);
  });

  it('accepts answers, also when they come twice', () => {
    const tested = underTest(rule2306, { site: DOMAIN_SITE });
    tested.feedAll([...registered(), proxyAnswer({ seconds: 1.02 })]);
    expect(tested.alerts).toEqual([]);
  });
});

describe('MIP6-2307', () => {
  function crowd(count: number, node: (i: number) => string): MobilityEvent[] {
    return Array.from({ length: count }, (_, i) =>
      proxyUpdate({ node: node(i), sequence: i + 1, seconds: 1 + i / 100 }),
    );
  }

  it('reports a gateway that registers more new nodes than usual', () => {
    const tested = underTest(rule2307, { params: { newNodes: 10 } });
    tested.feedAll(crowd(200, (i) => `mn${i}@example.net`));
    expect(tested.alerts).toHaveLength(1);
  });

  it('does not count known nodes again, nor the same node', () => {
    const tested = underTest(rule2307, { params: { newNodes: 10 } });
    for (let i = 0; i < 30; i++) {
      tested.feedAll(registered({ node: `mn${i}@example.net`, seconds: 30 * i, sequence: i }));
    }
    tested.feedAll(crowd(30, (i) => `mn${i}@example.net`));
    tested.feedAll(crowd(30, () => 'one@example.net'));
    expect(tested.alerts).toEqual([]);
  });
});

describe('MIP6-2308', () => {
  const end = { lifetime: 0, sequence: 9, seconds: 20, gateway: OTHER_GATEWAY };

  it('reports a de-registration by a gateway that never served the node', () => {
    const tested = underTest(rule2308);
    tested.feedAll(registered());
    const draft = only(tested.feed(proxyUpdate(end)));
    expect([draft.severity, draft.confidence]).toEqual([undefined, 'certain']);
  });

  it('says no more than info of the gateway that the node has left', () => {
    const tested = underTest(rule2308);
    tested.feedAll(registered({ gateway: OTHER_GATEWAY }));
    tested.feedAll(registered({ seconds: 10, sequence: 2, handoff: 3 }));
    expect(only(tested.feed(proxyUpdate(end))).severity).toBe('info');
  });

  it('says no more than low where the capture began after the node had come from elsewhere', () => {
    const tested = underTest(rule2308);
    tested.feedAll(registered({ handoff: 3 }));
    const draft = only(tested.feed(proxyUpdate(end)));
    expect([draft.severity, draft.confidence]).toEqual(['low', 'partial']);
  });

  it('accepts the gateway of the node, and nodes nobody knows', () => {
    const tested = underTest(rule2308);
    tested.feed(proxyUpdate(end));
    tested.feedAll(registered());
    tested.feed(proxyUpdate({ ...end, gateway: GATEWAY }));
    expect(tested.alerts).toEqual([]);
  });
});

describe('MIP6-2309', () => {
  it('reports a prefix that another node has', () => {
    const tested = underTest(rule2309);
    tested.feedAll(registered());
    const thief = { node: 'thief@example.net', sequence: 5, seconds: 10 };
    expect(only(tested.feed(proxyUpdate(thief))).confidence).toBe('certain');
  });

  it('reports a prefix outside those of the domain', () => {
    const tested = underTest(rule2309, { site: DOMAIN_SITE });
    expect(tested.feed(proxyUpdate({ prefix: prefix('2001:db8:7::/64') }))).toHaveLength(1);
  });

  it('accepts prefixes of the node, free ones, unspecified ones, and those of bindings that are over', () => {
    const tested = underTest(rule2309, { site: DOMAIN_SITE });
    tested.feedAll(registered());
    tested.feedAll(registered({ gateway: OTHER_GATEWAY, sequence: 2, seconds: 5 }));
    tested.feed(proxyUpdate({ node: 'b@example.net', prefix: OTHER_NODE_PREFIX, sequence: 3 }));
    tested.feed(
      proxyUpdate({
        node: 'c@example.net',
        sequence: 4,
        prefix: { prefix: new Uint8Array(16), length: 0 },
      }),
    );
    tested.feed(proxyUpdate({ node: 'd@example.net', sequence: 5, seconds: 900 }));
    expect(tested.alerts).toEqual([]);
  });

  it('reports a refusal as low', () => {
    const tested = underTest(rule2309);
    tested.feed(proxyUpdate());
    expect(only(tested.feed(proxyAnswer({ status: 155 }))).severity).toBe('low');
  });
});

describe('MIP6-2310', () => {
  const client = makeBinding({ peer: ANCHOR, homeAddress: NODE_ADDRESS });
  const away = bindingUpdateEvent(
    {},
    { context: { packet: packetAt(50, 50), homeAddressOption: NODE_ADDRESS, destination: ANCHOR } },
  );

  it('reports both registrations when neither is given up', () => {
    const tested = underTest(rule2310, { bindings: [client] });
    tested.feedAll(registered({ seconds: 1 }));
    expect(tested.feed(away)).toEqual([]);
    expect(tested.feed(tickEvent(60))).toEqual([]);
    const draft = only(tested.feed(tickEvent(66)));
    expect([draft.confidence, draft.homeAddress]).toEqual(['partial', NODE_ADDRESS]);
    expect(tested.feed(tickEvent(90))).toEqual([]);
  });

  it('reports it too when the proxy comes second', () => {
    const tested = underTest(rule2310, { bindings: [client] });
    tested.feed(bindingEvent('registered', { binding: client }));
    tested.feedAll(registered({ seconds: 10 }));
    expect(tested.feed(tickEvent(30))).toHaveLength(1);
  });

  it('accepts a node that leaves its proxy domain, and one that comes back', () => {
    const tested = underTest(rule2310, { bindings: [client] });
    tested.feedAll(registered({ seconds: 1 }));
    tested.feed(away);
    tested.feedAll(registered({ seconds: 52, sequence: 2, lifetime: 0 }));
    expect(tested.feed(tickEvent(80))).toEqual([]);

    const bindings = [{ ...client }];
    const back = underTest(rule2310, { bindings });
    back.feed(bindingEvent('registered', { binding: client }));
    back.feedAll(registered({ seconds: 10 }));
    bindings[0] = { ...client, phase: 'deregistered' };
    expect(back.feed(tickEvent(30))).toEqual([]);
  });

  it('reports the refusal of an agent that is no anchor as low', () => {
    expect(only(underTest(rule2310).feed(proxyAnswer({ status: 153 }))).severity).toBe('low');
  });
});

describe('MIP6-2311', () => {
  const up = (source: Uint8Array, more = {}) =>
    tunnelledEvent({
      context: { source: NODE_ADDRESS, packet: packetAt(90, 30), encapsulation: ['gre'], ...more },
      outer: { source, destination: ANCHOR },
      direction: 'other',
    });

  it('reports a tunnel from a node that the site does not list', () => {
    const tested = underTest(rule2311, { site: DOMAIN_SITE });
    expect(only(tested.feed(up(STRANGER))).confidence).toBe('certain');
  });

  it('reports a tunnel that carries a node from elsewhere than its gateway', () => {
    const tested = underTest(rule2311, { site: UNKNOWN_SITE });
    expect(tested.feed(up(STRANGER))).toEqual([]);
    tested.feedAll(registered());
    expect(only(tested.feed(up(STRANGER))).confidence).toBe('partial');
  });

  it('reports a GRE key that was not agreed on, and none that was', () => {
    const tested = underTest(rule2311, { site: DOMAIN_SITE });
    tested.feedAll(registered({ greKey: 7 }));
    expect(tested.feed(up(GATEWAY, { greKey: 7 }))).toEqual([]);
    expect(only(tested.feed(up(GATEWAY, { greKey: 8 }))).confidence).toBe('certain');
    expect(tested.feed(up(GATEWAY))).toHaveLength(1);
  });

  it('accepts the old key and the old gateway for a while after a handover', () => {
    const tested = underTest(rule2311, { site: UNKNOWN_SITE });
    tested.feedAll(registered({ greKey: 7 }));
    tested.feedAll(registered({ greKey: 9, gateway: OTHER_GATEWAY, sequence: 2, seconds: 28 }));
    expect(tested.feed(up(GATEWAY, { greKey: 7 }))).toEqual([]);
    expect(tested.feed(up(OTHER_GATEWAY, { greKey: 7 }))).toEqual([]);
  });

  it('accepts mobile nodes with a tunnel of their own to the same agent', () => {
    const bindings = [makeBinding({ careOfAddress: STRANGER, peer: ANCHOR })];
    expect(underTest(rule2311, { site: DOMAIN_SITE, bindings }).feed(up(STRANGER))).toEqual([]);
  });
});

describe('MIP6-2312', () => {
  function revocation(
    source: Uint8Array,
    destination: Uint8Array,
    flags: number,
    more: { trigger?: number; home?: Uint8Array } = {},
  ): MobilityEvent {
    return mobilityEvent(
      {
        kind: 'binding-revocation',
        type: 1,
        trigger: more.trigger ?? 1,
        sequence: 3,
        indicationFlags: flags,
      },
      {
        options: flags === 0 ? [] : [nai('mn1@example.net')],
        context: { source, destination, routingHomeAddress: more.home, packet: packetAt(60, 20) },
      },
    );
  }

  it('reports who is no node of the domain', () => {
    const tested = underTest(rule2312, { site: DOMAIN_SITE });
    const draft = only(tested.feed(revocation(STRANGER, GATEWAY, 0xa000, { trigger: 128 })));
    expect([draft.confidence, draft.attacker]).toEqual(['certain', STRANGER]);
  });

  it('reports a stranger to a known gateway where nobody told the domain', () => {
    const tested = underTest(rule2312, { site: UNKNOWN_SITE });
    expect(tested.feed(revocation(STRANGER, GATEWAY, 0x8000))).toEqual([]);
    tested.feedAll(registered());
    expect(only(tested.feed(revocation(STRANGER, GATEWAY, 0x8000))).confidence).toBe('partial');
  });

  it('accepts maintenance by the anchor, and by anchors of the site', () => {
    const tested = underTest(rule2312, { site: UNKNOWN_SITE });
    tested.feedAll(registered());
    expect(tested.feed(revocation(ANCHOR, GATEWAY, 0xa000, { trigger: 128 }))).toEqual([]);
    const told = underTest(rule2312, { site: DOMAIN_SITE });
    expect(told.feed(revocation(OTHER_ANCHOR, GATEWAY, 0xa000, { trigger: 128 }))).toEqual([]);
  });

  it('reports a revocation of a home binding by who is not its home agent', () => {
    const tested = underTest(rule2312, { bindings: [makeBinding()] });
    const forged = revocation(STRANGER, CARE_OF_ADDRESS, 0, { home: HOME_ADDRESS });
    expect(only(tested.feed(forged)).homeAddress).toEqual(HOME_ADDRESS);
    expect(tested.feed(revocation(HOME_AGENT, CARE_OF_ADDRESS, 0, { home: HOME_ADDRESS }))).toEqual(
      [],
    );
  });

  it('reports the refusal of a global revocation', () => {
    const refused = mobilityEvent({
      kind: 'binding-revocation',
      type: 2,
      status: 130,
      sequence: 3,
      acknowledgementFlags: 0xa000,
    });
    expect(only(underTest(rule2312).feed(refused)).severity).toBe('medium');
  });
});

describe('MIP6-2313', () => {
  function beat(
    source: Uint8Array,
    destination: Uint8Array,
    flags: number,
    sequence: number,
    counter?: number,
  ): MobilityEvent {
    return mobilityEvent(
      { kind: 'heartbeat', flags, sequence },
      {
        options:
          counter === undefined ? [] : [{ kind: 'restart-counter', restartCounter: counter }],
        context: { source, destination },
      },
    );
  }
  const ask = (sequence: number): MobilityEvent => beat(GATEWAY, ANCHOR, 0, sequence);
  const answer = (sequence: number, counter?: number, flags = 1): MobilityEvent =>
    beat(ANCHOR, GATEWAY, flags, sequence, counter);

  it('accepts questions, answers, a restart and what is said unasked with the U flag', () => {
    const tested = underTest(rule2313, { site: DOMAIN_SITE });
    tested.feedAll([ask(1), answer(1, 5), ask(2), answer(2, 6), answer(0, 7, 3)]);
    expect(tested.alerts).toEqual([]);
  });

  it('reports an answer to no question only where questions are seen', () => {
    const tested = underTest(rule2313, { site: UNKNOWN_SITE });
    expect(tested.feed(answer(1, 5))).toEqual([]);
    tested.feed(ask(1));
    expect(only(tested.feed(answer(9))).confidence).toBe('partial');
  });

  it('reports a counter that goes back, and none that wraps around', () => {
    const tested = underTest(rule2313, { site: UNKNOWN_SITE });
    tested.feedAll([ask(1), answer(1, 9)]);
    expect(only(tested.feedAll([ask(2), answer(2, 4)])).confidence).toBe('certain');
    const wrapping = underTest(rule2313, { site: UNKNOWN_SITE });
    wrapping.feedAll([ask(1), answer(1, 0xffff_ffff), ask(2), answer(2, 0)]);
    expect(wrapping.alerts).toEqual([]);
  });

  it('reports heartbeats of nodes that the site does not name', () => {
    const tested = underTest(rule2313, { site: DOMAIN_SITE });
    expect(tested.feed(beat(STRANGER, ANCHOR, 0, 1))).toHaveLength(1);
  });
});

describe('MIP6-2314', () => {
  const redirect = (anchorAddress: Uint8Array) =>
    proxyAnswer({ more: [{ kind: 'redirect', flags: 0x8000, anchorAddress }] });
  const initiation = (source: Uint8Array, gatewayAddress?: Uint8Array) =>
    mobilityEvent(
      { kind: 'localized-routing-initiation', sequence: 1, lifetime: 60 },
      {
        options: [
          nai('mn1@example.net'),
          homeNetworkPrefix(OTHER_NODE_PREFIX),
          ...(gatewayAddress === undefined
            ? []
            : [{ kind: 'mag-ipv6-address', addressLength: 128, gatewayAddress } as const]),
        ],
        context: { source, destination: GATEWAY },
      },
    );

  it('reports a redirection to an anchor that the site does not know', () => {
    const tested = underTest(rule2314, { site: DOMAIN_SITE });
    expect(only(tested.feed(redirect(STRANGER))).confidence).toBe('certain');
    expect(tested.feed(redirect(OTHER_ANCHOR))).toEqual([]);
  });

  it('reports localized routing by strangers and towards strangers', () => {
    const tested = underTest(rule2314, { site: DOMAIN_SITE });
    expect(tested.feed(initiation(STRANGER))).toHaveLength(1);
    expect(tested.feed(initiation(ANCHOR, STRANGER))).toHaveLength(1);
    expect(tested.feed(initiation(ANCHOR, OTHER_GATEWAY))).toEqual([]);
  });

  it('reports a stranger to a known gateway where nobody told the domain', () => {
    const tested = underTest(rule2314, { site: makeSite() });
    expect(tested.feed(initiation(STRANGER))).toEqual([]);
    tested.feedAll(registered());
    expect(only(tested.feed(initiation(STRANGER))).confidence).toBe('partial');
    expect(tested.feed(initiation(ANCHOR, CORRESPONDENT))).toEqual([]);
  });
});
