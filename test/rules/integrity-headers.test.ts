import { describe, expect, it } from 'vitest';
import type { DiagnosticCode } from '../../dissectors/core/diagnostic.ts';
import mip61006 from '../../rules/integrity/mip6-1006.ts';
import mip61007 from '../../rules/integrity/mip6-1007.ts';
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
  makeSite,
  malformedEvent,
  mobilityEvent,
  packetContext,
  underTest,
  only,
} from './event-builders.ts';

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

  it('reports a small first fragment of a mobility message, also between strangers', () => {
    const strangers = { source: ATTACKER, destination: CORRESPONDENT };
    const tested = underTest(mip61006);
    const draft = only(tested.feed(malformedEvent([diagnostic('FRAGMENT_MOBILITY')], strangers)));
    expect([draft.severity, draft.confidence]).toEqual([undefined, 'certain']);
    expect(draft.message).toContain('a mobility message in fragments');
  });

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
