import { describe, expect, it } from 'vitest';
import { isSameAddress } from '../../../dissectors/core/address.ts';
import { encodePacket, encodePlain, wireHeaders } from '../../../nodes/ip/wire.ts';
import { NodeIpsec } from '../../../nodes/ipsec/node-ipsec.ts';
import { policiesOfHomeAgent } from '../../../nodes/ipsec/policy.ts';
import { ProtectionKeys } from '../../../nodes/ipsec/protection-keys.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';
import { findIntegrity, NULL_ENCRYPTION } from '../../../engine/crypto/transforms.ts';
import {
  associationsFor,
  bindingAcknowledgement,
  bindingUpdate,
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  datagram,
  DECLARATION,
  GCM,
  HOME_ADDRESS,
  HOME_AGENT,
  homeTestInit,
  icmpv6,
  ipsecOf,
  keysOf,
  layoutOf,
  mobilityPacket,
  NEXT_CARE_OF_ADDRESS,
  NULL_SHA1,
  octets,
  OTHER_HOME_ADDRESS,
  pairOf,
  plain,
  protect,
  receive,
  register,
  send,
  sendTunnelled,
  spiOf,
} from './protected-pair.ts';

const AWAY = { careOfSource: CARE_OF_ADDRESS };
const TO_AWAY = { careOfDestination: CARE_OF_ADDRESS };

