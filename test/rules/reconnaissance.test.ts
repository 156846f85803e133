import { describe, expect, it } from 'vitest';
import type { DiagnosticCode } from '../../dissectors/core/diagnostic.ts';
import type { EngineHealth } from '../../engine/events.ts';
import { TOOL_SEQUENCES, toolUpdate } from '../../fixtures/scripts/rules/reconnaissance.ts';
import mip62901 from '../../rules/reconnaissance/mip6-2901.ts';
import mip62902 from '../../rules/reconnaissance/mip6-2902.ts';
import mip62903 from '../../rules/reconnaissance/mip6-2903.ts';
import mip62904 from '../../rules/reconnaissance/mip6-2904.ts';
import mip62905 from '../../rules/reconnaissance/mip6-2905.ts';
import mip62906 from '../../rules/reconnaissance/mip6-2906.ts';
import { noticeEvent, optionEvent } from './address-header-events.ts';
import {
  ATTACKER,
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_AGENT,
  OTHER_CARE_OF_ADDRESS,
  address,
  alternateCareOfAddress,
  bindingUpdateEvent,
  diagnostic,
  icmpv6Event,
  makeBinding,
  makeSite,
  malformedEvent,
  mobilityEvent,
  mobilityEventOf,
  octets,
  only,
  packetAt,
  tickEvent,
  underTest,
} from './event-builders.ts';

const LINK_LAYER = Uint8Array.of(2, 0, 0, 0, 0, 0xaa);
const ROUTER = address('fe80::ff:fe00:aa');

/** Address `i` of a network. */
function host(i: number): Uint8Array {
  return address(`2001:db8:9::${(i + 0x100).toString(16)}`);
}

/** A Binding Update of the tool. */
function forged(sequence: number, seconds: number, fields: { lifetime?: number } = {}) {
  return bindingUpdateEvent(
    {
      sequence,
      lifetime: fields.lifetime ?? 0xffff,
      options: [alternateCareOfAddress(CARE_OF_ADDRESS)],
    },
    { context: { packet: packetAt(Math.round(seconds * 10) + 1, seconds) } },
  );
}

describe('MIP6-2901', () => {
  it('knows the packets of the tool, as they were observed', () => {
    const packet = toolUpdate(
      address('2001:db8:1::10'),
      address('2001:db8:3::99'),
      address('2001:db8:1::1'),
      2,
    );
    // atk6-fake_mipv6 of thc-ipv6 3.8: IPv6, Destination Options, Mobility Header.
    const observed =
      '60000000' +
      '00383c40' +
      '20010db8000300000000000000000099' +
      '20010db8000100000000000000000001' +
      '8702' +
      '01020000' +
      'c910' +
      '20010db8000100000000000000000010' +
      '3b030500' +
      '7168' +
      '0002' +
      'c000' +
      'ffff' +
      '0100' +
      '0310' +
      '20010db8000300000000000000000099';
    expect(Buffer.from(packet).toString('hex')).toBe(observed);
  });

  it('alerts on two of the four numbers within seconds', () => {
    const test = underTest(mip62901);
    expect(test.feed(forged(2, 1))).toEqual([]);
    expect(only(test.feed(forged(0x4002, 1.001)))).toMatchObject({ confidence: 'certain' });
    for (const [i, sequence] of TOOL_SEQUENCES.entries()) test.feed(forged(sequence, 2 + i / 1000));
    expect(test.alerts).toHaveLength(1);
  });

  it('leaves single numbers, other lifetimes, slow ones and protected messages alone', () => {
    const test = underTest(mip62901);
    expect(test.feedAll([forged(2, 1), forged(2, 1.5), forged(3, 2)])).toEqual([]);
    expect(test.feed(forged(0x4002, 30))).toEqual([]);
    const short = { lifetime: 15 };
    expect(underTest(mip62901).feedAll([forged(2, 1, short), forged(0x4002, 1.1, short)])).toEqual(
      [],
    );
    const sealed = [2, 0x4002].map((sequence) => {
      const event = forged(sequence, 1);
      return { ...event, context: { ...event.context, protection: 'esp-transport' as const } };
    });
    expect(underTest(mip62901).feedAll(sealed)).toEqual([]);
  });
});

