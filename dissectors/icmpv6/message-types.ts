/**
 * ICMPv6 types, and how options name the messages they may stand in.
 */
import type { NamedValue } from '../core/layout.ts';

/** Type of the messages of fast handovers, told apart by a subtype. RFC 5568 section 6.1. */
export const FMIPV6 = 154;

/** Key of a message in option tables: its type, with a subtype both. */
export function messageKey(type: number, subtype: number | undefined): number {
  return subtype === undefined ? type : (type << 8) | subtype;
}

/** Messages with neighbor discovery options, by key. */
export const MESSAGE = {
  routerSolicitation: 133,
  routerAdvertisement: 134,
  neighborSolicitation: 135,
  neighborAdvertisement: 136,
  redirect: 137,
  inverseSolicitation: 141,
  inverseAdvertisement: 142,
  mobilePrefixSolicitation: 146,
  mobilePrefixAdvertisement: 147,
  certificationPathSolicitation: 148,
  certificationPathAdvertisement: 149,
  routerSolicitationForProxyAdvertisement: messageKey(FMIPV6, 2),
  proxyRouterAdvertisement: messageKey(FMIPV6, 3),
  handoverInitiate: messageKey(FMIPV6, 4),
  handoverAcknowledge: messageKey(FMIPV6, 5),
} as const;

/** Types that are named and not decoded, and the type whose messages have subtypes. RFC 4443 section 2.1 and the registry of types. */
export const UNDECODED_TYPES: readonly NamedValue[] = [
  { value: 100, name: 'Private experimentation', spec: { rfc: 4443, section: '2.1' } },
  { value: 101, name: 'Private experimentation', spec: { rfc: 4443, section: '2.1' } },
  {
    value: 127,
    name: 'Reserved for expansion of ICMPv6 error messages',
    spec: { rfc: 4443, section: '2.1' },
  },
  { value: 138, name: 'Router Renumbering' },
  { value: 150, name: 'Experimental mobility protocols' },
  { value: 151, name: 'Multicast Router Advertisement' },
  { value: 152, name: 'Multicast Router Solicitation' },
  { value: 153, name: 'Multicast Router Termination' },
  { value: FMIPV6, name: 'Fast handover', spec: { rfc: 5568, section: '6.1' } },
  { value: 155, name: 'RPL Control' },
  { value: 156, name: 'ILNPv6 Locator Update' },
  { value: 157, name: 'Duplicate Address Request' },
  { value: 158, name: 'Duplicate Address Confirmation' },
  { value: 159, name: 'MPL Control' },
  { value: 160, name: 'Extended Echo Request' },
  { value: 161, name: 'Extended Echo Reply' },
  { value: 200, name: 'Private experimentation', spec: { rfc: 4443, section: '2.1' } },
  { value: 201, name: 'Private experimentation', spec: { rfc: 4443, section: '2.1' } },
  {
    value: 255,
    name: 'Reserved for expansion of ICMPv6 informational messages',
    spec: { rfc: 4443, section: '2.1' },
  },
];