describe('binding messages in transport mode', () => {
  it('IPS-BU-01 a Binding Update from away is behind the Home Address option, under ESP that authenticates', () => {
    const { mobileNode, homeAgent } = pairOf();
    const update = bindingUpdate();
    const bytes = octets(send(mobileNode, { ...update, ...AWAY }));
    expect(layoutOf(bytes)).toBe('2001:db8:2::10>2001:db8:1::1 / HAO 2001:db8:1::10 / ESP');
    expect(Buffer.from(bytes).includes(Buffer.from(update.payload))).toBe(false);
    const received = receive(homeAgent, bytes);
    expect(received).toMatchObject({
      kind: 'taken',
      packet: { protocol: 135, protection: { mode: 'transport', isEncrypted: true } },
    });
    if (received.kind !== 'taken') return;
    expect([...received.packet.payload]).toEqual([...update.payload]);
    expect(homeAgent.isBindingProtection(HOME_ADDRESS, received.packet.protection)).toBe(true);
    expect(homeAgent.isBindingProtection(OTHER_HOME_ADDRESS, received.packet.protection)).toBe(
      false,
    );
    expect(homeAgent.isBindingProtection(HOME_ADDRESS, undefined)).toBe(false);
  });

  it('IPS-BU-02 an acknowledgement to away has a type 2 routing header before ESP', () => {
    const { mobileNode, homeAgent } = pairOf();
    const bytes = octets(send(homeAgent, { ...bindingAcknowledgement(), ...TO_AWAY }));
    expect(layoutOf(bytes)).toBe('2001:db8:1::1>2001:db8:2::10 / RH2 2001:db8:1::10 / ESP');
    expect(receive(mobileNode, bytes)).toMatchObject({ kind: 'taken', packet: { protocol: 135 } });
  });

  it('IPS-BU-03 a Binding Update from home has nothing between IPv6 and ESP', () => {
    const { mobileNode, homeAgent } = pairOf();
    const bytes = octets(send(mobileNode, bindingUpdate()));
    expect(layoutOf(bytes)).toBe('2001:db8:1::10>2001:db8:1::1 / ESP');
    expect(receive(homeAgent, bytes).kind).toBe('taken');
  });

  it('IPS-BU-04 an acknowledgement to home has nothing between IPv6 and ESP', () => {
    const { mobileNode, homeAgent } = pairOf();
    const bytes = octets(send(homeAgent, bindingAcknowledgement()));
    expect(layoutOf(bytes)).toBe('2001:db8:1::1>2001:db8:1::10 / ESP');
    expect(receive(mobileNode, bytes).kind).toBe('taken');
  });

  it('IPS-BU-05 what comes in the clear is refused: from away, from home, and in a tunnel', () => {
    const { mobileNode, homeAgent } = pairOf();
    register({ mobileNode, homeAgent });
    const update = bindingUpdate();
    const fromAway = { ...update, ...AWAY };
    const clear = encodePacket(wireHeaders(fromAway), update.protocol, update.payload, 64);
    const policy = { kind: 'dropped', reason: 'policy' };
    expect(receive(homeAgent, clear)).toEqual(policy);
    expect(receive(homeAgent, plain(update))).toEqual(policy);
    const tunnelled = encodePlain(CARE_OF_ADDRESS, HOME_AGENT, 41, plain(update), 64);
    expect(receive(homeAgent, tunnelled)).toEqual(policy);
    expect(receive(mobileNode, plain(bindingAcknowledgement()))).toEqual(policy);
  });

  it.each(['NULL NULL', 'AES-CBC NULL', 'AES-CBC ANY-96'])(
    'IPS-BU-06 an association without authentication is never taken into use: %s',
    (transforms) => {
      const ipsec = new NodeIpsec({ random: new SeededRandom(1) });
      ipsec.addPolicies(policiesOfHomeAgent(DECLARATION));
      for (const each of associationsFor(DECLARATION, 'home-agent', { transforms })) {
        expect(() => {
          ipsec.add(each);
        }).toThrow('RFC 3776 section 4.3');
      }
      expect(ipsec.describe()).toEqual([]);
      // So nothing leaves and nothing comes in.
      expect(send(ipsec, bindingAcknowledgement())).toEqual({
        discarded: 'no association for binding of 2001:db8:1::10',
      });
    },
  );

  it('IPS-BU-06 encryption may be NULL where authentication is not', () => {
    const { mobileNode, homeAgent } = pairOf(
      { homeTests: 'none', prefixDiscovery: 'none' },
      { transforms: NULL_SHA1 },
    );
    const update = bindingUpdate();
    const received = receive(homeAgent, octets(send(mobileNode, { ...update, ...AWAY })));
    expect(received).toMatchObject({
      kind: 'taken',
      packet: { protection: { isEncrypted: false } },
    });
    if (received.kind === 'taken')
      expect([...received.packet.payload]).toEqual([...update.payload]);
  });

  it('IPS-BU-07 whatever octet of the protected part is changed, the packet is dropped', () => {
    for (const transforms of ['AES-CBC HMAC-SHA1', GCM]) {
      const { mobileNode, homeAgent } = pairOf({}, { transforms });
      const bytes = octets(send(mobileNode, { ...bindingUpdate(), ...AWAY }));
      for (let at = 64; at < bytes.length; at++) {
        const changed = bytes.slice();
        changed[at] = (changed[at] ?? 0) ^ 0x04;
        expect(receive(homeAgent, changed).kind, `octet ${at}`).toBe('dropped');
      }
      expect(receive(homeAgent, bytes).kind).toBe('taken');
      const [counters] = homeAgent.describe();
      expect(counters).toMatchObject({ packets: 1, integrityFailures: bytes.length - 64 - 4 });
    }
  });

  it('IPS-BU-08 the Home Address option is the source that the association is compared with', () => {
    const { mobileNode, homeAgent } = pairOf();
    const update = bindingUpdate();
    // The home address in the IPv6 header instead, and another care-of address: both are the home address to policies.
    for (const careOfSource of [CARE_OF_ADDRESS, NEXT_CARE_OF_ADDRESS]) {
      expect(receive(homeAgent, octets(send(mobileNode, { ...update, careOfSource }))).kind).toBe(
        'taken',
      );
    }
    const bytes = octets(send(mobileNode, { ...update, ...AWAY }));
    // Without the option the source is the care-of address.
    const bare = encodePlain(CARE_OF_ADDRESS, HOME_AGENT, 50, bytes.slice(64), 64);
    expect(receive(homeAgent, bare)).toEqual({
      kind: 'dropped',
      reason: 'protection refused: other-address',
    });
  });

  it('IPS-BU-09 the type 2 routing header is the destination that the association is compared with', () => {
    const { mobileNode, homeAgent } = pairOf();
    const bytes = octets(send(homeAgent, { ...bindingAcknowledgement(), ...TO_AWAY }));
    const bare = encodePlain(HOME_AGENT, CARE_OF_ADDRESS, 50, bytes.slice(64), 64);
    expect(receive(mobileNode, bare)).toEqual({
      kind: 'dropped',
      reason: 'protection refused: other-address',
    });
    expect(receive(mobileNode, bytes).kind).toBe('taken');
  });

  it('IPS-BU-10 the association of one mobile node never speaks for another', () => {
    const { mobileNode, homeAgent } = pairOf();
    const other = { ...DECLARATION, homeAddress: OTHER_HOME_ADDRESS };
    protect(homeAgent, other, 'home-agent', { offset: 1 });
    const sealed = octets(send(mobileNode, { ...bindingUpdate(), ...AWAY })).slice(64);
    const addresses = {
      source: CARE_OF_ADDRESS,
      destination: HOME_AGENT,
      type2RoutingHeader: undefined,
    };
    const forged = { ...addresses, homeAddressOption: OTHER_HOME_ADDRESS };
    expect(receive(homeAgent, encodePacket(forged, 50, sealed, 64))).toEqual({
      kind: 'dropped',
      reason: 'protection refused: other-address',
    });
    // Not even when the addresses are passed over: the policy names the other's own association.
    const protection = {
      association: nameOf(homeAgent, spiOf('binding')),
      mode: 'transport',
    } as const;
    expect(
      homeAgent.permits(
        {
          source: OTHER_HOME_ADDRESS,
          destination: HOME_AGENT,
          protocol: 135,
          type: 5,
          isTunnelled: false,
        },
        { ...protection, isEncrypted: true },
      ),
    ).toBe(false);
    const honest = { ...addresses, homeAddressOption: HOME_ADDRESS };
    expect(receive(homeAgent, encodePacket(honest, 50, sealed, 64)).kind).toBe('taken');
  });

  it('IPS-BU-10 with manual keys there is one association for each home address, purpose and way', () => {
    const { homeAgent } = pairOf();
    const [first] = associationsFor(DECLARATION, 'home-agent');
    if (first === undefined) throw new Error('no association');
    const second = { ...first, spi: 0x9000, keys: keysOf(GCM, 99) };
    expect(() => {
      homeAgent.add(second);
    }).toThrow('manual keys leave no choice (RFC 3776 section 4.2)');
    expect(() => {
      homeAgent.add({ ...second, name: 'another', spi: first.spi });
    }).toThrow('each needs its own');
    expect(() => {
      homeAgent.add({ ...second, homeAddress: OTHER_HOME_ADDRESS });
    }).toThrow('2001:db8:1::11 has no policies');
    expect(() => {
      homeAgent.add({ ...second, homeAgent: CORRESPONDENT });
    }).toThrow('the home agent is 2001:db8:1::1');
    expect(() => {
      homeAgent.add({ ...second, spi: 255 });
    }).toThrow('expected 256');
    expect(() => {
      homeAgent.addPolicies(policiesOfHomeAgent(DECLARATION));
    }).toThrow('has policies already');
  });

  it('IPS-BU-12 manual associations protect every exchange, and stay over moves and returns', () => {
    const pair = pairOf({ payload: 'esp' });
    const { mobileNode, homeAgent } = pair;
    const before = homeAgent.describe().map(({ name, spi }) => ({ name, spi }));
    expect(before).toHaveLength(8);
    for (const careOf of [CARE_OF_ADDRESS, NEXT_CARE_OF_ADDRESS, undefined, CARE_OF_ADDRESS]) {
      if (careOf === undefined) {
        mobileNode.moveTunnel(HOME_ADDRESS, undefined);
        homeAgent.moveTunnel(HOME_ADDRESS, undefined);
      } else register(pair, careOf);
      const update = { ...bindingUpdate(), careOfSource: careOf };
      expect(receive(homeAgent, octets(send(mobileNode, update))).kind).toBe('taken');
      const acknowledgement = { ...bindingAcknowledgement(), careOfDestination: careOf };
      expect(receive(mobileNode, octets(send(homeAgent, acknowledgement))).kind).toBe('taken');
      const solicitation = { ...icmpv6(HOME_ADDRESS, HOME_AGENT, 146), careOfSource: careOf };
      expect(receive(homeAgent, octets(send(mobileNode, solicitation))).kind).toBe('taken');
      if (careOf === undefined) continue;
      for (const packet of [homeTestInit(), datagram(HOME_ADDRESS, CORRESPONDENT)]) {
        expect(receive(homeAgent, octets(sendTunnelled(mobileNode, packet))).kind).toBe('taken');
      }
    }
    expect(homeAgent.describe().map(({ name, spi }) => ({ name, spi }))).toEqual(before);
  });

  it('IPS-BU-15 types of Mobility Headers tell what an association is for', () => {
    const { mobileNode, homeAgent } = pairOf();
    // A message of return routability under the association of Binding Updates.
    const decision = mobileNode.outbound({
      source: HOME_ADDRESS,
      destination: HOME_AGENT,
      protocol: 135,
      type: 5,
      isTunnelled: false,
    });
    if (decision.kind !== 'transport') throw new Error(decision.kind);
    const wire = wireHeaders({ ...bindingUpdate(), ...AWAY });
    for (const [protocol, payload, expected] of [
      [135, homeTestInit(HOME_AGENT).payload, 'policy'],
      [17, datagram(HOME_ADDRESS, HOME_AGENT).payload, 'protection refused: not-allowed'],
      [41, plain(bindingUpdate()), 'protection refused: not-allowed'],
    ] as const) {
      const sealed = decision.protect(protocol, payload, wire);
      const bytes = encodePacket(wire, sealed.protocol, sealed.payload, 64);
      expect(receive(homeAgent, bytes)).toEqual({ kind: 'dropped', reason: expected });
    }
    // Home Agent Switch and Binding Revocation go with Binding Updates, others in the clear.
    const ends = {
      source: HOME_AGENT,
      destination: HOME_ADDRESS,
      protocol: 135,
      isTunnelled: false,
    };
    for (const type of [6, 12, 16])
      expect(homeAgent.outbound({ ...ends, type }).kind).toBe('transport');
    for (const type of [0, 3, 7]) expect(homeAgent.outbound({ ...ends, type }).kind).toBe('bypass');
  });

  it('IPS-BU-15 where the peer cannot tell types, every Mobility Header between the two is protected', () => {
    const pair = pairOf({ granularity: 'protocol' });
    register(pair);
    const { mobileNode, homeAgent } = pair;
    const ends = { source: HOME_AGENT, destination: HOME_ADDRESS, isTunnelled: false };
    for (const type of [0, 3, 6, 7]) {
      expect(homeAgent.outbound({ ...ends, protocol: 135, type }).kind).toBe('transport');
    }
    expect(homeAgent.outbound({ ...ends, protocol: 58, type: 128 }).kind).toBe('transport');
    // Neighbor discovery has to work before there is anything to protect with.
    expect(homeAgent.outbound({ ...ends, protocol: 58, type: 136 }).kind).toBe('bypass');
    // In the tunnel all are protected too, but a Binding Update is none of them.
    const decision = mobileNode.outbound({
      source: HOME_ADDRESS,
      destination: CORRESPONDENT,
      protocol: 135,
      type: 9,
      isTunnelled: true,
    });
    if (decision.kind !== 'tunnel') throw new Error(decision.kind);
    const wire = wireHeaders({ ...bindingUpdate(), ...AWAY });
    const inside = decision.protect(41, plain(bindingUpdate()), wire);
    const bytes = encodePlain(CARE_OF_ADDRESS, HOME_AGENT, 50, inside.payload, 64);
    expect(receive(homeAgent, bytes)).toEqual({ kind: 'dropped', reason: 'policy' });
  });

  it('IPS-BU-16 a Home Test Init for the home agent itself is told by its destination', () => {
    const pair = pairOf();
    register(pair);
    const { mobileNode, homeAgent } = pair;
    const through = receive(homeAgent, octets(sendTunnelled(mobileNode, homeTestInit())));
    const toIt = receive(homeAgent, octets(sendTunnelled(mobileNode, homeTestInit(HOME_AGENT))));
    const innerDestination = (received: typeof toIt): Uint8Array | undefined =>
      received.kind === 'taken' ? received.inner?.slice(24, 40) : undefined;
    expect(isSameAddress(innerDestination(through), CORRESPONDENT)).toBe(true);
    expect(isSameAddress(innerDestination(toIt), HOME_AGENT)).toBe(true);
    // At home it is a packet like any other.
    expect(receive(homeAgent, plain(homeTestInit(HOME_AGENT))).kind).toBe('taken');
  });
});

