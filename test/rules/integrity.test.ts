import { describe, expect, it } from 'vitest';
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
  alternateCareOfAddress,
  bindingAcknowledgementEvent,
  bindingUpdateEvent,
  diagnostic,
  espEvent,
  makeBinding,
  makeLink,
  malformedEvent,
  mobilityEvent,
  mobilityEventOf,
  octets,
  packetAt,
  underTest,
  only,
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

  it('does not miss Binding Authorization Data that runs past the end', () => {
    const bare = bindingUpdateEvent(
      { flags: ['acknowledge'], options: [NONCES] },
      { diagnostics: [diagnostic('OPTION_TRUNCATED', 'option type 5')] },
    );
    expect(underTest(mip61005).feed(bare)).toEqual([]);
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
