/**
 * What a frame of the lab is, as far as can be seen without keys: associations of the lab are known by their SPIs.
 */
import { equalBytes, u16, u32, u8 } from '../../dissectors/core/bytes.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import { ASSOCIATIONS } from './plan.ts';

/**
 * `tunnelled`: payload under ESP between mobile node and home agent. `optimised`: payload on the direct way to a
 * correspondent. `plain`: payload without either.
 */
export type FrameKind =
  | 'router-advertisement'
  | 'binding-update'
  | 'binding-acknowledgement'
  | 'tunnelled'
  | 'optimised'
  | 'plain'
  | 'other';

const ETHERNET = 14;
const IPV6 = 0x86dd;
const IPV6_OCTETS = 40;
const SOURCE = ETHERNET + 8;
const ROUTER_ADVERTISEMENT = 134;
const ECHO_REQUEST = 128;
const ECHO_REPLY = 129;
const TCP = 6;
const UDP = 17;

const KINDS = new Map<number, FrameKind>(
  ASSOCIATIONS.flatMap(({ purpose, toHomeAgent, toMobileNode }): [number, FrameKind][] => {
    if (purpose === 'payload') {
      return [
        [toHomeAgent, 'tunnelled'],
        [toMobileNode, 'tunnelled'],
      ];
    }
    return purpose === 'binding'
      ? [
          [toHomeAgent, 'binding-update'],
          [toMobileNode, 'binding-acknowledgement'],
        ]
      : [];
  }),
);

/** Where the upper layer of a frame begins, and which it is. */
export interface UpperLayer {
  readonly protocol: number;
  readonly offset: number;
  /** A Destination Options or type 2 routing header comes before. */
  readonly isMobile: boolean;
}

/** Upper layer of an Ethernet frame with IPv6; undefined when it is none, or damaged. */
export function upperLayerOf(frame: Uint8Array): UpperLayer | undefined {
  if (frame.length < ETHERNET + IPV6_OCTETS || u16(frame, 12) !== IPV6) return undefined;
  let protocol = u8(frame, ETHERNET + 6);
  let offset = ETHERNET + IPV6_OCTETS;
  let isMobile = false;
  while (
    protocol === NEXT_HEADER.destinationOptions ||
    protocol === NEXT_HEADER.routing ||
    protocol === NEXT_HEADER.hopByHop
  ) {
    if (offset + 8 > frame.length) return undefined;
    isMobile ||= protocol !== NEXT_HEADER.hopByHop;
    protocol = u8(frame, offset);
    offset += (u8(frame, offset + 1) + 1) * 8;
  }
  return offset + 8 > frame.length ? undefined : { protocol, offset, isMobile };
}

/** What a frame is. */
export function frameKind(frame: Uint8Array): FrameKind {
  const upper = upperLayerOf(frame);
  if (upper === undefined) return 'other';
  const { protocol, offset, isMobile } = upper;
  if (protocol === NEXT_HEADER.esp) return KINDS.get(u32(frame, offset)) ?? 'other';
  if (protocol === NEXT_HEADER.icmpv6) {
    const type = u8(frame, offset);
    if (type === ROUTER_ADVERTISEMENT) return 'router-advertisement';
    if (type !== ECHO_REQUEST && type !== ECHO_REPLY) return 'other';
  } else if (protocol !== TCP && protocol !== UDP) return 'other';
  return isMobile ? 'optimised' : 'plain';
}

/** Whether the IPv6 source of a frame is an address. */
export function isFrom(frame: Uint8Array, address: Uint8Array): boolean {
  return frame.length >= ETHERNET + IPV6_OCTETS && equalBytes(frame, SOURCE, address, 0, 16);
}

/** Whether the IPv6 source of a frame has a prefix of 64 bits. */
export function isFromPrefix(frame: Uint8Array, prefix: Uint8Array): boolean {
  return frame.length >= ETHERNET + IPV6_OCTETS && equalBytes(frame, SOURCE, prefix, 0, 8);
}

/** The IPv6 packet of a frame, a view. */
export function packetOf(frame: Uint8Array): Uint8Array {
  return frame.subarray(ETHERNET, ETHERNET + IPV6_OCTETS + u16(frame, ETHERNET + 4));
}
