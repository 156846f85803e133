/**
 * Quality-of-Service option: RFC 7222 section 4.
 */
import { bytesField, flags, reserved, tlvs, uint32, uint8 } from '../../core/layout.ts';
import type { NamedValue } from '../../core/layout.ts';
import { tlv, tlvCodec } from '../../core/tlv.ts';
import { named, namedRange } from '../named.ts';
import { option } from '../option.ts';
import { checkTrafficSelector, trafficSelectorFields, TS_FORMATS } from '../traffic-selector.ts';
import { FLOW_BINDING, PROXY_SESSION } from './message-types.ts';

/** Operational codes. RFC 7222 section 4.1. */
export const OPERATIONAL_CODES: readonly NamedValue[] = named(7222, '4.1', [
  [0, 'RESPONSE'],
  [1, 'ALLOCATE'],
  [2, 'DE-ALLOCATE'],
  [3, 'MODIFY'],
  [4, 'QUERY'],
  [5, 'NEGOTIATE'],
]);

/** An attribute that is a bit rate. RFC 7222 sections 4.2.1, 4.2.2 and 4.2.6 to 4.2.9. */
function bitRate<const Kind extends string>(
  kind: Kind,
  type: number,
  section: string,
  name: string,
  field: string,
) {
  return tlv({
    kind,
    type,
    name,
    spec: { rfc: 7222, section },
    lengths: [6],
    repeatable: false,
    fields: [
      reserved(2, 'reserved', 'mip6.qos.attr.reserved'),
      uint32('bitRate', { label: name, filter: `mip6.qos.${field}`, unit: 'bit/s' }),
    ],
  });
}

/** A bit rate of a session, with what it is measured of. RFC 7222 sections 4.2.3 and 4.2.4. */
function sessionBitRate<const Kind extends string>(
  kind: Kind,
  type: number,
  section: string,
  name: string,
  field: string,
) {
  return tlv({
    kind,
    type,
    name,
    spec: { rfc: 7222, section },
    lengths: [6],
    repeatable: false,
    fields: [
      flags(2, 'flags', {
        label: 'Flags',
        filter: 'mip6.qos.session.flags',
        bits: {
          isForService: {
            mask: 0x8000,
            label: 'S (all sessions of the service)',
            filter: 'mip6.qos.session.s_flag',
          },
          excludesGuaranteed: {
            mask: 0x4000,
            label: 'E (without guaranteed flows)',
            filter: 'mip6.qos.session.e_flag',
          },
        },
      }),
      uint32('bitRate', { label: name, filter: `mip6.qos.${field}`, unit: 'bit/s' }),
    ],
  });
}

const PREEMPTION: readonly NamedValue[] = [
  ...named(7222, '4.2.5', [
    [0, 'enabled'],
    [1, 'disabled'],
  ]),
  ...namedRange(7222, '4.2.5', 2, 3, 'reserved'),
];

/** Priority levels: those above 8 may be given to a roaming node. RFC 7222 section 4.2.5. */
const PRIORITY_LEVELS: readonly NamedValue[] = [
  ...named(7222, '4.2.5', [
    [0, 'not defined'],
    [1, 'highest, prioritized treatment within the operator domain'],
  ]),
  ...namedRange(7222, '4.2.5', 2, 8, 'prioritized treatment within the operator domain'),
  ...namedRange(7222, '4.2.5', 9, 14, 'authorized by the home network'),
  ...named(7222, '4.2.5', [[15, 'lowest, authorized by the home network']]),
];

const allocationRetentionPriority = tlv({
  kind: 'allocation-retention-priority',
  type: 5,
  name: 'Allocation-Retention-Priority',
  spec: { rfc: 7222, section: '4.2.5' },
  lengths: [2],
  repeatable: false,
  check({ priority }) {
    if (priority >> 4 === 0) return 'priority level 0 is not defined';
    const isReserved = ((priority >> 2) & 3) > 1 || (priority & 3) > 1;
    return isReserved ? 'reserved value of preemption capability or vulnerability' : undefined;
  },
  fields: [
    reserved(1, 'reserved', 'mip6.qos.attr.reserved'),
    flags(1, 'priority', {
      label: 'Priority',
      filter: 'mip6.qos.arp',
      bits: {
        level: {
          mask: 0xf0,
          label: 'Priority level',
          filter: 'mip6.qos.arp.pl',
          values: PRIORITY_LEVELS,
        },
        preemptionCapability: {
          mask: 0x0c,
          label: 'Preemption capability',
          filter: 'mip6.qos.arp.pc',
          values: PREEMPTION,
        },
        preemptionVulnerability: {
          mask: 0x03,
          label: 'Preemption vulnerability',
          filter: 'mip6.qos.arp.pv',
          values: PREEMPTION,
        },
      },
    }),
  ],
});

