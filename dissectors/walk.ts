/**
 * Header walk of the hot path: where everything is in a packet, without making an object per packet.
 *
 * The caller owns the views and passes them again and again. Offsets come from the format tables; -1 means
 * absent. Whatever is wrong goes into the view's diagnostics, and the walk stops there.
 */
import { isUnicastRoutable } from './core/address.ts';
import { u16, u32, u8 } from './core/bytes.ts';
import { DiagnosticList } from './core/diagnostic.ts';
import {
  HOME_ADDRESS_OPTION,
  NEXT_HEADER,
  fragmentHeader,
  ipv6Header,
  routingHeader,
} from './ipv6/header.ts';

export { FrameView, LINKTYPE, walkLink } from './walk-link.ts';

const PAYLOAD_LENGTH = ipv6Header.offsetOf('payloadLength');
const NEXT_HEADER_FIELD = ipv6Header.offsetOf('nextHeader');
const HOP_LIMIT = ipv6Header.offsetOf('hopLimit');
const SOURCE = ipv6Header.offsetOf('source');
const DESTINATION = ipv6Header.offsetOf('destination');
const IPV6_OCTETS = ipv6Header.fixedOctets;
const ROUTING_TYPE = routingHeader.offsetOf('routingType');
const SEGMENTS_LEFT = routingHeader.offsetOf('segmentsLeft');
const RH2_ADDRESS = 8;
const FRAGMENT_WORD = fragmentHeader.offsetOf('offsetAndFlags');
const FRAGMENT_IDENTIFICATION = fragmentHeader.offsetOf('identification');
const FRAGMENT_OCTETS = fragmentHeader.fixedOctets;
/**
 * First fragments are not made smaller than this, octets of the packet: every link carries 1280 (RFC 8200
 * section 5), of which a tunnel and a routing header take 64 at most.
 */
const SMALLEST_FRAGMENT = 1200;

/** Option Type of the Jumbo Payload option. RFC 2675 section 2. */
const JUMBO_PAYLOAD_OPTION = 0xc2;
/** Largest payload without a Jumbo Payload option. RFC 8200 section 3. */
const MAX_PAYLOAD_LENGTH = 0xffff;
/** Port of ESP in UDP. RFC 3948 section 2.1. */
const ESP_PORT = 4500;
const UDP_OCTETS = 8;

/** Extension headers walked in one packet; RFC 8200 section 4.1 needs at most seven. */
export const MAX_EXTENSION_HEADERS = 16;

/**
 * One IPv6 header level: header, extension headers and what follows. The wire view is `source` and
 * `destination`; the normalised view is `effectiveSource` and `effectiveDestination`, with the Home Address
 * option and the type 2 routing header applied. All four are offsets in `bytes`.
 */
export class Ipv6View {
  bytes: Uint8Array = new Uint8Array();
  start = 0;
  /** End of this packet: by Payload Length, but never past what was captured. */
  end = 0;
  /** True when octets are missing at the end because the capture is cut. */
  isCut = false;
  source = 0;
  destination = 0;
  /** Octets of an address: 16, and 4 in a view that was made of an IPv4 packet with ESP in it. */
  addressOctets: 4 | 16 = 16;
  hopLimit = 0;
  effectiveSource = 0;
  effectiveDestination = 0;
  /** Offset of the home address in the first Home Address option, or -1. */
  homeAddress = -1;
  /** Offset of the home address in a valid type 2 routing header, or -1. */
  routingHomeAddress = -1;
  /** Routing type of the last routing header, or -1. */
  routingType = -1;
  /** Number of routing headers, those of every type. */
  routingHeaders = 0;
  /** Their types, the last one in the lowest octet; of more than four the last four. */
  routingTypes = 0;
  /** Offset of the first routing header of type 0 and of the last routing header, or -1. */
  routing0 = -1;
  lastRouting = -1;
  /** Offset of the fragment header, or -1. */
  fragment = -1;
  /** Offset of the octet that names the fragment header as next header. */
  fragmentPointer = -1;
  fragmentOffset = 0;
  moreFragments = false;
  identification = 0;
  /** True when this packet was put together from fragments. */
  isReassembled = false;
  /** Number of extension headers before the upper layer. */
  extensions = 0;
  /** Offset of the ESP header in `bytes`, or -1. */
  esp = -1;
  /** Offset of the AH header, or -1. */
  ah = -1;
  /** Protocol after the extension headers, or -1 when the walk could not reach it. */
  upperProtocol = -1;
  /** Octets of the upper layer: those of the packet, or decrypted ones. */
  upperBytes: Uint8Array = new Uint8Array();
  upperOffset = 0;
  upperEnd = 0;
  readonly diagnostics = new DiagnosticList();
}

