import { describe, expect, it } from 'vitest';
import type { MobilityEvent } from '../../engine/events.ts';
import { UNKNOWN_SITE } from '../../engine/site.ts';
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

  it('wants to see the tunnel in use where the registration could not be read', () => {
    const bindings = [{ ...client, knownBy: 'inferred' as const }];
    const tested = underTest(rule2310, { bindings });
    tested.feed(bindingEvent('registered', { binding: client }));
    tested.feedAll(registered({ seconds: 10 }));
    expect(tested.feed(tickEvent(30))).toEqual([]);
    bindings[0] = { ...client, knownBy: 'inferred', lastTunnelFrom: packetAt(29).time };
    expect(tested.feed(tickEvent(31))).toHaveLength(1);
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
