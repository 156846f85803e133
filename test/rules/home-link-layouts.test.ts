/**
 * De-registrations in every layout: the two strict ones are silent, for each other one exactly one rule speaks.
 */
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../engine/precedence.ts';
import { resolvePrecedence } from '../../engine/precedence.ts';
import type { RuleDefinition } from '../../engine/rule-api.ts';
import type { PacketContext } from '../../engine/events.ts';
import type { Binding } from '../../engine/state/binding-cache.ts';
import rule1106 from '../../rules/home-link/mip6-1106.ts';
import rule1108 from '../../rules/home-link/mip6-1108.ts';
import rule1109 from '../../rules/home-link/mip6-1109.ts';
import rule1111 from '../../rules/home-link/mip6-1111.ts';
import {
  ATTACKER,
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  HOME_AGENT,
  OTHER_CARE_OF_ADDRESS,
  START_TIME,
  alternateCareOfAddress,
  bindingUpdateEvent,
  espEvent,
  makeBinding,
  makeLink,
  makeSite,
  packetAt,
  packetContext,
  underTest,
} from './event-builders.ts';
import type { BindingUpdateFields } from './event-builders.ts';

const RULES: readonly RuleDefinition[] = [rule1106, rule1108, rule1109, rule1111];

/** How a de-registration stands on the wire. */
interface Shape {
  readonly source: Uint8Array;
  readonly option?: Uint8Array;
  readonly alternate?: Uint8Array;
  readonly update?: Omit<BindingUpdateFields, 'options'>;
  readonly context?: Partial<PacketContext>;
  /** Default true. */
  readonly isProtected?: boolean;
}

/** The event of a Binding Update with lifetime 0. */
function deregistration(shape: Shape): ReturnType<typeof bindingUpdateEvent> {
  const { source, option, alternate, update, context, isProtected = true } = shape;
  return bindingUpdateEvent(
    {
      sequence: 9,
      lifetime: 0,
      ...update,
      options: alternate === undefined ? [] : [alternateCareOfAddress(alternate)],
    },
    {
      context: {
        packet: packetAt(9),
        link: makeLink('unknown'),
        source,
        homeAddressOption: option,
        ...(isProtected
          ? {
              protection: 'esp-transport',
              esp: { spi: 0x1000, sequence: 3, integrityVerified: true },
            }
          : {}),
        ...context,
      },
    },
  );
}

/** Rules that raise an alert, `?` behind those that are not certain; in brackets what became part of it. */
function spoken(
  shape: Shape,
  bindings: readonly Binding[] = [makeBinding()],
  site = makeSite(),
): string[] {
  const findings = RULES.flatMap((rule): Finding[] =>
    underTest(rule, { bindings, site })
      .feed(deregistration(shape))
      .map((draft) => ({ rule, draft })),
  );
  return resolvePrecedence(findings).map(({ rule, draft, related }) => {
    const mark = draft.confidence === 'partial' ? '?' : '';
    const others = related.map(({ ruleId }) => ruleId.slice(5)).join(' ');
    return `${rule.id.slice(5)}${mark}${others === '' ? '' : ` (${others})`}`;
  });
}