/**
 * Walks an IPv6 packet at `[start, end)`.
 * @param isCut the capture holds less than was on the wire.
 * @returns false when there is no IPv6 header.
 */
export function walkIpv6(
  bytes: Uint8Array,
  start: number,
  end: number,
  isCut: boolean,
  view: Ipv6View,
): boolean {
  view.bytes = bytes;
  view.start = start;
  view.end = end;
  view.isCut = isCut;
  view.homeAddress = -1;
  view.routingHomeAddress = -1;
  view.routingType = -1;
  view.routingHeaders = 0;
  view.routingTypes = 0;
  view.routing0 = -1;
  view.lastRouting = -1;
  view.fragment = -1;
  view.fragmentPointer = -1;
  view.fragmentOffset = 0;
  view.moreFragments = false;
  view.isReassembled = false;
  view.extensions = 0;
  view.esp = -1;
  view.ah = -1;
  view.upperProtocol = -1;
  if (view.diagnostics.items.length > 0) view.diagnostics.clear();
  if (end - start < IPV6_OCTETS) {
    view.diagnostics.add('IPV6_TRUNCATED', start, end - start);
    return false;
  }
  if (u8(bytes, start) >> 4 !== 6) {
    view.diagnostics.add('IPV6_VERSION', start, 1);
    return false;
  }
  view.source = start + SOURCE;
  view.destination = start + DESTINATION;
  view.effectiveSource = view.source;
  view.effectiveDestination = view.destination;
  view.hopLimit = u8(bytes, start + HOP_LIMIT);
  let payloadLength = u16(bytes, start + PAYLOAD_LENGTH);
  // RFC 8200 section 3: 0 octets follow, but for a Jumbo Payload option.
  if (payloadLength === 0) payloadLength = jumboPayload(view, bytes, start, end, isCut);
  const declaredEnd = start + IPV6_OCTETS + payloadLength;
  if (declaredEnd <= end) {
    view.end = declaredEnd;
    view.isCut = false;
  } else if (!isCut) {
    view.isCut = true;
    view.diagnostics.add(
      'IPV6_PAYLOAD_LENGTH',
      start + PAYLOAD_LENGTH,
      2,
      `${payloadLength} octets`,
    );
  }
  walkExtensions(view, bytes, start + NEXT_HEADER_FIELD, start + IPV6_OCTETS, view.end, false);
  return true;
}

/**
 * Octets behind an IPv6 header with Payload Length 0, as a Jumbo Payload option says. It stands in a
 * hop-by-hop options header that comes first. RFC 2675 sections 2 and 3.
 */
function jumboPayload(
  view: Ipv6View,
  bytes: Uint8Array,
  start: number,
  end: number,
  isCut: boolean,
): number {
  const header = start + IPV6_OCTETS;
  if (u8(bytes, start + NEXT_HEADER_FIELD) !== NEXT_HEADER.hopByHop || header >= end) return 0;
  const headerEnd = header + (u8(bytes, header + 1) + 1) * 8;
  // Not all options are here: what is left is taken, and its end is not known when the capture cut it.
  if (headerEnd > end) return end - header + (isCut ? 1 : 0);
  for (let at = header + 2; at < headerEnd;) {
    const type = u8(bytes, at);
    if (type === JUMBO_PAYLOAD_OPTION && u8(bytes, at + 1) === 4 && at + 6 <= headerEnd) {
      const length = u32(bytes, at + 2);
      if (length <= MAX_PAYLOAD_LENGTH) {
        view.diagnostics.add('IPV6_JUMBO', at, 6, `Jumbo Payload Length ${length}`);
      }
      return length;
    }
    at += type === 0 ? 1 : 2 + u8(bytes, at + 1);
  }
  view.diagnostics.add(
    'IPV6_JUMBO',
    start + PAYLOAD_LENGTH,
    2,
    'Payload Length 0 without the option',
  );
  return 0;
}

/**
 * Walks extension headers from `offset` on and sets the upper layer of `view`.
 * @param pointer offset of the octet that holds the first next header value.
 * @param isInsideEsp the octets were decrypted: a Home Address option has no meaning there.
 */
