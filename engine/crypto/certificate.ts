/**
 * X.509 certificates of routers and of who authorises them, as far as RFC 6494 section 4 and RFC 3971 section 6.3 use them.
 */
import { createPublicKey, verify } from 'node:crypto';
import { copyOctets, equalBytes, u8 } from '../../dissectors/core/bytes.ts';
import { derElement, derElements, derSequenceOctets } from '../../dissectors/core/der.ts';
import type { DerElement } from '../../dissectors/core/der.ts';
import { readAddressBlocks } from './address-blocks.ts';
import type { AddressBlocks } from './address-blocks.ts';
import { readCertificateTime } from './certificate-time.ts';
import { publicKeyPem } from './signature.ts';

const BOOLEAN = 0x01;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const SEQUENCE = 0x30;
const VERSION = 0xa0;
const EXTENSIONS = 0xa3;
/** Bits of key usage, in its first octet. RFC 5280 section 4.2.1.3. */
const DIGITAL_SIGNATURE = 0x80;
const KEY_CERT_SIGN = 0x04;
/** Version field of X.509 version 3. */
const VERSION_3 = 2;

/** Object identifiers, DER content in hexadecimal. */
const EXTENSION = {
  basicConstraints: '551d13',
  keyUsage: '551d0f',
  extendedKeyUsage: '551d25',
  subjectKeyIdentifier: '551d0e',
  addressBlocks: '2b06010505070107',
} as const;
/**
 * Critical extensions that change nothing here: certificate policies and autonomous system numbers, which RFC 6487 sections
 * 4.8.9 and 4.8.11 have critical, and the key identifier of the issuer.
 */
const WITHOUT_EFFECT: readonly string[] = ['551d20', '2b06010505070108', '551d23'];
/** id-kp-sendRouter. RFC 6494 section 7. */
export const SEND_ROUTER_PURPOSE = '2b06010505070317';

/** Signature algorithms: RFC 8017 appendix C, RFC 5758 section 3.2, RFC 8410 section 3. Nothing with SHA-1 or MD5. */
const ALGORITHMS: ReadonlyMap<string, { readonly hash: string | null; readonly key: string }> =
  new Map([
    ['2a864886f70d01010b', { hash: 'sha256', key: 'rsa' }],
    ['2a864886f70d01010c', { hash: 'sha384', key: 'rsa' }],
    ['2a864886f70d01010d', { hash: 'sha512', key: 'rsa' }],
    ['2a8648ce3d040302', { hash: 'sha256', key: 'ec' }],
    ['2a8648ce3d040303', { hash: 'sha384', key: 'ec' }],
    ['2a8648ce3d040304', { hash: 'sha512', key: 'ec' }],
    ['2b6570', { hash: null, key: 'ed25519' }],
  ]);

/** A certificate that was read; nothing of it is verified. */
export interface Certificate {
  /** All of it. */
  readonly der: Uint8Array;
  /** What the signature is over. */
  readonly signed: Uint8Array;
  /** Object identifier of the signature algorithm, in hexadecimal. */
  readonly algorithm: string;
  readonly signature: Uint8Array;
  /** DER names. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  /** Seconds since 1970, both included. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** DER SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  /** May issue certificates: basic constraints, and key usage when it has one. */
  readonly isAuthority: boolean;
  /** Authorities that may follow below; Infinity = as many as you like. */
  readonly pathLength: number;
  /** Its key may sign what is no certificate, as far as key usage says. */
  readonly maySign: boolean;
  /** Extended key usage: object identifiers in hexadecimal; undefined = it has none. */
  readonly purposes: readonly string[] | undefined;
  /** undefined = it has no extension about IPv6 addresses. */
  readonly addresses: AddressBlocks | undefined;
  readonly subjectKeyIdentifier: Uint8Array | undefined;
}

interface Extensions {
  isAuthority: boolean;
  pathLength: number;
  mayCertify: boolean;
  maySign: boolean;
  purposes: readonly string[] | undefined;
  addresses: AddressBlocks | undefined;
  subjectKeyIdentifier: Uint8Array | undefined;
}