describe('a de-registration of a node that is registered', () => {
  const moved = makeBinding({
    careOfAddress: OTHER_CARE_OF_ADDRESS,
    previousCareOfAddresses: [CARE_OF_ADDRESS],
  });

  const cases: readonly (readonly [
    name: string,
    shape: Shape,
    alerts: readonly string[],
    binding?: Binding,
  ])[] = [
    ['DRG-01, strict Case 1', { source: HOME_ADDRESS }, []],
    [
      'DRG-02, strict Case 2',
      { source: CARE_OF_ADDRESS, option: HOME_ADDRESS, alternate: CARE_OF_ADDRESS },
      [],
    ],
    [
      'DRG-03, Case 1 with a Home Address option added by a stranger',
      { source: ATTACKER, option: HOME_ADDRESS },
      ['1106 (1108 1111)'],
    ],
    [
      'DRG-04, the same with the home address as Alternate Care-of Address',
      { source: ATTACKER, option: HOME_ADDRESS, alternate: HOME_ADDRESS },
      ['1106 (1108)'],
    ],
    [
      'DRG-05, a stranger with the registered Alternate Care-of Address',
      { source: ATTACKER, option: HOME_ADDRESS, alternate: CARE_OF_ADDRESS },
      ['1108'],
    ],
    [
      'DRG-06, Case 2 without Alternate Care-of Address',
      { source: CARE_OF_ADDRESS, option: HOME_ADDRESS },
      ['1108'],
    ],
    [
      'DRG-07, Case 2 with the home address as Alternate Care-of Address',
      { source: CARE_OF_ADDRESS, option: HOME_ADDRESS, alternate: HOME_ADDRESS },
      ['1108'],
    ],
    [
      'DRG-08, Case 2 with a third address as Alternate Care-of Address',
      { source: CARE_OF_ADDRESS, option: HOME_ADDRESS, alternate: CORRESPONDENT },
      ['1108 (1111)'],
    ],
    [
      'DRG-09, at home with a Home Address option',
      { source: HOME_ADDRESS, option: HOME_ADDRESS },
      ['1109'],
    ],
    [
      'DRG-10, at home with an Alternate Care-of Address, as UMIP does',
      { source: HOME_ADDRESS, alternate: HOME_ADDRESS },
      ['1109'],
    ],
    [
      'DRG-11, at home with the registered care-of address',
      { source: HOME_ADDRESS, alternate: CARE_OF_ADDRESS },
      ['1109'],
    ],
    [
      'DRG-11, at home with a third address',
      { source: HOME_ADDRESS, alternate: CORRESPONDENT },
      ['1109 (1111)'],
    ],
    [
      'DRG-12, at home with both options',
      { source: HOME_ADDRESS, option: HOME_ADDRESS, alternate: HOME_ADDRESS },
      ['1109'],
    ],
    [
      'DRG-13, from the care-of address without Home Address option',
      { source: CARE_OF_ADDRESS, alternate: CARE_OF_ADDRESS },
      ['1108'],
    ],
    [
      'DRG-14, Case 2 from the care-of address before the last',
      { source: CARE_OF_ADDRESS, option: HOME_ADDRESS, alternate: CARE_OF_ADDRESS },
      ['1108? (1111)'],
      moved,
    ],
    [
      'DRG-20, at home with a lifetime that is not 0',
      { source: HOME_ADDRESS, alternate: HOME_ADDRESS, update: { lifetime: 105 } },
      ['1109'],
    ],
    [
      'DRG-20, without Alternate Care-of Address',
      { source: HOME_ADDRESS, update: { lifetime: 105 } },
      ['1109'],
    ],
    [
      'a registration with the home address as care-of address from afar',
      {
        source: CARE_OF_ADDRESS,
        option: HOME_ADDRESS,
        alternate: HOME_ADDRESS,
        update: { lifetime: 105 },
      },
      ['1108?'],
    ],
    [
      'Case 2 from a new care-of address whose registration was not seen',
      { source: ATTACKER, option: HOME_ADDRESS, alternate: ATTACKER },
      ['1108? (1111)'],
    ],
    [
      'Case 1 without flag A',
      { source: HOME_ADDRESS, update: { flags: ['homeRegistration'] } },
      ['1111'],
    ],
    [
      'Case 1 without flag H',
      { source: HOME_ADDRESS, update: { flags: ['acknowledge'] } },
      ['1111'],
    ],
  ];

  for (const [name, shape, alerts, binding = makeBinding()] of cases) {
    it(name, () => {
      expect(spoken(shape, [binding])).toEqual(alerts);
    });
  }

  it('in tunnel mode is strict with the registered care-of address outside and inside (DRG-21)', () => {
    const tunnelled = (outer: Uint8Array, alternate: Uint8Array): Shape => ({
      source: HOME_ADDRESS,
      alternate,
      context: {
        protection: 'esp-tunnel',
        outer: packetContext({ source: outer, destination: HOME_AGENT }),
      },
    });
    expect(spoken(tunnelled(CARE_OF_ADDRESS, CARE_OF_ADDRESS))).toEqual([]);
    expect(spoken(tunnelled(ATTACKER, CARE_OF_ADDRESS))).toEqual(['1108']);
  });

  it('may have flags and options nobody knows (DRG-22)', () => {
    const shape: Shape = {
      source: HOME_ADDRESS,
      update: {
        flags: ['acknowledge', 'homeRegistration', 'linkLocalAddressCompatibility', 'mobileRouter'],
      },
    };
    expect(spoken(shape)).toEqual([]);
  });

  it('from a new address whose registration is under way is strict', () => {
    const pending = {
      careOfAddress: OTHER_CARE_OF_ADDRESS,
      sequence: 8,
      lifetime: 420,
      isHomeStyle: false,
      relay: undefined,
      packet: packetAt(8),
    };
    const shape: Shape = {
      source: OTHER_CARE_OF_ADDRESS,
      option: HOME_ADDRESS,
      alternate: OTHER_CARE_OF_ADDRESS,
    };
    expect(spoken(shape, [makeBinding({ pending })])).not.toContain('1108');
    expect(spoken(shape, [makeBinding({ pending })])).not.toContain('1106');
  });
});

