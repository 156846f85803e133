import { describe, expect, it } from 'vitest';
import mip61201 from '../../rules/forged-binding/mip6-1201.ts';
import mip61202 from '../../rules/forged-binding/mip6-1202.ts';
import mip61203 from '../../rules/forged-binding/mip6-1203.ts';
import mip61204 from '../../rules/forged-binding/mip6-1204.ts';
import mip61205 from '../../rules/forged-binding/mip6-1205.ts';
import mip61206 from '../../rules/forged-binding/mip6-1206.ts';
import mip61207 from '../../rules/forged-binding/mip6-1207.ts';
import mip61208 from '../../rules/forged-binding/mip6-1208.ts';
import mip61209 from '../../rules/forged-binding/mip6-1209.ts';
import mip61210 from '../../rules/forged-binding/mip6-1210.ts';
import mip61211 from '../../rules/forged-binding/mip6-1211.ts';
import mip61212 from '../../rules/forged-binding/mip6-1212.ts';
import mip61213 from '../../rules/forged-binding/mip6-1213.ts';
import type { RuleDefinition } from '../../engine/rule-api.ts';
import {
  ATTACKER,
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  HOME_AGENT,
  OTHER_CARE_OF_ADDRESS,
  OTHER_HOME_ADDRESS,
  address,
  alternateCareOfAddress,
  bindingAcknowledgementEvent,
  bindingEvent,
  bindingUpdateEvent,
  espEvent,
  icmpv6Event,
  linkLayer,
  makeBinding,
  makeLink,
  makeSite,
  mobileNode,
  only,
  packetAt,
  prefix,
  relayEvent,
  tickEvent,
  underTest,
} from './event-builders.ts';
import {
  bothTests,
  cookie,
  correspondentAnswer,
  correspondentBinding,
  correspondentUpdate,
  inits,
  registration,
} from './routability-events.ts';

const ALL: readonly RuleDefinition[] = [
  mip61201,
  mip61202,
  mip61203,
  mip61204,
  mip61205,
  mip61206,
  mip61207,
  mip61208,
  mip61209,
  mip61210,
  mip61211,
  mip61212,
  mip61213,
];

describe('registrations as they should be', () => {
  const life = [
    bindingUpdateEvent({ options: [alternateCareOfAddress(CARE_OF_ADDRESS)] }),
    bindingAcknowledgementEvent(),
    espEvent(),
    espEvent({ layout: 'type-2-routing-header' }),
    ...registration(2),
    correspondentUpdate({ second: 100 }, { sequence: 2 }),
    correspondentAnswer({ second: 100.1 }, { sequence: 2 }),
    correspondentUpdate({ second: 120 }, { sequence: 3, lifetime: 0, nonces: [5, 0] }),
    correspondentAnswer({ second: 120.1 }, { sequence: 3, lifetime: 0 }),
    tickEvent(130),
  ];
  it.each(ALL)('raise no alert of $id', (rule) => {
    expect(underTest(rule, { bindings: [makeBinding()] }).feedAll(life)).toEqual([]);
    expect(rule.category).toBe('forged-binding');
  });
});

describe('MIP6-1201', () => {
  const moved = (binding: ReturnType<typeof makeBinding>) =>
    bindingEvent('moved', {
      binding,
      previousCareOfAddress: CARE_OF_ADDRESS,
      packet: packetAt(1),
    });
  const tunnels = (until: number) => {
    const binding = makeBinding({ careOfAddress: OTHER_CARE_OF_ADDRESS });
    const tested = underTest(mip61201, { bindings: [binding] });
    tested.feed(moved(binding));
    for (let second = 2; second < 60; second++) {
      if (second < until) binding.lastTunnelFromPrevious = packetAt(second).time;
      binding.lastTunnelFrom = packetAt(second).time;
      tested.feed(tickEvent(second));
    }
    return tested.alerts;
  };

  it('reports a tunnel that the old care-of address goes on to use', () => {
    expect(only(tunnels(60))).toMatchObject({
      confidence: 'certain',
      attacker: OTHER_CARE_OF_ADDRESS,
    });
  });

  it('takes twenty seconds for a handover', () => {
    expect(tunnels(21)).toEqual([]);
  });

  it('leaves nodes with several care-of addresses alone', () => {
    const binding = makeBinding({ careOfAddress: OTHER_CARE_OF_ADDRESS });
    const tested = underTest(mip61201, { bindings: [binding] });
    const identifier = {
      kind: 'binding-identifier',
      bindingIdentifier: 1,
      status: 0,
      flags: 0,
    } as const;
    tested.feed(bindingUpdateEvent({ options: [identifier] }));
    tested.feed(moved(binding));
    for (let second = 30; second < 60; second++) {
      binding.lastTunnelFromPrevious = packetAt(second).time;
      expect(tested.feed(tickEvent(second))).toEqual([]);
    }
  });
});

