import { describe, expect, it } from 'vitest';
import type { MobilityOption } from '../../dissectors/mobility/options/index.ts';
import type { MobilityEvent, PacketContext } from '../../engine/events.ts';
import rule2401 from '../../rules/extension/mip6-2401.ts';
import rule2402 from '../../rules/extension/mip6-2402.ts';
import rule2403 from '../../rules/extension/mip6-2403.ts';
import rule2404 from '../../rules/extension/mip6-2404.ts';
import rule2501 from '../../rules/extension/mip6-2501.ts';
import rule2502 from '../../rules/extension/mip6-2502.ts';
import rule2503 from '../../rules/extension/mip6-2503.ts';
import rule2504 from '../../rules/extension/mip6-2504.ts';
import {
  ATTACKER,
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  OTHER_CARE_OF_ADDRESS,
  OTHER_HOME_ADDRESS,
  alternateCareOfAddress,
  bindingAcknowledgementEvent,
  bindingUpdateEvent,
  makeBinding,
  makeLink,
  makeSite,
  mobileNode,
  only,
  packetAt,
  tunnelledEvent,
  underTest,
} from './event-builders.ts';
import { address, prefix } from './site.ts';

const NETWORK = prefix('2001:db8:5::/48');
const OTHER_NETWORK = prefix('2001:db8:6::/48');
const ROUTER_FLAGS = ['acknowledge', 'homeRegistration', 'mobileRouter'] as const;

function mobileNetwork({ prefix: octets, length }: typeof NETWORK): MobilityOption {
  return { kind: 'mobile-network-prefix', prefixLength: length, prefix: octets };
}

/** What differs from the registration of HOME_ADDRESS from CARE_OF_ADDRESS. */
interface Fields {
  readonly seconds?: number;
  readonly sequence?: number;
  readonly lifetime?: number;
  readonly isRouter?: boolean;
  readonly home?: Uint8Array;
  readonly careOf?: Uint8Array;
  readonly options?: readonly MobilityOption[];
  readonly answer?: readonly MobilityOption[];
  readonly context?: Partial<PacketContext>;
  readonly status?: number;
}

function update(fields: Fields = {}): MobilityEvent {
  const { seconds = 1, sequence = 1, lifetime = 15, isRouter = true } = fields;
  return bindingUpdateEvent(
    {
      sequence,
      lifetime,
      flags: isRouter ? ROUTER_FLAGS : ['acknowledge', 'homeRegistration'],
      options: fields.options ?? [],
    },
    {
      context: {
        packet: packetAt(seconds, seconds),
        source: fields.careOf ?? CARE_OF_ADDRESS,
        homeAddressOption: fields.home ?? HOME_ADDRESS,
        ...fields.context,
      },
    },
  );
}

function answer(fields: Fields = {}): MobilityEvent {
  const { seconds = 1, sequence = 1, lifetime = 15, status = 0 } = fields;
  return bindingAcknowledgementEvent(
    { sequence, lifetime, status, flags: fields.isRouter === false ? 0 : 0x40 },
    {
      options: fields.answer ?? [],
      context: {
        packet: packetAt(seconds, seconds + 0.1),
        destination: fields.careOf ?? CARE_OF_ADDRESS,
        routingHomeAddress: fields.home ?? HOME_ADDRESS,
      },
    },
  );
}

const both = (fields: Fields): MobilityEvent[] => [update(fields), answer(fields)];
const router = makeBinding({ flags: 0xc400 });
const otherRouter = makeBinding({
  homeAddress: OTHER_HOME_ADDRESS,
  careOfAddress: OTHER_CARE_OF_ADDRESS,
  flags: 0xc400,
});

