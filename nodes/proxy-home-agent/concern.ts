/**
 * Which packets for the home agent, or from it, are mobility: those are opened and judged, all others pass. Also finds what
 * is hidden in a tunnel to get past the judge.
 */
import { isSameAddress } from '../../dissectors/core/address.ts';
import { u16, u8 } from '../../dissectors/core/bytes.ts';
import { HOME_ADDRESS_OPTION, NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import { destinationOf, wholePacket } from '../ip/wire.ts';

const IPV6_OCTETS = 40;
const NEXT_HEADER_FIELD = 6;
/** Extension headers of a packet; with more, nobody knows what the home agent makes of it. */
const MAX_HEADERS = 12;
/** Packets in packets. RFC 2473 section 4.1.1. */
const MAX_NESTED = 4;
const TYPE_2 = 2;
/** Binding Update. RFC 6275 section 6.1.7; the highest bits of its flags are A and H. */
const BINDING_UPDATE = 5;
const FLAGS = 8;
const HOME_REGISTRATION = 0x40;
/** Mobile Prefix Solicitation and Advertisement. RFC 6275 sections 6.7 and 6.8. */
const PREFIX_DISCOVERY: readonly number[] = [146, 147];

/** What a packet is to a proxy. */
export type Concern =
  /** Nothing that mobility is made of. */
  | 'none'
  /** ESP, AH, Mobility Header, tunnel, Home Address option, type 2 routing header, mobile prefix discovery. */
  | 'mobility'
  /** A fragment: the whole packet tells. */
  | 'fragment'
  /** Its headers cannot be gone through, so that nobody knows. */
  | 'unclear';

/** What stands behind the extension headers. */
interface Upper {
  readonly concern: Concern;
  /** Protocol and offset of what was met last. */
  readonly protocol: number;
  readonly at: number;
}

/** Goes through the extension headers of a whole packet. Linear in the packet. */
function upperOf(packet: Uint8Array): Upper {
  let next = u8(packet, NEXT_HEADER_FIELD);
  let at = IPV6_OCTETS;
  let isMobility = false;
  for (let headers = 0; headers < MAX_HEADERS; headers++) {
    const found = (concern: Concern): Upper => ({ concern, protocol: next, at });
    switch (next) {
      case NEXT_HEADER.hopByHop:
      case NEXT_HEADER.destinationOptions:
      case NEXT_HEADER.routing: {
        const end = at + (u8(packet, at + 1) + 1) * 8;
        if (at + 8 > packet.length || end > packet.length) return found('unclear');
        if (next === NEXT_HEADER.routing) isMobility ||= u8(packet, at + 2) === TYPE_2;
        else isMobility ||= hasHomeAddress(packet, at, end);
        next = u8(packet, at);
        at = end;
        break;
      }
      case NEXT_HEADER.fragment:
        return found('fragment');
      case NEXT_HEADER.esp:
      case NEXT_HEADER.ah:
      case NEXT_HEADER.ipv6:
      case NEXT_HEADER.mobility:
        return found('mobility');
      case NEXT_HEADER.icmpv6:
        isMobility ||= PREFIX_DISCOVERY.includes(u8(packet, at));
        return found(isMobility ? 'mobility' : 'none');
      default:
        return found(isMobility ? 'mobility' : 'none');
    }
  }
  return { concern: 'unclear', protocol: next, at };
}

/** Options that are cut count as one: whoever cuts them wants to be misread. */
function hasHomeAddress(packet: Uint8Array, start: number, end: number): boolean {
  for (let at = start + 2; at < end;) {
    const type = u8(packet, at);
    if (type === HOME_ADDRESS_OPTION) return true;
    at += type === 0 ? 1 : 2 + u8(packet, at + 1);
    if (at > end) return true;
  }
  return false;
}

/** What a whole packet is to a proxy. */
export function concernOf(packet: Uint8Array): Concern {
  return upperOf(packet).concern;
}

/**
 * Whether a packet holds, at whatever depth of tunnels, one for the home agent that its own judge would have had to see: a
 * Binding Update, something protected, a fragment. A home agent that unpacks it would take it for one that came by itself.
 * @param packet for somebody else, or the content of a tunnel
 * @param isAgent addresses of the home agent
 */
export function isSmuggling(
  packet: Uint8Array,
  isAgent: (address: Uint8Array) => boolean,
): boolean {
  let whole: Uint8Array | undefined = packet;
  for (let depth = 0; depth < MAX_NESTED; depth++) {
    if (whole === undefined) return false;
    const { concern, protocol, at } = upperOf(whole);
    const isTunnel = concern === 'mobility' && protocol === NEXT_HEADER.ipv6;
    if (isAgent(destinationOf(whole)) && concern !== 'none') {
      // A Home Test Init for the home agent as correspondent, and prefix discovery: policies have been asked about them.
      const isHarmless =
        concern === 'mobility' &&
        (protocol === NEXT_HEADER.icmpv6 ||
          (protocol === NEXT_HEADER.mobility && u8(whole, at + 2) !== BINDING_UPDATE)) &&
        at === IPV6_OCTETS;
      if (!isHarmless) return true;
    }
    if (!isTunnel) return false;
    whole = wholePacket(whole.subarray(at));
  }
  // Deeper than anybody needs.
  return true;
}

/** Whether a packet is a Binding Update in clear that asks for a home registration: never taken, wherever it goes. */
export function isClearHomeRegistration(packet: Uint8Array): boolean {
  const { protocol, at } = upperOf(packet);
  return (
    protocol === NEXT_HEADER.mobility &&
    u8(packet, at + 2) === BINDING_UPDATE &&
    (u8(packet, at + FLAGS) & HOME_REGISTRATION) !== 0
  );
}

/** Home address of a Home Address option or type 2 routing header in clear is for `walkHeaders`; this is the MH Type alone. */
export function mobilityTypeOf(payload: Uint8Array): number {
  return payload.length > 2 ? u8(payload, 2) : -1;
}

/** Whether two addresses are the same, for lists. */
export function includesAddress(addresses: readonly Uint8Array[], address: Uint8Array): boolean {
  return addresses.some((each) => isSameAddress(each, address));
}

/** Whether a packet is one of several pieces, or says so; unfragmentable headers in front are gone through. */
export function isFragment(packet: Uint8Array): boolean {
  return upperOf(packet).concern === 'fragment';
}

/** Offset of the quoted packet and MTU of a Packet Too Big; undefined for all else. RFC 4443 section 3.2. */
export function packetTooBig(
  packet: Uint8Array,
): { readonly mtu: number; readonly quoted: Uint8Array } | undefined {
  const { protocol, at } = upperOf(packet);
  if (protocol !== NEXT_HEADER.icmpv6 || u8(packet, at) !== 2 || at + 8 > packet.length) {
    return undefined;
  }
  const mtu = u16(packet, at + 4) * 0x1_0000 + u16(packet, at + 6);
  return { mtu, quoted: packet.subarray(at + 8) };
}
