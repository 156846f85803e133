/**
 * Civic addresses: elements of type, length and UTF-8 text, any of them in any order. RFC 4776 sections 3.3, 3.4.
 */
import { bytesField } from '../core/layout.ts';
import { tlv, tlvCodec } from '../core/tlv.ts';

/** Element of a type: its text. `Language` and `Script` tell those of the elements that follow. */
function element<const Kind extends string>(kind: Kind, type: number, name: string) {
  return tlv({
    kind,
    type,
    name,
    spec: { rfc: 4776, section: '3.4' },
    fields: [
      bytesField('rest', 'value', {
        label: name,
        filter: 'mip6.acc_net_id.civic.cavalue',
        show: 'text',
      }),
    ],
  });
}

/** Codec of civic address elements. RFC 4776 section 3.3. */
export const civicElements = tlvCodec(
  {
    name: 'Civic address element',
    spec: { rfc: 4776, section: '3.3' },
    typeFilter: 'mip6.acc_net_id.civic.catype',
    lengthFilter: 'mip6.acc_net_id.civic.calength',
    dataFilter: 'mip6.acc_net_id.civic.data',
    names: [{ value: 255, name: 'reserved' }],
  },
  [
    element('language', 0, 'Language'),
    element('national-subdivision', 1, 'National subdivision (A1)'),
    element('county', 2, 'County, parish or district (A2)'),
    element('city', 3, 'City or township (A3)'),
    element('city-division', 4, 'City division (A4)'),
    element('neighborhood', 5, 'Neighborhood or block (A5)'),
    element('street-group', 6, 'Group of streets (A6)'),
    element('leading-street-direction', 16, 'Leading street direction'),
    element('trailing-street-suffix', 17, 'Trailing street suffix'),
    element('street-suffix', 18, 'Street suffix or type'),
    element('house-number', 19, 'House number'),
    element('house-number-suffix', 20, 'House number suffix'),
    element('landmark', 21, 'Landmark or vanity address'),
    element('additional-location', 22, 'Additional location information'),
    element('name', 23, 'Name'),
    element('postal-code', 24, 'Postal code'),
    element('building', 25, 'Building'),
    element('unit', 26, 'Unit'),
    element('floor', 27, 'Floor'),
    element('room', 28, 'Room'),
    element('type-of-place', 29, 'Type of place'),
    element('postal-community', 30, 'Postal community name'),
    element('post-office-box', 31, 'Post office box'),
    element('additional-code', 32, 'Additional code'),
    element('seat', 33, 'Seat'),
    element('primary-road', 34, 'Primary road name'),
    element('road-section', 35, 'Road section'),
    element('branch-road', 36, 'Branch road name'),
    element('sub-branch-road', 37, 'Sub-branch road name'),
    element('street-name-pre-modifier', 38, 'Street name pre-modifier'),
    element('street-name-post-modifier', 39, 'Street name post-modifier'),
    element('script', 128, 'Script'),
  ],
);
