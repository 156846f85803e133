/**
 * Mobility options of the authentication protocol: RFC 4285 sections 5 and 6.
 */
import { bytesField, uint32, uint8 } from '../../core/layout.ts';
import type { NamedValue } from '../../core/layout.ts';
import { named } from '../named.ts';
import { option } from '../option.ts';
import { MESSAGE_AUTHENTICATION } from './authentication.ts';
import { BINDING_ACKNOWLEDGEMENT, BINDING_UPDATE } from './message-types.ts';

/** Subtypes of message authentication: who checks it. RFC 4285 section 8. */
export const AUTHENTICATION_SUBTYPE = { mnHa: 1, mnAaa: 2 } as const;

const SUBTYPES: readonly NamedValue[] = named(4285, '8', [
  [AUTHENTICATION_SUBTYPE.mnHa, 'MN-HA mobility message authentication'],
  [AUTHENTICATION_SUBTYPE.mnAaa, 'MN-AAA mobility message authentication'],
]);

/** Octets of the authentication data of MN-HA: First(96, HMAC_SHA1). RFC 4285 section 5.1. */
const MN_HA_OCTETS = 12;
/** Mobility SPIs below are reserved: they name algorithms. RFC 4285 sections 5.1 and 8. */
const FIRST_MOBILITY_SPI = 256;

const messageAuthentication = option({
  kind: 'message-authentication',
  type: MESSAGE_AUTHENTICATION,
  name: 'Mobility Message Authentication',
  filter: 'mip6.options.auth',
  spec: { rfc: 4285, section: '5' },
  align: [4, 1],
  allowedIn: [BINDING_UPDATE, BINDING_ACKNOWLEDGEMENT],
  // Once for each subtype: a message check.
  repeatable: true,
  check: ({ subtype, mobilitySpi, authenticationData: { length } }) => {
    if (subtype !== AUTHENTICATION_SUBTYPE.mnHa) return undefined;
    if (length !== MN_HA_OCTETS) return `MN-HA data of ${length} octets, expected ${MN_HA_OCTETS}`;
    return mobilitySpi < FIRST_MOBILITY_SPI ? `reserved mobility SPI ${mobilitySpi}` : undefined;
  },
  fields: [
    uint8('subtype', { label: 'Subtype', filter: 'mip6.auth.subtype', values: SUBTYPES }),
    uint32('mobilitySpi', { label: 'Mobility SPI', filter: 'mip6.auth.mobility_spi' }),
    bytesField('rest', 'authenticationData', {
      label: 'Authentication data',
      filter: 'mip6.auth.auth_data',
    }),
  ],
});

const replayProtection = option({
  kind: 'replay-protection',
  type: 10,
  name: 'Mobility Message Replay Protection',
  filter: 'mip6.options.mseg_id',
  spec: { rfc: 4285, section: '6' },
  align: [8, 2],
  lengths: [8],
  allowedIn: [BINDING_UPDATE, BINDING_ACKNOWLEDGEMENT],
  fields: [
    bytesField(8, 'timestamp', {
      label: 'Timestamp',
      filter: 'mip6.mseg_id.timestamp',
      show: 'ntp',
    }),
  ],
});

/** Rows of RFC 4285. */
export const rfc4285Options = [messageAuthentication, replayProtection] as const;
