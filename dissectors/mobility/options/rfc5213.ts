/**
 * Mobility options of Proxy Mobile IPv6: RFC 5213 section 8, with the additions of RFC 7864.
 */
import { isLinkLocal, isUnspecified } from '../../core/address.ts';
import { address, bytesField, flags, reserved, uint8 } from '../../core/layout.ts';
import type { NamedValue } from '../../core/layout.ts';
import { option } from '../option.ts';
import {
  BINDING_REVOCATION,
  LOCALIZED_ROUTING,
  PROXY_BINDING,
  PROXY_SESSION,
  SUBSCRIPTION_QUERY,
  SUBSCRIPTION_RESPONSE,
} from './message-types.ts';

const homeNetworkPrefix = option({
  kind: 'home-network-prefix',
  type: 22,
  name: 'Home Network Prefix',
  filter: 'mip6.options.hnp',
  spec: { rfc: 5213, section: '8.3' },
  align: [8, 4],
  lengths: [18],
  // RFC 5949 section 6.2.4, RFC 5846 section 5, RFC 6705 section 10, RFC 7161 section 4.3.
  allowedIn: [
    ...PROXY_SESSION,
    BINDING_REVOCATION,
    ...LOCALIZED_ROUTING,
    SUBSCRIPTION_QUERY,
    SUBSCRIPTION_RESPONSE,
  ],
  repeatable: true,
  check: ({ prefixLength }) =>
    prefixLength > 128 ? `prefix length ${prefixLength} exceeds 128` : undefined,
  fields: [
    flags(1, 'flags', {
      label: 'Flags',
      filter: 'mip6.hnp.flags',
      bits: {
        offLink: {
          mask: 0x80,
          label: 'Off-link Home Network Prefix (L)',
          filter: 'mip6.hnp.l_flag',
          spec: { rfc: 7864, section: '4.1' },
        },
      },
    }),
    uint8('prefixLength', { label: 'Prefix length', filter: 'mip6.nemo.mnp.pfl', unit: 'bits' }),
    address('prefix', { label: 'Home network prefix', filter: 'mip6.nemo.mnp.mnp' }),
  ],
});

const handoff: Pick<NamedValue, 'spec'> = { spec: { rfc: 5213, section: '8.4' } };

/** Handoff Indicator. RFC 5213 section 8.4. */
export const HANDOFF_INDICATORS: readonly NamedValue[] = [
  { value: 0, name: 'Reserved', ...handoff },
  { value: 1, name: 'Attachment over a new interface', ...handoff },
  { value: 2, name: 'Handoff between two different interfaces of the mobile node', ...handoff },
  { value: 3, name: 'Handoff between mobile access gateways for the same interface', ...handoff },
  { value: 4, name: 'Handoff state unknown', ...handoff },
  { value: 5, name: 'Handoff state not changed (Re-registration)', ...handoff },
  {
    value: 6,
    name: 'Attachment over a new interface sharing prefixes',
    spec: { rfc: 7864, section: '7' },
  },
];

const handoffIndicator = option({
  kind: 'handoff-indicator',
  type: 23,
  name: 'Handoff Indicator',
  filter: 'mip6.options.hi',
  spec: { rfc: 5213, section: '8.4' },
  lengths: [2],
  allowedIn: PROXY_SESSION,
  check: ({ indicator }) => (indicator === 0 ? 'handoff indicator 0 is reserved' : undefined),
  fields: [
    reserved(1, 'reserved', 'mip6.hi.reserved'),
    uint8('indicator', {
      label: 'Handoff indicator',
      filter: 'mip6.hi',
      values: HANDOFF_INDICATORS,
    }),
  ],
});

const access: Pick<NamedValue, 'spec'> = { spec: { rfc: 5213, section: '8.5' } };

/**
 * Access Technology Type. RFC 5213 section 8.5; values from 6 on are from the registry of numbers, no document
 * of which was compared.
 */
