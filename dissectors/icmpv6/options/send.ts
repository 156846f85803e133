/**
 * Options of secure neighbor discovery. RFC 3971 sections 5 and 6.4; CGA Parameters: RFC 3972 section 3.
 */
import { bytesField, reserved, uint8 } from '../../core/layout.ts';
import type { FieldNumbers, NamedValue } from '../../core/layout.ts';
import { MESSAGE } from '../message-types.ts';
import { ndOption } from '../nd-option.ts';
import { certificateAndPadding, publicKeyAndExtensions } from './parts.ts';
import { RESERVED, countedPadding } from './rows.ts';

/** Messages that SEND protects: RFC 3971 section 5.2.1; those of fast handovers: RFC 5269 section 3. */
const PROTECTED = [
  MESSAGE.routerSolicitation,
  MESSAGE.routerAdvertisement,
  MESSAGE.neighborSolicitation,
  MESSAGE.neighborAdvertisement,
  MESSAGE.redirect,
  MESSAGE.routerSolicitationForProxyAdvertisement,
  MESSAGE.proxyRouterAdvertisement,
] as const;

/** Largest collision count of an address that can be verified. RFC 3972 sections 3 and 5. */
const MAX_COLLISION_COUNT = 2;

const isZero = (octets: Uint8Array): boolean => octets.every((octet) => octet === 0);

const cga = ndOption({
  kind: 'cga',
  type: 11,
  name: 'CGA',
  spec: { rfc: 3971, section: '5.1' },
  allowedIn: PROTECTED,
  parts: { of: 'publicKeyAndExtensions', with: publicKeyAndExtensions },
  check: ({ collisionCount, padding }, report) => {
    if (collisionCount > MAX_COLLISION_COUNT) report('CGA_COLLISION_COUNT', `${collisionCount}`);
    if (!isZero(padding)) report('RESERVED_NOT_ZERO', 'CGA: padding');
  },
  fields: [
    uint8('padLength', {
      label: 'Pad Length',
      filter: 'icmpv6.opt.cga.pad_length',
      unit: 'octets',
    }),
    reserved(1, 'reserved', RESERVED),
    bytesField(16, 'modifier', { label: 'Modifier', filter: 'icmpv6.opt.cga.modifier' }),
    bytesField(8, 'subnetPrefix', {
      label: 'Subnet Prefix',
      filter: 'icmpv6.opt.cga.subnet_prefix',
      show: 'prefix',
    }),
    uint8('collisionCount', { label: 'Collision Count', filter: 'icmpv6.opt.cga.count' }),
    bytesField('rest', 'publicKeyAndExtensions', {
      label: 'Public key and extension fields',
      filter: 'icmpv6.opt.cga.subject_public_key_info',
    }),
    countedPadding,
  ],
});

const rsaSignature = ndOption({
  kind: 'rsa-signature',
  type: 12,
  name: 'RSA Signature',
  spec: { rfc: 3971, section: '5.2' },
  units: { from: 3 },
  allowedIn: PROTECTED,
  // Section 5.2.2: all after the first one is ignored.
  repeatable: false,
  fields: [
    reserved(2, 'reserved', RESERVED),
    bytesField(16, 'keyHash', { label: 'Key Hash', filter: 'icmpv6.opt.rsa.key_hash' }),
    // Where the signature ends depends on the key.
    bytesField('rest', 'signature', {
      label: 'Digital Signature and Padding',
      filter: 'icmpv6.opt.digital_signature_padding',
    }),
  ],
});

const timestamp = ndOption({
  kind: 'timestamp',
  type: 13,
  name: 'Timestamp',
  spec: { rfc: 3971, section: '5.3.1' },
  units: { from: 2, to: 2 },
  allowedIn: PROTECTED,
  fields: [
    reserved(6, 'reserved', RESERVED),
    bytesField(8, 'timestamp', {
      label: 'Timestamp',
      filter: 'icmpv6.opt.timestamp',
      show: 'timestamp',
    }),
  ],
});

const nonce = ndOption({
  kind: 'nonce',
  type: 14,
  name: 'Nonce',
  spec: { rfc: 3971, section: '5.3.2' },
  allowedIn: PROTECTED,
  fields: [bytesField('rest', 'nonce', { label: 'Nonce', filter: 'icmpv6.opt.nonce' })],
});

