import { describe, expect, it } from 'vitest';
import type { DiagnosticCode } from '../../dissectors/core/diagnostic.ts';
import type { AlertDraft } from '../../engine/rule-api.ts';
import mip61001 from '../../rules/integrity/mip6-1001.ts';
import mip61002 from '../../rules/integrity/mip6-1002.ts';
import mip61003 from '../../rules/integrity/mip6-1003.ts';
import mip61004 from '../../rules/integrity/mip6-1004.ts';
import mip61005 from '../../rules/integrity/mip6-1005.ts';
import mip61006 from '../../rules/integrity/mip6-1006.ts';
import mip61007 from '../../rules/integrity/mip6-1007.ts';
import mip61008 from '../../rules/integrity/mip6-1008.ts';
import mip61009 from '../../rules/integrity/mip6-1009.ts';
import mip61010 from '../../rules/integrity/mip6-1010.ts';
import mip61011 from '../../rules/integrity/mip6-1011.ts';
import mip61012 from '../../rules/integrity/mip6-1012.ts';
import {
  ATTACKER,
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  HOME_AGENT,
  OTHER_CARE_OF_ADDRESS,
  address,
  alternateCareOfAddress,
  bindingAcknowledgementEvent,
  bindingUpdateEvent,
  diagnostic,
  espEvent,
  makeBinding,
  makeLink,
  makeSite,
  malformedEvent,
  mobilityEvent,
  mobilityEventOf,
  octets,
  packetAt,
  packetContext,
  underTest,
} from './event-builders.ts';

const ALL = [
  mip61001,
  mip61002,
  mip61003,
  mip61004,
  mip61005,
  mip61006,
  mip61007,
  mip61008,
  mip61009,
  mip61010,
  mip61011,
  mip61012,
];

/** The one alert of a list. */
function only(drafts: readonly AlertDraft[]): AlertDraft {
  expect(drafts).toHaveLength(1);
  const [draft] = drafts;
  if (draft === undefined) throw new Error('no alert');
  return draft;
}

const PAD1 = { kind: 'pad1' } as const;
const NONCES = { kind: 'nonce-indices', homeNonceIndex: 1, careOfNonceIndex: 2 } as const;
const AUTHORIZATION = {
  kind: 'binding-authorization-data',
  authenticator: new Uint8Array(12),
} as const;

/** Octets of a Binding Update: header, fixed part, options as given. Header Len in units of 8. */
const rawUpdate = (headerLength: number, ...options: readonly number[]): Uint8Array =>
  octets([59, headerLength, 5, 0, 0, 0, 0, 1, 0xc0, 0, 0, 15], options);

describe('conforming signalling', () => {
  const cookie = new Uint8Array(8).fill(7);
  const benign = [
    bindingUpdateEvent({ options: [alternateCareOfAddress(CARE_OF_ADDRESS)] }),
    bindingUpdateEvent({ flags: ['acknowledge', 'homeRegistration', 'mobileRouter'] }),
    bindingUpdateEvent(
      { flags: ['acknowledge', 'homeRegistration', 'proxyRegistration'] },
      { context: { homeAddressOption: undefined } },
    ),
    // UMIP returning home: no Home Address option, Alternate Care-of Address equal to the home address.
    bindingUpdateEvent(
      { lifetime: 0, options: [alternateCareOfAddress(HOME_ADDRESS)] },
      { context: { source: HOME_ADDRESS, homeAddressOption: undefined } },
    ),
    bindingUpdateEvent(
      { flags: ['acknowledge'], options: [NONCES, AUTHORIZATION] },
      { context: { destination: CORRESPONDENT } },
    ),
    bindingAcknowledgementEvent(
      {},
      { options: [{ kind: 'binding-refresh-advice', refreshInterval: 10 }] },
    ),
    mobilityEvent({ kind: 'home-test-init', homeInitCookie: cookie }),
    mobilityEvent({ kind: 'care-of-test-init', careOfInitCookie: cookie }),
    mobilityEvent({
      kind: 'binding-error',
      status: 1,
      homeAddress: HOME_ADDRESS,
    }),
    espEvent(),
    espEvent({ layout: 'type-2-routing-header' }),
  ];

  it.each(ALL)('raises no alert of $id', (rule) => {
    const tested = underTest(rule, { bindings: [makeBinding()] });
    expect(tested.feedAll(benign)).toEqual([]);
  });
});