describe('binding messages in tunnel mode', () => {
  const tunnel = { bindingUpdates: 'esp-tunnel' } as const;

  it('IPS-BU-13 have the home address inside and no option and no routing header outside', () => {
    const { mobileNode, homeAgent } = pairOf(tunnel);
    const bytes = octets(send(mobileNode, { ...bindingUpdate(), ...AWAY }));
    expect(layoutOf(bytes)).toBe('2001:db8:2::10>2001:db8:1::1 / ESP');
    const received = receive(homeAgent, bytes);
    expect(received).toMatchObject({
      kind: 'taken',
      packet: { homeAddressOption: undefined, protection: { mode: 'tunnel' } },
    });
    if (received.kind !== 'taken') return;
    expect(layoutOf(received.inner ?? new Uint8Array(40))).toBe(
      '2001:db8:1::10>2001:db8:1::1 / MH',
    );
    expect(homeAgent.isBindingProtection(HOME_ADDRESS, received.packet.protection)).toBe(true);
    const answer = octets(send(homeAgent, { ...bindingAcknowledgement(), ...TO_AWAY }));
    expect(layoutOf(answer)).toBe('2001:db8:1::1>2001:db8:2::10 / ESP');
    expect(receive(mobileNode, answer).kind).toBe('taken');
  });

  it('IPS-BU-13 is an option: by default a Binding Update in an ESP tunnel is refused', () => {
    const { mobileNode } = pairOf(tunnel);
    const { homeAgent } = pairOf({ payload: 'esp' });
    const bytes = octets(send(mobileNode, { ...bindingUpdate(), ...AWAY }));
    expect(receive(homeAgent, bytes).kind).toBe('dropped');
    // Nor does the association of payload carry one.
    const pair = pairOf({ payload: 'esp' });
    register(pair);
    expect(sendTunnelled(pair.mobileNode, bindingUpdate())).toEqual({
      discarded: 'protected in transport mode: does not go through the tunnel',
    });
  });

  it('IPS-BU-14 come in from a new care-of address while the tunnel still ends at the old one', () => {
    const pair = pairOf({ ...tunnel, payload: 'esp' });
    register(pair);
    const { mobileNode, homeAgent } = pair;
    const update = { ...bindingUpdate(), careOfSource: NEXT_CARE_OF_ADDRESS };
    expect(receive(homeAgent, octets(send(mobileNode, update))).kind).toBe('taken');
    // The packet alone moves nothing.
    expect(isSameAddress(homeAgent.tunnelOf(HOME_ADDRESS)?.remote, CARE_OF_ADDRESS)).toBe(true);
    // Payload too: who has the key may send from wherever it is.
    mobileNode.moveTunnel(HOME_ADDRESS, {
      local: NEXT_CARE_OF_ADDRESS,
      remote: HOME_AGENT,
      homeAddress: HOME_ADDRESS,
    });
    const payload = octets(sendTunnelled(mobileNode, datagram(HOME_ADDRESS, CORRESPONDENT)));
    expect(layoutOf(payload)).toBe('2001:db8:3::10>2001:db8:1::1 / ESP');
    expect(receive(homeAgent, payload).kind).toBe('taken');
  });

  it('DRG-21 a de-registration in tunnel mode is taken while tunnel policies rest', () => {
    const pair = pairOf(tunnel);
    const { mobileNode, homeAgent } = pair;
    register(pair);
    homeAgent.moveTunnel(HOME_ADDRESS, undefined);
    const bytes = octets(send(mobileNode, { ...bindingUpdate(), ...AWAY }));
    const received = receive(homeAgent, bytes);
    expect(received.kind).toBe('taken');
    if (received.kind !== 'taken') return;
    expect(isSameAddress(received.packet.wireSource, CARE_OF_ADDRESS)).toBe(true);
    expect(isSameAddress(received.inner?.slice(8, 24), HOME_ADDRESS)).toBe(true);
  });
});

