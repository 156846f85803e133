/**
 * Payloads that came to IKEv1 later: NAT traversal (RFC 3947), configuration mode, and the fragments of one
 * vendor.
 */
import {
  address,
  bytesField,
  concatenate,
  ipv4,
  layout,
  nameOfValue,
  reserved,
  uint16,
  uint8,
  when,
} from '../../core/layout.ts';
import type { FieldNumbers } from '../../core/layout.ts';
import type { AttributeList } from '../attribute.ts';
import { CONFIGURATION_TYPE_NAMES } from '../names/configuration.ts';
import { ID_TYPE, IKEV1_ID_NAMES } from '../names/identity.ts';
import { layoutBody, layoutTree, payload } from '../payload.ts';
import type { PayloadBody } from '../payload.ts';
import { configurationAttributes } from './attributes.ts';

/**
 * NAT-D: 20 of RFC 3947, 130 of its drafts 01 to 03. Drafts 04 to 08 use 15, which GDOI has for SA KEK: but
 * GDOI runs on port 848 (RFC 6407), and this is ports 500 and 4500.
 */
export const natDiscovery = payload({
  kind: 'natDiscovery',
  types: [20, 130, 15],
  spec: { rfc: 3947, section: '3.2' },
  body: layoutBody(
    layout({
      name: 'NAT-D',
      spec: { rfc: 3947, section: '3.2' },
      fields: [
        bytesField('rest', 'hash', {
          label: 'Hash of cookies, address and port',
          filter: 'isakmp.ike.nat_hash',
        }),
      ],
    }),
  ),
});

/** NAT-OA: 21 of RFC 3947, 131 of drafts 01 to 03, 16 of drafts 04 to 08. */
export const natOriginalAddress = payload({
  kind: 'natOriginalAddress',
  types: [21, 131, 16],
  spec: { rfc: 3947, section: '5.2' },
  body: layoutBody(
    layout({
      name: 'NAT-OA',
      spec: { rfc: 3947, section: '5.2' },
      fields: [
        uint8('idType', { label: 'ID Type', filter: 'isakmp.id.type', values: IKEV1_ID_NAMES }),
        reserved(3, 'reserved', 'isakmp.reserved'),
        when(
          (numbers: FieldNumbers) => numbers['idType'] === ID_TYPE.ipv4Address,
          ipv4('ipv4Address', {
            label: 'Original IPv4 address',
            filter: 'isakmp.ike.nat_original_address_ipv4',
          }),
        ),
        when(
          (numbers: FieldNumbers) => numbers['idType'] === ID_TYPE.ipv6Address,
          address('ipv6Address', {
            label: 'Original IPv6 address',
            filter: 'isakmp.ike.nat_original_address_ipv6',
          }),
        ),
      ],
    }),
  ),
});

/** Fragment of a message, as one vendor sends them. No RFC. */
export const vendorFragment = payload({
  kind: 'vendorFragment',
  types: [132],
  spec: { rfc: 2408, section: '3.2' },
  body: layoutBody(
    layout({
      name: 'Vendor fragment',
      fields: [
        uint16('fragmentId', { label: 'Fragment ID', filter: 'isakmp.frag.packetid', hex: true }),
        uint8('sequence', { label: 'Fragment sequence', filter: 'isakmp.frag.seq' }),
        uint8('last', {
          label: 'Last fragment',
          filter: 'isakmp.frag.last',
          values: [
            { value: 0, name: 'more fragments' },
            { value: 1, name: 'last fragment' },
          ],
        }),
        bytesField('rest', 'data', { label: 'Fragment data', filter: 'isakmp.frag.data' }),
      ],
    }),
    { summary: ({ fragmentId, sequence }) => `fragment ${sequence} of message ${fragmentId}` },
  ),
});

/** Content of an Attributes payload of configuration mode. */
export interface Ikev1Configuration extends AttributeList {
  /** 1 request, 2 reply, 3 set, 4 acknowledgement. */
  readonly configurationType: number;
  readonly identifier: number;
  /** Octet after the type, when not zero. */
  readonly reserved?: Uint8Array;
}

const head = layout({
  name: 'Attributes',
  fields: [
    uint8('configurationType', {
      label: 'Type',
      filter: 'isakmp.cfg.type',
      values: CONFIGURATION_TYPE_NAMES,
    }),
    reserved(1, 'reserved', 'isakmp.reserved'),
    uint16('identifier', { label: 'Identifier', filter: 'isakmp.cfg.identifier' }),
  ],
});
const OCTETS = head.fixedOctets;

const configurationBody: PayloadBody<Ikev1Configuration> = {
  formats: [head, ...configurationAttributes.formats],

  decode(bytes, offset, end, diagnostics) {
    const value = head.decode(bytes, offset, end);
    if (value === undefined) return undefined;
    const list = configurationAttributes.decode(bytes, offset + OCTETS, end, diagnostics);
    return { ...value, ...list };
  },

  encode: (value) => concatenate([head.encode(value), configurationAttributes.encode(value)]),

  tree(bytes, offset, end, source) {
    const headEnd = Math.min(end, offset + OCTETS);
    return [
      ...layoutTree(head, bytes, offset, headEnd, source),
      ...configurationAttributes.tree(bytes, headEnd, end, source),
    ];
  },

  summary(bytes, offset, end) {
    const type = head.decode(bytes, offset, end)?.configurationType;
    return type === undefined ? '' : (nameOfValue(CONFIGURATION_TYPE_NAMES, type) ?? `${type}`);
  },
};

/** Attributes of configuration mode. */
export const configuration = payload({
  kind: 'configuration',
  types: [14],
  spec: { rfc: 2408, section: '3.2' },
  body: configurationBody,
});