describe('every rule of the family', () => {
  it.each(ALL)('$id yields to more specific rules about the same packet', (rule) => {
    expect(rule.precedence).toBe('header');
    expect(rule.category).toBe('integrity');
  });
});

describe('MIP6-1001', () => {
  const wrong = (fields: Parameters<typeof bindingUpdateEvent>[1] = {}) =>
    bindingUpdateEvent({}, { checksum: 'wrong', ...fields });

  it('reports a wrong checksum with the value and the addresses it is computed over', () => {
    const draft = only(underTest(mip61001).feed(wrong()));
    expect(draft.message).toBe(
      '2001:db8:3::99 sent 2001:db8:1::1 a mobility message with a wrong checksum',
    );
    expect(draft.evidence[0]?.text).toMatch(
      /binding update with checksum 0x[0-9a-f]{4}.*home address 2001:db8:1::10/,
    );
  });

  it('is silent when the capture cut the packet', () => {
    expect(underTest(mip61001).feed(wrong({ checksum: 'unknown' }))).toEqual([]);
  });

  it('leaves a header that claims more octets than there are to MIP6-1004', () => {
    expect(underTest(mip61001).feed(mobilityEventOf(rawUpdate(5), { checksum: 'wrong' }))).toEqual(
      [],
    );
  });

  it('accepts a zero checksum inside UDP port 5436 and nowhere else', () => {
    const zero = (encapsulation: readonly string[]) =>
      mobilityEventOf(rawUpdate(1, 1, 2, 0, 0), { checksum: 'wrong', context: { encapsulation } });
    expect(underTest(mip61001).feed(zero(['udp:5436']))).toEqual([]);
    expect(underTest(mip61001).feed(zero([]))).toHaveLength(1);
  });

  it('reports the same packet on a second link as the same object', () => {
    const tested = underTest(mip61001);
    tested.feed(wrong());
    tested.feed(
      wrong({ context: { packet: packetAt(2), link: makeLink('transit'), hopLimit: 63 } }),
    );
    expect(tested.alerts).toHaveLength(1);
  });
});

describe('MIP6-1002', () => {
  const withProto = (proto: number, mhType = 2): Uint8Array =>
    octets([proto, 1, mhType, 0, 0, 0, 0, 0], new Uint8Array(8));

  it('reports a Payload Proto other than 59 with its value', () => {
    const draft = only(underTest(mip61002).feed(mobilityEventOf(withProto(6))));
    expect(draft.evidence[0]?.text).toContain('Payload Proto is 6, expected 59');
    expect(draft.stage).toBe('evasion');
  });

  it('accepts the IPv6 packet behind a Fast Neighbor Advertisement, and no other protocol there', () => {
    expect(underTest(mip61002).feed(mobilityEventOf(withProto(41, 10)))).toEqual([]);
    expect(underTest(mip61002).feed(mobilityEventOf(withProto(6, 10)))).toHaveLength(1);
    expect(underTest(mip61002).feed(mobilityEventOf(withProto(41, 2)))).toHaveLength(1);
  });
});

describe('MIP6-1003', () => {
  const ofType = (mhType: number, source = ATTACKER) =>
    mobilityEventOf(octets([59, 0, mhType, 0, 0, 0, 0, 0]), { context: { source } });

  it('reports a type that is not assigned once per sender and type', () => {
    const tested = underTest(mip61003);
    tested.feedAll([ofType(99), ofType(99), ofType(100), ofType(99, CORRESPONDENT)]);
    expect(tested.alerts.map(({ object }) => object)).toEqual([
      '2001:db8:6::66 type 99',
      '2001:db8:6::66 type 100',
      '2001:db8:9::5 type 99',
    ]);
    expect(tested.alerts[0]?.severity).toBeUndefined();
  });

  it.each([8, 11, 13, 16, 23])('accepts the assigned type %i', (type) => {
    expect(underTest(mip61003).feed(ofType(type))).toEqual([]);
  });

  it('reports an assigned type that the site does not expect as information', () => {
    const draft = only(
      underTest(mip61003, { params: { highestExpectedType: 7 } }).feed(ofType(13)),
    );
    expect(draft.severity).toBe('info');
  });

  it('does not take a known type with too few octets for an unknown one', () => {
    expect(underTest(mip61003).feed(ofType(5))).toEqual([]);
  });
});

