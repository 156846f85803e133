/**
 * Mobility options of runtime assignment of local mobility anchors: RFC 6463 section 4.
 */
import { address, flags, ipv4, reserved, uint16, uint32 } from '../../core/layout.ts';
import { option } from '../option.ts';
import { BINDING_ACKNOWLEDGEMENT, BINDING_UPDATE, PROXY_BINDING } from './message-types.ts';

const redirectCapability = option({
  kind: 'redirect-capability',
  type: 46,
  name: 'Redirect-Capability',
  filter: 'mip6.options.recap',
  spec: { rfc: 6463, section: '4.1' },
  align: [4, 0],
  lengths: [2],
  allowedIn: [BINDING_UPDATE],
  fields: [reserved(2, 'reserved', 'mip6.recap.reserved')],
});

const IPV6_ADDRESS = 0x8000;
const IPV4_ADDRESS = 0x4000;

const redirect = option({
  kind: 'redirect',
  type: 47,
  name: 'Redirect',
  filter: 'mip6.options.redir',
  spec: { rfc: 6463, section: '4.2' },
  align: [4, 0],
  lengths: [6, 18],
  allowedIn: [BINDING_ACKNOWLEDGEMENT],
  check: ({ flags: word, anchorAddress }) => {
    const given = word & (IPV6_ADDRESS | IPV4_ADDRESS);
    if (given === 0) return 'neither K nor N flag';
    if (given === (IPV6_ADDRESS | IPV4_ADDRESS)) return 'both K and N flag';
    // The address is read by the length; the flag has to say the same.
    const hasIpv6 = anchorAddress !== undefined;
    return hasIpv6 === (given === IPV6_ADDRESS)
      ? undefined
      : `${hasIpv6 ? 'N' : 'K'} flag, but an ${hasIpv6 ? 'IPv6' : 'IPv4'} address`;
  },
  fields: [
    flags(2, 'flags', {
      label: 'Flags',
      filter: 'mip6.redir.flags',
      bits: {
        hasIpv6Address: {
          mask: IPV6_ADDRESS,
          label: 'IPv6 r2LMA address (K)',
          filter: 'mip6.redir.k',
        },
        hasIpv4Address: {
          mask: IPV4_ADDRESS,
          label: 'IPv4 r2LMA address (N)',
          filter: 'mip6.redir.n',
        },
      },
    }),
    ipv4('ipv4AnchorAddress', {
      label: 'IPv4 r2LMA address',
      filter: 'mip6.redir.addr_r2lma_ipv4',
      when: (_, room) => room === 4,
    }),
    address('anchorAddress', {
      label: 'IPv6 r2LMA address',
      filter: 'mip6.redir.addr_r2lma_ipv6',
      when: (_, room) => room === 16,
    }),
  ],
});

const loadInformation = option({
  kind: 'load-information',
  type: 48,
  name: 'Load Information',
  filter: 'mip6.options.load_inf',
  spec: { rfc: 6463, section: '4.3' },
  align: [4, 0],
  lengths: [18],
  allowedIn: [BINDING_ACKNOWLEDGEMENT],
  fields: [
    // The lower the value the higher the priority.
    uint16('priority', { label: 'Priority', filter: 'mip6.load_inf.priority' }),
    uint32('sessionsInUse', {
      label: 'Sessions in use',
      filter: 'mip6.load_inf.sessions_in_use',
    }),
    uint32('maximumSessions', {
      label: 'Maximum sessions',
      filter: 'mip6.load_inf.maximum_sessions',
    }),
    uint32('usedCapacity', {
      label: 'Used capacity',
      filter: 'mip6.load_inf.used_capacity',
      unit: 'kB/s',
    }),
    uint32('maximumCapacity', {
      label: 'Maximum capacity',
      filter: 'mip6.load_inf.maximum_capacity',
      unit: 'kB/s',
    }),
  ],
});

const alternateIpv4CareOfAddress = option({
  kind: 'alternate-ipv4-care-of-address',
  type: 49,
  name: 'Alternate IPv4 Care-of Address',
  filter: 'mip6.options.alt_ip4',
  spec: { rfc: 6463, section: '4.4' },
  align: [4, 2],
  lengths: [4],
  // An anchor echoes it.
  allowedIn: PROXY_BINDING,
  fields: [
    ipv4('careOfAddress', { label: 'Alternate IPv4 care-of address', filter: 'mip6.alt_ip4' }),
  ],
});

/** Rows of RFC 6463. */
export const rfc6463Options = [
  redirectCapability,
  redirect,
  loadInformation,
  alternateIpv4CareOfAddress,
] as const;
