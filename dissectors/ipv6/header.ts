/**
 * IPv6 header, extension headers and their options as tables. RFC 8200 sections 3 and 4.
 */
import {
  address,
  bytesField,
  flags,
  layout,
  reserved,
  uint16,
  uint32,
  uint8,
} from '../core/layout.ts';

/** Next Header values this project decodes. */
export const NEXT_HEADER = {
  hopByHop: 0,
  ipv4: 4,
  tcp: 6,
  udp: 17,
  ipv6: 41,
  routing: 43,
  fragment: 44,
  gre: 47,
  esp: 50,
  ah: 51,
  icmpv6: 58,
  none: 59,
  destinationOptions: 60,
  mobility: 135,
} as const;

/** Names of Next Header values. */
export const NEXT_HEADER_NAMES = [
  { value: 0, name: 'IPv6 Hop-by-Hop Option' },
  { value: 4, name: 'IPv4' },
  { value: 6, name: 'TCP' },
  { value: 17, name: 'UDP' },
  { value: 41, name: 'IPv6' },
  { value: 43, name: 'Routing Header for IPv6' },
  { value: 44, name: 'Fragment Header for IPv6' },
  { value: 47, name: 'GRE' },
  { value: 50, name: 'Encap Security Payload' },
  { value: 51, name: 'Authentication Header' },
  { value: 58, name: 'ICMPv6' },
  { value: 59, name: 'No Next Header for IPv6' },
  { value: 60, name: 'Destination Options for IPv6' },
  { value: 135, name: 'Mobility Header' },
] as const;

/** IPv6 header. RFC 8200 section 3. */
export const ipv6Header = layout({
  name: 'Internet Protocol Version 6',
  spec: { rfc: 8200, section: '3' },
  fields: [
    flags(4, 'versionClassFlow', {
      label: 'Version, Traffic Class, Flow Label',
      filter: 'ipv6.version_class_flow',
      bits: {
        version: { mask: 0xf0000000, label: 'Version', filter: 'ipv6.version' },
        trafficClass: { mask: 0x0ff00000, label: 'Traffic Class', filter: 'ipv6.tclass' },
        dscp: {
          mask: 0x0fc00000,
          label: 'Differentiated Services Codepoint',
          filter: 'ipv6.tclass.dscp',
        },
        ecn: {
          mask: 0x00300000,
          label: 'Explicit Congestion Notification',
          filter: 'ipv6.tclass.ecn',
        },
        flowLabel: { mask: 0x000fffff, label: 'Flow Label', filter: 'ipv6.flow' },
      },
    }),
    uint16('payloadLength', { label: 'Payload Length', filter: 'ipv6.plen', unit: 'octets' }),
    uint8('nextHeader', { label: 'Next Header', filter: 'ipv6.nxt', values: NEXT_HEADER_NAMES }),
    uint8('hopLimit', { label: 'Hop Limit', filter: 'ipv6.hlim' }),
    address('source', { label: 'Source Address', filter: 'ipv6.src' }),
    address('destination', { label: 'Destination Address', filter: 'ipv6.dst' }),
  ],
});

/** First two octets of an options header. RFC 8200 section 4; Wireshark has names of its own for each. */
const optionsHeader = (name: string, section: string, filter: string) =>
  layout({
    name,
    spec: { rfc: 8200, section },
    fields: [
      uint8('nextHeader', {
        label: 'Next Header',
        filter: `${filter}.nxt`,
        values: NEXT_HEADER_NAMES,
      }),
      uint8('headerLength', {
        label: 'Length',
        filter: `${filter}.len`,
        unit: '8 octets, without the first 8',
      }),
    ],
  });

/** Hop-by-Hop Options header up to its options. RFC 8200 section 4.3. */
export const hopByHopHeader = optionsHeader('IPv6 Hop-by-Hop Option', '4.3', 'ipv6.hopopts');

/** Destination Options header up to its options. RFC 8200 section 4.6. */
export const destinationOptionsHeader = optionsHeader(
  'Destination Options for IPv6',
  '4.6',
  'ipv6.dstopts',
);

