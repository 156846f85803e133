/**
 * Tells payload from signalling by the headers alone: what may be left out first when packets come faster than they
 * can be judged. Anything doubtful counts as signalling.
 */
import { u16, u32, u8 } from '../../../dissectors/core/bytes.ts';

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_ARP = 0x0806;
const ETHERTYPE_IPV6 = 0x86dd;
const VLAN_ETHERTYPES: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100]);
/** Octets in front of the Ethertype by LINKTYPE_ value: Ethernet, SLL, SLL2. */
const ETHERTYPE_AT: ReadonlyMap<number, number> = new Map([
  [1, 12],
  [113, 14],
  [276, 0],
]);
const LINKTYPE_SLL2 = 276;
const SLL2_OCTETS = 20;
/** LINKTYPE_ values whose frames start with the IP header: raw. */
const RAW: ReadonlySet<number> = new Set([12, 14, 101, 228, 229]);
/** LINKTYPE_ values with four octets in front of it: BSD loopback. */
const LOOPBACK: ReadonlySet<number> = new Set([0, 108]);

const HOP_BY_HOP = 0;
const IPV4 = 4;
const TCP = 6;
const UDP = 17;
const IPV6 = 41;
const ROUTING = 43;
const GRE = 47;
const ESP = 50;
const DESTINATION_OPTIONS = 60;
/** Further transports whose data is payload: DCCP, SCTP, UDP-Lite. */
const OTHER_TRANSPORTS: ReadonlySet<number> = new Set([33, 132, 136]);
/** Type of the routing header of Mobile IPv6. RFC 6275 section 6.4. */
const TYPE_2 = 2;

/** UDP that is signalling: DHCPv6, IKE, Mobile IPv6 in its tunnels. 4500 is both, see below. */
const SIGNALLING_PORTS: ReadonlySet<number> = new Set([500, 546, 547, 5436, 7872]);
const ESP_PORT = 4500;
const VXLAN_PORT = 4789;
/**
 * ESP of up to so many octets may be a Binding Update of a node at home or a Home Test Init in the tunnel (RFC 3776
 * section 4): both look like tunnelled data but for their size.
 */
const SMALL_ESP = 256;
/** Tunnels and extension headers looked through; deeper ones count as signalling. */
const MAX_DEPTH = 4;
const MAX_EXTENSION_HEADERS = 8;
const MAX_VLAN_TAGS = 4;

/**
 * Whether a frame at `[start, end)` surely is payload: TCP, UDP data, ESP of the size and shape of tunnelled data, also
 * in tunnels, and ARP. Mobility, ICMPv6, IKE, DHCPv6, AH, fragments, ESP behind Destination Options or a routing
 * header, routing headers other than type 2, what is cut or not understood is not. Reads nothing outside.
 * @param linkType LINKTYPE_ value
 */
export function isPayload(
  bytes: Uint8Array,
  start: number,
  end: number,
  linkType: number,
): boolean {
  if (RAW.has(linkType)) return ipIsPayload(bytes, start, end, 0);
  if (LOOPBACK.has(linkType)) return ipIsPayload(bytes, start + 4, end, 0);
  const offset = ETHERTYPE_AT.get(linkType);
  if (offset === undefined) return false;
  let at = start + offset;
  for (let tags = 0; tags <= MAX_VLAN_TAGS; tags++) {
    if (at + 2 > end) return false;
    const ethertype = u16(bytes, at);
    at = linkType === LINKTYPE_SLL2 && tags === 0 ? start + SLL2_OCTETS : at + 2;
    if (ethertype === ETHERTYPE_IPV6 || ethertype === ETHERTYPE_IPV4) {
      return ipIsPayload(bytes, at, end, 0);
    }
    if (!VLAN_ETHERTYPES.has(ethertype)) return ethertype === ETHERTYPE_ARP;
    at += 2;
  }
  return false;
}

function ipIsPayload(bytes: Uint8Array, start: number, end: number, depth: number): boolean {
  if (depth > MAX_DEPTH || start >= end) return false;
  const version = u8(bytes, start) >> 4;
  if (version === 6) return ipv6IsPayload(bytes, start, end, depth);
  return version === 4 && ipv4IsPayload(bytes, start, end, depth);
}

