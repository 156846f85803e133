/**
 * Flow Binding: a home agent sets the flows of a mobile node. One message type, whose first word says whether it
 * asks or answers. RFC 7109 section 6.1.
 */
import { flags, reserved, uint16, uint8 } from '../../core/layout.ts';
import type { FieldNumbers, NamedValue } from '../../core/layout.ts';
import { message } from '../message.ts';
import { named, namedRange } from '../named.ts';

/** Flow Binding Type. RFC 7109 section 9. */
export const FLOW_BINDING_TYPE = { indication: 1, acknowledgement: 2 } as const;

const TYPES = named(7109, '9', [
  [FLOW_BINDING_TYPE.indication, 'Flow Binding Indication'],
  [FLOW_BINDING_TYPE.acknowledgement, 'Flow Binding Acknowledgement'],
]);

/** Flow Binding Indication trigger. RFC 7109 section 6.1.1. */
export const FLOW_BINDING_TRIGGERS: readonly NamedValue[] = [
  ...named(7109, '6.1.1', [
    [0, 'Reserved'],
    [1, 'Unspecified'],
    [2, 'Administrative Reason'],
    [3, 'Possible Out-of-Sync BCE State'],
  ]),
  ...namedRange(7109, '6.1.1', 250, 255, 'Reserved for testing'),
];

/** Flow Binding Acknowledgement status; values below 128 are successes. RFC 7109 section 6.1.2. */
export const FLOW_BINDING_STATUS: readonly NamedValue[] = named(7109, '6.1.2', [
  [0, 'Success'],
  [128, 'Binding (target CoA) Does NOT Exist'],
  [129, 'Action NOT Authorized'],
]);

const isIndication = ({ type }: FieldNumbers): boolean => type === FLOW_BINDING_TYPE.indication;
const isAcknowledgement = ({ type }: FieldNumbers): boolean =>
  type === FLOW_BINDING_TYPE.acknowledgement;

/**
 * `trigger` and `indicationFlags` of an indication, `status` of an acknowledgement. A type that is neither keeps its octets
 * under names that promise nothing, so that options are found.
 */
export const flowBinding = message({
  kind: 'flow-binding',
  mhType: 21,
  name: 'Flow Binding',
  spec: { rfc: 7109, section: '6.1' },
  fields: [
    uint16('type', { label: 'Flow Binding Type', filter: 'mip6.fb.type', values: TYPES }),
    uint16('sequence', { label: 'Sequence number', filter: 'mip6.fb.seqnr' }),
    uint8('trigger', {
      label: 'Trigger',
      filter: 'mip6.fb.trigger',
      spec: { rfc: 7109, section: '6.1.1' },
      values: FLOW_BINDING_TRIGGERS,
      when: isIndication,
    }),
    uint8('status', {
      label: 'Status',
      filter: 'mip6.fb.status',
      spec: { rfc: 7109, section: '6.1.2' },
      values: FLOW_BINDING_STATUS,
      when: isAcknowledgement,
    }),
    uint8('value', {
      label: 'Trigger or status',
      filter: 'mip6.fb.value',
      when: (numbers) => !isIndication(numbers) && !isAcknowledgement(numbers),
    }),
    flags(1, 'indicationFlags', {
      label: 'Flags',
      filter: 'mip6.fb.flags',
      spec: { rfc: 7109, section: '6.1.1' },
      bits: { acknowledge: { mask: 0x80, label: 'Acknowledge (A)', filter: 'mip6.fb.a_flag' } },
      when: isIndication,
    }),
    reserved(1, 'reserved', 'mip6.fb.reserved', (numbers) => !isIndication(numbers)),
  ],
});
