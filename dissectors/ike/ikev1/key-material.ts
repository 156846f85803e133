/**
 * Key Exchange, Hash, Signature, Nonce and Vendor ID payloads of IKEv1. RFC 2408 sections 3.7 and 3.11 to
 * 3.13 and 3.16.
 */
import { bytesField, layout } from '../../core/layout.ts';
import { layoutBody, payload } from '../payload.ts';
import { vendorBody } from '../vendor.ts';

const octets = (name: string, section: string, label: string, filter: string) =>
  layoutBody(
    layout({
      name,
      spec: { rfc: 2408, section },
      fields: [bytesField('rest', 'data', { label, filter })],
    }),
  );

/** Key Exchange. */
export const keyExchange = payload({
  kind: 'keyExchange',
  types: [4],
  spec: { rfc: 2408, section: '3.7' },
  body: octets('Key Exchange', '3.7', 'Key Exchange Data', 'isakmp.key_exchange.data'),
});

/** Hash. */
export const hash = payload({
  kind: 'hash',
  types: [8],
  spec: { rfc: 2408, section: '3.11' },
  body: octets('Hash', '3.11', 'Hash Data', 'isakmp.hash'),
});

/** Signature. */
export const signature = payload({
  kind: 'signature',
  types: [9],
  spec: { rfc: 2408, section: '3.12' },
  body: octets('Signature', '3.12', 'Signature Data', 'isakmp.sig'),
});

/** Nonce. */
export const nonce = payload({
  kind: 'nonce',
  types: [10],
  spec: { rfc: 2408, section: '3.13' },
  body: octets('Nonce', '3.13', 'Nonce Data', 'isakmp.nonce'),
});

/** Vendor ID. */
export const vendorId = payload({
  kind: 'vendorId',
  types: [13],
  spec: { rfc: 2408, section: '3.16' },
  body: vendorBody({ rfc: 2408, section: '3.16' }),
});
