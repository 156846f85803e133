/**
 * Identification, Certificate, Certificate Request and Authentication payloads of IKEv2. RFC 7296 sections
 * 3.5 to 3.8.
 */
import { bytesField, layout, reserved, uint8 } from '../../core/layout.ts';
import type { Layout } from '../../core/layout.ts';
import { ID_DATA, checkIdentity, identityText } from '../identity-data.ts';
import {
  AUTHENTICATION_METHOD_NAMES,
  CERTIFICATE_NAMES,
  IKEV2_ID_NAMES,
} from '../names/identity.ts';
import { layoutBody, numberOf, payload, refineNode } from '../payload.ts';

const identificationLayout = layout({
  name: 'Identification',
  spec: { rfc: 7296, section: '3.5' },
  fields: [
    uint8('idType', { label: 'ID Type', filter: 'isakmp.id.type', values: IKEV2_ID_NAMES }),
    reserved(3, 'reserved', 'isakmp.reserved'),
    bytesField('rest', 'data', {
      label: 'Identification Data',
      filter: 'isakmp.id.data',
      show: (octets, numbers) => identityText(numbers['idType'] ?? 0, octets),
    }),
  ],
});

const identification = layoutBody(identificationLayout, {
  formats: [...ID_DATA.values()],
  check: ({ idType, data }, _offset, end, diagnostics) => {
    checkIdentity(idType, data, end, diagnostics);
  },
  refine: (nodes, bytes, source) => {
    const format = ID_DATA.get(numberOf(nodes, 'isakmp.id.type'));
    refineNode(nodes, 'isakmp.id.data', format, bytes, source);
  },
  summary: ({ idType, data }) => identityText(idType, data),
});

/** Identification of the initiator. */
export const identificationInitiator = payload({
  kind: 'identificationInitiator',
  types: [35],
  spec: { rfc: 7296, section: '3.5' },
  body: identification,
});

/** Identification of the responder. */
export const identificationResponder = payload({
  kind: 'identificationResponder',
  types: [36],
  spec: { rfc: 7296, section: '3.5' },
  body: identification,
});

/** SHA-1 hash of a certificate and where to get it. RFC 7296 section 3.6. */
const hashAndUrl = layout({
  name: 'Hash and URL',
  spec: { rfc: 7296, section: '3.6' },
  fields: [
    bytesField(20, 'hash', { label: 'Hash', filter: 'isakmp.cert.x509.hash' }),
    bytesField('rest', 'url', { label: 'URL', filter: 'isakmp.cert.x509.url', show: 'text' }),
  ],
});
const CERTIFICATE_DATA: ReadonlyMap<number, Layout> = new Map([
  [12, hashAndUrl],
  [13, hashAndUrl],
]);

const certificateLayout = layout({
  name: 'Certificate',
  spec: { rfc: 7296, section: '3.6' },
  fields: [
    uint8('certificateEncoding', {
      label: 'Certificate Encoding',
      filter: 'isakmp.cert.encoding',
      values: CERTIFICATE_NAMES,
    }),
    bytesField('rest', 'data', { label: 'Certificate Data', filter: 'isakmp.cert.data' }),
  ],
});

/** Certificate. */
export const certificate = payload({
  kind: 'certificate',
  types: [37],
  spec: { rfc: 7296, section: '3.6' },
  body: layoutBody(certificateLayout, {
    formats: [hashAndUrl],
    refine: (nodes, bytes, source) => {
      const format = CERTIFICATE_DATA.get(numberOf(nodes, 'isakmp.cert.encoding'));
      refineNode(nodes, 'isakmp.cert.data', format, bytes, source);
    },
  }),
});

/** Octets of a SHA-1 hash of the public key of a trusted authority; there may be several. */
const HASH_OCTETS = 20;
const authorityHash = layout({
  name: 'Certification Authority',
  spec: { rfc: 7296, section: '3.7' },
  fields: [
    bytesField(HASH_OCTETS, 'hash', {
      label: 'Certification Authority (SHA-1)',
      filter: 'isakmp.ike.certreq.authority',
    }),
  ],
});

const certificateRequestLayout = layout({
  name: 'Certificate Request',
  spec: { rfc: 7296, section: '3.7' },
  fields: [
    uint8('certificateEncoding', {
      label: 'Certificate Encoding',
      filter: 'isakmp.certreq.type',
      values: CERTIFICATE_NAMES,
    }),
    bytesField('rest', 'authorities', {
      label: 'Certification Authorities',
      filter: 'isakmp.ike.certreq.authority',
    }),
  ],
});

/** Certificate Request. */
export const certificateRequest = payload({
  kind: 'certificateRequest',
  types: [38],
  spec: { rfc: 7296, section: '3.7' },
  body: layoutBody(certificateRequestLayout, {
    formats: [authorityHash],
    refine: (nodes, bytes, source) => {
      const last = nodes.at(-1);
      if (last?.name !== 'isakmp.ike.certreq.authority' || last.length % HASH_OCTETS !== 0) return;
      nodes.pop();
      for (let at = last.offset; at < last.offset + last.length; at += HASH_OCTETS) {
        nodes.push(...authorityHash.tree(bytes, at, at + HASH_OCTETS, source));
      }
    },
  }),
});

/** Signature with its algorithm. RFC 7427 section 3. */
const digitalSignature = layout({
  name: 'Digital Signature',
  spec: { rfc: 7427, section: '3' },
  fields: [
    uint8('asn1Length', {
      label: 'ASN.1 Length',
      filter: 'isakmp.auth.data.sig.asn1.len',
      unit: 'octets',
    }),
    bytesField({ by: 'asn1Length' }, 'algorithm', {
      label: 'AlgorithmIdentifier',
      filter: 'isakmp.auth.data.sig.asn1.data',
    }),
    bytesField('rest', 'signature', {
      label: 'Signature Value',
      filter: 'isakmp.auth.data.sig.value',
    }),
  ],
});
const DIGITAL_SIGNATURE = 14;

const authenticationLayout = layout({
  name: 'Authentication',
  spec: { rfc: 7296, section: '3.8' },
  fields: [
    uint8('method', {
      label: 'Auth Method',
      filter: 'isakmp.auth.method',
      values: AUTHENTICATION_METHOD_NAMES,
    }),
    reserved(3, 'reserved', 'isakmp.reserved'),
    bytesField('rest', 'data', { label: 'Authentication Data', filter: 'isakmp.auth.data' }),
  ],
});

/** Authentication. */
export const authentication = payload({
  kind: 'authentication',
  types: [39],
  spec: { rfc: 7296, section: '3.8' },
  body: layoutBody(authenticationLayout, {
    formats: [digitalSignature],
    refine: (nodes, bytes, source) => {
      if (numberOf(nodes, 'isakmp.auth.method') !== DIGITAL_SIGNATURE) return;
      refineNode(nodes, 'isakmp.auth.data', digitalSignature, bytes, source);
    },
  }),
});