describe('MIP6-1004', () => {
  it.each([
    ['a header too short for its message', octets([59, 0, 5, 0, 0, 0, 0, 1]), /shorter/],
    ['a header longer than the packet', rawUpdate(5, 1, 2, 0, 0), /claims more octets/],
    ['an option past the end', rawUpdate(1, 200, 9, 0, 0), /runs past the end.*option type 200/],
    ['octets behind the header', rawUpdate(1, 1, 2, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8), /8 octets/],
  ])('reports %s', (_name, bytes, expected) => {
    const draft = only(underTest(mip61004).feed(mobilityEventOf(bytes)));
    expect(draft.evidence[0]?.text).toMatch(expected);
  });

  it('reports a packet with less than the first eight octets of a Mobility Header', () => {
    const event = malformedEvent([diagnostic('MH_TRUNCATED', '4 octets')]);
    expect(only(underTest(mip61004).feed(event)).evidence[0]?.text).toContain('4 octets');
  });

  it('is silent about lengths in frames that the capture cut', () => {
    const cut = mobilityEventOf(rawUpdate(5, 1, 2, 0, 0), { checksum: 'unknown' });
    const short = malformedEvent([diagnostic('MH_TRUNCATED'), diagnostic('CAPTURE_CUT')]);
    expect(underTest(mip61004).feedAll([cut, short])).toEqual([]);
  });

  it('leaves data behind a header that announces it to MIP6-1002', () => {
    const bytes = octets([6, 1, 2, 0, 0, 0, 0, 0], new Uint8Array(8), [1, 2, 3, 4, 5, 6, 7, 8]);
    expect(underTest(mip61004).feed(mobilityEventOf(bytes))).toEqual([]);
  });
});

describe('MIP6-1005', () => {
  it.each([
    [
      'an Alternate Care-of Address of 14 octets',
      rawUpdate(3, 1, 0, 3, 14, ...new Uint8Array(14), 1, 0),
      /length 14/,
    ],
    [
      'Nonce Indices of 2 octets',
      rawUpdate(1, 4, 2, 0, 1),
      /Nonce Indices: length 2: wrong length/,
    ],
    [
      'Binding Refresh Advice in a Binding Update',
      rawUpdate(1, 2, 2, 0, 1),
      /Binding Refresh Advice: not allowed/,
    ],
  ])('reports %s', (_name, bytes, expected) => {
    const draft = only(underTest(mip61005).feed(mobilityEventOf(bytes)));
    expect(draft.evidence[0]?.text).toMatch(expected);
  });

  it('reports an option that appears twice', () => {
    const options = [
      alternateCareOfAddress(CARE_OF_ADDRESS),
      alternateCareOfAddress(OTHER_CARE_OF_ADDRESS),
    ];
    const draft = only(underTest(mip61005).feed(bindingUpdateEvent({ options })));
    expect(draft.evidence[0]?.text).toBe('Alternate Care-of Address: present more than once');
    expect(draft.homeAddress).toEqual(HOME_ADDRESS);
  });

  it('reports Binding Authorization Data that is not last', () => {
    const event = bindingUpdateEvent({ flags: [], options: [NONCES, AUTHORIZATION, PAD1, PAD1] });
    expect(only(underTest(mip61005).feed(event)).evidence[0]?.text).toContain('not the last');
  });

  it('reports Nonce Indices in a home registration and without authorization data', () => {
    const tested = underTest(mip61005);
    const home = bindingUpdateEvent({ options: [NONCES, AUTHORIZATION] });
    const bare = bindingUpdateEvent({ flags: ['acknowledge'], options: [NONCES] });
    expect(tested.feedAll([home, bare]).map((draft) => draft.evidence[0]?.text)).toEqual([
      'Nonce Indices in a home registration',
      'Nonce Indices without Binding Authorization Data',
    ]);
  });

  it('accepts unknown option types, Pad1, and PadN of no octets', () => {
    const unknown = { kind: 'unknown', type: 200, data: new Uint8Array(5) } as const;
    const event = bindingUpdateEvent({ options: [unknown, PAD1, unknown] });
    const padded = mobilityEventOf(rawUpdate(1, 1, 0, 1, 0));
    expect(underTest(mip61005).feedAll([event, padded])).toEqual([]);
  });

  it('is silent when the capture cut the packet', () => {
    const event = mobilityEventOf(rawUpdate(1, 4, 2, 0, 1), { checksum: 'unknown' });
    expect(underTest(mip61005).feed(event)).toEqual([]);
  });
});