/**
 * Reads the certificate that the octets begin with; what follows it is padding.
 * @returns undefined when there is none of version 3 that is well formed and without critical extensions that are not known
 */
export function readCertificate(bytes: Uint8Array): Certificate | undefined {
  const octets = derSequenceOctets(bytes, 0, bytes.length);
  if (octets < 0) return undefined;
  const der = bytes.slice(0, octets);
  const outer = derElement(der, 0, octets);
  if (outer === undefined) return undefined;
  const [tbs, algorithm, signature, more] = derElements(der, outer.offset, outer.end) ?? [];
  if (tbs?.tag !== SEQUENCE || algorithm?.tag !== SEQUENCE || more !== undefined) return undefined;
  if (signature?.tag !== BIT_STRING || u8(der, signature.offset) !== 0) return undefined;
  const [version, serial, inner, issuer, validity, subject, key, ...rest] =
    derElements(der, tbs.offset, tbs.end) ?? [];
  if (version?.tag !== VERSION || serial?.tag !== INTEGER || inner?.tag !== SEQUENCE) {
    return undefined;
  }
  const number = derElement(der, version.offset, version.end);
  if (number?.tag !== INTEGER || u8(der, number.offset) !== VERSION_3) return undefined;
  if (number.end !== number.offset + 1) return undefined;
  // RFC 5280 section 4.1.1.2: the same algorithm in both places.
  if (!isSame(der, inner, algorithm)) return undefined;
  const [oid] = derElements(der, algorithm.offset, algorithm.end) ?? [];
  if (oid?.tag !== OBJECT_IDENTIFIER) return undefined;
  if (issuer?.tag !== SEQUENCE || subject?.tag !== SEQUENCE || key?.tag !== SEQUENCE) {
    return undefined;
  }
  const times = validity?.tag === SEQUENCE ? derElements(der, validity.offset, validity.end) : [];
  const [notBefore, notAfter] = (times ?? []).map((time) => readCertificateTime(der, time));
  if (notBefore === undefined || notAfter === undefined) return undefined;
  const extensions = readExtensions(
    der,
    rest.find(({ tag }) => tag === EXTENSIONS),
  );
  if (extensions === undefined) return undefined;
  const { isAuthority, mayCertify, ...others } = extensions;
  return {
    der,
    signed: whole(der, tbs),
    algorithm: hex(der, oid),
    signature: copyOctets(der, signature.offset + 1, signature.end),
    issuer: whole(der, issuer),
    subject: whole(der, subject),
    notBefore,
    notAfter,
    publicKey: whole(der, key),
    isAuthority: isAuthority && mayCertify,
    ...others,
  };
}

/** Certificates of a file, in their order: PEM (RFC 7468 section 5), or one in DER. Empty when there are none that can be read. */
export function readCertificates(file: Uint8Array): Certificate[] {
  const text = new TextDecoder('latin1').decode(file);
  const blocks = text.matchAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g);
  const found: Certificate[] = [];
  let isText = false;
  for (const [, base64 = ''] of blocks) {
    isText = true;
    const certificate = readCertificate(ofBase64(base64.replace(/\s/g, '')));
    if (certificate === undefined) return [];
    found.push(certificate);
  }
  if (isText) return found;
  const single = readCertificate(file);
  return single === undefined ? [] : [single];
}

/** Whether the name of the issuer is that of the other, and the other's key has signed the certificate. */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  if (!isSameOctets(certificate.issuer, issuer.subject)) return false;
  const algorithm = ALGORITHMS.get(certificate.algorithm);
  if (algorithm === undefined) return false;
  try {
    const key = createPublicKey(publicKeyPem(issuer.publicKey));
    if (key.asymmetricKeyType !== algorithm.key) return false;
    return verify(algorithm.hash, certificate.signed, key, certificate.signature);
  } catch {
    return false;
  }
}

/** Whether two octet strings are the same: names are compared as they are encoded, which RFC 5280 section 7.1 allows. */
export function isSameOctets(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && equalBytes(a, 0, b, 0, a.length);
}

