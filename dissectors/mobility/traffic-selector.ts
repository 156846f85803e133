/**
 * Binary traffic selectors: which packets belong to a flow. RFC 6088 section 3. They stand in the Traffic Selector
 * sub-option (RFC 6089, RFC 6909) and in the QoS-Traffic-Selector attribute (RFC 7222), after the TS Format.
 */
import { address, bytesField, flags, ipv4, uint16, uint32, uint8, when } from '../core/layout.ts';
import type { Condition, FieldNumbers, NamedValue } from '../core/layout.ts';
import { named } from './named.ts';

/** TS Format: IPv4 binary traffic selector. RFC 6088 section 3. */
export const IPV4_BINARY = 1;
/** TS Format: IPv6 binary traffic selector. RFC 6088 section 3. */
export const IPV6_BINARY = 2;

/** Names of TS Formats. RFC 6088 section 3, RFC 6089 section 4.2.1.4. */
export const TS_FORMATS: readonly NamedValue[] = [
  ...named(6089, '4.2.1.4', [[0, 'reserved']]),
  ...named(6088, '3', [
    [IPV4_BINARY, 'IPv4 binary traffic selector'],
    [IPV6_BINARY, 'IPv6 binary traffic selector'],
  ]),
];

/** Flag of the n-th letter: A is the most significant bit. */
const letter = (name: string): number => (0x8000_0000 >>> (name.charCodeAt(0) - 65)) >>> 0;

/** A field that is there when its flag is set: the letter in either format, '' = the format has no such field. */
const present =
  (ipv4Letter: string, ipv6Letter: string): Condition =>
  ({ tsFormat, ipv4Flags = 0, ipv6Flags = 0 }: FieldNumbers) =>
    (tsFormat === IPV4_BINARY && ipv4Letter !== '' && (ipv4Flags & letter(ipv4Letter)) !== 0) ||
    (tsFormat === IPV6_BINARY && ipv6Letter !== '' && (ipv6Flags & letter(ipv6Letter)) !== 0);

const isFormat =
  (format: number): Condition =>
  ({ tsFormat }) =>
    tsFormat === format;

const flag = (name: string, what: string, field: string) => ({
  mask: letter(name),
  label: `(${name}) ${what}`,
  filter: `mip6.ts.flag.${field}`,
});

/** The 6 bits of a Differentiated Services field: the other 2 are ignored. RFC 6088 section 3.1 (K). */
const dscp = (value: number): string =>
  `0x${value.toString(16).padStart(2, '0')} (DSCP ${value >> 2})`;

/**
 * Fields after `tsFormat`, an earlier `uint8` of the format that holds them: those whose flag is set, in the order
 * of the flags, without padding; `selector` holds the octets of other formats.
 */
