/**
 * Vendor-specific options of 3GPP, for Proxy Mobile IPv6 between gateways of its core network: TS 29.282 and
 * TS 29.275. The documents were not at hand; sub-types and formats are those that another dissector shows, and
 * say so in their names.
 */
import { formatAddress, formatIpv4, IPV4_LENGTH, IPV6_LENGTH } from '../../core/address.ts';
import { u8 } from '../../core/bytes.ts';
import {
  address,
  bytesField,
  flags,
  hexText,
  ipv4,
  layout,
  list,
  uint16,
  uint32,
  uint8,
  when,
} from '../../core/layout.ts';
import type { Condition, Field, FieldNumbers, NamedValue } from '../../core/layout.ts';
import { THREE_GPP_CAUSES } from './3gpp-cause.ts';
import { THREE_GPP } from './vendors.ts';

const MORE_FRAGMENTS = 0x01;

/** Whether an option is one of 3GPP. */
export function isThreeGpp({ vendorId }: FieldNumbers): boolean {
  return vendorId === THREE_GPP;
}

/** Octet between sub-type and data. */
export const threeGppHeader = flags(1, 'threeGpp', {
  label: '3GPP flags (unverified)',
  filter: 'mip6.3gpp.flags',
  when: (numbers, room) => isThreeGpp(numbers) && room > 0,
  bits: {
    moreFragments: {
      mask: MORE_FRAGMENTS,
      label: 'More fragments (M)',
      filter: 'mip6.3gpp.flag.m',
    },
  },
});

/** Row of the table of sub-types. */
interface ThreeGppSubType<F extends Field = Field> {
  readonly subType: number;
  readonly name: string;
  readonly fields: readonly (F & { readonly when: Condition })[];
}

/** Declares a sub-type. Its fields are there in options of 3GPP, of the sub-type, that are whole and long enough. */
function subType<const F extends readonly Field[]>(
  value: number,
  name: string,
  fields: F,
): ThreeGppSubType<F[number]> {
  const guard = <G extends Field>(field: G): G & { readonly when: Condition } => {
    const least = typeof field.octets === 'number' ? field.octets : 1;
    const isHere: Condition = (numbers, room, ...place) =>
      isThreeGpp(numbers) &&
      numbers['subType'] === value &&
      // Fragments are shown as they came.
      ((numbers['threeGpp'] ?? 0) & MORE_FRAGMENTS) === 0 &&
      room >= least &&
      field.when?.(numbers, room, ...place) !== false;
    return { ...field, when: isHere };
  };
  const named = `${name} (unverified)`;
  return { subType: value, name: named, fields: fields.map((field: F[number]) => guard(field)) };
}

const TBCD_DIGITS = '0123456789*#abc';

/** Digits of four bits each, the lower half of an octet first; 0xf fills. */
function tbcdText(octets: Uint8Array): string {
  let text = '';
  for (const octet of octets) {
    text += (TBCD_DIGITS[octet & 15] ?? '') + (TBCD_DIGITS[octet >> 4] ?? '');
  }
  return text;
}

/** Country and network code in three octets. */
function networkText(octets: Uint8Array): string {
  const digit = (octet: number, shift: number) =>
    TBCD_DIGITS[(u8(octets, octet) >> shift) & 15] ?? '';
  const country = digit(0, 0) + digit(0, 4) + digit(1, 0);
  const network = digit(2, 0) + digit(2, 4) + digit(1, 4);
  return `MCC ${country} MNC ${network}`;
}

