/**
 * GRE Key option of Proxy Mobile IPv6: RFC 5845 section 6.1.
 */
import { reserved, uint32 } from '../../core/layout.ts';
import { option } from '../option.ts';
import { BINDING_REVOCATION, PROXY_SESSION } from './message-types.ts';

const greKey = option({
  kind: 'gre-key',
  type: 33,
  name: 'GRE Key',
  filter: 'mip6.options.grek',
  spec: { rfc: 5845, section: '6.1' },
  align: [4, 0],
  lengths: [2, 6],
  // RFC 5949 section 6.2.6. It names a session (RFC 6602 section 5.1.3), so that it can say which to revoke.
  allowedIn: [...PROXY_SESSION, BINDING_REVOCATION],
  fields: [
    reserved(2, 'reserved', 'mip6.gre_key.reserved'),
    // Absent: GRE without a key. Of an update the downlink key, of an acknowledgement the uplink key.
    uint32('key', { label: 'GRE key', filter: 'mip6.gre_key', optional: true }),
  ],
});

/** Rows of RFC 5845. */
export const rfc5845Options = [greKey] as const;
