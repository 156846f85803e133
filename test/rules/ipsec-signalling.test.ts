import { describe, expect, it } from 'vitest';
import type { AssociationFacts, PacketContext } from '../../engine/events.ts';
import { UNKNOWN_SITE } from '../../engine/site.ts';
import mip61801 from '../../rules/ipsec/mip6-1801.ts';
import mip61802 from '../../rules/ipsec/mip6-1802.ts';
import mip61803 from '../../rules/ipsec/mip6-1803.ts';
import mip61804 from '../../rules/ipsec/mip6-1804.ts';
import mip61805 from '../../rules/ipsec/mip6-1805.ts';
import mip61807 from '../../rules/ipsec/mip6-1807.ts';
import mip61808 from '../../rules/ipsec/mip6-1808.ts';
import mip61811 from '../../rules/ipsec/mip6-1811.ts';
import mip61812 from '../../rules/ipsec/mip6-1812.ts';
import mip61813 from '../../rules/ipsec/mip6-1813.ts';
import mip61814 from '../../rules/ipsec/mip6-1814.ts';
import mip61819 from '../../rules/ipsec/mip6-1819.ts';
import {
  ATTACKER,
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  HOME_AGENT,
  alternateCareOfAddress,
  bindingAcknowledgementEvent,
  bindingUpdateEvent,
  diagnostic,
  icmpv6Event,
  makeBinding,
  makeLink,
  makeSite,
  malformedEvent,
  mobilityEvent,
  only,
  packetContext,
  underTest,
} from './event-builders.ts';

const OPTIONAL = makeSite({ ipsec: { signalling: 'optional', payload: 'optional' } });
const PAYLOAD = makeSite({ ipsec: { signalling: 'required', payload: 'required' } });

function facts(fields: Partial<AssociationFacts> = {}): AssociationFacts {
  return {
    label: '0x00001000 somewhere',
    mode: 'any',
    encryption: 'AES-CBC [RFC3602]',
    integrity: 'HMAC-SHA-1-96 [RFC2404]',
    isEncrypted: true,
    isAuthenticated: 'yes',
    selector: undefined,
    isShared: false,
    mobilityPackets: 0,
    otherPackets: 0,
    payloadPackets: 0,
    ...fields,
  };
}

/** Under ESP, by an association of which the test says what matters. */
function under(
  protection: 'esp-transport' | 'esp-tunnel',
  fields: Partial<AssociationFacts> = {},
): Partial<PacketContext> {
  const esp = { spi: 0x1000, sequence: 7, integrityVerified: true, security: facts(fields) };
  return { protection, esp };
}

/** Inside a tunnel from CARE_OF_ADDRESS to HOME_AGENT. */
const outer = packetContext();

describe('MIP6-1801', () => {
  it('reports a home registration in clear, also without a site file', () => {
    const event = bindingUpdateEvent();
    expect(only(underTest(mip61801).feed(event)).confidence).toBe('certain');
    expect(underTest(mip61801, { site: UNKNOWN_SITE }).feed(event)).toHaveLength(1);
  });

  it('accepts ESP in both modes, AH, and registrations at correspondents', () => {
    const tested = underTest(mip61801);
    tested.feed(bindingUpdateEvent({}, { context: under('esp-transport') }));
    tested.feed(
      bindingUpdateEvent(
        {},
        {
          context: {
            ...under('esp-tunnel'),
            homeAddressOption: undefined,
            source: HOME_ADDRESS,
            outer,
          },
        },
      ),
    );
    tested.feed(bindingUpdateEvent({}, { context: { hasAuthenticationHeader: true } }));
    tested.feed(
      bindingUpdateEvent({ flags: ['acknowledge'] }, { context: { destination: CORRESPONDENT } }),
    );
    expect(tested.alerts).toEqual([]);
  });

  it('is silent where the site does without protection', () => {
    expect(underTest(mip61801, { site: OPTIONAL }).feed(bindingUpdateEvent())).toEqual([]);
  });

  it('leaves proxy registrations and wrong checksums alone', () => {
    const tested = underTest(mip61801);
    tested.feed(
      bindingUpdateEvent({ flags: ['acknowledge', 'homeRegistration', 'proxyRegistration'] }),
    );
    tested.feed(bindingUpdateEvent({}, { checksum: 'wrong' }));
    expect(tested.alerts).toEqual([]);
  });
});

describe('MIP6-1802', () => {
  it('reports an acknowledgement in clear, a refusal with less weight', () => {
    const tested = underTest(mip61802);
    expect(only(tested.feed(bindingAcknowledgementEvent())).severity).toBeUndefined();
    const refused = only(tested.feed(bindingAcknowledgementEvent({ status: 133 })));
    expect([refused.severity, refused.confidence]).toEqual(['medium', 'partial']);
  });

  it('accepts ESP, and acknowledgements of correspondents and for proxies', () => {
    const tested = underTest(mip61802);
    tested.feed(bindingAcknowledgementEvent({}, { context: under('esp-transport') }));
    tested.feed(bindingAcknowledgementEvent({}, { context: { source: CORRESPONDENT } }));
    tested.feed(bindingAcknowledgementEvent({ flags: 0x20 }));
    tested.feed(
      bindingAcknowledgementEvent(
        {},
        {
          options: [{ kind: 'binding-authorization-data', authenticator: new Uint8Array(12) }],
        },
      ),
    );
    expect(tested.alerts).toEqual([]);
  });
});