describe('policies', () => {
  it('say what they have no association for', () => {
    const ipsec = new NodeIpsec({ random: new SeededRandom(1) });
    ipsec.addPolicies(policiesOfHomeAgent({ ...DECLARATION, prefixDiscovery: 'none' }));
    expect(ipsec.missing().map(({ purpose, direction }) => `${purpose} ${direction}`)).toEqual([
      'binding in',
      'binding out',
      'home-tests in',
      'home-tests out',
    ]);
    for (const each of associationsFor({ ...DECLARATION, prefixDiscovery: 'none' }, 'home-agent')) {
      ipsec.add(each);
    }
    expect(ipsec.missing()).toEqual([]);
  });

  it('go with all their associations', () => {
    const homeAgent = ipsecOf(DECLARATION, 'home-agent');
    const { mobileNode } = pairOf();
    const bytes = octets(send(mobileNode, { ...bindingUpdate(), ...AWAY }));
    expect(homeAgent.removePolicies(HOME_ADDRESS)).toBe(true);
    expect(homeAgent.removePolicies(HOME_ADDRESS)).toBe(false);
    expect(homeAgent.describe()).toEqual([]);
    expect(receive(homeAgent, bytes)).toEqual({
      kind: 'dropped',
      reason: 'protection refused: no-association',
    });
    protect(homeAgent, DECLARATION, 'home-agent');
    expect(receive(homeAgent, bytes).kind).toBe('taken');
  });

  it('leave alone what is between other nodes', () => {
    const { homeAgent } = pairOf({ payload: 'esp' });
    const stranger = datagram(CORRESPONDENT, HOME_AGENT);
    expect(receive(homeAgent, plain(stranger)).kind).toBe('taken');
    expect(octets(send(homeAgent, datagram(HOME_AGENT, CORRESPONDENT)))[6]).toBe(17);
    const update = mobilityPacket(CORRESPONDENT, HOME_AGENT, {
      kind: 'binding-update',
      sequence: 1,
      flags: 0x8000,
      lifetime: 9,
    });
    // A Binding Update of somebody this node is a correspondent of; whether it counts is for the role to say.
    expect(receive(homeAgent, plain(update)).kind).toBe('taken');
  });

  it('refuse AH with a transform that is not of AH', () => {
    const declaration = { ...DECLARATION, bindingUpdates: 'ah-transport' } as const;
    const ipsec = new NodeIpsec({ random: new SeededRandom(1) });
    ipsec.addPolicies(policiesOfHomeAgent(declaration));
    const [first] = associationsFor(declaration, 'home-agent');
    if (first === undefined) throw new Error('no association');
    expect(() => {
      ipsec.add({ ...first, keys: keysOf(GCM, 1) });
    }).toThrow('AH takes an integrity algorithm alone');
    const hmac = findIntegrity('HMAC-SHA-256-128');
    if (hmac === undefined) throw new Error('no HMAC');
    const keys = new ProtectionKeys({
      encryption: NULL_ENCRYPTION,
      encryptionKey: new Uint8Array(0),
      integrity: hmac,
      integrityKey: new Uint8Array(32).fill(5),
    });
    ipsec.add({ ...first, keys });
    expect(ipsec.describe()).toHaveLength(1);
  });
});

function nameOf(ipsec: NodeIpsec, spi: number): string {
  return ipsec.describe().find((each) => each.spi === spi)?.name ?? '';
}