describe('MIP6-1202', () => {
  it('is certain when neither test was seen for a pair that is covered', () => {
    const tested = underTest(mip61202);
    tested.feedAll(registration());
    const forged = correspondentUpdate(
      { second: 300, careOfAddress: ATTACKER },
      { nonces: [1, 1] },
    );
    const draft = only(tested.feed(forged));
    expect(draft).toMatchObject({ confidence: 'certain', attacker: ATTACKER });
    expect(draft.severity).toBeUndefined();
  });

  it('waits for the answer when one test alone is missing', () => {
    const forged = correspondentUpdate({ second: 20, careOfAddress: ATTACKER }, { sequence: 9 });
    const refused = underTest(mip61202);
    refused.feedAll([...registration(), forged]);
    expect(refused.feed(tickEvent(21))).toEqual([]);
    const [draft] = refused.feed(tickEvent(24));
    expect(draft).toMatchObject({ confidence: 'partial' });
    expect(draft?.severity).toBeUndefined();
    const accepted = underTest(mip61202);
    accepted.feedAll([...registration(), forged]);
    const answer = correspondentAnswer({ second: 20.1, careOfAddress: ATTACKER }, { sequence: 9 });
    expect(only(accepted.feed(answer))).toMatchObject({ severity: 'low' });
  });

  it('does not wait when the home agent has the node elsewhere', () => {
    const tested = underTest(mip61202, { bindings: [makeBinding()] });
    tested.feedAll(registration());
    const forged = correspondentUpdate({ second: 20, careOfAddress: ATTACKER });
    expect(only(tested.feed(forged)).severity).toBeUndefined();
  });

  it('is silent without coverage, for verified updates, and for keys from elsewhere', () => {
    const forged = { second: 300, careOfAddress: ATTACKER };
    expect(underTest(mip61202).feed(correspondentUpdate(forged))).toEqual([]);
    const tested = underTest(mip61202);
    tested.feedAll(registration());
    const right = { authentication: 'right' } as const;
    expect(tested.feed(correspondentUpdate(forged, right))).toEqual([]);
    const cga = { kind: 'cga-parameters', parameters: new Uint8Array(25) } as const;
    expect(tested.feed(correspondentUpdate(forged, { options: [cga] }))).toEqual([]);
  });

  it('is low for a node of a home network whose tests nobody saw', () => {
    const tested = underTest(mip61202);
    tested.feedAll(registration());
    const stranger = { second: 20, homeAddress: address('2001:db8:77::1') };
    const draft = only(tested.feed(correspondentUpdate(stranger, { nonces: [999, 999] })));
    expect(draft).toMatchObject({ severity: 'low', confidence: 'partial' });
  });

  it('makes one alert of many forged home addresses of one network', () => {
    const tested = underTest(mip61202);
    tested.feedAll(registration());
    for (let n = 0x100; n < 0x140; n++) {
      const homeAddress = address(`2001:db8:1::${n.toString(16)}`);
      tested.feed(correspondentUpdate({ second: 20, homeAddress, careOfAddress: ATTACKER }));
    }
    expect(tested.alerts).toHaveLength(1);
  });
});

describe('MIP6-1203', () => {
  const site = makeSite({
    infrastructure: [{ name: 'dns', addresses: [prefix('2001:db8:9::53/128')] }],
  });
  const claim = (homeAddress: Uint8Array) =>
    correspondentUpdate({ second: 1, homeAddress, careOfAddress: ATTACKER });

  it('reports claims of fixed nodes, home agents and of the receiver itself', () => {
    const tested = underTest(mip61203, { site });
    for (const fixed of [address('2001:db8:9::53'), HOME_AGENT, CORRESPONDENT]) {
      expect(only(tested.feed(claim(fixed)))).toMatchObject({ confidence: 'certain' });
    }
    const [init] = inits({ second: 2, homeAddress: address('2001:db8:9::53') });
    expect(tested.feed(init)).toHaveLength(1);
  });

  it('reports the Home Address option in front of ESP', () => {
    const event = espEvent({ context: { homeAddressOption: address('2001:db8:9::53') } });
    expect(underTest(mip61203, { site }).feed(event)).toHaveLength(1);
  });

  it('is silent about addresses nobody calls fixed, and about mobile nodes among them', () => {
    const tested = underTest(mip61203, { site });
    expect(tested.feed(claim(HOME_ADDRESS))).toEqual([]);
    const mobile = makeSite({
      infrastructure: [{ name: 'all', addresses: [prefix('2001:db8:1::/64')] }],
      mobileNodes: [mobileNode('mn', HOME_ADDRESS)],
    });
    expect(underTest(mip61203, { site: mobile }).feed(claim(HOME_ADDRESS))).toEqual([]);
  });
});

