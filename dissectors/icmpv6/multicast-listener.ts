/**
 * Multicast listener discovery: version 1 as RFC 3810 section 8 gives it, version 2 of RFC 3810 section 5.
 */
import {
  address,
  bytesField,
  flags,
  layout,
  list,
  reserved,
  uint16,
  uint8,
} from '../core/layout.ts';
import { multicastAddressRecord } from '../multicast/records.ts';
import { icmpv6Message } from './message.ts';

/** Octets of a version 1 query; one of version 2 is 4 octets longer at least. RFC 3810 section 8.1. */
const VERSION_1_OCTETS = 24;
const VERSION_2_OCTETS = 28;

/** Octets behind a message: part of the checksum, else ignored. RFC 3810 sections 5.1.12 and 5.2.11. */
const trailing = bytesField('rest', 'trailing', {
  label: 'Octets after the message',
  filter: 'icmpv6.data',
  optional: true,
});

/** Number with a 3-bit exponent below its first bit: `(mantissa | its next bit) << (exponent + 3)`. */
function exponential(code: number, mantissaBits: number): number {
  const implied = 1 << mantissaBits;
  if (code < implied * 8) return code;
  const exponent = (code >> mantissaBits) & 7;
  return ((code & (implied - 1)) | implied) << (exponent + 3);
}

/** Maximum Response Delay in ms of a Maximum Response Code. RFC 3810 section 5.1.3. */
export function maximumResponseDelay(code: number): number {
  return exponential(code, 12);
}

/** Querier's Query Interval in s of its code. RFC 3810 section 5.1.9. */
export function queryInterval(code: number): number {
  return exponential(code, 4);
}

function exponentialText(code: number, value: number, unit: string): string {
  return code === value ? `${code} ${unit}` : `${code} (${value} ${unit})`;
}

const delay = uint16('maximumResponseDelay', {
  label: 'Maximum Response Delay',
  filter: 'icmpv6.mld.maximum_response_delay',
  unit: 'ms',
});
const multicastAddress = address('multicastAddress', {
  label: 'Multicast Address',
  filter: 'icmpv6.mld.multicast_address',
});

/** Multicast Listener Query of version 1: 24 octets. RFC 3810 section 8.1. */
export const multicastListenerQuery = icmpv6Message({
  kind: 'multicast-listener-query',
  type: 130,
  forLengths: { from: VERSION_1_OCTETS, to: VERSION_1_OCTETS },
  name: 'Multicast Listener Query',
  spec: { rfc: 3810, section: '8.1' },
  fields: [delay, reserved(2, 'reserved', 'icmpv6.reserved'), multicastAddress],
});

const querySource = layout({
  name: 'Source',
  spec: { rfc: 3810, section: '5.1.11' },
  fields: [address('address', { label: 'Source Address', filter: 'icmpv6.mld.source_address' })],
});

/** Flags of a version 2 query. RFC 3810 sections 5.1.7 and 5.1.8. */
export const MULTICAST_LISTENER_QUERY_FLAGS = {
  suppress: {
    mask: 0x08,
    label: 'Suppress Router-Side Processing (S)',
    filter: 'icmpv6.mld.flag.s',
    spec: { rfc: 3810, section: '5.1.7' },
  },
  robustness: {
    mask: 0x07,
    label: "Querier's Robustness Variable",
    filter: 'icmpv6.mld.flag.qrv',
    spec: { rfc: 3810, section: '5.1.8' },
  },
} as const;

/** Multicast Listener Query of version 2: 28 octets and more. RFC 3810 section 5.1. */
export const multicastListenerQueryV2 = icmpv6Message({
  kind: 'multicast-listener-query-v2',
  type: 130,
  forLengths: { from: VERSION_2_OCTETS, to: Number.POSITIVE_INFINITY },
  name: 'Multicast Listener Query Version 2',
  spec: { rfc: 3810, section: '5.1' },
  fields: [
    uint16('maximumResponseCode', {
      label: 'Maximum Response Code',
      filter: 'icmpv6.mld.maximum_response_code',
      format: (code) => exponentialText(code, maximumResponseDelay(code), 'ms'),
      spec: { rfc: 3810, section: '5.1.3' },
    }),
    reserved(2, 'reserved', 'icmpv6.reserved'),
    multicastAddress,
    flags(1, 'flags', {
      label: 'Flags',
      filter: 'icmpv6.mld.flag',
      bits: MULTICAST_LISTENER_QUERY_FLAGS,
    }),
    uint8('queryIntervalCode', {
      label: "QQIC (Querier's Query Interval Code)",
      filter: 'icmpv6.mld.qqi',
      format: (code) => exponentialText(code, queryInterval(code), 's'),
      spec: { rfc: 3810, section: '5.1.9' },
    }),
    uint16('numberOfSources', { label: 'Number of Sources', filter: 'icmpv6.mld.nb_sources' }),
    list('sources', { label: 'Sources', of: querySource, count: 'numberOfSources' }),
    trailing,
  ],
});

/** Multicast Listener Report of version 1. RFC 3810 section 8.2. */
export const multicastListenerReport = icmpv6Message({
  kind: 'multicast-listener-report',
  type: 131,
  name: 'Multicast Listener Report',
  spec: { rfc: 3810, section: '8' },
  fields: [delay, reserved(2, 'reserved', 'icmpv6.reserved'), multicastAddress, trailing],
});

/** Multicast Listener Done of version 1. RFC 3810 section 8.2. */
export const multicastListenerDone = icmpv6Message({
  kind: 'multicast-listener-done',
  type: 132,
  name: 'Multicast Listener Done',
  spec: { rfc: 3810, section: '8' },
  fields: [delay, reserved(2, 'reserved', 'icmpv6.reserved'), multicastAddress, trailing],
});

/** Multicast Listener Report of version 2. RFC 3810 section 5.2. */
export const multicastListenerReportV2 = icmpv6Message({
  kind: 'multicast-listener-report-v2',
  type: 143,
  name: 'Multicast Listener Report Version 2',
  spec: { rfc: 3810, section: '5.2' },
  fields: [
    reserved(2, 'reserved', 'icmpv6.reserved'),
    uint16('numberOfRecords', {
      label: 'Number of Multicast Address Records',
      filter: 'icmpv6.mldr.nb_mcast_records',
    }),
    list('records', {
      label: 'Multicast Address Records',
      of: multicastAddressRecord,
      record: 'icmpv6.mldr.mar',
      count: 'numberOfRecords',
    }),
    trailing,
  ],
});
