/**
 * Mobility options of RFC 6275 section 6.2.
 */
import { address, bytesField, uint16 } from '../../core/layout.ts';
import { option } from '../option.ts';
import {
  BINDING_ACKNOWLEDGEMENT,
  BINDING_REVOCATION,
  BINDING_UPDATE,
  FAST_BINDING_ACKNOWLEDGMENT,
  FAST_BINDING_UPDATE,
  HOME_AGENT_SWITCH,
} from './message-types.ts';

/** PadN: `length` zero octets. RFC 6275 section 6.2.3. (Pad1 has no Length and is not a row.) */
const padN = option({
  kind: 'padn',
  type: 1,
  name: 'PadN',
  filter: 'mip6.options.padn',
  spec: { rfc: 6275, section: '6.2.3' },
  repeatable: true,
  fields: [bytesField('rest', 'padding', { label: 'Padding', filter: 'mip6.padn' })],
});

const bindingRefreshAdvice = option({
  kind: 'binding-refresh-advice',
  type: 2,
  name: 'Binding Refresh Advice',
  filter: 'mip6.options.bra',
  spec: { rfc: 6275, section: '6.2.4' },
  align: [2, 0],
  lengths: [2],
  // Of the other message: RFC 5142 section 4.
  allowedIn: [BINDING_ACKNOWLEDGEMENT, HOME_AGENT_SWITCH],
  fields: [
    uint16('refreshInterval', {
      label: 'Refresh interval',
      filter: 'mip6.bra.interval',
      unit: '4 s',
    }),
  ],
});

const alternateCareOfAddress = option({
  kind: 'alternate-care-of-address',
  type: 3,
  name: 'Alternate Care-of Address',
  filter: 'mip6.options.acoa',
  spec: { rfc: 6275, section: '6.2.5' },
  align: [8, 6],
  lengths: [16],
  // Others of RFC 5568 sections 6.2.2 and 6.2.3, and RFC 5846 section 5.1.
  allowedIn: [BINDING_UPDATE, FAST_BINDING_UPDATE, FAST_BINDING_ACKNOWLEDGMENT, BINDING_REVOCATION],
  fields: [
    address('careOfAddress', { label: 'Alternate care-of address', filter: 'mip6.acoa.acoa' }),
  ],
});

const nonceIndices = option({
  kind: 'nonce-indices',
  type: 4,
  name: 'Nonce Indices',
  filter: 'mip6.options.ni',
  spec: { rfc: 6275, section: '6.2.6' },
  align: [2, 0],
  lengths: [4],
  allowedIn: [BINDING_UPDATE],
  fields: [
    uint16('homeNonceIndex', { label: 'Home nonce index', filter: 'mip6.ni.hni' }),
    uint16('careOfNonceIndex', { label: 'Care-of nonce index', filter: 'mip6.ni.cni' }),
  ],
});

const bindingAuthorizationData = option({
  kind: 'binding-authorization-data',
  type: 5,
  name: 'Binding Authorization Data',
  filter: 'mip6.options.bad_auth',
  spec: { rfc: 6275, section: '6.2.7' },
  align: [8, 2],
  allowedIn: [BINDING_UPDATE, BINDING_ACKNOWLEDGEMENT],
  // Section 6.2.7: not even padding after it.
  isLast: true,
  fields: [
    bytesField('rest', 'authenticator', { label: 'Authenticator', filter: 'mip6.bad.auth' }),
  ],
});

/** Rows of RFC 6275. */
export const rfc6275Options = [
  padN,
  bindingRefreshAdvice,
  alternateCareOfAddress,
  nonceIndices,
  bindingAuthorizationData,
] as const;
