/**
 * Key Exchange, Nonce and Vendor ID payloads of IKEv2. RFC 7296 sections 3.4, 3.9 and 3.12.
 */
import { bytesField, layout, reserved, uint16 } from '../../core/layout.ts';
import { GROUP_NAMES } from '../names/transform.ts';
import { layoutBody, payload } from '../payload.ts';
import { vendorBody } from '../vendor.ts';

/** Key Exchange. */
export const keyExchange = payload({
  kind: 'keyExchange',
  types: [34],
  spec: { rfc: 7296, section: '3.4' },
  body: layoutBody(
    layout({
      name: 'Key Exchange',
      spec: { rfc: 7296, section: '3.4' },
      fields: [
        uint16('group', {
          label: 'Diffie-Hellman Group',
          filter: 'isakmp.key_exchange.dh_group',
          values: GROUP_NAMES,
        }),
        reserved(2, 'reserved', 'isakmp.reserved'),
        bytesField('rest', 'data', {
          label: 'Key Exchange Data',
          filter: 'isakmp.key_exchange.data',
        }),
      ],
    }),
  ),
});

/** Nonce, 16 to 256 octets. */
export const nonce = payload({
  kind: 'nonce',
  types: [40],
  spec: { rfc: 7296, section: '3.9' },
  body: layoutBody(
    layout({
      name: 'Nonce',
      spec: { rfc: 7296, section: '3.9' },
      fields: [bytesField('rest', 'nonce', { label: 'Nonce Data', filter: 'isakmp.nonce' })],
    }),
  ),
});

/** Vendor ID. */
export const vendorId = payload({
  kind: 'vendorId',
  types: [43],
  spec: { rfc: 7296, section: '3.12' },
  body: vendorBody({ rfc: 7296, section: '3.12' }),
});
