/**
 * Mobile Node Group Identifier option of bulk binding updates: RFC 6602 section 4.3.
 */
import { reserved, uint32, uint8 } from '../../core/layout.ts';
import { option } from '../option.ts';
import {
  BINDING_REVOCATION,
  LOCALIZED_ROUTING,
  PROXY_SESSION,
  SUBSCRIPTION_QUERY,
  SUBSCRIPTION_RESPONSE,
} from './message-types.ts';

const ALL_SESSIONS = 1;

const mobileNodeGroupIdentifier = option({
  kind: 'mobile-node-group-identifier',
  type: 50,
  name: 'Mobile Node Group Identifier',
  filter: 'mip6.options.mng',
  spec: { rfc: 6602, section: '4.3' },
  lengths: [6],
  // A generic option of all messages between anchor and gateway.
  allowedIn: [
    ...PROXY_SESSION,
    BINDING_REVOCATION,
    ...LOCALIZED_ROUTING,
    SUBSCRIPTION_QUERY,
    SUBSCRIPTION_RESPONSE,
  ],
  // One of each sub-type.
  repeatable: true,
  check: ({ groupIdentifier }) =>
    groupIdentifier === 0 ? 'group identifier 0 is reserved' : undefined,
  fields: [
    uint8('subType', {
      label: 'Sub-type',
      filter: 'mip6.mng.sub_type',
      values: [
        { value: 1, name: 'Bulk Binding Update Group', spec: { rfc: 6602, section: '4.3' } },
      ],
    }),
    reserved(1, 'reserved', 'mip6.mng.reserved'),
    uint32('groupIdentifier', {
      label: 'Mobile node group identifier',
      filter: 'mip6.mng.mng_id',
      format: (value) => (value === ALL_SESSIONS ? `${value} (ALL-SESSIONS)` : `${value}`),
    }),
  ],
});

/** Rows of RFC 6602. */
export const rfc6602Options = [mobileNodeGroupIdentifier] as const;