describe('MIP6-1204', () => {
  const stranger = address('2001:db8:77::1');
  const update = bindingUpdateEvent({}, { context: { homeAddressOption: stranger } });

  it('reports an address outside the told home prefixes, readable or not', () => {
    expect(only(underTest(mip61204).feed(update))).toMatchObject({ confidence: 'certain' });
    const esp = espEvent({ context: { homeAddressOption: stranger } });
    expect(underTest(mip61204).feed(esp)).toHaveLength(1);
  });

  it('leaves mobile routers and told mobile nodes alone', () => {
    const router = bindingUpdateEvent(
      { flags: ['acknowledge', 'homeRegistration', 'mobileRouter'] },
      { context: { homeAddressOption: stranger } },
    );
    expect(underTest(mip61204).feed(router)).toEqual([]);
    const site = makeSite({ mobileNodes: [mobileNode('mn', stranger)] });
    expect(underTest(mip61204, { site }).feed(update)).toEqual([]);
  });

  it('judges by the refusal where no prefix is told: one is low, many are not', () => {
    const [agent] = makeSite().homeAgents;
    const site = makeSite({
      homeAgents: agent === undefined ? [] : [{ ...agent, homePrefixes: [] }],
    });
    const tested = underTest(mip61204, { site });
    const severities = [1, 2, 3].map((n) => {
      const homeAddress = address(`2001:db8:77::${n}`);
      tested.feed(bindingUpdateEvent({}, { context: { homeAddressOption: homeAddress } }));
      return only(
        tested.feed(
          bindingAcknowledgementEvent(
            { status: 132 },
            { context: { routingHomeAddress: homeAddress } },
          ),
        ),
      ).severity;
    });
    expect(severities).toEqual(['low', 'low', 'medium']);
  });
});

describe('MIP6-1205', () => {
  const update = correspondentUpdate({ second: 60 });
  const transit = makeLink('transit');
  const home = bindingUpdateEvent({}, { context: { link: transit } });
  const over = makeBinding({ phase: 'deregistered', lastChange: packetAt(30) });

  it('reports the second registration after the home agent deleted the binding; the first is low', () => {
    const tested = underTest(mip61205, { bindings: [over] });
    const first = only(tested.feedAll([home, update]));
    expect(first).toMatchObject({ severity: 'low', homeAddress: HOME_ADDRESS });
    const second = only(tested.feed(correspondentUpdate({ second: 100 }, { sequence: 2 })));
    expect(second.severity).toBeUndefined();
  });

  it('is silent when a home test came back since', () => {
    const tests = bothTests({ second: 50 });
    expect(underTest(mip61205, { bindings: [over] }).feedAll([home, ...tests, update])).toEqual([]);
  });

  it('is silent at once after it, while registered, and where home registrations are not seen', () => {
    const early = correspondentUpdate({ second: 35 });
    expect(underTest(mip61205, { bindings: [over] }).feedAll([home, early])).toEqual([]);
    expect(underTest(mip61205, { bindings: [makeBinding()] }).feedAll([home, update])).toEqual([]);
    expect(underTest(mip61205, { bindings: [over] }).feedAll([update])).toEqual([]);
  });

  it('reports one after another machine took the home address', () => {
    const probe = (second: number, mac: string) =>
      icmpv6Event(
        {
          kind: 'neighbor-solicitation',
          code: 0,
          targetAddress: HOME_ADDRESS,
          options: [],
        },
        {
          context: {
            packet: packetAt(second),
            link: makeLink('home'),
            source: new Uint8Array(16),
            linkSource: linkLayer(mac),
          },
        },
      );
    const binding = makeBinding({ phase: 'expired' });
    const first = probe(1, '02:00:00:00:00:01');
    const own = underTest(mip61205, { bindings: [binding] });
    expect(own.feedAll([first, probe(20, '02:00:00:00:00:01'), update])).toEqual([]);
    const taken = underTest(mip61205, { bindings: [binding] });
    const drafts = taken.feedAll([first, probe(20, '02:00:00:00:00:02'), update]);
    expect(only(drafts).message).toContain('another machine');
  });
});