/** Reserved and TS Format stand the other way round than in the sub-option of RFC 6089. */
const trafficSelector = tlv({
  kind: 'qos-traffic-selector',
  type: 10,
  name: 'QoS-Traffic-Selector',
  spec: { rfc: 7222, section: '4.2.10' },
  check: (value) => checkTrafficSelector(value),
  fields: [
    reserved(1, 'reserved', 'mip6.ts.reserved'),
    uint8('tsFormat', { label: 'TS format', filter: 'mip6.ts.format', values: TS_FORMATS }),
    ...trafficSelectorFields,
  ],
});

const vendorSpecific = tlv({
  kind: 'qos-vendor-specific',
  type: 11,
  name: 'QoS-Vendor-Specific-Attribute',
  spec: { rfc: 7222, section: '4.2.11' },
  fields: [
    reserved(2, 'reserved', 'mip6.qos.attr.reserved'),
    uint32('vendor', { label: 'Vendor ID', filter: 'mip6.qos.vendor.id' }),
    uint8('subtype', { label: 'Sub-Type', filter: 'mip6.qos.vendor.subtype' }),
    bytesField('rest', 'data', { label: 'Data', filter: 'mip6.qos.vendor.data' }),
  ],
});

/** Codec of QoS attributes. RFC 7222 section 4.2. */
export const qosAttributes = tlvCodec(
  {
    name: 'QoS attribute',
    spec: { rfc: 7222, section: '4.2' },
    typeFilter: 'mip6.qos.attr',
    lengthFilter: 'mip6.qos.attr.len',
    dataFilter: 'mip6.qos.attr.data',
    names: named(7222, '4.2', [
      [0, 'reserved'],
      [255, 'reserved'],
    ]),
  },
  [
    bitRate('per-node-downlink', 1, '4.2.1', 'Per-MN-Agg-Max-DL-Bit-Rate', 'mn_max_dl'),
    bitRate('per-node-uplink', 2, '4.2.2', 'Per-MN-Agg-Max-UL-Bit-Rate', 'mn_max_ul'),
    sessionBitRate(
      'per-session-downlink',
      3,
      '4.2.3',
      'Per-Session-Agg-Max-DL-Bit-Rate',
      'session_max_dl',
    ),
    sessionBitRate(
      'per-session-uplink',
      4,
      '4.2.4',
      'Per-Session-Agg-Max-UL-Bit-Rate',
      'session_max_ul',
    ),
    allocationRetentionPriority,
    bitRate('aggregate-downlink', 6, '4.2.6', 'Aggregate-Max-DL-Bit-Rate', 'max_dl'),
    bitRate('aggregate-uplink', 7, '4.2.7', 'Aggregate-Max-UL-Bit-Rate', 'max_ul'),
    bitRate('guaranteed-downlink', 8, '4.2.8', 'Guaranteed-DL-Bit-Rate', 'guaranteed_dl'),
    bitRate('guaranteed-uplink', 9, '4.2.9', 'Guaranteed-UL-Bit-Rate', 'guaranteed_ul'),
    trafficSelector,
    vendorSpecific,
  ],
);

const LAST_OPERATIONAL_CODE = 5;

const qualityOfService = option({
  kind: 'quality-of-service',
  type: 58,
  name: 'Quality of Service',
  filter: 'mip6.options.qos',
  spec: { rfc: 7222, section: '4.1' },
  align: [4, 0],
  // And update notifications, which carry any option. RFC 7109 section 4.3: attributes of a flow.
  allowedIn: [...PROXY_SESSION, FLOW_BINDING],
  // Section 4.1: one for each service request.
  repeatable: true,
  check: ({ operationalCode }) =>
    operationalCode > LAST_OPERATIONAL_CODE
      ? `operational code ${operationalCode} is reserved: receivers ignore the option`
      : undefined,
  fields: [
    uint8('serviceRequest', {
      label: 'Service request identifier (SR-ID)',
      filter: 'mip6.qos.sr_id',
    }),
    flags(1, 'trafficClass', {
      label: 'Traffic class',
      filter: 'mip6.qos.tc',
      bits: { dscp: { mask: 0xfc, label: 'DSCP', filter: 'mip6.qos.dscp' } },
    }),
    uint8('operationalCode', {
      label: 'Operational code',
      filter: 'mip6.qos.oc',
      values: [
        ...OPERATIONAL_CODES,
        ...namedRange(7222, '4.1', LAST_OPERATIONAL_CODE + 1, 255, 'reserved'),
      ],
    }),
    reserved(3, 'reserved', 'mip6.qos.reserved'),
    tlvs('attributes', { label: 'QoS attributes', codec: qosAttributes }),
  ],
});

/** Rows of RFC 7222. */
export const rfc7222Options = [qualityOfService] as const;
