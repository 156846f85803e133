/**
 * Inverse neighbor discovery: which addresses has a link-layer address. RFC 3122 section 2.
 */
import { reserved } from '../core/layout.ts';
import { icmpv6MessageWithOptions } from './message.ts';

/** Inverse Neighbor Discovery Solicitation. RFC 3122 section 2.1. */
export const inverseSolicitation = icmpv6MessageWithOptions({
  kind: 'inverse-neighbor-discovery-solicitation',
  type: 141,
  name: 'Inverse Neighbor Discovery Solicitation',
  spec: { rfc: 3122, section: '2.1' },
  fields: [reserved(4, 'reserved', 'icmpv6.reserved')],
});

/** Inverse Neighbor Discovery Advertisement. RFC 3122 section 2.2. */
export const inverseAdvertisement = icmpv6MessageWithOptions({
  kind: 'inverse-neighbor-discovery-advertisement',
  type: 142,
  name: 'Inverse Neighbor Discovery Advertisement',
  spec: { rfc: 3122, section: '2.2' },
  fields: [reserved(4, 'reserved', 'icmpv6.reserved')],
});
