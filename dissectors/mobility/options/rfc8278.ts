/**
 * Several paths of a mobile access gateway: RFC 8278 section 4.
 */
import { bytesField, flags, reserved, uint8 } from '../../core/layout.ts';
import { option } from '../option.ts';
import { PROXY_BINDING } from './message-types.ts';
import { identifierFault, identifierText, MOBILE_NODE_IDENTIFIER_SUBTYPES } from './rfc4283.ts';
import { ACCESS_TECHNOLOGY_TYPES } from './rfc5213.ts';

const BULK = 0x80;
const OVERWRITE = 0x40;

const multipathBinding = option({
  kind: 'mag-multipath-binding',
  type: 63,
  name: 'MAG Multipath Binding',
  filter: 'mip6.options.multipath',
  spec: { rfc: 8278, section: '4.1' },
  lengths: [6],
  allowedIn: PROXY_BINDING,
  check({ bindingIdentifier, flags: word }) {
    if (bindingIdentifier === 0 || bindingIdentifier === 255) {
      return `BID ${bindingIdentifier} is reserved, 1 to 254 are permitted`;
    }
    const both = BULK | OVERWRITE;
    return (word & both) === both ? 'B and O flags exclude each other' : undefined;
  },
  fields: [
    uint8('accessTechnology', {
      label: 'Interface access technology type (If-ATT)',
      filter: 'mip6.multipath.if_att',
      values: ACCESS_TECHNOLOGY_TYPES,
    }),
    uint8('interfaceLabel', {
      label: 'Interface label (If-Label)',
      filter: 'mip6.multipath.if_label',
    }),
    uint8('bindingIdentifier', { label: 'Binding identifier', filter: 'mip6.multipath.bid' }),
    flags(1, 'flags', {
      label: 'Flags',
      filter: 'mip6.multipath.flags',
      bits: {
        isBulk: {
          mask: BULK,
          label: 'B (bulk re-registration)',
          filter: 'mip6.multipath.b_flag',
        },
        overwrites: {
          mask: OVERWRITE,
          label: 'O (registration overwrite)',
          filter: 'mip6.multipath.o_flag',
        },
      },
    }),
    reserved(2, 'reserved', 'mip6.multipath.reserved'),
  ],
});

const gatewayIdentifier = option({
  kind: 'mag-identifier',
  type: 64,
  name: 'MAG Identifier',
  filter: 'mip6.options.mag_id',
  spec: { rfc: 8278, section: '4.2' },
  allowedIn: PROXY_BINDING,
  check: ({ subtype, identifier }) => identifierFault(identifier, subtype),
  fields: [
    uint8('subtype', {
      label: 'Subtype',
      filter: 'mip6.mag_id.subtype',
      values: MOBILE_NODE_IDENTIFIER_SUBTYPES,
    }),
    reserved(1, 'reserved', 'mip6.mag_id.reserved'),
    bytesField('rest', 'identifier', {
      label: 'Identifier',
      filter: 'mip6.mag_id.identifier',
      show: (octets, { subtype = 0 }) => identifierText(octets, subtype),
    }),
  ],
});

/** Rows of RFC 8278. */
export const rfc8278Options = [multipathBinding, gatewayIdentifier] as const;