/** Routing header up to the type-specific data. RFC 8200 section 4.4. */
export const routingHeader = layout({
  name: 'Routing Header for IPv6',
  spec: { rfc: 8200, section: '4.4' },
  fields: [
    uint8('nextHeader', {
      label: 'Next Header',
      filter: 'ipv6.routing.nxt',
      values: NEXT_HEADER_NAMES,
    }),
    uint8('headerLength', {
      label: 'Length',
      filter: 'ipv6.routing.len',
      unit: '8 octets, without the first 8',
    }),
    uint8('routingType', {
      label: 'Type',
      filter: 'ipv6.routing.type',
      values: [
        { value: 0, name: 'Source Route' },
        { value: 2, name: 'Type 2 Routing' },
        { value: 3, name: 'RPL' },
        { value: 4, name: 'Segment Routing' },
      ],
    }),
    uint8('segmentsLeft', { label: 'Segments Left', filter: 'ipv6.routing.segleft' }),
  ],
});

/** Type 2 routing header after the first four octets. RFC 6275 section 6.4.1. */
export const type2RoutingData = layout({
  name: 'Type 2 routing header',
  spec: { rfc: 6275, section: '6.4.1' },
  fields: [
    reserved(4, 'reserved', 'ipv6.routing.mipv6.reserved'),
    address('homeAddress', { label: 'Home Address', filter: 'ipv6.routing.mipv6.home_address' }),
  ],
});

/** Fragment header. RFC 8200 section 4.5. */
export const fragmentHeader = layout({
  name: 'Fragment Header for IPv6',
  spec: { rfc: 8200, section: '4.5' },
  fields: [
    uint8('nextHeader', {
      label: 'Next Header',
      filter: 'ipv6.fraghdr.nxt',
      values: NEXT_HEADER_NAMES,
    }),
    uint8('reserved', {
      label: 'Reserved octet',
      filter: 'ipv6.fraghdr.reserved_octet',
      hex: true,
    }),
    flags(2, 'offsetAndFlags', {
      label: 'Offset and flags',
      filter: 'ipv6.fraghdr.offset_flags',
      bits: {
        offset: { mask: 0xfff8, label: 'Offset', filter: 'ipv6.fraghdr.offset' },
        reservedBits: { mask: 0x6, label: 'Reserved bits', filter: 'ipv6.fraghdr.reserved_bits' },
        more: { mask: 0x1, label: 'More Fragments', filter: 'ipv6.fraghdr.more' },
      },
    }),
    uint32('identification', {
      label: 'Identification',
      filter: 'ipv6.fraghdr.ident',
      hex: true,
    }),
  ],
});

/** Home Address destination option, after Type and Length. RFC 6275 section 6.3. */
export const homeAddressOption = layout({
  name: 'Home Address option',
  spec: { rfc: 6275, section: '6.3' },
  fields: [
    address('homeAddress', { label: 'MIPv6 Home Address', filter: 'ipv6.opt.mipv6.home_address' }),
  ],
});

/** Option Type of the Home Address option. RFC 6275 section 6.3. */
export const HOME_ADDRESS_OPTION = 0xc9;

/** ESP header in clear. RFC 4303 section 2. */
export const espHeader = layout({
  name: 'Encapsulating Security Payload',
  spec: { rfc: 4303, section: '2' },
  fields: [
    uint32('spi', { label: 'SPI', filter: 'esp.spi', hex: true }),
    uint32('sequence', { label: 'Sequence', filter: 'esp.sequence' }),
    bytesField('rest', 'data', { label: 'Payload and ICV', filter: 'esp.encrypted_data' }),
  ],
});

/** Authentication Header. RFC 4302 section 2. */
export const authenticationHeader = layout({
  name: 'Authentication Header',
  spec: { rfc: 4302, section: '2' },
  fields: [
    uint8('nextHeader', {
      label: 'Next Header',
      filter: 'ah.next_header',
      values: NEXT_HEADER_NAMES,
    }),
    uint8('payloadLength', { label: 'Length', filter: 'ah.length', unit: '4 octets, minus 2' }),
    reserved(2, 'reserved', 'ah.reserved'),
    uint32('spi', { label: 'AH SPI', filter: 'ah.spi', hex: true }),
    uint32('sequence', { label: 'AH Sequence', filter: 'ah.sequence' }),
    bytesField('rest', 'icv', { label: 'AH ICV', filter: 'ah.icv' }),
  ],
});
