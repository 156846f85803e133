/**
 * Dynamic home agent address discovery. RFC 6275 sections 6.5 and 6.6.
 */
import { addresses, bytesField, flags, uint16 } from '../core/layout.ts';
import { icmpv6Message } from './message.ts';

/** The word after the identifier: reserved in RFC 6275, its first bit taken by NEMO. */
const DISCOVERY_FLAGS = {
  mobileRouter: {
    mask: 0x8000,
    label: 'Mobile Router (R)',
    filter: 'icmpv6.mip6.flag.r',
    spec: { rfc: 3963, section: '7.1' },
  },
} as const;

/** Home Agent Address Discovery Request. RFC 6275 section 6.5. */
export const homeAgentDiscoveryRequest = icmpv6Message({
  kind: 'home-agent-discovery-request',
  type: 144,
  name: 'Home Agent Address Discovery Request',
  spec: { rfc: 6275, section: '6.5' },
  fields: [
    uint16('identifier', { label: 'Identifier', filter: 'icmpv6.mip6.identifier' }),
    flags(2, 'flags', { label: 'Flags', filter: 'icmpv6.mip6.flag', bits: DISCOVERY_FLAGS }),
    // Nothing is defined here; kept so that re-encoding is exact.
    bytesField('rest', 'trailing', {
      label: 'Octets after the message',
      filter: 'icmpv6.data',
      optional: true,
    }),
  ],
});

/** Home Agent Address Discovery Reply. RFC 6275 section 6.6. */
export const homeAgentDiscoveryReply = icmpv6Message({
  kind: 'home-agent-discovery-reply',
  type: 145,
  name: 'Home Agent Address Discovery Reply',
  spec: { rfc: 6275, section: '6.6' },
  fields: [
    uint16('identifier', { label: 'Identifier', filter: 'icmpv6.mip6.identifier' }),
    flags(2, 'flags', { label: 'Flags', filter: 'icmpv6.mip6.flag', bits: DISCOVERY_FLAGS }),
    addresses('homeAgentAddresses', {
      label: 'Home Agent Address',
      filter: 'icmpv6.mip6.home_agent_address',
    }),
    // Part of an address; kept so that re-encoding is exact.
    bytesField('rest', 'trailing', {
      label: 'Octets after the last address',
      filter: 'icmpv6.data',
      optional: true,
    }),
  ],
});
