import { describe, expect, it } from 'vitest';
import mip61701 from '../../rules/return-routability/mip6-1701.ts';
import mip61702 from '../../rules/return-routability/mip6-1702.ts';
import mip61703 from '../../rules/return-routability/mip6-1703.ts';
import mip61704 from '../../rules/return-routability/mip6-1704.ts';
import mip61705 from '../../rules/return-routability/mip6-1705.ts';
import mip61706 from '../../rules/return-routability/mip6-1706.ts';
import mip61707 from '../../rules/return-routability/mip6-1707.ts';
import mip61708 from '../../rules/return-routability/mip6-1708.ts';
import mip61709 from '../../rules/return-routability/mip6-1709.ts';
import mip61710 from '../../rules/return-routability/mip6-1710.ts';
import mip61711 from '../../rules/return-routability/mip6-1711.ts';
import mip61712 from '../../rules/return-routability/mip6-1712.ts';
import type { RuleDefinition } from '../../engine/rule-api.ts';
import {
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  HOME_AGENT,
  OTHER_CARE_OF_ADDRESS,
  OTHER_HOME_ADDRESS,
  address,
  bindingEvent,
  linkLayer,
  makeBinding,
  makeLink,
  makeSite,
  mobilityEvent,
  only,
  packetAt,
  packetContext,
  tickEvent,
  underTest,
} from './event-builders.ts';
import { routerAdvertisement } from './neighbor-events.ts';
import {
  bothTests,
  careOfTest,
  cookie,
  correspondentAnswer,
  correspondentUpdate,
  homeTest,
  inits,
  registration,
} from './routability-events.ts';

const ALL: readonly RuleDefinition[] = [
  mip61701,
  mip61702,
  mip61703,
  mip61704,
  mip61705,
  mip61706,
  mip61707,
  mip61708,
  mip61709,
  mip61710,
  mip61711,
  mip61712,
];

describe('return routability as it should be', () => {
  const life = [
    ...registration(),
    // A refresh on the same tokens, then new tests with a new nonce.
    correspondentUpdate({ second: 200 }, { sequence: 2 }),
    correspondentAnswer({ second: 200.1 }, { sequence: 2 }),
    ...bothTests({ second: 240 }, { cookie: cookie(2), index: 13 }),
    correspondentUpdate({ second: 241 }, { sequence: 3, nonces: [13, 13] }),
    correspondentAnswer({ second: 241.1 }, { sequence: 3 }),
    correspondentUpdate({ second: 300 }, { sequence: 4, lifetime: 0, nonces: [13, 0] }),
    correspondentAnswer({ second: 300.1 }, { sequence: 4, lifetime: 0 }),
    tickEvent(310),
  ];
  it.each(ALL)('raises no alert of $id', (rule) => {
    expect(underTest(rule).feedAll(life)).toEqual([]);
  });

  it.each(ALL)('raises no alert of $id when the capture starts in the middle', (rule) => {
    expect(underTest(rule).feedAll(life.slice(2))).toEqual([]);
    expect(underTest(rule).feedAll(life.slice(4))).toEqual([]);
  });
});

