/**
 * LMA User-Plane Address option: RFC 7389 section 4.
 */
import { address, ipv4, reserved } from '../../core/layout.ts';
import { option } from '../option.ts';
import { BINDING_ACKNOWLEDGEMENT, BINDING_UPDATE, PROXY_SESSION } from './message-types.ts';

const isZero = (octet: number): boolean => octet === 0;

const userPlaneAddress = option({
  kind: 'lma-user-plane-address',
  type: 59,
  name: 'LMA User-Plane Address',
  filter: 'mip6.options.lma_up',
  spec: { rfc: 7389, section: '4' },
  align: [8, 2],
  lengths: [2, 6, 18],
  allowedIn: PROXY_SESSION,
  // One for IPv4 and one for IPv6 transport.
  repeatable: true,
  check({ ipv4Address, address: ipv6Address }, mhType) {
    const octets = ipv4Address ?? ipv6Address;
    const isRequest = octets?.every(isZero) ?? true;
    if (mhType === BINDING_ACKNOWLEDGEMENT && isRequest) return 'no address in an acknowledgement';
    // The address is the anchor's to give.
    return mhType === BINDING_UPDATE && !isRequest
      ? 'an address in a request must be absent or zero'
      : undefined;
  },
  fields: [
    reserved(2, 'reserved', 'mip6.lma_up.reserved'),
    ipv4('ipv4Address', {
      label: 'LMA user-plane address',
      filter: 'mip6.lma_up.ipv4',
      when: (_, room) => room === 4,
    }),
    address('address', {
      label: 'LMA user-plane address',
      filter: 'mip6.lma_up.ipv6',
      when: (_, room) => room === 16,
    }),
  ],
});

/** Rows of RFC 7389. */
export const rfc7389Options = [userPlaneAddress] as const;
