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
import { bindingUpdateEvent, only, underTest } from './event-builders.ts';
import {
  DOMAIN_SITE,
  GATEWAY,
  OTHER_GATEWAY,
  STRANGER,
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
    const severities = [77, 78, 79].map((sequence) => {
      const draft = only(tested.feed(proxyAnswer({ sequence, seconds: 2 })));
      return [draft.severity, draft.confidence];
    });
    // An update may be lost to the capture, three are not.
    expect(severities).toEqual([
      ['low', 'partial'],
      ['low', 'partial'],
      ['high', 'partial'],
    ]);
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
