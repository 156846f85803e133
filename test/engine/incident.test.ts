import { describe, expect, it } from 'vitest';
import type { Alert, Incident } from '../../engine/alert.ts';
import type { Link } from '../../engine/events.ts';
import { IncidentBuilder } from '../../engine/incident.ts';
import type { AlertDraft, RuleDefinition, Severity } from '../../engine/rule-api.ts';
import type { BindingChange } from '../../engine/state/binding-cache.ts';
import rule1101 from '../../rules/home-link/mip6-1101.ts';
import rule1105 from '../../rules/home-link/mip6-1105.ts';
import rule1106 from '../../rules/home-link/mip6-1106.ts';
import rule1107 from '../../rules/home-link/mip6-1107.ts';
import rule1109 from '../../rules/home-link/mip6-1109.ts';
import rule1112 from '../../rules/home-link/mip6-1112.ts';
import rule1113 from '../../rules/home-link/mip6-1113.ts';
import rule1116 from '../../rules/home-link/mip6-1116.ts';
import rule1117 from '../../rules/home-link/mip6-1117.ts';
import {
  ATTACKER,
  HOME_ADDRESS,
  HOME_AGENT,
  HOME_PREFIX,
  OTHER_HOME_ADDRESS,
  linkLayer,
  makeBinding,
  makeLink,
  packetAt,
} from '../rules/event-builders.ts';

const FOREIGN = makeLink('foreign');
const EDGE = makeLink('transit');
const MAC = linkLayer('02:00:00:00:00:66');

interface Fields extends Partial<Omit<AlertDraft, 'packet'>> {
  readonly severity?: Severity;
  readonly link?: Link;
  readonly count?: number;
  /** Seconds at which it was seen last. */
  readonly last?: number;
  readonly input?: number;
}

/** Alerts in order of appearance. */
class Alerts {
  readonly list: Alert[] = [];

  /** @param at seconds, which is the packet number as well */
  add(rule: RuleDefinition, at: number, fields: Fields = {}): Alert {
    const {
      severity = rule.severity,
      link = FOREIGN,
      count = 1,
      last = at,
      input = 0,
      ...draft
    } = fields;
    const packet = { ...packetAt(Math.round(at * 10), at), input };
    const alert: Alert = {
      id: this.list.length + 1,
      rule,
      severity,
      confidence: draft.confidence ?? 'certain',
      draft: {
        object: String(this.list.length),
        message: `${rule.id} happened`,
        packet,
        evidence: [{ packet, text: `seen by ${rule.id}`, link }],
        confidence: 'certain',
        ...draft,
      },
      related: [],
      count,
      lastPacket: packetAt(Math.round(last * 10), last),
      incidentId: undefined,
    };
    this.list.push(alert);
    return alert;
  }

  advertisement(at: number, fields: Fields = {}): Alert {
    return this.add(rule1101, at, {
      stage: 'rogue-advertisement',
      homePrefix: HOME_PREFIX,
      attacker: MAC,
      ...fields,
    });
  }

  provoked(at: number, fields: Fields = {}): Alert {
    return this.add(rule1105, at, { stage: 'deregistration-provoked', ...ofNode, ...fields });
  }

  relayed(at: number, fields: Fields = {}): Alert {
    return this.add(rule1106, at, {
      stage: 'binding-update-relayed',
      attacker: ATTACKER,
      link: EDGE,
      ...ofNode,
      ...fields,
    });
  }

  stripped(at: number, fields: Fields = {}): Alert {
    return this.add(rule1107, at, {
      stage: 'acknowledgement-stripped',
      attacker: ATTACKER,
      ...ofNode,
      ...fields,
    });
  }

  unprotected(at: number, fields: Fields = {}): Alert {
    return this.add(rule1112, at, { stage: 'unprotected-traffic', ...ofNode, ...fields });
  }

  build(bindings: Parameters<IncidentBuilder['build']>[0] = []): Incident[] {
    const builder = new IncidentBuilder();
    for (const alert of this.list) builder.add(alert);
    return builder.build(bindings);
  }
}