describe('MIP6-1006', () => {
  const reassembled = { isReassembled: true, hasFragmentHeader: true } as const;

  it('reports a small message that only reassembly made visible', () => {
    const draft = only(underTest(mip61006).feed(bindingUpdateEvent({}, { context: reassembled })));
    expect(draft.severity).toBeUndefined();
    expect(draft.confidence).toBe('certain');
    expect(draft.message).toContain('a binding update in fragments');
  });

  it('reports a message in a plain tunnel whose outer packet was in fragments', () => {
    const outer = packetContext({ ...reassembled, destination: HOME_AGENT });
    const event = mobilityEvent(
      { kind: 'home-test-init', homeInitCookie: new Uint8Array(8) },
      { context: { outer } },
    );
    expect(underTest(mip61006).feed(event)).toHaveLength(1);
  });

  it('accepts messages whose ESP packet was in fragments, in transport and tunnel mode', () => {
    const outer = packetContext({ ...reassembled, protection: 'esp-transport' });
    const events = [
      bindingUpdateEvent({}, { context: { ...reassembled, protection: 'esp-transport' } }),
      bindingUpdateEvent({}, { context: { protection: 'esp-tunnel', outer } }),
    ];
    expect(underTest(mip61006).feedAll(events)).toEqual([]);
  });

  it('accepts a message too long for one packet of 1280 octets', () => {
    const vendor = { kind: 'unknown', type: 19, data: new Uint8Array(250) } as const;
    const options = [vendor, vendor, vendor, vendor, vendor];
    const event = bindingUpdateEvent({ options }, { context: reassembled });
    expect(event.header.length).toBeGreaterThan(1176);
    expect(underTest(mip61006).feed(event)).toEqual([]);
    const strict = underTest(mip61006, { params: { largestWholeMessage: 2048 } });
    expect(strict.feed(event)).toHaveLength(1);
  });

  it('reports a fragment header around a whole message with less weight', () => {
    const event = bindingUpdateEvent({}, { context: { hasFragmentHeader: true } });
    const draft = only(underTest(mip61006).feed(event));
    expect([draft.severity, draft.confidence]).toEqual(['medium', 'partial']);
  });

  it('does not let a lesser finding hide a graver one between the same nodes', () => {
    const tested = underTest(mip61006);
    tested.feed(bindingUpdateEvent({}, { context: { hasFragmentHeader: true } }));
    tested.feed(bindingUpdateEvent({}, { context: reassembled }));
    expect(tested.alerts).toHaveLength(2);
  });

  it.each<DiagnosticCode>(['FRAGMENT_OVERLAP', 'FRAGMENT_HEADER_CHAIN'])(
    'reports %s towards a home agent as certain and between strangers as partial',
    (code) => {
      const [known, unknown] = underTest(mip61006).feedAll([
        malformedEvent([diagnostic(code)]),
        malformedEvent([diagnostic(code)], { source: ATTACKER, destination: CORRESPONDENT }),
      ]);
      expect([known?.severity, known?.confidence]).toEqual([undefined, 'certain']);
      expect([unknown?.severity, unknown?.confidence]).toEqual(['medium', 'partial']);
    },
  );

  it('accepts fragments that are only pending or atomic', () => {
    const event = malformedEvent([diagnostic('FRAGMENT_PENDING'), diagnostic('FRAGMENT_ATOMIC')]);
    expect(underTest(mip61006).feed(event)).toEqual([]);
  });
});

describe('MIP6-1007', () => {
  it('reports all misplaced headers of a packet in one alert', () => {
    const event = malformedEvent(
      [
        diagnostic('HAO_POSITION', 'after a fragment header'),
        diagnostic('HAO_DUPLICATE'),
        diagnostic('RH2_POSITION'),
      ],
      { homeAddressOption: HOME_ADDRESS },
    );
    const draft = only(underTest(mip61007).feed(event));
    expect(draft.evidence.map(({ text }) => text)).toEqual([
      'Home Address option where it must not be: after a fragment header',
      'a second Home Address option in the same packet',
      'type 2 routing header before another routing header',
    ]);
    expect(draft.homeAddress).toEqual(HOME_ADDRESS);
  });

  it('is silent about headers that are wrong in other ways', () => {
    const event = malformedEvent([diagnostic('HAO_LENGTH'), diagnostic('RH2_MALFORMED')]);
    expect(underTest(mip61007).feed(event)).toEqual([]);
  });
});

