/**
 * Delegated Mobile Network Prefix option: RFC 7148 section 4.1.
 */
import { address, flags, ipv4, uint8 } from '../../core/layout.ts';
import type { FieldNumbers } from '../../core/layout.ts';
import { option } from '../option.ts';
import { PROXY_SESSION } from './message-types.ts';

const IPV4_PREFIX = 0x80;
const isIpv4 = ({ flags: word = 0 }: FieldNumbers): boolean => (word & IPV4_PREFIX) !== 0;

const delegatedMobileNetworkPrefix = option({
  kind: 'delegated-mobile-network-prefix',
  type: 55,
  name: 'Delegated Mobile Network Prefix',
  filter: 'mip6.options.dmnp',
  spec: { rfc: 7148, section: '4.1' },
  align: [8, 2],
  lengths: [6, 18],
  allowedIn: PROXY_SESSION,
  repeatable: true,
  check({ flags: word, prefixLength }) {
    const most = isIpv4({ flags: word }) ? 32 : 128;
    return prefixLength > most ? `prefix length ${prefixLength} exceeds ${most}` : undefined;
  },
  fields: [
    flags(1, 'flags', {
      label: 'Flags',
      filter: 'mip6.dmnp.flags',
      bits: {
        isIpv4: { mask: IPV4_PREFIX, label: 'V (IPv4 prefix)', filter: 'mip6.dmnp.v_flag' },
      },
    }),
    uint8('prefixLength', { label: 'Prefix length', filter: 'mip6.dmnp.prefix_len', unit: 'bits' }),
    ipv4('ipv4Prefix', {
      label: 'IPv4 delegated mobile network prefix',
      filter: 'mip6.dmnp.dmnp_ipv4',
      when: isIpv4,
    }),
    address('prefix', {
      label: 'IPv6 delegated mobile network prefix',
      filter: 'mip6.dmnp.dmnp_ipv6',
      when: (numbers) => !isIpv4(numbers),
    }),
  ],
});

/** Rows of RFC 7148. */
export const rfc7148Options = [delegatedMobileNetworkPrefix] as const;