const ofNode = { homeAddress: HOME_ADDRESS, homeAgent: HOME_AGENT };
const ofOther = { homeAddress: OTHER_HOME_ADDRESS, homeAgent: HOME_AGENT };

/** The whole attack of draft section 5.3. */
function fullAttack(): Alerts {
  const alerts = new Alerts();
  alerts.advertisement(10, { count: 3, last: 30 });
  alerts.provoked(12);
  alerts.relayed(12.1);
  alerts.stripped(12.3);
  alerts.unprotected(13, { count: 7, last: 40 });
  return alerts;
}

describe('the full attack', () => {
  const alerts = fullAttack();
  const incidents = alerts.build();
  const [incident] = incidents;

  it('is one incident with its stages in order', () => {
    expect(incidents).toHaveLength(1);
    expect(incident?.stages.map(({ stage }) => stage)).toEqual([
      'rogue-advertisement',
      'deregistration-provoked',
      'binding-update-relayed',
      'acknowledgement-stripped',
      'unprotected-traffic',
    ]);
    expect(alerts.list.every(({ incidentId }) => incidentId === 1)).toBe(true);
  });

  it('names the victim, the attackers and how far it came', () => {
    expect(incident).toMatchObject({
      severity: 'critical',
      confidence: 'certain',
      assessment: 'succeeded on both',
      homeAddress: HOME_ADDRESS,
      homeAgent: HOME_AGENT,
      attackers: [MAC, ATTACKER],
    });
    expect(incident?.title).toBe(
      'Relay of a de-registration: home address 2001:db8:1::10 was de-registered by 2001:db8:6::66',
    );
  });

  it('tells what happened in order, with packet numbers', () => {
    expect(incident?.narrative).toEqual([
      'Packet 100: MIP6-1101 happened (3 times).',
      'Packet 120: MIP6-1105 happened.',
      'Packet 121: MIP6-1106 happened.',
      'Packet 123: MIP6-1107 happened.',
      'Packet 130: MIP6-1112 happened (7 times).',
      expect.stringContaining('Both sides take the node for being at home'),
    ]);
    expect(incident?.first.number).toBe(100);
    expect(incident?.last.number).toBe(400);
  });

  it('refers to the draft and gives advice without repeating itself', () => {
    expect(incident?.references.join()).toContain('draft-ebalard-mext-hld-security-00 section 5.3');
    expect(new Set(incident?.references).size).toBe(incident?.references.length);
    expect(incident?.advice.length).toBeGreaterThan(2);
    expect(new Set(incident?.advice).size).toBe(incident?.advice.length);
  });

  it('is the same whatever the order in which alerts came', () => {
    const turned = new Alerts();
    turned.list.push(...fullAttack().list.reverse());
    const texts = ({ title, narrative }: Incident): unknown => [title, narrative];
    expect(turned.build().map(texts)).toEqual(incidents.map(texts));
  });
});