describe('MIP6-2401', () => {
  const owned = makeSite({
    mobileNodes: [{ ...mobileNode('router', HOME_ADDRESS), mobileNetworkPrefixes: [NETWORK] }],
  });

  it('reports a prefix that the site does not give to the router', () => {
    const tested = underTest(rule2401, { site: owned });
    expect(tested.feed(update({ options: [mobileNetwork(NETWORK)] }))).toEqual([]);
    const inside = prefix('2001:db8:5:7::/64');
    expect(tested.feed(update({ options: [mobileNetwork(inside)] }))).toEqual([]);
    const draft = only(tested.feed(update({ options: [mobileNetwork(OTHER_NETWORK)] })));
    expect([draft.confidence, draft.homeAddress]).toEqual(['certain', HOME_ADDRESS]);
    const around = prefix('2001:db8::/32');
    expect(tested.feed(update({ options: [mobileNetwork(around)] }))).toHaveLength(1);
  });

  it('reports a prefix that another router has registered, a part of it, and what covers it', () => {
    const bindings = [otherRouter];
    const tested = underTest(rule2401, { bindings });
    tested.feedAll(both({ home: OTHER_HOME_ADDRESS, options: [mobileNetwork(NETWORK)] }));
    expect(tested.alerts).toEqual([]);
    for (const text of ['2001:db8:5::/48', '2001:db8:5:1::/64', '2001:db8::/40']) {
      expect(tested.feed(update({ options: [mobileNetwork(prefix(text))] }))).toHaveLength(1);
    }
  });

  it('reports a prefix that the site gives to another router', () => {
    expect(
      underTest(rule2401, { site: owned }).feed(
        update({ home: OTHER_HOME_ADDRESS, options: [mobileNetwork(NETWORK)] }),
      ),
    ).toHaveLength(1);
  });

  it('accepts prefixes of which nobody told, of routers that left, and hosts', () => {
    const tested = underTest(rule2401, { bindings: [{ ...otherRouter, phase: 'deregistered' }] });
    tested.feedAll(both({ home: OTHER_HOME_ADDRESS, options: [mobileNetwork(NETWORK)] }));
    tested.feed(update({ options: [mobileNetwork(NETWORK)] }));
    tested.feed(update({ isRouter: false }));
    expect(tested.alerts).toEqual([]);
  });

  it('reports a refusal with less weight', () => {
    expect(only(underTest(rule2401).feed(answer({ status: 142 }))).severity).toBe('medium');
    expect(underTest(rule2401).feed(answer({ status: 132 }))).toEqual([]);
  });
});

describe('MIP6-2402', () => {
  it('reports prefixes without the flag', () => {
    const tested = underTest(rule2402);
    const event = update({ isRouter: false, options: [mobileNetwork(NETWORK)] });
    expect(only(tested.feed(event)).confidence).toBe('certain');
  });

  it('reports a flag that changes to and fro, and no single change', () => {
    const tested = underTest(rule2402);
    tested.feed(update({ seconds: 1 }));
    tested.feed(update({ seconds: 60, isRouter: false }));
    expect(tested.alerts).toEqual([]);
    expect(only(tested.feed(update({ seconds: 120 }))).confidence).toBe('partial');
  });

  it('accepts de-registrations without the flag, and changes of long ago', () => {
    const tested = underTest(rule2402);
    tested.feed(update({ seconds: 1 }));
    tested.feed(update({ seconds: 60, isRouter: false, lifetime: 0 }));
    tested.feed(update({ seconds: 120 }));
    tested.feed(update({ seconds: 1200, isRouter: false }));
    tested.feed(update({ seconds: 4000 }));
    expect(tested.alerts).toEqual([]);
  });

  it('reports refusals of routers', () => {
    expect(only(underTest(rule2402).feed(answer({ status: 140 }))).severity).toBeUndefined();
    expect(only(underTest(rule2402).feed(answer({ status: 143 }))).severity).toBe('low');
  });
});

