/**
 * Certification paths of secure neighbor discovery. RFC 3971 section 6.4.
 */
import { reserved, uint16 } from '../core/layout.ts';
import { icmpv6MessageWithOptions } from './message.ts';

/** Component of a solicitation for all certificates. RFC 3971 section 6.4.1. */
export const ALL_CERTIFICATES = 0xffff;

const identifier = uint16('identifier', {
  label: 'Identifier',
  filter: 'icmpv6.send.identifier',
});

/** Certification Path Solicitation. RFC 3971 section 6.4.1. */
export const certificationPathSolicitation = icmpv6MessageWithOptions({
  kind: 'certification-path-solicitation',
  type: 148,
  name: 'Certification Path Solicitation',
  spec: { rfc: 3971, section: '6.4.1' },
  fields: [
    identifier,
    uint16('component', {
      label: 'Component',
      filter: 'icmpv6.send.component',
      format: (value) => (value === ALL_CERTIFICATES ? `${value} (all certificates)` : `${value}`),
    }),
  ],
});

/** Certification Path Advertisement. RFC 3971 section 6.4.2. */
export const certificationPathAdvertisement = icmpv6MessageWithOptions({
  kind: 'certification-path-advertisement',
  type: 149,
  name: 'Certification Path Advertisement',
  spec: { rfc: 3971, section: '6.4.2' },
  fields: [
    identifier,
    uint16('allComponents', {
      label: 'All Components',
      filter: 'icmpv6.send.all_components',
    }),
    uint16('component', {
      label: 'Component',
      filter: 'icmpv6.send.component',
      format: (value) => (value === 0 ? '0 (last)' : `${value}`),
    }),
    reserved(2, 'reserved', 'icmpv6.reserved'),
  ],
});
