/**
 * Mobility options of fast handovers: RFC 5568 section 6.4.
 */
import { u8 } from '../../core/bytes.ts';
import { address, bytesField, uint32, uint8 } from '../../core/layout.ts';
import type { NamedValue } from '../../core/layout.ts';
import { named } from '../named.ts';
import { option } from '../option.ts';
import type { OptionFraming } from '../option.ts';
import { FMIP_AUTHORIZATION_DATA } from './authentication.ts';
import {
  CONTEXT_TRANSFER,
  FAST_BINDING_ACKNOWLEDGMENT,
  FAST_BINDING_UPDATE,
} from './message-types.ts';

/** Whose link-layer address: the mobile node's alone is defined. RFC 5568 section 6.4.4. */
const LINK_LAYER_CODES: readonly NamedValue[] = named(5568, '6.4.4', [
  [2, 'Link-Layer Address of the MN'],
]);

const linkLayerAddress = option({
  kind: 'mobility-header-link-layer-address',
  type: 7,
  name: 'Mobility Header Link-Layer Address',
  filter: 'mip6.options.mhlla',
  spec: { rfc: 5568, section: '6.4.4' },
  // Section 6.4.4 leaves it to other messages to use it.
  allowedIn: 'any',
  fields: [
    uint8('code', { label: 'Option-Code', filter: 'mip6.lla.optcode', values: LINK_LAYER_CODES }),
    bytesField('rest', 'linkLayerAddress', {
      label: 'Link-layer address',
      filter: 'mip6.lla',
      show: 'mac',
    }),
  ],
});

/** Type and Length. */
const HEADER_OCTETS = 2;
/** SPI in front of the authenticator. */
const SPI_OCTETS = 4;

/** Octets of an authenticator of HMAC_SHA1, the default. RFC 5568 section 6.4.5. */
const USUAL_AUTHENTICATOR = 12;

/** Whether `[at, end)` is padding alone, or nothing. RFC 6275 sections 6.2.2 and 6.2.3. */
function isPadding(bytes: Uint8Array, at: number, end: number): boolean {
  let place = at;
  while (place < end) {
    const type = u8(bytes, place);
    if (type === 0) {
      place++;
      continue;
    }
    if (type !== 1 || place + 1 >= end) return false;
    const next = place + HEADER_OCTETS + u8(bytes, place + 1);
    if (next > end) return false;
    for (let i = place + HEADER_OCTETS; i < next; i++) if (u8(bytes, i) !== 0) return false;
    place = next;
  }
  return place === end;
}

/** Whether options fill `[at, end)` exactly. */
function isOptionList(bytes: Uint8Array, at: number, end: number): boolean {
  let place = at;
  while (place < end) {
    if (u8(bytes, place) === 0) place++;
    else if (place + 1 < end) place += HEADER_OCTETS + u8(bytes, place + 1);
    else return false;
  }
  return place === end;
}

/**
 * Section 6.4.5 lets Length count the authenticator alone, which RFC 6275 section 6.2.1 does not: whoever skips
 * the option would land inside it. So Length counts the SPI too, unless only the other reading leaves a list of
 * options behind it. What follows is padding in most cases, as the option has to be the last.
 */
const authenticatorFraming: OptionFraming = {
  measure(bytes, at, end) {
    const length = u8(bytes, at + 1);
    const regular = at + HEADER_OCTETS + length;
    const other = regular + SPI_OCTETS;
    const leaves = (fits: typeof isPadding, to: number): boolean =>
      to <= end && fits(bytes, to, end);
    const canBeRegular = length >= SPI_OCTETS;
    const isUsual = length === SPI_OCTETS + USUAL_AUTHENTICATOR;
    const isRegular =
      (canBeRegular && leaves(isUsual ? isOptionList : isPadding, regular)) ||
      (!leaves(isPadding, other) &&
        ((canBeRegular && leaves(isOptionList, regular)) || !leaves(isOptionList, other)));
    if (!isRegular) return { octets: length + SPI_OCTETS, isRegular };
    return { octets: length, isRegular: true };
  },
  length: (octets) => octets,
};

const fmipAuthorizationData = option({
  kind: 'fmip-authorization-data',
  type: FMIP_AUTHORIZATION_DATA,
  name: 'Binding Authorization Data for FMIPv6',
  filter: 'mip6.options.badff',
  spec: { rfc: 5568, section: '6.4.5' },
  allowedIn: [FAST_BINDING_UPDATE, FAST_BINDING_ACKNOWLEDGMENT],
  framing: authenticatorFraming,
  fields: [
    // Zero: the key is one of RFC 5269.
    uint32('spi', { label: 'SPI', filter: 'mip6.badff.spi' }),
    bytesField('rest', 'authenticator', { label: 'Authenticator', filter: 'mip6.badff.auth' }),
  ],
});

/** What the address or prefix is. RFC 5568 section 6.4.2. */
const ADDRESS_CODES: readonly NamedValue[] = named(5568, '6.4.2', [
  [1, 'Old Care-of Address'],
  [2, 'New Care-of Address'],
  [3, "NAR's IP address"],
  [4, "NAR's prefix"],
]);

const addressPrefix = option({
  kind: 'mobility-header-address-prefix',
  // Section 6.4.2 prints 17, the number of the neighbor discovery option; section 11 assigns 34.
  type: 34,
  name: 'Mobility Header IPv6 Address/Prefix',
  filter: 'mip6.options.mhipv6ap',
  spec: { rfc: 5568, section: '6.4.2' },
  align: [8, 4],
  lengths: [18],
  allowedIn: CONTEXT_TRANSFER,
  // One for each of old and new care-of address.
  repeatable: true,
  check: ({ prefixLength }) =>
    prefixLength > 128 ? `prefix length ${prefixLength} exceeds 128` : undefined,
  fields: [
    uint8('code', {
      label: 'Option-Code',
      filter: 'mip6.mhipv6ap.opt_code',
      values: ADDRESS_CODES,
    }),
    uint8('prefixLength', { label: 'Prefix Length', filter: 'mip6.mhipv6ap.len', unit: 'bits' }),
    address('address', { label: 'IPv6 Address/Prefix', filter: 'mip6.mhipv6ap.ipv6_address' }),
  ],
});

/** Rows of RFC 5568. */
export const rfc5568Options = [linkLayerAddress, fmipAuthorizationData, addressPrefix] as const;
