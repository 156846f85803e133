/**
 * All formats that are dissected, but for those of mobility and ICMPv6 messages and options, which are found
 * through their tables. A new format is one entry; a test finds a missing one by the captures that have it.
 */
import type { Layout, TlvCodec } from '../core/field.ts';
import { dhcpv6Message, dhcpv6RelayMessage } from '../dhcpv6/message.ts';
import { dhcpv6Options } from '../dhcpv6/options.ts';
import { fastHandoverSubtype } from '../icmpv6/fast-handover.ts';
import { icmpv6Header, unknownIcmpv6 } from '../icmpv6/header.ts';
import { ndOptions } from '../icmpv6/index.ts';
import { IKE_FORMATS } from '../ike/message.ts';
import { ikePadLength, ikePadding } from '../ike/opened.ts';
import { ipv4Header } from '../ipv4/header.ts';
import type { KindLengthTable } from '../ipv4/kind-length.ts';
import { ipv4Options } from '../ipv4/options.ts';
import {
  authenticationHeader,
  destinationOptionsHeader,
  espHeader,
  fragmentHeader,
  hopByHopHeader,
  ipv6Header,
  routingHeader,
  type2RoutingData,
} from '../ipv6/header.ts';
import { IPV6_OPTIONS, ipv6OptionHeader, unknownIpv6Option } from '../ipv6/options.ts';
import {
  rplRoutingData,
  segmentRoutingData,
  segmentRoutingTlvs,
  type0RoutingData,
  unknownRoutingData,
} from '../ipv6/routing.ts';
import { espPadding, espTrailer } from '../ipsec/esp.ts';
import { ciscoMetaData } from '../link/cisco-metadata.ts';
import { ethernetHeader } from '../link/ethernet.ts';
import { linuxSll2Header, linuxSllHeader } from '../link/linux-sll.ts';
import {
  llcHeader,
  llcNumbered,
  llcUnnumberedCommand,
  llcUnnumberedResponse,
  snapHeader,
} from '../link/llc.ts';
import { loopbackHeader } from '../link/loopback.ts';
import {
  ciscoHdlcHeader,
  pppControl,
  pppFraming,
  pppProtocol,
  pppShortProtocol,
} from '../link/ppp.ts';
import { pppoeHeader } from '../link/pppoe.ts';
import { serviceVlanTag, vlanTag } from '../link/vlan.ts';
import { mobilityHeader, unknownMobilityMessage } from '../mobility/header.ts';
import { unknownMobilityOption } from '../mobility/option.ts';
import { CGA_PARAMETERS_LAYOUTS } from '../mobility/options/cga-parameters.ts';
import { tcpOptions } from '../transport/tcp-options.ts';
import { tcpHeader } from '../transport/tcp.ts';
import { udpHeader } from '../transport/udp.ts';
import { greHeader, greRouteEntry } from '../tunnel/gre.ts';
import { mip6TlsHeader } from '../tunnel/mip6-tls.ts';
import { tlvHeader } from '../tunnel/tlv-header.ts';
import { natKeepalive, nonEspMarker } from '../tunnel/udp-encapsulated-esp.ts';

/** Formats that stand for themselves. */
export const LAYOUTS: readonly Layout[] = [
  ethernetHeader,
  vlanTag,
  serviceVlanTag,
  linuxSllHeader,
  linuxSll2Header,
  loopbackHeader,
  llcHeader,
  llcNumbered,
  llcUnnumberedCommand,
  llcUnnumberedResponse,
  snapHeader,
  pppFraming,
  pppProtocol,
  pppShortProtocol,
  pppControl,
  ciscoHdlcHeader,
  pppoeHeader,
  ciscoMetaData,
  ipv4Header,
  ipv6Header,
  hopByHopHeader,
  destinationOptionsHeader,
  ipv6OptionHeader,
  unknownIpv6Option,
  routingHeader,
  type0RoutingData,
  type2RoutingData,
  rplRoutingData,
  segmentRoutingData,
  unknownRoutingData,
  fragmentHeader,
  authenticationHeader,
  espHeader,
  espPadding,
  espTrailer,
  icmpv6Header,
  unknownIcmpv6,
  fastHandoverSubtype,
  ndOptions.header,
  ndOptions.unknown,
  mobilityHeader,
  unknownMobilityMessage,
  unknownMobilityOption,
  ...CGA_PARAMETERS_LAYOUTS,
  tcpHeader,
  udpHeader,
  greHeader,
  greRouteEntry,
  tlvHeader,
  nonEspMarker,
  natKeepalive,
  mip6TlsHeader,
  ...IKE_FORMATS,
  ikePadding,
  ikePadLength,
  dhcpv6Message,
  dhcpv6RelayMessage,
  ...IPV6_OPTIONS.map(({ layout }) => layout),
];

/** Lists of sub-options that stand in no table row. */
export const TLV_CODECS: readonly TlvCodec[] = [segmentRoutingTlvs, dhcpv6Options];

/** Options of a kind and a length. */
export const KIND_LENGTH_TABLES: readonly KindLengthTable[] = [ipv4Options, tcpOptions];
