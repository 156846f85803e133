/**
 * Extensible Authentication payload of IKEv2: an EAP message. RFC 7296 section 3.16, RFC 3748 section 4.
 */
import { bytesField, layout, uint16, uint8, when } from '../../core/layout.ts';
import type { FieldNumbers, NamedValue } from '../../core/layout.ts';
import { layoutBody, payload } from '../payload.ts';

const CODE_NAMES: readonly NamedValue[] = [
  { value: 1, name: 'Request' },
  { value: 2, name: 'Response' },
  { value: 3, name: 'Success' },
  { value: 4, name: 'Failure' },
];

const TYPE_NAMES: readonly NamedValue[] = [
  { value: 1, name: 'Identity' },
  { value: 2, name: 'Notification' },
  { value: 3, name: 'Nak' },
  { value: 4, name: 'MD5-Challenge' },
  { value: 6, name: 'Generic Token Card' },
  { value: 13, name: 'EAP-TLS' },
  { value: 18, name: 'EAP-SIM' },
  { value: 21, name: 'EAP-TTLS' },
  { value: 23, name: 'EAP-AKA' },
  { value: 25, name: 'PEAP' },
  { value: 26, name: 'EAP-MSCHAPv2' },
  { value: 43, name: 'EAP-FAST' },
  { value: 50, name: "EAP-AKA'" },
  { value: 52, name: 'EAP-PWD' },
];

const IDENTITY = 1;
const isIdentity = (numbers: FieldNumbers): boolean => numbers['eapType'] === IDENTITY;

/** Extensible Authentication; Success and Failure have no type. */
export const extensibleAuthentication = payload({
  kind: 'eap',
  types: [48],
  spec: { rfc: 7296, section: '3.16' },
  body: layoutBody(
    layout({
      name: 'Extensible Authentication',
      spec: { rfc: 7296, section: '3.16' },
      fields: [
        uint8('code', { label: 'Code', filter: 'eap.code', values: CODE_NAMES }),
        uint8('identifier', { label: 'Identifier', filter: 'eap.id' }),
        uint16('length', { label: 'Length', filter: 'eap.len', unit: 'octets' }),
        when(
          (_numbers: FieldNumbers, room: number) => room > 0,
          uint8('eapType', {
            label: 'Type',
            filter: 'eap.type',
            values: TYPE_NAMES,
          }),
        ),
        when(
          isIdentity,
          bytesField('rest', 'identity', {
            label: 'Identity',
            filter: 'eap.identity',
            show: 'text',
          }),
        ),
        when(
          (numbers: FieldNumbers, room: number) => !isIdentity(numbers) && room > 0,
          bytesField('rest', 'data', { label: 'Type-Data', filter: 'eap.data' }),
        ),
      ],
    }),
    {
      check: ({ length }, offset, end, diagnostics) => {
        if (length === end - offset) return;
        const text = `EAP length ${length}, ${end - offset} octets`;
        diagnostics.add('IKE_PAYLOAD_MALFORMED', offset, end - offset, text);
      },
    },
  ),
});