describe('MIP6-2403', () => {
  const options = [mobileNetwork(NETWORK)];
  const from = (source: Uint8Array, outer = CARE_OF_ADDRESS) =>
    tunnelledEvent({ context: { source }, outer: { source: outer } });

  it('reports a source outside the registered prefixes', () => {
    const tested = underTest(rule2403, { bindings: [router] });
    tested.feedAll(both({ options }));
    const draft = only(tested.feed(from(ATTACKER)));
    expect([draft.confidence, draft.homeAddress]).toEqual(['certain', HOME_ADDRESS]);
  });

  it('accepts the network, the router itself, and link-local sources', () => {
    const tested = underTest(rule2403, { bindings: [router] });
    tested.feedAll(both({ options }));
    tested.feed(from(address('2001:db8:5:77::1')));
    tested.feed(from(HOME_ADDRESS));
    tested.feed(from(address('fe80::2')));
    expect(tested.alerts).toEqual([]);
  });

  it('takes the word of the site file where the registration could not be read', () => {
    const bindings = [makeBinding({ flags: undefined, knownBy: 'inferred' })];
    const mobileNodes = [
      { ...mobileNode('router', HOME_ADDRESS), mobileNetworkPrefixes: [NETWORK] },
    ];
    const tested = underTest(rule2403, { bindings, site: makeSite({ mobileNodes }) });
    expect(tested.feed(from(address('2001:db8:5:77::1')))).toEqual([]);
    expect(tested.feed(from(ATTACKER))).toHaveLength(1);
    expect(underTest(rule2403, { bindings }).feed(from(ATTACKER))).toEqual([]);
  });

  it('judges neither hosts, nor routers in implicit mode, nor tunnels of others', () => {
    const host = underTest(rule2403, { bindings: [makeBinding()] });
    expect(host.feed(from(ATTACKER))).toEqual([]);
    const implicit = underTest(rule2403, { bindings: [router] });
    implicit.feedAll(both({}));
    expect(implicit.feed(from(ATTACKER))).toEqual([]);
    const other = underTest(rule2403, { bindings: [router] });
    other.feedAll(both({ options }));
    expect(other.feed(from(ATTACKER, OTHER_CARE_OF_ADDRESS))).toEqual([]);
    expect(
      other.feed(tunnelledEvent({ context: { source: ATTACKER }, direction: 'from-home-agent' })),
    ).toEqual([]);
  });
});

describe('MIP6-2404', () => {
  const ripng = (routes: (typeof NETWORK)[], protection: PacketContext['protection'] = 'none') =>
    tunnelledEvent({
      context: { source: address('fe80::2'), destination: address('ff02::9'), protection },
      control: 'routing',
      routes,
      destinationPort: 521,
    });

  it('reports a routing protocol in a tunnel without ESP', () => {
    const tested = underTest(rule2404, { bindings: [router] });
    expect(only(tested.feed(ripng([NETWORK]))).homeAddress).toEqual(HOME_ADDRESS);
  });

  it('reports under ESP a network that is not the router’s', () => {
    const tested = underTest(rule2404, { bindings: [router] });
    tested.feedAll(both({ options: [mobileNetwork(NETWORK)] }));
    expect(tested.feed(ripng([NETWORK], 'esp-tunnel'))).toEqual([]);
    expect(tested.feed(ripng([NETWORK, OTHER_NETWORK], 'esp-tunnel'))).toHaveLength(1);
  });

  it('accepts payload, other control protocols, and tunnels that nobody registered', () => {
    const tested = underTest(rule2404, { bindings: [router] });
    tested.feed(tunnelledEvent());
    tested.feed(tunnelledEvent({ control: 'mld' }));
    expect(tested.alerts).toEqual([]);
    expect(underTest(rule2404).feed(ripng([NETWORK]))).toEqual([]);
  });
});

const NODE_V4 = Uint8Array.of(198, 51, 100, 7);
const STRANGER_V4 = Uint8Array.of(203, 0, 113, 66);
const AGENT_V4 = Uint8Array.of(192, 0, 2, 1);

/** Context of a packet in UDP over IPv4. */
function over(source: Uint8Array, sourcePort = 40_000): Partial<PacketContext> {
  return {
    encapsulation: ['udp:4191'],
    ipv4Outer: { source, destination: AGENT_V4, sourcePort, destinationPort: 4191 },
  };
}