describe('MIP6-2902', () => {
  it('alerts on many unusual types and codes of one sender', () => {
    const test = underTest(mip62902);
    const drafts = Array.from({ length: 12 }, (_, i) => noticeEvent(200 + i, 0)).flatMap((event) =>
      test.feed(event),
    );
    expect(drafts).toHaveLength(4);
    expect(test.alerts).toHaveLength(1);
    expect(test.alerts[0]?.attacker).toEqual(ATTACKER);
  });

  it('alerts on the receiver when the senders are made up', () => {
    const test = underTest(mip62902);
    for (let i = 0; i < 40; i++)
      test.feed(noticeEvent(100 + i, 3, { context: { source: host(i) } }));
    expect(test.alerts).toHaveLength(1);
    expect(only(test.alerts).attacker).toBeUndefined();
  });

  it('counts codes of discovery messages other than 0, and no ordinary life', () => {
    const sweep = underTest(mip62902);
    for (let code = 1; code <= 12; code++) {
      sweep.feed(
        icmpv6Event(
          { kind: 'mobile-prefix-solicitation', code, identifier: 1, options: [] },
          { context: { hopLimit: 64 } },
        ),
      );
    }
    expect(sweep.alerts).toHaveLength(1);
    const quiet = underTest(mip62902);
    for (let i = 0; i < 50; i++) {
      quiet.feed(
        icmpv6Event({ kind: 'mobile-prefix-solicitation', code: 0, identifier: i, options: [] }),
      );
      quiet.feed(noticeEvent(4, i % 3));
    }
    expect(quiet.alerts).toEqual([]);
  });

  it('does not count what is spread over a long time', () => {
    const test = underTest(mip62902);
    for (let i = 0; i < 30; i++) {
      test.feed(noticeEvent(200 + i, 0, { context: { packet: packetAt(i + 1, i * 5) } }));
    }
    expect(test.alerts).toEqual([]);
  });
});

describe('MIP6-2903', () => {
  interface Said {
    readonly routerLifetime?: number;
    readonly retransTimer?: number;
    readonly reachableTime?: number;
    readonly flags?: number;
    readonly valid?: number;
    readonly preferred?: number;
    readonly trafficClass?: number;
  }

  function advertisement(said: Said = {}) {
    const { routerLifetime = 2048, retransTimer = 0, reachableTime = 0, flags = 0x08 } = said;
    return icmpv6Event(
      {
        kind: 'router-advertisement',
        code: 0,
        currentHopLimit: 255,
        flags,
        routerLifetime,
        reachableTime,
        retransTimer,
        options: [
          {
            kind: 'prefix-information',
            prefixLength: 64,
            flags: 0xc0,
            validLifetime: said.valid ?? 99_999,
            preferredLifetime: said.preferred ?? 49_999,
            prefix: address('2001:db8:1::'),
          },
        ],
      },
      {
        context: {
          source: ROUTER,
          linkSource: LINK_LAYER,
          trafficClass: said.trafficClass ?? 0xe0,
        },
      },
    );
  }

  it.each<readonly [string, Said]>([
    ['fake_router26', {}],
    ['fake_router6', { retransTimer: 1024, valid: 0x11111111, preferred: 0x04040404 }],
    [
      'flood_router26',
      {
        routerLifetime: 65_535,
        reachableTime: 3_145_728,
        retransTimer: 1_966_080,
        valid: 130_816,
        preferred: 130_816,
        trafficClass: 0,
      },
    ],
    ['ra6', { routerLifetime: 9000, reachableTime: 0xffffffff, retransTimer: 4000, valid: 7 }],
  ])('knows the defaults of %s', (name, said) => {
    const draft = only(underTest(mip62903).feed(advertisement(said)));
    expect(draft).toMatchObject({ confidence: 'certain', attacker: LINK_LAYER });
    expect(draft.message).toContain(name);
  });

  it('is less sure when the traffic class is another one', () => {
    const draft = only(underTest(mip62903).feed(advertisement({ trafficClass: 0 })));
    expect(draft.confidence).toBe('partial');
  });

  it.each<Said>([
    { routerLifetime: 1800 },
    { retransTimer: 1000 },
    { flags: 0 },
    { flags: 0x48 },
    { valid: 86_400, preferred: 14_400 },
  ])('leaves a router alone that differs in %j', (said) => {
    expect(underTest(mip62903).feed(advertisement(said))).toEqual([]);
  });

  it('only notes a router that the site file names', () => {
    const router = {
      name: 'r',
      addresses: [ROUTER],
      linkLayerAddresses: [LINK_LAYER],
      prefixes: [],
    };
    const test = underTest(mip62903, { site: makeSite({ routers: [router] }) });
    const draft = only(test.feed(advertisement()));
    expect(draft.severity).toBe('info');
    expect(draft.attacker).toBeUndefined();
  });
});

