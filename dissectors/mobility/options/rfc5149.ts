/**
 * Service Selection mobility option: RFC 5149 section 3.
 */
import { bytesField } from '../../core/layout.ts';
import { option } from '../option.ts';
import { AUTHENTICATION_OPTIONS } from './authentication.ts';
import { BINDING_REVOCATION, BINDING_UPDATE, CONTEXT_TRANSFER } from './message-types.ts';

const serviceSelection = option({
  kind: 'service-selection',
  type: 20,
  name: 'Service Selection',
  filter: 'mip6.options.ssm',
  spec: { rfc: 5149, section: '3' },
  // RFC 5949 section 6.2.1; RFC 5846 section 8.1 revokes by whatever tells one binding from the others.
  allowedIn: [BINDING_UPDATE, ...CONTEXT_TRANSFER, BINDING_REVOCATION],
  precedes: AUTHENTICATION_OPTIONS,
  // A Length of zero is not allowed.
  lengths: Array.from({ length: 255 }, (_, i) => i + 1),
  fields: [
    bytesField('rest', 'identifier', {
      label: 'Identifier',
      filter: 'mip6.ss.identifier',
      show: 'text',
    }),
  ],
});

/** Rows of RFC 5149. */
export const rfc5149Options = [serviceSelection] as const;
