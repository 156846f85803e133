/**
 * Mobile prefix discovery. RFC 6275 sections 6.7 and 6.8.
 */
import { flags, reserved, uint16 } from '../core/layout.ts';
import { icmpv6MessageWithOptions } from './message.ts';

/** Mobile Prefix Solicitation. RFC 6275 section 6.7. */
export const mobilePrefixSolicitation = icmpv6MessageWithOptions({
  kind: 'mobile-prefix-solicitation',
  type: 146,
  name: 'Mobile Prefix Solicitation',
  spec: { rfc: 6275, section: '6.7' },
  fields: [
    uint16('identifier', { label: 'Identifier', filter: 'icmpv6.mip6.identifier' }),
    reserved(2, 'reserved', 'icmpv6.reserved'),
  ],
});

/** Flags of a Mobile Prefix Advertisement. RFC 6275 section 6.8. */
export const MOBILE_PREFIX_ADVERTISEMENT_FLAGS = {
  managed: {
    mask: 0x8000,
    label: 'Managed address configuration (M)',
    filter: 'icmpv6.mip6.flag.m',
  },
  other: { mask: 0x4000, label: 'Other configuration (O)', filter: 'icmpv6.mip6.flag.o' },
} as const;

/** Mobile Prefix Advertisement. RFC 6275 section 6.8. */
export const mobilePrefixAdvertisement = icmpv6MessageWithOptions({
  kind: 'mobile-prefix-advertisement',
  type: 147,
  name: 'Mobile Prefix Advertisement',
  spec: { rfc: 6275, section: '6.8' },
  fields: [
    uint16('identifier', { label: 'Identifier', filter: 'icmpv6.mip6.identifier' }),
    flags(2, 'flags', {
      label: 'Flags',
      filter: 'icmpv6.mip6.flag',
      bits: MOBILE_PREFIX_ADVERTISEMENT_FLAGS,
    }),
  ],
});
