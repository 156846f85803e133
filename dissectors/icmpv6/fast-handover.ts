/**
 * Fast handover messages: one ICMPv6 type, told apart by the subtype after the checksum. RFC 5568 section 6.1.
 */
import { flags, layout, reserved, uint16, uint8 } from '../core/layout.ts';
import { icmpv6MessageWithOptions } from './message.ts';
import { FMIPV6 } from './message-types.ts';

const identifier = uint16('identifier', {
  label: 'Identifier',
  filter: 'icmpv6.fmip6.identifier',
});

/** Router Solicitation for Proxy Advertisement. RFC 5568 section 6.1.1. */
export const routerSolicitationForProxyAdvertisement = icmpv6MessageWithOptions({
  kind: 'router-solicitation-for-proxy-advertisement',
  type: FMIPV6,
  subtype: 2,
  name: 'Router Solicitation for Proxy Advertisement',
  spec: { rfc: 5568, section: '6.1.1' },
  fields: [reserved(1, 'reserved', 'icmpv6.reserved'), identifier],
});

/** Flags of a Proxy Router Advertisement: two documents use the first bit. */
export const PROXY_ROUTER_ADVERTISEMENT_FLAGS = {
  multicastOrReactive: {
    mask: 0x80,
    label: 'Multicast supported (RFC 7411) or reactive mode only (RFC 5271)',
    filter: 'icmpv6.fmip6.prrtadv.flag.m_or_r',
    spec: { rfc: 7411, section: '5.1' },
  },
} as const;

/** Proxy Router Advertisement. RFC 5568 section 6.1.2. */
export const proxyRouterAdvertisement = icmpv6MessageWithOptions({
  kind: 'proxy-router-advertisement',
  type: FMIPV6,
  subtype: 3,
  name: 'Proxy Router Advertisement',
  spec: { rfc: 5568, section: '6.1.2' },
  codes: [
    { value: 0, name: 'solicited, with information about new routers' },
    { value: 1, name: 'unsolicited, start a handover' },
    { value: 2, name: 'no information about a new router' },
    { value: 3, name: 'information for a part of the access points' },
    { value: 4, name: 'unsolicited, no handover' },
    { value: 5, name: 'use DHCP at the new access router' },
  ],
  fields: [
    flags(1, 'flags', {
      label: 'Flags',
      filter: 'icmpv6.fmip6.prrtadv.flag',
      bits: PROXY_ROUTER_ADVERTISEMENT_FLAGS,
    }),
    identifier,
  ],
});

/**
 * Handover Initiate as an ICMPv6 message: replaced by the Mobility Header message. RFC 5568 section 11 keeps the
 * subtype as deprecated; its layout was in RFC 4068.
 */
export const icmpv6HandoverInitiate = icmpv6MessageWithOptions({
  kind: 'icmpv6-handover-initiate',
  type: FMIPV6,
  subtype: 4,
  name: 'Handover Initiate (deprecated, layout unverified)',
  spec: { rfc: 5568, section: '11' },
  // Those of RFC 4068 are not at hand.
  codes: [],
  fields: [
    flags(1, 'flags', {
      label: 'Flags',
      filter: 'icmpv6.fmip6.hi.flag',
      bits: {
        assigned: {
          mask: 0x80,
          label: 'Assigned address configuration (S)',
          filter: 'icmpv6.fmip6.hi.flag.s',
        },
        buffer: { mask: 0x40, label: 'Buffer (U)', filter: 'icmpv6.fmip6.hi.flag.a' },
      },
    }),
    identifier,
  ],
});

/** Handover Acknowledge as an ICMPv6 message, deprecated as Handover Initiate is. RFC 5568 section 11. */
export const icmpv6HandoverAcknowledge = icmpv6MessageWithOptions({
  kind: 'icmpv6-handover-acknowledge',
  type: FMIPV6,
  subtype: 5,
  name: 'Handover Acknowledge (deprecated, layout unverified)',
  spec: { rfc: 5568, section: '11' },
  codes: [],
  fields: [reserved(1, 'reserved', 'icmpv6.reserved'), identifier],
});

/** Messages of the type, by their subtype. */
const MESSAGES = [
  routerSolicitationForProxyAdvertisement,
  proxyRouterAdvertisement,
  icmpv6HandoverInitiate,
  icmpv6HandoverAcknowledge,
];

/** Octet after the checksum. RFC 5568 section 11. */
export const fastHandoverSubtype = layout({
  name: 'Fast handover subtype',
  spec: { rfc: 5568, section: '11' },
  fields: [
    uint8('subtype', {
      label: 'Subtype',
      filter: 'icmpv6.fmip6.subtype',
      values: [
        { value: 0, name: 'reserved' },
        { value: 1, name: 'reserved' },
        ...MESSAGES.map(({ subtype, name, spec }) => ({ value: subtype ?? 0, name, spec })),
      ],
    }),
  ],
});
