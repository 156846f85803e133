/**
 * Mobility options of fast handovers for Proxy Mobile IPv6: RFC 5949 section 6.2.
 */
import {
  address,
  bytesField,
  ipv4,
  layout,
  list,
  nameOfValue,
  reserved,
  uint32,
  uint8,
} from '../../core/layout.ts';
import type { FieldNumbers, NamedValue } from '../../core/layout.ts';
import { option } from '../option.ts';
import { VENDORS } from '../vendor/vendors.ts';
import { CONTEXT_TRANSFER, HANDOVER_INITIATE } from './message-types.ts';

const VENDOR_SPECIFIC = 19;

/** Whether a request says which vendor-specific option it means: Vendor ID and Sub-Type. Section 6.2.1. */
function namesVendor({ optionType, dataLength }: FieldNumbers): boolean {
  return optionType === VENDOR_SPECIFIC && dataLength === 5;
}

/**
 * Context Request, 40.
 * @param types names of the option types that can be asked for.
 */
export function contextRequest(types: readonly NamedValue[]) {
  const request = layout({
    name: 'Requested option',
    spec: { rfc: 5949, section: '6.2.1' },
    fields: [
      uint8('optionType', { label: 'Type', filter: 'mip6.cr.req_type', values: types }),
      uint8('dataLength', { label: 'Length', filter: 'mip6.cr.req_length', unit: 'octets' }),
      uint32('vendorId', {
        label: 'Vendor ID',
        filter: 'mip6.vsm.vendorId',
        format: (value) => nameOfVendor(value),
        when: namesVendor,
      }),
      uint8('subType', { label: 'Sub-type', filter: 'mip6.vsm.subtype', when: namesVendor }),
      bytesField({ by: 'dataLength' }, 'data', {
        label: 'Data that tells which one',
        filter: 'mip6.vsm.req_data',
        when: (numbers) => !namesVendor(numbers),
      }),
    ],
  });
  return option({
    kind: 'context-request',
    type: 40,
    name: 'Context Request',
    filter: 'mip6.options.cr',
    spec: { rfc: 5949, section: '6.2.1' },
    allowedIn: [HANDOVER_INITIATE],
    fields: [
      reserved(2, 'reserved', 'mip6.cr.reserved'),
      list('requests', { label: 'Requested options', of: request }),
    ],
  });
}

function nameOfVendor(value: number): string {
  return `${value} (${nameOfValue(VENDORS, value) ?? 'unknown'})`;
}

const ADDRESS_CODES: readonly NamedValue[] = [
  { value: 0, name: 'Reserved' },
  { value: 1, name: 'IPv6 address of the local mobility anchor (LMAA)' },
  { value: 2, name: 'IPv4 address of the local mobility anchor (IPv4-LMAA)' },
];

const localMobilityAnchorAddress = option({
  kind: 'local-mobility-anchor-address',
  type: 41,
  name: 'Local Mobility Anchor Address',
  filter: 'mip6.options.lmaa',
  spec: { rfc: 5949, section: '6.2.2' },
  lengths: [6, 18],
  allowedIn: CONTEXT_TRANSFER,
  // An anchor has an address of each kind: section 4.3.
  repeatable: true,
  check: ({ code, anchorAddress }) => {
    const wanted = anchorAddress === undefined ? 2 : 1;
    return code === wanted ? undefined : `option code ${code}, its length says ${wanted}`;
  },
  fields: [
    uint8('code', {
      label: 'Option code',
      filter: 'mip6.lmaa.opt_code',
      values: ADDRESS_CODES,
      spec: { rfc: 5949, section: '6.2.2' },
    }),
    reserved(1, 'reserved', 'mip6.lmaa.reserved'),
    ipv4('ipv4AnchorAddress', {
      label: 'Local mobility anchor address',
      filter: 'mip6.lmaa.ipv4',
      when: (_, room) => room === 4,
    }),
    address('anchorAddress', {
      label: 'Local mobility anchor address',
      filter: 'mip6.lmaa.ipv6',
      when: (_, room) => room === 16,
    }),
  ],
});

const linkLocalInterfaceIdentifier = option({
  kind: 'mobile-node-link-local-address-interface-identifier',
  type: 42,
  name: 'Mobile Node Link-local Address Interface Identifier',
  spec: { rfc: 5949, section: '6.2.3' },
  lengths: [10],
  allowedIn: CONTEXT_TRANSFER,
  fields: [
    reserved(2, 'reserved', 'mip6.mnllaiid.reserved'),
    bytesField(8, 'interfaceIdentifier', {
      label: 'Interface identifier',
      filter: 'mip6.mnllaiid.interface_id',
    }),
  ],
});

/** Rows of RFC 5949 but the Context Request, which names all options. */
export const rfc5949Options = [localMobilityAnchorAddress, linkLocalInterfaceIdentifier] as const;
