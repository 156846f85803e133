/**
 * Link part of the header walk: where the IP header is in a frame, without making an object per packet.
 */
import { u16, u32, u8 } from './core/bytes.ts';

/** Link types the walk looks through. */
export const LINKTYPE = {
  null: 0,
  ethernet: 1,
  ppp: 9,
  rawBsd: 12,
  rawOpenBsd: 14,
  pppHdlc: 50,
  raw: 101,
  loop: 108,
  linuxSll: 113,
  ipv4: 228,
  ipv6: 229,
  linuxSll2: 276,
} as const;

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const ETHERTYPE_PPPOE_SESSION = 0x8864;
const VLAN_ETHERTYPES = [0x8100, 0x88a8, 0x9100];
/** Stacked VLAN tags looked through. */
const MAX_VLAN_TAGS = 4;
/** Largest length of an IEEE 802.3 frame, which stands where others have an Ethertype. */
const LARGEST_LENGTH = 1500;
/** Octets of a PPPoE header. RFC 2516 section 4. */
const PPPOE_OCTETS = 6;
const PPP_IPV4 = 0x21;
const PPP_IPV6 = 0x57;

/** What lies under the link header. */
export class FrameView {
  bytes: Uint8Array = new Uint8Array();
  start = 0;
  end = 0;
  /** True when the capture holds less than was on the wire. */
  isCut = false;
  /** Offsets of the 6-octet link-layer addresses, or -1. */
  linkSource = -1;
  linkDestination = -1;
  /** Outermost VLAN identifier, or -1. */
  vlan = -1;
  /** 6, 4 or 0 (something else). */
  ipVersion = 0;
  ipOffset = -1;
}

/**
 * Finds the IP header of a captured frame.
 * @param linkType LINKTYPE_ value; an unknown one leaves `ipVersion` 0.
 */
export function walkLink(
  bytes: Uint8Array,
  start: number,
  end: number,
  linkType: number,
  isCut: boolean,
  frame: FrameView,
): void {
  frame.bytes = bytes;
  frame.start = start;
  frame.end = end;
  frame.isCut = isCut;
  frame.linkSource = -1;
  frame.linkDestination = -1;
  frame.vlan = -1;
  frame.ipVersion = 0;
  frame.ipOffset = -1;
  switch (linkType) {
    case LINKTYPE.ethernet:
      if (end - start < 14) return;
      frame.linkDestination = start;
      frame.linkSource = start + 6;
      walkEthertype(frame, start + 12);
      return;
    case LINKTYPE.linuxSll:
      if (end - start < 16) return;
      if (u16(bytes, start + 4) === 6) frame.linkSource = start + 6;
      walkEthertype(frame, start + 14);
      return;
    case LINKTYPE.linuxSll2:
      if (end - start < 20) return;
      if (u8(bytes, start + 11) === 6) frame.linkSource = start + 12;
      setIp(frame, u16(bytes, start), start + 20);
      return;
    case LINKTYPE.ppp:
    case LINKTYPE.pppHdlc:
      walkPpp(frame, start);
      return;
    case LINKTYPE.raw:
    case LINKTYPE.rawBsd:
    case LINKTYPE.rawOpenBsd:
    case LINKTYPE.ipv4:
    case LINKTYPE.ipv6:
      setIpByVersion(frame, start);
      return;
    case LINKTYPE.null:
    case LINKTYPE.loop:
      // The address family is in the byte order of the machine that captured; the version nibble tells.
      setIpByVersion(frame, start + 4);
      return;
    default:
  }
}

function walkEthertype(frame: FrameView, offset: number): void {
  let at = offset;
  for (let tags = 0; tags <= MAX_VLAN_TAGS; tags++) {
    if (at + 2 > frame.end) return;
    const ethertype = u16(frame.bytes, at);
    if (!VLAN_ETHERTYPES.includes(ethertype)) {
      setIp(frame, ethertype, at + 2);
      return;
    }
    if (frame.vlan < 0) frame.vlan = u16(frame.bytes, at + 2) & 0x0fff;
    at += 4;
  }
}

function setIp(frame: FrameView, ethertype: number, offset: number): void {
  if (ethertype === ETHERTYPE_IPV6) frame.ipVersion = 6;
  else if (ethertype === ETHERTYPE_IPV4) frame.ipVersion = 4;
  else {
    walkOtherType(frame, ethertype, offset);
    return;
  }
  frame.ipOffset = offset;
}

/** What is neither IPv4 nor IPv6 by its type: PPPoE (RFC 2516), SNAP in a frame with a length (RFC 1042). */
function walkOtherType(frame: FrameView, ethertype: number, offset: number): void {
  const { bytes, end } = frame;
  if (ethertype === ETHERTYPE_PPPOE_SESSION) {
    if (offset + PPPOE_OCTETS > end) return;
    // Session data of version 1, type 1.
    if (u16(bytes, offset) !== 0x1100) return;
    walkPpp(frame, offset + PPPOE_OCTETS);
    return;
  }
  // DSAP and SSAP SNAP, unnumbered information, organization code 0, Ethertype.
  if (ethertype > LARGEST_LENGTH || offset + 8 > end) return;
  if (u32(bytes, offset) !== 0xaaaa0300 || u16(bytes, offset + 4) !== 0) return;
  const inner = u16(bytes, offset + 6);
  if (inner !== ETHERTYPE_IPV6 && inner !== ETHERTYPE_IPV4) return;
  frame.ipVersion = inner === ETHERTYPE_IPV6 ? 6 : 4;
  frame.ipOffset = offset + 8;
}

/** PPP with or without Address and Control, its protocol in one or two octets. RFC 1661 section 6.5, RFC 1662. */
function walkPpp(frame: FrameView, offset: number): void {
  const { bytes, end } = frame;
  let at = offset;
  if (at < end && u8(bytes, at) === 0xff) at += 2;
  if (at < end && u8(bytes, at) === 0) at++;
  if (at + 1 >= end) return;
  const protocol = u8(bytes, at);
  if (protocol !== PPP_IPV6 && protocol !== PPP_IPV4) return;
  frame.ipVersion = protocol === PPP_IPV6 ? 6 : 4;
  frame.ipOffset = at + 1;
}

function setIpByVersion(frame: FrameView, offset: number): void {
  if (offset >= frame.end) return;
  const version = u8(frame.bytes, offset) >> 4;
  if (version !== 6 && version !== 4) return;
  frame.ipVersion = version;
  frame.ipOffset = offset;
}
