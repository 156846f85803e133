/**
 * Active Multicast Subscription options: RFC 7161 sections 4.1 (IPv6) and 6.1 (IPv4). One subscription each.
 */
import { address, bytesField, ipv4, list, reserved, uint8, when } from '../../core/layout.ts';
import type { Condition, NamedValue } from '../../core/layout.ts';
import {
  IGMP_REPORT_TYPES,
  igmpGroupRecord,
  MLD_REPORT_TYPES,
  multicastAddressRecord,
} from '../../multicast/records.ts';
import { named } from '../named.ts';
import { option } from '../option.ts';
import { PROXY_SESSION, SUBSCRIPTION_RESPONSE } from './message-types.ts';

const IGMP_TYPES: readonly NamedValue[] = named(7161, '6.1', [
  [IGMP_REPORT_TYPES.v1, 'IGMPv1'],
  [IGMP_REPORT_TYPES.v2, 'IGMPv2'],
  [IGMP_REPORT_TYPES.v3, 'IGMPv3'],
]);

const MLD_TYPES: readonly NamedValue[] = [
  ...named(7161, '4.1.2', [[MLD_REPORT_TYPES.v2, 'MLDv2']]),
  ...named(7161, '4.1.3', [[MLD_REPORT_TYPES.v1, 'MLDv1']]),
];

const isOf =
  (...types: readonly number[]): Condition =>
  ({ reportType = 0 }) =>
    types.includes(reportType);
const isNone =
  (values: readonly NamedValue[]): Condition =>
  ({ reportType }) =>
    values.every(({ value }) => value !== reportType);

/** What is wrong with the type and the records of a subscription; undefined = nothing. */
function checkSubscription(
  values: readonly NamedValue[],
  type: number,
  records: readonly unknown[] | undefined,
): string | undefined {
  if (values.every(({ value }) => value !== type)) return `unknown report type ${type}`;
  if (records === undefined || records.length === 1) return undefined;
  return `${records.length} records, a subscription has one`;
}

const activeSubscriptionIpv4 = option({
  kind: 'active-multicast-subscription-ipv4',
  type: 56,
  name: 'Active Multicast Subscription IPv4',
  filter: 'mip6.options.ams_ipv4',
  spec: { rfc: 7161, section: '6.1' },
  align: [4, 1],
  allowedIn: [...PROXY_SESSION, SUBSCRIPTION_RESPONSE],
  repeatable: true,
  check: ({ reportType, records }) => checkSubscription(IGMP_TYPES, reportType, records),
  fields: [
    uint8('reportType', {
      label: 'IGMP type',
      filter: 'mip6.ams.igmp_type',
      hex: true,
      values: IGMP_TYPES,
    }),
    ipv4('group', {
      label: 'Group address',
      filter: 'igmp.maddr',
      when: isOf(IGMP_REPORT_TYPES.v1, IGMP_REPORT_TYPES.v2),
    }),
    when(
      isOf(IGMP_REPORT_TYPES.v3),
      list('records', { label: 'Group records', of: igmpGroupRecord }),
    ),
    bytesField('rest', 'context', {
      label: 'Multicast membership context',
      filter: 'mip6.ams.context',
      when: isNone(IGMP_TYPES),
    }),
  ],
});

const activeSubscriptionIpv6 = option({
  kind: 'active-multicast-subscription-ipv6',
  type: 57,
  name: 'Active Multicast Subscription IPv6',
  filter: 'mip6.options.ams_ipv6',
  spec: { rfc: 7161, section: '4.1' },
  align: [8, 1],
  allowedIn: [...PROXY_SESSION, SUBSCRIPTION_RESPONSE],
  repeatable: true,
  check: ({ reportType, records }) => checkSubscription(MLD_TYPES, reportType, records),
  fields: [
    uint8('reportType', { label: 'MLD type', filter: 'mip6.ams.mld_type', values: MLD_TYPES }),
    when(
      isOf(MLD_REPORT_TYPES.v2),
      list('records', { label: 'Multicast address records', of: multicastAddressRecord }),
    ),
    // Section 4.1.3: four octets in front of the address of MLDv1.
    reserved(4, 'reserved', 'mip6.ams.reserved', isOf(MLD_REPORT_TYPES.v1)),
    address('group', {
      label: 'Multicast address',
      filter: 'icmpv6.mld.multicast_address',
      when: isOf(MLD_REPORT_TYPES.v1),
    }),
    bytesField('rest', 'context', {
      label: 'Multicast membership context',
      filter: 'mip6.ams.context',
      when: isNone(MLD_TYPES),
    }),
  ],
});

/** Rows of RFC 7161. */
export const rfc7161Options = [activeSubscriptionIpv4, activeSubscriptionIpv6] as const;