function ipv4IsPayload(bytes: Uint8Array, start: number, end: number, depth: number): boolean {
  const octets = (u8(bytes, start) & 0x0f) * 4;
  if (octets < 20 || start + octets > end) return false;
  // A fragment.
  if ((u16(bytes, start + 6) & 0x3fff) !== 0) return false;
  return upperIsPayload(bytes, u8(bytes, start + 9), start + octets, end, depth, false);
}

function ipv6IsPayload(bytes: Uint8Array, start: number, end: number, depth: number): boolean {
  if (start + 40 > end) return false;
  let next = u8(bytes, start + 6);
  let at = start + 40;
  let hasOptions = false;
  for (let headers = 0; headers < MAX_EXTENSION_HEADERS; headers++) {
    if (next !== HOP_BY_HOP && next !== ROUTING && next !== DESTINATION_OPTIONS) {
      return upperIsPayload(bytes, next, at, end, depth, hasOptions);
    }
    if (at + 8 > end) return false;
    if (next === ROUTING && u8(bytes, at + 2) !== TYPE_2) return false;
    if (next !== HOP_BY_HOP) hasOptions = true;
    next = u8(bytes, at);
    at += (u8(bytes, at + 1) + 1) * 8;
  }
  return false;
}

/** @param hasOptions Destination Options or a routing header came before: ESP behind them protects signalling */
function upperIsPayload(
  bytes: Uint8Array,
  protocol: number,
  at: number,
  end: number,
  depth: number,
  hasOptions: boolean,
): boolean {
  // Not there: cut, or a header chain that lies.
  if (at >= end) return false;
  switch (protocol) {
    case TCP:
      return true;
    case UDP:
      return udpIsPayload(bytes, at, end, depth, hasOptions);
    case ESP:
      return !hasOptions && end - at > SMALL_ESP;
    case IPV6:
    case IPV4:
      return ipIsPayload(bytes, at, end, depth + 1);
    case GRE:
      return greIsPayload(bytes, at, end, depth);
    default:
      return OTHER_TRANSPORTS.has(protocol);
  }
}

function udpIsPayload(
  bytes: Uint8Array,
  at: number,
  end: number,
  depth: number,
  hasOptions: boolean,
): boolean {
  const inside = at + 8;
  if (inside > end) return false;
  const source = u16(bytes, at);
  const destination = u16(bytes, at + 2);
  if (SIGNALLING_PORTS.has(source) || SIGNALLING_PORTS.has(destination)) return false;
  if (source === ESP_PORT || destination === ESP_PORT) {
    // RFC 3948 section 2.2: four zero octets in front of IKE.
    const isEsp = inside + 4 <= end && u32(bytes, inside) !== 0;
    return isEsp && !hasOptions && end - inside > SMALL_ESP;
  }
  if (destination === VXLAN_PORT) return isFramePayload(bytes, inside + 8, end, depth);
  // An IPv6 packet fills the datagram: a tunnel, whatever the port. The length tells it from chance.
  const isTunnel =
    inside + 40 <= end &&
    u8(bytes, inside) >> 4 === 6 &&
    u16(bytes, at + 4) === u16(bytes, inside + 4) + 48;
  return !isTunnel || ipv6IsPayload(bytes, inside, end, depth + 1);
}

function isFramePayload(bytes: Uint8Array, at: number, end: number, depth: number): boolean {
  if (at + 14 > end) return false;
  const ethertype = u16(bytes, at + 12);
  if (ethertype !== ETHERTYPE_IPV6 && ethertype !== ETHERTYPE_IPV4) return false;
  return ipIsPayload(bytes, at + 14, end, depth + 1);
}

/** RFC 2784, RFC 2890: checksum, key and sequence number are there when their flags are. */
function greIsPayload(bytes: Uint8Array, at: number, end: number, depth: number): boolean {
  if (at + 4 > end) return false;
  const flags = u8(bytes, at);
  const type = u16(bytes, at + 2);
  if (type !== ETHERTYPE_IPV6 && type !== ETHERTYPE_IPV4) return false;
  const fields = (flags >> 7) + ((flags >> 5) & 1) + ((flags >> 4) & 1);
  return ipIsPayload(bytes, at + 4 + fields * 4, end, depth + 1);
}