/** Name Type of an X.501 name. RFC 3971 section 6.4.3. */
export const X501_NAME = 1;
const FQDN = 2;

/** Kinds of names of trust anchors. RFC 3971 section 6.4.3, key identifiers: RFC 6495 section 3. */
const NAME_TYPES: readonly NamedValue[] = [
  { value: 0, name: 'reserved' },
  { value: X501_NAME, name: 'DER Encoded X.501 Name' },
  { value: FQDN, name: 'FQDN' },
  { value: 3, name: 'SHA-1 Subject Key Identifier', spec: { rfc: 6495, section: '3' } },
  { value: 4, name: 'SHA-224 Subject Key Identifier', spec: { rfc: 6495, section: '3' } },
  { value: 5, name: 'SHA-256 Subject Key Identifier', spec: { rfc: 6495, section: '3' } },
  { value: 6, name: 'SHA-384 Subject Key Identifier', spec: { rfc: 6495, section: '3' } },
  { value: 7, name: 'SHA-512 Subject Key Identifier', spec: { rfc: 6495, section: '3' } },
  { value: 253, name: 'experimental', spec: { rfc: 6495, section: '3' } },
  { value: 254, name: 'experimental', spec: { rfc: 6495, section: '3' } },
  { value: 255, name: 'reserved' },
];

const nameType = (numbers: FieldNumbers): number => numbers['nameType'] ?? 0;

const trustAnchor = ndOption({
  kind: 'trust-anchor',
  type: 15,
  name: 'Trust Anchor',
  spec: { rfc: 3971, section: '6.4.3' },
  allowedIn: [MESSAGE.certificationPathSolicitation, MESSAGE.certificationPathAdvertisement],
  check: ({ padding }, report) => {
    if (!isZero(padding)) report('RESERVED_NOT_ZERO', 'Trust Anchor: padding');
  },
  fields: [
    uint8('nameType', {
      label: 'Name Type',
      filter: 'icmpv6.opt.name_type',
      values: NAME_TYPES,
    }),
    uint8('padLength', {
      label: 'Pad Length',
      filter: 'icmpv6.opt.cga.pad_length',
      unit: 'octets',
    }),
    bytesField('rest', 'x501Name', {
      label: 'DER Encoded X.501 Name',
      filter: 'icmpv6.opt.name_x501',
      when: (numbers) => nameType(numbers) === X501_NAME,
    }),
    bytesField('rest', 'fqdn', {
      label: 'FQDN',
      filter: 'icmpv6.opt.name_type.fqdn',
      show: 'dns',
      when: (numbers) => nameType(numbers) === FQDN,
    }),
    bytesField('rest', 'keyIdentifier', {
      label: 'Name',
      filter: 'icmpv6.opt.name_type.key_identifier',
      when: (numbers) => nameType(numbers) !== X501_NAME && nameType(numbers) !== FQDN,
    }),
    countedPadding,
  ],
});

/** Cert Type of X.509. RFC 3971 section 6.4.4. */
const X509_CERTIFICATE = 1;

const certificate = ndOption({
  kind: 'certificate',
  type: 16,
  name: 'Certificate',
  spec: { rfc: 3971, section: '6.4.4' },
  allowedIn: [MESSAGE.certificationPathAdvertisement],
  parts: { of: 'certificate', with: certificateAndPadding },
  fields: [
    uint8('certificateType', {
      label: 'Cert Type',
      filter: 'icmpv6.opt.cert_type',
      values: [{ value: X509_CERTIFICATE, name: 'X.509v3 Certificate' }],
    }),
    reserved(1, 'reserved', RESERVED),
    bytesField('rest', 'certificate', {
      label: 'Certificate and Padding',
      filter: 'icmpv6.opt.certificate',
      when: (numbers) => numbers['certificateType'] === X509_CERTIFICATE,
    }),
    bytesField('rest', 'other', {
      label: 'Certificate and Padding',
      filter: 'icmpv6.opt.certificate_padding',
      when: (numbers) => numbers['certificateType'] !== X509_CERTIFICATE,
    }),
  ],
});

/** Options of RFC 3971. */
export const sendOptions = [cga, rsaSignature, timestamp, nonce, trustAnchor, certificate] as const;