describe('how far an attack came', () => {
  const history = (phase: BindingChange['phase'], at: number, status?: number): BindingChange => ({
    packet: packetAt(at, at),
    phase,
    careOfAddress: HOME_ADDRESS,
    sequence: 1,
    lifetime: 0,
    status,
    knownBy: 'decrypted',
  });

  it('is attempted without any effect', () => {
    const alerts = new Alerts();
    alerts.provoked(12);
    alerts.relayed(12.1);
    const [incident] = alerts.build();
    expect(incident?.assessment).toBe('attempted');
    expect(incident?.title).toContain('was to be de-registered');
  });

  it('is success on the home agent when the binding ended with it', () => {
    const alerts = new Alerts();
    alerts.relayed(12);
    const at = (entry: BindingChange): (string | undefined)[] =>
      alerts.build([makeBinding({ history: [entry] })]).map(({ assessment }) => assessment);
    expect(at(history('deregistered', 12))).toEqual(['succeeded on the home agent']);
    expect(at(history('deregistered', 12, 0))).toEqual(['succeeded on the home agent']);
    expect(at(history('deregistered', 90))).toEqual(['attempted']);
    expect(at(history('deregistered', 2))).toEqual(['attempted']);
    expect(at(history('registered', 12))).toEqual(['attempted']);
  });

  it('is success on the mobile node when it sends in clear', () => {
    const alerts = new Alerts();
    alerts.provoked(12);
    alerts.unprotected(13);
    const [incident] = alerts.build();
    expect(incident?.assessment).toBe('succeeded on the mobile node');
    expect(incident?.title).toBe(
      'De-registration provoked on a foreign link: home address 2001:db8:1::10 was made to believe it is at home, and sends unprotected',
    );
  });

  it('is success on both when both are seen', () => {
    const alerts = new Alerts();
    alerts.relayed(12);
    alerts.unprotected(13);
    const binding = makeBinding({ history: [history('deregistered', 12)] });
    expect(alerts.build([binding])[0]?.assessment).toBe('succeeded on both');
  });

  it('is denial of service only when nothing is answered', () => {
    const alerts = new Alerts();
    alerts.advertisement(10);
    alerts.provoked(12);
    alerts.add(rule1113, 19, { stage: 'denial-of-service', ...ofNode });
    const [incident] = alerts.build();
    expect(incident?.assessment).toBe('attempted');
    expect(incident?.title).toContain('and is cut off');
  });

  it('is not judged for what is no step of the attack', () => {
    const alerts = new Alerts();
    alerts.add(rule1117, 50, { stage: 'denial-of-service', ...ofNode });
    expect(alerts.build()).toMatchObject([{ assessment: undefined, severity: 'medium' }]);
  });
});

describe('alerts are joined', () => {
  const idsOf = (alerts: Alerts): (number | undefined)[] => {
    alerts.build();
    return alerts.list.map(({ incidentId }) => incidentId);
  };

  it('by home address, and apart when they are far apart in time', () => {
    const alerts = new Alerts();
    alerts.relayed(10);
    alerts.stripped(100);
    alerts.relayed(500);
    alerts.relayed(505, ofOther);
    expect(idsOf(alerts)).toEqual([1, 1, 2, 3]);
  });

  it('with the repetitions of one alert bridging the time', () => {
    const alerts = new Alerts();
    alerts.relayed(10, { count: 40, last: 480 });
    alerts.unprotected(550);
    expect(idsOf(alerts)).toEqual([1, 1]);
  });

  it('across inputs whose clocks differ', () => {
    const alerts = new Alerts();
    alerts.relayed(10, { input: 1 });
    alerts.provoked(50);
    expect(idsOf(alerts)).toEqual([1, 1]);
    expect(alerts.build()[0]?.narrative.join()).toContain('Packet 100 of input 2');
  });

  it('with an advertisement on the same link, before or during the attack', () => {
    const alerts = new Alerts();
    alerts.provoked(100);
    alerts.advertisement(45);
    alerts.advertisement(101);
    alerts.advertisement(20, { attacker: linkLayer('02:00:00:00:00:77') });
    alerts.advertisement(99, { link: makeLink('foreign', { id: 9 }), attacker: ATTACKER });
    expect(idsOf(alerts)).toEqual([2, 2, 2, 1, 3]);
  });

  it('with an advertisement that was repeated until the attack', () => {
    const alerts = new Alerts();
    alerts.advertisement(1, { count: 300, last: 290 });
    alerts.provoked(300);
    expect(idsOf(alerts)).toEqual([1, 1]);
  });

  it('not with an advertisement of another prefix', () => {
    const alerts = new Alerts();
    alerts.provoked(100);
    const prefix = HOME_PREFIX.prefix.slice();
    prefix[5] = 0x77;
    alerts.advertisement(99, { homePrefix: { prefix, length: 64 } });
    expect(idsOf(alerts)).toEqual([2, 1]);
  });

  it('into one incident when one advertisement misled several nodes', () => {
    const alerts = new Alerts();
    alerts.advertisement(10);
    alerts.relayed(12, { link: FOREIGN });
    alerts.relayed(13, { link: FOREIGN, ...ofOther });
    const [incident, ...others] = alerts.build();
    expect(others).toEqual([]);
    expect(incident?.homeAddress).toBeUndefined();
    expect(incident?.title).toContain('2001:db8:1::10, 2001:db8:1::11 were to be de-registered');
  });

  it('into one incident when many nodes of an agent were de-registered at once', () => {
    const alerts = new Alerts();
    alerts.relayed(12);
    alerts.relayed(13, ofOther);
    alerts.add(rule1116, 14, { stage: 'denial-of-service', homeAgent: HOME_AGENT });
    expect(idsOf(alerts)).toEqual([1, 1, 1]);
  });

  it('of one sender without home address, to one incident only', () => {
    const alerts = new Alerts();
    alerts.relayed(12);
    alerts.relayed(13, ofOther);
    const stray: RuleDefinition = { ...rule1109, id: 'MIP6-1003', category: 'integrity' };
    alerts.add(stray, 14, { severity: 'low', attacker: ATTACKER });
    expect(idsOf(alerts)).toEqual([1, 2, 1]);
  });
});