describe('MIP6-2904', () => {
  function probe(i: number) {
    return optionEvent({ context: { destination: host(i), packet: packetAt(i + 1, i / 10) } });
  }

  function careOfInit(i: number, source: Uint8Array) {
    return mobilityEvent(
      { kind: 'care-of-test-init', careOfInitCookie: new Uint8Array(8) },
      { context: { source, destination: host(i), packet: packetAt(i + 1, i / 10) } },
    );
  }

  it('alerts on options without binding to many addresses, and is sure with answers', () => {
    const test = underTest(mip62904);
    for (let i = 0; i < 17; i++) test.feed(probe(i));
    expect(only(test.alerts)).toMatchObject({ confidence: 'partial', attacker: ATTACKER });
    const error = mobilityEvent(
      { kind: 'binding-error', status: 1, homeAddress: host(1) },
      { context: { source: host(1), destination: ATTACKER, packet: packetAt(20, 2) } },
    );
    expect(test.feed(error)).toEqual([]);
    expect(only(test.feed(probe(18))).confidence).toBe('certain');
  });

  it('alerts on unassigned types and on return routability of a stranger', () => {
    const types = underTest(mip62904);
    for (let i = 0; i < 17; i++) {
      const header = octets([59, 0, 99, 0, 0, 0, 0, 0]);
      const context = { source: ATTACKER, destination: host(i) };
      types.feed(mobilityEventOf(header, { context }));
    }
    expect(types.alerts).toHaveLength(1);
    const tests = underTest(mip62904);
    for (let i = 0; i < 17; i++) tests.feed(careOfInit(i, ATTACKER));
    expect(tests.alerts).toHaveLength(1);
  });

  it('leaves a registered node with many correspondents alone', () => {
    const test = underTest(mip62904, { bindings: [makeBinding()] });
    for (let i = 0; i < 60; i++) test.feed(careOfInit(i, CARE_OF_ADDRESS));
    expect(test.alerts).toEqual([]);
  });

  it('leaves few receivers, bound options and groups alone', () => {
    const test = underTest(mip62904);
    for (let i = 0; i < 100; i++) test.feed(probe(i % 10));
    for (let i = 0; i < 60; i++) {
      const context = { destination: host(i), source: OTHER_CARE_OF_ADDRESS };
      test.feed(optionEvent({ relation: 'bound', context }));
    }
    expect(test.alerts).toEqual([]);
  });

  it('still finds a scan in the middle of a flood with made-up senders', () => {
    const test = underTest(mip62904);
    for (let i = 0; i < 30; i++) {
      test.feed(probe(i));
      for (let j = 0; j < 20; j++) {
        const source = address(`2001:db8:66::${(i * 20 + j).toString(16)}`);
        test.feed(optionEvent({ context: { source, destination: CORRESPONDENT } }));
      }
    }
    expect(test.alerts.map(({ attacker }) => attacker)).toEqual([ATTACKER]);
  });
});

