/**
 * Dynamic IP Multicast Selector option: RFC 7028 section 5.1, with IPv4 as in section 8.
 *
 * The text gives no widths of Protocol and M. Every value of Protocol needs 8 bits, but the figure draws 9 and M
 * behind them, so that octet 0 tells which of both was meant: no value of one reading is one of the other.
 */
import { bytesField, flags, list, uint16, when } from '../../core/layout.ts';
import type { Condition, NamedValue } from '../../core/layout.ts';
import {
  IGMP_REPORT_TYPES,
  igmpGroup,
  igmpGroupRecord,
  MLD_REPORT_TYPES,
  mldGroup,
  multicastAddressRecord,
} from '../../multicast/records.ts';
import { named } from '../named.ts';
import { option } from '../option.ts';
import { BINDING_ACKNOWLEDGEMENT, CONTEXT_TRANSFER } from './message-types.ts';

const PROTOCOLS: readonly NamedValue[] = [
  ...named(7028, '5.1.2', [
    [MLD_REPORT_TYPES.v2, 'MLDv2'],
    [MLD_REPORT_TYPES.v1, 'MLDv1 (records unverified)'],
  ]),
  ...named(7028, '8', [
    [IGMP_REPORT_TYPES.v1, 'IGMPv1'],
    [IGMP_REPORT_TYPES.v2, 'IGMPv2'],
    [IGMP_REPORT_TYPES.v3, 'IGMPv3'],
  ]),
];
const isProtocol = (value: number): boolean => PROTOCOLS.some((row) => row.value === value);

/** Octets 0 and 1 as the figure draws them, and only so, hold a protocol. */
const isDrawn = (word: number): boolean => !isProtocol(word >> 8) && isProtocol(word >> 7);

/** How the octets 0 and 1 of the option are read. */
export interface MulticastSelector {
  /** Type of the report: 143, 131, 0x12, 0x16, 0x22, or what is in octet 0. */
  readonly protocol: number;
  /** M: the groups are routed locally, not through the home network. */
  readonly isLocal: boolean;
  /** Whether Protocol has 9 bits, as in the figure. */
  readonly isDrawn: boolean;
}

/** Reads the word `protocolAndMode`. RFC 7028 section 5.1.2. */
export function multicastSelector(word: number): MulticastSelector {
  return isDrawn(word)
    ? { protocol: word >> 7, isLocal: (word & 0x40) !== 0, isDrawn: true }
    : { protocol: word >> 8, isLocal: (word & 0x80) !== 0, isDrawn: false };
}

const isOf =
  (...protocols: readonly number[]): Condition =>
  ({ protocolAndMode = 0 }) =>
    protocols.includes(multicastSelector(protocolAndMode).protocol);

const LOCAL = 'M (routed locally)';
const count = 'numberOfRecords';

const dynamicMulticastSelector = option({
  kind: 'dynamic-ip-multicast-selector',
  type: 54,
  name: 'Dynamic IP Multicast Selector',
  filter: 'mip6.options.dmcast',
  spec: { rfc: 7028, section: '5.1' },
  allowedIn: [BINDING_ACKNOWLEDGEMENT, ...CONTEXT_TRANSFER],
  // Section 5.1.1: up to one for each active subscription.
  repeatable: true,
  check({ protocolAndMode }) {
    const { protocol } = multicastSelector(protocolAndMode);
    return isProtocol(protocol) ? undefined : `unknown protocol ${protocol}`;
  },
  fields: [
    flags(2, 'protocolAndMode', {
      label: 'Protocol and mode',
      filter: 'mip6.dmcast.word',
      bits: {
        protocol: {
          mask: 0xff00,
          label: 'Protocol',
          filter: 'mip6.dmcast.protocol',
          values: PROTOCOLS,
          when: (word) => !isDrawn(word),
        },
        isLocal: {
          mask: 0x0080,
          label: LOCAL,
          filter: 'mip6.dmcast.m_flag',
          when: (word) => !isDrawn(word),
        },
        drawnProtocol: {
          mask: 0xff80,
          label: 'Protocol (of 9 bits, as in the figure of RFC 7028 section 5.1.2)',
          filter: 'mip6.dmcast.protocol',
          values: PROTOCOLS,
          when: isDrawn,
        },
        drawnIsLocal: {
          mask: 0x0040,
          label: LOCAL,
          filter: 'mip6.dmcast.m_flag',
          when: isDrawn,
        },
      },
    }),
    uint16('numberOfRecords', { label: 'Number of records', filter: 'mip6.dmcast.nb_records' }),
    when(
      isOf(MLD_REPORT_TYPES.v2),
      list('addressRecords', {
        label: 'Multicast address records',
        of: multicastAddressRecord,
        count,
      }),
    ),
    when(
      isOf(IGMP_REPORT_TYPES.v3),
      list('groupRecords', { label: 'Group records', of: igmpGroupRecord, count }),
    ),
    when(
      isOf(IGMP_REPORT_TYPES.v1, IGMP_REPORT_TYPES.v2),
      list('groups', { label: 'Group addresses', of: igmpGroup, count }),
    ),
    // The record of MLDv1 is that of RFC 2710: the multicast address is all it reports.
    when(
      isOf(MLD_REPORT_TYPES.v1),
      list('addresses', { label: 'Multicast addresses (unverified)', of: mldGroup, count }),
    ),
    when(
      ({ protocolAndMode = 0 }) => !isProtocol(multicastSelector(protocolAndMode).protocol),
      bytesField('rest', 'records', { label: 'Records', filter: 'mip6.dmcast.records' }),
    ),
  ],
});

/** Rows of RFC 7028. */
export const rfc7028Options = [dynamicMulticastSelector] as const;
