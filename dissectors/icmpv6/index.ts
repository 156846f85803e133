/**
 * ICMPv6: errors, echo, neighbor discovery, home agent and mobile prefix discovery.
 */
export {
  ICMPV6,
  ICMPV6_HEADER_OCTETS,
  ICMPV6_MESSAGES,
  ICMPV6_TYPES,
  decodeIcmpv6,
  encodeIcmpv6,
  icmpv6Checksum,
  icmpv6Tree,
  quotedPacketOffset,
} from './header.ts';
export type {
  Icmpv6EncodeOptions,
  Icmpv6Message,
  Icmpv6MessageOf,
  UnknownIcmpv6Message,
} from './header.ts';
export { MOBILE_PREFIX_ADVERTISEMENT_FLAGS } from './mobile-prefix.ts';
export type { MalformedNdOption, UnknownNdOption } from './nd-option.ts';
export { ND_OPTIONS, PREFIX_INFORMATION_FLAGS, findNdOption, ndOptions } from './nd-options.ts';
export type { NdOption } from './nd-options.ts';
export {
  NEIGHBOR_ADVERTISEMENT_FLAGS,
  ROUTER_ADVERTISEMENT_FLAGS,
  ROUTER_PREFERENCES,
} from './neighbor-discovery.ts';
