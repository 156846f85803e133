/**
 * Restart Counter mobility option: RFC 5847 section 3.4.
 */
import { uint32 } from '../../core/layout.ts';
import { option } from '../option.ts';
import { HEARTBEAT } from './message-types.ts';

const restartCounter = option({
  kind: 'restart-counter',
  type: 28,
  name: 'Restart Counter',
  filter: 'mip6.options.rc',
  spec: { rfc: 5847, section: '3.4' },
  align: [4, 2],
  lengths: [4],
  allowedIn: [HEARTBEAT],
  fields: [uint32('restartCounter', { label: 'Restart Counter', filter: 'mip6.rc' })],
});

/** Rows of RFC 5847. */
export const rfc5847Options = [restartCounter] as const;