describe('MIP6-2501', () => {
  const options: MobilityOption[] = [{ kind: 'ipv4-care-of-address', careOfAddress: NODE_V4 }];

  it('reports an address that was translated unnoticed', () => {
    const tested = underTest(rule2501);
    expect(tested.feed(update({ options, context: over(STRANGER_V4) }))).toEqual([]);
    expect(only(tested.feed(answer())).homeAddress).toEqual(HOME_ADDRESS);
  });

  it('takes the address of an IPv4-mapped source where there is no option', () => {
    const tested = underTest(rule2501);
    const source = address('::ffff:198.51.100.7');
    tested.feed(update({ context: { ...over(STRANGER_V4), source } }));
    expect(tested.feed(answer())).toHaveLength(1);
  });

  it('accepts a NAT that the home agent noticed, the same address, refusals, and IPv6', () => {
    const tested = underTest(rule2501);
    const natDetection = [{ kind: 'nat-detection', flags: 0x8000, refreshTime: 110 }] as const;
    tested.feed(update({ options, context: over(STRANGER_V4) }));
    tested.feed(answer({ answer: natDetection }));
    tested.feedAll(both({ options, context: over(NODE_V4), sequence: 2 }));
    tested.feedAll(both({ options, context: over(STRANGER_V4), sequence: 3, status: 129 }));
    tested.feedAll(both({ options, sequence: 4 }));
    expect(tested.alerts).toEqual([]);
  });
});

describe('MIP6-2502', () => {
  const payload = (source: Uint8Array, port: number, seconds = 30) =>
    tunnelledEvent({
      context: { ...over(source, port), packet: packetAt(seconds, seconds) },
      outer: 'none',
    });
  const bindings = [makeBinding()];

  it('reports packets of a node from an address that never registered', () => {
    const tested = underTest(rule2502, { bindings });
    tested.feedAll(both({ isRouter: false, context: over(NODE_V4) }));
    const draft = only(tested.feed(payload(STRANGER_V4, 40_000)));
    expect([draft.confidence, draft.homeAddress]).toEqual(['partial', HOME_ADDRESS]);
  });

  it('reports a home agent that sends to such an address', () => {
    const tested = underTest(rule2502, { bindings });
    tested.feedAll(both({ isRouter: false, context: over(NODE_V4) }));
    const ipv4Outer = {
      source: AGENT_V4,
      destination: STRANGER_V4,
      sourcePort: 4191,
      destinationPort: 40_000,
    };
    const event = tunnelledEvent({
      direction: 'from-home-agent',
      context: { source: CORRESPONDENT, destination: HOME_ADDRESS, ipv4Outer },
      outer: 'none',
    });
    expect(tested.feed(event)).toHaveLength(1);
  });

  it('accepts another port, a Binding Update on its way, and what was sent before a handover', () => {
    const tested = underTest(rule2502, {
      bindings: [makeBinding({ registeredAt: packetAt(40).time })],
    });
    tested.feedAll(both({ isRouter: false, context: over(NODE_V4) }));
    tested.feed(payload(NODE_V4, 50_000));
    tested.feed(update({ isRouter: false, sequence: 2, seconds: 40, context: over(STRANGER_V4) }));
    tested.feed(payload(STRANGER_V4, 40_000, 41));
    tested.feed(answer({ isRouter: false, sequence: 2, seconds: 41 }));
    tested.feed(payload(NODE_V4, 40_000, 42));
    expect(tested.alerts).toEqual([]);
    expect(tested.feed(payload(NODE_V4, 40_000, 80))).toHaveLength(1);
  });

  it('leaves signalling alone, and addresses from which something came that nobody could read', () => {
    const tested = underTest(rule2502, { bindings });
    tested.feedAll(both({ isRouter: false, context: over(NODE_V4) }));
    tested.feed({ ...payload(STRANGER_V4, 1), protocol: 135 });
    tested.feed({ ...payload(STRANGER_V4, 1), protocol: 50 });
    tested.feed(payload(STRANGER_V4, 1));
    expect(tested.alerts).toEqual([]);
    expect(tested.feed(payload(Uint8Array.of(203, 0, 113, 67), 1))).toHaveLength(1);
  });

  it('judges neither nodes that registered over IPv6 nor those whose binding is over', () => {
    const native = underTest(rule2502, { bindings });
    native.feedAll(both({ isRouter: false }));
    expect(native.feed(payload(STRANGER_V4, 1))).toEqual([]);
    const over4 = underTest(rule2502, { bindings: [makeBinding({ phase: 'expired' })] });
    over4.feedAll(both({ isRouter: false, context: over(NODE_V4) }));
    expect(over4.feed(payload(STRANGER_V4, 1))).toEqual([]);
  });
});

