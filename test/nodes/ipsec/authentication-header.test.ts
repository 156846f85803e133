import { describe, expect, it } from 'vitest';
import { encodePacket, encodePlain, wireHeaders } from '../../../nodes/ip/wire.ts';
import {
  AH,
  bindingAcknowledgement,
  bindingUpdate,
  CARE_OF_ADDRESS,
  DECLARATION,
  HOME_ADDRESS,
  HOME_AGENT,
  ipsecOf,
  keysOf,
  layoutOf,
  NEXT_CARE_OF_ADDRESS,
  NULL_SHA1,
  octets,
  pairOf,
  receive,
  send,
  spiOf,
} from './protected-pair.ts';

const AH_BINDING = { bindingUpdates: 'ah-transport' } as const;
const AWAY = { careOfSource: CARE_OF_ADDRESS };
const TO_AWAY = { careOfDestination: CARE_OF_ADDRESS };

/** AH value of a packet as the RFC describes it, by an HMAC of its own. */
async function valueOf(packet: Uint8Array, ah: number, spi: number): Promise<string> {
  const { createHmac } = await import('node:crypto');
  const covered = packet.slice();
  covered.fill(0, ah + 12, ah + 24);
  // Traffic class, flow label and hop limit.
  covered.set([0x60, 0, 0, 0], 0);
  covered[7] = 0;
  const key = Uint8Array.from({ length: 20 }, (_, i) => (101 + 7 * i + 31 * spi) & 0xff);
  return createHmac('sha1', key).update(covered).digest('hex').slice(0, 24);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('binding messages with AH', () => {
  it('COM-HAO-13 are authenticated with the home address as source and the care-of address in the option', async () => {
    const { mobileNode, homeAgent } = pairOf(AH_BINDING);
    const bytes = octets(send(mobileNode, { ...bindingUpdate(), ...AWAY }));
    expect(layoutOf(bytes)).toBe('2001:db8:2::10>2001:db8:1::1 / HAO 2001:db8:1::10 / AH');
    // Next header, length of 24 octets less 8, in words.
    expect([...bytes.slice(64, 68)]).toEqual([135, 4, 0, 0]);
    const swapped = bytes.slice();
    swapped.set(HOME_ADDRESS, 8);
    swapped.set(CARE_OF_ADDRESS, 48);
    expect(hex(bytes.slice(76, 88))).toBe(await valueOf(swapped, 64, spiOf('binding')));
    const received = receive(homeAgent, bytes);
    expect(received).toMatchObject({
      kind: 'taken',
      packet: { protocol: 135, protection: { mode: 'transport', isEncrypted: false } },
    });
    if (received.kind !== 'taken') return;
    expect([...received.packet.payload]).toEqual([...bindingUpdate().payload]);
  });

  it('CN-PKT-07 are authenticated with the home address as destination, the care-of address in the routing header, and no segments left', async () => {
    const { mobileNode, homeAgent } = pairOf(AH_BINDING);
    const bytes = octets(send(homeAgent, { ...bindingAcknowledgement(), ...TO_AWAY }));
    expect(layoutOf(bytes)).toBe('2001:db8:1::1>2001:db8:2::10 / RH2 2001:db8:1::10 / AH');
    const swapped = bytes.slice();
    swapped.set(HOME_ADDRESS, 24);
    swapped.set(CARE_OF_ADDRESS, 48);
    swapped[43] = 0;
    expect(hex(bytes.slice(76, 88))).toBe(await valueOf(swapped, 64, spiOf('binding') + 1));
    expect(receive(mobileNode, bytes).kind).toBe('taken');
  });

  it('CN-PKT-07 with both headers at once', () => {
    const { mobileNode, homeAgent } = pairOf(AH_BINDING);
    // Two mobile nodes talk: the routing header stands before the option (RFC 6275 section 6.3).
    const packet = { ...bindingUpdate(), ...AWAY };
    const decision = mobileNode.outbound({
      source: HOME_ADDRESS,
      destination: HOME_AGENT,
      protocol: 135,
      type: 5,
      isTunnelled: false,
    });
    if (decision.kind !== 'transport') throw new Error(decision.kind);
    const wire = { ...wireHeaders(packet), destination: NEXT_CARE_OF_ADDRESS };
    const both = { ...wire, type2RoutingHeader: HOME_AGENT };
    const sealed = decision.protect(135, packet.payload, both);
    const bytes = encodePacket(both, AH, sealed.payload, 64);
    const inbound = {
      bytes,
      source: HOME_ADDRESS,
      destination: HOME_AGENT,
      homeAddressOption: HOME_ADDRESS,
      type2RoutingHeader: HOME_AGENT,
    };
    const opened = homeAgent.open({ ...EMPTY, ...inbound }, AH, 88);
    expect(opened).toMatchObject({ kind: 'opened', protocol: 135 });
  });

  it('HA-REG-04 cover the wire source, which the binding then uses: every octet but those that routers change', () => {
    const { mobileNode, homeAgent } = pairOf(AH_BINDING);
    const bytes = octets(send(mobileNode, { ...bindingUpdate(), ...AWAY }));
    // Traffic class and flow label, hop limit.
    const mutable = [0, 1, 2, 3, 7];
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x04;
      // Another next header is another protocol, which nothing vouches for.
      const received = receive(homeAgent, changed);
      const isVouchedFor = received.kind === 'taken' && received.packet.protection !== undefined;
      expect(isVouchedFor, `octet ${at}`).toBe(mutable.includes(at));
    }
    const version = bytes.slice();
    version[0] = 0x40;
    expect(receive(homeAgent, version).kind).toBe('dropped');
    const moved = bytes.slice();
    moved.set(NEXT_CARE_OF_ADDRESS, 8);
    expect(receive(homeAgent, moved)).toEqual({
      kind: 'dropped',
      reason: 'protection refused: integrity',
    });
  });

  it('have a header of whole 8 octets with longer values too', () => {
    for (const [name, octetsOfHeader] of [
      ['HMAC-SHA-1-96', 24],
      ['HMAC-SHA-256-128', 32],
      ['HMAC-SHA-384-192', 40],
      ['HMAC-SHA-512-256', 48],
      ['AES-XCBC', 24],
    ] as const) {
      const declaration = { ...DECLARATION, ...AH_BINDING, homeTests: 'none' } as const;
      const build = (side: 'mobile-node' | 'home-agent') => {
        const ipsec = ipsecOf({ ...declaration, prefixDiscovery: 'none' }, side);
        for (const each of ipsec.describe()) {
          ipsec.remove(each.name);
          ipsec.add({
            side,
            direction: each.direction,
            protocol: 'ah',
            mode: 'transport',
            spi: each.spi,
            homeAddress: HOME_ADDRESS,
            homeAgent: HOME_AGENT,
            purposes: ['binding'],
            keying: 'manual',
            keys: keysOf(`NULL ${name}`, each.spi),
            extendedSequence: true,
          });
        }
        return ipsec;
      };
      const bytes = octets(send(build('mobile-node'), { ...bindingUpdate(), ...AWAY }));
      expect(bytes.length).toBe(40 + 24 + octetsOfHeader + bindingUpdate().payload.length);
      expect(receive(build('home-agent'), bytes).kind).toBe('taken');
    }
  });

  it('are refused behind headers that have no place there, and with octets more than needed', () => {
    const { mobileNode, homeAgent } = pairOf(AH_BINDING);
    const bytes = octets(send(mobileNode, bindingUpdate()));
    const ah = bytes.slice(40);
    const behind = (next: number, header: readonly number[]): Uint8Array =>
      encodePlain(HOME_ADDRESS, HOME_AGENT, next, Uint8Array.of(...header, ...ah), 64);
    const zeros = (count: number): number[] => new Array<number>(count).fill(0);
    for (const [next, header] of [
      [43, [AH, 0, 0, 0, ...zeros(4)]],
      [43, [AH, 0, 4, 0, ...zeros(4)]],
      // An option that runs out of its header, as the layer may be asked about it.
      [60, [AH, 0, 0x1e, 9, ...zeros(4)]],
    ] as const) {
      const packet = behind(next, header);
      const inbound = { ...EMPTY, bytes: packet, source: HOME_ADDRESS, destination: HOME_AGENT };
      expect(homeAgent.open(inbound, AH, 40 + header.length)).toEqual({
        kind: 'refused',
        reason: 'malformed',
      });
    }
    const longer = bytes.slice();
    longer[41] = 6;
    expect(receive(homeAgent, longer)).toEqual({
      kind: 'dropped',
      reason: 'protection refused: malformed',
    });
    expect(receive(homeAgent, bytes).kind).toBe('taken');
  });

  it('do not count under ESP where AH is wanted, nor the other way', () => {
    const esp = pairOf();
    const ah = pairOf(AH_BINDING);
    const update = { ...bindingUpdate(), ...AWAY };
    for (const [sender, receiver] of [
      [esp, ah],
      [ah, esp],
    ] as const) {
      expect(receive(receiver.homeAgent, octets(send(sender.mobileNode, update)))).toEqual({
        kind: 'dropped',
        reason: 'protection refused: no-association',
      });
    }
    expect(keysOf(NULL_SHA1, 1).isEncrypted).toBe(false);
  });
});

const NOTHING = new Uint8Array(0);
const EMPTY = {
  interface: undefined,
  linkSource: undefined,
  tunnels: [],
  wireSource: NOTHING,
  wireDestination: NOTHING,
  hopLimit: 64,
  homeAddressOption: undefined,
  type2RoutingHeader: undefined,
  protection: undefined,
  protocol: AH,
  payload: NOTHING,
  payloadOffset: 40,
};