export const ACCESS_TECHNOLOGY_TYPES: readonly NamedValue[] = [
  { value: 0, name: 'Reserved', ...access },
  { value: 1, name: 'Virtual', ...access },
  { value: 2, name: 'PPP', ...access },
  { value: 3, name: 'IEEE 802.3', ...access },
  { value: 4, name: 'IEEE 802.11a/b/g', ...access },
  { value: 5, name: 'IEEE 802.16e', ...access },
  { value: 6, name: '3GPP GERAN (unverified)' },
  { value: 7, name: '3GPP UTRAN (unverified)' },
  { value: 8, name: '3GPP E-UTRAN (unverified)' },
  { value: 9, name: '3GPP2 eHRPD (unverified)' },
  { value: 10, name: '3GPP2 HRPD (unverified)' },
  { value: 11, name: '3GPP2 1xRTT (unverified)' },
  { value: 12, name: '3GPP2 UMB (unverified)' },
];

const accessTechnologyType = option({
  kind: 'access-technology-type',
  type: 24,
  name: 'Access Technology Type',
  filter: 'mip6.options.att',
  spec: { rfc: 5213, section: '8.5' },
  lengths: [2],
  // RFC 5846 section 8.1: to tell a binding from others of the node.
  allowedIn: [...PROXY_SESSION, BINDING_REVOCATION],
  check: ({ technology }) =>
    technology === 0 ? 'access technology type 0 is reserved' : undefined,
  fields: [
    reserved(1, 'reserved', 'mip6.att.reserved'),
    uint8('technology', {
      label: 'Access technology type',
      filter: 'mip6.att',
      values: ACCESS_TECHNOLOGY_TYPES,
    }),
  ],
});

/** Aligned by the size of the identifier: no one rule. RFC 5213 section 8.6. */
const linkLayerIdentifier = option({
  kind: 'mobile-node-link-layer-identifier',
  type: 25,
  name: 'Mobile Node Link-layer Identifier',
  filter: 'mip6.options.mnlli',
  spec: { rfc: 5213, section: '8.6' },
  // RFC 5846 section 8.1: to tell a binding from others of the node.
  allowedIn: [...PROXY_SESSION, BINDING_REVOCATION],
  // Where there is no link-layer address the option cannot be used.
  check: ({ identifier }) => (identifier.length === 0 ? 'no identifier' : undefined),
  fields: [
    reserved(2, 'reserved', 'mip6.mnlli.reserved'),
    bytesField('rest', 'identifier', {
      label: 'Link-layer identifier',
      filter: 'mip6.mnlli.lli',
      show: 'mac',
    }),
  ],
});

const linkLocalAddress = option({
  kind: 'link-local-address',
  type: 26,
  name: 'Link-local Address',
  filter: 'mip6.options.lla',
  spec: { rfc: 5213, section: '8.7' },
  align: [8, 6],
  lengths: [16],
  allowedIn: PROXY_SESSION,
  // The unspecified address asks for one: section 6.9.1.1.
  check: ({ linkLocalAddress: value }) =>
    isLinkLocal(value) || isUnspecified(value) ? undefined : 'the address is not link-local',
  fields: [address('linkLocalAddress', { label: 'Link-local address', filter: 'mip6.lila_lla' })],
});

const timestamp = option({
  kind: 'timestamp',
  type: 27,
  name: 'Timestamp',
  filter: 'mip6.options.ts',
  spec: { rfc: 5213, section: '8.8' },
  align: [8, 2],
  lengths: [8],
  allowedIn: PROXY_BINDING,
  fields: [
    bytesField(8, 'timestamp', {
      label: 'Timestamp',
      filter: 'mip6.timestamp_tmp',
      show: 'timestamp',
    }),
  ],
});

/** Rows of RFC 5213. */
export const rfc5213Options = [
  homeNetworkPrefix,
  handoffIndicator,
  accessTechnologyType,
  linkLayerIdentifier,
  linkLocalAddress,
  timestamp,
] as const;
