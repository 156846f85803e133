/**
 * Encrypted payloads of IKEv2. RFC 7296 section 3.14, RFC 7383 section 2.5. Lengths of initialization vector
 * and integrity check value depend on the algorithms, so all of it is one string of octets here.
 */
import { bytesField, layout, uint16 } from '../../core/layout.ts';
import { layoutBody, payload } from '../payload.ts';

/** Payload types whose Next Payload is the type of the first payload inside. */
export const ENCRYPTED_PAYLOAD = 46;
/** Payload type of a fragment. */
export const ENCRYPTED_FRAGMENT_PAYLOAD = 53;

const octets = bytesField('rest', 'data', {
  label: 'Encrypted Data (IV, ciphertext, integrity check)',
  filter: 'isakmp.enc.data',
});

/** Encrypted and Authenticated. */
export const encrypted = payload({
  kind: 'encrypted',
  types: [ENCRYPTED_PAYLOAD],
  spec: { rfc: 7296, section: '3.14' },
  body: layoutBody(
    layout({
      name: 'Encrypted and Authenticated',
      spec: { rfc: 7296, section: '3.14' },
      fields: [octets],
    }),
    { summary: ({ data }) => `${data.length} octets` },
  ),
});

/** Encrypted and Authenticated Fragment. */
export const encryptedFragment = payload({
  kind: 'encryptedFragment',
  types: [ENCRYPTED_FRAGMENT_PAYLOAD],
  spec: { rfc: 7383, section: '2.5' },
  body: layoutBody(
    layout({
      name: 'Encrypted and Authenticated Fragment',
      spec: { rfc: 7383, section: '2.5' },
      fields: [
        uint16('fragmentNumber', { label: 'Fragment Number', filter: 'isakmp.frag.number' }),
        uint16('totalFragments', { label: 'Total Fragments', filter: 'isakmp.frag.total' }),
        octets,
      ],
    }),
    {
      // RFC 7383 section 2.6: numbers count from 1 to the total.
      check: ({ fragmentNumber, totalFragments }, offset, _end, diagnostics) => {
        if (fragmentNumber !== 0 && fragmentNumber <= totalFragments) return;
        const text = `fragment ${fragmentNumber} of ${totalFragments}`;
        diagnostics.add('IKE_FRAGMENT_NUMBER', offset, 4, text);
      },
      summary: ({ fragmentNumber, totalFragments }) =>
        `fragment ${fragmentNumber} of ${totalFragments}`,
    },
  ),
});