describe('MIP6-1008', () => {
  it('reports reserved bits once per sender', () => {
    const reserved = Uint8Array.of(0xff, 0xff);
    const event = (source: Uint8Array, destination: Uint8Array) =>
      mobilityEvent(
        { kind: 'care-of-test-init', reserved, careOfInitCookie: new Uint8Array(8) },
        { context: { source, destination } },
      );
    const tested = underTest(mip61008);
    tested.feedAll([
      event(ATTACKER, HOME_AGENT),
      event(ATTACKER, CORRESPONDENT),
      event(CARE_OF_ADDRESS, HOME_AGENT),
    ]);
    expect(tested.alerts.map(({ object }) => object)).toEqual(['2001:db8:6::66', '2001:db8:3::99']);
    expect(mip61008.severity).toBe('info');
  });

  it('shows the flag word when a flag has no name', () => {
    const event = mobilityEvent({
      kind: 'binding-update',
      sequence: 1,
      flags: 0xc001,
      lifetime: 1,
    });
    const draft = only(underTest(mip61008).feed(event));
    expect(draft.evidence[0]?.text).toContain('flags 0xc001');
  });
});

describe('MIP6-1009', () => {
  const shape = (detail: string) => diagnostic('RH2_MALFORMED', detail);

  it('reports a header with two addresses or two segments left', () => {
    const draft = only(
      underTest(mip61009).feed(malformedEvent([shape('length 40 octets, segments left 2')])),
    );
    expect(draft.evidence[0]?.text).toContain('length 40 octets, segments left 2, expected');
    expect(draft.confidence).toBe('certain');
  });

  it('reports a home address that is not unicast routable', () => {
    const event = malformedEvent([diagnostic('RH2_ADDRESS')], {
      routingHomeAddress: address('ff02::1'),
    });
    expect(only(underTest(mip61009).feed(event)).evidence[0]?.text).toContain('holds ff02::1');
  });

  it('accepts a spent header captured inside the mobile node', () => {
    const event = malformedEvent([shape('length 24 octets, segments left 0')], {
      destination: HOME_ADDRESS,
      routingHomeAddress: CARE_OF_ADDRESS,
    });
    expect(underTest(mip61009, { bindings: [makeBinding()] }).feed(event)).toEqual([]);
  });

  it('reports a spent header elsewhere as low and partial, apart from graver faults', () => {
    const tested = underTest(mip61009);
    const spent = malformedEvent([shape('length 24 octets, segments left 0')], {
      routingHomeAddress: HOME_ADDRESS,
    });
    const draft = only(tested.feed(spent));
    expect([draft.severity, draft.confidence]).toEqual(['low', 'partial']);
    tested.feed(malformedEvent([shape('length 40 octets, segments left 2')]));
    expect(tested.alerts).toHaveLength(2);
  });
});

describe('MIP6-1010', () => {
  it.each([
    ['ff02::1', 'multicast'],
    ['fe80::1', 'link-local'],
    ['::1', 'loopback'],
    ['::', 'unspecified'],
    ['::ffff:192.0.2.1', 'IPv4-mapped'],
  ])('reports the home address %s as %s', (text, kind) => {
    const event = malformedEvent([diagnostic('HAO_ADDRESS')], { homeAddressOption: address(text) });
    const draft = only(underTest(mip61010).feed(event));
    expect(draft.evidence[0]?.text).toContain(`holds ${text} (${kind})`);
  });

  it('reports an option that is not as long as an address', () => {
    const draft = only(
      underTest(mip61010).feed(malformedEvent([diagnostic('HAO_LENGTH', 'length 4')])),
    );
    expect(draft.evidence[0]?.text).toContain('length 4, expected the 16 octets');
  });

  it('accepts packets whose Home Address option is only in the wrong place', () => {
    const event = malformedEvent([diagnostic('HAO_POSITION')], { homeAddressOption: HOME_ADDRESS });
    expect(underTest(mip61010).feed(event)).toEqual([]);
  });
});