describe('MIP6-2503', () => {
  const claim = (homeAddress: Uint8Array, fields: Fields = {}): MobilityEvent =>
    update({
      isRouter: false,
      options: [{ kind: 'ipv4-home-address', flags: 0x8000, homeAddress }],
      ...fields,
    });
  const grant = (homeAddress: Uint8Array): readonly MobilityOption[] => [
    { kind: 'ipv4-address-acknowledgement', status: 0, flags: 0x80, homeAddress },
  ];
  const site = makeSite({
    mobileNodes: [
      { ...mobileNode('one', HOME_ADDRESS), ipv4HomeAddress: NODE_V4 },
      mobileNode('other', OTHER_HOME_ADDRESS),
    ],
  });

  it('reports another address than the site tells, and the address of another node', () => {
    const tested = underTest(rule2503, { site });
    expect(tested.feed(claim(NODE_V4))).toEqual([]);
    expect(only(tested.feed(claim(STRANGER_V4))).confidence).toBe('certain');
    expect(only(tested.feed(claim(NODE_V4, { home: OTHER_HOME_ADDRESS }))).confidence).toBe(
      'certain',
    );
  });

  it('reports the address that another node was granted', () => {
    const tested = underTest(rule2503);
    tested.feed(claim(new Uint8Array(4)));
    tested.feed(answer({ isRouter: false, answer: grant(NODE_V4) }));
    expect(tested.alerts).toEqual([]);
    expect(only(tested.feed(claim(NODE_V4, { home: OTHER_HOME_ADDRESS }))).confidence).toBe(
      'certain',
    );
  });

  it('says less of a node that asks for another address than it was granted', () => {
    const tested = underTest(rule2503);
    tested.feed(claim(new Uint8Array(4)));
    tested.feed(answer({ isRouter: false, answer: grant(NODE_V4) }));
    expect(tested.feed(claim(NODE_V4, { sequence: 2 }))).toEqual([]);
    const draft = only(tested.feed(claim(STRANGER_V4, { sequence: 3 })));
    expect([draft.severity, draft.confidence]).toEqual(['medium', 'partial']);
  });

  it('reports a refusal with less weight', () => {
    const refused = [
      { kind: 'ipv4-address-acknowledgement', status: 130, flags: 0, homeAddress: NODE_V4 },
    ] as const;
    expect(only(underTest(rule2503).feed(answer({ answer: refused }))).severity).toBe('medium');
  });
});

describe('MIP6-2504', () => {
  it('reports an IPv6 care-of address inside UDP over IPv4', () => {
    const event = update({
      isRouter: false,
      options: [alternateCareOfAddress(CARE_OF_ADDRESS)],
      context: over(NODE_V4),
    });
    expect(only(underTest(rule2504).feed(event)).confidence).toBe('partial');
  });

  it('reports a node that had IPv6 on this link shortly before', () => {
    const tested = underTest(rule2504);
    const source = address('::ffff:198.51.100.7');
    const late = { seconds: 3000, isRouter: false, context: { ...over(NODE_V4), source } };
    tested.feed(update({ isRouter: false, seconds: 1 }));
    expect(tested.feed(update(late))).toEqual([]);
    expect(tested.feed(update({ ...late, seconds: 100 }))).toHaveLength(1);
  });

  it('reports the F flag over IPv6', () => {
    const flags = ['acknowledge', 'homeRegistration', 'forceUdpEncapsulation'] as const;
    expect(underTest(rule2504).feed(bindingUpdateEvent({ flags }))).toHaveLength(1);
  });

  it('accepts IPv4 where there is no IPv6, and IPv6', () => {
    const tested = underTest(rule2504);
    const source = address('::ffff:198.51.100.7');
    const link = makeLink('transit');
    tested.feed(update({ isRouter: false, context: { ...over(NODE_V4), source } }));
    tested.feed(update({ isRouter: false, context: { link } }));
    tested.feed(update({ isRouter: false, context: { ...over(NODE_V4), source, link } }));
    expect(tested.alerts).toEqual([]);
  });
});
