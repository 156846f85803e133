/**
 * Vendor-specific mobility option: RFC 5094 section 3.
 */
import { bytesField, nameOfValue, uint32, uint8 } from '../../core/layout.ts';
import type { FieldNumbers } from '../../core/layout.ts';
import { option } from '../option.ts';
import {
  checkThreeGpp,
  isThreeGpp,
  THREE_GPP_FIELDS,
  THREE_GPP_SUB_TYPE_NAMES,
  threeGppHeader,
} from '../vendor/3gpp.ts';
import { THREE_GPP, VENDORS } from '../vendor/vendors.ts';

function subTypeText(value: number, numbers: FieldNumbers): string {
  if (!isThreeGpp(numbers)) return `${value}`;
  return `${value} (${nameOfValue(THREE_GPP_SUB_TYPE_NAMES, value) ?? 'unknown'})`;
}

const vendorSpecific = option({
  kind: 'vendor-specific',
  type: 19,
  name: 'Vendor Specific',
  filter: 'mip6.options.vsm',
  spec: { rfc: 5094, section: '3' },
  align: [4, 2],
  allowedIn: 'any',
  repeatable: true,
  check: (value) => (value.vendorId === THREE_GPP ? checkThreeGpp(value) : undefined),
  fields: [
    uint32('vendorId', { label: 'Vendor ID', filter: 'mip6.vsm.vendorId', values: VENDORS }),
    // Each vendor numbers its own.
    uint8('subType', {
      label: 'Sub-type',
      filter: 'mip6.vsm.subtype',
      values: THREE_GPP_SUB_TYPE_NAMES,
      format: subTypeText,
    }),
    threeGppHeader,
    ...THREE_GPP_FIELDS,
    bytesField('rest', 'data', { label: 'Data', filter: 'mip6.vsm.data', optional: true }),
  ],
});

/** Rows of RFC 5094. */
export const rfc5094Options = [vendorSpecific] as const;