describe('MIP6-1206', () => {
  const other = correspondentBinding({
    homeAddress: CORRESPONDENT,
    peer: HOME_ADDRESS,
    careOfAddress: ATTACKER,
  });

  it('reports the second binding to the same address', () => {
    const forged = correspondentUpdate({ second: 2, careOfAddress: ATTACKER });
    const draft = only(underTest(mip61206, { bindings: [other] }).feed(forged));
    expect(draft).toMatchObject({ confidence: 'certain', attacker: ATTACKER });
  });

  it('is silent for two nodes of one link, and for bindings that are over', () => {
    const neighbour = correspondentUpdate({ second: 2, careOfAddress: address('2001:db8:6::67') });
    expect(underTest(mip61206, { bindings: [other] }).feed(neighbour)).toEqual([]);
    const expired = { ...other, expiresAt: packetAt(1).time };
    const forged = correspondentUpdate({ second: 2, careOfAddress: ATTACKER });
    expect(underTest(mip61206, { bindings: [expired] }).feed(forged)).toEqual([]);
  });
});

describe('MIP6-1207', () => {
  const claims = (count: number) =>
    Array.from({ length: count }, (_, i) =>
      correspondentUpdate({
        second: i,
        homeAddress: address(`2001:db8:1::1:${i}`),
        careOfAddress: ATTACKER,
      }),
    );

  it('reports the fifth home address', () => {
    expect(underTest(mip61207).feedAll(claims(4))).toEqual([]);
    expect(only(underTest(mip61207).feedAll(claims(5))).message).toContain('5 home addresses');
  });

  it('counts what it cannot read by the Home Address option', () => {
    const events = Array.from({ length: 5 }, (_, i) =>
      espEvent({ context: { homeAddressOption: address(`2001:db8:1::1:${i}`) } }),
    );
    expect(underTest(mip61207).feedAll(events)).toHaveLength(1);
    const relay = relayEvent({ relay: CARE_OF_ADDRESS });
    expect(underTest(mip61207).feedAll([relay, ...events])).toEqual([]);
  });

  it('leaves proxies, gateways and deletions alone', () => {
    const proxies = Array.from({ length: 6 }, (_, i) =>
      bindingUpdateEvent(
        { flags: ['acknowledge', 'homeRegistration', 'proxyRegistration'] },
        { context: { homeAddressOption: address(`2001:db8:1::1:${i}`) } },
      ),
    );
    expect(underTest(mip61207).feedAll(proxies)).toEqual([]);
    const site = makeSite();
    const domain = { ...site.domain, accessGateways: [ATTACKER] };
    expect(underTest(mip61207, { site: { ...site, domain } }).feedAll(claims(6))).toEqual([]);
  });

  it('still finds one address among thousands that come once', () => {
    const tested = underTest(mip61207);
    const [first, ...rest] = claims(5);
    if (first !== undefined) tested.feed(first);
    for (let i = 0; i < 3000; i++) {
      tested.feed(correspondentUpdate({ second: 1, careOfAddress: address(`2001:db8:66::${i}`) }));
    }
    expect(tested.feedAll(rest)).toHaveLength(1);
  });
});

describe('coverage of correspondents', () => {
  it('is lost while tests were forgotten, and that of a registered pair is kept', () => {
    const tested = underTest(mip61202);
    tested.feedAll(registration());
    for (let n = 0; n < 17_000; n++) {
      const careOfAddress = address(
        `2001:db8:66:${(n >> 8).toString(16)}::${(n & 255).toString(16)}`,
      );
      const [, event] = inits({ second: 100, careOfAddress }, cookie(n & 255));
      tested.feed(event);
    }
    const stranger = { second: 101, homeAddress: OTHER_HOME_ADDRESS, careOfAddress: ATTACKER };
    expect(tested.feed(correspondentUpdate(stranger, { nonces: [999, 999] }))).toEqual([]);
    const victim = { second: 102, careOfAddress: ATTACKER };
    tested.feedAll(bothTests({ second: 330 }, { cookie: cookie(3), index: 13 }));
    expect(
      tested.feed(correspondentUpdate({ ...victim, second: 700 }, { nonces: [999, 999] })),
    ).toHaveLength(1);
  });
});
