/**
 * ICMPv6: errors, echo, multicast listener, neighbor and node discovery, secure neighbor discovery, home agent and
 * mobile prefix discovery, fast handovers.
 */
export {
  ICMPV6,
  ICMPV6_HEADER_OCTETS,
  decodeIcmpv6,
  encodeIcmpv6,
  icmpv6Checksum,
  icmpv6Tree,
  quotedPacketOffset,
} from './header.ts';
export type { Icmpv6EncodeOptions } from './header.ts';
export { ICMPV6_MESSAGES, ICMPV6_TYPES, icmpv6TypeName } from './messages.ts';
export type { Icmpv6Message, Icmpv6MessageOf, UnknownIcmpv6Message } from './messages.ts';
export { MOBILE_PREFIX_ADVERTISEMENT_FLAGS } from './mobile-prefix.ts';
export {
  MULTICAST_LISTENER_QUERY_FLAGS,
  maximumResponseDelay,
  queryInterval,
} from './multicast-listener.ts';
export type { MalformedNdOption, UnknownNdOption } from './nd-option.ts';
export { ND_OPTIONS, PREFIX_INFORMATION_FLAGS, findNdOption, ndOptions } from './nd-options.ts';
export type { NdOption } from './nd-options.ts';
export { NEIGHBOR_ADVERTISEMENT_FLAGS, ROUTER_ADVERTISEMENT_FLAGS } from './neighbor-discovery.ts';
export { ROUTER_PREFERENCES } from './router-preference.ts';
