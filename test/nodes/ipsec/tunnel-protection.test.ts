import { describe, expect, it } from 'vitest';
import { isSameAddress, parsePrefix } from '../../../dissectors/core/address.ts';
import { encodePacket, encodePlain, selectorsOf, wireHeaders } from '../../../nodes/ip/wire.ts';
import type { OutboundPacket } from '../../../nodes/ip/packet.ts';
import { NodeIpsec } from '../../../nodes/ipsec/node-ipsec.ts';
import { policiesOfMobileNode } from '../../../nodes/ipsec/policy.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';
import {
  associationsFor,
  bindingUpdate,
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  datagram,
  DECLARATION,
  endsAt,
  GCM,
  HOME_ADDRESS,
  HOME_AGENT,
  homeTest,
  homeTestInit,
  icmpv6,
  ip,
  keysOf,
  layoutOf,
  mobilityPacket,
  NEXT_CARE_OF_ADDRESS,
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

const POLICY = { kind: 'dropped', reason: 'policy' } as const;
const AWAY = { careOfSource: CARE_OF_ADDRESS };

/** A packet in a tunnel without protection. */
function plainTunnel(packet: OutboundPacket, from = CARE_OF_ADDRESS, to = HOME_AGENT): Uint8Array {
  return encodePlain(from, to, 41, plain(packet), 64);
}

/** SPI of an ESP packet right behind the IPv6 header. */
function spiIn(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(40);
}

describe('Home Test messages', () => {
  it('IPS-RR-01 a Home Test Init is in an ESP tunnel that encrypts and authenticates', () => {
    for (const transforms of ['AES-CBC HMAC-SHA1', GCM]) {
      const pair = pairOf({}, { transforms });
      register(pair);
      const init = homeTestInit();
      const bytes = octets(sendTunnelled(pair.mobileNode, init));
      expect(layoutOf(bytes)).toBe('2001:db8:2::10>2001:db8:1::1 / ESP');
      expect(Buffer.from(bytes).includes(Buffer.from(init.payload))).toBe(false);
      const received = receive(pair.homeAgent, bytes);
      expect(received).toMatchObject({
        kind: 'taken',
        packet: { protection: { mode: 'tunnel', isEncrypted: true } },
      });
      if (received.kind === 'taken') expect([...(received.inner ?? [])]).toEqual([...plain(init)]);
    }
  });

  it('IPS-RR-01 an association that does not encrypt is never taken into use for them', () => {
    const ipsec = new NodeIpsec({ random: new SeededRandom(1) });
    ipsec.addPolicies(policiesOfMobileNode(DECLARATION));
    const tests = associationsFor(DECLARATION, 'mobile-node').filter(
      ({ purposes }) => purposes[0] === 'home-tests',
    );
    for (const each of tests) {
      for (const transforms of ['NULL HMAC-SHA1', 'NULL-AES-GMAC']) {
        expect(() => {
          ipsec.add({ ...each, keys: keysOf(transforms, 1) });
        }).toThrow('encryption is NULL');
      }
    }
    expect(tests).toHaveLength(2);
  });

  it('IPS-RR-02 a Home Test comes back in the mirrored tunnel', () => {
    const pair = pairOf();
    register(pair);
    const bytes = octets(sendTunnelled(pair.homeAgent, homeTest()));
    expect(layoutOf(bytes)).toBe('2001:db8:1::1>2001:db8:2::10 / ESP');
    const received = receive(pair.mobileNode, bytes);
    expect(received.kind).toBe('taken');
    if (received.kind !== 'taken') return;
    expect([...(received.inner ?? [])]).toEqual([...plain(homeTest())]);
  });

  it('IPS-RR-03 in a plain tunnel they are not taken, either way', () => {
    const pair = pairOf();
    register(pair);
    expect(receive(pair.homeAgent, plainTunnel(homeTestInit()))).toEqual(POLICY);
    expect(receive(pair.mobileNode, plainTunnel(homeTest(), HOME_AGENT, CARE_OF_ADDRESS))).toEqual(
      POLICY,
    );
    // Other messages are none of this policy.
    expect(receive(pair.homeAgent, plainTunnel(datagram(HOME_ADDRESS, CORRESPONDENT))).kind).toBe(
      'taken',
    );
  });

  it('IPS-RR-03 nor do they come over an association of something else', () => {
    const pair = pairOf({ payload: 'esp' });
    register(pair);
    const decision = pair.mobileNode.outbound(
      selectorsOf(plain(datagram(HOME_ADDRESS, CORRESPONDENT))),
    );
    if (decision.kind !== 'tunnel') throw new Error(decision.kind);
    const wire = wireHeaders(datagram(CARE_OF_ADDRESS, HOME_AGENT));
    const sealed = decision.protect(41, plain(homeTestInit()), wire);
    const bytes = encodePlain(CARE_OF_ADDRESS, HOME_AGENT, 50, sealed.payload, 64);
    expect(spiIn(bytes)).toBe(spiOf('payload'));
    expect(receive(pair.homeAgent, bytes)).toEqual(POLICY);
  });

  it('IPS-RR-04 only what enters the tunnel is protected, not what goes to correspondents directly', () => {
    const pair = pairOf({ payload: 'esp' });
    register(pair);
    const cookie = new Uint8Array(8);
    const direct = [
      mobilityPacket(CARE_OF_ADDRESS, CORRESPONDENT, {
        kind: 'care-of-test-init',
        careOfInitCookie: cookie,
      }),
      {
        ...mobilityPacket(HOME_ADDRESS, CORRESPONDENT, {
          kind: 'binding-update',
          sequence: 1,
          flags: 0x8000,
          lifetime: 10,
        }),
        ...AWAY,
      },
      { ...datagram(HOME_ADDRESS, CORRESPONDENT), ...AWAY },
      homeTestInit(),
    ];
    for (const packet of direct) {
      const bytes = octets(send(pair.mobileNode, packet));
      expect(layoutOf(bytes)).not.toContain('ESP');
    }
    expect(layoutOf(octets(send(pair.homeAgent, homeTest())))).toBe(
      '2001:db8:9::1>2001:db8:1::10 / MH',
    );
    expect(receive(pair.mobileNode, plain(homeTest())).kind).toBe('taken');
  });

  it('IPS-RR-04 a later fragment of one is protected although its type is not to be seen', () => {
    const pair = pairOf();
    register(pair);
    const fragment = {
      source: HOME_ADDRESS,
      destination: CORRESPONDENT,
      protocol: 135,
      type: undefined,
      isTunnelled: true,
    };
    expect(pair.mobileNode.outbound(fragment).kind).toBe('tunnel');
    expect(pair.homeAgent.permits(fragment, undefined)).toBe(false);
    const name = pair.homeAgent.describe().find(({ spi }) => spi === spiOf('home-tests'))?.name;
    const protection = { association: name ?? '', mode: 'tunnel', isEncrypted: true } as const;
    expect(pair.homeAgent.permits(fragment, protection)).toBe(true);
  });
});

describe('ends of the tunnel', () => {
  it('IPS-RR-05 the next packet after an accepted registration goes to the new care-of address, SPI unchanged', () => {
    const pair = pairOf({ payload: 'esp' });
    register(pair);
    const before = octets(sendTunnelled(pair.homeAgent, homeTest()));
    pair.homeAgent.moveTunnel(HOME_ADDRESS, endsAt('home-agent', NEXT_CARE_OF_ADDRESS));
    const after = octets(sendTunnelled(pair.homeAgent, homeTest()));
    expect(layoutOf(before)).toBe('2001:db8:1::1>2001:db8:2::10 / ESP');
    expect(layoutOf(after)).toBe('2001:db8:1::1>2001:db8:3::10 / ESP');
    expect(spiIn(after)).toBe(spiIn(before));
    expect(receive(pair.mobileNode, after).kind).toBe('taken');
  });

  it('IPS-RR-06 the mobile node sends from its new care-of address as soon as it says so', () => {
    const pair = pairOf();
    register(pair);
    pair.mobileNode.moveTunnel(HOME_ADDRESS, endsAt('mobile-node', NEXT_CARE_OF_ADDRESS));
    const bytes = octets(sendTunnelled(pair.mobileNode, homeTestInit()));
    expect(layoutOf(bytes)).toBe('2001:db8:3::10>2001:db8:1::1 / ESP');
    expect(receive(pair.homeAgent, bytes).kind).toBe('taken');
  });

  it('IPS-RR-07 nothing but a moved tunnel moves it: neither packets nor other home addresses', () => {
    const pair = pairOf({ payload: 'esp' });
    const { mobileNode, homeAgent } = pair;
    register(pair);
    const ends = homeAgent.tunnelOf(HOME_ADDRESS);
    const correspondentUpdate = mobilityPacket(HOME_ADDRESS, CORRESPONDENT, {
      kind: 'binding-update',
      sequence: 1,
      flags: 0x8000,
      lifetime: 10,
    });
    const inner = octets(sendTunnelled(mobileNode, correspondentUpdate));
    receive(homeAgent, inner);
    receive(
      homeAgent,
      octets(send(mobileNode, { ...bindingUpdate(), careOfSource: CORRESPONDENT })),
    );
    // A correspondent registration of a home address that is not served here.
    homeAgent.moveTunnel(CORRESPONDENT, {
      local: HOME_AGENT,
      remote: NEXT_CARE_OF_ADDRESS,
      homeAddress: CORRESPONDENT,
    });
    expect(homeAgent.tunnelOf(HOME_ADDRESS)).toEqual(ends);
    expect(homeAgent.tunnelOf(CORRESPONDENT)).toBeUndefined();
  });

  it('IPS-RR-12 after de-registration tunnel policies rest; associations stay and are used again', () => {
    const pair = pairOf({ payload: 'esp' });
    const { mobileNode, homeAgent } = pair;
    register(pair);
    const late = octets(sendTunnelled(mobileNode, homeTestInit()));
    homeAgent.moveTunnel(HOME_ADDRESS, undefined);
    mobileNode.moveTunnel(HOME_ADDRESS, undefined);
    const resting = { discarded: 'the tunnel is down: the mobile node is not registered' };
    expect(sendTunnelled(homeAgent, homeTest())).toEqual(resting);
    expect(sendTunnelled(mobileNode, datagram(HOME_ADDRESS, CORRESPONDENT))).toEqual(resting);
    expect(receive(homeAgent, late)).toEqual(POLICY);
    // No more in the clear than before.
    expect(receive(homeAgent, plainTunnel(datagram(HOME_ADDRESS, CORRESPONDENT)))).toEqual(POLICY);
    expect(homeAgent.describe()).toHaveLength(8);
    // At home it talks directly, and registers with the associations that it had.
    expect(octets(send(mobileNode, datagram(HOME_ADDRESS, CORRESPONDENT)))[6]).toBe(17);
    expect(receive(homeAgent, octets(send(mobileNode, bindingUpdate()))).kind).toBe('taken');
    register(pair, NEXT_CARE_OF_ADDRESS);
    expect(receive(homeAgent, octets(sendTunnelled(mobileNode, homeTestInit()))).kind).toBe(
      'taken',
    );
  });

  it('IPS-RR-12 before the first registration there is no tunnel either', () => {
    const { mobileNode } = pairOf();
    expect(sendTunnelled(mobileNode, homeTestInit())).toEqual({
      discarded: 'the tunnel is down: the mobile node is not registered',
    });
    expect(mobileNode.tunnelOf(HOME_ADDRESS)).toBeUndefined();
  });

  it('DRG-MN-09 the tunnel stays at home where both sides are told so', () => {
    const pair = pairOf({ payload: 'esp', keepIpsecAtHome: true });
    const { mobileNode, homeAgent } = pair;
    for (const step of ['never registered', 'away', 'back home']) {
      if (step === 'away') register(pair);
      if (step === 'back home') {
        mobileNode.moveTunnel(HOME_ADDRESS, undefined);
        homeAgent.moveTunnel(HOME_ADDRESS, undefined);
      }
      const bytes = octets(sendTunnelled(mobileNode, datagram(HOME_ADDRESS, CORRESPONDENT)));
      const from = step === 'away' ? '2001:db8:2::10' : '2001:db8:1::10';
      expect(layoutOf(bytes)).toBe(`${from}>2001:db8:1::1 / ESP`);
      expect(receive(homeAgent, bytes).kind).toBe('taken');
      const down = octets(sendTunnelled(homeAgent, datagram(CORRESPONDENT, HOME_ADDRESS)));
      expect(receive(mobileNode, down).kind).toBe('taken');
    }
    expect(isSameAddress(homeAgent.tunnelOf(HOME_ADDRESS)?.remote, HOME_ADDRESS)).toBe(true);
  });
});

describe('prefix discovery', () => {
  it('IPS-RR-08 a Mobile Prefix Solicitation is behind the Home Address option, under ESP', () => {
    const { mobileNode, homeAgent } = pairOf();
    const bytes = octets(send(mobileNode, { ...icmpv6(HOME_ADDRESS, HOME_AGENT, 146), ...AWAY }));
    expect(layoutOf(bytes)).toBe('2001:db8:2::10>2001:db8:1::1 / HAO 2001:db8:1::10 / ESP');
    expect(receive(homeAgent, bytes)).toMatchObject({ kind: 'taken', packet: { protocol: 58 } });
    const clear = icmpv6(HOME_ADDRESS, HOME_AGENT, 146);
    expect(receive(homeAgent, plain(clear))).toEqual(POLICY);
  });

  it('IPS-RR-09 an advertisement is behind a type 2 routing header, under ESP', () => {
    const { mobileNode, homeAgent } = pairOf();
    const packet = icmpv6(HOME_AGENT, HOME_ADDRESS, 147);
    const bytes = octets(send(homeAgent, { ...packet, careOfDestination: CARE_OF_ADDRESS }));
    expect(layoutOf(bytes)).toBe('2001:db8:1::1>2001:db8:2::10 / RH2 2001:db8:1::10 / ESP');
    expect(receive(mobileNode, bytes)).toMatchObject({ kind: 'taken', packet: { protocol: 58 } });
    expect(receive(mobileNode, plain(packet))).toEqual(POLICY);
  });

  it('may be off, or in tunnel mode', () => {
    const { mobileNode } = pairOf({ prefixDiscovery: 'none' });
    const solicitation = { ...icmpv6(HOME_ADDRESS, HOME_AGENT, 146), ...AWAY };
    expect(layoutOf(octets(send(mobileNode, solicitation)))).toContain('HAO 2001:db8:1::10 / 58');
    const pair = pairOf({ prefixDiscovery: 'esp-tunnel' });
    const bytes = octets(send(pair.mobileNode, solicitation));
    expect(layoutOf(bytes)).toBe('2001:db8:2::10>2001:db8:1::1 / ESP');
    expect(receive(pair.homeAgent, bytes).kind).toBe('taken');
  });
});

describe('payload', () => {
  it('IPS-RR-10 HA-REV-07 is in an ESP tunnel where that is wanted, and refused in a plain one', () => {
    const pair = pairOf({ payload: 'esp' });
    register(pair);
    const up = datagram(HOME_ADDRESS, CORRESPONDENT, 1000);
    const bytes = octets(sendTunnelled(pair.mobileNode, up));
    expect(layoutOf(bytes)).toBe('2001:db8:2::10>2001:db8:1::1 / ESP');
    const received = receive(pair.homeAgent, bytes);
    expect(received.kind).toBe('taken');
    if (received.kind === 'taken') expect([...(received.inner ?? [])]).toEqual([...plain(up)]);
    expect(receive(pair.homeAgent, plainTunnel(up))).toEqual(POLICY);
    const down = datagram(CORRESPONDENT, HOME_ADDRESS);
    expect(receive(pair.mobileNode, octets(sendTunnelled(pair.homeAgent, down))).kind).toBe(
      'taken',
    );
    expect(receive(pair.mobileNode, plainTunnel(down, HOME_AGENT, CARE_OF_ADDRESS))).toEqual(
      POLICY,
    );
  });

  it('IPS-RR-10 never comes from the home address of another', () => {
    const pair = pairOf({ payload: 'esp' });
    protect(
      pair.homeAgent,
      { ...DECLARATION, homeAddress: OTHER_HOME_ADDRESS, payload: 'none' },
      'home-agent',
      { offset: 1 },
    );
    register(pair);
    const decision = pair.mobileNode.outbound(
      selectorsOf(plain(datagram(HOME_ADDRESS, CORRESPONDENT))),
    );
    if (decision.kind !== 'tunnel') throw new Error(decision.kind);
    const wire = wireHeaders(datagram(CARE_OF_ADDRESS, HOME_AGENT));
    for (const source of [OTHER_HOME_ADDRESS, CORRESPONDENT, CARE_OF_ADDRESS]) {
      const sealed = decision.protect(41, plain(datagram(source, CORRESPONDENT)), wire);
      const bytes = encodePlain(CARE_OF_ADDRESS, HOME_AGENT, 50, sealed.payload, 64);
      expect(receive(pair.homeAgent, bytes)).toEqual(POLICY);
    }
    // What is no IPv6 packet is not even looked at.
    for (const [protocol, payload] of [
      [41, new Uint8Array(60)],
      [41, Uint8Array.of(0x60)],
      [17, datagram(HOME_ADDRESS, CORRESPONDENT).payload],
    ] as const) {
      const sealed = decision.protect(protocol, payload, wire);
      const bytes = encodePlain(CARE_OF_ADDRESS, HOME_AGENT, 50, sealed.payload, 64);
      expect(receive(pair.homeAgent, bytes)).toEqual({
        kind: 'dropped',
        reason: 'protection refused: not-allowed',
      });
    }
  });

  it('IPS-RR-11 comes last: binding messages, prefix discovery and Home Tests have their own associations', () => {
    const pair = pairOf({ payload: 'esp' });
    register(pair);
    const update = octets(send(pair.mobileNode, bindingUpdate()));
    expect(spiIn(update)).toBe(spiOf('binding'));
    const solicitation = octets(send(pair.mobileNode, icmpv6(HOME_ADDRESS, HOME_AGENT, 146)));
    expect(spiIn(solicitation)).toBe(spiOf('prefix-discovery'));
    expect(spiIn(octets(sendTunnelled(pair.mobileNode, homeTestInit())))).toBe(spiOf('home-tests'));
    const payload = octets(sendTunnelled(pair.mobileNode, datagram(HOME_ADDRESS, CORRESPONDENT)));
    expect(spiIn(payload)).toBe(spiOf('payload'));
    // A Mobility Header that has no policy of its own is payload.
    const refresh = mobilityPacket(HOME_ADDRESS, CORRESPONDENT, {
      kind: 'binding-refresh-request',
    });
    expect(spiIn(octets(sendTunnelled(pair.mobileNode, refresh)))).toBe(spiOf('payload'));
  });

  it('IPS-RR-11 one association may serve Home Tests and payload', () => {
    const declaration = { ...DECLARATION, payload: 'esp' } as const;
    const build = (side: 'mobile-node' | 'home-agent'): NodeIpsec => {
      const ipsec = new NodeIpsec({ random: new SeededRandom(3) });
      protect(ipsec, { ...declaration }, side);
      for (const { name, purposes } of ipsec.describe()) {
        if (purposes.includes('home-tests') || purposes.includes('payload')) ipsec.remove(name);
      }
      for (const each of associationsFor(declaration, side)) {
        if (each.purposes[0] === 'payload') {
          ipsec.add({ ...each, purposes: ['home-tests', 'payload'] });
        }
      }
      return ipsec;
    };
    const pair = { mobileNode: build('mobile-node'), homeAgent: build('home-agent') };
    register(pair);
    for (const packet of [homeTestInit(), datagram(HOME_ADDRESS, CORRESPONDENT)]) {
      const bytes = octets(sendTunnelled(pair.mobileNode, packet));
      expect(spiIn(bytes)).toBe(spiOf('payload'));
      expect(receive(pair.homeAgent, bytes).kind).toBe('taken');
    }
  });
});

describe('group membership, DHCPv6 and multicast in the tunnel', () => {
  const linkLocal = ip('fe80::10');
  const report = icmpv6(linkLocal, ip('ff02::16'), 143);
  const query = icmpv6(ip('fe80::1'), ip('ff02::1'), 130);
  const solicit = datagram(linkLocal, ip('ff02::1:2'));
  const stream = datagram(CORRESPONDENT, ip('ff0e::5'));

  it.each(['esp', 'groups'] as const)('are protected with payload: %s', (payload) => {
    const pair = pairOf({ payload });
    register(pair);
    for (const packet of [report, solicit]) {
      const bytes = octets(sendTunnelled(pair.mobileNode, packet, HOME_ADDRESS));
      expect(spiIn(bytes)).toBe(spiOf('payload'));
      expect(receive(pair.homeAgent, bytes).kind).toBe('taken');
      expect(receive(pair.homeAgent, plainTunnel(packet))).toEqual(POLICY);
    }
    const asked = octets(sendTunnelled(pair.homeAgent, query, HOME_ADDRESS));
    expect(spiIn(asked)).toBe(spiOf('payload') + 1);
    expect(receive(pair.mobileNode, asked).kind).toBe('taken');
    expect(receive(pair.mobileNode, plainTunnel(query, HOME_AGENT, CARE_OF_ADDRESS))).toEqual(
      POLICY,
    );
    const data = octets(sendTunnelled(pair.homeAgent, stream, HOME_ADDRESS));
    expect(layoutOf(data)).toContain(payload === 'esp' ? 'ESP' : '41');
    expect(receive(pair.mobileNode, data).kind).toBe('taken');
  });

  it('do not leave when nothing tells whose tunnel it is', () => {
    const { homeAgent } = pairOf({ payload: 'esp' });
    homeAgent.moveTunnel(HOME_ADDRESS, endsAt('home-agent'));
    for (const packet of [query, stream]) {
      expect(sendTunnelled(homeAgent, packet)).toEqual({
        discarded: 'protected, and nothing tells through whose tunnel it goes',
      });
    }
  });

  it('are left alone with payload: none', () => {
    const pair = pairOf();
    register(pair);
    expect(layoutOf(octets(sendTunnelled(pair.mobileNode, report, HOME_ADDRESS)))).toContain('41');
    expect(receive(pair.homeAgent, plainTunnel(report)).kind).toBe('taken');
  });
});

describe('a mobile router', () => {
  const inside = ip('2001:db8:77::5');
  const prefix = parsePrefix('2001:db8:77::/48');
  const mobileNetworks = prefix === undefined ? [] : [prefix];

  it('has the traffic of its networks in its tunnel, and of no others', () => {
    const pair = pairOf({ payload: 'esp', mobileNetworks });
    register(pair);
    const up = datagram(inside, CORRESPONDENT);
    const bytes = octets(sendTunnelled(pair.mobileNode, up));
    expect(spiIn(bytes)).toBe(spiOf('payload'));
    expect(receive(pair.homeAgent, bytes).kind).toBe('taken');
    expect(receive(pair.homeAgent, plainTunnel(up))).toEqual(POLICY);
    const down = octets(sendTunnelled(pair.homeAgent, datagram(CORRESPONDENT, inside)));
    expect(receive(pair.mobileNode, down).kind).toBe('taken');
    const stranger = datagram(ip('2001:db8:78::5'), CORRESPONDENT);
    expect(layoutOf(octets(sendTunnelled(pair.mobileNode, stranger)))).toContain('41');
    pair.homeAgent.removePolicies(HOME_ADDRESS);
    expect(receive(pair.homeAgent, plainTunnel(up)).kind).toBe('taken');
  });

  it('still registers for its home address alone', () => {
    const pair = pairOf({ payload: 'esp', mobileNetworks });
    register(pair);
    const update = bindingUpdate(inside);
    expect(octets(send(pair.mobileNode, update))[6]).toBe(135);
    const wire = wireHeaders({ ...update, ...AWAY });
    const clear = encodePacket(wire, 135, update.payload, 64);
    const received = receive(pair.homeAgent, clear);
    // No policy is about it, so the role is told that nothing protects it.
    expect(received).toMatchObject({ kind: 'taken', packet: { protection: undefined } });
  });
});