const PROTOCOLS: readonly NamedValue[] = [
  { value: 0x0001, name: 'P-CSCF IPv6 Address' },
  { value: 0x0002, name: 'IM CN Subsystem Signaling Flag' },
  { value: 0x0003, name: 'DNS Server IPv6 Address' },
  { value: 0x0005, name: 'Bearer Control Mode' },
  { value: 0x000a, name: 'IP address allocation via NAS signalling' },
  { value: 0x000b, name: 'IPv4 address allocation via DHCPv4' },
  { value: 0x000c, name: 'P-CSCF IPv4 Address' },
  { value: 0x000d, name: 'DNS Server IPv4 Address' },
  { value: 0x000e, name: 'MSISDN' },
  { value: 0x0010, name: 'IPv4 Link MTU' },
  { value: 0x8021, name: 'IPCP' },
  { value: 0xc021, name: 'LCP' },
  { value: 0xc023, name: 'PAP' },
  { value: 0xc223, name: 'CHAP' },
];

/** Containers that hold an address. */
const ADDRESS_CONTAINERS: readonly (number | undefined)[] = [0x0001, 0x0003, 0x000c, 0x000d];

function contentsText(octets: Uint8Array, { protocol }: FieldNumbers): string {
  if (ADDRESS_CONTAINERS.includes(protocol)) {
    if (octets.length === IPV4_LENGTH) return formatIpv4(octets);
    if (octets.length === IPV6_LENGTH) return formatAddress(octets);
  }
  return hexText(octets);
}

const configuration = layout({
  name: 'Protocol or container',
  fields: [
    uint16('protocol', {
      label: 'Protocol or container ID',
      filter: 'gsm_a.gm.sm.pco_pid',
      hex: true,
      values: PROTOCOLS,
    }),
    uint8('contentsLength', { label: 'Length', filter: 'gsm_a.gm.sm.pco.length' }),
    bytesField({ by: 'contentsLength' }, 'contents', {
      label: 'Contents',
      filter: 'mip6.3gpp.pco_contents',
      show: contentsText,
    }),
  ],
});

const connectionSet = layout({
  name: 'CSID',
  fields: [uint16('csid', { label: 'CSID', filter: 'gtpv2.fq_csid_id' })],
});

/** Kind of the node in front of connection set identifiers. */
function nodeType(numbers: FieldNumbers): number {
  return (numbers['connectionSet'] ?? 0) >> 4;
}

const PDN_TYPES: readonly NamedValue[] = [
  { value: 1, name: 'IPv4' },
  { value: 2, name: 'IPv6' },
  { value: 3, name: 'IPv4v6' },
];

const SELECTION_MODES: readonly NamedValue[] = [
  { value: 0, name: 'MS or network provided APN, subscription verified' },
  { value: 1, name: 'MS provided APN, subscription not verified' },
  { value: 2, name: 'Network provided APN, subscription not verified' },
  { value: 3, name: 'For future use: as 2' },
];

const TIMER_UNITS: readonly NamedValue[] = [
  { value: 0, name: '2 s' },
  { value: 1, name: '1 min' },
  { value: 2, name: '10 min' },
  { value: 3, name: '1 h' },
  { value: 4, name: '10 h' },
  { value: 7, name: 'infinite' },
];