describe('an alert that stands alone', () => {
  it.each([
    ['info', []],
    ['low', []],
    ['medium', ['medium']],
    ['critical', ['critical']],
  ] as const)('of severity %s', (severity, severities) => {
    const alerts = new Alerts();
    const alert = alerts.add(rule1109, 10, { severity, stage: 'policy-breach', ...ofNode });
    expect(alerts.build().map((incident) => incident.severity)).toEqual(severities);
    expect(alert.incidentId).toBe(severities.length === 0 ? undefined : 1);
  });

  it('is named after its rule', () => {
    const alerts = new Alerts();
    alerts.add(rule1109, 10, { stage: 'policy-breach', ...ofNode });
    expect(alerts.build()).toMatchObject([
      {
        title: 'Home de-registration outside the strict layout: home address 2001:db8:1::10',
        assessment: undefined,
      },
    ]);
  });

  it('about the home prefix is named after the prefix and the link', () => {
    const alerts = new Alerts();
    alerts.advertisement(10);
    expect(alerts.build()).toMatchObject([
      {
        title:
          'Home prefix 2001:db8:1::/64 falsely advertised on link foreign by 02:00:00:00:00:66',
        assessment: 'attempted',
      },
    ]);
  });

  it('below medium joins others of its home address', () => {
    const alerts = new Alerts();
    alerts.relayed(10);
    const minor = alerts.add(rule1109, 11, { severity: 'low', ...ofNode });
    expect(alerts.build()[0]?.alerts).toContain(minor);
  });
});

describe('a builder', () => {
  it('gives nothing for nothing', () => {
    expect(new IncidentBuilder().build()).toEqual([]);
  });

  it('takes a bounded number of alerts and counts the rest', () => {
    const alerts = fullAttack();
    const builder = new IncidentBuilder({ maxAlerts: 2 });
    for (const alert of alerts.list) builder.add(alert);
    expect(builder.dropped).toBe(3);
    expect(builder.build()[0]?.alerts).toHaveLength(2);
  });

  it('takes the time that separates incidents from its options', () => {
    const builder = new IncidentBuilder({ gapSeconds: 5 });
    const alerts = new Alerts();
    for (const alert of [alerts.relayed(10), alerts.relayed(20)]) builder.add(alert);
    expect(builder.build().map(({ id }) => id)).toEqual([1, 2]);
  });

  it('keeps evidence in packet order and says the same once', () => {
    const alerts = new Alerts();
    const packet = packetAt(7, 7);
    const shared = { packet, text: 'the same' };
    alerts.relayed(10, { evidence: [{ packet: packetAt(9, 9), text: 'later' }, shared] });
    alerts.stripped(11, { evidence: [shared, { packet, text: 'other' }] });
    const [incident] = alerts.build();
    expect(incident?.evidence.map(({ text }) => text)).toEqual(['the same', 'other', 'later']);
  });
});
