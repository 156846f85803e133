/**
 * Experimental Mobility Header: data of whoever experiments. RFC 5096 section 3.
 */
import { bytesField } from '../../core/layout.ts';
import { message } from '../message.ts';

export const experimental = message({
  kind: 'experimental',
  mhType: 11,
  name: 'Experimental Mobility Header',
  spec: { rfc: 5096, section: '3' },
  hasOptions: false,
  fields: [bytesField('rest', 'data', { label: 'Message data', filter: 'mip6.em.data' })],
});
