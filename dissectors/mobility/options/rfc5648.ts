/**
 * Binding Identifier option of multiple care-of addresses: RFC 5648 section 4.3, RFC 6089 section 4.1.
 */
import { address, flags, ipv4, nameOfValue, uint16, uint8 } from '../../core/layout.ts';
import { option } from '../option.ts';
import { BINDING_ACKNOWLEDGEMENT_STATUS } from '../status.ts';
import {
  BINDING_ACKNOWLEDGEMENT,
  BINDING_REFRESH_REQUEST,
  BINDING_REVOCATION,
  BINDING_UPDATE,
  CARE_OF_TEST,
  CARE_OF_TEST_INIT,
  FLOW_BINDING,
} from './message-types.ts';

const SIMULTANEOUS = 0x80;

/** Status of one binding; 0 stands for the status of the whole message. */
function statusText(value: number): string {
  if (value === 0) return '0 (as in the message)';
  return `${value} (${nameOfValue(BINDING_ACKNOWLEDGEMENT_STATUS, value) ?? 'unknown'})`;
}

const bindingIdentifier = option({
  kind: 'binding-identifier',
  type: 35,
  name: 'Binding Identifier',
  filter: 'mip6.options.bi',
  spec: { rfc: 5648, section: '4.3' },
  // With a care-of address 8n+2, which is also 2n.
  align: (octets) => (octets > 4 ? [8, 2] : [2, 0]),
  lengths: [4, 8, 20],
  allowedIn: [
    BINDING_REFRESH_REQUEST,
    CARE_OF_TEST_INIT,
    CARE_OF_TEST,
    BINDING_UPDATE,
    BINDING_ACKNOWLEDGEMENT,
    // RFC 5846 section 5.
    BINDING_REVOCATION,
    // RFC 7109 section 4.5: with the address a flow moves to.
    FLOW_BINDING,
  ],
  repeatable: true,
  check: (value, mhType) => {
    if (value.bindingIdentifier === 0) return 'binding identifier 0 is reserved';
    if (mhType === BINDING_UPDATE || mhType === FLOW_BINDING) return undefined;
    const hasAddress = value.careOfAddress !== undefined || value.ipv4CareOfAddress !== undefined;
    if (hasAddress) return 'care-of address outside a Binding Update';
    return (value.flags & SIMULTANEOUS) === 0 ? undefined : 'H flag outside a Binding Update';
  },
  fields: [
    uint16('bindingIdentifier', { label: 'Binding ID (BID)', filter: 'mip6.bi.bid' }),
    uint8('status', {
      label: 'Status',
      filter: 'mip6.bi.status',
      values: BINDING_ACKNOWLEDGEMENT_STATUS,
      format: statusText,
    }),
    flags(1, 'flags', {
      label: 'Flags and priority',
      filter: 'mip6.bi.flags',
      bits: {
        simultaneous: {
          mask: SIMULTANEOUS,
          label: 'Simultaneous Home and Foreign Binding (H)',
          filter: 'mip6.bi.h_flag',
        },
        // Zero is the format of RFC 5648, which has reserved bits here.
        priority: {
          mask: 0x7f,
          label: 'Priority (BID-PRI)',
          filter: 'mip6.bi.bid_pri',
          spec: { rfc: 6089, section: '4.1' },
        },
      },
    }),
    ipv4('ipv4CareOfAddress', {
      label: 'IPv4 care-of address (CoA)',
      filter: 'mip6.bi.coa_ipv4',
      when: (_, room) => room === 4,
    }),
    address('careOfAddress', {
      label: 'IPv6 care-of address (CoA)',
      filter: 'mip6.bi.coa_ipv6',
      when: (_, room) => room === 16,
    }),
  ],
});

/** Rows of RFC 5648. */
export const rfc5648Options = [bindingIdentifier] as const;