describe('a de-registration of a node whose binding is not known', () => {
  const unknown = makeBinding({ phase: 'requested', registeredAt: 0, expiresAt: 0 });

  it.each([
    ['in the Case 2 shape is not accused', ATTACKER, ATTACKER, []],
    [
      'without Alternate Care-of Address has a wrong layout, no more',
      ATTACKER,
      undefined,
      ['1108?'],
    ],
    ['with the home address there has a wrong layout, no more', ATTACKER, HOME_ADDRESS, ['1108?']],
  ])('%s', (_name, source, alternate, alerts) => {
    const shape: Shape = {
      source,
      option: HOME_ADDRESS,
      ...(alternate === undefined ? {} : { alternate }),
    };
    expect(spoken(shape, [])).toEqual(alerts);
    expect(spoken(shape, [unknown])).toEqual(alerts);
  });

  it('comes from a stranger and the binding has ended: a relay, but not a certain one', () => {
    const ended = makeBinding({
      phase: 'deregistered',
      careOfAddress: HOME_ADDRESS,
      previousCareOfAddresses: [CARE_OF_ADDRESS],
    });
    expect(spoken({ source: ATTACKER, option: HOME_ADDRESS }, [ended])).toEqual(['1106? (1108)']);
  });

  it('after its lifetime from its own last address is judged by layout alone', () => {
    const expired = makeBinding({ expiresAt: START_TIME + 1e6 });
    const shape: Shape = {
      source: CARE_OF_ADDRESS,
      option: HOME_ADDRESS,
      alternate: CARE_OF_ADDRESS,
    };
    expect(spoken(shape, [expired])).toEqual([]);
  });
});

describe('a de-registration in clear', () => {
  it('is forged rather than relayed: the layout rule speaks', () => {
    const shape: Shape = {
      source: ATTACKER,
      option: HOME_ADDRESS,
      alternate: HOME_ADDRESS,
      isProtected: false,
    };
    expect(spoken(shape)).toEqual(['1108']);
  });

  it('is relayed when the same message was seen as sent at home', () => {
    const rule = underTest(rule1106, { bindings: [makeBinding()] });
    const plain = deregistration({ source: HOME_ADDRESS, isProtected: false });
    expect(rule.feed(plain)).toEqual([]);
    const alerts = rule.feed(
      deregistration({
        source: ATTACKER,
        option: HOME_ADDRESS,
        isProtected: false,
        context: { packet: packetAt(10) },
      }),
    );
    expect(alerts).toMatchObject([{ confidence: 'certain', attacker: ATTACKER }]);
    expect(alerts[0]?.evidence.map(({ packet }) => packet.number)).toEqual([9, 10]);
  });
});

describe('rule 1109', () => {
  const umip: Shape = { source: HOME_ADDRESS, alternate: HOME_ADDRESS };

  it('is information only where the site accepts what UMIP sends', () => {
    const site = makeSite({ compatibility: { umipHomeDeregistration: true } });
    const rule = underTest(rule1109, { bindings: [makeBinding()], site });
    expect(rule.feed(deregistration(umip))).toMatchObject([{ severity: 'info' }]);
    const other: Shape = { source: HOME_ADDRESS, alternate: CORRESPONDENT };
    expect(rule.feed(deregistration(other))[0]).not.toHaveProperty('severity');
  });

  it('leaves what UMIP sends on a foreign link to rule 1105', () => {
    const rule = underTest(rule1109, { bindings: [makeBinding()] });
    const onForeign = deregistration({ ...umip, context: { link: makeLink('foreign') } });
    expect(rule.feed(onForeign)).toEqual([]);
  });

  it('sees without keys that a Home Address option repeats the source', () => {
    const rule = underTest(rule1109, { bindings: [makeBinding()] });
    expect(rule.feed(espEvent({ context: { source: HOME_ADDRESS } }))).toMatchObject([
      { confidence: 'partial' },
    ]);
    expect(rule.feed(espEvent())).toEqual([]);
  });
});

describe('Binding Updates that are no home de-registrations', () => {
  const silent: readonly (readonly [string, Shape])[] = [
    [
      'to a correspondent node',
      {
        source: CARE_OF_ADDRESS,
        option: HOME_ADDRESS,
        update: { flags: ['acknowledge'] },
        context: { destination: CORRESPONDENT },
      },
    ],
    [
      'of a proxy',
      {
        source: CORRESPONDENT,
        update: { flags: ['acknowledge', 'homeRegistration', 'proxyRegistration'] },
      },
    ],
    [
      'to a mobility anchor point',
      { source: CARE_OF_ADDRESS, update: { flags: ['acknowledge', 'mapRegistration'] } },
    ],
    [
      'through UDP over IPv4',
      { source: HOME_ADDRESS, alternate: CORRESPONDENT, context: { encapsulation: ['udp:4191'] } },
    ],
    ['with a wrong checksum', { source: ATTACKER, option: HOME_ADDRESS }],
  ];

  it.each(silent)('%s are left alone', (name, shape) => {
    const event = deregistration(shape);
    const judged = name.includes('checksum') ? { ...event, checksum: 'wrong' as const } : event;
    for (const rule of RULES) {
      expect(underTest(rule, { bindings: [makeBinding()] }).feed(judged), rule.id).toEqual([]);
    }
  });
});
