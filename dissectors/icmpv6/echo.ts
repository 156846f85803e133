/**
 * Echo Request and Reply. RFC 4443 sections 4.1 and 4.2.
 */
import { bytesField, uint16 } from '../core/layout.ts';
import { icmpv6Message } from './message.ts';

/** Echo (ping) request. RFC 4443 section 4.1. */
export const echoRequest = icmpv6Message({
  kind: 'echo-request',
  type: 128,
  name: 'Echo (ping) request',
  spec: { rfc: 4443, section: '4.1' },
  fields: [
    uint16('identifier', { label: 'Identifier', filter: 'icmpv6.echo.identifier', hex: true }),
    uint16('sequence', { label: 'Sequence', filter: 'icmpv6.echo.sequence_number' }),
    bytesField('rest', 'data', { label: 'Data', filter: 'data.data' }),
  ],
});

/** Echo (ping) reply. RFC 4443 section 4.2. */
export const echoReply = icmpv6Message({
  kind: 'echo-reply',
  type: 129,
  name: 'Echo (ping) reply',
  spec: { rfc: 4443, section: '4.2' },
  fields: [
    uint16('identifier', { label: 'Identifier', filter: 'icmpv6.echo.identifier', hex: true }),
    uint16('sequence', { label: 'Sequence', filter: 'icmpv6.echo.sequence_number' }),
    bytesField('rest', 'data', { label: 'Data', filter: 'data.data' }),
  ],
});
