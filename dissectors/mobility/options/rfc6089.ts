/**
 * Flow bindings: RFC 6089 section 4.2, with the sub-options of RFC 7109 section 6.2.
 */
import { address, bytesField, ipv4, layout, list, reserved } from '../../core/layout.ts';
import { tlvs, uint16, uint8, when } from '../../core/layout.ts';
import type { NamedValue } from '../../core/layout.ts';
import { tlv, tlvCodec } from '../../core/tlv.ts';
import { named } from '../named.ts';
import { option } from '../option.ts';
import { checkTrafficSelector, trafficSelectorFields, TS_FORMATS } from '../traffic-selector.ts';
import {
  BINDING_ACKNOWLEDGEMENT,
  BINDING_REVOCATION,
  BINDING_UPDATE,
  FLOW_BINDING,
} from './message-types.ts';

/** Action of RFC 7109 section 6.2.1. */
const MOVE = 15;

/** Lengths of a list of `octets`-octet items, at least one. */
const multiplesOf = (octets: number): number[] =>
  Array.from({ length: Math.floor(255 / octets) }, (_, i) => (i + 1) * octets);

/** Status of a flow binding, in a Binding Acknowledgement. RFC 6089 section 4.2. */
export const FLOW_BINDING_STATUSES: readonly NamedValue[] = named(6089, '4.2', [
  [0, 'Flow binding successful'],
  [128, 'Administratively prohibited'],
  [129, 'Flow binding rejected, reason unspecified'],
  [130, 'Flow identification mobility option malformed'],
  [131, 'BID not found'],
  [132, 'FID not found'],
  [133, 'Traffic selector format not supported'],
]);

/** Actions of a home agent on a flow binding. RFC 7109 section 6.2.1. */
export const FLOW_BINDING_ACTIONS: readonly NamedValue[] = named(7109, '6.2.1', [
  [11, 'Add a flow binding'],
  [12, 'Delete a flow binding'],
  [13, 'Modify a flow binding'],
  [14, 'Refresh a flow binding'],
  [MOVE, 'Move a flow binding'],
  [16, 'Revoke a flow binding'],
]);

const flowIdentifier = layout({
  name: 'Flow identifier',
  spec: { rfc: 6089, section: '4.2.2' },
  fields: [uint16('flowIdentifier', { label: 'Flow identifier', filter: 'mip6.flow.fid' })],
});

const bindingIdentifier = layout({
  name: 'Binding identifier',
  spec: { rfc: 6089, section: '4.2.1.3' },
  fields: [uint16('bindingIdentifier', { label: 'Binding identifier', filter: 'mip6.flow.bid' })],
});

/**
 * Section 4.2.1.2 has the Length count the data in the figure and Type and Length too in the text; section 4.2.1
 * says the former for every sub-option.
 */
const padN = tlv({
  kind: 'padn',
  type: 1,
  name: 'PadN',
  spec: { rfc: 6089, section: '4.2.1.2' },
  fields: [bytesField('rest', 'padding', { label: 'Padding', filter: 'mip6.flow.padn' })],
});

const bindingReference = tlv({
  kind: 'binding-reference',
  type: 2,
  name: 'Binding Reference',
  spec: { rfc: 6089, section: '4.2.1.3' },
  lengths: multiplesOf(2),
  repeatable: false,
  check: ({ bindingIdentifiers }) =>
    // RFC 5648 section 4.3: zero is reserved.
    bindingIdentifiers.some((item) => item.bindingIdentifier === 0)
      ? 'BID 0 is reserved'
      : undefined,
  fields: [list('bindingIdentifiers', { label: 'Binding identifiers', of: bindingIdentifier })],
});

/** Also in the IPv4 Traffic Offload Selector option. RFC 6909 section 3.1. */
const trafficSelector = tlv({
  kind: 'traffic-selector',
  type: 3,
  name: 'Traffic Selector',
  spec: { rfc: 6089, section: '4.2.1.4' },
  repeatable: false,
  check: (value) => checkTrafficSelector(value),
  fields: [
    uint8('tsFormat', { label: 'TS format', filter: 'mip6.ts.format', values: TS_FORMATS }),
    reserved(1, 'reserved', 'mip6.ts.reserved'),
    ...trafficSelectorFields,
  ],
});

