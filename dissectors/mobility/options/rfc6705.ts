/**
 * MAG IPv6 Address option of localized routing: RFC 6705 section 11.1.
 */
import { address, reserved, uint8 } from '../../core/layout.ts';
import { option } from '../option.ts';
import { LOCALIZED_ROUTING_INITIATION } from './message-types.ts';

const ADDRESS_BITS = 128;

const magIpv6Address = option({
  kind: 'mag-ipv6-address',
  type: 51,
  name: 'MAG IPv6 Address',
  filter: 'mip6.options.mag_ipv6',
  spec: { rfc: 6705, section: '11.1' },
  align: [8, 4],
  lengths: [18],
  allowedIn: [LOCALIZED_ROUTING_INITIATION],
  check: ({ addressLength }) =>
    addressLength === ADDRESS_BITS ? undefined : `address length ${addressLength} is not 128`,
  fields: [
    reserved(1, 'reserved', 'mip6.mag_ipv6.reserved'),
    uint8('addressLength', {
      label: 'Address length',
      filter: 'mip6.mag_ipv6.address_length',
      unit: 'bits',
    }),
    address('gatewayAddress', { label: 'MAG IPv6 address', filter: 'mip6.mag_ipv6.address' }),
  ],
});

/** Rows of RFC 6705. */
export const rfc6705Options = [magIpv6Address] as const;
