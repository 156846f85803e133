/**
 * Service Selection mobility option: RFC 5149 section 3.
 */
import { bytesField } from '../../core/layout.ts';
import { option } from '../option.ts';
import { AUTHENTICATION_OPTIONS } from './authentication.ts';
import { BINDING_UPDATE } from './message-types.ts';

const serviceSelection = option({
  kind: 'service-selection',
  type: 20,
  name: 'Service Selection',
  filter: 'mip6.options.ssm',
  spec: { rfc: 5149, section: '3' },
  allowedIn: [BINDING_UPDATE],
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