const flowBindingAction = tlv({
  kind: 'flow-binding-action',
  type: 4,
  name: 'Flow Binding Action',
  spec: { rfc: 7109, section: '6.2.1' },
  lengths: [2],
  check: ({ action }) =>
    FLOW_BINDING_ACTIONS.some(({ value }) => value === action)
      ? undefined
      : `action ${action} is not assigned`,
  fields: [
    reserved(1, 'reserved', 'mip6.flow.action.reserved'),
    uint8('action', {
      label: 'Action',
      filter: 'mip6.flow.action',
      values: FLOW_BINDING_ACTIONS,
    }),
  ],
});

const targetCareOfAddress = tlv({
  kind: 'target-care-of-address',
  type: 5,
  name: 'Target Care-of Address',
  spec: { rfc: 7109, section: '6.2.2' },
  lengths: [6, 18],
  fields: [
    reserved(2, 'reserved', 'mip6.flow.target_coa.reserved'),
    when(
      (_, room) => room === 4,
      ipv4('ipv4CareOfAddress', {
        label: 'Target care-of address',
        filter: 'mip6.flow.target_coa',
      }),
    ),
    when(
      (_, room) => room === 16,
      address('careOfAddress', { label: 'Target care-of address', filter: 'mip6.flow.target_coa' }),
    ),
  ],
});

/** Codec of flow identification sub-options. RFC 6089 section 4.2.1. */
export const flowSubOptions = tlvCodec(
  {
    name: 'Flow identification sub-option',
    spec: { rfc: 6089, section: '4.2.1' },
    typeFilter: 'mip6.flow.sub_opt',
    lengthFilter: 'mip6.flow.sub_opt.len',
    dataFilter: 'mip6.flow.sub_opt.data',
    hasPad1: true,
  },
  [padN, bindingReference, trafficSelector, flowBindingAction, targetCareOfAddress],
);

const flowSummary = option({
  kind: 'flow-summary',
  type: 44,
  name: 'Flow Summary',
  filter: 'mip6.options.flow_summary',
  spec: { rfc: 6089, section: '4.2.2' },
  align: [2, 0],
  lengths: multiplesOf(2),
  allowedIn: [BINDING_UPDATE],
  // Section 5.2.3: as many as the flows need.
  repeatable: true,
  check: ({ flowIdentifiers }) =>
    flowIdentifiers.some((item) => item.flowIdentifier === 0) ? 'FID 0 is reserved' : undefined,
  fields: [list('flowIdentifiers', { label: 'Flow identifiers', of: flowIdentifier })],
});

const flowIdentification = option({
  kind: 'flow-identification',
  type: 45,
  name: 'Flow Identification',
  filter: 'mip6.options.flow',
  spec: { rfc: 6089, section: '4.2' },
  align: [2, 0],
  // RFC 7109 sections 6.1 and 6.1.3: Flow Binding and Binding Revocation messages too.
  allowedIn: [BINDING_UPDATE, BINDING_ACKNOWLEDGEMENT, BINDING_REVOCATION, FLOW_BINDING],
  repeatable: true,
  check({ flowIdentifier: fid, priority, subOptions }) {
    if (fid === 0) return 'FID 0 is reserved';
    if (priority === 0) return 'FID-PRI 0 is reserved';
    const isMove = subOptions.some(
      (item) => item.kind === 'flow-binding-action' && item.action === MOVE,
    );
    // RFC 7109 section 6.2.2.
    if (isMove && !subOptions.some(({ kind }) => kind === 'target-care-of-address')) {
      return 'a flow binding is moved without a target care-of address';
    }
    return undefined;
  },
  fields: [
    uint16('flowIdentifier', { label: 'Flow identifier', filter: 'mip6.flow.fid' }),
    uint16('priority', { label: 'Priority (FID-PRI)', filter: 'mip6.flow.fid_pri' }),
    reserved(1, 'reserved', 'mip6.flow.reserved'),
    uint8('status', {
      label: 'Status',
      filter: 'mip6.flow.status',
      values: FLOW_BINDING_STATUSES,
    }),
    tlvs('subOptions', { label: 'Sub-options', codec: flowSubOptions }),
  ],
});

/** Rows of RFC 6089. */
export const rfc6089Options = [flowSummary, flowIdentification] as const;