/** Sub-types of 3GPP, one row each. Those without fields are shown as octets. */
export const THREE_GPP_SUB_TYPES = [
  subType(1, 'Protocol Configuration Options', [
    flags(1, 'configuration', {
      label: 'Protocol configuration',
      filter: 'mip6.3gpp.pco',
      bits: {
        extension: { mask: 0x80, label: 'Extension', filter: 'gsm_a.gm.sm.ext' },
        protocol: {
          mask: 0x07,
          label: 'Configuration protocol',
          filter: 'gsm_a.gm.configuration_protocol',
          values: [{ value: 0, name: 'PPP' }],
        },
      },
    }),
    list('configurations', { label: 'Protocols and containers', of: configuration }),
  ]),
  subType(2, '3GPP Specific PMIPv6 Error Code', [
    uint8('errorCode', {
      label: '3GPP specific PMIPv6 error code',
      filter: 'mip6.3gpp.spec_pmipv6_err_code',
      values: THREE_GPP_CAUSES,
    }),
  ]),
  subType(3, 'PMIPv6 PDN GW IP Address', [
    ipv4('gatewayIpv4Address', {
      label: 'PDN GW IPv4 address',
      filter: 'mip6.3gpp.pdn_gw_ipv4_addr',
      when: (_, room) => room === 4,
    }),
    address('gatewayAddress', {
      label: 'PDN GW IPv6 address',
      filter: 'mip6.3gpp.pdn_gw_ipv6_addr',
      when: (_, room) => room === 16,
    }),
  ]),
  subType(4, 'PMIPv6 DHCPv4 Address Allocation Procedure Indication', [
    uint8('dhcpv4Allocation', {
      label: 'DHCPv4 address allocation procedure indication',
      filter: 'mip6.3gpp.dhcpv4_addr_all_proc_ind',
    }),
  ]),
  subType(5, 'PMIPv6 Fully Qualified PDN Connection Set Identifier', [
    flags(1, 'connectionSet', {
      label: 'Connection set',
      filter: 'mip6.3gpp.fq_csid',
      bits: {
        nodeType: { mask: 0xf0, label: 'Node-ID type', filter: 'gtpv2.fq_csid_type' },
        count: { mask: 0x0f, label: 'Number of CSIDs', filter: 'gtpv2.fq_csid_nr' },
      },
    }),
    ipv4('nodeIpv4Address', {
      label: 'Node-ID (IPv4)',
      filter: 'gtpv2.fq_csid_ipv4',
      when: (numbers) => nodeType(numbers) === 0,
    }),
    address('nodeAddress', {
      label: 'Node-ID (IPv6)',
      filter: 'gtpv2.fq_csid_ipv6',
      when: (numbers) => nodeType(numbers) === 1,
    }),
    flags(4, 'nodeNumber', {
      label: 'Node-ID (number)',
      filter: 'mip6.3gpp.fq_csid_node',
      when: (numbers) => nodeType(numbers) === 2,
      bits: {
        network: { mask: 0xfffff000, label: 'MCC+MNC', filter: 'gtpv2.fq_csid_mcc_mnc' },
        node: { mask: 0x00000fff, label: 'Node-ID', filter: 'gtpv2.fq_csid_node_id' },
      },
    }),
    when(
      (numbers, room) => nodeType(numbers) <= 2 && room % 2 === 0,
      list('connectionSets', { label: 'CSIDs', of: connectionSet }),
    ),
  ]),
  subType(6, 'PMIPv6 PDN type indication', [
    uint8('pdnType', { label: 'PDN type', filter: 'mip6.3gpp.pdn_type', values: PDN_TYPES }),
    uint8('pdnCause', {
      label: 'Cause',
      filter: 'mip6.3gpp.pdn_ind_cause',
      values: THREE_GPP_CAUSES,
    }),
  ]),
  subType(7, 'Charging ID', [
    uint32('chargingId', { label: 'Charging ID', filter: 'mip6.3gpp.chg_id' }),
  ]),
  subType(8, 'Selection Mode', [
    flags(1, 'selection', {
      label: 'Selection',
      filter: 'mip6.3gpp.selection',
      bits: {
        mode: {
          mask: 0x03,
          label: 'Selection mode',
          filter: 'gtpv2.selec_mode',
          values: SELECTION_MODES,
        },
      },
    }),
  ]),
  subType(9, 'I-WLAN Mobility Access Point Name (APN)', []),
  subType(10, 'Charging Characteristics', [
    uint16('chargingCharacteristics', {
      label: 'Charging characteristics',
      filter: 'mip6.3gpp.charging_characteristic',
      hex: true,
    }),
  ]),
  subType(11, 'Mobile Equipment Identity (MEI)', [
    bytesField('rest', 'mobileEquipmentIdentity', {
      label: 'Mobile equipment identity (MEI)',
      filter: 'mip6.3gpp.mei',
      show: tbcdText,
    }),
  ]),
  subType(12, 'MSISDN', [
    bytesField('rest', 'msisdn', { label: 'MSISDN', filter: 'mip6.3gpp.msisdn', show: tbcdText }),
  ]),
  subType(13, 'Serving Network', [
    bytesField(3, 'servingNetwork', {
      label: 'Serving network',
      filter: 'mip6.3gpp.serving_network',
      show: networkText,
    }),
  ]),
  subType(14, 'APN Restriction', [
    uint8('apnRestriction', { label: 'APN restriction', filter: 'mip6.3gpp.apn_rest' }),
  ]),
  subType(15, 'Maximum APN Restriction', [
    uint8('maximumApnRestriction', {
      label: 'Maximum APN restriction',
      filter: 'mip6.3gpp.max_apn_rest',
    }),
  ]),
  subType(16, 'Unauthenticated IMSI', [
    bytesField('rest', 'unauthenticatedImsi', {
      label: 'Unauthenticated IMSI',
      filter: 'mip6.3gpp.imsi',
      show: tbcdText,
    }),
  ]),
  subType(17, 'PDN Connection ID', [
    flags(1, 'pdnConnection', {
      label: 'PDN connection',
      filter: 'mip6.3gpp.pdn_connection',
      bits: {
        id: { mask: 0x0f, label: 'PDN connection ID', filter: 'mip6.3gpp.pdn_conn_id' },
      },
    }),
  ]),
  subType(18, 'PGW Back-Off Time', [
    flags(1, 'backOffTime', {
      label: 'PGW back-off time',
      filter: 'mip6.3gpp.back_off_time',
      bits: {
        unit: {
          mask: 0xe0,
          label: 'Timer unit',
          filter: 'gtpv2.timer_unit',
          values: TIMER_UNITS,
        },
        value: { mask: 0x1f, label: 'Timer value', filter: 'gtpv2.timer_value' },
      },
    }),
  ]),
  subType(19, 'Signalling Priority Indication', [
    flags(1, 'signallingPriority', {
      label: 'Signalling priority',
      filter: 'mip6.3gpp.signalling_priority',
      bits: {
        lowAccessPriority: {
          mask: 0x01,
          label: 'Low access priority indication (LAPI)',
          filter: 'mip6.3gpp.lapi',
        },
      },
    }),
  ]),
  subType(20, 'Additional Protocol Configuration Options', []),
  subType(21, 'Static IP Address Allocation Indications', []),
  subType(22, 'MME / SGSN Identifier', []),
  subType(23, 'End Marker Notification', []),
  subType(24, 'Trusted WLAN Mode Indication', []),
  subType(25, 'UE Time Zone', []),
  subType(26, 'Access Network Identifier Timestamp', []),
  subType(27, 'Logical Access ID', []),
  subType(28, 'Origination Time Stamp', []),
  subType(29, 'Maximum Wait Time', []),
  subType(30, 'TWAN Capabilities', []),
] as const;

/** Names of the sub-types of 3GPP. */
export const THREE_GPP_SUB_TYPE_NAMES: readonly NamedValue[] = THREE_GPP_SUB_TYPES.map((row) => ({
  value: row.subType,
  name: row.name,
}));

type ThreeGppField = (typeof THREE_GPP_SUB_TYPES)[number]['fields'][number];

/** Fields of all sub-types of 3GPP. */
export const THREE_GPP_FIELDS = THREE_GPP_SUB_TYPES.flatMap(
  (row): readonly ThreeGppField[] => row.fields,
);

/** What is wrong with an option of 3GPP: data that its sub-type cannot take; undefined = nothing. */
export function checkThreeGpp(value: Readonly<Record<string, unknown>>): string | undefined {
  const { threeGpp, subType: type } = value;
  if (typeof threeGpp !== 'number' || (threeGpp & MORE_FRAGMENTS) !== 0) return undefined;
  const row = THREE_GPP_SUB_TYPES.find((item) => item.subType === type);
  if (row === undefined || row.fields.length === 0) return undefined;
  return row.fields.some(({ name }) => name in value) ? undefined : `${row.name}: wrong length`;
}