function readExtensions(der: Uint8Array, field: DerElement | undefined): Extensions | undefined {
  const extensions: Extensions = {
    isAuthority: false,
    pathLength: Number.POSITIVE_INFINITY,
    mayCertify: true,
    maySign: true,
    purposes: undefined,
    addresses: undefined,
    subjectKeyIdentifier: undefined,
  };
  if (field === undefined) return extensions;
  const list = derElement(der, field.offset, field.end);
  if (list?.tag !== SEQUENCE || list.end !== field.end) return undefined;
  const elements = derElements(der, list.offset, list.end, 64);
  if (elements === undefined) return undefined;
  const seen = new Set<string>();
  for (const element of elements) {
    const parts = derElements(der, element.offset, element.end) ?? [];
    const [oid, second] = parts;
    const value = parts.at(-1);
    if (oid?.tag !== OBJECT_IDENTIFIER || value?.tag !== OCTET_STRING || parts.length > 3) {
      return undefined;
    }
    const isCritical = second?.tag === BOOLEAN && u8(der, second.offset) !== 0;
    const name = hex(der, oid);
    // RFC 5280 section 4.2: one of each.
    if (seen.has(name)) return undefined;
    seen.add(name);
    if (!readExtension(der, name, value, isCritical, extensions)) return undefined;
  }
  return extensions;
}

/** @returns false for an extension that is malformed, or critical and not known */
function readExtension(
  der: Uint8Array,
  name: string,
  value: DerElement,
  isCritical: boolean,
  into: Extensions,
): boolean {
  const inner = derElement(der, value.offset, value.end);
  if (inner === undefined || inner.end !== value.end) {
    return !isCritical && !Object.values<string>(EXTENSION).includes(name);
  }
  switch (name) {
    case EXTENSION.basicConstraints:
      return readBasicConstraints(der, inner, into);
    case EXTENSION.keyUsage: {
      if (inner.tag !== BIT_STRING || inner.end - inner.offset < 2) return false;
      const bits = u8(der, inner.offset + 1);
      into.mayCertify = (bits & KEY_CERT_SIGN) !== 0;
      into.maySign = (bits & DIGITAL_SIGNATURE) !== 0;
      return true;
    }
    case EXTENSION.extendedKeyUsage: {
      const purposes = derElements(der, inner.offset, inner.end);
      if (inner.tag !== SEQUENCE || purposes === undefined) return false;
      into.purposes = purposes.map((purpose) => hex(der, purpose));
      return true;
    }
    case EXTENSION.subjectKeyIdentifier:
      into.subjectKeyIdentifier = copyOctets(der, inner.offset, inner.end);
      return inner.tag === OCTET_STRING;
    case EXTENSION.addressBlocks:
      into.addresses = readAddressBlocks(der, value.offset, value.end);
      return into.addresses !== undefined;
    default:
      return !isCritical || WITHOUT_EFFECT.includes(name);
  }
}

/** RFC 5280 section 4.2.1.9. */
function readBasicConstraints(der: Uint8Array, inner: DerElement, into: Extensions): boolean {
  const parts = inner.tag === SEQUENCE ? derElements(der, inner.offset, inner.end) : undefined;
  if (parts === undefined) return false;
  for (const part of parts) {
    if (part.tag === BOOLEAN) into.isAuthority = u8(der, part.offset) !== 0;
    else if (part.tag !== INTEGER) return false;
    // Longer paths than an octet can tell are as good as none.
    else if (part.end - part.offset === 1) into.pathLength = u8(der, part.offset) & 0x7f;
  }
  return true;
}

function whole(der: Uint8Array, { start, end }: DerElement): Uint8Array {
  return copyOctets(der, start, end);
}

function isSame(der: Uint8Array, a: DerElement, b: DerElement): boolean {
  const length = a.end - a.start;
  return length === b.end - b.start && equalBytes(der, a.start, der, b.start, length);
}

function hex(der: Uint8Array, { offset, end }: DerElement): string {
  return Array.from(der.subarray(offset, end), (octet) => octet.toString(16).padStart(2, '0')).join(
    '',
  );
}

function ofBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}
