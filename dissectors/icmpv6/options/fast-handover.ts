/**
 * Options of fast handovers: RFC 5568 section 6.4, RFC 5269 section 4, RFC 5271 section 6.
 */
import { formatMac } from '../../core/address.ts';
import { address, bytesField, flags, reserved, uint16, uint8 } from '../../core/layout.ts';
import { hexText } from '../../core/show.ts';
import { printable } from '../../core/text.ts';
import { MESSAGE } from '../message-types.ts';
import { ndOption } from '../nd-option.ts';
import { RESERVED, padding } from './rows.ts';

/** Bits of an address. */
const ADDRESS_BITS = 128;

const FAST_HANDOVER = [
  MESSAGE.routerSolicitationForProxyAdvertisement,
  MESSAGE.proxyRouterAdvertisement,
  MESSAGE.handoverInitiate,
  MESSAGE.handoverAcknowledge,
] as const;

const addressOrPrefix = ndOption({
  kind: 'ip-address-or-prefix',
  type: 17,
  name: 'IP Address/Prefix',
  spec: { rfc: 5568, section: '6.4.1' },
  units: { from: 3, to: 3 },
  allowedIn: FAST_HANDOVER,
  check: ({ prefixLength }, report) => {
    if (prefixLength > ADDRESS_BITS) report('ND_PREFIX_LENGTH', `${prefixLength} bits`);
  },
  fields: [
    uint8('optionCode', {
      label: 'Option-Code',
      filter: 'icmpv6.opt.ipa.option_code',
      values: [
        { value: 1, name: 'Old Care-of Address' },
        { value: 2, name: 'New Care-of Address' },
        { value: 3, name: "NAR's IP address" },
        { value: 4, name: "NAR's Prefix" },
      ],
    }),
    uint8('prefixLength', {
      label: 'Prefix Length',
      filter: 'icmpv6.opt.ipa.prefix_len',
      unit: 'bits',
    }),
    reserved(4, 'reserved', RESERVED),
    address('address', { label: 'IPv6 Address', filter: 'icmpv6.opt.ipa.ipv6_address' }),
  ],
});

/** Of RFC 4068, which RFC 5568 replaced and whose text the project does not have. */
const newRouterPrefix = ndOption({
  kind: 'new-router-prefix-information',
  type: 18,
  name: 'New Router Prefix Information (layout unverified)',
  spec: { rfc: 4068, section: '6.4.2' },
  units: { from: 3, to: 3 },
  allowedIn: FAST_HANDOVER,
  fields: [
    uint8('optionCode', { label: 'Option-Code', filter: 'icmpv6.opt.nrpi.option_code' }),
    uint8('prefixLength', {
      label: 'Prefix Length',
      filter: 'icmpv6.opt.nrpi.prefix_len',
      unit: 'bits',
    }),
    reserved(4, 'reserved', RESERVED),
    address('prefix', { label: 'Prefix', filter: 'icmpv6.opt.nrpi.prefix' }),
  ],
});

/** Octets of an Ethernet address. */
const MAC_OCTETS = 6;

/** The option has no length of the address: 13 octets of which 7 zeros are the padding of an Ethernet address. */
function linkLayerText(octets: Uint8Array): string {
  const isEthernet =
    octets.length === 13 && octets.subarray(MAC_OCTETS).every((octet) => octet === 0);
  if (!isEthernet) return hexText(octets);
  return `${formatMac(octets)} and ${octets.length - MAC_OCTETS} zero octets`;
}

/** Values of the Option-Code of a link-layer address. RFC 5568 section 6.4.3. */
export const LINK_LAYER_ADDRESS_CODE = { wildcard: 0, newAccessPoint: 1 } as const;

const linkLayerAddress = ndOption({
  kind: 'link-layer-address',
  type: 19,
  name: 'Link-layer Address',
  spec: { rfc: 5568, section: '6.4.3' },
  allowedIn: [
    ...FAST_HANDOVER,
    // RFC 5271 section 5.1 has an unsolicited advertisement with one.
    MESSAGE.neighborAdvertisement,
  ],
  fields: [
    uint8('optionCode', {
      label: 'Option-Code',
      filter: 'icmpv6.opt.lla.option_code',
      values: [
        { value: LINK_LAYER_ADDRESS_CODE.wildcard, name: 'Wildcard: all nearby access points' },
        { value: LINK_LAYER_ADDRESS_CODE.newAccessPoint, name: 'New Access Point' },
        { value: 2, name: 'MN' },
        { value: 3, name: 'NAR (Proxied Originator)' },
        { value: 4, name: 'source of RtSolPr or PrRtAdv' },
        { value: 5, name: 'access point belongs to the current interface of the router' },
        { value: 6, name: 'no prefix information for the access point' },
        { value: 7, name: 'no fast handover support for the access point' },
      ],
    }),
    bytesField('rest', 'address', {
      label: 'Link-Layer Address and padding',
      filter: 'icmpv6.opt.lla.bytes',
      show: linkLayerText,
    }),
  ],
});

/** Status that says an address is supplied. RFC 5568 section 6.4.6. */
const ADDRESS_SUPPLIED = 2;

