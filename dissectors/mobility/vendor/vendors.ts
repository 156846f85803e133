/**
 * Vendors of vendor-specific options. RFC 5094 section 3.
 */
import type { NamedValue } from '../../core/layout.ts';

/** Private Enterprise Number of the Third Generation Partnership Project. */
export const THREE_GPP = 10415;

/** Private Enterprise Numbers of vendors that speak Mobile IPv6. */
export const VENDORS: readonly NamedValue[] = [
  { value: 9, name: 'Cisco' },
  { value: 94, name: 'Nokia' },
  { value: 193, name: 'Ericsson' },
  { value: 311, name: 'Microsoft' },
  { value: 2011, name: 'Huawei' },
  { value: 2636, name: 'Juniper Networks' },
  { value: 5535, name: '3GPP2' },
  { value: 8164, name: 'Starent Networks' },
  { value: THREE_GPP, name: '3GPP' },
  { value: 24757, name: 'WiMAX Forum' },
];
