/**
 * Payload around a home agent: what correspondents send, what mobile nodes put into the reverse tunnel, and what comes out
 * of tunnels at the mobile node's end.
 */
import { isSameAddress } from '../../../../dissectors/core/address.ts';
import { encodeIcmpv6 } from '../../../../dissectors/icmpv6/index.ts';
import type { Icmpv6Message } from '../../../../dissectors/icmpv6/index.ts';
import { hopByHop, ipv6Packet, udpDatagram } from '../../../../dissectors/ipv6/build.ts';
import type { ExtensionHeader } from '../../../../dissectors/ipv6/build.ts';
import { NEXT_HEADER } from '../../../../dissectors/ipv6/header.ts';
import { encodeMobilityHeader } from '../../../../dissectors/mobility/header.ts';
import type { MobilityMessage } from '../../../../dissectors/mobility/header.ts';
import { walkHeaders } from '../../../../nodes/ip/header-walk.ts';
import {
  destinationOf,
  encodePlain,
  inboundPacket,
  selectorsOf,
  wholePacket,
} from '../../../../nodes/ip/wire.ts';
import { ip, readPacket } from '../../wire-peer.ts';
import type { WirePacket } from '../../wire-peer.ts';
import { CARE_OF, HomeAgentBench } from '../bench.ts';
import type { BenchOptions } from '../bench.ts';
import type { HomeNetworkOptions } from '../../../../nodes/home-agent/network/network-options.ts';
import type { MobileSide, Seen } from '../mobile-side.ts';

/** Somebody somewhere. */
export const CORRESPONDENT = ip('2001:db8:c::1');
/** A host on the home link. */
export const HOME_HOST = ip('2001:db8:a::50');

/** A bench with network options and without the noise of router advertisements. */
export function networkBench(
  network: HomeNetworkOptions = {},
  options: BenchOptions = {},
): HomeAgentBench {
  const all = { advertisements: false, multicast: false, ...network } as const;
  return new HomeAgentBench({ ...options, agent: { ...options.agent, network: all } });
}

/** How a packet differs from one of 8 octets over UDP. */
export interface PacketFields {
  readonly source?: Uint8Array;
  readonly destination: Uint8Array;
  readonly hopLimit?: number;
  readonly data?: Uint8Array;
  readonly headers?: readonly ExtensionHeader[];
}

/** A UDP packet; from the correspondent, where nothing else is said. */
export function payloadPacket(fields: PacketFields): Uint8Array {
  const { source = CORRESPONDENT, destination, hopLimit = 30, headers = [] } = fields;
  const payload = fields.data ?? Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  return ipv6Packet({
    source,
    destination,
    hopLimit,
    headers,
    protocol: 17,
    payload: udpDatagram({ sourcePort: 4000, destinationPort: 5000, source, destination, payload }),
  });
}

/** An ICMPv6 packet. */
export function icmpv6Packet(
  message: Icmpv6Message,
  source: Uint8Array,
  destination: Uint8Array,
  { hopLimit = 64, headers = [] }: Pick<PacketFields, 'hopLimit' | 'headers'> = {},
): Uint8Array {
  const payload = encodeIcmpv6(message, { source, destination });
  return ipv6Packet({
    source,
    destination,
    hopLimit,
    headers,
    protocol: NEXT_HEADER.icmpv6,
    payload,
  });
}

/** A Mobility Header between home address and correspondent. */
export function mobilityPacket(
  message: MobilityMessage,
  source: Uint8Array,
  destination: Uint8Array,
): Uint8Array {
  const payload = encodeMobilityHeader(message, [], { source, destination });
  return encodePlain(source, destination, NEXT_HEADER.mobility, payload, 64);
}

/** A packet in a plain tunnel. */
export function encapsulated(
  inner: Uint8Array,
  source: Uint8Array,
  destination: Uint8Array,
): Uint8Array {
  return encodePlain(source, destination, NEXT_HEADER.ipv6, inner, 64);
}

/** A packet in the reverse tunnel, protected as the mobile node's policies say. */
export function reverseTunnelled(
  mobile: MobileSide,
  inner: Uint8Array,
  agent: Uint8Array,
  careOf = CARE_OF,
): Uint8Array {
  mobile.ipsec.moveTunnel(mobile.home, { local: careOf, remote: agent, homeAddress: mobile.home });
  const decision = mobile.ipsec.outbound(selectorsOf(inner, mobile.home));
  if (decision.kind === 'discard')
    throw new Error(`the mobile node cannot send: ${decision.reason}`);
  if (decision.kind === 'bypass') return encapsulated(inner, careOf, agent);
  const wire = {
    source: careOf,
    destination: agent,
    homeAddressOption: undefined,
    type2RoutingHeader: undefined,
  };
  const sealed = decision.protect(NEXT_HEADER.ipv6, inner, wire);
  return encodePlain(careOf, agent, sealed.protocol, sealed.payload, 64);
}

/** Router Alert of listener messages. */
export const ROUTER_ALERT = hopByHop([{ kind: 'router-alert', value: 0 }]);

/** A packet that came out of a tunnel at the mobile node. */
export interface Delivered {
  readonly outer: WirePacket;
  readonly inner: WirePacket;
  /** 41 or 50: what the outer header carries. */
  readonly protocol: number;
  readonly seen: Seen;
}

/** Tunnelled packets among what was sent, opened with the associations of a mobile node where they are protected. */
export function delivered(seen: readonly Seen[], mobile?: MobileSide): Delivered[] {
  return seen.flatMap((each) => {
    const { packet: outer } = each;
    const inner = mobile === undefined ? plainInner(outer) : openedInner(outer, mobile);
    return inner === undefined
      ? []
      : [{ outer, inner: readPacket(inner), protocol: outer.protocol, seen: each }];
  });
}

function plainInner({ protocol, payload }: WirePacket): Uint8Array | undefined {
  return protocol === NEXT_HEADER.ipv6 ? wholePacket(payload) : undefined;
}

function openedInner(outer: WirePacket, mobile: MobileSide): Uint8Array | undefined {
  const packet = inboundPacket(outer.bytes, undefined, undefined, []);
  const walked = walkHeaders(packet, {
    knowsHomeAddressOption: true,
    hasBinding: () => true,
    isHomeAddress: (address) => isSameAddress(address, mobile.home),
    open: (inbound, protocol, offset) => mobile.ipsec.open(inbound, protocol, offset),
  });
  if (walked.kind !== 'upper-layer' || packet.protocol !== NEXT_HEADER.ipv6) return undefined;
  return wholePacket(packet.payload);
}

/** Packets among what was sent that went on without a tunnel, to an address. */
export function forwarded(seen: readonly Seen[], destination: Uint8Array): Seen[] {
  return seen.filter(
    ({ packet }) =>
      isSameAddress(destinationOf(packet.bytes), destination) &&
      packet.protocol !== NEXT_HEADER.ipv6,
  );
}

/** Messages of a kind among what was sent. */
export function icmpv6Sent<K extends Icmpv6Message['kind']>(
  seen: readonly Seen[],
  kind: K,
): {
  readonly message: Extract<Icmpv6Message, { kind: K }>;
  readonly packet: WirePacket;
  readonly at: number;
  readonly link: string;
}[] {
  return seen.flatMap(({ packet, at, link }) => {
    const message = packet.icmpv6;
    return isKind(message, kind) ? [{ message, packet, at, link }] : [];
  });
}

function isKind<K extends Icmpv6Message['kind']>(
  message: Icmpv6Message | undefined,
  kind: K,
): message is Extract<Icmpv6Message, { kind: K }> {
  return message?.kind === kind;
}
