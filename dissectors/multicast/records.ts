/**
 * Records of multicast reports: what a listener wants to hear from one group. They stand in IGMPv3 and MLDv2
 * reports, and without those in mobility options (RFC 7028, RFC 7161, RFC 7411).
 */
import { address, bytesField, ipv4, layout, list, uint16, uint8 } from '../core/layout.ts';
import type { NamedValue } from '../core/layout.ts';

/** Record types of both protocols; receivers ignore others. RFC 3376 section 4.2.12, RFC 3810 section 5.2.12. */
export const MULTICAST_RECORD_TYPES: readonly NamedValue[] = [
  { value: 1, name: 'MODE_IS_INCLUDE' },
  { value: 2, name: 'MODE_IS_EXCLUDE' },
  { value: 3, name: 'CHANGE_TO_INCLUDE_MODE' },
  { value: 4, name: 'CHANGE_TO_EXCLUDE_MODE' },
  { value: 5, name: 'ALLOW_NEW_SOURCES' },
  { value: 6, name: 'BLOCK_OLD_SOURCES' },
];

/** A length in 32-bit words. */
const inWords = (value: number): string => `${value} (${4 * value} octets)`;

/** One IPv4 source of a group record. RFC 3376 section 4.2.9. */
const ipv4Source = layout({
  name: 'Source',
  spec: { rfc: 3376, section: '4.2.9' },
  fields: [ipv4('address', { label: 'Source address', filter: 'igmp.saddr' })],
});

/** One IPv6 source of a multicast address record. RFC 3810 section 5.2.9. */
const ipv6Source = layout({
  name: 'Source',
  spec: { rfc: 3810, section: '5.2.9' },
  fields: [
    address('address', { label: 'Source address', filter: 'icmpv6.mldr.mar.source_address' }),
  ],
});

/**
 * IGMPv3 group record: 8 octets, `numberOfSources` IPv4 addresses, auxiliary data. RFC 3376 section 4.2.4.
 */
export const igmpGroupRecord = layout({
  name: 'Group record',
  spec: { rfc: 3376, section: '4.2.4' },
  fields: [
    uint8('recordType', {
      label: 'Record type',
      filter: 'igmp.record_type',
      values: MULTICAST_RECORD_TYPES,
      spec: { rfc: 3376, section: '4.2.12' },
    }),
    uint8('auxDataLength', {
      label: 'Aux data length',
      filter: 'igmp.aux_data_len',
      unit: '4 octets',
      format: inWords,
      spec: { rfc: 3376, section: '4.2.6' },
    }),
    uint16('numberOfSources', { label: 'Number of sources', filter: 'igmp.num_src' }),
    ipv4('group', { label: 'Multicast address', filter: 'igmp.maddr' }),
    list('sources', { label: 'Sources', of: ipv4Source, count: 'numberOfSources' }),
    bytesField({ by: 'auxDataLength', unit: 4 }, 'auxData', {
      label: 'Auxiliary data',
      filter: 'igmp.aux_data',
      spec: { rfc: 3376, section: '4.2.10' },
    }),
  ],
});

/**
 * MLDv2 multicast address record: 20 octets, `numberOfSources` IPv6 addresses, auxiliary data. RFC 3810
 * section 5.2.4.
 */
export const multicastAddressRecord = layout({
  name: 'Multicast address record',
  spec: { rfc: 3810, section: '5.2.4' },
  fields: [
    uint8('recordType', {
      label: 'Record type',
      filter: 'icmpv6.mldr.mar.record_type',
      values: MULTICAST_RECORD_TYPES,
      spec: { rfc: 3810, section: '5.2.12' },
    }),
    uint8('auxDataLength', {
      label: 'Aux data length',
      filter: 'icmpv6.mldr.mar.aux_data_len',
      unit: '4 octets',
      format: inWords,
      spec: { rfc: 3810, section: '5.2.6' },
    }),
    uint16('numberOfSources', {
      label: 'Number of sources',
      filter: 'icmpv6.mldr.mar.nb_sources',
    }),
    address('group', { label: 'Multicast address', filter: 'icmpv6.mldr.mar.multicast_address' }),
    list('sources', { label: 'Sources', of: ipv6Source, count: 'numberOfSources' }),
    bytesField({ by: 'auxDataLength', unit: 4 }, 'auxData', {
      label: 'Auxiliary data',
      filter: 'icmpv6.mldr.mar.auxiliary_data',
      spec: { rfc: 3810, section: '5.2.10' },
    }),
  ],
});

/**
 * Type of the IGMP message that reports membership: tells the version. RFC 7161 section 6.1, RFC 7028 section 8.
 */
export const IGMP_REPORT_TYPES = { v1: 0x12, v2: 0x16, v3: 0x22 } as const;

/** Type of the MLD message that reports listeners: tells the version. RFC 7161 section 4.1, RFC 7028 section 5.1. */
export const MLD_REPORT_TYPES = { v1: 131, v2: 143 } as const;

/** Group address of IGMPv1 and IGMPv2. */
export const igmpGroup = layout({
  name: 'Group',
  fields: [ipv4('group', { label: 'Group address', filter: 'igmp.maddr' })],
});

/** Group address of MLDv1. */
export const mldGroup = layout({
  name: 'Group',
  fields: [
    address('group', { label: 'Multicast address', filter: 'icmpv6.mld.multicast_address' }),
  ],
});
