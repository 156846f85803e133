/**
 * DHCP unique identifiers. RFC 8415 section 11.
 */
import { bytesField, uint16, uint32 } from '../core/layout.ts';
import type { Condition } from '../core/layout.ts';
import { timeText } from '../core/show.ts';

const DUID_TYPES = [
  { value: 1, name: 'link-layer address plus time' },
  { value: 2, name: 'assigned by vendor based on Enterprise number' },
  { value: 3, name: 'link-layer address' },
  { value: 4, name: 'Universally Unique IDentifier (UUID)' },
] as const;

const isDuid =
  (type: number): Condition =>
  (numbers) =>
    numbers['duidType'] === type;
const isUnknownDuid: Condition = (numbers) =>
  DUID_TYPES.every(({ value }) => value !== numbers['duidType']);

/** Seconds from 1970 to 2000, where the time of a DUID starts. RFC 8415 section 11.2. */
const YEAR_2000 = 946_684_800;
/** Fields of an identifier: its type says which follow. RFC 8415 section 11.1. */
export const duid = [
  uint16('duidType', {
    label: 'DUID Type',
    filter: 'dhcpv6.duid.type',
    values: DUID_TYPES,
    spec: { rfc: 8415, section: '11.1' },
  }),
  uint16('timedHardwareType', {
    label: 'Hardware type',
    filter: 'dhcpv6.duidllt.hwtype',
    spec: { rfc: 8415, section: '11.2' },
    when: isDuid(1),
  }),
  uint32('time', {
    label: 'DUID Time',
    filter: 'dhcpv6.duidllt.time',
    spec: { rfc: 8415, section: '11.2' },
    format: (seconds) => `${seconds} (${timeText(seconds + YEAR_2000)} UTC)`,
    when: isDuid(1),
  }),
  bytesField('rest', 'timedLinkLayerAddress', {
    label: 'Link-layer address',
    filter: 'dhcpv6.duidllt.link_layer_addr',
    show: 'mac',
    when: isDuid(1),
  }),
  uint32('enterprise', {
    label: 'Enterprise ID',
    filter: 'dhcpv6.duiden.enterprise',
    spec: { rfc: 8415, section: '11.3' },
    when: isDuid(2),
  }),
  bytesField('rest', 'identifier', {
    label: 'Identifier',
    filter: 'dhcpv6.duiden.identifier',
    when: isDuid(2),
  }),
  uint16('hardwareType', {
    label: 'Hardware type',
    filter: 'dhcpv6.duidll.hwtype',
    spec: { rfc: 8415, section: '11.4' },
    when: isDuid(3),
  }),
  bytesField('rest', 'linkLayerAddress', {
    label: 'Link-layer address',
    filter: 'dhcpv6.duidll.link_layer_addr',
    show: 'mac',
    when: isDuid(3),
  }),
  bytesField('rest', 'uuid', {
    label: 'UUID',
    filter: 'dhcpv6.duiduuid.bytes',
    spec: { rfc: 8415, section: '11.5' },
    when: isDuid(4),
  }),
  bytesField('rest', 'unknownIdentifier', {
    label: 'Identifier',
    filter: 'dhcpv6.duid.data',
    when: isUnknownDuid,
  }),
] as const;