const neighborAdvertisementAcknowledgment = ndOption({
  kind: 'neighbor-advertisement-acknowledgment',
  type: 20,
  name: 'Neighbor Advertisement Acknowledgment',
  spec: { rfc: 5568, section: '6.4.6' },
  units: { from: 1, to: 3, step: 2 },
  allowedIn: [MESSAGE.routerAdvertisement],
  check: ({ optionCode, status, newCareOfAddress }, report) => {
    if (optionCode !== 0) report('ND_OPTION_VALUE', `Option-Code ${optionCode}, not 0`);
    if (status === ADDRESS_SUPPLIED && newCareOfAddress === undefined) {
      report('ND_OPTION_VALUE', 'status 2 without the address that it says is supplied');
    }
  },
  fields: [
    uint8('optionCode', { label: 'Option-Code', filter: 'icmpv6.opt.naack.option_code' }),
    uint8('status', {
      label: 'Status',
      filter: 'icmpv6.opt.naack.status',
      values: [
        { value: 1, name: 'NCoA is invalid, perform address configuration' },
        { value: ADDRESS_SUPPLIED, name: 'NCoA is invalid, use the supplied NCoA' },
        { value: 3, name: "NCoA is invalid, use NAR's IP address as NCoA in FBU" },
        { value: 4, name: 'PCoA supplied, do not send FBU' },
        { value: 128, name: 'Link-Layer Address unrecognized' },
      ],
    }),
    reserved(4, 'reserved', RESERVED),
    address('newCareOfAddress', {
      label: 'New Care-of Address',
      filter: 'icmpv6.opt.naack.supplied_ncoa',
      when: (_numbers, room) => room > 0,
    }),
  ],
});

const ALGORITHM = {
  mask: 0xf0,
  label: 'Algorithm type (AT)',
  filter: 'icmpv6.opt.hkr.at',
} as const;

const padLength = uint8('padLength', {
  label: 'Pad Length',
  filter: 'icmpv6.opt.hkr.pad_length',
  unit: 'octets',
});
const algorithm = flags(1, 'algorithm', {
  label: 'Algorithm',
  filter: 'icmpv6.opt.hkr.algorithm',
  bits: { type: ALGORITHM },
});
const keyPadding = bytesField({ by: 'padLength' }, 'padding', {
  label: 'Padding',
  filter: 'icmpv6.opt.hkr.padding',
});

const handoverKeyRequest = ndOption({
  kind: 'handover-key-request',
  type: 27,
  name: 'Handover Key Request',
  spec: { rfc: 5269, section: '4.1' },
  allowedIn: [MESSAGE.routerSolicitationForProxyAdvertisement],
  check: ({ padding: octets }, report) => {
    if (octets.some((octet) => octet !== 0)) report('RESERVED_NOT_ZERO', 'padding');
  },
  fields: [
    padLength,
    algorithm,
    bytesField('rest', 'publicKey', {
      label: 'Handover Key Encryption Public Key',
      filter: 'icmpv6.opt.hkr.encryption_public_key',
    }),
    keyPadding,
  ],
});

const handoverKeyReply = ndOption({
  kind: 'handover-key-reply',
  type: 28,
  name: 'Handover Key Reply',
  spec: { rfc: 5269, section: '4.2' },
  allowedIn: [MESSAGE.proxyRouterAdvertisement],
  check: ({ padding: octets }, report) => {
    if (octets.some((octet) => octet !== 0)) report('RESERVED_NOT_ZERO', 'padding');
  },
  fields: [
    padLength,
    algorithm,
    uint16('keyLifetime', {
      label: 'Key Lifetime',
      filter: 'icmpv6.opt.hkr.lifetime',
      unit: 's',
    }),
    bytesField('rest', 'encryptedKey', {
      label: 'Encrypted Handover Key',
      filter: 'icmpv6.opt.hkr.encrypted_handover_key',
    }),
    keyPadding,
  ],
});

const handoverAssistInformation = ndOption({
  kind: 'handover-assist-information',
  type: 29,
  name: 'Handover Assist Information',
  spec: { rfc: 5271, section: '6.1' },
  allowedIn: FAST_HANDOVER,
  fields: [
    uint8('optionCode', {
      label: 'Option-Code',
      filter: 'icmpv6.opt.hai.option_code',
      values: [
        { value: 1, name: 'Access Network Identifier (AN ID)' },
        { value: 2, name: 'Sector ID' },
      ],
    }),
    uint8('length', { label: 'HAI-Length', filter: 'icmpv6.opt.hai.length', unit: 'octets' }),
    bytesField({ by: 'length' }, 'value', {
      label: 'HAI-Value',
      filter: 'icmpv6.opt.hai.value',
    }),
    padding,
  ],
});

/** Option-Code of a network access identifier. RFC 5271 section 6.2. */
const NAI = 1;

const mobileNodeIdentifier = ndOption({
  kind: 'mobile-node-identifier',
  type: 30,
  name: 'Mobile Node Identifier',
  spec: { rfc: 5271, section: '6.2' },
  allowedIn: [
    ...FAST_HANDOVER,
    // RFC 5271 section 5.1: in an unsolicited advertisement.
    MESSAGE.neighborAdvertisement,
  ],
  fields: [
    uint8('optionCode', {
      label: 'Option-Code',
      filter: 'icmpv6.opt.mn.option_code',
      values: [
        { value: NAI, name: 'NAI' },
        { value: 2, name: 'IMSI' },
      ],
    }),
    uint8('length', { label: 'MN ID-Length', filter: 'icmpv6.opt.mn.length', unit: 'octets' }),
    bytesField({ by: 'length' }, 'value', {
      label: 'MN ID',
      filter: 'icmpv6.opt.mn.value',
      show: (octets, numbers) =>
        numbers['optionCode'] === NAI ? printable(octets) : hexText(octets),
    }),
    padding,
  ],
});

/** Options of fast handovers. */
export const fastHandoverOptions = [
  addressOrPrefix,
  newRouterPrefix,
  linkLayerAddress,
  neighborAdvertisementAcknowledgment,
  handoverKeyRequest,
  handoverKeyReply,
  handoverAssistInformation,
  mobileNodeIdentifier,
] as const;
