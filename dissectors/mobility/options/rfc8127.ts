/**
 * LMA-Controlled MAG Parameters option: RFC 8127 section 3.
 */
import { tlvs, uint16 } from '../../core/layout.ts';
import { tlv, tlvCodec } from '../../core/tlv.ts';
import { option } from '../option.ts';
import { BINDING_ACKNOWLEDGEMENT } from './message-types.ts';

const reregistrationControl = tlv({
  kind: 'binding-reregistration-control',
  type: 1,
  name: 'Binding Re-registration Control',
  spec: { rfc: 8127, section: '3.1.1' },
  lengths: [6],
  repeatable: false,
  fields: [
    uint16('startTime', {
      label: 'Re-registration start time before the binding expires',
      filter: 'mip6.lcmp.rereg_start',
      unit: '4 s',
    }),
    uint16('initialRetransmission', {
      label: 'Initial retransmission time',
      filter: 'mip6.lcmp.initial_retrans',
      unit: 's',
    }),
    uint16('maximumRetransmission', {
      label: 'Maximum retransmission time',
      filter: 'mip6.lcmp.max_retrans',
      unit: 's',
    }),
  ],
});

const heartbeatControl = tlv({
  kind: 'heartbeat-control',
  type: 2,
  name: 'Heartbeat Control',
  spec: { rfc: 8127, section: '3.1.2' },
  lengths: [6],
  fields: [
    uint16('interval', {
      label: 'Heartbeat interval',
      filter: 'mip6.lcmp.hb_interval',
      unit: 's',
    }),
    uint16('retransmissionDelay', {
      label: 'Heartbeat retransmission delay',
      filter: 'mip6.lcmp.hb_retrans_delay',
      unit: 's',
    }),
    uint16('maximumRetransmissions', {
      label: 'Maximum heartbeat retransmissions',
      filter: 'mip6.lcmp.hb_max_retrans',
    }),
  ],
});

/** Codec of LCMP sub-options. RFC 8127 section 3.1. */
export const gatewayParameters = tlvCodec(
  {
    name: 'LCMP sub-option',
    spec: { rfc: 8127, section: '3.1' },
    typeFilter: 'mip6.lcmp.sub_opt',
    lengthFilter: 'mip6.lcmp.sub_opt.len',
    dataFilter: 'mip6.lcmp.sub_opt.data',
    names: [{ value: 0, name: 'reserved' }],
  },
  [reregistrationControl, heartbeatControl],
);

const controlledGatewayParameters = option({
  kind: 'lma-controlled-mag-parameters',
  type: 62,
  name: 'LMA-Controlled MAG Parameters',
  filter: 'mip6.options.lcmp',
  spec: { rfc: 8127, section: '3' },
  // Every sub-option is 8 octets long, so that this aligns them as section 3.1 asks for.
  align: [4, 2],
  allowedIn: [BINDING_ACKNOWLEDGEMENT],
  check: ({ subOptions }) => (subOptions.length === 0 ? 'no sub-option' : undefined),
  fields: [tlvs('subOptions', { label: 'Sub-options', codec: gatewayParameters })],
});

/** Rows of RFC 8127. */
export const rfc8127Options = [controlledGatewayParameters] as const;