describe.each([
  { rule: mip61701, test: homeTest, name: 'Home Test' },
  { rule: mip61702, test: careOfTest, name: 'Care-of Test' },
])('$rule.id', ({ rule, test, name }) => {
  const forged = { cookie: cookie(9), token: cookie(99) };

  it('is certain of another token for a known index that comes another way', () => {
    const tested = underTest(rule);
    tested.feedAll(registration());
    const draft = only(tested.feed(test({ second: 10, hopLimit: 200 }, forged)));
    expect(draft).toMatchObject({ confidence: 'certain' });
    expect(draft.severity).toBeUndefined();
    expect(draft.message).toContain(`got a ${name} in the name of 2001:db8:9::5`);
    expect(JSON.stringify(draft.evidence)).not.toContain(forged.token.join(','));
  });

  it('takes one of an unseen question for a loss: low', () => {
    const tested = underTest(rule);
    tested.feedAll(registration());
    const draft = only(tested.feed(test({ second: 40 }, { ...forged, index: 6 })));
    expect(draft).toMatchObject({ severity: 'low', confidence: 'partial' });
  });

  it('takes several within a minute for guesses', () => {
    const tested = underTest(rule);
    tested.feedAll(registration());
    const drafts = [1, 2, 3].map((n) =>
      only(tested.feed(test({ second: 40 + n }, { cookie: cookie(20 + n), index: 6 }))),
    );
    expect(drafts.map(({ severity }) => severity)).toEqual(['low', 'low', undefined]);
  });

  it('is silent about the token that the correspondent issues anyway', () => {
    const tested = underTest(rule);
    tested.feedAll(registration());
    expect(tested.feed(test({ second: 40 }, { cookie: cookie(9) }))).toEqual([]);
  });

  it('is silent where the sensor never saw a question', () => {
    expect(underTest(rule).feed(test({ second: 1 }, forged))).toEqual([]);
    const tested = underTest(rule);
    tested.feedAll(registration());
    const elsewhere = { second: 10, link: makeLink('home'), hopLimit: 200 };
    expect(tested.feed(test(elsewhere, forged))).toEqual([]);
  });

  it('is silent when more questions were out than are remembered', () => {
    const tested = underTest(rule);
    tested.feedAll(registration());
    for (let n = 0; n < 12; n++) tested.feedAll(inits({ second: 20 + n }, cookie(30 + n)));
    expect(tested.feed(test({ second: 40 }, { cookie: cookie(30), index: 6 }))).toEqual([]);
  });
});

describe('MIP6-1703', () => {
  it('reports an index that the correspondent did not issue', () => {
    const tested = underTest(mip61703);
    tested.feedAll(registration());
    const draft = only(tested.feed(correspondentUpdate({ second: 20 }, { nonces: [999, 5] })));
    expect(draft).toMatchObject({ confidence: 'certain' });
    expect(draft.evidence[0]?.text).toContain('home nonce index 999, issued were 5');
  });

  it('takes the next index for a test that was not seen: low', () => {
    const tested = underTest(mip61703);
    tested.feedAll(registration());
    const draft = only(tested.feed(correspondentUpdate({ second: 40 }, { nonces: [6, 6] })));
    expect(draft).toMatchObject({ severity: 'low', confidence: 'partial' });
  });

  it('is silent when keys verified the update or it is one with CGA', () => {
    const tested = underTest(mip61703);
    tested.feedAll(registration());
    const nonces = [999, 5] as const;
    const verified = { nonces, authentication: 'right' } as const;
    expect(tested.feed(correspondentUpdate({ second: 20 }, verified))).toEqual([]);
    const encryptedToken = new Uint8Array(8);
    const cga = { kind: 'permanent-home-keygen-token', encryptedToken } as const;
    expect(tested.feed(correspondentUpdate({ second: 20 }, { nonces, options: [cga] }))).toEqual(
      [],
    );
  });

  it('counts refusals, and one or two are normal life', () => {
    const tested = underTest(mip61703);
    const refuse = (second: number, sequence: number) =>
      tested.feed(correspondentAnswer({ second }, { status: 136, sequence }));
    expect(refuse(1, 1)).toEqual([]);
    expect(refuse(1.01, 1)).toEqual([]);
    expect(refuse(10, 2)).toEqual([]);
    expect(refuse(80, 3)).toEqual([]);
    expect(refuse(90, 4)).toEqual([]);
    expect(only(refuse(100, 5))).toMatchObject({ confidence: 'partial' });
  });
});

describe('MIP6-1704', () => {
  it('reports what does not verify, and nothing that does or cannot be verified', () => {
    const tested = underTest(mip61704);
    tested.feedAll(registration());
    const update = (authentication: 'right' | 'wrong' | 'unknown') =>
      tested.feed(correspondentUpdate({ second: 20 }, { authentication }));
    expect(update('right')).toEqual([]);
    expect(update('unknown')).toEqual([]);
    const draft = only(update('wrong'));
    expect(draft).toMatchObject({ confidence: 'certain' });
    expect(draft.evidence).toHaveLength(3);
  });
});