describe('MIP6-2905', () => {
  const KINDS: readonly DiagnosticCode[] = [
    'HAO_LENGTH',
    'EXTENSION_TRUNCATED',
    'RH2_MALFORMED',
    'DESTINATION_OPTION_LENGTH',
    'HAO_DUPLICATE',
    'RH0_DEPRECATED',
  ];

  function broken(i: number, code: DiagnosticCode, source = ATTACKER) {
    return malformedEvent([diagnostic(code)], {
      source,
      destination: HOME_AGENT,
      packet: packetAt(i + 1, i / 10),
    });
  }

  it('alerts on faults of many kinds of one sender', () => {
    const test = underTest(mip62905);
    for (let i = 0; i < 12; i++) test.feed(broken(i, KINDS[i % 6] ?? 'HAO_LENGTH'));
    expect(only(test.alerts)).toMatchObject({ confidence: 'certain', attacker: ATTACKER });
  });

  it('alerts on the receiver when the senders are made up', () => {
    const test = underTest(mip62905);
    for (let i = 0; i < 12; i++) test.feed(broken(i, KINDS[i % 6] ?? 'HAO_LENGTH', host(i)));
    expect(only(test.alerts).object).toContain('to ');
  });

  it('leaves one kind of fault alone, however often it comes, and one packet with many', () => {
    const test = underTest(mip62905);
    for (let i = 0; i < 200; i++) test.feed(broken(i, 'EXTENSION_TRUNCATED'));
    expect(test.alerts).toEqual([]);
    const one = malformedEvent(KINDS.map((code) => diagnostic(code)));
    expect(underTest(mip62905).feed(one)).toEqual([]);
  });

  it('does not count what ordinary networks have', () => {
    const test = underTest(mip62905);
    const ordinary = ['FRAGMENT_ATOMIC', 'MH_CHECKSUM', 'ICMPV6_CHECKSUM'] as const;
    for (let i = 0; i < 100; i++) test.feed(broken(i, ordinary[i % 3] ?? 'MH_CHECKSUM'));
    expect(test.alerts).toEqual([]);
  });
});

describe('MIP6-2906', () => {
  function tick(health: Partial<EngineHealth>) {
    return {
      ...tickEvent(5),
      health: {
        packet: packetAt(100),
        packets: 1000,
        cut: 0,
        undecoded: 0,
        evictions: new Map<string, number>(),
        clockSteps: 0,
        largestClockStep: 0,
        associations: 0,
        unreadableSignalling: 0,
        ...health,
      },
    };
  }

  it.each<readonly [string, Partial<EngineHealth>]>([
    ['cut frames', { cut: 200 }],
    ['clock', { clockSteps: 1, largestClockStep: 60 }],
    ['table bindings', { evictions: new Map([['bindings', 3]]) }],
    ['keys', { associations: 2, unreadableSignalling: 20 }],
  ])('tells of %s', (object, health) => {
    const draft = only(underTest(mip62906).feed(tick(health)));
    expect(draft).toMatchObject({ object, confidence: 'certain' });
    expect(draft.packet.number).toBe(100);
  });

  it.each<Partial<EngineHealth>>([
    {},
    { cut: 40, packets: 50 },
    { cut: 90 },
    { evictions: new Map([['esp-ring', 1000]]) },
    { unreadableSignalling: 500 },
    { associations: 2, unreadableSignalling: 5 },
  ])('says nothing of %j', (health) => {
    expect(underTest(mip62906).feed(tick(health))).toEqual([]);
  });

  it('says nothing where the health is not told', () => {
    expect(underTest(mip62906).feed(tickEvent(5))).toEqual([]);
  });
});