describe('MIP6-1803', () => {
  it('reports a Home Address option inside ESP and none elsewhere', () => {
    const inside = diagnostic('HAO_POSITION', 'inside ESP');
    const fragment = diagnostic('HAO_POSITION', 'after a fragment header');
    expect(underTest(mip61803).feed(malformedEvent([inside], under('esp-transport')))).toHaveLength(
      1,
    );
    expect(underTest(mip61803).feed(malformedEvent([fragment], under('esp-transport')))).toEqual(
      [],
    );
  });
});

describe('MIP6-1804', () => {
  const context = under('esp-transport');

  it('reports a protected registration without the option', () => {
    expect(underTest(mip61804).feed(bindingUpdateEvent({}, { context }))).toHaveLength(1);
  });

  it('accepts the option, de-registrations and nodes at home', () => {
    const tested = underTest(mip61804);
    const options = [alternateCareOfAddress(CARE_OF_ADDRESS)];
    tested.feed(bindingUpdateEvent({ options }, { context }));
    tested.feed(bindingUpdateEvent({ lifetime: 0 }, { context }));
    tested.feed(
      bindingUpdateEvent(
        {},
        { context: { ...context, source: HOME_ADDRESS, homeAddressOption: undefined } },
      ),
    );
    expect(tested.alerts).toEqual([]);
  });
});

describe('MIP6-1805', () => {
  const context = under('esp-transport');
  const options = [alternateCareOfAddress(CARE_OF_ADDRESS)];

  it('reports another source than the address registered', () => {
    const event = bindingUpdateEvent({ options }, { context: { ...context, source: ATTACKER } });
    expect(only(underTest(mip61805).feed(event)).attacker).toBe(ATTACKER);
  });

  it('accepts the same, one of several care-of addresses, and what another rule refuses', () => {
    const tested = underTest(mip61805);
    tested.feed(bindingUpdateEvent({ options }, { context }));
    tested.feed(
      bindingUpdateEvent(
        { options: [alternateCareOfAddress(HOME_ADDRESS)] },
        { context: { ...context, source: ATTACKER } },
      ),
    );
    const multicast = new Uint8Array(16);
    multicast[0] = 0xff;
    tested.feed(bindingUpdateEvent({ options: [alternateCareOfAddress(multicast)] }, { context }));
    expect(tested.alerts).toEqual([]);
  });
});

describe('MIP6-1807', () => {
  const draft = (fields: Partial<AssociationFacts>) =>
    underTest(mip61807).feed(bindingUpdateEvent({}, { context: under('esp-transport', fields) }));

  it.each([
    [{ isAuthenticated: 'no', integrity: 'NULL' }, 'critical'],
    [{ integrity: 'HMAC-MD5-96 [RFC2403]' }, 'high'],
    [{ encryption: 'DES-CBC [RFC2405]' }, 'high'],
    [{ encryption: 'TripleDES-CBC [RFC2451]' }, 'low'],
  ] as const)('weighs %j as %s', (fields, severity) => {
    expect(only(draft(fields)).severity).toBe(severity);
  });

  it('accepts good algorithms, NULL encryption with integrity, and what nobody checks', () => {
    expect(draft({})).toEqual([]);
    expect(draft({ encryption: 'NULL', isEncrypted: false })).toEqual([]);
    expect(draft({ isAuthenticated: 'unknown' })).toEqual([]);
  });
});

const INIT = { kind: 'home-test-init', homeInitCookie: new Uint8Array(8) } as const;
const TEST = {
  kind: 'home-test',
  homeNonceIndex: 1,
  homeInitCookie: new Uint8Array(8),
  homeKeygenToken: new Uint8Array(8),
} as const;
const OUT = { source: HOME_ADDRESS, destination: CORRESPONDENT };
const BACK = { source: CORRESPONDENT, destination: HOME_ADDRESS };

describe('MIP6-1808', () => {
  it('reports a home test under NULL encryption and accepts a cipher', () => {
    const readable = { ...OUT, ...under('esp-tunnel', { isEncrypted: false }), outer };
    expect(underTest(mip61808).feed(mobilityEvent(INIT, { context: readable }))).toHaveLength(1);
    const hidden = { ...OUT, ...under('esp-tunnel'), outer };
    expect(underTest(mip61808).feed(mobilityEvent(INIT, { context: hidden }))).toEqual([]);
  });
});