export function walkExtensions(
  view: Ipv6View,
  bytes: Uint8Array,
  pointer: number,
  offset: number,
  end: number,
  isInsideEsp: boolean,
): void {
  let at = offset;
  let next = u8(bytes, pointer);
  let nextPointer = pointer;
  view.upperProtocol = -1;
  for (;;) {
    switch (next) {
      case NEXT_HEADER.hopByHop:
      case NEXT_HEADER.destinationOptions:
      case NEXT_HEADER.routing: {
        if (at + 8 > end) {
          truncated(view, at, end);
          return;
        }
        const length = (u8(bytes, at + 1) + 1) * 8;
        if (at + length > end) {
          truncated(view, at, end);
          return;
        }
        if (next === NEXT_HEADER.routing) walkRouting(view, bytes, at, length, isInsideEsp);
        else walkOptions(view, bytes, at, length, next, isInsideEsp);
        nextPointer = at;
        next = u8(bytes, at);
        at += length;
        break;
      }
      case NEXT_HEADER.fragment: {
        if (at + FRAGMENT_OCTETS > end) {
          truncated(view, at, end);
          return;
        }
        const word = u16(bytes, at + FRAGMENT_WORD);
        view.fragment = at;
        view.fragmentPointer = nextPointer;
        view.fragmentOffset = word & 0xfff8;
        view.moreFragments = (word & 1) !== 0;
        view.identification = u32(bytes, at + FRAGMENT_IDENTIFICATION);
        nextPointer = at;
        next = u8(bytes, at);
        at += FRAGMENT_OCTETS;
        if (view.fragmentOffset !== 0) {
          setUpper(view, -1, bytes, at, end);
          return;
        }
        if (!isInsideEsp && u16(view.bytes, view.start + PAYLOAD_LENGTH) === 0) {
          view.diagnostics.add('IPV6_JUMBO', at - FRAGMENT_OCTETS, 8, 'beside a fragment header');
        }
        if (!view.moreFragments) view.diagnostics.add('FRAGMENT_ATOMIC', at - FRAGMENT_OCTETS, 8);
        break;
      }
      case NEXT_HEADER.ah: {
        if (at + 12 > end) {
          truncated(view, at, end);
          return;
        }
        const length = (u8(bytes, at + 1) + 2) * 4;
        if (length < 12 || at + length > end) {
          truncated(view, at, end);
          return;
        }
        view.ah = at;
        nextPointer = at;
        next = u8(bytes, at);
        at += length;
        break;
      }
      case NEXT_HEADER.esp:
        if (!isInsideEsp) view.esp = at;
        setUpper(view, NEXT_HEADER.esp, bytes, at, end);
        return;
      case NEXT_HEADER.udp:
        if (!isInsideEsp && isEspInUdp(bytes, at, end)) {
          view.esp = at + UDP_OCTETS;
          setUpper(view, NEXT_HEADER.esp, bytes, view.esp, end);
        } else setUpper(view, next, bytes, at, end);
        return;
      case NEXT_HEADER.mobility:
        if (view.moreFragments && !isInsideEsp && end - view.start < SMALLEST_FRAGMENT) {
          if (!view.isCut) view.diagnostics.add('FRAGMENT_MOBILITY', at, end - at);
        }
        setUpper(view, next, bytes, at, end);
        return;
      default:
        setUpper(view, next, bytes, at, end);
        return;
    }
    view.extensions++;
    if (view.extensions >= MAX_EXTENSION_HEADERS) {
      view.diagnostics.add('EXTENSION_LIMIT', at, 0);
      return;
    }
  }
}

/** Whether the UDP header at `at` has ESP behind it: an SPI, where IKE has zeros. RFC 3948 section 2. */
function isEspInUdp(bytes: Uint8Array, at: number, end: number): boolean {
  return (
    (u16(bytes, at) === ESP_PORT || u16(bytes, at + 2) === ESP_PORT) &&
    at + UDP_OCTETS + 8 <= end &&
    u32(bytes, at + UDP_OCTETS) !== 0
  );
}

/** Sets where the upper layer is. */
function setUpper(
  view: Ipv6View,
  protocol: number,
  bytes: Uint8Array,
  offset: number,
  end: number,
): void {
  view.upperProtocol = protocol;
  view.upperBytes = bytes;
  view.upperOffset = offset;
  view.upperEnd = end;
}

function truncated(view: Ipv6View, offset: number, end: number): void {
  if (view.isCut) return;
  if (view.moreFragments) {
    // RFC 7112 section 5: the first fragment must hold the whole chain.
    view.diagnostics.add('FRAGMENT_HEADER_CHAIN', offset, Math.max(0, end - offset));
  } else {
    view.diagnostics.add('EXTENSION_TRUNCATED', offset, Math.max(0, end - offset));
  }
}