describe('MIP6-1011', () => {
  const withOption = (text: string) =>
    bindingUpdateEvent({ options: [alternateCareOfAddress(address(text))] });
  const withSource = (text: string) =>
    bindingUpdateEvent({}, { context: { source: address(text) } });

  it.each([
    ['ff0e::1', 'a multicast group'],
    ['::', 'the unspecified address'],
    ['::1', 'the loopback address'],
    ['fe80::1', 'a link-local address'],
    ['::ffff:192.0.2.1', 'an IPv4-mapped address'],
    ['2001:db8:3:0:fdff:ffff:ffff:fffe', 'a reserved anycast address'],
  ])('reports the alternate care-of address %s as %s', (text, kind) => {
    const draft = only(underTest(mip61011).feed(withOption(text)));
    expect(draft.message).toBe(
      `2001:db8:3::99 asked 2001:db8:1::1 to bind 2001:db8:1::10 to ${text}, which is ${kind}`,
    );
    expect([draft.severity, draft.confidence]).toEqual([undefined, 'certain']);
    expect(draft.homeAddress).toEqual(HOME_ADDRESS);
  });

  it('reports the anycast address of a subnet and a link-local source with less weight', () => {
    for (const event of [withOption('2001:db8:3::'), withSource('fe80::1')]) {
      const draft = only(underTest(mip61011).feed(event));
      expect([draft.severity, draft.confidence]).toEqual(['medium', 'partial']);
    }
  });

  it('judges the option and not the source when both are there', () => {
    const event = bindingUpdateEvent(
      { options: [alternateCareOfAddress(CARE_OF_ADDRESS)] },
      { context: { source: address('fe80::1') } },
    );
    expect(underTest(mip61011).feed(event)).toEqual([]);
  });

  it.each(['2001:db8:3::99', 'fd00::1', '::ffff:192.0.2.1', '2001:db8:3:0:fdff:ffff:ffff:ff7f'])(
    'accepts the source %s',
    (text) => {
      expect(underTest(mip61011).feed(withSource(text))).toEqual([]);
    },
  );

  it('judges Binding Updates only', () => {
    const event = bindingAcknowledgementEvent({}, { context: { source: address('fe80::1') } });
    expect(underTest(mip61011).feed(event)).toEqual([]);
  });
});

describe('MIP6-1012', () => {
  const inside = (...encapsulation: readonly string[]) =>
    bindingUpdateEvent({}, { context: { encapsulation } });
  const links = [
    { name: 'uplink', role: 'transit', interfaces: ['eth0'], files: [], vlans: [] },
  ] as const;

  it.each([['6in4'], ['gre'], ['teredo'], ['vxlan'], ['udp:53'], ['udp:4191', 'gre']])(
    'reports signalling inside %s, never as certain',
    (...encapsulation) => {
      const draft = only(underTest(mip61012).feed(inside(...encapsulation)));
      expect([draft.severity, draft.confidence]).toEqual(['low', 'partial']);
    },
  );

  it('gives it the full weight when the site file names links', () => {
    const draft = only(underTest(mip61012, { site: makeSite({ links }) }).feed(inside('6in4')));
    expect([draft.severity, draft.confidence]).toEqual([undefined, 'partial']);
  });

  it.each(['udp:4191', 'udp:5436', 'udp:4500'])('accepts %s', (name) => {
    expect(underTest(mip61012).feed(inside(name))).toEqual([]);
  });

  it.each([
    ['allow6in4', 1, '6in4'],
    ['allowGre', 1, 'gre'],
    ['allowVxlan', 1, 'vxlan'],
    ['allowTeredo', 1, 'teredo'],
    ['allowUdpPort', 2152, 'udp:2152'],
  ])('accepts what %s = %i sanctions: %s', (name, value, encapsulation) => {
    const tested = underTest(mip61012, { params: { [name]: value } });
    expect(tested.feed(inside(encapsulation))).toEqual([]);
    expect(tested.feed(inside('udp:53'))).toHaveLength(1);
  });

  it('reports encrypted signalling by its layout, and plain ESP not at all', () => {
    const context = { encapsulation: ['gre'] };
    const tested = underTest(mip61012);
    expect(tested.feed(espEvent({ context }))).toHaveLength(1);
    expect(tested.feed(espEvent({ layout: 'plain', context }))).toEqual([]);
  });

  it('takes both directions and all care-of addresses of a node as one object', () => {
    const tested = underTest(mip61012);
    const context = { encapsulation: ['gre'] };
    tested.feedAll([
      inside('gre'),
      bindingUpdateEvent({}, { context: { ...context, source: OTHER_CARE_OF_ADDRESS } }),
      bindingAcknowledgementEvent({}, { context }),
    ]);
    expect(tested.alerts).toHaveLength(1);
  });
});