describe('MIP6-1811 and MIP6-1812', () => {
  const back = packetContext({ source: HOME_AGENT, destination: CARE_OF_ADDRESS });

  it('report a bare test on a foreign link', () => {
    expect(underTest(mip61811).feed(mobilityEvent(INIT, { context: OUT }))).toHaveLength(1);
    expect(underTest(mip61812).feed(mobilityEvent(TEST, { context: BACK }))).toHaveLength(1);
  });

  it.each(['home', 'transit', 'unknown'] as const)('accept it on a %s link', (role) => {
    const link = makeLink(role);
    expect(underTest(mip61811).feed(mobilityEvent(INIT, { context: { ...OUT, link } }))).toEqual(
      [],
    );
    expect(underTest(mip61812).feed(mobilityEvent(TEST, { context: { ...BACK, link } }))).toEqual(
      [],
    );
  });

  it('report a tunnel without ESP where the site asks for protected payload', () => {
    const init = mobilityEvent(INIT, { context: { ...OUT, outer } });
    const test = mobilityEvent(TEST, { context: { ...BACK, outer: back } });
    for (const [rule, event] of [
      [mip61811, init],
      [mip61812, test],
    ] as const) {
      expect(underTest(rule, { site: PAYLOAD }).feed(event)).toHaveLength(1);
      expect(underTest(rule, { site: UNKNOWN_SITE }).feed(event)).toEqual([]);
      expect(underTest(rule, { site: OPTIONAL }).feed(event)).toEqual([]);
    }
  });

  it('accept ESP, and a visited host that tests for itself', () => {
    const tested = underTest(mip61811);
    tested.feed(mobilityEvent(INIT, { context: { ...OUT, ...under('esp-tunnel'), outer } }));
    tested.feed(mobilityEvent(INIT, { context: { source: ATTACKER, destination: CORRESPONDENT } }));
    expect(tested.alerts).toEqual([]);
  });
});

describe('MIP6-1813', () => {
  const context = under('esp-transport');

  it('reports opened signalling from a care-of address without Home Address option', () => {
    const event = bindingUpdateEvent({}, { context: { ...context, homeAddressOption: undefined } });
    const draft = only(underTest(mip61813, { bindings: [makeBinding()] }).feed(event));
    expect(draft.homeAddress).toEqual(HOME_ADDRESS);
    expect(draft.message).toContain('without Home Address option');
  });

  it('reports an acknowledgement without routing header', () => {
    const event = bindingAcknowledgementEvent(
      {},
      { context: { ...context, routingHomeAddress: undefined } },
    );
    expect(only(underTest(mip61813).feed(event)).message).toContain(
      'without type 2 routing header',
    );
  });

  it('accepts both headers, a node at home, and a tunnel', () => {
    const tested = underTest(mip61813);
    tested.feed(bindingUpdateEvent({}, { context }));
    tested.feed(bindingAcknowledgementEvent({}, { context }));
    const home = { source: HOME_ADDRESS, homeAddressOption: undefined };
    tested.feed(bindingUpdateEvent({}, { context: { ...context, ...home } }));
    tested.feed(bindingUpdateEvent({}, { context: { ...under('esp-tunnel'), ...home, outer } }));
    expect(tested.alerts).toEqual([]);
  });
});

describe('MIP6-1814', () => {
  const solicitation = {
    kind: 'mobile-prefix-solicitation',
    code: 0,
    identifier: 1,
    options: [],
  } as const;
  const advertisement = {
    kind: 'mobile-prefix-advertisement',
    code: 0,
    identifier: 1,
    flags: 0,
    options: [],
  } as const;
  const back = {
    source: HOME_AGENT,
    destination: CARE_OF_ADDRESS,
    routingHomeAddress: HOME_ADDRESS,
  };

  it('reports prefix discovery in clear, a solicitation with less weight', () => {
    const tested = underTest(mip61814);
    const draft = only(tested.feed(icmpv6Event(advertisement, { context: back })));
    expect(draft.severity).toBeUndefined();
    const asked = icmpv6Event(solicitation, { context: { homeAddressOption: HOME_ADDRESS } });
    expect(only(tested.feed(asked)).severity).toBe('medium');
  });

  it('accepts ESP, and strangers that are no home agent', () => {
    const tested = underTest(mip61814);
    tested.feed(icmpv6Event(advertisement, { context: { ...back, ...under('esp-transport') } }));
    tested.feed(icmpv6Event(advertisement, { context: { ...back, source: CORRESPONDENT } }));
    expect(tested.alerts).toEqual([]);
  });
});

describe('MIP6-1819', () => {
  const inner = { source: HOME_ADDRESS, homeAddressOption: undefined, outer };

  it('reports a home registration under an association that carried payload', () => {
    const context = { ...inner, ...under('esp-tunnel', { payloadPackets: 3 }) };
    expect(underTest(mip61819).feed(bindingUpdateEvent({}, { context }))).toHaveLength(1);
  });

  it('accepts an association of its own, and one that may stand for several', () => {
    const tested = underTest(mip61819);
    tested.feed(bindingUpdateEvent({}, { context: { ...inner, ...under('esp-tunnel') } }));
    const shared = under('esp-tunnel', { payloadPackets: 3, isShared: true });
    tested.feed(bindingUpdateEvent({}, { context: { ...inner, ...shared } }));
    expect(tested.alerts).toEqual([]);
  });
});