describe('MIP6-1705', () => {
  const foreign = makeLink('foreign');
  const tunnelledTest = (isProtected: boolean) => {
    const event = homeTest({ second: 1, link: foreign });
    const outer = packetContext({ source: HOME_AGENT, destination: CARE_OF_ADDRESS });
    const protection = isProtected ? ('esp-tunnel' as const) : ('none' as const);
    return { ...event, context: { ...event.context, outer, protection } };
  };
  const careOf = careOfTest({ second: 2, link: foreign });

  it('reports both tokens on one visited link, whichever comes first', () => {
    const first = underTest(mip61705, {
      site: makeSite({ ipsec: { signalling: 'required', payload: 'required' } }),
    });
    expect(first.feed(tunnelledTest(false))).toEqual([]);
    expect(only(first.feed(careOf)).severity).toBeUndefined();
    const second = underTest(mip61705);
    expect(second.feed(careOf)).toEqual([]);
    // The common site allows payload without protection.
    expect(only(second.feed(tunnelledTest(false)))).toMatchObject({ severity: 'low' });
  });

  it('is silent under ESP, on other links and for another node', () => {
    expect(underTest(mip61705).feedAll([tunnelledTest(true), careOf])).toEqual([]);
    const other = careOfTest({ second: 2, link: foreign, careOfAddress: OTHER_CARE_OF_ADDRESS });
    expect(underTest(mip61705).feedAll([tunnelledTest(false), other])).toEqual([]);
    const elsewhere = careOfTest({ second: 2 });
    expect(underTest(mip61705).feedAll([tunnelledTest(false), elsewhere])).toEqual([]);
  });
});

describe('MIP6-1706', () => {
  const bindings = [makeBinding()];
  const [home, careOf] = inits({ second: 1 });

  it('reports an init with a Home Address option', () => {
    for (const event of [home, careOf]) {
      const context = { ...event.context, homeAddressOption: OTHER_HOME_ADDRESS };
      const draft = only(underTest(mip61706, { bindings }).feed({ ...event, context }));
      expect(draft).toMatchObject({ confidence: 'certain' });
    }
  });

  it('reports a Home Test Init from a care-of address and a Care-of Test Init from a home address', () => {
    const swap = (event: typeof home, source: Uint8Array) => ({
      ...event,
      context: { ...event.context, source },
    });
    const tested = underTest(mip61706, { bindings });
    expect(only(tested.feed(swap(home, CARE_OF_ADDRESS)))).toMatchObject({ confidence: 'partial' });
    expect(only(tested.feed(swap(careOf, HOME_ADDRESS)))).toMatchObject({ confidence: 'certain' });
  });

  it('leaves a Care-of Test Init alone that a mobile router carries for another node', () => {
    const outer = packetContext({ source: OTHER_CARE_OF_ADDRESS, destination: HOME_AGENT });
    const nested = { ...careOf, context: { ...careOf.context, outer } };
    expect(underTest(mip61706, { bindings }).feed(nested)).toEqual([]);
    const own = packetContext({ source: CARE_OF_ADDRESS, destination: HOME_AGENT });
    const tunnelled = { ...careOf, context: { ...careOf.context, outer: own } };
    expect(underTest(mip61706, { bindings }).feed(tunnelled)).toHaveLength(1);
  });
});

describe('MIP6-1707', () => {
  it('reports an old token when the correspondent accepts it', () => {
    const tested = underTest(mip61707);
    tested.feedAll(registration());
    const update = correspondentUpdate({ second: 300 }, { sequence: 2 });
    expect(tested.feed(update)).toEqual([]);
    const draft = only(tested.feed(correspondentAnswer({ second: 300.1 }, { sequence: 2 })));
    expect(draft).toMatchObject({ confidence: 'certain' });
    expect(draft.message).toContain('300 s old');
  });

  it('is silent when the correspondent refuses it, or does not answer although it should', () => {
    const tested = underTest(mip61707);
    tested.feedAll(registration());
    tested.feed(correspondentUpdate({ second: 300 }, { sequence: 2 }));
    const refused = correspondentAnswer({ second: 300.1 }, { sequence: 2, status: 138 });
    expect(tested.feed(refused)).toEqual([]);
    tested.feed(correspondentUpdate({ second: 310 }, { sequence: 3 }));
    expect(tested.feed(tickEvent(320))).toEqual([]);
  });

  it('is low when no answer is due and none refuses', () => {
    const tested = underTest(mip61707);
    tested.feedAll(registration());
    tested.feed(correspondentUpdate({ second: 300 }, { sequence: 2, isAcknowledged: false }));
    expect(tested.feed(tickEvent(301))).toEqual([]);
    expect(only(tested.feed(tickEvent(304)))).toMatchObject({ severity: 'low' });
  });
});

