/**
 * Status values of Binding Acknowledgements and Binding Errors.
 */
import type { NamedValue } from '../core/layout.ts';

const spec6275 = { rfc: 6275, section: '6.1.8' };

/** Binding Acknowledgement status. Values below 128 accept the Binding Update. RFC 6275 section 6.1.8. */
export const BINDING_ACKNOWLEDGEMENT_STATUS: readonly NamedValue[] = [
  { value: 0, name: 'Binding Update accepted', spec: spec6275 },
  { value: 1, name: 'Accepted but prefix discovery necessary', spec: spec6275 },
  { value: 128, name: 'Reason unspecified', spec: spec6275 },
  { value: 129, name: 'Administratively prohibited', spec: spec6275 },
  { value: 130, name: 'Insufficient resources', spec: spec6275 },
  { value: 131, name: 'Home registration not supported', spec: spec6275 },
  { value: 132, name: 'Not home subnet', spec: spec6275 },
  { value: 133, name: 'Not home agent for this mobile node', spec: spec6275 },
  { value: 134, name: 'Duplicate Address Detection failed', spec: spec6275 },
  { value: 135, name: 'Sequence number out of window', spec: spec6275 },
  { value: 136, name: 'Expired home nonce index', spec: spec6275 },
  { value: 137, name: 'Expired care-of nonce index', spec: spec6275 },
  { value: 138, name: 'Expired nonces', spec: spec6275 },
  { value: 139, name: 'Registration type change disallowed', spec: spec6275 },
  { value: 174, name: 'Invalid Care-of Address', spec: spec6275 },
];

/** Binding Error status. RFC 6275 section 6.1.9. */
export const BINDING_ERROR_STATUS: readonly NamedValue[] = [
  {
    value: 1,
    name: 'Unknown binding for Home Address destination option',
    spec: { rfc: 6275, section: '6.1.9' },
  },
  { value: 2, name: 'Unrecognized MH Type value', spec: { rfc: 6275, section: '6.1.9' } },
];

/** Whether a Binding Acknowledgement status accepts the Binding Update. RFC 6275 section 6.1.8. */
export function isAccepted(status: number): boolean {
  return status < 128;
}