export const trafficSelectorFields = [
  flags(4, 'ipv4Flags', {
    label: 'Flags',
    filter: 'mip6.ts.ipv4_flags',
    spec: { rfc: 6088, section: '3.1' },
    when: isFormat(IPV4_BINARY),
    bits: {
      startSource: flag('A', 'Start source address', 'start_src'),
      endSource: flag('B', 'End source address', 'end_src'),
      startDestination: flag('C', 'Start destination address', 'start_dst'),
      endDestination: flag('D', 'End destination address', 'end_dst'),
      startSpi: flag('E', 'Start IPsec SPI', 'start_spi'),
      endSpi: flag('F', 'End IPsec SPI', 'end_spi'),
      startSourcePort: flag('G', 'Start source port', 'start_srcport'),
      endSourcePort: flag('H', 'End source port', 'end_srcport'),
      startDestinationPort: flag('I', 'Start destination port', 'start_dstport'),
      endDestinationPort: flag('J', 'End destination port', 'end_dstport'),
      startDs: flag('K', 'Start DS', 'start_ds'),
      endDs: flag('L', 'End DS', 'end_ds'),
      startProtocol: flag('M', 'Start protocol', 'start_proto'),
      endProtocol: flag('N', 'End protocol', 'end_proto'),
    },
  }),
  flags(4, 'ipv6Flags', {
    label: 'Flags',
    filter: 'mip6.ts.ipv6_flags',
    spec: { rfc: 6088, section: '3.2' },
    when: isFormat(IPV6_BINARY),
    bits: {
      startSource: flag('A', 'Start source address', 'start_src'),
      endSource: flag('B', 'End source address', 'end_src'),
      startDestination: flag('C', 'Start destination address', 'start_dst'),
      endDestination: flag('D', 'End destination address', 'end_dst'),
      startSpi: flag('E', 'Start IPsec SPI', 'start_spi'),
      endSpi: flag('F', 'End IPsec SPI', 'end_spi'),
      startFlowLabel: flag('G', 'Start flow label', 'start_flow'),
      endFlowLabel: flag('H', 'End flow label', 'end_flow'),
      startSourcePort: flag('I', 'Start source port', 'start_srcport'),
      endSourcePort: flag('J', 'End source port', 'end_srcport'),
      startDestinationPort: flag('K', 'Start destination port', 'start_dstport'),
      endDestinationPort: flag('L', 'End destination port', 'end_dstport'),
      startTrafficClass: flag('M', 'Start traffic class', 'start_ds'),
      endTrafficClass: flag('N', 'End traffic class', 'end_ds'),
      startNextHeader: flag('O', 'Start next header', 'start_proto'),
      endNextHeader: flag('P', 'End next header', 'end_proto'),
    },
  }),
  ipv4('startSourceIpv4', {
    label: 'Start source address',
    filter: 'mip6.ts.start_src',
    when: present('A', ''),
  }),
  address('startSource', {
    label: 'Start source address',
    filter: 'mip6.ts.start_src',
    when: present('', 'A'),
  }),
  ipv4('endSourceIpv4', {
    label: 'End source address',
    filter: 'mip6.ts.end_src',
    when: present('B', ''),
  }),
  address('endSource', {
    label: 'End source address',
    filter: 'mip6.ts.end_src',
    when: present('', 'B'),
  }),
  ipv4('startDestinationIpv4', {
    label: 'Start destination address',
    filter: 'mip6.ts.start_dst',
    when: present('C', ''),
  }),
  address('startDestination', {
    label: 'Start destination address',
    filter: 'mip6.ts.start_dst',
    when: present('', 'C'),
  }),
  ipv4('endDestinationIpv4', {
    label: 'End destination address',
    filter: 'mip6.ts.end_dst',
    when: present('D', ''),
  }),
  address('endDestination', {
    label: 'End destination address',
    filter: 'mip6.ts.end_dst',
    when: present('', 'D'),
  }),
  uint32('startSpi', {
    label: 'Start IPsec SPI',
    filter: 'mip6.ts.start_spi',
    hex: true,
    when: present('E', 'E'),
  }),
  uint32('endSpi', {
    label: 'End IPsec SPI',
    filter: 'mip6.ts.end_spi',
    hex: true,
    when: present('F', 'F'),
  }),
  uint32('startFlowLabel', {
    label: 'Start flow label',
    filter: 'mip6.ts.start_flow',
    hex: true,
    when: present('', 'G'),
  }),
  uint32('endFlowLabel', {
    label: 'End flow label',
    filter: 'mip6.ts.end_flow',
    hex: true,
    when: present('', 'H'),
  }),
  uint16('startSourcePort', {
    label: 'Start source port',
    filter: 'mip6.ts.start_srcport',
    when: present('G', 'I'),
  }),
  uint16('endSourcePort', {
    label: 'End source port',
    filter: 'mip6.ts.end_srcport',
    when: present('H', 'J'),
  }),
  uint16('startDestinationPort', {
    label: 'Start destination port',
    filter: 'mip6.ts.start_dstport',
    when: present('I', 'K'),
  }),
  uint16('endDestinationPort', {
    label: 'End destination port',
    filter: 'mip6.ts.end_dstport',
    when: present('J', 'L'),
  }),
  uint8('startTrafficClass', {
    label: 'Start DS or traffic class',
    filter: 'mip6.ts.start_ds',
    format: dscp,
    when: present('K', 'M'),
  }),
  uint8('endTrafficClass', {
    label: 'End DS or traffic class',
    filter: 'mip6.ts.end_ds',
    format: dscp,
    when: present('L', 'N'),
  }),
  uint8('startProtocol', {
    label: 'Start protocol or next header',
    filter: 'mip6.ts.start_proto',
    when: present('M', 'O'),
  }),
  uint8('endProtocol', {
    label: 'End protocol or next header',
    filter: 'mip6.ts.end_proto',
    when: present('N', 'P'),
  }),
  when(
    ({ tsFormat }) => tsFormat !== IPV4_BINARY && tsFormat !== IPV6_BINARY,
    bytesField('rest', 'selector', { label: 'Traffic selector', filter: 'mip6.ts.selector' }),
  ),
] as const;

/** What a check needs of a selector. */
export interface TrafficSelector {
  readonly tsFormat: number;
  readonly ipv4Flags?: number;
  readonly ipv6Flags?: number;
  readonly startFlowLabel?: number;
  readonly endFlowLabel?: number;
}

/** Letters of the last pair of each format. */
const IPV4_PAIRS = ['A', 'C', 'E', 'G', 'I', 'K', 'M'] as const;
const IPV6_PAIRS = [...IPV4_PAIRS, 'O'] as const;

/**
 * What is wrong with a selector of the right form: format 0, an end of a range without its start, a flow label of
 * more than 24 bits. RFC 6088 section 3, RFC 6089 section 4.2.1.4.
 */
export function checkTrafficSelector(value: TrafficSelector): string | undefined {
  const { tsFormat, ipv4Flags = 0, ipv6Flags = 0, startFlowLabel = 0, endFlowLabel = 0 } = value;
  if (tsFormat === 0) return 'TS format 0 is reserved';
  const [word, pairs] =
    tsFormat === IPV4_BINARY ? [ipv4Flags, IPV4_PAIRS] : [ipv6Flags, IPV6_PAIRS];
  for (const start of pairs) {
    const mask = letter(start);
    // The end of a range is the letter after its start.
    if ((word & mask) === 0 && (word & (mask >>> 1)) !== 0) {
      const end = String.fromCharCode(start.charCodeAt(0) + 1);
      return `flag ${end}: the end of a range without its start (${start})`;
    }
  }
  if (startFlowLabel > 0xff_ffff || endFlowLabel > 0xff_ffff) {
    return 'the first 8 bits of a flow label field are not zero';
  }
  return undefined;
}