describe('MIP6-1708', () => {
  const init = (second: number, value: Uint8Array, peer = CORRESPONDENT) =>
    inits({ second, peer }, value)[1];

  it('reports a cookie for two nodes, counting cookies, and octets all alike', () => {
    const two = underTest(mip61708);
    expect(two.feed(init(1, cookie(1)))).toEqual([]);
    expect(only(two.feed(init(2, cookie(1), HOME_AGENT))).message).toContain('another node');
    const counting = underTest(mip61708);
    const drafts = [1, 2, 3, 4, 5].flatMap((n) =>
      counting.feed(init(n * 20, Uint8Array.of(8, 7, 6, 5, 4, 3, 2, n))),
    );
    expect(only(drafts).message).toContain('counts by 1');
    const alike = underTest(mip61708).feed(init(1, new Uint8Array(8).fill(65)));
    expect(only(alike).message).toContain('all its octets are the same');
  });

  it('reports one token for two addresses, and never shows it', () => {
    const tested = underTest(mip61708);
    const token = cookie(50);
    tested.feedAll(inits({ second: 1 }));
    expect(tested.feed(homeTest({ second: 1.1 }, { token }))).toEqual([]);
    const other = { second: 2, homeAddress: OTHER_HOME_ADDRESS };
    tested.feedAll(inits(other, cookie(2)));
    const draft = only(tested.feed(homeTest(other, { cookie: cookie(2), token })));
    const hex = Array.from(token, (octet) => octet.toString(16).padStart(2, '0')).join('');
    expect(JSON.stringify(draft)).not.toContain(hex);
  });

  it('accepts the same token for the same address and nonce, and a retransmission', () => {
    const tested = underTest(mip61708);
    tested.feedAll(bothTests({ second: 1 }));
    tested.feedAll(bothTests({ second: 60 }, { cookie: cookie(2) }));
    const again = inits({ second: 61 }, cookie(2));
    expect(tested.feedAll(again)).toEqual([]);
    expect(tested.alerts).toEqual([]);
  });
});

describe('MIP6-1709', () => {
  const machine = linkLayer('02:00:00:00:17:09');
  const from = (n: number, linkSource: Uint8Array, hopLimit = 64) => {
    const careOfAddress = address(`2001:db8:3::1:${n}`);
    const seen = { second: n, careOfAddress, link: makeLink('foreign'), hopLimit };
    const [, event] = inits(seen, cookie(n));
    return { ...event, context: { ...event.context, linkSource } };
  };

  it('reports one machine with more than eight care-of addresses', () => {
    const tested = underTest(mip61709);
    for (let n = 1; n <= 8; n++) expect(tested.feed(from(n, machine))).toEqual([]);
    expect(only(tested.feed(from(9, machine))).message).toContain('9 addresses');
  });

  it('leaves the router alone that carries those of others', () => {
    const tested = underTest(mip61709);
    for (let n = 1; n <= 20; n++) expect(tested.feed(from(n, machine, 61))).toEqual([]);
  });

  it('leaves a machine alone that advertises itself as router', () => {
    const tested = underTest(mip61709);
    tested.feed(routerAdvertisement({ mac: machine, link: makeLink('foreign') }));
    for (let n = 1; n <= 20; n++) expect(tested.feed(from(n, machine))).toEqual([]);
  });

  it('counts home addresses in one tunnel, but not those that a gateway carries', () => {
    const inTunnel = (n: number) => {
      const [event] = inits({ second: n, homeAddress: address(`2001:db8:1::${n}`) }, cookie(n));
      const outer = packetContext({ source: CARE_OF_ADDRESS, destination: HOME_AGENT });
      return { ...event, context: { ...event.context, outer } };
    };
    const events = Array.from({ length: 9 }, (_, i) => inTunnel(i + 1));
    expect(underTest(mip61709).feedAll(events)).toHaveLength(1);
    const gateway = makeSite();
    const domain = { ...gateway.domain, accessGateways: [CARE_OF_ADDRESS] };
    expect(underTest(mip61709, { site: { ...gateway, domain } }).feedAll(events)).toEqual([]);
  });
});