/** Options of a hop-by-hop or destination options header. RFC 8200 section 4.2. */
function walkOptions(
  view: Ipv6View,
  bytes: Uint8Array,
  header: number,
  length: number,
  kind: number,
  isInsideEsp: boolean,
): void {
  const end = header + length;
  let at = header + 2;
  while (at < end) {
    const type = u8(bytes, at);
    if (type === 0) {
      at++;
      continue;
    }
    const dataLength = u8(bytes, at + 1);
    const next = at + 2 + dataLength;
    if (at + 2 > end || next > end) {
      view.diagnostics.add('DESTINATION_OPTION_LENGTH', at, end - at);
      return;
    }
    if (type === HOME_ADDRESS_OPTION)
      walkHomeAddress(view, bytes, at, dataLength, kind, isInsideEsp);
    // RFC 2675 section 3: never beside a Payload Length.
    else if (
      type === JUMBO_PAYLOAD_OPTION &&
      !isInsideEsp &&
      u16(view.bytes, view.start + PAYLOAD_LENGTH) !== 0
    ) {
      view.diagnostics.add('IPV6_JUMBO', at, next - at, 'option beside a Payload Length');
    }
    at = next;
  }
}

/** Home Address option. RFC 6275 sections 6.3 and 9.3.1. */
function walkHomeAddress(
  view: Ipv6View,
  bytes: Uint8Array,
  option: number,
  length: number,
  kind: number,
  isInsideEsp: boolean,
): void {
  if (length !== 16) {
    view.diagnostics.add('HAO_LENGTH', option, 2 + length, `length ${length}`);
    return;
  }
  // RFC 6275 section 6.3: after any routing header, before Fragment, AH and ESP.
  const misplaced =
    kind === NEXT_HEADER.hopByHop
      ? 'in a hop-by-hop options header'
      : isInsideEsp
        ? 'inside ESP'
        : view.fragment >= 0
          ? 'after a fragment header'
          : view.ah >= 0
            ? 'after an authentication header'
            : undefined;
  if (misplaced !== undefined) view.diagnostics.add('HAO_POSITION', option, 18, misplaced);
  if (isInsideEsp || kind === NEXT_HEADER.hopByHop) return;
  if (view.homeAddress >= 0) {
    view.diagnostics.add('HAO_DUPLICATE', option, 18);
    return;
  }
  if (!isUnicastRoutable(bytes, option + 2)) view.diagnostics.add('HAO_ADDRESS', option + 2, 16);
  view.homeAddress = option + 2;
  view.effectiveSource = option + 2;
}

/** Routing header. RFC 8200 section 4.4; type 2: RFC 6275 section 6.4. */
function walkRouting(
  view: Ipv6View,
  bytes: Uint8Array,
  header: number,
  length: number,
  isInsideEsp: boolean,
): void {
  const type = u8(bytes, header + ROUTING_TYPE);
  const segmentsLeft = u8(bytes, header + SEGMENTS_LEFT);
  if (view.homeAddress >= 0 && !isInsideEsp) {
    view.diagnostics.add('HAO_POSITION', view.homeAddress - 2, 18, 'before a routing header');
  }
  if (view.routingType === 2) view.diagnostics.add('RH2_POSITION', header, length);
  view.routingType = type;
  if (!isInsideEsp) {
    view.routingHeaders++;
    view.routingTypes = ((view.routingTypes << 8) | type) >>> 0;
    if (type === 0 && view.routing0 < 0) view.routing0 = header;
    view.lastRouting = header;
  }
  if (type === 0) view.diagnostics.add('RH0_DEPRECATED', header, length);
  if (type !== 2 || isInsideEsp) return;
  if (length !== 24 || segmentsLeft !== 1) {
    view.diagnostics.add(
      'RH2_MALFORMED',
      header,
      length,
      `length ${length} octets, segments left ${segmentsLeft}`,
    );
    if (length !== 24 || segmentsLeft !== 0) return;
  }
  if (!isUnicastRoutable(bytes, header + RH2_ADDRESS)) {
    view.diagnostics.add('RH2_ADDRESS', header + RH2_ADDRESS, 16);
  }
  view.routingHomeAddress = header + RH2_ADDRESS;
  // RFC 6275 section 6.4: the home address is the final destination of the checksum.
  if (segmentsLeft === 1) view.effectiveDestination = header + RH2_ADDRESS;
}
