/**
 * Experimental mobility option: RFC 5096 section 4.
 */
import { bytesField } from '../../core/layout.ts';
import { option } from '../option.ts';
import { BINDING_AUTHORIZATION_DATA } from './authentication.ts';

const experimental = option({
  kind: 'experimental',
  type: 18,
  name: 'Experimental',
  filter: 'mip6.options.em',
  spec: { rfc: 5096, section: '4' },
  precedes: [BINDING_AUTHORIZATION_DATA],
  fields: [bytesField('rest', 'data', { label: 'Data', filter: 'mip6.em.data' })],
});

/** Rows of RFC 5096. */
export const rfc5096Options = [experimental] as const;