describe('MIP6-1710', () => {
  const direct = (link = makeLink('foreign')) =>
    homeTest({ second: 1, link, peer: OTHER_HOME_ADDRESS });
  const away = makeBinding({ homeAddress: OTHER_HOME_ADDRESS });

  it('reports a Home Test of a node that is away, in clear on the link', () => {
    const draft = only(underTest(mip61710, { bindings: [away] }).feed(direct()));
    expect(draft).toMatchObject({ confidence: 'certain', homeAddress: HOME_ADDRESS });
  });

  it('is silent for fixed correspondents, nodes at home, and other links', () => {
    expect(underTest(mip61710).feed(direct())).toEqual([]);
    const home = makeBinding({ homeAddress: OTHER_HOME_ADDRESS, phase: 'deregistered' });
    expect(underTest(mip61710, { bindings: [home] }).feed(direct())).toEqual([]);
    const tested = underTest(mip61710, { bindings: [away] });
    expect(tested.feed(direct(makeLink('home')))).toEqual([]);
  });
});

describe('MIP6-1711', () => {
  const deletion = (fields: Parameters<typeof correspondentUpdate>[1]) =>
    correspondentUpdate({ second: 20 }, { lifetime: 0, ...fields });

  it('reports a deletion without authenticator', () => {
    const draft = only(
      underTest(mip61711).feed(deletion({ nonces: 'none', hasAuthenticator: false })),
    );
    expect(draft).toMatchObject({ confidence: 'certain', stage: 'denial-of-service' });
  });

  it('reports a home nonce index that was not issued', () => {
    const tested = underTest(mip61711);
    tested.feedAll(registration());
    expect(only(tested.feed(deletion({ nonces: [999, 0] })))).toMatchObject({
      confidence: 'certain',
    });
    expect(only(tested.feed(deletion({ nonces: [6, 0] })))).toMatchObject({ severity: 'low' });
    expect(tested.feed(deletion({ nonces: [5, 999] }))).toEqual([]);
  });

  it('leaves peers with static keys alone, unless they used nonces before', () => {
    const staticKeys = deletion({ nonces: 'none' });
    expect(underTest(mip61711).feed(staticKeys)).toEqual([]);
    const tested = underTest(mip61711);
    tested.feedAll(registration());
    expect(only(tested.feed(staticKeys))).toMatchObject({ confidence: 'partial' });
  });
});

describe('MIP6-1712', () => {
  const binding = makeBinding({ role: 'correspondent', peer: CORRESPONDENT });
  const removed = bindingEvent('deregistered', { binding, packet: packetAt(60) });

  it('reports an update of a removed binding that comes again', () => {
    const tested = underTest(mip61712);
    tested.feedAll([...registration(), removed]);
    const draft = only(tested.feed(correspondentUpdate({ second: 100 })));
    expect(draft).toMatchObject({ confidence: 'certain' });
    expect(draft.evidence).toHaveLength(3);
  });

  it('is silent for the next sequence number, after 240 s, and for a late copy of another capture', () => {
    const tested = underTest(mip61712);
    tested.feedAll([...registration(), removed]);
    expect(tested.feed(correspondentUpdate({ second: 100 }, { sequence: 2 }))).toEqual([]);
    expect(tested.feed(correspondentUpdate({ second: 301 }))).toEqual([]);
    const copy = correspondentUpdate({ second: 63, link: makeLink('home') });
    expect(tested.feed(copy)).toEqual([]);
  });
});

describe('every rule of the family', () => {
  it.each(ALL)('$id says nothing about messages it is not about', (rule) => {
    const event = mobilityEvent({ kind: 'binding-refresh-request' });
    expect(underTest(rule).feed(event)).toEqual([]);
    expect(rule.category).toBe('return-routability');
  });
});
