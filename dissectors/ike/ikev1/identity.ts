/**
 * Identification, Certificate and Certificate Request payloads of IKEv1. RFC 2407 section 4.6.2, RFC 2408
 * sections 3.9 and 3.10.
 */
import { bytesField, layout, uint16, uint8 } from '../../core/layout.ts';
import type { NamedValue } from '../../core/layout.ts';
import { NEXT_HEADER_NAMES } from '../../ipv6/header.ts';
import { ID_DATA, checkIdentity, identityText } from '../identity-data.ts';
import { CERTIFICATE_NAMES, IKEV1_ID_NAMES } from '../names/identity.ts';
import { layoutBody, numberOf, payload, refineNode } from '../payload.ts';

const SPEC = { rfc: 2407, section: '4.6.2' } as const;

/** Protocols of selectors: 0 is any. */
const PROTOCOLS: readonly NamedValue[] = [
  { value: 0, name: 'any' },
  ...NEXT_HEADER_NAMES.filter(({ value }) => value !== 0),
];

const identificationLayout = layout({
  name: 'Identification',
  spec: SPEC,
  fields: [
    uint8('idType', { label: 'ID Type', filter: 'isakmp.id.type', values: IKEV1_ID_NAMES }),
    uint8('protocolId', {
      label: 'Protocol ID',
      filter: 'isakmp.id.protoid',
      values: PROTOCOLS,
    }),
    uint16('port', { label: 'Port', filter: 'isakmp.id.port' }),
    bytesField('rest', 'data', {
      label: 'Identification Data',
      filter: 'isakmp.id.data',
      show: (octets, numbers) => identityText(numbers['idType'] ?? 0, octets),
    }),
  ],
});

/** Identification. */
export const identification = payload({
  kind: 'identification',
  types: [5],
  spec: SPEC,
  body: layoutBody(identificationLayout, {
    formats: [...ID_DATA.values()],
    check: ({ idType, data }, _offset, end, diagnostics) => {
      checkIdentity(idType, data, end, diagnostics);
    },
    refine: (nodes, bytes, source) => {
      const format = ID_DATA.get(numberOf(nodes, 'isakmp.id.type'));
      refineNode(nodes, 'isakmp.id.data', format, bytes, source);
    },
    summary: ({ idType, data }) => identityText(idType, data),
  }),
});

/** Certificate. */
export const certificate = payload({
  kind: 'certificate',
  types: [6],
  spec: { rfc: 2408, section: '3.9' },
  body: layoutBody(
    layout({
      name: 'Certificate',
      spec: { rfc: 2408, section: '3.9' },
      fields: [
        uint8('certificateEncoding', {
          label: 'Certificate Encoding',
          filter: 'isakmp.cert.encoding',
          values: CERTIFICATE_NAMES,
        }),
        bytesField('rest', 'data', { label: 'Certificate Data', filter: 'isakmp.cert.data' }),
      ],
    }),
  ),
});

/** Certificate Request. */
export const certificateRequest = payload({
  kind: 'certificateRequest',
  types: [7],
  spec: { rfc: 2408, section: '3.10' },
  body: layoutBody(
    layout({
      name: 'Certificate Request',
      spec: { rfc: 2408, section: '3.10' },
      fields: [
        uint8('certificateEncoding', {
          label: 'Certificate Type',
          filter: 'isakmp.certreq.type',
          values: CERTIFICATE_NAMES,
        }),
        // Distinguished name of the authority in DER; empty when any will do.
        bytesField('rest', 'authority', {
          label: 'Certificate Authority',
          filter: 'isakmp.ike.certreq.authority',
        }),
      ],
    }),
  ),
});
